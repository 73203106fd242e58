"""What is measured of an estimate."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.measures import BINS, calibration_sums, measure, random_order
from benchmarks.methods import Estimate
from benchmarks.networks import known_network
from llmcd.equivalence import cpdag
from llmcd.errors import GraphError
from llmcd.graph import Graph
from llmcd.metrics import Forecasts, brier, log_loss, reliability_bins, sid

ASIA = known_network("asia")


def test_the_truth_is_perfect():
    """All distances are 0, all edges are hit, the order is right."""
    found = measure(ASIA, Estimate(ASIA.graph), seed=1)
    for zero in ("shd", "shd_half", "shd_cpdag", "aid", "sid_low", "sid_high", "d_top",
                 "adjacency_false", "arrow_false", "undirected"):  # fmt: skip
        assert found[zero] == 0, zero
    for hit in ("edges", "adjacency_hit", "arrow_hit", "effective_found"):
        assert found[hit] == 8, hit
    assert found["kind"] == "dag"
    assert found["skipped"] == {}


def test_the_class_of_the_truth_pays_for_what_it_leaves_open():
    """Half an edge each, or one; nothing against the true CPDAG."""
    graph = cpdag(ASIA.graph)
    found = measure(ASIA, Estimate(graph), seed=1)
    lines = len(graph.undirected_edges())
    assert lines == found["undirected"] == 3
    assert (found["shd_half"], found["shd"], found["shd_cpdag"]) == (1.5, 3, 0)
    assert found["sid_low"] == 0 < found["sid_high"]
    assert found["kind"] == "cpdag"


def test_no_graph_at_all():
    """An estimate that lacks variables has them without edges."""
    found = measure(ASIA, Estimate(Graph.empty(["asia", "lung"])), seed=1)
    assert found["shd"] == 8
    assert found["sid_low"] == sid(
        truth=ASIA.graph, estimate=Graph.empty(ASIA.graph.names)
    )
    assert 0 < found["d_top"] < 8
    with pytest.raises(GraphError):
        measure(ASIA, Estimate(Graph.empty(["elsewhere"])), seed=1)


def test_a_graph_with_a_cycle_is_measured_as_far_as_it_goes():
    """Peers return such graphs; what has no meaning is None, with the reason."""
    ring = Graph.from_edges(
        ["asia", "lung", "tub"],
        directed=[("asia", "tub"), ("tub", "lung"), ("lung", "asia")],
    )
    found = measure(ASIA, Estimate(ring), seed=1)
    assert found["kind"] == "none"
    assert found["adjacency_hit"] == 1
    assert found["aid"] is found["sid_low"] is found["d_top"] is None
    assert set(found["skipped"]) == {"aid", "d_top"}


@pytest.mark.parametrize("name", ["sachs-cdt", "sewage-works"])
def test_a_truth_that_is_no_dag(name):
    """A cycle or a hidden common cause: some distances exist, others say why not."""
    known = known_network(name)
    found = measure(known, Estimate(Graph.empty(known.graph.names)), seed=1)
    assert found["shd"] == known.graph.n_edges
    assert found["aid"] is None
    assert "aid" in found["skipped"]


def test_edges_without_effect_are_counted_apart():
    """They are no part of effective recall."""
    some = ASIA.graph.directed_edges()
    half = replace(ASIA, effective=some[:5])
    graph = Graph.from_edges(ASIA.graph.names, directed=[some[0], some[6], some[7]])
    found = measure(half, Estimate(graph), seed=1)
    assert (found["effective_found"], found["null_found"]) == (1, 2)
    assert found["adjacency_hit"] == 3


def test_a_stated_order_is_taken_and_others_are_drawn():
    """D_top of the reverse order turns every edge; absent nodes go anywhere."""
    order = ASIA.graph.topological_order()
    found = measure(ASIA, Estimate(ASIA.graph, order=order[::-1]), seed=1)
    assert found["d_top"] == 8
    short = measure(ASIA, Estimate(Graph.empty(order[:5]), order=order[:5]), seed=1)
    assert 0 <= short["d_top"] < 8


def test_probabilities_in_another_order_of_names():
    """Log loss and Brier score are those of the metrics, all three kinds apart."""
    rng = np.random.default_rng(0)
    names = ASIA.graph.names
    upper = np.triu(rng.random((8, 8)) / 2, 1)
    joint = upper + np.triu(rng.random((8, 8)) / 2, 1).T
    both = joint + joint.T
    turn = rng.permutation(8)
    estimate = Estimate(
        Graph.empty([names[k] for k in turn]),
        adjacency_probability=both[np.ix_(turn, turn)],
        direction_probability=joint[np.ix_(turn, turn)],
    )
    found = measure(ASIA, estimate, seed=1)
    above = np.triu_indices(8, 1)
    truth, said = ASIA.graph.adjacencies[above], both[above]
    some = (said >= 0.05) & (said <= 0.95)
    assert found["adjacency_brier"] == pytest.approx(
        brier(truth=truth, probability=said), abs=1e-5
    )
    assert found["uncertain_log_loss"] == pytest.approx(
        log_loss(truth=truth[some], probability=said[some]), abs=1e-5
    )
    way = [joint[names.index(a), names.index(b)] / both[names.index(a), names.index(b)]
           for a, b in ASIA.graph.directed_edges()]  # fmt: skip
    assert found["direction_log_loss"] == pytest.approx(-np.log(way).mean(), abs=1e-5)
    assert sum(n for n, _, _ in found["calibration"]["adjacency"]) == 28


def test_nothing_stated_is_no_score():
    """None, not zero."""
    found = measure(ASIA, Estimate(ASIA.graph), seed=1)
    assert found["adjacency_brier"] is None
    assert found["calibration"] == {}


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), min_size=1, max_size=60))
def test_sums_are_those_of_the_reliability_diagram(pairs):
    """The metrics' own bins, as sums that add up over runs."""
    truth, said = (np.array(x) for x in zip(*pairs, strict=True))
    sums = calibration_sums(Forecasts(truth.astype(bool), said.astype(float), 0))
    points = reliability_bins(truth=truth, probability=said, bins=BINS)
    filled = [s for s in sums if s[0]]
    assert [s[0] for s in filled] == [p.forecasts for p in points]
    for (n, stated, true), p in zip(filled, points, strict=True):
        assert stated / n == pytest.approx(p.stated, abs=1e-4)
        assert true / n == pytest.approx(p.observed)


def test_drawn_orders_obey_the_graph_and_reach_every_one():
    """A --- b, and c after both: two orders, both drawn."""
    graph = Graph.from_edges(
        "abc", directed=[("a", "c"), ("b", "c")], undirected=[("a", "b")]
    )
    rng = np.random.default_rng(0)
    drawn = {random_order(graph, rng) for _ in range(50)}
    assert drawn == {("a", "b", "c"), ("b", "a", "c")}
    ring = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c"), ("c", "a")])
    with pytest.raises(GraphError, match="no class"):
        random_order(ring, rng)
