"""Scores against closed forms, predictive probabilities and causal-learn."""

import math

import naive
import numpy as np
import pytest
from scipy import stats
from scipy.special import gammaln

from llmcd.data.statistics import (
    CountStatistics,
    GaussianStatistics,
    MixedStatistics,
)
from llmcd.discovery.kernels import scores as kernels
from llmcd.discovery.scores import (
    BIC,
    BDeu,
    BGe,
    choose_score,
    graph_score,
    local_score,
)
from llmcd.errors import DataError, GraphError
from llmcd.graph import Graph

FAMILIES = [("a", ""), ("a", "b"), ("c", "ab"), ("d", "abc"), ("b", "acde")]


# --- tables ---------------------------------------------------------------------------


def numbers(seed: int = 0, n: int = 60) -> np.ndarray:
    """Five dependent continuous columns, standardised."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, 5)) @ rng.normal(size=(5, 5))
    return (x - x.mean(axis=0)) / x.std(axis=0)


def labels(seed: int = 0, n: int = 60) -> tuple[np.ndarray, list[int]]:
    """Five dependent discrete columns, and their numbers of levels."""
    rng = np.random.default_rng(seed)
    sizes = [2, 3, 2, 4, 3]
    hidden = rng.normal(size=n)
    noise = rng.normal(size=(n, 5))
    codes = [
        np.clip(np.round(hidden + noise[:, k] + 1), 0, size - 1)
        for k, size in enumerate(sizes)
    ]
    return np.array(codes, dtype=np.int64).T, sizes


def gaussian() -> GaussianStatistics:
    """Statistics of the numbers."""
    return GaussianStatistics.of(numbers(), "abcde")


def counts() -> CountStatistics:
    """Statistics of the labels."""
    codes, sizes = labels()
    return CountStatistics.of(codes, "abcde", sizes)


def mixed() -> MixedStatistics:
    """Statistics of three numbers and two labels."""
    codes, _ = labels()
    rows = np.column_stack([numbers()[:, :3], codes[:, 3:]])
    return MixedStatistics.of(rows, "abcde", [(), (), (), "wxyz", "xyz"])


TABLES = [
    (BIC(), gaussian),
    (BGe(), gaussian),
    (BGe(alpha_mu=2.5, alpha_w=9.0), gaussian),
    (BIC(penalty=2.0), counts),
    (BDeu(), counts),
    (BDeu(7.0, expected_parents=1.5), counts),
    (BIC(), mixed),
]


# --- closed forms ---------------------------------------------------------------------


@pytest.mark.parametrize(("child", "parents"), FAMILIES)
def test_gaussian_bic_is_the_likelihood_of_a_regression(child, parents):
    """Normal density of its residuals, less the penalty for mean, slopes, variance."""
    x, n = numbers(), 60
    at = ["abcde".index(v) for v in parents]
    design = np.column_stack([np.ones(n), x[:, at]])
    y = x[:, "abcde".index(child)]
    rest = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
    likelihood = stats.norm.logpdf(rest, scale=rest.std()).sum()
    for penalty in (1.0, 3.0):
        wanted = likelihood - penalty / 2 * math.log(n) * (len(at) + 2)
        found = local_score(BIC(penalty), gaussian(), child, parents)
        assert found == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize(("child", "parents"), [*FAMILIES, ("e", "d"), ("e", "abcd")])
def test_mixed_bic_is_a_conditional_normal_likelihood(child, parents):
    """Joint density of the indicator columns over that of the parents'."""
    codes, _ = labels()
    blocks = [numbers()[:, [k]] for k in range(3)]
    blocks += [(codes[:, [k]] == range(1, size)) * 1.0 for k, size in ((3, 4), (4, 3))]
    blocks = [(b - b.mean(axis=0)) / b.std(axis=0) for b in blocks]

    def density(variables: str) -> float:
        if not variables:
            return 0.0
        rows = np.hstack([blocks["abcde".index(v)] for v in variables])
        covariance = rows.T @ rows / len(rows)
        return stats.multivariate_normal.logpdf(rows, cov=covariance).sum()

    k = blocks["abcde".index(child)].shape[1]
    m = sum(blocks["abcde".index(v)].shape[1] for v in parents)
    free = k + k * m + k * (k + 1) / 2
    wanted = density(parents + child) - density(parents) - math.log(60) / 2 * free
    assert local_score(BIC(), mixed(), child, parents) == pytest.approx(wanted)


@pytest.mark.parametrize(("child", "parents"), FAMILIES)
@pytest.mark.parametrize(("mu", "w"), [(1.0, 7.0), (2.5, 9.0)])
def test_bge_is_the_product_of_predictive_densities(child, parents, mu, w):
    """Each row is drawn from the t distribution that those before it imply."""
    x, p = numbers(), 5
    t = mu * (w - p - 1) / (mu + 1)

    def evidence(variables: str) -> float:
        total, size = 0.0, len(variables)
        if not size:
            return total
        mean, scale, count, degrees = np.zeros(size), t * np.eye(size), mu, w - p + size
        for row in x[:, ["abcde".index(v) for v in variables]]:
            freedom = degrees - size + 1
            shape = scale * (count + 1) / (count * freedom)
            total += stats.multivariate_t.logpdf(row, mean, shape, freedom)
            step = row - mean
            scale = scale + count / (count + 1) * np.outer(step, step)
            mean, count, degrees = mean + step / (count + 1), count + 1, degrees + 1
        return total

    wanted = evidence(parents + child) - evidence(parents)
    found = local_score(BGe(mu, w), gaussian(), child, parents)
    assert found == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize(("child", "parents"), FAMILIES)
@pytest.mark.parametrize("size", [1.0, 10.0])
def test_bdeu_is_the_product_of_predictive_probabilities(child, parents, size):
    """Each level is drawn with the share that rows before it and the prior imply."""
    codes, sizes = labels()
    at = ["abcde".index(v) for v in parents]
    k = "abcde".index(child)
    row_prior = size / math.prod(sizes[c] for c in at)
    cells: dict[tuple[int, ...], float] = {}
    total = 0.0
    for row in codes:
        stratum = tuple(row[at])
        share = cells.get((*stratum, row[k]), row_prior / sizes[k])
        total += math.log(share / cells.get(stratum, row_prior))
        cells[(*stratum, row[k])] = share + 1
        cells[stratum] = cells.get(stratum, row_prior) + 1
    found = local_score(BDeu(size), counts(), child, parents)
    assert found == pytest.approx(total, rel=1e-10)


def sums(codes, weights, child: int, at: list[int]) -> tuple[dict, dict]:
    """Weights of each cell and of each configuration of parents."""
    cells: dict = {}
    strata: dict = {}
    for row, weight in zip(codes.tolist(), weights, strict=True):
        stratum = tuple(row[c] for c in at)
        cells[stratum, row[child]] = cells.get((stratum, row[child]), 0.0) + weight
        strata[stratum] = strata.get(stratum, 0.0) + weight
    return cells, strata


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("n_parents", [0, 1, 3, 6, 10, 40])
def test_discrete_scores_from_counts(n_parents, weighted):
    """By dictionaries, from few configurations to more than 64 bits can number."""
    rng = np.random.default_rng(n_parents)
    n, p = 500, 41
    sizes = rng.integers(2, 7, p)
    codes = (rng.random((n, p)) * sizes).astype(np.int64)
    codes[:, 1:] = codes[rng.integers(0, 60, n), 1:]
    weights = rng.integers(1, 5, n) if weighted else np.ones(n)
    names = [f"v{k}" for k in range(p)]
    table = CountStatistics.of(codes, names, sizes, weights if weighted else None)
    at = [int(k) for k in 1 + rng.permutation(p - 1)[:n_parents]]
    cells, strata = sums(codes, weights, 0, at)
    q = math.prod(float(sizes[c]) for c in at)
    row, cell = 5.0 / q, 5.0 / q / sizes[0]
    bdeu = sum(gammaln(cell + c) - gammaln(cell) for c in cells.values())
    bdeu -= sum(gammaln(row + c) - gammaln(row) for c in strata.values())
    likelihood = sum(c * math.log(c) for c in cells.values())
    likelihood -= sum(c * math.log(c) for c in strata.values())
    bic = likelihood - math.log(table.n) / 2 * (sizes[0] - 1) * q
    parents = [names[k] for k in at]
    assert local_score(BDeu(5), table, "v0", parents) == pytest.approx(bdeu, rel=1e-11)
    assert local_score(BIC(), table, "v0", parents) == pytest.approx(bic, rel=1e-11)


def test_few_rows_of_many_levels():
    """Tables that are larger than the rows are many are counted without them."""
    rng = np.random.default_rng(5)
    codes = rng.integers(0, 300, size=(90, 3))
    table = CountStatistics.of(codes, "abc", [300] * 3)
    cells, strata = sums(codes, np.ones(90), 0, [1, 2])
    row, cell = 1 / 300**2, 1 / 300**3
    wanted = sum(gammaln(cell + c) - gammaln(cell) for c in cells.values())
    wanted -= sum(gammaln(row + c) - gammaln(row) for c in strata.values())
    assert local_score(BDeu(), table, "a", "bc") == pytest.approx(wanted, rel=1e-11)
    assert kernels.new_work(BDeu().model(table)).cells.size < 5000


# --- causal-learn ---------------------------------------------------------------------


def test_gaussian_bic_differs_from_causal_learn_by_a_constant():
    """For each child, whatever the parents."""
    from causallearn.score.LocalScoreFunction import local_score_BIC

    x, table = numbers(), gaussian()
    for child in range(5):
        rest = [k for k in range(5) if k != child]
        gaps = [
            local_score(BIC(), table, "abcde"[child], ["abcde"[k] for k in at])
            - np.asarray(local_score_BIC(x, child, list(at))).item()
            for at in ([], rest[:1], rest[1:3], rest)
        ]
        assert gaps == pytest.approx([gaps[0]] * 4, abs=1e-8)


def test_bdeu_is_causal_learns():
    """With its prior on structures: one parent expected."""
    from causallearn.score.LocalScoreFunction import local_score_BDeu

    codes, table = labels()[0], counts()
    for child in range(5):
        for at in ([], [(child + 1) % 5], [(child + 2) % 5, (child + 4) % 5]):
            names = ["abcde"[k] for k in at]
            found = local_score(BDeu(1, 1), table, "abcde"[child], names)
            assert found == pytest.approx(float(local_score_BDeu(codes, child, at)))


# --- what must not matter -------------------------------------------------------------


@pytest.mark.parametrize(("score", "table"), TABLES)
def test_equivalent_graphs_score_the_same(score, table):
    """All members of each class of four variables."""
    whole = table()
    local: dict = {}

    def total(dag: Graph) -> float:
        for v in "abcd":
            if (v, dag.parents(v)) not in local:
                found = local_score(score, whole, v, dag.parents(v))
                local[v, dag.parents(v)] = found
        return sum(local[v, dag.parents(v)] for v in "abcd")

    for members in naive.classes(4).values():
        values = [total(dag) for dag in members]
        assert values == pytest.approx([values[0]] * len(values), abs=1e-8)


@pytest.mark.parametrize(("score", "table"), TABLES)
def test_the_order_of_parents_does_not_matter(score, table):
    """Not in the last digit."""
    whole = table()
    value = local_score(score, whole, "b", "acde")
    assert {local_score(score, whole, "b", order) for order in ("edca", "ceda")} == {
        value
    }


@pytest.mark.parametrize("score", [BIC(), BGe()])
def test_units_signs_and_origins_do_not_matter(score):
    """Of continuous columns, from the tiniest to the largest unit."""
    x = numbers()
    other = x * [1e-150, -3.0, 1e9, 1e150, 7.0] + [0.0, 5.0, 1e10, 0.0, -1e3]
    moved = GaussianStatistics.of(other, "abcde")
    for child, parents in FAMILIES:
        assert local_score(score, moved, child, parents) == pytest.approx(
            local_score(score, gaussian(), child, parents), rel=1e-7
        )


@pytest.mark.parametrize(
    ("score", "kind"),
    [(BIC(), "numbers"), (BGe(), "numbers"), (BIC(), "labels"), (BDeu(3), "labels")],
)
def test_a_weight_is_repetition(score, kind):
    """Weights score as the rows written out."""
    weights = np.random.default_rng(2).integers(0, 4, 60)
    if kind == "numbers":
        x = numbers()
        short = GaussianStatistics.of(x, "abcde", weights)
        long = GaussianStatistics.of(np.repeat(x, weights, axis=0), "abcde")
    else:
        codes, sizes = labels()
        short = CountStatistics.of(codes, "abcde", sizes, weights)
        long = CountStatistics.of(np.repeat(codes, weights, axis=0), "abcde", sizes)
    for child, parents in FAMILIES:
        assert local_score(score, short, child, parents) == pytest.approx(
            local_score(score, long, child, parents), rel=1e-10
        )


def test_the_prior_on_structures_is_one_of_parents():
    """A graph's prior: each possible parent with probability expected / others."""
    plain, prior = BDeu(2), BDeu(2, expected_parents=0.5)
    for child, parents in FAMILIES:
        chance = stats.bernoulli.logpmf(np.arange(4) < len(parents), 0.5 / 4).sum()
        assert local_score(prior, counts(), child, parents) == pytest.approx(
            local_score(plain, counts(), child, parents) + chance
        )


def test_the_cache_changes_no_value():
    """Asked twice, in another order, and after it was full: the same number."""
    for score, table in TABLES:
        model = score.model(table())
        work, cache = kernels.new_work(model), kernels.new_cache(5, capacity=16)
        rng = np.random.default_rng(0)
        for _ in range(300):
            order = rng.permutation(5)
            n = int(rng.integers(0, 5))
            parents = np.ascontiguousarray(order[1:])
            found = kernels.cached_score(model, work, cache, order[0], parents, n)
            wanted = kernels.local_score(model, work, order[0], parents, n)
            assert found == wanted
        assert cache.used[1] > 0
        assert cache.used[0] < cache.used[2]


# --- corners --------------------------------------------------------------------------


@pytest.mark.parametrize("score", [BIC(), BGe()])
def test_a_parent_that_follows_from_others_explains_nothing(score):
    """It costs a parameter; the score stays finite and the same for equivalent DAGs."""
    x = numbers()
    x = np.column_stack([x[:, :3], x[:, 0] + x[:, 1], x[:, 4]])
    table = GaussianStatistics.of(x, "abcde")
    enough = local_score(score, table, "e", "abc")
    assert np.isfinite(enough)
    assert local_score(score, table, "e", "abcd") < enough
    values = [
        graph_score(score, table, dag)
        for order in ("abcde", "edcba", "dabec")
        for dag in [
            Graph.from_edges(
                "abcde",
                directed=[(a, b) for k, a in enumerate(order) for b in order[k + 1 :]],
            )
        ]
    ]
    assert values == pytest.approx([values[0]] * 3, rel=1e-6)


@pytest.mark.parametrize("score", [BIC(), BGe()])
def test_a_column_that_does_not_vary_explains_nothing(score):
    """As in a resample: neither as a parent nor as a child."""
    x = numbers()
    x[:, 1] = 3.0
    table = GaussianStatistics.of(x, "abcde")
    for child, parents, more in (("a", "c", "bc"), ("b", "", "a")):
        assert local_score(score, table, child, parents) > local_score(
            score, table, child, more
        )


def test_no_rows_have_no_score():
    """That is said, whatever the kind of table."""
    none = np.zeros((0, 2))
    for table in (
        GaussianStatistics.of(none, "ab"),
        CountStatistics.of(none, "ab", [2, 2]),
        MixedStatistics.of(none, "ab", [(), "xy"]),
    ):
        with pytest.raises(DataError, match="no rows"):
            local_score(choose_score("auto", table), table, "a")


def test_the_score_of_a_graph_is_the_sum_over_its_variables():
    """Names decide, not their order in the graph."""
    dag = Graph.from_edges("edcba", directed=[("a", "c"), ("b", "c"), ("c", "d")])
    wanted = sum(local_score(BIC(), gaussian(), v, dag.parents(v)) for v in "abcde")
    assert graph_score(BIC(), gaussian(), dag) == pytest.approx(wanted)


def test_auto_goes_by_the_kind_of_table():
    """BDeu for counts, otherwise BIC; names and objects pass if they fit."""
    assert choose_score("auto", gaussian()) == BIC(penalty=2.0)
    assert choose_score("auto", mixed()) == BIC(penalty=2.0)
    assert choose_score("bic", gaussian()) == BIC()
    assert choose_score("auto", counts()) == BDeu(expected_parents=1.0)
    assert choose_score("bge", gaussian()) == BGe()
    assert choose_score(BDeu(3), counts()) == BDeu(3)


def test_penalty_grows_with_the_number_of_columns():
    """Among many independent columns the extended BIC's keeps false edges away."""
    rng = np.random.default_rng(3)
    false = {1.0: 0, 2.0: 0, None: 0}
    for _ in range(4):
        x = rng.normal(size=(200, 150))
        table = GaussianStatistics.of(x, tuple(f"v{k}" for k in range(150)))
        r = table.correlation[np.triu_indices(150, 1)]
        for penalty in false:
            chosen = choose_score("auto", table) if penalty is None else BIC(penalty)
            # An edge between two columns pays if it does alone.
            gained = -0.5 * 200 * np.log1p(-(r**2))
            price = local_score(chosen, table, "v0") - local_score(
                chosen, table, "v0", ["v1"]
            )
            price += -0.5 * 200 * np.log1p(-(table.correlation[0, 1] ** 2))
            assert price == pytest.approx(0.5 * chosen.penalty * np.log(200))
            false[penalty] += int((gained > price).sum())
    expected = np.log(200) + 2 * np.log(150)
    assert choose_score("auto", table).penalty * np.log(200) == pytest.approx(expected)
    assert false[1.0] > 500
    assert false[2.0] > 20
    assert false[None] <= 8


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: choose_score("aic", gaussian()), ValueError, "score must be 'auto'"),
        (lambda: choose_score("bdeu", mixed()), ValueError, "needs a table of kind"),
        (lambda: BDeu().model(gaussian()), ValueError, "'bdeu' needs a table"),
        (lambda: BGe().model(counts()), ValueError, "'bge' needs a table"),
        (lambda: BGe(alpha_w=6).model(gaussian()), ValueError, "more than 6"),
        (lambda: BIC(penalty=0), ValueError, "penalty must be a number above 0"),
        (lambda: BDeu(float("nan")), ValueError, "equivalent_sample_size must be"),
        (lambda: BDeu(expected_parents=-1), ValueError, "expected_parents must be"),
        (lambda: BGe(alpha_mu=True), ValueError, "alpha_mu must be a number"),
        (lambda: local_score(BIC(), gaussian(), "z"), GraphError, "among"),
        (lambda: local_score(BIC(), gaussian(), "a", "bb"), GraphError, "different"),
        (lambda: local_score(BIC(), gaussian(), "a", "a"), GraphError, "different"),
        (
            lambda: graph_score(BIC(), gaussian(), Graph.empty("abc")),
            GraphError,
            "expected a DAG over",
        ),
        (
            lambda: graph_score(
                BIC(), gaussian(), Graph.from_edges("abcde", undirected=[("a", "b")])
            ),
            GraphError,
            "expected a DAG over",
        ),
    ],
)
def test_mistakes_are_named(call, error, message):
    """What was expected, and what came."""
    with pytest.raises(error, match=message):
        call()
