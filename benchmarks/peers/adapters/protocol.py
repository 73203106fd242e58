"""What every adapter does round its peer: read a task, time it, write one JSON line.

An adapter runs in the peer's own environment: it imports the standard library, numpy
and the peer, nothing of this project. On standard input it gets

    {"algorithm": str, "options": {}, "data": "rows.npz", "warm": bool,
     "repeat": int, "below": seconds, "limit": seconds}

and writes one line of JSON to standard output. The seconds are those of the call of
the algorithm: imports, reading the rows and bringing them into the form that the peer
wants are over by then, and with ``warm`` so is compiling, where the peer is compiled as
it runs. The first call is the measurement if it took ``below`` seconds
or more; else it was a warm-up and the median of up to ``repeat`` further calls counts,
as many as fit into ``below`` seconds, but at least one. Beside the seconds on the clock
stand those of the processor, user and system, of all threads of this process and of
children that have ended: on a busy machine they say how long it takes. Memory is the
peak over all calls. A call that takes longer than ``limit`` ends the process by
SIGALRM, which no library can hold up.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np

STARTED = time.perf_counter()
Edges = list[tuple[str, str, str]]


@dataclass(frozen=True)
class Rows:
    """The data: one row of ``values`` a unit, one column a name.

    ``sizes`` is None for continuous columns; else ``values`` are codes from 0 up to
    each column's size.
    """

    names: list[str]
    values: np.ndarray
    sizes: list[int] | None

    @property
    def is_discrete(self) -> bool:
        """Whether the columns are codes of levels."""
        return self.sizes is not None


@dataclass(frozen=True)
class Prepared:
    """A call that is ready to be timed, and how to read what it returns.

    ``warm`` makes the peer compile or load what it compiled. ``is_dag`` says that the
    peer returns one DAG and not its class; ``extra`` is put into the answer, and so is
    what ``after`` returns for the result.
    """

    run: Callable[[], Any]
    edges: Callable[[Any], Edges]
    warm: Callable[[], Any] | None = None
    is_dag: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict)
    after: Callable[[Any], Mapping[str, Any]] | None = None


Prepare = Callable[[Rows, dict[str, Any]], Prepared]


def matrix_edges(names: Sequence[str], arrows: np.ndarray) -> Edges:
    """Edges of a matrix where ``arrows[i, j]`` says i -> j, and both say i --- j."""
    arrows = np.asarray(arrows) != 0
    found: Edges = []
    for i, j in np.argwhere(arrows):
        if not arrows[j, i]:
            found.append((names[i], names[j], "-->"))
        elif i < j:
            found.append((names[i], names[j], "---"))
    return found


def listed_edges(
    arcs: Sequence[tuple[str, str]], lines: Sequence[tuple[str, str]] = ()
) -> Edges:
    """Edges of a list of arcs and one of undirected pairs.

    A pair that has arcs both ways, which some peers return, becomes undirected.
    """
    arcs, lines = set(arcs), {frozenset(pair) for pair in lines}
    lines |= {frozenset(pair) for pair in arcs if pair[::-1] in arcs}
    found: Edges = [
        (a, b, "-->") for a, b in sorted(arcs) if frozenset((a, b)) not in lines
    ]
    found += [(*sorted(pair), "---") for pair in sorted(map(sorted, lines))]
    return found


def serve(algorithms: Mapping[str, Prepare], packages: Sequence[str]) -> None:
    """Answer the task on standard input and exit."""
    answer_to = os.dup(1)
    os.dup2(2, 1)  # peers print: only the answer may reach standard output
    task = json.load(sys.stdin)
    try:
        answer = _answer(task, algorithms)
        answer["versions"] = {"python": platform.python_version()} | {
            name: version(name) for name in packages
        }
    except BaseException as error:  # whatever a peer raises is its answer
        answer = {"status": "failed", "reason": f"{type(error).__name__}: {error}"}
    line = json.dumps(answer, allow_nan=False) + "\n"
    with os.fdopen(answer_to, "w") as stream:
        stream.write(line)
    os._exit(0)  # some libraries crash on the way out


def _answer(
    task: Mapping[str, Any], algorithms: Mapping[str, Prepare]
) -> dict[str, Any]:
    if task["algorithm"] not in algorithms:
        raise ValueError(
            f"algorithm must be one of {sorted(algorithms)}, got {task['algorithm']!r}"
        )
    rows = _rows(task["data"])
    prepared = algorithms[task["algorithm"]](rows, dict(task["options"]))
    startup = time.perf_counter() - STARTED
    if task["warm"] and prepared.warm is not None:
        prepared.warm()
    before = _reset_peak()
    found, seconds, cpu = _timed(prepared.run, task["limit"])
    runs, cpu_runs = [seconds], [cpu]
    left = task["below"]
    if seconds < left and task["repeat"]:
        runs, cpu_runs = [], []
        while len(runs) < task["repeat"] and (not runs or left > runs[-1]):
            found, again, cpu = _timed(prepared.run, task["limit"])
            runs.append(again)
            cpu_runs.append(cpu)
            left -= again
    peak = _peak()
    extra = dict(prepared.extra)
    if prepared.after is not None:
        extra |= prepared.after(found)
    return {
        "status": "done",
        "seconds": statistics.median(runs),
        "first": seconds,
        "runs": runs,
        "cpu_seconds": statistics.median(cpu_runs),
        "cpu_runs": cpu_runs,
        "startup": startup,
        "names": rows.names,
        "edges": prepared.edges(found),
        "is_dag": prepared.is_dag,
        "memory_before": before,
        "memory_peak": peak,
        "extra": extra,
    }


def _rows(path: str | None) -> Rows:
    if path is None:
        return Rows([], np.zeros((0, 0)), None)
    with np.load(path, allow_pickle=False) as held:
        sizes = [int(size) for size in held["sizes"]]
        return Rows(
            [str(name) for name in held["names"]], held["values"], sizes or None
        )


def _cpu() -> float:
    ended = os.times()
    return time.process_time() + ended.children_user + ended.children_system


def _timed(run: Callable[[], Any], limit: float) -> tuple[Any, float, float]:
    if hasattr(signal, "setitimer"):
        # The default action, unlike a handler, also ends a call within a library.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, limit)
    began, used = time.perf_counter(), _cpu()
    found = run()
    cpu = _cpu() - used
    seconds = time.perf_counter() - began
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)
    return found, seconds, cpu


def _status(key: str) -> int | None:
    """A line of /proc/self/status in bytes; unlike getrusage, not the parent's."""
    try:
        with open("/proc/self/status") as lines:
            for line in lines:
                if line.startswith(key):
                    return int(line.split()[1]) * 1024
    except OSError:
        return None
    return None


def _reset_peak() -> int | None:
    try:
        with open("/proc/self/clear_refs", "w") as stream:
            stream.write("5")
    except OSError:
        return None
    return _status("VmRSS:")


def _peak() -> int | None:
    return _status("VmHWM:")
