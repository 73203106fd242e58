"""Curves of a benchmark: one line for each method, with its spread over repeats."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from llmcd.plots.names import has_glyph, shown
from llmcd.plots.styles import CYCLE, SOFT, new_axes, tidy

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["draw_curves"]


def draw_curves(
    records: pd.DataFrame,
    *,
    x: str,
    y: str,
    by: str,
    logarithmic: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw a measure against a size or a budget, one line for each method.

    Parameters
    ----------
    records : pandas.DataFrame
        One row for each run.
    x, y, by : str
        Columns: across, up, and what tells the lines apart.
    logarithmic : {"", "x", "y", "xy"}, optional
        Axes with a logarithmic scale.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Means over runs with the same ``x`` (geometric where ``y`` is logarithmic), and
        a band of two standard errors where there are several runs. Lines are in order
        of their last value in the legend, so that it reads as the picture does.

    Raises
    ------
    ValueError
        If a column is missing or no row has numbers in both columns.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> runs = pd.DataFrame({"rows": [100, 200], "SHD": [9, 7], "method": "PC"})
    >>> axes = Figure().subplots()
    >>> draw_curves(runs, x="rows", y="SHD", by="method", ax=axes) is axes
    True
    """
    missing = [column for column in (x, y, by) if column not in records.columns]
    if missing:
        raise ValueError(
            f"records must have the columns {x!r}, {y!r} and {by!r}; missing: {missing}"
        )
    whole = records[[x, y, by]].dropna()
    if whole.empty:
        raise ValueError(f"no row of the records has both {x!r} and {y!r}")
    axes = new_axes(ax, (5.6, 3.8))
    known = has_glyph()
    lines: list[tuple[float, Line2D]] = []
    for k, (label, own) in enumerate(
        sorted(whole.groupby(by), key=lambda g: str(g[0]))
    ):
        colour, marker = CYCLE[k % len(CYCLE)]
        at, middle, low, high = _summary(own, x, y, geometric="y" in logarithmic)
        axes.fill_between(at, low, high, color=colour, alpha=0.15, linewidth=0)
        (line,) = axes.plot(
            at, middle, color=colour, marker=marker, markersize=5, linewidth=1.6,
            linestyle=("-", (0, (6, 1.5)))[k // len(CYCLE) % 2],
            markeredgecolor="white", markeredgewidth=0.5,
            label=shown(str(label), known),
        )  # fmt: skip
        lines.append((float(middle[-1]), line))
    for axis in logarithmic:
        getattr(axes, f"set_{axis}scale")("log")
    axes.set_xlabel(x, parse_math=False)
    axes.set_ylabel(y, parse_math=False)
    axes.grid(axis="y", color=SOFT, alpha=0.2, linewidth=0.6)
    tidy(axes)
    _legend(axes, lines)
    return axes


def _summary(
    own: pd.DataFrame, x: str, y: str, *, geometric: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Where, mean, and two standard errors below and above."""
    at = np.unique(own[x])
    rows: list[tuple[float, float, float]] = []
    for place in at:
        values = own.loc[own[x] == place, y].to_numpy(dtype=np.float64)
        values = np.log(values) if geometric else values
        spread = 0.0
        if len(values) > 1:
            spread = 2 * float(values.std(ddof=1)) / len(values) ** 0.5
        middle = float(values.mean())
        rows.append((middle, middle - spread, middle + spread))
    found = np.array(rows).T
    middle, low, high = np.exp(found) if geometric else found
    return at, middle, low, high


def _legend(axes: Axes, lines: list[tuple[float, Line2D]]) -> None:
    lines = sorted(lines, key=lambda end: -end[0])
    legend = axes.legend(
        handles=[line for _, line in lines], loc="upper left", bbox_to_anchor=(1, 1),
        frameon=False, fontsize=8, handlelength=2.2, borderaxespad=0.2,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)
