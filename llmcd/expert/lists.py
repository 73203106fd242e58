"""Many variables in one prompt: breadth-first and the whole graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llmcd.expert.kind import Kind, Pair, Said, as_text, said_of_all, to_ask
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import WIRE, Question
from llmcd.expert.replies import Parsed, found_in, probability_in, word_in
from llmcd.expert.wordings import described, filled, mixed, numbers

if TYPE_CHECKING:
    from llmcd.variables import Variables

__all__ = ["BREADTH", "WHOLE_GRAPH", "list_data", "list_schema", "place_of"]

_WORDS = {word.lower(): word for word in WIRE}
_REMARK = (
    "This could not be read. Reply again with one JSON object and nothing else, with "
    'the keys "reasoning" and "relations"; each entry of the list has the keys "A" and '
    '"B" (labels such as "#2"), "verdict" (one of "A_causes_B", "B_causes_A", '
    '"no_direct_relation", "common_cause", "unsure") and "probability".'
)


def list_data(variables: Variables, order: Sequence[str]) -> dict[str, Any]:
    """What a question about a list tells: the domain, and each variable by its label.

    Parameters
    ----------
    variables : Variables
        The descriptions.
    order : sequence of str
        The names in the order shown.

    Returns
    -------
    dict
        JSON values.

    Examples
    --------
    >>> from llmcd.variables import Variables
    >>> list_data(Variables.of({"x": "", "y": ""}), ["y", "x"])
    {'variables': {'#1': {'name': 'y'}, '#2': {'name': 'x'}}}
    """
    domain = variables.hide_names(variables.domain)
    found: dict[str, Any] = {"domain": domain} if domain else {}
    labels = numbers(len(order))
    found["variables"] = {
        label: described(variables, name, labels)
        for label, name in zip(labels, order, strict=True)
    }
    return found


def list_schema(
    n: int, name: str, entry: Mapping[str, Any], **more: Any
) -> dict[str, Any]:
    """The schema of a reply that lists entries about pairs of labels.

    Parameters
    ----------
    n : int
        Number of variables.
    name : str
        Key of the list.
    entry : mapping
        Further keys of an entry.
    **more : JSON values
        Further keys of the reply.

    Returns
    -------
    dict
    """
    label = {"type": "string", "enum": list(numbers(n))}
    probability = {"type": "number", "minimum": 0, "maximum": 1}
    item = {"A": label, "B": label, **entry, "probability": probability}
    keys = {"reasoning": {"type": "string"}, name: _list_of(item)}
    keys |= {key: _list_of(value) for key, value in more.items()}
    return _closed(keys)


def _closed(keys: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(keys),
        "required": list(keys),
        "additionalProperties": False,
    }


def _list_of(keys: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": _closed(keys)}


def place_of(label: object, n: int) -> int | None:
    """The place of a label in the list, from 0; None when it is none of the list's.

    Examples
    --------
    >>> place_of(" #2 ", 3), place_of("#4", 3), place_of("2", 3)
    (1, None, None)
    """
    if not isinstance(label, str) or len(label) > 20:
        return None
    plain = label.strip(" \t\r\n\"'`")
    labels = numbers(n)
    return labels.index(plain) if plain in labels else None


# --- the questions --------------------------------------------------------------------


def _asked(
    kind: Kind,
    variables: Variables,
    shown: Sequence[tuple[tuple[str, ...], int, str | None]],
    pairs: Sequence[Pair],
) -> tuple[Question, ...]:
    """One question for each (order, sample, variable asked about)."""
    verdict = {"verdict": {"type": "string", "enum": list(WIRE)}}
    asks = to_ask(
        (order, [p for p in pairs if focus is None or focus in p])
        for order, _, focus in shown
    )
    found: list[Question] = []
    for (order, sample, focus), asked in zip(shown, asks, strict=True):
        data = list_data(variables, order)
        if focus is not None:
            data["asked about"] = numbers(len(order))[order.index(focus)]
        system, user = filled(kind.version, data)
        schema = list_schema(len(order), "relations", verdict)
        found.append(
            Question(
                kind.name,
                asked[0].a,
                asked[0].b,
                system,
                user,
                kind.version,
                sample,
                asks=asked,
                shown=order,
                schema=schema,
            )
        )
    return tuple(found)


def _breadth(
    variables: Variables,
    pairs: Sequence[Pair],
    samples: int = 1,
    *,
    names: Sequence[str] | None = None,
    about: Mapping[Pair, Any] | None = None,
) -> tuple[Question, ...]:
    shown: list[tuple[tuple[str, ...], int, str | None]] = []
    for focus in dict.fromkeys(name for pair in pairs for name in pair):
        own = described(variables, focus, ())
        for sample in range(samples):
            order = mixed(variables, names or variables.names, own, sample)
            shown += [(order, sample, focus), (order[::-1], sample, focus)]
    return _asked(BREADTH, variables, shown, pairs)


def _whole_graph(
    variables: Variables,
    pairs: Sequence[Pair],
    samples: int = 1,
    *,
    names: Sequence[str] | None = None,
    about: Mapping[Pair, Any] | None = None,
) -> tuple[Question, ...]:
    shown: list[tuple[tuple[str, ...], int, str | None]] = []
    for sample in range(samples if pairs else 0):
        order = mixed(variables, names or variables.names, sample)
        shown += [(order, sample, None), (order[::-1], sample, None)]
    return _asked(WHOLE_GRAPH, variables, shown, pairs)


def _calls_breadth(n_variables: int, n_pairs: int, samples: int = 1) -> int:
    return 2 * samples * min(n_variables, 2 * n_pairs)


def _calls_whole(n_variables: int, n_pairs: int, samples: int = 1) -> int:
    return 2 * samples * min(n_pairs, 1)


# --- the replies ----------------------------------------------------------------------


def _read(reply: Reply | str | None, question: Question) -> tuple[Said, ...]:
    found = found_in(reply, ("relations",))
    if isinstance(found, Parsed):
        return said_of_all(question, found)
    objects, otherwise = found
    if not objects:
        return said_of_all(question, otherwise)
    unreadable = said_of_all(question, Parsed(None, "unparsable"))
    if any("relations" in x.twice for x in objects):
        return unreadable
    relations, *others = (_relations(x["relations"], question) for x in objects)
    if relations is None or any(other != relations for other in others):
        return unreadable
    given = objects[0].get("reasoning")
    reasoning = given if isinstance(given, str) else ""
    return tuple(
        Said(asked, _parsed(relations.get(asked[:2], []), reasoning))
        for asked in question.asked
    )


def _relations(
    given: object, question: Question
) -> dict[Pair, list[tuple[str, float | None]]] | None:
    """Entries by pair in the order shown; None when one of them cannot be read.

    What is not listed counts as no relation, so that one unreadable entry leaves the
    whole list open.
    """
    if not isinstance(given, list):
        return None
    shown, found = question.shown, dict[Pair, list[tuple[str, float | None]]]()
    for entry in given:
        if not isinstance(entry, Mapping) or getattr(entry, "twice", None):
            return None
        i, j = (place_of(entry.get(key), len(shown)) for key in ("a", "b"))
        word = word_in(entry.get("verdict"), _WORDS)
        if i is None or j is None or i == j or not word:
            return None
        if i > j:
            i, j = j, i
            turned = {"A_causes_B": "B_causes_A", "B_causes_A": "A_causes_B"}
            word = turned.get(word, word)
        entries = found.setdefault((shown[i], shown[j]), [])
        entries.append((word, probability_in(entry.get("probability"))))
    return found


def _parsed(entries: Iterable[tuple[str, float | None]], reasoning: str) -> Parsed:
    said = dict(entries)
    if not said:
        return Parsed("none", None, reasoning)
    if len(said) > 1:
        return Parsed(None, "unparsable", reasoning)
    ((word, probability),) = said.items()
    verdict = WIRE[word]
    if verdict is None:
        return Parsed(None, "unsure", reasoning)
    stated = {} if probability is None else {verdict: probability}
    return Parsed(verdict, None, reasoning, stated)


def _write(question: Question, verdicts: Mapping[Pair, str | None]) -> str:
    wire = {said: word for word, said in WIRE.items()}
    label = dict(zip(question.shown, numbers(len(question.shown)), strict=True))
    relations = [
        {"A": label[a], "B": label[b], "verdict": wire[verdict]}
        for (a, b), verdict in verdicts.items()
        if verdict != "none"
    ]
    return as_text({"reasoning": "", "relations": relations})


BREADTH = Kind(
    "breadth", "breadth-1", "2 calls a variable", _breadth, _calls_breadth, _read,
    _write, _REMARK, numbers,
)  # fmt: skip
"""Every variable's relations to all others (Jiralerspong et al., arXiv 2402.01207).

Their prompts show the replies to those before; here the questions do not depend on one
another, so that they can be asked side by side, stored and repeated.
"""

WHOLE_GRAPH = Kind(
    "whole-graph", "whole-graph-1", "2 calls", _whole_graph, _calls_whole, _read,
    _write, _REMARK, numbers,
)  # fmt: skip
"""All relations in one prompt, the list in an arbitrary order and in its reverse."""
