"""Budgets: nothing is overrun, whoever asks and however much at once."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.errors import ExpertError
from llmcd.expert.budget import Budget, Ledger, Permit, Price, worst_price
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question
from llmcd.expert.recorded import Recorded

QUESTION = Question("pairwise", "x", "y", "system", "wörds", "mine-1")


class Priced:
    """A cent a thousand tokens, at most 100 tokens a reply."""

    max_tokens = 100

    def answer(self, question):
        return ""

    def cost(self, sent, received):
        return 1e-5 * (sent + received)


@pytest.mark.parametrize(
    "limits",
    [{"calls": -1}, {"calls": 1.5}, {"calls": True}, {"tokens": "9"}, {"usd": -0.1},
     {"usd": float("nan")}, {"usd": float("inf")}, {"usd": "1"}, {"usd": True}],
)  # fmt: skip
def test_wrong_limits_are_refused(limits):
    """A limit is a number from 0."""
    with pytest.raises(ValueError, match="from 0"):
        Budget(**limits)


def test_the_worst_case_bounds_bytes_and_reply():
    """No tokenizer on bytes can make more tokens than are reserved."""
    long = Question("pairwise", "x", "y", "system", "語" * 3000, "mine-1")
    worst = worst_price(Priced(), long)
    sent = sum(len(m["content"].encode()) for m in long.messages)
    assert worst.tokens >= sent + 100
    assert worst.usd == pytest.approx(1e-5 * worst.tokens)
    assert worst_price(Recorded({}), QUESTION) == Price(0, 0.0)
    assert worst_price(object(), QUESTION).usd is None


def test_money_without_a_price_needs_another_limit():
    """A limit in dollars that could not be kept is refused."""

    class Unpriced:
        def answer(self, question):
            return ""

    with pytest.raises(ExpertError, match="no price is known for Unpriced"):
        Ledger(Budget(usd=1), Unpriced())
    Ledger(Budget(usd=1, calls=3), Unpriced())
    Ledger(Budget(usd=1, tokens=3000), Unpriced())
    Ledger(Budget(usd=1), Recorded({}))


def test_settling_gives_back_what_was_not_used():
    """After a reply only its real usage counts; unknown usage keeps the reserve."""
    ledger = Ledger(Budget(), Priced())
    worst = ledger.reserve(QUESTION)
    assert ledger.tokens == worst.tokens
    ledger.settle(worst, Reply("", None, None, None, 10, 5, 0.002))
    assert (ledger.calls, ledger.tokens) == (1, 15)
    assert ledger.usd == pytest.approx(0.002)
    worst = ledger.reserve(QUESTION)
    ledger.settle(worst, Reply(""))
    assert ledger.tokens == 15 + worst.tokens
    assert ledger.usd == pytest.approx(0.002 + worst.usd)


@settings(max_examples=50, deadline=None)
@given(
    calls=st.none() | st.integers(0, 8),
    tokens=st.none() | st.integers(0, 6000),
    usd=st.none() | st.floats(0, 0.05),
    used=st.lists(st.floats(0, 1), max_size=20),
)
def test_no_limit_is_ever_overrun(calls, tokens, usd, used):
    """With replies inside their worst case, spending stays inside every limit."""
    ledger = Ledger(Budget(calls, tokens, usd), Priced())
    for share in used:
        worst = ledger.reserve(QUESTION)
        if worst is None:
            continue
        spent = int(share * worst.tokens)
        ledger.settle(worst, Reply("", None, None, None, spent, 0, 1e-5 * spent))
        assert calls is None or ledger.calls <= calls
        assert tokens is None or ledger.tokens <= tokens
        assert usd is None or ledger.usd <= usd + 1e-12


def test_many_threads_cannot_overrun():
    """Eight threads that reserve at once get exactly what there is."""
    ledger = Ledger(Budget(calls=50), Priced())
    got = []

    def work():
        got.extend(ledger.reserve(QUESTION) for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(price is not None for price in got) == 50


# --- further requests for the same question -------------------------------------------


def permitted(**limits):
    """A ledger with one question reserved, and its permit."""
    ledger, expert = Ledger(Budget(**limits), Priced()), Priced()
    return ledger, Permit(ledger, expert, QUESTION, ledger.reserve(QUESTION))


WORST = worst_price(Priced(), QUESTION).tokens
REPLY = Reply("", None, None, None, 7, 3, 1e-4)


def test_an_attempt_that_cost_nothing_is_one_more_call():
    """Refused requests count as calls only."""
    ledger, permit = permitted(calls=3)
    assert permit.again()
    assert permit.again()
    assert not permit.again()
    permit.settle(REPLY)
    assert (ledger.calls, ledger.tokens) == (3, 10)
    assert ledger.usd == pytest.approx(1e-4)


def test_an_attempt_that_may_be_billed_stays_spent():
    """The worst case of each lost reply remains, beside what the last really cost."""
    ledger, permit = permitted(tokens=3 * WORST)
    assert permit.again(billed=True)
    assert permit.again(billed=True)
    assert not permit.again(billed=True)
    permit.settle(REPLY)
    assert ledger.tokens == 2 * WORST + 10
    assert ledger.usd == pytest.approx(1e-5 * 2 * WORST + 1e-4)


def test_a_longer_reply_is_set_aside_and_settled_with_the_first():
    """The usage of both is known at the end, so nothing stays reserved."""
    ledger, permit = permitted(tokens=2 * WORST + 300)
    assert permit.again(longer=400)
    assert ledger.tokens == 2 * WORST + 300
    permit.settle(REPLY)
    assert (ledger.calls, ledger.tokens) == (2, 10)
    ledger, permit = permitted(tokens=2 * WORST + 299)
    assert not permit.again(longer=400)


def test_nobody_waits_any_more():
    """After an interrupt no further request is sent."""
    ledger = Ledger(Budget(), Priced())
    price = ledger.reserve(QUESTION)
    assert not Permit(ledger, Priced(), QUESTION, price, lambda: True).again()
    assert ledger.calls == 1


def test_one_ledger_for_several():
    """Each is charged at its own price; one without needs another limit."""
    dear = Priced()
    dear.cost = lambda sent, received: 1e-3 * (sent + received)
    ledger = Ledger(Budget(usd=1e-5 * WORST + 1e-3 * WORST), Priced(), dear)
    assert ledger.reserve(QUESTION, dear) is not None
    assert ledger.reserve(QUESTION, dear) is None
    assert ledger.reserve(QUESTION) is not None
    with pytest.raises(ExpertError, match="no price is known for object"):
        Ledger(Budget(usd=1), Priced(), object())
