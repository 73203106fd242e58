"""What an update changed, and what is proposed for a graph of one's own, in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from llmcd.combiner.changes import Changes
from llmcd.combiner.refinement import Refinement
from llmcd.report.account import ARROWS

__all__ = ["Moved", "Proposed", "moved", "proposed"]


@dataclass(frozen=True)
class Moved:
    """A pair that stands otherwise than before the update.

    Attributes
    ----------
    a, b : str
        The pair in name order.
    before, after : str
        With arrows.
    by, why : str
        What moved it, and why.
    """

    a: str
    b: str
    before: str
    after: str
    by: str
    why: str


@dataclass(frozen=True)
class Proposed:
    """A change of somebody's graph, and its evidence.

    Attributes
    ----------
    a, b : str
        The pair.
    change, before, after : str
        What is proposed; with arrows.
    probability, by_rows, gain : float
        As of ``Proposal``.
    answers : int
        Answers about the pair.
    why : str
        In words.
    """

    a: str
    b: str
    change: str
    before: str
    after: str
    probability: float
    by_rows: float
    gain: float
    answers: int
    why: str


def moved(changes: Changes | None) -> tuple[Moved, ...]:
    """The pairs that an update changed; empty without an update.

    Examples
    --------
    >>> from llmcd.combiner.changes import Change
    >>> one = Change("a", "b", "no edge", "b --> a", "rows", "more rows")
    >>> moved(Changes((one,), (1, 2), ("0", "1")))[0].after
    'b → a'
    """
    if changes is None:
        return ()
    return tuple(
        Moved(
            one.a, one.b,
            _with_arrow(one.before, [(one.a, one.b)]),
            _with_arrow(one.after, [(one.a, one.b)]),
            one.moved_by, one.why,
        )
        for one in changes.changes
    )  # fmt: skip


def proposed(refinement: Refinement | None) -> tuple[Proposed, ...]:
    """The proposals in the order to follow; empty without a graph of one's own."""
    if refinement is None:
        return ()
    spelt = _spelt((one.cause, one.effect) for one in refinement.pairs)
    found: list[Proposed] = []
    for one in refinement.proposals:
        drawn = one.after if one.before == "no edge" else one.before
        a, b, _ = spelt.get(drawn, ("", "", ""))
        before, after = (_with_arrow(x, [(a, b)]) for x in (one.before, one.after))
        found.append(
            Proposed(
                a, b, one.change, before, after, one.probability, one.by_rows,
                one.gain, one.answers, one.why,
            )
        )  # fmt: skip
    return tuple(found)


def _spelt(pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[str, str, str]]:
    """From an edge as text to its ends and its arrow: names may hold a mark."""
    return {
        f"{x} {mark} {y}": (x, y, f"{x} {arrow} {y}")
        for a, b in pairs
        for x, y in ((a, b), (b, a))
        for mark, arrow in ARROWS.items()
    }


def _with_arrow(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    return _spelt(pairs).get(text, ("", "", text))[2]
