"""The PC algorithm: stable skeleton, majority-rule colliders, always a legal result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.data.table import Table
from llmcd.discovery.causal_learn import skeleton
from llmcd.discovery.independence import (
    FITS,
    DegenerateGaussian,
    FisherZ,
    Test,
    choose_test,
    discrete_test,
    embed,
)
from llmcd.equivalence import cpdag, is_extendable, mpdag
from llmcd.equivalence import consistent_extension as extension
from llmcd.graph import Graph

__all__ = ["PC", "build_test", "pc_search"]

Bools = npt.NDArray[np.bool_]
Pair = tuple[int, int]


@dataclass(frozen=True)
class PC:
    """The PC algorithm.

    Parameters
    ----------
    alpha : float, optional
        Level of the tests, between 0 and 1.
    max_conditioning : int, optional
        Largest conditioning set; None for no limit.
    test : {"auto", "fisher_z", "g2", "chi2", "degenerate_gaussian"}, optional
        ``auto`` goes by the kinds of the columns.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    Spirtes, Glymour and Scheines (2000), section 5.4.2; the order-independent skeleton
    of Colombo and Maathuis (2014), section 4.1; colliders by majority over the
    separating sets found (their section 4.2), taken by strength and only as far as
    they fit together.

    Examples
    --------
    >>> PC(alpha=0.05).alpha
    0.05
    """

    alpha: float = 0.01
    max_conditioning: int | None = None
    test: str = "auto"

    name: ClassVar[str] = "pc"
    honours: ClassVar[frozenset[str]] = frozenset({"required", "forbidden", "tiers"})

    def __post_init__(self) -> None:
        if not 0.0 < self.alpha < 1.0:
            raise ValueError(f"alpha must be between 0 and 1, got {self.alpha!r}")
        if self.max_conditioning is not None and self.max_conditioning < 0:
            raise ValueError(
                f"max_conditioning must be 0 or more, got {self.max_conditioning!r}"
            )
        if self.test not in ("auto", *FITS):
            raise ValueError(
                f"test must be 'auto' or one of {sorted(FITS)}, got {self.test!r}"
            )

    def check(self, table: Table) -> str:
        """The test that will be used.

        Raises
        ------
        ValueError
            If the test that was asked for does not fit the table.
        """
        return choose_test(self.test, table.family)

    def search(
        self,
        table: Table,
        background: Background | None = None,
        *,
        weights: npt.NDArray[np.int64] | None = None,
    ) -> Graph:
        """Search one table.

        Parameters
        ----------
        table : Table
            The checked table.
        background : Background, optional
            Obeyed exactly.
        weights : array of int, shape (n_rows,), optional
            How often each row counts; for resampling.

        Returns
        -------
        Graph
            A legal CPDAG, or MPDAG under background knowledge, over ``table.names``.
        """
        test = build_test(self.check(table), table, weights)
        return pc_search(
            test,
            table.names,
            background or Background(),
            alpha=self.alpha,
            max_conditioning=self.max_conditioning,
        )


def build_test(
    name: str, table: Table, weights: npt.NDArray[np.int64] | None
) -> Test:
    """A test of conditional independence on (resampled) rows of a table.

    Parameters
    ----------
    name : str
        ``fisher_z``, ``g2``, ``chi2`` or ``degenerate_gaussian``.
    table : Table
        The checked table.
    weights : array of int, shape (n_rows,), or None
        How often each row counts.

    Returns
    -------
    callable
        ``(i, j, given) -> p``.
    """
    rows = np.arange(table.n_rows)
    rows = rows if weights is None else np.repeat(rows, weights)
    if name == "degenerate_gaussian":
        values, blocks = embed(table)
        return DegenerateGaussian(values[rows], blocks)
    if name == "fisher_z":
        return FisherZ(table.values[rows])
    return discrete_test(name, table.values[rows].astype(np.int64))


class _Remembering:
    """A test that answers twice-asked questions once and keeps what separates."""

    def __init__(self, test: Test, alpha: float, never: Bools, always: Bools) -> None:
        self._test = test
        self.alpha = alpha
        self._never = never
        self._always = always
        self._known: dict[tuple[int, int, tuple[int, ...]], float] = {}

    def __call__(self, i: int, j: int, given: Sequence[int]) -> float:
        if self._always[i, j]:
            return 0.0
        if self._never[i, j]:
            return 1.0
        return self.ask(i, j, given)

    def ask(self, i: int, j: int, given: Sequence[int]) -> float:
        key = (min(i, j), max(i, j), tuple(sorted(given)))
        if key not in self._known:
            p = self._test(*key)
            # A test that is undefined says nothing against independence.
            self._known[key] = 1.0 if np.isnan(p) else p
        return self._known[key]

    def separating(self) -> dict[Pair, list[tuple[tuple[int, ...], float]]]:
        """For each pair the sets that separate it, with their p-values."""
        found: dict[Pair, list[tuple[tuple[int, ...], float]]] = {}
        for (i, j, given), p in sorted(self._known.items()):
            if p > self.alpha and not self._always[i, j]:
                found.setdefault((i, j), []).append((given, p))
        return found


def pc_search(
    test: Test,
    names: Sequence[str],
    background: Background,
    *,
    alpha: float,
    max_conditioning: int | None = None,
) -> Graph:
    """PC with any test of conditional independence.

    Parameters
    ----------
    test : callable
        ``(i, j, given) -> p`` over positions in ``names``.
    names : sequence of str
        The variables, in an order that depends on their content only.
    background : Background
        Obeyed exactly: a pair forbidden in both directions is never tested.
    alpha : float
        Level of the tests.
    max_conditioning : int, optional
        Largest conditioning set.

    Returns
    -------
    Graph
        A legal CPDAG, or MPDAG under background knowledge.

    Examples
    --------
    >>> truth = Graph.from_edges("abc", directed=[("a", "c"), ("b", "c")])
    >>> def oracle(i, j, given):
    ...     rest = ["abc"[k] for k in given]
    ...     return float(truth.d_separated("abc"[i], "abc"[j], rest))
    >>> print(pc_search(oracle, "abc", Background(), alpha=0.5))
    a --> c
    b --> c
    """
    forbidden = background.forbidden_matrix(names)
    required = background.required_matrix(names)
    asked = _Remembering(
        test, alpha, forbidden & forbidden.T, required | required.T
    )
    adjacent = skeleton(
        asked, len(names), alpha=alpha, max_conditioning=max_conditioning
    )
    given = _known_arcs(adjacent, forbidden, required, asked)
    arcs = given.copy()
    for triple in _colliders(adjacent, asked, max_conditioning):
        _accept(arcs, triple, forbidden, adjacent)
    dag = _to_dag(tuple(names), adjacent, arcs)
    edges = [(names[i], names[j]) for i, j in np.argwhere(given & adjacent)]
    return mpdag(cpdag(dag), edges)


def _known_arcs(
    adjacent: Bools, forbidden: Bools, required: Bools, asked: _Remembering
) -> Bools:
    """Arcs that background knowledge leaves no choice about, made acyclic.

    One-way prohibitions can close a cycle of adjacencies; then the weakest adjacency
    on it, one that is not required, cannot be real and is removed.
    """
    arcs = adjacent & forbidden.T & ~forbidden
    while True:
        reach = _reach(arcs)
        loops = np.argwhere(arcs & reach.T & ~(required | required.T))
        if not len(loops):
            return arcs
        weakest = max(
            map(tuple, loops), key=lambda p: (asked.ask(p[0], p[1], ()), p)
        )
        i, j = weakest
        adjacent[i, j] = adjacent[j, i] = arcs[i, j] = False


def _reach(arcs: Bools) -> Bools:
    reach = arcs.copy()
    for k in range(len(arcs)):
        reach |= np.outer(reach[:, k], reach[k])
    return reach


class _Collider(NamedTuple):
    share: float
    lead: float
    a: int
    middle: int
    b: int


def _colliders(
    adjacent: Bools, asked: _Remembering, max_conditioning: int | None
) -> Iterator[_Collider]:
    """Unshielded triples whose middle is in less than half of the separating sets.

    Ties are broken by the larger p-value of the two kinds of set. The clearest come
    first: by the share of sets with the middle, then by the lead of the p-value, then
    by position.
    """
    separating = asked.separating()
    found: list[_Collider] = []
    for middle in range(len(adjacent)):
        ends = np.flatnonzero(adjacent[middle])
        for a, b in combinations(map(int, ends), 2):
            if adjacent[a, b]:
                continue
            sets = separating.get((a, b))
            if not sets:
                sets = _separate(a, b, adjacent, asked, max_conditioning)
            without = [p for given, p in sets if middle not in given]
            within = [p for given, p in sets if middle in given]
            share = len(within) / max(len(sets), 1)
            lead = max(without, default=0.0) - max(within, default=0.0)
            if sets and (share < 0.5 or (share == 0.5 and lead > 0)):
                found.append(_Collider(share, lead, a, middle, b))
    yield from sorted(found, key=lambda c: (c.share, -c.lead, c.middle, c.a, c.b))


def _separate(
    a: int, b: int, adjacent: Bools, asked: _Remembering, most: int | None
) -> list[tuple[tuple[int, ...], float]]:
    """Smallest separating sets of a pair that knowledge kept from being tested."""
    near = [set(map(int, np.flatnonzero(adjacent[v]))) - {a, b} for v in (a, b)]
    largest = max(map(len, near))
    for size in range(min(largest, largest if most is None else most) + 1):
        pools = {given for pool in near for given in combinations(sorted(pool), size)}
        found = [(given, asked.ask(a, b, given)) for given in sorted(pools)]
        found = [(given, p) for given, p in found if p > asked.alpha]
        if found:
            return found
    return []


def _accept(
    arcs: Bools, triple: _Collider, forbidden: Bools, adjacent: Bools
) -> None:
    """Direct a collider in place, if knowledge and stronger colliders allow it."""
    _, _, a, middle, b = triple
    if not (adjacent[a, middle] and adjacent[b, middle]):
        return
    if arcs[middle, a] or arcs[middle, b]:
        return
    if forbidden[a, middle] or forbidden[b, middle]:
        return
    reach = _reach(arcs)
    if reach[middle, a] or reach[middle, b]:
        return
    arcs[a, middle] = arcs[b, middle] = True


def _to_dag(names: tuple[str, ...], adjacent: Bools, arcs: Bools) -> Graph:
    """A DAG with these adjacencies and arcs and as few further colliders as possible.

    Where the colliders found leave no legal completion (a cycle of four without a
    chord needs one more, say), sinks are taken off greedily with the fewest new
    v-structures.
    """
    lines = adjacent & ~(arcs | arcs.T)
    partial = Graph.from_directed_matrix(names, arcs | lines)
    if is_extendable(partial):
        return extension(partial)
    return Graph.from_directed_matrix(names, _greedy_extension(arcs, lines))


def _greedy_extension(arcs: Bools, lines: Bools) -> Bools:
    """Dor and Tarsi's algorithm with a count in place of their condition."""
    result, arcs, lines = arcs.copy(), arcs.copy(), lines.copy()
    left = np.ones(len(arcs), dtype=bool)
    while left.any():
        adjacent = arcs | arcs.T | lines
        costs: list[tuple[int, int]] = []
        for x in np.flatnonzero(left & ~arcs.any(axis=1)):
            others, opened = np.flatnonzero(adjacent[x]), np.flatnonzero(lines[x])
            apart = ~adjacent[np.ix_(opened, others)]
            apart[opened[:, None] == others] = False
            costs.append((int(apart.sum()), int(x)))
        _, x = min(costs)
        result[np.flatnonzero(lines[x]), x] = True
        left[x] = False
        arcs[x] = arcs[:, x] = lines[x] = lines[:, x] = False
    return result

