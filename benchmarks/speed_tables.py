"""Tables of ``benchmarks.speed``, from its JSON alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import mean, median, stdev
from typing import Any

from benchmarks.speed_rows import CLAIMS, Claim
from llmcd.graph import Graph

__all__ = [
    "claims",
    "conditions_line",
    "digest",
    "markdown",
    "of_claims",
    "of_first_calls",
    "of_scale",
]

Record = Mapping[str, Any]
Check = Callable[[Claim, list[Record]], tuple[str, bool | None]]


def digest(graph: Graph) -> str:
    """Sixteen letters that are equal for equal graphs only.

    Examples
    --------
    >>> ab = Graph.from_edges("ab", undirected=[("a", "b")])
    >>> digest(ab) == digest(Graph.from_edges("ba", undirected=[("b", "a")]))
    True
    """
    edges = sorted(
        f"{e.a}\t{e.mark}\t{e.b}" if e.mark == "-->" or e.a < e.b
        else f"{e.b}\t{e.mark}\t{e.a}"
        for e in graph.edges()
    )  # fmt: skip
    return hashlib.sha256("\n".join(edges).encode()).hexdigest()[:16]


# --- records --------------------------------------------------------------------------


def _done(records: Iterable[Record], label: str) -> dict[int, list[Record]]:
    """Finished runs of a contender, by seed."""
    found: dict[int, list[Record]] = {}
    for record in records:
        if record["label"] == label and record["status"] == "done":
            found.setdefault(record["seed"], []).append(record)
    return found


def _by_seed(records: Iterable[Record], label: str, key: str) -> dict[int, float]:
    """A value of a contender for each seed: the median over its turns."""
    found = {
        seed: [record[key] for record in some if record.get(key) is not None]
        for seed, some in _done(records, label).items()
    }
    return {seed: median(values) for seed, values in found.items() if values}


def _common(
    records: list[Record], a: str, b: str, key: str
) -> list[tuple[float, float]]:
    one, two = _by_seed(records, a, key), _by_seed(records, b, key)
    return [(one[seed], two[seed]) for seed in sorted(one) if seed in two]


def _ratio(records: list[Record], peer: str, ours: str) -> float | None:
    """How many times longer a peer takes, on the problems that both solved.

    Of the processor's seconds, or of those on the clock where one side has no others.
    """
    pairs = _common(records, peer, ours, "cpu_seconds")
    pairs = pairs or _common(records, peer, ours, "seconds")
    return median(a / b for a, b in pairs) if pairs else None


def _at_least(records: list[Record], peer: str, ours: str) -> float | None:
    """The same for a peer that ran out of time: its limit in place of its time.

    The limit is on the clock, and so are our seconds here.
    """
    mine = _by_seed(records, ours, "seconds")
    found = [
        record["limit"] / mine[record["seed"]]
        for record in records
        if record["label"] == peer
        and record["status"] == "timeout"
        and record["seed"] in mine
    ]
    return median(found) if found else None


def _told(records: list[Record], peer: str, ours: str) -> str:
    found = _ratio(records, peer, ours)
    if found is not None:
        return _number(found)
    bound = _at_least(records, peer, ours)
    return "" if bound is None else f"> {_number(bound)}"


def _labels(records: Iterable[Record]) -> list[str]:
    return list(dict.fromkeys(record["label"] for record in records))


def _versus(records: list[Record], label: str) -> str:
    """The label of ours that a contender is compared with."""
    ours = [record["label"] for record in records if record["ours"]]
    named = next(r["versus"] for r in records if r["label"] == label)
    return named or (ours[0] if ours else "")


# --- claims ---------------------------------------------------------------------------


def _first_ours(claim: Claim, records: list[Record]) -> str:
    if claim.ours:
        return claim.ours
    return next((r["label"] for r in records if r["ours"]), "")


def _check_ratio(claim: Claim, records: list[Record]) -> tuple[str, bool | None]:
    ours = _first_ours(claim, records)
    found = _ratio(records, claim.peer, ours)
    if found is not None:
        return _number(found), found >= claim.value
    bound = _at_least(records, claim.peer, ours)
    if bound is not None:
        return _told(records, claim.peer, ours), True if bound >= claim.value else None
    why = [
        f"{r['label']} {r['status']}: {r['reason']}"
        for r in records
        if r["label"] in (ours, claim.peer) and r["status"] != "done"
    ]
    return (why or ["not run"])[0], None


def _check_slower(claim: Claim, records: list[Record]) -> tuple[str, bool | None]:
    found = _ratio(records, claim.peer, _first_ours(claim, records))
    if found is None:
        return "not run", None
    return _number(1.0 / found), 1.0 / found <= claim.value


def _check_fastest(claim: Claim, records: list[Record]) -> tuple[str, bool | None]:
    rivals = sorted({r["label"] for r in records if not r["ours"] and not r["other"]})
    pairs = [(peer, _versus(records, peer)) for peer in rivals]
    known = {pair: ratio for pair in pairs if (ratio := _ratio(records, *pair))}
    if known:
        pair = min(known, key=lambda one: known[one])
        return f"{_number(known[pair])} ({pair[0]})", known[pair] >= claim.value
    bounds = {pair: ratio for pair in pairs if (ratio := _at_least(records, *pair))}
    if bounds:
        pair = min(bounds, key=lambda one: bounds[one])
        holds = True if bounds[pair] >= claim.value else None
        return f"{_told(records, *pair)} (all ran out of time)", holds
    late = [r for r in records if r["label"] in rivals and r["status"] == "left out"]
    if late and {r["label"] for r in late} == set(rivals):
        return f"none raced: all {late[0]['reason']}", None
    return "no peer finished", None


def _check_seconds(claim: Claim, records: list[Record]) -> tuple[str, bool | None]:
    ours = _first_ours(claim, records)
    found = _by_seed(records, ours, "cpu_seconds") or _by_seed(records, ours, "seconds")
    found = found.values()
    if not found:
        return "not run", None
    return _number(median(found)), median(found) < claim.value


def _check_mean(key: str, sign: int) -> Check:
    def check(claim: Claim, records: list[Record]) -> tuple[str, bool | None]:
        found = _by_seed(records, _first_ours(claim, records), key).values()
        if not found:
            return "not run", None
        values = list(found)
        error = (
            f" ± {stdev(values) / len(values) ** 0.5:.2g}" if len(values) > 1 else ""
        )
        said = f"{mean(values):.4g}{error} ({_count(len(values), 'seed')})"
        return said, sign * mean(found) >= sign * claim.value

    return check


def _check_shd(claim: Claim, records: list[Record]) -> tuple[str, bool | None]:
    pairs = _common(records, _first_ours(claim, records), claim.peer, "shd")
    if not pairs:
        return "not run", None
    ours, theirs = mean(a for a, _ in pairs), mean(b for _, b in pairs)
    apart = [a - b for a, b in pairs]
    error = f" ± {stdev(apart) / len(apart) ** 0.5:.2g}" if len(apart) > 1 else ""
    said = (
        f"{ours:.3g} against {theirs:.3g}: {mean(apart):+.2g}{error} "
        f"({_count(len(pairs), 'seed')})"
    )
    return said, ours - theirs <= claim.value


def _check_score(claim: Claim, records: list[Record]) -> tuple[str, bool | None]:
    ours = _first_ours(claim, records)
    least: dict[str, float] = {}
    for peer in _labels(records):
        pairs = _common(records, ours, peer, "score")
        if pairs and not any(r["ours"] for r in records if r["label"] == peer):
            least[peer] = mean(a - b for a, b in pairs)
    if not least:
        return "no peer finished", None
    best = min(least, key=lambda name: least[name])
    # Sums in another order differ in the last digits.
    return f"{least[best]:+.2f} ({best})", least[best] >= claim.value - 1e-6


def _check_same(key: str) -> Check:
    def check(claim: Claim, records: list[Record]) -> tuple[str, bool | None]:
        ours = _done(records, _first_ours(claim, records))
        theirs = _done(records, claim.peer)
        seeds = sorted(set(ours) & set(theirs))
        if not seeds:
            return "not run", None
        equal = [ours[s][0][key] == theirs[s][0][key] for s in seeds]
        return f"{sum(equal)} of {len(equal)}", all(equal)

    return check


_CHECKS: Mapping[str, Check] = {
    "ratio": _check_ratio,
    "slower": _check_slower,
    "fastest": _check_fastest,
    "seconds": _check_seconds,
    "shd": _check_mean("shd", -1),
    "arrowhead_precision": _check_mean("arrowhead_precision", 1),
    "shd_difference": _check_shd,
    "score": _check_score,
    "same_graph": _check_same("graph"),
    "same_skeleton": _check_same("skeleton"),
}


def claims(results: Mapping[str, Any]) -> list[tuple[Claim, str, bool | None]]:
    """What was measured for each claim whose row was run.

    Parameters
    ----------
    results : mapping
        The JSON of a run.

    Returns
    -------
    list of (Claim, str, bool or None)
        The claim, what was measured, and whether it holds; None if that cannot be
        said.
    """
    by_row = _rows(results)
    return [
        (claim, *_CHECKS[claim.kind](claim, by_row[claim.row]))
        for claim in CLAIMS
        if claim.row in by_row
    ]


_PARTS = ("records", "first_calls", "scale")

# --- Markdown -------------------------------------------------------------------------


def _rows(results: Mapping[str, Any]) -> dict[str, list[Record]]:
    by_row: dict[str, list[Record]] = {}
    for record in results.get("records", ()):
        by_row.setdefault(record["row"], []).append(record)
    return by_row


def _number(x: float | None, digits: int = 3) -> str:
    if x is None:
        return ""
    if x == 0 or abs(x) >= 10 ** (digits - 1):
        return f"{x:,.0f}"
    if abs(x) < 1e-3:
        return f"{x:.1e}"
    return f"{x:.{digits}g}"


def _count(n: int, what: str) -> str:
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def _mib(x: float | None) -> str:
    return "" if x is None else f"{x / 2**20:,.0f}"


def _table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *lines))


HEAD = (
    "", "seconds", "CPU seconds", "times ours", "SHD", "skeleton F1", "arrow precision",
    "arrow recall", "score - ours", "peak MiB", "problems", "note",
)  # fmt: skip


def _line(records: list[Record], label: str) -> list[str]:
    own = [record for record in records if record["label"] == label]
    versus = _versus(records, label)

    def over(key: str, of: Callable[[Iterable[float]], float]) -> float | None:
        values = list(_by_seed(records, label, key).values())
        return of(values) if values else None

    scores = _common(records, label, versus, "score")
    notes = ["another kind of search"] if own[0]["other"] else []
    if statistics := over("statistics_seconds", median):
        notes.append(f"and {_number(statistics)} s for table and statistics")
    notes += dict.fromkeys(r["note"] for r in own if r.get("note"))
    if left := next((r for r in own if r["status"] != "done"), None):
        notes.append(f"{left['status']}: {left['reason']}")
    same = label == versus
    return [
        label,
        _number(over("seconds", median)),
        _number(over("cpu_seconds", median)),
        "1" if same else _told(records, label, versus),
        _number(over("shd", mean)),
        *(
            "" if (value := over(key, mean)) is None else f"{value:.2f}"
            for key in ("skeleton_f1", "arrowhead_precision", "arrowhead_recall")
        ),
        "" if same or not scores else f"{mean(a - b for a, b in scores):+.1f}",
        _mib(over("memory_peak", max)),
        str(len(_done(records, label))),
        "; ".join(notes).replace("|", "/"),
    ]


VERDICT = {True: "yes", False: "**no**", None: "not known"}


def of_claims(results: Mapping[str, Any], further: Iterable[Sequence[str]] = ()) -> str:
    """What must hold, what was measured, and whether it holds.

    Parameters
    ----------
    results : mapping
        The JSON of a run.
    further : iterable of sequences of str
        Further lines: row, what, wanted, measured, whether it holds.

    Returns
    -------
    str
        Markdown.
    """
    lines: list[Sequence[str]] = [
        (claim.row, claim.what, _number(claim.value), said, VERDICT[holds])
        for claim, said, holds in claims(results)
    ]
    lines += [
        ("first call", f"{call['label']}: seconds in a new process, numba cached",
         "3", _number(call["cached_seconds"]), VERDICT[call["cached_seconds"] < 3.0])
        for call in results.get("first_calls", ())
        if call["status"] == "done"
    ]  # fmt: skip
    lines += _claims_of_scale(results.get("scale", ()))
    return _table(("row", "what", "wanted", "measured", "holds"), [*lines, *further])


def _claims_of_scale(points: Iterable[Record]) -> list[Sequence[str]]:
    """How far the curves go, and whether memory follows the rows out of core."""
    done = [point for point in points if point["status"] == "done"]
    lines: list[Sequence[str]] = []
    for curve, wanted, along in (
        *((curve, 1000, "nodes") for curve in ("pc", "ges", "order")),
        ("parquet", 10_000_000, "rows"),
    ):
        reached = [p for p in done if p["curve"] == curve]
        if reached:
            last = max(reached, key=lambda p: p[along])
            what = f"{curve}: {'columns' if along == 'nodes' else along} of the curve"
            said = f"{last[along]:,} in {_number(last.get('cpu_seconds'))} CPU s"
            holds = VERDICT[last[along] >= wanted]
            lines.append(("curves", what, f"{wanted:,}", said, holds))
    held = {p["rows"]: p.get("memory_peak") for p in done if p["curve"] == "parquet"}
    if len(held) > 1 and None not in held.values():
        most, before = sorted(held)[-1], sorted(held)[-2]
        what = f"parquet: peak MiB at {most:,} rows, times that at {before:,}, at most"
        times = held[most] / held[before]
        said = f"{times:.2f} ({_mib(held[most])} against {_mib(held[before])})"
        lines.append(("curves", what, "1.1", said, VERDICT[times <= 1.1]))
    return lines


def of_first_calls(calls: Iterable[Record]) -> str:
    """What compiling takes, and first and warm calls, as Markdown."""
    lines = [
        (
            call["label"],
            *map(
                _number,
                (
                    call["cold_seconds"], call["cached_import"],
                    call["cached_seconds"], call["warm_seconds"],
                ),
            ),
        )
        if call["status"] == "done"
        else (call["label"], f"{call['status']}: {call['reason']}", "", "", "")
        for call in calls
    ]  # fmt: skip
    head = (
        "",
        "first of all: compiles",
        "imports and reading",
        "first, cached",
        "warm",
    )
    return _table(head, lines)


def of_scale(points: Iterable[Record]) -> str:
    """The points of the curves as Markdown."""
    head = (
        "", "columns", "rows", "seconds", "CPU seconds", "PC, first call", "added MiB",
        "peak MiB", "note",
    )  # fmt: skip
    lines = [
        (
            point["curve"],
            f"{point['nodes']:,}",
            f"{point['rows']:,}",
            _number(point["seconds"]),
            _number(point.get("cpu_seconds")),
            _number(point.get("search_seconds")),
            _mib(point["memory_added"]),
            _mib(point.get("memory_peak")),
            point["reason"],
        )
        for point in points
    ]
    return _table(head, lines)


def conditions_line(results: Mapping[str, Any]) -> str:
    """Machine, dates, commits and versions of a run."""
    machine, versions = results["machine"], results["versions"]
    own = [r for key in _PARTS for r in results.get(key, ()) if "commit" in r]
    dates = sorted({r["date"] for r in own if "date" in r}) or [results["date"]]
    commits = dict.fromkeys(r["commit"] for r in own) or [results["commit"]]
    return (
        f"{machine['processor']}, {machine['cores']} cores, "
        f"{machine['memory_gib']} GiB, {machine['system']}; one thread a process. "
        f"{', '.join(dates)}, commit {', '.join(map(_short, commits))}. "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + "."
    )


def _short(commit: str) -> str:
    return commit[:12] + ("+" if commit.endswith("+") else "")


def markdown(results: Mapping[str, Any]) -> str:
    """Everything that a run measured, as Markdown.

    Parameters
    ----------
    results : mapping
        The JSON of a run.

    Returns
    -------
    str
    """
    parts = [
        conditions_line(results),
        "Seconds: the median over problems of the algorithm's call, warm, on the clock "
        "and of the processor (user and system, all threads; everything runs on one). "
        "Times ours, and seconds that must hold, are of the processor's seconds where "
        "both sides have them; against a contender that ran out of time, of those on "
        "the clock. SHD, "
        "precision, recall and scores: means over problems, against the true CPDAG; "
        "scores where a graph has a consistent extension.",
    ]
    by_row = _rows(results)
    if by_row or results.get("first_calls"):
        parts += ["## What must hold", of_claims(results)]
    for name, records in by_row.items():
        first = records[0]
        what = (
            f"{first['source']}, {first['nodes']} columns, {first['rows']:,} rows, "
            + _count(len({r["seed"] for r in records}), "problem")
            + f", at most {max(r['limit'] for r in records):g} s a call"
            + "; commit "
            + ", ".join(
                dict.fromkeys(_short(r["commit"]) for r in records if "commit" in r)
            )
        )
        lines = [_line(records, label) for label in _labels(records)]
        parts += [f"## {name}", what, _table(HEAD, lines)]
    if results.get("first_calls"):
        parts += [
            "## First calls in a new process",
            "Seconds. Imports and reading come before every first call.",
            of_first_calls(results["first_calls"]),
        ]
    if results.get("scale"):
        parts += ["## Time and memory", of_scale(results["scale"])]
    return "\n\n".join(parts)
