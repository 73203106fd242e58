"""GES: best class by brute force, legal, and clear about what it cannot do."""

import naive
import numpy as np
import pandas as pd
import pytest
import strategies

from llmcd.background import Background
from llmcd.data.table import table
from llmcd.discovery.ges import GES
from llmcd.equivalence import cpdag, is_cpdag
from llmcd.errors import DataError, VariablesError
from llmcd.graph import Graph


def linear(truth: Graph, n: int, seed: int) -> pd.DataFrame:
    """Rows of a linear Gaussian network."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, len(truth.names)))
    for v in truth.topological_order():
        j = truth.index(v)
        for w in truth.parents(v):
            x[:, j] += (
                rng.uniform(0.6, 1.2) * rng.choice([-1, 1]) * x[:, truth.index(w)]
            )
    return pd.DataFrame(x, columns=list(truth.names))


def bic(dag: Graph, x: pd.DataFrame) -> float:
    """Gaussian BIC by regressions."""
    total, n = 0.0, len(x)
    for v in dag.names:
        parents = list(dag.parents(v))
        z = np.column_stack([np.ones(n), x[parents]])
        rest = x[v] - z @ np.linalg.lstsq(z, x[v], rcond=None)[0]
        total -= n / 2 * np.log(np.mean(rest**2)) + np.log(n) / 2 * len(parents)
    return total


@pytest.mark.parametrize("seed", range(12))
def test_finds_the_best_class_of_three_columns(seed):
    """With 1,000 rows it is the class of the best of all 25 DAGs."""
    truth = strategies.random_dag(np.random.default_rng(seed), 3, 1.5)
    x = linear(truth, 1000, seed)
    names = dict(zip("abc", x.columns, strict=True))
    best = max((g.rename(names) for g in naive.all_dags(3)), key=lambda g: bic(g, x))
    found = GES().search(table(x))
    assert is_cpdag(found)
    assert found.reorder(best.names) == cpdag(best)


def test_finds_a_collider_of_discrete_columns():
    """BDeu tells a --> c <-- b."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 3, 600), rng.integers(0, 2, 600)
    c = np.where(rng.random(600) < 0.8, (a + b) > 1, rng.integers(0, 2, 600))
    rows = table(pd.DataFrame({"a": a, "b": b, "c": c}).astype("category"))
    found = GES().search(rows)
    assert set(found.directed_edges()) == {("a", "c"), ("b", "c")}
    assert GES().settings(rows) == {"score": "bdeu"}


def test_weights_repeat_rows():
    """Counting every row twice is the table written twice."""
    x = linear(strategies.random_dag(np.random.default_rng(3), 5, 2.0), 60, 3)
    rows = table(x)
    twice = GES().search(rows, weights=np.full(60, 2))
    doubled = GES().search(table(pd.concat([x, x])))
    assert twice == doubled.reorder(twice.names)


def test_a_column_lost_in_a_resample_is_isolated():
    """A column that is constant in the rows drawn has no edge and does no harm."""
    x = linear(Graph.from_edges("abc", directed=[("a", "b"), ("b", "c")]), 200, 4)
    x["d"] = np.r_[np.zeros(199), 1.0]
    rows = table(x, {v: {"description": v, "kind": "continuous"} for v in "abcd"})
    weights = (rows.values[:, rows.index("d")] < 1).astype(np.int64)
    found = GES().search(rows, weights=weights)
    assert found.neighbours("d") == found.parents("d") == found.children("d") == ()
    assert found.adjacent("a", "b")
    assert found.adjacent("b", "c")


def test_dependent_columns_are_refused():
    """Where BIC is not defined, an error says so, not a graph."""
    x = linear(Graph.empty("abc"), 100, 5)
    rows = table(x)
    weights = np.zeros(100, dtype=np.int64)
    weights[:3] = 40
    with pytest.raises(DataError, match="linearly dependent"):
        GES().search(rows, weights=weights)


def test_background_is_refused_with_the_way_out():
    """It names PC, which obeys knowledge."""
    x = linear(Graph.empty("ab"), 50, 6)
    with pytest.raises(VariablesError, match="method='pc'"):
        GES().search(table(x), Background(forbidden=[("a", "b")]))


def test_a_mixed_table_is_refused_with_the_way_out():
    """It names PC, which takes mixed tables."""
    x = linear(Graph.empty("ab"), 50, 7)
    x["g"] = ["u", "v"] * 25
    with pytest.raises(ValueError, match="method='pc'"):
        GES().search(table(x))
