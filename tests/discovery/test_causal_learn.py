"""causal-learn's searches and tests run, and none of its traps reaches a user."""

import random

import numpy as np
import pandas as pd
import pytest
from causallearn.utils.cit import CIT

from llmcd.background import Background
from llmcd.data.table import table
from llmcd.discovery.causal_learn import ALGORITHMS, CausalLearn, ci_test
from llmcd.discovery.ensemble import candidates
from llmcd.discovery.pc import pc_search
from llmcd.equivalence import cpdag, is_mpdag
from llmcd.errors import DataError, VariablesError
from llmcd.graph import Graph

TRUTH = Graph.from_edges("abcd", directed=[("a", "c"), ("b", "c"), ("c", "d")])


def rows(n=600, seed=0):
    """Rows of a -> c <- b, c -> d with uniform noise."""
    e = np.random.default_rng(seed).uniform(-2, 2, size=(4, n))
    a, b = e[0], e[1]
    c = a - 1.2 * b + 0.5 * e[2]
    return pd.DataFrame({"d": 1.5 * c + 0.5 * e[3], "a": a, "b": b, "c": c})


@pytest.mark.parametrize("algorithm", [k for k in ALGORITHMS if k != "fci"])
def test_each_search_finds_the_truth(algorithm):
    """On easy rows: the CPDAG, and the whole DAG where the noise is not Gaussian."""
    found = CausalLearn(algorithm).search_rows(table(rows()))
    assert found == (TRUTH if "lingam" in algorithm else cpdag(TRUTH))


def test_fci_gives_a_pag():
    """Circles where a hidden common cause cannot be excluded."""
    found = CausalLearn("fci").search_rows(table(rows()))
    assert {str(e) for e in found.edges()} == {"a o-> c", "b o-> c", "c --> d"}


@pytest.mark.parametrize("algorithm", ["pc", "ges", "grasp", "boss"])
def test_discrete_tables(algorithm):
    """Discrete tables are tested and scored as such."""
    rng = np.random.default_rng(1)
    a, b = rng.integers(0, 3, size=(2, 800))
    c = np.where(rng.random(800) < 0.1, rng.integers(0, 3, size=800), np.minimum(a, b))
    df = pd.DataFrame({"a": a, "b": b, "c": c}).astype("category")
    found = CausalLearn(algorithm).search_rows(table(df))
    assert {str(e) for e in found.edges()} == {"a --> c", "b --> c"}


def test_candidates_from_any_of_them():
    """They run on resamples like our own; a LiNGAM graph is a legal MPDAG."""
    found = candidates(rows(), method=CausalLearn("direct_lingam"), bootstrap=3)
    assert found.method == "causal-learn:direct_lingam"
    assert found.settings["algorithm"] == "direct_lingam"
    assert all(is_mpdag(g) for g in (found.graph, *found.replicates))
    assert found.graph == TRUTH


def test_knowledge_is_refused_not_ignored():
    """It is handed to none of them, because some of them break it."""
    known = Background(forbidden=[("a", "b")])
    with pytest.raises(VariablesError, match=r"causal-learn:boss.*cannot honour.*auto"):
        candidates(rows(), method=CausalLearn("boss"), background=known)


def test_a_table_that_does_not_fit_is_refused():
    """LiNGAM on a discrete table is an error before any work."""
    df = pd.DataFrame(np.random.default_rng(0).integers(0, 2, size=(99, 3)) > 0)
    df.columns = list("abc")
    with pytest.raises(ValueError, match=r"continuous tables, got a discrete one"):
        candidates(df, method=CausalLearn("ica_lingam"), bootstrap=0)
    with pytest.raises(ValueError, match=r"algorithm must be one of .*'nope'"):
        CausalLearn("nope")


def test_options_are_handed_on():
    """Under causal-learn's own names; a wrong one is a clear error."""
    loose = CausalLearn("pc", {"alpha": 0.999}).search_rows(table(rows()))
    assert loose.n_edges > 3
    with pytest.raises(DataError, match=r"pc failed with"):
        CausalLearn("pc", {"indep_test": "nope"}).search_rows(table(rows()))


@pytest.mark.parametrize("algorithm", ["boss", "grasp", "fci"])
def test_global_generators_are_left_alone(algorithm):
    """The user's random state is what it was, and the search repeats itself."""
    data = table(rows(200))
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002
    before = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    first = CausalLearn(algorithm).search_rows(data)
    after = random.getstate(), np.random.get_state()[1].tolist()  # noqa: NPY002
    assert before == after
    assert CausalLearn(algorithm).search_rows(data) == first


def test_nothing_is_printed_or_written(capfd, tmp_path, monkeypatch):
    """No progress bar, no line of output, no file of p-values."""
    monkeypatch.chdir(tmp_path)
    for algorithm in ALGORITHMS:
        CausalLearn(algorithm).search_rows(table(rows(150)))
    ci_test("gsq", np.random.default_rng(0).integers(0, 2, size=(99, 3)))(0, 1, ())
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


# --- its tests as plug-ins ------------------------------------------------------------


def test_a_kernel_test_sees_what_correlation_cannot():
    """KCI plugged into our PC finds y = x^2 + noise, Fisher-z does not."""
    rng = np.random.default_rng(3)
    x, z = rng.normal(size=(2, 150))
    values = np.column_stack([x, x**2 + 0.1 * rng.normal(size=150), z])
    found = pc_search(ci_test("kci", values), "xyz", Background(), alpha=0.01)
    assert [str(e) for e in found.edges()] == ["x --- y"]


def test_p_values_of_two_tables_are_not_confused():
    """Two big tables whose text abbreviates alike keep their own p-values."""
    rng = np.random.default_rng(1)
    one = rng.integers(0, 2, size=(2000, 6))
    two = one.copy()
    two[100:1900, 1] = two[100:1900, 0]
    assert str(one) == str(two)
    assert ci_test("chisq", one)(0, 1, ()) > 0.001
    assert ci_test("chisq", two)(0, 1, ()) == 0.0


@pytest.mark.parametrize("method", ["gsq", "chisq"])
def test_many_levels_do_not_overflow(method):
    """Strata that 64 bits cannot index are those of one column that numbers them."""
    rng = np.random.default_rng(2)
    n, wide = 1200, 12
    b = rng.integers(0, 2, n)
    x = (rng.random(n) < 0.3 + 0.4 * b).astype(int)
    y = (rng.random(n) < 0.35 + 0.05 * x + 0.3 * b).astype(int)
    strata = b + 2
    strata[:50] = np.arange(50)
    codes = np.column_stack([x, y, *[strata] * wide])
    narrow = CIT(np.column_stack([x, y, strata]), method)(0, 1, (2,))
    found = ci_test(method, codes)(0, 1, tuple(range(2, 2 + wide)))
    assert 0.001 < narrow < 0.999
    assert found == pytest.approx(narrow, rel=1e-12)


def test_what_it_raises_becomes_ours():
    """A failure inside is a DataError that says what failed, with its cause."""
    with pytest.raises(DataError, match=r"test nope failed with ValueError"):
        ci_test("nope", np.zeros((9, 2)))
