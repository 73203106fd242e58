"""Copies and deterministic relations are found, and only they."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.data.canonical import standardise
from llmcd.data.checks import check_relations, check_rows
from llmcd.data.findings import Findings, Note
from llmcd.data.kinds import Column, far_cells

N = 300


def continuous(**columns: np.ndarray) -> list[Column]:
    return [
        Column(name, "continuous", standardise(values), far=far_cells(values))
        for name, values in columns.items()
    ]


def discrete(**columns: np.ndarray) -> list[Column]:
    found = []
    for name, values in columns.items():
        labels, codes = np.unique(values, return_inverse=True)
        levels = tuple(map(str, labels))
        found.append(Column(name, "nominal", codes.astype(float), levels))
    return found


def checked(columns: list[Column]) -> Findings:
    findings = Findings(np.arange(N))
    check_relations(columns, {c.name: repr(c.name) for c in columns}, findings)
    return findings


def related(findings: Findings) -> list[str]:
    return [note.detail.split(":")[1] for note in findings.notes]


def normal(p: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(p, N))


@pytest.mark.parametrize(
    "noise, refused, warned",
    [
        (0, True, False),
        (1e-9, True, False),
        (1e-7, True, False),
        (1e-5, False, True),
        (1e-2, False, True),
        (0.1, False, True),
        (0.5, False, False),
    ],
)
def test_pairs_by_condition_number(noise: float, refused: bool, warned: bool) -> None:
    """A pair with condition number above 1e12 is a copy, above |r| = .99 a warning.

    With y = x + noise * e the condition number (1 + r) / (1 - r) is about
    4 / noise**2.
    """
    x, e, z = normal(3)
    found = checked(continuous(x=x, y=5 - 2 * (x + noise * e), z=z))
    assert bool(found.problems) == refused
    assert bool(found.notes) == warned


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 5), st.integers(0, 4))
def test_relations_name_their_columns(seed: int, k: int, others: int) -> None:
    """A column that is a weighted sum of k others is named with exactly these."""
    rng = np.random.default_rng(seed)
    parts = normal(k + others, seed)
    weights = rng.uniform(0.5, 2, size=k) * rng.choice([-1, 1], size=k)
    columns = {f"p{i}": part for i, part in enumerate(parts)}
    columns["total"] = weights @ parts[:k]
    names = list(columns)
    rng.shuffle(names)
    found = checked(continuous(**{name: columns[name] for name in names}))
    assert found.problems == []
    (said,) = related(found) if found.notes else ("",)
    members = [n for n in names if f"'{n}'" in found.notes[0].detail]
    assert sorted(members) == sorted(["total", *(f"p{i}" for i in range(k))]), said


def test_two_relations_are_two_notes() -> None:
    """Separate relations are named separately."""
    a, b, c, d = normal(4)
    found = checked(continuous(a=a, b=b, s=a + b, c=c, d=d, t=c - d))
    groups = [
        note.detail.split(" among ")[1].split(": each")[0] for note in found.notes
    ]
    assert sorted(groups) == ["'a', 'b', 's'", "'c', 'd', 't'"]


def spoiled(values: np.ndarray, rows: list[int], cell: float) -> np.ndarray:
    changed = values.copy()
    changed[rows] = cell
    return changed


@pytest.mark.parametrize("cell", [1e3, -1e8, 1e12, 1e20, 9.96921e36, 1e200])
@pytest.mark.parametrize("rows", [[7], [7, 11, 200], list(range(0, N, 5))])
def test_outliers_make_no_copies(cell: float, rows: list[int]) -> None:
    """Columns that agree only where both lie far out are warned about, not refused."""
    a, b, c, d = normal(4)
    columns = {
        "a": spoiled(a, rows, cell),
        "b": spoiled(b * 9 - 2, rows, 3 * cell),
        "c": c,
        "d": spoiled(d, rows, -cell),
    }
    found = checked(continuous(**columns))
    assert found.problems == []
    (note,) = found.notes
    assert (note.column, note.action) == ("a", "warning")
    first = f"df.iloc[{rows[:5]}]"
    for text in (
        "'a', 'b' and 'd'",
        f"{len(rows)} of {N} rows",
        first,
        ".rank(pct=True)",
    ):
        assert text in note.detail
    assert "'c'" not in note.detail


def test_many_columns_with_outliers_are_one_note() -> None:
    """A hundred columns that share spoiled rows are named once, and fast."""
    values = np.random.default_rng(0).normal(size=(100, 20_000))
    values[:, ::400] = -1e6
    columns = continuous(**{f"v{i}": column for i, column in enumerate(values)})
    findings = Findings(np.arange(20_000))
    start = time.perf_counter()
    check_relations(columns, {c.name: repr(c.name) for c in columns}, findings)
    assert time.perf_counter() - start < 8  # 1 s on an idle core
    assert findings.problems == []
    (note,) = findings.notes
    assert "'v98' and 'v99' correlate only through" in note.detail
    assert "50 of 20,000 rows" in note.detail


@pytest.mark.parametrize("share", [0.3, 0.9, 0.995])
def test_outliers_among_zeros(share: float) -> None:
    """Columns that are mostly zero are no copies because of one cell either."""
    a, b = (
        np.where(np.abs(v) < np.quantile(np.abs(v), share), 0, v) for v in normal(2)
    )
    found = checked(continuous(a=spoiled(a, [7], 1e8), b=spoiled(b, [7], 1e8)))
    assert found.problems == []
    assert len(found.notes) == 1


@pytest.mark.parametrize("cell", [1e3, 1e8, 1e12])
@pytest.mark.parametrize("noise, refused", [(0, True), (1e-2, False)])
def test_copies_with_outliers(cell: float, noise: float, refused: bool) -> None:
    """A copy stays a copy, and a near copy a near copy, when some cells lie far out."""
    x, e, z = normal(3)
    x = spoiled(x, [3, 4], cell)
    found = checked(continuous(x=x, y=5 - 2 * (x + noise * e), z=z))
    assert bool(found.problems) == refused
    if not refused:
        assert "'x' and 'y' are nearly the same" in found.notes[0].detail


def test_heavy_tails_are_no_excuse() -> None:
    """A copy of a column whose own tails are heavy is found."""
    x = np.random.default_rng(2).standard_cauchy(N)
    found = checked(continuous(x=x, y=3 - x, z=normal(1)[0]))
    assert (
        found.problems[0][0]
        == "columns 'x' and 'y' hold the same up to scale and shift"
    )


def test_a_relation_in_spite_of_outliers() -> None:
    """A sum stays a relation if an outlier is in a part and in the sum."""
    a, b, c = normal(3)
    a = spoiled(a, [9], 1e5)
    found = checked(continuous(a=a, b=b, total=a + b, c=c))
    assert ["relation among 'a', 'b', 'total'" in n.detail for n in found.notes].count(
        True
    ) == 1


def test_a_flag_of_the_outlier() -> None:
    """A yes-or-no column that marks the outlier is no copy of the spoiled column."""
    x, y = normal(2)
    flag = Column("flag", "binary", (np.arange(N) == 7).astype(float), ("no", "yes"))
    found = checked([*continuous(x=spoiled(x, [7], 1e9), y=y), flag])
    assert found.problems == []
    assert "'x' and 'flag'" in found.notes[0].detail


def test_independent_columns_are_left_alone() -> None:
    """Nothing is said about columns without relations."""
    values = normal(12)
    codes = np.random.default_rng(0).integers(0, 4, size=(6, N))
    columns = continuous(**{f"x{i}": v for i, v in enumerate(values)})
    columns += discrete(**{f"d{i}": v for i, v in enumerate(codes)})
    found = checked(columns)
    assert (found.problems, found.notes) == ([], [])


@given(st.permutations(range(5)))
def test_recodings_are_copies(order: list[int]) -> None:
    """Any renaming of the levels is the same column; merging levels is a function."""
    codes = np.random.default_rng(3).integers(0, 5, size=N)
    renamed = np.array(order)[codes]
    found = checked(discrete(a=codes, b=renamed))
    assert found.problems[0][0] == "columns 'a' and 'b' hold the same under other codes"
    merged = np.minimum(renamed, 2)
    found = checked(discrete(a=codes, b=merged))
    assert found.problems == []
    assert "'b' follows from 'a'" in found.notes[0].detail


def test_numbers_and_their_names() -> None:
    """A number of few values and a text that renames it are the same column."""
    codes = np.random.default_rng(4).integers(0, 8, size=N)
    columns = continuous(a=codes.astype(float), x=normal(1)[0])
    found = checked(columns + discrete(b=-codes))
    assert found.problems[0][0] == "columns 'a' and 'b' hold the same under other codes"
    square = (codes.astype(float) + 1) ** 2
    curved = continuous(a=codes.astype(float), b=square)
    assert checked(curved).problems == []


def test_rows() -> None:
    """check_rows says whether comparing columns makes sense."""
    findings = Findings(np.arange(30))
    assert check_rows(30, 3, 0, 3, findings)
    assert (findings.problems, findings.notes) == ([], [])
    assert check_rows(24, 20, 0, 20, findings)
    assert findings.problems == []
    assert "24 rows for 20 columns: too few to look" in findings.notes[0].detail
    assert not check_rows(19, 3, 0, 3, findings)
    assert "need at least 20 rows, have 19" in findings.problems[0][0]


def test_more_columns_than_rows() -> None:
    """Then each column follows from the others, which says nothing about them."""
    x = np.random.default_rng(0).normal(size=(30, 40))
    found = checked(continuous(**{f"x{k}": x[:, k] for k in range(40)}))
    assert (found.problems, found.notes) == ([], [])
    x[:, 7] = -2 * x[:, 3]
    found = checked(continuous(**{f"x{k}": x[:, k] for k in range(40)}))
    assert "'x3' and 'x7' hold the same" in found.problems[0][0]
    assert isinstance(Findings(np.arange(1)).notes, list)
    assert Note("x", "warning", "d") == Note("x", "warning", "d")
