"""`llmcd audit` and `llmcd audit compare`, offline with what a store exported."""

import json
from pathlib import Path

import pytest
from auditing.experts import always, perfect, written

from llmcd.auditing import cladder, corr2cause
from llmcd.auditing.audit import TASKS, Audit, audit
from llmcd.auditing.direction import Direction
from llmcd.auditing.own import OwnVariables
from llmcd.auditing.pairs import load_pairs
from llmcd.cli import main
from llmcd.expert.store import Store
from llmcd.variables import Variables

ITEMS = TASKS["axioms"].items(48, 0)


@pytest.fixture
def recordings(tmp_path):
    """Answers of two scripted experts as exported stores."""
    paths = []
    for name, expert in (("best", perfect(ITEMS)), ("yes", always(ITEMS, "yes"))):
        store = tmp_path / f"{name}.sqlite"
        audit(expert, tasks=["axioms"], n=48, store=store, progress=False)
        with Store(store) as opened:
            opened.export(tmp_path / f"{name}.jsonl")
        paths.append(tmp_path / f"{name}.jsonl")
    return paths


def test_audit_and_compare(recordings, tmp_path, capsys):
    """Each in one command, then side by side."""
    made = []
    for path in recordings:
        out = tmp_path / f"out-{path.stem}"
        ask = ["audit", "--expert", f"recorded:{path}", "--task", "axioms"]
        assert main([*ask, "--n", "48", "--out", str(out)]) == 0
        made.append(str(out / "audit.json"))
        assert "<h1>Audit of" in (out / "audit.html").read_text()
    said = capsys.readouterr().out
    assert "reliable" in said or "useful" in said
    assert "Uninformative" in said
    page = tmp_path / "both.html"
    assert main(["audit", "compare", *made, "--out", str(page)]) == 0
    assert "always yes" in page.read_text()
    assert json.loads(Path(made[0]).read_text())["n"] == 48


def test_own_variables(tmp_path, capsys):
    """No truth, sixty questions at most; what is not recorded counts as silence."""
    described = tmp_path / "variables.yaml"
    described.write_text("variables: {age: a, height: b, weight: c}")
    answers = tmp_path / "answers.jsonl"
    answers.write_text(
        '{"a": "age", "b": "height", "verdict": "a->b"}\n'
        '{"a": "height", "b": "age", "verdict": "b->a"}\n'
    )
    ask = ["audit", "--expert", f"recorded:{answers}", "--variables", str(described)]
    assert main(ask) == 0
    said = capsys.readouterr().out
    assert "order consistency: 1.00" in said
    assert "questions: 12.00" in said


def test_nobody(capsys):
    """Without an expert there is a clear error."""
    assert main(["audit", "--task", "axioms"]) == 2
    assert "nobody to ask" in capsys.readouterr().err


def filled(folder, items):
    """Every file of questions in a folder, answered with the truth."""
    by_id = {x.question.content_hash[:16]: x for x in items}
    made = []
    for path in sorted(folder.glob("questions-*.jsonl")):
        lines = [json.loads(x) for x in path.read_text("utf-8").splitlines()]
        said = [
            {"id": x["id"], "reply": written(by_id[x["id"]].question,
                                             by_id[x["id"]].truth or "a->b")}
            for x in lines if "id" in x
        ]  # fmt: skip
        target = path.with_name(path.name.replace("questions", "filled"))
        target.write_text("\n".join(map(json.dumps, said)), encoding="utf-8")
        made.append(target)
    return made


def test_answered_elsewhere(tmp_path, capsys):
    """Questions out, answers in, kept, and replayed: the same audit."""
    what = ["audit", "--n", "axioms=48", "--n", "parrot=84"]
    assert main([*what, "--emit", str(tmp_path), "--sittings", "3"]) == 0
    said = capsys.readouterr()
    assert said.out.count("questions-") == 3
    assert "132 questions" in said.err
    items = [*TASKS["axioms"].items(48, 0), *TASKS["parrot"].items(84, 0)]
    files = [f"--answers={path}" for path in filled(tmp_path, items)]
    kept, out = tmp_path / "kept.jsonl", tmp_path / "out"
    assert main([*what, *files]) == 2
    assert "--by WHO" in capsys.readouterr().err
    more = ["--by", "me, today", "--keep", str(kept), "--out", str(out)]
    assert main([*what, *files, *more]) == 0
    first = Audit.read(out / "audit.json")
    assert (first.expert, first.calls) == ("me, today", 132)
    assert first.n == {"axioms": 48, "parrot": 84}
    assert "wanted: 48 of axioms, 84 of parrot" in (out / "audit.html").read_text()
    again = tmp_path / "again"
    assert main([*what, f"--expert=recorded:{kept}", "--out", str(again)]) == 0
    assert Audit.read(again / "audit.json") == first


def test_own_variables_elsewhere(tmp_path, capsys):
    """At most sixty questions about one's own variables, in two files."""
    described = tmp_path / "variables.yaml"
    described.write_text("variables: {age: a, height: b, weight: c}")
    what = ["audit", "--variables", str(described)]
    assert main([*what, "--emit", str(tmp_path)]) == 0
    items = OwnVariables(Variables.of(described)).items()
    files = [f"--answers={path}" for path in filled(tmp_path, items)]
    assert main([*what, *files, "--by", "me"]) == 0
    said = capsys.readouterr().out
    assert "questions: 12.00" in said
    assert "order consistency: 0.00" in said


def test_published_items(tmp_path, capsys):
    """Files of our own in the published forms; scored as fresh ones, with a caveat."""
    ladder = tmp_path / "ladder.json"
    rows = [
        {"id": k, "prompt": f"Imagine {k}. Is it?", "label": "yes" if k % 2 else "no",
         "rung": 1, "query_type": "ate", "graph_id": "fork", "story_id": "nonsense1"}
        for k in range(40)
    ]  # fmt: skip
    ladder.write_text(json.dumps(rows))
    claims = tmp_path / "claims.jsonl"
    premise = (
        "Suppose there is a closed system of 2 variables, A and B. All the statistical "
        "relations among these 2 variables are as follows: A correlates with B."
    )
    told = {"premise": premise, "hypothesis": "A directly causes B.", "label": 1}
    claims.write_text(json.dumps(told))
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("cause,effect\nrain,mud\nsun,heat\n")
    what = ["audit", f"--cladder={ladder}", f"--corr2cause={claims}",
            f"--pairs={pairs}", "--n", "30"]  # fmt: skip
    items = [*cladder.load_items(ladder), *corr2cause.load_items(claims),
             *Direction(load_pairs(pairs)).items(30, 0)]  # fmt: skip
    assert main([*what, "--emit", str(tmp_path)]) == 0
    files = [f"--answers={path}" for path in filled(tmp_path, items)]
    assert main([*what, *files, "--by", "me", f"--out={tmp_path / 'out'}"]) == 0
    found = Audit.read(tmp_path / "out" / "audit.json")
    assert [s.task for s in found.sections] == ["cladder", "corr2cause", "direction"]
    assert [s.asked for s in found.sections] == [30, 1, 4]
    assert found.section("cladder").measure("accuracy").value == 1
    assert "may have met them" in found.section("cladder").words[-1]
    assert "in 1 of the 1 items" in found.section("corr2cause").words[-1]
    assert main(["audit", "--cladder=nowhere.zip", "--emit", str(tmp_path)]) == 3
    assert "there is no file nowhere.zip" in capsys.readouterr().err


@pytest.mark.parametrize("n", ["many", "poetry=3", "-4"])
def test_numbers_that_are_none(n, tmp_path, capsys):
    """What --n takes is said."""
    assert main(["audit", "--emit", str(tmp_path), f"--n={n}"]) == 2
    assert "--n takes a number, or TASK=N" in capsys.readouterr().err
