"""Slow twins: definitions written out, to hold the fast versions against."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

import numpy as np

from llmcd.graph import Graph


def acyclic(arcs: np.ndarray) -> bool:
    """Whether repeatedly removing sinks empties the graph."""
    left = list(range(len(arcs)))
    while left:
        sinks = [i for i in left if not arcs[np.ix_([i], left)].any()]
        if not sinks:
            return False
        left = [i for i in left if i not in sinks]
    return True


@cache
def all_dags(n: int) -> tuple[Graph, ...]:
    """Every labelled DAG with n nodes: 1, 3, 25, 543 (Robinson 1973)."""
    names = tuple("abcdefgh"[:n])
    pairs = list(itertools.combinations(range(n), 2))
    found = []
    for choice in itertools.product(range(3), repeat=len(pairs)):
        arcs = np.zeros((n, n), dtype=bool)
        for (i, j), way in zip(pairs, choice, strict=True):
            if way:
                arcs[(i, j) if way == 1 else (j, i)] = True
        if acyclic(arcs):
            found.append(Graph.from_directed_matrix(names, arcs))
    return tuple(found)


def all_pdags(n: int) -> Iterator[Graph]:
    """Every graph of arcs and undirected edges on n nodes."""
    names = tuple("abcdefgh"[:n])
    pairs = list(itertools.combinations(range(n), 2))
    for choice in itertools.product(range(4), repeat=len(pairs)):
        marks = np.zeros((n, n), dtype=bool)
        for (i, j), way in zip(pairs, choice, strict=True):
            marks[i, j] = way in (1, 3)
            marks[j, i] = way in (2, 3)
        yield Graph.from_directed_matrix(names, marks)


def signature(dag: Graph) -> tuple:
    """Skeleton and v-structures: equal exactly for equivalent DAGs (Verma, Pearl)."""
    return (
        frozenset(frozenset(e[:2]) for e in dag.edges()),
        frozenset((frozenset((a, b)), c) for a, c, b in dag.v_structures()),
    )


@cache
def classes(n: int) -> dict:
    """All Markov equivalence classes on n nodes: signature to members."""
    found: dict = {}
    for dag in all_dags(n):
        found.setdefault(signature(dag), []).append(dag)
    return found


def common(dags: list[Graph]) -> Graph:
    """Arcs on which all DAGs agree, everything else undirected."""
    arcs = np.logical_and.reduce([g.arcs for g in dags])
    some = np.logical_or.reduce([g.arcs for g in dags])
    open_pairs = (some | some.T) & ~(arcs | arcs.T)
    return Graph.from_directed_matrix(dags[0].names, arcs | open_pairs)


def extensions(graph: Graph) -> list[Graph]:
    """All DAGs with the skeleton, the arcs and the v-structures of a graph."""
    pairs = graph.undirected_edges()
    wanted = set(map(frozenset, graph.v_structures()))
    found = []
    for turn in itertools.product((False, True), repeat=len(pairs)):
        arcs = graph.arcs.copy()
        for (a, b), swap in zip(pairs, turn, strict=True):
            i, j = graph.index(a), graph.index(b)
            arcs[(j, i) if swap else (i, j)] = True
        if acyclic(arcs):
            dag = Graph.from_directed_matrix(graph.names, arcs)
            if set(map(frozenset, dag.v_structures())) == wanted:
                found.append(dag)
    return found


def d_separated(dag: Graph, x: str, y: str, given: set[str]) -> bool:
    """No path between x and y is open, by the definition of blocking (Pearl 1988)."""
    arcs, names = dag.arcs, dag.names
    reach = dag.reach()
    z = {names.index(v) for v in given}

    def open_at(a: int, b: int, c: int) -> bool:
        if arcs[a, b] and arcs[c, b]:
            return b in z or any(reach[b, k] for k in z)
        return b not in z

    def walk(path: list[int]) -> bool:
        last = path[-1]
        if last == names.index(y):
            return True
        for nxt in np.flatnonzero(arcs[last] | arcs[:, last]):
            step = int(nxt)
            if step in path:
                continue
            if len(path) > 1 and not open_at(path[-2], last, step):
                continue
            if walk([*path, step]):
                return True
        return False

    return not walk([names.index(x)])
