"""`llmcd discover` and `llmcd refine` do the main job."""

import json

from cli.prepared import Paid, arguments
from test_pipeline import TRUTH

import llmcd
from llmcd.cli import main
from llmcd.formats import write


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
    edges = json.loads(capsys.readouterr().out)["edges"]
    assert {"cause", "effect", "mark", "decided_by"} <= set(edges[0])


def test_refine(work, tmp_path, capsys):
    """A graph from a file is scored, and the proposals stay in the run folder."""
    mine = llmcd.Graph.from_edges(
        "abcdef", directed=[("a", "c"), ("b", "c"), ("d", "c"), ("a", "f")]
    )
    file, out = tmp_path / "mine.dot", tmp_path / "run"
    file.write_text(write(mine, "dot"), encoding="utf-8")
    graph = f"--graph={file}"
    assert main(["refine", *arguments(work, graph, f"--out={out}")]) == 0
    said = capsys.readouterr().out
    assert "3 changes proposed" in said
    assert "reverse d --> c: c --> d" in said
    kept = llmcd.Result.load(out).refinement
    assert kept is not None
    assert kept.graph == mine
    assert kept.refined == TRUTH
    assert (out / "refinement.csv").read_text(encoding="utf-8").count("\n") == 4
    assert main(["refine", *arguments(work, graph, "--json")]) == 0
    assert len(json.loads(capsys.readouterr().out)["proposals"]) == 3
    # the folder's next result has none
    assert main(["combine", str(out), "--mode=safe"]) == 0
    assert not (out / "refinement.csv").exists()
    assert llmcd.Result.load(out).refinement is None
    other = tmp_path / "mine.txt"
    other.write_text(write(mine, "dagitty"), encoding="utf-8")
    capsys.readouterr()
    assert main(["refine", *arguments(work, f"--graph={other}")]) == 2
    assert "give --format" in capsys.readouterr().err
    of = f"--graph={other}", "--format=dagitty"
    assert main(["refine", *arguments(work, *of)]) == 0
    assert "3 changes proposed" in capsys.readouterr().out


def test_discover_keeps_replies_in_its_folder(work, tmp_path, monkeypatch, capsys):
    """A budget stops the asking, not the run; the next runs pay only for the rest."""
    out, experts = tmp_path / "run", [Paid(), Paid(), Paid()]
    coming = iter(experts)
    monkeypatch.setattr("llmcd.cli.inputs.resolve", lambda name, **server: next(coming))
    some = [*arguments(work, f"--out={out}"), "--budget-calls=3"]
    assert main(["discover", *some]) == 0
    assert "answers are incomplete" in capsys.readouterr().err
    assert len(llmcd.Result.load(out).answers) == 3
    for _ in range(2):
        assert main(["discover", *arguments(work, f"--out={out}")]) == 0
    whole = llmcd.Result.load(out).answers
    assert whole.complete
    assert [x.asked for x in experts] == [3, len(whole) - 3, 0]
