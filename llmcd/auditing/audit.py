"""The audit of one expert: all tasks, what they say together, and its file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llmcd.auditing.axioms import Axioms
from llmcd.auditing.cladder import CLadder
from llmcd.auditing.corr2cause import Corr2Cause
from llmcd.auditing.direction import Direction
from llmcd.auditing.items import Item, Transcript, put
from llmcd.auditing.ordering import CausalOrder
from llmcd.auditing.parrot import Confusion, Parrot, confusion_of
from llmcd.auditing.section import LEVELS, Section
from llmcd.auditing.task import Task
from llmcd.combiner.audited import Audited
from llmcd.errors import FormatError
from llmcd.expert.budget import Budget
from llmcd.expert.protocol import Expert
from llmcd.expert.resolve import resolve
from llmcd.expert.store import Store

__all__ = [
    "TASKS",
    "Audit",
    "audit",
    "compared",
    "items_of",
    "trust",
]

_FORMAT, _VERSION = "llmcd audit", 1

TASKS: Mapping[str, Task] = {
    task.name: task
    for task in (
        Parrot(),
        Direction(),
        CausalOrder(),
        Corr2Cause(),
        CLadder(),
        Axioms(),
    )
}
"""Every task by its name, in the order of the page."""

_ABOUT_NAMES = ("parrot", "order", "direction")
_ABOUT_REASONING = ("corr2cause", "cladder", "axioms")
_GOOD = LEVELS[4:]


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes
    ----------
    expert : str
        Who was audited.
    sections : tuple of Section
        One for each task.
    words : tuple of str
        What to trust it with.
    confusion : Confusion or None
        From the parrot audit; its ``prior()`` is what the combiner may start from.
    seed : int
        Of the fresh items.
    n : int or mapping of str to int
        How many were wanted of each task.
    calls : int
        Items that were answered.
    tokens : int or None
        Sent and received, as reported.
    usd : float or None
        What it cost when it was answered.
    notes : tuple of str
        Why something is unfinished.
    """

    expert: str
    sections: tuple[Section, ...]
    words: tuple[str, ...]
    confusion: Confusion | None = None
    seed: int = 0
    n: int | Mapping[str, int] = 0
    calls: int = 0
    tokens: int | None = None
    usd: float | None = None
    notes: tuple[str, ...] = field(default=())

    def section(self, task: str) -> Section:
        """One part.

        Raises
        ------
        KeyError
            If this task was not asked.
        """
        for one in self.sections:
            if one.task == task:
                return one
        raise KeyError(f"no {task!r}; there are {[s.task for s in self.sections]}")

    def prior(self) -> Audited:
        """What the combiner may start from, discounted.

        Raises
        ------
        ValueError
            If the task ``parrot``, which it comes from, was not asked.
        """
        if self.confusion is None:
            raise ValueError(
                f"the audit of {self.expert} has no confusion matrix; audit again with "
                "the task 'parrot'"
            )
        return self.confusion.prior()

    @property
    def wanted(self) -> str:
        """How many questions were wanted, in words."""
        if not isinstance(self.n, Mapping):
            return f"{self.n} wanted of each task"
        told = ", ".join(f"{n} of {task}" for task, n in self.n.items())
        return f"wanted: {told}"

    def __str__(self) -> str:
        lines = [f"Audit of {self.expert}: {self.calls} questions"]
        lines += [f"  {one.task:<12}{one.level:<24}{one.measures[0]}"
                  for one in self.sections]  # fmt: skip
        return "\n".join([*lines, "", *self.words, *self.notes])

    def to_dict(self) -> dict[str, Any]:
        """Everything as JSON values."""
        own = {
            name: getattr(self, name)
            for name in ("expert", "seed", "n", "calls", "tokens", "usd")
        }
        confusion = None
        if self.confusion is not None:
            confusion = {
                **self.confusion.to_dict(), "prior": self.confusion.prior().to_dict()
            }  # fmt: skip
        return {
            "format": _FORMAT,
            "version": _VERSION,
            **own,
            "words": list(self.words),
            "notes": list(self.notes),
            "sections": [one.to_dict() for one in self.sections],
            "confusion": confusion,
        }

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write it as JSON.

        Parameters
        ----------
        path : path
            The file.

        Returns
        -------
        Path
        """
        target = Path(path)
        text = json.dumps(self.to_dict(), ensure_ascii=False, indent=1)
        target.write_text(text + "\n", encoding="utf-8")
        return target

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Audit:
        """Read what ``write`` wrote.

        Parameters
        ----------
        path : path
            The file.

        Returns
        -------
        Audit

        Raises
        ------
        FormatError
            If it is no such file.
        """
        try:
            given: Any = json.loads(Path(path).read_text(encoding="utf-8"))
            _check_format(given)
            plain = ("expert", "seed", "n", "calls", "tokens", "usd")
            matrix = given["confusion"]
            return cls(
                sections=tuple(Section.from_dict(x) for x in given["sections"]),
                words=tuple(given["words"]),
                notes=tuple(given["notes"]),
                confusion=None if matrix is None else Confusion.from_dict(matrix),
                **{name: given[name] for name in plain},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise FormatError(f"{path} is no audit's file: {problem}") from problem


def _check_format(given: Mapping[str, Any]) -> None:
    if given["format"] != _FORMAT or given["version"] != _VERSION:
        raise ValueError(f"format {given['format']!r}, {given['version']!r}")


def items_of(
    tasks: Iterable[str | Task] | None = None,
    n: int | Mapping[str, int] = 120,
    seed: int = 0,
) -> list[tuple[Task, Sequence[Item]]]:
    """What an audit asks, before anybody is asked.

    Parameters
    ----------
    tasks, n, seed
        As for ``audit``.

    Returns
    -------
    list of (Task, sequence of Item)

    Raises
    ------
    ValueError
        If a task is unknown, or ``n`` says nothing of one.

    Examples
    --------
    >>> [(task.name, len(items)) for task, items in items_of(n={"axioms": 10})]
    [('axioms', 10)]
    """
    if tasks is None:
        tasks = n if isinstance(n, Mapping) else TASKS
    chosen = [_task(one) for one in tasks]
    if isinstance(n, Mapping):
        if missing := [task.name for task in chosen if task.name not in n]:
            raise ValueError(f"n says not how many questions of {missing}: {dict(n)}")
        return [(task, task.items(n[task.name], seed)) for task in chosen]
    return [(task, task.items(n, seed)) for task in chosen]


def audit(
    expert: Expert | str,
    *,
    tasks: Iterable[str | Task] | None = None,
    n: int | Mapping[str, int] = 120,
    seed: int = 0,
    store: Store | str | os.PathLike[str] | None = None,
    budget: Budget | None = None,
    progress: bool = True,
    replay: bool = False,
) -> Audit:
    """Ask an expert what is known, and say what to trust it with.

    Parameters
    ----------
    expert : Expert or str
        Whom to audit; one, as in ``discover``.
    tasks : iterable of str or Task, optional
        Names of ``TASKS``, or tasks of your own; by default all, or those of ``n``.
    n : int or mapping of str to int, optional
        About how many questions of each task, or of each by its name.
    seed : int, optional
        Another seed, other items: nothing can be learnt by heart.
    store : Store or path, optional
        Where replies are kept, as in ``llmcd.ask``.
    budget : Budget, optional
        For each task.
    progress : bool, optional
        Show a bar.
    replay : bool, optional
        Take everything from the store and ask nothing.

    Returns
    -------
    Audit

    Raises
    ------
    ValueError
        If a task is unknown, or it is no single expert.
    ExpertError, BudgetExceeded
        As from ``llmcd.ask``.

    Examples
    --------
    >>> class Agreeable:
    ...     free = True
    ...
    ...     def answer(self, question):
    ...         return "yes"
    >>> found = audit(Agreeable(), tasks=["axioms"], n=60, progress=False)
    >>> found.sections[0].level
    'no better than chance'
    """
    wanted = items_of(tasks, n, seed)
    somebody = resolve(expert)
    if somebody is None:
        raise ValueError("there is nobody to audit: give an expert")
    given: dict[str, Any] = {
        "store": store, "budget": budget, "progress": progress, "replay": replay
    }  # fmt: skip
    heard = [(task, put(items, somebody, **given)) for task, items in wanted]
    sections = tuple(task.score(transcript) for task, transcript in heard)
    parrot = [t for task, t in heard if task.name == "parrot"]
    every = [t for _, t in heard]
    tokens = [_total(every, f"{kind}_tokens") for kind in ("prompt", "completion")]
    known = [int(x) for x in tokens if x is not None]
    return Audit(
        every[0].expert if every else "",
        sections,
        trust(sections),
        confusion_of(parrot[0]) if parrot else None,
        seed,
        dict(n) if isinstance(n, Mapping) else n,
        sum(len(t) for t in every),
        sum(known) if known else None,
        _total(every, "usd"),
        tuple(t.note for t in every if t.note),
    )


def _task(given: str | Task) -> Task:
    if not isinstance(given, str):
        return given
    if given not in TASKS:
        raise ValueError(f"a task is one of {list(TASKS)}, got {given!r}")
    return TASKS[given]


def _total(every: Sequence[Transcript], name: str) -> float | None:
    known = [x for t in every if (x := t.total(name)) is not None]
    return sum(known) if known else None


def trust(sections: Sequence[Section]) -> tuple[str, ...]:
    """What to trust an expert with, in sentences.

    Parameters
    ----------
    sections : sequence of Section
        What was found.

    Returns
    -------
    tuple of str
        The verdict first.
    """
    levels = {one.task: one.level for one in sections}
    names = [levels[t] for t in _ABOUT_NAMES if t in levels]
    reasons = [levels[t] for t in _ABOUT_REASONING if t in levels]
    above = {"weak", *_GOOD}
    found: list[str] = []
    if levels and not above & set(levels.values()):
        found.append(
            "Uninformative: in nothing that was asked is it better than a coin. Do not "
            "let it decide anything; the data alone are the better guide."
        )
    if names and above & set(names):
        strong = all(level in _GOOD for level in names)
        how = "Trust its directions" if strong else "Weigh its directions lightly"
        found.append(f"{how} between well-known variables that bear telling names.")
    if reasons and all(level in _GOOD for level in reasons):
        found.append("It reasons about causes it has never met.")
    elif reasons and above & set(names) and not above & set(reasons):
        found.append(
            "It knows causes but does not infer them: do not ask it what follows from "
            "correlations or interventions."
        )
    elif reasons and above & set(reasons):
        good = [t for t in _ABOUT_REASONING if levels.get(t) in above]
        found.append(f"It reasons better than a coin in: {', '.join(good)}.")
    bad = [task for task, level in levels.items() if level == LEVELS[1]]
    if bad:
        found.append(f"It is worse than a coin in: {', '.join(bad)}.")
    return (*found, *(word for one in sections for word in one.words))


def compared(audits: Sequence[Audit]) -> list[dict[str, str]]:
    """Several audits side by side, one row a task.

    Parameters
    ----------
    audits : sequence of Audit
        At least one.

    Returns
    -------
    list of dict of str to str
        Each with the task under ``task`` and, under each expert's label, its level and
        deciding number. An expert audited twice is numbered.

    Raises
    ------
    ValueError
        If there are none, or they asked different items.
    """
    if not audits:
        raise ValueError("there are no audits to compare")
    asked = {str((one.seed, one.n)) for one in audits}
    if len(asked) > 1:
        raise ValueError(
            "these audits asked different items (seed, n): "
            f"{', '.join(sorted(asked))}; audit again with the same"
        )
    labels = [one.expert for one in audits]
    heads = [
        f"{name} ({k + 1})" if labels.count(name) > 1 else name
        for k, name in enumerate(labels)
    ]
    tasks = dict.fromkeys(s.task for one in audits for s in one.sections)
    rows: list[dict[str, str]] = []
    for task in tasks:
        row = {"task": task}
        for head, one in zip(heads, audits, strict=True):
            mine = [s for s in one.sections if s.task == task]
            row[head] = _brief(mine[0]) if mine else "not asked"
        rows.append(row)
    return rows


def _brief(section: Section) -> str:
    first = section.measures[0]
    number = "" if first.value is None else f" {first.value:.2f}"
    if first.low is not None and first.high is not None:
        number += f" ({first.low:.2f} to {first.high:.2f})"
    return f"{section.level}{number}"
