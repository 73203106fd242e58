"""Files of descriptions, read into plain mappings: YAML, JSON or CSV."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from llmcd.errors import VariablesError

__all__ = ["read_descriptions"]

MAX_FILE = 1_000_000  # bytes


def read_descriptions(path: Path) -> Mapping[Any, Any]:
    """Read what a file says, unchecked; every plain value in YAML is a text.

    Parameters
    ----------
    path : Path
        A ``.yaml``, ``.yml``, ``.json`` or ``.csv`` file of at most 1 MB.

    Returns
    -------
    mapping
        As ``Variables.of`` takes it.

    Raises
    ------
    VariablesError
        If it cannot be read, with the line where that helps.
    """
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
        return reader(content.decode("utf-8-sig"))
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
        raise ValueError(
            "line 1 must be a header with a column `name`, and any of label, "
            "description, kind, unit, levels, tier, alias"
        )
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
