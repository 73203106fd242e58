"""Decisions direct the data's class as brute force over its members does."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import answers_of, known_right, liar, made_candidates, oracle
from naive import all_dags
from strategies import random_dag

import llmcd
from llmcd.background import Background
from llmcd.combiner.reconcile import combine
from llmcd.equivalence import cpdag, is_extendable, is_mpdag, members
from llmcd.expert.answers import Answers
from llmcd.graph import Graph
from llmcd.review.apply import apply
from llmcd.review.decisions import Decision


def decided(action, a, b, author="A. B.", reason="so it is"):
    """A decision."""
    return Decision(action, a, b, author, reason, "2026-05-01T09:00:00+00:00")


def alone(graph, **more):
    """The data's own result for a graph."""
    return combine(made_candidates(graph, **more), Answers.none())


def brute(graph, required):
    """The union of all members with these arcs, as marks; None when there is none."""
    fits = [
        m
        for m in members(graph)
        if all(pair in m.directed_edges() for pair in required)
    ]
    if not fits:
        return None
    return Graph.from_directed_matrix(
        graph.names, np.logical_or.reduce([m.arcs for m in fits])
    )


@given(st.integers(0, 10**6), st.data())
@settings(max_examples=60, deadline=None)
def test_directions_are_those_of_the_members(seed, data):
    """After any two required directions the graph is the union of members with them."""
    graph = cpdag(random_dag(np.random.default_rng(seed), 6, 2.5))
    ends = [tuple(e[:2]) for e in graph.edges()]
    if not ends:
        return
    wanted = []
    for _ in range(2):
        pair = data.draw(st.sampled_from(ends))
        wanted.append(pair if data.draw(st.booleans()) else pair[::-1])
    outcome = apply(alone(graph), [decided("require", *pair) for pair in wanted])
    holding = [one for one in outcome.decisions if one not in outcome.problems]
    followed = [(one.a, one.b) for one in holding]
    assert outcome.combined.graph == brute(graph, followed)
    for one in outcome.problems:
        before = [p for p in followed if p != (one.a, one.b)]
        assert brute(graph, [*before, (one.a, one.b)]) is None


def test_every_decision_on_three_nodes():
    """On all CPDAGs of 3 nodes: followed exactly when a member obeys."""
    for graph in {cpdag(dag) for dag in all_dags(3)}:
        for a, b in itertools.permutations(graph.names, 2):
            outcome = apply(alone(graph), [decided("require", a, b)])
            expected = brute(graph, [(a, b)]) if graph.adjacent(a, b) else None
            assert (expected is None) == bool(outcome.problems)
            assert outcome.combined.graph == (expected or graph)


@given(st.integers(0, 10**6), st.data())
@settings(max_examples=40, deadline=None)
def test_without_an_edge(seed, data):
    """A forbidden edge is gone and the rest is a legal class, or it is said why not."""
    graph = cpdag(random_dag(np.random.default_rng(seed), 6, 3.0))
    ends = [tuple(e[:2]) for e in graph.edges()]
    if not ends:
        return
    a, b = data.draw(st.sampled_from(ends))
    outcome = apply(alone(graph), [decided("forbid", a, b)])
    after = outcome.combined.graph
    if outcome.problems:
        assert after == graph
        return
    assert not after.adjacent(a, b)
    assert after.n_edges == graph.n_edges - 1
    assert is_mpdag(after)
    assert is_extendable(after)


def test_nothing_decided_changes_nothing():
    """Without decisions, and with notes only, the result is the same."""
    truth = random_dag(np.random.default_rng(3), 8, 2.0)
    pairs = [e[:2] for e in truth.edges()]
    before = combine(made_candidates(cpdag(truth)), answers_of(oracle(truth), pairs))
    a, b = pairs[0]
    for decisions in ([], [decided("annotate", a, b)]):
        outcome = apply(before, decisions)
        assert outcome.combined.graph == before.graph
        assert outcome.changes == ()
        assert outcome.problems == {}
        told = [e.decided_by for e in outcome.combined.edges]
        assert told == [e.decided_by for e in before.edges]


def test_author_and_reason_stand_with_the_edge():
    """The edge is decided by background knowledge, by whom and why."""
    graph = Graph.from_edges("abc", undirected=[("a", "b"), ("b", "c")])
    outcome = apply(alone(graph), [decided("require", "b", "a", "Dr. X", "b is first")])
    edges = {(e.cause, e.effect): e for e in outcome.combined.edges}
    step = edges["b", "a"].provenance[-1]
    assert step.source == "background"
    assert "Dr. X" in step.statement
    assert "b is first" in step.statement
    assert edges["b", "a"].decided_by == "background"
    assert "not asked" not in edges["b", "a"].warning
    assert outcome.changes == ("a — b is now b → a",)


def test_the_data_say_what_they_said_before():
    """No decision, and nothing that follows from one, is put into the data's mouth."""
    graph = Graph.from_edges(
        "abcdef", directed=[("d", "f"), ("e", "f")], undirected=[("a", "b"), ("b", "c")]
    )
    pairs = [("a", "b"), ("b", "c"), ("d", "f")]
    says = oracle(Graph.from_edges("abcdef", directed=[("c", "b"), ("b", "a")]))
    before = combine(made_candidates(graph), answers_of(says, pairs))
    made = [decided("require", "a", "b"), decided("forbid", "d", "f")]
    now = apply(before, made).combined
    edges = {(e.cause, e.effect): e.provenance[0].statement for e in now.edges}
    assert edges["a", "b"].startswith("the data alone: a --- b;")
    assert edges["b", "c"].startswith("the data alone: b --- c;")
    said = {(c.a, c.b): c.data_says for c in now.conflicts}
    assert said["a", "b"] == "a --- b"
    assert now.data_graph == before.data_graph == graph


def test_accepting_what_the_data_direct_keeps_the_expert_measured():
    """An accepted arrow of the data stays the data's; reliability does not change."""
    data = Graph.from_edges(
        "abcdef", directed=[("a", "c"), ("b", "c"), ("c", "d")], undirected=[("e", "f")]
    )
    pairs = [e[:2] for e in data.edges()]
    truth = Graph.from_edges("abcdef", directed=[*data.directed_edges(), ("e", "f")])
    for says in (oracle(truth), liar(truth)):
        before = combine(made_candidates(data), answers_of(says, pairs))
        accepted = [decided("require", *pair) for pair in data.directed_edges()]
        outcome = apply(before, accepted)
        assert outcome.combined.reliability == before.reliability
        assert outcome.combined.graph == before.graph
        assert {e.decided_by for e in outcome.combined.edges[:3]} == {"data"}
        assert outcome.background.required == set(data.directed_edges())


def test_a_contradiction_is_said_and_kept_for_a_new_search():
    """An arrow against the data is not applied, warned of, and in the knowledge."""
    data = Graph.from_edges("abc", directed=[("a", "c"), ("b", "c")])
    one = decided("require", "c", "a")
    outcome = apply(alone(data), [one])
    assert outcome.combined.graph == data
    assert "contradicts the data" in outcome.problems[one]
    assert "a → c" in outcome.problems[one]
    assert outcome.combined.warnings[0].startswith("Review: c → a was decided by A. B.")
    assert outcome.background.required == {("c", "a")}


def test_against_other_knowledge():
    """A decision against tiers, or that closes a cycle, says what it is against."""
    line = Graph.from_edges("ab", directed=[("a", "b")])
    known = Background(tiers=[["a"], ["b"]])
    against = decided("require", "b", "a")
    outcome = apply(alone(line, background=known), [against])
    assert "contradicts other knowledge" in outcome.problems[against]
    assert "earlier tier" in outcome.problems[against]
    ring = Graph.from_edges("abc", undirected=[("a", "b"), ("b", "c"), ("a", "c")])
    made = [decided("require", *pair) for pair in ("ab", "bc", "ca")]
    outcome = apply(alone(ring), made)
    assert list(outcome.problems) == [made[2]]
    assert set(outcome.combined.graph.directed_edges()) == {
        ("a", "b"), ("b", "c"), ("a", "c"),
    }  # fmt: skip


def test_an_edge_that_is_not_there():
    """Nobody can require what the data do not show; that there is none is accepted."""
    graph = Graph.from_edges("abc", undirected=[("a", "b")])
    one = decided("require", "a", "c")
    assert "no such edge" in apply(alone(graph), [one]).problems[one]
    assert apply(alone(graph), [decided("forbid", "a", "c")]).problems == {}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_decisions_that_agree_commute(order):
    """Knowledge that fits together gives one graph in any order."""
    graph = cpdag(random_dag(np.random.default_rng(11), 8, 2.0))
    member = next(members(graph))
    made = [decided("require", *pair) for pair in member.directed_edges()[:3]]
    first = apply(alone(graph), made).combined.graph
    assert apply(alone(graph), [made[k] for k in order]).combined.graph == first


# --- posterior mode -------------------------------------------------------------------


def weighed():
    """A collider that the rows direct, and an edge that only the expert does."""
    rng = np.random.default_rng(4)
    rows = pd.DataFrame(rng.normal(size=(400, 4)), columns=list("abce"))
    rows["c"] += rows["a"] + rows["b"]
    rows["d"] = rows["e"] + rng.normal(size=400)
    truth = Graph.from_edges("abcde", directed=["ac", "bc", "ed"])
    pairs = [("d", "e"), ("a", "c"), ("b", "c")]
    found = llmcd.candidates(rows, bootstrap=4)
    answers = answers_of(oracle(truth), pairs)
    # two probes are too few to trust it: an audit heard it before
    combined = combine(found, answers, audits=known_right(answers))
    assert combined.mode == "posterior"
    (edge,) = (e for e in combined.edges if {e.cause, e.effect} == {"d", "e"})
    assert (edge.cause, edge.decided_by) == ("e", "expert")
    return combined


def test_a_person_overrules_the_expert():
    """What only the expert directed can be turned; nothing else moves."""
    before = weighed()
    outcome = apply(before, [decided("require", "d", "e")])
    assert outcome.problems == {}
    assert outcome.changes == ("e → d is now d → e",)
    (edge,) = (e for e in outcome.combined.edges if {e.cause, e.effect} == {"d", "e"})
    assert (edge.cause, edge.decided_by, edge.probability) == ("d", "background", 1.0)


def test_without_a_decision_the_expert_stands():
    """A note, or accepting what stands, leaves the graph as it is."""
    before = weighed()
    for one in (decided("annotate", "d", "e"), decided("require", "a", "c")):
        assert apply(before, [one]).combined.graph == before.graph


def test_a_person_cannot_turn_what_the_class_directs():
    """That needs a new search; the expert's edge stands, and it says why."""
    before = weighed()
    outcome = apply(before, [decided("require", "c", "a")])
    assert outcome.combined.graph == before.graph
    (why,) = outcome.problems.values()
    assert "no graph of their class has it the other way" in why
