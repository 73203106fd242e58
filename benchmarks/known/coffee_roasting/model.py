"""Coffee roasting: missing values, three mechanisms of them.

A row is one batch in a drum roaster for at most 15 kg; lots and days vary. Times count
from loading the beans.

Coffee grown higher is denser; the roaster loads heavier batches hotter and with more
gas; density, moisture and load delay the first crack, gas hastens it; the time after
the crack is set by the style wanted; the drop temperature follows from that time and
the gas; colour darkens with both; weight is lost with heat and as water; the tasters'
score has a best colour, and likes high-grown coffee.

What is missing, and how (Rubin 1976):

- ``bean_density`` is missing completely at random, 10 % of batches: the meter is away;
- ``cup_score`` is missing at random given ``charge_mass``: 65 % of batches below 8 kg
  and 8 % of the others are not tasted;
- ``bean_moisture`` is missing not at random: half of the values above 12 % are beyond
  the probe's scale.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.known.mechanisms import Floats, Model, Noise, Trap

SOURCE = "Made for this project; published nowhere before."

STYLES = ("light", "medium", "dark")


def altitude(noise: Noise) -> Floats:
    """Of the farm."""
    return np.round(800 + 1300 * noise.rng.beta(2.5, 2.5, noise.n), 0)


def bean_moisture(noise: Noise) -> Floats:
    """Around 11 %, as green coffee is traded."""
    return np.round(11.0 + noise.normal(0.9), 1)


def charge_mass(noise: Noise) -> Floats:
    """From half a drum to a full one."""
    return np.round(noise.uniform(5.5, 15.0), 1)


def roast_style(noise: Noise) -> Any:
    """As ordered."""
    return noise.choice(STYLES, [0.35, 0.40, 0.25], ordered=True)


def bean_density(noise: Noise, altitude: Floats) -> Floats:
    """Slow growth in the cold makes dense beans."""
    return np.round(690 + 0.055 * (altitude - 1450) + noise.normal(14.0), 0)


def charge_temperature(noise: Noise, charge_mass: Floats) -> Floats:
    """Hotter for heavier batches."""
    return np.round(172 + 3.2 * (charge_mass - 10) + noise.normal(5.0), 0)


def gas_setting(noise: Noise, charge_mass: Floats) -> Floats:
    """More for heavier batches."""
    return np.round(64 + 2.6 * (charge_mass - 10) + noise.normal(5.0), 0)


def turning_point(
    noise: Noise, charge_temperature: Floats, charge_mass: Floats
) -> Floats:
    """The probe turns later in a cool or a full drum."""
    late = -0.55 * (charge_temperature - 172) + 3.4 * (charge_mass - 10)
    return np.round(88 + late + noise.normal(3.5), 0)


def first_crack(
    noise: Noise,
    turning_point: Floats,
    gas_setting: Floats,
    charge_mass: Floats,
    bean_moisture: Floats,
    bean_density: Floats,
) -> Floats:
    """Mass, water and density to heat up, over the power of the burner."""
    load = 1 + 0.040 * (charge_mass - 10) + 0.045 * (bean_moisture - 11)
    load += 0.0020 * (bean_density - 690)
    time = 320 * load * (64 / gas_setting) ** 0.7 + 1.8 * turning_point
    return np.round(time + noise.normal(9.0), 0)


def development_time(noise: Noise, roast_style: Any) -> Floats:
    """Seconds after the first crack that the style wants."""
    wanted = np.array([75.0, 105.0, 140.0])[roast_style.codes]
    return np.round(wanted + noise.normal(10.0), 0)


def drop_temperature(
    noise: Noise, development_time: Floats, gas_setting: Floats
) -> Floats:
    """Rises after the crack, more slowly the longer it lasts."""
    rise = 14 * (1 - np.exp(-development_time / 70)) * (gas_setting / 64) ** 0.9
    return np.round(201 + 1.7 * rise + noise.normal(1.0), 1)


def colour(noise: Noise, drop_temperature: Floats, development_time: Floats) -> Floats:
    """Lower is darker."""
    dark = 1.25 * (drop_temperature - 219) + 0.13 * (development_time - 105)
    return np.round(62 - dark + noise.normal(1.5), 1)


def weight_loss(
    noise: Noise, drop_temperature: Floats, bean_moisture: Floats
) -> Floats:
    """Water, and what burns off in the heat."""
    burnt = 3.6 * np.exp((drop_temperature - 219) / 14)
    return np.round(0.95 * bean_moisture + burnt + noise.normal(0.35), 1)


def cup_score(noise: Noise, colour: Floats, altitude: Floats) -> Floats:
    """Best at a colour of 64, and a point for each 250 m of altitude."""
    off = ((colour - 64) / 7) ** 2
    score = 84 - 1.2 * off + 0.004 * (altitude - 1450)
    return np.round((score + noise.normal(0.9)) * 4, 0) / 4


def _density_gone(noise: Noise) -> Any:
    return noise.uniform() < 0.10


def _score_gone(noise: Noise, charge_mass: Floats) -> Any:
    return noise.uniform() < np.where(charge_mass < 8, 0.65, 0.08)


def _moisture_gone(noise: Noise, bean_moisture: Floats) -> Any:
    return (bean_moisture > 12) & (noise.uniform() < 0.5)


MODEL = Model(
    (
        altitude,
        bean_moisture,
        charge_mass,
        roast_style,
        bean_density,
        charge_temperature,
        gas_setting,
        turning_point,
        first_crack,
        development_time,
        drop_temperature,
        colour,
        weight_loss,
        cup_score,
    ),
    holes={
        "bean_density": _density_gone,
        "cup_score": _score_gone,
        "bean_moisture": _moisture_gone,
    },
    traps=(
        Trap("altitude", "first_crack", "through the density only"),
        Trap("bean_density", "cup_score", "both follow the altitude"),
        Trap("charge_temperature", "first_crack", "through the turning point only"),
        Trap("charge_temperature", "gas_setting", "both follow the charge"),
        Trap("first_crack", "development_time", "follows the style, not the crack"),
        Trap("first_crack", "drop_temperature", "both follow the gas"),
        Trap("roast_style", "colour", "through the development time only"),
        Trap("drop_temperature", "cup_score", "through the colour only"),
        Trap("weight_loss", "colour", "both follow the drop temperature"),
        Trap("bean_moisture", "cup_score", "the tasters do not notice it"),
    ),
)
