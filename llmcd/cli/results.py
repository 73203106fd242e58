"""A result as a command shows it, and its run folder written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcd.cli.output import Grid, Shown
from llmcd.plots.graph import figure_size
from llmcd.result import Result

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "DOCUMENT",
    "document_of",
    "parts_of",
    "records",
    "shown_result",
    "write_run",
    "written",
]

_MOST = 25  # rows that a terminal shows of a table

DOCUMENT = {
    "run": "the run folder that was written, or null",
    "mode": "safe or posterior",
    "rows": "how many there were",
    "variables": "their names",
    "complete": "whether everything that was asked got a reply",
    "warnings": "what a reader must know, the most important first",
    "edges": "one object an edge, as in edges.csv",
    "conflicts": "where data and expert disagree, the strongest first",
    "experts": "one object an expert: how far it can be trusted, and why",
}
"""Members of the JSON document of every command that makes a result."""


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table for JSON."""
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def document_of(result: Result, run: str | Path | None = None) -> dict[str, Any]:
    """What ``DOCUMENT`` lists.

    Parameters
    ----------
    result : Result
        What was found.
    run : path, optional
        Where it was written.

    Returns
    -------
    dict
    """
    return {
        "run": None if run is None else str(run),
        "mode": result.combined.mode,
        "rows": result.candidates.n_rows,
        "variables": result.graph.names,
        "complete": result.answers.complete,
        "warnings": result.warnings,
        "edges": records(result.edges),
        "conflicts": records(result.conflicts),
        "experts": records(result.reliability),
    }


def shown_result(result: Result, run: str | Path | None = None) -> Shown:
    """A result for people and for programs.

    Parameters
    ----------
    result : Result
        What was found.
    run : path, optional
        Where it was written.

    Returns
    -------
    Shown
    """
    return Shown(
        document_of(result, run),
        parts_of(result, run),
        result.warnings,
        () if run is None else written(run),
    )


def parts_of(result: Result, run: str | Path | None = None) -> tuple[str | Grid, ...]:
    """Summary, edges and conflicts for people.

    Parameters
    ----------
    result : Result
        What was found.
    run : path, optional
        Where it was written.

    Returns
    -------
    tuple of str or Grid
    """
    parts: list[str | Grid] = ["\n".join(result.summary)]
    home = None if run is None else Path(run)
    if len(result.edges):
        rest = "--json" if home is None else str(home / "edges.csv")
        parts.append(_edges(result, rest))
    if len(result.conflicts):
        rest = "--json" if home is None else str(home / "conflicts.csv")
        parts.append(_conflicts(result, rest))
    return tuple(parts)


_STYLES = {"expert": "cyan", "background": "green", "nobody": "dim"}


def _edges(result: Result, rest: str) -> Grid:
    edges = result.combined.edges
    asked = any(e.answers or e.expert_log_odds for e in edges)
    columns = ["edge", "probability", "adjacency", "data", *["expert"] * asked]
    rows: list[tuple[Any, ...]] = []
    for e in edges:
        support = [e.probability, e.adjacency, e.data_support]
        support += [e.expert_log_odds] * asked
        rows.append((f"{e.cause} {e.mark} {e.effect}", *support, e.decided_by))
    return Grid(
        (*columns, "decided by"),
        tuple(rows),
        most=_MOST,
        rest=rest,
        styles=tuple(_STYLES.get(e.decided_by, "") for e in edges),
    )


def _conflicts(result: Result, rest: str) -> Grid:
    return Grid(
        ("data says", "support", "expert says", "log-odds", "decision"),
        tuple(
            (x.data_says, x.data_support, x.expert_says, x.expert_log_odds, x.decision)
            for x in result.combined.conflicts
        ),
        title="Conflicts, the strongest first:",
        most=_MOST,
        rest=rest,
    )


def written(run: str | Path) -> tuple[str, ...]:
    """What ``write_run`` wrote, in words."""
    home = Path(run)
    return (
        f"run folder: {home}",
        f"report:     {home / 'report.html'}",
        f"picture:    {home / 'graph.png'}",
    )


def write_run(result: Result, target: Path) -> None:
    """Write the run folder, its report and its picture.

    Parameters
    ----------
    result : Result
        What was found.
    target : Path
        The folder.
    """
    result.save(target)
    result.report(target / "report.html")
    _picture(result, target / "graph.png")


def _picture(result: Result, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=figure_size(result.combined), layout="constrained")
    result.plot(ax=figure.subplots())
    figure.savefig(path, dpi=150)
