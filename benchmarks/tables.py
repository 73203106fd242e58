"""Every table and figure of benchmarks/README.md, from the committed results alone.

A table stands between ``<!-- table: NAME -->`` and ``<!-- end -->``; whatever is there
is replaced. ``results/study`` is taken when it is there, else ``results/short``; for
tables of speed and agreement, ``results/speed.json`` and ``results/agreement.json``.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from benchmarks import (
    tables_accuracy,
    tables_experts,
    tables_losses,
    tables_setting,
    tables_speed,
)
from benchmarks.collect import Results, read_results

__all__ = ["README", "TABLES", "add_commands", "committed", "filled"]

HERE = Path(__file__).resolve().parent
README = HERE / "README.md"
FIGURES = HERE / "figures"

TABLES: Mapping[str, Callable[[Results], str]] = MappingProxyType(
    {
        "conditions": tables_setting.conditions,
        "plan": tables_setting.plan,
        "not-run": tables_setting.not_run,
        "networks": tables_setting.networks,
        "gain": tables_accuracy.gain,
        "gain-simulated": tables_accuracy.gain_simulated,
        "accuracy-asked": tables_accuracy.accuracy_asked,
        "accuracy-alone": tables_accuracy.accuracy_alone,
        "accuracy-simulated": tables_accuracy.accuracy_simulated,
        "accuracy-peers": tables_accuracy.accuracy_peers,
        "measures": tables_accuracy.measures,
        "rivals": tables_accuracy.rivals,
        "losers": tables_losses.losers,
        "losses": tables_losses.losses,
        "ablations": tables_experts.ablations,
        "harm": tables_experts.harm,
        "planner": tables_experts.planner,
        "arms": tables_experts.arms,
        "experts": tables_experts.what_was_said,
        "calibration": tables_experts.calibration,
        "traps": tables_setting.traps,
        "failures": tables_setting.failures,
    }
)
_PLACE = re.compile(r"(<!-- table: ([a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def committed() -> Path:
    """Folder of the results that the tables are made from."""
    study = HERE / "results" / "study"
    return study if study.is_dir() else HERE / "results" / "short"


def filled(text: str, results: Results) -> str:
    """A document with its tables replaced.

    Parameters
    ----------
    text : str
        With places for tables.
    results : Results
        What they are made from.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If a place names a table that does not exist.
    """

    def table(found: re.Match[str]) -> str:
        name = found[2]
        if name in TABLES:
            made = TABLES[name](results)
        elif name in tables_speed.TABLES:
            made = tables_speed.TABLES[name]()
        else:
            there = [*TABLES, *tables_speed.TABLES]
            raise ValueError(f"there is no table {name!r}; there are {there}")
        return f"{found[1]}\n{made}\n\n{found[3]}"

    return _PLACE.sub(table, text)


def add_commands(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add ``tables`` and ``methods``."""
    parser = commands.add_parser("tables", help="rebuild tables and figures")
    parser.set_defaults(do=_tables)
    parser.add_argument("--results", type=Path, help="other collected results")
    parser.add_argument("--out", type=Path, help="a folder instead of the README")
    about = commands.add_parser("methods", help="what is compared")
    about.set_defaults(do=_methods)


def _tables(given: argparse.Namespace) -> int:
    from benchmarks.figures import draw

    results = read_results(given.results or committed())
    if given.out is None:
        README.write_text(
            filled(README.read_text(encoding="utf-8"), results), encoding="utf-8"
        )
        draw(results, FIGURES)
        tables_speed.draw(FIGURES)
        return 0
    given.out.mkdir(parents=True, exist_ok=True)
    pages = [f"## {name}\n\n{make(results)}\n" for name, make in TABLES.items()]
    (given.out / "tables.md").write_text("\n".join(pages), encoding="utf-8")
    draw(results, given.out)
    return 0


def _methods(_: argparse.Namespace) -> int:
    from benchmarks.methods import registry

    for method in registry().values():
        sys.stdout.write(f"{method.name:18} {method.kind:9} {method.about}\n")
    return 0
