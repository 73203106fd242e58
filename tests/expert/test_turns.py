"""One limiter and one circuit breaker for all."""

import threading
import time

from llmcd.expert.failures import Failure
from llmcd.expert.turns import Turns

BUSY = Failure(503, "busy")


def test_everybody_may_send_while_all_is_well():
    """No request waits for another."""
    turns = Turns(3, 0.0)
    assert [turns.enter().is_probe for _ in range(5)] == [False] * 5


def test_a_success_lets_everybody_go_on():
    """After one failure one tries; when it succeeds the count begins anew."""
    turns = Turns(2, 0.0)
    for _ in range(5):
        assert turns.failed(turns.enter(), BUSY)
        probe = turns.enter()
        assert probe.is_probe
        turns.passed(probe)
        assert not turns.enter().is_probe


def test_only_one_tries():
    """The others wait for what becomes of it, and go when it is well again."""
    turns, sent = Turns(3, 0.0), []
    turns.failed(turns.enter(), BUSY)
    probe = turns.enter()

    def work():
        turn = turns.enter()
        sent.append(turn)
        turns.passed(turn)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    assert sent == []
    turns.passed(probe)
    for thread in threads:
        thread.join(5)
    assert [turn.is_probe for turn in sent] == [False] * 4


def test_giving_up_ends_the_waiting_for_all():
    """After the last try those who wait get no turn, and later runs begin anew."""
    turns, got = Turns(1, 0.0), []
    turns.failed(turns.enter(), BUSY)
    probe = turns.enter()
    threads = [
        threading.Thread(target=lambda: got.append(turns.enter())) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    late = Failure(500, "still down")
    assert not turns.failed(probe, late)
    for thread in threads:
        thread.join(5)
    assert got == [None] * 4
    assert turns.problem == late
    assert not turns.enter().is_probe


def test_a_failure_from_before_does_not_count_later():
    """A slow request that fails after the provider was given up opens nothing."""
    turns = Turns(1, 0.0)
    slow, quick = turns.enter(), turns.enter()
    turns.failed(quick, BUSY)
    assert not turns.failed(turns.enter(), BUSY)
    assert not turns.failed(slow, BUSY)
    assert not turns.enter().is_probe


def test_a_turn_that_is_not_used_goes_to_the_next():
    """A probe that was never sent does not leave the others waiting."""
    turns = Turns(3, 0.0)
    turns.failed(turns.enter(), BUSY)
    turns.left(turns.enter())
    assert turns.enter().is_probe


def test_what_the_provider_asks_for_is_waited():
    """Retry-After holds for whoever comes next, and the longest one counts."""
    turns = Turns(3, 0.0)
    one, two = turns.enter(), turns.enter()
    start = time.monotonic()
    turns.failed(one, Failure(429, "slow", wait=0.3))
    turns.failed(two, Failure(429, "slow", wait=0.1))
    turns.enter()
    assert 0.3 <= time.monotonic() - start < 2
