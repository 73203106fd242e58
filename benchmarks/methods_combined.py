"""Our own modes: data and expert reconciled."""

from __future__ import annotations

import numpy as np

import llmcd
from benchmarks.cells import Cell
from benchmarks.experts import Consulted
from benchmarks.methods import Estimate, Floats, Method, UnavailableError
from llmcd.combiner.combined import Combined
from llmcd.result import Result

__all__ = ["METHODS", "combined_estimate"]

_NOT_YET = "not part of this version"


def _combine(mode: str) -> Method:
    def run(cell: Cell, consulted: Consulted | None) -> Estimate:
        if consulted is None:
            raise ValueError("combining needs answers, got None")
        try:
            result = llmcd.combine(cell.candidates, consulted.answers, mode=mode)
        except ValueError as problem:
            if _NOT_YET in str(problem):
                raise UnavailableError(str(problem)) from None
            raise
        return combined_estimate(result, consulted)

    about = f"llmcd.combine(candidates, answers, mode={mode!r})"
    return Method(mode, "combined", True, about, run)


def combined_estimate(result: Result, consulted: Consulted) -> Estimate:
    """The graph of a result with its probabilities."""
    adjacency, direction = _stated(result.combined)
    return Estimate(
        result.graph,
        adjacency_probability=adjacency,
        direction_probability=direction,
        questions=consulted.asked,
        warnings=result.warnings,
    )


def _stated(combined: Combined) -> tuple[Floats, Floats]:
    """Probabilities of edges and of directions, in the order of the graph's names.

    A mode that states them for all pairs has them as attributes; otherwise an edge is
    as probable as its share of resamples, and goes the way that ``edges`` says.
    """
    direction = combined.directed_probability
    if direction is not None:
        return direction + direction.T, direction
    found, graph = combined.candidates, combined.graph
    at = [found.graph.index(name) for name in graph.names]
    block = np.ix_(at, at)
    adjacency = found.adjacency_support[block]
    direction = np.array(found.direction_support[block])
    for edge in combined.edges:
        if edge.mark != "-->":
            continue
        i, j = graph.index(edge.cause), graph.index(edge.effect)
        direction[i, j] = adjacency[i, j] * edge.probability
        direction[j, i] = adjacency[i, j] * (1.0 - edge.probability)
    return adjacency, direction


METHODS = (_combine("safe"), _combine("posterior"))
