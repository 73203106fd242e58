"""Names that an expert must not see, found in any text and replaced."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Disguise", "hide"]

_PARTS = re.compile(r"[^\W\d_]+|\d+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Disguise(NamedTuple):
    """Names of one variable and what stands in their place.

    Attributes
    ----------
    names : tuple of str
        The column's name and its label.
    alias : str
        What is shown.

    Examples
    --------
    >>> Disguise(("smk", "smoking"), "quantity 1").alias
    'quantity 1'
    """

    names: tuple[str, ...]
    alias: str


def hide(text: str, disguises: Iterable[Disguise]) -> str:
    """A text in which hidden names are replaced by their aliases.

    Whole words only, in any case, and also where a name's parts are joined in another
    way (``lung_cancer``, ``lung cancer``, ``LungCancer``). A name of one character, or
    without a letter, hides nothing and is left.

    Parameters
    ----------
    text : str
        Any text.
    disguises : iterable of Disguise
        What to hide; of two with the same name the first counts.

    Returns
    -------
    str

    Examples
    --------
    >>> hide("Years of Lung Cancer", [Disguise(("lung_cancer",), "quantity 1")])
    'Years of quantity 1'
    """
    pattern, aliases = _compiled(tuple(disguises))
    if pattern is None:
        return text
    return pattern.sub(lambda match: aliases[(match.lastindex or 1) - 1], text)


@lru_cache(maxsize=16)
def _compiled(
    disguises: tuple[Disguise, ...],
) -> tuple[re.Pattern[str] | None, tuple[str, ...]]:
    """One group for each name, longer ones first, and the alias of each."""
    aliases: dict[str, str] = {}
    for names, alias in disguises:
        for name in names:
            parts = [p for part in _PARTS.findall(name) for p in _CAMEL.split(part)]
            joined = "".join(parts)
            if len(joined) > 1 and not joined.isdecimal():
                aliases.setdefault(r"[\W_]*".join(map(re.escape, parts)), alias)
    if not aliases:
        return None, ()
    patterns = sorted(aliases, key=len, reverse=True)
    groups = "|".join(f"({each})" for each in patterns)
    whole = rf"(?<![^\W_])(?:{groups})(?![^\W_])"
    return re.compile(whole, re.IGNORECASE), tuple(aliases[each] for each in patterns)
