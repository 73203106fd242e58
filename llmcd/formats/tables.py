"""Matrices and tables of edges, in memory and as CSV."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from llmcd.errors import FormatError, GraphError
from llmcd.formats.conventions import Row, at_line, graph_of
from llmcd.graph import Graph

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "from_adjacency",
    "from_adjacency_csv",
    "from_edge_list",
    "from_edge_list_csv",
    "from_pcalg",
    "from_pcalg_csv",
    "to_adjacency",
    "to_adjacency_csv",
    "to_edge_list",
    "to_edge_list_csv",
    "to_pcalg",
    "to_pcalg_csv",
]

_CORNER = {"cause": "causes", "effect": "effects"}


# --- edge lists -----------------------------------------------------------------------


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
        Row(str(a), str(b), str(mark))
        for a, b, mark in zip(frame["cause"], frame["effect"], marks, strict=True)
    ]
    if names is None:
        names = list(dict.fromkeys(v for a, b, *_ in rows for v in (a, b)))
    return graph_of(names, rows)


def to_edge_list_csv(graph: Graph) -> str:
    """The edge list as CSV: ``cause,effect,mark``.

    Parameters
    ----------
    graph : Graph
        Any graph; nodes without edges are not in it.

    Returns
    -------
    str

    Examples
    --------
    >>> print(to_edge_list_csv(Graph.from_edges("ab", directed=[("b", "a")])))
    cause,effect,mark
    b,a,-->
    """
    return _csv([("cause", "effect", "mark"), *graph.edges()])


def from_edge_list_csv(text: str, names: Sequence[str] | None = None) -> Graph:
    r"""A graph from CSV with the columns ``cause, effect`` and perhaps ``mark``.

    Parameters
    ----------
    text : str
        Other columns are left out; without ``mark`` every edge is directed.
    names : sequence of str, optional
        All nodes; those of the edges in order of appearance when None.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If a column or an end is missing, an edge is impossible, or two rows contradict
        each other, with the line.

    Examples
    --------
    >>> print(from_edge_list_csv("cause,effect,weight\nb,a,0.5\n"))
    b --> a
    """
    lines = _lines(text)
    _, header = next(lines, (1, []))
    missing = [name for name in ("cause", "effect") if name not in header]
    if missing:
        raise FormatError(
            f"line 1: an edge list needs the columns cause and effect, got {header}"
        )
    rows: list[Row] = []
    for line, cells in lines:
        if len(cells) != len(header):
            raise FormatError(
                f"line {line}: expected {len(header)} cells, as in the header, got "
                f"{len(cells)}"
            )
        row = dict(zip(header, cells, strict=True))
        for column in ("cause", "effect"):
            if not row[column]:
                raise FormatError(f"line {line}: the edge has no {column}")
        rows.append(Row(row["cause"], row["effect"], row.get("mark", "-->"), line))
    if names is None:
        names = list(dict.fromkeys(v for row in rows for v in (row.a, row.b)))
    return graph_of(names, rows)


# --- adjacency ------------------------------------------------------------------------


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


def from_adjacency(
    matrix: pd.DataFrame | npt.ArrayLike,
    names: Sequence[str] | None = None,
    *,
    rows: str,
) -> Graph:
    """A graph from a matrix in which whatever is not zero is an edge.

    Parameters
    ----------
    matrix : pandas.DataFrame or array, shape (n, n)
        Both entries of a pair not zero mean an undirected edge. The labels of a
        DataFrame must be the same for rows and columns, in any order.
    names : sequence of str, optional
        Needed for an array.
    rows : {"causes", "effects"}
        What a row stands for: ``causes`` for networkx, pgmpy, gCastle and ges,
        ``effects`` for lingam. There is no default, since a wrong one turns every
        arrow.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If shape or labels do not fit, an entry is no number, or a node has an edge to
        itself.
    ValueError
        If ``rows`` is neither.

    Examples
    --------
    >>> print(from_adjacency([[0, 0], [2.5, 0]], ["x", "z"], rows="effects"))
    x --> z
    """
    if rows not in ("causes", "effects"):
        raise ValueError(f"rows must be 'causes' or 'effects', got {rows!r}")
    labels, values = _square(matrix, names)
    try:
        edge = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise FormatError("an adjacency matrix holds numbers only") from None
    if not np.isfinite(edge).all():
        raise FormatError("an adjacency matrix must not hold missing or infinite cells")
    loops = [labels[k] for k in np.flatnonzero(np.diagonal(edge))]
    if loops:
        raise FormatError(f"a node cannot have an edge to itself, got one at {loops}")
    arcs = edge != 0
    return Graph.from_directed_matrix(labels, arcs if rows == "causes" else arcs.T)


def _square(
    matrix: pd.DataFrame | npt.ArrayLike, names: Sequence[str] | None
) -> tuple[tuple[str, ...], npt.NDArray[Any]]:
    import pandas as pd

    if isinstance(matrix, pd.DataFrame):
        columns = tuple(map(str, matrix.columns))
        index = tuple(map(str, matrix.index))
        if sorted(columns) != sorted(index) or len(set(columns)) != len(columns):
            raise FormatError(
                "rows and columns must have the same distinct labels, got "
                f"{list(index)} and {list(columns)}"
            )
        at = [index.index(name) for name in columns]
        return columns, matrix.to_numpy()[at]
    values = np.asarray(matrix)
    if names is None:
        raise ValueError("names are needed for a matrix without labels")
    if values.shape != (len(names), len(names)):
        raise FormatError(
            f"the matrix of {len(names)} names must have shape "
            f"{(len(names), len(names))}, got {values.shape}"
        )
    return tuple(names), values


def to_adjacency_csv(graph: Graph) -> str:
    """The adjacency matrix as CSV; the corner says that rows are causes.

    Parameters
    ----------
    graph : Graph
        Directed and undirected edges only.

    Returns
    -------
    str

    Raises
    ------
    FormatError
        As in ``to_adjacency``.

    Examples
    --------
    >>> print(to_adjacency_csv(Graph.from_edges("ab", directed=[("a", "b")])))
    cause,a,b
    a,0,1
    b,0,0
    """
    return _matrix_csv("cause", to_adjacency(graph))


def from_adjacency_csv(text: str, *, rows: str | None = None) -> Graph:
    """A graph from a matrix as CSV, with labels in the first row and column.

    Parameters
    ----------
    text : str
        As ``to_adjacency_csv`` writes it, or from elsewhere.
    rows : {"causes", "effects"}, optional
        What a row stands for; needed unless the corner says ``cause`` or ``effect``.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If the text is no such matrix or does not say what a row stands for.
    """
    corner, frame = _read_matrix(text)
    meant = rows or _CORNER.get(corner.strip().lower())
    if meant is None:
        raise FormatError(
            "the matrix does not say whether a row is a cause or an effect: give rows="
            f"'causes' or 'effects', or write cause or effect in the corner (got "
            f"{corner!r})"
        )
    return from_adjacency(frame, rows=meant)


# --- pcalg ----------------------------------------------------------------------------


def to_pcalg(graph: Graph, *, amat: str) -> pd.DataFrame:
    """The graph in one of pcalg's two codings.

    Parameters
    ----------
    graph : Graph
        Any graph for ``pag``; directed and undirected edges for ``cpdag``.
    amat : {"cpdag", "pag"}
        ``cpdag``: ``[z, x]`` is 1 and ``[x, z]`` is 0 for ``x --> z``, the code stands
        at the row's end. ``pag``: ``[x, z]`` is 2 and ``[z, x]`` is 3, the code (1
        circle, 2 arrow, 3 tail) stands at the column's end.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    FormatError
        If the coding cannot hold the graph.
    ValueError
        If ``amat`` is neither.

    Examples
    --------
    >>> g = Graph.from_edges("xz", directed=[("x", "z")])
    >>> to_pcalg(g, amat="cpdag").to_numpy().tolist()
    [[0, 0], [1, 0]]
    >>> to_pcalg(g, amat="pag").to_numpy().tolist()
    [[0, 2], [3, 0]]
    """
    import pandas as pd

    if _amat(amat) == "cpdag":
        return to_adjacency(graph).T
    marks = graph.marks.astype(np.int64)
    return pd.DataFrame(marks, index=graph.names, columns=graph.names)


def from_pcalg(
    matrix: pd.DataFrame | npt.ArrayLike,
    names: Sequence[str] | None = None,
    *,
    amat: str,
) -> Graph:
    """A graph from one of pcalg's two codings.

    Parameters
    ----------
    matrix : pandas.DataFrame or array, shape (n, n)
        As in ``to_pcalg``.
    names : sequence of str, optional
        Needed for an array.
    amat : {"cpdag", "pag"}
        Which coding.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If an entry is none of the coding's, or shape or labels do not fit.
    ValueError
        If ``amat`` is neither.
    """
    labels, values = _square(matrix, names)
    codes = (0, 1) if _amat(amat) == "cpdag" else (0, 1, 2, 3)
    strange = [v for v in np.unique(values).tolist() if v not in codes]
    if strange:
        raise FormatError(f"amat.{amat} holds the codes {codes} only, got {strange}")
    if amat == "cpdag":
        return from_adjacency(values, labels, rows="effects")
    try:
        return Graph(labels, values)  # the coding is ours
    except GraphError as error:
        raise FormatError(f"this is no amat.pag: {error}") from None


def to_pcalg_csv(graph: Graph, *, amat: str) -> str:
    """``to_pcalg`` as CSV, for R's ``as.matrix(read.csv(file, row.names = 1))``.

    Examples
    --------
    >>> g = Graph.from_edges("xz", directed=[("x", "z")])
    >>> print(to_pcalg_csv(g, amat="pag"))
    amat.pag,x,z
    x,0,2
    z,3,0
    """
    return _matrix_csv(f"amat.{amat}", to_pcalg(graph, amat=amat))


def from_pcalg_csv(text: str, *, amat: str) -> Graph:
    """``from_pcalg`` of CSV with labels in the first row and column."""
    _, frame = _read_matrix(text)
    return from_pcalg(frame, amat=amat)


def _amat(amat: str) -> str:
    if amat not in ("cpdag", "pag"):
        raise ValueError(f"amat must be 'cpdag' or 'pag', got {amat!r}")
    return amat


# --- CSV ------------------------------------------------------------------------------


def _csv(rows: Sequence[Sequence[Any]]) -> str:
    return "".join(",".join(map(_cell, row)) + "\n" for row in rows)


def _cell(value: Any) -> str:
    """In quotes where needed; the csv module leaves a carriage return bare."""
    text = str(value)
    if re.search('[",\r\n]', text) or text != text.strip() or not text:
        return '"' + text.replace('"', '""') + '"'
    return text


def _matrix_csv(corner: str, frame: pd.DataFrame) -> str:
    body = [
        (name, *row) for name, row in zip(frame.index, frame.to_numpy(), strict=True)
    ]
    return _csv([(corner, *frame.columns), *body])


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not blank, with the line on which each begins."""
    reader = csv.reader(
        io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True
    )
    begins = 1
    try:
        for cells in reader:
            if cells:
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise FormatError(f"line {begins}: this is not CSV: {error}") from None


def _read_matrix(text: str) -> tuple[str, pd.DataFrame]:
    import pandas as pd

    lines = _lines(text)
    _, header = next(lines, (1, [""]))
    labels: list[str] = []
    body: list[list[float]] = []
    for line, cells in lines:
        if len(cells) != len(header):
            raise FormatError(
                f"{at_line(line)}expected {len(header)} cells, as in the header, got "
                f"{len(cells)}"
            )
        labels.append(cells[0])
        try:
            body.append([float(cell) for cell in cells[1:]])
        except ValueError as error:
            raise FormatError(f"{at_line(line)}{error}") from None
    values = np.array(body).reshape(len(labels), len(header) - 1)
    return header[0], pd.DataFrame(values, index=labels, columns=header[1:])
