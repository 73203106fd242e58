"""Which penalty, which prior? Order search on known graphs under several scores.

    python -m benchmarks.default_scores [--seeds 3]

Prints the mean SHD of the result to the true DAG (an undirected edge counts 1/2) for
each network, number of rows and score. The discrete networks need the BIF files that
come with pgmpy; the others are drawn here.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np

from benchmarks.networks import known_network
from llmcd.data.statistics import Statistics
from llmcd.data.table import table
from llmcd.discovery.order import OrderSearch
from llmcd.discovery.scores import BIC, BDeu, Score
from llmcd.graph import Graph
from llmcd.metrics import shd

DISCRETE, CONTINUOUS = (
    ("child", "insurance", "alarm"),
    ("greenhouse", "cycle-hire", "coffee-roasting"),
)
ROWS = (500, 2000, 5000)
PRIORS: Mapping[str, Score] = {
    "no prior": BDeu(),
    "1 parent": BDeu(expected_parents=1.0),
    "2 parents": BDeu(expected_parents=2.0),
}
PENALTIES: Mapping[str, Score] = {
    f"penalty {k:g}": BIC(penalty=k) for k in (1.0, 1.5, 2.0, 3.0)
}


def mean_distance(truth: Graph, tables: list[Statistics], score: Score) -> float:
    """Mean distance of what the search finds in each table."""
    search = OrderSearch(score=score)
    found = [search.search(one).with_nodes(truth.names) for one in tables]
    return float(np.mean([shd(truth=truth, estimate=g, undirected=0.5) for g in found]))


def lines(names: tuple[str, ...], scores: Mapping[str, Score], seeds: range) -> str:
    """A table: one line a network and number of rows."""
    found = [f"{'network':<16}{'rows':>6}" + "".join(f"{k:>12}" for k in scores)]
    for name in names:
        network = known_network(name)
        for n in ROWS:
            tables = [
                table(network.sample(n, seed), missing="listwise").statistics()
                for seed in seeds
            ]
            means = [mean_distance(network.graph, tables, s) for s in scores.values()]
            found.append(f"{name:<16}{n:>6}" + "".join(f"{m:>12.1f}" for m in means))
    return "\n".join(found)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(1, parser.parse_args().seeds + 1)
    print(lines(CONTINUOUS, PENALTIES, seeds))  # noqa: T201
    print(lines(DISCRETE, PRIORS, seeds))  # noqa: T201


if __name__ == "__main__":
    main()
