"""Pictures: the graph with who decided each edge, and data against expert."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from llmcd.combiner.combined import Combined, EdgeDecision
from llmcd.layout import Point, layered

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_evidence", "draw_graph", "figure_size"]


class _Style(NamedTuple):
    words: str
    colour: str
    line: Any
    marker: str


# The colours are Okabe and Ito's, which colour-blind readers can tell apart.
STYLES = {
    "data": _Style("data", "#3a3a3a", "-", "o"),
    "expert": _Style("expert", "#E69F00", "-", "s"),
    "background": _Style("background knowledge", "#0072B2", "-", "^"),
    "Meek": _Style("follows (Meek)", "#8c8c8c", (0, (5, 1.6, 1.2, 1.6)), "D"),
    "nobody": _Style("undirected", "#3a3a3a", (0, (1, 1.6)), "v"),
}
CONFLICT = "#CC1111"
PAD = (0.9, 0.7)  # of a box beyond its text, em
LINE = 1.2  # distance of lines of text, em
LONGEST = 160  # characters of a name that are shown
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
    _, boxes = _labels(combined.graph.names)
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
    probability times data support. A red cross marks an edge on which data and expert
    disagree; disagreements about absent edges are in ``combined.conflicts`` only.

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
    axes = _axes(ax, figure_size(combined) if ax is None else None)
    axes.set_axis_off()
    width, height = _points(axes)
    axes.set(xlim=(0, width), ylim=(height, 0))
    conflicts = {frozenset((c.a, c.b)) for c in combined.conflicts}
    marked = [e for e in combined.edges if frozenset((e.cause, e.effect)) in conflicts]
    taken = _legend(axes, combined.edges, bool(marked), width)
    labels, boxes = _labels(combined.graph.names)
    margin = 8.0  # lines may bend a little beyond the outermost box
    page = max(width - 2 * margin, 1.0), max(height - taken - 2 * margin, 1.0)
    placed = layered(combined.graph, boxes, *page)
    size = placed.font_size
    middles: list[Point] = []
    for edge in combined.edges:
        route = placed.routes.get((edge.cause, edge.effect))
        if route is None:
            route = placed.routes[edge.effect, edge.cause][::-1]
        curve = np.array(route) + margin
        _draw_edge(axes, edge, curve, size)
        if edge in marked:
            middles.append(_middle(curve))
    ends = {name for edge in combined.edges for name in (edge.cause, edge.effect)}
    for name, (x, y) in placed.centres.items():
        box = boxes[name][0] * size, boxes[name][1] * size
        _draw_node(
            axes, labels[name], (x + margin, y + margin), box, size, name in ends
        )
    if middles:
        axes.scatter(
            *np.array(middles).T, s=(0.62 * size) ** 2, c=CONFLICT, marker="X",
            linewidths=0.07 * size, edgecolors="white", zorder=4, gid="conflicts",
        )  # fmt: skip
    return axes


def _axes(ax: Axes | None, size: tuple[float, float] | None) -> Axes:
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    _, axes = plt.subplots(figsize=size, layout="constrained")
    return axes


def _points(axes: Axes) -> tuple[float, float]:
    """Size of the axes in points, once the figure's layout has settled."""
    figure: Any = axes.figure.figure
    if figure.get_layout_engine() is not None:
        figure.draw_without_rendering()
    box = axes.get_window_extent()
    return 72 * box.width / figure.dpi, 72 * box.height / figure.dpi


# --- names ----------------------------------------------------------------------------


def _labels(names: Sequence[str]) -> tuple[dict[str, str], dict[str, Point]]:
    """What is written in each node, and the size of its box, em."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=100)
    known = _has_glyph()
    labels = {name: _wrap(_shown(name, known)) for name in names}
    boxes: dict[str, Point] = {}
    for name, label in labels.items():
        lines = label.split("\n")
        wide = max(
            text_to_path.get_text_width_height_descent(x, font, False)[0] for x in lines
        )
        boxes[name] = (
            max(1.2, wide / 100) + PAD[0],
            1.0 + LINE * (len(lines) - 1) + PAD[1],
        )
    return labels, boxes


def _shown(text: str, known: Callable[[str], bool]) -> str:
    """One line that the font can write, cut if endless."""
    found: list[str] = []
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp"):
            found.append(" ")
        elif unicodedata.category(char) == "Cs" or not known(char):
            found.append("\N{REPLACEMENT CHARACTER}" if known("\ufffd") else "?")
        else:
            found.append(char)
    line = "".join(found)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _has_glyph() -> Callable[[str], bool]:
    from matplotlib.font_manager import FontProperties, fontManager, get_font

    paths: list[str] = []
    for family in FontProperties().get_family():
        one = FontProperties(family=[family])
        try:
            paths.append(fontManager.findfont(one, fallback_to_default=False))
        except ValueError:
            continue
    fonts = [get_font(path) for path in paths or [fontManager.findfont("sans-serif")]]
    return lambda char: any(font.get_char_index(ord(char)) for font in fonts)


def _wrap(line: str) -> str:
    """Break a long name, after a space or a joining mark where there is one."""
    most = max(16, int(np.ceil((4 * len(line)) ** 0.5)))
    lines = [""]
    for part in re.findall(r"[^\s_.\-/]*[\s_.\-/]|[^\s_.\-/]+", line):
        piece = part
        if len(lines[-1]) + len(piece.rstrip()) > most and lines[-1]:
            lines.append("")
        while len(piece) > most:
            lines[-1], piece = piece[:most], piece[most:]
            lines.append("")
        lines[-1] += piece
    return "\n".join(x.rstrip() for x in lines if x.strip()) or line


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


def _how_sure(edge: EdgeDecision) -> float:
    return float(np.clip(edge.probability * edge.data_support, 0.0, 1.0))


def _draw_edge(axes: Axes, edge: EdgeDecision, curve: np.ndarray, size: float) -> None:
    """One line, and an arrowhead at each end that has one."""
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    style = STYLES[edge.decided_by]
    scale = float(np.clip(size / 9, 0.5, 1.1))
    line = scale * (0.6 + 1.8 * _how_sure(edge))
    name = f"{edge.cause} {edge.mark} {edge.effect}"
    long = 0.42 * size + 1.6 * line
    curve = curve.copy()
    heads: list[np.ndarray] = []
    for at, behind, has in (
        (-1, -2, edge.mark in ("-->", "<->")),
        (0, 1, edge.mark == "<->"),
    ):
        if has:
            tip = curve[at].copy()
            along = tip - curve[behind]
            along /= max(float(np.hypot(*along)), 1e-9)
            aside = np.array([-along[1], along[0]]) * 0.4 * long
            base = tip - along * long
            heads.append(np.array([tip, base + aside, base - aside]))
            curve[[at, behind]] -= along * long * 0.8
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


def _middle(curve: np.ndarray) -> Point:
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

    kinds = [who for who in STYLES if any(e.decided_by == who for e in edges)]
    handles = [
        Line2D([], [], color=STYLES[who].colour, linestyle=STYLES[who].line,
               linewidth=1.6, label=STYLES[who].words)
        for who in kinds
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
            handlelength=2.6,
            title="Decided by (wider: surer)", title_fontsize=size,
            columnspacing=1.5, handletextpad=0.5, labelspacing=0.3, borderpad=0.2,
        )  # fmt: skip
        legend.set_in_layout(False)  # the axes keep the size that was laid out
        box = legend.get_window_extent()
        wide, tall = 72 * box.width / figure.dpi, 72 * box.height / figure.dpi
        if 1.08 * wide <= width:  # letters are wider at some resolutions
            break
    return tall + 4


# --- data against expert --------------------------------------------------------------


def draw_evidence(combined: Combined, *, ax: Axes | None = None) -> Axes:
    """Draw the data's evidence for each asked edge against the expert's.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        One point for each edge with answers: natural log-odds of the direction shown,
        or of the first name before the second where there is none. Points of opposite
        signs, the farthest apart first, carry their names as far as there is room.

    Examples
    --------
    >>> import llmcd, numpy as np, pandas as pd
    >>> rows = np.random.default_rng(0).normal(size=(99, 2))
    >>> rows = pd.DataFrame(rows, columns=["x", "y"])
    >>> combined = llmcd.discover(rows, bootstrap=2, progress=False).combined
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().subplots()
    >>> draw_evidence(combined, ax=axes) is axes
    True
    """
    axes = _axes(ax, (5.6, 4.4))
    points = _evidence(combined)
    axes.axhline(0.0, color="#bbbbbb", linewidth=0.8, zorder=0)
    axes.axvline(0.0, color="#bbbbbb", linewidth=0.8, zorder=0)
    for who, style in STYLES.items():
        own = np.array([(x, y) for edge, x, y in points if edge.decided_by == who])
        if own.size:
            axes.scatter(
                *own.T, s=26, c=style.colour, marker=style.marker, label=style.words,
                alpha=0.85, linewidths=0.5, edgecolors="white", zorder=2, gid=who,
            )  # fmt: skip
    axes.set_xlabel("data: log-odds of the direction shown")
    axes.set_ylabel("expert: log-odds of the direction shown")
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(0.12)
    if points:
        axes.legend(
            loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False,
            fontsize=8, title="Decided by", title_fontsize=8, columnspacing=1.5,
            handletextpad=0.2, borderaxespad=0.2,
        )  # fmt: skip
    _label_outliers(axes, points)
    return axes


def _evidence(combined: Combined) -> list[tuple[EdgeDecision, float, float]]:
    """Edges with answers and a finite number from both sides."""
    found: list[tuple[EdgeDecision, float, float]] = []
    for edge in combined.edges:
        first = edge.provenance[0] if edge.provenance else None
        if edge.answers and first and first.source == "data":
            x, y = first.log_odds, edge.expert_log_odds
            if x is not None and np.isfinite(x) and np.isfinite(y):
                found.append((edge, x, y))
    return found


def _label_outliers(
    axes: Axes, points: Sequence[tuple[EdgeDecision, float, float]], most: int = 8
) -> None:
    """Name the points on which the sides disagree most, where nothing is in the way."""
    from matplotlib.transforms import Bbox

    against = [p for p in points if p[1] * p[2] < 0]
    against.sort(key=lambda p: (-abs(p[1] - p[2]), p[0].cause, p[0].effect))
    _points(axes)
    inside = axes.get_window_extent()
    dot: float = axes.figure.figure.dpi / 72
    spots = [tuple(axes.transData.transform((x, y))) for _, x, y in points]
    taken = [
        Bbox.from_bounds(float(x) - 3 * dot, float(y) - 3 * dot, 6 * dot, 6 * dot)
        for x, y in spots
    ]
    known = _has_glyph()
    for edge, x, y in against[:most]:
        ends = [_short(_shown(name, known)) for name in (edge.cause, edge.effect)]
        arrow = {"-->": "→", "<->": "↔"}.get(edge.mark, "–")
        for dx, dy in _BESIDE:
            note = axes.annotate(
                f"{ends[0]} {arrow} {ends[1]}", (x, y), (dx, dy),
                textcoords="offset points", fontsize=7, parse_math=False, usetex=False,
                ha=("right", "center", "left")[int(np.sign(dx)) + 1],
                va=("top", "center", "bottom")[int(np.sign(dy)) + 1],
            )  # fmt: skip
            box = note.get_window_extent()
            within = inside.x0 <= box.x0 and box.x1 <= inside.x1
            if within and not any(box.overlaps(other) for other in taken):
                taken.append(box)
                break
            note.remove()


_BESIDE = (
    (5, 0), (-5, 0), (0, 6), (0, -6), (5, 6), (-5, 6), (5, -6), (-5, -6),
)  # fmt: skip


def _short(text: str, most: int = 20) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
