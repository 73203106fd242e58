"""Tests of independence against closed forms, causal-learn, scipy and simulation."""

import itertools
import math

import numpy as np
import pytest
from causallearn.utils.cit import CIT
from scipy import special

from llmcd.data.statistics import (
    CountStatistics,
    GaussianStatistics,
    MixedStatistics,
)
from llmcd.discovery.independence import choose_test, independence_test, log_p
from llmcd.discovery.kernels.independence import (
    SEPARATED,
    UNDECIDED,
    critical_correlations,
    log_chi_square_tail,
    log_gamma_tail,
    log_normal_tails,
    new_work,
    prepare,
    verdict,
)
from llmcd.discovery.kernels.independence import log_p as log_p_of_prepared
from llmcd.discovery.kernels.moments import permutation_moments
from llmcd.errors import DataError

TRIPLES = [(0, 1, ()), (0, 1, (2,)), (3, 1, (0, 2)), (4, 0, (1, 2, 3))]
KINDS = ["fisher_z", "degenerate_gaussian"]


def named(p: int) -> tuple[str, ...]:
    return tuple(f"v{k}" for k in range(p))


def correlated(n: int, p: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, p)) @ rng.normal(size=(p, p))


def on_rows(x: np.ndarray, name: str = "auto"):
    """A test on the statistics of continuous rows."""
    return independence_test(GaussianStatistics.of(x, named(x.shape[1])), name)


def counts(codes: np.ndarray, weights=None, sizes=None) -> CountStatistics:
    sizes = codes.max(axis=0) + 1 if sizes is None else sizes
    return CountStatistics.of(codes, named(codes.shape[1]), sizes, weights)


def mixed(columns: list[np.ndarray]) -> MixedStatistics:
    """Integer columns are discrete."""
    levels = [
        tuple(map(str, range(c.max() + 1))) if c.dtype.kind == "i" else ()
        for c in columns
    ]
    return MixedStatistics.of(np.column_stack(columns), named(len(columns)), levels)


def residuals(x: np.ndarray, i: int, given: tuple) -> np.ndarray:
    z = np.column_stack([np.ones(len(x)), x[:, list(given)]])
    return x[:, i] - z @ np.linalg.lstsq(z, x[:, i], rcond=None)[0]


def partial(x: np.ndarray, i: int, j: int, given: tuple) -> float:
    """Partial correlation by two regressions."""
    a, b = residuals(x, i, given), residuals(x, j, given)
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def draw(rng: np.random.Generator, chances: np.ndarray, n: int) -> np.ndarray:
    """Codes with these chances, one row of chances for all or for each."""
    return (rng.random(n)[:, None] > np.cumsum(chances, axis=-1)[..., :-1]).sum(axis=1)


def rejections(logs: np.ndarray, alpha: float) -> float:
    """The share rejected, in standard deviations from alpha."""
    share = np.mean(logs < np.log(alpha))
    return (share - alpha) / np.sqrt(alpha * (1 - alpha) / len(logs))


# --- tails ----------------------------------------------------------------------------


@pytest.mark.parametrize("z", [0.0, 0.3, 2.0, 9.0, 24.9, 25.1, 40.0, 1e3, 1e6])
def test_the_normal_tail_holds_far_out(z):
    """It is scipy's, where p itself underflows, too."""
    expected = special.log_ndtr(-z) + np.log(2.0)
    assert log_normal_tails(z) == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize("freedom", [2, 4, 10, 60, 400])
@pytest.mark.parametrize("ratio", [0.01, 0.5, 1.0, 1.1, 3.0, 100.0])
def test_the_chi_square_tail_is_poissons_sum(freedom, ratio):
    """For even degrees of freedom it is a finite sum, added up here in logarithms."""
    half = freedom * ratio / 2
    k = np.arange(freedom // 2)
    expected = special.logsumexp(k * np.log(half) - special.gammaln(k + 1)) - half
    found = log_chi_square_tail(freedom * ratio, float(freedom))
    assert found == pytest.approx(expected, rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("shape", [1e-3, 0.05, 0.5, 1.7, 33.3, 5e3, 2e5, 1.1e6, 1e12])
@pytest.mark.parametrize("steps", [-3.0, -0.7, 0.0, 0.2, 1.0, 5.0, 30.0])
def test_the_gamma_tail_is_scipys(shape, steps):
    """For shapes far below 1 and far above, up to thirty deviations from the mean."""
    x = max(shape + steps * np.sqrt(shape), shape * 1e-3)
    expected = special.gammaincc(shape, x)
    assert expected > 1e-290
    rel = 1e-8 if shape < 1e6 else 1e-6
    assert log_gamma_tail(shape, x) == pytest.approx(
        np.log(expected), rel=rel, abs=1e-12
    )


def test_the_tail_of_an_enormous_shape_takes_no_time():
    """A statistic that hardly varies is compared as with a normal distribution."""
    expected = special.log_ndtr(-2.0)
    assert log_gamma_tail(1e20, 1e20 + 2e10) == pytest.approx(expected, rel=1e-5)


# --- Fisher's z -----------------------------------------------------------------------


@pytest.mark.parametrize("triple", TRIPLES)
def test_fisher_z_is_causal_learns(triple):
    """The p-value is causal-learn's, for every size of conditioning set."""
    x = correlated(60, 5, seed=1)
    assert on_rows(x)(*triple) == pytest.approx(CIT(x, "fisherz")(*triple), rel=1e-8)


@pytest.mark.parametrize("triple", TRIPLES)
def test_fisher_z_is_the_partial_correlation_of_residuals(triple):
    """It agrees with two regressions and the published formula."""
    x = correlated(60, 5, seed=2)
    z = np.sqrt(60 - len(triple[2]) - 3) * np.arctanh(abs(partial(x, *triple)))
    assert on_rows(x)(*triple) == pytest.approx(2 * special.ndtr(-z), rel=1e-8)


def test_very_small_p_values_stay_apart():
    """Where p underflows, its logarithm still tells which dependence is stronger."""
    x = correlated(20_000, 1, seed=3)
    noise = np.random.default_rng(3).normal(size=(20_000, 2)) * [0.2, 0.4]
    test = on_rows(np.column_stack([x, x + noise * x.std()]))
    close, far = log_p(test, [0, 0], [1, 2])
    assert close < far < -1000
    assert test(0, 1, ()) == test(0, 2, ()) == 0.0


def test_a_given_column_that_says_nothing_new_changes_nothing():
    """A copy, a sum or a constant among the given columns counts once."""
    x = correlated(80, 4, seed=3)
    more = np.column_stack([x, x[:, 2], x[:, 2] + x[:, 3], np.full(80, 0.3)])
    for kind in KINDS:
        plain = on_rows(x, kind)(0, 1, (2, 3))
        found = on_rows(more, kind)(0, 1, (2, 3, 4, 5, 6))
        assert found == pytest.approx(plain, rel=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_with_nothing_left_is_independent(kind):
    """Constant columns, whatever their rounding, and determined ones give p = 1."""
    x = correlated(100, 2, seed=4)
    x = np.column_stack([x, np.full(100, 0.1), np.full(100, 0.3), x[:, 0]])
    test = on_rows(x, kind)
    assert test(2, 3, ()) == 1.0
    assert test(0, 2, ()) == 1.0
    assert test(0, 1, (4,)) == 1.0
    assert test(1, 0, (4,)) == 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_exact_dependence_has_p_zero(kind):
    """A copy is dependent, without a warning about infinite values."""
    x = correlated(100, 1, seed=5)
    logs = log_p(on_rows(np.column_stack([x, -3 * x + 7]), kind), [0], [1])
    assert -1e6 < logs[0] < -600


@pytest.mark.parametrize("kind", KINDS)
def test_too_few_rows_are_refused_by_name(kind):
    """Where no row is left for the test, it says so, and about which columns."""
    test = on_rows(correlated(7, 7, seed=6), kind)
    with pytest.raises(DataError, match="v0 and v1 given v2, v3, v4, v5, v6 needs"):
        test(0, 1, (2, 3, 4, 5, 6))


@pytest.mark.parametrize("size", [0, 3])
def test_type_one_error_of_fisher_z(size):
    """Of 5,000 independent pairs of 200 rows, 5 % and 1 % are rejected."""
    rng = np.random.default_rng(20 + size)
    logs = []
    for _ in range(50):
        z = rng.normal(size=(200, 3))
        x = np.column_stack([z, rng.normal(size=(200, 200))])
        if size:
            x[:, 3:] += z @ rng.normal(size=(3, 200))
        given = np.tile(np.arange(size), (100, 1))
        logs.append(log_p(on_rows(x), np.arange(3, 103), np.arange(103, 203), given))
    for alpha in (0.05, 0.01):
        assert abs(rejections(np.concatenate(logs), alpha)) < 4


# --- the mixed test -------------------------------------------------------------------


@pytest.mark.parametrize("triple", TRIPLES)
def test_continuous_only_it_is_the_gaussian_likelihood_ratio(triple):
    """For single columns: -log(1 - r^2), Bartlett's factor, one degree of freedom."""
    x = correlated(60, 5, seed=7)
    factor = 60 - 1 - len(triple[2]) - 1.5
    statistic = -factor * np.log(1 - partial(x, *triple) ** 2)
    found = on_rows(x, "degenerate_gaussian")(*triple)
    assert found == pytest.approx(special.chdtrc(1, statistic), rel=1e-7)


@pytest.mark.parametrize("n", [15, 25, 60])
def test_bartletts_factor_comes_near_the_exact_test(n):
    """With few rows it stays within .003 of the exact t-test, unlike plain n."""
    for seed in range(20):
        x = correlated(n, 4, seed)
        r, freedom = partial(x, 0, 1, (2, 3)), n - 4
        t = abs(r) * np.sqrt(freedom / (1 - r * r))
        exact = 2 * special.stdtr(freedom, -t)
        found = on_rows(x, "degenerate_gaussian")(0, 1, (2, 3))
        assert found == pytest.approx(exact, abs=0.003)


def test_blocks_are_compared_by_determinants():
    """The statistic is that of the three determinants (Anderson 2003, 9.3)."""
    rng = np.random.default_rng(8)
    n = 300
    g, h = rng.integers(0, 3, n), rng.integers(0, 4, n)
    z = rng.normal(size=n) + (g == 1)
    x = np.column_stack([g == 1, g == 2, h == 1, h == 2, h == 3, z]).astype(float)
    left = np.column_stack([residuals(x, k, (5,)) for k in range(5)])
    c = left.T @ left

    def logdet(m: np.ndarray) -> float:
        return float(np.linalg.slogdet(m)[1])

    ratio = logdet(c) - logdet(c[:2, :2]) - logdet(c[2:, 2:])
    expected = special.chdtrc(6, -(n - 1 - 1 - (2 + 3 + 1) / 2) * ratio)
    test = independence_test(mixed([g, h, z]))
    assert test(0, 1, (2,)) == pytest.approx(expected, rel=1e-8)
    assert test(1, 0, (2,)) == pytest.approx(expected, rel=1e-8)


def test_which_level_is_left_out_does_not_matter():
    """However the levels are numbered, the p-values are the same."""
    rng = np.random.default_rng(9)
    g = rng.integers(0, 4, 200)
    x = rng.normal(size=(200, 2)) + (g == 2)[:, None]
    seen = []
    for numbers in ([0, 1, 2, 3], [3, 1, 0, 2], [1, 2, 3, 0]):
        test = independence_test(mixed([*x.T, np.array(numbers)[g]]))
        seen.append([test(0, 2, (1,)), test(0, 1, (2,))])
    np.testing.assert_allclose(seen, [seen[0]] * 3, rtol=1e-7)


@pytest.mark.parametrize("n", [60, 400])
def test_type_one_error_of_the_mixed_test(n):
    """Of 4,000 pairs with common causes of both kinds, 5 % are rejected at .05."""
    rng = np.random.default_rng(10)
    logs = []
    for _ in range(40):
        z, b = rng.normal(size=n), rng.integers(0, 2, n)
        x = (z - b)[:, None] + rng.normal(size=(n, 100))
        g = np.digitize((z + b)[:, None] + rng.logistic(size=(n, 100)), [-0.5, 1.0])
        test = independence_test(mixed([z, b, *x.T, *g.T]))
        given = np.tile([0, 1], (100, 1))
        logs.append(log_p(test, np.arange(2, 102), np.arange(102, 202), given))
    assert abs(rejections(np.concatenate(logs), 0.05)) < 4


def test_the_mixed_test_sees_dependence():
    """A level that shifts a mean is found."""
    rng = np.random.default_rng(11)
    g = rng.integers(0, 3, 300)
    test = independence_test(mixed([rng.normal(size=300) + (g == 1), g]))
    assert test(0, 1, ()) < 1e-6


def test_the_mixed_test_takes_discrete_tables():
    """From counts it is the same as from the indicators."""
    rng = np.random.default_rng(12)
    codes = rng.integers(0, 3, size=(200, 3))
    codes[:, 1] = (codes[:, 1] + codes[:, 0]) % 3
    found = independence_test(counts(codes), "degenerate_gaussian")(0, 1, (2,))
    expected = independence_test(mixed(list(codes.T)))(0, 1, (2,))
    assert found == pytest.approx(expected, rel=1e-9)


# --- permutation moments --------------------------------------------------------------


def margins(n: int) -> list[tuple[int, ...]]:
    """All ways to write n as a sum of two or more numbers, not all of them 1."""

    def split(left: int, most: int):
        if left == 0:
            yield ()
        for k in range(min(left, most), 0, -1):
            for rest in split(left - k, k):
                yield (k, *rest)

    return [m for m in split(n, n) if 1 < len(m) < n]


def pearsons(rows, columns, orders: np.ndarray) -> np.ndarray:
    """Pearson's statistic for every way to match the rows of both variables."""
    x = np.repeat(np.eye(len(rows)), rows, axis=0)
    y = np.repeat(np.eye(len(columns)), columns, axis=0)
    tables = np.einsum("ka,pkb->pab", x, y[orders])
    cells = tables**2 / np.outer(rows, columns)
    return sum(rows) * (cells.sum(axis=(1, 2)) - 1)


def inverse_sums(margin) -> tuple[float, float, float]:
    m = np.array(margin, dtype=float)
    return float(len(m)), float((1 / m).sum()), float((1 / m**2).sum())


@pytest.mark.parametrize("n", [3, 4, 5, 6, 7])
def test_moments_are_those_of_all_permutations(n):
    """Mean, variance and third moment, for every pair of margins of up to 7 rows."""
    orders = np.array(list(itertools.permutations(range(n))))
    every = margins(n)
    for rows, columns in itertools.product(every, every):
        values = pearsons(rows, columns, orders)
        expected = [values.mean(), values.var(), ((values - values.mean()) ** 3).mean()]
        sums = *inverse_sums(rows), *inverse_sums(columns)
        found = permutation_moments(float(n), *sums)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_moments_of_many_rows_are_chi_squares():
    """With even margins mean d, variance 2 d and third moment 8 d, to order 1 / n."""
    n = 90_000
    found = permutation_moments(
        float(n), *inverse_sums([n // 3] * 3), *inverse_sums([n // 5] * 5)
    )
    np.testing.assert_allclose(found, [8, 16, 64], rtol=1e-3)


def test_a_margin_of_single_rows_leaves_no_choice():
    """Then the statistic is constant."""
    single, pair = inverse_sums([1, 1, 1]), inverse_sums([2, 1])
    assert permutation_moments(3.0, *single, *pair) == (0.0, 0.0, 0.0)


# --- discrete tests: values -----------------------------------------------------------


def naive(codes: np.ndarray, i: int, j: int, given: tuple, weights=None) -> dict:
    """Statistics and moments of a stratified table, written out."""
    weights = np.ones(len(codes)) if weights is None else weights
    parts: dict = {}
    for row, weight in zip(codes, weights, strict=True):
        table = parts.setdefault(tuple(row[list(given)]), {})
        key = row[i], row[j]
        table[key] = table.get(key, 0.0) + weight
    total = dict.fromkeys(["x2", "g2", "df", "free", "mean", "variance", "third"], 0.0)
    total["least"] = math.inf
    for table in parts.values():
        a, b = sorted({k[0] for k in table}), sorted({k[1] for k in table})
        m = np.array([[table.get((x, y), 0.0) for y in b] for x in a])
        n, r, c = m.sum(), m.sum(axis=1), m.sum(axis=0)
        if len(a) < 2 or len(b) < 2:
            continue
        e = np.outer(r, c) / n
        x2 = ((m - e) ** 2 / e).sum()
        total["x2"] += x2
        total["g2"] += 2 * (m[m > 0] * np.log(m[m > 0] / e[m > 0])).sum()
        total["df"] += (len(a) - 1) * (len(b) - 1)
        total["least"] = min(total["least"], e.min())
        moments = permutation_moments(n, *inverse_sums(r), *inverse_sums(c))
        if moments[1] > 1e-9:
            total["free"] += x2
            for key, value in zip(["mean", "variance", "third"], moments, strict=True):
                total[key] += value
    return total


def moved_gamma(t: dict) -> float:
    """Upper tail of the gamma distribution with three moments (Pearson's type III)."""
    skewness = t["third"] / t["variance"] ** 1.5
    shape = 4 / skewness**2
    scale = np.sqrt(t["variance"]) * skewness / 2
    x = t["free"] - t["mean"] + shape * scale
    return special.gammaincc(shape, max(x, 0) / scale)


def related(rng: np.random.Generator, n: int, sizes: list[int]) -> np.ndarray:
    """Codes of which each depends on the one before."""
    codes = np.zeros((n, len(sizes)), dtype=int)
    for k, size in enumerate(sizes):
        codes[:, k] = rng.integers(0, size, n)
        if k:
            same = rng.random(n) < 0.3
            codes[same, k] = codes[same, k - 1] % size
    return codes


# Small tables are counted by bitmaps, those of more cells or levels by histograms, and
# those of 200 by 300 levels from sorted keys.
SHAPES = [[2, 3, 2, 2], [3, 4, 5, 6], [2, 40, 3, 3], [7, 7, 20, 3], [200, 300, 2, 50]]


@pytest.mark.parametrize("sizes", SHAPES, ids=str)
@pytest.mark.parametrize("given", [(), (2,), (2, 3)], ids=str)
def test_tables_are_counted_right(sizes, given):
    """Both discrete tests are what the definitions say, however tables are counted."""
    codes = related(np.random.default_rng(13), 250, sizes)
    statistics = counts(codes, sizes=sizes)
    t = naive(codes, 0, 1, given)
    assert independence_test(statistics, "chi2")(0, 1, given) == pytest.approx(
        moved_gamma(t), rel=1e-7
    )
    for name, key in (("chi2", "x2"), ("g2", "g2")):
        plain = independence_test(statistics, name, compat="causal-learn")
        expected = special.chdtrc(t["df"], t[key])
        assert plain(0, 1, given) == pytest.approx(expected, rel=1e-8)
        assert plain(1, 0, given) == pytest.approx(expected, rel=1e-8)


def test_g2_is_against_chi_square_where_counts_are_large():
    """And has the p-value of Pearson's statistic elsewhere."""
    rng = np.random.default_rng(14)
    for n, adequate in ((4000, True), (200, False)):
        codes = related(rng, n, [3, 3, 3])
        statistics, t = counts(codes), naive(codes, 0, 2, (1,))
        assert (t["least"] >= 10) == adequate
        expected = special.chdtrc(t["df"], t["g2"]) if adequate else moved_gamma(t)
        found = independence_test(statistics, "g2")(0, 2, (1,))
        assert found == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("name", ["g2", "chi2"])
def test_compat_is_causal_learns(name):
    """The p-values are causal-learn's to nine digits, sparse strata included."""
    codes = related(np.random.default_rng(15), 400, [3, 2, 4, 3, 2, 3, 5])
    reference = CIT(codes, {"g2": "gsq", "chi2": "chisq"}[name])
    test = independence_test(counts(codes), name, compat="causal-learn")
    for size in range(5):
        for i, j in itertools.combinations(range(7), 2):
            given = tuple(k for k in range(7) if k not in (i, j))[:size]
            assert test(i, j, given) == pytest.approx(reference(i, j, given), rel=1e-9)


@pytest.mark.parametrize("name", ["chi2", "g2", "degenerate_gaussian"])
@pytest.mark.parametrize("levels", [3, 40])
def test_whole_weights_repeat_rows(name, levels):
    """A weight of 3 is the row three times, of 0 its absence."""
    rng = np.random.default_rng(16)
    codes = related(rng, 300, [3, levels, 2])
    weights = rng.integers(0, 4, 300)
    one = independence_test(counts(codes, weights), name)
    sizes = codes.max(axis=0) + 1
    repeated = counts(np.repeat(codes, weights, axis=0), None, sizes)
    two = independence_test(repeated, name)
    for triple in [(0, 1, ()), (0, 1, (2,))]:
        assert one(*triple) == pytest.approx(two(*triple), rel=1e-9)


def test_other_weights_multiply_counts():
    """Halves and thirds count as such."""
    rng = np.random.default_rng(17)
    codes = related(rng, 300, [3, 3, 2])
    weights = rng.choice([0.5, 1.0, 4 / 3], 300)
    found = independence_test(counts(codes, weights))(0, 1, (2,))
    expected = moved_gamma(naive(codes, 0, 1, (2,), weights))
    assert found == pytest.approx(expected, rel=1e-9)


def test_strata_are_only_those_that_occur():
    """Twenty given columns of ten levels, 1e20 cells, take no memory and p = 1."""
    codes = np.random.default_rng(18).integers(0, 10, size=(500, 22))
    assert independence_test(counts(codes))(0, 1, tuple(range(2, 22))) == 1.0


def test_exact_independence_has_p_one():
    """A table of which every row is alike in proportion could not be less extreme."""
    codes = np.array([[0, 0], [0, 1], [0, 1], [1, 0], [1, 1], [1, 1]] * 7)
    assert independence_test(counts(codes))(0, 1, ()) == 1.0


def test_the_order_of_levels_and_rows_does_not_matter():
    """Renaming levels and shuffling rows changes no p-value."""
    rng = np.random.default_rng(19)
    codes = related(rng, 300, [3, 4, 3])
    expected = independence_test(counts(codes))(0, 1, (2,))
    renamed = np.column_stack([rng.permutation(5)[c] for c in rng.permutation(codes).T])
    found = independence_test(counts(renamed, sizes=[5] * 3))(0, 1, (2,))
    assert found == pytest.approx(expected, rel=1e-9)


# --- discrete tests: level and power --------------------------------------------------


def strata(rng: np.random.Generator, n: int, size: int) -> np.ndarray:
    return rng.integers(0, 3, size=(n, size))


def levels_under_independence(chances, n: int, size: int, seed: int) -> np.ndarray:
    """Log p-values of 4,000 independent pairs with the same strata."""
    rng = np.random.default_rng(seed)
    z = strata(rng, n, size)
    pairs = [draw(rng, np.asarray(chances), n) for _ in range(8000)]
    k = np.full(8000, len(chances))
    statistics = counts(np.column_stack([z, *pairs]), sizes=[3] * size + k.tolist())
    x = size + np.arange(0, 8000, 2)
    given = np.tile(np.arange(size), (4000, 1))
    return log_p(independence_test(statistics), x, x + 1, given)


@pytest.mark.parametrize(
    ("chances", "n", "size"),
    [
        pytest.param([1 / 15] * 15, 300, 0, id="15 levels"),
        pytest.param([1 / 3] * 3, 500, 1, id="3 strata"),
        pytest.param([1 / 3] * 3, 500, 2, id="9 strata"),
        pytest.param([1 / 3] * 3, 500, 3, id="27 strata"),
        pytest.param([1 / 3] * 3, 500, 4, id="81 strata"),
        pytest.param([0.94, 0.03, 0.02, 0.01], 300, 0, id="uneven"),
        pytest.param([0.94, 0.03, 0.02, 0.01], 300, 2, id="uneven, 9 strata"),
        pytest.param([0.97, 0.02, 0.01], 1000, 2, id="more uneven, 9 strata"),
    ],
)
def test_type_one_error_of_the_discrete_test(chances, n, size):
    """Of 4,000 independent pairs, 5 % and 1 % are rejected, within four sigma."""
    logs = levels_under_independence(chances, n, size, seed=30 + size)
    for alpha in (0.05, 0.01):
        assert abs(rejections(logs, alpha)) < 4


def test_type_one_error_when_both_depend_on_the_strata():
    """With a common cause of 27 levels that shifts both, the level holds, too."""
    rng = np.random.default_rng(40)
    logs = []
    for _ in range(40):
        z = strata(rng, 500, 3)
        at = z @ [9, 3, 1]
        both = [
            draw(rng, rng.dirichlet([0.7] * 3, size=27)[at], 500) for _ in range(200)
        ]
        statistics = counts(np.column_stack([z, *both]), sizes=[3] * 203)
        x, given = np.arange(3, 203, 2), np.tile([0, 1, 2], (100, 1))
        logs.append(log_p(independence_test(statistics), x, x + 1, given))
    for alpha in (0.05, 0.01):
        assert abs(rejections(np.concatenate(logs), alpha)) < 4


def test_rare_levels_are_not_rejected_too_often():
    """Two levels of 2 % in 500 rows: few values are possible, none is overstated."""
    logs = levels_under_independence([0.98, 0.02], 500, 0, seed=41)
    for alpha in (0.05, 0.01):
        assert rejections(logs, alpha) < 4


def test_type_one_error_of_g2_with_its_fallback():
    """Around the count where it changes to permutation moments the level holds."""
    rng = np.random.default_rng(42)
    pairs = [draw(rng, np.array([0.5, 0.3, 0.2]), 250) for _ in range(8000)]
    test = independence_test(counts(np.column_stack(pairs), sizes=[3] * 8000), "g2")
    x = np.arange(0, 8000, 2)
    for alpha in (0.05, 0.01):
        assert abs(rejections(log_p(test, x, x + 1), alpha)) < 4


@pytest.mark.parametrize("name", ["chi2", "g2"])
def test_discrete_tests_see_dependence(name):
    """A dependence within 27 sparse strata, where chi-square would be beside itself."""
    rng = np.random.default_rng(43)
    z = strata(rng, 500, 3)
    x = draw(rng, np.full(3, 1 / 3), 500)
    y = np.where(rng.random(500) < 0.6, x, rng.integers(0, 3, 500))
    test = independence_test(counts(np.column_stack([x, y, z])), name)
    assert test(0, 1, ()) < 1e-30
    assert test(0, 1, (2, 3, 4)) < 1e-20


# --- asking ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "family", "chosen"),
    [
        ("auto", "continuous", "fisher_z"),
        ("auto", "discrete", "chi2"),
        ("auto", "mixed", "degenerate_gaussian"),
        ("g2", "discrete", "g2"),
        ("degenerate_gaussian", "discrete", "degenerate_gaussian"),
    ],
)
def test_the_test_fits_the_kinds(name, family, chosen):
    """Auto goes by the kinds; a test that fits is taken as asked."""
    assert choose_test(name, family) == chosen


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("chi2", "continuous"),
        ("g2", "mixed"),
        ("fisher_z", "discrete"),
        ("fisher_z", "mixed"),
    ],
)
def test_a_test_that_does_not_fit_is_refused(name, family):
    """Not an empty graph in silence: an error that names the test that fits."""
    with pytest.raises(ValueError, match=f"the table is {family}.*test='auto'"):
        choose_test(name, family)


def test_an_unknown_test_is_refused():
    """The names there are stand in the message."""
    with pytest.raises(ValueError, match=r"degenerate_gaussian.*fisher_z.*got 'kci'"):
        choose_test("kci", "continuous")


def test_unknown_compatibility_is_refused():
    """There is one, and none."""
    statistics = GaussianStatistics.of(correlated(20, 2, seed=0), "ab")
    with pytest.raises(ValueError, match=r"compat must be.*got 'pcalg'"):
        independence_test(statistics, compat="pcalg")


@pytest.mark.parametrize(
    ("x", "y", "given", "match"),
    [
        ([0], [1, 2], [[2]], r"expected x \(m,\)"),
        ([0], [9], [[2]], "positions must be 0 to 4"),
        ([0], [-1], [[2]], "positions must be 0 to 4"),
        ([0], [1], [[1]], "different variables"),
        ([2], [2], None, "different variables"),
    ],
)
def test_questions_are_checked(x, y, given, match):
    """A position that is not there would read another's memory."""
    with pytest.raises(ValueError, match=match):
        log_p(on_rows(correlated(30, 5, seed=0)), x, y, given)


def test_many_questions_are_as_one_by_one():
    """The batch and the callable agree, and no question gives no answer."""
    test = on_rows(correlated(50, 5, seed=21))
    logs = log_p(test, [0, 1], [2, 3], [[1, 4], [0, 4]])
    single = [test(0, 2, (1, 4)), test(1, 3, (0, 4))]
    np.testing.assert_allclose(np.exp(logs), single, rtol=1e-12)
    assert log_p(test, [], []).shape == (0,)


@pytest.mark.parametrize("n", [6, 40, 5000])
@pytest.mark.parametrize("alpha", [1e-200, 1e-6, 0.01, 0.5, 0.999])
def test_the_quick_verdict_is_the_comparison_of_p(n, alpha):
    """By the critical correlation as by the p-value, which is asked where both meet."""
    rng = np.random.default_rng(n)
    matrix = rng.uniform(0.0, 2.0, (5, 5)) * (rng.random((5, 5)) < 0.5)
    problem = on_rows(rng.normal(size=(n, 5)) @ (np.eye(5) + matrix)).problem
    critical = critical_correlations(problem, 3, math.log(alpha))
    work, decided = new_work(problem, 3), 0
    for x, y in itertools.permutations(range(5), 2):
        rest = [v for v in range(5) if v not in (x, y)]
        for k in range(4):
            given = np.array([*rest[:k], 0], dtype=np.int64)
            prepare(problem, x, given, k, work)
            quick = verdict(problem, y, critical, work)
            value = log_p_of_prepared(problem, x, y, given, k, work)
            if quick != UNDECIDED:
                assert (quick == SEPARATED) == (value > math.log(alpha))
                decided += 1
            else:
                assert np.isnan(value) or np.isnan(critical[k])
    assert decided > 40


def test_the_quick_verdict_is_none_for_other_tests():
    """Where there is no critical correlation the p-value has to say."""
    codes = np.random.default_rng(0).integers(0, 2, (50, 3))
    problem = independence_test(counts(codes, sizes=[2, 2, 2]), "chi2").problem
    critical = critical_correlations(problem, 1, math.log(0.05))
    work, given = new_work(problem, 1), np.array([2], dtype=np.int64)
    prepare(problem, 0, given, 1, work)
    assert verdict(problem, 1, critical, work) == UNDECIDED
