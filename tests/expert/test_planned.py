"""A plan says what it costs, how long it takes, and every word that would be sent."""

import pytest

from llmcd.expert.planned import Plan, PlannedPair
from llmcd.expert.questions import Question, pairwise_question
from llmcd.expert.simulated import Simulated
from llmcd.graph import Graph
from llmcd.variables import Variables

VARIABLES = Variables.of({"smk": "cigarettes a day", "ca": "lung cancer", "ag": "age"})


class Priced:
    """An expert that costs a cent a token."""

    max_tokens = 100

    def answer(self, question):
        raise AssertionError("a plan asks nobody")

    def cost(self, sent, received):
        return 0.01 * (sent + received)


def test_a_plan_counts_and_prices():
    """Tokens are four characters each and 200 a reply; the price is the expert's."""
    question = Question("pairwise", "x", "y", "1234", "12345", "mine-1")
    pair = PlannedPair("x", "y", "undecided direction", 1.0, 3.0)
    plan = Plan.of(
        pairs=(pair,), questions=(question,) * 3, expert=Priced(), label="priced"
    )
    assert (plan.prompt_tokens, plan.completion_tokens) == (9, 600)
    assert plan.usd == pytest.approx(6.09)
    assert "3 questions about 1 pair to priced" in str(plan)
    assert "undecided direction" in str(plan)
    assert "6.09 USD" in str(plan)
    free = Plan.of(pairs=(), questions=(question,), expert=Simulated(Graph.empty("x")))
    assert free.usd == 0
    assert "free" in str(free)
    assert Plan.of(pairs=(), questions=(question,), expert=object()).usd is None


def test_show_holds_every_text_that_would_be_sent():
    """Every message's exact text stands in show()."""
    questions = tuple(
        pairwise_question(VARIABLES, a, b) for a, b in (("smk", "ag"), ("ag", "smk"))
    )
    shown = Plan.of(pairs=(), questions=questions).show()
    for question in questions:
        assert question.user in shown
        assert question.system in shown


@pytest.mark.parametrize(
    "facts, n, seconds, says",
    [
        ({}, 3, 15, "about 0:15 (a guess)"),
        ({"concurrency": 8}, 17, 15, "about 0:15 (a guess)"),
        ({"concurrency": 8}, 18, 20, "about 0:20 (a guess)"),
        ({"concurrency": 8}, 1, 5, "about 0:05 (a"),
        ({"free": True}, 99, 0, None),
        ({"free": True, "interactive": True}, 200, 4000, "about 1:06:40 (a"),
    ],
)
def test_a_plan_says_how_long_it_takes(facts, n, seconds, says):
    """One alone, then as many at once as allowed; what is looked up takes none."""
    asked = tuple(pairwise_question(VARIABLES, "ag", "ca", k) for k in range(n))
    expert = type("Asked", (), facts)()
    plan = Plan.of(pairs=(), questions=asked, expert=expert)
    assert plan.seconds == seconds
    assert ("a guess" in str(plan)) == (says is not None)
    assert says is None or says in str(plan)
