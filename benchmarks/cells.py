"""One sample of one network, and what all methods and experts of it share.

The ensemble of candidates is found once, so that methods differ by what they make of
it and of the answers, not by luck of the search.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import llmcd
from benchmarks.copies import copied_columns, without_copies
from benchmarks.memory import peak_mib, reset_peak
from benchmarks.networks import KnownNetwork
from llmcd.data.table import Table
from llmcd.discovery.ensemble import Candidates
from llmcd.graph import Graph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PEER_SECONDS", "Cell", "make_cell"]

PEER_SECONDS = 300.0


@dataclass(frozen=True, eq=False)
class Cell:
    """A sample and the data's side of it.

    Attributes
    ----------
    network : KnownNetwork
        Without the variables that copy another by their tables.
    rows, seed : int
        Of the sample.
    frame : pandas.DataFrame
        The rows for those who want them: columns in random order, without columns that
        are the same as another in this sample and without incomplete rows. Constant
        columns are in it.
    table : Table
        The same, checked.
    candidates : Candidates
        Shared by all methods.
    seconds : float
        That the candidates took.
    memory : float or None
        Peak of the process meanwhile, in MiB.
    copies : mapping of str to str
        Variables left out because they copy another by their tables.
    same : tuple of str
        Columns set aside because they are the same as another in this sample.
    peer_seconds : float
        That the call of another implementation may take.
    """

    network: KnownNetwork
    rows: int
    seed: int
    frame: pd.DataFrame
    table: Table
    candidates: Candidates
    seconds: float
    memory: float | None
    copies: Mapping[str, str]
    same: tuple[str, ...]
    peer_seconds: float = PEER_SECONDS

    @property
    def truth(self) -> Graph:
        """What estimates are held against."""
        return self.network.graph

    @property
    def search(self) -> str:
        """The search behind the candidates."""
        return self.candidates.method

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that can have edges: neither constant nor set aside; name order."""
        return tuple(sorted(self.candidates.order))

    def facts(self) -> dict[str, Any]:
        """What to store of the cell, for JSON."""
        found = self.candidates
        return {
            "rows_used": found.n_rows,
            "constant": list(self.table.set_aside),
            "same_columns": list(self.same),
            "candidates": {
                "method": found.method,
                "settings": dict(found.settings),
                "resamples": len(found.replicates),
                "failures": len(found.failures),
                "edges": found.graph.n_edges,
                "seconds": round(self.seconds, 3),
                "memory_mib": self.memory,
            },
        }


_warmed: set[str] = set()


def _warm(table: Table, search: str) -> None:
    """Load what numba compiled, once a process, so that no cell's time holds it."""
    if table.family not in _warmed:
        for method in dict.fromkeys((search, "pc", "ges")):
            llmcd.candidates(table, method=method, bootstrap=0, n_jobs=1)
        _warmed.add(table.family)


def make_cell(
    network: KnownNetwork,
    rows: int,
    seed: int,
    *,
    search: str = "auto",
    bootstrap: int = 30,
    peer_seconds: float = PEER_SECONDS,
) -> Cell:
    """Draw a sample and find its candidates.

    Parameters
    ----------
    network : KnownNetwork
        Where it comes from.
    rows, seed : int
        Of the sample; the seed is also that of the resamples.
    search : str, optional
        Method of ``llmcd.candidates``.
    bootstrap : int, optional
        Number of resamples.
    peer_seconds : float, optional
        That the call of another implementation may take.

    Returns
    -------
    Cell

    Raises
    ------
    DataError
        If the sample cannot be used.
    NetworkMissingError
        If there are no rows.

    Examples
    --------
    >>> from benchmarks.networks import known_network
    >>> cell = make_cell(known_network("cancer"), 200, 1, bootstrap=2)
    >>> len(cell.candidates.replicates), cell.columns[0]
    (2, 'Cancer')
    """
    smaller, copies = without_copies(network)
    sample = smaller.sample(rows, seed)
    same = copied_columns(sample)
    frame = sample.drop(columns=list(same)).dropna().reset_index(drop=True)
    table = llmcd.table(frame, smaller.variables.subset(frame.columns))
    _warm(table, search)
    reset_peak()
    began = time.perf_counter()
    found = llmcd.candidates(
        table, method=search, bootstrap=bootstrap, seed=seed, n_jobs=1
    )
    # Supports are computed when first wanted: here, so that nobody's time holds them.
    _ = found.adjacency_support, found.direction_support
    return Cell(
        smaller,
        rows,
        seed,
        frame,
        table,
        found,
        time.perf_counter() - began,
        peak_mib(),
        copies,
        same,
        peer_seconds,
    )
