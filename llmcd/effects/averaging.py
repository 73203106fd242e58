"""An effect averaged over what is not known about the graph."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from llmcd.data.table import Table
from llmcd.effects.bridge import REFUTERS, Refutation, estimate_through_dowhy, refute
from llmcd.effects.classes import EQUAL
from llmcd.effects.estimate import estimate
from llmcd.effects.identification import Weighted, settled, strategies
from llmcd.effects.mixture import mixture_interval, quantile
from llmcd.effects.rows import Contrast, Rows, contrast_of, rows_of
from llmcd.effects.strategy import Estimate, Strategy, check_ends
from llmcd.effects.values import Effect, Range, Way
from llmcd.errors import DataError, GraphError
from llmcd.graph import Graph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["effect"]

Floats = npt.NDArray[np.float64]
OWN = ("auto", "linear")


def effect(
    graphs: Graph | Sequence[Graph],
    data: Rows | Table | pd.DataFrame,
    treatment: str,
    outcome: str,
    *,
    weights: Sequence[float] | None = None,
    own: Graph | None = None,
    unobserved: Collection[str] = (),
    levels: tuple[Any, Any] | None = None,
    event: Any = None,
    level: float = 0.95,
    estimator: str = "auto",
    refuters: Sequence[str] = tuple(REFUTERS),
    simulations: int = 50,
    limit: int = 200,
    seed: int = 0,
    learnt: bool = False,
    variables: Any = None,
    missing: str = "error",
) -> Effect:
    """Estimate a causal effect and say how much of its uncertainty is the graph's.

    Parameters
    ----------
    graphs : Graph or sequence of Graph
        DAGs, CPDAGs or MPDAGs over the same nodes; each stands for its class. A
        bidirected edge is a hidden common cause.
    data : Rows, Table or pandas.DataFrame
        The rows. A Table gives the effect in standard deviations.
    treatment, outcome : str
        Column names.
    weights : sequence of float, optional
        One a graph, not negative; equal when None.
    own : Graph, optional
        The graph whose class gives the range; the heaviest one when None.
    unobserved : collection of str, optional
        Nodes that no column measures; front doors and instruments are then looked for.
    levels : (control, treated), optional
        For a discrete treatment with more than two levels.
    event : label, optional
        For a discrete outcome with more than two levels.
    level : float, optional
        Of the interval.
    estimator : str, optional
        ``auto``, ``linear`` (one line: no standardisation, no bends, also where rows
        ask for them), or an estimator of DoWhy for backdoors, such as
        ``backdoor.propensity_score_weighting``: slower, with standard errors by
        resampling.
    refuters : sequence of str, optional
        Of ``placebo``, ``random common cause`` and ``subset``; ``()`` for none, which
        leaves DoWhy out.
    simulations : int, optional
        Runs of each refuter, and resamples of an estimator of DoWhy.
    limit : int, optional
        Of members of one class that are enumerated.
    seed : int, optional
        Of refuters and resamples.
    learnt : bool, optional
        Whether the graphs were learnt from rows, so that an arc that is not there may
        have been missed. Then a graph in which neither of the two leads to the other
        counts with what adjusting for the treatment's parents estimates, in place of
        zero; and a regression adjusts for the other causes of the outcome as well. The
        range of ``own`` takes its graph as it is.
    variables, missing
        As in :func:`llmcd.table`.

    Returns
    -------
    Effect

    Raises
    ------
    GraphError
        If a name is no node, the graphs differ in their nodes, or one has a cycle,
        circles, or is no MPDAG.
    DataError
        If a column is missing or constant, or no graph's estimate exists in these rows.
    ValueError
        If treatment and outcome are the same, or an argument is out of range.

    Notes
    -----
    Per graph the treatment's parents are adjusted for, which is right in every member
    of the class that has them, so the average is over parent sets (Pensar, Talvitie,
    Hyttinen and Koivisto 2020, *A Bayesian approach for estimating causal effects from
    observational data*; there as here for learnt graphs, one without a path counts
    with its estimate: adjusting for the treatment's parents is right there too, and
    gives zero but for sampling); the range and its multiset are IDA's (Maathuis,
    Kalisch and Buehlmann 2009). Estimates on the rows that chose the graph are too sure
    of themselves; resampled or sampled graphs put part of that back.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> z = rng.normal(size=1000)
    >>> x = z + rng.normal(size=1000)
    >>> df = pd.DataFrame({"z": z, "x": x, "y": 2 * x + z + rng.normal(size=1000)})
    >>> both = [("z", "y"), ("x", "y")]
    >>> graph = Graph.from_edges("xyz", directed=both, undirected=[("x", "z")])
    >>> found = effect(graph, df, "x", "y", refuters=())
    >>> print(f"{found.own.low:.1f} to {found.own.high:.1f}")
    2.0 to 2.5
    >>> found.own.reason
    'undirected at x: x --- z'
    """
    given = (graphs,) if isinstance(graphs, Graph) else tuple(graphs)
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1, got {level!r}")
    share = _weights(weights, given)
    mine = given[int(np.argmax(share))] if own is None else own
    _same_nodes((mine, *given))
    check_ends(mine, treatment, outcome)
    # equal graphs are looked at once
    each = {
        graph: strategies(
            graph, treatment, outcome,
            unobserved=unobserved, limit=limit, learnt=True,
        )
        for graph in dict.fromkeys((mine, *given))
    }  # fmt: skip
    inside = {graph: one for graph, (one, _) in each.items()}
    found, alone = _averages(given, share, inside), settled(inside[mine])
    if not learnt:
        found = settled(found)
    rows = rows_of(
        data,
        [name for name in mine.names if name not in set(unobserved)],
        variables=variables,
        missing=missing,
    )
    contrast = contrast_of(rows, treatment, outcome, levels=levels, event=event)
    estimates = {
        strategy: _estimated(strategy, rows, contrast, estimator, simulations, seed)
        for strategy in {**found, **alone}
    }
    ways = tuple(
        _way(strategy, found.get(strategy, 0.0), alone.get(strategy, 0.0), one, level)
        for strategy, one in estimates.items()
    )
    ways = tuple(sorted(ways, key=lambda w: (-w.share, -w.own_share, str(w.strategy))))
    best = _leading(ways)
    tried: tuple[Refutation, ...] = ()
    if best is not None and refuters:
        tried = refute(
            best, rows, contrast, names=refuters, simulations=simulations, seed=seed
        )
    notes = _notes(ways, {how for _, how in each.values()})
    own_range = _range(mine, ways, treatment, outcome)
    return _averaged(ways, contrast, rows, level, len(given), own_range, tried, notes)


# --- over the graphs ------------------------------------------------------------------


def _weights(weights: Sequence[float] | None, graphs: Sequence[Graph]) -> Floats:
    if not graphs:
        raise ValueError("graphs must hold at least one graph, got none")
    given = (
        np.ones(len(graphs)) if weights is None else np.asarray(weights, dtype=float)
    )
    if given.shape != (len(graphs),):
        raise ValueError(
            f"weights must be one a graph ({len(graphs)}), got shape {given.shape}"
        )
    if not np.isfinite(given).all() or (given < 0).any() or not given.any():
        raise ValueError("weights must be finite, not negative and not all zero")
    return given / given.sum()


def _same_nodes(graphs: Sequence[Graph]) -> None:
    nodes = set(graphs[0].names)
    for other in graphs[1:]:
        if set(other.names) != nodes:
            odd = sorted(nodes ^ set(other.names))
            raise GraphError(
                f"the graphs must have the same nodes; they differ in {odd}"
            )


def _averages(
    graphs: Sequence[Graph], share: Floats, inside: Mapping[Graph, Weighted]
) -> Weighted:
    """Strategies of all graphs with their weights."""
    found: Weighted = {}
    for graph, weight in zip(graphs, share, strict=True):
        for strategy, part in inside[graph].items():
            found[strategy] = found.get(strategy, 0.0) + float(weight) * part
    return found


def _estimated(
    strategy: Strategy,
    rows: Rows,
    contrast: Contrast,
    estimator: str,
    simulations: int,
    seed: int,
) -> Estimate:
    if strategy.kind != "backdoor" or estimator in OWN:
        return estimate(strategy, rows, contrast, linear=estimator == "linear")
    return estimate_through_dowhy(
        strategy,
        rows,
        contrast,
        estimator=estimator,
        simulations=simulations,
        seed=seed,
    )


def _way(
    strategy: Strategy, share: float, own: float, one: Estimate, level: float
) -> Way:
    half = quantile((1 + level) / 2, one.df) * one.standard_error
    return Way(
        strategy, share, own, one.value, one.standard_error, one.value - half,
        one.value + half, one.df, one.method, one.note,
    )  # fmt: skip


def _leading(ways: Sequence[Way]) -> Strategy | None:
    led = [w for w in ways if w.strategy.kind not in ("no path", "apart")]
    able = [w for w in led if np.isfinite(w.value)]
    if not able:
        return None
    return max(able, key=lambda w: (w.own_share, w.share)).strategy


def _averaged(
    ways: tuple[Way, ...],
    contrast: Contrast,
    rows: Rows,
    level: float,
    graphs: int,
    own: Range,
    tried: tuple[Refutation, ...],
    notes: tuple[str, ...],
) -> Effect:
    able = [w for w in ways if np.isfinite(w.value) and w.share > 0]
    identified = sum(w.share for w in ways if w.strategy.kind != "not identified")
    mean = low = high = within = between = np.nan
    if able:
        share = np.array([w.share for w in able])
        share /= share.sum()
        values = np.array([w.value for w in able])
        errors = np.array([w.standard_error for w in able])
        mean = float(share @ values)
        within = float(share @ errors**2)
        between = float(share @ (values - mean) ** 2)
        low, high = mixture_interval(
            values, errors, share, df=[w.df for w in able], level=level
        )
    elif identified > 0:
        why = next(w.note for w in ways if w.strategy.kind != "not identified")
        raise DataError(
            f"no graph's estimate of the effect of {contrast.treatment} on "
            f"{contrast.outcome} exists in these rows: {why}"
        )
    return Effect(
        treatment=contrast.treatment, outcome=contrast.outcome, words=contrast.words,
        value=mean, low=low, high=high, level=level, sampling_variance=within,
        graph_variance=between, identified=float(identified),
        zero=float(
            sum(w.share for w in ways if w.strategy.kind in ("no path", "apart"))
        ),
        graphs=graphs, ways=ways, own=own, refutations=tried,
        n_rows=rows.table.n_rows, notes=notes,
    )  # fmt: skip


# --- over one class -------------------------------------------------------------------


def _range(graph: Graph, ways: Sequence[Way], treatment: str, outcome: str) -> Range:
    inside = [w for w in ways if w.own_share > 0]
    able = [w for w in inside if np.isfinite(w.value)]
    reason = _reason(graph, inside, treatment, outcome)
    if not able:
        return Range(np.nan, np.nan, (), np.nan, np.nan, reason)
    values: dict[float, float] = {}
    for way in able:
        values[way.value] = values.get(way.value, 0.0) + way.own_share
    return Range(
        low=min(values),
        high=max(values),
        values=tuple(sorted(values.items())),
        low_limit=min(w.low for w in able),
        high_limit=max(w.high for w in able),
        reason=reason,
    )


def _reason(graph: Graph, ways: Sequence[Way], treatment: str, outcome: str) -> str:
    kinds = {w.strategy.kind for w in ways}
    if kinds == {"no path"}:
        return f"zero, as no directed path leads from {treatment} to {outcome}"
    if kinds == {"not identified"}:
        return (
            "not identified: hidden common causes, and neither adjustment set, front "
            "door nor instrument"
        )
    if len(ways) == 1:
        return str(ways[0].strategy)
    beside = graph.neighbours(treatment)
    lines = ", ".join(f"{treatment} --- {name}" for name in beside)
    if lines:
        return f"undirected at {treatment}: {lines}"
    return "undirected edges elsewhere, with hidden causes"


def _notes(ways: Sequence[Way], how: Collection[str]) -> tuple[str, ...]:
    notes: list[str] = []
    lost = sum(w.share for w in ways if not np.isfinite(w.value))
    missing = sum(w.share for w in ways if w.strategy.kind == "not identified")
    if missing > 0:
        notes.append(
            f"in {missing:.0%} of the graphs the effect is not identified; the average "
            "is over the others"
        )
    if lost - missing > 1e-9:
        notes.append(
            f"in {lost - missing:.0%} of the graphs the rows cannot estimate it: "
            + next(w.note for w in ways if w.method == "none" and w.note)
        )
    if EQUAL in how:
        notes.append(
            "a class is too large to count its members: each set of parents of the "
            "treatment counts the same"
        )
    notes.extend(
        f"{w.strategy}: {w.note}" for w in ways[:3] if w.note and np.isfinite(w.value)
    )
    return tuple(notes)
