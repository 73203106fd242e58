"""GES: exact neighbourhoods, the best step every time, knowledge obeyed."""

import functools

import naive
import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.background import Background
from llmcd.data.statistics import (
    CountStatistics,
    GaussianStatistics,
    MixedStatistics,
)
from llmcd.discovery.ges import GES, ges_search
from llmcd.discovery.kernels import essential, operators
from llmcd.discovery.scores import BIC, BDeu, BGe, graph_score, local_score
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
from llmcd.formats import from_causal_learn
from llmcd.graph import Graph

KINDS = [operators.INSERT, operators.DELETE, operators.TURN]


# --- problems -------------------------------------------------------------------------


def rows_of(truth: Graph, n: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of a linear Gaussian network, standardised."""
    x = rng.normal(size=(n, len(truth.names)))
    for v in truth.topological_order():
        j, parents = truth.index(v), np.flatnonzero(truth.arcs[:, truth.index(v)])
        signs = rng.choice([-1, 1], len(parents))
        x[:, j] += x[:, parents] @ (rng.uniform(0.5, 1.5, len(parents)) * signs)
    return (x - x.mean(axis=0)) / x.std(axis=0)


def gaussian(seed: int, p: int, degree: float = 2.5, n: int = 300):
    """A random Gaussian problem: rows and statistics."""
    rng = np.random.default_rng(seed)
    truth = strategies.random_dag(rng, p, degree)
    x = rows_of(truth, n, rng)
    return x, GaussianStatistics.of(x, truth.names)


def discrete(seed: int, p: int, degree: float = 2.0, n: int = 300):
    """A random discrete problem: codes, all levels of which occur, and statistics."""
    rng = np.random.default_rng(seed)
    truth = strategies.random_dag(rng, p, degree)
    sizes = rng.integers(2, 4, p)
    codes = np.zeros((n, p), dtype=np.int64)
    for v in truth.topological_order():
        j, stratum = truth.index(v), np.zeros(n, dtype=np.int64)
        for k in np.flatnonzero(truth.arcs[:, j]):
            stratum = stratum * sizes[k] + codes[:, k]
        table = rng.dirichlet(np.full(sizes[j], 0.7), size=stratum.max() + 1)
        codes[:, j] = (table[stratum].cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
        codes[: sizes[j], j] = range(sizes[j])
    return codes, CountStatistics.of(codes, truth.names, sizes)


def population(truth: Graph, rng: np.random.Generator) -> GaussianStatistics:
    """The exact covariance of a linear network, as if from ten million rows."""
    p = len(truth.names)
    sign = rng.choice([-1, 1], (p, p))
    weights = truth.arcs * rng.uniform(0.5, 1.5, (p, p)) * sign
    mixing = np.linalg.inv(np.eye(p) - weights)
    covariance = mixing.T @ mixing
    return GaussianStatistics(truth.names, 1e7, np.zeros(p), 1e7 * covariance)


# --- brute force ----------------------------------------------------------------------


@functools.cache
def signatures(n: int) -> dict:
    """The class of each DAG."""
    found = naive.classes(n)
    return {dag.arcs.tobytes(): key for key, dags in found.items() for dag in dags}


@functools.cache
def neighbours(n: int, key: tuple) -> tuple[frozenset, frozenset, frozenset]:
    """Classes one insert, delete or turn of an edge of some member away."""
    at = signatures(n)
    found: tuple[set, set, set] = (set(), set(), set())
    for dag in naive.classes(n)[key]:
        for i, j in np.argwhere(~np.eye(n, dtype=bool)):
            arcs = dag.arcs.copy()
            if not arcs[i, j] and not arcs[j, i]:
                arcs[i, j] = True
                found[0].add(at.get(arcs.tobytes()))
            elif arcs[i, j]:
                arcs[i, j] = False
                found[1].add(at[arcs.tobytes()])
                arcs[j, i] = True
                found[2].add(at.get(arcs.tobytes()))
    return tuple(frozenset(each - {None, key}) for each in found)


def kernel_graph(dag: Graph) -> np.ndarray:
    """The kernels' form of a DAG's class."""
    ext, graph = (
        essential.new_extension(len(dag.names)),
        essential.new_graph(len(dag.names)),
    )
    ext.sets[essential.DAG] = essential.bits_of(dag.arcs)
    assert essential.complete(ext, graph)
    return graph


def kernel_limits(n: int, banned: np.ndarray | None = None) -> operators.Limits:
    """What the kernels may do."""
    none = np.zeros((n, n), dtype=bool)
    law = none if banned is None else banned
    planes = [essential.bits_of(each) for each in (law, law & law.T, none)]
    return operators.Limits(np.stack(planes), banned is not None, n, 1e-9)


def kernel_neighbours(kind: int, dag: Graph, limits: operators.Limits) -> set:
    """Classes that the operators lead to."""
    n = len(dag.names)
    memory = operators.new_memory(n)
    found = set()
    for _, _, matrix in operators.operators(kind, kernel_graph(dag), limits, memory):
        graph = Graph.from_directed_matrix(dag.names, matrix)
        assert is_cpdag(graph)
        found.add(signatures(n)[consistent_extension(graph).arcs.tobytes()])
    return found


@pytest.mark.parametrize("n", [3, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_neighbourhoods_are_those_of_all_members(n, kind):
    """Operators lead where changing one edge of any DAG of the class leads."""
    for key, dags in naive.classes(n).items():
        found = kernel_neighbours(kind, dags[-1], kernel_limits(n))
        assert found == neighbours(n, key)[kind]


CHORDAL = {
    "fan": ["va", "vb", "vw", "vu", "aw", "wb", "bu"],
    "path": ["uv", "va", "aw", "wb"],
    "star": ["vu", "va", "vb", "vw"],
    "butterfly": ["vu", "vb", "ub", "va", "vw", "aw"],
    "nearly complete": ["uv", "ua", "ub", "va", "vb", "vw", "ab", "aw", "bw"],
    "complete": ["uv", "ua", "ub", "uw", "va", "vb", "vw", "ab", "aw", "bw"],
}


@pytest.mark.parametrize("name", CHORDAL)
@pytest.mark.parametrize("kind", KINDS)
def test_neighbourhoods_of_undirected_graphs_of_five(name, kind):
    """The same for components in which cliques and what separates them are larger."""
    graph = Graph.from_edges("abuvw", undirected=[tuple(e) for e in CHORDAL[name]])
    dags = naive.extensions(graph)
    wanted = set()
    for dag in dags:
        for i, j in np.argwhere(~np.eye(5, dtype=bool)):
            arcs = dag.arcs.copy()
            there = bool(arcs[i, j])
            if there != (kind != operators.INSERT) or arcs[j, i]:
                continue
            arcs[i, j] = not there
            arcs[j, i] = kind == operators.TURN
            if naive.acyclic(arcs):
                other = Graph.from_directed_matrix("abuvw", arcs)
                wanted.add(naive.signature(other))
    found = {
        naive.signature(consistent_extension(Graph.from_directed_matrix("abuvw", m)))
        for _, _, m in operators.operators(
            kind, kernel_graph(dags[0]), kernel_limits(5), operators.new_memory(5)
        )
    }
    assert found == wanted - {naive.signature(dags[0])}


def obeying(n: int, banned: np.ndarray) -> dict:
    """Of each class the members without a banned arc."""
    return {
        key: [dag for dag in dags if not (dag.arcs & banned).any()]
        for key, dags in naive.classes(n).items()
    }


@pytest.mark.parametrize("seed", range(6))
def test_neighbourhoods_under_knowledge_are_the_classes_that_can_obey(seed):
    """Of all neighbours those with a member that obeys, and no other."""
    rng = np.random.default_rng(seed)
    banned = rng.random((4, 4)) < (0.1, 0.2, 0.4)[seed % 3]
    np.fill_diagonal(banned, True)
    lawful = obeying(4, banned)
    limits = kernel_limits(4, banned)
    keys = [key for key, dags in lawful.items() if dags]
    for k in rng.permutation(len(keys))[:40]:
        for kind in KINDS:
            wanted = {q for q in neighbours(4, keys[k])[kind] if lawful[q]}
            assert kernel_neighbours(kind, lawful[keys[k]][0], limits) == wanted


@pytest.mark.parametrize("seed", range(3))
def test_the_closure_is_what_the_obeying_members_share(seed):
    """Knowledge holds if a member obeys; closed, the class is what these agree on."""
    rng = np.random.default_rng(seed)
    banned = rng.random((4, 4)) < 0.25
    np.fill_diagonal(banned, True)
    limits, ext = kernel_limits(4, banned), essential.new_extension(4)
    for key, dags in obeying(4, banned).items():
        graph = kernel_graph(naive.classes(4)[key][0])
        holds = essential.knowledge_holds(graph, limits.law, operators.BANNED, ext)
        assert holds == bool(dags)
        if dags:
            essential.close_knowledge(graph, limits.law, operators.BANNED)
            matrix = essential.matrix_of(graph)
            assert Graph.from_directed_matrix("abcd", matrix) == naive.common(dags)


def test_the_class_of_a_dag_is_its_cpdag():
    """For all DAGs of 4 nodes, and for graphs that take two words a set."""
    rng = np.random.default_rng(0)
    large = [strategies.random_dag(rng, 70, degree) for degree in (1, 2, 4, 10)]
    for dag in [*naive.all_dags(4), *large]:
        matrix = essential.matrix_of(kernel_graph(dag))
        assert Graph.from_directed_matrix(dag.names, matrix) == cpdag(dag)


def search_by_definition(
    statistics: GaussianStatistics, banned: np.ndarray, *, turning: bool
) -> Graph:
    """GES over all classes of four variables, each step looked up."""
    lawful = obeying(4, banned)
    names = dict(zip("abcd", statistics.names, strict=True))
    value = {
        key: graph_score(BIC(), statistics, dags[0].rename(names))
        for key, dags in naive.classes(4).items()
    }
    at, more = naive.signature(Graph.empty("abcd")), True
    while more:
        more = False
        for kind in range(3 if turning else 2):
            while True:
                to = [key for key in neighbours(4, at)[kind] if lawful[key]]
                best = max(to, key=value.__getitem__, default=at)
                if not value[best] > value[at] + 1e-6:
                    break
                at, more = best, turning
    return naive.common(lawful[at]).rename(names)


@pytest.mark.parametrize("seed", range(20))
def test_takes_the_best_step_every_time(seed):
    """The search over all classes of four variables ends at the same class."""
    rng = np.random.default_rng(seed)
    _, statistics = gaussian(seed, 4, degree=3.0, n=int(rng.integers(20, 400)))
    banned = np.eye(4, dtype=bool)
    if seed % 2:
        banned |= rng.random((4, 4)) < 0.25
    names = statistics.names
    known = Background(
        forbidden=[(names[i], names[j]) for i, j in np.argwhere(banned) if i != j]
    )
    for turning in (False, True):
        found = GES("bic", turning=turning).search(statistics, known)
        assert found == search_by_definition(statistics, banned, turning=turning)


def search_by_operators(
    score: BIC | BDeu, statistics, known: Background, *, turning: bool, most: int
) -> tuple[Graph, float]:
    """GES that lists all operators at each step; a DAG of the class, and its score."""
    names, p = statistics.names, len(statistics.names)
    forbidden, required = known.forbidden_matrix(names), known.required_matrix(names)
    kept, memory = required | required.T, operators.new_memory(p)
    planes = (forbidden, forbidden & forbidden.T & ~kept, kept)
    law = np.stack([essential.bits_of(each) for each in planes])
    limits = operators.Limits(law, not known.is_empty, p, 0.0)
    value = functools.cache(
        lambda v, parents: local_score(score, statistics, v, parents)
    )

    def total(dag: Graph) -> float:
        return sum(value(v, dag.parents(v)) for v in names)

    dag = Graph.from_directed_matrix(names, required)
    more = True
    while more:
        more = False
        for kind in KINDS if turning else KINDS[:2]:
            while True:
                found = operators.operators(kind, kernel_graph(dag), limits, memory)
                graphs = {matrix.tobytes(): matrix for _, _, matrix in found}
                dags = [
                    consistent_extension(Graph.from_directed_matrix(names, matrix))
                    for matrix in graphs.values()
                ]
                few = [each for each in dags if each.arcs.sum(axis=0).max() <= most]
                best = max(few, key=total, default=dag)
                if not total(best) > total(dag) + 1e-6:
                    break
                dag, more = best, turning
    return dag, total(dag)


def problem(seed: int):
    """A score, a table, knowledge and whether to turn edges."""
    rng = np.random.default_rng(seed)
    p, n = int(rng.integers(5, 9)), int(rng.integers(30, 400))
    score = BDeu(3) if seed % 4 == 0 else BIC()
    make = discrete if seed % 4 == 0 else gaussian
    _, statistics = make(seed, p, degree=rng.uniform(1.5, 5.0), n=n)
    known = Background()
    if seed % 3:
        order = rng.permutation(statistics.names)
        pairs = [(a, b) for k, a in enumerate(order) for b in order[k + 1 :]]
        required = [pair for pair in pairs if rng.random() < 0.06 * (seed % 3 - 1)]
        both = [*pairs, *[(b, a) for a, b in pairs]]
        forbidden = [q for q in both if rng.random() < 0.15 and q not in required]
        known = Background(required, forbidden)
    return score, statistics, known, seed % 5 > 0


# In those written out, something that a step may change is all that decides.
@pytest.mark.parametrize(
    "seed", [*range(28), 109, 114, 267, 333, 351, 465, 537, 657, 716, 2498]
)
def test_what_is_kept_from_step_to_step_is_right(seed):
    """Weighing only what a step may have changed ends where weighing all ends."""
    score, statistics, known, turning = problem(seed)
    most = 2 if seed % 7 == 0 and not known.required else len(statistics.names)
    found = ges_search(statistics, score, known, turning=turning, max_parents=most)
    dag, value = search_by_operators(
        score, statistics, known, turning=turning, most=most
    )
    assert found.score == pytest.approx(value, rel=1e-9)
    assert cpdag(consistent_extension(found.graph)) == cpdag(dag)


# --- other libraries ------------------------------------------------------------------


def theirs(rows: np.ndarray, names: tuple[str, ...], score: str) -> Graph:
    """causal-learn's GES."""
    from causallearn.search.ScoreBased.GES import ges

    with np.errstate(all="ignore"):
        found = ges(rows, score_func=f"local_score_{score}", node_names=list(names))
    return from_causal_learn(found["G"])


@pytest.mark.parametrize("seed", range(12))
def test_scores_as_high_as_causal_learn_on_gaussian_data(seed):
    """And without turning it finds the identical graph."""
    x, statistics = gaussian(seed, 4 + seed % 5, degree=3.0)
    graph = theirs(x, statistics.names, "BIC")
    value = graph_score(BIC(), statistics, consistent_extension(graph))
    assert ges_search(statistics, BIC()).score >= value - 1e-6
    assert GES("bic", turning=False).search(statistics) == graph


@pytest.mark.parametrize("seed", range(8))
def test_scores_as_high_as_causal_learn_on_discrete_data(seed):
    """With the prior on structures that causal-learn's BDeu has."""
    codes, statistics = discrete(seed, 3 + seed % 2)
    score = BDeu(1, expected_parents=1)
    graph = theirs(codes, statistics.names, "BDeu")
    value = graph_score(score, statistics, consistent_extension(graph))
    assert ges_search(statistics, score).score >= value - 1e-6
    assert GES(score, turning=False).search(statistics) == graph


@pytest.mark.parametrize("seed", range(2))
def test_without_turning_it_is_causal_learn_on_more_columns(seed):
    """The identical graph for a dozen columns."""
    x, statistics = gaussian(seed + 100, 12, degree=4.0, n=1000)
    graph = theirs(x, statistics.names, "BIC")
    assert GES("bic", turning=False).search(statistics) == graph


# --- what is found --------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(12))
def test_the_population_gives_the_true_class(seed):
    """From the exact covariance the CPDAG of the true DAG is found."""
    rng = np.random.default_rng(seed)
    truth = strategies.random_dag(rng, int(rng.integers(3, 11)), 2.5)
    assert GES().search(population(truth, rng)) == cpdag(truth)


@pytest.mark.parametrize("seed", range(8))
def test_the_population_and_true_tiers_give_the_true_mpdag(seed):
    """What the tiers direct is directed too."""
    rng = np.random.default_rng(seed)
    truth = strategies.random_dag(rng, 8, 2.5)
    order = truth.topological_order()
    known = Background(tiers=[order[:3], order[3:6], order[6:]])
    across = [(a, b) for a, b in truth.directed_edges() if not known.allowed(b, a)]
    found = GES().search(population(truth, rng), known)
    assert found == mpdag(cpdag(truth), across)


@pytest.mark.parametrize("score", [BIC(), BIC(penalty=2.0), BGe(), BDeu(5)])
@pytest.mark.parametrize("seed", range(3))
def test_the_score_is_that_of_each_member(score, seed):
    """The graph is a CPDAG, and its members have the score that is reported."""
    make = discrete if isinstance(score, BDeu) else gaussian
    _, statistics = make(seed, 7)
    found = ges_search(statistics, score)
    assert is_cpdag(found.graph)
    for dag in list(members(found.graph))[:5]:
        assert found.score == pytest.approx(
            graph_score(score, statistics, dag), rel=1e-10
        )
    assert found.graph.n_edges == found.steps["inserts"] - found.steps["deletes"]


def test_turning_never_scores_lower_and_sometimes_higher():
    """It goes on from where inserts and deletes end."""
    gains = []
    for seed in range(20):
        _, statistics = gaussian(seed, 12, degree=4.0)
        plain = ges_search(statistics, BIC(), turning=False)
        turned = ges_search(statistics, BIC())
        gains.append(turned.score - plain.score)
        assert (turned.graph == plain.graph) == (gains[-1] < 1e-6)
    assert min(gains) >= -1e-6
    assert max(gains) > 1


@pytest.mark.parametrize("seed", range(4))
def test_the_order_of_columns_changes_nothing(seed):
    """Permuted statistics give the permuted graph."""
    rng = np.random.default_rng(seed)
    x, statistics = gaussian(seed, 15, degree=4.0)
    codes, counts = discrete(seed, 8)
    for whole in (statistics, counts):
        found = GES().search(whole)
        order = rng.permutation(len(whole.names))
        names = [whole.names[k] for k in order]
        if whole is counts:
            other = CountStatistics.of(codes[:, order], names, counts.sizes[order])
        else:
            other = GaussianStatistics.of(x[:, order], names)
        assert GES().search(other) == found


def test_unrelated_groups_of_columns_do_not_disturb_each_other():
    """Nine copies of a problem side by side (90 columns) give nine times its graph."""
    _, one = gaussian(0, 10, degree=3.0)
    names = [f"{v}.{k}" for k in range(9) for v in one.names]
    whole = GaussianStatistics(
        tuple(names), one.n, np.zeros(90), np.kron(np.eye(9), one.cross)
    )
    single, found = GES().search(one), GES().search(whole)
    marks = np.kron(np.eye(9, dtype=np.int8), single.marks)
    assert found == Graph(tuple(names), marks)


def test_a_collider_of_discrete_columns():
    """The default score of a discrete table, BDeu, tells a --> c <-- b."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 3, 600), rng.integers(0, 2, 600)
    c = np.where(rng.random(600) < 0.8, (a + b) > 1, rng.integers(0, 2, 600))
    statistics = CountStatistics.of(np.column_stack([a, b, c]), "abc", [3, 2, 2])
    assert set(GES().search(statistics).directed_edges()) == {("a", "c"), ("b", "c")}


def test_a_collider_of_mixed_columns():
    """Numbers and labels together: a --> c <-- g."""
    rng = np.random.default_rng(1)
    a, g = rng.normal(size=600), rng.integers(0, 3, 600)
    c = a + np.array([-1.0, 0.0, 1.5])[g] + rng.normal(size=600)
    statistics = MixedStatistics.of(
        np.column_stack([a, g, c]), "agc", [(), ("u", "v", "w"), ()]
    )
    assert set(GES().search(statistics).directed_edges()) == {("a", "c"), ("g", "c")}


# --- background knowledge -------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data(), strategies.dags(max_nodes=7), st.integers(0, 10**6))
def test_knowledge_is_never_violated(data, truth, seed):
    """Whatever the rows say, the result is a legal MPDAG that obeys."""
    known = data.draw(strategies.backgrounds(truth))
    rng = np.random.default_rng(seed)
    p = len(truth.names)
    other = strategies.random_dag(rng, p, 3.0)
    statistics = GaussianStatistics.of(rows_of(other, 50, rng), truth.names)
    found = GES(turning=bool(seed % 2)).search(statistics, known)
    assert is_mpdag(found)
    assert is_extendable(found)
    claims = found.arcs | found.lines
    forbidden = known.forbidden_matrix(found.names)
    assert not (found.arcs & forbidden).any()
    assert not (found.lines & (forbidden | forbidden.T)).any()
    assert found.arcs[known.required_matrix(found.names)].all()
    assert not (claims & forbidden & forbidden.T).any()


def test_required_edges_are_there_against_the_rows():
    """Independent columns keep the required edge, and only that."""
    x = np.random.default_rng(0).normal(size=(500, 3))
    found = GES().search(
        GaussianStatistics.of(x, "abc"), Background(required=[("c", "a")])
    )
    assert found == Graph.from_edges("abc", directed=[("c", "a")])


def test_contradictions_are_refused():
    """What cannot hold is said before the search."""
    statistics = gaussian(0, 3)[1]
    a, b, c = statistics.names
    with pytest.raises(VariablesError, match="both required and forbidden"):
        GES().search(statistics, Background(required=[(a, b)], forbidden=[(a, b)]))
    with pytest.raises(VariablesError, match=f"more parents of {c} than max_parents=1"):
        GES(max_parents=1).search(statistics, Background(required=[(a, c), (b, c)]))


# --- corners --------------------------------------------------------------------------


@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_no_member_has_more_parents_than_allowed(most):
    """The limit holds in all DAGs of the class, and is made use of."""
    _, statistics = gaussian(3, 12, degree=5.0)
    found = GES(max_parents=most).search(statistics)
    counts = [dag.arcs.sum(axis=0).max() for dag in members(found)]
    assert set(counts) == {most}


@pytest.mark.parametrize("seed", range(5))
def test_dependent_columns_come_to_an_end(seed):
    """Copies and sums of columns: a legal class, with a finite score."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(40, 4))
    x = np.column_stack([x, x[:, 0], x[:, 1] + x[:, 2], x.sum(axis=1), -x[:, 3]])
    found = ges_search(GaussianStatistics.of(x, "abcdefgh"), BIC())
    assert is_cpdag(found.graph)
    assert np.isfinite(found.score)


def test_fewer_rows_than_columns_come_to_an_end():
    """So does a search in which enough parents explain everything."""
    x = np.random.default_rng(0).normal(size=(6, 12))
    found = ges_search(GaussianStatistics.of(x, "abcdefghijkl"), BIC())
    assert is_cpdag(found.graph)
    assert np.isfinite(found.score)


def test_large_groups_come_to_an_end():
    """Columns that all depend on each other: cut off, said, and still the best."""

    def of(p):
        cross = 20_000.0 * (0.5 * np.eye(p) + 0.5)  # of one common cause
        return GaussianStatistics(
            tuple(f"v{k:02d}" for k in range(p)), 20_000.0, np.zeros(p), cross
        )

    many, few = of(16), of(12)
    with pytest.warns(UserWarning, match="did not look at all"):
        graph = GES("bic").search(many)
    # Every partial correlation pays for its edge: the full graph is the best.
    assert graph.n_edges == 16 * 15 // 2
    assert is_cpdag(graph)
    assert ges_search(few, BIC()).cut == 0
    assert ges_search(many, BIC(), max_parents=10).cut == 0


def test_a_column_that_does_not_vary_has_no_edge():
    """As in a resample, in which it does no harm either."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=(200, 3))
    x[:, 1] += x[:, 0]
    x[:, 2] = 1.0
    codes = np.where(x > 0, 1, 0)
    for statistics in (
        GaussianStatistics.of(x, "abc"),
        CountStatistics.of(codes, "abc", [2, 2, 3]),
        MixedStatistics.of(
            np.column_stack([x[:, :2], codes[:, 2]]), "abc", [(), (), ("u", "v", "w")]
        ),
    ):
        found = GES().search(statistics)
        assert found == Graph.from_edges("abc", undirected=[("a", "b")])


def test_no_columns_and_one_column():
    """There is nothing to search."""
    assert GES().search(GaussianStatistics.of(np.zeros((5, 0)), ())).names == ()
    one = GaussianStatistics.of(np.arange(5.0)[:, None], ("a",))
    assert GES().search(one) == Graph.empty("a")


def test_no_rows_are_refused():
    """There is no score then."""
    with pytest.raises(DataError, match="no rows"):
        GES().search(GaussianStatistics.of(np.zeros((0, 2)), "ab"))
    with pytest.raises(DataError, match="no rows"):
        GES().search(CountStatistics.of(np.zeros((0, 2), dtype=int), "ab", [2, 2]))


def test_settings_say_what_decides():
    """The score with its parameters, and the search's own."""
    assert GES(max_parents=3).settings(discrete(0, 3)[1]) == {
        "score": "bdeu",
        "equivalent_sample_size": 1.0,
        "expected_parents": 1.0,
        "turning": True,
        "max_parents": 3,
    }
    with pytest.raises(ValueError, match="'bdeu' needs a table of kind counts"):
        GES("bdeu").settings(gaussian(0, 3)[1])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"score": "aic"}, "score must be one of"),
        ({"score": 3}, "score must be one of"),
        ({"turning": 1}, "turning must be True or False"),
        ({"max_parents": -1}, "max_parents must be None or an integer"),
        ({"max_parents": True}, "max_parents must be None or an integer"),
    ],
)
def test_wrong_arguments_are_refused(wrong, message):
    """Each with what was expected."""
    with pytest.raises(ValueError, match=message):
        GES(**wrong)
