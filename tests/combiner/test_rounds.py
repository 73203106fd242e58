"""Asking in rounds: what is asked next, one budget for all, and why it stops."""

import pickle
from functools import cache

import numpy as np
import pandas as pd
import pytest

import llmcd
from llmcd.combiner.audited import Audited
from llmcd.combiner.rounds import ask_in_rounds, check_rounds
from llmcd.expert.budget import Purse
from llmcd.expert.protocol import label

NAMES = tuple("abcdefgh")
TRUTH = llmcd.Graph.from_edges(NAMES, directed=["ac", "bc", "cd", "ef", "fg"])
TEXTS = llmcd.Variables.of({name: f"the thing {name}" for name in NAMES})


@cache
def found():
    """Rows of the truth; the chain e -> f -> g is open."""
    rng = np.random.default_rng(5)
    made = {name: rng.normal(size=400) for name in NAMES}
    for cause, effect in TRUTH.directed_edges():
        made[effect] = made[effect] + made[cause]
    return llmcd.candidates(pd.DataFrame(made), bootstrap=4, n_jobs=1)


class Counted:
    """An expert that counts; it answers like another, or abstains."""

    def __init__(self, inner=None):
        """Begin with nothing asked."""
        self.inner, self.seen = inner, []
        self.identity = {"counted": True}

    def answer(self, question):
        """Remember, then answer."""
        self.seen.append(question.content_hash)
        if self.inner is None:
            return '{"reasoning": "", "verdict": "unsure", "probability": 0.5}'
        return self.inner.answer(question).text


def simulated(**options):
    """Who knows the truth, or not."""
    return llmcd.Simulated(TRUTH, **{"accuracy": 1.0, **options})


def run(expert, **options):
    """Rounds about the candidates above."""
    return ask_in_rounds(found(), TEXTS, expert, progress=False, **options)


def test_no_question_is_asked_twice_and_every_pair_in_both_orders():
    """Over all rounds together."""
    expert = Counted(simulated())
    asking = run(expert, batch=3, least=0.0)
    assert len(expert.seen) == len(set(expert.seen)) == len(asking.answers)
    shown = {(x.a, x.b) for x in asking.answers.answers}
    assert shown == {(b, a) for a, b in shown}
    assert len(asking.worth) > 2
    assert [n for n, _ in asking.worth] == sorted({n for n, _ in asking.worth})


def test_it_stops_when_questions_are_worth_little_and_says_so():
    """Fewer than everything, and the sentence has the number."""
    everything = run(simulated(), batch=3, least=0.0)
    some = run(simulated(), batch=3, least=0.01)
    assert len(some.answers) < len(everything.answers)
    assert "asking stopped after" in some.answers.stopped
    assert some.answers.stopped in str(some.answers)
    assert "of a wrong edge, less than 0.01" in some.answers.stopped
    assert some.answers.complete
    assert some.worth[-1][1] < 0.01


def test_why_it_stopped_is_kept(tmp_path):
    """In the file of the answers, in a pickle, and when answers are joined."""
    answers = run(simulated(), batch=3).answers
    answers.write(tmp_path / "answers.jsonl")
    assert llmcd.Answers.read(tmp_path / "answers.jsonl") == answers
    assert pickle.loads(pickle.dumps(answers)) == answers
    assert llmcd.Answers.none().updated(answers).stopped == answers.stopped
    assert llmcd.combine(found(), answers).warnings[-1] == answers.stopped


def test_probes_are_asked_while_answers_wait_for_them():
    """Both open pairs are answered in the first round, which alone decides nothing."""
    asking = run(simulated(), batch=3, least=0.01)
    directed = {("a", "c"), ("b", "c"), ("c", "d")}
    assert len(directed & set(asking.answers.pairs())) > 1
    assert llmcd.combine(found(), asking.answers).graph == TRUTH


def test_a_silent_expert_is_left_alone():
    """After a few rounds without an answer; nothing is decided by it."""
    expert = Counted()
    asking = run(expert, batch=2, least=0.01)
    assert 4 <= len(expert.seen) < len(run(Counted(), batch=2, least=0.0).answers)
    assert "answered so far: 50% of the pairs" in asking.answers.stopped


@pytest.mark.parametrize("calls", [1, 7, 8, 13])
def test_the_budget_holds_over_all_rounds(calls, tmp_path):
    """Never overrun, also where it ends between two rounds; a store goes on."""
    expert = Counted(simulated())
    settings = {"batch": 2, "least": 0.0, "store": tmp_path / "s.sqlite"}
    asking = run(expert, budget=llmcd.Budget(calls=calls), **settings)
    assert len(expert.seen) == calls == len(asking.answers)
    assert not asking.answers.complete
    assert "budget is reached" in asking.answers.note
    more = run(expert, **settings)
    assert more.answers.complete
    assert len(expert.seen) == len(set(expert.seen)) == len(more.answers)
    again = run(expert, replay=True, **settings)
    assert again.answers == more.answers


def test_a_budget_for_nothing_is_an_error():
    """As in a single call."""
    with pytest.raises(llmcd.BudgetExceeded, match="0 questions"):
        run(Counted(simulated()), budget=llmcd.Budget(calls=0))


def test_an_expert_that_fails_later_keeps_what_it_said():
    """The first rounds are paid for; a first round that fails is an error."""

    class Fails(Counted):
        def answer(self, question):
            if len(self.seen) >= self.most:
                raise RuntimeError("gone")
            return super().answer(question)

    expert = Fails(simulated())
    expert.most = 4
    asking = run(expert, batch=2, least=0.0)
    assert len(asking.answers) == 4
    assert "gone" in asking.answers.note
    expert = Fails(simulated())
    expert.most = 0
    with pytest.raises(llmcd.ExpertError, match="gone"):
        run(expert, batch=2)


def test_harm_holds_back_until_probes_speak():
    """With no harm allowed only probes are asked; with none refused, everything."""
    tight = run(simulated(), harm=0.0, batch=4, least=0.0)
    wide = run(simulated(), batch=4, least=0.0)
    assert set(tight.answers.pairs()) < set(wide.answers.pairs())
    assert ("e", "f") not in tight.answers.pairs()


def test_rounds_say_what_discover_says():
    """The note is a warning of the result, and the answers direct the open chain."""
    rng = np.random.default_rng(5)
    made = {name: rng.normal(size=400) for name in NAMES}
    for cause, effect in TRUTH.directed_edges():
        made[effect] = made[effect] + made[cause]
    result = llmcd.discover(
        pd.DataFrame(made), TEXTS, simulated(), bootstrap=4, progress=False
    )
    assert any("asking stopped after" in text for text in result.warnings)
    assert result.graph == TRUTH


@pytest.mark.parametrize(
    "wrong", [{"batch": 0}, {"batch": True}, {"least": -1.0}, {"harm": float("nan")}]
)
def test_limits_are_checked(wrong):
    """Before anything is searched or asked."""
    given = {"batch": 10, "least": 0.01, "harm": None} | wrong
    with pytest.raises(ValueError, match=next(iter(wrong))):
        check_rounds(**given)


def test_a_purse_is_one_budget():
    """The same ledger for every call."""
    purse = Purse(llmcd.Budget(calls=3))
    questions = llmcd.plan(found(), TEXTS).questions
    expert = Counted(simulated())
    llmcd.ask(questions[:2], expert, budget=purse, progress=False)
    rest = llmcd.ask(questions[2:6], expert, budget=purse, progress=False)
    assert (purse.calls, len(expert.seen), len(rest)) == (3, 3, 1)


def test_rounds_start_from_what_an_audit_heard():
    """What asking says of the expert as it stops is what the combiner believes."""
    expert = simulated()
    known = {label(expert): Audited(((0.0,) * 4,) * 3, 8.0, 0.0)}
    said = {}
    for audits in (None, known):
        answers = run(expert, batch=20, audits=audits).answers
        words = answers.stopped.split("has a probability of ")[1]
        said[audits is None] = float(words.rstrip(")"))
    assert said[False] < said[True]
