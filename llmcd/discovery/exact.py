"""Exact search: the best graph of all, for few variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from llmcd.background import Background
from llmcd.data.statistics import CountStatistics, Statistics
from llmcd.discovery.objective import (
    Evidence,
    OrderResult,
    build_problem,
    build_result,
    check_arguments,
    nothing,
)
from llmcd.discovery.scores import Score, choose_score, score_settings
from llmcd.graph import Graph

__all__ = ["ExactSearch", "exact_search"]

AT_MOST = 20
"""Variables: a score for each of 10 million sets of parents, and 250 MB."""


@dataclass(frozen=True)
class ExactSearch:
    """The best graph of all, for tables of up to about 16 variables.

    Parameters
    ----------
    score, max_parents
        As of ``OrderSearch``.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    See ``exact_search``.

    Examples
    --------
    >>> ExactSearch().name
    'exact'
    """

    score: str | Score = "auto"
    max_parents: int | None = None

    name: ClassVar[str] = "exact"
    honours: ClassVar[frozenset[str]] = frozenset({"required", "forbidden", "tiers"})

    def __post_init__(self) -> None:
        check_arguments(self.max_parents)

    def settings(self, statistics: Statistics) -> dict[str, Any]:
        """What decides the result besides the rows, for JSON.

        Parameters
        ----------
        statistics : GaussianStatistics, CountStatistics or MixedStatistics
            The table.

        Returns
        -------
        dict

        Raises
        ------
        ValueError
            If the score does not fit the table or it has more than 20 variables.
        """
        _check_size(statistics)
        return {
            **score_settings(self.score, statistics),
            "max_parents": self.max_parents,
        }

    def search(
        self,
        statistics: Statistics,
        background: Background | None = None,
        *,
        evidence: Evidence | None = None,
    ) -> Graph:
        """Search one table.

        Parameters
        ----------
        statistics : GaussianStatistics, CountStatistics or MixedStatistics
            The table.
        background : Background, optional
            Obeyed exactly.
        evidence : Evidence, optional
            Log-odds from outside.

        Returns
        -------
        Graph
            A CPDAG, or an MPDAG under background knowledge, over ``statistics.names``.

        Raises
        ------
        VariablesError, ValueError
            As of ``exact_search``.
        """
        return exact_search(
            statistics,
            self.score,
            background=background,
            evidence=evidence,
            max_parents=self.max_parents,
        ).graph


def exact_search(
    statistics: Statistics,
    score: str | Score = "auto",
    *,
    background: Background | None = None,
    evidence: Evidence | None = None,
    max_parents: int | None = None,
) -> OrderResult:
    """The graph with the highest objective of all, by dynamic programming.

    Parameters
    ----------
    statistics : GaussianStatistics, CountStatistics or MixedStatistics
        The table, of up to 20 variables; each one more doubles time and memory.
        14 take a tenth of a second if continuous, some seconds if discrete.
    score, background, evidence, max_parents
        As of ``search_orders``.

    Returns
    -------
    OrderResult

    Raises
    ------
    VariablesError
        If the background knowledge contradicts itself, names no column, or requires
        more parents than ``max_parents``.
    ValueError
        If there are more than 20 variables, the score does not fit the table, or the
        evidence is about other variables.

    Notes
    -----
    Silander and Myllymaeki (2006), *A simple approach for finding the globally optimal
    Bayesian network structure*.

    Examples
    --------
    >>> from llmcd.data.statistics import GaussianStatistics
    >>> corr = np.array([[1, 0, 0.6], [0, 1, 0.6], [0.6, 0.6, 1]])
    >>> table = GaussianStatistics(tuple("abc"), 300.0, np.zeros(3), 300 * corr)
    >>> print(exact_search(table).graph)
    a --> c
    b --> c
    """
    check_arguments(max_parents)
    _check_size(statistics)
    names = tuple(statistics.names)
    chosen_score = choose_score(score, statistics)
    if not names:
        return nothing()
    from llmcd.discovery.kernels.exact import best_parents, best_sinks
    from llmcd.discovery.kernels.scores import new_work

    if isinstance(statistics, CountStatistics):
        statistics = statistics.compress()
    problem = build_problem(statistics, chosen_score, background, evidence, max_parents)
    values, sets = best_parents(problem, new_work(problem.model))
    _, last = best_sinks(problem, values)
    p = len(names)
    left, order = (1 << p) - 1, np.empty(p, dtype=np.int64)
    parents = [np.empty(0, dtype=np.int64)] * p
    for place in reversed(range(p)):
        v = order[place] = int(last[left])
        left &= ~(1 << v)
        others = (left & ((1 << v) - 1)) | ((left >> (v + 1)) << v)
        found = int(sets[v, others])
        chosen = [u for u in range(p - 1) if (found >> u) & 1]
        parents[v] = np.array([u + (u >= v) for u in chosen], dtype=np.int64)
    return build_result(names, problem, order, parents)


def _check_size(statistics: Statistics) -> None:
    p = len(statistics.names)
    if p > AT_MOST:
        raise ValueError(
            f"exact search takes at most {AT_MOST} variables, the table has {p}; use "
            "method='order'"
        )
