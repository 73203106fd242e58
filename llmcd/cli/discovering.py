"""``llmcd discover`` and ``llmcd refine``: from a table to a graph in one command."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from llmcd import folder
from llmcd.cli.command import Command
from llmcd.cli.exits import code_of_answers
from llmcd.cli.inputs import (
    background_of,
    budget_of,
    expert_of,
    export_store,
    graph_of,
    open_store,
    rows_of,
    variables_of,
)
from llmcd.cli.options import (
    add_audit,
    add_data,
    add_expert,
    add_mode,
    add_out,
    add_store,
)
from llmcd.cli.output import Shown
from llmcd.cli.results import (
    DOCUMENT,
    document_of,
    records,
    shown_result,
    write_run,
    written,
)
from llmcd.discovery.limits import Limits
from llmcd.formats import FORMATS
from llmcd.graph import Graph
from llmcd.pipeline import discover
from llmcd.result import Result

__all__ = ["DISCOVER", "REFINE"]


def _add_discover(parser: argparse.ArgumentParser) -> None:
    add_data(parser)
    add_expert(parser)
    add_store(parser)
    add_mode(parser)
    add_audit(parser)
    add_out(parser)


def _add_refine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--graph", required=True, metavar="FILE", help="your graph")
    parser.add_argument(
        "--format",
        choices=list(FORMATS),
        metavar="NAME",
        help="of that file, when its name does not say: " + ", ".join(FORMATS),
    )
    _add_discover(parser)


def _discover(arguments: argparse.Namespace) -> Shown:
    result = _found(arguments)
    if arguments.out:
        write_run(result, Path(arguments.out))
    shown = shown_result(result, arguments.out)
    return replace(shown, code=code_of_answers(result.answers))


def _refine(arguments: argparse.Namespace) -> Shown:
    result = _found(arguments, graph_of(Path(arguments.graph), arguments.format))
    if arguments.out:
        write_run(result, Path(arguments.out))
    found = result.refinement
    proposals = [] if found is None else records(found.to_frame())
    return Shown(
        {**document_of(result, arguments.out), "proposals": proposals},
        (str(found),),
        result.warnings,
        written(arguments.out) if arguments.out else (),
        code_of_answers(result.answers),
    )


def _found(arguments: argparse.Namespace, start: Graph | None = None) -> Result:
    expert = expert_of(arguments)
    if arguments.out:
        folder.open_folder(arguments.out)  # before anything that takes time or money
    store = open_store(arguments)
    variables = variables_of(arguments.variables)
    result = discover(
        rows_of(arguments.data, arguments, variables),
        variables,
        expert,
        method=arguments.method,
        background=background_of(arguments.background),
        bootstrap=arguments.bootstrap,
        mode=arguments.mode,
        budget=budget_of(arguments),
        kind=arguments.kind,
        store=store,
        start=start,
        audit=arguments.audit,
        missing=arguments.missing,
        seed=arguments.seed,
        n_jobs=arguments.jobs,
        limits=Limits(seconds=arguments.seconds),
        replay=arguments.replay,
    )
    if arguments.out:
        # the folder is a run's from here on, so that the export may lie in it
        folder.save_candidates(arguments.out, result.candidates, result.variables)
    export_store(arguments, store)
    return result


DISCOVER = Command(
    "discover",
    "from a table to an explained graph",
    _discover,
    _add_discover,
    example=(
        "llmcd discover data.csv --variables vars.yaml \\\n"
        "    --expert openai/gpt-5 --budget-usd 2 --out run/"
    ),
    document=DOCUMENT,
)
REFINE = Command(
    "refine",
    "score a graph of your own on the rows",
    _refine,
    _add_refine,
    example="llmcd refine data.csv --graph mine.dot --out run/",
    document={**DOCUMENT, "proposals": "changes to your graph, in the order to follow"},
)
