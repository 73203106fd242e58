"""Local scores in numba: one function for every kind of table, and a cache for it.

All searches call ``local_score`` (or ``cached_score``) with a ``ScoreModel``, so that
each of them is compiled once whatever the score. Scores are natural logarithms; a
larger one is better. Parents are sorted before anything is added up, so that a score
does not depend on the order in which a search found them.
"""

from __future__ import annotations

from math import lgamma, log
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

__all__ = [
    "BDEU",
    "BGE",
    "DISCRETE_BIC",
    "GAUSSIAN_BIC",
    "ScoreCache",
    "ScoreModel",
    "ScoreWork",
    "cached_score",
    "local_score",
    "new_cache",
    "new_work",
]

Floats = npt.NDArray[np.float64]

GAUSSIAN_BIC, BGE, DISCRETE_BIC, BDEU = 0, 1, 2, 3

_SINGULAR = 1e-10  # a pivot of a correlation matrix below this is rounding
_BLOCK = 2048  # rows whose cells are found at a time: they fit into the fastest memory
_CELLS = 4096  # a table of so many cells is never renumbered, however few the rows
_LARGEST = 2.0**62
_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}


class ScoreModel(NamedTuple):
    """Everything that a local score depends on, in arrays.

    Attributes
    ----------
    kind : int
        ``GAUSSIAN_BIC`` (for blocks of columns: degenerate Gaussian), ``BGE``,
        ``DISCRETE_BIC`` or ``BDEU``.
    n : float
        Number of rows, or total weight.
    parameters : array of float64, shape (4,)
        BIC: penalty. BGe: alpha_mu, alpha_w, t. BDeu: equivalent sample size. Last:
        expected number of parents of the structure prior, or 0 for none.
    moments : array of float64, shape (d, d)
        Correlations of the (embedded) columns; for BGe the posterior matrix R.
    starts : array of int64, shape (p + 1,)
        Variable v is columns ``starts[v]`` to ``starts[v + 1]`` of ``moments``.
    codes : array of uint16, shape (p, m)
        Levels of discrete variables.
    sizes : array of int64, shape (p,)
        Numbers of levels.
    weights : array of float64, shape (m,) or (0,)
        How often each row counts; none: once.
    """

    kind: int
    n: float
    parameters: Floats
    moments: Floats
    starts: npt.NDArray[np.int64]
    codes: npt.NDArray[np.uint16]
    sizes: npt.NDArray[np.int64]
    weights: Floats


class ScoreWork(NamedTuple):
    """Memory that a score needs while it is computed; one for each thread."""

    parents: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]
    factor: Floats
    block: npt.NDArray[np.int32]
    cells: Floats
    rows: Floats
    keys: npt.NDArray[np.int64]
    slots: npt.NDArray[np.int64]
    numbers: npt.NDArray[np.int64]


class ScoreCache(NamedTuple):
    """Scores by child and set of parents: open addressing on 128-bit Zobrist keys.

    ``keys`` has one more row than there are variables; ``used[0]`` counts entries,
    ``used[1]`` hits and ``used[2]`` misses.
    """

    keys: npt.NDArray[np.uint64]
    first: npt.NDArray[np.uint64]
    second: npt.NDArray[np.uint64]
    values: Floats
    used: npt.NDArray[np.int64]


def new_work(model: ScoreModel) -> ScoreWork:
    """Working memory for a model.

    Parameters
    ----------
    model : ScoreModel
        What will be scored.

    Returns
    -------
    ScoreWork
    """
    p = len(model.starts) - 1
    d, m = len(model.moments), model.codes.shape[1]
    places = 1 << (2 * m).bit_length() if m else 1
    return ScoreWork(
        parents=np.empty(max(p, 1), dtype=np.int64),
        columns=np.empty(max(d, 1), dtype=np.int64),
        factor=np.empty((max(d, 1), max(d, 1))),
        block=np.empty(_BLOCK, dtype=np.int32),
        cells=np.zeros(max(4 * m, _CELLS) if m else 1),
        rows=np.zeros(max(m, 1)),
        keys=np.empty(max(m, 1), dtype=np.int64),
        slots=np.empty(places, dtype=np.int64),
        numbers=np.empty(places, dtype=np.int64),
    )


def new_cache(n_variables: int, *, capacity: int = 1 << 18) -> ScoreCache:
    """An empty cache.

    Parameters
    ----------
    n_variables : int
        Number of variables.
    capacity : int, optional
        Number of places, a power of two; when most are taken it starts afresh.

    Returns
    -------
    ScoreCache
    """
    rng = np.random.default_rng(0x5C0BE)  # the keys decide nothing but the places
    keys = rng.integers(1, 2**63, size=(n_variables, 4), dtype=np.uint64)
    return ScoreCache(
        keys,
        np.zeros(capacity, dtype=np.uint64),
        np.zeros(capacity, dtype=np.uint64),
        np.empty(capacity),
        np.zeros(3, dtype=np.int64),
    )


@njit(**_OPTIONS)
def _log_pivots(moments, columns, n_given, n_all, factor):  # pragma: no cover
    """Log-determinant of what the first columns leave of the others, and of the first.

    By a Cholesky factor. A column that follows from those before it gets the smallest
    pivot and explains nothing further.
    """
    given, rest = 0.0, 0.0
    for i in range(n_all):
        row = columns[i]
        pivot = moments[row, row]
        floor = _SINGULAR * pivot
        for j in range(i):
            total = moments[row, columns[j]]
            for k in range(j):
                total -= factor[i, k] * factor[j, k]
            factor[i, j] = total / factor[j, j]
            pivot -= factor[i, j] * factor[i, j]
        if pivot > floor:
            factor[i, i] = np.sqrt(pivot)
        else:
            pivot = floor
            factor[i, i] = np.inf
        if i < n_given:
            given += log(pivot)
        else:
            rest += log(pivot)
    return rest, given


@njit(**_OPTIONS)
def _gaussian(model, work, child, n_parents):  # pragma: no cover
    starts = model.starts
    size = np.int64(0)  # not a literal, for which numba compiles a version
    for k in range(n_parents):
        v = work.parents[k]
        for column in range(starts[v], starts[v + 1]):
            work.columns[size] = column
            size += 1
    given = size
    for column in range(starts[child], starts[child + 1]):
        work.columns[size] = column
        size += 1
    rest, log_given = _log_pivots(model.moments, work.columns, given, size, work.factor)
    own = size - given
    if model.kind == 0:
        free = own * given + own * (own + 1) / 2 + own
        return (
            -0.5 * model.n * (rest + own * (log(2 * np.pi) + 1))
            - 0.5 * model.parameters[0] * log(model.n) * free
        )
    # BGe: Kuipers, Moffa and Heckerman (2014), equation (4), as a ratio
    mu, w, t = model.parameters[0], model.parameters[1], model.parameters[2]
    p, n = len(starts) - 1, model.n
    prior = w - p + given
    return (
        lgamma(0.5 * (n + prior + 1))
        - lgamma(0.5 * (prior + 1))
        + 0.5 * (prior + given + 1) * log(t)
        - 0.5 * n * log(np.pi)
        + 0.5 * log(mu / (n + mu))
        - 0.5 * log_given
        - 0.5 * (n + prior + 1) * rest
    )


@njit(**_OPTIONS)
def _count_few(model, work, child, n_parents, n_cells):  # pragma: no cover
    """Fill ``cells``: one a level of the child in each configuration of parents."""
    m, n_block, start = model.codes.shape[1], len(work.block), 0
    block, cells, weighted = work.block, work.cells, len(model.weights) > 0
    # four tables in turn, so that adding to a cell need not wait for the time before
    apart = n_cells if not weighted and 4 * n_cells <= len(cells) else 0
    while start < m:
        size = min(n_block, m - start)
        for i in range(size):
            block[i] = 0
        for k in range(n_parents + 1):
            v = child if k == n_parents else work.parents[k]
            levels = np.int32(model.sizes[v])
            code = model.codes[v, start : start + size]
            for i in range(size):
                block[i] = block[i] * levels + code[i]
        if weighted:
            for i in range(size):
                cells[block[i]] += model.weights[start + i]
        else:
            last = size - size % 4
            for i in range(0, last, 4):
                cells[block[i]] += 1.0
                cells[block[i + 1] + apart] += 1.0
                cells[block[i + 2] + 2 * apart] += 1.0
                cells[block[i + 3] + 3 * apart] += 1.0
            for i in range(last, size):
                cells[block[i]] += 1.0
        start += size
    if apart > 0:
        for c in range(n_cells):
            for k in range(1, 4):
                cells[c] += cells[c + k * apart]
                cells[c + k * apart] = 0.0


@njit(**_OPTIONS)
def _renumber(keys, slots, numbers):  # pragma: no cover
    """Number the keys that occur in the order in which they do; how many they are."""
    mask, found = len(slots) - 1, 0
    for place in range(len(slots)):
        slots[place] = -1
    for r in range(len(keys)):
        key = keys[r]
        mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
        place = np.int64(mixed >> np.uint64(32)) & mask
        while slots[place] >= 0 and slots[place] != key:
            place = (place + 1) & mask
        if slots[place] < 0:
            slots[place] = key
            numbers[place] = found
            found += 1
        keys[r] = numbers[place]
    return found


@njit(**_OPTIONS)
def _count_many(model, work, child, n_parents):  # pragma: no cover
    """Fill ``rows`` and ``cells`` with the configurations and cells that occur."""
    keys, m, bound = work.keys, model.codes.shape[1], 1.0
    for r in range(m):
        keys[r] = 0
    for k in range(n_parents):
        v = work.parents[k]
        if bound * model.sizes[v] > _LARGEST:
            bound = float(_renumber(keys, work.slots, work.numbers))
        bound *= model.sizes[v]
        for r in range(m):
            keys[r] = keys[r] * model.sizes[v] + model.codes[v, r]
    n_rows = _renumber(keys, work.slots, work.numbers)
    for r in range(m):
        weight = model.weights[r] if len(model.weights) > 0 else 1.0
        work.rows[keys[r]] += weight
        keys[r] = keys[r] * model.sizes[child] + model.codes[child, r]
    n_cells = _renumber(keys, work.slots, work.numbers)
    for r in range(m):
        weight = model.weights[r] if len(model.weights) > 0 else 1.0
        work.cells[keys[r]] += weight
    return n_rows, n_cells


@njit(**_OPTIONS)
def _part(kind, count, prior, at_prior):  # pragma: no cover
    """What a count contributes to the score: once for a cell, minus once for a row."""
    if kind == 2:
        return count * log(count)
    return lgamma(prior + count) - at_prior


@njit(**_OPTIONS)
def _discrete(model, work, child, n_parents):  # pragma: no cover
    kind, levels, cells = model.kind, model.sizes[child], work.cells
    configurations = 1.0
    for k in range(n_parents):
        configurations *= model.sizes[work.parents[k]]
    a_row = model.parameters[0] / configurations
    a_cell = a_row / levels
    g_row, g_cell = lgamma(a_row), lgamma(a_cell)
    total = 0.0
    if configurations * levels <= len(cells):
        n_cells = np.int64(configurations) * levels
        _count_few(model, work, child, n_parents, n_cells)
        for first in range(0, n_cells, levels):
            row = 0.0
            for c in range(first, first + levels):
                if cells[c] > 0:
                    row += cells[c]
                    total += _part(kind, cells[c], a_cell, g_cell)
                    cells[c] = 0.0
            if row > 0:
                total -= _part(kind, row, a_row, g_row)
    else:
        n_rows, n_cells = _count_many(model, work, child, n_parents)
        for c in range(n_cells):
            total += _part(kind, cells[c], a_cell, g_cell)
            cells[c] = 0.0
        for j in range(n_rows):
            total -= _part(kind, work.rows[j], a_row, g_row)
            work.rows[j] = 0.0
    if kind == 2:
        free = (levels - 1) * configurations
        total -= 0.5 * model.parameters[0] * log(model.n) * free
    return total


@njit(**_OPTIONS)
def local_score(model, work, child, parents, n_parents):  # pragma: no cover
    """Score of a child given the first ``n_parents`` of ``parents``, in any order."""
    for k in range(n_parents):
        v = parents[k]
        place = k
        while place > 0 and work.parents[place - 1] > v:
            work.parents[place] = work.parents[place - 1]
            place -= 1
        work.parents[place] = v
    if model.kind <= 1:
        total = _gaussian(model, work, child, n_parents)
    else:
        total = _discrete(model, work, child, n_parents)
    expected = model.parameters[3]
    if expected > 0:
        others = len(model.starts) - 2
        if others > expected:
            share = expected / others
            total += n_parents * log(share) + (others - n_parents) * log(1 - share)
    return total


@njit(**_OPTIONS)
def cached_score(model, work, cache, child, parents, n_parents):  # pragma: no cover
    """The same as ``local_score``, looked up if it was computed before."""
    first, second = cache.keys[child, 2], cache.keys[child, 3]
    for k in range(n_parents):
        first ^= cache.keys[parents[k], 0]
        second ^= cache.keys[parents[k], 1]
    mask = np.uint64(len(cache.first) - 1)
    place = first & mask
    while cache.first[place] != 0:
        if cache.first[place] == first and cache.second[place] == second:
            cache.used[1] += 1
            return cache.values[place]
        place = (place + np.uint64(1)) & mask
    cache.used[2] += 1
    value = local_score(model, work, child, parents, n_parents)
    if cache.used[0] * 4 > len(cache.first) * 3:
        cache.first[:] = 0
        cache.used[0] = 0
        place = first & mask
    if first != 0:
        cache.first[place] = first
        cache.second[place] = second
        cache.values[place] = value
        cache.used[0] += 1
    return value
