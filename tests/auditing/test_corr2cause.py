"""Fresh items are exact, balanced and leak nothing; scores by hand."""

import csv
import json
from collections import Counter

import pytest
from auditing.experts import (
    always,
    binomial_limits,
    coin_flip,
    perfect,
    read_by_words,
)

from llmcd.auditing.corr2cause import Corr2Cause, audit_labels, load_items
from llmcd.auditing.items import put
from llmcd.errors import FormatError

TASK = Corr2Cause()
ITEMS = TASK.items(400, seed=3)


def score(expert):
    """The section of an expert on the fresh items."""
    return TASK.score(put(ITEMS, expert, progress=False))


def test_answers_are_solved_again_from_the_text():
    """The solver reads every premise and claim and agrees with every answer."""
    assert audit_labels(ITEMS) == (400, ())


def test_balanced_in_every_facet():
    """As often yes as no, whatever the claim, size, names and wording."""
    for facet in ("claim", "variables", "names", "wording", "premise"):
        count = Counter((x.facets[facet], x.truth) for x in ITEMS)
        assert {count[k, "yes"] - count[k, "no"] for k, _ in count} == {0}


def test_nothing_leaks():
    """Words and length do not tell the answer, nor does the order of the items."""
    low, _, high = read_by_words(ITEMS, "premise")
    assert low <= 0.5 <= high
    first = [x.truth == "yes" for x in ITEMS[::2]]
    assert binomial_limits(200)[0] <= sum(first) / 200 <= binomial_limits(200)[1]


def test_seeds():
    """The same seed gives the same items, another seed others."""
    assert TASK.items(8, 1) == TASK.items(8, 1)
    assert not {x.messages[1]["content"] for x in TASK.items(8, 1)} & {
        x.messages[1]["content"] for x in TASK.items(8, 2)
    }


def test_expected_experts():
    """Perfect, coin and one-word experts get what they deserve, and the right word."""
    best = score(perfect(ITEMS))
    assert best.level == "reliable"
    assert best.measure("balanced accuracy").value == 1
    assert best.measure("F1").value == 1
    tossed = score(coin_flip(ITEMS, "yes", "no"))
    low, high = binomial_limits(400)
    assert low <= tossed.measure("accuracy").value <= high
    assert tossed.level == "no better than chance"
    agreeable = score(always(ITEMS, "yes"))
    assert agreeable.level == "no better than chance"
    assert agreeable.measure("balanced accuracy").value == 0.5
    assert agreeable.measure("F1").value == pytest.approx(2 / 3)
    silent = score(always(ITEMS, None))
    assert silent.level == "too few answers"
    assert silent.silent == {"unsure": 400}


# --- files in the published form, written by us ---------------------------------------

COLLIDER = (
    "Suppose there is a closed system of 3 variables, A, B and C. All the statistical "
    "relations among these 3 variables are as follows: A correlates with C. B "
    "correlates with C. However, A is independent of B."
)
CHAIN = (
    "Suppose there is a closed system of 3 variables, A, B and C. All the statistical "
    "relations among these 3 variables are as follows: A correlates with B. A "
    "correlates with C. B correlates with C. However, A and C are independent given B."
)
ROWS = [  # the last label is wrong on purpose
    (COLLIDER, "A directly causes C.", 1, "parent"),
    (COLLIDER, "B directly causes A.", 0, "child"),
    (CHAIN, "A directly causes B.", 0, "parent"),
    (CHAIN, "A causes something else which causes C.", 1, "non-parent ancestor"),
]


def written(tmp_path, ending):
    """The rows as one kind of file."""
    path = tmp_path / f"test.{ending}"
    rows = [
        {"input": f"Premise: {p}\nHypothesis: {h}", "label": y, "template": t,
         "num_variables": 3}
        for p, h, y, t in ROWS
    ]  # fmt: skip
    if ending == "csv":
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    elif ending == "json":
        path.write_text(json.dumps(rows))
    else:
        path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


@pytest.mark.parametrize("ending", ["csv", "json", "jsonl"])
def test_published_form(tmp_path, ending):
    """Three forms of file, the same items; the wrong label is found."""
    items = load_items(written(tmp_path, ending))
    assert [x.truth for x in items] == ["yes", "no", "no", "yes"]
    assert items[3].facets == {"claim": "non-parent ancestor", "variables": "3"}
    solved, (wrong,) = audit_labels(items)
    assert (solved, wrong.label, wrong.solved) == (4, "yes", "no")
    assert wrong.hypothesis == ROWS[3][1]


def test_scores_by_hand(tmp_path):
    """A transcript of four: one hit, one miss, one false alarm, one pass."""
    items = load_items(written(tmp_path, "json"))
    said = dict(zip([x.id for x in items], ["yes", "no", "yes", "no"], strict=True))
    from auditing.experts import Scripted

    found = TASK.score(
        put(items, Scripted(items, lambda x: said[x.id]), progress=False)
    )
    assert found.measure("F1").value == 0.5
    assert found.measure("accuracy").value == 0.5
    assert found.measure("balanced accuracy").value == 0.5
    assert found.level == "too few answers"


def test_a_bad_file_is_named(tmp_path):
    """Which row, and what was expected."""
    path = tmp_path / "x.jsonl"
    path.write_text('{"input": "Premise: p Hypothesis: h", "label": 7}')
    with pytest.raises(FormatError, match="row 1: the label must be 0 or 1"):
        load_items(path)
    path.write_text('{"text": "?"}')
    with pytest.raises(FormatError, match="row 1: expected 'input'"):
        load_items(path)
    path.write_text("{")
    with pytest.raises(FormatError, match="is not JSON"):
        load_items(path)
