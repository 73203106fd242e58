"""The DAGs of a class: every one of them, how many, and one drawn."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import factorial

import numpy as np
import numpy.typing as npt

from llmcd.equivalence.closure import Bools, is_cpdag, orient
from llmcd.graph import Graph

__all__ = [
    "count_members",
    "covered_edges",
    "direction_shares",
    "members",
    "sample_member",
]


def members(graph: Graph) -> Iterator[Graph]:
    """Every DAG of the class that a CPDAG or MPDAG stands for, once each.

    An undirected edge is directed either way and the graph closed; by Meek (1995),
    Theorem 4, neither branch is empty.

    Parameters
    ----------
    graph : Graph
        A CPDAG or MPDAG.

    Yields
    ------
    Graph

    Raises
    ------
    GraphError
        If a branch is contradictory: the graph was no MPDAG.

    Examples
    --------
    >>> [str(g) for g in members(Graph.from_edges("ab", undirected=[("a", "b")]))]
    ['a --> b', 'b --> a']
    """
    waiting = [graph]
    while waiting:
        now = waiting.pop()
        pairs = np.argwhere(np.triu(now.lines))
        if not len(pairs):
            yield now
            continue
        a, b = (now.names[k] for k in pairs[0])
        waiting.append(orient(now, b, a))
        waiting.append(orient(now, a, b))


def covered_edges(dag: Graph) -> tuple[tuple[str, str], ...]:
    """Edges whose reversal stays in the class.

    ``x --> y`` is covered when the parents of y are those of x and x itself.

    Notes
    -----
    Chickering (1995), *A transformational characterization of equivalent Bayesian
    network structures*, Definition 2.

    Examples
    --------
    >>> g = Graph.from_edges("abc", directed=[("a", "c"), ("b", "c"), ("a", "b")])
    >>> covered_edges(g)
    (('a', 'b'), ('b', 'c'))
    """
    arcs = dag.arcs
    found: list[tuple[str, str]] = []
    for x, y in np.argwhere(arcs):
        with_x = arcs[:, x].copy()
        with_x[x] = True
        if np.array_equal(with_x, arcs[:, y]):
            found.append((dag.names[x], dag.names[y]))
    return tuple(found)


# --- counting and sampling a CPDAG's members ------------------------------------------
#
# The members of a CPDAG are the acyclic orientations without v-structure of its
# undirected components, independently (Andersson, Madigan, Perlman 1997). Those of one
# component are counted by its source: directing everything away from one node leaves
# smaller undirected components (He, Jia, Yu 2015, Algorithm 1), which are remembered.

Nodes = frozenset[int]


class _Counter:
    """Counts and draws orientations of chordal components of one graph."""

    def __init__(self, lines: Bools) -> None:
        self.near = [frozenset(map(int, np.flatnonzero(row))) for row in lines]
        self.size = lru_cache(maxsize=None)(self._size)

    def _size(self, nodes: Nodes) -> int:
        n = len(nodes)
        edges = sum(len(self.near[v] & nodes) for v in nodes) // 2
        if edges == n - 1:  # a tree: any node is the source
            return n
        if edges == n * (n - 1) // 2:  # a clique: any order
            return factorial(n)
        return sum(self.below(nodes, root) for root in nodes)

    def below(self, nodes: Nodes, root: int) -> int:
        total = 1
        for part in self.rooted(nodes, root)[1]:
            total *= self.size(part)
        return total

    def rooted(
        self, nodes: Nodes, root: int
    ) -> tuple[list[tuple[int, int]], list[Nodes]]:
        """Arcs that follow from a source, and what stays undirected."""
        arcs: list[tuple[int, int]] = []
        parents: dict[int, set[int]] = {v: set() for v in nodes}
        rank = {root: 0}
        layer = [root]
        while layer:
            beyond = {w for v in layer for w in self.near[v] & nodes if w not in rank}
            for w in beyond:
                rank[w] = rank[layer[0]] + 1
            for v in layer:
                for w in self.near[v] & beyond:
                    arcs.append((v, w))
                    parents[w].add(v)
            # R1 within a layer: v --> a, a --- b, v and b apart  =>  a --> b
            directed = self._within(beyond, parents)
            arcs.extend(directed)
            layer = list(beyond)
        done = {frozenset(pair) for pair in arcs}
        left = {
            v: {w for w in self.near[v] & nodes if frozenset((v, w)) not in done}
            for v in nodes
        }
        return arcs, _components(left)

    def _within(
        self, layer: set[int], parents: dict[int, set[int]]
    ) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        waiting = [
            (a, b)
            for a in layer
            for b in self.near[a] & layer
            if parents[a] - self.near[b] - {b}
        ]
        seen: set[tuple[int, int]] = set()
        while waiting:
            a, b = waiting.pop()
            if (a, b) in seen:
                continue
            seen.add((a, b))
            found.append((a, b))
            parents[b].add(a)
            waiting.extend(
                (b, c) for c in self.near[b] & layer if c != a and c not in self.near[a]
            )
        return found

    def draw(self, nodes: Nodes, rng: np.random.Generator) -> list[tuple[int, int]]:
        """Arcs of one uniformly drawn orientation."""
        if len(nodes) < 2:
            return []
        roots = sorted(nodes)
        pick = _integer_below(self.size(nodes), rng)
        root = roots[0]
        for root in roots:
            pick -= self.below(nodes, root)
            if pick < 0:
                break
        arcs, parts = self.rooted(nodes, root)
        for part in parts:
            arcs = arcs + self.draw(part, rng)
        return arcs


def _components(near: dict[int, set[int]]) -> list[Nodes]:
    found: list[Nodes] = []
    seen: set[int] = set()
    for start in sorted(near):
        if start in seen or not near[start]:
            continue
        inside, front = {start}, [start]
        while front:
            for w in near[front.pop()] - inside:
                inside.add(w)
                front.append(w)
        seen |= inside
        found.append(frozenset(inside))
    return found


def _integer_below(bound: int, rng: np.random.Generator) -> int:
    """A uniform integer in [0, bound), for bounds beyond 64 bits too."""
    words = bound.bit_length() // 32 + 3
    value = 0
    for word in rng.integers(0, 2**32, size=words):
        value = (value << 32) | int(word)
    return value * bound >> (32 * words)


def _counter(graph: Graph) -> tuple[_Counter, list[Nodes]]:
    lines = graph.lines
    near = {v: set(map(int, np.flatnonzero(row))) for v, row in enumerate(lines)}
    return _Counter(lines), _components(near)


def count_members(graph: Graph) -> int:
    """Number of DAGs in the class of a CPDAG or MPDAG.

    Parameters
    ----------
    graph : Graph
        A CPDAG, or an MPDAG, whose members are enumerated.

    Returns
    -------
    int

    Notes
    -----
    He, Jia and Yu (2015), *Counting and exploring sizes of Markov equivalence classes
    of directed acyclic graphs*, Algorithm 1, with closed forms for trees and cliques.

    Examples
    --------
    >>> tree = Graph.from_edges("abc", undirected=[("a", "b"), ("b", "c")])
    >>> count_members(tree)
    3
    """
    if not is_cpdag(graph):
        return sum(1 for _ in members(graph))
    counter, parts = _counter(graph)
    total = 1
    for part in parts:
        total *= counter.size(part)
    return total


def sample_member(graph: Graph, rng: np.random.Generator) -> Graph:
    """One DAG of the class, each as likely as any other.

    Parameters
    ----------
    graph : Graph
        A CPDAG, or an MPDAG, whose members are enumerated.
    rng : numpy.random.Generator
        The source of randomness.

    Returns
    -------
    Graph

    Examples
    --------
    >>> tree = Graph.from_edges("abc", undirected=[("a", "b"), ("b", "c")])
    >>> sample_member(tree, np.random.default_rng(0)).is_dag
    True
    """
    if not is_cpdag(graph):
        every = list(members(graph))
        return every[int(rng.integers(len(every)))]
    counter, parts = _counter(graph)
    arcs = graph.arcs.copy()
    for part in parts:
        for i, j in counter.draw(part, rng):
            arcs[i, j] = True
    return Graph.from_directed_matrix(graph.names, arcs)


def direction_shares(graph: Graph, limit: int = 2000) -> npt.NDArray[np.float64]:
    """For each pair, the share of the class's members that direct it one way.

    Parameters
    ----------
    graph : Graph
        A CPDAG or MPDAG.
    limit : int, optional
        For an undirected component with more members than this, one half.

    Returns
    -------
    array of float, shape (n, n)
        ``[i, j]`` is 1 for ``i --> j``, the share of members with ``i --> j`` for an
        undirected edge, and 0 where there is no edge.

    Examples
    --------
    >>> tree = Graph.from_edges("abc", undirected=[("a", "b"), ("b", "c")])
    >>> direction_shares(tree)[0, 1].round(3)
    np.float64(0.333)
    """
    shares = graph.arcs.astype(np.float64)
    lines = graph.lines
    near = {v: set(map(int, np.flatnonzero(row))) for v, row in enumerate(lines)}
    for part in _components(near):
        at = np.array(sorted(part))
        block = np.ix_(at, at)
        inside = Graph(tuple(graph.names[i] for i in at), graph.marks[block])
        total = np.zeros((len(at), len(at)))
        count = 0
        for member in members(inside):
            count += 1
            if count > limit:
                break
            total += member.arcs
        mean = total / count if count <= limit else np.full_like(total, 0.5)
        shares[block] = np.where(lines[block], mean, shares[block])
    return shares
