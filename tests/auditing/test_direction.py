"""Our pairs, their three styles, published tables, and experts with known faults."""

import csv
from collections import Counter
from importlib.resources import files

import networkx as nx
import pytest
from auditing.experts import (
    Scripted,
    always,
    binomial_limits,
    coin_flip,
    other,
    perfect,
)

from llmcd.auditing.direction import (
    STYLES,
    CausePair,
    Direction,
    load_neuropathic,
    load_tuebingen,
    own_pairs,
)
from llmcd.auditing.items import put
from llmcd.errors import FormatError

TASK = Direction()
ITEMS = TASK.items(1000, seed=0)


def score(expert, items=ITEMS):
    """The section of an expert."""
    return TASK.score(put(items, expert, progress=False))


def test_our_pairs():
    """At least 200 over ten domains, none twice, each with a reason, no circle."""
    text = files("llmcd.auditing").joinpath("pairs.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) >= 200
    assert min(Counter(r["domain"] for r in rows).values()) >= 20
    assert all(len(r["reason"]) > 10 and r["cause"] != r["effect"] for r in rows)
    pairs = [(x.cause, x.effect) for x in own_pairs()]
    assert len({frozenset(p) for p in pairs}) == len(pairs)
    assert nx.is_directed_acyclic_graph(nx.DiGraph(pairs))


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


def test_tuebingen_form(tmp_path):
    """The columns of cause and effect tell the direction; fixtures of our own."""
    path = tmp_path / "pairmeta.txt"
    path.write_text("0001 1 1 2 2 1\n0002 2 2 1 1 0.5\n0003 1 1 2 2 1\n")
    found = load_tuebingen(path, {"0001": ("rain", "mud"), "0002": ("fever", "germs")})
    assert found == (CausePair("rain", "mud"), CausePair("germs", "fever", weight=0.5))
    path.write_text("0001 x\n")
    with pytest.raises(FormatError, match="line 1: expected a number"):
        load_tuebingen(path, {})


def test_table_form(tmp_path):
    """A or B for the first or the second."""
    path = tmp_path / "pairs.csv"
    path.write_text("var1,var2,groundtruth\nroot,pain,A\nache,nerve,B\n")
    found = load_neuropathic(path)
    assert [(x.cause, x.effect) for x in found] == [("root", "pain"), ("nerve", "ache")]
    path.write_text("var1,var2,groundtruth\nroot,pain,C\n")
    with pytest.raises(FormatError, match="row 1: expected"):
        load_neuropathic(path)
    with pytest.raises(ValueError, match="style is one of"):
        Direction(style="poem")
