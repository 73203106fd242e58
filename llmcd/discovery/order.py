"""Search over causal orders, with evidence from outside and hard knowledge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.data.statistics import Statistics
from llmcd.discovery.exact import exact_search
from llmcd.discovery.objective import (
    GAIN,
    Evidence,
    OrderResult,
    build_problem,
    build_result,
    check_arguments,
    nothing,
)
from llmcd.discovery.scores import Score, choose_score, score_settings
from llmcd.equivalence import consistent_extension
from llmcd.errors import GraphError
from llmcd.graph import Graph

if TYPE_CHECKING:
    from llmcd.discovery.kernels.parents import OrderProblem, OrderState

__all__ = ["Evidence", "OrderResult", "OrderSearch", "search_orders"]

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

_ROUNDING = 1e-7  # a start is better than another by more than this
_PATIENCE = 20  # starts that must gain nothing where nothing speaks for the best
EXACT_UP_TO = 10
"""Variables for which the best graph of all costs less than many starts."""
_SWAPS = 2.0  # times log(p): pairs exchanged to disturb an order


@dataclass(frozen=True, eq=False)
class _Best:
    """An order of positions and everybody's parents, as in the kernels."""

    order: Ints
    parents: Ints
    count: Ints

    @classmethod
    def of(cls, state: OrderState) -> _Best:
        return cls(state.order.copy(), state.parents.copy(), state.count.copy())


@dataclass(frozen=True)
class OrderSearch:
    """Search over causal orders: best insertion, grow-shrink, many starts.

    Each start improves an order by moving single variables to their best place, where
    the parents of a variable are grown and shrunk among its predecessors, until neither
    a move nor an exchange of parents among non-descendants improves anything. Starts
    are random orders and, by turns, disturbed copies of the best order.

    Parameters
    ----------
    score : {"auto", "bic", "bge", "bdeu"}, BIC, BGe or BDeu, optional
        ``auto`` is BDeu for a discrete table, otherwise BIC.
    max_parents : int, optional
        Largest number of parents of a variable. None is no limit, but for BIC of
        continuous or mixed tables a fifth of the rows: beyond, it prefers more parents
        without end.
    patience : int, optional
        The search stops when this many further starts gain less than 0.1 nat in total.
        None is 5 (up to 20 for fewer than 24 variables), but 20 as long as the best was
        reached from one random order only; and up to 10 variables None means that the
        best graph of all is found instead, as by ``ExactSearch``, which is faster there
        and leaves nothing to luck.
    max_starts : int, optional
        Largest number of starts.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    Wienoebst, Henckel and Weichwald (2025), *Embracing discrete search: a reasonable
    approach to causal structure learning* (FLOP: insertion, restarts from a disturbed
    order); Andrews, Ramsey, Sanchez-Romero, Camchong and Kummerfeld (2023), *Fast
    scalable and accurate discovery of DAGs using the best order score search and
    grow-shrink trees* (BOSS); Teyssier and Koller (2005), *Ordering-based search*.

    Tiers restrict the order: nothing in a later tier comes before anything in an
    earlier one, so that it is no cause of it through a variable without tier either.

    Examples
    --------
    >>> OrderSearch(score="bic").name
    'order'
    """

    score: str | Score = "auto"
    max_parents: int | None = None
    patience: int | None = None
    max_starts: int = 100

    name: ClassVar[str] = "order"
    honours: ClassVar[frozenset[str]] = frozenset({"required", "forbidden", "tiers"})

    def __post_init__(self) -> None:
        check_arguments(self.max_parents, self.patience, self.max_starts)

    def settings(self, statistics: Statistics) -> dict[str, Any]:
        """What decides the result besides the rows, for JSON.

        Parameters
        ----------
        statistics : GaussianStatistics, CountStatistics or MixedStatistics
            The table.

        Returns
        -------
        dict
        """
        return {
            **score_settings(self.score, statistics),
            "max_parents": self.max_parents,
            "patience": self.patience,
            "max_starts": self.max_starts,
            "exact": self._is_exact(statistics),
        }

    def _is_exact(self, statistics: Statistics) -> bool:
        return self.patience is None and len(statistics.names) <= EXACT_UP_TO

    def search(
        self,
        statistics: Statistics,
        background: Background | None = None,
        *,
        evidence: Evidence | None = None,
        start: Graph | Sequence[str] | None = None,
        seed: int = 0,
    ) -> Graph:
        """Search one table.

        Parameters
        ----------
        statistics : GaussianStatistics, CountStatistics or MixedStatistics
            The table.
        background : Background, optional
            Obeyed exactly.
        evidence : Evidence, optional
            Log-odds from outside.
        start : Graph or sequence of str, optional
            A first start, besides those from scratch.
        seed : int, optional
            Of random orders.

        Returns
        -------
        Graph
            A CPDAG, or an MPDAG under background knowledge, over ``statistics.names``.

        Raises
        ------
        VariablesError
            If the background knowledge cannot hold.
        ValueError
            If the score does not fit the table, or the evidence is about other
            variables.

        Examples
        --------
        >>> from llmcd.data.statistics import GaussianStatistics
        >>> corr = np.array([[1, 0, 0.6], [0, 1, 0.6], [0.6, 0.6, 1]])
        >>> table = GaussianStatistics(tuple("abc"), 300.0, np.zeros(3), 300 * corr)
        >>> print(OrderSearch().search(table))
        a --> c
        b --> c
        """
        if self._is_exact(statistics):
            _first_start(start, tuple(statistics.names))  # which refuses a wrong one
            return exact_search(
                statistics,
                self.score,
                background=background,
                evidence=evidence,
                max_parents=self.max_parents,
            ).graph
        return search_orders(
            statistics,
            self.score,
            background=background,
            evidence=evidence,
            start=start,
            seed=seed,
            max_parents=self.max_parents,
            patience=self.patience,
            max_starts=self.max_starts,
        ).graph


def search_orders(
    statistics: Statistics,
    score: str | Score = "auto",
    *,
    background: Background | None = None,
    evidence: Evidence | None = None,
    start: Graph | Sequence[str] | None = None,
    seed: int = 0,
    max_parents: int | None = None,
    patience: int | None = None,
    max_starts: int = 100,
) -> OrderResult:
    """Search over causal orders for the graph with the highest objective.

    The objective is ``temper`` times the score, plus the order evidence of all pairs,
    plus the existence evidence of adjacent pairs.

    Parameters
    ----------
    statistics : GaussianStatistics, CountStatistics or MixedStatistics
        The table.
    score : {"auto", "bic", "bge", "bdeu"}, BIC, BGe or BDeu, optional
        As of ``OrderSearch``.
    background : Background, optional
        Obeyed exactly.
    evidence : Evidence, optional
        Log-odds from outside.
    start : Graph or sequence of str, optional
        A DAG, CPDAG or MPDAG (the objective is never below that of a DAG given here
        with its order, if it obeys the background knowledge and ``max_parents``), or
        an order. It is the first start; the others are from scratch.
    seed : int, optional
        Of random orders.
    max_parents, patience, max_starts
        As of ``OrderSearch``. The starts and sweeps that were used are in the result.

    Returns
    -------
    OrderResult

    Raises
    ------
    VariablesError
        If the background knowledge contradicts itself, names no column, or requires
        more parents than ``max_parents``.
    GraphError
        If ``start`` is not about the table's variables, or no DAG.
    ValueError
        If the score does not fit the table, the evidence is about other variables, or
        an argument is out of range.

    Examples
    --------
    Evidence that is stronger than the data's preference turns an edge:

    >>> from llmcd.data.statistics import GaussianStatistics
    >>> corr = np.array([[1, 0.6], [0.6, 1]])
    >>> table = GaussianStatistics(("a", "b"), 300.0, np.zeros(2), 300 * corr)
    >>> found = search_orders(table, evidence=Evidence(order=[[0, 0], [1, 0]]))
    >>> print(found.graph, "|", found.dag)
    a --- b | b --> a
    """
    check_arguments(max_parents, patience, max_starts)
    names = tuple(statistics.names)
    first = _first_start(start, names)
    chosen_score = choose_score(score, statistics)
    if not names:
        return nothing()
    from llmcd.discovery.kernels.ordering import climb
    from llmcd.discovery.kernels.parents import new_order_work

    problem = build_problem(statistics, chosen_score, background, evidence, max_parents)
    rng = np.random.default_rng(seed)
    state, work = new_order_work(problem, int(rng.integers(2**63)))
    best, top = None, -np.inf
    reached: list[float] = []
    anew: list[bool] = []
    sweeps, settled = 0, False
    while len(reached) < max_starts and not settled:
        anew.append(_set_start(problem, state, len(reached), first, best, rng))
        objective, swept = climb(problem, state, work)
        sweeps += int(swept)
        if best is None or objective > top + _ROUNDING:
            best, top = _Best.of(state), objective
        reached.append(float(objective))
        settled = _settled(reached, anew, len(names), patience)
    best = _Best.of(state) if best is None else best
    return build_result(
        names,
        problem,
        best.order,
        [best.parents[v, :k] for v, k in enumerate(best.count)],
        reached=reached,
        sweeps=sweeps,
        settled=settled,
    )


def _settled(
    reached: list[float], anew: list[bool], p: int, patience: int | None
) -> bool:
    """Whether enough starts gained nothing."""
    if patience is None:
        best = max(reached)
        found = sum(r >= best - GAIN for r, a in zip(reached, anew, strict=True) if a)
        patience = _PATIENCE if found < 2 else max(5, min(_PATIENCE, 120 // p))
    if len(reached) <= patience:
        return False
    return max(reached) - max(reached[:-patience]) < GAIN


def _first_start(
    start: Graph | Sequence[str] | None, names: tuple[str, ...]
) -> _Best | None:
    """An order, and parents where a graph was given."""
    if start is None:
        return None
    p = len(names)
    if not isinstance(start, Graph):
        if isinstance(start, str) or sorted(start) != sorted(names):
            raise GraphError(
                f"start must be a graph or an order of {list(names)}, got {start!r}"
            )
        order = np.array([names.index(v) for v in start], dtype=np.int64)
        return _Best(order, np.zeros((p, 0), dtype=np.int64), np.zeros(p, np.int64))
    dag = start.reorder(names)
    if not dag.is_dag:
        dag = consistent_extension(dag)
    order = np.array([names.index(v) for v in dag.topological_order()], dtype=np.int64)
    count = dag.arcs.sum(axis=0)
    parents = np.zeros((p, int(count.max(initial=0))), dtype=np.int64)
    for v in range(p):
        parents[v, : count[v]] = np.flatnonzero(dag.arcs[:, v])
    return _Best(order, parents, count)


def _set_start(
    problem: OrderProblem,
    state: OrderState,
    number: int,
    first: _Best | None,
    best: _Best | None,
    rng: np.random.Generator,
) -> bool:
    """Given, random, then by turns a disturbed copy of the best and random again.

    Returns whether the order is random.
    """
    p = len(state.order)
    state.count[:] = 0
    scratch = number if first is None else number - 1
    anew = False
    if scratch < 0 and first is not None:
        order = first.order
        kept = np.minimum(first.count, problem.most)
        state.parents[:, : kept.max()] = first.parents[:, : kept.max()]
        state.count[:] = kept
    elif scratch % 2 == 0 or best is None:
        order, anew = rng.permutation(p), True
    else:
        order = best.order.copy()
        for _ in range(max(1, round(_SWAPS * np.log(p)))):
            i, j = rng.integers(p, size=2)
            order[[i, j]] = order[[j, i]]
    state.order[:] = _obeying(order, problem.rules[2].astype(bool))
    return anew


def _obeying(order: Ints, before: Bools) -> Ints:
    """The order, with everything held back until what has to precede it is there."""
    if not before.any():
        return order
    waiting = before.sum(axis=0)
    left, found = list(order), np.empty_like(order)
    for place in range(len(order)):
        v = next(u for u in left if not waiting[u])
        left.remove(v)
        waiting = waiting - before[v]
        found[place] = v
    return found
