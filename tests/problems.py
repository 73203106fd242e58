"""Random tables, evidence and knowledge for tests of searches."""

from __future__ import annotations

import itertools

import numpy as np
import strategies

from llmcd.background import Background
from llmcd.data.statistics import (
    CountStatistics,
    GaussianStatistics,
    MixedStatistics,
    Statistics,
)
from llmcd.discovery.order import Evidence
from llmcd.discovery.scores import BIC, BDeu, BGe, Score, local_score
from llmcd.graph import Graph

SCORES = ("bic", "bge", "bdeu", "counts", "mixed")


def linear_rows(truth: Graph, n: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of a linear Gaussian network."""
    x = rng.normal(size=(n, len(truth.names)))
    for v in truth.topological_order():
        j = truth.index(v)
        for k in np.flatnonzero(truth.arcs[:, j]):
            x[:, j] += rng.uniform(0.4, 1.3) * rng.choice([-1, 1]) * x[:, k]
    return x


def discrete_rows(truth: Graph, n: int, rng: np.random.Generator) -> np.ndarray:
    """Codes of a discrete network; level 0 of each column occurs."""
    p = len(truth.names)
    sizes = rng.integers(2, 4, p)
    codes = np.zeros((n, p), dtype=np.int64)
    for v in truth.topological_order():
        j, stratum = truth.index(v), np.zeros(n, dtype=np.int64)
        for k in np.flatnonzero(truth.arcs[:, j]):
            stratum = stratum * sizes[k] + codes[:, k]
        table = rng.dirichlet(np.full(sizes[j], 0.8), size=stratum.max() + 1)
        codes[:, j] = (table[stratum].cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return np.minimum(codes, sizes - 1)


def problem(
    kind: str, p: int, n: int, rng: np.random.Generator, degree: float = 2.0
) -> tuple[Statistics, Score]:
    """A random table with a score that fits it."""
    truth = strategies.random_dag(rng, p, degree)
    if kind in ("bdeu", "counts"):
        codes = discrete_rows(truth, n, rng)
        table = CountStatistics.of(codes, truth.names, codes.max(axis=0) + 1)
        return table, BDeu() if kind == "bdeu" else BIC()
    x = linear_rows(truth, n, rng)
    if kind != "mixed":
        table = GaussianStatistics.of(x, truth.names)
        return table, BGe() if kind == "bge" else BIC()
    levels = [("a", "b", "c") if j % 2 else () for j in range(p)]
    x[:, 1::2] = np.digitize(x[:, 1::2], [-0.7, 0.7])
    return MixedStatistics.of(x, truth.names, levels), BIC()


def evidence(p: int, rng: np.random.Generator, size: float = 2.0) -> Evidence:
    """Random log-odds on every other pair, and a temper."""
    asked = rng.random((p, p)) < 0.5
    existence = np.triu(rng.normal(size=(p, p)) * size * asked, 1)
    return Evidence(
        order=rng.normal(size=(p, p)) * size * asked.T,
        existence=existence + existence.T,
        temper=float(rng.choice([0.5, 1.0, 2.0])),
    )


def knowledge(names: tuple[str, ...], rng: np.random.Generator) -> Background:
    """A required edge, forbidden ones and, half of the time, tiers of some variables.

    All of it agrees with one order, so that it can hold.
    """
    order = [names[k] for k in rng.permutation(len(names))]
    i, j = sorted(rng.choice(len(order), 2, replace=False))
    required = [(order[i], order[j])]
    pairs = [tuple(rng.permutation(order)[:2]) for _ in range(len(order) // 2)]
    forbidden = [pair for pair in pairs if pair not in required]
    tiers: list[list[str]] = []
    if rng.random() < 0.5:
        cut = int(rng.integers(1, len(order)))
        some = [v for v in order if rng.random() < 0.8]
        tiers = [[v for v in some if order.index(v) < cut]]
        tiers.append([v for v in some if order.index(v) >= cut])
    return Background(required, forbidden, tiers)


def obeys(dag: Graph, order: tuple[str, ...], known: Background) -> bool:
    """Whether a DAG and an order of it obey knowledge, by the definitions."""
    at = {v: k for k, v in enumerate(order)}
    arcs = set(dag.directed_edges())
    tier = {v: k for k, group in enumerate(known.tiers) for v in group}
    in_order = all(at[a] < at[b] for a, b in arcs)
    in_tiers = all(
        tier[a] <= tier[b]
        for a, b in itertools.combinations(order, 2)
        if a in tier and b in tier
    )
    return (
        in_order
        and in_tiers
        and known.required <= arcs
        and not known.forbidden & arcs
        and all(known.allowed(a, b) for a, b in arcs)
    )


class Objective:
    """The objective written out, with each family scored once."""

    def __init__(self, table: Statistics, score: Score, evidence: Evidence | None):
        self.table, self.score = table, score
        self.temper = evidence.temper if evidence else 1.0
        self.order, self.existence = (evidence or Evidence()).matrices(table.names)
        self.families: dict[tuple[str, tuple[str, ...]], float] = {}

    def family(self, child: str, parents: tuple[str, ...]) -> float:
        """Score of a child and its parents."""
        key = (child, parents)
        if key not in self.families:
            self.families[key] = local_score(self.score, self.table, child, parents)
        return self.families[key]

    def __call__(self, dag: Graph, order: tuple[str, ...]) -> float:
        """Of a DAG with an order."""
        names = self.table.names
        total = self.temper * sum(self.family(v, dag.parents(v)) for v in names)
        for a, b in itertools.combinations([names.index(v) for v in order], 2):
            total += self.order[a, b]
        for a, b in itertools.combinations(range(len(names)), 2):
            total += self.existence[a, b] * dag.adjacent(names[a], names[b])
        return total
