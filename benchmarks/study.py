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
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.cells import Cell, make_cell
from benchmarks.experts import Consulted, NotHadError, consult, knows_truth
from benchmarks.experts import what_was_said as said_of
from benchmarks.machine import OURS, conditions
from benchmarks.measures import measure
from benchmarks.memory import peak_mib, reset_peak
from benchmarks.methods import Method, UnavailableError, methods
from benchmarks.networks import KnownNetwork, known_network

__all__ = ["FORMAT", "Study", "cell_path", "code_hash", "run_cell", "run_study"]

FORMAT = "llmcd benchmark cell"
RESUME = ("default", "any", "none")
_ROOT = Path(__file__).resolve().parent.parent
_PACKAGES = (*OURS, "joblib", "pgmpy", "litellm")
_SETTINGS = ("pairs", "limit", "bootstrap", "search", "sources")


@dataclass(frozen=True)
class Study:
    """What is to be run.

    Attributes
    ----------
    networks : tuple of str
        Names of known networks, or of the user's in ``sources``.
    rows, seeds : tuple of int
        Of the samples.
    experts, methods, arms : tuple of str
        As in ``experts.expert_of``, ``methods.methods`` and ``arms.ARMS``.
    pairs : str
        Which pairs experts are asked about; one of ``experts.PAIRS``.
    limit : int or None
        Most pairs that are asked about in a cell.
    bootstrap : int
        Resamples of a cell's ensemble.
    search : str
        Method of the ensemble.
    sources : mapping of str to mapping
        For a network of the user's: arguments of ``known_network``, paths as text.
    usd : float or None
        Most that a live model may cost in a cell.
    """

    networks: tuple[str, ...]
    rows: tuple[int, ...]
    seeds: tuple[int, ...]
    experts: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("all",)
    arms: tuple[str, ...] = ("real",)
    pairs: str = "planned"
    limit: int | None = None
    bootstrap: int = 30
    search: str = "auto"
    sources: Mapping[str, Mapping[str, str]] | None = None
    usd: float | None = None

    def cells(self) -> tuple[tuple[str, int, int], ...]:
        """``(network, rows, seed)`` of every cell."""
        return tuple(
            (name, n, seed)
            for seed in self.seeds
            for name in self.networks
            for n in self.rows
        )

    def network(self, name: str) -> KnownNetwork:
        """The network of that name."""
        return known_network(name, **dict((self.sources or {}).get(name, {})))

    def settings(self) -> dict[str, Any]:
        """What decides a cell's numbers besides its network, rows and seed."""
        return {key: asdict(self)[key] for key in _SETTINGS}


class Run(NamedTuple):
    """One record's key."""

    method: str
    expert: str
    arm: str


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
    study: Study, folder: Path, *, jobs: int = 1, resume: str = "default"
) -> list[str]:
    """Run what is not there yet.

    Parameters
    ----------
    study : Study
        What.
    folder : Path
        Working folder, made if need be.
    jobs : int, optional
        Processes.
    resume : {"default", "any", "none"}, optional
        Which files of earlier runs count: those of the same code and settings, those
        of the same settings whatever the code, or none.

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
    wanted = methods(study.methods)
    folder.mkdir(parents=True, exist_ok=True)
    waiting = [
        each
        for each in study.cells()
        if not _is_done(study, wanted, cell_path(folder, *each), resume)
    ]
    total = len(study.cells())
    sys.stderr.write(f"{total} cells, {total - len(waiting)} of them there already\n")
    began, failed = time.monotonic(), list[str]()
    run = Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch="n_jobs")
    cells = (delayed(run_cell)(study, folder, *each, resume=resume) for each in waiting)
    for count, line in enumerate(map(str, run(cells)), start=1):
        spent = time.monotonic() - began
        sys.stderr.write(f"{count}/{len(waiting)} {spent:.0f} s  {line}\n")
        if " FAILED " in line:
            failed.append(line)
    return failed


def _is_done(study: Study, wanted: tuple[Method, ...], path: Path, resume: str) -> bool:
    held = _held(study, path, resume)
    return set(_runs(study, wanted)) <= {_key(r) for r in held["records"]}


def _held(study: Study, path: Path, resume: str) -> dict[str, Any]:
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


def _runs(study: Study, wanted: tuple[Method, ...]) -> Iterator[Run]:
    for method in wanted:
        if not method.asks:
            yield Run(method.name, "", "")
            continue
        for expert, arm in _consultations(study):
            yield Run(method.name, expert, arm)


def _consultations(study: Study) -> Iterator[tuple[str, str]]:
    """Experts and arms; a simulation knows the truth by name, whatever it is shown."""
    for expert in study.experts:
        for arm in study.arms:
            if arm == "real" or not knows_truth(expert):
                yield expert, arm


def run_cell(
    study: Study,
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
            cell = make_cell(
                network, rows, seed, search=study.search, bootstrap=study.bootstrap
            )
            content |= _of_network(cell) | cell.facts()
            content |= _records(study, cell, folder, held)
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
    study: Study, cell: Cell, folder: Path, held: Mapping[str, Any]
) -> dict[str, Any]:
    wanted = methods(study.methods)
    records = list(held["records"])
    there = {_key(r) for r in records}
    said = {(one["expert"], one["arm"]): one for one in held["consulted"]}
    alone = [m for m in wanted if not m.asks and Run(m.name, "", "") not in there]
    records += [_run(cell, m, None) for m in alone]
    for expert, arm in _consultations(study):
        asking = [m for m in wanted if m.asks and Run(m.name, expert, arm) not in there]
        if not asking:
            continue
        try:
            consulted = consult(
                cell,
                expert,
                arm=arm,
                pairs=study.pairs,
                limit=study.limit,
                store=folder / "replies.sqlite",
                usd=study.usd,
            )
        except NotHadError as problem:
            why = {"status": "left out", "reason": str(problem)}
            records += [Run(m.name, expert, arm)._asdict() | why for m in asking]
            continue
        said[expert, arm] = _said(cell, consulted)
        records += [_run(cell, m, consulted) for m in asking]
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
