"""A result as a picture, a page, or a graph for another program."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcd import folder
from llmcd.formats import to_gml, to_graphml, to_networkx, to_node_link, write
from llmcd.plots.evidence import draw_evidence
from llmcd.plots.graph import draw_graph
from llmcd.plots.progress import draw_progress
from llmcd.plots.reliability import draw_reliability
from llmcd.report.render import render
from llmcd.result.value import Value

if TYPE_CHECKING:
    import networkx as nx
    from matplotlib.axes import Axes

__all__ = ["HandingOn"]

_PICTURES: Mapping[str, Callable[..., Axes]] = {
    "graph": draw_graph,
    "evidence": draw_evidence,
    "reliability": draw_reliability,
    "progress": draw_progress,
}


class HandingOn(Value):
    """A result given to somebody else."""

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
