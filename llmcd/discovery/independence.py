"""Tests of conditional independence on sufficient statistics.

Every test gives the natural logarithm of its p-value, so that very small ones can be
told apart. For columns that are continuous it is Fisher's z-test, for discrete ones
Pearson's statistic against its exact permutation moments, for mixed ones the
degenerate-Gaussian likelihood-ratio test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from llmcd.data.statistics import (
    CountStatistics,
    MixedStatistics,
    Statistics,
)
from llmcd.errors import DataError

if TYPE_CHECKING:
    from llmcd.discovery.kernels.independence import Problem

__all__ = [
    "COMPAT",
    "FITS",
    "IndependenceTest",
    "Test",
    "choose_test",
    "independence_test",
    "log_p",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Test = Callable[[int, int, Sequence[int]], float]

FAMILIES = {"gaussian": "continuous", "counts": "discrete", "mixed": "mixed"}
FITS = {
    "fisher_z": ("continuous",),
    "g2": ("discrete",),
    "chi2": ("discrete",),
    "degenerate_gaussian": ("continuous", "discrete", "mixed"),
}
DEFAULT = {"continuous": "fisher_z", "discrete": "chi2", "mixed": "degenerate_gaussian"}
COMPAT = (None, "causal-learn")

_LARGEST_PACKED = 32  # levels; a bitmap for each would cost more than the codes
_BYTES = 2**29  # of bitmaps


def choose_test(name: str, family: str) -> str:
    """The test that fits the kinds of a table.

    Parameters
    ----------
    name : str
        ``auto``, ``fisher_z``, ``g2``, ``chi2`` or ``degenerate_gaussian``.
    family : {"continuous", "discrete", "mixed"}
        The kinds of the table's columns.

    Returns
    -------
    str
        The name of a test.

    Raises
    ------
    ValueError
        If there is no such test or it does not fit.

    Examples
    --------
    >>> choose_test("auto", "mixed")
    'degenerate_gaussian'
    """
    if name == "auto":
        return DEFAULT[family]
    if name not in FITS:
        raise ValueError(f"test must be 'auto' or one of {sorted(FITS)}, got {name!r}")
    if family not in FITS[name]:
        raise ValueError(
            f"test={name!r} needs {' or '.join(FITS[name])} columns, the table is "
            f"{family}; use test='auto' ({DEFAULT[family]})"
        )
    return name


@dataclass(frozen=True, eq=False, repr=False)
class IndependenceTest:
    """A test on the statistics of one table: called with ``(i, j, given)``, it gives p.

    Made by ``independence_test``; ``log_p`` does many at once.

    Parameters
    ----------
    name : str
        ``fisher_z``, ``degenerate_gaussian``, ``chi2`` or ``g2``.
    names : tuple of str
        The variables, whose positions the test is asked about.
    problem : Problem
        Its arrays.
    """

    name: str
    names: tuple[str, ...]
    problem: Problem

    def __call__(self, i: int, j: int, given: Sequence[int]) -> float:
        """p-value of variables i and j given others; see ``log_p``."""
        sets = np.asarray(given, dtype=np.int64).reshape(1, -1)
        return float(np.exp(log_p(self, np.array([i]), np.array([j]), sets)[0]))


def independence_test(
    statistics: Statistics, name: str = "auto", *, compat: str | None = None
) -> IndependenceTest:
    """A test of conditional independence on the statistics of a table.

    Parameters
    ----------
    statistics : GaussianStatistics, CountStatistics or MixedStatistics
        Of the table or of a resample.
    name : {"auto", "fisher_z", "chi2", "g2", "degenerate_gaussian"}, optional
        ``auto`` goes by the kind of the statistics.
    compat : {None, "causal-learn"}, optional
        With ``"causal-learn"``, ``chi2`` and ``g2`` are against the chi-square
        distribution whatever the counts, as there.

    Returns
    -------
    IndependenceTest

    Raises
    ------
    ValueError
        If there is no such test or it does not fit the statistics.

    Notes
    -----
    *fisher_z*: Kalisch and Buehlmann (2007), section 2.2.1. Given columns that depend
    on each other linearly count once. A column that is constant, or that the given ones
    determine, has nothing left to correlate: p is 1.

    *chi2*: Pearson's statistic, summed over the strata, against a gamma distribution,
    moved so that mean, variance and third moment are those over all permutations of one
    variable's rows within the strata (Dawson 1954, *Biometrika* 41, for mean and
    variance; third moment in ``kernels/tables.py``). The chi-square distribution, even
    with the degrees of freedom that the strata really have, does not hold where counts
    are small: of independent pairs with 3 levels in 81 strata of about 6 rows it
    rejects 71 % at .05, and 20 % of pairs in 9 strata of 555 rows with margins of .97,
    .02 and .01; this test rejects 5.0 and 4.6 % of them. Where every stratum's margins
    leave the table no choice, p is 1.

    *g2*: twice the log-likelihood ratio against chi-square with the degrees of freedom
    that the strata really have, if the smallest expected count of every stratum that
    has any is at least 10; else the p-value of *chi2*. Of 60,000 independent pairs with
    2 to 5 levels in up to 9 strata, chi-square rejects 5.2 % at .05 where the smallest
    expected count is at least 10, 8 to 13 % where it is below 3, and more the more
    cells there are; the mean count of a cell says less, as margins may be uneven.

    *degenerate_gaussian*: a discrete variable of k levels is k - 1 indicators; the
    statistic is ``-f log(det C / (det A det B))`` with C the covariance of two blocks
    given the others and A, B its diagonal blocks, against chi-square with a b degrees
    of freedom for blocks of rank a and b. Bartlett's factor
    ``f = n - 1 - s - (a + b + 1) / 2``, for others of rank s, stands in for n: it keeps
    the level where rows are few. Andrews, Ramsey and Cooper (2019), section 3;
    Anderson (2003), sections 9.3 and 9.5.

    Examples
    --------
    >>> codes = [[0, 0], [0, 1], [1, 0], [1, 1]] * 10
    >>> independence_test(CountStatistics.of(codes, "ab", [2, 2]))(0, 1, ())
    1.0
    """
    from llmcd.discovery.kernels import independence as kernels

    if compat not in COMPAT:
        raise ValueError(f"compat must be one of {COMPAT}, got {compat!r}")
    name = choose_test(name, FAMILIES[statistics.kind])
    kinds = {
        "fisher_z": kernels.FISHER_Z,
        "degenerate_gaussian": kernels.DEGENERATE_GAUSSIAN,
        "chi2": kernels.PLAIN_CHI2 if compat else kernels.CHI2,
        "g2": kernels.PLAIN_G2 if compat else kernels.G2,
    }
    if isinstance(statistics, CountStatistics) and name != "degenerate_gaussian":
        problem = _discrete_problem(kinds[name], statistics)
    else:
        problem = _gaussian_problem(kinds[name], statistics)
    return IndependenceTest(name, tuple(statistics.names), problem)


def log_p(
    test: IndependenceTest,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    given: npt.ArrayLike | None = None,
) -> Floats:
    """Natural logarithms of p-values.

    Parameters
    ----------
    test : IndependenceTest
        From ``independence_test``.
    x, y : array of int, shape (m,)
        Positions of the two variables of each question.
    given : array of int, shape (m, k), optional
        Positions of the k variables conditioned on; none by default.

    Returns
    -------
    array of float64, shape (m,)

    Raises
    ------
    ValueError
        If a position is not there or a question names a variable twice.
    DataError
        If the rows are too few for a question, which is named.

    Examples
    --------
    >>> from llmcd.data.statistics import GaussianStatistics
    >>> x = np.random.default_rng(0).normal(size=(100, 2))
    >>> test = independence_test(GaussianStatistics.of(x, "ab"))
    >>> log_p(test, [0], [1]).round(3)
    array([-1.77])
    """
    from llmcd.discovery.kernels.independence import log_p_batch

    xs = np.ascontiguousarray(x, dtype=np.int64)
    ys = np.ascontiguousarray(y, dtype=np.int64)
    sets = np.empty((len(xs), 0)) if given is None else given
    sets = np.ascontiguousarray(sets, dtype=np.int64)
    _check_questions(test, xs, ys, sets)
    found = np.asarray(log_p_batch(test.problem, xs, ys, sets))
    lost = np.flatnonzero(np.isnan(found))
    if len(lost):
        at = int(lost[0])
        a, b = test.names[xs[at]], test.names[ys[at]]
        rest = ", ".join(test.names[v] for v in sets[at]) or "nothing"
        raise DataError(
            f"{test.name} of {a} and {b} given {rest} needs more than "
            f"{test.problem.n:g} rows; give fewer variables or more rows"
        )
    return found


def _check_questions(test: IndependenceTest, xs: Ints, ys: Ints, sets: Ints) -> None:
    shapes = xs.shape, ys.shape, sets.shape
    if xs.ndim != 1 or ys.shape != xs.shape or sets.shape[:1] != xs.shape:
        raise ValueError(f"expected x (m,), y (m,) and given (m, k), got {shapes}")
    together = np.sort(np.column_stack([xs, ys, sets]), axis=1)
    if not together.size:
        return
    if together.min() < 0 or together.max() >= len(test.names):
        raise ValueError(
            f"positions must be 0 to {len(test.names) - 1}, got "
            f"{together.min()} to {together.max()}"
        )
    if (together[:, 1:] == together[:, :-1]).any():
        raise ValueError("x, y and given must be different variables in each question")


# --- problems -------------------------------------------------------------------------


def _gaussian_problem(kind: int, statistics: Statistics) -> Problem:
    if isinstance(statistics, CountStatistics):
        levels = [tuple(map(str, range(size))) for size in statistics.sizes]
        statistics = MixedStatistics.of(
            statistics.codes.T, statistics.names, levels, statistics.weights
        )
    if isinstance(statistics, MixedStatistics):
        gaussian, blocks = statistics.gaussian, np.array(statistics.blocks)
    else:
        gaussian = statistics
        blocks = np.arange(len(statistics.names))[:, None] + np.arange(2)
    blocks = blocks.reshape(-1, 2).astype(np.int64)
    return _problem(
        kind,
        statistics.n,
        matrix=np.ascontiguousarray(gaussian.correlation_or_zero),
        starts=np.ascontiguousarray(blocks[:, 0]),
        stops=np.ascontiguousarray(blocks[:, 1]),
    )


def _discrete_problem(kind: int, counts: CountStatistics) -> Problem:
    from llmcd.discovery.kernels.tables import pack

    codes, weights = counts.codes, np.empty(0)
    if counts.weights is not None:
        drawn = counts.weights > 0
        codes = codes[:, drawn]
        weights = np.ascontiguousarray(counts.weights[drawn], dtype=np.float64)
    codes = np.ascontiguousarray(codes, dtype=np.uint16)
    sizes = np.ascontiguousarray(counts.sizes, dtype=np.int64)
    # Whole weights are rows written more than once; others cannot be bits.
    rows = round(counts.n)
    whole = bool((weights == np.rint(weights)).all()) and rows <= 4 * codes.shape[1]
    packed = np.where(sizes <= _LARGEST_PACKED, sizes, 0)
    words = -(-rows // 64)
    if not whole or int(packed.sum()) * words * 8 > _BYTES:
        packed[:] = 0
    first = np.where(packed > 0, np.cumsum(packed) - packed, -1)
    total = int(packed.sum())
    bits = pack(codes, sizes, weights, first, total, words if total else 0)
    return _problem(
        kind,
        counts.n,
        codes=codes,
        sizes=sizes,
        weights=weights,
        bits=bits,
        first=first,
    )


def _problem(kind: int, n: float, **arrays: npt.NDArray[Any]) -> Problem:
    from llmcd.discovery.kernels.independence import Problem

    nothing: dict[str, npt.NDArray[Any]] = {
        "matrix": np.empty((0, 0)),
        "starts": np.empty(0, dtype=np.int64),
        "stops": np.empty(0, dtype=np.int64),
        "codes": np.empty((0, 0), dtype=np.uint16),
        "sizes": np.empty(0, dtype=np.int64),
        "weights": np.empty(0),
        "bits": np.empty((0, 0), dtype=np.uint64),
        "first": np.empty(0, dtype=np.int64),
    }
    return Problem(kind=kind, n=float(n), **{**nothing, **arrays})
