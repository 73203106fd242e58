"""Probes are exact, balanced, of all lengths and shapes, and leak nothing."""

import re
from collections import Counter

import networkx as nx
import pytest
from auditing.experts import (
    Scripted,
    always,
    binomial_limits,
    coin_flip,
    other,
    perfect,
    read_by_words,
)

from llmcd.auditing.axioms import SHAPES, Axioms, shaped
from llmcd.auditing.items import put

TASK = Axioms()
ITEMS = TASK.items(480, seed=6)


def score(expert):
    """The section of an expert."""
    return TASK.score(put(ITEMS, expert, progress=False))


def open_path(drawn, a, b, given):
    """Whether some undirected path is open: triple by triple, by hand."""
    below = {n: {n} | nx.descendants(drawn, n) for n in drawn}
    for path in nx.all_simple_paths(drawn.to_undirected(), a, b):
        for x, y, z in zip(path, path[1:], path[2:], strict=False):
            collides = drawn.has_edge(x, y) and drawn.has_edge(z, y)
            if collides and not below[y] & given:
                break
            if not collides and y in given:
                break
        else:
            return True
    return False


def test_answers_from_the_text():
    """Path by path, from what the text says."""
    for item in ITEMS:
        text = item.messages[1]["content"]
        drawn = nx.DiGraph(re.findall(r"(\w+) causes (\w+)\.", text))
        asked = re.search(r"Is (\w+) a cause of (\w+),", text)
        if asked:
            true = nx.has_path(drawn, *asked.groups())
        else:
            a, b, known = re.search(
                r"Are (\w+) and (\w+) sure to be independent, (.*)\?", text
            ).groups()
            given = set(re.findall(r"\w+", known)) & (set(drawn) - {a, b})
            assert (
                len(given) == {"with": 0, "once": known.count(" and ") + 1}[known[:4]]
            )
            true = not open_path(drawn, a, b, given)
        assert item.truth == ("yes" if true else "no")


def test_balanced_and_varied():
    """As often yes as no in every facet; all lengths and shapes."""
    for facet in ("axiom", "length", "shape", "names", "graph"):
        count = Counter((x.facets[facet], x.truth) for x in ITEMS)
        assert {count[k, "yes"] - count[k, "no"] for k, _ in count} == {0}
    both = {(x.facets["axiom"], x.facets["length"], x.facets["shape"]) for x in ITEMS}
    assert len(both) == (4 + 3) * 3  # separation needs four variables
    assert len({(x.facets["shape"], x.facets["names"]) for x in ITEMS}) == 9


def test_nothing_leaks():
    """A bag of words does not tell the answer, nor does the order of the items."""
    low, _, high = read_by_words(ITEMS, "graph")
    assert low <= 0.5 <= high
    first = sum(x.truth == "yes" for x in ITEMS[::2]) / 240
    assert binomial_limits(240)[0] <= first <= binomial_limits(240)[1]


def test_where_the_names_stand_tells_nothing():
    """Which of the two is named first in the premise is no sign of the answer."""
    hits = []
    for item in ITEMS:
        text = item.messages[1]["content"]
        asked = re.search(r"(?:Is|Are) (\w+) (?:a cause of|and) (\w+)", text).groups()
        if item.facets["axiom"] == "transitivity":
            places = [re.search(rf"\b{name}\b", text).start() for name in asked]
            hits.append((places[0] < places[1]) == (item.truth == "yes"))
    low, high = binomial_limits(len(hits))
    assert low <= sum(hits) / len(hits) <= high + 0.1  # a cause is told before "causes"


def test_expected_experts():
    """Perfect, coin, contrary and one-word experts; a curve that falls is seen."""
    assert score(perfect(ITEMS)).level == "reliable"
    tossed = score(coin_flip(ITEMS, "yes", "no"))
    low, high = binomial_limits(480)
    assert low <= tossed.measure("accuracy").value <= high
    assert tossed.level == "no better than chance"
    assert score(always(ITEMS, "no")).level == "no better than chance"
    assert score(Scripted(ITEMS, other)).level == "worse than chance"
    short = Scripted(ITEMS, lambda x: x.truth if int(x.facets["length"]) < 5 else "no")
    curve = score(short).parts["transitivity, by number of variables"]
    assert [(m.name, m.value) for m in curve] == [
        ("3", 1.0), ("4", 1.0), ("6", 0.5), ("9", 0.5)
    ]  # fmt: skip


def test_shapes():
    """A chain is a path, a turned one has a fork or a collider, all are connected."""
    import numpy as np

    rng = np.random.default_rng(0)
    for shape in SHAPES:
        dag = shaped(6, shape, list("abcdef"), rng)
        assert dag.is_dag
        assert nx.is_connected(nx.Graph(dag.directed_edges()))
    assert shaped(4, "chain", list("abcd"), rng).directed_edges() == (
        ("a", "b"), ("b", "c"), ("c", "d"),
    )  # fmt: skip
    with pytest.raises(ValueError, match="shape is one of"):
        shaped(4, "ring", list("abcd"), rng)
