"""Who is asked, about which pairs, and what was said."""

from itertools import combinations, pairwise

import pytest
from cells_made import small_cell

import llmcd
from benchmarks.experts import (
    SIMULATED,
    Consulted,
    NotHadError,
    consult,
    expert_of,
    knows_truth,
    what_was_said,
)
from benchmarks.networks import known_network
from llmcd.expert.answers import Answer, Answers
from llmcd.graph import Graph

TURNED = {"a->b": "b->a", "b->a": "a->b"}


def said_by(expert, pairs="all"):
    """Verdicts by the pair as shown."""
    found = consult(small_cell(), expert, pairs=pairs)
    return {(a, b): v for a, b, v in found.verdicts}


@pytest.mark.parametrize("name", SIMULATED)
def test_every_simulated_expert_can_be_asked(name):
    """All pairs, in both orders, each answered."""
    columns = small_cell().columns
    found = said_by(name)
    assert len(found) == len(columns) * (len(columns) - 1)
    assert knows_truth(name)


def test_an_oracle_tells_the_truth_and_the_adversary_its_reverse():
    """On every edge; the adversary directs every other pair as well."""
    truth = small_cell().truth
    oracle, adversary = said_by("oracle"), said_by("adversarial")
    for a, b in combinations(sorted(truth.names), 2):
        if truth.adjacent(a, b):
            assert oracle[a, b] == TURNED[adversary[a, b]]
            assert (oracle[a, b] == "a->b") == ((a, b) in truth.directed_edges())
        else:
            assert oracle[a, b] == "none"
            assert adversary[a, b] in TURNED


def test_a_coin_knows_nothing_but_sticks_to_it():
    """Every pair gets one direction, the same in both orders, whatever is true."""
    found = said_by("coin")
    assert all(found[b, a] == TURNED[v] for (a, b), v in found.items())
    truth = small_cell().truth
    related = {v for (a, b), v in found.items() if truth.adjacent(a, b)}
    others = {v for (a, b), v in found.items() if not truth.adjacent(a, b)}
    assert related == others == {"a->b", "b->a"}


def test_always_first_and_abstain():
    """The extremes that carry no information."""
    assert set(said_by("always-first").values()) == {"a->b"}
    assert set(said_by("abstain").values()) == {None}


def test_experts_of_higher_accuracy_keep_what_they_got_right():
    """Common random numbers: the curves over accuracy are not noise."""
    truth = small_cell().truth
    right = [
        {p for p, v in said_by(f"accuracy-{r}").items()
         if (p if v == "a->b" else p[::-1]) in truth.directed_edges() and v in TURNED}
        for r in ("0", "0.5", "0.7", "0.85", "0.95", "1")
    ]  # fmt: skip
    assert all(a <= b for a, b in pairwise(right))
    assert len(right[0]) == 0
    assert len(right[-1]) == 2 * truth.n_edges


def test_planned_pairs_are_those_of_the_plan():
    """Shuffled ones are the same in another order; a limit takes the first pairs."""
    cell = small_cell()
    plan = llmcd.plan(cell.candidates, cell.network.variables)
    planned = [q.pair for q in plan.questions]
    found = {
        pairs: [x.pair for x in consult(cell, "oracle", pairs=pairs).answers.answers]
        for pairs in ("planned", "shuffled")
    }
    assert found["planned"] == planned
    assert sorted(found["shuffled"]) == sorted(planned)
    assert found["shuffled"] != planned
    some = consult(cell, "oracle", limit=2)
    assert [x.pair for x in some.answers.answers] == planned[:4]
    with pytest.raises(ValueError, match="planned"):
        consult(cell, "oracle", pairs="some")


def test_a_recording_is_replayed_and_what_it_lacks_is_silence():
    """The count of replies leaves out what was never asked."""
    found = consult(small_cell(), "recorded", pairs="all")
    assert isinstance(found, Consulted)
    assert found.asked == len(found.answers) == 56
    assert found.identity["label"] == "recorded"


def test_what_cannot_be_had_says_so():
    """Nothing recorded, no DAG to simulate, a name that means nothing."""
    with pytest.raises(NotHadError, match="no answers of greenhouse"):
        expert_of("recorded", known_network("greenhouse"), "real", 1)
    with pytest.raises(NotHadError, match="cycle"):
        expert_of("coin", known_network("sachs-cdt"), "real", 1)
    for wrong in ("simulated:skill=1", "simulated:accuracy", "none", "nobody/at-all"):
        with pytest.raises(ValueError):
            expert_of(wrong, known_network("asia"), "real", 1)


def test_a_simulation_of_ones_own():
    """Chances are given by name."""
    found = expert_of(
        "simulated:accuracy=0.8,mistakes=shared", known_network("asia"), "real", 1
    )
    assert found.identity["accuracy"] == 0.8
    assert found.mistakes == "shared"


@pytest.mark.parametrize(
    "name", ["asia", "cancer", "earthquake", "survey", "sachs-2005"]
)
def test_recordings_are_about_the_networks_variables(name):
    """Every name that stands in a file is a node."""
    known = known_network(name)
    held = expert_of("recorded", known, "real", 1)
    assert {v for pair in held._by_names for v in pair} == set(known.graph.names)


def test_what_was_said_is_counted_by_what_is_true():
    """By hand, on a chain with a node apart; missing answers do not count."""
    truth = Graph.from_edges("abcd", directed=[("a", "b"), ("b", "c")])
    answers = Answers(
        (
            Answer("a", "b", "a->b"),
            Answer("b", "a", "a->b"),
            Answer("c", "b", "none"),
            Answer("a", "c", "a->b"),
            Answer("c", "a", "a->b"),
            Answer("a", "d", "b->a"),
            Answer("d", "a", "common cause"),
            Answer("d", "b", None, "unsure"),
            Answer("b", "d", None, "missing"),
        )
    )
    assert what_was_said(truth, answers) == {
        "ancestor": {"reversed": 1, "right": 1},
        "edge, cause first": {"right": 1},
        "edge, effect first": {"none": 1, "reversed": 1},
        "unrelated": {"common cause": 1, "directed": 1, "silent": 1},
    }
