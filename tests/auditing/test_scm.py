"""Every query by enumeration is what formulas and simulation give."""

from itertools import product

import numpy as np
import pytest

from llmcd.auditing.scm import GRAPHS, Model, draw_model
from llmcd.graph import Graph


def joint(model):
    """The observational distribution as a product of conditionals."""
    found = {}
    for values in product((0, 1), repeat=len(model.names)):
        world = dict(zip(model.names, values, strict=True))
        p = 1.0
        for name in model.names:
            chance = model.chances[name][tuple(world[q] for q in model.parents(name))]
            p *= chance if world[name] else 1 - chance
        found[values] = p
    return found


def truncated(model, y, do):
    """P(y = 1 | do) by the truncated product formula."""
    total = 0.0
    for values in product((0, 1), repeat=len(model.names)):
        world = dict(zip(model.names, values, strict=True))
        if any(world[k] != v for k, v in do.items()) or not world[y]:
            continue
        p = 1.0
        for name in set(model.names) - set(do):
            chance = model.chances[name][tuple(world[q] for q in model.parents(name))]
            p *= chance if world[name] else 1 - chance
        total += p
    return total


@pytest.fixture(params=GRAPHS)
def model(request):
    """One model of every graph."""
    return draw_model(request.param, np.random.default_rng(len(request.param)))


def test_ten_graphs_are_dags():
    """X and Y are in each."""
    for arcs in GRAPHS.values():
        names = sorted({n for arc in arcs for n in arc})
        assert {"X", "Y"} <= set(names)
        assert Graph.from_edges(names, directed=arcs).is_dag
    assert len(GRAPHS) == 10


def test_observed_and_set(model):
    """Enumerated noises give the product of conditionals, also truncated."""
    for values, p in joint(model).items():
        event = dict(zip(model.names, values, strict=True))
        assert model.probability(event) == pytest.approx(p, abs=1e-12)
    for x in (0, 1):
        by_formula = truncated(model, "Y", {"X": x})
        assert model.probability({"Y": 1}, do={"X": x}) == pytest.approx(by_formula)
    assert sum(weight for weight, _ in model.cells) == pytest.approx(1)


def test_effect_on_the_treated_by_formula(model):
    """Noises other than X's causes keep their law: sum over X's causes given X = 1."""
    causes = model.parents("X")
    expected = 0.0
    for values in product((0, 1), repeat=len(causes)):
        z = dict(zip(causes, values, strict=True))
        weight = model.probability(z, {"X": 1})
        ones = [model.probability({"Y": 1}, z, {"X": x}) for x in (0, 1)]
        expected += weight * (ones[1] - ones[0])
    assert model.effect_on_treated("X", "Y") == pytest.approx(expected)


def test_natural_effects_by_the_mediation_formula():
    """One mediator: Pearl's formula from conditional probabilities."""
    m = draw_model("mediation", np.random.default_rng(5))
    y, v = m.chances["Y"], m.chances["V3"]
    order = m.parents("Y")

    def at(x, z):
        return y[tuple({"X": x, "V3": z}[p] for p in order)]

    def of(z, x):
        return v[(x,)] if z else 1 - v[(x,)]

    nde = sum((at(1, z) - at(0, z)) * of(z, 0) for z in (0, 1))
    nie = sum(at(0, z) * (of(z, 1) - of(z, 0)) for z in (0, 1))
    assert m.natural_effects("X", "Y") == pytest.approx((nde, nie))


def test_natural_effects_where_one_way_is_missing(model):
    """Without an arc from X to Y there is no direct effect; without others no other."""
    direct, indirect = model.natural_effects("X", "Y")
    if ("X", "Y") not in model.arcs:
        assert direct == pytest.approx(0)
    if not any(a == "X" and b != "Y" for a, b in model.arcs):
        assert indirect == pytest.approx(0)


def test_counterfactuals_by_simulation():
    """A hundred thousand units with their own noise, looked at one by one."""
    rng = np.random.default_rng(8)
    model = draw_model("arrowhead", rng)
    noise = {name: rng.random(100_000) for name in model.names}

    def run(do):
        world = {}
        for name in model.names:
            if name in do:
                world[name] = np.broadcast_to(do[name], (100_000,))
                continue
            row = tuple(world[p] for p in model.parents(name))
            chance = np.zeros(100_000)
            for key, p in model.chances[name].items():
                here = np.ones(100_000, bool)
                for value, wanted in zip(row, key, strict=True):
                    here &= value == wanted
                chance[here] = p
            world[name] = (noise[name] < chance).astype(int)
        return world

    seen, other = run({}), run({"X": 1})
    among = (seen["X"] == 0) & (seen["Y"] == 0)
    simulated = other["Y"][among].mean()
    exact = model.would_be("Y", {"X": 0, "Y": 0}, {"X": 1})
    assert exact == pytest.approx(simulated, abs=4 * (0.25 / among.sum()) ** 0.5)
    with_v3_of_1 = run({"X": 0, "V2": other["V2"], "V3": other["V3"]})
    indirect = with_v3_of_1["Y"].mean() - run({"X": 0})["Y"].mean()
    assert model.natural_effects("X", "Y")[1] == pytest.approx(indirect, abs=0.01)


def test_what_cannot_happen():
    """Conditioning on it is an error, not a number."""
    sure = Model((("X", "Y"),), {"X": {(): 1.0}, "Y": {(0,): 0.5, (1,): 0.5}})
    with pytest.raises(ZeroDivisionError):
        sure.would_be("Y", {"X": 0}, {"X": 1})


def test_certain_models_have_certain_effects():
    """Only what has no cause is left to chance."""
    for seed, graph in enumerate(GRAPHS):
        model = draw_model(graph, np.random.default_rng(seed), certain=True)
        for name in model.names:
            values = set(model.chances[name].values())
            assert not model.parents(name) or values <= {0.0, 1.0}
