"""Questions and answers, step by step, as files and with budgets."""

import json
from pathlib import Path

from cli.prepared import Paid, arguments, recording

import llmcd
from llmcd.cli import main
from llmcd.expert.store import Store


def test_questions_as_a_file(work, tmp_path, capsys):
    """Emitted, filled in by whoever, applied: the answers of a run like any other."""
    out, file = str(tmp_path / "run"), tmp_path / "questions.jsonl"
    assert main(["plan", *arguments(work, f"--out={out}")]) == 0
    assert main(["ask", out, f"--emit={file}"]) == 0
    asked = [json.loads(line) for line in file.read_text("utf-8").splitlines()][1:]
    filled = [{"id": x["id"], "verdict": "no_direct_relation"} for x in asked[1:]]
    file.write_text("\n".join(map(json.dumps, filled)), encoding="utf-8")
    capsys.readouterr()
    assert main(["answers", "apply", out, str(file), "--by=me, today"]) == 0
    assert f"1 of {len(asked)} questions" in capsys.readouterr().err
    assert main(["combine", out]) == 0
    answers = llmcd.Result.load(out).answers
    assert answers.experts == ("me, today",)
    assert sum(x.verdict == "none" for x in answers.answers) == len(filled)


def test_the_whole_graph_in_one_prompt(work, tmp_path, capsys):
    """Two questions for any number of pairs; filled in, every pair is answered."""
    out, file = str(tmp_path / "run"), tmp_path / "questions.jsonl"
    assert main(["plan", *arguments(work, f"--out={out}", "--kind=whole-graph")]) == 0
    assert "2 questions about" in capsys.readouterr().out
    assert main(["ask", out, f"--emit={file}", "--kind=whole-graph"]) == 0
    head, *asked = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert "relations" in head["schema"]["properties"]
    assert len(asked) == 2
    filled = [{"id": x["id"], "reasoning": "", "relations": []} for x in asked]
    file.write_text("\n".join(map(json.dumps, filled)), encoding="utf-8")
    apply = ["answers", "apply", out, str(file), "--by=me", "--kind=whole-graph"]
    assert main(apply) == 0
    assert main(["combine", out]) == 0
    answers = llmcd.Result.load(out).answers
    assert answers.complete
    assert {x.verdict for x in answers.answers} == {"none"}
    assert len(answers) == 2 * len(answers.pairs())


def test_a_second_expert_joins_the_first(work, tmp_path, capsys):
    """Asking somebody else loses nothing, and without --store replies are kept too."""
    out = str(tmp_path / "run")
    assert main(["plan", *arguments(work, f"--out={out}")]) == 0
    assert main(["ask", out, recording(work, "ann", "none")]) == 0
    assert main(["ask", out, recording(work, "bob", "a->b")]) == 0
    assert "from earlier" in capsys.readouterr().out
    with Store(Path(out) / "answers.sqlite") as store:
        assert {record["label"] for record in store.records()} == {"ann", "bob"}
    file = tmp_path / "questions.jsonl"
    assert main(["ask", out, f"--emit={file}"]) == 0
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()][1:]
    for some in (lines[:1], lines[1:]):  # in two sittings
        file.write_text(
            "\n".join(json.dumps({"id": x["id"], "verdict": "unsure"}) for x in some)
        )
        assert main(["answers", "apply", out, str(file), "--by=me"]) == 0
    assert main(["combine", out]) == 0
    result = llmcd.Result.load(out)
    assert result.answers.experts == ("ann", "bob", "me")
    assert len(result.answers) == 3 * len(lines)
    assert result.answers.complete
    assert len(result.reliability) == 3


def test_emit_obeys_a_budget(work, tmp_path, capsys):
    """As many questions are written as somebody is willing to answer."""
    out, file = str(tmp_path / "run"), tmp_path / "questions.jsonl"
    assert main(["plan", *arguments(work, "--budget-calls=2", f"--out={out}")]) == 0
    assert "the budget allows 2" in capsys.readouterr().out
    assert main(["ask", out, f"--emit={file}", "--budget-calls=2"]) == 0
    assert len(file.read_text("utf-8").splitlines()) == 1 + 2


def test_a_panel(work, tmp_path, capsys):
    """--expert twice is two experts, in the plan and in the result."""
    out = str(tmp_path / "run")
    two = [recording(work, "ann", "none"), recording(work, "bob", "a->b")]
    assert main(["plan", *arguments(work, *two, f"--out={out}")]) == 0
    assert "to ann + bob" in capsys.readouterr().out
    assert main(["ask", out, *two]) == 0
    assert main(["combine", out]) == 0
    result = llmcd.Result.load(out)
    assert result.answers.experts == ("ann", "bob")
    assert list(result.reliability["expert"]) == ["ann", "bob"]
    assert main(["discover", *arguments(work, two[0], two[0])]) == 2
    assert "both called 'ann'" in capsys.readouterr().err


def test_replay_and_sharing(work, tmp_path, monkeypatch, capsys):
    """A store goes to somebody else as lines, and replays there without one call."""
    store, lines = tmp_path / "s.sqlite", tmp_path / "shared.jsonl"
    experts = [Paid() for _ in range(7)]
    coming = iter(experts)
    monkeypatch.setattr("llmcd.cli.inputs.resolve", lambda name, **server: next(coming))
    base = arguments(work, f"--store={store}")
    assert main(["plan", *base, "--replay"]) == 4
    assert "there is no store" in capsys.readouterr().err
    assert main(["discover", *base, "--budget-calls=3"]) == 0
    capsys.readouterr()
    assert main(["plan", *base, "--replay"]) == 4
    said = capsys.readouterr()
    missing = int(said.err.split("would miss ")[1].split()[0])
    assert f": 3 are in {store}, {missing} would be asked for" in said.err
    assert main(["discover", *base, "--replay"]) == 4
    assert "17 of 20 replies are not" in capsys.readouterr().err  # of the first round
    assert main(["discover", *base, f"--export={lines}"]) == 0
    first = capsys.readouterr().out
    whole = len(lines.read_text("utf-8").splitlines())
    assert 20 <= whole <= missing + 3
    asked = [x.asked for x in experts]
    assert asked == [0, 3, 0, 0, whole - 3, 0, 0]

    there = arguments(work, f"--store={tmp_path / 'there.sqlite'}")
    again = tmp_path / "again.jsonl"
    taken = [f"--import={lines}", f"--export={again}"]
    assert main(["discover", *there, "--replay", *taken]) == 0
    said = capsys.readouterr()
    assert said.out == first
    assert f"{whole} replies of {lines} are new" in said.err
    assert again.read_bytes() == lines.read_bytes()
    # rounds need not ask all that a plan without answers holds
    rest = missing + 3 - whole
    assert main(["plan", *there, "--replay"]) == (4 if rest else 0)
    said = capsys.readouterr()
    assert f"{whole} {'' if rest else 'replies '}are in" in said.err + said.out
    assert [x.asked for x in experts] == asked
