"""Estimates of one effect in closed form, with their standard errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from llmcd.effects.curves import bent_regression
from llmcd.effects.rows import Contrast, Rows
from llmcd.effects.strategy import Estimate, Strategy

__all__ = ["estimate", "least_squares", "standardisation"]

Floats = npt.NDArray[np.float64]

_COVERED = 0.95  # below, strata without both arms are too many to leave out
_NOTHING_LEFT = 1e-10  # share of a treatment's variance that rounding may leave


_ZERO = Estimate(0.0, 0.0, np.inf, "no directed path")
_UNKNOWN = Estimate(np.nan, np.nan, np.inf, "none")


def estimate(
    strategy: Strategy, rows: Rows, contrast: Contrast, *, linear: bool = False
) -> Estimate:
    """Estimate the effect as the strategy says.

    Parameters
    ----------
    strategy : Strategy
        How the graph identifies the effect.
    rows : Rows
        The data.
    contrast : Contrast
        What is compared with what.
    linear : bool, optional
        Never standardise, and no bends.

    Returns
    -------
    Estimate
        Backdoor: standardisation over strata where treatment and all adjusted columns
        are discrete and their strata are covered, else least squares, which takes in
        what stands beside, and bends where the rows ask for it
        (:mod:`llmcd.effects.curves`). Apart: as backdoor. Instrument: two stages.
        Frontdoor: the product of the two regressions. The last two are lines.

    Notes
    -----
    What tells of the treatment or of the outcome is adjusted for, so that no one
    selection has to be right (Belloni, Chernozhukov and Hansen 2014, *Inference on
    treatment effects after selection among high-dimensional controls*).
    """
    if strategy.kind == "no path":
        return _ZERO
    if strategy.kind in ("backdoor", "apart"):
        found = _backdoor(strategy, rows, contrast, linear)
        # where the rows cannot contradict a graph that says zero, it stands
        alone = strategy.kind == "apart" and not np.isfinite(found.value)
        return _ZERO if alone else found
    if strategy.kind == "instrument":
        return _instrument(strategy.variables, rows, contrast)
    if strategy.kind == "frontdoor":
        return _frontdoor(strategy.variables, rows, contrast)
    return _UNKNOWN


def _backdoor(
    strategy: Strategy, rows: Rows, contrast: Contrast, linear: bool
) -> Estimate:
    names = strategy.variables
    every = (*names, *strategy.beside)
    discrete = all(rows.levels(name) for name in names if rows.has(name))
    note = ""
    if contrast.levels is not None and discrete and not linear:
        found, covered = standardisation(names, rows, contrast)
        if covered >= _COVERED:
            return found
        note = (
            f"only {covered:.0%} of the rows are in strata of {', '.join(names)} with "
            "both levels of the treatment, so a regression without interactions fills "
            "the rest"
        )
    line = least_squares(every, rows, contrast, note)
    if linear or not np.isfinite(line.value):
        return line
    return bent_regression(every, rows, contrast, note) or line


# --- regression -----------------------------------------------------------------------


def _treated(rows: Rows, contrast: Contrast) -> tuple[Floats, int]:
    """The treatment's columns and which of them is the contrast's."""
    values = rows.column(contrast.treatment)
    if contrast.levels is None:
        return values[:, None], 0
    control, treated = contrast.levels
    size = len(rows.levels(contrast.treatment))
    codes = [code for code in range(size) if code != control]
    block = (values[:, None] == np.array(codes)).astype(np.float64)
    return block, codes.index(treated)


def _with_constant(block: Floats) -> Floats:
    return np.hstack([np.ones((len(block), 1)), block])


def _left(block: Floats, given: Floats) -> tuple[Floats, int]:
    """What a regression on ``given`` leaves of the columns, and its rank."""
    coefficients, _, rank, _ = np.linalg.lstsq(given, block, rcond=None)
    return block - given @ coefficients, int(rank)


def _solved(x: Floats, before: Floats) -> Floats | None:
    """Inverse of the cross-products, or None if they say nothing of their own."""
    total = np.sum((before - before.mean(axis=0)) ** 2, axis=0)
    own = np.sum(x**2, axis=0)
    if (own <= _NOTHING_LEFT * total).any():
        return None
    cross = x.T @ x
    if np.linalg.cond(cross) > 1 / _NOTHING_LEFT:
        return None
    return np.asarray(np.linalg.inv(cross), dtype=np.float64)


def least_squares(
    names: Sequence[str], rows: Rows, contrast: Contrast, note: str = ""
) -> Estimate:
    """Coefficient of the treatment in a regression on it and the adjusted columns.

    Parameters
    ----------
    names : sequence of str
        The adjusted columns.
    rows, contrast
        As in :func:`estimate`.
    note : str, optional
        Passed on.

    Returns
    -------
    Estimate
        Exact t interval for a continuous outcome; for the chance of an event, standard
        errors that do not need equal variances (HC1; MacKinnon and White 1985).
    """
    given = _with_constant(rows.design(names))
    block, at = _treated(rows, contrast)
    x, rank = _left(block, given)
    inverse = _solved(x, block)
    df = len(x) - rank - x.shape[1]
    if inverse is None or df < 1:
        return _no_variation(names, contrast)
    y = _left(contrast.target(rows)[:, None], given)[0][:, 0]
    slopes = inverse @ (x.T @ y)
    residual = y - x @ slopes
    if contrast.event is None:
        covariance = inverse * float(residual @ residual) / df
        method = "linear regression"
    else:
        meat = (x * residual[:, None] ** 2).T @ x
        covariance = inverse @ meat @ inverse * len(x) / df
        method = "linear probability regression"
    error = float(np.sqrt(covariance[at, at]))
    return Estimate(
        float(slopes[at]) * contrast.scale,
        error * abs(contrast.scale),
        df,
        method,
        note,
    )


def _no_variation(names: Sequence[str], contrast: Contrast) -> Estimate:
    return Estimate(
        np.nan,
        np.nan,
        np.inf,
        "none",
        f"given {', '.join(names) or 'nothing'}, {contrast.treatment} does not vary in "
        "these rows",
    )


# --- standardisation ------------------------------------------------------------------


def standardisation(
    names: Sequence[str], rows: Rows, contrast: Contrast
) -> tuple[Estimate, float]:
    """Difference of means within strata, weighted by the size of the strata.

    Parameters
    ----------
    names : sequence of str
        Discrete columns.
    rows, contrast
        As in :func:`estimate`; the treatment is discrete.

    Returns
    -------
    Estimate
        Over the strata that hold both levels of the treatment.
    covered : float
        Share of the rows in those strata.

    Notes
    -----
    The g-formula with empirical weights (Robins 1986). The variance is that of the
    means, each cell's borrowing one degree of freedom from its arm, plus that of the
    strata's weights.
    """
    codes = [rows.column(name) for name in names if rows.has(name)]
    stratum = _strata(codes, rows.table.n_rows)
    values = rows.column(contrast.treatment)
    y = contrast.target(rows)
    size = np.bincount(stratum)
    arms = [
        _arm(stratum[values == c], y[values == c], len(size)) for c in _both(contrast)
    ]
    (n0, mean0, ss0), (n1, mean1, ss1) = arms
    both = (n0 > 0) & (n1 > 0)
    covered = float(size[both].sum() / size.sum())
    if not both.any():
        return _no_variation(names, contrast), 0.0
    share = size[both] / size[both].sum()
    gap = (mean1 - mean0)[both]
    own = sum(_mean_variance(n, ss, both) for n, ss in ((n0, ss0), (n1, ss1)))
    value = float(share @ gap)
    spread = max(0.0, float(share @ ((gap - value) ** 2 - own)))
    variance = float(share**2 @ own) + spread / float(size[both].sum())
    note = (
        ""
        if covered == 1
        else (f"over the {covered:.1%} of the rows in strata with both arms")
    )
    found = Estimate(
        value * contrast.scale,
        float(np.sqrt(variance)) * abs(contrast.scale),
        np.inf,
        "standardisation over strata" if names else "difference of means",
        note,
    )
    return found, covered


def _both(contrast: Contrast) -> tuple[int, int]:
    if contrast.levels is None:
        raise ValueError("standardisation needs a discrete treatment")
    return contrast.levels


def _strata(codes: Sequence[Floats], n: int) -> npt.NDArray[np.int64]:
    stratum = np.zeros(n, dtype=np.int64)
    for column in codes:
        pair = stratum * (int(column.max()) + 1) + column.astype(np.int64)
        stratum = np.unique(pair, return_inverse=True)[1].astype(np.int64)
    return stratum


def _arm(
    stratum: npt.NDArray[np.int64], y: Floats, cells: int
) -> tuple[Floats, Floats, Floats]:
    """Rows, mean and sum of squares of each stratum in one arm."""
    n = np.bincount(stratum, minlength=cells).astype(np.float64)
    mean = np.bincount(stratum, y, minlength=cells) / np.maximum(n, 1)
    squares = np.bincount(stratum, (y - mean[stratum]) ** 2, minlength=cells)
    return n, mean, squares.astype(np.float64)


def _mean_variance(n: Floats, squares: Floats, both: npt.NDArray[np.bool_]) -> Floats:
    pooled = squares.sum() / max(float(np.maximum(n - 1, 0).sum()), 1.0)
    return (squares[both] + pooled) / n[both] / n[both]


# --- instrument and front door --------------------------------------------------------


def _instrument(names: Sequence[str], rows: Rows, contrast: Contrast) -> Estimate:
    """Two-stage least squares (Theil 1953), with its usual variance."""
    ones = np.ones((rows.table.n_rows, 1))
    block, at = _treated(rows, contrast)
    z = _left(rows.design(names), ones)[0]
    x = _left(block, ones)[0]
    y = _left(contrast.target(rows)[:, None], ones)[0][:, 0]
    fitted = x - _left(x, z)[0]
    inverse = _solved(fitted, block) if z.shape[1] >= x.shape[1] else None
    if inverse is None:
        return _no_variation((), contrast)
    slopes = inverse @ (fitted.T @ y)
    residual = y - x @ slopes
    df = len(x) - 1 - x.shape[1]
    error = float(np.sqrt(inverse[at, at] * float(residual @ residual) / df))
    strength = _first_stage(x[:, at], z)
    note = "it holds only if effects are linear"
    if strength < 10:
        note += f"; the instrument is weak (first-stage F {strength:.1f} < 10)"
    return Estimate(
        float(slopes[at]) * contrast.scale,
        error * abs(contrast.scale),
        df,
        "two-stage least squares",
        note,
    )


def _first_stage(x: Floats, z: Floats) -> float:
    rest = float(np.sum(_left(x[:, None], z)[0] ** 2))
    explained = float(x @ x) - rest
    return explained / z.shape[1] / (rest / (len(x) - 1 - z.shape[1]))


def _frontdoor(names: Sequence[str], rows: Rows, contrast: Contrast) -> Estimate:
    """Slopes treatment to mediators times slopes mediators to outcome given treatment.

    Pearl (1995), *Causal diagrams for empirical research*, section 4.3, in the linear
    case; the variance by the delta method.
    """
    ones = np.ones((rows.table.n_rows, 1))
    block, at = _treated(rows, contrast)
    m = rows.design(names)
    x, kept = _left(block, ones)[0], _left(m, _with_constant(block))[0]
    inverse, within = _solved(x, block), _solved(kept, m)
    if inverse is None or within is None:
        return _no_variation(names, contrast)
    first = (inverse @ (x.T @ m))[at]
    y = contrast.target(rows)
    residual_y = _left(y[:, None], _with_constant(block))[0][:, 0]
    second = within @ (kept.T @ residual_y)
    df = len(y) - 1 - x.shape[1] - m.shape[1]
    noise_m = kept.T @ kept / (len(y) - 1 - x.shape[1])
    rest = residual_y - kept @ second
    variance = float(second @ noise_m @ second) * inverse[at, at]
    variance += float(first @ within @ first) * float(rest @ rest) / df
    return Estimate(
        float(first @ second) * contrast.scale,
        float(np.sqrt(variance)) * abs(contrast.scale),
        df,
        "linear front-door product",
        "it holds only if effects are linear",
    )
