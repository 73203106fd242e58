"""PC, GES and order search against other implementations, in one run on one machine.

    python -m benchmarks.peers install all
    python -m benchmarks.speed                       # everything, one to two hours
    python -m benchmarks.speed --quick               # small problems, minutes
    python -m benchmarks.speed --rows 'pc-*' ges-gaussian-20
    python -m benchmarks.speed --rows 'order-[cia]*' --seeds 10  # scores reached
    python -m benchmarks.speed --scale               # time and memory curves of ours
    python -m benchmarks.speed --table results.json  # Markdown, from the file alone
    python -m benchmarks.speed --figure curves.png --from results.json

Each problem is given to ours, to each peer and to ours again, each time in a process of
its own with one thread. Seconds are those of the algorithm's call, after a warm-up
where calls are short. Both those on the clock and those of the processor are kept, and
ratios are of the processor's, which a busy machine changes less. Imports, reading and
numba's compilation are over by then, and so is ``llmcd.table(df).statistics()``, whose
seconds the tables give as a note. What compiling takes, and the first call in a new
process, is measured apart. Whoever takes over ``--slow`` seconds for a first call gets
one problem of a row.

What ``--out`` holds of the same machine and versions is kept; rows that are measured
again replace theirs, and each tells its commit.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.generate import Problem
from benchmarks.machine import conditions
from benchmarks.peers import Outcome, Task, run_peer, write_rows
from benchmarks.peers.environments import default_home, site_packages
from benchmarks.scale import CURVES, figure, first_calls, scale
from benchmarks.speed_rows import ROWS, Contender, Row, quick
from benchmarks.speed_tables import digest, markdown
from llmcd.equivalence import consistent_extension, cpdag
from llmcd.errors import GraphError, LlmcdError
from llmcd.graph import Graph
from llmcd.metrics import adjacency_scores, arrowhead_scores, shd

__all__ = ["Judge", "main", "record_of", "run_row"]

OUT = Path(__file__).resolve().parent / "results" / "speed.json"
LIMIT = 120.0
SLOW = 20.0  # seconds of a first call from where on it gets one problem of a row
SLOW_HELP = "seconds of a first call from where on a row has one problem (%(default)s)"
FROM_HELP = "the first problem; records of those before are kept (%(default)s)"
EVERY_HELP = "try contenders that ran out of time in a smaller row as well"
SCORED_UP_TO = 200  # columns; extending larger graphs takes longer than finding them


class Judge:
    """A problem's truth and scores, made once for all contenders."""

    def __init__(self, row: Row, problem: Problem) -> None:
        self.row = row
        self.problem = problem
        self.truth = cpdag(problem.truth)

    @cached_property
    def _statistics(self) -> Any:
        from llmcd import table

        return table(self.problem.frame()).statistics()

    @cached_property
    def _score(self) -> Any:
        from llmcd.discovery.scores import BIC, BDeu

        wanted = self.row.score
        if wanted is None:
            return BIC() if self.row.source == "gaussian" else BDeu()
        if wanted["score"] == "bdeu":
            return BDeu()
        return BIC(penalty=wanted.get("penalty", 1.0))

    def of(self, found: Graph, is_dag: bool) -> dict[str, Any]:
        """Distances from the truth, and the score."""
        names = self.problem.names
        found = found.with_nodes(names)
        class_ = cpdag(found) if is_dag else found
        adjacent = adjacency_scores(truth=self.truth, estimate=class_)
        heads = arrowhead_scores(truth=self.truth, estimate=class_)
        return {
            "shd": shd(truth=self.truth, estimate=class_),
            "edges": class_.n_edges,
            "true_edges": self.truth.n_edges,
            "skeleton_f1": adjacent.f1,
            "arrowhead_precision": heads.precision,
            "arrowhead_recall": heads.recall,
            "score": self._scored(found, is_dag),
            "graph": digest(class_),
            "skeleton": digest(class_.skeleton()),
        }

    def _scored(self, found: Graph, is_dag: bool) -> float | None:
        from llmcd.discovery.scores import graph_score

        if len(found.names) > SCORED_UP_TO:
            return None
        try:
            dag = found if is_dag else consistent_extension(found)
        except GraphError:
            return None  # no DAG has this graph: there is nothing to score
        # Constant columns are not in the statistics and change no score.
        held = set(self._statistics.names)
        kept = [k for k, name in enumerate(dag.names) if name in held]
        names = [dag.names[k] for k in kept]
        dag = Graph(tuple(names), dag.marks[np.ix_(kept, kept)])
        return graph_score(self._score, self._statistics, dag)


def record_of(
    row: Row,
    contender: Contender,
    seed: int,
    turn: int,
    limit: float,
    outcome: Outcome,
    judge: Judge,
) -> dict[str, Any]:
    """One run as JSON."""
    record: dict[str, Any] = {
        "row": row.name,
        "family": row.family,
        "source": row.source,
        "nodes": row.nodes,
        "rows": row.rows,
        "seed": seed,
        "turn": turn,
        "limit": limit,
        "label": contender.label,
        "peer": contender.peer,
        "algorithm": contender.algorithm,
        "options": dict(contender.options),
        "ours": contender.ours,
        "other": contender.other,
        "versus": contender.versus,
        "score_by": None if row.score is None else dict(row.score),
        "status": outcome.status,
        "reason": outcome.reason,
        "seconds": outcome.seconds,
        "first": outcome.first,
        "startup": outcome.startup,
        "runs": list(outcome.runs),
        "cpu_seconds": outcome.cpu_seconds,
        "cpu_runs": list(outcome.cpu_runs),
        "memory_before": outcome.memory_before,
        "memory_peak": outcome.memory_peak,
        "versions": dict(outcome.versions),
        **outcome.extra,
    }
    if outcome.graph is not None:
        try:
            record |= judge.of(outcome.graph, outcome.is_dag)
        except LlmcdError as error:
            record |= {"status": "failed", "reason": f"no graph to judge: {error}"}
    return record


def run_row(
    row: Row,
    *,
    seeds: int | None,
    first: int = 0,
    limit: float,
    home: Path,
    bif_home: Path | None,
    slow_from: float = SLOW,
    earlier: Iterable[dict[str, Any]] = (),
    said: Any = sys.stderr,
) -> list[dict[str, Any]]:
    """All runs of a row: ours, the peers, ours again, on each problem.

    Parameters
    ----------
    row : Row
        What to measure.
    seeds : int or None
        How many problems, if not the row's number.
    first : int
        The first of them.
    limit : float
        Seconds that one call may take.
    home : Path
        Folder of the peers' environments.
    bif_home : Path or None
        Folder of BIF files.
    slow_from : float
        Seconds of a first call from where on a contender gets one problem only.
    earlier : iterable of dict
        Records of rows before: who ran out of time in the same family is left out.
    said : stream
        Where progress goes.

    Returns
    -------
    list of dict
    """
    out_of_time = {
        record["label"]: record["row"]
        for record in earlier
        if record["family"] == row.family and record["status"] == "timeout"
    }
    limit = row.limit or limit
    slow: dict[str, str] = {}
    records: list[dict[str, Any]] = []
    for seed in range(first, first + (seeds or row.seeds)):
        problem = row.problem(seed, bif_home, site_packages("pgmpy", home))
        judge = Judge(row, problem)
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "rows.npz"
            write_rows(data, problem.names, problem.values, problem.sizes)
            for turn, contender in _turns(row, seed):
                why = slow.get(contender.label)
                if contender.label in out_of_time:
                    why = f"out of time in {out_of_time[contender.label]}"
                if why:
                    outcome = Outcome(
                        contender.peer, contender.algorithm, "left out", why
                    )
                else:
                    task = Task(contender.algorithm, data, contender.options)
                    outcome = run_peer(contender.peer, task, limit, home=home)
                record = record_of(row, contender, seed, turn, limit, outcome, judge)
                records.append(record)
                _say(said, record)
                if outcome.status == "timeout":
                    out_of_time[contender.label] = row.name
                elif (outcome.first or 0.0) > slow_from:
                    slow[contender.label] = (
                        "one problem only, for its first call took over "
                        f"{slow_from:g} s"
                    )
    return records


def _turns(row: Row, seed: int) -> list[tuple[int, Contender]]:
    ours = [c for c in row.contenders if c.ours]
    peers = [c for c in row.contenders if not c.ours]
    at = seed % max(len(peers), 1)
    turned = [*peers[at:], *peers[:at]]
    return [*((0, c) for c in ours), *((0, c) for c in turned), *((1, c) for c in ours)]


def _say(said: Any, record: dict[str, Any]) -> None:
    what = f"{record['row']} seed {record['seed']}: {record['label']}: "
    if record["status"] == "done":
        what += f"{record['seconds']:.4g} s, SHD {record['shd']:.0f}"
    else:
        what += f"{record['status']}: {record['reason']}"
    said.write(what + "\n")
    said.flush()


# --- command line ---------------------------------------------------------------------


def _chosen(patterns: Sequence[str] | None, short: bool) -> list[Row]:
    rows = [
        row
        for row in ROWS.values()
        if patterns is None or any(fnmatch(row.name, each) for each in patterns)
    ]
    return [row for row in rows if not short or quick(row)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="small problems, one seed")
    add("--rows", nargs="+", metavar="PATTERN", help="names of rows, * for any")
    add("--list", action="store_true", help="name the rows and stop")
    add("--out", type=Path, default=OUT, help="results (default: %(default)s)")
    add("--resume", action="store_true", help="leave out rows that --out holds")
    add("--fresh", action="store_true", help="throw away what --out holds")
    add("--limit", type=float, default=LIMIT, help="seconds a call may take")
    add("--slow", type=float, default=SLOW, help=SLOW_HELP)
    add("--seeds", type=int, help="problems a row (default: each row's own number)")
    add("--from-seed", type=int, default=0, help=FROM_HELP)
    add("--contenders", nargs="+", metavar="PATTERN", help="only those of a row")
    add("--every", action="store_true", help=EVERY_HELP)
    add("--home", type=Path, default=None, help="folder of the peers' environments")
    add("--bif-home", type=Path, default=None, help="folder of BIF files")
    add("--scale", action="store_true", help="only the curves of time and memory")
    add("--scale-rows", type=int, default=10_000_000, help="most rows of the curves")
    add("--scale-nodes", type=int, default=1000, help="most columns of the curves")
    add("--curves", nargs="+", choices=CURVES, default=CURVES, help="some of them")
    add("--first-calls", action="store_true", help="only the first calls")
    add("--table", type=Path, metavar="JSON", help="print Markdown and stop")
    add("--figure", type=Path, metavar="PNG", help="draw the curves and stop")
    add("--from", dest="source", type=Path, help="results for --figure")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    given = _parser().parse_args(arguments)
    if given.table is not None:
        sys.stdout.write(markdown(json.loads(given.table.read_text())) + "\n")
        return 0
    if given.figure is not None:
        figure(json.loads((given.source or given.out).read_text()), given.figure)
        return 0
    rows = _chosen(given.rows, given.quick)
    if given.list:
        sys.stdout.write("\n".join(row.name for row in rows) + "\n")
        return 0
    results = _start(given)
    home = given.home or default_home()
    if given.scale:
        results["scale"] = [
            r for r in results["scale"] if r["curve"] not in given.curves
        ]
        for record in scale(
            nodes=given.scale_nodes,
            rows=given.scale_rows,
            curves=given.curves,
            limit=given.limit,
        ):
            results["scale"].append(record | _made(results))
            _write(given.out, results)
    elif given.first_calls:
        results["first_calls"] = _first_calls(results, home, given)
    else:
        _measure(rows, results, home, given)
    _write(given.out, results)
    sys.stdout.write(markdown(results) + "\n")
    return 0


def _start(given: argparse.Namespace) -> dict[str, Any]:
    now = conditions()
    now["settings"] = {
        "limit": given.limit, "seeds": given.seeds, "quick": given.quick,
    }  # fmt: skip
    empty = {"records": [], "first_calls": [], "scale": []}
    if given.fresh or not given.out.exists():
        return now | empty
    held = json.loads(given.out.read_text())
    for what in ("machine", "versions"):
        if held[what] != now[what]:
            raise SystemExit(
                f"{given.out} was measured with {what} {held[what]}, this is "
                f"{now[what]}: give another --out, or --fresh to measure all anew"
            )
    return empty | held | now


def _made(now: Mapping[str, Any]) -> dict[str, Any]:
    """What a record tells of the run that it is from."""
    return {"commit": now["commit"], "date": now["date"]}


def _measure(
    rows: Sequence[Row], results: dict[str, Any], home: Path, given: argparse.Namespace
) -> None:
    done = {record["row"] for record in results["records"]}
    for row in rows:
        if row.name in done and given.resume:
            continue
        results["records"] = [
            record
            for record in results["records"]
            if record["row"] != row.name or record["seed"] < given.from_seed
        ]
        measured = run_row(
            _among(row, given.contenders),
            seeds=1 if given.quick else given.seeds,
            first=given.from_seed,
            limit=given.limit,
            home=home,
            bif_home=given.bif_home,
            slow_from=given.slow,
            earlier=[] if given.every else _before(row, results["records"]),
        )
        results["records"] += [record | _made(results) for record in measured]
        _write(given.out, results)
    if given.rows is None and not results["first_calls"]:
        results["first_calls"] = _first_calls(results, home, given)


def _among(row: Row, patterns: Sequence[str] | None) -> Row:
    """The row with some of its contenders only."""
    if patterns is None:
        return row
    some = [
        c for c in row.contenders if any(fnmatch(c.label, each) for each in patterns)
    ]
    return replace(row, contenders=tuple(some))


def _before(row: Row, records: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Records of smaller rows of the family, whichever were measured first."""
    names = list(ROWS)
    smaller = set(names[: names.index(row.name)])
    return [record for record in records if record["row"] in smaller]


def _first_calls(
    results: Mapping[str, Any], home: Path, given: argparse.Namespace
) -> list[dict[str, Any]]:
    return [call | _made(results) for call in first_calls(home, given.bif_home)]


def _write(path: Path, results: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1, allow_nan=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
