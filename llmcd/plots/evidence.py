"""What the data say of each edge against what the expert says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from llmcd.combiner.combined import Combined, EdgeDecision
from llmcd.combiner.provenance import data_log_odds
from llmcd.plots.names import has_glyph, short, shown
from llmcd.plots.styles import STYLES, new_axes, page_size, style_of, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_evidence"]


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
    axes = new_axes(ax, (5.6, 4.4))
    points = _evidence(combined)
    axes.axhline(0.0, color="#bbbbbb", linewidth=0.8, zorder=0)
    axes.axvline(0.0, color="#bbbbbb", linewidth=0.8, zorder=0)
    for who in _deciders(points):
        style = style_of(who)
        own = np.array([(x, y) for edge, x, y in points if edge.decided_by == who])
        axes.scatter(
            *own.T, s=26, c=style.colour, marker=style.marker, label=style.words,
            alpha=0.85, linewidths=0.5, edgecolors="white", zorder=2, gid=who,
        )  # fmt: skip
    axes.set_xlabel("data: log-odds of the direction shown")
    axes.set_ylabel("expert: log-odds of the direction shown")
    tidy(axes)
    axes.margins(0.12)
    _shade(axes)
    if points:
        axes.legend(
            loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, frameon=False,
            fontsize=8, title="Decided by", title_fontsize=8, columnspacing=1.5,
            handletextpad=0.2, borderaxespad=0.2,
        )  # fmt: skip
    _label_outliers(axes, points)
    return axes


def _deciders(points: Sequence[tuple[EdgeDecision, float, float]]) -> list[str]:
    there = {edge.decided_by for edge, _, _ in points}
    known = [who for who in STYLES if who in there]
    return [*known, *sorted(there - set(known))]


def _shade(axes: Axes) -> None:
    """The quadrants in which the two speak for opposite directions."""
    from matplotlib.patches import Rectangle

    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    for x, y in ((left, top), (right, bottom)):
        axes.add_patch(
            Rectangle((0, 0), x, y, facecolor="#CC1111", alpha=0.06, linewidth=0,
                      zorder=-1, gid="against")
        )  # fmt: skip
    axes.set(xlim=(left, right), ylim=(bottom, top))


def _evidence(combined: Combined) -> list[tuple[EdgeDecision, float, float]]:
    """Edges with answers and a finite number from both sides."""
    found: list[tuple[EdgeDecision, float, float]] = []
    for edge in sorted(combined.edges, key=lambda e: (e.cause, e.effect)):
        if edge.answers:
            x, y = data_log_odds(edge), edge.expert_log_odds
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
    page_size(axes)
    inside = axes.get_window_extent()
    dot: float = axes.figure.figure.dpi / 72
    spots = [tuple(axes.transData.transform((x, y))) for _, x, y in points]
    taken = [
        Bbox.from_bounds(float(x) - 3 * dot, float(y) - 3 * dot, 6 * dot, 6 * dot)
        for x, y in spots
    ]
    known = has_glyph()
    for edge, x, y in against[:most]:
        ends = [short(shown(name, known)) for name in (edge.cause, edge.effect)]
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
