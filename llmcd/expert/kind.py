"""What a kind of question is: its words, its price in calls, and how it is read."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Asked, Question
from llmcd.expert.replies import Parsed
from llmcd.expert.wordings import wording

if TYPE_CHECKING:
    from llmcd.variables import Variables

__all__ = ["Kind", "Makes", "Pair", "Said", "as_text", "said_of_all", "to_ask"]

Pair = tuple[str, str]
Reads = Callable[[Reply | str | None, Question], "tuple[Said, ...]"]
Writes = Callable[[Question, Mapping[Pair, str | None]], str]


class Said(NamedTuple):
    """What a reply says about one pair.

    Attributes
    ----------
    asked : Asked
        The pair, in the order shown.
    parsed : Parsed
        The verdict, ``"a->b"`` for ``asked.a`` causes ``asked.b``, or the reason why
        there is none.

    Examples
    --------
    >>> Said(Asked("x", "y"), Parsed("none")).parsed.verdict
    'none'
    """

    asked: Asked
    parsed: Parsed


class Makes(Protocol):
    """Puts pairs into questions."""

    def __call__(
        self,
        variables: Variables,
        pairs: Sequence[Pair],
        samples: int = 1,
        *,
        names: Sequence[str] | None = None,
        about: Mapping[Pair, Any] | None = None,
    ) -> tuple[Question, ...]:
        """See :class:`Kind`."""
        ...


@dataclass(frozen=True)
class Kind:
    """A way of asking; every kind ends as answers about pairs.

    Attributes
    ----------
    name : str
        Such as ``"pairwise"``; stands in questions and answers.
    version : str
        The wording's file in ``prompts/``; part of what a reply is stored under.
    cost : str
        The number of requests in words.
    questions : callable
        ``(variables, pairs, samples=1, *, names=None, about=None)``, the questions
        about some pairs. ``names`` are the columns, where not all that are described;
        ``about`` holds, by pair, what the caller adds.
    calls : callable
        ``(n_variables, n_pairs, samples=1)``, the number of requests, or the most
        there can be. Variables are the columns.
    read : callable
        ``(reply, question)``, what a reply says about each pair that was asked; never
        raises and never guesses.
    write : callable
        ``(question, verdicts)``, the reply that says this, for experts that are
        computed; ``verdicts`` by (a, b) in the order shown.
    remark : str
        What is said to a reply that could not be read.
    labels : callable
        ``(n_variables)``, what the question itself calls the variables: a column must
        not be shown under such a name.
    needs : str
        What ``about`` must hold for every pair; empty when nothing.

    Examples
    --------
    >>> from llmcd.expert.kinds import KINDS
    >>> KINDS["pairwise"].calls(10, 45), KINDS["whole-graph"].calls(10, 45)
    (90, 2)
    """

    name: str
    version: str
    cost: str
    questions: Makes
    calls: Callable[..., int]
    read: Reads
    write: Writes
    remark: str
    labels: Callable[[int], Iterable[str]]
    needs: str = ""

    def __repr__(self) -> str:
        return f"Kind({self.name!r}, {self.version!r})"

    @property
    def template(self) -> tuple[str, str]:
        """The wording's system and user message."""
        return wording(self.version)


def said_of_all(question: Question, parsed: Parsed) -> tuple[Said, ...]:
    """The same about every pair that was asked."""
    return tuple(Said(asked, parsed) for asked in question.asked)


def to_ask(
    lists: Iterable[tuple[Sequence[str], Iterable[Pair]]],
) -> tuple[tuple[Asked, ...], ...]:
    """Which pairs each list of variables answers, in the order shown.

    Parameters
    ----------
    lists : iterable of (sequence of str, iterable of (str, str))
        For each question the names in the order shown, and the pairs that it is to
        answer; those that are not both in the list are passed over.

    Returns
    -------
    tuple of tuple of Asked
        One a question; answers about the same pair in the same order are numbered
        through all of them.

    Examples
    --------
    >>> to_ask([("yx", ["xy"]), ("xy", ["xy"]), ("zyx", ["xy"])])
    ((Asked(a='y', b='x', sample=0),), (Asked(a='x', b='y', sample=0),),
     (Asked(a='y', b='x', sample=1),))
    """
    count: Counter[Pair] = Counter()
    found: list[tuple[Asked, ...]] = []
    for order, pairs in lists:
        place = {name: k for k, name in enumerate(order)}
        asks: list[Asked] = []
        for a, b in dict.fromkeys(pairs):
            if a in place and b in place:
                shown = (a, b) if place[a] < place[b] else (b, a)
                asks.append(Asked(*shown, count[shown]))
                count[shown] += 1
        found.append(tuple(asks))
    return tuple(found)


def as_text(value: Mapping[str, Any]) -> str:
    """A reply's object as text."""
    return json.dumps(value, ensure_ascii=False)
