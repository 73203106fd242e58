"""Completion in real shells, each driven through a pseudo-terminal or its own query."""

import os
import pty
import re
import select
import shutil
import subprocess
import time

import pytest

from llmcd.cli import main
from llmcd.cli.completion import SHELLS
from llmcd.cli.parser import parser_of
from llmcd.cli.places import places_of
from llmcd.cli.registry import COMMANDS

START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
TYPED = [
    ("llmcd disc\t", ["discover"]),
    ("llmcd answers app\t", ["answers", "apply"]),
    ("llmcd discover --boot\t", ["discover", "--bootstrap"]),
    ("llmcd discover --mode posteri\t", ["discover", "--mode", "posterior"]),
    ("llmcd export run --format=dagi\t", ["export", "run", "--format=dagitty"]),
    ("llmcd discover some-t\t", ["discover", "some-table.csv"]),
    ("llmcd effect run a b --data some-t\t",
     ["effect", "run", "a", "b", "--data", "some-table.csv"]),
    ("llmcd effect run a b --refuter rand\t",
     ["effect", "run", "a", "b", "--refuter", "random common cause"]),
    ("llmcd completion fi\t", ["completion", "fish"]),
]  # fmt: skip


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    """The three scripts, and a file that can be completed."""
    home = tmp_path_factory.mktemp("shells")
    (home / "some-table.csv").write_text("a,b\n")
    places = list(places_of(parser_of(COMMANDS)))
    for name, script in SHELLS.items():
        (home / f"llmcd.{name}").write_text(script(places))
    return home


def in_a_terminal(command, lines, home):
    """What a shell prints when the lines are typed into its terminal."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(home)
        os.environ.update(TERM="dumb", PS1="$ ", HOME=str(home))
        os.execvp(command[0], command)
    shown = ""
    try:
        for line, until in lines:
            os.write(terminal, line.encode())
            shown += _read(terminal, until)
    finally:
        os.close(terminal)
        os.waitpid(child, 0)
    return shown


def _read(terminal, until, seconds=20.0):
    shown, end = "", time.monotonic() + seconds
    while until not in shown and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            shown += os.read(terminal, 65536).decode(errors="replace")
    return shown


@pytest.mark.parametrize("shell", list(START))
def test_a_tab_completes(shell, scripts):
    """A key press away: commands, steps, options, their values, files."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    start = "autoload -Uz compinit; compinit -u -D\n" if shell == "zsh" else ""
    start += f"source ./llmcd.{shell}\n"
    # instead of the program: its arguments, told apart; echoed lines hold no brackets
    start += (
        "llmcd() { printf '\\133%s\\135' \"$@\"; echo; echo e''nd; }\necho beg''in\n"
    )
    lines = [(start, "begin"), *((f"{typed}\n", "end") for typed, _ in TYPED)]
    shown = in_a_terminal(START[shell], lines, scripts)
    # a completion may end in a blank before the line's end: no argument of its own
    found = [re.findall(r"\[(.*?)\]", x) for x in shown.splitlines() if "[" in x]
    assert [x for x in found if x] == [arguments for _, arguments in TYPED], shown


@pytest.mark.parametrize(
    "typed, word",
    [
        ("llmcd disc", "discover"),
        ("llmcd answers ", "apply"),
        ("llmcd discover --boot", "--bootstrap"),
        ("llmcd discover --mode p", "posterior"),
        ("llmcd discover some", "some-table.csv"),
        ("llmcd effect run a b --refuter ra", "random common cause"),
    ],
)
def test_fish(typed, word, scripts):
    """What fish itself says that it would offer."""
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed")
    ask = f"source llmcd.fish; complete -C '{typed}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", ask],
        cwd=scripts, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert word in [line.split("\t")[0] for line in done.stdout.splitlines()]
    assert done.stderr == ""


def test_bash_takes_the_script_without_complaint(scripts):
    """No shell that reads the file at its start says a word."""
    done = subprocess.run(
        ["bash", "-n", "llmcd.bash"],
        cwd=scripts, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout + done.stderr == ""


def test_every_command_and_option_is_known(scripts):
    """Nothing that the parser takes is missing from a script."""
    places = list(places_of(parser_of(COMMANDS)))
    assert len(places) > sum(map(len, COMMANDS.values()))
    for shell in SHELLS:
        text = (scripts / f"llmcd.{shell}").read_text()
        for place in places:
            assert place.path[-1] in text
            for option in place.options:
                for name in option.names:
                    assert (name[2:] if shell == "fish" else name) in text


def test_the_command_prints_it(scripts, capsys):
    """`llmcd completion bash` is the script, to the letter."""
    assert main(["completion", "bash"]) == 0
    assert capsys.readouterr().out == (scripts / "llmcd.bash").read_text()
