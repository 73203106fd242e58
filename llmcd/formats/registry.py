"""Every text format by name: how it is written and read, and what it cannot hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from llmcd.formats.dagitty import from_dagitty, to_dagitty
from llmcd.formats.dot import from_dot, to_dot
from llmcd.formats.equations import from_bnlearn, from_lavaan, to_bnlearn, to_lavaan
from llmcd.formats.exchange import (
    from_gml,
    from_graphml,
    from_node_link,
    to_gml,
    to_graphml,
    to_node_link,
)
from llmcd.formats.tables import (
    from_adjacency_csv,
    from_edge_list_csv,
    from_pcalg_csv,
    to_adjacency_csv,
    to_edge_list_csv,
    to_pcalg_csv,
)
from llmcd.formats.tetrad import from_tetrad, to_tetrad
from llmcd.graph import Graph

__all__ = ["FORMATS", "Format", "read", "write"]


@dataclass(frozen=True)
class Format:
    """A text format for graphs.

    Attributes
    ----------
    name : str
        What users call it.
    suffix : str
        Of its files.
    write, read : callable
        From a graph to text and back.
    holds : str
        What it cannot hold, or for whom it is.
    """

    name: str
    suffix: str
    write: Callable[[Graph], str]
    read: Callable[[str], Graph]
    holds: str


_ALL = (
    Format("graphml", ".graphml", to_graphml, from_graphml, "networkx, igraph, Gephi"),
    Format("gml", ".gml", to_gml, from_gml, "networkx, igraph, DoWhy"),
    Format("json", ".json", to_node_link, from_node_link, "node-link: networkx, D3"),
    Format("dot", ".dot", to_dot, from_dot, "Graphviz, DoWhy"),
    Format("dagitty", ".txt", to_dagitty, from_dagitty, "dagitty.net, R, pgmpy"),
    Format("tetrad", ".txt", to_tetrad, from_tetrad, "Tetrad, causal-learn"),
    Format(
        "pcalg-cpdag", ".csv", partial(to_pcalg_csv, amat="cpdag"),
        partial(from_pcalg_csv, amat="cpdag"), "R; no bidirected edges or circles",
    ),
    Format(
        "pcalg-pag", ".csv", partial(to_pcalg_csv, amat="pag"),
        partial(from_pcalg_csv, amat="pag"), "R; every mark",
    ),
    Format("lavaan", ".txt", to_lavaan, from_lavaan, "R, semopy; no undirected edges"),
    Format("bnlearn", ".txt", to_bnlearn, from_bnlearn, "R; a DAG"),
    Format(
        "adjacency", ".csv", to_adjacency_csv, from_adjacency_csv,
        "rows are causes; no bidirected edges or circles",
    ),
    Format(
        "edges", ".csv", to_edge_list_csv, from_edge_list_csv,
        "cause, effect, mark; no nodes without edges",
    ),
)  # fmt: skip
FORMATS: Mapping[str, Format] = {one.name: one for one in _ALL}


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise ValueError(f"format must be one of {', '.join(FORMATS)}, got {name!r}")
    return FORMATS[name]


def write(graph: Graph, format: str) -> str:  # noqa: A002 - what users call it
    """The graph as text.

    Parameters
    ----------
    graph : Graph
        Any graph that the format can hold.
    format : str
        A name in ``FORMATS``.

    Returns
    -------
    str

    Raises
    ------
    FormatError
        If the format cannot hold the graph or a name.
    ValueError
        If there is no such format.

    Examples
    --------
    >>> write(Graph.from_edges("ab", directed=[("a", "b")]), "bnlearn")
    '[a][b|a]'
    """
    return _format(format).write(graph)


def read(text: str, format: str) -> Graph:  # noqa: A002
    """A graph from text.

    Parameters
    ----------
    text : str
        Content of a file.
    format : str
        A name in ``FORMATS``.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If the text is not of this format; the line is named where there is one.
    ValueError
        If there is no such format.

    Examples
    --------
    >>> print(read("dag { b -> a }", "dagitty"))
    b --> a
    """
    return _format(format).read(text)
