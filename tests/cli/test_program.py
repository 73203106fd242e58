"""Errors, Ctrl-C, pipes that end: each has its sentence and its code."""

import subprocess
import sys
from pathlib import Path

import pytest
from cli.prepared import Paid, arguments

import llmcd
from llmcd.cli import main
from llmcd.cli.exits import CODES, code_of
from llmcd.cli.registry import COMMANDS
from llmcd.errors import BudgetExceeded, DataError, ExpertError


@pytest.mark.parametrize(
    "code, command, says",
    [
        (3, ["discover", "nowhere.csv"], "nowhere.csv: no such file"),
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
            2,
            ["discover", "data.csv", "--expert=./answers.jsonl"],
            "'recorded:./answers",
        ),
        (2, ["plan", "data.csv", "--expert=foo/bar"], "no provider 'foo'"),
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
        assert said == "llmcd discover: stopped\n"
    assert main(["discover", *arguments(work)]) == 130
    assert capsys.readouterr().err == "llmcd discover: stopped\n"


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


def test_ctrl_c_while_somebody_is_asked(work, tmp_path, monkeypatch, capsys):
    """What was answered is used and kept, and the code still says that it was cut."""

    class Cut(Paid):
        def answer(self, question):
            if self.asked == 3:
                raise KeyboardInterrupt
            return super().answer(question)

    monkeypatch.setattr("llmcd.cli.inputs.resolve", lambda name, **server: Cut())
    out = str(tmp_path / "run")
    assert main(["plan", *arguments(work, f"--out={out}")]) == 0
    assert main(["ask", out]) == 130
    said = capsys.readouterr()
    assert "3 answers in" in said.out
    assert "interrupted" in said.err
    assert main(["combine", out]) == 0
    assert main(["discover", *arguments(work, f"--out={tmp_path / 'two'}")]) == 130
    assert len(llmcd.Result.load(tmp_path / "two").answers) == 3


def test_a_budget_for_nothing(work, monkeypatch, capsys):
    """Not one question fits: its own code, and what to do."""
    monkeypatch.setattr("llmcd.cli.inputs.resolve", lambda name, **server: Paid())
    assert main(["discover", *arguments(work, "--budget-calls=0")]) == 5
    assert "Raise the Budget" in capsys.readouterr().err


def test_a_defect_of_ours(monkeypatch, capsys, tmp_path):
    """Code 1 and one block; the traceback only for who asks."""

    def broken(path):
        raise KeyError("spam")

    monkeypatch.setattr("llmcd.cli.handing_on.Result.load", broken)
    assert main(["show", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "unexpected KeyError: 'spam'" in said.err
    assert "Traceback" not in said.err
    assert main(["show", str(tmp_path), "--traceback"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_traceback_is_shown_to_who_asks(work, capsys):
    """Of an error of the user's as well."""
    assert main(["show", str(work), "--traceback"]) == 3
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert said.splitlines()[-1].startswith("llmcd show: ")


def test_without_a_command(capsys):
    """A short overview that names every command; not an error."""
    assert main([]) == 0
    said = capsys.readouterr().out
    assert len(said.splitlines()) <= 45
    for some in COMMANDS.values():
        for one in some:
            assert f"\n  {one.name} " in said
    assert "llmcd demo" in said


@pytest.mark.parametrize(
    "words, meant",
    [
        (["discovr"], "no such command: 'discovr'; did you mean 'discover'?"),
        (["answers", "aply"], "no such step: 'aply'; did you mean 'apply'?"),
        (["discover", "--bootstrp=3"], "no option --bootstrp; did you mean '--boot"),
        (["discover", "x", "--mode=posteriour"], "did you mean 'posterior'?"),
        (["export", "run", "--format", "graphlm"], "did you mean 'graphml'?"),
        (["show", "run", "more"], "one argument too many: 'more'"),
        (["combine"], "required: RUN"),
        (["nonsense"], "no such command: 'nonsense'\n"),
    ],
)
def test_what_was_meant(words, meant, capsys):
    """A slip of the finger is told, where help is too; code 2, nothing on stdout."""
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    said = capsys.readouterr()
    assert meant in said.err
    assert said.err.splitlines()[-1].endswith("--help")
    assert said.out == ""


def test_a_file_that_was_meant(work, monkeypatch, capsys):
    """The nearest name in the folder, for rows and for anything else."""
    monkeypatch.chdir(work)
    assert main(["discover", "dta.csv"]) == 3
    assert "dta.csv: no such file; did you mean 'data.csv'?" in capsys.readouterr().err
    assert main(["discover", "data.csv", "--background=var.yaml"]) == 3
    assert "did you mean 'vars.yaml'?" in capsys.readouterr().err


def test_the_version(capsys):
    """`llmcd --version` names the program and its version."""
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"llmcd {llmcd.__version__}\n"


def test_every_code_is_of_an_error():
    """Errors that a caller may catch have codes of their own kind."""
    kinds = [BudgetExceeded, ExpertError, DataError, ValueError, RuntimeError]
    assert [code_of(kind("x")) for kind in kinds] == [5, 4, 3, 2, 1]
    assert set(CODES) == {0, 1, 2, 3, 4, 5, 130}
