"""For every edge of the result: who decided, how sure, and on what grounds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from llmcd.combiner.combined import EdgeDecision, Step
from llmcd.combiner.evidence import Vote
from llmcd.combiner.posterior import Posterior, log_odds
from llmcd.combiner.reliability import (
    CAP,
    Skill,
    Trust,
    data_direction,
    vote_log_odds,
)
from llmcd.combiner.safe import Oriented
from llmcd.discovery.ensemble import Candidates
from llmcd.graph import Edge, Graph

__all__ = ["ALONE", "data_log_odds", "decisions", "weighed_decisions"]

ALONE = "the data alone: "
"""How a step begins in which the rows speak by themselves."""
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
    by_pair = _by_pair(votes)
    q = data_direction(candidates)
    adjacency = candidates.adjacency_support
    found: list[EdgeDecision] = []
    for edge in oriented.graph.edges():
        edge = _in_name_order(edge)
        i, j = candidates.graph.index(edge.a), candidates.graph.index(edge.b)
        about = by_pair.get((min(edge[:2]), max(edge[:2])), [])
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


def _by_pair(votes: Mapping[str, Sequence[Vote]]) -> dict[tuple[str, str], list[Vote]]:
    found: dict[tuple[str, str], list[Vote]] = {}
    for expert in sorted(votes):
        for vote in votes[expert]:
            found.setdefault((vote.a, vote.b), []).append(vote)
    return found


def _in_name_order(edge: Edge) -> Edge:
    if edge.mark == "---" and edge.b < edge.a:
        return Edge(edge.b, edge.a, "---")
    return edge


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
        adjacency=adjacency,
        data_support=adjacency,
        expert_log_odds=expert_log_odds + 0.0,
        existence_log_odds=0.0,
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


def data_log_odds(edge: EdgeDecision) -> float | None:
    """What the rows alone say of the direction as drawn, natural log-odds.

    Parameters
    ----------
    edge : EdgeDecision
        With its provenance.

    Returns
    -------
    float or None
        None where the rows were not asked.

    Examples
    --------
    >>> steps = (
    ...     Step("data", ALONE + "adjacent", 6.2),
    ...     Step("data", ALONE + "first", 1.1),
    ... )
    >>> data_log_odds(
    ...     EdgeDecision("a", "b", "-->", 1, 1, 1, 0, 0, 0, "data", "", steps)
    ... )
    1.1
    """
    said = [s for s in edge.provenance if s.statement.startswith(ALONE)]
    return said[-1].log_odds if said else None


def _data_step(
    edge: Edge, adjacency: float, forward: float, candidates: Candidates
) -> Step:
    before = candidates.graph.edge(edge.a, edge.b)
    total = len(candidates.replicates)
    said = (
        f"{ALONE}{before}; adjacent in {adjacency:.0%} of {total} resamples, "
        f"{edge.a} before {edge.b} in {forward:.0%} of those"
    )
    return Step("data", said, float(np.log(forward / (1.0 - forward))))


def _vote_step(vote: Vote, sign: float, skill: Trust) -> Step:
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


# --- posterior mode -------------------------------------------------------------------


def weighed_decisions(
    candidates: Candidates,
    found: Posterior,
    graph: Graph,
    votes: Mapping[str, Sequence[Vote]],
) -> tuple[EdgeDecision, ...]:
    """Explain every edge of a result in posterior mode.

    Parameters
    ----------
    candidates : Candidates
        The data's side.
    found : Posterior
        What rows and answers say together.
    graph : Graph
        The result, over all columns.
    votes : mapping of str to sequence of Vote
        Votes by expert.

    Returns
    -------
    tuple of EdgeDecision
        In the order of the graph's edges. What the data say about the direction, and
        what the answers move it by, add up to the log-odds of the last step, unless it
        is background knowledge; and so do those about whether there is an edge.
    """
    by_pair = _by_pair(votes)
    return tuple(
        _weighed(_in_name_order(edge), candidates, found, by_pair)
        for edge in graph.edges()
    )


def _weighed(
    edge: Edge,
    candidates: Candidates,
    found: Posterior,
    by_pair: Mapping[tuple[str, str], Sequence[Vote]],
) -> EdgeDecision:
    at = {name: k for k, name in enumerate(found.ensemble.names)}
    i, j = at[edge.a], at[edge.b]
    about = by_pair.get((min(edge[:2]), max(edge[:2])), ())
    said = [v for v in about if v.replies]
    alone, adjacency = (
        float(found.alone.adjacent[i, j]), float(found.together.adjacent[i, j])
    )  # fmt: skip
    before, forward = float(found.data_direction[i, j]), float(found.direction[i, j])
    # what nobody said anything about moves by chance and by its neighbours only
    order = log_odds(forward) - log_odds(before)
    existence = log_odds(adjacency) - log_odds(alone)
    decided_by = _who_weighed(edge, candidates, found, order, alone)
    support = float(candidates.adjacency_support[
        candidates.graph.index(edge.a), candidates.graph.index(edge.b)
    ])  # fmt: skip
    steps = [
        Step(
            "data",
            f"{ALONE}adjacent with probability {alone:.2f}",
            log_odds(alone),
        ),
        Step(
            "data",
            f"{ALONE}{edge.a} before {edge.b} with probability {before:.2f}, "
            "if adjacent",
            log_odds(before),
        ),
    ]
    sign = 1.0 if edge.a < edge.b else -1.0
    # a vote by itself has no number here: all of them move the graphs together
    steps.extend(
        replace(_vote_step(v, sign, found.responses[v.expert]), log_odds=None)
        for v in about
    )
    whose = "the answers" if said else "answers about other pairs"
    if found.together is not found.alone:
        steps.append(Step("expert", f"{whose} move the log-odds of an edge", existence))
        steps.append(
            Step(
                "expert",
                f"{whose} move the log-odds of {edge.a} before {edge.b}",
                order,
            )
        )
        steps.append(
            Step(
                "expert",
                f"together: adjacent with probability {adjacency:.2f}",
                log_odds(adjacency),
            )
        )
    steps.append(_last_weighed(edge, decided_by, forward))
    return EdgeDecision(
        cause=edge.a,
        effect=edge.b,
        mark=edge.mark,
        probability=_drawn(edge, decided_by, forward),
        adjacency=adjacency,
        data_support=support,
        expert_log_odds=order,
        existence_log_odds=existence,
        answers=sum(v.replies for v in about),
        decided_by=decided_by,
        warning="; ".join(
            [
                *_required(edge, candidates),
                *_doubts(edge, decided_by, adjacency, forward, about),
            ]
        ),
        provenance=tuple(steps),
    )


def _drawn(edge: Edge, decided_by: str, forward: float) -> float:
    if decided_by == "background":
        return 1.0
    return forward if edge.mark == "-->" else _likelier(forward)


def _who_weighed(
    edge: Edge, candidates: Candidates, found: Posterior, order: float, alone: float
) -> str:
    known = candidates.background
    if edge.mark != "-->":
        return "nobody"
    if (edge.a, edge.b) in known.required or not known.allowed(edge.b, edge.a):
        return "background"
    names = found.ensemble.names
    i, j = names.index(edge.a), names.index(edge.b)
    data = found.data.graph
    if found.ensemble.before[i, j]:
        return "background"
    if data.arcs[data.index(edge.a), data.index(edge.b)]:
        voice = found.data_voice
        own = voice.arcs[voice.index(edge.a), voice.index(edge.b)]
        return "data" if own else "background"
    if found.together is found.alone:
        return "data"
    chosen = (i, j) in found.decided.directed
    if chosen or order > 0 or alone < 0.5:
        return "expert"
    return "Meek"


def _last_weighed(edge: Edge, decided_by: str, forward: float) -> Step:
    said = {
        "data": "the data's direction stands",
        "background": "follows from the background knowledge",
        "expert": "the data alone would not have drawn it so: the answers tip it",
        "Meek": "follows from the other edges: the opposite would make a cycle or a "
        "new v-structure",
        "nobody": "neither rows nor answers are enough for a direction",
    }[decided_by]
    source = {"nobody": "data"}.get(decided_by, decided_by)
    return Step(source, said, None if source == "background" else log_odds(forward))


def _doubts(
    edge: Edge, decided_by: str, adjacency: float, forward: float, about: Sequence[Vote]
) -> list[str]:
    said: list[str] = []
    if adjacency < LOW_SUPPORT:
        said.append(f"probably no edge: probability {adjacency:.2f}")
    if edge.mark == "-->" and decided_by != "background" and forward < 0.6:
        said.append(f"its direction has probability {forward:.2f} only")
    patterns = {v.pattern for v in about}
    signs = {v.direction * (1 if edge.a < edge.b else -1) for v in about}
    if edge.mark == "-->" and -1 in signs:
        said.append("the expert says the opposite")
    if "none" in patterns:
        said.append("the expert sees no direct relation")
    if "common cause" in patterns:
        said.append("the expert suspects a common cause")
    return said
