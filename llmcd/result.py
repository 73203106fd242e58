"""The result: a graph, the reasons for every edge, and ways to hand them on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcd import folder
from llmcd.combiner.combined import Combined
from llmcd.discovery.ensemble import Candidates
from llmcd.expert.answers import Answers
from llmcd.formats import to_networkx
from llmcd.graph import Graph
from llmcd.plot import draw_graph
from llmcd.report.render import render
from llmcd.variables import Variables

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Result"]

_SHOWN = 12


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

    Examples
    --------
    >>> import numpy as np, pandas as pd, llmcd
    >>> rng = np.random.default_rng(1)
    >>> df = pd.DataFrame(rng.normal(size=(300, 2)), columns=["x", "y"])
    >>> df["z"] = df.x + df.y + rng.normal(size=300)
    >>> result = llmcd.discover(df, bootstrap=5, progress=False)
    >>> list(result.edges.columns)
    ['cause', 'effect', 'mark', 'probability', 'data_support', 'expert_log_odds',
     'answers', 'decided_by', 'warning']
    """

    combined: Combined
    variables: Variables = field(default_factory=Variables)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Result):
            return NotImplemented
        one, two = (folder.content_of(x.combined, x.variables) for x in (self, other))
        return one == two

    def __reduce__(self) -> tuple[Any, ...]:
        found = replace(self.candidates, table=None)
        return type(self), (replace(self.combined, candidates=found), self.variables)

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

    def __str__(self) -> str:
        one = self.combined
        lines = [f"WARNING: {text}" for text in one.warnings]
        if lines:
            lines.append("")
        lines.extend(_summary(one))
        if one.edges:
            shown = self.edges.drop(columns="warning").head(_SHOWN)
            lines += ["", shown.to_string(index=False, float_format="%.2f")]
        if len(one.edges) > _SHOWN:
            more = len(one.edges) - _SHOWN
            lines.append(f"... and {more} more edges: see result.edges")
        if one.conflicts:
            lines += ["", f"{len(one.conflicts)} conflicts: see result.conflicts"]
        return "\n".join(lines)

    def __repr__(self) -> str:
        return (
            f"<Result: {len(self.graph.names)} variables, {self.graph.n_edges} edges, "
            f"{len(self.combined.conflicts)} conflicts, mode {self.combined.mode}>"
        )

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"

    def plot(self, *, ax: Axes | None = None) -> Axes:
        """Draw the graph; style shows who decided, width how sure.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure when None.

        Returns
        -------
        matplotlib.axes.Axes
        """
        return draw_graph(self.combined, ax=ax)

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
        return folder.save(path, self.combined, self.variables)

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
        return cls(*folder.load(path))

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
