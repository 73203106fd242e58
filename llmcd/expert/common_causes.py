"""Common causes of two variables, and variables that should have been recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmcd.expert.answers import Answers
from llmcd.expert.kind import Kind, Pair, Said, as_text, said_of_all, to_ask
from llmcd.expert.lists import list_data, list_schema, place_of
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question
from llmcd.expert.replies import Parsed, found_in, probability_in
from llmcd.expert.wordings import filled, mixed, numbers

if TYPE_CHECKING:
    from llmcd.variables import Variables

__all__ = ["COMMON_CAUSES", "MissingVariable", "missing_variables"]

_VERSION = "common-causes-1"
_LONGEST = 200  # characters of a cause or a name
_LONGEST_WHY = 1000
_MOST = 20  # suggestions that are taken from one reply
_TEXT = {"type": "string"}
_REMARK = (
    "This could not be read. Reply again with one JSON object and nothing else, with "
    'the keys "reasoning", "common_causes" (entries with "A", "B", "cause" and '
    '"probability") and "missing_variables" (entries with "name" and "why"); A and B '
    'are labels such as "#2".'
)


@dataclass(frozen=True)
class MissingVariable:
    """A variable that an expert would have recorded.

    Attributes
    ----------
    name : str
        In the expert's words.
    why : str
        Why it matters, in the expert's words.
    experts : tuple of str
        Who named it, sorted.
    replies : int
        In how many replies.

    Examples
    --------
    >>> MissingVariable("season", "It changes both.", ("m",), 2).replies
    2
    """

    name: str
    why: str
    experts: tuple[str, ...]
    replies: int


def _questions(
    variables: Variables,
    pairs: Sequence[Pair],
    samples: int = 1,
    *,
    names: Sequence[str] | None = None,
    about: Mapping[Pair, Any] | None = None,
) -> tuple[Question, ...]:
    shown: list[tuple[tuple[str, ...], int]] = []
    for sample in range(samples if pairs else 0):
        order = mixed(variables, names or variables.names, _VERSION, sample)
        shown += [(order, sample), (order[::-1], sample)]
    asks = to_ask((order, pairs) for order, _ in shown)
    found: list[Question] = []
    for (order, sample), asked in zip(shown, asks, strict=True):
        system, user = filled(_VERSION, list_data(variables, order))
        schema = list_schema(
            len(order), "common_causes", {"cause": _TEXT},
            missing_variables={"name": _TEXT, "why": _TEXT},
        )  # fmt: skip
        found.append(
            Question(
                COMMON_CAUSES.name,
                asked[0].a,
                asked[0].b,
                system,
                user,
                _VERSION,
                sample,
                asks=asked,
                shown=order,
                called=tuple(map(variables.shown, order)),
                schema=schema,
            )
        )
    return tuple(found)


def _calls(n_variables: int, n_pairs: int, samples: int = 1) -> int:
    return 2 * samples * min(n_pairs, 1)


def _read(reply: Reply | str | None, question: Question) -> tuple[Said, ...]:
    found = found_in(reply, ("common_causes",))
    if isinstance(found, Parsed):
        return said_of_all(question, found)
    objects, otherwise = found
    if not objects:
        return said_of_all(question, otherwise)
    given = objects[0].get("reasoning")
    reasoning = given if isinstance(given, str) else ""
    by_pair, *others = (_by_pair(x, question, reasoning) for x in objects)
    if by_pair is None or any(other != by_pair for other in others):
        return said_of_all(question, Parsed(None, "unparsable"))
    rest = Parsed(None, "unmentioned", reasoning)
    return tuple(Said(x, by_pair.get((x.a, x.b), rest)) for x in question.asked)


def _by_pair(
    value: Any, question: Question, reasoning: str
) -> dict[Pair, Parsed] | None:
    """What can be read; an entry that cannot says nothing about the other pairs."""
    entries = value["common_causes"]
    if "common_causes" in value.twice or not isinstance(entries, list):
        return None
    shown, found = question.shown, dict[Pair, Parsed]()
    for entry in entries:
        if not isinstance(entry, Mapping) or getattr(entry, "twice", None):
            continue
        i, j = (place_of(entry.get(key), len(shown)) for key in ("a", "b"))
        cause = _cause(entry.get("cause"), question)
        if i is None or j is None or i == j or not cause:
            continue
        i, j = sorted((i, j))
        if cause in (shown[i], shown[j]):
            continue  # then one causes the other, which was not asked
        probability = probability_in(entry.get("probability"))
        stated = {} if probability is None else {"common cause": probability}
        said = Parsed("common cause", None, reasoning, stated, cause)
        found.setdefault((shown[i], shown[j]), said)
    return found


def _cause(given: object, question: Question) -> str:
    """A column, by its label or by what it is called in the list, else some words."""
    shown = question.shown
    place = place_of(given, len(shown))
    if place is not None:
        return shown[place]
    text = _short(given, _LONGEST)
    for name, called in zip(shown, question.called, strict=False):
        if text.casefold() == called.casefold():
            return name
    return "" if text.startswith("#") else text


def _short(given: object, most: int) -> str:
    return " ".join(given.split())[:most] if isinstance(given, str) else ""


def _write(question: Question, verdicts: Mapping[Pair, str | None]) -> str:
    label = dict(zip(question.shown, numbers(len(question.shown)), strict=True))
    entries = [
        {"A": label[a], "B": label[b], "cause": "something else"}
        for (a, b), verdict in verdicts.items()
        if verdict == "common cause"
    ]
    return as_text({"reasoning": "", "common_causes": entries, "missing_variables": []})


COMMON_CAUSES = Kind(
    "common-causes", _VERSION, "2 calls", _questions, _calls, _read, _write, _REMARK,
    numbers,
)  # fmt: skip
"""Which pairs have a common cause, and what is missing from the table.

Ends as ``common cause`` answers that name the cause (a column, or words for something
that is not in the table); pairs that a reply does not mention are ``unmentioned``. The
missing variables are in :func:`missing_variables`.
"""


def missing_variables(answers: Answers) -> tuple[MissingVariable, ...]:
    """What the experts miss in the table, named most often first.

    Parameters
    ----------
    answers : Answers
        Those of the kind ``common-causes`` are read, from their raw text.

    Returns
    -------
    tuple of MissingVariable
        Names that differ in case or spaces only are one; the first spelling stands.

    Examples
    --------
    >>> missing_variables(Answers.none())
    ()
    """
    first: dict[str, tuple[str, str]] = {}
    named: Counter[str] = Counter()
    experts: dict[str, set[str]] = {}
    for answer in answers.answers:
        if answer.kind != COMMON_CAUSES.name or answer.raw is None:
            continue
        for key, (name, why) in _named(answer.raw).items():
            first.setdefault(key, (name, why))
            named[key] += 1
            experts.setdefault(key, set()).add(answer.expert)
    return tuple(
        MissingVariable(*first[key], tuple(sorted(experts[key])), count)
        for key, count in sorted(named.items(), key=lambda x: (-x[1], x[0]))
    )


def _named(raw: str) -> dict[str, tuple[str, str]]:
    found = found_in(raw, ("missing_variables",))
    if isinstance(found, Parsed) or len(found[0]) != 1:
        return {}
    entries: Any = found[0][0]["missing_variables"]
    listed: Iterable[Any] = entries if isinstance(entries, list) else ()
    named: dict[str, tuple[str, str]] = {}
    for entry in list(listed)[:_MOST]:
        if isinstance(entry, Mapping):
            name = _short(entry.get("name"), _LONGEST)
            if name:
                why = _short(entry.get("why"), _LONGEST_WHY)
                named.setdefault(name.casefold(), (name, why))
    return named
