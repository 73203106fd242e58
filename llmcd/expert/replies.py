"""Read a reply's text: tolerant of its form, never guessing its meaning."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from llmcd.expert.protocol import Reply
from llmcd.expert.questions import WIRE

__all__ = ["REASONS", "VERDICTS", "Parsed", "parse_reply"]

VERDICTS = ("a->b", "b->a", "none", "common cause")
REASONS = (
    "unsure", "refusal", "empty", "truncated", "filtered", "unparsable", "missing",
)  # fmt: skip

_MAX_TEXT = 200_000  # characters; an answer is a few hundred
_MAX_LENIENT = 20_000
_MAX_OBJECTS = 200
_THINKING = r"(?:think|thinking|thought|reasoning|reflection)"
_THOUGHT = re.compile(rf"<{_THINKING}>.*?</{_THINKING}>", re.DOTALL | re.IGNORECASE)
_OPEN_THOUGHT = re.compile(rf"<{_THINKING}>", re.IGNORECASE)
_END_OF_THOUGHT = re.compile(rf"</{_THINKING}>", re.IGNORECASE)
_REFUSES = re.compile(
    r"\b(?:i(?:['’]m| am)? (?:very |so |truly )?(?:sorry|afraid)"
    r"|i (?:can(?:['’]t|not)|won['’]t|will not|must decline|decline)"
    r"|i(?:['’]m| am) (?:unable|not able|not allowed|not permitted)"
    r"|as an? (?:ai|artificial|language model)"
    r"|(?:can(?:['’]t|not)|unable to) (?:help|assist|comply|provide))\b",
    re.IGNORECASE,
)
_QUOTES = " \t\r\n\"'`*.“”‘’«»"
_ENUM = {re.sub(r"\W", "_", k).casefold(): k for k in WIRE}
_FINISHED_EARLY = {"length", "max_tokens", "max_output_tokens", "model_length"}
_FILTERED = {"content_filter", "content_filtered", "safety"}


@dataclass(frozen=True)
class Parsed:
    """What a reply says, in terms of the order shown.

    Attributes
    ----------
    verdict : str or None
        ``"a->b"`` means that the variable shown as A causes the one shown as B.
    reason : str or None
        Why there is no verdict.
    reasoning : str
        In the expert's words.
    stated : mapping of str to float
        Stated probabilities by verdict.

    Examples
    --------
    >>> Parsed("none").reason is None
    True
    """

    verdict: str | None
    reason: str | None = None
    reasoning: str = ""
    stated: Mapping[str, float] = field(default_factory=dict[str, float])


class _Twice(dict[str, Any]):
    """An object in which a key that matters stands twice with different values."""


def parse_reply(reply: Reply | str | None) -> Parsed:
    """Read a verdict from a reply, or the reason why there is none.

    A verdict comes only from an object with one of the five words under ``verdict``;
    code fences, prose around it, thinking blocks, other letter case, single quotes and
    trailing commas are tolerated. Objects that disagree, half an object, a verdict in
    prose: no verdict. Never raises.

    Parameters
    ----------
    reply : Reply or str or None
        What came back.

    Returns
    -------
    Parsed

    Examples
    --------
    >>> parse_reply('Sure! {"verdict": "A causes B", "probability": 0.8}')
    Parsed(verdict='a->b', reason=None, reasoning='', stated={'a->b': 0.8})
    >>> parse_reply("I can't help with a medical question.").reason
    'refusal'
    >>> parse_reply("Option A is right.").reason
    'unparsable'
    """
    reply = reply if isinstance(reply, Reply) else Reply(reply)
    finish = (reply.finish or "").casefold()
    if finish == "missing":
        return Parsed(None, "missing")
    if reply.refusal:
        return Parsed(None, "refusal", str(reply.refusal)[:_MAX_LENIENT])
    if finish in _FILTERED:
        return Parsed(None, "filtered")
    text = (reply.text or "").strip().removeprefix("\ufeff")
    cut = finish in _FINISHED_EARLY
    if not text:
        return Parsed(None, "truncated" if cut else "empty")
    if len(text) > _MAX_TEXT:
        return Parsed(None, "unparsable")
    return _read(text, cut)


def _read(text: str, cut: bool) -> Parsed:
    whole = _whole(text)
    if whole is None:
        bare = _without_thinking(text)
        if bare is None:
            return Parsed(None, "truncated")
        if not bare:
            return Parsed(None, "truncated" if cut else "empty")
        whole, unclosed = _objects(bare)
    else:
        bare, unclosed = text, False
    found = [x for value in whole for x in _with_verdict(value)]
    words = {_word(x) for x in found} - {""}
    if any(isinstance(x, _Twice) for x in found) or len(words) > 1:
        return Parsed(None, "unparsable")
    if not words:
        if _REFUSES.search(bare) and not found:
            return Parsed(None, "refusal", bare[:_MAX_LENIENT])
        return Parsed(None, "truncated" if cut or unclosed else "unparsable")
    return _parsed([x for x in found if _word(x)][-1])


def _parsed(value: Mapping[str, Any]) -> Parsed:
    verdict = WIRE[_word(value)]
    reasoning = value.get("reasoning", "")
    stated = _stated(value, verdict)
    reason = "unsure" if verdict is None else None
    words = reasoning if isinstance(reasoning, str) else ""
    return Parsed(verdict, reason, words, stated)


def _word(value: Mapping[str, Any]) -> str:
    given = value.get("verdict")
    if not isinstance(given, str) or len(given) > 100:
        return ""
    plain = re.sub(r"[\s\-‐‑‒–—]+", "_", given.strip(_QUOTES)).casefold()
    return _ENUM.get(plain, "")


def _stated(value: Mapping[str, Any], verdict: str | None) -> dict[str, float]:
    several = value.get("probabilities")
    if isinstance(several, Mapping):
        given = {
            said: _probability(p)
            for wire, said in WIRE.items()
            if said is not None and (p := several.get(wire)) is not None
        }
        found = {said: p for said, p in given.items() if p is not None}
        if found:
            return found
    one = _probability(value.get("probability"))
    return {} if verdict is None or one is None else {verdict: one}


def _probability(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and 0 <= number <= 1 else None


def _without_thinking(text: str) -> str | None:
    """Drop thinking blocks; None when one is never closed."""
    rest = _THOUGHT.sub(" ", text)
    ends = list(_END_OF_THOUGHT.finditer(rest))
    if ends:
        rest = rest[ends[-1].end() :]
    return None if _OPEN_THOUGHT.search(rest) else rest.strip()


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = {key.strip(_QUOTES).casefold(): value for key, value in pairs}
    said = [v for k, v in pairs if k.strip(_QUOTES).casefold() == "verdict"]
    twice = any(v != said[0] for v in said[1:])
    # the wire's words keep their case, they are looked up as they are
    found |= {k: v for k, v in pairs if k in WIRE}
    return _Twice(found) if twice else found


_DECODER = json.JSONDecoder(object_pairs_hook=_pairs, strict=False)


def _whole(text: str) -> list[Any] | None:
    """The text as one JSON value, also when it was encoded twice."""
    for _ in range(2):
        try:
            value, end = _DECODER.raw_decode(text)
        except (ValueError, RecursionError):
            return None
        if text[end:].strip():
            return None
        if not isinstance(value, str):
            return [value]
        text = value.strip()
    return None


def _objects(text: str) -> tuple[list[Any], bool]:
    """Top-level objects in a text, and whether one was never closed."""
    found: list[Any] = []
    start = text.find("{")
    for _ in range(_MAX_OBJECTS):
        if start < 0:
            return found, False
        try:
            value, end = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            # what stands inside something unreadable is not looked at: a verdict
            # quoted in half a reply is not the verdict
            end = _closing(text, start)
            if end is None:
                return [], True
            value = _lenient(text[start:end])
        found.append(value)
        start = text.find("{", end)
    return [], False


def _closing(text: str, start: int) -> int | None:
    depth, quoted, skip = 0, False, False
    for position in range(start, len(text)):
        sign = text[position]
        if skip:
            skip = False
        elif quoted:
            skip, quoted = sign == "\\", sign != '"'
        elif sign == '"':
            quoted = True
        elif sign in "{}":
            depth += 1 if sign == "{" else -1
            if not depth:
                return position + 1
    return None


def _lenient(text: str) -> Any:
    """An object with single quotes, bare keys or trailing commas: YAML's flow style."""
    if len(text) > _MAX_LENIENT:
        return None
    try:
        # nodes only: nothing is constructed from what an expert wrote
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    return _plain(node, 0)


def _plain(node: object, depth: int) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if isinstance(node, yaml.MappingNode) and depth < 5:
        return _pairs(
            [
                (str(key.value), _plain(value, depth + 1))
                for key, value in node.value
                if isinstance(key, yaml.ScalarNode)
            ]
        )
    return None


def _with_verdict(value: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    if depth > 5:
        return
    if isinstance(value, dict):
        if "verdict" in value:
            yield value
        inner = [v for k, v in value.items() if k != "verdict"]
        for item in inner:
            yield from _with_verdict(item, depth + 1)
    elif isinstance(value, list):
        for item in value[:_MAX_OBJECTS]:
            yield from _with_verdict(item, depth + 1)
