"""--json of every command: one document with the members that its help lists."""

import json
import shlex

import pytest
from cli.prepared import arguments

from llmcd.cli import main
from llmcd.cli.parser import parser_of, steps_of
from llmcd.cli.registry import COMMANDS
from llmcd.formats import write
from llmcd.graph import Graph

ALL = [one for some in COMMANDS.values() for one in some]
BY_NAME = {one.name: one for one in ALL} | {
    f"{one.name} {step.name}": step for one in ALL for step in one.steps
}
PARSER = parser_of(COMMANDS)


@pytest.fixture(scope="module")
def run(work, tmp_path_factory):
    """A run folder with an answer that the data contradict, and files beside it."""
    home = tmp_path_factory.mktemp("documents")
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    assert main(["discover", *arguments(work, expert, f"--out={home / 'run'}")]) == 0
    graph = Graph.from_edges("abcdef", directed=[("d", "c")])
    (home / "mine.dot").write_text(write(graph, "dot"))
    known = "forbidden: [[a, f], [f, a]]\n"
    (home / "known.yaml").write_text(known)
    return home / "run"


def commands(work, run):
    """Every command that prints a document, with arguments; in an order that works."""
    home, data = run.parent, str(work / "data.csv")
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    stages, questions = str(home / "stages"), str(home / "questions.jsonl")
    audit = ["audit", expert, "--task=axioms", "--n=12"]
    return {
        "discover": ["discover", *arguments(work, expert)],
        "refine": ["refine", *arguments(work, f"--graph={home / 'mine.dot'}")],
        "plan": ["plan", *arguments(work, f"--out={stages}")],
        "ask": ["ask", stages, expert],
        "ask, emitted": ["ask", stages, f"--emit={questions}"],
        "answers apply": ["answers", "apply", stages, questions, "--by=me"],
        "combine": ["combine", stages],
        "show": ["show", str(run)],
        "report": ["report", str(run)],
        "explain": ["explain", str(run), "a", "c"],
        "paths": ["paths", str(run), "--from=a", "--to=e"],
        "export": ["export", str(run), "--format=dagitty"],
        "effect": ["effect", str(run), "a", "c", f"--data={data}", "--refuter=none"],
        "falsify": ["falsify", str(run), data],
        "update": ["update", str(run), f"--data={data}", "--jobs=1",
                   f"--background={home / 'known.yaml'}", f"--out={home / 'two'}"],
        "criticise": ["criticise", str(run), expert, f"--out={home / 'three'}"],
        "audit": [*audit, f"--out={home / 'audit'}"],
        "audit compare": ["audit", "compare", str(home / "audit" / "audit.json"),
                          f"--out={home / 'compare.html'}"],
        "completion": ["completion", "bash"],
    }  # fmt: skip


def test_every_document(work, run, capsys, monkeypatch):
    """One strict JSON document, its members as documented and in that order."""
    monkeypatch.chdir(run.parent)
    capsys.readouterr()
    seen = set()
    for name, command in commands(work, run).items():
        if name == "answers apply":
            fill_in(run.parent / "questions.jsonl")
        assert main([*command, "--json"]) == 0, (name, capsys.readouterr().err)
        document = json.loads(capsys.readouterr().out, parse_constant=never)
        words = name.split(",")[0]
        assert list(document) == ["command", *BY_NAME[words].document], name
        assert document["command"] == words
        seen.add(words)
    # the demo and the review have tests of their own; `answers` only has steps
    assert seen | {"demo", "review", "answers"} == set(BY_NAME)


def never(constant):
    """NaN and infinities are no JSON."""
    raise AssertionError(constant)


def fill_in(path):
    """Answers to all emitted questions, as somebody might."""
    asked = [json.loads(line) for line in path.read_text("utf-8").splitlines()][1:]
    filled = [{"id": x["id"], "verdict": "unsure"} for x in asked]
    path.write_text("\n".join(map(json.dumps, filled)), encoding="utf-8")


def test_what_the_documents_say(work, run, capsys):
    """The numbers are those of Python."""
    import llmcd

    result = llmcd.Result.load(run)
    capsys.readouterr()
    assert main(["show", str(run), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert [e["cause"] for e in shown["edges"]] == list(result.edges["cause"])
    assert shown["variables"] == list("abcdef")
    assert shown["rows"] == 400
    data = work / "data.csv"
    command = ["effect", str(run), "a", "c", f"--data={data}", "--refuter=none"]
    assert main([*command, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    found = result.effect("a", "c", llmcd.data.files.read_rows(data), refuters=())
    assert (said["value"], said["low"], said["high"]) == (
        found.value,
        found.low,
        found.high,
    )
    assert said["refutations"] == []


@pytest.mark.parametrize("name", [None, *BY_NAME])
def test_help_fits_into_80_columns(name, capsys, monkeypatch):
    """Every command says its purpose, an example and its document, in 80 columns."""
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as stop:
        main([*([] if name is None else name.split()), "--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert [line for line in said.splitlines() if len(line) > 80] == []
    if name is None:
        for code in ("0", "1", "2", "3", "4", "5", "130"):
            assert f"\n  {code:>3}  " in said
        return
    command = BY_NAME[name]
    assert command.purpose[1:] in " ".join(said.split())
    if command.run is not None:
        assert "example:" in said
        assert "--json" in said
        for member in command.document:
            assert f"\n  {member} " in said


@pytest.mark.parametrize("name", BY_NAME)
def test_examples_can_be_typed(name):
    """Each example is parsed without a complaint, and is of this command."""
    text = BY_NAME[name].example.replace("\\\n", " ")
    for line in text.splitlines():
        line = line.removeprefix("source <(").split("#")[0].split(" > ")[0]
        words = shlex.split(line.strip().removesuffix(")"))
        assert words[0] == "llmcd"
        found = PARSER.parsed(words[1:])
        assert found.full_name == name


def test_every_option_has_words():
    """No option and no argument is left without help, but a seed."""

    def silent(parser):
        for action in parser._actions:
            if not action.help and action.metavar not in ("COMMAND", "STEP"):
                yield parser.prog, action.dest
        for step in steps_of(parser).values():
            yield from silent(step)

    assert list(silent(PARSER)) == []
