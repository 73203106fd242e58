"""Cycle hire: mixed kinds.

A row is one station of a city's hire bicycles on one day; stations and days are drawn
far apart. Binary, nominal, ordinal and continuous columns side by side.

Departures are Poisson with a rate by working day, weather and neighbourhood; bicycles
pile up downhill; a station cannot be used while it is empty or full; a van is sent
where that lasts, less on free days; faults grow with use and shrink with a mechanic;
riders complain of both. Left out: the calendar beyond weather (season acts through
temperature and rain only), and any memory of the day before.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.known.mechanisms import Floats, Model, Noise, Trap, levels

SOURCE = "Made for this project; published nowhere before."

SEASONS = ("winter", "spring", "summer", "autumn")
RAIN = ("none", "light", "heavy")
NEIGHBOURHOODS = ("homes", "offices", "university", "park")
DAY = ("free day", "working day")
VISITS = ("none", "one", "several")
FAULTS = ("none", "few", "many")


def _share(x: Floats) -> Floats:
    return 1.0 / (1.0 + np.exp(-x))


def _three(score: Floats, low: float, high: float) -> Floats:
    """Chances of three ordered levels, by logistic thresholds."""
    first, second = _share(low - score), _share(high - score)
    return np.column_stack([first, second - first, 1 - second])


def working_day(noise: Noise) -> Any:
    """Five days of seven, less holidays."""
    return noise.choice(DAY, [0.31, 0.69])


def season(noise: Noise) -> Any:
    """Rows are spread evenly over the year."""
    return noise.choice(SEASONS, [0.25, 0.25, 0.25, 0.25])


def neighbourhood(noise: Noise) -> Any:
    """As the stations are."""
    return noise.choice(NEIGHBOURHOODS, [0.4, 0.3, 0.15, 0.15])


def height(noise: Noise) -> Floats:
    """A city on a slope above its river."""
    return np.round(5 + 75 * noise.rng.beta(1.5, 2.5, noise.n), 0)


def temperature(noise: Noise, season: Any) -> Floats:
    """Means of 4, 13, 22 and 12 degrees."""
    mean = np.array([4.0, 13.0, 22.0, 12.0])[season.codes]
    return np.round(mean + noise.normal(4.0), 1)


def rain(noise: Noise, season: Any) -> Any:
    """Drier in summer, wetter in autumn and winter."""
    chances = np.array(
        [[0.50, 0.35, 0.15], [0.60, 0.28, 0.12], [0.78, 0.14, 0.08], [0.42, 0.36, 0.22]]
    )
    return noise.choice(RAIN, chances[season.codes], ordered=True)


def docks(noise: Noise, neighbourhood: Any) -> Floats:
    """More at offices and at the university."""
    mean: Floats = np.array([18.0, 30.0, 34.0, 22.0])[neighbourhood.codes]
    return np.round(np.clip(mean + noise.normal(4.0), 8, None), 0)


def departures(
    noise: Noise, working_day: Any, temperature: Floats, rain: Any, neighbourhood: Any
) -> Floats:
    """Poisson; most at 23 degrees; parks fill on free days, offices on working days."""
    usual = np.array([3.3, 3.2, 3.6, 3.5])[neighbourhood.codes]
    extra = np.array([0.25, 0.95, 0.55, -0.65])[neighbourhood.codes]
    wet = np.array([0.0, -0.25, -0.75])[rain.codes]
    warm = -(((temperature - 23) / 20) ** 2)
    rate = np.exp(usual + extra * working_day.codes + wet + warm)
    return noise.rng.poisson(rate).astype(np.float64)


def net_arrivals(noise: Noise, height: Floats, departures: Floats) -> Floats:
    """Riders roll down and walk up: the lower and busier, the more arrive."""
    share = 0.30 * np.tanh((30 - height) / 20)
    return np.round(share * departures + noise.normal(2.0), 0)


def unusable_minutes(noise: Noise, docks: Floats, net_arrivals: Floats) -> Floats:
    """Full or empty for longer, the more of the docks the imbalance takes."""
    used = np.abs(net_arrivals) / docks
    return np.round(480 * _share(6 * (used - 0.55) + noise.normal(0.7)), 0)


def van_visits(noise: Noise, unusable_minutes: Floats, working_day: Any) -> Any:
    """Sent where stations are unusable; fewer vans on free days."""
    score = 0.020 * unusable_minutes + 1.7 * working_day.codes
    return noise.choice(VISITS, _three(score, 2.2, 5.5), ordered=True)


def mechanic_on_duty(noise: Noise, working_day: Any) -> Any:
    """Rarely on free days."""
    duty = np.where(working_day.codes == 1, 0.85, 0.20)
    return levels(noise.uniform() < duty, ["no", "yes"])


def open_faults(noise: Noise, departures: Floats, mechanic_on_duty: Any) -> Any:
    """Wear by use, less what a mechanic repairs."""
    score = 0.055 * departures - 2.2 * mechanic_on_duty.codes
    return noise.choice(FAULTS, _three(score, 0.8, 2.8), ordered=True)


def complaint(noise: Noise, unusable_minutes: Floats, open_faults: Any) -> Any:
    """Of stations that cannot be used, and of faulty bicycles."""
    score = -3.0 + 0.012 * unusable_minutes + 1.3 * open_faults.codes
    return levels(noise.uniform() < _share(score), ["no", "yes"])


MODEL = Model(
    (
        working_day,
        season,
        neighbourhood,
        height,
        temperature,
        rain,
        docks,
        departures,
        net_arrivals,
        unusable_minutes,
        van_visits,
        mechanic_on_duty,
        open_faults,
        complaint,
    ),
    traps=(
        Trap("season", "departures", "through temperature and rain only"),
        Trap("rain", "complaint", "riders complain of stations and bicycles only"),
        Trap("rain", "open_faults", "wear is by use; rain acts through departures"),
        Trap("height", "van_visits", "vans are sent by unusable minutes"),
        Trap("docks", "departures", "both follow the neighbourhood"),
        Trap("departures", "unusable_minutes", "through the imbalance only"),
        Trap("mechanic_on_duty", "complaint", "through the faults only"),
        Trap("van_visits", "mechanic_on_duty", "both follow the working day"),
        Trap("van_visits", "complaint", "both follow the unusable minutes"),
    ),
)
