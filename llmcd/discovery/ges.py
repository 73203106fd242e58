"""Greedy equivalence search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.data.table import Table
from llmcd.discovery.causal_learn import ges
from llmcd.equivalence import consistent_extension, cpdag
from llmcd.graph import Graph

__all__ = ["GES"]


@dataclass(frozen=True)
class GES:
    """Greedy equivalence search with BIC (continuous) or BDeu (discrete tables).

    It honours no background knowledge. On discrete tables it takes minutes from about
    25 columns on; PC takes seconds.

    Notes
    -----
    Chickering (2002), *Optimal structure identification with greedy search*; BDeu:
    Heckerman, Geiger and Chickering (1995), section 5.

    Examples
    --------
    >>> GES().name
    'ges'
    """

    name: ClassVar[str] = "ges"
    honours: ClassVar[frozenset[str]] = frozenset()

    def check(self, table: Table) -> str:
        """The score that will be used.

        Raises
        ------
        ValueError
            If the table is mixed.
        """
        if table.family == "mixed":
            raise ValueError(
                "method='ges' needs all columns continuous or all discrete, the table "
                "is mixed; use method='pc'"
            )
        return "bic" if table.family == "continuous" else "bdeu"

    def search(
        self,
        table: Table,
        background: Background | None = None,
        *,
        weights: npt.NDArray[np.int64] | None = None,
    ) -> Graph:
        """Search one table.

        Parameters
        ----------
        table : Table
            The checked table.
        background : Background, optional
            Must be empty.
        weights : array of int, shape (n_rows,), optional
            How often each row counts; for resampling.

        Returns
        -------
        Graph
            A CPDAG over ``table.names``.

        Raises
        ------
        ValueError
            If there is background knowledge or the table is mixed.
        """
        score = self.check(table)
        if background is not None and not background.is_empty:
            raise ValueError("GES honours no background knowledge; use PC")
        values = table.values
        if weights is not None:
            values = np.repeat(values, weights, axis=0)
        varies = np.flatnonzero((values != values[0]).any(axis=0))
        marks = np.zeros((len(table.names), len(table.names)), dtype=bool)
        if len(varies) > 1:
            arcs, lines = ges(values[:, varies], score=score)
            marks[np.ix_(varies, varies)] = arcs | lines
        found = Graph.from_directed_matrix(table.names, marks)
        # The class of one member: a CPDAG by construction.
        return cpdag(consistent_extension(found))
