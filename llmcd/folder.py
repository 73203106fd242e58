"""The run folder: everything needed to audit or continue a run, and never a row."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcd.background import Background
from llmcd.combiner.combined import Combined, Conflict, EdgeDecision, Reliability, Step
from llmcd.data.table import Note
from llmcd.discovery.ensemble import Candidates
from llmcd.errors import FormatError
from llmcd.expert.answers import Answers
from llmcd.formats import to_graphml
from llmcd.graph import Graph, Mark
from llmcd.variables import Variables

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "conflict_table",
    "edge_attributes",
    "edge_table",
    "load",
    "load_candidates",
    "note_table",
    "reliability_table",
    "save",
    "save_candidates",
    "settings_of",
    "write_text",
]

FORMAT = 1
_EDGE_COLUMNS = (
    "cause", "effect", "mark", "probability", "data_support", "expert_log_odds",
    "answers", "decided_by", "warning",
)  # fmt: skip
_LIBRARIES = ("llmcd", "causal-learn", "numpy", "scipy", "pandas", "networkx")


# --- tables ---------------------------------------------------------------------------


def edge_table(combined: Combined) -> pd.DataFrame:
    """The edges as a DataFrame, one row each."""
    return _frame([_row(edge) for edge in combined.edges], _EDGE_COLUMNS)


def _row(edge: EdgeDecision) -> dict[str, Any]:
    return {column: getattr(edge, column) for column in _EDGE_COLUMNS}


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


def settings_of(combined: Combined) -> dict[str, Any]:
    """Settings, versions and fingerprint of a run."""
    found = combined.candidates
    return {
        "mode": combined.mode,
        "why_mode": combined.why_mode,
        "method": found.method,
        "why_method": found.why_method,
        **found.settings,
        "rows": found.n_rows,
        "fingerprint": found.fingerprint,
        "versions": {
            **{library: version(library) for library in _LIBRARIES},
            "python": platform.python_version(),
        },
    }


# --- writing --------------------------------------------------------------------------


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8", newline="\n")
    os.replace(part, path)


def _write_json(path: Path, content: Any) -> None:
    text = json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def _graph_out(graph: Graph) -> list[list[str]]:
    return [list(edge) for edge in graph.edges()]


def _open_folder(path: str | Path) -> Path:
    target = Path(path)
    if target.is_file():
        raise FormatError(f"{target} is a file; a run folder was expected")
    ours = (target / "candidates.json").exists()
    if target.is_dir() and any(target.iterdir()) and not ours:
        raise FormatError(
            f"{target} holds other files and is no run folder; name a new or empty one"
        )
    target.mkdir(parents=True, exist_ok=True)
    return target


def save_candidates(
    path: str | Path, candidates: Candidates, variables: Variables
) -> Path:
    """Write the data's side and the descriptions into a run folder."""
    target = _open_folder(path)
    content = {
        "format": FORMAT,
        "names": list(candidates.names),
        "kinds": dict(candidates.kinds),
        "graph": _graph_out(candidates.graph),
        "replicates": [_graph_out(g) for g in candidates.replicates],
        "method": candidates.method,
        "why_method": candidates.why_method,
        "settings": dict(candidates.settings),
        "background": candidates.background.to_dict(),
        "rows": candidates.n_rows,
        "fingerprint": candidates.fingerprint,
        "notes": [asdict(note) for note in candidates.notes],
        "failures": list(candidates.failures),
        "warnings": list(candidates.warnings),
    }
    _write_json(target / "candidates.json", content)
    variables.write(target / "variables.yaml")
    return target


def save(path: str | Path, combined: Combined, variables: Variables) -> Path:
    """Write a whole run folder."""
    target = save_candidates(path, combined.candidates, variables)
    combined.answers.write(target / "answers.jsonl")
    content = {
        "format": FORMAT,
        "settings": settings_of(combined),
        "graph": _graph_out(combined.graph),
        "data_graph": _graph_out(combined.data_graph),
        "edges": [asdict(edge) for edge in combined.edges],
        "conflicts": [asdict(conflict) for conflict in combined.conflicts],
        "reliability": [asdict(one) for one in combined.reliability],
        "warnings": list(combined.warnings),
    }
    _write_json(target / "result.json", content)
    write_text(
        target / "graph.graphml",
        to_graphml(combined.graph, edge_attributes=edge_attributes(combined)),
    )
    for name, frame in (
        ("edges.csv", edge_table(combined)),
        ("conflicts.csv", conflict_table(combined)),
    ):
        write_text(target / name, frame.map(_no_formula).to_csv(index=False))
    return target


def _no_formula(cell: Any) -> Any:
    # A spreadsheet runs a text cell that starts like a formula.
    risky = isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r")
    return "'" + cell if risky and cell not in ("-->", "---") else cell


# --- reading --------------------------------------------------------------------------


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FormatError(f"{path} is missing: not a (complete) run folder") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise FormatError(f"{path} is damaged: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FormatError(
            f"{path}: expected run folder format {FORMAT}; it was written by another "
            "version"
        )
    return content


_MARKS = {
    "-->": (Mark.TAIL, Mark.ARROW),
    "---": (Mark.TAIL, Mark.TAIL),
    "<->": (Mark.ARROW, Mark.ARROW),
}


def _graph_in(names: Sequence[str], edges: Sequence[Sequence[str]]) -> Graph:
    by_mark: dict[str, list[tuple[str, str]]] = {mark: [] for mark in _MARKS}
    for a, b, mark in edges:
        by_mark[mark].append((a, b))
    return Graph.from_edges(
        names,
        directed=by_mark["-->"],
        undirected=by_mark["---"],
        bidirected=by_mark["<->"],
    )


def load_candidates(path: str | Path) -> tuple[Candidates, Variables]:
    """Read the data's side and the descriptions from a run folder."""
    target = Path(path)
    file = target / "candidates.json"
    content = _read_json(file)
    try:
        names = tuple(content["names"])
        found = Candidates(
            names=names,
            graph=_graph_in(names, content["graph"]),
            replicates=tuple(_graph_in(names, g) for g in content["replicates"]),
            method=content["method"],
            why_method=content["why_method"],
            settings=content["settings"],
            background=Background.from_dict(content["background"]),
            n_rows=content["rows"],
            kinds=content["kinds"],
            fingerprint=content["fingerprint"],
            notes=tuple(Note(**note) for note in content["notes"]),
            failures=tuple(content["failures"]),
            warnings=tuple(content["warnings"]),
            table=None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{file} is damaged: {error!r}") from None
    return found, Variables.of(target / "variables.yaml")


def load(path: str | Path) -> tuple[Combined, Variables]:
    """Read a whole run folder."""
    target = Path(path)
    found, variables = load_candidates(target)
    file = target / "result.json"
    content = _read_json(file)
    try:
        combined = Combined(
            mode=content["settings"]["mode"],
            why_mode=content["settings"]["why_mode"],
            graph=_graph_in(found.names, content["graph"]),
            data_graph=_graph_in(found.names, content["data_graph"]),
            edges=tuple(map(_edge_in, content["edges"])),
            conflicts=tuple(Conflict(**c) for c in content["conflicts"]),
            reliability=tuple(Reliability(**r) for r in content["reliability"]),
            candidates=found,
            answers=Answers.read(target / "answers.jsonl"),
            warnings=tuple(content["warnings"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{file} is damaged: {error!r}") from None
    return combined, variables


def _edge_in(content: Mapping[str, Any]) -> EdgeDecision:
    steps = tuple(Step(**step) for step in content["provenance"])
    rest: dict[str, Any] = {k: v for k, v in content.items() if k != "provenance"}
    return EdgeDecision(**rest, provenance=steps)
