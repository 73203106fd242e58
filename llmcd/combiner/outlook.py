"""What is believed so far: sampled graphs, reweighted by the answers that are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from llmcd.combiner.audited import Audited
from llmcd.combiner.evidence import Vote
from llmcd.combiner.posterior import (
    APART,
    NO_EVIDENCE,
    TURNED,
    data_direction,
    directs,
    reconcile_samples,
    states_of,
)
from llmcd.combiner.response import Response, learn_response
from llmcd.discovery.ensemble import Candidates
from llmcd.discovery.sampling import Samples

__all__ = ["LEAST_EFFECTIVE", "Outlook", "look_ahead", "odds_if_adjacent"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LEAST_EFFECTIVE = 10.0
"""Graphs of a chain that must count after reweighting; below, they are drawn anew."""
_SOFT = 0.002  # as the combiner's, so that a share of none or all is no certainty
_MOST_GRAPHS = 720
_LEAST_NO_SKILL = 0.001
_SILENCE = 2.0  # pairs that speak and pairs in all, before any was asked


@dataclass(frozen=True, eq=False)
class Outlook:
    """What is believed now, by rows and answers so far, and who may be asked.

    Attributes
    ----------
    alone, samples : Samples
        Graphs given the rows, and those that ``weights`` belong to.
    weights : array of float, shape (s,)
        Of each graph; they sum to 1.
    responses : tuple of Response
        How each expert answers: the prior's draws while none has answered.
    speaks : float
        Share of the pairs asked about that got an answer to go by, with two more
        that did.
    effective : float
        Graphs that count of a chain, after reweighting: less in a quarter of them.
    heard : array of bool, shape (r,)
        For each chain whether its draw of the experts lets any direction count.
    """

    alone: Samples
    samples: Samples
    weights: Floats
    responses: tuple[Response, ...]
    speaks: float
    effective: float
    heard: Bools

    @property
    def no_skill(self) -> float:
        """Probability that an expert knows nothing about directions, or the reverse.

        Of several the largest; never below 1/1000.
        """
        return max(_LEAST_NO_SKILL, *(r.chance_of_no_skill() for r in self.responses))

    @cached_property
    def shares(self) -> Floats:
        """Probability of ``i --> j``, shape (p, p)."""
        return np.asarray(np.tensordot(self.weights, self.samples.arcs, axes=1))

    @cached_property
    def base(self) -> Floats:
        """Log-odds of ``i --> j`` if adjacent, less those of the graphs' shares.

        Which way the members of a class go is a convention, so the combiner moves the
        rows' own log-odds by what changes in the shares.
        """
        alone = self.alone.directed
        said = _log_odds(data_direction(self.alone))
        return said - odds_if_adjacent(alone, alone.T)

    @cached_property
    def direction(self) -> Floats:
        """Probability of ``i --> j`` if adjacent, shape (p, p)."""
        odds = self.base + odds_if_adjacent(self.shares, self.shares.T)
        return np.asarray(1.0 / (1.0 + np.exp(-odds)))

    @cached_property
    def some(self) -> Ints:
        """Positions of graphs, evenly spaced: few enough for sums over all pairs."""
        every = max(1, len(self.weights) // _MOST_GRAPHS)
        return np.arange(0, len(self.weights), every)

    @cached_property
    def reach(self) -> Bools:
        """Who is an ancestor of whom in ``some`` of the graphs, shape (g, p, p)."""
        return _reach(self.samples.arcs[self.some])

    @cached_property
    def connected(self) -> Floats:
        """Probability that i and j are one another's ancestor or share one, (p, p)."""
        line = (self.reach | np.eye(self.reach.shape[1], dtype=bool)).astype(np.float32)
        shared = np.matmul(line.transpose(0, 2, 1), line) > 0
        weights = self.weights[self.some]
        return np.asarray(np.tensordot(weights / weights.sum(), shared, axes=1))

    def states(self, pairs: Sequence[tuple[int, int]]) -> Ints:
        """State of each pair in ``some`` of the graphs, shape (q, g), as ``States``."""
        return _states(self.samples.arcs[self.some], self.reach, pairs)


def _reach(arcs: Bools) -> Bools:
    reach = arcs
    for _ in range(max(1, int(np.ceil(np.log2(max(2, reach.shape[1])))))):
        paths = reach.astype(np.float32)
        reach = reach | (np.matmul(paths, paths) > 0)
    return reach


def _states(arcs: Bools, reach: Bools, pairs: Sequence[tuple[int, int]]) -> Ints:
    i, j = (np.array([p[k] for p in pairs], dtype=np.int64) for k in (0, 1))
    ways = (arcs[:, i, j], arcs[:, j, i], reach[:, i, j], reach[:, j, i])
    return np.select(ways, [0, 1, 2, 3], 4).T.astype(np.int64)


def odds_if_adjacent(share: Floats, back: Floats) -> Floats:
    """Log-odds of one direction against the other, never infinite.

    Parameters
    ----------
    share, back : array of float
        Probabilities of an edge one way and the other.

    Returns
    -------
    array of float

    Examples
    --------
    >>> float(odds_if_adjacent(np.array(0.3), np.array(0.3)))
    0.0
    """
    given = (share + _SOFT) / (share + back + 2.0 * _SOFT)
    return _log_odds(given)


def _log_odds(share: Floats) -> Floats:
    inside = np.clip(share, 1e-6, 1.0 - 1e-6)
    return np.asarray(np.log(inside) - np.log1p(-inside))


def look_ahead(
    candidates: Candidates,
    cast: Mapping[str, Sequence[Vote]] | None = None,
    audits: Mapping[str, Audited] | None = None,
) -> Outlook:
    """What rows and answers say so far.

    Parameters
    ----------
    candidates : Candidates
        The data's side, with its rows.
    cast : mapping of str to sequence of Vote, optional
        Votes by expert; where some were audited, of each that may be asked.
    audits : mapping of str to Audited, optional
        What audits of some experts heard before.

    Returns
    -------
    Outlook
        The rows' own samples, reweighted by the votes. Where that leaves less than
        ``LEAST_EFFECTIVE`` graphs of a quarter of the chains, graphs are sampled anew.
    """
    alone = candidates.samples
    whole = np.full(len(alone.arcs), 1.0 / len(alone.arcs))
    seed, draws = candidates.ensemble.seed, len(candidates.ensemble.tables)
    nobody = np.zeros(draws, dtype=np.bool_)
    votes = {who: tuple(some) for who, some in sorted((cast or {}).items())}
    if not any(votes.values()):
        known = audits or {}
        prior = tuple(
            learn_response([], {}, audited=known.get(who), draws=draws, seed=seed)
            for who in (votes if known and votes else [""])
        )
        effective = _effective(alone, whole)
        return Outlook(alone, alone, whole, prior, 1.0, effective, nobody)
    states = states_of(alone, candidates.ensemble)
    place = {name: k for k, name in enumerate(alone.names)}
    responses: list[Response] = []
    log_weights, heard, number = np.zeros(len(alone.arcs)), nobody.copy(), 0
    for who, some in votes.items():
        mine = sorted(
            (v for v in some if v.a in place and v.b in place),
            key=lambda v: sorted((place[v.a], place[v.b])),
        )
        response = learn_response(
            mine, states, audited=(audits or {}).get(who), draws=draws, seed=seed
        )
        responses.append(response)
        telling = [v for v in mine if v.pattern not in NO_EVIDENCE]
        if not telling:
            continue
        worth = [
            response.worth(telling, r + number * TURNED, seed + number * APART)
            for r in range(draws)
        ]
        heard |= [directs(w) for w in worth]
        number += 1
        log_weights += _moved(alone, telling, worth)
    weights = _normed(alone, log_weights)
    samples, effective = alone, _effective(alone, weights)
    if effective < LEAST_EFFECTIVE:
        samples = reconcile_samples(candidates, votes, audits).together
        weights = np.full(len(samples.arcs), 1.0 / len(samples.arcs))
    asked = sum(map(len, votes.values()))
    spoke = sum(v.pattern != "unsure" for some in votes.values() for v in some)
    speaks = (_SILENCE + spoke) / (_SILENCE + asked)
    return Outlook(alone, samples, weights, tuple(responses), speaks, effective, heard)


def _moved(samples: Samples, votes: Sequence[Vote], worth: Sequence[Floats]) -> Floats:
    """Log-likelihood of votes in each graph, by what its chain makes of them."""
    found = np.zeros(len(samples.arcs))
    place = {name: k for k, name in enumerate(samples.names)}
    pairs = [(place[v.a], place[v.b]) for v in votes]
    states = _states(samples.arcs, _reach(samples.arcs), pairs)
    for r in np.unique(samples.chain):
        mine = samples.chain == r
        by_vote = np.take_along_axis(worth[r], states[:, mine], axis=1)
        found[mine] = by_vote.sum(axis=0)
    return found


def _normed(samples: Samples, log_weights: Floats) -> Floats:
    """Weights of which each chain has the same share."""
    weights = np.zeros(len(log_weights))
    chains = np.unique(samples.chain)
    for r in chains:
        mine = samples.chain == r
        part = np.exp(log_weights[mine] - log_weights[mine].max())
        weights[mine] = part / part.sum() / len(chains)
    return weights


def _effective(samples: Samples, weights: Floats) -> float:
    counts = [
        float(w.sum() ** 2 / (w**2).sum())
        for w in (weights[samples.chain == r] for r in np.unique(samples.chain))
    ]
    return float(np.quantile(counts, 0.25))
