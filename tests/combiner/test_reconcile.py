"""The one door into the combiner."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import always_first, answer, answers_of, made_candidates, oracle

import llmcd
from llmcd.combiner.reconcile import combine
from llmcd.errors import DataError
from llmcd.expert.answers import Answers
from llmcd.graph import Graph

DATA = Graph.from_edges("abc", directed=[("a", "c"), ("b", "c")])


def test_modes_are_checked():
    """Posterior mode without rows is an error, auto says why, others are listed."""
    with pytest.raises(DataError, match="needs the rows"):
        combine(made_candidates(DATA), Answers.none(), mode="posterior")
    with pytest.raises(ValueError, match="auto, safe, posterior, got 'bold'"):
        combine(made_candidates(DATA), Answers.none(), mode="bold")
    found = combine(made_candidates(DATA), Answers.none())
    assert found.mode == "safe"
    assert "rows are not at hand" in found.why_mode


def test_answers_about_strangers_are_refused():
    """An answer about a column that is not in the table is an error, not noise."""
    with pytest.raises(ValueError, match="'z'"):
        combine(made_candidates(DATA), Answers((answer("a", "z", "a->b"),)))


def test_incomplete_and_empty_answers_are_said():
    """Incomplete answers and total abstention are warnings."""
    part = Answers((answer("a", "c", None),), {"m": "out of budget"})
    said = " ".join(combine(made_candidates(DATA), part).warnings)
    assert "out of budget" in said
    assert "data's own" in said


def test_names_do_not_matter():
    """Renaming every variable renames the result and nothing else."""
    data = Graph.from_edges("abcd", undirected=[("a", "b"), ("b", "c"), ("c", "d")])
    truth = Graph.from_edges("abcd", directed=[("a", "b"), ("b", "c"), ("c", "d")])
    new = dict(zip("abcd", "zyxw", strict=True))
    pairs = [("a", "b"), ("b", "c")]
    one = combine(made_candidates(data), answers_of(oracle(truth), pairs))
    renamed = [(new[a], new[b]) for a, b in pairs]
    two = combine(
        made_candidates(data.rename(new)),
        answers_of(oracle(truth.rename(new)), renamed),
    )
    assert one.graph.rename(new) == two.graph
    first = {(new[e.cause], new[e.effect]): e.probability for e in one.edges}
    for edge in two.edges:
        pair = (edge.cause, edge.effect)
        same = first.get(pair, first.get(pair[::-1]))
        assert edge.probability == pytest.approx(same)


@pytest.mark.parametrize("mode", ["safe", "posterior"])
def test_somebody_who_names_what_is_shown_first_decides_nothing(mode):
    """The graph is that of the rows, edge by edge, and the bias is said."""
    rng = np.random.default_rng(8)
    a, b, e, x, f = rng.normal(size=(5, 400))
    # the rows leave x and y open
    frame = pd.DataFrame({"a": a, "b": b, "c": a + b + e, "x": x, "y": x + f})
    found = llmcd.candidates(frame, bootstrap=3, n_jobs=1)
    alone = combine(found, Answers.none(), mode=mode)
    assert alone.graph.undirected_edges()
    pairs = list(combinations(frame.columns, 2))
    biased = combine(found, answers_of(always_first, pairs), mode=mode)
    assert biased.graph == alone.graph
    for edge in biased.edges:
        assert edge.expert_log_odds == pytest.approx(0, abs=0.05)
        assert edge.decided_by != "expert"
    (trust,) = biased.reliability
    assert (trust.first_shown, trust.order_consistency) == (1.0, 0.0)
    assert "shown first" in trust.finding


NAMES = "abcd"
TOURNAMENTS = st.lists(st.booleans(), min_size=6, max_size=6)


def tournament(wins, names=NAMES):
    """Somebody who directs every pair, cycles or not, the same in both orders."""
    first = dict(zip(combinations(names, 2), wins, strict=True))

    def says(a, b):
        wins_a = first[a, b] if (a, b) in first else not first[b, a]
        return "a->b" if wins_a else "b->a"

    return says


@settings(max_examples=25, deadline=None)
@given(TOURNAMENTS, st.permutations(NAMES))
def test_any_tournament_gives_a_graph_without_a_cycle(wins, turned):
    """The same each time, under other names too, and what was dropped is listed."""
    pairs = list(combinations(NAMES, 2))
    data = made_candidates(Graph.from_edges(NAMES, undirected=pairs))
    answers = answers_of(tournament(wins), pairs)
    one = combine(data, answers)
    assert one.graph.is_acyclic
    assert one.graph.skeleton() == data.graph.skeleton()
    assert combine(data, answers).graph == one.graph
    new = dict(zip(NAMES, turned, strict=True))
    renamed = [(new[a], new[b]) for a, b in pairs]
    back = {v: k for k, v in new.items()}
    says = tournament(wins)
    other = combine(
        made_candidates(data.graph.rename(new)),
        answers_of(lambda a, b: says(back[a], back[b]), renamed),
    )
    assert one.graph.rename(new) == other.graph
    against = {
        frozenset((e.cause, e.effect))
        for e in one.edges
        if e.mark == "-->" and says(e.cause, e.effect) == "b->a"
    }
    listed = {frozenset((c.a, c.b)) for c in one.conflicts}
    assert against <= listed
