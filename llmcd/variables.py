"""What the columns mean: names, descriptions, kinds, levels, units, tiers, aliases."""

from __future__ import annotations

import csv
import difflib
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from llmcd.errors import VariablesError

__all__ = ["KINDS", "LintWarning", "Variable", "Variables", "clean_text"]

KINDS = ("continuous", "binary", "nominal", "ordinal")
MAX_NAME = 200  # characters of a name, label, alias, unit or level
MAX_TEXT = 1000  # characters of a description or of the domain
MAX_FILE = 1_000_000  # bytes

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
        if character in "\t\n\r\v\f\x85" or category in ("Zl", "Zp"):
            kept.append(" ")
        elif category not in ("Cc", "Cf", "Cs"):
            kept.append(character)
    return "".join(kept)


class LintWarning(NamedTuple):
    """A text that may give the answer away.

    Attributes
    ----------
    name : str
        The variable, or ``(domain)``.
    words : tuple of str
        The words as they stand in the text.
    suggestion : str
        What to write instead.
    """

    name: str
    words: tuple[str, ...]
    suggestion: str


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

    def __post_init__(self) -> None:
        wrong: list[str] = []
        set_field = object.__setattr__
        set_field(self, "name", _text(self.name, "name", MAX_NAME, wrong, strip=False))
        set_field(self, "label", _text(self.label or "", "label", MAX_NAME, wrong))
        description = _text(self.description or "", "description", MAX_TEXT, wrong)
        set_field(self, "description", description)
        for field in ("kind", "unit", "alias"):
            value = getattr(self, field)
            text = None if value is None else _text(value, field, MAX_NAME, wrong)
            set_field(self, field, text or None)
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


_FIELDS = tuple(field.name for field in fields(Variable))


def _text(
    value: object, field: str, limit: int, wrong: list[str], *, strip: bool = True
) -> str:
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
            levels.append(_text(str(level), "a level", MAX_NAME, wrong))
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


@dataclass(frozen=True)
class Variables(Mapping[str, Variable]):
    """Descriptions of all columns, and a sentence that says what the table is about.

    Reads like a mapping from name to :class:`Variable`, in the order given.

    Parameters
    ----------
    domain : str, optional
        Who or what the rows are, in a sentence; sent to the expert.
    variables : iterable of Variable, optional
        The variables; each name once, and no two shown under the same words.
    notes : iterable of str, optional
        Remarks for people; never sent.

    Raises
    ------
    VariablesError
        If names repeat or two variables are shown under the same words.

    Examples
    --------
    >>> about = Variables.of({"age": "Age in years.", "sbp": "Systolic pressure."})
    >>> about["sbp"].description
    'Systolic pressure.'
    >>> list(about)
    ['age', 'sbp']
    """

    domain: str = ""
    variables: tuple[Variable, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        wrong: list[str] = []
        set_field = object.__setattr__
        set_field(self, "domain", _text(self.domain or "", "domain", MAX_TEXT, wrong))
        set_field(self, "variables", tuple(self.variables))
        set_field(self, "notes", _notes(self.notes, wrong))
        odd = {type(v).__name__ for v in self.variables if not isinstance(v, Variable)}
        if odd:
            raise VariablesError(
                f"variables must be Variable objects, got {sorted(odd)}; "
                "Variables.of(...) reads mappings and files"
            )
        _no_repeats(self.variables, wrong)
        _raise(wrong)

    def __getitem__(self, name: str) -> Variable:
        for variable in self.variables:
            if variable.name == name:
                return variable
        near = difflib.get_close_matches(str(name), self.names, 1)
        raise KeyError(f"{name!r} is not described" + _did_you_mean(near))

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.variables)

    @property
    def names(self) -> tuple[str, ...]:
        """The names in the order given."""
        return tuple(variable.name for variable in self.variables)

    @classmethod
    def of(cls, source: object) -> Variables:
        """Read descriptions in any accepted form.

        Parameters
        ----------
        source : Variables, mapping, iterable of Variable, str or Path
            ``{name: text}``; ``{name: {field: value}}``; ``{"domain": ..., "variables":
            {...}, "notes": [...]}``; or the path of a ``.yaml``, ``.yml``, ``.json``
            or ``.csv`` file of at most 1 MB. A CSV has the columns ``name, label,
            description, kind, unit, levels, tier, alias`` (levels joined by ``;``).
            In YAML every value is read as text, so ``no`` stays a word.

        Returns
        -------
        Variables

        Raises
        ------
        VariablesError
            If anything cannot be used; all problems are in one message.
        TypeError
            If the source is of another type.

        Examples
        --------
        >>> Variables.of({"age": {"label": "Age", "kind": "continuous"}})["age"].kind
        'continuous'
        """
        if isinstance(source, Variables):
            return source
        if isinstance(source, str | Path):
            return _from_file(Path(source))
        if isinstance(source, Mapping):
            return _from_mapping(source)
        if isinstance(source, Iterable) and not isinstance(source, bytes):
            return cls(variables=tuple(source))
        raise TypeError(
            "variables must be a mapping {name: text}, Variables, a list of Variable "
            f"or the path of a .yaml, .json or .csv file, got {type(source).__name__}"
        )

    def subset(self, names: Iterable[object]) -> Variables:
        """The descriptions of some columns, in their order.

        Names without a description are left out.

        Examples
        --------
        >>> Variables.of({"a": "", "b": ""}).subset(["b", "c"]).names
        ('b',)
        """
        known = {variable.name: variable for variable in self.variables}
        wanted = dict.fromkeys(clean_text(str(name)) for name in names)
        kept = tuple(known[name] for name in wanted if name in known)
        return Variables(self.domain, kept, self.notes)

    def to_dict(self) -> dict[str, Any]:
        """The content of a ``variables.yaml``, empty fields left out.

        Examples
        --------
        >>> Variables.of({"age": "Age in years."}).to_dict()
        {'domain': '', 'variables': {'age': {'description': 'Age in years.'}},
         'notes': []}
        """
        return {
            "domain": self.domain,
            "variables": {v.name: _filled(v) for v in self.variables},
            "notes": list(self.notes),
        }

    def write(self, path: str | Path) -> None:
        """Write a ``variables.yaml`` that :meth:`of` reads back."""
        text = yaml.safe_dump(
            self.to_dict(), sort_keys=False, allow_unicode=True, width=88
        )
        Path(path).write_text(text, encoding="utf-8", newline="\n")

    def lint(self) -> tuple[LintWarning, ...]:
        """Find words in the texts that say what causes what.

        An expert who is told the answer is no evidence for it.

        Returns
        -------
        tuple of LintWarning

        Examples
        --------
        >>> about = Variables.of({"cough": "Coughing, often caused by smoking."})
        >>> about.lint()[0].words
        ('caused',)
        """
        texts = [("(domain)", self.domain)]
        texts += [(v.name, f"{v.label}\n{v.description}") for v in self.variables]
        found: list[LintWarning] = []
        for name, text in texts:
            words = tuple(dict.fromkeys(m.lower() for m in _GIVE_AWAY.findall(text)))
            if words:
                found.append(LintWarning(name, words, _SUGGESTION))
        return tuple(found)


_SUGGESTION = (
    "say what is measured, its unit and its levels; leave out what it comes from and "
    "what follows from it"
)
_GIVE_AWAY = re.compile(
    r"\b(?:"
    r"caus(?:e|es|ed|ing|al|ally|ation)|because"
    r"|(?:un)?affect(?:s|ed|ing)?"
    r"|only influenced by|influenc(?:e|es|ed|ing)"
    r"|depend(?:s|ed|ing|ent|ence)? (?:up)?on"
    r"|(?:leads?|leading|led) to"
    r"|(?:due|owing|thanks) to"
    r"|determin(?:es?|ed|ing) (?:by|the|whether|how)|determinants?"
    r"|effects? (?:of|on)"
    r"|(?:results?|resulted|resulting) (?:in|from)|as a result"
    r"|outcomes?|consequences?(?: of)?"
    r"|exogenous|endogenous|confound(?:s|ed|er|ers|ing)?"
    r"|mediat(?:es?|ed|ing|ors?)|risk factors?"
    r"|driv(?:es|en) by|triggered by|triggers|contributes? to|responsible for"
    r"|gives? rise to|brings? about|brought about|induced by|induces"
    r")\b",
    re.IGNORECASE,
)


def _no_repeats(variables: tuple[Variable, ...], wrong: list[str]) -> None:
    named: set[str] = set()
    shown: dict[str, str] = {}
    for variable in variables:
        if variable.name in named:
            wrong.append(f"variable {variable.name!r} is described more than once")
            continue
        named.add(variable.name)
        first = shown.setdefault(variable.shown.casefold(), variable.name)
        if first != variable.name:
            wrong.append(
                f"variables {first!r} and {variable.name!r} would both be shown to the "
                f"expert as {variable.shown!r}; change a label or give an alias"
            )


def _notes(value: object, wrong: list[str]) -> tuple[str, ...]:
    if value is None:
        return ()
    lines = [value] if isinstance(value, str) else value
    if not isinstance(lines, Iterable):
        wrong.append(f"notes must be a list of texts, got {type(value).__name__}")
        return ()
    return tuple(_text(str(line), "a note", MAX_FILE, wrong) for line in lines)


def _filled(variable: Variable) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for field in _FIELDS[1:]:
        value = getattr(variable, field)
        if value not in ("", None, ()):
            row[field] = list(value) if isinstance(value, tuple) else value
    return row


def _did_you_mean(near: list[str]) -> str:
    return f"; did you mean {near[0]!r}?" if near else ""


def _raise(wrong: list[str], where: str = "") -> None:
    if wrong:
        at = f" in {where}" if where else ""
        count = "1 problem" if len(wrong) == 1 else f"{len(wrong)} problems"
        lines = "".join(f"\n  - {line}" for line in wrong)
        raise VariablesError(f"the descriptions cannot be used{at}; {count}:{lines}")


# --- reading --------------------------------------------------------------------------


def _from_mapping(source: Mapping[Any, Any], where: str = "") -> Variables:
    wrong: list[str] = []
    domain, notes, described = "", (), source
    if _is_file_form(source):
        described = source["variables"] or {}
        domain, notes = source.get("domain") or "", source.get("notes") or ()
        for key in source:
            if key not in ("domain", "variables", "notes"):
                near = difflib.get_close_matches(
                    str(key), ["domain", "variables", "notes"], 1
                )
                wrong.append(f"unknown entry {key!r}" + _did_you_mean(near))
    found = [_read_one(name, value, wrong) for name, value in described.items()]
    variables = tuple(variable for variable in found if variable is not None)
    try:
        read = Variables(domain, variables, notes)
    except VariablesError as error:
        wrong += [line.removeprefix("  - ") for line in str(error).split("\n")[1:]]
        read = Variables()
    _raise(wrong, where)
    return read


def _is_file_form(source: Mapping[Any, Any]) -> bool:
    inner = source.get("variables")
    if "variables" not in source or not (inner is None or isinstance(inner, Mapping)):
        return False
    # A column may itself be called "variables"; then its value holds fields only.
    return not inner or not set(inner) <= set(_FIELDS) or "domain" in source


def _read_one(name: object, value: object, wrong: list[str]) -> Variable | None:
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if value is None:
        value = {}
    if isinstance(value, Variable):
        row: dict[str, Any] = {f: getattr(value, f) for f in _FIELDS}
        if value.name != name:
            wrong.append(f"entry {name!r} holds a Variable named {value.name!r}")
    elif isinstance(value, str):
        row = {"description": value}
    elif isinstance(value, Mapping):
        row = {str(key): content for key, content in value.items()}
    else:
        wrong.append(
            f"variable {name!r}: expected a text or fields, got {type(value).__name__}"
        )
        return None
    for field in [key for key in row if key not in _FIELDS]:
        near = difflib.get_close_matches(field, _FIELDS, 1)
        wrong.append(f"variable {name!r}: unknown field {field!r}{_did_you_mean(near)}")
        del row[field]
    try:
        row["name"] = name
        return Variable(**row)
    except VariablesError as error:
        wrong.append(str(error))
        return None


def _from_file(path: Path) -> Variables:
    readers = {".yaml": _yaml, ".yml": _yaml, ".json": _json, ".csv": _csv}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise VariablesError(
            f"descriptions are read from .yaml, .yml, .json or .csv files, got {path}"
        )
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE + 1)
    except OSError as error:
        raise VariablesError(f"cannot read {path}: {error.strerror}") from error
    if len(content) > MAX_FILE:
        raise VariablesError(f"{path} is larger than {MAX_FILE:,} bytes")
    try:
        return _from_mapping(reader(content.decode("utf-8-sig")), str(path))
    except UnicodeDecodeError as error:
        raise VariablesError(f"{path} is not UTF-8 text: {error.reason}") from error
    except RecursionError as error:
        raise VariablesError(f"{path} is nested too deeply") from error
    except ValueError as error:
        raise VariablesError(f"{path}: {error}") from error


class _WordLoader(yaml.SafeLoader):
    """Reads every plain value as text: a variable may be called NO, a level yes."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            line = self.peek_event().start_mark.line + 1
            raise ValueError(f"line {line}: references (*name) are not allowed")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise ValueError(f"line {line}: a key must be a single word or text")
            key = self.construct_object(key_node)
            if key in found:
                raise ValueError(f"line {line}: {key!r} is given more than once")
            found[key] = self.construct_object(value_node, deep=True)
        return found


_WordLoader.yaml_implicit_resolvers = {
    first: [pair for pair in pairs if pair[0] == "tag:yaml.org,2002:null"]
    for first, pairs in yaml.SafeLoader.yaml_implicit_resolvers.items()
    if first in ("~", "")
}


def _yaml(text: str) -> Mapping[Any, Any]:
    try:
        found = yaml.load(text, Loader=_WordLoader)  # a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f"line {mark.line + 1}: " if mark else ""
        problem = getattr(error, "problem", None) or "cannot be read"
        raise ValueError(f"{at}not valid YAML: {problem}") from error
    return _mapping(found)


def _json(text: str) -> Mapping[Any, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"these keys are given more than once: {twice}")
        return dict(pairs)

    return _mapping(json.loads(text, object_pairs_hook=once))


def _mapping(found: object) -> Mapping[Any, Any]:
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise ValueError(
            f"expected `variables:` with names below it, got {type(found).__name__}"
        )
    return found


def _csv(text: str) -> Mapping[Any, Any]:
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if "name" not in (rows.fieldnames or []):
        raise ValueError(f"line 1 must be a header with a column `name`: {_FIELDS}")
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        if None in row:
            raise ValueError(f"line {rows.line_num}: more cells than the header has")
        cells: dict[str, Any] = {key: cell for key, cell in row.items() if cell}
        if not cells:
            continue
        name = cells.pop("name", "")
        if name in found:
            raise ValueError(f"line {rows.line_num}: {name!r} is given more than once")
        if "levels" in cells:
            parts = [part.strip() for part in cells["levels"].split(";")]
            cells["levels"] = [part for part in parts if part]
        found[name] = cells
    return {"variables": found}
