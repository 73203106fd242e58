"""What is handed back of an effect: its ways, its range, its average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from llmcd.effects.bridge import Refutation
from llmcd.effects.strategy import Strategy

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Effect", "Range", "Way"]


@dataclass(frozen=True)
class Way:
    """One strategy, its weight among the graphs, and what it estimates.

    Attributes
    ----------
    strategy : Strategy
        How the effect is identified.
    share : float
        Weight of the graphs' members in which it is identified so.
    own_share : float
        The same within the class of the graph that the result stands for.
    value, standard_error, low, high : float
        The estimate and its interval; NaN where there is none.
    df : float
        Degrees of freedom of the interval.
    method, note : str
        How it was estimated, and what a reader must know.
    """

    strategy: Strategy
    share: float
    own_share: float
    value: float
    standard_error: float
    low: float
    high: float
    df: float
    method: str
    note: str = ""


@dataclass(frozen=True)
class Range:
    """What the class of one graph allows the effect to be.

    Attributes
    ----------
    low, high : float
        Smallest and largest estimate; NaN if the effect is identified in no member.
    values : tuple of (float, float)
        The multiset: each distinct estimate with its share of the members.
    low_limit, high_limit : float
        The lowest lower and highest upper end of their intervals.
    reason : str
        Why it is a range, or why it is one value.
    """

    low: float
    high: float
    values: tuple[tuple[float, float], ...]
    low_limit: float
    high_limit: float
    reason: str

    def __str__(self) -> str:
        if np.isnan(self.low):
            return self.reason
        if self.low == self.high:
            return f"{self.low:.4g}: {self.reason}"
        return f"{self.low:.4g} to {self.high:.4g}: {self.reason}"


@dataclass(frozen=True)
class Effect:
    """A causal effect and everything that it is uncertain for.

    Attributes
    ----------
    treatment, outcome : str
        Column names.
    words : str
        What is compared with what, in which units.
    value : float
        Mean over the graphs in which the effect is identified; NaN if in none.
    low, high : float
        Interval over the same graphs: quantiles of the mixture of their sampling
        distributions, with a point at 0 for graphs in which the outcome leads to the
        treatment and, where graphs are known and not learnt, for all without a path.
    level : float
        Of the interval.
    sampling_variance, graph_variance : float
        Mean of the squared standard errors, and variance of the estimates between
        graphs; their sum is the variance of the mixture (law of total variance).
    identified, zero : float
        Share of the graphs in which the effect is identified, and in which it is zero
        because no directed path leads to the outcome.
    graphs : int
        How many were averaged over.
    ways : tuple of Way
        The strategies, the most frequent first.
    own : Range
        The effect on the result's own graph, as a range over its class.
    refutations : tuple of Refutation
        Of the estimate that the own graph's class supports most.
    n_rows : int
        Rows used.
    notes : tuple of str
        What a reader must know.
    """

    treatment: str
    outcome: str
    words: str
    value: float
    low: float
    high: float
    level: float
    sampling_variance: float
    graph_variance: float
    identified: float
    zero: float
    graphs: int
    ways: tuple[Way, ...]
    own: Range
    refutations: tuple[Refutation, ...]
    n_rows: int
    notes: tuple[str, ...] = ()

    @property
    def graph_share(self) -> float:
        """Share of the variance that comes from not knowing the graph; 0 to 1."""
        total = self.sampling_variance + self.graph_variance
        return self.graph_variance / total if total > 0 else 0.0

    @property
    def table(self) -> pd.DataFrame:
        """One row a strategy, the most frequent first."""
        import pandas as pd

        rows = [
            (
                str(w.strategy), w.share, w.own_share, w.value, w.standard_error,
                w.low, w.high, w.method, w.note,
            )
            for w in self.ways
        ]  # fmt: skip
        columns = ["strategy", "share", "own_share", "value", "standard_error", "low",
                   "high", "method", "note"]  # fmt: skip
        return pd.DataFrame(rows, columns=columns)

    def __str__(self) -> str:
        lines = [f"WARNING: {note}" for note in self.notes]
        lines.append(f"effect of {self.treatment} on {self.outcome}: {self.words}")
        if np.isnan(self.value):
            lines.append("not identified in any graph that was considered")
        else:
            lines.append(
                f"{self.value:.4g}, {self.level:.0%} interval {self.low:.4g} to "
                f"{self.high:.4g}, over {self.graphs} graphs and {self.n_rows:,} rows"
            )
            lines.append(
                f"{self.graph_share:.0%} of the variance comes from the graph, "
                f"{1 - self.graph_share:.0%} from sampling"
            )
        lines.append(
            f"identified in {self.identified:.0%} of the graphs, zero by the graph in "
            f"{self.zero:.0%}"
        )
        lines.append(f"on the result's own graph: {self.own}")
        lines.extend(str(one) for one in self.refutations)
        return "\n".join(lines)
