"""Questions about one pair with more told: a summary of the data, both sides."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from llmcd.expert.answers import Answer, Answers
from llmcd.expert.pairs import CRITIC, PAIRWISE, SUMMARY, Dispute, PairSummary, revised
from llmcd.variables import Variables

VARIABLES = Variables.of({"smk": "Cigarettes a day.", "ca": "Tumour.", "z": "Age."})
PAIR = ("ca", "smk")


def data_in(question):
    """The JSON object in the user message, read back."""
    text = question.user
    return json.loads(text[text.index("{") : text.rindex("}") + 1])


def test_the_plain_kind_shares_no_statistic():
    """Whatever the caller adds, only a kind that is asked for sends it."""
    about = {PAIR: PairSummary({"correlation": 0.123456})}
    sent = json.dumps([q.messages for q in PAIRWISE.questions(VARIABLES, [PAIR])])
    added = PAIRWISE.questions(VARIABLES, [PAIR], about=about)
    assert json.dumps([q.messages for q in added]) == sent
    assert "0.123456" not in sent


def test_a_summary_is_told_by_letter_in_both_orders():
    """The pair's numbers stay, those of a variable go with it."""
    summary = PairSummary(
        {"correlation": 0.43, "rows": np.int64(500)},
        {"smk": {"mean": np.float64(7.5)}, "ca": {"share of 'yes'": 0.1}},
    )
    one, two = (
        data_in(q) for q in SUMMARY.questions(VARIABLES, [PAIR], about={PAIR: summary})
    )
    assert one["summary"]["A and B"] == {"correlation": 0.43, "rows": 500}
    assert one["summary"]["B"] == two["summary"]["A"] == {"mean": 7.5}
    assert one["summary"]["A"] == two["summary"]["B"] == {"share of 'yes'": 0.1}
    plain = data_in(PAIRWISE.questions(VARIABLES, [PAIR])[0])
    assert {k: v for k, v in one.items() if k != "summary"} == plain


@pytest.mark.parametrize(
    "together",
    [
        {"rows": [1, 2, 3]},
        {"rows": np.arange(3)},
        {"rows": pd.Series([1.0])},
        {"rows": {"a": 1}},
        {"x": float("nan")},
        {"x": True},
        {"x": None},
        {"x": "1,2,3;" * 100},
        {"x" * 300: 1},
        {1: 1.0},
        {f"row {k}": k for k in range(21)},
    ],
)
def test_a_summary_holds_no_rows(together):
    """Single numbers and short texts, at most twenty."""
    with pytest.raises(ValueError, match=r"a summary (holds single|has at most 20)"):
        PairSummary(together)
    with pytest.raises(ValueError, match=r"a summary (holds single|has at most 20)"):
        PairSummary({}, {"smk": together})


def test_what_a_kind_needs_is_asked_for_by_pair():
    """A pair without it is named."""
    given = PairSummary({"correlation": 0.1})
    turned = SUMMARY.questions(VARIABLES, [PAIR], about={("smk", "ca"): given})
    assert len(turned) == 2
    with pytest.raises(ValueError, match=r"a PairSummary for the pair \('z', 'ca'\)"):
        SUMMARY.questions(VARIABLES, [PAIR, ("z", "ca")], about={PAIR: given})
    with pytest.raises(ValueError, match="a Dispute for the pair"):
        CRITIC.questions(VARIABLES, [PAIR], about={PAIR: given})
    with pytest.raises(ValueError, match="a Dispute for the pair"):
        CRITIC.questions(VARIABLES, [PAIR])


SAID = (
    Answer("smk", "ca", "a->b", reasoning="tar in A"),
    Answer("ca", "smk", None, "unsure", reasoning="who knows"),
)


def test_the_critic_is_shown_both_sides_by_letter():
    """Verdicts are turned to the order asked; reasoning stays in its own order."""
    dispute = Dispute("ca", "smk", "a->b", SAID)
    one, two = CRITIC.questions(VARIABLES, [PAIR], about={PAIR: dispute})
    assert (one.a, two.a) == ("ca", "smk")
    assert data_in(one)["measurements"] == "A_causes_B"
    assert data_in(two)["measurements"] == "B_causes_A"
    assert data_in(one)["first judgement"] == [
        {"verdict": "B_causes_A"},
        {"verdict": "unsure", "reasoning": "who knows"},
    ]
    assert data_in(two)["first judgement"] == [
        {"verdict": "A_causes_B", "reasoning": "tar in A"},
        {"verdict": "unsure"},
    ]


def test_the_critic_repeats_no_number_and_no_label_of_other_kinds():
    """Reasoning in sight of a summary or of a list is left out, its verdict is not."""
    for kind in ("pairwise-summary", "whole-graph", "triplet"):
        said = Answer("ca", "smk", "none", reasoning="r = 0.4321, #7", kind=kind)
        about = {PAIR: Dispute("ca", "smk", None, (said,))}
        for q in CRITIC.questions(VARIABLES, [PAIR], about=about):
            assert data_in(q)["first judgement"] == [{"verdict": "no_direct_relation"}]


@pytest.mark.parametrize(
    "data, told",
    [(None, "the direction is open"), ("none", "no_direct_relation"),
     ("common cause", "common_cause")],
)  # fmt: skip
def test_the_critic_is_told_no_number(data, told):
    """What the data point to, in words that read the same in both orders."""
    about = {PAIR: Dispute("ca", "smk", data, SAID[:1])}
    for q in CRITIC.questions(VARIABLES, [PAIR], about=about):
        side = data_in(q)["measurements"]
        assert told in side
        assert not any(sign.isdigit() for sign in side)


def test_a_dispute_is_about_its_pair():
    """Another pair's answers and other words are refused."""
    with pytest.raises(ValueError, match="not 'ca' and 'z'"):
        Dispute("ca", "z", None, SAID)
    with pytest.raises(ValueError, match="data is one of"):
        Dispute("ca", "smk", "A_causes_B")


def critic(a, b, verdict, expert="m", **other):
    """A critic's answer."""
    reason = None if verdict else "unsure"
    return Answer(a, b, verdict, reason, expert=expert, kind="critic", **other)


@pytest.mark.parametrize(
    "second, kept",
    [
        ("a->b", "a->b"),  # it keeps its verdict
        ("b->a", None),  # it agrees with the data now: no new evidence
        ("none", None),
        ("common cause", None),
        (None, "a->b"),  # it did not say
    ],
)
def test_second_thoughts_only_withdraw(second, kept):
    """Whatever the critic says, no verdict appears that was not there before."""
    first = Answer("x", "y", "a->b", expert="m", stated={"a->b": 0.9})
    found = revised(Answers((first, critic("x", "y", second)))).answers
    assert [x.verdict for x in found] == [kept]
    assert found[0].reason == (None if kept else "unsure")


def test_second_thoughts_hold_for_their_expert_pair_and_order_only():
    """Other experts, pairs, orders and abstentions stay as they are."""
    others = (
        Answer("x", "y", "a->b", expert="n"),
        Answer("y", "x", "b->a", expert="m"),
        Answer("x", "z", "a->b", expert="m"),
        Answer("x", "y", None, "refusal", expert="m", sample=1),
    )
    found = revised(Answers((*others, critic("x", "y", "b->a")), {"m": "stopped"}))
    assert found.answers == others
    assert found.note == "stopped"


def test_one_of_several_second_thoughts_keeps_a_verdict():
    """A critic that is asked twice and wavers has not given up."""
    first = Answer("x", "y", "a->b", expert="m")
    twice = (critic("x", "y", "b->a"), critic("x", "y", "a->b", sample=1))
    assert revised(Answers((first, *twice))).answers == (first,)
