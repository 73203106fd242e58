"""What a person decided about a result, as the page shows it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Remark", "Reviewed"]


@dataclass(frozen=True)
class Remark:
    """One decision of a person.

    Attributes
    ----------
    a, b : str
        The pair.
    words : str
        What was decided.
    author, reason, when : str
        By whom, why, and at what time.
    problem : str
        Why it could not be followed; empty when it was.
    """

    a: str
    b: str
    words: str
    author: str
    reason: str
    when: str
    problem: str = ""


@dataclass(frozen=True)
class Reviewed:
    """A result with a person's decisions.

    Attributes
    ----------
    remarks : tuple of Remark
        Those in force.
    changes : tuple of str
        What they changed in the graph.
    advice : str
        What to do about decisions that could not be followed.
    live : bool
        Whether the page can take decisions.
    author : str
        Who is asked for them, for the form.
    """

    remarks: tuple[Remark, ...] = ()
    changes: tuple[str, ...] = ()
    advice: str = ""
    live: bool = False
    author: str = ""

    def about(self, a: str, b: str) -> tuple[Remark, ...]:
        """Remarks about a pair.

        Examples
        --------
        >>> Reviewed().about("a", "b")
        ()
        """
        return tuple(x for x in self.remarks if {x.a, x.b} == {a, b})
