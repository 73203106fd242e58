"""`llmcd audit` and `llmcd audit compare`, offline with what a store exported."""

import json
from pathlib import Path

import pytest
from auditing.experts import always, perfect

from llmcd.auditing.audit import TASKS, audit
from llmcd.cli import main
from llmcd.expert.store import Store

ITEMS = TASKS["axioms"].items(48, 0)


@pytest.fixture
def recordings(tmp_path):
    """Answers of two scripted experts as exported stores."""
    paths = []
    for name, expert in (("best", perfect(ITEMS)), ("yes", always(ITEMS, "yes"))):
        store = tmp_path / f"{name}.sqlite"
        audit(expert, tasks=["axioms"], n=48, store=store, progress=False)
        with Store(store) as opened:
            opened.export(tmp_path / f"{name}.jsonl")
        paths.append(tmp_path / f"{name}.jsonl")
    return paths


def test_audit_and_compare(recordings, tmp_path, capsys):
    """Each in one command, then side by side."""
    made = []
    for path in recordings:
        out = tmp_path / f"out-{path.stem}"
        ask = ["audit", "--expert", f"recorded:{path}", "--task", "axioms"]
        assert main([*ask, "--n", "48", "--out", str(out)]) == 0
        made.append(str(out / "audit.json"))
        assert "<h1>Audit of" in (out / "audit.html").read_text()
    said = capsys.readouterr().out
    assert "reliable" in said or "useful" in said
    assert "Uninformative" in said
    page = tmp_path / "both.html"
    assert main(["audit", "compare", *made, "--out", str(page)]) == 0
    assert "always yes" in page.read_text()
    assert json.loads(Path(made[0]).read_text())["n"] == 48


def test_own_variables(tmp_path, capsys):
    """No truth, sixty questions at most; what is not recorded counts as silence."""
    described = tmp_path / "variables.yaml"
    described.write_text("variables: {age: a, height: b, weight: c}")
    answers = tmp_path / "answers.jsonl"
    answers.write_text(
        '{"a": "age", "b": "height", "verdict": "a->b"}\n'
        '{"a": "height", "b": "age", "verdict": "b->a"}\n'
    )
    ask = ["audit", "--expert", f"recorded:{answers}", "--variables", str(described)]
    assert main(ask) == 0
    said = capsys.readouterr().out
    assert "order consistency: 1.00" in said
    assert "questions: 12.00" in said


def test_nobody(capsys):
    """Without an expert there is a clear error."""
    assert main(["audit", "--task", "axioms"]) == 2
    assert "nobody to ask" in capsys.readouterr().err
