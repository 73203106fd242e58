"""Yes or no, A or B: read whatever the form, never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcd.expert.answers import Answer
from llmcd.expert.ask import ask
from llmcd.expert.choices import A_OR_B, CHOICES, YES_NO
from llmcd.expert.kinds import KINDS, way_of
from llmcd.expert.protocol import Reply
from llmcd.expert.recorded import Recorded
from llmcd.expert.replies import REASONS
from llmcd.expert.store import Store

ASKED = YES_NO.question("a task", "item 1", "Does rain wet the street?")
READ = {
    '{"reasoning": "r", "answer": "yes", "probability": 0.9}': "yes",
    '```json\n{"answer": "No"}\n```': "no",
    "<think>no, no</think>{'answer': 'yes',}": "yes",
    "Yes": "yes",
    " **no**.\n": "no",
    "It rains.\nAnswer: yes": "yes",
    "It rains.\n**Final answer:** No.": "no",
    "<answer>yes</answer>": "yes",
}
UNREAD = [
    "Yes and no, it depends.",
    "No doubt it does.",
    "Yes, because rain is wet.",
    "The answer is yes.",
    "Answer: yes\nAnswer: no",
    '{"answer": "yes"} {"answer": "no"}',
    '{"answer": "yes", "answer": "no"}',
    '{"answer": "maybe"}',
    '{"answer": true}',
    '{"verdict": "yes"}',
    "42",
    '{"answer": "ye',
]


def said(reply, way=YES_NO):
    """What one reply says."""
    (found,) = way.read(reply, ASKED)
    return found.parsed


@pytest.mark.parametrize("text", READ)
def test_forms(text):
    """Fences, quotes, tags and case do not matter."""
    assert said(text).verdict == READ[text]


@pytest.mark.parametrize("text", UNREAD)
def test_never_guessed(text):
    """A word within a sentence, or two words, are no answer."""
    assert said(text).verdict is None
    assert said(text).reason in ("unparsable", "truncated")


def test_unsure_and_refusal():
    """Silence keeps its reason."""
    assert said('{"answer": "unsure"}').reason == "unsure"
    assert said("I'm sorry, I cannot help with this.").reason == "refusal"
    assert said(Reply("", "length")).reason == "truncated"


def test_a_or_b_is_a_direction():
    """The letters stand for what was shown first and second."""
    assert said('{"answer": "B", "probability": 0.7}', A_OR_B).stated == {"b->a": 0.7}
    assert said("A", A_OR_B).verdict == "a->b"


@given(st.text())
def test_any_text(text):
    """Whatever comes back, there is one verdict or one reason."""
    for way in CHOICES.values():
        found = said(text, way)
        assert (found.verdict is None) == (found.reason in REASONS)


def test_names_are_apart():
    """No choice hides a kind; each has a wording of its own."""
    assert not CHOICES.keys() & KINDS.keys()
    assert way_of(ASKED) is YES_NO
    assert len({way.version for way in CHOICES.values()}) == len(CHOICES)


def test_asked_again_once_stored_and_replayed(tmp_path):
    """The loop's store, its second attempt and recordings work as for pairs."""

    class Mumbles:
        def answer(self, question):
            return "no" if question.exchange else "well"

    path = tmp_path / "s.sqlite"
    (first,) = ask([ASKED], Mumbles(), store=path, progress=False).answers
    assert (first.verdict, first.kind) == ("no", "yes-no")
    with Store(path) as store:
        assert len(store) == 2
        store.export(tmp_path / "s.jsonl")
    again = ask([ASKED], Recorded(tmp_path / "s.jsonl"), progress=False)
    assert again.answers[0].verdict == "no"


def test_yes_is_no_verdict_about_a_pair():
    """Alphabets of different kinds do not mix."""
    with pytest.raises(ValueError, match="verdict is one of"):
        Answer("x", "y", "yes")
    with pytest.raises(ValueError, match="verdict is one of"):
        Answer("x", "y", "a->b", kind="yes-no")
