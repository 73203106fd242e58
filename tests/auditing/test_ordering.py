"""Votes become orders: against brute force, and for experts with known faults."""

from itertools import permutations

import numpy as np
import pytest
from auditing.experts import binomial_limits

from llmcd.auditing.items import put
from llmcd.auditing.ordering import CausalOrder, best_order, cycles
from llmcd.auditing.worlds import WORLDS
from llmcd.expert.simulated import Simulated
from llmcd.graph import Graph

TASK = CausalOrder()
ITEMS = TASK.items(1000, seed=0)


def union():
    """All worlds as one graph under the names that are asked about."""
    names = [f"{w.name}/real/{n}" for w in WORLDS for n in w.names]
    arcs = [(f"{w.name}/real/{a}", f"{w.name}/real/{b}") for w in WORLDS
            for a, b in w.arcs]  # fmt: skip
    return Graph.from_edges(names, directed=arcs)


def score(**faults):
    """The section of a simulated expert."""
    return TASK.score(put(ITEMS, Simulated(union(), **faults), progress=False))


@pytest.mark.parametrize("seed", range(20))
def test_best_order_by_brute_force(seed):
    """No order has fewer votes against it, whatever the ties."""
    rng = np.random.default_rng(seed)
    names = "abcde"
    votes = {(a, b): int(rng.integers(3)) for a, b in permutations(names, 2)}

    def against(order):
        place = {n: k for k, n in enumerate(order)}
        return sum(v for (a, b), v in votes.items() if place[a] > place[b])

    least = min(against(order) for order in permutations(names))
    assert against(best_order(names, votes)) == least
    assert against(best_order(names, votes, rng)) == least


def test_cycles_by_hand():
    """Two triangles that share an edge."""
    votes = dict.fromkeys(
        [("a", "b"), ("b", "c"), ("c", "a"), ("b", "d"), ("d", "a")], 1
    )
    assert cycles("abcd", votes) == 2
    with pytest.raises(ValueError, match="at most 12"):
        best_order([str(k) for k in range(13)], {})


def test_what_is_asked():
    """All pairs and all triples of five, both ways round, for each world."""
    ways = [x.facets["way"] for x in ITEMS]
    assert ways.count("pairwise") == len(WORLDS) * 20
    assert ways.count("triplet") == len(WORLDS) * 20
    assert len(TASK.items(1, seed=0)) == 40


def test_perfect_and_contrary():
    """No arc against the order, or every one; the right words."""
    best = score(accuracy=1.0, ancestor=1.0)
    assert best.measure("pairwise: D_top").value == 0
    assert best.measure("triplet: cycles of three").value == 0
    assert best.level in ("useful", "reliable")
    n_arcs = sum(len(w.arcs) for w in WORLDS)
    worst = score(accuracy=0.0, ancestor=1.0)
    assert worst.measure("pairwise: D_top").value == n_arcs
    assert worst.level == "worse than chance"


def test_always_the_first_is_no_order():
    """Both presentation orders cancel: nothing is left but chance."""
    found = score(first_bias=1.0)
    assert found.measure("pairwise: order of cause and effect").value is None
    assert found.level == "too few answers"
    arcs = sum(len(w.arcs) for w in WORLDS)
    assert found.measure("pairwise: D_top").value == pytest.approx(arcs / 2, rel=0.25)


def test_a_coin():
    """Half of the orders, within binomial limits, and the right word."""
    found = score(accuracy=0.5, ancestor=1.0)
    for way in ("pairwise", "triplet"):
        right = found.measure(f"{way}: order of cause and effect")
        low, high = binomial_limits(right.n)
        assert low <= right.value <= high
    assert found.level == "no better than chance"


def test_more_votes_help_a_weak_expert():
    """Independent mistakes average out over thirds: triplets are nearer the truth."""
    pair = triple = 0.0
    for seed in range(5):
        found = score(accuracy=0.7, ancestor=1.0, seed=seed)
        pair += found.measure("pairwise: D_top").value
        triple += found.measure("triplet: D_top").value
    assert triple < pair
