"""Answers: turning, counting, writing and reading back."""

import json
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.errors import FormatError
from llmcd.expert.answers import REASONS, VERDICTS, Answer, Answers

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
counts = st.none() | st.integers(0, 10**6)


@st.composite
def answers(draw):
    verdict = draw(st.none() | st.sampled_from(VERDICTS))
    reason = draw(st.sampled_from(REASONS)) if verdict is None else None
    return Answer(
        a=draw(texts) + "a",
        b=draw(texts) + "b",
        verdict=verdict,
        reason=reason,
        reasoning=draw(texts),
        stated=draw(st.dictionaries(st.sampled_from(VERDICTS), st.floats(0, 1))),
        expert=draw(texts),
        sample=draw(st.integers(0, 3)),
        raw=draw(st.none() | texts),
        prompt_tokens=draw(counts),
        completion_tokens=draw(counts),
        usd=draw(st.none() | st.floats(0, 10)),
    )


@pytest.mark.parametrize(
    "verdict, turned",
    [
        ("a->b", "b->a"),
        ("b->a", "a->b"),
        ("none", "none"),
        ("common cause", "common cause"),
    ],
)
def test_an_answer_can_be_read_in_either_order(verdict, turned):
    """Directions turn with the pair, the rest stays."""
    answer = Answer("x", "y", verdict)
    assert answer.about("x", "y") == verdict
    assert answer.about("y", "x") == turned
    with pytest.raises(ValueError, match="about 'x' and 'y'"):
        answer.about("x", "z")


def test_no_verdict_has_a_reason_and_a_verdict_has_none():
    """An answer is never without both, nor with both."""
    assert Answer("x", "y", None, "refusal").about("y", "x") is None
    for verdict, reason in ((None, None), ("none", "unsure"), ("a", None), (None, "x")):
        with pytest.raises(ValueError):
            Answer("x", "y", verdict, reason)


def test_sums():
    """Abstentions by reason, tokens and money as far as known."""
    found = Answers(
        (
            Answer("x", "y", "a->b", usd=0.5, prompt_tokens=10, completion_tokens=5),
            Answer("y", "x", None, "unsure", expert="m", usd=0.25, prompt_tokens=1),
            Answer("z", "x", None, "unsure", expert="m"),
        )
    )
    assert found.abstentions == {"unsure": 2}
    assert (found.usd, found.tokens) == (0.75, 16)
    assert found.pairs() == (("x", "y"), ("x", "z"))
    assert len(found.for_pair("y", "x")) == 2
    assert found.experts == ("", "m")
    assert Answers((Answer("x", "y", "none"),)).usd is None
    assert str(Answers.none()) == "nobody was asked"
    assert "unsure 2" in str(found)


@settings(max_examples=60, deadline=None)
@given(
    found=st.lists(answers(), max_size=4),
    unfinished=st.dictionaries(texts, texts, max_size=2),
)
def test_files_are_read_back_as_written(tmp_path_factory, found, unfinished):
    """Writing and reading gives equal Answers, whatever the texts are."""
    path = tmp_path_factory.mktemp("answers") / "answers.jsonl"
    made = Answers(tuple(found), unfinished)
    made.write(path)
    assert Answers.read(path) == made
    assert [p.name for p in path.parent.iterdir()] == ["answers.jsonl"]


def test_answers_survive_pickling():
    """Parallel workers can take Answers along."""
    made = Answers((Answer("x", "y", "a->b", stated={"a->b": 0.9}),), {"m": "tea"})
    assert pickle.loads(pickle.dumps(made)) == made


def test_answers_cannot_be_changed():
    """Stated probabilities are read-only and apart from what was passed in."""
    given_ = {"a->b": 0.9}
    answer = Answer("x", "y", "a->b", stated=given_)
    given_["a->b"] = 0.1
    assert answer.stated == {"a->b": 0.9}
    with pytest.raises(TypeError):
        answer.stated["a->b"] = 0.1


def test_a_frame_has_a_row_an_answer():
    """Every field is a column, also when there is no answer."""
    frame = Answers((Answer("x", "y", "a->b", stated={"a->b": 0.9}),)).to_frame()
    assert len(frame) == 1
    assert json.loads(frame["stated"][0]) == {"a->b": 0.9}
    assert list(Answers.none().to_frame().columns) == list(frame.columns)


@pytest.mark.parametrize(
    "content, words",
    [
        ("", "does not begin"),
        ('{"a": "x"}\n', "does not begin"),
        ('{"format": "llmcd answers"}\n{"a": 1}\n', "line 2"),
        ('{"format": "llmcd answers", "unfinished": 1}\n', "line 1"),
        ('{"format": "llmcd answers"}\n\n[1]\n', "line 3"),
        ('{"format": "llmcd answers"}\nnot json\n', "line 2"),
        ('{"format": "llmcd answers"}\n{"a":"x","b":"y","verdict":"?"}', "line 2"),
    ],
)
def test_a_file_that_is_none_is_named_with_its_line(tmp_path, content, words):
    """A FormatError says which line is wrong."""
    path = tmp_path / "x.jsonl"
    path.write_text(content)
    with pytest.raises(FormatError, match=words):
        Answers.read(path)


def test_a_file_that_is_not_there(tmp_path):
    """A missing file is a FormatError with its path."""
    with pytest.raises(FormatError, match=r"cannot read .*nowhere"):
        Answers.read(tmp_path / "nowhere.jsonl")


def said(a, b, verdict, expert="m", reason=None, **other):
    """An answer by somebody."""
    reason = reason or (None if verdict else "unsure")
    return Answer(a, b, verdict, reason, expert=expert, **other)


def test_newer_answers_replace_only_what_they_answer():
    """Same expert, pair, order, kind and sample: the newer; everything else stays."""
    old = Answers(
        (said("x", "y", "a->b"), said("y", "x", "none"), said("x", "y", "none", "n"))
    )
    new = Answers((said("x", "y", None), said("x", "y", "b->a", sample=1)))
    assert old.updated(new).answers == (
        said("x", "y", None),
        said("y", "x", "none"),
        said("x", "y", "none", "n"),
        said("x", "y", "b->a", sample=1),
    )
    assert Answers.none().updated(new) == new
    assert new.updated(Answers.none()) == new


def test_what_is_missing_replaces_nothing():
    """A recording or a form without an answer does not undo one that was given."""
    old = Answers((said("x", "y", "a->b"),))
    new = Answers((said("x", "y", None, reason="missing"),))
    assert old.updated(new).answers == old.answers
    assert new.updated(old).answers == old.answers


def test_incomplete_stays_incomplete_until_the_same_expert_is_done():
    """Each expert is done, or not, for itself."""
    half = Answers((said("x", "y", "a->b"),), {"m": "half of them"})
    other = Answers((said("x", "y", "none", "n"),))
    rest = Answers((said("x", "y", "a->b"), said("y", "x", "none")))
    both = half.updated(other)
    assert (both.complete, both.note) == (False, "half of them")
    assert both.updated(rest).complete
    assert both.updated(rest).note == ""
    assert other.updated(half) == Answers(
        (*other.answers, *half.answers), half.unfinished
    )
    assert not rest.updated(half).complete
    stopped = Answers((said("x", "y", "none", "n"),), {"n": "tea"})
    assert half.updated(stopped).note == "m: half of them; n: tea"
