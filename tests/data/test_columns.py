"""Whatever a column holds, it is read without loss or refused with our own error."""

from __future__ import annotations

import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from frames import frame
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.data.columns import Cells, label_of, read_cells, samples
from llmcd.data.findings import Findings
from llmcd.data.table import MISSING, table
from llmcd.errors import DataError

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        [
            np.float64(1.5),
            np.int8(3),
            np.bool_(True),
            Decimal("0.1"),
            Decimal("NaN"),
            Fraction(1, 3),
            1j,
            b"a",
            (1, 2),
            [],
            {},
            pd.NA,
            pd.NaT,
            pd.Timestamp("2020-01-01"),
            datetime.timedelta(1),
            datetime.time(3, 4),
            np.timedelta64(1, "D"),
            10**400,
            2**60 + 1,
            object(),
            float,
        ]
    ),
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(ANYTHING, min_size=1, max_size=6),
    st.sampled_from(MISSING),
    st.sampled_from([None, "continuous", "binary", "nominal", "ordinal"]),
)
def test_no_column_breaks_the_reader(
    cells: list[Any], missing: str, kind: str | None
) -> None:
    """Any mixture of cells gives a table of finite values or a DataError."""
    data = frame(30)
    data["c"] = pd.Series([cells[i % len(cells)] for i in range(30)], dtype=object)
    about = {**dict.fromkeys("xyzw", ""), "c": {"kind": kind}}
    try:
        found = table(data, about, missing=missing)
    except DataError:
        return
    assert np.isfinite(found.values).all()


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_numbers_are_kept(cells: list[float]) -> None:
    """A float column comes through bit for bit, but for the sign of zero."""
    found = read_cells("x", "", pd.Series(cells), Findings(np.arange(len(cells))))
    assert found is not None
    assert found.numbers is not None
    assert found.numbers.tolist() == cells


@pytest.mark.parametrize("dtype", ["object", "string", "category", "str"])
def test_texts_are_sorted(dtype: str) -> None:
    """Every dtype of text gives the same codes and sorted labels, -1 where missing."""
    column = pd.Series(["b", None, "a", "b"], dtype=dtype)
    found = read_cells("x", "", column, Findings(np.arange(4)))
    assert found is not None
    assert found.codes is not None
    assert (found.codes.tolist(), found.labels) == ([1, -1, 0, 1], ("a", "b"))


def test_categories_that_read_the_same() -> None:
    """Categories 1 and "1" would share a label and are refused."""
    findings = Findings(np.arange(2))
    column = pd.Series(pd.Categorical([1, "1"]))
    assert read_cells("x", "df['x']", column, findings) is None
    assert "'x' has categories that are the same" in findings.problems[0][0]


def test_numeric_categories_are_sorted_by_size() -> None:
    """Categories that are numbers are not sorted by their characters."""
    column = pd.Series(pd.Categorical([10, 9, 100], categories=[100, 10, 9]))
    found = read_cells("x", "", column, Findings(np.arange(3)))
    assert isinstance(found, Cells)
    assert found.labels == ("9", "10", "100")


@pytest.mark.parametrize(
    "value, label",
    [
        (1, "1"),
        (1.0, "1"),
        (np.int64(3), "3"),
        (0.1, "0.1"),
        (True, "True"),
        (Decimal("2.50"), "2.5"),
        (-0.0, "0"),
        ("1.0", "1.0"),
        (1e300, "1e+300"),
        (2**60 + 1, "1152921504606846977"),
        (np.uint64(2**64 - 1), "18446744073709551615"),
    ],
)
def test_labels(value: object, label: str) -> None:
    """Whole numbers are written without a point, texts are left alone."""
    assert label_of(value) == label


def test_samples_are_few_and_short() -> None:
    """At most three cells, each cut, stand in an error."""
    assert samples(["a" * 500, "b", "c", "d"]).count("'") == 5
    assert len(samples(["a" * 500])) <= 60


@given(st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1), st.booleans())
def test_integers_are_exact_up_to_a_shift(cells: list[int], nullable: bool) -> None:
    """Distinct cells stay so and are exact to 8 digits of a range below 2**53."""
    column = pd.Series(cells, dtype="Int64" if nullable else "int64")
    for each in (column, pd.Series(cells, dtype=object)):
        found = read_cells("x", "", each, Findings(np.arange(len(cells))))
        assert found is not None
        assert found.numbers is not None
        span = max(cells) - min(cells)
        if 0 < span <= 2**53:
            back = [int(number) + found.offset for number in found.numbers.tolist()]
            assert len(set(back)) == len(set(cells))
            for got, cell in zip(back, cells, strict=True):
                assert abs(got - cell) <= 2e-8 * span
