"""Methods that look at the rows only."""

from __future__ import annotations

import llmcd
from benchmarks.cells import Cell
from benchmarks.experts import Consulted
from benchmarks.methods import Estimate, Method

__all__ = ["METHODS"]


def _shared(cell: Cell, _: Consulted | None) -> Estimate:
    """The graph that all methods which ask begin with."""
    found = cell.candidates
    return Estimate(
        found.graph,
        adjacency_probability=found.adjacency_support,
        direction_probability=found.direction_support,
        warnings=found.warnings,
        # its share of the cell's time cannot be told from the resamples'
        seconds=cell.seconds,
        memory_mib=cell.memory,
    )


def _alone(search: str) -> Method:
    def run(cell: Cell, _: Consulted | None) -> Estimate:
        found = llmcd.candidates(
            cell.table, method=search, bootstrap=0, seed=cell.seed, n_jobs=1
        )
        return Estimate(found.graph, warnings=found.warnings)

    return Method(search, "data", False, f"llmcd.{search.upper()} on all rows", run)


METHODS = (
    Method(
        "order",
        "data",
        False,
        "data alone: the converged search that all our methods begin with; its "
        "probabilities are shares of resamples",
        _shared,
    ),
    _alone("pc"),
    _alone("ges"),
)
