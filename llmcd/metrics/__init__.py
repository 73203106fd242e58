"""How far an estimated graph is from a true one, and how honest its probabilities are.

Truth and estimate are given by keyword, because most of these measures are not
symmetric; nodes are matched by name.
"""

from llmcd.metrics.forecasts import (
    Forecasts,
    ReliabilityBin,
    adjacency_forecasts,
    brier,
    direction_forecasts,
    expected_calibration_error,
    log_loss,
    reliability_bins,
)
from llmcd.metrics.graphs import (
    EffectiveRecall,
    Scores,
    adjacency_scores,
    arrowhead_scores,
    d_top,
    effective_recall,
    shd,
    shd_cpdag,
)
from llmcd.metrics.interventions import Bounds, aid, sid, sid_bounds

__all__ = [
    "Bounds",
    "EffectiveRecall",
    "Forecasts",
    "ReliabilityBin",
    "Scores",
    "adjacency_forecasts",
    "adjacency_scores",
    "aid",
    "arrowhead_scores",
    "brier",
    "d_top",
    "direction_forecasts",
    "effective_recall",
    "expected_calibration_error",
    "log_loss",
    "reliability_bins",
    "shd",
    "shd_cpdag",
    "sid",
    "sid_bounds",
]
