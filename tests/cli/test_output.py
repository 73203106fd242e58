"""What goes where: tables in a terminal, plain text in a pipe, remarks apart."""

import io
import json
import os
import pty
import re
import struct
import subprocess
import sys

import pytest
from cli.prepared import arguments
from rich.cells import cell_len

from llmcd.cli import main
from llmcd.cli.output import Grid, Shown, plain_text, show

fcntl = pytest.importorskip("fcntl", reason="terminals are a matter of Unix")
termios = pytest.importorskip("termios", reason="terminals are a matter of Unix")

CODES = re.compile(r"\x1b\[[\d;?]*[a-zA-Z]")


@pytest.fixture(scope="module")
def run(work, tmp_path_factory):
    """A run folder."""
    out = tmp_path_factory.mktemp("output") / "run"
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    assert main(["discover", *arguments(work, expert, f"--out={out}")]) == 0
    return out


def in_a_terminal(words, columns, **environment):
    """What `llmcd` writes to a terminal of so many columns, both streams."""
    terminal, inner = pty.openpty()
    size = struct.pack("HHHH", 40, columns, 0, 0)
    fcntl.ioctl(inner, termios.TIOCSWINSZ, size)
    given = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "NO_COLOR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "llmcd", *words],
        stdout=inner, stderr=inner, stdin=subprocess.DEVNULL,
        env={**given, "TERM": "xterm-256color", **environment},
    )  # fmt: skip
    os.close(inner)
    said = b""
    while True:
        try:
            more = os.read(terminal, 65536)
        except OSError:  # the other end is closed
            break
        if not more:
            break
        said += more
    os.close(terminal)
    assert process.wait() == 0
    return said.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_terminal_gets_a_table_that_fits(run, columns):
    """A rule below the heads, colours, and no line longer than the terminal."""
    said = in_a_terminal(["show", str(run)], columns)
    assert "\x1b[" in said
    plain = CODES.sub("", said)
    assert "a --> c" in plain
    assert "───" in plain
    assert max(cell_len(line) for line in plain.splitlines()) <= columns


def test_no_color(run):
    """With NO_COLOR there may be bold, but no colour."""
    said = in_a_terminal(["show", str(run)], 80, NO_COLOR="1")
    assert re.findall(r"\x1b\[[\d;]*3\d[\d;]*m", said) == []


def test_a_pipe_gets_plain_text(run):
    """No codes, aligned, and the same whatever the terminal was."""
    texts = [
        subprocess.run(
            [sys.executable, "-m", "llmcd", "show", str(run)],
            capture_output=True, text=True, check=True,
            env={**os.environ, "COLUMNS": columns, "TERM": "xterm-256color"},
        ).stdout
        for columns in ("40", "200")
    ]  # fmt: skip
    assert texts[0] == texts[1]
    assert "\x1b" not in texts[0]
    head = next(x for x in texts[0].splitlines() if x.startswith("edge"))
    row = next(x for x in texts[0].splitlines() if x.startswith("a --> c"))
    assert row.index("data") == head.index("decided by")


def test_remarks_are_on_standard_error(work, tmp_path, capsys):
    """What was written where, and warnings, are no part of the output."""
    out = tmp_path / "run"
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    command = ["discover", *arguments(work, expert, f"--out={out}")]
    assert main(command) == 0
    said = capsys.readouterr()
    assert str(out) not in said.out
    assert "warning" not in said.out.lower()
    assert f"run folder: {out}" in said.err
    assert "warning: asking stopped" in said.err


def test_a_person_is_asked_on_standard_error(work, monkeypatch, capsys):
    """The questions of --expert human are no part of the document."""
    monkeypatch.setattr("sys.stdin", io.StringIO("1\n2\n9\n3\nq\n"))
    assert main(["discover", *arguments(work, "--expert=human", "--json")]) == 0
    said = capsys.readouterr()
    assert not json.loads(said.out)["complete"]
    assert said.err.count("A causes B directly") == 4
    assert "please type one of" in said.err


def test_hostile_names_give_no_orders_to_a_terminal(capsys):
    """Escape codes in a name are spelled out, in tables and in text."""
    bad = "x\x1b]0;owned\x07"
    show(Shown(parts=(bad, Grid(("n",), ((bad,),)))), command="x", as_json=False)
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "\x07" not in said
    assert "\\x1b]0;owned" in said


def test_a_long_table_is_cut_only_in_a_terminal():
    """A pipe gets every row."""
    grid = Grid(("n",), tuple((k,) for k in range(40)), most=5)
    assert len(plain_text(grid).splitlines()) == 41


def test_columns_of_numbers_stand_on_the_right():
    """Also where a share is written with a sign, and where a value is missing."""
    text = plain_text(Grid(("word", "share"), (("a", "5%"), ("bcd", None))))
    assert text == "word  share\na        5%\nbcd"
