"""The only door to causal-learn: silent, typed, and without its traps.

What must not reach a user (checked in the tests): its file of p-values confuses
tables, its index of strata overflows, one missing cell empties GES's graph, constant
and duplicated columns pass in silence (the Table lets none through), knowledge against
both directions makes false v-structures (only its skeleton search is used, without
knowledge), and the CPDAG of its PC depends on the order of the columns (orientation is
our own).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from llmcd.errors import DataError, LlmcdError
from llmcd.formats import from_causal_learn
from llmcd.graph import Graph

__all__ = ["ci_test", "ges", "skeleton"]

Bools = npt.NDArray[np.bool_]
Test = Callable[[int, int, Sequence[int]], float]

_LARGEST_INDEX = 2**62


@contextmanager
def _typed(what: str) -> Generator[None, None, None]:
    """Turn whatever causal-learn raises into an error of ours."""
    try:
        yield
    except LlmcdError:
        raise
    except Exception as error:
        raise DataError(
            f"causal-learn's {what} failed with {type(error).__name__}: {error}; "
            "fewer columns or levels may help, and method='pc' if it was GES"
        ) from error


def ci_test(method: str, codes: npt.NDArray[np.int64]) -> Test:
    """causal-learn's G2 or chi-square test of conditional independence.

    Parameters
    ----------
    method : {"gsq", "chisq"}
        causal-learn's name for it.
    codes : array of int, shape (n, p)
        Level codes, rows with repetition.

    Returns
    -------
    callable
        ``(i, j, given) -> p``.

    Examples
    --------
    >>> codes = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 5)
    >>> ci_test("gsq", codes)(0, 1, ())
    1.0
    """
    from causallearn.utils.cit import CIT

    test: Any = CIT(codes, method)
    levels = [int(k) for k in test.cardinalities]

    def p_value(i: int, j: int, given: Sequence[int]) -> float:
        with _typed(f"{method} test"):
            if prod(levels[k] for k in (i, j, *given)) < _LARGEST_INDEX:
                return float(test(i, j, tuple(given)))
            # Its index of the strata would overflow: number those that occur.
            columns = test.data[:, list(given)]
            strata = np.unique(columns, axis=0, return_inverse=True)[1].reshape(-1)
            rows = np.vstack([strata, test.data[:, i], test.data[:, j]])
            sizes = np.array([strata.max() + 1, levels[i], levels[j]])
            return float(test.chisq_or_gsq_test(rows, sizes, G_sq=method == "gsq"))

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

    At every level each pair is tested given every set of that size next to either end,
    without stopping at the first that separates.

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

    Raises
    ------
    DataError
        If causal-learn fails.

    Notes
    -----
    Colombo and Maathuis (2014), *Order-independent constraint-based causal structure
    learning*, section 4.1.

    Examples
    --------
    >>> skeleton(lambda i, j, given: float(len(given) == 1), 3, alpha=0.5).any()
    np.False_
    """
    from causallearn.utils.PCUtils.SkeletonDiscovery import skeleton_discovery

    if n_columns < 2:
        return np.zeros((n_columns, n_columns), dtype=bool)
    with _typed("skeleton search"):
        found = skeleton_discovery(
            np.empty((0, n_columns)),
            alpha,
            _Tagged(test),  # pyright: ignore[reportArgumentType]
            stable=True,
            show_progress=False,
            max_k=max_conditioning,
        )
        return np.asarray(found.G.graph != 0)


def ges(values: npt.NDArray[Any], names: Sequence[str], *, score: str) -> Graph:
    """Greedy equivalence search.

    Parameters
    ----------
    values : array, shape (n, p)
        Rows, complete and without constant columns; codes for ``bdeu``.
    names : sequence of str
        Names of the p columns.
    score : {"bic", "bdeu"}
        Gaussian BIC or discrete BDeu (equivalent sample size 1).

    Returns
    -------
    Graph
        As causal-learn gives it, over ``names``.

    Raises
    ------
    DataError
        If causal-learn fails.

    Notes
    -----
    Chickering (2002), *Optimal structure identification with greedy search*.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> x[:, 1] += x[:, 0]
    >>> print(ges(x, ["a", "b"], score="bic"))
    a --- b
    """
    from causallearn.search.ScoreBased.GES import ges as search

    function = {"bic": "local_score_BIC", "bdeu": "local_score_BDeu"}[score]
    with _typed(f"GES ({score})"), np.errstate(all="ignore"):
        found = search(np.asarray(values), score_func=function, node_names=list(names))
        return from_causal_learn(found["G"])
