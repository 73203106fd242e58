"""Candidates: what the data say, once on all rows and once for each resample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.data.table import Note, Table, table
from llmcd.discovery.ges import GES
from llmcd.discovery.pc import PC
from llmcd.equivalence import direction_shares
from llmcd.errors import LlmcdError, VariablesError
from llmcd.graph import Graph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Candidates", "candidates"]

METHODS: dict[str, type[PC] | type[GES]] = {"pc": PC, "ges": GES}


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
        Kind of each variable.
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
        graphs = self.replicates or (self.graph,)
        return np.mean([g.adjacencies for g in graphs], axis=0, dtype=np.float64)

    @cached_property
    def direction_support(self) -> npt.NDArray[np.float64]:
        """Share of the resamples that say ``i --> j``, shape (n, n).

        Each resample is replaced by its class: an undirected edge counts for the share
        of the class's members that direct it so, or else the search's ties would pose
        as evidence.
        """
        graphs = self.replicates or (self.graph,)
        shares = {g: direction_shares(g) for g in set(graphs)}
        return np.mean([shares[g] for g in graphs], axis=0)

    def __str__(self) -> str:
        return (
            f"{len(self.names)} variables, {self.n_rows:,} rows, method {self.method} "
            f"({self.why_method}): {self.graph.n_edges} edges, "
            f"{len(self.graph.undirected_edges())} of them undirected; "
            f"{len(self.replicates)} resamples, {len(self.failures)} failed"
        )


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

    Raises
    ------
    VariablesError
        If the background knowledge contradicts itself, names a column that is not
        there, or the method cannot honour it.
    ValueError
        If an argument is out of range or the method does not fit the table.

    Notes
    -----
    Friedman, Goldszmidt and Wyner (1999), *Data analysis with Bayesian networks: a
    bootstrap approach*. A frequency is not a probability: it is overconfident (Steck
    and Jaakkola 2003).
    """
    rows = data_or_table if isinstance(data_or_table, Table) else table(data_or_table)
    if isinstance(bootstrap, bool) or not isinstance(bootstrap, int) or bootstrap < 0:
        raise ValueError(f"bootstrap must be an integer of at least 0, got {bootstrap!r}")
    search, why = _method(method)
    known = Background.of(background)
    known.check(rows.input_names)
    _check_honours(search, known)
    chosen = search.check(rows)
    outcomes = _run(search, rows, _reachable(known, rows), bootstrap, seed, n_jobs)
    graph, replicates = outcomes[0], outcomes[1:]
    if isinstance(graph, str):
        raise LlmcdError(f"{search.name} failed on the table: {graph}")
    failures = tuple(g for g in replicates if isinstance(g, str))
    return Candidates(
        names=rows.input_names,
        graph=_all_nodes(graph, rows, known),
        replicates=tuple(
            _all_nodes(g, rows, known) for g in replicates if not isinstance(g, str)
        ),
        method=search.name,
        why_method=why,
        settings={
            "criterion": chosen,
            "bootstrap": bootstrap,
            "seed": seed,
            "missing": rows.missing,
            **{k: v for k, v in asdict(search).items() if k != "test"},
        },
        background=known,
        n_rows=rows.n_rows,
        kinds=dict(zip(rows.names, rows.kinds, strict=True)),
        fingerprint=rows.fingerprint,
        notes=rows.notes,
        failures=failures,
        warnings=_warnings(rows, chosen, failures, bootstrap),
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


def _check_honours(search: PC | GES, known: Background) -> None:
    given = {
        kind for kind in ("required", "forbidden", "tiers") if getattr(known, kind)
    }
    cannot = sorted(given - search.honours)
    if cannot:
        raise VariablesError(
            f"method {search.name!r} cannot honour background knowledge "
            f"({', '.join(cannot)}); use method='pc', or leave the knowledge out"
        )


def _reachable(known: Background, rows: Table) -> Background:
    """The knowledge about columns that are searched; the rest holds by itself."""
    searched = set(rows.names)
    return Background(
        [p for p in known.required if set(p) <= searched],
        known.forbidden,
        known.tiers,
    )


def _all_nodes(graph: Graph, rows: Table, known: Background) -> Graph:
    """The graph over every column, in the user's order."""
    whole = graph.with_nodes((*graph.names, *rows.set_aside))
    missing = [p for p in known.required if not whole.adjacent(*p)]
    if missing:
        # Required edges at a column without variation still hold.
        directed = [*whole.directed_edges(), *sorted(missing)]
        whole = Graph.from_edges(
            whole.names, directed=directed, undirected=whole.undirected_edges()
        )
    return whole.reorder(rows.input_names)


def _run(
    search: PC | GES,
    rows: Table,
    known: Background,
    bootstrap: int,
    seed: int,
    n_jobs: int | None,
) -> list[Graph | str]:
    from joblib import Parallel, delayed

    seeds = np.random.SeedSequence(seed).spawn(bootstrap)
    tasks = [None, *seeds]
    return list(
        Parallel(n_jobs=n_jobs)(delayed(_search)(search, rows, known, s) for s in tasks)
    )


def _search(
    search: PC | GES,
    rows: Table,
    known: Background,
    seed: np.random.SeedSequence | None,
) -> Graph | str:
    """One search; a failure is returned in words, so that none is lost."""
    weights = None
    if seed is not None:
        n = rows.n_rows
        draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1.0 / n))
        weights = draws.astype(np.int64)
    try:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):
            return search.search(rows, known, weights=weights)
    except (LlmcdError, ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        return f"{type(error).__name__}: {error}"


def _warnings(
    rows: Table, chosen: str, failures: tuple[str, ...], bootstrap: int
) -> tuple[str, ...]:
    found: list[str] = []
    if chosen == "degenerate_gaussian" and rows.family == "mixed":
        found.append(
            "The table mixes continuous and discrete columns: they are tested as "
            "degenerate-Gaussian columns, which see linear dependence only."
        )
    if failures:
        found.append(
            f"{len(failures)} of {bootstrap} resamples failed, the first with: "
            f"{failures[0]}"
        )
    return tuple(found)
