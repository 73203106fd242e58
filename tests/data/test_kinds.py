"""Kinds are decided as documented, at the borders too."""

from __future__ import annotations

import numpy as np
import pytest

from llmcd.data.columns import Cells
from llmcd.data.findings import Findings
from llmcd.data.kinds import CONSTANT, Column, decide_kind, far_cells
from llmcd.variables import Variable


def decided(
    cells: Cells, n: int, described: Variable | None = None, missing: str = "error"
) -> tuple[Column | None, Findings]:
    findings = Findings(np.arange(n))
    column = decide_kind(
        "x", "df['x']", cells, described, missing=missing, findings=findings
    )
    return column, findings


def numbers(values: np.ndarray) -> Cells:
    return Cells("number", numbers=values.astype(float))


@pytest.mark.parametrize(
    "distinct, kind, noted",
    [
        (1, CONSTANT, False),
        (2, "binary", False),
        (3, "nominal", True),
        (5, "nominal", True),
        (6, "continuous", True),
        (10, "continuous", True),
        (11, "continuous", False),
        (60, "continuous", False),
    ],
)
def test_whole_numbers(distinct: int, kind: str, noted: bool) -> None:
    """Up to 2 values binary, up to 5 codes, more continuous; a note up to 10."""
    values = np.arange(120) % distinct
    column, findings = decided(numbers(values), 120)
    assert column is not None
    assert column.kind == kind
    assert any(note.action == "inferred" for note in findings.notes) == noted


def test_codes_need_rows() -> None:
    """With fewer than 5 rows a value, whole numbers are read as continuous."""
    assert (found := decided(numbers(np.arange(24) % 5), 24)[0]) is not None
    assert found.kind == "continuous"
    assert (found := decided(numbers(np.arange(25) % 5), 25)[0]) is not None
    assert found.kind == "nominal"


@pytest.mark.parametrize("levels, rows, usable", [(50, 250, True), (51, 500, False)])
def test_most_levels(levels: int, rows: int, usable: bool) -> None:
    """50 levels with 5 rows each are the most."""
    labels = tuple(f"k{i:02d}" for i in range(levels))
    cells = Cells("text", codes=np.arange(rows) % levels, labels=labels)
    column, findings = decided(cells, rows)
    assert (column is not None) == usable
    assert (findings.problems == []) == usable


def test_one_level_and_missing() -> None:
    """A column that is only ever present or missing is binary when that is asked."""
    codes = np.where(np.arange(40) < 7, -1, 0)
    cells = Cells("text", codes=codes, labels=("yes",))
    column, _ = decided(cells, 40, missing="category")
    assert column is not None
    assert (column.kind, column.levels) == ("binary", ("yes", "missing"))
    declared = Variable("x", kind="continuous")
    flags = Cells("number", numbers=np.where(codes < 0, np.nan, 2.5))
    measured, _ = decided(flags, 40, declared, missing="category")
    assert measured is not None
    assert measured.kind == CONSTANT
    constant, _ = decided(cells, 40)
    assert constant is not None
    assert constant.kind == CONSTANT


@pytest.mark.parametrize("scale", [1.0, -1e-200, 1e200])
def test_far_cells(scale: float) -> None:
    """20 robust standard deviations from the median, whatever the unit."""
    values = np.random.default_rng(0).normal(size=999)
    middle = np.median(values)
    mad = 1.4826 * np.median(np.abs(values - middle))
    values[[3, 5]] = middle + np.array([19.5, -20.5]) * mad
    assert np.flatnonzero(far_cells(values * scale)).tolist() == [5]


def test_far_cells_where_half_are_equal() -> None:
    """With half of the cells equal, the others give the scale."""
    values = np.zeros(100)
    values[:10] = np.linspace(1, 2, 10)
    assert not far_cells(values).any()
    values[50] = 1e6
    assert np.flatnonzero(far_cells(values)).tolist() == [50]
    assert not far_cells(np.where(np.arange(100) == 3, 1e9, 0.0)).any()


def test_far_cells_are_kept_with_the_column() -> None:
    """Later checks need them, also where they swallow all else."""
    values = np.random.default_rng(0).normal(size=60)
    values[7] = 1e30
    column, findings = decided(numbers(values), 60)
    assert column is not None
    assert column.far is not None
    assert np.flatnonzero(column.far).tolist() == [7]
    assert "df.iloc[[7]]" in findings.notes[0].detail


def test_a_level_that_is_called_nan() -> None:
    """A declared level "nan" is a text, and equals itself."""
    cells = Cells("text", codes=np.arange(40) % 2, labels=("inf", "nan"))
    declared = Variable("x", levels=("nan", "inf"))
    column, findings = decided(cells, 40, declared)
    assert findings.problems == []
    assert column is not None
    assert column.levels == ("nan", "inf")
