"""What each further question is worth: distance against the number of pairs asked.

The planner asks the most useful pairs first. Held against it are the same pairs in
random order, with the same answers and the same method, so that only the order differs.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.cells import make_cell
from benchmarks.comparisons import Difference
from benchmarks.experts import consult
from benchmarks.machine import conditions
from benchmarks.methods import methods
from benchmarks.networks import known_network
from llmcd.metrics import shd

__all__ = ["FILE", "FORMAT", "ORDERS", "Curve", "areas", "planner_gain", "run_curve"]

FILE = "curve.json"
FORMAT = "llmcd benchmark curve"
ORDERS = ("planned", "shuffled")


@dataclass(frozen=True)
class Curve:
    """What is to be run.

    Attributes
    ----------
    networks, rows, seeds : tuple
        The cells.
    pairs : tuple of int
        Numbers of pairs asked about; 0 is data alone.
    expert : str
        As in ``experts.expert_of``.
    methods : tuple of str
        Those that ask.
    bootstrap : int
        Resamples of a cell's ensemble.
    """

    networks: tuple[str, ...]
    rows: tuple[int, ...]
    seeds: tuple[int, ...]
    pairs: tuple[int, ...] = (0, 2, 4, 8, 16, 32, 64)
    expert: str = "recorded"
    methods: tuple[str, ...] = ("open-only", "safe")
    bootstrap: int = 30


def run_curve(curve: Curve, out: Path, *, jobs: int = 1) -> Path:
    """Run all cells and write one file.

    Parameters
    ----------
    curve : Curve
        What.
    out : Path
        Folder; ``curve.json`` in it is replaced.
    jobs : int, optional
        Processes.

    Returns
    -------
    Path
    """
    from joblib import Parallel, delayed

    cells = [(n, r, s) for n in curve.networks for r in curve.rows for s in curve.seeds]
    found = Parallel(n_jobs=jobs)(delayed(_cell)(curve, *each) for each in cells)
    rows = [row for some in found for row in some or ()]
    content = {
        "format": FORMAT,
        "settings": {
            "expert": curve.expert,
            "bootstrap": curve.bootstrap,
            "pairs": list(curve.pairs),
        },
        "conditions": conditions(),
        "columns": {key: [row[key] for row in rows] for key in rows[0]},
    }
    out.mkdir(parents=True, exist_ok=True)
    path = out / FILE
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
    return path


def _cell(curve: Curve, name: str, rows: int, seed: int) -> list[dict[str, Any]]:
    cell = make_cell(known_network(name), rows, seed, bootstrap=curve.bootstrap)
    found: list[dict[str, Any]] = []
    for order in ORDERS:
        for n in curve.pairs:
            consulted = consult(cell, curve.expert, pairs=order, limit=n)
            for method in methods(curve.methods):
                graph = method.run(cell, consulted).graph.with_nodes(cell.truth.names)
                found.append(
                    {
                        "network": name,
                        "rows": rows,
                        "seed": seed,
                        "method": method.name,
                        "order": order,
                        "pairs": n,
                        "shd_half": shd(
                            truth=cell.truth, estimate=graph, undirected=0.5
                        ),
                    }
                )
    return found


def areas(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean distance along each curve: the area under it over its width.

    Parameters
    ----------
    runs : pandas.DataFrame
        Columns of ``curve.json``.

    Returns
    -------
    pandas.DataFrame
        ``network, rows, seed, method`` and one column for each order; trapezoids over
        the numbers of pairs.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {
    ...         "network": "n",
    ...         "rows": 9,
    ...         "seed": 1,
    ...         "method": "m",
    ...         "order": ["planned"] * 3,
    ...         "pairs": [0, 1, 3],
    ...         "shd_half": [4.0, 2.0, 2.0],
    ...     }
    ... )
    >>> float(areas(frame)["planned"].iloc[0])
    2.3333333333333335
    """
    keys = ["network", "rows", "seed", "method", "order"]
    found: list[dict[str, Any]] = []
    for key, some in runs.groupby(keys, sort=True):
        line = some.sort_values("pairs")
        at, height = line["pairs"].to_numpy(float), line["shd_half"].to_numpy(float)
        total = ((height[1:] + height[:-1]) / 2 * (at[1:] - at[:-1])).sum()
        names: Sequence[Any] = key
        found.append(
            dict(zip(keys, names, strict=True)) | {"area": total / (at[-1] - at[0])}
        )
    wide = pd.DataFrame(found).pivot_table(
        index=keys[:-1], columns="order", values="area"
    )
    return wide.reset_index()


def planner_gain(area: pd.DataFrame) -> Difference:
    """Planned less shuffled, averaged over rows of the same seed first.

    Examples
    --------
    >>> frame = pd.DataFrame(
    ...     {
    ...         "network": "n",
    ...         "rows": [1, 2],
    ...         "seed": 1,
    ...         "planned": [1.0, 2.0],
    ...         "shuffled": [2.0, 4.0],
    ...     }
    ... )
    >>> planner_gain(frame).mean
    -1.5
    """
    gap = area["planned"] - area["shuffled"]
    by_seed = gap.groupby([area["network"], area["seed"]]).mean()
    return Difference.of(by_seed.to_numpy())
