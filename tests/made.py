"""Values built by hand for tests of the combiner and what comes after it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from llmcd.background import Background
from llmcd.combiner.audited import Audited
from llmcd.discovery.ensemble import Candidates
from llmcd.expert.answers import Answer, Answers
from llmcd.graph import Graph

Says = Callable[[str, str], str | None]


def made_candidates(
    graph: Graph,
    replicates: Sequence[Graph] | None = None,
    *,
    background: Background | None = None,
) -> Candidates:
    """Candidates as if the data had said exactly this, ten times over."""
    return Candidates(
        names=graph.names,
        graph=graph,
        replicates=tuple([graph] * 10 if replicates is None else replicates),
        method="pc",
        why_method="a test",
        settings={"seed": 0},
        background=background or Background(),
        n_rows=1000,
        kinds=dict.fromkeys(graph.names, "continuous"),
        fingerprint="0" * 64,
        notes=(),
        failures=(),
        warnings=(),
        table=None,
    )


def answer(a: str, b: str, verdict: str | None, expert: str = "m", **other) -> Answer:
    """One reply to one question in one presentation order."""
    fields = {
        "a": a,
        "b": b,
        "verdict": verdict,
        "reason": None if verdict else "unsure",
        "reasoning": "",
        "stated": {},
        "expert": expert,
        "kind": "pairwise",
        "prompt_version": "pairwise-1",
        "sample": 0,
        "raw": None,
        "prompt_tokens": None,
        "completion_tokens": None,
        "usd": None,
    }
    return Answer(**{**fields, **other})


def answers_of(
    says: Says, pairs: Iterable[tuple[str, str]], expert: str = "m"
) -> Answers:
    """What an expert says about pairs, each shown in both orders.

    ``says(a, b)`` gives the verdict in terms of the order shown.
    """
    found = [
        answer(x, y, says(x, y), expert) for a, b in pairs for x, y in ((a, b), (b, a))
    ]
    return Answers(tuple(found))


def oracle(truth: Graph) -> Says:
    """An expert that knows the true graph."""

    def says(a: str, b: str) -> str | None:
        if b in truth.children(a):
            return "a->b"
        return "b->a" if a in truth.children(b) else "none"

    return says


def liar(truth: Graph) -> Says:
    """An expert that reverses every edge."""
    knows = oracle(truth)

    def says(a: str, b: str) -> str | None:
        return {"a->b": "b->a", "b->a": "a->b"}.get(knows(a, b) or "", "none")

    return says


def always_first(a: str, b: str) -> str | None:
    """An expert that names whatever is shown first."""
    return "a->b"


def silent(a: str, b: str) -> str | None:
    """An expert that abstains."""
    return None


def known_right(answers):
    """Every expert as an audit left it that heard forty right directions."""
    return {who: Audited(((0.0,) * 4,) * 3, 40.0, 0.0) for who in answers.experts}
