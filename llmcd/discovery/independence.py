"""Tests of conditional independence between columns of a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from llmcd.data.table import Table

__all__ = [
    "DegenerateGaussian",
    "FisherZ",
    "Test",
    "choose_test",
    "discrete_test",
    "embed",
]

Floats = npt.NDArray[np.float64]
Test = Callable[[int, int, Sequence[int]], float]

FITS = {
    "fisher_z": ("continuous",),
    "g2": ("discrete",),
    "chi2": ("discrete",),
    "degenerate_gaussian": ("continuous", "discrete", "mixed"),
}
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
        at = [i, j, *given]
        block = self._correlation[np.ix_(at, at)]
        r = _partial(block)
        freedom = self._rows - len(given) - 3
        if freedom <= 0 or not np.isfinite(r):
            return 1.0
        from scipy.special import ndtr

        z = np.sqrt(freedom) * np.arctanh(min(abs(r), 1.0 - 1e-15))
        return float(2.0 * ndtr(-z))


def _correlation(values: Floats) -> Floats:
    centred = values - values.mean(axis=0)
    scale = np.sqrt((centred**2).sum(axis=0))
    scale[scale == 0] = 1.0
    unit = centred / scale
    return unit.T @ unit


def _partial(block: Floats) -> float:
    """Partial correlation of the first two given the rest."""
    if len(block) == 2:
        return float(block[0, 1])
    ends, given = block[:2, :2], block[2:, 2:]
    across = block[:2, 2:]
    rest = ends - across @ np.linalg.pinv(given, hermitian=True) @ across.T
    scale = rest[0, 0] * rest[1, 1]
    # Nothing is left of a column that the others determine: no evidence either way.
    return float(rest[0, 1] / np.sqrt(scale)) if scale > 1e-20 else float("nan")


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

    The statistic is ``-n log det(I - R)`` with R the squared canonical correlations of
    the two blocks given the others, with Bartlett's correction, against chi-square
    with ``a * b`` degrees of freedom for blocks of rank a and b.

    Parameters
    ----------
    values : array of float, shape (n, q)
        Embedded columns, rows with repetition.
    blocks : sequence of slice
        One for each variable.

    Notes
    -----
    Andrews, Ramsey and Cooper (2019), section 3; Anderson (2003), *An introduction to
    multivariate statistical analysis*, section 9.4 (Bartlett's correction).

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
        left, right = self._at[i], self._at[j]
        rest = [self._at[k] for k in given]
        at = np.concatenate([left, right, *rest])
        block = self._correlation[np.ix_(at, at)]
        a, b = len(left), len(right)
        if len(at) > a + b:
            across = block[: a + b, a + b :]
            inner = np.linalg.pinv(block[a + b :, a + b :], hermitian=True)
            block = block[: a + b, : a + b] - across @ inner @ across.T
        one, two = _whitener(block[:a, :a]), _whitener(block[a:, a:])
        if one.shape[1] == 0 or two.shape[1] == 0:
            return 1.0
        links = np.linalg.svd(one.T @ block[:a, a:] @ two, compute_uv=False)
        links = np.minimum(links, 1.0 - 1e-12)
        conditioned = len(at) - a - b
        ranks = one.shape[1] + two.shape[1]
        factor = self._rows - 1 - conditioned - (ranks + 1) / 2
        if factor <= 0:
            return 1.0
        from scipy.special import chdtrc

        statistic = -factor * np.log1p(-(links**2)).sum()
        return float(chdtrc(one.shape[1] * two.shape[1], statistic))


def _whitener(block: Floats) -> Floats:
    """Columns that turn a covariance block into the identity on its range."""
    value, vector = np.linalg.eigh(block)
    keep = value > 1e-9 * max(1.0, float(value.max(initial=0.0)))
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
    """
    from llmcd.discovery.causal_learn import ci_test

    return ci_test({"g2": "gsq", "chi2": "chisq"}[name], codes)
