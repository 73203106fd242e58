"""Reconcile the data's candidates with the expert's answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from llmcd.combiner.audited import Audited
from llmcd.combiner.combined import Combined, Reliability
from llmcd.combiner.conflicts import (
    find_conflicts,
    weighed_conflicts,
    with_hidden_causes,
)
from llmcd.combiner.evidence import Vote, votes
from llmcd.combiner.posterior import Posterior, reconcile_samples
from llmcd.combiner.provenance import decisions, weighed_decisions
from llmcd.combiner.reliability import (
    Skill,
    directed_by_data,
    learn_skill,
    probes,
    reliability,
)
from llmcd.combiner.safe import Oriented, orient_by_votes
from llmcd.discovery.ensemble import Candidates
from llmcd.discovery.sampling import MOST_REQUIRED
from llmcd.errors import DataError
from llmcd.expert.answers import Answers
from llmcd.graph import Graph

__all__ = ["MODES", "combine"]

MODES = ("auto", "safe", "posterior")
MOST_VARIABLES = 200
"""Above, ``auto`` is safe mode: the walks would take long to settle."""
SHOWN_SAMPLES = 200
_DRIFT = 6.0

Cast = Mapping[str, Sequence[Vote]]
Audits = Mapping[str, Audited]


def combine(
    candidates: Candidates,
    answers: Answers,
    *,
    mode: str = "auto",
    audits: Audits | None = None,
) -> Combined:
    """Reconcile data and expert, and say for every edge who decided.

    Parameters
    ----------
    candidates : Candidates
        The data's side.
    answers : Answers
        The expert's side; ``Answers.none()`` when nobody was asked.
    mode : {"auto", "safe", "posterior"}, optional
        ``posterior`` weighs rows and answers in sampled graphs and needs the rows;
        ``safe`` directs only what the data's CPDAG leaves open; ``auto`` is the former
        where the rows are at hand and at most 200 columns.
    audits : mapping of str to Audited, optional
        By expert, what an audit heard before; of others nothing is known before.

    Returns
    -------
    Combined

    Raises
    ------
    ValueError
        If the mode is unknown, or an answer is about a variable that is not in the
        table.
    DataError
        If posterior mode is asked for and the rows are not at hand.
    """
    chosen, why = _choose(mode, candidates)
    _check_names(candidates, answers)
    cast: dict[str, list[Vote]] = {expert: [] for expert in answers.experts}
    for vote in votes(answers):
        cast[vote.expert].append(vote)
    known = {who: one for who, one in (audits or {}).items() if who in cast}
    if chosen == "safe":
        return _safe(candidates, answers, cast, known, why)
    return _posterior(candidates, answers, cast, known, why)


def _choose(mode: str, candidates: Candidates) -> tuple[str, str]:
    if mode not in MODES:
        raise ValueError(f"mode must be one of {', '.join(MODES)}, got {mode!r}")
    cannot = _cannot_sample(candidates)
    if mode == "posterior" and cannot:
        raise DataError(
            f"mode='posterior' cannot be had: {cannot}; use mode='safe', or 'auto'"
        )
    if mode == "posterior" and candidates.table is None:
        raise DataError(
            "mode='posterior' needs the rows, and these candidates were loaded without "
            "them; give the rows again (data=), or use mode='safe'"
        )
    if mode != "auto":
        return mode, "asked for"
    if candidates.table is None:
        return "safe", (
            "the rows are not at hand, and posterior mode needs them: give them as "
            "data= (--data)"
        )
    if cannot:
        return "safe", cannot
    searched = candidates.table.n_columns
    if searched > MOST_VARIABLES:
        return "safe", f"{searched} columns are more than {MOST_VARIABLES}"
    return "posterior", "the rows are at hand: it weighs them against the answers"


def _cannot_sample(candidates: Candidates) -> str:
    """Why graphs cannot be sampled, besides missing rows; empty when they can."""
    for graph in (candidates.graph, *candidates.replicates):
        if any(edge.mark not in ("-->", "---") for edge in graph.edges()):
            return "the candidates have edges that no DAG has (circles, <->)"
    children = Counter(effect for _, effect in candidates.background.required)
    many = [v for v, count in sorted(children.items()) if count > MOST_REQUIRED]
    if many:
        return f"more than {MOST_REQUIRED} parents of {many} are required"
    return ""


def _safe(
    candidates: Candidates, answers: Answers, cast: Cast, audits: Audits, why: str
) -> Combined:
    oriented, skills = _oriented(candidates, cast, audits)
    right = probes(candidates)
    trust = tuple(
        reliability(
            expert, cast[expert], skills[expert], right, answers,
            audited=audits.get(expert),
        )
        for expert in cast
    )  # fmt: skip
    return Combined(
        mode="safe",
        why_mode=why,
        graph=oriented.graph,
        data_graph=candidates.graph,
        edges=decisions(candidates, oriented, cast, skills),
        conflicts=with_hidden_causes(
            find_conflicts(candidates, oriented.graph, cast, skills),
            candidates,
            candidates.graph,
            oriented.graph,
            answers,
        ),
        reliability=trust,
        candidates=candidates,
        answers=answers,
        warnings=(
            *candidates.warnings,
            *_expert_warnings(answers, trust),
            *oriented.warnings,
        ),
        audits=audits,
    )


def _oriented(
    candidates: Candidates, cast: Cast, audits: Audits
) -> tuple[Oriented, dict[str, Skill]]:
    right = probes(candidates)
    skills = {
        expert: learn_skill(cast[expert], right, audits.get(expert)) for expert in cast
    }
    seed = int(candidates.settings.get("seed", 0))
    oriented = orient_by_votes(
        candidates.graph, cast, skills, order=candidates.order, seed=seed
    )
    return oriented, skills


def _posterior(
    candidates: Candidates, answers: Answers, cast: Cast, audits: Audits, why: str
) -> Combined:
    found = reconcile_samples(candidates, cast, audits)
    names = candidates.names
    graph = found.decided.graph.with_nodes(names)
    data_graph = found.data.graph.with_nodes(names)
    right = directed_by_data(
        found.data_voice, found.data_direction, candidates.background
    )
    trust = tuple(
        reliability(
            expert,
            cast[expert],
            found.responses[expert],
            right,
            answers,
            found.responses[expert].shares(),
            audits.get(expert),
        )
        for expert in cast
    )
    safe, _ = _oriented(candidates, cast, audits)
    return Combined(
        mode="posterior",
        why_mode=why,
        graph=graph,
        data_graph=data_graph,
        edges=weighed_decisions(candidates, found, graph, cast),
        conflicts=with_hidden_causes(
            weighed_conflicts(candidates, found, cast),
            candidates,
            data_graph,
            graph,
            answers,
        ),
        reliability=trust,
        candidates=candidates,
        answers=answers,
        warnings=(
            *candidates.warnings,
            *_expert_warnings(answers, trust),
            *_sampling_warnings(found),
        ),
        other_mode="safe",
        other_graph=safe.graph,
        samples=_some_samples(found, names),
        directed_probability=_over_all(found, names),
        diagnostics={
            "samples": float(len(found.together.arcs)),
            "accepted_reversals": round(found.together.accepted, 4),
            "drift": round(found.together.unsettled, 2),
        },
        audits=audits,
    )


def _over_all(found: Posterior, names: tuple[str, ...]) -> npt.NDArray[np.float64]:
    at = [names.index(v) for v in found.ensemble.names]
    whole = np.zeros((len(names), len(names)))
    one_way = _one_way(found)
    chance = np.where(one_way, 1.0, np.where(one_way.T, 0.0, found.direction))
    whole[np.ix_(at, at)] = np.round(found.together.adjacent * chance, 6)
    whole.setflags(write=False)
    return whole


def _one_way(found: Posterior) -> npt.NDArray[np.bool_]:
    """Where an edge, if there is one, can only go from i to j, shape (p, p)."""
    names, known = found.ensemble.names, found.known
    closed = np.array([[not known.allowed(b, a) for b in names] for a in names])
    forced = np.array([[(a, b) in known.required for b in names] for a in names])
    one_way = found.ensemble.before.astype(bool) | forced | closed
    return one_way & ~one_way.T


def _some_samples(found: Posterior, names: tuple[str, ...]) -> tuple[Graph, ...]:
    arcs = found.together.arcs
    every = max(1, len(arcs) // SHOWN_SAMPLES)
    return tuple(
        Graph.from_directed_matrix(found.together.names, one).with_nodes(names)
        for one in arcs[::every]
    )


def _sampling_warnings(found: Posterior) -> list[str]:
    if found.together.unsettled <= _DRIFT:
        return []
    return [
        "the sampled graphs have not settled: the share of some edge drifts by "
        f"{found.together.unsettled:.1f} standard deviations between the halves of the "
        "walks; read probabilities as rough, and compare with mode='safe'"
    ]


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
    if answers.stopped:
        found.append(answers.stopped)
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
