"""What a class of DAGs is as a graph: Meek's rules, CPDAG, MPDAG, extensions."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from llmcd.errors import GraphError
from llmcd.graph import Graph

__all__ = [
    "consistent_extension",
    "cpdag",
    "is_cpdag",
    "is_extendable",
    "is_mpdag",
    "legal_extension",
    "meek_closure",
    "mpdag",
    "orient",
    "pattern",
]

Bools = npt.NDArray[np.bool_]


# --- Meek's rules ---------------------------------------------------------------------


def _close(arcs: Bools, lines: Bools) -> None:
    """Orient ``lines`` in place by rules R1 to R4 until none applies."""
    while True:
        adjacent = arcs | arcs.T | lines
        apart = ~adjacent
        np.fill_diagonal(apart, False)
        found = lines & (
            _rule_1(arcs, apart) | _rule_2(arcs) | _rule_3(arcs, lines, apart)
            | _rule_4(arcs, adjacent, apart)
        )  # fmt: skip
        # Two rules may claim both directions only where no extension exists.
        if (found & found.T).any():
            raise GraphError(
                "Meek's rules direct one edge both ways: no DAG obeys this graph"
            )
        if not found.any():
            return
        arcs |= found
        lines &= ~(found | found.T)


def _rule_1(arcs: Bools, apart: Bools) -> Bools:
    # c --> a, a --- b, c and b not adjacent  =>  a --> b
    return (arcs.T.astype(np.int32) @ apart.astype(np.int32)) > 0


def _rule_2(arcs: Bools) -> Bools:
    # a --> c --> b, a --- b  =>  a --> b
    step = arcs.astype(np.int32)
    return (step @ step) > 0


def _rule_3(arcs: Bools, lines: Bools, apart: Bools) -> Bools:
    # a --- c --> b, a --- d --> b, c and d not adjacent, a --- b  =>  a --> b
    found = np.zeros_like(lines)
    for a, b in np.argwhere(lines):
        middle = np.flatnonzero(lines[a] & arcs[:, b])
        found[a, b] = len(middle) > 1 and apart[np.ix_(middle, middle)].any()
    return found


def _rule_4(arcs: Bools, adjacent: Bools, apart: Bools) -> Bools:
    # d --> c --> b, a adjacent to c and d, d and b not adjacent, a --- b => a --> b
    found = np.zeros_like(arcs)
    for c in range(len(arcs)):
        into, out = np.flatnonzero(arcs[:, c]), np.flatnonzero(arcs[c])
        for d in into:
            ends = out[apart[d, out]]
            if ends.size:
                starts = np.flatnonzero(adjacent[d] & adjacent[c])
                found[np.ix_(starts, ends)] = True
    return found


def meek_closure(graph: Graph) -> Graph:
    """Close a partially directed graph under Meek's rules R1 to R4.

    Parameters
    ----------
    graph : Graph
        Arcs and undirected edges only.

    Returns
    -------
    Graph
        With every direction that the given ones imply.

    Raises
    ------
    GraphError
        If the graph has other marks, or the closure makes a directed cycle or a
        v-structure that was not there.

    Notes
    -----
    Meek (1995), *Causal inference and causal explanation with background knowledge*,
    section 2.1.2 (rules) and Theorem 4 (completeness with R4).

    Examples
    --------
    >>> g = Graph.from_edges("abc", directed=[("a", "b")], undirected=[("b", "c")])
    >>> print(meek_closure(g))
    a --> b
    b --> c
    """
    arcs, lines = _parts(graph)
    before = set(graph.v_structures())
    _close(arcs, lines)
    closed = _graph(graph.names, arcs, lines)
    if not closed.is_acyclic:
        raise GraphError("the directions given imply a directed cycle")
    new = set(closed.v_structures()) - before
    if new:
        a, c, b = sorted(new)[0]
        raise GraphError(
            f"the directions given imply the v-structure {a} --> {c} <-- {b}, which "
            "is not in the class"
        )
    return closed


def _parts(graph: Graph) -> tuple[Bools, Bools]:
    arcs, lines = graph.arcs, graph.lines
    if not np.array_equal(arcs | arcs.T | lines, graph.adjacencies):
        raise GraphError(
            "expected a graph of directed and undirected edges only; it has bidirected "
            "edges or circles"
        )
    return arcs.copy(), lines.copy()


def _graph(names: tuple[str, ...], arcs: Bools, lines: Bools) -> Graph:
    return Graph.from_directed_matrix(names, arcs | lines)


# --- classes --------------------------------------------------------------------------


def pattern(skeleton: Graph, v_structures: Iterable[tuple[str, str, str]]) -> Graph:
    """The skeleton with the arcs of its v-structures.

    Parameters
    ----------
    skeleton : Graph
        Adjacencies; marks are ignored.
    v_structures : iterable of (str, str, str)
        ``(a, c, b)`` for ``a --> c <-- b``.

    Returns
    -------
    Graph

    Raises
    ------
    GraphError
        If two v-structures direct one edge both ways or an edge is missing.

    Examples
    --------
    >>> s = Graph.from_edges("abc", undirected=[("a", "c"), ("b", "c")])
    >>> pattern(s, [("a", "c", "b")]).parents("c")
    ('a', 'b')
    """
    lines = skeleton.adjacencies.copy()
    arcs = np.zeros_like(lines)
    for a, c, b in v_structures:
        for parent in (a, b):
            i, j = skeleton.index(parent), skeleton.index(c)
            if not skeleton.marks[i, j] or arcs[j, i]:
                raise GraphError(
                    f"the v-structure {a} --> {c} <-- {b} does not fit the others"
                )
            arcs[i, j] = True
            lines[i, j] = lines[j, i] = False
    return _graph(skeleton.names, arcs, lines)


def cpdag(dag: Graph) -> Graph:
    """The CPDAG of a DAG: directed exactly where the whole class agrees.

    Raises
    ------
    GraphError
        If the graph is not a DAG.

    Notes
    -----
    Verma and Pearl (1990); Meek (1995), Theorem 3.

    Examples
    --------
    >>> print(cpdag(Graph.from_edges("ab", directed=[("a", "b")])))
    a --- b
    """
    if not dag.is_dag:
        raise GraphError("the CPDAG of a graph that is not a DAG does not exist")
    return meek_closure(pattern(dag, dag.v_structures()))


def mpdag(graph: Graph, edges: Iterable[tuple[str, str]]) -> Graph:
    """Direct edges of a CPDAG or MPDAG and close it under Meek's rules.

    Parameters
    ----------
    graph : Graph
        A CPDAG or MPDAG.
    edges : iterable of (cause, effect)
        Each must be an edge of the graph.

    Returns
    -------
    Graph

    Raises
    ------
    GraphError
        If an edge is missing, directed the other way, or the directions contradict.

    Examples
    --------
    >>> g = Graph.from_edges("abc", undirected=[("a", "b"), ("b", "c")])
    >>> print(mpdag(g, [("a", "b")]))
    a --> b
    b --> c
    """
    for cause, effect in edges:
        graph = orient(graph, cause, effect)
    return graph


def orient(graph: Graph, cause: str, effect: str) -> Graph:
    """Direct one undirected edge of an MPDAG, with all that follows.

    Raises
    ------
    GraphError
        If there is no such edge or it is directed the other way.

    Examples
    --------
    >>> print(orient(Graph.from_edges("ab", undirected=[("a", "b")]), "b", "a"))
    b --> a
    """
    i, j = graph.index(cause), graph.index(effect)
    arcs, lines = _parts(graph)
    if arcs[i, j]:
        return graph
    if not lines[i, j]:
        state = graph.edge(cause, effect)
        raise GraphError(
            f"{cause} --> {effect} is not possible: the graph has {state or 'no edge'}"
        )
    arcs[i, j] = True
    lines[i, j] = lines[j, i] = False
    return (
        meek_closure(_graph(graph.names, arcs, lines))
        if lines.any()
        else _graph(graph.names, arcs, lines)
    )


def consistent_extension(graph: Graph) -> Graph:
    """A DAG with the same skeleton, the given arcs and no new v-structure.

    Raises
    ------
    GraphError
        If there is none.

    Notes
    -----
    Dor and Tarsi (1992), *A simple algorithm to construct a consistent extension of a
    partially oriented graph*.

    Examples
    --------
    >>> g = Graph.from_edges("abc", undirected=[("a", "b"), ("b", "c")])
    >>> consistent_extension(g).is_dag
    True
    """
    arcs, lines = _parts(graph)
    found = _extend(arcs, lines)
    if found is None:
        raise GraphError("no DAG has this skeleton, these arcs and no new v-structure")
    return Graph.from_directed_matrix(graph.names, found)


def _extend(arcs: Bools, lines: Bools) -> Bools | None:
    result = arcs.copy()
    arcs, lines = arcs.copy(), lines.copy()
    left = np.ones(len(arcs), dtype=bool)
    while left.any():
        adjacent = arcs | arcs.T | lines
        for x in np.flatnonzero(left & ~arcs.any(axis=1)):
            others = np.flatnonzero(adjacent[x])
            open_ends = np.flatnonzero(lines[x])
            block = adjacent[np.ix_(open_ends, others)]
            if (block | (open_ends[:, None] == others)).all():
                break
        else:
            return None
        result[open_ends, x] = True
        left[x] = False
        arcs[x] = arcs[:, x] = lines[x] = lines[:, x] = False
    return result


def legal_extension(graph: Graph) -> Graph:
    """A DAG with this skeleton that keeps as much as a greedy search can.

    The consistent extension where there is one. Otherwise sinks are taken off with
    the fewest arcs turned round, then the fewest new v-structures: for a graph that
    a search left with a cycle, edges with two arrows, or no legal completion (a cycle
    of four without a chord needs one v-structure more, say).

    Parameters
    ----------
    graph : Graph
        Any; edges other than arcs count as undirected.

    Returns
    -------
    Graph
        A DAG.

    Examples
    --------
    >>> square = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")]
    >>> len(legal_extension(Graph.from_edges("abcd", undirected=square)).v_structures())
    1
    """
    arcs = graph.arcs
    lines = graph.adjacencies & ~(arcs | arcs.T)
    found = _extend(arcs, lines)
    if found is None:
        found = _greedy_extension(arcs, lines)
    return Graph.from_directed_matrix(graph.names, found)


def _greedy_extension(arcs: Bools, lines: Bools) -> Bools:
    """Dor and Tarsi's algorithm with counts in place of their conditions."""
    result, arcs, lines = arcs.copy(), arcs.copy(), lines.copy()
    left = np.ones(len(arcs), dtype=bool)
    while left.any():
        adjacent = arcs | arcs.T | lines
        costs: list[tuple[int, int, int]] = []
        for x in np.flatnonzero(left):
            turned = int(arcs[x].sum())
            others, opened = np.flatnonzero(adjacent[x]), np.flatnonzero(lines[x])
            apart = ~adjacent[np.ix_(opened, others)]
            apart[opened[:, None] == others] = False
            costs.append((turned, int(apart.sum()), int(x)))
        x = min(costs)[2]
        into = np.flatnonzero(adjacent[x])
        result[x, into], result[into, x] = False, True
        left[x] = False
        arcs[x] = arcs[:, x] = lines[x] = lines[:, x] = False
    return result


def is_extendable(graph: Graph) -> bool:
    """Whether some DAG has this skeleton, these arcs and no new v-structure.

    Examples
    --------
    >>> square = [("a", "b"), ("b", "c"), ("c", "d"), ("d", "a")]
    >>> is_extendable(Graph.from_edges("abcd", undirected=square))
    False
    """
    return _extend(*_parts(graph)) is not None


def is_cpdag(graph: Graph) -> bool:
    """Whether the graph is the CPDAG of some DAG.

    Examples
    --------
    >>> is_cpdag(Graph.from_edges("ab", directed=[("a", "b")]))
    False
    """
    arcs, lines = graph.arcs, graph.lines
    if not np.array_equal(arcs | arcs.T | lines, graph.adjacencies):
        return False
    found = _extend(arcs, lines)
    if found is None:
        return False
    return cpdag(Graph.from_directed_matrix(graph.names, found)) == graph


def is_mpdag(graph: Graph) -> bool:
    """Whether the graph is a CPDAG with further directions, closed under Meek's rules.

    Examples
    --------
    >>> is_mpdag(Graph.from_edges("ab", directed=[("a", "b")]))
    True
    """
    arcs, lines = graph.arcs, graph.lines
    if not np.array_equal(arcs | arcs.T | lines, graph.adjacencies):
        return False
    if _extend(arcs, lines) is None:
        return False
    return meek_closure(graph) == graph
