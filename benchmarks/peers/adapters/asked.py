"""Recorded replies, given out as a peer asks for them.

A reply is ``[a, b, verdict]``: it was given to a question that showed ``a`` first, and
says ``a->b``, ``b->a``, ``none``, ``common cause`` or None in terms of that ``a`` and
``b``. An adapter runs in the peer's own environment, so this needs no more than the
standard library.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

DIRECTIONS = ("a->b", "b->a")
_TURNED = {"a->b": "b->a", "b->a": "a->b"}


def turned(verdict: str | None) -> str | None:
    """The same verdict in terms of the pair written the other way round."""
    return verdict if verdict is None else _TURNED.get(verdict, verdict)


class Replies:
    """What was recorded, and what of it a peer has asked for."""

    def __init__(self, answers: Iterable[Sequence[Any]]) -> None:
        self._said: dict[tuple[str, str], list[str | None]] = {}
        for a, b, verdict in answers:
            self._said.setdefault((a, b), []).append(verdict)
        self._asked: set[frozenset[str]] = set()
        self._used: set[tuple[str, str]] = set()

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """Pairs with a reply, names in sorted order."""
        return sorted({(min(pair), max(pair)) for pair in self._said})

    def one_order(self, a: str, b: str) -> str | None:
        """The reply to the question that shows ``a`` first.

        Where there is none, the reply to the other order, turned.
        """
        self._asked.add(frozenset((a, b)))
        if (a, b) in self._said:
            return self._most((a, b))
        return turned(self._most((b, a)))

    def both_orders(self, a: str, b: str) -> str | None:
        """What both orders say, else the one direction that one of them says."""
        said = self._orders(a, b)
        if len(set(said)) == 1:
            return said[0]
        directions = [verdict for verdict in said if verdict in DIRECTIONS]
        return directions[0] if len(directions) == 1 else None

    def agreed(self, a: str, b: str) -> str | None:
        """What every order that was recorded says, else None."""
        said = self._orders(a, b)
        return said[0] if len(set(said)) == 1 else None

    def ask(self, a: str, b: str, orders: str) -> str | None:
        """``one_order`` or ``both_orders``, by ``orders`` "one" or "both"."""
        return {"one": self.one_order, "both": self.both_orders}[orders](a, b)

    def told(self) -> dict[str, int]:
        """Pairs asked about, those of them without a reply, and replies given."""
        answered = {frozenset(order) for order in self._said}
        return {
            "asked": len(self._asked),
            "unanswered": len(self._asked - answered),
            "questions": sum(len(self._said[order]) for order in self._used),
        }

    def _orders(self, a: str, b: str) -> list[str | None]:
        self._asked.add(frozenset((a, b)))
        said: list[str | None] = []
        if (a, b) in self._said:
            said.append(self._most((a, b)))
        if (b, a) in self._said:
            said.append(turned(self._most((b, a))))
        return said

    def _most(self, order: tuple[str, str]) -> str | None:
        """What was said most often in one order; None for a tie or no reply."""
        if order not in self._said:
            return None
        self._used.add(order)
        (first, n), *others = Counter(self._said[order]).most_common(2)
        return None if others and others[0][1] == n else first
