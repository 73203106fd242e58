"""Tables of how near the graphs are to the truth."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from benchmarks.collect import Results
from benchmarks.comparisons import Difference, holm, log_ratio, paired, worse_p
from benchmarks.tables_text import (
    BASE,
    NOTHING,
    best_mode,
    done,
    markdown,
    of,
    percent,
    signed,
    with_error,
)

__all__ = [
    "accuracy_alone",
    "accuracy_asked",
    "gain",
    "gain_simulated",
    "losses",
    "measures",
    "rivals",
]

MEASURE = "shd_half"
EXPERT = "recorded"
SHOWN = (EXPERT, "coin", "adversarial", "always-first")  # where losses are looked for
FAMOUS = "famous"


def _methods(runs: pd.DataFrame, *, asking: bool) -> list[str]:
    some = runs[(runs["expert"] != "") == asking]
    return list(dict.fromkeys(some.sort_values("method", kind="stable")["method"]))


def _blocks(runs: pd.DataFrame) -> list[tuple[str, int]]:
    """Network and rows, famous networks last."""
    held = runs[["group", "network", "rows"]].drop_duplicates()
    held = held.assign(last=held["group"] == FAMOUS)
    held = held.sort_values(["last", "network", "rows"])
    return list(zip(held["network"], held["rows"], strict=True))


def _in(runs: pd.DataFrame, network: str, rows: int) -> pd.DataFrame:
    return runs[(runs["network"] == network) & (runs["rows"] == rows)]


def _accuracy(results: Results, columns: list[tuple[str, str]]) -> str:
    runs = done(results)
    rows: list[list[str]] = []
    for network, n in _blocks(runs):
        block = _in(runs, network, n)
        cells = [with_error(of(block, m, e)[MEASURE]) for m, e in columns]
        if all(cell == NOTHING for cell in cells[1:]):
            continue
        star = " *" if results.networks[network]["group"] == FAMOUS else ""
        edges = results.networks[network]["edges"]
        samples = block["seed"].nunique()
        rows.append([f"{network}{star}", str(edges), f"{n:,}", str(samples), *cells])
    head = ["network", "edges", "rows", "samples", *(m for m, _ in columns)]
    return markdown(head, rows)


def accuracy_alone(results: Results) -> str:
    """SHD of what does not ask, by network and rows."""
    others = [m for m in _methods(done(results), asking=False) if m != BASE]
    return _accuracy(results, [(BASE, ""), *((m, "") for m in others)])


def accuracy_asked(results: Results) -> str:
    """SHD with the recorded answers, beside data alone."""
    asking = _methods(done(results), asking=True)
    return _accuracy(results, [(BASE, ""), *((m, EXPERT) for m in asking)])


def gain(results: Results) -> str:
    """Mean log ratio of SHD to data alone: with recorded answers, and without any."""
    runs = done(results)
    base = of(runs, BASE)
    groups = {
        "all networks": base,
        "not famous": base[base["group"] != FAMOUS],
        "famous": base[base["group"] == FAMOUS],
    }
    keys = [(m, EXPERT) for m in _methods(runs, asking=True)]
    keys += [(m, "") for m in _methods(runs, asking=False) if m != BASE]
    rows: list[list[str]] = []
    for method, expert in keys:
        one = of(runs, method, expert)
        ratios = [log_ratio(paired(one, some, MEASURE)) for some in groups.values()]
        if ratios[0].blocks:
            name = f"{method}, {expert}" if expert else method
            cells = [str(ratios[0].blocks), *(percent(r) for r in ratios)]
            rows.append([name, *cells])
    return markdown(["method, expert", "blocks", *groups], rows)


def gain_simulated(results: Results) -> str:
    """The same with simulated experts, all networks, by method."""
    runs = done(results)
    base = of(runs, BASE)
    methods = _methods(runs, asking=True)
    experts = sorted(set(runs["expert"]) - {"", EXPERT})
    rows: list[list[str]] = []
    for expert in experts:
        ratios = [
            log_ratio(paired(of(runs, m, expert), base, MEASURE)) for m in methods
        ]
        rows.append([expert, str(max(r.blocks for r in ratios)), *map(percent, ratios)])
    return markdown(["expert", "blocks", *methods], rows)


def measures(results: Results) -> str:
    """Every measure, averaged over networks and rows, with the recorded answers."""
    runs = _with_scores(done(results), results)
    asked = of(runs, best_mode(runs) or "", EXPERT)
    where = set(zip(asked["network"], asked["rows"], strict=True))
    here = [pair in where for pair in zip(runs["network"], runs["rows"], strict=True)]
    if where:
        runs = runs[here]
    columns = {
        "SHD ½": (MEASURE, 1), "SHD": ("shd", 1), "SHD CPDAG": ("shd_cpdag", 1),
        "adjacency P": ("adjacency_precision", 2),
        "R": ("adjacency_recall", 2), "F1": ("adjacency_f1", 2),
        "arrow P": ("arrow_precision", 2), "R ": ("arrow_recall", 2),
        "F1 ": ("arrow_f1", 2), "effective R": ("effective_recall", 2),
        "AID %": ("aid_percent", 1), "SID % low": ("sid_low_percent", 1),
        "high": ("sid_high_percent", 1), "D_top": ("d_top", 1),
        "questions": ("questions", 0), "seconds": ("seconds", 2),
        "MiB": ("memory_mib", 0),
    }  # fmt: skip
    keys = [(m, "") for m in _methods(runs, asking=False)]
    keys += [(m, EXPERT) for m in _methods(runs, asking=True)]
    rows: list[list[str]] = []
    for method, expert in keys:
        some = of(runs, method, expert)
        if not len(some):
            continue
        means = some.groupby(["network", "rows"])[[c for c, _ in columns.values()]]
        means = means.mean().mean()
        cells = [_number(means[c], digits) for c, digits in columns.values()]
        rows.append([method, *cells])
    return markdown(["method", *columns], rows)


def _number(value: float, digits: int) -> str:
    return NOTHING if np.isnan(value) else f"{value:,.{digits}f}"


def _with_scores(runs: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Precision, recall, F1 and shares, which results hold as counts."""
    facts = {
        key: runs["network"].map({n: f[key] for n, f in results.networks.items()})
        for key in ("edges", "effective", "nodes")
    }
    found = runs.copy()
    for what in ("adjacency", "arrow"):
        hit, false = found[f"{what}_hit"], found[f"{what}_false"]
        precision = (hit / (hit + false)).where(hit + false > 0, 1.0)
        recall = hit / facts["edges"]
        total = precision + recall
        found[f"{what}_precision"], found[f"{what}_recall"] = precision, recall
        found[f"{what}_f1"] = (2 * precision * recall / total).where(total > 0, 0.0)
    found["effective_recall"] = found["effective_found"] / facts["effective"]
    pairs = facts["nodes"] * (facts["nodes"] - 1)
    for what in ("aid", "sid_low", "sid_high"):
        found[f"{what}_percent"] = 100 * found[what].astype(float) / pairs
    return found


def rivals(results: Results) -> str:
    """Ours against everybody who had the same answers, Holm over networks."""
    runs = done(results)
    ours = best_mode(runs)
    if ours is None:
        return "None of our modes was run."
    one = of(runs, ours, EXPERT)
    rows: list[list[str]] = []
    for method in _methods(runs, asking=True):
        pairs = paired(one, of(runs, method, EXPERT), MEASURE)
        if method == ours or not len(pairs):
            continue
        by = {str(name): some for name, some in pairs.groupby("network")}
        p = {name: worse_p(some) for name, some in by.items()}
        adjusted = holm(p)
        worse = [name for name in sorted(by) if adjusted[name] < 0.05]
        gaps = (pairs["one"] - pairs["other"]).groupby(pairs["network"]).mean()
        least = min((v for v in adjusted.values() if not np.isnan(v)), default=np.nan)
        rows.append(
            [
                method,
                percent(log_ratio(pairs)),
                f"{int((gaps < 0).sum())} / {int((gaps == 0).sum())} / "
                f"{int((gaps > 0).sum())}",
                NOTHING if np.isnan(least) else f"{least:.3f}",
                ", ".join(worse) or "none",
            ]
        )
    head = [
        f"{ours} against",
        "SHD ½ of ours to theirs",
        "networks better / same / worse",
        "least p that ours is worse, Holm",
        "significantly worse on",
    ]
    return markdown(head, rows)


def losses(results: Results) -> str:
    """Where another method is nearer to the truth, the largest gap first."""
    runs = done(results)
    ours = best_mode(runs)
    if ours is None:
        return "None of our modes was run."
    found: list[tuple[float, list[str]]] = []
    where = behind = 0
    for network, n in _blocks(runs):
        block = _in(runs, network, n)
        for expert in _experts(block):
            where += 1
            gaps = list(_gaps(block, of(block, ours, expert), ours, expert))
            behind += bool(gaps)
            sure = [gap for gap in gaps if gap[0].mean > 2 * gap[0].error]
            if not sure:
                continue
            gap, pairs, name = max(sure, key=lambda g: (g[0].mean, g[2]))
            what = [
                f"{network}, {n:,}",
                expert,
                with_error(pairs["one"]),
                f"{name}: {with_error(pairs['other'])}",
                signed(gap),
            ]
            found.append((gap.mean, what))
    found.sort(key=lambda item: (-item[0], item[1]))
    said = (
        f"By mean SHD ½, {ours} is behind at least one method in {behind} of {where} "
        f"pairs of block and expert, by more than two standard errors in {len(found)}. "
        "The best other method in each of these, those that do not ask included:"
    )
    head = ["network, rows", "expert", ours, "the best other", "gap"]
    return said + "\n\n" + markdown(head, [row for _, row in found])


def _experts(block: pd.DataFrame) -> list[str]:
    asked = set(block[block["arm"] == "real"]["expert"])
    return [expert for expert in SHOWN if expert in asked]


def _gaps(
    block: pd.DataFrame, one: pd.DataFrame, ours: str, expert: str
) -> Iterable[tuple[Difference, pd.DataFrame, str]]:
    for method in sorted(block["method"].unique()):
        for whom in ("", expert):
            other = of(block, method, whom)
            if method == ours or not len(other):
                continue
            pairs = paired(one, other, MEASURE)
            if not len(pairs):
                continue
            gap = Difference.of((pairs["one"] - pairs["other"]).to_numpy())
            if gap.mean > 0:
                yield gap, pairs, method
