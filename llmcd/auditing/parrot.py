"""Does the expert know causes, or does it recite names? The same graphs, other names.

After Zecevic et al. (TMLR 2023), *Causal parrots: large language models may talk
causality but are not causal*. Worlds and wordings are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from llmcd.auditing.items import Item, Marked, Transcript
from llmcd.auditing.section import FEWEST, Measure, Section, level_of, share
from llmcd.auditing.worlds import SKINS, WORLDS, World, dress
from llmcd.combiner.audited import PATTERNS, STATES, Audited
from llmcd.expert.choices import A_OR_B, YES_NO
from llmcd.expert.questions import pairwise_question
from llmcd.metrics import brier, expected_calibration_error

__all__ = ["Confusion", "Parrot", "confusion_of"]

NAME = "parrot"
_DIRECTIONS = ("a->b", "b->a")


@dataclass(frozen=True)
class Confusion:
    """What an expert says to pairs of each kind, asked in both presentation orders.

    Attributes
    ----------
    counts : tuple of tuple of int
        Rows as ``STATES``, columns as ``PATTERNS``: the same direction in both orders,
        opposite ones, twice no direct relation, twice a common cause. Pairs with any
        other answers are not counted.
    right, wrong : int
        Of the directions given twice to pairs in which one causes the other.

    Examples
    --------
    >>> Confusion(((9, 1, 0, 0), (0, 0, 4, 0), (0, 0, 2, 0)), 8, 1).accuracy.value
    0.8888888888888888
    """

    counts: tuple[tuple[int, ...], ...]
    right: int
    wrong: int

    @property
    def accuracy(self) -> Measure:
        """Share of right ones among directions that were given twice."""
        return share("direction, given twice", self.right, self.right + self.wrong, 0.5)

    def prior(self) -> Audited:
        """What the audit is worth elsewhere: what ``combine(..., audit=)`` starts from.

        Returns
        -------
        Audited
            Discounted, as :meth:`Audited.discounted` says.
        """
        return Audited.discounted(self.counts, self.right, self.wrong)

    def to_dict(self) -> dict[str, Any]:
        """All fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Confusion:
        """Back from ``to_dict``.

        Raises
        ------
        KeyError
            If a field is missing.
        """
        rows = tuple(tuple(row) for row in given["counts"])
        return cls(rows, given["right"], given["wrong"])


@dataclass(frozen=True)
class Parrot:
    """The same graphs under real names, synonyms, codes, wrong names and nonsense.

    Attributes
    ----------
    worlds : tuple of World
        Small known graphs.
    """

    worlds: tuple[World, ...] = WORLDS
    name: str = NAME

    def items(self, n: int, seed: int) -> tuple[Item, ...]:
        """Questions about the pairs of the worlds, in both presentation orders.

        Parameters
        ----------
        n : int
            How many at most. Whole layers are taken, each through all worlds: the arcs
            under real names (always), in wrong places, as codes; the other pairs; A or
            B; nonsense; synonyms; other verbs. All take about 470.
        seed : int
            Of codes and nonsense words.

        Returns
        -------
        tuple of Item
        """
        found: list[Item] = []
        for layer in _layers(self.worlds, seed):
            if found and len(found) + len(layer) > n:
                break
            found += layer
        return tuple(found)

    def score(self, transcript: Transcript) -> Section:
        """Accuracy under each kind of name, stability, bias and calibration.

        Parameters
        ----------
        transcript : Transcript
            Of these items.

        Returns
        -------
        Section
            The first measure is the share of right directions under real names. Order
            consistency stands beside it as what it is: an expert that always says the
            same of a pair may always be wrong.
        """
        plain = transcript.where(lambda x: x.answer.kind == "pairwise")
        by_name = {skin: _directions(part) for skin, part in plain.by("names").items()}
        real = plain.where(lambda x: x.item.facets["names"] == "real")
        own = by_name.get("real", share("", 0, 0, 0.5))
        measures = (
            Measure("direction, real names", own.value, own.low, own.high, own.n, 0.5),
            *_stability(transcript, real),
            *_stated(real),
        )
        parts = {
            "direction by kind of names": tuple(
                by_name[skin] for skin in SKINS if skin in by_name
            ),
            "silence by kind of names": tuple(
                share(skin, len(part) - len(part.answered), len(part))
                for skin, part in plain.by("names").items()
            ),
            "a direction is claimed, real names": tuple(
                share(state, sum(x.said in _DIRECTIONS for x in part), len(part))
                for state, part in real.by("state").items()
            ),
        }
        return Section.of(
            transcript,
            task=NAME,
            title="Knowledge or names? The same graphs under other names",
            measures=measures,
            words=_words(by_name, measures),
            parts=parts,
        )


def _layers(worlds: tuple[World, ...], seed: int) -> Iterator[list[Item]]:
    """What is asked, the most telling first."""

    def arcs(skin: str) -> list[Item]:
        return [x for w in worlds for x in _plain(w, skin, seed, is_arc=True)]

    yield arcs("real")
    yield arcs("permuted")
    yield arcs("codes")
    yield [x for w in worlds for x in _plain(w, "real", seed, is_arc=False)]
    yield [x for w in worlds for x in _which(w)]
    yield arcs("nonsense")
    yield arcs("synonyms")
    yield [x for w in worlds for x in _verbs(w)]


def _plain(world: World, skin: str, seed: int, *, is_arc: bool) -> list[Item]:
    shown = dress(world, skin, seed)
    found: list[Item] = []
    for (cause, effect), state in world.related().items():
        if (state == "edge") != is_arc:
            continue
        for a, b in ((cause, effect), (effect, cause)):
            truth = "none" if state != "edge" else "a->b" if a == cause else "b->a"
            facets = {"names": skin, "state": state, "world": world.name}
            asked = pairwise_question(shown.variables, shown.named[a], shown.named[b])
            found.append(Item(asked, truth, facets))
    return found


_VERBS = (
    "Does {a} cause {b}?",
    "Does {a} lead to {b}?",
    "Is {b} a consequence of {a}?",
)


def _arcs(world: World) -> Iterator[tuple[str, str, bool]]:
    for cause, effect in world.arcs:
        yield cause, effect, True
        yield effect, cause, False


def _which(world: World) -> list[Item]:
    """A or B, without any other way out; real names only."""
    named = dress(world, "real").named
    found: list[Item] = []
    for a, b, is_forward in _arcs(world):
        facets = {"names": "real", "state": "edge", "world": world.name}
        text = f"Subject: {world.domain}\nA: {a}\nB: {b}\n\nWhich causes the other?"
        asked = A_OR_B.question(named[a], named[b], text)
        found.append(Item(asked, "a->b" if is_forward else "b->a", facets))
    return found


def _verbs(world: World) -> list[Item]:
    """The same claim with different verbs, both ways; real names only."""
    named = dress(world, "real").named
    found: list[Item] = []
    for a, b, is_forward in _arcs(world):
        facets = {"names": "real", "state": "edge", "world": world.name}
        for k, verb in enumerate(_VERBS):
            asked = YES_NO.question(named[a], named[b], verb.format(a=a, b=b), k)
            found.append(Item(asked, "yes" if is_forward else "no", facets))
    return found


# --- what the answers show ------------------------------------------------------------


def _directions(part: Iterable[Marked], name: str = "") -> Measure:
    """Share of right ones among the directions given to pairs with an arc."""
    told = [
        x for x in part if x.item.facets["state"] == "edge" and x.said in _DIRECTIONS
    ]
    names = {x.item.facets["names"] for x in told}
    label = name or (names.pop() if len(names) == 1 else "direction")
    return share(label, sum(x.is_right for x in told), len(told), 0.5)


def _both_orders(part: Iterable[Marked]) -> list[tuple[Marked, Marked]]:
    by_pair: dict[tuple[str, str], Marked] = {(x.answer.a, x.answer.b): x for x in part}
    return [
        (one, by_pair[b, a])
        for (a, b), one in by_pair.items()
        if a < b and (b, a) in by_pair
    ]


def _stability(transcript: Transcript, real: Transcript) -> tuple[Measure, ...]:
    pairs = _both_orders(real)
    told = [(x, y) for x, y in pairs if x.said in _DIRECTIONS and y.said in _DIRECTIONS]
    same = sum(x.said != y.said for x, y in told)
    first = [x.said == "a->b" for x in real if x.said in _DIRECTIONS]
    known = {(x.answer.a, x.answer.b): x.said for x in real}
    again = transcript.where(lambda x: x.answer.kind == A_OR_B.name).answered
    both = [(known.get((x.answer.a, x.answer.b)), x.said) for x in again]
    both = [(one, other) for one, other in both if one in _DIRECTIONS]
    verbs: dict[tuple[str, str, int], str | None] = {
        (x.answer.a, x.answer.b, x.answer.sample): x.said
        for x in transcript
        if x.answer.kind == YES_NO.name
    }
    ways = [(verbs[k], verbs[k[1], k[0], k[2]]) for k in verbs if k[0] < k[1]
            and (k[1], k[0], k[2]) in verbs]  # fmt: skip
    sure = [w for w in ways if None not in w]
    steady = [
        {verbs[a, b, k] for k in range(len(_VERBS))}
        for a, b, k in verbs
        if not k and all((a, b, j) in verbs for j in range(len(_VERBS)))
    ]
    steady = [said for said in steady if None not in said]
    return (
        share("order consistency", same, len(told)),
        share("the first shown is the cause", sum(first), len(first), 0.5),
        share("same answer in other words", sum(x == y for x, y in both), len(both)),
        share(
            "same answer to other verbs", sum(len(s) == 1 for s in steady), len(steady)
        ),
        share("both ways claimed", sure.count(("yes", "yes")), len(sure)),
    )


def _stated(real: Transcript) -> tuple[Measure, ...]:
    """How right the stated probabilities of directions are."""
    told = [
        (x.is_right, x.answer.stated[x.said])
        for x in real
        if x.said in _DIRECTIONS
        and x.item.facets["state"] == "edge"
        and x.said in x.answer.stated
    ]
    if not told:
        return (Measure("Brier score of stated probabilities", None),)
    right, p = [float(r) for r, _ in told], [q for _, q in told]
    n = len(told)
    loss = brier(truth=right, probability=p)
    error = expected_calibration_error(truth=right, probability=p)
    return (
        Measure("Brier score of stated probabilities", float(loss), n=n, chance=0.25),
        Measure("calibration error of stated probabilities", float(error), n=n),
    )


def confusion_of(transcript: Transcript) -> Confusion:
    """The confusion matrix under real names.

    Parameters
    ----------
    transcript : Transcript
        Of ``Parrot`` items.

    Returns
    -------
    Confusion
    """
    real = transcript.where(
        lambda x: x.answer.kind == "pairwise" and x.item.facets["names"] == "real"
    )
    counts = {(s, p): 0 for s in STATES for p in PATTERNS}
    right = wrong = 0
    for one, other in _both_orders(real):
        state = one.item.facets["state"]
        pattern = _pattern(one.said, other.said)
        if pattern is None:
            continue
        counts[state, pattern] += 1
        if state == "edge" and pattern == "direction":
            right += one.is_right
            wrong += not one.is_right
    rows = tuple(tuple(counts[s, p] for p in PATTERNS) for s in STATES)
    return Confusion(rows, right, wrong)


def _pattern(one: str | None, other: str | None) -> str | None:
    if one in _DIRECTIONS and other in _DIRECTIONS:
        # the two were shown the other way round
        return "split" if one == other else "direction"
    return one if one == other and one in PATTERNS else None


def _words(
    by_name: Mapping[str, Measure], measures: tuple[Measure, ...]
) -> tuple[str, ...]:
    """What follows, each sentence only where its interval says so."""
    told = {skin: level_of(one) for skin, one in by_name.items()}
    known = told.get("real", "too few answers")
    found: list[str] = []
    if known in ("weak", "useful", "reliable"):
        found.append(f"Under real names its directions are {known}.")
    elif known == "worse than chance":
        found.append("Under real names it turns cause and effect round.")
    elif known == "no better than chance":
        found.append("Even under real names its directions are no better than a coin.")
    else:
        found.append("It gave too few directions to say anything.")
    if told.get("permuted") == "worse than chance":
        found.append(
            "With the names in wrong places it follows the names, whatever the "
            "descriptions say: it recites what is known of the names, and where a "
            "column means something else, it will be wrong."
        )
    hidden = [told[s] for s in ("codes", "nonsense") if s in told]
    if hidden and all(h == "no better than chance" for h in hidden):
        found.append(
            "Without telling names it guesses instead of keeping silent: give it "
            "descriptions, and do not ask about codes."
        )
    if hidden and all(h == "too few answers" for h in hidden):
        found.append("Without telling names it mostly keeps silent, as it should.")
    first = next(m for m in measures if m.name == "the first shown is the cause")
    low, high = first.low or 0.0, 1.0 if first.high is None else first.high
    if first.n >= FEWEST and (low > 0.5 or high < 0.5):
        which = "first" if low > 0.5 else "last"
        found.append(
            f"It leans towards the variable shown {which}: ask in both orders."
        )
    return tuple(found)
