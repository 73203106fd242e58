"""Posterior mode: graphs sampled given rows and answers, and what to make of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.combiner.audited import Audited
from llmcd.combiner.decision import Decided, decide
from llmcd.combiner.evidence import Vote
from llmcd.combiner.response import CAP, Response, States, learn_response
from llmcd.discovery.ensemble import Candidates
from llmcd.discovery.sampling import Ensemble, Samples, sample_graphs
from llmcd.equivalence import cpdag
from llmcd.graph import Graph

__all__ = [
    "APART",
    "NO_EVIDENCE",
    "TURNED",
    "Posterior",
    "directs",
    "log_odds",
    "reconcile_samples",
    "states_of",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

APART, TURNED = 1_000_003, 7
"""Between the seeds and the draws of two experts, or they would share them."""
NO_EVIDENCE = ("unsure", "split")
"""Patterns that are worth nothing in any state."""
_SOFT = 0.002  # so that a share of none or all is no certainty
_FEW = 0.01  # the same within one chain


@dataclass(frozen=True, eq=False)
class Posterior:
    """What rows and answers say together.

    Attributes
    ----------
    ensemble : Ensemble
        Score tables of the chains.
    alone, together : Samples
        Graphs given the rows, and given rows and answers; the same value where no
        answer says anything.
    data : Decided
        The graph as if nobody had been asked.
    decided : Decided
        The graph.
    responses : mapping of str to Response
        How each expert answers.
    known : Background
        The knowledge that was obeyed.
    heard : array of bool, shape (r,)
        For each chain whether its draw of the experts lets any direction count.
    """

    ensemble: Ensemble
    alone: Samples
    together: Samples
    data: Decided
    decided: Decided
    responses: Mapping[str, Response]
    known: Background
    heard: npt.NDArray[np.bool_]

    @cached_property
    def data_direction(self) -> Floats:
        """Probability of ``i --> j`` if adjacent, by the rows alone, shape (p, p).

        Of graphs whose class leaves the edge open one half count: how many members of
        a class go which way is a convention and no evidence.
        """
        return data_direction(self.alone)

    @cached_property
    def data_voice(self) -> Graph:
        """The data's graph without what only background knowledge directs."""
        if self.known.is_empty:
            return self.data.graph
        return cpdag(self.data.dag)

    @cached_property
    def direction(self) -> Floats:
        """Probability of ``i --> j`` if adjacent, with the answers, shape (p, p)."""
        return direction_with(self.alone, self.together, self.heard)


def data_direction(alone: Samples) -> Floats:
    """Probability of ``i --> j`` if adjacent, by the rows alone, shape (p, p)."""
    directed, open_ = alone.compelled
    share = directed + 0.5 * open_
    return (share + _SOFT) / (share + share.T + 2.0 * _SOFT)


def direction_with(
    alone: Samples, together: Samples, heard: npt.NDArray[np.bool_]
) -> Floats:
    """Probability of ``i --> j`` if adjacent, with the answers, shape (p, p).

    Parameters
    ----------
    alone, together : Samples
        Graphs given the rows, and given rows and answers.
    heard : array of bool, shape (r,)
        For each chain whether its draw of the experts lets any direction count.

    Returns
    -------
    array of float

    Notes
    -----
    In a chain that hears no direction the graphs' classes speak, and half counts for
    what they leave open. In the others the rows' log-odds are moved by what the answers
    change. Then the mean over chains: so what an expert without skill can do is bounded
    by the share of the chains in which it is heard.
    """
    base = data_direction(alone)
    if together is alone:
        return base
    at, directed, open_ = together.classes
    total, weight = np.zeros_like(base), np.zeros_like(base)
    for r in np.unique(together.chain):
        mine = together.arcs[together.chain == r].mean(axis=0)
        near = mine + mine.T
        if heard[r]:
            before = alone.arcs[alone.chain == r].mean(axis=0)
            moved = _log_odds(_given_adjacent(mine)) - _log_odds(
                _given_adjacent(before)
            )
            said = 1.0 / (1.0 + np.exp(-(_log_odds(base) + moved)))
        else:
            some = together.chain[at] == r
            share = (directed[some] + 0.5 * open_[some]).sum(axis=0)
            share = share / max(1, some.sum())  # or it is surer than the rows alone
            said = (share + _SOFT) / (share + share.T + 2.0 * _SOFT)
        total += (near + _SOFT) * said
        weight += near + _SOFT
    return np.asarray(total / weight)


def _given_adjacent(share: Floats) -> Floats:
    """Of few graphs of one chain, so that none and all are no certainty."""
    return np.asarray((share + _FEW) / (share + share.T + 2.0 * _FEW))


def _log_odds(share: Floats) -> Floats:
    inside = np.clip(share, 1e-6, 1.0 - 1e-6)
    return np.log(inside) - np.log1p(-inside)


def log_odds(share: float) -> float:
    """Natural log-odds of a share of the graphs, none and all being no certainty."""
    soft = (np.asarray(share) + _SOFT) / (1.0 + 2.0 * _SOFT)
    return float(np.log(soft) - np.log1p(-soft))


def states_of(samples: Samples, ensemble: Ensemble | None = None) -> States:
    """What sampled graphs say about each pair, in name order.

    Members of a class are as likely as each other. So an expert whose answers, taken
    together, would make colliders that the rows deny is found out although no single
    one of these directions is compelled.

    Parameters
    ----------
    samples : Samples
        Graphs.
    ensemble : Ensemble, optional
        What they were sampled on. Where it has room for one direction of a pair only,
        because of background knowledge or of too many candidates, the rows were not
        asked which way it goes: both directions are then as likely.

    Returns
    -------
    mapping
        As ``States``: shares of the graphs in which the pair is in each state.
    """
    p = len(samples.names)
    may = np.ones((p, p), dtype=bool) if ensemble is None else ensemble.is_candidate
    found: dict[tuple[str, str], tuple[float, ...]] = {}
    for i, one in enumerate(samples.names):
        for j in range(i):
            a, b = (i, j) if one < samples.names[j] else (j, i)
            shares = (
                samples.directed[a, b],
                samples.directed[b, a],
                samples.ancestral[a, b],
                samples.ancestral[b, a],
            )
            if may[a, b] != may[b, a]:
                half = (shares[0] + shares[1]) / 2, (shares[2] + shares[3]) / 2
                shares = half[0], half[0], half[1], half[1]
            found[samples.names[a], samples.names[b]] = (
                *map(float, shares),
                max(0.0, 1.0 - float(sum(shares))),
            )
    return found


def reconcile_samples(
    candidates: Candidates,
    cast: Mapping[str, Sequence[Vote]],
    audits: Mapping[str, Audited] | None = None,
) -> Posterior:
    """Sample graphs given rows and answers, and decide.

    Parameters
    ----------
    candidates : Candidates
        The data's side, with its rows.
    cast : mapping of str to sequence of Vote
        Votes by expert.
    audits : mapping of str to Audited, optional
        What audits of some experts heard before.

    Returns
    -------
    Posterior
        Without an answer that says anything, exactly what the rows say alone.

    Notes
    -----
    Each chain has in its target one draw of how each expert answers, so that
    what is not known about the experts is integrated out, and all answers of one expert
    are bound together by the same draw.
    """
    ensemble, alone = candidates.ensemble, candidates.samples
    place = {name: k for k, name in enumerate(ensemble.names)}
    states = states_of(alone, ensemble)
    responses: dict[str, Response] = {}
    total: dict[tuple[int, int], Floats] = {}
    chains = len(ensemble.tables)
    heard = np.zeros(chains, dtype=np.bool_)
    number = 0  # of those that say something: who is silent changes nobody's draws
    for expert in sorted(cast):
        mine = _ordered(cast[expert], place)
        response = learn_response(
            mine, states, audited=(audits or {}).get(expert), draws=chains,
            seed=ensemble.seed,
        )  # fmt: skip
        responses[expert] = response
        telling = [v for v in mine if v.pattern not in NO_EVIDENCE]
        if not telling:
            continue
        seed = ensemble.seed + number * APART
        worth = [
            response.worth(telling, r + number * TURNED, seed) for r in range(chains)
        ]
        heard |= [directs(w) for w in worth]
        number += 1
        for q, vote in enumerate(telling):
            key, columns = _key(vote, place)
            more = np.array([w[q][columns] for w in worth])
            total[key] = total.get(key, 0.0) + more
    together = alone
    if total:
        pairs = sorted(total)
        worth_of = np.stack([_bounded(total[pair]) for pair in pairs], axis=1)
        together = sample_graphs(ensemble, np.array(pairs), worth_of)
    known = candidates.background
    data = decide(
        ensemble.names,
        alone.directed,
        data_direction(alone),
        alone.arcs,
        ensemble.before,
        known,
    )
    decided = data
    if total:
        decided = decide(
            ensemble.names,
            together.directed,
            direction_with(alone, together, heard),
            together.arcs,
            ensemble.before,
            known,
        )
    return Posterior(ensemble, alone, together, data, decided, responses, known, heard)


def directs(worth: Floats) -> bool:
    """Whether any vote says, by one draw, which way its pair goes.

    Parameters
    ----------
    worth : array of float, shape (q, 5)
        As of ``Response.worth``.

    Returns
    -------
    bool

    Examples
    --------
    >>> directs(np.array([[0.0, 0.0, -1.0, -1.0, -2.0]]))
    False
    """
    return bool((worth[:, [0, 2]] != worth[:, [1, 3]]).any())


def _key(vote: Vote, place: Mapping[str, int]) -> tuple[tuple[int, int], list[int]]:
    a, b = place[vote.a], place[vote.b]
    if a < b:
        return (a, b), [0, 1, 2, 3, 4]
    return (b, a), [1, 0, 3, 2, 4]


def _ordered(votes: Sequence[Vote], place: Mapping[str, int]) -> list[Vote]:
    """Votes about columns that were searched, in an order that names do not decide."""
    mine = [v for v in votes if v.a in place and v.b in place]
    return sorted(mine, key=lambda v: sorted((place[v.a], place[v.b])))


def _bounded(worth: Floats) -> Floats:
    """Of all experts together no pair is worth more than the cap."""
    return np.maximum(worth - worth.max(axis=1, keepdims=True), -CAP)
