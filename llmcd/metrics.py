"""How far an estimated graph is from a true one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from llmcd.errors import GraphError
from llmcd.graph import Graph, Mark

__all__ = [
    "Scores",
    "adjacency_scores",
    "arrowhead_scores",
    "brier",
    "d_top",
    "expected_calibration_error",
    "shd",
]


@dataclass(frozen=True)
class Scores:
    """Precision and recall with the counts behind them.

    Attributes
    ----------
    precision, recall, f1 : float
        Precision is 1 when nothing is claimed, recall 1 when there is nothing to
        find, F1 the harmonic mean (0 when both are 0).
    true_positive, false_positive, false_negative : int
        Counts.
    """

    precision: float
    recall: float
    f1: float
    true_positive: int
    false_positive: int
    false_negative: int

    @classmethod
    def of(cls, truth: npt.NDArray[np.bool_], claim: npt.NDArray[np.bool_]) -> Scores:
        """From two boolean arrays of the same shape.

        Examples
        --------
        >>> Scores.of(np.array([True, True, False]), np.array([True, False, False]))
        Scores(precision=1.0, recall=0.5, f1=0.666..., true_positive=1, ...)
        """
        hit = int((truth & claim).sum())
        false = int((claim & ~truth).sum())
        missed = int((truth & ~claim).sum())
        precision = hit / (hit + false) if hit + false else 1.0
        recall = hit / (hit + missed) if hit + missed else 1.0
        total = precision + recall
        f1 = 2.0 * precision * recall / total if total else 0.0
        return cls(precision, recall, f1, hit, false, missed)


def _aligned(truth: Graph, estimate: Graph) -> tuple[Graph, Graph]:
    if set(truth.names) != set(estimate.names):
        odd = sorted(set(truth.names) ^ set(estimate.names))
        raise GraphError(
            f"truth and estimate must have the same nodes; differing: {odd}"
        )
    return truth, estimate.reorder(truth.names)


def shd(*, truth: Graph, estimate: Graph, undirected: float = 1.0) -> float:
    """Structural Hamming distance between two graphs.

    Parameters
    ----------
    truth, estimate : Graph
        Graphs over the same nodes; pass CPDAGs for the distance between classes.
    undirected : float, optional
        Cost of an edge that is undirected in one and directed in the other graph.

    Returns
    -------
    float
        Number of pairs whose edges differ; a reversal counts once.

    Raises
    ------
    GraphError
        If the nodes differ.

    Notes
    -----
    Tsamardinos, Brown and Aliferis (2006), *The max-min hill-climbing Bayesian network
    structure learning algorithm*, section 4.3, with ``undirected=1`` on CPDAGs.

    Examples
    --------
    >>> dag = Graph.from_edges("ab", directed=[("a", "b")])
    >>> shd(truth=dag, estimate=dag.skeleton(), undirected=0.5)
    0.5
    """
    truth, estimate = _aligned(truth, estimate)
    differ = (truth.marks != estimate.marks) | (truth.marks.T != estimate.marks.T)
    arc = truth.arcs | truth.arcs.T
    claim = estimate.arcs | estimate.arcs.T
    half = (arc & estimate.lines) | (truth.lines & claim)
    cost = np.where(half, undirected, differ.astype(np.float64))
    return float(np.triu(cost, 1).sum())


def adjacency_scores(*, truth: Graph, estimate: Graph) -> Scores:
    """Precision and recall of adjacencies, whatever their marks.

    Parameters
    ----------
    truth, estimate : Graph
        Graphs over the same nodes.

    Returns
    -------
    Scores

    Examples
    --------
    >>> dag = Graph.from_edges("ab", directed=[("a", "b")])
    >>> adjacency_scores(truth=dag, estimate=Graph.empty("ab")).recall
    0.0
    """
    truth, estimate = _aligned(truth, estimate)
    above = np.triu(np.ones_like(truth.adjacencies), 1).astype(bool)
    return Scores.of(truth.adjacencies[above], estimate.adjacencies[above])


def arrowhead_scores(*, truth: Graph, estimate: Graph) -> Scores:
    """Precision and recall of arrowheads, each (edge, end) counted on its own.

    Parameters
    ----------
    truth, estimate : Graph
        Graphs over the same nodes.

    Returns
    -------
    Scores

    Examples
    --------
    >>> dag = Graph.from_edges("ab", directed=[("a", "b")])
    >>> arrowhead_scores(truth=dag, estimate=dag.skeleton()).precision
    1.0
    """
    truth, estimate = _aligned(truth, estimate)
    return Scores.of(truth.marks == Mark.ARROW, estimate.marks == Mark.ARROW)


def d_top(*, truth: Graph, order: Sequence[str]) -> int:
    """Number of true arcs that an order of the variables turns round.

    Parameters
    ----------
    truth : Graph
        The true DAG.
    order : sequence of str
        Causes before effects.

    Returns
    -------
    int

    Raises
    ------
    GraphError
        If the order does not hold the nodes of the truth, each once.

    Notes
    -----
    Rolland et al. (2022), *Score matching enables causal discovery of nonlinear
    additive noise models*, section 5.

    Examples
    --------
    >>> d_top(truth=Graph.from_edges("ab", directed=[("a", "b")]), order=["b", "a"])
    1
    """
    if sorted(order) != sorted(truth.names):
        raise GraphError("the order must hold each node of the truth exactly once")
    place = {name: k for k, name in enumerate(order)}
    return sum(place[a] > place[b] for a, b in truth.directed_edges())


def brier(*, truth: npt.ArrayLike, probability: npt.ArrayLike) -> float:
    """Mean squared difference between stated probabilities and what is true.

    Parameters
    ----------
    truth : array of bool
        What is true.
    probability : array of float
        What was stated, same shape.

    Returns
    -------
    float

    Notes
    -----
    Brier (1950), *Verification of forecasts expressed in terms of probability*.

    Examples
    --------
    >>> brier(truth=[True, False], probability=[1.0, 0.5])
    0.125
    """
    fact, said = _forecast(truth, probability)
    return float(((said - fact) ** 2).mean())


def expected_calibration_error(
    *, truth: npt.ArrayLike, probability: npt.ArrayLike, bins: int = 10
) -> float:
    """Mean gap between stated probability and frequency, over equal-width bins.

    Parameters
    ----------
    truth : array of bool
        What is true.
    probability : array of float
        What was stated, same shape.
    bins : int, optional
        Number of bins on [0, 1].

    Returns
    -------
    float

    Notes
    -----
    Naeini, Cooper and Hauskrecht (2015), *Obtaining well calibrated probabilities
    using Bayesian binning*. Tiny wherever most forecasts are near 0: report it on
    uncertain pairs.

    Examples
    --------
    >>> expected_calibration_error(truth=[True, False], probability=[0.5, 0.5])
    0.0
    """
    fact, said = _forecast(truth, probability)
    at = np.minimum((said * bins).astype(np.int64), bins - 1)
    total = np.bincount(at, minlength=bins)
    gap = np.bincount(at, said - fact, minlength=bins)
    return float(np.abs(gap).sum() / total.sum())


def _forecast(
    truth: npt.ArrayLike, probability: npt.ArrayLike
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    fact = np.asarray(truth, dtype=np.float64)
    said = np.asarray(probability, dtype=np.float64)
    if fact.shape != said.shape or not fact.size:
        raise ValueError(
            f"truth and probability must have the same, non-empty shape, got "
            f"{fact.shape} and {said.shape}"
        )
    if not ((said >= 0) & (said <= 1)).all():
        raise ValueError("probabilities must be between 0 and 1")
    return fact, said
