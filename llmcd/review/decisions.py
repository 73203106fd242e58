"""What a person decided about pairs of variables, and the file that keeps it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from llmcd.background import Background
from llmcd.errors import FormatError
from llmcd.folder import write_text

__all__ = ["ACTIONS", "FILE", "Decision", "in_force", "knowledge", "read", "write"]

FILE = "review.jsonl"
ACTIONS = ("require", "forbid", "annotate", "withdraw")
LONGEST = {"a": 1000, "b": 1000, "author": 200, "reason": 1000, "when": 40}


@dataclass(frozen=True)
class Decision:
    """One decision of a person about one pair.

    Attributes
    ----------
    action : str
        ``require``: ``a`` causes ``b``; ``forbid``: no edge between them;
        ``annotate``: only a note; ``withdraw``: whatever was decided about the pair
        before no longer holds.
    a, b : str
        The two variables.
    author : str
        Who decided.
    reason : str
        Why; a note says something.
    when : str
        Date and time in ISO 8601.

    Raises
    ------
    ValueError
        If a field is missing, too long, or none of what it may be.

    Examples
    --------
    >>> Decision("require", "age", "pain", "A. B.", "age is given", "2026-05-01T09:00")
    Decision(action='require', a='age', b='pain', author='A. B.', ...)
    """

    action: str
    a: str
    b: str
    author: str
    reason: str
    when: str

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"action must be one of {ACTIONS}, got {self.action!r}")
        for name, most in LONGEST.items():
            value = getattr(self, name)
            if not isinstance(value, str) or len(value) > most:
                raise ValueError(f"{name} must be a text of at most {most} characters")
            if any("\ud800" <= char <= "\udfff" for char in value):
                raise ValueError(f"{name} holds half a character, which is no text")
        if not self.author.strip():
            raise ValueError("author must say who decides, got nothing")
        if self.action == "annotate" and not self.reason.strip():
            raise ValueError("a note must say something, got nothing")
        if self.a == self.b:
            raise ValueError(f"a pair has two variables, got {self.a!r} twice")
        try:
            datetime.fromisoformat(self.when)
        except ValueError:
            raise ValueError(
                f"when must be a date and time in ISO 8601, got {self.when!r}"
            ) from None

    @property
    def pair(self) -> frozenset[str]:
        """The two variables."""
        return frozenset((self.a, self.b))

    @property
    def words(self) -> str:
        """What was decided, as a reader wants to see it."""
        return {
            "require": f"{self.a} → {self.b}",
            "forbid": f"{self.a}, {self.b}: no edge",
            "annotate": f"{self.a}, {self.b}: a note",
            "withdraw": f"{self.a}, {self.b}: withdrawn",
        }[self.action]


def in_force(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """Those that hold: of two about one pair the later; notes beside them.

    Parameters
    ----------
    decisions : iterable of Decision
        In the order in which they were made.

    Returns
    -------
    tuple of Decision
        Without what was withdrawn, in the order in which they were made.

    Examples
    --------
    >>> made = [
    ...     Decision(act, "a", "b", "me", "", "2026-05-01")
    ...     for act in ("require", "forbid")
    ... ]
    >>> [one.action for one in in_force(made)]
    ['forbid']
    """
    found: list[Decision] = []
    for one in decisions:
        if one.action == "withdraw":
            found = [x for x in found if x.pair != one.pair]
            continue
        if one.action != "annotate":
            found = [x for x in found if x.pair != one.pair or x.action == "annotate"]
        found.append(one)
    return tuple(found)


def knowledge(decision: Decision) -> Background:
    """A decision as background knowledge.

    Examples
    --------
    >>> one = Decision("forbid", "a", "b", "me", "", "2026-05-01")
    >>> sorted(knowledge(one).forbidden)
    [('a', 'b'), ('b', 'a')]
    """
    a, b = decision.a, decision.b
    if decision.action == "require":
        return Background(required=[(a, b)])
    if decision.action == "forbid":
        return Background(forbidden=[(a, b), (b, a)])
    return Background()


def read(run: str | Path) -> tuple[Decision, ...]:
    """The decisions that a run folder keeps, in the order in which they were made.

    Raises
    ------
    FormatError
        If a line is damaged; it is named.
    """
    file = Path(run) / FILE
    if not file.exists():
        return ()
    found: list[Decision] = []
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise FormatError(f"{file} is not UTF-8 text: {error.reason}") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(Decision(**json.loads(line)))
        except (TypeError, ValueError, RecursionError) as error:
            raise FormatError(
                f"{file}, line {number}: not a decision ({error}); mend the line or "
                "take it out"
            ) from None
    return tuple(found)


def write(run: str | Path, decisions: Iterable[Decision]) -> None:
    """Keep the decisions in a run folder; the file is written whole or not at all."""
    lines = [json.dumps(asdict(one), ensure_ascii=False) for one in decisions]
    write_text(Path(run) / FILE, "".join(line + "\n" for line in lines))
