"""The checked table: every value in it may be used without a second look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from llmcd.data.canonical import column_order, fingerprint, row_order, standardise
from llmcd.data.checks import check_relations, check_rows
from llmcd.data.columns import read_cells
from llmcd.data.curves import check_curves
from llmcd.data.findings import Findings, Note
from llmcd.data.kinds import CONSTANT, Column, decide_kind
from llmcd.data.names import (
    as_frame,
    check_described,
    column_names,
    label_codes,
    named,
)
from llmcd.data.statistics import (
    CountStatistics,
    GaussianStatistics,
    MixedStatistics,
    Statistics,
)
from llmcd.variables import KINDS, Variables

__all__ = ["MISSING", "Note", "Table", "named", "table"]

UNDESCRIBED = "no column is described: names only"
MISSING = ("error", "listwise", "category")
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, repr=False)
class Table:
    """Rows and columns in canonical order, ready for tests and scores.

    Built by :func:`table`; holds no reference to the user's data and never shows a
    cell's value.

    Parameters
    ----------
    names : tuple of str
        Usable columns in an order that depends on their content only.
    kinds : tuple of str
        ``continuous``, ``binary``, ``nominal`` or ``ordinal``, one a column.
    levels : tuple of tuple of str
        Labels of a discrete column (code = position); ``()`` for a continuous one.
    values : array of float64, shape (n_rows, n_columns), read-only
        Continuous: standardised to mean 0 and standard deviation 1 (divisor n).
        Discrete: codes ``0..k-1``. Rows are sorted.
    input_names : tuple of str
        All columns, constant ones included, in the user's order.
    set_aside : tuple of str
        Constant columns: isolated nodes.
    notes : tuple of Note
        What was converted, inferred, set aside, dropped or warned about.
    fingerprint : str
        SHA-256 of content, kinds and names; the same for any order of the input.
    missing : {"error", "listwise", "category"}
        The policy for missing cells.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> df = pd.DataFrame({"dose": rng.normal(size=60), "sick": rng.random(60) < 0.5})
    >>> table(df)
    <Table: 60 rows, 2 columns (1 continuous, 1 binary), 1 note>
    """

    names: tuple[str, ...]
    kinds: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    values: npt.NDArray[np.float64] = field(compare=False)
    input_names: tuple[str, ...]
    set_aside: tuple[str, ...]
    notes: tuple[Note, ...]
    fingerprint: str
    missing: str

    @property
    def n_rows(self) -> int:
        """Number of rows that are used."""
        return int(self.values.shape[0])

    @property
    def n_columns(self) -> int:
        """Number of usable columns."""
        return int(self.values.shape[1])

    @property
    def is_continuous(self) -> bool:
        """Whether every usable column is continuous."""
        return all(kind == "continuous" for kind in self.kinds)

    @property
    def is_discrete(self) -> bool:
        """Whether no usable column is continuous."""
        return all(kind != "continuous" for kind in self.kinds)

    @property
    def family(self) -> str:
        """``"continuous"``, ``"discrete"`` or ``"mixed"``."""
        if self.is_continuous:
            return "continuous"
        return "discrete" if self.is_discrete else "mixed"

    @property
    def report(self) -> pd.DataFrame:
        """What was done to the data: columns ``column, action, detail``."""
        rows = [asdict(note) for note in self.notes]
        return pd.DataFrame(rows, columns=["column", "action", "detail"])

    def index(self, name: str) -> int:
        """Position of a usable column.

        Raises
        ------
        KeyError
            If there is no such usable column.
        """
        if name not in self.names:
            raise KeyError(f"{name!r} is not a usable column of this table")
        return self.names.index(name)

    def statistics(self, weights: Any = None) -> Statistics:
        """What tests and scores need to know of the rows.

        Parameters
        ----------
        weights : array of float, shape (n_rows,), optional
            How often each row counts; whole numbers for a resample.

        Returns
        -------
        GaussianStatistics, CountStatistics or MixedStatistics
            For a continuous, discrete or mixed table, over its usable columns.

        Raises
        ------
        ValueError
            If the weights are not one a row, finite and not negative.

        Examples
        --------
        >>> df = pd.DataFrame({"x": np.arange(60) % 7.5, "g": ["a", "b", "c"] * 20})
        >>> table(df, {"x": "X.", "g": "Group."}).statistics()
        <MixedStatistics: 2 variables, n = 60>
        """
        if self.is_continuous:
            return GaussianStatistics.of(self.values, self.names, weights)
        if self.is_discrete:
            sizes = [len(labels) for labels in self.levels]
            return CountStatistics.of(self.values, self.names, sizes, weights)
        return MixedStatistics.of(self.values, self.names, self.levels, weights)

    def __repr__(self) -> str:
        counts = Counter(self.kinds)
        kinds = ", ".join(f"{counts[kind]} {kind}" for kind in KINDS if counts[kind])
        more = f", {len(self.set_aside)} set aside" if self.set_aside else ""
        notes = len(self.notes)
        more += f", {notes} note{'s' * (notes != 1)}" if notes else ""
        return (
            f"<Table: {self.n_rows:,} rows, {self.n_columns} columns ({kinds}){more}>"
        )


def table(data: Any, variables: Any = None, *, missing: str = "error") -> Table:
    """Check a table once and say everything that is wrong with it at once.

    Parameters
    ----------
    data : pandas.DataFrame
        One row a unit, one column a variable; or a 2-D array with exactly the columns
        that ``variables`` names. A Table is returned as it is.
    variables : Variables, mapping or path, optional
        What the columns mean (:meth:`llmcd.Variables.of`). If given, every column must
        be described. Declared kinds and levels are obeyed.
    missing : {"error", "listwise", "category"}, optional
        Missing cells: refuse, drop the rows, or give discrete columns a level of their
        own for them.

    Returns
    -------
    Table

    Raises
    ------
    DataError
        If the data cannot be used; every problem is named with its column, count,
        first rows and fix.
    VariablesError
        If the descriptions cannot be used.
    TypeError, ValueError
        If ``data`` is no table or ``missing`` is unknown.

    Notes
    -----
    Ordinal columns need an order: declared levels, an ordered categorical, or numbers;
    text without one is read as nominal, never sorted by alphabet. See ``report`` of
    the result for everything that was decided.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> df = pd.DataFrame({"dose": rng.normal(size=60), "one": 1.0})
    >>> df["sick"] = ["yes", "no", "no"] * 20
    >>> data = table(
    ...     df, {"dose": "Dose.", "one": "One.", "sick": "Is sick: yes or no."}
    ... )
    >>> data.set_aside, sorted(data.names)
    (('one',), ['dose', 'sick'])
    >>> df.loc[3, "dose"] = np.nan
    >>> table(df)
    Traceback (most recent call last):
    ...
    llmcd.errors.DataError: the table cannot be used as it is; 1 problem:
      1. cells are missing in 'dose': 1 of 60 rows (df.iloc[[3]])
         fix: missing="listwise" drops the 1 row; or fill them in yourself
    """
    if missing not in MISSING:
        raise ValueError(
            f"missing must be one of {', '.join(MISSING)}, got {missing!r}"
        )
    if isinstance(data, Table):
        return data
    described = Variables.of({} if variables is None else variables)
    frame = as_frame(data, described if len(described) else None)
    findings = Findings(np.arange(len(frame)))
    names = column_names(frame, findings)
    codes = label_codes(frame)
    if len(described):
        check_described(names, described, findings, codes=codes)
    else:
        findings.note("", "warning", UNDESCRIBED)
    access = [f"df[{code}]" for code in codes]
    columns, n = _read(frame, names, access, described, missing, findings)
    usable = [column for column in columns if column.kind != CONSTANT]
    constant = [column.name for column in columns if column.kind == CONSTANT]
    refused = len(names) - len(columns)
    enough = check_rows(n, len(usable), refused, len(names), findings)
    code_of = dict(zip(names, codes, strict=True))
    if enough and len(set(names)) == len(names):
        usable = [_standardised(column) for column in usable]
        complete = [c for c in usable if not np.isnan(c.values).any()]
        check_relations(complete, code_of, findings)
    findings.raise_problems()
    for name in constant:
        findings.note(name, "set aside", "constant: stays in the graph without edges")
    found = _arrange(usable, names, constant, missing)
    check_curves(found.values, found.names, found.kinds, code_of, findings)
    return replace(found, notes=tuple(findings.notes))


def _read(
    frame: pd.DataFrame,
    names: Sequence[str],
    access: Sequence[str],
    described: Variables,
    missing: str,
    findings: Findings,
) -> tuple[list[Column], int]:
    """Read every column that can be read, after the policy for missing cells."""
    holes = _holes(frame)
    empty: Mask = np.all(holes, axis=0) & bool(len(frame))
    for at in _where(empty):
        findings.problem(
            f"column {names[at]!r} is empty: all {len(frame):,} cells are missing",
            f"df = df.drop(columns=[{access[at][3:-1]}])",
        )
    if missing == "listwise":
        keep: Mask = ~np.any(holes[:, ~empty], axis=1)
        if not keep.all():
            _note_dropped(names, holes, empty, keep, findings)
        frame, holes = frame.iloc[_where(keep)], holes[keep]
        findings.positions = findings.positions[keep]
        findings.dropped = int((~keep).sum())
    columns: list[Column] = []
    for at in _where(~empty):
        name, where = names[at], access[at]
        cells = read_cells(name, where, frame.iloc[:, at], findings)
        if cells is None or not len(frame):
            continue
        about = described.get(name)
        column = decide_kind(
            name, where, cells, about, missing=missing, findings=findings
        )
        if column is not None:
            columns.append(column)
    _report_missing(names, holes & ~empty, columns, missing, findings)
    return columns, len(frame)


def _standardised(column: Column) -> Column:
    if column.kind != "continuous" or np.isnan(column.values).any():
        return column
    return replace(column, values=standardise(column.values))


def _where(mask: Mask) -> list[int]:
    return [int(i) for i in np.flatnonzero(mask)]


def _holes(frame: pd.DataFrame) -> Mask:
    holes = np.zeros(frame.shape, dtype=bool)
    for at in range(frame.shape[1]):
        holes[:, at] = frame.iloc[:, at].isna().to_numpy(dtype=bool)
    return holes


def _note_dropped(
    names: Sequence[str],
    holes: Mask,
    empty: Mask,
    keep: Mask,
    findings: Findings,
) -> None:
    counts = holes.sum(axis=0)
    where = [f"{names[i]!r} {counts[i]:,}" for i in _where(~empty & (counts > 0))]
    findings.note(
        "",
        "dropped rows",
        f"{int((~keep).sum()):,} of {len(keep):,} rows had missing cells and were left "
        f"out (missing cells: {', '.join(where)}); what remains is a fair sample only "
        "if cells are missing completely at random",
    )


def _report_missing(
    names: Sequence[str],
    holes: Mask,
    columns: Sequence[Column],
    missing: str,
    findings: Findings,
) -> None:
    kinds = {column.name: column.kind for column in columns}
    at = _where(np.asarray(holes.any(axis=0)))
    if missing == "category":
        at = [i for i in at if kinds.get(names[i]) in ("continuous", CONSTANT)]
    if not len(at):
        return
    where = "; ".join(f"{names[i]!r}: {findings.rows(holes[:, i])}" for i in at)
    lost = int(holes.any(axis=1).sum())
    rows = "1 row" if lost == 1 else f"{lost:,} rows"
    fix = f'missing="listwise" drops the {rows}; or fill them in yourself'
    if missing == "error" and all(
        kinds.get(names[i], "continuous") != "continuous" for i in at
    ):
        fix = f'missing="category" makes them a level; {fix}'
    kind = "" if missing == "error" else "continuous columns: "
    findings.problem(f"cells are missing in {kind}{where}", fix)


def _arrange(
    columns: Sequence[Column],
    input_names: Sequence[str],
    constant: Sequence[str],
    missing: str,
) -> Table:
    """Bring columns and rows into canonical order; the notes come last."""
    values = np.column_stack([c.values for c in columns])
    names = [c.name for c in columns]
    kinds = [c.kind for c in columns]
    levels = [c.levels for c in columns]
    order = column_order(values, kinds, levels, names)
    names, kinds, levels = (
        [names[i] for i in order],
        [kinds[i] for i in order],
        [levels[i] for i in order],
    )
    values = values[:, order]
    values = np.ascontiguousarray(values[row_order(values, kinds)])
    values.setflags(write=False)
    return Table(
        names=tuple(names),
        kinds=tuple(kinds),
        levels=tuple(levels),
        values=values,
        input_names=tuple(input_names),
        set_aside=tuple(constant),
        notes=(),
        fingerprint=fingerprint(values, names, kinds, levels, constant),
        missing=missing,
    )
