"""The columns that an effect needs, checked and ready for a regression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from llmcd.data.names import named
from llmcd.data.table import Table, table
from llmcd.errors import DataError
from llmcd.variables import Variable, Variables

__all__ = ["Contrast", "Rows", "contrast_of", "rows_of"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rows:
    """A checked table and the units that its continuous columns had.

    Attributes
    ----------
    table : Table
        Continuous columns standardised, discrete ones as codes.
    spread : mapping of str to float
        Standard deviation of each continuous column in its own units.
    natural : bool
        Whether those units are known; if not, every ``spread`` is 1.
    """

    table: Table
    spread: Mapping[str, float]
    natural: bool

    def has(self, name: str) -> bool:
        """Whether the column is there and varies."""
        return name in self.table.names

    def levels(self, name: str) -> tuple[str, ...]:
        """Labels of a discrete column; ``()`` for a continuous one."""
        return self.table.levels[self.table.index(name)]

    def column(self, name: str) -> Floats:
        """Standardised values, or codes, shape (n,)."""
        return self.table.values[:, self.table.index(name)]

    def design(self, names: Sequence[str]) -> Floats:
        """Columns for a regression, shape (n, k).

        A discrete column with k levels is k - 1 indicators; a column without variation
        is none at all.
        """
        parts = [np.zeros((self.table.n_rows, 0))]
        for name in names:
            if not self.has(name):
                continue
            values, size = self.column(name), len(self.levels(name))
            block = values[:, None]
            if size:
                block = (block == np.arange(1, size)).astype(np.float64)
            parts.append(block)
        return np.hstack(parts)


@dataclass(frozen=True)
class Contrast:
    """What is compared with what.

    Attributes
    ----------
    treatment, outcome : str
        Column names.
    levels : tuple of (int, int) or None
        Codes of control and treated; None for one more unit of a continuous column.
    event : int or None
        Code of the outcome's level whose chance is meant; None for a mean.
    scale : float
        From standardised units to those of the result.
    words : str
        The effect in words.
    """

    treatment: str
    outcome: str
    levels: tuple[int, int] | None
    event: int | None
    scale: float
    words: str

    def target(self, rows: Rows) -> Floats:
        """The outcome's values, or whether the event happened, shape (n,)."""
        values = rows.column(self.outcome)
        if self.event is None:
            return values
        return (values == self.event).astype(np.float64)


def rows_of(
    data: Rows | Table | pd.DataFrame,
    names: Sequence[str],
    *,
    variables: Any = None,
    missing: str = "error",
) -> Rows:
    """Check those columns of the data that a graph speaks of.

    Parameters
    ----------
    data : Rows, Table or pandas.DataFrame
        A Table has lost its units: the effect is in standard deviations. Rows are
        returned as they are.
    names : sequence of str
        The columns that are needed.
    variables : Variables, mapping or path, optional
        Declared kinds and levels.
    missing : {"error", "listwise", "category"}, optional
        As in :func:`llmcd.table`.

    Returns
    -------
    Rows

    Raises
    ------
    DataError
        If a column is missing or the rows cannot be used.
    """
    if isinstance(data, Rows):
        _refuse(
            sorted(set(names) - set(data.table.input_names)), data.table.input_names
        )
        return data
    if isinstance(data, Table):
        absent = sorted(set(names) - set(data.input_names))
        _refuse(absent, data.input_names)
        return Rows(data, dict.fromkeys(data.names, 1.0), natural=False)
    if not isinstance(data, pd.DataFrame):
        raise TypeError(f"data must be a DataFrame or a Table, got {type(data)}")
    frame = named(data)
    _refuse(sorted(set(names) - set(frame.columns)), list(frame.columns))
    frame = frame[[name for name in frame.columns if name in set(names)]]
    found = table(frame, _about(variables, names), missing=missing)
    if missing == "listwise":
        frame = frame.dropna()
    spread = {
        name: _spread(frame[name]) if kind == "continuous" else 1.0
        for name, kind in zip(found.names, found.kinds, strict=True)
    }
    return Rows(found, spread, natural=True)


def _refuse(absent: Sequence[str], given: Sequence[str]) -> None:
    if absent:
        raise DataError(
            f"the graph speaks of {list(absent)}, which the data do not have; the "
            f"columns are {list(given)}. Give them, or name what nobody measured in "
            "unobserved=[...]"
        )


def _about(variables: Any, names: Sequence[str]) -> Any:
    described = Variables.of({} if variables is None else variables)
    if not any(name in described for name in names):
        return None
    bare = {name: Variable(name, f"The column {name}.") for name in names}
    return Variables(variables=tuple(described.get(v, bare[v]) for v in bare))


def _spread(column: pd.Series) -> float:
    values = np.asarray(column.to_numpy(dtype=np.float64, na_value=np.nan))
    top = float(np.abs(values).max())
    return float(np.std(values / top)) * top


def contrast_of(
    rows: Rows,
    treatment: str,
    outcome: str,
    *,
    levels: tuple[Any, Any] | None = None,
    event: Any = None,
) -> Contrast:
    """Say what is compared with what.

    Parameters
    ----------
    rows : Rows
        The data.
    treatment, outcome : str
        Column names.
    levels : (control, treated), optional
        Two labels of a discrete treatment; needed when it has more than two.
    event : label, optional
        The level of a discrete outcome whose chance is meant; needed when it has more
        than two.

    Returns
    -------
    Contrast

    Raises
    ------
    DataError
        If a column does not vary.
    ValueError
        If levels or event are missing, unknown, or given for a continuous column.
    """
    for name, role in ((treatment, "treatment"), (outcome, "outcome")):
        if not rows.has(name):
            raise DataError(
                f"the {role} {name!r} is constant in these rows, so they say nothing "
                "about the effect"
            )
    arms, change = _arms(rows, treatment, levels)
    code = _event(rows, outcome, event)
    scale = 1.0
    if code is None:
        scale *= rows.spread[outcome]
        measured = f"mean of {outcome}"
        if not rows.natural:
            measured += " (in standard deviations)"
    else:
        measured = f"chance of {outcome} = {rows.levels(outcome)[code]}"
    if arms is None:
        scale /= rows.spread[treatment]
    words = f"change in the {measured} when {treatment} {change}"
    return Contrast(treatment, outcome, arms, code, scale, words)


def _arms(
    rows: Rows, name: str, given: tuple[Any, Any] | None
) -> tuple[tuple[int, int] | None, str]:
    labels = rows.levels(name)
    if not labels:
        if given is not None:
            raise ValueError(
                f"levels is for a discrete treatment; {name!r} is continuous and its "
                "effect is that of one unit"
            )
        unit = "unit" if rows.natural else "standard deviation"
        return None, f"is set one {unit} higher"
    if given is None:
        if len(labels) != 2:
            raise ValueError(
                f"{name!r} has the levels {list(labels)}: say which two to compare, "
                f"as levels=({labels[0]!r}, {labels[1]!r})"
            )
        control, treated = 0, 1
    else:
        control, treated = (_code(labels, name, label) for label in given)
    if control == treated:
        raise ValueError(f"levels must be two different ones, got {given!r}")
    return (
        control,
        treated,
    ), f"is set to {labels[treated]} instead of {labels[control]}"


def _event(rows: Rows, name: str, given: Any) -> int | None:
    labels = rows.levels(name)
    if not labels:
        if given is not None:
            raise ValueError(
                f"event is for a discrete outcome; {name!r} is continuous and the "
                "effect is on its mean"
            )
        return None
    if given is not None:
        return _code(labels, name, given)
    if len(labels) != 2:
        raise ValueError(
            f"{name!r} has the levels {list(labels)}: say whose chance is meant, as "
            f"event={labels[-1]!r}"
        )
    return 1


def _code(labels: Sequence[str], name: str, label: Any) -> int:
    if str(label) not in labels:
        raise ValueError(
            f"{name!r} has the levels {list(labels)}, and none is {str(label)!r}"
        )
    return labels.index(str(label))
