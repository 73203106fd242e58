"""How a graph identifies an effect: backdoor, front door, instrument, or not."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

import numpy as np

from llmcd.effects.bridge import frontdoor_and_instruments
from llmcd.effects.classes import EXACT, ParentSet, parent_sets
from llmcd.effects.strategy import Strategy, bidirected, canonical_dag, check_ends
from llmcd.equivalence import members
from llmcd.errors import GraphError
from llmcd.graph import Graph, Mark

__all__ = ["Weighted", "identify", "settled", "strategies"]

_MOST_MEDIATORS = 12  # DoWhy tries every subset of them


Weighted = dict[Strategy, float]


def strategies(
    graph: Graph,
    treatment: str,
    outcome: str,
    *,
    unobserved: Collection[str] = (),
    limit: int = 200,
    learnt: bool = False,
) -> tuple[Weighted, str]:
    """Every way to the effect that the class of a graph allows, and how often each.

    Parameters
    ----------
    graph : Graph
        A DAG, CPDAG or MPDAG. Bidirected edges are hidden common causes.
    treatment, outcome : str
        Nodes.
    unobserved : collection of str, optional
        Nodes that no column measures.
    limit : int, optional
        Of the members that are looked at one by one.
    learnt : bool, optional
        Whether the graph was learnt from rows, so that an arc that is not there may
        have been missed. Members in which neither leads to the other are then a
        strategy ``apart`` of their own, and causes of the outcome stand beside the
        treatment's parents, as either alone may lack one that both have.

    Returns
    -------
    mapping of Strategy to float
        Shares of the class's members; they sum to 1.
    how : str
        ``exact``, ``drawn`` or ``equal`` shares.

    Raises
    ------
    GraphError
        If a name is no node, the arcs form a cycle, or the graph has circles, or
        undirected edges beside hidden causes in a class of more than ``limit`` members.
    ValueError
        If treatment and outcome are the same, or one is unobserved.

    Examples
    --------
    >>> g = Graph.from_edges("xyz", directed=[("x", "y")], undirected=[("x", "z")])
    >>> {str(s): share for s, share in strategies(g, "x", "y")[0].items()}
    {'backdoor: nothing to adjust for': 0.5, 'backdoor: z': 0.5}
    """
    check_ends(graph, treatment, outcome)
    hidden = frozenset(unobserved)
    for name in (treatment, outcome):
        if name in hidden:
            raise ValueError(f"{name!r} is an end of the effect and must be observed")
    if (graph.marks == Mark.CIRCLE).any():
        raise GraphError(
            "effects are identified on a DAG, CPDAG or MPDAG; this graph has circles "
            "(it is a PAG). Decide the circles, or leave out the edges"
        )
    graph.topological_order()
    if not hidden and not bidirected(graph).any():
        over, how = _over_class(graph, treatment, outcome, limit)
        return (over if learnt else settled(over)), how
    found: Weighted = {}
    each = _members(graph, limit)
    for member in each:
        strategy = identify(*canonical_dag(member, hidden), treatment, outcome)
        found[strategy] = found.get(strategy, 0.0) + 1 / len(each)
    return found, EXACT


def settled(found: Weighted) -> Weighted:
    """The strategies as of graphs that are known: no path is none, parents suffice."""
    merged: Weighted = {}
    for strategy, weight in found.items():
        plain = Strategy(strategy.kind, strategy.variables)
        one = _NO_PATH if strategy.kind == "apart" else plain
        merged[one] = merged.get(one, 0.0) + weight
    return merged


_NO_PATH = Strategy("no path")


def _over_class(
    graph: Graph, treatment: str, outcome: str, limit: int
) -> tuple[Weighted, str]:
    found: Weighted = {}
    how = EXACT
    for one in parent_sets(graph, treatment, limit=limit):
        strategy = _of_parents(one, treatment, outcome)
        found[strategy] = found.get(strategy, 0.0) + one.share
        how = one.how
    return found, how


def _of_parents(one: ParentSet, treatment: str, outcome: str) -> Strategy:
    """Any set that holds all parents and no descendant of the treatment is right."""
    above = {*one.leaf.ancestors(outcome), outcome}
    if treatment not in above and outcome in one.leaf.ancestors(treatment):
        return _NO_PATH
    reaches = outcome in one.descendants
    between = (one.descendants & above) | {outcome}
    causes = {v for node in between for v in one.leaf.parents(node)}
    beside = causes - one.descendants - {treatment} - set(one.parents)
    return Strategy(
        "backdoor" if reaches else "apart",
        tuple(sorted(one.parents)),
        tuple(sorted(beside)),
    )


def _members(graph: Graph, limit: int) -> list[Graph]:
    """DAGs of the class, bidirected edges kept as they are."""
    if not graph.lines.any():
        return [graph]
    both = bidirected(graph)
    if both.any():
        a, b = (graph.names[k] for k in np.argwhere(both)[0])
        raise GraphError(
            f"the graph has undirected edges beside the common cause {a} <-> {b}; "
            "together they stand for no known class. Direct the undirected edges, or "
            "leave out the bidirected ones"
        )
    found = list(islice(members(graph), limit + 1))
    if len(found) > limit:
        raise GraphError(
            f"the class has more than {limit} members, and with unobserved nodes each "
            "is looked at; direct some edges, or raise limit"
        )
    return found


def identify(
    dag: Graph, hidden: Collection[str], treatment: str, outcome: str
) -> Strategy:
    """How one DAG with hidden nodes identifies the effect.

    Parameters
    ----------
    dag : Graph
        A DAG.
    hidden : collection of str
        Its unobserved nodes.
    treatment, outcome : str
        Observed nodes.

    Returns
    -------
    Strategy
        The parents where all are observed; else any adjustment set if there is one
        (van der Zander, Liskiewicz and Textor 2014, *Constructing separators and
        adjustment sets in ancestral graphs*, Theorem 4); else what DoWhy finds as front
        door, then as instrument.
    """
    if outcome not in dag.descendants(treatment):
        return Strategy("no path")
    parents = dag.parents(treatment)
    if not set(parents) & set(hidden):
        return Strategy("backdoor", tuple(sorted(parents)))
    found = _adjustment(dag, frozenset(hidden), treatment, outcome)
    if found is not None:
        return Strategy("backdoor", found)
    return _through_dowhy(dag, frozenset(hidden), treatment, outcome)


def _adjustment(
    dag: Graph, hidden: frozenset[str], treatment: str, outcome: str
) -> tuple[str, ...] | None:
    """A smallest-by-removal adjustment set, or None if there is none at all."""
    above = {*dag.ancestors(treatment), *dag.ancestors(outcome)}
    causal = ({*dag.descendants(treatment)} & {*dag.ancestors(outcome)}) | {outcome}
    forbidden = causal | {v for c in causal for v in dag.descendants(c)}
    kept = sorted(above - forbidden - hidden - {treatment, outcome})
    marks = dag.marks.copy()
    i = dag.index(treatment)
    for name in causal:
        j = dag.index(name)
        if dag.arcs[i, j]:
            marks[i, j] = marks[j, i] = 0
    without = Graph(dag.names, marks)
    if not without.d_separated(treatment, outcome, kept):
        return None
    for name in tuple(kept):
        fewer = [v for v in kept if v != name]
        if without.d_separated(treatment, outcome, fewer):
            kept = fewer
    return tuple(kept)


def _through_dowhy(
    dag: Graph, hidden: frozenset[str], treatment: str, outcome: str
) -> Strategy:
    between = {*dag.descendants(treatment)} - {*dag.descendants(outcome)} - hidden
    search = len(between - {outcome}) <= _MOST_MEDIATORS
    mediators, instruments = frontdoor_and_instruments(
        dag, hidden, treatment, outcome, frontdoor=search
    )
    if mediators:
        return Strategy("frontdoor", mediators)
    if instruments:
        return Strategy("instrument", instruments)
    return Strategy("not identified")
