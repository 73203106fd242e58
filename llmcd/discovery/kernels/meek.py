"""Colliders into a legal graph: acceptance without cycles, and extension.

Matrices of arcs are true at [i, j] for i --> j, of undirected edges at [i, j] and
[j, i]. Meek's rules are in ``essential``. At the end stands what causal-learn does
instead.
"""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = [
    "accept_colliders",
    "causal_learns_orientation",
    "extend_partial",
]


# --- acceptance -----------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _reaches(reach, i, j):
    return (reach[i, j >> 6] >> np.uint64(j & 63)) & np.uint64(1) != np.uint64(0)


@njit(cache=True, nogil=True)
def _add_arc(arcs, reach, i, j):
    """Add i --> j; what leads to i leads to j and beyond from now on."""
    arcs[i, j] = True
    if _reaches(reach, i, j):
        return
    for v in range(len(reach)):
        if v == i or _reaches(reach, v, i):
            reach[v, j >> 6] |= np.uint64(1) << np.uint64(j & 63)
            for w in range(reach.shape[1]):
                reach[v, w] |= reach[j, w]


@njit(cache=True, nogil=True)
def accept_colliders(arcs, triples):
    """Direct colliders in place, each if no arc is turned and no cycle arises.

    Parameters
    ----------
    arcs : array of bool, shape (p, p)
        Without a cycle.
    triples : array of int64, shape (m, 3)
        One end, the middle, the other end; the clearest first.
    """
    p = len(arcs)
    reach = np.zeros((p, (p + 63) // 64), dtype=np.uint64)
    for i in range(p):
        for j in range(p):
            if arcs[i, j]:
                _add_arc(arcs, reach, i, j)
    for t in range(len(triples)):
        a, middle, b = triples[t]
        # An arc middle --> a is a path, too.
        if not _reaches(reach, middle, a) and not _reaches(reach, middle, b):
            _add_arc(arcs, reach, a, middle)
            _add_arc(arcs, reach, b, middle)


# --- extension ------------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _neighbours(adjacent):
    """What is adjacent to each variable, in rows, and how many there are."""
    p, widest = len(adjacent), 1
    degree = np.zeros(p, dtype=np.int64)
    for x in range(p):
        for y in range(p):
            degree[x] += adjacent[x, y]
        widest = max(widest, degree[x])
    near = np.empty((p, widest), dtype=np.int64)
    for x in range(p):
        at = 0
        for y in range(p):
            if adjacent[x, y]:
                near[x, at] = y
                at += 1
    return near, degree


@njit(cache=True, nogil=True)
def _pairs_apart(near, lines, adjacent, left):
    """Pairs next to a sink that it would join, an undirected edge among them."""
    found = 0
    for u in near:
        if left[u] and lines[u]:
            for v in near:
                if left[v] and v != u and not adjacent[u, v]:
                    found += 1
    return found


@njit(cache=True, nogil=True)
def extend_partial(arcs, lines):
    """A DAG with these arcs and adjacencies and as few new v-structures as may be.

    Parameters
    ----------
    arcs, lines : array of bool, shape (p, p)
        Arcs and undirected edges.

    Returns
    -------
    array of bool, shape (p, p)
        The DAG.
    int
        Number of pairs that became parents of one variable without being adjacent, or
        -1 if the arcs form a cycle. It is 0 if there is a consistent extension.

    Notes
    -----
    Dor and Tarsi (1992), *A simple algorithm to construct a consistent extension of a
    partially oriented graph*, with a count in place of their condition: the sink that
    is taken off is the one with the fewest pairs, and of these the first.
    """
    p = len(arcs)
    dag, adjacent = arcs.copy(), arcs | arcs.T | lines
    near, degree = _neighbours(adjacent)
    children, left = np.zeros(p, dtype=np.int64), np.ones(p, dtype=np.bool_)
    for x in range(p):
        for y in range(p):
            children[x] += arcs[x, y]
    total = 0
    for _ in range(p):
        best, least = -1, p * p
        for x in range(p):
            if left[x] and children[x] == 0:
                cost = _pairs_apart(near[x, : degree[x]], lines[x], adjacent, left)
                if cost < least:
                    best, least = x, cost
                if cost == 0:
                    break
        if best < 0:
            return dag, -1
        total += least
        left[best] = False
        for u in near[best, : degree[best]]:
            if left[u] and lines[best, u]:
                dag[u, best] = True
            elif arcs[u, best]:
                children[u] -= 1
    return dag, total


# --- causal-learn ---------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _adjust(paths, i, j):
    """What causal-learn notes of paths when i --> j is added; it is no closure."""
    paths[j, i] = True
    for k in range(len(paths)):
        if paths[i, k]:
            paths[j, k] = True
        if paths[k, j]:
            paths[k, i] = True


@njit(cache=True, nogil=True)
def _noted_paths(marks):
    """Its notes made anew: edges are gone through from the last to the first."""
    p = len(marks)
    paths = np.zeros((p, p), dtype=np.bool_)
    for i in range(p):
        paths[i, i] = True
    for i in range(p - 1, -1, -1):
        for j in range(p - 1, i, -1):
            if marks[i, j] == -1 and marks[j, i] == 1:
                _adjust(paths, i, j)
            elif marks[i, j] == 1 and marks[j, i] == -1:
                _adjust(paths, j, i)
    return paths


@njit(cache=True, nogil=True)
def _is_arc(marks, i, j):
    return marks[i, j] == -1 and marks[j, i] == 1


@njit(cache=True, nogil=True)
def _collide(marks, triples, anew):
    """Direct its colliders; returns notes of paths, and when they were last made anew.

    They are made anew when an arc is directed once more; only the last time matters.
    """
    p = len(marks)
    paths = np.zeros((p, p), dtype=np.bool_)
    for i in range(p):
        paths[i, i] = True
    step, last = 0, -1
    for t in range(len(triples)):
        x, y, z = triples[t]
        if _is_arc(marks, y, x) or _is_arc(marks, y, z):
            continue
        for end in (x, z):
            step += 1
            again = _is_arc(marks, end, y)
            if again:
                last = step
            if again and step == anew:
                marks[end, y] = marks[y, end] = 0
                paths = _noted_paths(marks)
            marks[end, y], marks[y, end] = -1, 1
            if step >= anew:
                _adjust(paths, end, y)
    return paths, last


@njit(cache=True, nogil=True)
def _try(marks, paths, j, k):
    """Direct j --- k as j --> k unless k is noted as an ancestor of j."""
    if marks[j, k] != -1 or marks[k, j] != -1 or paths[j, k]:
        return False
    marks[k, j] = 1
    _adjust(paths, j, k)
    return True


@njit(cache=True, nogil=True)
def _sweep(marks, start, paths, triangles):
    """Its first (unshielded triples) or second rule (triangles), once through."""
    some, p = False, len(marks)
    for first in (-1, 1):
        for j in range(p):
            for i in range(p):
                if start[j, i] != first:
                    continue
                for second in (-1, 1):
                    for k in range(p):
                        if start[k, j] != second or k == i:
                            continue
                        if (start[i, k] != 0) != triangles or not _is_arc(marks, i, j):
                            continue
                        if triangles:
                            if _is_arc(marks, j, k):
                                some = _try(marks, paths, i, k) or some
                        else:
                            some = _try(marks, paths, j, k) or some
    return some


@njit(cache=True, nogil=True)
def _sweep_kites(marks, start, paths):
    """Its third rule, once through."""
    some, p = False, len(marks)
    for first in (-1, 1):
        for j in range(p):
            for i in range(p):
                if start[j, i] != first:
                    continue
                for second in (-1, 1):
                    for end in range(p):
                        if start[end, j] != second or end == i or start[i, end] == 0:
                            continue
                        for third in (-1, 1):
                            for k in range(j + 1, p):
                                if start[k, i] != third or start[j, k] != 0:
                                    continue
                                if (
                                    k != end
                                    and start[k, end] != 0
                                    and marks[i, j] == marks[j, i] == -1
                                    and marks[i, k] == marks[k, i] == -1
                                    and _is_arc(marks, j, end)
                                    and _is_arc(marks, k, end)
                                ):
                                    some = _try(marks, paths, i, end) or some
    return some


@njit(cache=True, nogil=True)
def causal_learns_orientation(adjacent, triples):
    """What causal-learn's PC makes of a skeleton and colliders, legal or not.

    Parameters
    ----------
    adjacent : array of bool, shape (p, p)
        The skeleton.
    triples : array of int64, shape (m, 3)
        One end, the middle, the other end, sorted by the middle, then the ends.

    Returns
    -------
    arcs, lines : array of bool, shape (p, p)

    Notes
    -----
    ``UCSepset.uc_sepset`` with priority 2 and ``Meek.meek`` of causal-learn 0.1.4,
    which go through the triples, triangles and kites in a certain order and avoid
    cycles by notes of paths that are not complete.
    """
    marks = -adjacent.astype(np.int64)
    _, last = _collide(marks, triples, len(triples) * 2 + 1)
    marks = -adjacent.astype(np.int64)
    paths, _ = _collide(marks, triples, last)
    start = marks.copy()
    some = True
    while some:
        some = _sweep(marks, start, paths, False)
        some = _sweep(marks, start, paths, True) or some
        some = _sweep_kites(marks, start, paths) or some
    arcs = (marks == -1) & (marks.T == 1)
    return arcs, (marks == -1) & (marks.T == -1)
