"""Files inside the page: the graph and the tables, as links that hold their content."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any, NamedTuple

from llmcd.combiner.combined import Combined, Conflict, EdgeDecision
from llmcd.formats import to_graphml

__all__ = ["Download", "downloads", "to_csv"]


class Download(NamedTuple):
    """A file that the page holds.

    Attributes
    ----------
    name : str
        Of the file.
    content : str
        Its text.
    kind : str
        Media type.
    """

    name: str
    content: str
    kind: str

    @property
    def link(self) -> str:
        """The content as a link; letters, digits and ``+/=`` only after the comma."""
        coded = base64.b64encode(self.content.encode("utf-8", "replace")).decode()
        return f"data:{self.kind};charset=utf-8;base64,{coded}"


def downloads(combined: Combined, settings: Mapping[str, Any]) -> tuple[Download, ...]:
    """The files of a result.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled.
    settings : mapping
        Settings and versions of the run.

    Returns
    -------
    tuple of Download
        The graph as GraphML, everything as JSON, edges, conflicts and answers as CSV.
    """
    edges = [_row(edge) for edge in combined.edges]
    attributes = {
        (row["cause"], row["effect"]): {k: v for k, v in row.items() if k not in _ENDS}
        for row in edges
    }
    whole = {
        "names": list(combined.graph.names),
        "mode": combined.mode,
        "edges": [asdict(edge) for edge in combined.edges],
        "conflicts": [asdict(conflict) for conflict in combined.conflicts],
        "reliability": [asdict(one) for one in combined.reliability],
        "answers": [answer.to_dict() for answer in combined.answers.answers],
        "warnings": list(combined.warnings),
        "settings": dict(settings),
    }
    answers = [_without_raw(x.to_dict()) for x in combined.answers.answers]
    table = "text/csv"
    found = [
        Download(
            "graph.graphml",
            to_graphml(combined.graph, edge_attributes=attributes),
            "application/xml",
        ),
        Download(
            "result.json", json.dumps(whole, indent=1, default=str), "application/json"
        ),
        Download("edges.csv", to_csv(_columns(EdgeDecision), edges), table),
        Download(
            "conflicts.csv",
            to_csv(_columns(Conflict), map(asdict, combined.conflicts)),
            table,
        ),
    ]
    if answers:
        found.append(Download("answers.csv", to_csv(list(answers[0]), answers), table))
    return tuple(found)


_ENDS = ("cause", "effect")


def _columns(kind: type) -> list[str]:
    return [f.name for f in fields(kind) if f.name != "provenance"]


def _row(edge: EdgeDecision) -> dict[str, Any]:
    return {name: getattr(edge, name) for name in _columns(EdgeDecision)}


def _without_raw(answer: Mapping[str, Any]) -> dict[str, Any]:
    stated = json.dumps(answer["stated"])
    return {k: v for k, v in answer.items() if k != "raw"} | {"stated": stated}


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    r"""A table as CSV in which no cell is a formula.

    Examples
    --------
    >>> to_csv(["a", "b"], [{"a": "=1+1", "b": -2.5}])
    '"a","b"\n"\'=1+1",-2.5\n'
    """
    target = io.StringIO()
    lines = csv.writer(target, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
    lines.writerow(columns)
    for row in rows:
        lines.writerow([_no_formula(row[column]) for column in columns])
    return target.getvalue()


def _no_formula(cell: Any) -> Any:
    # a spreadsheet runs a text cell that starts like a formula
    risky = isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r")
    return "'" + cell if risky and cell not in ("-->", "---") else cell
