"""causal-learn: PC, GES, BOSS and GRaSP.

``G.graph[i, j]`` is the mark at the end of node i: -1 a tail, 1 an arrow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from protocol import Edges, Prepared, Rows, matrix_edges, serve


def _edges(rows: Rows, graph: np.ndarray) -> Edges:
    # An arrow from i to j has its tail at i; two arrows are no direction.
    arrows = (graph == -1) & (graph.T == 1)
    both = (graph == graph.T) & (graph != 0)
    return matrix_edges(rows.names, arrows | both)


def _reorder(rows: Rows, graph: Any) -> np.ndarray:
    """Marks in the order of the rows' names; some searches reorder their nodes."""
    held = [node.get_name() for node in graph.get_nodes()]
    at = [held.index(name) for name in rows.names]
    return np.asarray(graph.graph)[np.ix_(at, at)]


def pc(rows: Rows, options: dict[str, Any]) -> Prepared:
    """PC with ``test`` fisherz, gsq or chisq at ``alpha``."""
    from causallearn.search.ConstraintBased.PC import pc as search

    test, alpha = options["test"], options["alpha"]
    return Prepared(
        lambda: search(
            rows.values, alpha, test, True, show_progress=False, node_names=rows.names
        ),
        lambda found: _edges(rows, _reorder(rows, found.G)),
    )


def _score(options: dict[str, Any]) -> tuple[str, dict[str, Any] | None]:
    if options["score"] == "bdeu":
        return "local_score_BDeu", None  # an equivalent sample size of 1
    # Its lambda 0.5 is the penalty log(n) / 2 for each parameter.
    factor = options.get("penalty", 1.0) / 2.0
    return "local_score_BIC_from_cov", {"lambda_value": factor}


def ges(rows: Rows, options: dict[str, Any]) -> Prepared:
    """GES with ``score`` bic or bdeu."""
    from causallearn.search.ScoreBased.GES import ges as search

    name, parameters = _score(options)
    return Prepared(
        lambda: search(rows.values, name, parameters=parameters, node_names=rows.names),
        lambda found: _edges(rows, _reorder(rows, found["G"])),
    )


def boss(rows: Rows, options: dict[str, Any]) -> Prepared:
    """BOSS with ``score`` bic (and a ``penalty``) or bdeu."""
    from causallearn.search.PermutationBased.BOSS import boss as search

    return _permutations(search, rows, options)


def grasp(rows: Rows, options: dict[str, Any]) -> Prepared:
    """GRaSP with ``score`` bic (and a ``penalty``) or bdeu."""
    from causallearn.search.PermutationBased.GRaSP import grasp as search

    return _permutations(search, rows, options)


def _permutations(search: Any, rows: Rows, options: dict[str, Any]) -> Prepared:
    import random

    name, parameters = _score(options)

    def run() -> Any:
        random.seed(0)
        np.random.seed(0)  # noqa: NPY002
        return search(
            rows.values, name, parameters=parameters, verbose=False,
            node_names=rows.names,
        )  # fmt: skip

    return Prepared(run, lambda found: _edges(rows, _reorder(rows, found)))


if __name__ == "__main__":
    serve(
        {"pc": pc, "ges": ges, "boss": boss, "grasp": grasp},
        ["causal-learn", "numpy", "scipy"],
    )
