"""How far apart two graphs are in what they say about interventions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from llmcd.equivalence import (
    consistent_extension,
    is_cpdag,
    is_mpdag,
    members,
    orient,
)
from llmcd.errors import GraphError
from llmcd.graph import Graph
from llmcd.metrics.graphs import aligned

__all__ = [
    "Adjustment",
    "Bounds",
    "aid",
    "sid",
    "sid_bounds",
]

Adjustment = Literal["parent", "ancestor", "oset"]

#
# Sets of nodes are integers here: bit v stands for node v. A graph is asked for the
# effect of t on y and answers "none", "no adjustment finds it" or "adjust for z"; the
# answer is held against the true class.

Bits = int


def _bits(row: npt.NDArray[np.bool_]) -> Bits:
    return int.from_bytes(np.packbits(row, bitorder="little").tobytes(), "little")


def _rows(matrix: npt.NDArray[np.bool_]) -> list[Bits]:
    return [_bits(row) for row in matrix]


def _each(nodes: Bits) -> Iterator[int]:
    while nodes:
        low = nodes & -nodes
        yield low.bit_length() - 1
        nodes ^= low


def _union(sets: Sequence[Bits], nodes: Bits) -> Bits:
    found = 0
    for v in _each(nodes):
        found |= sets[v]
    return found


@dataclass(frozen=True)
class _Family:
    """A DAG as bit sets; ``above`` and ``below`` are ancestors and descendants."""

    parents: list[Bits]
    children: list[Bits]
    above: list[Bits]
    below: list[Bits]

    @classmethod
    def of(cls, graph: Graph) -> _Family:
        reach = graph.reach()
        return cls(_rows(graph.arcs.T), _rows(graph.arcs), _rows(reach.T), _rows(reach))

    def invalid(self, t: int, z: Bits) -> Bits:
        """All y for which z is no valid adjustment set for the effect of t.

        The adjustment criterion (Shpitser, VanderWeele and Robins 2010): z holds no
        descendant of a node, other than t, on a causal path from t to y, and blocks
        every other path.
        """
        onto_z = z | _union(self.above, z)
        spoilt = self.below[t] & onto_z
        return z | spoilt | _union(self.below, spoilt) | self._open(t, z, onto_z)

    def _open(self, t: int, z: Bits, onto_z: Bits) -> Bits:
        """What walks from t reach that z leaves open and that turn against an arrow.

        Reachability over (node, how it was entered) as in Henckel, Wuertzen and
        Weichwald (2024). A collider is open when z holds it or a
        descendant of it (``onto_z``).
        """
        without_t = ~(1 << t)
        forward, turned_down, turned_up = 0, 0, 0  # entered so far, by kind of walk
        new_forward, new_down, new_up = self.children[t], 0, self.parents[t]
        while new_forward or new_down or new_up:
            forward |= new_forward
            turned_down |= new_down
            turned_up |= new_up
            free_up = new_up & ~z
            up = _union(self.parents, free_up | ((new_forward | new_down) & onto_z))
            down = _union(self.children, free_up | (new_down & ~z))
            ahead = _union(self.children, new_forward & ~z)
            new_forward = ahead & without_t & ~forward
            new_down = down & without_t & ~turned_down
            new_up = up & without_t & ~turned_up
        return turned_down | turned_up


@dataclass(frozen=True)
class _Claims:
    """What a DAG, CPDAG or MPDAG says of every pair before any adjustment.

    ``possible[t]`` holds what t causes in some member of the class, ``unclear[t]``
    those of them whose effect no adjustment identifies.
    """

    possible: list[Bits]
    unclear: list[Bits]

    @classmethod
    def of(cls, graph: Graph) -> _Claims:
        below = _rows(graph.reach())
        lines = _rows(graph.lines)
        if not any(lines):
            return cls(below, [0] * len(below))
        onward = _rows(graph.arcs | graph.lines)
        closed = None if is_cpdag(graph) else graph
        unclear: list[Bits] = []
        for t, near in enumerate(lines):
            found = 0
            for w in _each(near):
                if closed is None:  # no walk along arrows and lines runs in a circle
                    found |= _walk(onward, w, 1 << t)
                else:
                    directed = orient(closed, closed.names[t], closed.names[w])
                    found |= _unshielded_walk(directed, w)
            unclear.append(found)
        return cls([b | u for b, u in zip(below, unclear, strict=True)], unclear)


def _walk(onward: Sequence[Bits], start: int, never: Bits) -> Bits:
    """What can be reached without entering ``never``, the start included."""
    found, new = 0, 1 << start
    while new:
        found |= new
        new = _union(onward, new) & ~found & ~never
    return found


def _unshielded_walk(graph: Graph, start: int) -> Bits:
    """What ``start`` causes in some member of an MPDAG's class, itself included.

    Perković, Kalisch and Maathuis (2017), *Interpreting and using CPDAGs with
    background knowledge*: it is enough to look at paths whose neighbours
    but one are not adjacent, and at one edge of them at a time.
    """
    onward, adjacent = _rows(graph.arcs | graph.lines), _rows(graph.adjacencies)
    found, waiting = 1 << start, [(start, v) for v in _each(onward[start])]
    seen = set(waiting)
    while waiting:
        before, v = waiting.pop()
        found |= 1 << v
        for w in _each(onward[v] & ~adjacent[before] & ~(1 << before)):
            if (v, w) not in seen:
                seen.add((v, w))
                waiting.append((v, w))
    return found


def _comparable(truth: Graph, estimate: Graph) -> tuple[Graph, Graph]:
    """Aligned, and each the picture of a class of DAGs."""
    truth, estimate = aligned(truth, estimate)
    for role, graph in (("truth", truth), ("estimate", estimate)):
        if not (graph.is_dag or is_mpdag(graph)):
            raise GraphError(
                f"the {role} must be a DAG, CPDAG or MPDAG; it has a cycle, other "
                "marks, or lines that Meek's rules would direct"
            )
    return truth, estimate


def aid(*, truth: Graph, estimate: Graph, adjustment: Adjustment = "ancestor") -> int:
    """Adjustment identification distance: wrong recipes for causal effects.

    For every ordered pair (t, y) the estimate says either that t has no effect on y,
    or that no adjustment set identifies the effect, or which set to adjust for. The
    distance counts the pairs for which that is wrong in the truth.

    Parameters
    ----------
    truth, estimate : Graph
        DAGs, CPDAGs or MPDAGs over the same nodes.
    adjustment : {"parent", "ancestor", "oset"}, optional
        The set that is read off the estimate: the parents of t, its ancestors, or the
        set of Henckel, Perković and Maathuis (2022), which has the least variance.
        By its parents a graph says "no effect" only for the parents of t, by the
        other two for all that t cannot cause.

    Returns
    -------
    int
        Number of wrong pairs, of p (p - 1).

    Raises
    ------
    GraphError
        If the nodes differ or a graph stands for no class of DAGs.
    ValueError
        If the adjustment is unknown.

    Notes
    -----
    Henckel, Würtzen and Weichwald (2024), *Adjustment identification distance: a
    gadjid for causal structure learning*. An effect that adjustment
    cannot identify in one graph but in the other counts as wrong, so that an estimated
    CPDAG pays for every edge that it leaves open when the truth is a DAG. For an MPDAG
    the classes are those of Perković, Kalisch and Maathuis (2017). With a DAG on both
    sides, the parent distance is the SID.

    Examples
    --------
    >>> dag = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c")])
    >>> turned = Graph.from_edges("abc", directed=[("b", "a"), ("b", "c")])
    >>> aid(truth=dag, estimate=turned), aid(truth=dag, estimate=dag)
    (3, 0)
    """
    if adjustment not in ("parent", "ancestor", "oset"):
        raise ValueError(
            f"adjustment must be 'parent', 'ancestor' or 'oset', got {adjustment!r}"
        )
    return _wrong_pairs(*_comparable(truth, estimate), adjustment)


def _wrong_pairs(truth: Graph, estimate: Graph, adjustment: Adjustment) -> int:
    # Where the effect is identified at all, an adjustment set that is valid in one
    # member of a class is valid in all of them: one member is enough.
    some = consistent_extension(truth) if truth.lines.any() else truth
    member = _Family.of(some)
    fact, said = _Claims.of(truth), _Claims.of(estimate)
    drawn = _Family.of(estimate)
    everyone = (1 << len(truth.names)) - 1
    wrong = 0
    for t in range(len(truth.names)):
        others = everyone & ~(1 << t)
        effects = said.possible[t]
        if adjustment == "parent":
            effects = others & ~drawn.parents[t]
        wrong += (others & ~effects & fact.possible[t]).bit_count()
        unclear = said.unclear[t]
        wrong += (effects & (unclear ^ fact.unclear[t])).bit_count()
        left = effects & ~unclear & ~fact.unclear[t]
        if adjustment == "oset":
            for y in _each(left):
                wrong += member.invalid(t, _oset(drawn, t, y)) >> y & 1
        else:
            z = drawn.parents[t] if adjustment == "parent" else drawn.above[t]
            wrong += (left & member.invalid(t, z)).bit_count()
    return wrong


def _oset(drawn: _Family, t: int, y: int) -> Bits:
    """Parents of the nodes on causal paths from t to y, without what t causes."""
    on_paths = drawn.below[t] & (drawn.above[y] | 1 << y)
    return _union(drawn.parents, on_paths) & ~drawn.below[t] & ~(1 << t)


def sid(*, truth: Graph, estimate: Graph) -> int:
    """Structural intervention distance between two DAGs.

    Parameters
    ----------
    truth, estimate : Graph
        DAGs over the same nodes; see ``sid_bounds`` for an estimated CPDAG.

    Returns
    -------
    int
        Number of ordered pairs (t, y), of p (p - 1), whose intervention distribution
        of y under do(t) comes out wrong when it is computed with the parents that t
        has in the estimate.

    Raises
    ------
    GraphError
        If the nodes differ or a graph is no DAG.

    Notes
    -----
    Peters and Bühlmann (2015), *Structural intervention distance for evaluating causal
    graphs*, who show that it is the parent-adjustment count computed here. Not
    symmetric; a complete DAG with a correct order has distance 0.

    Examples
    --------
    >>> dag = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c")])
    >>> sid(truth=dag, estimate=Graph.empty("abc"))
    3
    """
    truth, estimate = _comparable(truth, estimate)
    for role, graph in (("truth", truth), ("estimate", estimate)):
        if graph.lines.any():
            raise GraphError(
                f"the {role} must be a DAG; sid_bounds takes an estimated CPDAG"
            )
    return _wrong_pairs(truth, estimate, "parent")


class Bounds(NamedTuple):
    """Least and greatest distance over the members of an estimated class.

    Attributes
    ----------
    lower, upper : int
        The bounds.
    exact : bool
        Whether a member attains each of them; otherwise they hold but may be wider
        than need be.
    """

    lower: int
    upper: int
    exact: bool


def sid_bounds(*, truth: Graph, estimate: Graph, limit: int = 50_000) -> Bounds:
    """Structural intervention distance of the best and the worst member of a class.

    Parameters
    ----------
    truth : Graph
        A DAG.
    estimate : Graph
        A DAG, CPDAG or MPDAG over the same nodes.
    limit : int, optional
        Most steps of the search in one undirected component; beyond it, bounds that
        add up the best and the worst parents of each of its nodes on its own.

    Returns
    -------
    Bounds

    Raises
    ------
    GraphError
        If the nodes differ, the truth is no DAG or the estimate stands for no class.

    Notes
    -----
    Peters and Bühlmann (2015), their extension to CPDAGs, here with exact bounds for
    components of more than eight nodes too. Undirected components are directed without
    regard to each other. Rooting one in each of its nodes leaves smaller ones (He, Jia
    and Yu 2015, *Counting and exploring sizes of Markov equivalence classes*), whose
    extremes are remembered. Where knowledge has directed edges inside a component, its
    orientations are enumerated, each for 20 steps.

    Examples
    --------
    >>> dag = Graph.from_edges("ab", directed=[("a", "b")])
    >>> sid_bounds(truth=dag, estimate=dag.skeleton())
    Bounds(lower=0, upper=2, exact=True)
    """
    truth, estimate = _comparable(truth, estimate)
    if truth.lines.any():
        raise GraphError("the truth must be a DAG")
    cost = _parent_cost(_Family.of(truth), _rows(estimate.arcs.T))
    lines = _rows(estimate.lines)
    low, high, exact = 0, 0, True
    for part in _parts((1 << len(lines)) - 1, lines):
        try:
            ends = _extremes(estimate, part, cost, limit)
        except _TooManyError:
            ends = _local_extremes(part, lines, _rows(estimate.adjacencies), cost)
            exact = False
        low, high = low + ends[0], high + ends[1]
    return Bounds(low, high, exact)


class _TooManyError(Exception):
    """The search for the extreme members takes more steps than allowed."""


Cost = Callable[[int, Bits], int]
Ends = tuple[int, int]


def _parent_cost(true: _Family, into: list[Bits]) -> Cost:
    """Wrong pairs (t, y) when t has more parents than ``into[t]``, remembered."""
    everyone = (1 << len(into)) - 1
    known: dict[tuple[int, Bits], int] = {}

    def cost(t: int, more: Bits) -> int:
        parents = into[t] | more
        if (t, parents) not in known:
            wrong = parents & true.below[t]
            wrong |= true.invalid(t, parents) & ~parents & everyone & ~(1 << t)
            known[t, parents] = wrong.bit_count()
        return known[t, parents]

    return cost


def _parts(nodes: Bits, lines: Sequence[Bits]) -> list[Bits]:
    found: list[Bits] = []
    while nodes:
        found.append(_walk(lines, _first(nodes), 0))
        nodes &= ~found[-1]
    return found


def _first(nodes: Bits) -> int:
    return (nodes & -nodes).bit_length() - 1


def _extremes(estimate: Graph, part: Bits, cost: Cost, limit: int) -> Ends:
    """Least and greatest sum of costs over the orientations of a component."""
    at = list(_each(part))
    block = np.ix_(at, at)
    if not estimate.arcs[block].any():
        return _Rooting(_rows(estimate.lines), cost, limit).extremes(part, 0)
    inside = Graph(tuple(estimate.names[v] for v in at), estimate.marks[block])
    totals: list[int] = []
    for member in members(inside):
        if 20 * len(totals) >= limit:
            raise _TooManyError
        drawn = np.zeros((len(at), len(estimate.names)), dtype=bool)
        drawn[:, at] = member.arcs.T
        totals.append(sum(cost(t, z) for t, z in zip(at, _rows(drawn), strict=True)))
    return min(totals), max(totals)


class _Rooting:
    """Extremes of a sum of costs over the orientations of undirected components.

    After rooting, all nodes of a smaller component have the same parents in the larger
    one, so that its extremes can be remembered by itself and these parents.
    """

    def __init__(self, lines: list[Bits], cost: Cost, limit: int) -> None:
        self.lines, self.cost, self.left = lines, cost, limit
        self.known: dict[tuple[Bits, Bits], Ends] = {}

    def extremes(self, part: Bits, above: Bits) -> Ends:
        if part & (part - 1) == 0:
            alone = self.cost(_first(part), above)
            return alone, alone
        if (part, above) not in self.known:
            every = [self.rooted(part, above, root) for root in _each(part)]
            low, high = min(low for low, _ in every), max(high for _, high in every)
            self.known[part, above] = low, high
        return self.known[part, above]

    def rooted(self, part: Bits, above: Bits, root: int) -> Ends:
        self.left -= 1
        if self.left < 0:
            raise _TooManyError
        parents, undirected = self.spread(part, root)
        low = high = 0
        for smaller in _parts(part, undirected):
            ends = self.extremes(smaller, above | parents[_first(smaller)])
            low, high = low + ends[0], high + ends[1]
        return low, high

    def spread(self, part: Bits, root: int) -> tuple[dict[int, Bits], list[Bits]]:
        """Parents that follow from the root by Meek's first rule, and lines left."""
        parents: dict[int, Bits] = dict.fromkeys(_each(part), 0)
        lines = [near & part if part >> v & 1 else 0
                 for v, near in enumerate(self.lines)]  # fmt: skip
        waiting = [(root, w) for w in _each(lines[root])]
        while waiting:
            a, b = waiting.pop()
            if parents[b] >> a & 1:
                continue
            parents[b] |= 1 << a
            lines[a] &= ~(1 << b)
            lines[b] &= ~(1 << a)
            waiting.extend((b, c) for c in _each(lines[b] & ~self.lines[a]))
        return parents, lines


_MOST_CLIQUES = 4096  # of one node's neighbours; beyond it, 0 to p - 1 wrong pairs


def _local_extremes(
    part: Bits, lines: list[Bits], adjacent: list[Bits], cost: Cost
) -> Ends:
    """Sums of the best and worst parents of each node, whatever the others have.

    Neighbours can be parents together only where they are adjacent to each other.
    """
    low = high = 0
    for t in _each(part):
        some = list(islice(_cliques(lines[t], adjacent), _MOST_CLIQUES + 1))
        if len(some) > _MOST_CLIQUES:
            high += len(lines) - 1
            continue
        costs = [cost(t, more) for more in some]
        low, high = low + min(costs), high + max(costs)
    return low, high


def _cliques(nodes: Bits, adjacent: list[Bits]) -> Iterator[Bits]:
    yield 0
    while nodes:
        v = _first(nodes)
        nodes &= nodes - 1
        for smaller in _cliques(nodes & adjacent[v], adjacent):
            yield smaller | 1 << v
