"""Partial correlations and block regressions by small Cholesky factors.

The matrix is one of correlations, whose diagonal is 1, or 0 for a column without
variation. A factor holds one row for each column that the columns before it do not
determine: its first entries solve against the earlier rows, its diagonal is what is
left of the column. A column that is determined gets no row, so that it counts once.
"""

from __future__ import annotations

from math import log, sqrt

from numba import njit

__all__ = ["DETERMINED", "block_ratio", "extend_factor", "left_correlation"]

DETERMINED = 1e-10  # a variance, of 1 at first, that is rounding
_SMALLEST = 1e-15  # of a variance, what an exact dependence leaves


@njit(cache=True, nogil=True, error_model="numpy")
def _solve_row(matrix, column, factor, kept, rank, row):
    """Write a new row's entries against the rows there are; return what is left."""
    left = matrix[column, column]
    for r in range(rank):
        value = matrix[kept[r], column]
        for t in range(r):
            value -= factor[r, t] * row[t]
        value /= factor[r, r]
        row[r] = value
        left -= value * value
    return left


@njit(cache=True, nogil=True, error_model="numpy")
def extend_factor(matrix, start, stop, factor, kept, rank):
    """Add columns start to stop to a factor and return its new rank."""
    for column in range(start, stop):
        left = _solve_row(matrix, column, factor, kept, rank, factor[rank])
        if left > DETERMINED:
            factor[rank, rank] = sqrt(left)
            kept[rank] = column
            rank += 1
    return rank


@njit(cache=True, nogil=True, error_model="numpy")
def left_correlation(matrix, column, factor, kept, rank):
    """Correlation of a column with the last of a factor given those before it."""
    last = rank - 1
    row = factor[rank]
    left = _solve_row(matrix, column, factor, kept, last, row)
    if left <= DETERMINED:
        return 0.0
    value = matrix[kept[last], column]
    for t in range(last):
        value -= factor[last, t] * row[t]
    return value / (factor[last, last] * sqrt(left))


@njit(cache=True, nogil=True, error_model="numpy")
def block_ratio(matrix, start, stop, factor, kept, given, rank, side):
    """Compare a block of columns given some columns with the same given more.

    Parameters
    ----------
    start, stop : int
        The block.
    factor, kept, given, rank
        A factor of ``rank`` rows; the first ``given`` are the smaller set.
    side : array of float64
        Memory of the factor's shape.

    Returns
    -------
    (float, int)
        Logarithm of the ratio of determinants of the block's covariance given all
        rows and given the first ones, and the number of columns not determined by
        the latter.
    """
    ratio, found = 0.0, 0
    for column in range(start, stop):
        alone = side[found]
        left = matrix[column, column]
        for r in range(given + found):
            if r < given:
                value, against = matrix[kept[r], column], factor[r]
            else:
                value, against = matrix[kept[rank + r - given], column], side[r - given]
            for t in range(r):
                value -= against[t] * alone[t]
            alone[r] = value / against[r]
            left -= alone[r] * alone[r]
        if left <= DETERMINED:
            continue
        alone[given + found] = sqrt(left)
        row = factor[rank + found]
        less = _solve_row(matrix, column, factor, kept, rank + found, row)
        less = min(max(less, left * _SMALLEST), left)
        row[rank + found] = sqrt(less)
        kept[rank + found] = column
        ratio += log(less / left)
        found += 1
    return ratio, found
