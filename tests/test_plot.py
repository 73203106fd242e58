"""Pictures hold what the result holds, and look the same every time."""

from io import BytesIO

import matplotlib as mpl
import numpy as np
import pytest
from made import answer, answers_of, made_candidates, oracle
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch
from strategies import random_dag

from llmcd.combiner.reconcile import combine
from llmcd.equivalence import cpdag
from llmcd.expert.answers import Answers
from llmcd.graph import Graph
from llmcd.plot import draw_evidence, draw_graph, figure_size

mpl.use("Agg")


def canvas(size=(6, 4)):
    """Axes on a figure of their own."""
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure.subplots()


def png(ax):
    """The picture's bytes."""
    target = BytesIO()
    ax.figure.savefig(target, format="png", metadata={"Software": None})
    return target.getvalue()


def run(truth, asked=None):
    """A result on oracle data with an oracle about some pairs."""
    pairs = [e[:2] for e in truth.edges()] if asked is None else asked
    return combine(made_candidates(cpdag(truth)), answers_of(oracle(truth), pairs))


def arrows(ax):
    """The drawn edges."""
    return [p for p in ax.patches if isinstance(p, FancyArrowPatch)]


@pytest.mark.parametrize("nodes", [2, 10, 60])
def test_every_edge_once(nodes):
    """Each edge is drawn once, with an arrowhead only if it is directed."""
    truth = random_dag(np.random.default_rng(nodes), nodes, 2.5)
    combined = run(truth, asked=[])
    ax = canvas()
    assert draw_graph(combined, ax=ax) is ax
    drawn = {p.get_gid(): type(p.get_arrowstyle()).__name__ for p in arrows(ax)}
    assert len(drawn) == len(arrows(ax)) == combined.graph.n_edges
    for edge in combined.edges:
        style = drawn[f"edge {edge.cause} {edge.mark} {edge.effect}"]
        assert (style == "CurveFilledB") == (edge.mark == "-->")


def test_who_decided_is_seen_and_in_the_legend():
    """Edges of different deciders differ in colour or line; the legend names them."""
    data = Graph.from_edges(
        "abcxyuv", directed=[("a", "c"), ("b", "c")], undirected=[("x", "y"), ("u", "v")]
    )
    replies = Answers((answer("x", "y", "a->b"), answer("y", "x", "b->a")))
    ax = draw_graph(combine(made_candidates(data), replies), ax=canvas())
    looks = {p.get_gid(): (p.get_edgecolor(), p.get_linestyle()) for p in arrows(ax)}
    assert len(set(looks.values())) == 3
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words == [
        "directed by the data",
        "directed by the expert",
        "undirected: nobody knows",
    ]


def test_width_shows_how_sure():
    """A better supported edge is drawn wider."""
    one = Graph.from_edges("abc", directed=[("a", "c"), ("b", "c")])
    other = Graph.from_edges("abc", directed=[("a", "c")])
    candidates = made_candidates(one, [one] * 5 + [other] * 5)
    ax = draw_graph(combine(candidates, Answers.none()), ax=canvas())
    width = {p.get_gid(): p.get_linewidth() for p in arrows(ax)}
    assert width["edge a --> c"] > width["edge b --> c"]


def test_conflicts_are_marked():
    """An edge on which data and expert disagree carries a mark."""
    data = Graph.from_edges("abc", directed=[("a", "c"), ("b", "c")])
    replies = Answers((answer("a", "c", "b->a"), answer("c", "a", "a->b")))
    ax = draw_graph(combine(made_candidates(data), replies), ax=canvas())
    assert len([line for line in ax.lines if line.get_marker() == "X"]) == 1


@pytest.mark.parametrize("name", ["$x$", "a_b^c", "a\nb", "\U0001f600", "数据", "y" * 80])
def test_hostile_names_are_literal(name):
    """Mathematics, emoji and long names are drawn without warnings."""
    truth = Graph.from_edges([name, "other"], directed=[(name, "other")])
    assert png(draw_graph(run(truth), ax=canvas()))


def test_same_result_same_bytes():
    """Two pictures of one result are byte for byte the same."""
    combined = run(random_dag(np.random.default_rng(1), 12, 2.5))
    first, second = (png(draw_graph(combined, ax=canvas())) for _ in range(2))
    assert first == second


def test_figure_size_is_usable():
    """Sizes stay between a postcard and a poster."""
    for nodes in (1, 5, 60):
        truth = random_dag(np.random.default_rng(0), nodes, 2.0)
        width, height = figure_size(run(truth, asked=[]))
        assert 4 <= width <= 17
        assert 2 <= height <= 16


def test_evidence():
    """One point for each edge that was asked about, at its log-odds."""
    data = Graph.from_edges("abcd", directed=[("a", "c"), ("b", "c")])
    combined = combine(
        made_candidates(data), answers_of(oracle(data), [("a", "c"), ("a", "b")])
    )
    ax = draw_evidence(combined, ax=canvas())
    (points,) = (c.get_offsets() for c in ax.collections)
    (edge,) = (e for e in combined.edges if e.answers)
    assert np.allclose(points, [[edge.provenance[0].log_odds, edge.expert_log_odds]])
    assert png(ax)
