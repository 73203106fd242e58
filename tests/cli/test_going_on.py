"""`llmcd update` and `criticise` are those of Python, and write run folders."""

import json

import pytest
from cli.prepared import arguments, recording
from test_pipeline import linear_table

import llmcd
from llmcd.cli import main


@pytest.fixture(scope="module")
def run(work, tmp_path_factory):
    """A run folder in which the expert contradicts the data."""
    out = tmp_path_factory.mktemp("going") / "run"
    wrong = {("c", "a"), ("c", "b"), ("d", "c"), ("e", "d")}
    lines = [
        {"a": a, "b": b, "expert": "ann",
         "verdict": "a->b" if (a, b) in wrong else "b->a" if (b, a) in wrong
         else "none"}
        for a in "abcdef" for b in "abcdef" if a != b
    ]  # fmt: skip
    file = out.parent / "ann.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    expert = f"--expert=recorded:{file}"
    assert main(["discover", *arguments(work, expert, f"--out={out}")]) == 0
    return out


def test_more_rows(work, run, tmp_path, capsys):
    """The result is that of all rows at once; the old folder stays as it was."""
    more, out = tmp_path / "more.csv", tmp_path / "two"
    linear_table(600)[400:].to_csv(more, index=False)
    before = llmcd.Result.load(run)
    data = f"--data={work / 'data.csv'}"
    command = ["update", str(run), data, f"--rows={more}", f"--out={out}", "--jobs=1"]
    assert main([*command, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["rows"] == 600
    assert document["run"] == str(out)
    assert llmcd.Result.load(out).candidates.n_rows == 600
    assert llmcd.Result.load(run) == before
    rows = llmcd.data.files.read_rows
    found = before.update(
        rows(more), data=rows(work / "data.csv"), n_jobs=1, progress=False
    )
    assert llmcd.Result.load(out) == found


def test_knowledge(work, run, tmp_path, capsys):
    """What is forbidden is gone, and the change says why."""
    known, out = tmp_path / "known.yaml", tmp_path / "three"
    known.write_text("forbidden: [[d, e], [e, d]]\n")
    data = f"--data={work / 'data.csv'}"
    command = ["update", str(run), data, f"--background={known}", f"--out={out}"]
    assert main([*command, "--jobs=1"]) == 0
    said = capsys.readouterr().out
    assert "is now no edge, moved by" in said
    assert (out / "changes.csv").exists()
    assert llmcd.Result.load(out).graph.edge("d", "e") is None


@pytest.mark.parametrize(
    "more, says",
    [
        ([], "nothing is new"),
        (["--moved=2", "--expert=human"], "moved is a share"),
    ],
)
def test_wrong_ways(run, capsys, more, says):
    """Nothing to do, or no such share: arguments that are wrong."""
    assert main(["update", str(run), *more]) == 2
    assert says in capsys.readouterr().err


def test_rows_that_are_not_at_hand(work, run, capsys):
    """New rows need the old ones."""
    assert main(["update", str(run), f"--rows={work / 'data.csv'}"]) == 3
    assert "are not at hand" in capsys.readouterr().err


def test_a_critic(work, run, tmp_path, capsys):
    """Asked only about conflicts; somebody who never answered is refused."""
    conflicts = llmcd.Result.load(run).conflicts
    assert len(conflicts)
    out = tmp_path / "four"
    lines = [
        json.dumps({"a": a, "b": b, "verdict": "none", "expert": "ann",
                    "kind": "critic"})
        for a in "abcdef" for b in "abcdef" if a != b
    ]  # fmt: skip
    (tmp_path / "ann.jsonl").write_text("\n".join(lines))
    ann = f"--expert=recorded:{tmp_path / 'ann.jsonl'}"
    data = f"--data={work / 'data.csv'}"
    assert main(["criticise", str(run), data, ann, f"--out={out}", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    asked = {frozenset(pair) for pair in document["asked"]}
    assert asked <= {frozenset((c["a"], c["b"])) for _, c in conflicts.iterrows()}
    assert asked
    stranger = recording(tmp_path, "bob", "none")
    assert main(["criticise", str(run), data, stranger, f"--out={out}"]) == 2
    assert "gave none" in capsys.readouterr().err
    assert main(["criticise", str(run)]) == 2
    assert "nobody to ask" in capsys.readouterr().err
