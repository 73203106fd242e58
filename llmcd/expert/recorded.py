"""Replay recorded answers: no key, no network, the same result every time."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from llmcd.errors import ExpertError, FormatError
from llmcd.expert.answers import VERDICTS, Answer, Answers, Parsed, read_json_lines
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import WIRE, Question, canonical_json
from llmcd.expert.replies import parse_reply

__all__ = ["Recorded", "wire_text"]

_TO_WIRE = {said: wire for wire, said in WIRE.items()}
_REPLY_FIELDS = {f.name for f in fields(Reply)}


def wire_text(
    verdict: str | None,
    *,
    reasoning: str = "",
    stated: Mapping[str, float] | None = None,
) -> str:
    """A verdict in the words that an expert replies with.

    Parameters
    ----------
    verdict : str or None
        One of ``VERDICTS``, or None for "unsure".
    reasoning : str, optional
        The expert's words.
    stated : mapping of str to float, optional
        Stated probabilities by verdict.

    Returns
    -------
    str
        A JSON object of the closed schema; with stated probabilities also
        ``probabilities``, by the wire's words.

    Examples
    --------
    >>> print(wire_text("a->b", stated={"a->b": 0.9}))
    {"reasoning": "", "verdict": "A_causes_B", "probability": 0.9,
     "probabilities": {"A_causes_B": 0.9}}
    """
    value: dict[str, Any] = {"reasoning": reasoning, "verdict": _TO_WIRE[verdict]}
    given = dict(stated or {})
    if verdict in given:
        value["probability"] = given[verdict]
    if given:
        value["probabilities"] = {_TO_WIRE[k]: p for k, p in given.items()}
    return json.dumps(value, ensure_ascii=False)


class Recorded:
    """An expert that replays what was answered before.

    Three kinds of recordings are read, one JSON object a line:

    - answers about pairs: ``{"a": ..., "b": ..., "verdict": ...}`` and, optionally,
      ``p`` (probabilities by verdict) and ``reasoning``. They are found by the two
      names in the order shown; the n-th line about the same ``(a, b)`` answers sample
      n, and other keys are ignored;
    - what ``Answers.write`` wrote: its pairwise answers are found the same way;
    - what ``Store.export`` wrote, found by the exact content of the question.

    Parameters
    ----------
    path : path or mapping
        A file, or ``{(a, b): verdict}`` with a verdict or an object like a line.
    missing : {"error", "abstain"}, optional
        What to do about a question that has no recorded answer: stop, or take it as an
        abstention with the reason ``missing``.
    expert : str, optional
        Whose answers to replay, when the file holds those of several experts.
    label : str, optional
        Name in results. By default the recorded expert's own, else the file's.

    Raises
    ------
    FormatError
        If the file is none of these, naming the line; or if it holds several experts
        and none is chosen.

    Examples
    --------
    >>> from llmcd.expert.questions import Question
    >>> expert = Recorded({("smoke", "lung"): "a->b"}, missing="abstain")
    >>> q = Question("pairwise", "smoke", "lung", "", "?", "mine-1")
    >>> parse_reply(expert.answer(q)).verdict
    'a->b'
    """

    free = True

    def __init__(
        self,
        path: str | os.PathLike[str] | Mapping[tuple[str, str], Any],
        *,
        missing: str = "error",
        expert: str | None = None,
        label: str | None = None,
    ) -> None:
        if missing not in ("error", "abstain"):
            raise ValueError(f"missing is 'error' or 'abstain', got {missing!r}")
        self.missing = missing
        self._by_names: dict[tuple[str, str], dict[int, Reply]] = {}
        self._by_content: dict[str, Reply] = {}
        self._whose = expert
        self._labels: set[str] = set()
        if isinstance(path, Mapping):
            self.source = "a mapping"
            self._take_mapping(path)
        else:
            self.source = str(path)
            self._take_file(Path(path))
        if len(self._labels) > 1:
            raise FormatError(
                f"{self.source} holds answers of several experts; choose one: "
                f"Recorded(..., expert=...) with one of {sorted(self._labels)}"
            )
        if expert is not None and not self._by_names and not self._by_content:
            raise FormatError(f"{self.source} holds no answers of {expert!r}")
        own = next(iter(self._labels), "")
        stem = "" if isinstance(path, Mapping) else f":{Path(path).stem}"
        self.label = label or own or f"recorded{stem}"

    def __repr__(self) -> str:
        return f"Recorded({self.source!r}, missing={self.missing!r})"

    @property
    def identity(self) -> dict[str, Any]:
        """The hash of everything recorded."""
        names = sorted(
            [a, b, sample, reply.text]
            for (a, b), replies in self._by_names.items()
            for sample, reply in replies.items()
        )
        content = sorted([k, reply.text or ""] for k, reply in self._by_content.items())
        found = canonical_json([names, content])
        return {"recorded": hashlib.sha256(found.encode()).hexdigest()}

    def answer(self, question: Question) -> Reply:
        """The recorded reply to a question.

        Parameters
        ----------
        question : Question
            Found by its content, else by its two names in the order shown.

        Returns
        -------
        Reply

        Raises
        ------
        ExpertError
            If nothing is recorded and ``missing="error"``.
        """
        found = self._by_content.get(question.content_hash)
        if found is None and question.kind == "pairwise":
            replies = self._by_names.get((question.a, question.b), {})
            found = replies.get(question.sample)
        if found is not None:
            return found
        if self.missing == "abstain":
            return Reply(None, finish="missing")
        raise ExpertError(
            f"{self.source} has no answer about {question.a!r} (shown first) and "
            f"{question.b!r}, sample {question.sample}. Record one, or use "
            f"missing='abstain' to leave what is missing to the data"
        )

    def _take_mapping(self, given: Mapping[tuple[str, str], Any]) -> None:
        for pair, value in given.items():
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise FormatError(f"expected {{(a, b): verdict}}, got the key {pair!r}")
            line = dict(value) if isinstance(value, Mapping) else {"verdict": value}
            self._take_pair({**line, "a": pair[0], "b": pair[1]}, f"{pair}")

    def _take_file(self, path: Path) -> None:
        lines = read_json_lines(path)
        if lines and lines[0][1].get("format") == "llmcd answers":
            for answer in Answers.read(path).answers:
                self._take_answer(answer)
            return
        for number, line in lines:
            where = f"{path}, line {number}"
            if "reply" in line and "question" in line:
                self._take_stored(line, where)
            else:
                self._take_pair(line, where)

    def _is_wanted(self, expert: str) -> bool:
        if self._whose is not None and expert != self._whose:
            return False
        if expert:
            self._labels.add(expert)
        return True

    def _take_answer(self, answer: Answer) -> None:
        # votes in sight of other variables are no answers to the plain question
        if answer.kind != "pairwise" or not self._is_wanted(answer.expert):
            return
        replies = self._by_names.setdefault((answer.a, answer.b), {})
        replies.setdefault(answer.sample, _reply_of(answer))

    def _take_stored(self, line: Mapping[str, Any], where: str) -> None:
        if not self._is_wanted(str(line.get("label", ""))):
            return
        reply = line["reply"]
        if not isinstance(reply, Mapping) or not isinstance(line["question"], str):
            raise FormatError(f"{where}: not a line of a store's export")
        known = {k: v for k, v in reply.items() if k in _REPLY_FIELDS}
        known.setdefault("text", None)
        self._by_content.setdefault(line["question"], Reply(**known))

    def _take_pair(self, line: Mapping[str, Any], where: str) -> None:
        a, b, stated = line.get("a"), line.get("b"), line.get("p") or {}
        verdict = line.get("verdict", "")
        if not (isinstance(a, str) and isinstance(b, str) and a != b):
            raise FormatError(f"{where}: expected two different names as 'a' and 'b'")
        if verdict is not None and verdict not in VERDICTS:
            raise FormatError(
                f"{where}: 'verdict' must be one of {list(VERDICTS)} or null, got "
                f"{verdict!r}"
            )
        if not isinstance(stated, Mapping) or not all(
            k in VERDICTS and _is_probability(p) for k, p in stated.items()
        ):
            raise FormatError(
                f"{where}: 'p' must give probabilities from 0 to 1 for some of "
                f"{list(VERDICTS)}, got {stated!r}"
            )
        if not self._is_wanted(str(line.get("expert") or "")):
            return
        text = wire_text(
            verdict, reasoning=str(line.get("reasoning") or ""), stated=stated
        )
        replies = self._by_names.setdefault((a, b), {})
        replies[len(replies)] = Reply(text)


def _is_probability(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and 0 <= value <= 1


def _reply_of(answer: Answer) -> Reply:
    """A reply that is read as the answer was; the raw text where that suffices."""
    usage: dict[str, Any] = {
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "usd": answer.usd,
        "host": answer.host,
        "model": answer.model,
    }
    meant = Parsed(answer.verdict, answer.reason, answer.reasoning, dict(answer.stated))
    raw = Reply(answer.raw, **usage)
    if answer.raw is not None and parse_reply(raw) == meant:
        return raw
    if answer.verdict is not None or answer.reason == "unsure":
        text = wire_text(
            answer.verdict, reasoning=answer.reasoning, stated=answer.stated
        )
        return Reply(text, **usage)
    finish = {"missing": "missing", "truncated": "length", "filtered": "content_filter"}
    refused = answer.reasoning or "refused" if answer.reason == "refusal" else None
    text = answer.raw if answer.reason in ("unparsable", "refusal") else None
    return Reply(text, finish.get(answer.reason or ""), refused, **usage)
