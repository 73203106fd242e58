"""Tests of conditional independence between columns of a table.

Each is a callable ``(i, j, given) -> p`` over positions of columns.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from llmcd.data.table import Table
from llmcd.discovery.causal_learn import ci_test

__all__ = [
    "DegenerateGaussian",
    "FisherZ",
    "Test",
    "choose_test",
    "discrete_test",
    "embed",
]

_NOTHING = 1e-10  # a variance, of 1 at first, that is rounding
_ONE = 1.0 - 1e-15  # largest correlation

Floats = npt.NDArray[np.float64]
Test = Callable[[int, int, Sequence[int]], float]

FITS = {
    "fisher_z": ("continuous",),
    "g2": ("discrete",),
    "chi2": ("discrete",),
    "degenerate_gaussian": ("continuous", "discrete", "mixed"),
}
# Chi-square and G2 find equally good graphs on known networks (SHD to ALARM's CPDAG at
# 500, 2,000 and 10,000 rows: 21, 13, 4 against 22, 14, 4); chi-square keeps its level
# better where counts are small.
DEFAULT = {"continuous": "fisher_z", "discrete": "chi2", "mixed": "degenerate_gaussian"}


def choose_test(name: str, family: str) -> str:
    """The test that fits the kinds of a table.

    Parameters
    ----------
    name : str
        ``auto``, ``fisher_z``, ``g2``, ``chi2`` or ``degenerate_gaussian``.
    family : {"continuous", "discrete", "mixed"}
        The kinds of the table's columns.

    Returns
    -------
    str
        The name of a test.

    Raises
    ------
    ValueError
        If there is no such test or it does not fit.

    Examples
    --------
    >>> choose_test("auto", "mixed")
    'degenerate_gaussian'
    """
    if name == "auto":
        return DEFAULT[family]
    if name not in FITS:
        raise ValueError(f"test must be 'auto' or one of {sorted(FITS)}, got {name!r}")
    if family not in FITS[name]:
        raise ValueError(
            f"test={name!r} needs {' or '.join(FITS[name])} columns, the table is "
            f"{family}; use test='auto' ({DEFAULT[family]})"
        )
    return name


class FisherZ:
    """Fisher's z-test of a vanishing partial correlation.

    A column that is constant, or that the given ones determine, has nothing left to
    correlate: p is 1. So it is where rows are too few for the test.

    Parameters
    ----------
    values : array of float, shape (n, p)
        Rows with repetition.

    Notes
    -----
    Kalisch and Buehlmann (2007), *Estimating high-dimensional directed acyclic graphs
    with the PC-algorithm*, section 2.2.1.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(100, 2))
    >>> 0.0 < FisherZ(x)(0, 1, ()) <= 1.0
    True
    """

    def __init__(self, values: Floats) -> None:
        self._rows = len(values)
        self._correlation = _correlation(values)

    def __call__(self, i: int, j: int, given: Sequence[int]) -> float:
        """p-value for columns i and j given others."""
        from scipy.special import ndtr

        at = [i, j, *given]
        left, rank = _conditioned(self._correlation[np.ix_(at, at)], 2)
        freedom = self._rows - rank - 3
        if freedom <= 0 or min(left[0, 0], left[1, 1]) < _NOTHING:
            return 1.0
        r = min(abs(float(left[0, 1] / np.sqrt(left[0, 0] * left[1, 1]))), _ONE)
        return float(2.0 * ndtr(-np.sqrt(freedom) * np.arctanh(r)))


def _correlation(values: Floats) -> Floats:
    """Correlations; zero for a column that is constant in these rows."""
    centred = values - values.mean(axis=0)
    # Exactly: the mean of equal values may differ from them by rounding.
    centred[:, (values == values[:1]).all(axis=0)] = 0.0
    scale = np.sqrt((centred**2).sum(axis=0))
    scale[scale == 0.0] = 1.0
    unit = centred / scale
    return unit.T @ unit


def _conditioned(block: Floats, ends: int) -> tuple[Floats, int]:
    """Covariance of the first columns given the others, and the others' rank."""
    first, others = block[:ends, :ends], block[ends:, ends:]
    if not len(others):
        return first, 0
    across = block[ends:, :ends]
    try:
        lower = np.linalg.cholesky(others)
        sound = float(np.diagonal(lower).min()) ** 2 > _NOTHING
    except np.linalg.LinAlgError:
        lower, sound = others, False
    if sound:
        explained = np.linalg.solve(lower, across)
    else:  # columns that depend on each other count once
        explained = _whitener(others).T @ across
    return first - explained.T @ explained, len(explained)


def embed(table: Table) -> tuple[Floats, tuple[slice, ...]]:
    """Degenerate-Gaussian columns: a discrete column of k levels becomes k - 1.

    Parameters
    ----------
    table : Table
        Any table.

    Returns
    -------
    (array of float, shape (n, q)), tuple of slice
        The columns, and for each variable the slice that is its own.

    Notes
    -----
    Andrews, Ramsey and Cooper (2019), *Learning high-dimensional directed acyclic
    graphs with mixed data-types*, section 3.

    Examples
    --------
    >>> import pandas as pd
    >>> from llmcd.data.table import table
    >>> df = pd.DataFrame({"x": np.arange(60) % 7.5, "g": ["a", "b", "c"] * 20})
    >>> values, blocks = embed(table(df, {"x": "X.", "g": "Group."}))
    >>> values.shape, sorted(b.stop - b.start for b in blocks)
    ((60, 3), [1, 2])
    """
    columns: list[Floats] = []
    blocks: list[slice] = []
    start = 0
    for k, kind in enumerate(table.kinds):
        column = table.values[:, k]
        if kind == "continuous":
            block = column[:, None]
        else:
            codes = np.unique(column)
            block = (column[:, None] == codes[None, 1:]).astype(np.float64)
        columns.append(block)
        blocks.append(slice(start, start + block.shape[1]))
        start += block.shape[1]
    return np.hstack(columns), tuple(blocks)


class DegenerateGaussian:
    """Likelihood-ratio test between blocks of degenerate-Gaussian columns.

    The statistic is ``-f log(det C / (det A det B))`` with C the covariance of both
    blocks given the others and A, B its diagonal blocks, against chi-square with
    ``a * b`` degrees of freedom for blocks of rank a and b. Bartlett's factor
    ``f = n - 1 - s - (a + b + 1) / 2``, for others of rank s, stands in for n: it keeps
    the level where rows are few. Columns that depend on each other linearly, such as
    the levels that a resample lost, count once; a block with nothing left has p = 1.

    Parameters
    ----------
    values : array of float, shape (n, q)
        Embedded columns, rows with repetition.
    blocks : sequence of slice
        One for each variable.

    Notes
    -----
    Andrews, Ramsey and Cooper (2019), section 3; Anderson (2003), *An introduction to
    multivariate statistical analysis*, sections 9.3 and 9.5.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(100, 2))
    >>> test = DegenerateGaussian(x, [slice(0, 1), slice(1, 2)])
    >>> 0.0 < test(0, 1, ()) <= 1.0
    True
    """

    def __init__(self, values: Floats, blocks: Sequence[slice]) -> None:
        self._rows = len(values)
        self._correlation = _correlation(values)
        self._at = [np.arange(b.start, b.stop) for b in blocks]

    def __call__(self, i: int, j: int, given: Sequence[int]) -> float:
        """p-value for variables i and j given others."""
        from scipy.special import chdtrc

        at = np.concatenate([self._at[k] for k in (i, j, *given)])
        a = len(self._at[i])
        ends = a + len(self._at[j])
        left, rank = _conditioned(self._correlation[np.ix_(at, at)], ends)
        one, two = _whitener(left[:a, :a]), _whitener(left[a:, a:])
        freedom = one.shape[1] * two.shape[1]
        factor = self._rows - 1 - rank - (one.shape[1] + two.shape[1] + 1) / 2
        if freedom == 0 or factor <= 0:
            return 1.0
        # det C / (det A det B) is the product of 1 - r^2 over canonical correlations.
        links = np.linalg.svd(one.T @ left[:a, a:] @ two, compute_uv=False)
        statistic = -factor * np.log1p(-(np.minimum(links, _ONE) ** 2)).sum()
        return float(chdtrc(freedom, statistic))


def _whitener(block: Floats) -> Floats:
    """Columns that turn a covariance block into the identity on its range."""
    value, vector = np.linalg.eigh(block)
    keep = value > _NOTHING
    return vector[:, keep] / np.sqrt(value[keep])


def discrete_test(name: str, codes: npt.NDArray[np.int64]) -> Test:
    """causal-learn's G2 or chi-square test.

    Degrees of freedom are counted without the levels that a stratum does not show.

    Parameters
    ----------
    name : {"g2", "chi2"}
        Which statistic.
    codes : array of int, shape (n, p)
        Level codes, rows with repetition.

    Returns
    -------
    callable
        ``(i, j, given) -> p``.

    Examples
    --------
    >>> codes = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 5)
    >>> discrete_test("chi2", codes)(0, 1, ())
    1.0
    """
    return ci_test({"g2": "gsq", "chi2": "chisq"}[name], codes)
