"""Published items in place of fresh ones: a task that draws from what was loaded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from llmcd.auditing import cladder, corr2cause
from llmcd.auditing.cladder import CLadder
from llmcd.auditing.corr2cause import Corr2Cause, audit_labels
from llmcd.auditing.direction import Direction
from llmcd.auditing.items import Item, Transcript
from llmcd.auditing.pairs import load_pairs
from llmcd.auditing.section import Section
from llmcd.auditing.task import Task
from llmcd.errors import FormatError

__all__ = ["LOADERS", "Published"]

_CAVEAT = (
    "These items are published: a model may have met them, with their answers. Fresh "
    "ones tell reasoning from recall."
)


@dataclass(frozen=True)
class Published:
    """Items that were loaded, scored as the fresh ones of a task.

    Attributes
    ----------
    task : Task
        How they are scored; it lends its name too.
    given : tuple of Item
        What was loaded.
    """

    task: Task
    given: tuple[Item, ...]

    @property
    def name(self) -> str:
        """That of the task."""
        return self.task.name

    def items(self, n: int, seed: int) -> tuple[Item, ...]:
        """Some of the items at random, without repetition.

        Parameters
        ----------
        n : int
            How many; all where there are not more.
        seed : int
            Which.

        Returns
        -------
        tuple of Item
        """
        chosen = np.random.default_rng([seed, 8]).permutation(len(self.given))[:n]
        return tuple(self.given[int(k)] for k in sorted(chosen))

    def score(self, transcript: Transcript) -> Section:
        """As the task scores, with a caveat; labels that are wrong are counted.

        Parameters
        ----------
        transcript : Transcript
            Of these items.

        Returns
        -------
        Section
        """
        found = self.task.score(transcript)
        words = [*found.words, _CAVEAT]
        if isinstance(self.task, Corr2Cause):
            solved, wrong = audit_labels(x.item for x in transcript)
            words.append(
                f"The exact solver finds another answer than the label in {len(wrong)} "
                f"of the {solved} items that it could read."
            )
        title = f"{found.title} (published items)"
        return replace(found, title=title, words=tuple(words))


def _cladder(where: str) -> Task:
    return Published(CLadder(), _loaded(where, cladder.load_items, cladder.load_named))


def _corr2cause(where: str) -> Task:
    return Published(
        Corr2Cause(), _loaded(where, corr2cause.load_items, corr2cause.load_named)
    )


def _loaded(
    where: str,
    by_path: Callable[[Path], Sequence[Item]],
    by_name: Callable[..., Sequence[Item]],
) -> tuple[Item, ...]:
    """From a file, or by ``owner/name`` or ``owner/name:split``."""
    path = Path(where)
    if path.is_file():
        return tuple(by_path(path))
    name, _, split = where.partition(":")
    if name.count("/") != 1 or path.suffix or where.startswith(("/", ".")):
        raise FormatError(
            f"there is no file {where}; give the path of a published file, or a name "
            "such as causalnlp/CLadder"
        )
    return tuple(by_name(name, split=split or None))


def _direction(where: str) -> Task:
    return Direction(load_pairs(where))


LOADERS = {"cladder": _cladder, "corr2cause": _corr2cause, "direction": _direction}
"""By the task's name: from a path or a name to a task that asks what is there."""
