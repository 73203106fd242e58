"""A study runs what is missing, writes whole files, and outlives what fails."""

import json
from dataclasses import replace

import pytest

from benchmarks import study as module
from benchmarks.methods import Estimate, Method, TimedOutError, registry
from benchmarks.plan import Study
from benchmarks.study import cell_path, run_cell, run_study
from llmcd.graph import Graph

SMALL = Study(
    networks=("cancer",),
    rows=(150,),
    seeds=(1, 2),
    experts=("recorded", "coin"),
    methods=("order", "expert-alone", "safe"),
    bootstrap=2,
)
TIMES = ("seconds", "memory_mib")


def held(folder, name="cancer", rows=150, seed=1):
    """The content of a cell's file."""
    return json.loads(cell_path(folder, name, rows, seed).read_text())


def records(folder, **where):
    """Its records without what differs from run to run."""
    return [
        {k: v for k, v in r.items() if k not in TIMES}
        for r in held(folder, **where)["records"]
    ]


def test_each_cell_is_one_whole_file(tmp_path):
    """With settings, code, machine, versions and a record for each run."""
    assert run_study(SMALL, tmp_path) == []
    files = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.*"))
    assert files == ["cancer/000150-001.json", "cancer/000150-002.json"]
    found = held(tmp_path)
    assert {(r["method"], r["expert"], r["arm"]) for r in found["records"]} == {
        ("order", "", ""),
        ("expert-alone", "recorded", "real"),
        ("expert-alone", "coin", "real"),
        ("safe", "recorded", "real"),
        ("safe", "coin", "real"),
    }
    assert {r["status"] for r in found["records"]} == {"done"}
    assert found["settings"]["bootstrap"] == 2
    assert found["code"] == [module.code_hash()]
    assert {"machine", "versions", "commit", "date"} <= set(found["conditions"])
    assert found["network"]["edges"] == 4


def test_two_processes_give_the_same(tmp_path):
    """All but time and memory."""
    run_study(SMALL, tmp_path / "one")
    run_study(SMALL, tmp_path / "two", jobs=2)
    for seed in SMALL.seeds:
        assert records(tmp_path / "one", seed=seed) == records(
            tmp_path / "two", seed=seed
        )


def test_what_is_there_is_not_run_again(tmp_path, monkeypatch):
    """Nor when less is wanted; what is missing is added to what is there."""
    run_study(SMALL, tmp_path)
    before = records(tmp_path)

    def never(*_, **__):
        raise AssertionError("a cell was made again")

    with monkeypatch.context() as patched:
        patched.setattr(module, "make_cell", never)
        assert run_study(SMALL, tmp_path) == []
        assert run_study(replace(SMALL, experts=("coin",)), tmp_path) == []
    run_study(replace(SMALL, experts=("abstain",), methods=("safe",)), tmp_path)
    after = records(tmp_path)
    assert after[: len(before)] == before
    assert [(r["method"], r["expert"]) for r in after[len(before) :]] == [
        ("safe", "abstain")
    ]
    assert len(held(tmp_path)["consulted"]) == 3


@pytest.mark.parametrize(
    ("resume", "code", "again"),
    [
        ("default", "same", False),
        ("default", "other", True),
        ("any", "other", False),
        ("none", "same", True),
    ],
)
def test_other_code_counts_only_when_told_to(
    tmp_path, monkeypatch, resume, code, again
):
    """A change of the code makes cells stale, unless the user says that it does not."""
    study = replace(SMALL, seeds=(1,))
    run_study(study, tmp_path)
    path = cell_path(tmp_path, "cancer", 150, 1)
    changed = held(tmp_path) | {"mark": 1}
    if code == "other":
        changed["code"] = ["0" * 16]
    path.write_text(json.dumps(changed))
    run_study(study, tmp_path, resume=resume)
    assert ("mark" not in held(tmp_path)) == again


def test_settings_and_broken_files_make_a_cell_anew(tmp_path):
    """Half a file, or one under other settings, is no result."""
    study = replace(SMALL, seeds=(1,))
    run_study(study, tmp_path)
    path = cell_path(tmp_path, "cancer", 150, 1)
    path.write_text(path.read_text()[:200])
    run_study(study, tmp_path)
    assert len(held(tmp_path)["records"]) == 5
    run_study(replace(study, bootstrap=3), tmp_path)
    assert held(tmp_path)["candidates"]["resamples"] == 3
    assert not list(tmp_path.rglob("*.part"))


def test_a_method_that_fails_is_a_record(tmp_path, monkeypatch):
    """And the others go on; a graph about other variables fails as well."""

    def breaks(cell, consulted):
        raise RuntimeError("a peer\nmay raise anything")

    def strays(cell, consulted):
        return Estimate(Graph.empty(["elsewhere"]))

    def dawdles(cell, consulted):
        raise TimedOutError("more than 60 s")

    bad = (
        Method("dawdles", "peer", False, "", dawdles),
        Method("breaks", "peer", False, "", breaks),
        Method("strays", "peer", True, "", strays),
        registry()["empty"],
    )
    chosen = {m.name: m for m in bad}
    monkeypatch.setattr(
        module, "methods", lambda names: tuple(chosen[name] for name in names)
    )
    monkeypatch.setattr("benchmarks.plan.methods", lambda names: bad)
    run_cell(SMALL, tmp_path, "cancer", 150, 1)
    found = {(r["method"], r["expert"]): r for r in held(tmp_path)["records"]}
    assert found["breaks", ""]["status"] == "failed"
    assert found["breaks", ""]["reason"] == "RuntimeError: a peer may raise anything"
    assert found["strays", "coin"]["status"] == "failed"
    assert found["dawdles", ""]["status"] == "timeout"
    assert found["dawdles", ""]["reason"] == "more than 60 s"
    assert found["empty", ""]["status"] == "done"


def test_a_cell_that_fails_is_named_and_tried_again(tmp_path):
    """More rows than there are, say; the study goes on with the next cell."""
    study = replace(SMALL, networks=("sachs-2005", "cancer"), rows=(900,), seeds=(1,))
    failed = run_study(study, tmp_path)
    assert len(failed) == 1
    assert failed[0].startswith("sachs-2005 900 rows, seed 1: FAILED")
    assert "failed" in held(tmp_path, "sachs-2005", 900)
    assert len(held(tmp_path, "cancer", 900)["records"]) == 5
    assert len(run_study(study, tmp_path)) == 1


def test_what_cannot_be_had_is_left_out_by_name(tmp_path):
    """An arm without a recording; simulations run under real names only."""
    run_cell(replace(SMALL, arms=("real", "alias")), tmp_path, "cancer", 150, 1)
    found = held(tmp_path)["records"]
    alias = [r for r in found if r["arm"] == "alias"]
    assert {r["expert"] for r in alias} == {"recorded"}
    assert {r["status"] for r in alias} == {"left out"}
    assert "cancer" in alias[0]["reason"]


def test_no_answer_at_all_is_data_alone(tmp_path):
    """To the last digit of every measure of the graph."""
    run_cell(replace(SMALL, experts=("abstain",)), tmp_path, "cancer", 150, 1)
    found = {r["method"]: r for r in held(tmp_path)["records"]}
    for key in ("shd", "shd_half", "aid", "sid_low", "sid_high", "adjacency_log_loss"):
        assert found["safe"][key] == found["order"][key]


def test_an_unknown_way_to_resume():
    """Refused before anything runs."""
    with pytest.raises(ValueError, match="default, any, none"):
        run_study(SMALL, None, resume="perhaps")


def test_no_cell_is_begun_when_time_is_over(tmp_path, capsys):
    """What is left is told, and the same command goes on with it."""
    assert run_study(SMALL, tmp_path, minutes=0.0) == []
    assert not list(tmp_path.rglob("*.json"))
    assert "2 cells were not begun" in capsys.readouterr().err
    run_study(SMALL, tmp_path, minutes=60.0)
    assert len(list(tmp_path.rglob("*.json"))) == 2
