"""What each further question is worth: distance against the number of pairs asked.

The planner asks the most useful pairs first: at once, or in rounds that heed what was
answered. Held against it, with the same answers and the same method so that only the
order differs, are the same pairs in random order, all pairs of columns in random order,
and the pairs that safe mode asks about, by shares of resamples and in random order.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import llmcd
from benchmarks.cells import Cell, make_cell
from benchmarks.comparisons import Difference
from benchmarks.experts import Consulted, expert_of
from benchmarks.machine import conditions
from benchmarks.methods import methods
from benchmarks.networks import known_network
from llmcd.combiner.planner import worthwhile_pairs
from llmcd.combiner.rounds import ask_in_rounds
from llmcd.expert.answers import Answer, Answers
from llmcd.expert.kind import Pair
from llmcd.expert.questions import pairwise_question
from llmcd.metrics import shd

__all__ = [
    "FILE",
    "FORMAT",
    "ORDERS",
    "Curve",
    "areas",
    "planner_gain",
    "run_curve",
    "summary",
]

FILE = "curve.json"
FORMAT = "llmcd benchmark curve"
ORDERS = (
    "planned", "rounds", "supports", "shuffled", "supports-shuffled", "random"
)  # fmt: skip


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
    orders : tuple of str
        Some of ``ORDERS``.
    """

    networks: tuple[str, ...]
    rows: tuple[int, ...]
    seeds: tuple[int, ...]
    pairs: tuple[int, ...] = (0, 2, 4, 8, 16, 32, 64)
    expert: str = "recorded"
    methods: tuple[str, ...] = ("open-only", "safe")
    bootstrap: int = 30
    orders: tuple[str, ...] = ORDERS

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Curve:
        """From a plan; ``seeds`` may be a number: the first so many.

        Examples
        --------
        >>> Curve.of({"networks": ["asia"], "rows": [500], "seeds": 3}).seeds
        (1, 2, 3)
        """
        held = dict(given)
        if isinstance(held.get("seeds"), int):
            held["seeds"] = range(1, held["seeds"] + 1)
        single = ("expert", "bootstrap")
        return cls(**{k: v if k in single else tuple(v) for k, v in held.items()})


def run_curve(
    curve: Curve, out: Path, *, jobs: int = 1, minutes: float | None = None
) -> Path:
    """Run all cells and write one file.

    Parameters
    ----------
    curve : Curve
        What.
    out : Path
        Folder; ``curve.json`` in it is replaced.
    jobs : int, optional
        Processes.
    minutes : float, optional
        After this time no further cell is begun; the file says which were not.

    Returns
    -------
    Path
    """
    from joblib import Parallel, delayed

    cells = [(n, r, s) for s in curve.seeds for n in curve.networks for r in curve.rows]
    began, begun = time.monotonic(), list[tuple[str, int, int]]()

    def in_time() -> Iterator[tuple[str, int, int]]:
        for each in cells:
            spent = (time.monotonic() - began) / 60.0
            if begun and minutes is not None and spent > minutes:
                return
            begun.append(each)
            sys.stderr.write(f"curve {len(begun)}/{len(cells)}: {each[0]}\n")
            yield each

    run = Parallel(n_jobs=jobs, pre_dispatch="n_jobs", batch_size=1)
    found = run(delayed(_cell)(curve, *each) for each in in_time())
    rows = [row for some in found for row in some or ()]
    rows.sort(key=lambda r: curve.networks.index(r["network"]))
    content = {
        "format": FORMAT,
        "settings": {
            "expert": curve.expert,
            "bootstrap": curve.bootstrap,
            "pairs": list(curve.pairs),
        },
        "not_run": [list(each) for each in cells[len(begun) :]],
        "conditions": conditions(),
        "columns": {key: [row[key] for row in rows] for key in rows[0]},
    }
    out.mkdir(parents=True, exist_ok=True)
    path = out / FILE
    path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
    return path


def _cell(curve: Curve, name: str, rows: int, seed: int) -> list[dict[str, Any]]:
    cell = make_cell(known_network(name), rows, seed, bootstrap=curve.bootstrap)
    expert = expert_of(curve.expert, cell.network, "real", cell.seed)
    heard: dict[Pair, list[Answer]] = {}
    found: list[dict[str, Any]] = []
    for order in curve.orders:
        pairs = _ordered(cell, order, expert, max(curve.pairs))[: max(curve.pairs)]
        _hear(cell, expert, [pair for pair in pairs if pair not in heard], heard)
        for n in curve.pairs:
            consulted = _consulted(curve.expert, order, pairs[:n], heard)
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


def _ordered(cell: Cell, order: str, expert: Any, most: int) -> list[Pair]:
    """Pairs in the order in which they are asked about."""
    if order == "rounds":
        asking = ask_in_rounds(
            cell.candidates,
            cell.network.variables.subset(cell.candidates.names),
            expert,
            budget=llmcd.Budget(calls=2 * most),
            progress=False,
            least=0.0,
        )
        return list(dict.fromkeys(x.pair for x in asking.answers.answers))
    if order == "random":
        pairs = list(combinations(cell.columns, 2))
    else:
        mode = "safe" if order.startswith("supports") else "auto"
        pairs = [(p.a, p.b) for p in worthwhile_pairs(cell.candidates, mode=mode)]
    if order == "random" or order.endswith("shuffled"):
        drawn = np.random.default_rng([cell.seed, cell.rows]).permutation(len(pairs))
        pairs = [pairs[k] for k in drawn]
    return pairs


def _hear(
    cell: Cell, expert: Any, pairs: Sequence[Pair], heard: dict[Pair, list[Answer]]
) -> None:
    """Ask about pairs, each once, in both presentation orders."""
    described = cell.network.variables
    questions = [
        pairwise_question(described, x, y)
        for a, b in pairs
        for x, y in ((a, b), (b, a))
    ]
    for x in llmcd.ask(questions, expert, progress=False).answers:
        heard.setdefault(x.pair, []).append(x)


def _consulted(
    named: str, order: str, pairs: Sequence[Pair], heard: dict[Pair, list[Answer]]
) -> Consulted:
    answers = Answers(tuple(x for pair in pairs for x in heard[pair]))
    asked = sum(x.reason != "missing" for x in answers.answers)
    return Consulted(named, "real", order, answers, asked, 0.0, {})


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


def summary(runs: pd.DataFrame) -> str:
    """Paired differences of areas: our two orders against all others, as lines.

    Parameters
    ----------
    runs : pandas.DataFrame
        Columns of ``curve.json``.

    Returns
    -------
    str
        ``method: order - other: mean +- standard error (samples)``, negative where
        ``order`` is better; networks and seeds are the samples.
    """
    lines: list[str] = []
    for method, some in areas(runs).groupby("method", sort=True):
        orders = [x for x in ORDERS if x in some]
        for order in (x for x in ("planned", "rounds") if x in orders):
            for other in (x for x in orders if x != order):
                gap = planner_gain(some, order, other)
                lines.append(
                    f"{method}: {order} - {other}: {gap.mean:+.2f} +- {gap.error:.2f} "
                    f"({gap.n})"
                )
    return "\n".join(lines)


def planner_gain(
    area: pd.DataFrame, order: str = "planned", against: str = "shuffled"
) -> Difference:
    """One order less another, averaged over rows of the same seed first.

    Parameters
    ----------
    area : pandas.DataFrame
        As of ``areas``.
    order, against : str, optional
        Two of ``ORDERS``.

    Returns
    -------
    Difference
        Negative where ``order`` is better.

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
    gap = area[order] - area[against]
    by_seed = gap.groupby([area["network"], area["seed"]]).mean()
    return Difference.of(by_seed.to_numpy())
