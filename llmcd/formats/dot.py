"""Graphviz's DOT language: written in full, read where it speaks of a graph."""

from __future__ import annotations

import itertools

from llmcd.errors import FormatError
from llmcd.formats.conventions import DOT_HEADS, ENDS, SYMBOLS, Row, graph_of, turned
from llmcd.formats.tokens import Token, Tokens, quoted
from llmcd.graph import Graph, Mark

__all__ = ["from_dot", "to_dot"]

_WHAT = "DOT"


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
    lines = ["digraph {", *(f"  {quoted(name)};" for name in graph.names)]
    for a, b, mark in graph.edges():
        style = ""
        if mark != "-->":
            at_a, at_b = ENDS[mark]
            style = (
                f" [dir=both, arrowtail={DOT_HEADS[at_a]}, arrowhead={DOT_HEADS[at_b]}]"
            )
        lines.append(f"  {quoted(a)} -> {quoted(b)}{style};")
    return "\n".join([*lines, "}"])


def from_dot(text: str) -> Graph:
    """A graph from DOT.

    Parameters
    ----------
    text : str
        One ``digraph`` or ``graph``: nodes, edges, chains and braces of nodes, with
        ``dir``, ``arrowhead``, ``arrowtail`` or ``mark``. Subgraphs are only groups,
        and all other attributes are left out. Two opposite arcs are an undirected edge.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If the text is not DOT or two edges contradict each other, with the line.

    Examples
    --------
    >>> print(from_dot("digraph { a -> b -> c; b -> d [dir=back] }"))
    a --> b
    b --> c
    d --> b
    """
    tokens = Tokens(text, _WHAT)
    _lowered_skip(tokens, "strict")
    kind = tokens.take()
    directed = kind.value.lower() == "digraph"
    if kind.kind != "name" or kind.value.lower() not in ("graph", "digraph"):
        raise tokens.error(kind, "graph or digraph")
    if tokens.peek().kind in ("name", "text"):
        tokens.take()
    reader = _Reader(tokens, directed)
    reader.block({})
    tokens.skip(";")
    if tokens.peek().kind != "end":
        raise tokens.error(tokens.peek(), "the end of the text")
    return graph_of(reader.names, reader.merged())


def _lowered_skip(tokens: Tokens, word: str) -> None:
    if tokens.peek().kind == "name" and tokens.peek().value.lower() == word:
        tokens.take()


class _Reader:
    """Nodes and edges of one text."""

    def __init__(self, tokens: Tokens, directed: bool) -> None:
        self.tokens = tokens
        self.directed = directed
        self.names: dict[str, None] = {}
        self.rows: list[Row] = []

    def block(self, outer: dict[str, str]) -> list[str]:
        """What stands in braces; returns the nodes named there."""
        self.tokens.expect("{")
        inside: dict[str, None] = {}
        defaults = dict(outer)
        while not self.tokens.skip("}"):
            inside |= dict.fromkeys(self._statement(defaults))
            self.tokens.skip(";", ",")
        return list(inside)

    def _statement(self, defaults: dict[str, str]) -> list[str]:
        first = self.tokens.peek()
        word = first.value.lower() if first.kind == "name" else ""
        after = self.tokens.peek(1)
        if word in ("graph", "node", "edge") and after.value == "[":
            self.tokens.take()
            given = self.tokens.attributes()
            if word == "edge":
                defaults.update(given)
            return []
        if (after.kind, after.value) == ("sign", "="):
            for _ in range(3):
                self.tokens.take()
            return []
        groups, arrows = [self._group(defaults)], list[Token]()
        while self.tokens.peek().kind == "arrow":
            arrows.append(self.tokens.take())
            groups.append(self._group(defaults))
        given = {**defaults, **self.tokens.attributes()}
        for k, arrow in enumerate(arrows):
            mark = self._mark(arrow, given)
            for a, b in itertools.product(groups[k], groups[k + 1]):
                self.rows.append(Row(a, b, mark, arrow.line))
        return [name for group in groups for name in group]

    def _group(self, defaults: dict[str, str]) -> list[str]:
        if self.tokens.peek().kind == "name" and (
            self.tokens.peek().value.lower() == "subgraph"
        ):
            self.tokens.take()
            if self.tokens.peek().kind in ("name", "text"):
                self.tokens.take()
        if self.tokens.peek().value == "{" and self.tokens.peek().kind == "sign":
            return self.block(defaults)
        name = self.tokens.name().value
        while self.tokens.skip(":"):  # a port
            self.tokens.name()
        self.names[name] = None
        return [name]

    def _mark(self, arrow: Token, given: dict[str, str]) -> str:
        if arrow.value != ("->" if self.directed else "--"):
            word = "digraph" if self.directed else "graph"
            raise FormatError(
                f"line {arrow.line}: a {word} has no edge {arrow.value!r} in {_WHAT}"
            )
        if "mark" in given:
            return given["mark"]
        side = given.get("dir", "forward" if self.directed else "none").lower()
        tail, head = Mark.TAIL, Mark.TAIL
        if side in ("back", "both"):
            tail = _end(given.get("arrowtail", "normal"))
        if side in ("forward", "both"):
            head = _end(given.get("arrowhead", "normal"))
        if (tail, head) in SYMBOLS:
            return SYMBOLS[tail, head]
        return turned(SYMBOLS[head, tail])

    def merged(self) -> list[Row]:
        """Two opposite plain arcs are one undirected edge."""
        arcs = {(row.a, row.b) for row in self.rows if row.mark == "-->"}
        return [
            row._replace(mark="---")
            if row.mark == "-->" and (row.b, row.a) in arcs and row.a != row.b
            else row
            for row in self.rows
        ]


def _end(shape: str) -> Mark:
    shapes = {"none": Mark.TAIL, "odot": Mark.CIRCLE, "dot": Mark.CIRCLE}
    return shapes.get(shape.lower(), Mark.ARROW)
