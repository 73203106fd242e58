"""A result as a command shows it, and its run folder written."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcd.cli.output import Shown, remark
from llmcd.plots.graph import figure_size
from llmcd.result import Result

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DOCUMENT", "document_of", "records", "shown_result", "write_run"]

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
    return Shown(document_of(result, run), (str(result),))


def write_run(result: Result, target: Path) -> None:
    """Write the run folder, its report and its picture, and say so.

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
    remark(f"\nrun folder: {target}\nreport:     {target / 'report.html'}\n"
           f"picture:    {target / 'graph.png'}")  # fmt: skip


def _picture(result: Result, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=figure_size(result.combined), layout="constrained")
    result.plot(ax=figure.subplots())
    figure.savefig(path, dpi=150)
