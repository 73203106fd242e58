"""Checks across columns: copies, deterministic relations, enough rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import linalg

from llmcd.data.canonical import standardise
from llmcd.data.findings import Findings
from llmcd.data.kinds import FAR, MAX_LEVELS, Column
from llmcd.data.statistics import (
    CountStatistics,
    GaussianStatistics,
    MixedStatistics,
    Statistics,
)

__all__ = ["check_relations", "check_rows", "check_statistics"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

HIGH = 0.99  # absolute correlation
UNLIKE = 0.1  # one minus the absolute correlation in some rows: no copy in all rows
SAME = 1e12  # condition number of a pair's correlation matrix
ILL = 1e8  # condition number of all columns' correlation matrix
NOTHING_LEFT = 1e-6  # share of a column's variance that a relation leaves
FEWEST_ROWS = 20
MORE_ROWS_THAN_COLUMNS = 5
ROWS_PER_COLUMN = 10
GLANCE = 2000  # rows that a pair must pass before all rows are looked at


def check_rows(n: int, p: int, refused: int, given: int, findings: Findings) -> bool:
    """Require enough rows and columns.

    Parameters
    ----------
    n, p : int
        Complete rows and usable columns.
    refused : int
        Columns with a problem of their own, which may yet become usable.
    given : int
        All columns of the user's table.
    findings : Findings
        Takes the note or the problem.

    Returns
    -------
    bool
        Whether there are rows enough to compare columns.

    Examples
    --------
    >>> found = Findings(np.arange(6))
    >>> check_rows(6, 10, 0, 10, found)
    False
    >>> found.problems[0][0]
    'need at least 20 rows, have 6'
    """
    if p + refused < 2 and (n > 1 or given < 2):
        findings.problem(
            f"need at least 2 usable columns (not constant, not empty), have {p}",
            "add columns that vary",
        )
    if n < FEWEST_ROWS:
        dropped = findings.dropped
        after = (
            f" after {dropped:,} with missing cells were left out" if dropped else ""
        )
        findings.problem(
            f"need at least {FEWEST_ROWS} rows, have {n}{after}",
            "collect more rows" + ("; or fill the missing cells in" * bool(dropped)),
        )
    elif n < p + MORE_ROWS_THAN_COLUMNS:
        findings.note(
            "",
            "warning",
            f"{n} rows for {p} columns: too few to look at all columns at once. Expect "
            "missing edges; relations among several columns are not looked for, and "
            "causal-learn's searches refuse the table",
        )
    elif n < ROWS_PER_COLUMN * p:
        findings.note(
            "",
            "warning",
            f"{n} rows for {p} columns is less than {ROWS_PER_COLUMN} rows a column; "
            "expect missing edges",
        )
    return n >= FEWEST_ROWS


def check_relations(
    columns: Sequence[Column], access: Mapping[str, str], findings: Findings
) -> None:
    """Find copies (a problem) and near or deterministic relations (a warning).

    Cells far from all others (:func:`llmcd.data.kinds.far_cells`) make any two columns
    correlate in which they share a row. So what is alike over all rows must be alike
    over the rows without such cells too; else the cells are what the warning is about.

    Parameters
    ----------
    columns : sequence of Column
        Usable columns without missing cells, the continuous ones standardised.
    access : mapping of str to str
        Each column's label as the user writes it.
    findings : Findings
        Takes notes and problems.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=40)
    >>> x = standardise(x)
    >>> pair = [Column("x", "continuous", x), Column("y", "continuous", -x)]
    >>> found = Findings(np.arange(40))
    >>> check_relations(pair, {"x": "'x'", "y": "'y'"}, found)
    >>> found.problems[0]
    ("columns 'x' and 'y' hold the same up to scale and shift",
     "df = df.drop(columns=['y'])  # or keep another of them")
    """
    numeric = [c for c in columns if c.kind in ("continuous", "binary")]
    copies: list[tuple[str, str]] = []
    if len(numeric) > 1:
        z = np.column_stack(
            [
                c.values if c.kind == "continuous" else standardise(c.values)
                for c in numeric
            ]
        )
        copies = _linear(z, numeric, access, findings)
    discrete = [c for c in map(_few_valued, columns) if c is not None]
    copies += _recodings(discrete, copies, findings)
    for group in _groups([c.name for c in columns], copies):
        several = [c for c in columns if c.name in group]
        how = "the same up to scale and shift"
        kinds = {c.kind for c in several}
        if "continuous" not in kinds or not kinds <= {"continuous", "binary"}:
            how = "the same under other codes"
        spare = ", ".join(access[name] for name in group[1:])
        findings.problem(
            f"columns {_listed(group)} hold {how}",
            f"df = df.drop(columns=[{spare}])  # or keep another of them",
        )


def check_statistics(statistics: Statistics, findings: Findings) -> None:
    """The same of columns whose rows are not in memory, as far as statistics tell.

    Parameters
    ----------
    statistics : GaussianStatistics, CountStatistics or MixedStatistics
        Of all rows.
    findings : Findings
        Takes notes and problems.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(40, 2))
    >>> found = Findings(np.arange(0))
    >>> both = np.column_stack([x, 3 - x[:, 0]])
    >>> check_statistics(GaussianStatistics.of(both, "abc"), found)
    >>> found.problems[0][0]
    "columns 'a' and 'c' hold the same up to scale and shift"
    """
    names = statistics.names
    how = "the same up to scale and shift"
    if isinstance(statistics, CountStatistics):
        copies = _recodings(_as_columns(statistics), (), findings)
        how = "the same under other codes"
    elif isinstance(statistics, MixedStatistics):
        copies = _linear_in(statistics.gaussian, statistics.blocks, names, findings)
    else:
        blocks = [(k, k + 1) for k in range(len(names))]
        copies = _linear_in(statistics, blocks, names, findings)
    for group in _groups(names, copies):
        findings.problem(
            f"columns {_listed(group)} hold {how}",
            f"keep one of them: describe only {group[0]!r} and the other columns",
        )


def _as_columns(counts: CountStatistics) -> list[Column]:
    return [
        Column(name, "nominal", codes.astype(np.float64), tuple(map(str, range(size))))
        for name, codes, size in zip(
            counts.names, counts.codes, counts.sizes.tolist(), strict=True
        )
    ]


def _linear_in(
    statistics: GaussianStatistics,
    blocks: Sequence[tuple[int, int]],
    names: Sequence[str],
    findings: Findings,
) -> list[tuple[str, str]]:
    """Copies among single columns; near copies and relations are noted."""
    correlation = statistics.correlation_or_zero
    owner = [v for v, (a, b) in enumerate(blocks) for _ in range(a, b)]
    single = [a for a, b in blocks if b - a == 1]
    copies: list[tuple[str, str]] = []
    strong = np.triu(np.abs(correlation[np.ix_(single, single)]) > HIGH, 1)
    for i, j in np.argwhere(strong).tolist():
        one, other = names[owner[single[i]]], names[owner[single[j]]]
        r = abs(float(correlation[single[i], single[j]]))
        if (1.0 - r) * SAME < 2:
            copies.append((one, other))
        else:
            _note_near(one, other, r, findings)
    spare = {name for group in _groups(names, copies) for name in group[1:]}
    keep = [k for k, v in enumerate(owner) if names[v] not in spare]
    if statistics.n < len(keep) + MORE_ROWS_THAN_COLUMNS:
        return copies
    for one, members in _dependencies(correlation[np.ix_(keep, keep)]):
        among = sorted({owner[keep[i]] for i in (one, *members)})
        if len(among) > 1:
            _note_relation([names[v] for v in among], findings)
    return copies


def _note_near(one: str, other: str, r: float, findings: Findings) -> None:
    findings.note(
        one,
        "warning",
        f"{one!r} and {other!r} are nearly the same (|r| = {r:.9g}): which of them an "
        "edge belongs to is hard to tell; consider keeping one",
    )


def _groups(
    names: Sequence[str], pairs: Sequence[tuple[str, str]]
) -> list[tuple[str, ...]]:
    """Connected components of at least two, in the order of the names."""
    leader = {name: name for name in names}
    for a, b in pairs:
        old, new = leader[b], leader[a]
        leader = {k: new if v == old else v for k, v in leader.items()}
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(leader[name], []).append(name)
    return [tuple(group) for group in groups.values() if len(group) > 1]


# --- linear ---------------------------------------------------------------------------


def _linear(
    z: Floats,
    columns: Sequence[Column],
    access: Mapping[str, str],
    findings: Findings,
) -> list[tuple[str, str]]:
    names = [column.name for column in columns]
    correlation = z.T @ z / len(z)
    copies: list[tuple[str, str]] = []
    by_far_cells: list[tuple[str, str]] = []
    step = max(1, len(z) // GLANCE)
    for i, j in np.argwhere(np.triu(np.abs(correlation) > HIGH, 1)).tolist():
        pair = [columns[i], columns[j]]
        gap = _gap(z[::step, i], z[::step, j], _near(pair, step))
        if not UNLIKE < gap < 1:  # else some rows were enough
            gap = _gap(z[:, i], z[:, j], _near(pair))
        if gap > 1 - HIGH:
            by_far_cells.append((names[i], names[j]))
        elif gap * SAME < 2:
            copies.append((names[i], names[j]))
        else:
            _note_near(names[i], names[j], 1 - gap, findings)
    for group in _groups(names, by_far_cells):
        _note_far_cells([c for c in columns if c.name in group], access, findings)
    keep = _representatives(names, copies)
    if len(z) < len(keep) + MORE_ROWS_THAN_COLUMNS:
        return copies  # with so few rows each column follows from the others
    _note_dependencies(z[:, keep], [columns[i] for i in keep], findings)
    return copies


def _near(columns: Sequence[Column], step: int = 1) -> Mask | None:
    """Rows in which no column has a cell far from its others; None for all rows."""
    far = [column.far[::step] for column in columns if column.far is not None]
    return ~np.any(far, axis=0) if far else None


def _gap(x: Floats, y: Floats, near: Mask | None) -> float:
    """One minus |r| over some rows, 1 where a column does not vary there."""
    if near is not None:
        x, y = x[near], y[near]
        if not _varies(x) or not _varies(y):
            return 1.0
        x, y = standardise(x), standardise(y)
    sign = np.sign(x @ y)
    # From the differences: accurate where 1 - correlation cancels.
    return float(np.mean((x - sign * y) ** 2)) / 2


def _varies(x: Floats) -> bool:
    return x.size > 1 and bool((x != x[0]).any())


def _note_far_cells(
    columns: Sequence[Column], access: Mapping[str, str], findings: Findings
) -> None:
    """Say of columns that only a few rows make them alike."""
    near = _near(columns)
    if near is None:
        return
    ranks = "; ".join(
        f"df[{access[c.name]}] = df[{access[c.name]}].rank(pct=True)"
        for c in columns
        if c.far is not None
    )
    findings.note(
        columns[0].name,
        "warning",
        f"{_listed([c.name for c in columns])} correlate only through cells more than "
        f"{FAR:.0f} robust standard deviations from the median, in "
        f"{findings.rows(~near)}: edges among them rest on these cells. Check them, "
        f"clip the columns to what is possible, or use ranks: {ranks}",
    )


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(map(repr, names[:-1])), repr(names[-1])])


def _representatives(
    names: Sequence[str], copies: Sequence[tuple[str, str]]
) -> list[int]:
    spare = {name for group in _groups(names, copies) for name in group[1:]}
    return [i for i, name in enumerate(names) if name not in spare]


def _note_dependencies(
    z: Floats, columns: Sequence[Column], findings: Findings
) -> None:
    """Name the columns of (nearly) exact linear relations, by pivoted QR."""
    for one, members in _dependencies(z.T @ z / len(z)):
        if _related(z, columns, one, members):  # far cells alone were said above
            group = sorted([*members, one])
            _note_relation([columns[i].name for i in group], findings)


def _note_relation(names: Sequence[str], findings: Findings) -> None:
    findings.note(
        names[0],
        "warning",
        f"deterministic relation among {', '.join(map(repr, names))}: each follows "
        "from the others, so faithfulness fails and edges among them cannot be "
        "trusted; consider dropping one",
    )


def _dependencies(correlation: Floats) -> list[tuple[int, list[int]]]:
    """Columns that follow from at least two others, and these."""
    if len(correlation) < 3:
        return []
    values = linalg.eigvalsh(correlation)
    if values[0] * ILL > values[-1]:
        return []
    found: tuple[Any, ...] = linalg.qr(correlation, mode="r", pivoting=True)
    r, pivot = np.asarray(found[0]), np.asarray(found[1])
    size = np.abs(np.diagonal(r))
    rank = int(np.count_nonzero(size > size[0] / ILL))
    if rank in (0, len(correlation)):
        return []
    weights = linalg.solve_triangular(r[:rank, :rank], r[:rank, rank:])
    related: list[tuple[int, list[int]]] = []
    for k in range(rank, len(correlation)):
        share = np.abs(weights[:, k - rank])
        members = [int(pivot[i]) for i in np.flatnonzero(share > 1e-4 * share.max())]
        if len(members) > 1:  # a pair was said above
            related.append((int(pivot[k]), members))
    return related


def _related(
    z: Floats, columns: Sequence[Column], one: int, others: Sequence[int]
) -> bool:
    """Whether a column follows from others over the rows without far cells."""
    near = _near([columns[i] for i in (one, *others)])
    if near is None:
        return True
    y = z[near, one]
    if not _varies(y) or len(y) <= len(others) + 1:
        return False
    y = standardise(y)
    x = [standardise(z[near, i]) for i in others if _varies(z[near, i])]
    if not x:
        return False
    terms = np.column_stack(x)
    weights = np.linalg.lstsq(terms, y, rcond=None)[0]
    return float(np.mean((y - terms @ weights) ** 2)) < NOTHING_LEFT


# --- discrete -------------------------------------------------------------------------


def _few_valued(column: Column) -> Column | None:
    """A discrete column, or a continuous one of few distinct values with codes."""
    if column.kind != "continuous":
        return column
    if np.unique(column.values[:GLANCE]).size > MAX_LEVELS:
        return None
    found, codes = np.unique(column.values, return_inverse=True)
    if found.size > MAX_LEVELS:
        return None
    levels = tuple(map(str, range(found.size)))
    return replace(column, values=codes.astype(np.float64), levels=levels)


def _recodings(
    columns: Sequence[Column],
    known: Sequence[tuple[str, str]],
    findings: Findings,
) -> list[tuple[str, str]]:
    """Pairs of discrete columns where each follows from the other."""
    copies: list[tuple[str, str]] = []
    codes = [column.values.astype(np.int64) for column in columns]
    for i, one in enumerate(columns):
        for j in range(i + 1, len(columns)):
            other = columns[j]
            if (one.name, other.name) in known:
                continue
            if one.kind == other.kind == "continuous":
                continue
            small, large = sorted((len(one.levels), len(other.levels)))
            at_a_glance = _cells(
                codes[i][:GLANCE], codes[j][:GLANCE], len(other.levels)
            )
            if at_a_glance > large:
                continue
            if _cells(codes[i], codes[j], len(other.levels)) > large:
                continue
            if small == large:
                copies.append((one.name, other.name))
                continue
            from_one = len(one.levels) == large
            source, target = (one, other) if from_one else (other, one)
            findings.note(
                target.name,
                "warning",
                f"deterministic relation: {target.name!r} follows from "
                f"{source.name!r}, so faithfulness fails for both; consider dropping "
                "one",
            )
    return copies


def _cells(
    one: npt.NDArray[np.int64], other: npt.NDArray[np.int64], levels: int
) -> int:
    """Number of combinations that occur."""
    return int(np.count_nonzero(np.bincount(one * levels + other)))
