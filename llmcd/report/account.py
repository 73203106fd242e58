"""What the page says about edges, answers, conflicts, costs and settings, in words."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmcd.combiner.combined import Combined, Conflict, EdgeDecision
from llmcd.expert.answers import Answer
from llmcd.expert.questions import canonical_json
from llmcd.graph import Edge
from llmcd.plots.styles import STYLES

__all__ = [
    "ARROWS", "Pair", "deciders", "flat", "in_words", "other_mode",
    "other_mode_in_words", "pairs", "sent", "told", "would_change",
]  # fmt: skip

ARROWS = {"-->": "→", "---": "—", "<->": "↔"}
_WHO = {
    "data": "by the data",
    "expert": "by the expert",
    "background": "by background knowledge",
    "Meek": "by Meek's rules, from the others",
    "nobody": "undirected",
}


@dataclass(frozen=True)
class Pair:
    """All that the page tells about two variables.

    Attributes
    ----------
    key : str
        Of its place on the page.
    a, b : str
        The two; cause and effect where there is an edge.
    title : str
        The pair as it stands in the result, with an arrow.
    edge : EdgeDecision or None
        None where the two are not adjacent.
    data_log_odds : float or None
        The data's evidence for the direction shown, where there is a number.
    answers : tuple of mapping
        What each expert said, in both presentation orders.
    conflicts : tuple of Conflict
        Disagreements on this pair.
    would_change : tuple of str
        What would change the decision.
    """

    key: str
    a: str
    b: str
    title: str
    edge: EdgeDecision | None
    data_log_odds: float | None
    answers: tuple[Mapping[str, str], ...]
    conflicts: tuple[Conflict, ...]
    would_change: tuple[str, ...]


def pairs(combined: Combined) -> tuple[Pair, ...]:
    """Every edge in name order, then every other pair with an answer or a conflict."""
    answers: dict[frozenset[str], list[Answer]] = {}
    for answer in combined.answers.answers:
        answers.setdefault(frozenset((answer.a, answer.b)), []).append(answer)
    conflicts: dict[frozenset[str], list[Conflict]] = {}
    for conflict in combined.conflicts:
        conflicts.setdefault(frozenset((conflict.a, conflict.b)), []).append(conflict)
    edges = {frozenset((e.cause, e.effect)): e for e in combined.edges}
    found = [
        (e.cause, e.effect)
        for e in sorted(edges.values(), key=lambda e: (e.cause, e.effect))
    ]
    rest = {p for p in (*answers, *conflicts) if p not in edges}
    found += sorted((min(p), max(p)) for p in rest)
    return tuple(
        _pair(
            _key(a, b), a, b,
            edges.get(frozenset((a, b))),
            answers.get(frozenset((a, b)), []),
            conflicts.get(frozenset((a, b)), []),
        )
        for a, b in found
    )  # fmt: skip


def _key(a: str, b: str) -> str:
    """The same for a pair whatever else is on the page."""
    text = canonical_json(sorted((a, b)))
    return f"pair-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _pair(
    key: str, a: str, b: str, edge: EdgeDecision | None,
    answers: Sequence[Answer], conflicts: Sequence[Conflict],
) -> Pair:  # fmt: skip
    first = edge.provenance[0] if edge and edge.provenance else None
    changes = list(dict.fromkeys(c.would_change for c in conflicts))
    if edge and not changes:
        changes = [would_change(edge)]
    return Pair(
        key,
        a,
        b,
        f"{a} {ARROWS.get(edge.mark, edge.mark)} {b}" if edge else f"{a}, {b}: no edge",
        edge,
        first.log_odds if first and first.source == "data" else None,
        tuple(map(told, answers)),
        tuple(conflicts),
        tuple(changes),
    )


def would_change(edge: EdgeDecision) -> str:
    """What would change an edge on which nobody disagrees.

    Examples
    --------
    >>> edge = EdgeDecision("a", "b", "-->", 0.9, 1.0, 1.0, 2.5, 0.0, 2, "expert")
    >>> would_change(edge)
    'answers for the opposite direction: at +2.50 log-odds ...'
    """
    own = getattr(edge, "would_change", "")  # the combiner may know better
    if own:
        return str(own)
    a, b = edge.cause, edge.effect
    return {
        "data": f"rows that say otherwise, or background knowledge that {b} comes "
        f"before {a}",
        "expert": f"answers for the opposite direction: at {edge.expert_log_odds:+.2f} "
        f"log-odds now, they would have to outweigh these; or background knowledge",
        "background": "other background knowledge",
        "Meek": "a change of the directions that it follows from",
        "nobody": f"an answer about {a} and {b} or a neighbouring pair that carries "
        "weight, more rows, or background knowledge",
    }.get(edge.decided_by, "other rows, other answers, or background knowledge")


def told(answer: Answer) -> dict[str, str]:
    """One answer, with names in place of letters."""
    words = {
        "a->b": f"{answer.a} → {answer.b}",
        "b->a": f"{answer.b} → {answer.a}",
        "none": "no direct relation",
        "common cause": "a common cause of both",
    }
    verdict = words.get(answer.verdict or "", f"no answer ({answer.reason})")
    stated = ", ".join(f"{words.get(k, k)} {v:.2f}" for k, v in answer.stated.items())
    return {
        "expert": answer.expert,
        "shown": f"{answer.a}, then {answer.b}",
        "verdict": verdict,
        "stated": stated,
        "reasoning": answer.reasoning,
    }


def in_words(conflict: Conflict) -> dict[str, str]:
    """What each side says, with arrows in place of marks."""
    a, b = conflict.a, conflict.b
    words = {
        f"{x} {mark} {y}": f"{x} {arrow} {y}"
        for x, y in ((a, b), (b, a))
        for mark, arrow in ARROWS.items()
    }
    words["no edge"] = f"{a}, {b}: no edge"
    return {
        "data": words.get(conflict.data_says, conflict.data_says),
        "expert": words.get(conflict.expert_says, conflict.expert_says),
        "decision": words.get(conflict.decision, conflict.decision),
    }


def deciders(combined: Combined) -> list[tuple[str, int, str]]:
    """Class on the page, number of edges and words, for each who decided some."""
    counts = Counter(edge.decided_by for edge in combined.edges)
    order = [*_WHO, *sorted(set(counts) - set(_WHO))]
    return [
        (who if who in STYLES else "other", counts[who], _WHO.get(who, f"by {who}"))
        for who in order
        if counts[who]
    ]


def other_mode(combined: Combined) -> tuple[tuple[str, str, str, str], ...]:
    """Pairs on which the other mode says something else.

    Parameters
    ----------
    combined : Combined
        The result.

    Returns
    -------
    tuple of (str, str, str, str)
        The two in name order, what stands in the result, and what the other mode says,
        with arrows; empty where there is no other graph.
    """
    other = combined.other_graph
    if other is None:
        return ()
    graph, found = combined.graph, list[tuple[str, str, str, str]]()
    drawn = {frozenset(e[:2]) for g in (graph, other) for e in g.edges()}
    for a, b in sorted((min(pair), max(pair)) for pair in drawn):
        now, then = (_arrow(g.edge(a, b)) for g in (graph, other))
        if now != then:
            found.append((a, b, now, then))
    return tuple(found)


def _arrow(edge: Edge | None) -> str:
    if edge is None:
        return "no edge"
    a, b = (edge.a, edge.b) if edge.mark == "-->" else sorted((edge.a, edge.b))
    return f"{a} {ARROWS.get(edge.mark, edge.mark)} {b}"


def other_mode_in_words(combined: Combined, most: int = 3) -> str:
    """In one line where the other mode differs; empty where it could not be run.

    Parameters
    ----------
    combined : Combined
        The result.
    most : int, optional
        Pairs that are spelt out.

    Returns
    -------
    str
    """
    if combined.other_graph is None:
        return ""
    found = other_mode(combined)
    if not found:
        return f"{combined.other_mode} mode would say the same"
    shown = "; ".join(
        f"{then} (here {now})" if then != "no edge" else f"no {now}"
        for _, _, now, then in found[:most]
    )
    n = len(found)
    more = f"; and {n - most} more" if n > most else ""
    return (
        f"{combined.other_mode} mode differs on {n} pair{'' if n == 1 else 's'}: "
        f"{shown}{more}"
    )


def sent(combined: Combined) -> list[dict[str, Any]]:
    """For each expert how much was asked, in which wording, and what it cost."""
    found: list[dict[str, Any]] = []
    for expert in combined.answers.experts:
        mine = [x for x in combined.answers.answers if x.expert == expert]
        given = [x.prompt_tokens for x in mine if x.prompt_tokens is not None]
        back = [x.completion_tokens for x in mine if x.completion_tokens is not None]
        cost = [x.usd for x in mine if x.usd is not None]
        found.append(
            {
                "expert": expert,
                "questions": len(mine),
                "variables": len({name for x in mine for name in (x.a, x.b)}),
                "abstained": sum(x.verdict is None for x in mine),
                "prompts": ", ".join(sorted({x.prompt_version for x in mine})),
                "sent": f"{sum(given):,}" if given else "",
                "received": f"{sum(back):,}" if back else "",
                "usd": f"{sum(cost):.4f}" if cost else "",
            }
        )
    return found


def flat(settings: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    """Settings within settings, as one list.

    Examples
    --------
    >>> flat({"seed": 0, "versions": {"numpy": "2"}})
    [('seed', '0'), ('versions numpy', '2')]
    """
    found: list[tuple[str, str]] = []
    for key, value in settings.items():
        if isinstance(value, Mapping):
            found.extend(flat(value, f"{before}{key} "))
        else:
            found.append((f"{before}{key}".replace("_", " "), str(value)))
    return found
