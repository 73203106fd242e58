"""Reading what the arguments name: rows, descriptions, knowledge, experts, stores."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from llmcd import folder
from llmcd.background import Background
from llmcd.cli.output import remark
from llmcd.data.files import read_rows
from llmcd.errors import VariablesError
from llmcd.expert.budget import Budget
from llmcd.expert.human import Human
from llmcd.expert.protocol import Expert
from llmcd.expert.resolve import resolve
from llmcd.expert.store import Store
from llmcd.formats import FORMATS, read
from llmcd.graph import Graph
from llmcd.variables import Variables

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "background_of",
    "budget_of",
    "expert_of",
    "export_store",
    "graph_of",
    "open_store",
    "rows_of",
    "somebody",
    "store_of",
    "variables_of",
]


def rows_of(
    path: str, arguments: argparse.Namespace, variables: Variables
) -> pd.DataFrame:
    """The rows of a file, its cells apart by ``--separator``."""
    if not Path(path).exists():
        raise FileNotFoundError(errno.ENOENT, "no such file", path)
    separator: str = arguments.separator
    if separator in ("tab", "\\t"):
        separator = "\t"
    return read_rows(path, variables, separator=separator)


def variables_of(path: str | None) -> Variables:
    """The descriptions of a file; none when there is none."""
    return Variables.of({} if path is None else Path(path))


def background_of(path: str | None) -> Background | None:
    """Background knowledge from a YAML file.

    Raises
    ------
    VariablesError
        If the file is no such text.
    """
    if path is None:
        return None
    import yaml

    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise VariablesError(f"{path} is not UTF-8 text: {error.reason}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be read"
        raise VariablesError(f"{path}{at}: not valid YAML: {problem}") from None
    return Background.of(content)


def graph_of(path: Path, given: str | None) -> Graph:
    """A graph from a file of the format that is named, or that its name tells."""
    name = given
    if name is None:
        by_suffix = {".graphml": "graphml", ".gml": "gml", ".json": "json",
                     ".dot": "dot", ".csv": "edges"}  # fmt: skip
        name = by_suffix.get(path.suffix.lower())
    if name is None:
        raise ValueError(
            f"{path}: the name does not say the format; give --format, one of "
            f"{', '.join(FORMATS)}"
        )
    try:
        return read(path.read_text(encoding="utf-8"), name)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text: {error.reason}") from None


# --- whom to ask ----------------------------------------------------------------------


def budget_of(arguments: argparse.Namespace) -> Budget | None:
    """The limits that were given, if any."""
    limits = {
        "calls": arguments.budget_calls,
        "tokens": arguments.budget_tokens,
        "usd": arguments.budget_usd,
    }
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return Budget(**given) if given else None


def expert_of(arguments: argparse.Namespace) -> Expert | None:
    """The expert that ``--expert`` names, a panel of several, or nobody."""
    whom: list[Expert | str] = list(arguments.expert or ["none"])
    server: dict[str, str] = {}
    if arguments.api_base:
        server["api_base"] = arguments.api_base
    if arguments.api_key_env:
        server["api_key"] = os.environ.get(arguments.api_key_env, "")
        if not server["api_key"]:
            raise ValueError(f"the variable {arguments.api_key_env} holds no key")
    if not server:
        # standard output is the result's, so a person is asked beside it
        person = Human(writes=sys.stderr)
        whom = [person if _is_human(name) else name for name in whom]
    return resolve(whom[0] if len(whom) == 1 else whom, **server)


def _is_human(name: Expert | str) -> bool:
    return isinstance(name, str) and name.strip().casefold() == "human"


def somebody(arguments: argparse.Namespace) -> Expert:
    """The expert, where there must be one."""
    expert = expert_of(arguments)
    if expert is None:
        raise ValueError(
            "nobody to ask: give --expert provider/model, recorded:FILE or human"
        )
    return expert


# --- stores ---------------------------------------------------------------------------


def store_of(arguments: argparse.Namespace) -> Path | None:
    """Where replies are kept: where the user says, else in the run folder."""
    if getattr(arguments, "store", None):
        return Path(arguments.store)
    home = getattr(arguments, "folder", None) or getattr(arguments, "out", None)
    return Path(home) / folder.STORE if home else None


def open_store(arguments: argparse.Namespace) -> Path | None:
    """The store's path, with what ``--import`` names in it."""
    store = store_of(arguments)
    if store is None and (arguments.export or arguments.taken or arguments.replay):
        raise ValueError("--export, --import and --replay need --store FILE or --out")
    if store is not None and arguments.taken:
        with Store(store) as opened:
            new = opened.take_in(arguments.taken)
        remark(f"{new} replies of {arguments.taken} are new in {store}")
    return store


def export_store(arguments: argparse.Namespace, store: Path | None) -> None:
    """Write the store to where ``--export`` says."""
    if store is None or not arguments.export:
        return
    with Store(store) as opened:
        n = opened.export(arguments.export)
    remark(f"{n} replies in {arguments.export}")
