"""How recorded replies are read, whichever peer asks."""

import importlib.util
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.peers import ADAPTERS
from llmcd.expert.replies import VERDICTS

_spec = importlib.util.spec_from_file_location("asked", ADAPTERS / "asked.py")
asked = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(asked)

SAID = [*VERDICTS, None]


# What was said with x shown first, and with y shown first; then, all about (x, y): what
# a peer hears that asks x before y, what both orders say, what they agree on.
@pytest.mark.parametrize(
    ("first", "second", "one", "both", "agreed"),
    [
        ("a->b", "b->a", "a->b", "a->b", "a->b"),
        ("b->a", "a->b", "b->a", "b->a", "b->a"),
        ("a->b", "a->b", "a->b", None, None),  # always the one shown first
        ("a->b", None, "a->b", "a->b", None),
        (None, "b->a", None, "a->b", None),
        ("none", "b->a", "none", "a->b", None),
        ("common cause", "a->b", "common cause", "b->a", None),
        ("none", "none", "none", "none", "none"),
        ("none", None, "none", None, None),
        ("none", "common cause", "none", None, None),
        ("common cause", "common cause", *["common cause"] * 3),
        (None, None, None, None, None),
    ],
)
def test_two_orders(first, second, one, both, agreed):
    """One order gets its reply; both give what they share, else the one direction."""
    replies = asked.Replies([["x", "y", first], ["y", "x", second]])
    assert replies.one_order("x", "y") == one
    assert replies.both_orders("x", "y") == both
    assert replies.agreed("x", "y") == agreed


@pytest.mark.parametrize("verdict", SAID)
def test_one_order_only(verdict):
    """With one order recorded, each way of reading gives its reply, turned if need."""
    replies = asked.Replies([["x", "y", verdict]])
    for read in (replies.one_order, replies.both_orders, replies.agreed):
        assert read("x", "y") == verdict
        assert read("y", "x") == asked.turned(verdict)


def test_no_answer():
    """A pair without a reply is "I don't know", asked about but not answered."""
    replies = asked.Replies([["x", "y", "a->b"]])
    assert replies.one_order("x", "z") is None
    assert replies.both_orders("z", "y") is None
    assert replies.told() == {"asked": 2, "unanswered": 2, "questions": 0}


def test_repeats_by_majority():
    """Repeats in one order count as their majority; a tie is no answer."""
    three = [["x", "y", "a->b"], ["x", "y", "none"], ["x", "y", "a->b"]]
    assert asked.Replies(three).one_order("x", "y") == "a->b"
    assert asked.Replies(three[:2]).one_order("x", "y") is None
    replies = asked.Replies(three)
    replies.both_orders("y", "x")
    assert replies.told() == {"asked": 1, "unanswered": 0, "questions": 3}


def test_questions_are_the_replies_given():
    """One order uses one reply, both use two, and asking again uses none."""
    replies = asked.Replies(
        [["x", "y", "a->b"], ["y", "x", "b->a"], ["y", "z", None], ["z", "y", "none"]]
    )
    replies.ask("y", "x", "one")
    assert replies.told() == {"asked": 1, "unanswered": 0, "questions": 1}
    replies.ask("y", "x", "one")
    assert replies.told() == {"asked": 1, "unanswered": 0, "questions": 1}
    replies.ask("x", "y", "both")
    assert replies.told() == {"asked": 1, "unanswered": 0, "questions": 2}
    replies.ask("z", "y", "both")
    assert replies.told() == {"asked": 2, "unanswered": 0, "questions": 4}
    assert replies.pairs == [("x", "y"), ("y", "z")]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(product("xy", "xy"))[1:3]), st.sampled_from(SAID)
        ),
        max_size=6,
    )
)
def test_names_may_be_turned(said):
    """Reading a pair the other way round only turns what is read."""
    replies = asked.Replies([[*order, verdict] for order, verdict in said])
    for read in (replies.both_orders, replies.agreed):
        assert read("y", "x") == asked.turned(read("x", "y"))
    if replies.agreed("x", "y") is not None:
        assert replies.both_orders("x", "y") == replies.agreed("x", "y")
