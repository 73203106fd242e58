"""What is to be run: one study, or a plan of several under the same settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from benchmarks.cells import PEER_SECONDS
from benchmarks.experts import knows_truth
from benchmarks.methods import methods
from benchmarks.networks import KnownNetwork, known_network
from llmcd.errors import FormatError

__all__ = ["FILE", "FORMAT", "Plan", "Run", "Study", "plan_of", "read_plan"]

FILE = "plan.json"
FORMAT = "llmcd benchmark plan"
_SETTINGS = ("pairs", "limit", "bootstrap", "search", "sources", "peer_seconds")


class Run(NamedTuple):
    """One record's key."""

    method: str
    expert: str
    arm: str


@dataclass(frozen=True)
class Study:
    """Cells, and what is run in each of them.

    Attributes
    ----------
    networks : tuple of str
        Names of known networks, or of the user's in ``sources``.
    rows, seeds : tuple of int
        Of the samples.
    experts, methods, arms : tuple of str
        As in ``experts.expert_of``, ``methods.methods`` and ``arms.ARMS``.
    pairs : str
        Which pairs experts are asked about; one of ``experts.PAIRS``.
    limit : int or None
        Most pairs that are asked about in a cell.
    bootstrap : int
        Resamples of a cell's ensemble.
    search : str
        Method of the ensemble.
    sources : mapping of str to mapping
        For a network of the user's: arguments of ``known_network``, paths as text.
    usd : float or None
        Most that a live model may cost in a cell.
    peer_seconds : float
        That one call of another implementation may take.
    about : str
        What it is for.
    """

    networks: tuple[str, ...]
    rows: tuple[int, ...]
    seeds: tuple[int, ...]
    experts: tuple[str, ...] = ()
    methods: tuple[str, ...] = ("all",)
    arms: tuple[str, ...] = ("real",)
    pairs: str = "planned"
    limit: int | None = None
    bootstrap: int = 30
    search: str = "auto"
    sources: Mapping[str, Mapping[str, str]] | None = None
    usd: float | None = None
    peer_seconds: float = PEER_SECONDS
    about: str = ""

    def cells(self) -> tuple[tuple[str, int, int], ...]:
        """``(network, rows, seed)`` of every cell."""
        return tuple(
            (name, n, seed)
            for seed in self.seeds
            for name in self.networks
            for n in self.rows
        )

    def runs(self, name: str, rows: int, seed: int) -> tuple[Run, ...]:
        """What is run in a cell; nothing in one that is not of this study."""
        if name not in self.networks or rows not in self.rows or seed not in self.seeds:
            return ()
        wanted = methods(self.methods)
        return tuple(
            Run(method.name, expert, arm)
            for method in wanted
            for expert, arm in (self._consultations() if method.asks else [("", "")])
        )

    def _consultations(self) -> Iterator[tuple[str, str]]:
        """Experts and arms; a simulation knows the truth whatever it is shown."""
        for expert in self.experts:
            for arm in self.arms:
                if arm == "real" or not knows_truth(expert):
                    yield expert, arm

    def network(self, name: str) -> KnownNetwork:
        """The network of that name."""
        return known_network(name, **dict((self.sources or {}).get(name, {})))

    def settings(self) -> dict[str, Any]:
        """What decides a cell's numbers besides its network, rows and seed."""
        return {key: asdict(self)[key] for key in _SETTINGS}


@dataclass(frozen=True)
class Plan:
    """Several studies under the same settings; a cell of two of them is made once.

    Attributes
    ----------
    parts : tuple of Study
        At least one.
    curve : mapping
        Arguments of ``curve.Curve`` for the curve of distance against questions;
        empty for none.

    Raises
    ------
    ValueError
        If the parts differ in their settings.

    Examples
    --------
    >>> few = Study(("asia",), (500,), (1, 2), methods=("order",))
    >>> one = Study(("asia", "cancer"), (500,), (1,), methods=("empty",))
    >>> plan = Plan((few, one))
    >>> plan.cells()
    (('asia', 500, 1), ('cancer', 500, 1), ('asia', 500, 2))
    >>> [run.method for run in plan.runs("asia", 500, 1)]
    ['order', 'empty']
    """

    parts: tuple[Study, ...]
    curve: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if any(p.settings() != self.parts[0].settings() for p in self.parts[1:]):
            raise ValueError("the parts of a plan must have the same settings")

    @property
    def usd(self) -> float | None:
        """Most that a live model may cost in a cell."""
        return self.parts[0].usd

    def cells(self) -> tuple[tuple[str, int, int], ...]:
        """Every cell once: each seed of all networks before the next seed of any."""
        every = dict.fromkeys(chain.from_iterable(p.cells() for p in self.parts))
        return tuple(sorted(every, key=lambda cell: cell[2]))

    def runs(self, name: str, rows: int, seed: int) -> tuple[Run, ...]:
        """What is run in a cell, by any of the parts, each once."""
        every = (p.runs(name, rows, seed) for p in self.parts)
        return tuple(dict.fromkeys(chain.from_iterable(every)))

    def network(self, name: str) -> KnownNetwork:
        """The network of that name."""
        return self.parts[0].network(name)

    def settings(self) -> dict[str, Any]:
        """What decides a cell's numbers besides its network, rows and seed."""
        return self.parts[0].settings()

    def written(self) -> dict[str, Any]:
        """For JSON; ``plan_of`` reads it."""
        parts = [asdict(p) | {"methods": _named(p)} for p in self.parts]
        return {"format": FORMAT, "version": 1, "parts": parts,
                "curve": dict(self.curve or {})}  # fmt: skip


def _named(part: Study) -> list[str]:
    return [m.name for m in methods(part.methods)]


def plan_of(content: Mapping[str, Any]) -> Plan:
    """A plan from what ``Plan.written`` wrote.

    Raises
    ------
    FormatError
        If it is something else.
    """
    if content.get("format") != FORMAT:
        raise FormatError("this is no plan of the benchmark")
    return Plan(tuple(_part(p, {}) for p in content["parts"]), content["curve"])


def read_plan(path: Path) -> Plan:
    """A plan from a YAML file.

    Parameters
    ----------
    path : Path
        ``settings`` for all parts, ``parts``, each with the fields of ``Study``
        (``seeds`` may be a number: the first so many), and ``curve``.

    Returns
    -------
    Plan

    Raises
    ------
    FormatError
        If the file is not such a plan.
    """
    try:
        held = yaml.safe_load(path.read_text(encoding="utf-8"))
        every = tuple(_part(p, held.get("settings", {})) for p in held["parts"])
        return Plan(every, held.get("curve"))
    except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as problem:
        raise FormatError(f"{path} is not a plan of a study: {problem}") from None


def _part(given: Mapping[str, Any], settings: Mapping[str, Any]) -> Study:
    held = dict(settings) | dict(given)
    strange = sorted(set(held) - {f.name for f in fields(Study)})
    if strange:
        raise FormatError(f"a part of a plan has no {', '.join(strange)}")
    seeds = held["seeds"]
    held["seeds"] = range(1, seeds + 1) if isinstance(seeds, int) else seeds
    for key in ("networks", "rows", "seeds", "experts", "methods", "arms"):
        if key in held:
            held[key] = tuple(held[key])
    return replace(Study((), (), ()), **held)
