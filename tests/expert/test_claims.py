"""Single flight: what somebody is asking already is not asked again."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from llmcd.expert.ask import ask
from llmcd.expert.claims import Claims
from llmcd.expert.questions import Question
from llmcd.expert.recorded import wire_text

KEY = "ab" * 32


class Slow:
    """Counts how often it is asked, and takes its time."""

    def __init__(self, **facts):
        self.identity = {"model": "slow"}
        self.times, self.lock = 0, threading.Lock()
        self.__dict__.update(facts)

    def answer(self, question):
        with self.lock:
            self.times += 1
        time.sleep(0.2)
        return wire_text("a->b")


def test_many_threads_ask_once(tmp_path):
    """Six threads with one store and one question: one request, six answers."""
    expert, found = Slow(), []
    asked = [Question("pairwise", "x", "y", "", "?", "m")]

    def run():
        store = tmp_path / "s.sqlite"
        found.append(ask(asked, expert, store=store, progress=False))

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert expert.times == 1
    assert len(found) == 6
    assert all(x == found[0] and x.complete for x in found)


@pytest.mark.parametrize("stored", [True, False])
@pytest.mark.parametrize("width", [1, 8])
def test_the_same_words_are_sent_once(tmp_path, stored, width):
    """Pairs that are shown in the same words share one request, with a store or not."""
    expert = Slow(concurrency=width)
    asked = [Question("pairwise", f"x{i}", "y", "", "?", "m") for i in range(9)]
    store = tmp_path / "s.sqlite" if stored else None
    found = ask(asked, expert, store=store, progress=False)
    assert expert.times == 1
    assert [x.a for x in found.answers] == [q.a for q in asked]


ASKING = """
import os, sys, time
from llmcd.expert.ask import ask
from llmcd.expert.questions import Question
class Slow:
    identity = {"model": "slow"}
    def answer(self, question):
        os.write(1, f"asked {question.user}\\n".encode())
        time.sleep(float(sys.argv[2]))
        return '{"verdict": "unsure"}'
n = int(sys.argv[3])
qs = [Question("pairwise", f"x{i}", "y", "", str(i), "") for i in range(n)]
found = ask(qs, Slow(), store=sys.argv[1], progress=False)
print("answered", len(found), found.complete)
"""


def asking(store, seconds, n):
    """A process that asks n questions."""
    run = [sys.executable, "-c", ASKING, str(store), str(seconds), str(n)]
    return subprocess.Popen(run, stdout=subprocess.PIPE, text=True)


def test_two_processes_ask_once(tmp_path):
    """Two runs at once share the work and pay for each question once."""
    runs = [asking(tmp_path / "s.sqlite", 0.05, 12) for _ in range(2)]
    said = [run.communicate()[0].splitlines() for run in runs]
    assert [x[-1] for x in said] == ["answered 12 True"] * 2
    sent = [line for lines in said for line in lines if line.startswith("asked")]
    assert sorted(sent) == sorted(f"asked {i}" for i in range(12))


def test_nobody_waits_for_the_dead(tmp_path):
    """What a killed process was asking is asked by the next at once."""
    with asking(tmp_path / "s.sqlite", 60, 2) as first:
        assert first.stdout.readline() == "asked 0\n"
        second = asking(tmp_path / "s.sqlite", 0, 2)
        time.sleep(0.3)  # long enough to be waiting for the first
        first.send_signal(signal.SIGKILL)
        assert second.communicate(timeout=30)[0].splitlines()[-1] == "answered 2 True"


def test_claims_of_different_stores_do_not_meet(tmp_path):
    """Only runs with the same store wait for each other."""
    one, two = Claims(tmp_path / "1.sqlite"), Claims(tmp_path / "2.sqlite")
    assert one.take(KEY)
    assert not Claims(tmp_path / "1.sqlite").take(KEY)
    assert two.take(KEY)
    one.give_back(KEY)
    assert Claims(tmp_path / "1.sqlite").take(KEY)
    # also where one that still holds it is gone, and its place in memory taken
    for _ in range(20):
        assert Claims(None).take(KEY)


def test_where_nothing_can_be_locked(tmp_path):
    """A folder that takes no file beside the store does not stop the asking."""
    claims = Claims(tmp_path / "nowhere" / "s.sqlite")
    assert claims.take(KEY)
    assert not claims.take(KEY)
    claims.give_back(KEY)
    assert claims.take(KEY)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_claims_for_itself(tmp_path):
    """It neither holds what its parent holds nor takes it away."""
    claims = Claims(tmp_path / "s.sqlite")
    assert claims.take(KEY)
    child = os.fork()
    if not child:
        os._exit(10 + claims.take(KEY))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 10
    claims.give_back(KEY)
