"""How far an expert can be trusted, learnt from the edges that the data directs.

The model, written down before it was coded (docs/decisions/0004):

* skill ``t``: a direction given in both presentation orders is right with
  probability ``sigmoid(t)``, one given in a single order with ``sigmoid(t / 2)``,
  opposite directions carry nothing;
* prior: posterior mode's (``combiner/response.py``): with probability 7/8 the expert
  knows nothing (``t = 0``), otherwise ``sigmoid(t)`` is Beta(4, 1), which still allows
  an expert that is wrong more often than right; alone and without a probe it directs
  nothing;
* probes: pairs that the data directs. The data's own direction is right with
  probability ``q``, from the resamples, never above 0.9, because bootstrap
  frequencies are overconfident;
* target: pairs that the data leaves open may differ from those it directs, so the
  skill there is ``t + e``, ``e ~ N(0, 1/2^2)``, and it is floored at 0 (a bad expert
  is reported, never believed in reverse) and capped at 3 log-odds.

Everything is integrated on a grid; nothing is plugged in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import comb
from typing import Protocol

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.combiner.audited import Audited
from llmcd.combiner.combined import Reliability
from llmcd.combiner.evidence import Vote, order_consistency, position_share
from llmcd.combiner.response import CAP, DISCREPANCY_SD, SINGLE, SLAB, SPIKE
from llmcd.discovery.ensemble import Candidates
from llmcd.expert.answers import Answers
from llmcd.graph import Graph

__all__ = [
    "Skill",
    "Trust",
    "data_direction",
    "learn_skill",
    "reliability",
    "vote_log_odds",
]

TRUST_IN_DATA = 0.9
_GRID = np.linspace(-5.0, 5.0, 101)
_HERMITE = np.polynomial.hermite_e.hermegauss(5)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Skill:
    """Posterior of one expert's skill on a grid.

    Attributes
    ----------
    values : array of float, shape (k,)
        Skill on the pairs that the data directs, log-odds.
    mass : array of float, shape (k,)
        Posterior probability of each value; sums to 1. What is decided rests on it.
    flat_mass : array of float, shape (k,)
        The same with any accuracy as likely as any other before: what is reported.
    target : array of float, shape (k,)
        Skill on the pairs that the data leaves open: shifted by the discrepancy,
        floored at 0, capped.
    """

    values: Floats
    mass: Floats
    flat_mass: Floats
    target: Floats

    def accuracy(self, pattern: str = "both") -> float:
        """Posterior mean accuracy of a direction on the probes."""
        scale = 1.0 if pattern == "both" else SINGLE
        return float(self.flat_mass @ _sigmoid(scale * self.values))

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """Equal-tailed credible interval of the accuracy of a ``both`` direction."""
        order = np.argsort(self.values, kind="stable")
        below = np.cumsum(self.flat_mass[order])
        tail = (1.0 - level) / 2.0
        low = self.values[order][np.searchsorted(below, tail)]
        high = self.values[order][
            min(int(np.searchsorted(below, 1.0 - tail)), len(order) - 1)
        ]
        return float(_sigmoid(low)), float(_sigmoid(high))

    def weight(self, pattern: str = "both") -> float:
        """Log-odds that a direction is worth on a pair that the data leaves open."""
        scale = 1.0 if pattern == "both" else SINGLE
        right = float(self.mass @ _sigmoid(scale * self.target))
        return float(min(CAP, max(0.0, np.log(right / (1.0 - right)))))

    def chance_of_contradiction(self) -> float:
        """Posterior probability that the expert is wrong more often than right."""
        return float(self.flat_mass[self.values < 0].sum())

    def updated(self, log_likelihood: Floats) -> Skill:
        """The posterior after more evidence, given on the grid of ``target``."""
        return Skill(
            self.values,
            _times(self.mass, log_likelihood),
            _times(self.flat_mass, log_likelihood),
            self.target,
        )

    def audited(self, audited: Audited) -> Skill:
        """With what an audit heard before; what is reported leaves it out."""
        r = _sigmoid(self.values)
        heard = audited.right * np.log(r) + audited.wrong * np.log(1.0 - r)
        return replace(self, mass=_times(self.mass, heard))


def _times(mass: Floats, log_likelihood: Floats) -> Floats:
    log_mass = np.log(np.maximum(mass, 1e-300)) + log_likelihood
    more = np.exp(log_mass - log_mass.max())
    return np.asarray(more / more.sum())


def _sigmoid(x: npt.ArrayLike) -> Floats:
    return 1.0 / (1.0 + np.exp(-np.asarray(x, dtype=np.float64)))


def _prior() -> Skill:
    r = _sigmoid(_GRID)
    a, b = SLAB
    # density of t when sigmoid(t) is Beta(a, b): r^a (1 - r)^b up to a constant
    slab = r**a * (1.0 - r) ** b
    slab = (1.0 - SPIKE) * slab / slab.sum()
    flat = r * (1.0 - r)
    flat = flat / flat.sum()
    shifts, weights = _HERMITE
    weights = weights / weights.sum()
    values = np.concatenate([[0.0], np.repeat(_GRID, len(shifts))])
    mass = np.concatenate([[SPIKE], np.outer(slab, weights).ravel()])
    flat_mass = np.concatenate([[0.0], np.outer(flat, weights).ravel()])
    moved = np.add.outer(_GRID, DISCREPANCY_SD * shifts).ravel()
    target = np.clip(np.concatenate([[0.0], moved]), 0.0, CAP)
    return Skill(values, mass, flat_mass, target)


def data_direction(candidates: Candidates) -> Floats:
    """Probability, from the resamples, that i comes before j if they are adjacent.

    ``(B s_ij + 1) / (B (s_ij + s_ji) + 2)`` with ``s`` the class-averaged share of
    the ``B`` resamples that direct the pair one way: Laplace's rule, so that ten
    resamples never claim certainty.

    Parameters
    ----------
    candidates : Candidates
        The data's side.

    Returns
    -------
    array of float, shape (n, n)
        One half for pairs that are never adjacent.
    """
    share = candidates.direction_support
    total = max(len(candidates.replicates), 1)
    return (total * share + 1.0) / (total * (share + share.T) + 2.0)


def learn_skill(
    votes: Sequence[Vote],
    right: Mapping[tuple[str, str], float],
    audited: Audited | None = None,
) -> Skill:
    """Posterior of the skill of one expert from its votes on the probes.

    Parameters
    ----------
    votes : sequence of Vote
        The votes of one expert; those about other pairs are ignored.
    right : mapping of (str, str) to float
        For each probe (a, b) in name order, the probability that ``a`` comes before
        ``b``.
    audited : Audited, optional
        What an audit heard before.

    Returns
    -------
    Skill
        The prior when there is no probe.

    Examples
    --------
    >>> ten = [Vote("m", "a", f"b{i}", 1, "both", 2, "") for i in range(10)]
    >>> probes = {("a", f"b{i}"): 0.9 for i in range(10)}
    >>> learn_skill(ten, probes).weight() > learn_skill([], {}).weight()
    True
    """
    skill = _prior() if audited is None else _prior().audited(audited)
    log_likelihood = np.zeros_like(skill.values)
    for vote in votes:
        q = right.get((vote.a, vote.b))
        if q is None or vote.direction == 0:
            continue
        r = _sigmoid((1.0 if vote.pattern == "both" else SINGLE) * skill.values)
        agrees = q if vote.direction > 0 else 1.0 - q
        log_likelihood += np.log(agrees * r + (1.0 - agrees) * (1.0 - r))
    return skill.updated(log_likelihood)


def vote_log_odds(vote: Vote, skill: Trust) -> float:
    """Signed log-odds for ``a --> b`` that a vote is worth.

    Examples
    --------
    >>> vote_log_odds(Vote("m", "a", "b", 0, "split", 2, ""), learn_skill([], {}))
    0.0
    """
    return vote.direction * skill.weight(vote.pattern) if vote.direction else 0.0


def probes(candidates: Candidates) -> dict[tuple[str, str], float]:
    """Pairs that the data itself directs, with the probability of name order.

    Edges that follow from background knowledge, by themselves or through Meek's rules,
    are not probes: there the data did not speak.
    """
    return directed_by_data(
        candidates.class_graph, data_direction(candidates), candidates.background
    )


def directed_by_data(
    graph: Graph, direction: Floats, known: Background
) -> dict[tuple[str, str], float]:
    """Directed edges of a graph with the probability of name order, as probes.

    Parameters
    ----------
    graph : Graph
        The data's own.
    direction : array of float, shape (n, n)
        Probability that i comes before j if they are adjacent.
    known : Background
        What it directs is left out.

    Returns
    -------
    dict
    """
    found: dict[tuple[str, str], float] = {}
    for cause, effect in graph.directed_edges():
        if not known.allowed(effect, cause) or (cause, effect) in known.required:
            continue
        i, j = graph.index(cause), graph.index(effect)
        right = min(max(float(direction[i, j]), 0.5), TRUST_IN_DATA)
        a, b = sorted((cause, effect))
        found[a, b] = right if a == cause else 1.0 - right
    return found


class Trust(Protocol):
    """What either mode learns about an expert."""

    def accuracy(self, pattern: str = "both") -> float:
        """Posterior mean accuracy of a direction."""
        ...

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """Credible interval of the accuracy of a ``both`` direction."""
        ...

    def weight(self, pattern: str = "both") -> float:
        """Log-odds that a direction is worth."""
        ...

    def chance_of_contradiction(self) -> float:
        """Posterior probability that it is wrong more often than right."""
        ...


def reliability(
    expert: str,
    votes: Sequence[Vote],
    skill: Trust,
    right: Mapping[tuple[str, str], float],
    answers: Answers,
    shares: Floats | None = None,
    audited: Audited | None = None,
) -> Reliability:
    """Put what was learnt about one expert into numbers and words.

    Parameters
    ----------
    expert : str
        The expert's label.
    votes : sequence of Vote
        Its votes.
    skill : Trust
        Its posterior.
    right : mapping of (str, str) to float
        The probes, as of ``probes``.
    answers : Answers
        All answers, for order consistency and position bias.
    shares : array of float, shape (3, 3), optional
        As of ``Response.shares``.
    audited : Audited, optional
        What an audit heard before; told in words.

    Returns
    -------
    Reliability
    """
    on_probes = [v for v in votes if v.direction and (v.a, v.b) in right]
    agreed = sum((right[v.a, v.b] > 0.5) == (v.direction > 0) for v in on_probes)
    low, high = skill.interval()
    first = position_share(answers, expert)
    finding = _finding(
        skill, votes, len(on_probes), agreed, low, first, sampled=shares is not None
    )
    return Reliability(
        expert=expert,
        accuracy=skill.accuracy(),
        low=low,
        high=high,
        single_accuracy=skill.accuracy("one"),
        weight=skill.weight(),
        probes=len(on_probes),
        agreed=agreed,
        order_consistency=order_consistency(answers, expert),
        first_shown=first,
        sensitivity=None if shares is None else float(shares[0, 0]),
        specificity=None if shares is None else float(1.0 - shares[2, 0]),
        finding=finding if audited is None else f"{finding} {audited.words}",
    )


def _worse_than_a_coin(agreed: int, n: int) -> bool:
    """One-sided sign test at 1 %: so few agreements are rare for a coin."""
    return sum(comb(n, k) for k in range(agreed + 1)) < 0.01 * 2**n


def _finding(
    skill: Trust,
    votes: Sequence[Vote],
    n: int,
    agreed: int,
    low: float,
    first: float | None,
    *,
    sampled: bool,
) -> str:
    directions = sum(v.direction != 0 for v in votes)
    split = sum(v.pattern == "split" for v in votes)
    if not any(v.replies for v in votes):
        return "It abstained on every question."
    if split > directions and first is not None and not 0.25 <= first <= 0.75:
        shown = "first" if first > 0.5 else "second"
        return (
            f"It mostly names the variable shown {shown} as the cause, whatever that "
            "is; asked in both orders it contradicts itself, which carries no weight."
        )
    if n == 0 and sampled:
        return (
            "The data directs no edge that it was asked about; what it is worth rests "
            "on how its answers fit together in graphs that the data allows, which is "
            "little to go by."
        )
    if n == 0:
        return (
            "The data directs no edge that it was asked about, so nothing could be "
            "learnt about it; its weight is the prior's."
        )
    counted = f"It agrees with the data on {agreed} of {n} edges that the data directs"
    if skill.chance_of_contradiction() > 0.9 or _worse_than_a_coin(agreed, n):
        return (
            f"{counted}: this expert contradicts the data. Its directions carry next "
            "to no weight; check the descriptions, the data, or the expert."
        )
    if low > 0.5:
        return f"{counted}: better than a coin."
    return f"{counted}: not clearly better than a coin."
