"""None of causal-learn's traps reaches a user."""

import numpy as np
import pytest
from causallearn.utils.cit import CIT

from llmcd.discovery.causal_learn import ci_test, ges, skeleton
from llmcd.errors import DataError


def test_nothing_is_printed_or_written(capfd, tmp_path, monkeypatch):
    """No progress bar, no line of output, no file of p-values."""
    monkeypatch.chdir(tmp_path)
    codes = np.random.default_rng(0).integers(0, 2, size=(200, 4))
    skeleton(ci_test("gsq", codes), 4, alpha=0.05)
    ges(codes, list("abcd"), score="bdeu")
    ges(np.random.default_rng(0).normal(size=(50, 3)), list("abc"), score="bic")
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


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

    def broken(i, j, given):
        raise AssertionError("no")

    with pytest.raises(
        DataError, match="skeleton search failed with AssertionError: no"
    ):
        skeleton(broken, 3, alpha=0.05)


def test_our_own_errors_pass():
    """An error that is typed already is not wrapped again."""

    def broken(i, j, given):
        raise DataError("ours")

    with pytest.raises(DataError, match=r"^ours$"):
        skeleton(broken, 3, alpha=0.05)


@pytest.mark.parametrize("n_columns", [0, 1])
def test_nothing_to_search(n_columns):
    """Fewer than two columns have no adjacency."""
    found = skeleton(lambda i, j, given: 0.0, n_columns, alpha=0.05)
    assert found.shape == (n_columns, n_columns)


def test_the_size_of_conditioning_sets_is_obeyed():
    """No larger set is tested than was allowed."""
    sizes = set()

    def dependent(i, j, given):
        sizes.add(len(given))
        return 0.0

    skeleton(dependent, 5, alpha=0.05, max_conditioning=2)
    assert sizes == {0, 1, 2}
