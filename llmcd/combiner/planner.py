"""Which pairs are worth a question, in which order, and what that costs."""

from __future__ import annotations

from math import inf

from llmcd.combiner.reliability import probes
from llmcd.discovery.ensemble import Candidates
from llmcd.errors import VariablesError
from llmcd.expert.answers import Answers
from llmcd.expert.budget import Budget, as_budget
from llmcd.expert.protocol import Expert, label
from llmcd.expert.questions import (
    Plan,
    PlannedPair,
    Question,
    is_letter,
    pairwise_question,
)
from llmcd.variables import Variables

__all__ = ["plan_questions", "worthwhile_pairs"]

LEAST_SUPPORT = 0.1
OPEN_PER_PROBE = 3
_PROBE = "probe: directed by the data"
_OPEN = "undecided direction"
_UNCERTAIN = "uncertain adjacency"
_REASONS = {_PROBE: (0.0, OPEN_PER_PROBE), _OPEN: (0.5, 1.0), _UNCERTAIN: (inf, 0.0)}


def worthwhile_pairs(candidates: Candidates) -> tuple[PlannedPair, ...]:
    """Pairs of columns that are worth a question, the most useful first.

    One pair that the data directs (a probe: the answer shows how far the expert can be
    trusted) before every three that the data leaves undirected (the answer can decide
    them), so that a budget that ends anywhere has bought some of both; then pairs that
    only some resamples connect (the answer can only reveal a conflict).

    Parameters
    ----------
    candidates : Candidates
        The data's side.

    Returns
    -------
    tuple of PlannedPair
        Every pair once, in name order within.
    """
    adjacency = candidates.adjacency_support
    graph, directed = candidates.graph, probes(candidates)
    found: dict[str, list[tuple[float, str, str]]] = {each: [] for each in _REASONS}
    for i, first in enumerate(graph.names):
        for j in range(i + 1, len(graph.names)):
            a, b = sorted((first, graph.names[j]))
            support = float(adjacency[i, j])
            edge = graph.edge(a, b)
            if edge is None and support < LEAST_SUPPORT:
                continue
            if edge is None:
                reason = _UNCERTAIN
            elif edge.mark == "---":
                reason = _OPEN
            elif (a, b) in directed:
                reason = _PROBE
            else:
                continue
            found[reason].append((-support, a, b))
    # each kind has its pace: its k-th pair comes at the time start + k * pace
    timed = [
        (start + k * pace, reason, *pair)
        for reason, (start, pace) in _REASONS.items()
        for k, pair in enumerate(sorted(found[reason]))
    ]
    return tuple(
        PlannedPair(a, b, reason, -support, 1.0 - k / len(timed))
        for k, (_, reason, support, a, b) in enumerate(sorted(timed))
    )


def plan_questions(
    candidates: Candidates,
    variables: Variables,
    *,
    expert: Expert | None = None,
    answers: Answers | None = None,
    budget: Budget | None = None,
) -> Plan:
    """Put the worthwhile pairs into words, both presentation orders each.

    Parameters
    ----------
    candidates : Candidates
        The data's side.
    variables : Variables
        The descriptions; nothing else about the data enters a question.
    expert : Expert, optional
        For the label, the number of samples and the price.
    answers : Answers, optional
        Pairs that these answer already are not asked again.
    budget : Budget, optional
        A limit on calls that does not suffice for every pair is noted. Nothing is left
        out: what a store holds already costs nothing, which only asking can know.

    Returns
    -------
    Plan

    Raises
    ------
    VariablesError
        If a column has no description to ask about.
    TypeError
        If the budget is no Budget.
    """
    calls = as_budget(budget).calls
    _check_described(candidates, variables)
    answered = set(answers.pairs()) if answers is not None else set[tuple[str, str]]()
    samples = int(getattr(expert, "samples", 1))
    pairs = [p for p in worthwhile_pairs(candidates) if (p.a, p.b) not in answered]
    questions: list[Question] = []
    for pair in pairs:
        for sample in range(samples):
            questions.append(pairwise_question(variables, pair.a, pair.b, sample))
            questions.append(pairwise_question(variables, pair.b, pair.a, sample))
    notes: list[str] = []
    if calls is not None and calls < len(questions):
        notes.append(
            f"{len(pairs)} pairs need {len(questions)} calls, the budget allows "
            f"{calls}: they are asked in this order, and what a store holds is free"
        )
    return Plan.of(
        pairs=tuple(pairs),
        questions=tuple(questions),
        expert=expert,
        label="nobody" if expert is None else label(expert),
        notes=tuple(notes),
    )


def _check_described(candidates: Candidates, variables: Variables) -> None:
    missing = [v for v in candidates.names if v not in variables]
    if missing:
        raise VariablesError(
            f"every column needs a description before anything can be asked; missing: "
            f"{missing}. Add them to variables, or use expert=None"
        )
    bare = [
        name
        for name in candidates.names
        if is_letter(variables[name].shown) and not variables[name].description
    ]
    if bare:
        raise VariablesError(
            f"{bare} would be shown to the expert as A or B, the letters that every "
            "question gives its two variables; add a description or a label"
        )
