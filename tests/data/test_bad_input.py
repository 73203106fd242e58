"""Every bad input is refused with its fix, or acted on and recorded."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pytest
from frames import N, cycle, frame, kind_of, noise, noted, objects, put, refused, with_c

from llmcd.data.table import named, table
from llmcd.errors import DataError

# --- refused, with column and fix -----------------------------------------------------

REFUSED: dict[str, tuple[Callable[[], pd.DataFrame], tuple[str, ...]]] = {
    "one NaN": (
        lambda: with_c(put(noise(), 3, np.nan)),
        ("'c': 1 of 200 rows (df.iloc[[3]])", 'missing="listwise" drops the 1 row'),
    ),
    "NaN in text": (
        lambda: with_c(put(cycle("a", "b", "c"), 5, None)),
        ("'c': 1 of 200 rows (df.iloc[[5]])", 'missing="category"'),
    ),
    "all NaN": (
        lambda: with_c(np.nan),
        ("column 'c' is empty: all 200 cells", "df.drop(columns=['c'])"),
    ),
    "all None": (
        lambda: with_c(objects([None] * N)),
        ("column 'c' is empty", "df.drop(columns=['c'])"),
    ),
    "inf": (
        lambda: with_c(put(noise(), 7, -np.inf)),
        ("'c' holds infinite", "df.iloc[[7]]", "replace([np.inf, -np.inf], np.nan)"),
    ),
    "all constant": (
        lambda: pd.DataFrame({"a": [1] * 50, "b": ["u"] * 50}),
        ("at least 2 usable columns", "have 0"),
    ),
    "copy": (
        lambda: frame().assign(c=lambda d: d["y"]),
        ("columns 'y' and 'c' hold the same", "df.drop(columns=['c'])"),
    ),
    "scaled copy": (
        lambda: frame().assign(c=lambda d: 7 - 3 * d["y"]),
        ("columns 'y' and 'c' hold the same", "df.drop(columns=['c'])"),
    ),
    "three copies": (
        lambda: frame().assign(c=lambda d: 7 - 3 * d["y"], d=lambda d: d["y"]),
        ("columns 'y', 'c' and 'd' hold the same", "df.drop(columns=['c', 'd'])"),
    ),
    "copy but for 1e-7": (
        lambda: frame().assign(c=lambda d: 2 * d["x"] + 1e-7 * noise()),
        ("columns 'x' and 'c' hold the same", "df.drop(columns=['c'])"),
    ),
    "recoded text": (
        lambda: with_c(cycle("a", "b", "d")).assign(
            e=lambda d: d["c"].map({"a": "2", "b": "1", "d": "0"})
        ),
        ("columns 'c' and 'e' hold the same under other codes", "columns=['e']"),
    ),
    "bool recoded": (
        lambda: with_c(noise() > 0).assign(e=lambda d: np.where(d["c"], "b", "a")),
        ("columns 'c' and 'e' hold the same under other codes", "columns=['e']"),
    ),
    "number recoded as text": (
        lambda: with_c(cycle(*range(8))).assign(e=lambda d: "s" + d["c"].astype(str)),
        ("columns 'c' and 'e' hold the same under other codes", "columns=['e']"),
    ),
    "identifiers": (
        lambda: with_c([f"id{i}" for i in range(N)]),
        ("'c' has 200 levels in 200 rows", "df.drop(columns=['c'])", "an identifier"),
    ),
    "60 levels": (
        lambda: with_c([f"k{i % 60}" for i in range(N)]),
        ("'c' has 60 levels", "at most 50", "value_counts().index[:20]", '"other"'),
    ),
    "45 levels in 200 rows": (
        lambda: with_c([f"k{i % 45}" for i in range(N)]),
        ("'c' has 45 levels", "one for every 5 rows"),
    ),
    "numbers as text": (
        lambda: with_c([str(i / 7) for i in range(N)]),
        ("'c' has 200 levels", "read as numbers", "pd.to_numeric(df['c'])"),
    ),
    "numbers as text, one oops": (
        lambda: with_c(put([str(i / 7) for i in range(N)], 4, "oops")),
        ("not 1: 'oops'", "pd.to_numeric(df['c'], errors=\"coerce\")"),
    ),
    "oops among numbers": (
        lambda: with_c(objects(put(noise(), 9, "oops"))),
        (
            "'c' holds numbers, but not in 1 of 200 rows (df.iloc[[9]]): 'oops'",
            "coerce",
        ),
    ),
    "number among text": (
        lambda: with_c(objects(put(cycle("a", "b"), 9, 3))),
        ("'c' holds text, but not in 1 of 200", "df['c'] = df['c'].astype(str)"),
    ),
    "bool among numbers": (
        lambda: with_c(objects(cycle(True, 2.5, 3.5))),
        ("'c' holds numbers, but not in", "df['c'].astype(float)"),
    ),
    "None among numbers": (
        lambda: with_c(objects(put(noise(), 9, None))),
        ("'c': 1 of 200 rows (df.iloc[[9]])", "listwise"),
    ),
    "Decimal NaN": (
        lambda: with_c(objects(put(map(Decimal, noise()), 2, Decimal("NaN")))),
        ("'c': 1 of 200 rows (df.iloc[[2]])",),
    ),
    "Decimal infinity": (
        lambda: with_c(objects(put(map(Decimal, noise()), 2, Decimal("Infinity")))),
        ("'c' holds infinite", "df.iloc[[2]]"),
    ),
    "integers beyond float64": (
        lambda: with_c(objects([10**400 + i for i in range(N)])),
        ("'c' holds numbers beyond 1.8e308: 200 of 200", "another unit"),
    ),
    "Int64 with NA": (
        lambda: with_c(pd.array(put(range(N), 5, pd.NA), dtype="Int64")),
        ("'c': 1 of 200 rows (df.iloc[[5]])",),
    ),
    "boolean with NA": (
        lambda: with_c(pd.array(put(cycle(True, False), 5, pd.NA), dtype="boolean")),
        ("'c': 1 of 200 rows (df.iloc[[5]])", 'missing="category"'),
    ),
    "categorical with NaN": (
        lambda: with_c(pd.Categorical(put(cycle("a", "b"), 5, None))),
        ("'c': 1 of 200 rows (df.iloc[[5]])", 'missing="category"'),
    ),
    "datetime": (
        lambda: with_c(pd.date_range("2020-01-01", periods=N)),
        ("'c' holds datetime64", "dt.total_seconds()", "df.drop(columns=['c'])"),
    ),
    "datetime with zone": (
        lambda: with_c(pd.date_range("2020-01-01", periods=N, tz="UTC")),
        ("'c' holds datetime64", "dt.total_seconds()"),
    ),
    "timedelta": (
        lambda: with_c(pd.to_timedelta(np.arange(N), unit="h")),
        ("'c' holds timedelta64", "df['c'].dt.total_seconds()"),
    ),
    "period": (
        lambda: with_c(pd.period_range("2020-01", periods=N, freq="M")),
        ("'c' holds period", "start_time"),
    ),
    "interval": (
        lambda: with_c(pd.interval_range(0, N, periods=N)),
        ("'c' holds interval", ".mid"),
    ),
    "dates as objects": (
        lambda: with_c(objects([datetime.date(2020, 1, 1)] * N)),
        ("'c' holds dates or times", "pd.to_datetime(df['c'])"),
    ),
    "complex": (
        lambda: with_c(noise() + 1j),
        ("'c' holds complex numbers", "df['c'] = df['c'].abs()"),
    ),
    "lists": (
        lambda: with_c(objects([[1]] * N)),
        ("'c' holds objects of type list", "df.drop(columns=['c'])"),
    ),
    "bytes": (
        lambda: with_c(objects(cycle(b"a", b"b"))),
        ("'c' holds objects of type bytes",),
    ),
    "duplicate names": (
        lambda: frame().set_axis(["a", "a", "b", "c"], axis=1),
        (
            "2 columns are called 'a' (numbers [0, 1], from 0)",
            "df.columns.duplicated()",
        ),
    ),
    "names equal as text": (
        lambda: frame().set_axis([0, "0", "b", "c"], axis=1),
        ("[0, '0'] are all '0'", '*df.columns[:1], "another name"'),
    ),
    "names equal without invisible characters": (
        lambda: frame().set_axis(["a", "a\u200b", "b", "c"], axis=1),
        ("are all 'a' when written as text", "another name"),
    ),
    "None as name": (
        lambda: frame().set_axis([None, "a", "b", "c"], axis=1),
        ("column number 0 (counted from 0) has no name", "df.columns = ["),
    ),
    "NaN as name": (
        lambda: frame().set_axis([1.0, float("nan"), 2.0, 3.0], axis=1),
        ("column number 1 (counted from 0) has no name", "df.columns = ["),
    ),
    "empty name": (
        lambda: frame().set_axis(["", "a", " ", "c"], axis=1),
        ("column number 0 (counted from 0) has an empty name", "column number 2"),
    ),
    "name of 300 characters": (
        lambda: frame().set_axis(["n" * 300, "a", "b", "c"], axis=1),
        ("has a name of 300 characters; at most 200", "df.columns = ["),
    ),
    "6 rows, 10 columns": (
        lambda: frame(6, 10),
        ("need at least max(20, columns + 5) = 20 rows for 10 columns, have 6",),
    ),
    "16 rows, 12 columns": (
        lambda: frame(16, 12),
        ("= 20 rows for 12 columns, have 16", "df[[...]]"),
    ),
    "no column": (
        lambda: pd.DataFrame(index=range(50)),
        ("need at least 2 usable columns", "have 0"),
    ),
    "one column": (
        lambda: frame(50, 1),
        ("need at least 2 usable columns", "have 1"),
    ),
}


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
    assert f"= 20 rows for 4 columns, have {n}" in message
    assert "1 problem:" in message


def test_row_limits() -> None:
    """max(20, p + 5) rows are the fewest, and 10 a column the fewest without a note."""
    assert table(frame(20)).n_rows == 20
    assert "need" in refused(frame(19))
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(24, 20))).add_prefix("v")
    assert "= 25 rows for 20 columns, have 24" in refused(wide)
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


def test_the_fixes_work() -> None:
    """Snippets from the messages, executed, make the table usable."""
    cases = ["inf", "datetime", "timedelta", "complex", "numbers as text", "60 levels"]
    cases += ["scaled copy", "names equal as text", "oops among numbers", "period"]
    cases += ["number among text", "bool among numbers", "identifiers", "all NaN"]
    for case in cases:
        df = REFUSED[case][0]()
        snippet = refused(df).split("fix: ")[1].split("  #")[0].split("; or ")[0]
        scope = {"df": df, "pd": pd, "np": np}
        if snippet.startswith("df.drop"):
            snippet = f"df = {snippet}"
        exec(snippet, scope)  # our own text
        assert table(scope["df"], missing="listwise").n_columns >= 3, case


# --- accepted, silently or with a note ------------------------------------------------

ACCEPTED: dict[str, tuple[Callable[[], pd.DataFrame], str, str, str]] = {
    "bool": (lambda: with_c(noise() > 0), "binary", "", ""),
    "numpy bool objects": (
        lambda: with_c(objects(cycle(True, False))),
        "binary",
        "",
        "",
    ),
    "boolean": (
        lambda: with_c(pd.array(cycle(True, False), dtype="boolean")),
        "binary",
        "",
        "",
    ),
    "0/1": (lambda: with_c(cycle(0, 1)), "binary", "", ""),
    "two other numbers": (lambda: with_c(cycle(-1.5, 7.25)), "binary", "", ""),
    "two texts": (lambda: with_c(cycle("no", "yes")), "binary", "", ""),
    "text": (lambda: with_c(cycle("a", "b", "c")), "nominal", "", ""),
    "string dtype": (
        lambda: with_c(pd.array(cycle("a", "b", "c"), dtype="string")),
        "nominal",
        "",
        "",
    ),
    "categorical": (
        lambda: with_c(pd.Categorical(cycle("a", "b", "c"))),
        "nominal",
        "",
        "",
    ),
    "ordered categorical": (
        lambda: with_c(
            pd.Categorical(cycle("lo", "mid", "hi"), ["lo", "mid", "hi"], True)
        ),
        "ordinal",
        "",
        "",
    ),
    "unused category": (
        lambda: with_c(pd.Categorical(cycle("a", "b", "c"), list("abcd"))),
        "nominal",
        "converted",
        "1 of 4 declared levels occur in no row",
    ),
    "few whole numbers": (
        lambda: with_c(cycle(1, 2, 3, 4, 5)),
        "nominal",
        "inferred",
        "5 distinct whole numbers: read as codes",
    ),
    "few whole floats": (
        lambda: with_c(cycle(1.0, 2.0, 3.0)),
        "nominal",
        "inferred",
        "3 distinct whole numbers",
    ),
    "some whole numbers": (
        lambda: with_c(cycle(*range(8))),
        "continuous",
        "inferred",
        "8 distinct numbers: read as continuous",
    ),
    "few broken numbers": (
        lambda: with_c(cycle(0.5, 1.0, 1.5)),
        "continuous",
        "inferred",
        "3 distinct numbers: read as continuous",
    ),
    "counts": (lambda: with_c(cycle(*range(40))), "continuous", "", ""),
    "text that reads as numbers": (
        lambda: with_c(cycle("1", "2", "3")),
        "nominal",
        "warning",
        "pd.to_numeric(df['c'])",
    ),
    "levels that look missing": (
        lambda: with_c(cycle("a", "b", "?")),
        "nominal",
        "warning",
        "1 of its levels look like a missing cell",
    ),
    "levels but for capitals": (
        lambda: with_c(cycle("yes", "Yes ", "no")),
        "nominal",
        "warning",
        "differ only in capitals or spaces",
    ),
    "constant": (lambda: with_c(3.0), "", "set aside", "constant"),
    "constant text": (lambda: with_c("a"), "", "set aside", "constant"),
    "constant up to rounding": (
        lambda: with_c(cycle(0.3, 0.1 + 0.2)),
        "",
        "set aside",
        "constant",
    ),
    "nearly a copy": (
        lambda: frame().assign(c=lambda d: 2 * d["x"] + 1e-3 * noise()),
        "continuous",
        "",
        "",
    ),
    "huge integers": (
        lambda: with_c(2**60 + np.arange(N) * 2**40),
        "continuous",
        "",
        "",
    ),
    "huge integers that collide": (
        lambda: with_c(2**60 + np.arange(N) * 100),
        "continuous",
        "warning",
        "200 distinct ones only",
    ),
    "Python integers": (
        lambda: with_c(objects([10**30 + int(v * 10**29) for v in noise()])),
        "continuous",
        "converted",
        "objects (int) became float64",
    ),
    "Decimal": (
        lambda: with_c(objects([Decimal(float(v)) for v in noise()])),
        "continuous",
        "converted",
        "objects (Decimal) became float64",
    ),
    "mixed numbers": (
        lambda: with_c(objects([Fraction(i, 3) if i % 2 else i / 7 for i in range(N)])),
        "continuous",
        "converted",
        "objects (Fraction, float) became float64",
    ),
    "Int64": (
        lambda: with_c(pd.array(range(0, 3 * N, 3), dtype="Int64")),
        "continuous",
        "",
        "",
    ),
    "Float64": (
        lambda: with_c(pd.array(noise(), dtype="Float64")),
        "continuous",
        "",
        "",
    ),
    "float16": (lambda: with_c(noise().astype("float16")), "continuous", "", ""),
    "float32": (lambda: with_c(noise().astype("float32")), "continuous", "", ""),
    "uint8": (lambda: with_c(np.arange(N, dtype="uint8") // 2), "continuous", "", ""),
    "sparse": (
        lambda: with_c(pd.arrays.SparseArray(np.where(noise() > 0, noise(5), 0))),
        "continuous",
        "",
        "",
    ),
    "sparse bool": (
        lambda: with_c(pd.arrays.SparseArray(noise() > 1)),
        "binary",
        "",
        "",
    ),
    "scale 1e200": (lambda: with_c(noise() * 1e200), "continuous", "", ""),
    "scale 1e-200": (lambda: with_c(noise() * 1e-200), "continuous", "", ""),
    "subnormal numbers": (
        lambda: with_c(np.round(noise() * 1e4) * 5e-324),
        "continuous",
        "",
        "",
    ),
    "largest floats": (
        lambda: with_c(np.clip(noise(), -1, 1) * np.finfo(float).max),
        "continuous",
        "",
        "",
    ),
    "offset 1e12": (
        lambda: with_c(1e12 + noise()),
        "continuous",
        "warning",
        "less than 1e-8 of its mean",
    ),
    "an outlier": (
        lambda: with_c(put(noise(), 4, 1e8)),
        "continuous",
        "warning",
        "more than 20 robust standard deviations from the median in 1 of 200 rows "
        "(df.iloc[[4]])",
    ),
    "row numbers": (
        lambda: with_c(np.arange(N)[::-1] + 5),
        "continuous",
        "warning",
        "if it only numbers the rows, drop it",
    ),
}


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
