"""A person at the terminal."""

import builtins
import io

import pytest

from llmcd.errors import ExpertError
from llmcd.expert.ask import ask
from llmcd.expert.human import Human
from llmcd.expert.lists import WHOLE_GRAPH
from llmcd.expert.pairs import SUMMARY, PairSummary
from llmcd.expert.questions import Question, pairwise_question
from llmcd.expert.store import Store
from llmcd.variables import Variable, Variables

VARIABLES = Variables(
    "a clinic",
    (Variable("smk", "smoking", "cigarettes a day"), Variable("ca", "lung cancer")),
)
BOTH = [pairwise_question(VARIABLES, a, b) for a, b in (("smk", "ca"), ("ca", "smk"))]


def typed(text):
    """A person who types this, and what they saw."""
    seen = io.StringIO()
    return Human(reads=io.StringIO(text), writes=seen), seen


@pytest.mark.parametrize(
    "key, verdict",
    [("1", "a->b"), ("2", "b->a"), ("3", "none"), ("4", "common cause"), ("5", None)],
)
def test_each_choice_is_its_verdict(key, verdict):
    """1 to 5 stand for the five words."""
    person, seen = typed(f"{key}\n")
    (answer,) = ask(BOTH[:1], person, progress=False).answers
    assert (answer.verdict, answer.expert) == (verdict, "human")
    for words in ("a clinic", "A: smoking", "cigarettes a day", "B: lung cancer"):
        assert words in seen.getvalue()
    assert "smk" not in seen.getvalue()


def test_nonsense_is_asked_again():
    """A typing error is no answer."""
    person, seen = typed("yes\n7\n\n2\n")
    assert ask(BOTH[:1], person, progress=False).answers[0].verdict == "b->a"
    assert seen.getvalue().count("please type") == 3


@pytest.mark.parametrize("end", ["q\n", " Q \n", ""])
def test_stopping_keeps_what_was_answered(tmp_path, end):
    """q, or the end of what can be read, ends the asking; the next run goes on."""
    store = Store(tmp_path / "s.sqlite")
    found = ask(BOTH, typed("1\n" + end)[0], store=store, progress=False)
    assert len(found.answers) == 1
    assert not found.complete
    assert "1 of 2" in found.note
    rest = ask(BOTH, typed("2\n")[0], store=store, progress=False)
    assert [x.verdict for x in rest.answers] == ["a->b", "b->a"]
    assert rest.complete
    store.close()


def test_stopping_at_once_is_no_error():
    """A person who stops at the first question has answered nothing."""
    found = ask(BOTH, typed("q\n")[0], progress=False)
    assert found.answers == ()
    assert not found.complete


def test_without_streams_input_is_used(monkeypatch, capsys):
    """In a notebook input() is what reaches the person."""
    monkeypatch.setattr(builtins, "input", lambda prompt: "3")
    assert ask(BOTH[:1], Human(), progress=False).answers[0].verdict == "none"
    assert "smoking" in capsys.readouterr().out


def test_nobody_at_the_terminal(monkeypatch):
    """Without a terminal the asking stops, it does not hang or crash."""

    def gone(prompt):
        raise EOFError

    monkeypatch.setattr(builtins, "input", gone)
    assert not ask(BOTH, Human(), progress=False).complete


def test_another_wording_is_shown_as_it_is():
    """A question that is no pair of descriptions is shown whole."""
    person, seen = typed("1\n")
    person.answer(Question("pairwise", "x", "y", "", "which { is it", "mine-1"))
    assert "which { is it" in seen.getvalue()


def test_a_person_sees_what_is_told_besides():
    """A summary, or both sides of a conflict, is part of the question."""
    variables = Variables.of({"x": "Dose.", "y": "Pain."})
    about = {("x", "y"): PairSummary({"correlation": 0.4321})}
    (q, _) = SUMMARY.questions(variables, [("x", "y")], about=about)
    shown = io.StringIO()
    Human(reads=io.StringIO("5\n"), writes=shown).answer(q)
    assert "0.4321" in shown.getvalue()


def test_a_person_is_asked_about_one_pair_at_a_time():
    """The five choices are no answer to a list."""
    variables = Variables.of({"x": "Dose.", "y": "Pain."})
    (q, _) = WHOLE_GRAPH.questions(variables, [("x", "y")])
    with pytest.raises(ExpertError, match="use kind='pairwise'"):
        Human(reads=io.StringIO("1\n"), writes=io.StringIO()).answer(q)
