"""Column names: made text, cleaned, and compared with the descriptions."""

from __future__ import annotations

import difflib
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from llmcd.data.findings import Findings
from llmcd.variables import MAX_NAME, Variables, clean_text

__all__ = ["as_frame", "check_described", "column_names", "label_codes", "named"]


def as_frame(data: object, variables: Variables | None) -> pd.DataFrame:
    """Accept a DataFrame, or a 2-D array whose columns the descriptions name.

    Parameters
    ----------
    data : pandas.DataFrame or array, shape (n_rows, n_columns)
        The user's table.
    variables : Variables, optional
        Needed for an array: its names in order are the columns'.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    TypeError
        If the data is neither, or an array without names.

    Examples
    --------
    >>> list(as_frame(np.zeros((2, 2)), Variables.of({"x": "", "y": ""})))
    ['x', 'y']
    """
    if isinstance(data, pd.DataFrame):
        return data
    if isinstance(data, np.ndarray):
        return _named_array(data, variables)
    hint = {
        "dict": "pandas.DataFrame(data)",
        "list": "pandas.DataFrame(data, columns=[...])",
        "Series": "data.to_frame()",
    }.get(type(data).__name__)
    if hint is None:
        ready = hasattr(data, "to_pandas")
        hint = "data.to_pandas()" if ready else "pandas.DataFrame(data)"
    raise TypeError(
        f"data must be a pandas.DataFrame, got {type(data).__name__}; use {hint}"
    )


def _named_array(
    data: npt.NDArray[np.generic], variables: Variables | None
) -> pd.DataFrame:
    if data.ndim != 2:
        raise TypeError(
            f"an array must have 2 dimensions (rows, columns), got {data.ndim}"
        )
    if variables is None or len(variables) != data.shape[1]:
        count = 0 if variables is None else len(variables)
        raise TypeError(
            f"an array has no column names: {data.shape[1]} columns, {count} are "
            "described; use pandas.DataFrame(data, columns=[...])"
        )
    return pd.DataFrame(data, columns=list(variables.names))


def named(data: pd.DataFrame) -> pd.DataFrame:
    """The same rows under the names that :func:`llmcd.table` gives the columns.

    Integers become text, levels of a MultiIndex are joined, invisible characters go.

    Parameters
    ----------
    data : pandas.DataFrame
        The user's table.

    Returns
    -------
    pandas.DataFrame
        A copy of the labels only.

    Raises
    ------
    DataError
        If a name is missing, empty, too long, or not unique.

    Examples
    --------
    >>> list(named(pd.DataFrame({0: [1], 1: [2]})))
    ['0', '1']
    """
    findings = Findings(np.arange(len(data)))
    names = column_names(data, findings)
    findings.raise_problems()
    return data.set_axis(list(names), axis=1)


def column_names(frame: pd.DataFrame, findings: Findings) -> tuple[str, ...]:
    """Make every column label a clean text and report those that cannot be used.

    Parameters
    ----------
    frame : pandas.DataFrame
        The user's table.
    findings : Findings
        Takes notes and problems.

    Returns
    -------
    tuple of str
        One name a column, in the user's order.

    Examples
    --------
    >>> column_names(pd.DataFrame({("a", "x"): [1]}), Findings(np.arange(1)))
    ('a_x',)
    """
    names = [_name(label, at, findings) for at, label in enumerate(frame.columns)]
    if isinstance(frame.columns, pd.MultiIndex) and names:
        findings.note(
            "",
            "warning",
            "the columns have several header rows, joined by '_' into names such as "
            f"{names[0]!r}",
        )
    _no_repeats(list(frame.columns), names, findings)
    return tuple(names)


def label_codes(frame: pd.DataFrame) -> list[str]:
    """Python code for each column label, to be printed in a fix.

    Parameters
    ----------
    frame : pandas.DataFrame
        The user's table, which the code calls ``df``.

    Returns
    -------
    list of str

    Examples
    --------
    >>> label_codes(pd.DataFrame([[1, 2, 3]], columns=["a", 0, ("b", 1)]))
    ["'a'", '0', "('b', 1)"]
    """
    return [_label_code(label, at) for at, label in enumerate(frame.columns)]


def _label_code(label: object, at: int) -> str:
    parts = label if isinstance(label, tuple) else (label,)
    if all(isinstance(part, str | int | float | np.number) for part in parts):
        return repr(label)
    return f"df.columns[{at}]"


def _name(label: object, at: int, findings: Findings) -> str:
    parts = label if isinstance(label, tuple) else (label,)
    if all(_is_missing(part) for part in parts):
        findings.problem(
            f"column number {at} (counted from 0) has no name",
            _rename({at: f"column_{at}"}),
        )
        return f"(column number {at})"
    text = "_".join(str(part) for part in parts if not _is_missing(part) and part != "")
    name = clean_text(text)
    if name != text:
        findings.note(
            name, "converted", "invisible characters were taken out of the name"
        )
    if not name.strip():
        findings.problem(
            f"column number {at} (counted from 0) has an empty name",
            _rename({at: f"column_{at}"}),
        )
        return f"(column number {at})"
    if len(name) > MAX_NAME:
        findings.problem(
            f"column {name[:40]!r}... has a name of {len(name):,} characters; at most "
            f"{MAX_NAME} are allowed",
            _rename({at: f"column_{at}"}) + "  # the long text is a description",
        )
    return name


def _is_missing(label: object) -> bool:
    if label is None or label is pd.NA or label is pd.NaT:
        return True
    return isinstance(label, float) and bool(np.isnan(label))


def _rename(new: Mapping[int, str]) -> str:
    """Code that gives the columns at some positions new names."""
    parts: list[str] = []
    start = 0
    for at, name in new.items():
        parts += [f"*df.columns[{start or ''}:{at}]", repr(name)]
        start = at + 1
    return f"df.columns = [{', '.join(parts)}, *df.columns[{start}:]]"


def _no_repeats(
    labels: Sequence[object], names: Sequence[str], findings: Findings
) -> None:
    for name, count in Counter(names).items():
        if count == 1:
            continue
        at = [i for i, each in enumerate(names) if each == name]
        kept = [labels[i] for i in at]
        if all(label == kept[0] for label in kept):
            what = f"{count} columns are called {name!r} (numbers {at}, from 0)"
            fix = "df = df.loc[:, ~df.columns.duplicated()]  # or rename them"
        else:
            what = f"the column labels {kept} are all {name!r} when written as text"
            fix = _rename(dict(zip(at[1:], _others(name, names), strict=False)))
        findings.problem(what, fix)


def _others(name: str, names: Sequence[str]) -> Iterator[str]:
    """Names like one of several, none of which is taken."""
    numbered = (f"{name}_{number}" for number in itertools.count(2))
    return (each for each in numbered if each not in names)


def check_described(
    names: Sequence[str],
    variables: Variables,
    findings: Findings,
    *,
    codes: Sequence[str] | None = None,
) -> None:
    """Report columns without a description and descriptions without a column.

    Parameters
    ----------
    names : sequence of str
        The columns.
    variables : Variables
        The descriptions.
    findings : Findings
        Takes the problems.
    codes : sequence of str, optional
        Python code for the label of each column (:func:`label_codes`).

    Examples
    --------
    >>> found = Findings(np.arange(0))
    >>> check_described(["age"], Variables.of({"agee": "Age."}), found)
    >>> found.problems[0][0]
    "1 column is not described: 'age' (described: 'agee'?)"
    """
    lost = [name for name in names if name not in variables]
    extra = [name for name in variables if name not in names]
    if lost:
        code = dict(zip(names, codes or map(repr, names), strict=True))
        drop = ", ".join(code[name] for name in lost)
        findings.problem(
            f"{_count(lost, 'column is', 'columns are')} not described: "
            + _with_nearest(lost, extra, "described"),
            'add it to variables ({"name": "what it means"}); or '
            f"df = df.drop(columns=[{drop}])",
        )
    if extra:
        findings.problem(
            f"{_count(extra, 'description has', 'descriptions have')} no column: "
            + _with_nearest(extra, lost or list(names), "column"),
            "variables = llmcd.Variables.of(variables).subset(df.columns)  # or rename "
            "the column",
        )


def _count(items: Sequence[str], one: str, many: str) -> str:
    return f"1 {one}" if len(items) == 1 else f"{len(items)} {many}"


def _with_nearest(items: Sequence[str], others: Sequence[str], word: str) -> str:
    folded: Mapping[str, str] = {other.casefold(): other for other in others}
    parts: list[str] = []
    for item in items:
        near = difflib.get_close_matches(item.casefold(), list(folded), 1)
        hint = f" ({word}: {folded[near[0]]!r}?)" if near else ""
        parts.append(f"{item!r}{hint}")
    return ", ".join(parts)
