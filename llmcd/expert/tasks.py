"""One question to one expert, on its way to an answer."""

from __future__ import annotations

import inspect
from collections.abc import Generator
from dataclasses import replace
from typing import Any

from llmcd.errors import ExpertError
from llmcd.expert.answers import Answer
from llmcd.expert.budget import Permit
from llmcd.expert.kinds import answers_from, read_reply, way_of
from llmcd.expert.protocol import Expert, Reply, identity, label, untold
from llmcd.expert.questions import Question
from llmcd.expert.store import Store, question_key

__all__ = ["Member", "Task"]

_QUOTED = 2000  # characters of an unreadable reply that are shown back


def _exchange(
    question: Question, expert: str
) -> Generator[Question, Reply | None, tuple[Answer, ...]]:
    """Yield what is to be asked, take the replies, return the answers."""
    first = yield question
    reply = first or Reply(None)
    replies, sent = [reply], _length(question)
    said = read_reply(reply, question)
    if all(x.parsed.reason == "unparsable" for x in said):
        remark = way_of(question).remark
        more = question.again((reply.text or "")[:_QUOTED], remark)
        second = yield more
        if second is not None and second.finish != "missing":
            replies.append(second)
            sent += _length(more)
    found = answers_from(question, replies, expert=expert)
    last = replies[-1]
    told = [replace(x, host=last.host, model=last.model) for x in found]
    if last.host is not None:
        told[0] = replace(told[0], characters=sent)
    return tuple(told)


def _length(question: Question) -> int:
    return sum(len(message["content"]) for message in question.messages)


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
        self.answers: tuple[Answer, ...] = ()

    def take(self, reply: Reply | None) -> None:
        """Go on with a reply, or without one."""
        try:
            self.waiting = self._steps.send(reply)
        except StopIteration as done:
            self.waiting, self.answers = None, done.value

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
