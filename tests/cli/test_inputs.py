"""What the arguments name is read, or refused clearly."""

import json

import pytest
from cli.prepared import arguments
from test_pipeline import linear_table

import llmcd
from llmcd.cli import main


def test_how_a_file_is_written(work, tmp_path, capsys):
    """Another separator can be given, and a level "None" is a level."""
    df = linear_table(300)
    df["g"] = (df["a"] > 0).map({True: "None", False: "aspirin"})
    df.to_csv(tmp_path / "levels.csv", index=False, sep="\t")
    out = tmp_path / "run"
    command = ["discover", str(tmp_path / "levels.csv"), "--separator=tab",
               "--bootstrap=2", "--jobs=1", f"--out={out}"]  # fmt: skip
    assert main(command) == 0
    assert llmcd.Result.load(out).candidates.kinds["g"] == "binary"


def test_missing_key_is_said(work, capsys, monkeypatch):
    """Without a key, the sentence names the variable to set; nothing is written."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    assert main(["discover", *arguments(work, "--expert=openai/gpt-5")]) == 4
    assert "OPENAI_API_KEY" in capsys.readouterr().err


def test_background_file(work, tmp_path, capsys):
    """Background knowledge comes from a YAML file."""
    known = tmp_path / "known.yaml"
    known.write_text("forbidden: [[d, e], [e, d]]\n")
    assert main(["discover", *arguments(work, f"--background={known}", "--json")]) == 0
    edges = json.loads(capsys.readouterr().out)["edges"]
    assert {"d", "e"} not in [{e["cause"], e["effect"]} for e in edges]


@pytest.mark.parametrize(
    "code, wrong, words",
    [
        (2, ["--replay"], "need --store FILE or --out"),
        (2, ["--export=x.jsonl"], "need --store FILE or --out"),
        (2, ["--api-base=http://localhost:1/v1", "--expert=human"], "is no model"),
        (2, ["--api-base=https://h.example/v1", "--expert=openai/x"], "--api-key-env"),
        (2, ["--api-base=http://h.example/v1", "--expert=openai/x"], "must be https"),
        (2, ["--expert=openai/x", "--api-key-env=NO_SUCH_KEY"], "NO_SUCH_KEY holds no"),
    ],
)
def test_wrong_ways_to_ask(work, capsys, monkeypatch, code, wrong, words):
    """Each is one sentence that says what to do, before any work."""
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    assert main(["discover", *arguments(work, *wrong)]) == code
    assert words in capsys.readouterr().err
