"""networkx, and the files that it shares with others: GraphML, GML, node-link JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from llmcd.errors import FormatError
from llmcd.formats.conventions import Row, forwards, graph_of
from llmcd.graph import Graph

if TYPE_CHECKING:
    import networkx as nx

__all__ = [
    "from_gml",
    "from_graphml",
    "from_networkx",
    "from_node_link",
    "to_gml",
    "to_graphml",
    "to_networkx",
    "to_node_link",
]

Attributes = Mapping[tuple[str, str], Mapping[str, Any]]
# networkx takes much for granted about what it reads
_BROKEN = (ValueError, TypeError, KeyError, AttributeError, IndexError)


# --- networkx -------------------------------------------------------------------------


def to_networkx(
    graph: Graph, *, edge_attributes: Attributes | None = None
) -> nx.DiGraph[Any]:
    """The graph for networkx.

    A directed edge is one arc. Every other edge is two opposite arcs. Each arc has the
    attribute ``mark``, written from its source to its target: ``-->``, ``---``,
    ``<->``, ``o->`` (``<-o`` for the way back), ``o-o`` or ``o--`` (``--o``).

    Parameters
    ----------
    graph : Graph
        Any graph.
    edge_attributes : mapping of (str, str) to mapping, optional
        More attributes for the edge between two nodes, put on both of its arcs.

    Returns
    -------
    networkx.DiGraph
        Nodes in the order of ``graph.names``.

    Examples
    --------
    >>> g = to_networkx(Graph.from_edges("ab", directed=[("b", "a")]))
    >>> list(g.edges(data="mark"))
    [('b', 'a', '-->')]
    """
    import networkx as nx

    more = edge_attributes or {}
    found: nx.DiGraph[Any] = nx.DiGraph()
    found.add_nodes_from(graph.names)
    back = {"o->": "<-o", "o--": "--o"}
    for a, b, mark in graph.edges():
        extra = {**more.get((a, b), more.get((b, a), {})), "mark": mark}
        found.add_edge(a, b, **extra)
        if mark != "-->":
            found.add_edge(b, a, **{**extra, "mark": back.get(mark, mark)})
    return found


def from_networkx(found: nx.DiGraph[Any]) -> Graph:
    """A graph from networkx.

    Parameters
    ----------
    found : networkx.DiGraph
        As ``to_networkx`` makes it; without ``mark``, an arc is directed and two
        opposite arcs are an undirected edge. An undirected networkx graph has
        undirected edges only.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If a mark is unknown or two arcs of a pair contradict each other.

    Examples
    --------
    >>> import networkx as nx
    >>> print(from_networkx(nx.DiGraph([("a", "b"), ("b", "c"), ("c", "b")])))
    a --> b
    b --- c
    """
    names = [str(node) for node in found.nodes]
    rows: dict[frozenset[str], Row] = {}
    for a, b, data in found.edges(data=True):
        mark = str(data.get("mark", "---" if found.has_edge(b, a) else "-->"))
        if not found.is_directed():
            mark = "---"  # the ends of such an edge are in no order
        row = forwards(Row(str(a), str(b), mark))
        if mark in ("---", "<->", "o-o"):
            row = Row(min(row.a, row.b), max(row.a, row.b), mark)
        if rows.setdefault(frozenset((row.a, row.b)), row) != row:
            raise FormatError(
                f"the two arcs between {row.a} and {row.b} contradict each other"
            )
    return graph_of(names, list(rows.values()))


# --- GraphML --------------------------------------------------------------------------

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def to_graphml(graph: Graph, *, edge_attributes: Attributes | None = None) -> str:
    """The graph as GraphML, as networkx, igraph, yEd and Gephi read it.

    Parameters
    ----------
    graph : Graph
        Any graph.
    edge_attributes : mapping of (str, str) to mapping, optional
        More attributes for edges: text, numbers or truth values.

    Returns
    -------
    str
        Deterministic; arcs and marks as in ``to_networkx``.

    Raises
    ------
    FormatError
        If a name or an attribute holds a character that XML cannot.

    Examples
    --------
    >>> "graphml" in to_graphml(Graph.empty("ab"))
    True
    """
    import networkx as nx

    for name in graph.names:
        if _CONTROL.search(name):
            raise FormatError(
                f"the name {name!r} holds a control character, which GraphML cannot; "
                "rename the column"
            )
    found = to_networkx(graph, edge_attributes=edge_attributes)
    for a, b, data in found.edges(data=True):
        for key, value in data.items():
            if isinstance(value, str) and _CONTROL.search(value):
                raise FormatError(
                    f"{key!r} of the edge {a} - {b} holds a control character, which "
                    f"GraphML cannot: {value!r}"
                )
    return "\n".join(nx.generate_graphml(found, named_key_ids=True)) + "\n"


def from_graphml(text: str) -> Graph:
    """A graph from GraphML.

    Parameters
    ----------
    text : str
        As ``to_graphml`` writes it, or without marks.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If the text is not GraphML.

    Examples
    --------
    >>> g = Graph.from_edges("ab", undirected=[("a", "b")])
    >>> from_graphml(to_graphml(g)) == g
    True
    """
    from xml.etree.ElementTree import ParseError

    import networkx as nx

    try:
        found = nx.parse_graphml(text)
    except (ParseError, nx.NetworkXError, *_BROKEN) as error:
        raise FormatError(f"this is not GraphML: {error}") from None
    return from_networkx(found)


# --- GML ------------------------------------------------------------------------------


def to_gml(graph: Graph, *, edge_attributes: Attributes | None = None) -> str:
    """The graph as GML, as networkx, igraph and Gephi read it.

    Parameters
    ----------
    graph : Graph
        Any graph.
    edge_attributes : mapping of (str, str) to mapping, optional
        More attributes for edges; their names lose underscores, which GML has not,
        and truth values become 0 and 1.

    Returns
    -------
    str
        Arcs and marks as in ``to_networkx``.

    Raises
    ------
    FormatError
        If an attribute's name or value is none that GML can hold.

    Examples
    --------
    >>> g = Graph.from_edges("ab", undirected=[("a", "b")])
    >>> from_gml(to_gml(g)) == g
    True
    """
    import networkx as nx

    plain = {
        pair: {key.replace("_", ""): value for key, value in data.items()}
        for pair, data in (edge_attributes or {}).items()
    }
    found = to_networkx(graph, edge_attributes=plain)
    try:
        return "\n".join(nx.generate_gml(found)) + "\n"
    except nx.NetworkXError as error:
        raise FormatError(f"GML cannot hold this: {error}") from None


def from_gml(text: str) -> Graph:
    """A graph from GML.

    Parameters
    ----------
    text : str
        As ``to_gml`` writes it, or without marks; nodes are named by ``label``, else
        by ``id``.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If the text is not GML.
    """
    import networkx as nx

    try:
        try:
            found = nx.parse_gml(text)
        except nx.NetworkXError as error:
            if "label" not in str(error):
                raise
            found = nx.parse_gml(text, label="id")
    except (nx.NetworkXError, *_BROKEN) as error:
        raise FormatError(f"this is not GML: {error}") from None
    return from_networkx(found)


# --- node-link JSON -------------------------------------------------------------------


def to_node_link(graph: Graph, *, edge_attributes: Attributes | None = None) -> str:
    """The graph as networkx's node-link JSON, which JavaScript viewers read too.

    Parameters
    ----------
    graph : Graph
        Any graph.
    edge_attributes : mapping of (str, str) to mapping, optional
        More attributes for edges: text, numbers, truth values or None.

    Returns
    -------
    str
        Arcs and marks as in ``to_networkx``; the list of edges is named ``edges``.

    Examples
    --------
    >>> g = Graph.from_edges("ab", directed=[("b", "a")])
    >>> json.loads(to_node_link(g))["edges"]
    [{'mark': '-->', 'source': 'b', 'target': 'a'}]
    """
    found = to_networkx(graph, edge_attributes=edge_attributes)
    content = {
        "directed": True,
        "multigraph": False,
        "graph": {},
        "nodes": [{"id": name} for name in graph.names],
        "edges": [
            {**data, "source": a, "target": b} for a, b, data in found.edges(data=True)
        ],
    }
    try:
        return json.dumps(content, indent=1, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise FormatError(f"JSON cannot hold this: {error}") from None


def from_node_link(text: str) -> Graph:
    """A graph from node-link JSON.

    Parameters
    ----------
    text : str
        The list of edges may be named ``edges`` or ``links``, as older versions of
        networkx did; without marks as in ``from_networkx``.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If the text is not such JSON, with the line where it breaks off.

    Examples
    --------
    >>> print(from_node_link('{"nodes": [{"id": 1}, {"id": 2}], "links": []}'))
    (no edges)
    """
    import networkx as nx

    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise FormatError(
            f"line {error.lineno}: this is not JSON: {error.msg}"
        ) from None
    nodes, edges = _parts(content)
    directed = content.get("directed", True)
    found: Any = nx.DiGraph() if directed else nx.Graph()
    found.add_nodes_from(nodes)
    for a, b, mark in edges:
        found.add_edge(a, b, **({} if mark is None else {"mark": mark}))
    extra = [node for node in found.nodes if node not in set(nodes)]
    if extra:
        raise FormatError(f"edges end at {extra}, which are not among the nodes")
    return from_networkx(found)


def _parts(content: Any) -> tuple[list[Any], list[tuple[Any, Any, Any]]]:
    links = None
    if isinstance(content, dict):
        links = content.get("edges", content.get("links"))
    try:
        nodes = [node["id"] for node in content["nodes"]]
        edges = [(e["source"], e["target"], e.get("mark")) for e in links or []]
        hash((*nodes, *(end for edge in edges for end in edge[:2])))
    except (KeyError, TypeError, AttributeError):
        links = None
        nodes, edges = [], []
    if links is None:
        raise FormatError(
            "node-link JSON is an object with nodes, each with an id, and edges (or "
            "links), each with source and target"
        )
    return nodes, edges
