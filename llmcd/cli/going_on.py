"""``llmcd update`` and ``llmcd criticise``: a result brought up to date."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from llmcd import folder
from llmcd.cli.command import Command
from llmcd.cli.inputs import (
    background_of,
    budget_of,
    expert_of,
    export_store,
    open_store,
    rows_of,
    somebody,
)
from llmcd.cli.options import add_expert, add_folder, add_separator, add_store
from llmcd.cli.output import Shown
from llmcd.cli.results import DOCUMENT, document_of, parts_of, write_run, written
from llmcd.combiner.changes import MOVED
from llmcd.discovery.limits import Limits
from llmcd.expert.answers import Answers
from llmcd.result import Result
from llmcd.variables import Variables

__all__ = ["CRITICISE", "UPDATE"]

_CHANGES = {
    "changes": "one object a pair that stands otherwise: before, after, why",
    "asked": "pairs that somebody was asked about",
    "notes": "what else was done",
}


def _add_out(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", metavar="RUN", help="write there and leave the old folder as it is"
    )


def _add_update(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    _add_out(parser)
    new = parser.add_argument_group("what is new")
    new.add_argument("--rows", metavar="FILE", help="further rows, the same columns")
    new.add_argument(
        "--columns", metavar="FILE", help="further columns of the rows so far"
    )
    new.add_argument("--answers", metavar="FILE", help="further answers")
    new.add_argument(
        "--background", metavar="FILE", help="further knowledge: required, forbidden"
    )
    new.add_argument(
        "--variables", metavar="FILE", help="descriptions, new ones or better ones"
    )
    new.add_argument(
        "--data", metavar="FILE", help="the rows so far; no run folder holds any"
    )
    add_separator(new)
    new.add_argument(
        "--moved",
        type=float,
        default=MOVED,
        metavar="P",
        help="probability that has to change hands before a pair is asked about again "
        "(default: %(default)s)",
    )
    search = parser.add_argument_group("the search")
    search.add_argument(
        "--seconds", type=float, metavar="S", help="begin no resample after this time"
    )
    search.add_argument(
        "--jobs", type=int, default=-1, metavar="N", help="processes (default: all)"
    )
    add_expert(parser)
    add_store(parser)


def _update(arguments: argparse.Namespace) -> Shown:
    _need_something(arguments)
    before = Result.load(arguments.folder)
    expert = expert_of(arguments)
    _open(arguments)
    store = open_store(arguments)
    described = Variables.of(Path(arguments.variables)) if arguments.variables else None
    words = before.variables if described is None else described
    after = before.update(
        _rows(arguments, "rows", words),
        columns=_rows(arguments, "columns", words),
        answers=Answers.read(arguments.answers) if arguments.answers else None,
        background=background_of(arguments.background),
        variables=described,
        expert=expert,
        data=_rows(arguments, "data", before.variables),
        moved=arguments.moved,
        kind=arguments.kind,
        store=store,
        budget=budget_of(arguments),
        replay=arguments.replay,
        n_jobs=arguments.jobs,
        limits=Limits(seconds=arguments.seconds),
    )
    shown = _shown(after, arguments)
    export_store(arguments, store)
    return shown


def _need_something(arguments: argparse.Namespace) -> None:
    names = ("rows", "columns", "answers", "background", "variables", "expert", "data")
    if not any(getattr(arguments, name) for name in names):
        raise ValueError(
            "nothing is new: give --rows, --columns, --answers, --background, "
            "--variables or --expert"
        )


def _rows(arguments: argparse.Namespace, name: str, words: Variables) -> Any:
    path = getattr(arguments, name)
    return None if path is None else rows_of(path, arguments, words)


def _add_criticise(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    _add_out(parser)
    parser.add_argument(
        "--data", metavar="FILE", help="the rows again; posterior mode needs them"
    )
    add_separator(parser)
    add_expert(parser, kind=False)
    add_store(parser)


def _criticise(arguments: argparse.Namespace) -> Shown:
    critic = somebody(arguments)
    before = Result.load(arguments.folder)
    if arguments.data:
        before = before.update(
            data=rows_of(arguments.data, arguments, before.variables), progress=False
        )
    _open(arguments)
    store = open_store(arguments)
    after = before.criticise(
        critic, store=store, budget=budget_of(arguments), replay=arguments.replay
    )
    shown = _shown(after, arguments)
    export_store(arguments, store)
    return shown


# --- what both do ---------------------------------------------------------------------


def _open(arguments: argparse.Namespace) -> None:
    if arguments.out:
        folder.open_folder(arguments.out)  # before anything that takes time or money


def _shown(after: Result, arguments: argparse.Namespace) -> Shown:
    run = arguments.out or arguments.folder
    write_run(after, Path(run))
    changes = after.changes
    told: dict[str, Any] = {} if changes is None else changes.to_dict()
    document = {
        **document_of(after, run),
        **{name: told.get(name) for name in _CHANGES},
    }
    parts = (str(changes), *parts_of(after, run))
    return Shown(document, parts, after.warnings, written(run))


UPDATE = Command(
    "update",
    "bring a run folder up to date with rows, answers or knowledge",
    _update,
    _add_update,
    example=(
        "llmcd update run/ --data data.csv --rows more.csv\n"
        "llmcd update run/ --data data.csv --background known.yaml --out run2/"
    ),
    document={**DOCUMENT, **_CHANGES},
)
CRITICISE = Command(
    "criticise",
    "show an expert both sides of each conflict, and combine again",
    _criticise,
    _add_criticise,
    example="llmcd criticise run/ --data data.csv --expert openai/gpt-5",
    document={**DOCUMENT, **_CHANGES},
)
