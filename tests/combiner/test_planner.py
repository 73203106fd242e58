"""Which pairs are asked, in which order, and how often."""

import pytest
from made import answer, made_candidates

from llmcd.background import Background
from llmcd.combiner.planner import plan_questions, worthwhile_pairs
from llmcd.errors import VariablesError
from llmcd.expert.answers import Answers
from llmcd.expert.budget import Budget
from llmcd.graph import Graph
from llmcd.variables import Variables

GRAPH = Graph.from_edges(
    "abcdef", directed=[("a", "c"), ("b", "c")], undirected=[("d", "e")]
)
MORE = Graph.from_edges(
    "abcdef", directed=[("a", "c"), ("b", "c"), ("f", "c")], undirected=[("d", "e")]
)
TEXTS = Variables.of({name: f"the thing {name}" for name in "abcdef"})
FOUND = made_candidates(GRAPH, [GRAPH] * 8 + [MORE] * 2)


def test_order_of_usefulness():
    """Undecided directions first, then probes, then uncertain adjacencies."""
    pairs = worthwhile_pairs(FOUND)
    assert [(p.a, p.b) for p in pairs] == [
        ("d", "e"),
        ("a", "c"),
        ("b", "c"),
        ("c", "f"),
    ]
    assert pairs[0].reason == "undecided direction"
    assert pairs[-1].adjacency_support == pytest.approx(0.2)


def test_known_edges_are_not_asked():
    """What background knowledge directs needs no question and is no probe."""
    known = Background(required=[("a", "c")])
    pairs = worthwhile_pairs(made_candidates(GRAPH, background=known))
    assert ("a", "c") not in [(p.a, p.b) for p in pairs]


def test_both_orders():
    """Every pair is asked once in each presentation order."""
    plan = plan_questions(FOUND, TEXTS)
    shown = [(q.a, q.b) for q in plan.questions]
    assert len(shown) == 2 * len(plan.pairs)
    assert {(b, a) for a, b in shown} == set(shown)


def test_budget_and_earlier_answers_shorten_the_plan():
    """A limit on calls keeps whole pairs; what is answered is not asked again."""
    plan = plan_questions(FOUND, TEXTS, budget=Budget(calls=5))
    assert [(p.a, p.b) for p in plan.pairs] == [("d", "e"), ("a", "c")]
    assert "left out" in plan.notes[0]
    done = Answers((answer("e", "d", "a->b"),))
    again = plan_questions(FOUND, TEXTS, answers=done)
    assert ("d", "e") not in [(p.a, p.b) for p in again.pairs]


def test_every_column_needs_a_description():
    """A column without a description is named before anything is asked."""
    with pytest.raises(VariablesError, match=r"missing: \['f'\]"):
        plan_questions(FOUND, Variables.of(dict.fromkeys("abcde", "x")))
