"""Small worlds in words: the ten graphs with things that people know, or with none."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np

from llmcd.auditing.names import distinct
from llmcd.auditing.scm import GRAPHS, Model

__all__ = ["ALIGNMENTS", "STORIES", "background", "chances", "dressed", "rules", "seen"]

Skin = Mapping[str, str]

ALIGNMENTS = ("commonsense", "anticommonsense", "nonsense")
"""Whether the arrows are those that people expect, others, or between unknown words."""

STORIES: Mapping[str, tuple[Skin, ...]] = {
    "IV": (
        {"V2": "a new bus line", "X": "travel by bus", "V1": "a home in the centre",
         "Y": "punctual arrival"},
        {"V2": "a voucher for seeds", "X": "vegetable growing", "V1": "a large family",
         "Y": "low food bills"},
    ),
    "arrowhead": (
        {"X": "night shifts", "V2": "a noisy street", "V3": "poor sleep",
         "Y": "mistakes at work"},
        {"X": "overgrazing", "V2": "a steep slope", "V3": "bare ground",
         "Y": "muddy streams"},
    ),
    "chain": (
        {"X": "a cold spell", "V3": "heavy use of heating", "Y": "high energy bills"},
        {"X": "a broken pump", "V3": "low water pressure", "Y": "a weak shower"},
    ),
    "collision": (
        {"X": "a flat battery", "Y": "an empty tank", "V3": "a silent engine"},
        {"X": "musical talent", "Y": "daily practice", "V3": "a place in the choir"},
    ),
    "confounding": (
        {"V1": "a heat wave", "X": "open swimming pools", "Y": "sunburn"},
        {"V1": "old pipes", "X": "frequent repairs", "Y": "leaks"},
    ),
    "diamond": (
        {"X": "a strike of drivers", "V3": "empty shelves", "V2": "late deliveries",
         "Y": "angry customers"},
        {"X": "rain in spring", "V3": "lush grass", "V2": "many insects",
         "Y": "well-fed chicks"},
    ),
    "diamondcut": (
        {"V1": "a good soil", "V3": "weeds", "X": "dense sowing", "Y": "rich harvest"},
        {"V1": "a public holiday", "V3": "heavy traffic", "X": "a street festival",
         "Y": "a late ambulance"},
    ),
    "fork": (
        {"X": "a sharp frost", "V2": "a late pruning", "Y": "damaged buds"},
        {"X": "a loose cable", "V2": "an old router", "Y": "a slow connection"},
    ),
    "frontdoor": (
        {"V1": "a stressful job", "X": "coffee drinking", "V3": "caffeine in the blood",
         "Y": "sleeplessness"},
        {"V1": "a dry region", "X": "campfires", "V3": "flying sparks",
         "Y": "a forest fire"},
    ),
    "mediation": (
        {"X": "a training course", "V3": "self-assurance", "Y": "a promotion"},
        {"X": "a new fertiliser", "V3": "deep roots", "Y": "survival of the drought"},
    ),
}  # fmt: skip
"""For each graph, two sets of things in the places of its variables."""


def dressed(graph: str, alignment: str, rng: np.random.Generator) -> dict[str, str]:
    """Words for the variables of a graph.

    Parameters
    ----------
    graph : str
        A key of ``GRAPHS``.
    alignment : str
        One of ``ALIGNMENTS``. Against common sense, each place is taken by a thing from
        another story.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    dict of str to str

    Raises
    ------
    ValueError
        If the alignment is unknown.
    """
    places = sorted({name for arc in GRAPHS[graph] for name in arc})
    if alignment == "commonsense":
        stories = STORIES[graph]
        return dict(stories[int(rng.integers(len(stories)))])
    if alignment == "anticommonsense":
        others = [story for name in STORIES if name != graph for story in STORIES[name]]
        chosen = [others[int(k)] for k in rng.permutation(len(others))[: len(places)]]
        things = [list(s.values())[int(rng.integers(len(s)))] for s in chosen]
        return dict(zip(places, things, strict=True))
    if alignment == "nonsense":
        return dict(zip(places, distinct(len(places), rng), strict=True))
    raise ValueError(f"alignment is one of {list(ALIGNMENTS)}, got {alignment!r}")


def background(model: Model, skin: Skin) -> str:
    """What acts on what, one sentence for each arc."""
    arcs = " ".join(
        f"{_start(skin[a])} acts directly on {skin[b]}." for a, b in model.arcs
    )
    return f"In this invented world only what is said here matters. {arcs}"


def chances(model: Model, skin: Skin) -> str:
    """Every probability of the model, in whole percents."""
    lines: list[str] = []
    for name, rows in model.chances.items():
        for row, p in rows.items():
            where = _case(dict(zip(model.parents(name), row, strict=True)), skin)
            among = f"Among cases {where}" if where else "Over all cases"
            lines.append(f"{among}, the chance of {skin[name]} is {round(100 * p)}%.")
    return " ".join(lines)


def rules(model: Model, skin: Skin) -> str:
    """What follows for certain, one sentence for each case."""
    lines: list[str] = []
    for name in model.names:
        causes = model.parents(name)
        if not causes:
            continue
        for row in product((0, 1), repeat=len(causes)):
            where = _case(dict(zip(causes, row, strict=True)), skin)
            always = "always" if model.chances[name][row] else "never"
            lines.append(f"Cases {where} {always} have {skin[name]}.")
    return " ".join(lines)


def seen(values: Mapping[str, int], skin: Skin) -> str:
    """One case."""
    return f"One case is {_case(values, skin)}."


def _case(values: Mapping[str, int], skin: Skin) -> str:
    parts = [f"{'with' if v else 'without'} {skin[name]}" for name, v in values.items()]
    return " and ".join(parts)


def _start(text: str) -> str:
    return text[0].upper() + text[1:]
