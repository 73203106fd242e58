"""The PC algorithm: stable skeleton, majority-rule colliders, always a legal result."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.data.statistics import Statistics
from llmcd.discovery.independence import (
    COMPAT,
    FAMILIES,
    FITS,
    IndependenceTest,
    Test,
    choose_test,
    independence_test,
)
from llmcd.errors import DataError
from llmcd.graph import Graph

__all__ = ["PC", "pc_search"]

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Removed = npt.NDArray[np.int16]
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
        ``auto`` goes by the kinds of the columns; see ``independence_test``.
    compat : {None, "causal-learn"}, optional
        With ``"causal-learn"``, the graph is that of causal-learn's ``pc(data, alpha,
        test, stable=True)`` on the same columns in the same order: its p-values, the
        union of the sets that separate a pair at the level where it is removed, its
        order of going through colliders and triples. It then depends on the order of
        the columns, as there. Where causal-learn's graph is no CPDAG (it may hold a
        cycle, or an edge whose direction follows but is not drawn), or there is
        background knowledge, its colliders are directed in its order as far as no
        edge is directed twice and no cycle arises, and completed as without
        ``compat``.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    Spirtes, Glymour and Scheines (2000), *Causation, prediction, and search*, section
    5.4.2; the order-independent skeleton of Colombo and Maathuis (2014), section 4.1,
    and their majority rule for colliders (section 4.2) over the separating sets up to
    one larger than the smallest. Variables are gone through in an order that follows
    from their tests without conditioning, so that the order of columns decides
    nothing, not even rounding.

    A pair for which there are too few rows to condition on a set stays as the smaller
    sets left it; without conditioning, it is not adjacent.

    Examples
    --------
    >>> PC(alpha=0.05).alpha
    0.05
    """

    alpha: float = 0.01
    max_conditioning: int | None = None
    test: str = "auto"
    compat: str | None = None

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
        if self.compat not in COMPAT:
            raise ValueError(f"compat must be one of {COMPAT}, got {self.compat!r}")

    def check(self, statistics: Statistics) -> str:
        """The test that will be used.

        Parameters
        ----------
        statistics : GaussianStatistics, CountStatistics or MixedStatistics
            Of the table.

        Returns
        -------
        str
            ``fisher_z``, ``g2``, ``chi2`` or ``degenerate_gaussian``.

        Raises
        ------
        ValueError
            If the test that was asked for does not fit the statistics.
        """
        return choose_test(self.test, FAMILIES[statistics.kind])

    def settings(self, statistics: Statistics) -> dict[str, Any]:
        """What decides the result besides the rows, for JSON.

        Parameters
        ----------
        statistics : GaussianStatistics, CountStatistics or MixedStatistics
            Of the table.

        Returns
        -------
        dict
        """
        return {
            "alpha": self.alpha,
            "max_conditioning": self.max_conditioning,
            "test": self.check(statistics),
            "compat": self.compat,
        }

    def search(
        self, statistics: Statistics, background: Background | None = None
    ) -> Graph:
        """Search one table.

        Parameters
        ----------
        statistics : GaussianStatistics, CountStatistics or MixedStatistics
            Of the table or of a resample.
        background : Background, optional
            Obeyed exactly: a pair forbidden in both directions is not adjacent and
            never tested for it, a required edge is never tested away.

        Returns
        -------
        Graph
            A legal CPDAG, or MPDAG under background knowledge, over
            ``statistics.names``.

        Raises
        ------
        VariablesError
            If the background knowledge contradicts itself or names no column.
        ValueError
            If the test does not fit the statistics.
        DataError
            If there are too few rows for any test.

        Examples
        --------
        >>> from llmcd.data.statistics import GaussianStatistics
        >>> x = np.random.default_rng(0).normal(size=(300, 3))
        >>> x[:, 2] += x[:, 0] + x[:, 1]
        >>> print(PC().search(GaussianStatistics.of(x, "abc")))
        a --> c
        b --> c
        """
        names = tuple(statistics.names)
        test = independence_test(statistics, self.test, compat=self.compat)
        known = _Knowledge(background or Background(), names)
        most = len(names) if self.max_conditioning is None else self.max_conditioning
        if test.name == "fisher_z":
            most = min(most, int(np.ceil(statistics.n - 3.0)) - 1)
        if most < 0:
            raise DataError(
                f"a test of two columns needs more than 3 rows, got {statistics.n:g}"
            )
        if len(names) < 2:
            return Graph.empty(names)
        answers = _Compiled(test, self.alpha, known, self.compat is not None)
        if self.compat is None:
            order = answers.order()
            names, known = tuple(names[v] for v in order), known.reordered(order)
            answers = answers.reordered(order, known)
        return _search(answers, names, known, most).reorder(statistics.names)


def pc_search(
    test: Test,
    names: Sequence[str],
    background: Background,
    *,
    alpha: float,
    max_conditioning: int | None = None,
) -> Graph:
    """PC with any test of conditional independence, in Python.

    Parameters
    ----------
    test : callable
        ``(i, j, given) -> p`` over positions in ``names``; NaN, for a test that is
        undefined, says nothing against independence.
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

    Notes
    -----
    After the skeleton, background knowledge directs first, then the colliders found,
    the clearest first, as far as no edge is directed twice and no cycle arises. What
    they leave open is completed to a DAG with as few further v-structures as may be,
    whose class, closed under the knowledge, is the result: legal by construction.

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
    if len(nodes) < 2:
        return Graph.empty(nodes)
    known = _Knowledge(background, nodes)
    most = len(nodes) if max_conditioning is None else max_conditioning
    return _search(_Asked(test, alpha, known), nodes, known, most)


class _Knowledge:
    """Background knowledge as matrices over the variables."""

    def __init__(self, background: Background, names: Sequence[str]) -> None:
        background.check(names)
        p = len(names)
        if background.is_empty:
            self.forbidden = np.eye(p, dtype=bool)
            self.required = np.zeros((p, p), dtype=bool)
        else:
            self.forbidden = background.forbidden_matrix(names)
            self.required = background.required_matrix(names)

    def reordered(self, order: Ints) -> _Knowledge:
        other = object.__new__(_Knowledge)
        other.forbidden = _among(self.forbidden, order)
        other.required = _among(self.required, order)
        return other

    @property
    def never(self) -> Bools:
        """Pairs that are not adjacent."""
        return self.forbidden & self.forbidden.T

    @property
    def always(self) -> Bools:
        """Pairs that are."""
        return self.required | self.required.T


def _among(matrix: npt.NDArray[Any], order: Ints) -> npt.NDArray[Any]:
    return np.ascontiguousarray(matrix[np.ix_(order, order)])


# --- the search -----------------------------------------------------------------------


class _Answers(Protocol):
    """Where the answers of the tests come from."""

    union: bool

    def skeleton(self, most: int) -> Removed:
        """For each pair the size of the set that separated it, KEPT or NEVER."""
        ...

    def marginal(self, i: int, j: int) -> float:
        """How little a pair depends without conditioning; monotone in p."""
        ...

    def colliders(self, adjacent: Bools, removed: Removed, most: int) -> Ints:
        """Ends and middles (a, middle, b) of colliders, the first to be obeyed first.

        Those are unshielded triples whose middle is in less than half of the sets that
        separate its ends: sets next to either end in the skeleton, up to one larger
        than that at which the search removed the pair. With just that size, the middle
        of a true collider is hardly ever in a set; with all sizes, the largest are
        tested on too few rows. A pair that knowledge kept from being tested is asked
        for up to one more than any other was. If no such set separates, those of the
        search speak. The clearest come first: by the share of sets with the middle,
        then by the lead of the largest p-value without the middle over that with it.
        """
        ...


def _search(
    answers: _Answers, names: tuple[str, ...], known: _Knowledge, most: int
) -> Graph:
    from llmcd.discovery.kernels.essential import class_of
    from llmcd.discovery.kernels.meek import (
        accept_colliders,
        causal_learns_orientation,
        extend_partial,
    )
    from llmcd.discovery.kernels.skeleton import KEPT

    removed = answers.skeleton(most)
    adjacent = np.ascontiguousarray(removed == KEPT)
    directed = _known_arcs(adjacent, known, answers)
    triples = answers.colliders(adjacent, removed, most)
    if answers.union and not directed.any():
        arcs, lines = causal_learns_orientation(adjacent, triples)
        dag, apart = extend_partial(arcs, lines)
        if apart == 0 and np.array_equal(class_of(dag, directed)[0], arcs):
            return Graph.from_directed_matrix(names, arcs | lines)
    arcs = directed.copy()
    accept_colliders(arcs, triples)
    dag, _ = extend_partial(arcs, adjacent & ~(arcs | arcs.T))
    arcs, lines = class_of(dag, directed)
    return Graph.from_directed_matrix(names, arcs | lines)


def _known_arcs(adjacent: Bools, known: _Knowledge, answers: _Answers) -> Bools:
    """Arcs that background knowledge leaves no choice about, made acyclic.

    One-way prohibitions can close a cycle of adjacencies; then the weakest adjacency
    on it, one that is not required, cannot be real and is removed.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    arcs = np.ascontiguousarray(adjacent & known.forbidden.T)
    while arcs.any():
        _, part = connected_components(csr_array(arcs), connection="strong")
        together = part[:, None] == part
        loops = np.argwhere(arcs & together & ~known.required)
        if not len(loops):
            break
        weakest = max((answers.marginal(i, j), int(i), int(j)) for i, j in loops)
        i, j = weakest[1:]
        adjacent[i, j] = adjacent[j, i] = arcs[i, j] = False
    return arcs


def _clearest(triples: Ints, votes: Floats) -> Ints:
    a, middle, b = triples.T
    return triples[np.lexsort((b, a, middle, -votes[:, 1], votes[:, 0]))]


# --- answers from kernels -------------------------------------------------------------


class _Compiled:
    """Answers of a test on sufficient statistics."""

    def __init__(
        self,
        test: IndependenceTest,
        alpha: float,
        known: _Knowledge,
        union: bool,
        marginal: Floats | None = None,
    ) -> None:
        self._test = test
        self._log_alpha = float(np.log(alpha))
        self._alpha = alpha
        self.union = union
        self._never, self._always = known.never, known.always
        self._depth = 0
        self._marginal = self._ask_all() if marginal is None else marginal

    def _ask_all(self) -> Floats:
        """Each pair without conditioning; 0 for those that are not asked."""
        from llmcd.discovery.kernels.independence import log_p_batch

        xs, ys = np.nonzero(np.triu(~(self._never | self._always), 1))
        given = np.empty((len(xs), 0), dtype=np.int64)
        found = np.zeros(self._never.shape)
        # NaN: too few rows for any evidence of dependence.
        found[xs, ys] = np.nan_to_num(log_p_batch(self._test.problem, xs, ys, given))
        return found + found.T

    def order(self) -> Ints:
        """The variables by their tests without conditioning, whatever the columns'."""
        keys = [self._marginal.sum(axis=1), (self._marginal**2).sum(axis=1)]
        rounded: list[Floats] = []
        for key in keys:  # sums round by the order of the columns
            part, power = np.frexp(key)
            rounded.append(np.ldexp(np.rint(part * 2.0**33), power))
        return np.lexsort(rounded[::-1])

    def reordered(self, order: Ints, known: _Knowledge) -> _Compiled:
        """The same for the variables in another order."""
        problem = self._test.problem
        moved = {
            field: np.ascontiguousarray(getattr(problem, field)[order])
            for field in ("starts", "stops", "codes", "sizes", "first")
            if len(getattr(problem, field))
        }
        names = tuple(self._test.names[v] for v in order)
        test = IndependenceTest(self._test.name, names, problem._replace(**moved))
        marginal = _among(self._marginal, order)
        return _Compiled(test, self._alpha, known, self.union, marginal)

    def skeleton(self, most: int) -> Removed:
        from llmcd.discovery.kernels.skeleton import KEPT, NEVER, remove_level

        removed = np.full(self._never.shape, KEPT, dtype=np.int16)
        removed[(self._marginal > self._log_alpha) & ~self._always] = 0
        removed[self._never] = NEVER
        problem, always = self._test.problem, self._always
        strongest = np.argsort(self._marginal, axis=1, kind="stable")
        for level in range(1, most + 1):
            if not remove_level(
                problem, strongest, removed, always, level, self._log_alpha
            ):
                break
            self._depth = level
        return removed

    def marginal(self, i: int, j: int) -> float:
        return float(self._marginal[i, j])

    def colliders(self, adjacent: Bools, removed: Removed, most: int) -> Ints:
        from llmcd.discovery.kernels.skeleton import collider_votes

        limits = (most, self._depth, self.union)
        triples, votes = collider_votes(
            self._test.problem, adjacent, removed, limits, self._log_alpha
        )
        if self.union:
            a, middle, b = triples.T
            return triples[np.lexsort((b, a, middle))]
        return _clearest(triples, votes)


# --- answers from a plug-in -----------------------------------------------------------


class _Asked:
    """Answers of a callable, which is never asked twice."""

    union = False

    def __init__(self, test: Test, alpha: float, known: _Knowledge) -> None:
        self._test = test
        self._alpha = alpha
        self._never, self._always = known.never, known.always
        self._known: dict[tuple[int, int, tuple[int, ...]], float] = {}
        self._depth = 0

    def _p(self, i: int, j: int, given: Sequence[int]) -> float:
        key = (min(i, j), max(i, j), tuple(sorted(given)))
        if key not in self._known:
            p = self._test(*key)
            self._known[key] = 1.0 if np.isnan(p) else p
        return self._known[key]

    def marginal(self, i: int, j: int) -> float:
        return self._p(int(i), int(j), ())

    def skeleton(self, most: int) -> Removed:
        from llmcd.discovery.kernels.skeleton import KEPT, NEVER

        removed = np.full(self._never.shape, KEPT, dtype=np.int16)
        removed[self._never] = NEVER
        for level in range(most + 1):
            near = removed == KEPT
            if near.sum(axis=1).max() <= level:
                break
            for i, j in np.argwhere(np.triu(near & ~self._always)).tolist():
                self._depth = level
                sets = _sets_between(i, j, near, level)
                if any(self._p(i, j, given) > self._alpha for given in sets):
                    removed[i, j] = removed[j, i] = level
        return removed

    def colliders(self, adjacent: Bools, removed: Removed, most: int) -> Ints:
        sets: dict[tuple[int, int], Separating] = {}
        triples: list[tuple[int, int, int]] = []
        votes: list[tuple[float, float]] = []
        for middle in range(len(adjacent)):
            ends = np.flatnonzero(adjacent[middle]).tolist()
            for a, b in combinations(ends, 2):
                if adjacent[a, b]:
                    continue
                if (a, b) not in sets:
                    sets[a, b] = self._separating(a, b, adjacent, removed, most)
                without = [p for given, p in sets[a, b] if middle not in given]
                within = [p for given, p in sets[a, b] if middle in given]
                if len(within) < len(without):
                    share = len(within) / (len(within) + len(without))
                    triples.append((a, middle, b))
                    votes.append((share, max(without) - max(within, default=0.0)))
        found = np.array(triples, dtype=np.int64).reshape(-1, 3)
        return _clearest(found, np.array(votes).reshape(-1, 2))

    def _separating(
        self, a: int, b: int, adjacent: Bools, removed: Removed, most: int
    ) -> Separating:
        from llmcd.discovery.kernels.skeleton import KEPT

        level = int(removed[a, b])
        tested = 0 <= level < KEPT
        for near, sizes in (
            (adjacent, range(min(most, 1 + (level if tested else self._depth)) + 1)),
            (removed >= level, (level,) if tested else ()),
        ):
            sets = {s for size in sizes for s in _sets_between(a, b, near, size)}
            asked = [(given, self._p(a, b, given)) for given in sorted(sets)]
            found = [(given, p) for given, p in asked if p > self._alpha]
            if found:
                return found
        return []


def _sets_between(i: int, j: int, near: Bools, size: int) -> Iterator[tuple[int, ...]]:
    """Sets of some size next to i, then those next to j."""
    for v in (i, j):
        pool = [k for k in np.flatnonzero(near[v]).tolist() if k not in (i, j)]
        yield from combinations(pool, size)
