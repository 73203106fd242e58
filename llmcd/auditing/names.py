"""Names for things that do not exist, and lists in words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["STYLES", "distinct", "listed"]

_CONSONANTS, _VOWELS = "bdfgklmnprstvz", "aeiou"
# English words that the pattern below can make
_ENGLISH = """
bale bane bare base bate bide bike bile bite bode bone bore dame dare data date
dive dome done dote dude duke dune fade fake fame fare fate file fine fire five
fume fuse gale game gate gave give gone gore lake lame lane late life like lime
line live lone lore lose lute made make male mane mare mate mile mine mode mole
more mute name nine node none nose note pale pile pine pipe pole pore pose rage
rake rare rate ride rife ripe rite robe rode role rope rose rude rule sake sale
same sane save side silo site size sofa sole some sore sure take tale tame tape
tide tile time tire tone tube tune vase vote zone
"""
_WORDS = frozenset(_ENGLISH.split())
STYLES = ("letters", "short", "long")


def distinct(n: int, rng: np.random.Generator, style: str = "short") -> list[str]:
    """Different names that mean nothing.

    Parameters
    ----------
    n : int
        How many.
    rng : numpy.random.Generator
        Source of randomness.
    style : {"letters", "short", "long"}, optional
        One capital letter, a word of four letters, or one of twelve.

    Returns
    -------
    list of str

    Raises
    ------
    ValueError
        If the style is unknown, or 26 letters are not enough.

    Examples
    --------
    >>> len(set(distinct(9, np.random.default_rng(0))))
    9
    """
    if style not in STYLES:
        raise ValueError(f"style is one of {list(STYLES)}, got {style!r}")
    if style == "letters":
        if n > 26:
            raise ValueError(f"there are 26 letters, got n={n}")
        return [chr(65 + int(k)) for k in rng.permutation(26)[:n]]
    found: dict[str, None] = {}
    while len(found) < n:
        word = "".join(_word(rng) for _ in range(1 if style == "short" else 3))
        if word not in _WORDS:
            found[word] = None
    return list(found)


def _word(rng: np.random.Generator) -> str:
    kinds = (_CONSONANTS, _VOWELS, _CONSONANTS, _VOWELS)
    return "".join(letters[int(rng.integers(len(letters)))] for letters in kinds)


def listed(names: Sequence[str]) -> str:
    """A list as it stands in a sentence.

    Examples
    --------
    >>> listed(["a"]), listed("ab"), listed("abc")
    ('a', 'a and b', 'a, b and c')
    """
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
