"""An effect by a regression that may bend, its contrast averaged over the rows.

The model
---------
The outcome's mean given the treatment x and the adjusted columns z is a linear
combination of: each continuous column and its natural cubic spline (knots at quantiles,
more of them with more rows), indicators of discrete columns, and the products of any
two columns; each arm of a discrete treatment has splines of its own. The effect is the
g-formula's (Robins 1986) with the rows' own weights:

    mean over rows of  m(x + d, z) - m(x, z),  divided by d      continuous treatment
    mean over rows of  m(treated, z) - m(control, z)             discrete treatment

where d is one unit of the treatment, but at most one standard deviation (further out
there are no rows, and the slope is scaled up) and at least a thousandth of one.

It is linear in the coefficients, so its error has a closed form: by the delta method
the influence of row i is its residual, divided by one less its leverage (HC3, MacKinnon
and White 1985), times the contrast's coefficient, plus the row's own contrast less the
mean, as the rows are a sample of those for whom the effect is meant. A contrast of this
kind is right if the mean is in the span of the terms, and also if the weights that
would turn observed into shifted rows are (Chernozhukov, Newey and Singh 2022,
*Automatic debiased machine learning of causal and structural effects*).

Against the line: where all is linear and Gaussian the line's slope is the better
estimator: by little when the unit is a small part of a standard deviation, by more when
it is most of one. So the line stays, with its exact interval, where an F test of all
further terms has a p-value above 0.2. The level is high because a missed bend biases
the line while a needless one only widens the interval; and still, bends that the rows
do not show leave the line a little too sure, and a bend in a long tail, where a natural
spline is straight, is missed (docs/decisions/0009-effects-that-bend.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from llmcd.effects.rows import Contrast, Rows
from llmcd.effects.strategy import Estimate

__all__ = ["bent_regression"]

Floats = npt.NDArray[np.float64]

_FEWEST, _MOST = 3, 12  # knots of a column
_SMOOTH = 5  # knots that products do not take away
_OUTSIDE = 10  # rows beyond the last knot on each side
_ROWS_A_TERM, _TERMS = 10, 100  # rows that a term needs, and the most terms
_BEND = 0.2  # level of the test of the line
_SHORTEST, _LONGEST = 1e-3, 1.0  # shift, in standard deviations
_DEPENDENT = 1e-7  # share of a term's length that rounding may leave
_BLOCK = 2000  # rows
_LEVERAGE = 0.98  # above, a row counts as having this much


@dataclass(frozen=True)
class _Terms:
    """Which terms there are: knots of a continuous column, and whose products."""

    knots: int
    products: str  # all, treatment, none


def bent_regression(
    names: Sequence[str], rows: Rows, contrast: Contrast, note: str = ""
) -> Estimate | None:
    """Average contrast of a regression with splines and products.

    Parameters
    ----------
    names : sequence of str
        The adjusted columns.
    rows : Rows
        The data.
    contrast : Contrast
        What is compared with what.
    note : str, optional
        Passed on.

    Returns
    -------
    Estimate or None
        None where no column is continuous, where there are too few rows for any bend,
        or where the rows do not ask for one.

    Examples
    --------
    One unit more of x adds 1 + 2 x on average, and x has mean 1:

    >>> import pandas as pd
    >>> from llmcd.effects.rows import contrast_of, rows_of
    >>> rng = np.random.default_rng(0)
    >>> x = 1 + rng.normal(size=2000)
    >>> df = pd.DataFrame({"x": x, "y": x**2 + rng.normal(size=2000)})
    >>> rows = rows_of(df, ["x", "y"])
    >>> found = bent_regression([], rows, contrast_of(rows, "x", "y"))
    >>> abs(found.value - 3) < 2 * found.standard_error < 0.4
    True
    """
    treatment, beside = _columns(names, rows, contrast)
    every = [treatment, *beside]
    if all(c.discrete for c in every):
        return None
    terms = _richest(every, rows.table.n_rows)
    if terms is None:
        return None
    y = contrast.target(rows)
    block = _design(every, every, terms)
    linear = 1 + sum(c.block.shape[1] for c in every)
    lengths = np.linalg.norm(block, axis=0)
    lengths[lengths == 0] = 1.0  # of a product that no row has: it goes
    triangle = _triangle(block / lengths)
    # terms that those before them do not determine
    kept = np.abs(np.diag(triangle)) > _DEPENDENT
    r = _triangle(triangle[:, kept])
    lengths, linear = lengths[kept], int(np.sum(kept[:linear]))
    q = (block[:, kept] / lengths) @ np.linalg.inv(r)
    coordinates = q.T @ y
    residual = y - q @ coordinates
    if not _bends(coordinates, residual, linear):
        return None
    change, shift = _change(every, terms, contrast, rows)
    change = change[:, kept] / lengths
    each = change @ np.linalg.solve(r, coordinates)
    value = float(each.mean())
    pull = q @ np.linalg.solve(r.T, change.mean(axis=0))
    leverage = np.minimum((q**2).sum(axis=1), _LEVERAGE)
    influence = pull * residual / (1 - leverage) + (each - value) / len(y)
    error = float(np.linalg.norm(influence))
    if contrast.levels is None and rows.spread[contrast.treatment] < 1 / _LONGEST:
        far = (
            f"one unit of {contrast.treatment} is more than its standard deviation, so "
            "the slope over one deviation is scaled up"
        )
        note = f"{note}; {far}" if note else far
    scale = contrast.scale / shift
    return Estimate(
        value * scale,
        error * abs(scale),
        len(y) - q.shape[1],
        "regression with splines",
        note,
    )


# --- terms ----------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Column:
    """A continuous column, or the indicators of a discrete one, shape (n, k)."""

    block: Floats
    discrete: bool


def _columns(
    names: Sequence[str], rows: Rows, contrast: Contrast
) -> tuple[_Column, list[_Column]]:
    """The treatment, the control's indicator left out, and the others."""
    values = rows.column(contrast.treatment)[:, None]
    if contrast.levels is None:
        treatment = _Column(values, discrete=False)
    else:
        codes = _codes(rows, contrast)
        treatment = _Column((values == codes).astype(np.float64), discrete=True)
    others = [
        _Column(rows.design([name]), bool(rows.levels(name)))
        for name in names
        if rows.has(name)
    ]
    return treatment, others


def _codes(rows: Rows, contrast: Contrast) -> npt.NDArray[np.int64]:
    """Codes of the treatment's indicators."""
    control = contrast.levels[0] if contrast.levels else -1
    every = range(len(rows.levels(contrast.treatment)))
    return np.array([code for code in every if code != control])


def _richest(columns: Sequence[_Column], n: int) -> _Terms | None:
    """The most terms that the rows can bear; products go before the bends do."""
    room = min(n // _ROWS_A_TERM, _TERMS)
    for terms in _ladder(n):
        if _size(columns, terms) <= room:
            return terms
    return None


def _ladder(n: int) -> Iterator[_Terms]:
    most = min(_MOST, int(np.ceil(n**0.3)))
    for products, least in (
        ("all", _SMOOTH),
        ("treatment", _SMOOTH),
        ("none", _FEWEST),
    ):
        for knots in range(most, least - 1, -1):
            yield _Terms(knots, products)


def _size(columns: Sequence[_Column], terms: _Terms) -> int:
    widths = [c.block.shape[1] for c in columns]
    bends = [0 if c.discrete else terms.knots - 2 for c in columns]
    whole = [
        w + b if columns[0].discrete else w for w, b in zip(widths, bends, strict=True)
    ]
    products = sum(
        widths[i] * (widths[j] if i else whole[j])
        for i, j in _pairs(len(columns), terms)
    )
    return 1 + sum(widths) + sum(bends) + products


def _pairs(count: int, terms: _Terms) -> list[tuple[int, int]]:
    if terms.products == "none":
        return []
    every = list(combinations(range(count), 2))
    return every if terms.products == "all" else [p for p in every if p[0] == 0]


def _design(columns: Sequence[_Column], at: Sequence[_Column], terms: _Terms) -> Floats:
    """Terms at some values, with the knots of the columns; linear terms first."""
    n = len(at[0].block)
    bends = [
        np.zeros((n, 0))
        if mine.discrete
        else _bends_of(here.block[:, 0], _knots(mine.block[:, 0], terms))
        for mine, here in zip(columns, at, strict=True)
    ]
    parts = [np.ones((n, 1)), *(c.block for c in at), *bends]
    for i, j in _pairs(len(at), terms):
        other = at[j].block
        if i == 0 and at[0].discrete:  # each arm has a curve of its own
            other = np.hstack([other, bends[j]])
        product = at[i].block[:, :, None] * other[:, None, :]
        parts.append(product.reshape(n, -1))
    return np.hstack(parts)


def _knots(values: Floats, terms: _Terms) -> Floats:
    """Quantiles, the outer ones with a few rows beyond them."""
    outside = min(0.1, _OUTSIDE / len(values))
    shares = np.linspace(outside, 1 - outside, terms.knots)
    return np.unique(np.quantile(values, shares))


def _bends_of(values: Floats, knots: Floats) -> Floats:
    """Natural cubic spline less its linear part, shape (n, knots - 2)."""
    if len(knots) < _FEWEST:
        return np.zeros((len(values), 0))
    beyond = np.maximum(values[:, None] - knots, 0)
    cubes = beyond * beyond * beyond  # powers are slow
    slopes = (cubes[:, :-1] - cubes[:, -1:]) / (knots[-1] - knots[:-1])
    return (slopes[:, :-1] - slopes[:, -1:]) / (knots[-1] - knots[0]) ** 2


def _triangle(block: Floats) -> Floats:
    """The R of a QR decomposition, by blocks of rows that fit a cache."""
    n, k = block.shape
    parts = np.array_split(block, max(1, n // max(_BLOCK, 2 * k)))
    stacked = np.vstack([np.linalg.qr(part, mode="r") for part in parts])
    return np.asarray(np.linalg.qr(stacked, mode="r"), dtype=np.float64)


# --- test and contrast ----------------------------------------------------------------


def _bends(coordinates: Floats, residual: Floats, linear: int) -> bool:
    """Whether an F test finds that the further terms explain something."""
    from scipy.stats import f

    extra = len(coordinates) - linear
    df = len(residual) - len(coordinates)
    if extra < 1 or df < 1:
        return False
    rest = float(residual @ residual) / df
    more = float(coordinates[linear:] @ coordinates[linear:]) / extra
    return more > rest * float(f.isf(_BEND, extra, df))


def _change(
    columns: Sequence[_Column], terms: _Terms, contrast: Contrast, rows: Rows
) -> tuple[Floats, float]:
    """What the contrast changes of each row's terms, and by how much it shifts."""
    treatment, *others = columns
    if contrast.levels is None:
        unit = 1 / rows.spread[contrast.treatment]
        shift = float(np.clip(unit, _SHORTEST, _LONGEST))
        before, after = treatment.block, treatment.block + shift
    else:
        shift = 1.0
        before = np.zeros_like(treatment.block)
        after = before + (_codes(rows, contrast) == contrast.levels[1])
    ends = [
        _design(columns, [_Column(block, treatment.discrete), *others], terms)
        for block in (before, after)
    ]
    return ends[1] - ends[0], shift
