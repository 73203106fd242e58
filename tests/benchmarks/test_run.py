"""The command line: a part of the study, a graph of one's own, tables of it."""

import json

import numpy as np
import pandas as pd
import pytest

from benchmarks.curve import Curve
from benchmarks.methods import methods
from benchmarks.networks import known_names, known_network
from benchmarks.plan import read_plan
from benchmarks.run import PLAN as PLAN_OF_STUDY
from benchmarks.run import main, short_study

BIF = """network made { }
variable rain { type discrete [ 2 ] { n, y }; }
variable wet { type discrete [ 2 ] { n, y }; }
probability ( rain ) { table 0.5, 0.5; }
probability ( wet | rain ) { (n) 0.9, 0.1; (y) 0.1, 0.9; }
"""
PLAN = """
settings: {bootstrap: 2}
parts:
- {about: both, networks: [cancer], rows: [100], seeds: 2, experts: [coin],
   methods: [order, safe]}
- {about: one, networks: [cancer], rows: [100], seeds: [1], methods: [empty]}
curve: {networks: [cancer], rows: [100], seeds: 1, pairs: [0, 2], methods: [open-only],
  orders: [planned, shuffled], bootstrap: 2}
"""
GARDENER = """
class Gardener:
    label = "gardener"

    def answer(self, question):
        said = "B_causes_A" if question.a == "growth" else "A_causes_B"
        return '{"verdict": "%s"}' % said
"""
LITTLE = ["--seeds", "1", "--bootstrap", "2", "--method", "order", "safe"]


def record(folder, name, rows):
    """The one record of safe mode."""
    content = json.loads((folder / name / f"{rows:06d}-001.json").read_text())
    (found,) = [r for r in content["records"] if r["method"] == "safe"]
    return content, found


def test_a_part_of_the_study_and_its_tables(tmp_path):
    """Run, collect and tables, each by one command."""
    work, out = tmp_path / "work", tmp_path / "out"
    run = ["run", "--network", "cancer", "asia", "--rows", "100", "200", "--expert",
           "recorded", "coin", "--out", str(work), *LITTLE]  # fmt: skip
    assert main(run) == 0
    assert main(["collect", str(work), "--out", str(out)]) == 0
    pages = tmp_path / "pages"
    assert main(["tables", "--results", str(out), "--out", str(pages)]) == 0
    names = {p.name for p in pages.iterdir()}
    assert names == {"tables.md", "distance.png", "reliability.png"}
    assert "| cancer | 4 | 100 |" in (pages / "tables.md").read_text()


def test_a_bif_file_of_ones_own(tmp_path):
    """Named by its stem; a simulated expert knows its truth."""
    path = tmp_path / "garden.bif"
    path.write_text(BIF)
    about = tmp_path / "about.yaml"
    about.write_text("{rain: Whether it rains., wet: Whether the lawn is wet.}")
    run = ["run", "--network", str(path), "--variables", str(about), "--rows", "300",
           "--expert", "oracle", "--out", str(tmp_path / "w"), *LITTLE]  # fmt: skip
    assert main(run) == 0
    content, found = record(tmp_path / "w", "garden", 300)
    assert content["network"]["group"] == "user"
    assert found["questions"] == 2


def test_an_edge_list_with_rows(tmp_path):
    """And a recording of one's own, by the string that discover takes."""
    known_network("cancer").sample(400, 1).to_csv(tmp_path / "rows.csv", index=False)
    edges = known_network("cancer").graph.directed_edges()
    pd.DataFrame(edges, columns=["cause", "effect"]).to_csv(
        tmp_path / "graph.csv", index=False
    )
    about = tmp_path / "about.yaml"
    known_network("cancer").variables.write(about)
    said = tmp_path / "said.jsonl"
    said.write_text("".join(
        json.dumps({"a": x, "b": y, "verdict": "a->b"}) + "\n" for x, y in edges
    ))  # fmt: skip
    run = ["run", "--network", str(tmp_path / "graph.csv"), "--data",
           str(tmp_path / "rows.csv"), "--variables", str(about), "--rows", "300",
           "--expert", f"recorded:{said}", "--pairs", "all",
           "--out", str(tmp_path / "w"), *LITTLE]  # fmt: skip
    assert main(run) == 0
    content, found = record(tmp_path / "w", "graph", 300)
    assert found["status"] == "done"
    assert content["consulted"][0]["asked"] == 4


def test_numbers_and_an_expert_of_ones_own(tmp_path, monkeypatch):
    """Continuous columns of an edge list; a class that answers questions."""
    rng = np.random.default_rng(1)
    sun, water = rng.normal(size=(2, 300))
    growth = sun + water + rng.normal(size=300)
    rows = pd.DataFrame({"growth": growth, "sun": sun, "water": water})
    rows.to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "graph.csv").write_text("cause,effect\nsun,growth\nwater,growth\n")
    (tmp_path / "about.yaml").write_text("{sun: Sun., water: Rain., growth: Growth.}")
    (tmp_path / "gardener.py").write_text(GARDENER)
    monkeypatch.syspath_prepend(tmp_path)
    run = ["run", "--network", str(tmp_path / "graph.csv"), "--data",
           str(tmp_path / "rows.csv"), "--variables", str(tmp_path / "about.yaml"),
           "--rows", "200", "--pairs", "all", "--out", str(tmp_path / "w"), *LITTLE,
           "--expert", "python:gardener.Gardener"]  # fmt: skip
    assert main(run) == 0
    content, found = record(tmp_path / "w", "graph", 200)
    assert content["network"]["family"] != "discrete"
    assert found["questions"] == 6
    (said,) = content["consulted"]
    assert said["counts"]["edge, cause first"] == {"right": 2}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--network", "nowhere"], "FAILED ValueError: no network is named"),
        (["--network", "cancer", "--method", "best"], "no method is called best"),
        (["--network", "cancer", "--data", "x.csv"], "go with a file"),
        (["--network", "cancer", "--expert", "python:nowhere.It"], "MODULE.NAME"),
    ],
)
def test_mistakes_are_named_and_the_exit_code_tells(tmp_path, capsys, words, says):
    """No traceback, and never success."""
    code = main(["run", *words, "--rows", "50", "--seeds", "1", "--out", str(tmp_path)])
    assert code != 0
    assert says in capsys.readouterr().err


def test_what_is_compared_can_be_listed(capsys):
    """One line a method."""
    assert main(["methods"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(methods(["all", "ablation"]))


def test_the_short_study_needs_nothing_that_is_not_installed_with_bench():
    """Known networks, and no peer, whose environments take an hour to make."""
    study = short_study()
    assert "peer" not in {m.kind for m in methods(study.methods)}
    assert set(study.networks) <= {
        "asia", "cancer", "child", "insurance", "water", "sewage-works", "greenhouse",
    }  # fmt: skip


def test_a_plan_is_run_and_gone_on_with(tmp_path, capsys):
    """Curve, cells and tables from one file; the second time nothing is left to do."""
    path, work, out = tmp_path / "plan.yaml", tmp_path / "work", tmp_path / "out"
    path.write_text(PLAN)
    study = ["study", "--plan", str(path), "--jobs", "1", "--out", str(work)]
    assert main([*study, "--minutes", "0"]) == 0
    assert "2 cells were not begun" in capsys.readouterr().err
    assert main(study) == 0
    assert main(study) == 0
    assert "2 cells, 2 of them there already" in capsys.readouterr().err
    assert main(["collect", str(work), "--out", str(out)]) == 0
    pages = tmp_path / "pages"
    assert main(["tables", "--results", str(out), "--out", str(pages)]) == 0
    text = (pages / "tables.md").read_text()
    assert "5 runs were planned, and all of them were run." in text
    assert "| open-only, cancer | 1 |" in text


def test_the_study_that_is_committed_can_be_read():
    """Every name in it is known, and every network has a part of its own."""
    plan = read_plan(PLAN_OF_STUDY)
    assert {name for name, _, _ in plan.cells()} <= set(known_names())
    for each in plan.cells():
        assert plan.runs(*each)
    assert Curve.of(plan.curve).networks
