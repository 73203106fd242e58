"""The same network under other names: what an expert knows, and what it remembers.

An expert who judges what variables mean does as well when only the names change; one
who recites a published graph does not. Each arm is made from a network's descriptions
and its name alone, and is the same every time.

- ``real``: labels, descriptions and domain as they are.
- ``alias``: a neutral code in place of every label; description and domain stay.
- ``nonsense``: an invented word in place of every label; no description, no domain.
- ``permuted``: labels and descriptions change places, so that every variable bears
  those of another one; the domain stays.

Names in data and truth are the same in every arm: only what an expert is shown differs.
"""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np

from llmcd.variables import Variable, Variables

__all__ = ["ARMS", "in_arm", "nonsense_words"]

ARMS = ("real", "alias", "nonsense", "permuted")
_CONSONANTS = tuple("bdfgklmnprtvz")
_VOWELS = tuple("aeiou")


def in_arm(variables: Variables, arm: str, *, network: str) -> Variables:
    """Descriptions as an arm shows them.

    Parameters
    ----------
    variables : Variables
        The network's own.
    arm : {"real", "alias", "nonsense", "permuted"}
        Which.
    network : str
        Name of the network; another name, other words and places.

    Returns
    -------
    Variables
        With the same names in the same order.

    Raises
    ------
    ValueError
        If there is no such arm, or too few variables to change places.

    Examples
    --------
    >>> about = Variables.of({"smoke": "Whether they smoke.", "lung": "Lung cancer."})
    >>> in_arm(about, "permuted", network="two")["lung"].description
    'Whether they smoke.'
    >>> [v.shown for v in in_arm(about, "alias", network="two").variables]
    ['V1', 'V2']
    """
    if arm == "real":
        return variables
    if arm not in ARMS:
        raise ValueError(f"arm must be one of {', '.join(ARMS)}, got {arm!r}")
    rng = np.random.default_rng([zlib.crc32(network.encode()), ARMS.index(arm)])
    changed = {"alias": _aliased, "nonsense": _nonsense, "permuted": _permuted}[arm]
    domain = "" if arm == "nonsense" else variables.domain
    return Variables(domain, changed(variables.variables, rng))


def _aliased(
    known: tuple[Variable, ...], rng: np.random.Generator
) -> tuple[Variable, ...]:
    width = len(str(len(known)))
    codes = [f"V{1 + int(k):0{width}d}" for k in rng.permutation(len(known))]
    return tuple(
        replace(v, label="", alias=code) for v, code in zip(known, codes, strict=True)
    )


def _nonsense(
    known: tuple[Variable, ...], rng: np.random.Generator
) -> tuple[Variable, ...]:
    words = nonsense_words(len(known), rng)
    return tuple(
        Variable(v.name, label=word) for v, word in zip(known, words, strict=True)
    )


def nonsense_words(n: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Different pronounceable words of three syllables that mean nothing.

    Parameters
    ----------
    n : int
        How many.
    rng : numpy.random.Generator
        Where they come from.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> len(set(nonsense_words(200, np.random.default_rng(0))))
    200
    """
    found: dict[str, None] = {}
    while len(found) < n:
        syllables = [rng.choice(_CONSONANTS) + rng.choice(_VOWELS) for _ in range(3)]
        found["".join(syllables) + rng.choice(_CONSONANTS)] = None
    return tuple(found)


def _permuted(
    known: tuple[Variable, ...], rng: np.random.Generator
) -> tuple[Variable, ...]:
    if len(known) < 2:
        raise ValueError(
            f"permuted names need at least 2 variables, got {len(known)}; "
            "leave this arm out"
        )
    # One cycle through all of them: nobody keeps a place.
    cycle = rng.permutation(len(known))
    bears = dict(zip(cycle.tolist(), np.roll(cycle, 1).tolist(), strict=True))
    return tuple(replace(known[bears[k]], name=v.name) for k, v in enumerate(known))
