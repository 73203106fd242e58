"""Tables of what experts said, what bad ones cost, and what their names give away."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from benchmarks.arms import ARMS
from benchmarks.collect import Results
from benchmarks.comparisons import Difference, log_ratio, margin_of, paired
from benchmarks.curve import ORDERS, areas, planner_gain
from benchmarks.methods import registry
from benchmarks.tables_text import (
    BASE,
    NOTHING,
    OURS,
    best_mode,
    done,
    markdown,
    minus,
    names_of_kind,
    of,
    percent,
    signed,
    with_error,
)

__all__ = ["ablations", "arms", "calibration", "harm", "planner", "what_was_said"]

MEASURE = "shd_half"
_GAPS = (("planned", "shuffled"), ("rounds", "shuffled"), ("planned", "random"),
         ("rounds", "random"))  # fmt: skip
BAD = ("coin", "adversarial", "always-first", "abstain")


def what_was_said(results: Results) -> str:
    """Answers by what the pair is, over all networks and samples, in per cent."""
    held = results.consulted
    if not len(held):
        return "Nobody was asked."
    rows: list[list[str]] = []
    for (expert, arm), some in held.groupby(["expert", "arm"], sort=True):
        by = some.groupby(["relation", "said"])["count"].sum()

        def share(relation: str, *said: str, by: pd.Series = by) -> str:
            if relation not in by.index:
                return NOTHING
            every = by[relation]
            total = every.sum()
            return f"{100 * sum(int(every.get(s, 0)) for s in said) / total:.0f}"

        rows.append(
            [
                f"{expert}, {arm}",
                f"{int(some['count'].sum()):,}",
                share("edge, cause first", "right"),
                share("edge, effect first", "right"),
                share("edge, cause first", "reversed"),
                share("edge, effect first", "reversed"),
                share("ancestor", "right", "reversed"),
                share("unrelated", "directed"),
            ]
        )
    head = ["expert, arm", "answers", "edge right, cause first", "effect first",
            "edge reversed, cause first", "effect first ", "ancestor directed",
            "unrelated directed"]  # fmt: skip
    return markdown(head, rows)


def harm(results: Results) -> str:
    """What bad experts cost, against the margin of non-inferiority."""
    runs = done(results)
    base = of(runs, BASE)
    blocks = sorted(set(zip(base["network"], base["rows"], strict=True)))
    there = [e for e in BAD if e in set(runs["expert"])]
    rows: list[list[str]] = []
    for mode in (m for m in reversed(OURS) if m in set(runs["method"])):
        for network, n in blocks:
            margin = margin_of(results.networks[network]["edges"])
            cells = [_cost(of(runs, mode, e), base, network, n, margin) for e in there]
            if any(cell != NOTHING for cell in cells):
                rows.append([f"{mode}: {network}, {n:,}", f"{margin:.1f}", *cells])
    said = (
        "Mean SHD ½ above data alone; its one-sided 95 % limit; the 95 % quantile over "
        "samples. ✓ where the limit is below the margin, ✗ where it is not, = where "
        "every sample is the same as data alone."
    )
    return said + "\n\n" + markdown(["mode: network, rows", "margin", *there], rows)


def _cost(
    one: pd.DataFrame, base: pd.DataFrame, network: str, n: int, margin: float
) -> str:
    some = one[(one["network"] == network) & (one["rows"] == n)]
    pairs = paired(some, base, MEASURE)
    if not len(pairs):
        return NOTHING
    gap = (pairs["one"] - pairs["other"]).to_numpy()
    cost = Difference.of(gap)
    if not gap.any():
        return "="
    sign = "✗" if math.isnan(cost.upper) or cost.upper >= margin else "✓"
    limit = "" if math.isnan(cost.upper) else f", {minus(f'{cost.upper:+.2f}')}"
    mean, high = minus(f"{cost.mean:+.2f}"), minus(f"{cost.high:+.1f}")
    return f"{mean}{limit}, {high} {sign}"


def ablations(results: Results) -> str:
    """Posterior mode and the search with one part taken out, on the same samples."""
    runs = done(results, ablations=True)
    parts = names_of_kind("ablation")
    there = [m for m in registry() if m in set(runs["method"]) & parts]
    if not there:
        return "No part was taken out."
    rows: list[list[str]] = []
    for method in there:
        for expert in sorted(set(runs[runs["method"] == method]["expert"])):
            one = of(runs, method, expert)
            whole = of(runs, "posterior" if expert else BASE, expert)
            pairs = paired(one, whole, MEASURE)
            if not len(pairs):
                continue
            by = pairs.groupby(["network", "rows"])[["one", "other"]].mean()
            gap = (pairs["one"] - pairs["other"]).groupby(
                [pairs["network"], pairs["seed"]]
            )
            rows.append(
                [
                    f"{method}, {expert}" if expert else method,
                    ", ".join(sorted(set(pairs["network"]))),
                    str(len(pairs)),
                    f"{by['other'].mean():.1f}",
                    f"{by['one'].mean():.1f}",
                    signed(Difference.of(gap.mean().to_numpy()), 2),
                    percent(log_ratio(pairs)),
                ]
            )
    head = ["without a part", "networks", "samples", "whole", "without", "difference",
            "change"]  # fmt: skip
    return markdown(head, rows)


def planner(results: Results) -> str:
    """Mean SHD over the numbers of pairs asked, in several orders of pairs."""
    if not len(results.curve):
        return "No curve was run."
    area = areas(results.curve)
    orders = [order for order in ORDERS if order in area]
    gaps = [(one, other) for one, other in _GAPS if one in area and other in area]
    rows: list[list[str]] = []
    for (method, network), some in area.groupby(["method", "network"], sort=True):
        rows.append(
            [
                f"{method}, {network}",
                str(some["seed"].nunique()),
                *(with_error(some[order], 2) for order in orders),
                *(signed(planner_gain(some, *gap), 2) for gap in gaps),
            ]
        )
    rows += [
        [f"{method}, all", *[""] * (len(orders) + 1),
         *(signed(planner_gain(some, *gap), 2) for gap in gaps)]
        for method, some in area.groupby("method", sort=True)
    ]  # fmt: skip
    head = ["method, network", "samples", *orders,
            *(f"{one} less {other}" for one, other in gaps)]  # fmt: skip
    return markdown(head, rows)


def arms(results: Results) -> str:
    """The memorisation gap: the gain over data alone that goes with the names."""
    runs = done(results)
    asked = runs[(runs["arm"] != "") & (runs["arm"] != "real")]
    rows: list[list[str]] = []
    for network in sorted(asked["network"].unique()):
        there = asked[asked["network"] == network]
        sizes = set(there["rows"])  # real names were run with more numbers of rows
        here = runs[(runs["network"] == network) & runs["rows"].isin(sizes)]
        experts = sorted(there["expert"].unique())
        for expert in experts:
            rows += [
                [
                    f"{network}, {expert}, {method}",
                    with_error(of(here, BASE)[MEASURE]),
                    *_arm_cells(here, method, expert),
                ]
                for method in ("expert-alone", best_mode(runs) or "")
            ]
    if not rows:
        return "No other arm was run with an expert that reads."
    others = [arm for arm in ARMS if arm != "real"]
    head = ["network, expert, method", "data alone", *ARMS,
            *(f"{arm} less real" for arm in others)]  # fmt: skip
    return markdown(head, rows)


def _arm_cells(here: pd.DataFrame, method: str, expert: str) -> list[str]:
    real = of(here, method, expert)
    cells = [with_error(of(here, method, expert, arm)[MEASURE]) for arm in ARMS]
    for arm in ARMS[1:]:
        pairs = paired(of(here, method, expert, arm), real, MEASURE)
        gap = (pairs["one"] - pairs["other"]).groupby(pairs["seed"]).mean()
        cells.append(signed(Difference.of(gap.to_numpy())))
    return cells


def calibration(results: Results) -> str:
    """Log loss and Brier score of what was stated, and skill against data alone."""
    runs = done(results)
    base = of(runs, BASE)
    scores = [f"{what}_{score}" for what in ("adjacency", "uncertain", "direction")
              for score in ("log_loss", "brier")]  # fmt: skip
    keys = runs[runs["adjacency_log_loss"].notna()]
    keys = keys[keys["arm"].isin(["", "real"])]
    keys = sorted(set(zip(keys["method"], keys["expert"], strict=True)))
    rows: list[list[str]] = []
    for method, expert in keys:
        some = of(runs, method, expert)
        cells: list[str] = []
        for score in scores:
            pairs = paired(some, base, score)
            both = pairs.groupby(["network", "rows"])[["one", "other"]].mean().mean()
            cells.append(_skill(both, is_base=method == BASE))
        rows.append([f"{method}, {expert}" if expert else method, *cells])
    head = ["method, expert", "adjacency log loss", "Brier", "uncertain pairs log loss",
            "Brier ", "direction log loss", "Brier  "]  # fmt: skip
    return markdown(head, rows)


def _skill(both: pd.Series, *, is_base: bool) -> str:
    one, other = float(both["one"]), float(both["other"])
    if np.isnan(one):
        return NOTHING
    if is_base or not other:
        return f"{one:.3f}"
    return f"{one:.3f} ({minus(f'{100 * (one / other - 1):+.0f}')} %)"
