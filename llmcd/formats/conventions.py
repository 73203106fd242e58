"""How other programs write the two ends of an edge, and only here.

::

    program                   entry for x --> z                  undirected
    llmcd, pcalg amat.pag     m[x, z] = 2, m[z, x] = 3           both 3
    causal-learn              g[x, z] = -1, g[z, x] = 1          both -1
    pcalg amat.cpdag          a[z, x] = 1, a[x, z] = 0           both 1
    networkx, pgmpy, gCastle  a[x, z] = 1, a[z, x] = 0           both 1
    lingam                    b[z, x] != 0 (rows are effects)    -
    DOT, dagitty              x -> z                             x -- z
    causal-learn, Tetrad      x --> z                            x --- z
    lavaan                    z ~ x                              -
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from llmcd.errors import FormatError, GraphError
from llmcd.graph import Graph, Mark

__all__ = [
    "CAUSAL_LEARN",
    "DAGITTY",
    "DOT_HEADS",
    "ENDS",
    "SYMBOLS",
    "Row",
    "forwards",
    "graph_of",
    "turned",
]

ENDS = {
    "-->": (Mark.TAIL, Mark.ARROW),
    "---": (Mark.TAIL, Mark.TAIL),
    "<->": (Mark.ARROW, Mark.ARROW),
    "o->": (Mark.CIRCLE, Mark.ARROW),
    "o-o": (Mark.CIRCLE, Mark.CIRCLE),
    "o--": (Mark.CIRCLE, Mark.TAIL),
}
SYMBOLS = {ends: mark for mark, ends in ENDS.items()}

# causal-learn's ``graph[i, j]`` is the mark at i's end; ours is the mark at j's end.
CAUSAL_LEARN = {Mark.NONE: 0, Mark.CIRCLE: 2, Mark.ARROW: 1, Mark.TAIL: -1}

DOT_HEADS = {Mark.ARROW: "normal", Mark.TAIL: "none", Mark.CIRCLE: "odot"}

# dagitty writes a circle as @
DAGITTY = {
    "-->": "->",
    "---": "--",
    "<->": "<->",
    "o->": "@->",
    "o-o": "@-@",
    "o--": "@--",
}


class Row(NamedTuple):
    """An edge as a file has it.

    Attributes
    ----------
    a, b : str
        The ends, as written.
    mark : str
        From ``a`` to ``b``; backwards ones (``<--``, ``<-o``, ``--o``) are taken too.
    line : int or None
        Where it stands, from 1.
    """

    a: str
    b: str
    mark: str
    line: int | None = None


def turned(mark: str) -> str:
    """The mark read from the other end.

    Examples
    --------
    >>> turned("<-o"), turned("<->")
    ('o->', '<->')
    """
    return mark[::-1].translate(str.maketrans("<>", "><"))


def forwards(row: Row) -> Row:
    """The row written so that an arrow never points left."""
    if row.mark not in ENDS and turned(row.mark) in ENDS:
        return Row(row.b, row.a, turned(row.mark), row.line)
    return row


def at_line(line: int | None) -> str:
    """How an error begins that knows its line."""
    return "" if line is None else f"line {line}: "


def graph_of(names: Iterable[str], rows: Sequence[Row]) -> Graph:
    """A graph of the edges of a file.

    Parameters
    ----------
    names : iterable of str
        All nodes.
    rows : sequence of Row
        An edge that is given twice must be the same edge.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If a mark is unknown, an end is no node, rows contradict each other, or the
        names or an edge are impossible.

    Examples
    --------
    >>> print(graph_of("ab", [Row("a", "b", "<--")]))
    b --> a
    """
    names = tuple(names)
    try:
        Graph.empty(names)
    except GraphError as error:
        raise FormatError(f"the file holds no valid graph: {error}") from None
    index = {name: k for k, name in enumerate(names)}
    marks = np.zeros((len(names), len(names)), dtype=np.int8)
    for row in rows:
        a, b, mark, line = forwards(row)
        where = f"{at_line(line)}edge {a} - {b}"
        if mark not in ENDS:
            raise FormatError(
                f"{where}: mark must be one of {list(ENDS)}, got {mark!r}"
            )
        if a not in index or b not in index:
            raise FormatError(f"{where}: one end is not among the nodes")
        i, j = index[a], index[b]
        if i == j:
            raise FormatError(f"{where}: a node cannot have an edge to itself")
        if marks[i, j] and (marks[j, i], marks[i, j]) != ENDS[mark]:
            raise FormatError(
                f"{where}: two rows contradict each other; an undirected edge is one "
                "row, marked ---"
            )
        marks[j, i], marks[i, j] = ENDS[mark]
    return Graph(names, marks)
