"""Limits on time and memory, and what to do when they are reached."""

from __future__ import annotations

from dataclasses import dataclass

from llmcd.errors import DataError

__all__ = ["Limits"]


@dataclass(frozen=True)
class Limits:
    """How much a search may use.

    Parameters
    ----------
    seconds : float, optional
        No further resample is begun after this time; what is finished is returned and
        the result says that it is partial. A search that has begun is not cut off.
    gigabytes : float, optional
        A search whose arrays are estimated to need more is refused before anything is
        allocated.

    Raises
    ------
    ValueError
        If a limit is not above 0.

    Examples
    --------
    >>> Limits(seconds=60).seconds
    60
    """

    seconds: float | None = None
    gigabytes: float | None = None

    def __post_init__(self) -> None:
        for name in ("seconds", "gigabytes"):
            value = getattr(self, name)
            if value is not None and (
                isinstance(value, bool)
                or not isinstance(value, (int, float))
                or not value > 0
            ):
                raise ValueError(f"{name} must be a number above 0, got {value!r}")

    def check_memory(self, needed_bytes: float, what: str) -> None:
        """Refuse what would need too much.

        Parameters
        ----------
        needed_bytes : float
            The estimate.
        what : str
            What it is for.

        Raises
        ------
        DataError
            If the estimate is above the limit.

        Examples
        --------
        >>> Limits(gigabytes=1).check_memory(2e6, "four small searches")
        """
        if self.gigabytes is not None and needed_bytes > 1e9 * self.gigabytes:
            raise DataError(
                f"{what} would need about {needed_bytes / 1e9:.1f} GB, more than the "
                f"limit of {self.gigabytes:g} GB; use fewer processes (n_jobs=), fewer "
                "columns or rows, or a larger limit"
            )
