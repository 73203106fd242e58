"""Run one search on many resamples: any joblib backend, the same result on each."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.data.table import Table
from llmcd.discovery.limits import Limits
from llmcd.discovery.methods import Method, search_table
from llmcd.errors import LlmcdError
from llmcd.graph import Graph

__all__ = ["Outcome", "run_resamples"]


@dataclass(frozen=True)
class Outcome:
    """What became of the resamples.

    Attributes
    ----------
    graphs : tuple of Graph
        One for each search that succeeded, in the order of the resamples.
    failures : tuple of str
        One line for each that failed.
    stopped : str
        Why not all were run; empty when all were.
    """

    graphs: tuple[Graph, ...]
    failures: tuple[str, ...]
    stopped: str = ""


def run_resamples(
    searches: Sequence[Method],
    rows: Table,
    background: Background,
    *,
    resamples: int,
    seed: int,
    n_jobs: int | None = None,
    limits: Limits | None = None,
    began: float | None = None,
    progress: bool = False,
) -> Outcome:
    """Search resamples of the rows, drawn with replacement, with every method.

    Parameters
    ----------
    searches : sequence of Method
        Each is run on each resample.
    rows : Table
        The checked table.
    background : Background
        Obeyed exactly.
    resamples : int
        How many.
    seed : int
        Resample i draws from ``SeedSequence(seed).spawn(resamples)[i]``.
    n_jobs : int, optional
        Processes; None leaves it, and the backend, to ``joblib.parallel_config``.
    limits : Limits, optional
        Time after which no further resample is begun.
    began : float, optional
        When the time began to run (``time.monotonic()``); now by default.
    progress : bool, optional
        Show a bar on standard error.

    Returns
    -------
    Outcome
        Partial, and saying so, when the time is over or the user interrupts.

    Examples
    --------
    >>> import pandas as pd
    >>> from llmcd.data.table import table
    >>> from llmcd.discovery.pc import PC
    >>> x = np.random.default_rng(0).normal(size=(99, 2))
    >>> rows = table(pd.DataFrame(x, columns=["a", "b"]))
    >>> found = run_resamples([PC()], rows, Background(), resamples=3, seed=0)
    >>> len(found.graphs), found.stopped
    (3, '')
    """
    seeds = np.random.SeedSequence(seed).spawn(resamples)
    limit = (limits or Limits()).seconds
    began = time.monotonic() if began is None else began
    over = np.inf if limit is None else began + limit
    done: list[Graph | str] = []
    stopped = ""
    finished = 0
    try:
        with _bar(resamples, progress) as advance:
            for outcomes in _each(searches, rows, background, seeds, n_jobs, over):
                if outcomes is None:
                    continue
                done.extend(outcomes)
                finished += 1
                advance()
    except KeyboardInterrupt:
        stopped = f"interrupted after {finished} of {resamples} resamples"
    if not stopped and finished < resamples:
        stopped = (
            f"the limit of {limit:g} seconds was reached after {finished} of "
            f"{resamples} resamples"
        )
    return Outcome(
        tuple(x for x in done if isinstance(x, Graph)),
        tuple(x for x in done if isinstance(x, str)),
        stopped,
    )


Outcomes = list[Graph | str]


def _each(
    searches: Sequence[Method],
    rows: Table,
    background: Background,
    seeds: Sequence[np.random.SeedSequence],
    n_jobs: int | None,
    over: float,
) -> Iterator[Outcomes | None]:
    """Outcomes in the order of the seeds; None for what was not begun in time."""
    from joblib import Parallel, delayed

    if not seeds:
        return
    # A moment on this machine is none on another: what counts is the time left.
    left = None if np.isinf(over) else over - time.monotonic()
    here = os.getpid()
    start = time.time()
    tasks = (
        delayed(_resample)(searches, rows, background, s, here, start, left)
        for s in seeds
    )
    parallel: Any = Parallel(n_jobs=n_jobs, return_as=_return_as())
    yield from parallel(tasks)


def _return_as() -> str:
    # Results one by one let an interrupted run keep them; not every backend can.
    from joblib.parallel import get_active_backend

    backend: Any = get_active_backend()[0]
    return "generator" if backend.supports_return_generator else "list"


def _resample(
    searches: Sequence[Method],
    rows: Table,
    background: Background,
    seed: np.random.SeedSequence,
    parent: int,
    start: float,
    left: float | None,
) -> Outcomes | None:
    """One resample; a failure is returned in words, so that none is lost."""
    from threadpoolctl import threadpool_limits

    if left is not None and time.time() - start > left:
        return None
    weights = draw_weights(rows.n_rows, seed)
    # In the parent it is limited already, and threads must not undo each other's limit.
    alone = nullcontext() if os.getpid() == parent else threadpool_limits(1, "blas")
    found: Outcomes = []
    with alone:
        for search in searches:
            try:
                found.append(search_table(search, rows, background, weights))
            except (
                LlmcdError, ValueError, ArithmeticError, np.linalg.LinAlgError,
                MemoryError,
            ) as error:  # fmt: skip
                found.append(f"{type(error).__name__}: {error}")
    return found


def draw_weights(n_rows: int, seed: np.random.SeedSequence) -> npt.NDArray[np.int64]:
    """How often each row is drawn.

    Parameters
    ----------
    n_rows : int
        Number of rows, and of draws.
    seed : numpy.random.SeedSequence
        Of this resample.

    Returns
    -------
    array of int64, shape (n_rows,)
        Sums to ``n_rows``.

    Examples
    --------
    >>> int(draw_weights(10, np.random.SeedSequence(0)).sum())
    10
    """
    draws = np.random.default_rng(seed).multinomial(n_rows, np.full(n_rows, 1 / n_rows))
    return draws.astype(np.int64)


@contextmanager
def _bar(total: int, shown: bool) -> Generator[Any]:
    """A bar on standard error, gone when it is full."""
    if not shown or total < 2:
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("resamples"), BarColumn(), MofNCompleteColumn(),
        TimeRemainingColumn(),
    )  # fmt: skip
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)
