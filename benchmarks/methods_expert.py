"""Answers taken at face value: alone, as law, or where the data leave a choice."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import mean

import llmcd
from benchmarks.cells import Cell
from benchmarks.experts import Consulted
from benchmarks.methods import Estimate, Method
from llmcd.background import Background
from llmcd.equivalence import orient
from llmcd.expert.answers import Answer, Answers
from llmcd.graph import Graph

__all__ = ["METHODS", "Majority", "majorities"]


@dataclass(frozen=True)
class Majority:
    """What most answers about a pair say.

    Attributes
    ----------
    a, b : str
        The pair, in name order.
    verdict : str
        Of ``(a, b)``: what more than half of those answers say that are verdicts.
    votes, others : int
        Answers for it and against it.
    stated : float
        Mean probability that the former state for it; 1/2 where none do.
    """

    a: str
    b: str
    verdict: str
    votes: int
    others: int
    stated: float

    @property
    def arc(self) -> tuple[str, str] | None:
        """Cause and effect, if the verdict is a direction."""
        arcs = {"a->b": (self.a, self.b), "b->a": (self.b, self.a)}
        return arcs.get(self.verdict)

    @property
    def strength(self) -> tuple[int, float]:
        """Larger is stronger: lead of votes, then stated probability."""
        return self.votes - self.others, self.stated


def majorities(answers: Answers) -> tuple[Majority, ...]:
    """Pairs on which more than half of the verdicts agree, the strongest first.

    Parameters
    ----------
    answers : Answers
        In any order of presentation.

    Returns
    -------
    tuple of Majority

    Examples
    --------
    >>> said = Answers((Answer("y", "x", "b->a"), Answer("x", "y", "a->b")))
    >>> majorities(said)[0].arc
    ('x', 'y')
    """
    by_pair: dict[tuple[str, str], list[Answer]] = {}
    for x in answers.answers:
        if x.verdict is not None:
            by_pair.setdefault(x.pair, []).append(x)
    found: list[Majority] = []
    for (a, b), some in by_pair.items():
        said = [x.about(a, b) for x in some]
        verdict = max(sorted({str(v) for v in said}), key=said.count)
        votes = said.count(verdict)
        if 2 * votes <= len(said):
            continue
        stated = [
            x.stated[str(x.verdict)]
            for x in some
            if x.about(a, b) == verdict and str(x.verdict) in x.stated
        ]
        chance = mean(stated) if stated else 0.5
        found.append(Majority(a, b, verdict, votes, len(said) - votes, chance))
    found.sort(key=lambda m: (-m.strength[0], -m.strength[1], m.a, m.b))
    return tuple(found)


def acyclic_arcs(said: tuple[Majority, ...], names: tuple[str, ...]) -> Graph:
    """The directions, weakest dropped where they would close a cycle."""
    below: dict[str, set[str]] = {name: {name} for name in names}
    arcs: list[tuple[str, str]] = []
    for one in said:
        if one.arc is None or not {one.a, one.b} <= set(below):
            continue
        cause, effect = one.arc
        if cause in below[effect]:
            continue
        arcs.append(one.arc)
        for name in names:
            if cause in below[name]:
                below[name] |= below[effect]
    return Graph.from_edges(names, directed=arcs)


def _of(consulted: Consulted | None) -> Consulted:
    if consulted is None:
        raise ValueError("this method needs answers, got None")
    return consulted


def _alone(cell: Cell, consulted: Consulted | None) -> Estimate:
    asked = _of(consulted)
    graph = acyclic_arcs(majorities(asked.answers), cell.columns)
    return Estimate(graph, questions=asked.asked)


def _as_law(cell: Cell, consulted: Consulted | None) -> Estimate:
    asked = _of(consulted)
    said = tuple(m for m in majorities(asked.answers) if not m.others)
    law = acyclic_arcs(said, cell.columns)
    none = [m for m in said if m.verdict == "none"]
    known = set(cell.columns)
    known_law = Background(
        required=law.directed_edges(),
        forbidden=[
            pair
            for m in none
            if {m.a, m.b} <= known
            for pair in ((m.a, m.b), (m.b, m.a))
        ],
    )
    found = llmcd.candidates(
        cell.table,
        method=cell.search,
        background=known_law,
        bootstrap=0,
        seed=cell.seed,
        n_jobs=1,
    )
    return Estimate(found.graph, questions=asked.asked, warnings=found.warnings)


def _open_only(cell: Cell, consulted: Consulted | None) -> Estimate:
    asked, graph = _of(consulted), cell.candidates.graph
    for one in majorities(asked.answers):
        if one.arc is None:
            continue
        edge = graph.edge(*one.arc)
        if edge is not None and edge.mark == "---":
            graph = orient(graph, *one.arc)
    return Estimate(graph, questions=asked.asked)


METHODS = (
    Method(
        "expert-alone",
        "expert",
        True,
        "directions that most answers give, the weakest dropped where they close a "
        "cycle; no data, except that the plan chose the pairs",
        _alone,
    ),
    Method(
        "as-law",
        "expert",
        True,
        "answers that agree are background knowledge: edges required, 'no direct "
        "relation' forbids both ways; the same search under it",
        _as_law,
    ),
    Method(
        "open-only",
        "expert",
        True,
        "what most answers say, at face value, for edges that the data's CPDAG leaves "
        "undirected, with Meek's closure; the strongest answers first",
        _open_only,
    ),
)
