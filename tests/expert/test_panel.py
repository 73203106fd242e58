"""A panel: so many experts, so many reliabilities, one budget."""

import threading
import time
from types import MappingProxyType

import pytest
from test_pipeline import TEXTS, TRUTH, linear_table

import llmcd
from llmcd.errors import BudgetExceeded, ExpertError
from llmcd.expert.ask import ask
from llmcd.expert.budget import Budget
from llmcd.expert.panel import Panel, asked_of, members
from llmcd.expert.planned import Plan
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question
from llmcd.expert.recorded import wire_text
from llmcd.expert.resolve import resolve
from llmcd.expert.simulated import Simulated
from llmcd.expert.store import Store

GOOD, OTHER = wire_text("a->b"), wire_text("none")


def questions(n):
    """Different questions."""
    return [Question("pairwise", f"x{i}", "y", "s", f"{i}?", "m-1") for i in range(n)]


class Fake:
    """Answers the same, or fails from some question on."""

    def __init__(self, label, says=GOOD, failing_from=10**6, **facts):
        self.label, self.says, self.failing_from = label, says, failing_from
        self.identity = MappingProxyType({"model": label})
        self.asked = []
        self.__dict__.update(facts)

    def answer(self, question):
        if len(self.asked) >= self.failing_from:
            raise ExpertError(f"{self.label} is down")
        self.asked.append(question.a)
        return self.says


WIDTHS = [(1, 1), (4, 4), (1, 3)]


@pytest.mark.parametrize("widths", WIDTHS)
def test_everybody_is_asked_everything(tmp_path, widths):
    """Answers stand question by question under their own labels, also from a store."""
    one = Fake("one", concurrency=widths[0])
    two = Fake("two", OTHER, concurrency=widths[1])
    store = tmp_path / "s.sqlite"
    found = ask(questions(5), [one, two], store=store, progress=False)
    assert [(x.a, x.expert, x.verdict) for x in found.answers] == [
        (f"x{i}", *said)
        for i in range(5)
        for said in (("one", "a->b"), ("two", "none"))
    ]
    assert sorted(one.asked) == sorted(two.asked) == [f"x{i}" for i in range(5)]
    assert found.complete
    again = ask(questions(5), [one, two], store=store, progress=False)
    assert again == found
    assert len(one.asked) + len(two.asked) == 10


def test_two_experts_have_two_reliabilities():
    """A good one and one that names what is shown first are told apart."""
    good = Simulated(TRUTH, accuracy=1.0, label="good")
    biased = Simulated(TRUTH, accuracy=0.5, first_bias=1.0, label="biased", seed=3)
    rows = linear_table(1500)
    both = llmcd.discover(rows, TEXTS, [good, biased], bootstrap=5, progress=False)
    trust = both.reliability.set_index("expert")
    assert list(trust.index) == ["biased", "good"]
    assert trust.loc["biased", "first_shown"] > 0.9
    assert trust.loc["good", "first_shown"] == pytest.approx(0.5, abs=0.2)
    assert trust.loc["good", "accuracy"] > trust.loc["biased", "accuracy"]
    for expert in (good, biased):
        alone = llmcd.discover(rows, TEXTS, expert, bootstrap=5, progress=False)
        (mine,) = alone.reliability.to_dict("records")
        there = trust.loc[mine["expert"]].to_dict()
        assert there == {k: v for k, v in mine.items() if k != "expert"}


def test_the_price_is_the_sum():
    """Tokens and dollars of all; one unknown price makes the sum unknown."""
    found = llmcd.candidates(linear_table(300), bootstrap=2)
    cheap = Fake("cheap", cost=lambda s, r: 1e-6 * (s + r))
    dear = Fake("dear", cost=lambda s, r: 1e-4 * (s + r), samples=2)
    alone = [llmcd.plan(found, TEXTS, expert=x) for x in (cheap, dear)]
    both = llmcd.plan(found, TEXTS, expert=[cheap, dear])
    assert both.usd == pytest.approx(sum(x.usd for x in alone))
    assert both.prompt_tokens == sum(x.prompt_tokens for x in alone)
    assert both.completion_tokens == sum(x.completion_tokens for x in alone)
    assert both.seconds == sum(x.seconds for x in alone)  # one after the other
    cheap.concurrency, dear.concurrency = 4, 2
    wide = [llmcd.plan(found, TEXTS, expert=x).seconds for x in (cheap, dear)]
    beside = llmcd.plan(found, TEXTS, expert=[cheap, dear]).seconds
    assert beside == max(wide) < both.seconds
    assert set(both.questions) == set(alone[1].questions)
    assert "to cheap + dear" in str(both)
    assert f"cheap: {len(alone[0])} questions, about" in str(both)
    unknown = llmcd.plan(found, TEXTS, expert=[cheap, Fake("other")])
    assert unknown.usd is None
    total = len(alone[0]) + len(alone[1])
    few = llmcd.plan(found, TEXTS, expert=[cheap, dear], budget=Budget(calls=total - 1))
    assert f"together {total} calls, the budget allows {total - 1}" in few.notes[-1]
    many = llmcd.plan(found, TEXTS, expert=[cheap, dear], budget=Budget(calls=total))
    assert "together" not in str(many)


@pytest.mark.parametrize("widths", WIDTHS[:2])
def test_the_budget_is_shared(widths):
    """Seven calls are seven for both together, question by question."""
    one, two = Fake("one", concurrency=widths[0]), Fake("two", concurrency=widths[1])
    found = ask(questions(9), [one, two], budget=Budget(calls=7), progress=False)
    assert len(one.asked) + len(two.asked) == 7 == len(found)
    assert abs(len(one.asked) - len(two.asked)) == 1
    assert sorted(found.unfinished) == ["one", "two"]
    with pytest.raises(BudgetExceeded, match=r"0 questions to one \+ two"):
        ask(questions(2), [one, two], budget=Budget(calls=0), progress=False)


def test_eight_workers_of_two_experts_cannot_overspend():
    """What both really charge stays inside the one limit."""
    charged, lock = [], threading.Lock()

    class Charging(Fake):
        def answer(self, question):
            time.sleep(0.002)
            with lock:
                charged.append(self.price)
            return Reply(GOOD, None, None, "m", 5, 5, self.price)

    facts = {"concurrency": 4, "max_tokens": 100}
    one = Charging("one", price=0.017, cost=lambda s, r: 0.017, **facts)
    two = Charging("two", price=0.031, cost=lambda s, r: 0.031, **facts)
    found = ask(questions(40), [one, two], budget=Budget(usd=0.5), progress=False)
    assert 0.5 - 0.031 <= sum(charged) <= 0.5
    assert found.usd == pytest.approx(sum(charged))
    with pytest.raises(ExpertError, match="no price is known for free"):
        ask(questions(1), [one, Fake("free")], budget=Budget(usd=1), progress=False)


def test_one_that_cannot_be_asked_is_an_error(tmp_path):
    """A panel of two never quietly becomes one; what the other said is stored."""
    one, two = Fake("one"), Fake("two", failing_from=0)
    with Store(tmp_path / "s.sqlite") as store:
        with pytest.raises(ExpertError, match="two is down"):
            ask(questions(5), [one, two], store=store, progress=False)
        assert len(store) == 1
    assert len(one.asked) == 1


def test_one_that_fails_half_way_pauses_the_run():
    """Both stop, and each says how far it came."""
    one, two = Fake("one"), Fake("two", failing_from=2)
    found = ask(questions(5), [one, two], progress=False)
    assert [x.expert for x in found.answers] == ["one", "two", "one", "two", "one"]
    assert found.unfinished["one"].startswith("3 of 5 questions answered; paused")
    assert found.unfinished["two"].startswith("2 of 5 questions answered; paused")


def test_one_that_fails_can_be_dropped():
    """On request the others go on, and the answers say who was dropped and why."""
    panel = Panel([Fake("one"), Fake("two", failing_from=2)], failing="drop")
    found = ask(questions(5), panel, progress=False)
    assert [x.expert for x in found.answers].count("one") == 5
    assert list(found.unfinished) == ["two"]
    assert "dropped because: two is down" in found.note
    nobody = Panel([Fake("one", failing_from=0), Fake("two", failing_from=0)],
                   failing="drop")  # fmt: skip
    with pytest.raises(ExpertError, match="one is down"):
        ask(questions(5), nobody, progress=False)


def test_samples_are_each_ones_own():
    """One asked twice and one asked once: the second sample goes to the first only."""
    twice, once = Fake("twice", samples=2), Fake("once")
    shown = [Question("pairwise", "x", "y", "", "?", "m", sample) for sample in (0, 1)]
    found = ask(shown, [twice, once], progress=False)
    assert [(x.expert, x.sample) for x in found.answers] == [
        ("twice", 0), ("once", 0), ("twice", 1)
    ]  # fmt: skip
    assert Panel([twice, once]).samples == 2
    assert asked_of(once, shown) == (shown[0],)


def test_what_a_panel_is_made_of():
    """Strings and objects; no two of the same name, no nobody, no common answer."""
    panel = resolve(["openai/a", "openai/b"])
    assert panel.label == "openai/a + openai/b"
    assert [x.model for x in members(panel)] == ["openai/a", "openai/b"]
    assert resolve(["openai/a"]).label == "openai/a"
    assert members(resolve("human"))[0].label == "human"
    with pytest.raises(ValueError, match="both called 'openai/a'"):
        resolve(["openai/a", "openai/a"])
    with pytest.raises(ValueError, match="cannot contain None"):
        resolve(["openai/a", None])
    with pytest.raises(ValueError, match="at least one"):
        resolve([])
    with pytest.raises(ValueError, match="for a panel give"):
        resolve(["openai/a", "openai/b"], api_base="http://localhost:1/v1")
    with pytest.raises(ValueError, match="failing is"):
        Panel([Fake("one")], failing="never")
    with pytest.raises(TypeError, match="no common answer"):
        panel.answer(questions(1)[0])
    assert "openai/a" in repr(panel)


def test_a_plan_of_its_own_is_asked_as_it_is():
    """A single expert is asked every sample of a plan, whatever it says of samples."""
    shown = tuple(Question("pairwise", "x", "y", "", "?", "m", i) for i in range(3))
    found = ask(Plan(pairs=(), questions=shown), Fake("one"), progress=False)
    assert len(found) == 3
