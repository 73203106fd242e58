"""Whether the graph fits the rows better than itself with its names shuffled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from llmcd.data.table import Table
from llmcd.discovery.independence import independence_test
from llmcd.effects.bridge import quiet
from llmcd.effects.rows import Rows, rows_of
from llmcd.equivalence import consistent_extension
from llmcd.errors import GraphError
from llmcd.formats import to_networkx
from llmcd.graph import Graph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Falsification", "Violation", "falsify"]

Codes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Violation:
    """An independence that the graph implies and the rows deny.

    Attributes
    ----------
    a, b : str
        The pair; b does not descend from a.
    given : tuple of str
        The parents of a.
    p_value : float
        Of the test of independence.
    """

    a: str
    b: str
    given: tuple[str, ...]
    p_value: float


@dataclass(frozen=True)
class Falsification:
    """How the graph compares with its own nodes shuffled.

    Attributes
    ----------
    tests : int
        Independences of each node of its non-descendants given its parents.
    violations : tuple of Violation
        Those that the rows deny, the clearest first.
    permutations : int
        Graphs that it was compared with.
    p_value : float
        Share of them with no larger share of violations; small: the graph fits better
        than chance.
    equivalent : float
        Share of them in the graph's own class; large: the comparison says nothing.
    informative : bool
        Whether ``equivalent`` is below the level.
    rejected : bool
        Informative, and no better than chance.
    words : str
        The outcome in a sentence.
    """

    tests: int
    violations: tuple[Violation, ...]
    permutations: int
    p_value: float
    equivalent: float
    informative: bool
    rejected: bool
    words: str

    def __str__(self) -> str:
        lines = [self.words]
        lines.extend(
            f"{v.a} depends on {v.b} given {', '.join(v.given) or 'nothing'} "
            f"(p = {v.p_value:.2g})"
            for v in self.violations[:8]
        )
        return "\n".join(lines)


def falsify(
    graph: Graph,
    data: Rows | Table | pd.DataFrame,
    *,
    alpha: float = 0.05,
    permutations: int | None = None,
    seed: int = 0,
    variables: Any = None,
    missing: str = "error",
) -> Falsification:
    """Test the graph's independences against those of random relabellings.

    Parameters
    ----------
    graph : Graph
        A DAG, CPDAG or MPDAG; of a class, one member is tested, as all of them imply
        the same independences.
    data : Rows, Table or pandas.DataFrame
        The rows.
    alpha : float, optional
        Level of each test of independence, and of the comparison.
    permutations : int, optional
        Relabelled graphs; ``1 / alpha`` when None.
    seed : int, optional
        Of the relabellings.
    variables, missing
        As in :func:`llmcd.table`.

    Returns
    -------
    Falsification

    Raises
    ------
    GraphError
        If the graph has bidirected edges or circles, or no DAG obeys it.
    DataError
        If a column is missing or the rows cannot be used.
    ValueError
        If ``alpha`` or ``permutations`` is out of range.

    Notes
    -----
    Eulig, Mastakouri, Bloebaum, Hardt and Janzing (2023), *Toward falsifying causal
    graphs using a permutation-based test*, as in ``dowhy.gcm.falsify``. The tests are
    those of :func:`llmcd.discovery.independence.independence_test` for the kinds of
    the columns.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}")
    count = round(1 / alpha) if permutations is None else permutations
    if count < 1:
        raise ValueError(f"permutations must be at least 1, got {permutations!r}")
    if not np.array_equal(graph.arcs | graph.arcs.T | graph.lines, graph.adjacencies):
        raise GraphError(
            "falsify needs a graph of directed and undirected edges; this one has "
            "bidirected edges or circles"
        )
    graph.topological_order()
    rows = rows_of(data, graph.names, variables=variables, missing=missing)
    dag = consistent_extension(_among(graph, rows))
    found = _run(dag, rows, alpha, count, seed)
    return _told(dag, found, alpha)


def _among(graph: Graph, rows: Rows) -> Graph:
    """Without constant columns, which are isolated or say nothing."""
    at = [k for k, name in enumerate(graph.names) if rows.has(name)]
    return Graph(tuple(graph.names[k] for k in at), graph.marks[np.ix_(at, at)])


def _run(dag: Graph, rows: Rows, alpha: float, count: int, seed: int) -> Any:
    import pandas as pd

    on = independence_test(rows.table.statistics())
    at = [rows.table.index(name) for name in dag.names]

    def test(x: Codes, y: Codes, given: Codes | None = None) -> float:
        # Our tests know the rows, so that what DoWhy hands on as a column of values is
        # only the column's number.
        rest = () if given is None else [at[int(k)] for k in np.ravel(given)]
        return on(at[int(np.ravel(x)[0])], at[int(np.ravel(y)[0])], rest)

    frame = pd.DataFrame({name: [k] for k, name in enumerate(dag.names)})
    with quiet(seed):
        from dowhy.gcm.falsify import falsify_graph

        networkx: Any = to_networkx(dag)
        return falsify_graph(
            networkx,
            frame,
            independence_test=test,
            conditional_independence_test=test,
            significance_level=alpha,
            significance_ci=alpha,
            n_permutations=count,
            show_progress_bar=False,
            n_jobs=1,
        )


def _told(dag: Graph, found: Any, alpha: float) -> Falsification:
    from dowhy.gcm.falsify import FalsifyConst as Part

    local, paths = (found.summary[k] for k in (Part.VALIDATE_LMC, Part.VALIDATE_TPA))
    tests = int(local[Part.N_TESTS])
    count = len(local[Part.PERM_VIOLATIONS])
    violations = sorted(
        (
            Violation(str(a), str(b), dag.parents(str(a)), float(p))
            for (a, b), (p, denied) in local[Part.LOCAL_VIOLATION_INSIGHT].items()
            if denied
        ),
        key=lambda v: v.p_value,
    )
    p_value, equivalent = float(local[Part.P_VALUE]), float(paths[Part.P_VALUE])
    informative = tests > 0 and equivalent < alpha
    rejected = informative and p_value > alpha
    if not tests:
        words = "The graph implies no independence, so no data can speak against it."
    else:
        words = (
            f"The rows deny {len(violations)} of the {tests} independences that the "
            f"graph implies (about {alpha * tests:.0f} are expected by chance); "
            f"{p_value:.0%} of {count} relabelled graphs do no worse."
        )
        if rejected:
            words += " It is no better than chance: rejected."
        elif informative:
            words += " It is better than chance: not rejected."
        else:
            words += (
                f" {equivalent:.0%} of them are equivalent to it, so the comparison "
                "says little."
            )
    return Falsification(
        tests,
        tuple(violations),
        count,
        p_value,
        equivalent,
        informative,
        rejected,
        words,
    )
