"""Greenhouse: continuous and nonlinear.

A row is the hour before noon in one of many like glasshouse compartments with full-
grown tomatoes, on one of many days, far enough apart that rows do not know of each
other.

The mechanisms are those of glasshouse textbooks in simple forms: a controller that
closes the screen by radiation, opens the vents by outside temperature, radiation and
wind, and warms the pipes by outside temperature; an energy balance over the exchange of
air; saturation pressure by Magnus' formula; transpiration by light and vapour deficit;
photosynthesis as a rectangular hyperbola in light, whose ceiling depends on carbon
dioxide and leaf temperature. Left out: the crop's own moistening and cooling of the
air, and the weak answer of the stomata to carbon dioxide. Values are rounded to what
the instruments show, before anything else uses them.
"""

from __future__ import annotations

import numpy as np

from benchmarks.known.mechanisms import Floats, Model, Noise, Trap

SOURCE = "Made for this project; published nowhere before."


def _share(x: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-x))


def solar_radiation(noise: Noise) -> Floats:
    """Clear and cloudy days: a broad hump from 80 to 900 W/m2."""
    return np.round(80 + 820 * noise.rng.beta(1.8, 1.8, noise.n), 0)


def wind_speed(noise: Noise) -> Floats:
    """Weibull with shape 2, as wind has at many places."""
    return np.round(4.5 * noise.rng.weibull(2.0, noise.n), 1)


def outside_temperature(noise: Noise, solar_radiation: Floats) -> Floats:
    """Warmer on sunny days, flattening, with the season as noise."""
    return np.round(-2 + 24 * (solar_radiation / 900) ** 0.7 + noise.normal(4.0), 1)


def shade_screen(noise: Noise, solar_radiation: Floats) -> Floats:
    """Drawn step by step around 600 W/m2."""
    wish = (solar_radiation - 600) / 70 + noise.normal(0.6)
    return np.round(100 * _share(wish), 1)


def roof_vents(
    noise: Noise,
    outside_temperature: Floats,
    solar_radiation: Floats,
    wind_speed: Floats,
) -> Floats:
    """Wider on warm and bright days, narrower in wind."""
    wish = (
        0.22 * (outside_temperature - 13)
        + 0.005 * (solar_radiation - 480)
        - 0.30 * (wind_speed - 4)
        + noise.normal(0.5)
    )
    return np.round(100 * _share(wish), 1)


def air_exchange(noise: Noise, roof_vents: Floats, wind_speed: Floats) -> Floats:
    """Leaks, and openings that the wind blows through."""
    rate = 0.6 + 0.010 * wind_speed + 0.055 * roof_vents * (0.6 + 0.22 * wind_speed)
    return np.round(rate * noise.factor(0.08), 2)


def heating_pipe(noise: Noise, outside_temperature: Floats) -> Floats:
    """The controller's heating curve, steep around 9 degrees."""
    curve = 26 + 38 * _share((9 - outside_temperature) / 3)
    return np.round(curve + noise.normal(2.0), 1)


def light(noise: Noise, solar_radiation: Floats, shade_screen: Floats) -> Floats:
    """Two photons for a joule, glass that passes 70 %, a screen that keeps half."""
    passed = 0.70 * (1 - 0.52 * shade_screen / 100)
    return np.round(2.05 * solar_radiation * passed * noise.factor(0.05), 0)


def air_temperature(
    noise: Noise,
    outside_temperature: Floats,
    light: Floats,
    heating_pipe: Floats,
    air_exchange: Floats,
) -> Floats:
    """Heat from light and pipes over losses by walls and exchanged air."""
    gain = 0.085 * light + 1.9 * (heating_pipe - 22)
    loss = 6.0 + 0.55 * air_exchange
    return np.round(outside_temperature + gain / loss + noise.normal(0.5), 1)


def vapour_deficit(
    noise: Noise, air_temperature: Floats, air_exchange: Floats
) -> Floats:
    """Magnus' saturation pressure, times what exchanged air leaves dry."""
    full = 0.6108 * np.exp(17.27 * air_temperature / (air_temperature + 237.3))
    dry = 0.14 + 0.34 * air_exchange / (air_exchange + 6)
    return np.round(full * dry * noise.factor(0.07), 2)


def carbon_dioxide(noise: Noise, light: Floats, air_exchange: Floats) -> Floats:
    """Dosed by light, lost with the exchanged air."""
    dosed = 2600 * light / (light + 350)
    level = 410 + dosed / (2.0 + air_exchange)
    return np.round(level * noise.factor(0.06), 0)


def transpiration(noise: Noise, light: Floats, vapour_deficit: Floats) -> Floats:
    """Light opens the leaf, dry air draws: a product with a base rate."""
    rate = 25 + 0.16 * light + 210 * vapour_deficit * light / (light + 300)
    return np.round(rate * noise.factor(0.08), 0)


def leaf_temperature(
    noise: Noise, air_temperature: Floats, light: Floats, transpiration: Floats
) -> Floats:
    """Warmed by light, cooled by its own transpiration."""
    above = 0.0075 * light - 0.013 * transpiration
    return np.round(air_temperature + above + noise.normal(0.3), 1)


def photosynthesis(
    noise: Noise, light: Floats, carbon_dioxide: Floats, leaf_temperature: Floats
) -> Floats:
    """A hyperbola in light under a ceiling of carbon dioxide and temperature."""
    warm = np.exp(-(((leaf_temperature - 26) / 10) ** 2))
    ceiling = 62 * carbon_dioxide / (carbon_dioxide + 750) * warm
    start = 0.06 * light
    return np.round(start * ceiling / (start + ceiling) * noise.factor(0.06), 1)


MODEL = Model(
    (
        solar_radiation,
        wind_speed,
        outside_temperature,
        shade_screen,
        roof_vents,
        air_exchange,
        heating_pipe,
        light,
        air_temperature,
        vapour_deficit,
        carbon_dioxide,
        transpiration,
        leaf_temperature,
        photosynthesis,
    ),
    traps=(
        Trap("wind_speed", "air_temperature", "through vents and exchanged air only"),
        Trap("roof_vents", "carbon_dioxide", "through the exchanged air only"),
        Trap("roof_vents", "vapour_deficit", "through the exchanged air only"),
        Trap("solar_radiation", "photosynthesis", "through the light inside only"),
        Trap("shade_screen", "leaf_temperature", "through the light inside only"),
        Trap("heating_pipe", "vapour_deficit", "through the air temperature only"),
        Trap("outside_temperature", "leaf_temperature", "through the air inside only"),
        Trap("transpiration", "photosynthesis", "both follow light; leaf temperature"),
        Trap("shade_screen", "roof_vents", "both follow the radiation"),
    ),
)
