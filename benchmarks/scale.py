"""How our time and memory grow, and what the first call in a new process takes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.generate import Problem, find_bif, gaussian, sampled
from benchmarks.peers import Outcome, Task, run_peer, write_rows
from benchmarks.peers.environments import site_packages

__all__ = ["CURVES", "figure", "first_calls", "scale", "write_parquet"]

NODES = (20, 50, 100, 200, 500, 1000)
ROWS = (10_000, 100_000, 1_000_000, 10_000_000)
PARQUET_NODES = 10
AT_A_TIME = 100_000  # rows that are made, and written, at a time

METHODS: Mapping[str, Mapping[str, Any]] = {
    "pc": {"alpha": 0.01},
    "ges": {"score": "bic"},
    "order": {"score": "bic", "penalty": 2.0},
}
CURVES = (*METHODS, "parquet")
FIRST: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    ("PC, Gaussian", "pc", "gaussian", {"test": "fisher_z"}),
    ("PC, discrete", "pc", "discrete", {"test": "chi2"}),
    ("GES, Gaussian", "ges", "gaussian", {"score": "bic"}),
    ("GES, discrete", "ges", "discrete", {"score": "bdeu"}),
    ("order search, Gaussian", "order", "gaussian", {"score": "bic"}),
    ("order search, discrete", "order", "discrete", {"score": "bdeu"}),
)


def scale(
    *,
    nodes: int = NODES[-1],
    rows: int = ROWS[-1],
    curves: Iterable[str] = CURVES,
    limit: float = 120.0,
) -> Iterator[dict[str, Any]]:
    """Time and memory against columns, and against rows read out of core.

    Parameters
    ----------
    nodes, rows : int, optional
        The curves' last points at most.
    curves : iterable of str, optional
        Some of ``pc``, ``ges``, ``order`` and ``parquet``.
    limit : float, optional
        Seconds a call may take; a curve ends where it takes longer.

    Yields
    ------
    dict
        A point of a curve, for JSON.
    """
    wanted = set(curves)
    for method, options in METHODS.items():
        for count in (n for n in NODES if n <= nodes and method in wanted):
            with tempfile.TemporaryDirectory() as folder:
                data = Path(folder) / "rows.npz"
                problem = gaussian(count, 1000, seed=0)
                write_rows(data, problem.names, problem.values)
                outcome = run_peer("llmcd", Task(method, data, options), limit)
            yield _point(method, count, 1000, outcome)
            if outcome.status != "done":
                break
    for count in (n for n in ROWS if n <= rows and "parquet" in wanted):
        yield _from_parquet(count, limit)


def _from_parquet(rows: int, limit: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path, few = Path(folder) / "rows.parquet", Path(folder) / "few.parquet"
        try:
            write_parquet(path, PARQUET_NODES, rows, seed=0)
            write_parquet(few, PARQUET_NODES, 1000, seed=0)
        except ImportError as error:
            outcome = Outcome("llmcd", "parquet", "failed", f"needs pyarrow: {error}")
        else:
            options = {"path": str(path), "few": str(few)}
            # The first call is the measurement: a repetition would tell no more.
            task = Task("parquet", None, options, repeat=0)
            outcome = run_peer("llmcd", task, limit)
    return _point("parquet", PARQUET_NODES, rows, outcome)


def _point(curve: str, nodes: int, rows: int, outcome: Outcome) -> dict[str, Any]:
    added = None
    if outcome.memory_peak is not None and outcome.memory_before is not None:
        added = outcome.memory_peak - outcome.memory_before
    return {
        "curve": curve,
        "nodes": nodes,
        "rows": rows,
        "status": outcome.status,
        "reason": outcome.reason,
        "seconds": outcome.seconds,
        "cpu_seconds": outcome.cpu_seconds,
        "memory_added": added,
        "memory_peak": outcome.memory_peak,
        **outcome.extra,
    }


def write_parquet(path: Path, nodes: int, rows: int, seed: int) -> None:
    """Write a linear Gaussian problem, a part of the rows at a time.

    The graph and weights are those of ``generate``; columns are not scaled, since
    their variances would need all rows.

    Parameters
    ----------
    path : Path
        The file.
    nodes, rows : int
        Columns and rows.
    seed : int
        Everything random follows from it.

    Raises
    ------
    ImportError
        If pyarrow is not installed.
    """
    import pyarrow as pa
    from pyarrow import parquet

    from benchmarks.generate import WEIGHTS, random_dag

    rng = np.random.default_rng(seed)
    truth = random_dag(nodes, 4.0, rng)
    sign = rng.choice([-1.0, 1.0], (nodes, nodes))
    weights = truth.arcs * sign * rng.uniform(*WEIGHTS, (nodes, nodes))
    schema = pa.schema([(name, pa.float64()) for name in truth.names])
    with parquet.ParquetWriter(path, schema) as writer:
        for start in range(0, rows, AT_A_TIME):
            part = rng.normal(size=(min(AT_A_TIME, rows - start), nodes))
            for k in range(nodes):
                part[:, k] += part @ weights[:, k]
            columns = [pa.array(part[:, k]) for k in range(nodes)]
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


# --- first calls ----------------------------------------------------------------------


def first_calls(home: Path, bif_home: Path | None = None) -> list[dict[str, Any]]:
    """The first call of each search in a new process, without and with numba's cache.

    Parameters
    ----------
    home : Path
        Folder of the peers' environments, for pgmpy's networks.
    bif_home : Path, optional
        Folder of BIF files.

    Returns
    -------
    list of dict
        One a search, for JSON. Each compiles into an empty folder of its own, so that
        none profits from another's kernels.
    """
    problems: dict[str, Problem] = {"gaussian": gaussian(20, 1000, seed=0)}
    try:
        network = find_bif("child", bif_home, site_packages("pgmpy", home))
        problems["discrete"] = sampled(network, 1000, seed=0)
    except FileNotFoundError as error:
        missing = str(error)
    found: list[dict[str, Any]] = []
    for label, method, kind, options in FIRST:
        if kind in problems:
            found.append({"label": label, **_first(problems[kind], method, options)})
        else:
            found.append({"label": label, "status": "failed", "reason": missing})
    return found


def _first(problem: Problem, method: str, options: Mapping[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "rows.npz"
        write_rows(data, problem.names, problem.values, problem.sizes)
        empty = {"NUMBA_CACHE_DIR": str(Path(folder) / "numba")}
        # However long the first call takes, further ones tell what a warm one does.
        task = Task(method, data, options, warm=False, repeat=3, below=900.0)
        cold = run_peer("llmcd", task, 900.0, environment=empty)
        cached = run_peer("llmcd", task, 900.0, environment=empty)
    for outcome in (cold, cached):
        if outcome.status != "done":
            return {"status": outcome.status, "reason": outcome.reason}
    return {
        "status": "done",
        "reason": "",
        "cold_seconds": cold.first,
        "cached_import": cached.startup,
        "cached_seconds": cached.first,
        "warm_seconds": cached.seconds,
    }


# --- picture --------------------------------------------------------------------------

LABELS = {
    "pc": "PC", "ges": "GES", "order": "order search",
    "parquet": "statistics from Parquet",
}  # fmt: skip


def figure(results: Mapping[str, Any], path: Path) -> None:
    """Draw time and memory against columns and rows.

    Memory is the whole process's, what Python and numba need included: what is added
    during the call depends on what was freed before it.

    Parameters
    ----------
    results : mapping
        The JSON of a run with ``--scale``.
    path : Path
        The picture.

    Raises
    ------
    ValueError
        If the run has no curves.
    """
    from matplotlib.figure import Figure

    points = [p for p in results.get("scale", ()) if p["status"] == "done"]
    if not points:
        raise ValueError("these results have no curves; run with --scale first")
    page = Figure(figsize=(9.0, 6.5), layout="constrained")
    axes = page.subplots(2, 2)
    for column, (along, curves, what) in enumerate(
        (
            ("nodes", ("pc", "ges", "order"), "columns (1,000 rows)"),
            ("rows", ("parquet",), f"rows ({PARQUET_NODES} columns, out of core)"),
        )
    ):
        for row, (key, unit, scaled) in enumerate(
            (("cpu_seconds", "CPU seconds", 1.0), ("memory_peak", "peak MiB", 2.0**20))
        ):
            ax = axes[row][column]
            for curve in curves:
                _draw(ax, points, curve, along, key, scaled)
            ax.set_xscale("log")
            ax.set_yscale("log" if key == "cpu_seconds" else "linear")
            at = sorted({p[along] for p in points if p["curve"] in curves})
            ax.set_xticks(at, [f"{x:,}" for x in at])
            ax.minorticks_off()
            ax.set_xlabel(what)
            ax.set_ylabel(unit)
            ax.grid(alpha=0.3)
            if key == "memory_peak":
                ax.set_ylim(bottom=0)
    for ax in axes[0]:
        if ax.get_lines():
            ax.legend(frameon=False)
    # without the version, so that the same results give the same file
    page.savefig(path, dpi=150, metadata={"Software": None})


def _draw(
    ax: Any,
    points: Iterable[Mapping[str, Any]],
    curve: str,
    along: str,
    key: str,
    scaled: float,
) -> None:
    own = [p for p in points if p["curve"] == curve and p[key] is not None]
    if not own:
        return
    x, y = [p[along] for p in own], [p[key] / scaled for p in own]
    ax.plot(x, y, marker="o", label=LABELS[curve])
