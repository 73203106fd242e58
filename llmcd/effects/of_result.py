"""From a combined result to its rows and the graphs that are averaged over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from llmcd.combiner.combined import Combined
from llmcd.effects.rows import Rows, rows_of
from llmcd.equivalence import orient
from llmcd.errors import DataError, GraphError
from llmcd.graph import Graph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ALONE", "RESAMPLED", "graphs_of", "rows_of_result"]

ALONE = (
    "there are no resamples, so the interval is over the class of one graph, as if it "
    "were certain"
)

RESAMPLED = (
    "the graphs are searches of resampled rows, no draws from a posterior: the "
    "interval is usually too narrow, above all where an effect is weak"
)


def graphs_of(
    combined: Combined, *, seed: int = 0
) -> tuple[tuple[Graph, ...], tuple[float, ...] | None, str]:
    """The graphs that stand for what is not known about the graph.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled.
    seed : int, optional
        Of the expert's directions.

    Returns
    -------
    graphs : tuple of Graph
        The sampled graphs where the result carries them; else the resamples, in which
        each direction that the expert decided is drawn with the probability that the
        result gives it, where a resample leaves the edge open; else the one graph.
    weights : tuple of float or None
        None when all count the same.
    note : str
        Empty for sampled graphs; else what the interval leaves out.

    Notes
    -----
    A resample is no draw from a posterior: the shares are those of the search, and
    usually too sure of themselves (Friedman, Goldszmidt and Wyner 1999).
    """
    sampled: Sequence[Graph] = getattr(combined, "samples", ())
    if sampled:
        weights = getattr(combined, "sample_weights", None)
        given = (
            None if weights is None or not len(weights) else tuple(map(float, weights))
        )
        return tuple(sampled), given, ""
    replicates = combined.candidates.replicates
    if not replicates:
        return (combined.graph,), None, ALONE
    rng = np.random.default_rng(seed)
    told = sorted(
        (
            (edge.probability, edge.cause, edge.effect)
            for edge in combined.edges
            if edge.decided_by == "expert" and edge.mark == "-->"
        ),
        reverse=True,
    )
    return tuple(_directed(graph, told, rng) for graph in replicates), None, RESAMPLED


def _directed(
    graph: Graph, told: Sequence[tuple[float, str, str]], rng: np.random.Generator
) -> Graph:
    for probability, cause, effect in told:
        ends = (cause, effect) if rng.random() < probability else (effect, cause)
        if effect not in graph.neighbours(cause):
            continue
        try:
            graph = orient(graph, *ends)
        except GraphError:  # what was drawn before settles it the other way
            graph = orient(graph, *ends[::-1])
    return graph


def rows_of_result(
    combined: Combined,
    data: pd.DataFrame | None,
    variables: Any,
    *,
    new_rows: bool = False,
) -> Rows:
    """The rows of a result, checked to be the same ones.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled.
    data : pandas.DataFrame or None
        The rows; None for those that the result still holds, in standard deviations.
    variables : Variables
        The descriptions.
    new_rows : bool, optional
        Whether the rows are others than those that the graph was found on.

    Returns
    -------
    Rows

    Raises
    ------
    DataError
        If there are no rows, or they are not those of the result.
    """
    found = combined.candidates
    if data is None:
        if found.table is None:
            raise DataError(
                "this result holds no rows, as after loading: give them again as data="
            )
        return rows_of(found.table, found.names)
    missing = found.settings.get("missing", "error")
    rows = rows_of(data, found.names, variables=variables, missing=missing)
    if not new_rows and rows.table.fingerprint != found.fingerprint:
        raise DataError(
            f"these {rows.table.n_rows:,} rows are not the {found.n_rows:,} that the "
            "graph was found on (their fingerprints differ); give those, or say "
            "new_rows=True"
        )
    return rows
