"""A smooth way from one point to another through gaps between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

__all__ = ["Point", "smooth_way"]

TIGHTENINGS = 60
STEEPEST = 0.9  # sideways for one down, where a way begins and ends

Point = tuple[float, float]


def smooth_way(
    ys: Sequence[float], low: Sequence[float], high: Sequence[float]
) -> list[Point]:
    """The straightest smooth way downwards that stays between bounds.

    Parameters
    ----------
    ys : sequence of float
        Heights at which there are bounds, growing, at least two.
    low, high : sequence of float
        Least and greatest place at each height; equal at the first and the last.

    Returns
    -------
    list of (float, float)
        A Bezier curve: the start, then three control points for each cubic piece.
        Between two heights it is monotone, so that it stays within the bounds where
        both ends of a piece have the same.

    Notes
    -----
    Fritsch and Butland (1984), *A method for constructing local monotone piecewise
    cubic interpolants*, equation 5: slopes are harmonic means.

    Examples
    --------
    >>> way = smooth_way([0.0, 1.0, 2.0], [0.0, 1.0, 0.0], [0.0, 9.0, 0.0])
    >>> way[3]
    (1.0, 1.0)
    """
    return _smooth(_taut(ys, low, high), ys)


def _taut(
    ys: Sequence[float], low: Sequence[float], high: Sequence[float]
) -> list[float]:
    """Places of a string that is pulled tight between the bounds at each height."""
    share = np.subtract(ys, ys[0]) / (ys[-1] - ys[0])
    straight = low[0] + share * (low[-1] - low[0])
    xs = [float(x) for x in np.clip(straight, low, high)]
    steps = [1.0 / (below - above) for above, below in pairwise(ys)]
    for _ in range(TIGHTENINGS if len(ys) > 2 else 0):
        for k in range(1, len(xs) - 1):
            one, other = steps[k - 1], steps[k]
            even = (one * xs[k - 1] + other * xs[k + 1]) / (one + other)
            # a little beyond the mean: successive over-relaxation
            xs[k] = min(max(xs[k] + 1.6 * (even - xs[k]), low[k]), high[k])
    return xs


def _smooth(xs: Sequence[float], ys: Sequence[float]) -> list[Point]:
    """Cubic pieces through points; between two of them the way never turns back."""
    steps = [(b - a) / (d - c) for (a, b), (c, d) in zip(pairwise(xs), pairwise(ys),
                                                         strict=True)]  # fmt: skip
    slopes = [2 * p * q / (p + q) if p * q > 0 else 0.0 for p, q in pairwise(steps)]
    first, last = (
        float(np.clip(0.6 * s, -STEEPEST, STEEPEST)) for s in (steps[0], steps[-1])
    )
    slopes = [first, *slopes, last]
    route: list[Point] = [(xs[0], ys[0])]
    for k, (y0, y1) in enumerate(pairwise(ys)):
        reach = (y1 - y0) / 3
        route += [
            (xs[k] + slopes[k] * reach, y0 + reach),
            (xs[k + 1] - slopes[k + 1] * reach, y1 - reach),
            (xs[k + 1], y1),
        ]
    return route
