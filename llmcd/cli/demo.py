"""``llmcd demo``: the main job on an embedded example."""

from __future__ import annotations

import argparse
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcd.cli.command import Command
from llmcd.cli.output import Grid, Shown, remark
from llmcd.cli.results import DOCUMENT, document_of, parts_of, write_run, written
from llmcd.data.files import read_rows
from llmcd.errors import DataError
from llmcd.expert.answers import Answers
from llmcd.expert.recorded import Recorded
from llmcd.formats import from_edge_list
from llmcd.graph import Graph
from llmcd.metrics import arrowhead_scores, shd
from llmcd.pipeline import discover
from llmcd.result import Result
from llmcd.variables import Variables

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DEMO"]


def _add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--example",
        default="alarm",
        choices=["alarm", "nhefs"],
        help="a known network, or real people (default: %(default)s)",
    )
    parser.add_argument(
        "--out",
        default="llmcd-demo",
        metavar="RUN",
        help="the run folder (default: %(default)s)",
    )
    parser.add_argument(
        "--bootstrap",
        type=int,
        default=10,
        metavar="N",
        help="resamples (default: %(default)s)",
    )


_ALARM = """\
ALARM: {rows:,} rows sampled from a published network of {columns} variables (a patient
under anaesthesia), descriptions of the variables, and the recorded answers of a large
language model. No key, no network. One moment ..."""
_NHEFS = """\
NHEFS: {rows:,} real people, {columns} variables (smoking cessation and weight), tiers
by time of measurement, and the recorded answers of a large language model. Nobody knows
the true graph. No key, no network. One moment ..."""


def _demo(arguments: argparse.Namespace) -> Shown:
    parts: list[str | Grid] = []
    with as_file(files("llmcd") / "examples" / arguments.example) as example:
        variables = Variables.of(example / "variables.yaml")
        alarm = arguments.example == "alarm"
        rows = read_rows(example / "rows.csv.gz") if alarm else _nhefs(variables)
        words = (_ALARM if alarm else _NHEFS).format(
            rows=len(rows), columns=rows.shape[1]
        )
        remark(words)
        result = discover(
            rows,
            variables,
            Recorded(
                example / "answers.jsonl", missing="abstain", label="Claude (recorded)"
            ),
            bootstrap=arguments.bootstrap,
            missing="error" if alarm else "listwise",
            n_jobs=-1,
            progress=False,
        )
        parts.append(_asked(result.answers))
        truth = None
        if alarm:
            pairs = read_rows(example / "truth.csv")
            truth = from_edge_list(pairs, names=list(rows.columns))
            parts += _against_truth(truth, result)
    write_run(result, Path(arguments.out))
    document = {
        "example": arguments.example,
        **document_of(result, arguments.out),
        "distances": None if truth is None else _distances(truth, result),
    }
    parts += parts_of(result, arguments.out)
    return Shown(document, tuple(parts), result.warnings, written(arguments.out))


def _nhefs(variables: Variables) -> pd.DataFrame:
    try:
        from causaldata import nhefs
    except ImportError:
        raise DataError(
            "the NHEFS rows are in the package causaldata, which is not installed; "
            "run: pip install causaldata"
        ) from None
    frame: pd.DataFrame = nhefs.load_pandas().data  # pyright: ignore[reportAssignmentType]
    return frame[list(variables)]


def _asked(answers: Answers) -> str:
    asked = len(answers.answers)
    missing = sum(x.reason == "missing" for x in answers.answers)
    unsure = sum(x.verdict is None for x in answers.answers) - missing
    return (
        f"Asked: {asked} questions about {len(answers.pairs())} pairs, each in both "
        f"presentation orders,\nof {', '.join(answers.experts)}. {missing} have no "
        f"recorded answer, {unsure} were answered 'unsure': abstentions."
    )


def _distances(truth: Graph, result: Result) -> list[dict[str, Any]]:
    return [
        {
            "graph": label,
            "edges": graph.n_edges,
            "undirected": len(graph.undirected_edges()),
            "shd": shd(truth=truth, estimate=graph),
            "shd_half": shd(truth=truth, estimate=graph, undirected=0.5),
            "arrowhead_f1": arrowhead_scores(truth=truth, estimate=graph).f1,
        }
        for label, graph in (
            ("data alone", result.data_graph),
            ("data and expert", result.graph),
        )
    ]


def _against_truth(truth: Graph, result: Result) -> list[str | Grid]:
    heads = ("edges", "undirected", "SHD (1)", "SHD (1/2)", "arrowhead F1")
    rows = [
        (x["graph"], x["edges"], x["undirected"], round(x["shd"]),
         f"{x['shd_half']:.1f}", x["arrowhead_f1"])
        for x in _distances(truth, result)
    ]  # fmt: skip
    words = (
        f"SHD to the true DAG with {truth.n_edges} edges; an undirected edge counts 1 "
        "or 1/2,\na reversal once."
    )
    return [Grid(("against the known truth", *heads), tuple(rows)), words]


DEMO = Command(
    "demo",
    "run the main job on the embedded example: no key, no network",
    _demo,
    _add,
    example="llmcd demo --out llmcd-demo",
    document={
        "example": "its name",
        **DOCUMENT,
        "distances": "to the known truth, with and without the expert, or null",
    },
)
