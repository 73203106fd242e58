"""Common causes by name, and the variables that are missing."""

from __future__ import annotations

import json
from itertools import combinations

import pytest

from llmcd.expert.answers import Answer, Answers
from llmcd.expert.ask import ask
from llmcd.expert.common_causes import (
    COMMON_CAUSES,
    MissingVariable,
    missing_variables,
)
from llmcd.expert.kinds import read_reply
from llmcd.variables import Variables

VARIABLES = Variables.of(
    {"ice": "Ice cream sold.", "drown": "Drownings.", "temp": "Temperature.", "p": ""}
)
PAIRS = list(combinations(sorted(VARIABLES), 2))
(ONE, TWO) = COMMON_CAUSES.questions(VARIABLES, PAIRS)
LABEL = {name: f"#{k}" for k, name in enumerate(ONE.shown, start=1)}


def reply(*entries, missing=()):
    """A reply of the schema; variables by name become their labels in ONE."""
    causes = [
        {"A": LABEL.get(a, a), "B": LABEL.get(b, b), "cause": LABEL.get(c, c), **more}
        for a, b, c, more in entries
    ]
    return json.dumps({"common_causes": causes, "missing_variables": list(missing)})


def read(text):
    """What was found, by pair in sorted order."""
    said = read_reply(text, ONE)
    return {tuple(sorted(x.asked[:2])): x.parsed for x in said}


@pytest.mark.parametrize(
    "cause, expected",
    [
        ("temp", "temp"),
        ("season of the year", "season of the year"),
        (" TEMP ", "temp"),
        ("x" * 500, "x" * 200),
    ],
)
def test_the_cause_is_named(cause, expected):
    """A column by its label or its shown name, else the expert's words."""
    found = read(reply(("ice", "drown", cause, {"probability": 0.9})))
    said = found["drown", "ice"]
    assert (said.verdict, said.cause) == ("common cause", expected)
    assert said.stated == {"common cause": 0.9}


def test_what_is_not_mentioned_is_not_denied():
    """The question is not whether there is an edge, so that silence is no 'none'."""
    found = read(reply(("ice", "drown", "temp", {})))
    others = [x for pair, x in found.items() if pair != ("drown", "ice")]
    assert {(x.verdict, x.reason) for x in others} == {(None, "unmentioned")}
    assert len(others) == len(PAIRS) - 1


@pytest.mark.parametrize(
    "entry",
    [
        ("ice", "ice", "temp", {}),
        ("ice", "drown", "ice", {}),  # then ice causes drown: not what was asked
        ("ice", "drown", "", {}),
        ("ice", "drown", None, {}),
        ("ice", "drown", 7, {}),
        ("ice", "drown", "#9", {}),
        ("ice", "#9", "temp", {}),
        ("sales", "drown", "temp", {}),
    ],
)
def test_an_entry_that_cannot_be_read_says_nothing(entry):
    """And leaves the others as they are."""
    found = read(reply(entry, ("p", "temp", "season", {})))
    assert found["p", "temp"].verdict == "common cause"
    assert found["drown", "ice"].reason == "unmentioned"


@pytest.mark.parametrize(
    "text, reason",
    [
        ("temperature drives both", "unparsable"),
        ('{"common_causes": "none"}', "unparsable"),
        ('{"common_causes": null}', "unparsable"),
        ('{"missing_variables": []}', "unparsable"),
        (reply() + reply(("ice", "drown", "temp", {})), "unparsable"),
        (reply(("ice", "drown", "temp", {}))[:-5], "truncated"),
        ("", "empty"),
        ("I'm sorry, I can't.", "refusal"),
    ],
)
def test_ugly_replies_name_no_cause(text, reason):
    """Prose, halves and contradictions give a reason."""
    assert {x.reason for x in read(text).values()} == {reason}


class Asked:
    """Names the same common cause in both orders."""

    label = "m"

    def answer(self, question):
        label = {name: f"#{k}" for k, name in enumerate(question.shown, start=1)}
        entry = {"A": label["ice"], "B": label["drown"], "cause": label["temp"]}
        missing = [
            {"name": "Season", "why": "Warm months."},
            {"name": "SEASON", "why": "again"},
            {"name": " swimmers ", "why": 7},
            {"why": "no name"},
            "prose",
        ]
        return json.dumps({"common_causes": [entry], "missing_variables": missing})


def test_answers_name_the_cause_and_the_suggestions_are_a_value(tmp_path):
    """Common-cause answers in both orders; missing variables counted by reply."""
    found = ask([ONE, TWO], Asked(), progress=False)
    named = [x for x in found.answers if x.verdict]
    assert [(x.a, x.b) for x in named] == [(x.b, x.a) for x in reversed(named)]
    assert {(x.verdict, x.cause, x.kind) for x in named} == {
        ("common cause", "temp", "common-causes")
    }
    assert missing_variables(found) == (
        MissingVariable("Season", "Warm months.", ("m",), 2),
        MissingVariable("swimmers", "", ("m",), 2),
    )
    found.write(tmp_path / "answers.jsonl")
    again = Answers.read(tmp_path / "answers.jsonl")
    assert again == found
    assert missing_variables(again) == missing_variables(found)


def test_experts_are_told_apart_and_nothing_is_read_from_other_kinds():
    """Two who name the same are two; raw text of other questions is not looked at."""
    raw = reply(missing=[{"name": "season", "why": ""}])

    def said(expert, kind="common-causes"):
        fields = {"expert": expert, "kind": kind, "raw": raw}
        return Answer("ice", "p", None, "unmentioned", **fields)

    both = Answers((said("m"), said("n"), said("o", "pairwise")))
    assert missing_variables(both) == (MissingVariable("season", "", ("m", "n"), 2),)


@pytest.mark.parametrize(
    "raw", ["", "{", '{"missing_variables": 5}', "[[[", "x" * 10**6]
)
def test_no_suggestion_is_read_from_ugly_text(raw):
    """Nothing raises."""
    answer = Answer("ice", "p", None, "unparsable", kind="common-causes", raw=raw)
    assert missing_variables(Answers((answer,))) == ()
