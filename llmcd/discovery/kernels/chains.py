"""Markov chains over DAGs in numba, on tables of local scores.

A variable's parents come from a short list of candidates, so that a set of them is the
bits of an integer and every local score is looked up. Two moves: all parents of one
variable drawn anew from their conditional (Goudie and Mukherjee 2016), and the reversal
of an edge with the parents of both ends drawn anew (Grzegorczyk and Husmeier 2008).
What depends on more than one family (who is an ancestor of whom, answers about it, hard
precedence) enters as the Metropolis-Hastings ratio.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from llmcd.discovery.kernels.essential import lowest
from llmcd.discovery.kernels.parents import below
from llmcd.discovery.kernels.scores import local_score

__all__ = ["ChainProblem", "add_arcs", "fill_tables", "run_chain"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]

_REVERSALS = 0.3  # share of moves that reverse an edge
_NEGLIGIBLE = 40.0  # nats below the largest term of a sum
_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}
_INNER = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}


class ChainProblem(NamedTuple):
    """The target of a chain.

    Attributes
    ----------
    listed : array of int64, shape (p, k)
        Candidate parents of each variable, the first ``length[v]`` of row v.
    length : array of int64, shape (p,)
        Numbers of candidates.
    tables : array of float64, shape (p, 2^k)
        Log weight of each set of parents, as bits over the candidates; -inf where it
        is not allowed.
    pairs : array of int64, shape (q, 2)
        Pairs about which something is known besides the rows.
    worth : array of float64, shape (q, 5)
        What is known of each, natural logarithm, if ``a --> b``, ``b --> a``, a an
        ancestor but no parent, b an ancestor but no parent, none of these.
    before : array of uint8, shape (p, p)
        1 where the second may not be an ancestor of the first.
    """

    listed: Ints
    length: Ints
    tables: Floats
    pairs: Ints
    worth: Floats
    before: Bytes


@njit(**_OPTIONS)
def fill_tables(
    model, work, listed, length, must, may, most, tables
):  # pragma: no cover
    """Local scores of all sets of at most ``most`` candidates; -inf for all others.

    ``must[v]`` are the bits that every set of parents of v has, ``may[v]`` those that
    it may have.
    """
    parents = np.empty(listed.shape[1] + 1, dtype=np.int64)
    for v in range(len(length)):
        for bits in range(tables.shape[1]):
            tables[v, bits] = -np.inf
        for bits in range(1 << length[v]):
            if bits & must[v] != must[v] or bits & ~may[v]:
                continue
            count = np.int64(0)
            for j in range(length[v]):
                if (bits >> j) & 1:
                    parents[count] = listed[v, j]
                    count += 1
            if count <= most:
                tables[v, bits] = local_score(model, work, v, parents, count)


@njit(**_OPTIONS)
def add_arcs(listed, length, worth, tables):  # pragma: no cover
    """Add to each set of parents what its arcs are worth, ``worth[parent, child]``."""
    for v in range(len(length)):
        for j in range(length[v]):
            extra = worth[listed[v, j], v]
            if extra != 0.0:
                for bits in range(1 << length[v]):
                    if (bits >> j) & 1:
                        tables[v, bits] += extra


@njit(**_INNER)
def _uniform(random):  # pragma: no cover
    return (below(random, 1 << 30) + 0.5) / (1 << 30)


@njit(**_INNER)
def _has(words, v):  # pragma: no cover
    return (words[v >> 6] >> np.uint64(v & 63)) & np.uint64(1)


@njit(**_INNER)
def _descend(children, v, seen, stack):  # pragma: no cover
    """Mark v and everything that it leads to."""
    for w in range(len(seen)):
        seen[w] = 0
    seen[v >> 6] |= np.uint64(1) << np.uint64(v & 63)
    stack[0] = v
    size = 1
    while size > 0:
        size -= 1
        u = stack[size]
        for w in range(len(seen)):
            fresh = children[u, w] & ~seen[w]
            seen[w] |= fresh
            while fresh != 0:
                stack[size] = 64 * w + lowest(fresh)
                size += 1
                fresh &= fresh - np.uint64(1)


@njit(**_INNER)
def _open_bits(problem, v, seen):  # pragma: no cover
    """Bits of the candidates that are not marked."""
    bits = np.int64(0)
    for j in range(problem.length[v]):
        if not _has(seen, problem.listed[v, j]):
            bits |= np.int64(1) << j
    return bits


@njit(**_INNER)
def _log_total(table, allowed, needed):  # pragma: no cover
    """Log of the summed weights of subsets of ``allowed`` that hold ``needed``."""
    free = allowed & ~needed
    top, bits = -np.inf, free
    while True:
        if table[bits | needed] > top:
            top = table[bits | needed]
        if bits == 0:
            break
        bits = (bits - 1) & free
    if top == -np.inf:
        return top
    total, bits = 0.0, free
    while True:
        below_top = table[bits | needed] - top
        if below_top > -_NEGLIGIBLE:
            total += np.exp(below_top)
        if bits == 0:
            break
        bits = (bits - 1) & free
    return top + np.log(total)


@njit(**_INNER)
def _draw(table, allowed, needed, log_total, random):  # pragma: no cover
    """A subset of ``allowed`` that holds ``needed``, by its weight."""
    free = allowed & ~needed
    left, bits, best = _uniform(random), free, needed
    top = -np.inf
    while True:
        share = table[bits | needed] - log_total
        if share > -_NEGLIGIBLE:
            if share > top:
                top, best = share, bits | needed
            left -= np.exp(share)
            if left <= 0.0:
                return bits | needed
        if bits == 0:
            break
        bits = (bits - 1) & free
    return best  # rounding left a little over


@njit(**_INNER)
def _set_parents(problem, children, masks, v, bits):  # pragma: no cover
    """Give v other parents; how many more edges there are."""
    more = np.int64(0)
    word, mark = v >> 6, np.uint64(1) << np.uint64(v & 63)
    changed = masks[v] ^ bits
    for j in range(problem.length[v]):
        if (changed >> j) & 1:
            children[problem.listed[v, j], word] ^= mark
            more += 2 * ((bits >> j) & 1) - 1
    masks[v] = bits
    return more


@njit(**_INNER)
def _bit_of(problem, v, u):  # pragma: no cover
    for j in range(problem.length[v]):
        if problem.listed[v, j] == u:
            return np.int64(1) << j
    return np.int64(0)


@njit(**_INNER)
def _number_of(problem, masks, number):  # pragma: no cover
    """Cause and effect of the edge with this number."""
    for v in range(len(masks)):
        for j in range(problem.length[v]):
            if (masks[v] >> j) & 1:
                if number == 0:
                    return problem.listed[v, j], np.int64(v)
                number -= 1
    return np.int64(-1), np.int64(-1)


@njit(**_INNER)
def _fill_reach(children, reach, waiting, stack):  # pragma: no cover
    """Everything that each variable leads to, later variables first."""
    p, n_words = children.shape
    for v in range(p):
        waiting[v] = 0
    for v in range(p):
        for w in range(n_words):
            left = children[v, w]
            while left != 0:
                waiting[64 * w + lowest(left)] += 1
                left &= left - np.uint64(1)
    size = np.int64(0)
    for v in range(p):
        if waiting[v] == 0:
            stack[size] = v
            size += 1
    at = np.int64(0)
    while at < size:
        v = stack[at]
        at += 1
        for w in range(n_words):
            left = children[v, w]
            while left != 0:
                u = 64 * w + lowest(left)
                waiting[u] -= 1
                if waiting[u] == 0:
                    stack[size] = u
                    size += 1
                left &= left - np.uint64(1)
    for k in range(p - 1, -1, -1):
        v = stack[k]
        for w in range(n_words):
            reach[v, w] = children[v, w]
        for w in range(n_words):
            left = children[v, w]
            while left != 0:
                u = 64 * w + lowest(left)
                for x in range(n_words):
                    reach[v, x] |= reach[u, x]
                left &= left - np.uint64(1)


@njit(**_INNER)
def _worth(problem, children, reach, waiting, stack, hard):  # pragma: no cover
    """What is known besides the rows of this graph; -inf if hard precedence fails."""
    p = len(problem.length)
    if len(problem.pairs) == 0 and not hard:
        return 0.0
    _fill_reach(children, reach, waiting, stack)
    if hard:
        for a in range(p):
            for b in range(p):
                if problem.before[a, b] and _has(reach[b], a):
                    return -np.inf
    total = 0.0
    for q in range(len(problem.pairs)):
        a, b = problem.pairs[q, 0], problem.pairs[q, 1]
        if _has(children[a], b):
            state = 0
        elif _has(children[b], a):
            state = 1
        elif _has(reach[a], b):
            state = 2
        elif _has(reach[b], a):
            state = 3
        else:
            state = 4
        total += problem.worth[q, state]
    return total


@njit(**_INNER)
def _reverse(problem, space, masks, number, worth, edges, hard):  # pragma: no cover
    """Try to reverse an edge, the parents of both ends drawn anew.

    Returns the change of the tables' total, what is known besides, the number of edges,
    and whether anything changed.
    """
    children, reach, seen, waiting, stack, random = space
    tables, none = problem.tables, np.int64(0)
    u, v = _number_of(problem, masks, number)
    back, forth = _bit_of(problem, u, v), _bit_of(problem, v, u)
    if back == 0:
        return 0.0, worth, edges, False
    old_u, old_v = masks[u], masks[v]
    # both without parents
    _set_parents(problem, children, masks, u, none)
    _set_parents(problem, children, masks, v, none)
    _descend(children, u, seen, stack)
    open_u = _open_bits(problem, u, seen)
    z_u = _log_total(tables[u], open_u, back)
    _descend(children, v, seen, stack)
    z_v = _log_total(tables[v], _open_bits(problem, v, seen), forth)
    # the way back: v's old parents first, then u's
    _set_parents(problem, children, masks, v, old_v)
    _descend(children, u, seen, stack)
    back_u = _log_total(tables[u], _open_bits(problem, u, seen), none)
    _set_parents(problem, children, masks, v, none)
    if z_u > -np.inf:
        new_u = _draw(tables[u], open_u, back, z_u, random)
        _set_parents(problem, children, masks, u, new_u)
        _descend(children, v, seen, stack)
        open_v = _open_bits(problem, v, seen)
        there_v = _log_total(tables[v], open_v, none)
        if there_v > -np.inf:
            new_v = _draw(tables[v], open_v, none, there_v, random)
            _set_parents(problem, children, masks, v, new_v)
            new_edges = (
                edges + _size(new_u) + _size(new_v) - _size(old_u) - _size(old_v)
            )
            new_worth = _worth(problem, children, reach, waiting, stack, hard)
            ratio = np.log(edges) - np.log(new_edges) + new_worth - worth
            ratio += z_u - z_v + there_v - back_u
            if np.log(_uniform(random)) < ratio:
                change = tables[u, new_u] + tables[v, new_v]
                change -= tables[u, old_u] + tables[v, old_v]
                return change, new_worth, new_edges, True
    _set_parents(problem, children, masks, u, old_u)
    _set_parents(problem, children, masks, v, old_v)
    return 0.0, worth, edges, False


@njit(**_INNER)
def _size(bits):  # pragma: no cover
    size = np.int64(0)
    while bits != 0:
        bits &= bits - 1
        size += 1
    return size


@njit(**_OPTIONS)
def run_chain(problem, masks, steps, burn, every, seed, samples):  # pragma: no cover
    """Walk over DAGs; every so many steps one is kept.

    Parameters
    ----------
    problem : ChainProblem
        The target.
    masks : array of int64, shape (p,)
        Parents to begin with, as bits; changed in place.
    steps, burn, every : int
        Moves in all, moves before the first graph is kept, moves between two.
    seed : uint64
        Of the walk.
    samples : array of int64, shape (s, p)
        Receives the parents of each graph that is kept, as bits.

    Returns
    -------
    trace : array of float64, shape (s,)
        Log target of each, up to a constant.
    moved : array of float64, shape (4,)
        Draws of parents that were tried and changed something, reversals likewise.
    """
    p, n_words = len(masks), (len(masks) + 63) // 64
    random = np.array([seed], dtype=np.uint64)
    children = np.zeros((p, n_words), dtype=np.uint64)
    reach = np.zeros((p, n_words), dtype=np.uint64)
    seen = np.zeros(n_words, dtype=np.uint64)
    waiting, stack = np.zeros(p, dtype=np.int64), np.zeros(p, dtype=np.int64)
    space = (children, reach, seen, waiting, stack, random)
    hard = problem.before.any()
    edges = np.int64(0)
    for v in range(p):
        bits, masks[v] = masks[v], 0
        edges += _set_parents(problem, children, masks, v, bits)
    worth = _worth(problem, children, reach, waiting, stack, hard)
    total = 0.0
    for v in range(p):
        total += problem.tables[v, masks[v]]
    trace, moved = np.zeros(len(samples)), np.zeros(4)
    kept = 0
    for step in range(steps):
        # the kind of move may not depend on the graph, or the balance is lost
        if _uniform(random) < _REVERSALS:
            if edges > 0:
                moved[2] += 1
                change, worth, edges, done = _reverse(
                    problem, space, masks, below(random, edges), worth, edges, hard
                )
                total += change
                moved[3] += done
        else:
            moved[0] += 1
            v = below(random, p)
            old = masks[v]
            _descend(children, v, seen, stack)
            allowed = _open_bits(problem, v, seen)
            log_total = _log_total(problem.tables[v], allowed, np.int64(0))
            new = _draw(problem.tables[v], allowed, np.int64(0), log_total, random)
            if new != old:
                more = _set_parents(problem, children, masks, v, new)
                new_worth = _worth(problem, children, reach, waiting, stack, hard)
                if np.log(_uniform(random)) < new_worth - worth:
                    worth = new_worth
                    moved[1] += 1
                    total += problem.tables[v, new] - problem.tables[v, old]
                    edges += more
                else:
                    _set_parents(problem, children, masks, v, old)
        if step >= burn and (step - burn) % every == 0 and kept < len(samples):
            samples[kept] = masks
            trace[kept] = total + worth
            kept += 1
    return trace[:kept], moved
