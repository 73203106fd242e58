"""Sewage works: a latent common cause.

A row is one day at one of several like works that treat the sewage of a small town with
a dairy; days are weeks apart. What the dairy processes is not recorded: it raises both
the organic load and, with its alkaline cleaning water, the pH of what flows in. The
edge ``influent_cod <-> influent_ph`` declares it.

Rain adds to the flow and dilutes; blowers are set ahead by organic load and ammonium;
oxygen is what the blowers give less what the load takes, and less of it dissolves in
warm water; sludge grows on the load and with its age; it settles badly when starved of
oxygen or young; ammonium is oxidised by old sludge with oxygen, warmth and a pH above
7; the outflow is cloudy by badly settling and by much sludge. A basin evens out the
flow through the reactors, so that flow acts through concentrations and pumping only.
This is not the model behind the published WATER network, which follows three quarters
of an hour.
"""

from __future__ import annotations

import numpy as np

from benchmarks.known.mechanisms import Floats, Model, Noise, Trap

SOURCE = "Made for this project; published nowhere before."


def _share(x: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-x))


def dairy_milk(noise: Noise) -> Floats:
    """Tonnes of milk processed that day. Not recorded."""
    return noise.uniform(0.0, 120.0)


def rainfall(noise: Noise) -> Floats:
    """Many nearly dry days, few wet ones."""
    return np.round(noise.rng.gamma(0.7, 7.0, noise.n), 1)


def water_temperature(noise: Noise) -> Floats:
    """Over the year."""
    return np.round(14 + 5 * np.sin(noise.uniform(0, 2 * np.pi)) + noise.normal(1), 1)


def sludge_age(noise: Noise) -> Floats:
    """Chosen by the operators."""
    return np.round(noise.uniform(6.0, 18.0), 1)


def inflow(noise: Noise, rainfall: Floats) -> Floats:
    """Dry-weather flow and a share of the rain."""
    return np.round((4300 + 190 * rainfall**0.9) * noise.factor(0.06), -1)


def influent_cod(noise: Noise, inflow: Floats, dairy_milk: Floats) -> Floats:
    """The town's and the dairy's load in the day's flow."""
    load = 2.0e6 + 1.9e4 * dairy_milk
    return np.round(load / inflow * noise.factor(0.08), 0)


def influent_ph(noise: Noise, dairy_milk: Floats) -> Floats:
    """Cleaning lye, buffered."""
    return np.round(7.05 + 1.1 * dairy_milk / (dairy_milk + 70) + noise.normal(0.12), 2)


def influent_ammonium(noise: Noise, inflow: Floats) -> Floats:
    """The town's load in the day's flow."""
    return np.round(1.9e5 / inflow * noise.factor(0.10), 1)


def air_flow(noise: Noise, influent_cod: Floats, influent_ammonium: Floats) -> Floats:
    """Blowers set ahead by what is to be oxidised."""
    need = 900 + 3.1 * influent_cod + 55 * influent_ammonium
    return np.round(need * noise.factor(0.09), -1)


def dissolved_oxygen(
    noise: Noise, air_flow: Floats, influent_cod: Floats, water_temperature: Floats
) -> Floats:
    """Given less taken, under what warm water can hold."""
    full = 14.6 - 0.31 * water_temperature
    balance = (air_flow - 3.4 * influent_cod - 2400) / 900
    return np.round(full * 0.55 * _share(balance) * noise.factor(0.06), 2)


def mixed_solids(noise: Noise, sludge_age: Floats, influent_cod: Floats) -> Floats:
    """Grows on the load, and the longer it is kept."""
    mass = 0.9 + 0.0032 * influent_cod * sludge_age / (1 + 0.05 * sludge_age)
    return np.round(0.26 * mass * noise.factor(0.07), 2)


def settling_index(
    noise: Noise, dissolved_oxygen: Floats, sludge_age: Floats
) -> Floats:
    """Threads grow in young sludge and where oxygen is short."""
    bad = 95 + 150 * np.exp(-dissolved_oxygen / 1.3) + 260 / sludge_age
    return np.round(bad * noise.factor(0.08), 0)


def effluent_ammonium(
    noise: Noise,
    influent_ammonium: Floats,
    influent_ph: Floats,
    dissolved_oxygen: Floats,
    water_temperature: Floats,
    sludge_age: Floats,
) -> Floats:
    """What is left of the ammonium."""
    power = (
        0.28 * (sludge_age - 9)
        + 0.16 * (water_temperature - 12)
        + 0.9 * (dissolved_oxygen - 2.5)
        + 1.7 * (influent_ph - 7.4)
    )
    left = influent_ammonium * _share(-power)
    return np.round(left * noise.factor(0.10), 2)


def effluent_turbidity(
    noise: Noise, settling_index: Floats, mixed_solids: Floats
) -> Floats:
    """The product of how badly it settles and how much there is."""
    over = settling_index * mixed_solids / 60
    return np.round((1.0 + 0.20 * over**1.4) * noise.factor(0.10), 2)


def power_use(noise: Noise, air_flow: Floats, inflow: Floats) -> Floats:
    """Blowers and pumps."""
    return np.round((0.42 * air_flow + 0.16 * inflow) * noise.factor(0.03), 0)


MODEL = Model(
    (
        dairy_milk,
        rainfall,
        water_temperature,
        sludge_age,
        inflow,
        influent_cod,
        influent_ph,
        influent_ammonium,
        air_flow,
        dissolved_oxygen,
        mixed_solids,
        settling_index,
        effluent_ammonium,
        effluent_turbidity,
        power_use,
    ),
    hidden=("dairy_milk",),
    traps=(
        Trap("rainfall", "effluent_turbidity", "a basin evens out the flow"),
        Trap("rainfall", "influent_ammonium", "through the flow only"),
        Trap("influent_cod", "influent_ammonium", "both are diluted by the flow"),
        Trap("influent_ph", "air_flow", "the blowers do not follow the pH"),
        Trap("influent_cod", "power_use", "through the blowers only"),
        Trap("dissolved_oxygen", "effluent_turbidity", "through the settling only"),
        Trap("mixed_solids", "effluent_ammonium", "both follow the sludge age"),
        Trap("air_flow", "effluent_ammonium", "through the oxygen only"),
        Trap("water_temperature", "settling_index", "through the oxygen only"),
    ),
)
