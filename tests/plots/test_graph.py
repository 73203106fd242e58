"""Pictures hold what the result holds, and look the same every time."""

from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from drawing import canvas, png
from made import answer, answers_of, known_right, made_candidates, oracle
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from strategies import random_dag

from llmcd.background import Background
from llmcd.combiner.reconcile import combine
from llmcd.equivalence import cpdag
from llmcd.expert.answers import Answers
from llmcd.graph import Graph
from llmcd.plots.graph import draw_graph, figure_size

mpl.use("Agg")


def run(truth, asked=None):
    """A result on oracle data with an oracle about some pairs."""
    pairs = [e[:2] for e in truth.edges()] if asked is None else asked
    return combine(made_candidates(cpdag(truth)), answers_of(oracle(truth), pairs))


def named(ax, kind, prefix):
    """Drawn things of a kind by the name they carry, and how many they are."""
    found = [p for p in ax.patches if isinstance(p, kind)]
    found = [p for p in found if (p.get_gid() or "").startswith(prefix)]
    return {p.get_gid().removeprefix(prefix): p for p in found}, len(found)


def lines(ax):
    """The drawn edges by name."""
    found, count = named(ax, PathPatch, "edge ")
    assert len(found) == count
    return found


def boxes(ax):
    """The boxes of the nodes as (x0, y0, x1, y1) in points."""
    found = [p for p in ax.patches if isinstance(p, FancyBboxPatch)]
    outlines = [p.get_path().get_extents() for p in found]
    return np.array([[b.x0, b.y0, b.x1, b.y1] for b in outlines])


def dense(nodes):
    """A result with edges of every kind of length."""
    truth = random_dag(np.random.default_rng(nodes), nodes, 2.5)
    return run(truth, asked=[])


@pytest.mark.parametrize("nodes", [1, 2, 10, 60])
def test_every_edge_once(nodes):
    """Each edge is drawn once, with an arrowhead only if it is directed."""
    combined = dense(nodes)
    ax = canvas()
    assert draw_graph(combined, ax=ax) is ax
    drawn = lines(ax)
    heads, count = named(ax, Polygon, "head ")
    names = [f"{e.cause} {e.mark} {e.effect}" for e in combined.edges]
    directed = [e for e in combined.edges if e.mark == "-->"]
    assert sorted(drawn) == sorted(names)
    assert len(names) == combined.graph.n_edges
    assert count == len(heads) == len(directed)
    assert len(boxes(ax)) == nodes


def test_a_common_cause_has_two_heads():
    """An edge with two arrows gets a head at each end."""
    combined = run(Graph.from_edges("ab", directed=[("a", "b")]))
    both = replace(combined, edges=(replace(combined.edges[0], mark="<->"),))
    _, count = named(draw_graph(both, ax=canvas()), Polygon, "head ")
    assert count == 2


def test_heads_are_at_the_effect():
    """The tip of an arrow touches the effect's box and not the cause's."""
    truth = Graph.from_edges("abcd", directed=[("a", "c"), ("b", "c"), ("c", "d")])
    ax = draw_graph(run(truth), ax=canvas())
    centres = {t.get_text(): np.array(t.get_position()) for t in ax.texts}
    heads, _ = named(ax, Polygon, "head ")
    for cause, effect in truth.directed_edges():
        tip = heads[f"{cause} --> {effect}"].get_xy()[0]
        x, y = np.abs(tip - centres[effect])
        near = boxes(ax)[[t.get_text() for t in ax.texts].index(effect)]
        assert x <= (near[2] - near[0]) / 2 + 0.1
        assert y == pytest.approx((near[3] - near[1]) / 2, abs=0.1)
        # Causes stand above their effects.
        assert centres[cause][1] < centres[effect][1]


@pytest.mark.parametrize("nodes", [4, 25, 60])
def test_boxes_do_not_overlap_and_stay_inside(nodes):
    """No box covers another, and all of the picture is on the page."""
    combined = dense(nodes)
    ax = draw_graph(combined, ax=canvas(figure_size(combined)))
    found = boxes(ax)
    for k, one in enumerate(found):
        for two in found[k + 1 :]:
            apart = np.maximum(one[:2] - two[2:], two[:2] - one[2:])
            assert apart.max() > 0
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert found[:, 0].min() >= left
    assert found[:, 2].max() <= right
    assert found[:, 1].min() >= min(bottom, top)
    assert found[:, 3].max() <= max(bottom, top)
    for patch in lines(ax).values():
        reach = patch.get_path().get_extents()
        assert left <= reach.x0 <= reach.x1 <= right


@pytest.mark.parametrize("nodes", [10, 40])
def test_no_edge_runs_through_a_third_box(nodes):
    """An edge passes beside the boxes of the variables that it does not join."""
    combined = dense(nodes)
    ax = draw_graph(combined, ax=canvas(figure_size(combined)))
    at = dict(zip([t.get_text() for t in ax.texts], boxes(ax), strict=True))
    for edge in combined.edges:
        patch = lines(ax)[f"{edge.cause} {edge.mark} {edge.effect}"]
        points = patch.get_path().interpolated(1).cleaned(curves=False).vertices
        for name, (x0, y0, x1, y1) in at.items():
            if name not in (edge.cause, edge.effect):
                x, y = points[np.isfinite(points).all(axis=1)].T
                inside = (x > x0 + 1) & (x < x1 - 1) & (y > y0 + 1) & (y < y1 - 1)
                assert not inside.any(), (edge, name)


def test_letters_fit_their_boxes():
    """A name is never wider or higher than its box."""
    names = ["i", "W" * 30, "a_long_name_with_parts", "two words", "x" * 200]
    edges = [(names[0], other) for other in names[1:]]
    ax = draw_graph(run(Graph.from_edges(names, directed=edges)), ax=canvas((9, 6)))
    ax.figure.draw_without_rendering()
    for text, box in zip(ax.texts, boxes(ax), strict=True):
        here = ax.transData.inverted().transform_bbox(text.get_window_extent())
        assert box[0] <= here.x0 <= here.x1 <= box[2]
        low, high = sorted((here.y0, here.y1))
        assert box[1] <= low <= high <= box[3]


def result_of_every_kind():
    """Edges decided by the data, the expert, knowledge, Meek's rules and nobody."""
    data = Graph.from_edges(
        "abcxyuvpqr",
        directed=[("a", "c"), ("b", "c")],
        undirected=[("x", "y"), ("u", "v"), ("p", "q"), ("q", "r")],
    )
    known = Background(required=[("u", "v")])
    candidates = made_candidates(data, background=known)
    sure = answers_of(
        oracle(Graph.from_edges("xy", directed=[("x", "y")])), [("x", "y")]
    )
    combined = combine(candidates, sure, audits=known_right(sure))
    who = {("u", "v"): "background", ("p", "q"): "Meek"}
    edges = tuple(
        replace(e, decided_by=who.get((e.cause, e.effect), e.decided_by), mark=mark)
        for e in combined.edges
        for mark in ["-->" if (e.cause, e.effect) in who else e.mark]
    )
    return replace(combined, edges=edges)


def test_who_decided_is_seen_and_in_the_legend():
    """Edges of different deciders differ in colour or line; the legend names them."""
    combined = result_of_every_kind()
    ax = draw_graph(combined, ax=canvas())
    drawn = lines(ax)
    looks = {}
    for edge in combined.edges:
        line = drawn[f"{edge.cause} {edge.mark} {edge.effect}"]
        look = (line.get_edgecolor(), str(line.get_linestyle()))
        looks.setdefault(edge.decided_by, set()).add(look)
    assert set(looks) == {"data", "expert", "background", "Meek", "nobody"}
    assert all(len(each) == 1 for each in looks.values())
    assert len(set.union(*looks.values())) == 5
    shown = {
        (line.get_color(), line.get_label()) for line in ax.get_legend().get_lines()
    }
    assert len(shown) == 5


def test_legend_names_only_what_is_drawn():
    """A graph that the data alone decided has one line in its legend."""
    data = Graph.from_edges("abc", directed=[("a", "c"), ("b", "c")])
    ax = draw_graph(combine(made_candidates(data), Answers.none()), ax=canvas())
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["data"]


@pytest.mark.parametrize("size", [(3, 3), (4.5, 3.15), (12, 8)])
@pytest.mark.parametrize("dpi", [60, 130])
def test_legend_stays_inside(size, dpi):
    """The legend is cut off at no size and no resolution, and moves nothing."""
    ax = draw_graph(result_of_every_kind(), ax=canvas(size))
    ax.figure.dpi = dpi
    before = ax.get_position().bounds
    ax.figure.draw_without_rendering()
    assert ax.get_position().bounds == pytest.approx(before, abs=0.02)
    page, legend = ax.figure.bbox, ax.get_legend().get_window_extent()
    assert page.x0 - 1 <= legend.x0 <= legend.x1 <= page.x1 + 1


def test_width_shows_how_sure():
    """A better supported edge is drawn wider."""
    one = Graph.from_edges("abc", directed=[("a", "c"), ("b", "c")])
    other = Graph.from_edges("abc", directed=[("a", "c")])
    candidates = made_candidates(one, [one] * 5 + [other] * 5)
    drawn = lines(draw_graph(combine(candidates, Answers.none()), ax=canvas()))
    assert drawn["a --> c"].get_linewidth() > drawn["b --> c"].get_linewidth()


def test_conflicts_are_marked():
    """An edge on which data and expert disagree carries a mark on its line."""
    data = Graph.from_edges("abc", directed=[("a", "c"), ("b", "c")])
    replies = Answers((answer("a", "c", "b->a"), answer("c", "a", "a->b")))
    ax = draw_graph(combine(made_candidates(data), replies), ax=canvas())
    (marks,) = (c for c in ax.collections if c.get_gid() == "conflicts")
    (spot,) = marks.get_offsets()
    reach = lines(ax)["a --> c"].get_path().get_extents()
    assert reach.x0 - 1 <= spot[0] <= reach.x1 + 1
    assert reach.y0 <= spot[1] <= reach.y1


@pytest.mark.parametrize("name", ["$x$", "a_b^c", r"\alpha", "{x}", "%", "<b>", "a&b"])
def test_hostile_names_are_literal(name):
    """Names that mean something to matplotlib or SVG are shown as they are."""
    truth = Graph.from_edges([name, "other"], directed=[(name, "other")])
    ax = draw_graph(run(truth), ax=canvas())
    assert name in [text.get_text() for text in ax.texts]
    assert not any(text.get_parse_math() for text in ax.texts)
    assert png(ax)


@pytest.mark.parametrize("name", ["a\nb", "\x00", "\U0001f600", "数据", "y" * 500, " "])
def test_names_that_cannot_be_drawn(name):
    """Control characters, glyphs no font has and endless names give no warning."""
    truth = Graph.from_edges([name, "other"], directed=[(name, "other")])
    combined = run(truth)
    assert png(draw_graph(combined, ax=canvas()))


def test_same_result_same_bytes():
    """Two pictures of one result are byte for byte the same."""
    combined = run(random_dag(np.random.default_rng(1), 12, 2.5))
    first, second = (png(draw_graph(combined, ax=canvas())) for _ in range(2))
    assert first == second


def test_order_of_columns_changes_nothing():
    """The same result with its columns in another order is the same picture."""
    truth = random_dag(np.random.default_rng(4), 12, 2.5)
    first = png(draw_graph(run(truth, []), ax=canvas()))
    other = truth.reorder(truth.names[::-1])
    assert png(draw_graph(run(other, []), ax=canvas())) == first


def test_somebody_new_decided():
    """An edge of a decider without a style of its own is drawn and in the legend."""
    combined = run(Graph.from_edges("ab", directed=[("a", "b")]))
    edge = replace(combined.edges[0], decided_by="data and expert")
    ax = draw_graph(replace(combined, edges=(edge,)), ax=canvas())
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["data and expert"]


def test_figure_size_is_usable():
    """Sizes stay between a postcard and a poster, and grow with the graph."""
    sizes = [figure_size(dense(nodes)) for nodes in (1, 10, 60)]
    assert sizes == sorted(sizes)
    assert all(4 <= w <= 20 and 2 <= h <= 16 for w, h in sizes)


def test_own_figure():
    """Without axes a new figure is made, which pyplot knows and can show."""
    from matplotlib import pyplot as plt

    combined = run(Graph.from_edges("ab", directed=[("a", "b")]))
    ax = draw_graph(combined)
    assert plt.fignum_exists(ax.figure.number)
    plt.close(ax.figure)
