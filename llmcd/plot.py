"""Pictures: the graph with who decided each edge, and the expert's evidence."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from llmcd.combiner.combined import Combined, EdgeDecision
from llmcd.equivalence import consistent_extension
from llmcd.errors import GraphError
from llmcd.graph import Graph

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_evidence", "draw_graph", "figure_size"]

Point = tuple[float, float]

# All lengths are inches at the natural size of the picture, letters are in points.
FONT = 8.0
LINE, PAD_X, PAD_Y = 0.135, 0.09, 0.065
GAP_X, GAP_DUMMY, GAP_Y = 0.22, 0.15, 0.40
WRAP, MAX_LINES = 16, 4
HEAD_LENGTH, HEAD_WIDTH = 0.115, 0.085
MARGIN = 0.08

# Okabe and Ito (2008), readable for all common kinds of colour vision; the line style
# says the same once more for print without colour.
_STYLES: dict[str, tuple[str, Any, str]] = {
    "data": ("#333333", "-", "decided by the data"),
    "expert": ("#D55E00", "-", "by the expert"),
    "background": ("#0072B2", (0, (6, 1.5)), "by background knowledge"),
    "Meek": ("#808080", (0, (6, 2, 1.2, 2)), "by Meek's rules"),
    "nobody": ("#333333", (0, (1.2, 1.8)), "by nobody: undirected"),
}
_CONFLICT = "#C4001D"


# --- layout -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    width: float
    height: float
    text: str


@dataclass(frozen=True)
class _Layout:
    """Boxes by name; for each pair, upper end first, the bends of its line."""

    width: float
    height: float
    boxes: dict[str, _Box]
    routes: dict[tuple[str, str], tuple[Point, ...]]


@dataclass
class _Layers:
    """Nodes and the dummies of long edges, placed in layers from top to bottom."""

    rows: list[list[int]]
    layer: list[int]
    up: list[list[int]]
    down: list[list[int]]
    chains: dict[tuple[int, int], list[int]]


def _layout(graph: Graph) -> _Layout:
    return _layout_of(graph.names, graph.marks.tobytes(), str(graph.marks.dtype))


@lru_cache(maxsize=16)
def _layout_of(names: tuple[str, ...], marks: bytes, dtype: str) -> _Layout:
    """Layered drawing: Sugiyama, Tagawa and Toda (1981), section 3."""
    n = len(names)
    graph = Graph(names, np.frombuffer(marks, dtype=dtype).reshape(n, n))
    texts = [_wrap(name) for name in names]
    widths = np.array([_text_width(text) + 2 * PAD_X for text in texts])
    heights = np.array([LINE * (t.count("\n") + 1) + 2 * PAD_Y for t in texts])
    pairs = _downward_pairs(graph)
    joined = sorted({v for pair in pairs for v in pair})
    alone = [v for v in range(n) if v not in set(joined)]
    boxes: dict[str, _Box] = {}
    routes: dict[tuple[str, str], tuple[Point, ...]] = {}
    width = depth = 0.0
    if pairs:
        layers = _with_dummies(n, pairs, _assign_layers(n, pairs, widths))
        _reduce_crossings(layers)
        wide = np.zeros(len(layers.layer))
        wide[:n] = widths
        x = _across(layers, wide, n)
        tall = [max((heights[v] for v in r if v < n), default=0.2) for r in layers.rows]
        y = _downwards(layers, x, tall)
        depth = -(y[-1] - tall[-1] / 2)
        width = float((x + wide / 2).max())
        for v in joined:
            row = layers.layer[v]
            boxes[names[v]] = _Box(x[v], y[row], widths[v], tall[row], texts[v])
        for (a, b), chain in layers.chains.items():
            bends = tuple((float(x[k]), y[layers.layer[k]]) for k in chain)
            routes[names[a], names[b]] = bends
    width = max(width, 3.4, *(float(widths[v]) for v in alone))
    width = max(width, float(sum(widths[v] + GAP_X for v in alone)) ** 0.5)
    depth = _place_alone(alone, names, texts, widths, heights, width, depth, boxes)
    return _Layout(width, depth, boxes, routes)


def _wrap(name: str) -> str:
    """The name on a few short lines; what cannot be seen is spelt out."""
    seen = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii")
        for c in name
    )
    cuts = re.split(r"(?<=[_\s.:/\-])(?=\S)|(?<=[a-z])(?=[A-Z])", seen)
    pieces = [
        piece[k : k + WRAP]
        for piece in (cuts if len(seen) > WRAP else [seen])
        for k in range(0, max(len(piece), 1), WRAP)
    ]
    lines = [""]
    for piece in pieces:
        if lines[-1] and len(lines[-1]) + len(piece.rstrip()) > WRAP:
            lines.append(piece)
        else:
            lines[-1] += piece
    if len(lines) > MAX_LINES:
        # Long names tend to differ at their ends.
        lines = [*lines[: MAX_LINES - 1], "\u2026" + lines[-1]]
    return "\n".join(line.strip() for line in lines)


def _text_width(text: str) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=FONT)
    with warnings.catch_warnings():
        # A glyph that the font lacks is drawn as a box, which has a width too.
        warnings.simplefilter("ignore")
        lines = [
            text_to_path.get_text_width_height_descent(line, font, ismath=False)[0]
            for line in text.split("\n")
        ]
    return max(lines) / 72.0


def _downward_pairs(graph: Graph) -> list[tuple[int, int]]:
    """Every adjacency as (upper, lower): causes stand above their effects."""
    kept = np.where((graph.arcs | graph.arcs.T | graph.lines), graph.marks, 0)
    try:
        order = consistent_extension(Graph(graph.names, kept)).topological_order()
    except GraphError:
        try:
            order = graph.topological_order()
        except GraphError:
            order = graph.names
    rank = {name: k for k, name in enumerate(order)}
    at = [rank[name] for name in graph.names]
    found = [(int(i), int(j)) for i, j in np.argwhere(np.triu(graph.adjacencies))]
    return [(i, j) if at[i] < at[j] else (j, i) for i, j in found]


def _assign_layers(
    n: int, pairs: Sequence[tuple[int, int]], widths: npt.NDArray[np.float64]
) -> list[int]:
    """Longest-path layers, then moves that shorten edges and narrow wide layers."""
    up: list[list[int]] = [[] for _ in range(n)]
    down: list[list[int]] = [[] for _ in range(n)]
    for a, b in pairs:
        up[b].append(a)
        down[a].append(b)
    layer = np.zeros(n, dtype=np.int64)
    waiting = [len(each) for each in up]
    ready = [v for v in range(n) if not waiting[v]]
    for v in ready:
        for child in down[v]:
            layer[child] = max(layer[child], layer[v] + 1)
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
    upper, lower = np.array(pairs).T
    used = np.array([bool(up[v] or down[v]) for v in range(n)])
    wide = np.where(used, widths + GAP_X, 0.0)
    layer += 2  # room above
    size = int(layer.max()) + 3 + n

    def cost() -> float:
        spans = layer[lower] - layer[upper]
        across = np.bincount(layer, weights=wide, minlength=size)
        crossing = np.zeros(size)
        np.add.at(crossing, layer[upper] + 1, GAP_DUMMY)
        np.add.at(crossing, layer[lower], -GAP_DUMMY)
        return float(spans.sum() + 0.07 * ((across + crossing.cumsum()) ** 2).sum())

    best = cost()
    for _ in range(12 if n <= 100 else 2):
        moved = False
        for v in ready:
            if not used[v]:
                continue
            low = max((layer[p] + 1 for p in up[v]), default=max(layer[used].min() - 1, 0))
            high = min((layer[c] - 1 for c in down[v]), default=layer[used].max() + 1)
            home = here = int(layer[v])
            for there in range(max(int(low), home - 6), min(int(high), home + 6) + 1):
                layer[v] = there
                now = cost()
                if now < best - 1e-9:
                    best, here, moved = now, there, True
            layer[v] = here
        if not moved:
            break
    taken = {int(row): k for k, row in enumerate(sorted(set(layer[used].tolist())))}
    return [taken.get(int(row), 0) for row in layer]


def _with_dummies(
    n: int, pairs: Sequence[tuple[int, int]], layer: Sequence[int]
) -> _Layers:
    at = list(layer)
    joined = {v for pair in pairs for v in pair}
    up: list[list[int]] = [[] for _ in range(n)]
    down: list[list[int]] = [[] for _ in range(n)]
    chains: dict[tuple[int, int], list[int]] = {}
    for a, b in pairs:
        before, chain = a, list[int]()
        for row in range(at[a] + 1, at[b]):
            new = len(at)
            at.append(row)
            up.append([before])
            down.append([])
            down[before].append(new)
            chain.append(new)
            before = new
        down[before].append(b)
        up[b].append(before)
        chains[a, b] = chain
    rows: list[list[int]] = [[] for _ in range(max(at[v] for v in joined) + 1)]
    for v in _by_search(sorted(joined, key=lambda v: (at[v], v)), up, down):
        rows[at[v]].append(v)
    return _Layers(rows, at, up, down, chains)


def _by_search(
    starts: Iterable[int], up: Sequence[list[int]], down: Sequence[list[int]]
) -> list[int]:
    # Depth first keeps components and families together.
    seen: set[int] = set()
    found: list[int] = []
    for start in starts:
        stack = [start]
        while stack:
            v = stack.pop()
            if v not in seen:
                seen.add(v)
                found.append(v)
                stack.extend(reversed([*down[v], *up[v]]))
    return found


def _reduce_crossings(layers: _Layers) -> None:
    """Barycentre sweeps and exchanges of neighbours, from several starts."""
    rng = np.random.default_rng(0)
    first = [list(row) for row in layers.rows]
    best, fewest = first, _crossings(layers, first)
    small = len(layers.layer) <= 250
    for start in range(12 if small else 2):
        rows = [
            list(row) if start == 0 else [row[k] for k in rng.permutation(len(row))]
            for row in first
        ]
        for sweep in range(16 if small else 6):
            _sweep(layers, rows, downwards=sweep % 2 == 0)
            _exchange(layers, rows)
            now = _crossings(layers, rows)
            if now < fewest:
                best, fewest = [list(row) for row in rows], now
    layers.rows = best


def _sweep(layers: _Layers, rows: list[list[int]], *, downwards: bool) -> None:
    order = range(1, len(rows)) if downwards else range(len(rows) - 2, -1, -1)
    beside = layers.up if downwards else layers.down
    for k in order:
        row, fixed = rows[k], rows[k - 1 if downwards else k + 1]
        at = {v: p / len(fixed) for p, v in enumerate(fixed)}
        own = {v: p / len(row) for p, v in enumerate(row)}
        middle = {
            v: sum(at[u] for u in beside[v]) / len(beside[v]) if beside[v] else own[v]
            for v in row
        }
        row.sort(key=lambda v: (middle[v], own[v]))  # noqa: B023


def _exchange(layers: _Layers, rows: list[list[int]]) -> None:
    places = {v: p for row in rows for p, v in enumerate(row)}
    for row in rows:
        better = True
        while better:
            better = False
            for k in range(len(row) - 1):
                a, b = row[k], row[k + 1]
                gain = 0
                for beside in (layers.up, layers.down):
                    for u in beside[a]:
                        for v in beside[b]:
                            gain += (places[u] > places[v]) - (places[u] < places[v])
                if gain > 0:
                    row[k], row[k + 1] = b, a
                    places[a], places[b] = k + 1, k
                    better = True


def _crossings(layers: _Layers, rows: Sequence[Sequence[int]]) -> int:
    total = 0
    for above, below in zip(rows, rows[1:], strict=False):
        at = {v: p for p, v in enumerate(below)}
        ends = [sorted(at[w] for w in layers.down[v]) for v in above]
        left: list[int] = []
        for each in ends:
            total += sum(x > y for x in left for y in each)
            left.extend(each)
    return total


def _across(
    layers: _Layers, wide: npt.NDArray[np.float64], n: int
) -> npt.NDArray[np.float64]:
    """Horizontal places: least squares of edge spans, order and gaps kept.

    Within a layer this is an isotonic regression, so that layer after layer the
    convex problem is solved.
    """
    x = np.zeros(len(wide))
    offsets: list[npt.NDArray[np.float64]] = []
    for row in layers.rows:
        gaps = [
            (wide[a] + wide[b]) / 2 + (GAP_X if a < n and b < n else GAP_DUMMY)
            for a, b in zip(row, row[1:], strict=False)
        ]
        offsets.append(np.concatenate([[0.0], np.cumsum(gaps)]))
        x[row] = offsets[-1] - offsets[-1][-1] / 2

    def weight(a: int, b: int) -> float:
        return 1.0 if a < n and b < n else 2.0 if a < n or b < n else 6.0

    beside = [
        [(u, weight(v, u)) for u in (*layers.up[v], *layers.down[v])]
        for v in range(len(wide))
    ]
    sweeps = 120 if len(wide) <= 400 else 15
    for sweep in range(sweeps):
        order = range(len(layers.rows))
        for k in order if sweep % 2 else reversed(order):
            row = layers.rows[k]
            weights = np.array([sum(w for _, w in beside[v]) for v in row])
            wish = np.array([sum(w * x[u] for u, w in beside[v]) for v in row]) / weights
            x[row] = _isotonic(wish - offsets[k], weights) + offsets[k]
    return x - float((x - wide / 2).min())


def _isotonic(
    wish: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Pool adjacent violators (Ayer et al. 1955)."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(wish.tolist(), weights.tolist(), strict=True):
        size = 1
        while blocks and blocks[-1][0] > value:
            before, heavy, many = blocks.pop()
            value = (before * heavy + value * weight) / (heavy + weight)
            weight += heavy
            size += many
        blocks.append((value, weight, size))
    return np.repeat([b[0] for b in blocks], [b[2] for b in blocks])


def _downwards(
    layers: _Layers, x: npt.NDArray[np.float64], tall: Sequence[float]
) -> list[float]:
    y = [-tall[0] / 2]
    for k in range(1, len(tall)):
        reach = [abs(x[v] - x[w]) for v in layers.rows[k - 1] for w in layers.down[v]]
        gap = GAP_Y + min(0.11 * max(reach, default=0.0), 0.45)
        y.append(y[-1] - (tall[k - 1] + tall[k]) / 2 - gap)
    return y


def _place_alone(
    alone: Sequence[int],
    names: Sequence[str],
    texts: Sequence[str],
    widths: npt.NDArray[np.float64],
    heights: npt.NDArray[np.float64],
    width: float,
    depth: float,
    boxes: dict[str, _Box],
) -> float:
    """Put nodes without an edge in rows below the rest; the new depth."""
    left = list(alone)
    while left:
        row, used = [left.pop(0)], 0.0
        used = float(widths[row[0]])
        while left and used + GAP_X + widths[left[0]] <= width:
            used += GAP_X + float(widths[left[0]])
            row.append(left.pop(0))
        tall = float(max(heights[v] for v in row))
        top = depth + (0.35 if boxes and row[0] == alone[0] else 0.12 if boxes else 0.0)
        at = (width - used) / 2
        for v in row:
            middle = at + float(widths[v]) / 2
            boxes[names[v]] = _Box(
                middle, -(top + tall / 2), float(widths[v]), tall, texts[v]
            )
            at += float(widths[v]) + GAP_X
        depth = top + tall
    return depth


# --- the graph --------------------------------------------------------------------------


def figure_size(combined: Combined) -> tuple[float, float]:
    """The natural size of the graph's picture, at which its letters are 8 points high.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled.

    Returns
    -------
    tuple of float
        Width and height in inches.

    Examples
    --------
    >>> from llmcd.examples import alarm  # doctest: +SKIP
    """
    layout = _layout(combined.graph)
    rows = len(_legend_rows(combined, layout.width))
    return (
        layout.width + 2 * MARGIN,
        layout.height + 2 * MARGIN + _legend_height(rows),
    )


def draw_graph(combined: Combined, *, ax: Axes | None = None) -> Axes:
    """Draw the graph, causes above effects.

    Colour and line style show who decided an edge, the width how sure it is (support
    of the adjacency times probability of the direction), a red cross a conflict.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure of `figure_size` when None. Letters and lines are
        scaled to the size that the axes have now.

    Returns
    -------
    matplotlib.axes.Axes

    Notes
    -----
    The layered layout of Sugiyama, Tagawa and Toda (1981), *Methods for visual
    understanding of hierarchical system structures*. The same result always gives the
    same picture.
    """
    import matplotlib.pyplot as plt

    layout = _layout(combined.graph)
    width, height = figure_size(combined)
    if ax is None:
        figure = plt.figure(figsize=(width, height))
        ax = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    ax.set_axis_off()
    ax.set_aspect("equal")
    ax.set_xlim(-MARGIN, width - MARGIN)
    ax.set_ylim(MARGIN - height, MARGIN)
    scale = _scale(ax, width, height)
    ports = _ports(layout)
    conflicts = {frozenset((c.a, c.b)) for c in combined.conflicts}
    for number, edge in enumerate(combined.edges):
        pair = (edge.cause, edge.effect)
        line = _line(layout, ports, pair if pair in layout.routes else pair[::-1])
        turned = pair not in layout.routes
        marked = frozenset(pair) in conflicts
        _draw_edge(ax, edge, line, number, scale, turned=turned, marked=marked)
    for box in layout.boxes.values():
        _draw_box(ax, box, scale)
    _draw_legend(ax, _legend_rows(combined, layout.width), layout, scale)
    return ax


def _scale(ax: Axes, width: float, height: float) -> float:
    figure = ax.get_figure()
    if figure is None:
        return 1.0
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)  # type: ignore[arg-type]
    place = ax.get_window_extent()
    return min(place.width / width, place.height / height) / figure.dpi


def _draw_box(ax: Axes, box: _Box, scale: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    ax.add_patch(
        FancyBboxPatch(
            (box.x - box.width / 2, box.y - box.height / 2),
            box.width,
            box.height,
            boxstyle="round,pad=0,rounding_size=0.05",
            facecolor="#F4F6F8",
            edgecolor="#49515A",
            linewidth=0.7 * scale,
            zorder=4,
            gid="node",
        )
    )
    ax.text(
        box.x,
        box.y,
        box.text,
        fontsize=FONT * scale,
        color="#111111",
        ha="center",
        va="center_baseline" if "\n" not in box.text else "center",
        linespacing=1.1,
        parse_math=False,
        zorder=5,
    )


def _ports(layout: _Layout) -> dict[tuple[str, str, str], float]:
    """Where on its box each line ends: spread, in the order of the other ends."""
    ends: dict[tuple[str, str], list[tuple[float, str, str]]] = {}
    for (a, b), bends in layout.routes.items():
        after = bends[0][0] if bends else layout.boxes[b].x
        before = bends[-1][0] if bends else layout.boxes[a].x
        ends.setdefault((a, "lower"), []).append((after, a, b))
        ends.setdefault((b, "upper"), []).append((before, a, b))
    found: dict[tuple[str, str, str], float] = {}
    for (name, side), lines in ends.items():
        box = layout.boxes[name]
        step = min(0.17, 0.75 * box.width / len(lines))
        for k, (_, a, b) in enumerate(sorted(lines)):
            found[a, b, side] = box.x + (k - (len(lines) - 1) / 2) * step
    return found


def _line(
    layout: _Layout, ports: dict[tuple[str, str, str], float], pair: tuple[str, str]
) -> npt.NDArray[np.float64]:
    """Points and slopes dx/dy, rows (x, y, slope), from the upper box to the lower."""
    above, below = layout.boxes[pair[0]], layout.boxes[pair[1]]
    points = [
        (ports[(*pair, "lower")], above.y - above.height / 2),
        *layout.routes[pair],
        (ports[(*pair, "upper")], below.y + below.height / 2),
    ]
    x, y = np.array(points).T
    steep = np.diff(x) / np.diff(y)
    slope = np.zeros(len(points))
    slope[0], slope[-1] = 0.55 * steep[0], 0.55 * steep[-1]
    for k in range(1, len(points) - 1):
        one, two = steep[k - 1], steep[k]
        if one * two > 0:
            # Fritsch and Carlson (1980): the curve never overshoots into a box.
            slope[k] = np.clip(2 * one * two / (one + two), -0.9, 0.9)
    return np.column_stack([x, y, np.clip(slope, -1.6, 1.6)])


def _draw_edge(
    ax: Axes,
    edge: EdgeDecision,
    line: npt.NDArray[np.float64],
    number: int,
    scale: float,
    *,
    turned: bool,
    marked: bool,
) -> None:
    from matplotlib.patches import PathPatch, Polygon
    from matplotlib.path import Path

    colour, style, _ = _STYLES[edge.decided_by]
    line = line.copy()
    lower, upper = edge.mark != "---", edge.mark == "<->"
    if turned:
        lower, upper = upper, lower
    for at, there, sign in ((-1, lower, -1.0), (0, upper, 1.0)):
        if there:
            tip = line[at, :2].copy()
            way = np.array([line[at, 2], 1.0]) * sign
            way /= np.hypot(*way)
            base = tip - HEAD_LENGTH * way
            side = np.array([-way[1], way[0]]) * HEAD_WIDTH / 2
            corners = [tip, base + side, base + 0.02 * way, base - side]
            ax.add_patch(
                Polygon(corners, facecolor=colour, edgecolor="none", zorder=3, gid="head")
            )
            line[at, :2] = tip - 0.8 * HEAD_LENGTH * way
    vertices: list[tuple[float, float]] = [tuple(line[0, :2])]
    for (x0, y0, m0), (x1, y1, m1) in zip(line, line[1:], strict=False):
        third = (y1 - y0) / 3
        vertices += [(x0 + m0 * third, y0 + third), (x1 - m1 * third, y1 - third), (x1, y1)]
    path = Path(vertices, [Path.MOVETO] + [Path.CURVE4] * (len(vertices) - 1))
    wide = _line_width(edge) * scale
    for paint, extra, level, style_, gid in (
        ("white", 2.2 * scale, 2.0, "-", "halo"),
        (colour, 0.0, 2.5, style, f"edge-{number}"),
    ):
        ax.add_patch(
            PathPatch(
                path, fill=False, edgecolor=paint, linewidth=wide + extra,
                linestyle=style_, capstyle="butt", zorder=level + number * 1e-6, gid=gid,
            )
        )  # fmt: skip
    if marked:
        x, y = _middle(line)
        ax.plot(
            [x], [y], marker="X", markersize=6.5 * scale, markerfacecolor=_CONFLICT,
            markeredgecolor="white", markeredgewidth=0.7 * scale, linestyle="",
            zorder=3.5, gid="conflict",
        )  # fmt: skip


def _middle(line: npt.NDArray[np.float64]) -> Point:
    k = (len(line) - 2) // 2
    (x0, y0, m0), (x1, y1, m1) = line[k], line[k + 1]
    return float((x0 + x1) / 2 + (m0 - m1) * (y1 - y0) / 8), float((y0 + y1) / 2)


def _line_width(edge: EdgeDecision) -> float:
    sure = edge.data_support * (edge.probability if edge.mark != "---" else 1.0)
    return 0.6 + 1.6 * float(np.clip(np.nan_to_num(sure), 0.0, 1.0))


# --- the legend -------------------------------------------------------------------------


def _legend_entries(combined: Combined) -> list[tuple[str, dict[str, Any]]]:
    decided = {edge.decided_by for edge in combined.edges}
    found: list[tuple[str, dict[str, Any]]] = [
        (words, {"color": colour, "linestyle": style, "linewidth": 1.6})
        for who, (colour, style, words) in _STYLES.items()
        if who in decided
    ]
    if decided:
        found.append(("less sure", {"color": "#333333", "linewidth": 0.6}))
        found.append(("surer", {"color": "#333333", "linewidth": 2.2}))
    drawn = {frozenset((edge.cause, edge.effect)) for edge in combined.edges}
    disputed = [frozenset((c.a, c.b)) in drawn for c in combined.conflicts]
    if any(disputed):
        cross: dict[str, Any] = {
            "color": "none", "marker": "X", "markersize": 6.5,
            "markerfacecolor": _CONFLICT, "markeredgecolor": "white",
        }  # fmt: skip
        found.append(("conflict", cross))
    return found


def _legend_rows(
    combined: Combined, width: float
) -> list[list[tuple[str, dict[str, Any]]]]:
    rows: list[list[tuple[str, dict[str, Any]]]] = []
    used = 0.0
    for words, look in _legend_entries(combined):
        wide = _text_width(words) + 0.62
        if not rows or used + wide > width:
            rows.append([])
            used = 0.0
        rows[-1].append((words, look))
        used += wide
    return rows


def _legend_height(rows: int) -> float:
    return 0.2 + 0.19 * rows if rows else 0.0


def _draw_legend(
    ax: Axes,
    rows: list[list[tuple[str, dict[str, Any]]]],
    layout: _Layout,
    scale: float,
) -> None:
    for k, row in enumerate(rows):
        wides = [_text_width(words) + 0.62 for words, _ in row]
        x = (layout.width - sum(wides) + 0.22) / 2
        y = -layout.height - 0.24 - 0.19 * k
        for (words, look), wide in zip(row, wides, strict=True):
            scaled = {
                key: value * scale if key in ("linewidth", "markersize") else value
                for key, value in look.items()
            }
            ends = [x + 0.15] if "marker" in look else [x, x + 0.3]
            ax.plot(ends, [y] * len(ends), solid_capstyle="butt", gid="legend", **scaled)
            ax.text(
                x + 0.36, y, words, fontsize=FONT * scale, color="#333333",
                va="center_baseline", parse_math=False, gid="legend",
            )  # fmt: skip
            x += wide


# --- the evidence -----------------------------------------------------------------------


def draw_evidence(combined: Combined, *, ax: Axes | None = None) -> Axes:
    """Draw, for every edge that the expert answered about, what the answers are worth.

    One row an edge, the strongest at the top: a dot at the expert's log-odds for the
    direction as drawn, coloured by who decided; to the left of zero the expert says
    the opposite. On the right the share of resamples in which the two are adjacent.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure when None.

    Returns
    -------
    matplotlib.axes.Axes
    """
    import matplotlib.pyplot as plt

    asked = [edge for edge in combined.edges if edge.answers]
    asked.sort(key=lambda e: (e.expert_log_odds, e.data_support, e.cause, e.effect))
    if ax is None:
        height = 1.1 + 0.2 * max(len(asked), 2)
        _, ax = plt.subplots(figsize=(6.5, height), layout="constrained")
    if not asked:
        ax.set_axis_off()
        ax.text(
            0.5, 0.5, "Nobody was asked about an edge.", ha="center", va="center",
            transform=ax.transAxes,
        )  # fmt: skip
        return ax
    for k, edge in enumerate(asked):
        colour = _STYLES[edge.decided_by][0]
        hollow = "white" if edge.decided_by == "nobody" else colour
        ax.plot([0, edge.expert_log_odds], [k, k], color=colour, linewidth=1.2)
        ax.plot(
            [edge.expert_log_odds], [k], marker="o", markersize=5, color=colour,
            markerfacecolor=hollow, linestyle="", gid=f"edge-{k}",
        )  # fmt: skip
        ax.text(
            1.02, k, f"{edge.data_support:.0%}", transform=ax.get_yaxis_transform(),
            fontsize=FONT, ha="left", va="center", clip_on=False,
        )  # fmt: skip
    _label_evidence(ax, asked)
    return ax


def _label_evidence(ax: Axes, asked: Sequence[EdgeDecision]) -> None:
    from matplotlib.lines import Line2D

    arrows = {"-->": "\u2192", "---": "\u2014", "<->": "\u2194"}
    ax.set_yticks(range(len(asked)))
    labels = ax.set_yticklabels(
        [f"{_short(e.cause)} {arrows[e.mark]} {_short(e.effect)}" for e in asked],
        fontsize=FONT,
    )
    for label in labels:
        label.set_parse_math(False)
    widest = max(0.5, *(abs(edge.expert_log_odds) for edge in asked))
    ax.set_xlim(-1.12 * widest, 1.12 * widest)
    ax.set_ylim(-0.8, len(asked) - 0.2)
    ax.axvline(0, color="#808080", linewidth=0.8, zorder=0)
    ax.set_xlabel(
        "expert's log-odds for the edge as drawn (natural; below 0: the opposite)",
        fontsize=FONT,
    )
    ax.tick_params(axis="x", labelsize=FONT)
    ax.tick_params(axis="y", length=0)
    ax.text(
        1.02, len(asked) - 0.2, "support", transform=ax.get_yaxis_transform(),
        fontsize=FONT, ha="left", va="bottom", color="#555555",
    )  # fmt: skip
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    present = {edge.decided_by for edge in asked}
    handles = [
        Line2D([], [], color=colour, marker="o", markersize=5, linewidth=1.2,
               markerfacecolor="white" if who == "nobody" else colour, label=words)
        for who, (colour, _, words) in _STYLES.items()
        if who in present
    ]  # fmt: skip
    ax.legend(
        handles=handles, loc="lower left", bbox_to_anchor=(0.0, 1.0), frameon=False,
        ncols=3, fontsize=FONT,
    )  # fmt: skip


def _short(name: str) -> str:
    line = _wrap(name).replace("\n", " ") if len(name) > WRAP else _wrap(name)
    return line if len(line) <= 30 else f"{line[:14]}\u2026{line[-14:]}"
