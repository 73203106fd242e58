"""A result combined again, with a person's decisions as background knowledge."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from llmcd.background import Background
from llmcd.combiner.combined import Combined, Conflict, EdgeDecision, Step
from llmcd.combiner.reconcile import combine
from llmcd.discovery.ensemble import Candidates
from llmcd.equivalence import (
    consistent_extension,
    cpdag,
    is_extendable,
    meek_closure,
    mpdag,
    orient,
)
from llmcd.errors import GraphError, VariablesError
from llmcd.graph import Edge, Graph
from llmcd.review.decisions import Decision, in_force, knowledge

__all__ = ["Outcome", "apply"]


@dataclass(frozen=True)
class Outcome:
    """A result with a person's decisions.

    Attributes
    ----------
    combined : Combined
        Data, expert and person reconciled.
    decisions : tuple of Decision
        Those in force.
    problems : mapping of Decision to str
        Decisions that could not be followed, and why.
    changes : tuple of str
        What differs from the result without them, pair by pair.
    background : Background
        All that is known, what could not be followed included: for a new search.
    """

    combined: Combined
    decisions: tuple[Decision, ...]
    problems: Mapping[Decision, str]
    changes: tuple[str, ...]
    background: Background


@dataclass(frozen=True)
class _Followed:
    graph: Graph
    known: Background
    redundant: Background  # knowledge that the data's graph obeys by itself
    problems: dict[Decision, str]


def apply(combined: Combined, decisions: Iterable[Decision]) -> Outcome:
    """Combine again with what a person decided.

    The candidates were found without that knowledge. It directs edges of the data's
    graph, closed under Meek's rules, or takes edges out of it. What no graph of the
    data's class obeys is not applied but said: only a new search on the rows can tell
    what the data say then.

    Parameters
    ----------
    combined : Combined
        The result without the decisions.
    decisions : iterable of Decision
        In the order in which they were made.

    Returns
    -------
    Outcome

    Notes
    -----
    Meek (1995), *Causal inference and causal explanation with background knowledge*,
    section 4: with directions as knowledge, the closure is the MPDAG. Directions that
    the data give by themselves are not handed to the combiner as knowledge, so that
    the expert is still measured on them.

    Examples
    --------
    >>> import llmcd, numpy as np, pandas as pd
    >>> x = np.random.default_rng(0).normal(size=300)
    >>> rows = pd.DataFrame(
    ...     {"x": x, "y": x + np.random.default_rng(1).normal(size=300)}
    ... )
    >>> before = llmcd.discover(rows, bootstrap=2, progress=False).combined
    >>> one = Decision("require", "y", "x", "me", "y is earlier", "2026-05-01")
    >>> apply(before, [one]).changes
    ('x — y is now y → x',)
    """
    holding = in_force(decisions)
    found = combined.candidates
    if combined.mode == "posterior":
        # there the class that a person refines is that of the result
        found = replace(found, graph=_without_the_expert(combined))
    followed = _follow(found, holding)
    now = _again(combined, followed.graph, followed.known)
    if any(_broken(now.graph, one) for one in holding if one not in followed.problems):
        # a combiner that may overrule the data must know of the rest as well
        known = followed.known.merge(followed.redundant)
        now = _again(combined, followed.graph, known)
    problems = dict(followed.problems)
    for one in holding:
        if one not in problems and _broken(now.graph, one):
            problems[one] = "it was not followed: the combiner decided against it"
    everything = found.background
    for one in holding:
        everything = everything.merge(knowledge(one))
    notes = [
        f"Review: {one.words} was decided by {one.author} and is not in this graph: "
        f"{why}"
        for one, why in problems.items()
    ]
    now = _data_in_their_own_voice(now, found, followed.graph)
    now = replace(
        now,
        edges=tuple(_told(edge, holding, problems) for edge in now.edges),
        warnings=(*notes, *now.warnings),
    )
    return Outcome(
        now, holding, problems, _changes(combined.graph, now.graph), everything
    )


def _again(combined: Combined, graph: Graph, known: Background) -> Combined:
    if combined.mode == "posterior":
        return _refined(combined, graph, known)
    candidates = replace(combined.candidates, graph=graph, background=known)
    again = combine(
        candidates, combined.answers, mode=combined.mode, audits=combined.audits
    )
    # what the data alone say has not changed
    return replace(again, data_graph=combined.data_graph, why_mode=combined.why_mode)


def _without_the_expert(combined: Combined) -> Graph:
    """The class of the result, closed under knowledge: what a person may turn."""
    settled = [
        (e.cause, e.effect)
        for e in combined.edges
        if e.mark == "-->" and e.decided_by == "background"
    ]
    return mpdag(cpdag(consistent_extension(combined.graph)), settled)


def _with_what_stood(combined: Combined, graph: Graph) -> Graph:
    """Directions of the result that the decisions leave open, the surest first."""
    told = sorted(
        (e for e in combined.edges if e.mark == "-->"),
        key=lambda e: (-e.probability, e.cause, e.effect),
    )
    for edge in told:
        if edge.effect in graph.neighbours(edge.cause):
            graph = orient(graph, edge.cause, edge.effect)
    return graph


def _refined(combined: Combined, graph: Graph, known: Background) -> Combined:
    """The result with what was decided, and what follows from it, and nothing else.

    Rows and answers are not weighed again: for that the rows would be needed.
    """
    graph = _with_what_stood(combined, graph)
    before = {(e.cause, e.effect, e.mark): e for e in combined.edges}
    either = {frozenset((e.cause, e.effect)): e for e in combined.edges}
    edges: list[EdgeDecision] = []
    for a, b, mark in graph.edges():
        ends = (min(a, b), max(a, b)) if mark == "---" else (a, b)
        same = before.get((*ends, mark))
        if same is not None:
            edges.append(same)
            continue
        old = either[frozenset((a, b))]
        direct = (a, b) in known.required or not known.allowed(b, a)
        said = "background" if direct else "Meek"
        words = "follows from the review" if direct else "follows from other decisions"
        edges.append(
            replace(
                old,
                cause=ends[0],
                effect=ends[1],
                mark=mark,
                probability=1.0 if direct else old.probability,
                decided_by=said,
                provenance=(*old.provenance, Step(said, words)),
            )
        )
    return replace(
        combined,
        graph=graph,
        edges=tuple(edges),
        candidates=replace(combined.candidates, background=known),
    )


def _data_in_their_own_voice(
    now: Combined, found: Candidates, graph: Graph
) -> Combined:
    """Let the data say what they said before a person decided, not what was decided."""

    def turned(a: str, b: str) -> tuple[str, str] | None:
        """What the data's graph has, and what it has with the decisions."""
        before, after = found.graph.edge(a, b), graph.edge(a, b)
        if before == after:
            return None
        return str(before or "no edge"), str(after or "no edge")

    edges: list[EdgeDecision] = []
    for edge in now.edges:
        words = turned(edge.cause, edge.effect)
        steps = tuple(
            replace(step, statement=step.statement.replace(words[1], words[0], 1))
            if words and step.source == "data"
            else step
            for step in edge.provenance
        )
        edges.append(replace(edge, provenance=steps))
    conflicts: list[Conflict] = []
    for conflict in now.conflicts:
        words = turned(conflict.a, conflict.b)
        if words:
            i, j = (found.graph.index(v) for v in (conflict.a, conflict.b))
            support = float(found.adjacency_support[i, j])
            conflict = replace(conflict, data_says=words[0], data_support=support)
        conflicts.append(conflict)
    return replace(now, edges=tuple(edges), conflicts=tuple(conflicts))


def _follow(found: Candidates, decisions: Sequence[Decision]) -> _Followed:
    """As many decisions as go together with the data's class, the earliest first."""
    graph, known, redundant = found.graph, found.background, Background()
    problems: dict[Decision, str] = {}
    for one in decisions:
        try:
            new = knowledge(one)
            known.merge(redundant).merge(new).check(found.names)
            after = _obeying(graph, one)
        except (GraphError, VariablesError) as error:
            problems[one] = _why_not(graph, one, error)
            continue
        # the edge itself is the data's, so that only its direction is new to them
        turned = Background(forbidden=[(one.b, one.a)])
        new = turned if one.action == "require" else new
        if after == graph:
            redundant = redundant.merge(new)
        else:
            known = known.merge(new)
        graph = after
    return _Followed(graph, known, redundant, problems)


def _obeying(graph: Graph, one: Decision) -> Graph:
    if one.action == "require":
        return orient(graph, one.a, one.b)
    if one.action == "annotate" or not graph.adjacent(one.a, one.b):
        return graph
    i, j = graph.index(one.a), graph.index(one.b)
    marks = graph.marks.copy()
    marks[i, j] = marks[j, i] = 0
    without = Graph(graph.names, marks)
    if not is_extendable(without):
        raise GraphError("without this edge no DAG fits the rest of the data's graph")
    return meek_closure(without)


def _why_not(graph: Graph, one: Decision, error: Exception) -> str:
    if isinstance(error, VariablesError):
        said = str(error).partition("\n- ")[2] or str(error)
        return f"it contradicts other knowledge: {said}"
    edge = graph.edge(one.a, one.b)
    if one.action == "require" and edge is None:
        said = "the data's graph has no such edge"
    elif one.action == "require" and edge is not None and edge.mark == "-->":
        said = (
            f"the data, with what was decided before, direct {edge.a} → {edge.b}, and "
            "no graph of their class has it the other way"
        )
    else:
        said = str(error)
    return (
        f"it contradicts the data: {said}; only a new search on the rows can follow it"
    )


def _broken(graph: Graph, one: Decision) -> bool:
    """Whether the graph does not do what was decided."""
    if one.action == "require":
        return (one.a, one.b) not in graph.directed_edges()
    return one.action == "forbid" and graph.adjacent(one.a, one.b)


def _told(
    edge: EdgeDecision, decisions: Sequence[Decision], problems: Mapping[Decision, str]
) -> EdgeDecision:
    """The edge with what a person said of it."""
    steps: list[Step] = []
    for one in decisions:
        if one.pair == frozenset((edge.cause, edge.effect)):
            why = f": {one.reason}" if one.reason else ""
            not_done = f" (not followed: {problems[one]})" if one in problems else ""
            steps.append(
                Step(
                    "background", f"review by {one.author}, {one.words}{why}{not_done}"
                )
            )
    return replace(edge, provenance=(*edge.provenance, *steps)) if steps else edge


def _changes(before: Graph, after: Graph) -> tuple[str, ...]:
    pairs = {frozenset(e[:2]) for graph in (before, after) for e in graph.edges()}
    found: list[str] = []
    for a, b in sorted((min(p), max(p)) for p in pairs):
        old, new = before.edge(a, b), after.edge(a, b)
        if old != new:
            words = "gone" if new is None else _drawn(new)
            found.append(
                f"{_drawn(old) if old else f'{a}, {b}: no edge'} is now {words}"
            )
    return tuple(found)


def _drawn(edge: Edge) -> str:
    a, b, mark = edge
    if mark == "---":
        a, b = min(a, b), max(a, b)
    return f"{a} { {'-->': '→', '---': '—', '<->': '↔'}.get(mark, mark) } {b}"
