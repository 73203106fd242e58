"""The same store, the same bytes: without litellm, without a network."""

import subprocess
import sys

import pytest
from expert.fault_server import GOOD, LITELLM_WARNINGS, completion, model

from llmcd.errors import ExpertError
from llmcd.expert.ask import ask, count_stored
from llmcd.expert.budget import Budget
from llmcd.expert.questions import Question
from llmcd.expert.store import Store

ASKED = [Question("pairwise", f"x{i}", "y", "s", f"{i}?", "m") for i in range(6)]

pytestmark = [*LITELLM_WARNINGS, pytest.mark.usefixtures("litellm", "quick")]

REPLAYING = """
import socket, sys
sys.modules["litellm"] = None  # an import raises ImportError
def refuse(*a, **k):
    raise SystemExit("a socket was opened")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from llmcd.expert.ask import ask
from llmcd.expert.language_model import LanguageModel
from llmcd.expert.questions import Question
store, base, out, how = sys.argv[1:]
asked = [Question("pairwise", f"x{i}", "y", "s", f"{i}?", "m") for i in range(6)]
expert = LanguageModel("openai/served", api_base=base)
ask(asked, expert, store=store, replay=how == "replay", progress=False).write(out)
assert "litellm" not in [n for n, m in sys.modules.items() if m is not None]
"""


def test_the_same_bytes_without_litellm(server, tmp_path):
    """Also from an export in another store, and whether or not it is a replay."""
    prose = completion("A causes B")
    server.play(completion(), prose, completion(), completion("", "length"))
    store = tmp_path / "s.sqlite"
    first = ask(ASKED, model(server, api_key=None), store=store, progress=False)
    assert len(first.abstentions) > 0
    first.write(tmp_path / "first.jsonl")
    whole = (tmp_path / "first.jsonl").read_bytes()
    with Store(store) as one, Store(tmp_path / "other.sqlite") as other:
        one.export(tmp_path / "e.jsonl")
        other.take_in(tmp_path / "e.jsonl")
    for number, name in enumerate(("s", "other", "s")):
        out = tmp_path / f"{number}.jsonl"
        subprocess.run(
            [sys.executable, "-c", REPLAYING, tmp_path / f"{name}.sqlite", server.base,
             out, "replay" if number < 2 else "ask"],
            check=True,
        )  # fmt: skip
        assert out.read_bytes() == whole


def test_a_miss_is_an_error_that_counts(server, tmp_path):
    """Nothing is asked, and the first that is missing is named."""
    store = tmp_path / "s.sqlite"
    ask(ASKED[:4], model(server), store=store, progress=False)
    server.play(completion())
    with pytest.raises(ExpertError, match=r"^2 of 6 replies .* 'x4' \(shown first\)"):
        ask(ASKED, model(server), store=store, replay=True)
    assert server.requests == []
    assert count_stored(ASKED, model(server), store) == (4, 2)
    assert ask(ASKED[:4], model(server), store=store, replay=True).complete


def test_a_second_try_that_was_never_made_is_no_miss(server, tmp_path):
    """A run whose budget ended before the second try replays as it was."""
    server.play(completion("hm"))
    store, one = tmp_path / "s.sqlite", Budget(calls=1)
    first = ask(ASKED[:1], model(server), store=store, budget=one, progress=False)
    assert first.abstentions == {"unparsable": 1}
    assert ask(ASKED[:1], model(server), store=store, replay=True) == first
    assert len(server.requests) == 1


def test_a_replay_needs_a_store(server, tmp_path):
    """None is a mistake, and a file that is not there is not made."""
    with pytest.raises(ValueError, match="give store="):
        ask(ASKED, model(server), replay=True)
    with pytest.raises(ExpertError, match="there is no store"):
        ask(ASKED, model(server), store=tmp_path / "no.sqlite", replay=True)
    with pytest.raises(ExpertError, match="there is no store"):
        count_stored(ASKED, model(server), tmp_path / "no.sqlite")
    with pytest.raises(ValueError, match="nobody"):
        count_stored(ASKED, None, tmp_path / "no.sqlite")
    assert list(tmp_path.iterdir()) == []
    assert server.requests == []


def test_another_server_is_another_expert(server, tmp_path):
    """What one host said is not replayed for another."""
    store = tmp_path / "s.sqlite"
    ask(ASKED[:1], model(server), store=store, progress=False)
    elsewhere = model(server)
    elsewhere.api_base = server.base.replace("127.0.0.1", "localhost")
    with pytest.raises(ExpertError, match="1 of 1 replies"):
        ask(ASKED[:1], elsewhere, store=store, replay=True)


def test_a_panel_replays(tmp_path):
    """Every member must be in the store."""

    class Fake:
        def __init__(self, label):
            self.label = label

        def answer(self, question):
            return GOOD

    store = tmp_path / "s.sqlite"
    ask(ASKED, Fake("one"), store=store, progress=False)
    with pytest.raises(ExpertError, match=r"^6 of 12 replies .* that of two"):
        ask(ASKED, [Fake("one"), Fake("two")], store=store, replay=True)
    both = ask(ASKED, [Fake("one"), Fake("two")], store=store, progress=False)
    again = ask(ASKED, [Fake("one"), Fake("two")], store=store, replay=True)
    assert again == both
