"""Names become text, stay distinct, and meet their descriptions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcd.data.findings import Findings
from llmcd.data.names import (
    as_frame,
    check_described,
    column_names,
    label_codes,
    named,
)
from llmcd.errors import DataError
from llmcd.variables import Variables

LABELS = st.one_of(
    st.none(),
    st.text(max_size=3),
    st.integers(),
    st.floats(),
    st.tuples(st.text(max_size=2), st.integers(0, 1)),
    st.sampled_from([pd.NA, pd.NaT, pd.Timestamp("2020-01-01"), True, b"x"]),
)


@given(st.lists(LABELS, max_size=5))
def test_any_labels(labels: list[object]) -> None:
    """Whatever the labels, the names are distinct clean texts or it is a DataError."""
    index = pd.Index(labels, dtype=object, tupleize_cols=False)
    data = pd.DataFrame(np.zeros((2, len(labels))), columns=index)
    try:
        found = list(named(data).columns)
    except DataError:
        return
    assert len(set(found)) == len(labels)
    assert all(isinstance(name, str) and name.strip() for name in found)


def test_names_are_in_the_users_order() -> None:
    """One name for each column, also when some cannot be used."""
    findings = Findings(np.arange(1))
    data = pd.DataFrame([[1, 2, 3]], columns=["b", None, "a"])
    assert column_names(data, findings)[::2] == ("b", "a")
    assert len(findings.problems) == 1


def test_nearest_names() -> None:
    """A typo is met with the name that was meant."""
    findings = Findings(np.arange(1))
    variables = Variables.of({"Smoking": "", "age": ""})
    check_described(["smoking", "age"], variables, findings)
    assert "'smoking' (described: 'Smoking'?)" in findings.problems[0][0]
    assert "'Smoking' (column: 'smoking'?)" in findings.problems[1][0]
    check_described(["Smoking", "age"], variables, clean := Findings(np.arange(1)))
    assert clean.problems == []


def test_other_containers() -> None:
    """A polars-like object is told its own method."""

    class Polars:
        def to_pandas(self) -> None: ...

    with pytest.raises(TypeError, match=r"use data\.to_pandas\(\)"):
        as_frame(Polars(), None)


def test_labels_are_dropped_as_they_are() -> None:
    """The code names a column by its label, not by the text made of it."""
    findings = Findings(np.arange(1))
    data = pd.DataFrame([[1, 2]], columns=[0, "a"])
    check_described(
        ["0", "a"], Variables.of({"a": ""}), findings, codes=label_codes(data)
    )
    assert findings.problems[0][1].endswith("df = df.drop(columns=[0])")


@given(st.lists(LABELS, min_size=1, max_size=5))
def test_codes_find_their_columns(labels: list[object]) -> None:
    """Each code, executed, is the label of its column."""
    index = pd.Index(labels, dtype=object, tupleize_cols=False)
    df = pd.DataFrame(np.zeros((2, len(labels))), columns=index)
    for code, label in zip(label_codes(df), df.columns, strict=True):
        found = eval(code, {"df": df, "np": np, "nan": np.nan, "inf": np.inf})
        assert found is label or found == label or found != found
