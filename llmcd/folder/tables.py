"""Decisions, conflicts, reliability and notes as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from llmcd.combiner.combined import Combined, Conflict, EdgeDecision, Reliability
from llmcd.data.table import Note

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "EDGE_COLUMNS",
    "conflict_table",
    "csv_text",
    "edge_attributes",
    "edge_table",
    "note_table",
    "reliability_table",
]

EDGE_COLUMNS = (
    "cause", "effect", "mark", "probability", "adjacency", "data_support",
    "expert_log_odds", "existence_log_odds", "answers", "decided_by", "warning",
)  # fmt: skip


def edge_table(combined: Combined) -> pd.DataFrame:
    """The edges as a DataFrame, one row each."""
    return _frame([_row(edge) for edge in combined.edges], EDGE_COLUMNS)


def _row(edge: EdgeDecision) -> dict[str, Any]:
    return {column: getattr(edge, column) for column in EDGE_COLUMNS}


def conflict_table(combined: Combined) -> pd.DataFrame:
    """The conflicts as a DataFrame, one row each."""
    return _frame(list(map(asdict, combined.conflicts)), _fields(Conflict))


def reliability_table(combined: Combined) -> pd.DataFrame:
    """What was learnt about each expert as a DataFrame, one row each."""
    return _frame(list(map(asdict, combined.reliability)), _fields(Reliability))


def note_table(notes: Sequence[Note]) -> pd.DataFrame:
    """What was done to the table as a DataFrame, one row a note."""
    return _frame(list(map(asdict, notes)), _fields(Note))


def _fields(kind: type) -> tuple[str, ...]:
    return tuple(kind.__dataclass_fields__)  # type: ignore[attr-defined]


def _frame(rows: list[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns))


def edge_attributes(combined: Combined) -> dict[tuple[str, str], dict[str, Any]]:
    """For each (cause, effect) the rest of its row in the edge table."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for edge in combined.edges:
        row = _row(edge)
        found[row.pop("cause"), row.pop("effect")] = row
    return found


def csv_text(frame: pd.DataFrame) -> str:
    """Say a table as CSV that no spreadsheet takes for formulas."""
    return frame.map(_no_formula).to_csv(index=False)


def _no_formula(cell: Any) -> Any:
    # A spreadsheet runs a text cell that starts like a formula.
    risky = isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r")
    return "'" + cell if risky and cell not in ("-->", "---") else cell
