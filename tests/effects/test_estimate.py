"""Estimates against statsmodels, DoWhy, brute force and known networks."""

import itertools

import numpy as np
import pandas as pd
import pytest

from llmcd.effects.bridge import estimate_through_dowhy
from llmcd.effects.estimate import estimate, least_squares, standardisation
from llmcd.effects.rows import contrast_of, rows_of
from llmcd.effects.strategy import Strategy

quiet = pytest.mark.filterwarnings("ignore")


def backdoor(*names):
    """Adjustment for some columns."""
    return Strategy("backdoor", names)


def linear_rows(n=400, seed=0):
    """Columns x and y, confounded by z (continuous) and g (three levels)."""
    rng = np.random.default_rng(seed)
    z = 5 + 2 * rng.normal(size=n)
    g = rng.choice(["a", "b", "c"], n)
    x = 0.3 * z + (g == "b") + rng.normal(size=n)
    y = 100 + 40 * x + 10 * z - 20 * (g == "c") + 30 * rng.normal(size=n)
    return pd.DataFrame({"x": x, "y": y, "z": z, "g": g})


def design(df):
    """What statsmodels gets for the frame above."""
    import statsmodels.api as sm

    parts = {"x": df["x"], "z": df["z"], "b": df["g"] == "b", "c": df["g"] == "c"}
    return sm.add_constant(pd.DataFrame(parts).astype(float))


@quiet
def test_regression_against_statsmodels():
    """Slope, standard error and degrees of freedom in the columns' own units."""
    import statsmodels.api as sm

    df = linear_rows()
    rows = rows_of(df, list(df))
    found = least_squares(["z", "g"], rows, contrast_of(rows, "x", "y"))
    peer = sm.OLS(df["y"], design(df)).fit()
    assert found.value == pytest.approx(peer.params["x"], rel=1e-9)
    assert found.standard_error == pytest.approx(peer.bse["x"], rel=1e-9)
    assert found.df == peer.df_resid
    assert found.method == "linear regression"


@quiet
def test_chance_of_an_event_against_statsmodels():
    """For an event the errors are those that do not need equal variances (HC1)."""
    import statsmodels.api as sm

    df = linear_rows()
    df["ill"] = np.where(df["y"] > df["y"].median(), "yes", "no")
    rows = rows_of(df, ["x", "ill", "z", "g"])
    found = least_squares(["z", "g"], rows, contrast_of(rows, "x", "ill"))
    peer = sm.OLS((df["ill"] == "yes").astype(float), design(df)).fit(cov_type="HC1")
    assert found.value == pytest.approx(peer.params["x"], rel=1e-9)
    assert found.standard_error == pytest.approx(peer.bse["x"], rel=1e-9)


@quiet
def test_a_treatment_with_three_levels():
    """The chosen level against the control, the third one kept apart."""
    import statsmodels.api as sm

    df = linear_rows()
    rows = rows_of(df, list(df))
    contrast = contrast_of(rows, "g", "y", levels=("c", "a"))
    assert contrast.words == "change in the mean of y when g is set to a instead of c"
    found = least_squares(["z"], rows, contrast)
    parts = {"a": df["g"] == "a", "b": df["g"] == "b", "z": df["z"]}
    peer = sm.OLS(df["y"], sm.add_constant(pd.DataFrame(parts).astype(float))).fit()
    assert found.value == pytest.approx(peer.params["a"], rel=1e-9)
    assert found.standard_error == pytest.approx(peer.bse["a"], rel=1e-9)


@quiet
def test_instruments_against_statsmodels():
    """Two-stage least squares with two instruments."""
    from statsmodels.sandbox.regression.gmm import IV2SLS

    rng = np.random.default_rng(1)
    u, v, w = rng.normal(size=(3, 500))
    x = v - w + u + rng.normal(size=500)
    df = pd.DataFrame({"v": v, "w": w, "x": 3 * x, "y": x - 2 * u})
    rows = rows_of(df, list(df))
    found = estimate(
        Strategy("instrument", ("v", "w")), rows, contrast_of(rows, "x", "y")
    )
    one = np.ones(500)
    y = df["y"].to_numpy()
    peer = IV2SLS(y, np.c_[one, df["x"]], np.c_[one, df["v"], df["w"]]).fit()
    assert found.value == pytest.approx(peer.params[1], rel=1e-9)
    assert found.standard_error == pytest.approx(peer.bse[1], rel=1e-9)
    assert "only if effects are linear" in found.note
    assert "weak" not in found.note


def test_a_weak_instrument_is_called_so():
    """A first stage that explains next to nothing is in the note."""
    rng = np.random.default_rng(2)
    df = pd.DataFrame(rng.normal(size=(200, 3)), columns=["z", "x", "y"])
    rows = rows_of(df, list(df))
    found = estimate(Strategy("instrument", ("z",)), rows, contrast_of(rows, "x", "y"))
    assert "weak (first-stage F" in found.note


@quiet
@pytest.mark.parametrize("kind", ["backdoor", "frontdoor", "instrument"])
def test_dowhy_gives_the_same(kind):
    """DoWhy's own linear estimators give the same values."""
    rng = np.random.default_rng(3)
    u, z = rng.normal(size=(2, 400))
    x = z + u + rng.normal(size=400)
    m = 2 * x + rng.normal(size=400)
    df = pd.DataFrame({"z": z, "x": x, "m": m, "y": m + u})
    variables = {"backdoor": ("z",), "frontdoor": ("m",), "instrument": ("z",)}[kind]
    rows = rows_of(df, list(df))
    contrast = contrast_of(rows, "x", "y")
    strategy = Strategy(kind, variables)
    ours = estimate(strategy, rows, contrast)
    theirs = estimate_through_dowhy(strategy, rows, contrast, simulations=0)
    assert ours.value == pytest.approx(theirs.value, rel=1e-6)


def test_front_door_by_simulation():
    """The delta-method error is the spread of the estimates; the mean is the truth."""
    rng = np.random.default_rng(4)
    found = []
    for _ in range(300):
        u = rng.normal(size=200)
        x = u + rng.normal(size=200)
        m = 0.5 * x + rng.normal(size=200)
        df = pd.DataFrame({"x": x, "m": m, "y": 2 * m + u + rng.normal(size=200)})
        rows = rows_of(df, list(df))
        found.append(
            estimate(Strategy("frontdoor", ("m",)), rows, contrast_of(rows, "x", "y"))
        )
    values = np.array([one.value for one in found])
    spread = values.std(ddof=1)
    assert abs(values.mean() - 1) < 3 * spread / np.sqrt(300)
    mean_error = np.sqrt(np.mean([one.standard_error**2 for one in found]))
    assert mean_error == pytest.approx(spread, rel=0.13)  # 3 / sqrt(2 * 300)


# --- discrete -------------------------------------------------------------------------


def chance(z1, z2):
    """P(t = 1 | z) and P(y = 1 | t, z), by hand."""
    treated = 0.2 + 0.3 * z1 + 0.2 * (z2 == 2)
    return treated, lambda t: 0.1 + 0.2 * z1 + 0.15 * t + 0.3 * t * (z2 == 1)


def sampled(n, seed):
    """Rows of a small network and the true effect, by enumeration."""
    rng = np.random.default_rng(seed)
    weight = np.array([0.5, 0.3, 0.2])
    z1, z2 = (rng.random(n) < 0.4).astype(int), rng.choice(3, n, p=weight)
    treated, ill = chance(z1, z2)
    t = (rng.random(n) < treated).astype(int)
    y = (rng.random(n) < ill(t)).astype(int)
    truth = sum(
        (0.4 if a else 0.6) * weight[b] * (chance(a, b)[1](1) - chance(a, b)[1](0))
        for a, b in itertools.product((0, 1), range(3))
    )
    df = pd.DataFrame({"t": t, "y": y, "z1": z1, "z2": z2}).astype(str)
    return df, float(truth)


def test_standardisation_by_hand():
    """The weighted difference of means, spelled out with pandas."""
    df, _ = sampled(3000, 0)
    rows = rows_of(df, list(df))
    found, covered = standardisation(["z1", "z2"], rows, contrast_of(rows, "t", "y"))
    total = 0.0
    for _, part in df.groupby(["z1", "z2"]):
        means = (part["y"] == "1").groupby(part["t"]).mean()
        total += len(part) / len(df) * (means["1"] - means["0"])
    assert covered == 1
    assert found.value == pytest.approx(total, rel=1e-12)
    assert found.method == "standardisation over strata"


def test_standardisation_covers_the_truth():
    """Over 300 samples of a network whose effect is known, 95 % intervals hold it."""
    inside, values = 0, []
    for seed in range(300):
        df, truth = sampled(400, seed)
        rows = rows_of(df, list(df))
        found = estimate(backdoor("z1", "z2"), rows, contrast_of(rows, "t", "y"))
        assert found.method == "standardisation over strata"
        inside += abs(found.value - truth) < 1.96 * found.standard_error
        values.append(found.value)
    assert abs(np.mean(values) - truth) < 3 * np.std(values) / np.sqrt(300)
    assert 0.95 - 3 * 0.0126 < inside / 300 < 0.95 + 3 * 0.0126
    assert truth == pytest.approx(0.15 + 0.3 * 0.3)


def test_the_sign_follows_levels_and_event():
    """Control and treated, and the event, are as they were asked for."""
    df, _ = sampled(2000, 1)
    rows = rows_of(df, list(df))
    one = estimate(backdoor("z1"), rows, contrast_of(rows, "t", "y"))
    back = estimate(backdoor("z1"), rows, contrast_of(rows, "t", "y", levels=("1", 0)))
    other = estimate(backdoor("z1"), rows, contrast_of(rows, "t", "y", event=0))
    assert one.value > 0
    assert back.value == pytest.approx(-one.value)
    assert other.value == pytest.approx(-one.value)


def test_strata_without_both_arms():
    """A few are left out and said; where there are many, a regression steps in."""
    rng = np.random.default_rng(0)
    n = 600
    z = np.where(rng.random(n) < 0.03, "rare", rng.choice(["p", "q"], n))
    t = np.where(z == "rare", "1", rng.choice(["0", "1"], n))
    df = pd.DataFrame({"t": t, "y": rng.choice(["0", "1"], n), "z": z})
    rows = rows_of(df, list(df))
    found = estimate(backdoor("z"), rows, contrast_of(rows, "t", "y"))
    share = (z != "rare").mean()
    assert found.note == f"over the {share:.1%} of the rows in strata with both arms"
    df["z"] = np.where(rng.random(n) < 0.2, "rare", z)
    df["t"] = np.where(df["z"] == "rare", "1", t)
    rows = rows_of(df, list(df))
    found = estimate(backdoor("z"), rows, contrast_of(rows, "t", "y"))
    assert found.method == "linear probability regression"
    assert "a regression without interactions fills the rest" in found.note


def test_continuous_outcome_of_a_discrete_treatment():
    """Without adjustment it is the difference of means, in the outcome's units."""
    rng = np.random.default_rng(1)
    t = rng.choice(["no", "yes"], 300)
    df = pd.DataFrame({"t": t, "y": 50 + 7 * (t == "yes") + 3 * rng.normal(size=300)})
    rows = rows_of(df, ["t", "y"])
    found = estimate(backdoor(), rows, contrast_of(rows, "t", "y"))
    means = df.groupby("t")["y"].mean()
    assert found.value == pytest.approx(means["yes"] - means["no"], rel=1e-9)
    welch = np.sqrt(sum(g.var() / len(g) for _, g in df.groupby("t")["y"]))
    assert found.standard_error == pytest.approx(welch, rel=0.01)
    assert found.method == "difference of means"


# --- what cannot be estimated ---------------------------------------------------------


def test_no_variation_left():
    """A treatment that the adjusted columns determine has no estimate, with a note."""
    rng = np.random.default_rng(0)
    g = rng.choice(["a", "b", "c"], 100)
    df = pd.DataFrame({"g": g, "t": np.where(g == "a", "1", "0")})
    df["y"] = rng.normal(size=100)
    rows = rows_of(df, list(df))
    contrast = contrast_of(rows, "t", "y")
    found = estimate(backdoor("g"), rows, contrast)
    assert np.isnan(found.value)
    assert found.note == "given g, t does not vary in these rows"
    assert estimate(Strategy("not identified"), rows, contrast).method == "none"
    zero = estimate(Strategy("no path"), rows, contrast)
    assert (zero.value, zero.standard_error) == (0, 0)


@pytest.mark.parametrize("factor, shift", [(1e150, 0.0), (1e-150, 0.0), (1.0, 1e9)])
def test_scales_and_offsets(factor, shift):
    """Extreme units change the effect by their factor and nothing else."""
    df = linear_rows()
    plain = rows_of(df, list(df))
    other = df.assign(x=df["x"] * factor + shift)
    moved = rows_of(other, list(df))
    one = estimate(backdoor("z", "g"), plain, contrast_of(plain, "x", "y"))
    two = estimate(backdoor("z", "g"), moved, contrast_of(moved, "x", "y"))
    assert two.value * factor == pytest.approx(one.value, rel=1e-6)
    assert two.standard_error * factor == pytest.approx(one.standard_error, rel=1e-6)
