"""Reconcile the data's candidates with the expert's answers."""

from __future__ import annotations

from llmcd.combiner.combined import Combined, Reliability
from llmcd.combiner.conflicts import find_conflicts
from llmcd.combiner.evidence import Vote, votes
from llmcd.combiner.provenance import decisions
from llmcd.combiner.reliability import learn_skill, probes, reliability
from llmcd.combiner.safe import orient_by_votes
from llmcd.discovery.ensemble import Candidates
from llmcd.expert.answers import Answers

__all__ = ["combine"]

MODES = ("auto", "safe")


def combine(
    candidates: Candidates, answers: Answers, *, mode: str = "auto"
) -> Combined:
    """Reconcile data and expert, and say for every edge who decided.

    Parameters
    ----------
    candidates : Candidates
        The data's side.
    answers : Answers
        The expert's side; ``Answers.none()`` when nobody was asked.
    mode : {"auto", "safe"}, optional
        ``safe`` directs only what the data's CPDAG leaves open.

    Returns
    -------
    Combined

    Raises
    ------
    ValueError
        If the mode is unknown, or an answer is about a variable that is not in the
        table.
    """
    why = _check_mode(mode)
    _check_names(candidates, answers)
    cast: dict[str, list[Vote]] = {expert: [] for expert in answers.experts}
    for vote in votes(answers):
        cast[vote.expert].append(vote)
    right = probes(candidates)
    skills = {expert: learn_skill(cast[expert], right) for expert in cast}
    seed = int(candidates.settings.get("seed", 0))
    oriented = orient_by_votes(
        candidates.graph, cast, skills, order=candidates.order, seed=seed
    )
    trust = tuple(
        reliability(expert, cast[expert], skills[expert], candidates, answers)
        for expert in cast
    )
    return Combined(
        mode="safe",
        why_mode=why,
        graph=oriented.graph,
        data_graph=candidates.graph,
        edges=decisions(candidates, oriented, cast, skills),
        conflicts=find_conflicts(candidates, oriented.graph, cast, skills),
        reliability=trust,
        candidates=candidates,
        answers=answers,
        warnings=(
            *candidates.warnings,
            *_expert_warnings(answers, trust),
            *oriented.warnings,
        ),
    )


def _check_mode(mode: str) -> str:
    if mode == "posterior":
        raise ValueError(
            "mode='posterior' is not part of this version, expected 'auto' or 'safe'; "
            "safe mode directs only what the data leaves open"
        )
    if mode not in MODES:
        raise ValueError(f"mode must be 'auto' or 'safe', got {mode!r}")
    if mode == "auto":
        return "safe is the only mode of this version"
    return "asked for"


def _check_names(candidates: Candidates, answers: Answers) -> None:
    known = set(candidates.names)
    strange = sorted({name for x in answers.answers for name in (x.a, x.b)} - known)
    if strange:
        raise ValueError(
            f"answers must be about columns of the table, got answers about {strange}; "
            "drop them or add the columns"
        )


def _expert_warnings(answers: Answers, trust: tuple[Reliability, ...]) -> list[str]:
    found: list[str] = []
    if not answers.complete:
        found.append(f"The answers are incomplete: {answers.note}")
    found.extend(
        f"{one.expert}: {one.finding}"
        for one in trust
        if "contradicts the data" in one.finding
    )
    total = len(answers.answers)
    unanswered = sum(x.verdict is None for x in answers.answers)
    if total and unanswered == total:
        found.append(
            f"None of the {total} questions got a usable answer; the graph is the "
            "data's own."
        )
    return found
