"""The loop: nothing asked twice, nothing lost, nothing overspent."""

import asyncio
import io
import signal
import subprocess
import sys
import threading
import time
from types import MappingProxyType

import pytest

from llmcd.errors import BudgetExceeded, ExpertError
from llmcd.expert import ask as module
from llmcd.expert.ask import ask
from llmcd.expert.budget import Budget
from llmcd.expert.planned import Plan
from llmcd.expert.protocol import Reply, StopAsking
from llmcd.expert.questions import Question
from llmcd.expert.recorded import wire_text
from llmcd.expert.simulated import Simulated
from llmcd.expert.store import Store
from llmcd.graph import Graph

GOOD = wire_text("a->b", stated={"a->b": 0.9})


def questions(n):
    """Different questions."""
    return [Question("pairwise", f"x{i}", "y", "s", f"{i}?", "m-1") for i in range(n)]


class Fake:
    """Answers by a function and remembers what it was asked."""

    label = "fake"
    identity = MappingProxyType({"model": "fake"})

    def __init__(self, says=lambda q: GOOD, **facts):
        self.says, self.asked = says, []
        self.__dict__.update(facts)

    def answer(self, question):
        self.asked.append(question)
        return self.says(question)


class FakeAsync(Fake):
    """The same, as a coroutine that gives way to others."""

    async def answer(self, question):
        await asyncio.sleep(0.001)
        return super().answer(question)


class FakeAwaitable(Fake):
    """A plain method that hands out an awaitable."""

    def answer(self, question):
        async def later():
            return super(FakeAwaitable, self).answer(question)

        return later()


KINDS = [
    lambda says: Fake(says),
    lambda says: Fake(says, concurrency=4),
    lambda says: FakeAsync(says),
    lambda says: FakeAsync(says, concurrency=4),
    lambda says: FakeAwaitable(says),
    lambda says: FakeAwaitable(says, concurrency=4),
]


@pytest.fixture(params=KINDS, ids=["now", "threads", "async", "async4", "aw", "aw4"])
def kind(request):
    """Every way in which an expert can answer."""
    return request.param


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    with Store(tmp_path / "s.sqlite") as made:
        yield made


def test_every_question_is_answered_once_and_in_order(kind):
    """Answers come in the plan's order; repeated questions are asked once."""
    expert = kind(lambda q: Reply(GOOD, "stop", None, "m", 10, 5, 0.1))
    plan = Plan(pairs=(), questions=tuple(questions(9) + questions(3)))
    found = ask(plan, expert, progress=False)
    assert [x.a for x in found.answers] == [f"x{i}" for i in range(9)]
    assert found.complete
    assert len(expert.asked) == 9
    assert found.answers[0].verdict == "a->b"
    assert found.answers[0].stated == {"a->b": 0.9}
    assert (found.answers[0].raw, found.experts) == (GOOD, ("fake",))
    assert found.tokens == 9 * 15
    assert found.usd == pytest.approx(0.9)


def test_a_store_is_asked_first(kind, store):
    """A second run asks nothing and gives the same answers."""
    first = ask(questions(5), kind(lambda q: GOOD), store=store, progress=False)
    expert = kind(lambda q: "never asked")
    assert ask(questions(5), expert, store=store, progress=False) == first
    assert expert.asked == []
    more = ask(questions(7), expert, store=store, progress=False)
    assert len(expert.asked) >= 2
    assert more.answers[:5] == first.answers


def test_a_path_is_a_store(tmp_path):
    """A path keeps replies between runs."""
    ask(questions(2), Fake(), store=tmp_path / "s.sqlite", progress=False)
    expert = Fake()
    ask(questions(2), expert, store=str(tmp_path / "s.sqlite"), progress=False)
    assert expert.asked == []


def test_another_identity_is_asked_again(store):
    """Replies of one model are never taken for another's."""
    ask(questions(1), Fake(identity={"model": "m"}), store=store, progress=False)
    other = Fake(identity={"model": "n"})
    ask(questions(1), other, store=store, progress=False)
    assert len(other.asked) == 1


class Set:
    """Always gives the one answer that it was made with."""

    def __init__(self, text):
        self.text = text

    def answer(self, question):
        return self.text


def test_two_objects_of_a_class_are_two_experts(store):
    """Replies of one object are not replayed for another with other settings."""
    unsure = wire_text(None)
    first = ask(questions(1), Set(unsure), store=store, progress=False)
    assert first.abstentions == {"unsure": 1}
    (other,) = ask(questions(1), Set(GOOD), store=store, progress=False).answers
    assert other.verdict == "a->b"
    assert ask(questions(1), Set(unsure), store=store, progress=False) == first
    assert len(store) == 2


def test_a_store_that_cannot_tell_experts_apart_says_so(store):
    """An attribute that JSON cannot hold is named, with the way out, and only once."""
    expert = Set(GOOD)
    expert.client = object()
    with pytest.warns(UserWarning, match=r"\['client'\].*identity") as seen:
        ask(questions(2), expert, store=store, progress=False)
    assert len(seen) == 1
    ask(questions(2), expert, progress=False)  # without a store there is nothing to say


def test_an_expert_that_changes_while_it_is_asked_is_told(store):
    """Its next run would find nothing in the store and pay again."""

    class Counting(Set):
        calls = 0

        def answer(self, question):
            self.calls += 1
            return super().answer(question)

    with pytest.warns(UserWarning, match="changed while it was asked"):
        ask(questions(2), Counting(GOOD), store=store, progress=False)


def test_an_unreadable_reply_is_asked_for_once_more(kind):
    """The second request holds the first reply and a remark; both are paid."""
    replies = iter(
        [Reply("hm", None, None, "m", 10, 5), Reply(GOOD, None, None, "m", 20)]
    )
    expert = kind(lambda q: next(replies))
    (answer,) = ask(questions(1), expert, progress=False).answers
    assert (answer.verdict, answer.raw) == ("a->b", GOOD)
    assert (answer.prompt_tokens, answer.completion_tokens) == (30, 5)
    roles = [m["role"] for m in expert.asked[1].messages]
    assert roles == ["system", "user", "assistant", "user"]
    assert expert.asked[1].messages[2]["content"] == "hm"
    assert "A_causes_B" in expert.asked[1].messages[3]["content"]


def test_two_unreadable_replies_are_an_answer_without_a_verdict(store):
    """After the second there is no third, and both stay in the store."""
    expert = Fake(lambda q: "hm\ud800")
    (answer,) = ask(questions(1), expert, store=store, progress=False).answers
    assert (answer.verdict, answer.reason) == (None, "unparsable")
    assert len(expert.asked) == 2
    again = Fake()
    ask(questions(1), again, store=store, progress=False)
    assert again.asked == []


@pytest.mark.parametrize("text, reason", [("", "empty"), ("I cannot help.", "refusal")])
def test_refusals_are_not_argued_with(text, reason):
    """Empty replies and refusals are answers without a verdict at once."""
    expert = Fake(lambda q: text)
    found = ask(questions(1), expert, progress=False)
    assert found.abstentions == {reason: 1}
    assert len(expert.asked) == 1


def failing_from(n, error):
    """Good replies, then an exception."""
    count = iter(range(10**6))

    def says(question):
        if next(count) >= n:
            raise error
        return GOOD

    return says


def test_a_failure_before_the_first_answer_is_raised(kind):
    """With nothing to hand back, the error names the expert and keeps its cause."""
    cause = KeyError("broken")
    with pytest.raises(
        ExpertError, match=r"fake failed .*KeyError: 'broken'"
    ) as caught:
        ask(questions(3), kind(failing_from(0, cause)), progress=False)
    assert caught.value.__cause__ is cause


def test_a_failure_later_pauses_and_keeps_what_there_is(kind, store):
    """An outage writes no abstentions; the next run asks exactly the rest."""
    error = ExpertError("the provider is down")
    found = ask(questions(6), kind(failing_from(4, error)), store=store, progress=False)
    assert [x.verdict for x in found.answers] == ["a->b"] * 4
    assert not found.complete
    assert "4 of 6" in found.note
    assert "the provider is down" in found.note
    expert = kind(lambda q: GOOD)
    rest = ask(questions(6), expert, store=store, progress=False)
    assert rest.complete
    assert len(expert.asked) == 2


def test_stored_answers_do_not_hide_that_nothing_works(store):
    """When every new question fails at once, the error is raised, nothing is lost."""
    ask(questions(2), Fake(), store=store, progress=False)
    with pytest.raises(ExpertError, match="no key"):
        ask(questions(3), Fake(failing_from(0, ExpertError("no key"))), store=store,
            progress=False)  # fmt: skip
    assert len(store) == 2


def test_what_is_no_reply_is_an_error():
    """An expert that forgets to return is told so."""
    with pytest.raises(ExpertError, match="must give text or a Reply, got NoneType"):
        ask(questions(1), Fake(lambda q: None), progress=False)


def test_stop_asking_keeps_what_there_is(kind):
    """An expert may end the asking."""
    found = ask(questions(6), kind(failing_from(2, StopAsking("tea"))), progress=False)
    assert not found.complete
    assert "tea" in found.note
    assert len(found.answers) >= 2


def test_the_budget_in_calls_stops_before_the_request(kind):
    """Exactly as many questions are sent as the budget allows."""
    expert = kind(lambda q: GOOD)
    found = ask(questions(9), expert, budget=Budget(calls=4), progress=False)
    assert len(expert.asked) == len(found.answers) == 4
    assert not found.complete
    assert "budget" in found.note


def test_stored_answers_cost_nothing(store):
    """The budget is for new questions only."""
    ask(questions(3), Fake(), store=store, progress=False)
    budget = Budget(calls=1)
    found = ask(questions(4), Fake(), store=store, budget=budget, progress=False)
    assert found.complete
    none = Budget(calls=0)
    assert ask(questions(3), Fake(), store=store, budget=none, progress=False).complete


def test_a_budget_for_nothing_is_an_error():
    """When not even the first question fits, that is said at once."""
    expert = Fake()
    for budget in (Budget(tokens=10), Budget(calls=0)):
        with pytest.raises(BudgetExceeded, match=r"^0 questions to fake .*Raise the"):
            ask(questions(2), expert, budget=budget, progress=False)
    assert expert.asked == []


def test_runs_with_a_store_and_a_small_budget_get_to_the_end(kind, store):
    """Each run asks what the one before it left, and the last says it is complete."""
    asked, complete = [], []
    for _ in range(3):
        expert = kind(lambda q: GOOD)
        found = ask(
            questions(9), expert, store=store, budget=Budget(calls=4), progress=False
        )
        asked += [q.a for q in expert.asked]
        complete.append(found.complete)
    assert sorted(asked) == [f"x{i}" for i in range(9)]
    assert complete == [False, False, True]


def test_notes_of_the_plan_reach_incomplete_answers():
    """What planning had to say is said again where it matters, and only there."""
    plan = Plan(pairs=(), questions=tuple(questions(3)), notes=("3 pairs, 1 call",))
    found = ask(plan, Fake(), budget=Budget(calls=1), progress=False)
    assert "1 of 3 questions answered" in found.note
    assert "3 pairs, 1 call" in found.note
    assert ask(plan, Fake(), progress=False).note == ""


def test_a_budget_is_a_budget():
    """A number or a mapping is refused before anything is asked."""
    expert = Fake()
    for wrong in (10, {"calls": 3}):
        with pytest.raises(TypeError, match="budget must be None or a Budget"):
            ask(questions(1), expert, budget=wrong, progress=False)
    assert expert.asked == []


def test_a_second_request_needs_budget_too():
    """Without budget for a second try, the first reply counts as it is."""
    expert = Fake(lambda q: "hm")
    found = ask(questions(1), expert, budget=Budget(calls=1), progress=False)
    assert len(expert.asked) == 1
    assert found.abstentions == {"unparsable": 1}


def test_eight_at_once_cannot_overspend():
    """Worst cases are reserved, so what is really spent stays inside the limit."""
    spent = []

    def says(question):
        time.sleep(0.002)
        spent.append(0.01)
        return Reply(GOOD, None, None, "m", 5, 5, 0.01)

    expert = Fake(says, concurrency=8, max_tokens=100, cost=lambda s, r: 0.02)
    found = ask(questions(40), expert, budget=Budget(usd=0.1), progress=False)
    assert 0.08 <= sum(spent) <= 0.1 + 1e-9
    assert len(found.answers) == len(spent)


@pytest.mark.parametrize("made", [Fake, FakeAsync])
def test_one_goes_first(made):
    """What fails for everybody fails once, not once a worker."""
    expert = made(failing_from(0, ExpertError("no login")), concurrency=8)
    with pytest.raises(ExpertError, match="no login"):
        ask(questions(20), expert, progress=False)
    assert len(expert.asked) == 1


def test_the_others_follow_an_abstention():
    """The first reply, and its second try, are waited for, whatever it says."""
    seen = []

    def says(question):
        seen.append(question.a)
        time.sleep(0.02)
        return "hm" if question.a == "x0" else GOOD

    found = ask(questions(9), Fake(says, concurrency=4), progress=False)
    assert seen[:2] == ["x0", "x0"]
    assert found.abstentions == {"unparsable": 1}
    assert len(found) == 9


def test_several_are_under_way_but_not_more_than_allowed():
    """Concurrency is used, and bounded."""
    now, most, lock = 0, 0, threading.Lock()

    def says(question):
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.02)
        with lock:
            now -= 1
        return GOOD

    ask(questions(12), Fake(says, concurrency=3), progress=False)
    assert most == 3


def test_it_works_inside_a_running_loop(kind):
    """A notebook's event loop is no obstacle."""

    async def cell():
        return ask(questions(3), kind(lambda q: GOOD), progress=False)

    assert len(asyncio.run(cell()).answers) == 3


def test_a_slow_person_answers_in_the_callers_thread():
    """One at a time means the caller's own thread, where input() works."""
    where = []

    def says(question):
        where.append(threading.current_thread())
        return GOOD

    ask(questions(2), Fake(says), progress=False)
    assert where == [threading.current_thread()] * 2


def test_ctrl_c_returns_what_there_is(store):
    """An interrupt in the middle keeps the answers before it."""
    says = failing_from(3, KeyboardInterrupt())
    found = ask(questions(6), Fake(says), store=store, progress=False)
    assert (len(found.answers), found.complete) == (3, False)
    assert "interrupted" in found.note


INTERRUPTED = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from llmcd.expert import ask as module
from llmcd.expert import loop
from llmcd.expert.ask import ask
from llmcd.expert.questions import Question
loop._LAST_REPLIES = 0.3
class Slow:
    concurrency = 4
    def answer(self, question):
        if int(question.user) >= 4:
            os.write(1, b"waiting\\n")  # one call, so that threads do not mix
            time.sleep(20)
        return '{"verdict": "unsure"}'
qs = [Question("pairwise", "x", "y", "", str(i), "") for i in range(9)]
found = ask(qs, Slow(), store=sys.argv[1], progress=False)
print(len(found.answers), found.complete, "interrupted" in found.note)
"""


def test_a_real_ctrl_c_with_requests_under_way(tmp_path):
    """SIGINT ends four hanging requests within seconds, with a partial result."""
    run = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "s.sqlite")]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as process:
        for _ in range(4):
            assert process.stdout.readline() == "waiting\n"
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "4 False True\n"
        assert process.wait() == 0
    assert time.monotonic() - start < 10
    with Store(tmp_path / "s.sqlite") as store:
        assert len(store) == 4


def test_a_store_that_fails_does_not_lose_the_reply(monkeypatch, store):
    """A full disk pauses the run; the reply that was paid for is still used."""

    def full(*args, **kwargs):
        raise ExpertError("disk full")

    monkeypatch.setattr(store, "put", full)
    found = ask(questions(3), Fake(), store=store, progress=False)
    assert len(found.answers) == 1
    assert "disk full" in found.note


def test_the_bar_shows_only_on_a_terminal(monkeypatch, capsys):
    """Nothing is written to a file; on a terminal the state is shown."""
    ask(questions(2), Fake())
    assert capsys.readouterr() == ("", "")

    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    ask(questions(2), Fake())
    assert "2/2" in terminal.getvalue()
    monkeypatch.setattr(sys, "stderr", silent := Terminal())
    ask(questions(2), Fake(), progress=False)
    ask(questions(2), Fake(interactive=True))
    assert silent.getvalue() == ""


def test_nobody_and_nothing():
    """Asking nobody is an error; no questions are answered at once."""
    with pytest.raises(ValueError, match="nobody to ask"):
        ask(questions(1), None)
    assert ask([], Fake(), progress=False).complete


def test_a_biased_expert_is_seen_in_both_orders():
    """An expert that always names the first gives opposite directions, not an edge."""
    expert = Simulated(Graph.empty(["x", "y"]), first_bias=1)
    asked = [Question("pairwise", *p, "", "".join(p), "") for p in ("xy", "yx")]
    found = ask(asked, expert, progress=False)
    assert {x.about("x", "y") for x in found.answers} == {"a->b", "b->a"}


def test_no_module_of_the_expert_layer_can_see_rows():
    """Asking imports nothing of data or discovery."""
    code = "import sys, llmcd.expert, llmcd.expert.ask; print(sorted(sys.modules))"
    run = [sys.executable, "-c", code]
    seen = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    for layer in ("llmcd.data", "llmcd.discovery", "litellm"):
        assert f"'{layer}" not in seen
    assert module.__name__ == "llmcd.expert.ask"
