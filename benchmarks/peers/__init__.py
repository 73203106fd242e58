"""Other implementations of the same searches, in environments of their own.

>>> sorted(PEERS["flopsearch"].algorithms)
['order']
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.peers.environments import ROOT, PeerError, python_of, state
from llmcd.equivalence import cpdag
from llmcd.errors import LlmcdError
from llmcd.graph import Graph

__all__ = ["PEERS", "Outcome", "Peer", "Task", "run_peer", "start_peer", "write_rows"]

ADAPTERS = Path(__file__).resolve().parent / "adapters"
STARTUP = 180.0  # seconds for imports and reading, which do not count
ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "ARROW_NUM_THREADS",
)


@dataclass(frozen=True)
class Peer:
    """An implementation and what it offers.

    Attributes
    ----------
    name : str
        Its name, that of its environment and of its requirements.
    adapter : str
        The script that runs in its environment.
    algorithms : frozenset of str
        What tasks may ask for.
    ours : bool
        Whether it is this project, which runs under the present interpreter.
    """

    name: str
    adapter: str
    algorithms: frozenset[str]
    ours: bool = False


def _peer(name: str, *algorithms: str) -> Peer:
    adapter = name.replace("-", "_") + "_peer.py"
    return Peer(name, adapter, frozenset(algorithms))


PEERS: Mapping[str, Peer] = MappingProxyType(
    {
        peer.name: peer
        for peer in (
            Peer(
                "llmcd",
                "llmcd_ours.py",
                frozenset({"pc", "ges", "order", "parquet"}),
                ours=True,
            ),
            _peer("causal-learn", "pc", "ges", "boss", "grasp"),
            _peer("pybnesian", "pc", "hill_climbing"),
            _peer("ges", "ges"),
            _peer("pyagrum", "pc", "miic", "hill_climbing", "tabu"),
            _peer("pgmpy", "pc", "hill_climbing", "ges"),
            _peer("flopsearch", "order"),
            _peer("xges", "xges"),
        )
    }
)


@dataclass(frozen=True)
class Task:
    """What a peer is to do.

    Parameters
    ----------
    algorithm : str
        One of the peer's algorithms.
    data : Path or None
        What ``write_rows`` wrote; None for an algorithm that reads no rows.
    options : mapping
        For the algorithm, as its adapter describes them.
    warm : bool
        Whether what is compiled at run time is compiled and loaded before.
    repeat : int
        Calls after the warm-up, of which the median counts; 0 for the first call only.
    below : float
        Seconds from which on the first call is the measurement, and that further calls
        may take together.
    """

    algorithm: str
    data: Path | None
    options: Mapping[str, Any] = field(default_factory=dict)
    warm: bool = True
    repeat: int = 5
    below: float = 2.0


@dataclass(frozen=True)
class Outcome:
    """What a peer did.

    Attributes
    ----------
    peer, algorithm : str
        Who and what.
    status : {"done", "timeout", "failed"}
        How it ended.
    reason : str
        Why, if it is not done.
    seconds : float or None
        Of the algorithm's call: the median after a warm-up, or of the only call.
    first : float or None
        Of the first call.
    startup : float or None
        Of everything before it: imports, reading, preparing.
    runs : tuple of float
        The calls that ``seconds`` is the median of.
    cpu_seconds : float or None
        Of the processor, user and system, of all threads: the median as of ``seconds``.
    cpu_runs : tuple of float
        Of the same calls as ``runs``.
    graph : Graph or None
        As the peer returned it.
    is_dag : bool
        Whether that is one DAG and not its class.
    versions : mapping
        Of the interpreter and packages.
    memory_before, memory_peak : int or None
        Bytes of the process before the first call and at most during it.
    extra : mapping
        What else the adapter told.
    """

    peer: str
    algorithm: str
    status: str
    reason: str = ""
    seconds: float | None = None
    first: float | None = None
    startup: float | None = None
    runs: tuple[float, ...] = ()
    cpu_seconds: float | None = None
    cpu_runs: tuple[float, ...] = ()
    graph: Graph | None = None
    is_dag: bool = False
    versions: Mapping[str, str] = field(default_factory=dict)
    memory_before: int | None = None
    memory_peak: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def class_(self) -> Graph | None:
        """The graph, or its class if it is one DAG."""
        if self.graph is None or not self.is_dag:
            return self.graph
        return cpdag(self.graph)


def write_rows(
    path: Path,
    names: Sequence[str],
    values: npt.ArrayLike,
    sizes: Sequence[int] | None = None,
) -> None:
    """Write rows for the adapters.

    Parameters
    ----------
    path : Path
        An ``.npz`` file.
    names : sequence of str
        The columns.
    values : array, shape (n, p)
        Numbers, or codes of levels.
    sizes : sequence of int, optional
        How many levels each column has; None for continuous columns.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a code is out of range.
    """
    held = np.asarray(values, dtype=np.float64 if sizes is None else np.int64)
    if held.ndim != 2 or held.shape[1] != len(names):
        raise ValueError(
            f"values of {len(names)} columns must have shape (n, {len(names)}), got "
            f"{held.shape}"
        )
    if sizes is not None and (
        len(sizes) != len(names) or (held < 0).any() or (held >= np.array(sizes)).any()
    ):
        raise ValueError("codes must be from 0 up to the size of their column")
    np.savez(
        path,
        names=np.array(list(names), dtype=np.str_),
        values=held,
        sizes=np.array([] if sizes is None else sizes, dtype=np.int64),
    )


def run_peer(
    name: str,
    task: Task,
    timeout: float,
    *,
    home: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """Let a peer do a task in a process of its own.

    Parameters
    ----------
    name : str
        A peer.
    task : Task
        What to do.
    timeout : float
        Seconds that one call of the algorithm may take.
    home : Path, optional
        Folder of the environments.
    environment : mapping, optional
        Further environment variables.

    Returns
    -------
    Outcome
        With the status ``failed`` and a reason for whatever goes wrong at the peer, its
        missing environment included.

    Raises
    ------
    ValueError
        If there is no such peer or algorithm.
    """
    if name not in PEERS:
        raise ValueError(f"peer must be one of {', '.join(PEERS)}, got {name!r}")
    peer = PEERS[name]
    if task.algorithm not in peer.algorithms:
        raise ValueError(
            f"algorithm of {name} must be one of {', '.join(sorted(peer.algorithms))}, "
            f"got {task.algorithm!r}"
        )
    further = dict(environment or {})
    if peer.ours:
        python = Path(sys.executable)
        further["PYTHONPATH"] = str(ROOT)
    else:
        try:
            is_there = state(name, home)
        except PeerError as error:
            is_there = str(error)
        if is_there != "ready":
            why = f"its environment is {is_there}: python -m benchmarks.peers install"
            return Outcome(name, task.algorithm, "failed", f"{why} {name}")
        python = python_of(name, home)
    return start_peer(
        name, [str(python), "-s", str(ADAPTERS / peer.adapter)], task, timeout, further
    )


def start_peer(
    name: str,
    command: Sequence[str],
    task: Task,
    timeout: float,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """Give a task to a process and read its answer; see ``run_peer``.

    Parameters
    ----------
    name : str
        Whom the outcome names.
    command : sequence of str
        What to start; it follows the adapters' protocol.
    task : Task
        What to do.
    timeout : float
        Seconds that one call of the algorithm may take.
    environment : mapping, optional
        Further environment variables.

    Returns
    -------
    Outcome
    """
    question = {
        "algorithm": task.algorithm,
        "options": dict(task.options),
        "data": None if task.data is None else str(task.data),
        "warm": task.warm,
        "repeat": task.repeat,
        "below": task.below,
        "limit": timeout,
    }
    # The adapter stops itself; this is for one that cannot.
    patience = STARTUP + 2.0 * timeout + task.below
    with tempfile.TemporaryDirectory() as folder:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=folder,
                env=_clean(environment or {}),
                start_new_session=True,
            )
        except OSError as error:
            reason = f"it could not be started: {error.strerror}"
            return Outcome(name, task.algorithm, "failed", reason)
        try:
            said, errors = process.communicate(json.dumps(question), timeout=patience)
        except subprocess.TimeoutExpired:
            _end(process)
            reason = f"no answer within {patience:.0f} s"
            return Outcome(name, task.algorithm, "timeout", reason)
    return _read(name, task.algorithm, timeout, process.returncode, said, errors)


def _clean(further: Mapping[str, str]) -> dict[str, str]:
    """The present variables less those that would lead Python elsewhere."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    one = dict.fromkeys(ONE_THREAD, "1")
    # Some peers' results follow the hash seed.
    return kept | one | {"PYTHONHASHSEED": "0"} | dict(further)


def _end(process: subprocess.Popen[str]) -> None:
    """End the process and what it started: they are a session of their own."""
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.communicate()


def _read(
    name: str, algorithm: str, timeout: float, code: int, said: str, errors: str
) -> Outcome:
    if hasattr(signal, "SIGALRM") and code == -signal.SIGALRM:
        return Outcome(name, algorithm, "timeout", f"more than {timeout:g} s")
    if code:
        why = f"exit code {code}"
        if code < 0:
            why = f"ended by {signal.Signals(-code).name}"
        last = errors.strip().splitlines()[-1:]
        return Outcome(name, algorithm, "failed", _short(": ".join([why, *last])))
    try:
        answer = json.loads(said)
        if answer["status"] != "done":
            return Outcome(name, algorithm, "failed", _short(answer["reason"]))
        edges = answer["edges"]
        return Outcome(
            peer=name,
            algorithm=algorithm,
            status="done",
            seconds=float(answer["seconds"]),
            first=float(answer["first"]),
            startup=float(answer["startup"]),
            runs=tuple(map(float, answer["runs"])),
            cpu_seconds=float(answer["cpu_seconds"]),
            cpu_runs=tuple(map(float, answer["cpu_runs"])),
            graph=graph_of_edges(answer["names"], edges),
            is_dag=bool(answer["is_dag"]),
            versions=answer["versions"],
            memory_before=answer["memory_before"],
            memory_peak=answer["memory_peak"],
            extra=answer["extra"],
        )
    except (ValueError, KeyError, TypeError, LlmcdError) as error:
        reason = f"its answer could not be read: {type(error).__name__}: {error}"
        return Outcome(name, algorithm, "failed", _short(reason))


def graph_of_edges(names: Sequence[str], edges: Sequence[Sequence[str]]) -> Graph:
    """A graph from ``[a, b, mark]``, the mark ``-->`` or ``---``.

    Raises
    ------
    ValueError
        If a mark is another.
    GraphError
        If a pair is given twice or a name is unknown.

    Examples
    --------
    >>> print(graph_of_edges("ab", [["b", "a", "-->"]]))
    b --> a
    """
    marks = {mark for _, _, mark in edges}
    if not marks <= {"-->", "---"}:
        raise ValueError(f"marks must be '-->' or '---', got {sorted(marks)}")
    return Graph.from_edges(
        names,
        directed=[(a, b) for a, b, mark in edges if mark == "-->"],
        undirected=[(a, b) for a, b, mark in edges if mark == "---"],
    )


def _short(reason: str) -> str:
    """One line without the folders of this machine."""
    line = re.sub(r"(?<![\w.])(?:/[^\s/:'\",)]+)+/", "", " ".join(reason.split()))
    return line[:300]
