"""Errors, Ctrl-C, pipes that end: each has its sentence and its code."""

import subprocess
import sys
from pathlib import Path

import pytest
from cli.prepared import arguments

from llmcd.cli import main


@pytest.mark.parametrize(
    "code, command, says",
    [
        (3, ["discover", "nowhere.csv"], "no such file: nowhere.csv"),
        (3, ["combine", "nowhere"], "candidates.json is missing"),
        (2, ["ask", "nowhere"], "nobody to ask"),
        (3, ["discover", "."], ". is a folder"),
        (3, ["report", "data.csv"], "data.csv"),
        (3, ["combine", "data.csv"], "data.csv"),
        (
            3,
            ["discover", "data.csv", "--background=broken.yaml"],
            "broken.yaml, line 2",
        ),
        (
            3,
            ["discover", "data.csv", "--background=data.csv"],
            "background must be a map",
        ),
        (3, ["discover", "data.csv", "--background=."], ".: Is a directory"),
        (3, ["discover", "data.csv", "--background=latin.yaml"], "not UTF-8"),
        (3, ["discover", "data.csv", "--variables=."], "descriptions are read from"),
        (2, ["discover", "data.csv", "--separator=::"], "one character"),
        (2, ["discover", "data.csv", "--budget-calls=-1"], "from 0"),
        (
            4,
            ["discover", "data.csv", "--expert=./answers.jsonl"],
            "'recorded:./answers",
        ),
        (4, ["plan", "data.csv", "--expert=foo/bar"], "no provider 'foo'"),
        (3, ["discover", "rows.parquet"], "rows.parquet"),
        (3, ["discover", "data.csv", "--out=data.csv"], "data.csv is a file"),
        (3, ["discover", "data.csv", "--out=."], "holds other files"),
        (3, ["plan", "data.csv", "--out=."], "holds other files"),
        (3, ["discover", "twice.csv"], "'a' (columns 1, 2)"),
        (3, ["discover", "semicolons.csv"], "--separator ';'"),
    ],
)
def test_clear_errors(code, command, says, work, monkeypatch, capsys):
    """An error is one sentence on standard error and the exit code of its kind."""
    monkeypatch.chdir(work)
    Path("broken.yaml").write_text("forbidden: [[a, b]]\n - x: [\n")
    Path("latin.yaml").write_bytes("größe: 1".encode("cp1252"))
    Path("rows.parquet").write_bytes(b"no parquet")
    Path("twice.csv").write_text("a,a\n1,2\n")
    Path("semicolons.csv").write_text("a;b\n1;2\n")
    assert main(command) == code
    said = capsys.readouterr()
    assert says in said.err
    assert "Traceback" not in said.err
    assert said.out == ""


@pytest.mark.parametrize("command", ["discover", "plan"])
def test_a_foreign_folder_is_noticed_before_any_work(command, work, monkeypatch):
    """Nothing is read, searched or asked for a result that has nowhere to go."""
    monkeypatch.setattr("llmcd.cli.inputs.read_rows", None)
    arguments_ = arguments(work, "--expert=human", f"--out={work}")
    assert main([command, *arguments_]) == 3


@pytest.mark.parametrize("stored", [False, True])
def test_ctrl_c_says_what_is_true(work, tmp_path, monkeypatch, capsys, stored):
    """Of a store it speaks only where there is one."""

    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    out = tmp_path / "run"
    if stored:
        out.mkdir()
        (out / "answers.sqlite").write_bytes(b"")
    monkeypatch.setattr("llmcd.cli.discovering.discover", interrupted)
    assert main(["discover", *arguments(work, f"--out={out}")]) == 130
    said = capsys.readouterr().err
    if stored:
        assert f"stopped; what was answered is in {out / 'answers.sqlite'}" in said
    else:
        assert said == "llmcd: stopped\n"
    assert main(["discover", *arguments(work)]) == 130
    assert capsys.readouterr().err == "llmcd: stopped\n"


def test_a_reader_that_stops_reading_is_no_error(work):
    """`llmcd plan --show | head -1` ends quietly."""
    command = [sys.executable, "-m", "llmcd", "plan", *arguments(work, "--show")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read().strip() == ""
        assert process.wait() == 0
