"""Scores of answers with two possible verdicts, and what trivial experts would get."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from llmcd.auditing.items import Marked, Transcript
from llmcd.auditing.section import Measure, share

__all__ = ["Table", "by_facet", "measures_of", "right", "trivial"]


@dataclass(frozen=True)
class Table:
    """Counts of a two-way decision; silence is left out.

    Attributes
    ----------
    hits, false_alarms, misses, passes : int
        True and said, said only, true only, neither.

    Examples
    --------
    >>> Table.of([("yes", "yes"), ("no", "yes")], "yes").f1
    0.6666666666666666
    """

    hits: int
    false_alarms: int
    misses: int
    passes: int

    @classmethod
    def of(cls, said: Iterable[tuple[str, str]], positive: str) -> Table:
        """Count (truth, said)."""
        pairs = [(truth == positive, word == positive) for truth, word in said]
        return cls(
            pairs.count((True, True)),
            pairs.count((False, True)),
            pairs.count((True, False)),
            pairs.count((False, False)),
        )

    @property
    def n(self) -> int:
        """How many."""
        return self.hits + self.false_alarms + self.misses + self.passes

    @property
    def f1(self) -> float | None:
        """Harmonic mean of precision and recall; None when nothing is positive."""
        below = 2 * self.hits + self.false_alarms + self.misses
        return 2 * self.hits / below if below else None

    @property
    def accuracy(self) -> float | None:
        """Share of right answers."""
        return (self.hits + self.passes) / self.n if self.n else None

    @property
    def balanced(self) -> Measure:
        """Mean of the shares of right answers where the truth is yes and where no.

        Its interval joins the two Wilson intervals as independent ones (Zou and Donner
        2008).
        """
        name = "balanced accuracy"
        yes = share("", self.hits, self.hits + self.misses)
        no = share("", self.passes, self.passes + self.false_alarms)
        if yes.value is None or no.value is None:
            return Measure(name, None, n=self.n, chance=0.5)
        middle = (yes.value + no.value) / 2
        down = (_down(yes) ** 2 + _down(no) ** 2) ** 0.5
        up = (_up(yes) ** 2 + _up(no) ** 2) ** 0.5
        return Measure(name, middle, middle - down / 2, middle + up / 2, self.n, 0.5)


def _down(one: Measure) -> float:
    return (one.value or 0.0) - (one.low or 0.0)


def _up(one: Measure) -> float:
    return (one.high or 0.0) - (one.value or 0.0)


def right(transcript: Iterable[Marked], name: str = "accuracy") -> Measure:
    """Share of right answers among the verdicts; chance is one half.

    Examples
    --------
    >>> right([]).value is None
    True
    """
    told = [x for x in transcript if x.said is not None]
    return share(name, sum(x.is_right for x in told), len(told), 0.5)


def measures_of(transcript: Transcript, positive: str = "yes") -> tuple[Measure, ...]:
    """Balanced accuracy first, then what is usually published.

    Parameters
    ----------
    transcript : Transcript
        With two possible verdicts.
    positive : str, optional
        The verdict of which F1 is taken.

    Returns
    -------
    tuple of Measure
        All among the answers with a verdict, except the last two: the share of items
        with a verdict, and accuracy when silence counts as wrong.
    """
    told = [(x.item.truth, x.said or "") for x in transcript.answered]
    table = Table.of(told, positive)
    said_yes = table.hits + table.false_alarms
    return (
        table.balanced,
        right(transcript),
        Measure("F1", table.f1, n=table.n),
        share(f"share of {positive!r}", said_yes, table.n),
        share("answered", len(told), len(transcript)),
        share("accuracy, silence wrong", table.hits + table.passes, len(transcript)),
    )


def trivial(truths: Sequence[str], positive: str = "yes") -> Mapping[str, Table]:
    """What experts that look at nothing would get on these items.

    Parameters
    ----------
    truths : sequence of str
        The right verdicts.
    positive : str, optional
        The verdict of which F1 is taken.

    Returns
    -------
    mapping of str to Table
        Always positive, and never.

    Examples
    --------
    >>> test_set = ["yes"] * 180 + ["no"] * 982  # counts of Corr2Cause's test set
    >>> found = trivial(test_set)
    >>> round(100 * found["always 'yes'"].f1, 1)
    26.8
    >>> round(100 * found["never 'yes'"].accuracy, 1)
    84.5
    """
    return {
        f"always {positive!r}": Table.of(((t, positive) for t in truths), positive),
        f"never {positive!r}": Table.of(((t, "") for t in truths), positive),
    }


def by_facet(
    transcript: Transcript, facets: Iterable[str]
) -> dict[str, tuple[Measure, ...]]:
    """Accuracy at every level of some facets.

    Parameters
    ----------
    transcript : Transcript
        What was said.
    facets : iterable of str
        Which; one that no item has is left out.

    Returns
    -------
    dict of str to tuple of Measure
        By facet, a measure named by each level.
    """
    found = {
        facet: tuple(right(part, level) for level, part in transcript.by(facet).items())
        for facet in facets
    }
    return {facet: levels for facet, levels in found.items() if levels}
