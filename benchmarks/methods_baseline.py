"""What needs no idea: whoever is not better than these has found nothing.

Simulated tables are often easy in a way that real ones are not: the variance, or the
share of it that others explain, grows along the causal order. Sorting by it shows how
much a benchmark gives away.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

import llmcd
from benchmarks.cells import Cell
from benchmarks.experts import Consulted
from benchmarks.methods import Estimate, Method
from llmcd.background import Background
from llmcd.equivalence import sample_member
from llmcd.graph import Graph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["METHODS", "numbers", "r2_order", "variance_order"]

Floats = npt.NDArray[np.float64]
_CODES = "levels of discrete columns were taken as numbers in the order of their codes"


def numbers(frame: pd.DataFrame, names: tuple[str, ...]) -> tuple[Floats, bool]:
    """Columns as numbers; codes from 0, levels sorted, where they are none.

    Returns
    -------
    values : array of float, shape (n, p)
    coded : bool
        Whether any column had to be coded.
    """
    columns: list[Floats] = []
    coded = False
    for name in names:
        column = frame[name]
        if column.dtype.kind in "fiu":
            columns.append(column.to_numpy(np.float64))
            continue
        coded = True
        columns.append(column.factorize(sort=True)[0].astype(np.float64))
    return np.column_stack(columns), coded


def variance_order(values: Floats) -> list[int]:
    """Columns by increasing variance.

    Notes
    -----
    Reisach, Seiler and Weichwald (2021), *Beware of the simulated DAG! Causal discovery
    benchmarks may be easy to game*.

    Examples
    --------
    >>> variance_order(np.array([[0.0, 0.0], [3.0, 1.0]]))
    [1, 0]
    """
    return np.argsort(values.var(axis=0), kind="stable").tolist()


def r2_order(values: Floats) -> list[int]:
    """Columns by increasing share of variance that a linear fit on all others explains.

    Notes
    -----
    Reisach, Tami, Seiler, Chambaz and Weichwald (2023), *A scale-invariant sorting
    criterion to find a causal order in additive noise models*.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> a, b = rng.normal(size=(2, 500))
    >>> r2_order(np.column_stack([a + b, a]))
    [0, 1]
    """
    centred = values - values.mean(axis=0)
    explained: list[float] = []
    for j in range(values.shape[1]):
        others = np.delete(centred, j, axis=1)
        fitted = others @ np.linalg.lstsq(others, centred[:, j], rcond=None)[0]
        left = ((centred[:, j] - fitted) ** 2).sum()
        explained.append(float(1.0 - left / (centred[:, j] ** 2).sum()))
    return np.argsort(explained, kind="stable").tolist()


def _sorted_by(
    name: str, criterion: Callable[[Floats], list[int]], about: str
) -> Method:
    def run(cell: Cell, _: Consulted | None) -> Estimate:
        values, coded = numbers(cell.frame, cell.columns)
        order = tuple(cell.columns[k] for k in criterion(values))
        found = llmcd.candidates(
            cell.table,
            method="order",
            background=Background(tiers=[[v] for v in order]),
            bootstrap=0,
            seed=cell.seed,
            n_jobs=1,
        )
        kept = found.graph.reorder(order + tuple(sorted(set(found.names) - set(order))))
        return Estimate(kept, order=kept.names, warnings=(_CODES,) if coded else ())

    return Method(name, "baseline", False, about, run)


def _empty(cell: Cell, _: Consulted | None) -> Estimate:
    return Estimate(Graph.empty(cell.candidates.names))


def _random(cell: Cell, _: Consulted | None) -> Estimate:
    graph = cell.candidates.graph
    names = sorted(graph.names)
    order = np.random.default_rng(_seed(cell)).permutation(len(names))
    place = dict(zip(names, order, strict=True))
    arcs = [
        (e.a, e.b) if place[e.a] < place[e.b] else (e.b, e.a) for e in graph.edges()
    ]
    return Estimate(Graph.from_edges(graph.names, directed=arcs))


def _member(cell: Cell, _: Consulted | None) -> Estimate:
    rng = np.random.default_rng(_seed(cell))
    return Estimate(sample_member(cell.candidates.graph, rng))


def _seed(cell: Cell) -> list[int]:
    return [cell.seed, cell.rows, zlib.crc32(cell.network.name.encode())]


METHODS = (
    Method("empty", "baseline", False, "no edge at all", _empty),
    Method(
        "random-direction",
        "baseline",
        False,
        "the skeleton of data alone, directed along a random order",
        _random,
    ),
    Method(
        "random-member",
        "baseline",
        False,
        "a DAG drawn from the class that data alone found: where an undirected edge "
        "costs one half, this is what guessing is worth",
        _member,
    ),
    _sorted_by(
        "var-sort",
        variance_order,
        "columns sorted by variance, parents chosen by our score among those before",
    ),
    _sorted_by(
        "r2-sort",
        r2_order,
        "columns sorted by the share that all others explain, parents as in var-sort",
    ),
)
