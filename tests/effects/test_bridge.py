"""What is handed to DoWhy, and what its refuters do."""

import numpy as np
import pandas as pd
import pytest

from llmcd.effects.bridge import (
    frontdoor_and_instruments,
    refute,
    to_causal_model,
    to_structural_model,
)
from llmcd.effects.rows import contrast_of, rows_of
from llmcd.effects.strategy import Strategy
from llmcd.errors import DataError, GraphError
from llmcd.graph import Graph

quiet = pytest.mark.filterwarnings("ignore")
# lopsided, so that a transposed graph is another one
FORK = Graph.from_edges("wzxy", directed=["zx", "zy", "xy", "yw"])


def fork(n=600, seed=0):
    """Rows of the graph above; the effect of x on y is 2."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=n)
    x = z + rng.normal(size=n)
    y = 2 * x + 3 * z + rng.normal(size=n)
    return pd.DataFrame({"w": y + rng.normal(size=n), "z": z, "x": x, "y": y})


@quiet
def test_a_causal_model():
    """DoWhy sees the arrows as they are and estimates the known effect."""
    model = to_causal_model(FORK, fork(), "x", "y")
    found = model.identify_effect()
    assert found.get_backdoor_variables() == ["z"]
    value = model.estimate_effect(found, method_name="backdoor.linear_regression").value
    assert value == pytest.approx(2, abs=0.15)
    assert set(model._graph._graph.edges) == set(FORK.directed_edges())


@quiet
def test_hidden_causes_in_a_causal_model():
    """A bidirected edge and an unobserved node are not adjusted for."""
    graph = Graph.from_edges("xmy", directed=["xm", "my"], bidirected=["xy"])
    df = fork().rename(columns={"z": "m"})
    found = to_causal_model(graph, df, "x", "y").identify_effect()
    assert found.get_backdoor_variables() == []
    assert found.frontdoor_variables == ["m"]
    hidden = to_causal_model(FORK, fork().drop(columns="z"), "x", "y", unobserved="z")
    assert not hidden.identify_effect().get_backdoor_variables()


@quiet
def test_a_structural_model():
    """Nodes and arrows are there; with data every node has a mechanism and draws."""
    from dowhy import gcm

    bare = to_structural_model(FORK)
    assert set(bare.graph.edges) == set(FORK.directed_edges())
    part = Graph.from_edges("xy", directed=["xy"])
    df = pd.DataFrame({"x": np.arange(60.0), "y": np.arange(60.0) * 2})
    model = to_structural_model(part, df + fork(60)[["z", "z"]].to_numpy() / 9)
    gcm.fit(model, df + fork(60)[["z", "x"]].to_numpy() / 9)
    means = [
        gcm.interventional_samples(model, {"x": lambda _, to=to: to}, None, 50)["y"]
        for to in (20.0, 30.0)
    ]
    assert means[1].mean() - means[0].mean() == pytest.approx(20, abs=2)


def test_what_dowhy_cannot_hold():
    """Undirected edges, cycles, missing columns and equal ends are our own errors."""
    df = fork()
    class_ = Graph.from_edges("wzxy", directed=["xy"], undirected=["zx"])
    with pytest.raises(GraphError, match=r"directed, and these are not: z --- x\. res"):
        to_causal_model(class_, df, "x", "y")
    with pytest.raises(GraphError, match=r"equivalence\.members"):
        to_structural_model(class_)
    loop = Graph.from_edges("wzxy", directed=["xy", "yw", "wx"])
    with pytest.raises(GraphError, match="cycle: w --> x --> y --> w"):
        to_causal_model(loop, df, "x", "y")
    with pytest.raises(DataError, match=r"speaks of \['z'\], which the data lack"):
        to_causal_model(FORK, df.drop(columns="z"), "x", "y")
    with pytest.raises(DataError, match="which the data lack"):
        to_structural_model(FORK, df.drop(columns="z"))
    with pytest.raises(ValueError, match="must differ"):
        to_causal_model(FORK, df, "x", "x")
    with pytest.raises(GraphError, match="hidden common causes, got x <-> y"):
        to_structural_model(Graph.from_edges("xy", bidirected=["xy"]))


@quiet
def test_front_doors_and_instruments():
    """As DoWhy finds them, in name order, and hidden nodes are none."""
    graph = Graph.from_edges("zvxmyu", directed=["zx", "vx", "xm", "my", "ux", "uy"])
    found = frontdoor_and_instruments(graph, {"u"}, "x", "y")
    assert found == (("m",), ("v", "z"))
    assert frontdoor_and_instruments(graph, {"u"}, "x", "y", frontdoor=False)[0] == ()


@quiet
def test_refuters_leave_the_global_generator_alone():
    """Numpy's state is as before, and two runs with one seed are equal."""
    rows = rows_of(fork(), list("zxy"))
    contrast = contrast_of(rows, "x", "y")
    strategy = Strategy("backdoor", ("z",))
    np.random.seed(1)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    one = refute(strategy, rows, contrast, simulations=10, seed=3)
    assert np.random.random() == expected  # noqa: NPY002
    assert one == refute(strategy, rows, contrast, simulations=10, seed=3)
    assert one != refute(strategy, rows, contrast, simulations=10, seed=4)


@quiet
def test_the_runs_of_a_refuter_differ():
    """The subsets are not all the same one, as they are when DoWhy gets a number."""
    rows = rows_of(fork(), list("zxy"))
    contrast = contrast_of(rows, "x", "y")
    (found,) = refute(
        Strategy("backdoor", ("z",)), rows, contrast, names=["subset"], simulations=20
    )
    assert 0.01 < found.p_value < 0.99
    assert found.passed


@quiet
@pytest.mark.parametrize(
    "kind, variables, expected",
    [
        ("backdoor", (), ["placebo", "random common cause", "subset"]),
        ("backdoor", ("z", "g"), ["placebo", "random common cause", "subset"]),
        ("frontdoor", ("w",), ["subset"]),
        ("instrument", ("z",), ["placebo", "subset"]),
    ],
)
def test_refuters_that_fit(kind, variables, expected):
    """Each strategy gets those that mean something for it, and placebos vanish."""
    rng = np.random.default_rng(5)
    df = fork().assign(g=rng.choice(["a", "b", "c"], 600))
    rows = rows_of(df, list(df))
    found = refute(
        Strategy(kind, variables), rows, contrast_of(rows, "x", "y"), simulations=10
    )
    assert [one.name for one in found] == expected
    for one in found:
        if one.name == "placebo":
            assert abs(one.new_estimate) < 0.2 * abs(one.estimate)
        else:
            assert one.new_estimate == pytest.approx(one.estimate, rel=0.1)


@quiet
def test_a_treatment_with_levels_is_compared_in_its_two_arms():
    """Rows of other levels are left out of what DoWhy sees."""
    rng = np.random.default_rng(6)
    t = rng.choice(["a", "b", "c"], 600)
    df = pd.DataFrame({"t": t, "y": 5.0 * (t == "b") + rng.normal(size=600)})
    rows = rows_of(df, list(df))
    contrast = contrast_of(rows, "t", "y", levels=("a", "b"))
    (found,) = refute(
        Strategy("backdoor"), rows, contrast, names=["placebo"], simulations=10
    )
    means = df.groupby("t")["y"].mean()
    assert found.estimate == pytest.approx(means["b"] - means["a"])
