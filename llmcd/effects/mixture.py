"""Intervals of mixtures of normal and t distributions and points."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["mixture_interval", "quantile"]

Floats = npt.NDArray[np.float64]


def mixture_interval(
    values: npt.ArrayLike,
    errors: npt.ArrayLike,
    weights: npt.ArrayLike,
    *,
    df: npt.ArrayLike = np.inf,
    level: float = 0.95,
) -> tuple[float, float]:
    """Central interval of a mixture of normal or t distributions and points.

    Parameters
    ----------
    values, errors, weights : arrays of float, shape (k,)
        Centre, scale (0 for a point) and weight of each part; weights sum to 1.
    df : array of float, shape (k,), optional
        Degrees of freedom; infinite for a normal part.
    level : float, optional
        Probability inside.

    Returns
    -------
    low, high : float

    Examples
    --------
    >>> low, high = mixture_interval([0.0], [1.0], [1.0])
    >>> round(low, 2), round(high, 2)
    (-1.96, 1.96)
    >>> mixture_interval([0.0, 5.0], [0.0, 1.0], [0.99, 0.01])
    (0.0, 0.0)
    """
    centre, scale, weight = (
        np.asarray(x, dtype=float) for x in (values, errors, weights)
    )
    degrees = np.broadcast_to(np.asarray(df, dtype=float), centre.shape)
    tail = (1 - level) / 2
    wide = abs(quantile(tail * 1e-3, float(degrees.min()))) * scale
    ends = float((centre - wide).min()), float((centre + wide).max())
    return (
        _mixture_quantile(tail, centre, scale, weight, degrees, ends),
        _mixture_quantile(1 - tail, centre, scale, weight, degrees, ends),
    )


def _mixture_quantile(
    p: float,
    centre: Floats,
    scale: Floats,
    weight: Floats,
    df: Floats,
    ends: tuple[float, float],
) -> float:
    for point in np.unique(centre[scale == 0]):
        at = _mixture_cdf(point, centre, scale, weight, df)
        before = at - float(weight[(scale == 0) & (centre == point)].sum())
        if before < p <= at:
            return float(point)
    low, high = ends
    for _ in range(200):
        middle = (low + high) / 2
        if _mixture_cdf(middle, centre, scale, weight, df) < p:
            low = middle
        else:
            high = middle
        if high - low <= 1e-12 * max(abs(low), abs(high), float(scale.max())):
            break
    return (low + high) / 2


def _mixture_cdf(
    x: float, centre: Floats, scale: Floats, weight: Floats, df: Floats
) -> float:
    from scipy import special

    spread = scale > 0
    z = (x - centre) / np.where(spread, scale, 1.0)
    finite = np.isfinite(df)
    below = np.where(
        finite, special.stdtr(np.where(finite, df, 1.0), z), special.ndtr(z)
    )
    return float(weight @ np.where(spread, below, centre <= x))


def quantile(p: float, df: float) -> float:
    """Of the t distribution, or of the normal one for infinite ``df``."""
    from scipy import special

    return float(special.ndtri(p) if np.isinf(df) else special.stdtrit(df, p))
