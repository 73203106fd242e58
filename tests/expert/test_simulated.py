"""Simulated experts make exactly the mistakes that were chosen."""

import itertools
import math

import pytest

from llmcd.errors import GraphError
from llmcd.expert.ask import ask
from llmcd.expert.questions import Question
from llmcd.expert.simulated import Simulated
from llmcd.graph import Graph

CHAIN = Graph.from_edges(["x", "y", "z", "w"], directed=[("x", "y"), ("y", "z")])
MANY = Graph.from_edges(
    [f"v{i}" for i in range(400)],
    directed=[(f"v{i}", f"v{i + 1}") for i in range(0, 400, 2)],
)


def verdicts(expert, pairs, sample=0):
    """Its verdicts on pairs, in the orders given."""
    asked = [Question("pairwise", a, b, "", f"{a} {b}", "", sample) for a, b in pairs]
    return [x.verdict for x in ask(asked, expert, progress=False).answers]


def test_an_oracle_tells_the_truth_about_every_pair():
    """With accuracy 1 every pair gets its edge's direction, or none."""
    pairs = list(itertools.permutations(CHAIN.names, 2))
    truth = dict.fromkeys(pairs, "none")
    truth |= {("x", "y"): "a->b", ("y", "z"): "a->b"}
    truth |= {("y", "x"): "b->a", ("z", "y"): "b->a"}
    assert verdicts(Simulated(CHAIN, accuracy=1), pairs) == list(truth.values())


def test_ancestors_are_taken_for_causes_when_told_to():
    """With ancestor 1 a path counts as an edge, and unrelated pairs still do not."""
    expert = Simulated(CHAIN, accuracy=1, ancestor=1)
    assert verdicts(expert, [("x", "z"), ("z", "x")]) == ["a->b", "b->a"]
    assert verdicts(expert, [("x", "w")]) == ["none"]


def test_always_wrong_and_always_first_and_always_unsure():
    """The extremes of each kind of mistake."""
    pairs = [("x", "y"), ("y", "x"), ("x", "w")]
    assert verdicts(Simulated(CHAIN, accuracy=0), pairs) == ["b->a", "a->b", "none"]
    assert verdicts(Simulated(CHAIN, first_bias=1), pairs) == ["a->b"] * 3
    assert verdicts(Simulated(CHAIN, unsure=1), pairs) == [None] * 3


@pytest.mark.parametrize("accuracy", [0.3, 0.9])
def test_the_accuracy_is_the_share_of_right_directions(accuracy):
    """Over 200 edges the share is within five standard errors."""
    found = verdicts(Simulated(MANY, accuracy=accuracy), MANY.directed_edges())
    share = found.count("a->b") / 200
    assert abs(share - accuracy) < 5 * math.sqrt(accuracy * (1 - accuracy) / 200)


def test_shared_mistakes_agree_across_orders_and_independent_ones_do_not():
    """Shared mistakes are the same in both orders; independent ones agree by chance."""
    edges = MANY.directed_edges()
    turned = [(b, a) for a, b in edges]
    for mistakes, low, high in (("shared", 200, 200), ("independent", 65, 135)):
        expert = Simulated(MANY, accuracy=0.5, mistakes=mistakes)
        one, two = verdicts(expert, edges), verdicts(expert, turned)
        agreeing = sum(x != y for x, y in zip(one, two, strict=True))
        assert low <= agreeing <= high


@pytest.mark.parametrize("mistakes", ["shared", "independent"])
def test_unrelated_pairs_are_directed_as_often_as_chosen(mistakes):
    """The share that is directed is as chosen, and neither name nor place is favoured.

    MANY has an edge from v0 to v1, v2 to v3 and so on; v1 and v2 are unrelated.
    """
    pairs = [(f"v{i}", f"v{i + 1}") for i in range(1, 398, 2)]
    pairs += [(f"v{i}", f"v{i + 3}") for i in range(0, 396, 2)]
    pairs = [pair if k % 2 else pair[::-1] for k, pair in enumerate(pairs)]
    said = verdicts(Simulated(MANY, unrelated=0.4, mistakes=mistakes), pairs)
    n, directed = len(pairs), [v for v in said if v != "none"]
    assert abs(len(directed) / n - 0.4) < 5 * math.sqrt(0.4 * 0.6 / n)
    first = directed.count("a->b") / len(directed)
    by_name = sum(
        (v == "a->b") == (a < b)
        for (a, b), v in zip(pairs, said, strict=True)
        if v != "none"
    ) / len(directed)
    for share in (first, by_name):
        assert abs(share - 0.5) < 5 * math.sqrt(0.25 / len(directed))


def test_a_shared_mistake_about_an_unrelated_pair_has_one_direction():
    """Asked in both orders, the same pair is called the same way round."""
    pairs = [(f"v{i}", f"v{i + 1}") for i in range(1, 398, 2)]
    expert = Simulated(MANY, unrelated=1, mistakes="shared")
    turned = {"a->b": "b->a", "b->a": "a->b"}
    again = verdicts(expert, [(b, a) for a, b in pairs])
    assert verdicts(expert, pairs) == [turned[v] for v in again]


def test_draws_are_common_to_all_chances():
    """An expert with a higher accuracy is right wherever one with a lower one is."""
    edges = MANY.directed_edges()
    low, high = (
        verdicts(Simulated(MANY, accuracy=r, unrelated=r), edges) for r in (0.5, 0.8)
    )
    assert all(x == "b->a" or y == "a->b" for x, y in zip(low, high, strict=True))


def test_answers_do_not_depend_on_the_order_of_asking():
    """The same seed gives the same answers; another seed or sample gives others."""
    edges = MANY.directed_edges()[:100]
    expert = Simulated(MANY, accuracy=0.5)
    forward = verdicts(expert, edges)
    assert verdicts(expert, edges[::-1]) == forward[::-1]
    assert verdicts(Simulated(MANY, accuracy=0.5, seed=1), edges) != forward
    assert verdicts(expert, edges, sample=1) != forward


def test_wrong_arguments():
    """A truth that is no DAG and probabilities that are none are refused."""
    with pytest.raises(GraphError, match="DAG"):
        Simulated(Graph.from_edges(["x", "y"], undirected=[("x", "y")]))
    for wrong in ({"accuracy": 1.1}, {"unsure": -1}, {"mistakes": "some"}):
        with pytest.raises(ValueError):
            Simulated(CHAIN, **wrong)
    assert Simulated(CHAIN).identity != Simulated(CHAIN, seed=1).identity
