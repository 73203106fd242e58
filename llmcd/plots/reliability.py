"""How far each expert can be trusted, as the data see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from llmcd.combiner.combined import Combined, Reliability
from llmcd.plots.names import has_glyph, short, shown
from llmcd.plots.styles import CYCLE, INK, SOFT, new_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_reliability"]


class _Row(NamedTuple):
    words: str
    value: float | None
    low: float | None = None
    high: float | None = None


def draw_reliability(combined: Combined, *, ax: Axes | None = None) -> Axes:
    """Draw what was learnt about each expert: right, consistent, swayed by order.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Four shares for each expert, the first with its 90 % interval; what is not
        known is said in words. The line at one half is a coin.

    Examples
    --------
    >>> import llmcd, numpy as np, pandas as pd
    >>> rows = np.random.default_rng(0).normal(size=(99, 2))
    >>> rows = pd.DataFrame(rows, columns=["x", "y"])
    >>> combined = llmcd.discover(rows, bootstrap=2, progress=False).combined
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().subplots()
    >>> draw_reliability(combined, ax=axes) is axes
    True
    """
    experts = sorted(combined.reliability, key=lambda one: one.expert)
    count = max(len(experts), 1)
    axes = new_axes(ax, (5.6, 1.4 + 1.1 * count))
    axes.axvline(0.5, color=SOFT, linewidth=0.8, linestyle=(0, (4, 3)), zorder=0)
    known = has_glyph()
    apart = min(0.36, 0.9 / count)
    rows = [_rows(one) for one in experts]
    for k, (expert, own) in enumerate(zip(experts, rows, strict=True)):
        colour, marker = CYCLE[k % len(CYCLE)]
        label = short(shown(expert.expert, known), 40)
        for y, row in enumerate(own):
            _draw_row(axes, row, y + apart * (k - (count - 1) / 2), colour, marker)
        axes.plot([], [], color=colour, marker=marker, markersize=5, label=label)
    if count > 1:  # which points belong to one row
        for y in range(1, len(_WORDS)):
            axes.axhline(y - 0.5, color="#e4e4e4", linewidth=0.8, zorder=0)
    axes.set_yticks(range(len(_WORDS)), _WORDS)
    axes.set(ylim=(len(_WORDS) - 0.4, -0.6), xlim=(-0.02, 1.02))
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50\na coin", "75", "100 %"])
    tidy(axes)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0, labelcolor=INK)
    if experts:
        legend = axes.legend(
            loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, frameon=False,
            fontsize=8, borderaxespad=0.2, handlelength=1.6,
        )  # fmt: skip
        for text in legend.get_texts():
            text.set_parse_math(False)
    else:
        axes.text(0.5, 1.5, "nobody was asked", ha="center", va="center", color=SOFT)
    return axes


_WORDS = (
    "right, when the same\nin both orders",
    "right, when said in\none order only",
    "same verdict\nin both orders",
    "names the variable\nshown first",
)


def _rows(one: Reliability) -> list[_Row]:
    return [
        _Row(f"{one.agreed} of {one.probes} edges", one.accuracy, one.low, one.high),
        _Row("", one.single_accuracy),
        _Row("", one.order_consistency),
        _Row("", one.first_shown),
    ]


def _aside(value: float) -> str:
    """Where a number's words go, so that they stay within the picture."""
    return "right" if value > 0.6 else "left" if value < 0.25 else "center"


def _draw_row(axes: Axes, row: _Row, y: float, colour: str, marker: str) -> None:
    from matplotlib.patheffects import withStroke

    if row.value is None:
        axes.text(0.5, y, "not known", fontsize=7, color=colour, ha="center",
                  va="center", backgroundcolor="white")  # fmt: skip
        return
    if row.low is not None and row.high is not None:
        axes.plot([row.low, row.high], [y, y], color=colour, linewidth=2.2, alpha=0.45,
                  solid_capstyle="butt", gid="interval")  # fmt: skip
    # a number may stand on the coin's line
    clear = [withStroke(linewidth=2.5, foreground="white")]
    said = f"{row.value:.0%}{', agrees on ' if row.words else ''}{row.words}"
    axes.annotate(said, (row.value, y), (0, 5), textcoords="offset points", fontsize=7,
                  color=colour, ha=_aside(row.value),
                  va="bottom", path_effects=clear)  # fmt: skip
    axes.plot([row.value], [y], color=colour, marker=marker, markersize=5.5,
              markeredgecolor="white", markeredgewidth=0.6, linestyle="none",
              gid="share")  # fmt: skip
