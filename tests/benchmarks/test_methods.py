"""Every method does what its name says."""

import numpy as np
import pytest
from cells_made import small_cell

from benchmarks.experts import consult
from benchmarks.measures import what_it_is
from benchmarks.methods import KINDS, UnavailableError, methods, registry
from benchmarks.methods_baseline import numbers, r2_order, variance_order
from benchmarks.methods_expert import acyclic_arcs, majorities
from llmcd.equivalence import cpdag
from llmcd.expert.answers import Answer, Answers
from llmcd.graph import Graph

OWN = [m for m in registry().values() if m.kind != "peer"]


def run(name, expert=None, pairs="all", cell=None):
    """The estimate of a method, with an expert asked about all pairs."""
    cell = cell or small_cell()
    consulted = None if expert is None else consult(cell, expert, pairs=pairs)
    return registry()[name].run(cell, consulted)


@pytest.mark.parametrize("method", OWN, ids=lambda m: m.name)
@pytest.mark.parametrize("expert", ["coin", "always-first", "abstain"])
def test_every_graph_is_legal(method, expert):
    """A DAG, CPDAG or MPDAG over the columns, whoever is asked."""
    cell = small_cell()
    consulted = consult(cell, expert, pairs="all") if method.asks else None
    try:
        found = method.run(cell, consulted)
    except UnavailableError:
        pytest.skip("not part of this version")
    assert set(found.graph.names) <= set(cell.truth.names)
    assert what_it_is(found.graph) != "none"
    assert method.kind in KINDS
    assert found.questions == (consulted.asked if method.asks else 0)


@pytest.mark.parametrize("method", ["expert-alone", "as-law"])
def test_a_perfect_expert_alone_or_as_law_gives_the_truth(method):
    """Every edge said, every other pair denied."""
    found = run(method, "oracle")
    assert found.graph.reorder(small_cell().truth.names) == small_cell().truth


def test_open_edges_only_keeps_what_the_data_say():
    """Skeleton and directed edges stay; a perfect expert leaves nothing open."""
    data, found = run("order").graph, run("open-only", "oracle").graph
    assert found.skeleton() == data.skeleton()
    assert set(data.directed_edges()) <= set(found.directed_edges())
    told = [p for p in data.undirected_edges() if small_cell().truth.adjacent(*p)]
    assert told
    assert not any(found.edge(*p).mark == "---" for p in told)
    assert run("open-only", "abstain").graph == data


def test_combining_begins_with_the_shared_candidates():
    """Without an answer, safe mode is data alone, to the probability of an edge."""
    data, found = run("order"), run("safe", "abstain")
    assert found.graph == data.graph
    assert np.array_equal(found.adjacency_probability, data.adjacency_probability)


def test_stated_probabilities_of_both_directions_add_up():
    """For every pair they make the probability of an edge."""
    for found in (run("order"), run("safe", "recorded")):
        both = found.direction_probability + found.direction_probability.T
        assert both == pytest.approx(found.adjacency_probability)


def test_majorities_count_both_orders():
    """By hand: agreement, contradiction, silence, a majority of three."""
    answers = Answers(
        (
            Answer("x", "y", "a->b", stated={"a->b": 0.6}),
            Answer("y", "x", "b->a", stated={"b->a": 0.8}),
            Answer("x", "z", "a->b"),
            Answer("z", "x", "a->b"),
            Answer("y", "z", None, "unsure"),
            Answer("z", "y", "none"),
            Answer("u", "v", "a->b"),
            Answer("v", "u", "b->a"),
            Answer("u", "v", "common cause"),
        )
    )
    found = {(m.a, m.b): m for m in majorities(answers)}
    assert set(found) == {("x", "y"), ("y", "z"), ("u", "v")}
    assert found["x", "y"].arc == ("x", "y")
    assert found["x", "y"].stated == pytest.approx(0.7)
    assert found["x", "y"].strength[0] == 2
    assert found["y", "z"].arc is None
    assert (found["u", "v"].votes, found["u", "v"].others) == (2, 1)


def test_the_weakest_direction_of_a_cycle_is_dropped():
    """Three in a ring, of which one is said with less probability."""
    ring = [("a", "b", 0.9), ("b", "c", 0.6), ("c", "a", 0.8)]
    said = majorities(
        Answers(tuple(Answer(x, y, "a->b", stated={"a->b": p}) for x, y, p in ring))
    )
    assert acyclic_arcs(said, ("a", "b", "c")) == Graph.from_edges(
        "abc", directed=[("a", "b"), ("c", "a")]
    )


def test_baselines_know_nothing():
    """Empty is empty; the others keep the skeleton or the class of data alone."""
    data = run("order").graph
    assert run("empty").graph.n_edges == 0
    turned = run("random-direction").graph
    assert turned.is_dag
    assert turned.skeleton() == data.skeleton()
    member = run("random-member").graph
    assert member.is_dag
    assert cpdag(member) == data


@pytest.mark.parametrize("name", ["var-sort", "r2-sort"])
def test_sorting_makes_every_arc_follow_the_order(name):
    """And says that levels were taken as numbers."""
    found = run(name)
    place = {v: k for k, v in enumerate(found.order)}
    assert found.graph.is_dag
    assert found.graph.n_edges > 0
    assert all(place[a] < place[b] for a, b in found.graph.directed_edges())
    assert "levels" in found.warnings[0]
    assert run(name, cell=small_cell("greenhouse", 200)).warnings == ()


def test_shares_explained_are_those_of_the_inverse_correlations():
    """R2 is 1 - 1 / diagonal of the inverse correlation matrix, a closed form."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(300, 6)) @ rng.normal(size=(6, 6))
    share = 1 - 1 / np.diag(np.linalg.inv(np.corrcoef(values.T)))
    assert r2_order(values) == np.argsort(share).tolist()
    assert r2_order(values * [1, 5, 2, 9, 1, 3] + 7) == r2_order(values)
    assert variance_order(values) == np.argsort(values.var(axis=0)).tolist()


def test_levels_become_codes_in_order():
    """Numbers stay what they are."""
    import pandas as pd

    frame = pd.DataFrame({"a": ["y", "n", "y"], "b": [0.5, 0.1, 0.2]})
    values, coded = numbers(frame, ("a", "b"))
    assert coded
    assert values.tolist() == [[1, 0.5], [0, 0.1], [1, 0.2]]
    assert not numbers(frame, ("b",))[1]


def test_methods_are_chosen_by_name_or_kind():
    """In the order of the registry; an unknown name is refused with the known ones."""
    assert [m.name for m in methods(["ges", "order", "ges"])] == ["order", "ges"]
    assert {m.kind for m in methods(["baseline"])} == {"baseline"}
    everything = [m for m in registry().values() if m.kind != "ablation"]
    assert list(methods(["all"])) == everything
    assert len(methods(["all", "ablation"])) == len(registry())
    with pytest.raises(ValueError, match="order, pc, ges"):
        methods(["best"])
