"""What is measured of an estimate: one flat record of numbers for JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.methods import Estimate
from benchmarks.networks import KnownNetwork
from llmcd.equivalence import is_cpdag, is_mpdag, orient
from llmcd.errors import GraphError
from llmcd.graph import Graph
from llmcd.metrics import (
    Forecasts,
    adjacency_forecasts,
    adjacency_scores,
    aid,
    arrowhead_scores,
    brier,
    d_top,
    direction_forecasts,
    effective_recall,
    log_loss,
    shd,
    shd_cpdag,
    sid_bounds,
)

__all__ = ["BINS", "calibration_sums", "measure", "random_order", "what_it_is"]

BINS = 10
UNCERTAIN = (0.05, 0.95)
ORDERS = 10  # drawn from a graph for its D_top
SID_STEPS = 2000
DEAR_FROM = 150  # nodes; SID and AID take minutes beyond

Floats = npt.NDArray[np.float64]


def measure(network: KnownNetwork, estimate: Estimate, *, seed: int) -> dict[str, Any]:
    """Everything that is measured of one estimate.

    Parameters
    ----------
    network : KnownNetwork
        The truth.
    estimate : Estimate
        Its graph may lack variables: they are nodes without an edge.
    seed : int
        Of the orders that are drawn from the graph.

    Returns
    -------
    dict
        The fields are described in benchmarks/README.md. What could not be measured is
        None, and ``skipped`` says why.

    Raises
    ------
    GraphError
        If the graph has a node that the truth does not have.
    """
    truth = network.graph
    graph = estimate.graph.with_nodes(truth.names)
    skipped: dict[str, str] = {}
    adjacency = adjacency_scores(truth=truth, estimate=graph)
    arrow = arrowhead_scores(truth=truth, estimate=graph)
    effective = effective_recall(
        truth=truth, estimate=graph, effective=network.effective
    )
    record: dict[str, Any] = {
        "kind": what_it_is(graph),
        "edges": graph.n_edges,
        "undirected": int(graph.lines.sum() // 2),
        "shd_half": shd(truth=truth, estimate=graph, undirected=0.5),
        "shd": int(shd(truth=truth, estimate=graph)),
        "shd_cpdag": _or_why(skipped, "shd_cpdag", lambda: _cpdag(truth, graph)),
        "adjacency_hit": adjacency.true_positive,
        "adjacency_false": adjacency.false_positive,
        "arrow_hit": arrow.true_positive,
        "arrow_false": arrow.false_positive,
        "effective_found": round(effective.adjacency * effective.edges),
        "effective_directed": round(effective.arrowhead * effective.edges),
        "null_found": sum(graph.adjacent(a, b) for a, b in network.null_edges),
    }
    record |= _interventions(truth, graph, skipped)
    record["d_top"] = _or_why(
        skipped, "d_top", lambda: _d_top(truth, graph, estimate.order, seed)
    )
    record |= _forecasts(truth, estimate, skipped)
    return record | {"skipped": skipped}


def what_it_is(graph: Graph) -> str:
    """``dag``, ``cpdag``, ``mpdag`` or, for what stands for no class, ``none``.

    Examples
    --------
    >>> what_it_is(Graph.from_edges("ab", directed=[("a", "b")]))
    'dag'
    """
    if graph.is_dag:
        return "dag"
    if is_cpdag(graph):
        return "cpdag"
    return "mpdag" if is_mpdag(graph) else "none"


def _or_why(skipped: dict[str, str], what: str, compute: Any) -> Any:
    try:
        return compute()
    except GraphError as problem:
        skipped[what] = str(problem)[:200]
        return None


def _cpdag(truth: Graph, graph: Graph) -> int:
    if not truth.is_dag:
        raise GraphError("the truth is no DAG")
    return shd_cpdag(truth=truth, estimate=graph)


def _interventions(
    truth: Graph, graph: Graph, skipped: dict[str, str]
) -> dict[str, Any]:
    record: dict[str, Any] = dict.fromkeys(("aid", "sid_low", "sid_high"))
    if len(truth.names) >= DEAR_FROM:
        skipped["aid"] = f"{len(truth.names)} nodes; {DEAR_FROM} or more are too dear"
        return record
    try:
        record["aid"] = aid(truth=truth, estimate=graph)
        bounds = sid_bounds(truth=truth, estimate=graph, limit=SID_STEPS)
    except GraphError as problem:
        skipped["aid"] = str(problem)[:200]
        return record
    if not bounds.exact:
        skipped["sid"] = "the bounds hold, but may be wider than need be"
    return record | {"sid_low": bounds.lower, "sid_high": bounds.upper}


def _d_top(truth: Graph, graph: Graph, order: Sequence[str] | None, seed: int) -> float:
    rng = np.random.default_rng(seed)
    if order is not None:
        absent = sorted(set(truth.names) - set(order))
        # what the method has no place for goes anywhere
        placed = list(order)
        for name in absent:
            placed.insert(int(rng.integers(len(placed) + 1)), name)
        return float(d_top(truth=truth, order=placed))
    drawn = [d_top(truth=truth, order=random_order(graph, rng)) for _ in range(ORDERS)]
    return float(np.mean(drawn))


def random_order(graph: Graph, rng: np.random.Generator) -> tuple[str, ...]:
    """An order of the nodes that a graph allows, drawn at random.

    Parameters
    ----------
    graph : Graph
        A DAG, CPDAG or MPDAG. Undirected edges are directed one by one at random, with
        Meek's closure after each.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    tuple of str

    Raises
    ------
    GraphError
        If the graph stands for no class of DAGs.

    Examples
    --------
    >>> chain = Graph.from_edges("abc", directed=[("c", "b"), ("b", "a")])
    >>> random_order(chain, np.random.default_rng(0))
    ('c', 'b', 'a')
    """
    if what_it_is(graph) == "none":
        raise GraphError("the graph stands for no class of DAGs, so it has no order")
    while graph.lines.any():
        lines = graph.undirected_edges()
        a, b = lines[int(rng.integers(len(lines)))]
        graph = orient(graph, *((a, b) if rng.random() < 0.5 else (b, a)))
    waiting = graph.arcs.sum(axis=0)
    free = [int(v) for v in np.flatnonzero(waiting == 0)]
    found: list[str] = []
    while free:
        v = free.pop(int(rng.integers(len(free))))
        found.append(graph.names[v])
        for w in np.flatnonzero(graph.arcs[v]).tolist():
            waiting[w] -= 1
            if not waiting[w]:
                free.append(w)
    return tuple(found)


def _forecasts(
    truth: Graph, estimate: Estimate, skipped: dict[str, str]
) -> dict[str, Any]:
    """Log loss, Brier score and the sums for calibration, where anything is stated."""
    names = ("adjacency", "uncertain", "direction")
    record: dict[str, Any] = {
        f"{name}_{score}": None for name in names for score in ("log_loss", "brier")
    }
    sums: dict[str, Any] = {}
    for name, stated in _stated(truth, estimate).items():
        if not stated.probability.size:
            continue
        truths, said = stated.truth, stated.probability
        loss = log_loss(truth=truths, probability=said)
        record[f"{name}_log_loss"] = round(loss, 5)
        record[f"{name}_brier"] = round(brier(truth=truths, probability=said), 5)
        sums[name] = calibration_sums(stated)
        if stated.left_out:
            skipped[f"{name}_log_loss"] = (
                f"{stated.left_out} true edges got no probability at all"
            )
    return record | {"calibration": sums}


def _stated(truth: Graph, estimate: Estimate) -> dict[str, Forecasts]:
    found: dict[str, Forecasts] = {}
    if estimate.adjacency_probability is not None:
        # half each way: only the sum is looked at
        every = adjacency_forecasts(
            truth=truth,
            probability=_spread(truth, estimate, estimate.adjacency_probability) / 2,
        )
        found["adjacency"] = every
        low, high = UNCERTAIN
        some = (every.probability >= low) & (every.probability <= high)
        found["uncertain"] = Forecasts(every.truth[some], every.probability[some], 0)
    if estimate.direction_probability is not None:
        found["direction"] = direction_forecasts(
            truth=truth,
            probability=_spread(truth, estimate, estimate.direction_probability),
        )
    return found


def _spread(truth: Graph, estimate: Estimate, stated: Floats) -> Floats:
    """In the truth's order; nothing is stated about what the estimate lacks."""
    at = [truth.index(name) for name in estimate.graph.names]
    wide = np.zeros((len(truth.names),) * 2)
    wide[np.ix_(at, at)] = stated
    return wide


def calibration_sums(stated: Forecasts) -> list[list[float]]:
    """Sums that can be added up over runs, for ``BINS`` bins of equal width.

    Returns
    -------
    list of [forecasts, sum of probabilities, number of true ones]

    Examples
    --------
    >>> one = Forecasts(np.array([True, False]), np.array([0.95, 0.0]), 0)
    >>> calibration_sums(one)[0], calibration_sums(one)[9]
    ([1, 0.0, 0], [1, 0.95, 1])
    """
    # 0.3 * 10 is a little less than 3; the edge belongs to the upper bin
    at = np.minimum((stated.probability * BINS + 1e-9).astype(int), BINS - 1)
    return [
        [
            int((at == k).sum()),
            round(float(stated.probability[at == k].sum()), 5),
            int(stated.truth[at == k].sum()),
        ]
        for k in range(BINS)
    ]
