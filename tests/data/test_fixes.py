"""Every piece of code that an error or a note offers is executed, and helps."""

from __future__ import annotations

import ast
import datetime
import re
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
    noise,
    put,
    refused,
    with_c,
)
from odd_tables import ACCEPTED

import llmcd
from llmcd.data.table import table

WORDS = (  # fixes that are not Python, as the argument that is meant or what to do
    r'missing="(listwise|category)" ',
    r"or fill them in",
    r"fill (them|the missing cells) in",
    r"declare (kind|it)",
    r"add ",
    r"collect more rows",
    r"make it ",
)


def alternatives(fix: str) -> list[str]:
    """The pieces of code that a fix offers; whatever names df is one."""
    found: list[str] = []
    for each in re.split(r"; or |; (?=fill|missing)", re.sub(r"  #.*", "", fix)):
        if not any(re.match(words, each) for words in WORDS):
            last = ast.parse(each).body[-1]
            assert isinstance(last, ast.Assign | ast.AugAssign), each
            found.append(each)
    return found


def run(code: str, df: pd.DataFrame, variables: Any = None) -> dict[str, Any]:
    scope = {"df": df.copy(), "variables": variables, "pd": pd, "np": np}
    scope["llmcd"] = llmcd
    exec(code, scope)  # our own text
    return scope


@pytest.mark.parametrize("case", REFUSED)
def test_every_fix_works(case: str) -> None:
    """Every alternative that is printed, executed, makes the table usable."""
    df = REFUSED[case][0]()
    fixes = re.findall(r"^     fix: (.*)$", refused(df), re.M)
    assert fixes
    first: list[str] = []
    for fix in fixes:
        codes = alternatives(fix)
        first += codes[:1]
        for code in codes if len(fixes) == 1 else ():
            assert table(run(code, df)["df"], missing="listwise").n_columns >= 2, code
    for code in first:  # each problem's first one, one after the other
        df = run(code, df)["df"]
    if first:
        assert table(df, missing="listwise").n_columns >= 2


@pytest.mark.parametrize(
    "cells, row",
    [
        (put([f"{v:.3f}" for v in noise()], 3, "no"), {"kind": "continuous"}),
        (cycle("1,5", "2,5", "x"), {"kind": "continuous"}),
        (pd.Categorical(cycle("1", "2", "x")), {"kind": "continuous"}),
        (cycle("a", "b", "c"), {"levels": ["a", "b"]}),
        (pd.Categorical(cycle("a", "b", "c")), {"levels": ["a", "b"]}),
        (cycle(1, 2, 3), {"kind": "ordinal", "levels": ["1", "2"]}),
        (cycle(1.0, 2.5, 3.0), {"levels": [1, "2.5"]}),
        (pd.Categorical(cycle(1, 2, 3)), {"levels": ["1", "2"]}),
        (cycle("a", "b'", 'c"'), {"levels": ["b'", 'c"']}),
        (pd.array(cycle(True, False), dtype="boolean"), {"levels": ["true", "x"]}),
        (noise(), {"kind": "nominal"}),
    ],
)
def test_fixes_against_a_declaration_work(cells: Any, row: dict[str, Any]) -> None:
    """So does what is printed where data and declaration disagree."""
    df, described = with_c(cells), about(c=row)
    (fix,) = re.findall(r"^     fix: (.*)$", refused(df, described), re.M)
    for code in alternatives(fix):
        found = run(code, df)["df"]
        kept = described if "c" in found else about()
        assert table(found, kept, missing="listwise").n_columns >= 4, code


def test_text_is_not_offered_as_a_number() -> None:
    """Where nothing reads as a number, to_numeric would empty the column."""
    message = refused(with_c(cycle("a", "b", "c")), about(c={"kind": "continuous"}))
    assert "to_numeric" not in message
    assert 'declare kind="nominal"' in message


def test_fixes_for_descriptions_work() -> None:
    """Undescribed columns are dropped, descriptions without a column left out."""
    for described in (about(age="A."), llmcd.Variables.of(about(age="A."))):
        df = frame().assign(c=1.0).rename(columns={"c": 5})
        fixes = re.findall(r"^     fix: (.*)$", refused(df, described), re.M)
        variables: Any = described
        for fix in fixes:
            (code,) = alternatives(fix)
            scope = run(code, df, variables)
            df, variables = scope["df"], scope["variables"]
        assert table(df, variables).n_columns == 4


NOTED = {
    **{name: make for name, (make, *_) in ACCEPTED.items()},
    "spaces within levels": lambda: with_c(cycle("a  b", "A b", "c")),
    "missing words in a categorical": lambda: with_c(pd.Categorical(cycle("a", "?"))),
    "text in a categorical": lambda: with_c(pd.Categorical(cycle("A", "a", "b"))),
    "number as a label": lambda: (
        frame().assign(c=np.arange(N)).rename(columns={"c": 7})
    ),
}


@pytest.mark.parametrize("case", NOTED)
def test_every_note_that_offers_code_works(case: str) -> None:
    """Code in a warning, executed, ends the warning."""
    df = NOTED[case]()
    for note in table(df).notes:
        offered = re.findall(
            r"(?<=: )df(?!\.iloc)\b.*? [-+]?= .*?(?=$|; )", note.detail
        )
        assert ("df" in re.sub(r"df\.iloc\S*", "", note.detail)) == bool(offered)
        for code in offered:
            again = table(run(code, df)["df"], missing="listwise")
            before = {(n.column, n.detail) for n in table(df).notes}
            after = {(n.column, n.detail) for n in again.notes}
            assert (note.column, note.detail) not in after, code
            assert not [said for _, said in after - before if "drop it" in said]


ARROW = {
    "dates": ("date32", [datetime.date(2020, 1, 1 + i % 28) for i in range(N)]),
    "times of day": ("time64[us]", [datetime.time(i % 24, 3) for i in range(N)]),
    "durations": ("duration[us]", [datetime.timedelta(i) for i in range(N)]),
    "bytes": ("binary", cycle(b"a", b"b")),
    "lists": ("list", [[i] for i in range(N)]),
    "text": ("string", [f"{i % 60},5" for i in range(N)]),
}


@pytest.mark.parametrize("case", ARROW)
def test_fixes_for_arrow_columns_work(case: str) -> None:
    """Columns that Arrow holds are refused with code that works on them."""
    arrow = pytest.importorskip("pyarrow")
    name, cells = ARROW[case]
    kind = arrow.list_(arrow.int64()) if name == "list" else arrow.type_for_alias(name)
    df = with_c(pd.array(cells, dtype=pd.ArrowDtype(kind)))
    (fix,) = re.findall(r"^     fix: (.*)$", refused(df), re.M)
    for code in alternatives(fix):
        assert table(run(code, df)["df"]).n_columns >= 4, code
