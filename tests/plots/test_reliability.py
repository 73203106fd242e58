"""What was learnt about an expert, drawn where it belongs."""

from dataclasses import replace

import matplotlib as mpl
import pytest
from drawing import canvas, png, texts_of
from made import always_first, answers_of, liar, made_candidates, oracle

from llmcd.combiner.reconcile import combine
from llmcd.expert.answers import Answers
from llmcd.graph import Graph
from llmcd.plots.reliability import draw_reliability

mpl.use("Agg")

TRUTH = Graph.from_edges("abcd", directed=[("a", "c"), ("b", "c"), ("c", "d")])
PAIRS = TRUTH.directed_edges()


def shares(ax):
    """The drawn shares from top to bottom, and the intervals."""
    lines = {kind: [x for x in ax.get_lines() if x.get_gid() == kind]
             for kind in ("share", "interval")}  # fmt: skip
    points = [
        (float(x.get_ydata()[0]), float(x.get_xdata()[0])) for x in lines["share"]
    ]
    return [x for _, x in sorted(points)], [
        tuple(x.get_xdata()) for x in lines["interval"]
    ]


@pytest.mark.parametrize("says", [oracle(TRUTH), liar(TRUTH), always_first])
def test_the_numbers_are_the_result(says):
    """Each share stands where the result says, and the interval is the 90 % one."""
    combined = combine(made_candidates(TRUTH), answers_of(says, PAIRS))
    (one,) = combined.reliability
    drawn, intervals = shares(draw_reliability(combined, ax=canvas()))
    told = [one.accuracy, one.single_accuracy, one.order_consistency, one.first_shown]
    assert drawn == [x for x in told if x is not None]
    assert intervals == [(one.low, one.high)]


def test_what_is_not_known_is_said():
    """Asked in one order only, nothing is known of consistency and of position."""
    half = answers_of(oracle(TRUTH), PAIRS).answers[::2]
    ax = draw_reliability(combine(made_candidates(TRUTH), Answers(half)), ax=canvas())
    assert texts_of(ax).count("not known") == 2
    assert len(shares(ax)[0]) == 2


def test_words_stay_clear_of_the_rows_names():
    """The words of a share near 0 end in the picture, not on the names of the rows."""
    combined = combine(made_candidates(TRUTH), answers_of(liar(TRUTH), PAIRS))
    (one,) = combined.reliability
    found_out = replace(one, accuracy=0.06, low=0.01, high=0.15)
    ax = draw_reliability(replace(combined, reliability=(found_out,)), ax=canvas())
    ax.figure.draw_without_rendering()
    left = ax.get_window_extent().x0
    words = [t for t in ax.texts if "agrees on" in t.get_text()]
    assert words
    assert all(t.get_window_extent().x0 >= left for t in words)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_points_of_a_row_stay_within_it(count):
    """However many experts there are, a row's points end before the next one's."""
    replies = [
        x for k in range(count) for x in answers_of(liar(TRUTH), PAIRS, f"{k}").answers
    ]
    combined = combine(made_candidates(TRUTH), Answers(tuple(replies)))
    ax = draw_reliability(combined, ax=canvas())
    at = [float(x.get_ydata()[0]) for x in ax.get_lines() if x.get_gid() == "share"]
    assert len(at) == 4 * count
    for k in range(count):
        own = at[4 * k : 4 * k + 4]
        assert all(abs(y - row) < 0.5 for row, y in enumerate(own))


def test_several_experts():
    """Two experts are told apart by colour, marker and name."""
    both = (
        *answers_of(oracle(TRUTH), PAIRS, "$good$").answers,
        *answers_of(liar(TRUTH), PAIRS, "bad_one").answers,
    )
    ax = draw_reliability(combine(made_candidates(TRUTH), Answers(both)), ax=canvas())
    assert len(shares(ax)[0]) == 8
    assert {"$good$", "bad_one"} <= set(texts_of(ax))
    looks = {(x.get_color(), x.get_marker()) for x in ax.get_lines()
             if x.get_gid() == "share"}  # fmt: skip
    assert len(looks) == 2
    assert png(ax)


def test_nobody():
    """Without an expert the picture says so."""
    ax = draw_reliability(combine(made_candidates(TRUTH), Answers.none()), ax=canvas())
    assert "nobody was asked" in [text.get_text() for text in ax.texts]
