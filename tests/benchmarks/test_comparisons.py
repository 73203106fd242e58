"""Differences, ratios and tests of two methods on the same samples."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel
from statsmodels.stats.multitest import multipletests

from benchmarks.comparisons import (
    Difference,
    holm,
    log_ratio,
    mean_and_error,
    paired,
    worse_p,
)


def frame(one, other, network="n", rows=100):
    """Pairs of one block."""
    seeds = range(1, len(one) + 1)
    return pd.DataFrame(
        {"network": network, "rows": rows, "seed": seeds, "one": one, "other": other}
    )


def test_the_limit_is_students():
    """Upper limit below a margin means that the one-sided t test rejects at 5 %."""
    rng = np.random.default_rng(1)
    for _ in range(50):
        gap = rng.normal(0.1, 1.0, size=8)
        p = ttest_rel(gap, np.full(8, 0.5), alternative="less").pvalue
        assert (Difference.of(gap).upper < 0.5) == (p < 0.05)


def test_means_of_few():
    """One value has no error, none has no mean."""
    assert np.isnan(mean_and_error([3.0])[1])
    assert np.isnan(mean_and_error([])[0])
    assert np.isnan(Difference.of([1.0]).upper)


def test_pairs_are_matched_by_sample():
    """Rows in another order, samples that one method lacks, values that are missing."""
    one = pd.DataFrame(
        {"network": "n", "rows": 9, "seed": [3, 1, 2], "shd": [30.0, 10.0, np.nan]}
    )
    other = pd.DataFrame(
        {"network": "n", "rows": 9, "seed": [1, 2, 3, 4], "shd": [1.0, 2.0, 3.0, 4.0]}
    )
    found = paired(one, other, "shd").sort_values("seed")
    assert found[["seed", "one", "other"]].to_numpy().tolist() == [
        [1, 10, 1],
        [3, 30, 3],
    ]


def test_a_sample_that_is_there_twice_is_an_error():
    """Two runs of one sample would be paired crosswise."""
    twice = pd.DataFrame({"network": "n", "rows": 9, "seed": [1, 1], "shd": [1.0, 2.0]})
    with pytest.raises(pd.errors.MergeError):
        paired(twice, twice, "shd")


def test_the_ratio_is_the_mean_over_blocks_of_log_ratios_of_means():
    """Worked out by hand: half an edge is added, blocks count alike."""
    blocks = [frame([1.0, 2.0], [4.0, 5.0], "a"), frame([0.0] * 4, [7.5] * 4, "b")]
    by_hand = np.exp(np.mean([np.log(2.0 / 5.0), np.log(0.5 / 8.0)])) - 1
    found = log_ratio(pd.concat(blocks))
    assert found.change == pytest.approx(by_hand)
    assert (found.blocks, found.seeds) == (2, 2)


def test_the_interval_covers_what_is_true():
    """Over 200 experiments with a known ratio, about 95 % of the intervals hold it."""
    rng = np.random.default_rng(0)
    hits = 0
    truth = (10.0 + 0.5) / (20.0 + 0.5) - 1
    for k in range(200):
        hard = rng.normal(0, 2, size=20)  # of the sample, shared by both methods
        one, other = 10 + hard + rng.normal(0, 1, 20), 20 + hard + rng.normal(0, 1, 20)
        found = log_ratio(frame(one, other), seed=k, draws=400)
        hits += found.low <= truth <= found.high
    assert 180 <= hits <= 198


def test_equal_methods_have_a_ratio_of_one():
    """No change, and no doubt about it."""
    some = np.arange(5.0)
    assert log_ratio(frame(some, some))[:3] == (0.0, 0.0, 0.0)


def test_worse_is_a_paired_test_over_seeds():
    """Rows of the same seed are averaged first; constant gaps need no test."""
    rng = np.random.default_rng(2)
    one, other = rng.normal(1, 1, (2, 10)), rng.normal(0, 1, (2, 10))
    both = pd.concat([frame(one[k], other[k], rows=k) for k in range(2)])
    p = ttest_rel(one.mean(axis=0), other.mean(axis=0), alternative="greater").pvalue
    assert worse_p(both) == pytest.approx(p)
    assert worse_p(frame([1, 2], [0, 1])) == 0.0
    assert worse_p(frame([1, 2], [1, 2])) == 1.0
    assert np.isnan(worse_p(frame([1], [0])))


def test_holm_as_statsmodels_has_it():
    """For 100 random sets of p-values; nan is passed through."""
    rng = np.random.default_rng(3)
    for _ in range(100):
        p = rng.random(6) ** 3
        names = [f"p{k}" for k in range(6)]
        found = holm({**dict(zip(names, p, strict=True)), "x": float("nan")})
        assert [found[n] for n in names] == pytest.approx(
            multipletests(p, method="holm")[1]
        )
        assert np.isnan(found["x"])
