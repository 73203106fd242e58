"""From sampled graphs to one: the MPDAG of least expected loss.

The loss of a pair is 1 for an edge too many, too few or reversed, and
``UNDIRECTED_COST`` for one that is there but undirected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.equivalence import cpdag, mpdag, orient
from llmcd.graph import Graph

__all__ = ["UNDIRECTED_COST", "Decided", "decide", "median_dag"]

UNDIRECTED_COST = 0.4
_SWEEPS = 50

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Decided:
    """The graph and how it came about.

    Attributes
    ----------
    graph : Graph
        The MPDAG.
    dag : Graph
        One of its members: the sampled graphs' median.
    directed : tuple of (int, int)
        Edges that the class of ``dag`` leaves open and that were directed, in order.
    """

    graph: Graph
    dag: Graph
    directed: tuple[tuple[int, int], ...]


def median_dag(share: Floats, starts: Bools, before: npt.NDArray[np.uint8]) -> Bools:
    """The DAG of least expected distance to the sampled graphs.

    Parameters
    ----------
    share : array of float, shape (p, p)
        Share of the graphs with ``i --> j``.
    starts : array of bool, shape (s, p, p)
        Sampled DAGs: the best of them is where the search begins.
    before : array of uint8, shape (p, p)
        1 where the second may not be an ancestor of the first.

    Returns
    -------
    array of bool, shape (p, p)

    Notes
    -----
    Single arcs are added, removed and reversed while the expected distance falls; each
    is weighed by what it is worth over no edge, ``2 P(i --> j) + P(j --> i) - 1``.

    Examples
    --------
    >>> share = np.array([[0, 0.7], [0.2, 0]])
    >>> median_dag(share, np.zeros((1, 2, 2), bool), np.zeros((2, 2), np.uint8)).sum()
    np.int64(1)
    """
    worth = 2.0 * share + share.T - 1.0
    totals = np.tensordot(starts, worth, axes=([1, 2], [0, 1]))
    arcs = starts[int(np.argmax(totals))].copy()
    i_all, j_all = np.nonzero((worth > 0) | arcs)
    order = sorted(
        zip(i_all.tolist(), j_all.tolist(), strict=True),
        key=lambda e: (-worth[e], e),
    )
    for _ in range(_SWEEPS):
        moved = False
        for i, j in order:
            if arcs[i, j]:
                if worth[i, j] < 0:
                    arcs[i, j] = False
                    moved = True
                continue
            if i == j or worth[i, j] <= max(0.0, worth[j, i] if arcs[j, i] else 0.0):
                continue
            turned = arcs[j, i]
            arcs[j, i] = False
            arcs[i, j] = True
            if _fits(arcs, j, i, before):
                moved = True
            else:
                arcs[i, j] = False
                arcs[j, i] = turned
        if not moved:
            break
    return arcs


def _fits(arcs: Bools, start: int, end: int, before: npt.NDArray[np.uint8]) -> bool:
    """Whether ``start`` does not lead to ``end``, and precedence holds."""
    if before.any():
        return not _breaks(arcs, before)
    seen = np.zeros(len(arcs), dtype=bool)
    front = arcs[start] & ~seen
    while front.any():
        if front[end]:
            return False
        seen |= front
        front = arcs[front].any(axis=0) & ~seen
    return True


def _breaks(arcs: Bools, before: npt.NDArray[np.uint8]) -> bool:
    """Whether there is a cycle, or something leads to what has to precede it."""
    reach = arcs.copy()
    for k in range(len(arcs)):
        reach |= np.outer(reach[:, k], reach[k])
    return bool(reach.diagonal().any() or (before.astype(bool) & reach.T).any())


def decide(
    names: Sequence[str],
    share: Floats,
    direction: Floats,
    starts: Bools,
    before: npt.NDArray[np.uint8],
    known: Background,
) -> Decided:
    """Choose the MPDAG.

    Parameters
    ----------
    names : sequence of str
        The variables.
    share : array of float, shape (p, p)
        Share of the graphs with ``i --> j``; decides which edges there are.
    direction : array of float, shape (p, p)
        Probability of ``i --> j`` if the two are adjacent; decides what is directed
        beyond the class.
    starts, before
        As of ``median_dag``.
    known : Background
        Hard knowledge, which closes the class.

    Returns
    -------
    Decided

    Notes
    -----
    The edges and v-structures are those of the median; what its class leaves open is
    directed, the surest first and closed under Meek's rules (Meek 1995, Theorem 4: no
    such orientation is impossible), while the expected loss falls.
    """
    arcs = median_dag(share, starts, before)
    dag = Graph.from_directed_matrix(tuple(names), arcs)
    graph = _with_knowledge(dag, known, before)
    open_pairs = sorted(
        (
            (-abs(direction[i, j] - 0.5), int(i), int(j))
            for i, j in np.argwhere(np.triu(graph.lines))
        ),
    )
    chosen: list[tuple[int, int]] = []
    for sure, i, j in open_pairs:
        if -sure <= 0.5 - UNDIRECTED_COST:
            break
        if not graph.lines[i, j]:
            continue
        a, b = (i, j) if direction[i, j] > 0.5 else (j, i)
        closed = orient(graph, names[a], names[b])
        if before.any() and _breaks(closed.arcs, before):
            continue
        fresh = np.argwhere(graph.lines & closed.arcs)
        if sum(1.0 - direction[x, y] - UNDIRECTED_COST for x, y in fresh) < 0:
            graph = closed
            chosen.append((a, b))
    return Decided(graph, dag, tuple(chosen))


def _with_knowledge(
    dag: Graph, known: Background, before: npt.NDArray[np.uint8]
) -> Graph:
    graph = cpdag(dag)
    settled = [
        (a, b)
        for a, b in dag.directed_edges()
        if (a, b) in known.required
        or not known.allowed(b, a)
        or before[dag.index(a), dag.index(b)]
    ]
    return mpdag(graph, settled) if settled else graph
