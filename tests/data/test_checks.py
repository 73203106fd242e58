"""Copies and deterministic relations are found, and only they."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.data.canonical import standardise
from llmcd.data.checks import check_relations, check_rows
from llmcd.data.findings import Findings, Note
from llmcd.data.kinds import Column

N = 300


def continuous(**columns: np.ndarray) -> list[Column]:
    return [
        Column(name, "continuous", standardise(values))
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
    assert "= 25 rows" in findings.problems[0][0]
    assert not check_rows(19, 3, 0, 3, findings)
    assert isinstance(Findings(np.arange(1)).notes, list)
    assert Note("x", "warning", "d") == Note("x", "warning", "d")
