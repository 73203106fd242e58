"""The only door to DoWhy: its models, identification, estimators and refuters."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Collection, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from llmcd.effects.rows import Contrast, Rows
from llmcd.effects.strategy import Estimate, Strategy, canonical_dag, check_ends
from llmcd.errors import DataError, GraphError
from llmcd.formats import to_networkx
from llmcd.graph import Graph

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

__all__ = [
    "REFUTERS",
    "Refutation",
    "estimate_through_dowhy",
    "frontdoor_and_instruments",
    "refute",
    "to_causal_model",
    "to_structural_model",
]

REFUTERS = {
    "placebo": ("placebo_treatment_refuter", {"placebo_type": "permute"}),
    "random common cause": ("random_common_cause", {}),
    "subset": ("data_subset_refuter", {"subset_fraction": 0.8}),
}
# DoWhy's placebo leaves the first stage of a front door as it was, and its random
# common cause has no place in the other two.
_FIT = {
    "backdoor": tuple(REFUTERS),
    "frontdoor": ("subset",),
    "instrument": ("placebo", "subset"),
}
_ESTIMATORS = {
    "backdoor": "backdoor.linear_regression",
    "frontdoor": "frontdoor.two_stage_regression",
    "instrument": "iv.instrumental_variable",
}


@dataclass(frozen=True)
class Refutation:
    """One attempt of DoWhy to break an estimate.

    Attributes
    ----------
    name : str
        ``placebo`` (the treatment shuffled: the effect must vanish), ``random common
        cause`` or ``subset`` (both must change nothing).
    strategy : Strategy
        Whose estimate.
    estimate, new_estimate : float
        Before and after, DoWhy's own, in the units of the effect.
    p_value : float
        Of DoWhy's test that nothing is wrong.
    passed : bool
        Whether that test lets it stand.
    """

    name: str
    strategy: Strategy
    estimate: float
    new_estimate: float
    p_value: float
    passed: bool

    def __str__(self) -> str:
        verdict = "passed" if self.passed else "FAILED"
        return (
            f"{self.name}: {self.estimate:.4g} became {self.new_estimate:.4g} "
            f"(p = {self.p_value:.2f}), {verdict}"
        )


@contextmanager
def quiet(seed: int = 0) -> Generator[None]:
    """Without DoWhy's talk, and with numpy's global generator left as it was."""
    state = np.random.get_state()  # noqa: NPY002 - DoWhy draws from it
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            np.random.seed(seed)  # noqa: NPY002
            yield
    finally:
        logging.disable(before)
        np.random.set_state(state)  # noqa: NPY002


# --- identification -------------------------------------------------------------------


def frontdoor_and_instruments(
    dag: Graph,
    hidden: Collection[str],
    treatment: str,
    outcome: str,
    *,
    frontdoor: bool = True,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What DoWhy finds as mediators of a front door and as instruments.

    Parameters
    ----------
    dag : Graph
        A DAG.
    hidden : collection of str
        Its unobserved nodes.
    treatment, outcome : str
        Observed nodes.
    frontdoor : bool, optional
        Whether to search for one; the time grows with every subset of what lies below
        the treatment.

    Returns
    -------
    mediators, instruments : tuple of str
        In name order; empty when there are none.
    """
    with quiet():
        from dowhy.causal_identifier.auto_identifier import identify_frontdoor
        from dowhy.graph import get_instruments

        found = to_networkx(dag)
        seen = [name for name in dag.names if name not in hidden]
        mediators: Any = (
            identify_frontdoor(found, [treatment], [outcome], seen) if frontdoor else []
        )
        instruments = get_instruments(found, [treatment], [outcome])
    return (
        tuple(sorted(mediators or ())),
        tuple(sorted(set(instruments) & set(seen))),
    )


# --- handing on -----------------------------------------------------------------------


def _as_dag(graph: Graph, what: str) -> None:
    lines = graph.undirected_edges()
    if lines:
        shown = ", ".join(f"{a} --- {b}" for a, b in lines[:4])
        more = f" and {len(lines) - 4} more" if len(lines) > 4 else ""
        raise GraphError(
            f"{what} needs every edge directed, and these are not: {shown}{more}. "
            "result.effect() takes the whole class; for one member of it, give "
            "graph=next(llmcd.equivalence.members(result.graph))"
        )
    graph.topological_order()


def to_causal_model(
    graph: Graph,
    data: pd.DataFrame,
    treatment: str,
    outcome: str,
    *,
    unobserved: Collection[str] = (),
) -> Any:
    """The graph and the data as DoWhy's ``CausalModel``.

    Parameters
    ----------
    graph : Graph
        A DAG; a bidirected edge becomes a hidden common cause.
    data : pandas.DataFrame
        The rows.
    treatment, outcome : str
        Column names.
    unobserved : collection of str, optional
        Nodes that no column measures.

    Returns
    -------
    dowhy.CausalModel

    Raises
    ------
    GraphError
        If an edge is undirected, the arcs form a cycle, or an end is no node.
    DataError
        If a node has no column and is not said to be unobserved.
    ValueError
        If treatment and outcome are the same.
    """
    check_ends(graph, treatment, outcome)
    _as_dag(graph, "DoWhy's CausalModel")
    _columns(
        graph, data, unobserved, ", or name what nobody measured in unobserved=[...]"
    )
    dag, hidden = canonical_dag(graph, unobserved)
    found = _marked(dag, hidden)
    with quiet():
        from dowhy import CausalModel

        columns = [name for name in dag.names if name not in hidden]
        return CausalModel(data[columns], treatment, outcome, graph=found)


def _columns(
    graph: Graph, data: pd.DataFrame, unobserved: Collection[str], other: str
) -> None:
    absent = [v for v in graph.names if v not in data.columns and v not in unobserved]
    if absent:
        raise DataError(
            f"the graph speaks of {absent}, which the data lack; the columns are "
            f"{list(map(str, data.columns))}. Give them{other}"
        )


def _marked(dag: Graph, hidden: Collection[str]) -> nx.DiGraph[Any]:
    found = to_networkx(dag)
    for name in hidden:
        found.nodes[name]["observed"] = "no"
    return found


def to_structural_model(graph: Graph, data: pd.DataFrame | None = None) -> Any:
    """The graph as DoWhy's ``gcm.StructuralCausalModel``.

    Parameters
    ----------
    graph : Graph
        A DAG.
    data : pandas.DataFrame, optional
        With it, each node gets the mechanism that ``gcm.auto`` chooses, not yet
        fitted; without it, none.

    Returns
    -------
    dowhy.gcm.StructuralCausalModel

    Raises
    ------
    GraphError
        If an edge is undirected or bidirected, or the arcs form a cycle.
    DataError
        If a node has no column.
    """
    _as_dag(graph, "a structural causal model")
    if not graph.is_dag:
        odd = next(str(e) for e in graph.edges() if e.mark != "-->")
        raise GraphError(
            f"a structural causal model has no hidden common causes, got {odd}; "
            "result.to_dowhy() takes them"
        )
    with quiet():
        from dowhy import gcm

        bare: Any = to_networkx(graph)
        found = gcm.StructuralCausalModel(bare)
        if data is not None:
            _columns(graph, data, (), "; a hidden node needs a graph without it")
            gcm.auto.assign_causal_mechanisms(found, data[list(graph.names)])
    return found


# --- estimates and refuters -----------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _Local:
    """What a strategy needs of the graph, with names that formulas can hold."""

    model: Any
    estimand: Any
    scale: float


def _local(strategy: Strategy, rows: Rows, contrast: Contrast) -> _Local:
    import networkx as nx
    import pandas as pd
    from dowhy import CausalModel

    use = np.ones(rows.table.n_rows, dtype=bool)
    arm = rows.column(contrast.treatment)
    if contrast.levels is not None:
        use = np.isin(arm, contrast.levels)
        arm = (arm == contrast.levels[1]).astype(np.float64)
    block = rows.design(strategy.variables)[use]
    columns = {"t": arm[use], "y": contrast.target(rows)[use]}
    more = [f"z{k}" for k in range(block.shape[1])]
    columns |= dict(zip(more, block.T, strict=True))
    edges = {
        "backdoor": [("t", "y"), *((z, end) for z in more for end in "ty")],
        "frontdoor": [
            ("u", "t"), ("u", "y"), *(("t", z) for z in more), *((z, "y") for z in more)
        ],
        "instrument": [
            ("u", "t"), ("u", "y"), ("t", "y"), *((z, "t") for z in more)
        ],
    }[strategy.kind]  # fmt: skip
    model = CausalModel(pd.DataFrame(columns), "t", "y", graph=nx.DiGraph(edges))
    estimand = model.identify_effect(
        method_name="maximal-adjustment", proceed_when_unidentifiable=True
    )
    return _Local(model, estimand, contrast.scale)


def estimate_through_dowhy(
    strategy: Strategy,
    rows: Rows,
    contrast: Contrast,
    *,
    estimator: str | None = None,
    simulations: int = 50,
    seed: int = 0,
) -> Estimate:
    """One estimate by an estimator of DoWhy, its standard error by resampling rows.

    Parameters
    ----------
    strategy : Strategy
        A backdoor, front door or instrument.
    rows, contrast
        The data and what is compared.
    estimator : str, optional
        DoWhy's name, such as ``backdoor.propensity_score_weighting``; by default its
        linear one for the strategy.
    simulations : int, optional
        Resamples for the standard error; 0 leaves it NaN.
    seed : int, optional
        Of the resamples.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        If DoWhy does not know the estimator or it does not fit the columns.
    """
    name = estimator or _ESTIMATORS[strategy.kind]
    rng = np.random.default_rng(seed)
    with quiet(seed):
        local = _local(strategy, rows, contrast)
        frame: pd.DataFrame = local.model._data
        try:
            value = local.model.estimate_effect(local.estimand, method_name=name).value
            again: list[float] = []
            for _ in range(simulations):
                take = rng.integers(0, len(frame), len(frame))
                local.model._data = frame.iloc[take].reset_index(drop=True)
                one = local.model.estimate_effect(local.estimand, method_name=name)
                again.append(float(one.value))
        except (ImportError, AttributeError, KeyError, ValueError) as error:
            raise ValueError(
                f"DoWhy's estimator {name!r} does not fit {strategy}: {error}"
            ) from error
    spread = float(np.std(again, ddof=1)) if len(again) > 1 else np.nan
    scale = contrast.scale
    return Estimate(float(value) * scale, spread * abs(scale), np.inf, f"DoWhy {name}")


def refute(
    strategy: Strategy,
    rows: Rows,
    contrast: Contrast,
    *,
    names: Sequence[str] = tuple(REFUTERS),
    simulations: int = 50,
    seed: int = 0,
) -> tuple[Refutation, ...]:
    """Let DoWhy try to break the linear estimate of one strategy.

    Parameters
    ----------
    strategy : Strategy
        A backdoor, front door or instrument.
    rows, contrast
        The data and what is compared.
    names : sequence of str, optional
        Of ``placebo``, ``random common cause`` and ``subset``.
    simulations : int, optional
        Runs of each.
    seed : int, optional
        Of the runs.

    Returns
    -------
    tuple of Refutation
        Those that fit the strategy: all for a backdoor, ``subset`` for a front door,
        ``placebo`` and ``subset`` for an instrument.

    Raises
    ------
    ValueError
        If a name is unknown.
    """
    unknown = sorted(set(names) - set(REFUTERS))
    if unknown:
        raise ValueError(f"refuters are {list(REFUTERS)}, got {unknown}")
    found: list[Refutation] = []
    with quiet(seed):
        local = _local(strategy, rows, contrast)
        before = local.model.estimate_effect(
            local.estimand, method_name=_ESTIMATORS[strategy.kind]
        )
        for name in (x for x in names if x in _FIT[strategy.kind]):
            method, settings = REFUTERS[name]
            done = local.model.refute_estimate(
                local.estimand,
                before,
                method_name=method,
                num_simulations=simulations,
                # an integer would give each run the same draw
                random_state=np.random.RandomState(seed),
                show_progress_bar=False,
                **settings,
            )
            test = done.refutation_result
            found.append(
                Refutation(
                    name,
                    strategy,
                    float(before.value) * contrast.scale,
                    float(done.new_effect) * contrast.scale,
                    float(test["p_value"]),
                    not bool(test["is_statistically_significant"]),
                )
            )
    return tuple(found)
