"""Causal effects through DoWhy, averaged over what is not known about the graph."""

from llmcd.effects.averaging import effect
from llmcd.effects.bridge import Refutation, to_causal_model, to_structural_model
from llmcd.effects.classes import ParentSet, parent_sets
from llmcd.effects.falsification import Falsification, Violation, falsify
from llmcd.effects.identification import strategies
from llmcd.effects.mixture import mixture_interval
from llmcd.effects.of_result import graphs_of, rows_of_result
from llmcd.effects.strategy import Estimate, Strategy
from llmcd.effects.values import Effect, Range, Way

__all__ = [
    "Effect",
    "Estimate",
    "Falsification",
    "ParentSet",
    "Range",
    "Refutation",
    "Strategy",
    "Violation",
    "Way",
    "effect",
    "falsify",
    "graphs_of",
    "mixture_interval",
    "parent_sets",
    "rows_of_result",
    "strategies",
    "to_causal_model",
    "to_structural_model",
]
