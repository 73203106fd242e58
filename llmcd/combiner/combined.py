"""What the combiner returns: a graph, and for every edge who decided and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from llmcd.combiner.audited import Audited
from llmcd.discovery.ensemble import Candidates
from llmcd.expert.answers import Answers
from llmcd.graph import Graph

__all__ = ["Combined", "Conflict", "EdgeDecision", "Reliability", "Step"]


@dataclass(frozen=True)
class Step:
    """One thing that moved an edge from data alone to the result.

    Attributes
    ----------
    source : str
        ``data``, ``expert``, ``background`` or ``Meek``.
    statement : str
        What it said, in words.
    log_odds : float or None
        Natural log-odds for the edge as it stands in the result, where the step has
        a number.
    """

    source: str
    statement: str
    log_odds: float | None = None


@dataclass(frozen=True)
class EdgeDecision:
    """An edge of the result and the reasons for it.

    Attributes
    ----------
    cause, effect : str
        The two ends; in name order when the edge is undirected.
    mark : str
        ``-->``, ``---`` or ``<->``.
    probability : float
        Probability of the edge as drawn, given that the two are adjacent: for
        ``-->`` that the cause comes first, for ``---`` of the likelier direction.
    adjacency : float
        Probability that the two are adjacent, with the answers; in safe mode the share
        of the resamples.
    data_support : float
        Share of the resamples in which the two are adjacent.
    expert_log_odds : float
        The expert's evidence for cause before effect, natural log-odds; 0 when
        nobody was asked or the answers carry no weight.
    existence_log_odds : float
        The expert's evidence for an edge, natural log-odds; 0 in safe mode, where
        answers say nothing about it.
    answers : int
        Answers about this pair that are not abstentions.
    decided_by : str
        ``data``, ``expert``, ``background``, ``Meek`` (follows from the others) or
        ``nobody`` (undirected).
    warning : str
        Empty, or what a reader should know before using the edge.
    provenance : tuple of Step
        From data alone to the result, in order.
    """

    cause: str
    effect: str
    mark: str
    probability: float
    adjacency: float
    data_support: float
    expert_log_odds: float
    existence_log_odds: float
    answers: int
    decided_by: str
    warning: str = ""
    provenance: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Conflict:
    """A pair on which data and expert disagree.

    Attributes
    ----------
    a, b : str
        The pair, in name order.
    data_says, expert_says : str
        ``a --> b``, ``b --> a``, ``a --- b``, ``no edge``, ``common cause``, with the
        variables' names.
    data_support : float
        Share of the resamples that agree with ``data_says``.
    expert_log_odds : float
        Strength of ``expert_says``, natural log-odds, after reliability.
    decision : str
        What stands in the result.
    rule : str
        Why.
    would_change : str
        What would change the decision.
    """

    a: str
    b: str
    data_says: str
    data_support: float
    expert_says: str
    expert_log_odds: float
    decision: str
    rule: str
    would_change: str


@dataclass(frozen=True)
class Reliability:
    """How far one expert could be trusted, learnt from the data without labels.

    Attributes
    ----------
    expert : str
        The expert's label.
    accuracy, low, high : float
        Posterior mean and 90 % interval of the chance that a direction, given the
        same way in both presentation orders, is right.
    single_accuracy : float
        The same for a direction that was given in one of the two orders only.
    weight : float
        Log-odds that a direction given in both orders is worth; never negative.
    probes : int
        Pairs that the data directs and the expert gave a direction for.
    agreed : int
        How many of those the expert directed as the data does.
    order_consistency : float or None
        Of the pairs asked in both orders and answered twice, the share with the
        same verdict; None when there is none.
    first_shown : float or None
        Of all directional verdicts, the share that names the variable shown first
        as the cause; one half means no position bias; None when there is none.
    sensitivity : float or None
        Posterior mean chance that the expert gives a direction where there is an edge;
        None in safe mode, which does not learn it.
    specificity : float or None
        The same that it gives none where neither is an ancestor of the other.
    finding : str
        In words.
    """

    expert: str
    accuracy: float
    low: float
    high: float
    single_accuracy: float
    weight: float
    probes: int
    agreed: int
    order_consistency: float | None
    first_shown: float | None
    sensitivity: float | None
    specificity: float | None
    finding: str


@dataclass(frozen=True)
class Combined:
    """Data and expert reconciled.

    Attributes
    ----------
    mode, why_mode : str
        ``safe`` or ``posterior``, and why this one.
    graph : Graph
        The MPDAG: every edge directed that data, knowledge or expert decide.
    data_graph : Graph
        The data's own CPDAG, as if nobody had been asked.
    edges : tuple of EdgeDecision
        One for each edge of ``graph``.
    conflicts : tuple of Conflict
        Disagreements, the strongest first.
    reliability : tuple of Reliability
        One for each expert asked.
    candidates : Candidates
        The data's side.
    answers : Answers
        The expert's side.
    warnings : tuple of str
        What a reader must know, the most important first.
    other_mode : str
        The mode that was not taken; empty where it could not be.
    other_graph : Graph or None
        What it would have said.
    samples : tuple of Graph
        DAGs drawn from the posterior with the answers, equally weighted; empty in safe
        mode.
    directed_probability : array of float, shape (n, n), or None
        Probability of ``i --> j``: of an edge times that of its direction; None in safe
        mode.
    diagnostics : mapping of str to float
        How far the samples can be trusted: their number, the share of accepted
        reversals, and the largest drift between the halves of the walks in standard
        deviations.
    audits : mapping of str to Audited
        What audits of some of the experts heard before.
    """

    mode: str
    why_mode: str
    graph: Graph
    data_graph: Graph
    edges: tuple[EdgeDecision, ...]
    conflicts: tuple[Conflict, ...]
    reliability: tuple[Reliability, ...]
    candidates: Candidates
    answers: Answers
    warnings: tuple[str, ...] = ()
    other_mode: str = ""
    other_graph: Graph | None = None
    samples: tuple[Graph, ...] = ()
    directed_probability: npt.NDArray[np.float64] | None = field(
        default=None, compare=False, repr=False
    )
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    audits: Mapping[str, Audited] = field(default_factory=dict)
