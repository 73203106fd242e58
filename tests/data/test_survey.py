"""Kinds and levels found in passes are those that a table in memory gets."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.data.columns import Cells, read_cells
from llmcd.data.findings import Findings
from llmcd.data.kinds import CONSTANT, decide_kind
from llmcd.data.survey import Plan, Survey, coded, decide, declared
from llmcd.variables import Variable

KINDS = (None, "continuous", "binary", "nominal", "ordinal")


def survey_of(column, cuts=()):
    """A pass over a column in parts."""
    found = Survey("c")
    for at in np.split(np.arange(len(column)), sorted(cuts)):
        cells = read_cells("c", "", column.iloc[at], Findings(at))
        if len(at):
            found.see(cells)
    return found


@st.composite
def columns(draw):
    """Numbers, texts, truth values and categories, few and many of them."""
    n = draw(st.integers(1, 30) | st.integers(1, 400))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    k = draw(st.sampled_from([1, 2, 3, 5, 6, 20, 60]))
    at = rng.integers(k, size=n)
    kind = draw(st.sampled_from(["whole", "real", "near", "text", "bool", "category"]))
    if kind == "whole":
        return pd.Series(at - draw(st.integers(0, 2)), dtype="float64")
    if kind == "real":
        return pd.Series(rng.normal(size=k)[at])
    if kind == "near":  # equal up to rounding
        return pd.Series(0.1 + at * 1e-17)
    if kind == "bool":
        return pd.Series(at % 2 == 0)
    labels = [f"{draw(st.sampled_from(['v', '']))}{i}" for i in range(k)]
    if kind == "text":
        return pd.Series([labels[i] for i in at], dtype=object)
    values = labels if draw(st.booleans()) else list(range(k))
    order = list(rng.permutation(k))
    categories = [values[i] for i in order]
    ordered = draw(st.booleans())
    return pd.Series(pd.Categorical.from_codes(at, categories, ordered=ordered))


def compare(column, about, cuts):
    """What passes over parts decide, against what is decided in memory."""
    rows = Findings(np.arange(len(column)))
    cells = read_cells("c", "", column, rows)
    expected = decide_kind("c", "", cells, about, missing="error", findings=rows)
    findings = Findings(np.arange(0))
    found = decide(survey_of(column, cuts), about, findings)
    if expected is None or expected.kind == CONSTANT:
        assert found is None
        assert len(findings.problems) == 1
        return
    assert not findings.problems
    assert found.levels == expected.levels
    if expected.kind != "continuous":
        codes, labels = coded(cells)
        place = found.codes(labels, is_bool=cells.source == "bool")
        np.testing.assert_array_equal(place[codes], expected.values)


CUTS = st.lists(st.integers(0, 30), max_size=3)


@settings(max_examples=500, deadline=None)
@given(column=columns(), cuts=CUTS)
def test_the_same_kinds_and_levels_as_in_memory(column, cuts):
    """Continuous or not, refused or not, and which levels: as decide_kind says."""
    compare(column, None, np.minimum(cuts, len(column)).astype(int))


@settings(max_examples=300, deadline=None)
@given(
    column=columns(),
    cuts=CUTS,
    kind=st.sampled_from(KINDS),
    levels=st.sampled_from(
        [(), ("0", "1", "2", "3"), ("1.0", "0"), ("v1", "v0", "v2")]
    ),
)
def test_described_columns_as_in_memory(column, cuts, kind, levels):
    """Declared kinds and levels are obeyed or refused, as decide_kind does."""
    if kind == "continuous" or (kind == "binary" and len(levels) != 2):
        levels = ()
    about = Variable("c", kind=kind, levels=levels)
    compare(column, about, np.minimum(cuts, len(column)).astype(int))


@pytest.mark.parametrize(
    "about, expected",
    [
        (None, None),
        (Variable("c"), None),
        (Variable("c", kind="nominal"), None),
        (Variable("c", kind="continuous"), Plan("c")),
        (Variable("c", levels=("a", "b")), Plan("c", ("a", "b"), given=True)),
    ],
)
def test_what_a_description_settles(about, expected):
    """Only kind="continuous" and levels spare the first pass."""
    assert declared("c", about) == expected


def test_declared_levels_are_matched_as_numbers():
    """Where levels are declared, "1" and "1.0" are one, not otherwise."""
    assert Plan("c", ("1", "2"), given=True).codes(["1.0", "2", "x"]).tolist() == [
        0,
        1,
        -1,
    ]
    assert Plan("c", ("1", "2")).codes(["1.0", "2"]).tolist() == [-1, 1]
    plan = Plan("c", ("no", "True"), given=True)
    assert plan.codes(["False", "True"], is_bool=True).tolist() == [-1, 1]


def test_counting_stops_where_labels_are_too_many():
    """A column of a million names takes no memory."""
    found = Survey("c")
    for at in range(3):
        labels = tuple(f"{at} {i}" for i in range(30))
        found.see(Cells("text", codes=np.arange(30), labels=labels))
    assert found.many
    assert not found.counts
    assert (found.rows, found.distinct) == (90, np.inf)


@pytest.mark.parametrize(
    "cells, words",
    [
        (pd.Series([np.nan, np.nan]), "is empty: all 2 cells are missing"),
        (pd.Series([3.0, 3.0]), "is constant"),
        (pd.Series(["a", "a"]), "is constant"),
        (pd.Series(np.arange(60)).astype(str), "has more than 50 levels in 60 rows"),
        (pd.Series(list("abcdefgh") * 4), "has 8 levels in 32 rows"),
    ],
)
def test_problems_are_named(cells, words):
    """What is wrong with a column, with counts."""
    findings = Findings(np.arange(0))
    assert decide(survey_of(cells), None, findings) is None
    assert words in findings.problems[0][0]
    assert "'c'" in findings.problems[0][0]


def test_infinite_numbers_are_counted():
    """Before anything else is said about the column."""
    found = Survey("c")
    found.see(Cells("number", numbers=np.array([1.0, np.inf, -np.inf, np.nan])))
    findings = Findings(np.arange(0))
    assert decide(found, None, findings) is None
    assert "infinite numbers: 2 of 4 rows" in findings.problems[0][0]
