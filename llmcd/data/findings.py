"""What was found in a table: notes that travel with it, problems that stop it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from llmcd.errors import DataError

__all__ = ["Findings", "Note"]

ACTIONS = ("converted", "set aside", "dropped rows", "warning", "inferred")
FIRST_ROWS = 5


@dataclass(frozen=True)
class Note:
    """One thing that was done to a column, or that its user should know.

    Parameters
    ----------
    column : str
        The column, or ``""`` when it concerns the whole table.
    action : {"converted", "set aside", "dropped rows", "warning", "inferred"}
        What was done.
    detail : str
        In words, with counts; never a cell value.

    Examples
    --------
    >>> Note("ward", "set aside", "constant").action
    'set aside'
    """

    column: str
    action: str
    detail: str


@dataclass
class Findings:
    """Collects notes and problems while a table is checked.

    Parameters
    ----------
    positions : array of int64, shape (n_rows,)
        Where each row stands in the user's table.
    notes, problems : list, optional
        What was found so far; a problem is what is wrong and its fix.
    dropped : int, optional
        Rows left out because of missing cells.

    Examples
    --------
    >>> found = Findings(np.arange(3))
    >>> found.problem("'age' holds text", 'df = df.drop(columns=["age"])')
    >>> found.raise_problems()
    Traceback (most recent call last):
    ...
    llmcd.errors.DataError: the table cannot be used as it is; 1 problem:
      1. 'age' holds text
         fix: df = df.drop(columns=["age"])
    """

    positions: npt.NDArray[np.int64]
    notes: list[Note] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    dropped: int = 0

    def note(self, column: str, action: str, detail: str) -> None:
        """Record something that was done or should be known."""
        self.notes.append(Note(column, action, detail))

    def problem(self, what: str, fix: str) -> None:
        """Record something that the table cannot be used with, and its fix."""
        self.problems.append((what, fix))

    def rows(self, mask: npt.NDArray[np.bool_]) -> str:
        """Count the rows of a mask and say where the first are.

        Examples
        --------
        >>> Findings(np.arange(3)).rows(np.array([False, True, True]))
        '2 of 3 rows (df.iloc[[1, 2]])'
        """
        at = np.flatnonzero(mask)
        first = [int(self.positions[i]) for i in at[:FIRST_ROWS]]
        more = ", the first ones: " if at.size > len(first) else ""
        where = f"{more}df.iloc[{first}]"
        return f"{at.size:,} of {mask.size:,} rows ({where.removeprefix(', ')})"

    def raise_problems(self) -> None:
        """Raise one error that lists every problem, if there is any.

        Raises
        ------
        DataError
            With each problem's column, count, first rows and fix.
        """
        if not self.problems:
            return
        count = len(self.problems)
        lines = [
            "the table cannot be used as it is; "
            + ("1 problem:" if count == 1 else f"{count} problems:")
        ]
        for number, (what, fix) in enumerate(self.problems, 1):
            lines.append(f"  {number}. {what}")
            lines.append(f"     fix: {fix}")
        raise DataError("\n".join(lines))
