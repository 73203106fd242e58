"""`llmcd explain` and `llmcd paths` say what Python says of a run folder."""

import json

from cli.prepared import arguments

import llmcd
from llmcd.auditing.audit import Audit
from llmcd.auditing.parrot import Confusion
from llmcd.cli import main


def test_explain_and_paths(work, tmp_path, capsys):
    """The same words, and a document with the same numbers; --audit is handed on."""
    out = str(tmp_path / "run")
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    assert main(["discover", *arguments(work, expert, f"--out={out}")]) == 0
    result = llmcd.Result.load(out)
    edge = result.combined.edges[0]
    capsys.readouterr()
    assert main(["explain", out, edge.cause, edge.effect]) == 0
    found = result.explain(edge.cause, edge.effect)
    assert capsys.readouterr().out.strip() == str(found)
    assert main(["explain", out, edge.effect, edge.cause, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == found.verdict
    assert document["edge"]["probability"] == edge.probability
    assert main(["paths", out, f"--from={edge.cause}", f"--to={edge.effect}"]) == 0
    ways = result.paths(edge.cause, edge.effect)
    assert capsys.readouterr().out.strip() == str(ways)
    assert main(["paths", out, "--from", edge.cause, "--to", edge.cause]) == 2
    assert "paths lead from" in capsys.readouterr().err


def test_an_audit_of_somebody_else_is_refused(work, tmp_path, capsys):
    """Combine takes an audit, and says whose it is where it is nobody's here."""
    out = str(tmp_path / "run")
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    assert main(["discover", *arguments(work, expert, f"--out={out}")]) == 0
    counts = ((9, 0, 0, 0), (0, 0, 4, 0), (0, 0, 2, 0))
    asked = llmcd.Result.load(out).answers.experts[0]
    for name, code in (("somebody", 2), (asked, 0)):
        file = Audit(name, (), (), Confusion(counts, 9, 0)).write(tmp_path / "a.json")
        data = f"--data={work / 'data.csv'}"
        assert main(["combine", out, data, f"--audit={file}"]) == code
    assert "says nothing of another expert" in capsys.readouterr().err
    assert llmcd.Result.load(out).combined.audits[asked].right == 9 / 4
