"""Falsification through dowhy.gcm, with our tests of independence."""

import numpy as np
import pandas as pd
import pytest

from llmcd.effects.falsification import falsify
from llmcd.equivalence import cpdag
from llmcd.errors import DataError, GraphError
from llmcd.graph import Graph

quiet = pytest.mark.filterwarnings("ignore")
TRUTH = Graph.from_edges("abcde", directed=["ac", "bc", "cd", "de"])


def sample(n=500, seed=0):
    """Rows of the true graph; e is yes or no."""
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, n))
    c = a + b + rng.normal(size=n)
    d = c + rng.normal(size=n)
    e = np.where(d + rng.normal(size=n) > 0, "yes", "no")
    return pd.DataFrame({"a": a, "b": b, "c": c, "d": d, "e": e})


@quiet
def test_the_true_graph_stands():
    """Few independences are denied, fewer than for almost all relabellings."""
    found = falsify(TRUTH, sample())
    assert len(found.violations) <= 1
    assert found.tests == 1 + 1 + 0 + 2 + 3  # non-descendants beside the parents
    assert found.informative
    assert not found.rejected
    assert found.permutations == 20
    assert "better than chance: not rejected" in str(found)
    assert found == falsify(TRUTH, sample())


@quiet
def test_a_wrong_graph_falls():
    """Most of its independences are denied; the clearest is named first."""
    wrong = Graph.from_edges("abcde", directed=["ab", "bd", "de", "ec"])
    found = falsify(wrong, sample())
    assert found.rejected
    assert len(found.violations) >= 4
    p_values = [v.p_value for v in found.violations]
    assert p_values == sorted(p_values)
    first = found.violations[0]
    assert first.given == wrong.parents(first.a)
    assert "rejected" in str(found)
    assert f"{first.a} depends on {first.b} given" in str(found)


@quiet
def test_a_class_is_as_its_members():
    """A CPDAG is tested by one member, which implies what all members imply."""
    found = falsify(cpdag(TRUTH), sample(), permutations=10)
    assert not found.rejected
    assert found.permutations == 10


@quiet
def test_a_complete_graph_says_nothing():
    """Without an independence there is nothing to deny."""
    full = Graph.from_edges("abc", directed=["ab", "ac", "bc"])
    found = falsify(full, sample()[["a", "b", "c"]])
    assert (found.tests, found.violations) == (0, ())
    assert not found.informative
    assert not found.rejected
    assert "no data can speak against it" in str(found)


@quiet
def test_interactions_of_discrete_parents():
    """Given discrete parents all their combinations are strata, so no false alarm."""
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 2, size=(2, 2000))
    c = np.where(rng.random(2000) < 0.9, a ^ b, rng.integers(0, 2, 2000))
    d = np.where(rng.random(2000) < 0.9, a ^ b, rng.integers(0, 2, 2000))
    df = pd.DataFrame({"a": a, "b": b, "c": c, "d": d}).astype(str)
    graph = Graph.from_edges("abcd", directed=["ac", "bc", "ad", "bd"])
    found = falsify(graph, df, alpha=0.01, permutations=5)
    assert found.tests == 1 + 1 + 1 + 1
    assert not found.violations


@quiet
def test_columns_are_the_ones_meant():
    """The table's order of columns is not the graph's: each p-value is its pair's."""
    from scipy import stats

    df = sample()[["a", "b", "c", "d"]] * [1, -3, 20, 0.1]
    found = falsify(Graph.empty("dbca"), df, permutations=1)
    assert found.violations
    for one in found.violations:
        peer = stats.pearsonr(df[one.a], df[one.b]).pvalue
        assert one.given == ()
        assert one.p_value == pytest.approx(peer, rel=0.1, abs=1e-12)


def test_what_is_refused():
    """Graphs that are no class, columns that are missing, numbers out of range."""
    with pytest.raises(GraphError, match="bidirected edges or circles"):
        falsify(Graph.from_edges("ab", bidirected=["ab"]), sample())
    loop = Graph.from_edges("abc", directed=["ab", "bc", "ca"])
    with pytest.raises(GraphError, match="cycle"):
        falsify(loop, sample())
    with pytest.raises(DataError, match=r"speaks of \['b'\]"):
        falsify(TRUTH, sample().drop(columns="b"))
    with pytest.raises(ValueError, match="alpha must be between 0 and 1, got 5"):
        falsify(TRUTH, sample(), alpha=5)
    with pytest.raises(ValueError, match="at least 1, got 0"):
        falsify(TRUTH, sample(), permutations=0)
