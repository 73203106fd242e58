"""How honest the probabilities of edges are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from llmcd.graph import Graph

__all__ = [
    "Forecasts",
    "ReliabilityBin",
    "adjacency_forecasts",
    "brier",
    "direction_forecasts",
    "expected_calibration_error",
    "log_loss",
    "reliability_bins",
]


class Forecasts(NamedTuple):
    """Stated probabilities and what is true, for the measures of calibration.

    Attributes
    ----------
    truth : array of bool, shape (m,)
        What is true.
    probability : array of float, shape (m,)
        What was stated.
    left_out : int
        Pairs on which nothing was stated.
    """

    truth: npt.NDArray[np.bool_]
    probability: npt.NDArray[np.float64]
    left_out: int


def adjacency_forecasts(
    *, truth: Graph, probability: npt.ArrayLike, names: Sequence[str] | None = None
) -> Forecasts:
    """For every pair, the stated probability of an edge and whether there is one.

    Parameters
    ----------
    truth : Graph
        The true graph.
    probability : array of float, shape (p, p)
        ``[i, j]`` is the stated probability of ``i --> j``; ``[i, j] + [j, i]`` is that
        of an edge. An undirected edge is half and half.
    names : sequence of str, optional
        Names of the rows and columns; the order of the truth when None.

    Returns
    -------
    Forecasts
        One for each of the p (p - 1) / 2 pairs.

    Raises
    ------
    GraphError
        If the names are not those of the truth.
    ValueError
        If the shape is wrong or a pair's probabilities are below 0 or add up to more
        than 1.

    Notes
    -----
    Most pairs of a sparse graph are easy; calibration over all of them flatters. Report
    it beside ``direction_forecasts``, never added up with it.

    Examples
    --------
    >>> dag = Graph.from_edges("ab", directed=[("a", "b")])
    >>> adjacency_forecasts(truth=dag, probability=[[0, 0.6], [0.3, 0]]).probability
    array([0.9])
    """
    truth, stated = _stated(truth, probability, names)
    above = np.triu_indices(len(truth.names), 1)
    return Forecasts(truth.adjacencies[above], (stated + stated.T)[above], 0)


def direction_forecasts(
    *, truth: Graph, probability: npt.ArrayLike, names: Sequence[str] | None = None
) -> Forecasts:
    """For every true arc, the stated probability of its direction given an edge.

    Parameters
    ----------
    truth : Graph
        The true graph; pairs without an arc are not asked about.
    probability : array of float, shape (p, p)
        As in ``adjacency_forecasts``.
    names : sequence of str, optional
        Names of the rows and columns; the order of the truth when None.

    Returns
    -------
    Forecasts
        Each pair asks whether the name that sorts first is the cause, so that the
        question does not tell the answer. Pairs whose edge has probability 0 are left
        out and counted.

    Raises
    ------
    GraphError
        If the names are not those of the truth.
    ValueError
        If the shape is wrong or a pair's probabilities are below 0 or add up to more
        than 1.

    Examples
    --------
    >>> dag = Graph.from_edges("ab", directed=[("b", "a")])
    >>> direction_forecasts(truth=dag, probability=[[0, 0.6], [0.3, 0]])
    Forecasts(truth=array([False]), probability=array([0.666...]), left_out=0)
    """
    truth, stated = _stated(truth, probability, names)
    order = np.argsort(np.array(truth.names))
    arcs, stated = truth.arcs[np.ix_(order, order)], stated[np.ix_(order, order)]
    i, j = np.nonzero(np.triu(arcs | arcs.T))
    there = stated[i, j] + stated[j, i]
    told = there > 0
    return Forecasts(
        arcs[i, j][told], (stated[i, j][told] / there[told]), int((~told).sum())
    )


def _stated(
    truth: Graph, probability: npt.ArrayLike, names: Sequence[str] | None
) -> tuple[Graph, npt.NDArray[np.float64]]:
    stated = np.asarray(probability, dtype=np.float64)
    if names is not None:
        truth = truth.reorder(tuple(names))
    n = len(truth.names)
    if stated.shape != (n, n):
        raise ValueError(
            f"probability must have shape {(n, n)}, a row and a column for each node, "
            f"got {stated.shape}"
        )
    pair = stated + stated.T
    if not ((stated >= 0).all() and (pair <= 1 + 1e-9).all() and not pair.trace()):
        raise ValueError(
            "each pair's two probabilities must be at least 0 and add up to at most 1, "
            "with zeros on the diagonal"
        )
    return truth, np.minimum(stated, 1.0)


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


def log_loss(
    *, truth: npt.ArrayLike, probability: npt.ArrayLike, floor: float = 0.001
) -> float:
    """Mean negative logarithm, to base e, of the probability stated for what is true.

    Parameters
    ----------
    truth : array of bool
        What is true.
    probability : array of float
        What was stated, same shape.
    floor : float, optional
        Probabilities are moved into [floor, 1 - floor] first: a share of resamples of
        0 means "not seen", not "impossible", and would cost infinitely much. 0 keeps
        them as they are.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ or are empty, a probability is outside [0, 1], or the floor
        is not between 0 and one half.

    Notes
    -----
    Good (1952), *Rational decisions*.

    Examples
    --------
    >>> round(log_loss(truth=[True, False], probability=[0.5, 0.5]), 4)
    0.6931
    """
    if not 0 <= floor < 0.5:
        raise ValueError(f"floor must be at least 0 and below 0.5, got {floor}")
    fact, said = _forecast(truth, probability)
    said = np.clip(np.where(fact == 1, said, 1 - said), floor, 1 - floor)
    with np.errstate(divide="ignore"):
        return float(-np.log(said).mean())


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
    points = reliability_bins(truth=truth, probability=probability, bins=bins)
    gap = sum(p.forecasts * abs(p.stated - p.observed) for p in points)
    return gap / sum(p.forecasts for p in points)


class ReliabilityBin(NamedTuple):
    """A point of a reliability diagram.

    Attributes
    ----------
    low, high : float
        Range of stated probabilities.
    forecasts : int
        How many there are in it.
    stated, observed : float
        Mean stated probability, and the share that is true.
    """

    low: float
    high: float
    forecasts: int
    stated: float
    observed: float


def reliability_bins(
    *, truth: npt.ArrayLike, probability: npt.ArrayLike, bins: int = 10
) -> tuple[ReliabilityBin, ...]:
    """The points of a reliability diagram, empty bins left out.

    Parameters
    ----------
    truth : array of bool
        What is true.
    probability : array of float
        What was stated, same shape.
    bins : int, optional
        Number of bins of equal width on [0, 1]; each holds its lower end, the last one
        both ends.

    Returns
    -------
    tuple of ReliabilityBin

    Raises
    ------
    ValueError
        If the shapes differ or are empty, or a probability is outside [0, 1].

    Notes
    -----
    DeGroot and Fienberg (1983), *The comparison and evaluation of forecasters*. The
    mean gap, weighted by forecasts, is the expected calibration error.

    Examples
    --------
    >>> reliability_bins(truth=[1, 0, 1], probability=[0.75, 0.75, 0.25], bins=2)
    (ReliabilityBin(low=0.0, high=0.5, forecasts=1, stated=0.25, observed=1.0),
     ReliabilityBin(low=0.5, high=1.0, forecasts=2, stated=0.75, observed=0.5))
    """
    fact, said = _forecast(truth, probability)
    fact, said, at = fact.ravel(), said.ravel(), _bin_of(said, bins)
    return tuple(
        ReliabilityBin(
            k / bins,
            (k + 1) / bins,
            int((at == k).sum()),
            float(said[at == k].mean()),
            float(fact[at == k].mean()),
        )
        for k in np.unique(at).tolist()
    )


def _bin_of(said: npt.NDArray[np.float64], bins: int) -> npt.NDArray[np.int64]:
    if bins < 1:
        raise ValueError(f"bins must be at least 1, got {bins}")
    # 0.3 * 10 is a little less than 3; the edge belongs to the upper bin.
    return np.minimum((said.ravel() * bins + 1e-9).astype(np.int64), bins - 1)


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
