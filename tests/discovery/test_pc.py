"""PC: exact with an oracle, legal with anything, obedient, causal-learn's if asked."""

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
from llmcd.data.statistics import (
    CountStatistics,
    GaussianStatistics,
    MixedStatistics,
)
from llmcd.data.table import table
from llmcd.discovery.independence import independence_test, log_p
from llmcd.discovery.kernels.essential import class_of
from llmcd.discovery.kernels.meek import accept_colliders, extend_partial
from llmcd.discovery.pc import PC, pc_search
from llmcd.equivalence import (
    consistent_extension,
    cpdag,
    is_cpdag,
    is_extendable,
    is_mpdag,
    members,
    mpdag,
)
from llmcd.errors import DataError, VariablesError
from llmcd.graph import Graph

Test = Callable[[int, int, tuple], float]


def oracle(truth: Graph) -> Test:
    """1 for d-separated, 0 for d-connected."""
    names = truth.names

    def p_value(i, j, given):
        return float(truth.d_separated(names[i], names[j], [names[k] for k in given]))

    return p_value


def quick_oracle(truth: Graph) -> Test:
    """The same from the ancestral moral graph, as sets in the bits of integers."""
    arcs = truth.arcs
    parents = [sum(1 << int(u) for u in np.flatnonzero(c)) for c in arcs.T]
    above = [
        sum(1 << int(u) for u in np.flatnonzero(c)) | 1 << v
        for v, c in enumerate(truth.reach().T)
    ]

    def p_value(i, j, given):
        blocked = sum(1 << k for k in given)
        keep = above[i] | above[j]
        for k in given:
            keep |= above[k]
        near = [0] * len(arcs)
        for v in range(len(arcs)):
            if keep >> v & 1:
                family = parents[v] | 1 << v
                for u in range(len(arcs)):
                    if family >> u & 1:
                        near[u] |= family
        reached = front = 1 << i
        while front:
            v = front.bit_length() - 1
            new = near[v] & ~reached & ~blocked
            reached |= new
            front = front & ~(1 << v) | new
        return float(not reached >> j & 1)

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


def linear(truth: Graph, n: int, seed: int, signs: tuple = (-1, 1)) -> np.ndarray:
    """Rows of a linear Gaussian network, columns standardised as they are made."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, len(truth.names)))
    for v in truth.topological_order():
        j = truth.index(v)
        for w in truth.parents(v):
            x[:, j] += rng.uniform(0.5, 1.5) * rng.choice(signs) * x[:, truth.index(w)]
        x[:, j] /= x[:, j].std()
    return x


def discrete(truth: Graph, n: int, seed: int) -> np.ndarray:
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
    return codes


def gaussian_of(truth: Graph, n: int, seed: int) -> GaussianStatistics:
    return GaussianStatistics.of(linear(truth, n, seed), truth.names)


def counts_of(truth: Graph, n: int, seed: int) -> CountStatistics:
    codes = discrete(truth, n, seed)
    return CountStatistics.of(codes, truth.names, codes.max(axis=0) + 1)


def mixed_of(truth: Graph, n: int, seed: int) -> MixedStatistics:
    """Every other column cut into three levels."""
    x = linear(truth, n, seed)
    x[:, ::2] = np.digitize(x[:, ::2], [-0.6, 0.5])
    levels = [("a", "b", "c") if k % 2 == 0 else () for k in range(x.shape[1])]
    return MixedStatistics.of(x, truth.names, levels)


SOURCES = [gaussian_of, counts_of, mixed_of]


# --- with an oracle -------------------------------------------------------------------


def test_the_quick_oracle_is_d_separation():
    """It agrees with the definition by paths on every question of random DAGs."""
    rng = np.random.default_rng(1)
    for _ in range(10):
        truth = strategies.random_dag(rng, 5, 2.5)
        ask = quick_oracle(truth)
        for i, j in itertools.permutations(range(5), 2):
            rest = [k for k in range(5) if k not in (i, j)]
            for size in range(4):
                for some in itertools.combinations(rest, size):
                    names = [truth.names[k] for k in (i, j, *some)]
                    expected = naive.d_separated(truth, *names[:2], set(names[2:]))
                    assert ask(i, j, some) == expected


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_oracle_gives_the_true_cpdag_of_every_small_dag(n):
    """All 1, 3, 25 and 543 DAGs."""
    for truth in naive.all_dags(n):
        found = pc_search(oracle(truth), truth.names, Background(), alpha=0.5)
        assert found == cpdag(truth)


def test_oracle_gives_the_true_cpdag_of_larger_dags():
    """Two hundred random DAGs of 5 to 12 nodes."""
    rng = np.random.default_rng(0)
    for k in range(200):
        truth = strategies.random_dag(rng, 5 + k % 8, rng.uniform(1.0, 3.0))
        found = pc_search(quick_oracle(truth), truth.names, Background(), alpha=0.5)
        assert found == cpdag(truth)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_oracle_and_true_knowledge_give_what_both_imply(data):
    """The arcs are those on which all obedient members of the class agree."""
    truth = data.draw(strategies.dags(6))
    known = data.draw(strategies.backgrounds(truth))
    found = pc_search(quick_oracle(truth), truth.names, known, alpha=0.5)
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
    """A plug-in that is undefined says nothing against independence."""
    found = pc_search(lambda i, j, given: float("nan"), "abc", Background(), alpha=0.05)
    assert found.n_edges == 0


def test_no_pair_is_asked_twice():
    """A plug-in may be slow: each question is put once, with sorted positions."""
    seen = []

    def p_value(i, j, given):
        seen.append((i, j, given))
        assert i < j
        assert list(given) == sorted(given)
        return noise(5, 12)(i, j, given)

    pc_search(p_value, "abcdef", Background(), alpha=0.05)
    assert len(seen) == len(set(seen)) > 15


# --- the kernels against the plug-in --------------------------------------------------


def by_marginal_tests(test, known: Background) -> list[int]:
    """The order in which variables are gone through: the most dependent first."""
    names, total = test.names, np.zeros(len(test.names))
    for i, j in itertools.permutations(range(len(names)), 2):
        pair = names[i], names[j]
        asked = known.allowed(*pair) or known.allowed(*pair[::-1])
        if asked and not known.required & {pair, pair[::-1]}:
            total[i] += log_p(test, [min(i, j)], [max(i, j)])[0]
    return np.argsort(total).tolist()


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("seed", range(8))
def test_kernels_are_the_search_in_python(source, seed):
    """Loops over statistics find what the search in Python finds, knowledge or not."""
    rng = np.random.default_rng(seed)
    truth = strategies.random_dag(rng, 9, 3.0)
    statistics = source(truth, [150, 500, 2000][seed % 3], seed)
    test = independence_test(statistics)
    alpha, v = [0.01, 0.2][seed % 2], rng.permutation(truth.names).tolist()
    edge = truth.directed_edges()[0]
    known = Background([edge], [(v[0], v[1]), (v[1], v[0]), (v[2], v[3])])
    if {v[0], v[1]} == set(edge) or (v[2], v[3]) == edge:
        known = Background([edge])
    for background in (Background(), known):
        order = by_marginal_tests(test, background)
        expected = pc_search(
            lambda i, j, given, at=order: test(at[i], at[j], [at[k] for k in given]),
            [truth.names[k] for k in order],
            background,
            alpha=alpha,
        )
        assert PC(alpha=alpha).search(statistics, background) == expected


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_the_search_on_statistics_is_legal_and_obedient(data):
    """With few rows and a loose level, tests contradict each other; knowledge holds."""
    truth = data.draw(strategies.dags(8))
    known = data.draw(strategies.backgrounds(data.draw(strategies.dags(1))))
    if len(truth.names) > 3:
        known = data.draw(strategies.backgrounds(truth))
    seed = data.draw(st.integers(0, 10**6))
    statistics = gaussian_of(truth, data.draw(st.integers(8, 60)), seed)
    found = PC(alpha=data.draw(st.sampled_from([0.01, 0.3]))).search(statistics, known)
    assert is_mpdag(found)
    assert obeys(found, known)


@given(st.integers(0, 2**32 - 1), st.integers(1, 7), st.floats(0.2, 0.9))
@settings(max_examples=150, deadline=None)
def test_the_extension_is_consistent_where_there_is_one(seed, n, dense):
    """On any partly directed graph it is Dor and Tarsi's, else counted or refused."""
    rng = np.random.default_rng(seed)
    names = tuple("abcdefg"[:n])
    some = np.triu(rng.random((n, n)) < dense, 1)
    way = rng.integers(0, 3, size=(n, n))
    marks = (some & (way != 1)) | (some & (way != 0)).T
    graph = Graph.from_directed_matrix(names, marks)
    dag, apart = extend_partial(graph.arcs.copy(), graph.lines.copy())
    assert (apart == 0) == is_extendable(graph)
    assert (apart < 0) == (not graph.is_acyclic)
    if apart >= 0:
        found = Graph.from_directed_matrix(names, dag)
        assert found.is_dag
        assert found.skeleton() == graph.skeleton()
        assert not (graph.arcs & ~dag).any()
    if apart == 0:
        assert cpdag(found) == cpdag(consistent_extension(graph))


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_the_class_is_meeks(data):
    """CPDAG and MPDAG are those of the slow rules."""
    truth = data.draw(strategies.dags(9))
    picked = data.draw(st.lists(st.sampled_from(truth.directed_edges()), max_size=3)
                       if truth.n_edges else st.just([]))  # fmt: skip
    directed = np.zeros_like(truth.arcs)
    for a, b in picked:
        directed[truth.index(a), truth.index(b)] = True
    arcs, lines = class_of(truth.arcs.copy(), directed)
    found = Graph.from_directed_matrix(truth.names, arcs | lines)
    assert found == mpdag(cpdag(truth), picked)


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_colliders_are_accepted_without_turning_arcs_or_closing_cycles(seed):
    """Each exactly if the middle reaches neither end, by paths looked for anew."""
    rng = np.random.default_rng(seed)
    p = int(rng.integers(3, 9))
    start = strategies.random_dag(rng, p, 1.0).arcs.copy()
    triples = np.array([rng.permutation(p)[:3] for _ in range(15)])
    found = start.copy()
    accept_colliders(found, triples)
    names = tuple(f"v{k}" for k in range(p))
    expected = start
    for a, middle, b in triples:
        reach = Graph.from_directed_matrix(names, expected).reach()
        if not reach[middle, a] and not reach[middle, b]:
            expected[a, middle] = expected[b, middle] = True
    np.testing.assert_array_equal(found, expected)


# --- on rows --------------------------------------------------------------------------


@pytest.mark.parametrize("source", SOURCES)
def test_the_order_of_columns_changes_nothing(source):
    """However the columns are permuted, the graph is the same, to the last mark."""
    for seed in range(4):
        rng = np.random.default_rng(100 + seed)
        truth = strategies.random_dag(rng, 12, 3.0)
        statistics = source(truth, 400, seed)
        expected = PC(alpha=0.1).search(statistics)
        for _ in range(3):
            order = rng.permutation(12)
            found = PC(alpha=0.1).search(permuted(statistics, order))
            assert found.reorder(truth.names) == expected


def permuted(statistics, order: np.ndarray):
    """The statistics of the same columns in another order."""
    names = tuple(statistics.names[k] for k in order)
    if isinstance(statistics, GaussianStatistics):
        return statistics.select(order)
    if isinstance(statistics, CountStatistics):
        return CountStatistics(names, statistics.sizes[order], statistics.codes[order])
    blocks = [statistics.blocks[k] for k in order]
    columns = np.concatenate([np.arange(*block) for block in blocks])
    stops = np.cumsum([b - a for a, b in blocks])
    starts = stops - [b - a for a, b in blocks]
    return MixedStatistics(
        names,
        statistics.gaussian.select(columns),
        tuple(zip(starts.tolist(), stops.tolist(), strict=True)),
    )


@pytest.mark.parametrize("seed", range(3))
def test_arrowheads_are_right_at_a_hundred_variables(seed):
    """Of the arrows found on 1,000 rows, at least 85 % are in the true CPDAG."""
    truth = strategies.random_dag(np.random.default_rng(seed), 100, 4.0)
    found = PC().search(gaussian_of(truth, 1000, seed))
    assert is_cpdag(found)
    right = found.arcs & cpdag(truth).arcs
    assert right.sum() > 0.85 * found.arcs.sum() > 60


def test_many_rows_give_the_true_class():
    """On 20,000 rows of networks without cancellation (signs alike) nothing fails."""
    rng = np.random.default_rng(5)
    for seed in range(8):
        truth = strategies.random_dag(rng, 6, 1.5)
        x = linear(truth, 20_000, seed, signs=(1,))
        found = PC(alpha=1e-4).search(GaussianStatistics.of(x, truth.names))
        assert found == cpdag(truth)


def test_a_mixed_table_gives_the_true_class():
    """Through the degenerate-Gaussian test, with a group of three levels."""
    rng = np.random.default_rng(6)
    g, a = rng.integers(0, 3, 3000), rng.normal(size=3000)
    c = a + np.array([0.0, 1.0, -1.0])[g] + rng.normal(size=3000)
    d = c + rng.normal(size=3000)
    df = pd.DataFrame({"a": a, "g": pd.Categorical(g), "c": c, "d": d})
    found = PC().search(table(df).statistics())
    assert set(found.directed_edges()) == {("a", "c"), ("g", "c"), ("c", "d")}


@pytest.mark.parametrize("rows_of", [linear, discrete])
def test_weights_repeat_rows(rows_of):
    """Counting every row twice is the table written twice."""
    truth = strategies.random_dag(np.random.default_rng(7), 6, 2.0)
    df = pd.DataFrame(rows_of(truth, 150, 7), columns=list(truth.names))
    df = df.astype("category") if rows_of is discrete else df
    twice = PC().search(table(df).statistics(np.full(150, 2)))
    doubled = PC().search(table(pd.concat([df, df])).statistics())
    assert twice == doubled.reorder(twice.names)


def test_depth_limits_the_sets():
    """With sets of size 0 only, every dependent pair is adjacent."""
    chain = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c")])
    statistics = gaussian_of(chain, 2000, 8)
    assert PC(max_conditioning=0).search(statistics).n_edges == 3
    assert PC(max_conditioning=1).search(statistics).n_edges == 2


@pytest.mark.parametrize("name", ["fisher_z", "degenerate_gaussian"])
def test_a_column_lost_in_a_resample_is_isolated(name):
    """A column that is constant in the rows drawn is adjacent to nothing."""
    x = linear(Graph.from_edges("ab", directed=[("a", "b")]), 100, 9)
    x = np.column_stack([x, np.r_[np.zeros(99), 1.0]])
    statistics = GaussianStatistics.of(x, "abd", np.r_[np.ones(99), 0.0])
    found = PC(test=name).search(statistics)
    assert found.undirected_edges() == (("a", "b"),)
    assert found.n_edges == 1


def test_a_level_lost_in_a_resample_is_no_level():
    """A binary column of which one level is drawn is adjacent to nothing."""
    codes = np.column_stack([np.arange(60) % 2, np.arange(60) % 2, np.arange(60) >= 59])
    weights = np.r_[np.ones(59), 0.0]
    statistics = CountStatistics.of(codes.astype(int), "abd", [2, 2, 2], weights)
    assert PC().search(statistics).undirected_edges() == (("a", "b"),)


def test_few_rows_are_not_conditioned_away():
    """Sets for which no rows are left are not asked for; too few for any is said."""
    names = tuple("abcdefgh")
    rng = np.random.default_rng(12)
    x = rng.normal(size=(6, 1)) + 0.01 * rng.normal(size=(6, 8))
    found = PC(alpha=0.9).search(GaussianStatistics.of(x, names))
    assert is_cpdag(found)
    with pytest.raises(DataError, match="more than 3 rows, got 3"):
        PC().search(GaussianStatistics.of(x[:3], names))


@pytest.mark.parametrize("p", [0, 1])
def test_nothing_to_search_is_an_empty_graph(p):
    """No column or one."""
    found = PC().search(GaussianStatistics.of(np.zeros((9, p)), "a"[:p]))
    assert found == Graph.empty("a"[:p])


# --- causal-learn ---------------------------------------------------------------------


def theirs(rows: np.ndarray, method: str, alpha: float, names: tuple) -> Graph | None:
    """causal-learn's graph; None if an edge has two arrows."""
    marks = causal_learns_pc(rows, alpha, method, show_progress=False).G.graph
    arcs = (marks == -1) & (marks.T == 1)
    lines = (marks == -1) & (marks.T == -1)
    whole = np.array_equal(arcs | arcs.T | lines, marks != 0)
    return Graph.from_directed_matrix(names, arcs | lines) if whole else None


@pytest.mark.parametrize(
    ("method", "name"), [("fisherz", "fisher_z"), ("gsq", "g2"), ("chisq", "chi2")]
)
def test_compat_is_causal_learns_graph(method, name):
    """Wherever its graph is legal it is ours, and the skeleton is always the same."""
    legal = 0
    for seed in range(8):
        truth = strategies.random_dag(np.random.default_rng(seed), 9, 2.5)
        n, alpha = [150, 500][seed % 2], [0.01, 0.05, 0.2][seed % 3]
        rows = (linear if method == "fisherz" else discrete)(truth, n, seed)
        source = gaussian_of if method == "fisherz" else counts_of
        search = PC(alpha=alpha, test=name, compat="causal-learn")
        ours = search.search(source(truth, n, seed))
        expected = theirs(rows, method, alpha, truth.names)
        assert is_cpdag(ours)
        if expected is not None:
            np.testing.assert_array_equal(ours.adjacencies, expected.adjacencies)
            if is_cpdag(expected):
                assert ours == expected
                legal += 1
    assert legal >= 5


@pytest.mark.parametrize("seed", range(3))
def test_the_gaussian_skeleton_is_causal_learns_by_default(seed):
    """Stopping early and another order of sets change no adjacency."""
    truth = strategies.random_dag(np.random.default_rng(seed), 10, 2.5)
    rows = linear(truth, 500, seed)
    found = causal_learns_pc(rows, 0.05, "fisherz", show_progress=False)
    ours = PC(alpha=0.05).search(gaussian_of(truth, 500, seed))
    np.testing.assert_array_equal(ours.adjacencies, found.G.graph != 0)


def test_compat_obeys_knowledge():
    """Its own way to do so is not copied: knowledge is obeyed exactly."""
    truth = strategies.random_dag(np.random.default_rng(13), 8, 3.0)
    known = Background(tiers=[truth.names[4:], truth.names[:4]])
    found = PC(compat="causal-learn").search(gaussian_of(truth, 300, 13), known)
    assert is_mpdag(found)
    assert obeys(found, known)


# --- asking ---------------------------------------------------------------------------


def test_a_test_that_does_not_fit_is_refused_before_any_work():
    """When settings are asked for as when the search is called directly."""
    statistics = gaussian_of(Graph.empty("ab"), 50, 10)
    for call in (PC(test="chi2").settings, PC(test="chi2").search):
        with pytest.raises(ValueError, match="the table is continuous"):
            call(statistics)


def test_settings_say_what_decides_the_result():
    """Auto is resolved, so that the record says which test it was."""
    found = PC(alpha=0.05).settings(gaussian_of(Graph.empty("ab"), 50, 10))
    assert found == {
        "alpha": 0.05,
        "max_conditioning": None,
        "test": "fisher_z",
        "compat": None,
    }


def test_knowledge_about_strangers_is_refused():
    """A name that is not in the table is a mistake, not a wish to ignore."""
    statistics = gaussian_of(Graph.empty("ab"), 50, 11)
    with pytest.raises(VariablesError, match="'c' is not a column"):
        PC().search(statistics, Background(required=[("a", "c")]))


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
        ("compat", "pcalg"),
    ],
)
def test_arguments_are_checked(argument, value):
    """Wrong arguments are refused when PC is made, by name and value."""
    with pytest.raises(ValueError, match=f"{argument} must be.*got {value!r}"):
        PC(**{argument: value})
