"""The one door into the combiner."""

import pytest
from made import answer, answers_of, made_candidates, oracle

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
