"""Distances of the peers' graphs under simulated experts, as a quick look.

python -m benchmarks.peers.compare --network asia --rows 2000 --seeds 3

The experts are simulated (``llmcd.expert.simulated``) and answer every pair in both
orders: truthful; noisy, wrong about a direction one time in four; reversed; abstaining.
None of them is ever wrong about whether there is an edge.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any, NamedTuple

from benchmarks.networks import KnownNetwork, known_network
from benchmarks.peer_methods import (
    PEER_METHODS,
    Answered,
    PeerEstimate,
    PeerMethod,
    peer_method,
)
from llmcd.expert.questions import Question
from llmcd.expert.replies import parse_reply
from llmcd.expert.simulated import Simulated
from llmcd.graph import Graph
from llmcd.metrics import shd

__all__ = ["EXPERTS", "main", "simulated_answers"]

EXPERTS: Mapping[str, dict[str, Any]] = {
    "truthful": {"accuracy": 1.0},
    "noisy": {"accuracy": 0.75},
    "reversed": {"accuracy": 0.0},
    "abstaining": {"unsure": 1.0},
}


class Cell(NamedTuple):
    """What the seeds of one method and expert gave."""

    distances: list[float]
    cyclic: int
    seconds: list[float]
    failures: list[str]

    def __str__(self) -> str:
        if not self.distances:
            return self.failures[0]
        parts = [f"{statistics.mean(self.distances):.1f}"]
        if self.cyclic:
            parts.append(f"{self.cyclic} cyclic")
        if self.failures:
            parts.append(f"{len(self.failures)} not done")
        return ", ".join(parts)


def simulated_answers(truth: Graph, seed: int = 0, **chances: Any) -> list[Answered]:
    """What a simulated expert says of every pair in both presentation orders.

    Parameters
    ----------
    truth : Graph
        A DAG.
    seed : int, optional
        Of the expert's mistakes.
    **chances : Any
        Further arguments of ``Simulated``.

    Returns
    -------
    list of Answered

    Examples
    --------
    >>> truth = Graph.from_edges("xy", directed=[("x", "y")])
    >>> [answer.verdict for answer in simulated_answers(truth, accuracy=1.0)]
    ['a->b', 'b->a']
    """
    expert = Simulated(truth, seed=seed, **chances)
    found: list[Answered] = []
    for a, b in permutations(truth.names, 2):
        reply = expert.answer(Question("pairwise", a, b, "", "?", "simulated-1"))
        found.append(Answered(a, b, parse_reply(reply.text).verdict))
    return found


def _cell(truth: Graph, found: Sequence[PeerEstimate]) -> Cell:
    drawn = [x.drawn for x in found if x.drawn is not None]
    return Cell(
        [shd(truth=truth, estimate=graph) for graph in drawn],
        sum(x.cyclic for x in found),
        [x.seconds for x in found if x.seconds is not None],
        [f"{x.status}: {x.reason}" for x in found if x.status != "done"],
    )


def _lines(
    network: KnownNetwork,
    methods: Sequence[PeerMethod],
    rows: int,
    seeds: int,
    limit: float,
) -> Iterator[str]:
    tables = [network.sample(rows, seed) for seed in range(1, seeds + 1)]
    yield f"| {network.name}, {rows} rows | {' | '.join(EXPERTS)} | seconds |"
    yield "|---" * (len(EXPERTS) + 2) + "|"
    for method in methods:
        cells: list[Cell] = []
        for chances in EXPERTS.values():
            if cells and not method.asks:
                break
            found = [
                method.run(
                    table,
                    simulated_answers(network.graph, seed, **chances)
                    if method.asks
                    else (),
                    limit=limit,
                )
                for seed, table in enumerate(tables, 1)
            ]
            cells.append(_cell(network.graph, found))
        spent = [second for cell in cells for second in cell.seconds]
        shown = [str(cell) for cell in cells] + [""] * (len(EXPERTS) - len(cells))
        took = f"{statistics.median(spent):.2f}" if spent else ""
        yield f"| {method.name} | {' | '.join(shown)} | {took} |"


def main(arguments: list[str] | None = None) -> int:
    """Print the table: mean SHD, an undirected edge counting 1, and median seconds."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers.compare",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--network", default="asia")
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=300.0, help="seconds a run")
    parser.add_argument("--method", action="append", help="by name; every one if none")
    given = parser.parse_args(arguments)
    methods = PEER_METHODS
    if given.method:
        methods = tuple(peer_method(name) for name in given.method)
    network = known_network(given.network)
    for line in _lines(network, methods, given.rows, given.seeds, given.limit):
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
