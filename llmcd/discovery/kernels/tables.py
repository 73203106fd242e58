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

from llmcd.discovery.kernels.moments import STRATA, sum_moments

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
    "prepare_rows",
]

BITMAPS, HISTOGRAM = 0, 1  # how the rows of a table were prepared
CELLS = 128  # so many cells of strata and rows are counted by bitmaps
_RELABEL = 256  # with more codes of strata than this, those that occur are numbered

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


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
def _overlap(one, other, into):
    """Write the intersection of two bitmaps and return its size."""
    found = np.uint64(0)
    for w in range(len(one)):
        word = one[w] & other[w]
        into[w] = word
        found += _ones(word)
    return np.int64(found)


@njit(cache=True, nogil=True, error_model="numpy")
def _overlap_size(one, other):
    found = np.uint64(0)
    for w in range(len(one)):
        found += _ones(one[w] & other[w])
    return np.int64(found)


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
def _relabel_sorted(keys):
    """The same where a list of all possible keys would be too long."""
    found, last = -1, np.int64(-1)
    for row in _sorted_order(keys):
        if keys[row] != last:
            last = keys[row]
            found += 1
        keys[row] = found
    return found + 1


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
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
        _sum_sorted(problem, x, y, work)
    else:
        if work.state[0] == BITMAPS:
            _fill_from_bitmaps(problem, strata * a, y, work)
        else:
            _fill_from_codes(problem, strata * a, y, work)
        _sum_strata(work, strata, a, b)


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
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


@njit(cache=True, nogil=True, error_model="numpy")
def _sum_strata(work, count, a, b):
    """Add strata whose tables are written out one after the other.

    In one function and without slices: arrays that are passed are counted references,
    which costs as much as a small stratum.
    """
    table, rows, columns, strata = work.table, work.rows, work.columns, work.strata
    pearson, g_square, freedom, smallest, waiting = 0.0, 0.0, 0.0, np.inf, 0
    for s in range(count):
        first, n, levels = s * a * b, 0.0, 0
        for i in range(a):
            total = 0.0
            for j in range(b):
                total += table[first + i * b + j]
            rows[i] = total
            n += total
            levels += 1 if total > 0.0 else 0
        if levels < 2:
            continue
        for j in range(b):
            total = 0.0
            for i in range(a):
                total += table[first + i * b + j]
            columns[j] = total
        r, r1, r2, least_row = _invert(rows, a)
        c, c1, c2, least_column = _invert(columns, b)
        if c < 2.0:
            continue
        share = 0.0
        for i in range(a):
            total = 0.0
            for j in range(b):
                cell = table[first + i * b + j]
                total += cell * cell * columns[j]
            share += total * rows[i]
        if work.state[3]:
            for i in range(a):
                for j in range(b):
                    cell = table[first + i * b + j]
                    if cell > 0.0:
                        g_square += cell * log(n * cell * rows[i] * columns[j])
        share = n * (share - 1.0)
        pearson += share
        freedom += (r - 1.0) * (c - 1.0)
        smallest = min(smallest, least_row * least_column / n)
        waiting = _put(strata, waiting, n, r, r1, r2, c, c1, c2, share)
        if waiting == STRATA:
            waiting = _add_moments(work, waiting)
    _add(work, pearson, g_square, freedom, smallest)
    _add_moments(work, waiting)


@njit(cache=True, nogil=True, error_model="numpy")
def _sum_sorted(problem, x, y, work):
    """One stratum at a time, of which only the cells that occur are looked at.

    A stratum is known by the key of its first row of cells: a division for each cell
    would cost more than all else.
    """
    b, level, own = problem.sizes[y], problem.codes[y], problem.codes[x]
    m = len(work.keys)
    keys = np.empty(m, dtype=np.int64)
    for row in range(m):
        keys[row] = work.keys[row] * b + level[row]
    strata, lines = np.empty(m, dtype=np.int64), np.empty(m, dtype=np.int64)
    columns, totals, found = np.empty(m, dtype=np.int64), np.empty(m), 0
    last = np.int64(-1)
    for row in _sorted_order(keys):
        if keys[row] != last:
            last = keys[row]
            strata[found] = work.keys[row] - own[row]
            lines[found], columns[found] = work.keys[row], level[row]
            totals[found] = 0.0
            found += 1
        totals[found - 1] += 1.0 if len(problem.weights) == 0 else problem.weights[row]
    work.columns[:b] = 0.0
    seen, start, waiting = np.empty(b), 0, 0
    while start < found:
        stop = start + 1
        while stop < found and strata[stop] == strata[start]:
            stop += 1
        # A single row of cells has no degree of freedom.
        if lines[stop - 1] != lines[start]:
            waiting = _sum_cells(
                lines, columns, totals, start, stop, seen, work, waiting
            )
        start = stop
    _add_moments(work, waiting)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _sum_cells(lines, columns, totals, start, stop, seen, work, waiting):
    """Add a stratum of which the cells that occur are listed, row by row."""
    of_row, of_column = work.rows, work.columns
    at, n = -1, 0.0
    for t in range(start, stop):
        if t == start or lines[t] != lines[t - 1]:
            at += 1
            of_row[at] = 0.0
        of_row[at] += totals[t]
        of_column[columns[t]] += totals[t]
        n += totals[t]
    at, pearson, g_square = -1, 0.0, 0.0
    for t in range(start, stop):
        if t == start or lines[t] != lines[t - 1]:
            at += 1
        ratio = totals[t] / (of_row[at] * of_column[columns[t]])
        pearson += totals[t] * ratio
        if work.state[3]:
            g_square += totals[t] * log(n * ratio)
    found = 0
    for t in range(start, stop):
        if of_column[columns[t]] > 0.0:
            seen[found], of_column[columns[t]] = of_column[columns[t]], 0.0
            found += 1
    if found > 1:
        r, r1, r2, least_row = _invert(of_row, at + 1)
        c, c1, c2, least_column = _invert(seen, found)
        pearson = n * (pearson - 1.0)
        least = least_row * least_column / n
        _add(work, pearson, g_square, (r - 1.0) * (c - 1.0), least)
        waiting = _put(work.strata, waiting, n, r, r1, r2, c, c1, c2, pearson)
        if waiting == STRATA:
            waiting = _add_moments(work, waiting)
    return waiting


# --- sums over strata -----------------------------------------------------------------


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _invert(totals, size):
    """Invert totals in place; number of levels, sums of inverses and squares, least."""
    levels, first, second, least = 0.0, 0.0, 0.0, np.inf
    for k in range(size):
        seen = totals[k] > 0.0  # used without a branch, which would be mispredicted
        total = totals[k] if seen else np.inf
        inverse = 1.0 / total
        totals[k] = inverse
        levels += 1.0 if seen else 0.0
        first += inverse
        second += inverse * inverse
        least = min(least, total)
    return levels, first, second, least


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _put(strata, at, n, r, r1, r2, c, c1, c2, statistic):
    """Let a stratum wait for its moments; how many do by now."""
    strata[0, at], strata[1, at], strata[2, at], strata[3, at] = n, r, r1, r2
    strata[4, at], strata[5, at], strata[6, at], strata[7, at] = c, c1, c2, statistic
    return at + 1


@njit(cache=True, nogil=True, error_model="numpy")
def _add(work, pearson, g_square, freedom, smallest):
    sums = work.sums
    sums[PEARSON] += pearson
    sums[G_SQUARE] += 2.0 * g_square
    sums[FREEDOM] += freedom
    sums[SMALLEST] = min(sums[SMALLEST], smallest)


@njit(cache=True, nogil=True, error_model="numpy")
def _add_moments(work, waiting):
    """Add the moments of the strata that wait, if wanted; how many still do."""
    if work.state[4]:
        sums = work.sums
        pearson, mean, variance, third = sum_moments(work.strata, waiting)
        sums[PEARSON_VARYING] += pearson
        sums[MEAN] += mean
        sums[VARIANCE] += variance
        sums[THIRD] += third
    return 0
