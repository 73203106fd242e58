"""Which penalty, which prior? Order search on known graphs under several scores.

    python -m benchmarks.default_scores [--seeds 3] [--graphs 10]

Prints the mean SHD of the result to the true DAG (an undirected edge counts 1/2) for
each network, number of rows and score. The discrete networks need the BIF files that
come with pgmpy; the others are drawn here. Then the same to the true CPDAG, with the
numbers of false and missing edges, for random linear Gaussian graphs of 20 to 200
columns, where the number of pairs matters.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

import numpy as np

from benchmarks.generate import gaussian
from benchmarks.networks import known_network
from llmcd.data.statistics import GaussianStatistics, Statistics
from llmcd.data.table import table
from llmcd.discovery.order import OrderSearch
from llmcd.discovery.scores import BIC, BDeu, Score
from llmcd.equivalence import cpdag
from llmcd.graph import Graph
from llmcd.metrics import shd

DISCRETE, CONTINUOUS = (
    ("child", "insurance", "alarm"),
    ("greenhouse", "cycle-hire", "coffee-roasting"),
)
ROWS = (500, 2000, 5000)
COLUMNS = (20, 50, 100, 200)
PRIORS: Mapping[str, Score] = {
    "no prior": BDeu(),
    "1 parent": BDeu(expected_parents=1.0),
    "2 parents": BDeu(expected_parents=2.0),
}
PENALTIES: Mapping[str, Score] = {
    f"penalty {k:g}": BIC(penalty=k) for k in (1.0, 1.5, 2.0, 3.0)
}
RANDOM: Mapping[str, str | Score] = {
    **{f"penalty {k:g}": BIC(penalty=k) for k in (2.0, 3.0)}, "auto": "auto"
}  # fmt: skip


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


def _distances(truth: Graph, found: Graph) -> tuple[float, int, int]:
    there, seen = truth.marks != 0, found.marks != 0
    false, missing = np.sum(seen & ~there) // 2, np.sum(there & ~seen) // 2
    return shd(truth=truth, estimate=found), int(false), int(missing)


def random_lines(seeds: range) -> str:
    """A table: one line a number of columns and of rows of random graphs."""
    head = "".join(f"{k:>20}" for k in RANDOM)
    found = [f"{'columns':>7}{'rows':>6}{head}"]
    for p in COLUMNS:
        for n in (500, 1000):
            cells = {name: np.zeros(3) for name in RANDOM}
            for seed in seeds:
                problem = gaussian(p, n, seed)
                table_ = GaussianStatistics.of(problem.values, problem.names)
                truth = cpdag(problem.truth).reorder(problem.names)
                for name, score in RANDOM.items():
                    graph = OrderSearch(score=score).search(table_)
                    cells[name] += np.array(_distances(truth, graph)) / len(seeds)
            said = (f"{d:.1f} (+{f:.1f} -{m:.1f})" for d, f, m in cells.values())
            found.append(f"{p:>7}{n:>6}" + "".join(f"{each:>20}" for each in said))
    return "\n".join(found)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--graphs", type=int, default=10)
    given = parser.parse_args()
    seeds = range(1, given.seeds + 1)
    print(lines(CONTINUOUS, PENALTIES, seeds))  # noqa: T201
    print(lines(DISCRETE, PRIORS, seeds))  # noqa: T201
    print(random_lines(range(given.graphs)))  # noqa: T201


if __name__ == "__main__":
    main()
