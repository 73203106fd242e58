"""What the page says about edges, answers, conflicts, costs and settings, in words."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from llmcd.combiner.combined import Combined, Conflict, EdgeDecision, Step
from llmcd.combiner.provenance import ALONE, data_log_odds
from llmcd.expert.answers import Answer
from llmcd.expert.questions import canonical_json
from llmcd.graph import Edge
from llmcd.plots.styles import STYLES

__all__ = [
    "ARROWS", "Pair", "deciders", "flat", "in_words", "other_mode",
    "other_mode_in_words", "pairs", "sampling", "sent", "steps", "told",
    "would_change",
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
    shares : tuple of (str, float)
        What may be between the two, with arrows, and its probability; empty where no
        graphs were sampled.
    steps : tuple of Step
        How it was decided, as the page tells it.
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
    shares: tuple[tuple[str, float], ...]
    steps: tuple[Step, ...]
    answers: tuple[Mapping[str, str], ...]
    conflicts: tuple[Conflict, ...]
    would_change: tuple[str, ...]


def pairs(combined: Combined, also: Iterable[tuple[str, str]] = ()) -> tuple[Pair, ...]:
    """Every edge in name order, then every other pair that the page speaks of.

    Parameters
    ----------
    combined : Combined
        The result.
    also : iterable of (str, str), optional
        Pairs to tell about besides those with an edge, an answer or a conflict.

    Returns
    -------
    tuple of Pair
    """
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
    more = (frozenset(pair) for pair in also)
    rest = {p for p in (*answers, *conflicts, *more) if p not in edges}
    found += sorted((min(p), max(p)) for p in rest)
    return tuple(
        _pair(
            combined, _key(a, b), a, b,
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
    combined: Combined, key: str, a: str, b: str, edge: EdgeDecision | None,
    answers: Sequence[Answer], conflicts: Sequence[Conflict],
) -> Pair:  # fmt: skip
    changes = list(dict.fromkeys(c.would_change for c in conflicts))
    if edge and not changes:
        changes = [would_change(edge, combined.mode)]
    return Pair(
        key,
        a,
        b,
        f"{a} {ARROWS.get(edge.mark, edge.mark)} {b}" if edge else f"{a}, {b}: no edge",
        edge,
        data_log_odds(edge) if edge else None,
        _shares(combined, a, b),
        steps(edge) if edge else (),
        tuple(map(told, answers)),
        tuple(conflicts),
        tuple(changes),
    )


def _shares(combined: Combined, a: str, b: str) -> tuple[tuple[str, float], ...]:
    matrix = combined.directed_probability
    if matrix is None:
        return ()
    i, j = combined.graph.index(a), combined.graph.index(b)
    forth, back = float(matrix[i, j]), float(matrix[j, i])
    apart = max(0.0, 1.0 - forth - back)
    return ((f"{a} → {b}", forth), (f"{b} → {a}", back), ("no edge", apart))


_OTHERS = "answers about other pairs move"


def steps(edge: EdgeDecision) -> tuple[Step, ...]:
    """How an edge was decided, with arrows for marks and without what moved nothing.

    Examples
    --------
    >>> said = Step("data", "the data alone: a --- b", 0.0)
    >>> still = Step("expert", "answers about other pairs move the log-odds", 0.001)
    >>> edge = EdgeDecision(
    ...     "a", "b", "---", 0.5, 1, 1, 0, 0, 0, "nobody", "", (said, still)
    ... )
    >>> [step.statement for step in steps(edge)]
    ['a — b']
    """
    found: list[Step] = []
    for step in edge.provenance:
        idle = step.log_odds is not None and abs(step.log_odds) < _IDLE
        if idle and step.statement.startswith(_OTHERS):
            continue
        words = step.statement
        if step.source == "data":
            words = words.removeprefix(ALONE)
        for x, y in ((edge.cause, edge.effect), (edge.effect, edge.cause)):
            for mark, arrow in ARROWS.items():
                words = words.replace(f"{x} {mark} {y}", f"{x} {arrow} {y}")
        found.append(Step(step.source, words, step.log_odds))
    return tuple(found)


_IDLE = 0.005


def would_change(edge: EdgeDecision, mode: str = "safe") -> str:
    """What would change an edge on which nobody disagrees.

    Parameters
    ----------
    edge : EdgeDecision
        The edge.
    mode : str, optional
        In ``posterior`` mode answers can outweigh the rows.

    Returns
    -------
    str

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
    if mode == "posterior" and edge.decided_by == "data":
        return (
            f"answers worth more than {_needed(edge.probability):.1f} log-odds that "
            f"{b} comes before {a}, or more than {_needed(edge.adjacency):.1f} against "
            "an edge; rows that say otherwise; or background knowledge"
        )
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


def _needed(probability: float) -> float:
    soft = (probability + _SOFT) / (1.0 + 2.0 * _SOFT)
    return max(0.0, float(np.log(soft) - np.log1p(-soft)))


_SOFT = 0.002  # as the combiner's: all of the graphs is no certainty


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


def sampling(combined: Combined) -> tuple[tuple[str, str], ...]:
    """How far the sampled graphs can be trusted, in words; empty in safe mode.

    Examples
    --------
    >>> import llmcd, numpy as np, pandas as pd
    >>> rows = np.random.default_rng(0).normal(size=(99, 2))
    >>> rows = pd.DataFrame(rows, columns=["x", "y"])
    >>> found = llmcd.discover(rows, bootstrap=2, progress=False).combined
    >>> [what for what, _ in sampling(found)]
    ['sampled graphs', 'accepted reversals', 'drift']
    """
    said = combined.diagnostics
    found: list[tuple[str, str]] = []
    if "samples" in said:
        found.append(("sampled graphs", f"{said['samples']:,.0f}"))
    if "accepted_reversals" in said:
        share = said["accepted_reversals"]
        found.append(("accepted reversals", f"{share:.1%} of those tried by the walks"))
    if "drift" in said:
        found.append((
            "drift",
            f"{said['drift']:.1f} standard deviations: the most by which the share of "
            "some edge differs between the halves of the walks",
        ))  # fmt: skip
    return tuple(found)


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
            words = "not set" if value is None else str(value)
            found.append((f"{before}{key}".replace("_", " "), words))
    return found
