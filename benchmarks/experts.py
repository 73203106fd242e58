"""Who is asked: recordings, simulations with known mistakes, any live model."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import combinations
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

import llmcd
from benchmarks.arms import in_arm
from benchmarks.cells import Cell
from benchmarks.networks import KnownNetwork
from llmcd.errors import LlmcdError
from llmcd.expert.answers import Answers
from llmcd.expert.protocol import identity, label
from llmcd.expert.questions import Question, canonical_json, pairwise_question
from llmcd.expert.recorded import Recorded
from llmcd.expert.resolve import resolve
from llmcd.expert.simulated import Simulated
from llmcd.graph import Graph
from llmcd.variables import Variables

__all__ = [
    "PAIRS",
    "SIMULATED",
    "Consulted",
    "NotHadError",
    "consult",
    "expert_of",
    "knows_truth",
    "what_was_said",
]

ANSWERS = Path(__file__).parent / "answers"
PYTHON = "python:"
PAIRS = ("planned", "shuffled", "all")

# A strong model calls some ancestors and few unrelated pairs a cause, and its mistakes
# about a pair are the same in both orders.
_RATES: Mapping[str, Any] = {"ancestor": 0.3, "unrelated": 0.1, "mistakes": "shared"}
_ACCURACIES = (0.0, 0.5, 0.7, 0.85, 0.95, 1.0)
_FIRST_BIAS = 0.23

SIMULATED: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "abstain": {"unsure": 1.0},
        "always-first": {"first_bias": 1.0},
        # Knows nothing, not even which pairs are related, and sticks to what it said.
        "coin": {
            "accuracy": 0.5,
            "ancestor": 1.0,
            "unrelated": 1.0,
            "mistakes": "shared",
        },
        # Turns round all that it knows, and directs every other pair as well.
        "adversarial": {
            "accuracy": 0.0,
            "ancestor": 1.0,
            "unrelated": 1.0,
            "mistakes": "shared",
        },
        "oracle": {"accuracy": 1.0},
        # GPT-4 in 2023: of true edges, 181 of 181 right when the cause is shown first,
        # 139 of 181 when it is second; a direction for 60 % of ancestors and 35 % of
        # unrelated pairs, of which the bias for the first place gives 23 % already.
        "gpt-4-2023": {
            "accuracy": 1.0,
            "first_bias": _FIRST_BIAS,
            "ancestor": 0.48,
            "unrelated": 0.16,
        },
        **{f"accuracy-{r:g}": {"accuracy": r, **_RATES} for r in _ACCURACIES},
        **{
            f"accuracy-{r:g}-first": {
                "accuracy": r,
                "first_bias": _FIRST_BIAS,
                **_RATES,
            }
            for r in _ACCURACIES
        },
    }
)
"""Simulated experts by name, with the arguments of ``Simulated``."""


class NotHadError(LlmcdError):
    """An expert that cannot be asked here; the message says why."""


@dataclass(frozen=True, eq=False)
class Consulted:
    """An expert's answers about the pairs of a cell.

    Attributes
    ----------
    expert : str
        As it was named.
    arm : str
        What it was shown.
    pairs : str
        Which pairs it was asked about; one of ``PAIRS``.
    answers : Answers
        What it said; a recording that has no answer says so.
    asked : int
        Questions that got a reply.
    seconds : float
        That asking took.
    identity : mapping
        Label, and a hash of all that may change its replies.
    """

    expert: str
    arm: str
    pairs: str
    answers: Answers
    asked: int
    seconds: float
    identity: Mapping[str, str]

    @property
    def verdicts(self) -> tuple[tuple[str, str, str | None], ...]:
        """``(a, b, verdict)`` of every question, ``a`` shown first."""
        return tuple((x.a, x.b, x.verdict) for x in self.answers.answers)


def knows_truth(expert: str) -> bool:
    """Whether it is a simulation, which answers by the truth whatever it is shown.

    Examples
    --------
    >>> knows_truth("coin"), knows_truth("recorded")
    (True, False)
    """
    return expert in SIMULATED or expert.startswith("simulated:")


def expert_of(
    named: str, network: KnownNetwork, arm: str, seed: int, *, answers: Path = ANSWERS
) -> Any:
    """The expert that a name means for a network.

    Parameters
    ----------
    named : str
        ``recorded`` (this network's answers in this arm), a name in ``SIMULATED``,
        ``simulated:accuracy=0.8,unrelated=0.2``, ``python:MODULE.NAME`` for an expert
        or a class of the user's, or whatever ``discover`` takes, such as
        ``openai/gpt-5``.
    network : KnownNetwork
        The network.
    arm : str
        What the expert is shown.
    seed : int
        Of a simulation's mistakes.
    answers : Path, optional
        Folder of recordings.

    Returns
    -------
    Expert

    Raises
    ------
    NotHadError
        If nothing is recorded, or no expert can be simulated.
    ValueError
        If the name means nothing.

    Examples
    --------
    >>> from benchmarks.networks import known_network
    >>> expert_of("coin", known_network("asia"), "real", 1).label
    'coin'
    """
    if named == "recorded":
        for name in dict.fromkeys((network.name, network.name.split("-")[0])):
            path = answers / arm / f"{name}.jsonl"
            if path.is_file():
                return Recorded(path, missing="abstain", label="recorded")
        raise NotHadError(f"no answers of {network.name} are recorded in arm {arm}")
    if knows_truth(named):
        if not network.full_graph.is_dag:
            raise NotHadError(f"the truth of {network.name} holds a cycle")
        chances = SIMULATED.get(named) or _chances(named)
        return Simulated(network.full_graph, **chances, seed=seed, label=named)
    found = resolve(_imported(named) if named.startswith(PYTHON) else named)
    if found is None:
        raise ValueError("expert 'none' asks nobody; every study runs that anyway")
    return found


def _imported(named: str) -> Any:
    """An expert of the user's, made without arguments where it is a class."""
    module, _, name = named.removeprefix(PYTHON).rpartition(".")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as problem:
        raise ValueError(
            f"{named} should be python:MODULE.NAME, an expert that can be imported "
            f"from here: {problem}"
        ) from None
    return found() if isinstance(found, type) else found


def _chances(named: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in named.removeprefix("simulated:").split(","):
        key, equals, value = part.partition("=")
        if not equals:
            raise ValueError(
                f"expected simulated:accuracy=0.8,first_bias=0.1 and so on, got {named}"
            )
        try:
            found[key.strip()] = float(value)
        except ValueError:
            found[key.strip()] = value.strip()
    try:
        Simulated(Graph.empty("ab"), **found)
    except TypeError as problem:
        raise ValueError(f"{named}: {problem}") from None
    return found


def consult(
    cell: Cell,
    named: str,
    *,
    arm: str = "real",
    pairs: str = "planned",
    limit: int | None = None,
    store: Path | None = None,
    usd: float | None = None,
) -> Consulted:
    """Ask an expert about the pairs of a cell, each in both presentation orders.

    Parameters
    ----------
    cell : Cell
        What the data say.
    named : str
        As in ``expert_of``.
    arm : str, optional
        What the expert is shown.
    pairs : {"planned", "shuffled", "all"}, optional
        Those of ``llmcd.plan``; the same in random order, which only a limit tells
        apart; or all pairs of columns.
    limit : int, optional
        Most pairs that are asked about.
    store : Path, optional
        Where a live model's replies are kept, for all cells.
    usd : float, optional
        Most that a live model may cost in this cell.

    Returns
    -------
    Consulted

    Raises
    ------
    NotHadError
        If the expert cannot be had here.
    """
    expert = expert_of(named, cell.network, arm, cell.seed)
    shown = in_arm(cell.network.variables, arm, network=cell.network.name)
    questions = _questions(cell, shown, pairs, expert, limit)
    is_live = not (named == "recorded" or knows_truth(named))
    began = time.perf_counter()
    found = llmcd.ask(
        questions,
        expert,
        store=store if is_live else None,
        budget=llmcd.Budget(usd=usd) if is_live and usd is not None else None,
        progress=False,
    )
    held = hashlib.sha256(canonical_json(identity(expert)).encode()).hexdigest()
    return Consulted(
        named,
        arm,
        pairs,
        found,
        sum(x.reason != "missing" for x in found.answers),
        time.perf_counter() - began,
        {"label": label(expert), "hash": held[:16]},
    )


def _questions(
    cell: Cell, shown: Variables, pairs: str, expert: Any, limit: int | None
) -> tuple[Question, ...]:
    if pairs not in PAIRS:
        raise ValueError(f"pairs must be one of {', '.join(PAIRS)}, got {pairs!r}")
    if pairs == "all":
        chosen = list(combinations(cell.columns, 2))
    else:
        described = shown.subset(cell.candidates.names)
        planned = llmcd.plan(cell.candidates, described, expert=expert).questions
        chosen = list(dict.fromkeys(q.pair for q in planned))
    if pairs == "shuffled":
        order = np.random.default_rng([cell.seed, cell.rows]).permutation(len(chosen))
        chosen = [chosen[k] for k in order]
    return tuple(
        pairwise_question(shown, a, b, sample)
        for pair in chosen[:limit]
        for sample in range(int(getattr(expert, "samples", 1)))
        for a, b in (pair, pair[::-1])
    )


def what_was_said(truth: Graph, answers: Answers) -> dict[str, dict[str, int]]:
    """Answers against the truth: counts by what a pair is and by what was said.

    Parameters
    ----------
    truth : Graph
        The true graph; an answer about a node that it does not have is left out.
    answers : Answers
        With ``missing`` ones left out.

    Returns
    -------
    dict
        For ``edge, cause first``, ``edge, effect first``, ``ancestor`` and
        ``unrelated``: how often ``right``, ``reversed`` (of an edge or ancestor),
        ``directed`` (of an unrelated pair), ``none``, ``common cause``, ``silent``.

    Examples
    --------
    >>> from llmcd.expert.answers import Answer
    >>> dag = Graph.from_edges("ab", directed=[("a", "b")])
    >>> what_was_said(dag, Answers((Answer("b", "a", "b->a"),)))
    {'edge, effect first': {'right': 1}}
    """
    reach = truth.reach()
    counts: dict[str, Counter[str]] = {}
    for x in answers.answers:
        if x.reason == "missing" or not {x.a, x.b} <= set(truth.names):
            continue
        i, j = truth.index(x.a), truth.index(x.b)
        leads = "a->b" if reach[i, j] else "b->a" if reach[j, i] else None
        if truth.arcs[i, j] or truth.arcs[j, i]:
            order = "cause first" if truth.arcs[i, j] else "effect first"
            leads = "a->b" if truth.arcs[i, j] else "b->a"
            what = f"edge, {order}"
        else:
            what = "ancestor" if leads else "unrelated"
        said = x.verdict or "silent"
        if said in ("a->b", "b->a"):
            said = "directed" if leads is None else _side(said == leads)
        counts.setdefault(what, Counter())[said] += 1
    return {what: dict(sorted(by.items())) for what, by in sorted(counts.items())}


def _side(is_right: bool) -> str:
    return "right" if is_right else "reversed"
