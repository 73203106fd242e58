"""Disagreements are found, and what is said about them is true."""

from made import answer, answers_of, made_candidates, oracle, silent

from llmcd.background import Background
from llmcd.combiner.reconcile import combine
from llmcd.expert.answers import Answers
from llmcd.graph import Graph

DATA = Graph.from_edges("abcd", directed=[("a", "c"), ("b", "c")])


def conflicts(*replies, graph=DATA, **other):
    """The conflicts from (first shown, second shown, verdict) triples."""
    answers = Answers(tuple(answer(*r) for r in replies))
    return combine(made_candidates(graph, **other), answers).conflicts


def test_agreement_is_no_conflict():
    """An expert that agrees with the data, or abstains, conflicts with nothing."""
    pairs = [("a", "c"), ("b", "c"), ("a", "b"), ("a", "d")]
    for says in (oracle(DATA), silent):
        assert not combine(made_candidates(DATA), answers_of(says, pairs)).conflicts


def test_reversed_direction():
    """A direction against the data's is a conflict that the data wins."""
    (found,) = conflicts(("a", "c", "b->a"), ("c", "a", "a->b"))
    assert (found.data_says, found.expert_says) == ("a --> c", "c --> a")
    assert found.decision == "a --> c"
    assert "required=[('c', 'a')]" in found.would_change


def test_denied_edge_and_common_cause():
    """'none' and 'common cause' on an edge are conflicts about existence."""
    (none,) = conflicts(("a", "c", "none"), ("c", "a", "none"))
    assert none.expert_says == "no edge"
    assert "cannot remove" in none.rule
    (hidden,) = conflicts(("b", "c", "common cause"), ("c", "b", "common cause"))
    assert hidden.expert_says == "common cause"
    assert hidden.rule.startswith("hidden common cause: m sees one of both")
    assert "cannot remove" in hidden.rule
    assert hidden.would_change.startswith("the common cause as a column; more rows")


def test_a_critic_names_a_common_cause():
    """It withdraws its answer and is a conflict of its own, without any weight."""
    first = [("a", "c", "b->a"), ("c", "a", "a->b")]
    answers = [answer(*x) for x in first]
    says = {"kind": "critic", "cause": "the season"}
    answers += [answer(a, b, "common cause", **says) for a, b, _ in first]
    (found,) = combine(made_candidates(DATA), Answers(tuple(answers))).conflicts
    assert (found.data_says, found.expert_says) == ("a --> c", "common cause")
    assert "hidden common cause: m sees one of both (the season)" in found.rule
    assert found.expert_log_odds == 0.0
    # in one of the two orders only, it is no finding
    assert not combine(
        made_candidates(DATA), Answers((answer("a", "c", "common cause", kind="critic"),
                                        answer("c", "a", "none", kind="critic")))
    ).conflicts  # fmt: skip
    # where the rows see no edge there is nothing to explain
    far = tuple(answer(x, y, "common cause", kind="critic") for x, y in ("ad", "da"))
    assert not combine(made_candidates(DATA), Answers(far)).conflicts


def test_a_common_cause_in_the_table_is_not_hidden():
    """What is a column was searched with."""
    said = [answer(x, y, "common cause", cause="b") for x, y in ("ac", "ca")]
    (found,) = combine(made_candidates(DATA), Answers(tuple(said))).conflicts
    assert found.rule.startswith("common cause in the table: m names b")


def test_missing_edge_needs_both_orders():
    """A direction without an edge is a conflict only if given in both orders."""
    assert not conflicts(("a", "d", "a->b"))
    (found,) = conflicts(("a", "d", "a->b"), ("d", "a", "b->a"))
    assert (found.data_says, found.decision) == ("no edge", "no edge")
    assert found.data_support == 1.0


def test_background_is_the_rule():
    """Against background knowledge, the rule says so."""
    known = Background(required=[("a", "c")])
    (found,) = conflicts(("a", "c", "b->a"), ("c", "a", "a->b"), background=known)
    assert "background" in found.rule


def test_strongest_first():
    """Conflicts are sorted by the data's support."""
    weak = Graph.from_edges("abcd", directed=[("a", "c")])
    found = conflicts(
        ("a", "c", "b->a"),
        ("c", "a", "a->b"),
        ("b", "c", "b->a"),
        ("c", "b", "a->b"),
        replicates=[DATA] * 9 + [weak],
    )
    assert [c.data_says for c in found] == ["a --> c", "b --> c"]
