"""What an expert said about pairs, as read from its replies."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pandas as pd

from llmcd.errors import FormatError
from llmcd.expert.replies import REASONS, VERDICTS, YES_OR_NO, Parsed, parse_reply

__all__ = [
    "REASONS",
    "VERDICTS",
    "Answer",
    "Answers",
    "Parsed",
    "Sent",
    "parse_reply",
]

_TURNED = {"a->b": "b->a", "b->a": "a->b"}
_FORMAT = "llmcd answers"


@dataclass(frozen=True)
class Answer:
    """One reply to one question, read.

    Attributes
    ----------
    a, b : str
        The two variables' names; ``a`` was shown first.
    verdict : str or None
        ``"a->b"``, ``"b->a"``, ``"none"`` (no direct relation) or ``"common cause"``;
        of a yes-no question ``"yes"`` or ``"no"``; None when the expert did not say.
    reason : str or None
        Why there is no verdict: ``unsure``, ``refusal``, ``empty``, ``truncated``,
        ``filtered``, ``unparsable``, ``missing`` or ``unmentioned`` (by a reply about
        several pairs); None when there is one.
    reasoning : str
        In the expert's words.
    stated : mapping of str to float
        Probabilities the expert stated, by verdict; may be empty.
    expert : str
        The expert's label.
    kind, prompt_version, sample
        Of the question.
    raw : str or None
        The reply's text.
    prompt_tokens, completion_tokens : int or None
        Usage, as reported.
    usd : float or None
        What the answer cost when it was made; None when unknown. Text and cost of a
        reply about several pairs stand in the first of its answers.
    cause : str or None
        What was named as the common cause: a column, or the expert's words for
        something that is none.
    host : str or None
        Where the question was sent when the answer was made; None when nowhere, or
        when that is not known.
    characters : int or None
        Length of the messages that were sent there; with a question about several
        pairs in the first of its answers.
    model : str or None
        The name of what really answered, as reported: often with a version.

    Raises
    ------
    ValueError
        If the verdict or the reason is none of those, or both or neither is given.

    Examples
    --------
    >>> Answer("lung", "smoke", "b->a").about("smoke", "lung")
    'a->b'
    """

    a: str
    b: str
    verdict: str | None
    reason: str | None = None
    reasoning: str = ""
    stated: Mapping[str, float] = field(default_factory=dict[str, float])
    expert: str = ""
    kind: str = "pairwise"
    prompt_version: str = ""
    sample: int = 0
    raw: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    usd: float | None = None
    cause: str | None = None
    host: str | None = None
    characters: int | None = None
    model: str | None = None

    def __post_init__(self) -> None:
        known = YES_OR_NO if self.kind == "yes-no" else VERDICTS
        if self.verdict is not None and self.verdict not in known:
            raise ValueError(
                f"a verdict is one of {list(known)} or None, got {self.verdict!r}"
            )
        if (self.verdict is None) != (self.reason is not None):
            raise ValueError(
                "an answer has either a verdict or a reason for having none"
            )
        if self.reason is not None and self.reason not in REASONS:
            raise ValueError(f"a reason is one of {list(REASONS)}, got {self.reason!r}")
        object.__setattr__(self, "stated", MappingProxyType(dict(self.stated)))

    def __reduce__(self) -> tuple[Any, ...]:
        # a read-only view cannot be pickled, and joblib's workers pickle
        values = (getattr(self, f.name) for f in fields(self))
        return type(self), tuple(
            dict(v) if isinstance(v, Mapping) else v for v in values
        )

    @property
    def pair(self) -> tuple[str, str]:
        """The two names in sorted order."""
        return (self.a, self.b) if self.a <= self.b else (self.b, self.a)

    def about(self, a: str, b: str) -> str | None:
        """The verdict, turned so that it reads about ``(a, b)`` in that order.

        Parameters
        ----------
        a, b : str
            The pair's two names, in either order.

        Returns
        -------
        str or None

        Raises
        ------
        ValueError
            If the answer is about another pair.

        Examples
        --------
        >>> Answer("x", "y", "common cause").about("y", "x")
        'common cause'
        """
        if (a, b) == (self.a, self.b):
            return self.verdict
        if (b, a) != (self.a, self.b):
            raise ValueError(
                f"this answer is about {self.a!r} and {self.b!r}, not {a!r} and {b!r}"
            )
        return None if self.verdict is None else _TURNED.get(self.verdict, self.verdict)

    def to_dict(self) -> dict[str, Any]:
        """All fields as JSON values.

        Returns
        -------
        dict

        Examples
        --------
        >>> Answer("x", "y", None, "unsure").to_dict()["reason"]
        'unsure'
        """
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return values | {"stated": dict(self.stated)}


class Sent(NamedTuple):
    """What left this machine for one expert, when its answers were made.

    Attributes
    ----------
    expert : str
        The expert's label.
    host : str
        Scheme, name and port.
    questions : int
        How many questions.
    characters : int
        Length of all their messages: names or aliases, descriptions, the user's
        context and the wording.
    tokens : int or None
        The same in the provider's count; None when it reported none.

    Examples
    --------
    >>> print(Sent("openai/gpt-5", "https://api.openai.com", 2, 2600, 610))
    openai/gpt-5: 2 questions, 2,600 characters (610 tokens) to https://api.openai.com
    """

    expert: str
    host: str
    questions: int
    characters: int
    tokens: int | None

    def __str__(self) -> str:
        plural = "" if self.questions == 1 else "s"
        tokens = "" if self.tokens is None else f" ({self.tokens:,} tokens)"
        return (
            f"{self.expert}: {self.questions} question{plural}, "
            f"{self.characters:,} characters{tokens} to {self.host}"
        )


@dataclass(frozen=True)
class Answers:
    """Every answer of a run, in the order of the questions.

    Attributes
    ----------
    answers : tuple of Answer
        The answers.
    unfinished : mapping of str to str
        For each expert that was not asked everything that was planned: why, and how to
        go on.
    stopped : str
        Why no more was asked, where that was decided by what the answers said.

    Examples
    --------
    >>> found = Answers((Answer("x", "y", "a->b"), Answer("y", "x", None, "unsure")))
    >>> found.pairs(), found.abstentions
    ((('x', 'y'),), {'unsure': 1})
    """

    answers: tuple[Answer, ...] = ()
    unfinished: Mapping[str, str] = field(default_factory=dict[str, str])
    stopped: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "answers", tuple(self.answers))
        object.__setattr__(self, "unfinished", MappingProxyType(dict(self.unfinished)))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.answers, dict(self.unfinished), self.stopped)

    @classmethod
    def none(cls) -> Answers:
        """Nobody was asked.

        Returns
        -------
        Answers

        Examples
        --------
        >>> len(Answers.none())
        0
        """
        return cls()

    def __len__(self) -> int:
        return len(self.answers)

    @property
    def complete(self) -> bool:
        """Whether every expert was asked everything that was planned."""
        return not self.unfinished

    @property
    def note(self) -> str:
        """When not complete: why, and how to go on."""
        if len(self.unfinished) == 1:
            return next(iter(self.unfinished.values()))
        return "; ".join(f"{who}: {why}" for who, why in self.unfinished.items())

    def for_pair(self, a: str, b: str) -> tuple[Answer, ...]:
        """Answers about a pair, in both presentation orders.

        Parameters
        ----------
        a, b : str
            The two names, in either order.

        Returns
        -------
        tuple of Answer

        Examples
        --------
        >>> len(Answers((Answer("x", "y", "none"),)).for_pair("y", "x"))
        1
        """
        return tuple(x for x in self.answers if {x.a, x.b} == {a, b})

    def pairs(self) -> tuple[tuple[str, str], ...]:
        """The pairs asked about, each in sorted order, sorted.

        Returns
        -------
        tuple of (str, str)

        Examples
        --------
        >>> Answers((Answer("y", "x", "none"),)).pairs()
        (('x', 'y'),)
        """
        return tuple(sorted({x.pair for x in self.answers}))

    def updated(self, newer: Answers) -> Answers:
        """These answers and newer ones.

        Of two answers by the same expert to the same question (pair, order, kind and
        sample) the newer stays, unless it is missing.

        Parameters
        ----------
        newer : Answers
            What was answered since.

        Returns
        -------
        Answers
            What the newer say of an expert's being done with counts.

        Examples
        --------
        >>> old = Answers((Answer("x", "y", "none"), Answer("y", "x", "none")))
        >>> [
        ...     x.verdict
        ...     for x in old.updated(Answers((Answer("x", "y", "a->b"),))).answers
        ... ]
        ['a->b', 'none']
        """
        found = {_asked(x): x for x in self.answers}
        for answer in newer.answers:
            if answer.reason != "missing" or _asked(answer) not in found:
                found[_asked(answer)] = answer
        still = {w: y for w, y in self.unfinished.items() if w not in newer.experts}
        open_ = {**still, **newer.unfinished}
        return Answers(tuple(found.values()), open_, newer.stopped)

    @property
    def experts(self) -> tuple[str, ...]:
        """Labels of the experts, sorted."""
        return tuple(sorted({x.expert for x in self.answers}))

    @property
    def abstentions(self) -> dict[str, int]:
        """How many answers have no verdict, by reason."""
        return dict(sorted(Counter(x.reason for x in self.answers if x.reason).items()))

    @property
    def usd(self) -> float | None:
        """What the answers cost when they were made; None when no price is known."""
        known = [x.usd for x in self.answers if x.usd is not None]
        return sum(known) if known else None

    @property
    def tokens(self) -> int:
        """Tokens sent and received, as far as reported."""
        return sum(
            (x.prompt_tokens or 0) + (x.completion_tokens or 0) for x in self.answers
        )

    @property
    def sent(self) -> tuple[Sent, ...]:
        """What left this machine, by expert and host; rows of the table never do.

        Answers without a known host, such as those of a person or a recording, are
        not counted.

        Examples
        --------
        >>> one = Answer("x", "y", "a->b", expert="m", host="http://h", characters=9)
        >>> print(*Answers((one, one)).sent)
        m: 2 questions, 18 characters to http://h
        """
        found: dict[tuple[str, str], list[Answer]] = {}
        for answer in self.answers:
            if answer.host is not None:
                found.setdefault((answer.expert, answer.host), []).append(answer)
        return tuple(
            Sent(
                *where,
                sum(x.characters is not None for x in those),
                sum(x.characters or 0 for x in those),
                sum(x.prompt_tokens for x in those if x.prompt_tokens) or None,
            )
            for where, those in sorted(found.items())
        )

    def __str__(self) -> str:
        n = len(self.answers)
        if not n and self.complete:
            return "nobody was asked"
        said = Counter(
            f"{x.reason}" if x.verdict is None else x.verdict for x in self.answers
        )
        counts = ", ".join(f"{k} {v}" for k, v in said.most_common())
        head = (
            f"{n} answers about {len(self.pairs())} pairs by {', '.join(self.experts)}"
        )
        lines = [f"{head}: {counts}" if n else "no answers"]
        lines += [f"sent for {one}" for one in self.sent]
        return "\n".join([*lines, *filter(None, (self.note, self.stopped))])

    def to_frame(self) -> pd.DataFrame:
        """One row an answer.

        Returns
        -------
        pandas.DataFrame
            One column a field; ``stated`` holds JSON text.

        Examples
        --------
        >>> Answers((Answer("x", "y", "a->b"),)).to_frame()[["a", "b", "verdict"]]
           a  b verdict
        0  x  y    a->b
        """
        columns = [f.name for f in fields(Answer)]
        rows = [
            x.to_dict() | {"stated": json.dumps(dict(x.stated))} for x in self.answers
        ]
        return pd.DataFrame(rows, columns=pd.Index(columns))

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write JSON-lines: one line about the run, then one an answer.

        ``Recorded`` replays the file, and ``read`` gives back equal Answers.

        Parameters
        ----------
        path : path
            Replaced in one step, so a half-written file is never left.
        """
        head: dict[str, Any] = {"format": _FORMAT, "version": 1}
        head["unfinished"] = dict(self.unfinished)
        if self.stopped:
            head["stopped"] = self.stopped
        lines = [json.dumps(head), *(json.dumps(x.to_dict()) for x in self.answers)]
        target = Path(path)
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            part.write_text("\n".join(lines) + "\n", encoding="utf-8")
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Answers:
        """Read what ``write`` wrote.

        Parameters
        ----------
        path : path
            A JSON-lines file.

        Returns
        -------
        Answers

        Raises
        ------
        FormatError
            If the file is not one, naming the line.
        """
        lines = read_json_lines(path)
        if not lines or lines[0][1].get("format") != _FORMAT:
            raise FormatError(
                f"{path} does not begin with a line of {_FORMAT!r}; a file of recorded "
                f"pair answers is read by Recorded(path)"
            )
        unfinished = lines[0][1].get("unfinished", {})
        if not isinstance(unfinished, Mapping):
            raise FormatError(
                f"{path}, line 1: 'unfinished' must be an object, got {unfinished!r}"
            )
        known = {f.name for f in fields(Answer)}
        found: list[Answer] = []
        for number, line in lines[1:]:
            try:
                found.append(Answer(**{k: v for k, v in line.items() if k in known}))
            except (TypeError, ValueError) as problem:
                raise FormatError(f"{path}, line {number}: {problem}") from problem
        stopped = str(lines[0][1].get("stopped", ""))
        return cls(
            tuple(found), {str(k): str(v) for k, v in unfinished.items()}, stopped
        )


def _asked(answer: Answer) -> tuple[Any, ...]:
    """Who was asked what."""
    return (answer.expert, answer.kind, answer.a, answer.b, answer.sample)


def read_json_lines(path: str | os.PathLike[str]) -> list[tuple[int, dict[str, Any]]]:
    """Read a file of one JSON object a line.

    Parameters
    ----------
    path : path
        The file; blank lines are skipped.

    Returns
    -------
    list of (int, dict)
        Line number from 1, and the object.

    Raises
    ------
    FormatError
        If the file cannot be read, or a line is not a JSON object.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise FormatError(f"cannot read {path}: {problem}") from problem
    found: list[tuple[int, dict[str, Any]]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as problem:
            raise FormatError(
                f"{path}, line {number}: expected one JSON object a line, got "
                f"{line[:60]!r}"
            ) from problem
        if not isinstance(value, dict):
            raise FormatError(
                f"{path}, line {number}: expected a JSON object, got {line[:60]!r}"
            )
        found.append((number, value))
    return found
