"""The operators of greedy equivalence search in numba: which are valid, where they go.

x, y, T, H, C and N are the papers' letters: N is the set of y's undirected neighbours
that are adjacent to x, C the set of undirected neighbours of y that an operator makes
parents of y. Insert and Delete follow Chickering (2002), Theorems 15 and 17, with
C = N + T and C = N - H; Turn follows Hauser and Buehlmann (2012), Propositions 31 (an
undirected edge) and 34 (y --> x becomes x --> y).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from llmcd.discovery.kernels.essential import (
    ADJACENT,
    DAG,
    INTO,
    LINES,
    ONWARD,
    OUT,
    PARENTS,
    Bits,
    Extension,
    clear,
    complete,
    drop,
    extend,
    fill,
    has,
    is_clique,
    knowledge_holds,
    lowest,
    matrix_of,
    n_words,
    new_extension,
    new_graph,
    put,
)

__all__ = [
    "BANNED",
    "BEST",
    "BLOCK",
    "BOUND",
    "CHOSEN",
    "COMMON",
    "DELETE",
    "FAMILY",
    "FRONT",
    "INSERT",
    "NODES",
    "OTHERS",
    "QUEUE",
    "STATE",
    "TURN",
    "VALUE",
    "WORK",
    "Limits",
    "Memory",
    "applies",
    "apply",
    "forbidden_by_path",
    "new_memory",
    "next_set",
    "operators",
    "separates",
    "start",
]

# of a type of their own: numba would compile a version for each plain constant
INSERT, DELETE, TURN = np.arange(3, dtype=np.int64)
BANNED, APART, KEPT = np.arange(3, dtype=np.int64)  # planes of Limits.law
WORK, ALLOWED = np.arange(2, dtype=np.int64)  # planes of Memory.sets
COMMON, CHOSEN, BEST, BLOCK, SEEN, NODES = np.arange(6, dtype=np.int64)  # in WORK
STATE, CLEAR, PICKED, FAMILY, OTHERS, QUEUE, BEFORE = np.arange(7, dtype=np.int64)
VALUE, BOUND = np.arange(2, dtype=np.int64)

FRONT = np.int64(0)
_ONE = np.uint64(1)
_NONE = np.uint64(0)


class Limits(NamedTuple):
    """What the search may do.

    Attributes
    ----------
    law : array of uint64, shape (3, p, words)
        For each v all u for which u --> v is ``BANNED``, all that are kept ``APART``
        from v, and all whose adjacency to v is ``KEPT``.
    informed : bool
        Whether anything is banned one way.
    most : int
        Largest number of parents.
    tolerance : float
        A gain up to this is rounding, and so is such a difference of two gains.
    sets : int
        Largest number of sets C that are looked at for one pair.
    """

    law: Bits
    informed: bool
    most: int
    tolerance: float
    sets: int = 1 << 13


class Memory(NamedTuple):
    """Working memory of the search.

    Attributes
    ----------
    sets : array of uint64, shape (2, p + 6, words)
        In plane ``WORK`` N (``COMMON``), C (``CHOSEN``), the best C, and sets for
        looking for paths. In plane ``ALLOWED``, by depth, what may still be added to C.
    lists : array of int64, shape (7, p + 6)
        Depth, number of parents on the stack and in all, and how often the sets of a
        pair were not all looked at (``STATE``); by depth whether
        paths are known to be blocked, as they then are for all larger C (``CLEAR``),
        and what was added last (``PICKED``); parents of y in the order of the stack
        (``FAMILY``), of x (``OTHERS``); a queue and where its elements were reached
        from.
    gains : array of float64, shape (2, p, p)
        At [y, x] the gain of the best operator of the pair, or more, and that of the
        best one if obstacles farther away were gone (``BOUND``).
    obstacles : array of uint8, shape (p, p)
        At [y, x] what forbids better operators: paths (1), knowledge (2) or both.
    witness : array of uint64, shape (p, p, words)
        At [y, x] the nodes of these paths.
    trial : array of uint64, shape (4, p, words)
        The class that an operator leads to.
    ext : Extension
        Its DAG.
    """

    sets: Bits
    lists: npt.NDArray[np.int64]
    gains: npt.NDArray[np.float64]
    obstacles: npt.NDArray[np.uint8]
    witness: Bits
    trial: Bits
    ext: Extension


def new_memory(n_variables: int) -> Memory:
    """Memory for a search over this many variables."""
    p, w = n_variables, n_words(n_variables)
    return Memory(
        np.zeros((2, p + 6, w), dtype=np.uint64),
        np.zeros((7, p + 6), dtype=np.int64),
        np.full((2, p, p), -np.inf),
        np.zeros((p, p), dtype=np.uint8),
        np.zeros((p, p, w), dtype=np.uint64),
        new_graph(p),
        new_extension(p),
    )


# --- which sets C an operator may take ------------------------------------------------


@njit(cache=True, nogil=True, inline="always")
def applies(kind, x, y, graph, law):  # pragma: no cover
    """Whether there can be such an operator for the pair at all."""
    if x == y:
        return False
    if kind == INSERT:
        return not has(graph, ADJACENT, y, x) and not has(law, APART, y, x)
    if kind == DELETE:
        if has(law, KEPT, y, x):
            return False
        # deleting an undirected edge comes to the same from either end
        return has(graph, PARENTS, y, x) or (x < y and has(graph, LINES, y, x))
    return has(graph, PARENTS, x, y) or has(graph, LINES, y, x)


@njit(cache=True, nogil=True, inline="always")
def _first_sets(kind, turns_arc, x, y, graph, law, sets):  # pragma: no cover
    """N, the smallest C and what may be added to it; False if there is no operator.

    x, and each of C that is not adjacent to x, will point to y in all members of the
    class that an insert or turn leads to: knowledge against that is used here. Where
    an undirected edge turns, what C - N may be decides what C is.
    """
    grows = kind == INSERT or turns_arc
    compelled = False
    for k in range(sets.shape[2]):
        lines, near = graph[LINES, y, k], graph[ADJACENT, x, k]
        sets[WORK, COMMON, k] = lines & near
        sets[WORK, BLOCK, k] = graph[PARENTS, y, k]
        sets[WORK, CHOSEN, k] = lines & near if grows else _NONE
        compelled |= graph[PARENTS, y, k] & ~near != _NONE
        if kind == DELETE:
            sets[ALLOWED, 0, k] = lines & near
        else:
            sets[ALLOWED, 0, k] = lines & ~near & ~law[BANNED, y, k]
    drop(sets, ALLOWED, FRONT, x)
    drop(sets, WORK, BLOCK, x)
    if kind != DELETE and has(law, BANNED, y, x):
        if compelled or not grows:
            return False
        for k in range(sets.shape[2]):
            sets[ALLOWED, 0, k] = _NONE
    return is_clique(sets, WORK, CHOSEN, graph)


@njit(cache=True, nogil=True, inline="always")
def start(kind, turns_arc, x, y, graph, limits, sets, lists):  # pragma: no cover
    """Begin with the smallest C; False if there is none."""
    if not _first_sets(kind, turns_arc, x, y, graph, limits.law, sets):
        return False
    own = fill(sets, WORK, BLOCK, lists[FAMILY], FRONT)
    size = fill(sets, WORK, CHOSEN, lists[FAMILY], own)
    for c in range(own, size):
        for k in range(sets.shape[2]):
            sets[ALLOWED, 0, k] &= graph[ADJACENT, lists[FAMILY, c], k]
    lists[STATE, 0] = 0
    lists[STATE, 1] = size
    lists[STATE, 2] = size
    lists[CLEAR, 0] = 0
    return kind == DELETE or size < limits.most


@njit(cache=True, nogil=True, inline="always")
def next_set(kind, turns_line, graph, most, sets, lists):  # pragma: no cover
    """Go on to the next clique C; False after the last one."""
    w = sets.shape[2]
    depth, size = lists[STATE, 0], lists[STATE, 1]
    if turns_line:
        for k in range(w):
            sets[WORK, CHOSEN, k] &= ~sets[WORK, COMMON, k]
    while True:
        t = -1
        if kind == DELETE or size + 1 < most:
            for k in range(w):
                if sets[ALLOWED, depth, k] != _NONE:
                    t = (k << 6) + lowest(sets[ALLOWED, depth, k])
                    break
        if t >= 0:
            drop(sets, ALLOWED, depth, t)
            for k in range(w):
                near = sets[ALLOWED, depth, k] & graph[ADJACENT, t, k]
                sets[ALLOWED, depth + 1, k] = near
            put(sets, WORK, CHOSEN, t)
            lists[PICKED, depth] = t
            lists[FAMILY, size] = t
            lists[CLEAR, depth + 1] = lists[CLEAR, depth]
            lists[STATE, 0] = depth + 1
            lists[STATE, 1] = size + 1
            lists[STATE, 2] = size + 1
            return True
        if depth == 0:
            return False
        depth -= 1
        size -= 1
        drop(sets, WORK, CHOSEN, lists[PICKED, depth])


# --- which of them are valid ----------------------------------------------------------


@njit(cache=True, nogil=True, inline="always")
def _path(y, x, skip, graph, sets, lists):  # pragma: no cover
    """Whether a path from y to x against no arrow avoids ``BLOCK``.

    ``skip`` leaves out the edge between the two. The path's nodes but x are added to
    ``NODES``.
    """
    w = sets.shape[2]
    for k in range(w):
        sets[WORK, SEEN, k] = sets[WORK, BLOCK, k]
    put(sets, WORK, SEEN, y)
    lists[QUEUE, 0] = y
    first, last = 0, 1
    while first < last:
        u = lists[QUEUE, first]
        first += 1
        if has(graph, ONWARD, u, x) and not (skip and u == y):
            while u != y:
                put(sets, WORK, NODES, u)
                u = lists[BEFORE, u]
            put(sets, WORK, NODES, y)
            return True
        for k in range(w):
            word = graph[ONWARD, u, k] & ~sets[WORK, SEEN, k]
            if skip and k == x >> 6:
                word &= ~(_ONE << np.uint64(x & 63))
            sets[WORK, SEEN, k] |= word
            while word != _NONE:
                v = (k << 6) + lowest(word)
                word &= word - _ONE
                lists[BEFORE, v] = u
                lists[QUEUE, last] = v
                last += 1
    return False


@njit(cache=True, nogil=True, inline="always")
def forbidden_by_path(kind, x, y, graph, sets, lists):  # pragma: no cover
    """Whether the operator would close a cycle."""
    depth = lists[STATE, 0]
    if lists[CLEAR, depth] == 1:
        return False
    for k in range(sets.shape[2]):
        sets[WORK, BLOCK, k] = sets[WORK, CHOSEN, k]
        if kind == TURN:
            sets[WORK, BLOCK, k] |= graph[LINES, x, k]
    if _path(y, x, kind == TURN, graph, sets, lists):
        return True
    lists[CLEAR, depth] = 1
    return False


@njit(cache=True, nogil=True, inline="always")
def _add_common(graph, most, sets, lists):  # pragma: no cover
    """Add to C, which is C - N so far, what of N it must hold; False if it cannot.

    No edge may lead from C - N to N - C, and C is a clique: what is in N and adjacent
    to one of C - N is what of N is in C.
    """
    if lists[STATE, 0] == 0:
        return False
    for k in range(sets.shape[2]):
        near = graph[ADJACENT, lists[PICKED, 0], k]
        sets[WORK, BLOCK, k] = sets[WORK, COMMON, k] & near
        sets[WORK, CHOSEN, k] |= sets[WORK, BLOCK, k]
    size = fill(sets, WORK, BLOCK, lists[FAMILY], lists[STATE, 2])
    lists[STATE, 2] = size
    return size < most and is_clique(sets, WORK, CHOSEN, graph)


@njit(cache=True, nogil=True, inline="always")
def separates(y, graph, most, sets, lists):  # pragma: no cover
    """Whether C and N keep C - N, which has members, and N - C apart next to y."""
    w = sets.shape[2]
    if not _add_common(graph, most, sets, lists):
        return False
    first, last = 0, 0
    for k in range(w):
        word = sets[WORK, CHOSEN, k] & ~sets[WORK, COMMON, k]
        sets[WORK, SEEN, k] = sets[WORK, CHOSEN, k] | ~graph[LINES, y, k]
        while word != _NONE:
            lists[QUEUE, last] = (k << 6) + lowest(word)
            last += 1
            word &= word - _ONE
    while first < last:
        u = lists[QUEUE, first]
        first += 1
        for k in range(w):
            word = graph[LINES, u, k] & ~sets[WORK, SEEN, k]
            if word & sets[WORK, COMMON, k] != _NONE:
                return False
            sets[WORK, SEEN, k] |= word
            while word != _NONE:
                lists[QUEUE, last] = (k << 6) + lowest(word)
                last += 1
                word &= word - _ONE
    return True


@njit(cache=True, nogil=True, inline="always")
def _demand(kind, x, y, chosen, graph, law, sets):  # pragma: no cover
    """Direct the undirected edges at y, and at x if an edge turns, as C says."""
    clear(sets, INTO)
    clear(sets, OUT)
    turns_line = kind == TURN and has(graph, LINES, y, x)
    for k in range(sets.shape[2]):
        sets[INTO, y, k] = law[WORK, chosen, k]
        if turns_line:
            sets[INTO, x, k] = law[WORK, chosen, k] & graph[LINES, x, k]
    if kind == DELETE and has(graph, LINES, y, x):
        put(sets, INTO, y, x)
    if turns_line:
        put(sets, INTO, x, y)
    for turn in range(2 if kind == TURN else 1):
        v = x if turn else y
        for k in range(sets.shape[2]):
            sets[OUT, v, k] = graph[LINES, v, k] & ~sets[INTO, v, k]
            word = graph[LINES, v, k]
            while word != _NONE:
                u = (k << 6) + lowest(word)
                word &= word - _ONE
                put(sets, OUT if has(sets, INTO, v, u) else INTO, u, v)


@njit(cache=True, nogil=True)
def apply(kind, x, y, chosen, graph, memory):  # pragma: no cover
    """Write the class that an operator leads to into ``trial``; False if none.

    A DAG of the class in which the neighbours of y that point to it are C (``chosen``
    says where it is) is found, its edge changed, and its class taken.
    """
    ext = memory.ext
    _demand(kind, x, y, chosen, graph, memory.sets, ext.sets)
    if not extend(graph, ext):
        return False
    if kind == DELETE:
        drop(ext.sets, DAG, y, x)
    else:
        put(ext.sets, DAG, y, x)
        drop(ext.sets, DAG, x, y)
    return complete(ext, memory.trial)


# --- all of them ----------------------------------------------------------------------


@njit(cache=True, nogil=True)
def operators(kind, graph, limits, memory):  # pragma: no cover
    """All valid operators of a kind, and where each leads.

    Parameters
    ----------
    kind : int
        ``INSERT``, ``DELETE`` or ``TURN``.
    graph : array of uint64, shape (4, p, words)
        The class.
    limits : Limits
        What the search may do.
    memory : Memory
        From ``new_memory``.

    Returns
    -------
    list of (int, int, array of uint8, shape (p, p))
        x, y and the CPDAG's matrix.

    Raises
    ------
    RuntimeError
        If one that was found valid leads nowhere, which must not happen.
    """
    sets, lists, p = memory.sets, memory.lists, graph.shape[1]
    found = []
    for y in range(p):
        for x in range(p):
            turns_arc = kind == TURN and has(graph, PARENTS, x, y)
            turns_line = kind == TURN and not turns_arc
            more = applies(kind, x, y, graph, limits.law) and start(
                kind, turns_arc, x, y, graph, limits, sets, lists
            )
            while more:
                if turns_line:
                    valid = separates(y, graph, limits.most, sets, lists)
                else:
                    valid = kind == DELETE or not forbidden_by_path(
                        kind, x, y, graph, sets, lists
                    )
                if valid:
                    if not apply(kind, x, y, CHOSEN, graph, memory):
                        raise RuntimeError("a valid operator leads to no class")
                    trial = memory.trial
                    if not limits.informed or knowledge_holds(
                        trial, limits.law, BANNED, memory.ext
                    ):
                        found.append((x, y, matrix_of(trial)))
                more = next_set(kind, turns_line, graph, limits.most, sets, lists)
    return found
