"""Columns that hold the same: no search can tell them apart, so none is asked to.

``llmcd.table`` refuses such columns, as it should. Two cases occur here:

- by the tables themselves a variable copies its only parent under other codes (three
  variables of hailfinder do): it is left out and its children become its parent's;
- a sample happens to hold two columns that are the same (in a small sample of asia,
  nobody may have tuberculosis, so that ``either`` is ``lung``): the one that comes
  later in the sample's own order, which is random, is set aside as a constant is, and
  stays without edges in every method's graph.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from llmcd.graph import Graph
from llmcd.networks import DiscreteNetwork

if TYPE_CHECKING:
    import pandas as pd

    from benchmarks.networks import KnownNetwork

__all__ = ["contracted", "copied_columns", "copies_by_table", "without_copies"]

Edges = tuple[tuple[str, str], ...]


def copies_by_table(network: DiscreteNetwork) -> dict[str, str]:
    """Variables that are their only parent under other codes.

    Parameters
    ----------
    network : DiscreteNetwork
        A DAG with tables.

    Returns
    -------
    dict
        From each such variable to its parent.

    Examples
    --------
    >>> turned = [[0.0, 1.0], [1.0, 0.0]]
    >>> net = DiscreteNetwork("ab", [["n", "y"]] * 2, [[], [0]], [[0.5, 0.5], turned])
    >>> copies_by_table(net)
    {'b': 'a'}
    """
    found: dict[str, str] = {}
    for name, parents, given in zip(
        network.names, network.parents, network.tables, strict=True
    ):
        table = np.asarray(given)
        if len(parents) != 1 or table.shape[0] != table.shape[1]:
            continue
        ones = np.isclose(table, 1.0, rtol=0.0, atol=1e-9)
        if ones.sum(axis=0).tolist() == [1] * len(table) and ones.any(axis=1).all():
            found[name] = network.names[parents[0]]
    return found


def contracted(graph: Graph, copies: Mapping[str, str]) -> Graph:
    """A DAG without its copies, whose children become those of what they copy.

    Parameters
    ----------
    graph : Graph
        A DAG.
    copies : mapping
        From each copy to its only parent, which may be a copy itself.

    Returns
    -------
    Graph

    Examples
    --------
    >>> chain = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c")])
    >>> print(contracted(chain, {"b": "a"}))
    a --> c
    """
    kept = tuple(name for name in graph.names if name not in copies)
    return Graph.from_edges(kept, directed=_moved(graph.directed_edges(), copies))


def _moved(edges: Edges, copies: Mapping[str, str]) -> Edges:
    def of(name: str) -> str:
        while name in copies:
            name = copies[name]
        return name

    return tuple(dict.fromkeys((of(a), b) for a, b in edges if b not in copies))


def without_copies(network: KnownNetwork) -> tuple[KnownNetwork, dict[str, str]]:
    """The network with every copy left out, its children given to its parent.

    Parameters
    ----------
    network : KnownNetwork
        Any; one without tables is returned as it is.

    Returns
    -------
    network : KnownNetwork
    copies : dict
        From each variable that was left out to the one that it copies.
    """
    copies = {} if network.tables is None else copies_by_table(network.tables)
    if not copies:
        return network, {}
    graph = contracted(network.graph, copies)
    kept = graph.names
    smaller = replace(
        network,
        graph=graph,
        variables=network.variables.subset(kept),
        effective=_moved(network.effective, copies),
        full_graph=graph,
        draw=lambda n, seed: network.draw(n, seed)[list(kept)],
    )
    return smaller, copies


def copied_columns(rows: pd.DataFrame) -> tuple[str, ...]:
    """Columns that say the same as an earlier one in these rows.

    Parameters
    ----------
    rows : pandas.DataFrame
        A sample; constant columns and columns with missing cells are no copies.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> import pandas as pd
    >>> copied_columns(pd.DataFrame({"a": list("xyx"), "b": [2, 5, 2], "c": 1}))
    ('b',)

    Numbers that are all different are codes of nothing: only the same ones are copies.

    >>> copied_columns(
    ...     pd.DataFrame({"a": [0.3, 0.1], "b": [5.0, 7.0], "c": [0.3, 0.1]})
    ... )
    ('c',)
    """
    seen: set[bytes] = set()
    found: list[str] = []
    for name in map(str, rows.columns):
        codes, levels = rows[name].factorize()
        if len(levels) < 2 or (codes < 0).any():
            continue
        content = codes.tobytes()
        if len(levels) == len(codes):
            content = "\0".join(map(str, rows[name])).encode()
        if content in seen:
            found.append(name)
        seen.add(content)
    return tuple(found)
