"""The result: a graph, the reasons for every edge, and ways to hand them on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcd import folder
from llmcd.background import Background
from llmcd.combiner.changes import MOVED, Changes
from llmcd.combiner.combined import Combined
from llmcd.combiner.refinement import Refinement, refine_graph
from llmcd.combiner.updating import Asking, Updated, criticised, updated
from llmcd.discovery.ensemble import Candidates
from llmcd.discovery.limits import Limits
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
from llmcd.expert.answers import Answers
from llmcd.expert.budget import Budget, as_budget
from llmcd.expert.kind import Kind
from llmcd.expert.protocol import Expert
from llmcd.expert.resolve import resolve
from llmcd.expert.store import Store
from llmcd.explanation import MOST_PATHS, Explanation, Paths, explain, find_paths
from llmcd.formats import to_gml, to_graphml, to_networkx, to_node_link, write
from llmcd.graph import Graph
from llmcd.plots.evidence import draw_evidence
from llmcd.plots.graph import draw_graph
from llmcd.plots.progress import draw_progress
from llmcd.plots.reliability import draw_reliability
from llmcd.report.account import other_mode_in_words
from llmcd.report.render import render
from llmcd.variables import Variables

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Result"]

_SHOWN = 12
_PICTURES: Mapping[str, Callable[..., Axes]] = {
    "graph": draw_graph,
    "evidence": draw_evidence,
    "reliability": draw_reliability,
    "progress": draw_progress,
}


@dataclass(frozen=True, eq=False)
class Result:
    """A causal graph, and for every edge who decided and how sure it is.

    Two results are equal when their run folders would say the same. A pickle or a copy
    holds no rows.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled.
    variables : Variables
        The descriptions.
    data : pandas.DataFrame, optional
        The rows as they were given, while they are at hand; never saved.
    changes : Changes, optional
        What an update changed, and why.
    refinement : Refinement, optional
        Scores of, and proposals for, the graph that was given as ``start``.

    Examples
    --------
    >>> import numpy as np, pandas as pd, llmcd
    >>> rng = np.random.default_rng(1)
    >>> df = pd.DataFrame(rng.normal(size=(300, 2)), columns=["x", "y"])
    >>> df["z"] = df.x + df.y + rng.normal(size=300)
    >>> result = llmcd.discover(df, bootstrap=5, progress=False)
    >>> list(result.edges.columns)
    ['cause', 'effect', 'mark', 'probability', 'adjacency', 'data_support',
     'expert_log_odds', 'existence_log_odds', 'answers', 'decided_by', 'warning']
    """

    combined: Combined
    variables: Variables = field(default_factory=Variables)
    data: pd.DataFrame | None = field(default=None, repr=False)
    changes: Changes | None = None
    refinement: Refinement | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Result):
            return NotImplemented
        one, two = (folder.content_of(x.combined, x.variables) for x in (self, other))
        return one == two

    def __reduce__(self) -> tuple[Any, ...]:
        found = replace(self.candidates, table=None)
        combined = replace(self.combined, candidates=found)
        return type(self), (
            combined, self.variables, None, self.changes, self.refinement
        )  # fmt: skip

    @property
    def graph(self) -> Graph:
        """The MPDAG: everything directed that data, knowledge or expert decide."""
        return self.combined.graph

    @property
    def data_graph(self) -> Graph:
        """The data's own CPDAG, as if nobody had been asked."""
        return self.combined.data_graph

    @property
    def candidates(self) -> Candidates:
        """The data's side, with every resample."""
        return self.combined.candidates

    @property
    def answers(self) -> Answers:
        """The expert's side, with every reply."""
        return self.combined.answers

    @property
    def edges(self) -> pd.DataFrame:
        """One row an edge; columns as in the README."""
        return folder.edge_table(self.combined)

    @property
    def conflicts(self) -> pd.DataFrame:
        """Pairs on which data and expert disagree, the strongest first."""
        return folder.conflict_table(self.combined)

    @property
    def reliability(self) -> pd.DataFrame:
        """One row an expert: how far it can be trusted, and why."""
        return folder.reliability_table(self.combined)

    @property
    def data_report(self) -> pd.DataFrame:
        """What was converted, inferred, set aside or found odd in the table."""
        return folder.note_table(self.combined.candidates.notes)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader must know, the most important first."""
        return self.combined.warnings

    @property
    def summary(self) -> tuple[str, ...]:
        """What was found and whom it rests on, a few lines without the edges."""
        return tuple(_summary(self.combined))

    def __str__(self) -> str:
        one = self.combined
        lines = [f"WARNING: {text}" for text in one.warnings]
        if lines:
            lines.append("")
        lines.extend(self.summary)
        if one.edges:
            shown = self.edges.drop(columns="warning").head(_SHOWN)
            lines += ["", shown.to_string(index=False, float_format="%.2f")]
        if len(one.edges) > _SHOWN:
            more = len(one.edges) - _SHOWN
            lines.append(f"... and {more} more edges: see result.edges")
        if one.conflicts:
            lines += ["", f"{len(one.conflicts)} conflicts: see result.conflicts"]
        if self.refinement is not None:
            lines += ["", f"your graph: {len(self.refinement.proposals)} changes "
                      "proposed: see result.refinement"]  # fmt: skip
        if self.changes is not None:
            lines += ["", f"update: {len(self.changes)} pairs changed: see "
                      "result.changes"]  # fmt: skip
        return "\n".join(lines)

    def __repr__(self) -> str:
        return (
            f"<Result: {len(self.graph.names)} variables, {self.graph.n_edges} edges, "
            f"{len(self.combined.conflicts)} conflicts, mode {self.combined.mode}>"
        )

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"

    def plot(self, picture: str = "graph", *, ax: Axes | None = None) -> Axes:
        """Draw the graph, or what it rests on.

        Parameters
        ----------
        picture : {"graph", "evidence", "reliability", "progress"}, optional
            The graph, whose line style shows who decided and whose width how sure;
            data against expert, edge by edge; how far each expert can be trusted; what
            each further question brought.
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure when None.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ValueError
            If there is no such picture.
        """
        if picture not in _PICTURES:
            raise ValueError(
                f"picture must be one of {sorted(_PICTURES)}, got {picture!r}"
            )
        return _PICTURES[picture](self.combined, ax=ax)

    def report(self, path: str | Path) -> Path:
        """Write one self-contained HTML file.

        Parameters
        ----------
        path : str or Path
            The file; folders that are missing are made.

        Returns
        -------
        Path
            The file that was written.

        Raises
        ------
        IsADirectoryError
            If it is a folder.
        """
        path = Path(path)
        folder.write_text(path, self.to_html())
        return path

    def to_html(self) -> str:
        """The text of the report."""
        return render(
            self.combined,
            variables=self.variables,
            settings=folder.settings_of(self.combined),
            changes=self.changes,
            refinement=self.refinement,
        )

    def save(self, path: str | Path) -> Path:
        """Write the run folder: JSON, CSV and GraphML, never rows.

        Parameters
        ----------
        path : str or Path
            A new or empty folder, or an earlier run folder, which is overwritten;
            earlier answers that are not this result's are kept beside.

        Returns
        -------
        Path
            The folder.

        Raises
        ------
        FormatError
            If the folder holds something else.
        """
        target = folder.save(path, self.combined, self.variables)
        for name, value in (
            (folder.CHANGES, self.changes),
            (folder.REFINEMENT, self.refinement),
        ):
            content = None if value is None else value.to_dict()
            frame = None if value is None else value.to_frame()
            folder.save_beside(target, name, content, frame)
        return target

    @classmethod
    def load(cls, path: str | Path) -> Result:
        """Read a run folder.

        Parameters
        ----------
        path : str or Path
            What ``save`` wrote.

        Returns
        -------
        Result
            Without the rows, which are in no run folder.

        Raises
        ------
        FormatError
            If a file is missing, damaged or of another run; it is named.
        """
        combined, variables = folder.load(path)
        changes = folder.load_beside(path, folder.CHANGES, Changes.from_dict)
        own = folder.load_beside(path, folder.REFINEMENT, Refinement.from_dict)
        return cls(combined, variables, None, changes, own)

    def to_networkx(self) -> nx.DiGraph[Any]:
        """The graph for networkx: an undirected edge is two opposite arcs.

        Returns
        -------
        networkx.DiGraph
            Edge attributes: the columns of ``edges``.
        """
        return to_networkx(
            self.graph, edge_attributes=folder.edge_attributes(self.combined)
        )

    def to(self, format: str) -> str:  # noqa: A002 - what users call it
        """The graph as text for another program.

        Parameters
        ----------
        format : str
            ``graphml``, ``gml``, ``json`` (these three with the columns of ``edges``),
            ``dot``, ``dagitty``, ``tetrad``, ``pcalg-cpdag``, ``pcalg-pag``,
            ``lavaan``, ``bnlearn``, ``adjacency`` or ``edges``.

        Returns
        -------
        str

        Raises
        ------
        FormatError
            If the format cannot hold the graph or a name.
        ValueError
            If there is no such format.
        """
        rich = {"graphml": to_graphml, "gml": to_gml, "json": to_node_link}
        if format in rich:
            more = folder.edge_attributes(self.combined)
            return rich[format](self.graph, edge_attributes=more)
        return write(self.graph, format)

    # --- going on -----------------------------------------------------------------

    def update(
        self,
        rows: pd.DataFrame | None = None,
        *,
        columns: pd.DataFrame | None = None,
        answers: Answers | None = None,
        background: Background | Mapping[str, Any] | None = None,
        variables: Variables | Mapping[str, Any] | str | Path | None = None,
        expert: Expert | str | Sequence[Expert | str] | None = None,
        data: pd.DataFrame | None = None,
        moved: float = MOVED,
        kind: str | Kind = "pairwise",
        store: Store | str | Path | None = None,
        budget: Budget | None = None,
        replay: bool = False,
        n_jobs: int | None = None,
        limits: Limits | None = None,
        progress: bool = True,
    ) -> Result:
        """Bring the result up to date with more rows, columns, answers or knowledge.

        Answers are kept. With the same rows and answers the result is the same, to the
        bit, as that of one run on all of them.

        Parameters
        ----------
        rows : pandas.DataFrame, optional
            Further rows with the same columns.
        columns : pandas.DataFrame, optional
            Further columns of the rows so far, in their order.
        answers : Answers, optional
            Further answers; of two to one question the newer stays.
        background : Background or mapping, optional
            Further knowledge.
        variables : Variables, mapping or path, optional
            Descriptions of new columns, or better ones of old columns; answers to
            other words are set aside.
        expert : Expert or str, or sequence of these, optional
            Whom to ask: about new columns and where the rows' evidence moved, or,
            somebody who has answered nothing yet, about everything that is worth it.
        data : pandas.DataFrame, optional
            The rows so far, where they are no longer at hand, as after loading.
        moved : float, optional
            How much of the probability of a pair's states (an edge either way, an
            indirect way, nothing) has to change hands for its evidence to have moved.
        kind, store, budget, replay
            As of :func:`llmcd.discover`.
        n_jobs, limits, progress
            As of :func:`llmcd.discover`.

        Returns
        -------
        Result
            Its ``changes`` say what changed, and whether rows, knowledge or answers
            did it.

        Raises
        ------
        DataError
            If the rows so far are needed and not at hand, or are others; if new rows
            or columns do not fit.
        VariablesError
            If descriptions or background knowledge cannot be used.
        ExpertError
            If the expert cannot be reached or set up.

        Examples
        --------
        >>> import numpy as np, pandas as pd, llmcd
        >>> rng = np.random.default_rng(1)
        >>> df = pd.DataFrame(rng.normal(size=(900, 2)), columns=["x", "y"])
        >>> df["z"] = 0.2 * df.x + rng.normal(size=900)
        >>> before = llmcd.discover(df[:100], bootstrap=5, progress=False)
        >>> after = before.update(df[100:], progress=False)
        >>> print(str(after.changes).splitlines()[0])
        1 pair changed; 100 rows before, 900 now
        >>> after == llmcd.discover(df, bootstrap=5, progress=False)
        True
        """
        asking = Asking(resolve(expert), kind, _asking(store, budget, progress, replay))
        described = None if variables is None else Variables.of(variables)
        found = updated(
            self.combined,
            self.variables,
            self.data if data is None else data,
            rows=rows,
            columns=columns,
            answers=answers,
            background=None if background is None else Background.of(background),
            described=described,
            asking=asking,
            moved=moved,
            n_jobs=n_jobs,
            limits=limits,
            progress=progress,
        )
        return self._after(found)

    def criticise(
        self,
        expert: Expert | str | Sequence[Expert | str],
        *,
        store: Store | str | Path | None = None,
        budget: Budget | None = None,
        replay: bool = False,
        progress: bool = True,
    ) -> Result:
        """Show the expert both sides of each conflict, and combine again.

        A critic has seen what the data say, so that it can only give up an answer or
        name a common cause, which the conflict then says; agreeing with the data is no
        new evidence.

        Parameters
        ----------
        expert : Expert or str, or sequence of these
            Who gave the answers; of several each is shown its own conflicts.
        store, budget, replay, progress
            As of :func:`llmcd.discover`.

        Returns
        -------
        Result
            Its ``changes`` say what the second thoughts changed.

        Raises
        ------
        ValueError
            If the expert has given no answer yet.
        ExpertError
            If it cannot be reached or set up.
        """
        asking = Asking(
            resolve(expert), "critic", _asking(store, budget, progress, replay)
        )
        return self._after(criticised(self.combined, self.variables, asking))

    def refine(self, graph: Graph) -> Refinement:
        """Score a graph of one's own against rows and answers, and propose changes.

        Parameters
        ----------
        graph : Graph
            A DAG, CPDAG or MPDAG over some of the columns. Given to ``discover`` as
            ``start``, it is also where search and sampling begin.

        Returns
        -------
        Refinement

        Raises
        ------
        GraphError
            If a node is no column, or no DAG is among the members of the graph.
        DataError
            If the rows are not at hand.
        """
        return refine_graph(self.combined, graph)

    def _after(self, found: Updated) -> Result:
        start = found.combined.candidates.start
        has_rows = found.combined.candidates.table is not None
        own = (
            refine_graph(found.combined, start)
            if start is not None and has_rows
            else self.refinement
        )
        data = self.data if found.data is None else found.data
        return Result(found.combined, found.variables, data, found.changes, own)

    def explain(self, a: str, b: str) -> Explanation:
        """Say in words why a pair stands in the result as it does.

        Parameters
        ----------
        a, b : str
            Column names, in either order; there need be no edge.

        Returns
        -------
        Explanation
            Print it: who decided, each step in natural log-odds, what the expert said
            in both presentation orders, and what would change it.

        Raises
        ------
        GraphError
            If a name is no node.
        ValueError
            If both are the same.

        Examples
        --------
        >>> import numpy as np, pandas as pd, llmcd
        >>> rng = np.random.default_rng(1)
        >>> df = pd.DataFrame(rng.normal(size=(500, 2)), columns=["x", "y"])
        >>> df["z"] = 2 * df.x + df.y + rng.normal(size=500)
        >>> result = llmcd.discover(df, bootstrap=5, progress=False)
        >>> print(str(result.explain("x", "z")).splitlines()[0])
        x --> z: the data decided. Probability 1.00 that the two are adjacent, and ...
        """
        return explain(self.combined, a, b)

    def paths(
        self, sensitive: str | Sequence[str], outcome: str, *, most: int = MOST_PATHS
    ) -> Paths:
        """Every way from sensitive variables to an outcome, and who decided its steps.

        Parameters
        ----------
        sensitive : str or sequence of str
            Columns such as sex or origin.
        outcome : str
            A column such as a decision.
        most : int, optional
            Paths kept of each sensitive variable.

        Returns
        -------
        Paths
            Each way with the evidence for its steps, which of them are undirected, and
            in what share of the sampled graphs it exists.

        Raises
        ------
        GraphError
            If a name is no node.
        ValueError
            If the outcome is sensitive itself, or none is named.
        """
        return find_paths(self.combined, sensitive, outcome, most=most)

    # --- effects ------------------------------------------------------------------

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


def _asking(
    store: Store | str | Path | None,
    budget: Budget | None,
    progress: bool,
    replay: bool,
) -> dict[str, Any]:
    return {
        "store": store,
        "budget": as_budget(budget),
        "progress": progress,
        "replay": replay,
    }


def _summary(one: Combined) -> list[str]:
    graph, found = one.graph, one.candidates
    open_before = len(one.data_graph.undirected_edges())
    open_now = len(graph.undirected_edges())
    by = {who: sum(e.decided_by == who for e in one.edges) for who in _DECIDERS}
    said = ", ".join(f"{n} by {_DECIDERS[w]}" for w, n in by.items() if n)
    lines = [
        f"{len(graph.names)} variables, {found.n_rows:,} rows, method {found.method}, "
        f"{len(found.replicates)} resamples, mode {one.mode}",
        f"{graph.n_edges} edges: {said or 'none'}",
        f"undirected: {open_before} from data alone, {open_now} now",
    ]
    if one.other_graph is not None:
        lines.append(other_mode_in_words(one))
    elif one.why_mode != "asked for":
        lines.append(f"{one.mode} mode: {one.why_mode}")
    if not one.reliability:
        asked = "No question was answered." if one.answers.note else "Nobody was asked."
        lines.append(asked)
    for trust in one.reliability:
        abstained = sum(
            x.verdict is None for x in one.answers.answers if x.expert == trust.expert
        )
        total = sum(x.expert == trust.expert for x in one.answers.answers)
        lines.append(
            f"{trust.expert}: {total} questions, {abstained} without an answer. "
            f"{trust.finding}"
        )
    lines += [f"sent for {sent}" for sent in one.answers.sent]
    return lines


_DECIDERS = {
    "data": "the data",
    "background": "background knowledge",
    "expert": "the expert",
    "Meek": "Meek's rules",
    "nobody": "nobody (undirected)",
}
