"""Chains over DAGs against the exact posterior, by enumeration."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

import llmcd
from llmcd.background import Background
from llmcd.discovery.objective import build_problem
from llmcd.discovery.prior import learnt_score
from llmcd.discovery.sampling import prepare_ensemble, sample_graphs
from llmcd.graph import Graph


def every_dag(p):
    """All DAGs over p nodes, as boolean matrices."""
    pairs = list(combinations(range(p), 2))
    for states in product(range(3), repeat=len(pairs)):
        arcs = np.zeros((p, p), dtype=bool)
        for (a, b), state in zip(pairs, states, strict=True):
            arcs[a, b], arcs[b, a] = state == 1, state == 2
        reach = arcs.copy()
        for k in range(p):
            reach |= np.outer(reach[:, k], reach[k])
        if not reach.diagonal().any():
            yield arcs, reach


def exact_shares(rows, pairs=(), worth=(), before=None):
    """Directed shares of the posterior, every DAG scored by itself."""
    from llmcd.discovery.kernels.scores import local_score, new_work

    statistics = rows.statistics()
    problem = build_problem(statistics, learnt_score(statistics), None, None, None)
    work, p = new_work(problem.model), len(rows.names)
    logs, dags = [], []
    for arcs, reach in every_dag(p):
        if before is not None and (before & reach.T).any():
            continue
        total = 0.0
        for v in range(p):
            parents = np.flatnonzero(arcs[:, v])
            total += local_score(problem.model, work, v, parents, len(parents))
        for (a, b), w in zip(pairs, worth, strict=True):
            state = [arcs[a, b], arcs[b, a], reach[a, b], reach[b, a], True].index(True)
            total += w[state]
        logs.append(total)
        dags.append(arcs)
    weight = np.exp(np.array(logs) - max(logs))
    return np.tensordot(weight / weight.sum(), np.array(dags, dtype=float), 1)


def table_of(kind, n, seed):
    """Four columns that depend on each other weakly."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 4))
    x[:, 1] += 0.4 * x[:, 0]
    x[:, 2] += 0.3 * x[:, 1] + 0.3 * x[:, 3]
    df = pd.DataFrame(x, columns=list("wxyz"))
    if kind == "counts":
        df = (df > 0).astype(str)
    return llmcd.table(df)


def complete(rows):
    """A graph in which everything is a candidate of everything."""
    p = len(rows.names)
    return Graph.from_directed_matrix(rows.names, np.triu(np.ones((p, p), bool), 1))


@pytest.mark.parametrize("kind", ["counts", "gaussian"])
def test_shares_are_those_of_enumeration(kind):
    """Without anything else, shares of arcs are the exact posterior's."""
    rows = table_of(kind, 150, 1)
    ensemble = prepare_ensemble(rows, [complete(rows)], chains=1, resampled=0.0)
    found = sample_graphs(ensemble, moves=100_000, kept=20_000)
    assert np.abs(found.directed - exact_shares(rows)).max() < 0.02


def test_knowledge_of_pairs_enters_exactly():
    """States of pairs (edge, ancestor, neither) get the weight that they are given."""
    rows = table_of("counts", 150, 2)
    pairs = np.array([[0, 1], [0, 3], [1, 2]])
    worth = np.log([[0.6, 0.1, 0.5, 0.2, 0.1], [0.05, 0.05, 0.7, 0.1, 0.2],
                    [0.1, 0.8, 0.2, 0.6, 0.3]])  # fmt: skip
    ensemble = prepare_ensemble(rows, [complete(rows)], chains=1, resampled=0.0)
    found = sample_graphs(ensemble, pairs, worth[None], moves=100_000, kept=20_000)
    exact = exact_shares(rows, pairs=pairs, worth=worth)
    assert np.abs(found.directed - exact).max() < 0.02
    assert np.abs(exact - exact_shares(rows)).max() > 0.1


def test_tiers_and_required_edges_hold_exactly():
    """No sampled graph breaks hard knowledge."""
    rows = table_of("counts", 150, 3)
    known = Background(required=[("w", "x")], tiers=[["w", "z"], ["y"]])
    start = Graph.from_edges(rows.names, directed=[("w", "x"), ("x", "y")])
    ensemble = prepare_ensemble(rows, [start], known, chains=1, resampled=0.0)
    found = sample_graphs(ensemble, moves=50_000, kept=10_000)
    at = [rows.names.index(v) for v in "wxyz"]
    w, x, y, z = at
    assert found.directed[w, x] == 1.0
    reach = found.directed + found.ancestral
    assert reach[y, w] == reach[y, z] == 0.0


def test_same_seed_same_graphs_whatever_the_threads():
    """Threads change nothing, to the bit."""
    rows = table_of("counts", 200, 4)
    graphs = [complete(rows)]
    one = sample_graphs(prepare_ensemble(rows, graphs, chains=4, n_jobs=1), n_jobs=1)
    two = sample_graphs(prepare_ensemble(rows, graphs, chains=4, n_jobs=2), n_jobs=2)
    assert np.array_equal(one.arcs, two.arcs)
    assert np.array_equal(one.trace, two.trace)
    other = sample_graphs(prepare_ensemble(rows, graphs, chains=4, seed=1))
    assert not np.array_equal(one.arcs, other.arcs)


def test_trace_is_the_target():
    """The trace that is updated move by move is the target of the graph kept."""
    rows = table_of("counts", 150, 5)
    ensemble = prepare_ensemble(rows, [complete(rows)], chains=1, resampled=0.0)
    found = sample_graphs(ensemble, moves=2_000, kept=50)
    from llmcd.discovery.kernels.scores import local_score, new_work

    statistics = rows.statistics()
    problem = build_problem(statistics, learnt_score(statistics), None, None, None)
    work = new_work(problem.model)
    for arcs, trace in zip(found.arcs[::7], found.trace[::7], strict=True):
        total = 0.0
        for v in range(4):
            parents = np.flatnonzero(arcs[:, v])
            total += local_score(problem.model, work, v, parents, len(parents))
        assert trace == pytest.approx(total, abs=1e-6)
