"""pgmpy: PC, hill climbing and GES."""

from __future__ import annotations

from typing import Any

import pandas as pd
from pgmpy import structure_score
from pgmpy.causal_discovery import GES, PC, HillClimbSearch
from protocol import Edges, Prepared, Rows, listed_edges, serve


def _frame(rows: Rows) -> pd.DataFrame:
    frame = pd.DataFrame(rows.values, columns=rows.names)
    if rows.sizes is None:
        return frame
    return frame.astype(int).astype("category")


def _edges(graph: Any) -> Edges:
    # Names only: the order of its nodes follows the hash seed.
    if hasattr(graph, "undirected_edges"):
        return listed_edges(graph.directed_edges, graph.undirected_edges)
    return listed_edges(graph.edges())


def _prepared(make: Any, frame: pd.DataFrame) -> Prepared:
    return Prepared(
        lambda: make().fit(frame), lambda found: _edges(found.causal_graph_)
    )


def pc(rows: Rows, options: dict[str, Any]) -> Prepared:
    """Stable PC with ``test`` fisher_z, chi2 or g2 at ``alpha``."""
    test = {"fisher_z": "pearsonr", "chi2": "chi_square", "g2": "g_sq"}[options["test"]]
    return _prepared(
        lambda: PC(
            "stable", test, significance_level=options["alpha"],
            max_cond_vars=len(rows.names), n_jobs=1, show_progress=False,
        ),
        _frame(rows),
    )  # fmt: skip


def _score(options: dict[str, Any], rows: Rows, frame: pd.DataFrame) -> Any:
    if options["score"] == "bdeu":
        return structure_score.BDeu(frame, equivalent_sample_size=1)
    return (structure_score.BIC if rows.is_discrete else structure_score.BICGauss)(
        frame
    )


def hill_climbing(rows: Rows, options: dict[str, Any]) -> Prepared:
    """Hill climbing (with its tabu list) with ``score`` bic or bdeu."""
    frame = _frame(rows)
    return _prepared(
        # The score anew for each call: it may keep what it has computed.
        lambda: HillClimbSearch(_score(options, rows, frame), show_progress=False),
        frame,
    )


def ges(rows: Rows, options: dict[str, Any]) -> Prepared:
    """GES with ``score`` bic or bdeu."""
    frame = _frame(rows)
    return _prepared(lambda: GES(_score(options, rows, frame)), frame)


if __name__ == "__main__":
    serve(
        {"pc": pc, "hill_climbing": hill_climbing, "ges": ges},
        ["pgmpy", "numpy", "pandas"],
    )
