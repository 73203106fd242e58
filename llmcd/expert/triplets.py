"""Three variables at a time: every reply is a vote on the pairs among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Any

from llmcd.expert.kind import Kind, Pair, Said, as_text, said_of_all, to_ask
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question
from llmcd.expert.replies import Parsed, found_in, word_in
from llmcd.expert.wordings import canonical_json, described, filled, mixed

if TYPE_CHECKING:
    from llmcd.variables import Variables

__all__ = ["THIRDS", "TRIPLET"]

THIRDS = 3  # other variables that a pair is looked at with
_VERSION = "triplet-1"
_LETTERS = "ABC"
_KEYS = tuple(combinations(_LETTERS, 2))


def _words(x: str, y: str) -> dict[str, str | None]:
    return {
        f"{x}_causes_{y}": "a->b",
        f"{y}_causes_{x}": "b->a",
        "no_direct_relation": "none",
        "common_cause": "common cause",
        "unsure": None,
    }


_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "reasoning": {"type": "string"},
        **{
            f"{x}_and_{y}": {"type": "string", "enum": list(_words(x, y))}
            for x, y in _KEYS
        },
    },
    "required": ["reasoning", *(f"{x}_and_{y}" for x, y in _KEYS)],
    "additionalProperties": False,
}
_REMARK = (
    "This could not be read. Reply again with one JSON object and nothing else, with "
    'the keys "reasoning", "A_and_B", "A_and_C" and "B_and_C"; for A and B the verdict '
    'is one of "A_causes_B", "B_causes_A", "no_direct_relation", "common_cause", '
    '"unsure", and likewise for the others.'
)


def _questions(
    variables: Variables,
    pairs: Sequence[Pair],
    samples: int = 1,
    *,
    names: Sequence[str] | None = None,
    about: Mapping[Pair, Any] | None = None,
) -> tuple[Question, ...]:
    shown: list[tuple[tuple[str, ...], int]] = []
    for triple in _triples(variables, pairs, names or variables.names):
        for sample in range(samples):
            order = mixed(variables, triple, _VERSION, sample)
            shown += [(order, sample), (order[::-1], sample)]
    asks = to_ask((order, pairs) for order, _ in shown)
    return tuple(
        _question(variables, order, sample, asked)
        for (order, sample), asked in zip(shown, asks, strict=True)
    )


def _triples(
    variables: Variables, pairs: Sequence[Pair], names: Sequence[str]
) -> tuple[tuple[str, ...], ...]:
    """Each pair with a few others, arbitrary but the same every time."""
    if pairs and len(names) < 3:
        raise ValueError(f"a triplet needs three variables, got {list(names)}")
    found: dict[tuple[str, ...], None] = {}
    for a, b in pairs:
        both = sorted(canonical_json(described(variables, name, ())) for name in (a, b))
        order = mixed(variables, names, _VERSION, "third", both)
        others = [name for name in order if name not in (a, b)]
        for third in others[:THIRDS]:
            found[tuple(sorted((a, b, third)))] = None
    return tuple(found)


def _question(
    variables: Variables, order: tuple[str, ...], sample: int, asks: tuple[Any, ...]
) -> Question:
    domain = variables.hide_names(variables.domain)
    data: dict[str, Any] = {"domain": domain} if domain else {}
    for letter, name in zip(_LETTERS, order, strict=True):
        data[letter] = described(variables, name, _LETTERS)
    system, user = filled(_VERSION, data)
    return Question(
        TRIPLET.name, asks[0].a, asks[0].b, system, user, _VERSION, sample,
        asks=asks, shown=order, schema=_SCHEMA,
    )  # fmt: skip


def _calls(n_variables: int, n_pairs: int, samples: int = 1) -> int:
    thirds = min(THIRDS, max(n_variables - 2, 0))
    return 2 * samples * min(comb(n_variables, 3), thirds * n_pairs)


def _read(reply: Reply | str | None, question: Question) -> tuple[Said, ...]:
    keys = tuple(f"{x}_and_{y}".lower() for x, y in _KEYS)
    found = found_in(reply, keys)
    if isinstance(found, Parsed):
        return said_of_all(question, found)
    objects, otherwise = found
    if not objects:
        return said_of_all(question, otherwise)
    letters = dict(zip(question.shown, _LETTERS, strict=True))
    return tuple(
        Said(asked, _parsed(objects, letters[asked.a], letters[asked.b]))
        for asked in question.asked
    )


def _parsed(objects: Sequence[Any], x: str, y: str) -> Parsed:
    key, words = f"{x}_and_{y}".lower(), _words(x, y)
    known = {word.lower(): word for word in words}
    given = [value for value in objects if key in value]
    said = {word_in(value[key], known) for value in given} - {""}
    if len(said) != 1 or any(key in value.twice for value in given):
        return Parsed(None, "unparsable")
    verdict = words[said.pop()]
    reasoning = given[-1].get("reasoning")
    return Parsed(
        verdict,
        "unsure" if verdict is None else None,
        reasoning if isinstance(reasoning, str) else "",
    )


def _write(question: Question, verdicts: Mapping[Pair, str | None]) -> str:
    found: dict[str, str] = {"reasoning": ""}
    for (x, y), (a, b) in zip(_KEYS, combinations(question.shown, 2), strict=True):
        wire = {said: word for word, said in _words(x, y).items()}
        found[f"{x}_and_{y}"] = wire[verdicts.get((a, b))]
    return as_text(found)


def _labels(n_variables: int) -> str:
    return _LETTERS


TRIPLET = Kind(
    "triplet", _VERSION,
    f"2 calls for each of at most {THIRDS} other variables a pair", _questions, _calls,
    _read, _write, _REMARK, _labels,
)  # fmt: skip
"""Votes on pairs in sight of a third variable (Vashishtha et al., arXiv 2310.15117).

They ask about every triple, n^3 / 6 calls; here each pair is looked at with at most
three others. Every reply is a vote on each asked pair among the three; votes in the
same presentation order are samples of one answer, of which the majority counts.
"""
