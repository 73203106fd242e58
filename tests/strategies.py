"""Random graphs and knowledge, for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from llmcd.background import Background
from llmcd.graph import Graph


def random_dag(rng: np.random.Generator, n: int, degree: float) -> Graph:
    """A DAG with n nodes in random order and the given expected degree."""
    chance = min(1.0, degree / max(n - 1, 1))
    arcs = np.triu(rng.random((n, n)) < chance, 1)
    order = rng.permutation(n)
    names = tuple(f"v{k:02d}" for k in range(n))
    return Graph.from_directed_matrix(names, arcs[np.ix_(order, order)])


@st.composite
def dags(draw: st.DrawFn, max_nodes: int = 7) -> Graph:
    """A DAG with 1 to ``max_nodes`` nodes."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(1, max_nodes))
    return random_dag(rng, n, draw(st.floats(0.5, 3.0)))


@st.composite
def backgrounds(draw: st.DrawFn, truth: Graph) -> Background:
    """Knowledge that the true DAG obeys."""
    edges = truth.directed_edges()
    required = draw(st.lists(st.sampled_from(edges), max_size=3)) if edges else []
    absent = [
        (a, b)
        for a in truth.names
        for b in truth.names
        if a != b and b not in truth.children(a)
    ]
    forbidden = draw(st.lists(st.sampled_from(absent), max_size=4)) if absent else []
    tiers: list[list[str]] = []
    if draw(st.booleans()) and len(truth.names) > 1:
        order = truth.topological_order()
        cut = draw(st.integers(1, len(order) - 1))
        tiers = [list(order[:cut]), list(order[cut:])]
    return Background(required, forbidden, tiers)


@st.composite
def marked_graphs(
    draw: st.DrawFn, max_nodes: int = 6, texts: st.SearchStrategy[str] | None = None
) -> Graph:
    """Any graph at all: 0 to ``max_nodes`` nodes, any legal pair of marks."""
    names = draw(
        st.lists(texts, unique=True, max_size=max_nodes)
        if texts is not None
        else st.integers(0, max_nodes).map(lambda n: [f"v{k:02d}" for k in range(n)])
    )
    n = len(names)
    ends = st.sampled_from(
        [(0, 0)] * 9 + [(a, b) for a in (1, 2, 3) for b in (1, 2, 3)]
    )
    marks = np.zeros((n, n), dtype=np.int8)
    for i in range(n):
        for j in range(i):
            marks[i, j], marks[j, i] = draw(ends)
    return Graph(tuple(names), marks)
