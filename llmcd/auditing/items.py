"""Items with a known answer, and what an expert said to them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from llmcd.errors import ExpertError
from llmcd.expert.answers import Answer
from llmcd.expert.ask import ask
from llmcd.expert.budget import Budget
from llmcd.expert.panel import Panel
from llmcd.expert.planned import Plan
from llmcd.expert.protocol import Expert, label
from llmcd.expert.questions import Question
from llmcd.expert.resolve import resolve
from llmcd.expert.store import Store

__all__ = ["Item", "Marked", "Transcript", "put"]

_Key = tuple[str, str, str, int]


@dataclass(frozen=True)
class Item:
    """A question whose answer is known.

    Attributes
    ----------
    question : Question
        What is sent; its two names tell it from every other item.
    truth : str
        The right verdict: ``"yes"``, ``"no"``, ``"a->b"``, ``"b->a"``, ``"none"``, or
        ``""`` where none is known and only consistency is looked at.
    facets : mapping of str to str
        What results are broken down by, such as ``{"rung": "2"}``. Never sent.

    Examples
    --------
    >>> from llmcd.expert.choices import YES_NO
    >>> one = Item(YES_NO.question("a task", "item 1", "Is rain wet?"), "yes")
    >>> one.id, one.messages[1]["content"].splitlines()[0]
    ('yes-no: a task, item 1', 'Is rain wet?')
    """

    question: Question
    truth: str
    facets: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        object.__setattr__(self, "facets", MappingProxyType(dict(self.facets)))

    @property
    def id(self) -> str:
        """The same in every run."""
        asked = self.question
        more = f", {asked.sample}" if asked.sample else ""
        return f"{asked.kind}: {asked.a}, {asked.b}{more}"

    @property
    def messages(self) -> list[dict[str, str]]:
        """The exact texts that are sent."""
        return self.question.messages


@dataclass(frozen=True)
class Marked:
    """An item with the answer that it got.

    Attributes
    ----------
    item : Item
        What was asked.
    answers : tuple of Answer
        What was read from the reply: one answer, but of a question about several pairs
        one for each of them.
    """

    item: Item
    answers: tuple[Answer, ...]

    @property
    def answer(self) -> Answer:
        """The first answer."""
        return self.answers[0]

    @property
    def said(self) -> str | None:
        """The verdict; None for silence."""
        return self.answer.verdict

    @property
    def is_right(self) -> bool:
        """Whether the verdict is the truth; silence is not."""
        return self.answer.verdict == self.item.truth


@dataclass(frozen=True)
class Transcript:
    """Every item that was answered, in the order of the items.

    Attributes
    ----------
    marked : tuple of Marked
        Items and answers; silence is an answer without a verdict.
    expert : str
        The expert's label.
    planned : int
        How many items there were to ask.
    note : str
        Why not all were asked, and how to go on; empty when all were.
    """

    marked: tuple[Marked, ...]
    expert: str
    planned: int
    note: str = ""

    def __iter__(self) -> Iterator[Marked]:
        return iter(self.marked)

    def __len__(self) -> int:
        return len(self.marked)

    @property
    def answered(self) -> tuple[Marked, ...]:
        """Those with a verdict."""
        return tuple(x for x in self.marked if x.said is not None)

    @property
    def silent(self) -> dict[str, int]:
        """How often there was no verdict, by reason."""
        return dict(Counter(r for x in self.marked if (r := x.answer.reason)))

    def where(self, keep: Callable[[Marked], bool]) -> Transcript:
        """Those items for which something holds."""
        kept = tuple(x for x in self.marked if keep(x))
        return Transcript(kept, self.expert, len(kept), self.note)

    def by(self, facet: str) -> dict[str, Transcript]:
        """The items by the level of a facet, sorted; those without it are left out."""
        levels = sorted({f[facet] for x in self if facet in (f := x.item.facets)})
        return {
            level: self.where(lambda x, level=level: x.item.facets.get(facet) == level)
            for level in levels
        }

    def total(self, name: str) -> float | None:
        """Sum of ``prompt_tokens``, ``completion_tokens`` or ``usd``; None if unknown.

        Raises
        ------
        ValueError
            If it is none of these.
        """
        if name not in ("prompt_tokens", "completion_tokens", "usd"):
            raise ValueError(f"tokens or usd can be summed, got {name!r}")
        known = [v for x in self if (v := getattr(x.answer, name)) is not None]
        return sum(known) if known else None


def put(
    items: Iterable[Item],
    expert: Expert | str,
    *,
    store: Store | str | os.PathLike[str] | None = None,
    budget: Budget | None = None,
    progress: bool = True,
    replay: bool = False,
) -> Transcript:
    """Put items to one expert, through the loop that ``llmcd.ask`` uses.

    Parameters
    ----------
    items : iterable of Item
        What to ask; no two may have the same kind, names and sample.
    expert : Expert or str
        Whom to ask.
    store, budget, progress, replay
        As in ``llmcd.ask``.

    Returns
    -------
    Transcript

    Raises
    ------
    ValueError
        If two items cannot be told apart, there are none, or a panel is given.
    ExpertError, BudgetExceeded
        As from ``llmcd.ask``.

    Examples
    --------
    >>> class Agreeable:
    ...     def answer(self, question):
    ...         return "yes"
    >>> from llmcd.expert.choices import YES_NO
    >>> one = Item(YES_NO.question("a task", "item 1", "Is snow black?"), "no")
    >>> [(x.said, x.is_right) for x in put([one], Agreeable(), progress=False)]
    [('yes', False)]
    """
    given = tuple(items)
    keys = [key for x in given for key in _keys_of(x.question)]
    if len(set(keys)) < len(keys):
        raise ValueError(
            f"{len(keys) - len(set(keys))} items have kind, names and sample of another"
        )
    if not given:
        raise ValueError("there are no items to ask")
    somebody = resolve(expert)
    if somebody is None or isinstance(somebody, Panel):
        raise ValueError("an audit is of one expert; audit each for itself")
    plan = Plan.of(pairs=(), questions=tuple(x.question for x in given))
    found = ask(
        plan, somebody, store=store, budget=budget, progress=progress, replay=replay
    )
    said = {_key(answer): answer for answer in found.answers}
    if len(said) < len(found.answers):
        raise ExpertError(f"{len(found.answers) - len(said)} answers came twice")
    return Transcript(
        tuple(
            Marked(item, tuple(said[key] for key in _keys_of(item.question)))
            for item in given
            if said.keys() >= set(_keys_of(item.question))
        ),
        label(somebody),
        len(given),
        found.note,
    )


def _key(answer: Answer) -> _Key:
    return (answer.kind, answer.a, answer.b, answer.sample)


def _keys_of(question: Question) -> list[_Key]:
    return [(question.kind, x.a, x.b, x.sample) for x in question.asked]
