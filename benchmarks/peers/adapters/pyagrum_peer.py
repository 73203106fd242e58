"""pyagrum, for discrete rows: PC, MIIC, hill climbing and tabu search."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pyagrum as gum
from protocol import Edges, Prepared, Rows, listed_edges, serve


def _learner(rows: Rows) -> Any:
    """A learner over the rows; reading them is its constructor's work."""
    if rows.sizes is None:
        raise ValueError("pyagrum needs discrete rows")
    levels = np.array([f"s{level}" for level in range(max(rows.sizes))])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        np.savetxt(
            path, levels[rows.values.astype(int)], fmt="%s", delimiter=",",
            header=",".join(rows.names), comments="",
        )  # fmt: skip
        learner = gum.BNLearner(str(path))
    learner.setNumberOfThreads(1)
    return learner


def _edges(rows: Rows, graph: Any) -> Edges:
    name = rows.names
    return listed_edges(
        [(name[a], name[b]) for a, b in graph.arcs()],
        [(name[a], name[b]) for a, b in getattr(graph, "edges", list)()],
    )


def pc(rows: Rows, options: dict[str, Any]) -> Prepared:
    """Stable PC with ``test`` chi2 or g2 at ``alpha``."""
    learner = _learner(rows)
    learner.usePC()
    learner.setPCAlpha(options["alpha"])
    learner.setPCStable(True)
    if options["test"] == "g2":
        learner.useG2Test()
    else:
        learner.useChi2Test()
    return Prepared(learner.learnPDAG, lambda found: _edges(rows, found))


def miic(rows: Rows, options: dict[str, Any]) -> Prepared:
    """MIIC with its defaults."""
    learner = _learner(rows)
    learner.useMIIC()
    return Prepared(learner.learnPDAG, lambda found: _edges(rows, found))


def _greedy(rows: Rows, options: dict[str, Any], tabu: bool) -> Prepared:
    def run() -> Any:
        # Anew for each call: a learner remembers the scores of its last one.
        if options["score"] == "bdeu":
            learner.useScoreBDeu()
        else:
            learner.useScoreBIC()
        return learner.learnDAG()

    learner = _learner(rows)
    learner.useNoPrior()
    if tabu:
        learner.useLocalSearchWithTabuList()
    else:
        learner.useGreedyHillClimbing()
    return Prepared(run, lambda found: _edges(rows, found), is_dag=True)


def hill_climbing(rows: Rows, options: dict[str, Any]) -> Prepared:
    """Hill climbing with ``score`` bdeu or bic."""
    return _greedy(rows, options, tabu=False)


def tabu(rows: Rows, options: dict[str, Any]) -> Prepared:
    """Tabu search with ``score`` bdeu or bic, its lists at their defaults."""
    return _greedy(rows, options, tabu=True)


if __name__ == "__main__":
    serve(
        {"pc": pc, "miic": miic, "hill_climbing": hill_climbing, "tabu": tabu},
        ["pyagrum"],
    )
