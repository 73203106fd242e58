"""Pairs of columns that a curve joins, where tests and scores look for lines.

The model: for columns x and y let e be what the best line over x leaves of y. Where y
is a line plus noise that does not depend on x, no function of x explains e. Explained
are the first 3 or all 12 of the waves ``cos(pi j rank(x) / n)``, j = 1 ... 12, less
their own best lines over x: bounded, so that no single cell counts much, and fine
enough for half a dozen ups and downs. In a Gaussian table e is Gaussian noise
independent of x for every pair, whatever the other columns do, so that the share of e
which k waves explain has exactly a Beta(k / 2, (n - 2 - k) / 2) distribution. The
p-values of all ordered pairs and both sets of waves are held against one level divided
by their number (Bonferroni), which keeps the chance of any false warning on a Gaussian
table below that level.

Two more conditions keep what is true but harmless from being said. The share, corrected
for what k waves explain by chance, must reach 0.02 and ``2 / sqrt(n)``: two columns of
which a curve over a third explains such a share are left with about that correlation
once the lines are taken out, which a test of n rows takes for an edge. And y over x is
let off if x over y is a line with noise that does not depend on y, explaining as much
of x as the curve does of y: in a linear model with skewed noise an effect is a line
over its cause, while the cause bends over its effect.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import special

from llmcd.data.findings import Findings
from llmcd.data.kinds import far_cells

__all__ = ["LEVEL", "Curve", "check_curves", "curves"]

Floats = npt.NDArray[np.float64]

LEVEL = 0.005  # of a false warning on a Gaussian table
SETS = (3, 12)  # waves
LEAST_SHARE = 0.02
LET_OFF = 0.01  # level at which a line the other way is accepted as one
FEWEST_ROWS = 50
MOST_ROWS = 4000  # looked at: enough for any share that counts
MOST_PAIRS = 4e7  # rows times squared columns that take well under a second
MOST_CHECKED = 100  # pairs, the strongest, whose other direction is looked at
SHOWN = 3
LINE = 0.99  # squared correlation beyond which nothing is left to explain
HEAVY = 0.01  # share of cells far out beyond which they are the column's shape
TINY = 1e-6  # variance of a wave that others explain
BLOCK = 2**21  # cells of waves that are in memory at a time


@dataclass(frozen=True)
class Curve:
    """The mean of one column follows a curve over another.

    Parameters
    ----------
    column, over : int
        Positions of the columns.
    share : float
        What the curve explains of what a line leaves of the column's variance.
    """

    column: int
    over: int
    share: float


def check_curves(
    values: Floats,
    names: Sequence[str],
    kinds: Sequence[str],
    access: Mapping[str, str],
    findings: Findings,
) -> None:
    """Warn of pairs of continuous columns that a curve joins, not a line.

    Parameters
    ----------
    values : array of float64, shape (n, p)
        A table's values, in an order of rows that depends on their content only.
    names, kinds : sequences of length p
        Name and kind of each column.
    access : mapping of str to str
        Each column's label as the user writes it.
    findings : Findings
        Takes the note.

    Examples
    --------
    >>> x, e = np.random.default_rng(0).normal(size=(2, 300))
    >>> found = Findings(np.arange(300))
    >>> values = np.column_stack([x, x**2 + e])
    >>> check_curves(values, "xy", ["continuous"] * 2, {"x": "'x'"}, found)
    >>> found.notes[0].detail[:65]
    "1 pair of columns is joined by a curve, not a line: 'y' over 'x' "
    """
    at = [i for i, kind in enumerate(kinds) if kind == "continuous"]
    found = curves(values[:, at]) if len(at) > 1 else []
    if not found:
        return
    shown = ", ".join(
        f"{names[at[c.column]]!r} over {names[at[c.over]]!r} ({c.share:.0%} of what a "
        "line leaves)"
        for c in found[:SHOWN]
    )
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    few = (
        "1 pair of columns is"
        if len(found) == 1
        else f"{len(found)} pairs of columns are"
    )
    x = access[names[at[found[0].over]]]
    cut = f'df[{x}] = pd.qcut(df[{x}], 10, duplicates="drop")'
    findings.note(
        "",
        "warning",
        f"{few} joined by a curve, not a line: {shown}{more}. Tests and scores that "
        "see lines only can miss such an edge, and invent one between two columns that "
        "bend over a third. Where a curve only rises or only falls, try logarithms or "
        "ranks; else a kernel test, for up to a few thousand rows, "
        'method=llmcd.CausalLearn("pc", {"indep_test": "kci"}); or let levels have any '
        f"effect: {cut}",
    )


def curves(values: Floats) -> list[Curve]:
    """Find pairs of columns whose mean follows a curve.

    Parameters
    ----------
    values : array of float64, shape (n, p)
        Finite; of many rows only some at equal distances are looked at.

    Returns
    -------
    list of Curve
        One a pair, the largest share first.

    Notes
    -----
    See the module for the model. Rows with a cell far from all others (see
    :func:`llmcd.data.kinds.far_cells`) are left out, and so are columns that have more
    than 1 % of such cells: there a warning of its own tells to use ranks.

    Examples
    --------
    >>> x, e = np.random.default_rng(0).normal(size=(2, 300))
    >>> [(c.column, c.over) for c in curves(np.column_stack([x, x**2 + e, e]))]
    [(1, 0)]
    """
    z, kept = _rows(values)
    n, p = z.shape
    if n < FEWEST_ROWS or p < 2:
        return []
    correlation = z.T @ z / n
    share, possible = _shares(z, correlation)
    squared = correlation**2
    found: list[Curve] = []
    order = np.argsort(-share[possible], kind="stable")
    pairs = np.argwhere(possible)[order][:MOST_CHECKED].tolist()
    straight = _straight(z, correlation, pairs)
    seen: set[frozenset[int]] = set()
    for (x, y), line in zip(pairs, straight, strict=True):
        gain = share[x, y] * (1 - squared[x, y])
        let_off = line and not possible[y, x] and gain <= squared[x, y]
        if not let_off and frozenset((x, y)) not in seen:
            seen.add(frozenset((x, y)))
            found.append(Curve(kept[y], kept[x], float(share[x, y])))
    return found


def _rows(values: Floats) -> tuple[Floats, list[int]]:
    """Standardised columns and rows to look at, and positions of the columns."""
    n, p = values.shape
    most = min(MOST_ROWS, max(MOST_PAIRS / p**2, MOST_ROWS / 8))
    step = max(1, int(np.ceil(n / most)))
    values = values[::step]
    far = np.column_stack([far_cells(column) for column in values.T])
    few = far.mean(axis=0) <= HEAVY
    values = values[~far[:, few].any(axis=1)]
    varies = (values != values[:1]).any(axis=0) if len(values) else few & False
    kept = np.flatnonzero(few & varies)
    z = values[:, kept] - values[:, kept].mean(axis=0)
    return z / np.sqrt(np.mean(z**2, axis=0)), kept.tolist()


def _waves(z: Floats) -> Floats:
    """Centred waves over each column less their lines; shape (p, waves, n)."""
    n = len(z)
    ranks = pd.DataFrame(z).rank().to_numpy()
    angle = np.pi * (ranks.T - 0.5) / n
    waves = np.empty((z.shape[1], SETS[-1], n))
    first = waves[:, 0] = np.cos(angle)
    before = np.ones_like(first)
    for j in range(1, SETS[-1]):  # cos((j + 1) a) = 2 cos(a) cos(j a) - cos((j - 1) a)
        waves[:, j] = 2 * first * waves[:, j - 1] - before
        before = waves[:, j - 1]
    waves -= waves.mean(axis=2, keepdims=True)
    slope = np.einsum("pjn,np->pj", waves, z) / n
    waves -= slope[:, :, None] * z.T[:, None, :]
    return waves


def _explained(waves: Floats, products: Floats) -> tuple[Floats, Floats]:
    """Sums of squares and degrees of freedom of the first j waves, for all j.

    By Cholesky steps, in which a wave that others explain is passed over.

    Parameters
    ----------
    waves : array, shape (m, k, n)
        Waves over m columns.
    products : array, shape (m, k, q)
        Mean products of the waves with q columns.
    """
    gram = waves @ waves.transpose(0, 2, 1) / waves.shape[2]
    products = products.copy()
    squares = np.zeros_like(products)
    used = np.zeros(gram.shape[:2])
    for j in range(gram.shape[1]):
        pivot = gram[:, j, j]
        good = pivot > TINY
        root = np.sqrt(np.where(good, pivot, 1.0))
        row = np.where(good[:, None], gram[:, j] / root[:, None], 0.0)
        score = np.where(good[:, None], products[:, j] / root[:, None], 0.0)
        squares[:, j], used[:, j] = score**2, good
        gram = gram - row[:, :, None] * row[:, None, :]
        products -= row[:, :, None] * score[:, None, :]
    return np.cumsum(squares, axis=1), np.cumsum(used, axis=1)


def _shares(z: Floats, correlation: Floats) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Corrected share that a curve over x explains of y, [x, y]; where it counts."""
    n, p = z.shape
    left = 1 - correlation**2
    np.fill_diagonal(left, 0.0)
    left = np.where(left > 1 - LINE, left, np.inf)  # nothing of a copy is explained
    best = np.zeros((p, p))
    level = LEVEL / (p * (p - 1) * len(SETS))
    least = max(LEAST_SHARE, 2 / np.sqrt(n))
    step = max(1, BLOCK // (n * SETS[-1]))
    for start in range(0, p, step):
        waves = _waves(z[:, start : start + step])
        m, k, _ = waves.shape
        products = (waves.reshape(m * k, n) @ z / n).reshape(m, k, p)
        squares, used = _explained(waves, products)
        for j in SETS:
            df = used[:, j - 1, None] + np.zeros((1, p))
            share = np.minimum(squares[:, j - 1] / left[start : start + step], 1.0)
            corrected = share - (1 - share) * df / (n - 2 - df)
            at = np.nonzero(corrected >= least)
            chance = _chance(share[at], df[at], n - 2)
            sure = tuple(axis[chance < level] for axis in at)
            rows = best[start : start + step]
            rows[sure] = np.maximum(rows[sure], corrected[sure])
    return best, best > 0


def _chance(share: Floats, df: Floats, degrees: int) -> Floats:
    """Probability that noise gives df waves such a share, of so many degrees."""
    df = np.maximum(df, 1)
    return special.betaincc(df / 2, (degrees - df) / 2, np.clip(share, 0.0, 1.0))


def _straight(
    z: Floats, correlation: Floats, pairs: Sequence[Sequence[int]]
) -> list[bool]:
    """Whether x over y is a line with noise that does not depend on y, for pairs."""
    if not pairs:
        return []
    n = len(z)
    x, y = np.array(pairs).T
    over, place = np.unique(y, return_inverse=True)
    noise = z[:, x] - correlation[x, y] * z[:, y]
    size = np.abs(noise)
    size -= size.mean(axis=0)
    line = np.einsum("nc,nc->c", size, z[:, y]) / n
    straight = np.ones(len(pairs), dtype=bool)
    for k, column in enumerate(over):  # as a rule only few columns bend others
        mine = np.flatnonzero(place == k)
        waves = _waves(z[:, [column]])
        for target, by_line, degrees in (
            (noise[:, mine], 0.0, n - 2),
            (size[:, mine], line[mine] ** 2, n - 1),
        ):
            squares, used = _explained(waves, waves @ target / n)
            variance = np.mean(target**2, axis=0)
            for j in SETS:
                df = used[0, j - 1] + (degrees == n - 1)
                share = (squares[0, j - 1] + by_line) / variance
                chance = _chance(share, np.full(len(mine), df), degrees)
                straight[mine] &= chance >= LET_OFF / 4
    return straight.tolist()
