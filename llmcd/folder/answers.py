"""The answers of a run folder, which were paid for: kept, added to, set aside."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from llmcd.errors import FormatError, VariablesError
from llmcd.expert.answers import Answer, Answers
from llmcd.expert.questions import canonical_json, pairwise_question
from llmcd.folder.files import ANSWERS, VARIABLES
from llmcd.variables import Variables

__all__ = ["add_answers", "keep_answers", "load_answers", "write_answers"]


def load_answers(path: str | Path) -> Answers:
    """Read the answers of a run folder; none, when nobody was asked yet."""
    file = Path(path) / ANSWERS
    return Answers.read(file) if file.exists() else Answers.none()


def add_answers(path: str | Path, answers: Answers) -> Answers:
    """Add answers to those of a run folder; of two to one question the newer stays.

    Raises
    ------
    FormatError
        If the file of answers that is there cannot be read.
    """
    found = load_answers(path).updated(answers)
    found.write(Path(path) / ANSWERS)
    return found


def write_answers(file: Path, answers: Answers) -> None:
    """Write a result's answers; what lies there and is none of them is set aside."""
    if file.exists():
        try:
            there = Answers.read(file).answers
            here = {canonical_json(x.to_dict()) for x in answers.answers}
            kept = all(
                x.reason == "missing" or canonical_json(x.to_dict()) in here
                for x in there
            )
        except FormatError:
            kept = False
        if not kept:
            _set_aside(file)
    answers.write(file)


def keep_answers(target: Path, names: Sequence[str], variables: Variables) -> None:
    """Leave those answers that are about what is described now."""
    file = target / ANSWERS
    if not file.exists():
        return
    try:
        before = Variables.of(target / VARIABLES)
        answers = Answers.read(file)
    except (VariablesError, FormatError):
        _set_aside(file)
        return
    still = tuple(
        x
        for x in answers.answers
        if {x.a, x.b} <= set(names)
        and _words_about(x, before) == _words_about(x, variables)
    )
    if len(still) == len(answers.answers):
        return
    aside = _set_aside(file)
    if still:
        lost = [x for x in answers.answers if x not in still]
        why = f"some answers were about other descriptions and are in {aside.name}"
        unfinished = dict.fromkeys(sorted({x.expert for x in lost}), why)
        Answers(still, {**answers.unfinished, **unfinished}).write(file)


def _words_about(answer: Answer, variables: Variables) -> str | None:
    """What the expert was shown of a pair, in short; None when it is not described."""
    if answer.a not in variables or answer.b not in variables:
        return None
    return pairwise_question(variables, answer.a, answer.b).content_hash


def _set_aside(file: Path) -> Path:
    content = file.read_bytes()
    number = 1
    while (aside := file.with_name(f"earlier-{file.stem}-{number}.jsonl")).exists():
        if aside.read_bytes() == content:
            break
        number += 1
    os.replace(file, aside)
    return aside
