"""Greedy equivalence search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.data.table import Table
from llmcd.discovery import causal_learn
from llmcd.equivalence import consistent_extension, cpdag
from llmcd.errors import DataError, VariablesError
from llmcd.graph import Graph

__all__ = ["GES"]

_SINGULAR = 1e-10  # smallest eigenvalue of a correlation matrix


@dataclass(frozen=True)
class GES:
    """Greedy equivalence search with BIC (continuous) or BDeu (discrete tables).

    It honours no background knowledge and takes no mixed table. It runs through
    causal-learn, which is slow: seconds for 20 continuous columns, half a minute for
    10 to 20 discrete ones, many minutes from about 30 on; PC takes seconds.

    Notes
    -----
    Chickering (2002), *Optimal structure identification with greedy search*; BDeu:
    Heckerman, Geiger and Chickering (1995), *Learning Bayesian networks: the
    combination of knowledge and statistical data*, section 5.

    Examples
    --------
    >>> GES().name
    'ges'
    """

    name: ClassVar[str] = "ges"
    honours: ClassVar[frozenset[str]] = frozenset()

    def check(self, table: Table) -> str:
        """The score that will be used.

        Parameters
        ----------
        table : Table
            The checked table.

        Returns
        -------
        {"bic", "bdeu"}

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

    def settings(self, table: Table) -> dict[str, Any]:
        """What decides the result besides the rows, for JSON.

        Parameters
        ----------
        table : Table
            The checked table.

        Returns
        -------
        dict
        """
        return {"score": self.check(table)}

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
        VariablesError
            If there is background knowledge.
        ValueError
            If the table is mixed.
        DataError
            If columns are linearly dependent (BIC is not defined) or the search fails.

        Examples
        --------
        >>> import pandas as pd
        >>> from llmcd.data.table import table
        >>> rng = np.random.default_rng(0)
        >>> df = pd.DataFrame(rng.normal(size=(300, 3)), columns=["a", "b", "c"])
        >>> df["c"] += df["a"] + df["b"]
        >>> GES().search(table(df)).parents("c")
        ('a', 'b')
        """
        score = self.check(table)
        if background is not None and not background.is_empty:
            raise VariablesError(
                "GES honours no background knowledge; use method='pc', which obeys it "
                "exactly, or leave the knowledge out"
            )
        values = table.values
        if weights is not None:
            values = np.repeat(values, weights, axis=0)
        varies = np.flatnonzero((values != values[:1]).any(axis=0))
        names = [table.names[k] for k in varies]
        found = Graph.empty(names)
        if len(varies) > 1:
            rows = values[:, varies]
            if score == "bic":
                _check_rank(rows)
            else:
                rows = rows.astype(np.int64)
            found = causal_learn.ges(rows, names, score=score)
        # The class of one member: a CPDAG by construction.
        return cpdag(consistent_extension(found)).with_nodes(table.names)


def _check_rank(rows: npt.NDArray[np.float64]) -> None:
    if np.linalg.eigvalsh(np.corrcoef(rows.T))[0] < _SINGULAR:
        raise DataError(
            "the columns are linearly dependent, so that the BIC of GES is not "
            "defined; leave out a column that follows from others, or use method='pc'"
        )
