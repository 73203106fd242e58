"""Somebody's own graph: checked, and what each single change of it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from llmcd.data.statistics import Statistics
from llmcd.discovery.objective import build_problem
from llmcd.discovery.scores import Score, choose_score
from llmcd.equivalence import consistent_extension
from llmcd.errors import GraphError
from llmcd.graph import Graph

__all__ = ["SingleChanges", "graph_of_edges", "own_graph", "part_of", "score_changes"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def own_graph(graph: Graph, names: Sequence[str]) -> Graph:
    """Somebody's graph over all columns, checked.

    Parameters
    ----------
    graph : Graph
        A DAG, CPDAG or MPDAG over some of the columns.
    names : sequence of str
        The table's columns; those that the graph leaves out become isolated nodes.

    Returns
    -------
    Graph

    Raises
    ------
    GraphError
        If a node is no column, an edge is bidirected or has a circle, or the graph
        has a cycle or no DAG among its members.

    Examples
    --------
    >>> print(own_graph(Graph.from_edges("ab", directed=[("b", "a")]), "abc"))
    b --> a
    """
    strange = sorted(set(graph.names) - set(names))
    if strange:
        raise GraphError(
            f"the graph has nodes that are no columns: {strange}; the columns are "
            f"{list(names)}"
        )
    odd = [str(edge) for edge in graph.edges() if edge.mark not in ("-->", "---")]
    if odd:
        raise GraphError(
            f"a graph to start from has directed and undirected edges only, got "
            f"{', '.join(odd)}"
        )
    consistent_extension(graph)
    return graph.with_nodes(names)


def graph_of_edges(names: Sequence[str], edges: Sequence[Sequence[str]]) -> Graph:
    """A graph from its edges as a run folder holds them: ends and mark.

    Parameters
    ----------
    names : sequence of str
        The nodes.
    edges : sequence of (str, str, str)
        Directed and undirected edges.

    Returns
    -------
    Graph

    Examples
    --------
    >>> print(graph_of_edges("ab", [("a", "b", "-->")]))
    a --> b
    """
    return Graph.from_edges(
        names,
        directed=[(a, b) for a, b, mark in edges if mark == "-->"],
        undirected=[(a, b) for a, b, mark in edges if mark == "---"],
    )


def part_of(graph: Graph, names: Sequence[str]) -> Graph:
    """The graph over some of its nodes, in their order.

    Parameters
    ----------
    graph : Graph
        Any.
    names : sequence of str
        Some of its nodes.

    Returns
    -------
    Graph

    Examples
    --------
    >>> part_of(Graph.empty("abc"), "ca").names
    ('c', 'a')
    """
    at = [graph.index(v) for v in names]
    return Graph(tuple(names), graph.marks[np.ix_(at, at)])


@dataclass(frozen=True, eq=False)
class SingleChanges:
    """How much the score of all rows rises with each single change of a DAG.

    Natural logarithm; NaN where the change cannot be made, minus infinity where the
    score does not allow it.

    Attributes
    ----------
    addition : array of float64, shape (p, p)
        Of adding ``i --> j``, where the two are not adjacent.
    removal : array of float64, shape (p, p)
        Of removing ``i --> j``.
    reversal : array of float64, shape (p, p)
        Of turning ``i --> j`` into ``j --> i``.
    switched : array of float64, shape (p, p)
        Of having i as a parent of j where it is none, and of not having it where it is.
    """

    addition: Floats
    removal: Floats
    reversal: Floats
    switched: Floats


def score_changes(
    statistics: Statistics,
    arcs: Bools,
    score: str | Score = "auto",
    *,
    before: SingleChanges | None = None,
    fresh: Sequence[int] = (),
) -> SingleChanges:
    """Score every single change of a DAG on all rows.

    Parameters
    ----------
    statistics : GaussianStatistics, CountStatistics or MixedStatistics
        Of the rows.
    arcs : array of bool, shape (p, p)
        A DAG over ``statistics.names``.
    score : {"auto", "bic", "bge", "bdeu"}, BIC, BGe or BDeu, optional
        As of ``OrderSearch``.
    before : SingleChanges, optional
        Of another DAG, to save time.
    fresh : sequence of int, optional
        With ``before``: the variables whose parents differ in that DAG.

    Returns
    -------
    SingleChanges
        Cycles are not looked for: a change that closes one has a number as well.

    Raises
    ------
    ValueError
        If the score does not fit the table.

    Examples
    --------
    >>> from llmcd.data.statistics import GaussianStatistics
    >>> corr = np.array([[1, 0.6], [0.6, 1]])
    >>> rows = GaussianStatistics(("a", "b"), 300.0, np.zeros(2), 300 * corr)
    >>> found = score_changes(rows, np.zeros((2, 2), bool))
    >>> float(found.addition[0, 1].round(2)) == float(found.addition[1, 0].round(2))
    True
    """
    from llmcd.discovery.kernels.scores import local_score, new_work

    p = len(statistics.names)
    switched = np.full((p, p), np.nan) if before is None else before.switched.copy()
    if p > 1:
        problem = build_problem(statistics, choose_score(score, statistics))
        work = new_work(problem.model)

        def local(v: int, parents: Bools) -> float:
            chosen = np.flatnonzero(parents)
            return float(local_score(problem.model, work, v, chosen, len(chosen)))

        for v in range(p) if before is None else fresh:
            own = local(v, arcs[:, v])
            for u in range(p):
                other = arcs[:, v].copy()
                other[u] = not other[u]
                switched[u, v] = local(v, other) - own if u != v else np.nan
    apart = ~(arcs | arcs.T)
    return SingleChanges(
        np.where(apart, switched, np.nan),
        np.where(arcs, switched, np.nan),
        np.where(arcs, switched + switched.T, np.nan),
        switched,
    )
