"""Review and export of a run folder."""

import html
import json
import shlex
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager

import pytest
from cli.prepared import arguments
from test_pipeline import TRUTH

import llmcd
from llmcd.cli import main
from llmcd.cli.handing_on import REVIEW
from llmcd.formats import read
from llmcd.review.session import Session


@contextmanager
def reviewed(*arguments):
    """A review that ends with the test, also where the test fails."""
    command = [sys.executable, "-m", "llmcd", "review", *map(str, arguments)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def test_review(work, tmp_path):
    """The address stands on standard output; an interrupt ends it, and all is kept."""
    out = tmp_path / "run"
    assert main(["discover", *arguments(work, f"--out={out}")]) == 0
    with reviewed(out, "--author=A. B.") as running:
        address, _, token = running.stdout.readline().strip().partition("#token=")
        request = urllib.request.Request(f"{address}page")
        request.add_header("X-Llmcd-Token", token)
        with urllib.request.urlopen(request, timeout=20) as answer:
            page = answer.read().decode()
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=20)
    assert running.returncode == 0
    assert 'value="A. B."' in page
    assert "0 decisions" in said


def test_review_for_a_program(work, tmp_path):
    """With --json the address comes at once, as a document that the help describes."""
    out = tmp_path / "run"
    assert main(["discover", *arguments(work, f"--out={out}")]) == 0
    with reviewed(out, "--json") as running:
        lines = []
        for line in running.stdout:
            lines.append(line)
            if line == "}\n":
                break
        running.send_signal(signal.SIGINT)
        rest, _ = running.communicate(timeout=20)
    document = json.loads("".join(lines))
    assert list(document) == ["command", *REVIEW.document]
    assert document["address"].startswith("http://127.0.0.1:")
    assert rest == ""


def test_what_contradicts_the_data_is_followed_by_a_new_search(work, tmp_path):
    """The command that the page advises puts the edge as the person decided."""
    run, new = tmp_path / "a run", tmp_path / "new"
    assert main(["discover", *arguments(work, f"--out={run}")]) == 0
    session = Session(run, author="A. B.")
    cause, effect = session.before.graph.directed_edges()[0]
    flip = {"action": "require", "a": effect, "b": cause, "author": "A. B."}
    told = session.decide({**flip, "reason": "known"})
    assert "contradicts the data" in told["problem"]
    words = html.unescape(session.page()).partition("llmcd discover DATA ")[2]
    words = shlex.split(words.partition("NEW")[0])
    command = ["discover", str(work / "data.csv"), "--bootstrap=3", "--jobs=1"]
    assert main([*command, *words, str(new)]) == 0
    found = llmcd.Result.load(new).graph
    assert (effect, cause) in found.directed_edges()


def test_review_of_nothing(tmp_path, capsys):
    """A folder without a result is a clear error."""
    assert main(["review", str(tmp_path)]) == 3
    assert "candidates.json is missing" in capsys.readouterr().err


def test_export(work, tmp_path, capsys):
    """A run folder's graph in another program's text, printed or written."""
    run = tmp_path / "run"
    expert = f"--expert=recorded:{work / 'answers.jsonl'}"
    assert main(["discover", *arguments(work, expert, f"--out={run}")]) == 0
    capsys.readouterr()
    assert main(["export", str(run), "--format", "dagitty"]) == 0
    assert read(capsys.readouterr().out, "dagitty") == TRUTH
    file = tmp_path / "graph.csv"
    assert main(["export", str(run), "--format=adjacency", f"--out={file}"]) == 0
    assert capsys.readouterr().out == f"{file}\n"
    assert read(file.read_text(), "adjacency") == TRUTH
    with pytest.raises(SystemExit):
        main(["export", str(run), "--format", "docx"])
    assert "invalid choice: 'docx'" in capsys.readouterr().err
