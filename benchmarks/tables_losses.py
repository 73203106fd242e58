"""Where another method is nearer to the truth: to whom we lose, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from benchmarks.collect import Results
from benchmarks.comparisons import Difference, paired
from benchmarks.tables_accuracy import EXPERT, MEASURE, blocks, in_block
from benchmarks.tables_text import (
    best_mode,
    done,
    markdown,
    minus,
    of,
    signed,
    with_error,
)

__all__ = ["losers", "losses"]

SHOWN = (EXPERT, "coin", "adversarial", "always-first")
_NOBODY = "without asking"
_KEYS = ["network", "rows", "seed"]


class _Loss(NamedTuple):
    """One method that is nearer to the truth than ours in one block."""

    network: str
    rows: int
    expert: str
    method: str
    asks: bool
    gap: Difference
    one: pd.DataFrame
    other: pd.DataFrame

    @property
    def is_sure(self) -> bool:
        return self.gap.mean > 2 * self.gap.error


def losses(results: Results) -> str:
    """The largest loss of each block and expert, and what it is made of."""
    runs = done(results)
    ours = best_mode(runs)
    if ours is None:
        return "None of our modes was run."
    found: list[_Loss] = []
    where = behind = 0
    for _, some in _by_block(runs, ours):
        where += 1
        behind += bool(some)
        sure = [loss for loss in some if loss.is_sure]
        if sure:
            found.append(max(sure, key=lambda loss: (loss.gap.mean, loss.method)))
    found.sort(key=lambda x: (-x.gap.mean, x.network, x.rows, x.expert))
    rows = [_row(loss) for loss in found]
    said = (
        f"By mean SHD ½, {ours} is behind at least one method in {behind} of {where} "
        f"pairs of block and expert, by more than two standard errors in {len(found)}. "
        "The best other method in each of these, those that do not ask included, and "
        "what the gap is made of: edges that only we miss, edges that only we have too "
        "much, directions:"
    )
    head = ["network, rows", "expert", ours, "the best other", "gap", "missed",
            "too many", "directions"]  # fmt: skip
    return said + "\n\n" + markdown(head, rows)


def losers(results: Results) -> str:
    """In how many blocks each method beats ours, and why on average."""
    runs = done(results)
    ours = best_mode(runs)
    if ours is None:
        return "None of our modes was run."
    met: Counter[tuple[str, str]] = Counter()
    lost: dict[tuple[str, str], list[_Loss]] = {}
    for (network, n, expert), some in _by_block(runs, ours):
        block = in_block(runs, network, n)
        for method, whom in _others(block, ours, expert):
            met[method, expert if whom else _NOBODY] += 1
        for loss in some:
            if loss.is_sure:
                whom = expert if loss.asks else _NOBODY
                lost.setdefault((loss.method, whom), []).append(loss)
    rows: list[list[str]] = []
    for key, some in sorted(lost.items(), key=lambda item: (-len(item[1]), item[0])):
        parts = [_parts(loss) for loss in some]
        names = sorted({loss.network for loss in some})
        means = [sum(p[k] for p in parts) / len(parts) for k in range(3)]
        rows.append(
            [f"{key[0]}, {key[1]}", f"{len(some)} of {met[key]}", ", ".join(names),
             *map(_signed, means)]
        )  # fmt: skip
    head = [
        "who, told by whom",
        "blocks",
        "networks",
        "missed",
        "too many",
        "directions",
    ]
    return markdown(head, rows) if rows else "Nobody is, by two standard errors."


def _by_block(
    runs: pd.DataFrame, ours: str
) -> Iterator[tuple[tuple[str, int, str], list[_Loss]]]:
    for network, n in blocks(runs):
        block = in_block(runs, network, n)
        asked = set(block[block["arm"] == "real"]["expert"])
        for expert in (e for e in SHOWN if e in asked):
            one = of(block, ours, expert)
            some: list[_Loss] = []
            for method, whom in _others(block, ours, expert):
                other = of(block, method, whom)
                pairs = paired(one, other, MEASURE)
                gap = Difference.of((pairs["one"] - pairs["other"]).to_numpy())
                if len(pairs) and gap.mean > 0:
                    some.append(
                        _Loss(network, n, expert, method, bool(whom), gap, one, other)
                    )
            yield (network, n, expert), some


def _others(block: pd.DataFrame, ours: str, expert: str) -> Iterator[tuple[str, str]]:
    for method in sorted(block["method"].unique()):
        for whom in ("", expert):
            if method != ours and len(of(block, method, whom)):
                yield method, whom


def _parts(loss: _Loss) -> tuple[float, float, float]:
    """The gap as missed edges, edges too many and directions; they add up to it."""
    both = loss.one.merge(loss.other, on=_KEYS, suffixes=("_one", "_other"))
    missed = (both["adjacency_hit_other"] - both["adjacency_hit_one"]).mean()
    more = (both["adjacency_false_one"] - both["adjacency_false_other"]).mean()
    whole = (both[f"{MEASURE}_one"] - both[f"{MEASURE}_other"]).mean()
    return float(missed), float(more), float(whole - missed - more)


def _signed(value: float) -> str:
    return minus(f"{value:+.1f}")


def _row(loss: _Loss) -> list[str]:
    pairs = paired(loss.one, loss.other, MEASURE)
    return [
        f"{loss.network}, {loss.rows:,}",
        loss.expert,
        with_error(pairs["one"]),
        f"{loss.method}: {with_error(pairs['other'])}",
        signed(loss.gap),
        *map(_signed, _parts(loss)),
    ]
