"""Problems with known graphs: random linear Gaussian ones and published networks.

The Gaussian model. Nodes stand in a hidden order; each earlier node is a parent of each
later one with the same probability, chosen so that a node has ``degree`` neighbours on
average (an Erdos-Renyi DAG). A weight is uniform on [0.5, 1.5] with a random sign, and
a column is the weighted sum of its parents plus standard normal noise. Columns are then
shuffled, so that their order tells nothing, and scaled to mean 0 and variance 1, so
that their variances tell nothing either (Reisach, Seiler and Weichwald 2021).

Such graphs are hard: dense around some nodes, with paths that cancel out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from benchmarks.copies import contracted, copies_by_table
from llmcd.graph import Graph
from llmcd.networks import DiscreteNetwork, read_bif

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Problem", "find_bif", "gaussian", "random_dag", "sampled"]

WEIGHTS = (0.5, 1.5)


@dataclass(frozen=True, eq=False)
class Problem:
    """Rows and the graph that they come from.

    Attributes
    ----------
    truth : Graph
        The DAG.
    names : tuple of str
        The columns, in no telling order.
    values : array, shape (n, p)
        Numbers (float64), or codes of levels (int64).
    sizes : tuple of int or None
        How many levels each column has; None for continuous columns.
    """

    truth: Graph
    names: tuple[str, ...]
    values: npt.NDArray[np.float64] | npt.NDArray[np.int64]
    sizes: tuple[int, ...] | None = None

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.values)

    def frame(self) -> pd.DataFrame:
        """The rows as a table; codes become categories."""
        import pandas as pd

        frame = pd.DataFrame(self.values, columns=pd.Index(list(self.names)))
        for name, size in zip(self.names, self.sizes or (), strict=False):
            levels = [f"s{level}" for level in range(size)]
            frame[name] = pd.Categorical.from_codes(frame[name].to_numpy(), levels)
        return frame


def random_dag(nodes: int, degree: float, rng: np.random.Generator) -> Graph:
    """An Erdos-Renyi DAG whose nodes ``v000, v001, ...`` are causally ordered.

    Parameters
    ----------
    nodes : int
        How many.
    degree : float
        Expected number of neighbours of a node.
    rng : Generator
        Source of randomness.

    Returns
    -------
    Graph

    Examples
    --------
    >>> random_dag(4, 3.0, np.random.default_rng(0)).n_edges
    6
    """
    chance = min(1.0, degree / max(nodes - 1, 1))
    arcs = np.triu(rng.random((nodes, nodes)) < chance, 1)
    return Graph.from_directed_matrix([f"v{k:03d}" for k in range(nodes)], arcs)


def gaussian(nodes: int, rows: int, seed: int, degree: float = 4.0) -> Problem:
    """A linear Gaussian problem; the model is the module's.

    Parameters
    ----------
    nodes, rows : int
        How many columns and rows.
    seed : int
        Everything random follows from it.
    degree : float, optional
        Expected number of neighbours of a node.

    Returns
    -------
    Problem

    Examples
    --------
    >>> gaussian(5, 100, seed=0).values.shape
    (100, 5)
    """
    rng = np.random.default_rng(seed)
    truth = random_dag(nodes, degree, rng)
    sign = rng.choice([-1.0, 1.0], (nodes, nodes))
    weights = truth.arcs * sign * rng.uniform(*WEIGHTS, (nodes, nodes))
    values = np.zeros((rows, nodes))
    for k in range(nodes):
        values[:, k] = values @ weights[:, k] + rng.normal(size=rows)
    order = rng.permutation(nodes)
    values = values[:, order]
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    return Problem(truth, tuple(truth.names[k] for k in order), values)


def sampled(network: DiscreteNetwork, rows: int, seed: int) -> Problem:
    """Rows of a network, columns shuffled, levels that never occur left out.

    Left out, because peers differ in whether they count them. A variable that by its
    table copies its only parent is left out for everybody, for no search can tell
    the two apart; its children become its parent's in the truth.

    Parameters
    ----------
    network : DiscreteNetwork
        With its tables.
    rows : int
        How many.
    seed : int
        Everything random follows from it.

    Returns
    -------
    Problem
    """
    frame = network.sample(rows, seed=seed)
    truth = contracted(network.graph, copies_by_table(network))
    order = np.random.default_rng(seed).permutation(len(truth.names))
    names = tuple(truth.names[k] for k in order)
    codes = np.empty((rows, len(names)), dtype=np.int64)
    sizes: list[int] = []
    for k, name in enumerate(names):
        seen, codes[:, k] = np.unique(
            frame[name].to_numpy(dtype=np.str_), return_inverse=True
        )
        sizes.append(len(seen))
    return Problem(truth, names, codes, tuple(sizes))


def find_bif(
    name: str, home: Path | None = None, site_packages: Iterable[Path] = ()
) -> DiscreteNetwork:
    """A published network from a folder of BIF files or from pgmpy's wheel.

    pgmpy 1.1 to 1.2 ship the files; they are located, pgmpy is not imported.

    Parameters
    ----------
    name : str
        ``alarm``, ``child``, ``insurance`` and so on.
    home : Path, optional
        A folder with ``NAME.bif`` or ``NAME.bif.gz``, looked into first.
    site_packages : iterable of Path, optional
        Folders of other environments in which pgmpy may be installed.

    Returns
    -------
    DiscreteNetwork

    Raises
    ------
    FileNotFoundError
        If it is nowhere; the message says what to do.
    """
    wanted = (f"{name}.bif", f"{name}.bif.gz")
    for path in (home / file for file in wanted) if home is not None else ():
        if path.exists():
            return read_bif(path)
    places = [
        *distributions(name="pgmpy"),
        *distributions(name="pgmpy", path=[str(path) for path in site_packages]),
    ]
    for place in places:
        for file in place.files or ():
            if file.name in wanted:
                return read_bif(Path(str(place.locate_file(file))))
    raise FileNotFoundError(
        f"no BIF file of {name!r}: python -m benchmarks.peers install pgmpy, "
        "pip install 'pgmpy>=1.1,<1.3', or --bif-home FOLDER"
    )
