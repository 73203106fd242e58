"""What the user holds: compared by content, without rows elsewhere, and true."""

import copy
import pickle
from dataclasses import replace

import pytest
from drawing import canvas, png
from made import answers_of, made_candidates, oracle
from test_pipeline import TEXTS, TRUTH, linear_table

import llmcd


@pytest.fixture(scope="module")
def result():
    """A result from rows."""
    expert = llmcd.Simulated(TRUTH, accuracy=1.0)
    return llmcd.discover(linear_table(300), TEXTS, expert, bootstrap=3, progress=False)


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


def test_a_run_that_got_no_answer_was_asked_all_the_same():
    """That nobody was asked is said only where it is true."""
    found = made_candidates(TRUTH)
    alone = llmcd.combine(found)
    assert "Nobody was asked." in str(alone)
    stopped = llmcd.Answers((), {"m": "0 of 9 questions answered"})
    text = str(llmcd.combine(found, stopped))
    assert "Nobody was asked" not in text
    assert "No question was answered." in text
    assert "0 of 9 questions answered" in text
    asked = llmcd.combine(found, answers_of(oracle(TRUTH), [("a", "c")]))
    assert "m: 2 questions, 0 without an answer." in str(asked)


@pytest.mark.parametrize(
    "picture, label",
    [
        ("graph", ""),
        ("evidence", "data: log-odds of the direction shown"),
        ("reliability", ""),
        ("progress", "questions answered"),
    ],
)
def test_pictures(result, picture, label):
    """Each picture is drawn where it is told to, and holds something."""
    ax = canvas()
    assert result.plot(picture, ax=ax) is ax
    assert ax.get_xlabel() == label
    assert ax.get_children()
    assert png(ax)


def test_no_such_picture(result):
    """An unknown picture is named, with those that there are."""
    with pytest.raises(ValueError, match=r"picture must be one of .*, got 'pie'"):
        result.plot("pie")
