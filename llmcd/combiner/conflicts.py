"""Where data and expert disagree, how strongly, and what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from llmcd.combiner.combined import Conflict
from llmcd.combiner.evidence import Vote, votes
from llmcd.combiner.posterior import Posterior, log_odds
from llmcd.combiner.reliability import Skill, data_direction, vote_log_odds
from llmcd.discovery.ensemble import Candidates
from llmcd.expert.answers import Answer, Answers
from llmcd.expert.pairs import CRITIC, PAIRWISE, revised
from llmcd.graph import Edge, Graph

__all__ = ["find_conflicts", "weighed_conflicts", "with_hidden_causes"]

_STAYS = "safe mode: what the data or the background knowledge decides stays"


def find_conflicts(
    candidates: Candidates,
    graph: Graph,
    votes: Mapping[str, Sequence[Vote]],
    skills: Mapping[str, Skill],
) -> tuple[Conflict, ...]:
    """List every pair on which the data and an expert disagree.

    A conflict is an edge that the expert directs against the result, an edge where
    the expert sees no direct relation or a common cause, and a missing edge where
    the expert gives the same direction in both presentation orders.

    Parameters
    ----------
    candidates : Candidates
        The data's side.
    graph : Graph
        The result.
    votes : mapping of str to sequence of Vote
        Votes by expert.
    skills : mapping of str to Skill
        Skill by expert.

    Returns
    -------
    tuple of Conflict
        Strongest first: by the data's support, then the expert's weight.
    """
    adjacency = candidates.adjacency_support
    q = data_direction(candidates)
    found: list[Conflict] = []
    for expert in sorted(votes):
        for vote in votes[expert]:
            i, j = candidates.graph.index(vote.a), candidates.graph.index(vote.b)
            conflict = _conflict(
                vote,
                candidates,
                graph,
                float(adjacency[i, j]),
                float(q[i, j]),
                vote_log_odds(vote, skills[expert]),
            )
            if conflict is not None:
                found.append(conflict)
    found.sort(key=lambda c: (-c.data_support, -c.expert_log_odds, c.a, c.b))
    return tuple(found)


def _conflict(
    vote: Vote,
    candidates: Candidates,
    graph: Graph,
    adjacency: float,
    forward: float,
    log_odds: float,
) -> Conflict | None:
    edge = candidates.graph.edge(vote.a, vote.b)
    now = graph.edge(vote.a, vote.b)
    decision = str(now) if now is not None else "no edge"
    if edge is None:
        if vote.direction == 0 or vote.pattern != "both":
            return None
        return Conflict(
            vote.a,
            vote.b,
            "no edge",
            1.0 - adjacency,
            vote.words,
            abs(log_odds),
            decision,
            _STAYS,
            _more_rows(candidates, adjacency),
        )
    against = vote.direction != 0 and now is not None and _runs_against(now, vote)
    denied = vote.direction == 0 and vote.pattern in ("none", "common cause")
    if not against and not denied:
        return None
    if edge.mark != "-->":
        support, says = adjacency, str(edge)
    else:
        support = adjacency * (forward if edge.a == vote.a else 1.0 - forward)
        says = str(edge)
    return Conflict(
        vote.a,
        vote.b,
        says,
        support,
        vote.words,
        abs(log_odds),
        decision,
        _rule(candidates, edge.mark, edge.a, edge.b, denied=denied),
        _what_would_change(candidates, edge.mark, edge.a, edge.b, denied=denied),
    )


def _runs_against(edge: Edge, vote: Vote) -> bool:
    return edge.mark == "-->" and (edge.a == vote.a) != (vote.direction > 0)


def _rule(candidates: Candidates, mark: str, a: str, b: str, *, denied: bool) -> str:
    if denied:
        return "safe mode: the expert cannot remove an edge"
    if mark == "-->" and not candidates.background.allowed(b, a):
        return "background knowledge stands above data and expert"
    if mark == "-->":
        return _STAYS
    return "the other direction is likelier once all answers are weighed together"


def _what_would_change(
    candidates: Candidates, mark: str, a: str, b: str, *, denied: bool
) -> str:
    if denied:
        return (
            f"more rows, if the dependence of {a} and {b} is explained by other "
            f"columns; or Background(forbidden=[({a!r}, {b!r}), ({b!r}, {a!r})])"
        )
    if mark == "-->":
        return f"Background(required=[({b!r}, {a!r})]), or rows that say otherwise"
    return "answers about the neighbouring pairs, or background knowledge"


def _more_rows(candidates: Candidates, adjacency: float) -> str:
    rows = f"{candidates.n_rows:,} rows"
    if adjacency > 0:
        return (
            f"more rows: the edge shows in {adjacency:.0%} of the resamples of {rows}"
        )
    return (
        f"more rows or background knowledge: no resample of {rows} shows the edge; the "
        "relation may be indirect"
    )


# --- posterior mode -------------------------------------------------------------------


def weighed_conflicts(
    candidates: Candidates,
    found: Posterior,
    votes: Mapping[str, Sequence[Vote]],
) -> tuple[Conflict, ...]:
    """List every pair on which rows and answers disagree, and who carried it.

    Parameters
    ----------
    candidates : Candidates
        The data's side.
    found : Posterior
        What rows and answers say together.
    votes : mapping of str to sequence of Vote
        Votes by expert.

    Returns
    -------
    tuple of Conflict
        Strongest first: by the data's support, then the expert's weight.
    """
    conflicts: list[Conflict] = []
    place = {name: k for k, name in enumerate(found.ensemble.names)}
    for expert in sorted(votes):
        for vote in votes[expert]:
            if vote.a not in place or vote.b not in place:
                continue
            one = _weighed(vote, candidates, found, place[vote.a], place[vote.b])
            if one is not None:
                conflicts.append(one)
    conflicts.sort(key=lambda c: (-c.data_support, -c.expert_log_odds, c.a, c.b))
    return tuple(conflicts)


def _weighed(
    vote: Vote, candidates: Candidates, found: Posterior, i: int, j: int
) -> Conflict | None:
    data = found.data.graph.edge(vote.a, vote.b)
    now = found.decided.graph.edge(vote.a, vote.b)
    adjacency = float(found.alone.adjacent[i, j])
    forward = float(found.data_direction[i, j])
    moved = log_odds(float(found.together.adjacent[i, j])) - log_odds(adjacency)
    if data is None:
        if vote.direction == 0 or vote.pattern != "both":
            return None
        support, rows_say, answers_say = 1.0 - adjacency, -log_odds(adjacency), moved
    elif vote.direction == 0:
        if vote.pattern not in ("none", "common cause"):
            return None
        support, rows_say, answers_say = adjacency, log_odds(adjacency), -moved
    else:
        if data.mark != "-->" or (data.a == vote.a) == (vote.direction > 0):
            return None
        along = forward if data.a == vote.a else 1.0 - forward
        support, rows_say = adjacency * along, log_odds(along)
        answers_say = abs(vote_log_odds(vote, found.responses[vote.expert]))
    answers_say = max(0.0, answers_say)
    return Conflict(
        vote.a,
        vote.b,
        "no edge" if data is None else str(data),
        support,
        vote.words,
        answers_say,
        "no edge" if now is None else str(now),
        f"rows {rows_say:+.1f} against answers {answers_say:+.1f} log-odds, all pairs "
        "weighed together",
        _balance(candidates.n_rows, rows_say, answers_say, same=str(now) == str(data)),
    )


def _balance(n_rows: int, rows_say: float, answers_say: float, *, same: bool) -> str:
    """What would tip it, if the rows' log-odds grow in proportion to their number."""
    if same:
        return (
            f"answers worth more than {max(rows_say, 0.0):.1f} log-odds, or rows that "
            "say otherwise"
        )
    if rows_say <= 0.1:
        return "rows that support what the data alone drew"
    more = n_rows * max(1.0, answers_say / rows_say)
    return f"about {more:,.0f} rows that say the same as these, or other answers"


# --- hidden common causes -------------------------------------------------------------


def with_hidden_causes(
    conflicts: Sequence[Conflict],
    candidates: Candidates,
    data_graph: Graph,
    graph: Graph,
    answers: Answers,
) -> tuple[Conflict, ...]:
    """Say where an expert, first or as a critic, sees a common cause behind an edge.

    Rows cannot tell an edge from a common cause that is no column. A critic has seen
    what the data say, so that its word carries no weight; it is a finding all the same.

    Parameters
    ----------
    conflicts : sequence of Conflict
        As found from the votes.
    candidates : Candidates
        The data's side.
    data_graph, graph : Graph
        The data's own graph, and the result.
    answers : Answers
        All answers, those of critics too.

    Returns
    -------
    tuple of Conflict
        Those given, with the common cause in the rule, and pairs that only a critic's
        word makes a conflict; strongest first.
    """
    seen = _common_causes(answers)
    found: list[Conflict] = []
    for one in conflicts:
        if (one.a, one.b) in seen and one.data_says != "no edge":
            words = _hidden(seen[one.a, one.b], candidates.names)
            one = replace(
                one,
                rule=f"{words}; {one.rule}",
                would_change=f"the common cause as a column; {one.would_change}",
            )
        found.append(one)
    told = {(one.a, one.b) for one in found}
    for a, b in sorted(set(seen) - told):
        edge, now = data_graph.edge(a, b), graph.edge(a, b)
        if edge is None:
            continue
        i, j = candidates.graph.index(a), candidates.graph.index(b)
        found.append(
            Conflict(
                a,
                b,
                str(edge),
                float(candidates.adjacency_support[i, j]),
                "common cause",
                0.0,
                "no edge" if now is None else str(now),
                _hidden(seen[a, b], candidates.names),
                "the common cause as a column, or "
                f"Background(forbidden=[({a!r}, {b!r}), ({b!r}, {a!r})])",
            )
        )
    found.sort(key=lambda c: (-c.data_support, -c.expert_log_odds, c.a, c.b))
    return tuple(found)


def _common_causes(answers: Answers) -> dict[tuple[str, str], list[Answer]]:
    """Answers by pair, where every reply of one kind and expert is a common cause."""
    found: dict[tuple[str, str], list[Answer]] = {}
    critic = [x for x in answers.answers if x.kind == CRITIC.name]
    all_answers = [*revised(answers).answers, *critic]
    for kind in sorted({x.kind for x in all_answers}):
        # as first answers, or a critic's would only count for what it withdraws
        mine = [replace(x, kind=PAIRWISE.name) for x in all_answers if x.kind == kind]
        for vote in votes(Answers(tuple(mine))):
            if vote.pattern == "common cause":
                about = Answers(tuple(mine)).for_pair(vote.a, vote.b)
                said = [x for x in about if x.expert == vote.expert and x.verdict]
                found.setdefault((vote.a, vote.b), []).extend(said)
    return found


def _hidden(said: Sequence[Answer], names: Sequence[str]) -> str:
    """Who sees which common cause."""
    who = ", ".join(sorted({x.expert for x in said}))
    causes = sorted({x.cause for x in said if x.cause})
    inside = [x for x in causes if x in names]
    if inside and len(inside) == len(causes):
        return f"common cause in the table: {who} names {', '.join(inside)}"
    named = f" ({', '.join(causes)})" if causes else ""
    return (
        f"hidden common cause: {who} sees one of both{named}, and rows alone cannot "
        "tell it from an edge"
    )
