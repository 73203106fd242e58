"""Parent sets of a class against the enumeration of all its members."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import dags, random_dag

from llmcd.effects.classes import parent_sets
from llmcd.equivalence import cpdag, members, orient
from llmcd.errors import GraphError
from llmcd.graph import Graph


def by_hand(graph, node):
    """Parents in each member, counted; what descends in each."""
    every = list(members(graph))
    counts = Counter(member.parents(node) for member in every)
    below = {}
    for member in every:
        below.setdefault(member.parents(node), set()).add(
            frozenset(member.descendants(node))
        )
    return {key: n / len(every) for key, n in counts.items()}, below


def check(graph):
    """Parents, shares and descendants are those of the members, for every node."""
    for node in graph.names:
        shares, below = by_hand(graph, node)
        found = parent_sets(graph, node)
        assert {one.parents for one in found} == set(shares)
        for one in found:
            assert one.share == pytest.approx(shares[one.parents])
            assert one.how == "exact"
            assert below[one.parents] == {one.descendants}


@given(dags(max_nodes=6))
@settings(max_examples=40, deadline=None)
def test_cpdags(dag):
    """In a CPDAG each parent set, its share and what descends are the members'."""
    check(cpdag(dag))


@given(dags(max_nodes=6), st.integers(0, 2**16))
@settings(max_examples=40, deadline=None)
def test_mpdags(dag, seed):
    """The same in an MPDAG, where some edges are directed by knowledge."""
    graph = cpdag(dag)
    rng = np.random.default_rng(seed)
    for _ in range(2):
        lines = graph.undirected_edges()
        if lines:
            a, b = lines[rng.integers(len(lines))]
            graph = orient(graph, *((a, b) if rng.random() < 0.5 else (b, a)))
    check(graph)


def test_the_local_rule_of_the_paper():
    """In CPDAGs: exactly the sets that make no new collider at the node."""
    rng = np.random.default_rng(3)
    for _ in range(30):
        graph = cpdag(random_dag(rng, 6, 3))
        for node in graph.names:
            near, fixed = graph.neighbours(node), graph.parents(node)
            legal = set()
            for bits in range(2 ** len(near)):
                into = [v for k, v in enumerate(near) if bits >> k & 1]
                both = [*fixed, *into]
                if all(graph.adjacent(a, b) for a in into for b in both if a != b):
                    legal.add(tuple(v for v in graph.names if v in both))
            assert {one.parents for one in parent_sets(graph, node)} == legal


def test_too_many_members():
    """Beyond the limit shares are drawn, and right to sampling error."""
    names = [f"v{k}" for k in range(6)]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[:i]]
    clique = Graph.from_edges(names, undirected=pairs)  # 720 members
    exact = {one.parents: one.share for one in parent_sets(clique, "v2", limit=1000)}
    drawn = parent_sets(clique, "v2", limit=600, seed=1)
    assert {one.how for one in drawn} == {"drawn"}
    assert {one.parents for one in drawn} == set(exact)
    for one in drawn:
        p = exact[one.parents]
        assert abs(one.share - p) < 4 * np.sqrt(p * (1 - p) / 600)
    directed = orient(clique, "v0", "v1")
    equal = parent_sets(directed, "v2", limit=10)
    assert {one.how for one in equal} == {"equal"}
    assert sum(one.share for one in equal) == pytest.approx(1)


def test_graphs_that_are_no_class():
    """Cycles and bidirected edges are refused by name."""
    loop = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c"), ("c", "a")])
    with pytest.raises(GraphError, match="cycle: a --> b --> c"):
        parent_sets(loop, "a")
    mixed = Graph.from_edges("abc", bidirected=[("a", "b")], undirected=[("b", "c")])
    with pytest.raises(GraphError, match="bidirected"):
        parent_sets(mixed, "b")
