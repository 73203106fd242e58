"""Moments of Pearson's statistic over all permutations of a table's rows.

Many strata at a time: without branches the machine computes several at once.
"""

from __future__ import annotations

from math import inf

from numba import njit

__all__ = ["PARTS", "STRATA", "permutation_moments", "sum_moments"]

STRATA = 256  # strata whose moments are computed at a time
PARTS = 11  # of a stratum: seven of its margins, its statistic, three moments
_CONSTANT = 1e-9  # a variance, against the squared mean, that is rounding

_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}
_INLINE = {**_OPTIONS, "inline": "always"}


@njit(**_INLINE)
def _parts(n, n2, r, r1, r2):
    """Invariants of one margin that the moments of Pearson's statistic are made of.

    The projection on the levels, less the constant, is a matrix A with entries
    1 / total - 1 / n within a level and -1 / n elsewhere. Its diagonal is a constant
    plus d; beside the diagonal it is a constant plus -(d_k + d_l) / (n - 2) plus a
    remainder E, whose rows sum to 0. Returned are the sums of d**2, d**3, d_k d_l E_kl,
    d_k E_kl**2, E_kl**3 and E_kl E_lm E_mk, with n2 for n - 2.
    """
    mean = (r - 1.0) / n
    alpha, beta = -(r - 1.0) / (n * (n - 1.0)), -1.0 / n2
    d2 = r1 - r * r / n
    d3 = r2 - 3.0 * r * r1 / n + 2.0 * r * r * r / (n * n)
    # With O for A beside the diagonal: A d = d, A 1 = 0 and A A = A.
    dod = d2 * (1.0 - mean) - d3
    ddo = -(mean * d2 + d3)
    doo = d2 + ddo - mean * d2
    dde = dod + alpha * d2 + 2.0 * beta * d3
    dee = doo + 2.0 * (alpha * d2 - beta * (ddo + dod))
    dee += 2.0 * alpha * beta * n2 * d2 + beta * beta * (n - 4.0) * d3
    ooo = r1 - r2 - 3.0 * (r - r1) / n + 3.0 * (n - r) / (n * n) + (1.0 - n) / (n * n)
    ool = alpha * (mean * n * (1.0 - mean) - d2) + 2.0 * beta * doo
    oll = -alpha * alpha * mean * n - 4.0 * alpha * beta * d2
    oll += 2.0 * beta * beta * (ddo + dod)
    lll = alpha * n * (n - 1.0) * alpha * alpha
    lll += 6.0 * alpha * beta * beta * n2 * d2
    lll += 2.0 * beta * beta * beta * (n - 4.0) * d3
    eee = ooo - 3.0 * ool + 3.0 * oll - lll
    # E is A less U, of rank two, less a diagonal of g.
    g0, g1 = mean - alpha, 1.0 - 2.0 * beta
    gg = n * g0 * g0 + g1 * g1 * d2
    dgg = 2.0 * g0 * g1 * d2 + g1 * g1 * d3
    a = alpha * n
    uuu = a * a * a + 3.0 * alpha * beta * beta * n * n * d2
    uug = g0 * n * (n * alpha * alpha + 2.0 * beta * beta * d2)
    uug += g1 * n * (2.0 * alpha * beta * d2 + beta * beta * d3)
    ugg = alpha * gg + 2.0 * beta * dgg
    ggg = n * g0 * g0 * g0 + 3.0 * g0 * g1 * g1 * d2 + g1 * g1 * g1 * d3
    aff = beta * beta * n * d2 + 2.0 * beta * g1 * d2 + mean * gg + dgg
    loop = r - 1.0 - 3.0 * (n * mean * g0 + g1 * d2) + 3.0 * aff
    loop -= uuu + 3.0 * uug + 3.0 * ugg + ggg
    return d2, d3, dde, dee, eee, loop


@njit(**_INLINE)
def permutation_moments(n, r, r1, r2, c, c1, c2):
    """Mean, variance and third central moment of Pearson's statistic given margins.

    Parameters
    ----------
    n : float
        Total of the table, above 2.
    r, r1, r2 : float
        Number of row totals, sum of their inverses and of their squares' inverses.
    c, c1, c2 : float
        The same of the columns.

    Returns
    -------
    (float, float, float)
        Over all permutations of one variable's rows; zeros where r or c is n.

    Notes
    -----
    Dawson (1954), *A simplified expression for the variance of the chi-squared function
    on a contingency table*, for the variance. The third moment is derived here: the
    statistic is n times the sum of A_kl B_kl, with the rows and columns of B permuted
    alike, for the two projections of ``_parts``; in its third moment only products of
    equal invariants of both survive, but for the last two, which mix. For 3, 4 and 5
    rows some of the remainders vanish or depend on each other.
    """
    # What has no place among so few rows is divided by infinity: no branches.
    n2 = n - 2.0 if n > 2.5 else inf
    n3 = n - 3.0 if n > 3.5 else inf
    n4 = n - 4.0 if n > 4.5 else inf
    n5 = n - 5.0 if n > 5.5 else inf
    few = 225.0 if n < 5.5 else 0.0
    few = 384.0 if n < 4.5 else few
    few = 0.0 if n < 3.5 else few
    mean = n * (r - 1.0) * (c - 1.0) / (n - 1.0)
    d2, d3, dde, dee, eee, loop = _parts(n, n2, r, r1, r2)
    f2, f3, ffe, fee, hhh, ring = _parts(n, n2, c, c1, c2)
    power = n * n * n * n
    variance = power / ((n - 1.0) * n2 * n2) * d2 * f2
    third = power * n * n * n / (n2 * n2 * n2 * n2 * (n - 1.0)) * d3 * f3
    v = (n - r) * (r - 1.0) / (n - 1.0) - n * d2 / n2
    w = (n - c) * (c - 1.0) / (n - 1.0) - n * f2 / n2
    variance += 2.0 * n / n3 * v * w
    third += 6.0 * power / (n3 * n2 * n2) * dde * ffe
    third += few * eee * hhh
    third += 12.0 * power / (n4 * n3 * (n - 1.0)) * dee * fee
    mixed = (power - 8.0 * n * n * n + 19.0 * n * n - 4.0 * n - 16.0) * eee * hhh
    mixed -= 2.0 * (3.0 * n * n - 15.0 * n + 16.0) * (eee * ring + loop * hhh)
    mixed += 2.0 * (n * n * n - 9.0 * n * n + 26.0 * n - 22.0) * loop * ring
    third += 4.0 * n * n / (n5 * n4 * n3 * n2 * (n - 1.0)) * mixed
    varies = n > 2.5 and r < n and c < n
    return (
        mean if varies else 0.0,
        variance if varies else 0.0,
        third if varies else 0.0,
    )


@njit(**_OPTIONS)
def _of_each(n, r, r1, r2, c, c1, c2, means, variances, thirds, size):
    """A loop over arrays of their own, which the compiler needs to see."""
    for s in range(size):
        means[s], variances[s], thirds[s] = permutation_moments(
            n[s], r[s], r1[s], r2[s], c[s], c1[s], c2[s]
        )


@njit(**_OPTIONS)
def sum_moments(strata, size):
    """Sums over strata, of those whose statistic can vary.

    Parameters
    ----------
    strata : array of float64, shape (11, 256)
        Seven rows are the arguments of ``permutation_moments`` and one the statistic,
        each for the first ``size`` strata; the others are memory.
    size : int
        How many there are.

    Returns
    -------
    (float, float, float, float)
        Statistic, mean, variance and third central moment.
    """
    means, variances, thirds = strata[8], strata[9], strata[10]
    _of_each(
        strata[0], strata[1], strata[2], strata[3], strata[4], strata[5], strata[6],
        means, variances, thirds, size,
    )  # fmt: skip
    statistic, mean, variance, third = 0.0, 0.0, 0.0, 0.0
    for s in range(size):
        if variances[s] > _CONSTANT * means[s] * means[s]:
            statistic += strata[7, s]
            mean += means[s]
            variance += variances[s]
            third += thirds[s]
    return statistic, mean, variance, third
