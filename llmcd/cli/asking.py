"""``llmcd plan``, ``ask`` and ``answers apply``: questions, and answers to them."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from llmcd import folder
from llmcd.background import Background
from llmcd.cli.command import Command
from llmcd.cli.exits import code_of_answers
from llmcd.cli.inputs import (
    background_of,
    budget_of,
    expert_of,
    export_store,
    open_store,
    rows_of,
    somebody,
    store_of,
    variables_of,
)
from llmcd.cli.options import add_data, add_expert, add_folder, add_kind, add_store
from llmcd.cli.output import Shown
from llmcd.discovery.ensemble import Candidates
from llmcd.discovery.limits import Limits
from llmcd.errors import ExpertError
from llmcd.expert.answers import Answers
from llmcd.expert.ask import ask, count_stored
from llmcd.expert.package import read_filled, write_questions
from llmcd.expert.pairs import CRITIC
from llmcd.expert.planned import Plan
from llmcd.expert.protocol import Expert
from llmcd.pipeline import candidates, plan, table
from llmcd.variables import Variables

__all__ = ["ANSWERS", "ASK", "PLAN"]


# --- plan -----------------------------------------------------------------------------


def _add_plan(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    add_expert(parser)
    parser.add_argument("--show", action="store_true", help="print the exact texts")
    parser.add_argument("--out", metavar="RUN", help="keep the data's side for `ask`")


def _plan(arguments: argparse.Namespace) -> Shown:
    expert = expert_of(arguments)
    if arguments.out:
        folder.open_folder(arguments.out)
    variables = variables_of(arguments.variables)
    found = _candidates(arguments, variables)
    questions = plan(
        # a folder keeps no rows: show what `ask` will ask from there
        replace(found, table=None) if arguments.out else found,
        variables,
        expert=expert,
        budget=budget_of(arguments),
        kind=arguments.kind,
    )
    if arguments.out:
        folder.save_candidates(arguments.out, found, variables)
    stored, missing = _stored(questions, expert, arguments)
    document = {
        "run": arguments.out,
        **_plan_document(questions, show=arguments.show),
        "stored": stored,
        "missing": missing,
        "warnings": found.warnings,
    }
    text = questions.show() if arguments.show else str(questions)
    if stored is not None:
        where = store_of(arguments)
        text += f"\n{stored} replies are in {where}, {missing} would be asked for"
    kept = (f"kept in {arguments.out}",) if arguments.out else ()
    return Shown(document, (text,), found.warnings, kept)


def _candidates(arguments: argparse.Namespace, variables: Variables) -> Candidates:
    known = Background.of(background_of(arguments.background))
    rows = rows_of(arguments.data, arguments, variables)
    return candidates(
        table(rows, variables, missing=arguments.missing),
        method=arguments.method,
        background=known.merge(Background.from_variables(variables)),
        bootstrap=arguments.bootstrap,
        seed=arguments.seed,
        n_jobs=arguments.jobs,
        limits=Limits(seconds=arguments.seconds),
        progress=True,
    )


def _plan_document(questions: Plan, *, show: bool) -> dict[str, Any]:
    return {
        "expert": questions.expert,
        "pairs": [
            {
                "a": one.a,
                "b": one.b,
                "reason": one.reason,
                "adjacency_support": one.adjacency_support,
                "worth": one.worth,
                "harm": one.harm,
            }
            for one in questions.pairs
        ],
        "questions": len(questions),
        "texts": [one.messages for one in questions.questions] if show else None,
        "prompt_tokens": questions.prompt_tokens,
        "completion_tokens": questions.completion_tokens,
        "usd": questions.usd,
        "seconds": questions.seconds,
        "notes": questions.notes,
    }


def _stored(
    questions: Plan, expert: Expert | None, arguments: argparse.Namespace
) -> tuple[int | None, int | None]:
    """How much of a plan is paid for already, and how much is not."""
    store = store_of(arguments)
    if expert is None or store is None or not (arguments.replay or store.exists()):
        return None, None
    stored, missing = count_stored(questions, expert, store)
    if arguments.replay and missing:
        raise ExpertError(
            f"a replay of all of it would miss {missing} of {stored + missing} "
            f"replies: {stored} are in {store}, {missing} would be asked for"
        )
    return stored, missing


# --- ask ------------------------------------------------------------------------------


def _add_ask(parser: argparse.ArgumentParser) -> None:
    add_folder(parser, "what `plan --out RUN` prepared")
    add_expert(parser)
    add_store(parser)
    parser.add_argument(
        "--emit", metavar="FILE", help="write the questions for somebody to fill in"
    )


def _ask(arguments: argparse.Namespace) -> Shown:
    if arguments.emit:
        return _emit(arguments)
    expert = somebody(arguments)
    found, variables = folder.load_candidates(arguments.folder)
    store, budget = open_store(arguments), budget_of(arguments)
    questions = _planned(arguments, found, variables, expert)
    answers = ask(
        questions, expert, store=store, budget=budget, replay=arguments.replay
    )
    shown = _kept(answers, arguments.folder)
    export_store(arguments, store)
    return shown


def _emit(arguments: argparse.Namespace) -> Shown:
    found, variables = folder.load_candidates(arguments.folder)
    asked = _planned(arguments, found, variables).questions[: arguments.budget_calls]
    path = write_questions(asked, arguments.emit)
    document = {**_NOTHING_KEPT, "emitted": path, "questions": len(asked)}
    return Shown(document, (str(path),))


def _planned(
    arguments: argparse.Namespace,
    found: Candidates,
    variables: Variables,
    expert: Expert | None = None,
) -> Plan:
    """The questions of a run folder; a critic's depend on what was answered there."""
    of_critic = arguments.kind == CRITIC.name
    return plan(
        found,
        variables,
        expert=expert,
        answers=folder.load_answers(arguments.folder) if of_critic else None,
        budget=budget_of(arguments) if "budget_calls" in arguments else None,
        kind=arguments.kind,
    )


def _kept(answers: Answers, run: str) -> Shown:
    kept = folder.add_answers(run, answers)
    path = Path(run) / folder.ANSWERS
    more = len(kept) - len(answers)
    also = f", and {more} from earlier" if more else ""
    lines = [f"{len(answers)} answers{also} in {path}"]
    lines += [f"sent for {sent}" for sent in answers.sent]
    document = {
        "answers": len(answers),
        "earlier": more,
        "abstentions": sum(x.verdict is None for x in answers.answers),
        "complete": answers.complete,
        "note": answers.note or None,
        "file": path,
        "sent": answers.sent,
        "emitted": None,
        "questions": None,
    }
    unfinished = (answers.note,) if answers.note else ()
    code = code_of_answers(answers)
    return Shown(document, ("\n".join(lines),), unfinished, code=code)


_KEPT = {
    "answers": "how many came now",
    "earlier": "how many the run folder held already",
    "abstentions": "how many of those that came now say nothing",
    "complete": "whether every question got a reply",
    "note": "why not, or null",
    "file": "where they are",
    "sent": "what was sent where",
    "emitted": "the file of questions, with --emit",
    "questions": "how many are in it, with --emit",
}
_NOTHING_KEPT: dict[str, Any] = dict.fromkeys(_KEPT)


# --- answers --------------------------------------------------------------------------


def _add_apply(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    parser.add_argument("filled", metavar="FILE", help="the questions, filled in")
    add_kind(parser)
    parser.add_argument(
        "--by", required=True, metavar="WHO", help="who answered, and when"
    )


def _apply(arguments: argparse.Namespace) -> Shown:
    found, variables = folder.load_candidates(arguments.folder)
    asked = _planned(arguments, found, variables).questions
    earlier = folder.load_answers(arguments.folder)
    filled = read_filled(arguments.filled, asked, expert=arguments.by, earlier=earlier)
    return _kept(filled, arguments.folder)


PLAN = Command(
    "plan",
    "which questions, and what they would cost",
    _plan,
    _add_plan,
    example=("llmcd plan data.csv --variables vars.yaml --expert openai/gpt-5 --show"),
    document={
        "run": "the run folder that was begun, or null",
        "expert": "who would be asked",
        "pairs": "what is asked about and why: a, b, reason, worth, harm, ...",
        "questions": "how many",
        "texts": "with --show, the messages of each question",
        "prompt_tokens": "estimate of what is sent",
        "completion_tokens": "estimate of what comes back",
        "usd": "estimate of the price, or null",
        "seconds": "estimate of how long it takes, or null",
        "notes": "what was left out, and why",
        "stored": "replies that the store holds already, or null",
        "missing": "replies that it does not hold, or null",
        "warnings": "about the table and the search",
    },
)
ASK = Command(
    "ask",
    "ask what `plan --out RUN` prepared",
    _ask,
    _add_ask,
    example="llmcd ask run/ --expert openai/gpt-5 --budget-calls 200",
    document=_KEPT,
)
ANSWERS = Command(
    "answers",
    "work with files of answers",
    steps=(
        Command(
            "apply",
            "take back what `ask RUN --emit FILE` wrote",
            _apply,
            _add_apply,
            example='llmcd answers apply run/ questions.jsonl --by "A. B., 2 May"',
            document=_KEPT,
        ),
    ),
)
