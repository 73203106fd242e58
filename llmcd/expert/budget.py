"""Limits in calls, tokens and money, checked before each request."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from typing import NamedTuple

from llmcd.errors import ExpertError
from llmcd.expert.protocol import Reply, is_free, label
from llmcd.expert.questions import Question, canonical_json

__all__ = ["Budget", "Ledger", "Price", "as_budget", "worst_price"]

_LONGEST_REPLY = 2000  # tokens, for experts that do not say
_PER_MESSAGE = 16  # tokens that a chat template may put around a message


@dataclass(frozen=True)
class Budget:
    """Limits that are never overrun; None is no limit.

    The worst that a request can cost is reserved before it is sent: at most one token
    a byte of text, and the longest allowed reply. When the next question does not fit,
    asking stops and what was answered is kept. Answers read from a store cost nothing;
    attempts repeated after a failure of the provider are not counted.

    Parameters
    ----------
    calls : int, optional
        Number of questions sent.
    tokens : int, optional
        Tokens sent and received.
    usd : float, optional
        US dollars. An expert without a known price also needs one of the others.

    Raises
    ------
    ValueError
        If a limit is negative or not a number.

    Examples
    --------
    >>> Budget(calls=100, usd=0.5)
    Budget(calls=100, tokens=None, usd=0.5)
    """

    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None

    def __post_init__(self) -> None:
        for name, value in (("calls", self.calls), ("tokens", self.tokens)):
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, int) or value < 0
            ):
                raise ValueError(f"{name} must be a whole number from 0, got {value!r}")
        if self.usd is not None and (
            isinstance(self.usd, bool)
            or not isinstance(self.usd, int | float)
            or not math.isfinite(self.usd)
            or self.usd < 0
        ):
            raise ValueError(f"usd must be a number from 0, got {self.usd!r}")


def as_budget(given: object) -> Budget:
    """A caller's budget, before anything is done that could be in vain.

    Parameters
    ----------
    given : Budget or None
        None is no limit.

    Returns
    -------
    Budget

    Raises
    ------
    TypeError
        If it is anything else, such as a number.

    Examples
    --------
    >>> as_budget(None)
    Budget(calls=None, tokens=None, usd=None)
    """
    if given is None:
        return Budget()
    if not isinstance(given, Budget):
        raise TypeError(
            f"budget must be None or a Budget such as Budget(calls=100), got {given!r}"
        )
    return given


class Price(NamedTuple):
    """Tokens and US dollars of one request.

    Attributes
    ----------
    tokens : int
        Sent and received together.
    usd : float or None
        None when no price is known.

    Examples
    --------
    >>> Price(120, None).tokens
    120
    """

    tokens: int
    usd: float | None


def worst_price(expert: object, question: Question) -> Price:
    """The most that one request can cost.

    Tokenizers that work on bytes never make more than one token of a byte, so the
    bytes of the messages bound what is sent, and ``max_tokens`` what is received.

    Parameters
    ----------
    expert : Expert
        Its ``free``, ``max_tokens`` and ``cost`` are used where it has them.
    question : Question
        What would be sent.

    Returns
    -------
    Price

    Examples
    --------
    >>> q = Question("pairwise", "x", "y", "", "which?", "mine-1")
    >>> worst_price(object(), q).usd is None
    True
    """
    if is_free(expert):
        return Price(0, 0.0)
    messages = question.messages
    sent = sum(len(m["content"].encode()) + _PER_MESSAGE for m in messages)
    sent += len(canonical_json(question.schema))
    received = int(getattr(expert, "max_tokens", _LONGEST_REPLY))
    cost = getattr(expert, "cost", None)
    return Price(sent + received, cost(sent, received) if cost else None)


class Ledger:
    """What was spent and what is reserved; safe to use from several threads.

    Parameters
    ----------
    budget : Budget or None
        The limits.
    expert : Expert
        Whom the money goes to.

    Raises
    ------
    ExpertError
        If money is limited, the expert has no known price, and neither calls nor
        tokens are limited.

    Examples
    --------
    >>> class Costly:
    ...     max_tokens = 100
    ...
    ...     def answer(self, question): ...
    >>> ledger = Ledger(Budget(calls=1), Costly())
    >>> q = Question("pairwise", "x", "y", "", "which?", "mine-1")
    >>> ledger.reserve(q) is None, ledger.reserve(q) is None
    (False, True)
    """

    def __init__(self, budget: Budget | None, expert: object) -> None:
        self.budget = as_budget(budget)
        self.expert = expert
        self.calls = 0
        self.tokens = 0
        self.usd = 0.0
        self._lock = threading.Lock()
        limits = self.budget
        if limits.usd is None or limits.calls is not None or limits.tokens is not None:
            return
        probe = Question("pairwise", "", "", "", "", "")
        if worst_price(expert, probe).usd is None:
            raise ExpertError(
                f"no price is known for {label(expert)}, so a limit in US dollars "
                f"cannot be kept; give a limit in calls or tokens too, such as "
                f"Budget(calls=100)"
            )

    def reserve(self, question: Question) -> Price | None:
        """Set the worst price of a question aside.

        Parameters
        ----------
        question : Question
            What would be asked next.

        Returns
        -------
        Price or None
            None when it does not fit into the budget.
        """
        worst = worst_price(self.expert, question)
        limits = self.budget
        with self._lock:
            if limits.calls is not None and self.calls + 1 > limits.calls:
                return None
            if limits.tokens is not None and self.tokens + worst.tokens > limits.tokens:
                return None
            usd = self.usd + (worst.usd or 0.0)
            if limits.usd is not None and usd > limits.usd:
                return None
            self.calls += 1
            self.tokens += worst.tokens
            self.usd = usd
        return worst

    def settle(self, worst: Price, reply: Reply) -> None:
        """Replace what was reserved by what a reply really cost.

        Parameters
        ----------
        worst : Price
            What ``reserve`` gave.
        reply : Reply
            Unknown usage keeps the reserved amount.
        """
        if is_free(self.expert):
            return
        with self._lock:
            sent, received = reply.prompt_tokens, reply.completion_tokens
            if sent is not None and received is not None:
                self.tokens += sent + received - worst.tokens
            if reply.usd is not None:
                self.usd += reply.usd - (worst.usd or 0.0)

    def __str__(self) -> str:
        limits = self.budget
        parts = [f"{self.calls} calls", f"{self.tokens} tokens", f"{self.usd:.4f} USD"]
        for i, most in enumerate((limits.calls, limits.tokens, limits.usd)):
            if most is not None:
                parts[i] += f" of {most}"
        return ", ".join(parts)
