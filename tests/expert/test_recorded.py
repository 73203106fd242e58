"""Recordings: pairs, Answers files and store exports, replayed exactly."""

import json
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.errors import ExpertError, FormatError
from llmcd.expert.answers import VERDICTS, Answer, Answers
from llmcd.expert.ask import ask
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question
from llmcd.expert.recorded import Recorded, wire_text
from llmcd.expert.replies import parse_reply
from llmcd.expert.store import Store

LINES = [
    {"a": "x", "b": "y", "verdict": "b->a", "p": {"a->b": 0.1, "b->a": 0.7},
     "reasoning": "because", "sitting": 1},
    {"a": "y", "b": "x", "verdict": None, "p": {"none": 0.5}, "sitting": 2},
    {"a": "x", "b": "y", "verdict": "common cause"},
]  # fmt: skip


def question(a, b, sample=0):
    """A question whose words do not matter."""
    return Question("pairwise", a, b, "s", f"{a} {b}", "mine-1", sample)


@pytest.fixture
def recording(tmp_path):
    """The lines above as a file."""
    path = tmp_path / "clinic.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES))
    return path


def test_pair_answers_are_found_by_name_and_order(recording):
    """Verdict, probabilities and words come back for the order that was shown."""
    expert = Recorded(recording)
    found = ask([question("x", "y"), question("y", "x")], expert, progress=False)
    one, two = found.answers
    assert (one.verdict, one.reasoning) == ("b->a", "because")
    assert one.stated == {"a->b": 0.1, "b->a": 0.7}
    assert (two.verdict, two.reason, two.stated) == (None, "unsure", {"none": 0.5})
    assert one.expert == expert.label == "recorded:clinic"


def test_repeated_lines_are_samples(recording):
    """The second line about the same order answers sample 1; sample 2 is missing."""
    expert = Recorded(recording, missing="abstain")
    asked = [question("x", "y", sample) for sample in range(3)]
    found = ask(asked, expert, progress=False).answers
    assert [x.verdict for x in found] == ["b->a", "common cause", None]
    assert found[2].reason == "missing"


def test_what_is_missing_is_an_error_that_names_the_pair(recording):
    """By default a gap is an error, before anything is concluded from silence."""
    with pytest.raises(ExpertError, match=r"'y' \(shown first\) and 'z'.*abstain"):
        ask([question("y", "z")], Recorded(recording), progress=False)


def test_abstaining_never_takes_the_other_order(tmp_path):
    """An answer to (x, y) is none to (y, x): order effects must stay visible."""
    expert = Recorded({("x", "y"): "a->b"}, missing="abstain")
    assert expert.answer(question("y", "x")).finish == "missing"
    assert parse_reply(expert.answer(question("x", "y"))).verdict == "a->b"


def test_missing_answers_are_not_stored(tmp_path):
    """A gap in a recording leaves no trace in a store."""
    store = Store(tmp_path / "s.sqlite")
    asked = [question("x", "y"), question("y", "x")]
    expert = Recorded({("x", "y"): "a->b"}, missing="abstain")
    found = ask(asked, expert, store=store, progress=False)
    assert found.abstentions == {"missing": 1}
    assert len(store) == 1
    store.close()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@st.composite
def answers(draw):
    verdict = draw(st.none() | st.sampled_from(VERDICTS))
    reasons = ["unsure", "empty", "truncated", "filtered", "missing"]
    reason = draw(st.sampled_from(reasons)) if verdict is None else None
    is_said = verdict is not None or reason == "unsure"
    stated = st.dictionaries(st.sampled_from(VERDICTS), st.floats(0, 1))
    return Answer(
        a="x",
        b="y",
        verdict=verdict,
        reason=reason,
        reasoning=draw(texts) if is_said else "",
        stated=draw(stated) if is_said else {},
        expert="m",
        prompt_version="mine-1",
        prompt_tokens=draw(st.none() | st.integers(0, 9)),
        usd=draw(st.none() | st.floats(0, 1)),
        raw=draw(st.none() | texts),
    )


@settings(max_examples=80, deadline=None)
@given(answer=answers())
def test_answers_files_replay_what_was_read(tmp_path_factory, answer):
    """Replaying Answers gives the same verdict, words, probabilities and usage."""
    path = tmp_path_factory.mktemp("replay") / "a.jsonl"
    Answers((answer,)).write(path)
    (again,) = ask([question("x", "y")], Recorded(path), progress=False).answers
    for name in ("verdict", "reason", "reasoning", "stated", "expert",
                 "prompt_tokens", "usd"):  # fmt: skip
        assert getattr(again, name) == getattr(answer, name), name


def test_refusals_and_nonsense_replay_as_such(tmp_path):
    """The reason for having no verdict survives a replay."""
    raw = "I can't help with that."
    made = Answers(
        (
            Answer("x", "y", None, "refusal", raw, expert="m", raw=raw),
            Answer("y", "x", None, "refusal", "no", expert="m", raw=None),
            Answer("x", "z", None, "unparsable", expert="m", raw="hm"),
        )
    )
    made.write(tmp_path / "a.jsonl")
    asked = [question("x", "y"), question("y", "x"), question("x", "z")]
    again = ask(asked, Recorded(tmp_path / "a.jsonl"), progress=False).answers
    assert [(x.reason, x.reasoning) for x in again] == [
        (x.reason, x.reasoning) for x in made.answers
    ]


class Scripted:
    """Gives its replies one after the other."""

    label = "scripted"

    def identity(self):
        return {"scripted": True}

    def __init__(self, *replies):
        self.replies = list(replies)

    def answer(self, question):
        return self.replies.pop(0)


def test_a_stores_export_replays_the_whole_run(tmp_path):
    """By content, with usage, the label and a re-asked question; nothing is called."""
    good = Reply(wire_text("a->b"), "stop", None, "m-1", 10, 5, 0.01)
    live = Scripted("what?", good, Reply(wire_text(None)))
    asked = [question("x", "y"), question("y", "x")]
    with Store(tmp_path / "s.sqlite") as store:
        first = ask(asked, live, store=store, progress=False)
        assert store.export(tmp_path / "e.jsonl") == 3
    again = ask(asked, Recorded(tmp_path / "e.jsonl"), progress=False)
    assert again == first
    assert again.experts == ("scripted",)
    assert [x.verdict for x in again.answers] == ["a->b", None]


def test_several_experts_in_one_file_must_be_chosen_from(tmp_path):
    """Answers of two experts are never mixed in silence."""
    path = tmp_path / "a.jsonl"
    said = [Answer("x", "y", v, expert=e) for v, e in (("a->b", "m"), ("none", "n"))]
    Answers(tuple(said)).write(path)
    with pytest.raises(FormatError, match=r"several experts.*'m', 'n'"):
        Recorded(path)
    expert = Recorded(path, expert="n")
    assert expert.label == "n"
    assert parse_reply(expert.answer(question("x", "y"))).verdict == "none"
    with pytest.raises(FormatError, match="no answers of 'o'"):
        Recorded(path, expert="o")


@pytest.mark.parametrize(
    "line, words",
    [
        ({"b": "y", "verdict": "none"}, "two different names"),
        ({"a": "x", "b": "x", "verdict": "none"}, "two different names"),
        ({"a": "x", "b": "y"}, "must be one of"),
        ({"a": "x", "b": "y", "verdict": "A_causes_B"}, "must be one of"),
        ({"a": "x", "b": "y", "verdict": "none", "p": {"none": 1.2}}, "probabilities"),
        ({"a": "x", "b": "y", "verdict": "none", "p": {"other": 0.2}}, "probabilities"),
        ({"a": "x", "b": "y", "verdict": "none", "p": [0.2]}, "probabilities"),
        ({"question": "h", "reply": "text"}, "export"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, words):
    """A FormatError says which line and what was expected."""
    path = tmp_path / "x.jsonl"
    path.write_text(json.dumps(LINES[0]) + "\n" + json.dumps(line) + "\n")
    with pytest.raises(FormatError, match=rf"line 2: .*{words}"):
        Recorded(path)


def test_wrong_arguments():
    """An unknown policy and a mapping without pairs are refused."""
    with pytest.raises(ValueError, match="'error' or 'abstain'"):
        Recorded({}, missing="guess")
    with pytest.raises(FormatError, match="expected"):
        Recorded({"x": "a->b"})


def test_the_identity_is_what_is_recorded():
    """Equal recordings share a store key, different ones do not."""
    one = Recorded({("x", "y"): "a->b"})
    same = Recorded({("x", "y"): {"verdict": "a->b"}})
    other = Recorded({("x", "y"): "b->a"})
    assert one.identity == same.identity != other.identity


def test_replaying_needs_no_litellm_and_no_network(recording):
    """A replay opens no socket and never imports litellm."""
    code = f"""
import socket, sys
def refuse(*a, **k): raise OSError("no network")
socket.socket.connect = refuse
from llmcd.expert.ask import ask
from llmcd.expert.questions import Question
q = Question("pairwise", "x", "y", "", "", "")
print(ask([q], {f"recorded:{recording}"!r}).answers[0].verdict)
assert "litellm" not in sys.modules
"""
    run = [sys.executable, "-c", code]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("b->a\n", "")
