"""Canonical order and safe standardisation, against brute force and exact fractions."""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import isclose, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.data.canonical import column_order, fingerprint, row_order, standardise


def canonical(values: np.ndarray, names: str) -> bytes:
    """The sorted table as bytes, all columns of one kind."""
    p = values.shape[1]
    order = column_order(values, ["nominal"] * p, [("a", "b")] * p, names)
    sorted_columns = values[:, order]
    return sorted_columns[row_order(sorted_columns, ["nominal"] * p)].tobytes()


def test_every_small_table_has_one_form() -> None:
    """Of all binary 4x3 tables, two get the same form exactly when permuting agrees.

    The oracle takes the smallest table over all orders of rows and columns.
    """
    forms: dict[tuple[tuple[int, ...], ...], set[bytes]] = {}
    for cells in itertools.product([0.0, 1.0], repeat=12):
        values = np.array(cells).reshape(4, 3)
        smallest = min(
            tuple(sorted(map(tuple, values[:, list(columns)].astype(int).tolist())))
            for columns in itertools.permutations(range(3))
        )
        forms.setdefault(smallest, set()).add(canonical(values, "abc"))
    assert all(len(found) == 1 for found in forms.values())
    assert len(set.union(*forms.values())) == len(forms)


def test_symmetric_columns_tied_in_pairs() -> None:
    """Where only swapping two pairs at once is a symmetry, names still change nothing.

    Columns a, b and c, d: swapping a with b leaves the table as it is only together
    with c and d.
    """
    a = [1, 1, 0, 0, 0, 0]
    b = [0, 0, 1, 1, 0, 0]
    c = [1, 0, 0, 0, 1, 0]
    d = [0, 0, 1, 0, 0, 1]
    values = np.array([a, b, c, d], dtype=float).T
    forms = set()
    for columns in itertools.permutations(range(4)):
        for names in itertools.permutations("pqrs"):
            forms.add(canonical(values[:, list(columns)], "".join(names)))
    assert len(forms) == 1


def test_names_decide_only_true_ties() -> None:
    """Columns that can take each other's place are ordered by name."""
    values = np.array([[0.0, 1.0], [1.0, 0.0], [0.0, 0.0], [1.0, 1.0]])
    for names in ("ab", "ba"):
        order = column_order(values, ["binary"] * 2, [("n", "y")] * 2, names)
        again = column_order(
            values[:, ::-1], ["binary"] * 2, [("n", "y")] * 2, names[::-1]
        )
        one, other = [names[i] for i in order], [names[::-1][i] for i in again]
        assert one == other


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_row_order_is_lexicographic(seed: int, continuous: bool) -> None:
    """Rows come out as Python sorts them."""
    values = np.random.default_rng(seed).integers(0, 3, size=(12, 3)).astype(float)
    kinds = ["continuous" if continuous else "nominal"] * 3
    expected = sorted(map(tuple, values.tolist()))
    assert list(map(tuple, values[row_order(values, kinds)].tolist())) == expected


def exact(values: list[float]) -> list[float]:
    """Z-scores by exact fractions, rounded once at the end."""
    cells = [Fraction(value) for value in values]
    mean = sum(cells) / len(cells)
    variance = sum((cell - mean) ** 2 for cell in cells) / len(cells)
    squares = [(cell - mean) ** 2 / variance for cell in cells]
    return [
        sqrt(square) if cell > mean else -sqrt(square)
        for cell, square in zip(cells, squares, strict=True)
    ]


@pytest.mark.parametrize("scale", [1.0, -3.0, 1e200, 1e-200, 5e-324, 1e307])
@pytest.mark.parametrize("offset", [0.0, 1e12, -1e15])
def test_standardise_against_fractions(scale: float, offset: float) -> None:
    """Offsets of 1e12 and scales of 1e+-200 cost no digits beyond the input's own."""
    cells = np.round(np.random.default_rng(1).normal(size=30), 3) + offset
    if abs(scale) > 1e300 and offset:
        cells = cells / abs(offset)
    if scale == 5e-324:
        cells = np.round(cells * 1000)
    values = cells * scale
    found = standardise(values)
    for got, want in zip(found.tolist(), exact(values.tolist()), strict=True):
        assert isclose(got, want, rel_tol=1e-9, abs_tol=1e-9)


@settings(deadline=None)
@given(
    st.lists(st.floats(-1e300, 1e300), min_size=3, max_size=40, unique=True),
    st.randoms(use_true_random=False),
)
def test_standardise_ignores_the_order_of_rows(cells: list[float], random) -> None:
    """The same cell gets the same bits wherever it stands; mean 0 and sd 1 hold."""
    values = np.array(cells)
    moved = list(range(len(cells)))
    random.shuffle(moved)
    one, other = standardise(values), standardise(values[moved])
    assert one[moved].tobytes() == other.tobytes()
    assert abs(one.mean()) < 1e-9
    assert abs(one.std() - 1) < 1e-9


def test_powers_of_two_change_no_bit() -> None:
    """Another unit that is a power of two gives the same bits."""
    values = np.random.default_rng(2).normal(size=100)
    assert standardise(values).tobytes() == standardise(values * 2.0**600).tobytes()


def test_fingerprint_separates_its_parts() -> None:
    """Moving a letter from one name to the next is another table."""
    values = np.zeros((3, 2))
    kinds, levels = ["nominal"] * 2, [("a", "b")] * 2
    one = fingerprint(values, ["ab", "c"], kinds, levels, [])
    other = fingerprint(values, ["a", "bc"], kinds, levels, [])
    third = fingerprint(values.reshape(2, 3), ["ab", "c"], kinds, levels, [])
    assert len({one, other, third}) == 3
