"""Data against expert: points at both log-odds, disagreements by name."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from drawing import canvas, png
from made import answer, answers_of, made_candidates, oracle

import llmcd
from llmcd.combiner.reconcile import combine
from llmcd.expert.answers import Answers
from llmcd.graph import Graph
from llmcd.plots.evidence import draw_evidence

mpl.use("Agg")


def test_evidence():
    """One point for each edge that was asked about, at both log-odds."""
    data = Graph.from_edges("abcd", directed=[("a", "c"), ("b", "c")])
    combined = combine(
        made_candidates(data), answers_of(oracle(data), [("a", "c"), ("a", "b")])
    )
    ax = draw_evidence(combined, ax=canvas())
    (points,) = (c.get_offsets() for c in ax.collections)
    (edge,) = (e for e in combined.edges if e.answers)
    assert np.allclose(points, [[edge.provenance[0].log_odds, edge.expert_log_odds]])


def test_evidence_in_posterior_mode():
    """The rows' number is that of the direction, not that there is an edge at all."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"x": rng.normal(size=300)})
    rows["y"] = rows["x"] + rng.normal(size=300)
    truth = Graph.from_edges("xy", directed=["xy"])
    found = llmcd.candidates(rows, bootstrap=2)
    combined = combine(found, answers_of(oracle(truth), [("x", "y")]))
    assert combined.mode == "posterior"
    ax = draw_evidence(combined, ax=canvas())
    (points,) = (c.get_offsets() for c in ax.collections)
    # two columns: the rows say that there is an edge, and nothing of its direction
    assert combined.edges[0].adjacency > 0.99
    assert abs(points[0][0]) < 0.05


def test_evidence_names_the_disagreements():
    """Edges on which the signs differ are named, the others are not."""
    data = Graph.from_edges("abcd", directed=[("a", "c"), ("b", "c"), ("c", "d")])
    replies = (
        *(answer(x, "c", "a->b") for x in "ab"),
        *(answer("c", x, "b->a") for x in "ab"),
        answer("c", "d", "b->a"),
        answer("d", "c", "a->b"),
    )
    combined = combine(made_candidates(data), Answers(replies))
    (against,) = (e for e in combined.edges if e.expert_log_odds < 0)
    ax = draw_evidence(combined, ax=canvas())
    words = f"{against.cause} → {against.effect}"
    assert [text.get_text() for text in ax.texts] == [words]


def test_the_disagreeing_quadrants_are_shaded():
    """Where signs differ the ground is coloured, whatever the limits are."""
    data = Graph.from_edges("abcd", directed=[("a", "c"), ("b", "c")])
    ax = draw_evidence(
        combine(made_candidates(data), answers_of(oracle(data), [("a", "c")])),
        ax=canvas(),
    )
    shaded = [p.get_bbox() for p in ax.patches if p.get_gid() == "against"]
    assert len(shaded) == 2
    for box in shaded:
        x, y = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        assert x * y < 0


@pytest.mark.parametrize("name", ["a\nb", "\U0001f600", "y" * 500, "$x$", r"\alpha"])
def test_names_that_cannot_be_drawn(name):
    """Control characters, glyphs no font has, mathematics: no warning, no error."""
    data = Graph.from_edges([name, "b", "c"], directed=[(name, "c"), ("b", "c")])
    against = Answers((answer(name, "c", "b->a"), answer("c", name, "a->b")))
    assert png(draw_evidence(combine(made_candidates(data), against), ax=canvas()))
