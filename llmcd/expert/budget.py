"""Limits in calls, tokens and money, checked before each request."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from llmcd.errors import ExpertError
from llmcd.expert.protocol import Reply, is_free, label
from llmcd.expert.questions import Question, canonical_json

__all__ = ["Budget", "Ledger", "Permit", "Price", "Purse", "as_budget", "worst_price"]

_LONGEST_REPLY = 2000  # tokens, for experts that do not say
_PER_MESSAGE = 16  # tokens that a chat template may put around a message


@dataclass(frozen=True)
class Budget:
    """Limits that are never overrun; None is no limit.

    The worst that a request can cost is reserved before it is sent: at most one token
    a byte of text, and the longest allowed reply. When the next request does not fit,
    asking stops and what was answered is kept. Answers read from a store cost nothing.
    A request repeated after a failure is one more call; its tokens count when the one
    that failed may have been billed, as after a timeout.

    Parameters
    ----------
    calls : int, optional
        Number of requests sent.
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


def worst_price(
    expert: object, question: Question, max_tokens: int | None = None
) -> Price:
    """The most that one request can cost.

    Tokenizers that work on bytes never make more than one token of a byte, so the
    bytes of the messages bound what is sent, and ``max_tokens`` what is received.

    Parameters
    ----------
    expert : Expert
        Its ``free``, ``max_tokens`` and ``cost`` are used where it has them.
    question : Question
        What would be sent.
    max_tokens : int, optional
        The longest reply; the expert's own when None.

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
    received = max_tokens or int(getattr(expert, "max_tokens", _LONGEST_REPLY))
    cost = getattr(expert, "cost", None)
    return Price(sent + received, cost(sent, received) if cost else None)


class Ledger:
    """What was spent and what is reserved; safe to use from several threads.

    Parameters
    ----------
    budget : Budget or None
        The limits.
    *experts : Expert
        Whom the money goes to; the limits are for all of them together.

    Raises
    ------
    ExpertError
        If money is limited, an expert has no known price, and neither calls nor tokens
        are limited.

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

    def __init__(self, budget: Budget | None, *experts: object) -> None:
        self.budget = as_budget(budget)
        self.calls = 0
        self.tokens = 0
        self.usd = 0.0
        self._first = experts[0]
        self._lock = threading.Lock()
        limits = self.budget
        if limits.usd is None or limits.calls is not None or limits.tokens is not None:
            return
        probe = Question("pairwise", "", "", "", "", "")
        for expert in experts:
            if worst_price(expert, probe).usd is None:
                raise ExpertError(
                    f"no price is known for {label(expert)}, so a limit in US dollars "
                    f"cannot be kept; give a limit in calls or tokens too, such as "
                    f"Budget(calls=100)"
                )

    def reserve(self, question: Question, expert: object | None = None) -> Price | None:
        """Set the worst price of a question aside.

        Parameters
        ----------
        question : Question
            What would be asked next.
        expert : Expert, optional
            Who would be asked; the first when None.

        Returns
        -------
        Price or None
            None when it does not fit into the budget.
        """
        worst = worst_price(self._first if expert is None else expert, question)
        return worst if self.spend(worst) else None

    def spend(self, price: Price) -> bool:
        """Count one more call, and set its price aside.

        Parameters
        ----------
        price : Price
            At most what it will cost.

        Returns
        -------
        bool
            False, and nothing is counted, when it does not fit into the budget.
        """
        limits = self.budget
        with self._lock:
            if limits.calls is not None and self.calls + 1 > limits.calls:
                return False
            if limits.tokens is not None and self.tokens + price.tokens > limits.tokens:
                return False
            usd = self.usd + (price.usd or 0.0)
            if limits.usd is not None and usd > limits.usd:
                return False
            self.calls += 1
            self.tokens += price.tokens
            self.usd = usd
        return True

    def settle(self, worst: Price, reply: Reply, expert: object | None = None) -> None:
        """Replace what was reserved by what a reply really cost.

        Parameters
        ----------
        worst : Price
            What ``reserve`` gave.
        reply : Reply
            Unknown usage keeps the reserved amount.
        expert : Expert, optional
            Who replied; the first when None.
        """
        if is_free(self._first if expert is None else expert):
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


class Purse:
    """One budget for several calls of ``ask``.

    Parameters
    ----------
    budget : Budget or None
        The limits, for all calls together.

    Examples
    --------
    >>> purse = Purse(Budget(calls=1))
    >>> purse.calls, purse.ledger_for(object()) is purse.ledger_for(object())
    (0, True)
    """

    def __init__(self, budget: Budget | None) -> None:
        self.budget = as_budget(budget)
        self._ledger: Ledger | None = None

    @property
    def calls(self) -> int:
        """Requests that were sent so far."""
        return 0 if self._ledger is None else self._ledger.calls

    def ledger_for(self, *experts: object) -> Ledger:
        """The ledger, opened when it is first needed.

        Parameters
        ----------
        *experts : Expert
            Whom the money goes to.

        Returns
        -------
        Ledger

        Raises
        ------
        ExpertError
            As of ``Ledger``.
        """
        if self._ledger is None:
            self._ledger = Ledger(self.budget, *experts)
        return self._ledger


class Permit:
    """Leave to send one question, with what was set aside for it.

    Parameters
    ----------
    ledger : Ledger
        Where it is set aside.
    expert : Expert
        Who is asked.
    question : Question
        What is asked.
    price : Price
        What the ledger reserved for the first request.
    stopped : callable, optional
        True once nobody waits for the reply any more.

    Examples
    --------
    >>> q = Question("pairwise", "x", "y", "", "which?", "mine-1")
    >>> ledger = Ledger(Budget(calls=2), object())
    >>> permit = Permit(ledger, object(), q, ledger.reserve(q))
    >>> permit.again(), permit.again()
    (True, False)
    """

    def __init__(
        self,
        ledger: Ledger,
        expert: object,
        question: Question,
        price: Price,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self.price = price
        self._ledger, self._expert, self._question = ledger, expert, question
        self._stopped = stopped

    def again(self, *, billed: bool = False, longer: int | None = None) -> bool:
        """Whether one more request for the same question may be sent.

        Parameters
        ----------
        billed : bool, optional
            The one before failed but may be billed: what was set aside for it stays
            spent.
        longer : int, optional
            The one before was answered, and the answer counts in the final reply's
            usage; the next reply may have this many tokens.

        Returns
        -------
        bool
            When True, what it may cost has been set aside.
        """
        if self._stopped():
            return False
        if longer is not None:
            more = worst_price(self._expert, self._question, longer)
        elif billed:
            more = worst_price(self._expert, self._question)
        else:
            more = Price(0, 0.0)
        if not self._ledger.spend(more):
            return False
        if longer is not None:
            usd = None if more.usd is None else (self.price.usd or 0.0) + more.usd
            self.price = Price(self.price.tokens + more.tokens, usd)
        return True

    def settle(self, reply: Reply) -> None:
        """Replace what was set aside by what the reply really cost.

        Parameters
        ----------
        reply : Reply
            With the usage of all requests that were answered.
        """
        self._ledger.settle(self.price, reply, self._expert)
