"""A pair in words: who decided, each step, both orders, and what would change it."""

import numpy as np
import pandas as pd
import pytest
from made import answer, answers_of, known_right, made_candidates, oracle

import llmcd
from llmcd.background import Background
from llmcd.combiner.reconcile import combine
from llmcd.errors import GraphError
from llmcd.expert.answers import Answers
from llmcd.explanation import explain
from llmcd.graph import Graph

OPEN = Graph.from_edges("xyz", undirected=[("x", "y")])


def test_the_expert_decided():
    """Who, each step with its number, both orders, and what would turn it."""
    said = Answers(
        (
            answer("x", "y", "b->a", reasoning="y is first", stated={"b->a": 0.9}),
            answer("y", "x", "a->b"),
        )
    )
    combined = combine(made_candidates(OPEN), said, audits=known_right(said))
    found = explain(combined, "x", "y")
    assert found == explain(combined, "x", "y")
    assert found.verdict.startswith("y --> x: the expert decided.")
    assert found.edge == combined.edges[0]
    assert [s.source for s in found.steps] == ["data", "expert", "expert"]
    text = str(found)
    for step in combined.edges[0].provenance:
        assert step.statement in text
        assert step.log_odds is None or f"{step.log_odds:+.2f}" in text
    assert 'shown x, then y: y → x (stated: y → x 0.90): "y is first"' in text
    assert "shown y, then x: y → x" in text
    assert "would have to outweigh" in found.would_change[0]


def test_who_else():
    """Data, background, Meek and nobody, each in words; and what would change them."""
    probes = [(f"s{k}", "t") for k in range(9)]
    data = Graph.from_edges(
        [*"abcpqrxyt", *[s for s, _ in probes]],
        directed=[("a", "c"), ("b", "c"), *probes],
        undirected=[("p", "q"), ("q", "r"), ("x", "y")],
    )
    known = Background(forbidden=[("c", "b")])
    both = [x for a, b in [*probes, ("p", "q")] for x in (
        answer(a, b, "a->b"), answer(b, a, "b->a")
    )]  # fmt: skip
    said = Answers(tuple(both))
    combined = combine(made_candidates(data, background=known), said)
    words = {
        ("a", "c"): "the data decided",
        ("b", "c"): "background knowledge decided",
        ("p", "q"): "the expert decided",
        ("q", "r"): "it follows from other edges",
        ("x", "y"): "nobody decided its direction",
    }
    for pair, who in words.items():
        found = explain(combined, *pair)
        assert who in found.verdict
        silent = "Nobody answered anything about this pair." in str(found)
        assert silent == (pair != ("p", "q"))
        assert str(found).splitlines()[-1].startswith("What would change it: ")


def test_a_conflict_is_told():
    """Both sides and the rule, and what would change the decision."""
    data = Graph.from_edges("abc", directed=[("a", "c"), ("b", "c")])
    truth = Graph.from_edges("abc", directed=[("c", "a")])
    combined = combine(made_candidates(data), answers_of(oracle(truth), [("a", "c")]))
    found = explain(combined, "c", "a")
    (conflict,) = found.conflicts
    text = str(found)
    assert "They disagree: the data say a --> c, the expert says c --> a" in text
    assert found.would_change == (conflict.would_change,)
    assert f"Beware: {found.edge.warning}." in text


def test_no_edge():
    """How often the data saw one, whether there is a way round, what would join it."""
    chain = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c")])
    combined = combine(made_candidates(chain), Answers.none())
    found = explain(combined, "c", "a")
    assert found.edge is None
    assert found.steps == ()
    assert "c, a: no edge. Adjacent in 0% of 10 resamples" in found.verdict
    assert "a acts on c through others" in found.verdict
    assert "go together once the others are known" in found.would_change[0]
    never = Background(forbidden=[("a", "c"), ("c", "a")])
    barred = combine(made_candidates(chain, background=never), Answers.none())
    assert "forbids an edge" in explain(barred, "a", "c").would_change[0]


def test_sampled_graphs_give_the_numbers():
    """In posterior mode the verdict's numbers are those of the table of edges."""
    rng = np.random.default_rng(1)
    df = pd.DataFrame(rng.normal(size=(400, 2)), columns=["x", "y"])
    df["z"] = df.x + df.y + rng.normal(size=400)
    result = llmcd.discover(df, bootstrap=5, progress=False)
    row = result.edges.set_index(["cause", "effect"]).loc[("x", "z")]
    assert f"{row.adjacency:.2f} that the two" in result.explain("z", "x").verdict
    assert f"then {row.probability:.2f} of" in result.explain("z", "x").verdict
    chance = result.combined.directed_probability
    i, j = (result.graph.index(n) for n in "xy")
    assert f"probability {chance[i, j] + chance[j, i]:.2f}" in str(
        result.explain("x", "y")
    )


def test_wrong_names():
    """Unknown and equal names are refused."""
    combined = combine(made_candidates(OPEN), Answers.none())
    with pytest.raises(GraphError):
        explain(combined, "x", "w")
    with pytest.raises(ValueError, match="two different"):
        explain(combined, "x", "x")
