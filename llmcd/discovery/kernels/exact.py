"""The best order and parents of few variables, by dynamic programming over subsets."""

from __future__ import annotations

import numpy as np
from numba import njit

from llmcd.discovery.kernels.parents import BEFORE, CLOSED, REQUIRED
from llmcd.discovery.kernels.scores import local_score

__all__ = ["best_parents", "best_sinks"]

_OPTIONS = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(**_OPTIONS)
def best_parents(problem, work):  # pragma: no cover
    """For each variable and each set of the others, the best parents within the set.

    Parameters
    ----------
    problem : OrderProblem
        What is maximised.
    work : ScoreWork
        Memory for the scores.

    Returns
    -------
    values : array of float64, shape (p, 2 ** (p - 1))
        Tempered score and existence evidence. Bit u of a set is the u-th of the other
        variables.
    sets : array of int64, of the same shape
        The parents.
    """
    p = len(problem.order)
    size = 1 << (p - 1)
    values = np.empty((p, size))
    sets = np.empty((p, size), dtype=np.int64)
    parents = np.empty(p, dtype=np.int64)
    for v in range(p):
        closed, required = problem.rules[CLOSED, v], problem.rules[REQUIRED, v]
        for chosen in range(size):
            k, evidence, allowed = 0, 0.0, True
            for bit in range(p - 1):
                u = bit if bit < v else bit + 1
                if (chosen >> bit) & 1:
                    parents[k] = u
                    k += 1
                    evidence += problem.existence[v, u]
                    allowed = allowed and closed[u] == 0
                else:
                    allowed = allowed and required[u] == 0
            value = -np.inf
            if allowed and k <= problem.most:
                found = local_score(problem.model, work, v, parents, k)
                value = problem.temper * found + evidence
            values[v, chosen], sets[v, chosen] = value, chosen
            for bit in range(p - 1):
                fewer = chosen & ~(1 << bit)
                if fewer != chosen and values[v, fewer] > values[v, chosen]:
                    values[v, chosen] = values[v, fewer]
                    sets[v, chosen] = sets[v, fewer]
    return values, sets


@njit(**_OPTIONS)
def best_sinks(problem, values):  # pragma: no cover
    """For each set of variables, which of them is last in its best order.

    Parameters
    ----------
    problem : OrderProblem
        What is maximised.
    values : array of float64, shape (p, 2 ** (p - 1))
        From ``best_parents``.

    Returns
    -------
    objective : float
        Of all variables.
    last : array of int64, shape (2 ** p,)
        -1 where hard knowledge forbids every order.

    Notes
    -----
    Silander and Myllymaeki (2006), *A simple approach for finding the globally optimal
    Bayesian network structure*, section 3. Evidence on the order is a sum over pairs:
    a last variable adds what the others say about being before it.
    """
    p = len(problem.order)
    total = np.full(1 << p, -np.inf)
    last = np.full(1 << p, -1, dtype=np.int64)
    total[0] = 0.0
    for members in range(1, 1 << p):
        for v in range(p):
            if not (members >> v) & 1:
                continue
            rest = members & ~(1 << v)
            others = (rest & ((1 << v) - 1)) | ((rest >> (v + 1)) << v)
            value = total[rest] + values[v, others]
            for u in range(p):
                if (rest >> u) & 1:
                    value += problem.order[u, v]
                    if problem.rules[BEFORE, v, u] != 0:
                        value = -np.inf
            if value > total[members]:
                total[members], last[members] = value, v
    return total[-1], last
