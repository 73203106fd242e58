"""Tables of how near the graphs are to the truth."""

from __future__ import annotations

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
    names_of_kind,
    of,
    percent,
    signed,
    with_error,
)

__all__ = [
    "accuracy_alone",
    "accuracy_asked",
    "accuracy_peers",
    "accuracy_simulated",
    "blocks",
    "gain",
    "gain_simulated",
    "in_block",
    "measures",
    "rivals",
]

MEASURE = "shd_half"
EXPERT = "recorded"
FAMOUS = "famous"


def _methods(runs: pd.DataFrame, *, asking: bool) -> list[str]:
    some = runs[(runs["expert"] != "") == asking]
    return list(dict.fromkeys(some.sort_values("method", kind="stable")["method"]))


def blocks(runs: pd.DataFrame) -> list[tuple[str, int]]:
    """Network and rows, famous networks last."""
    held = runs[["group", "network", "rows"]].drop_duplicates()
    held = held.assign(last=held["group"] == FAMOUS)
    held = held.sort_values(["last", "network", "rows"])
    return list(zip(held["network"], held["rows"], strict=True))


def in_block(runs: pd.DataFrame, network: str, rows: int) -> pd.DataFrame:
    """Runs of one network and number of rows."""
    return runs[(runs["network"] == network) & (runs["rows"] == rows)]


def _accuracy(results: Results, columns: list[tuple[str, str]]) -> str:
    runs = done(results)
    rows: list[list[str]] = []
    for network, n in blocks(runs):
        block = in_block(runs, network, n)
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
    peers = names_of_kind("peer")
    asking = [m for m in _methods(done(results), asking=True) if m not in peers]
    return _accuracy(results, [(BASE, ""), *((m, EXPERT) for m in asking)])


def accuracy_peers(results: Results) -> str:
    """SHD of other implementations, with the same answers or without any."""
    runs = done(results)
    peers = names_of_kind("peer")
    runs_of_peers = runs[runs["method"].isin(peers)]
    if not len(runs_of_peers):
        return "No other implementation was run."
    ours = best_mode(runs)
    rows: list[list[str]] = []
    for network, n in blocks(runs_of_peers):
        block = in_block(runs, network, n)
        for asking in (True, False):
            for method in _methods(in_block(runs_of_peers, network, n), asking=asking):
                theirs = of(block, method, EXPERT if asking else "")
                held = of(block, ours or "", EXPERT) if asking else of(block, BASE)
                pairs = paired(theirs, held, MEASURE)
                gap = Difference.of((pairs["one"] - pairs["other"]).to_numpy())
                rows.append(
                    [
                        f"{network}, {n:,}",
                        method,
                        "yes" if asking else "no",
                        str(len(theirs)),
                        with_error(theirs[MEASURE]),
                        with_error(pairs["other"]),
                        signed(gap),
                        f"{theirs['seconds'].mean():.1f}",
                    ]
                )
    head = ["network, rows", "method", "asks", "samples", "SHD ½",
            "ours on these", "theirs less ours", "seconds"]  # fmt: skip
    return markdown(head, rows)


def accuracy_simulated(results: Results) -> str:
    """SHD of our mode by how often a simulated expert is right."""
    runs = done(results)
    ours = best_mode(runs)
    experts = sorted(e for e in set(runs["expert"]) if e.startswith("accuracy-"))
    if ours is None or not experts:
        return "No expert was simulated."
    columns = [(BASE, ""), *((ours, e) for e in experts)]
    table = _accuracy(results, columns)
    for expert in experts:
        table = table.replace(f"| {ours} |", f"| {expert} |", 1)
    return table


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
