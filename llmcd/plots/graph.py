"""The graph in layers, with who decided each edge and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from llmcd.combiner.combined import Combined, EdgeDecision
from llmcd.layout import Point, layered
from llmcd.plots.names import LINE, labels
from llmcd.plots.styles import CONFLICT, STYLES, new_axes, page_size, style_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_graph", "figure_size", "how_sure", "middle_of", "with_heads"]

SIZES = [(k, 0.7 * k) for k in (4.5, 5.5, 6.5, 7.5, 8.5, 10, 11.5, 13, 15, 17, 20)]


def figure_size(combined: Combined) -> tuple[float, float]:
    """Width and height in inches at which the picture is easy to read.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled.

    Returns
    -------
    (float, float)
        The smallest of a few sizes at which the letters have 8 points or more.

    Examples
    --------
    >>> import llmcd, numpy as np, pandas as pd
    >>> rows = np.random.default_rng(0).normal(size=(99, 2))
    >>> rows = pd.DataFrame(rows, columns=["x", "y"])
    >>> combined = llmcd.discover(rows, bootstrap=2, progress=False).combined
    >>> figure_size(combined)[0]
    4.5
    """
    _, boxes = labels(combined.graph.names)
    for width, height in SIZES:
        page = 72 * width - 20, 72 * height - 45
        if layered(combined.graph, boxes, *page).font_size >= 8:
            return width, height
    return SIZES[-1]


def draw_graph(combined: Combined, *, ax: Axes | None = None) -> Axes:
    """Draw the graph in layers from cause to effect, with who decided each edge.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure of `figure_size`.

    Returns
    -------
    matplotlib.axes.Axes
        The picture is laid out for the axes' size at this moment.

    Notes
    -----
    Colour and line style say who decided an edge, its width how sure it is:
    probability of an edge times that of its direction. A red cross marks an edge on
    which data and expert disagree; disagreements about absent edges are in
    ``combined.conflicts`` only.

    Examples
    --------
    >>> import llmcd, numpy as np, pandas as pd
    >>> rows = np.random.default_rng(0).normal(size=(99, 2))
    >>> rows = pd.DataFrame(rows, columns=["x", "y"])
    >>> combined = llmcd.discover(rows, bootstrap=2, progress=False).combined
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().subplots()
    >>> draw_graph(combined, ax=axes) is axes
    True
    """
    axes = new_axes(ax, figure_size(combined) if ax is None else None)
    axes.set_axis_off()
    width, height = page_size(axes)
    axes.set(xlim=(0, width), ylim=(height, 0))
    conflicts = {frozenset((c.a, c.b)) for c in combined.conflicts}
    # in name order, so that the order of the columns does not show
    edges = sorted(combined.edges, key=lambda e: (e.cause, e.effect))
    marked = [e for e in edges if frozenset((e.cause, e.effect)) in conflicts]
    taken = _legend(axes, edges, bool(marked), width)
    written, boxes = labels(combined.graph.names)
    margin = 8.0  # lines may bend a little beyond the outermost box
    page = max(width - 2 * margin, 1.0), max(height - taken - 2 * margin, 1.0)
    placed = layered(combined.graph, boxes, *page)
    size = placed.font_size
    middles: list[Point] = []
    for edge in edges:
        route = placed.routes.get((edge.cause, edge.effect))
        if route is None:
            route = placed.routes[edge.effect, edge.cause][::-1]
        curve = np.array(route) + margin
        _draw_edge(axes, edge, curve, size)
        if edge in marked:
            middles.append(middle_of(curve))
    ends = {name for edge in edges for name in (edge.cause, edge.effect)}
    for name, (x, y) in sorted(placed.centres.items()):
        box = boxes[name][0] * size, boxes[name][1] * size
        _draw_node(
            axes, written[name], (x + margin, y + margin), box, size, name in ends
        )
    if middles:
        axes.scatter(
            *np.array(middles).T, s=(0.62 * size) ** 2, c=CONFLICT, marker="X",
            linewidths=0.07 * size, edgecolors="white", zorder=4, gid="conflicts",
        )  # fmt: skip
    return axes


def _draw_node(
    axes: Axes, label: str, at: Point, box: Point, size: float, linked: bool
) -> None:
    from matplotlib.patches import FancyBboxPatch

    round_by = 0.3 * size
    corner = at[0] - box[0] / 2 + round_by, at[1] - box[1] / 2 + round_by
    axes.add_patch(
        FancyBboxPatch(
            corner, box[0] - 2 * round_by, box[1] - 2 * round_by,
            boxstyle=f"round,pad={round_by},rounding_size={round_by}",
            facecolor="#f4f6f8" if linked else "white",
            edgecolor="#555555" if linked else "#bbbbbb",
            linewidth=0.075 * size, zorder=2, gid="node",
        )
    )  # fmt: skip
    axes.text(
        *at, label, fontsize=size, color="black" if linked else "#666666",
        ha="center", va="center", linespacing=LINE, parse_math=False, usetex=False,
        zorder=3, clip_on=False,
    )  # fmt: skip


# --- edges ----------------------------------------------------------------------------


def how_sure(edge: EdgeDecision) -> float:
    """Between 0 and 1: probability of an edge times that of its direction."""
    return float(np.clip(edge.probability * edge.adjacency, 0.0, 1.0))


def _draw_edge(axes: Axes, edge: EdgeDecision, curve: np.ndarray, size: float) -> None:
    """One line, and an arrowhead at each end that has one."""
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    style = style_of(edge.decided_by)
    scale = float(np.clip(size / 9, 0.5, 1.1))
    line = scale * (0.6 + 1.8 * how_sure(edge))
    name = f"{edge.cause} {edge.mark} {edge.effect}"
    curve, heads = with_heads(curve, edge.mark, 0.42 * size + 1.6 * line)
    codes = [Path.MOVETO] + [Path.CURVE4] * (len(curve) - 1)
    axes.add_patch(
        PathPatch(
            Path(curve, codes), facecolor="none", edgecolor=style.colour,
            linewidth=line, linestyle=style.line, capstyle="butt", zorder=1,
            gid=f"edge {name}",
        )
    )  # fmt: skip
    for head in heads:
        axes.add_patch(
            Polygon(head, facecolor=style.colour, edgecolor="none", zorder=1.5,
                    gid=f"head {name}")
        )  # fmt: skip


def with_heads(
    curve: np.ndarray, mark: str, long: float
) -> tuple[np.ndarray, list[np.ndarray]]:
    """A curve that ends inside its arrowheads, and these, for an edge's mark.

    Parameters
    ----------
    curve : array of float, shape (3 k + 1, 2)
        A Bezier curve.
    mark : str
        ``-->``, ``---`` or ``<->``.
    long : float
        Length of an arrowhead.

    Returns
    -------
    (array, list of array)
        The curve, and three corners for each head, the tip first.
    """
    curve = curve.copy()
    heads: list[np.ndarray] = []
    for at, behind, has in (
        (-1, -2, mark in ("-->", "<->")),
        (0, 1, mark == "<->"),
    ):
        if has:
            tip = curve[at].copy()
            along = tip - curve[behind]
            along /= max(float(np.hypot(*along)), 1e-9)
            aside = np.array([-along[1], along[0]]) * 0.4 * long
            base = tip - along * long
            heads.append(np.array([tip, base + aside, base - aside]))
            curve[[at, behind]] -= along * long * 0.8
    return curve, heads


def middle_of(curve: np.ndarray) -> Point:
    """The point half way along a Bezier curve."""
    t = np.linspace(0, 1, 33)[:, None]
    pieces = [
        (1 - t) ** 3 * curve[k] + 3 * (1 - t) ** 2 * t * curve[k + 1]
        + 3 * (1 - t) * t**2 * curve[k + 2] + t**3 * curve[k + 3]
        for k in range(0, len(curve) - 1, 3)
    ]  # fmt: skip
    line = np.concatenate(pieces)
    gone = np.concatenate([[0.0], np.hypot(*np.diff(line, axis=0).T).cumsum()])
    half = gone[-1] / 2
    return float(np.interp(half, gone, line[:, 0])), float(
        np.interp(half, gone, line[:, 1])
    )


def _legend(
    axes: Axes, edges: Sequence[EdgeDecision], conflicts: bool, width: float
) -> float:
    """Explain the kinds of edge that occur; the height taken, points."""
    from matplotlib.lines import Line2D

    kinds = {e.decided_by for e in edges}
    known = [who for who in STYLES if who in kinds]
    styles = map(style_of, [*known, *sorted(kinds - set(known))])
    handles = [
        Line2D([], [], color=style.colour, linestyle=style.line, linewidth=1.6,
               label=style.words)
        for style in styles
    ]  # fmt: skip
    if conflicts:
        handles.append(
            Line2D([], [], color=CONFLICT, marker="X", linestyle="none",
                   markeredgecolor="white", markersize=7,
                   label="data and expert disagree")
        )  # fmt: skip
    if not handles:
        return 0.0
    figure: Any = axes.figure.figure
    size = float(np.clip(width / 64, 6.0, 9.0))
    wide = tall = 0.0
    for columns in range(len(handles), 0, -1):
        legend = axes.legend(
            handles=handles, loc="lower center", bbox_to_anchor=(0.5, 0.0),
            ncols=columns, borderaxespad=0.0, frameon=False, fontsize=size,
            handlelength=4.2,
            title="Decided by (wider: surer)", title_fontsize=size,
            columnspacing=1.5, handletextpad=0.5, labelspacing=0.3, borderpad=0.2,
        )  # fmt: skip
        legend.set_in_layout(False)  # the axes keep the size that was laid out
        box = legend.get_window_extent()
        wide, tall = 72 * box.width / figure.dpi, 72 * box.height / figure.dpi
        if 1.08 * wide <= width:  # letters are wider at some resolutions
            break
    return tall + 4
