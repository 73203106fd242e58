"""Exact search: the best of all DAGs, by trying them all."""

import itertools

import naive
import numpy as np
import problems
import pytest

from llmcd.background import Background
from llmcd.data.statistics import CountStatistics, GaussianStatistics
from llmcd.discovery.exact import ExactSearch, exact_search
from llmcd.discovery.scores import graph_score
from llmcd.equivalence import cpdag, is_mpdag
from llmcd.graph import Graph


def best_of_all(objective, names, known, max_parents=None):
    """The highest objective over all DAGs and all their orders."""
    best = -np.inf
    for plain in naive.all_dags(len(names)):
        dag = plain.rename(dict(zip(plain.names, names, strict=True)))
        if max_parents is not None and dag.arcs.sum(axis=0).max() > max_parents:
            continue
        for order in itertools.permutations(names):
            if problems.obeys(dag, order, known):
                best = max(best, objective(dag, order))
    return best


@pytest.mark.parametrize("kind", problems.SCORES)
@pytest.mark.parametrize("seed", range(3))
def test_the_best_of_all_dags(kind, seed):
    """With evidence and knowledge, no DAG on four nodes with any order is better."""
    rng = np.random.default_rng(seed)
    table, score = problems.problem(kind, 4, 120, rng, degree=1.5)
    said = problems.evidence(4, rng) if seed else None
    known = problems.knowledge(table.names, rng) if seed != 1 else Background()
    found = exact_search(table, score, background=known, evidence=said)
    objective = problems.Objective(table, score, said)
    assert problems.obeys(found.dag, found.order, known)
    assert found.objective == pytest.approx(objective(found.dag, found.order))
    assert found.objective == pytest.approx(best_of_all(objective, table.names, known))


def test_the_limit_on_parents():
    """With at most one parent the best tree-like DAG is found."""
    table, score = problems.problem("bic", 4, 200, np.random.default_rng(5), 3.0)
    free = exact_search(table, score)
    found = exact_search(table, score, max_parents=1)
    objective = problems.Objective(table, score, None)
    assert found.dag.arcs.sum(axis=0).max() == 1 < free.dag.arcs.sum(axis=0).max()
    assert found.objective == pytest.approx(
        best_of_all(objective, table.names, Background(), max_parents=1)
    )


def test_what_the_result_says():
    """Graph, DAG, order and score belong together; one settled start."""
    table, score = problems.problem("bdeu", 6, 300, np.random.default_rng(1))
    found = exact_search(table, score)
    assert found.graph == cpdag(found.dag)
    assert found.score == pytest.approx(graph_score(score, table, found.dag))
    assert found.objective == found.score
    assert (found.starts, found.agreement, found.settled) == (1, 1.0, True)


def test_as_a_method():
    """ExactSearch returns the graph of exact_search, and says how it searched."""
    table, _ = problems.problem("bge", 5, 100, np.random.default_rng(2))
    known = problems.knowledge(table.names, np.random.default_rng(2))
    method = ExactSearch(score="bge", max_parents=3)
    found = method.search(table, known)
    expected = exact_search(table, "bge", background=known, max_parents=3).graph
    assert found == expected
    assert is_mpdag(found)
    said = {"score": "bge", "alpha_mu": 1.0, "alpha_w": None, "max_parents": 3}
    assert method.settings(table) == said


def test_too_many_variables():
    """Twenty is the limit; the message says what to do."""
    names = [f"v{k}" for k in range(21)]
    table = CountStatistics.of(np.zeros((5, 21)), names, [2] * 21)
    with pytest.raises(ValueError, match=r"at most 20 variables, .* 21; use method="):
        exact_search(table)
    with pytest.raises(ValueError, match="at most 20"):
        ExactSearch().settings(table)


@pytest.mark.parametrize("names", [(), ("a",)])
def test_nothing_to_search(names):
    """No variable and one variable have a graph without edges."""
    p = len(names)
    table = GaussianStatistics(names, 9.0, np.zeros(p), 9.0 * np.eye(p))
    assert exact_search(table).graph == Graph.empty(names)
