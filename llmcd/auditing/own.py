"""An expert's consistency on the user's own variables: no truth is needed."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from llmcd.auditing.items import Item, Transcript, put
from llmcd.auditing.ordering import cycles, net_votes
from llmcd.auditing.section import Measure, Section, share
from llmcd.expert.budget import Budget
from llmcd.expert.choices import A_OR_B
from llmcd.expert.protocol import Expert
from llmcd.expert.questions import Question, pairwise_question
from llmcd.expert.store import Store
from llmcd.expert.wordings import described
from llmcd.graph import Graph
from llmcd.variables import Variables

__all__ = ["MOST", "OwnVariables", "self_test"]

NAME = "own variables"
MOST = 60  # questions
_DIRECTIONS = ("a->b", "b->a")


@dataclass(frozen=True)
class OwnVariables:
    """Questions about some of the user's variables, asked several ways.

    Attributes
    ----------
    variables : Variables
        The descriptions.
    data_graph : Graph or None
        What the data alone say, a CPDAG: its directed edges are compared.
    """

    variables: Variables
    data_graph: Graph | None = None
    name: str = NAME

    def items(self, n: int = MOST, seed: int = 0) -> tuple[Item, ...]:
        """At most 60 questions: every pair of a few variables, four times.

        Parameters
        ----------
        n : int, optional
            How many at most; never more than 60.
        seed : int, optional
            Which variables, those with edges that the data direct first.

        Returns
        -------
        tuple of Item
            Each pair in both orders with five possible verdicts, then in both orders
            as A or B.

        Raises
        ------
        ValueError
            If there are fewer than three variables, or ``n`` is below 12.
        """
        n = min(n, MOST)
        if len(self.variables) < 3 or n < 12:
            raise ValueError(
                f"a self-test needs 3 variables and 12 questions, got "
                f"{len(self.variables)} and {n}"
            )
        size = max(k for k in range(3, 7) if 2 * k * (k - 1) <= n)
        names = self._chosen(min(size, len(self.variables)), seed)
        found: list[Item] = []
        for pair in combinations(names, 2):
            orders = (pair, pair[::-1])
            # the two orders next to each other, as ``sittings`` wants them
            asked = [pairwise_question(self.variables, a, b) for a, b in orders]
            asked += [_which(self.variables, a, b) for a, b in orders]
            found += [Item(question, "") for question in asked]
        return tuple(found)

    def _chosen(self, size: int, seed: int) -> list[str]:
        names = list(self.variables)
        mixed = [
            names[int(k)] for k in np.random.default_rng(seed).permutation(len(names))
        ]
        arcs = () if self.data_graph is None else self.data_graph.directed_edges()
        first = [name for arc in arcs for name in arc if name in names]
        return list(dict.fromkeys([*first, *mixed]))[:size]

    def score(self, transcript: Transcript) -> Section:
        """Order consistency, other words, circles, and agreement with the data.

        Parameters
        ----------
        transcript : Transcript
            Of these items.

        Returns
        -------
        Section
            Consistency is needed but is not accuracy: whoever always says the same may
            always be wrong. Only the agreement with directions found in the data, where
            there are any, says something of that; it decides the level.
        """
        plain = transcript.where(lambda x: x.answer.kind == "pairwise")
        said = {(x.answer.a, x.answer.b): x.said for x in plain}
        again = {
            (x.answer.a, x.answer.b): x.said
            for x in transcript
            if x.answer.kind == A_OR_B.name
        }
        both = [(said[a, b], said[b, a]) for a, b in said if a < b and (b, a) in said]
        told = [p for p in both if p[0] in _DIRECTIONS and p[1] in _DIRECTIONS]
        twice = [(v, again.get(k)) for k, v in said.items() if v in _DIRECTIONS]
        twice = [(one, other) for one, other in twice if other in _DIRECTIONS]
        votes = net_votes(plain)
        names = sorted({name for pair in said for name in pair})
        triples = [t for t in combinations(names, 3) if _is_whole(t, votes)]
        rings = sum(cycles(t, votes) for t in triples)
        agreed = self._agreement(votes)
        order = share("order consistency", sum(a != b for a, b in told), len(told))
        return Section.of(
            transcript,
            task=NAME,
            title="Is it of one mind about your own variables?",
            measures=(
                agreed,
                order,
                share("same answer in other words", sum(a == b for a, b in twice),
                      len(twice)),
                share("triples without a circle", len(triples) - rings, len(triples)),
                share("answered", len(plain.answered), len(plain)),
                Measure("questions", float(len(transcript)), n=len(transcript)),
            ),
            words=_words(order, agreed),
        )  # fmt: skip

    def _agreement(self, votes: dict[tuple[str, str], int]) -> Measure:
        arcs = () if self.data_graph is None else self.data_graph.directed_edges()
        nets = [votes.get((a, b), 0) - votes.get((b, a), 0) for a, b in arcs]
        told = [net for net in nets if net]
        name = "agrees with directions in the data"
        return share(name, sum(net > 0 for net in told), len(told), 0.5)


def _which(variables: Variables, a: str, b: str) -> Question:
    """A or B, with all that is said of the two."""
    domain = variables.hide_names(variables.domain)
    told: dict[str, Any] = {"domain": domain} if domain else {}
    told |= {"A": described(variables, a), "B": described(variables, b)}
    shown = json.dumps(told, ensure_ascii=False, indent=1)
    return A_OR_B.question(a, b, f"{shown}\n\nWhich causes the other?")


def _is_whole(names: Sequence[str], votes: dict[tuple[str, str], int]) -> bool:
    return all(
        votes.get((a, b), 0) != votes.get((b, a), 0) for a, b in combinations(names, 2)
    )


def _words(order: Measure, agreed: Measure) -> tuple[str, ...]:
    found: list[str] = []
    if order.n < 5:
        found.append("It gives too few directions to judge its consistency.")
    elif order.low is not None and order.low > 0.5:
        found.append(
            "It is of one mind in both presentation orders. That is needed, and it is "
            "not accuracy."
        )
    else:
        found.append(
            "Its direction changes with the order of presentation: it does not know "
            "these variables."
        )
    if not agreed.n:
        found.append("The data direct nothing that could be compared with it.")
    return tuple(found)


def self_test(
    expert: Expert | str,
    variables: Variables,
    *,
    data_graph: Graph | None = None,
    seed: int = 0,
    store: Store | str | os.PathLike[str] | None = None,
    budget: Budget | None = None,
    progress: bool = True,
    replay: bool = False,
) -> Section:
    """Whether an expert is of one mind about the user's variables.

    Parameters
    ----------
    expert : Expert or str
        Whom to ask; one.
    variables : Variables
        The descriptions.
    data_graph : Graph, optional
        What the data alone say, such as ``result.data_graph``.
    seed : int, optional
        Which variables.
    store, budget, progress, replay
        As in ``llmcd.ask``.

    Returns
    -------
    Section

    Raises
    ------
    ValueError
        If there are fewer than three variables.

    Examples
    --------
    >>> class First:
    ...     free = True
    ...
    ...     def answer(self, question):
    ...         if question.kind == "a-or-b":
    ...             return "A"
    ...         return '{"verdict": "A_causes_B", "probability": 0.9}'
    >>> described = Variables.of({name: "" for name in "uvwxyz"})
    >>> found = self_test(First(), described, progress=False)
    >>> found.measure("order consistency").value
    0.0
    """
    task = OwnVariables(variables, data_graph)
    heard = put(
        task.items(MOST, seed), expert,
        store=store, budget=budget, progress=progress, replay=replay,
    )  # fmt: skip
    return task.score(heard)
