"""The command line of the accuracy benchmark: run, collect, tables."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmarks.arms import ARMS
from benchmarks.cells import PEER_SECONDS
from benchmarks.collect import collect
from benchmarks.curve import FILE as CURVE_FILE
from benchmarks.curve import ORDERS, Curve, run_curve, summary
from benchmarks.experts import PAIRS, SIMULATED
from benchmarks.networks import SEEDS, known_names
from benchmarks.plan import FILE as PLAN_FILE
from benchmarks.plan import Study, read_plan
from benchmarks.study import RESUME, run_study
from llmcd.errors import LlmcdError

__all__ = ["SHORT", "add_commands", "short_study"]

RESULTS = Path(__file__).resolve().parent / "results"
SHORT = RESULTS / "short"
PLAN = Path(__file__).resolve().parent / "study.yaml"

SHORT_CURVE = Curve(("asia", "child"), (500,), SEEDS[:5], bootstrap=20)


def short_study() -> Study:
    """What ``make bench`` runs: a taste of every table, in a quarter of an hour."""
    return Study(
        networks=("asia", "cancer", "child", "insurance", "water", "sewage-works",
                  "greenhouse"),
        rows=(500, 2000),
        seeds=SEEDS[:5],
        experts=("recorded", "coin", "adversarial", "always-first", "abstain",
                 "accuracy-0.85"),
        methods=("data", "baseline", "expert", "combined"),
        arms=ARMS,
        bootstrap=20,
    )  # fmt: skip


def add_commands(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add ``run``, ``study``, ``short``, ``curve`` and ``collect``."""
    run = commands.add_parser("run", help="run a study, or go on with one")
    run.set_defaults(do=_run)
    some = run.add_argument_group("what")
    some.add_argument(
        "--network",
        nargs="+",
        required=True,
        metavar="NAME|FILE",
        help=f"{', '.join(known_names())}; a BIF file; or a CSV of edges with --data",
    )
    some.add_argument("--data", type=Path, help="CSV with rows, for a CSV of edges")
    some.add_argument("--variables", type=Path, help="descriptions, for a file")
    some.add_argument("--rows", nargs="+", type=int, default=[500, 2000])
    some.add_argument(
        "--expert",
        nargs="*",
        default=["recorded"],
        help=f"recorded; {', '.join(SIMULATED)}; simulated:accuracy=0.8,unrelated=0.1; "
        "python:MODULE.NAME, an expert of yours; or any that llmcd.discover takes, "
        "such as openai/gpt-5",
    )
    some.add_argument("--arm", nargs="+", default=["real"], choices=ARMS)
    some.add_argument("--method", nargs="+", default=["all"])
    some.add_argument("--seeds", type=int, default=len(SEEDS), help="how many samples")
    how = run.add_argument_group("how")
    how.add_argument("--pairs", choices=PAIRS, default="planned")
    how.add_argument("--limit", type=int, help="most pairs asked about in a cell")
    how.add_argument("--search", default="auto", help="method of the ensemble")
    how.add_argument("--bootstrap", type=int, default=30)
    how.add_argument("--peer-seconds", type=float, default=PEER_SECONDS)
    how.add_argument("--usd", type=float, help="most a live model may cost in a cell")
    how.add_argument("--jobs", type=int, default=1)
    how.add_argument("--resume", choices=RESUME, default="default")
    how.add_argument("--out", type=Path, required=True, help="working folder")

    study = commands.add_parser("study", help="run the plan, or go on with it")
    study.set_defaults(do=_study)
    study.add_argument("--plan", type=Path, default=PLAN, metavar="FILE")
    study.add_argument("--minutes", type=float, help="no cell is begun after them")
    study.add_argument("--jobs", type=int, default=2)
    study.add_argument("--resume", choices=RESUME, default="default")
    study.add_argument("--out", type=Path, required=True, help="working folder")

    short = commands.add_parser("short", help="what make bench runs")
    short.set_defaults(do=_short)
    short.add_argument("--work", type=Path, default=RESULTS / "short-work")
    short.add_argument("--out", type=Path, default=SHORT)
    short.add_argument("--jobs", type=int, default=2)

    curve = commands.add_parser("curve", help="distance against pairs asked")
    curve.set_defaults(do=_curve)
    curve.add_argument("--network", nargs="+", required=True)
    curve.add_argument("--rows", nargs="+", type=int, default=[500, 2000])
    curve.add_argument("--pairs", nargs="+", type=int, default=[0, 2, 4, 8, 16, 32, 64])
    curve.add_argument("--seeds", type=int, default=len(SEEDS))
    curve.add_argument("--expert", default="recorded")
    curve.add_argument("--method", nargs="+", default=["open-only", "safe"])
    curve.add_argument("--order", nargs="+", choices=ORDERS, default=list(ORDERS))
    curve.add_argument("--bootstrap", type=int, default=30)
    curve.add_argument("--minutes", type=float, help="no cell is begun after them")
    curve.add_argument("--jobs", type=int, default=1)
    curve.add_argument("--out", type=Path, required=True, help="folder of results")

    merge = commands.add_parser("collect", help="merge a working folder")
    merge.set_defaults(do=_collect)
    merge.add_argument("work", type=Path)
    merge.add_argument("--out", type=Path, required=True)


def _run(given: argparse.Namespace) -> int:
    names, sources = _networks(given.network, given.data, given.variables)
    study = Study(
        networks=names,
        rows=tuple(given.rows),
        seeds=tuple(range(1, given.seeds + 1)),
        experts=tuple(given.expert),
        methods=tuple(given.method),
        arms=tuple(given.arm),
        pairs=given.pairs,
        limit=given.limit,
        bootstrap=given.bootstrap,
        search=given.search,
        sources=sources or None,
        usd=given.usd,
        peer_seconds=given.peer_seconds,
    )
    return _end(run_study(study, given.out, jobs=given.jobs, resume=given.resume))


def _study(given: argparse.Namespace) -> int:
    plan = read_plan(given.plan)
    given.out.mkdir(parents=True, exist_ok=True)
    (given.out / PLAN_FILE).write_text(json.dumps(plan.written()) + "\n")
    ends = None if given.minutes is None else time.monotonic() + 60.0 * given.minutes

    def left() -> float | None:
        return None if ends is None else (ends - time.monotonic()) / 60.0

    if plan.curve and not (given.out / CURVE_FILE).exists():
        most = None if given.minutes is None else given.minutes / 8.0
        run_curve(Curve.of(plan.curve), given.out, jobs=given.jobs, minutes=most)
    return _end(
        run_study(plan, given.out, jobs=given.jobs, resume=given.resume, minutes=left())
    )


def _networks(
    given: Sequence[str], data: Path | None, variables: Path | None
) -> tuple[tuple[str, ...], dict[str, dict[str, str]]]:
    """Names, and what to read for those that are files."""
    sources: dict[str, dict[str, str]] = {}
    names: list[str] = []
    for one in given:
        path = Path(one)
        if not path.suffix:
            names.append(one)
            continue
        name = path.name.split(".")[0]
        is_list = path.suffix == ".csv"
        sources[name] = {"edges" if is_list else "bif": str(path)}
        if is_list and data is not None:
            sources[name]["rows"] = str(data)
        if variables is not None:
            sources[name]["variables"] = str(variables)
        names.append(name)
    if not sources and (data is not None or variables is not None):
        raise ValueError("--data and --variables go with a file as --network")
    return tuple(names), sources


def _short(given: argparse.Namespace) -> int:
    failed = run_study(short_study(), given.work, jobs=given.jobs)
    for path in collect(given.work, given.out):
        sys.stderr.write(f"wrote {path.name}\n")
    run_curve(SHORT_CURVE, given.out, jobs=given.jobs)
    return _end(failed)


def _curve(given: argparse.Namespace) -> int:
    curve = Curve(
        networks=tuple(given.network),
        rows=tuple(given.rows),
        seeds=tuple(range(1, given.seeds + 1)),
        pairs=tuple(sorted(set(given.pairs))),
        expert=given.expert,
        methods=tuple(given.method),
        bootstrap=given.bootstrap,
        orders=tuple(given.order),
    )
    path = run_curve(curve, given.out, jobs=given.jobs, minutes=given.minutes)
    content = json.loads(path.read_text())
    sys.stderr.write(
        f"wrote {path.name}\n{summary(pd.DataFrame(content['columns']))}\n"
    )
    return 0


def _collect(given: argparse.Namespace) -> int:
    for path in collect(given.work, given.out):
        sys.stderr.write(f"wrote {path} ({path.stat().st_size / 1024:.0f} KiB)\n")
    return 0


def _end(failed: Sequence[str]) -> int:
    for line in failed:
        sys.stderr.write(f"{line}\n")
    return 1 if failed else 0


def main(words: Sequence[str] | None = None) -> int:
    """Do what the words say."""
    from benchmarks import tables

    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    commands = parser.add_subparsers(required=True, metavar="command")
    add_commands(commands)
    tables.add_commands(commands)
    given = parser.parse_args(words)
    try:
        return int(given.do(given))
    except (LlmcdError, ValueError) as problem:
        sys.stderr.write(f"{problem}\n")
        return 2
