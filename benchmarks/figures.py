"""Figures from collected results: distance against rows, and reliability diagrams."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from benchmarks.collect import Results
from benchmarks.comparisons import mean_and_error
from benchmarks.tables_text import OURS, done, of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["LINES", "Line", "distance", "draw", "reliability"]

MEASURE = "shd_half"
EXPERT = "recorded"
DPI = 200


class Line(NamedTuple):
    """How a method is drawn; colours of Okabe and Ito, told apart by shape as well."""

    method: str
    expert: str
    label: str
    colour: str
    mark: str
    dashes: str


LINES = (
    Line("order", "", "data alone", "#000000", "o", "-"),
    Line("pc", "", "PC", "#999999", "v", ":"),
    Line("expert-alone", EXPERT, "expert alone", "#E69F00", "s", "--"),
    Line("as-law", EXPERT, "expert as law", "#D55E00", "D", "--"),
    Line("open-only", EXPERT, "open edges only", "#CC79A7", "^", "-."),
    Line("safe", EXPERT, "safe mode", "#0072B2", "p", "-"),
    Line("posterior", EXPERT, "posterior mode", "#009E73", "X", "-"),
)
_STYLE: dict[Any, Any] = {
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "legend.frameon": False,
    "svg.hashsalt": "llmcd",
}


def draw(results: Results, folder: Path) -> list[Path]:
    """Draw every figure.

    Parameters
    ----------
    results : Results
        Collected.
    folder : Path
        Made if need be; files of the same names are replaced.

    Returns
    -------
    list of Path
    """
    import matplotlib as mpl

    folder.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    # A backend of its own: the caller's is left alone.
    with mpl.rc_context(_STYLE):
        for name, figure in (
            ("distance", distance(results)),
            ("reliability", reliability(results)),
        ):
            path = folder / f"{name}.png"
            # without the version and date, so that the same results give the same file
            figure.savefig(path, dpi=DPI, metadata={"Software": None})
            made.append(path)
    return made


def distance(results: Results) -> Figure:
    """Mean SHD against rows, one panel a network, with standard errors."""
    runs = done(results)
    networks = sorted(
        runs["network"].unique(),
        key=lambda n: (results.networks[n]["group"] == "famous", n),
    )
    across = min(3, len(networks))
    down = math.ceil(len(networks) / across)
    figure = _figure(2.4 * across, 1.9 * down + 0.7)
    panels = figure.subplots(down, across, squeeze=False)
    for k, panel in enumerate(panels.flat):
        if k >= len(networks):
            panel.set_visible(False)
            continue
        _panel(panel, runs[runs["network"] == networks[k]])
        facts = results.networks[networks[k]]
        star = " (famous)" if facts["group"] == "famous" else ""
        panel.set_title(f"{networks[k]}{star}, {facts['edges']} edges", loc="left")
        if k % across == 0:
            panel.set_ylabel("SHD, undirected ½")
        if k + across >= len(networks):
            panel.set_xlabel("rows")
    shown = {}
    for panel in panels.flat:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            shown.setdefault(label, handle)
    order = [line.label for line in LINES if line.label in shown]
    figure.legend(
        [shown[label] for label in order],
        order,
        loc="outside lower center",
        ncols=min(4, max(1, len(order))),
    )
    return figure


def _figure(width: float, height: float) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _panel(panel: Axes, runs: pd.DataFrame) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    sizes = sorted(int(n) for n in runs["rows"].unique())
    lines = [line for line in LINES if len(of(runs, line.method, line.expert))]
    for k, line in enumerate(lines):
        some = of(runs, line.method, line.expert)
        there = [n for n in sizes if (some["rows"] == n).any()]
        found = [
            mean_and_error(some[some["rows"] == n][MEASURE].to_numpy()) for n in there
        ]
        # a little apart, so that bars do not hide each other
        aside = 1.0 + 0.025 * (k - (len(lines) - 1) / 2)
        panel.errorbar(
            [n * aside for n in there],
            [mean for mean, _ in found],
            yerr=[0.0 if math.isnan(error) else error for _, error in found],
            label=line.label,
            color=line.colour,
            marker=line.mark,
            linestyle=line.dashes,
            markersize=4,
            linewidth=1.0,
            elinewidth=0.7,
            clip_on=False,  # a distance of 0 is drawn whole
        )
    panel.set_xscale("log")
    panel.set_ylim(bottom=0)
    panel.xaxis.set_major_locator(FixedLocator(sizes))
    panel.xaxis.set_minor_locator(NullLocator())
    panel.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))
    panel.margins(x=0.15)


def reliability(results: Results) -> Figure:
    """Stated probability against what is true, edges and directions apart."""
    held = _same_blocks(results.calibration)
    figure = _figure(6.6, 2.9)
    panels = figure.subplots(1, 2, squeeze=False)[0]
    titles = {"adjacency": "edge or not, all pairs", "direction": "direction of edges"}
    lines = [line for line in LINES if line.method in ("order", *OURS)]
    for panel, (what, title) in zip(panels, titles.items(), strict=True):
        panel.plot([0, 1], [0, 1], color="#999999", linewidth=0.6, linestyle=":")
        for line in lines:
            _reliability_line(panel, held, what, line)
        panel.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xlabel="stated probability")
        panel.set_title(title, loc="left")
    panels[0].set_ylabel("share that is true")
    handles, labels = panels[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside right center")
    return figure


def _same_blocks(held: pd.DataFrame) -> pd.DataFrame:
    """Only networks and rows where one of our modes had recorded answers."""
    if not len(held):
        return held
    ours = held[held["method"].isin(OURS) & (held["expert"] == EXPERT)]
    where = set(zip(ours["network"], ours["rows"], strict=True))
    if not where:
        return held
    pairs = zip(held["network"], held["rows"], strict=True)
    return held[[pair in where for pair in pairs]]


def _reliability_line(panel: Axes, held: pd.DataFrame, what: str, line: Line) -> None:
    if not len(held):
        return
    arm = "real" if line.expert else ""
    some = held[
        (held["what"] == what)
        & (held["method"] == line.method)
        & (held["expert"] == line.expert)
        & (held["arm"] == arm)
    ]
    if not len(some):
        return
    by = some.groupby("bin")[["forecasts", "stated", "true"]].sum()
    share = by["true"] / by["forecasts"]
    # two standard errors of a share, as if pairs were independent
    error = 2 * (share * (1 - share) / by["forecasts"]) ** 0.5
    panel.errorbar(
        by["stated"] / by["forecasts"],
        share,
        yerr=error,
        label=line.label,
        color=line.colour,
        marker=line.mark,
        linestyle=line.dashes,
        markersize=3.5,
        linewidth=1.0,
        elinewidth=0.7,
    )
