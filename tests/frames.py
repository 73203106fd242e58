"""Tables built for tests: a clean one, and one with a column to spoil."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from llmcd.data.table import Table, table
from llmcd.errors import DataError

N = 200


def frame(n: int = N, p: int = 4, seed: int = 0) -> pd.DataFrame:
    """Clean Gaussian columns x, y, z, w ..."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, p))
    if p > 1:
        values[:, 1] += values[:, 0]
    return pd.DataFrame(values, columns=list("xyzwabcdefgh")[:p])


def with_c(cells: Any) -> pd.DataFrame:
    """The clean frame and one more column, c."""
    return frame().assign(c=cells)


def objects(cells: list[Any]) -> pd.Series:
    return pd.Series(cells, dtype=object)


def cycle(*cells: Any) -> list[Any]:
    """Cells drawn at random from a few, so that no column follows from another."""
    rng = np.random.default_rng(len(cells))
    return [cells[i] for i in rng.integers(len(cells), size=N)]


def put(cells: Any, at: int, cell: Any) -> list[Any]:
    changed = list(cells)
    changed[at] = cell
    return changed


def noise(seed: int = 9) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=N)


def refused(data: Any, variables: Any = None, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        table(data, variables, **options)
    return str(caught.value)


def about(**rows: Any) -> dict[str, Any]:
    """Descriptions of x, y, z, w and of what is given."""
    return {**dict.fromkeys("xyzw", "Described."), **rows}


def noted(found: Table, column: str, action: str) -> str:
    """All details of a column's notes of one action."""
    return "\n".join(
        note.detail
        for note in found.notes
        if (note.column, note.action) == (column, action)
    )


def kind_of(found: Table, name: str) -> str:
    return dict(zip(found.names, found.kinds, strict=True))[name]


def levels_of(found: Table, name: str) -> tuple[str, ...]:
    return dict(zip(found.names, found.levels, strict=True))[name]
