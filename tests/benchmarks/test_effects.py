"""Coverage of effects: the truths are true, and the table counts what it says."""

import numpy as np
import pytest

from benchmarks.effects import FIELDS, curved, linear, nonlinear, of_tables, table
from benchmarks.networks import known_network
from llmcd.networks import DiscreteNetwork


def test_effects_of_tables_by_hand():
    """On a confounded pair it is the adjustment formula, not the difference."""
    chance = {"c": [0.4, 0.6], "x": [[0.9, 0.1], [0.2, 0.8]]}
    outcome = np.array([[[0.9, 0.1], [0.6, 0.4]], [[0.7, 0.3], [0.1, 0.9]]])
    network = DiscreteNetwork(
        ["c", "x", "y"],
        [["n", "y"]] * 3,
        [[], [0], [0, 1]],
        [chance["c"], chance["x"], outcome],
    )
    truth = of_tables(network)
    assert truth("x", "y") == pytest.approx(0.4 * (0.4 - 0.1) + 0.6 * (0.9 - 0.3))
    assert truth("y", "x") == pytest.approx(0.0)
    assert truth("c", "x") == pytest.approx(0.8 - 0.1)


def test_effects_of_a_linear_model_by_regression():
    """Given the treatment's parents, the slope in many rows is the effect."""
    problem = linear(known_network("asia"), 3)
    rows = problem.network.sample(200_000, 1)
    graph = problem.network.graph
    for x, y in (("smoke", "dysp"), ("lung", "xray"), ("xray", "lung")):
        given = [v for v in graph.parents(x) if v != y]
        block = np.column_stack([np.ones(len(rows)), rows[[x, *given]]])
        if y in graph.descendants(x):
            slope = np.linalg.lstsq(block, rows[y], rcond=None)[0][1]
            assert problem.truth(x, y) == pytest.approx(slope, abs=0.02)
        else:
            assert problem.truth(x, y) == 0


def test_effects_of_a_nonlinear_model():
    """One unit more of a cause moves what it leads to, and nothing before it."""
    problem = nonlinear(known_network("greenhouse"))
    assert problem.truth("light", "solar_radiation") == 0
    assert problem.truth("solar_radiation", "light") > 0


def test_effects_of_a_curved_model():
    """A cause without causes: the mean change that its own rows show; 0 backwards."""
    problem = curved(known_network("asia"), 3)
    rows = problem.network.sample(100_000, 1).sort_values("smoke")
    x, y = rows["smoke"].to_numpy(), rows["dysp"].to_numpy()
    bins = np.linspace(-3.2, 4.2, 75)
    at = np.digitize(x, bins)
    middle = [x[at == k].mean() for k in range(1, 75) if (at == k).any()]
    mean = [y[at == k].mean() for k in range(1, 75) if (at == k).any()]
    change = np.interp(x + 1, middle, mean) - np.interp(x, middle, mean)
    assert problem.truth("smoke", "dysp") == pytest.approx(change.mean(), abs=0.03)
    assert abs(problem.truth("smoke", "dysp")) > 0.06
    assert problem.truth("dysp", "smoke") == 0


def test_the_table_counts():
    """Shares, lengths and errors by hand, and what cannot be estimated left out."""
    start = ["linear", "made", 100, 1, "posterior", "x", "y"]
    records = [
        [*start, 0.5, 0.4, 0.6, 0.8],
        [*start, 0.5, 0.6, 0.7, 0.8],
        [*start, 0.0, -0.1, 0.1, 0.1],
        [*start, 0.5, None, None, None],
    ]
    lines = table({"records": records, "fields": FIELDS}).splitlines()
    none, some = lines[2:4]
    assert "| 1 | 100.0% ± 0.0% | 0.200 | 0.100 |" in none
    assert "| 2 | 50.0% ± 0.0% | 0.300 | 0.158 |" in some
    assert lines[-1] == "posterior: 66.7% of all 3 intervals"
