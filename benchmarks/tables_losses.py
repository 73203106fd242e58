"""Where another method is nearer to the truth: to whom we lose, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd

from benchmarks.collect import Results
from benchmarks.comparisons import Difference
from benchmarks.tables_accuracy import EXPERT, MEASURE, blocks
from benchmarks.tables_text import (
    best_mode,
    done,
    markdown,
    minus,
    signed,
    with_error,
)

__all__ = ["losers", "losses"]

SHOWN = (EXPERT, "coin", "adversarial", "always-first")
_NOBODY = "without asking"
_MADE_OF = [MEASURE, "adjacency_hit", "adjacency_false"]


class _Loss(NamedTuple):
    """One method that is nearer to the truth than ours in one block."""

    network: str
    rows: int
    expert: str
    method: str
    whom: str
    gap: Difference
    both: pd.DataFrame

    @property
    def key(self) -> tuple[str, str]:
        return self.method, self.whom or _NOBODY

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
    for others, some in _by_block(runs, ours):
        met.update(others)
        for loss in some:
            if loss.is_sure:
                lost.setdefault(loss.key, []).append(loss)
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
        "method, expert",
        "blocks",
        "networks",
        "missed",
        "too many",
        "directions",
    ]
    return markdown(head, rows) if rows else "Nobody is, by two standard errors."


def _by_block(
    runs: pd.DataFrame, ours: str
) -> Iterator[tuple[list[tuple[str, str]], list[_Loss]]]:
    """For each block and expert: who else was run there, and to whom we lose."""
    shown = runs[runs["arm"].isin(["", "real"])]
    held: dict[tuple[str, int], dict[tuple[str, str], pd.DataFrame]] = {}
    for (network, n, method, expert), some in shown.groupby(
        ["network", "rows", "method", "expert"], sort=True
    ):
        held.setdefault((network, n), {})[method, expert] = some.set_index("seed")
    for network, n in blocks(runs):
        here = held[network, n]
        for expert in (e for e in SHOWN if e in {whom for _, whom in here}):
            others: list[tuple[str, str]] = []
            lost: list[_Loss] = []
            for (method, whom), other in here.items():
                if method == ours or whom not in ("", expert):
                    continue
                others.append((method, whom or _NOBODY))
                one = here.get((ours, expert))
                if one is None:
                    continue
                both = one[_MADE_OF].merge(
                    other[_MADE_OF], on="seed", suffixes=("", "_other")
                )
                less = both[MEASURE] - both[f"{MEASURE}_other"]
                gap = Difference.of(less.to_numpy())
                if len(both) and gap.mean > 0:
                    lost.append(_Loss(network, n, expert, method, whom, gap, both))
            yield others, lost


def _parts(loss: _Loss) -> tuple[float, float, float]:
    """The gap as missed edges, edges too many and directions; they add up to it."""
    gap = {x: (loss.both[x] - loss.both[f"{x}_other"]).mean() for x in _MADE_OF}
    missed, more = -gap["adjacency_hit"], gap["adjacency_false"]
    return float(missed), float(more), float(gap[MEASURE] - missed - more)


def _signed(value: float) -> str:
    return minus(f"{value:+.1f}")


def _row(loss: _Loss) -> list[str]:
    return [
        f"{loss.network}, {loss.rows:,}",
        loss.expert,
        with_error(loss.both[MEASURE]),
        f"{loss.method}: {with_error(loss.both[f'{MEASURE}_other'])}",
        signed(loss.gap),
        *map(_signed, _parts(loss)),
    ]
