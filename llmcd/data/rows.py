"""Rows on their way into statistics: checked, and cut into blocks of one size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = [
    "BLOCK",
    "Piece",
    "blocks_of",
    "checked_weights",
    "listed",
    "matrix",
    "pieces_of",
    "same",
    "set_field",
    "shown",
    "where",
]

Floats = npt.NDArray[np.float64]
Piece = tuple[Floats, Floats | None]  # rows, and the weights they have

BLOCK = 8192  # rows at a time, whatever the size of the batches


def set_field(of: object, name: str, value: object) -> None:
    """Set a field of a frozen dataclass while it is made."""
    object.__setattr__(of, name, value)


def where(mask: npt.NDArray[Any]) -> list[int]:
    """Positions of what is true, as plain integers."""
    return [int(i) for i in np.flatnonzero(mask)]


def listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    Examples
    --------
    >>> listed(["a", "b", "c"])
    "'a', 'b' and 'c'"
    """
    quoted = [repr(name) for name in names]
    return " and ".join(filter(None, [", ".join(quoted[:-1]), *quoted[-1:]]))


def same(one: object, other: object, what: str) -> None:
    """Refuse to merge statistics of different columns."""
    if one != other:
        raise ValueError(f"only the same {what} can be merged, got {one} and {other}")


def shown(statistics: Any, what: str) -> str:
    """What a statistic's repr says: its class, columns and rows."""
    p = len(statistics.names)
    return (
        f"<{type(statistics).__name__}: {p} {what}{'s' * (p != 1)}, "
        f"n = {statistics.n:,.10g}>"
    )


def matrix(values: npt.ArrayLike, names: Sequence[str], dtype: Any) -> npt.NDArray[Any]:
    """Rows as an array with one column a name."""
    array = np.asarray(values, dtype=dtype)
    if array.ndim != 2 or array.shape[1] != len(names):
        raise ValueError(
            f"expected rows of {len(names)} columns, got an array of shape "
            f"{array.shape}"
        )
    return array


def checked_weights(weights: Any, rows: int) -> Floats:
    """Weights as an array: one a row, finite, not negative."""
    held = np.ascontiguousarray(weights, dtype=np.float64)
    if held.shape != (rows,):
        raise ValueError(f"expected {rows} weights, one a row, got shape {held.shape}")
    if not np.isfinite(held).all() or (held < 0).any():
        raise ValueError("weights must be finite and not negative")
    return held


def blocks_of(
    batches: Iterable[npt.ArrayLike], names: Sequence[str]
) -> Iterator[Piece]:
    """Cut rows into blocks of one size, so that batches of any size give one result.

    A block is valid until the next is asked for.
    """
    held = np.empty((BLOCK, len(names)))
    filled = 0
    for batch in batches:
        values = matrix(batch, names, np.float64)
        at = 0
        while at < len(values):
            taken = min(BLOCK - filled, len(values) - at)
            held[filled : filled + taken] = values[at : at + taken]
            filled, at = filled + taken, at + taken
            if filled == BLOCK:
                yield held, None
                filled = 0
    if filled:
        yield held[:filled], None


def pieces_of(
    values: npt.ArrayLike, names: Sequence[str], weights: Any
) -> Iterator[Piece]:
    """Cut an array and its weights into the same blocks."""
    rows = matrix(values, names, np.float64)
    held = None if weights is None else checked_weights(weights, len(rows))
    for at in range(0, len(rows), BLOCK):
        stop = at + BLOCK
        # One layout in memory, since the order of sums depends on it.
        block = np.ascontiguousarray(rows[at:stop])
        yield block, None if held is None else held[at:stop]
