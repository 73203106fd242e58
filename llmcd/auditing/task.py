"""What a task of an audit is: items, and what the answers to them say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from llmcd.auditing.items import Item, Transcript
from llmcd.auditing.section import Section

__all__ = ["Task"]


class Task(Protocol):
    """A family of items and how they are scored.

    A task reads replies through the kind of its questions, so that every item goes
    through the one loop with its store, its budget and its second attempt.
    """

    @property
    def name(self) -> str:
        """Such as ``"corr2cause"``."""
        ...

    def items(self, n: int, seed: int) -> Sequence[Item]:
        """About ``n`` fresh items, the same for the same seed."""
        ...

    def score(self, transcript: Transcript) -> Section:
        """What the answers say about the expert."""
        ...
