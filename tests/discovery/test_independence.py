"""Tests of independence against closed forms, causal-learn and simulation."""

import numpy as np
import pandas as pd
import pytest
from causallearn.utils.cit import CIT
from scipy import special

from llmcd.data.table import table
from llmcd.discovery.independence import (
    DegenerateGaussian,
    FisherZ,
    choose_test,
    discrete_test,
    embed,
)

TRIPLES = [(0, 1, ()), (0, 1, (2,)), (3, 1, (0, 2)), (4, 0, (1, 2, 3))]


def gaussian(n: int, p: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, p)) @ rng.normal(size=(p, p))


def residuals(x: np.ndarray, i: int, given: tuple) -> np.ndarray:
    z = np.column_stack([np.ones(len(x)), x[:, list(given)]])
    return x[:, i] - z @ np.linalg.lstsq(z, x[:, i], rcond=None)[0]


def partial(x: np.ndarray, i: int, j: int, given: tuple) -> float:
    """Partial correlation by two regressions."""
    a, b = residuals(x, i, given), residuals(x, j, given)
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def single(p: int) -> list[slice]:
    return [slice(k, k + 1) for k in range(p)]


def indicators(codes: np.ndarray) -> np.ndarray:
    return (codes[:, None] == np.arange(1, codes.max() + 1)).astype(float)


@pytest.mark.parametrize("triple", TRIPLES)
def test_fisher_z_is_causal_learns(triple):
    """The p-value is causal-learn's, for every size of conditioning set."""
    x = gaussian(60, 5, seed=1)
    expected = CIT(x, "fisherz")(*triple)
    assert FisherZ(x)(*triple) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("triple", TRIPLES)
def test_fisher_z_is_the_partial_correlation_of_residuals(triple):
    """It agrees with two regressions and the published formula."""
    x = gaussian(60, 5, seed=2)
    z = np.sqrt(60 - len(triple[2]) - 3) * np.arctanh(abs(partial(x, *triple)))
    assert FisherZ(x)(*triple) == pytest.approx(2 * special.ndtr(-z), rel=1e-8)


def test_a_given_column_that_says_nothing_new_changes_nothing():
    """A copy, a sum or a constant among the given columns counts once."""
    x = gaussian(80, 4, seed=3)
    more = np.column_stack([x, x[:, 2], x[:, 2] + x[:, 3], np.full(80, 0.3)])
    plain = FisherZ(x)(0, 1, (2, 3))
    assert FisherZ(more)(0, 1, (2, 3, 4, 5, 6)) == pytest.approx(plain, rel=1e-8)
    blocks = single(7)
    mixed = DegenerateGaussian(more, blocks)
    plain = mixed(0, 1, (2, 3))
    assert mixed(0, 1, (2, 3, 4, 5, 6)) == pytest.approx(plain, rel=1e-8)


@pytest.mark.parametrize("kind", ["fisher_z", "degenerate_gaussian"])
def test_a_column_with_nothing_left_is_independent(kind):
    """Constant columns, whatever their rounding, and determined ones give p = 1."""
    x = gaussian(100, 2, seed=4)
    x = np.column_stack([x, np.full(100, 0.1), np.full(100, 0.3), x[:, 0]])
    test = FisherZ(x) if kind == "fisher_z" else DegenerateGaussian(x, single(5))
    assert test(2, 3, ()) == 1.0
    assert test(0, 2, ()) == 1.0
    assert test(0, 1, (4,)) == 1.0


@pytest.mark.parametrize("kind", ["fisher_z", "degenerate_gaussian"])
def test_exact_dependence_has_p_zero(kind):
    """A copy is dependent, without a warning about infinite values."""
    x = gaussian(100, 1, seed=5)
    x = np.column_stack([x, -3 * x + 7])
    test = FisherZ(x) if kind == "fisher_z" else DegenerateGaussian(x, single(2))
    assert test(0, 1, ()) < 1e-300


@pytest.mark.parametrize("kind", ["fisher_z", "degenerate_gaussian"])
def test_too_few_rows_separate(kind):
    """Where no row is left for the test, it says nothing against independence."""
    x = gaussian(7, 7, seed=6)
    test = FisherZ(x) if kind == "fisher_z" else DegenerateGaussian(x, single(7))
    assert test(0, 1, (2, 3, 4, 5, 6)) == 1.0


@pytest.mark.parametrize("triple", TRIPLES)
def test_continuous_only_it_is_the_gaussian_likelihood_ratio(triple):
    """For single columns: -log(1 - r^2), Bartlett's factor, one degree of freedom."""
    x = gaussian(60, 5, seed=7)
    factor = 60 - 1 - len(triple[2]) - 1.5
    statistic = -factor * np.log(1 - partial(x, *triple) ** 2)
    expected = special.chdtrc(1, statistic)
    assert DegenerateGaussian(x, single(5))(*triple) == pytest.approx(
        expected, rel=1e-7
    )


@pytest.mark.parametrize("n", [15, 25, 60])
def test_bartletts_factor_comes_near_the_exact_test(n):
    """With few rows it stays within .003 of the exact t-test, unlike plain n."""
    for seed in range(20):
        x = gaussian(n, 4, seed)
        r, freedom = partial(x, 0, 1, (2, 3)), n - 4
        t = abs(r) * np.sqrt(freedom / (1 - r * r))
        exact = 2 * special.stdtr(freedom, -t)
        assert DegenerateGaussian(x, single(4))(0, 1, (2, 3)) == pytest.approx(
            exact, abs=0.003
        )


def test_blocks_are_compared_by_determinants():
    """The statistic is that of the three determinants (Anderson 2003, 9.3)."""
    rng = np.random.default_rng(8)
    n = 300
    g, h = rng.integers(0, 3, n), rng.integers(0, 4, n)
    z = rng.normal(size=n) + (g == 1)
    x = np.column_stack([indicators(g), indicators(h), z])
    left = np.column_stack([residuals(x, k, (5,)) for k in range(5)])
    c = left.T @ left

    def logdet(m: np.ndarray) -> float:
        return float(np.linalg.slogdet(m)[1])

    ratio = logdet(c) - logdet(c[:2, :2]) - logdet(c[2:, 2:])
    expected = special.chdtrc(6, -(n - 1 - 1 - (2 + 3 + 1) / 2) * ratio)
    test = DegenerateGaussian(x, [slice(0, 2), slice(2, 5), slice(5, 6)])
    assert test(0, 1, (2,)) == pytest.approx(expected, rel=1e-8)


def test_which_level_is_left_out_does_not_matter():
    """Any k - 1 of the k indicators, and all k of them, give one p-value."""
    rng = np.random.default_rng(9)
    g = rng.integers(0, 4, 200)
    x = rng.normal(size=(200, 2)) + (g == 2)[:, None]
    whole = (g[:, None] == np.arange(4)).astype(float)
    seen = []
    for columns in ([1, 2, 3], [0, 1, 2], [0, 1, 2, 3]):
        values = np.column_stack([x, whole[:, columns]])
        blocks = [slice(0, 1), slice(1, 2), slice(2, 2 + len(columns))]
        test = DegenerateGaussian(values, blocks)
        seen.append([test(0, 2, (1,)), test(0, 1, (2,))])
    np.testing.assert_allclose(seen, [seen[0]] * 3, rtol=1e-7)


@pytest.mark.parametrize("n", [60, 400])
def test_type_one_error_of_the_mixed_test(n):
    """Of 3,000 independent mixed pairs 5 % are rejected at .05, within 3 sigma."""
    rng = np.random.default_rng(10)
    rejected = 0
    for _ in range(3000):
        z, b = rng.normal(size=n), rng.integers(0, 2, n)
        x = z - b + rng.normal(size=n)
        g = np.digitize(z + b + rng.logistic(size=n), [-0.5, 1.0])
        values = np.column_stack([x, indicators(g), z, b])
        blocks = [slice(0, 1), slice(1, 3), slice(3, 4), slice(4, 5)]
        rejected += DegenerateGaussian(values, blocks)(0, 1, (2, 3)) < 0.05
    sigma = np.sqrt(0.05 * 0.95 / 3000)
    assert abs(rejected / 3000 - 0.05) < 3 * sigma


def test_the_mixed_test_sees_dependence():
    """A level that shifts a mean is found."""
    rng = np.random.default_rng(11)
    g = rng.integers(0, 3, 300)
    values = np.column_stack([rng.normal(size=300) + (g == 1), indicators(g)])
    assert DegenerateGaussian(values, [slice(0, 1), slice(1, 3)])(0, 1, ()) < 1e-6


@pytest.mark.parametrize("name", ["g2", "chi2"])
def test_discrete_tests_are_causal_learns(name):
    """The p-values are causal-learn's own."""
    codes = np.random.default_rng(12).integers(0, 3, size=(400, 5))
    codes[:, 1] = np.where(codes[:, 4] == 0, codes[:, 0], codes[:, 1])
    reference = CIT(codes, {"g2": "gsq", "chi2": "chisq"}[name])
    test = discrete_test(name, codes)
    for triple in TRIPLES:
        assert test(*triple) == reference(*triple)


def test_embedding_has_one_column_fewer_than_levels():
    """A discrete column of k levels is k - 1 indicators, a continuous one itself."""
    rng = np.random.default_rng(13)
    df = pd.DataFrame({"x": rng.normal(size=90), "g": list("abc") * 30})
    df["b"] = rng.random(90) < 0.5
    rows = table(df)
    values, blocks = embed(rows)
    width = {v: b.stop - b.start for v, b in zip(rows.names, blocks, strict=True)}
    assert width == {"x": 1, "g": 2, "b": 1}
    g = values[:, blocks[rows.index("g")]]
    assert g.sum(axis=0).tolist() == [30, 30]
    assert set(g.sum(axis=1)) == {0, 1}


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
