"""The values that identification and estimation pass on: strategies and estimates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from llmcd.errors import GraphError
from llmcd.graph import Graph, Mark

__all__ = ["Estimate", "Strategy", "bidirected", "canonical_dag", "check_ends"]


@dataclass(frozen=True)
class Strategy:
    """One way to the effect.

    Attributes
    ----------
    kind : str
        ``no path`` (the effect is zero by the graph), ``apart`` (the same, and neither
        leads to the other, so that it can be estimated all the same), ``backdoor``,
        ``frontdoor``, ``instrument`` or ``not identified``.
    variables : tuple of str
        What is adjusted for, the mediators, or the instruments; in name order.
    beside : tuple of str
        Other causes of the outcome and of what lies between, which a regression on a
        graph that was learnt adjusts for as well; in name order.
    """

    kind: str
    variables: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.kind in ("no path", "not identified"):
            return self.kind
        given = ", ".join(self.variables)
        more = f", beside {', '.join(self.beside)}" if self.beside else ""
        if self.kind == "apart":
            return f"no path either way, estimated given {given or 'nothing'}{more}"
        return f"{self.kind}: {given or 'nothing to adjust for'}{more}"


@dataclass(frozen=True)
class Estimate:
    """An effect as one adjustment sees it.

    Attributes
    ----------
    value, standard_error : float
        In the units of the contrast; NaN where the rows cannot say.
    df : float
        Degrees of freedom of the t distribution; infinite for a normal one.
    method : str
        How it was computed.
    note : str
        Empty, or what a reader must know.
    """

    value: float
    standard_error: float
    df: float
    method: str
    note: str = ""


def check_ends(graph: Graph, treatment: str, outcome: str) -> None:
    """Refuse two names that are no effect.

    Raises
    ------
    GraphError
        If one is no node of the graph.
    ValueError
        If they are the same.
    """
    for name, role in ((treatment, "treatment"), (outcome, "outcome")):
        if name not in graph.names:
            raise GraphError(
                f"the {role} {name!r} is not in the graph; its nodes are "
                f"{list(graph.names)}"
            )
    if treatment == outcome:
        raise ValueError(
            f"treatment and outcome must differ, got {treatment!r} for both"
        )


def bidirected(graph: Graph) -> npt.NDArray[np.bool_]:
    """Boolean symmetric matrix: true where ``i <-> j``."""
    return (graph.marks == Mark.ARROW) & (graph.marks.T == Mark.ARROW)


def canonical_dag(
    graph: Graph, unobserved: Iterable[str] = ()
) -> tuple[Graph, frozenset[str]]:
    """A DAG in which each bidirected edge is a hidden node with two children.

    Parameters
    ----------
    graph : Graph
        Arcs and bidirected edges.
    unobserved : iterable of str, optional
        Nodes that are hidden already.

    Returns
    -------
    dag : Graph
    hidden : frozenset of str
        The unobserved nodes, old and new.

    Examples
    --------
    >>> dag, hidden = canonical_dag(Graph.from_edges("ab", bidirected=[("a", "b")]))
    >>> sorted(hidden), dag.children("U(a, b)")
    (['U(a, b)'], ('a', 'b'))
    """
    pairs = [
        (graph.names[i], graph.names[j])
        for i, j in np.argwhere(np.triu(bidirected(graph)))
    ]
    new = {f"U({a}, {b})": (a, b) for a, b in pairs}
    directed = [
        *graph.directed_edges(),
        *((name, end) for name, ends in new.items() for end in ends),
    ]
    dag = Graph.from_edges([*graph.names, *new], directed=directed)
    return dag, frozenset(unobserved) | frozenset(new)
