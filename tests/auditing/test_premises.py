"""Independences in words and the graphs that they allow."""

from itertools import combinations, product

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.auditing.premises import (
    HYPOTHESES,
    Hypothesis,
    Premise,
    holds,
    hypothesis_text,
    read_hypothesis,
    read_premise,
    solve,
)
from llmcd.errors import FormatError
from llmcd.graph import Graph


def all_dags(n):
    """Every DAG over n nodes, by trying all directed graphs."""
    names = "abcd"[:n]
    for marks in product((0, 1, 2), repeat=n * (n - 1) // 2):
        arcs = [
            (x, y) if mark == 1 else (y, x)
            for mark, (x, y) in zip(marks, combinations(names, 2), strict=True)
            if mark
        ]
        drawn = nx.DiGraph(arcs)
        drawn.add_nodes_from(names)
        if nx.is_directed_acyclic_graph(drawn):
            yield drawn


def independences(drawn):
    """All d-separations, by networkx."""
    found = set()
    for a, b in combinations(sorted(drawn), 2):
        others = sorted(set(drawn) - {a, b})
        for size in range(len(others) + 1):
            for z in combinations(others, size):
                if nx.is_d_separator(drawn, {a}, {b}, set(z)):
                    found.add((a, b, frozenset(z)))
    return frozenset(found)


def true_in(drawn, relation, a, b, strict=True):
    """What a claim says, from paths."""
    if relation == "parent":
        return drawn.has_edge(a, b)
    if relation == "ancestor":
        long = any(len(p) > 2 for p in nx.all_simple_paths(drawn, a, b))
        return long and not (strict and drawn.has_edge(a, b))
    if relation == "collider":
        return bool(set(drawn.successors(a)) & set(drawn.successors(b)))
    return bool(set(drawn.predecessors(a)) & set(drawn.predecessors(b)))


@pytest.mark.parametrize("n", [2, 3, 4])
def test_classes_and_claims_by_brute_force(n):
    """The class is all DAGs with the same separations; a claim holds in all or not."""
    classes = {}
    for drawn in all_dags(n):
        classes.setdefault(independences(drawn), []).append(drawn)
    assert len(classes) == {2: 2, 3: 11, 4: 185}[n]  # known numbers of classes
    names = tuple("abcd"[:n])
    for known, drawn in classes.items():
        found = solve(Premise(names, known))
        assert {frozenset(g.directed_edges()) for g in found} == {
            frozenset(g.edges) for g in drawn
        }
        for relation, strict in product(HYPOTHESES, (True, False)):
            for a, b in combinations(names, 2):
                claim = Hypothesis(relation, b, a)
                by_hand = all(true_in(g, relation, b, a, strict) for g in drawn)
                assert holds(claim, found, strict=strict) == by_hand


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 5), st.integers(0, 2**30))
def test_text_and_back(n, seed):
    """What is written is read again, names and all."""
    rng = np.random.default_rng(seed)
    names = [f"n{k}" for k in rng.permutation(n)]
    arcs = np.triu(rng.random((n, n)) < 0.5, 1)
    premise = Premise.of(Graph.from_directed_matrix(names, arcs))
    assert read_premise("Premise: " + premise.text()) == premise


def test_published_wording():
    """A premise as it stands in the paper's form, and its class."""
    text = (
        "Premise: Suppose there is a closed system of 3 variables, A, B and C. All the "
        "statistical relations among these 3 variables are as follows: A correlates "
        "with C. B correlates with C. However, A is independent of B."
    )
    (dag,) = solve(read_premise(text))
    assert dag.directed_edges() == (("A", "C"), ("B", "C"))
    for relation, texts in HYPOTHESES.items():
        for k in range(len(texts)):
            claim = Hypothesis(relation, "A", "B")
            assert read_hypothesis(hypothesis_text(claim, k)) == claim


def test_what_is_not_understood_is_said():
    """Nothing is passed over in silence."""
    head = (
        "Suppose there is a closed system of 2 variables, A and B. All the statistical "
        "relations among these 2 variables are as follows: "
    )
    with pytest.raises(FormatError, match="not understood"):
        read_premise(head + "A resembles B.")
    with pytest.raises(FormatError, match="also"):
        read_premise(head + "A is independent of C.")
    with pytest.raises(FormatError, match="closed system"):
        read_premise("A correlates with B.")
    with pytest.raises(FormatError, match="not understood"):
        read_hypothesis("A resembles B.")
    cross = {("a", "b", frozenset("c")), ("c", "d", frozenset("a"))}
    with pytest.raises(FormatError, match="no DAG"):
        solve(Premise(tuple("abcd"), frozenset(cross)))
