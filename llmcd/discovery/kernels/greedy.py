"""Greedy equivalence search in numba: the best valid operator first.

The best operator of each ordered pair is kept, and weighed again when the graph near
the pair has changed.
"""

from __future__ import annotations

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
    clear,
    close_knowledge,
    complete,
    drop,
    extend,
    fill,
    has,
    knowledge_holds,
    matrix_of,
    new_graph,
)
from llmcd.discovery.kernels.operators import (
    BANNED,
    BEST,
    BLOCK,
    BOUND,
    CHOSEN,
    COMMON,
    DELETE,
    FAMILY,
    FRONT,
    INSERT,
    NODES,
    OTHERS,
    STATE,
    TURN,
    VALUE,
    WORK,
    Limits,
    applies,
    apply,
    forbidden_by_path,
    new_memory,
    next_set,
    separates,
    start,
)
from llmcd.discovery.kernels.scores import (
    ScoreModel,
    cached_score,
    new_cache,
    new_work,
)

__all__ = ["climb", "greedy_search"]

PATH, KNOWLEDGE = 1, 2  # what forbids a better operator

_ONE = np.uint64(1)
_NONE = np.uint64(0)


# --- what they are worth --------------------------------------------------------------


@njit(cache=True, nogil=True)
def _gain(
    kind, turns_arc, x, y, graph, model, work, cache, sets, lists
):  # pragma: no cover
    """How much the operator with this C adds to the score."""
    size, family, others = lists[STATE, 2], lists[FAMILY], lists[OTHERS]
    family[size] = x
    n_others = 0
    if kind == TURN:
        for k in range(sets.shape[2]):
            sets[WORK, BLOCK, k] = graph[PARENTS, x, k]
            if not turns_arc:
                sets[WORK, BLOCK, k] |= sets[WORK, CHOSEN, k] & sets[WORK, COMMON, k]
        drop(sets, WORK, BLOCK, y)
        n_others = fill(sets, WORK, BLOCK, others, FRONT)
        others[n_others] = y
    gain = 0.0
    for end in range(4 if kind == TURN else 2):
        # with x among the parents of y, and without; with y among those of x, ...
        if end < 2:
            v, list_, n = y, family, size + 1 - end
        else:
            v, list_, n = x, others, n_others + 3 - end
        sign = 1.0 if end == 0 or end == 3 else -1.0
        gain += sign * cached_score(model, work, cache, v, list_, n)
    return -gain if kind == DELETE else gain


@njit(cache=True, nogil=True)
def _weigh(kind, x, y, graph, limits, model, work, cache, memory):  # pragma: no cover
    """The best valid operator for a pair; its C is left in ``BEST``."""
    sets, lists, w = memory.sets, memory.lists, memory.sets.shape[2]
    value, bound, obstacles, looked = -np.inf, -np.inf, 0, 0
    for k in range(w):
        sets[WORK, NODES, k] = _NONE
    turns_arc = kind == TURN and has(graph, PARENTS, x, y)
    turns_line = kind == TURN and not turns_arc
    more = applies(kind, x, y, graph, limits.law) and start(
        kind, turns_arc, x, y, graph, limits, sets, lists
    )
    while more:
        gain = -np.inf
        if not turns_line or separates(y, graph, limits.most, sets, lists):
            gain = _gain(kind, turns_arc, x, y, graph, model, work, cache, sets, lists)
        if gain > limits.tolerance and not gain <= value + limits.tolerance:
            if (kind == INSERT or turns_arc) and forbidden_by_path(
                kind, x, y, graph, sets, lists
            ):
                bound = max(bound, gain)
                obstacles |= PATH
            elif limits.informed and not (
                apply(kind, x, y, CHOSEN, graph, memory)
                and knowledge_holds(memory.trial, limits.law, BANNED, memory.ext)
            ):
                bound = max(bound, gain)
                obstacles |= KNOWLEDGE
            else:
                value = gain
                for k in range(w):
                    sets[WORK, BEST, k] = sets[WORK, CHOSEN, k]
        more = next_set(kind, turns_line, graph, limits.most, sets, lists)
        looked += 1
        if more and looked == limits.sets:
            lists[STATE, 3] += 1
            more = False
    memory.gains[VALUE, y, x] = value
    memory.gains[BOUND, y, x] = max(bound, value)
    memory.obstacles[y, x] = obstacles
    if obstacles != 0:
        for k in range(w):
            memory.witness[y, x, k] = sets[WORK, NODES, k]
    return value


@njit(cache=True, nogil=True)
def _total(graph, model, work, cache, ext, list_):  # pragma: no cover
    """The score of one member, always the same one."""
    clear(ext.sets, INTO)
    clear(ext.sets, OUT)
    extend(graph, ext)
    total = 0.0
    for v in range(graph.shape[1]):
        size = fill(ext.sets, DAG, v, list_, FRONT)
        total += cached_score(model, work, cache, v, list_, size)
    return total


# --- the search -----------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _top(values):  # pragma: no cover
    """The largest."""
    top = -np.inf
    for value in values:
        top = max(top, value)
    return top


@njit(cache=True, nogil=True)
def _first(values, level):  # pragma: no cover
    """Where the first is that reaches a level."""
    for k in range(len(values)):
        if values[k] >= level:
            return k
    return 0


@njit(cache=True, nogil=True, inline="always")
def _compare(kind, x0, y0, graph, trial, touched, lost):  # pragma: no cover
    """Take the step to ``trial`` and mark the variables that it touches.

    ``touched`` is 1 where all operators that point at the variable must be weighed
    anew, ``lost`` the set of those that can no longer be left as before.
    """
    p, w = graph.shape[1:]
    for v in range(p):
        for k in range(w):
            for plane in range(2):  # parents, lines
                if graph[plane, v, k] != trial[plane, v, k]:
                    touched[v] = 1
            if graph[ONWARD, v, k] & ~trial[ONWARD, v, k] != _NONE:
                lost[v >> 6] |= _ONE << np.uint64(v & 63)
        if kind != TURN and has(trial, LINES, v, x0) and has(trial, LINES, v, y0):
            touched[v] = 1
    for plane in range(4):
        for v in range(p):
            for k in range(w):
                graph[plane, v, k] = trial[plane, v, k]


@njit(cache=True, nogil=True, inline="always")
def _meets(kind, x, y, x0, y0, touched, graph):  # pragma: no cover
    """Whether the pair's operators changed though y is not touched.

    Because x gained or lost an edge to something next to y or y itself, or, when edges
    turn, because the parents of x changed.
    """
    if kind == TURN:
        return touched[x] == 1 and has(graph, ADJACENT, y, x)
    if x != x0 and x != y0:
        return False
    other = x0 if x == y0 else y0
    return y == other or has(graph, PARENTS, y, other) or has(graph, LINES, y, other)


@njit(cache=True, nogil=True, inline="always")
def _renew(
    kind, x0, y0, begins, peak, graph, limits, model, work, cache, memory
):  # pragma: no cover
    """Take the step to ``trial`` and weigh again what it may have changed.

    What is best for a pair depends on the parents and undirected neighbours of y (and
    of x when edges turn), on which of these x is adjacent to, and on the edges among
    the neighbours. Obstacles farther away are looked at again when a node of the path
    can no longer be left as before, or knowledge was in the way; a path that is new is
    noticed when the operator is about to be taken. All pairs are weighed if a phase
    begins.
    """
    p, w = graph.shape[1:]
    lost = np.zeros(w, dtype=np.uint64)
    touched = np.zeros(p, dtype=np.uint8)
    _compare(kind, x0, y0, graph, memory.trial, touched, lost)
    for y in range(p):
        whole, changed = begins or touched[y] == 1, False
        for x in range(p):
            if whole or _meets(kind, x, y, x0, y0, touched, graph):
                _weigh(kind, x, y, graph, limits, model, work, cache, memory)
                changed = True
            elif memory.obstacles[y, x] != 0:
                free = memory.obstacles[y, x] >= KNOWLEDGE
                for k in range(w):
                    free |= memory.witness[y, x, k] & lost[k] != _NONE
                if free:
                    memory.gains[VALUE, y, x] = memory.gains[BOUND, y, x]
                    changed = True
        if changed:
            peak[y] = _top(memory.gains[VALUE, y])


@njit(cache=True, nogil=True)
def climb(kind, graph, limits, model, work, cache, memory):  # pragma: no cover
    """Take the best operator of a kind until none improves; steps and score.

    ``memory.trial`` must be a copy of the graph.
    """
    p, slack = graph.shape[1], limits.tolerance
    peak = np.full(p, -np.inf)
    x, y, n_steps, taken = FRONT, FRONT, -1, True
    total = -np.inf
    while True:
        if not taken:
            peak[y] = _top(memory.gains[VALUE, y])
        else:
            n_steps += 1
            _renew(
                kind, x, y, n_steps == 0, peak, graph, limits, model, work, cache,
                memory,
            )  # fmt: skip
            total = _total(graph, model, work, cache, memory.ext, memory.lists[OTHERS])
        top = _top(peak)
        if not top > slack:
            return n_steps, total
        y = _first(peak, top - slack)
        x = _first(memory.gains[VALUE, y], top - slack)
        # what was best may be blocked by now, or have been blocked when it was weighed
        gain = _weigh(kind, x, y, graph, limits, model, work, cache, memory)
        taken = False
        if gain >= top - slack:
            taken = apply(kind, x, y, BEST, graph, memory)
            # better by rounding only: taking it could go round in circles
            taken = taken and total + slack < _total(
                memory.trial, model, work, cache, memory.ext, memory.lists[OTHERS]
            )
            if not taken:
                memory.gains[VALUE, y, x] = -np.inf


def greedy_search(
    model: ScoreModel, start: Bits, limits: Limits, *, turning: bool
) -> tuple[npt.NDArray[np.uint8], float, list[int], int]:
    """Search from a DAG until no operator improves the score.

    Parameters
    ----------
    model : ScoreModel
        The score.
    start : array of uint64, shape (p, words)
        Row v: the parents of v in the DAG to begin with.
    limits : Limits
        What the search may do; the starting DAG must obey.
    turning : bool
        Whether edges may turn, and all phases are repeated until none finds anything;
        without, inserts are followed by deletes, once.

    Returns
    -------
    matrix : array of uint8, shape (p, p)
        1 at [u, v] for u --> v, at both places for u --- v: the class, closed under
        the knowledge.
    total : float
        Its score.
    steps : list of int
        Number of inserts, deletes and turns.
    cut : int
        How often the sets of a pair were too many to look at all.
    """
    p = len(start)
    graph, memory = new_graph(p), new_memory(p)
    # about what a search asks for; the smaller it is, the faster
    capacity = 1 << min(20, max(10, (16 * p * p).bit_length()))
    work, cache = new_work(model), new_cache(p, capacity=capacity)
    memory.ext.sets[DAG] = start
    complete(memory.ext, graph)
    total = 0.0
    steps = [0, 0, 0]
    more = True
    while more:
        more = False
        for kind in (INSERT, DELETE, TURN) if turning else (INSERT, DELETE):
            memory.trial[:] = graph
            n_steps, total = climb(kind, graph, limits, model, work, cache, memory)
            steps[kind] += n_steps
            more |= turning and n_steps > 0
    if limits.informed:
        close_knowledge(graph, limits.law, BANNED)
    return matrix_of(graph), total, steps, int(memory.lists[STATE, 3])
