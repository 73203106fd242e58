"""Which pairs are worth a question, in which order, and what that costs."""

from __future__ import annotations

from llmcd.discovery.ensemble import Candidates
from llmcd.errors import VariablesError
from llmcd.expert.answers import Answers
from llmcd.expert.budget import Budget
from llmcd.expert.protocol import Expert, label
from llmcd.expert.questions import Plan, PlannedPair, Question, pairwise_question
from llmcd.variables import Variables

__all__ = ["plan_questions", "worthwhile_pairs"]

LEAST_SUPPORT = 0.1


def worthwhile_pairs(candidates: Candidates) -> tuple[PlannedPair, ...]:
    """Pairs of columns that are worth a question, the most useful first.

    First what the data leaves undirected (the answer can decide it), then what the
    data directs (the answer shows how far the expert can be trusted), then pairs
    that only some resamples connect (the answer can only reveal a conflict).

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
    graph = candidates.graph
    found: list[PlannedPair] = []
    for i, first in enumerate(graph.names):
        for j in range(i + 1, len(graph.names)):
            a, b = sorted((first, graph.names[j]))
            support = float(adjacency[i, j])
            edge = graph.edge(a, b)
            if edge is None and support < LEAST_SUPPORT:
                continue
            if edge is None:
                reason, priority = "uncertain adjacency", support / 3
            elif edge.mark == "---":
                reason, priority = "undecided direction", 2 + support
            elif _known(candidates, edge.a, edge.b):
                continue
            else:
                reason, priority = "probe: directed by the data", 1 + support
            found.append(PlannedPair(a, b, reason, support, priority))
    return tuple(sorted(found, key=lambda p: (-p.priority, p.a, p.b)))


def _known(candidates: Candidates, cause: str, effect: str) -> bool:
    known = candidates.background
    return (cause, effect) in known.required or not known.allowed(effect, cause)


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
        With a limit on calls, only the first pairs whose questions fit are kept.

    Returns
    -------
    Plan

    Raises
    ------
    VariablesError
        If a column has no description to ask about.
    """
    missing = [v for v in candidates.names if v not in variables]
    if missing:
        raise VariablesError(
            f"every column needs a description before anything can be asked; missing: "
            f"{missing}. Add them to variables, or use expert=None"
        )
    answered = set(answers.pairs()) if answers is not None else set[tuple[str, str]]()
    samples = int(getattr(expert, "samples", 1))
    pairs = [p for p in worthwhile_pairs(candidates) if (p.a, p.b) not in answered]
    notes: list[str] = []
    if budget is not None and budget.calls is not None:
        fits = budget.calls // (2 * samples)
        if fits < len(pairs):
            notes.append(
                f"{len(pairs) - fits} of {len(pairs)} worthwhile pairs are left out: "
                f"the budget allows {budget.calls} calls"
            )
        pairs = pairs[:fits]
    questions: list[Question] = []
    for pair in pairs:
        for sample in range(samples):
            questions.append(pairwise_question(variables, pair.a, pair.b, sample))
            questions.append(pairwise_question(variables, pair.b, pair.a, sample))
    return Plan.of(
        pairs=tuple(pairs),
        questions=tuple(questions),
        expert=expert,
        label="nobody" if expert is None else label(expert),
        notes=tuple(notes),
    )
