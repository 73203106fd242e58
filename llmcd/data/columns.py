"""One column of the user's table read into numbers or codes, losing nothing."""

from __future__ import annotations

import datetime
import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types

from llmcd.data.findings import Findings

__all__ = ["Cells", "label_of", "read_cells", "samples"]

Floats = npt.NDArray[np.float64]

EXACT = 2**53  # whole numbers up to here are exact as float64
CLOSE = 1e-8  # a range so small beside the numbers loses too many digits
SAMPLES = 3


@dataclass(frozen=True)
class Cells:
    """A column as read: numbers, or codes into labels; kind not yet decided.

    Parameters
    ----------
    source : {"number", "bool", "text", "category"}
        What the column held.
    numbers : array of float64, shape (n,), optional
        With NaN where a cell is missing.
    codes : array of int64, shape (n,), optional
        Positions in ``labels``, -1 where a cell is missing.
    labels : tuple of str
        In the order of a categorical's categories, else sorted.
    ordered : bool
        Whether the order of the labels was declared.
    offset : int
        What was subtracted from numbers that lie too close to each other to be told
        apart as float64; no statistic depends on it.
    """

    source: str
    numbers: Floats | None = None
    codes: npt.NDArray[np.int64] | None = None
    labels: tuple[str, ...] = ()
    ordered: bool = False
    offset: int = 0


def label_of(value: object) -> str:
    """A cell as a level's label; a whole number is written without a point.

    Examples
    --------
    >>> label_of(2.0), label_of(0.5), label_of("low")
    ('2', '0.5', 'low')
    """
    if isinstance(value, bool | np.bool_) or not _is_number(value):
        return str(value)
    if isinstance(value, numbers.Integral):
        return str(int(value))
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, OverflowError, ValueError):
        return str(value)
    if number.is_integer() and abs(number) < EXACT:
        return str(int(number))
    return repr(number)


def read_cells(
    name: str, access: str, column: pd.Series, findings: Findings
) -> Cells | None:
    """Read a column of any dtype, or report why it cannot be used.

    Parameters
    ----------
    name : str
        The column's name.
    access : str
        How the user reaches it, such as ``df["age"]``.
    column : pandas.Series
        The cells.
    findings : Findings
        Takes notes and problems.

    Returns
    -------
    Cells or None
        None when a problem was reported.

    Examples
    --------
    >>> found = Findings(np.arange(2))
    >>> read_cells("x", 'df["x"]', pd.Series(["b", "a"]), found).labels
    ('a', 'b')
    """
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _categories(name, access, column, findings)
    if types.is_bool_dtype(dtype):
        return _booleans(column)
    if types.is_complex_dtype(dtype):
        findings.problem(
            f"column {name!r} holds complex numbers ({dtype})",
            f"{access} = {access}.abs()  # or keep the real part: np.real({access})",
        )
        return None
    if types.is_numeric_dtype(dtype):
        return _numbers(name, access, column, findings)
    if _is_time(dtype):
        _time_problem(name, access, str(dtype), findings)
        return None
    if types.is_object_dtype(dtype) or types.is_string_dtype(dtype):
        return _objects(name, access, column, findings)
    # Any other dtype (Arrow's dates, lists, ...) says by its cells what it holds.
    return _objects(name, access, column.astype(object), findings)


# --- numbers --------------------------------------------------------------------------


def _numbers(
    name: str, access: str, column: pd.Series, findings: Findings
) -> Cells | None:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(values).any():
        _infinite(name, access, values, findings)
        return None
    cells = Cells("number", numbers=values + 0.0)
    if types.is_integer_dtype(column.dtype):
        return _integers(name, column, cells, findings)
    return cells


def _integers(
    name: str, column: pd.Series, cells: Cells, findings: Findings
) -> Cells | None:
    """Integers beyond 2**53, or close to each other: subtract before rounding."""
    values = np.empty(0) if cells.numbers is None else cells.numbers
    present = ~np.isnan(values)
    top = np.abs(values[present]).max(initial=0.0)
    if top <= EXACT and not _close(values[present]):
        return cells
    unsigned = types.is_unsigned_integer_dtype(column.dtype)
    held = column[present].to_numpy(dtype=np.uint64 if unsigned else np.int64)
    low = int(held.min())
    # Modulo 2**64, in which the differences are exact.
    above = held.astype(np.uint64) - np.array([low % 2**64], dtype=np.uint64)
    shifted = np.full(len(values), np.nan)
    shifted[present] = above.astype(np.float64)
    return _shifted(name, len(np.unique(held)), values, shifted, low, findings)


def _close(values: Floats) -> bool:
    low, high = values.min(initial=np.inf), values.max(initial=-np.inf)
    return bool(0 < high - low < CLOSE * max(-low, high))


def _shifted(
    name: str,
    distinct: int,
    values: Floats,
    shifted: Floats,
    offset: int,
    findings: Findings,
) -> Cells:
    """Numbers less an offset where that keeps more of them, and what is said of it."""
    before, after = (len(np.unique(v[~np.isnan(v)])) for v in (values, shifted))
    if after < distinct:
        findings.note(
            name,
            "warning",
            f"too large for their distances: of {distinct:,} distinct numbers only "
            f"{after:,} stay distinct as floating-point numbers",
        )
    if before == distinct and not _close(values[np.isfinite(values)]):
        return Cells("number", numbers=values + 0.0)
    if after == before < distinct:
        return Cells("number", numbers=values + 0.0)
    findings.note(
        name,
        "converted",
        "large numbers close to each other, which floating-point numbers of their size "
        "would round: its minimum was subtracted, on which no result depends",
    )
    return Cells("number", numbers=shifted, offset=offset)


def _infinite(name: str, access: str, values: Floats, findings: Findings) -> None:
    rows = findings.rows(np.isinf(values))
    findings.problem(
        f"column {name!r} holds infinite numbers: {rows}",
        f"{access} = {access}.replace([np.inf, -np.inf], np.nan)  "
        "# then decide about missing cells",
    )


def _booleans(column: pd.Series) -> Cells:
    missing = column.isna().to_numpy(dtype=bool)
    codes = np.full(len(column), -1, dtype=np.int64)
    codes[~missing] = column[~missing].astype(bool).to_numpy(dtype=np.int64)
    return Cells("bool", codes=codes, labels=("False", "True"))


def _categories(
    name: str, access: str, column: pd.Series, findings: Findings
) -> Cells | None:
    categories = list(column.cat.categories)
    labels = tuple(label_of(value) for value in categories)
    if len(set(labels)) < len(labels):
        findings.problem(
            f"column {name!r} has categories that are the same when written as text",
            f'{access} = {access}.astype("str").astype("category")',
        )
        return None
    codes = np.asarray(column.cat.codes, dtype=np.int64)
    ordered = bool(column.cat.ordered)
    cells = Cells("category", codes=codes, labels=labels, ordered=ordered)
    if all(_is_number(value) for value in categories):
        steps = np.array([float(value) for value in categories] + [np.nan])
        cells = replace(cells, numbers=steps[codes])
    if not ordered:
        cells = _sorted(cells)
    return cells


def _sorted(cells: Cells) -> Cells:
    """Labels in sorted order: numbers by size, texts by their characters."""
    if cells.codes is None or not cells.labels:
        return cells
    numeric = [_as_number(label) for label in cells.labels]
    if cells.source != "text" and None not in numeric:
        order = sorted(range(len(numeric)), key=lambda i: float(numeric[i] or 0))
    else:
        order = sorted(range(len(cells.labels)), key=cells.labels.__getitem__)
    place = np.empty(len(order) + 1, dtype=np.int64)
    place[order] = np.arange(len(order))
    place[-1] = -1
    return replace(
        cells,
        codes=place[cells.codes],
        labels=tuple(cells.labels[i] for i in order),
    )


# --- time -----------------------------------------------------------------------------

_TIME_TYPES = (
    datetime.date,
    datetime.time,
    datetime.timedelta,
    np.datetime64,
    np.timedelta64,
)


def _is_time(dtype: Any) -> bool:
    return (
        types.is_datetime64_any_dtype(dtype)
        or types.is_timedelta64_dtype(dtype)
        or isinstance(dtype, pd.PeriodDtype | pd.IntervalDtype)
    )


def _time_problem(name: str, access: str, what: str, findings: Findings) -> None:
    since = "({0} - {0}.min()).dt.total_seconds()"
    if "timedelta" in what:
        number = f"{access}.dt.total_seconds()"
    elif "interval" in what:
        number = f"{access}.array.mid"
        if "datetime" in what:
            number = since.format(f"pd.Series({number}, index=df.index)")
        elif "timedelta" in what:
            number += ".total_seconds()"
    elif "period" in what:
        number = since.format(f"{access}.dt.start_time")
    else:
        number = since.format(access)
    _not_numbers(name, access, what, number, findings)


def _not_numbers(
    name: str, access: str, what: str, number: str, findings: Findings
) -> None:
    drop = f"df = df.drop(columns=[{access[3:-1]}])"
    findings.problem(
        f"column {name!r} holds {what} instead of numbers",
        f"{access} = {number}; or {drop}" if number else drop,
    )


def _times(
    name: str,
    access: str,
    found: set[type],
    cells: npt.NDArray[Any],
    findings: Findings,
) -> None:
    """Dates, times of day or durations as objects; each has its own way to a number."""
    number = ""
    if all(issubclass(each, datetime.date | np.datetime64) for each in found):
        zone = any(getattr(cell, "tzinfo", None) is not None for cell in cells)
        dates = f"pd.to_datetime({access}{', utc=True' if zone else ''})"
        number = f"({dates} - {dates}.min()).dt.total_seconds()"
    elif all(issubclass(each, datetime.timedelta | np.timedelta64) for each in found):
        number = f"pd.to_timedelta({access}).dt.total_seconds()"
    elif all(issubclass(each, datetime.time) for each in found):
        seconds = "3600 * t.hour + 60 * t.minute + t.second + t.microsecond / 1e6"
        number = f'{access}.map(lambda t: {seconds}, na_action="ignore")'
    _not_numbers(name, access, "dates or times", number, findings)


# --- objects --------------------------------------------------------------------------


def _objects(
    name: str, access: str, column: pd.Series, findings: Findings
) -> Cells | None:
    missing = column.isna().to_numpy(dtype=bool)
    cells = column.to_numpy(dtype=object)
    present = cells[~missing]
    found = {type(cell) for cell in present}
    if not found or all(issubclass(each, str) for each in found):
        return _texts(cells, missing)
    if found <= {bool, np.bool_}:
        return _booleans(column)
    number_types = {each for each in found if _is_number_type(each)}
    if found == number_types:
        return _object_numbers(name, access, cells, missing, findings)
    if all(issubclass(each, _TIME_TYPES) for each in found):
        _times(name, access, found, present, findings)
    elif any(
        not _is_number_type(t) and not issubclass(t, str | bool | np.bool_)
        for t in found
    ):
        odd = sorted(t.__name__ for t in found if not issubclass(t, str))
        text = f'{access} = {access}.map(bytes.decode, na_action="ignore"); or '
        findings.problem(
            f"column {name!r} holds objects of type {', '.join(odd)}",
            (text if found == {bytes} else "make it numbers or text; or ")
            + f"df = df.drop(columns=[{access[3:-1]}])",
        )
    else:
        _mixture(name, access, cells, missing, findings)
    return None


def _texts(cells: npt.NDArray[Any], missing: npt.NDArray[np.bool_]) -> Cells:
    found, uniques = pd.factorize(pd.Series(cells, dtype=object).mask(missing))
    labels = tuple(str(each) for each in uniques)
    return _sorted(Cells("text", codes=found.astype(np.int64), labels=labels))


def _object_numbers(
    name: str,
    access: str,
    cells: npt.NDArray[Any],
    missing: npt.NDArray[np.bool_],
    findings: Findings,
) -> Cells | None:
    values = np.full(len(cells), np.nan)
    too_large = np.zeros(len(cells), dtype=bool)
    for i in np.flatnonzero(~missing):
        try:
            values[i] = float(cells[i])
        except OverflowError:
            too_large[i] = True
    if np.isinf(values).any():
        _infinite(name, access, values, findings)
        return None
    present = cells[~missing]
    given = len(set(present))
    kinds = ", ".join(sorted({type(cell).__name__ for cell in present}))
    findings.note(name, "converted", f"objects ({kinds}) became float64")
    kept = values[~missing & ~too_large]
    if len(np.unique(kept)) == given and not _close(kept):
        return Cells("number", numbers=values + 0.0)
    exact = _fractions(present)
    offset = math.floor(min(exact)) if exact else 0
    shifted = values.copy()
    for i, each in zip(np.flatnonzero(~missing), exact, strict=False):
        try:
            shifted[i], too_large[i] = float(each - offset), False
        except OverflowError:
            too_large[i] = True
    if too_large.any():
        digits = max(len(str(abs(int(cell)))) for cell in cells[too_large])
        findings.problem(
            f"column {name!r} holds numbers beyond 1.8e308: {findings.rows(too_large)}",
            f"from fractions import Fraction; {access} = {access}.map(lambda cell: "
            f'float(Fraction(cell) / 10**{digits - 9}), na_action="ignore")'
            "  # another unit",
        )
        return None
    return _shifted(name, given, values, shifted, offset, findings)


def _fractions(cells: npt.NDArray[Any]) -> list[Fraction]:
    """The numbers without any rounding, none if one cannot be had so."""
    try:
        return [Fraction(int(c) if isinstance(c, np.integer) else c) for c in cells]
    except (TypeError, ValueError, OverflowError):
        return []


def _mixture(
    name: str,
    access: str,
    cells: npt.NDArray[Any],
    missing: npt.NDArray[np.bool_],
    findings: Findings,
) -> None:
    is_number = np.array([_is_number(cell) for cell in cells])
    is_bool = np.array([isinstance(cell, bool | np.bool_) for cell in cells])
    if (is_number | is_bool | missing).all():
        odd, rest = is_bool, "numbers"
        fix = f'{access} = {access}.map(float, na_action="ignore")  # True becomes 1'
    elif is_number.sum() * 2 >= (~missing).sum():
        odd, rest = ~is_number & ~missing, "numbers"
        fix = f'{access} = pd.to_numeric({access}, errors="coerce")'
        if not all(isinstance(c, float | int | Decimal) for c in cells[is_number]):
            fix = f"{access} = {access}.mask({access}.map(type).isin([str, bool]))"
        fix += "  # what is no number becomes missing"
    else:
        odd = is_number | is_bool
        rest, fix = "text", f'{access} = {access}.map(str, na_action="ignore")'
    findings.problem(
        f"column {name!r} holds {rest}, but not in {findings.rows(odd)}: "
        f"{samples(cells[odd])}",
        fix,
    )


def samples(cells: Sequence[Any] | npt.NDArray[Any]) -> str:
    """Up to three distinct cells, for an error on the user's own screen.

    Examples
    --------
    >>> samples(["oops", "oops", 1, 2, 3])
    "'oops', 1, 2, ..."
    """
    seen = list(dict.fromkeys(repr(cell)[:60] for cell in cells))
    return ", ".join(seen[:SAMPLES]) + (", ..." if len(seen) > SAMPLES else "")


def _is_number_type(kind: type) -> bool:
    # numpy's durations count themselves among the integers.
    return issubclass(kind, numbers.Number) and not issubclass(
        kind, bool | np.bool_ | complex | np.timedelta64
    )


def _is_number(value: object) -> bool:
    return _is_number_type(type(value))


def _as_number(label: str) -> float | None:
    try:
        number = float(label)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
