"""Which pairs to ask about next: those worth most, and probes between them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from llmcd.combiner.outlook import Outlook
from llmcd.combiner.posterior import data_direction
from llmcd.combiner.worth import (
    Worth,
    target_weights,
    worth_of,
    worth_of_skill,
)
from llmcd.discovery.ensemble import Candidates
from llmcd.expert.kind import Pair
from llmcd.expert.planned import PlannedPair

__all__ = ["OPEN", "PROBES", "UNCERTAIN", "choose_pairs"]

Floats = npt.NDArray[np.float64]
Place = tuple[int, int]

LEAST_SHARE = 0.05
"""Pairs adjacent in fewer of the sampled graphs are asked about as probes only."""
MOST_PAIRS = 400
"""Pairs of which the worth is computed: those of which the graphs differ most."""
SURE = 0.9
OPEN = "undecided direction"
UNCERTAIN = "uncertain adjacency"
DIRECTED, RELATED, UNRELATED = (
    "probe: directed by the data",
    "probe: related, but no edge",
    "probe: unrelated",
)
# the k-th comes after start + k * pace of the pairs that are asked for their worth
PROBES = {DIRECTED: (4.0, 9.0), RELATED: (6.0, 9.0), UNRELATED: (8.0, 9.0)}
MOST_PROBES = 12
"""Probes of pairs without an edge, of each kind."""
_LEAST_GAIN = 1e-3
_SHARE = 1.0 / 6.0  # of how good an expert is, that one probe tells


def choose_pairs(
    candidates: Candidates,
    outlook: Outlook,
    *,
    done: Collection[Pair] = (),
    target: Sequence[str] = (),
    harm: float | None = None,
    spent: float = 0.0,
) -> tuple[PlannedPair, ...]:
    """Pairs of columns that are worth a question by sampled graphs, the best first.

    By what their answers are worth, where what an earlier question of the list tells
    too is not counted again; and, between every few of these, a probe: a pair that the
    data are sure of, with an edge whose direction they know, without an edge but
    related, or unrelated, so that it gets known how far the expert can be trusted about
    directions, and about there being an edge. Of the first kind there are more while
    answers wait for that to decide something.

    Parameters
    ----------
    candidates : Candidates
        The data's side, with its rows.
    outlook : Outlook
        What is believed now.
    done : collection of (str, str), optional
        Pairs in name order that are not asked again.
    target : sequence of str, optional
        Variables whose edges matter more than others; none: all alike.
    harm : float, optional
        Most that the answers may cost, in edges of expected loss, if the expert knows
        nothing: as many pairs are left out as it takes, but no probes.
    spent : float, optional
        How much of that is taken by earlier answers.

    Returns
    -------
    tuple of PlannedPair
        Every pair once.
    """
    names = outlook.alone.names
    place = {name: k for k, name in enumerate(names)}
    asked = {
        tuple(sorted((place[a], place[b]))) for a, b in done if {a, b} <= set(place)
    }
    matters = target_weights(len(names), [place[v] for v in target if v in place])
    probes = _probes(outlook, candidates, asked)
    valued = _valued(outlook, asked)
    worth = worth_of(outlook, valued, matters)
    ranked = _ranked(worth)
    is_probe = set(probes[DIRECTED])
    timed: list[tuple[float, int, str, Place, float, float]] = []
    count = 0
    for k, gain in ranked:
        pair = valued[k]
        cost = float(worth.harm[k])
        if pair in is_probe and gain < _LEAST_GAIN:
            continue  # comes as a probe
        if harm is not None and spent + cost > harm:
            continue
        spent, count = spent + cost, count + 1
        timed.append((float(count), 0, _reason(outlook, pair), pair, gain, cost))
    known = {entry[3] for entry in timed}
    to_know = outlook.speaks * worth_of_skill(outlook, matters)
    gains = np.array([entry[4] for entry in timed])
    for order, (reason, (start, pace)) in enumerate(PROBES.items(), start=1):
        left = [pair for pair in probes[reason] if pair not in known]
        most = len(left) if reason == DIRECTED else MOST_PROBES
        for k, pair in enumerate(left[:most]):
            # the first of them tells most; all together tell how good the expert is
            gain = to_know * _SHARE * (1 - _SHARE) ** k if reason == DIRECTED else 0.0
            at = start + k * pace
            if gain > 0.0:
                at = min(at, float((gains > gain).sum()))
            timed.append((at + 0.5, order, reason, pair, gain, 0.0))
    timed.sort(key=lambda entry: entry[:2])
    return tuple(
        _planned(candidates, names, entry[2:], 1.0 - n / len(timed))
        for n, entry in enumerate(timed)
    )


def _planned(
    candidates: Candidates,
    names: tuple[str, ...],
    chosen: tuple[str, Place, float, float],
    priority: float,
) -> PlannedPair:
    reason, pair, gain, cost = chosen
    a, b = sorted(names[k] for k in pair)
    graph, directed = candidates.graph, candidates.direction_support
    i, j = graph.index(a), graph.index(b)
    support = float(candidates.adjacency_support[i, j])
    back = float(directed[j, i])
    return PlannedPair(
        a, b, reason, support, priority, gain, cost, float(directed[i, j]), back
    )


def _reason(outlook: Outlook, pair: Place) -> str:
    there = outlook.shares[pair] + outlook.shares[pair[::-1]]
    return OPEN if there >= 0.5 and _sure(outlook.direction, pair) < SURE else UNCERTAIN


def _sure(direction: Floats, pair: Place) -> float:
    return float(max(direction[pair], 1.0 - direction[pair]))


def _valued(outlook: Outlook, asked: Collection[tuple[int, ...]]) -> list[Place]:
    """Pairs whose answer may decide something, in an order that names do not set."""
    there = outlook.shares + outlook.shares.T
    found = [
        (i, j)
        for i, j in combinations(range(len(there)), 2)
        if there[i, j] >= LEAST_SHARE and (i, j) not in asked
    ]
    if len(found) <= MOST_PAIRS:
        return found
    unsure = {p: 1.0 - there[p] * _sure(outlook.direction, p) for p in found}
    return sorted(sorted(found, key=lambda p: (-unsure[p], p))[:MOST_PAIRS])


def _ranked(worth: Worth) -> list[tuple[int, float]]:
    """Positions and gains, each less what those before tell already."""
    left, told = np.ones(len(worth.gain), dtype=bool), np.zeros(len(worth.gain))
    found: list[tuple[int, float]] = []
    for _ in range(len(worth.gain)):
        gain = np.where(left, worth.gain * (1.0 - told), -1.0)
        k = int(np.argmax(gain))
        found.append((k, float(gain[k])))
        left[k] = False
        told = np.maximum(told, worth.shared[:, k])
    return found


def _probes(
    outlook: Outlook, candidates: Candidates, asked: Collection[tuple[int, ...]]
) -> dict[str, list[Place]]:
    """Pairs that the rows alone are sure of, by what they tell about an expert."""
    there, before = outlook.alone.adjacent, candidates.ensemble.before
    direction = data_direction(outlook.alone)
    found: dict[str, list[Place]] = {reason: [] for reason in PROBES}
    for pair in combinations(range(len(there)), 2):
        if pair in asked:
            continue
        if there[pair] >= SURE and _sure(direction, pair) >= SURE:
            if not before[pair] and not before[pair[::-1]]:
                found[DIRECTED].append(pair)
        elif there[pair] < LEAST_SHARE:
            if outlook.connected[pair] >= SURE:
                found[RELATED].append(pair)
            elif outlook.connected[pair] < 1.0 - SURE:
                found[UNRELATED].append(pair)
    found[DIRECTED].sort(key=lambda p: (-there[p] * _sure(direction, p), p))
    for reason in (RELATED, UNRELATED):
        found[reason] = _spread(found[reason], len(there), MOST_PROBES)
    return found


def _spread(pairs: list[Place], p: int, most: int) -> list[Place]:
    """Some of the pairs, such that no variable is in many."""
    used, left, found = np.zeros(p), list(pairs), list[Place]()
    while left and len(found) < most:
        k = min(
            range(len(left)),
            key=lambda k: (used[list(left[k])].max(), used[list(left[k])].sum(), k),
        )
        found.append(left.pop(k))
        used[list(found[-1])] += 1
    return found
