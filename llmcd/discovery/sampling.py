"""Sampled graphs: Markov chains over DAGs, each on reweighted rows.

The posterior given one table is too sure of itself where the score's model does not
hold; averaged over resamples ("bagged") it is too unsure where it does, above all about
what few rows show. So each chain walks on local scores of rows whose weights lie
between the two: 0.3, and 0.7 times as often as a resample drew the row, half of a
bootstrap's variance, and no row is lost. What is known besides the rows enters the
target.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.data.statistics import Statistics
from llmcd.data.table import Table
from llmcd.discovery.objective import build_problem
from llmcd.discovery.prior import learnt_score
from llmcd.discovery.scores import Score, choose_score
from llmcd.equivalence import consistent_extension
from llmcd.graph import Graph

__all__ = ["MOST_REQUIRED", "Ensemble", "Samples", "prepare_ensemble", "sample_graphs"]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CHAINS = 24
RESAMPLED = 0.7
"""Part of a row's weight that is a bootstrap's; the rest is 1 for each."""
MOST_PARENTS = 6
"""Largest set of parents that is scored."""
MOST_CANDIDATES = 10
"""Candidate parents of a variable: two to this power sets are scored."""
MOST_REQUIRED = 14
"""Required parents of a variable that a table of scores has room for."""
LEAST_SHARE = 0.04
"""A pair adjacent in so few graphs is a candidate only by its score."""
LEAST_GAIN = -4.0
"""Nats that a further parent may cost to be a candidate."""
KEPT = 60
"""Graphs kept of each chain."""
MOVES = 800
"""Moves of a chain for each variable."""


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Score tables: what chains walk on.

    Attributes
    ----------
    names : tuple of str
        The variables, in an order that depends on their content only.
    listed : array of int64, shape (p, k)
        Candidate parents of each variable; the first ``length[v]`` of row v.
    length : array of int64, shape (p,)
        Numbers of candidates.
    tables : tuple of arrays of float64, shape (p, 2^k)
        For each chain the local score of each set of candidates, as bits.
    starts : tuple of arrays of int64, shape (p,)
        For each chain the parents to begin with, as bits.
    before : array of uint8, shape (p, p)
        1 where the second may not be an ancestor of the first.
    score : str
        Name of the score.
    seed : int
        Of the walks.
    """

    names: tuple[str, ...]
    listed: Ints
    length: Ints
    tables: tuple[Floats, ...]
    starts: tuple[Ints, ...]
    before: npt.NDArray[np.uint8]
    score: str
    seed: int

    @cached_property
    def is_candidate(self) -> Bools:
        """Whether i may be a parent of j, shape (p, p)."""
        p = len(self.names)
        found = np.zeros((p, p), dtype=bool)
        for v in range(p):
            found[self.listed[v, : self.length[v]], v] = True
        return found


@dataclass(frozen=True, eq=False)
class Samples:
    """Graphs drawn from the posterior, equally weighted.

    Attributes
    ----------
    names : tuple of str
        The variables.
    arcs : array of bool, shape (s, p, p)
        DAGs: ``[g, i, j]`` is true when graph g says ``i --> j``.
    chain : array of int64, shape (s,)
        Which chain a graph comes from.
    trace : array of float64, shape (s,)
        Log target of each, up to a constant for each chain.
    accepted : float
        Share of the reversals of an edge that were accepted.
    """

    names: tuple[str, ...]
    arcs: Bools
    chain: Ints
    trace: Floats
    accepted: float

    @cached_property
    def directed(self) -> Floats:
        """Share of the graphs with ``i --> j``, shape (p, p)."""
        return _share(self.arcs)

    @cached_property
    def adjacent(self) -> Floats:
        """Share of the graphs in which i and j are adjacent, shape (p, p)."""
        return self.directed + self.directed.T

    @cached_property
    def ancestral(self) -> Floats:
        """Share of the graphs in which i is an ancestor, no parent, of j, (p, p)."""
        return _share(_reach(self.arcs) & ~self.arcs)

    @cached_property
    def classes(self) -> tuple[Ints, Bools, Bools]:
        """Which graphs (at most 400, evenly spaced), and their classes.

        Positions of shape (k,), directed and undirected edges of shape (k, p, p).
        """
        from llmcd.discovery.kernels.essential import class_of

        at = np.arange(0, len(self.arcs), max(1, -(-len(self.arcs) // 400)))
        nothing = np.zeros(self.arcs.shape[1:], dtype=np.bool_)
        directed = np.zeros((len(at), *nothing.shape), dtype=np.bool_)
        open_ = np.zeros_like(directed)
        for k, g in enumerate(at):
            arcs = np.ascontiguousarray(self.arcs[g])
            directed[k], open_[k] = class_of(arcs, nothing)
        return at, directed, open_

    @cached_property
    def compelled(self) -> tuple[Floats, Floats]:
        """Shares of the graphs whose class directs i to j, or leaves the edge open."""
        _, directed, open_ = self.classes
        return _share(directed), _share(open_)

    @cached_property
    def unsettled(self) -> float:
        """Largest drift of a directed share, in standard deviations over chains.

        From the first half of the walks to the second.

        Notes
        -----
        As the comparison of half chains in Gelman and others (2013), *Bayesian data
        analysis*, section 11.4; here the chains have targets of their own, so that
        each is compared with itself.
        """
        halves = []
        for r in np.unique(self.chain):
            mine = self.arcs[self.chain == r]
            middle = len(mine) // 2
            halves.append(_share(mine[middle:]) - _share(mine[:middle]))
        change = np.array(halves)
        if len(change) < 2:
            return 0.0
        error = change.std(axis=0, ddof=1) / np.sqrt(len(change)) + 0.01
        return float(np.abs(change.mean(axis=0) / error).max())


def _reach(arcs: Bools) -> Bools:
    """Who leads to whom, in each of the graphs, shape (s, p, p)."""
    reach = arcs
    for _ in range(max(1, int(np.ceil(np.log2(max(2, arcs.shape[-1])))))):
        step = np.matmul(reach.astype(np.float32), reach.astype(np.float32)) > 0
        reach = reach | step
    return reach


def _share(arcs: Bools) -> Floats:
    return np.asarray(arcs.mean(axis=0, dtype=np.float64))


def prepare_ensemble(
    rows: Table,
    graphs: Sequence[Graph],
    background: Background | None = None,
    *,
    chains: int = CHAINS,
    resampled: float = RESAMPLED,
    seed: int = 0,
    score: str | Score = "auto",
    start: Graph | None = None,
    n_jobs: int | None = None,
) -> Ensemble:
    """Score the sets of parents that matter, on all rows and on resamples.

    Parameters
    ----------
    rows : Table
        The checked table.
    graphs : sequence of Graph
        CPDAGs, MPDAGs or DAGs over (at least) the table's names: the first is the
        best of all rows; pairs adjacent in any are candidates.
    background : Background, optional
        Obeyed exactly.
    chains : int, optional
        How many; each gets weights of the rows of its own.
    resampled : float, optional
        Between 0, all rows alike for every chain, and 1, a bootstrap resample each.
    seed : int, optional
        Of resamples and walks.
    score : {"auto", "bic", "bge", "bdeu"}, BIC, BGe or BDeu, optional
        ``auto`` is ``learnt_score``.
    start : Graph, optional
        Somebody's own graph: its adjacent pairs are candidates as well, and two of the
        chains begin there if it obeys the background knowledge.
    n_jobs : int, optional
        Threads; None leaves it to ``joblib.parallel_config``.

    Returns
    -------
    Ensemble

    Raises
    ------
    VariablesError
        If the background knowledge contradicts itself.
    ValueError
        If the score does not fit the table.

    Notes
    -----
    Buehlmann's and Breiman's bagging of a posterior: Huggins and Miller (2019),
    *Using bagged posteriors for robust inference and model criticism*. Candidate
    parents as in Friedman, Nachman and Pe'er (1999), *The sparse candidate algorithm*.
    """
    from joblib import Parallel, delayed

    names = rows.names
    known = Background() if background is None else background
    whole_table = rows.statistics()
    if score == "auto":
        chosen = learnt_score(whole_table)
    else:
        chosen = choose_score(score, whole_table)
    dags = [_extension(g, names) for g in graphs]
    most = max(
        MOST_PARENTS, int(known.required_matrix(names).sum(axis=0).max(initial=0))
    )
    own = None if start is None else _extension(start, names)
    listed, length = _candidates(whole_table, chosen, known, graphs, dags[0], most, own)
    spawned = np.random.SeedSequence([seed, 0xBA6]).spawn(max(chains, 1))
    parallel: Any = Parallel(n_jobs=n_jobs, prefer="threads")
    made: list[Floats] = parallel(
        delayed(_reweighted)(rows, s, resampled, chosen, known, listed, length, most)
        for s in spawned
    )
    problem = build_problem(whole_table, chosen, known, None, None)
    rules = problem.rules.astype(bool)
    # an extension may break what has to come first: no move could repair two breaches
    dags = [dag if _obeys(dag, rules) else rules[1].T for dag in dags]
    starts = [
        _bits(dags[0] if r % 2 == 0 else dags[r % len(dags)], listed, length, table)
        for r, table in enumerate(made)
    ]
    if own is not None and _obeys(own, rules):
        for r in range(1, min(3, len(made))):
            starts[r] = _bits(own, listed, length, made[r])
    return Ensemble(
        names=names,
        listed=listed,
        length=length,
        tables=tuple(made),
        starts=tuple(starts),
        before=np.ascontiguousarray(problem.rules[2]),
        score=chosen.name,
        seed=seed,
    )


def _reweighted(
    rows: Table, seed: np.random.SeedSequence, resampled: float, *rest: Any
) -> Floats:
    if resampled == 0.0:
        return _tables(rows, None, *rest)
    n = len(rows.values)
    drawn = np.random.default_rng(seed).integers(n, size=n)
    often = np.bincount(drawn, minlength=n).astype(np.float64)
    return _tables(rows, 1.0 - resampled + resampled * often, *rest)


def _extension(graph: Graph, names: tuple[str, ...]) -> Bools:
    at = [graph.index(v) for v in names]
    part = Graph(names, graph.marks[np.ix_(at, at)])
    return part.arcs if part.is_dag else consistent_extension(part).arcs


def _obeys(arcs: Bools, rules: Bools) -> bool:
    """Whether a DAG has what is required, and nothing that is closed or too early."""
    closed, required, before = rules
    reach = arcs.copy()
    for k in range(len(arcs)):
        reach |= np.outer(reach[:, k], reach[k])
    wrong = (arcs.T & closed) | (required & ~arcs.T) | (before & reach.T)
    return not wrong.any()


def _candidates(
    statistics: Statistics,
    score: Score,
    known: Background,
    graphs: Sequence[Graph],
    dag: Bools,
    most: int,
    own: Bools | None = None,
) -> tuple[Ints, Ints]:
    """Candidate parents: adjacent in some graph, else those that cost least."""
    from llmcd.discovery.kernels.scores import local_score, new_work

    names, p = statistics.names, len(statistics.names)
    problem = build_problem(statistics, score, known, None, None)
    work = new_work(problem.model)
    at = [graphs[0].index(v) for v in names]
    share = np.mean([g.adjacencies for g in graphs], axis=0)[np.ix_(at, at)]
    gain = np.full((p, p), -np.inf)  # [u, v]: of u as a further parent of v
    for v in range(p):
        parents = np.flatnonzero(dag[:, v])
        room = np.empty(len(parents) + 1, dtype=np.int64)
        room[:-1] = parents
        alone = local_score(problem.model, work, v, room, len(parents))
        for u in range(p):
            if u != v and not dag[u, v]:
                room[-1] = u
                with_u = local_score(problem.model, work, v, room, len(room))
                gain[u, v] = with_u - alone
    gain = np.maximum(gain, gain.T)
    closed, required = problem.rules[0].astype(bool).T, problem.rules[1].astype(bool).T
    # adjacent in the best graph, then by share, then by gain
    rank = share + np.where(dag | dag.T, 2.0, 0.0) + np.where(required, 4.0, 0.0)
    if own is not None:
        rank = rank + np.where(own | own.T, 1.0, 0.0)
    wanted = (rank >= LEAST_SHARE) | (gain > LEAST_GAIN)
    rank = rank + 1e-3 / (1.0 + np.exp(-np.clip(gain, -30.0, 30.0)))
    wanted &= ~closed & ~np.eye(p, dtype=bool)
    chosen = [
        np.sort(
            sorted(np.flatnonzero(wanted[:, v]), key=lambda u: (-rank[u, v], u))[
                : max(MOST_CANDIDATES, int(required[:, v].sum()))
            ]
        )
        for v in range(p)
    ]
    length = np.array([len(c) for c in chosen], dtype=np.int64)
    listed = np.full((p, max(1, int(length.max(initial=0)))), -1, dtype=np.int64)
    for v, c in enumerate(chosen):
        listed[v, : len(c)] = c
    return listed, length


def _tables(
    rows: Table,
    weights: Floats | None,
    score: Score,
    known: Background,
    listed: Ints,
    length: Ints,
    most: int,
) -> Floats:
    from llmcd.discovery.kernels.chains import fill_tables
    from llmcd.discovery.kernels.scores import new_work

    statistics = rows.statistics(weights)
    problem = build_problem(statistics, score, known, None, None)
    closed, required = problem.rules[0].astype(bool), problem.rules[1].astype(bool)
    p, k = listed.shape
    must = np.zeros(p, dtype=np.int64)
    may = np.zeros(p, dtype=np.int64)
    for v in range(p):
        for j, u in enumerate(listed[v, : length[v]]):
            must[v] |= int(required[v, u]) << j
            may[v] |= int(not closed[v, u]) << j
    table = np.empty((p, 1 << k))
    work = new_work(problem.model)
    fill_tables(problem.model, work, listed, length, must, may, most, table)
    return table


def _bits(dag: Bools, listed: Ints, length: Ints, table: Floats) -> Ints:
    """A DAG's parents as bits, without what the table does not allow."""
    bits = np.zeros(len(length), dtype=np.int64)
    sets = np.arange(table.shape[1])
    for v, row in enumerate(table):
        for j, u in enumerate(listed[v, : length[v]]):
            bits[v] |= int(dag[u, v]) << j
        if not np.isfinite(row[bits[v]]):
            inside = np.where(sets & ~bits[v], -np.inf, row)
            bits[v] = int(np.argmax(inside))
    return bits


def sample_graphs(
    ensemble: Ensemble,
    pairs: npt.ArrayLike = (),
    worth: npt.ArrayLike = (),
    *,
    moves: int = MOVES,
    kept: int = KEPT,
    n_jobs: int | None = None,
) -> Samples:
    """Walk over DAGs on every table, and keep some of those visited.

    Parameters
    ----------
    ensemble : Ensemble
        The tables.
    pairs : array of int64, shape (q, 2), optional
        Positions of pairs about which something is known besides the rows.
    worth : array of float64, shape (r, q, 5), optional
        For each chain and pair ``(a, b)`` the log-likelihood of what is known if
        ``a --> b``, if ``b --> a``, if a is an ancestor but no parent of b, if b is one
        of a, and if none of these.
    moves : int, optional
        For each variable; a quarter of all is burn-in.
    kept : int, optional
        Graphs kept of each chain.
    n_jobs : int, optional
        Threads; None leaves it to ``joblib.parallel_config``.

    Returns
    -------
    Samples

    Notes
    -----
    Goudie and Mukherjee (2016), *A Gibbs sampler for learning DAGs*; Grzegorczyk and
    Husmeier (2008), *Improving the structure MCMC sampler for Bayesian networks by
    introducing a new edge reversal move*.
    """
    from joblib import Parallel, delayed

    among = np.asarray(pairs, dtype=np.int64).reshape(-1, 2)
    known = np.asarray(worth, dtype=np.float64).reshape(len(ensemble.tables), -1, 5)
    if known.shape[1] != len(among):
        raise ValueError(
            f"worth must have one row of 5 a pair, got {known.shape} for {len(among)}"
        )
    p = len(ensemble.names)
    seeds = np.random.SeedSequence([ensemble.seed, 0x3A1]).generate_state(
        len(ensemble.tables), np.uint64
    )
    parallel: Any = Parallel(n_jobs=n_jobs, prefer="threads")
    walks: list[tuple[Ints, Floats, Floats]] = parallel(
        delayed(_walk)(ensemble, r, among, known[r], moves * max(p, 4), kept, seed)
        for r, seed in enumerate(seeds)
    )
    arcs = [_arcs(ensemble, bits) for bits, _, _ in walks]
    moved = np.sum([m for _, _, m in walks], axis=0)
    return Samples(
        names=ensemble.names,
        arcs=np.concatenate(arcs),
        chain=np.repeat(np.arange(len(arcs)), [len(a) for a in arcs]),
        trace=np.concatenate([t for _, t, _ in walks]),
        accepted=float(moved[3] / max(moved[2], 1.0)),
    )


def _walk(
    ensemble: Ensemble,
    r: int,
    pairs: Ints,
    worth: Floats,
    moves: int,
    kept: int,
    seed: np.uint64,
) -> tuple[Ints, Floats, Floats]:
    from llmcd.discovery.kernels.chains import ChainProblem, add_arcs, run_chain

    table = ensemble.tables[r]
    p = len(ensemble.names)
    rest = worth - worth[:, 4:]
    if len(pairs):
        # what is known of a direct edge is local: it guides the draws of parents
        local = np.zeros((p, p))
        np.add.at(local, (pairs[:, 0], pairs[:, 1]), rest[:, 0])
        np.add.at(local, (pairs[:, 1], pairs[:, 0]), rest[:, 1])
        table = table.copy()
        add_arcs(ensemble.listed, ensemble.length, local, table)
        rest = rest.copy()
        rest[:, :2] = 0.0
    problem = ChainProblem(
        ensemble.listed,
        ensemble.length,
        table,
        pairs,
        np.ascontiguousarray(rest),
        ensemble.before,
    )
    burn = moves // 4
    every = max(1, (moves - burn) // kept)
    samples = np.zeros((kept, p), dtype=np.int64)
    trace, moved = run_chain(
        problem, ensemble.starts[r].copy(), moves, burn, every, seed, samples
    )
    return samples[: len(trace)], trace, moved


def _arcs(ensemble: Ensemble, samples: Ints) -> Bools:
    p = len(ensemble.names)
    arcs = np.zeros((len(samples), p, p), dtype=bool)
    for v in range(p):
        for j, u in enumerate(ensemble.listed[v, : ensemble.length[v]]):
            arcs[:, u, v] = (samples[:, v] >> j) & 1
    return arcs
