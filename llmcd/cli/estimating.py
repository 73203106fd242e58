"""``llmcd effect`` and ``llmcd falsify``: what follows from a graph, and against it."""

from __future__ import annotations

import argparse
import math
from dataclasses import asdict, replace

from llmcd.cli.command import Command
from llmcd.cli.inputs import rows_of
from llmcd.cli.options import add_folder, add_seed, add_separator
from llmcd.cli.output import Grid, Shown
from llmcd.cli.results import records
from llmcd.effects import Effect
from llmcd.effects.bridge import REFUTERS
from llmcd.result import Result

__all__ = ["EFFECT", "FALSIFY"]

_NEW = "the rows are others than those that the graph was found on"


def _add_effect(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    parser.add_argument("treatment", metavar="TREATMENT", help="a column")
    parser.add_argument("outcome", metavar="OUTCOME", help="another column")
    parser.add_argument(
        "--data",
        required=True,
        metavar="FILE",
        help="the rows; no folder holds them",
    )
    add_separator(parser)
    parser.add_argument("--new-rows", action="store_true", help=_NEW)
    what = parser.add_argument_group("what is compared")
    what.add_argument(
        "--levels",
        nargs=2,
        metavar=("CONTROL", "TREATED"),
        help="for a discrete treatment with more than two levels",
    )
    what.add_argument(
        "--event", metavar="LEVEL", help="for a discrete outcome with more than two"
    )
    how = parser.add_argument_group("how it is estimated")
    how.add_argument(
        "--level",
        type=float,
        default=0.95,
        metavar="P",
        help="of the interval (default: %(default)s)",
    )
    how.add_argument(
        "--estimator",
        default="auto",
        metavar="NAME",
        help="auto, linear, or one of DoWhy for backdoors (default: %(default)s)",
    )
    how.add_argument(
        "--refuter",
        action="append",
        choices=[*REFUTERS, "none"],
        metavar="NAME",
        help="placebo, random common cause, subset or none; again for several "
        "(default: the first three)",
    )
    how.add_argument(
        "--simulations",
        type=int,
        default=50,
        metavar="N",
        help="runs of each refuter (default: %(default)s)",
    )
    add_seed(how)


def _effect(arguments: argparse.Namespace) -> Shown:
    result = Result.load(arguments.folder)
    given: list[str] = arguments.refuter or list(REFUTERS)
    found = result.effect(
        arguments.treatment,
        arguments.outcome,
        rows_of(arguments.data, arguments, result.variables),
        levels=tuple(arguments.levels) if arguments.levels else None,
        event=arguments.event,
        level=arguments.level,
        estimator=arguments.estimator,
        refuters=[name for name in given if name != "none"],
        simulations=arguments.simulations,
        new_rows=arguments.new_rows,
        seed=arguments.seed,
    )
    document = {
        "treatment": found.treatment,
        "outcome": found.outcome,
        "words": found.words,
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "level": found.level,
        "identified": found.identified,
        "zero": found.zero,
        "graphs": found.graphs,
        "graph_share": found.graph_share,
        "rows": found.n_rows,
        "ways": records(found.table),
        "own": asdict(found.own),
        "refutations": [
            {**asdict(one), "strategy": str(one.strategy)} for one in found.refutations
        ],
        "warnings": found.notes,
    }
    text = str(replace(found, notes=()))
    return Shown(document, (text, _ways(found)), found.notes)


def _ways(found: Effect) -> Grid:
    return Grid(
        ("share", "value", "low", "high", "identified by", "estimated by"),
        tuple(
            (
                f"{w.share:.0%}",
                *(_short(x) for x in (w.value, w.low, w.high)),
                str(w.strategy),
                w.method,
            )
            for w in found.ways
        ),
        title="In how many of the graphs, and how:",
    )


def _short(value: float) -> str | None:
    return None if math.isnan(value) else f"{value:.4g}"


def _add_falsify(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    parser.add_argument("data", metavar="DATA", help="the rows; no folder holds them")
    add_separator(parser)
    parser.add_argument("--new-rows", action="store_true", help=_NEW)
    parser.add_argument(
        "--alpha",
        type=float,
        default=0.05,
        metavar="P",
        help="level of each test, and of the comparison (default: %(default)s)",
    )
    parser.add_argument(
        "--permutations",
        type=int,
        metavar="N",
        help="relabelled graphs (default: 1 / alpha)",
    )
    add_seed(parser)


def _falsify(arguments: argparse.Namespace) -> Shown:
    result = Result.load(arguments.folder)
    found = result.falsify(
        rows_of(arguments.data, arguments, result.variables),
        alpha=arguments.alpha,
        permutations=arguments.permutations,
        new_rows=arguments.new_rows,
        seed=arguments.seed,
    )
    parts: list[str | Grid] = [found.words]
    if found.violations:
        rows = tuple(
            (v.a, v.b, ", ".join(v.given) or "nothing", f"{v.p_value:.2g}")
            for v in found.violations
        )
        heads = ("this depends", "on", "given", "p")
        title = "Independences that the rows deny, the clearest first:"
        parts.append(Grid(heads, rows, title=title, most=25, rest="--json"))
    return Shown(asdict(found), tuple(parts))


EFFECT = Command(
    "effect",
    "estimate an effect, averaged over what is not known of the graph",
    _effect,
    _add_effect,
    example=(
        "llmcd effect run/ smoking cancer --data data.csv\n"
        "llmcd effect run/ dose outcome --data data.csv --levels low high"
    ),
    document={
        "treatment": "the column that is set",
        "outcome": "the column that is looked at",
        "words": "what is compared with what, in which units",
        "value": "mean over the graphs in which it is identified, or null",
        "low": "lower end of the interval, or null",
        "high": "upper end of the interval, or null",
        "level": "of the interval",
        "identified": "share of the graphs in which it is identified",
        "zero": "share of the graphs without a path to the outcome",
        "graphs": "how many were averaged over",
        "graph_share": "share of the variance that the graph brings",
        "rows": "how many were used",
        "ways": "one object a strategy: share, value, low, high, ...",
        "own": "the range within the class of the result's own graph",
        "refutations": "DoWhy's attempts to break the estimate",
        "warnings": "what a reader must know",
    },
)
FALSIFY = Command(
    "falsify",
    "do the rows deny what the graph of a run folder says?",
    _falsify,
    _add_falsify,
    example="llmcd falsify run/ data.csv",
    document={
        "tests": "independences that the graph implies",
        "violations": "those that the rows deny: a, b, given, p_value",
        "permutations": "relabelled graphs that it was compared with",
        "p_value": "share of them that do no worse",
        "equivalent": "share of them that are equivalent to it",
        "informative": "whether that is few enough to say anything",
        "rejected": "whether the graph is no better than chance",
        "words": "the outcome in a sentence",
    },
)
