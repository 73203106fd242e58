"""All kinds of question by name, and from a reply to answers about pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from llmcd.expert.answers import Answer
from llmcd.expert.choices import CHOICES, Choice
from llmcd.expert.common_causes import COMMON_CAUSES
from llmcd.expert.kind import Kind, Said
from llmcd.expert.lists import BREADTH, WHOLE_GRAPH
from llmcd.expert.pairs import CRITIC, PAIRWISE, SUMMARY
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question
from llmcd.expert.triplets import TRIPLET

__all__ = ["KINDS", "answers_from", "kind_of", "read_reply", "way_of"]

KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            PAIRWISE,
            SUMMARY,
            TRIPLET,
            BREADTH,
            WHOLE_GRAPH,
            CRITIC,
            COMMON_CAUSES,
        )
    }
)
"""Every kind by its name."""


def kind_of(name: str | Kind) -> Kind:
    """A kind by its name.

    Parameters
    ----------
    name : str or Kind
        Such as ``"pairwise"``.

    Returns
    -------
    Kind

    Raises
    ------
    ValueError
        If there is no such kind.

    Examples
    --------
    >>> kind_of("triplet")
    Kind('triplet', 'triplet-1')
    """
    if isinstance(name, Kind):
        return name
    if name not in KINDS:
        raise ValueError(f"kind must be one of {list(KINDS)}, got {name!r}")
    return KINDS[name]


def way_of(question: Question) -> Kind | Choice:
    """How a question was asked, also one that is not about the user's variables.

    Parameters
    ----------
    question : Question
        Any.

    Returns
    -------
    Kind or Choice
        Both have a ``read`` and a ``remark``.

    Raises
    ------
    ValueError
        If there is no such way.

    Examples
    --------
    >>> way_of(Question("yes-no", "x", "y", "", "?", "yes-no-1")).name
    'yes-no'
    """
    return CHOICES.get(question.kind) or kind_of(question.kind)


def read_reply(reply: Reply | str | None, question: Question) -> tuple[Said, ...]:
    """What a reply says about each pair that was asked, in the question's own way.

    Parameters
    ----------
    reply : Reply or str or None
        What came back.
    question : Question
        What was asked.

    Returns
    -------
    tuple of Said
        One for each of ``question.asked``.

    Examples
    --------
    >>> q = Question("pairwise", "x", "y", "", "?", "mine-1")
    >>> read_reply('{"verdict": "A_causes_B"}', q)[0].parsed.verdict
    'a->b'
    """
    return way_of(question).read(reply, question)


def answers_from(
    question: Question, replies: Sequence[Reply], *, expert: str
) -> tuple[Answer, ...]:
    """The answers to a question, from its last reply.

    Parameters
    ----------
    question : Question
        What was asked.
    replies : sequence of Reply
        What came back, the last one being what counts; all were paid for.
    expert : str
        The expert's label.

    Returns
    -------
    tuple of Answer
        One for each pair asked. The raw text and what it cost stand in the first.

    Examples
    --------
    >>> q = Question("pairwise", "x", "y", "", "?", "mine-1")
    >>> [x.reason for x in answers_from(q, [Reply("well")], expert="m")]
    ['unparsable']
    """

    def total(name: str) -> Any:
        known = [v for r in replies if (v := getattr(r, name)) is not None]
        return sum(known) if known else None

    first, *others = (
        Answer(
            a=asked.a,
            b=asked.b,
            verdict=parsed.verdict,
            reason=parsed.reason,
            reasoning=parsed.reasoning,
            stated=parsed.stated,
            expert=expert,
            kind=question.kind,
            prompt_version=question.prompt_version,
            sample=asked.sample,
            cause=parsed.cause,
        )
        for asked, parsed in read_reply(replies[-1], question)
    )
    paid = replace(
        first,
        raw=replies[-1].text,
        prompt_tokens=total("prompt_tokens"),
        completion_tokens=total("completion_tokens"),
        usd=total("usd"),
    )
    return (paid, *others)
