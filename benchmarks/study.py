"""A study: which cells, methods, experts and arms; run in parallel and go on later.

Each cell is one JSON file in the working folder, written in one step when the cell is
done. What a file holds that was made by the same code under the same settings is not
run again; what is missing in it is added.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.cells import Cell, make_cell
from benchmarks.experts import Consulted, NotHadError, consult
from benchmarks.experts import what_was_said as said_of
from benchmarks.machine import OURS, conditions
from benchmarks.measures import measure
from benchmarks.memory import peak_mib, reset_peak
from benchmarks.methods import Method, TimedOutError, UnavailableError, methods
from benchmarks.plan import Plan, Run, Study

__all__ = ["FORMAT", "cell_path", "code_hash", "run_cell", "run_study"]

FORMAT = "llmcd benchmark cell"
RESUME = ("default", "any", "none")
_ROOT = Path(__file__).resolve().parent.parent
_PACKAGES = (*OURS, "joblib", "pgmpy", "litellm")


@cache
def code_hash() -> str:
    """Hash of all that decides a number: our source, the benchmarks', the answers.

    Unlike the commit it does not change with documents, and does with edits that are
    not committed.
    """
    digest = hashlib.sha256()
    deciding = [
        *sorted((_ROOT / "llmcd").rglob("*.py")),
        *sorted((_ROOT / "llmcd").rglob("prompts/*.txt")),
        *sorted((_ROOT / "benchmarks" / "known").rglob("*.*")),
        *sorted((_ROOT / "benchmarks" / "answers").rglob("*.jsonl")),
    ]
    names = ("arms", "cells", "copies", "experts", "measures", "networks", "study")
    deciding += [_ROOT / "benchmarks" / f"{name}.py" for name in names]
    deciding += sorted((_ROOT / "benchmarks").glob("*method*.py"))
    for path in deciding:
        if path.suffix in (".py", ".txt", ".yaml", ".csv", ".jsonl"):
            digest.update(path.relative_to(_ROOT).as_posix().encode() + b"\0")
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def cell_path(folder: Path, name: str, rows: int, seed: int) -> Path:
    """Where a cell's file is."""
    return folder / name / f"{rows:06d}-{seed:03d}.json"


def run_study(
    study: Study | Plan,
    folder: Path,
    *,
    jobs: int = 1,
    resume: str = "default",
    minutes: float | None = None,
) -> list[str]:
    """Run what is not there yet.

    Parameters
    ----------
    study : Study or Plan
        What.
    folder : Path
        Working folder, made if need be.
    jobs : int, optional
        Processes.
    resume : {"default", "any", "none"}, optional
        Which files of earlier runs count: those of the same code and settings, those
        of the same settings whatever the code, or none.
    minutes : float, optional
        After this time no further cell is begun; None is no limit.

    Returns
    -------
    list of str
        One line for each cell that failed as a whole.

    Raises
    ------
    ValueError
        If an argument is unknown.
    """
    from joblib import Parallel, delayed

    if resume not in RESUME:
        raise ValueError(f"resume must be one of {', '.join(RESUME)}, got {resume!r}")
    folder.mkdir(parents=True, exist_ok=True)
    waiting = [
        each
        for each in study.cells()
        if not _is_done(study.runs(*each), study, cell_path(folder, *each), resume)
    ]
    total = len(study.cells())
    sys.stderr.write(f"{total} cells, {total - len(waiting)} of them there already\n")
    began, failed, count = time.monotonic(), list[str](), 0

    def in_time() -> Iterator[tuple[str, int, int]]:
        for each in waiting:
            if minutes is not None and time.monotonic() - began > 60.0 * minutes:
                return
            yield each

    run = Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch="n_jobs")
    cells = (delayed(run_cell)(study, folder, *each, resume=resume)
             for each in in_time())  # fmt: skip
    for count, line in enumerate(map(str, run(cells)), start=1):
        sys.stderr.write(f"{_progress(count, len(waiting), began)}  {line}\n")
        if " FAILED " in line:
            failed.append(line)
    if count < len(waiting):
        sys.stderr.write(
            f"time is over: {len(waiting) - count} cells were not begun; the same "
            "command goes on with them\n"
        )
    return failed


def _progress(count: int, total: int, began: float) -> str:
    spent = time.monotonic() - began
    left = spent / count * (total - count)
    return f"{count}/{total} {spent / 60:.1f} min, about {left / 60:.0f} left"


def _is_done(
    wanted: Iterable[Run], study: Study | Plan, path: Path, resume: str
) -> bool:
    held = _held(study, path, resume)
    return set(wanted) <= {_key(r) for r in held["records"]}


def _held(study: Study | Plan, path: Path, resume: str) -> dict[str, Any]:
    """Records and consultations of a file that still count, and the code behind them.

    Of other code only what was done counts: what it left out may be had by now.
    """
    none: dict[str, Any] = {"records": [], "consulted": [], "code": []}
    if resume == "none" or not path.is_file():
        return none
    try:
        held = json.loads(path.read_text())
        same_settings = held["settings"] == json.loads(json.dumps(study.settings()))
        is_ours = held["code"] == [code_hash()]
        if "failed" in held or not same_settings or not (is_ours or resume == "any"):
            return none
        kept = [r for r in held["records"] if is_ours or r["status"] == "done"]
        return {"records": kept, "consulted": held["consulted"], "code": held["code"]}
    except (ValueError, KeyError, TypeError):
        return none  # a file of another program, say


def _key(record: Mapping[str, Any]) -> Run:
    return Run(record["method"], record["expert"], record["arm"])


def run_cell(
    study: Study | Plan,
    folder: Path,
    name: str,
    rows: int,
    seed: int,
    *,
    resume: str = "default",
) -> str:
    """Run what is missing of one cell and write its file.

    Returns
    -------
    str
        A line about it.
    """
    began = time.perf_counter()
    where = f"{name} {rows} rows, seed {seed}"
    path = cell_path(folder, name, rows, seed)
    held = _held(study, path, resume)
    content: dict[str, Any] = {
        "format": FORMAT,
        "cell": {"network": name, "rows": rows, "seed": seed},
        "settings": study.settings(),
        "code": sorted({code_hash(), *held["code"]}),
        "conditions": conditions(_PACKAGES),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            network = study.network(name)
            settings = study.settings()
            cell = make_cell(
                network,
                rows,
                seed,
                search=settings["search"],
                bootstrap=settings["bootstrap"],
                peer_seconds=settings["peer_seconds"],
            )
            content |= _of_network(cell) | cell.facts()
            wanted = study.runs(name, rows, seed)
            content |= _records(settings, wanted, study.usd, cell, folder, held)
        except Exception as problem:  # one cell must not end a study of days
            content["failed"] = _line(problem)
    _write(path, content)
    if "failed" in content:
        return f"{where}: FAILED {content['failed']}"
    count = sum(r["status"] == "done" for r in content["records"])
    spent = time.perf_counter() - began
    return f"{where}: {count} of {len(content['records'])} runs, {spent:.1f} s"


def _of_network(cell: Cell) -> dict[str, Any]:
    network = cell.network
    return {
        "network": {
            "group": network.group,
            "fame": network.fame,
            "nodes": len(network.graph.names),
            "edges": network.graph.n_edges,
            "effective": len(network.effective),
            "null_edges": [list(edge) for edge in network.null_edges],
            "copies": dict(cell.copies),
            "family": cell.table.family,
        }
    }


def _records(
    settings: Mapping[str, Any],
    wanted: Iterable[Run],
    usd: float | None,
    cell: Cell,
    folder: Path,
    held: Mapping[str, Any],
) -> dict[str, Any]:
    records = list(held["records"])
    there = {_key(r) for r in records}
    said = {(one["expert"], one["arm"]): one for one in held["consulted"]}
    by: dict[tuple[str, str], list[str]] = {}
    for run in wanted:
        if run not in there:
            by.setdefault((run.expert, run.arm), []).append(run.method)
    for (expert, arm), names in by.items():
        some = methods(names)
        if not expert:
            records += [_run(cell, m, None) for m in some]
            continue
        try:
            consulted = consult(
                cell,
                expert,
                arm=arm,
                pairs=settings["pairs"],
                limit=settings["limit"],
                store=folder / "replies.sqlite",
                usd=usd,
            )
        except NotHadError as problem:
            why = {"status": "left out", "reason": str(problem)}
            records += [Run(m.name, expert, arm)._asdict() | why for m in some]
            continue
        said[expert, arm] = _said(cell, consulted)
        records += [_run(cell, m, consulted) for m in some]
    return {"records": records, "consulted": [said[key] for key in sorted(said)]}


def _said(cell: Cell, consulted: Consulted) -> dict[str, Any]:
    return {
        "expert": consulted.expert,
        "arm": consulted.arm,
        "identity": dict(consulted.identity),
        "questions": len(consulted.answers),
        "asked": consulted.asked,
        "tokens": consulted.answers.tokens,
        "usd": consulted.answers.usd,
        "seconds": round(consulted.seconds, 3),
        "complete": consulted.answers.complete,
        "counts": said_of(cell.truth, consulted.answers),
    }


def _run(cell: Cell, method: Method, consulted: Consulted | None) -> dict[str, Any]:
    expert = "" if consulted is None else consulted.expert
    arm = "" if consulted is None else consulted.arm
    record: dict[str, Any] = Run(method.name, expert, arm)._asdict()
    is_told = reset_peak()
    began = time.perf_counter()
    try:
        found = method.run(cell, consulted)
        spent = time.perf_counter() - began
        # a peer works in another process
        peak = peak_mib() if is_told and method.kind != "peer" else None
        record |= measure(cell.network, found, seed=cell.seed)
    except UnavailableError as problem:
        return record | {"status": "unavailable", "reason": _line(problem)}
    except TimedOutError as problem:
        return record | {"status": "timeout", "reason": str(problem)}
    except Exception as problem:  # a peer may raise anything; its record says so
        return record | {"status": "failed", "reason": _line(problem)}
    record |= {
        "status": "done",
        "reason": "",
        "seconds": round(spent if found.seconds is None else found.seconds, 4),
        "memory_mib": peak if found.memory_mib is None else found.memory_mib,
        "questions": found.questions,
        "tokens": 0 if consulted is None else consulted.answers.tokens,
        "usd": None if consulted is None else consulted.answers.usd,
        "warnings": len(found.warnings),
    }
    return record


def _line(problem: Exception) -> str:
    text = " ".join(str(problem).split())
    return f"{type(problem).__name__}: {text}"[:300]


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """In one step: a file that is there is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_text(json.dumps(content, allow_nan=False) + "\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
