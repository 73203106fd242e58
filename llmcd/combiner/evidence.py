"""From answers to votes: what an expert says about the direction of a pair.

One pair is asked in both presentation orders. The replies are read together, as a
pattern, because replies of one expert to one pair are not independent: in recorded
answers of a large language model single replies are wrong about direction in 3.5 %
of cases and agreeing pairs of replies in 3 %, not in 0.1 %.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from llmcd.expert.answers import Answer, Answers
from llmcd.expert.pairs import revised

__all__ = ["Vote", "position_share", "order_consistency", "votes"]

FORWARD, BACKWARD = "a->b", "b->a"


@dataclass(frozen=True)
class Vote:
    """All that one expert said about one pair.

    Attributes
    ----------
    expert : str
        The expert's label.
    a, b : str
        The pair in name order.
    direction : int
        1 for ``a --> b``, -1 for ``b --> a``, 0 for no evidence about direction.
    pattern : str
        ``both`` (the same direction in both presentation orders), ``one`` (a
        direction in one of them, none in the other or not asked), ``split``
        (opposite directions), ``none``, ``common cause``, ``mixed`` (no direction,
        and not the same) or ``unsure``.
    replies : int
        Replies that are not abstentions.
    words : str
        The verdicts, as a reader wants to see them.
    stated : float or None
        How probable the expert called its direction, over its replies; None when it
        stated nothing or gave no direction. Only compared with what the same expert
        stated elsewhere, never taken at face value.

    Examples
    --------
    >>> Vote("m", "x", "y", 1, "both", 2, "x --> y").direction
    1
    """

    expert: str
    a: str
    b: str
    direction: int
    pattern: str
    replies: int
    words: str
    stated: float | None = None


def votes(answers: Answers) -> tuple[Vote, ...]:
    """Read every pair's replies together, expert by expert.

    Repeats in the same presentation order are first reduced to their majority, so
    that asking ten times is not ten votes; a tie between verdicts is no verdict. Of a
    critic's answers only what they withdraw counts.

    Parameters
    ----------
    answers : Answers
        All answers.

    Returns
    -------
    tuple of Vote
        Sorted by expert and pair; one for each expert and pair.

    Examples
    --------
    >>> votes(Answers.none())
    ()
    """
    grouped: dict[tuple[str, str, str], list[Answer]] = {}
    for answer in revised(answers).answers:
        a, b = sorted((answer.a, answer.b))
        grouped.setdefault((answer.expert, a, b), []).append(answer)
    return tuple(
        _vote(expert, a, b, replies)
        for (expert, a, b), replies in sorted(grouped.items())
    )


def _vote(expert: str, a: str, b: str, replies: Iterable[Answer]) -> Vote:
    by_order: dict[str, list[str]] = {a: [], b: []}
    sure: dict[str, list[float]] = {}
    n_replies = 0
    for answer in replies:
        verdict = answer.about(a, b)
        if verdict is not None:
            by_order[answer.a].append(verdict)
            n_replies += 1
            probability = answer.stated.get(answer.verdict or "")
            if probability is not None:
                sure.setdefault(verdict, []).append(probability)
    said = [v for v in (_majority(by_order[a]), _majority(by_order[b])) if v]
    directions = {v for v in said if v in (FORWARD, BACKWARD)}
    words = " / ".join(dict.fromkeys(_in_words(v, a, b) for v in said)) or "unsure"
    if len(directions) == 2:
        return Vote(expert, a, b, 0, "split", n_replies, words)
    if len(directions) == 1:
        sign = 1 if FORWARD in directions else -1
        both = len(said) == 2 and said[0] == said[1]
        pattern = "both" if both else "one"
        values = sure.get(directions.pop())
        # rounded, or what is the same would differ by the order of the answers
        stated = None if values is None else round(float(np.mean(values)), 9)
        return Vote(expert, a, b, sign, pattern, n_replies, words, stated)
    kinds = set(said)
    pattern = "unsure" if not kinds else kinds.pop() if len(kinds) == 1 else "mixed"
    return Vote(expert, a, b, 0, pattern, n_replies, words)


def _majority(verdicts: list[str]) -> str | None:
    if not verdicts:
        return None
    ranked = Counter(verdicts).most_common()
    if len(ranked) > 1 and ranked[0][1] == ranked[1][1]:
        return None
    return ranked[0][0]


def _in_words(verdict: str, a: str, b: str) -> str:
    return {FORWARD: f"{a} --> {b}", BACKWARD: f"{b} --> {a}", "none": "no edge"}.get(
        verdict, verdict
    )


def order_consistency(answers: Answers, expert: str) -> float | None:
    """Share of pairs answered in both orders whose verdicts are the same.

    Parameters
    ----------
    answers : Answers
        All answers.
    expert : str
        The expert's label.

    Returns
    -------
    float or None
        Between 0 and 1; None when no pair was answered in both orders.

    Examples
    --------
    >>> order_consistency(Answers.none(), "m") is None
    True
    """
    orders: dict[tuple[str, str], dict[str, list[str]]] = {}
    for answer in answers.answers:
        a, b = sorted((answer.a, answer.b))
        verdict = answer.about(a, b)
        if answer.expert == expert and verdict is not None:
            orders.setdefault((a, b), {}).setdefault(answer.a, []).append(verdict)
    asked_twice = [list(shown.values()) for shown in orders.values() if len(shown) == 2]
    same = [_majority(one) == _majority(other) for one, other in asked_twice]
    return float(np.mean(same)) if same else None


def position_share(answers: Answers, expert: str) -> float | None:
    """Share of directional replies that name the variable shown first as the cause.

    Only pairs with a reply in both presentation orders count, so that the order in
    which a single question was put cannot pose as a bias.

    Parameters
    ----------
    answers : Answers
        All answers.
    expert : str
        The expert's label.

    Returns
    -------
    float or None
        One half means no position bias; None when there is no such reply.

    Examples
    --------
    >>> position_share(Answers.none(), "m") is None
    True
    """
    mine = [x for x in answers.answers if x.expert == expert and x.verdict is not None]
    shown = {(x.a, x.b) for x in mine}
    named = [
        x.verdict == FORWARD
        for x in mine
        if x.verdict in (FORWARD, BACKWARD) and (x.b, x.a) in shown
    ]
    return float(np.mean(named)) if named else None
