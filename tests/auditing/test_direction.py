"""Three styles, both orders always, and experts with known faults."""

import pytest
from auditing.experts import (
    Scripted,
    always,
    binomial_limits,
    coin_flip,
    other,
    perfect,
)

from llmcd.auditing.direction import STYLES, Direction
from llmcd.auditing.items import put
from llmcd.auditing.pairs import CausePair

TASK = Direction()
ITEMS = TASK.items(1000, seed=0)


def score(expert, items=ITEMS):
    """The section of an expert."""
    return TASK.score(put(items, expert, progress=False))


@pytest.mark.parametrize("style", STYLES)
def test_both_orders_always(style):
    """Each pair twice, once with the cause first; the texts differ in nothing else."""
    items = Direction(style=style).items(100, seed=1)
    assert len(items) == 100
    for one, two in zip(items[::2], items[1::2], strict=True):
        assert (one.question.a, one.question.b) == (two.question.b, two.question.a)
        sent = [x.messages[1]["content"] for x in (one, two)]
        assert sorted(sent[0]) == sorted(sent[1])
        assert one.truth != two.truth


def test_expected_experts():
    """Perfect, coin, contrary; always A is one half and leans to the first."""
    assert score(perfect(ITEMS)).level == "reliable"
    tossed = score(coin_flip(ITEMS, "a->b", "b->a"))
    low, high = binomial_limits(len(ITEMS))
    assert low <= tossed.measure("direction").value <= high
    assert tossed.level == "no better than chance"
    turned = score(Scripted(ITEMS, other))
    assert turned.level == "worse than chance"
    assert turned.measure("order consistency").value == 1
    first = score(always(ITEMS, "a->b"))
    assert first.measure("direction").value == 0.5
    assert first.measure("order consistency").value == 0
    assert first.measure("the first shown is the cause").value == 1
    assert first.level == "no better than chance"


def test_weights_by_hand():
    """Two pairs, the heavy one right in both orders: 3 of 4 by weight."""
    task = Direction((CausePair("a1", "b1", weight=3.0), CausePair("a2", "b2")))
    items = task.items(9, seed=0)
    expert = Scripted(
        items, lambda x: x.truth if x.facets["weight"] == "3.0" else other(x)
    )
    found = task.score(put(items, expert, progress=False))
    assert found.measure("direction").value == 0.5
    assert found.measure("direction, weighted").value == 0.75


def test_styles():
    """An unknown style is refused."""
    with pytest.raises(ValueError, match="style is one of"):
        Direction(style="poem")
