"""Questions as a file: any chat window, batch service or person can be the expert."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from llmcd.errors import FormatError
from llmcd.expert.answers import Answer, Answers, read_json_lines
from llmcd.expert.kinds import answers_from
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question

__all__ = ["read_filled", "read_replies", "write_questions"]

_FORMAT = "llmcd questions"


def write_questions(
    questions: Iterable[Question], path: str | os.PathLike[str]
) -> Path:
    """Write what would be asked, so that somebody else can answer it.

    The file is self-contained and holds nothing but the exact texts that would be
    sent: a line with the instructions and the schema of a reply, then one line
    ``{"id": ..., "question": ...}`` each; with several wordings one such block after
    the other. To answer, write lines
    ``{"id": ..., "reasoning": ..., "verdict": ..., "probability": ...}``, with the keys
    of the block's schema.

    Parameters
    ----------
    questions : iterable of Question
        What to ask, wording by wording in the order of first appearance.
    path : path
        The file to write.

    Returns
    -------
    Path

    Raises
    ------
    ValueError
        If there is no question.

    Examples
    --------
    >>> import tempfile
    >>> q = Question("pairwise", "x", "y", "Be terse.", "A: x, B: y?", "mine-1")
    >>> file = write_questions([q], Path(tempfile.mkdtemp()) / "questions.jsonl")
    >>> json.loads(file.read_text().splitlines()[1])["question"]
    'A: x, B: y?'
    """
    blocks: dict[tuple[str, str], list[Question]] = {}
    for question in questions:
        wording = (question.prompt_version, question.system)
        blocks.setdefault(wording, []).append(question)
    if not blocks:
        raise ValueError("a file of questions needs at least one question")
    lines: list[dict[str, Any]] = []
    for (version, system), asked in blocks.items():
        head = {
            "format": _FORMAT,
            "version": 1,
            "prompt_version": version,
            "instructions": system,
            "schema": dict(asked[0].schema),
        }
        lines += [head, *({"id": _identifier(q), "question": q.user} for q in asked)]
    target = Path(path)
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    target.write_text(text + "\n", encoding="utf-8")
    return target


def _identifier(question: Question) -> str:
    # of the content, so that it says nothing about the pair and fits one wording only
    return question.content_hash[:16]


def read_filled(
    path: str | os.PathLike[str],
    questions: Iterable[Question],
    *,
    expert: str,
    earlier: Answers | None = None,
) -> Answers:
    """Read a filled-in file of questions.

    Parameters
    ----------
    path : path
        JSON-lines; each line has the ``id`` of a question and either the keys of a
        reply or ``reply``, the reply's text. Order does not matter, and a line
        without an ``id`` (the first one of the questions file) is passed over.
    questions : iterable of Question
        What was asked.
    expert : str
        Who answered, for instance the model and the date.
    earlier : Answers, optional
        Those of this expert stand for the questions that have no line.

    Returns
    -------
    Answers
        In the order of the questions; what was never answered has the reason
        ``missing`` and makes the answers incomplete.

    Raises
    ------
    FormatError
        If the file cannot be read, or a line answers a question that was not asked
        or answers one twice; the line is named.

    Examples
    --------
    >>> import tempfile
    >>> q = Question("pairwise", "x", "y", "Be terse.", "A: x, B: y?", "mine-1")
    >>> file = write_questions([q], Path(tempfile.mkdtemp()) / "questions.jsonl")
    >>> line = json.loads(file.read_text().splitlines()[1])
    >>> line |= {"reasoning": "", "verdict": "A_causes_B", "probability": 0.8}
    >>> _ = file.write_text(json.dumps(line))
    >>> read_filled(file, [q], expert="me").answers[0].verdict
    'a->b'
    """
    asked = {_identifier(q): q for q in questions}
    replies = _replies(path, asked)
    lines = [
        answer
        for name, q in asked.items()
        for answer in _answers(q, replies.get(name), expert)
    ]
    known = tuple(x for x in (earlier or Answers()).answers if x.expert == expert)
    merged = Answers(known).updated(Answers(tuple(lines))).answers
    order = {
        (q.kind, *x): k
        for k, (q, x) in enumerate((q, x) for q in asked.values() for x in q.asked)
    }
    found = [x for x in merged if _place(x) in order]
    found.sort(key=lambda x: order[_place(x)])
    open_still = {_place(x) for x in found if x.reason == "missing"}
    left = sum((q.kind, *q.asked[0]) in open_still for q in asked.values())
    note = f"{left} of {len(asked)} questions in {path} have no answer"
    return Answers(tuple(found), {expert: note} if left else {})


def read_replies(
    path: str | os.PathLike[str], questions: Iterable[Question]
) -> dict[str, str]:
    """The replies of a filled-in file, not yet read as answers.

    Parameters
    ----------
    path : path
        As for ``read_filled``.
    questions : iterable of Question
        What was asked, here or in other files.

    Returns
    -------
    dict of str to str
        The text of each reply, by the ``content_hash`` of its question.

    Raises
    ------
    FormatError
        As from ``read_filled``.
    """
    asked = {_identifier(q): q for q in questions}
    found = _replies(path, asked)
    return {asked[name].content_hash: text for name, text in found.items()}


def _replies(
    path: str | os.PathLike[str], asked: Mapping[str, Question]
) -> dict[str, str]:
    replies: dict[str, str] = {}
    for number, line in read_json_lines(path):
        name = line.get("id")
        if name is None:
            continue
        if name not in asked:
            raise FormatError(
                f"{path}, line {number}: no question has the id {name!r}; the "
                "descriptions or the wording may have changed since it was written"
            )
        if name in replies:
            raise FormatError(f"{path}, line {number}: {name!r} is answered twice")
        if line.keys().isdisjoint({"reply", *_telling(asked[name])}):
            continue  # a question that was left open
        given = {key: value for key, value in line.items() if key != "id"}
        reply = line.get("reply", given)
        replies[name] = reply if isinstance(reply, str) else json.dumps(reply)
    return replies


def _telling(question: Question) -> set[str]:
    """The keys of a reply that hold verdicts."""
    return set(question.schema["required"]) - {"reasoning", "probability"}


def _place(answer: Answer) -> tuple[str, str, str, int]:
    return (answer.kind, answer.a, answer.b, answer.sample)


def _answers(question: Question, reply: str | None, expert: str) -> tuple[Answer, ...]:
    given = Reply(reply, finish="missing" if reply is None else None)
    return answers_from(question, [given], expert=expert)
