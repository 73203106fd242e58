"""Every exception that a caller may want to catch.

::

    LlmcdError
    ├── DataError          the table cannot be used as it is
    ├── VariablesError     the descriptions cannot be used as they are
    ├── GraphError         a graph is not what the operation needs
    ├── ExpertError        the expert could not be reached or set up
    │   └── BudgetExceeded the next question would cost more than was allowed
    └── FormatError        a file is not what its format promises

Wrong arguments raise ``ValueError`` or ``TypeError``, as everywhere in Python.
"""

__all__ = [
    "BudgetExceeded",
    "DataError",
    "ExpertError",
    "FormatError",
    "GraphError",
    "LlmcdError",
    "VariablesError",
]


class LlmcdError(Exception):
    """Base of every exception that this package raises on purpose."""


class DataError(LlmcdError):
    """The table cannot be used; the message lists every problem and its fix."""


class VariablesError(LlmcdError):
    """The variable descriptions or the background knowledge cannot be used."""


class GraphError(LlmcdError):
    """A graph is not of the class that an operation needs."""


class ExpertError(LlmcdError):
    """The expert could not be reached, set up, or paid."""


class BudgetExceeded(ExpertError):  # noqa: N818 - reads as what happened
    """The next question would cost more than the budget allows."""


class FormatError(LlmcdError):
    """A file does not hold what its format promises."""
