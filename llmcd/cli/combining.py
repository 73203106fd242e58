"""``llmcd combine``: reconcile what a run folder holds."""

from __future__ import annotations

import argparse
from pathlib import Path

from llmcd import folder
from llmcd.cli.command import Command
from llmcd.cli.inputs import rows_of
from llmcd.cli.options import add_audit, add_folder, add_mode, add_separator
from llmcd.cli.output import Shown
from llmcd.cli.results import DOCUMENT, shown_result, write_run
from llmcd.expert.answers import Answers
from llmcd.pipeline import combine

__all__ = ["COMBINE"]


def _add(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    parser.add_argument(
        "--answers", metavar="FILE", help="instead of RUN/answers.jsonl"
    )
    parser.add_argument(
        "--data", metavar="FILE", help="the rows again; posterior mode needs them"
    )
    add_separator(parser)
    add_mode(parser)
    add_audit(parser)


def _combine(arguments: argparse.Namespace) -> Shown:
    found, variables = folder.load_candidates(arguments.folder)
    if arguments.answers:
        answers = Answers.read(arguments.answers)
    else:
        answers = folder.load_answers(arguments.folder)
    rows = rows_of(arguments.data, arguments, variables) if arguments.data else None
    result = combine(
        found,
        answers,
        variables=variables,
        data=rows,
        mode=arguments.mode,
        audit=arguments.audit,
    )
    write_run(result, Path(arguments.folder))
    return shown_result(result, arguments.folder)


COMBINE = Command(
    "combine",
    "reconcile what `ask` collected in a run folder",
    _combine,
    _add,
    example="llmcd combine run/ --data data.csv",
    document=DOCUMENT,
)
