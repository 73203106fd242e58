"""Asking in rounds: what was answered decides what is asked next, and when to stop."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from llmcd.combiner.audited import Audited
from llmcd.combiner.choosing import choose_pairs
from llmcd.combiner.evidence import Vote
from llmcd.combiner.outlook import Outlook, look_ahead
from llmcd.combiner.planner import check_target, plan_questions, votes_by_expert
from llmcd.discovery.ensemble import Candidates
from llmcd.errors import BudgetExceeded, ExpertError
from llmcd.expert.answers import Answers
from llmcd.expert.ask import ask
from llmcd.expert.budget import Budget, Purse
from llmcd.expert.kind import Kind
from llmcd.expert.panel import Panel, members
from llmcd.expert.planned import PlannedPair
from llmcd.expert.protocol import Expert, label
from llmcd.expert.store import Store
from llmcd.variables import Variables

__all__ = ["BATCH", "LEAST_WORTH", "Asking", "ask_in_rounds", "check_rounds"]

BATCH = 10
"""Pairs asked about before the next are chosen."""
LEAST_WORTH = 0.01
"""Edges of expected loss that the best question left has to spare."""
_SURELY = 0.95
_LEAST_VOTES = 8


@dataclass(frozen=True)
class Asking:
    """What was asked in rounds.

    Attributes
    ----------
    answers : Answers
        All answers; ``stopped`` says why no more was asked, where that was decided.
    worth : tuple of (int, float)
        At the beginning of each round the pairs asked so far, and what the best
        question left was worth, in edges.
    """

    answers: Answers
    worth: tuple[tuple[int, float], ...] = ()


@dataclass
class _So:
    """How far it got."""

    answers: Answers = field(default_factory=Answers.none)
    unfinished: dict[str, str] = field(default_factory=dict[str, str])
    worth: list[tuple[int, float]] = field(default_factory=list[tuple[int, float]])
    costs: list[float] = field(default_factory=list[float])
    done: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])

    def told(self, note: str) -> Asking:
        answers = Answers(self.answers.answers, self.unfinished, note)
        return Asking(answers, tuple(self.worth))


def ask_in_rounds(
    candidates: Candidates,
    variables: Variables,
    expert: Expert,
    *,
    kind: str | Kind = "pairwise",
    budget: Budget | None = None,
    store: Store | str | os.PathLike[str] | None = None,
    progress: bool = True,
    replay: bool = False,
    batch: int = BATCH,
    least: float = LEAST_WORTH,
    harm: float | None = None,
    target: str | Sequence[str] = (),
    audits: Mapping[str, Audited] | None = None,
) -> Asking:
    """Ask about some pairs, look again at what is worth asking, and so on.

    Parameters
    ----------
    candidates : Candidates
        The data's side, with its rows.
    variables : Variables
        The descriptions.
    expert : Expert
        One, or a panel.
    kind : str or Kind, optional
        A kind of question that is about one pair.
    budget, store, progress, replay
        As of ``ask``; the budget is for all rounds together.
    batch : int, optional
        Pairs of a round.
    least : float, optional
        After the first round asking stops when the best question left is worth less,
        in edges of expected loss; 0 asks everything.
    harm, target
        As of ``worthwhile_pairs``.
    audits : mapping of str to Audited, optional
        By expert, what an audit heard before.

    Returns
    -------
    Asking

    Raises
    ------
    ValueError
        If the batch is no number from 1, or ``least`` or ``harm`` is negative.
    ExpertError, BudgetExceeded, VariablesError
        As of ``ask`` and ``plan_questions``.

    Notes
    -----
    Greedy choice of what lowers the expected loss most, with a look one step ahead:
    Lindley (1956), *On a measure of the information provided by an experiment*;
    Raiffa and Schlaifer (1961), *Applied statistical decision theory*, chapter 4.
    """
    check_rounds(batch, least, harm)
    wanted = check_target(candidates, target)
    purse, so = Purse(budget), _So()
    everybody = [label(m) for m in members(expert)] if audits else []
    while True:
        cast = {who: list[Vote]() for who in everybody} | votes_by_expert(so.answers)
        outlook = look_ahead(candidates, cast, audits)
        chosen = choose_pairs(
            candidates, outlook, done=so.done, target=wanted, harm=harm,
            spent=outlook.no_skill * sum(so.costs),
        )  # fmt: skip
        why = _why_stop(outlook, so, chosen, least)
        if why:
            return so.told(why)
        some = chosen[:batch]
        plan = plan_questions(
            candidates, variables, expert=expert, kind=kind, pairs=some
        )
        paid = purse.calls
        try:
            newer = ask(
                plan, expert, store=store, budget=purse, progress=progress,
                replay=replay,
            )  # fmt: skip
        except ExpertError as problem:
            has_some = isinstance(problem, BudgetExceeded) and len(so.answers) > 0
            if not (has_some or paid):
                raise
            so.unfinished |= {label(m): str(problem) for m in members(expert)}
            return so.told("")
        _take(so, newer, some, outlook)
        if newer.unfinished and not _goes_on(expert, newer.unfinished):
            return so.told("")


def check_rounds(batch: int | None, least: float, harm: float | None) -> None:
    """Limits of rounds, before anything is done that could be in vain.

    Raises
    ------
    ValueError
        If the batch is no number from 1, or another is negative.
    """
    if batch is not None and (isinstance(batch, bool) or batch < 1):
        raise ValueError(f"batch must be a number of pairs from 1, got {batch!r}")
    for name, value in (("least", least), ("harm", harm)):
        if value is not None and not value >= 0:
            raise ValueError(f"{name} must be a number of edges from 0, got {value!r}")


def _take(
    so: _So, newer: Answers, some: Sequence[PlannedPair], outlook: Outlook
) -> None:
    so.answers = Answers((*so.answers.answers, *newer.answers))
    so.unfinished |= newer.unfinished
    so.done |= {(p.a, p.b) for p in some}
    so.costs += [(p.harm or 0.0) / outlook.no_skill for p in some]


def _goes_on(expert: Expert, unfinished: Mapping[str, str]) -> bool:
    """Whether some of a panel whose failing members are dropped are still there."""
    if not (isinstance(expert, Panel) and expert.failing == "drop"):
        return False
    return any(label(m) not in unfinished for m in members(expert))


def _why_stop(
    outlook: Outlook,
    so: _So,
    chosen: Sequence[PlannedPair],
    least: float,
) -> str:
    """Why nothing more is asked; empty while there is no reason."""
    stopped = f"asking stopped after {len(so.done)} pairs"
    best = max((p.worth or 0.0 for p in chosen), default=0.0)
    so.worth.append((len(so.done), best))
    if not chosen:
        return f"{stopped}: no pair is left that rows or answers leave open"
    if not so.done:
        return ""  # what the data are sure of is what an expert may contradict
    if _contradicts(outlook, so.answers):
        return f"{stopped}: the expert contradicts the data, so its answers decide less"
    if best >= least:
        return ""
    return (
        f"{stopped}: the best question left is worth {best:.3f} of a wrong edge, less "
        f"than {least:g} (answered so far: {outlook.speaks:.0%} of the pairs; that the "
        f"expert knows nothing about directions has a probability of "
        f"{outlook.no_skill:.2f})"
    )


def _contradicts(outlook: Outlook, answers: Answers) -> bool:
    """Whether every expert is wrong more often than right, as far as can be told."""
    directed = sum(x.verdict in ("a->b", "b->a") for x in answers.answers)
    if directed < 2 * _LEAST_VOTES * len(outlook.responses):
        return False
    return all(r.chance_of_contradiction() > _SURELY for r in outlook.responses)
