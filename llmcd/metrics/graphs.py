"""How far the marks of an estimated graph are from those of a true one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from llmcd.equivalence import (
    consistent_extension,
    cpdag,
    is_extendable,
)
from llmcd.errors import GraphError
from llmcd.graph import Graph, Mark

__all__ = [
    "EffectiveRecall",
    "Scores",
    "adjacency_scores",
    "aligned",
    "arrowhead_scores",
    "d_top",
    "effective_recall",
    "shd",
    "shd_cpdag",
    "stands_for_a_class",
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


def aligned(truth: Graph, estimate: Graph) -> tuple[Graph, Graph]:
    """Both graphs with the truth's order of nodes; refuses other nodes."""
    if set(truth.names) != set(estimate.names):
        odd = sorted(set(truth.names) ^ set(estimate.names))
        raise GraphError(
            f"truth and estimate must have the same nodes; differing: {odd}"
        )
    if truth.names == estimate.names:
        return truth, estimate
    return truth, estimate.reorder(truth.names)


def shd(*, truth: Graph, estimate: Graph, undirected: float = 1.0) -> float:
    """Structural Hamming distance between two graphs.

    Parameters
    ----------
    truth, estimate : Graph
        Graphs over the same nodes, compared as they are; ``shd_cpdag`` compares the
        classes they stand for.
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
    truth, estimate = aligned(truth, estimate)
    differ = (truth.marks != estimate.marks) | (truth.marks.T != estimate.marks.T)
    arc = truth.arcs | truth.arcs.T
    claim = estimate.arcs | estimate.arcs.T
    half = (arc & estimate.lines) | (truth.lines & claim)
    cost = np.where(half, undirected, differ.astype(np.float64))
    return float(np.triu(cost, 1).sum())


def shd_cpdag(*, truth: Graph, estimate: Graph) -> int:
    """Structural Hamming distance between Markov equivalence classes.

    Parameters
    ----------
    truth : Graph
        A DAG, or the CPDAG or MPDAG of its class.
    estimate : Graph
        The same. Directions that knowledge added to a CPDAG are taken back, since they
        do not change the class. A graph that stands for no class, say because it has a
        cycle, is compared as it is.

    Returns
    -------
    int
        Number of pairs whose edges differ between the two CPDAGs.

    Raises
    ------
    GraphError
        If the nodes differ, or the truth stands for no class.

    Notes
    -----
    Tsamardinos, Brown and Aliferis (2006), section 4.3: an edge that is undirected in
    one and directed in the other graph counts 1.

    Examples
    --------
    >>> dag = Graph.from_edges("ab", directed=[("a", "b")])
    >>> shd_cpdag(truth=dag, estimate=dag.skeleton())
    0
    """
    truth, estimate = aligned(truth, estimate)
    goal = cpdag(consistent_extension(truth))
    if stands_for_a_class(estimate):
        estimate = cpdag(consistent_extension(estimate))
    return int(shd(truth=goal, estimate=estimate))


def stands_for_a_class(graph: Graph) -> bool:
    """Whether some DAG has its skeleton, its arcs and no further v-structure."""
    plain = np.array_equal(graph.arcs | graph.arcs.T | graph.lines, graph.adjacencies)
    return plain and is_extendable(graph)


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
    truth, estimate = aligned(truth, estimate)
    above = np.triu(np.ones_like(truth.adjacencies), 1).astype(bool)
    return Scores.of(truth.adjacencies[above], estimate.adjacencies[above])


def arrowhead_scores(*, truth: Graph, estimate: Graph) -> Scores:
    """Precision and recall of arrowheads, each (edge, end) counted on its own.

    Parameters
    ----------
    truth, estimate : Graph
        Graphs over the same nodes; pass the CPDAG of the truth where only what the
        data can tell is to be found.

    Returns
    -------
    Scores

    Notes
    -----
    An arrowhead on an edge that the other graph does not have counts as wrong, or as
    missed (Andrews, Ramsey and Cooper 2019, *Learning high-dimensional directed
    acyclic graphs with mixed data-types*).

    Examples
    --------
    >>> dag = Graph.from_edges("ab", directed=[("a", "b")])
    >>> arrowhead_scores(truth=dag, estimate=dag.skeleton()).precision
    1.0
    """
    truth, estimate = aligned(truth, estimate)
    return Scores.of(truth.marks == Mark.ARROW, estimate.marks == Mark.ARROW)


class EffectiveRecall(NamedTuple):
    """How much is found of the edges that have an effect.

    Attributes
    ----------
    adjacency, arrowhead : float
        Share of the effective edges that the estimate has at all, and that it directs
        as the truth does; 1 when there is none.
    edges, left_out : int
        Number of effective edges, and of those without effect.
    """

    adjacency: float
    arrowhead: float
    edges: int
    left_out: int


def effective_recall(
    *, truth: Graph, estimate: Graph, effective: Iterable[tuple[str, str]]
) -> EffectiveRecall:
    """Recall over those true arcs whose cause has an effect in its own tables.

    Published networks have arcs whose conditional probabilities do not depend on the
    parent; no number of rows shows them.

    Parameters
    ----------
    truth, estimate : Graph
        Graphs over the same nodes.
    effective : iterable of (cause, effect)
        The arcs of the truth that have an effect.

    Returns
    -------
    EffectiveRecall

    Raises
    ------
    GraphError
        If the nodes differ or a pair is no arc of the truth.

    Examples
    --------
    >>> dag = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c")])
    >>> effective_recall(truth=dag, estimate=dag.skeleton(), effective=[("a", "b")])
    EffectiveRecall(adjacency=1.0, arrowhead=0.0, edges=1, left_out=1)
    """
    truth, estimate = aligned(truth, estimate)
    pairs = [(truth.index(a), truth.index(b)) for a, b in dict.fromkeys(effective)]
    for i, j in pairs:
        if not truth.arcs[i, j]:
            raise GraphError(
                f"{truth.names[i]} --> {truth.names[j]} is not an arc of the truth"
            )
    found = sum(bool(estimate.adjacencies[pair]) for pair in pairs)
    directed = sum(bool(estimate.arcs[pair]) for pair in pairs)
    n = len(pairs)
    left_out = int(truth.arcs.sum()) - n
    return EffectiveRecall(found / n if n else 1.0, directed / n if n else 1.0, n,
                           left_out)  # fmt: skip


def d_top(*, truth: Graph, order: Sequence[str]) -> int:
    """Number of true arcs that an order of the variables turns round.

    Parameters
    ----------
    truth : Graph
        The true DAG.
    order : sequence of str
        Causes before effects. A graph has several orders in general; the first one
        by column, say, is no fair choice where the columns stand in a true order.

    Returns
    -------
    int

    Raises
    ------
    GraphError
        If the order does not hold the nodes of the truth, each once.

    Notes
    -----
    Topological divergence: Rolland et al. (2022), *Score matching enables causal
    discovery of nonlinear additive noise models*, section 5; Vashishtha et al. (2025),
    *Causal order: the key to leveraging imperfect experts in causal inference*, who
    show that at 0, all that come before a cause are a valid adjustment set.

    Examples
    --------
    >>> d_top(truth=Graph.from_edges("ab", directed=[("a", "b")]), order=["b", "a"])
    1
    """
    if sorted(order) != sorted(truth.names):
        raise GraphError("the order must hold each node of the truth exactly once")
    place = {name: k for k, name in enumerate(order)}
    return sum(place[a] > place[b] for a, b in truth.directed_edges())
