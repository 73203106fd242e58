"""What one part of an audit found: numbers with intervals, and what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from llmcd.auditing.items import Transcript

__all__ = ["FEWEST", "LEVELS", "Measure", "Section", "level_of", "share"]

_Z = 1.959964  # of a normal, 95 % two-sided
_WIDER = 2.64 / _Z  # 99.2 %: of six sections none misleads in 95 audits of 100
FEWEST = 20  # answers below which nothing is said of an expert

LEVELS = (
    "too few answers",
    "worse than chance",
    "no better than chance",
    "weak",
    "useful",
    "reliable",
)
"""What can be said of an expert in one subject, from nothing to the best."""


@dataclass(frozen=True)
class Measure:
    """A number, its 95 % interval, and what chance would give.

    Attributes
    ----------
    name : str
        What it is.
    value : float or None
        None when there is nothing to compute it from.
    low, high : float or None
        95 % interval, where there is one.
    n : int
        How many answers, or pairs of answers, it rests on.
    chance : float or None
        The value for an expert that tosses a coin, where that means something.
    """

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    chance: float | None = None

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.name}: nothing to go by"
        between = ""
        if self.low is not None and self.high is not None:
            between = f" ({self.low:.2f} to {self.high:.2f})"
        chance = "" if self.chance is None else f", chance {self.chance:.2f}"
        return f"{self.name}: {self.value:.2f}{between}, n={self.n}{chance}"


@dataclass(frozen=True)
class Section:
    """One part of an audit.

    Attributes
    ----------
    task : str
        Name of the task.
    title : str
        What was asked, in a few words.
    level : str
        One of ``LEVELS``, by the first measure.
    words : tuple of str
        What it means, in sentences.
    measures : tuple of Measure
        The numbers, the decisive one first.
    parts : mapping of str to tuple of Measure
        Broken down, by facet.
    published : tuple of str
        What others found for other models, each with its source; not our numbers.
    planned, asked, answered : int
        Items, items with a reply, items with a verdict.
    silent : mapping of str to int
        Why there was no verdict.
    """

    task: str
    title: str
    level: str
    words: tuple[str, ...]
    measures: tuple[Measure, ...]
    parts: Mapping[str, tuple[Measure, ...]] = field(
        default_factory=dict[str, tuple[Measure, ...]]
    )
    published: tuple[str, ...] = ()
    planned: int = 0
    asked: int = 0
    answered: int = 0
    silent: Mapping[str, int] = field(default_factory=dict[str, int])

    def measure(self, name: str) -> Measure:
        """A measure by its name.

        Raises
        ------
        KeyError
            If there is none.
        """
        for one in self.measures:
            if one.name == name:
                return one
        raise KeyError(
            f"no measure {name!r}; there are {[m.name for m in self.measures]}"
        )

    def to_dict(self) -> dict[str, Any]:
        """All fields as JSON values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Section:
        """Back from ``to_dict``.

        Raises
        ------
        KeyError, TypeError
            If fields are missing or strange.
        """
        parts = {k: _measures(v) for k, v in given["parts"].items()}
        lists = {k: tuple(given[k]) for k in ("words", "published")}
        own: dict[str, Any] = {**given, **lists, "parts": parts}
        own["measures"] = _measures(given["measures"])
        return cls(**own)

    @classmethod
    def of(
        cls,
        transcript: Transcript,
        *,
        task: str,
        title: str,
        measures: Iterable[Measure],
        words: Iterable[str] = (),
        parts: Mapping[str, tuple[Measure, ...]] | None = None,
        published: Iterable[str] = (),
        level: str | None = None,
    ) -> Section:
        """A section with the counts of a transcript.

        Parameters
        ----------
        transcript : Transcript
            What was asked and said.
        task, title, measures, words, parts, published
            As the attributes.
        level : str, optional
            That of the first measure by default.

        Returns
        -------
        Section
        """
        found = tuple(measures)
        return cls(
            task,
            title,
            level or level_of(found[0]),
            tuple(words),
            found,
            parts or {},
            tuple(published),
            transcript.planned,
            len(transcript),
            len(transcript.answered),
            transcript.silent,
        )


def _measures(given: Iterable[Mapping[str, Any]]) -> tuple[Measure, ...]:
    return tuple(Measure(**each) for each in given)


def share(name: str, right: int, n: int, chance: float | None = None) -> Measure:
    """A share with its Wilson interval.

    Parameters
    ----------
    name : str
        What is counted.
    right, n : int
        How many of how many.
    chance : float, optional
        What a coin would give.

    Returns
    -------
    Measure

    Notes
    -----
    Wilson (1927); with few answers, and near 0 and 1, it holds its level where the
    normal approximation does not (Brown, Cai and DasGupta 2001).

    Examples
    --------
    >>> str(share("right", 8, 10, 0.5))
    'right: 0.80 (0.49 to 0.94), n=10, chance 0.50'
    """
    if not n:
        return Measure(name, None, n=0, chance=chance)
    p, z2 = right / n, _Z * _Z
    middle = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = _Z / (1 + z2 / n) * (p * (1 - p) / n + z2 / (4 * n * n)) ** 0.5
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Measure(name, p, low, high, n, chance)


def level_of(measure: Measure) -> str:
    """What can be said from one measure, its interval against chance.

    Parameters
    ----------
    measure : Measure
        With an interval and with what chance would give.

    Returns
    -------
    str
        One of ``LEVELS``. ``reliable`` when the interval is above 0.9, ``useful`` when
        it is above 0.7, both where chance is one half. The interval is stretched from
        95 to 99.2 %, since an audit looks at about six of them: otherwise one coin in
        seven would be called better than chance somewhere.

    Raises
    ------
    ValueError
        If the measure has no value of chance.

    Examples
    --------
    >>> level_of(share("right", 50, 100, 0.5)), level_of(share("right", 99, 100, 0.5))
    ('no better than chance', 'reliable')
    """
    if measure.chance is None:
        raise ValueError(f"{measure.name!r} has no chance level to compare with")
    value, low, high = measure.value, measure.low, measure.high
    if value is None or low is None or high is None or measure.n < FEWEST:
        return LEVELS[0]
    low, high = value - _WIDER * (value - low), value + _WIDER * (high - value)
    if high < measure.chance:
        return LEVELS[1]
    if low <= measure.chance:
        return LEVELS[2]
    # how far above chance, on the scale where chance is 0 and 1 is perfect
    above = (low - measure.chance) / (1 - measure.chance)
    return LEVELS[5] if above > 0.8 else LEVELS[4] if above > 0.4 else LEVELS[3]
