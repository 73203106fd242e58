"""Every edge says who decided, and the numbers behind it are the combiner's."""

import numpy as np
import pytest
from made import answer, answers_of, known_right, liar, made_candidates, oracle

from llmcd.background import Background
from llmcd.combiner.reconcile import combine
from llmcd.expert.answers import Answers
from llmcd.graph import Graph


def by_pair(combined):
    """Decisions by (cause, effect)."""
    return {(e.cause, e.effect): e for e in combined.edges}


def test_who_decided():
    """Data, expert, Meek, background and nobody are each named for their edges."""
    probes = [(f"s{k}", "t") for k in range(9)]
    data = Graph.from_edges(
        ["a", "b", "c", "p", "q", "r", "x", "y", "t", *[s for s, _ in probes]],
        directed=[("a", "c"), ("b", "c"), *probes],
        undirected=[("p", "q"), ("q", "r"), ("x", "y")],
    )
    said = [*probes, ("p", "q")]
    answers = Answers(
        tuple(answer(*pair, "a->b") for pair in said)
        + tuple(answer(*pair[::-1], "b->a") for pair in said)
    )
    known = Background(forbidden=[("c", "b")])
    edges = by_pair(combine(made_candidates(data, background=known), answers))
    assert {p: e.decided_by for p, e in edges.items() if p not in probes} == {
        ("a", "c"): "data",
        ("b", "c"): "background",
        ("p", "q"): "expert",
        ("q", "r"): "Meek",
        ("x", "y"): "nobody",
    }
    assert edges["p", "q"].expert_log_odds > 0
    assert edges["p", "q"].answers == 2
    assert [s.source for s in edges["p", "q"].provenance] == [
        "data",
        "expert",
        "expert",
    ]


def test_probability_is_the_posterior_share():
    """An edge directed by the expert carries the probability that decided it."""
    data = Graph.from_edges("xy", undirected=[("x", "y")])
    truth = Graph.from_edges("xy", directed=[("y", "x")])
    answers = answers_of(oracle(truth), [("x", "y")])
    edge = combine(made_candidates(data), answers, audits=known_right(answers)).edges[0]
    assert (edge.cause, edge.effect) == ("y", "x")
    odds = np.log(edge.probability / (1 - edge.probability))
    assert edge.expert_log_odds == pytest.approx(odds)
    assert edge.provenance[-1].log_odds == pytest.approx(odds)


def test_contradicted_edge_warns():
    """An edge that stands against the expert says so."""
    data = Graph.from_edges("abc", directed=[("a", "c"), ("b", "c")])
    answers = Answers((answer("a", "c", "b->a"), answer("c", "a", "a->b")))
    edges = by_pair(combine(made_candidates(data), answers))
    assert edges["a", "c"].expert_log_odds < 0
    assert "opposite" in edges["a", "c"].warning
    assert edges["b", "c"].warning == ""


def test_weak_edge_warns():
    """An edge in less than half of the resamples says so."""
    edge = Graph.from_edges("ab", undirected=[("a", "b")])
    none = Graph.empty("ab")
    candidates = made_candidates(edge, [edge] * 2 + [none] * 8)
    (decision,) = combine(candidates, Answers.none()).edges
    assert decision.data_support == pytest.approx(0.2)
    assert "20%" in decision.warning


def test_what_follows_from_knowledge_is_not_the_datas():
    """Directions that Meek's rules draw from a required edge are background's."""
    chain = Graph.from_edges("wxyz", directed=[("x", "y"), ("y", "z"), ("z", "w")])
    known = Background(required=[("x", "y")])
    found = made_candidates(chain, background=known)
    one = combine(found, answers_of(liar(chain), [("y", "z"), ("z", "w")]))
    assert {e.decided_by for e in one.edges} == {"background"}
    assert one.reliability[0].probes == 0
    (required,) = [e for e in one.edges if (e.cause, e.effect) == ("x", "y")]
    assert "required by background knowledge" in required.warning


def test_an_undirected_edge_has_the_likelier_ones_probability():
    """Nobody was asked: the resamples still lean, and the table says how far."""
    leaning = Graph.from_edges("ab", directed=[("a", "b")])
    graph = Graph.from_edges("ab", undirected=[("a", "b")])
    found = made_candidates(graph, [leaning] * 8 + [graph] * 2)
    (edge,) = combine(found, Answers.none()).edges
    assert edge.mark == "---"
    assert edge.probability == pytest.approx((8 + 1 + 1) / 12)
