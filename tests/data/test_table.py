"""A checked table: descriptions obeyed, nothing hidden, any order of the input."""

from __future__ import annotations

import gc
import pickle
import weakref
from typing import Any

import numpy as np
import pandas as pd
import pytest
from frames import (
    about,
    cycle,
    frame,
    kind_of,
    levels_of,
    noise,
    noted,
    put,
    refused,
    with_c,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.data.table import Note, table
from llmcd.errors import VariablesError
from llmcd.variables import Variables

# --- other containers -----------------------------------------------------------------


def test_array_takes_its_names_from_the_descriptions() -> None:
    """A 2-D array is accepted when exactly its columns are described."""
    data = frame()
    assert table(data.to_numpy(), about()) == table(data, about())
    with pytest.raises(TypeError, match="4 columns, 0 are described"):
        table(data.to_numpy())
    with pytest.raises(TypeError, match="4 columns, 5 are described"):
        table(data.to_numpy(), about(c="More."))
    with pytest.raises(TypeError, match="2 dimensions"):
        table(np.zeros(5), about())


@pytest.mark.parametrize(
    "data", [{"a": [1]}, [[1, 2]], pd.Series([1]), "file.csv", None]
)
def test_other_types(data: Any) -> None:
    """What is no table is a TypeError that says what to use."""
    with pytest.raises(TypeError, match=r"must be a pandas\.DataFrame.*; use "):
        table(data)


def test_a_table_is_returned_as_it_is() -> None:
    """Checking twice does nothing."""
    found = table(frame())
    assert table(found) is found


# --- descriptions ---------------------------------------------------------------------


def test_every_column_must_be_described() -> None:
    """Lost columns and lost descriptions are named with the nearest match."""
    message = refused(
        frame(), {"x": "X.", "y": "Y.", "z": "Z.", "W": "W.", "age": "A."}
    )
    assert "1 column is not described: 'w' (described: 'W'?)" in message
    assert "2 descriptions have no column: 'W' (column: 'w'?), 'age'" in message
    assert "Variables.of(variables).subset(df.columns)" in message


def test_subset_is_the_fix() -> None:
    """The fix for descriptions without a column works as printed."""
    variables = Variables.of(about(age="Age."))
    df = frame()
    assert "Variables.of(variables).subset(df.columns)" in refused(df, variables)
    assert table(df, variables.subset(df.columns)).n_columns == 4


def test_without_descriptions_it_is_said() -> None:
    """No descriptions, given as None or as nothing, is a note."""
    for nothing in (None, {}, Variables()):
        assert "names only" in noted(table(frame(), nothing), "", "warning")
    assert table(frame(), about()).notes == ()


def test_bad_descriptions() -> None:
    """What is wrong with the descriptions is a VariablesError."""
    with pytest.raises(VariablesError, match="did you mean 'nominal'"):
        table(frame(), about(x={"kind": "categorical"}))


@pytest.mark.parametrize(
    "cells, row, said",
    [
        (
            cycle("a", "b", "c"),
            {"kind": "continuous"},
            ("'c' is declared continuous but holds text", 'declare kind="nominal"'),
        ),
        (
            cycle("1", "2", "3"),
            {"kind": "continuous"},
            ("holds numbers written as text", "df['c'] = pd.to_numeric(df['c'])"),
        ),
        (
            pd.Categorical(cycle("a", "b", "c")),
            {"kind": "continuous"},
            ("declared continuous but holds text",),
        ),
        (cycle(1, 2, 3), {"kind": "binary"}, ("declared binary but has 3 distinct",)),
        (cycle("a", "b", "c"), {"kind": "binary"}, ("declared binary but has 3",)),
        (noise(), {"kind": "nominal"}, ("'c' has 200 levels", 'kind="continuous"')),
        (
            cycle("a", "b", "c"),
            {"levels": ["a", "b"]},
            ("'c' holds 1 values that are not among its declared levels", "'c' in "),
        ),
        (
            cycle(1, 2, 3),
            {"kind": "ordinal", "levels": ["1", "2"]},
            ("declared levels ['1', '2']: '3' in", "add them to the levels"),
        ),
    ],
)
def test_declared_against_data(cells: Any, row: dict[str, Any], said: Any) -> None:
    """A declared kind or level that the data contradict is refused, never bent."""
    message = refused(with_c(cells), about(c=row))
    for text in said:
        assert text in message


@pytest.mark.parametrize(
    "cells, row, kind, levels",
    [
        (cycle(1, 2, 3), {"kind": "continuous"}, "continuous", ()),
        (cycle(0, 1), {"kind": "continuous"}, "continuous", ()),
        (cycle(True, False), {"kind": "continuous"}, "continuous", ()),
        (
            pd.Categorical(cycle(1, 2, 30), [30, 2, 1]),
            {"kind": "continuous"},
            "continuous",
            (),
        ),
        (cycle(2, 10, 1), {"kind": "nominal"}, "nominal", ("1", "2", "10")),
        (cycle(2, 10, 1), {"kind": "ordinal"}, "ordinal", ("1", "2", "10")),
        (cycle(0.5, 1.5), {"kind": "nominal"}, "nominal", ("0.5", "1.5")),
        (cycle("b", "a", "c"), {"kind": "nominal"}, "nominal", ("a", "b", "c")),
        (
            cycle("hi", "lo", "mid"),
            {"kind": "ordinal", "levels": ["lo", "mid", "hi"]},
            "ordinal",
            ("lo", "mid", "hi"),
        ),
        (
            cycle(1, 2, 3),
            {"kind": "ordinal", "levels": ["3", "2.0", 1]},
            "ordinal",
            ("3", "2.0", "1"),
        ),
        (
            cycle("1", "2", "3"),
            {"kind": "ordinal", "levels": [3, 2, 1]},
            "ordinal",
            ("3", "2", "1"),
        ),
        (
            cycle(True, False),
            {"levels": ["true", "false"]},
            "binary",
            ("true", "false"),
        ),
        (cycle(True, False), {"levels": ["1", "0"]}, "binary", ("1", "0")),
        (cycle("a", "b", "c"), {"levels": ["c", "b", "a"]}, "nominal", ("c", "b", "a")),
    ],
)
def test_declared_kinds_are_obeyed(
    cells: Any, row: dict[str, Any], kind: str, levels: tuple[str, ...]
) -> None:
    """Kind and order of the levels come from the description; 1, 1.0 and "1" agree."""
    found = table(with_c(cells), about(c=row))
    assert (kind_of(found, "c"), levels_of(found, "c")) == (kind, levels)


def test_codes_follow_the_levels() -> None:
    """The code of a cell is its label's place among the levels."""
    cells = cycle("hi", "lo", "mid")
    row = {"kind": "ordinal", "levels": ["none", "lo", "mid", "hi"]}
    data = pd.DataFrame({"c": cells, "x": noise()})
    found = table(data, {"c": row, "x": "X."})
    assert levels_of(found, "c") == ("lo", "mid", "hi")
    assert "1 of 4 declared levels occur in no row" in noted(found, "c", "converted")
    codes = found.values[
        np.argsort(found.values[:, found.index("x")]), found.index("c")
    ]
    labels = [levels_of(found, "c")[int(code)] for code in codes]
    assert labels == data.sort_values("x")["c"].tolist()


def test_ordinal_without_order_is_nominal_and_said() -> None:
    """The alphabet is never taken for an order."""
    found = table(with_c(cycle("lo", "mid", "hi")), about(c={"kind": "ordinal"}))
    assert kind_of(found, "c") == "nominal"
    assert "read as nominal" in noted(found, "c", "inferred")


# --- missing cells --------------------------------------------------------------------


def holes() -> pd.DataFrame:
    data = with_c(cycle("a", "b", "d"))
    data.loc[[0, 1], "c"] = None
    data.loc[[1, 2, 3], "x"] = np.nan
    return data


def test_missing_is_refused_by_default() -> None:
    """Columns, counts and first rows are named."""
    message = refused(holes())
    assert "'x': 3 of 200 rows (df.iloc[[1, 2, 3]])" in message
    assert "'c': 2 of 200 rows (df.iloc[[0, 1]])" in message
    assert "drops the 4 rows" in message


def test_listwise_equals_dropna() -> None:
    """Listwise is dropna(), with a note that counts rows and cells."""
    found = table(holes(), missing="listwise")
    clean = table(holes().dropna())
    assert np.array_equal(found.values, clean.values)
    assert found.fingerprint == clean.fingerprint
    assert found.missing == "listwise"
    said = noted(found, "", "dropped rows")
    assert "4 of 200 rows" in said
    assert "'x' 3, 'c' 2" in said


def test_listwise_positions_are_the_users() -> None:
    """After rows were dropped, messages still point into the user's table."""
    data = holes()
    data.loc[10, "y"] = np.inf
    assert "df.iloc[[10]]" in refused(data, missing="listwise")


def test_listwise_with_nothing_left() -> None:
    """When no row is complete, the count says why."""
    data = frame(40)
    data.loc[::2, "x"] = np.nan
    data.loc[1::2, "y"] = np.nan
    message = refused(data, missing="listwise")
    assert "have 0 after 40 with missing cells were left out" in message


def test_category_adds_a_level() -> None:
    """Missing cells of a discrete column become one more, last level."""
    data = holes().drop(columns="x")
    found = table(data, missing="category")
    assert levels_of(found, "c") == ("a", "b", "d", "missing")
    assert (found.values[:, found.index("c")] == 3).sum() == 2
    assert "2 of 200 rows" in noted(found, "c", "converted")


def test_category_refuses_continuous() -> None:
    """A continuous column cannot take a level; it is named."""
    message = refused(holes(), missing="category")
    assert "continuous columns: 'x': 3 of 200" in message
    assert "'c'" not in message


def test_category_keeps_labels_apart() -> None:
    """A level that is called "missing" already stays another level."""
    data = with_c(put(cycle("a", "missing"), 0, None))
    found = table(data, missing="category")
    assert levels_of(found, "c") == ("a", "missing", "missing (empty cell)")
    assert "no longer binary" in noted(found, "c", "converted")


def test_unknown_policy() -> None:
    """A wrong policy is a ValueError with the right ones."""
    with pytest.raises(ValueError, match="error, listwise, category"):
        table(frame(), missing="impute")


# --- the table ------------------------------------------------------------------------


def test_values_match_the_columns() -> None:
    """A continuous column is its z-score (divisor n), rows moved together."""
    data = frame()
    found = table(data)
    z = (data - data.mean()) / data.std(ddof=0)
    expected = z[list(found.names)].to_numpy()
    expected = expected[np.lexsort(expected.T[::-1])]
    np.testing.assert_allclose(found.values, expected, atol=1e-12)


def test_families() -> None:
    """The family follows from the kinds."""
    mixed = with_c(cycle("a", "b", "c"))
    discrete = pd.DataFrame({"a": cycle("u", "v"), "b": cycle(1, 2, 3)})
    assert table(frame()).family == "continuous"
    assert table(frame()).is_continuous
    assert table(mixed).family == "mixed"
    assert not table(mixed).is_discrete
    assert table(discrete).family == "discrete"
    assert table(discrete).is_discrete


def test_no_cell_is_shown() -> None:
    """repr, str and the notes of a table hold no cell value."""
    data = with_c(put(cycle("Canary1", "canary2", "canary1 "), 3, "?"))
    data["d"] = put(noise(3), 0, 987654321.125)
    found = table(data)
    shown = f"{found!r} {found} {found.report.to_string()}".lower()
    assert "canary" not in shown
    assert "98765432" not in shown
    expected = "<Table: 200 rows, 6 columns (5 continuous, 1 nominal), 4 notes>"
    assert repr(found) == expected


def test_no_reference_to_the_users_data() -> None:
    """The table lets go of the DataFrame, and nothing changes either of them."""
    data = frame()
    before = data.copy()
    gone = weakref.ref(data)
    found = table(data)
    pd.testing.assert_frame_equal(data, before)
    kept = found.values.copy()
    data.iloc[:, :] = 0.0
    assert np.array_equal(found.values, kept)
    del data
    gc.collect()
    assert gone() is None
    with pytest.raises(ValueError, match="read-only"):
        found.values[0, 0] = 1.0


def test_it_can_go_to_another_process() -> None:
    """A table survives pickling, as parallel runs need."""
    found = table(with_c(cycle("a", "b", "c")))
    again = pickle.loads(pickle.dumps(found))
    assert again == found
    assert np.array_equal(again.values, found.values)


def test_report_lists_the_notes() -> None:
    """The report is the notes as a DataFrame, also when there are none."""
    found = table(with_c(1.0))
    assert list(found.report.columns) == ["column", "action", "detail"]
    assert Note(**found.report.iloc[-1].to_dict()) == found.notes[-1]
    assert list(table(frame(), about()).report.columns) == [
        "column",
        "action",
        "detail",
    ]


def test_index() -> None:
    """index() finds a usable column and refuses a constant one."""
    found = table(with_c(1.0))
    assert found.names[found.index("y")] == "y"
    with pytest.raises(KeyError, match="not a usable column"):
        found.index("c")


# --- the order of the input changes nothing -------------------------------------------


@st.composite
def messy_frames(draw: st.DrawFn) -> pd.DataFrame:
    """Frames of many kinds, with ties in rows and constant columns."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, p = draw(st.integers(25, 60)), draw(st.integers(2, 6))
    columns: dict[str, Any] = {}
    for at in range(p):
        kind = draw(st.sampled_from(["normal", "rounded", "text", "bool", "constant"]))
        cells = rng.normal(size=n) * 10.0 ** rng.integers(-150, 150)
        if kind == "rounded":
            cells = np.round(rng.normal(size=n) + 1e3, 1)
        elif kind == "text":
            cells = rng.choice(["a", "b", "c"], size=n)
        elif kind == "bool":
            cells = rng.random(n) < 0.5
        elif kind == "constant":
            cells = np.full(n, 4.0)
        columns[f"v{at}"] = cells
    columns["last"], columns["and"] = rng.normal(size=n), rng.normal(size=n)
    return pd.DataFrame(columns)


@settings(max_examples=60, deadline=None)
@given(messy_frames(), st.randoms(use_true_random=False))
def test_order_of_rows_and_columns_changes_nothing(data: pd.DataFrame, random) -> None:
    """Permuted rows and columns give the same bits, names and fingerprint."""
    rows, columns = list(range(len(data))), list(data.columns)
    random.shuffle(rows)
    random.shuffle(columns)
    one, other = table(data), table(data.iloc[rows][columns])
    assert one.values.tobytes() == other.values.tobytes()
    assert (one.names, one.kinds, one.levels) == (
        other.names,
        other.kinds,
        other.levels,
    )
    assert one.fingerprint == other.fingerprint
    assert other.input_names == tuple(columns)


@settings(max_examples=60, deadline=None)
@given(messy_frames(), st.randoms(use_true_random=False))
def test_names_change_nothing_but_names(data: pd.DataFrame, random) -> None:
    """Renamed columns give the same bits under the new names."""
    letters = [f"n{i}" for i in range(data.shape[1])]
    random.shuffle(letters)
    new = dict(zip(data.columns, letters, strict=True))
    one, other = table(data), table(data.rename(columns=new))
    assert one.values.tobytes() == other.values.tobytes()
    assert tuple(new[name] for name in one.names) == other.names
    assert one.fingerprint != other.fingerprint


def test_fingerprint_sees_every_change() -> None:
    """A cell, a name, a kind or a constant column changes the fingerprint."""
    data = with_c(cycle(1, 2, 3))
    row = {"kind": "nominal"}
    prints = [
        table(data, about(c=row)).fingerprint,
        table(data.replace({"c": {3: 2}}), about(c=row)).fingerprint,
        table(data.assign(x=put(data["x"], 0, 9.0)), about(c=row)).fingerprint,
        table(data.rename(columns={"c": "d"}), about(d=row)).fingerprint,
        table(data, about(c={"kind": "ordinal"})).fingerprint,
        table(data, about(c={"kind": "continuous"})).fingerprint,
        table(data.assign(d=1), about(c=row, d="One.")).fingerprint,
        table(data.iloc[1:], about(c=row)).fingerprint,
    ]
    assert len(set(prints)) == len(prints)
