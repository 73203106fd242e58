"""dagitty's model text, for dagitty.net and the R package."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Mapping

from llmcd.errors import FormatError
from llmcd.formats.conventions import DAGITTY, Row, graph_of, turned
from llmcd.formats.tokens import Tokens, quoted
from llmcd.graph import Graph, Mark

__all__ = ["ROLES", "from_dagitty", "roles_from_dagitty", "to_dagitty"]

ROLES = ("exposure", "outcome", "latent", "adjusted")
_WHAT = "dagitty"
_KINDS = ("dag", "pdag", "mag", "pag", "graph", "digraph")
_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*\Z")
_MARKS = {turned(short): turned(mark) for mark, short in DAGITTY.items()} | {
    short: mark for mark, short in DAGITTY.items()
}


def to_dagitty(
    graph: Graph, *, roles: Mapping[str, str | Collection[str]] | None = None
) -> str:
    """The graph as dagitty's text.

    Parameters
    ----------
    graph : Graph
        Any graph; the kind (``dag``, ``pdag``, ``mag`` or ``pag``) follows its marks.
    roles : mapping of str to str or collection of str, optional
        Nodes that are ``exposure``, ``outcome``, ``latent`` or ``adjusted``.

    Returns
    -------
    str

    Raises
    ------
    FormatError
        If a role is unknown or given to what is no node.

    Examples
    --------
    >>> g = Graph.from_edges(["x", "y 2"], directed=[("x", "y 2")])
    >>> print(to_dagitty(g, roles={"exposure": "x"}))
    dag {
      x [exposure]
      "y 2"
      x -> "y 2"
    }
    """
    given: dict[str, list[str]] = {name: [] for name in graph.names}
    for role, nodes in (roles or {}).items():
        for node in [nodes] if isinstance(nodes, str) else nodes:
            if role not in ROLES or node not in given:
                raise FormatError(
                    f"roles are {', '.join(ROLES)} of nodes of the graph, got "
                    f"{role!r} for {node!r}"
                )
            given[node].append(role)
    lines = [f"{_kind(graph)} {{"]
    for name, has in given.items():
        tail = f" [{','.join(has)}]" if has else ""
        lines.append(f"  {_name(name)}{tail}")
    lines.extend(
        f"  {_name(a)} {DAGITTY[mark]} {_name(b)}" for a, b, mark in graph.edges()
    )
    return "\n".join([*lines, "}"])


def _kind(graph: Graph) -> str:
    if (graph.marks == Mark.CIRCLE).any():
        return "pag"
    if not graph.lines.any():
        return "dag"
    both = (graph.marks == Mark.ARROW) & (graph.marks.T == Mark.ARROW)
    return "mag" if both.any() else "pdag"


def _name(name: str) -> str:
    plain = _PLAIN.match(name) and name.lower() not in _KINDS
    return name if plain else quoted(name)


def from_dagitty(text: str) -> Graph:
    """A graph from dagitty's text.

    Parameters
    ----------
    text : str
        Such as ``dag { x -> y; {a b} -> x; y [outcome] }``. Positions and other
        attributes are left out.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If the text is not dagitty's, or one pair has two edges, with the line.

    Examples
    --------
    >>> print(from_dagitty("dag { x -> y <- z }"))
    x --> y
    z --> y
    """
    return _read(text)[0]


def roles_from_dagitty(text: str) -> dict[str, tuple[str, ...]]:
    """Who is exposure, outcome, latent and adjusted.

    Parameters
    ----------
    text : str
        As in ``from_dagitty``.

    Returns
    -------
    dict of str to tuple of str
        Every role, with its nodes in the order of the text.

    Raises
    ------
    FormatError
        As in ``from_dagitty``.

    Examples
    --------
    >>> roles_from_dagitty("dag { u [latent]; u -> x }")["latent"]
    ('u',)
    """
    return _read(text)[1]


def _read(text: str) -> tuple[Graph, dict[str, tuple[str, ...]]]:
    tokens = Tokens(text, _WHAT)
    kind = tokens.take()
    if kind.kind != "name" or kind.value.lower() not in _KINDS:
        raise tokens.error(kind, f"one of {', '.join(_KINDS[:4])}")
    if tokens.peek().kind in ("name", "text"):
        tokens.take()
    names: dict[str, dict[str, str]] = {}
    rows: list[Row] = []
    tokens.expect("{")
    while not tokens.skip("}"):
        _statement(tokens, names, rows)
        tokens.skip(";")
    if tokens.peek().kind != "end":
        raise tokens.error(tokens.peek(), "the end of the text")
    roles = {
        role: tuple(name for name, has in names.items() if role in has)
        for role in ROLES
    }
    return graph_of(names, rows), roles


def _statement(
    tokens: Tokens, names: dict[str, dict[str, str]], rows: list[Row]
) -> None:
    if (tokens.peek(1).kind, tokens.peek(1).value) == ("sign", "="):
        for _ in range(3):
            tokens.take()
        return
    groups = [_group(tokens, names)]
    while tokens.peek().kind == "arrow":
        arrow = tokens.take()
        groups.append(_group(tokens, names))
        rows.extend(
            Row(a, b, _MARKS[arrow.value], arrow.line)
            for a, b in itertools.product(groups[-2], groups[-1])
        )
    given = tokens.attributes()
    if len(groups) == 1:
        for name in groups[0]:
            names[name].update(given)


def _group(tokens: Tokens, names: dict[str, dict[str, str]]) -> list[str]:
    found: list[str] = []
    if tokens.skip("{"):
        while not tokens.skip("}"):
            found.append(tokens.name().value)
            tokens.skip(";", ",")
    else:
        found.append(tokens.name().value)
    for name in found:
        names.setdefault(name, {})
    return found
