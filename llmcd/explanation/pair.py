"""One pair in words: who decided, step by step, and what would change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from llmcd.combiner.combined import Combined, Conflict, EdgeDecision, Step
from llmcd.report.account import told, would_change

__all__ = ["Explanation", "explain"]

_WHO = {
    "data": "the data decided",
    "expert": "the expert decided",
    "background": "background knowledge decided",
    "Meek": "it follows from other edges",
    "nobody": "nobody decided its direction",
}


@dataclass(frozen=True)
class Explanation:
    """Why a pair stands in the result as it does.

    Attributes
    ----------
    a, b : str
        The pair, as asked for.
    verdict : str
        What stands in the result and who decided, in a sentence.
    edge : EdgeDecision or None
        The decision; None where the two are not adjacent.
    steps : tuple of Step
        From the data alone to the result, with natural log-odds where there is a
        number.
    answers : tuple of mapping of str to str
        What each expert said, in each presentation order: ``expert``, ``shown``,
        ``verdict``, ``stated``, ``reasoning``.
    conflicts : tuple of Conflict
        Where data and expert disagree on the pair.
    would_change : tuple of str
        What would change it.
    """

    a: str
    b: str
    verdict: str
    edge: EdgeDecision | None
    steps: tuple[Step, ...]
    answers: tuple[Mapping[str, str], ...]
    conflicts: tuple[Conflict, ...]
    would_change: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield self.verdict
        if self.edge is not None and self.edge.warning:
            yield f"Beware: {self.edge.warning}."
        if self.steps:
            yield "Step by step, in natural log-odds:"
            yield from map(_step, self.steps)
        if self.answers:
            yield "What was answered:"
            yield from map(_answer, self.answers)
        else:
            yield "Nobody answered anything about this pair."
        for one in self.conflicts:
            yield (
                f"They disagree: the data say {one.data_says}, the expert says "
                f"{one.expert_says}; {one.rule}."
            )
        yield f"What would change it: {'; '.join(self.would_change)}."


def _step(step: Step) -> str:
    number = "      " if step.log_odds is None else f"{step.log_odds:+6.2f}"
    return f"  {number}  {step.source}: {step.statement}"


def _answer(one: Mapping[str, str]) -> str:
    stated = f" (stated: {one['stated']})" if one["stated"] else ""
    why = f': "{one["reasoning"]}"' if one["reasoning"] else ""
    return f"  {one['expert']}, shown {one['shown']}: {one['verdict']}{stated}{why}"


def explain(combined: Combined, a: str, b: str) -> Explanation:
    """Say why a pair stands in the result as it does.

    Parameters
    ----------
    combined : Combined
        The result.
    a, b : str
        Column names, in either order.

    Returns
    -------
    Explanation
        Print it.

    Raises
    ------
    GraphError
        If a name is no node.
    ValueError
        If both are the same.
    """
    for name in (a, b):
        combined.graph.index(name)
    if a == b:
        raise ValueError(f"two different variables are needed, got {a!r} twice")
    pair = {a, b}
    edge = next((e for e in combined.edges if {e.cause, e.effect} == pair), None)
    conflicts = tuple(c for c in combined.conflicts if {c.a, c.b} == pair)
    changes = list(dict.fromkeys(c.would_change for c in conflicts))
    if not changes:
        changes = [would_change(edge) if edge else _would_join(combined, a, b)]
    return Explanation(
        a,
        b,
        _verdict(edge) if edge else _apart(combined, a, b),
        edge,
        edge.provenance if edge else (),
        tuple(told(x) for x in combined.answers.for_pair(a, b)),
        conflicts,
        tuple(changes),
    )


def _verdict(edge: EdgeDecision) -> str:
    who = _WHO.get(edge.decided_by, f"{edge.decided_by} decided")
    likelier = "the likelier direction" if edge.mark == "---" else "this direction"
    return (
        f"{edge.cause} {edge.mark} {edge.effect}: {who}. Probability "
        f"{edge.adjacency:.2f} that the two are adjacent, and then "
        f"{edge.probability:.2f} of {likelier}."
    )


def _apart(combined: Combined, a: str, b: str) -> str:
    found = combined.candidates
    i, j = (found.graph.index(name) for name in (a, b))
    support = float(found.adjacency_support[i, j])
    said = (
        f"{a}, {b}: no edge. Adjacent in {support:.0%} of {len(found.replicates)} "
        "resamples of the data alone"
    )
    chances = combined.directed_probability
    if chances is not None:
        i, j = (combined.graph.index(name) for name in (a, b))
        said += f"; probability {float(chances[i, j] + chances[j, i]):.2f} of an edge"
    return f"{said}.{_way(combined, a, b)}"


def _way(combined: Combined, a: str, b: str) -> str:
    """Whether one acts on the other through others."""
    for one, other in ((a, b), (b, a)):
        if other in combined.graph.descendants(one):
            return f" {one} acts on {other} through others: see paths."
    return ""


def _would_join(combined: Combined, a: str, b: str) -> str:
    known = combined.candidates.background
    if not known.allowed(a, b) and not known.allowed(b, a):
        return "other background knowledge: it forbids an edge either way"
    rows = f"rows in which {a} and {b} go together once the others are known"
    answer = ", answers that carry weight" if combined.mode == "posterior" else ""
    return f"{rows}{answer}, or background knowledge that requires an edge"
