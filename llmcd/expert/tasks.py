"""One question to one expert, on its way to an answer."""

from __future__ import annotations

import inspect
from collections.abc import Generator
from typing import Any

from llmcd.errors import ExpertError
from llmcd.expert.answers import Answer
from llmcd.expert.budget import Permit
from llmcd.expert.protocol import Expert, Reply, identity, label, untold
from llmcd.expert.questions import Question
from llmcd.expert.replies import Parsed, parse_reply
from llmcd.expert.store import Store, question_key

__all__ = ["Member", "Task"]

_REMARK = (
    "This could not be read. Reply again with one JSON object and nothing else, with "
    'the keys "reasoning", "verdict" and "probability", where "verdict" is one of '
    '"A_causes_B", "B_causes_A", "no_direct_relation", "common_cause", "unsure".'
)
_QUOTED = 2000  # characters of an unreadable reply that are shown back


def _exchange(
    question: Question, expert: str
) -> Generator[Question, Reply | None, Answer]:
    """Yield what is to be asked, take the replies, return the answer."""
    first = yield question
    reply = first or Reply(None)
    parsed, replies, sent = parse_reply(reply), [reply], _length(question)
    if parsed.reason == "unparsable":
        more = question.again((reply.text or "")[:_QUOTED], _REMARK)
        second = yield more
        if second is not None and second.finish != "missing":
            reply, parsed = second, parse_reply(second)
            replies.append(second)
            sent += _length(more)
    return _answer(question, expert, parsed, replies, sent)


def _length(question: Question) -> int:
    return sum(len(message["content"]) for message in question.messages)


def _answer(
    question: Question, expert: str, parsed: Parsed, replies: list[Reply], sent: int
) -> Answer:
    def total(name: str) -> Any:
        known = [v for r in replies if (v := getattr(r, name)) is not None]
        return sum(known) if known else None

    host = replies[-1].host
    return Answer(
        a=question.a,
        b=question.b,
        verdict=parsed.verdict,
        reason=parsed.reason,
        reasoning=parsed.reasoning,
        stated=parsed.stated,
        expert=expert,
        kind=question.kind,
        prompt_version=question.prompt_version,
        sample=question.sample,
        raw=replies[-1].text,
        prompt_tokens=total("prompt_tokens"),
        completion_tokens=total("completion_tokens"),
        usd=total("usd"),
        host=host,
        characters=None if host is None else sent,
        model=replies[-1].model,
    )


class Member:
    """One of those who are asked, and how it went."""

    def __init__(self, expert: Expert, store: Store | None) -> None:
        self.expert, self.is_stored = expert, store is not None
        self.label, self.identity = label(expert), identity(expert)
        self.lost = untold(expert) if self.is_stored else ()
        self.width = max(1, int(getattr(expert, "concurrency", 1)))
        self.is_async = inspect.iscoroutinefunction(expert.answer)
        self.n_new = 0
        self.problem: ExpertError | None = None

    @property
    def is_here(self) -> bool:
        """Asked in the caller's thread: people type there, and objects may need it."""
        return self.width == 1 and not self.is_async

    @property
    def changed(self) -> bool:
        """Its next run would find nothing in the store."""
        if not self.is_stored or not self.n_new or self.lost:
            return False
        return identity(self.expert) != self.identity

    def answer(self, question: Question, permit: Permit) -> Any:
        """Ask, with leave for more requests where the expert wants that."""
        if getattr(self.expert, "takes_permit", False) is True:
            return self.expert.answer(question, permit)  # pyright: ignore
        return self.expert.answer(question)


class Task:
    """One question to one expert, on its way to an answer."""

    def __init__(self, question: Question, member: Member) -> None:
        self.question, self.member = question, member
        self._steps = _exchange(question, member.label)
        self.waiting: Question | None = next(self._steps)
        self.answer: Answer | None = None

    def take(self, reply: Reply | None) -> None:
        """Go on with a reply, or without one."""
        try:
            self.waiting = self._steps.send(reply)
        except StopIteration as done:
            self.waiting, self.answer = None, done.value

    def give_up(self) -> None:
        """Make do without the second reply, if that is what is missing."""
        if self.waiting is not None and self.waiting.exchange:
            self.take(None)

    @property
    def key(self) -> str:
        """The store's key of what is to be asked."""
        return question_key(self.pending, self.member.identity)

    @property
    def is_open(self) -> bool:
        """Whether something is to be asked."""
        return self.waiting is not None

    @property
    def pending(self) -> Question:
        """What is to be asked, where something is."""
        if self.waiting is None:
            raise ValueError("nothing is to be asked")
        return self.waiting
