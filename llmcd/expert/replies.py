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

__all__ = [
    "REASONS",
    "VERDICTS",
    "YES_OR_NO",
    "Parsed",
    "found_in",
    "parse_reply",
    "probability_in",
    "word_in",
]

VERDICTS = ("a->b", "b->a", "none", "common cause")
YES_OR_NO = ("yes", "no")  # verdicts of the kind "yes-no", which is about no pair
REASONS = (
    "unsure", "refusal", "empty", "truncated", "filtered", "unparsable", "missing",
    "unmentioned",
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
    cause : str or None
        What the expert names as the common cause: a column, or words of its own.

    Examples
    --------
    >>> Parsed("none").reason is None
    True
    """

    verdict: str | None
    reason: str | None = None
    reasoning: str = ""
    stated: Mapping[str, float] = field(default_factory=dict[str, float])
    cause: str | None = None


class _Object(dict[str, Any]):
    """An object; ``twice`` holds the keys that stand in it with different values."""

    twice: frozenset[str] = frozenset()


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
    Parsed(verdict='a->b', reason=None, reasoning='', stated={'a->b': 0.8}, cause=None)
    >>> parse_reply("I can't help with a medical question.").reason
    'refusal'
    >>> parse_reply("Option A is right.").reason
    'unparsable'
    """
    found = found_in(reply, ("verdict",))
    if isinstance(found, Parsed):
        return found
    objects, otherwise = found
    words = {_word(x) for x in objects} - {""}
    if any("verdict" in x.twice for x in objects) or len(words) > 1:
        return Parsed(None, "unparsable")
    if not words:
        return otherwise
    return _parsed([x for x in objects if _word(x)][-1])


def found_in(
    reply: Reply | str | None, keys: tuple[str, ...]
) -> tuple[list[_Object], Parsed] | Parsed:
    """The objects in a reply that have a key, or the reason why there is no reply.

    Parameters
    ----------
    reply : Reply or str or None
        What came back.
    keys : tuple of str
        In lower case; an object with one of them counts.

    Returns
    -------
    tuple of (list of dict, Parsed) or Parsed
        The objects, outer before inner, and what the reply is if none of them will do.
        Keys are in lower case, and each object's ``twice`` holds those that stand in
        it with different values.

    Examples
    --------
    >>> found_in('Well: {"Relations": []}', ("relations",))[0]
    [{'relations': []}]
    >>> found_in("", ("relations",)).reason
    'empty'
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
    return _search(text, cut, keys)


def _search(
    text: str, cut: bool, keys: tuple[str, ...]
) -> tuple[list[_Object], Parsed] | Parsed:
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
    found = [x for value in whole for x in _with_key(value, keys)]
    otherwise = Parsed(None, "truncated" if cut or unclosed else "unparsable")
    if not found and _REFUSES.search(bare):
        otherwise = Parsed(None, "refusal", bare[:_MAX_LENIENT])
    return found, otherwise


def _parsed(value: Mapping[str, Any]) -> Parsed:
    verdict = WIRE[_word(value)]
    reasoning = value.get("reasoning", "")
    stated = _stated(value, verdict)
    reason = "unsure" if verdict is None else None
    words = reasoning if isinstance(reasoning, str) else ""
    return Parsed(verdict, reason, words, stated)


def _word(value: Mapping[str, Any]) -> str:
    return word_in(value.get("verdict"), _ENUM)


def word_in(given: object, words: Mapping[str, str]) -> str:
    """Which word of an enum is meant, whatever its case, spaces and quotes.

    Parameters
    ----------
    given : object
        What stands in the reply.
    words : mapping of str to str
        What a word in lower case with underscores stands for.

    Returns
    -------
    str
        Empty when it is none of them.

    Examples
    --------
    >>> word_in(" A causes B.", {"a_causes_b": "a->b"}), word_in(7, {})
    ('a->b', '')
    """
    if not isinstance(given, str) or len(given) > 100:
        return ""
    plain = re.sub(r"[\s\-‐‑‒–—]+", "_", given.strip(_QUOTES)).casefold()
    return words.get(plain, "")


def _stated(value: Mapping[str, Any], verdict: str | None) -> dict[str, float]:
    several = value.get("probabilities")
    if isinstance(several, Mapping):
        given = {
            said: probability_in(p)
            for wire, said in WIRE.items()
            if said is not None and (p := several.get(wire)) is not None
        }
        found = {said: p for said, p in given.items() if p is not None}
        if found:
            return found
    one = probability_in(value.get("probability"))
    return {} if verdict is None or one is None else {verdict: one}


def probability_in(value: object) -> float | None:
    """A number from 0 to 1, or None; nothing is rescaled.

    Examples
    --------
    >>> probability_in("0.8"), probability_in(80)
    (0.8, None)
    """
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


def _pairs(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object()
    twice: set[str] = set()
    for key, value in pairs:
        plain = key.strip(_QUOTES).casefold()
        if plain in found and found[plain] != value:
            twice.add(plain)
        found[plain] = value
    # the wire's words keep their case, they are looked up as they are
    found.update({k: v for k, v in pairs if k in WIRE})
    found.twice = frozenset(twice)
    return found


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
    return _plain(node, 0, set())


def _plain(node: object, depth: int, seen: set[int]) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return str(node.value)
    if depth >= 5 or id(node) in seen:  # the same node twice is a reference
        return None
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, depth + 1, seen) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return _pairs(
            [
                (str(key.value), _plain(value, depth + 1, seen))
                for key, value in node.value
                if isinstance(key, yaml.ScalarNode)
            ]
        )
    return None


def _with_key(value: Any, keys: tuple[str, ...], depth: int = 0) -> Iterator[_Object]:
    if depth > 5:
        return
    if isinstance(value, _Object):
        if not value.keys().isdisjoint(keys):
            yield value
        for item in [v for k, v in value.items() if k not in keys]:
            yield from _with_key(item, keys, depth + 1)
    elif isinstance(value, list):
        for item in value[:_MAX_OBJECTS]:
            yield from _with_key(item, keys, depth + 1)
