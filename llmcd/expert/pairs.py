"""Kinds of question about one pair: as it is, with a summary, or as a critic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from numbers import Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from llmcd.expert.answers import Answer, Answers
from llmcd.expert.kind import Kind, Pair, Said
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import (
    PROMPT_VERSION,
    WIRE,
    Question,
    pair_data,
    pairwise_question,
)
from llmcd.expert.recorded import wire_text
from llmcd.expert.replies import VERDICTS, parse_reply
from llmcd.expert.wordings import filled

if TYPE_CHECKING:
    from llmcd.variables import Variables

__all__ = ["CRITIC", "PAIRWISE", "SUMMARY", "Dispute", "PairSummary", "revised"]

Fact = float | int | str
_MOST_FACTS = 20  # numbers that describe a pair; more would be rows in disguise
_LONGEST = 200  # characters of one fact
_WORDS = {said: wire for wire, said in WIRE.items() if said is not None}
_REMARK = (
    "This could not be read. Reply again with one JSON object and nothing else, with "
    'the keys "reasoning", "verdict" and "probability", where "verdict" is one of '
    '"A_causes_B", "B_causes_A", "no_direct_relation", "common_cause", "unsure".'
)


@dataclass(frozen=True)
class PairSummary:
    """A few numbers about a pair, computed by the caller and sent with the question.

    The only thing that shares statistics with an expert. An answer that was given in
    sight of the data is no evidence independent of them: what it adds is less than its
    reliability on probes suggests.

    Parameters
    ----------
    together : mapping of str to number or str
        About the two together, in words that hold in both orders, such as
        ``{"correlation": 0.43, "rows": 500}``.
    each : mapping of str to mapping, optional
        About one variable, by column.

    Raises
    ------
    ValueError
        If a value is not a single number or short text, or there are more than 20:
        a summary never holds rows.

    Examples
    --------
    >>> PairSummary({"correlation": 0.43}).together["correlation"]
    0.43
    """

    together: Mapping[str, Fact]
    each: Mapping[str, Mapping[str, Fact]] = field(
        default_factory=dict[str, Mapping[str, Fact]]
    )

    def __post_init__(self) -> None:
        parts = [self.together, *self.each.values()]
        if sum(map(len, parts)) > _MOST_FACTS:
            raise ValueError(
                f"a summary has at most {_MOST_FACTS} numbers, got "
                f"{sum(map(len, parts))}: rows are never sent"
            )
        for part in parts:
            for name, value in part.items():
                _check_fact(name, value)
        frozen = {k: _plain(v) for k, v in self.each.items()}
        object.__setattr__(self, "together", _plain(self.together))
        object.__setattr__(self, "each", MappingProxyType(frozen))


def _plain(facts: Mapping[str, Fact]) -> Mapping[str, Fact]:
    """The same with Python's own numbers, which JSON takes."""
    found = {k: v if isinstance(v, str | int) else float(v) for k, v in facts.items()}
    return MappingProxyType(found)


def _check_fact(name: object, value: object) -> None:
    fits = isinstance(name, str) and len(name) <= _LONGEST
    if isinstance(value, str):
        fits = fits and len(value) <= _LONGEST
    elif isinstance(value, Real) and not isinstance(value, bool):
        fits = fits and math.isfinite(value)
    else:
        fits = False
    if not fits:
        raise ValueError(
            f"a summary holds single finite numbers and texts of at most {_LONGEST} "
            f"characters, got {name!r:.60}: {value!r:.60}"
        )


@dataclass(frozen=True)
class Dispute:
    """Both sides of a conflict, as the critic is shown them.

    Attributes
    ----------
    a, b : str
        The pair.
    data : str or None
        What the data point to: a verdict about ``(a, b)``, or None when they connect
        the two without a direction. No number is sent.
    said : tuple of Answer
        What was answered so far; the reasoning of pairwise answers given in the order
        asked is shown.

    Raises
    ------
    ValueError
        If ``data`` is no verdict, or an answer is about another pair.

    Examples
    --------
    >>> Dispute("x", "y", "a->b", (Answer("x", "y", "none"),)).data
    'a->b'
    """

    a: str
    b: str
    data: str | None
    said: tuple[Answer, ...] = ()

    def __post_init__(self) -> None:
        if self.data is not None and self.data not in VERDICTS:
            raise ValueError(
                f"data is one of {list(VERDICTS)} or None, got {self.data!r}"
            )
        for answer in self.said:
            answer.about(self.a, self.b)


# --- the kinds ------------------------------------------------------------------------


def _both_orders(pairs: Sequence[Pair], samples: int) -> list[tuple[str, str, int]]:
    return [
        (*shown, sample)
        for a, b in pairs
        for sample in range(samples)
        for shown in ((a, b), (b, a))
    ]


def _pairwise(
    variables: Variables,
    pairs: Sequence[Pair],
    samples: int = 1,
    *,
    names: Sequence[str] | None = None,
    about: Mapping[Pair, Any] | None = None,
) -> tuple[Question, ...]:
    orders = _both_orders(pairs, samples)
    return tuple(pairwise_question(variables, a, b, k) for a, b, k in orders)


def _added(
    about: Mapping[Pair, Any] | None, a: str, b: str, needs: str, kind: type
) -> Any:
    given = about or {}
    found = given.get((a, b), given.get((b, a)))
    if not isinstance(found, kind):
        raise ValueError(
            f"about must hold {needs} for the pair ({a!r}, {b!r}), got {found!r:.60}"
        )
    return found


def _summary(
    variables: Variables,
    pairs: Sequence[Pair],
    samples: int = 1,
    *,
    names: Sequence[str] | None = None,
    about: Mapping[Pair, Any] | None = None,
) -> tuple[Question, ...]:
    found: list[Question] = []
    for a, b, sample in _both_orders(pairs, samples):
        given: PairSummary = _added(about, a, b, "a PairSummary", PairSummary)
        summary: dict[str, Any] = {"A and B": _told(variables, given.together)}
        for letter, name in (("A", a), ("B", b)):
            if given.each.get(name):
                summary[letter] = _told(variables, given.each[name])
        data = pair_data(variables, a, b) | {"summary": summary}
        found.append(_question("pairwise-summary", a, b, sample, data))
    return tuple(found)


def _told(variables: Variables, facts: Mapping[str, Fact]) -> dict[str, Fact]:
    hide = variables.hide_names
    return {
        hide(name): hide(value) if isinstance(value, str) else value
        for name, value in facts.items()
    }


def _critic(
    variables: Variables,
    pairs: Sequence[Pair],
    samples: int = 1,
    *,
    names: Sequence[str] | None = None,
    about: Mapping[Pair, Any] | None = None,
) -> tuple[Question, ...]:
    found: list[Question] = []
    for a, b, sample in _both_orders(pairs, samples):
        dispute: Dispute = _added(about, a, b, "a Dispute", Dispute)
        data = pair_data(variables, a, b)
        data["measurements"] = _data_side(dispute, a, b)
        data["first judgement"] = _expert_side(variables, dispute, a, b)
        found.append(_question("critic", a, b, sample, data))
    return tuple(found)


def _data_side(dispute: Dispute, a: str, b: str) -> str:
    if dispute.data is None:
        return "A and B are directly related, the direction is open"
    seen = Answer(dispute.a, dispute.b, dispute.data).about(a, b)
    return _WORDS[seen or "none"]


def _expert_side(
    variables: Variables, dispute: Dispute, a: str, b: str
) -> list[dict[str, str]]:
    told: list[dict[str, str]] = []
    for answer in dispute.said:
        verdict = answer.about(a, b)
        one = {"verdict": _WORDS[verdict] if verdict is not None else "unsure"}
        # elsewhere the letters in it stand for other variables, or it holds numbers
        is_plain = answer.kind == PAIRWISE.name and (answer.a, answer.b) == (a, b)
        if answer.reasoning and is_plain:
            one["reasoning"] = variables.hide_names(answer.reasoning[:1000])
        if one not in told:
            told.append(one)
    return told


def _question(
    kind: str, a: str, b: str, sample: int, data: Mapping[str, Any]
) -> Question:
    version = f"{kind}-1"
    system, user = filled(version, data)
    return Question(kind, a, b, system, user, version, sample)


def _calls(n_variables: int, n_pairs: int, samples: int = 1) -> int:
    return 2 * n_pairs * samples


def _read(reply: Reply | str | None, question: Question) -> tuple[Said, ...]:
    return (Said(question.asked[0], parse_reply(reply)),)


def _write(question: Question, verdicts: Mapping[Pair, str | None]) -> str:
    return wire_text(verdicts[question.a, question.b], reasoning="")


def _letters(n_variables: int) -> str:
    return "AB"


PAIRWISE = Kind(
    "pairwise", PROMPT_VERSION, "2 calls a pair", _pairwise, _calls, _read, _write,
    _REMARK, _letters,
)  # fmt: skip
"""Which of two causes the other, each pair in both orders."""

SUMMARY = Kind(
    "pairwise-summary", "pairwise-summary-1", "2 calls a pair", _summary, _calls, _read,
    _write, _REMARK, _letters, "a PairSummary",
)  # fmt: skip
"""The same with a few numbers about the pair, which the caller computed: opt-in."""

CRITIC = Kind(
    "critic", "critic-1", "2 calls a conflict", _critic, _calls, _read, _write, _REMARK,
    _letters, "a Dispute",
)  # fmt: skip
"""Once more about a conflict, with both sides shown; see :func:`revised`."""


def revised(answers: Answers) -> Answers:
    """Let the critic's second thoughts count, and nothing else of it.

    A critic has seen what the data say, so that its agreeing with them is no new
    evidence. Where an expert as critic keeps its verdict, the first answers stand;
    where it gives up a verdict, the answers that held it are withdrawn (``unsure``),
    in the order in which it was asked. The critic's own answers are left out.

    Parameters
    ----------
    answers : Answers
        First answers and those of the kind ``critic``.

    Returns
    -------
    Answers

    Examples
    --------
    >>> first = Answer("x", "y", "b->a", expert="m")
    >>> second = Answer("x", "y", "a->b", expert="m", kind="critic")
    >>> revised(Answers((first, second))).abstentions
    {'unsure': 1}
    """
    second: dict[tuple[str, str, str], set[str]] = {}
    for x in answers.answers:
        if x.kind == CRITIC.name and x.verdict is not None:
            second.setdefault((x.expert, x.a, x.b), set()).add(x.verdict)
    kept: list[Answer] = []
    for x in answers.answers:
        if x.kind == CRITIC.name:
            continue
        still = second.get((x.expert, x.a, x.b))
        if still and x.verdict is not None and x.verdict not in still:
            x = replace(x, verdict=None, reason="unsure", stated={})
        kept.append(x)
    return Answers(tuple(kept), answers.unfinished)
