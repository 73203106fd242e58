"""An order of columns and rows that depends on the content only.

Columns and rows are coloured by what they hold, and the colours refined until they no
longer change (colour refinement, also called the 1-dimensional Weisfeiler-Leman
algorithm), so that neither the order of the input nor the names of the columns matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["column_order", "fingerprint", "row_order", "standardise"]

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]


def standardise(values: Floats) -> Floats:
    """Give a column mean 0 and standard deviation 1 (divisor n), safely.

    Scaled first by a power of two, which rounds nothing, then shifted by the median
    before the mean is taken, so that offsets of 1e12 and scales of 1e200 or 1e-200 do
    no harm. Sums run over the sorted values: the order of the rows changes no bit.

    Parameters
    ----------
    values : array of float64, shape (n,)
        Finite and not all equal.

    Returns
    -------
    array of float64, shape (n,)

    Examples
    --------
    >>> standardise(np.array([1e200, 3e200])).tolist()
    [-1.0, 1.0]
    """
    exponent = int(np.frexp(np.abs(values).max())[1])
    scaled = np.ldexp(values, -exponent)
    scaled = scaled - np.median(scaled)
    ascending = np.sort(scaled)
    mean = ascending.mean()
    ascending -= mean
    # Squares of an offset column's tiny residuals must not vanish: scale once more.
    width = np.ldexp(1.0, int(np.frexp(np.abs(ascending).max())[1]))
    spread = np.sqrt(np.mean((ascending / width) ** 2)) * width
    return (scaled - mean) / spread + 0.0  # -0.0 becomes 0.0


def _mix(words: Words) -> Words:
    """The finaliser of splitmix64 (Steele, Lea & Flood 2014): bits well mixed."""
    mixed = words + np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(30)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    mixed ^= mixed >> np.uint64(27)
    mixed *= np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _text_word(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())


def column_order(
    values: Floats,
    kinds: Sequence[str],
    levels: Sequence[tuple[str, ...]],
    names: Sequence[str],
) -> npt.NDArray[np.int64]:
    """Sort the columns by what they hold.

    Two columns that no refinement tells apart (each can take the other's place if rows
    are moved) are told apart by name, which then changes no value of the sorted table.

    Parameters
    ----------
    values : array of float64, shape (n, p)
        Standardised values and codes, without NaN.
    kinds, levels, names : sequences of length p
        Kind, labels and name of each column.

    Returns
    -------
    array of int64, shape (p,)
        Positions of the columns in canonical order.

    Examples
    --------
    >>> x = np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [1.0, 1.0]])
    >>> by_ab = column_order(x, ["binary"] * 2, [("n", "y")] * 2, "ab")
    >>> by_ba = column_order(x[:, ::-1], ["binary"] * 2, [("n", "y")] * 2, "ba")
    >>> [("ab"[i], "ba"[j]) for i, j in zip(by_ab, by_ba)] in (
    ...     [("a", "a"), ("b", "b")],
    ...     [("b", "b"), ("a", "a")],
    ... )
    True
    """
    p = len(names)
    seeds = [_text_word(repr((k, lv))) for k, lv in zip(kinds, levels, strict=True)]
    colours = np.array(seeds, dtype=np.uint64)
    columns = np.ascontiguousarray(values.T)
    for j in range(p):
        total = _mix(columns[j].view(np.uint64)).sum(dtype=np.uint64)
        colours[j : j + 1] = _mix(colours[j : j + 1] ^ total)
    by_name = sorted(range(p), key=names.__getitem__)
    while np.unique(colours).size < p:
        colours = _refined(columns, colours)
        kept, counts = np.unique(colours, return_counts=True)
        if kept.size == p:
            break
        tied = np.flatnonzero(colours == kept[np.argmax(counts > 1)])
        first = next(j for j in by_name if j in tied)
        colours[first : first + 1] = _mix(colours[first : first + 1] + np.uint64(1))
    return np.argsort(colours, kind="stable")


def _refined(columns: Floats, colours: Words) -> Words:
    """Colour rows by their cells and columns by their rows until nothing splits."""
    p, n = columns.shape
    classes = np.unique(colours).size
    row_classes = 0
    while True:
        rows = np.zeros(n, dtype=np.uint64)
        for j in range(p):
            rows += _mix(_mix(columns[j].view(np.uint64)) ^ colours[j])
        rows = _mix(rows)
        refined = colours.copy()
        for j in range(p):
            total = _mix(_mix(columns[j].view(np.uint64)) ^ rows).sum(dtype=np.uint64)
            refined[j : j + 1] = _mix(colours[j : j + 1] ^ total)
        found = np.unique(refined).size
        found_rows = np.unique(rows).size
        if found == p or (found == classes and found_rows == row_classes):
            return refined
        colours, classes, row_classes = refined, found, found_rows


def row_order(values: Floats, kinds: Sequence[str]) -> npt.NDArray[np.int64]:
    """Sort the rows by their cells, the first column first.

    Parameters
    ----------
    values : array of float64, shape (n, p)
        Columns in canonical order.
    kinds : sequence of str
        Kind of each column; codes sort faster than numbers.

    Returns
    -------
    array of int64, shape (n,)

    Examples
    --------
    >>> row_order(np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 1.0]]), ["nominal"] * 2)
    array([2, 1, 0])
    """
    first = np.argsort(values[:, 0], kind="stable")
    ascending = values[first, 0]
    if bool((ascending[1:] != ascending[:-1]).all()):
        return first  # nothing left for the other columns to decide
    keys = [
        values[:, j] if kind == "continuous" else values[:, j].astype(np.uint16)
        for j, kind in enumerate(kinds)
    ]
    return np.lexsort(keys[::-1])


def fingerprint(
    values: Floats,
    names: Sequence[str],
    kinds: Sequence[str],
    levels: Sequence[tuple[str, ...]],
    set_aside: Sequence[str],
) -> str:
    """SHA-256 of a table's canonical content.

    Parameters
    ----------
    values : array of float64, shape (n, p)
        Columns and rows in canonical order.
    names, kinds, levels : sequences of length p
        Name, kind and labels of each column.
    set_aside : sequence of str
        Names of the constant columns.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> len(fingerprint(np.zeros((2, 1)), ["x"], ["binary"], [("a", "b")], []))
    64
    """
    head = (
        "llmcd-table-1",
        values.shape,
        tuple(names),
        tuple(kinds),
        tuple(tuple(each) for each in levels),
        tuple(sorted(set_aside)),
    )
    digest = hashlib.sha256(repr(head).encode("utf-8", "backslashreplace"))
    digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    return digest.hexdigest()
