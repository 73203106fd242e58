"""The PC algorithm: stable skeleton, majority-rule colliders, always a legal result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar, NamedTuple

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
from llmcd.equivalence import consistent_extension, cpdag, is_extendable, mpdag
from llmcd.graph import Graph

__all__ = ["PC", "build_test", "pc_search"]

Bools = npt.NDArray[np.bool_]
Pair = tuple[int, int]
Separating = list[tuple[tuple[int, ...], float]]


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
    Spirtes, Glymour and Scheines (2000), *Causation, prediction, and search*, section
    5.4.2; the order-independent skeleton of Colombo and Maathuis (2014), section 4.1,
    and their majority rule for colliders (section 4.2) over the separating sets up to
    one larger than the smallest. The CPDAG does not depend on the order of columns.

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
        if not isinstance(self.alpha, (int, float)) or not 0.0 < self.alpha < 1.0:
            raise ValueError(f"alpha must be between 0 and 1, got {self.alpha!r}")
        most = self.max_conditioning
        if most is not None and (
            isinstance(most, bool) or not isinstance(most, int) or most < 0
        ):
            raise ValueError(
                f"max_conditioning must be None or an integer of at least 0, got "
                f"{most!r}"
            )
        if self.test not in ("auto", *FITS):
            raise ValueError(
                f"test must be 'auto' or one of {sorted(FITS)}, got {self.test!r}"
            )

    def check(self, table: Table) -> str:
        """The test that will be used.

        Parameters
        ----------
        table : Table
            The checked table.

        Returns
        -------
        str
            ``fisher_z``, ``g2``, ``chi2`` or ``degenerate_gaussian``.

        Raises
        ------
        ValueError
            If the test that was asked for does not fit the table.
        """
        return choose_test(self.test, table.family)

    def settings(self, table: Table) -> dict[str, Any]:
        """What decides the result besides the rows, for JSON.

        Parameters
        ----------
        table : Table
            The checked table.

        Returns
        -------
        dict
        """
        return {
            "alpha": self.alpha,
            "max_conditioning": self.max_conditioning,
            "test": self.check(table),
        }

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

        Raises
        ------
        VariablesError
            If the background knowledge contradicts itself or names no column.
        ValueError
            If the test does not fit the table.
        DataError
            If the search fails.

        Examples
        --------
        >>> import pandas as pd
        >>> from llmcd.data.table import table
        >>> rng = np.random.default_rng(0)
        >>> df = pd.DataFrame(rng.normal(size=(300, 3)), columns=["a", "b", "c"])
        >>> df["c"] += df["a"] + df["b"]
        >>> sorted(PC().search(table(df)).parents("c"))
        ['a', 'b']
        """
        name = self.check(table)
        known = background or Background()
        known.check(table.names)
        return pc_search(
            build_test(name, table, weights),
            table.names,
            known,
            alpha=self.alpha,
            max_conditioning=self.max_conditioning,
        )


def build_test(name: str, table: Table, weights: npt.NDArray[np.int64] | None) -> Test:
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

    Examples
    --------
    >>> import pandas as pd
    >>> from llmcd.data.table import table
    >>> x = np.random.default_rng(0).normal(size=(50, 2))
    >>> rows = table(pd.DataFrame(x, columns=["a", "b"]))
    >>> build_test("fisher_z", rows, None)(0, 1, ()) > 0.05
    True
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
    """A test that never asks twice and keeps which sets separate."""

    def __init__(self, test: Test, alpha: float, never: Bools, always: Bools) -> None:
        self._test = test
        self.alpha = alpha
        self._never = never
        self._always = always
        self._known: dict[tuple[int, int, tuple[int, ...]], float] = {}
        self.depth = 0

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
            self.depth = max(self.depth, len(given))
        return self._known[key]

    def separating(self) -> dict[Pair, Separating]:
        """For each pair the sets that separate it, with their p-values."""
        found: dict[Pair, Separating] = {}
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
        Obeyed exactly: a pair forbidden in both directions is not adjacent and never
        tested for it, a required edge is never tested away.
    alpha : float
        Level of the tests.
    max_conditioning : int, optional
        Largest conditioning set.

    Returns
    -------
    Graph
        A legal CPDAG, or MPDAG under background knowledge.

    Raises
    ------
    DataError
        If the search fails.

    Notes
    -----
    After the skeleton, background knowledge directs first, then the colliders found,
    the clearest first, as far as no edge is directed twice and no cycle arises. What
    they leave open is completed to a DAG, whose class, closed under the knowledge, is
    the result: legal by construction.

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
    nodes = tuple(names)
    forbidden = background.forbidden_matrix(nodes)
    required = background.required_matrix(nodes)
    asked = _Remembering(test, alpha, forbidden & forbidden.T, required | required.T)
    adjacent = skeleton(
        asked, len(nodes), alpha=alpha, max_conditioning=max_conditioning
    )
    known = _known_arcs(adjacent, forbidden, required, asked)
    arcs = known.copy()
    for collider in _colliders(adjacent, asked, max_conditioning):
        _accept(arcs, collider)
    dag = _to_dag(nodes, adjacent, arcs)
    edges = [(nodes[i], nodes[j]) for i, j in np.argwhere(known)]
    return mpdag(cpdag(dag), edges)


def _known_arcs(
    adjacent: Bools, forbidden: Bools, required: Bools, asked: _Remembering
) -> Bools:
    """Arcs that background knowledge leaves no choice about, made acyclic.

    One-way prohibitions can close a cycle of adjacencies; then the weakest adjacency
    on it, one that is not required, cannot be real and is removed.
    """
    arcs = adjacent & forbidden.T
    while True:
        loops = np.argwhere(arcs & _reach(arcs).T & ~required)
        if not len(loops):
            return arcs
        weakest = max((asked.ask(i, j, ()), int(i), int(j)) for i, j in loops)
        i, j = weakest[1:]
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
) -> list[_Collider]:
    """Unshielded triples whose middle is in less than half of the separating sets.

    The clearest come first: by the share of sets with the middle, then by the lead of
    the largest p-value without the middle over that with it, then by position.
    """
    logged = asked.separating()
    sets: dict[Pair, Separating] = {}
    found: list[_Collider] = []
    for middle in range(len(adjacent)):
        ends = map(int, np.flatnonzero(adjacent[middle]))
        for a, b in combinations(ends, 2):
            if adjacent[a, b]:
                continue
            if (a, b) not in sets:
                earlier = logged.get((a, b), [])
                sets[a, b] = _separating(
                    a, b, adjacent, asked, earlier, max_conditioning
                )
            without = [p for given, p in sets[a, b] if middle not in given]
            within = [p for given, p in sets[a, b] if middle in given]
            if len(within) < len(without):
                share = len(within) / (len(within) + len(without))
                lead = max(without) - max(within, default=0.0)
                found.append(_Collider(share, lead, a, middle, b))
    return sorted(found, key=lambda c: (c.share, -c.lead, c.middle, c.a, c.b))


def _separating(
    a: int,
    b: int,
    adjacent: Bools,
    asked: _Remembering,
    earlier: Separating,
    most: int | None,
) -> Separating:
    """Sets next to a or b in the skeleton that separate them.

    They are asked for up to one more than the size at which the search removed the
    pair: with just that size, the middle of a true collider is hardly ever in a set;
    with all sizes, the largest are tested on too few rows. A pair that knowledge kept
    from being tested is asked for up to one more than any other was. If no such set
    separates, those of the search speak.
    """
    largest = 1 + (len(earlier[0][0]) if earlier else asked.depth)
    near = [sorted(set(map(int, np.flatnonzero(adjacent[v]))) - {a, b}) for v in (a, b)]
    largest = min(largest, max(map(len, near)))
    if most is not None:
        largest = min(largest, most)
    sets = {
        given
        for pool in near
        for size in range(largest + 1)
        for given in combinations(pool, size)
    }
    tested = [(given, asked.ask(a, b, given)) for given in sorted(sets)]
    return [(given, p) for given, p in tested if p > asked.alpha] or earlier


def _accept(arcs: Bools, collider: _Collider) -> None:
    """Direct a collider in place, if knowledge and clearer colliders allow it."""
    a, middle, b = collider.a, collider.middle, collider.b
    # One way only: knowledge against an arc is an arc in the other direction.
    reach = _reach(arcs)
    if not reach[middle, a] and not reach[middle, b]:
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
        return consistent_extension(partial)
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
