"""Candidates: what the data say, once on all rows and once for each resample."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.data.statistics import Statistics
from llmcd.data.table import UNDESCRIBED, Note, Table, table
from llmcd.discovery.limits import Limits
from llmcd.discovery.methods import Method, choose_methods, search_table
from llmcd.discovery.order import OrderSearch
from llmcd.discovery.own_graph import graph_of_edges, own_graph, part_of
from llmcd.discovery.resampling import Outcome, run_resamples
from llmcd.discovery.sampling import (
    Ensemble,
    Samples,
    prepare_ensemble,
    sample_graphs,
)
from llmcd.equivalence import consistent_extension, cpdag, direction_shares
from llmcd.errors import DataError, VariablesError
from llmcd.graph import Graph
from llmcd.variables import Variables

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Candidates", "candidates"]

_SHOWN_NOTES = 6
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
    complete : bool
        Whether every resample was run.
    order : tuple of str
        The columns that were searched, in an order that depends on their content
        only.
    table : Table or None
        The rows, while they are at hand; never saved.
    searches : tuple of Method
        How it was searched, while that is at hand; never saved.
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
    complete: bool = True
    order: tuple[str, ...] = ()
    table: Table | None = field(default=None, repr=False)
    searches: tuple[Method, ...] = field(default=(), repr=False)

    @property
    def start(self) -> Graph | None:
        """Somebody's own graph, with which search and chains also began."""
        edges = self.settings.get("start")
        return None if edges is None else graph_of_edges(self.names, edges)

    def with_rows(
        self, data: Table | pd.DataFrame, variables: Any = None
    ) -> Candidates:
        """The same with the rows at hand again, as after loading.

        Parameters
        ----------
        data : pandas.DataFrame or Table
            The rows that these candidates were found on.
        variables : Variables, mapping or path, optional
            The same descriptions as then: declared kinds and levels count.

        Returns
        -------
        Candidates

        Raises
        ------
        DataError
            If they are other rows; it says what differs.

        Examples
        --------
        >>> import pandas as pd
        >>> x = np.random.default_rng(0).normal(size=(99, 2))
        >>> df = pd.DataFrame(x, columns=["a", "b"])
        >>> found = candidates(df, bootstrap=0)
        >>> found.with_rows(df[::-1]).table.n_rows
        99
        >>> found.with_rows(df[:90])
        Traceback (most recent call last):
        ...
        llmcd.errors.DataError: these are not the rows ...: 90 rows, not 99; ...
        """
        rows = data
        if not isinstance(rows, Table):
            missing = str(self.settings.get("missing", "error"))
            described = Variables.of({} if variables is None else variables)
            rows = table(data, described if len(described) else None, missing=missing)
        if rows.fingerprint != self.fingerprint:
            raise DataError(
                "these are not the rows that the candidates were found on: "
                f"{self._what_differs(rows)}; give those, or find candidates again"
            )
        return replace(self, table=rows)

    def _what_differs(self, rows: Table) -> str:
        said: list[str] = []
        lost = [v for v in self.names if v not in rows.input_names]
        more = [v for v in rows.input_names if v not in self.names]
        if lost:
            said.append(f"columns {lost} are missing")
        if more:
            said.append(f"columns {more} are new")
        if rows.n_rows != self.n_rows:
            said.append(f"{rows.n_rows:,} rows, not {self.n_rows:,}")
        kinds = dict(zip(rows.names, rows.kinds, strict=True))
        kinds |= dict.fromkeys(rows.set_aside, "constant")
        said += [
            f"{name!r} is {kinds[name]}, not {kind} (declare it in variables)"
            for name, kind in self.kinds.items()
            if name in kinds and kinds[name] != kind
        ]
        return ", ".join(said) or "columns and number are the same, some cells differ"

    @cached_property
    def class_graph(self) -> Graph:
        """The CPDAG of the class: what is directed without background knowledge.

        A direction that is here only in ``graph`` follows from the knowledge, not from
        the data.
        """
        return self._without_knowledge(self.graph)

    def _without_knowledge(self, graph: Graph) -> Graph:
        if not any(getattr(self.background, kind) for kind in _KNOWLEDGE):
            return graph
        return cpdag(consistent_extension(graph))

    @cached_property
    def adjacency_support(self) -> npt.NDArray[np.float64]:
        """Share of the resamples in which i and j are adjacent, shape (n, n)."""
        return _mean([g.adjacencies for g in self.replicates or (self.graph,)])

    @cached_property
    def direction_support(self) -> npt.NDArray[np.float64]:
        """Share of the resamples that say ``i --> j``, shape (n, n).

        Each resample is replaced by its class: an undirected edge counts for the share
        of the class's members that direct it so, or else the search's ties would pose
        as evidence. Directions that only background knowledge gives are left out: this
        is the data's own voice.
        """
        graphs = map(self._without_knowledge, self.replicates or (self.graph,))
        return _mean([direction_shares(g) for g in graphs])

    @cached_property
    def ensemble(self) -> Ensemble:
        """Score tables of resamples of the rows, for sampling graphs.

        Raises
        ------
        DataError
            If the rows are not at hand, as in a run folder that was loaded.
        """
        if self.table is None:
            raise DataError(
                "graphs can only be sampled while the rows are at hand, and these "
                "candidates were loaded without them; give them again: with_rows(data)"
            )
        from threadpoolctl import threadpool_limits

        seed = int(self.settings.get("seed", 0))
        with threadpool_limits(1, user_api="blas"):
            return prepare_ensemble(
                self.table,
                [self.graph, *self.replicates],
                _among(self.background, self.table.names),
                seed=seed,
                start=self.start,
            )

    @cached_property
    def samples(self) -> Samples:
        """Graphs drawn from the posterior given the rows alone.

        Raises
        ------
        DataError
            If the rows are not at hand.
        """
        return sample_graphs(self.ensemble)

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
    method: str | Method | Sequence[str | Method] = "auto",
    background: Background | Mapping[str, Any] | None = None,
    bootstrap: int = 50,
    start: Graph | None = None,
    seed: int = 0,
    n_jobs: int | None = None,
    limits: Limits | None = None,
    progress: bool = False,
) -> Candidates:
    """Search the table and resamples of its rows.

    Parameters
    ----------
    data_or_table : Table or pandas.DataFrame
        The checked table, or a DataFrame, which is checked first.
    method : {"auto", "order", "pc", "ges"}, Method, or several of these, optional
        How to search, such as ``PC(alpha=0.05)`` or ``CausalLearn("boss")``. Of
        several the first gives the graph, and all of them search each resample.
    background : Background or mapping, optional
        Obeyed exactly.
    bootstrap : int, optional
        Number of resamples of the rows, drawn with replacement.
    start : Graph, optional
        A graph of one's own: order search on all rows and some of the chains that
        sample graphs begin there as well. Resamples are searched without it.
    seed : int, optional
        Resample i draws from ``SeedSequence(seed).spawn(bootstrap)[i]``, so that the
        result is the same on one core and on many machines.
    n_jobs : int, optional
        Processes; None leaves it, and the backend, to ``joblib.parallel_config``.
    limits : Limits, optional
        Of time and memory.
    progress : bool, optional
        Show a bar on standard error.

    Returns
    -------
    Candidates
        A resample that failed is in ``failures`` and in ``warnings``. When the time is
        over or the user interrupts the resamples, what is finished is returned, with
        ``complete`` false.

    Raises
    ------
    VariablesError
        If the background knowledge contradicts itself, names a column that is not
        there, requires an edge at a constant column, or the method cannot honour it.
    DataError
        If the table cannot be used, the search fails on it, or on every resample.
    GraphError
        If ``start`` has other nodes than the table has columns, or no DAG is among its
        members.
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
    bootstrap, seed = _count("bootstrap", bootstrap), _count("seed", seed)
    began = time.monotonic()
    rows = data_or_table if isinstance(data_or_table, Table) else table(data_or_table)
    whole = rows.statistics()
    searches, why = choose_methods(method, whole)
    settings = _settings(searches, whole)
    known = Background.of(background)
    _check_background(known, searches, rows)
    _check_memory(rows, n_jobs, limits or Limits())
    own = None if start is None else own_graph(start, rows.input_names)
    _say_compiling(progress)
    graph, outcome = _run(
        searches, rows, known, bootstrap, seed, n_jobs, limits, began, progress, own
    )
    failures = outcome.failures
    if failures and not outcome.graphs:
        raise DataError(
            f"the search failed on all {len(failures)} resamples, the first with: "
            f"{failures[0]}; bootstrap=0 searches the table alone"
        )
    constant = dict.fromkeys(rows.set_aside, "constant")
    kinds = {**dict(zip(rows.names, rows.kinds, strict=True)), **constant}
    return Candidates(
        names=rows.input_names,
        graph=graph.with_nodes(rows.input_names),
        replicates=tuple(g.with_nodes(rows.input_names) for g in outcome.graphs),
        method="+".join(search.name for search in searches),
        why_method=why,
        settings={
            **settings,
            "bootstrap": bootstrap,
            "seed": seed,
            "missing": rows.missing,
            **({} if own is None else {"start": [list(e) for e in own.edges()]}),
        },
        background=known,
        n_rows=rows.n_rows,
        kinds={name: kinds[name] for name in rows.input_names},
        fingerprint=rows.fingerprint,
        notes=rows.notes,
        failures=failures,
        warnings=_warnings(rows, outcome, bootstrap * len(searches)),
        complete=not outcome.stopped,
        order=rows.names,
        table=rows,
        searches=searches,
    )


def _settings(searches: Sequence[Method], statistics: Statistics) -> dict[str, Any]:
    if len(searches) == 1:
        return dict(searches[0].settings(statistics))
    return {
        f"{search.name}: {key}": value
        for search in searches
        for key, value in search.settings(statistics).items()
    }


def _count(what: str, value: Any) -> int:
    try:
        number = -1 if isinstance(value, bool) else index(value)
    except TypeError:
        number = -1
    if number < 0:
        raise ValueError(f"{what} must be an integer of at least 0, got {value!r}")
    return number


def _check_background(
    known: Background, searches: Sequence[Method], rows: Table
) -> None:
    known.check(rows.input_names)
    given = {kind for kind in _KNOWLEDGE if getattr(known, kind)}
    for search in searches:
        cannot = sorted(given - search.honours)
        if cannot:
            raise VariablesError(
                f"method {search.name!r} cannot honour background knowledge "
                f"({', '.join(cannot)}); use method='auto', or leave the knowledge out"
            )
    constant = set(rows.set_aside)
    lost = [f"{a} --> {b}" for a, b in sorted(known.required) if constant & {a, b}]
    if lost:
        raise VariablesError(
            f"required edges at a constant column: {', '.join(lost)}; a column without "
            "variation stays without edges, so leave these out, or the column"
        )


def _check_memory(rows: Table, n_jobs: int | None, limits: Limits) -> None:
    # rows, their resample and codes for each process, and the moments of the columns
    processes = abs(n_jobs or 1)
    columns = sum(max(len(levels), 1) for levels in rows.levels)
    needed = 8.0 * ((1 + 2 * processes) * rows.values.size + processes * columns**2)
    limits.check_memory(needed, f"{processes} searches at a time")


def _say_compiling(progress: bool) -> None:
    from llmcd.discovery.kernels import are_compiled

    if progress and not are_compiled():
        sys.stderr.write(
            "llmcd: compiling the searches, once for this installation; this takes "
            "about a minute\n"
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
    searches: Sequence[Method],
    rows: Table,
    known: Background,
    bootstrap: int,
    seed: int,
    n_jobs: int | None,
    limits: Limits | None,
    began: float,
    progress: bool,
    own: Graph | None = None,
) -> tuple[Graph, Outcome]:
    from threadpoolctl import threadpool_limits

    known = _among(known, rows.names)
    # BLAS may round differently on several threads, and slows down what runs beside.
    with threadpool_limits(1, user_api="blas"):
        first = searches[0]
        if own is not None and isinstance(first, OrderSearch):
            start = part_of(own, rows.names)
            graph = first.search(rows.statistics(), known, start=start)
        else:
            graph = search_table(first, rows, known)
        return graph, run_resamples(
            searches, rows, known, resamples=bootstrap, seed=seed, n_jobs=n_jobs,
            limits=limits, began=began, progress=progress,
        )  # fmt: skip


def _table_warnings(rows: Table) -> list[str]:
    """What the table's notes say that a reader of the graph must know."""
    said = [
        f"{note.column}: {note.detail}" if note.column else note.detail
        for note in rows.notes
        if note.action in ("warning", "set aside") and note.detail != UNDESCRIBED
    ]
    if len(said) > _SHOWN_NOTES:
        more = len(said) - _SHOWN_NOTES
        said[_SHOWN_NOTES:] = [f"and {more} more notes on the table: see data_report"]
    return said


def _warnings(rows: Table, outcome: Outcome, planned: int) -> tuple[str, ...]:
    found: list[str] = []
    if outcome.stopped:
        found.append(f"partial: {outcome.stopped}; supports rest on these only")
    found.extend(_table_warnings(rows))
    if rows.family == "mixed":
        found.append(
            "the table mixes continuous and discrete columns: they are taken as "
            "degenerate-Gaussian columns, which see dependence that is linear in the "
            "values and in the indicators of the levels only"
        )
    if outcome.failures:
        found.append(
            f"{len(outcome.failures)} of {planned} resamples failed, the first with: "
            f"{outcome.failures[0]}"
        )
    return tuple(found)
