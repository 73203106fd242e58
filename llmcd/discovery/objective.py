"""What order search and exact search maximise, and what they return."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lgamma, log, pi
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.data.statistics import CountStatistics, MixedStatistics, Statistics
from llmcd.discovery.scores import Score, most_parents
from llmcd.equivalence import cpdag, meek_closure
from llmcd.errors import VariablesError
from llmcd.graph import Graph

if TYPE_CHECKING:
    from llmcd.discovery.kernels.parents import OrderProblem
    from llmcd.discovery.kernels.scores import ScoreModel

__all__ = [
    "Evidence",
    "OrderResult",
    "build_problem",
    "build_result",
    "check_arguments",
    "nothing",
]

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

GAIN = 0.1
"""Nats that are no gain, and within which two optima count as the same."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """Log-odds from outside the data, added to the score.

    Parameters
    ----------
    order : array of float, shape (p, p), optional
        ``[a, b]`` counts when a comes before b in the order, whether or not the two are
        adjacent.
    existence : array of float, shape (p, p), optional
        Symmetric; ``[a, b]`` counts once when a and b are adjacent.
    temper : float, optional
        Factor of the data's score, above 0.
    names : sequence of str, optional
        What rows and columns stand for; by default the table's names in their order.

    Raises
    ------
    ValueError
        If a matrix is not square, has another shape than the other or the names, holds
        NaN or infinity, or ``existence`` is not symmetric.

    Examples
    --------
    >>> Evidence(order=[[0, 2], [0, 0]], names=["a", "b"]).order[0, 1]
    np.float64(2.0)
    """

    order: Floats | None = None
    existence: Floats | None = None
    temper: float = 1.0
    names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("order", "existence"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, self._matrix(name, value))
        if self.names is not None:
            object.__setattr__(self, "names", tuple(self.names))
        shapes = {m.shape for m in (self.order, self.existence) if m is not None}
        if self.names is not None:
            shapes.add((len(self.names), len(self.names)))
        if len(shapes) > 1:
            raise ValueError(f"evidence has different shapes: {sorted(shapes)}")
        if self.existence is not None and not np.array_equal(
            self.existence, self.existence.T
        ):
            raise ValueError(
                "existence evidence must be symmetric: it is about a pair, not about a "
                "direction"
            )
        if not (isinstance(self.temper, (int, float)) and 0 < self.temper < np.inf):
            raise ValueError(f"temper must be a number above 0, got {self.temper!r}")

    @staticmethod
    def _matrix(name: str, value: npt.ArrayLike) -> Floats:
        matrix = np.array(value, dtype=np.float64)
        if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
            raise ValueError(f"{name} must be a square matrix, got {matrix.shape}")
        if not np.isfinite(matrix).all():
            raise ValueError(
                f"{name} holds NaN or infinity; what is certain belongs in the "
                "background knowledge"
            )
        np.fill_diagonal(matrix, 0.0)
        matrix.setflags(write=False)
        return matrix

    def matrices(self, names: Sequence[str]) -> tuple[Floats, Floats]:
        """Both matrices over some names, zero where nothing was given.

        Parameters
        ----------
        names : sequence of str
            The table's names.

        Returns
        -------
        order, existence : array of float64, shape (p, p)

        Raises
        ------
        ValueError
            If the evidence is not about these variables.

        Examples
        --------
        >>> found = Evidence(order=[[0, 2], [0, 0]], names="ab")
        >>> found.matrices(["b", "a"])[0].tolist()
        [[0.0, 0.0], [2.0, 0.0]]
        """
        p = len(names)
        take = list(range(p))
        if self.names is not None:
            if set(self.names) != set(names):
                odd = sorted(set(self.names) ^ set(names))
                raise ValueError(f"the evidence is about other variables: {odd}")
            take = [self.names.index(name) for name in names]
        found: list[Floats] = []
        for matrix in (self.order, self.existence):
            if matrix is None:
                matrix = np.zeros((p, p))
            elif len(matrix) != p:
                raise ValueError(
                    f"evidence is about {len(matrix)} variables, the table has {p}"
                )
            found.append(np.ascontiguousarray(matrix[np.ix_(take, take)]))
        return found[0], found[1]


@dataclass(frozen=True, eq=False)
class OrderResult:
    """The best graph that was found, and how far that can be trusted.

    Attributes
    ----------
    graph : Graph
        The CPDAG of ``dag``, or the MPDAG under background knowledge. Evidence may
        prefer some members of this class to others; ``dag`` is among the best.
    dag : Graph
        The best DAG.
    order : tuple of str
        The order it was found with, the first cause first.
    score : float
        The data's score of ``dag``: natural logarithm, neither tempered nor with
        evidence.
    objective : float
        Tempered score plus evidence on the order and on existence.
    reached : tuple of float
        The objective that each start ended with.
    sweeps : int
        How often all variables were visited, over all starts: the effort.
    settled : bool
        Whether the search stopped because further starts gained nothing, not because
        the largest number of starts was reached. Exact search is settled.

    Examples
    --------
    >>> empty = Graph.empty("ab")
    >>> found = OrderResult(
    ...     empty, empty, ("a", "b"), -2.0, -2.0, (-3.0, -2.0, -2.05), 9, True
    ... )
    >>> found.starts, found.best_after, round(found.agreement, 2)
    (3, (-3.0, -2.0, -2.0), 0.67)
    """

    graph: Graph
    dag: Graph
    order: tuple[str, ...]
    score: float
    objective: float
    reached: tuple[float, ...]
    sweeps: int
    settled: bool

    @property
    def starts(self) -> int:
        """Number of starts."""
        return len(self.reached)

    @property
    def best_after(self) -> tuple[float, ...]:
        """The best objective after each start."""
        return tuple(float(v) for v in np.maximum.accumulate(self.reached))

    @property
    def agreement(self) -> float:
        """Share of the starts that ended within 0.1 nat of the best.

        Low agreement means that the optimum may not have been found.
        """
        return float(np.mean(np.array(self.reached) >= max(self.reached) - GAIN))


def check_arguments(
    max_parents: object, patience: object = None, max_starts: object = 1
) -> None:
    """Refuse numbers that are no counts.

    Parameters
    ----------
    max_parents, patience, max_starts : object
        As of order search.

    Raises
    ------
    ValueError
        If one is out of range.

    Examples
    --------
    >>> check_arguments(-1)
    Traceback (most recent call last):
    ...
    ValueError: max_parents must be None or an integer of at least 0, got -1
    """
    limits = (
        ("max_parents", max_parents, 0, True),
        ("patience", patience, 1, True),
        ("max_starts", max_starts, 1, False),
    )
    for name, value, least, optional in limits:
        if value is None and optional:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError(
                f"{name} must be {'None or ' if optional else ''}an integer of at "
                f"least {least}, got {value!r}"
            )


def nothing() -> OrderResult:
    """The result for a table without variables.

    Returns
    -------
    OrderResult

    Examples
    --------
    >>> nothing().objective
    0.0
    """
    empty = Graph.empty(())
    return OrderResult(empty, empty, (), 0.0, 0.0, (0.0,), 0, True)


def build_problem(
    statistics: Statistics,
    score: Score,
    background: Background | None = None,
    evidence: Evidence | None = None,
    max_parents: int | None = None,
) -> OrderProblem:
    """Everything that a kernel needs to know.

    Parameters
    ----------
    statistics : GaussianStatistics, CountStatistics or MixedStatistics
        The table, with at least one variable.
    score : BIC, BGe or BDeu
        The score.
    background : Background, optional
        Obeyed exactly.
    evidence : Evidence, optional
        Log-odds from outside.
    max_parents : int, optional
        Largest number of parents.

    Returns
    -------
    OrderProblem

    Raises
    ------
    VariablesError
        If the background knowledge contradicts itself, names no column, or requires
        more parents than ``max_parents``.
    ValueError
        If the score does not fit the table, or the evidence is about other variables.

    Examples
    --------
    >>> from llmcd.data.statistics import CountStatistics
    >>> from llmcd.discovery.scores import BIC
    >>> table = CountStatistics.of([[0, 0], [1, 1]], ["a", "b"], [2, 2])
    >>> build_problem(table, BIC()).most
    1
    """
    from llmcd.discovery.kernels.parents import OrderProblem

    names = tuple(statistics.names)
    most = most_parents(score, statistics, max_parents)
    rules = _rules(names, background or Background(), _idle(statistics), max_parents)
    most = max(most, int(rules[1].sum(axis=1).max()))
    order, existence = (evidence or Evidence()).matrices(names)
    model = score.model(statistics)
    gaussian, terms, determinant = _gaussian_terms(model)
    return OrderProblem(
        model=model,
        gaussian=gaussian,
        terms=terms,
        determinant=determinant,
        temper=1.0 if evidence is None else float(evidence.temper),
        order=order,
        existence=existence,
        rules=rules,
        most=most,
    )


def _idle(statistics: Statistics) -> Bools:
    """Variables without variation, as there may be in a resample."""
    p = len(statistics.names)
    if isinstance(statistics, CountStatistics):
        seen = [np.count_nonzero(statistics.counts([v])) for v in range(p)]
        return np.array(seen, dtype=np.int64) < 2
    if isinstance(statistics, MixedStatistics):
        still = statistics.gaussian.constant
        return np.array([still[a:b].all() for a, b in statistics.blocks], dtype=bool)
    return np.asarray(statistics.constant, dtype=bool)


def _rules(
    names: tuple[str, ...], known: Background, idle: Bools, max_parents: int | None
) -> npt.NDArray[np.uint8]:
    """Closed and required parents by child, and who has to be before whom."""
    known.check(names)
    required = known.required_matrix(names)
    many = [] if max_parents is None else required.sum(axis=0) > max_parents
    if np.any(many):
        listed = ", ".join(names[v] for v in np.flatnonzero(many))
        raise VariablesError(
            f"the background knowledge requires more parents of {listed} than "
            f"max_parents={max_parents}; raise it, or require fewer edges"
        )
    closed = known.forbidden_matrix(names) | idle[:, None] | idle[None, :]
    before = _precedence(names, known, required)
    closed = (closed | before.T) & ~required
    return np.stack([closed.T, required.T, before]).astype(np.uint8)


def _precedence(names: tuple[str, ...], known: Background, required: Bools) -> Bools:
    """Who has to come before whom: by tiers and by required edges, transitively."""
    p = len(names)
    tier = np.full(p, -1)
    for k, group in enumerate(known.tiers):
        tier[[names.index(name) for name in group]] = k
    placed = (tier[:, None] >= 0) & (tier[None, :] >= 0)
    before = required | (placed & (tier[:, None] < tier[None, :]))
    for k in range(p):
        before |= np.outer(before[:, k], before[k])
    loops = [names[v] for v in np.flatnonzero(np.diagonal(before))]
    if loops:
        raise VariablesError(
            "the required edges lead from a later tier to an earlier one, through "
            f"variables without a tier: {', '.join(loops)}; require fewer edges, or "
            "change the tiers"
        )
    return before


def _gaussian_terms(model: ScoreModel) -> tuple[int, Floats, float]:
    """The score of a single Gaussian column by its number of parents."""
    from llmcd.discovery.kernels.scores import BGE, GAUSSIAN_BIC

    p = len(model.starts) - 1
    terms = np.zeros((2, p + 1))
    if model.kind not in (GAUSSIAN_BIC, BGE) or len(model.moments) != p:
        return 0, terms, 0.0
    if np.any(np.diff(model.starts) != 1):
        return 0, terms, 0.0
    n, k = model.n, np.arange(p + 1.0)
    expected, others = float(model.parameters[3]), p - 1
    if others > expected > 0:
        share = expected / others
        terms[0] = k * log(share) + (others - k) * log(1 - share)
    if model.kind == GAUSSIAN_BIC:
        terms[0] -= 0.5 * n * (log(2 * pi) + 1)
        terms[0] -= 0.5 * model.parameters[0] * log(n) * (k + 2)
        terms[1] = 0.5 * n
        return 1, terms, 0.0
    # Kuipers, Moffa and Heckerman (2014), equation (4), as a ratio
    mu, w, t = (float(v) for v in model.parameters[:3])
    prior = w - p + k
    terms[0] += [
        lgamma(0.5 * (n + a + 1)) - lgamma(0.5 * (a + 1)) + 0.5 * (a + b + 1) * log(t)
        for a, b in zip(prior.tolist(), k.tolist(), strict=True)
    ]
    terms[0] += 0.5 * log(mu / (n + mu)) - 0.5 * n * log(pi)
    terms[1] = 0.5 * (n + prior + 1)
    return 1, terms, 0.5


def _local_scores(problem: OrderProblem, parents: Sequence[Ints]) -> Floats:
    from llmcd.discovery.kernels.scores import local_score, new_work

    work = new_work(problem.model)
    return np.array(
        [local_score(problem.model, work, v, u, len(u)) for v, u in enumerate(parents)]
    )


def build_result(
    names: tuple[str, ...],
    problem: OrderProblem,
    order: Ints,
    parents: Sequence[Ints],
    *,
    reached: Sequence[float] | None = None,
    sweeps: int = 0,
    settled: bool = True,
) -> OrderResult:
    """The result from an order and everybody's parents.

    Parameters
    ----------
    names : tuple of str
        The variables.
    problem : OrderProblem
        What was maximised.
    order : array of int64, shape (p,)
        Positions of the variables, the first cause first.
    parents : sequence of arrays of int64, length p
        Positions of each variable's parents.
    reached : sequence of float, optional
        What each start ended with; by default one start that ended with this.
    sweeps, settled
        As of ``OrderResult``.

    Returns
    -------
    OrderResult

    Examples
    --------
    >>> from llmcd.data.statistics import CountStatistics
    >>> from llmcd.discovery.scores import BIC
    >>> table = CountStatistics.of([[0, 0], [1, 1]], ["a", "b"], [2, 2])
    >>> problem = build_problem(table, BIC())
    >>> none = np.array([], dtype=np.int64)
    >>> build_result(table.names, problem, np.array([1, 0]), [none, none]).order
    ('b', 'a')
    """
    p = len(names)
    arcs = np.zeros((p, p), dtype=bool)
    for v, chosen in enumerate(parents):
        arcs[chosen, v] = True
    score = float(_local_scores(problem, [np.sort(u) for u in parents]).sum())
    pairs = np.triu(problem.order[np.ix_(order, order)], 1).sum()
    adjacent = problem.existence[arcs].sum()
    objective = problem.temper * score + float(pairs) + float(adjacent)
    dag = Graph.from_directed_matrix(names, arcs)
    return OrderResult(
        graph=_class_of(dag, problem),
        dag=dag,
        order=tuple(names[v] for v in order),
        score=score,
        objective=objective,
        reached=(objective,) if reached is None else tuple(reached),
        sweeps=sweeps,
        settled=settled,
    )


def _class_of(dag: Graph, problem: OrderProblem) -> Graph:
    """The CPDAG, or with the directions that hard knowledge leaves no choice about."""
    graph = cpdag(dag)
    closed = problem.rules[0].astype(bool)
    # closed[v, u] says no to u --> v, so that an edge between them points to u
    settled = graph.lines & dag.arcs & closed
    if not settled.any():
        return graph
    arcs = graph.arcs | settled
    lines = graph.lines & ~(settled | settled.T)
    return meek_closure(Graph.from_directed_matrix(dag.names, arcs | lines))
