"""Structural models of binary variables: every query by enumeration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from types import MappingProxyType

import numpy as np

__all__ = ["GRAPHS", "Model", "draw_model"]

GRAPHS: Mapping[str, tuple[tuple[str, str], ...]] = MappingProxyType(
    {
        "IV": (("V1", "X"), ("V1", "Y"), ("V2", "X"), ("X", "Y")),
        "arrowhead": (("X", "V3"), ("V2", "V3"), ("X", "Y"), ("V2", "Y"), ("V3", "Y")),
        "chain": (("X", "V3"), ("V3", "Y")),
        "collision": (("X", "V3"), ("Y", "V3")),
        "confounding": (("V1", "X"), ("V1", "Y"), ("X", "Y")),
        "diamond": (("X", "V3"), ("X", "V2"), ("V3", "Y"), ("V2", "Y")),
        "diamondcut": (("V1", "V3"), ("V1", "X"), ("X", "Y"), ("V3", "Y")),
        "fork": (("X", "Y"), ("V2", "Y")),
        "frontdoor": (("V1", "X"), ("V1", "Y"), ("X", "V3"), ("V3", "Y")),
        "mediation": (("X", "V3"), ("V3", "Y"), ("X", "Y")),
    }
)
"""The ten graphs of CLadder (Jin et al., NeurIPS 2023): arcs by name. X acts, or could
act, on Y."""

Values = Mapping[str, int]


@dataclass(frozen=True)
class Model:
    """A structural model of binary variables without hidden common causes.

    Each variable is 1 when its own noise, uniform on (0, 1), is below its probability
    given its parents. So all counterfactuals are defined, and finitely many cells of
    the noises have one outcome each.

    Attributes
    ----------
    arcs : tuple of (str, str)
        The graph.
    chances : mapping of str to mapping of tuple of int to float
        For each variable, in causal order, the probability of 1 by the values of its
        parents, these in the order of ``parents``.

    Examples
    --------
    >>> arcs = (("X", "Y"),)
    >>> model = Model(arcs, {"X": {(): 0.5}, "Y": {(0,): 0.25, (1,): 0.75}})
    >>> model.effect("X", "Y")
    0.5
    """

    arcs: tuple[tuple[str, str], ...]
    chances: Mapping[str, Mapping[tuple[int, ...], float]]

    @property
    def names(self) -> tuple[str, ...]:
        """The variables, causes before effects."""
        return tuple(self.chances)

    def parents(self, name: str) -> tuple[str, ...]:
        """Direct causes, in the order of the arcs."""
        return tuple(a for a, b in self.arcs if b == name)

    @cached_property
    def cells(self) -> tuple[tuple[float, Mapping[str, float]], ...]:
        """Cells of the noises with their probability and a point in each."""
        axes = [self._pieces(name) for name in self.names]
        found: list[tuple[float, Mapping[str, float]]] = []
        for pieces in product(*axes):
            weight = 1.0
            for width, _ in pieces:
                weight *= width
            points = [point for _, point in pieces]
            found.append((weight, dict(zip(self.names, points, strict=True))))
        return tuple(found)

    def _pieces(self, name: str) -> list[tuple[float, float]]:
        ends = sorted({0.0, 1.0, *self.chances[name].values()})
        return [(b - a, (a + b) / 2) for a, b in pairwise(ends)]

    def outcome(self, noise: Mapping[str, float], do: Values | None = None) -> Values:
        """All values for one noise, with some variables set.

        Parameters
        ----------
        noise : mapping of str to float
            From 0 to 1, by variable.
        do : mapping of str to int, optional
            What is set from outside.

        Returns
        -------
        mapping of str to int
        """
        given = do or {}
        found: dict[str, int] = {}
        for name, chances in self.chances.items():
            if name in given:
                found[name] = given[name]
                continue
            row = tuple(found[p] for p in self.parents(name))
            found[name] = int(noise[name] < chances[row])
        return found

    def probability(
        self, event: Values, given: Values | None = None, do: Values | None = None
    ) -> float:
        """Probability of an event, among units for which something is observed.

        Parameters
        ----------
        event : mapping of str to int
            What is to hold, after ``do``.
        given : mapping of str to int, optional
            What is observed; in the same world, so after ``do`` too.
        do : mapping of str to int, optional
            What is set from outside.

        Returns
        -------
        float

        Raises
        ------
        ZeroDivisionError
            If what is given cannot happen.
        """
        above = below = 0.0
        for weight, noise in self.cells:
            found = self.outcome(noise, do)
            if _fits(found, given or {}):
                below += weight
                above += weight * _fits(found, event)
        return above / below

    def effect(self, x: str, y: str) -> float:
        """Average effect of setting x to 1 instead of 0 on the chance of y."""
        return self.probability({y: 1}, do={x: 1}) - self.probability({y: 1}, do={x: 0})

    def effect_on_treated(self, x: str, y: str) -> float:
        """The same among units that have x = 1 of themselves."""
        above = below = 0.0
        for weight, noise in self.cells:
            if self.outcome(noise)[x] == 1:
                below += weight
                with_x = self.outcome(noise, {x: 1})[y]
                above += weight * (with_x - self.outcome(noise, {x: 0})[y])
        return above / below

    def natural_effects(self, x: str, y: str) -> tuple[float, float]:
        """Natural direct and indirect effect of setting x to 1 instead of 0 on y.

        Returns
        -------
        tuple of (float, float)
            Direct: x is set to 1 while everything between is as under x = 0. Indirect:
            x stays 0 while everything between is as under x = 1.

        Notes
        -----
        Pearl (2001), *Direct and indirect effects*, definitions 6 and 7.
        """
        between = [n for n in self.names if n not in (x, y)]
        direct = indirect = 0.0
        for weight, noise in self.cells:
            none, all_ = self.outcome(noise, {x: 0}), self.outcome(noise, {x: 1})
            as_none = {n: none[n] for n in between}
            as_all = {n: all_[n] for n in between}
            direct += weight * (self.outcome(noise, {x: 1, **as_none})[y] - none[y])
            indirect += weight * (self.outcome(noise, {x: 0, **as_all})[y] - none[y])
        return direct, indirect

    def would_be(self, y: str, seen: Values, do: Values) -> float:
        """Chance of y = 1 had something been set, among units that show something.

        Parameters
        ----------
        y : str
            The outcome.
        seen : mapping of str to int
            What was observed without setting anything.
        do : mapping of str to int
            What would have been set.

        Returns
        -------
        float

        Raises
        ------
        ZeroDivisionError
            If what was seen cannot happen.
        """
        above = below = 0.0
        for weight, noise in self.cells:
            if _fits(self.outcome(noise), seen):
                below += weight
                above += weight * self.outcome(noise, do)[y]
        return above / below


def _fits(found: Values, wanted: Values) -> bool:
    return all(found[name] == value for name, value in wanted.items())


def draw_model(graph: str, rng: np.random.Generator, *, certain: bool = False) -> Model:
    """A random model of one of the ten graphs.

    Parameters
    ----------
    graph : str
        A key of ``GRAPHS``.
    rng : numpy.random.Generator
        Source of randomness.
    certain : bool, optional
        Whether effects follow from their causes without chance.

    Returns
    -------
    Model
        Probabilities are whole percents from 3 to 97, so that a text can state them
        exactly.

    Raises
    ------
    KeyError
        If there is no such graph.
    """
    arcs = GRAPHS[graph]
    chances: dict[str, dict[tuple[int, ...], float]] = {}
    for name in _in_order(arcs):
        n = sum(b == name for _, b in arcs)
        rows = list(product((0, 1), repeat=n))
        if certain and n:
            drawn = [float(v) for v in _rule(n, rng)]
        else:
            drawn = [int(k) / 100 for k in rng.integers(3, 98, size=len(rows))]
        chances[name] = dict(zip(rows, drawn, strict=True))
    return Model(arcs, chances)


def _rule(n: int, rng: np.random.Generator) -> list[int]:
    """What follows from n causes: any of them, all of them, or the opposite."""
    any_, turned = rng.random() < 0.5, rng.random() < 0.3
    rows = product((0, 1), repeat=n)
    return [int((any(row) if any_ else all(row)) != turned) for row in rows]


def _in_order(arcs: tuple[tuple[str, str], ...]) -> Iterator[str]:
    left = sorted({name for arc in arcs for name in arc})
    while left:
        now = next(n for n in left if not any(b == n and a in left for a, b in arcs))
        left.remove(now)
        yield now
