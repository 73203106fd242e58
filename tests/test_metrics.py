"""Distances agree with definitions written out, with papers' examples and gadjid."""

from __future__ import annotations

import itertools
import math
import time
from functools import cache

import naive
import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as peer_log_loss

from llmcd.equivalence import cpdag, is_cpdag, is_mpdag, members, orient
from llmcd.errors import GraphError
from llmcd.graph import Graph
from llmcd.metrics import (
    Scores,
    adjacency_forecasts,
    adjacency_scores,
    aid,
    arrowhead_scores,
    brier,
    d_top,
    direction_forecasts,
    effective_recall,
    expected_calibration_error,
    log_loss,
    reliability_bins,
    shd,
    shd_cpdag,
    sid,
    sid_bounds,
)

ADJUSTMENTS = ("parent", "ancestor", "oset")
CHAIN = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c")])
CYCLE = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c"), ("c", "a")])


# --- slow twins -----------------------------------------------------------------------
#
# A linear Gaussian model with weights drawn at random has, but for a set of measure
# zero, only those equalities between distributions that its graph implies.
# Interventions are computed by cutting the graph, adjustments by regression, both in
# closed form.


def remembered(function):
    """Results by the marks of a graph, which are quicker to compare than its edges."""
    known: dict = {}

    def ask(graph, *rest):
        key = (graph.marks.tobytes(), *rest)
        if key not in known:
            known[key] = function(graph, *rest)
        return known[key]

    return ask


def covariance(weights: np.ndarray) -> np.ndarray:
    """Of x = W' x + e with unit noise."""
    mix = np.linalg.inv(np.eye(len(weights)) - weights)
    return mix.T @ mix


@remembered
def weights_of(dag: Graph) -> np.ndarray:
    """Arbitrary weights on the arcs."""
    rng = np.random.default_rng(17)
    size = rng.uniform(0.5, 1.5, (9, 9)) * rng.choice([-1, 1], (9, 9))
    n = len(dag.names)
    return dag.arcs * size[:n, :n]


@remembered
def intervention(dag: Graph, t: int, y: int) -> tuple[float, float]:
    """Slope and variance of y when t is set."""
    cut = weights_of(dag).copy()
    cut[:, t] = 0
    slope = np.linalg.inv(np.eye(len(cut)) - cut)[t, y]
    spread = covariance(cut)[y, y] - slope**2  # the unit noise of t is not there
    return float(slope), float(spread)


@remembered
def adjusted(dag: Graph, t: int, y: int, z: tuple[int, ...]) -> tuple[float, float]:
    """Slope and variance of y when t is set, computed by adjusting for z."""
    cov = covariance(weights_of(dag))
    on = [t, *z]
    beta = np.linalg.solve(cov[np.ix_(on, on)], cov[on, y])
    rest = cov[y, y] - beta @ cov[on, y]
    return float(beta[0]), float(rest + beta[1:] @ cov[np.ix_(z, z)] @ beta[1:])


@remembered
def no_effect(dag: Graph, t: int, y: int) -> bool:
    """Whether setting t leaves y as it is."""
    return abs(intervention(dag, t, y)[0]) < 1e-9


@remembered
def valid(dag: Graph, t: int, y: int, z: tuple[int, ...]) -> bool:
    """Whether adjusting for z gives what an intervention would."""
    return np.allclose(intervention(dag, t, y), adjusted(dag, t, y, z), atol=1e-9)


def ordered_pairs(graph: Graph):
    """All (t, y)."""
    return itertools.permutations(range(len(graph.names)), 2)


def slow_sid(truth: Graph, estimate: Graph) -> int:
    """Peters and Buehlmann's definition, by intervention distributions."""
    wrong = 0
    for t, y in ordered_pairs(truth):
        z = tuple(map(int, np.flatnonzero(estimate.arcs[:, t])))
        right = no_effect(truth, t, y) if y in z else valid(truth, t, y, z)
        wrong += not right
    return wrong


@remembered
def in_class(graph: Graph) -> tuple[Graph, ...]:
    """Every DAG that the graph stands for."""
    return tuple(naive.extensions(graph))


@remembered
def none_possible(graph: Graph, t: int, y: int) -> bool:
    """Whether t leaves y alone in the whole class."""
    return all(no_effect(dag, t, y) for dag in in_class(graph))


@remembered
def valid_in_class(graph: Graph, t: int, y: int, z: tuple[int, ...]) -> bool:
    """Whether z is right in the whole class."""
    return all(valid(dag, t, y, z) for dag in in_class(graph))


@remembered
def out_of_reach(graph: Graph, t: int, y: int) -> bool:
    """Whether there may be an effect and no set is right in the whole class."""
    if none_possible(graph, t, y):
        return False
    others = [v for v in range(len(graph.names)) if v not in (t, y)]
    sets = itertools.chain.from_iterable(
        itertools.combinations(others, k) for k in range(len(others) + 1)
    )
    return not any(valid_in_class(graph, t, y, z) for z in sets)


@remembered
def adjustment_set(graph: Graph, t: int, y: int, kind: str) -> tuple[int, ...] | None:
    """What a graph adjusts for by the definitions; None claims no effect."""
    names, parents = graph.names, graph.parents
    if kind == "parent":
        found = set(parents(names[t]))
        return None if names[y] in found else numbers(graph, found)
    if none_possible(graph, t, y):
        return None
    if kind == "ancestor":
        return numbers(graph, graph.ancestors(names[t]))
    below, above = set(graph.descendants(names[t])), set(graph.ancestors(names[y]))
    causal = below & (above | {names[y]})
    forbidden = {names[t]} | causal
    for dag in in_class(graph):
        forbidden |= {v for w in causal for v in dag.descendants(w)}
    return numbers(graph, {p for w in causal for p in parents(w)} - forbidden)


def numbers(graph: Graph, names) -> tuple[int, ...]:
    """Positions of some nodes."""
    return tuple(sorted(graph.names.index(v) for v in names))


def slow_aid(truth: Graph, estimate: Graph, kind: str) -> int:
    """Henckel, Wuertzen and Weichwald's definition over all members of both classes."""
    wrong = 0
    for t, y in ordered_pairs(truth):
        z = adjustment_set(estimate, t, y, kind)
        if z is None:
            right = none_possible(truth, t, y)
        elif out_of_reach(estimate, t, y) or out_of_reach(truth, t, y):
            right = out_of_reach(estimate, t, y) and out_of_reach(truth, t, y)
        else:
            right = valid_in_class(truth, t, y, z)
        wrong += not right
    return wrong


@cache
def legal_graphs(n: int) -> tuple[Graph, ...]:
    """Every DAG, CPDAG and MPDAG."""
    mpdags = [g for g in naive.all_pdags(n) if is_mpdag(g)]
    return tuple(dict.fromkeys([*naive.all_dags(n), *mpdags]))


@cache
def cpdags(n: int) -> tuple[Graph, ...]:
    """One graph for each equivalence class."""
    return tuple(naive.common(dags) for dags in naive.classes(n).values())


# --- Hamming distances and scores -----------------------------------------------------


def slow_shd(truth: Graph, estimate: Graph, undirected: float) -> float:
    """Edge by edge, by their names."""
    total = 0.0
    for a, b in itertools.combinations(truth.names, 2):
        one, two = truth.edge(a, b), estimate.edge(a, b)
        if one == two:
            continue
        marks = {edge.mark for edge in (one, two) if edge}
        half = one and two and marks == {"---", "-->"}
        total += undirected if half else 1.0
    return total


def test_shd_counts_pairs():
    """Over all pairs of partially directed graphs on three nodes."""
    graphs = list(naive.all_pdags(3))
    for truth, estimate in itertools.product(graphs, repeat=2):
        for cost in (1.0, 0.5):
            found = shd(truth=truth, estimate=estimate, undirected=cost)
            assert found == slow_shd(truth, estimate, cost)


def test_shd_of_a_reversal_is_one_and_of_a_half_open_edge_the_cost():
    """The conventions in numbers."""
    turned = Graph.from_edges("abc", directed=[("b", "a"), ("b", "c")])
    assert shd(truth=CHAIN, estimate=turned) == 1
    assert shd(truth=CHAIN, estimate=CHAIN.skeleton()) == 2
    assert shd(truth=CHAIN, estimate=CHAIN.skeleton(), undirected=0.5) == 1
    assert shd(truth=CHAIN, estimate=Graph.empty("abc"), undirected=0.5) == 2


def test_shd_between_classes():
    """The distance of the two classes' common graphs; zero exactly within a class."""
    dags = naive.all_dags(3)
    for truth, estimate in itertools.product(dags, repeat=2):
        ours = shd_cpdag(truth=truth, estimate=estimate)
        one, two = (naive.common(naive.classes(3)[naive.signature(g)])
                    for g in (truth, estimate))  # fmt: skip
        assert ours == slow_shd(one, two, 1.0)
        assert (ours == 0) == (naive.signature(truth) == naive.signature(estimate))


def test_shd_between_classes_takes_back_what_knowledge_directed():
    """An MPDAG is as far away as its CPDAG; a cyclic graph is taken as it is."""
    known = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c")])
    half = Graph.from_edges("abc", undirected=[("a", "b")], directed=[("c", "b")])
    assert shd_cpdag(truth=known, estimate=known.skeleton()) == 0
    assert not is_mpdag(half)
    assert shd_cpdag(truth=CHAIN, estimate=CYCLE) == 3
    loops = Graph.from_edges("abc", bidirected=[("a", "b")], undirected=[("b", "c")])
    assert shd_cpdag(truth=CHAIN, estimate=loops) == 1
    with pytest.raises(GraphError, match="no DAG"):
        shd_cpdag(truth=CYCLE, estimate=CHAIN)


def test_scores_count_edges_and_ends():
    """Against sets of pairs and of (tail, head)."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        truth, estimate = (cpdag(strategies.random_dag(rng, 6, 2)) for _ in range(2))
        pairs = [{frozenset(e[:2]) for e in g.edges()} for g in (truth, estimate)]
        heads = [set(g.directed_edges()) for g in (truth, estimate)]
        for (want, got), score in zip(
            (pairs, heads), (adjacency_scores, arrowhead_scores), strict=True
        ):
            found = score(truth=truth, estimate=estimate)
            assert found.true_positive == len(want & got)
            assert found.false_positive == len(got - want)
            assert found.false_negative == len(want - got)
            if want and got:
                assert found.precision == len(want & got) / len(got)
                assert found.recall == len(want & got) / len(want)
                both = len(want) + len(got)
                assert found.f1 == pytest.approx(2 * len(want & got) / both)


def test_a_bidirected_edge_has_two_arrowheads():
    """Each end counts on its own."""
    truth = Graph.from_edges("ab", directed=[("a", "b")])
    common_cause = Graph.from_edges("ab", bidirected=[("a", "b")])
    found = arrowhead_scores(truth=truth, estimate=common_cause)
    assert (found.precision, found.recall) == (0.5, 1.0)
    assert adjacency_scores(truth=truth, estimate=common_cause).f1 == 1.0


def test_scores_of_nothing():
    """Nothing claimed is precise, nothing to find is found."""
    nothing = np.zeros(3, dtype=bool)
    assert Scores.of(nothing, nothing) == Scores(1.0, 1.0, 1.0, 0, 0, 0)
    assert Scores.of(~nothing, nothing) == Scores(1.0, 0.0, 0.0, 0, 0, 3)
    assert Scores.of(nothing, ~nothing) == Scores(0.0, 1.0, 0.0, 0, 3, 0)


def test_recall_over_effective_edges():
    """A null edge is neither missed nor found."""
    estimate = Graph.from_edges("abc", undirected=[("a", "b")])
    every = effective_recall(
        truth=CHAIN, estimate=estimate, effective=CHAIN.directed_edges()
    )
    assert every == (0.5, 0.0, 2, 0)
    some = effective_recall(truth=CHAIN, estimate=estimate, effective=[("a", "b")])
    assert some == (1.0, 0.0, 1, 1)
    none = effective_recall(truth=CHAIN, estimate=estimate, effective=[])
    assert none == (1.0, 1.0, 0, 2)
    turned = Graph.from_edges("cba", directed=[("b", "a"), ("b", "c")])
    found = effective_recall(
        truth=CHAIN, estimate=turned, effective=[("b", "c"), ("a", "b")]
    )
    assert found == (1.0, 0.5, 2, 0)
    with pytest.raises(GraphError, match="c --> b is not an arc"):
        effective_recall(truth=CHAIN, estimate=CHAIN, effective=[("c", "b")])


def test_d_top_counts_arcs_that_point_back():
    """Over all orders of all DAGs on three nodes; zero exactly for valid orders."""
    for truth in naive.all_dags(3):
        for order in itertools.permutations("abc"):
            back = [(a, b) for a, b in truth.directed_edges()
                    if order.index(b) < order.index(a)]  # fmt: skip
            assert d_top(truth=truth, order=order) == len(back)
    assert d_top(truth=CHAIN, order=CHAIN.topological_order()) == 0
    with pytest.raises(GraphError, match="exactly once"):
        d_top(truth=CHAIN, order=["a", "b"])


# --- interventions --------------------------------------------------------------------


def test_sid_of_the_paper():
    """Peters and Buehlmann (2015), figure 1: SHD 1 and 1, SID 0 and 8."""
    names = ["x1", "x2", "y1", "y2", "y3"]
    down = [(x, y) for x in names[:2] for y in names[2:]]
    truth = Graph.from_edges(names, directed=[("x1", "x2"), *down])
    one = Graph.from_edges(names, directed=[("x1", "x2"), *down, ("y1", "y2")])
    two = Graph.from_edges(names, directed=[("x2", "x1"), *down])
    assert [shd(truth=truth, estimate=g) for g in (one, two)] == [1, 1]
    assert [sid(truth=truth, estimate=g) for g in (one, two)] == [0, 8]


def test_sid_of_every_pair_of_three_nodes():
    """By intervention distributions, for all 625 pairs of DAGs."""
    for truth, estimate in itertools.product(naive.all_dags(3), repeat=2):
        assert sid(truth=truth, estimate=estimate) == slow_sid(truth, estimate)


def test_sid_of_four_nodes():
    """All DAGs against all parent sets of all nodes, and a sample of pairs.

    The distance adds up what the parents of each node get wrong, so that graphs with
    one node's parents only cover every pair of DAGs.
    """
    rng = np.random.default_rng(0)
    dags = naive.all_dags(4)
    stars = [g for g in dags if np.count_nonzero(g.arcs.any(axis=0)) <= 1]
    assert len(stars) == 1 + 4 * 7
    for truth in dags:
        some = [dags[k] for k in rng.integers(len(dags), size=2)]
        for estimate in (*stars, *some):
            assert sid(truth=truth, estimate=estimate) == slow_sid(truth, estimate)


def test_a_complete_graph_in_a_true_order_is_right():
    """Adjusting for all that comes before a cause is always valid."""
    rng = np.random.default_rng(5)
    for _ in range(30):
        truth = strategies.random_dag(rng, 9, 3)
        order = truth.topological_order()
        all_before = itertools.combinations(order, 2)
        full = Graph.from_edges(truth.names, directed=all_before)
        assert sid(truth=truth, estimate=full) == 0
        assert aid(truth=truth, estimate=full, adjustment="ancestor") == 0
        assert aid(truth=full, estimate=truth, adjustment="parent") >= 0


def test_bounds_are_the_extremes_of_the_class():
    """Every CPDAG and MPDAG on four nodes, by enumeration of its members."""
    rng = np.random.default_rng(1)
    dags = naive.all_dags(4)
    graphs = [g for g in legal_graphs(4) if not g.is_dag]
    for k, estimate in enumerate((*cpdags(4), *graphs[::5])):
        truth = dags[int(rng.integers(len(dags)))]
        each = [slow_sid(truth, dag) for dag in in_class(estimate)]
        found = sid_bounds(truth=truth, estimate=estimate)
        assert found == (min(each), max(each), True), k
        rough = sid_bounds(truth=truth, estimate=estimate, limit=0)
        assert rough.lower <= found.lower <= found.upper <= rough.upper
        assert rough.exact == (not estimate.lines.any())


def test_bounds_of_larger_classes():
    """Components up to seven nodes, against all members one by one."""
    rng = np.random.default_rng(2)
    for _ in range(25):
        truth = strategies.random_dag(rng, 7, 2)
        estimate = cpdag(strategies.random_dag(rng, 7, rng.uniform(1, 4)))
        each = [sid(truth=truth, estimate=dag) for dag in members(estimate)]
        found = sid_bounds(truth=truth, estimate=estimate)
        assert found == (min(each), max(each), True)


def test_bounds_with_knowledge_inside_a_class():
    """MPDAGs on seven nodes, some directed inside a component, by all members."""
    rng = np.random.default_rng(12)
    inside = 0
    for _ in range(40):
        truth = strategies.random_dag(rng, 7, 2)
        estimate = cpdag(strategies.random_dag(rng, 7, rng.uniform(1, 6)))
        for a, b in rng.permutation(estimate.undirected_edges()).tolist()[:2]:
            if (a, b) in estimate.undirected_edges():
                estimate = orient(estimate, a, b)
        inside += not is_cpdag(estimate)
        each = [sid(truth=truth, estimate=dag) for dag in members(estimate)]
        found = sid_bounds(truth=truth, estimate=estimate)
        assert found == (min(each), max(each), True)
    assert inside > 10


def test_bounds_of_a_large_clique_hold():
    """Forty nodes without any direction: no search, no hang, true bounds."""
    rng = np.random.default_rng(4)
    truth = strategies.random_dag(rng, 40, 3)
    order = truth.topological_order()
    clique = Graph.from_directed_matrix(truth.names, ~np.eye(40, dtype=bool))
    found = sid_bounds(truth=truth, estimate=clique, limit=100)
    back = Graph.from_edges(
        truth.names, directed=itertools.combinations(order[::-1], 2)
    )
    assert found.lower == 0
    assert found.upper >= sid(truth=truth, estimate=back)
    assert not found.exact


@pytest.mark.parametrize("adjustment", ADJUSTMENTS)
def test_aid_of_every_pair_of_three_nodes(adjustment):
    """DAGs, CPDAGs and MPDAGs on both sides, by the members of both classes."""
    for truth, estimate in itertools.product(legal_graphs(3), repeat=2):
        found = aid(truth=truth, estimate=estimate, adjustment=adjustment)
        assert found == slow_aid(truth, estimate, adjustment)


@pytest.mark.parametrize("adjustment", ADJUSTMENTS)
def test_aid_of_four_nodes(adjustment):
    """A sample of pairs, half of them with undirected edges on both sides."""
    rng = np.random.default_rng(6)
    graphs = legal_graphs(4)
    open_ones = [g for g in graphs if not g.is_dag]
    for some in (graphs, open_ones):
        for i, j in rng.integers(len(some), size=(250, 2)):
            found = aid(truth=some[i], estimate=some[j], adjustment=adjustment)
            assert found == slow_aid(some[i], some[j], adjustment)


@pytest.mark.parametrize("adjustment", ADJUSTMENTS)
def test_aid_of_a_class_to_itself_is_zero(adjustment):
    """For every fourth legal graph on four nodes, and larger CPDAGs."""
    rng = np.random.default_rng(7)
    larger = [cpdag(strategies.random_dag(rng, 12, 3)) for _ in range(20)]
    for graph in (*legal_graphs(4)[::4], *larger):
        assert aid(truth=graph, estimate=graph, adjustment=adjustment) == 0


def test_an_open_edge_is_two_mistakes_to_a_dag():
    """A CPDAG says of both directions that no adjustment identifies them."""
    truth = Graph.from_edges("ab", directed=[("a", "b")])
    for adjustment in ADJUSTMENTS:
        found = aid(truth=truth, estimate=truth.skeleton(), adjustment=adjustment)
        assert found == 2


@pytest.mark.parametrize("adjustment", ADJUSTMENTS)
def test_aid_agrees_with_gadjid(adjustment):
    """Random DAGs and CPDAGs up to 76 nodes, against the authors' program."""
    gadjid = pytest.importorskip("gadjid")
    peer = getattr(gadjid, f"{adjustment}_aid")
    rng = np.random.default_rng(8)

    def matrix(graph):
        return graph.arcs.astype(np.int8) + 2 * np.triu(graph.lines).astype(np.int8)

    for n in [4] * 60 + [8] * 40 + [20] * 20 + [76] * 4:
        pair = [strategies.random_dag(rng, n, rng.uniform(0.5, 4)) for _ in range(2)]
        pair = [cpdag(g) if rng.random() < 0.5 else g for g in pair]
        truth, estimate = pair
        _, wanted = peer(
            matrix(truth), matrix(estimate), edge_direction="from row to column"
        )
        assert aid(truth=truth, estimate=estimate, adjustment=adjustment) == wanted
        if adjustment == "parent" and truth.is_dag and estimate.is_dag:
            assert sid(truth=truth, estimate=estimate) == wanted


def test_seventy_six_nodes_take_seconds():
    """Every distance on graphs of the size of WIN95PTS."""
    rng = np.random.default_rng(9)
    truth, other = (strategies.random_dag(rng, 76, 3) for _ in range(2))
    start = time.perf_counter()
    for estimate in (other, cpdag(other)):
        for adjustment in ADJUSTMENTS:
            assert aid(truth=truth, estimate=estimate, adjustment=adjustment) > 0
        sid_bounds(truth=truth, estimate=estimate)
        shd_cpdag(truth=truth, estimate=estimate)
    assert time.perf_counter() - start < 5


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_nodes_are_matched_by_name(seed):
    """Neither the order of the nodes nor their names change a distance."""
    rng = np.random.default_rng(seed)
    truth, estimate = (strategies.random_dag(rng, 6, 2) for _ in range(2))
    moved = estimate.reorder([estimate.names[k] for k in rng.permutation(6)])
    new = dict(zip(truth.names, rng.permutation(list("uvwxyz")).tolist(), strict=True))
    for other, base in ((moved, truth), (estimate.rename(new), truth.rename(new))):
        assert shd(truth=base, estimate=other) == shd(truth=truth, estimate=estimate)
        assert sid(truth=base, estimate=other) == sid(truth=truth, estimate=estimate)
        for measure in (shd_cpdag, adjacency_scores, arrowhead_scores, sid_bounds):
            one = measure(truth=base, estimate=cpdag(other))
            assert one == measure(truth=truth, estimate=cpdag(estimate))


def test_what_cannot_be_compared_is_refused():
    """Other nodes, cycles, other marks, open Meek rules, unknown adjustments."""
    for measure in (shd, shd_cpdag, adjacency_scores, arrowhead_scores, aid, sid,
                    sid_bounds):  # fmt: skip
        with pytest.raises(GraphError, match="differing"):
            measure(truth=CHAIN, estimate=Graph.empty("abd"))
    bidirected = Graph.from_edges("abc", bidirected=[("a", "b")])
    unclosed = Graph.from_edges("abc", directed=[("a", "b")], undirected=[("b", "c")])
    for bad in (CYCLE, bidirected, unclosed):
        for measure in (aid, sid_bounds):
            with pytest.raises(GraphError, match="estimate must be"):
                measure(truth=CHAIN, estimate=bad)
            with pytest.raises(GraphError, match="truth must be"):
                measure(truth=bad, estimate=CHAIN)
    with pytest.raises(GraphError, match="sid_bounds takes"):
        sid(truth=CHAIN, estimate=CHAIN.skeleton())
    with pytest.raises(GraphError, match="truth must be a DAG"):
        sid_bounds(truth=CHAIN.skeleton(), estimate=CHAIN)
    with pytest.raises(ValueError, match="'oset', got 'sibling'"):
        aid(truth=CHAIN, estimate=CHAIN, adjustment="sibling")


# --- probabilities --------------------------------------------------------------------


def some_forecasts(seed: int, m: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """Forecasts with some exact zeros, ones and bin edges."""
    rng = np.random.default_rng(seed)
    said = np.where(rng.random(m) < 0.3, rng.integers(0, 11, m) / 10, rng.random(m))
    return rng.random(m) < said, said


@pytest.mark.parametrize("seed", range(5))
def test_losses_agree_with_scikit_learn(seed):
    """Brier score and log loss."""
    fact, said = some_forecasts(seed)
    assert brier(truth=fact, probability=said) == pytest.approx(
        brier_score_loss(fact, said)
    )
    kept = np.clip(said, 0.001, 0.999)
    assert log_loss(truth=fact, probability=said) == pytest.approx(
        peer_log_loss(fact, kept)
    )


@pytest.mark.parametrize("bins", [1, 4, 10])
def test_reliability_agrees_with_scikit_learn(bins):
    """Bins without ties at their edges, which the two place differently."""
    rng = np.random.default_rng(11)
    said = rng.random(300)
    fact = rng.random(300) < said
    observed, stated = calibration_curve(fact, said, n_bins=bins)
    found = reliability_bins(truth=fact, probability=said, bins=bins)
    assert np.allclose([p.observed for p in found], observed)
    assert np.allclose([p.stated for p in found], stated)
    weights = np.array([p.forecasts for p in found]) / len(said)
    gap = float(weights @ np.abs(observed - stated))
    ours = expected_calibration_error(truth=fact, probability=said, bins=bins)
    assert ours == pytest.approx(gap)


def test_bins_hold_their_lower_end():
    """Every tenth falls into the bin that begins there; one into the last."""
    tenths = np.arange(11) / 10
    found = reliability_bins(truth=tenths > 0.5, probability=tenths)
    assert [p.forecasts for p in found] == [1] * 9 + [2]
    assert [p.low for p in found] == (np.arange(10) / 10).tolist()
    assert found[-1].high == 1.0


def test_impossible_that_happens_costs_the_floor():
    """Zero for what is true: ln of the floor, or infinity without one."""
    found = log_loss(truth=[True], probability=[0.0], floor=0.01)
    assert found == pytest.approx(-math.log(0.01))
    assert log_loss(truth=[True], probability=[0.0], floor=0) == math.inf
    assert log_loss(truth=[True], probability=[1.0], floor=0) == 0


@pytest.mark.parametrize("measure", [brier, log_loss, expected_calibration_error])
def test_forecasts_are_checked(measure):
    """Shapes, emptiness and ranges."""
    with pytest.raises(ValueError, match="same, non-empty shape"):
        measure(truth=[True], probability=[0.1, 0.2])
    with pytest.raises(ValueError, match="same, non-empty shape"):
        measure(truth=[], probability=[])
    with pytest.raises(ValueError, match="between 0 and 1"):
        measure(truth=[True], probability=[1.2])
    with pytest.raises(ValueError, match="between 0 and 1"):
        measure(truth=[True], probability=[math.nan])


def test_other_arguments_of_forecasts_are_checked():
    """Bins and floor."""
    with pytest.raises(ValueError, match="bins must be at least 1"):
        reliability_bins(truth=[True], probability=[0.5], bins=0)
    with pytest.raises(ValueError, match="floor must be"):
        log_loss(truth=[True], probability=[0.5], floor=0.5)


def test_adjacencies_and_directions_are_asked_apart():
    """By hand: three pairs for adjacency, the two true arcs for direction."""
    truth = Graph.from_edges("cab", directed=[("c", "a"), ("a", "b")])
    stated = np.zeros((3, 3))
    stated[0, 1], stated[1, 0] = 0.6, 0.2  # c --> a, a --> c
    stated[0, 2] = 0.1  # c --> b
    edges = adjacency_forecasts(truth=truth, probability=stated)
    assert edges.truth.tolist() == [True, False, True]
    assert edges.probability.tolist() == pytest.approx([0.8, 0.1, 0.0])
    arcs = direction_forecasts(truth=truth, probability=stated)
    assert arcs.truth.tolist() == [False]  # is a the cause of c?
    assert arcs.probability.tolist() == pytest.approx([0.25])
    assert (edges.left_out, arcs.left_out) == (0, 1)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_forecasts_do_not_depend_on_the_order_of_nodes(seed):
    """Named rows in any order give the same forecasts, directions in the same order."""
    rng = np.random.default_rng(seed)
    truth = strategies.random_dag(rng, 6, 2.5)
    stated = rng.random((6, 6)) / 2
    np.fill_diagonal(stated, 0)
    turn = rng.permutation(6)
    names = [truth.names[k] for k in turn]
    moved = stated[np.ix_(turn, turn)]
    one = direction_forecasts(truth=truth, probability=stated)
    two = direction_forecasts(truth=truth, probability=moved, names=names)
    assert one.truth.tolist() == two.truth.tolist()
    assert one.probability.tolist() == two.probability.tolist()
    three = adjacency_forecasts(truth=truth, probability=stated)
    four = adjacency_forecasts(truth=truth, probability=moved, names=names)
    assert brier(truth=three.truth, probability=three.probability) == pytest.approx(
        brier(truth=four.truth, probability=four.probability)
    )


def test_probabilities_of_pairs_are_checked():
    """Shape, sum over the two directions, diagonal, names."""
    ask = adjacency_forecasts
    with pytest.raises(ValueError, match=r"shape \(3, 3\)"):
        ask(truth=CHAIN, probability=np.zeros((2, 2)))
    for bad in (np.full((3, 3), 0.6), -np.ones((3, 3)), np.eye(3) / 2):
        with pytest.raises(ValueError, match="add up to at most 1"):
            ask(truth=CHAIN, probability=bad)
    with pytest.raises(GraphError, match="same nodes"):
        ask(truth=CHAIN, probability=np.zeros((3, 3)), names=["a", "b", "x"])
