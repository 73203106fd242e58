"""Posterior mode with one of its parts taken out, and the search with fewer starts.

The combiner has no settings for this, and needs none: while one of these runs, a
function of it is replaced by one that leaves something out. Everything else is the same
code, the same rows, the same answers and the same random numbers.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import fields, replace
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np

import llmcd
from benchmarks.cells import Cell
from benchmarks.experts import Consulted
from benchmarks.methods import Estimate, Floats, Method
from benchmarks.methods_combined import combined_estimate
from llmcd.combiner import posterior
from llmcd.combiner.evidence import Vote
from llmcd.combiner.response import Response, learn_response
from llmcd.discovery import ensemble
from llmcd.discovery.sampling import prepare_ensemble, sample_graphs
from llmcd.expert.answers import Answers

__all__ = ["METHODS", "existence_part", "one_order", "order_part"]

SHORT = 50  # moves of a walk for each variable
_ACCURACY = 0.9
# direction, split, none, common cause; the directions of edges, ancestors and unrelated
# pairs as GPT-4 gave them in 2023, see benchmarks/experts.py
_RATES = np.array(
    [[0.95, 0.03, 0.01, 0.01], [0.60, 0.05, 0.30, 0.05], [0.35, 0.05, 0.50, 0.10]]
)


def order_part(worth: Floats) -> Floats:
    """What votes say about which comes first, without what they say of an edge.

    Parameters
    ----------
    worth : array of float, shape (q, 5)
        As of ``Response.worth``.

    Returns
    -------
    array of float, shape (q, 5)

    Examples
    --------
    >>> order_part(np.log([[0.4, 0.1, 0.4, 0.1, 0.01]])).round(2).tolist()
    [[0.0, -1.39, 0.0, -1.39, -0.47]]
    """
    found = np.zeros_like(worth)
    for there, back in ((0, 1), (2, 3)):
        gap = worth[:, there] - worth[:, back]
        found[:, there], found[:, back] = -np.logaddexp(0, -gap), -np.logaddexp(0, gap)
    found[:, 4] = np.log(0.5)
    return np.asarray(found - found.max(axis=1, keepdims=True))


def existence_part(worth: Floats) -> Floats:
    """What votes say about an edge, without which comes first.

    Parameters
    ----------
    worth : array of float, shape (q, 5)
        As of ``Response.worth``.

    Returns
    -------
    array of float, shape (q, 5)

    Examples
    --------
    >>> existence_part(np.log([[0.9, 0.1, 0.3, 0.3, 0.25]])).round(2).tolist()
    [[0.0, 0.0, -0.51, -0.51, -0.69]]
    """
    found = worth.copy()
    for there, back in ((0, 1), (2, 3)):
        both = np.logaddexp(worth[:, there], worth[:, back]) - np.log(2.0)
        found[:, there] = found[:, back] = both
    return np.asarray(found - found.max(axis=1, keepdims=True))


def one_order(answers: Answers) -> Answers:
    """The answers in one of two presentation orders, drawn for each pair.

    Examples
    --------
    >>> from llmcd.expert.answers import Answer
    >>> both = Answers((Answer("x", "y", "a->b"), Answer("y", "x", "b->a")))
    >>> len(one_order(both).answers)
    1
    """
    kept = tuple(
        x
        for x in answers.answers
        if (zlib.crc32("\0".join(x.pair).encode()) % 2 == 0) == (x.pair == (x.a, x.b))
    )
    return replace(answers, answers=kept)


class _Partial(Response):
    """Learnt as ever; of its votes only a part is heard."""

    part: Callable[[Floats], Floats]

    def worth(self, votes: Sequence[Vote], draw: int, seed: int) -> Floats:
        whole = super().worth(votes, draw, seed)
        return type(self).part(whole) if len(whole) else whole


class _Order(_Partial):
    part = staticmethod(order_part)


class _Existence(_Partial):
    part = staticmethod(existence_part)


def _as(kind: type[Response], *given: Any, **settings: Any) -> Response:
    found = learn_response(*given, **settings)
    return kind(**{f.name: getattr(found, f.name) for f in fields(found)})


def _fixed(*given: Any, **settings: Any) -> Response:
    """Weights that nobody learnt: the same whatever was answered."""
    found = learn_response(*given, **settings)
    skill = np.full_like(found.skill, np.log(_ACCURACY / (1.0 - _ACCURACY)))
    rows = np.broadcast_to(_RATES, found.rows.shape)
    return replace(found, skill=skill, rows=rows, levels=None, cuts=())


def _unstated(answers: Answers) -> Answers:
    return replace(
        answers, answers=tuple(replace(x, stated={}) for x in answers.answers)
    )


def _posterior(
    name: str,
    about: str,
    *replaced: tuple[Any, str, Any],
    answers: Callable[[Answers], Answers] | None = None,
) -> Method:
    def run(cell: Cell, consulted: Consulted | None) -> Estimate:
        if consulted is None:
            raise ValueError("combining needs answers, got None")
        said = consulted.answers if answers is None else answers(consulted.answers)
        found = cell.candidates
        with ExitStack() as stack:
            for module, what, by in replaced:
                stack.enter_context(patch.object(module, what, by))
                if module is ensemble:
                    found = replace(found)  # which forgets the graphs it has sampled
            result = llmcd.combine(found, said, mode="posterior")
            return combined_estimate(result, consulted)

    return Method(f"posterior: {name}", "ablation", True, about, run)


def _starts(most: int) -> Method:
    def run(cell: Cell, _: Consulted | None) -> Estimate:
        search = llmcd.OrderSearch(max_starts=most, patience=most)
        found = llmcd.candidates(
            cell.table, method=search, bootstrap=0, seed=cell.seed, n_jobs=1
        )
        return Estimate(found.graph, warnings=found.warnings)

    name = f"order: {most} start{'s' if most > 1 else ''}"
    return Method(name, "ablation", False, "the same search, stopped early", run)


METHODS = (
    _starts(1),
    _starts(5),
    _posterior(
        "order only",
        "what answers say about an edge is not heard, only which comes first",
        (posterior, "learn_response", partial(_as, _Order)),
    ),
    _posterior(
        "existence only",
        "which comes first is not heard, only what answers say about an edge",
        (posterior, "learn_response", partial(_as, _Existence)),
    ),
    _posterior(
        "fixed weights",
        "nothing is learnt about the expert: right with 0.9, and directing edges, "
        "ancestors and unrelated pairs as GPT-4 did in 2023",
        (posterior, "learn_response", _fixed),
    ),
    _posterior(
        "one presentation order",
        "of two answers about a pair one, drawn at random, is heard",
        answers=one_order,
    ),
    _posterior(
        "stated probabilities unheard",
        "what the expert stated to be how probable is not looked at",
        answers=_unstated,
    ),
    _posterior(
        "all rows only",
        "no chain's rows are reweighted: the data's own voice is not calibrated",
        (ensemble, "prepare_ensemble", partial(prepare_ensemble, resampled=0.0)),
    ),
    _posterior(
        "resamples only",
        "every chain walks on a whole resample of the rows",
        (ensemble, "prepare_ensemble", partial(prepare_ensemble, resampled=1.0)),
    ),
    _posterior(
        "short walks",
        f"{SHORT} moves for each variable",
        (ensemble, "sample_graphs", partial(sample_graphs, moves=SHORT)),
        (posterior, "sample_graphs", partial(sample_graphs, moves=SHORT)),
    ),
)
