"""What a further question is worth, and what it may cost, from sampled graphs.

A question about a pair has a few possible answers. Each of them would give the sampled
graphs other weights, these another decision, and that another expected loss: the worth
of a question is by how much the expected loss of the decision falls, in edges of the
graph, averaged over the answers as the response model foresees them.

How good the expert is gets known on the way, from the same answers, so that the worth
is taken for each draw of how the expert answers, as if it were the true one, and then
averaged. (One answer of an expert of whom nothing is known decides nothing, so that by
the mixture of all draws no first question would be worth anything.)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from llmcd.combiner.decision import UNDIRECTED_COST
from llmcd.combiner.evidence import Vote
from llmcd.combiner.outlook import Outlook, odds_if_adjacent
from llmcd.combiner.response import Response
from llmcd.discovery.sampling import Samples

__all__ = ["Worth", "target_weights", "worth_of", "worth_of_skill"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

_LEAST_RISK = 0.002  # edges of loss below which a pair is settled
_ANSWERS = (("both", 1), ("both", -1), ("split", 0), ("none", 0), ("common cause", 0))
_ROW_OF_STATE = np.array([0, 0, 1, 1, 2])


@dataclass(frozen=True, eq=False)
class Worth:
    """What each of some questions is worth.

    Attributes
    ----------
    gain : array of float, shape (q,)
        By how much the expected loss falls, in edges.
    harm : array of float, shape (q,)
        What the worst answer costs in expected loss if the expert knows nothing and is
        taken for one that does, times the probability that it knows nothing.
    shared : array of float, shape (q, q)
        Of what question i may tell, the share that question j tells too.
    """

    gain: Floats
    harm: Floats
    shared: Floats = field(repr=False)


def worth_of_skill(outlook: Outlook, matters: Floats | None = None) -> float:
    """What it would be worth to know whether the experts know anything.

    Parameters
    ----------
    outlook : Outlook
        What is believed now.
    matters : array of float, shape (p, p), optional
        As of ``target_weights``.

    Returns
    -------
    float
        Edges of expected loss: what answers that are there already would then decide.
        The value of perfect information (Raiffa and Schlaifer 1961): the loss now less
        that of the chains whose draw has skill, and of those whose draw has none, each
        for itself; less the same of the rows alone, which chains differ by as well.
    """
    if outlook.samples is outlook.alone and np.ptp(outlook.weights) == 0.0:
        return 0.0
    whole = np.full(len(outlook.alone.arcs), 1.0 / len(outlook.alone.arcs))
    now = _gap(outlook, outlook.samples, outlook.weights, matters)
    return max(0.0, now - _gap(outlook, outlook.alone, whole, matters))


def _gap(
    outlook: Outlook,
    samples: Samples,
    weights: Floats,
    matters: Floats | None,
) -> float:
    """By how much the loss of two groups of chains is below that of all."""
    p = len(samples.names)
    i, j = np.triu_indices(p, 1)
    matter = np.ones(len(i)) if matters is None else matters[i, j]
    base = outlook.base[i, j]
    among = outlook.heard[samples.chain]
    found = 0.0
    for sign, mine in ((1.0, among | ~among), (-1.0, among), (-1.0, ~among)):
        mass = float(weights[mine].sum())
        if mass > 0.0:
            part = np.tensordot(weights[mine] / mass, samples.arcs[mine], axes=1)
            shares = np.concatenate([part[i, j], part[j, i]])
            found += sign * mass * float(_losses(shares, base).min(axis=0) @ matter)
    return found


def target_weights(p: int, targets: Sequence[int]) -> Floats:
    """How much each pair matters, shape (p, p).

    Parameters
    ----------
    p : int
        Number of variables.
    targets : sequence of int
        Positions of the variables that the user cares about; none: all pairs alike.

    Returns
    -------
    array of float, shape (p, p)
        1 for pairs with at least one of them, 1/10 for others: what is upstream can
        still turn an edge at a target.
    """
    if not len(targets):
        return np.ones((p, p))
    weights = np.full((p, p), 0.1)
    weights[list(targets), :] = weights[:, list(targets)] = 1.0
    return weights


def worth_of(
    outlook: Outlook, pairs: Sequence[tuple[int, int]], matters: Floats | None = None
) -> Worth:
    """What asking about each pair is worth.

    Parameters
    ----------
    outlook : Outlook
        What is believed now.
    pairs : sequence of (int, int)
        Positions of the pairs.
    matters : array of float, shape (p, p), optional
        As of ``target_weights``.

    Returns
    -------
    Worth
    """
    if not pairs:
        return Worth(np.zeros(0), np.zeros(0), np.zeros((0, 0)))
    weights = outlook.weights[outlook.some]
    weights = weights / weights.sum()
    states = outlook.states(pairs)
    apart = (states[:, None, :] == np.arange(5)[None, :, None]).astype(np.float32)
    apart = apart.reshape(-1, len(weights))
    heavy = apart * weights.astype(np.float32)
    loss = _Loss.of(outlook, weights, matters)
    moved = np.asarray(heavy @ loss.arcs, dtype=np.float64)
    moved = moved.reshape(len(pairs), 5, -1)
    shares = heavy.sum(axis=1, dtype=np.float64).reshape(len(pairs), 5)
    tables = [_answers(response) for response in outlook.responses]
    gain, harm = np.zeros(len(pairs)), np.zeros(len(pairs))
    for chance, likely, knows in tables:
        for q in range(len(pairs)):
            one, two = loss.of_question(chance, likely, knows, shares[q], moved[q])
            gain[q] += outlook.speaks * one / len(tables)
            harm[q] += outlook.no_skill * two
    return Worth(gain, harm, _shared(np.asarray(heavy @ apart.T), shares))


def _answers(response: Response) -> tuple[Floats, Floats, Bools]:
    """By draw and answer, the chance and the weight of it in each state.

    Shapes (k, 5, 5) and (k, 5, 5); and which draws know anything, shape (k,).
    """
    draws = len(response.skill)
    chance, likely = np.empty((draws, 5, 5)), np.empty((draws, 5, 5))
    said = [Vote("", "a", "b", way, what, 2, "") for what, way in _ANSWERS]
    for k in range(draws):
        rows, skill = response.rows[k][_ROW_OF_STATE], float(response.skill[k])
        right = 1.0 / (1.0 + np.exp(-max(skill, 0.0)))
        ahead = np.array([right, 1.0 - right, right, 1.0 - right, 0.5])
        chance[k] = [
            rows[:, 0] * ahead, rows[:, 0] * (1.0 - ahead), *rows[:, 1:].T
        ]  # fmt: skip
        likely[k] = np.exp(response.worth(said, k, 0))
    return chance, likely, response.skill > 0.0


@dataclass(frozen=True, eq=False)
class _Loss:
    """Expected loss of the best decision, over the pairs that are not settled."""

    arcs: npt.NDArray[np.float32]  # (g, 2m): i --> j of each pair, then j --> i
    base: Floats  # (m,)
    matters: Floats  # (m,)
    now: Floats  # (4, m) of no edge, i --> j, j --> i, undirected

    @classmethod
    def of(cls, outlook: Outlook, weights: Floats, matters: Floats | None) -> _Loss:
        arcs = outlook.samples.arcs[outlook.some]
        i, j = np.triu_indices(arcs.shape[1], 1)
        both = np.concatenate([arcs[:, i, j], arcs[:, j, i]], axis=1)
        both = both.astype(np.float32)
        shares = (weights @ both).astype(np.float64)
        base = outlook.base[i, j]
        all_now = _losses(shares, base)
        open_ = np.flatnonzero(all_now.min(axis=0) > _LEAST_RISK)
        m = len(i)
        weight = np.ones(len(open_)) if matters is None else matters[i, j][open_]
        kept = both[:, np.concatenate([open_, m + open_])]
        return cls(kept, base[open_], weight, all_now[:, open_])

    def of_question(
        self,
        chance: Floats,
        likely: Floats,
        knows: Bools,
        shares: Floats,
        moved: Floats,
    ) -> tuple[float, float]:
        """Gain of one question, and cost of its worst answer if that means nothing."""
        said = chance @ shares  # (k, 5)
        after = likely @ moved / np.maximum(likely @ shares, 1e-12)[..., None]
        then = _losses(after, self.base)  # (4, k, 5, m)
        best = then.argmin(axis=0)
        before = float(self.now.min(axis=0) @ self.matters)
        left = then.min(axis=0) @ self.matters
        gain = max(0.0, before - float((said * left).sum(axis=1).mean()))
        if not knows.any():
            return gain, 0.0
        m = np.arange(len(self.base))
        cost = self.now[best[knows], m] @ self.matters - before
        return gain, max(0.0, float(cost.max(axis=1).mean()))


def _losses(shares: Floats, base: Floats) -> Floats:
    """Expected loss of no edge, forward, backward and undirected, shape (4, ..., m)."""
    m = shares.shape[-1] // 2
    there = shares[..., :m] + shares[..., m:]
    odds = base + odds_if_adjacent(shares[..., :m], shares[..., m:])
    ahead = 1.0 / (1.0 + np.exp(-odds))
    return np.stack(
        [
            there,
            1.0 - there * ahead,
            1.0 - there * (1.0 - ahead),
            1.0 - (1.0 - UNDIRECTED_COST) * there,
        ]
    )


def _shared(joint: Floats, shares: Floats) -> Floats:
    """Mutual information of the pairs' states over the entropy of the first."""
    n = len(shares)
    joint = joint.reshape(n, 5, n, 5).transpose(0, 2, 1, 3)
    apart = shares[:, None, :, None] * shares[None, :, None, :]
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(joint > 0, joint * np.log(joint / apart), 0.0)
        entropy = -np.where(shares > 0, shares * np.log(shares), 0.0).sum(axis=1)
    told = terms.sum(axis=(2, 3)) / np.maximum(entropy[:, None], 1e-9)
    return np.clip(np.nan_to_num(told), 0.0, 1.0)
