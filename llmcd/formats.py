"""Every foreign convention for edges, and only here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from llmcd.errors import FormatError, GraphError
from llmcd.graph import Graph, Mark

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

__all__ = [
    "from_causal_learn",
    "from_edge_list",
    "from_graphml",
    "from_networkx",
    "to_adjacency",
    "to_causal_learn",
    "to_dot",
    "to_edge_list",
    "to_graphml",
    "to_networkx",
]

Attributes = Mapping[tuple[str, str], Mapping[str, Any]]
_ENDS = {
    "-->": (Mark.TAIL, Mark.ARROW),
    "---": (Mark.TAIL, Mark.TAIL),
    "<->": (Mark.ARROW, Mark.ARROW),
    "o->": (Mark.CIRCLE, Mark.ARROW),
    "o-o": (Mark.CIRCLE, Mark.CIRCLE),
    "o--": (Mark.CIRCLE, Mark.TAIL),
}


def _from_rows(names: Sequence[str], rows: Sequence[tuple[str, str, str]]) -> Graph:
    index = {name: k for k, name in enumerate(names)}
    marks = np.zeros((len(names), len(names)), dtype=np.int8)
    for a, b, mark in rows:
        if mark not in _ENDS:
            raise FormatError(f"edge {a} - {b}: mark must be one of {list(_ENDS)}, got "
                              f"{mark!r}")  # fmt: skip
        if a not in index or b not in index:
            raise FormatError(f"edge {a} - {b}: one end is not among the nodes")
        i, j = index[a], index[b]
        if marks[i, j] and (marks[j, i], marks[i, j]) != _ENDS[mark]:
            raise FormatError(f"edge {a} - {b}: two rows contradict each other; an "
                              "undirected edge is one row, marked ---")  # fmt: skip
        marks[j, i], marks[i, j] = _ENDS[mark]
    try:
        return Graph(tuple(names), marks)
    except GraphError as error:
        raise FormatError(f"the file holds no valid graph: {error}") from None


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
    rows: dict[frozenset[str], tuple[str, str, str]] = {}
    for a, b, data in found.edges(data=True):
        one, two = str(a), str(b)
        mark = str(data.get("mark", "---" if found.has_edge(b, a) else "-->"))
        if not found.is_directed():
            mark = "---"  # the ends of such an edge are in no order
        if mark in ("<-o", "--o"):
            one, two, mark = two, one, mark[::-1].replace("<", ">")
        row = (one, two, mark)
        if mark in ("---", "<->", "o-o"):
            row = (min(one, two), max(one, two), mark)
        if rows.setdefault(frozenset((one, two)), row) != row:
            raise FormatError(f"the two arcs between {one} and {two} contradict each "
                              "other")  # fmt: skip
    return _from_rows(names, list(rows.values()))


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
    except (ParseError, nx.NetworkXError, ValueError, KeyError) as error:
        raise FormatError(f"this is not GraphML: {error}") from None
    return from_networkx(found)


# --- DOT ------------------------------------------------------------------------------


def to_dot(graph: Graph) -> str:
    """The graph in Graphviz's language, as text; Graphviz is not needed.

    Parameters
    ----------
    graph : Graph
        Any graph.

    Returns
    -------
    str

    Examples
    --------
    >>> print(to_dot(Graph.from_edges("ab", directed=[("a", "b")])))
    digraph {
      "a";
      "b";
      "a" -> "b";
    }
    """
    heads = {Mark.ARROW: "normal", Mark.TAIL: "none", Mark.CIRCLE: "odot"}
    lines = ["digraph {", *(f"  {_quoted(name)};" for name in graph.names)]
    for a, b, mark in graph.edges():
        style = ""
        if mark != "-->":
            at_a, at_b = _ENDS[mark]
            style = f" [dir=both, arrowtail={heads[at_a]}, arrowhead={heads[at_b]}]"
        lines.append(f"  {_quoted(a)} -> {_quoted(b)}{style};")
    return "\n".join([*lines, "}"])


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


# --- tables ---------------------------------------------------------------------------


def to_edge_list(graph: Graph) -> pd.DataFrame:
    """One row an edge: ``cause, effect, mark``.

    Parameters
    ----------
    graph : Graph
        Any graph.

    Returns
    -------
    pandas.DataFrame

    Examples
    --------
    >>> to_edge_list(Graph.from_edges("ab", directed=[("b", "a")])).values.tolist()
    [['b', 'a', '-->']]
    """
    import pandas as pd

    return pd.DataFrame(list(graph.edges()), columns=["cause", "effect", "mark"])


def from_edge_list(frame: pd.DataFrame, names: Sequence[str] | None = None) -> Graph:
    """A graph from rows ``cause, effect`` and, if there is one, ``mark``.

    Parameters
    ----------
    frame : pandas.DataFrame
        Without a column ``mark``, every edge is directed.
    names : sequence of str, optional
        All nodes; those of the edges in order of appearance when None.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If a column or an end is missing, an edge is impossible, or two rows contradict
        each other.

    Examples
    --------
    >>> import pandas as pd
    >>> print(from_edge_list(pd.DataFrame({"cause": ["a"], "effect": ["b"]})))
    a --> b
    """
    missing = {"cause", "effect"} - set(frame.columns)
    if missing:
        raise FormatError(
            "an edge list needs the columns cause and effect, got "
            f"{list(frame.columns)}"
        )
    for column in ("cause", "effect"):
        absent = np.flatnonzero(frame[column].isna())
        if absent.size:
            raise FormatError(
                f"row {absent[0]} of the edge list has no {column}; every row needs a "
                "cause and an effect"
            )
    marks = frame["mark"] if "mark" in frame.columns else ["-->"] * len(frame)
    rows = [
        (str(a), str(b), str(mark))
        for a, b, mark in zip(frame["cause"], frame["effect"], marks, strict=True)
    ]
    if names is None:
        names = list(dict.fromkeys(v for a, b, _ in rows for v in (a, b)))
    return _from_rows(names, rows)


def to_adjacency(graph: Graph) -> pd.DataFrame:
    """Matrix of 0 and 1: ``[i, j]`` is 1 for ``i --> j``, both for ``i --- j``.

    Parameters
    ----------
    graph : Graph
        Directed and undirected edges only.

    Returns
    -------
    pandas.DataFrame
        Rows are causes, columns effects, both labelled.

    Raises
    ------
    FormatError
        If the graph has bidirected edges or circles, which this form cannot hold.

    Examples
    --------
    >>> int(to_adjacency(Graph.from_edges("ab", directed=[("a", "b")])).loc["a", "b"])
    1
    """
    import pandas as pd

    arcs, lines = graph.arcs, graph.lines
    if not np.array_equal(arcs | arcs.T | lines, graph.adjacencies):
        raise FormatError("an adjacency matrix cannot hold bidirected edges or circles")
    return pd.DataFrame(
        (arcs | lines).astype(np.int64), index=graph.names, columns=graph.names
    )


# --- causal-learn ---------------------------------------------------------------------
#
# causal-learn's ``graph[i, j]`` is the mark at i's end of the edge between i and j:
# -1 tail, 1 arrow, 2 circle. Ours is the mark at j's end.

_TO_CAUSAL_LEARN = {Mark.NONE: 0, Mark.CIRCLE: 2, Mark.ARROW: 1, Mark.TAIL: -1}


def to_causal_learn(graph: Graph) -> Any:
    """The graph as causal-learn's ``GeneralGraph``.

    Parameters
    ----------
    graph : Graph
        Any graph.

    Returns
    -------
    causallearn.graph.GeneralGraph.GeneralGraph
    """
    from causallearn.graph.GeneralGraph import GeneralGraph
    from causallearn.graph.GraphNode import GraphNode

    found = GeneralGraph([GraphNode(name) for name in graph.names])
    codes = np.vectorize(lambda m: _TO_CAUSAL_LEARN[Mark(m)], otypes=[int])(
        graph.marks.T
    )
    found.graph = codes
    # Its own reconstitute_dpath misses ancestors when edges come in another order.
    found.dpath = (graph.reach().T | np.eye(len(graph.names), dtype=bool)).astype(int)
    return found


def from_causal_learn(found: Any) -> Graph:
    """A graph from causal-learn's ``GeneralGraph``.

    Parameters
    ----------
    found : causallearn.graph.GeneralGraph.GeneralGraph
        What its algorithms return.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If it holds a mark that this package has none for.
    """
    codes = np.asarray(found.graph)
    back = {code: int(mark) for mark, code in _TO_CAUSAL_LEARN.items()}
    strange = sorted(set(map(int, np.unique(codes))) - set(back))
    if strange:
        raise FormatError(f"causal-learn's graph has the unknown mark codes {strange}")
    marks = np.vectorize(lambda code: back[int(code)], otypes=[np.int8])(codes.T)
    names = tuple(node.get_name() for node in found.get_nodes())
    return Graph(names, marks)
