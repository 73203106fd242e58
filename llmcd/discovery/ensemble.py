"""Candidates: what the data say, once on all rows and once for each resample."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.data.table import Note, Table, table
from llmcd.discovery.ges import GES
from llmcd.discovery.pc import PC
from llmcd.equivalence import direction_shares
from llmcd.errors import DataError, LlmcdError, VariablesError
from llmcd.graph import Graph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Candidates", "candidates"]

METHODS: dict[str, type[PC] | type[GES]] = {"pc": PC, "ges": GES}
_KNOWLEDGE = ("required", "forbidden", "tiers")


@dataclass(frozen=True, eq=False)
class Candidates:
    """The data's side: a CPDAG and its support over resamples.

    Attributes
    ----------
    names : tuple of str
        All variables in the user's order; columns set aside are isolated nodes.
    graph : Graph
        The data's own CPDAG (MPDAG under background knowledge), from all rows.
    replicates : tuple of Graph
        One CPDAG or MPDAG for each resample that succeeded.
    method, why_method : str
        The method and why it was chosen.
    settings : mapping
        Everything needed to run it again, JSON-able.
    background : Background
        The knowledge that was obeyed.
    n_rows : int
        Rows used.
    kinds : mapping of str to str
        Kind of each variable; ``constant`` if it was set aside.
    fingerprint : str
        Of the table's content.
    notes : tuple of Note
        What was done to the table.
    failures : tuple of str
        One line for each resample that failed.
    warnings : tuple of str
        What a reader must know.
    table : Table or None
        The rows, while they are at hand; never saved.
    """

    names: tuple[str, ...]
    graph: Graph
    replicates: tuple[Graph, ...]
    method: str
    why_method: str
    settings: Mapping[str, Any]
    background: Background
    n_rows: int
    kinds: Mapping[str, str]
    fingerprint: str
    notes: tuple[Note, ...] = ()
    failures: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    table: Table | None = field(default=None, repr=False)

    @cached_property
    def adjacency_support(self) -> npt.NDArray[np.float64]:
        """Share of the resamples in which i and j are adjacent, shape (n, n)."""
        return _mean([g.adjacencies for g in self.replicates or (self.graph,)])

    @cached_property
    def direction_support(self) -> npt.NDArray[np.float64]:
        """Share of the resamples that say ``i --> j``, shape (n, n).

        Each resample is replaced by its class: an undirected edge counts for the share
        of the class's members that direct it so, or else the search's ties would pose
        as evidence.
        """
        return _mean([direction_shares(g) for g in self.replicates or (self.graph,)])

    def __str__(self) -> str:
        return (
            f"{len(self.names)} variables, {self.n_rows:,} rows, method {self.method} "
            f"({self.why_method}): {self.graph.n_edges} edges, "
            f"{len(self.graph.undirected_edges())} of them undirected; "
            f"{len(self.replicates)} resamples, {len(self.failures)} failed"
        )


def _mean(matrices: Sequence[npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
    shares = np.asarray(np.mean(matrices, axis=0, dtype=np.float64))
    shares.setflags(write=False)
    return shares


def candidates(
    data_or_table: Table | pd.DataFrame,
    *,
    method: str | PC | GES = "auto",
    background: Background | Mapping[str, Any] | None = None,
    bootstrap: int = 50,
    seed: int = 0,
    n_jobs: int | None = None,
) -> Candidates:
    """Search the table and resamples of its rows.

    Parameters
    ----------
    data_or_table : Table or pandas.DataFrame
        The checked table, or a DataFrame, which is checked first.
    method : {"auto", "pc", "ges"}, PC or GES, optional
        How to search; ``auto`` is PC, which takes every kind of table and obeys
        background knowledge.
    background : Background or mapping, optional
        Obeyed exactly.
    bootstrap : int, optional
        Number of resamples of the rows, drawn with replacement.
    seed : int, optional
        Resample i draws from ``SeedSequence(seed).spawn(bootstrap)[i]``, so that the
        result is the same on one core and on many machines.
    n_jobs : int, optional
        Processes; None leaves it, and the backend, to ``joblib.parallel_config``.

    Returns
    -------
    Candidates
        A resample that failed is in ``failures`` and in ``warnings``.

    Raises
    ------
    VariablesError
        If the background knowledge contradicts itself, names a column that is not
        there, requires an edge at a constant column, or the method cannot honour it.
    DataError
        If the table cannot be used, the search fails on it, or on every resample.
    ValueError
        If an argument is out of range or the method does not fit the table.

    Notes
    -----
    Friedman, Goldszmidt and Wyner (1999), *Data analysis with Bayesian networks: a
    bootstrap approach*. A frequency is not a probability: it is overconfident (Steck
    and Jaakkola 2003).

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> df = pd.DataFrame(rng.normal(size=(300, 3)), columns=["a", "b", "c"])
    >>> df["c"] += df["a"] + df["b"]
    >>> found = candidates(df, bootstrap=10)
    >>> print(found.graph)
    a --> c
    b --> c
    >>> float(found.adjacency_support[0, 2])
    1.0
    """
    search, why = _method(method)
    _check_count("bootstrap", bootstrap)
    _check_count("seed", seed)
    rows = data_or_table if isinstance(data_or_table, Table) else table(data_or_table)
    settings = search.settings(rows)
    known = Background.of(background)
    _check_background(known, search, rows)
    graph, outcomes = _run(search, rows, known, bootstrap, seed, n_jobs)
    failures = tuple(found for found in outcomes if isinstance(found, str))
    if failures and len(failures) == bootstrap:
        raise DataError(
            f"the search failed on all {bootstrap} resamples, the first with: "
            f"{failures[0]}; bootstrap=0 searches the table alone"
        )
    constant = dict.fromkeys(rows.set_aside, "constant")
    kinds = {**dict(zip(rows.names, rows.kinds, strict=True)), **constant}
    return Candidates(
        names=rows.input_names,
        graph=graph.with_nodes(rows.input_names),
        replicates=tuple(
            found.with_nodes(rows.input_names)
            for found in outcomes
            if not isinstance(found, str)
        ),
        method=search.name,
        why_method=why,
        settings={
            **settings,
            "bootstrap": bootstrap,
            "seed": seed,
            "missing": rows.missing,
        },
        background=known,
        n_rows=rows.n_rows,
        kinds={name: kinds[name] for name in rows.input_names},
        fingerprint=rows.fingerprint,
        notes=rows.notes,
        failures=failures,
        warnings=_warnings(rows, failures, bootstrap),
        table=rows,
    )


def _method(method: str | PC | GES) -> tuple[PC | GES, str]:
    if isinstance(method, (PC, GES)):
        return method, "asked for"
    if method == "auto":
        return PC(), "auto: takes every kind of column and obeys background knowledge"
    if method not in METHODS:
        raise ValueError(
            f"method must be 'auto', {', '.join(map(repr, METHODS))}, PC(...) or "
            f"GES(...), got {method!r}"
        )
    return METHODS[method](), "asked for"


def _check_count(what: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{what} must be an integer of at least 0, got {value!r}")


def _check_background(known: Background, search: PC | GES, rows: Table) -> None:
    known.check(rows.input_names)
    given = {kind for kind in _KNOWLEDGE if getattr(known, kind)}
    cannot = sorted(given - search.honours)
    if cannot:
        raise VariablesError(
            f"method {search.name!r} cannot honour background knowledge "
            f"({', '.join(cannot)}); use method='pc', or leave the knowledge out"
        )
    constant = set(rows.set_aside)
    lost = [f"{a} --> {b}" for a, b in sorted(known.required) if constant & {a, b}]
    if lost:
        raise VariablesError(
            f"required edges at a constant column: {', '.join(lost)}; a column without "
            "variation stays without edges, so leave these out, or the column"
        )


def _among(known: Background, names: Sequence[str]) -> Background:
    """The knowledge about some of the columns."""
    some = set(names)
    return Background(
        [pair for pair in known.required if some.issuperset(pair)],
        [pair for pair in known.forbidden if some.issuperset(pair)],
        [group & some for group in known.tiers],
    )


def _run(
    search: PC | GES,
    rows: Table,
    known: Background,
    bootstrap: int,
    seed: int,
    n_jobs: int | None,
) -> tuple[Graph, list[Graph | str]]:
    from joblib import Parallel, delayed
    from threadpoolctl import threadpool_limits

    known = _among(known, rows.names)
    # BLAS may round differently on several threads, and slows down what runs beside.
    with threadpool_limits(1, user_api="blas"):
        graph = search.search(rows, known)
        seeds = np.random.SeedSequence(seed).spawn(bootstrap)
        here = os.getpid()
        tasks = (delayed(_resample)(search, rows, known, s, here) for s in seeds)
        outcomes: Any = Parallel(n_jobs=n_jobs)(tasks) if bootstrap else []
        return graph, list(outcomes)


def _resample(
    search: PC | GES,
    rows: Table,
    known: Background,
    seed: np.random.SeedSequence,
    parent: int,
) -> Graph | str:
    """One search; a failure is returned in words, so that none is lost."""
    from threadpoolctl import threadpool_limits

    n = rows.n_rows
    draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1.0 / n))
    # In the parent it is limited already, and threads must not undo each other's limit.
    alone = nullcontext() if os.getpid() == parent else threadpool_limits(1, "blas")
    try:
        with alone:
            return search.search(rows, known, weights=draws.astype(np.int64))
    except (LlmcdError, ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        return f"{type(error).__name__}: {error}"


def _warnings(
    rows: Table, failures: tuple[str, ...], bootstrap: int
) -> tuple[str, ...]:
    found: list[str] = []
    if rows.family == "mixed":
        found.append(
            "the table mixes continuous and discrete columns: they are tested as "
            "degenerate-Gaussian columns, which see dependence that is linear in the "
            "values and in the indicators of the levels only"
        )
    if failures:
        found.append(
            f"{len(failures)} of {bootstrap} resamples failed, the first with: "
            f"{failures[0]}"
        )
    return tuple(found)
