"""Reliability diagrams: how often what was stated is true."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from llmcd.metrics.forecasts import (
    Forecasts,
    brier,
    expected_calibration_error,
    reliability_bins,
)
from llmcd.plots.styles import CYCLE, SOFT, new_axes, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_calibration"]


def draw_calibration(
    forecasts: Forecasts | Mapping[str, Forecasts],
    *,
    bins: int = 10,
    ax: Axes | None = None,
) -> Axes:
    """Draw observed frequencies against stated probabilities.

    Parameters
    ----------
    forecasts : Forecasts or mapping of str to Forecasts
        What was stated and what is true, from ``llmcd.metrics``; several are told
        apart by their labels.
    bins : int, optional
        Bins of equal width on [0, 1].
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        A point for each bin that holds forecasts, with Wilson's 95 % interval of its
        frequency; larger points hold more forecasts. On the diagonal the
        probabilities are honest.

    Raises
    ------
    ValueError
        If there is no forecast.

    Notes
    -----
    Wilson (1927), *Probable inference, the law of succession, and statistical
    inference*: an interval that stays within [0, 1].

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> told = Forecasts(np.array([True, False]), np.array([0.9, 0.2]), 0)
    >>> axes = Figure().subplots()
    >>> draw_calibration(told, ax=axes) is axes
    True
    """
    several = {"": forecasts} if isinstance(forecasts, Forecasts) else dict(forecasts)
    if not several:
        raise ValueError("expected at least one set of forecasts, got none")
    axes = new_axes(ax, (4.2, 4.2))
    axes.plot([0, 1], [0, 1], color=SOFT, linewidth=0.8, linestyle=(0, (4, 3)),
              zorder=0)  # fmt: skip
    most = max(len(each.truth) for each in several.values())
    for k, (label, each) in enumerate(several.items()):
        colour, marker = CYCLE[k % len(CYCLE)]
        _draw_bins(axes, label, each, bins, most, colour, marker)
    axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), aspect="equal")
    axes.set_xlabel("stated probability")
    axes.set_ylabel("share that is true")
    ticks = [0, 0.25, 0.5, 0.75, 1]
    axes.set_xticks(ticks, ["0", "0.25", "0.5", "0.75", "1"])
    axes.set_yticks(ticks, ["0", "0.25", "0.5", "0.75", "1"])
    tidy(axes)
    legend = axes.legend(
        loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False, fontsize=8,
        borderaxespad=0.3, handletextpad=0.4,
    )  # fmt: skip
    for text in legend.get_texts():
        text.set_parse_math(False)
    return axes


def _draw_bins(
    axes: Axes, label: str, each: Forecasts, bins: int, most: int,
    colour: str, marker: str,
) -> None:  # fmt: skip
    told = {"truth": each.truth, "probability": each.probability}
    points = reliability_bins(**told, bins=bins)
    counts = np.array([p.forecasts for p in points])
    stated = np.array([p.stated for p in points])
    observed = np.array([p.observed for p in points])
    low, high = _wilson(observed, counts)
    axes.vlines(stated, low, high, color=colour, linewidth=1.4, alpha=0.45, zorder=1)
    error = expected_calibration_error(**told, bins=bins)
    words = (
        f"{label + ': ' if label else ''}{len(each.truth):,} forecasts, "
        f"Brier {brier(**told):.3f}, ECE {error:.3f}"
    )
    axes.plot(stated, observed, color=colour, linewidth=1.0, alpha=0.7, zorder=2)
    axes.scatter(
        stated, observed, s=16 + 110 * np.sqrt(counts / most), c=colour, marker=marker,
        edgecolors="white", linewidths=0.6, zorder=3, label=words, gid="bins",
    )  # fmt: skip


def _wilson(
    share: np.ndarray, counts: np.ndarray, z: float = 1.96
) -> tuple[np.ndarray, np.ndarray]:
    shrunk = z**2 / counts
    middle = (share + shrunk / 2) / (1 + shrunk)
    half = (
        z / (1 + shrunk) * np.sqrt(share * (1 - share) / counts + shrunk / 4 / counts)
    )
    return middle - half, middle + half
