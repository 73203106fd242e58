"""Resamples: the same on every backend, partial when stopped, none lost."""

import ast
import os
import threading
import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from joblib import parallel_config
from threadpoolctl import threadpool_info

from llmcd.background import Background
from llmcd.data.table import table
from llmcd.discovery.limits import Limits
from llmcd.discovery.order import OrderSearch
from llmcd.discovery.pc import PC
from llmcd.discovery.resampling import draw_weights, run_resamples
from llmcd.graph import Graph


def made(n=150, seed=0):
    """A table of a -> c <- b and d apart."""
    rng = np.random.default_rng(seed)
    a, b, d = rng.normal(size=(3, n))
    c = a - b + rng.normal(size=n)
    return table(pd.DataFrame({"a": a, "b": b, "c": c, "d": d}))


@dataclass(frozen=True)
class Slow:
    """A method that takes its time and finds nothing."""

    seconds: float = 0.2
    interrupt_at: int = 0

    name = "slow"
    honours = frozenset()
    calls: ClassVar[list[int]] = []

    def settings(self, statistics):
        """Nothing to set."""
        return {}

    def search(self, statistics, background=None):
        """Sleep; raise KeyboardInterrupt at the chosen call."""
        self.calls.append(threading.get_ident())
        if self.interrupt_at and len(self.calls) == self.interrupt_at:
            raise KeyboardInterrupt
        time.sleep(self.seconds)
        return Graph.empty(statistics.names)


@dataclass(frozen=True)
class Counting:
    """A method that fails with the number of threads that BLAS may use."""

    name = "counting"
    honours = frozenset()

    def settings(self, statistics):
        """Nothing to set."""
        return {}

    def search(self, statistics, background=None):
        """Tell it by the only words that come back from a worker besides graphs."""
        held = [x["num_threads"] for x in threadpool_info() if x["user_api"] == "blas"]
        raise ValueError(f"BLAS in {os.getpid()}: {sorted(held)}")


def test_weights_are_a_multinomial_draw():
    """They sum to the number of rows; each row is expected once, with variance 1."""
    n, many = 200, 400
    seeds = np.random.SeedSequence(1).spawn(many)
    drawn = np.array([draw_weights(n, s) for s in seeds])
    assert (drawn.sum(axis=1) == n).all()
    assert abs(drawn.var() - (1 - 1 / n)) < 4 * np.sqrt(3 / drawn.size)


@pytest.mark.parametrize("method", [PC(), OrderSearch()], ids=["pc", "order"])
def test_processes_and_threads_change_nothing(method):
    """One process, two processes and two threads give identical graphs."""
    rows = made()
    how = {"resamples": 6, "seed": 3}
    alone = run_resamples([method], rows, Background(), n_jobs=1, **how)
    assert len(alone.graphs) == 6
    assert run_resamples([method], rows, Background(), n_jobs=2, **how) == alone
    with parallel_config(backend="threading", n_jobs=2):
        assert run_resamples([method], rows, Background(), **how) == alone


def test_workers_have_one_thread_of_blas():
    """In other processes too, whatever they would use by themselves."""
    how = {"resamples": 4, "seed": 0, "n_jobs": 2}
    found = run_resamples([Counting()], made(), Background(), **how)
    assert len(found.failures) == 4
    for said in found.failures:
        where, threads = said.removeprefix("ValueError: BLAS in ").split(": ")
        assert int(where) != os.getpid()
        assert set(ast.literal_eval(threads)) == {1}


def test_several_methods_search_each_resample():
    """Their graphs stand together, in the order of the methods."""
    rows = made()
    both = run_resamples([PC(), OrderSearch()], rows, Background(), resamples=3, seed=0)
    for k, method in enumerate((PC(), OrderSearch())):
        alone = run_resamples([method], rows, Background(), resamples=3, seed=0)
        assert both.graphs[k::2] == alone.graphs


@pytest.mark.parametrize("backend", ["sequential", "threading"])
def test_time_limit_keeps_what_is_finished(backend):
    """No resample begins after the limit; the outcome says how many were run."""
    limits = Limits(seconds=2)
    with parallel_config(backend=backend, n_jobs=2):
        found = run_resamples(
            [Slow()], made(), Background(), resamples=40, seed=0, limits=limits
        )
    assert 0 < len(found.graphs) < 40
    said = f"limit of 2 seconds was reached after {len(found.graphs)} of 40 resamples"
    assert said in found.stopped


def test_interrupt_keeps_what_is_finished():
    """Ctrl-C returns the graphs that there are."""
    Slow.calls.clear()
    method = Slow(seconds=0.0, interrupt_at=4)
    found = run_resamples([method], made(), Background(), resamples=9, seed=0, n_jobs=1)
    assert len(found.graphs) == 3
    assert found.stopped == "interrupted after 3 of 9 resamples"


def test_progress_is_on_standard_error(capsys, monkeypatch):
    """A terminal sees a bar; nothing is written to standard output."""
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    run_resamples([PC()], made(), Background(), resamples=3, seed=0, progress=True)
    said = capsys.readouterr()
    assert said.out == ""
    assert "resamples" in said.err


# --- backends that not everybody has --------------------------------------------------


def test_dask_changes_nothing():
    """A local Dask cluster gives the graphs that one process gives."""
    distributed = pytest.importorskip("distributed")
    rows = made()
    how = {"resamples": 6, "seed": 3}
    alone = run_resamples([PC()], rows, Background(), n_jobs=1, **how)
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    )
    with cluster, distributed.Client(cluster), parallel_config(backend="dask"):
        found = run_resamples([PC()], rows, Background(), **how)
    assert found == alone


def test_ray_changes_nothing():
    """A local Ray gives the graphs that one process gives."""
    ray = pytest.importorskip("ray")
    from ray.util.joblib import register_ray

    rows = made()
    how = {"resamples": 6, "seed": 3}
    alone = run_resamples([PC()], rows, Background(), n_jobs=1, **how)
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    try:
        register_ray()
        with parallel_config(backend="ray", n_jobs=2):
            found = run_resamples([PC()], rows, Background(), **how)
    finally:
        ray.shutdown()
    assert found == alone
