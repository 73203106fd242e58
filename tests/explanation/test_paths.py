"""Ways from sensitive variables to an outcome: against brute force over the class."""

from dataclasses import replace
from itertools import combinations, permutations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from made import made_candidates

import llmcd
from llmcd.combiner.reconcile import combine
from llmcd.equivalence import cpdag, members
from llmcd.errors import GraphError
from llmcd.expert.answers import Answers
from llmcd.explanation import find_paths
from llmcd.graph import Graph


def made(graph, samples=()):
    """A result with this graph and these sampled graphs, without an expert."""
    combined = combine(made_candidates(graph), Answers.none(), mode="safe")
    return replace(combined, samples=tuple(samples))


def random_dag(rng, size):
    """A DAG whose nodes are not in causal order."""
    names = [f"v{k}" for k in range(size)]
    order = rng.permutation(size)
    arcs = [
        (names[order[i]], names[order[j]])
        for i, j in combinations(range(size), 2)
        if rng.random() < 0.5
    ]
    return Graph.from_edges(names, directed=arcs)


@pytest.mark.parametrize("seed", range(25))
def test_ways_are_those_of_the_members(seed):
    """A way is listed exactly when some member of the class has all its arrows."""
    rng = np.random.default_rng(seed)
    graph = cpdag(random_dag(rng, 5))
    wanted = set()
    for dag in members(graph):
        drawn = nx.DiGraph(list(dag.directed_edges()))
        drawn.add_nodes_from(dag.names)
        wanted |= {tuple(p) for p in nx.all_simple_paths(drawn, "v0", "v4")}
    found = find_paths(made(graph), "v0", "v4")
    assert {path.nodes for path in found} == wanted
    for path in found:
        arrows = set(graph.directed_edges())
        steps = set(zip(path.nodes, path.nodes[1:], strict=False))
        assert set(path.undirected) == steps - arrows
        assert path.is_directed == (steps <= arrows)
        assert path.share is None


@pytest.mark.parametrize("seed", range(10))
def test_shares_by_counting(seed):
    """Of the sampled graphs those are counted that have the way, and any way at all."""
    rng = np.random.default_rng([1, seed])
    graph = random_dag(rng, 5)
    samples = [random_dag(rng, 5) for _ in range(40)]
    drawn = [nx.DiGraph(list(s.directed_edges())) for s in samples]
    for one in drawn:
        one.add_nodes_from(graph.names)
    for start, end in permutations(["v0", "v3", "v4"], 2):
        found = find_paths(made(graph, samples), [start], end)
        assert found.n_samples == 40
        any_way = sum(nx.has_path(d, start, end) for d in drawn) / 40
        assert found.shares[start] == pytest.approx(any_way)
        for path in found:
            steps = list(zip(path.nodes, path.nodes[1:], strict=False))
            there = sum(all(d.has_edge(*s) for s in steps) for d in drawn) / 40
            assert path.share == pytest.approx(there)


def test_evidence_and_words():
    """Each step says who decided; undirected ones and shares are said."""
    graph = Graph.from_edges(
        ["sex", "job", "loan", "income", "region"],
        directed=[("sex", "loan"), ("job", "loan"), ("income", "loan")],
        undirected=[("sex", "region")],
    )
    with_region = Graph.from_edges(
        graph.names, directed=[*graph.directed_edges(), ("region", "sex")]
    )
    without = Graph.from_edges(graph.names, directed=[("job", "loan")])
    found = find_paths(made(graph, [with_region, without]), ["region", "sex"], "loan")
    region, sex = found.paths
    assert str(region) == "region --- sex --> loan"
    assert region.undirected == (("region", "sex"),)
    assert (region.share, sex.share) == (0.5, 0.5)
    assert region.decided_by == ("nobody", "data")
    assert found.of("sex") == (sex,)
    text = str(found)
    assert "region to loan: 0 directed paths and 1 that needs undirected edges" in text
    assert "sex to loan: 1 directed path;" in text
    assert "in 50% of 2 sampled graphs" in text
    assert "sex --> loan: by data" in text
    frame = found.to_frame()
    assert list(frame["cause"]) == ["region", "sex", "sex"]
    assert list(frame["path"]) == [1, 1, 2]
    nothing = find_paths(made(graph), "loan", "sex")
    assert len(nothing) == 0
    assert "loan to sex: 0 directed paths." in str(nothing)


def test_many_paths_are_cut_and_said():
    """Only the shortest are kept, and a note says so."""
    names = [f"v{k}" for k in range(8)]
    whole = Graph.from_edges(names, directed=list(combinations(names, 2)))
    found = find_paths(made(whole), "v0", "v7", most=5)
    assert len(found) == 5
    assert max(len(path.nodes) for path in found) <= 3
    assert "only the 5 shortest" in found.notes[0]
    assert len(find_paths(made(whole), "v0", "v7", most=100)) == 2**6


def test_of_a_result():
    """A whole run: the sampled graphs of posterior mode give the shares."""
    rng = np.random.default_rng(3)
    df = pd.DataFrame({"sex": rng.normal(size=600), "age": rng.normal(size=600)})
    df["job"] = df.sex + df.age + rng.normal(size=600)
    df["loan"] = df.job + rng.normal(size=600)
    result = llmcd.discover(df, bootstrap=5, progress=False)
    found = result.paths(["sex"], "loan")
    (path,) = found.paths
    assert path.nodes == ("sex", "job", "loan")
    assert path.share > 0.9
    assert found.shares["sex"] >= path.share


def test_wrong_names():
    """Unknown names, an outcome that is sensitive, and nothing at all are refused."""
    one = made(Graph.from_edges("ab", directed=[("a", "b")]))
    with pytest.raises(GraphError):
        find_paths(one, "a", "z")
    for sensitive, most in ((["a", "b"], 1), ([], 1), (["a"], 0)):
        with pytest.raises(ValueError, match="paths lead from"):
            find_paths(one, sensitive, "b", most=most)
