"""Search over orders of the variables in numba: best insertion.

The parents of a variable are taken from its predecessors. Nothing depends on time or
on other state.
"""

from __future__ import annotations

from numba import njit

from llmcd.discovery.kernels.parents import (
    BEFORE,
    BEST,
    CANDIDATE,
    CLOSED,
    GAIN,
    INLINE,
    MARKED,
    MOVING,
    NEW_COUNT,
    NEW_VALUE,
    OPTIONS,
    PASSED,
    REQUIRED,
    SPARE,
    below,
    copy,
    delete,
    find,
    gaussian_gain,
    put,
    refit,
    regress,
    value_of,
)

__all__ = ["climb"]

_FEW = 16  # up to here pairs of parents are tried: p refits for each variable
_SWEEPS = 200  # a bound that only rounding in near-singular tables could reach


@njit(**INLINE)
def _fit_all(problem, state, work):  # pragma: no cover
    """Grow and shrink everybody's parents, from those given that are possible."""
    parents, candidates = work.lists[MOVING], work.flags[CANDIDATE]
    rules = problem.rules
    candidates[:] = 0
    for v in state.order:
        k = 0
        for r in range(len(candidates)):
            if rules[REQUIRED, v, r] != 0:
                parents[k] = r
                k += 1
        for j in range(state.count[v]):
            r = state.parents[v, j]
            possible = candidates[r] != 0 and rules[CLOSED, v, r] == 0
            if possible and rules[REQUIRED, v, r] == 0 and k < problem.most:
                parents[k] = r
                k += 1
        k, value = refit(problem, work, MOVING, k, v, 0, True)
        put(problem, state, work.rows[MOVING], v, parents, k, value)
        candidates[v] = 1


@njit(**INLINE)
def _scan(problem, state, work, v, home):  # pragma: no cover
    """Where to insert v: gain, place, number of parents there and their value.

    Passing a neighbour changes the parents of the two only. What the others would get
    is left by place in ``work.new_parents`` and rows of ``lists`` and ``numbers``, v's
    parents in the list of the best. Among equally good places one is drawn, which keeps
    the search moving on plateaus.
    """
    order, candidates, marked = state.order, work.flags[CANDIDATE], work.flags[MARKED]
    gaussian = problem.gaussian != 0
    best, where, best_k, best_value, tied = 0.0, home, 0, 0.0, 1
    marked[:] = 0
    for step in (-1, 1):
        candidates[:] = 0
        for place in range(home):
            candidates[order[place]] = 1
        k, value, total = state.count[v], state.value[v], 0.0
        copy(state.parents[v], work.lists[MOVING], k)
        if gaussian:
            regress(
                problem.model.moments, work.lists[MOVING], work.rows[MOVING],
                work.partial[MOVING], 0, True, k, v,
            )  # fmt: skip
        place = home + step
        while 0 <= place < len(order):
            z = order[place]
            early, late = (z, v) if step < 0 else (v, z)
            if problem.rules[BEFORE, early, late] != 0:
                break
            # The later one loses the earlier, which then may gain the later.
            for losing in (True, False):
                child, other = (late, early) if losing else (early, late)
                own = child == v
                slot = MOVING if own else PASSED
                parents = work.lists[slot]
                n = k if own else state.count[z]
                old = value if own else state.value[z]
                first, fresh = 0, True
                if not own:
                    copy(state.parents[z], parents, n)
                if losing:
                    candidates[early] = 0
                    lost = find(parents, n, other)
                    if lost < 0:
                        continue
                    delete(parents, n, lost)
                    n -= 1
                    first = lost if own else 0
                else:
                    candidates[late] = 1
                    candidates[early] = 0
                    if problem.rules[CLOSED, child, other] != 0 or n >= problem.most:
                        continue
                    parents[n] = other
                    if gaussian:
                        partial = work.partial[MOVING] if own else state.partial[z]
                        gain = gaussian_gain(problem, partial, n, child, other)
                    else:
                        gain = -old + value_of(
                            problem, work.score, work.cache, child, parents, n + 1
                        )
                    if not gain > GAIN:
                        continue
                    if own:
                        first, fresh = n, False
                    n += 1
                n, new = refit(problem, work, slot, n, child, first, fresh)
                total += new - old
                if own:
                    k, value = n, new
                else:
                    copy(parents, work.new_parents[place], n)
                    work.lists[NEW_COUNT, place] = n
                    work.numbers[NEW_VALUE, place] = new
                    marked[place] = 1
            candidates[v] = 0
            candidates[z] = 1 if step > 0 else 0
            total += problem.order[late, early] - problem.order[early, late]
            take = total > best + GAIN
            if take:
                tied = 1
            elif total > best - GAIN:
                tied += 1
                take = below(work.random, tied) == 0
            if take:
                best, where = max(best, total), place
                best_k, best_value = k, value
                copy(work.lists[MOVING], work.lists[BEST], k)
            place += step
    return best, where, best_k, best_value


@njit(**INLINE)
def _insert(problem, state, work, v):  # pragma: no cover
    """Move a variable to its best place; return what that gains."""
    order, rows = state.order, work.rows[MOVING]
    home = find(order, len(order), v)
    gain, where, k, value = _scan(problem, state, work, v, home)
    if where == home:
        return gain
    step = 1 if where > home else -1
    place = home
    while place != where:
        place += step
        z = order[place]
        order[place - step] = z
        if work.flags[MARKED, place] != 0:
            put(
                problem, state, rows, z, work.new_parents[place],
                work.lists[NEW_COUNT, place], work.numbers[NEW_VALUE, place],
            )  # fmt: skip
    order[where] = v
    put(problem, state, rows, v, work.lists[BEST], k, value)
    return gain


@njit(**INLINE)
def _mark_descendants(problem, state, marked, v, home):  # pragma: no cover
    """Mark v, its descendants, and whatever has to come after one of them."""
    order = state.order
    marked[:] = 0
    marked[v] = 1
    for place in range(home + 1, len(order)):
        z = order[place]
        for j in range(state.count[z]):
            if marked[state.parents[z, j]] != 0:
                marked[z] = 1
        for earlier in range(home, place):
            u = order[earlier]
            if marked[u] != 0 and problem.rules[BEFORE, u, z] != 0:
                marked[z] = 1


@njit(**INLINE)
def _reparent(problem, state, work, v):  # pragma: no cover
    """Look for better parents among all that are no descendants of v.

    From the present ones, and with each of them left out first, which finds exchanges;
    among few variables also with each other one put in first, which finds pairs. The
    descendants then move behind.
    """
    order, late, parents = state.order, work.flags[MARKED], work.lists[MOVING]
    later = work.lists[SPARE]
    p = len(order)
    home = find(order, p, v)
    _mark_descendants(problem, state, late, v, home)
    for r in range(p):
        work.flags[CANDIDATE, r] = 1 - late[r]
    size = state.count[v]
    best, best_k = state.value[v], -1
    for other in range(-1, p):
        k = size
        copy(state.parents[v], parents, size)
        if other >= 0:
            out = find(parents, size, other)
            if out >= 0 and problem.rules[REQUIRED, v, other] == 0:
                delete(parents, size, out)
                k -= 1
            elif (
                out < 0
                and p <= _FEW
                and late[other] == 0
                and problem.rules[CLOSED, v, other] == 0
                and size < problem.most
            ):
                parents[size] = other
                k += 1
            else:
                continue
        k, value = refit(problem, work, MOVING, k, v, 0, True)
        if value > best + GAIN:
            best, best_k = value, k
            copy(parents, work.lists[BEST], k)
    if best_k < 0:
        return 0.0
    gain, kept, at = best - state.value[v], 0, home
    for place in range(home, p):
        z = order[place]
        if late[z] != 0:
            later[kept] = z
            kept += 1
        else:
            for j in range(kept):
                gain += problem.order[z, later[j]] - problem.order[later[j], z]
    if not gain > GAIN:
        return 0.0
    for place in range(home, p):
        if late[order[place]] == 0:
            order[at] = order[place]
            at += 1
    copy(later, order[at:], kept)
    put(problem, state, work.rows[MOVING], v, work.lists[BEST], best_k, best)
    return gain


@njit(**OPTIONS)
def climb(problem, state, work):  # pragma: no cover
    """Improve an order until no insertion and no exchange of parents does.

    Parameters
    ----------
    problem : OrderProblem
        What is maximised.
    state : OrderState
        The order and parents to start from; changed in place.
    work : OrderWork
        Memory and the random numbers.

    Returns
    -------
    objective : float
    sweeps : int
        How often all variables were visited.

    Notes
    -----
    Best insertion: Wienoebst, Henckel and Weichwald (2025), *Embracing discrete
    search*, FLOP; Andrews and others (2023), *Fast scalable and accurate discovery of
    DAGs using the best order score search and grow-shrink trees*.
    """
    _fit_all(problem, state, work)
    order = state.order
    visits = order.copy()
    inserting = True
    sweeps = 0
    while sweeps < _SWEEPS:
        sweeps += 1
        for i in range(len(visits) - 1, 0, -1):
            j = below(work.random, i + 1)
            visits[i], visits[j] = visits[j], visits[i]
        gained = 0.0
        for v in visits:
            if inserting:
                gained += _insert(problem, state, work, v)
            else:
                gained += _reparent(problem, state, work, v)
        if gained > GAIN:
            inserting = True
        elif inserting:
            inserting = False
        else:
            break
    total = 0.0
    for i in range(len(order)):
        total += state.value[order[i]]
        for j in range(i + 1, len(order)):
            total += problem.order[order[i], order[j]]
    return total, sweeps
