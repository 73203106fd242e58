"""The only door to causal-learn: its searches and its tests, typed and silent.

What must not reach a user (held by the tests): its file of p-values confuses tables,
its index of strata overflows, one missing cell empties GES's graph and constant or
duplicated columns pass in silence (the Table lets none through), knowledge against both
directions makes false v-structures (no knowledge is handed on), and the CPDAG of its PC
depends on the order of the columns (they come in an order that depends on their
content) and may be no CPDAG (it is made one).
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from math import prod
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.data.statistics import Statistics
from llmcd.data.table import Table
from llmcd.equivalence import cpdag, is_cpdag, legal_extension
from llmcd.errors import DataError, LlmcdError
from llmcd.formats import from_causal_learn
from llmcd.graph import Graph

__all__ = ["ALGORITHMS", "CausalLearn", "ci_test"]

Test = Callable[[int, int, Sequence[int]], float]

_LARGEST_INDEX = 2**62
_SPARE = 5  # rows beyond the number of columns that its matrices need


@contextmanager
def _typed(what: str) -> Generator[None, None, None]:
    """Turn whatever causal-learn raises into an error of ours, and say nothing else."""
    try:
        with (
            redirect_stdout(StringIO()),
            np.errstate(all="ignore"),
            warnings.catch_warnings(action="ignore"),
        ):
            yield
    except LlmcdError:
        raise
    except Exception as error:
        raise DataError(
            f"causal-learn's {what} failed with {type(error).__name__}: {error}; "
            "fewer columns or levels may help, or another method"
        ) from error


@contextmanager
def _seeded() -> Generator[None, None, None]:
    """Some searches draw from the global generators: fixed here, restored after."""
    state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)  # noqa: NPY002


def ci_test(method: str, values: npt.NDArray[Any], **options: Any) -> Test:
    """One of causal-learn's tests of conditional independence, for ``pc_search``.

    Parameters
    ----------
    method : str
        causal-learn's name for it: ``fisherz``, ``kci``, ``fastkci``, ``rcit``,
        ``gsq`` or ``chisq``.
    values : array, shape (n, p)
        Rows, with repetition for a resample; level codes for ``gsq`` and ``chisq``.
    **options
        Handed on.

    Returns
    -------
    callable
        ``(i, j, given) -> p``.

    Raises
    ------
    DataError
        If causal-learn refuses.

    Examples
    --------
    >>> codes = np.array([[0, 0], [0, 1], [1, 0], [1, 1]] * 5)
    >>> ci_test("gsq", codes)(0, 1, ())
    1.0
    """
    from causallearn.utils.cit import CIT

    with _typed(f"test {method}"):
        test: Any = CIT(values, method, **options)
    levels = [int(k) for k in getattr(test, "cardinalities", ())]

    def p_value(i: int, j: int, given: Sequence[int]) -> float:
        with _typed(f"{method} test"), _seeded():
            wide = levels and prod(levels[k] for k in (i, j, *given)) >= _LARGEST_INDEX
            if not wide:
                return float(test(i, j, tuple(given)))
            # Its index of the strata would overflow: number those that occur.
            columns = test.data[:, list(given)]
            strata = np.unique(columns, axis=0, return_inverse=True)[1].reshape(-1)
            rows = np.vstack([strata, test.data[:, i], test.data[:, j]])
            sizes = np.array([strata.max() + 1, levels[i], levels[j]])
            return float(test.chisq_or_gsq_test(rows, sizes, G_sq=method == "gsq"))

    return p_value


ALGORITHMS: Mapping[str, tuple[str, frozenset[str]]] = MappingProxyType(
    {
        "pc": ("CPDAG", frozenset({"continuous", "discrete"})),
        "ges": ("CPDAG", frozenset({"continuous", "discrete"})),
        "grasp": ("CPDAG", frozenset({"continuous", "discrete"})),
        "boss": ("CPDAG", frozenset({"continuous", "discrete"})),
        "exact": ("DAG", frozenset({"continuous"})),
        "direct_lingam": ("DAG", frozenset({"continuous"})),
        "ica_lingam": ("DAG", frozenset({"continuous"})),
        "fci": ("PAG", frozenset({"continuous", "discrete"})),
    }
)
"""What each algorithm finds, and the tables that it takes."""


@dataclass(frozen=True)
class CausalLearn:
    """Any of causal-learn's searches as a source of candidates.

    Parameters
    ----------
    algorithm : str
        One of ``ALGORITHMS``: ``pc``, ``ges``, ``grasp``, ``boss``, ``exact``,
        ``direct_lingam``, ``ica_lingam`` or ``fci``.
    options : mapping, optional
        Handed on to causal-learn's function, under its names.

    Raises
    ------
    ValueError
        If there is no such algorithm.

    Notes
    -----
    The exact search gives one DAG of a class, so that its class is taken; LiNGAM
    directs all edges, from non-Gaussian noise. A PAG (``fci``) can be looked at but not
    reconciled with an expert yet. No background knowledge is handed on.

    Examples
    --------
    >>> CausalLearn("grasp").name
    'causal-learn:grasp'
    """

    algorithm: str
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])

    honours: ClassVar[frozenset[str]] = frozenset()

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise ValueError(
                f"algorithm must be one of {list(ALGORITHMS)}, got {self.algorithm!r}"
            )

    @property
    def name(self) -> str:
        """How it is called in results."""
        return f"causal-learn:{self.algorithm}"

    def settings(self, statistics: Statistics) -> dict[str, Any]:
        """What decides the result besides the rows.

        Parameters
        ----------
        statistics : Statistics
            Of the table.

        Returns
        -------
        dict

        Raises
        ------
        ValueError
            If the algorithm does not take such a table.
        """
        family = {"gaussian": "continuous", "counts": "discrete"}.get(
            statistics.kind, "mixed"
        )
        takes = ALGORITHMS[self.algorithm][1]
        if family not in takes:
            raise ValueError(
                f"{self.name} takes {' or '.join(sorted(takes))} tables, got a "
                f"{family} one; method='auto' takes every kind"
            )
        return {"algorithm": self.algorithm, "options": dict(self.options)}

    def search(
        self, statistics: Statistics, background: Background | None = None
    ) -> Graph:
        """Refused: causal-learn needs the rows.

        Raises
        ------
        DataError
            Always.
        """
        raise DataError(
            f"{self.name} needs rows, not sufficient statistics; hand it to "
            "candidates(table, method=...)"
        )

    def search_rows(
        self,
        table: Table,
        background: Background | None = None,
        weights: npt.NDArray[np.int64] | None = None,
    ) -> Graph:
        """Search the rows of a table.

        Parameters
        ----------
        table : Table
            The checked table.
        background : Background, optional
            Must be empty.
        weights : array of int64, shape (n_rows,), optional
            How often each row counts.

        Returns
        -------
        Graph
            A legal CPDAG, a DAG (LiNGAM) or a PAG (FCI) over ``table.names``.

        Raises
        ------
        DataError
            If causal-learn fails, or there are hardly more rows than columns, which it
            answers with an error of its own or nonsense.

        Examples
        --------
        >>> import pandas as pd
        >>> from llmcd.data.table import table
        >>> x = np.random.default_rng(0).normal(size=(300, 2))
        >>> x[:, 1] += x[:, 0]
        >>> rows = table(pd.DataFrame(x, columns=["a", "b"]))
        >>> CausalLearn("boss").search_rows(rows).n_edges
        1
        """
        if table.n_rows < table.n_columns + _SPARE:
            raise DataError(
                f"{self.algorithm!r} of causal-learn needs at least {_SPARE} more rows "
                f"than columns, got {table.n_rows:,} rows for {table.n_columns:,} "
                "columns; leave columns out, or use method='pc' or 'order'"
            )
        values = table.values
        if weights is not None:
            values = np.repeat(values, weights, axis=0)
        discrete = table.family == "discrete"
        with _typed(self.algorithm), _seeded():
            found = _run(
                self.algorithm, values.copy(), table.names, discrete, self.options
            )
        finds = ALGORITHMS[self.algorithm][0]
        if finds == "PAG" or "lingam" in self.algorithm:
            return found
        if finds == "DAG":
            return cpdag(found)
        return found if is_cpdag(found) else cpdag(legal_extension(found))


def _run(
    algorithm: str,
    values: npt.NDArray[np.float64],
    names: Sequence[str],
    discrete: bool,
    options: Mapping[str, Any],
) -> Graph:
    nodes = list(names)
    given: dict[str, Any]
    test = {"indep_test": "chisq" if discrete else "fisherz"}
    score = {"score_func": "local_score_BDeu" if discrete else "local_score_BIC"}
    if algorithm == "pc":
        from causallearn.search.ConstraintBased.PC import pc

        given = {"show_progress": False, "node_names": nodes, **test, **options}
        return from_causal_learn(pc(values, **given).G)
    if algorithm == "fci":
        from causallearn.search.ConstraintBased.FCI import fci

        test = {"independence_test_method": test["indep_test"]}
        given = {"show_progress": False, "node_names": nodes, **test, **options}
        return from_causal_learn(fci(values, **given)[0])
    if algorithm == "ges":
        from causallearn.search.ScoreBased.GES import ges

        given = {"node_names": nodes, **score, **options}
        return from_causal_learn(ges(values, **given)["G"])
    if algorithm in ("grasp", "boss"):
        from causallearn.search.PermutationBased.BOSS import boss
        from causallearn.search.PermutationBased.GRaSP import grasp

        search: Any = boss if algorithm == "boss" else grasp
        if not discrete:
            score = {"score_func": "local_score_BIC_from_cov"}
        given = {"verbose": False, "node_names": nodes, **score, **options}
        return from_causal_learn(search(values, **given))
    if algorithm == "exact":
        from causallearn.search.ScoreBased.ExactSearch import bic_exact_search

        found: Any = bic_exact_search(values, **dict(options))
        return Graph.from_directed_matrix(nodes, found[0])
    from causallearn.search.FCMBased import lingam

    kind: Any = (
        lingam.DirectLiNGAM if algorithm == "direct_lingam" else lingam.ICALiNGAM
    )
    model = kind(**{"random_state": 0, **options})
    model.fit(values)
    # its matrix has effects in rows: B[i, j] is the effect of j on i
    effects: npt.NDArray[np.float64] = np.asarray(model.adjacency_matrix_)
    return Graph.from_directed_matrix(nodes, (effects != 0).T)
