"""What one pass over a column finds, and the kind and levels that follow from it.

The rules are those of :mod:`llmcd.data.kinds`, for columns that are never in memory
as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from llmcd.data.columns import Cells, label_of, samples
from llmcd.data.findings import Findings
from llmcd.data.kinds import FEW, MAX_LEVELS, ROWS_PER_LEVEL
from llmcd.variables import Variable

__all__ = ["INEXACT", "Plan", "Survey", "coded", "decide", "declared"]

Ints = npt.NDArray[np.int64]

INEXACT = "integers beyond 2**53"
"""What is said of a column of them: float64 would round them."""


@dataclass(frozen=True)
class Plan:
    """How a column is read: as numbers, or as codes of levels.

    Parameters
    ----------
    name : str
        The column.
    levels : tuple of str
        Labels of a discrete column, ``()`` for a continuous one.
    given : bool, optional
        Whether the levels were declared; "1" and "1.0" are then the same.

    Examples
    --------
    >>> Plan("sick", ("no", "yes")).codes(["yes", "no", "maybe"]).tolist()
    [1, 0, -1]
    """

    name: str
    levels: tuple[str, ...] = ()
    given: bool = False

    def codes(self, labels: Sequence[str], *, is_bool: bool = False) -> Ints:
        """Code of each label, -1 for one that is no level."""

        def key(label: str) -> object:
            return _key(label, is_bool=is_bool) if self.given else label

        place = {key(level): code for code, level in enumerate(self.levels)}
        return np.array([place.get(key(label), -1) for label in labels], dtype=np.int64)


@dataclass
class Survey:
    """What a pass over a column has found so far.

    Parameters
    ----------
    name : str
        The column.
    rows, missing, infinite : int, optional
        Numbers of cells.
    low, high : float, optional
        The range of a column of numbers.
    whole : bool, optional
        Whether all numbers are whole.
    source : str, optional
        As in :class:`llmcd.data.columns.Cells`; "" before any cell was seen.
    ordered : bool, optional
        Whether the order of the labels was declared.
    numeric : bool, optional
        Whether cells can be read as numbers.
    counts : dict of str to int, optional
        How often each label occurs, in the order of a categorical's categories.
    many : bool, optional
        Whether there were more labels than can be levels, and counting stopped.
    unreadable : str, optional
        A type that cannot be used.

    Examples
    --------
    >>> found = Survey("x")
    >>> found.see(Cells("number", numbers=np.array([1.0, 2.0, np.nan])))
    >>> found.missing, found.counts
    (1, {'1': 1, '2': 1})
    """

    name: str
    rows: int = 0
    missing: int = 0
    infinite: int = 0
    low: float = np.inf
    high: float = -np.inf
    whole: bool = True
    source: str = ""
    ordered: bool = False
    numeric: bool = True
    counts: dict[str, int] = field(default_factory=dict[str, int])
    many: bool = False
    unreadable: str = ""

    def see(self, cells: Cells) -> None:
        """Take in the cells of one batch."""
        held = cells.codes if cells.numbers is None else cells.numbers
        self.rows += 0 if held is None else len(held)
        if cells.codes is None and cells.numbers is not None:
            present = cells.numbers[~np.isnan(cells.numbers)]
            self.missing += len(cells.numbers) - len(present)
            finite = present[np.isfinite(present)]
            self.infinite += len(present) - len(finite)
            if len(finite):
                self.low = min(self.low, float(finite.min()))
                self.high = max(self.high, float(finite.max()))
            cells = Cells(cells.source, numbers=finite)
            if not len(finite):
                return
        elif cells.codes is not None:
            self.missing += int(np.count_nonzero(cells.codes < 0))
            if cells.numbers is not None:
                self.infinite += int(np.count_nonzero(np.isinf(cells.numbers)))
        self.source = self.source or cells.source
        self.ordered |= cells.ordered
        self.numeric &= cells.numbers is not None or cells.source == "bool"
        if not self.many:
            self._count(cells)

    def _count(self, cells: Cells) -> None:
        if cells.codes is None and cells.numbers is not None:
            numbers, counts = np.unique(cells.numbers, return_counts=True)
            if len(numbers) > MAX_LEVELS:
                self.many, self.counts = True, {}
                return
            self.whole &= bool((numbers == np.rint(numbers)).all())
            labels = [label_of(float(number)) for number in numbers]
        elif cells.codes is not None:
            labels = cells.labels
            used = cells.codes[cells.codes >= 0]
            counts = np.bincount(used, minlength=len(labels))
        else:
            return
        for label, count in zip(labels, counts.tolist(), strict=True):
            self.counts[label] = self.counts.get(label, 0) + count
        if len(self.labels) > MAX_LEVELS:
            self.many, self.counts = True, {}

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels that occur, in their order: declared, by size, or by characters."""
        labels = [label for label, count in self.counts.items() if count]
        if self.source == "category" and self.ordered:
            return tuple(labels)
        numbers = [_number(label) for label in labels]
        if self.source != "text" and None not in numbers:
            return tuple(sorted(labels, key=float))
        return tuple(sorted(labels))

    @property
    def constant(self) -> bool:
        """Whether all cells are equal, numbers up to rounding."""
        if self.source != "number":
            return not self.many and len(self.labels) == 1
        rounding = 4 * np.finfo(np.float64).eps * max(abs(self.low), abs(self.high))
        return self.high / 2 - self.low / 2 <= rounding / 2

    @property
    def distinct(self) -> float:
        """Number of distinct cells, infinite if they are too many to count."""
        return np.inf if self.many else len(self.labels)


def coded(cells: Cells) -> tuple[Ints, Sequence[str]]:
    """Codes into labels, -1 for a missing cell; numbers are labelled as text.

    Examples
    --------
    >>> coded(Cells("number", numbers=np.array([2.0, np.nan, 1.5])))
    (array([ 1, -1,  0]), ['1.5', '2'])
    """
    if cells.codes is not None or cells.numbers is None:
        codes = np.empty(0, dtype=np.int64) if cells.codes is None else cells.codes
        return codes, cells.labels
    present = np.isfinite(cells.numbers)
    found, inverse = np.unique(cells.numbers[present], return_inverse=True)
    codes = np.full(len(cells.numbers), -1, dtype=np.int64)
    codes[present] = inverse
    return codes, [label_of(float(number)) for number in found]


def declared(name: str, about: Variable | None) -> Plan | None:
    """The plan that a description gives without a look at the column, if it does.

    Examples
    --------
    >>> declared("x", Variable("x", kind="continuous"))
    Plan(name='x', levels=(), given=False)
    """
    if about is not None and about.kind == "continuous":
        return Plan(name)
    if about is not None and about.levels:
        return Plan(name, about.levels, given=True)
    return None


def decide(survey: Survey, about: Variable | None, findings: Findings) -> Plan | None:
    """How to read a column, from its description and from what a pass has found.

    Parameters
    ----------
    survey : Survey
        Of all rows.
    about : Variable, optional
        The column's description; declared kinds are kept or refused, never bent.
    findings : Findings
        Takes the problems.

    Returns
    -------
    Plan or None
        With the levels that occur; None when a problem was reported.

    Examples
    --------
    >>> found = Survey("x")
    >>> found.see(Cells("number", numbers=np.arange(40) % 2.0))
    >>> decide(found, None, Findings(np.arange(0)))
    Plan(name='x', levels=('0', '1'), given=False)
    """
    name = survey.name
    kind = about.kind if about else None
    levels = about.levels if about else ()
    if not _readable(survey, findings):
        return None
    if kind == "continuous":
        if survey.numeric:
            return Plan(name)
        findings.problem(
            f"column {name!r} is declared continuous but holds text"
            + (f", such as {samples(survey.labels)}" if survey.labels else ""),
            f'make it numbers, or declare kind="nominal" for {name!r}',
        )
        return None
    if kind is None and not levels and survey.source == "number":
        enough = survey.distinct <= min(FEW, survey.rows // ROWS_PER_LEVEL)
        if survey.distinct > 2 and not (survey.whole and enough):
            return Plan(name)
    if _too_many(survey, findings):
        return None
    plan = Plan(name, survey.labels)
    if levels:
        given = Plan(name, levels, given=True)
        plan = _matched(given, survey, findings)
    if plan is not None and kind == "binary" and len(plan.levels) > 2:
        findings.problem(
            f"column {name!r} is declared binary but has {len(plan.levels)} distinct "
            "values",
            f'declare kind="nominal" or "ordinal" for {name!r}, or make it two-valued',
        )
        return None
    return plan


def _readable(survey: Survey, findings: Findings) -> bool:
    name = survey.name
    leave = f"describe only the other columns: {name!r} is then not read"
    if survey.unreadable == INEXACT:
        findings.problem(
            f"column {name!r} holds {INEXACT}, which cannot be told apart as numbers",
            "subtract the smallest of them first, as integers (in SQL: x - (SELECT "
            "min(x) FROM ...)); if rounding does not matter, make them floating point "
            f"(in SQL: CAST(x AS DOUBLE)); or {leave}",
        )
        return False
    if survey.unreadable:
        findings.problem(
            f"column {name!r} holds {survey.unreadable} instead of numbers or text",
            f"make it numbers (a time since some start, for dates), or {leave}",
        )
        return False
    if survey.infinite:
        findings.problem(
            f"column {name!r} holds infinite numbers: {survey.infinite:,} of "
            f"{survey.rows:,} rows",
            "make them missing and decide about missing cells",
        )
        return False
    if survey.missing == survey.rows:
        findings.problem(
            f"column {name!r} is empty: all {survey.rows:,} cells are missing", leave
        )
        return False
    if survey.constant:
        findings.problem(f"column {name!r} is constant: nothing depends on it", leave)
        return False
    return True


def _too_many(survey: Survey, findings: Findings) -> bool:
    n, distinct = survey.rows, survey.distinct
    scarce = n >= MAX_LEVELS / 2 and distinct > max(2, n // ROWS_PER_LEVEL)
    if distinct <= MAX_LEVELS and not scarce:
        return False
    how_many = f"more than {MAX_LEVELS}" if survey.many else f"{distinct:.0f}"
    number = survey.source == "number"
    findings.problem(
        f"column {survey.name!r} has {how_many} levels in {n:,} rows; at most "
        f"{MAX_LEVELS} and one for every {ROWS_PER_LEVEL} rows can be used",
        ('declare kind="continuous"' if number else "join rare levels into one")
        + f", or describe only the other columns: {survey.name!r} is then not read",
    )
    return True


def _matched(given: Plan, survey: Survey, findings: Findings) -> Plan | None:
    """The declared levels that occur."""
    codes = given.codes(survey.labels, is_bool=survey.source == "bool")
    odd = [label for label, code in zip(survey.labels, codes, strict=True) if code < 0]
    if odd:
        rows = sum(survey.counts[label] for label in odd)
        findings.problem(
            f"column {given.name!r} holds {len(odd)} values that are not among its "
            f"declared levels {list(given.levels)}: {samples(odd)} in {rows:,} of "
            f"{survey.rows:,} rows",
            f"add them to the levels of {given.name!r}",
        )
        return None
    return Plan(given.name, tuple(given.levels[c] for c in np.unique(codes)), True)


def _number(label: str) -> float | None:
    try:
        return float(label)
    except ValueError:
        return None


def _key(label: str, *, is_bool: bool) -> object:
    """What makes two labels the same level: "1", "1.0" and 1 are."""
    if is_bool:
        return {"false": "0", "true": "1"}.get(label.casefold(), label)
    number = _number(label)
    return label if number is None else number
