"""causal-learn's graph objects."""

from __future__ import annotations

from typing import Any

import numpy as np

from llmcd.errors import FormatError
from llmcd.formats.conventions import CAUSAL_LEARN
from llmcd.graph import Graph, Mark

__all__ = ["from_causal_learn", "to_causal_learn"]


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
    codes = np.vectorize(lambda m: CAUSAL_LEARN[Mark(m)], otypes=[int])(graph.marks.T)
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
    back = {code: int(mark) for mark, code in CAUSAL_LEARN.items()}
    strange = sorted(set(map(int, np.unique(codes))) - set(back))
    if strange:
        raise FormatError(f"causal-learn's graph has the unknown mark codes {strange}")
    marks = np.vectorize(lambda code: back[int(code)], otypes=[np.int8])(codes.T)
    names = tuple(node.get_name() for node in found.get_nodes())
    return Graph(names, marks)
