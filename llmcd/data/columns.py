"""One column of the user's table read into numbers or codes, losing nothing."""

from __future__ import annotations

import datetime
import math
import numbers
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pandas.api import types

from llmcd.data.findings import Findings

__all__ = ["Cells", "label_of", "read_cells", "samples"]

Floats = npt.NDArray[np.float64]

EXACT = 2**53  # whole numbers up to here are exact as float64
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
    """

    source: str
    numbers: Floats | None = None
    codes: npt.NDArray[np.int64] | None = None
    labels: tuple[str, ...] = ()
    ordered: bool = False


def label_of(value: object) -> str:
    """A cell as a level's label; a whole number is written without a point.

    Examples
    --------
    >>> label_of(2.0), label_of(0.5), label_of("low")
    ('2', '0.5', 'low')
    """
    if isinstance(value, bool | np.bool_) or not isinstance(value, numbers.Number):
        return str(value)
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
    findings.problem(
        f"column {name!r} is of dtype {dtype}, which cannot be read",
        f'{access} = {access}.astype("float64")  # or .astype("str")',
    )
    return None


# --- numbers --------------------------------------------------------------------------


def _numbers(
    name: str, access: str, column: pd.Series, findings: Findings
) -> Cells | None:
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isinf(values).any():
        _infinite(name, access, values, findings)
        return None
    top = np.nanmax(np.abs(values), initial=0.0)
    if types.is_integer_dtype(column.dtype) and top > EXACT:
        _precision(name, column.nunique(), values, findings)
    return Cells("number", numbers=values + 0.0)


def _infinite(name: str, access: str, values: Floats, findings: Findings) -> None:
    rows = findings.rows(np.isinf(values))
    findings.problem(
        f"column {name!r} holds infinite numbers: {rows}",
        f"{access} = {access}.replace([np.inf, -np.inf], np.nan)  "
        "# then decide about missing cells",
    )


def _precision(name: str, distinct: int, values: Floats, findings: Findings) -> None:
    kept = pd.Series(values).nunique()
    if kept < distinct:
        findings.note(
            name,
            "warning",
            f"holds whole numbers beyond 2**53; of {distinct:,} distinct ones only "
            f"{kept:,} stay distinct as floating-point numbers",
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

_TIME_TYPES = (datetime.date, datetime.time, datetime.timedelta, np.datetime64)


def _is_time(dtype: Any) -> bool:
    return (
        types.is_datetime64_any_dtype(dtype)
        or types.is_timedelta64_dtype(dtype)
        or isinstance(dtype, pd.PeriodDtype | pd.IntervalDtype)
    )


def _time_problem(name: str, access: str, what: str, findings: Findings) -> None:
    if "timedelta" in what:
        number = f"{access}.dt.total_seconds()"
    elif "interval" in what:
        number = f"{access}.array.mid"
    elif "period" in what:
        number = f"{access}.dt.start_time.sub({access}.dt.start_time.min()).dt.days"
    else:
        start = access if what.startswith("datetime64") else f"pd.to_datetime({access})"
        number = f"({start} - {start}.min()).dt.total_seconds()"
    findings.problem(
        f"column {name!r} holds {what} instead of numbers",
        f"{access} = {number}  # or df.drop(columns=[{access[3:-1]}])",
    )


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
        _time_problem(name, access, "dates or times", findings)
    elif any(not _is_number_type(t) and not issubclass(t, str | bool) for t in found):
        odd = sorted(t.__name__ for t in found if not issubclass(t, str))
        findings.problem(
            f"column {name!r} holds objects of type {', '.join(odd)}",
            f"make it numbers or text, or drop it: df.drop(columns=[{access[3:-1]}])",
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
    if too_large.any():
        findings.problem(
            f"column {name!r} holds numbers beyond 1.8e308: {findings.rows(too_large)}",
            f"{access} = {access} / 10**300  # another unit",
        )
        return None
    if np.isinf(values).any():
        _infinite(name, access, values, findings)
        return None
    kept, given = len(set(values[~missing])), len(set(cells[~missing]))
    kinds = ", ".join(sorted({type(cell).__name__ for cell in cells[~missing]}))
    if kept < given:
        findings.note(
            name,
            "warning",
            f"of {given:,} distinct numbers ({kinds}) only {kept:,} stay distinct as "
            "floating-point numbers",
        )
    findings.note(name, "converted", f"objects ({kinds}) became float64")
    return Cells("number", numbers=values + 0.0)


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
        fix = f"{access} = {access}.astype(float)  # True becomes 1"
    elif is_number.sum() * 2 >= (~missing).sum():
        odd, rest = ~is_number & ~missing, "numbers"
        fix = f'{access} = pd.to_numeric({access}, errors="coerce")'
        fix += "  # what is no number becomes missing"
    else:
        odd = is_number
        rest, fix = "text", f"{access} = {access}.astype(str)"
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
    return issubclass(kind, numbers.Number) and not issubclass(
        kind, bool | np.bool_ | complex
    )


def _is_number(value: object) -> bool:
    return _is_number_type(type(value))


def _as_number(label: str) -> float | None:
    try:
        number = float(label)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
