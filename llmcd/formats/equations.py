"""One formula for each node: lavaan's syntax and bnlearn's model string."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from llmcd.errors import FormatError
from llmcd.formats.conventions import Row, graph_of
from llmcd.graph import Graph, Mark

__all__ = ["from_bnlearn", "from_lavaan", "to_bnlearn", "to_lavaan"]

_LAVAAN_NAME = re.compile(r"[^\W\d][\w.]*\Z")
_OPERATOR = re.compile(r"=~|~~|~\*~|<~|~|:=|==|<|>")
_ZERO = re.compile(r"[-+]?0+(\.0*)?\Z")


# --- lavaan ---------------------------------------------------------------------------


def to_lavaan(graph: Graph) -> str:
    """The graph as lavaan's model syntax.

    Parameters
    ----------
    graph : Graph
        Arcs and bidirected edges.

    Returns
    -------
    str
        ``y ~ x1 + x2`` for arrows into y, ``a ~~ b`` for ``a <-> b``, and the variance
        ``x ~~ x`` of a node without edges.

    Raises
    ------
    FormatError
        If the graph has undirected edges or circles, or a name is none in R.

    Examples
    --------
    >>> print(to_lavaan(Graph.from_edges("xyz", directed=[("x", "y"), ("z", "y")])))
    y ~ x + z
    """
    arcs = graph.arcs
    both = (graph.marks == Mark.ARROW) & (graph.marks.T == Mark.ARROW)
    odd = np.argwhere(np.triu(graph.adjacencies & ~(arcs | arcs.T | both)))
    if len(odd):
        edge = graph.edge(*(graph.names[k] for k in odd[0]))
        raise FormatError(f"lavaan has arrows and covariances only, got {edge}")
    for name in graph.names:
        if not _LAVAAN_NAME.match(name):
            raise FormatError(
                f"lavaan cannot hold the name {name!r}: letters, digits, dots and "
                "underscores, a letter first; rename the column"
            )
    lines = [
        f"{name} ~ {' + '.join(graph.parents(name))}"
        for name in graph.names
        if graph.parents(name)
    ]
    lines += [
        f"{graph.names[i]} ~~ {graph.names[j]}" for i, j in np.argwhere(np.triu(both))
    ]
    alone = np.flatnonzero(~graph.adjacencies.any(axis=1))
    lines += [f"{graph.names[k]} ~~ {graph.names[k]}" for k in alone]
    return "\n".join([*lines, ""])


def from_lavaan(text: str) -> Graph:
    r"""A graph from lavaan's model syntax.

    Parameters
    ----------
    text : str
        Regressions ``~``, covariances ``~~`` and measurements ``=~``; coefficients and
        labels (``0.5*x``, ``b1*x``) are left out, terms fixed to zero too, as are
        intercepts, constraints and definitions.

    Returns
    -------
    Graph
        Nodes in order of appearance.

    Raises
    ------
    FormatError
        If a formula cannot be read or a pair has two edges, with the line.

    Examples
    --------
    >>> print(from_lavaan("y ~ b*x + z\nx ~~ z"))
    x --> y
    z --> y
    x <-> z
    """
    names: dict[str, None] = {}
    rows: list[Row] = []
    for line, formula in _formulas(text):
        found = _OPERATOR.search(formula)
        if found is None:
            raise FormatError(
                f"line {line}: expected a formula such as y ~ x, got {formula!r}"
            )
        if found[0] in (":=", "==", "<", ">"):
            continue
        if found[0] in ("~*~", "<~"):
            raise FormatError(f"line {line}: {found[0]} is no edge between variables")
        left = _terms(formula[: found.start()], line)
        right = _terms(formula[found.end() :], line)
        for a, _ in left:
            names[a] = None
            for b, fixed in right:
                if b == "1":
                    continue
                names[b] = None
                if not fixed and a != b:
                    rows.append(_row(a, found[0], b, line))
    return graph_of(names, rows)


def _row(a: str, operator: str, b: str, line: int) -> Row:
    if operator == "~~":
        return Row(a, b, "<->", line)
    return Row(b, a, "-->", line) if operator == "~" else Row(a, b, "-->", line)


def _formulas(text: str) -> Iterator[tuple[int, str]]:
    """Formulas with the line on which each begins; one may go on over lines."""
    begun, at = "", 1
    for number, raw in enumerate(text.splitlines(), 1):
        for part in re.split(r"[#!]", raw)[0].split(";"):
            piece = part.strip()
            if not piece:
                continue
            goes_on = begun.endswith(("+", "~", "*")) or piece.startswith("+")
            if begun and not goes_on:
                yield at, begun
                begun = ""
            if not begun:
                at = number
            begun = f"{begun} {piece}".strip()
    if begun:
        yield at, begun


def _terms(text: str, line: int) -> Iterator[tuple[str, bool]]:
    """Names and whether each is fixed to zero."""
    for term in text.split("+"):
        *before, name = (part.strip() for part in term.split("*"))
        if name != "1" and not _LAVAAN_NAME.match(name):
            raise FormatError(
                f"line {line}: expected a variable in {text.strip()!r}, got {name!r}"
            )
        yield name, any(_ZERO.match(part) for part in before)


# --- bnlearn --------------------------------------------------------------------------


def to_bnlearn(graph: Graph) -> str:
    """The graph as the model string of R's bnlearn.

    Parameters
    ----------
    graph : Graph
        A DAG.

    Returns
    -------
    str

    Raises
    ------
    FormatError
        If the graph is no DAG or a name holds one of ``[ ] | :``.

    Examples
    --------
    >>> to_bnlearn(Graph.from_edges("abc", directed=[("a", "c"), ("b", "c")]))
    '[a][b][c|a:b]'
    """
    if not graph.is_dag:
        raise FormatError("a model string holds a DAG; this graph is none")
    for name in graph.names:
        if set(name) & set("[]|:\n") or name != name.strip():
            raise FormatError(
                f"a model string cannot hold the name {name!r}: no [ ] | : line breaks "
                "or outer spaces; rename the column"
            )
    parts = [(name, ":".join(graph.parents(name))) for name in graph.names]
    return "".join(
        f"[{name}|{above}]" if above else f"[{name}]" for name, above in parts
    )


def from_bnlearn(text: str) -> Graph:
    """A graph from a model string of R's bnlearn.

    Parameters
    ----------
    text : str
        Such as ``[a][b][c|a:b]``.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If the text is no model string or a parent has no bracket of its own.

    Examples
    --------
    >>> print(from_bnlearn("[a][c|a]"))
    a --> c
    """
    found = re.findall(r"\[([^\[\]|:]+)(?:\|([^\[\]|]+))?\]", text.strip())
    written = "".join(f"[{n}|{above}]" if above else f"[{n}]" for n, above in found)
    if written != re.sub(r"\s*\n\s*", "", text.strip()):
        raise FormatError(
            "a model string is a row of [node] and [node|parent:parent], got "
            f"{text.strip()[:60]!r}"
        )
    names = [name.strip() for name, _ in found]
    rows = [
        Row(parent.strip(), name.strip(), "-->")
        for name, above in found
        for parent in above.split(":")
        if parent
    ]
    return graph_of(names, rows)
