"""How an expert answers, learnt from the rows without labels.

The model, written down before it was coded (docs/decisions/0007):

* **state** of a pair: an edge, one an ancestor but no parent of the other, or neither;
* **row** of a state: probabilities of a direction, of opposite directions in the two
  presentation orders (split), of "no direct relation" and of "common cause"; Dirichlet,
  worth ``STRENGTH`` pairs; with probability 2/3 the three rows are one, and then
  answers say nothing about whether there is an edge;
* **level** of a direction: into which third of what this expert stated its stated
  probability falls, so that only the order of stated probabilities counts; by state a
  Dirichlet around the shares of the levels, one for all states with probability 2/3;
* **skill** ``t``: a direction given in both presentation orders is right with
  probability ``sigmoid(t)``, one given in a single order with ``sigmoid(t / 2)``; with
  probability 7/8 ``t = 0`` (the expert knows nothing), otherwise ``sigmoid(t)`` is
  Beta(4, 1), which still allows an expert that is wrong more often than right. So one
  that the rows bear out in no way is right with about 7/8 * 1/2 + 1/8 = 0.56, which
  directs nothing where the rows are even (docs/decisions/0007 has the exceptions);
* the **states** are not known: each pair's are as probable as the rows alone say;
* **audit**: where the expert was audited, its discounted counts stand as answers heard
  before, for rows and skill alike (:class:`llmcd.combiner.audited.Audited`); what is
  reported as accuracy leaves them out;
* **target**: skill on the pairs that matter may differ by a discrepancy ``N(0, 1/2^2)``
  from skill in general; it is floored at 0 (a bad expert is reported, never believed in
  reverse) and capped.

By Gibbs sampling; what comes out are draws, so that nothing is plugged in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import lgamma

import numpy as np
import numpy.typing as npt

from llmcd.combiner.audited import Audited
from llmcd.combiner.evidence import Vote

__all__ = [
    "CAP",
    "DISCREPANCY_SD",
    "SINGLE",
    "SLAB",
    "SPIKE",
    "Response",
    "States",
    "learn_response",
]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
States = Mapping[tuple[str, str], Sequence[float]]
"""For a pair ``(a, b)`` in name order the probabilities of ``a --> b``, ``b --> a``, a
an ancestor of b, b one of a, neither."""

SPIKE = 7.0 / 8.0
SLAB = (4.0, 1.0)
SINGLE = 0.5
CAP = 3.0
DISCREPANCY_SD = 0.5
STRENGTH = 3.0
TIED = 2.0 / 3.0
# direction, split, none, common cause; between the rates of GPT-4 in 2023, which
# directs 60 % of ancestor pairs and 35 % of unrelated ones, and stricter models
_ROWS = np.array(
    [[0.70, 0.05, 0.20, 0.05], [0.50, 0.05, 0.35, 0.10], [0.35, 0.05, 0.45, 0.15]]
)
_TIED_LOG_ODDS = float(np.log(TIED / (1.0 - TIED)))
_ROW_OF_STATE = np.array([0, 0, 1, 1, 2])
_GRID = np.concatenate([[0.0], np.linspace(-5.0, 5.0, 101)])
_DIRECTION, _SPLIT, _NONE, _CAUSE, _MIXED = range(5)
_PATTERNS = {
    "both": _DIRECTION,
    "one": _DIRECTION,
    "split": _SPLIT,
    "none": _NONE,
    "common cause": _CAUSE,
    "mixed": _MIXED,
}
_LEVELS = 3
_LEAST_STATED = 6  # directions, or there are no levels
_SWEEPS, _BURN = 600, 100
_TRUST = 0.98  # that a pair's states are as the rows say; otherwise all are possible


@dataclass(frozen=True, eq=False)
class Response:
    """Draws from the posterior of how one expert answers.

    Attributes
    ----------
    skill : array of float, shape (d,)
        Log-odds that a direction given in both orders is right.
    rows : array of float, shape (d, 3, 4)
        For an edge, an ancestor and neither: probabilities of a direction, a split,
        none and a common cause.
    mass : array of float, shape (102,)
        Posterior probability of each skill of the grid, averaged over the draws.
    flat_mass : array of float, shape (102,)
        The same with any accuracy as likely as any other before: what is reported,
        while what is decided rests on ``mass``.
    levels : array of float, shape (d, 3, l)
        Of a direction about an edge, an ancestor and neither: probabilities of each
        level of its stated probability; one level where nothing was stated.
    cuts : tuple of float
        Stated probabilities between the levels.
    """

    skill: Floats
    rows: Floats
    mass: Floats
    flat_mass: Floats
    levels: Floats | None = None
    cuts: tuple[float, ...] = ()

    def accuracy(self, pattern: str = "both") -> float:
        """Posterior mean accuracy of a direction, any being as likely before."""
        return float(self.flat_mass @ _sigmoid(_scale(pattern) * _GRID))

    def interval(self, level: float = 0.9) -> tuple[float, float]:
        """Equal-tailed credible interval of the accuracy of a ``both`` direction."""
        order = np.argsort(_GRID, kind="stable")
        below = np.cumsum(self.flat_mass[order])
        tail = (1.0 - level) / 2.0
        at = np.searchsorted(below, [tail, 1.0 - tail])
        low, high = _GRID[order][np.minimum(at, len(order) - 1)]
        return float(_sigmoid(low)), float(_sigmoid(high))

    def weight(self, pattern: str = "both") -> float:
        """Log-odds that a direction is worth; never negative, at most ``CAP``."""
        target = np.clip(_GRID, 0.0, CAP)
        right = float(self.mass @ _sigmoid(_scale(pattern) * target))
        return float(min(CAP, np.log(right / (1.0 - right))))

    def chance_of_contradiction(self) -> float:
        """Posterior probability that the expert is wrong more often than right."""
        return float(self.flat_mass[_GRID < 0].sum())

    def chance_of_no_skill(self) -> float:
        """Posterior probability that its directions are no better than a coin's."""
        return float(self.mass[_GRID <= 0.0].sum())

    def shares(self, level: float = 0.9) -> Floats:
        """Mean, low and high share of directions, shape (3, 3).

        Rows are an edge, an ancestor and neither: the first is the sensitivity, one
        minus the last the specificity of existence.
        """
        tail = (1.0 - level) / 2.0
        said = self.rows[:, :, _DIRECTION]
        low, high = np.quantile(said, [tail, 1.0 - tail], axis=0)
        return np.stack([said.mean(axis=0), low, high], axis=1)

    def worth(self, votes: Sequence[Vote], draw: int, seed: int) -> Floats:
        """Log-likelihood of votes in each state of their pairs, by one draw.

        Parameters
        ----------
        votes : sequence of Vote
            Of this expert.
        draw : int
            Which draw; they are taken in turn.
        seed : int
            Of the discrepancy.

        Returns
        -------
        array of float, shape (q, 5)
            In the order of ``States``; the largest of each row is 0, the smallest at
            least ``-CAP``.
        """
        k = draw % len(self.skill)
        skill = self.skill[k]
        if skill != 0.0:
            rng = np.random.default_rng([seed, draw])
            skill = skill + DISCREPANCY_SD * rng.standard_normal()
        skill = float(np.clip(skill, 0.0, CAP))
        sure = self._by_level(k)
        found = np.zeros((len(votes), 5))
        for q, vote in enumerate(votes):
            what = _PATTERNS.get(vote.pattern)
            if what is None or what == _SPLIT:
                continue
            edge, ancestor, neither = _likelihoods(self.rows[k], what)
            if what == _DIRECTION:
                # never a negative weight: a direction speaks for an edge or for nothing
                ancestor = min(ancestor, edge)
                neither = min(neither, ancestor)
            else:
                ancestor = max(ancestor, edge)
                neither = max(neither, ancestor)
            found[q] = np.log([edge, edge, ancestor, ancestor, neither])
            if vote.direction:
                found[q] += _direction_terms(vote, skill)
                level = _level(vote, self.cuts)
                if level >= 0:
                    found[q, 2:] -= sure[[0, 0, 1], level]
        return np.maximum(found - found.max(axis=1, keepdims=True), -CAP)

    def _by_level(self, k: int) -> Floats:
        """What each level says for an edge, over an ancestor and over neither, (2, l).

        More where more was stated, or the same for all: an expert that is surest where
        there is nothing is not believed in reverse.
        """
        if self.levels is None or not self.cuts:
            return np.zeros((2, 1))
        edge, others = self.levels[k, 0], self.levels[k, 1:]
        apart = np.log(np.maximum(edge, 1e-6)) - np.log(np.maximum(others, 1e-6))
        share = self.levels[k].mean(axis=0)
        return np.stack([_rising(one, share) for one in apart])


def _level(vote: Vote, cuts: Sequence[float]) -> int:
    """Which level a vote's stated probability has; -1 when there is none."""
    if not cuts or vote.stated is None:
        return -1
    return int(np.searchsorted(cuts, vote.stated, side="left"))


def _cuts(votes: Sequence[Vote]) -> tuple[float, ...]:
    """Where the levels of an expert's stated probabilities are parted."""
    said = [v.stated for v in votes if v.direction and v.stated is not None]
    if len(said) < _LEAST_STATED:
        return ()
    at = np.quantile(said, np.arange(1, _LEVELS) / _LEVELS, method="lower")
    return tuple(sorted({float(x) for x in at if x < max(said)}))


def _rising(values: Floats, weight: Floats) -> Floats:
    """The nearest values that do not fall; nought when they are all the same.

    Notes
    -----
    Pool adjacent violators: Barlow and others (1972), *Statistical inference under
    order restrictions*.
    """
    blocks: list[tuple[float, float, int]] = []
    for value, heavy in zip(values.tolist(), weight.tolist(), strict=True):
        blocks.append((value, heavy, 1))
        while len(blocks) > 1 and blocks[-2][0] >= blocks[-1][0]:
            (x, v, m), (y, w, n) = blocks[-2:]
            blocks[-2:] = [((x * v + y * w) / (v + w), v + w, m + n)]
    if len(blocks) == 1:
        return np.zeros(len(values))
    return np.concatenate([np.full(n, x) for x, _, n in blocks])


def _sigmoid(x: npt.ArrayLike) -> Floats:
    return 1.0 / (1.0 + np.exp(-np.asarray(x, dtype=np.float64)))


def _scale(pattern: str) -> float:
    return 1.0 if pattern == "both" else SINGLE


def _likelihoods(rows: Floats, what: int) -> tuple[float, float, float]:
    said = rows[:, _NONE] + rows[:, _CAUSE] if what == _MIXED else rows[:, what]
    edge, ancestor, neither = (float(x) for x in np.maximum(said, 1e-6))
    return edge, ancestor, neither


def _direction_terms(vote: Vote, skill: float) -> Floats:
    """Log-probability of the direction in each state."""
    x = _scale(vote.pattern) * skill
    forward = -np.logaddexp(0.0, -x if vote.direction > 0 else x)
    backward = -np.logaddexp(0.0, x if vote.direction > 0 else -x)
    return np.array([forward, backward, forward, backward, np.log(0.5)])


def learn_response(
    votes: Sequence[Vote],
    states: States,
    *,
    audited: Audited | None = None,
    draws: int = 24,
    seed: int = 0,
) -> Response:
    """Learn how an expert answers from what the rows say about the pairs.

    Parameters
    ----------
    votes : sequence of Vote
        Of one expert, in an order that depends on content only; those about pairs
        without states are ignored.
    states : mapping
        For each pair what the rows alone say.
    audited : Audited, optional
        What an audit heard before.
    draws : int, optional
        Draws that are returned.
    seed : int, optional
        Of the sampler.

    Returns
    -------
    Response
        The prior's draws when there is nothing to learn from.

    Notes
    -----
    Dawid and Skene (1979), *Maximum likelihood estimation of observer error-rates
    using the EM algorithm*, with priors and by Gibbs sampling; the truth's distribution
    is cut off from the answers (Plummer 2015, *Cuts in Bayesian graphical models*), so
    that an expert cannot talk the rows into agreeing with it.

    Examples
    --------
    >>> ten = [Vote("m", "a", f"b{i}", 1, "both", 2, "") for i in range(10)]
    >>> sure = {("a", f"b{i}"): (0.9, 0.02, 0.02, 0.02, 0.04) for i in range(10)}
    >>> learn_response(ten, sure).accuracy() > learn_response([], {}).accuracy()
    True
    """
    used = [v for v in votes if (v.a, v.b) in states and v.pattern in _PATTERNS]
    given = np.array([states[v.a, v.b] for v in used]).reshape(-1, 5)
    given = _TRUST * given + (1.0 - _TRUST) / 5.0
    cuts = _cuts(used)
    sampler = _Gibbs.of(used, given, cuts, audited, np.random.default_rng(seed))
    skills, rows, levels, mass, flat_mass = sampler.run()
    # stratified: each draw stands for the same share of the posterior of the skill
    at = (np.arange(draws) + 0.5) / draws
    order = np.argsort(skills, kind="stable")
    pick = order[(at * len(skills)).astype(int)]
    return Response(
        _quantiles(mass, at), rows[pick], mass, flat_mass, levels[pick], cuts
    )


def _quantiles(mass: Floats, at: Floats) -> Floats:
    order = np.argsort(_GRID, kind="stable")
    below = np.cumsum(mass[order])
    place = np.searchsorted(below, at * below[-1])
    return _GRID[order][np.minimum(place, len(order) - 1)]


@dataclass(frozen=True, eq=False)
class _Gibbs:
    """Latent states, rows and skill, each drawn given the others."""

    what: Ints  # (q,) pattern
    sign: Ints  # (q,) direction
    scale: Floats  # (q,) of the skill
    level: Ints  # (q,) of what was stated; -1 for nothing
    usual: Floats  # (l,) shares of the levels
    given: Floats  # (q, 5) states by the rows alone
    heard: Floats  # (3, 4) patterns by state that an audit heard
    skilled: Floats  # (102,) what an audit makes of each skill of the grid
    rng: np.random.Generator

    @classmethod
    def of(
        cls,
        votes: Sequence[Vote],
        given: Floats,
        cuts: Sequence[float],
        audited: Audited | None,
        rng: np.random.Generator,
    ) -> _Gibbs:
        level = np.array(
            [_level(v, cuts) if v.direction else -1 for v in votes], dtype=np.int64
        )
        counts = np.bincount(level[level >= 0], minlength=len(cuts) + 1) + 0.5
        heard, skilled = np.zeros((3, 4)), np.ones(len(_GRID))
        if audited is not None:
            heard = np.array(audited.rows)
            right = _sigmoid(_GRID)
            skilled = right**audited.right * (1.0 - right) ** audited.wrong
        return cls(
            np.array([_PATTERNS[v.pattern] for v in votes], dtype=np.int64),
            np.array([v.direction for v in votes], dtype=np.int64),
            np.array([_scale(v.pattern) for v in votes]),
            level,
            counts / counts.sum(),
            given,
            heard,
            skilled,
            rng,
        )

    def run(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        a, b = SLAB
        r = _sigmoid(_GRID[1:])
        slab = r**a * (1.0 - r) ** b
        flat = np.concatenate([[0.0], r * (1.0 - r)])  # any r alike, on this grid
        prior = np.concatenate([[SPIKE], (1.0 - SPIKE) * slab / slab.sum()])
        prior *= self.skilled
        rows, skill = _ROWS.copy(), 1.0
        levels = np.tile(self.usual, (3, 1))
        skills: list[float] = []
        kept: list[Floats] = []
        kept_levels: list[Floats] = []
        mass, flat_mass = np.zeros(len(_GRID)), np.zeros(len(_GRID))
        for sweep in range(_SWEEPS):
            # skill with the states summed out, or the two would hold each other fast
            likely = self._skill(rows, levels)
            share = likely * prior / (likely @ prior)
            place = np.searchsorted(np.cumsum(share), self.rng.random() * (1 - 1e-12))
            skill = float(_GRID[min(int(place), len(_GRID) - 1)])
            state = self._states(rows, levels, skill)
            rows, levels = self._rows(state, rows), self._levels(state)
            if sweep >= _BURN:
                skills.append(skill)
                kept.append(rows)
                kept_levels.append(levels)
                mass += share
                flat_mass += likely * flat / (likely @ flat)
        done = _SWEEPS - _BURN
        return (
            np.array(skills),
            np.array(kept),
            np.array(kept_levels),
            mass / done,
            flat_mass / done,
        )

    def _said(self, rows: Floats, levels: Floats) -> Floats:
        """Probability of pattern and level, not of the direction, by state, (q, 5)."""
        mixed = rows[:, [_NONE]] + rows[:, [_CAUSE]]
        said = np.hstack([rows, mixed])[:, self.what]
        said = np.where(self.level >= 0, said * levels[:, self.level], said)
        return np.asarray(said.T[:, _ROW_OF_STATE])

    def _states(self, rows: Floats, levels: Floats, skill: float) -> Ints:
        if not len(self.what):
            return np.zeros(0, dtype=np.int64)
        said = self._said(rows, levels)
        right = _sigmoid(self.scale * skill)
        forward = np.where(self.sign > 0, right, 1.0 - right)
        part = np.stack(
            [forward, 1.0 - forward, forward, 1.0 - forward, 0.5 + 0.0 * forward], 1
        )
        likely = np.where((self.sign != 0)[:, None], said * part, said) * self.given
        below = np.cumsum(likely, axis=1)
        drawn = self.rng.random(len(likely)) * below[:, -1]
        return np.asarray((drawn[:, None] > below[:, :4]).sum(axis=1))

    def _rows(self, state: Ints, rows: Floats) -> Floats:
        row = _ROW_OF_STATE[state]
        what = self.what.copy()
        mixed = np.flatnonzero(what == _MIXED)
        if len(mixed):
            chance = rows[row[mixed], _CAUSE]
            chance = chance / (chance + rows[row[mixed], _NONE])
            cause = self.rng.random(len(mixed)) < chance
            what[mixed] = np.where(cause, _CAUSE, _NONE)
        counts = self.heard.copy()
        np.add.at(counts, (row, what), 1.0)
        return self._one_or_three(counts, STRENGTH * _ROWS)

    def _levels(self, state: Ints) -> Floats:
        counts = np.zeros((3, len(self.usual)))
        stated = self.level >= 0
        np.add.at(counts, (_ROW_OF_STATE[state[stated]], self.level[stated]), 1.0)
        return self._one_or_three(counts, np.tile(STRENGTH * self.usual, (3, 1)))

    def _one_or_three(self, counts: Floats, prior: Floats) -> Floats:
        """Rows drawn given counts: one for all states, or one for each."""
        one = prior.mean(axis=0)
        apart = sum(_log_evidence(c, p) for c, p in zip(counts, prior, strict=True))
        together = _log_evidence(counts.sum(axis=0), one)
        tied = self.rng.random() < _sigmoid(together - apart + _TIED_LOG_ODDS)
        if tied:
            return np.tile(self.rng.dirichlet(one + counts.sum(axis=0)), (3, 1))
        return np.array(
            [self.rng.dirichlet(p + c) for p, c in zip(prior, counts, strict=True)]
        )

    def _skill(self, rows: Floats, levels: Floats) -> Floats:
        """Likelihood of each skill of the grid, up to a constant."""
        directed = self.sign != 0
        joint = (self._said(rows, levels) * self.given)[directed]
        forward, backward = joint[:, [0, 2]].sum(axis=1), joint[:, [1, 3]].sum(axis=1)
        ahead = self.sign[directed] > 0
        agree, against = (
            np.where(ahead, forward, backward), np.where(ahead, backward, forward)
        )  # fmt: skip
        right = _sigmoid(np.outer(_GRID, self.scale[directed]))
        likely = right * agree + (1.0 - right) * against + 0.5 * joint[:, 4]
        total = np.log(np.maximum(likely, 1e-300)).sum(axis=1)
        return np.asarray(np.exp(total - total.max()))


def _log_evidence(counts: Floats, prior: Floats) -> float:
    """Log marginal likelihood of counts under a Dirichlet prior, up to a constant."""
    total = lgamma(float(prior.sum())) - lgamma(float((prior + counts).sum()))
    return total + sum(
        lgamma(p + c) - lgamma(p)
        for p, c in zip(prior.tolist(), counts.tolist(), strict=True)
    )
