"""Wordings: the text files in ``prompts/``, and what is said of a variable in them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmcd.variables import Variables

__all__ = [
    "MOST_LEVELS",
    "canonical_json",
    "described",
    "filled",
    "is_label",
    "mixed",
    "numbers",
    "wording",
]

MOST_LEVELS = 100  # declared levels that are sent of one variable


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces: equal values give equal text.

    Parameters
    ----------
    value : JSON value
        Anything ``json.dumps`` takes, without NaN.

    Returns
    -------
    str

    Examples
    --------
    >>> canonical_json({"b": 1, "a": [True, None]})
    '{"a":[true,null],"b":1}'
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


@cache
def wording(version: str) -> tuple[str, str]:
    """The system and the user message of a wording, as its file holds them.

    Parameters
    ----------
    version : str
        Name of the file, such as ``"pairwise-1"``.

    Returns
    -------
    tuple of (str, str)
        The user message holds ``$data`` where the description goes.

    Examples
    --------
    >>> wording("pairwise-1")[1].splitlines()[1]
    '$data'
    """
    text = (files("llmcd.expert") / "prompts" / f"{version}.txt").read_text("utf-8")
    system, user = text.removeprefix("[system]\n").split("\n[user]\n")
    return system.strip(), user.strip()


def filled(version: str, data: Mapping[str, Any]) -> tuple[str, str]:
    """A wording with the description in its place.

    Parameters
    ----------
    version : str
        Name of the wording.
    data : mapping
        JSON values.

    Returns
    -------
    tuple of (str, str)
        System and user message.
    """
    system, user = wording(version)
    # replaced last and once, so that no description can reach the template
    before, after = user.split("$data")
    return system, before + json.dumps(data, ensure_ascii=False, indent=1) + after


def is_label(shown: str, labels: Iterable[str]) -> bool:
    """Whether a variable is shown as one of the question's own labels.

    Parameters
    ----------
    shown : str
        What the expert sees of the variable.
    labels : iterable of str
        Such as ``"AB"``.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_label(" b", "AB"), is_label("age", "AB"), is_label("#2", numbers(3))
    (True, False, True)
    """
    return shown.strip().casefold() in {label.casefold() for label in labels}


def numbers(n: int) -> tuple[str, ...]:
    """Labels of the variables in a list, by their place in it.

    Examples
    --------
    >>> numbers(2)
    ('#1', '#2')
    """
    return tuple(f"#{k}" for k in range(1, n + 1))


def described(
    variables: Variables, name: str, labels: Iterable[str] = "AB"
) -> dict[str, Any]:
    """All that is said of a variable: shown name, description, unit, declared levels.

    Parameters
    ----------
    variables : Variables
        The descriptions; names and labels behind an alias are replaced in all texts.
    name : str
        Which variable.
    labels : iterable of str, optional
        The question's own labels; a variable that is shown as one of them is described
        without its name, because ``"A": {"name": "B"}`` would turn the verdict round.

    Returns
    -------
    dict
        JSON values; empty fields are left out.

    Examples
    --------
    >>> from llmcd.variables import Variables
    >>> described(Variables.of({"b": "Age."}), "b")
    {'description': 'Age.'}
    """
    variable = variables[name]
    hide = variables.hide_names
    crossed = is_label(variable.shown, labels) and variable.description
    found: dict[str, Any] = {} if crossed else {"name": variables.shown(name)}
    if variable.description:
        found["description"] = hide(variable.description)
    if variable.unit:
        found["unit"] = hide(variable.unit)
    if variable.levels:
        kept = [hide(level) for level in variable.levels[:MOST_LEVELS]]
        more = len(variable.levels) - len(kept)
        found["values"] = [*kept, f"and {more:,} more"] if more else kept
    return found


def mixed(variables: Variables, names: Iterable[str], *salt: object) -> tuple[str, ...]:
    """Names in an arbitrary order that depends on the descriptions only.

    Neither the order of columns nor code names may decide who is shown first, and the
    same question must have the same words tomorrow.

    Parameters
    ----------
    variables : Variables
        The descriptions.
    names : iterable of str
        Which variables.
    *salt : JSON values
        Another salt, another order.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> from llmcd.variables import Variables
    >>> about = Variables.of(dict.fromkeys("abcd", ""))
    >>> mixed(about, "abcd", 0) == mixed(about, "dcba", 0) != mixed(about, "abcd", 1)
    True
    """
    given: Sequence[str] = sorted(names)

    def place(name: str) -> str:
        text = canonical_json([described(variables, name, ()), *salt])
        return hashlib.sha256(text.encode()).hexdigest()

    return tuple(sorted(given, key=place))
