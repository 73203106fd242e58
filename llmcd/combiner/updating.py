"""A result brought up to date: more rows, columns, answers, knowledge, or a critic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from llmcd.background import Background
from llmcd.combiner.changes import (
    MOVED,
    Changes,
    Stage,
    evidence,
    explain,
    moved_pairs,
)
from llmcd.combiner.combined import Combined
from llmcd.combiner.planner import plan_questions, worthwhile_pairs
from llmcd.combiner.reconcile import combine
from llmcd.data.names import as_frame, named
from llmcd.data.table import Table, table
from llmcd.discovery.ensemble import Candidates, candidates
from llmcd.discovery.limits import Limits
from llmcd.discovery.methods import METHODS, Method
from llmcd.errors import DataError, VariablesError
from llmcd.expert.answers import Answers
from llmcd.expert.ask import ask
from llmcd.expert.kind import Kind
from llmcd.expert.kinds import kind_of
from llmcd.expert.panel import Panel
from llmcd.expert.planned import Plan
from llmcd.expert.protocol import Expert, label
from llmcd.variables import Variables

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Asking", "Updated", "criticised", "updated"]


@dataclass(frozen=True)
class Asking:
    """Whom to ask, and how: as of ``ask``.

    Attributes
    ----------
    expert : Expert or None
        Whom to ask, None to ask nobody.
    kind : str or Kind
        How pairs are asked about.
    options : mapping
        ``store``, ``budget``, ``progress`` and ``replay``, for ``ask``.
    """

    expert: Expert | None = None
    kind: str | Kind = "pairwise"
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def ask(self, questions: Plan | None) -> Answers:
        """Ask, if there is anything to ask."""
        if self.expert is None or questions is None or not len(questions):
            return Answers.none()
        return ask(questions, self.expert, **self.options)


@dataclass(frozen=True, eq=False)
class Updated:
    """A result brought up to date.

    Attributes
    ----------
    combined : Combined
        Data and expert reconciled again.
    variables : Variables
        The descriptions.
    data : pandas.DataFrame or None
        All rows, where there were any at hand.
    changes : Changes
        What changed, and why.
    """

    combined: Combined
    variables: Variables
    data: pd.DataFrame | None
    changes: Changes


def updated(
    before: Combined,
    variables: Variables,
    data: pd.DataFrame | None = None,
    *,
    rows: pd.DataFrame | None = None,
    columns: pd.DataFrame | None = None,
    answers: Answers | None = None,
    background: Background | None = None,
    described: Variables | None = None,
    asking: Asking | None = None,
    moved: float = MOVED,
    n_jobs: int | None = None,
    limits: Limits | None = None,
    progress: bool = False,
) -> Updated:
    """Bring a result up to date.

    Parameters
    ----------
    before : Combined
        The result.
    variables : Variables
        Its descriptions.
    data : pandas.DataFrame, optional
        Its rows; needed where rows, columns or knowledge are new.
    rows : pandas.DataFrame, optional
        Further rows with the same columns.
    columns : pandas.DataFrame, optional
        Further columns of the same rows (without those in ``rows``), in their order;
        with them, ``rows`` have these columns as well.
    answers : Answers, optional
        Further answers; of two to one question the newer stays.
    background : Background, optional
        Further knowledge.
    described : Variables, optional
        Descriptions of new columns, or better ones: answers to the old words are set
        aside.
    asking : Asking, optional
        Somebody who was not asked before is asked about everything that is worth a
        question; who was, about those pairs whose evidence moved, and new columns.
    moved : float, optional
        How much of the probability of a pair's states has to change hands for its
        evidence to count as moved.
    n_jobs, limits, progress
        As of ``candidates``.

    Returns
    -------
    Updated

    Raises
    ------
    DataError
        If the rows are not at hand, or others than the result's; if rows or columns do
        not fit.
    ValueError
        If ``moved`` is no share.
    """
    if not 0.0 <= moved <= 1.0:
        raise ValueError(f"moved is a share from 0 to 1, got {moved!r}")
    way = asking or Asking()
    search = _Search(before, n_jobs, limits, progress)
    words = _joined(variables, described)
    kept, notes = _kept(before.answers, variables, words)
    found, stages = before.candidates, list[Stage]()
    was_absent = found.table is None
    whole = data
    if _has_more(rows, columns):
        whole = _whole(data, rows, columns, words)
        found = _with_rows(found, data, variables)
        start = found
        found = search.of(_table(whole, words, found), found.background)
        names = [n for n, x in (("rows", rows), ("columns", columns)) if _some(x)]
        stages.append(Stage(" and ".join(names), search.combine(found, kept)))
    elif data is not None and was_absent:
        found = start = found.with_rows(data, variables)
        stages.append(Stage("rows", search.combine(found, kept)))
        notes.append("the rows are at hand again")
    else:
        start = found
    known = _knowledge(found.background, background, described)
    if known != found.background:
        if found.table is None:
            raise DataError(
                "new background knowledge needs a new search, and the rows are not at "
                "hand; give them: data="
            )
        found = search.of(found.table, known)
        stages.append(Stage("background", search.combine(found, kept)))
    now = kept if answers is None else kept.updated(answers)
    fresh = way.ask(_plan(start, found, words, way, now, moved, before.mode))
    now = now.updated(fresh)
    if now != (kept if stages else before.answers):
        stages.append(Stage("answers", search.combine(found, now)))
    after = stages[-1].combined if stages else before
    if after.mode != before.mode:
        notes.append(f"{before.mode} mode before, {after.mode} now: {after.why_mode}")
    changes = Changes(
        explain(before, stages),
        (before.candidates.n_rows, found.n_rows),
        (before.candidates.fingerprint, found.fingerprint),
        fresh.pairs(),
        tuple(notes),
    )
    return Updated(after, words, whole, changes)


# --- rows -----------------------------------------------------------------------------


def _with_rows(
    found: Candidates, data: pd.DataFrame | None, variables: Variables
) -> Candidates:
    """With the rows, seen to be the same; what was sampled of them stays."""
    checked = found.with_rows(data, variables) if data is not None else found
    return found if found.table is not None else checked


def _some(frame: pd.DataFrame | None) -> bool:
    return frame is not None and len(frame) > 0


def _has_more(rows: pd.DataFrame | None, columns: pd.DataFrame | None) -> bool:
    return _some(rows) or _some(columns)


def _whole(
    data: pd.DataFrame | None,
    rows: pd.DataFrame | None,
    columns: pd.DataFrame | None,
    words: Variables,
) -> pd.DataFrame:
    """Old and new rows in one frame; what is computed of it is what one run would."""
    import pandas as pd

    if data is None:
        raise DataError(
            "the rows so far are not at hand, and new ones cannot be merged without "
            "them; give them: data="
        )
    whole = named(as_frame(data, None))
    if columns is not None and len(columns):
        more = named(as_frame(columns, None))
        if len(more) != len(whole):
            raise DataError(
                f"new columns must be of the same {len(whole):,} rows, got "
                f"{len(more):,}"
            )
        twice = sorted(set(more.columns) & set(whole.columns))
        if twice:
            raise DataError(f"these columns are in the table already: {twice}")
        whole = pd.concat(
            [whole.reset_index(drop=True), more.reset_index(drop=True)], axis=1
        )
    if rows is not None and len(rows):
        more = named(as_frame(rows, None))
        lost = [v for v in whole.columns if v not in set(more.columns)]
        strange = [v for v in more.columns if v not in set(whole.columns)]
        if lost or strange:
            said = [f"{lost} are missing"] if lost else []
            said += [f"{strange} are new (give new columns as columns=)"] * bool(
                strange
            )
            raise DataError(
                f"new rows must have the columns of the old ones: {', '.join(said)}"
            )
        whole = pd.concat([whole, more[list(whole.columns)]], ignore_index=True)
    strangers = [v for v in whole.columns if len(words) and v not in words]
    if strangers:
        raise VariablesError(
            f"new columns need descriptions like the others: {strangers}; give "
            "variables="
        )
    return whole


def _table(frame: pd.DataFrame, words: Variables, like: Candidates) -> Table:
    """The checked table, with missing cells treated as before."""
    missing = str(like.settings.get("missing", "error"))
    return table(frame, words if len(words) else None, missing=missing)


@dataclass(frozen=True)
class _Search:
    """The same search and combination as before, on something else."""

    before: Combined
    n_jobs: int | None
    limits: Limits | None
    progress: bool

    def of(self, rows: Table, known: Background) -> Candidates:
        found = self.before.candidates
        return candidates(
            rows, method=_method(found, rows), background=known,
            bootstrap=int(found.settings.get("bootstrap", 50)), start=found.start,
            seed=int(found.settings.get("seed", 0)), n_jobs=self.n_jobs,
            limits=self.limits, progress=self.progress,
        )  # fmt: skip

    def combine(self, found: Candidates, answers: Answers) -> Combined:
        asked_for = self.before.why_mode == "asked for"
        mode = self.before.mode if asked_for else "auto"
        return combine(found, answers, mode=mode, audits=self.before.audits)


def _method(found: Candidates, rows: Table) -> str | Sequence[str | Method]:
    """How it was searched; by name where that is the whole of it."""
    if found.why_method.startswith("auto"):
        return "auto"
    if found.searches:
        return list(found.searches)
    names = found.method.split("+")
    plain = all(name in METHODS for name in names)
    if len(names) > 1 or not plain or not _is_plain(found, names[0], rows):
        raise DataError(
            f"how these candidates were searched ({found.method} with settings of its "
            "own) is not in a run folder; find candidates again from all rows"
        )
    return names


def _is_plain(found: Candidates, name: str, rows: Table) -> bool:
    """Whether the settings are those that the method has by itself."""
    own = METHODS[name]().settings(rows.statistics())
    return all(found.settings.get(key) == value for key, value in own.items())


# --- answers and knowledge ------------------------------------------------------------


def _joined(old: Variables, new: Variables | None) -> Variables:
    if new is None or not len(new):
        return old
    both = {name: old[name] for name in old} | {name: new[name] for name in new}
    return Variables(
        new.domain or old.domain,
        tuple(both.values()),
        tuple(dict.fromkeys((*old.notes, *new.notes))),
    )


def _kept(
    answers: Answers, old: Variables, new: Variables
) -> tuple[Answers, list[str]]:
    """Answers to words that still stand."""
    other = {v for v in old if v in new and old[v] != new[v]}
    if old.domain != new.domain:
        other = set(old)
    still = tuple(x for x in answers.answers if not {x.a, x.b} & other)
    lost = len(answers) - len(still)
    if not lost:
        return answers, []
    note = f"{lost} answers were about other descriptions and are set aside"
    return Answers(still, answers.unfinished), [note]


def _knowledge(
    old: Background, new: Background | None, described: Variables | None
) -> Background:
    known = old if new is None else old.merge(new)
    if described is not None:
        known = known.merge(Background.from_variables(described))
    return known


def _plan(
    start: Candidates,
    found: Candidates,
    words: Variables,
    way: Asking,
    answers: Answers,
    moved: float,
    mode: str,
) -> Plan | None:
    """Questions about what moved; all that are worth it, to somebody new."""
    if way.expert is None:
        return None
    kind = kind_of(way.kind)
    asked = {x.expert for x in answers.answers}
    members = way.expert.experts if isinstance(way.expert, Panel) else (way.expert,)
    is_new = not {label(one) for one in members} & asked
    if is_new:
        return plan_questions(found, words, expert=way.expert, kind=kind)
    if found is start:
        return None
    both = start.table is not None and found.table is not None
    by = mode if both else "safe"
    moving = moved_pairs(evidence(start, by), evidence(found, by), moved)
    pairs = tuple(p for p in worthwhile_pairs(found) if (p.a, p.b) in moving)
    questions = kind.questions(
        words,
        [(p.a, p.b) for p in pairs],
        int(getattr(way.expert, "samples", 1)),
        names=found.names,
    )
    return Plan.of(
        pairs=pairs, questions=questions, expert=way.expert, label=label(way.expert)
    )


# --- the critic -----------------------------------------------------------------------


def criticised(before: Combined, variables: Variables, asking: Asking) -> Updated:
    """Ask about the conflicts, with both sides shown, and combine again.

    Parameters
    ----------
    before : Combined
        The result.
    variables : Variables
        Its descriptions.
    asking : Asking
        Who gave the answers; of a panel each member is shown its own conflicts.

    Returns
    -------
    Updated
        A critic only ever withdraws an answer, or names a hidden common cause: it has
        seen what the data say.

    Raises
    ------
    ValueError
        If nobody is asked, or somebody who has given no answer yet.
    """
    somebody = asking.expert
    if somebody is None:
        raise ValueError("there is nobody to ask: expert is None; give an expert")
    members = somebody.experts if isinstance(somebody, Panel) else (somebody,)
    new = [label(one) for one in members if label(one) not in before.answers.experts]
    if new:
        raise ValueError(
            f"a critic looks at its own first answers, and {new} gave none; those who "
            f"did are {list(before.answers.experts)}"
        )
    fresh = Answers.none()
    for member in members:
        questions = plan_questions(
            before.candidates, variables, expert=member, answers=before.answers,
            kind="critic",
        )  # fmt: skip
        said = replace(asking, expert=member).ask(questions)
        fresh = Answers(
            (*fresh.answers, *said.answers), {**fresh.unfinished, **said.unfinished}
        )
    stages = list[Stage]()
    if len(fresh):
        answers = before.answers.updated(fresh)
        search = _Search(before, None, None, progress=False)
        stages = [Stage("answers", search.combine(before.candidates, answers))]
    after = stages[-1].combined if stages else before
    found = before.candidates
    changes = Changes(
        explain(before, stages),
        (found.n_rows, found.n_rows),
        (found.fingerprint, found.fingerprint),
        fresh.pairs(),
        () if stages else ("there is no conflict to ask about",),
    )
    return Updated(after, variables, None, changes)
