"""Safe mode: the expert may only direct what the data's CPDAG leaves undirected.

Every member of the data's class is as likely as any other to begin with; the votes
reweight them. The result is the MPDAG of least expected loss among those that
greedy orientation reaches, where a wrong direction costs 1 and an undirected edge
``UNDIRECTED_COST``. Equally likely members are a convention and no evidence, so that an
edge is directed only where the answers about it favour that direction and the answers
alone, with both directions equally likely before, would pay for it. Skeleton,
v-structures and everything that the data or the background knowledge directs stay as
they are, whatever the expert says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from llmcd.combiner.evidence import Vote
from llmcd.combiner.reliability import Skill
from llmcd.combiner.response import SINGLE
from llmcd.equivalence import members, orient
from llmcd.graph import Graph

__all__ = ["Oriented", "orient_by_votes", "undirected_components"]

UNDIRECTED_COST = 0.4
MEMBER_LIMIT = 1000
DRAWS = 1000
LEAST_EFFECTIVE = 10.0

Floats = npt.NDArray[np.float64]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Oriented:
    """What safe mode decided.

    Attributes
    ----------
    graph : Graph
        The MPDAG.
    shares : mapping of (str, str) to float
        For each pair that was undirected, in name order, the posterior probability
        that the first is the cause.
    by_expert : tuple of (str, str)
        (cause, effect) in the order in which they were directed.
    warnings : tuple of str
        Components on which the reweighting collapsed and nothing was directed.
    """

    graph: Graph
    shares: Mapping[Pair, float]
    by_expert: tuple[Pair, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _Members:
    """Orientations of one undirected component."""

    pairs: tuple[Pair, ...]
    forward: npt.NDArray[np.bool_]  # (m, k): is pair k directed in name order
    base: Floats  # (m,) log importance weight; 0 when enumerated


def undirected_components(graph: Graph) -> tuple[tuple[str, ...], ...]:
    """Sets of nodes connected by undirected edges, each with at least one edge.

    Their orientations are independent of each other: in each of Meek's four rules
    the edge that becomes directed shares its component with every edge that was
    undirected before (for CPDAGs: Andersson, Madigan, Perlman 1997, Theorem 4.1).

    Examples
    --------
    >>> undirected_components(Graph.from_edges("abcd", undirected=[("a", "b")]))
    (('a', 'b'),)
    """
    lines = graph.lines
    seen: npt.NDArray[np.bool_] = np.logical_not(lines.any(axis=0))
    found: list[tuple[str, ...]] = []
    for start in range(len(graph.names)):
        if seen[start]:
            continue
        inside = np.zeros(len(graph.names), dtype=bool)
        inside[start] = True
        while True:
            wider = inside | lines[inside].any(axis=0)
            if np.array_equal(wider, inside):
                break
            inside = wider
        seen |= inside
        found.append(tuple(graph.names[i] for i in np.flatnonzero(inside)))
    return tuple(found)


def _induced(graph: Graph, nodes: Sequence[str]) -> Graph:
    at = [graph.index(v) for v in nodes]
    return Graph(tuple(nodes), graph.marks[np.ix_(at, at)])


def _orientations(
    part: Graph, lean: Mapping[Pair, float], rng: np.random.Generator
) -> _Members:
    """All members of a component, or weighted draws when there are too many."""
    pairs = tuple(sorted((min(p), max(p)) for p in part.undirected_edges()))
    rows: list[list[bool]] = []
    base: list[float] = []
    for count, member in enumerate(members(part)):
        if count == MEMBER_LIMIT:
            rows, base = [], []
            for member_drawn, log_weight in _draws(part, lean, rng):
                rows.append([_is_forward(member_drawn, p) for p in pairs])
                base.append(log_weight)
            break
        rows.append([_is_forward(member, p) for p in pairs])
        base.append(0.0)
    return _Members(pairs, np.array(rows, dtype=bool), np.array(base))


def _is_forward(graph: Graph, pair: Pair) -> bool:
    return bool(graph.arcs[graph.index(pair[0]), graph.index(pair[1])])


def _draws(
    part: Graph, lean: Mapping[Pair, float], rng: np.random.Generator
) -> Iterator[tuple[Graph, float]]:
    """Members drawn edge by edge in the direction the votes lean.

    The chance of each draw is known, so one over it is its importance weight under
    equally likely members.
    """
    for _ in range(DRAWS):
        graph, log_chance = part, 0.0
        while graph.lines.any():
            open_pairs = [(min(p), max(p)) for p in graph.undirected_edges()]
            pair = max(open_pairs, key=lambda p: (abs(lean.get(p, 0.0)), p))
            chance = 1.0 / (1.0 + np.exp(-lean.get(pair, 0.0)))
            forward = rng.random() < chance
            log_chance += float(np.log(chance if forward else 1.0 - chance))
            graph = orient(graph, *(pair if forward else pair[::-1]))
        yield graph, -log_chance


def _log_likelihood(part: _Members, votes: Sequence[Vote], skill: Skill) -> Floats:
    """Log-likelihood of one expert's votes, members x skill grid."""
    column = {pair: k for k, pair in enumerate(part.pairs)}
    right = {"both": np.zeros(len(part.base)), "one": np.zeros(len(part.base))}
    asked = {"both": 0, "one": 0}
    for vote in votes:
        k = column.get((vote.a, vote.b))
        if k is None or vote.direction == 0:
            continue
        right[vote.pattern] += part.forward[:, k] == (vote.direction > 0)
        asked[vote.pattern] += 1
    total = np.zeros((len(part.base), len(skill.target)))
    for pattern, scale in (("both", 1.0), ("one", SINGLE)):
        t = scale * skill.target
        log_right, log_wrong = -np.logaddexp(0.0, -t), -np.logaddexp(0.0, t)
        total += np.outer(right[pattern], log_right)
        total += np.outer(asked[pattern] - right[pattern], log_wrong)
    return total


def _log_mean(table: Floats, log_weight: Floats, axis: int) -> Floats:
    shape = [1, 1]
    shape[axis] = -1
    raised = table + log_weight.reshape(shape)
    top = raised.max(axis=axis, keepdims=True)
    return np.squeeze(top, axis) + np.log(np.exp(raised - top).sum(axis=axis))


def _member_shares(
    parts: Sequence[_Members],
    votes: Mapping[str, Sequence[Vote]],
    skills: Mapping[str, Skill],
) -> list[Floats]:
    """Probability of each member, component by component.

    The skill is cut off from the answers that are judged: for each skill the members'
    posterior, averaged over what the probes say of the skill. Otherwise answers that
    agree with each other would vouch for themselves, and an adversary's agree as well
    as an expert's. Exact for one expert; several are taken as independent given the
    graph.
    """
    shares: list[Floats] = []
    for part in parts:
        prior = part.base - np.logaddexp.reduce(part.base)
        log_share = part.base.copy()
        for expert, skill in skills.items():
            table = _log_likelihood(part, votes[expert], skill)
            apart = table - _log_mean(table, prior, 0)
            log_share += _log_mean(apart, np.log(np.maximum(skill.mass, 1e-300)), 1)
        log_share -= np.logaddexp.reduce(log_share)
        shares.append(np.exp(log_share))
    return shares


def orient_by_votes(
    graph: Graph,
    votes: Mapping[str, Sequence[Vote]],
    skills: Mapping[str, Skill],
    *,
    order: Sequence[str] = (),
    seed: int = 0,
) -> Oriented:
    """Direct what is undirected, as far as the votes carry.

    Parameters
    ----------
    graph : Graph
        The data's CPDAG, or MPDAG under background knowledge.
    votes : mapping of str to sequence of Vote
        Votes by expert.
    skills : mapping of str to Skill
        Skill by expert; the same keys.
    order : sequence of str, optional
        The nodes in an order that depends on their content only; ties and draws
        follow it, so that names and the order of columns change nothing. By default
        the order of the graph.
    seed : int, optional
        For components with more than ``MEMBER_LIMIT`` members, which are sampled.

    Returns
    -------
    Oriented

    Notes
    -----
    Directing follows Meek 1995, section 4; by its Theorem 4 no orientation of an
    undirected edge of an MPDAG is impossible, so nothing has to be undone.

    Examples
    --------
    >>> from llmcd.combiner.reliability import learn_skill
    >>> g = Graph.from_edges("ab", undirected=[("a", "b")])
    >>> vote = Vote("m", "a", "b", 1, "both", 2, "a --> b")
    >>> print(orient_by_votes(g, {"m": [vote]}, {"m": learn_skill([], {})}).graph)
    a --- b

    An expert that agreed with the data elsewhere is heard:

    >>> right = {("p", f"q{k}"): 0.9 for k in range(9)}
    >>> seen = [Vote("m", *pair, 1, "both", 2, "p --> q") for pair in right]
    >>> skill = learn_skill(seen, right)
    >>> print(orient_by_votes(g, {"m": [vote]}, {"m": skill}).graph)
    a --> b
    """
    ranked = [v for v in order if v in graph.names]
    ranked += [v for v in graph.names if v not in set(ranked)]
    codes = {v: f"{k:06d}" for k, v in enumerate(ranked)}
    coded = {e: [_renamed(v, codes) for v in cast] for e, cast in votes.items()}
    found = _orient(graph.reorder(ranked).rename(codes), coded, skills, seed)
    names = {code: v for v, code in codes.items()}
    return Oriented(
        found.graph.rename(names).reorder(graph.names),
        {
            _sorted((names[a], names[b])): p if names[a] < names[b] else 1.0 - p
            for (a, b), p in found.shares.items()
        },
        tuple((names[a], names[b]) for a, b in found.by_expert),
        tuple(
            text.format(**{f"v{c}": v for c, v in names.items()})
            for text in found.warnings
        ),
    )


def _sorted(pair: Pair) -> Pair:
    return min(pair), max(pair)


def _renamed(vote: Vote, codes: Mapping[str, str]) -> Vote:
    a, b = codes[vote.a], codes[vote.b]
    if a < b:
        return replace(vote, a=a, b=b)
    return replace(vote, a=b, b=a, direction=-vote.direction)


def _orient(
    graph: Graph,
    votes: Mapping[str, Sequence[Vote]],
    skills: Mapping[str, Skill],
    seed: int,
) -> Oriented:
    lean: dict[Pair, float] = {}
    for expert, cast in votes.items():
        for vote in cast:
            if vote.direction:
                pull = vote.direction * skills[expert].weight(vote.pattern)
                lean[vote.a, vote.b] = lean.get((vote.a, vote.b), 0.0) + pull
    voted = [c for c in undirected_components(graph) if _any_vote(graph, c, lean)]
    rngs = map(np.random.default_rng, np.random.SeedSequence(seed).spawn(len(voted)))
    parts = [
        _orientations(_induced(graph, nodes), lean, rng)
        for nodes, rng in zip(voted, rngs, strict=True)
    ]
    shares: dict[Pair, float] = {}
    worth: dict[Pair, float] = {}
    warnings: list[str] = []
    for part, weight in zip(parts, _member_shares(parts, votes, skills), strict=True):
        effective = 1.0 / float((weight**2).sum())
        if part.base.any() and effective < LEAST_EFFECTIVE:
            around = f"{{v{part.pairs[0][0]}}}"
            warnings.append(
                f"The {len(part.pairs)} undirected edges around {around} "
                f"have too many orientations to weigh: {DRAWS} draws were worth "
                f"{effective:.1f}. None of them was directed by the expert."
            )
            continue
        forward = weight @ part.forward
        shares.update(zip(part.pairs, map(float, forward), strict=True))
        before = np.exp(part.base - np.logaddexp.reduce(part.base)) @ part.forward
        moved = _log_odds(forward) - _log_odds(before)
        worth.update(zip(part.pairs, map(float, moved), strict=True))
    least = _log_odds(1.0 - UNDIRECTED_COST)
    carried = {
        p: lean[p] > 0
        for p in shares
        if lean.get(p) and np.sign(lean[p]) * worth[p] > least
    }
    directed, chosen = _least_loss(graph, shares, carried)
    return Oriented(directed, shares, chosen, tuple(warnings))


def _log_odds(share: npt.ArrayLike) -> Floats:
    inside = np.clip(share, 1e-12, 1.0 - 1e-12)
    return np.log(inside) - np.log1p(-inside)


def _any_vote(graph: Graph, nodes: Sequence[str], lean: Mapping[Pair, float]) -> bool:
    open_pairs = _induced(graph, nodes).undirected_edges()
    return any(lean.get((min(p), max(p))) for p in open_pairs)


def _least_loss(
    graph: Graph, shares: Mapping[Pair, float], carried: Mapping[Pair, bool]
) -> tuple[Graph, tuple[Pair, ...]]:
    """Direct pairs, the surest first, while the expected loss falls.

    ``carried`` says for each pair that the votes carry whether they carry it forward.
    """
    chosen: list[Pair] = []
    sure = sorted(shares.items(), key=lambda item: (-abs(item[1] - 0.5), item[0]))
    for pair, share in sure:
        chance = max(share, 1.0 - share)
        if carried.get(pair) is not (share > 0.5) or chance <= 1.0 - UNDIRECTED_COST:
            continue
        cause, effect = pair if share > 0.5 else pair[::-1]
        if not graph.lines[graph.index(cause), graph.index(effect)]:
            continue
        closed = orient(graph, cause, effect)
        if _loss_change(graph, closed, shares) < 0:
            graph = closed
            chosen.append((cause, effect))
    return graph, tuple(chosen)


def _loss_change(before: Graph, after: Graph, shares: Mapping[Pair, float]) -> float:
    change = 0.0
    for i, j in np.argwhere(before.lines & after.arcs):
        a, b = before.names[i], before.names[j]
        right = shares[a, b] if a < b else 1.0 - shares[b, a]
        change += (1.0 - right) - UNDIRECTED_COST
    return change
