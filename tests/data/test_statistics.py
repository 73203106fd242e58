"""Statistics of tables, and of mixed columns."""

import pickle

import numpy as np
import pandas as pd
import pytest
from frames import frame

from llmcd.data.rows import BLOCK
from llmcd.data.statistics import (
    CountStatistics,
    GaussianStatistics,
    MixedStatistics,
    embed,
)
from llmcd.data.table import table
from llmcd.errors import DataError

NAMES = ("x", "g", "h")
LEVELS = ((), ("a", "b", "c"), ("no", "yes"))


def draw(n=300, seed=0):
    """A number, three levels that depend on it, and two more."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    g = np.digitize(x + rng.normal(size=n), [-0.5, 0.5])
    return np.column_stack([x, g, rng.integers(2, size=n)])


def dummies(rows):
    """Pandas' indicators without the first level."""
    data = pd.DataFrame({"x": rows[:, 0]})
    for k in (1, 2):
        cells = pd.Categorical.from_codes(rows[:, k].astype(int), list(LEVELS[k]))
        data[NAMES[k]] = cells
    return pd.get_dummies(data, prefix_sep="=", drop_first=True, dtype=float)


# --- mixed ----------------------------------------------------------------------------


def test_embedding_is_pandas_indicators():
    """A discrete column of k levels becomes k - 1 indicators."""
    rows = draw()
    found = embed(rows, NAMES, [0, 3, 2])
    expected = dummies(rows)
    np.testing.assert_array_equal(found, expected.to_numpy())
    mixed = MixedStatistics.of(rows, NAMES, LEVELS)
    assert mixed.gaussian.names == tuple(expected.columns)
    assert mixed.blocks == ((0, 1), (1, 3), (3, 4))
    correlation = np.corrcoef(expected.to_numpy().T)
    np.testing.assert_allclose(mixed.gaussian.correlation, correlation, atol=1e-14)
    assert (mixed.n, mixed.kind, mixed.names) == (300, "mixed", NAMES)


def test_mixed_weights_are_repeated_rows():
    """Weight w is worth w rows, in mixed statistics too."""
    rows = draw(50)
    weights = np.random.default_rng(1).integers(4, size=50)
    found = MixedStatistics.of(rows, NAMES, LEVELS, weights=weights)
    again = MixedStatistics.of(np.repeat(rows, weights, axis=0), NAMES, LEVELS)
    assert found.n == again.n
    np.testing.assert_allclose(found.gaussian.cross, again.gaussian.cross, atol=1e-12)


def test_mixed_parts_merge():
    """A level that one part does not show has its column all the same."""
    rows = draw()
    one, two = rows[rows[:, 1] < 2], rows[rows[:, 1] == 2]
    parts = [MixedStatistics.of(part, NAMES, LEVELS) for part in (one, two)]
    whole = MixedStatistics.of(rows, NAMES, LEVELS)
    for found in (parts[0].merge(parts[1]), parts[1].merge(parts[0])):
        assert found.n == whole.n
        np.testing.assert_allclose(
            found.gaussian.correlation, whole.gaussian.correlation, atol=1e-14
        )
    with pytest.raises(ValueError, match="same variables"):
        whole.merge(MixedStatistics.of(rows, ("x", "g", "i"), LEVELS))
    with pytest.raises(ValueError, match="same blocks"):
        whole.merge(MixedStatistics.of(rows, NAMES, [(), "abc", "xyz"]))


@pytest.mark.parametrize("size", [1000, BLOCK + 1])
def test_mixed_batch_size_changes_no_bit(size):
    """Batches of any size give what the rows in memory give, bit for bit."""
    rows = draw(2 * BLOCK + 9)
    whole = MixedStatistics.of(rows, NAMES, LEVELS)
    batches = (rows[at : at + size] for at in range(0, len(rows), size))
    found = MixedStatistics.of_batches(batches, NAMES, LEVELS)
    np.testing.assert_array_equal(found.gaussian.cross, whole.gaussian.cross)
    assert found.blocks == whole.blocks


def test_mixed_refusals():
    """NaN and wrong codes are counted by variable, wrong shapes are named."""
    rows = draw(20)
    rows[:3, 0] = np.nan
    rows[4, 1] = np.nan
    with pytest.raises(DataError, match=r"\('x': 3, 'g': 1\)"):
        MixedStatistics.of(rows, NAMES, LEVELS)
    rows = draw(20)
    rows[:2, 1] = 3
    with pytest.raises(
        DataError, match=r"no codes of their columns: 'g' \(0 to 2\): 2"
    ):
        MixedStatistics.of(rows, NAMES, LEVELS)
    with pytest.raises(ValueError, match="levels of 3 columns, got 2"):
        MixedStatistics.of(draw(20), NAMES, LEVELS[:2])
    gaussian = GaussianStatistics.of(draw(20), NAMES)
    with pytest.raises(ValueError, match="blocks must cut 3 embedded columns into 2"):
        MixedStatistics(("x", "g"), gaussian, ((0, 1), (2, 3)))


def test_a_level_that_no_row_has_is_a_constant_column():
    """It has no correlation, and zeros where those are asked for."""
    rows = draw()
    rows = rows[rows[:, 1] < 2]
    found = MixedStatistics.of(rows, NAMES, LEVELS).gaussian
    assert found.constant.tolist() == [False, False, True, False]
    with pytest.raises(DataError, match="'g=c'"):
        _ = found.correlation
    assert (found.correlation_or_zero[2] == 0).all()


# --- tables ---------------------------------------------------------------------------


def test_a_continuous_table():
    """Gaussian statistics of the standardised columns, in the table's order."""
    data = table(frame(), dict.fromkeys("xyzw", "Described."))
    found = data.statistics()
    assert isinstance(found, GaussianStatistics)
    assert found.names == data.names
    expected = np.corrcoef(frame()[list(data.names)].to_numpy().T)
    np.testing.assert_allclose(found.correlation, expected, atol=1e-13)
    np.testing.assert_allclose(found.covariance, found.correlation, atol=1e-13)


def test_a_discrete_table():
    """Counts over the table's codes and levels."""
    rng = np.random.default_rng(0)
    df = pd.DataFrame({name: rng.choice(list("uvw"), size=200) for name in "abc"})
    data = table(df, dict.fromkeys("abc", "Described."))
    found = data.statistics()
    assert isinstance(found, CountStatistics)
    assert found.names == data.names
    expected = pd.crosstab(df[found.names[0]], df[found.names[2]]).to_numpy()
    np.testing.assert_array_equal(found.counts([0, 2]), expected)
    assert found.weights is None


def test_a_mixed_table():
    """Indicators are called after the labels."""
    df = frame().assign(g=np.random.default_rng(3).choice(["u", "v", "w"], size=200))
    data = table(df)
    found = data.statistics()
    assert isinstance(found, MixedStatistics)
    assert found.names == data.names
    assert {"g=v", "g=w", "x", "y"} <= set(found.gaussian.names)


@pytest.mark.parametrize("kinds", ["continuous", "discrete", "mixed"])
def test_table_weights_are_resampled_rows(kinds):
    """Weights count the table's rows; a wrong number of them is refused."""
    rng = np.random.default_rng(5)
    df = frame() if kinds != "discrete" else pd.DataFrame(index=range(200))
    if kinds != "continuous":
        df = df.assign(g=rng.choice(list("uvw"), size=200), h=rng.random(200) < 0.5)
    data = table(df)
    weights = rng.multinomial(200, np.full(200, 1 / 200))
    found = data.statistics(weights)
    assert found.n == 200
    rows = np.repeat(data.values, weights, axis=0)
    if isinstance(found, CountStatistics):
        expected = np.zeros(tuple(found.sizes))
        np.add.at(expected, tuple(rows.astype(int).T), 1)
        np.testing.assert_array_equal(found.counts(range(2)), expected)
    else:
        gaussian = found if isinstance(found, GaussianStatistics) else found.gaussian
        sizes = [len(labels) for labels in data.levels]
        expected = np.corrcoef(embed(rows, data.names, sizes).T)
        np.testing.assert_allclose(gaussian.correlation, expected, atol=1e-13)
    with pytest.raises(ValueError, match="expected 200 weights"):
        data.statistics(np.ones(3))


def test_statistics_can_be_sent_to_another_process():
    """Pickled and back: the same numbers."""
    rows = draw(40)
    for found in (
        GaussianStatistics.of(rows[:, :1], ["x"]),
        CountStatistics.of(rows[:, 1:], ["g", "h"], [3, 2]),
        MixedStatistics.of(rows, NAMES, LEVELS),
    ):
        again = pickle.loads(pickle.dumps(found))
        assert repr(again) == repr(found)
        assert again.names == found.names
