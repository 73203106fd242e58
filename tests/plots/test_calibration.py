"""Reliability diagrams: points where the bins are, intervals that cover."""

import matplotlib as mpl
import numpy as np
import pytest
from drawing import canvas, png, texts_of
from scipy.stats import binom

from llmcd.metrics.forecasts import Forecasts, reliability_bins
from llmcd.plots.calibration import _wilson, draw_calibration

mpl.use("Agg")


def told(n, seed, slope=1.0):
    """Forecasts of which a share is true that is the stated one, or less extreme."""
    rng = np.random.default_rng(seed)
    stated = rng.uniform(size=n)
    truth = rng.uniform(size=n) < 0.5 + slope * (stated - 0.5)
    return Forecasts(truth, stated, 0)


def test_points_are_the_bins():
    """One point a bin, at its mean stated probability and its observed share."""
    each = told(300, 1)
    ax = draw_calibration(each, bins=5, ax=canvas())
    (points,) = (c.get_offsets() for c in ax.collections if c.get_gid() == "bins")
    bins = reliability_bins(truth=each.truth, probability=each.probability, bins=5)
    assert np.allclose(points, [(b.stated, b.observed) for b in bins])


def test_intervals_are_wilsons():
    """At the bounds the score test is just at 1.96: (p - q)^2 = z^2 q (1 - q) / n."""
    for hits, n in ((0, 4), (3, 7), (50, 60), (9, 9)):
        p = np.array([hits / n])
        for bound in _wilson(p, np.array([n])):
            gap = (p - bound) ** 2 - 1.96**2 * bound * (1 - bound) / n
            assert gap == pytest.approx(0.0, abs=1e-12)


def test_intervals_cover():
    """Over the binomial distribution itself, 20 draws: at least 92 % are covered."""
    hits = np.arange(21)
    low, high = _wilson(hits / 20, np.full(21, 20))
    for truth in (0.1, 0.3, 0.5, 0.8):
        inside = (low <= truth) & (truth <= high)
        assert binom.pmf(hits, 20, truth)[inside].sum() > 0.92


def test_several_with_their_numbers():
    """Labels, numbers of forecasts and both measures are in the legend."""
    ax = draw_calibration({"$a_b": told(50, 2), "c": told(1500, 3, 0.2)}, ax=canvas())
    words = texts_of(ax)
    assert words[0].startswith("$a_b: 50 forecasts, Brier 0.")
    assert words[1].startswith("c: 1,500 forecasts")
    assert png(ax)


def test_no_forecast():
    """Nothing to draw is an error that says so."""
    with pytest.raises(ValueError, match="at least one set of forecasts"):
        draw_calibration({}, ax=canvas())
