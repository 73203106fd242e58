"""Markdown tables from numbers, in one way of rounding."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from benchmarks.collect import Results
from benchmarks.comparisons import Difference, Ratio, mean_and_error
from benchmarks.methods import registry

__all__ = [
    "OURS",
    "best_mode",
    "done",
    "markdown",
    "minus",
    "names_of_kind",
    "of",
    "percent",
    "signed",
    "with_error",
]

OURS = ("posterior", "safe")  # the first that is there is held against the others
BASE = "order"
NOTHING = "·"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the first column is text, the others are numbers.

    Examples
    --------
    >>> print(markdown(["a", "b"], [["x", "1"]]))
    | a | b |
    |---|--:|
    | x | 1 |
    """
    lines = [f"| {' | '.join(head)} |", "|---|" + "--:|" * (len(head) - 1)]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    return "\n".join(lines)


def with_error(values: Iterable[float], digits: int = 1) -> str:
    """Mean and standard error.

    Examples
    --------
    >>> with_error([1.0, 3.0]), with_error([])
    ('2.0 ± 1.0', '·')
    """
    held = [v for v in values if not math.isnan(v)]
    if not held:
        return NOTHING
    mean, error = mean_and_error(held)
    if math.isnan(error):
        return f"{mean:.{digits}f}"
    return f"{mean:.{digits}f} ± {error:.{digits}f}"


def signed(one: Difference, digits: int = 1) -> str:
    """A mean difference with its error.

    Examples
    --------
    >>> signed(Difference.of([1.0, 3.0]))
    '+2.0 ± 1.0'
    """
    if not one.n:
        return NOTHING
    text = minus(f"{one.mean:+.{digits}f}")
    return text if math.isnan(one.error) else f"{text} ± {one.error:.{digits}f}"


def percent(ratio: Ratio) -> str:
    """A change in per cent with its interval.

    Examples
    --------
    >>> percent(Ratio(-0.25, -0.31, -0.2, 4, 10))
    '−25 % (−31 to −20)'
    """
    if not ratio.blocks:
        return NOTHING
    each = [f"{100 * x:+.0f}" for x in (ratio.change, ratio.low, ratio.high)]
    each = [minus(x) for x in each]
    return f"{each[0]} % ({each[1]} to {each[2]})"


def minus(number: str) -> str:
    """With a real minus sign, and without a sign for what rounds to zero.

    Examples
    --------
    >>> minus("-0.5"), minus("-0.0"), minus("+0")
    ('−0.5', '0.0', '0')
    """
    if not number.strip("+-0."):
        return number.strip("+-")
    return number.replace("-", "−")


def names_of_kind(kind: str) -> set[str]:
    """Names of the methods of a kind."""
    return {m.name for m in registry().values() if m.kind == kind}


def done(results: Results, *, ablations: bool = False) -> pd.DataFrame:
    """Runs that gave a graph; ours with a part taken out only where asked for."""
    runs = results.runs[results.runs["status"] == "done"]
    return runs if ablations else runs[~runs["method"].isin(names_of_kind("ablation"))]


def of(
    runs: pd.DataFrame, method: str, expert: str = "", arm: str | None = None
) -> pd.DataFrame:
    """Runs of one method, expert and arm; ``real`` where an expert was asked."""
    shown = ("real" if expert else "") if arm is None else arm
    return runs[
        (runs["method"] == method) & (runs["expert"] == expert) & (runs["arm"] == shown)
    ]


def best_mode(runs: pd.DataFrame) -> str | None:
    """Which of our modes is held against the others."""
    there = set(runs["method"])
    return next((mode for mode in OURS if mode in there), None)
