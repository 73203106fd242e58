"""An audit as files of questions: a chat window or a batch service can be audited."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from llmcd.auditing.items import Item
from llmcd.errors import FormatError
from llmcd.expert.package import read_replies, write_questions
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question

__all__ = ["Filled", "sittings", "write_sittings"]


def sittings(
    parts: Iterable[Sequence[Item]], number: int, *, seed: int = 0
) -> list[list[Question]]:
    """Deal the questions of an audit to separate sittings.

    Parameters
    ----------
    parts : iterable of sequence of Item
        The items of each task. Items come in twos, next to each other, of which one
        tells the answer of the other: opposite claims, or one pair in both orders.
    number : int
        How many sittings; from two on the two halves are never in the same one.
    seed : int, optional
        Which half comes where, and the order within a sitting.

    Returns
    -------
    list of list of Question
        As even as can be, each shuffled, wording by wording.

    Raises
    ------
    ValueError
        If there is no sitting.

    Examples
    --------
    >>> from llmcd.auditing.axioms import Axioms
    >>> [len(one) for one in sittings([Axioms().items(30, 0)], 3)]
    [10, 10, 10]
    """
    if number < 1:
        raise ValueError(f"there must be at least one sitting, got {number}")
    rng = np.random.default_rng([seed, 7])
    found: list[list[Question]] = [[] for _ in range(number)]
    place = 0
    for items in parts:
        for k in range(0, len(items), 2):
            two = list(items[k : k + 2])
            for j in rng.permutation(len(two)):
                found[place % number].append(two[int(j)].question)
                place += 1
    for k, asked in enumerate(found):
        mixed = [asked[int(j)] for j in rng.permutation(len(asked))]
        found[k] = sorted(mixed, key=lambda q: q.prompt_version)
    return [asked for asked in found if asked]


def write_sittings(
    parts: Iterable[Sequence[Item]],
    folder: str | os.PathLike[str],
    number: int = 2,
    *,
    seed: int = 0,
) -> list[Path]:
    """Write the questions of an audit, one file for each sitting.

    Parameters
    ----------
    parts, number, seed
        As for ``sittings``.
    folder : path
        Where; made if need be.

    Returns
    -------
    list of Path
        ``questions-1.jsonl`` and so on. Whoever answers must see one of them only, or
        one half of a pair tells the other.
    """
    home = Path(folder)
    home.mkdir(parents=True, exist_ok=True)
    return [
        write_questions(asked, home / f"questions-{k}.jsonl")
        for k, asked in enumerate(sittings(parts, number, seed=seed), 1)
    ]


class Filled:
    r"""An expert that answers what was filled in, and is silent about the rest.

    Parameters
    ----------
    replies : mapping of str to str
        By the content's hash of a question.
    label : str
        Who answered: the model and the date.

    Examples
    --------
    >>> import tempfile
    >>> from llmcd.auditing.audit import audit
    >>> from llmcd.auditing.axioms import Axioms
    >>> items = Axioms().items(2, 0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     (file,) = write_sittings([items], folder, 1)
    ...     lines = [json.loads(x) for x in file.read_text().splitlines()[1:]]
    ...     said = [{"id": x["id"], "answer": "yes"} for x in lines]
    ...     _ = file.write_text("\n".join(map(json.dumps, said)))
    ...     mine = Filled.read([file], [items], label="me, today")
    >>> audit(mine, tasks=["axioms"], n=2, progress=False).calls
    2
    """

    free = True

    def __init__(self, replies: Mapping[str, str], label: str) -> None:
        self._replies = dict(replies)
        self.label = label

    def __repr__(self) -> str:
        return f"Filled({len(self._replies)} replies, {self.label!r})"

    def __len__(self) -> int:
        return len(self._replies)

    @property
    def identity(self) -> dict[str, Any]:
        """Every reply."""
        return {"filled": dict(sorted(self._replies.items()))}

    def answer(self, question: Question) -> Reply:
        """What was filled in for exactly this question.

        Parameters
        ----------
        question : Question
            Any.

        Returns
        -------
        Reply
            Without a text where nothing was.
        """
        text = self._replies.get(question.content_hash)
        return Reply(text, finish="missing" if text is None else None)

    @classmethod
    def read(
        cls,
        paths: Iterable[str | os.PathLike[str]],
        parts: Iterable[Sequence[Item]],
        *,
        label: str,
    ) -> Filled:
        """Read filled-in files of questions.

        Parameters
        ----------
        paths : iterable of path
            Of all sittings.
        parts : iterable of sequence of Item
            What was asked.
        label : str
            Who answered.

        Returns
        -------
        Filled

        Raises
        ------
        FormatError
            If a line answers what was not asked, or two answer the same.
        """
        asked = [x.question for items in parts for x in items]
        replies: dict[str, str] = {}
        for path in paths:
            found = read_replies(path, asked)
            if twice := replies.keys() & found.keys():
                raise FormatError(
                    f"{path} answers {len(twice)} questions that another file answers "
                    "too; give each sitting once"
                )
            replies |= found
        return cls(replies, label)

    def write(
        self,
        path: str | os.PathLike[str],
        parts: Iterable[Sequence[Item]],
        **about: str,
    ) -> Path:
        """Keep the replies, in the form that ``Recorded`` replays.

        Parameters
        ----------
        path : path
            JSON-lines, as a store exports it, in the order of the items.
        parts : iterable of sequence of Item
            What was asked.
        **about : str
            What else is to stand in each line, such as the date.

        Returns
        -------
        Path
        """
        lines: list[str] = []
        for question in (x.question for items in parts for x in items):
            text = self._replies.get(question.content_hash)
            if text is None:
                continue
            line = {
                "question": question.content_hash,
                "kind": question.kind,
                "a": question.a,
                "b": question.b,
                "sample": question.sample,
                "prompt_version": question.prompt_version,
                "label": self.label,
                **about,
                "reply": {"text": text},
            }
            lines.append(json.dumps(line, ensure_ascii=False))
        target = Path(path)
        target.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return target
