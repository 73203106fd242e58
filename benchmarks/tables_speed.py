"""Tables of speed and of agreement with causal-learn, from the committed results."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks import agreement as agreement_
from benchmarks import speed_tables
from benchmarks.scale import figure

__all__ = ["TABLES", "claims", "draw"]

RESULTS = Path(__file__).resolve().parent / "results"


def _speed() -> dict[str, Any]:
    return json.loads((RESULTS / "speed.json").read_text("utf-8"))


def _agreement() -> dict[str, Any]:
    return json.loads((RESULTS / "agreement.json").read_text("utf-8"))


def conditions() -> str:
    """Machine, versions and commits."""
    return speed_tables.conditions_line(_speed())


def claims() -> str:
    """What must hold, what was measured, and whether it holds."""
    return speed_tables.of_claims(_speed(), _of_agreement(_agreement()))


def _of_agreement(results: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for record in results["agreement"]:
        if "held" in record:
            yield _line(record["kind"], record["what"], record["held"], record)
    said, mean = agreement_.precision(results)
    holds = speed_tables.VERDICT[mean >= 0.85]
    yield "PC, 100 Gaussian columns", "arrow precision, more seeds", "0.85", said, holds
    changes = dict.fromkeys(record["what"] for record in results["invariance"])
    for what in changes:
        own = [r for r in results["invariance"] if r["what"] == what]
        held, asked = sum(r["held"] for r in own), sum(r["problems"] for r in own)
        said = f"{what}: graphs of all methods and kinds that stay the same"
        yield _line("what changes nothing", said, held, {"problems": asked})


def _line(row: str, what: str, held: int, asked: Mapping[str, Any]) -> tuple[str, ...]:
    wanted = asked["problems"]
    holds = speed_tables.VERDICT[held == wanted]
    return row, what, f"{wanted:,}", f"{held:,} of {wanted:,}", holds


def first_calls() -> str:
    """What compiling takes, and first calls."""
    return speed_tables.of_first_calls(_speed()["first_calls"])


def scale() -> str:
    """Points of the curves."""
    return speed_tables.of_scale(_speed()["scale"])


TABLES: Mapping[str, Callable[[], str]] = MappingProxyType(
    {
        "speed-conditions": conditions,
        "speed-claims": claims,
        "speed-first-calls": first_calls,
        "speed-scale": scale,
        "agreement": lambda: agreement_.against(_agreement()),
        "invariance": lambda: agreement_.unchanged(_agreement()),
    }
)


def draw(folder: Path) -> Path:
    """Draw time and memory against columns and rows.

    Parameters
    ----------
    folder : Path
        Where ``scale.png`` goes.

    Returns
    -------
    Path
    """
    path = folder / "scale.png"
    figure(_speed(), path)
    return path
