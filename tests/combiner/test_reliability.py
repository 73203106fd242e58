"""What is learnt about an expert without labels."""

import numpy as np
import pytest
from made import always_first, answers_of, liar, made_candidates, oracle, silent
from scipy.integrate import quad

from llmcd.combiner.evidence import Vote, votes
from llmcd.combiner.reconcile import combine
from llmcd.combiner.reliability import learn_skill, probes
from llmcd.combiner.response import SLAB, SPIKE
from llmcd.combiner.safe import UNDIRECTED_COST
from llmcd.graph import Graph


def cast(agree: int, against: int, pattern: str = "both"):
    """Votes on probes that the data directs in name order."""
    signs = [1] * agree + [-1] * against
    found = [Vote("m", "a", f"b{k}", s, pattern, 2, "") for k, s in enumerate(signs)]
    return found, {(v.a, v.b): 0.9 for v in found}


@pytest.mark.parametrize("agree, against", [(0, 0), (1, 0), (9, 1), (5, 5), (2, 20)])
def test_posterior_mean_is_the_integral(agree, against):
    """The grid gives the integral that the model defines, to three digits."""

    def weight(r):
        data_right = 0.9 * r + 0.1 * (1 - r)
        return data_right**agree * (1 - data_right) ** against

    total = quad(weight, 0, 1)[0]
    mean = quad(lambda r: r * weight(r), 0, 1)[0] / total
    assert learn_skill(*cast(agree, against)).accuracy() == pytest.approx(
        mean, abs=5e-3
    )


@pytest.mark.parametrize("agree, against", [(0, 0), (3, 0), (9, 1)])
def test_bet_is_the_integral_with_the_spike(agree, against):
    """The mass rests on the sceptical prior: a spike at one half, and Beta(4, 1)."""
    a, b = SLAB
    norm = quad(lambda r: r ** (a - 1) * (1 - r) ** (b - 1), 0, 1)[0]

    def slab(r):
        right = 0.9 * r + 0.1 * (1 - r)
        prior = (1 - SPIKE) * r ** (a - 1) * (1 - r) ** (b - 1) / norm
        return prior * right**agree * (1 - right) ** against

    half = SPIKE * 0.5 ** (agree + against)
    expected = half / (half + quad(slab, 0, 1)[0])
    skill = learn_skill(*cast(agree, against))
    assert skill.mass[0] == pytest.approx(expected, abs=5e-3)


def test_interval_covers_the_truth():
    """Over draws from the slab, the 90 % interval covers at its rate (3 sigma)."""
    rng = np.random.default_rng(0)
    inside, runs = 0, 400
    for _ in range(runs):
        r = rng.beta(*SLAB)
        data_right = rng.random(25) < 0.9
        vote_right = rng.random(25) < r
        agree = int((data_right == vote_right).sum())
        low, high = learn_skill(*cast(agree, 25 - agree)).interval()
        inside += low - 0.01 <= r <= high + 0.01
    assert inside / runs > 0.9 - 3 * (0.9 * 0.1 / runs) ** 0.5 - 0.03


def test_weight_follows_agreement_and_is_never_negative():
    """More agreement, more weight; contradiction earns none; the cap holds."""
    weights = [learn_skill(*cast(k, 20 - k)).weight() for k in range(21)]
    assert all(np.diff(weights) > -0.005)
    assert weights[0] >= 0
    assert weights[4] < 0.05
    assert weights[20] <= 3.0


def test_coin_flip_earns_little():
    """Agreeing on half of forty probes earns far less than directing an edge takes."""
    needed = np.log((1 - UNDIRECTED_COST) / UNDIRECTED_COST)
    assert learn_skill(*cast(20, 20)).weight() < needed / 2


def test_one_order_is_worth_less_than_both():
    """The same skill gives a direction in one order less weight."""
    skill = learn_skill(*cast(15, 1))
    assert 0 < skill.weight("one") < skill.weight("both")


def test_probes_leave_knowledge_out():
    """Edges that background knowledge directs teach nothing about the expert."""
    from llmcd.background import Background

    graph = Graph.from_edges("abc", directed=[("a", "c"), ("b", "c")])
    assert set(probes(made_candidates(graph))) == {("a", "c"), ("b", "c")}
    known = Background(required=[("a", "c")])
    assert set(probes(made_candidates(graph, background=known))) == {("b", "c")}


CHAIN = [(f"v{k:02d}", f"v{k + 1:02d}") for k in range(0, 24, 2)]
WIDE = Graph.from_edges(
    [f"v{k:02d}" for k in range(26)],
    directed=[*CHAIN, *[("v25", b) for _, b in CHAIN]],
)


@pytest.mark.parametrize(
    "says, words",
    [
        (oracle(WIDE), "better than a coin"),
        (liar(WIDE), "contradicts the data"),
        (always_first, "shown first"),
        (silent, "abstained"),
    ],
)
def test_findings_in_words(says, words):
    """Each kind of expert is called what it is."""
    pairs = [(e.a, e.b) for e in WIDE.edges()]
    result = combine(made_candidates(WIDE), answers_of(says, pairs))
    assert words in result.reliability[0].finding


def test_position_bias_is_reported():
    """Somebody who always names the first shown has share 1 and consistency 0."""
    pairs = [(e.a, e.b) for e in WIDE.edges()]
    answers = answers_of(always_first, pairs)
    (trust,) = combine(made_candidates(WIDE), answers).reliability
    assert (trust.first_shown, trust.order_consistency) == (1.0, 0.0)
    assert all(v.direction == 0 for v in votes(answers))


def test_an_expert_that_is_never_right_is_named():
    """0 of 10 is rarer than 1 in 100 for a coin, however unsure the probes are."""
    names = [f"v{k:02d}" for k in range(20)]
    arcs = [(names[2 * k], names[2 * k + 1]) for k in range(10)]
    graph = Graph.from_edges(names, directed=arcs)
    loose = [graph] * 6 + [Graph.from_edges(names, undirected=arcs)] * 4
    found = combine(made_candidates(graph, loose), answers_of(liar(graph), arcs))
    assert "0 of 10" in found.reliability[0].finding
    assert "contradicts the data" in found.reliability[0].finding
