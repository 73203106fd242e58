"""What the README says can be typed, and does what it says (snippets: doctest)."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from cli.prepared import work  # noqa: F401

import llmcd
from llmcd.cli import main

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
SHELL = [
    line.split("#")[0].strip()
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    for line in block.splitlines()
]
INLINE = re.findall(r"`(llmcd [^`]*)`", TEXT)


def test_make_targets_exist():
    """`make demo` and `make test` are targets of the Makefile."""
    for command in SHELL:
        if command.startswith("make "):
            done = subprocess.run(
                ["make", "-n", *command.split()[1:]],
                cwd=ROOT, capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "command", [c for c in SHELL if c.startswith("llmcd")], ids=lambda c: c[:40]
)
def test_shell_commands(command, work, monkeypatch):  # noqa: F811
    """Each command runs; a recording stands in for the hosted model."""
    monkeypatch.chdir(work)
    words = shlex.split(command.replace("openai/gpt-5", "recorded:answers.jsonl"))[1:]
    assert main([*words, "--bootstrap=2", "--jobs=1"]) == 0
    assert llmcd.Result.load(work / "run").answers.pairs()


def test_inline_commands_are_known():
    """Each command mentioned in a sentence is a command."""
    for command in INLINE:
        name = command.split()[1]
        with pytest.raises(SystemExit) as stop:
            main([name, "--help"])
        assert stop.value.code == 0


def test_yaml_snippet_is_valid():
    """The example of variables.yaml can be read."""
    (snippet,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    import yaml

    variables = llmcd.Variables.of(yaml.safe_load(snippet))
    assert set(variables) == {"smoke", "age"}


def test_python_block_names_exist(work):  # noqa: F811
    """Every attribute in the list of what a result can do exists."""
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    for name in re.findall(r"result\.(\w+)", block):
        assert hasattr(llmcd.Result, name), name


def test_edge_columns_are_all_explained():
    """The table of columns names exactly the columns that there are."""
    from llmcd.folder.tables import EDGE_COLUMNS

    table = TEXT[TEXT.index("| column of `edges`") :].split("\n\n")[0]
    rows = [row.split("|")[1] for row in table.splitlines()[2:]]
    assert tuple(re.findall(r"`(\w+)`", " ".join(rows))) == EDGE_COLUMNS
