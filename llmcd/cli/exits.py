"""Exit codes, and the error that each stands for."""

from __future__ import annotations

from llmcd.errors import (
    BudgetExceeded,
    DataError,
    ExpertError,
    FormatError,
    GraphError,
    VariablesError,
)
from llmcd.expert.answers import Answers

__all__ = ["CODES", "FAILED", "STOPPED", "USAGE", "code_of", "code_of_answers"]

FAILED, USAGE, INPUT, EXPERT, BUDGET, STOPPED = 1, 2, 3, 4, 5, 130

CODES = {
    0: "done",
    FAILED: "something else failed, such as writing a file",
    USAGE: "the arguments are wrong, or do not go together",
    INPUT: "a file, a table, a description or a run folder cannot be used",
    EXPERT: "the expert could not be reached, set up or replayed",
    BUDGET: "the budget is too small for even one question",
    STOPPED: "stopped by Ctrl-C; what was answered is kept",
}
"""What each code means, as ``llmcd --help`` tells it."""

_OF_ERRORS: tuple[tuple[type[Exception], int], ...] = (
    (BudgetExceeded, BUDGET),
    (ExpertError, EXPERT),
    (DataError, INPUT),
    (VariablesError, INPUT),
    (GraphError, INPUT),
    (FormatError, INPUT),
    (FileNotFoundError, INPUT),
    (IsADirectoryError, INPUT),
    (NotADirectoryError, INPUT),
    (PermissionError, INPUT),
    (ValueError, USAGE),
)


def code_of_answers(answers: Answers) -> int:
    """The exit code of answers that came: whether Ctrl-C ended the asking.

    A budget that was reached is what the user asked for, so that it is no failure.

    Parameters
    ----------
    answers : Answers
        What was answered.

    Returns
    -------
    int
    """
    stopped = any("; interrupted;" in why for why in answers.unfinished.values())
    return STOPPED if stopped else 0


def code_of(error: Exception) -> int:
    """The exit code of an error.

    Parameters
    ----------
    error : Exception
        What was raised.

    Returns
    -------
    int

    Examples
    --------
    >>> code_of(DataError("no rows")), code_of(ValueError("bins")), code_of(OSError())
    (3, 2, 1)
    """
    for kind, code in _OF_ERRORS:
        if isinstance(error, kind):
            return code
    return FAILED
