"""Means and cross-products of continuous columns, safe at any offset and scale."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from llmcd.data.rows import (
    Piece,
    blocks_of,
    pieces_of,
    same,
    set_field,
    shown,
    where,
)
from llmcd.errors import DataError

__all__ = ["GaussianStatistics", "finite", "fold", "resampled"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

ORDINARY = 100  # columns between 2**-100 and 2**100 need no scale of their own
_NEVER = -(10**6)  # the binary exponent of zero, below all others


@dataclass(frozen=True, eq=False, repr=False)
class GaussianStatistics:
    """Number of rows, means and centred cross-products of continuous columns.

    Build with :meth:`of`. The arrays stay writeable, which numba's kernels expect, but
    nobody writes to them.

    Parameters
    ----------
    names : tuple of str
        One a column.
    n : float
        Number of rows, or their total weight.
    mean : array of float64, shape (p,)
        Means, in the columns' own units.
    cross : array of float64, shape (p, p)
        Centred cross-products, symmetric and C-contiguous, of the columns divided by
        ``2**exponent``.
    exponent : array of int64, shape (p,), optional
        Zero, except for a column whose squares would leave the range of float64.
    low : array of float64, shape (p,), optional
        What rounding took from ``mean``, in units of ``2**exponent``. A mean of 1e12 is
        rounded to 1e-4, which would spoil a merge.

    Raises
    ------
    ValueError
        If the shapes do not fit the names.

    Notes
    -----
    Chan, Golub and LeVeque (1983), *Algorithms for computing the sample variance:
    analysis and recommendations*, The American Statistician 37, 242-247: the two-pass
    algorithm within a block of rows, the pairwise update between blocks.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0], [2.0, 4.0], [3.0, 9.0]])
    >>> found = GaussianStatistics.of(x, ["x", "y"])
    >>> found, found.mean.tolist(), found.cross.tolist()
    (<GaussianStatistics: 2 columns, n = 3>, [2.0, 5.0], [[2.0, 7.0], [7.0, 26.0]])
    """

    names: tuple[str, ...]
    n: float
    mean: Floats
    cross: Floats
    exponent: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    low: Floats = field(default_factory=lambda: np.zeros(0))
    kind: ClassVar[str] = "gaussian"

    def __post_init__(self) -> None:
        p = len(self.names)
        exponent = self.exponent if self.exponent.size else np.zeros(p, dtype=np.int64)
        set_field(self, "names", tuple(self.names))
        set_field(self, "n", float(self.n))
        set_field(self, "mean", np.ascontiguousarray(self.mean, dtype=np.float64))
        set_field(self, "cross", np.ascontiguousarray(self.cross, dtype=np.float64))
        set_field(self, "exponent", np.ascontiguousarray(exponent, dtype=np.int64))
        set_field(self, "low", self.low if self.low.size else np.zeros(p))
        for name, wanted in (
            ("mean", (p,)),
            ("cross", (p, p)),
            ("exponent", (p,)),
            ("low", (p,)),
        ):
            shape = getattr(self, name).shape
            if shape != wanted:
                raise ValueError(
                    f"{name} of {p} columns must have shape {wanted}, got {shape}"
                )

    @classmethod
    def of(
        cls, values: npt.ArrayLike, names: Sequence[str], weights: Any = None
    ) -> GaussianStatistics:
        """Statistics of rows that are in memory.

        Parameters
        ----------
        values : array of float, shape (n, p)
            Finite numbers, of any size and offset.
        names : sequence of str
            One a column.
        weights : array of float, shape (n,), optional
            Not negative; whole ones stand for repeated rows. Weights that sum to 1
            make ``n`` 1: let them sum to the number of rows.

        Returns
        -------
        GaussianStatistics

        Raises
        ------
        DataError
            If cells are NaN or infinite.
        ValueError
            If the shapes do not fit or a weight is negative, NaN or infinite.

        Examples
        --------
        >>> x = np.array([[1.0], [5.0]])
        >>> GaussianStatistics.of(x, ["x"], weights=[3, 1]).mean
        array([2.])
        """
        return fold(pieces_of(values, names, weights), names)

    @classmethod
    def of_batches(
        cls, batches: Iterable[npt.ArrayLike], names: Sequence[str]
    ) -> GaussianStatistics:
        """Statistics of rows that come in batches, one of which is held at a time.

        Bit for bit what :meth:`of` makes of all rows, whatever the batches' sizes.

        Parameters
        ----------
        batches : iterable of array of float, shape (rows, p)
            Parts of the rows, in order.
        names : sequence of str
            One a column.

        Returns
        -------
        GaussianStatistics

        Raises
        ------
        DataError
            If cells are NaN or infinite.

        Examples
        --------
        >>> parts = [np.array([[1.0]]), np.array([[3.0], [5.0]])]
        >>> GaussianStatistics.of_batches(parts, ["x"]).mean
        array([3.])
        """
        return fold(blocks_of(batches, names), names)

    def merge(self, other: GaussianStatistics) -> GaussianStatistics:
        """Statistics of both sets of rows together.

        Associative and commutative up to rounding.

        Parameters
        ----------
        other : GaussianStatistics
            Of the same columns.

        Returns
        -------
        GaussianStatistics

        Raises
        ------
        ValueError
            If the columns differ.

        Examples
        --------
        >>> one = GaussianStatistics.of([[1.0], [2.0]], ["x"])
        >>> both = one.merge(GaussianStatistics.of([[6.0]], ["x"]))
        >>> both.n, both.mean, both.cross
        (3.0, array([3.]), array([[14.]]))
        """
        same(self.names, other.names, "columns")
        if not self.n or not other.n:
            return self if self.n else other
        return _merged(self, other)

    def select(self, columns: Sequence[int]) -> GaussianStatistics:
        """Statistics of some of the columns, given by position.

        Examples
        --------
        >>> GaussianStatistics.of([[1.0, 5.0], [2.0, 7.0]], ["x", "y"]).select([1]).mean
        array([6.])
        """
        at = np.asarray(columns, dtype=np.int64)
        return GaussianStatistics(
            tuple(self.names[i] for i in at),
            self.n,
            self.mean[at],
            self.cross[np.ix_(at, at)],
            self.exponent[at],
            self.low[at],
        )

    @property
    def constant(self) -> npt.NDArray[np.bool_]:
        """Which columns do not vary, shape (p,)."""
        return np.diagonal(self.cross) == 0.0

    @property
    def covariance(self) -> Floats:
        """Covariances (divisor n), shape (p, p), in the columns' own units.

        Infinite or zero where the true covariance is beyond the range of float64.
        """
        self._need_rows()
        with np.errstate(over="ignore", under="ignore"):
            return _scaled(self.cross / self.n, self.exponent)

    @cached_property
    def correlation(self) -> Floats:
        """Correlations, shape (p, p), with a unit diagonal.

        Raises
        ------
        DataError
            If there are no rows, or a column does not vary.
        """
        self._need_rows()
        if self.constant.any():
            listed = ", ".join(repr(self.names[i]) for i in where(self.constant))
            raise DataError(
                f"columns that do not vary have no correlation: {listed}; leave them "
                "out, or use correlation_or_zero"
            )
        return self.correlation_or_zero

    @cached_property
    def correlation_or_zero(self) -> Floats:
        """Correlations, all zero for a column that does not vary, shape (p, p)."""
        spread = np.sqrt(np.diagonal(self.cross))
        spread = np.where(self.constant, 1.0, spread)
        found = self.cross / np.multiply.outer(spread, spread)
        np.clip(found, -1.0, 1.0, out=found)
        np.fill_diagonal(found, np.where(self.constant, 0.0, 1.0))
        return found

    def _need_rows(self) -> None:
        if not self.n:
            raise DataError("there are no rows: nothing varies or correlates")

    def __repr__(self) -> str:
        return shown(self, "column")


def fold(pieces: Iterable[Piece], names: Sequence[str]) -> GaussianStatistics:
    """Merge the statistics of blocks of rows as they come."""
    whole = _nothing(names)
    with _one_thread():
        for block, weights in finite(pieces, names):
            whole = whole.merge(_moments(block, names, weights))
    return whole


def _one_thread() -> AbstractContextManager[Any]:
    """Keep BLAS to one thread: the bits of a product depend on their number."""
    return _libraries().limit(limits=1, user_api="blas")


@cache
def _libraries() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()  # looking for numpy's BLAS takes a millisecond


def _nothing(names: Sequence[str]) -> GaussianStatistics:
    p = len(names)
    return GaussianStatistics(tuple(names), 0.0, np.zeros(p), np.zeros((p, p)))


def finite(pieces: Iterable[Piece], names: Sequence[str]) -> Iterator[Piece]:
    """Pass blocks on; from the first cell that is not finite, only count such cells."""
    refused = np.zeros(len(names), dtype=np.int64)
    for block, weights in pieces:
        with np.errstate(over="ignore", invalid="ignore"):
            total = block.sum()  # finite, or some cell is not, or it overflowed
        if not np.isfinite(total):
            refused += np.count_nonzero(~np.isfinite(block), axis=0)
        if not refused.any():
            yield block, weights
    if refused.any():
        listed = ", ".join(f"{names[i]!r}: {refused[i]:,}" for i in where(refused))
        raise DataError(
            f"cells are NaN or infinite ({listed}); drop or fill them first"
        )


def _moments(
    block: Floats, names: Sequence[str], weights: Floats | None
) -> GaussianStatistics:
    """Statistics of a block by two passes: its mean, then what is left of it."""
    if weights is not None and not weights.all():
        block, weights = block[weights > 0], weights[weights > 0]
    if not len(block):
        return _nothing(names)
    bottom, top = block.min(axis=0), block.max(axis=0)
    power = _unit(_binary(np.maximum(np.abs(bottom), np.abs(top))))
    if power.any():  # by powers of two: nothing is rounded
        block, bottom, top = (_ldexp(a, -power) for a in (block, bottom, top))
    n = float(len(block) if weights is None else weights.sum())
    # Within the range, so that equal cells leave exactly nothing.
    mean = np.clip(_average(block, weights, n), bottom, top)
    centred = block - mean
    low = _average(centred, weights, n)
    centred -= low
    if weights is not None:
        centred *= np.sqrt(weights)[:, None]
    cross = centred.T @ centred
    # The exponent follows the spread from here on, not the offset.
    exponent = _unit(power + _half(np.diagonal(cross)))
    cross = _scaled(cross, power - exponent)
    mean, low = _rounded(mean, low, power, exponent)
    return GaussianStatistics(tuple(names), n, mean, cross, exponent, low)


def _rounded(
    mean: Floats, move: Floats, unit: Ints, exponent: Ints
) -> tuple[Floats, Floats]:
    """The mean ``mean + move`` in its own units, and what rounding it took away."""
    total = mean + move
    back = total - mean  # Knuth's exact sum
    low = (mean - (total - back)) + (move - back)
    true = _ldexp(total, unit)
    low += total - _ldexp(true, -unit)  # zero, unless the mean is subnormal
    return true, _ldexp(low, unit - exponent)


def _average(block: Floats, weights: Floats | None, n: float) -> Floats:
    return block.sum(axis=0) / n if weights is None else weights @ block / n


def _merged(a: GaussianStatistics, b: GaussianStatistics) -> GaussianStatistics:
    """Chan, Golub and LeVeque's update, with means of twice the precision."""
    n = a.n + b.n
    share = b.n / n
    unit = np.maximum.reduce(  # in which neither mean over- nor underflows
        [_binary(s.mean) for s in (a, b)]
        + [s.exponent + _binary(s.low) for s in (a, b)]
    )
    unit[unit < _NEVER // 2] = 0
    start, end = _ldexp(a.mean, -unit), _ldexp(b.mean, -unit)
    low = _ldexp(a.low, a.exponent - unit)
    step = (end - start) + (_ldexp(b.low, b.exponent - unit) - low)
    exponent = _unit(
        np.maximum.reduce(
            [s.exponent + _half(np.diagonal(s.cross)) for s in (a, b)]
            + [unit + _binary(step)]
        )
    )
    apart = _ldexp(step, unit - exponent)
    cross = _scaled(a.cross, a.exponent - exponent)
    cross = cross + _scaled(b.cross, b.exponent - exponent)
    cross += np.multiply.outer(apart, apart) * (a.n * share)
    mean, low = _rounded(start, low + step * share, unit, exponent)
    return GaussianStatistics(a.names, n, mean, cross, exponent, low)


def _ldexp(x: Floats, exponent: Ints) -> Floats:
    return np.ldexp(x, exponent.astype(np.intc))  # int64 is no C long everywhere


def _binary(x: Floats) -> Ints:
    """Binary exponents, below all others for zero."""
    return np.where(x == 0.0, _NEVER, np.frexp(x)[1].astype(np.int64))


def _half(squares: Floats) -> Ints:
    """Binary exponents of square roots."""
    found = _binary(squares)
    return np.where(found == _NEVER, _NEVER, (found + 1) // 2)


def _unit(exponent: Ints) -> Ints:
    """Exponents of scale: zero for ordinary columns and for zero."""
    plain = (np.abs(exponent) <= ORDINARY) | (exponent < _NEVER // 2)
    return np.where(plain, 0, exponent)


def _scaled(cross: Floats, exponent: Ints) -> Floats:
    if not exponent.any():
        return cross
    return _ldexp(cross, np.add.outer(exponent, exponent))


def resampled(
    values: Floats | Iterable[npt.ArrayLike],
    names: Sequence[str],
    n_resamples: int,
    seed: int,
) -> tuple[GaussianStatistics, ...]:
    """Bootstrap statistics in one pass, also over data larger than memory.

    Each row counts a Poisson number of times with mean 1 in each resample, which is
    what multinomial draws come to as rows grow many. Resample b draws its weights row
    by row from its own stream, ``SeedSequence(seed).spawn(n_resamples)[b]``: neither
    the batches' sizes nor the number of resamples change it.

    Parameters
    ----------
    values : array of float, shape (n, p), or iterable of such arrays
        All rows, or batches of them.
    names : sequence of str
        One a column.
    n_resamples : int
        Number of resamples.
    seed : int
        Seed.

    Returns
    -------
    tuple of GaussianStatistics
        One a resample.

    Raises
    ------
    DataError
        If cells are NaN or infinite.

    Notes
    -----
    Hanley and MacGibbon (2006), *Creating non-parametric bootstrap samples using
    Poisson frequencies*; Chamandy and others (2012), *Estimating uncertainty for
    massive data streams*.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(1000, 2))
    >>> found = resampled(x, ["x", "y"], 3, seed=1)
    >>> [s.n for s in found] == [s.n for s in resampled([x[:7], x[7:]], "xy", 3, 1)]
    True
    """
    seeds = np.random.SeedSequence(seed).spawn(n_resamples)
    streams = [np.random.default_rng(each) for each in seeds]
    found = [_nothing(names)] * n_resamples
    batches: Iterable[Any] = [values] if isinstance(values, np.ndarray) else values
    with _one_thread():
        for block, _ in finite(blocks_of(batches, names), names):
            for b, stream in enumerate(streams):
                part = _moments(block, names, _poisson(stream, len(block)))
                found[b] = found[b].merge(part)
    return tuple(found)


def _poisson(stream: np.random.Generator, rows: int) -> Floats:
    """Poisson(1) numbers by inversion: one uniform number a row."""
    return np.searchsorted(_POISSON, stream.random(rows), side="right").astype(float)


# Beyond 20 the probability is below 1e-19.
_POISSON = np.cumsum([math.exp(-1.0) / math.factorial(k) for k in range(21)])
