"""Contingency tables and what the tests need of them.

A table of two variables in the strata of others is counted in one of three ways: small
ones from bitmaps, one for each level, whose overlaps are counted by the machine's
population count; larger ones by a histogram over the codes of strata that occur; and
those that would not fit in memory from sorted keys, of which only the cells that occur
are looked at.
"""

from __future__ import annotations

from math import log

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

__all__ = [
    "FREEDOM",
    "G_SQUARE",
    "MEAN",
    "PEARSON",
    "PEARSON_VARYING",
    "SMALLEST",
    "SUMS",
    "THIRD",
    "VARIANCE",
    "count",
    "pack",
    "permutation_moments",
    "prepare_rows",
]

BITMAPS, HISTOGRAM = 0, 1  # how the rows of a table were prepared
CELLS = 128  # so many cells of strata and rows are counted by bitmaps
_RELABEL = 256  # with more codes of strata than this, those that occur are numbered
_CONSTANT = 1e-9  # a variance, against the squared mean, that is rounding

# What is summed over the strata of a table.
PEARSON, G_SQUARE, FREEDOM, SMALLEST = 0, 1, 2, 3
PEARSON_VARYING, MEAN, VARIANCE, THIRD = 4, 5, 6, 7
SUMS = 8


@intrinsic
def _ones(typing_context, word):
    """Number of bits that are set."""
    signature = types.uint64(types.uint64)

    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return signature, generate


# --- bitmaps --------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def pack(codes, sizes, repeats, first, total, words):
    """One bitmap for each level of the variables with ``first[v] >= 0``.

    Parameters
    ----------
    codes : array of uint16, shape (p, m)
        Levels.
    sizes : array of int64, shape (p,)
        Numbers of levels.
    repeats : array of float64, shape (m,) or (0,)
        How often each row counts, whole numbers; once if empty.
    first : array of int64, shape (p,)
        Position of the bitmap of a variable's first level, or -1 for none.
    total, words : int
        Number of bitmaps, and of words in each.

    Returns
    -------
    array of uint64, shape (total, words)
    """
    bits = np.zeros((total, words), dtype=np.uint64)
    one = np.uint64(1)
    for v in range(len(sizes)):
        if first[v] < 0:
            continue
        at = 0
        for row in range(codes.shape[1]):
            level = first[v] + np.int64(codes[v, row])
            times = 1 if len(repeats) == 0 else np.int64(repeats[row])
            for _ in range(times):
                bits[level, at >> 6] |= one << np.uint64(at & 63)
                at += 1
    return bits


@njit(cache=True, nogil=True)
def _overlap(one, other, into):
    """Write the intersection of two bitmaps and return its size."""
    found = np.uint64(0)
    for w in range(len(one)):
        word = one[w] & other[w]
        into[w] = word
        found += _ones(word)
    return np.int64(found)


@njit(cache=True, nogil=True)
def _overlap_size(one, other):
    found = np.uint64(0)
    for w in range(len(one)):
        found += _ones(one[w] & other[w])
    return np.int64(found)


@njit(cache=True, nogil=True)
def _prepare_bitmaps(problem, x, given, k, work):
    """Bitmaps of x's levels in each stratum that occurs; returns their number."""
    bits, sizes, first = problem.bits, problem.sizes, problem.first
    slots, half = work.slots, len(work.slots) // 2
    here, there, strata = 0, half, 0
    for step in range(k + 1):
        v = x if step == k else given[step]
        found = 0
        for s in range(max(strata, 1)):
            for level in range(sizes[v]):
                bitmap = bits[first[v] + level]
                whole = bitmap if step == 0 else slots[here + s]
                size = _overlap(whole, bitmap, slots[there + found])
                if step == k:  # rows of a table stay together, empty or not
                    work.row_sizes[found] = size
                    found += 1
                elif size > 0:
                    found += 1
        here, there, strata = there, here, found
    work.state[2] = here
    return strata // sizes[x]


# --- codes ----------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _relabel(keys, space):
    """Number the keys that occur, in place, in the order of the keys."""
    seen = np.zeros(space, dtype=np.int64)
    for row in range(len(keys)):
        seen[keys[row]] = 1
    found = 0
    for key in range(space):
        if seen[key]:
            seen[key] = found
            found += 1
    for row in range(len(keys)):
        keys[row] = seen[keys[row]]
    return found


@njit(cache=True, nogil=True)
def _sorted_order(keys):
    """Positions in the order of keys that are not negative, by digits of 11 bits."""
    order, other = np.empty(len(keys), np.int64), np.empty(len(keys), np.int64)
    largest = np.int64(0)
    for row in range(len(keys)):
        order[row] = row
        largest = max(largest, keys[row])
    starts, shift = np.empty(2049, dtype=np.int64), 0
    while largest >> shift > 0:
        starts[:] = 0
        for row in range(len(keys)):
            starts[((keys[row] >> shift) & 2047) + 1] += 1
        for digit in range(2048):
            starts[digit + 1] += starts[digit]
        for row in order:
            digit = (keys[row] >> shift) & 2047
            other[starts[digit]] = row
            starts[digit] += 1
        order, other = other, order
        shift += 11
    return order


@njit(cache=True, nogil=True)
def _relabel_sorted(keys):
    """The same where a list of all possible keys would be too long."""
    found, last = -1, np.int64(-1)
    for row in _sorted_order(keys):
        if keys[row] != last:
            last = keys[row]
            found += 1
        keys[row] = found
    return found + 1


@njit(cache=True, nogil=True)
def _prepare_codes(problem, x, given, k, work):
    """Code of stratum and level of x for each row; returns the number of strata."""
    codes, sizes, keys = problem.codes, problem.sizes, work.keys
    rows = codes.shape[1]
    strata = 1
    keys[:] = 0
    for step in range(k):
        size = sizes[given[step]]
        level = codes[given[step]]
        for row in range(rows):
            keys[row] = keys[row] * size + level[row]
        space = strata * size
        if space <= _RELABEL:
            strata = space
        elif space <= 4 * rows + _RELABEL:
            strata = _relabel(keys, space)
        else:
            strata = _relabel_sorted(keys)
    size, level = sizes[x], codes[x]
    for row in range(rows):
        keys[row] = keys[row] * size + level[row]
    return strata


@njit(cache=True, nogil=True)
def prepare_rows(problem, x, given, k, work):
    """Get ready to count tables of x with anything in the strata of others."""
    cells = problem.sizes[x]
    packed = problem.first[x] >= 0
    for step in range(k):
        cells = min(cells * problem.sizes[given[step]], CELLS + 1)
        packed = packed and problem.first[given[step]] >= 0
    work.state[0] = BITMAPS if packed and cells <= CELLS else HISTOGRAM
    if work.state[0] == BITMAPS:
        work.state[1] = _prepare_bitmaps(problem, x, given, k, work)
    else:
        work.state[1] = _prepare_codes(problem, x, given, k, work)


# --- counting -------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def count(problem, x, y, given, k, work):
    """Sum over the strata of the table of x, which is prepared, and y: see ``SUMS``."""
    if work.state[0] == BITMAPS and problem.first[y] < 0:
        work.state[0] = HISTOGRAM
        work.state[1] = _prepare_codes(problem, x, given, k, work)
    strata, a, b = work.state[1], problem.sizes[x], problem.sizes[y]
    work.sums[:] = 0.0
    work.sums[SMALLEST] = np.inf
    # Never so for bitmaps. No overflow: m * 2**32 is below 2**63.
    if strata * a * b > len(work.table):
        _sum_sorted(problem, a, y, work)
        return
    if work.state[0] == BITMAPS:
        _fill_from_bitmaps(problem, strata * a, y, work)
    else:
        _fill_from_codes(problem, strata * a, y, work)
    for s in range(strata):
        _sum_stratum(work.table[s * a * b : (s + 1) * a * b], a, b, work)


@njit(cache=True, nogil=True)
def _fill_from_bitmaps(problem, rows, y, work):
    b, first, slot = problem.sizes[y], problem.first[y], work.state[2]
    for r in range(rows):
        left = work.row_sizes[r]
        for level in range(b - 1):
            size = 0
            if left > 0:
                size = _overlap_size(work.slots[slot + r], problem.bits[first + level])
            work.table[r * b + level] = size
            left -= size
        work.table[r * b + b - 1] = left


@njit(cache=True, nogil=True)
def _fill_from_codes(problem, rows, y, work):
    b, level = problem.sizes[y], problem.codes[y]
    table, keys = work.table, work.keys
    table[: rows * b] = 0.0
    if len(problem.weights) == 0:
        for row in range(len(keys)):
            table[keys[row] * b + level[row]] += 1.0
    else:
        for row in range(len(keys)):
            table[keys[row] * b + level[row]] += problem.weights[row]


@njit(cache=True, nogil=True)
def _sum_stratum(part, a, b, work):
    """Add a stratum whose table is written out."""
    rows, columns = work.rows, work.columns
    rows[:a] = 0.0
    columns[:b] = 0.0
    for i in range(a):
        for j in range(b):
            rows[i] += part[i * b + j]
            columns[j] += part[i * b + j]
    n, pearson, g_square = 0.0, 0.0, 0.0
    for i in range(a):
        n += rows[i]
    for i in range(a):
        for j in range(b):
            cell = part[i * b + j]
            if cell > 0.0:
                ratio = cell / (rows[i] * columns[j])
                pearson += cell * ratio
                if work.state[3]:
                    g_square += cell * log(n * ratio)
    _add(n, rows[:a], columns[:b], pearson, g_square, work.sums)


@njit(cache=True, nogil=True)
def _sum_sorted(problem, a, y, work):
    """One stratum at a time, of which only the cells that occur are looked at."""
    b, level, m = problem.sizes[y], problem.codes[y], len(work.keys)
    keys = np.empty(m, dtype=np.int64)
    for row in range(m):
        keys[row] = work.keys[row] * b + level[row]
    cells, totals, found = np.empty(m, dtype=np.int64), np.empty(m), 0
    for row in _sorted_order(keys):
        if found == 0 or cells[found - 1] != keys[row]:
            cells[found], totals[found] = keys[row], 0.0
            found += 1
        totals[found - 1] += 1.0 if len(problem.weights) == 0 else problem.weights[row]
    work.columns[:b] = 0.0
    seen, start = np.empty(b), 0
    while start < found:
        stop, stratum = start + 1, cells[start] // (a * b)
        while stop < found and cells[stop] // (a * b) == stratum:
            stop += 1
        _sum_cells(cells[start:stop], totals[start:stop], b, seen, work)
        start = stop


@njit(cache=True, nogil=True)
def _sum_cells(cells, totals, b, seen, work):
    """Add a stratum of which the cells that occur are listed, row by row."""
    rows, columns = work.rows, work.columns
    at, n = -1, 0.0
    for t in range(len(cells)):
        if t == 0 or cells[t] // b != cells[t - 1] // b:
            at += 1
            rows[at] = 0.0
        rows[at] += totals[t]
        columns[cells[t] % b] += totals[t]
        n += totals[t]
    at, pearson, g_square = -1, 0.0, 0.0
    for t in range(len(cells)):
        if t == 0 or cells[t] // b != cells[t - 1] // b:
            at += 1
        ratio = totals[t] / (rows[at] * columns[cells[t] % b])
        pearson += totals[t] * ratio
        g_square += totals[t] * log(n * ratio)
    found = 0
    for t in range(len(cells)):
        if columns[cells[t] % b] > 0.0:
            seen[found], columns[cells[t] % b] = columns[cells[t] % b], 0.0
            found += 1
    _add(n, rows[: at + 1], seen[:found], pearson, g_square, work.sums)


# --- sums over strata -----------------------------------------------------------------


@njit(cache=True, nogil=True)
def _add(n, rows, columns, pearson, g_square, sums):
    """Add one stratum, given its margins and the sums over its cells."""
    r, r1, r2, least_row = _margin(rows)
    c, c1, c2, least_column = _margin(columns)
    if r < 2 or c < 2:
        return
    pearson = n * (pearson - 1.0)
    sums[PEARSON] += pearson
    sums[G_SQUARE] += 2.0 * g_square
    sums[FREEDOM] += (r - 1) * (c - 1)
    sums[SMALLEST] = min(sums[SMALLEST], least_row * least_column / n)
    mean, variance, third = permutation_moments(n, r, r1, r2, c, c1, c2)
    if variance > _CONSTANT * mean * mean:
        sums[PEARSON_VARYING] += pearson
        sums[MEAN] += mean
        sums[VARIANCE] += variance
        sums[THIRD] += third


@njit(cache=True, nogil=True)
def _margin(totals):
    """Number of levels that occur, sums of 1 / total and 1 / total**2, least total."""
    levels, first, second, least = 0, 0.0, 0.0, np.inf
    for total in totals:
        if total > 0.0:
            levels += 1
            first += 1.0 / total
            second += 1.0 / (total * total)
            least = min(least, total)
    return levels, first, second, least


@njit(cache=True, nogil=True)
def _parts(n, r, r1, r2):
    """Invariants of one margin that the moments of Pearson's statistic are made of.

    The projection on the levels, less the constant, is a matrix A with entries
    1 / total - 1 / n within a level and -1 / n elsewhere. Its diagonal is a constant
    plus d; beside the diagonal it is a constant plus -(d_k + d_l) / (n - 2) plus a
    remainder E, whose rows sum to 0. Returned are the sums of d**2, d**3, d_k d_l E_kl,
    d_k E_kl**2, E_kl**3 and E_kl E_lm E_mk.
    """
    mean = (r - 1.0) / n
    alpha, beta = -(r - 1.0) / (n * (n - 1.0)), -1.0 / (n - 2.0)
    d2 = r1 - r * r / n
    d3 = r2 - 3.0 * r * r1 / n + 2.0 * r**3 / (n * n)
    # With O for A beside the diagonal: A d = d, A 1 = 0 and A A = A.
    dod = d2 * (1.0 - mean) - d3
    ddo = -(mean * d2 + d3)
    doo = d2 + ddo - mean * d2
    dde = dod + alpha * d2 + 2.0 * beta * d3
    dee = doo + 2.0 * (alpha * d2 - beta * (ddo + dod))
    dee += 2.0 * alpha * beta * (n - 2.0) * d2 + beta * beta * (n - 4.0) * d3
    ooo = r1 - r2 - 3.0 * (r - r1) / n + 3.0 * (n - r) / (n * n) + (1.0 - n) / (n * n)
    ool = alpha * (mean * n * (1.0 - mean) - d2) + 2.0 * beta * doo
    oll = -alpha * alpha * mean * n - 4.0 * alpha * beta * d2
    oll += 2.0 * beta * beta * (ddo + dod)
    lll = alpha * n * (n - 1.0) * alpha * alpha
    lll += 6.0 * alpha * beta * beta * (n - 2.0) * d2 + 2.0 * beta**3 * (n - 4.0) * d3
    eee = ooo - 3.0 * ool + 3.0 * oll - lll
    # E is A less U, of rank two, less a diagonal of g.
    g0, g1 = mean - alpha, 1.0 - 2.0 * beta
    gg = n * g0 * g0 + g1 * g1 * d2
    dgg = 2.0 * g0 * g1 * d2 + g1 * g1 * d3
    uuu = (alpha * n) ** 3 + 3.0 * alpha * beta * beta * n * n * d2
    uug = g0 * n * (n * alpha * alpha + 2.0 * beta * beta * d2)
    uug += g1 * n * (2.0 * alpha * beta * d2 + beta * beta * d3)
    ugg = alpha * gg + 2.0 * beta * dgg
    ggg = n * g0**3 + 3.0 * g0 * g1 * g1 * d2 + g1**3 * d3
    aff = beta * beta * n * d2 + 2.0 * beta * g1 * d2 + mean * gg + dgg
    loop = r - 1.0 - 3.0 * (n * mean * g0 + g1 * d2) + 3.0 * aff
    loop -= uuu + 3.0 * uug + 3.0 * ugg + ggg
    return d2, d3, dde, dee, eee, loop


@njit(cache=True, nogil=True)
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
    if r >= n or c >= n or n < 2.5:
        return 0.0, 0.0, 0.0
    mean = n * (r - 1.0) * (c - 1.0) / (n - 1.0)
    d2, d3, dde, dee, eee, loop = _parts(n, r, r1, r2)
    f2, f3, ffe, fee, hhh, ring = _parts(n, c, c1, c2)
    variance = n**4 / ((n - 1.0) * (n - 2.0) ** 2) * d2 * f2
    third = n**7 / ((n - 2.0) ** 4 * (n - 1.0)) * d3 * f3
    if n < 3.5:
        return mean, variance, third
    v = (n - r) * (r - 1.0) / (n - 1.0) - n * d2 / (n - 2.0)
    w = (n - c) * (c - 1.0) / (n - 1.0) - n * f2 / (n - 2.0)
    variance += 2.0 * n / (n - 3.0) * v * w
    third += 6.0 * n**4 / ((n - 3.0) * (n - 2.0) ** 2) * dde * ffe
    if n < 4.5:
        return mean, variance, third + 384.0 * eee * hhh
    third += 12.0 * n**4 / ((n - 4.0) * (n - 3.0) * (n - 1.0)) * dee * fee
    if n < 5.5:
        return mean, variance, third + 225.0 * eee * hhh
    scale = 4.0 * n * n / ((n - 5.0) * (n - 4.0) * (n - 3.0) * (n - 2.0) * (n - 1.0))
    mixed = (n**4 - 8.0 * n**3 + 19.0 * n * n - 4.0 * n - 16.0) * eee * hhh
    mixed -= 2.0 * (3.0 * n * n - 15.0 * n + 16.0) * (eee * ring + loop * hhh)
    mixed += 2.0 * (n**3 - 9.0 * n * n + 26.0 * n - 22.0) * loop * ring
    return mean, variance, third + scale * mixed
