"""Gaussian statistics: exact at any offset and scale, however the rows are cut."""

from decimal import Decimal, localcontext
from fractions import Fraction
from operator import mul

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import poisson
from threadpoolctl import threadpool_limits

from llmcd.data.gaussian import GaussianStatistics, resampled
from llmcd.data.rows import BLOCK
from llmcd.errors import DataError

NAMES = ("x", "y", "z")


def draw(n=60, seed=0):
    """Correlated columns."""
    z = np.random.default_rng(seed).normal(size=(n, 3))
    return np.column_stack([z[:, 0], z[:, 0] + z[:, 1], z[:, 2] - z[:, 0] / 2])


def exact(values, weights=None):
    """Total weight, means and cross-products as fractions."""
    rows = [[Fraction(float(cell)) for cell in row] for row in values]
    w = [
        Fraction(float(v)) for v in (np.ones(len(rows)) if weights is None else weights)
    ]
    n = sum(w)
    columns = list(zip(*rows, strict=True))
    mean = [sum(map(mul, w, column)) / n for column in columns]
    left = [[x - m for x in c] for c, m in zip(columns, mean, strict=True)]
    cross = [[sum(map(mul, map(mul, w, c), d)) for d in left] for c in left]
    return n, mean, cross


def exact_correlation(values, weights=None):
    """Correlations to fifty digits, by fractions."""
    _, _, cross = exact(values, weights)
    p = len(cross)
    found = np.empty((p, p))
    with localcontext() as context:
        context.prec = 60
        context.Emin, context.Emax = -(10**9), 10**9
        for i in range(p):
            for j in range(p):
                squared = cross[i][j] ** 2 / (cross[i][i] * cross[j][j])
                root = (
                    Decimal(squared.numerator) / Decimal(squared.denominator)
                ).sqrt()
                found[i, j] = float(root) * (1 if cross[i][j] > 0 else -1)
    return found


def cut(values, at):
    return [part for part in np.split(values, sorted(at)) if len(part)]


def merged(parts, names=NAMES):
    whole = GaussianStatistics.of(parts[0], names)
    for part in parts[1:]:
        whole = whole.merge(GaussianStatistics.of(part, names))
    return whole


HARD = {
    "ordinary": ([1, 1, 1], [0, 0, 0]),
    "offset": ([1, 1, 1], [1e12, -1e12, 1e12]),
    "large": ([1e200, 1e200, 1e200], [0, 0, 0]),
    "small": ([1e-200, 1e-200, 1e-200], [0, 0, 0]),
    "large and small": ([1e200, 1e-200, 1], [0, 0, 1e12]),
    "large with offset": ([1e200, 1e-200, 1e150], [1e212, 1e-188, -1e162]),
    "the largest": ([4e307, 1e300, 1], [0, 1.6e308, 0]),
    "subnormal": ([1e-310, 1e-315, 1], [0, 1e-309, 0]),
    "around the change of scale": ([2.0**100, 2.0**-100, 2.0**101], [0, 0, 2.0**103]),
}


@pytest.mark.parametrize("case", HARD)
@pytest.mark.parametrize("n", [5, 60])
def test_correlation_is_exact_at_any_offset_and_scale(case, n):
    """Neither overflow, underflow nor cancellation reaches the correlations."""
    scale, offset = HARD[case]
    values = draw(n) * scale + offset
    found = GaussianStatistics.of(values, NAMES).correlation
    np.testing.assert_allclose(found, exact_correlation(values), rtol=0, atol=1e-14)


@pytest.mark.parametrize("case", HARD)
def test_merging_keeps_the_correlation_exact(case):
    """A mean that is rounded to a few digits of the spread spoils no merge."""
    scale, offset = HARD[case]
    values = draw(60) * scale + offset
    for at in ([30], [1, 2, 3, 59], range(1, 60)):
        found = merged(cut(values, at)).correlation
        np.testing.assert_allclose(found, exact_correlation(values), rtol=0, atol=1e-13)


def test_many_merges_at_an_offset():
    """Two thousand merges of rows at 1e12 lose nothing that matters."""
    values = draw(2000) + np.array([1e12, -1e12, 0])
    found = merged([row[None] for row in values])
    wide = values.astype(np.longdouble) - values[0]  # exact: the offset is taken away
    expected = np.corrcoef(wide.T)
    np.testing.assert_allclose(found.correlation, expected, rtol=0, atol=1e-12)
    means = [float(m) for m in exact(values)[1]]
    np.testing.assert_allclose(found.mean, means, rtol=3e-16, atol=1e-16)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(2, 30),
    seed=st.integers(0, 2**32 - 1),
    scale=st.lists(st.integers(-250, 250), min_size=3, max_size=3),
    offset=st.lists(st.integers(-5, 12), min_size=3, max_size=3),
    data=st.data(),
)
def test_merging_in_any_order_and_cut(n, seed, scale, offset, data):
    """However the rows are cut and the parts ordered, the whole is the same."""
    factor = 10.0 ** np.array(scale)
    values = (draw(n, seed) + 10.0 ** np.array(offset)) * factor
    at = data.draw(st.lists(st.integers(0, n), max_size=6))
    parts = data.draw(st.permutations(cut(values, at)))
    found = merged(parts)
    _, mean, cross = exact(values)
    assert found.n == n
    error = np.abs(found.mean - [float(m) for m in mean])
    assert (error <= 1e-14 * factor + 3e-16 * np.abs(found.mean)).all()
    unit = [Fraction(2) ** int(e) for e in found.exponent]
    expected = np.array(
        [[float(cross[i][j] / unit[i] / unit[j]) for j in range(3)] for i in range(3)]
    )
    spread = np.sqrt(np.diagonal(expected))
    error = np.abs(found.cross - expected) / np.multiply.outer(spread, spread)
    assert error.max() < 1e-13
    np.testing.assert_array_equal(found.cross, found.cross.T)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-250, 250), min_size=3, max_size=3), st.integers(0, 99))
def test_merge_across_scales(scale, seed):
    """Parts of different size, each with its own exponent, merge in any grouping."""
    parts = [draw(4, seed + k) * 10.0**s for k, s in enumerate(scale)]
    one, two, three = (GaussianStatistics.of(part, NAMES) for part in parts)
    expected = exact_correlation(np.vstack(parts))
    for found in (
        one.merge(two).merge(three),
        one.merge(two.merge(three)),
        three.merge(one).merge(two),
    ):
        np.testing.assert_allclose(found.correlation, expected, rtol=0, atol=1e-13)


def test_a_constant_part_does_not_set_the_scale():
    """Rows that are all zero merge with rows of 1e-200 without drowning them."""
    values = np.vstack([np.zeros((30, 3)), draw(30) * 1e-200])
    for parts in ([values[:30], values[30:]], [values[30:], values[:30]]):
        found = merged(parts).correlation
        np.testing.assert_allclose(found, exact_correlation(values), rtol=0, atol=1e-14)


def test_like_numpy():
    """Ordinary data: numpy's means, covariances and correlations."""
    values = draw(1000)
    found = GaussianStatistics.of(values, NAMES)
    np.testing.assert_allclose(found.mean, values.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.covariance, np.cov(values.T, ddof=0), rtol=1e-12)
    np.testing.assert_allclose(found.correlation, np.corrcoef(values.T), rtol=1e-12)
    np.testing.assert_allclose(found.cross, np.cov(values.T, ddof=0) * 1000, rtol=1e-12)
    assert found.exponent.tolist() == [0, 0, 0]
    assert found.kind == "gaussian"
    assert (found.mean.dtype, found.cross.dtype) == (np.float64, np.float64)
    assert found.cross.flags["C_CONTIGUOUS"]


def test_covariance_leaves_the_range_only_where_the_truth_does():
    """A variance of 1e400 is infinite, a covariance of 1e200 x 1e-200 is not."""
    values = draw(60) * [1e200, 1e-200, 1.0]
    found = GaussianStatistics.of(values, NAMES).covariance
    n, _, cross = exact(values)
    assert np.isinf(found[0, 0])
    assert found[1, 1] == 0.0
    for i, j in ((0, 1), (0, 2), (1, 2), (2, 2)):
        assert found[i, j] == pytest.approx(float(cross[i][j] / n), rel=1e-12)


@pytest.mark.parametrize("power", [-900, -150, -99, 1, 99, 150, 900])
def test_a_power_of_two_changes_no_bit(power):
    """Other units (by a power of two) give the same correlations, bit for bit."""
    values = draw(60)
    plain = GaussianStatistics.of(values, NAMES).correlation
    found = GaussianStatistics.of(np.ldexp(values, power), NAMES).correlation
    np.testing.assert_array_equal(found, plain)


def test_shared_correlations_of_copies_are_one():
    """A copy has correlation 1 with its source, and never more."""
    x = draw(500)[:, 0]
    values = np.column_stack([x, 3 * x + 7, -x / 3])
    found = GaussianStatistics.of(values, NAMES).correlation
    assert np.abs(found).max() == 1.0
    np.testing.assert_allclose(found[0], [1, 1, -1], rtol=0, atol=1e-15)


# --- weights --------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.integers(0, 5), min_size=2, max_size=40).filter(lambda w: sum(w) > 1),
    st.sampled_from(sorted(HARD)),
)
def test_whole_weights_are_repeated_rows(weights, case):
    """Weight w is worth w rows; weight 0 none."""
    scale, offset = HARD[case]
    values = draw(len(weights)) * scale + offset
    found = GaussianStatistics.of(values, NAMES, weights=weights)
    rows = np.repeat(values, weights, axis=0)
    repeated = GaussianStatistics.of(rows, NAMES)
    assert found.n == repeated.n
    close = 1e-15 * (np.abs(found.mean) + np.abs(scale))
    assert (np.abs(found.mean - repeated.mean) <= close).all()
    np.testing.assert_array_equal(found.constant, repeated.constant)
    np.testing.assert_allclose(
        found.correlation_or_zero, repeated.correlation_or_zero, rtol=0, atol=1e-13
    )


def test_real_weights_are_those_of_numpy():
    """Dirichlet weights, over more than one block: numpy's aweights."""
    n = 2 * BLOCK + 77
    values = draw(n)
    weights = np.random.default_rng(1).dirichlet(np.ones(n)) * n
    found = GaussianStatistics.of(values, NAMES, weights=weights)
    expected = np.cov(values.T, aweights=weights, ddof=0)
    np.testing.assert_allclose(found.covariance, expected, rtol=1e-11)
    assert found.n == pytest.approx(n)
    first = GaussianStatistics.of(values[:9], NAMES, weights=weights[:9])
    exactly = exact_correlation(values[:9], weights[:9])
    np.testing.assert_allclose(first.correlation, exactly, rtol=0, atol=1e-14)


def test_all_weights_zero_is_no_rows():
    """Nothing weighs nothing, and is said when a correlation is wanted."""
    none = GaussianStatistics.of(draw(5), NAMES, weights=np.zeros(5))
    assert none.n == 0
    with pytest.raises(DataError, match="no rows"):
        _ = none.correlation
    with pytest.raises(DataError, match="no rows"):
        _ = none.covariance


@pytest.mark.parametrize(
    "weights, words",
    [
        ([1, 2], "expected 5 weights"),
        ([1, 1, 1, 1, -1], "not negative"),
        ([1, 1, 1, 1, np.nan], "finite"),
        ([1, 1, 1, 1, np.inf], "finite"),
    ],
)
def test_bad_weights(weights, words):
    """A weight is a finite number that is not negative, one a row."""
    with pytest.raises(ValueError, match=words):
        GaussianStatistics.of(draw(5), NAMES, weights=weights)


# --- batches and layout ---------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 1000, BLOCK - 1, BLOCK, BLOCK + 1, 10**6])
def test_batch_size_changes_no_bit(size):
    """Batches of any size give what the rows in memory give, bit for bit."""
    values = draw(2 * BLOCK + 100)
    whole = GaussianStatistics.of(values, NAMES)
    batches = (values[at : at + size] for at in range(0, len(values), size))
    found = GaussianStatistics.of_batches(batches, NAMES)
    np.testing.assert_array_equal(found.cross, whole.cross)
    np.testing.assert_array_equal(found.mean, whole.mean)
    np.testing.assert_array_equal(found.low, whole.low)


@pytest.mark.parametrize("case", HARD)
def test_layout_in_memory_changes_no_bit(case):
    """Rows or columns first in memory, or every other row of a larger array."""
    scale, offset = HARD[case]
    values = draw(BLOCK + 60) * scale + offset
    whole = GaussianStatistics.of(values, NAMES)
    wide = np.zeros((2 * len(values), 6))
    wide[::2, ::2] = values
    for same in (np.asfortranarray(values), wide[::2, ::2]):
        found = GaussianStatistics.of(same, NAMES)
        for field in ("mean", "low", "cross", "exponent"):
            np.testing.assert_array_equal(getattr(found, field), getattr(whole, field))


def test_threads_change_no_bit():
    """The number of BLAS threads is of no account."""
    values = np.random.default_rng(0).normal(size=(BLOCK, 100))
    names = [f"v{i}" for i in range(100)]
    found = []
    for threads in (1, 2, 4):
        with threadpool_limits(threads, user_api="blas"):
            found.append(GaussianStatistics.of(values, names).cross)
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_no_rows_merge_with_any():
    """Statistics of no rows are the neutral element."""
    some = GaussianStatistics.of(draw(5), NAMES)
    none = GaussianStatistics.of(np.empty((0, 3)), NAMES)
    assert none.merge(some) is some
    assert some.merge(none) is some
    assert GaussianStatistics.of_batches([], NAMES).n == 0


# --- refusals -------------------------------------------------------------------------


def test_cells_that_are_not_finite_are_counted_by_column():
    """Each column is named with its number of such cells, over all blocks."""
    values = draw(2 * BLOCK)
    values[[3, BLOCK + 1], 0] = np.nan
    values[5, 2] = np.inf
    values[6, 2] = -np.inf
    with pytest.raises(DataError, match=r"\('x': 2, 'z': 2\)"):
        GaussianStatistics.of(values, NAMES)
    with pytest.raises(DataError, match=r"\('x': 2, 'z': 2\)"):
        GaussianStatistics.of_batches([values[:9], values[9:]], NAMES)
    with pytest.raises(DataError, match=r"\('x': 2, 'z': 2\)"):
        resampled(values, NAMES, 2, seed=0)


def test_a_sum_that_overflows_is_no_reason_to_refuse():
    """Cells of 1.7e308 are finite."""
    values = np.array([[1.7e308], [1.7e308], [-1.7e308], [1e308]])
    found = GaussianStatistics.of(values, ["x"])
    assert found.mean[0] == pytest.approx(0.675e308)
    assert found.correlation[0, 0] == 1.0


@pytest.mark.parametrize("value", [0.1, 1e12 + 0.1, 1e-300, 1e300, 0.0])
@pytest.mark.parametrize("weighted", [False, True])
def test_equal_cells_vary_by_exactly_nothing(value, weighted):
    """Rounding of the mean makes no variance, nor do weights or merges."""
    n = BLOCK + 1001
    values = np.column_stack([draw(n)[:, 0], np.full(n, value)])
    weights = np.random.default_rng(2).random(n) if weighted else None
    found = GaussianStatistics.of(values, ["x", "one"], weights=weights)
    assert found.constant.tolist() == [False, True]
    assert found.mean[1] == value
    assert (found.cross[1] == 0).all()
    with pytest.raises(DataError, match="do not vary have no correlation: 'one'"):
        _ = found.correlation
    np.testing.assert_array_equal(found.correlation_or_zero, [[1, 0], [0, 0]])


def test_shapes_must_fit():
    """A wrong shape is said with the one that was expected."""
    with pytest.raises(ValueError, match="rows of 3 columns"):
        GaussianStatistics.of(np.zeros((4, 2)), NAMES)
    with pytest.raises(ValueError, match="rows of 3 columns"):
        GaussianStatistics.of_batches([np.zeros(3)], NAMES)
    with pytest.raises(
        ValueError, match=r"cross of 3 columns must have shape \(3, 3\)"
    ):
        GaussianStatistics(NAMES, 1.0, np.zeros(3), np.zeros((3, 2)))
    one = GaussianStatistics.of(draw(4), NAMES)
    with pytest.raises(ValueError, match="same columns"):
        one.merge(GaussianStatistics.of(draw(4), ("x", "y", "w")))


def test_select_is_the_statistics_of_fewer_columns():
    """Columns by position, with their scales and means."""
    values = draw(60) * [1e200, 1.0, 1e-200] + [0, 1e12, 0]
    found = GaussianStatistics.of(values, NAMES).select([2, 0])
    again = GaussianStatistics.of(values[:, [2, 0]], ["z", "x"])
    assert found.names == again.names
    np.testing.assert_array_equal(found.exponent, again.exponent)
    np.testing.assert_allclose(found.correlation, again.correlation, rtol=1e-14)
    np.testing.assert_array_equal(found.mean, again.mean)


# --- resamples ------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 37, BLOCK, 10**6])
def test_resamples_do_not_depend_on_batches(size):
    """One row or all rows at a time: the same resamples, bit for bit."""
    values = draw(500 if size == 1 else BLOCK + 300)
    whole = resampled(values, NAMES, 3, seed=5)
    parts = (values[at : at + size] for at in range(0, len(values), size))
    for one, two in zip(whole, resampled(parts, NAMES, 3, seed=5), strict=True):
        assert one.n == two.n
        np.testing.assert_array_equal(one.cross, two.cross)


def test_resamples_are_the_weighted_statistics():
    """Resample b is `of` with scipy's Poisson quantiles of the b-th stream."""
    values = draw(700)
    seeds = np.random.SeedSequence(11).spawn(4)
    for b, found in enumerate(resampled(values, NAMES, 4, seed=11)):
        uniform = np.random.default_rng(seeds[b]).random(700)
        weights = poisson.ppf(uniform, 1.0)
        expected = GaussianStatistics.of(values, NAMES, weights=weights)
        assert found.n == expected.n
        np.testing.assert_array_equal(found.cross, expected.cross)


def test_more_resamples_keep_the_first():
    """Asking for more changes none of those that were there."""
    values = draw(100)
    few, many = resampled(values, NAMES, 2, 3), resampled(values, NAMES, 5, 3)
    for one, two in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.cross, two.cross)
    assert not np.array_equal(many[3].cross, many[4].cross)
    assert few[0].n != resampled(values, NAMES, 1, 4)[0].n


def test_resamples_spread_as_the_bootstrap_does():
    """Means of resamples vary by the standard error, within three sigma."""
    n, times = 400, 400
    values = draw(n)
    means = np.array([s.mean for s in resampled(values, NAMES, times, seed=0)])
    error = values.std(axis=0) / np.sqrt(n)
    ratio = means.std(axis=0) / error
    assert (np.abs(ratio - 1) < 3 / np.sqrt(2 * times)).all()
    away = np.abs(means.mean(axis=0) - values.mean(axis=0))
    assert (away < 3 * error / np.sqrt(times)).all()
