"""Decomposable scores of a graph: BIC, BGe and BDeu, natural logarithms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import log
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt

from llmcd.data.statistics import CountStatistics, GaussianStatistics, MixedStatistics
from llmcd.errors import DataError, GraphError
from llmcd.graph import Graph

if TYPE_CHECKING:
    from llmcd.discovery.kernels.scores import ScoreModel

__all__ = [
    "BIC",
    "BDeu",
    "BGe",
    "Score",
    "choose_score",
    "default_penalty",
    "graph_score",
    "local_score",
    "most_parents",
    "score_settings",
]

Statistics = GaussianStatistics | CountStatistics | MixedStatistics

_EMPTY = np.empty((0, 0))
_RIDGE = 1e-9  # smallest eigenvalue of the correlations that BIC is computed from


def _check(**values: float | None) -> None:
    for name, value in values.items():
        if value is not None and (
            isinstance(value, bool)
            or not isinstance(value, (int, float))
            or not 0 < value < float("inf")
        ):
            raise ValueError(f"{name} must be a number above 0, got {value!r}")


@dataclass(frozen=True)
class BIC:
    """The Bayesian information criterion, for every kind of table.

    Log-likelihood at its maximum minus ``penalty * log(n) / 2`` for each free
    parameter. Continuous columns are standardised, which shifts the score of every
    graph by the same number. In a mixed table a variable is a block of columns. Where
    columns follow from others, a billionth of its variance is added to each, so that
    likelihoods stay finite and equivalent graphs score the same.

    Parameters
    ----------
    penalty : float, optional
        Factor of the penalty.

    Notes
    -----
    Schwarz (1978); for mixed tables Andrews, Ramsey and Cooper (2019), *Learning
    high-dimensional directed acyclic graphs with mixed data-types*, section 3.

    Examples
    --------
    >>> BIC(penalty=2.0).penalty
    2.0
    """

    penalty: float = 1.0

    name: ClassVar[str] = "bic"
    fits: ClassVar[frozenset[str]] = frozenset({"gaussian", "counts", "mixed"})

    def __post_init__(self) -> None:
        _check(penalty=self.penalty)

    def model(self, statistics: Statistics) -> ScoreModel:
        """What the kernels need to compute it."""
        from llmcd.discovery.kernels.scores import DISCRETE_BIC, GAUSSIAN_BIC

        parameters = np.array([self.penalty, 0.0, 0.0, 0.0])
        if isinstance(statistics, CountStatistics):
            return _discrete(DISCRETE_BIC, parameters, statistics)
        if isinstance(statistics, MixedStatistics):
            first = [start for start, _ in statistics.blocks]
            starts = np.array([*first, len(statistics.gaussian.names)], dtype=np.int64)
            return _gaussian(GAUSSIAN_BIC, parameters, statistics.gaussian, starts)
        return _gaussian(GAUSSIAN_BIC, parameters, statistics)


@dataclass(frozen=True)
class BGe:
    """The Bayesian Gaussian equivalent score: log marginal likelihood.

    Of standardised columns, under a normal-Wishart prior with mean zero and a diagonal
    scale matrix.

    Parameters
    ----------
    alpha_mu : float, optional
        Rows that the prior mean is worth.
    alpha_w : float, optional
        Degrees of freedom of the prior, more than the number of columns plus one;
        by default that number plus ``alpha_mu`` plus one.

    Notes
    -----
    Geiger and Heckerman (2002), corrected by Kuipers, Moffa and Heckerman (2014),
    *Addendum on the scoring of Gaussian directed acyclic graphical models*, equation
    (4).

    Examples
    --------
    >>> BGe().alpha_mu
    1.0
    """

    alpha_mu: float = 1.0
    alpha_w: float | None = None

    name: ClassVar[str] = "bge"
    fits: ClassVar[frozenset[str]] = frozenset({"gaussian"})

    def __post_init__(self) -> None:
        _check(alpha_mu=self.alpha_mu, alpha_w=self.alpha_w)

    def model(self, statistics: Statistics) -> ScoreModel:
        """What the kernels need to compute it."""
        from llmcd.discovery.kernels.scores import BGE

        if not isinstance(statistics, GaussianStatistics):
            raise ValueError(_unfit(self.name, statistics, self.fits))
        p = len(statistics.names)
        degrees = p + self.alpha_mu + 1 if self.alpha_w is None else self.alpha_w
        if not degrees > p + 1:
            raise ValueError(
                f"alpha_w must be more than {p + 1} for {p} columns, got {degrees!r}"
            )
        t = self.alpha_mu * (degrees - p - 1) / (self.alpha_mu + 1)
        # standardised columns have mean zero, so that the third term of R vanishes
        r = t * np.eye(p) + statistics.n * _correlation(statistics)
        parameters = np.array([self.alpha_mu, degrees, t, 0.0])
        return _gaussian(BGE, parameters, statistics, moments=r)


@dataclass(frozen=True)
class BDeu:
    """The Bayesian Dirichlet equivalent uniform score: log marginal likelihood.

    Parameters
    ----------
    equivalent_sample_size : float, optional
        Rows that the prior is worth.
    expected_parents : float, optional
        With it, each possible parent is present with a probability that makes this
        many expected a child; without it all graphs are equally likely.

    Notes
    -----
    Heckerman, Geiger and Chickering (1995), *Learning Bayesian networks*, section 5.

    Examples
    --------
    >>> BDeu(equivalent_sample_size=10).equivalent_sample_size
    10
    """

    equivalent_sample_size: float = 1.0
    expected_parents: float | None = None

    name: ClassVar[str] = "bdeu"
    fits: ClassVar[frozenset[str]] = frozenset({"counts"})

    def __post_init__(self) -> None:
        _check(
            equivalent_sample_size=self.equivalent_sample_size,
            expected_parents=self.expected_parents,
        )

    def model(self, statistics: Statistics) -> ScoreModel:
        """What the kernels need to compute it."""
        from llmcd.discovery.kernels.scores import BDEU

        if not isinstance(statistics, CountStatistics):
            raise ValueError(_unfit(self.name, statistics, self.fits))
        parameters = np.array(
            [self.equivalent_sample_size, 0.0, 0.0, self.expected_parents or 0.0]
        )
        return _discrete(BDEU, parameters, statistics)


Score = BIC | BGe | BDeu


def _unfit(name: str, statistics: Statistics, fits: frozenset[str]) -> str:
    return (
        f"score {name!r} needs a table of kind {', '.join(sorted(fits))}, got "
        f"{statistics.kind!r}; score='auto' takes one that fits"
    )


def _check_rows(n: float) -> None:
    if not n > 0:
        raise DataError("there are no rows, so that no graph has a score")


def _correlation(statistics: GaussianStatistics) -> npt.NDArray[np.float64]:
    """Correlations; a column that does not vary, as in a resample, has none."""
    _check_rows(statistics.n)
    found = statistics.correlation_or_zero.copy()
    np.fill_diagonal(found, 1.0)
    return found


def _regular(correlation: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The same, with a ridge if columns follow from others."""
    ridge = _RIDGE * np.eye(len(correlation))
    try:
        np.linalg.cholesky(correlation - ridge)
    except np.linalg.LinAlgError:
        return correlation + ridge
    return correlation


def _gaussian(
    kind: int,
    parameters: npt.NDArray[np.float64],
    statistics: GaussianStatistics,
    starts: npt.NDArray[np.int64] | None = None,
    moments: npt.NDArray[np.float64] | None = None,
) -> ScoreModel:
    from llmcd.discovery.kernels.scores import ScoreModel

    matrix = _regular(_correlation(statistics)) if moments is None else moments
    return ScoreModel(
        kind=kind,
        n=float(statistics.n),
        parameters=parameters,
        moments=np.ascontiguousarray(matrix, dtype=np.float64).copy(),
        starts=np.arange(len(matrix) + 1) if starts is None else starts,
        codes=np.empty((0, 0), dtype=np.uint16),
        sizes=np.empty(0, dtype=np.int64),
        weights=np.empty(0),
    )


def _discrete(
    kind: int, parameters: npt.NDArray[np.float64], statistics: CountStatistics
) -> ScoreModel:
    from llmcd.discovery.kernels.scores import ScoreModel

    _check_rows(statistics.n)
    codes = np.ascontiguousarray(statistics.codes, dtype=np.uint16).copy()
    given = statistics.weights
    return ScoreModel(
        kind=kind,
        n=float(statistics.n),
        parameters=parameters,
        moments=_EMPTY.copy(),
        starts=np.arange(len(codes) + 1),
        codes=codes,
        sizes=np.array(statistics.sizes, dtype=np.int64),
        weights=np.empty(0) if given is None else np.array(given, dtype=np.float64),
    )


def default_penalty(columns: int, rows: float) -> float:
    """The factor of BIC's penalty that ``auto`` takes.

    The more pairs there are, the more of them look dependent by chance. So it is two,
    or that of the extended BIC where there are more columns than the root of the rows.

    Parameters
    ----------
    columns : int
        How many variables there are.
    rows : float
        How many rows, or their total weight.

    Returns
    -------
    float
        At least 2.

    Notes
    -----
    Foygel and Drton (2010), *Extended Bayesian information criteria for Gaussian
    graphical models*, equation (3) with gamma = 1/2: ``log(n) + 2 log(p)`` for a
    parameter, whose ratio to the BIC's ``log(n)`` this is.

    Examples
    --------
    >>> [round(default_penalty(p, 1000), 3) for p in (10, 31, 32, 200)]
    [2.0, 2.0, 2.003, 2.534]
    """
    if columns < 2 or not rows > 1.0:
        return 2.0
    return max(2.0, 1.0 + 2.0 * log(columns) / log(rows))


def choose_score(score: str | Score, statistics: Statistics) -> Score:
    """A score that fits the table.

    Parameters
    ----------
    score : {"auto", "bic", "bge", "bdeu"}, BIC, BGe or BDeu
        ``auto`` is BDeu with one expected parent for a discrete table, otherwise BIC
        with twice its own penalty, or the extended BIC's where there are more columns
        than the root of the rows: without these, weak edges abound
        (docs/decisions/0005).
    statistics : GaussianStatistics, CountStatistics or MixedStatistics
        The table.

    Returns
    -------
    BIC, BGe or BDeu

    Raises
    ------
    ValueError
        If there is no such score or it does not fit the table.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(50, 2))
    >>> choose_score("auto", GaussianStatistics.of(x, ("a", "b")))
    BIC(penalty=2.0)
    """
    known: dict[str, type[Score]] = {"bic": BIC, "bge": BGe, "bdeu": BDeu}
    if isinstance(score, str):
        if score == "auto":
            if statistics.kind == "counts":
                return BDeu(expected_parents=1.0)
            return BIC(penalty=default_penalty(len(statistics.names), statistics.n))
        if score not in known:
            raise ValueError(
                f"score must be 'auto', {', '.join(map(repr, known))}, BIC(...), "
                f"BGe(...) or BDeu(...), got {score!r}"
            )
        score = known[score]()
    if statistics.kind not in score.fits:
        raise ValueError(_unfit(score.name, statistics, score.fits))
    return score


def most_parents(
    score: Score, statistics: Statistics, max_parents: int | None = None
) -> int:
    """The largest number of parents that a search gives a variable.

    Parameters
    ----------
    score : BIC, BGe or BDeu
        What is maximised.
    statistics : GaussianStatistics, CountStatistics or MixedStatistics
        The table.
    max_parents : int, optional
        The user's limit. None is no limit, but for BIC of continuous or mixed tables a
        fifth of the rows: beyond, it prefers more parents without end.

    Returns
    -------
    int

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(20, 9))
    >>> most_parents(BIC(), GaussianStatistics.of(x, tuple("abcdefghi")))
    4
    """
    others = max(len(statistics.names) - 1, 0)
    if max_parents is not None:
        return min(max_parents, others)
    if isinstance(score, BIC) and statistics.kind != "counts":
        return min(others, max(1, int(statistics.n) // 5))
    return others


def score_settings(score: str | Score, statistics: Statistics) -> dict[str, Any]:
    """The score that a search will use, for JSON.

    Parameters
    ----------
    score, statistics
        As of ``choose_score``.

    Returns
    -------
    dict
        Its name as ``score``, and its parameters.

    Raises
    ------
    ValueError
        If there is no such score or it does not fit the table.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(50, 2))
    >>> score_settings("bge", GaussianStatistics.of(x, ("a", "b")))
    {'score': 'bge', 'alpha_mu': 1.0, 'alpha_w': None}
    """
    chosen = choose_score(score, statistics)
    return {"score": chosen.name, **asdict(chosen)}


def local_score(
    score: Score, statistics: Statistics, child: str, parents: Sequence[str] = ()
) -> float:
    """The part of a graph's score that one variable and its parents contribute.

    Parameters
    ----------
    score : BIC, BGe or BDeu
        The score.
    statistics : GaussianStatistics, CountStatistics or MixedStatistics
        The table.
    child : str
        A variable.
    parents : sequence of str, optional
        Its parents.

    Returns
    -------
    float
        Natural logarithm.

    Raises
    ------
    GraphError
        If a name is unknown, a parent is given twice, or a variable is its own parent.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(50, 2))
    >>> table = GaussianStatistics.of(x, ("a", "b"))
    >>> local_score(BIC(), table, "a") > local_score(BIC(), table, "a", ["b"])
    True
    """
    from llmcd.discovery.kernels import scores as kernels

    names = list(statistics.names)
    involved = [child, *parents]
    unknown = [v for v in involved if v not in names]
    if unknown or len(set(involved)) < len(involved):
        raise GraphError(
            f"expected different variables among {names}, got {child!r} with the "
            f"parents {list(parents)}"
        )
    at = np.array([names.index(v) for v in parents], dtype=np.int64)
    model = score.model(statistics)
    work = kernels.new_work(model)
    return float(kernels.local_score(model, work, names.index(child), at, len(at)))


def graph_score(score: Score, statistics: Statistics, dag: Graph) -> float:
    """The score of a DAG: the sum over its variables.

    Parameters
    ----------
    score : BIC, BGe or BDeu
        The score.
    statistics : GaussianStatistics, CountStatistics or MixedStatistics
        The table.
    dag : Graph
        A DAG over the table's variables.

    Returns
    -------
    float
        Natural logarithm; the same for every member of an equivalence class.

    Raises
    ------
    GraphError
        If the graph is not a DAG over the table's variables.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(50, 2))
    >>> table = GaussianStatistics.of(x, ("a", "b"))
    >>> ab = Graph.from_edges("ab", directed=[("a", "b")])
    >>> ba = Graph.from_edges("ab", directed=[("b", "a")])
    >>> bool(np.isclose(graph_score(BGe(), table, ab), graph_score(BGe(), table, ba)))
    True
    """
    from llmcd.discovery.kernels import scores as kernels

    if not dag.is_dag or set(dag.names) != set(statistics.names):
        raise GraphError(f"expected a DAG over {list(statistics.names)}, got {dag!r}")
    model = score.model(statistics)
    work = kernels.new_work(model)
    arcs = dag.reorder(statistics.names).arcs
    return float(
        sum(
            kernels.local_score(model, work, v, np.flatnonzero(into), int(into.sum()))
            for v, into in enumerate(arcs.T)
        )
    )
