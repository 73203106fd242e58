"""How the pictures look: colours, lines and where they are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "CONFLICT", "CYCLE", "INK", "SOFT", "STYLES", "Style", "new_axes", "page_size",
    "style_of", "tidy",
]  # fmt: skip


class Style(NamedTuple):
    """How an edge is drawn, by who decided it.

    Attributes
    ----------
    words : str
        For the legend.
    colour, line, marker
        As matplotlib takes them; ``line`` is ``"-"`` or dashes.
    """

    words: str
    colour: str
    line: Any
    marker: str


INK, SOFT, CONFLICT = "#3a3a3a", "#8c8c8c", "#CC1111"
# The colours are Okabe and Ito's, which colour-blind readers can tell apart; lines
# differ as well, for those who print without colour.
STYLES = {
    "data": Style("data", INK, "-", "o"),
    "expert": Style("expert", "#E69F00", (0, (4.5, 1.1)), "s"),
    "background": Style("background knowledge", "#0072B2", (0, (10, 1.1)), "^"),
    "Meek": Style("follows (Meek)", SOFT, (0, (5, 1.6, 1.2, 1.6)), "D"),
    "nobody": Style("undirected", INK, (0, (1, 1.6)), "v"),
}
CYCLE = (
    ("#0072B2", "o"), ("#D55E00", "s"), ("#009E73", "^"), ("#CC79A7", "D"),
    ("#E69F00", "v"), ("#56B4E9", "P"), (INK, "X"),
)  # fmt: skip


def style_of(decided_by: str) -> Style:
    """The style of whoever decided an edge.

    Examples
    --------
    >>> style_of("expert").colour
    '#E69F00'
    """
    return STYLES.get(decided_by, Style(decided_by, "#CC79A7", "-", "P"))


def new_axes(ax: Axes | None, size: tuple[float, float] | None) -> Axes:
    """The axes given, or those of a new figure of this size in inches."""
    if ax is not None:
        return ax
    from matplotlib import pyplot as plt

    _, axes = plt.subplots(figsize=size, layout="constrained")
    return axes


def page_size(axes: Axes) -> tuple[float, float]:
    """Size of the axes in points, once the figure's layout has settled."""
    figure: Any = axes.figure.figure
    if figure.get_layout_engine() is not None:
        figure.draw_without_rendering()
    box = axes.get_window_extent()
    return 72 * box.width / figure.dpi, 72 * box.height / figure.dpi


def tidy(axes: Axes) -> None:
    """No frame where nothing is read off, and nothing louder than the data."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(SOFT)
    axes.tick_params(color=SOFT, labelsize=8)
    axes.set_xlabel(axes.get_xlabel(), fontsize=9)
    axes.set_ylabel(axes.get_ylabel(), fontsize=9)
    axes.set_axisbelow(True)
