"""Questions as a file: self-contained, filled in by anybody, read without guessing."""

import json
import re

import pytest

from llmcd.errors import FormatError
from llmcd.expert.choices import YES_NO
from llmcd.expert.package import read_filled, read_replies, write_questions
from llmcd.expert.questions import PROMPT_VERSION, pairwise_question
from llmcd.variables import Variables

VARIABLES = Variables.of({"smk": "cigarettes a day", "ca": "lung cancer", "z": "age"})
QUESTIONS = [
    pairwise_question(VARIABLES, a, b)
    for a, b in [("smk", "ca"), ("ca", "smk"), ("z", "ca")]
]


@pytest.fixture
def lines(tmp_path):
    """The questions file, as a list of objects."""
    path = write_questions(QUESTIONS, tmp_path / "questions.jsonl")
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def filled(tmp_path, lines):
    """A file with these lines."""
    path = tmp_path / "filled.jsonl"
    path.write_text("\n".join(json.dumps(x) for x in lines), encoding="utf-8")
    return path


def test_the_file_is_what_would_be_sent(lines):
    """Instructions and texts are those of the questions, and nothing else is told."""
    assert lines[0]["instructions"] == QUESTIONS[0].system
    assert lines[0]["prompt_version"] == PROMPT_VERSION
    assert [x["question"] for x in lines[1:]] == [q.user for q in QUESTIONS]
    assert all(set(x) == {"id", "question"} for x in lines[1:])
    assert all(re.fullmatch(r"[0-9a-f]{16}", x["id"]) for x in lines[1:])


def test_answers_come_back_in_the_order_of_the_questions(tmp_path, lines):
    """Whatever the order of the lines; keys of a reply or its text; turned right."""
    said = [
        lines[0],
        {"id": lines[3]["id"], "reply": '{"verdict": "unsure"}'},
        {"id": lines[2]["id"], "verdict": "B_causes_A", "probability": 0.9},
        {**lines[1], "verdict": "A_causes_B", "reasoning": "tar"},
    ]
    found = read_filled(filled(tmp_path, said), QUESTIONS, expert="me, today")
    assert found.complete
    assert [x.verdict for x in found.answers] == ["a->b", "b->a", None]
    assert [x.about("smk", "ca") for x in found.answers[:2]] == ["a->b", "a->b"]
    assert found.answers[2].reason == "unsure"
    assert found.answers[0].reasoning == "tar"
    assert found.answers[1].stated == {"b->a": 0.9}
    assert found.experts == ("me, today",)


def test_what_is_left_open_is_missing_not_unsure(tmp_path, lines):
    """A question without an answer makes the answers incomplete, with a number."""
    found = read_filled(filled(tmp_path, lines[:3]), QUESTIONS, expert="me")
    assert [x.reason for x in found.answers] == ["missing"] * 3
    assert not found.complete
    assert "3 of 3" in found.note


def test_a_file_can_be_filled_in_bit_by_bit(tmp_path, lines):
    """What the same person answered before is not missing."""
    one = {"id": lines[1]["id"], "verdict": "A_causes_B"}
    rest = [{"id": x["id"], "verdict": "unsure"} for x in lines[2:]]
    half = read_filled(filled(tmp_path, [one]), QUESTIONS, expert="me")
    assert not half.complete
    path = filled(tmp_path, rest)
    whole = read_filled(path, QUESTIONS, expert="me", earlier=half)
    assert whole.complete
    assert [x.verdict for x in whole.answers] == ["a->b", None, None]
    other = read_filled(path, QUESTIONS, expert="you", earlier=half)
    assert "1 of 3" in other.note


@pytest.mark.parametrize(
    ("bad", "match"),
    [
        ([{"id": "feed", "verdict": "unsure"}], r"line 1.*'feed'.*wording"),
        ("twice", r"line 2.*answered twice"),
        (["no object"], r"line 1.*JSON object"),
    ],
)
def test_a_line_that_fits_no_question_is_named(tmp_path, lines, bad, match):
    """Never dropped in silence: it may be an answer to another wording."""
    one = {"id": lines[1]["id"], "verdict": "unsure"}
    path = filled(tmp_path, [one, one] if bad == "twice" else bad)
    with pytest.raises(FormatError, match=match):
        read_filled(path, QUESTIONS, expert="me")


def test_an_unreadable_reply_is_no_edge(tmp_path, lines):
    """Prose is not a verdict."""
    said = [{"id": x["id"], "reply": "Option A, surely."} for x in lines[1:]]
    found = read_filled(filled(tmp_path, said), QUESTIONS, expert="me")
    assert [x.reason for x in found.answers] == ["unparsable"] * 3


def test_one_block_a_wording(tmp_path):
    """Nothing to ask is refused; each wording has its own instructions."""
    with pytest.raises(ValueError, match="at least one question"):
        write_questions([], tmp_path / "q.jsonl")
    other = YES_NO.question("t", "1", "Is rain wet?")
    path = write_questions([other, QUESTIONS[0], other], tmp_path / "q.jsonl")
    found = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    heads = [(k, x["instructions"]) for k, x in enumerate(found) if "id" not in x]
    assert heads == [(0, other.system), (3, QUESTIONS[0].system)]
    assert "answer" in found[0]["schema"]["required"]


def test_replies_of_several_wordings(tmp_path):
    """Each is found by the content of its question, unread."""
    other = YES_NO.question("t", "1", "Is rain wet?")
    write_questions([other, QUESTIONS[0]], tmp_path / "q.jsonl")
    asked = (tmp_path / "q.jsonl").read_text("utf-8").splitlines()
    names = [x["id"] for x in map(json.loads, asked) if "id" in x]
    said = [{"id": names[0], "answer": "yes"}, {"id": names[1], "reply": "A?"}]
    path = filled(tmp_path, said)
    found = read_replies(path, [QUESTIONS[0], other])
    assert json.loads(found[other.content_hash])["answer"] == "yes"
    assert found[QUESTIONS[0].content_hash] == "A?"
