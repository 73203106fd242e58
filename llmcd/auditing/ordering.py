"""Votes on a causal order: pair by pair, or three variables at a time.

After Vashishtha et al. (ICLR 2025), *Causal order: the key to leveraging imperfect
experts in causal inference*, arXiv 2310.15117.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from llmcd.auditing.items import Item, Marked, Transcript
from llmcd.auditing.section import Measure, Section, share
from llmcd.auditing.worlds import WORLDS, World, dress
from llmcd.expert.kinds import kind_of
from llmcd.graph import Graph
from llmcd.metrics import d_top

__all__ = ["CausalOrder", "best_order", "cycles", "net_votes"]

NAME = "order"
WAYS = ("pairwise", "triplet")
_MOST = 12  # variables whose orders are searched through
_TIES = 100  # orders drawn where several are as good
_PUBLISHED = (
    "Votes of small models over triplets gave better orders than pairwise questions to "
    "GPT-4, which left many cycles (Vashishtha et al. 2025, arXiv 2310.15117, "
    "abstract)",
)


@dataclass(frozen=True)
class CausalOrder:
    """Which of two ways of asking gives the better order, and at what cost.

    Attributes
    ----------
    worlds : tuple of World
        Small known graphs.
    """

    worlds: tuple[World, ...] = WORLDS
    name: str = NAME

    def items(self, n: int, seed: int) -> tuple[Item, ...]:
        """Every pair and every triplet, in both presentation orders, world by world.

        Parameters
        ----------
        n : int
            How many at most; whole worlds are taken, one at least.
        seed : int
            Which worlds come first.

        Returns
        -------
        tuple of Item
        """
        found: list[Item] = []
        for k in np.random.default_rng([seed, 5]).permutation(len(self.worlds)):
            world = self.worlds[int(k)]
            shown = dress(world, "real")
            pairs = list(combinations(shown.named.values(), 2))
            more: list[Item] = []
            for way in WAYS:
                for asked in kind_of(way).questions(shown.variables, pairs):
                    facets = {"way": way, "world": world.name}
                    more.append(Item(asked, "", facets))
            if found and len(found) + len(more) > n:
                break
            found += more
        return tuple(found)

    def score(self, transcript: Transcript) -> Section:
        """Order accuracy, cycles, D_top and calls of both ways.

        Parameters
        ----------
        transcript : Transcript
            Of these items.

        Returns
        -------
        Section
        """
        measures: dict[str, tuple[Measure, ...]] = {}
        for way, part in transcript.by("way").items():
            measures[way] = self._of_way(way, part)
        best = max(measures.values(), key=lambda ms: ms[0].value or 0.0)
        worst = min(measures.values(), key=lambda ms: ms[0].value or 0.0)
        rest = [m for way in measures for m in measures[way]]
        words = [f"The better order came from {best[0].name.split(':')[0]} votes."]
        if best[0].value == worst[0].value:
            words = ["Both ways of asking gave equally good orders."]
        return Section.of(
            transcript,
            task=NAME,
            title="Which comes first? Pairs against triplets",
            measures=(best[0], *(m for m in rest if m is not best[0])),
            words=words,
            published=_PUBLISHED,
        )

    def _of_way(self, way: str, part: Transcript) -> tuple[Measure, ...]:
        right = n = arcs = rings = 0
        violated = 0.0
        calls = len(part)
        for world in self.worlds:
            mine = part.where(lambda x, w=world: x.item.facets["world"] == w.name)
            if not len(mine):
                continue
            prefix = f"{world.name}/real/"
            truth = world.graph
            votes = net_votes(mine, prefix)
            for (a, b), state in world.related().items():
                net = _net(votes, a, b)
                if state != "neither" and net:
                    n += 1
                    right += net > 0
            rings += cycles(truth.names, votes)
            arcs += truth.n_edges
            violated += _mean_d_top(truth, votes, self.worlds.index(world))
        return (
            share(f"{way}: order of cause and effect", right, n, 0.5),
            Measure(f"{way}: D_top", violated, n=arcs, chance=arcs / 2),
            Measure(f"{way}: cycles of three", float(rings), n=calls),
            Measure(f"{way}: calls", float(calls), n=calls),
        )


def net_votes(marked: Iterable[Marked], prefix: str = "") -> dict[tuple[str, str], int]:
    """Votes for each order of each pair.

    Parameters
    ----------
    marked : iterable of Marked
        Answers about pairs.
    prefix : str, optional
        Cut off from the names.

    Returns
    -------
    dict of (str, str) to int
        By cause and effect; a verdict without a direction is no vote.
    """
    found: dict[tuple[str, str], int] = {}
    for answer in (a for x in marked for a in x.answers):
        a, b = (name.removeprefix(prefix) for name in (answer.a, answer.b))
        if answer.verdict in ("a->b", "b->a"):
            pair = (a, b) if answer.verdict == "a->b" else (b, a)
            found[pair] = found.get(pair, 0) + 1
    return found


def _net(votes: Mapping[tuple[str, str], int], a: str, b: str) -> int:
    return votes.get((a, b), 0) - votes.get((b, a), 0)


def cycles(names: Sequence[str], votes: Mapping[tuple[str, str], int]) -> int:
    """Number of triples whose majorities go round.

    Examples
    --------
    >>> cycles("abc", {("a", "b"): 1, ("b", "c"): 1, ("c", "a"): 1})
    1
    """
    found = 0
    for a, b, c in combinations(names, 3):
        around = (_net(votes, a, b), _net(votes, b, c), _net(votes, c, a))
        found += min(around) > 0 or max(around) < 0
    return found


def best_order(
    names: Sequence[str],
    votes: Mapping[tuple[str, str], int],
    rng: np.random.Generator | None = None,
) -> tuple[str, ...]:
    """The order against which the fewest votes stand.

    Parameters
    ----------
    names : sequence of str
        At most 12.
    votes : mapping of (str, str) to int
        By cause and effect.
    rng : numpy.random.Generator, optional
        Chooses among orders that are as good; without it the first found is taken.

    Returns
    -------
    tuple of str

    Raises
    ------
    ValueError
        If there are too many names.

    Notes
    -----
    The minimum feedback arc order, exactly, by going through all subsets (Lawler 1964).

    Examples
    --------
    >>> best_order("abc", {("c", "a"): 2, ("a", "b"): 2, ("b", "c"): 1})
    ('c', 'a', 'b')
    """
    n = len(names)
    if n > _MOST:
        raise ValueError(f"orders of at most {_MOST} variables are searched, got {n}")
    chosen = [int(k) for k in (rng.permutation(n) if rng else range(n))]
    mixed = [names[k] for k in chosen]
    against = [[votes.get((b, a), 0) for b in mixed] for a in mixed]
    best: dict[int, tuple[int, tuple[int, ...]]] = {0: (0, ())}
    for subset in range(1, 2**n):
        options: list[tuple[int, tuple[int, ...]]] = []
        for last in (k for k in range(n) if subset >> k & 1):
            cost, before = best[subset & ~(1 << last)]
            # what votes that the last one precedes those before it
            cost += sum(against[k][last] for k in before)
            options.append((cost, (*before, last)))
        best[subset] = min(options)
    return tuple(mixed[k] for k in best[2**n - 1][1])


def _mean_d_top(truth: Graph, votes: Mapping[tuple[str, str], int], seed: int) -> float:
    rng = np.random.default_rng(seed)
    orders = [best_order(truth.names, votes, rng) for _ in range(_TIES)]
    return sum(d_top(truth=truth, order=order) for order in orders) / _TIES
