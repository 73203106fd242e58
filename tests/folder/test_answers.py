"""Paid answers stay, are added to, or are set aside; never lost."""

from dataclasses import replace

import pytest

import llmcd
from llmcd import folder


def test_paid_answers_outlive_the_rows(result, run):
    """Answers are about descriptions: with other rows they hold as they did."""
    other = replace(result.candidates, fingerprint="1" * 64)
    folder.save_candidates(run, other, result.variables)
    assert llmcd.Answers.read(run / "answers.jsonl") == result.answers
    assert not list(run.glob("earlier-answers*"))


def test_answers_about_other_descriptions_are_set_aside(result, run):
    """What was asked in other words is kept, but not taken for an answer to these."""
    texts = {**{n: f"the quantity {n}" for n in result.variables}, "c": "another thing"}
    tiers = {n: {"description": t, "tier": 0} for n, t in texts.items()}
    folder.save_candidates(run, result.candidates, llmcd.Variables.of(tiers))
    left = llmcd.Answers.read(run / "answers.jsonl")
    assert left.answers == tuple(
        x for x in result.answers.answers if "c" not in (x.a, x.b)
    )
    assert not left.complete
    assert "earlier-answers-1.jsonl" in left.note
    aside = llmcd.Answers.read(run / "earlier-answers-1.jsonl")
    assert aside == result.answers


def test_answers_about_other_columns_are_set_aside(result, run):
    """A folder that is used for another table keeps the answers, out of the way."""
    names = {n: f"{n}2" for n in result.candidates.names}
    found = result.candidates
    other = replace(
        found,
        names=tuple(names.values()),
        graph=found.graph.rename(names),
        replicates=tuple(g.rename(names) for g in found.replicates),
        kinds={names[n]: kind for n, kind in found.kinds.items()},
    )
    texts = llmcd.Variables.of(dict.fromkeys(names.values(), "a thing"))
    folder.save_candidates(run, other, texts)
    assert not (run / "answers.jsonl").exists()
    assert llmcd.Answers.read(run / "earlier-answers-1.jsonl") == result.answers


def test_another_result_keeps_the_answers_it_does_not_rest_on(result, run):
    """answers.jsonl is what the result rests on; what others said is set aside once."""
    alone = llmcd.combine(result.candidates, variables=result.variables)
    for _ in range(2):
        alone.save(run)
        assert llmcd.Result.load(run) == alone
        assert not (run / "report.html").exists()
        result.save(run)
        assert llmcd.Result.load(run) == result
    aside = sorted(path.name for path in run.glob("earlier-answers*"))
    assert aside == ["earlier-answers-1.jsonl"]
    assert llmcd.Answers.read(run / aside[0]) == result.answers


def test_answers_are_added(result, run):
    """More answers join those that are there; the old result says it is old."""
    one = result.answers.answers[0]
    more = llmcd.Answers((replace(one, expert="another"),))
    found = folder.add_answers(run, more)
    assert found.experts == tuple(sorted({"another", *result.answers.experts}))
    assert llmcd.Answers.read(run / "answers.jsonl") == found
    with pytest.raises(llmcd.FormatError, match=r"answers\.jsonl.*combine"):
        llmcd.Result.load(run)


def test_a_damaged_file_of_answers_is_not_overwritten(result, run):
    """What cannot be read may still be worth money."""
    (run / "answers.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(llmcd.FormatError, match=r"answers\.jsonl"):
        folder.add_answers(run, result.answers)
    result.save(run)
    assert (run / "earlier-answers-1.jsonl").read_text() == "{"
