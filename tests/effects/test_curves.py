"""The regression that may bend, against effects that are known in closed form."""

import numpy as np
import pandas as pd
import pytest

from llmcd.effects.curves import bent_regression
from llmcd.effects.estimate import estimate
from llmcd.effects.mixture import quantile
from llmcd.effects.rows import contrast_of, rows_of
from llmcd.effects.strategy import Strategy

SAMPLES = 200
Z = Strategy("backdoor", ("z",))


BENT = 1 + 2 * np.exp(-2)  # E[2 x + 1 + z], as E[cos 2 z] = exp(-2)


def bent(n, rng):
    """A confounder that bends both; one unit more of x adds 2 x + 1 + z."""
    z = rng.normal(size=n)
    x = z + np.cos(2 * z) + rng.normal(size=n)
    y = x**2 + x * z + 2 * np.cos(2 * z) + (1 + np.abs(z)) * rng.normal(size=n)
    return pd.DataFrame({"z": z, "x": x, "y": y})


def armed(n, rng):
    """Two arms, each with a curve of its own: E[1 + z + z^2] = 2."""
    z = rng.normal(size=n)
    t = rng.random(n) < 1 / (1 + np.exp(-z))
    y = t * (1 + z + z**2) + z**2 - z + rng.normal(size=n)
    return pd.DataFrame({"z": z, "x": np.where(t, "yes", "no"), "y": y})


def grouped(n, rng):
    """A slope in each of two groups, x narrow in one: 0.7 * 1 + 0.3 * 4 = 1.9."""
    g = rng.random(n) < 0.3
    x = 2 * g + np.where(g, 0.3, 1) * rng.normal(size=n)
    y = np.where(g, 4 * x - 3, x) + rng.normal(size=n)
    return pd.DataFrame({"z": np.where(g, "b", "a"), "x": x, "y": y})


def straight(n, rng):
    """All linear and Gaussian; one unit more of x adds 0.5."""
    z = rng.normal(size=n)
    x = z + rng.normal(size=n)
    return pd.DataFrame({"z": z, "x": x, "y": 0.5 * x + z + rng.normal(size=n)})


def found(frame, *, linear=False):
    """The estimate given z."""
    rows = rows_of(frame, list(frame))
    return estimate(Z, rows, contrast_of(rows, "x", "y"), linear=linear)


def holds(one, truth):
    """Whether its 95 % interval holds the truth."""
    return abs(one.value - truth) < quantile(0.975, one.df) * one.standard_error


@pytest.mark.parametrize(
    "draw, truth", [(bent, BENT), (armed, 2.0), (grouped, 1.9), (straight, 0.5)]
)
def test_right_on_average_and_in_its_intervals(draw, truth):
    """No bias beyond simulation error, and 95 % intervals hold the truth."""
    rng = np.random.default_rng(1)
    every = [found(draw(1000, rng)) for _ in range(SAMPLES)]
    values = np.array([one.value for one in every])
    assert abs(values.mean() - truth) < 3 * values.std() / np.sqrt(SAMPLES)
    inside = np.mean([holds(one, truth) for one in every])
    assert abs(inside - 0.95) < 3 * np.sqrt(0.95 * 0.05 / SAMPLES)


@pytest.mark.parametrize("draw, truth", [(bent, BENT), (armed, 2.0), (grouped, 1.9)])
def test_the_line_misses_what_bends(draw, truth):
    """On the same models most intervals of the line miss, so that the test can fail."""
    rng = np.random.default_rng(1)
    inside = [holds(found(draw(1000, rng), linear=True), truth) for _ in range(50)]
    assert np.mean(inside) < 0.7


def test_the_line_stays_where_nothing_bends():
    """The test has its level: four in five linear samples keep the line's estimate."""
    rng = np.random.default_rng(2)
    methods = [found(straight(400, rng)).method for _ in range(SAMPLES)]
    kept = methods.count("linear regression") / SAMPLES
    assert abs(kept - 0.8) < 3 * np.sqrt(0.8 * 0.2 / SAMPLES)


def test_linear_means_linear():
    """Who asks for the line gets it."""
    frame = bent(500, np.random.default_rng(3))
    assert found(frame).method == "regression with splines"
    assert found(frame, linear=True).method == "linear regression"


def test_the_chance_of_an_event():
    """P(yes | x) = Phi(x - 1), x normal: the effect is Phi(0) - Phi(-1 / sqrt 2)."""
    from scipy.stats import norm

    rng = np.random.default_rng(4)
    truth = float(norm.cdf(0) - norm.cdf(-1 / np.sqrt(2)))
    values, inside = [], []
    for _ in range(SAMPLES):
        x, z, noise = rng.normal(size=(3, 1000))
        y = np.where(noise < x - 1, "yes", "no")
        one = found(pd.DataFrame({"z": z, "x": x, "y": y}))
        assert one.method == "regression with splines"
        values.append(one.value)
        inside.append(holds(one, truth))
    assert abs(np.mean(values) - truth) < 3 * np.std(values) / np.sqrt(SAMPLES)
    assert abs(np.mean(inside) - 0.95) < 3 * np.sqrt(0.95 * 0.05 / SAMPLES)


def test_a_long_unit_is_a_slope_scaled_up():
    """A unit beyond the rows is not reached for: ten units are ten times one."""
    rng = np.random.default_rng(5)
    frame = bent(500, rng)
    small = frame.assign(x=frame["x"] / 1000)
    large = frame.assign(x=frame["x"] / 10_000)
    assert found(large).value == pytest.approx(10 * found(small).value)
    assert "one unit of x is more than its standard deviation" in found(large).note
    assert found(frame).note == ""


def test_few_rows_keep_the_line():
    """Where the rows cannot bear a bend there is none."""
    frame = bent(35, np.random.default_rng(6))
    rows = rows_of(frame, list(frame))
    assert bent_regression(["z"], rows, contrast_of(rows, "x", "y")) is None


def test_columns_that_determine_one_another():
    """Terms that others determine are left out: a sum among the adjusted columns."""
    rng = np.random.default_rng(7)
    frame = bent(1000, rng).assign(w=rng.normal(size=1000))
    frame["sum"] = frame["z"] + frame["w"]
    rows = rows_of(frame, list(frame))
    contrast = contrast_of(rows, "x", "y")
    one = bent_regression(["z", "w"], rows, contrast)
    two = bent_regression(["z", "w", "sum"], rows, contrast)
    assert one is not None
    assert two is not None
    assert two.value == pytest.approx(one.value, abs=0.5 * one.standard_error)
    assert two.standard_error == pytest.approx(one.standard_error, rel=0.1)


def test_degrees_of_freedom_are_of_the_terms_that_stay():
    """A discrete column and its coarser copy: products of the two are not all free."""
    rng = np.random.default_rng(8)
    fine = rng.integers(3, size=1000)
    x = fine + rng.normal(size=1000)
    frame = pd.DataFrame({"x": x, "y": x**2 + rng.normal(size=1000)})
    frame["fine"] = np.array(["a", "b", "c"])[fine]
    frame["coarse"] = np.where(fine == 2, "high", "low")
    rows = rows_of(frame, list(frame))
    contrast = contrast_of(rows, "x", "y")
    one = bent_regression(["fine"], rows, contrast)
    two = bent_regression(["fine", "coarse"], rows, contrast)
    assert one is not None
    assert two is not None
    assert two.df == one.df
    assert two.value == pytest.approx(one.value)
