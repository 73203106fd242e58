"""Greedy equivalence search: exact insert, delete and turn operators on CPDAGs."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.data.statistics import CountStatistics, Statistics
from llmcd.discovery.objective import check_arguments
from llmcd.discovery.scores import (
    BIC,
    BDeu,
    BGe,
    Score,
    choose_score,
    most_parents,
    score_settings,
)
from llmcd.errors import VariablesError
from llmcd.graph import Graph

__all__ = ["GES", "Found", "ges_search"]

Bools = npt.NDArray[np.bool_]

# A gain of this much for each row is rounding.
_ROUNDING = 1e-9


class Found(NamedTuple):
    """What a search ends with.

    Attributes
    ----------
    graph : Graph
        A CPDAG, or an MPDAG under background knowledge.
    score : float
        That of each of its members.
    steps : dict of str to int
        How many inserts, deletes and turns led there.
    cut : int
        How often the sets of a pair were too many to look at all: if 0, no valid
        operator improves the score.
    """

    graph: Graph
    score: float
    steps: dict[str, int]
    cut: int = 0


@dataclass(frozen=True)
class GES:
    """Greedy equivalence search.

    From the graph without edges, the class of DAGs is changed by the one insert, then
    delete, then turn of an edge that improves the score most, until none improves it.

    Parameters
    ----------
    score : {"auto", "bic", "bge", "bdeu"}, BIC, BGe or BDeu, optional
        ``auto`` is BDeu for a discrete table, otherwise BIC.
    turning : bool, optional
        Whether to turn edges and repeat all phases until none finds anything; without,
        inserts are followed by deletes, once, which is Chickering's search.
    max_parents : int, optional
        Largest number of parents of a variable. None is no limit, but for BIC of
        continuous or mixed tables a fifth of the rows.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Notes
    -----
    Chickering (2002), *Optimal structure identification with greedy search*, Theorems
    15 and 17; turning: Hauser and Buehlmann (2012), *Characterization and greedy
    learning of interventional Markov equivalence classes of directed acyclic graphs*,
    Propositions 31 and 34. In a group of columns that all depend on each other directly
    the number of sets T and H doubles with each more column. Up to 8,192 of a pair are
    looked at, which is all in groups of up to 15 columns; beyond, the best of these is
    taken and a warning says so. Its result is legal, too. ``max_parents`` keeps groups
    small.

    Under background knowledge the search space is all classes with at least one member
    that obeys, and the result the members that do, as an MPDAG. It starts from the
    required edges, which are never deleted.

    Examples
    --------
    >>> GES().name
    'ges'
    """

    score: str | Score = "auto"
    turning: bool = True
    max_parents: int | None = None

    name: ClassVar[str] = "ges"
    honours: ClassVar[frozenset[str]] = frozenset({"required", "forbidden", "tiers"})

    def __post_init__(self) -> None:
        if not isinstance(self.turning, bool):
            raise ValueError(f"turning must be True or False, got {self.turning!r}")
        check_arguments(self.max_parents)
        if self.score not in _SCORES and not isinstance(self.score, (BIC, BGe, BDeu)):
            raise ValueError(
                f"score must be one of {', '.join(map(repr, _SCORES))}, BIC(...), "
                f"BGe(...) or BDeu(...), got {self.score!r}"
            )

    def settings(self, statistics: Statistics) -> dict[str, Any]:
        """What decides the result besides the rows, for JSON.

        Parameters
        ----------
        statistics : GaussianStatistics, CountStatistics or MixedStatistics
            The table.

        Returns
        -------
        dict
        """
        return {
            **score_settings(self.score, statistics),
            "turning": self.turning,
            "max_parents": self.max_parents,
        }

    def search(
        self, statistics: Statistics, background: Background | None = None
    ) -> Graph:
        """Search one table.

        Parameters
        ----------
        statistics : GaussianStatistics, CountStatistics or MixedStatistics
            The table.
        background : Background, optional
            Obeyed exactly.

        Returns
        -------
        Graph
            A CPDAG, or an MPDAG under background knowledge, over ``statistics.names``.

        Raises
        ------
        VariablesError
            If the background knowledge contradicts itself, names no column, or
            requires more parents than ``max_parents``.
        ValueError
            If the score does not fit the table.
        DataError
            If there are no rows.

        Examples
        --------
        >>> from llmcd.data.statistics import GaussianStatistics
        >>> corr = np.array([[1, 0, 0.6], [0, 1, 0.6], [0.6, 0.6, 1]])
        >>> table = GaussianStatistics(tuple("abc"), 300.0, np.zeros(3), 300 * corr)
        >>> print(GES().search(table))
        a --> c
        b --> c
        """
        found = ges_search(
            statistics,
            choose_score(self.score, statistics),
            background,
            turning=self.turning,
            max_parents=self.max_parents,
        )
        if found.cut:
            warnings.warn(
                "so many columns depend on each other directly that GES did not look "
                "at all operators: one may improve its result. Use order search, or a "
                "smaller max_parents",
                UserWarning,
                stacklevel=2,
            )
        return found.graph


_SCORES = ("auto", "bic", "bge", "bdeu")


def ges_search(
    statistics: Statistics,
    score: Score,
    background: Background | None = None,
    *,
    turning: bool = True,
    max_parents: int | None = None,
) -> Found:
    """Greedy equivalence search, with the score that it reached.

    Parameters
    ----------
    statistics : GaussianStatistics, CountStatistics or MixedStatistics
        The table; the order of its names decides between operators of equal gain.
    score : BIC, BGe or BDeu
        What is maximised.
    background : Background, optional
        Obeyed exactly.
    turning, max_parents
        As of ``GES``.

    Returns
    -------
    Found

    Raises
    ------
    VariablesError
        If the background knowledge contradicts itself, names no column, or requires
        more parents than ``max_parents``.
    ValueError
        If the score does not fit the table.
    DataError
        If there are no rows.

    Examples
    --------
    >>> from llmcd.data.statistics import GaussianStatistics
    >>> from llmcd.discovery.scores import BIC
    >>> corr = np.array([[1, 0.6], [0.6, 1]])
    >>> table = GaussianStatistics(("a", "b"), 300.0, np.zeros(2), 300 * corr)
    >>> found = ges_search(table, BIC())
    >>> print(found.graph, found.steps)
    a --- b {'inserts': 1, 'deletes': 0, 'turns': 0}
    """
    from llmcd.discovery.kernels.essential import bits_of
    from llmcd.discovery.kernels.greedy import greedy_search
    from llmcd.discovery.kernels.operators import Limits

    names = tuple(statistics.names)
    p = len(names)
    known = background or Background()
    known.check(names)
    model = score.model(statistics)
    if p == 0:
        return Found(Graph.empty(names), 0.0, dict.fromkeys(_STEPS, 0))
    forbidden, required = np.eye(p, dtype=bool), np.zeros((p, p), dtype=bool)
    if not known.is_empty:
        forbidden = known.forbidden_matrix(names)
        required = known.required_matrix(names)
    _check_required(names, required, max_parents)
    most = most_parents(score, statistics, max_parents)
    most = max(most, int(required.sum(axis=0).max()))
    idle = _idle(statistics)
    apart = (forbidden & forbidden.T) | idle[:, None] | idle[None, :]
    kept = required | required.T
    limits = Limits(
        law=np.stack([bits_of(each) for each in (forbidden, apart & ~kept, kept)]),
        informed=bool((forbidden & ~forbidden.T).any()),
        most=most,
        tolerance=_ROUNDING * max(1.0, float(statistics.n)),
    )
    matrix, total, steps, cut = greedy_search(
        model, bits_of(required), limits, turning=turning
    )
    return Found(
        Graph.from_directed_matrix(names, matrix),
        float(total),
        dict(zip(_STEPS, steps, strict=True)),
        cut,
    )


_STEPS = ("inserts", "deletes", "turns")


def _check_required(names: tuple[str, ...], required: Bools, most: int | None) -> None:
    if most is None:
        return
    many = [names[v] for v in np.flatnonzero(required.sum(axis=0) > most)]
    if many:
        raise VariablesError(
            f"the background knowledge requires more parents of {', '.join(many)} than "
            f"max_parents={most}; raise it, or require fewer edges"
        )


def _idle(statistics: Statistics) -> Bools:
    """Discrete variables that take one value only, as they may in a resample.

    BDeu is no constant there, because the other levels could have been, but there is
    nothing to learn; continuous columns that do not vary correlate with nothing.
    """
    p = len(statistics.names)
    if not isinstance(statistics, CountStatistics):
        return np.zeros(p, dtype=bool)
    seen = [np.count_nonzero(statistics.counts([v])) for v in range(p)]
    return np.array(seen, dtype=np.int64) < 2
