"""Whether the interval of an expert's accuracy covers it, and how long it is.

    python -m benchmarks.coverage --seeds 10 --out benchmarks/results/coverage.json
    python -m benchmarks.coverage --table benchmarks/results/coverage.json

Simulated experts of known accuracy answer the planned pairs of known networks; their
mistakes are shared by both orders. The interval is posterior mode's, learnt from the
rows without labels. The oracle's interval knows the truth of every pair: a Beta
posterior, flat before, of the directions given about edges and ancestors.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import beta

from benchmarks.cells import Cell, make_cell
from benchmarks.experts import consult
from benchmarks.machine import conditions
from benchmarks.networks import known_network
from llmcd.combiner.evidence import votes
from llmcd.combiner.posterior import states_of
from llmcd.combiner.response import learn_response
from llmcd.graph import Graph

NETWORKS = ("asia", "child", "insurance")
ROWS = (500, 2000)
ACCURACIES = (0.5, 0.7, 0.85, 0.95)
LEVEL = 0.9


def measure(cell: Cell, accuracy: float) -> dict[str, Any]:
    """Both intervals for one expert on one sample."""
    answers = consult(cell, f"accuracy-{accuracy:g}").answers
    cast = votes(answers)
    found = learn_response(
        cast,
        states_of(cell.candidates.samples, cell.candidates.ensemble),
        seed=cell.seed,
    )
    low, high = found.interval(LEVEL)
    right, wrong = _counted(cell.truth, cast)
    tail = (1.0 - LEVEL) / 2.0
    oracle = beta.ppf([tail, 1.0 - tail], 1 + right, 1 + wrong)
    return {
        "network": cell.network.name,
        "rows": cell.rows,
        "seed": cell.seed,
        "accuracy": accuracy,
        "low": round(low, 4),
        "high": round(high, 4),
        "oracle_low": round(float(oracle[0]), 4),
        "oracle_high": round(float(oracle[1]), 4),
        "directions": right + wrong,
    }


def _counted(truth: Graph, cast: Sequence[Any]) -> tuple[int, int]:
    """Directions about edges and ancestors that are right, and wrong."""
    reach = truth.arcs.copy()
    for k in range(len(reach)):
        reach |= np.outer(reach[:, k], reach[k])
    right = wrong = 0
    for vote in cast:
        i, j = truth.index(vote.a), truth.index(vote.b)
        if vote.direction and (reach[i, j] or reach[j, i]):
            agrees = bool(reach[i, j]) == (vote.direction > 0)
            right, wrong = right + agrees, wrong + (not agrees)
    return right, wrong


def table(results: Mapping[str, Any]) -> str:
    """Markdown: one line an accuracy, all networks together."""
    lines = [
        "| true accuracy | experts | coverage of the 90 % interval | mean length | the "
        "oracle's |",
        "|---|---|---|---|---|",
    ]
    for accuracy in ACCURACIES:
        mine = [x for x in results["records"] if x["accuracy"] == accuracy]
        covered = np.mean([x["low"] <= accuracy <= x["high"] for x in mine])
        error = np.sqrt(covered * (1 - covered) / len(mine))
        length = np.mean([x["high"] - x["low"] for x in mine])
        oracle = np.mean([x["oracle_high"] - x["oracle_low"] for x in mine])
        lines.append(
            f"| {accuracy:g} | {len(mine)} | {covered:.0%} (± {error:.0%}) | "
            f"{length:.2f} | {oracle:.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Run it, or print the table of a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--table", type=Path)
    given = parser.parse_args()
    if given.table:
        print(table(json.loads(given.table.read_text("utf-8"))))  # noqa: T201
        return
    records: list[dict[str, Any]] = []
    for seed in range(1, given.seeds + 1):
        for name in NETWORKS:
            for rows in ROWS:
                cell = make_cell(known_network(name), rows, seed, bootstrap=10)
                records += [measure(cell, r) for r in ACCURACIES]
    results = {
        "date": date.today().isoformat(),
        **conditions(),
        "seeds": given.seeds,
        "records": records,
    }
    print(table(results))  # noqa: T201
    if given.out:
        given.out.write_text(json.dumps(results, indent=0) + "\n", "utf-8")


if __name__ == "__main__":
    main()
