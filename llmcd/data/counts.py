"""Rows of discrete codes, and the tables of counts that are made from them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from llmcd.data.rows import (
    BLOCK,
    checked_weights,
    listed,
    matrix,
    same,
    set_field,
    shown,
    where,
)
from llmcd.errors import DataError

__all__ = ["CountStatistics", "check_codes"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8 | np.uint16]

MAX_CELLS = 50_000_000  # of a dense table of counts: 400 MB
FEW_CELLS = 1_000_000  # dense tables up to here are counted in one pass
MAX_SIZE = 2**16  # levels that a code can tell apart


@dataclass(frozen=True, eq=False, repr=False)
class CountStatistics:
    """Rows of codes, from which tables of counts are made on demand.

    Build with :meth:`of`.

    Parameters
    ----------
    names : tuple of str
        One a column.
    sizes : array of int64, shape (p,)
        Number of levels of each column.
    codes : array of uint8 or uint16, shape (p, m), C-contiguous
        One row of the array a column; uint8 if no column has more than 256 levels.
    weights : array of float64, shape (m,), optional
        How often each row counts; None: once.

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> found = CountStatistics.of([[0, 1], [1, 1], [0, 1]], ["x", "y"], [2, 2])
    >>> found, found.counts([0, 1]).tolist()
    (<CountStatistics: 2 columns, n = 3>, [[0.0, 2.0], [0.0, 1.0]])
    """

    names: tuple[str, ...]
    sizes: Ints
    codes: Codes
    weights: Floats | None = None
    kind: ClassVar[str] = "counts"

    def __post_init__(self) -> None:
        p = len(self.names)
        sizes = np.ascontiguousarray(self.sizes, dtype=np.int64)
        codes = np.asarray(self.codes)
        if sizes.shape != (p,) or codes.ndim != 2 or len(codes) != p:
            raise ValueError(
                f"{p} columns need sizes of shape ({p},) and codes of shape ({p}, "
                f"rows), got {sizes.shape} and {codes.shape}"
            )
        set_field(self, "names", tuple(self.names))
        set_field(self, "sizes", sizes)
        width = _width(self.names, sizes)
        if codes.dtype != width:  # narrowing must not wrap around
            check_codes(codes.T, self.names, sizes)
        set_field(self, "codes", np.ascontiguousarray(codes, dtype=width))
        if self.weights is not None:
            set_field(self, "weights", checked_weights(self.weights, codes.shape[1]))

    @classmethod
    def of(
        cls,
        codes: npt.ArrayLike,
        names: Sequence[str],
        sizes: Sequence[int] | Ints,
        weights: Any = None,
    ) -> CountStatistics:
        """Statistics of rows that are in memory.

        Parameters
        ----------
        codes : array of int, shape (n, p)
            Codes ``0..size-1``; floats are taken if they are whole.
        names : sequence of str
            One a column.
        sizes : sequence of int, length p
            Number of levels of each column.
        weights : array of float, shape (n,), optional
            Not negative; rows of weight 0 are left out.

        Returns
        -------
        CountStatistics

        Raises
        ------
        DataError
            If codes are not whole or out of range, or there are too many levels.
        ValueError
            If the shapes do not fit or a weight is negative, NaN or infinite.

        Examples
        --------
        >>> CountStatistics.of([[0], [1]], ["x"], [2], weights=[2, 0.5]).counts([0])
        array([2. , 0.5])
        """
        rows = matrix(codes, names, None)
        wide = np.asarray(sizes, dtype=np.int64)
        if wide.shape != (len(names),):
            raise ValueError(f"need {len(names)} sizes, got shape {wide.shape}")
        width = _width(names, wide)
        check_codes(rows, names, wide)
        held = None if weights is None else checked_weights(weights, len(rows))
        narrow = rows.astype(width).T
        if held is not None and not held.all():
            narrow, held = narrow[:, held > 0], held[held > 0]
        return cls(tuple(names), wide, narrow, held)

    @classmethod
    def of_batches(
        cls,
        batches: Iterable[npt.ArrayLike],
        names: Sequence[str],
        sizes: Sequence[int] | Ints,
    ) -> CountStatistics:
        """Statistics of rows that come in batches, compressed as they come.

        Memory grows with the number of distinct rows only; the result does not depend
        on how the rows were cut or ordered.

        Parameters
        ----------
        batches : iterable of array of int, shape (rows, p)
            Parts of the rows.
        names : sequence of str
            One a column.
        sizes : sequence of int, length p
            Number of levels of each column.

        Returns
        -------
        CountStatistics
            As :meth:`compress` leaves it.

        Raises
        ------
        DataError
            If codes are not whole or out of range.

        Examples
        --------
        >>> found = CountStatistics.of_batches([[[0]] * 90, [[1]] * 9], ["x"], [2])
        >>> found.codes, found.weights
        (array([[0, 1]], dtype=uint8), array([90.,  9.]))
        """
        whole = cls.of(np.zeros((0, len(names)), dtype=np.int64), names, sizes)
        waiting: list[CountStatistics] = []
        rows = 0
        for batch in batches:
            part = cls.of(batch, names, sizes)
            waiting.append(part)
            rows += part.codes.shape[1]
            # Sorting again only after as many rows again: n log n in all.
            if rows >= max(whole.codes.shape[1], BLOCK):
                whole = _joined([whole, *waiting]).compress()
                waiting, rows = [], 0
        return _joined([whole, *waiting]).compress()

    @cached_property
    def n(self) -> float:
        """Number of rows, or their total weight."""
        if self.weights is None:
            return float(self.codes.shape[1])
        return float(self.weights.sum())

    def merge(self, other: CountStatistics) -> CountStatistics:
        """Statistics of both sets of rows together, one after the other.

        Parameters
        ----------
        other : CountStatistics
            Of the same columns and sizes.

        Returns
        -------
        CountStatistics

        Raises
        ------
        ValueError
            If the columns or their sizes differ.

        Examples
        --------
        >>> one = CountStatistics.of([[0], [1]], ["x"], [2])
        >>> one.merge(one).counts([0])
        array([2., 2.])
        """
        same(self.names, other.names, "columns")
        same(tuple(self.sizes), tuple(other.sizes), "sizes")
        return _joined([self, other])

    def compress(self) -> CountStatistics:
        """Keep repeated rows once, with a weight, if that takes less memory.

        Rows of whole weights are written out where that takes no more. Either way they
        come out sorted, the first column first: what is left depends on the rows'
        content and not on their order.

        Returns
        -------
        CountStatistics

        Examples
        --------
        >>> found = CountStatistics.of([[1]] * 30 + [[0]] * 5, ["x"], [2]).compress()
        >>> found.codes, found.weights
        (array([[0, 1]], dtype=uint8), array([ 5., 30.]))
        """
        order, starts = _sorted_groups(self.codes, self.sizes, self.weights)
        weights = _sums(self.weights, order, starts)
        row = len(self.names) * self.codes.itemsize
        if (weights == np.floor(weights)).all() and (
            weights.sum() * row <= len(starts) * (row + 8)
        ):
            repeats = weights.astype(np.int64)
            kept, held = np.repeat(order[starts], repeats), None
        else:
            kept, held = order[starts], weights
        return CountStatistics(self.names, self.sizes, self.codes[:, kept], held)

    def counts(self, columns: Sequence[int], *, max_cells: int = MAX_CELLS) -> Floats:
        """How often each combination of levels occurs.

        Parameters
        ----------
        columns : sequence of int
            Positions of columns.
        max_cells : int, optional
            The largest table that may be made.

        Returns
        -------
        array of float64, shape ``sizes[columns]``

        Raises
        ------
        DataError
            If the table would be larger; nothing has been allocated then.
        ValueError
            If there is no such column.

        Examples
        --------
        >>> rows = [[0, 1, 0], [1, 1, 0]]
        >>> found = CountStatistics.of(rows, ["x", "y", "z"], [2, 2, 2])
        >>> found.counts([1, 0])
        array([[0., 0.],
               [1., 1.]])
        >>> found.counts([0, 1, 2], max_cells=6)
        Traceback (most recent call last):
        ...
        llmcd.errors.DataError: counts of 'x', 'y' and 'z' would fill 8 cells (2 x 2 x
        2), more than 6; use sparse_counts, fewer columns or fewer levels
        """
        at = self._positions(columns)
        shape = [int(self.sizes[c]) for c in at]
        cells = math.prod(shape)
        if cells > max_cells:
            wanted = listed([self.names[c] for c in at])
            raise DataError(
                f"counts of {wanted} would fill {cells:,} cells "
                f"({' x '.join(map(str, shape))}), more than {max_cells:,}; use "
                "sparse_counts, fewer columns or fewer levels"
            )
        if cells <= FEW_CELLS:
            index = np.zeros(self.codes.shape[1], dtype=np.int64)
            for c, size in zip(at, shape, strict=True):
                index *= size
                index += self.codes[c]
            found = np.bincount(index, self.weights, minlength=cells)
            return found.astype(np.float64, copy=False).reshape(shape)
        dense = np.zeros(shape)
        where, counts = self.sparse_counts(at)
        dense[tuple(where.T)] = counts
        return dense

    def sparse_counts(self, columns: Sequence[int]) -> tuple[Ints, Floats]:
        """The combinations of levels that occur, and how often.

        Parameters
        ----------
        columns : sequence of int
            Positions of columns.

        Returns
        -------
        array of int64, shape (m, k)
            Codes of the k columns in each of the m combinations, sorted.
        array of float64, shape (m,)
            Their counts, none of them zero.

        Raises
        ------
        ValueError
            If there is no such column.

        Examples
        --------
        >>> rows = [[0, 9], [0, 9], [1, 3]]
        >>> cells, counts = CountStatistics.of(rows, "xy", [2, 10]).sparse_counts([1])
        >>> cells.tolist(), counts.tolist()
        ([[3], [9]], [1.0, 2.0])
        """
        at = np.array(self._positions(columns), dtype=np.int64)
        codes = self.codes[at]
        order, starts = _sorted_groups(codes, self.sizes[at], None)
        cells = np.ascontiguousarray(codes[:, order[starts]].T.astype(np.int64))
        return cells, _sums(self.weights, order, starts)

    def _positions(self, columns: Sequence[int]) -> list[int]:
        at = [int(c) for c in columns]
        wrong = [c for c in at if not 0 <= c < len(self.names)]
        if wrong:
            raise ValueError(
                f"columns are positions from 0 to {len(self.names) - 1}, got {wrong}"
            )
        return at

    def __repr__(self) -> str:
        return shown(self, "column")


def _width(names: Sequence[str], sizes: Ints) -> type[np.uint8] | type[np.uint16]:
    many = [names[i] for i in where(sizes > MAX_SIZE)]
    if many or (sizes < 1).any():
        wrong = many or [names[i] for i in where(sizes < 1)]
        raise DataError(
            f"a discrete column has from 1 to {MAX_SIZE:,} levels, not so "
            f"{listed(wrong)}"
        )
    return np.uint8 if not sizes.size or sizes.max() <= 256 else np.uint16


def check_codes(codes: npt.NDArray[Any], names: Sequence[str], sizes: Ints) -> None:
    """Require whole codes ``0..size-1`` in every column."""
    if codes.dtype.kind not in "iub":  # 0.5 is no code; NaN compares false
        with np.errstate(invalid="ignore"):
            bad = ~((codes >= 0) & (codes < sizes) & (codes == np.floor(codes)))
    else:
        bad = (codes < 0) | (codes >= sizes)
    if bad.any():
        counts = bad.sum(axis=0)
        listed = ", ".join(
            f"{names[i]!r} (0 to {sizes[i] - 1}): {counts[i]:,}" for i in where(counts)
        )
        raise DataError(f"cells are no codes of their columns: {listed}")


def _joined(parts: Sequence[CountStatistics]) -> CountStatistics:
    first = parts[0]
    codes = np.concatenate([part.codes for part in parts], axis=1)
    weights = None
    if any(part.weights is not None for part in parts):
        weights = np.concatenate(
            [
                np.ones(part.codes.shape[1]) if part.weights is None else part.weights
                for part in parts
            ]
        )
    return CountStatistics(first.names, first.sizes, codes, weights)


def _sorted_groups(
    codes: Codes, sizes: Ints, weights: Floats | None
) -> tuple[Ints, Ints]:
    """An order that sorts the rows, and where in it each distinct row starts.

    Equal rows are sorted by weight, so that sums of weights round the same way.
    """
    m = codes.shape[1]
    words: list[npt.NDArray[np.uint64]] = []
    room = 0
    for row, size in zip(codes, sizes.tolist(), strict=True):
        if words and room * size <= 2**63:
            words[-1] *= np.uint64(size)
            words[-1] += row
            room *= size
        else:
            words.append(row.astype(np.uint64))
            room = size
    keys: list[npt.NDArray[Any]] = [*words[::-1]]
    if weights is not None:
        keys.insert(0, weights)
    order = np.lexsort(keys) if keys else np.arange(m)
    starts = np.zeros(m, dtype=bool)
    starts[:1] = True
    for word in words:
        ascending = word[order]
        starts[1:] |= ascending[1:] != ascending[:-1]
    return order, np.flatnonzero(starts)


def _sums(weights: Floats | None, order: Ints, starts: Ints) -> Floats:
    if weights is None:
        return np.diff(starts, append=len(order)).astype(np.float64)
    if not len(starts):
        return np.zeros(0)
    return np.add.reduceat(weights[order], starts)
