"""Collected results say the same as the cells."""

import json
import shutil
from dataclasses import replace

import pytest

from benchmarks.collect import collect, read_results, uncoded
from benchmarks.plan import Plan, Study
from benchmarks.study import cell_path, run_study
from benchmarks.tables import TABLES
from llmcd.errors import FormatError

STUDY = Study(
    networks=("cancer", "asia"),
    rows=(100, 200),
    seeds=(1, 2),
    experts=("coin",),
    methods=("order", "empty", "safe"),
    bootstrap=2,
)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A working folder of eight cells."""
    folder = tmp_path_factory.mktemp("work")
    run_study(STUDY, folder)
    return folder


@pytest.fixture(scope="module")
def results(work, tmp_path_factory):
    """What was collected from it."""
    out = tmp_path_factory.mktemp("out")
    collect(work, out)
    return read_results(out)


def cells(work, network):
    """The cells of a network."""
    return [
        json.loads(cell_path(work, network, n, s).read_text())
        for n in STUDY.rows
        for s in STUDY.seeds
    ]


def test_every_record_is_there(work, results):
    """With its key, its status and its numbers."""
    assert len(results.runs) == 2 * 4 * 3
    for network in STUDY.networks:
        for c in cells(work, network):
            for r in c["records"]:
                key = {"network": network, "rows": c["cell"]["rows"],
                       "seed": c["cell"]["seed"], "method": r["method"],
                       "expert": r["expert"], "arm": r["arm"]}  # fmt: skip
                same = (results.runs[list(key)] == list(key.values())).all(axis=1)
                (row,) = results.runs[same].to_dict("records")
                for name in ("shd", "shd_half", "aid", "edges", "status", "kind"):
                    assert row[name] == r[name]


def test_sums_for_calibration_are_added_over_seeds(work, results):
    """Bin by bin."""
    some = results.calibration
    some = some[(some["network"] == "asia") & (some["rows"] == 200)]
    some = some[(some["method"] == "order") & (some["what"] == "adjacency")]
    by_hand = [0] * 10
    for c in cells(work, "asia")[2:]:
        (r,) = [r for r in c["records"] if r["method"] == "order"]
        for k, (n, _, _) in enumerate(r["calibration"]["adjacency"]):
            by_hand[k] += n
    assert sum(by_hand) == 2 * 28
    assert {
        int(k): int(n) for k, n in zip(some["bin"], some["forecasts"], strict=True)
    } == {k: n for k, n in enumerate(by_hand) if n}


def test_what_was_said_is_added_over_seeds(work, results):
    """Every answer of every cell once."""
    total = sum(
        count
        for network in STUDY.networks
        for c in cells(work, network)
        for one in c["consulted"]
        for counts in one["counts"].values()
        for count in counts.values()
    )
    assert results.consulted["count"].sum() == total > 0


def test_the_same_cells_give_the_same_file(work, tmp_path):
    """To the byte, so that a change in a file is a change in a result."""
    one, two = collect(work, tmp_path / "one"), collect(work, tmp_path / "two")
    assert [p.name for p in one] == ["asia.json", "cancer.json"]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(one, two, strict=True))


def test_a_study_of_the_planned_size_stays_small(results, work, tmp_path):
    """Bytes a record, for nine networks, four sizes, ten seeds and sixty runs."""
    sizes = [p.stat().st_size for p in collect(work, tmp_path)]
    head = 12_000  # facts, cells and calibration of so small a study
    each = max(0, sum(sizes) - len(sizes) * head) / len(results.runs)
    assert 9 * 4 * 10 * 60 * each < 6_000_000


def test_cells_under_other_settings_are_not_mixed(work, tmp_path):
    """Nor is an empty folder taken for a result."""
    mixed = tmp_path / "mixed"
    small = replace(STUDY, networks=("cancer",), rows=(100,), methods=("empty",))
    run_study(replace(small, seeds=(1,)), mixed)
    run_study(replace(small, seeds=(2,), bootstrap=3), mixed)
    with pytest.raises(FormatError, match="settings"):
        collect(mixed, tmp_path / "out")
    (tmp_path / "none").mkdir()
    with pytest.raises(FormatError, match="no cells"):
        collect(tmp_path / "none", tmp_path / "out")
    with pytest.raises(FormatError, match="no results"):
        read_results(tmp_path / "none")
    (tmp_path / "none" / "x.json").write_text("{}")
    with pytest.raises(FormatError, match="no collected results"):
        read_results(tmp_path / "none")


def test_what_was_planned_and_not_run_is_told(work, tmp_path):
    """A method that no cell has a record of, and a network without any cell."""
    more = replace(STUDY, networks=("asia",), rows=(100,), methods=("safe", "pc"))
    other = replace(STUDY, networks=("survey",), rows=(100,), seeds=(1,))
    folder = tmp_path / "work"
    shutil.copytree(work, folder)
    plan = Plan((STUDY, more, other))
    (folder / "plan.json").write_text(json.dumps(plan.written()))
    collect(folder, tmp_path / "out")
    found = read_results(tmp_path / "out").plan
    assert found["planned_runs"] == 2 * 4 * 3 + 2 + 3
    lost = uncoded(found["not_run"])
    assert list(zip(lost["network"], lost["rows"], lost["method"], lost["expert"],
                    lost["seeds"], strict=True)) == [
        ("asia", 100, "pc", "", 2),
        ("survey", 100, "empty", "", 1),
        ("survey", 100, "order", "", 1),
        ("survey", 100, "safe", "coin", 1),
    ]  # fmt: skip
    table = TABLES["not-run"](read_results(tmp_path / "out"))
    assert "29 runs were planned; 5 were not run" in table
    assert "| survey, 100 | 1 | 3 | empty, order, safe | coin |" in table
    told = TABLES["plan"](read_results(tmp_path / "out"))
    assert "| asia | 100 | 2 | pc, safe | coin |" in told
