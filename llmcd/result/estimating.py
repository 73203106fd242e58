"""Effects in a result's graph, tests of it, and both handed to DoWhy."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from llmcd.effects import (
    Effect,
    Falsification,
    effect,
    falsify,
    graphs_of,
    rows_of_result,
    to_causal_model,
    to_structural_model,
)
from llmcd.effects.bridge import REFUTERS
from llmcd.graph import Graph
from llmcd.result.value import Value

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Estimating"]


class Estimating(Value):
    """A result asked how strong a cause is, and whether its graph stands."""

    def effect(
        self,
        treatment: str,
        outcome: str,
        data: pd.DataFrame | None = None,
        *,
        levels: tuple[Any, Any] | None = None,
        event: Any = None,
        level: float = 0.95,
        estimator: str = "auto",
        refuters: Sequence[str] = tuple(REFUTERS),
        simulations: int = 50,
        new_rows: bool = False,
        seed: int = 0,
    ) -> Effect:
        """Estimate a causal effect, averaged over what is not known about the graph.

        Parameters
        ----------
        treatment, outcome : str
            Column names.
        data : pandas.DataFrame, optional
            The rows that the graph was found on; those that the result still holds
            when None, which gives the effect in standard deviations.
        levels : (control, treated), optional
            For a discrete treatment with more than two levels.
        event : label, optional
            For a discrete outcome with more than two levels.
        level : float, optional
            Of the interval.
        estimator : str, optional
            ``auto``, ``linear`` or an estimator of DoWhy for backdoors.
        refuters : sequence of str, optional
            Of ``placebo``, ``random common cause`` and ``subset``.
        simulations : int, optional
            Runs of each refuter.
        new_rows : bool, optional
            Whether ``data`` are other rows, which no graph was chosen on: then the
            interval is not too narrow for that reason.
        seed : int, optional
            Of the directions that the expert decided, and of the refuters.

        Returns
        -------
        Effect
            The average with its interval, the range over the class of ``graph`` and
            its reason, and how much of the variance is the graph's.

        Raises
        ------
        GraphError
            If a name is no node, or the graph has a cycle or circles.
        DataError
            If there are no rows, or others than those of the result.
        ValueError
            If treatment and outcome are the same, or an argument is out of range.

        Notes
        -----
        Graphs were learnt, so that one without a path counts with its estimate and not
        with zero, and regressions adjust for causes of the outcome as well. What no
        sampled graph knows stays out of the interval: weak arcs that cancel each other,
        hidden causes, relations that are not linear. ``benchmarks/README.md`` counts
        how often it holds the truth.

        See Also
        --------
        llmcd.effects.effect : The same for any graphs, weights and unobserved nodes.

        Examples
        --------
        >>> import numpy as np, pandas as pd, llmcd
        >>> rng = np.random.default_rng(1)
        >>> df = pd.DataFrame(rng.normal(size=(500, 2)), columns=["x", "y"])
        >>> df["z"] = 2 * df.x + df.y + rng.normal(size=500)
        >>> result = llmcd.discover(df, bootstrap=5, progress=False)
        >>> found = result.effect("x", "z", df, refuters=())
        >>> print(found.own.reason, found.low < 2 < found.high)
        backdoor: nothing to adjust for True
        """
        graphs, weights, note = graphs_of(self.combined, seed=seed)
        found = effect(
            graphs,
            rows_of_result(self.combined, data, self.variables, new_rows=new_rows),
            treatment,
            outcome,
            weights=weights,
            own=self.graph,
            learnt=True,
            levels=levels,
            event=event,
            level=level,
            estimator=estimator,
            refuters=refuters,
            simulations=simulations,
            seed=seed,
        )
        return replace(found, notes=(*found.notes, *([note] if note else [])))

    def falsify(
        self,
        data: pd.DataFrame | None = None,
        *,
        alpha: float = 0.05,
        permutations: int | None = None,
        new_rows: bool = False,
        seed: int = 0,
    ) -> Falsification:
        """Test the graph's independences against those of random relabellings.

        Parameters
        ----------
        data : pandas.DataFrame, optional
            The rows that the graph was found on, or those that the result still holds.
        alpha : float, optional
            Level of each test, and of the comparison.
        permutations : int, optional
            Relabelled graphs; ``1 / alpha`` when None.
        new_rows : bool, optional
            Whether ``data`` are other rows, on which the test is the harder one.
        seed : int, optional
            Of the relabellings.

        Returns
        -------
        Falsification

        Raises
        ------
        GraphError
            If the graph has bidirected edges.
        DataError
            If there are no rows, or others than those of the result.
        """
        return falsify(
            self.graph,
            rows_of_result(self.combined, data, self.variables, new_rows=new_rows),
            alpha=alpha,
            permutations=permutations,
            seed=seed,
        )

    def to_dowhy(
        self,
        data: pd.DataFrame,
        treatment: str,
        outcome: str,
        *,
        graph: Graph | None = None,
        unobserved: Collection[str] = (),
    ) -> Any:
        """The graph and the data as DoWhy's ``CausalModel``.

        Parameters
        ----------
        data : pandas.DataFrame
            The rows.
        treatment, outcome : str
            Column names.
        graph : Graph, optional
            A DAG, such as a member of the class; this result's graph when None.
        unobserved : collection of str, optional
            Nodes that no column measures.

        Returns
        -------
        dowhy.CausalModel

        Raises
        ------
        GraphError
            If an edge is undirected or an end is no node.
        DataError
            If a node has no column and is not said to be unobserved.
        ValueError
            If treatment and outcome are the same.
        """
        dag = self.graph if graph is None else graph
        return to_causal_model(dag, data, treatment, outcome, unobserved=unobserved)

    def to_gcm(
        self, data: pd.DataFrame | None = None, *, graph: Graph | None = None
    ) -> Any:
        """The graph as DoWhy's ``gcm.StructuralCausalModel``.

        Parameters
        ----------
        data : pandas.DataFrame, optional
            With it, each node gets a mechanism, not yet fitted.
        graph : Graph, optional
            A DAG, such as a member of the class; this result's graph when None.

        Returns
        -------
        dowhy.gcm.StructuralCausalModel

        Raises
        ------
        GraphError
            If an edge is undirected or bidirected.
        DataError
            If a node has no column.
        """
        return to_structural_model(self.graph if graph is None else graph, data)
