"""Every text format: round trips of any graph and any name, and what it refuses."""

import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import dags, marked_graphs

from llmcd.errors import FormatError
from llmcd.formats import FORMATS, read, write
from llmcd.graph import Graph

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)
UGLY = st.text(
    st.sampled_from(" \n\t\r;,:|[]{}\"'\\->o<#!&1aé"), min_size=1, max_size=6
)
PLAIN = st.text(string.ascii_letters, min_size=1, max_size=6)
# What each cannot hold, by its marks: none, circle, arrow, tail.
NO_CIRCLES = {"pcalg-cpdag", "adjacency", "lavaan", "bnlearn"}
NO_LINES = {"lavaan", "bnlearn"}
NO_BOTH_WAYS = {"pcalg-cpdag", "adjacency", "bnlearn"}


def possible(name, graph):
    """Whether the format has the graph's marks, by the lists above."""
    ends = {tuple(sorted((row, col))) for row, col in zip(
        graph.marks[np.triu_indices(len(graph.names))],
        graph.marks.T[np.triu_indices(len(graph.names))], strict=True)}  # fmt: skip
    if name in NO_CIRCLES and any(1 in pair for pair in ends):
        return False
    if name in NO_LINES and (3, 3) in ends:
        return False
    if name in NO_BOTH_WAYS and (2, 2) in ends:
        return False
    return name != "bnlearn" or graph.is_acyclic


def expected(name, graph):
    """What comes back: an edge list has no nodes without edges."""
    if name != "edges":
        return graph
    kept = [k for k, row in enumerate(graph.adjacencies) if row.any()]
    return Graph(tuple(graph.names[k] for k in kept), graph.marks[np.ix_(kept, kept)])


@pytest.mark.parametrize("name", FORMATS)
@given(graph=marked_graphs(texts=PLAIN))
@settings(max_examples=60, deadline=None)
def test_plain_names(name, graph):
    """With plain names every graph comes back, or its marks are refused."""
    if not possible(name, graph):
        with pytest.raises(FormatError):
            write(graph, name)
        return
    text = write(graph, name)
    assert text == write(graph, name)
    again = read(text, name)
    assert again == expected(name, graph)
    if name not in ("lavaan", "edges"):  # which have no list of nodes
        assert again.names == graph.names


@pytest.mark.parametrize("name", FORMATS)
@given(graph=marked_graphs(texts=TEXTS | UGLY))
@settings(max_examples=80, deadline=None)
def test_any_names(name, graph):
    """Whatever the names: it comes back, or is refused; never another graph."""
    try:
        text = write(graph, name)
    except FormatError:
        assert not possible(name, graph) or not all(
            node.isascii() and node.isidentifier() for node in graph.names
        )
        return
    assert read(text, name) == expected(name, graph)


@pytest.mark.parametrize("name", ["dot", "dagitty", "json", "gml", "pcalg-pag"])
@given(graph=marked_graphs(texts=TEXTS | UGLY))
@settings(max_examples=80, deadline=None)
def test_formats_that_hold_everything(name, graph):
    """These refuse no mark and no name."""
    assert read(write(graph, name), name) == graph


@pytest.mark.parametrize("name", FORMATS)
@given(text=st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_is_a_graph_or_a_format_error(name, text):
    """Reading raises nothing else."""
    try:
        found = read(text, name)
    except FormatError:
        return
    assert isinstance(found, Graph)


@pytest.mark.parametrize("name", FORMATS)
@given(dag=dags(), data=st.data())
@settings(max_examples=40, deadline=None)
def test_broken_files(name, dag, data):
    """A file that is cut or changed is a graph or a FormatError, never a crash."""
    text = write(dag, name)
    at = data.draw(st.integers(0, len(text)))
    change = data.draw(st.sampled_from(["", "\n", "->", "{", '"', "]", ",", "1"]))
    keep = data.draw(st.booleans())
    try:
        found = read(text[:at] + change + (text[at:] if keep else ""), name)
    except FormatError:
        return
    assert isinstance(found, Graph)


def test_unknown_formats():
    """The ones that exist are named."""
    with pytest.raises(ValueError, match=r"one of graphml, gml, .*, got 'docx'"):
        write(Graph.empty("ab"), "docx")
    with pytest.raises(ValueError, match="got 'docx'"):
        read("", "docx")
