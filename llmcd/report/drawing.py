"""The graph as shapes for the page: an SVG that a script can bring to life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from llmcd.combiner.combined import Combined, EdgeDecision
from llmcd.layout import Layout, Point, layered
from llmcd.plots.graph import how_sure, middle_of, with_heads
from llmcd.plots.names import LINE, labels
from llmcd.plots.styles import STYLES

__all__ = ["Drawing", "Line", "Node", "drawing"]

WIDTHS = (420, 560, 700, 840, 980, 1120, 1300, 1500)  # of the page, px
EASY, LARGEST = 12.0, 14.0  # height of letters, px
MARGIN = 10.0


@dataclass(frozen=True)
class Node:
    """A box with a name in it, in px.

    Attributes
    ----------
    name : str
        The variable.
    x, y, width, height : float
        Upper left corner and size.
    lines : tuple of (str, float, float)
        Text, height of its base line and width that it must keep.
    linked : bool
        Whether it has an edge.
    """

    name: str
    x: float
    y: float
    width: float
    height: float
    lines: tuple[tuple[str, float, float], ...]
    linked: bool


@dataclass(frozen=True)
class Line:
    """An edge, in px.

    Attributes
    ----------
    edge : EdgeDecision
        What it stands for.
    who : str
        Its class on the page: who decided, or ``other``.
    path : str
        The line, as SVG path data.
    heads : tuple of str
        Arrowheads, as SVG polygon points.
    width : float
        Of the line; wider is surer.
    clash : (float, float) or None
        Where to mark that data and expert disagree.
    """

    edge: EdgeDecision
    who: str
    path: str
    heads: tuple[str, ...]
    width: float
    clash: Point | None


@dataclass(frozen=True)
class Drawing:
    """A picture of the graph.

    Attributes
    ----------
    width, height : float
        Of the picture, px.
    font_size : float
        Px.
    nodes : tuple of Node
        In name order.
    lines : tuple of Line
        In name order of cause and effect.
    """

    width: float
    height: float
    font_size: float
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]


def drawing(combined: Combined) -> Drawing:
    """Lay the graph out for a page on a screen.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled.

    Returns
    -------
    Drawing
        On the narrowest page on which its letters are easy to read.

    Examples
    --------
    >>> import llmcd, numpy as np, pandas as pd
    >>> rows = np.random.default_rng(0).normal(size=(99, 2))
    >>> rows = pd.DataFrame(rows, columns=["x", "y"])
    >>> combined = llmcd.discover(rows, bootstrap=2, progress=False).combined
    >>> [node.name for node in drawing(combined).nodes]
    ['x', 'y']
    """
    written, boxes = labels(combined.graph.names)
    placed = _placed(combined, boxes)
    size = placed.font_size
    spots = [
        (x + s * boxes[v][0] * size / 2, y + s * boxes[v][1] * size / 2)
        for v, (x, y) in placed.centres.items()
        for s in (-1, 1)
    ]
    spots += [point for route in placed.routes.values() for point in route]
    corner = np.min(spots, axis=0) - MARGIN if spots else np.zeros(2)
    wide, tall = np.max(spots, axis=0) + MARGIN - corner if spots else (100.0, 20.0)
    edges = sorted(combined.edges, key=lambda e: (e.cause, e.effect))
    ends = {name for edge in edges for name in (edge.cause, edge.effect)}
    against = {frozenset((c.a, c.b)) for c in combined.conflicts}
    return Drawing(
        _round(wide),
        _round(tall),
        _round(size),
        tuple(
            _node(v, written[v], np.subtract(placed.centres[v], corner), boxes[v], size,
                  v in ends)
            for v in sorted(placed.centres)
        ),
        tuple(_line(edge, placed, corner, size, against) for edge in edges),
    )  # fmt: skip


def _placed(combined: Combined, boxes: Mapping[str, Point]) -> Layout:
    placed = layered(combined.graph, boxes, 1.0, 1.0)
    for width in WIDTHS:
        page = width, 1.1 * width
        placed = layered(combined.graph, boxes, *page, largest=LARGEST)
        if placed.font_size >= EASY:
            break
    return placed


def _round(x: float) -> float:
    return round(float(x), 1) + 0.0


def _node(
    name: str, label: str, at: np.ndarray, box: Point, size: float, linked: bool
) -> Node:
    wide, tall = box[0] * size, box[1] * size
    lines = label.split("\n")
    first = at[1] - LINE * size * (len(lines) - 1) / 2 + 0.35 * size
    longest = max(map(len, lines))
    return Node(
        name,
        _round(at[0] - wide / 2),
        _round(at[1] - tall / 2),
        _round(wide),
        _round(tall),
        tuple(
            # the longest line is kept to its box, whatever the reader's font
            (text, _round(first + k * LINE * size),
             _round(wide - 0.9 * size) if len(text) == longest and longest > 3 else 0.0)
            for k, text in enumerate(lines)
        ),
        linked,
    )  # fmt: skip


def _line(
    edge: EdgeDecision,
    placed: Layout,
    corner: np.ndarray,
    size: float,
    against: set[frozenset[str]],
) -> Line:
    route = placed.routes.get((edge.cause, edge.effect))
    if route is None:
        route = placed.routes[edge.effect, edge.cause][::-1]
    curve = np.array(route) - corner
    width = size / 9 * (0.6 + 1.8 * how_sure(edge))
    middle = (
        middle_of(curve) if frozenset((edge.cause, edge.effect)) in against else None
    )
    curve, heads = with_heads(curve, edge.mark, 0.42 * size + 1.6 * width)
    path = f"M{_pair(curve[0])}C" + " ".join(map(_pair, curve[1:]))
    return Line(
        edge,
        edge.decided_by if edge.decided_by in STYLES else "other",
        path,
        tuple(" ".join(map(_pair, head)) for head in heads),
        _round(width),
        None if middle is None else (_round(middle[0]), _round(middle[1])),
    )


def _pair(point: np.ndarray) -> str:
    return f"{_round(point[0])},{_round(point[1])}"
