"""Small worlds whose arrows nobody disputes, under names of several kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from llmcd.auditing.names import distinct
from llmcd.graph import Graph
from llmcd.variables import Variable, Variables

__all__ = ["SKINS", "WORLDS", "Dressed", "World", "dress"]

SKINS = ("real", "synonyms", "codes", "permuted", "nonsense")
"""The same graph under the usual names, other words for the same, codes, the usual
names in wrong places with descriptions that tell what each column really holds, and
words that mean nothing."""


@dataclass(frozen=True)
class World:
    """A graph whose variables are known by two names each.

    Attributes
    ----------
    name, domain : str
        What it is about.
    names : mapping of str to str
        The usual name, and other words for the same.
    arcs : tuple of (str, str)
        By usual name, each direct among these variables.
    """

    name: str
    domain: str
    names: Mapping[str, str]
    arcs: tuple[tuple[str, str], ...]

    @property
    def graph(self) -> Graph:
        """The truth."""
        return Graph.from_edges(list(self.names), directed=self.arcs)

    def related(self) -> dict[tuple[str, str], str]:
        """What every pair is: ``edge``, ``ancestor`` or ``neither``, cause first."""
        graph = self.graph
        found: dict[tuple[str, str], str] = {}
        for a, b in combinations(self.names, 2):
            one, other = (b, a) if a in graph.descendants(b) else (a, b)
            state = "ancestor" if other in graph.descendants(one) else "neither"
            found[one, other] = "edge" if graph.adjacent(a, b) else state
        return found


WORLDS = (
    World(
        "street", "a town's streets in winter",
        {"snowfall": "snow coming down", "salt on the road": "gritting",
         "slippery road": "lack of grip", "car crashes": "collisions of vehicles",
         "ambulance calls": "emergency rides"},
        (("snowfall", "salt on the road"), ("snowfall", "slippery road"),
         ("salt on the road", "slippery road"), ("slippery road", "car crashes"),
         ("car crashes", "ambulance calls")),
    ),
    World(
        "orchard", "an orchard in one year",
        {"night frost in April": "freezing spring nights",
         "flying bees": "pollinators at work", "set fruit": "fruit that begins to grow",
         "crop of apples": "harvested fruit", "price of local apples": "cost of fruit"},
        (("night frost in April", "set fruit"), ("flying bees", "set fruit"),
         ("set fruit", "crop of apples"),
         ("crop of apples", "price of local apples")),
    ),
    World(
        "malaria", "a village in the tropics",
        {"standing water": "puddles and ponds", "mosquitoes": "biting insects",
         "bed nets": "nets over beds at night", "malaria infections": "malaria cases",
         "days of fever": "time with a high temperature"},
        (("standing water", "mosquitoes"), ("mosquitoes", "malaria infections"),
         ("bed nets", "malaria infections"), ("malaria infections", "days of fever")),
    ),
    World(
        "house", "a house with a heating system",
        {"outdoor temperature": "warmth of the air outside",
         "wall insulation": "thickness of lagging", "heat loss": "warmth that escapes",
         "gas burnt": "fuel used for heating", "gas bill": "sum due for fuel"},
        (("outdoor temperature", "heat loss"), ("wall insulation", "heat loss"),
         ("heat loss", "gas burnt"), ("gas burnt", "gas bill")),
    ),
    World(
        "network", "a web shop",
        {"advertising": "promotion on television", "visitors": "people on the site",
         "server load": "work of the computers", "waiting time": "delay of the pages",
         "abandoned carts": "purchases broken off"},
        (("advertising", "visitors"), ("visitors", "server load"),
         ("server load", "waiting time"), ("waiting time", "abandoned carts")),
    ),
)  # fmt: skip
"""Written for this package."""


@dataclass(frozen=True)
class Dressed:
    """A world under names of one kind.

    Attributes
    ----------
    variables : Variables
        What is shown; the names tell skin, world and place, the labels are shown.
    named : mapping of str to str
        From the usual name of a place to its name here.
    """

    variables: Variables
    named: Mapping[str, str]


def dress(world: World, skin: str, seed: int = 0) -> Dressed:
    """A world under names of a kind.

    Parameters
    ----------
    world : World
        Which.
    skin : str
        One of ``SKINS``.
    seed : int, optional
        Of codes, wrong places and nonsense.

    Returns
    -------
    Dressed

    Raises
    ------
    ValueError
        If the skin is unknown.

    Examples
    --------
    >>> found = dress(WORLDS[0], "codes").variables
    >>> sorted(found[name].label for name in found)
    ['V1', 'V2', 'V3', 'V4', 'V5']
    """
    if skin not in SKINS:
        raise ValueError(f"skin is one of {list(SKINS)}, got {skin!r}")
    rng = np.random.default_rng([seed, 4, SKINS.index(skin), len(world.name)])
    places = list(world.names)
    shown = _shown(world, places, skin, rng)
    named = {place: f"{world.name}/{skin}/{place}" for place in places}
    hidden = skin in ("codes", "nonsense")
    told = dict.fromkeys(places, "a measured quantity" if hidden else "")
    if skin == "permuted":
        told = {p: f"despite its name, this is: {world.names[p]}" for p in places}
    variables = tuple(
        Variable(named[place], label=text, description=told[place])
        for place, text in zip(places, shown, strict=True)
    )
    domain = "a system of five quantities" if hidden else world.domain
    return Dressed(Variables(domain, variables), named)


def _shown(
    world: World, places: Sequence[str], skin: str, rng: np.random.Generator
) -> list[str]:
    n = len(places)
    if skin == "synonyms":
        return [world.names[place] for place in places]
    if skin == "codes":
        return [f"V{int(k) + 1}" for k in rng.permutation(n)]
    if skin == "nonsense":
        return distinct(n, rng)
    if skin == "permuted":
        # turned round: what is known of the names points against every arrow
        order = list(world.graph.topological_order())
        backward = dict(zip(order, reversed(order), strict=True))
        return [backward[place] for place in places]
    return list(places)
