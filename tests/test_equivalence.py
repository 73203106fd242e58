"""Equivalence classes, against brute force over all small DAGs and causal-learn."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from naive import all_dags, all_pdags, classes, common, extensions, signature
from scipy.stats import chisquare
from strategies import dags, random_dag

from llmcd.equivalence import (
    consistent_extension,
    count_members,
    covered_edges,
    cpdag,
    direction_shares,
    is_cpdag,
    is_extendable,
    is_mpdag,
    meek_closure,
    members,
    mpdag,
    orient,
    sample_member,
)
from llmcd.errors import GraphError
from llmcd.graph import Graph

SMALL = [dag for n in (1, 2, 3, 4) for dag in all_dags(n)]


def test_robinsons_numbers():
    """The brute force itself finds 1, 3, 25 and 543 DAGs and 1, 2, 11, 185 classes."""
    assert [len(all_dags(n)) for n in (1, 2, 3, 4)] == [1, 3, 25, 543]
    assert [len(classes(n)) for n in (1, 2, 3, 4)] == [1, 2, 11, 185]


def test_cpdag_is_what_the_class_agrees_on():
    """For all DAGs with up to 4 nodes."""
    for dag in SMALL:
        assert cpdag(dag) == common(classes(len(dag.names))[signature(dag)])


def test_members_are_the_class():
    """Enumerated without dead ends and duplicates, for every class up to 4 nodes."""
    for n in (2, 3, 4):
        for dags_of_class in classes(n).values():
            graph = cpdag(dags_of_class[0])
            found = list(members(graph))
            assert len(found) == len(set(found)) == len(dags_of_class)
            assert set(found) == set(dags_of_class)
            assert count_members(graph) == len(found)
            shares = np.mean([g.arcs for g in found], axis=0)
            assert direction_shares(graph) == pytest.approx(shares)


def test_background_knowledge_closure():
    """Directing two edges gives the arcs common to all members that obey them."""
    for dags_of_class in classes(4).values():
        graph = cpdag(dags_of_class[0])
        for wanted in dags_of_class:
            edges = wanted.directed_edges()[:2]
            obeying = [
                g for g in dags_of_class if set(edges) <= set(g.directed_edges())
            ]
            closed = mpdag(graph, edges)
            assert closed == common(obeying)
            assert is_mpdag(closed)
            assert set(members(closed)) == set(obeying)
            assert count_members(closed) == len(obeying)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_extension_and_legality_on_all_graphs(n):
    """Over every graph of arcs and lines: extendable, CPDAG and MPDAG by definition."""
    cpdags = {common(members_) for members_ in classes(n).values()}
    for graph in all_pdags(n):
        every = extensions(graph)
        assert is_extendable(graph) == bool(every)
        if every:
            assert consistent_extension(graph) in every
        else:
            with pytest.raises(GraphError):
                consistent_extension(graph)
        assert is_cpdag(graph) == (graph in cpdags)
        assert is_mpdag(graph) == (bool(every) and common(every) == graph)


@given(dags(9))
@settings(max_examples=60, deadline=None)
def test_closure_is_idempotent_and_ignores_order(dag):
    """Closing twice is closing once; the order of the nodes does not matter."""
    graph = cpdag(dag)
    assert meek_closure(graph) == graph
    backwards = graph.reorder(graph.names[::-1])
    assert meek_closure(backwards) == graph


@given(dags(8))
@settings(max_examples=60, deadline=None)
def test_members_share_the_signature(dag):
    """Members of larger classes are equivalent DAGs, counted right."""
    graph = cpdag(dag)
    count = count_members(graph)
    if count > 400:
        return
    found = list(members(graph))
    assert len(set(found)) == count
    assert {signature(g) for g in found} == {signature(dag)}
    assert dag in found


def test_counts_of_trees_and_cliques():
    """N for a tree, n! for a clique, products over components; at once."""
    names = [f"v{k}" for k in range(60)]
    rng = np.random.default_rng(0)
    tree = [(names[int(rng.integers(k))], names[k]) for k in range(1, 60)]
    assert count_members(Graph.from_edges(names, undirected=tree)) == 60
    clique = Graph.from_directed_matrix(names[:30], 1 - np.eye(30))
    assert count_members(clique) == math.factorial(30)


def test_counts_of_chordal_graphs():
    """Random chordal graphs: the count is the number of enumerated members."""
    rng = np.random.default_rng(1)
    for _ in range(40):
        n = int(rng.integers(3, 8))
        near = np.zeros((n, n), dtype=bool)
        for v in range(1, n):  # a perfect elimination order, backwards
            root = int(rng.integers(v))
            clique = [root]
            for w in np.flatnonzero(near[root, :v]):
                if rng.random() < 0.7 and near[w, clique].all():
                    clique.append(int(w))
            near[v, clique] = near[clique, v] = True
        graph = Graph.from_directed_matrix([f"v{k}" for k in range(n)], near)
        assert is_cpdag(graph)
        assert count_members(graph) == sum(1 for _ in members(graph))


def test_samples_are_uniform():
    """A chi-square test over the members of a class with 8 edges."""
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("b", "d"), ("d", "e")]
    graph = Graph.from_edges("abcdef", undirected=edges)
    every = list(members(graph))
    rng = np.random.default_rng(0)
    draws = [every.index(sample_member(graph, rng)) for _ in range(60 * len(every))]
    assert chisquare(np.bincount(draws, minlength=len(every))).pvalue > 0.001


def test_covered_edges_are_those_whose_reversal_stays_in_the_class():
    """For all DAGs with up to 4 nodes."""
    for dag in SMALL:
        expected = set()
        for a, b in dag.directed_edges():
            rest = [e for e in dag.directed_edges() if e != (a, b)]
            turned = Graph.from_edges(dag.names, directed=[*rest, (b, a)])
            if turned.is_acyclic and signature(turned) == signature(dag):
                expected.add((a, b))
        assert set(covered_edges(dag)) == expected


def test_contradictions_are_errors():
    """A direction against the graph, a missing edge, a new v-structure, a cycle."""
    chain = Graph.from_edges("abc", undirected=[("a", "b"), ("b", "c")])
    with pytest.raises(GraphError, match="b --> a is not possible"):
        orient(orient(chain, "a", "b"), "b", "a")
    with pytest.raises(GraphError, match="no edge"):
        orient(chain, "a", "c")
    with pytest.raises(GraphError):
        mpdag(chain, [("a", "b"), ("c", "b")])
    with pytest.raises(GraphError, match="not a DAG"):
        cpdag(chain)
    with pytest.raises(GraphError, match="bidirected"):
        meek_closure(Graph.from_edges("ab", bidirected=[("a", "b")]))


@pytest.mark.filterwarnings("ignore")
def test_cpdag_agrees_with_causal_learn():
    """On random DAGs with up to 12 nodes."""
    from causallearn.graph.Dag import Dag
    from causallearn.graph.GraphNode import GraphNode
    from causallearn.utils.DAG2CPDAG import dag2cpdag

    rng = np.random.default_rng(2)
    for _ in range(25):
        truth = random_dag(rng, int(rng.integers(5, 13)), 2.5)
        nodes = [GraphNode(v) for v in truth.names]
        other = Dag(nodes)
        for a, b in truth.directed_edges():
            other.add_directed_edge(nodes[truth.index(a)], nodes[truth.index(b)])
        theirs = dag2cpdag(other).graph
        ours = cpdag(truth)
        assert np.array_equal(ours.arcs, (theirs == -1) & (theirs.T == 1))
        assert np.array_equal(ours.lines, (theirs == -1) & (theirs.T == -1))
