"""kill -9 in the middle of asking, again and again, with several at work."""

import json
import os
import sqlite3
import subprocess
import sys

import pytest

from llmcd.expert.store import Store

N_QUESTIONS, ROUNDS, WRITERS = 400, 15, 3

# forks, so that fifteen times three writers need one import; every request writes a
# line when it is sent and one when it is paid, in one call each, before it returns
DRIVER = """
import os, random, signal, sys, time
from llmcd.expert.ask import ask
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question

store, log, n, rounds, writers = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
out = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

class Paid:
    identity = {"model": "paid"}
    label = "paid"
    def __init__(self, who, width):
        self.who, self.concurrency = who, width
    def answer(self, question):
        os.write(out, f"sent {question.user} {self.who}\\n".encode())
        time.sleep(0.002)
        os.write(out, f"paid {question.user} {self.who}\\n".encode())
        return Reply('{"verdict": "unsure"}', "stop", None, "m", 9, 9, 0.01)

def run(who, width):
    asked = [Question("pairwise", f"x{i}", "y", "", str(i), "m") for i in range(n)]
    random.Random(who).shuffle(asked)
    return ask(asked, Paid(who, width), store=store, progress=False)

rng = random.Random(1)
for turn in range(rounds):
    children = []
    for writer in range(writers):
        child = os.fork()
        if not child:
            run(turn * writers + writer, 1 + writer % 2 * 3)
            os._exit(0)
        children.append(child)
    time.sleep(rng.uniform(0.03, 0.25))
    for child in children:
        os.kill(child, signal.SIGKILL)
    for child in children:
        os.waitpid(child, 0)
    os.write(out, b"round\\n")
found = run(10**6, 4)
print(len(found), found.complete)
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_kill_nine_loses_nothing_that_was_paid(tmp_path):
    """15 rounds, 3 writers: the store is whole, and hardly anything is paid twice."""
    path, log = tmp_path / "s.sqlite", tmp_path / "log"
    numbers = map(str, (N_QUESTIONS, ROUNDS, WRITERS))
    run = [sys.executable, "-c", DRIVER, str(path), str(log), *numbers]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stdout == f"{N_QUESTIONS} True\n"

    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    assert not list(tmp_path.glob("*.damaged*"))
    with Store(path) as store:
        records = store.records()
        assert len(records) == N_QUESTIONS
    assert all(json.loads(x["reply"]["text"]) for x in records)

    lines = [line.split() for line in log.read_text().splitlines()]
    assert lines.count(["round"]) == ROUNDS
    # what a writer had under way when it was killed may be paid again, no more:
    # 1, 4 and 1 requests a round
    paid = [x[1] for x in lines if x[0] == "paid"]
    assert set(paid) == {str(i) for i in range(N_QUESTIONS)}
    assert len(paid) <= N_QUESTIONS + ROUNDS * (1 + 4 + 1)
    # once a writer goes on to another question, the reply before is safe for ever
    for number, (what, *rest) in enumerate(lines):
        if what == "paid" and is_followed(lines[number + 1 :], rest[1]):
            later = [x for x in lines[number + 1 :] if x[:2] == ["sent", rest[0]]]
            assert later == []


def is_followed(later, who):
    """Whether a writer with one request at a time sent another one."""
    alone = int(who) % WRITERS != 1 and int(who) < 10**6
    return alone and any(x[0] == "sent" and x[2] == who for x in later)
