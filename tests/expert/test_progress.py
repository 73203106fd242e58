"""The bar: what it says, and where."""

import io
import sys
import types

import pytest

from llmcd.expert import progress
from llmcd.expert.ask import ask
from llmcd.expert.budget import Budget
from llmcd.expert.progress import Bar, time_left
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question
from llmcd.expert.recorded import wire_text

ASKED = [Question("pairwise", f"x{i}", "y", "", str(i), "") for i in range(4)]


class Half:
    """Answers every second question, for a cent each."""

    identity = {"model": "half"}  # noqa: RUF012
    max_tokens = 10

    def cost(self, sent, received):
        return 0.02

    def answer(self, question):
        verdict = "a->b" if int(question.user) % 2 else None
        return Reply(wire_text(verdict), None, None, None, 10, 5, 0.01)


class Terminal(io.StringIO):
    """A stream that people look at."""

    def isatty(self):
        return True


@pytest.fixture
def notebook(monkeypatch):
    """What IPython puts into a cell's output, picture by picture."""
    shown = []

    class Handle:
        def update(self, content, raw):
            assert raw
            shown.append(content["text/plain"])

    def display(content, raw, display_id):
        shown.append(content["text/plain"])
        return Handle()

    ipython = types.ModuleType("IPython")
    ipython.get_ipython = lambda: types.SimpleNamespace(kernel=object())
    ipython.display = types.ModuleType("IPython.display")
    ipython.display.display = display
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", ipython.display)
    return shown


def test_a_terminal_is_told_everything(monkeypatch):
    """Done, stored, without a verdict, spent and time left."""
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("COLUMNS", "200")
    ask(ASKED, Half(), budget=Budget(usd=1))
    said = terminal.getvalue()
    for words in ("4/4", "0 stored, 2 without a verdict", "4 calls", "0.0400 USD of 1"):
        assert words in said


@pytest.mark.parametrize("width", [1, 3])
def test_a_notebook_is_told_the_same(notebook, monkeypatch, tmp_path, capsys, width):
    """One line in the cell's output, which is replaced; the last one is the end."""
    monkeypatch.setattr(progress, "_EVERY", 0.0)
    store = tmp_path / "s.sqlite"
    ask(ASKED[:1], Half(), store=store, progress=False)
    assert notebook == []
    expert = Half()
    expert.concurrency = width
    ask(ASKED, expert, store=store)
    assert notebook[0] == "asking ..."
    assert "4/4" in notebook[-1]
    assert (
        "1 stored, 2 without a verdict, 3 calls, 45 tokens, 0.0300 USD"
        in (notebook[-1])
    )
    assert capsys.readouterr() == ("", "")


def test_nobody_looks(capsys):
    """A file or a pipe gets nothing, and neither does who asked for silence."""
    ask(ASKED, Half())
    with Bar(3, wanted=False) as bar:
        bar.tell(1, "")
        bar.show()
        assert not bar.is_seen
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    "seconds, done, rest, said",
    [
        (10, 5, 5, "about 0:10 left"),
        (10, 1, 100, "about 16:40 left"),
        (60, 1, 70, "about 1:10:00 left"),
        (10, 0, 5, ""),
        (10, 5, 0, ""),
    ],
)
def test_time_left(seconds, done, rest, said):
    """The speed so far, of what was not in the store; nothing while it is unknown."""
    assert time_left(seconds, done, rest) == said


def test_what_was_stored_is_no_speed(notebook, monkeypatch):
    """A hundred stored answers in no time do not promise that the rest is quick."""
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    with Bar(110, wanted=True) as bar:
        bar.tell(100, "100 stored")
        now[0] += 10
        bar.tell(101, "100 stored")
        bar.show()
    assert "101/110  100 stored, about 1:30 left" in notebook[-1]
