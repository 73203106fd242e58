"""Counts: pandas' tables, from narrow codes, in any order and cut."""

import math
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.data.counts import FEW_CELLS, CountStatistics
from llmcd.data.rows import BLOCK
from llmcd.errors import DataError

NAMES = ("a", "b", "c")
SIZES = (2, 3, 4)


def draw(n=300, seed=0):
    """Dependent codes of 2, 3 and 4 levels."""
    rng = np.random.default_rng(seed)
    a = rng.integers(2, size=n)
    return np.column_stack(
        [a, (a + rng.integers(2, size=n)) % 3, rng.integers(4, size=n)]
    )


def of(rows, weights=None):
    return CountStatistics.of(rows, NAMES, SIZES, weights)


def the_same(one, two):
    """Equal in content and form, to the last bit."""
    np.testing.assert_array_equal(one.codes, two.codes)
    assert one.codes.dtype == two.codes.dtype
    assert (one.weights is None) == (two.weights is None)
    if one.weights is not None:
        np.testing.assert_array_equal(one.weights, two.weights)


def test_like_crosstab():
    """Two- and three-way tables are those of pandas."""
    rows = draw()
    frame = pd.DataFrame(rows, columns=list(NAMES))
    found = of(rows)
    expected = pd.crosstab(frame["c"], frame["a"]).to_numpy()
    np.testing.assert_array_equal(found.counts([2, 0]), expected)
    three = np.zeros(SIZES)
    for cell, size in frame.groupby(list(NAMES)).size().items():
        three[cell] = size
    np.testing.assert_array_equal(found.counts([0, 1, 2]), three)
    assert found.counts([2, 0]).dtype == np.float64
    assert found.n == 300
    assert found.kind == "counts"


def test_sparse_counts_are_the_cells_that_occur():
    """Pandas' value_counts, sorted by the codes."""
    rows = draw(40)
    frame = pd.DataFrame(rows, columns=list(NAMES))
    cells, counts = of(rows).sparse_counts([2, 1])
    expected = frame.groupby(["c", "b"]).size()
    assert cells.tolist() == [list(index) for index in expected.index]
    np.testing.assert_array_equal(counts, expected.to_numpy())
    assert (cells.dtype, counts.dtype) == (np.int64, np.float64)
    assert cells.flags["C_CONTIGUOUS"]


def test_no_columns_count_the_rows():
    """The table of no columns is one number."""
    found = of(draw(7), weights=[1, 2, 0, 0.5, 1, 1, 1])
    assert found.counts([]).shape == ()
    assert found.counts([]) == 6.5
    cells, counts = found.sparse_counts([])
    assert cells.shape == (1, 0)
    assert counts.tolist() == [6.5]


@pytest.mark.parametrize(
    "size, dtype",
    [(2, np.uint8), (256, np.uint8), (257, np.uint16), (65536, np.uint16)],
)
def test_codes_are_as_narrow_as_they_can_be(size, dtype):
    """One byte up to 256 levels, two above; the last level survives."""
    found = CountStatistics.of([[0, 0], [1, size - 1]], ["a", "b"], [2, size])
    assert found.codes.dtype == dtype
    assert found.codes.flags["C_CONTIGUOUS"]
    assert found.codes.shape == (2, 2)
    assert found.sparse_counts([1])[0].tolist() == [[0], [size - 1]]


def test_too_many_levels():
    """More levels than two bytes hold are refused by name."""
    with pytest.raises(DataError, match="from 1 to 65,536 levels, not so 'b'"):
        CountStatistics.of([[0, 0]], ["a", "b"], [2, 65537])
    with pytest.raises(DataError, match="not so 'a'"):
        CountStatistics.of([[0, 0]], ["a", "b"], [0, 2])


@pytest.mark.parametrize(
    "rows",
    [
        [[0, 3], [-1, 0], [2, 5]],
        [[0.0, 3.0], [0.5, 0.0], [np.nan, 5.0]],
        [[0.0, 3.0], [np.inf, 0.0], [-np.inf, 5.0]],
    ],
)
def test_cells_that_are_no_codes(rows):
    """Out of range, not whole or missing: counted by column."""
    with pytest.raises(DataError, match=r"'a' \(0 to 1\): 2, 'b' \(0 to 2\): 2"):
        CountStatistics.of(rows, ["a", "b"], [2, 3])


def test_the_constructor_does_not_wrap_around():
    """Wide codes are checked before they are narrowed: 256 is not 0."""
    with pytest.raises(DataError, match="'a'"):
        CountStatistics(("a",), np.array([2]), np.array([[0, 256]]))
    found = CountStatistics(("a",), np.array([2]), np.array([[0, 1]]))
    assert found.codes.dtype == np.uint8


def test_shapes_must_fit():
    """A wrong shape is said with the one that was expected."""
    with pytest.raises(ValueError, match="rows of 3 columns"):
        of([[0, 1]])
    with pytest.raises(ValueError, match="need 3 sizes"):
        CountStatistics.of(draw(3), NAMES, [2, 3])
    with pytest.raises(ValueError, match="3 columns need sizes"):
        CountStatistics(NAMES, np.array(SIZES), np.zeros((2, 5), dtype=np.uint8))
    with pytest.raises(ValueError, match="expected 3 weights"):
        of(draw(3), weights=[1, 2])
    with pytest.raises(ValueError, match=r"positions from 0 to 2, got \[-1, 3\]"):
        of(draw(3)).counts([-1, 0, 3])
    with pytest.raises(ValueError, match="same columns"):
        of(draw(3)).merge(CountStatistics.of(draw(3), ("a", "b", "d"), SIZES))
    with pytest.raises(ValueError, match="same sizes"):
        of(draw(3)).merge(CountStatistics.of(draw(3), NAMES, (2, 3, 5)))


# --- weights, merging, compressing ----------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=40))
def test_whole_weights_are_repeated_rows(weights):
    """Weight w is worth w rows; weight 0 none."""
    rows = draw(len(weights))
    found = of(rows, weights=weights)
    repeated = of(np.repeat(rows, weights, axis=0))
    assert found.n == repeated.n
    np.testing.assert_array_equal(found.counts([0, 2]), repeated.counts([0, 2]))
    for one, two in zip(
        found.sparse_counts([1, 2]), repeated.sparse_counts([1, 2]), strict=True
    ):
        np.testing.assert_array_equal(one, two)
    the_same(found.compress(), repeated.compress())


def test_real_weights_are_summed():
    """Dirichlet weights: pandas' sums by group."""
    rows = draw(200)
    weights = np.random.default_rng(1).dirichlet(np.ones(200)) * 200
    frame = pd.DataFrame(rows, columns=list(NAMES)).assign(w=weights)
    expected = frame.groupby(["a", "b"])["w"].sum()
    found = of(rows, weights=weights)
    _, counts = found.sparse_counts([0, 1])
    np.testing.assert_allclose(counts, expected.to_numpy(), rtol=1e-12)
    packed = found.compress()
    np.testing.assert_allclose(packed.counts([0, 1]), found.counts([0, 1]), rtol=1e-12)
    order = np.random.default_rng(2).permutation(200)
    the_same(packed, of(rows[order], weights=weights[order]).compress())


@settings(max_examples=50, deadline=None)
@given(n=st.integers(1, 80), seed=st.integers(0, 999), data=st.data())
def test_merging_in_any_order_and_cut(n, seed, data):
    """However rows are cut, ordered and compressed on the way: the same bits."""
    rows = draw(n, seed)
    shuffled = rows[data.draw(st.permutations(range(n)))]
    at = sorted(data.draw(st.lists(st.integers(0, n), max_size=5)))
    whole = of(np.empty((0, 3), dtype=int))
    for part in np.split(shuffled, at):
        whole = whole.merge(of(part))
        if data.draw(st.booleans()):
            whole = whole.compress()
    assert whole.n == n
    the_same(whole.compress(), of(rows).compress())
    np.testing.assert_array_equal(whole.counts([0, 1, 2]), of(rows).counts([0, 1, 2]))


@pytest.mark.parametrize("size", [1, 100, BLOCK, 10**6])
def test_batch_size_changes_nothing(size):
    """Batches of any size give the compressed rows."""
    rows = draw(500 if size == 1 else 2 * BLOCK + 7)
    batches = (rows[at : at + size] for at in range(0, len(rows), size))
    the_same(CountStatistics.of_batches(batches, NAMES, SIZES), of(rows).compress())


def test_compress_saves_memory_or_writes_rows_out():
    """24 distinct rows of 300 are kept with weights; distinct ones without."""
    packed = of(draw(300)).compress()
    assert packed.weights is not None
    assert packed.weights.sum() == 300
    distinct = np.unique(draw(300), axis=0)
    np.testing.assert_array_equal(packed.codes.T, distinct)  # sorted as numpy sorts
    again = of(distinct[::-1]).compress()
    assert again.weights is None
    np.testing.assert_array_equal(again.codes.T, distinct)
    # Two rows of 3 bytes are less than one of 3 and a weight of 8.
    twice = of([[1, 1, 1], [1, 1, 1]]).compress()
    assert twice.weights is None
    assert twice.n == 2
    half = of(distinct, weights=np.full(len(distinct), 0.5)).compress()
    assert half.n == len(distinct) / 2


def test_more_columns_than_one_word_holds():
    """Rows of 150 columns are told apart by all of them."""
    rng = np.random.default_rng(0)
    base = rng.integers(2, size=(5, 150))
    base[1] = base[0]
    base[1, 149] ^= 1  # differ in the last column only
    base[2] = base[0]
    base[2, 0] ^= 1  # and in the first
    rows = base[rng.integers(5, size=400)]
    names = [f"v{i}" for i in range(150)]
    packed = CountStatistics.of(rows, names, [2] * 150).compress()
    expected, counts = np.unique(rows, axis=0, return_counts=True)
    np.testing.assert_array_equal(packed.codes.T, expected)
    np.testing.assert_array_equal(packed.weights, counts)


# --- large tables ---------------------------------------------------------------------


def wide(columns, size=1000, n=500):
    rows = np.random.default_rng(0).integers(size, size=(n, columns))
    names = [f"v{i}" for i in range(columns)]
    return rows, CountStatistics.of(rows, names, [size] * columns)


def test_refusal_comes_before_allocation():
    """A table beyond the budget is refused by name, having taken no memory."""
    _, found = wide(9)
    tracemalloc.start()
    with pytest.raises(
        DataError, match=r"'v0', 'v1' and 'v2' would fill 1,000,000,000"
    ):
        found.counts([0, 1, 2])
    with pytest.raises(DataError, match=f"{1000**9:,} cells"):  # beyond 64 bits
        found.counts(range(9))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000


def test_the_budget_is_the_callers():
    """max_cells is the number of cells that are still made."""
    found = of(draw(10))
    assert found.counts([0, 1, 2], max_cells=24).size == 24
    with pytest.raises(DataError, match=r"24 cells \(2 x 3 x 4\), more than 23"):
        found.counts([0, 1, 2], max_cells=23)


def test_a_large_dense_table_is_the_sparse_one_written_out():
    """Above a million cells the way is another, the table the same."""
    rows, found = wide(2, size=1500)
    assert FEW_CELLS < 1500**2
    expected = np.zeros((1500, 1500))
    np.add.at(expected, tuple(rows.T), 1)
    np.testing.assert_array_equal(found.counts([0, 1]), expected)


@pytest.mark.parametrize("columns", [6, 7, 12])
def test_sparse_counts_never_fill_a_table(columns):
    """1e18 cells and more than 64 bits of them: memory follows the rows."""
    rows, found = wide(columns)
    rows[:250] = rows[250:]
    found = CountStatistics.of(rows, found.names, found.sizes)
    tracemalloc.start()
    cells, counts = found.sparse_counts(range(columns))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000
    expected, twice = np.unique(rows, axis=0, return_counts=True)
    np.testing.assert_array_equal(cells, expected)
    np.testing.assert_array_equal(counts, twice)
    assert math.prod(found.sizes.tolist()) >= 10**18
