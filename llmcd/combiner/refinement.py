"""A graph of one's own, scored edge by edge, with proposals and their evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from llmcd.combiner.combined import Combined
from llmcd.combiner.decision import UNDIRECTED_COST
from llmcd.combiner.posterior import data_direction
from llmcd.data.table import Table
from llmcd.discovery.own_graph import (
    SingleChanges,
    graph_of_edges,
    own_graph,
    part_of,
    score_changes,
)
from llmcd.equivalence import consistent_extension, cpdag, mpdag
from llmcd.errors import DataError
from llmcd.graph import Graph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PairScore", "Proposal", "Refinement", "refine_graph"]

SHOWN = 0.05
"""Pairs that the graph leaves apart are listed from this probability of an edge on."""
DIRECTED = 1.0 - UNDIRECTED_COST
"""Probability of a direction, if adjacent, from which on it is proposed."""
GAIN = 3.0
"""Nats: where the samples leave a direction open, a reversal has to gain this much."""

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class PairScore:
    """What is known about one pair of somebody's graph.

    Attributes
    ----------
    cause, effect : str
        The two as the graph has them; where it has no edge, in the likelier direction.
    mark : str
        ``-->`` or ``---`` in that graph, empty where the two are apart.
    forward, backward, apart : float
        Probabilities of ``cause --> effect``, of the opposite and of no edge, from the
        sampled graphs with the answers.
    by_rows : float
        Probability of ``forward`` by the rows alone.
    removal, reversal, addition : float or None
        By how much the score of all rows would rise, natural logarithm, if only this
        were changed; None where it cannot be.
    answers : int
        Answers about the pair that are not abstentions.
    """

    cause: str
    effect: str
    mark: str
    forward: float
    backward: float
    apart: float
    by_rows: float
    removal: float | None
    reversal: float | None
    addition: float | None
    answers: int


@dataclass(frozen=True)
class Proposal:
    """One change of somebody's graph, and its evidence.

    Attributes
    ----------
    change : str
        ``remove``, ``reverse``, ``add`` or ``direct``.
    before, after : str
        Such as ``a --> b`` and ``no edge``.
    probability : float
        Of what would stand there, from the sampled graphs with the answers; of an edge
        for ``---``.
    by_rows : float
        The same by the rows alone.
    gain : float
        By how much the score of all rows rises, natural logarithm, once all proposals
        before this one are followed.
    answers : int
        Answers about the pair that are not abstentions.
    why : str
        In words.
    """

    change: str
    before: str
    after: str
    probability: float
    by_rows: float
    gain: float
    answers: int
    why: str


@dataclass(frozen=True)
class Refinement:
    """Somebody's graph, scored edge by edge, with proposals in the order to follow.

    Attributes
    ----------
    graph : Graph
        The graph as it was given, over all columns.
    refined : Graph
        The graph after all proposals.
    pairs : tuple of PairScore
        Every edge of the graph, then pairs that may be missing.
    proposals : tuple of Proposal
        First what the sampled graphs decide, then what only the score does; within,
        what raises the score most comes first.
    n_rows : int
        Rows that the score is of.
    notes : tuple of str
        What could not be judged or followed, and why.
    """

    graph: Graph
    refined: Graph
    pairs: tuple[PairScore, ...]
    proposals: tuple[Proposal, ...]
    n_rows: int
    notes: tuple[str, ...] = ()

    def to_frame(self) -> pd.DataFrame:
        """The proposals, one row each."""
        return _frame(self.proposals, Proposal)

    @property
    def edges(self) -> pd.DataFrame:
        """Every edge of the graph, then pairs that may be missing, one row each."""
        return _frame(self.pairs, PairScore)

    def __str__(self) -> str:
        n, edges = len(self.proposals), self.graph.n_edges
        head = (
            f"a graph of {edges} edges against {self.n_rows:,} rows: "
            f"{n or 'no'} change{'' if n == 1 else 's'} proposed"
        )
        lines = [head]
        for k, one in enumerate(self.proposals, 1):
            lines.append(f"{k}. {one.change} {one.before}: {one.after}")
            lines.append(f"   {one.why}")
        lines += [f"note: {text}" for text in self.notes]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "names": list(self.graph.names),
            "graph": [list(edge) for edge in self.graph.edges()],
            "refined": [list(edge) for edge in self.refined.edges()],
            "pairs": [asdict(one) for one in self.pairs],
            "proposals": [asdict(one) for one in self.proposals],
            "rows": self.n_rows,
            "notes": list(self.notes),
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Refinement:
        """What ``to_dict`` wrote."""
        names = tuple(content["names"])
        return cls(
            graph_of_edges(names, content["graph"]),
            graph_of_edges(names, content["refined"]),
            tuple(PairScore(**one) for one in content["pairs"]),
            tuple(Proposal(**one) for one in content["proposals"]),
            int(content["rows"]),
            tuple(content["notes"]),
        )


def _frame(rows: Sequence[Any], kind: type[Any]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(
        [asdict(r) for r in rows], columns=[f.name for f in fields(kind)]
    )


def refine_graph(combined: Combined, graph: Graph) -> Refinement:
    """Score somebody's graph against rows and answers, and propose changes.

    Parameters
    ----------
    combined : Combined
        What rows and answers say, with the rows at hand. Pairs that only this graph
        connects are sampled as well if it was given to ``candidates`` as ``start``.
    graph : Graph
        A DAG, CPDAG or MPDAG over some of the columns.

    Returns
    -------
    Refinement
        An edge is to be removed when fewer than half of the sampled graphs have it,
        added when more do, directed the other way when that direction has a
        probability of more than .6, or when the samples leave it open and the score
        rises by more than 3 with the rest of the graph as it is.

    Raises
    ------
    GraphError
        If a node is no column, or no DAG is among the members of the graph.
    DataError
        If the rows are not at hand.
    """
    found = combined.candidates
    if found.table is None:
        raise DataError(
            "a graph can only be scored while the rows are at hand; give them again: "
            "combine(candidates, answers, data=...)"
        )
    own = own_graph(graph, found.names)
    view = _View.of(combined, found.table)
    inside = part_of(own, found.table.names)
    notes = [
        f"{edge}: a column is constant, so these rows say nothing about it"
        for edge in own.edges()
        if not {edge.a, edge.b} <= set(found.table.names)
    ]
    start = consistent_extension(inside).arcs
    pairs = _pairs(view, inside, score_changes(view.table.statistics(), start))
    proposals, refined = _proposals(view, inside, start.copy(), notes)
    kept = [e for e in own.edges() if not {e.a, e.b} <= set(found.table.names)]
    edges = [*refined.edges(), *kept]
    return Refinement(
        own,
        graph_of_edges(found.names, edges),
        pairs,
        proposals,
        found.n_rows,
        (*notes, *view.notes),
    )


class _View(NamedTuple):
    """What rows and answers say about all pairs, in the table's order."""

    table: Table
    adjacent: Floats
    direction: Floats
    by_rows: tuple[Floats, Floats]
    closed: Bools
    answers: Mapping[frozenset[str], int]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, combined: Combined, table: Table) -> _View:
        found, names = combined.candidates, table.names
        notes: tuple[str, ...] = ()
        if combined.mode == "posterior":
            alone = found.samples
            rows = alone.adjacent, data_direction(alone)
            adjacent, direction = _with_answers(combined, names) or rows
        else:
            at = np.ix_(*[[found.graph.index(v) for v in names]] * 2)
            adjacent = found.adjacency_support[at]
            said = found.direction_support[at] + 0.002
            direction = said / (said + said.T)
            rows = adjacent, direction
            notes = (
                "in safe mode probabilities are shares of the resamples, without the "
                "answers",
            )
        counts: dict[frozenset[str], int] = {}
        for answer in combined.answers.answers:
            if answer.verdict is not None:
                pair = frozenset((answer.a, answer.b))
                counts[pair] = counts.get(pair, 0) + 1
        closed = found.background.forbidden_matrix(names)
        return cls(table, adjacent, direction, rows, closed, counts, notes)

    def chance(self, i: int, j: int) -> float:
        """Probability of ``i --> j``."""
        return float(self.adjacent[i, j] * self.direction[i, j])

    def chance_by_rows(self, i: int, j: int) -> float:
        """Probability of ``i --> j`` by the rows alone."""
        adjacent, direction = self.by_rows
        return float(adjacent[i, j] * direction[i, j])

    def said(self, i: int, j: int) -> int:
        """Answers about the two."""
        names = self.table.names
        return self.answers.get(frozenset((names[i], names[j])), 0)


def _with_answers(
    combined: Combined, names: tuple[str, ...]
) -> tuple[Floats, Floats] | None:
    """Adjacency and direction given rows and answers, in the order of ``names``."""
    whole = combined.directed_probability
    if whole is None or not combined.answers.answers:
        return None
    at = [combined.graph.index(v) for v in names]
    part = whole[np.ix_(at, at)] + 1e-6
    return part + part.T - 2e-6, part / (part + part.T)


def _pairs(view: _View, own: Graph, scores: SingleChanges) -> tuple[PairScore, ...]:
    p = len(own.names)
    listed: list[tuple[int, int, str]] = []
    for edge in own.edges():
        a, b = edge.a, edge.b
        if edge.mark == "---":
            a, b = sorted((a, b))
        listed.append((own.index(a), own.index(b), edge.mark))
    missing = [
        (i, j) if view.direction[i, j] >= 0.5 else (j, i)
        for i in range(p)
        for j in range(i + 1, p)
        if not own.adjacencies[i, j] and view.adjacent[i, j] >= SHOWN
    ]
    missing.sort(key=lambda e: (-view.adjacent[e], own.names[e[0]], own.names[e[1]]))
    listed += [(i, j, "") for i, j in missing]
    return tuple(_pair(view, own, scores, *each) for each in listed)


def _pair(
    view: _View, own: Graph, scores: SingleChanges, i: int, j: int, mark: str
) -> PairScore:
    def number(*found: np.float64) -> float | None:
        good = [float(x) for x in found if isfinite(x)]
        return max(good) if good else None

    turned = scores.reversal if mark == "-->" else np.full_like(scores.reversal, np.nan)
    return PairScore(
        own.names[i],
        own.names[j],
        mark,
        view.chance(i, j),
        view.chance(j, i),
        1.0 - float(view.adjacent[i, j]),
        view.chance_by_rows(i, j),
        number(scores.removal[i, j], scores.removal[j, i]),
        number(turned[i, j]),
        number(scores.addition[i, j], scores.addition[j, i]),
        view.said(i, j),
    )


# --- proposals ------------------------------------------------------------------------


class _Option(NamedTuple):
    """A change that may be proposed: the edge it leaves, None for no edge."""

    change: str
    i: int
    j: int
    after: tuple[int, int] | None
    gain: float

    def apply(self, arcs: Bools) -> Bools:
        """The DAG with the change; it may have a cycle."""
        changed = arcs.copy()
        changed[self.i, self.j] = changed[self.j, self.i] = False
        if self.after is not None:
            changed[self.after] = True
        return changed


def _proposals(
    view: _View, own: Graph, arcs: Bools, notes: list[str]
) -> tuple[tuple[Proposal, ...], Graph]:
    """The best change, then the best of what is left, until none is left."""
    statistics = view.table.statistics()
    lines, done = own.lines.copy(), np.zeros_like(arcs)
    taken: list[tuple[_Option, bool]] = []
    scores = score_changes(statistics, arcs)
    while True:
        options = _decided(view, arcs, lines, done, scores)
        fitting = [x for x in options if _is_acyclic(x.apply(arcs))]
        is_decided = bool(fitting)
        if not fitting:
            stuck = options
            options = _by_score(view, arcs, lines, done, scores)
            fitting = [x for x in options if _is_acyclic(x.apply(arcs))]
            if not fitting:
                notes.extend(_in_the_way(own, x) for x in stuck)
                break
        best = max(fitting, key=lambda x: x.gain)
        taken.append((best, is_decided))
        arcs = best.apply(arcs)
        scores = score_changes(statistics, arcs, before=scores, fresh=(best.i, best.j))
        done[best.i, best.j] = done[best.j, best.i] = True
        lines[best.i, best.j] = lines[best.j, best.i] = False
    marks = arcs | lines
    for i, j in _open(view, own, arcs, lines, [x for x, decided in taken if decided]):
        if done[i, j]:
            marks[i, j] = marks[j, i] = True
    found = tuple(_proposal(view, own, marks, *each) for each in taken)
    return found, Graph.from_directed_matrix(own.names, marks)


def _open(
    view: _View, own: Graph, arcs: Bools, lines: Bools, decided: Sequence[_Option]
) -> list[list[int]]:
    """Edges whose direction neither the samples nor the rest of the graph settle."""
    given = own.arcs & arcs & ~lines | (arcs & view.closed.T)
    for option in decided:
        if option.after is not None:
            given[option.after] = True
    names = own.names
    dag = Graph.from_directed_matrix(names, arcs)
    settled = [(names[i], names[j]) for i, j in np.argwhere(given).tolist()]
    return np.argwhere(np.triu(mpdag(cpdag(dag), settled).lines)).tolist()


def _decided(
    view: _View, arcs: Bools, lines: Bools, done: Bools, scores: SingleChanges
) -> list[_Option]:
    """Changes that the sampled graphs decide."""
    options: list[_Option] = []
    for i, j in np.argwhere(np.triu(~done, 1)).tolist():
        i, j = (j, i) if arcs[j, i] else (i, j)
        has, likely = bool(arcs[i, j]), view.adjacent[i, j] > 0.5
        if has and not likely:
            options.append(_Option("remove", i, j, None, scores.removal[i, j]))
        if not likely:
            continue
        forward, backward = view.direction[i, j], view.direction[j, i]
        if has and not lines[i, j]:
            if backward > DIRECTED:
                options.append(_Option("reverse", i, j, (j, i), scores.reversal[i, j]))
            continue
        if max(forward, backward) <= DIRECTED:
            continue
        a, b = (i, j) if forward > backward else (j, i)
        if has:
            gain = 0.0 if arcs[a, b] else scores.reversal[i, j]
            options.append(_Option("direct", i, j, (a, b), gain))
        else:
            options.append(_Option("add", i, j, (a, b), scores.addition[a, b]))
    return options


def _by_score(
    view: _View, arcs: Bools, lines: Bools, done: Bools, scores: SingleChanges
) -> list[_Option]:
    """Changes of pairs that the sampled graphs connect and leave undirected.

    How such an edge runs follows from the rest of the graph: the score knows.
    """
    options: list[_Option] = []
    for i, j in np.argwhere(np.triu(~done, 1)).tolist():
        i, j = (j, i) if arcs[j, i] else (i, j)
        unsure = max(view.direction[i, j], view.direction[j, i]) <= DIRECTED
        if view.adjacent[i, j] <= 0.5 or not unsure:
            continue
        if not arcs[i, j]:
            ways = [(i, j), (j, i)]
            options += [
                _Option("add", i, j, way, scores.addition[way])
                for way in ways
                if not view.closed[way]
            ]
        elif not lines[i, j] and not view.closed[j, i]:
            gain = scores.reversal[i, j]
            if gain > GAIN:
                options.append(_Option("reverse", i, j, (j, i), gain))
    return options


def _is_acyclic(arcs: Bools) -> bool:
    waiting = arcs.sum(axis=0)
    free = list(np.flatnonzero(waiting == 0))
    seen = 0
    while free:
        v = free.pop()
        seen += 1
        waiting = waiting - arcs[v]
        free += [w for w in np.flatnonzero(arcs[v]) if waiting[w] == 0]
    return seen == len(arcs)


def _drawn(names: Sequence[str], marks: Bools, i: int, j: int) -> str:
    if marks[i, j] and marks[j, i]:
        return " --- ".join(sorted((names[i], names[j])))
    if marks[i, j]:
        return f"{names[i]} --> {names[j]}"
    if marks[j, i]:
        return f"{names[j]} --> {names[i]}"
    return "no edge"


def _proposal(
    view: _View, own: Graph, marks: Bools, option: _Option, is_decided: bool
) -> Proposal:
    i, j, names = option.i, option.j, own.names
    before = _drawn(names, own.arcs | own.lines, i, j)
    is_open = bool(marks[i, j] and marks[j, i])
    rows = view.by_rows[0][i, j]
    if option.after is None:
        chance, by_rows = 1.0 - float(view.adjacent[i, j]), 1.0 - float(rows)
    elif is_open:
        chance, by_rows = float(view.adjacent[i, j]), float(rows)
    else:
        chance, by_rows = view.chance(*option.after), view.chance_by_rows(*option.after)
    said = view.said(i, j)
    why = (
        f"probability {chance:.2f} ({by_rows:.2f} by the rows alone); score of "
        f"{view.table.n_rows:,} rows {option.gain:+.1f}"
    )
    if said:
        why += f"; {said} answers"
    if is_open:
        why += "; nothing settles the direction"
    elif not is_decided:
        why += (
            f"; an edge has probability {view.adjacent[i, j]:.2f}, and the rest of the "
            "graph settles its direction"
        )
    return Proposal(
        option.change,
        " and ".join(sorted((names[i], names[j]))) if before == "no edge" else before,
        _drawn(names, marks, i, j),
        chance,
        by_rows,
        float(option.gain),
        said,
        why,
    )


def _in_the_way(own: Graph, option: _Option) -> str:
    before = _drawn(own.names, own.arcs | own.lines, option.i, option.j)
    return (
        f"{option.change} {before}: likely by the sampled graphs, but it would close a "
        "cycle with the rest of this graph"
    )
