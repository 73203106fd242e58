"""Discrete columns beside continuous ones, as a degenerate Gaussian."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from llmcd.data.counts import check_codes
from llmcd.data.gaussian import GaussianStatistics, finite, fold
from llmcd.data.rows import Piece, blocks_of, pieces_of, same, set_field, shown

__all__ = ["MixedStatistics", "embed"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class MixedStatistics:
    """Gaussian statistics of continuous columns and of indicators of levels.

    Build with :meth:`of`.

    Parameters
    ----------
    names : tuple of str
        One a variable.
    gaussian : GaussianStatistics
        Of the embedded columns.
    blocks : tuple of tuple of int
        Variable v is the embedded columns ``start..stop-1`` of ``blocks[v]``.

    Raises
    ------
    ValueError
        If the blocks do not cut the embedded columns into one part a variable.

    Notes
    -----
    Andrews, Ramsey and Cooper (2019), *Learning high-dimensional directed acyclic
    graphs with mixed data-types*, section 3.

    Examples
    --------
    >>> rows = [[0.5, 0], [1.5, 2], [2.5, 1]]
    >>> found = MixedStatistics.of(rows, ["x", "g"], [(), ("a", "b", "c")])
    >>> found, found.blocks, found.gaussian.names
    (<MixedStatistics: 2 variables, n = 3>, ((0, 1), (1, 3)), ('x', 'g=b', 'g=c'))
    """

    names: tuple[str, ...]
    gaussian: GaussianStatistics
    blocks: tuple[tuple[int, int], ...]
    kind: ClassVar[str] = "mixed"

    def __post_init__(self) -> None:
        set_field(self, "names", tuple(self.names))
        set_field(self, "blocks", tuple((int(a), int(b)) for a, b in self.blocks))
        ends = [0] + [b for _, b in self.blocks]
        if (
            [a for a, _ in self.blocks] != ends[:-1]
            or sorted(ends) != ends
            or ends[-1] != len(self.gaussian.names)
            or len(self.blocks) != len(self.names)
        ):
            raise ValueError(
                f"blocks must cut {len(self.gaussian.names)} embedded columns into "
                f"{len(self.names)} parts, in order, got {self.blocks}"
            )

    @classmethod
    def of(
        cls,
        values: npt.ArrayLike,
        names: Sequence[str],
        levels: Sequence[Sequence[str]],
        weights: Any = None,
    ) -> MixedStatistics:
        """Statistics of rows that are in memory.

        Parameters
        ----------
        values : array of float, shape (n, p)
            Numbers of continuous columns, codes ``0..k-1`` of discrete ones.
        names : sequence of str
            One a column.
        levels : sequence of sequences of str, length p
            Labels of a discrete column; ``()`` for a continuous one.
        weights : array of float, shape (n,), optional
            Not negative.

        Returns
        -------
        MixedStatistics

        Raises
        ------
        DataError
            If cells are NaN or infinite, or are no codes of their column.
        ValueError
            If the shapes do not fit or a weight is negative, NaN or infinite.

        Examples
        --------
        >>> rows = [[0.5, 0], [1.5, 1]]
        >>> MixedStatistics.of(rows, ["x", "g"], [(), "ab"], [1, 3]).gaussian.mean
        array([1.25, 0.75])
        """
        return _mixed(pieces_of(values, names, weights), names, levels)

    @classmethod
    def of_batches(
        cls,
        batches: Iterable[npt.ArrayLike],
        names: Sequence[str],
        levels: Sequence[Sequence[str]],
    ) -> MixedStatistics:
        """Statistics of rows that come in batches, one of which is held at a time.

        Bit for bit what :meth:`of` makes of all rows, whatever the batches' sizes.

        Parameters
        ----------
        batches : iterable of array of float, shape (rows, p)
            Parts of the rows, in order.
        names, levels : sequences of length p
            As in :meth:`of`.

        Returns
        -------
        MixedStatistics

        Raises
        ------
        DataError
            If cells are NaN or infinite, or are no codes of their column.

        Examples
        --------
        >>> parts = [[[0.5, 0]], [[1.5, 1]]]
        >>> MixedStatistics.of_batches(parts, ["x", "g"], [(), "ab"]).gaussian.mean
        array([1. , 0.5])
        """
        return _mixed(blocks_of(batches, names), names, levels)

    @property
    def n(self) -> float:
        """Number of rows, or their total weight."""
        return self.gaussian.n

    def merge(self, other: MixedStatistics) -> MixedStatistics:
        """Statistics of both sets of rows together.

        Parameters
        ----------
        other : MixedStatistics
            Of the same variables and levels.

        Returns
        -------
        MixedStatistics

        Raises
        ------
        ValueError
            If the variables or their levels differ.

        Examples
        --------
        >>> one = MixedStatistics.of([[0.5, 0], [1.5, 1]], ["x", "g"], [(), "ab"])
        >>> one.merge(one).n
        4.0
        """
        same(self.names, other.names, "variables")
        same(self.blocks, other.blocks, "blocks")
        return MixedStatistics(
            self.names, self.gaussian.merge(other.gaussian), self.blocks
        )

    def __repr__(self) -> str:
        return shown(self, "variable")


def _mixed(
    pieces: Iterable[Piece],
    names: Sequence[str],
    levels: Sequence[Sequence[str]],
) -> MixedStatistics:
    sizes = [len(each) for each in levels]
    if len(sizes) != len(names):
        raise ValueError(f"need levels of {len(names)} columns, got {len(sizes)}")
    embedded = [
        name if not found else f"{name}={label}"
        for name, found in zip(names, levels, strict=True)
        for label in (found[1:] if found else [name])
    ]
    clean = finite(pieces, names)
    columns = ((embed(block, names, sizes), weights) for block, weights in clean)
    stops = np.cumsum([max(size - 1, 0) if size else 1 for size in sizes]).tolist()
    blocks = tuple(zip([0, *stops[:-1]], stops, strict=True))
    return MixedStatistics(tuple(names), fold(columns, embedded), blocks)


def embed(values: Floats, names: Sequence[str], sizes: Sequence[int]) -> Floats:
    """Degenerate-Gaussian columns: a discrete column of k levels becomes k - 1.

    Parameters
    ----------
    values : array of float, shape (n, p)
        Numbers of continuous columns, codes ``0..k-1`` of discrete ones.
    names : sequence of str
        One a column, for errors.
    sizes : sequence of int, length p
        Number of levels of a discrete column, 0 for a continuous one.

    Returns
    -------
    array of float64, shape (n, q)
        Continuous columns as they are; of a discrete one, an indicator for each level
        but the first.

    Raises
    ------
    DataError
        If a cell of a discrete column is no code of it.

    Notes
    -----
    Andrews, Ramsey and Cooper (2019), *Learning high-dimensional directed acyclic
    graphs with mixed data-types*, section 3. Which level is left out changes no
    likelihood.

    Examples
    --------
    >>> embed(np.array([[0.5, 0.0], [1.5, 2.0]]), ["x", "g"], [0, 3])
    array([[0.5, 0. , 0. ],
           [1.5, 0. , 1. ]])
    """
    discrete = [k for k, size in enumerate(sizes) if size]
    check_codes(
        values[:, discrete],
        [names[k] for k in discrete],
        np.array([sizes[k] for k in discrete], dtype=np.int64),
    )
    columns = [
        values[:, k : k + 1] == np.arange(1, size) if size else values[:, k : k + 1]
        for k, size in enumerate(sizes)
    ]
    return np.hstack(columns, dtype=np.float64)
