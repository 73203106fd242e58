"""Merge the cells of a working folder into one small file for each network.

Records become columns. Text columns are coded: a list of the values and a number for
each record. Sums for calibration are added up over seeds.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.curve import FILE as CURVE_FILE
from benchmarks.plan import FILE as PLAN_FILE
from benchmarks.plan import plan_of
from benchmarks.study import FORMAT as CELL_FORMAT
from llmcd.errors import FormatError

__all__ = ["FORMAT", "Results", "collect", "read_results", "uncoded"]

FORMAT = "llmcd benchmark results"
KEYS = ("rows", "seed", "method", "expert", "arm")
TEXTS = ("method", "expert", "arm", "status", "reason", "kind")
NUMBERS = (
    "rows", "seed", "edges", "undirected", "shd_half", "shd", "shd_cpdag",
    "adjacency_hit", "adjacency_false", "arrow_hit", "arrow_false", "effective_found",
    "effective_directed", "null_found", "aid", "sid_low", "sid_high", "d_top",
    "adjacency_log_loss", "adjacency_brier", "uncertain_log_loss", "uncertain_brier",
    "direction_log_loss", "direction_brier", "questions", "tokens", "usd", "seconds",
    "memory_mib", "warnings",
)  # fmt: skip
_ONE_LINE = 100  # values of a column on a line, so that a change shows as a small one


class Results:
    """What was read from collected files.

    Attributes
    ----------
    runs : pandas.DataFrame
        One row a record, with ``network`` and ``group``.
    calibration : pandas.DataFrame
        ``network, rows, method, expert, arm, what, bin, forecasts, stated, true``.
    consulted : pandas.DataFrame
        One row for each network, number of rows, expert, arm, relation of the pair and
        thing said, with the ``count``.
    cells : pandas.DataFrame
        One row a cell: ``network, rows, seed``, seconds of the ensemble and columns
        set aside.
    curve : pandas.DataFrame
        Columns of ``curve.json``; empty where there is none.
    plan : dict
        Content of ``plan.json``: what was planned, and what of it was not run; empty
        where there was no plan.
    networks : dict of str to dict
        Facts of each network.
    headers : dict of str to dict
        Settings, code, machine and versions of each file.
    """

    def __init__(
        self,
        contents: Iterable[Mapping[str, Any]],
        curve: Mapping[str, Any] | None = None,
        plan: Mapping[str, Any] | None = None,
    ) -> None:
        held = list(contents)
        self.plan = dict(plan or {})
        self.curve = pd.DataFrame({} if curve is None else curve["columns"])
        self.networks = {c["network"]: dict(c["facts"]) for c in held}
        self.headers = {
            c["network"]: {k: c[k] for k in ("settings", "code", "conditions")}
            for c in held
        }
        self.runs = _joined(held, "runs")
        groups = {name: facts["group"] for name, facts in self.networks.items()}
        if len(self.runs):
            self.runs["group"] = self.runs["network"].map(groups)
        self.calibration = _joined(held, "calibration")
        self.consulted = _joined(held, "consulted")
        self.cells = _joined(held, "cells")


def _joined(held: list[Mapping[str, Any]], what: str) -> pd.DataFrame:
    frames = [pd.DataFrame(uncoded(c[what])).assign(network=c["network"]) for c in held]
    kept = [frame for frame in frames if len(frame)]
    return pd.concat(kept, ignore_index=True) if kept else pd.DataFrame()


def uncoded(columns: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Columns as lists, the coded ones by their values."""
    return {
        name: [column["values"][k] for k in column["codes"]]
        if isinstance(column, dict)
        else column
        for name, column in columns.items()
    }


def read_results(folder: Path) -> Results:
    """Read what ``collect`` wrote.

    Parameters
    ----------
    folder : Path
        With one file a network.

    Returns
    -------
    Results

    Raises
    ------
    FormatError
        If there is no such file, or one is of another kind.
    """
    others = (CURVE_FILE, PLAN_FILE)
    paths = sorted(p for p in folder.glob("*.json") if p.name not in others)
    if not paths:
        raise FormatError(f"no results in {folder}; python -m benchmarks collect")
    contents: list[dict[str, Any]] = []
    for path in paths:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content.get("format") != FORMAT:
            raise FormatError(f"{path} holds no collected results of the benchmark")
        contents.append(content)
    curve, plan = (
        json.loads(path.read_text()) if path.exists() else None
        for path in (folder / CURVE_FILE, folder / PLAN_FILE)
    )
    return Results(contents, curve, plan)


def collect(folder: Path, out: Path) -> list[Path]:
    """Merge a working folder.

    Parameters
    ----------
    folder : Path
        Of ``run_study``; may be of several runs under the same settings. A plan and a
        curve that are in it are taken along.
    out : Path
        Where one file for each network is written, in place of earlier ones.

    Returns
    -------
    list of Path

    Raises
    ------
    FormatError
        If there are no cells, or cells of a network differ in settings.
    """
    written: list[Path] = []
    every: list[dict[str, Any]] = []
    for place in sorted(p for p in folder.iterdir() if p.is_dir()):
        cells = [json.loads(p.read_text()) for p in sorted(place.glob("*.json"))]
        cells = [c for c in cells if c.get("format") == CELL_FORMAT]
        if not any("failed" not in c for c in cells):
            continue
        every += cells
        out.mkdir(parents=True, exist_ok=True)
        target = out / f"{place.name}.json"
        target.write_text(_text(_merged(place.name, cells)), encoding="utf-8")
        written.append(target)
    if not written:
        raise FormatError(
            f"{folder} holds no cells; run python -m benchmarks run first"
        )
    return written + _taken_along(folder, out, every)


def _taken_along(folder: Path, out: Path, cells: list[dict[str, Any]]) -> list[Path]:
    """The curve as it is; the plan with what of it was not run."""
    written: list[Path] = []
    if (folder / CURVE_FILE).exists():
        written.append(out / CURVE_FILE)
        written[-1].write_bytes((folder / CURVE_FILE).read_bytes())
    if (folder / PLAN_FILE).exists():
        written.append(out / PLAN_FILE)
        content = json.loads((folder / PLAN_FILE).read_text())
        more = _against_plan(content, cells)
        written[-1].write_text(_text(content | more), encoding="utf-8")
    return written


def _against_plan(
    content: Mapping[str, Any], cells: list[dict[str, Any]]
) -> dict[str, Any]:
    """How many runs were planned, and those without a record, counted over seeds."""
    plan = plan_of(content)
    there = {
        (*(c["cell"][k] for k in ("network", "rows", "seed")),
         *(r[k] for k in ("method", "expert", "arm")))
        for c in cells
        for r in c.get("records", ())
    }  # fmt: skip
    planned = [(*cell, *run) for cell in plan.cells() for run in plan.runs(*cell)]
    lacking = Counter(
        (name, rows, *run)
        for name, rows, seed, *run in planned
        if (name, rows, seed, *run) not in there
    )
    names = ("network", "rows", "method", "expert", "arm")
    lost = [
        dict(zip(names, key, strict=True)) | {"seeds": count}
        for key, count in sorted(lacking.items())
    ]
    return {
        "planned_runs": len(planned),
        "not_run": _columns(lost, ("network", "method", "expert", "arm")),
    }


def _merged(name: str, cells: list[dict[str, Any]]) -> dict[str, Any]:
    whole = [c for c in cells if "failed" not in c]
    kinds = {json.dumps(c["settings"], sort_keys=True) for c in whole}
    if len(kinds) > 1:
        raise FormatError(
            f"the cells of {name} differ in their settings: {sorted(kinds)}; run them "
            "again under the same, or collect each folder on its own"
        )
    runs = [
        {"rows": c["cell"]["rows"], "seed": c["cell"]["seed"], **record}
        for c in whole
        for record in c["records"]
    ]
    runs.sort(key=lambda r: tuple(r[k] for k in KEYS))
    last = max(whole, key=lambda c: c["conditions"]["date"])
    return {
        "format": FORMAT,
        "version": 1,
        "network": name,
        "facts": last["network"],
        "settings": last["settings"],
        "code": sorted({code for c in whole for code in c["code"]}),
        "conditions": last["conditions"],
        "failed_cells": sorted(
            f"{c['cell']['rows']} rows, seed {c['cell']['seed']}: {c['failed']}"
            for c in cells
            if "failed" in c
        ),
        "cells": _columns([_cell(c) for c in whole], ("same_columns", "constant")),
        "consulted": _columns(_said(whole), ("expert", "arm", "relation", "said")),
        "calibration": _columns(
            _calibration(runs), ("method", "expert", "arm", "what")
        ),
        "runs": {
            name: _column(name, [r.get(name) for r in runs])
            for name in (*TEXTS, *NUMBERS)
        },
    }


def _cell(c: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "rows": c["cell"]["rows"],
        "seed": c["cell"]["seed"],
        "rows_used": c["rows_used"],
        "seconds": c["candidates"]["seconds"],
        "memory_mib": c["candidates"]["memory_mib"],
        "same_columns": " ".join(c["same_columns"]),
        "constant": " ".join(c["constant"]),
    }


def _said(cells: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Counts of what was said, added up over seeds."""
    found: dict[tuple[Any, ...], int] = {}
    for c in cells:
        for one in c["consulted"]:
            for relation, counts in one["counts"].items():
                for said, count in counts.items():
                    key = (
                        c["cell"]["rows"], one["expert"], one["arm"], relation, said,
                    )  # fmt: skip
                    found[key] = found.get(key, 0) + count
    names = ("rows", "expert", "arm", "relation", "said")
    return [
        dict(zip(names, key, strict=True)) | {"count": count}
        for key, count in sorted(found.items())
    ]


def _calibration(runs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    sums: dict[tuple[Any, ...], list[float]] = {}
    for r in runs:
        for what, bins in (r.get("calibration") or {}).items():
            for k, some in enumerate(bins):
                key = (r["rows"], r["method"], r["expert"], r["arm"], what, k)
                before = sums.get(key, [0, 0.0, 0])
                sums[key] = [x + y for x, y in zip(before, some, strict=True)]
    names = ("rows", "method", "expert", "arm", "what", "bin")
    return [
        dict(zip(names, key, strict=True))
        | {"forecasts": int(n), "stated": round(stated, 3), "true": int(true)}
        for key, (n, stated, true) in sorted(sums.items())
        if n
    ]


def _columns(rows: list[dict[str, Any]], texts: Iterable[str]) -> dict[str, Any]:
    names = list(rows[0]) if rows else []
    coded = set(texts)
    return {
        name: _coded([r[name] for r in rows])
        if name in coded
        else [r[name] for r in rows]
        for name in names
    }


def _column(name: str, values: list[Any]) -> Any:
    if name in TEXTS:
        return _coded([v or "" for v in values])
    if name == "seconds":
        return [None if v is None else float(f"{v:.3g}") for v in values]
    if name == "memory_mib":
        return [None if v is None else round(v) for v in values]
    return [round(v, 4) if isinstance(v, float) else v for v in values]


def _coded(values: list[str]) -> dict[str, list[Any]]:
    known = sorted(set(values))
    at = {value: k for k, value in enumerate(known)}
    return {"values": known, "codes": [at[value] for value in values]}


def _text(content: Mapping[str, Any]) -> str:
    """JSON with one line for each value, and long lists broken into lines."""
    lines = [f" {json.dumps(k)}: {_shown(v, 1)}" for k, v in content.items()]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _shown(value: Any, depth: int) -> str:
    pad = " " * (depth + 1)
    if isinstance(value, dict) and value:
        inner = [
            f"{pad}{json.dumps(k)}: {_shown(v, depth + 1)}" for k, v in value.items()
        ]
        return "{\n" + ",\n".join(inner) + "\n" + " " * depth + "}"
    if isinstance(value, list) and len(value) > _ONE_LINE:
        rows = [
            json.dumps(value[k : k + _ONE_LINE], separators=(",", ":"))[1:-1]
            for k in range(0, len(value), _ONE_LINE)
        ]
        return "[\n" + ",\n".join(pad + row for row in rows) + "]"
    return json.dumps(value, separators=(",", ":"), allow_nan=False)
