"""Tests of conditional independence, for every kind of table, in logarithms.

A test has two steps: ``prepare`` takes one variable and a conditioning set, ``log_p``
another variable, so that what the first two decide is computed once.
"""

from __future__ import annotations

from math import erfc, exp, inf, lgamma, log, log1p, nan, pi, sqrt, tanh
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from llmcd.discovery.kernels.gaussian import (
    block_ratio,
    extend_factor,
    left_correlation,
)
from llmcd.discovery.kernels.moments import PARTS, STRATA
from llmcd.discovery.kernels.tables import (
    FREEDOM,
    G_SQUARE,
    MEAN,
    PEARSON,
    PEARSON_VARYING,
    SMALLEST,
    SUMS,
    THIRD,
    VARIANCE,
    count,
    prepare_rows,
)

__all__ = [
    "CHI2",
    "DEGENERATE_GAUSSIAN",
    "DEPENDENT",
    "FISHER_Z",
    "G2",
    "PLAIN_CHI2",
    "PLAIN_G2",
    "SEPARATED",
    "UNDECIDED",
    "Problem",
    "Work",
    "critical_correlations",
    "log_chi_square_tail",
    "log_gamma_tail",
    "log_normal_tails",
    "log_p",
    "log_p_batch",
    "new_work",
    "prepare",
    "verdict",
]

# The kinds of test; the plain ones are against chi-square whatever the counts.
FISHER_Z, DEGENERATE_GAUSSIAN, CHI2, G2, PLAIN_CHI2, PLAIN_G2 = 0, 1, 2, 3, 4, 5

_ONE = 1.0 - 1e-15  # largest correlation
_LARGE_SHAPE = 1e6  # of a gamma distribution
_ZERO = 1e-12  # Pearson's statistic, against its mean, that is rounding
ADEQUATE = 10.0  # the smallest expected count from which G2 is against chi-square
_SLOTS = 256  # bitmaps of strata and rows, at most 128, twice


class Problem(NamedTuple):
    """Everything that a test depends on, in arrays; those of other kinds are empty.

    Attributes
    ----------
    kind : int
        Which test.
    n : float
        Number of rows, or total weight.
    matrix : array of float64, shape (d, d)
        Correlations of the (embedded) columns; 0 on the diagonal for a constant one.
    starts, stops : array of int64, shape (p,)
        Variable v is columns ``starts[v]`` to ``stops[v]`` of ``matrix``.
    codes : array of uint16, shape (p, m)
        Levels of discrete variables.
    sizes : array of int64, shape (p,)
        Numbers of levels.
    weights : array of float64, shape (m,) or (0,)
        How often each row counts; once if empty.
    bits : array of uint64, shape (levels, words)
        Bitmaps of levels.
    first : array of int64, shape (p,)
        Position in ``bits`` of each variable's first level, or -1.
    """

    kind: int
    n: float
    matrix: npt.NDArray[np.float64]
    starts: npt.NDArray[np.int64]
    stops: npt.NDArray[np.int64]
    codes: npt.NDArray[np.uint16]
    sizes: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    bits: npt.NDArray[np.uint64]
    first: npt.NDArray[np.int64]


class Work(NamedTuple):
    """Memory that tests need while they run; one for each thread.

    Attributes
    ----------
    state : array of int64, shape (5,)
        Discrete: how rows were prepared, number of strata, first slot, whether G2 is
        wanted, whether moments are. Otherwise: rank of the conditioning set, rank with
        the variable.
    factor, side : array of float64, shape (k, k)
        Cholesky factors.
    kept : array of int64, shape (k,)
        Columns of the rows of ``factor``.
    slots : array of uint64, shape (256, words)
        Bitmaps of strata and rows.
    row_sizes : array of int64, shape (256,)
        Their sizes.
    keys : array of int64, shape (m,)
        Codes of strata and levels of the rows.
    table, rows, columns : array of float64
        Counts, and their margins.
    sums : array of float64, shape (8,)
        Sums over strata.
    strata : array of float64, shape (11, 256)
        What the moments of strata are computed from.
    """

    state: npt.NDArray[np.int64]
    factor: npt.NDArray[np.float64]
    side: npt.NDArray[np.float64]
    kept: npt.NDArray[np.int64]
    slots: npt.NDArray[np.uint64]
    row_sizes: npt.NDArray[np.int64]
    keys: npt.NDArray[np.int64]
    table: npt.NDArray[np.float64]
    rows: npt.NDArray[np.float64]
    columns: npt.NDArray[np.float64]
    sums: npt.NDArray[np.float64]
    strata: npt.NDArray[np.float64]


@njit(cache=True, nogil=True, error_model="numpy")
def new_work(problem, largest):
    """Memory for conditioning sets of up to ``largest`` variables."""
    discrete = problem.kind >= CHI2
    widest, columns = 1, 0
    for v in range(len(problem.starts)):
        columns = max(columns, problem.stops[v] - problem.starts[v])
    columns = min(columns * (largest + 2), problem.matrix.shape[0]) + 1
    for size in problem.sizes:
        widest = max(widest, size)
    rows = problem.codes.shape[1]
    words = problem.bits.shape[1]
    state = np.zeros(5, dtype=np.int64)
    state[3] = problem.kind == G2 or problem.kind == PLAIN_G2
    state[4] = problem.kind == G2 or problem.kind == CHI2
    cells = 4 * rows + 4096 if discrete else 0
    return Work(
        state,
        np.empty((columns, columns)),
        np.empty((columns, columns)),
        np.empty(columns, dtype=np.int64),
        np.empty((_SLOTS if words > 0 else 0, words), dtype=np.uint64),
        np.empty(_SLOTS, dtype=np.int64),
        np.empty(rows, dtype=np.int64),
        np.empty(cells),
        np.empty(widest),
        np.empty(widest),
        np.empty(SUMS),
        np.empty((PARTS, STRATA)),
    )


# --- tails ----------------------------------------------------------------------------


@njit(cache=True, nogil=True, error_model="numpy")
def log_normal_tails(z):
    """Logarithm of the probability of a larger absolute value than z >= 0."""
    if z < 25.0:
        return log(erfc(z / sqrt(2.0)))
    # Mills' ratio by its asymptotic series.
    total, term = 1.0, 1.0
    for k in range(1, 12):
        term *= -(2 * k - 1) / (z * z)
        total += term
    return 0.5 * log(2.0 / pi) - 0.5 * z * z - log(z) + log(total)


@njit(cache=True, nogil=True, error_model="numpy")
def _log_large_gamma_tail(shape, x):
    """The same for a large shape (Temme 1979, *SIAM J. Math. Anal.* 10, 757-766)."""
    mu = x / shape - 1.0
    eta = sqrt(2.0 * max(mu - log1p(mu), 0.0))
    eta = eta if mu > 0.0 else -eta
    first = 1.0 / mu - 1.0 / eta if abs(eta) > 1e-3 else eta / 12.0 - 1.0 / 3.0
    z = eta * sqrt(shape)
    if z < 0.0:
        more = exp(-0.5 * z * z) * first / sqrt(2.0 * pi * shape)
        return log1p(more - 0.5 * erfc(-z / sqrt(2.0)))
    main = log_normal_tails(z) - log(2.0)
    return main + log1p(first * exp(-0.5 * z * z - main) / sqrt(2.0 * pi * shape))


@njit(cache=True, nogil=True, error_model="numpy")
def log_gamma_tail(shape, x):
    """Logarithm of the regularised upper incomplete gamma function."""
    if x <= 0.0:
        return 0.0
    if shape > _LARGE_SHAPE:  # series and fraction take sqrt(shape) steps
        return _log_large_gamma_tail(shape, x)
    front = shape * log(x) - x - lgamma(shape)
    if x < shape + 1.0:
        term = total = 1.0 / shape
        step = shape
        while abs(term) > abs(total) * 1e-16:
            step += 1.0
            term *= x / step
            total += term
        below = exp(front) * total
        return log1p(-below) if below < 1.0 else -inf
    # Lentz's continued fraction.
    tiny = 1e-300
    b = x + 1.0 - shape
    c, d = 1.0 / tiny, 1.0 / b
    value, step = d, 0
    while True:
        step += 1
        a = -step * (step - shape)
        b += 2.0
        d = a * d + b
        d = 1.0 / (d if abs(d) > tiny else tiny)
        c = b + a / c
        c = c if abs(c) > tiny else tiny
        value *= c * d
        if abs(c * d - 1.0) < 1e-15:
            return min(front + log(value), 0.0)


@njit(cache=True, nogil=True, error_model="numpy")
def log_chi_square_tail(statistic, freedom):
    """Logarithm of chi-square's upper tail; 0 without degrees of freedom."""
    return log_gamma_tail(0.5 * freedom, 0.5 * statistic) if freedom > 0.0 else 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _log_moment_tail(statistic, mean, variance, third):
    """Upper tail of the gamma distribution, moved, with these central moments."""
    if variance <= 0.0 or statistic <= _ZERO * mean:  # no smaller one is possible
        return 0.0
    skewness = third / variance**1.5
    if skewness < 1e-4:  # moved would have an upper end, or hardly be a gamma
        return log_gamma_tail(mean * mean / variance, statistic * mean / variance)
    shape = 4.0 / (skewness * skewness)
    scale = 0.5 * skewness * sqrt(variance)
    return log_gamma_tail(shape, (statistic - mean) / scale + shape)


# --- the tests ------------------------------------------------------------------------


@njit(cache=True, nogil=True, error_model="numpy")
def prepare(problem, x, given, k, work):
    """Get ready to test x given the first k of some variables."""
    if problem.kind >= CHI2:
        prepare_rows(problem, x, given, k, work)
        return
    rank = 0
    matrix, factor, kept = problem.matrix, work.factor, work.kept
    for step in range(k):
        start, stop = problem.starts[given[step]], problem.stops[given[step]]
        rank = extend_factor(matrix, start, stop, factor, kept, rank)
    work.state[0] = rank
    start, stop = problem.starts[x], problem.stops[x]
    work.state[1] = extend_factor(matrix, start, stop, factor, kept, rank)


@njit(cache=True, nogil=True, error_model="numpy")
def log_p(problem, x, y, given, k, work):
    """Logarithm of the p-value of x, which is prepared, and y; NaN: too few rows."""
    if problem.kind == FISHER_Z:
        return _fisher_z(problem, y, work)
    if problem.kind == DEGENERATE_GAUSSIAN:
        return _degenerate_gaussian(problem, y, work)
    count(problem, x, y, given, k, work)
    sums = work.sums
    if problem.kind == PLAIN_CHI2:
        return log_chi_square_tail(sums[PEARSON], sums[FREEDOM])
    adequate = problem.kind == G2 and sums[SMALLEST] >= ADEQUATE
    if problem.kind == PLAIN_G2 or adequate:
        return log_chi_square_tail(sums[G_SQUARE], sums[FREEDOM])
    return _log_moment_tail(
        sums[PEARSON_VARYING], sums[MEAN], sums[VARIANCE], sums[THIRD]
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _fisher_z(problem, y, work):
    rank, with_x = work.state[0], work.state[1]
    freedom = problem.n - rank - 3.0
    if freedom <= 0.0:
        return nan
    if with_x == rank:
        return 0.0
    column = problem.starts[y]
    r = left_correlation(problem.matrix, column, work.factor, work.kept, with_x)
    r = min(abs(r), _ONE)
    z = 0.5 * (log1p(r) - log1p(-r))
    return log_normal_tails(sqrt(freedom) * z)


@njit(cache=True, nogil=True, error_model="numpy")
def _degenerate_gaussian(problem, y, work):
    rank, with_x = work.state[0], work.state[1]
    ratio, found = block_ratio(
        problem.matrix,
        problem.starts[y],
        problem.stops[y],
        work.factor,
        work.kept,
        rank,
        with_x,
        work.side,
    )
    freedom = (with_x - rank) * found
    if freedom == 0:
        return 0.0
    scale = problem.n - 1.0 - rank - 0.5 * (with_x - rank + found + 1)
    if scale <= 0.0:
        return nan
    return log_chi_square_tail(-scale * ratio, freedom)


# --- without a p-value where none is needed -------------------------------------------

DEPENDENT, UNDECIDED, SEPARATED = -1, 0, 1
_NEAR = 1e-9  # relative; a correlation this near to the critical one is left to log_p


@njit(cache=True, nogil=True, error_model="numpy")
def critical_correlations(problem, largest, log_alpha):
    """Where Fisher's z is significant, for each number of columns conditioned on.

    NaN for other tests, and where there are too few rows. What ``verdict`` needs.
    """
    found = np.full(largest + 1, nan)
    if problem.kind != FISHER_Z:
        return found
    low, high = 0.0, 1.0
    while log_normal_tails(high) > log_alpha:
        low, high = high, 2.0 * high
    for _ in range(60):
        middle = 0.5 * (low + high)
        if log_normal_tails(middle) > log_alpha:
            low = middle
        else:
            high = middle
    for rank in range(largest + 1):
        freedom = problem.n - rank - 3.0
        if freedom > 0.0:
            found[rank] = tanh(low / sqrt(freedom))
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def verdict(problem, y, critical, work):
    """Whether log p of x, which is prepared, and y is above or below its level.

    ``SEPARATED`` or ``DEPENDENT`` as the comparison of ``log_p`` would say, without
    its logarithms; ``UNDECIDED`` where only that can say.
    """
    rank, with_x = work.state[0], work.state[1]
    # the state means something else for discrete tables
    if problem.kind != FISHER_Z or with_x == rank or not critical[rank] > 0.0:
        return UNDECIDED
    column = problem.starts[y]
    r = left_correlation(problem.matrix, column, work.factor, work.kept, with_x)
    if abs(r) > critical[rank] * (1.0 + _NEAR):
        return DEPENDENT
    return SEPARATED if abs(r) < critical[rank] * (1.0 - _NEAR) else UNDECIDED


# --- many at once ---------------------------------------------------------------------


@njit(cache=True, nogil=True, error_model="numpy")
def log_p_batch(problem, xs, ys, given):
    """One test for each row of xs, ys and given; runs of one x and set are quicker."""
    k = given.shape[1]
    work = new_work(problem, k)
    found = np.empty(len(xs))
    for t in range(len(xs)):
        again = t > 0 and xs[t] == xs[t - 1]
        for step in range(k):
            again = again and given[t, step] == given[t - 1, step]
        if not again:
            prepare(problem, xs[t], given[t], k, work)
        found[t] = log_p(problem, xs[t], ys[t], given[t], k, work)
    return found
