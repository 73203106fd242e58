"""Structural models written as functions: a parameter is a parent.

The graph of a model is read off the signatures of its mechanisms, and a mechanism gets
nothing but its parents and a source of noise of its own, so that graph and rows cannot
disagree.
"""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from llmcd.errors import GraphError
from llmcd.graph import Graph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Model", "Noise", "Trap", "levels"]

Mechanism = Callable[..., Any]
Floats = npt.NDArray[np.float64]


class Trap(NamedTuple):
    """Two variables without an edge that an expert may well draw one between.

    Attributes
    ----------
    a, b : str
        The pair.
    why : str
        Why there is none.
    """

    a: str
    b: str
    why: str


class Noise:
    """Random numbers for one variable: n at a time.

    Parameters
    ----------
    n : int
        Number of rows.
    seed : int
        Of the sample.
    name : str
        Of the variable. Each has numbers of its own, which stay the same when another
        variable is set from outside.
    """

    def __init__(self, n: int, seed: int, name: str) -> None:
        self.n = n
        self.rng = np.random.default_rng([seed, zlib.crc32(name.encode())])

    def normal(self, sd: float = 1.0, mean: float = 0.0) -> Floats:
        """Normal numbers."""
        return self.rng.normal(mean, sd, self.n)

    def factor(self, sd: float) -> Floats:
        """Log-normal factors around 1."""
        return np.exp(self.rng.normal(0.0, sd, self.n))

    def uniform(self, low: float = 0.0, high: float = 1.0) -> Floats:
        """Uniform numbers."""
        return self.rng.uniform(low, high, self.n)

    def choice(
        self, names: Sequence[str], chances: npt.ArrayLike, *, ordered: bool = False
    ) -> Any:
        """Levels with chances that are the same for all rows, or one line a row."""
        below = np.broadcast_to(
            np.cumsum(np.asarray(chances, dtype=np.float64), axis=-1),
            (self.n, len(names)),
        )
        codes = (self.uniform()[:, None] >= below[:, :-1]).sum(axis=1)
        return levels(codes, names, ordered=ordered)


def levels(codes: npt.ArrayLike, names: Sequence[str], *, ordered: bool = False) -> Any:
    """A categorical column from positions in a list of level names.

    Examples
    --------
    >>> list(levels([1, 0], ["low", "high"]))
    ['high', 'low']
    """
    import pandas as pd

    kind = pd.CategoricalDtype(list(names), ordered=ordered)
    return pd.Categorical.from_codes(np.asarray(codes, dtype=np.int64), dtype=kind)


def _parents(mechanism: Mechanism) -> tuple[str, ...]:
    return tuple(inspect.signature(mechanism).parameters)[1:]


@dataclass(frozen=True)
class Model:
    """Mechanisms, what is hidden, and what goes missing.

    Parameters
    ----------
    mechanisms : tuple of functions
        ``name(noise, parent, ...)`` gives the column ``name``. Any order.
    hidden : tuple of str
        Causes without parents that are not recorded.
    holes : mapping from str to function
        ``(noise, variable, ...)`` says which cells of that column are missing, by the
        complete values of the variables that it takes.
    traps : tuple of Trap
        Plausible edges that are not there.

    Examples
    --------
    >>> def rain(noise):
    ...     return noise.uniform()
    >>> def river(noise, rain):
    ...     return 2 * rain + noise.normal(0.1)
    >>> model = Model((river, rain))
    >>> print(model.graph)
    rain --> river
    >>> sorted(model.sample(3, seed=1).columns)
    ['rain', 'river']
    """

    mechanisms: tuple[Mechanism, ...]
    hidden: tuple[str, ...] = ()
    holes: Mapping[str, Mechanism] = field(default_factory=dict[str, Mechanism])
    traps: tuple[Trap, ...] = ()

    @property
    def full_graph(self) -> Graph:
        """The DAG over all variables, hidden ones included."""
        names = sorted(f.__name__ for f in self.mechanisms)
        directed = [(p, f.__name__) for f in self.mechanisms for p in _parents(f)]
        return Graph.from_edges(names, directed=directed)

    @property
    def graph(self) -> Graph:
        """The graph over what is recorded: a DAG, or with ``<->`` for hidden causes.

        Raises
        ------
        GraphError
            If a hidden variable has parents, or a pair would need two edges.
        """
        full = self.full_graph
        if any(full.parents(h) for h in self.hidden):
            raise GraphError("a hidden cause must have no parents")
        seen = [name for name in full.names if name not in self.hidden]
        return Graph.from_edges(
            seen,
            directed=[e for e in full.directed_edges() if e[0] not in self.hidden],
            bidirected={
                pair for h in self.hidden for pair in combinations(full.children(h), 2)
            },
        )

    def draw(
        self, n: int, seed: int, setting: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """All columns, complete, hidden ones included, by name.

        Parameters
        ----------
        n : int
            Number of rows.
        seed : int
            Of the sample.
        setting : mapping, optional
            Columns that are set from outside, in place of their mechanism.

        Returns
        -------
        dict
        """
        by_name = {f.__name__: f for f in self.mechanisms}
        found: dict[str, Any] = {}
        for name in self.full_graph.topological_order():
            if setting is not None and name in setting:
                found[name] = setting[name]
                continue
            given = {p: found[p] for p in _parents(by_name[name])}
            found[name] = by_name[name](Noise(n, seed, name), **given)
        return found

    def sample(self, n: int, seed: int) -> pd.DataFrame:
        """What is recorded, with its missing cells.

        Parameters
        ----------
        n : int
            Number of rows.
        seed : int
            Of the sample.

        Returns
        -------
        pandas.DataFrame
            Columns in name order.
        """
        import pandas as pd

        full = self.draw(n, seed)
        frame = pd.DataFrame({name: full[name] for name in self.graph.names})
        for name, hole in self.holes.items():
            given = {p: full[p] for p in _parents(hole)}
            gone = hole(Noise(n, seed, f"missing {name}"), **given)
            frame[name] = frame[name].mask(pd.Series(gone, index=frame.index))
        return frame
