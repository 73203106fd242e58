"""For every edge of the result: who decided, how sure, and on what grounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from llmcd.combiner.combined import EdgeDecision, Step
from llmcd.combiner.evidence import Vote
from llmcd.combiner.reliability import CAP, Skill, data_direction, vote_log_odds
from llmcd.combiner.safe import Oriented
from llmcd.discovery.ensemble import Candidates
from llmcd.graph import Edge, Graph

__all__ = ["decisions"]

LOW_SUPPORT = 0.5


def decisions(
    candidates: Candidates,
    oriented: Oriented,
    votes: Mapping[str, Sequence[Vote]],
    skills: Mapping[str, Skill],
) -> tuple[EdgeDecision, ...]:
    """Explain every edge of the result.

    Parameters
    ----------
    candidates : Candidates
        The data's side.
    oriented : Oriented
        What safe mode made of it.
    votes : mapping of str to sequence of Vote
        Votes by expert.
    skills : mapping of str to Skill
        Skill by expert.

    Returns
    -------
    tuple of EdgeDecision
        In the order of the graph's edges.
    """
    by_pair: dict[tuple[str, str], list[Vote]] = {}
    for expert in sorted(votes):
        for vote in votes[expert]:
            by_pair.setdefault((vote.a, vote.b), []).append(vote)
    q = data_direction(candidates)
    adjacency = candidates.adjacency_support
    found: list[EdgeDecision] = []
    for edge in oriented.graph.edges():
        ends = sorted((edge.a, edge.b))
        if edge.mark == "---":
            edge = Edge(ends[0], ends[1], "---")
        i, j = candidates.graph.index(edge.a), candidates.graph.index(edge.b)
        about = by_pair.get((ends[0], ends[1]), [])
        found.append(
            _decision(
                edge,
                float(adjacency[i, j]),
                float(q[i, j]),
                about,
                skills,
                oriented,
                candidates,
            )
        )
    return tuple(found)


def _decision(
    edge: Edge,
    adjacency: float,
    forward: float,
    about: Sequence[Vote],
    skills: Mapping[str, Skill],
    oriented: Oriented,
    candidates: Candidates,
) -> EdgeDecision:
    sign = 1.0 if edge.a < edge.b else -1.0
    pull = sum(sign * vote_log_odds(v, skills[v.expert]) for v in about)
    expert_log_odds = float(np.clip(pull, -CAP, CAP))
    decided_by = _who(edge, oriented, candidates)
    share = oriented.shares.get((min(edge[:2]), max(edge[:2])))
    if share is not None:
        share = share if sign > 0 else 1.0 - share
    probability = {
        "background": 1.0,
        "data": forward,
        "nobody": _likelier(forward if share is None else share),
    }.get(decided_by, share if share is not None else forward)
    steps = [_data_step(edge, adjacency, forward, candidates)]
    steps.extend(_vote_step(v, sign, skills[v.expert]) for v in about)
    steps.append(_last_step(edge, decided_by, share))
    return EdgeDecision(
        cause=edge.a,
        effect=edge.b,
        mark=edge.mark,
        probability=probability,
        data_support=adjacency,
        expert_log_odds=expert_log_odds + 0.0,
        answers=sum(v.replies for v in about),
        decided_by=decided_by,
        warning="; ".join(
            _required(edge, candidates)
            + _warnings(edge, adjacency, forward, expert_log_odds, decided_by, about)
        ),
        provenance=tuple(steps),
    )


def _likelier(share: float) -> float:
    return max(share, 1.0 - share)


def _who(edge: Edge, oriented: Oriented, candidates: Candidates) -> str:
    if edge.mark != "-->":
        return "nobody"
    if (edge.a, edge.b) in oriented.by_expert:
        return "expert"
    known = candidates.background
    if (edge.a, edge.b) in known.required or not known.allowed(edge.b, edge.a):
        return "background"
    if _arrow(candidates.class_graph, edge):
        return "data"
    return "background" if _arrow(candidates.graph, edge) else "Meek"


def _arrow(graph: Graph, edge: Edge) -> bool:
    return bool(graph.arcs[graph.index(edge.a), graph.index(edge.b)])


def _data_step(
    edge: Edge, adjacency: float, forward: float, candidates: Candidates
) -> Step:
    before = candidates.graph.edge(edge.a, edge.b)
    total = len(candidates.replicates)
    said = (
        f"the data alone: {before}; adjacent in {adjacency:.0%} of {total} resamples, "
        f"{edge.a} before {edge.b} in {forward:.0%} of those"
    )
    return Step("data", said, float(np.log(forward / (1.0 - forward))))


def _vote_step(vote: Vote, sign: float, skill: Skill) -> Step:
    worth = sign * vote_log_odds(vote, skill) + 0.0
    how = {
        "both": "in both presentation orders",
        "one": "in one presentation order only",
        "split": "depending on which was shown first: no evidence",
    }.get(vote.pattern, "no evidence about direction")
    return Step("expert", f"{vote.expert}: {vote.words} ({how})", worth)


def _last_step(edge: Edge, decided_by: str, share: float | None) -> Step:
    weighed = None
    if share is not None and 0.0 < share < 1.0:
        weighed = float(np.log(share / (1.0 - share)))
    said = {
        "data": "directed by the data; safe mode lets nobody change it",
        "background": "follows from the background knowledge",
        "expert": "left open by the data, directed by the expert's answers, all "
        "answers about this undirected component weighed together",
        "Meek": "follows from the other directions: the opposite would make a cycle or "
        "a new v-structure",
        "nobody": "left open by the data, and the answers are not enough",
    }[decided_by]
    source = {"nobody": "data"}.get(decided_by, decided_by)
    return Step(source, said, weighed)


def _required(edge: Edge, candidates: Candidates) -> list[str]:
    if (edge.a, edge.b) in candidates.background.required:
        return ["required by background knowledge: the data were not asked"]
    return []


def _warnings(
    edge: Edge,
    adjacency: float,
    forward: float,
    expert_log_odds: float,
    decided_by: str,
    about: Sequence[Vote],
) -> list[str]:
    said: list[str] = []
    if adjacency < LOW_SUPPORT:
        said.append(f"adjacent in only {adjacency:.0%} of the resamples")
    if decided_by == "data" and forward < 0.6:
        said.append(f"the resamples agree on its direction in {forward:.0%} only")
    if edge.mark == "-->" and expert_log_odds < 0:
        said.append("the expert says the opposite")
    patterns = {v.pattern for v in about}
    if "none" in patterns:
        said.append("the expert sees no direct relation")
    if "common cause" in patterns:
        said.append("the expert suspects a common cause")
    return said
