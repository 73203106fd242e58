"""What is to be run is said once, in a file, and a cell of two parts is made once."""

import json
from dataclasses import replace

import pytest

from benchmarks.plan import Plan, Run, Study, plan_of, read_plan
from benchmarks.study import cell_path, run_study
from llmcd.errors import FormatError

ONE = Study(("cancer",), (100,), (1, 2), ("coin",), ("order", "safe"), bootstrap=2)
TWO = Study(("cancer",), (100,), (2,), (), ("empty",), bootstrap=2)


def test_a_study_says_what_is_run_in_each_of_its_cells():
    """Methods that ask once for each expert and arm; simulations in one arm only."""
    study = replace(ONE, experts=("recorded", "coin"), arms=("real", "alias"))
    assert study.runs("cancer", 100, 1) == (
        Run("order", "", ""),
        Run("safe", "recorded", "real"),
        Run("safe", "recorded", "alias"),
        Run("safe", "coin", "real"),
    )
    for other in (("asia", 100, 1), ("cancer", 200, 1), ("cancer", 100, 3)):
        assert study.runs(*other) == ()


def test_a_cell_of_two_parts_is_made_once(tmp_path, monkeypatch):
    """With the runs of both in one file."""
    from benchmarks import study as module

    made, make = [], module.make_cell
    monkeypatch.setattr(
        module, "make_cell", lambda *a, **k: made.append(a[2]) or make(*a, **k)
    )
    assert run_study(Plan((ONE, TWO)), tmp_path) == []
    assert made == [1, 2]
    found = json.loads(cell_path(tmp_path, "cancer", 100, 2).read_text())
    assert [r["method"] for r in found["records"]] == ["order", "empty", "safe"]
    assert run_study(ONE, tmp_path) == []
    assert made == [1, 2]


def test_seeds_are_gone_through_together():
    """So that a plan that is broken off has as many samples of every network."""
    other = replace(ONE, networks=("asia",))
    assert [cell[2] for cell in Plan((ONE, other)).cells()] == [1, 1, 2, 2]


def test_what_is_written_can_be_read_again():
    """To the same cells and runs; another file is refused."""
    plan = Plan((ONE, TWO), {"networks": ["cancer"]})
    again = plan_of(json.loads(json.dumps(plan.written())))
    assert again.cells() == plan.cells()
    for cell in plan.cells():
        assert again.runs(*cell) == plan.runs(*cell)
    assert again.settings() == plan.settings()
    assert again.curve == plan.curve
    with pytest.raises(FormatError, match="no plan"):
        plan_of({"format": "another"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("parts: [{networks: [asia], rows: [9], seeds: 1, colour: red}]", "colour"),
        ("parts: [{networks: [asia], rows: [9]}]", "seeds"),
        ("parts: 3", "not a plan"),
        ("[", "not a plan"),
    ],
)
def test_a_file_that_is_no_plan_is_refused(tmp_path, text, says):
    """By what is wrong with it."""
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(FormatError, match=says):
        read_plan(path)


def test_parts_have_the_same_settings():
    """Or a cell would be two things at once."""
    with pytest.raises(ValueError, match="same settings"):
        Plan((ONE, replace(TWO, bootstrap=3)))
