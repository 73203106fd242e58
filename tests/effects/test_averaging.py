"""The average over graphs: closed forms, IDA by brute force, coverage."""

import itertools

import numpy as np
import pandas as pd
import pytest
from strategies import random_dag

from llmcd.data.table import table
from llmcd.effects import Effect, effect, strategies
from llmcd.equivalence import cpdag, members, sample_member
from llmcd.errors import DataError, GraphError
from llmcd.graph import Graph

quiet = pytest.mark.filterwarnings("ignore")
NONE = {"refuters": ()}
LINE = {**NONE, "estimator": "linear"}  # the closed forms below are those of lines


def gaussian(dag, rng):
    """Coefficients and noise variances of a DAG, drawn so that its class does not show.

    Each node's come from an inverse Wishart matrix over it and its parents, the prior
    under which all members of a class have the same marginal likelihood (Geiger and
    Heckerman 2002).
    """
    p = len(dag.names)
    b, noise = np.zeros((p, p)), np.zeros(p)
    for j in range(p):
        z = rng.normal(size=(p + 2, p))
        sigma = np.linalg.inv(z.T @ z)
        pa = np.flatnonzero(dag.arcs[:, j])
        if pa.size:
            b[pa, j] = np.linalg.solve(sigma[np.ix_(pa, pa)], sigma[pa, j])
        noise[j] = sigma[j, j] - sigma[j, pa] @ b[pa, j]
    return b, noise


def total_effect(b, x, y):
    """Sum over directed paths of the products of coefficients."""
    return float(np.linalg.inv(np.eye(len(b)) - b)[x, y])


def rows(dag, b, noise, n, rng):
    """A sample of the linear-Gaussian model."""
    e = rng.normal(size=(n, len(b))) * np.sqrt(noise)
    return pd.DataFrame(e @ np.linalg.inv(np.eye(len(b)) - b), columns=dag.names)


def population(dag, b, noise, n=60):
    """Rows whose covariance is exactly the model's, so that estimates have no noise."""
    rng = np.random.default_rng(0)
    whole = np.linalg.inv(np.eye(len(b)) - b)
    sigma = whole.T @ np.diag(noise) @ whole
    z = rng.normal(size=(n, len(b)))
    z -= z.mean(axis=0)
    z = z @ np.linalg.inv(np.linalg.cholesky(np.cov(z.T, bias=True))).T
    return pd.DataFrame(z @ np.linalg.cholesky(sigma).T, columns=dag.names)


def slope(df, y, x, given):
    """Coefficient of x by plain least squares."""
    block = np.c_[np.ones(len(df)), df[[x, *given]]]
    return float(np.linalg.lstsq(block, df[y], rcond=None)[0][1])


def test_path_products():
    """On the true DAG and its exact covariance the effect is the sum over paths."""
    rng = np.random.default_rng(1)
    for _ in range(15):
        dag = random_dag(rng, 5, 2.5)
        b, noise = gaussian(dag, rng)
        df = population(dag, b, noise)
        x, y = rng.choice(5, 2, replace=False)
        found = effect(dag, df, dag.names[x], dag.names[y], **LINE)
        truth = total_effect(b, x, y)
        assert found.value == pytest.approx(truth, rel=1e-6, abs=1e-9)
        assert found.zero == (dag.names[y] not in dag.descendants(dag.names[x]))
        assert found.own.low == found.own.high == found.value
        assert found.graph_share == 0


def test_ida_by_brute_force():
    """Range and multiset are those of the regressions in every member."""
    rng = np.random.default_rng(2)
    wide = 0
    for _ in range(15):
        dag = random_dag(rng, 5, 2.5)
        graph = cpdag(dag)
        df = population(dag, *gaussian(dag, rng))
        x, y = rng.choice(dag.names, 2, replace=False)
        every = [
            slope(df, y, x, m.parents(x)) if y in m.descendants(x) else 0.0
            for m in members(graph)
        ]
        found = effect(graph, df, x, y, **LINE)
        assert found.value == pytest.approx(np.mean(every), abs=1e-9)
        assert found.graph_variance == pytest.approx(np.var(every), abs=1e-9)
        assert found.own.low == pytest.approx(min(every), abs=1e-9)
        assert found.own.high == pytest.approx(max(every), abs=1e-9)
        mean = sum(value * share for value, share in found.own.values)
        assert mean == pytest.approx(np.mean(every), abs=1e-9)
        assert found.zero == pytest.approx(
            np.mean([y not in m.descendants(x) for m in members(graph)])
        )
        if len({round(v, 6) for v in every}) > 1:
            wide += 1
            assert found.own.reason.startswith(f"undirected at {x}: {x} --- ")
    assert wide >= 4


def test_the_law_of_total_variance():
    """Two weighted graphs, by hand."""
    rng = np.random.default_rng(3)
    z, e = rng.normal(size=(2, 500))
    x = z + rng.normal(size=500)
    df = pd.DataFrame({"z": z, "x": x, "y": x + z + e})
    fork = Graph.from_edges("zxy", directed=["zx", "zy", "xy"])
    chain = Graph.from_edges("zxy", directed=["xz", "zy", "xy"])
    apart = Graph.from_edges("zxy", directed=["zx", "zy"])
    found = effect([fork, chain, apart], df, "x", "y", weights=[2, 1, 1], **LINE)
    ways = {str(w.strategy): w for w in found.ways}
    assert {k: w.share for k, w in ways.items()} == {
        "backdoor: z": 0.5,
        "backdoor: nothing to adjust for": 0.25,
        "no path": 0.25,
    }
    values = np.array([slope(df, "y", "x", ["z"]), slope(df, "y", "x", []), 0.0])
    errors = np.array([ways[k].standard_error for k in ways])
    share = np.array([0.5, 0.25, 0.25])
    mean = share @ values
    assert found.value == pytest.approx(mean)
    assert found.sampling_variance == pytest.approx(share @ errors**2)
    assert found.graph_variance == pytest.approx(share @ (values - mean) ** 2)
    assert found.low == 0.0  # a quarter of the graphs say so
    assert found.high < ways["backdoor: nothing to adjust for"].high
    assert (found.graphs, found.identified, found.zero) == (3, 1.0, 0.25)
    assert list(found.table["strategy"]) == list(ways)
    assert 0 < found.graph_share < 1


def test_equal_graphs_are_one():
    """Repeating a graph is giving it weight."""
    rng = np.random.default_rng(4)
    df = pd.DataFrame(rng.normal(size=(100, 3)), columns=list("xyz"))
    one = Graph.from_edges("xyz", directed=["xy", "zx"])
    two = Graph.from_edges("xyz", directed=["xy"])
    repeated = effect([one, one, one, two], df, "x", "y", own=one, **NONE)
    weighted = effect([one, two], df, "x", "y", weights=[3, 1], own=one, **NONE)
    assert (repeated.value, repeated.low) == (weighted.value, weighted.low)
    assert repeated.ways == weighted.ways


def test_coverage_on_classes():
    """When only the class is known, 95 % intervals hold the truth at their rate.

    The true DAG is drawn from its class, and its coefficients so that no member is
    likelier than another; taking any one member for the truth covers far less.
    """
    rng = np.random.default_rng(5)
    inside = alone = total = 0
    while total < 300:
        graph = cpdag(random_dag(rng, 5, 2.5))
        truth = sample_member(graph, rng)
        b, noise = gaussian(truth, rng)
        x, y = rng.choice(5, 2, replace=False)
        pair = graph.names[x], graph.names[y]
        ways = strategies(graph, *pair)[0]
        if len(ways) == 1:
            continue  # every member says the same
        df = rows(truth, b, noise, 150, rng)
        # a Table gives the effect in standard deviations
        wanted = total_effect(b, x, y) * df.std(ddof=0).iloc[x] / df.std(ddof=0).iloc[y]
        checked = table(df)
        found = effect(graph, checked, *pair, **NONE)
        guess = effect(sample_member(graph, rng), checked, *pair, **NONE)
        inside += found.low <= wanted <= found.high
        alone += guess.low <= wanted <= guess.high
        total += 1
    spread = 3 * np.sqrt(0.95 * 0.05 / total)
    assert 0.95 - spread < inside / total < 0.95 + spread
    assert alone / total < 0.95 - spread


def every_dag():
    """The 25 DAGs over three nodes."""
    pairs = [(0, 1), (0, 2), (1, 2)]
    for ways in itertools.product(range(3), repeat=3):
        arcs = np.zeros((3, 3), dtype=bool)
        for (i, j), way in zip(pairs, ways, strict=True):
            arcs[i, j], arcs[j, i] = way == 1, way == 2
        graph = Graph.from_directed_matrix("abc", arcs)
        if graph.is_acyclic:
            yield graph


def bic(graph, df):
    """Gaussian BIC by plain least squares: nearly the log marginal likelihood."""
    total = 0.0
    for name in graph.names:
        block = np.c_[np.ones(len(df)), df[list(graph.parents(name))]]
        rest = df[name] - block @ np.linalg.lstsq(block, df[name], rcond=None)[0]
        total -= len(df) / 2 * np.log(np.mean(rest**2))
        total -= block.shape[1] / 2 * np.log(len(df))
    return total


def test_coverage_over_weighted_graphs():
    """With posterior weights for all graphs, intervals hold the truth at their rate.

    A point at zero makes them hold it more often; the best graph alone does so less.
    """
    rng = np.random.default_rng(6)
    graphs = list(every_dag())
    assert len(graphs) == 25
    inside = alone = 0
    total = 150
    for _ in range(total):
        truth = graphs[rng.integers(25)]
        b, noise = gaussian(truth, rng)
        df = rows(truth, b, noise, 60, rng)
        scores = np.array([bic(graph, df) for graph in graphs])
        weights = np.exp(scores - scores.max())
        wanted = total_effect(b, 0, 1) * df["a"].std() / df["b"].std()
        checked = table(df)
        found = effect(graphs, checked, "a", "b", weights=weights, **NONE)
        best = graphs[rng.choice(np.flatnonzero(weights > 1 - 1e-9))]
        guess = effect(best, checked, "a", "b", **NONE)
        inside += found.low <= wanted <= found.high
        alone += guess.low <= wanted <= guess.high
    spread = 3 * np.sqrt(0.95 * 0.05 / total)
    assert inside / total > 0.95 - spread
    assert alone / total < 0.95 - spread


# --- what a reader is told ------------------------------------------------------------


def confounded(n=300):
    """The treatment and outcome share a cause that no column measures."""
    rng = np.random.default_rng(6)
    u = rng.normal(size=n)
    return pd.DataFrame({"x": u + rng.normal(size=n), "y": u + rng.normal(size=n)})


@quiet
def test_not_identified_is_a_result():
    """No number, no error: NaN, a share of zero and the reason."""
    graph = Graph.from_edges("xyu", directed=["xy", "ux", "uy"])
    found = effect(graph, confounded(), "x", "y", unobserved="u", **NONE)
    assert np.isnan([found.value, found.low, found.high, found.own.low]).all()
    assert found.identified == 0
    assert "hidden common causes" in found.own.reason
    assert "not identified in any graph" in str(found)
    open_ = Graph.from_edges("xyu", directed=["xy"])
    half = effect([graph, open_], confounded(), "x", "y", unobserved="u", **NONE)
    assert half.identified == 0.5
    assert np.isfinite(half.value)
    assert half.notes[0].startswith("in 50% of the graphs the effect is not identified")


def test_no_path_is_zero():
    """No directed path: exactly zero, and said so."""
    found = effect(Graph.from_edges("xy", directed=["yx"]), confounded(), "x", "y")
    assert (found.value, found.low, found.high) == (0, 0, 0)
    assert found.own.reason == "zero, as no directed path leads from x to y"
    assert found.refutations == ()


def test_units():
    """A frame gives the columns' units, a Table standard deviations; both say so."""
    df = confounded() * [10, 1000]
    graph = Graph.from_edges("xy", directed=["xy"])
    natural = effect(graph, df, "x", "y", **NONE)
    standard = effect(graph, table(df), "x", "y", **NONE)
    assert natural.value == pytest.approx(
        standard.value * df["y"].std(ddof=0) / df["x"].std(ddof=0)
    )
    assert natural.words == "change in the mean of y when x is set one unit higher"
    assert "standard deviation" in standard.words


def test_columns_beside_the_graph_do_not_matter():
    """What the graph does not speak of may hold anything."""
    df = confounded().assign(note="text " * 3, when=pd.Timestamp("2020-01-01"))
    graph = Graph.from_edges("xy", directed=["xy"])
    plain = effect(graph, confounded(), "x", "y", **NONE)
    assert effect(graph, df, "x", "y", **NONE).value == plain.value


def test_missing_cells():
    """They are an error, or their rows are dropped; nothing is silent."""
    df = confounded()
    df.loc[3, "x"] = np.nan
    graph = Graph.from_edges("xy", directed=["xy"])
    with pytest.raises(DataError, match="cells are missing in 'x'"):
        effect(graph, df, "x", "y", **NONE)
    found = effect(graph, df, "x", "y", missing="listwise", **NONE)
    assert found.value == pytest.approx(
        effect(graph, df.drop(3), "x", "y", **NONE).value
    )
    assert found.n_rows == 299


def test_the_level_of_the_interval():
    """A lower level is a narrower interval, by the quantiles' ratio."""
    graph = Graph.from_edges("xy", directed=["xy"])
    wide = effect(graph, confounded(), "x", "y", **NONE)
    narrow = effect(graph, confounded(), "x", "y", level=0.5, **NONE)
    ratio = (narrow.high - narrow.low) / (wide.high - wide.low)
    assert ratio == pytest.approx(0.6745 / 1.96, rel=0.01)


@quiet
def test_refuters_and_text():
    """A right estimate stands, all three are told, and the same seed repeats them."""
    rng = np.random.default_rng(7)
    z = rng.normal(size=500)
    x = z + rng.normal(size=500)
    df = pd.DataFrame({"z 1": z, "x": x, "y": 2 * x + z + rng.normal(size=500)})
    graph = Graph.from_edges(
        ["z 1", "x", "y"], directed=[("z 1", "x"), ("z 1", "y"), ("x", "y")]
    )
    found = effect(graph, df, "x", "y", estimator="linear", simulations=20)
    assert [one.name for one in found.refutations] == [
        "placebo", "random common cause", "subset"
    ]  # fmt: skip
    for one in found.refutations:
        assert one.passed
        assert one.estimate == pytest.approx(found.value)
    assert abs(found.refutations[0].new_estimate) < 0.2
    assert found == effect(graph, df, "x", "y", estimator="linear", simulations=20)
    text = str(found)
    assert "effect of x on y: change in the mean of y" in text
    assert "100% of the variance comes from the graph" not in text
    assert "placebo: " in text
    assert isinstance(found, Effect)


@quiet
def test_an_estimator_of_dowhy():
    """Weighting by the propensity agrees with standardisation to sampling error."""
    rng = np.random.default_rng(8)
    z = rng.random(800) < 0.5
    x = rng.random(800) < np.where(z, 0.7, 0.3)
    df = pd.DataFrame({"z": z, "x": x, "y": x + 2.0 * z + rng.normal(size=800)})
    graph = Graph.from_edges("zxy", directed=["zx", "zy", "xy"])
    ours = effect(graph, df, "x", "y", **NONE)
    name = "backdoor.propensity_score_weighting"
    theirs = effect(graph, df, "x", "y", estimator=name, simulations=20, **NONE)
    assert theirs.ways[0].method == f"DoWhy {name}"
    assert abs(theirs.value - ours.value) < 0.05
    assert theirs.ways[0].standard_error == pytest.approx(
        ours.ways[0].standard_error, rel=0.6
    )
    with pytest.raises(ValueError, match=r"estimator 'backdoor\.nonsense' does"):
        effect(graph, df, "x", "y", estimator="backdoor.nonsense", **NONE)


XY = Graph.from_edges("xy", directed=["xy"])


@pytest.mark.parametrize(
    "change, error, message",
    [
        ({"treatment": "y"}, ValueError, "must differ"),
        ({"outcome": "q"}, GraphError, "outcome 'q' is not in the graph"),
        ({"graphs": []}, ValueError, "at least one graph"),
        ({"weights": [1, 2]}, ValueError, r"one a graph \(1\), got shape \(2,\)"),
        ({"weights": [-1]}, ValueError, "not negative"),
        ({"level": 95}, ValueError, "between 0 and 1, got 95"),
        ({"graphs": [XY, Graph.empty("xyz")]}, GraphError, r"differ in \['z'\]"),
        (
            {"graphs": Graph.empty("xyz")},
            DataError,
            r"speaks of \['z'\], which the dat",
        ),
        ({"levels": (0, 1)}, ValueError, "'x' is continuous"),
        ({"event": 1}, ValueError, "'y' is continuous"),
        ({"refuters": ["bribe"]}, ValueError, r"refuters are \['placebo'"),
        ({"data": [[1, 2]]}, TypeError, "must be a DataFrame or a Table"),
    ],
)
def test_clear_errors(change, error, message):
    """What was expected, what came, what to do."""
    given = {"graphs": XY, "data": confounded(), "treatment": "x", "outcome": "y"}
    with pytest.raises(error, match=message):
        effect(**{**given, **change})


def test_levels_that_must_be_said():
    """More than two levels: which are meant must be said; a constant says nothing."""
    rng = np.random.default_rng(9)
    df = pd.DataFrame(
        {"x": rng.choice(list("abc"), 90), "y": rng.choice(list("pqr"), 90)}
    )
    with pytest.raises(ValueError, match=r"say which two .* levels=\('a', 'b'\)"):
        effect(XY, df, "x", "y")
    with pytest.raises(ValueError, match="chance is meant, as event='r'"):
        effect(XY, df, "x", "y", levels=("a", "b"))
    with pytest.raises(ValueError, match="none is 'd'"):
        effect(XY, df, "x", "y", levels=("a", "d"))
    with pytest.raises(ValueError, match="two different ones"):
        effect(XY, df, "x", "y", levels=("a", "a"))
    found = effect(XY, df, "x", "y", levels=("a", "b"), event="q", **NONE)
    rates = df.assign(q=df["y"] == "q").groupby("x")["q"].mean()
    assert found.value == pytest.approx(rates["b"] - rates["a"])
    flat = confounded().assign(x=1.0, z=rng.normal(size=300))
    graph = Graph.from_edges("xyz", directed=["xy"])
    with pytest.raises(DataError, match="treatment 'x' is constant"):
        effect(graph, flat, "x", "y")


def test_a_treatment_that_the_adjusted_columns_determine():
    """If no graph's estimate exists, the error says why."""
    rng = np.random.default_rng(0)
    g = rng.choice(["a", "b", "c"], 100)
    df = pd.DataFrame({"g": g, "t": np.where(g == "a", "1", "0")})
    df["y"] = rng.normal(size=100)
    graph = Graph.from_edges("gty", directed=["gt", "ty"])
    with pytest.raises(DataError, match="given g, t does not vary"):
        effect(graph, df, "t", "y")
    other = Graph.from_edges("gty", directed=["ty"])
    found = effect([graph, other], df, "t", "y", **NONE)
    assert np.isfinite(found.value)
    assert found.notes[0].startswith("in 50% of the graphs the rows cannot estimate it")


# --- graphs without a path ------------------------------------------------------------


def test_without_a_path_the_estimate_counts():
    """It is the slope beside the treatment's parents, by plain least squares."""
    rng = np.random.default_rng(9)
    z = rng.normal(size=200)
    df = pd.DataFrame({"x": z + rng.normal(size=200), "z": z})
    df["y"] = z + 0.1 * df["x"] + rng.normal(size=200)
    graph = Graph.from_edges("xyz", directed=["zx", "zy"])
    zero = effect(graph, df, "x", "y", **NONE)
    assert (zero.low, zero.value, zero.high, zero.zero) == (0, 0, 0, 1)
    found = effect(graph, df, "x", "y", learnt=True, **NONE)
    assert found.value == pytest.approx(slope(df, "y", "x", ["z"]))
    assert found.ways[0].strategy.beside == ()
    assert found.low < found.value < found.high
    assert (found.zero, found.own.low, found.own.high) == (1, 0, 0)
    assert str(found.ways[0].strategy).endswith("estimated given z")


def test_the_outcome_before_the_treatment_is_zero():
    """Where a directed path leads back, by one arc or more, nothing is estimated."""
    rng = np.random.default_rng(10)
    df = pd.DataFrame(rng.normal(size=(100, 3)), columns=list("xyz"))
    for arcs in (["yx"], ["yz", "zx"]):
        graph = Graph.from_edges("xyz", directed=arcs)
        found = effect(graph, df, "x", "y", learnt=True, **NONE)
        assert (found.low, found.high, found.zero) == (0, 0, 1)


def test_missed_arcs_are_covered():
    """A graph that misses a weak arc holds its effect at the rate that is stated."""
    rng = np.random.default_rng(11)
    total, inside = 300, 0
    empty = Graph.empty("xy")
    for _ in range(total):
        df = pd.DataFrame({"x": rng.normal(size=60)})
        df["y"] = 0.2 * df["x"] + rng.normal(size=60)
        found = effect(empty, df, "x", "y", learnt=True, **NONE)
        inside += found.low <= 0.2 <= found.high
    assert abs(inside / total - 0.95) < 3 * np.sqrt(0.95 * 0.05 / total)


def test_causes_of_the_outcome_stand_beside():
    """Learnt graphs adjust for parents of the treatment and of what lies between."""
    rng = np.random.default_rng(12)
    df = pd.DataFrame(rng.normal(size=(200, 6)), columns=list("abmxyw"))
    arcs = ["ax", "xm", "bm", "my", "cy", "xw", "wy"]
    df["c"] = rng.normal(size=200)
    graph = Graph.from_edges("abcmwxy", directed=arcs)
    plain = effect(graph, df, "x", "y", **LINE)
    assert plain.value == pytest.approx(slope(df, "y", "x", ["a"]))
    found = effect(graph, df, "x", "y", learnt=True, **LINE)
    assert found.value == pytest.approx(slope(df, "y", "x", ["a", "b", "c"]))
    assert found.own.low == plain.value


def test_a_missed_confounder_is_adjusted_for():
    """An arc into the treatment that is missed is made up for by that of the outcome.

    Without it the effect is held far less often than is stated.
    """
    rng = np.random.default_rng(13)
    graph = Graph.from_edges("xyz", directed=["xy", "zy"])
    total, inside, without = 200, 0, 0
    for _ in range(total):
        z, x, y = rng.normal(size=(3, 80))
        df = pd.DataFrame({"z": z, "x": x + 0.3 * z})
        df["y"] = 0.5 * df["x"] + z + y
        found = effect(graph, df, "x", "y", learnt=True, **NONE)
        plain = effect(graph, df, "x", "y", **NONE)
        inside += found.low <= 0.5 <= found.high
        without += plain.low <= 0.5 <= plain.high
    spread = 3 * np.sqrt(0.95 * 0.05 / total)
    assert abs(inside / total - 0.95) < spread
    assert without / total < 0.95 - spread
