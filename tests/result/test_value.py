"""What the user holds: compared by content, and without rows elsewhere."""

import copy
import pickle
from dataclasses import replace

import pytest
from test_pipeline import TEXTS, TRUTH, linear_table

import llmcd


def test_equal_results_are_equal(result):
    """The same run twice gives equal results, whatever objects they are made of."""
    again = llmcd.combine(result.candidates, result.answers, variables=TEXTS)
    assert again == result
    assert result == again
    assert result != result.graph


def test_different_results_differ(result):
    """Other answers, other rows or other descriptions are another result."""
    found, answers = result.candidates, result.answers
    other = replace(found, fingerprint="1" * 64)
    assert llmcd.combine(found, variables=TEXTS) != result
    assert llmcd.combine(other, answers, variables=TEXTS) != result
    assert llmcd.combine(found, answers) != result
    stopped = replace(answers, unfinished={"simulated": "stopped"})
    assert llmcd.combine(found, stopped, variables=TEXTS) != result


@pytest.mark.parametrize("travel", [lambda x: pickle.loads(pickle.dumps(x)), copy.copy])
def test_no_row_travels(result, travel):
    """A pickle or a copy equals the result and holds none of its rows."""
    table = result.candidates.table
    assert table is not None
    arrived = travel(result)
    assert arrived == result
    assert str(arrived) == str(result)
    assert arrived.candidates.table is None
    assert result.candidates.table is table


def test_a_pickle_is_smaller_than_the_rows(result):
    """Its size does not grow with the rows."""
    many = replace(result.candidates, table=llmcd.table(linear_table(20_000)))
    big = llmcd.Result(replace(result.combined, candidates=many), result.variables)
    assert len(pickle.dumps(big)) == len(pickle.dumps(result))


def test_changes_and_proposals_are_saved_with_the_result(tmp_path):
    """They come back; those of another result are refused; without them none stay."""
    df = linear_table(200)
    before = llmcd.discover(df[:100], bootstrap=2, start=TRUTH, progress=False)
    after = before.update(df[100:], progress=False)
    assert after.refinement is not None
    assert after.refinement.n_rows == 200
    target = after.save(tmp_path / "run")
    again = llmcd.Result.load(target)
    assert (again.changes, again.refinement) == (after.changes, after.refinement)
    assert pickle.loads(pickle.dumps(after)).changes == after.changes
    assert pickle.loads(pickle.dumps(after)).data is None
    assert (target / "changes.csv").read_text(encoding="utf-8").startswith("a,b,before")
    foreign = (target / "changes.json").read_text(encoding="utf-8")
    before.save(target)
    assert not (target / "changes.json").exists()
    assert llmcd.Result.load(target).changes is None
    (target / "changes.json").write_text(foreign, encoding="utf-8")
    with pytest.raises(llmcd.FormatError, match="delete"):
        llmcd.Result.load(target)
