"""Which pairs are worth a question, in which order, and what that costs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from math import inf
from typing import Any

from llmcd.combiner.choosing import OPEN, UNCERTAIN, choose_pairs
from llmcd.combiner.evidence import Vote, votes
from llmcd.combiner.outlook import look_ahead
from llmcd.combiner.reconcile import MOST_VARIABLES, combine
from llmcd.combiner.reliability import probes
from llmcd.discovery.ensemble import Candidates
from llmcd.errors import VariablesError
from llmcd.expert.answers import Answers
from llmcd.expert.budget import Budget, as_budget
from llmcd.expert.common_causes import COMMON_CAUSES
from llmcd.expert.kind import Kind, Pair
from llmcd.expert.kinds import kind_of
from llmcd.expert.pairs import CRITIC, Dispute
from llmcd.expert.planned import Plan, PlannedPair
from llmcd.expert.protocol import Expert, label
from llmcd.expert.questions import Question
from llmcd.expert.wordings import is_label
from llmcd.variables import Variables

__all__ = [
    "check_target",
    "disputes",
    "has_worth",
    "plan_questions",
    "votes_by_expert",
    "worthwhile_pairs",
]

LEAST_SUPPORT = 0.1
OPEN_PER_PROBE = 3
_PROBE = "probe: directed by the data"
_CONFLICT = "conflict of data and expert"
_REASONS = {_PROBE: (0.0, OPEN_PER_PROBE), OPEN: (0.5, 1.0), UNCERTAIN: (inf, 0.0)}


def has_worth(candidates: Candidates, mode: str = "auto") -> bool:
    """Whether the worth of a question is known: where graphs are sampled.

    Parameters
    ----------
    candidates : Candidates
        The data's side.
    mode : {"auto", "safe", "posterior"}, optional
        As of ``combine``.

    Returns
    -------
    bool
        False without the rows, above 200 columns, or in safe mode.
    """
    rows = candidates.table
    return mode != "safe" and rows is not None and 1 < rows.n_columns <= MOST_VARIABLES


def votes_by_expert(answers: Answers) -> dict[str, list[Vote]]:
    """Votes of each expert that answered, as the combiner reads them."""
    found: dict[str, list[Vote]] = {expert: [] for expert in answers.experts}
    for vote in votes(answers):
        found[vote.expert].append(vote)
    return found


def check_target(
    candidates: Candidates, target: str | Sequence[str]
) -> tuple[str, ...]:
    """The variables that matter most, as names.

    Raises
    ------
    ValueError
        If one is no column.
    """
    names = (target,) if isinstance(target, str) else tuple(target)
    odd = [v for v in names if v not in candidates.names]
    if odd:
        raise ValueError(
            f"target must name columns of the table, got {odd}; there are "
            f"{list(candidates.names)}"
        )
    return names


def worthwhile_pairs(
    candidates: Candidates,
    answers: Answers | None = None,
    *,
    done: Collection[Pair] = (),
    target: str | Sequence[str] = (),
    harm: float | None = None,
    mode: str = "auto",
) -> tuple[PlannedPair, ...]:
    """Pairs of columns that are worth a question, the most useful first.

    Where graphs are sampled, as ``choose_pairs`` says. Otherwise by the resamples: one
    pair that the data directs (a probe: the answer shows how far the expert can be
    trusted) before every three that the data leaves undirected (the answer can decide
    them), so that a budget that ends anywhere has bought some of both; then pairs that
    only some resamples connect (the answer can only reveal a conflict).

    Parameters
    ----------
    candidates : Candidates
        The data's side.
    answers : Answers, optional
        What was answered already, which changes what is uncertain.
    done : collection of (str, str), optional
        Pairs in name order that are left out.
    target, harm
        As of ``choose_pairs``; without sampled graphs they change nothing.
    mode : {"auto", "safe", "posterior"}, optional
        As of ``combine``.

    Returns
    -------
    tuple of PlannedPair
        Every pair once, in name order within.

    Raises
    ------
    ValueError
        If a target is no column.
    """
    wanted = check_target(candidates, target)
    if not has_worth(candidates, mode):
        return tuple(p for p in _by_support(candidates) if (p.a, p.b) not in done)
    cast = votes_by_expert(Answers.none() if answers is None else answers)
    outlook = look_ahead(candidates, cast)
    return choose_pairs(candidates, outlook, done=done, target=wanted, harm=harm)


def _by_support(candidates: Candidates) -> tuple[PlannedPair, ...]:
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
                reason = UNCERTAIN
            elif edge.mark == "---":
                reason = OPEN
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
    place, directed = graph.index, candidates.direction_support
    return tuple(
        PlannedPair(
            a,
            b,
            reason,
            -support,
            1.0 - k / len(timed),
            forward=float(directed[place(a), place(b)]),
            backward=float(directed[place(b), place(a)]),
        )
        for k, (_, reason, support, a, b) in enumerate(sorted(timed))
    )


def plan_questions(
    candidates: Candidates,
    variables: Variables,
    *,
    expert: Expert | None = None,
    answers: Answers | None = None,
    budget: Budget | None = None,
    kind: str | Kind = "pairwise",
    about: Mapping[Pair, Any] | None = None,
    target: str | Sequence[str] = (),
    harm: float | None = None,
    mode: str = "auto",
    pairs: Sequence[PlannedPair] | None = None,
) -> Plan:
    """Put the worthwhile pairs into words, each in both presentation orders.

    Parameters
    ----------
    candidates : Candidates
        The data's side.
    variables : Variables
        The descriptions; nothing else about the data enters a question.
    expert : Expert, optional
        For the label, the number of samples and the price.
    answers : Answers, optional
        Pairs that these answer already are not asked again. The critic is asked about
        those on which they are in conflict with the data.
    budget : Budget, optional
        A limit on calls that does not suffice for every pair is noted. Nothing is left
        out: what a store holds already costs nothing, which only asking can know.
    kind : str or Kind, optional
        How the pairs are asked about: one of ``llmcd.expert.kinds.KINDS``.
    about : mapping of (str, str) to PairSummary, optional
        For the kind ``pairwise-summary``: the numbers that are sent with each pair.
    target, harm, mode
        As of ``worthwhile_pairs``.
    pairs : sequence of PlannedPair, optional
        The pairs, where they are chosen already.

    Returns
    -------
    Plan

    Raises
    ------
    VariablesError
        If a column has no description to ask about.
    ValueError
        If there is no such kind, it needs what is not given, or a target is no column.
    TypeError
        If the budget is no Budget.
    """
    calls = as_budget(budget).calls
    way = kind_of(kind)
    _check_described(candidates, variables, way)
    earlier = Answers.none() if answers is None else answers
    done = _answered(earlier, way)
    chosen: Sequence[PlannedPair] = ()
    if way == CRITIC:
        chosen, about = _disputed(candidates, earlier, expert)
    elif pairs is not None:
        chosen = pairs
    else:
        chosen = worthwhile_pairs(
            candidates, earlier, done=done, target=target, harm=harm, mode=mode
        )
    questions = way.questions(
        variables,
        [(p.a, p.b) for p in chosen],
        int(getattr(expert, "samples", 1)),
        names=candidates.names,
        about=about,
    )
    notes = _notes(variables, questions, expert)
    if calls is not None and calls < len(questions):
        notes.append(
            f"{len(chosen)} pairs need {len(questions)} calls, the budget allows "
            f"{calls}: they are asked in this order, and what a store holds is free"
        )
    return Plan.of(
        pairs=tuple(chosen),
        questions=questions,
        expert=expert,
        label="nobody" if expert is None else label(expert),
        notes=tuple(notes),
    )


def _answered(answers: Answers, kind: Kind) -> set[Pair]:
    """The pairs that are answered already; common causes are another question."""
    other = COMMON_CAUSES.name
    same = kind.name == other
    return {x.pair for x in answers.answers if (x.kind == other) == same}


def disputes(
    candidates: Candidates, answers: Answers, expert: str | None = None
) -> tuple[Dispute, ...]:
    """Both sides of every pair on which the data and an expert are in conflict.

    Parameters
    ----------
    candidates : Candidates
        The data's side.
    answers : Answers
        The expert's side.
    expert : str, optional
        Whose answers to show; those of everybody when None.

    Returns
    -------
    tuple of Dispute
        Strongest first, each pair once.
    """
    mine = tuple(
        x
        for x in answers.answers
        if x.kind != CRITIC.name and expert in (None, x.expert)
    )
    found: dict[Pair, Dispute] = {}
    for conflict in combine(candidates, Answers(mine)).conflicts:
        a, b = conflict.a, conflict.b
        edge = candidates.graph.edge(a, b)
        data = "none" if edge is None else None
        if edge is not None and edge.mark == "-->":
            data = "a->b" if edge.a == a else "b->a"
        said = tuple(x for x in mine if {x.a, x.b} == {a, b})
        found.setdefault((a, b), Dispute(a, b, data, said))
    return tuple(found.values())


def _disputed(
    candidates: Candidates, answers: Answers, expert: Expert | None
) -> tuple[list[PlannedPair], dict[Pair, Dispute]]:
    if not answers.answers:
        raise ValueError(
            "the critic looks at conflicts: give answers=, the first answers"
        )
    who = None if expert is None else label(expert)
    found = disputes(candidates, answers, who)
    adjacency = candidates.adjacency_support
    place, directed = candidates.graph.index, candidates.direction_support
    pairs = [
        PlannedPair(
            d.a,
            d.b,
            _CONFLICT,
            float(adjacency[place(d.a), place(d.b)]),
            1 - k / len(found),
            forward=float(directed[place(d.a), place(d.b)]),
            backward=float(directed[place(d.b), place(d.a)]),
        )
        for k, d in enumerate(found)
    ]
    return pairs, {(d.a, d.b): d for d in found}


def _notes(
    variables: Variables, questions: tuple[Question, ...], expert: Expert | None
) -> list[str]:
    notes: list[str] = []
    odd = variables.suspicious()
    if odd and questions:
        names = list(dict.fromkeys(f"{s.name!r} ({s.what})" for s in odd))
        shown = ", ".join(names[:3]) + (" and others" if len(names) > 3 else "")
        notes.append(
            f"texts that seem to be meant for the expert: {shown}; look at "
            f"variables.suspicious() before asking"
        )
    most = getattr(expert, "max_tokens", None)
    longest = max((q.reply_tokens for q in questions), default=0)
    if isinstance(most, int) and longest > most:
        notes.append(
            f"a reply may need {longest:,} tokens and {most:,} are allowed, so that it "
            "would be cut; raise max_tokens or ask about fewer variables at a time"
        )
    return notes


def _check_described(candidates: Candidates, variables: Variables, kind: Kind) -> None:
    missing = [v for v in candidates.names if v not in variables]
    if missing:
        raise VariablesError(
            f"every column needs a description before anything can be asked; missing: "
            f"{missing}. Add them to variables, or use expert=None"
        )
    labels = tuple(kind.labels(len(candidates.names)))
    bare = [
        name
        for name in candidates.names
        if is_label(variables[name].shown, labels) and not variables[name].description
    ]
    if bare:
        raise VariablesError(
            f"{bare} would be shown to the expert under a name that every question "
            f"gives its own variables ({', '.join(labels[:3])}); add a description or "
            f"a label"
        )
