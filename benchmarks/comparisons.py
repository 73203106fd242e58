"""Two methods on the same samples: differences, ratios, and how sure they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = [
    "Difference",
    "Ratio",
    "holm",
    "log_ratio",
    "margin_of",
    "mean_and_error",
    "paired",
    "worse_p",
]

Floats = npt.NDArray[np.float64]
HALF_AN_EDGE = 0.5  # added to mean distances, so that a distance of 0 has a ratio
DRAWS = 4000


class Difference(NamedTuple):
    """A mean difference over samples and how sure it is.

    Attributes
    ----------
    mean : float
        Of the differences.
    error : float
        Standard error; nan for a single sample.
    upper : float
        One-sided 95 % limit of Student's t; nan for a single sample.
    high : float
        The 95 % quantile of the differences themselves.
    n : int
        How many.
    """

    mean: float
    error: float
    upper: float
    high: float
    n: int

    @classmethod
    def of(cls, values: Sequence[float] | Floats) -> Difference:
        """From the differences.

        Examples
        --------
        >>> Difference.of([0.0, 0.0, 0.0]).upper
        0.0
        """
        from scipy.stats import t

        held = np.asarray(values, dtype=np.float64)
        mean, error = mean_and_error(held)
        far = float(t.ppf(0.95, len(held) - 1)) if len(held) > 1 else float("nan")
        high = float(np.quantile(held, 0.95)) if len(held) else float("nan")
        return cls(mean, error, mean + far * error, high, len(held))


def mean_and_error(values: Sequence[float] | Floats) -> tuple[float, float]:
    """Mean and its standard error.

    Examples
    --------
    >>> mean_and_error([1.0, 3.0])
    (2.0, 1.0)
    """
    held = np.asarray(values, dtype=np.float64)
    if not len(held):
        return float("nan"), float("nan")
    if len(held) == 1:
        return float(held[0]), float("nan")
    return float(held.mean()), float(held.std(ddof=1) / np.sqrt(len(held)))


def paired(one: pd.DataFrame, other: pd.DataFrame, measure: str) -> pd.DataFrame:
    """The same samples under two methods.

    Parameters
    ----------
    one, other : pandas.DataFrame
        Runs with ``network, rows, seed`` and the measure; each sample at most once.
    measure : str
        Column.

    Returns
    -------
    pandas.DataFrame
        ``network, rows, seed, one, other``, only samples where both were measured.
    """
    keys = ["network", "rows", "seed"]
    left = one[[*keys, measure]].rename(columns={measure: "one"})
    right = other[[*keys, measure]].rename(columns={measure: "other"})
    return left.merge(right, on=keys, validate="one_to_one").dropna()


class Ratio(NamedTuple):
    """How much smaller a distance is, on average over networks and rows.

    Attributes
    ----------
    change : float
        exp(mean log ratio) - 1; -0.25 is a quarter less.
    low, high : float
        95 % interval.
    blocks : int
        Pairs of network and number of rows that it is over.
    seeds : int
        Least number of samples in a block.
    """

    change: float
    low: float
    high: float
    blocks: int
    seeds: int


def log_ratio(pairs: pd.DataFrame, *, seed: int = 0, draws: int = DRAWS) -> Ratio:
    """Mean over network and rows of the log ratio of mean distances.

    Parameters
    ----------
    pairs : pandas.DataFrame
        From ``paired``.
    seed : int, optional
        Of the bootstrap.
    draws : int, optional
        Number of resamples.

    Returns
    -------
    Ratio

    Notes
    -----
    Half an edge is added to both means. The bootstrap draws the seeds of each network
    with replacement, the same for all numbers of rows and both methods, because the
    samples of a seed may share rows (Efron and Tibshirani 1993, chapter 13: percentile
    intervals).

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {
    ...         "network": "a",
    ...         "rows": 9,
    ...         "seed": [1, 2],
    ...         "one": [1.5, 1.5],
    ...         "other": [3.5, 3.5],
    ...     }
    ... )
    >>> log_ratio(frame).change
    -0.5
    """
    if not len(pairs):
        return Ratio(float("nan"), float("nan"), float("nan"), 0, 0)
    rng = np.random.default_rng(seed)
    total, drawn, blocks, least = 0.0, np.zeros(draws), 0, len(pairs)
    for _, network in pairs.groupby("network", sort=True):
        seeds = np.unique(network["seed"])
        weights = rng.multinomial(
            len(seeds), np.full(len(seeds), 1 / len(seeds)), draws
        )
        for _, block in network.groupby("rows", sort=True):
            at = np.searchsorted(seeds, block["seed"].to_numpy())
            one, other = block["one"].to_numpy(float), block["other"].to_numpy(float)
            total += _log_of_means(one.mean(), other.mean())
            share = weights[:, at].astype(float)
            some = share.sum(axis=1)
            share[some == 0] = 1.0  # no seed of this block was drawn
            share /= share.sum(axis=1, keepdims=True)
            drawn += _log_of_means(share @ one, share @ other)
            blocks, least = blocks + 1, min(least, len(block))
    low, high = np.expm1(np.quantile(drawn / blocks, [0.025, 0.975]))
    change = float(np.round(np.expm1(total / blocks), 12))
    return Ratio(change, float(low), float(high), blocks, least)


def _log_of_means(one: Floats | float, other: Floats | float) -> Floats:
    return np.log((np.asarray(one) + HALF_AN_EDGE) / (np.asarray(other) + HALF_AN_EDGE))


def margin_of(edges: int) -> float:
    """What a bad expert may cost at most: half an edge, or 3 % of the edges.

    Examples
    --------
    >>> margin_of(8), margin_of(50)
    (0.5, 1.5)
    """
    return max(0.5, 0.03 * edges)


def worse_p(pairs: pd.DataFrame) -> float:
    """One-sided p-value that ``one`` has the larger mean, by a paired t test.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Of one network, from ``paired``. Differences are averaged over numbers of rows
        first, because samples of one seed may share rows.

    Returns
    -------
    float
        nan with fewer than two seeds.
    """
    from scipy.stats import t

    gap = (pairs["one"] - pairs["other"]).groupby(pairs["seed"]).mean().to_numpy()
    if len(gap) < 2:
        return float("nan")
    if np.ptp(gap) == 0:  # every sample alike: no test is needed, and none defined
        return 0.0 if gap[0] > 0 else 1.0
    mean, error = mean_and_error(gap)
    return float(t.sf(mean / error, len(gap) - 1))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """P-values adjusted for their number.

    Parameters
    ----------
    p_values : mapping of str to float
        nan is passed through and does not count.

    Returns
    -------
    dict of str to float

    Notes
    -----
    Holm (1979), *A simple sequentially rejective multiple test procedure*.

    Examples
    --------
    >>> holm({"a": 0.01, "b": 0.04, "c": 0.03})
    {'a': 0.03, 'b': 0.06, 'c': 0.06}
    """
    known = sorted((p, name) for name, p in p_values.items() if not np.isnan(p))
    adjusted = dict(p_values)
    least = 0.0
    for k, (p, name) in enumerate(known):
        least = max(least, min(1.0, (len(known) - k) * p))
        adjusted[name] = least
    return adjusted
