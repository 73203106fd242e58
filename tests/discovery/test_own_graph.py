"""Somebody's own graph: checked, scored change by change, and where searches begin."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import llmcd
from llmcd.data.statistics import GaussianStatistics
from llmcd.discovery.own_graph import own_graph, part_of, score_changes
from llmcd.discovery.scores import BIC
from llmcd.errors import GraphError
from llmcd.graph import Graph


def rows_of(seed, n=80, p=4):
    """Correlated columns."""
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, p)) @ rng.normal(size=(p, p))


def closed_form(x, arcs, penalty=1.0):
    """Gaussian BIC of a DAG by least squares, up to what no change alters."""
    n, total = len(x), 0.0
    x = x - x.mean(axis=0)
    for v in range(x.shape[1]):
        parents = x[:, arcs[:, v]]
        rest = x[:, v] - parents @ np.linalg.lstsq(parents, x[:, v], rcond=None)[0]
        total -= 0.5 * n * np.log(rest @ rest / n)
        total -= 0.5 * penalty * np.log(n) * arcs[:, v].sum()
    return total


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_each_change_is_the_difference_of_two_regressions(seed):
    """Against least squares: what is added, removed or turned is worth just that."""
    rng = np.random.default_rng(seed)
    x = rows_of(seed)
    order = rng.permutation(4)
    arcs = np.zeros((4, 4), dtype=bool)
    arcs[np.ix_(order, order)] = np.triu(rng.random((4, 4)) < 0.5, 1)
    names = tuple("abcd")
    found = score_changes(GaussianStatistics.of(x, names), arcs, BIC())
    before = closed_form(x, arcs)
    for i in range(4):
        for j in range(4):
            changed = arcs.copy()
            if i == j:
                continue
            if arcs[i, j]:
                changed[i, j] = False
                gain = closed_form(x, changed) - before
                assert found.removal[i, j] == pytest.approx(gain, abs=1e-6)
                changed[j, i] = True
                gain = closed_form(x, changed) - before
                assert found.reversal[i, j] == pytest.approx(gain, abs=1e-6)
                assert np.isnan(found.addition[i, j])
            elif not arcs[j, i]:
                changed[i, j] = True
                gain = closed_form(x, changed) - before
                assert found.addition[i, j] == pytest.approx(gain, abs=1e-6)
                assert np.isnan(found.removal[i, j])
                assert np.isnan(found.reversal[i, j])


def test_only_what_changed_is_scored_anew():
    """From another DAG's scores with two columns fresh: the same as from scratch."""
    table = GaussianStatistics.of(rows_of(3), tuple("abcd"))
    one = np.zeros((4, 4), dtype=bool)
    one[0, 1] = one[1, 2] = True
    two = one.copy()
    two[1, 2], two[2, 1] = False, True
    whole = score_changes(table, two)
    part = score_changes(table, two, before=score_changes(table, one), fresh=(1, 2))
    for name in ("addition", "removal", "reversal", "switched"):
        assert np.array_equal(getattr(whole, name), getattr(part, name), equal_nan=True)


def test_one_column_or_none():
    """There is nothing to change."""
    one = GaussianStatistics.of(rows_of(0, p=1), ("a",))
    assert np.isnan(score_changes(one, np.zeros((1, 1), bool)).addition).all()


@pytest.mark.parametrize(
    "graph, says",
    [
        (Graph.from_edges("az", directed=[("a", "z")]), r"no columns: \['z'\]"),
        (Graph.from_edges("ab", bidirected=[("a", "b")]), "a <-> b"),
        (
            Graph.from_edges("abc", directed=[("a", "b"), ("b", "c"), ("c", "a")]),
            "cycle|DAG",
        ),
    ],
)
def test_what_is_no_graph_to_start_from(graph, says):
    """Strange nodes, hidden causes and cycles are refused before the search."""
    with pytest.raises(GraphError, match=says):
        own_graph(graph, "abc")
    df = pd.DataFrame(rows_of(1, p=3), columns=list("abc"))
    with pytest.raises(GraphError, match=says):
        llmcd.candidates(df, bootstrap=0, start=graph)


def test_a_part():
    """The edges among some of the nodes."""
    graph = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c")])
    assert part_of(graph, "cb").directed_edges() == (("b", "c"),)


def test_the_chains_begin_there_too():
    """Its pairs are candidates, and a chain on all rows and one on a resample start."""
    rng = np.random.default_rng(0)
    df = pd.DataFrame(rng.normal(size=(2000, 5)), columns=list("abcde"))
    mine = Graph.from_edges("abcde", directed=[("a", "b"), ("c", "b"), ("d", "e")])
    plain = llmcd.candidates(df, bootstrap=3)
    found = llmcd.candidates(df, bootstrap=3, start=mine)
    assert found.start == mine
    assert plain.start is None
    assert found.graph == plain.graph
    names = found.ensemble.names
    for a, b in mine.directed_edges():
        at = names.index(a), names.index(b)
        assert found.ensemble.is_candidate[at]
        for chain in (1, 2):
            bits = found.ensemble.starts[chain][at[1]]
            listed = found.ensemble.listed[at[1]].tolist()
            assert (bits >> listed.index(at[0])) & 1
    # rows that know nothing of it leave it again
    assert found.samples.adjacent.max() < 0.2


def test_a_start_against_the_knowledge_is_no_start_of_a_chain():
    """Hard knowledge holds in every sampled graph, whatever somebody drew."""
    rng = np.random.default_rng(1)
    df = pd.DataFrame(rng.normal(size=(300, 3)), columns=list("abc"))
    df["c"] += df["a"]
    mine = Graph.from_edges("abc", directed=[("c", "a"), ("b", "a")])
    found = llmcd.candidates(
        df, bootstrap=3, start=mine, background={"tiers": [["a"], ["b", "c"]]}
    )
    a = found.ensemble.names.index("a")
    assert not found.samples.arcs[:, :, a].any()
    assert not found.graph.parents("a")
