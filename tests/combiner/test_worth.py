"""What a question is worth, against closed forms and brute force."""

from itertools import pairwise

import numpy as np
import pytest

from llmcd.combiner.decision import UNDIRECTED_COST
from llmcd.combiner.evidence import Vote
from llmcd.combiner.outlook import Outlook
from llmcd.combiner.response import Response
from llmcd.combiner.worth import target_weights, worth_of, worth_of_skill
from llmcd.discovery.sampling import Samples

FLAT = np.full((1, 3, 4), 0.25)


def made_samples(arcs):
    """Equally weighted graphs of one chain."""
    arcs = np.asarray(arcs, dtype=bool)
    n = len(arcs)
    names = tuple("abcdefgh"[: arcs.shape[1]])
    return Samples(names, arcs, np.zeros(n, dtype=np.int64), np.zeros(n), 1.0)


def made_outlook(samples, skill, rows=None, speaks=1.0):
    """Beliefs of the rows alone, and an expert of whom everything is known."""
    n = len(samples.arcs)
    mass = np.full(102, 1 / 102)
    rows = FLAT if rows is None else np.asarray(rows, dtype=float)[None]
    response = Response(np.array([float(skill)]), rows, mass, mass)
    heard = np.array([skill > 0])
    whole = np.full(n, 1 / n)
    return Outlook(samples, samples, whole, (response,), speaks, float(n), heard)


def one_arc(*ways):
    """A graph over two variables for each of '>', '<' and '.'."""
    found = np.zeros((len(ways), 2, 2))
    for g, way in enumerate(ways):
        found[g, 0, 1], found[g, 1, 0] = way == ">", way == "<"
    return made_samples(found)


def test_an_open_direction_is_worth_what_theory_says():
    """Certain edge, open direction, an expert that always directs, right with r.

    Undirected costs UNDIRECTED_COST; directed by the answer costs 1 - r. The
    discrepancy of the response model shifts the skill, but not above the cap.
    """
    always = [[1 - 3e-9, 1e-9, 1e-9, 1e-9]] * 3
    outlook = made_outlook(one_arc(*"><" * 50), 30.0, always)
    found = worth_of(outlook, [(0, 1)])
    wrong = np.exp(-3.0) / (1 + np.exp(-3.0))  # weights are capped at 3 log-odds
    assert found.gain[0] == pytest.approx(UNDIRECTED_COST - wrong, abs=2e-3)


def test_an_expert_without_skill_is_worth_nothing_about_directions():
    """Its rows are the same in every state, and its directions carry nothing."""
    found = worth_of(made_outlook(one_arc(*"><" * 50), 0.0), [(0, 1)])
    assert found.gain[0] == pytest.approx(0.0, abs=1e-9)
    assert found.harm[0] == 0.0  # no draw believes it


def colliders(*there):
    """Graphs with b -> c, and a -> c in some of them."""
    arcs = np.zeros((len(there), 3, 3))
    arcs[:, 1, 2] = 1
    arcs[:, 0, 2] = there
    return made_samples(arcs)


def test_a_certain_pair_is_worth_nothing():
    """A collider in every graph: whatever is answered, the decision stays."""
    found = worth_of(made_outlook(colliders(*[1] * 50), 3.0), [(0, 2)])
    assert found.gain[0] == pytest.approx(0.0, abs=1e-9)
    assert found.harm[0] == pytest.approx(0.0, abs=1e-2)


def test_existence_is_worth_what_brute_force_says():
    """An edge in 40 of 100 graphs; the expert tells edges from nothing, not ways.

    Where there is an edge it is directed, so that the loss is that of there being an
    edge or none; b -> c is in every graph and costs the same before and after.
    """
    rows = [[0.85, 0.05, 0.05, 0.05], [0.5, 0.1, 0.3, 0.1], [0.1, 0.1, 0.7, 0.1]]
    there = 0.4
    outlook = made_outlook(colliders(*[1] * 40, *[0] * 60), 0.0, rows)
    after = 0.0
    for pattern, way, edge, nothing in (
        ("both", 1, 0.425, 0.05), ("both", -1, 0.425, 0.05), ("split", 0, 0.05, 0.1),
        ("none", 0, 0.05, 0.7), ("common cause", 0, 0.05, 0.1),
    ):  # fmt: skip
        vote = Vote("", "a", "c", way, pattern, 2, "")
        weights = np.exp(outlook.responses[0].worth([vote], 0, 0)[0])
        then = there * weights[0] / (there * weights[0] + (1 - there) * weights[4])
        after += (there * edge + (1 - there) * nothing) * min(then, 1 - then)
    found = worth_of(outlook, [(0, 2)])
    assert found.gain[0] == pytest.approx(there - after, abs=0.01)


def test_silence_discounts_and_skill_adds():
    """Twice as many answers are worth twice as much, and more skill more."""
    samples = one_arc(*"><" * 50)
    gains = [
        worth_of(made_outlook(samples, t), [(0, 1)]).gain[0] for t in (0.5, 1.5, 3.0)
    ]
    assert all(b >= a for a, b in pairwise(gains))
    assert gains[-1] > 0.05
    half = worth_of(made_outlook(samples, 3.0, speaks=0.5), [(0, 1)])
    assert half.gain[0] == pytest.approx(gains[-1] / 2)


def test_pairs_that_move_together_tell_the_same():
    """Two edges of a chain whose directions go together, and one apart."""
    arcs = np.zeros((80, 5, 5))
    for g in range(80):
        i, j = ((0, 1), (1, 2)) if g % 2 else ((1, 0), (2, 1))
        arcs[g][i] = arcs[g][j] = 1
        arcs[g][(3, 4) if g % 4 < 2 else (4, 3)] = 1
    found = worth_of(made_outlook(made_samples(arcs), 2.0), [(0, 1), (1, 2), (3, 4)])
    assert found.shared[0, 1] == pytest.approx(1.0, abs=1e-5)
    assert found.shared[0, 2] == pytest.approx(0.0, abs=1e-5)
    assert found.gain[0] > 1.5 * found.gain[2]  # one answer decides two edges


def test_a_target_counts_more():
    """What is far from it keeps a tenth."""
    arcs = np.zeros((80, 4, 4))
    for g in range(80):
        arcs[g][(0, 1) if g % 2 else (1, 0)] = 1
        arcs[g][(2, 3) if g % 4 < 2 else (3, 2)] = 1
    outlook = made_outlook(made_samples(arcs), 2.0)
    found = worth_of(outlook, [(0, 1), (2, 3)], target_weights(4, [0]))
    assert found.gain[1] == pytest.approx(0.1 * found.gain[0], rel=1e-4)


def test_skill_is_worth_what_it_would_decide():
    """Half of the chains believe an answer, half do not: to know which decides it.

    The chains that believe have the edge one way; by all together it is 3/4 sure.
    """
    alone = made_samples(one_arc(*"><><").arcs)
    chain = np.array([0, 0, 1, 1])
    alone = Samples(alone.names, alone.arcs, chain, alone.trace, 1.0)
    mass = np.full(102, 1 / 102)
    response = Response(np.array([3.0, 0.0]), np.tile(FLAT, (2, 1, 1)), mass, mass)
    told = Samples(alone.names, one_arc(*">>><").arcs, chain, alone.trace, 1.0)
    quarter = np.full(4, 0.25)
    heard = np.array([True, False])
    before = Outlook(alone, alone, quarter, (response,), 1.0, 2.0, heard)
    after = Outlook(alone, told, quarter, (response,), 1.0, 2.0, heard)
    assert worth_of_skill(before) == 0.0
    # together 3/4 one way costs 1/4; apart 0 and 2/5, half of the time each
    assert worth_of_skill(after) == pytest.approx(0.25 - 0.2, abs=5e-3)
