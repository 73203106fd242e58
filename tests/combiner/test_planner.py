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
    """A probe, what the data leave open, other probes, then uncertain adjacencies."""
    pairs = worthwhile_pairs(FOUND)
    assert [(p.a, p.b) for p in pairs] == [
        ("a", "c"),
        ("d", "e"),
        ("b", "c"),
        ("c", "f"),
    ]
    assert pairs[1].reason == "undecided direction"
    assert pairs[-1].adjacency_support == pytest.approx(0.2)


def test_one_probe_for_three_open_pairs():
    """A budget that ends anywhere has bought reliability along with directions."""
    names = [f"v{i:02}" for i in range(20)]
    directed = [("v00", "v02"), ("v01", "v02"), ("v03", "v05"), ("v04", "v05")]
    undirected = [(names[i], names[i + 1]) for i in range(6, 19, 2)]
    graph = Graph.from_edges(names, directed=directed, undirected=undirected)
    pairs = worthwhile_pairs(made_candidates(graph))
    kinds = "".join(p.reason[0] for p in pairs)
    assert kinds == "puuupuuupup"
    assert len({p.priority for p in pairs}) == len(pairs)
    assert sorted(pairs, key=lambda p: -p.priority) == list(pairs)


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


def test_a_budget_is_noted_and_cuts_nothing():
    """Only asking can know what a store holds already, so only asking stops."""
    whole = plan_questions(FOUND, TEXTS)
    plan = plan_questions(FOUND, TEXTS, budget=Budget(calls=5))
    assert (plan.pairs, plan.questions) == (whole.pairs, whole.questions)
    assert "4 pairs need 8 calls, the budget allows 5" in plan.notes[0]
    assert plan_questions(FOUND, TEXTS, budget=Budget(calls=8)).notes == ()
    assert whole.notes == ()


def test_a_budget_is_a_budget():
    """A number or a mapping is refused with what to write."""
    for wrong in (10, {"calls": 3}):
        with pytest.raises(TypeError, match=r"Budget\(calls=100\), got"):
            plan_questions(FOUND, TEXTS, budget=wrong)


def test_earlier_answers_shorten_the_plan():
    """What is answered is not asked again."""
    done = Answers((answer("e", "d", "a->b"),))
    again = plan_questions(FOUND, TEXTS, answers=done)
    assert ("d", "e") not in [(p.a, p.b) for p in again.pairs]


def test_every_column_needs_a_description():
    """A column without a description is named before anything is asked."""
    with pytest.raises(VariablesError, match=r"missing: \['f'\]"):
        plan_questions(FOUND, Variables.of(dict.fromkeys("abcde", "x")))


@pytest.mark.parametrize("name, label", [("A", ""), ("b", ""), ("x", "B")])
def test_a_letter_alone_describes_nothing(name, label):
    """A column shown as A or B, the question's own letters, needs a description."""
    graph = Graph.from_edges([name, "y"], undirected=[(name, "y")])
    texts = {name: {"label": label}, "y": "the thing y"}
    with pytest.raises(VariablesError, match=rf"\['{name}'\].*description or a label"):
        plan_questions(made_candidates(graph), Variables.of(texts))
    texts[name]["description"] = "the thing"
    assert len(plan_questions(made_candidates(graph), Variables.of(texts))) == 2
