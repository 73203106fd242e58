"""Tables of what was run: networks and their traps, conditions, what failed."""

from __future__ import annotations

import pandas as pd

from benchmarks.collect import Results, uncoded
from benchmarks.methods import registry
from benchmarks.tables_text import NOTHING, best_mode, done, markdown, of

__all__ = ["conditions", "failures", "networks", "not_run", "plan", "traps"]


def conditions(results: Results) -> str:
    """Settings, code, machine and versions."""
    lines: list[str] = []
    for text, names in _grouped(results).items():
        lines.append(f"- {', '.join(names)}: {text}")
    return "\n".join(lines)


def _grouped(results: Results) -> dict[str, list[str]]:
    """Networks by the text about how they were run."""
    found: dict[str, list[str]] = {}
    for name, header in results.headers.items():
        settings, under = header["settings"], header["conditions"]
        machine = under["machine"]
        limit = "" if settings["limit"] is None else f", at most {settings['limit']}"
        versions = ", ".join(f"{k} {v}" for k, v in under["versions"].items())
        others = settings.get("peer_seconds")
        stopped = "" if others is None else f", others stopped after {others:g} s"
        text = (
            f"pairs {settings['pairs']}{limit}, {settings['bootstrap']} resamples, "
            f"search {settings['search']}{stopped}; code "
            f"{', '.join(header['code'])}, commit {under['commit'][:12]}, "
            f"{under['date']}; {machine['processor']}, {machine['cores']} cores, "
            f"{machine['memory_gib']} GiB; {versions}"
        )
        found.setdefault(text, []).append(name)
    return found


def plan(results: Results) -> str:
    """What was planned: sets of cells, and what is run in each."""
    if not results.plan:
        return "Nothing was planned: these are the runs that there are."
    kinds = {m.name: m.kind for m in registry().values()}
    rows: list[list[str]] = []
    for part in results.plan["parts"]:
        seeds = part["seeds"]
        rows.append(
            [
                part["about"] or NOTHING,
                ", ".join(part["networks"]),
                ", ".join(f"{n:,}" for n in part["rows"]),
                str(len(seeds)),
                ", ".join(_short(part["methods"], kinds)),
                ", ".join(part["experts"]) or NOTHING,
                ", ".join(a for a in part["arms"] if a != "real") or NOTHING,
            ]
        )
    head = ["part", "networks", "rows", "samples", "methods", "experts", "other arms"]
    return markdown(head, rows)


def _short(names: list[str], kinds: dict[str, str]) -> list[str]:
    """Names of methods, a kind of which all are there by the kind's."""
    found: dict[str, None] = {}
    for name in names:
        kind = kinds.get(name, "")
        every = {n for n, k in kinds.items() if k == kind}
        is_whole = every <= set(names) and len(every) > 1
        found[f"all of kind {kind}" if is_whole else name] = None
    return list(found)


def not_run(results: Results) -> str:
    """What was planned and has no record."""
    if not results.plan:
        return "Nothing was planned."
    held = results.plan["not_run"]
    lost = pd.DataFrame(uncoded(held))
    planned = results.plan["planned_runs"]
    curve = results.plan["curve"]
    said = f"{planned:,} runs were planned"
    without = "" if not curve or len(results.curve) else " The curve was not run."
    if not len(lost):
        return f"{said}, and all of them were run.{without}"
    rows: list[list[str]] = []
    for (network, n), some in lost.groupby(["network", "rows"], sort=True):
        methods = sorted(set(some["method"]))
        experts = sorted(set(some["expert"]) - {""})
        shown = ", ".join(methods) if len(methods) <= 6 else f"{len(methods)} methods"
        rows.append(
            [
                f"{network}, {n:,}",
                str(int(some["seeds"].max())),
                str(int(some["seeds"].sum())),
                shown,
                ", ".join(experts) or NOTHING,
            ]
        )
    head = ["network, rows", "samples", "runs", "methods", "experts"]
    total = int(lost["seeds"].sum())
    return f"{said}; {total:,} were not run:{without}\n\n{markdown(head, rows)}"


def networks(results: Results) -> str:
    """What each network is, and what its samples were like."""
    rows: list[list[str]] = []
    for name, facts in results.networks.items():
        cells = results.cells[results.cells["network"] == name]
        sizes = sorted(int(n) for n in cells["rows"].unique())
        copies = ", ".join(f"{a} = {b}" for a, b in facts["copies"].items())
        rows.append(
            [
                name,
                facts["group"],
                str(facts["fame"]) if facts["fame"] else NOTHING,
                facts["family"],
                str(facts["nodes"]),
                str(facts["edges"]),
                copies or NOTHING,
                ", ".join(f"{n:,}" for n in sizes),
                str(cells["seed"].nunique()),
                f"{cells['seconds'].mean():.1f}",
            ]
        )
    head = ["network", "group", "fame", "columns", "nodes", "edges", "left out as "
            "copies", "rows", "samples", "seconds of the ensemble"]  # fmt: skip
    return markdown(head, rows)


def traps(results: Results) -> str:
    """Edges without effect, and columns that are constant or the same."""
    runs = done(results)
    ours = best_mode(runs) or ""
    columns = (("order", ""), ("expert-alone", "recorded"), (ours, "recorded"))
    rows: list[list[str]] = []
    for name, facts in results.networks.items():
        cells = results.cells[results.cells["network"] == name]
        constant = cells["constant"].str.split().map(len)
        same = cells["same_columns"].str.split().map(len)
        null = [tuple(edge) for edge in facts["null_edges"]]
        if not null and not constant.any() and not same.any():
            continue
        here = runs[runs["network"] == name]
        shares: list[str] = []
        for method, expert in columns:
            some = of(here, method, expert)
            if not len(some):
                shares += [NOTHING, NOTHING]
                continue
            found = some["null_found"].sum() / (len(some) * len(null)) if null else 0
            recall = some["effective_found"].mean() / facts["effective"]
            shares += [f"{100 * found:.0f} %" if null else NOTHING, f"{recall:.2f}"]
        rows.append(
            [
                name,
                "<br>".join(f"{a} → {b}" for a, b in null) or NOTHING,
                _span(constant.tolist()),
                _span(same.tolist()),
                *shares,
            ]
        )
    head = ["network", "edges without effect", "constant columns", "same columns"]
    for method, _ in columns:
        head += [f"{method}: of these found", "effective recall"]
    return markdown(head, rows)


def _span(counts: list[int]) -> str:
    low, high = min(counts), max(counts)
    return str(low) if low == high else f"{low} to {high}"


def failures(results: Results) -> str:
    """Runs that gave no graph, by reason."""
    some = results.runs[results.runs["status"] != "done"]
    if not len(some):
        return "Every run gave a graph."
    told = [
        reason.replace(name, "it").replace("|", "/")[:160]
        for name, reason in zip(some["network"], some["reason"], strict=True)
    ]
    rows = [
        [
            str(status),
            ", ".join(sorted(set(every["method"]))),
            ", ".join(sorted(set(every["expert"]) - {""})) or NOTHING,
            ", ".join(sorted(set(every["network"]))),
            str(len(every)),
            str(reason),
        ]
        for (status, reason), every in some.assign(told=told).groupby(
            ["status", "told"], sort=True
        )
    ]
    head = ["status", "methods", "experts", "networks", "runs", "reason"]
    return markdown(head, rows)
