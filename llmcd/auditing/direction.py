"""Which of two things is the cause: our pairs or published ones, in three styles.

After Kiciman, Ness, Sharma and Tan (TMLR 2024), *Causal reasoning and large language
models*, arXiv 2305.00050.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from llmcd.auditing.items import Item, Transcript
from llmcd.auditing.pairs import CausePair, own_pairs
from llmcd.auditing.scores import by_facet
from llmcd.auditing.section import Measure, Section, share
from llmcd.expert.choices import A_OR_B, YES_NO
from llmcd.expert.questions import pairwise_question
from llmcd.variables import Variable, Variables

__all__ = ["STYLES", "Direction"]

NAME = "direction"
STYLES = ("a-or-b", "pairwise", "yes-no")
"""Two answers; five answers; two claims, one for each direction."""
_DIRECTIONS = ("a->b", "b->a")
_PUBLISHED = (
    "GPT-4, A or B: 96.3 % of the 108 Tuebingen pairs and 96.0 % of 475 neuropathic "
    "pairs (Kiciman et al. 2023, arXiv 2305.00050, from their recorded answers)",
    "gpt-3.5-turbo: 52 % of the neuropathic pairs (the same)",
)


@dataclass(frozen=True)
class Direction:
    """Pairs in one style of prompt, always in both presentation orders.

    Attributes
    ----------
    pairs : tuple of CausePair or None
        Which; our own when None.
    style : str
        One of ``STYLES``.

    Raises
    ------
    ValueError
        If the style is unknown.
    """

    pairs: tuple[CausePair, ...] | None = None
    style: str = "a-or-b"
    name: str = NAME

    def __post_init__(self) -> None:
        if self.style not in STYLES:
            raise ValueError(f"style is one of {list(STYLES)}, got {self.style!r}")

    def items(self, n: int, seed: int) -> tuple[Item, ...]:
        """Some of the pairs, each in both orders.

        Parameters
        ----------
        n : int
            How many items at most; an even number is taken.
        seed : int
            Which pairs.

        Returns
        -------
        tuple of Item
        """
        pairs = own_pairs() if self.pairs is None else self.pairs
        chosen = np.random.default_rng([seed, 6]).permutation(len(pairs))[
            : max(n // 2, 1)
        ]
        return tuple(
            item for k in chosen for item in _both(pairs[int(k)], int(k), self.style)
        )

    def score(self, transcript: Transcript) -> Section:
        """Right directions, weighted too, by domain and order; order consistency.

        Parameters
        ----------
        transcript : Transcript
            Of these items.

        Returns
        -------
        Section
            An item is one question. For the claims of the third style, yes and no count
            as the two verdicts.
        """
        told = transcript.answered
        right = sum(x.is_right for x in told)
        weights = [float(x.item.facets["weight"]) for x in told]
        heavy = sum(w for w, x in zip(weights, told, strict=True) if x.is_right)
        directed = [x for x in told if x.said in (*_DIRECTIONS, "yes", "no")]
        by_pair: dict[str, list[str | None]] = {}
        for x in directed:
            by_pair.setdefault(x.item.facets["pair"], []).append(x.said)
        both = [said for said in by_pair.values() if len(said) == 2]
        first = [x.said in ("a->b", "yes") for x in directed]
        share_heavy = heavy / sum(weights) if weights else None
        return Section.of(
            transcript,
            task=NAME,
            title="Which of two things is the cause?",
            measures=(
                share("direction", right, len(told), 0.5),
                Measure("direction, weighted", share_heavy, n=len(told)),
                share("order consistency", sum(a != b for a, b in both), len(both)),
                share("the first shown is the cause", sum(first), len(first), 0.5),
                share("answered", len(told), len(transcript)),
            ),
            parts=by_facet(transcript, ("domain", "cause shown")),
            published=_PUBLISHED,
        )


def _both(pair: CausePair, number: int, style: str) -> Iterator[Item]:
    names = {
        pair.cause: f"{number}/{pair.cause}",
        pair.effect: f"{number}/{pair.effect}",
    }
    for a, b in ((pair.cause, pair.effect), (pair.effect, pair.cause)):
        forward = a == pair.cause
        facets = {
            "pair": str(number), "cause shown": "first" if forward else "second",
            "weight": str(pair.weight),
        }  # fmt: skip
        if pair.domain:
            facets["domain"] = pair.domain
        truth = "a->b" if forward else "b->a"
        if style == "yes-no":
            text = f"If somebody changed this: {a}\nwould this change by it: {b}?"
            question = YES_NO.question(names[a], names[b], text)
            truth = "yes" if forward else "no"
        elif style == "a-or-b":
            text = f"A: {a}\nB: {b}\n\nWhich causes the other?"
            question = A_OR_B.question(names[a], names[b], text)
        else:
            shown = tuple(Variable(name, label=label) for label, name in names.items())
            question = pairwise_question(Variables("", shown), names[a], names[b])
        yield Item(question, truth, facets)
