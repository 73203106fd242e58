"""What a class of DAGs leaves open about one node: its parents, and how often which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from llmcd.equivalence import is_cpdag, members, orient, sample_member
from llmcd.graph import Graph

__all__ = ["DRAWN", "EQUAL", "EXACT", "ParentSet", "parent_sets"]

EXACT = "exact"
DRAWN = "drawn"
EQUAL = "equal"


@dataclass(frozen=True)
class ParentSet:
    """One set of parents that a node has in some members of a class.

    Attributes
    ----------
    parents : tuple of str
        In node order.
    share : float
        Of the members of the class.
    descendants : frozenset of str
        The same in all those members.
    leaf : Graph
        Their class: every edge at the node is directed.
    how : str
        Whether the share was counted (``exact``), estimated from members drawn at
        random (``drawn``), or every set counts the same (``equal``).
    """

    parents: tuple[str, ...]
    share: float
    descendants: frozenset[str]
    leaf: Graph
    how: str


def parent_sets(
    graph: Graph, node: str, *, limit: int = 200, seed: int = 0
) -> tuple[ParentSet, ...]:
    """Every set of parents that a node has in some member of the class.

    Parameters
    ----------
    graph : Graph
        A DAG, CPDAG or MPDAG.
    node : str
        The treatment.
    limit : int, optional
        Members of the node's undirected component that are enumerated for the shares;
        beyond, as many are drawn where the component has no directed edge inside, and
        else every set counts the same.
    seed : int, optional
        Of that draw.

    Returns
    -------
    tuple of ParentSet
        Shares sum to 1.

    Raises
    ------
    GraphError
        If the graph has bidirected edges or circles, a cycle, or is no MPDAG.

    Notes
    -----
    Maathuis, Kalisch and Buehlmann (2009), *Estimating high-dimensional intervention
    effects from observational data*, section 3, with the closure under Meek's rules
    of Perkovic, Kalisch and Maathuis (2017), *Interpreting and using CPDAGs with
    background knowledge*, Algorithm 2, so that it holds for MPDAGs. Once all edges at
    the node are directed, what descends from it is settled (Perkovic 2020,
    *Identifying causal effects in maximally oriented partially directed acyclic
    graphs*, Theorem 3.6).

    Examples
    --------
    >>> tree = Graph.from_edges("abc", undirected=[("a", "b"), ("b", "c")])
    >>> [(one.parents, round(one.share, 2)) for one in parent_sets(tree, "b")]
    [((), 0.33), (('a',), 0.33), (('c',), 0.33)]
    """
    graph.topological_order()  # names the cycle, if there is one
    if not graph.neighbours(node):
        return (_one_set(graph, node, 1.0, EXACT),)
    leaves = {leaf.parents(node): leaf for leaf in _settled(graph, node)}
    sets = sorted(leaves, key=lambda parents: [graph.index(v) for v in parents])
    shares, how = _shares(graph, node, limit, seed)
    if how == EQUAL:
        shares = dict.fromkeys(sets, 1 / len(sets))
    return tuple(
        _one_set(leaves[parents], node, shares.get(parents, 0.0), how)
        for parents in sets
    )


def _one_set(leaf: Graph, node: str, share: float, how: str) -> ParentSet:
    below = frozenset(leaf.descendants(node))
    return ParentSet(leaf.parents(node), share, below, leaf, how)


def _settled(graph: Graph, node: str) -> Iterator[Graph]:
    """The MPDAGs in which every edge at the node is directed."""
    waiting = [graph]
    while waiting:
        now = waiting.pop()
        beside = now.neighbours(node)
        if not beside:
            yield now
            continue
        waiting.append(orient(now, beside[0], node))
        waiting.append(orient(now, node, beside[0]))


def _shares(
    graph: Graph, node: str, limit: int, seed: int
) -> tuple[dict[tuple[str, ...], float], str]:
    """Share of members for each parent set, from the undirected component alone.

    Directing edges of one undirected component of an MPDAG directs none in another, so
    that the members are the product over the components.
    """
    block = _component(graph, node)
    outside = graph.parents(node)
    found = list(islice(members(block), limit + 1))
    how = EXACT
    if len(found) > limit:
        if not is_cpdag(block):
            return {}, EQUAL
        rng = np.random.default_rng(seed)
        found = [sample_member(block, rng) for _ in range(limit)]
        how = DRAWN
    counts = Counter(
        tuple(v for v in graph.names if v in outside or v in one.parents(node))
        for one in (member.with_nodes(graph.names) for member in found)
    )
    return {parents: n / len(found) for parents, n in counts.items()}, how


def _component(graph: Graph, node: str) -> Graph:
    start = graph.index(node)
    inside, front = {start}, [start]
    while front:
        beyond = set(map(int, np.flatnonzero(graph.lines[front.pop()]))) - inside
        inside |= beyond
        front.extend(beyond)
    at = sorted(inside)
    return Graph(tuple(graph.names[i] for i in at), graph.marks[np.ix_(at, at)])
