"""What is compared: every method by name, as frozen values of one kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from llmcd.errors import LlmcdError
from llmcd.graph import Graph

if TYPE_CHECKING:
    from benchmarks.cells import Cell
    from benchmarks.experts import Consulted

__all__ = [
    "KINDS",
    "Estimate",
    "Method",
    "TimedOutError",
    "UnavailableError",
    "methods",
    "registry",
]

KINDS = ("data", "baseline", "expert", "combined", "ablation", "peer")
_HOLDERS = (
    "benchmarks.methods_data",
    "benchmarks.methods_baseline",
    "benchmarks.methods_expert",
    "benchmarks.methods_combined",
    "benchmarks.methods_ablation",
    "benchmarks.methods_peer",
)

Floats = npt.NDArray[np.float64]


class UnavailableError(LlmcdError):
    """A method that cannot run here; the message says why."""


class TimedOutError(LlmcdError):
    """A method that was stopped because it took too long."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """What a method found.

    Attributes
    ----------
    graph : Graph
        Over the columns or some of them; variables that it lacks have no edge.
    adjacency_probability : array of float, shape (n, n), or None
        Stated probability that i and j are adjacent, in the order of ``graph.names``.
    direction_probability : array of float, shape (n, n), or None
        Stated probability of ``i --> j``; ``[i, j] + [j, i]`` is that of an edge.
    order : tuple of str or None
        All nodes of the graph, causes before effects, where the method states an order.
    questions : int
        Answers that were used.
    warnings : tuple of str
        What a user would be told.
    seconds : float or None
        When the method knows its time better than the runner does: that of a child
        process without its start, say.
    memory_mib : float or None
        The same for the peak of memory.
    """

    graph: Graph
    adjacency_probability: Floats | None = None
    direction_probability: Floats | None = None
    order: tuple[str, ...] | None = None
    questions: int = 0
    warnings: tuple[str, ...] = ()
    seconds: float | None = None
    memory_mib: float | None = None


@dataclass(frozen=True)
class Method:
    """A way to get a graph from a cell and, if it asks, from answers.

    Attributes
    ----------
    name : str
        In records and tables.
    kind : str
        One of ``KINDS``.
    asks : bool
        Whether it uses an expert's answers; it is run once for each expert then.
    about : str
        What it does, for the table of methods.
    run : callable
        ``run(cell, consulted)`` gives an Estimate; ``consulted`` is None for a method
        that does not ask. It raises ``UnavailableError`` where it cannot run.
    """

    name: str
    kind: str
    asks: bool
    about: str
    run: Callable[[Cell, Consulted | None], Estimate]


def registry() -> dict[str, Method]:
    """All methods by name, peers last.

    Returns
    -------
    dict of str to Method

    Examples
    --------
    >>> [m.name for m in registry().values() if m.kind == "data"]
    ['order', 'pc', 'ges']
    """
    found = [m for holder in _HOLDERS for m in import_module(holder).METHODS]
    names = [m.name for m in found]
    if len(set(names)) < len(names):
        raise ValueError(f"two methods have the same name: {sorted(names)}")
    return dict(zip(names, found, strict=True))


def methods(names: Sequence[str]) -> tuple[Method, ...]:
    """Methods by name or by kind.

    Parameters
    ----------
    names : sequence of str
        Names, kinds such as ``data``, or ``all``, which leaves out ablations.

    Returns
    -------
    tuple of Method
        In the order of the registry, each once.

    Raises
    ------
    ValueError
        If a name is unknown.

    Examples
    --------
    >>> [m.name for m in methods(["safe", "data"])]
    ['order', 'pc', 'ges', 'safe']
    """
    known = registry()
    odd = sorted(set(names) - {"all", *KINDS, *known})
    if odd:
        raise ValueError(
            f"no method is called {', '.join(odd)}; there are {', '.join(known)}, the "
            f"kinds {', '.join(KINDS)}, and all"
        )
    wanted = set(names)
    return tuple(
        m
        for m in known.values()
        if m.name in wanted
        or m.kind in wanted
        or ("all" in wanted and m.kind != "ablation")
    )
