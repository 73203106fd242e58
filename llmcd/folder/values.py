"""What a run folder says of a run, and back: values as plain JSON, and never a row."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.combiner.audited import Audited
from llmcd.combiner.combined import Combined, Conflict, EdgeDecision, Reliability, Step
from llmcd.data.table import Note
from llmcd.discovery.ensemble import Candidates
from llmcd.expert.answers import Answers
from llmcd.expert.questions import canonical_json
from llmcd.folder.files import FORMAT
from llmcd.graph import Graph, Mark
from llmcd.variables import Variables

__all__ = [
    "candidates_in",
    "candidates_out",
    "combined_in",
    "combined_out",
    "content_of",
    "settings_of",
]

_LIBRARIES = ("llmcd", "causal-learn", "numpy", "scipy", "pandas", "networkx")
_MARKS = {
    "-->": (Mark.TAIL, Mark.ARROW),
    "---": (Mark.TAIL, Mark.TAIL),
    "<->": (Mark.ARROW, Mark.ARROW),
}


def candidates_out(candidates: Candidates) -> dict[str, Any]:
    """Say the data's side as JSON, without its rows."""
    return {
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
        "complete": candidates.complete,
        "order": list(candidates.order),
    }


def candidates_in(content: Mapping[str, Any]) -> Candidates:
    """Read the data's side, as it was said and not checked."""
    names = tuple(content["names"])
    return Candidates(
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
        complete=bool(content["complete"]),
        order=tuple(content["order"]),
        table=None,
    )


def combined_out(combined: Combined) -> dict[str, Any]:
    """Say what the combiner made of rows and answers as JSON."""
    return {
        "format": FORMAT,
        "graph": _graph_out(combined.graph),
        "data_graph": _graph_out(combined.data_graph),
        "edges": [asdict(edge) for edge in combined.edges],
        "conflicts": [asdict(conflict) for conflict in combined.conflicts],
        "reliability": [asdict(one) for one in combined.reliability],
        "warnings": list(combined.warnings),
        "other_mode": combined.other_mode,
        "other_graph": (
            None if combined.other_graph is None else _graph_out(combined.other_graph)
        ),
        "samples": _samples_out(combined),
        "directed_probability": _matrix_out(combined.directed_probability),
        "diagnostics": dict(combined.diagnostics),
    }


def combined_in(
    content: Mapping[str, Any], found: Candidates, answers: Answers
) -> Combined:
    """Read what the combiner made of rows and answers, not checked either."""
    other = content["other_graph"]
    return Combined(
        mode=content["settings"]["mode"],
        why_mode=content["settings"]["why_mode"],
        graph=_graph_in(found.names, content["graph"]),
        data_graph=_graph_in(found.names, content["data_graph"]),
        edges=tuple(map(_edge_in, content["edges"])),
        conflicts=tuple(Conflict(**c) for c in content["conflicts"]),
        reliability=tuple(Reliability(**r) for r in content["reliability"]),
        candidates=found,
        answers=answers,
        warnings=tuple(content["warnings"]),
        other_mode=content["other_mode"],
        other_graph=None if other is None else _graph_in(found.names, other),
        samples=_samples_in(found.names, content["samples"]),
        directed_probability=_matrix_in(
            len(found.names), content["directed_probability"]
        ),
        diagnostics=content["diagnostics"],
        audits={
            who: Audited.from_dict(one)
            for who, one in content["settings"].get("audits", {}).items()
        },
    )


def _edge_in(content: Mapping[str, Any]) -> EdgeDecision:
    steps = tuple(Step(**step) for step in content["provenance"])
    rest: dict[str, Any] = {k: v for k, v in content.items() if k != "provenance"}
    return EdgeDecision(**rest, provenance=steps)


def _graph_out(graph: Graph) -> list[list[str]]:
    return [list(edge) for edge in graph.edges()]


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


def _samples_out(combined: Combined) -> list[str]:
    """Each sampled DAG as the numbers of its arcs, ``cause * n + effect``."""
    n = len(combined.graph.names)
    return [
        " ".join(str(i * n + j) for i, j in np.argwhere(graph.arcs))
        for graph in combined.samples
    ]


def _samples_in(names: Sequence[str], samples: Sequence[str]) -> tuple[Graph, ...]:
    n = len(names)
    found: list[Graph] = []
    for text in samples:
        arcs = np.zeros((n, n), dtype=bool)
        for number in map(int, text.split()):
            arcs[divmod(number, n)] = True
        found.append(Graph.from_directed_matrix(tuple(names), arcs))
    return tuple(found)


def _matrix_out(matrix: npt.NDArray[np.float64] | None) -> list[list[float]] | None:
    """What is not zero, as (row, column, value)."""
    if matrix is None:
        return None
    return [[int(i), int(j), float(matrix[i, j])] for i, j in np.argwhere(matrix)]


def _matrix_in(
    n: int, entries: Sequence[Sequence[float]] | None
) -> npt.NDArray[np.float64] | None:
    if entries is None:
        return None
    matrix = np.zeros((n, n))
    for i, j, value in entries:
        matrix[int(i), int(j)] = value
    matrix.setflags(write=False)
    return matrix


def settings_of(combined: Combined) -> dict[str, Any]:
    """Settings, versions and fingerprint of a run."""
    found = combined.candidates
    audits = {who: one.to_dict() for who, one in combined.audits.items()}
    return {
        "mode": combined.mode,
        "why_mode": combined.why_mode,
        "method": found.method,
        "why_method": found.why_method,
        **found.settings,
        **({"audits": audits} if audits else {}),
        "rows": found.n_rows,
        "fingerprint": found.fingerprint,
        "versions": {
            **{library: version(library) for library in _LIBRARIES},
            "python": platform.python_version(),
        },
    }


def content_of(combined: Combined, variables: Variables) -> str:
    """What a run folder says of a result, as one text; the same for equal results."""
    return canonical_json(
        {
            "candidates": candidates_out(combined.candidates),
            "combined": combined_out(combined),
            "mode": [combined.mode, combined.why_mode],
            "audits": {who: one.to_dict() for who, one in combined.audits.items()},
            "answers": [x.to_dict() for x in combined.answers.answers],
            "unfinished": dict(combined.answers.unfinished),
            "variables": variables.to_dict(),
        }
    )
