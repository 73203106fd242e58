"""The command line does the main job, stage by stage too, and fails clearly."""

import json
from pathlib import Path

import pytest
from test_pipeline import TEXTS, TRUTH, linear_table

import llmcd
from llmcd.cli import main

README = Path(__file__).parent.parent / "README.md"


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with data.csv, vars.yaml and answers.jsonl."""
    home = tmp_path_factory.mktemp("work")
    linear_table(400).to_csv(home / "data.csv", index=False)
    variables = llmcd.Variables.of(TEXTS)
    variables.write(home / "vars.yaml")
    found = llmcd.candidates(llmcd.table(linear_table(400), variables), bootstrap=3)
    expert = llmcd.Simulated(TRUTH, accuracy=1.0)
    plan = llmcd.plan(found, variables)
    llmcd.ask(plan, expert, progress=False).write(home / "answers.jsonl")
    return home


def arguments(work, *more):
    """The arguments that every data command takes."""
    return [
        str(work / "data.csv"),
        "--variables",
        str(work / "vars.yaml"),
        "--bootstrap=3",
        "--jobs=1",
        *more,
    ]


def test_discover(work, tmp_path, capsys):
    """One command writes the run folder, the report and the picture."""
    out = tmp_path / "run"
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    assert main(["discover", *arguments(work, expert, f"--out={out}")]) == 0
    said = capsys.readouterr()
    assert "c" in said.out
    assert str(out / "report.html") in said.err
    for name in ("report.html", "graph.png", "edges.csv", "candidates.json"):
        assert (out / name).stat().st_size > 100
    assert llmcd.Result.load(out).graph == TRUTH


def test_json(work, capsys):
    """--json prints the edges for another program."""
    assert main(["discover", *arguments(work, "--json")]) == 0
    edges = json.loads(capsys.readouterr().out)
    assert {"cause", "effect", "mark", "decided_by"} <= set(edges[0])


def test_stages_by_hand(work, tmp_path, capsys):
    """plan, ask, combine and report through a run folder give what discover gives."""
    out = str(tmp_path / "run")
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    assert main(["plan", *arguments(work, "--show", f"--out={out}")]) == 0
    assert "the quantity a" in capsys.readouterr().out
    assert main(["ask", out, expert]) == 0
    assert main(["combine", out]) == 0
    assert main(["report", out]) == 0
    staged = llmcd.Result.load(out)
    whole = tmp_path / "whole"
    assert main(["discover", *arguments(work, expert, f"--out={whole}")]) == 0
    assert staged.combined.edges == llmcd.Result.load(whole).combined.edges


def test_questions_as_a_file(work, tmp_path, capsys):
    """Emitted, filled in by whoever, applied: the answers of a run like any other."""
    out, file = str(tmp_path / "run"), tmp_path / "questions.jsonl"
    assert main(["plan", *arguments(work, f"--out={out}")]) == 0
    assert main(["ask", out, f"--emit={file}"]) == 0
    asked = [json.loads(line) for line in file.read_text("utf-8").splitlines()][1:]
    filled = [{"id": x["id"], "verdict": "no_direct_relation"} for x in asked[1:]]
    file.write_text("\n".join(map(json.dumps, filled)), encoding="utf-8")
    capsys.readouterr()
    assert main(["answers", "apply", out, str(file), "--by=me, today"]) == 0
    assert f"1 of {len(asked)} questions" in capsys.readouterr().err
    assert main(["combine", out]) == 0
    answers = llmcd.Result.load(out).answers
    assert answers.experts == ("me, today",)
    assert sum(x.verdict == "none" for x in answers.answers) == len(filled)


@pytest.mark.parametrize(
    "command, says",
    [
        (["discover", "nowhere.csv"], "no such file: nowhere.csv"),
        (["combine", "nowhere"], "candidates.json is missing"),
        (["ask", "nowhere"], "nobody to ask"),
    ],
)
def test_clear_errors(command, says, capsys):
    """An error is one sentence on standard error and exit code 1."""
    assert main(command) == 1
    said = capsys.readouterr()
    assert says in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


def test_missing_key_is_said(work, capsys, monkeypatch):
    """Without a key, the sentence names the variable to set; nothing is written."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert main(["discover", *arguments(work, "--expert=openai/gpt-5")]) == 1
    assert "OPENAI_API_KEY" in capsys.readouterr().err


def test_background_file(work, tmp_path, capsys):
    """Background knowledge comes from a YAML file."""
    known = tmp_path / "known.yaml"
    known.write_text("forbidden: [[d, e], [e, d]]\n")
    assert main(["discover", *arguments(work, f"--background={known}", "--json")]) == 0
    edges = json.loads(capsys.readouterr().out)
    assert {"d", "e"} not in [{e["cause"], e["effect"]} for e in edges]


def test_demo(tmp_path, capsys):
    """The demo runs offline, says all that it promises, and what the README shows."""
    assert main(["demo", f"--out={tmp_path / 'demo'}"]) == 0
    said = capsys.readouterr().out
    for words in ("2,000 rows", "Asked:", "against the known truth", "Conflicts"):
        assert words in said
    shown = README.read_text("utf-8").split("```text\n")[1].split("```")[0]
    lines = {line.rstrip() for line in said.splitlines()}
    assert [
        x for x in shown.splitlines() if x.strip() and x.rstrip() not in lines
    ] == []
    assert (tmp_path / "demo" / "report.html").exists()
    assert (tmp_path / "demo" / "graph.png").stat().st_size > 10_000
