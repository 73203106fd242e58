"""Pairs of columns that a curve joins are named; lines and chance are not."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from llmcd.data.canonical import standardise
from llmcd.data.curves import LEVEL, check_curves, curves
from llmcd.data.findings import Findings
from llmcd.data.table import table
from llmcd.discovery.causal_learn import CausalLearn

Floats = np.ndarray


def names(p: int) -> list[str]:
    return [f"v{i}" for i in range(p)]


def scaled(values: Floats) -> Floats:
    return np.column_stack([standardise(column) for column in values.T])


def warned(values: Floats) -> list[str]:
    """Details of the notes on a table of continuous columns."""
    findings = Findings(np.arange(len(values)))
    p = values.shape[1]
    labels = {name: repr(name) for name in names(p)}
    check_curves(scaled(values), names(p), ["continuous"] * p, labels, findings)
    assert findings.problems == []
    assert {(n.column, n.action) for n in findings.notes} <= {("", "warning")}
    return [note.detail for note in findings.notes]


def gaussian(rng: np.random.Generator, n: int, p: int) -> Floats:
    """A Gaussian table with strong and weak dependence among its columns."""
    return rng.normal(size=(n, p)) @ rng.normal(size=(p, p)) + rng.normal(size=(n, p))


@pytest.mark.parametrize(
    "n, p, tables", [(60, 5, 150), (200, 5, 150), (200, 40, 40), (1000, 20, 40)]
)
def test_gaussian_tables_are_left_alone(n: int, p: int, tables: int) -> None:
    """Lines are not called curves: the level holds for a table, not for a pair.

    More than 3 of 150 tables at a level of 0.005 each happen once in a thousand runs.
    """
    rng = np.random.default_rng(n + p)
    said = sum(bool(warned(gaussian(rng, n, p))) for _ in range(tables))
    assert said <= stats.binom.ppf(0.999, tables, LEVEL)


SHAPES: dict[str, Callable[[Floats, Floats], Floats]] = {
    "square": lambda x, e: x**2 + e,
    "absolute": lambda x, e: np.abs(x) + e / 2,
    "exponential": lambda x, e: np.exp(x) + e / 2,
    "hook": lambda x, e: x + x**2 + e,
    "wave": lambda x, e: np.sin(4 * x) + e / 2,
    "long wave": lambda x, e: np.sin(2 * np.pi * stats.norm.cdf(x) * 5) + e / 2,
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n, p", [(200, 2), (200, 12), (5000, 3)])
def test_curves_are_named(shape: str, n: int, p: int) -> None:
    """Where y = f(x) + e, y over x is named, from 200 rows on."""
    for seed in range(5):
        values = np.random.default_rng(seed).normal(size=(n, p))
        values[:, 1] = SHAPES[shape](values[:, 0], values[:, 1])
        (said,) = warned(values)
        assert "'v1' over 'v0'" in said or "'v0' over 'v1'" in said
        assert "1 pair of columns" in said


def test_the_strongest_come_first() -> None:
    """Three pairs are named, the strongest first, and the others are counted."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(2000, 6))
    for at, noise in enumerate([2.0, 0.5, 1.0, 3.0], 1):
        values[:, at] = values[:, 0] ** 2 + noise * values[:, at]
    (said,) = warned(values)
    order = [said.index(f"'v{i}' over 'v0'") for i in (2, 3)]
    assert order == sorted(order)
    assert "'v5'" not in said
    assert "more" in said


def test_shares_are_what_a_regression_leaves() -> None:
    """The share is at most what x^2, ..., x^9 explain of the residual, and not far."""
    rng = np.random.default_rng(4)
    x = rng.normal(size=4000)
    y = x + 0.7 * x**2 + rng.normal(size=4000)
    values = scaled(np.column_stack([x, y]))
    (found,) = curves(values)
    line = np.polynomial.legendre.legvander(values[:, 0] / 5, 1)
    curve = np.polynomial.legendre.legvander(values[:, 0] / 5, 9)
    left = [
        np.linalg.lstsq(terms, values[:, 1], rcond=None)[1][0]
        for terms in (line, curve)
    ]
    assert (found.column, found.over) == (1, 0)
    share = 1 - left[1] / left[0]
    assert 0.8 * share < found.share < share + 0.02


def linear(rng: np.random.Generator, noise: Callable[..., Floats]) -> Floats:
    """A chain of lines x -> y -> z -> w with independent noise."""
    e = noise(rng, (1000, 4))
    for at in range(1, 4):
        e[:, at] += 0.8 * e[:, at - 1]
    return e


@pytest.mark.parametrize(
    "noise",
    [
        lambda rng, size: rng.uniform(size=size),
        lambda rng, size: rng.exponential(size=size),
        lambda rng, size: rng.gamma(3, size=size),
        lambda rng, size: rng.laplace(size=size),
        lambda rng, size: rng.standard_t(4, size=size),
        lambda rng, size: rng.lognormal(sigma=0.5, size=size),
    ],
)
def test_lines_with_skewed_noise_are_left_alone(noise: Callable[..., Floats]) -> None:
    """A line with independent noise in one direction is no curve in the other.

    Against the arrow, the mean of a skewed cause does bend with its effect.
    """
    rng = np.random.default_rng(8)
    said = sum(bool(warned(linear(rng, noise))) for _ in range(20))
    assert said <= 2


def test_order_changes_nothing() -> None:
    """Rows and columns in any order, more rows than are looked at: the same notes."""
    rng = np.random.default_rng(1)
    data = pd.DataFrame(rng.normal(size=(9000, 4)), columns=list("xyzw"))
    data["y"] = data["x"] ** 2 / 4 + rng.normal(size=9000)
    data["z"] = data["x"] ** 2 / 4 + rng.normal(size=9000)
    found = table(data).notes
    assert any("'y' over 'x'" in note.detail for note in found)
    other = data.sample(frac=1, random_state=1)[list("wzyx")]
    assert table(other).notes == found


def test_few_values_missing_codes_and_copies() -> None:
    """Rounded columns, cells far out and near copies break nothing."""
    rng = np.random.default_rng(6)
    values = rng.normal(size=(400, 7))
    values[:, 1] = np.round(values[:, 1])
    values[:, 2] = np.where(values[:, 2] > 2, 1.0, 0.0)
    values[:, 3] = values[:, 0] + 1e-9 * values[:, 3]
    values[7, 4] = values[7, 5] = 1e9
    values[:, 6] += values[:, 4] * (np.arange(400) != 7)
    assert warned(values) == []
    values[:, 6] = values[:, 1] ** 2 + rng.normal(size=400) / 2
    assert "'v6' over 'v1'" in warned(values)[0]


def test_only_continuous_columns_are_looked_at() -> None:
    """Levels may have any effect, so that there is nothing to say about them."""
    rng = np.random.default_rng(6)
    x = rng.normal(size=600)
    data = pd.DataFrame({"x": x, "g": np.digitize(x, [-1, 0, 1]).astype(str)})
    data["y"] = np.abs(x).round() % 2 + rng.normal(size=600)
    about = {"x": "X.", "g": "Group.", "y": {"label": "Y", "kind": "continuous"}}
    assert not any("over 'g'" in note.detail for note in table(data, about).notes)


def test_too_few_rows_say_nothing() -> None:
    """Below 50 rows shapes are not told apart."""
    x, e = np.random.default_rng(0).normal(size=(2, 49))
    assert warned(np.column_stack([x, x**2 + e / 9])) == []


def test_the_ways_out_work() -> None:
    """The kernel test and the levels that the note offers find the edges."""
    rng = np.random.default_rng(0)
    x, e, f, w = rng.normal(size=(4, 250))
    df = pd.DataFrame({"x": x, "y": x**2 + e, "z": x**2 + f, "w": w})
    about = dict.fromkeys("xyzw", "A column.")
    (note,) = table(df, about).notes
    kernel = 'CausalLearn("pc", {"indep_test": "kci"})'
    assert kernel in note.detail
    method = eval(kernel, {"CausalLearn": CausalLearn})  # our own text
    found = method.search_rows(table(df, about))
    assert [found.adjacent(*pair) for pair in ("xy", "xz", "yz", "xw")] == [
        True,
        True,
        False,
        False,
    ]
    code = note.detail.split("any effect: ")[1].split(";")[0]
    scope = {"df": df, "pd": pd}
    exec(code, scope)  # our own text
    again = table(scope["df"], about)
    assert again.kinds[again.index("x")] == "ordinal"
    assert not any("over 'x'" in each.detail for each in again.notes)


def test_the_cost_is_small() -> None:
    """100 columns and 10,000 rows take well under a second."""
    values = scaled(np.random.default_rng(0).normal(size=(10_000, 100)))
    curves(values[:, :3])
    start = time.perf_counter()
    curves(values)
    assert time.perf_counter() - start < 2  # 0.3 s on an idle core
