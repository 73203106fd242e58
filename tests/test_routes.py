"""Ways through gaps: inside their bounds, smooth, and no longer than they must be."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from llmcd.routes import _taut, smooth_way


@st.composite
def gaps(draw):
    """Heights and bounds, fixed at both ends."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(2, 9))
    ys = np.cumsum(rng.uniform(0.5, 2.0, n))
    low = rng.uniform(-5, 5, n)
    high = low + rng.uniform(0, 4, n)
    high[[0, -1]] = low[[0, -1]]
    return [[float(x) for x in row] for row in (ys, low, high)]


@given(gaps())
@settings(max_examples=40, deadline=None)
def test_within_bounds(found):
    """At each height the way is between its bounds, and it starts and ends there."""
    ys, low, high = found
    way = smooth_way(ys, low, high)
    assert len(way) == 3 * len(ys) - 2
    for (x, y), height, least, most in zip(way[::3], ys, low, high, strict=True):
        assert y == height
        assert least - 1e-12 <= x <= most + 1e-12


@given(gaps())
@settings(max_examples=25, deadline=None)
def test_as_straight_as_a_solver_finds(found):
    """A bounded quasi-Newton search finds no way with less bending energy."""
    ys, low, high = map(np.array, found)

    def energy(xs):
        return float((np.diff(xs) ** 2 / np.diff(ys)).sum())

    mine = energy(np.array(_taut(*found)))
    start = np.clip(np.linspace(low[0], low[-1], len(ys)), low, high)
    best = minimize(energy, start, bounds=list(zip(low, high, strict=True)))
    assert mine <= best.fun * (1 + 1e-3) + 1e-6


@given(gaps())
@settings(max_examples=25, deadline=None)
def test_smooth_and_monotone(found):
    """Pieces meet with one slope, and inner pieces never turn back."""
    way = np.array(smooth_way(*found))
    for k in range(3, len(way) - 1, 3):
        before, after = way[k] - way[k - 1], way[k + 1] - way[k]
        # slopes, not lengths: pieces differ in height
        assert abs(before[0] * after[1] - after[0] * before[1]) < 1e-9
    t = np.linspace(0, 1, 50)[:, None]
    weights = np.hstack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
    for k in range(3, len(way) - 4, 3):
        steps = np.diff(weights @ way[k : k + 4, 0])
        assert (steps > -1e-9).all() or (steps < 1e-9).all()


def test_straight_where_nothing_is_in_the_way():
    """With wide bounds the way is a straight line."""
    way = smooth_way([0, 1, 2, 3], [0, -9, -9, 1.5], [0, 9, 9, 1.5])
    assert np.allclose([x for x, _ in way[::3]], [0, 0.5, 1.0, 1.5], atol=1e-6)
