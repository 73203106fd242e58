"""Intervals of mixtures against scipy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.effects.mixture import mixture_interval, quantile


def test_one_part_is_its_own_interval():
    """Normal and t, as scipy's distributions say."""
    from scipy import stats

    assert mixture_interval([2.0], [0.5], [1.0], level=0.9) == pytest.approx(
        stats.norm(2, 0.5).interval(0.9)
    )
    assert mixture_interval([2.0], [0.5], [1.0], df=[7]) == pytest.approx(
        stats.t(7, 2, 0.5).interval(0.95)
    )
    assert quantile(0.9, 5.0) == pytest.approx(stats.t(5).ppf(0.9))


parts = st.lists(
    st.tuples(
        st.floats(-10, 10), st.sampled_from([0.0, 0.1, 1.0]), st.floats(0.05, 1.0)
    ),
    min_size=1,
    max_size=4,
)


@given(parts)
@settings(max_examples=60, deadline=None)
def test_both_tails_hold_what_they_should(given_parts):
    """Below the lower end lies at most 2.5 %, and up to it at least that."""
    from scipy import stats

    values, errors, weights = (np.array(x) for x in zip(*given_parts, strict=True))
    weights /= weights.sum()
    low, high = mixture_interval(values, errors, weights)
    assert low <= high

    def below(x, *, itself):
        point = (values <= x) if itself else (values < x)
        with np.errstate(divide="ignore", invalid="ignore"):
            smooth = stats.norm.cdf((x - values) / np.where(errors > 0, errors, 1))
        return float(weights @ np.where(errors > 0, smooth, point))

    gap = 1e-7
    assert below(low - gap, itself=False) <= 0.025 + 1e-6
    assert below(low + gap, itself=True) >= 0.025 - 1e-6
    assert below(high - gap, itself=False) <= 0.975 + 1e-6
    assert below(high + gap, itself=True) >= 0.975 - 1e-6


def test_a_point_at_an_end():
    """A mass at zero that covers a tail is that end exactly."""
    low, high = mixture_interval([0.0, 3.0], [0.0, 0.1], [0.1, 0.9])
    assert low == 0.0
    assert 3 < high < 3.3
