"""Benchmark curves: means and bands of the runs, lines that can be told apart."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from drawing import canvas, png, texts_of

from llmcd.plots.curves import draw_curves

mpl.use("Agg")

RUNS = pd.DataFrame(
    [(n, 10.0 * n + e, m) for n in (1, 2, 4) for e in (-1, 0, 1) for m in ("p", "q")],
    columns=["n", "t", "m"],
)


def test_mean_and_band():
    """The line is the mean, the band two standard errors: 2 / sqrt(3) for -1, 0, 1."""
    ax = draw_curves(RUNS, x="n", y="t", by="m", ax=canvas())
    line = ax.get_lines()[0]
    assert line.get_xdata().tolist() == [1, 2, 4]
    assert line.get_ydata().tolist() == [10, 20, 40]
    edge = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert edge.max() == pytest.approx(40 + 2 / np.sqrt(3))
    assert edge.min() == pytest.approx(10 - 2 / np.sqrt(3))


def test_geometric_where_logarithmic():
    """Of 1, 10 and 100 seconds the middle is 10 on a logarithmic axis."""
    runs = pd.DataFrame({"n": 1, "t": [1.0, 10.0, 100.0], "m": "p"})
    ax = draw_curves(runs, x="n", y="t", by="m", logarithmic="y", ax=canvas())
    assert ax.get_lines()[0].get_ydata()[0] == pytest.approx(10)
    assert (ax.get_xscale(), ax.get_yscale()) == ("linear", "log")


def test_many_lines_differ():
    """Twelve methods have twelve looks, and the legend follows their last values."""
    runs = pd.DataFrame(
        [(n, k * n, f"method_{k:02}") for k in range(1, 13) for n in (1, 2)],
        columns=["n", "t", "m"],
    )
    ax = draw_curves(runs, x="n", y="t", by="m", ax=canvas())
    looks = {(x.get_color(), x.get_linestyle()) for x in ax.get_lines()}
    assert len(looks) == 12
    assert texts_of(ax) == [f"method_{k:02}" for k in range(12, 0, -1)]


def test_rows_without_numbers_are_left_out():
    """A run that failed has no number and no point; labels are literal."""
    runs = pd.DataFrame({"n_a$": [1, 2, 3], "t": [1.0, None, 3.0], "m": "$x_1"})
    ax = draw_curves(runs, x="n_a$", y="t", by="m", ax=canvas())
    assert ax.get_lines()[0].get_xdata().tolist() == [1, 3]
    assert texts_of(ax) == ["$x_1"]
    assert png(ax)


def test_wrong_records():
    """A column that is not there, or no number at all, is said."""
    with pytest.raises(ValueError, match=r"missing: \['seconds'\]"):
        draw_curves(RUNS, x="n", y="seconds", by="m", ax=canvas())
    with pytest.raises(ValueError, match="no row of the records"):
        draw_curves(RUNS.assign(t=None), x="n", y="t", by="m", ax=canvas())
