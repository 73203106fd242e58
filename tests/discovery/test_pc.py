"""PC: exact with an oracle, legal with anything, obedient, causal-learn's skeleton."""

import itertools
from collections.abc import Callable

import naive
import numpy as np
import pandas as pd
import pytest
import strategies
from causallearn.search.ConstraintBased.PC import pc as causal_learns_pc
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.background import Background
from llmcd.data.table import table
from llmcd.discovery.pc import PC, build_test, pc_search
from llmcd.equivalence import cpdag, is_cpdag, is_mpdag, members
from llmcd.errors import VariablesError
from llmcd.graph import Graph

Test = Callable[[int, int, tuple], float]


def oracle(truth: Graph) -> Test:
    """1 for d-separated, 0 for d-connected."""
    names = truth.names

    def p_value(i, j, given):
        return float(truth.d_separated(names[i], names[j], [names[k] for k in given]))

    return p_value


def noise(seed: int, sparse: float) -> Test:
    """p-values without any sense, but the same for the same question."""

    def p_value(i, j, given):
        key = [seed, min(i, j), max(i, j), 99, *sorted(given)]
        return float(np.random.default_rng(key).random() ** sparse)

    return p_value


def obeys(graph: Graph, known: Background) -> bool:
    """Whether no member of the class breaks the knowledge."""
    for a, b in itertools.permutations(graph.names, 2):
        possible = graph.marks[graph.index(a), graph.index(b)] and a not in (
            graph.children(b)
        )
        if possible and not known.allowed(a, b):
            return False
    return known.required <= set(graph.directed_edges())


def linear(truth: Graph, n: int, seed: int, signs: tuple = (-1, 1)) -> pd.DataFrame:
    """Rows of a linear Gaussian network."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, len(truth.names)))
    for v in truth.topological_order():
        j = truth.index(v)
        for w in truth.parents(v):
            x[:, j] += rng.uniform(0.5, 1.5) * rng.choice(signs) * x[:, truth.index(w)]
        x[:, j] /= x[:, j].std()
    return pd.DataFrame(x, columns=list(truth.names))


def discrete(truth: Graph, n: int, seed: int) -> pd.DataFrame:
    """Rows of a network of binary and ternary columns."""
    rng = np.random.default_rng(seed)
    levels = rng.integers(2, 4, size=len(truth.names))
    codes = np.zeros((n, len(truth.names)), dtype=int)
    for v in truth.topological_order():
        j = truth.index(v)
        cause = codes[:, [truth.index(w) for w in truth.parents(v)]].sum(axis=1)
        chance = rng.dirichlet(np.full(levels[j], 0.7), size=int(cause.max()) + 1)
        below = chance.cumsum(axis=1)[cause, :-1]
        codes[:, j] = (rng.random(n)[:, None] > below).sum(axis=1)
    return pd.DataFrame(codes, columns=list(truth.names)).astype("category")


# --- with an oracle -------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_oracle_gives_the_true_cpdag_of_every_small_dag(n):
    """All 1, 3, 25 and 543 DAGs."""
    for truth in naive.all_dags(n):
        found = pc_search(oracle(truth), truth.names, Background(), alpha=0.5)
        assert found == cpdag(truth)


def test_oracle_gives_the_true_cpdag_of_larger_dags():
    """A hundred random DAGs of 5 to 8 nodes."""
    rng = np.random.default_rng(0)
    for k in range(100):
        truth = strategies.random_dag(rng, 5 + k % 4, rng.uniform(1.0, 3.0))
        found = pc_search(oracle(truth), truth.names, Background(), alpha=0.5)
        assert found == cpdag(truth)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_oracle_and_true_knowledge_give_what_both_imply(data):
    """The arcs are those on which all obedient members of the class agree."""
    truth = data.draw(strategies.dags(6))
    known = data.draw(strategies.backgrounds(truth))
    found = pc_search(oracle(truth), truth.names, known, alpha=0.5)
    obedient = [
        dag
        for dag in members(cpdag(truth))
        if all(known.allowed(a, b) for a, b in dag.directed_edges())
    ]
    assert found == naive.common(obedient)


# --- with anything --------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1), st.integers(1, 8), st.sampled_from([1, 3, 6, 12]))
@settings(max_examples=80, deadline=None)
def test_the_result_is_legal_for_senseless_p_values(seed, n, sparse):
    """However the tests contradict each other, the graph is a CPDAG."""
    names = tuple("abcdefgh"[:n])
    found = pc_search(noise(seed, sparse), names, Background(), alpha=0.05)
    assert is_cpdag(found)


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_knowledge_is_never_violated(data):
    """However the tests contradict knowledge and each other, knowledge is obeyed."""
    known = data.draw(strategies.backgrounds(data.draw(strategies.dags(8))))
    names = tuple(f"v{k:02d}" for k in range(8))
    seed, sparse = data.draw(st.integers(0, 10**6)), data.draw(st.sampled_from([3, 12]))
    found = pc_search(noise(seed, sparse), names, known, alpha=0.05)
    assert is_mpdag(found)
    assert obeys(found, known)


def test_prohibitions_around_a_cycle_cost_the_weakest_adjacency():
    """If each edge of a triangle may only turn one way, one is not real."""
    strength = {(0, 1): 1e-9, (1, 2): 1e-8, (0, 2): 1e-3}
    known = Background(forbidden=[("b", "a"), ("c", "b"), ("a", "c")])
    found = pc_search(
        lambda i, j, given: strength[min(i, j), max(i, j)], "abc", known, alpha=0.05
    )
    assert set(found.directed_edges()) == {("a", "b"), ("b", "c")}
    assert not found.adjacent("a", "c")


def test_a_required_edge_stays_without_evidence():
    """It is there although every test says independent, and no test is asked."""

    def independent(i, j, given):
        assert {i, j} != {0, 1}
        return 1.0

    known = Background(required=[("b", "a")])
    found = pc_search(independent, "abc", known, alpha=0.05)
    assert found.directed_edges() == (("b", "a"),)
    assert found.n_edges == 1


def test_a_pair_forbidden_both_ways_is_not_adjacent_and_no_false_collider():
    """With a --> b --> c, a and c apart by decree does not make b a collider."""
    truth = Graph.from_edges("abcd", directed=[("a", "b"), ("b", "c"), ("a", "c")])
    known = Background(forbidden=[("a", "c"), ("c", "a")])
    found = pc_search(oracle(truth), truth.names, known, alpha=0.5)
    assert not found.adjacent("a", "c")
    assert set(found.undirected_edges()) == {("a", "b"), ("b", "c")}


def test_two_prohibitions_do_not_multiply():
    """Forbidding a --> b and c --> d leaves a - d and b - c alone."""
    truth = Graph.from_edges("abcd", directed=[("a", "d"), ("c", "b")])
    known = Background(forbidden=[("a", "b"), ("c", "d")])
    found = pc_search(oracle(truth), truth.names, known, alpha=0.5)
    assert found == cpdag(truth)


def test_nan_does_not_keep_an_edge():
    """A test that is undefined says nothing against independence."""
    found = pc_search(lambda i, j, given: float("nan"), "abc", Background(), alpha=0.05)
    assert found.n_edges == 0


# --- on rows --------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_gaussian_skeleton_is_causal_learns(seed):
    """The adjacencies are those of causal-learn's PC."""
    truth = strategies.random_dag(np.random.default_rng(seed), 10, 2.5)
    rows = table(linear(truth, 500, seed))
    theirs = causal_learns_pc(
        np.array(rows.values), 0.05, "fisherz", show_progress=False
    )
    ours = PC(alpha=0.05).search(rows)
    assert is_cpdag(ours)
    np.testing.assert_array_equal(ours.adjacencies, theirs.G.graph != 0)


@pytest.mark.parametrize(("name", "method"), [("g2", "gsq"), ("chi2", "chisq")])
@pytest.mark.parametrize("seed", range(3))
def test_discrete_skeleton_is_causal_learns(seed, name, method):
    """The adjacencies are those of causal-learn's PC."""
    truth = strategies.random_dag(np.random.default_rng(seed), 8, 2.0)
    rows = table(discrete(truth, 500, seed))
    assert rows.family == "discrete"
    codes = rows.values.astype(int)
    theirs = causal_learns_pc(codes, 0.05, method, show_progress=False)
    ours = PC(alpha=0.05, test=name).search(rows)
    assert is_cpdag(ours)
    np.testing.assert_array_equal(ours.adjacencies, theirs.G.graph != 0)


def test_many_rows_give_the_true_class():
    """On 20,000 rows of networks without cancellation (signs alike) nothing fails."""
    rng = np.random.default_rng(5)
    for seed in range(8):
        truth = strategies.random_dag(rng, 6, 1.5)
        found = PC(alpha=1e-4).search(table(linear(truth, 20_000, seed, signs=(1,))))
        assert found.reorder(truth.names) == cpdag(truth)


def test_a_mixed_table_gives_the_true_class():
    """Through the degenerate-Gaussian test, with a group of three levels."""
    rng = np.random.default_rng(6)
    g, a = rng.integers(0, 3, 3000), rng.normal(size=3000)
    c = a + np.array([0.0, 1.0, -1.0])[g] + rng.normal(size=3000)
    d = c + rng.normal(size=3000)
    df = pd.DataFrame({"a": a, "g": pd.Categorical(g), "c": c, "d": d})
    found = PC().search(table(df))
    assert set(found.directed_edges()) == {("a", "c"), ("g", "c"), ("c", "d")}


@pytest.mark.parametrize("rows_of", [linear, discrete])
def test_weights_repeat_rows(rows_of):
    """Counting every row twice is the table written twice."""
    truth = strategies.random_dag(np.random.default_rng(7), 6, 2.0)
    df = rows_of(truth, 150, 7)
    twice = PC().search(table(df), weights=np.full(150, 2))
    doubled = PC().search(table(pd.concat([df, df])))
    assert twice == doubled.reorder(twice.names)


def test_depth_limits_the_sets():
    """With sets of size 0 only, every dependent pair is adjacent."""
    chain = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c")])
    rows = table(linear(chain, 2000, 8))
    assert PC(max_conditioning=0).search(rows).n_edges == 3
    assert PC(max_conditioning=1).search(rows).n_edges == 2


@pytest.mark.parametrize("name", ["fisher_z", "degenerate_gaussian"])
def test_a_column_lost_in_a_resample_is_isolated(name):
    """A column that is constant in the rows drawn is independent of all others."""
    df = linear(Graph.empty("ab"), 100, 9)
    df["d"] = np.r_[np.zeros(99), 1.0]
    rows = table(df, {v: {"description": v, "kind": "continuous"} for v in "abd"})
    weights = (rows.values[:, rows.index("d")] < 1).astype(np.int64)
    test, d = build_test(name, rows, weights), rows.index("d")
    assert {test(d, k, ()) for k in range(3) if k != d} == {1.0}


def test_a_test_that_does_not_fit_is_refused_before_any_work():
    """Also when the search is called directly."""
    rows = table(linear(Graph.empty("ab"), 50, 10))
    with pytest.raises(ValueError, match="the table is continuous"):
        PC(test="chi2").search(rows)


def test_knowledge_about_strangers_is_refused():
    """A name that is not in the table is a mistake, not a wish to ignore."""
    rows = table(linear(Graph.empty("ab"), 50, 11))
    with pytest.raises(VariablesError, match="'c' is not a column"):
        PC().search(rows, Background(required=[("a", "c")]))


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("alpha", 0.0),
        ("alpha", 1.0),
        ("alpha", float("nan")),
        ("alpha", "0.05"),
        ("max_conditioning", -1),
        ("max_conditioning", 1.5),
        ("max_conditioning", True),
        ("test", "pearson"),
    ],
)
def test_arguments_are_checked(argument, value):
    """Wrong arguments are refused when PC is made, by name and value."""
    with pytest.raises(ValueError, match=f"{argument} must be.*got {value!r}"):
        PC(**{argument: value})
