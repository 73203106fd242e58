"""Votes are read off transcripts as a person would read them."""

import pytest
from made import answer

from llmcd.combiner.evidence import order_consistency, position_share, votes
from llmcd.expert.answers import Answer, Answers


def one_vote(*verdicts):
    """The vote from (first shown, second shown, verdict) triples."""
    (vote,) = votes(Answers(tuple(answer(*v) for v in verdicts)))
    return vote


@pytest.mark.parametrize(
    "replies, direction, pattern",
    [
        ([("x", "y", "a->b"), ("y", "x", "b->a")], 1, "both"),
        ([("x", "y", "b->a"), ("y", "x", "a->b")], -1, "both"),
        ([("x", "y", "a->b"), ("y", "x", "a->b")], 0, "split"),
        ([("x", "y", "a->b"), ("y", "x", "none")], 1, "one"),
        ([("x", "y", None), ("y", "x", "a->b")], -1, "one"),
        ([("x", "y", "a->b")], 1, "one"),
        ([("x", "y", "none"), ("y", "x", "none")], 0, "none"),
        ([("x", "y", "common cause"), ("y", "x", "none")], 0, "mixed"),
        ([("x", "y", "common cause")], 0, "common cause"),
        ([("x", "y", None), ("y", "x", None)], 0, "unsure"),
    ],
)
def test_patterns(replies, direction, pattern):
    """Each transcript of one pair gives the vote a reader would give it."""
    vote = one_vote(*replies)
    assert (vote.direction, vote.pattern) == (direction, pattern)
    assert vote.replies == sum(v is not None for _, _, v in replies)


def test_pair_is_in_name_order():
    """The vote is about (a, b) in name order, however the pair was shown."""
    vote = one_vote(("y", "x", "a->b"), ("x", "y", "b->a"))
    assert (vote.a, vote.b, vote.direction) == ("x", "y", -1)


def test_repeats_are_one_vote():
    """Ten repeats in one order are reduced to their majority, a tie to nothing."""
    shown = [("x", "y", "a->b")] * 3 + [("x", "y", "b->a")] * 2
    vote = one_vote(*shown, ("y", "x", "b->a"))
    assert (vote.direction, vote.pattern) == (1, "both")
    tie = one_vote(*[("x", "y", "a->b"), ("x", "y", "b->a")], ("y", "x", "b->a"))
    assert tie.pattern == "one"


def test_experts_are_kept_apart():
    """Two experts on one pair are two votes."""
    both = Answers((answer("x", "y", "a->b", "m"), answer("x", "y", "b->a", "n")))
    assert [(v.expert, v.direction) for v in votes(both)] == [("m", 1), ("n", -1)]


def test_consistency_and_position():
    """Order consistency and position share are plain counts over double-asked pairs."""
    replies = Answers(
        (
            answer("x", "y", "a->b"),
            answer("y", "x", "b->a"),  # the same verdict
            answer("x", "z", "a->b"),
            answer("z", "x", "a->b"),  # the first shown, both times
            answer("y", "z", "a->b"),  # asked once only: counts nowhere
        )
    )
    assert order_consistency(replies, "m") == 0.5
    assert position_share(replies, "m") == 0.75
    assert order_consistency(replies, "nobody") is None


def stating(*said):
    """The vote from (first shown, second shown, verdict, stated) tuples."""
    (vote,) = votes(
        Answers(
            tuple(Answer(a, b, v, stated={v: p} if p else {}) for a, b, v, p in said)
        )
    )
    return vote


def test_what_is_stated_is_that_of_the_direction():
    """Its mean over the replies that give it; nothing where there is none."""
    both = stating(("x", "y", "a->b", 0.9), ("y", "x", "b->a", 0.6))
    assert (both.direction, both.stated) == (1, 0.75)
    one = stating(("x", "y", "none", 0.9), ("y", "x", "b->a", 0.6))
    assert (one.direction, one.pattern, one.stated) == (1, "one", 0.6)
    assert stating(("x", "y", "a->b", 0.9), ("y", "x", "a->b", 0.9)).stated is None
    assert stating(("x", "y", "none", 0.9)).stated is None
    assert stating(("x", "y", "a->b", None), ("y", "x", "b->a", None)).stated is None


def test_what_is_stated_does_not_depend_on_the_order_of_replies():
    """Nor do sums of what a computer cannot write down make a tie a difference."""
    said = [("x", "y", "a->b", p) for p in (0.7, 0.1, 0.3)]
    assert stating(*said).stated == stating(*said[::-1]).stated
    assert stating(*[("x", "y", "a->b", 0.6)] * 3).stated == 0.6
