"""Classes of DAGs in numba: CPDAGs as bit sets, their extensions and closures.

A set of variables is a row of words with 64 bits each. A graph is an array of shape
(4, p, words): for each variable the sets of its ``PARENTS``, its undirected neighbours
(``LINES``), all that are ``ADJACENT``, and where a path that goes against no arrow can
lead from it (``ONWARD``: children and undirected neighbours). These graphs are CPDAGs,
whose undirected components are chordal and have all directed parents in common, so
that each component can be directed without looking at the others.

Few large arrays instead of many small ones, and ``inline`` where a function is used
once or twice: both keep the compilation short.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

__all__ = [
    "ADJACENT",
    "CHILDREN",
    "DAG",
    "INTO",
    "LINES",
    "ONWARD",
    "OUT",
    "PARENTS",
    "Bits",
    "Extension",
    "bits_of",
    "class_of",
    "clear",
    "close_knowledge",
    "complete",
    "drop",
    "extend",
    "fill",
    "has",
    "is_clique",
    "knowledge_holds",
    "lowest",
    "matrix_of",
    "n_words",
    "new_extension",
    "new_graph",
    "put",
]

Bits = npt.NDArray[np.uint64]

# of a type of their own: numba would compile a version for each plain constant
PARENTS, LINES, ADJACENT, ONWARD = np.arange(4, dtype=np.int64)
INTO, OUT, DAG, CHILDREN = np.arange(4, dtype=np.int64)
ORDER, PLACE, WAITING = np.arange(3, dtype=np.int64)

_ONE = np.uint64(1)
_NONE = np.uint64(0)


class Extension(NamedTuple):
    """Memory for one DAG of a class, and for finding it.

    Attributes
    ----------
    sets : array of uint64, shape (4, p, words)
        Which of v's undirected edges must point ``INTO`` it or ``OUT`` of it; v's
        parents and its ``CHILDREN`` in the DAG that was found (``DAG``).
    lists : array of int64, shape (3, p)
        A topological order of the DAG, and what is needed to find it.
    """

    sets: Bits
    lists: npt.NDArray[np.int64]


def n_words(n_variables: int) -> int:
    """Number of words that hold a set of variables."""
    return max(1, (n_variables + 63) // 64)


def new_graph(n_variables: int) -> Bits:
    """A graph without edges."""
    return np.zeros((4, n_variables, n_words(n_variables)), dtype=np.uint64)


def new_extension(n_variables: int) -> Extension:
    """Memory for graphs of this many variables."""
    return Extension(new_graph(n_variables), np.zeros((3, n_variables), dtype=np.int64))


def bits_of(matrix: npt.NDArray[Any]) -> Bits:
    """Row v of the result is the set of all u with ``matrix[u, v]``.

    Parameters
    ----------
    matrix : array of bool, shape (p, p)
        True at [u, v] for u in the set of v.

    Returns
    -------
    array of uint64, shape (p, words)
    """
    p = len(matrix)
    packed = np.zeros((p, 8 * n_words(p)), dtype=np.uint8)
    packed[:, : (p + 7) // 8] = np.packbits(matrix.T, axis=1, bitorder="little")
    return packed.view("<u8").astype(np.uint64)


# --- sets -----------------------------------------------------------------------------


@intrinsic
def lowest(typingctx: Any, word: Any) -> Any:
    """Position of the lowest bit of a word that is not zero."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.cttz(args[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.uint64), generate


@njit(cache=True, nogil=True)
def has(sets, plane, v, u):  # pragma: no cover
    """Whether u is in the set of v."""
    return (sets[plane, v, u >> 6] >> np.uint64(u & 63)) & _ONE != _NONE


@njit(cache=True, nogil=True)
def put(sets, plane, v, u):  # pragma: no cover
    """Add u to the set of v."""
    sets[plane, v, u >> 6] |= _ONE << np.uint64(u & 63)


@njit(cache=True, nogil=True)
def drop(sets, plane, v, u):  # pragma: no cover
    """Take u out of the set of v."""
    sets[plane, v, u >> 6] &= ~(_ONE << np.uint64(u & 63))


@njit(cache=True, nogil=True)
def clear(sets, plane):  # pragma: no cover
    """Empty all sets of a plane."""
    for v in range(sets.shape[1]):
        for k in range(sets.shape[2]):
            sets[plane, v, k] = _NONE


@njit(cache=True, nogil=True)
def fill(sets, plane, v, out, size):  # pragma: no cover
    """Write the set of v behind the first ``size`` of a list; return the new size."""
    for k in range(sets.shape[2]):
        word = sets[plane, v, k]
        while word != _NONE:
            out[size] = (k << 6) + lowest(word)
            size += 1
            word &= word - _ONE
    return size


@njit(cache=True, nogil=True)
def is_clique(sets, plane, v, graph):  # pragma: no cover
    """Whether all in the set of v are adjacent to each other."""
    w = sets.shape[2]
    for k in range(w):
        word = sets[plane, v, k]
        while word != _NONE:
            u = (k << 6) + lowest(word)
            word &= word - _ONE
            for j in range(w):
                far = sets[plane, v, j] & ~graph[ADJACENT, u, j]
                if j == k:
                    far &= ~(_ONE << np.uint64(u & 63))
                if far != _NONE:
                    return False
    return True


# --- from a class to a DAG ------------------------------------------------------------


@njit(cache=True, nogil=True, inline="always")
def _is_sink(v, graph, sets, left):  # pragma: no cover
    """Dor and Tarsi's condition for taking v off what is left."""
    w = len(left)
    for k in range(w):
        if sets[OUT, v, k] & left[k] != _NONE:
            return False
    for k in range(w):
        word = graph[LINES, v, k] & left[k] & ~sets[INTO, v, k]
        while word != _NONE:
            u = (k << 6) + lowest(word)
            word &= word - _ONE
            for j in range(w):
                far = graph[LINES, v, j] & left[j] & ~graph[LINES, u, j]
                if j == k:
                    far &= ~(_ONE << np.uint64(u & 63))
                if far != _NONE:
                    return False
    return True


@njit(cache=True, nogil=True)
def extend(graph, ext):  # pragma: no cover
    """Find a DAG of the class whose edges ``INTO`` and ``OUT`` of variables are so.

    These must make no v-structure themselves. Returns whether there is one, which is
    ``DAG`` then. Dor and Tarsi (1992), on the undirected edges only.
    """
    p, w = graph.shape[1:]
    left = np.zeros(w, dtype=np.uint64)
    n_left = 0
    for v in range(p):
        some = _NONE
        for k in range(w):
            ext.sets[DAG, v, k] = graph[PARENTS, v, k]
            some |= graph[LINES, v, k]
        if some != _NONE:
            left[v >> 6] |= _ONE << np.uint64(v & 63)
            n_left += 1
    while n_left > 0:
        before = n_left
        for v in range(p):
            here = _ONE << np.uint64(v & 63)
            if left[v >> 6] & here != _NONE and _is_sink(v, graph, ext.sets, left):
                left[v >> 6] &= ~here
                n_left -= 1
                for k in range(w):
                    ext.sets[DAG, v, k] |= graph[LINES, v, k] & left[k]
        if n_left == before:
            return False
    return True


# --- from a DAG to its class ----------------------------------------------------------


@njit(cache=True, nogil=True, inline="always")
def _topological(sets, lists):  # pragma: no cover
    """Order the DAG; False if it has a cycle."""
    p, w = sets.shape[1:]
    clear(sets, CHILDREN)
    first, last = 0, 0
    for v in range(p):
        lists[WAITING, v] = 0
        for k in range(w):
            word = sets[DAG, v, k]
            while word != _NONE:
                put(sets, CHILDREN, (k << 6) + lowest(word), v)
                word &= word - _ONE
                lists[WAITING, v] += 1
        if lists[WAITING, v] == 0:
            lists[ORDER, last] = v
            last += 1
    while first < last:
        u = lists[ORDER, first]
        lists[PLACE, u] = first
        first += 1
        for k in range(w):
            word = sets[CHILDREN, u, k]
            while word != _NONE:
                v = (k << 6) + lowest(word)
                word &= word - _ONE
                lists[WAITING, v] -= 1
                if lists[WAITING, v] == 0:
                    lists[ORDER, last] = v
                    last += 1
    return last == p


@njit(cache=True, nogil=True, inline="always")
def _last_parent(y, sets, lists):  # pragma: no cover
    """The parent of y that comes last in the order, or -1."""
    x, latest = -1, -1
    for k in range(sets.shape[2]):
        word = sets[DAG, y, k]
        while word != _NONE:
            v = (k << 6) + lowest(word)
            word &= word - _ONE
            if lists[PLACE, v] > latest:
                x, latest = v, lists[PLACE, v]
    return x


@njit(cache=True, nogil=True, inline="always")
def _compelled(x, y, graph, sets):  # pragma: no cover
    """Whether all edges into y are compelled, or only those from x's own parents.

    ``PARENTS`` of x, its last parent, are known. Chickering (1995), algorithm
    Label-Edges: from the last one on, the first edge into y labels all that the
    compelled parents of its tail leave.
    """
    for k in range(sets.shape[2]):
        other = sets[DAG, y, k] & ~sets[DAG, x, k]
        if k == x >> 6:
            other &= ~(_ONE << np.uint64(x & 63))
        if other != _NONE or graph[PARENTS, x, k] & ~sets[DAG, y, k] != _NONE:
            return True
    return False


@njit(cache=True, nogil=True)
def complete(ext, graph):  # pragma: no cover
    """Write the CPDAG of the DAG in ``ext``; False if that has a cycle."""
    sets, lists = ext.sets, ext.lists
    p, w = graph.shape[1:]
    if not _topological(sets, lists):
        return False
    for v in range(p):
        for k in range(w):
            graph[PARENTS, v, k] = _NONE
            graph[LINES, v, k] = _NONE
            graph[ONWARD, v, k] = _NONE
            graph[ADJACENT, v, k] = sets[DAG, v, k] | sets[CHILDREN, v, k]
    for place in range(p):
        y = lists[ORDER, place]
        x = _last_parent(y, sets, lists)
        if x < 0:
            continue
        every = _compelled(x, y, graph, sets)
        for k in range(w):
            word = sets[DAG, y, k]
            graph[PARENTS, y, k] = word if every else graph[PARENTS, x, k]
            while word != _NONE:
                v = (k << 6) + lowest(word)
                word &= word - _ONE
                put(graph, ONWARD, v, y)
                if not has(graph, PARENTS, y, v):
                    put(graph, ONWARD, y, v)
                    put(graph, LINES, y, v)
                    put(graph, LINES, v, y)
    return True


# --- background knowledge -------------------------------------------------------------


@njit(cache=True, nogil=True, inline="always")
def _direct(graph, law, banned, sets):  # pragma: no cover
    """Fill ``INTO`` and ``OUT`` with what knowledge says of the undirected edges.

    False if an arc of the graph is banned, or these directions make a v-structure.
    """
    p, w = graph.shape[1:]
    clear(sets, INTO)
    clear(sets, OUT)
    for v in range(p):
        for k in range(w):
            if graph[PARENTS, v, k] & law[banned, v, k] != _NONE:
                return False
            word = graph[LINES, v, k] & law[banned, v, k]
            sets[OUT, v, k] |= word
            while word != _NONE:
                put(sets, INTO, (k << 6) + lowest(word), v)
                word &= word - _ONE
    agree = True
    for v in range(p):
        agree &= is_clique(sets, INTO, v, graph)
    return agree


@njit(cache=True, nogil=True)
def knowledge_holds(graph, law, banned, ext):  # pragma: no cover
    """Whether some DAG of the class has no banned direction; then it is in ``ext``.

    Plane ``banned`` of ``law`` holds for each v all u for which u --> v must not be.
    """
    return _direct(graph, law, banned, ext.sets) and extend(graph, ext)


@njit(cache=True, nogil=True)
def _implied(a, b, graph):  # pragma: no cover
    """Whether one of Meek's rules R1, R2 and R4 directs a --- b as a --> b.

    R3 starts from a v-structure, from which a CPDAG has it already.
    """
    w = graph.shape[2]
    but_b = ~(_ONE << np.uint64(b & 63))
    for k in range(w):
        word = graph[PARENTS, a, k] & ~graph[ADJACENT, b, k]
        if (word & but_b if k == b >> 6 else word) != _NONE:
            return True  # R1: c --> a, c and b not adjacent
    for k in range(w):
        word = graph[PARENTS, b, k] & graph[ADJACENT, a, k]
        while word != _NONE:
            c = (k << 6) + lowest(word)
            word &= word - _ONE
            if has(graph, PARENTS, c, a):
                return True  # R2: a --> c --> b
            for j in range(w):
                far = graph[PARENTS, c, j] & graph[ADJACENT, a, j]
                far &= ~graph[ADJACENT, b, j]
                if (far & but_b if j == b >> 6 else far) != _NONE:
                    return True  # R4: d --> c --> b, d, b not adjacent, a to both
    return False


@njit(cache=True, nogil=True, inline="always")
def _arrow(graph, a, b):  # pragma: no cover
    """Direct a --- b as a --> b."""
    drop(graph, LINES, a, b)
    drop(graph, LINES, b, a)
    drop(graph, ONWARD, b, a)
    put(graph, PARENTS, b, a)


@njit(cache=True, nogil=True)
def close_knowledge(graph, law, banned):  # pragma: no cover
    """Direct in place what knowledge says, and close under Meek's rules.

    The knowledge must hold. Meek (1995), Theorem 4: the result is directed exactly
    where all members that obey agree.
    """
    p, w = graph.shape[1:]
    begins, some = True, True
    while some:
        some = begins
        for a in range(p):
            for k in range(w):
                word = graph[LINES, a, k]
                while word != _NONE:
                    b = (k << 6) + lowest(word)
                    word &= word - _ONE
                    if has(law, banned, a, b) if begins else _implied(a, b, graph):
                        _arrow(graph, a, b)
                        some = True
        begins = False


def class_of(
    dag: npt.NDArray[np.bool_], directed: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """The class of a DAG, or those of its members that have some arcs.

    Parameters
    ----------
    dag, directed : array of bool, shape (p, p)
        Arcs; the latter are some of the former.

    Returns
    -------
    arcs, lines : array of bool, shape (p, p)
        Arcs and undirected edges of the CPDAG, or the MPDAG.
    """
    graph, ext = new_graph(len(dag)), new_extension(len(dag))
    ext.sets[DAG] = bits_of(dag)
    complete(ext, graph)
    if directed.any():
        close_knowledge(graph, bits_of(directed.T)[None], PARENTS)
    either = matrix_of(graph).astype(np.bool_)
    return either & ~either.T, either & either.T


@njit(cache=True, nogil=True)
def matrix_of(graph):  # pragma: no cover
    """Matrix with 1 at [u, v] for u --> v, and at both places for u --- v."""
    p, w = graph.shape[1:]
    found = np.zeros((p, p), dtype=np.uint8)
    for v in range(p):
        for k in range(w):
            word = graph[PARENTS, v, k] | graph[LINES, v, k]
            while word != _NONE:
                found[(k << 6) + lowest(word), v] = 1
                word &= word - _ONE
    return found
