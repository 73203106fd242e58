"""The only door to causal-learn: silent, typed, and without its traps.

What must not reach a user (checked in the tests): its cache of p-values confuses
tables, one missing cell empties GES's graph, constant and duplicated columns pass in
silence (the Table lets none through), knowledge against both directions makes false
v-structures (only its skeleton search is used, without knowledge), and the CPDAG of PC
depends on the order of the columns (orientation is our own).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["ci_test", "ges", "skeleton"]

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Test = Callable[[int, int, Sequence[int]], float]


def ci_test(method: str, values: npt.NDArray[Any]) -> Test:
    """One of causal-learn's tests of conditional independence.

    Parameters
    ----------
    method : str
        causal-learn's name for it, such as ``gsq``, ``chisq`` or ``kci``.
    values : array, shape (n, p)
        Rows.

    Returns
    -------
    callable
        ``(i, j, given) -> p``.
    """
    from causallearn.utils.cit import CIT

    test = CIT(np.asarray(values), method)

    def p_value(i: int, j: int, given: Sequence[int]) -> float:
        return float(test(i, j, tuple(given)))

    return p_value


class _Tagged:
    """A test with the attribute that causal-learn asks for."""

    method = "llmcd"

    def __init__(self, test: Test) -> None:
        self._test = test

    def __call__(self, i: int, j: int, given: Sequence[int] | None = None) -> float:
        return self._test(int(i), int(j), tuple(int(k) for k in given or ()))


def skeleton(
    test: Test, n_columns: int, *, alpha: float, max_conditioning: int | None = None
) -> Bools:
    """PC's stable skeleton search.

    Parameters
    ----------
    test : callable
        ``(i, j, given) -> p``.
    n_columns : int
        Number of columns.
    alpha : float
        Level; a pair with a larger p-value for any tested set is not adjacent.
    max_conditioning : int, optional
        Largest conditioning set.

    Returns
    -------
    array of bool, shape (n_columns, n_columns)
        Adjacencies.

    Notes
    -----
    Colombo and Maathuis (2014), *Order-independent constraint-based causal structure
    learning*, section 4.1.
    """
    from causallearn.utils.PCUtils.SkeletonDiscovery import skeleton_discovery

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = skeleton_discovery(
            np.empty((0, n_columns)),
            alpha,
            _Tagged(test),
            stable=True,
            show_progress=False,
            max_k=max_conditioning,
        )
    return np.asarray(found.G.graph != 0)


def ges(values: Floats, *, score: str) -> tuple[Bools, Bools]:
    """Greedy equivalence search.

    Parameters
    ----------
    values : array of float, shape (n, p)
        Rows, complete and without constant columns.
    score : {"bic", "bdeu"}
        Gaussian BIC or discrete BDeu.

    Returns
    -------
    (array of bool, array of bool), both of shape (p, p)
        Arcs ``[i, j]`` for ``i --> j``, and undirected edges.

    Notes
    -----
    Chickering (2002), *Optimal structure identification with greedy search*.
    """
    from causallearn.search.ScoreBased.GES import ges as search

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        name = {"bic": "local_score_BIC", "bdeu": "local_score_BDeu"}[score]
        marks = search(np.asarray(values), score_func=name)["G"].graph
    return (marks == -1) & (marks.T == 1), (marks == -1) & (marks.T == -1)
