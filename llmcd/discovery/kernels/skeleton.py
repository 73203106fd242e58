"""The loops of PC's skeleton search and of its votes on colliders."""

from __future__ import annotations

from math import exp

import numpy as np
from numba import njit

from llmcd.discovery.kernels.independence import (
    DEPENDENT,
    SEPARATED,
    UNDECIDED,
    critical_correlations,
    log_p,
    new_work,
    prepare,
    verdict,
)

__all__ = ["KEPT", "NEVER", "collider_votes", "remove_level"]

# A pair's entry is the size of the set that separated it, or one of these.
KEPT, NEVER = 32767, -1


@njit(cache=True, nogil=True, error_model="numpy")
def _next_choice(choice, size, pool):
    """The next ascending positions in lexicographic order; False after the last."""
    at = size - 1
    while at >= 0 and choice[at] == pool - size + at:
        at -= 1
    if at < 0:
        return False
    choice[at] += 1
    for later in range(at + 1, size):
        choice[later] = choice[later - 1] + 1
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _within(members, size, near):
    for t in range(size):  # noqa: SIM110 - numba compiles no generators
        if not near[members[t]]:
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _holds(members, size, v):
    for t in range(size):  # noqa: SIM110
        if members[t] == v:
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def _first_choice(choice, size, pool):
    """The first ascending positions; False if there are too few."""
    for t in range(size):
        choice[t] = t
    return size <= pool


@njit(cache=True, nogil=True, error_model="numpy")
def remove_level(problem, order, removed, always, level, log_alpha):
    """Separate pairs by sets of one size next to either end, in place.

    Parameters
    ----------
    order : array of int64, shape (p, p)
        For each variable all variables, in the order in which they are tried.
    removed : array of int16, shape (p, p)
        For each pair the size of the set that separated it, ``KEPT`` or ``NEVER``.
    always : array of bool, shape (p, p)
        Pairs that are not to be separated.
    level : int
        Size of the sets, at least 1.
    log_alpha : float
        Logarithm of the level of the tests.

    Returns
    -------
    int
        Number of tests, 0 when no set of this size was left.
    """
    p = len(removed)
    work = new_work(problem, level)
    given, choice = np.empty(level, dtype=np.int64), np.empty(level, dtype=np.int64)
    pool, near = np.empty(p, dtype=np.int64), removed == KEPT
    waiting = np.empty(p, dtype=np.int64)
    critical = critical_correlations(problem, level, log_alpha)
    tests = 0
    for x in range(p):
        size, left = 0, 0
        for y in order[x]:
            if near[x, y]:
                pool[size] = y
                size += 1
                if removed[x, y] == KEPT and not always[x, y]:
                    waiting[left] = y
                    left += 1
        more = left > 0 and _first_choice(choice, level, size - 1)
        while more:
            for t in range(level):
                given[t] = pool[choice[t]]
            ready, kept = False, 0
            for at in range(left):
                y = waiting[at]
                waiting[kept] = y
                kept += 1
                # What is next to y, too, was asked with y as x.
                if _holds(given, level, y) or (
                    y < x and _within(given, level, near[y])
                ):
                    continue
                if not ready:
                    prepare(problem, x, given, level, work)
                    ready = True
                tests += 1
                said = verdict(problem, y, critical, work)
                if said == UNDECIDED:
                    value = log_p(problem, x, y, given, level, work)
                    said = SEPARATED if value > log_alpha else DEPENDENT
                if said == SEPARATED:
                    removed[x, y] = removed[y, x] = level
                    kept -= 1
            left = kept
            more = left > 0 and _next_choice(choice, level, size)
    return tests


# --- colliders ------------------------------------------------------------------------


@njit(cache=True, nogil=True, error_model="numpy")
def _members(row, into):
    found = 0
    for v in range(len(row)):
        if row[v]:
            into[found] = v
            found += 1
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def _between(near_a, near_b, pool):
    found = 0
    for v in range(len(near_a)):
        if near_a[v] and near_b[v]:
            pool[found] = v
            found += 1
    middles = np.empty(found, dtype=np.int64)
    for t in range(found):
        middles[t] = pool[t]
    return middles


@njit(cache=True, nogil=True, error_model="numpy")
def _new_ballot(width):
    """Sets without each middle and their largest log p, then the same with it."""
    ballot = np.empty((width, 4))
    for t in range(width):
        ballot[t, 0] = ballot[t, 2] = 0.0
        ballot[t, 1] = ballot[t, 3] = -np.inf
    return ballot


@njit(cache=True, nogil=True, error_model="numpy")
def _with_room(triples, votes):
    room = 2 * len(triples)
    more, other = np.empty((room, 3), dtype=np.int64), np.empty((room, 2))
    for t in range(len(triples)):
        for k in range(3):
            more[t, k] = triples[t, k]
        for k in range(2):
            other[t, k] = votes[t, k]
    return more, other


@njit(cache=True, nogil=True, error_model="numpy")
def _look_around(a, b, adjacent, removed, limits, attempt, near):
    """Where to look for sets that separate a pair, and their least and largest size."""
    most, depth, union = limits
    level = removed[a, b] if removed[a, b] != KEPT else NEVER
    if attempt == 0 and not union:
        for v in range(len(adjacent)):
            near[0, v], near[1, v] = adjacent[a, v], adjacent[b, v]
        return 0, min(most, 1 + (depth if level < 0 else level))
    if attempt == 0 or level < 0:
        return 1, 0
    for v in range(len(adjacent)):
        near[0, v] = removed[a, v] >= level and v != b
        near[1, v] = removed[b, v] >= level and v != a
    return level, level


@njit(cache=True, nogil=True, error_model="numpy")
def _next_set(place, near, pool, choice, given):
    """Write the next set near either end, each once; its size, or -1 after the last.

    ``place`` holds side, size, least and largest size, members of the pool, and whether
    a size is to be begun.
    """
    side, size, width, begin = place[0], place[1], place[4], place[5]
    while side < 2:
        if begin:
            width = _members(near[side], pool)
            more = size <= place[3] and _first_choice(choice, size, width)
        else:
            more = _next_choice(choice, size, width)
        begin = not more
        if begin:
            size += 1
            if size > min(place[3], width):
                side, size = side + 1, place[2]
            continue
        for t in range(size):
            given[t] = pool[choice[t]]
        if side == 0 or not _within(given, size, near[0]):
            place[0], place[1], place[4], place[5] = side, size, width, begin
            return size
    return -1


@njit(cache=True, nogil=True, error_model="numpy")
def _record(given, size, value, middles, ballot):
    """Count a separating set for each middle: without it and with it."""
    for t in range(len(middles)):
        side = 2 if _holds(given, size, middles[t]) else 0
        ballot[t, side] += 1.0
        ballot[t, side + 1] = max(ballot[t, side + 1], value)


@njit(cache=True, nogil=True, error_model="numpy")
def _elect(a, b, middles, ballot, union, triples, votes, found):
    """Write the middles that are colliders; returns how many there are by now."""
    for t in range(len(middles)):
        without, within = ballot[t, 0], ballot[t, 2]
        if within >= without or (union and within > 0):
            continue
        triples[found, 0], triples[found, 1], triples[found, 2] = a, middles[t], b
        votes[found, 0] = within / (within + without)
        votes[found, 1] = exp(ballot[t, 1]) - exp(ballot[t, 3])
        found += 1
    return found


@njit(cache=True, nogil=True, error_model="numpy")
def collider_votes(problem, adjacent, removed, limits, log_alpha):
    """Unshielded triples whose middle the separating sets leave out.

    Parameters
    ----------
    adjacent : array of bool, shape (p, p)
        The skeleton.
    removed : array of int16, shape (p, p)
        As ``remove_level`` leaves it.
    limits : (int, int, bool)
        The largest set that may be asked for, the largest that the search asked for,
        and whether to take the sets of the search, all of one size, and only middles in
        none of them. Otherwise the sets are those next to the ends in the skeleton, up
        to one member more than the search needed, and the middles those in less than
        half of them; the sets of the search are taken where none of these separates.
    log_alpha : float
        Logarithm of the level of the tests.

    Returns
    -------
    array of int64, shape (m, 3)
        One end, the middle, the other end.
    array of float64, shape (m, 2)
        The share of sets with the middle, and the lead of the largest p-value without
        it over that with it.
    """
    p, largest = len(adjacent), limits[1] + 1
    work = new_work(problem, largest)
    given, choice = np.empty(largest, np.int64), np.empty(largest, np.int64)
    near, pool = np.empty((2, p), dtype=np.bool_), np.empty(p, dtype=np.int64)
    triples, votes = np.empty((p, 3), dtype=np.int64), np.empty((p, 2))
    place, found = np.empty(6, dtype=np.int64), 0
    critical = critical_correlations(problem, largest, log_alpha)
    for a in range(p):
        for b in range(a + 1, p):
            if adjacent[a, b]:
                continue
            middles = _between(adjacent[a], adjacent[b], pool)
            if len(middles) == 0:
                continue
            ballot = _new_ballot(len(middles))
            for attempt in range(2):
                low, high = _look_around(a, b, adjacent, removed, limits, attempt, near)
                place[0], place[1], place[2], place[3] = 0, low, low, high
                place[4], place[5] = 0, 1
                while True:
                    size = _next_set(place, near, pool, choice, given)
                    if size < 0:
                        break
                    prepare(problem, a, given, size, work)
                    if verdict(problem, b, critical, work) == DEPENDENT:
                        continue
                    value = log_p(problem, a, b, given, size, work)
                    if value > log_alpha:
                        _record(given, size, value, middles, ballot)
                if ballot[0, 0] + ballot[0, 2] > 0:
                    break
            if found + len(middles) > len(triples):
                triples, votes = _with_room(triples, votes)
            found = _elect(a, b, middles, ballot, limits[2], triples, votes, found)
    return triples[:found], votes[:found]
