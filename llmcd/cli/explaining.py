"""``llmcd explain`` and ``llmcd paths``: a run folder in words, pair by pair."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from llmcd.cli.command import Command
from llmcd.cli.options import add_folder
from llmcd.cli.output import Shown
from llmcd.cli.results import records
from llmcd.explanation import MOST_PATHS
from llmcd.result import Result

__all__ = ["EXPLAIN", "PATHS"]


def _add_explain(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    parser.add_argument("a", metavar="A", help="a column")
    parser.add_argument("b", metavar="B", help="another column")


def _explain(arguments: argparse.Namespace) -> Shown:
    found = Result.load(arguments.folder).explain(arguments.a, arguments.b)
    document = {
        "verdict": found.verdict,
        "edge": None if found.edge is None else asdict(found.edge),
        "answers": found.answers,
        "conflicts": [asdict(one) for one in found.conflicts],
        "would_change": found.would_change,
    }
    return Shown(document, (str(found),))


def _add_paths(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    parser.add_argument(
        "--from",
        action="append",
        required=True,
        dest="sensitive",
        metavar="COLUMN",
        help="a sensitive variable; again for several",
    )
    parser.add_argument("--to", required=True, metavar="COLUMN", help="the outcome")
    parser.add_argument(
        "--most",
        type=int,
        default=MOST_PATHS,
        metavar="N",
        help="paths of each, the shortest (default: %(default)s)",
    )


def _paths(arguments: argparse.Namespace) -> Shown:
    found = Result.load(arguments.folder).paths(
        arguments.sensitive, arguments.to, most=arguments.most
    )
    document = {
        "steps": records(found.to_frame()),
        "shares": found.shares,
        "samples": found.n_samples,
        "notes": found.notes,
    }
    return Shown(document, (str(found),))


EXPLAIN = Command(
    "explain",
    "why a pair stands in the result as it does",
    _explain,
    _add_explain,
    example="llmcd explain run/ smoking cancer",
    document={
        "verdict": "what stands there and who decided",
        "edge": "the decision with its steps, or null",
        "answers": "what was said, in each presentation order",
        "conflicts": "where data and expert disagree",
        "would_change": "what would change it",
    },
)
PATHS = Command(
    "paths",
    "every way from sensitive variables to an outcome",
    _paths,
    _add_paths,
    example="llmcd paths run/ --from sex --from origin --to decision",
    document={
        "steps": "one object a step of a path: evidence, and who decided",
        "shares": "by sensitive variable: sampled graphs in which it acts at all",
        "samples": "how many graphs were sampled",
        "notes": "what was left out",
    },
)
