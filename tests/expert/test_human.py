"""A person at the terminal."""

import builtins
import io
import os
import sys

import numpy as np
import pandas as pd
import pytest

from llmcd.cli import main
from llmcd.errors import ExpertError
from llmcd.expert.answers import Answers
from llmcd.expert.ask import ask
from llmcd.expert.human import Human
from llmcd.expert.lists import WHOLE_GRAPH
from llmcd.expert.pairs import SUMMARY, PairSummary
from llmcd.expert.planned import Plan, PlannedPair
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
    assert seen.getvalue().count("please type one of 1-5, q") == 3


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


SEEN = PlannedPair("ca", "smk", "probe: directed by the data", 0.97, 1.0,
                   forward=0.125, backward=0.8)  # fmt: skip


def planned():
    """Both orders, with what the rows say about the pair."""
    return Plan.of(pairs=(SEEN,), questions=tuple(BOTH))


def test_what_the_rows_say_is_shown_where_it_is_asked_for():
    """In the letters of the order shown; the choice says that it followed."""
    person, seen = typed("e\n1\ne\n2\n")
    one, two = ask(planned(), person, progress=False).answers
    assert (one.verdict, two.verdict) == ("a->b", "b->a")
    assert one.reasoning == two.reasoning == "Chosen after a look at what the rows say."
    # A is smk first, then ca
    first, second = seen.getvalue().split("adjacent in 97% of the resamples")[1:]
    assert (
        "(directed by the data)\n   A causes B: in 80%\n   B causes A: in 12%" in first
    )
    assert "A causes B: in 12%\n   B causes A: in 80%" in second


def test_without_asking_for_it_nothing_is_shown():
    """A choice that follows the rows would be no second opinion."""
    person, seen = typed("1\n2\n")
    found = ask(planned(), person, progress=False).answers
    assert "e  what the rows say" in seen.getvalue()
    assert "%" not in seen.getvalue()
    assert "directed" not in seen.getvalue()
    assert [x.reasoning for x in found] == ["", ""]


def test_e_is_no_choice_where_nothing_is_known():
    """Questions without a plan have no rows behind them."""
    person, seen = typed("e\n1\n")
    assert ask(BOTH[:1], person, progress=False).answers[0].verdict == "a->b"
    assert "what the rows say" not in seen.getvalue()
    assert "please type one of 1-5, q" in seen.getvalue()


def test_nothing_of_it_is_in_a_question():
    """A model that is asked the same is not told what the rows say."""
    for question in planned().questions:
        assert question in BOTH
        assert "97" not in str(question.messages)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no terminal of that kind")
def test_a_person_at_a_real_terminal(tmp_path):
    """`llmcd ask DIR --expert human`: seen, typed, stopped, and gone on with."""
    import pty

    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    rows = pd.DataFrame({"dose": x, "pain": x + rng.normal(size=300)})
    rows.to_csv(tmp_path / "d.csv", index=False)
    (tmp_path / "v.yaml").write_text(
        "variables:\n  dose: {description: of the drug}\n  pain: {description: felt}\n"
    )
    run = tmp_path / "run"
    argv = ["plan", str(tmp_path / "d.csv"), f"--variables={tmp_path / 'v.yaml'}",
            "--bootstrap=3", f"--out={run}"]  # fmt: skip
    assert main(argv) == 0

    def sitting(typed):
        child, terminal = pty.fork()
        if not child:
            command = [sys.executable, "-m", "llmcd", "ask", str(run), "--expert=human"]
            os.execv(sys.executable, command)
        told = b""
        for key in typed:
            while not told.rstrip().endswith(b"q):"):
                told += os.read(terminal, 4096)
            os.write(terminal, key.encode())
            told += b"|"
        try:
            while more := os.read(terminal, 4096):
                told += more
        except OSError:  # Linux: the other end is closed
            pass
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), told.decode()

    code, told = sitting(["e\r", "1\r", "q\r"])
    assert code == 0
    assert "felt" in told
    assert "adjacent in 100% of the resamples" in told
    assert "1 of 2 questions answered" in " ".join(told.split())
    code, told = sitting(["2\r"])  # only what is left
    assert code == 0
    found = Answers.read(run / "answers.jsonl")
    assert [x.verdict for x in found.answers] == ["a->b", "b->a"]
    assert found.complete
