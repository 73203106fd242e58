"""Stages by hand are those of Python, and rows can be given again."""

import pandas as pd
from cli.prepared import arguments
from test_pipeline import linear_table

import llmcd
from llmcd import folder
from llmcd.cli import main


def test_stages_by_hand(work, tmp_path, capsys):
    """plan, ask, combine and report through a run folder are the stages of Python."""
    out = str(tmp_path / "run")
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    assert main(["plan", *arguments(work, "--show", f"--out={out}")]) == 0
    assert "the quantity a" in capsys.readouterr().out
    assert main(["ask", out, expert]) == 0
    assert main(["combine", out, f"--data={work / 'data.csv'}"]) == 0
    assert main(["report", out]) == 0
    assert llmcd.Result.load(out).combined.edges == by_hand(out, work).combined.edges


def by_hand(out, work):
    """What Python makes of a run folder's candidates and answers, and the rows."""
    found, variables = folder.load_candidates(out)
    rows = pd.read_csv(work / "data.csv")
    answers = folder.load_answers(out)
    return llmcd.combine(found, answers, variables=variables, data=rows)


def test_rows_given_again(work, tmp_path, capsys):
    """Combine --data is posterior mode from a run folder."""
    out = str(tmp_path / "run")
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    assert main(["plan", *arguments(work, f"--out={out}")]) == 0
    assert main(["ask", out, expert]) == 0
    assert main(["combine", out, "--mode=posterior"]) == 3
    assert "give the rows again" in capsys.readouterr().err
    assert main(["combine", out]) == 0
    assert llmcd.Result.load(out).combined.mode == "safe"
    assert main(["combine", out, f"--data={work / 'data.csv'}"]) == 0
    staged = llmcd.Result.load(out).combined
    assert staged.mode == "posterior"
    assert staged.edges == by_hand(out, work).combined.edges
    short = tmp_path / "short.csv"
    linear_table(399).to_csv(short, index=False)
    capsys.readouterr()
    assert main(["combine", out, f"--data={short}"]) == 3
    assert "399 rows, not 400" in capsys.readouterr().err
