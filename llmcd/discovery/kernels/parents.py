"""Parents of one variable by grow-shrink, in numba, for the search over orders.

For single Gaussian columns the gain of every candidate parent is read from two rows
that are kept for each variable: partial covariances with it, and partial variances,
given its parents. All other scores come from ``cached_score``.
"""

from __future__ import annotations

from math import exp, log, sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from llmcd.discovery.kernels.scores import (
    ScoreCache,
    ScoreModel,
    ScoreWork,
    cached_score,
    new_cache,
    new_work,
)

__all__ = [
    "OrderProblem",
    "OrderState",
    "OrderWork",
    "new_order_work",
    "refit",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

GAIN = 1e-7  # a difference below this is rounding
_SINGULAR = 1e-10  # as in the scores
_TURNS = 10  # a variable's parents grow again after they shrank at most this often


# Rows of OrderProblem.rules, OrderWork.lists, .flags and .numbers
CLOSED, REQUIRED, BEFORE = 0, 1, 2
MOVING, PASSED, BEST, SPARE, NEW_COUNT = 0, 1, 2, 3, 4
CANDIDATE, MARKED = 0, 1
SOLVED, NEW_VALUE = 0, 1


class OrderProblem(NamedTuple):
    """What is maximised, and what is allowed.

    Attributes
    ----------
    model : ScoreModel
        The score.
    gaussian : int
        1 for single Gaussian columns, whose score of v given k parents is
        ``terms[0, k] - terms[1, k] * log(partial variance) - determinant *
        log|parents|``.
    terms : array of float64, shape (2, p + 1)
        By number of parents.
    determinant : float
        Factor of the parents' log-determinant.
    temper : float
        Factor of the score.
    order : array of float64, shape (p, p)
        ``[a, b]`` counts when a is before b.
    existence : array of float64, shape (p, p), symmetric
        Counts when a and b are adjacent.
    rules : array of uint8, shape (3, p, p)
        ``[CLOSED, v, u]`` and ``[REQUIRED, v, u]`` are 1 when u may not be, or has to
        be, a parent of v; ``[BEFORE, a, b]`` when a has to be before b.
    most : int
        Largest number of parents.
    """

    model: ScoreModel
    gaussian: int
    terms: Floats
    determinant: float
    temper: float
    order: Floats
    existence: Floats
    rules: Bytes
    most: int


class OrderState(NamedTuple):
    """An order, and each variable's parents with what follows from them.

    Attributes
    ----------
    order : array of int64, shape (p,)
        Variables, the first cause first.
    parents : array of int64, shape (p, most + 1)
        The first ``count[v]`` entries of row v.
    count : array of int64, shape (p,)
        Numbers of parents.
    value : array of float64, shape (p,)
        Tempered score and existence evidence.
    partial : array of float64, shape (p, 2, p)
        Partial covariances of all variables with v, and their partial variances, given
        v's parents; without columns unless the problem is Gaussian.
    """

    order: Ints
    parents: Ints
    count: Ints
    value: Floats
    partial: Floats


class OrderWork(NamedTuple):
    """Memory of a search; one for each thread.

    The moving variable and one that it passes each have a row of ``lists`` for their
    parents, and ``rows`` and ``partial`` for the regression on them.
    """

    score: ScoreWork
    cache: ScoreCache
    rows: Floats
    partial: Floats
    lists: Ints
    flags: Bytes
    numbers: Floats
    new_parents: Ints
    random: npt.NDArray[np.uint64]


def new_order_work(problem: OrderProblem, seed: int) -> tuple[OrderState, OrderWork]:
    """A state without parents, and working memory.

    Parameters
    ----------
    problem : OrderProblem
        What will be searched.
    seed : int
        Of the order in which variables are visited.

    Returns
    -------
    OrderState, OrderWork
    """
    p, most = len(problem.order), problem.most
    columns = p if problem.gaussian else 1
    state = OrderState(
        order=np.arange(p),
        parents=np.zeros((p, most + 1), dtype=np.int64),
        count=np.zeros(p, dtype=np.int64),
        value=np.zeros(p),
        partial=np.zeros((p, 2, columns)),
    )
    capacity = 64 if problem.gaussian else 1 << min(22, 15 + p.bit_length())
    work = OrderWork(
        score=new_work(problem.model),
        cache=new_cache(p, capacity=capacity),
        rows=np.zeros((2, most + 1, columns)),
        partial=np.zeros((2, 2, columns)),
        lists=np.zeros((5, p + 1), dtype=np.int64),
        flags=np.zeros((2, p), dtype=np.uint8),
        numbers=np.zeros((2, p + 1)),
        new_parents=np.zeros((p, most + 1), dtype=np.int64),
        random=np.array([seed], dtype=np.uint64),
    )
    return state, work


OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}
INNER = {**OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
INLINE = {**INNER, "inline": "always"}


@njit(**INLINE)
def below(random, bound):  # pragma: no cover
    """A pseudo-random integer in [0, bound): splitmix64, Steele and others (2014)."""
    random[0] += np.uint64(0x9E3779B97F4A7C15)
    z = random[0]
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return np.int64(z >> np.uint64(33)) % bound


@njit(**INLINE)
def copy(source, target, size):  # pragma: no cover
    for j in range(size):
        target[j] = source[j]


@njit(**INLINE)
def delete(values, size, at):  # pragma: no cover
    for j in range(at, size - 1):
        values[j] = values[j + 1]


@njit(**INLINE)
def find(values, size, wanted):  # pragma: no cover
    for j in range(size):
        if values[j] == wanted:
            return j
    return -1


# --- single Gaussian columns ----------------------------------------------------------


@njit(**INNER)
def regress(
    moments, parents, rows, partial, first, fresh, k, child
):  # pragma: no cover
    """Orthogonalise the parents from ``first`` on; partial moments given all of them.

    Row j is what the j-th parent adds to the earlier ones: its partial covariances with
    all columns, scaled to unit variance (a row of the Cholesky factor).
    """
    p = moments.shape[0]
    covariance, variance = partial[0], partial[1]
    for j in range(first, k):
        s = parents[j]
        row, source = rows[j], moments[s]
        for r in range(p):
            row[r] = source[r]
        for i in range(j):
            factor, earlier = rows[i, s], rows[i]
            for r in range(p):
                row[r] -= factor * earlier[r]
        floor = _SINGULAR * moments[s, s]
        if row[s] > floor:
            scale = 1.0 / sqrt(row[s])
            for r in range(p):
                row[r] *= scale
        else:  # it follows from the earlier ones and explains nothing further
            for r in range(p):
                row[r] = 0.0
            row[s] = sqrt(floor)
    if fresh:
        first, source = 0, moments[child]
        for r in range(p):
            covariance[r] = source[r]
            variance[r] = moments[r, r]
    for j in range(first, k):
        row = rows[j]
        factor = row[child]
        for r in range(p):
            covariance[r] -= factor * row[r]
            variance[r] -= row[r] * row[r]


@njit(**INLINE)
def gaussian_gain(problem, partial, k, child, parent):  # pragma: no cover
    """What a further parent adds to the value of a child that has k."""
    moments, terms = problem.model.moments, problem.terms
    own, floor = partial[1, parent], _SINGULAR * moments[parent, parent]
    lowest = _SINGULAR * moments[child, child]
    old = max(partial[1, child], lowest)
    new = old
    if own > floor:
        new = max(old - partial[0, parent] * partial[0, parent] / own, lowest)
    else:
        own = floor
    gain = terms[0, k + 1] - terms[0, k] + terms[1, k] * log(old)
    gain -= terms[1, k + 1] * log(new)
    if problem.determinant != 0.0:
        gain -= problem.determinant * log(own)
    return problem.temper * gain + problem.existence[child, parent]


@njit(**INNER)
def _gaussian_growth(
    problem, candidates, parents, partial, k, child
):  # pragma: no cover
    """The candidate whose addition gains most, or -1."""
    moments, terms = problem.model.moments, problem.terms
    existence, closed = problem.existence[child], problem.rules[CLOSED, child]
    best, at = GAIN, -1
    old = max(partial[1, child], _SINGULAR * moments[child, child])
    fixed = problem.temper * (terms[0, k + 1] - terms[0, k])
    half = problem.temper * terms[1, k + 1]
    top = 0.0
    for r in range(moments.shape[0]):
        top = max(top, existence[r])
    # Without a determinant only a large enough drop of the variance can be best.
    bounded = problem.determinant == 0.0
    drop = old * (1.0 - exp((fixed + top - best) / half)) if bounded else -1.0
    for r in range(moments.shape[0]):
        if candidates[r] == 0 or closed[r] != 0:
            continue
        if partial[0, r] * partial[0, r] <= drop * max(partial[1, r], 0.0):
            continue
        if find(parents, k, r) >= 0:
            continue
        gain = gaussian_gain(problem, partial, k, child, r)
        if gain > best:
            best, at = gain, r
            if bounded:
                drop = old * (1.0 - exp((fixed + top - best) / half))
    return at


@njit(**INNER)
def _gaussian_decline(
    problem, parents, rows, partial, solved, k, child
):  # pragma: no cover
    """The place of the parent whose removal gains most, or -1.

    From a column of the inverse Cholesky factor: the square of a coefficient over its
    diagonal entry of the inverse is what the partial variance rises by.
    """
    moments, terms = problem.model.moments, problem.terms
    best, at = GAIN, -1
    old = max(partial[1, child], _SINGULAR * moments[child, child])
    fixed = terms[0, k - 1] - terms[0, k] + terms[1, k] * log(old)
    for s in range(k):
        if problem.rules[REQUIRED, child, parents[s]] != 0:
            continue
        solved[s] = 1.0 / rows[s, parents[s]]
        inverse = solved[s] * solved[s]
        coefficient = solved[s] * rows[s, child]
        for j in range(s + 1, k):
            column = parents[j]
            total = 0.0
            for i in range(s, j):
                total += rows[i, column] * solved[i]
            solved[j] = -total / rows[j, column]
            inverse += solved[j] * solved[j]
            coefficient += solved[j] * rows[j, child]
        new = old + coefficient * coefficient / inverse
        gain = fixed - terms[1, k - 1] * log(new)
        if problem.determinant != 0.0:
            gain -= problem.determinant * log(inverse)
        gain = problem.temper * gain - problem.existence[child, parents[s]]
        if gain > best:
            best, at = gain, s
    return at


@njit(**INLINE)
def _gaussian_value(problem, parents, rows, partial, k, child):  # pragma: no cover
    own = max(partial[1, child], _SINGULAR * problem.model.moments[child, child])
    total = problem.terms[0, k] - problem.terms[1, k] * log(own)
    if problem.determinant != 0.0:
        for j in range(k):
            total -= 2.0 * problem.determinant * log(rows[j, parents[j]])
    total *= problem.temper
    for j in range(k):
        total += problem.existence[child, parents[j]]
    return total


# --- every other score ----------------------------------------------------------------


@njit(**INLINE)
def value_of(problem, score, cache, child, parents, k):  # pragma: no cover
    found = cached_score(problem.model, score, cache, child, parents, k)
    total = problem.temper * found
    for j in range(k):
        total += problem.existence[child, parents[j]]
    return total


@njit(**INNER)
def _change(
    problem, score, cache, candidates, parents, spare, k, child, value, growing
):  # pragma: no cover
    """The candidate to add, or the place of the parent to remove; -1 for none."""
    best, at = value + GAIN, -1
    size = k + 1 if growing else k - 1
    for r in range(len(candidates) if growing else k):
        if growing:
            if candidates[r] == 0 or problem.rules[CLOSED, child, r] != 0:
                continue
            if find(parents, k, r) >= 0:
                continue
        elif problem.rules[REQUIRED, child, parents[r]] != 0:
            continue
        copy(parents, spare, k)
        if growing:
            spare[k] = r
        else:
            delete(spare, k, r)
        total = value_of(problem, score, cache, child, spare, size)
        if total > best:
            best, at = total, r
    return at


# --- grow-shrink and moves ------------------------------------------------------------


@njit(**INNER)
def refit(problem, work, slot, k, child, first, fresh):  # pragma: no cover
    """Grow and shrink the first k of the slot's list; return their number and value.

    The best candidate first. Parents from ``first`` on are new to the regression, and
    ``fresh`` says that some were removed.
    """
    parents, rows, partial = work.lists[slot], work.rows[slot], work.partial[slot]
    candidates, gaussian = work.flags[CANDIDATE], problem.gaussian != 0
    growing, turns, value = True, _TURNS, 0.0
    while True:
        if gaussian:
            regress(
                problem.model.moments, parents, rows, partial, first, fresh, k, child
            )
        else:
            value = value_of(problem, work.score, work.cache, child, parents, k)
        at = -1
        if k < problem.most if growing else k > 0:
            if not gaussian:
                at = _change(
                    problem, work.score, work.cache, candidates, parents,
                    work.lists[SPARE], k, child, value, growing,
                )  # fmt: skip
            elif growing:
                at = _gaussian_growth(problem, candidates, parents, partial, k, child)
            else:
                at = _gaussian_decline(
                    problem, parents, rows, partial, work.numbers[SOLVED], k, child
                )
        if growing and at >= 0:
            parents[k] = at
            first, fresh = k, False
            k += 1
        elif growing:
            growing = False
            first, fresh = k, False
        elif at >= 0:
            delete(parents, k, at)
            k -= 1
            first, fresh = at, True
            growing = turns > 0
            turns -= 1
        else:
            break
    if gaussian:
        value = _gaussian_value(problem, parents, rows, partial, k, child)
    return k, value


@njit(**INNER)
def put(problem, state, rows, v, parents, k, value):  # pragma: no cover
    """Give a variable its parents in the state."""
    copy(parents, state.parents[v], k)
    state.count[v] = k
    state.value[v] = value
    if problem.gaussian != 0:
        regress(problem.model.moments, parents, rows, state.partial[v], 0, True, k, v)
