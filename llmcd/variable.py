"""One column: its name and what it means, cleaned and checked."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields

from llmcd.errors import VariablesError

__all__ = [
    "FIELDS",
    "KINDS",
    "MAX_NAME",
    "MAX_NOTE",
    "MAX_TEXT",
    "TEXTS",
    "Variable",
    "checked_text",
    "clean_text",
    "has_hidden",
]

KINDS = ("continuous", "binary", "nominal", "ordinal")
MAX_NAME = 200  # characters of a name, label, alias, unit or level
MAX_TEXT = 1000  # characters of a description or of the domain
MAX_NOTE = 1_000_000  # characters of a remark for people
_BREAKS = "\t\n\r\v\f\x85"

_OTHER_WORDS = {
    "bool": "binary",
    "boolean": "binary",
    "categorical": "nominal",
    "category": "nominal",
    "discrete": "nominal",
    "float": "continuous",
    "numeric": "continuous",
    "ordered": "ordinal",
    "string": "nominal",
}


def has_hidden(text: str) -> bool:
    r"""Whether a text holds characters that cannot be seen, tabs and breaks aside.

    Examples
    --------
    >>> has_hidden("low\u202e"), has_hidden("low\tpoor")
    (True, False)
    """
    if text.isascii() and text.isprintable():
        return False
    return any(
        unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in _BREAKS for c in text
    )


def clean_text(text: str) -> str:
    r"""Remove characters that cannot be seen; a tab or line break becomes a space.

    Control, zero-width and text-direction characters can hide words from a reader
    that a language model still reads.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str

    Examples
    --------
    >>> clean_text("blood\u202e pressure\t(mmHg)")
    'blood pressure (mmHg)'
    """
    if text.isascii() and text.isprintable():
        return text
    kept: list[str] = []
    for character in text:
        category = unicodedata.category(character)
        if character in _BREAKS or category in ("Zl", "Zp"):
            kept.append(" ")
        elif category not in ("Cc", "Cf", "Cs"):
            kept.append(character)
    return "".join(kept)


@dataclass(frozen=True)
class Variable:
    """One column: its name and what it means.

    Strings are cleaned (:func:`clean_text`); what is too long or contradictory is an
    error that lists everything wrong with the variable.

    Parameters
    ----------
    name : str
        The column's name, at most 200 characters.
    label : str, optional
        A readable name.
    description : str, optional
        What is measured, its unit and its levels, at most 1,000 characters; never a
        cause or an effect (see :meth:`Variables.lint`).
    kind : {"continuous", "binary", "nominal", "ordinal"}, optional
        None infers the kind from the data.
    unit : str, optional
        Such as ``"mmHg"``.
    levels : iterable of str, optional
        The values of a discrete variable; for an ordinal one in their order.
    tier : int, optional
        Place in time: a variable cannot cause one of a lower tier.
    alias : str, optional
        Shown to the expert in place of label and name.

    Raises
    ------
    VariablesError
        If a field has the wrong type, is too long, or contradicts another.

    Examples
    --------
    >>> Variable("sbp", label="Systolic pressure", unit="mmHg").shown
    'Systolic pressure'
    """

    name: str
    label: str = ""
    description: str = ""
    kind: str | None = None
    unit: str | None = None
    levels: tuple[str, ...] = ()
    tier: int | None = None
    alias: str | None = None
    had_hidden: tuple[str, ...] = field(
        default=(), init=False, compare=False, repr=False
    )

    def __post_init__(self) -> None:
        wrong: list[str] = []
        set_field = object.__setattr__
        set_field(self, "had_hidden", _fields_with_hidden(self))
        set_field(
            self, "name", checked_text(self.name, "name", MAX_NAME, wrong, strip=False)
        )
        set_field(
            self, "label", checked_text(self.label or "", "label", MAX_NAME, wrong)
        )
        description = checked_text(
            self.description or "", "description", MAX_TEXT, wrong
        )
        set_field(self, "description", description)
        for each in ("kind", "unit", "alias"):
            value = getattr(self, each)
            text = None if value is None else checked_text(value, each, MAX_NAME, wrong)
            set_field(self, each, text or None)
        set_field(self, "levels", _levels(self.levels, wrong))
        set_field(self, "tier", _tier(self.tier, wrong))
        if not self.name.strip():
            wrong.append("the name is empty")
        wrong += _kind_problems(self.kind, self.levels)
        if wrong:
            raise VariablesError(f"variable {self.name!r}: " + "; ".join(wrong))

    @property
    def shown(self) -> str:
        """What the expert sees: the alias, else the label, else the name."""
        return self.alias or self.label or self.name


FIELDS = tuple(each.name for each in fields(Variable) if each.init)
TEXTS = ("name", "label", "description", "unit", "alias")


def _fields_with_hidden(variable: Variable) -> tuple[str, ...]:
    texts = {each: getattr(variable, each) for each in TEXTS}
    if isinstance(variable.levels, list | tuple):  # an iterator can be read but once
        texts["levels"] = " ".join(x for x in variable.levels if isinstance(x, str))
    return tuple(n for n, x in texts.items() if isinstance(x, str) and has_hidden(x))


def checked_text(
    value: object, field: str, limit: int, wrong: list[str], *, strip: bool = True
) -> str:
    """A text of at most so many characters, cleaned; what is wrong is listed."""
    if not isinstance(value, str):
        wrong.append(f"{field} must be a text, got {type(value).__name__}")
        return ""
    text = clean_text(value)
    if strip:
        text = " ".join(text.split())
    if len(text) > limit:
        wrong.append(f"{field} has {len(text):,} characters; at most {limit:,} allowed")
    return text


def _levels(value: object, wrong: list[str]) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        wrong.append(
            f'levels must be a list such as ["low", "high"], got {type(value).__name__}'
        )
        return ()
    levels: list[str] = []
    for level in value:
        if level is None or isinstance(level, Mapping | list | tuple | set):
            wrong.append(f"a level must be a text, got {type(level).__name__}")
        else:
            levels.append(checked_text(str(level), "a level", MAX_NAME, wrong))
    twice = sorted({level for level in levels if levels.count(level) > 1})
    if twice:
        wrong.append(f"these levels are given more than once: {twice}")
    return tuple(levels)


def _tier(value: object, wrong: list[str]) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*[+-]?\d{1,9}\s*", value):
        return int(value)
    wrong.append(f"tier must be a whole number, got {value!r}")
    return None


def _kind_problems(kind: str | None, levels: tuple[str, ...]) -> list[str]:
    if kind is not None and kind not in KINDS:
        near = difflib.get_close_matches(kind.lower(), KINDS, 1)
        meant = _OTHER_WORDS.get(kind.lower()) or (near[0] if near else None)
        hint = f"; did you mean {meant!r}?" if meant else ""
        return [f"kind must be one of {', '.join(KINDS)}, got {kind!r}{hint}"]
    if kind == "continuous" and levels:
        return ["a continuous variable has no levels; drop levels or change kind"]
    if kind == "binary" and levels and len(levels) != 2:
        return [f"a binary variable has 2 levels, got {len(levels)}"]
    return []
