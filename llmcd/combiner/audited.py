"""What an audit of an expert is worth to the combiner: answers heard before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from math import inf
from typing import Any

__all__ = ["PATTERNS", "STATES", "Audited"]

STATES = ("edge", "ancestor", "neither")
PATTERNS = ("direction", "split", "none", "common cause")
"""The same direction in both presentation orders, opposite ones, twice no direct
relation, twice a common cause."""
_DISCOUNT, _MOST = 0.25, 8.0


@dataclass(frozen=True)
class Audited:
    """Discounted counts of an audit: a power prior (Ibrahim and Chen 2000).

    Attributes
    ----------
    rows : tuple of tuple of float
        For each of ``STATES`` how often each of ``PATTERNS`` was replied.
    right, wrong : float
        Directions given in both orders to pairs of which one causes the other.

    Examples
    --------
    >>> Audited.discounted(((8, 4, 0, 0), (0, 0, 0, 0), (0, 0, 0, 0)), 6, 2).right
    1.5
    """

    rows: tuple[tuple[float, ...], ...]
    right: float
    wrong: float

    @classmethod
    def discounted(
        cls, counts: Iterable[Iterable[float]], right: float, wrong: float
    ) -> Audited:
        """Counts of an audit, discounted.

        Parameters
        ----------
        counts : iterable of iterable of float
            As ``rows``, of whole pairs.
        right, wrong : float
            Whole pairs.

        Returns
        -------
        Audited
            Each pair counts a quarter, and none of the rows, nor the directions, more
            than eight pairs together: the worlds of an audit are well known, and the
            user's domain is another one.
        """
        rows = tuple(tuple(_discounted(row)) for row in counts)
        return cls(rows, *_discounted((right, wrong)))

    @property
    def words(self) -> str:
        """What it is, for a reader."""
        n = self.right + self.wrong
        return (
            f"An audit counts before these answers as {n:.1f} directions, of which "
            f"{self.right:.1f} were right."
        )

    def to_dict(self) -> dict[str, Any]:
        """All fields as JSON values, with their headings."""
        return {
            "states": list(STATES),
            "patterns": list(PATTERNS),
            "rows": [list(row) for row in self.rows],
            "skill": [self.right, self.wrong],
        }

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Audited:
        """Back from ``to_dict``.

        Raises
        ------
        KeyError, ValueError, TypeError
            If fields are missing or strange.
        """
        rows = tuple(tuple(float(x) for x in row) for row in given["rows"])
        if len(rows) != len(STATES) or any(len(row) != len(PATTERNS) for row in rows):
            raise ValueError(f"expected {len(STATES)} rows of {len(PATTERNS)} counts")
        right, wrong = (float(x) for x in given["skill"])
        if not all(0.0 <= x < inf for x in (right, wrong, *chain(*rows))):
            raise ValueError("expected counts, got one below 0 or without end")
        return cls(rows, right, wrong)


def _discounted(counts: Iterable[float]) -> list[float]:
    given = list(counts)
    total = sum(given)
    worth = min(_DISCOUNT * total, _MOST)
    return [worth * c / total if total else 0.0 for c in given]
