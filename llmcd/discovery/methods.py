"""The ways to search a table, and which one is taken by default."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.data.statistics import Statistics
from llmcd.data.table import Table
from llmcd.discovery.causal_learn import CausalLearn
from llmcd.discovery.exact import ExactSearch
from llmcd.discovery.ges import GES
from llmcd.discovery.order import OrderSearch
from llmcd.discovery.pc import PC
from llmcd.discovery.prior import learnt_score
from llmcd.graph import Graph

__all__ = ["METHODS", "Method", "Search", "choose_methods", "search_table"]


@runtime_checkable
class Search(Protocol):
    """A way to search: anything with these is one.

    Attributes
    ----------
    name : str
        How it is called in results.
    honours : frozenset of str
        Which of ``required``, ``forbidden`` and ``tiers`` it obeys exactly; background
        knowledge of another sort is refused before the search.
    """

    name: ClassVar[str]
    honours: ClassVar[frozenset[str]]

    def settings(self, statistics: Statistics) -> Mapping[str, Any]:
        """What decides the result besides the rows, for JSON; refuses what misfits."""
        ...

    def search(
        self, statistics: Statistics, background: Background | None = None
    ) -> Graph:
        """A legal CPDAG, or MPDAG under background knowledge."""
        ...


Method = Search | CausalLearn
"""What may be given as a method: an object like ``PC()``, or a causal-learn search."""

METHODS: Mapping[str, Callable[..., Search]] = {
    "order": OrderSearch,
    "pc": PC,
    "ges": GES,
    "exact": ExactSearch,
}
_SCORED = frozenset({"order", "ges", "exact"})

ORDER_SEARCH_AT_MOST = 200
"""Columns up to which order search is the default; it slows down beyond."""


def choose_methods(
    method: str | Method | Sequence[str | Method], statistics: Statistics
) -> tuple[tuple[Method, ...], str]:
    """The searches that are meant, and why.

    Parameters
    ----------
    method : {"auto", "order", "pc", "ges", "exact"}, Method, or several of these
        ``auto`` is order search up to 200 columns, because none that was measured
        against it found higher scores (docs/decisions/0005), and PC beyond. Searches
        given by name score a discrete table with the sample size that fits it
        (``learnt_score``).
    statistics : Statistics
        Of the table.

    Returns
    -------
    searches : tuple of Method
    why : str

    Raises
    ------
    ValueError
        If there is no such method, or none is given.

    Examples
    --------
    >>> import pandas as pd
    >>> from llmcd.data.table import table
    >>> x = np.random.default_rng(0).normal(size=(99, 2))
    >>> rows = table(pd.DataFrame(x, columns=["a", "b"]))
    >>> choose_methods("pc", rows.statistics())[1]
    'asked for'
    """
    if isinstance(method, str) and method == "auto":
        return _auto(statistics)
    if not isinstance(method, (list, tuple)):
        return (_one(method, statistics),), "asked for"
    several = tuple(_one(m, statistics) for m in method)
    if not several:
        raise ValueError("method must name at least one method, got an empty list")
    return several, "asked for"


def _auto(statistics: Statistics) -> tuple[tuple[Method, ...], str]:
    columns = len(statistics.names)
    if columns <= ORDER_SEARCH_AT_MOST:
        why = "auto: finds the highest scores of our searches, obeys all knowledge"
        return (_one("order", statistics),), why
    why = f"auto: {columns} columns; order search takes long beyond "
    return (PC(),), f"{why}{ORDER_SEARCH_AT_MOST}"


def _one(method: object, statistics: Statistics) -> Method:
    if isinstance(method, str):
        if method not in METHODS:
            raise ValueError(
                f"method must be 'auto', {', '.join(map(repr, METHODS))}, an object "
                f"like PC(...), or a list of these, got {method!r}"
            )
        if method in _SCORED and statistics.kind == "counts":
            return METHODS[method](score=learnt_score(statistics))
        return METHODS[method]()
    if isinstance(method, CausalLearn):
        return method
    if not isinstance(method, Search):
        raise ValueError(
            f"method must have name, honours, settings and search, got {method!r}"
        )
    return method


def search_table(
    search: Method,
    rows: Table,
    background: Background,
    weights: npt.NDArray[np.int64] | None = None,
) -> Graph:
    """Run one search on a table or a resample of it.

    Parameters
    ----------
    search : Method
        How.
    rows : Table
        The checked table.
    background : Background
        Obeyed exactly.
    weights : array of int64, shape (n_rows,), optional
        How often each row counts.

    Returns
    -------
    Graph
        Over ``rows.names``.

    Examples
    --------
    >>> import pandas as pd
    >>> from llmcd.data.table import table
    >>> x = np.random.default_rng(0).normal(size=(99, 2))
    >>> rows = table(pd.DataFrame(x, columns=["a", "b"]))
    >>> search_table(PC(), rows, Background()).n_edges
    0
    """
    if isinstance(search, CausalLearn):  # the one that needs rows
        return search.search_rows(rows, background, weights)
    return search.search(rows.statistics(weights), background)
