"""Tetrad's texts, which causal-learn prints too: graphs and background knowledge."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from llmcd.errors import FormatError
from llmcd.formats.conventions import ENDS, Row, graph_of, turned
from llmcd.graph import Graph

__all__ = [
    "from_tetrad",
    "from_tetrad_knowledge",
    "to_tetrad",
    "to_tetrad_knowledge",
]

_ARROWS = sorted({*ENDS, *map(turned, ENDS)})
_ARROW = re.compile(rf"(?<=\s)({'|'.join(map(re.escape, _ARROWS))})(?=\s)")
_EDGE = re.compile(r"\s*\d+\.\s+(.*\S)\s*\Z")
_PROPERTIES = re.compile(r"(\s+(dd|pd|nl|pl))+\Z|\s*\[.*\]\S*\s*\Z")


# --- graphs ---------------------------------------------------------------------------


def to_tetrad(graph: Graph) -> str:
    """The graph as Tetrad and causal-learn write it.

    Parameters
    ----------
    graph : Graph
        Any graph.

    Returns
    -------
    str

    Raises
    ------
    FormatError
        If a name holds a semicolon or a line break, begins or ends with a space, or
        reads like an arrow.

    Examples
    --------
    >>> print(to_tetrad(Graph.from_edges("ab", directed=[("b", "a")])))
    Graph Nodes:
    a;b
    <BLANKLINE>
    Graph Edges:
    1. b --> a
    """
    for name in graph.names:
        alone = len(graph.names) == 1 and "," in name
        if alone or ";" in name or name != name.strip() or len(name.splitlines()) > 1:
            raise FormatError(
                f"Tetrad's text cannot hold the name {name!r}: no semicolons, line "
                "breaks or outer spaces; rename the column"
            )
        heading = name.lower() in ("graph nodes:", "graph edges:")
        if heading or _ARROW.search(f" {name} ") or _PROPERTIES.search(f" {name}"):
            raise FormatError(
                f"Tetrad's text cannot hold the name {name!r}, which reads like a part "
                "of the text; rename the column"
            )
    edges = [f"{k}. {edge}" for k, edge in enumerate(graph.edges(), 1)]
    nodes = ";".join(graph.names)
    return "\n".join(["Graph Nodes:", nodes, "", "Graph Edges:", *edges, ""])


def from_tetrad(text: str) -> Graph:
    r"""A graph from Tetrad's or causal-learn's text.

    Parameters
    ----------
    text : str
        Nodes between semicolons or commas. Properties after an edge (``dd nl``) and
        sections after the edges are left out.

    Returns
    -------
    Graph

    Raises
    ------
    FormatError
        If a section is missing or a line is no edge between two nodes, with the line.

    Examples
    --------
    >>> print(from_tetrad("Graph Nodes:\na,b\n\nGraph Edges:\n1. a o-> b dd nl\n"))
    a o-> b
    """
    lines = text.removeprefix("\ufeff").splitlines()
    heads = {line.strip().lower(): k for k, line in enumerate(lines)}
    if "graph nodes:" not in heads or "graph edges:" not in heads:
        raise FormatError(
            "Tetrad's text has the lines 'Graph Nodes:' and 'Graph Edges:'; one is "
            "missing"
        )
    names: list[str] = []
    for k in range(heads["graph nodes:"] + 1, heads["graph edges:"]):
        names.extend(_nodes(lines[k]))
    rows: list[Row] = []
    for k in range(heads["graph edges:"] + 1, len(lines)):
        if lines[k].strip().endswith(":") and not _EDGE.match(lines[k]):
            break  # another section
        if lines[k].strip():
            rows.append(_edge(lines[k], k + 1, names))
    return graph_of(names, rows)


def _nodes(line: str) -> list[str]:
    parts = line.split(";" if ";" in line else ",")
    return [part.strip() for part in parts if part.strip()]


def _edge(line: str, at: int, names: Collection[str]) -> Row:
    found = _EDGE.match(line)
    if found is None:
        raise FormatError(
            f"line {at}: expected an edge such as '1. a --> b', got {line.strip()!r}"
        )
    body = found[1]
    for arrow in _ARROW.finditer(body):
        left, right = body[: arrow.start()].strip(), body[arrow.end() :].strip()
        bare = _PROPERTIES.sub("", right)
        for end in (right, bare):
            if left in names and end in names:
                return Row(left, end, arrow[1], at)
    raise FormatError(
        f"line {at}: {body!r} is no edge between two of the nodes {list(names)}"
    )


# --- knowledge ------------------------------------------------------------------------


def to_tetrad_knowledge(
    required: Iterable[Sequence[str]] = (),
    forbidden: Iterable[Sequence[str]] = (),
    tiers: Iterable[Iterable[str]] = (),
) -> str:
    """Background knowledge as a Tetrad knowledge file.

    Parameters
    ----------
    required, forbidden : iterables of (cause, effect), optional
        Edges.
    tiers : iterable of iterables of str, optional
        Groups of names, the earliest first.

    Returns
    -------
    str

    Raises
    ------
    FormatError
        If a name holds a space, which separates names there.

    Examples
    --------
    >>> print(to_tetrad_knowledge([("a", "b")], tiers=[["a"], ["b", "c"]]))
    /knowledge
    addtemporal
    <BLANKLINE>
    1  a
    2  b c
    <BLANKLINE>
    forbiddirect
    <BLANKLINE>
    requiredirect
    <BLANKLINE>
    a b
    """
    groups = [sorted(group) for group in tiers]
    pairs = [sorted(map(tuple, some)) for some in (forbidden, required)]
    for name in {v for some in (*groups, *(p for s in pairs for p in s)) for v in some}:
        if not name or name.split() != [name]:
            raise FormatError(
                f"a Tetrad knowledge file cannot hold the name {name!r}: spaces "
                "separate names there; rename the column"
            )
    lines = ["/knowledge", "addtemporal", ""]
    lines += [f"{k}  {' '.join(group)}" for k, group in enumerate(groups, 1)]
    for head, some in zip(("forbiddirect", "requiredirect"), pairs, strict=True):
        lines += ["", head, "", *(" ".join(pair) for pair in some)]
    return "\n".join(lines).rstrip("\n") + "\n"


def from_tetrad_knowledge(text: str) -> dict[str, Any]:
    r"""Background knowledge from a Tetrad knowledge file.

    Parameters
    ----------
    text : str
        With the sections ``addtemporal``, ``forbiddirect`` and ``requiredirect``. A
        tier marked ``*`` forbids edges within it; one marked ``-`` allows edges into
        the next tier only.

    Returns
    -------
    dict
        ``required``, ``forbidden`` and ``tiers``, as :meth:`llmcd.Background.of` takes
        them.

    Raises
    ------
    FormatError
        If a line fits no section, with the line.

    Examples
    --------
    >>> from_tetrad_knowledge("/knowledge\naddtemporal\n1* a b\n2 c\n")["forbidden"]
    [('a', 'b'), ('b', 'a')]
    """
    tiers: dict[int, list[str]] = {}
    marked: dict[int, str] = {}
    pairs: dict[str, list[tuple[str, str]]] = {"forbiddirect": [], "requiredirect": []}
    section = ""
    lines = text.removeprefix("\ufeff").splitlines()
    if not any(line.strip() == "/knowledge" for line in lines):
        raise FormatError(
            "a Tetrad knowledge file has a line /knowledge; it is missing"
        )
    for at, line in enumerate(lines, 1):
        words = line.split()
        if not words or words == ["/knowledge"]:
            continue
        if words[0] in ("addtemporal", *pairs) and len(words) == 1:
            section = words[0]
        elif section == "addtemporal":
            _tier(words, at, tiers, marked)
        elif section in pairs and len(words) == 2:
            pairs[section].append((words[0], words[1]))
        else:
            raise FormatError(
                f"line {at}: expected addtemporal, forbiddirect, requiredirect or a "
                f"pair of names, got {line.strip()!r}"
            )
    forbidden = [*pairs["forbiddirect"], *_within(tiers, marked)]
    return {
        "required": pairs["requiredirect"],
        "forbidden": list(dict.fromkeys(forbidden)),
        "tiers": [tiers[k] for k in sorted(tiers) if tiers[k]],
    }


def _tier(
    words: list[str], at: int, tiers: dict[int, list[str]], marked: dict[int, str]
) -> None:
    found = re.fullmatch(r"(\d+)([*-]{0,2})", words[0])
    if found is None:
        raise FormatError(
            f"line {at}: a tier begins with its number, such as '1 a b', got "
            f"{words[0]!r}"
        )
    number = int(found[1])
    tiers.setdefault(number, []).extend(words[1:])
    marked[number] = marked.get(number, "") + found[2]


def _within(
    tiers: dict[int, list[str]], marked: dict[int, str]
) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for number, marks in marked.items():
        inside = tiers[number]
        if "*" in marks:
            found.extend((a, b) for a in inside for b in inside if a != b)
        if "-" in marks:
            later = [v for k, group in tiers.items() if k > number + 1 for v in group]
            found.extend((a, b) for a in inside for b in later)
    return found
