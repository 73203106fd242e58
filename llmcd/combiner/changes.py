"""What an update changed in the graph, and whether rows, answers or knowledge did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, NamedTuple

from llmcd.background import Background
from llmcd.combiner.combined import Combined
from llmcd.combiner.posterior import states_of
from llmcd.discovery.ensemble import Candidates
from llmcd.graph import Graph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MOVED", "Change", "Changes", "Stage", "evidence", "explain", "moved_pairs"]

MOVED = 0.2
"""Probability that has to change hands for a pair's evidence to count as moved."""

Pair = tuple[str, str]
Evidence = Mapping[Pair, Sequence[float]]


@dataclass(frozen=True)
class Change:
    """A pair that stands otherwise in the result than before.

    Attributes
    ----------
    a, b : str
        The pair in name order.
    before, after : str
        Such as ``a --> b``, ``a --- b`` and ``no edge``.
    moved_by : str
        ``rows``, ``columns``, ``background``, ``answers`` or several of these: the
        steps of the update that changed the pair.
    why : str
        In words.
    """

    a: str
    b: str
    before: str
    after: str
    moved_by: str
    why: str


@dataclass(frozen=True)
class Changes:
    """What an update changed, and why.

    Attributes
    ----------
    changes : tuple of Change
        In name order; empty when every pair stands as before.
    rows : tuple of (int, int)
        Number of rows before and after.
    fingerprints : tuple of (str, str)
        Of the rows before and after.
    asked : tuple of (str, str)
        Pairs that somebody was asked about for the update.
    notes : tuple of str
        What else was done, such as answers that were set aside.
    """

    changes: tuple[Change, ...]
    rows: tuple[int, int]
    fingerprints: tuple[str, str]
    asked: tuple[Pair, ...] = ()
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.changes)

    def to_frame(self) -> pd.DataFrame:
        """One row a pair that changed."""
        import pandas as pd

        columns = [f.name for f in fields(Change)]
        return pd.DataFrame([asdict(one) for one in self.changes], columns=columns)

    def __str__(self) -> str:
        n = len(self.changes)
        head = f"{n or 'no'} pair{'' if n == 1 else 's'} changed"
        before, after = self.rows
        if before != after:
            head += f"; {before:,} rows before, {after:,} now"
        if self.asked:
            pairs = len(self.asked)
            head += f"; asked about {pairs} pair{'' if pairs == 1 else 's'}"
        lines = [head]
        for one in self.changes:
            start = one.before if one.before != "no edge" else f"{one.a}, {one.b}: none"
            lines.append(f"{start} is now {one.after}, moved by {one.moved_by}")
            lines.append(f"   {one.why}")
        return "\n".join([*lines, *(f"note: {text}" for text in self.notes)])

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "changes": [asdict(one) for one in self.changes],
            "rows": list(self.rows),
            "fingerprints": list(self.fingerprints),
            "asked": [list(pair) for pair in self.asked],
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Changes:
        """What ``to_dict`` wrote.

        Examples
        --------
        >>> some = Changes(
        ...     (Change("a", "b", "no edge", "a --> b", "rows", ""),),
        ...     (1, 2),
        ...     ("0", "1"),
        ...     (("a", "b"),),
        ... )
        >>> Changes.from_dict(some.to_dict()) == some
        True
        """
        return cls(
            tuple(Change(**one) for one in content["changes"]),
            (int(content["rows"][0]), int(content["rows"][1])),
            (str(content["fingerprints"][0]), str(content["fingerprints"][1])),
            tuple((str(a), str(b)) for a, b in content["asked"]),
            tuple(content["notes"]),
        )


class Stage(NamedTuple):
    """One step of an update.

    Attributes
    ----------
    source : str
        ``rows``, ``columns``, ``background`` or ``answers``.
    combined : Combined
        The result after it.
    """

    source: str
    combined: Combined


# --- evidence -------------------------------------------------------------------------


def evidence(candidates: Candidates, mode: str = "posterior") -> Evidence:
    """What the rows alone say about each pair.

    Parameters
    ----------
    candidates : Candidates
        The data's side; with its rows, the sampled graphs speak, else the resamples.
    mode : str, optional
        In ``safe`` mode the resamples speak in any case.

    Returns
    -------
    mapping
        By pair in name order: probabilities of ``a --> b``, ``b --> a``, a an ancestor
        of b but no parent, b one of a, and none of these; from resamples of the first
        two and the last.
    """
    if candidates.table is not None and mode == "posterior":
        return states_of(candidates.samples)
    said, names = candidates.direction_support, candidates.names
    found: dict[Pair, Sequence[float]] = {}
    for i, one in enumerate(names):
        for j in range(i):
            a, b = (i, j) if one < names[j] else (j, i)
            forth, back = float(said[a, b]), float(said[b, a])
            found[names[a], names[b]] = (forth, back, max(0.0, 1.0 - forth - back))
    return found


def moved_pairs(before: Evidence, after: Evidence, amount: float) -> frozenset[Pair]:
    """Pairs whose evidence moved, and pairs that are new.

    Parameters
    ----------
    before, after : mapping
        Probabilities by pair.
    amount : float
        Total variation distance above which a pair counts.

    Returns
    -------
    frozenset of (str, str)

    Examples
    --------
    >>> old = {("a", "b"): (0.5, 0.5, 0.0), ("a", "c"): (0.0, 0.0, 1.0)}
    >>> new = {("a", "b"): (0.9, 0.1, 0.0), ("a", "c"): (0.1, 0.0, 0.9)}
    >>> moved_pairs(old, new, 0.2)
    frozenset({('a', 'b')})
    """
    return frozenset(
        pair
        for pair, shares in after.items()
        if pair not in before or _distance(before[pair], shares) > amount
    )


def _distance(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(abs(x - y) for x, y in zip(one, other, strict=True)) / 2.0


# --- words ----------------------------------------------------------------------------


def explain(before: Combined, stages: Sequence[Stage]) -> tuple[Change, ...]:
    """What changed between a result and the last stage of its update.

    Parameters
    ----------
    before : Combined
        The result that was updated.
    stages : sequence of Stage
        The steps, each with what was done before it.

    Returns
    -------
    tuple of Change
        In name order.
    """
    if not stages:
        return ()
    results = [before, *(stage.combined for stage in stages)]
    names = sorted({v for one in results for v in one.graph.names})
    found: list[Change] = []
    for k, b in enumerate(names):
        for a in names[:k]:
            drawn = [_drawn(one.graph, a, b) for one in results]
            if drawn[0] == drawn[-1]:
                continue
            parts = [
                (stage.source, _reason(stage.source, a, b, results[n], results[n + 1]))
                for n, stage in enumerate(stages)
                if drawn[n] != drawn[n + 1]
            ]
            found.append(
                Change(
                    a,
                    b,
                    drawn[0],
                    drawn[-1],
                    ", ".join(dict.fromkeys(source for source, _ in parts)),
                    "; ".join(why for _, why in parts),
                )
            )
    return tuple(sorted(found, key=lambda one: (one.a, one.b)))


def _drawn(graph: Graph, a: str, b: str) -> str:
    if not {a, b} <= set(graph.names):
        return "not in the table"
    edge = graph.edge(a, b)
    if edge is None:
        return "no edge"
    if edge.mark == "---":
        return " --- ".join(sorted((a, b)))
    return str(edge)


def _reason(source: str, a: str, b: str, old: Combined, new: Combined) -> str:
    if source == "background":
        about = _about(new.candidates.background, a, b)
        return about or "follows from knowledge about other pairs"
    if source == "answers":
        was, now = (
            [x.to_dict() for x in one.answers.for_pair(a, b)] for one in (old, new)
        )
        n = sum(x not in was for x in now) + sum(x not in now for x in was)
        if n:
            return f"{n} answer{'' if n == 1 else 's'} about this pair changed"
        return "follows from answers about other pairs"
    said = [_voice(x, a, b) for x in (old, new)]
    if said[0] == said[1]:
        return f"the rows as before say {said[1]}; other pairs moved"
    return f"the rows said {said[0]}, now {said[1]}"


def _about(known: Background, a: str, b: str) -> str:
    for x, y in ((a, b), (b, a)):
        if (x, y) in known.required:
            return f"{x} --> {y} is required"
    closed = [
        f"{x} --> {y} is not allowed"
        for x, y in ((a, b), (b, a))
        if not known.allowed(x, y)
    ]
    return ", ".join(closed)


def _voice(one: Combined, a: str, b: str) -> str:
    """The data's own word about a pair, with how sure."""
    found = one.candidates
    if not {a, b} <= set(found.names):
        return "nothing"
    share = float(found.adjacency_support[found.graph.index(a), found.graph.index(b)])
    drawn = _drawn(one.data_graph, a, b)
    return f"{drawn} (adjacent in {share:.0%} of the resamples)"
