"""Every bad input is refused with its fix, or acted on and recorded."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from bad_tables import REFUSED
from frames import (
    N,
    about,
    cycle,
    frame,
    kind_of,
    levels_of,
    noise,
    noted,
    objects,
    put,
    refused,
    with_c,
)
from odd_tables import ACCEPTED

from llmcd.data.table import named, table
from llmcd.errors import DataError


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    """The error names the column, counts the cells, shows where and gives the fix."""
    make, said = REFUSED[case]
    message = refused(make())
    for text in said:
        assert text in message
    assert message.count("fix: ") == len(re.findall(r"^  \d+\. ", message, re.M))


@pytest.mark.parametrize("n", [0, 1, 2, 3, 5, 19])
def test_too_few_rows(n: int) -> None:
    """With few rows one thing is said: how many are needed and how many there are."""
    message = refused(frame(n))
    assert f"need at least 20 rows, have {n}" in message
    assert "1 problem:" in message


def test_row_limits() -> None:
    """20 rows are the fewest, and 10 a column the fewest without a note."""
    assert table(frame(20)).n_rows == 20
    assert "need" in refused(frame(19))
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(24, 20))).add_prefix("v")
    note = "24 rows for 20 columns: too few to look at all columns at once"
    assert note in noted(table(wide), "", "warning")
    assert "at once" not in noted(table(wide.iloc[:, :19]), "", "warning")
    assert "less than 10 rows a column" in noted(table(frame(39)), "", "warning")
    assert "rows a column" not in noted(table(frame(40)), "", "warning")


def test_everything_is_said_at_once() -> None:
    """One error lists every problem of every column, numbered."""
    data = frame(N).assign(
        c=put(noise(1), 3, np.nan),
        d=put(noise(2), 4, np.inf),
        e=[f"id{i}" for i in range(N)],
        f=pd.date_range("2020-01-01", periods=N),
        g=lambda df: df["x"],
        h=noise() + 1j,
    )
    described = {**dict.fromkeys("xyzwcdefg", "Text."), "hh": "Typo."}
    message = refused(data, described)
    assert "8 problems:" in message
    for text in (
        "1 column is not described: 'h' (described: 'hh'?)",
        "1 description has no column: 'hh' (column: 'h'?)",
        "cells are missing in 'c'",
        "'d' holds infinite",
        "'e' has 200 levels",
        "'f' holds datetime",
        "'h' holds complex",
        "'x' and 'g' hold the same",
    ):
        assert text in message


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(case: str) -> None:
    """The kind is as documented, and what was done is in the notes or nothing is."""
    make, kind, action, said = ACCEPTED[case]
    found = table(make())
    if kind:
        assert kind_of(found, "c") == kind
    else:
        assert found.set_aside == ("c",)
        assert "c" not in found.names
    about_c = [note for note in found.notes if note.column == "c"]
    if action:
        assert said in noted(found, "c", action)
    else:
        assert about_c == []
    assert found.input_names == (*"xyzw", "c")
    assert np.isfinite(found.values).all()


def test_huge_integers_are_exact() -> None:
    """What is beyond 2**53 comes through as if its minimum had been subtracted."""
    small = np.random.default_rng(0).integers(1000, size=N)
    for big in (
        2**60 + small,
        np.uint64(2**63) + small.astype("uint64"),
        objects([10**30 + int(i) for i in small]),
        objects([Decimal(10**20) + int(i) for i in small]),
        pd.array([-(2**62) + int(i) for i in small], dtype="Int64"),
    ):
        found, expected = table(with_c(big)), table(with_c(small))
        assert np.array_equal(found.values, expected.values)
        assert found.set_aside == ()


def test_huge_integers_keep_their_labels() -> None:
    """Codes beyond 2**53 are not told apart by floats, but they are by us."""
    ids = [2**60, 2**60 + 1, 2**60 + 2]
    for cells in (cycle(*ids), objects(cycle(*ids)), pd.Categorical(cycle(*ids))):
        found = table(with_c(cells), about(c={"kind": "nominal"}))
        assert levels_of(found, "c") == tuple(map(str, ids))
        row = {"kind": "ordinal", "levels": [str(i) for i in reversed(ids)]}
        assert levels_of(table(with_c(cells), about(c=row)), "c") == tuple(
            map(str, reversed(ids))
        )


def test_outliers_in_two_columns() -> None:
    """One row far out in two independent columns is a warning that names both.

    The row of the table of bad inputs in which other tools invent an edge.
    """
    data = frame()
    data.loc[7, ["x", "w"]] = 1e8
    found = table(data)
    said = noted(found, "x", "warning")
    assert "'x' and 'w'" in said
    assert "1 of 200 rows (df.iloc[[7]])" in said
    assert set(found.names) == set("xyzw")


def test_curves_are_named() -> None:
    """A curve y = x^2 + e is a warning that names both columns."""
    data = frame().assign(y=lambda d: d["x"] ** 2 + noise())
    assert "'y' over 'x'" in noted(table(data), "", "warning")
    assert "curve" not in noted(table(frame()), "", "warning")


def test_near_copies_are_named() -> None:
    """|r| above .99 is a warning that names both columns."""
    data = frame().assign(c=lambda d: 2 * d["x"] + 1e-2 * noise())
    assert "'x' and 'c' are nearly the same" in noted(table(data), "x", "warning")


def test_deterministic_sum_is_named() -> None:
    """A sum s = x + w is a warning that names exactly the three columns."""
    data = frame().assign(c=lambda d: d["x"] + d["w"])
    assert "relation among 'x', 'w', 'c'" in noted(table(data), "x", "warning")


def test_deterministic_function_of_a_code_is_named() -> None:
    """A discrete column that follows from another is a warning naming both."""
    data = with_c(cycle("a", "b", "d"))
    data["e"] = data["c"].map({"a": "u", "b": "v", "d": "u"})
    assert "'e' follows from 'c'" in noted(table(data), "e", "warning")


@pytest.mark.parametrize(
    "names",
    [
        (0, 1, 2, 3),
        ("X4", "X3", "X2", "X1"),
        ("a b", 'q"uote', "semi;colon", "x->y"),
        ("温度", "😀", "é", "ÿ"),
        (np.int64(3), 2.5, True, "x"),
    ],
)
def test_odd_names_are_kept(names: tuple[Any, ...]) -> None:
    """Any printable label is a name; what is no text becomes text."""
    data = frame().set_axis(list(names), axis=1)
    found = table(data)
    assert found.input_names == tuple(map(str, names))
    assert tuple(named(data).columns) == found.input_names


def test_invisible_characters_leave_the_names() -> None:
    """Tab, line break and direction marks in a name are cleaned and noted."""
    data = frame().set_axis(["a\tb", "c\nd", "\u202ee", "f"], axis=1)
    found = table(data, {"a\tb": "A.", "c d": "C.", "e": "E.", "f": "F."})
    assert found.input_names == ("a b", "c d", "e", "f")
    assert "invisible" in noted(found, "e", "converted")
    assert tuple(named(data).columns) == found.input_names


def test_multiindex_is_joined_and_said() -> None:
    """Several header rows are joined, with a note."""
    data = frame()
    data.columns = pd.MultiIndex.from_tuples([("a", 1), ("a", 2), ("b", ""), ("c", 1)])
    found = table(data)
    assert found.input_names == ("a_1", "a_2", "b", "c_1")
    assert "joined by '_'" in noted(found, "", "warning")


def test_named_refuses_like_table() -> None:
    """named() gives the same error for names that cannot be used."""
    with pytest.raises(DataError, match="2 columns are called 'a'"):
        named(frame().set_axis(["a", "a", "b", "c"], axis=1))
