"""One graph type for DAG, CPDAG, MPDAG, MAG and PAG: names and edge marks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from llmcd.errors import GraphError

__all__ = ["Edge", "Graph", "Mark"]


class Mark(IntEnum):
    """The mark at one end of an edge.

    Examples
    --------
    >>> Mark.ARROW
    <Mark.ARROW: 2>
    """

    NONE = 0
    CIRCLE = 1
    ARROW = 2
    TAIL = 3


# Plain integers: comparing arrays with enumeration members is slow.
_ARROW, _TAIL = int(Mark.ARROW), int(Mark.TAIL)


def _fixed(matrix: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    matrix.setflags(write=False)
    return matrix


def _eight_bits(given: npt.ArrayLike, n: int) -> npt.NDArray[np.int8]:
    """The marks copied, checked before the cast, which would make 258 an arrow."""
    marks = np.asarray(given)
    if marks.shape != (n, n):
        raise GraphError(
            f"marks must have shape {(n, n)} for {n} names, got {marks.shape}"
        )
    known = np.isin(marks, range(4)) if marks.dtype != np.int8 else (marks & 3) == marks
    if not known.all():
        strange = list(dict.fromkeys(marks[~known].tolist()))
        raise GraphError(
            f"marks must be 0 none, 1 circle, 2 arrow or 3 tail, got {strange[:5]}"
        )
    return np.array(marks, dtype=np.int8)


_SYMBOLS = {
    (Mark.TAIL, Mark.ARROW): "-->",
    (Mark.TAIL, Mark.TAIL): "---",
    (Mark.ARROW, Mark.ARROW): "<->",
    (Mark.CIRCLE, Mark.ARROW): "o->",
    (Mark.CIRCLE, Mark.CIRCLE): "o-o",
    (Mark.CIRCLE, Mark.TAIL): "o--",
}


class Edge(NamedTuple):
    """An edge, written so that an arrow never points left.

    Attributes
    ----------
    a, b : str
        The two ends; for a directed edge the cause and the effect.
    mark : str
        ``-->``, ``---``, ``<->``, ``o->``, ``o-o`` or ``o--``.

    Examples
    --------
    >>> str(Edge("smoke", "lung", "-->"))
    'smoke --> lung'
    """

    a: str
    b: str
    mark: str

    def __str__(self) -> str:
        return f"{self.a} {self.mark} {self.b}"


@dataclass(frozen=True, eq=False)
class Graph:
    """Named nodes and a matrix of edge marks.

    Parameters
    ----------
    names : sequence of str
        Distinct, non-empty node names; their order is the order of ``marks``.
    marks : array of int8, shape (n, n)
        ``marks[i, j]`` is the mark **at j's end** of the edge between i and j:
        0 none, 1 circle, 2 arrow, 3 tail. So ``i --> j`` is ``marks[i, j] == 2``
        and ``marks[j, i] == 3``.

    Raises
    ------
    GraphError
        If names repeat or are empty, the shape is wrong, a mark is unknown, a node
        has an edge to itself, or an edge has a mark at one end only.

    Examples
    --------
    >>> g = Graph.from_edges(["x", "y", "z"], directed=[("x", "z"), ("y", "z")])
    >>> g.parents("z")
    ('x', 'y')
    >>> g.v_structures()
    (('x', 'z', 'y'),)
    >>> print(g)
    x --> z
    y --> z
    """

    names: tuple[str, ...]
    marks: npt.NDArray[np.int8]

    def __post_init__(self) -> None:
        names = tuple(self.names)
        n = len(names)
        if not all(isinstance(v, str) and v for v in names) or len(set(names)) != n:
            raise GraphError(
                f"node names must be distinct, non-empty strings, got {list(names)}"
            )
        marks = _eight_bits(self.marks, n)
        if np.diagonal(marks).any():
            loops = [names[i] for i in np.flatnonzero(np.diagonal(marks))]
            raise GraphError(
                f"a node cannot have an edge to itself, got one at {loops}"
            )
        half = (marks != 0) & (marks.T == 0)
        if half.any():
            i, j = np.argwhere(half)[0]
            raise GraphError(
                f"the edge {names[i]} - {names[j]} must have a mark at both ends, got "
                f"one at {names[j]}'s end only"
            )
        marks.setflags(write=False)
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "marks", marks)

    @classmethod
    def empty(cls, names: Iterable[str]) -> Graph:
        """A graph without edges.

        Examples
        --------
        >>> Graph.empty(["x", "y"]).n_edges
        0
        """
        names = tuple(names)
        return cls(names, np.zeros((len(names), len(names)), dtype=np.int8))

    @classmethod
    def from_edges(
        cls,
        names: Iterable[str],
        *,
        directed: Iterable[tuple[str, str]] = (),
        undirected: Iterable[tuple[str, str]] = (),
        bidirected: Iterable[tuple[str, str]] = (),
    ) -> Graph:
        """Build a graph from lists of edges.

        Parameters
        ----------
        names : iterable of str
            All nodes.
        directed, undirected, bidirected : iterables of (str, str)
            Pairs of names; a directed pair is (cause, effect).

        Raises
        ------
        GraphError
            If an edge names an unknown node or a pair is given twice.

        Examples
        --------
        >>> print(Graph.from_edges("ab", undirected=[("a", "b")]))
        a --- b
        """
        names = tuple(names)
        index = {name: i for i, name in enumerate(names)}
        marks = np.zeros((len(names), len(names)), dtype=np.int8)
        groups = (
            (directed, Mark.TAIL, Mark.ARROW),
            (undirected, Mark.TAIL, Mark.TAIL),
            (bidirected, Mark.ARROW, Mark.ARROW),
        )
        for edges, at_first, at_second in groups:
            for a, b in edges:
                if a not in index or b not in index:
                    missing = a if a not in index else b
                    raise GraphError(
                        f"edge ({a}, {b}): no node is named {missing!r}, the nodes "
                        f"are {list(names)}"
                    )
                i, j = index[a], index[b]
                if marks[i, j]:
                    raise GraphError(f"the pair ({a}, {b}) is given more than once")
                marks[i, j], marks[j, i] = at_second, at_first
        return cls(names, marks)

    @classmethod
    def from_directed_matrix(
        cls, names: Iterable[str], adjacency: npt.ArrayLike
    ) -> Graph:
        """Build a graph from ``adjacency[i, j]`` true meaning ``i -> j``.

        Both entries true mean an undirected edge.

        Raises
        ------
        GraphError
            If the shape is not that of the names, or a node has an edge to itself.

        Examples
        --------
        >>> print(Graph.from_directed_matrix("ab", [[0, 1], [0, 0]]))
        a --> b
        """
        names = tuple(names)
        n = len(names)
        arc = np.asarray(adjacency).astype(bool)
        if arc.shape != (n, n):
            raise GraphError(
                f"adjacency must have shape {(n, n)} for {n} names, got {arc.shape}"
            )
        marks = np.zeros(arc.shape, dtype=np.int8)
        marks[arc & ~arc.T] = _ARROW
        marks[arc.T] = _TAIL
        return cls(names, marks)

    # --- identity -----------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        """Equal when both have the same nodes and the same edges, in any order."""
        if not isinstance(other, Graph):
            return NotImplemented
        if self.names == other.names:
            return bool(np.array_equal(self.marks, other.marks))
        if set(self.names) != set(other.names):
            return False
        return bool(np.array_equal(self.marks, other.reorder(self.names).marks))

    def __hash__(self) -> int:
        # In the order of the names: equal graphs may differ in the order of nodes.
        order = sorted(range(len(self.names)), key=self.names.__getitem__)
        marks = self.marks[np.ix_(order, order)]
        return hash((tuple(self.names[i] for i in order), marks.tobytes()))

    def __str__(self) -> str:
        return "\n".join(map(str, self.edges())) or "(no edges)"

    def __repr__(self) -> str:
        return f"<Graph: {len(self.names)} nodes, {self.n_edges} edges>"

    # --- reading ------------------------------------------------------------------

    def index(self, name: str) -> int:
        """Position of a node.

        Raises
        ------
        GraphError
            If there is no such node.

        Examples
        --------
        >>> Graph.empty("ab").index("b")
        1
        """
        try:
            return self.names.index(name)
        except ValueError:
            raise GraphError(
                f"no node is named {name!r}; the nodes are {list(self.names)}"
            ) from None

    @property
    def n_edges(self) -> int:
        """Number of edges of any kind."""
        return int(np.count_nonzero(np.triu(self.marks)))

    @cached_property
    def arcs(self) -> npt.NDArray[np.bool_]:
        """Read-only boolean matrix: ``arcs[i, j]`` is true when ``i --> j``."""
        return _fixed((self.marks == _ARROW) & (self.marks.T == _TAIL))

    @cached_property
    def lines(self) -> npt.NDArray[np.bool_]:
        """Read-only boolean symmetric matrix: true where ``i --- j``."""
        return _fixed((self.marks == _TAIL) & (self.marks.T == _TAIL))

    @cached_property
    def adjacencies(self) -> npt.NDArray[np.bool_]:
        """Read-only boolean symmetric matrix: true where there is any edge."""
        return _fixed(self.marks != 0)

    def edges(self) -> Iterator[Edge]:
        """All edges in node order; an arrow points to the second name.

        Examples
        --------
        >>> list(Graph.from_edges("ab", directed=[("b", "a")]).edges())
        [Edge(a='b', b='a', mark='-->')]
        """
        for i, j in np.argwhere(np.triu(self.adjacencies)):
            at_i, at_j = Mark(self.marks[j, i]), Mark(self.marks[i, j])
            if (at_i, at_j) in _SYMBOLS:
                yield Edge(self.names[i], self.names[j], _SYMBOLS[at_i, at_j])
            else:
                yield Edge(self.names[j], self.names[i], _SYMBOLS[at_j, at_i])

    def edge(self, a: str, b: str) -> Edge | None:
        """The edge between two nodes, or None.

        Examples
        --------
        >>> Graph.from_edges("ab", directed=[("b", "a")]).edge("a", "b")
        Edge(a='b', b='a', mark='-->')
        """
        i, j = self.index(a), self.index(b)
        if not self.marks[i, j]:
            return None
        at_i, at_j = Mark(self.marks[j, i]), Mark(self.marks[i, j])
        if (at_i, at_j) in _SYMBOLS:
            return Edge(a, b, _SYMBOLS[at_i, at_j])
        return Edge(b, a, _SYMBOLS[at_j, at_i])

    def directed_edges(self) -> tuple[tuple[str, str], ...]:
        """All (cause, effect) pairs."""
        return tuple((self.names[i], self.names[j]) for i, j in np.argwhere(self.arcs))

    def undirected_edges(self) -> tuple[tuple[str, str], ...]:
        """All undirected pairs, each once, in node order."""
        pairs = np.argwhere(np.triu(self.lines))
        return tuple((self.names[i], self.names[j]) for i, j in pairs)

    def adjacent(self, a: str, b: str) -> bool:
        """Whether there is an edge of any kind between a and b."""
        return bool(self.marks[self.index(a), self.index(b)])

    def _named(self, mask: npt.NDArray[np.bool_]) -> tuple[str, ...]:
        return tuple(self.names[i] for i in np.flatnonzero(mask))

    def parents(self, name: str) -> tuple[str, ...]:
        """Nodes with ``x --> name``."""
        return self._named(self.arcs[:, self.index(name)])

    def children(self, name: str) -> tuple[str, ...]:
        """Nodes with ``name --> x``."""
        return self._named(self.arcs[self.index(name)])

    def neighbours(self, name: str) -> tuple[str, ...]:
        """Nodes with ``x --- name`` (undirected edges only)."""
        return self._named(self.lines[self.index(name)])

    def ancestors(self, name: str) -> tuple[str, ...]:
        """Nodes with a directed path to ``name``, itself left out."""
        i = self.index(name)
        return tuple(v for v in self._named(self.reach()[:, i]) if v != name)

    def descendants(self, name: str) -> tuple[str, ...]:
        """Nodes with a directed path from ``name``, itself left out."""
        i = self.index(name)
        return tuple(v for v in self._named(self.reach()[i]) if v != name)

    def reach(self) -> npt.NDArray[np.bool_]:
        """Boolean matrix: true where a directed path of length >= 1 leads i to j."""
        reach = self.arcs.copy()
        for k in range(len(self.names)):
            reach |= np.outer(reach[:, k], reach[k])
        return reach

    def skeleton(self) -> Graph:
        """The same adjacencies, all undirected."""
        marks = np.where(self.adjacencies, np.int8(Mark.TAIL), np.int8(0))
        return Graph(self.names, marks)

    def v_structures(self) -> tuple[tuple[str, str, str], ...]:
        """Unshielded colliders ``a --> c <-- b`` as (a, c, b), a before b in order.

        Examples
        --------
        >>> Graph.from_edges("abc", directed=[("a", "b"), ("b", "c")]).v_structures()
        ()
        """
        found: list[tuple[str, str, str]] = []
        for c, name in enumerate(self.names):
            into = np.flatnonzero(self.arcs[:, c])
            for p, i in enumerate(into):
                found.extend(
                    (self.names[i], name, self.names[j])
                    for j in into[p + 1 :]
                    if not self.marks[i, j]
                )
        return tuple(found)

    # --- classes of graphs --------------------------------------------------------

    def topological_order(self) -> tuple[str, ...]:
        """Nodes so that every arc points forward; undirected edges do not count.

        Ties are resolved by node order.

        Raises
        ------
        GraphError
            If the arcs form a cycle; one cycle is named.

        Examples
        --------
        >>> Graph.from_edges("abc", directed=[("c", "a")]).topological_order()
        ('b', 'c', 'a')
        """
        arcs = self.arcs
        waiting = arcs.sum(axis=0)
        done = np.zeros(len(self.names), dtype=bool)
        order: list[int] = []
        for _ in self.names:
            free = np.flatnonzero(~done & (waiting == 0))
            if not free.size:
                raise GraphError(f"the arcs form a cycle: {self._a_cycle(~done)}")
            node = int(free[0])
            order.append(node)
            done[node] = True
            waiting = waiting - arcs[node]
        return tuple(self.names[i] for i in order)

    def _a_cycle(self, within: npt.NDArray[np.bool_]) -> str:
        # Every node left over has a predecessor left over: walk back until one repeats.
        arcs = self.arcs & np.outer(within, within)
        path = [int(np.flatnonzero(within)[0])]
        while True:
            before = int(np.flatnonzero(arcs[:, path[-1]])[0])
            if before in path:
                loop = [before, *reversed(path[path.index(before) :])]
                return " --> ".join(self.names[i] for i in loop)
            path.append(before)

    @property
    def is_acyclic(self) -> bool:
        """Whether the arcs form no directed cycle (undirected edges do not count)."""
        reach = self.reach()
        return not bool(np.diagonal(reach).any())

    @property
    def is_dag(self) -> bool:
        """Whether every edge is an arc and no directed cycle exists."""
        arcs = self.arcs
        return bool(np.array_equal(arcs | arcs.T, self.adjacencies)) and self.is_acyclic

    def d_separated(
        self, x: str | Iterable[str], y: str | Iterable[str], given: Iterable[str] = ()
    ) -> bool:
        """Whether two sets of nodes of a DAG are d-separated by a third.

        Parameters
        ----------
        x, y : str or iterable of str
            A node name (a string is one name, not its letters) or several.
        given : iterable of str
            The conditioning set.

        Raises
        ------
        GraphError
            If the graph is not a DAG, a name is unknown or the sets overlap.

        Notes
        -----
        Moralised ancestral graph (Lauritzen 1996, Proposition 3.25).

        Examples
        --------
        >>> g = Graph.from_edges("xyz", directed=[("x", "z"), ("y", "z")])
        >>> g.d_separated("x", "y"), g.d_separated("x", "y", ["z"])
        (True, False)
        """
        if not self.is_dag:
            raise GraphError("d-separation is defined on a DAG; this graph is not one")
        xs = self._positions(x)
        ys = self._positions(y)
        zs = self._positions(given)
        shared = [self.names[i] for i in sorted((xs & ys) | (xs & zs) | (ys & zs))]
        if shared:
            raise GraphError(
                f"x, y and given must not share a node, got {shared} twice"
            )
        arcs = self.arcs
        keep = self._ancestral(xs | ys | zs)
        sub = arcs & np.outer(keep, keep)
        moral = sub | sub.T | ((sub.astype(np.int64) @ sub.T.astype(np.int64)) > 0)
        reached, front = set(xs), list(xs)
        while front:
            node = front.pop()
            for other in np.flatnonzero(moral[node]):
                step = int(other)
                if step in ys:
                    return False
                if step not in reached and step not in zs:
                    reached.add(step)
                    front.append(step)
        return True

    def _positions(self, nodes: str | Iterable[str]) -> set[int]:
        each = [nodes] if isinstance(nodes, str) else nodes
        return {self.index(name) for name in each}

    def _ancestral(self, nodes: set[int]) -> npt.NDArray[np.bool_]:
        keep = np.zeros(len(self.names), dtype=bool)
        keep[list(nodes)] = True
        arcs = self.arcs
        while True:
            wider = keep | arcs[:, keep].any(axis=1)
            if np.array_equal(wider, keep):
                return keep
            keep = wider

    # --- changing (always a new graph) ----------------------------------------------

    def reorder(self, names: Sequence[str]) -> Graph:
        """The same graph with its nodes in another order.

        Raises
        ------
        GraphError
            If ``names`` are not the same nodes.

        Examples
        --------
        >>> Graph.empty("ab").reorder(["b", "a"]).names
        ('b', 'a')
        """
        if len(names) != len(self.names) or set(names) != set(self.names):
            odd = sorted(set(names) ^ set(self.names))
            twice = sorted({v for v in names if list(names).count(v) > 1})
            wrong = f"differing: {odd}" if odd else f"repeated: {twice}"
            raise GraphError(f"the new order must hold the same nodes once; {wrong}")
        at = {name: k for k, name in enumerate(self.names)}
        take = [at[name] for name in names]
        return Graph(tuple(names), self.marks[np.ix_(take, take)])

    def rename(self, new_names: Mapping[str, str]) -> Graph:
        """The same graph with some nodes renamed.

        Examples
        --------
        >>> Graph.empty("ab").rename({"a": "x"}).names
        ('x', 'b')
        """
        return Graph(tuple(new_names.get(v, v) for v in self.names), self.marks)

    def with_nodes(self, names: Sequence[str]) -> Graph:
        """The same edges among more nodes, in the given order.

        Raises
        ------
        GraphError
            If a node of this graph is not among ``names``.

        Examples
        --------
        >>> Graph.empty("ab").with_nodes(["a", "b", "c"]).names
        ('a', 'b', 'c')
        """
        missing = sorted(set(self.names) - set(names))
        if missing:
            raise GraphError(
                f"these nodes of the graph are not in the names: {missing}"
            )
        marks = np.zeros((len(names), len(names)), dtype=np.int8)
        at = [list(names).index(v) for v in self.names]
        marks[np.ix_(at, at)] = self.marks
        return Graph(tuple(names), marks)
