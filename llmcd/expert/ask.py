"""Put a plan's questions to an expert, or to several."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

from llmcd.errors import ExpertError
from llmcd.expert.answers import Answers
from llmcd.expert.budget import Budget, Purse, as_budget
from llmcd.expert.loop import Run
from llmcd.expert.planned import Plan
from llmcd.expert.protocol import Expert
from llmcd.expert.questions import Question
from llmcd.expert.resolve import resolve
from llmcd.expert.store import Store

__all__ = ["ask", "count_stored"]


def ask(
    plan: Plan | Iterable[Question],
    expert: Expert | str | Sequence[Expert | str],
    *,
    store: Store | str | os.PathLike[str] | None = None,
    budget: Budget | Purse | None = None,
    progress: bool = True,
    replay: bool = False,
) -> Answers:
    """Ask every question of a plan that is not answered yet.

    With a store, every reply is on disk before it is used and is never asked for
    again, so an interrupted run goes on where it stopped. What another run with the
    same store is asking just now is waited for. A reply that cannot be read is asked
    for once more with a remark, then it is an answer without a verdict. When the
    budget is reached, the expert fails or Ctrl-C is pressed, what was answered is
    returned, with the reason in ``unfinished``.

    Parameters
    ----------
    plan : Plan or iterable of Question
        What to ask; the same question twice is asked once.
    expert : Expert or str, or sequence of these
        Whom to ask; a string as in ``discover``. Several are a panel: each is asked
        everything, and the budget is for all of them together.
    store : Store or path, optional
        Where replies are kept; None keeps them only in the result.
    budget : Budget or Purse, optional
        Limits, checked before each request; a purse is one budget for several calls.
    progress : bool, optional
        Show a bar in a notebook, or on standard error when that is a terminal.
    replay : bool, optional
        Take everything from the store and ask nothing.

    Returns
    -------
    Answers
        In the order of the plan.

    Raises
    ------
    ExpertError
        If the expert fails before it gave a single new reply, the store cannot be
        used, or a replay finds something missing.
    BudgetExceeded
        If not even the first question fits into the budget.
    ValueError
        If there is nobody to ask, or nothing to replay from.
    TypeError
        If the budget is no Budget.

    Examples
    --------
    >>> class Sceptic:
    ...     def answer(self, question):
    ...         return '{"reasoning": "", "verdict": "unsure", "probability": 1}'
    >>> q = Question("pairwise", "x", "y", "", "A is x, B is y: which?", "mine-1")
    >>> ask([q], Sceptic(), progress=False).abstentions
    {'unsure': 1}
    """
    somebody = resolve(expert)
    if somebody is None:
        raise ValueError("there is nobody to ask: expert is None; give an expert")
    limits = budget if isinstance(budget, Purse) else as_budget(budget)
    if replay:
        _check_replay(store)
    given = store if isinstance(store, Store) or store is None else Store(store)
    run = Run(somebody, given, limits, plan)
    for member in run.members:
        if member.lost and not replay:
            _warn(
                f"the store cannot compare the attributes {list(member.lost)} of "
                f"{member.label} and takes any two such {type(member.expert).__name__} "
                "for one"
            )
    try:
        found = run.replay() if replay else run.ask(progress)
    finally:
        if given is not None and given is not store:
            given.close()
    for member in run.members:
        if member.changed:
            _warn(
                f"the attributes of {member.label} changed while it was asked, so that "
                "the store will not find these replies again"
            )
    return found


def count_stored(
    plan: Plan | Iterable[Question],
    expert: Expert | str | Sequence[Expert | str],
    store: Store | str | os.PathLike[str],
) -> tuple[int, int]:
    """How much of a plan a store holds already, and how much is missing.

    Parameters
    ----------
    plan : Plan or iterable of Question
        What would be asked.
    expert : Expert or str, or sequence of these
        Who would be asked.
    store : Store or path
        An existing one.

    Returns
    -------
    tuple of (int, int)
        Questions that cost nothing, and questions that would be sent.

    Raises
    ------
    ExpertError
        If the store is not there or cannot be used.
    ValueError
        If nobody would be asked.
    """
    somebody = resolve(expert)
    if somebody is None:
        raise ValueError("there is nobody to ask: expert is None; give an expert")
    _check_replay(store)
    given = store if isinstance(store, Store) else Store(store)
    try:
        run = Run(somebody, given, Budget(), plan)
        missing = len(run.missing())
        return len(run.tasks) - missing, missing
    finally:
        if given is not store:
            given.close()


def _check_replay(store: Store | str | os.PathLike[str] | None) -> None:
    if store is None:
        raise ValueError("a replay takes every reply from a store: give store=")
    path = store.path if isinstance(store, Store) else Path(store)
    if not path.exists():
        raise ExpertError(f"there is no store {path} to replay; nothing was asked")


def _warn(problem: str) -> None:
    give = "give it an attribute `identity`, a mapping of all that may change a reply"
    warnings.warn(f"{problem}; {give}", UserWarning, stacklevel=3)
