"""The files of a run folder: their names, whole writes, checksums and damage."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llmcd.errors import FormatError
from llmcd.expert.questions import canonical_json

__all__ = [
    "ANSWERS",
    "CANDIDATES",
    "CHANGES",
    "CONFLICTS",
    "EDGES",
    "FORMAT",
    "GRAPH",
    "REFINEMENT",
    "RESULT",
    "STORE",
    "VARIABLES",
    "check_files",
    "checksum",
    "holds",
    "json_text",
    "read_json",
    "remove",
    "remove_result",
    "sha_of",
    "write_text",
]

FORMAT = 2
CANDIDATES, VARIABLES = "candidates.json", "variables.yaml"
ANSWERS, RESULT = "answers.jsonl", "result.json"
CHANGES, REFINEMENT = "changes.json", "refinement.json"
STORE = "answers.sqlite"
GRAPH, EDGES, CONFLICTS = "graph.graphml", "edges.csv", "conflicts.csv"
_DERIVED = (
    GRAPH, EDGES, CONFLICTS, "report.html", "graph.png",
    CHANGES, "changes.csv", REFINEMENT, "refinement.csv",
)  # fmt: skip


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all; folders that are missing are made.

    Raises
    ------
    IsADirectoryError
        If the path is a folder.
    """
    if path.is_dir():
        raise IsADirectoryError(
            f"{path} is a folder; name a file, such as {path / 'report.html'}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def holds(path: Path, text: str) -> bool:
    """Whether a file says exactly this."""
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def remove(target: Path, *names: str) -> None:
    """Remove files, where they are there."""
    for name in names:
        (target / name).unlink(missing_ok=True)


def remove_result(target: Path) -> None:
    """Remove the result of a run folder, and what was derived from it."""
    remove(target, RESULT, *_DERIVED)


def json_text(content: Mapping[str, Any]) -> str:
    """Say it as JSON with its checksum."""
    whole = {**content, "checksum": checksum(content)}
    return json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def checksum(content: Mapping[str, Any]) -> str:
    """Hash everything but the checksum itself."""
    rest = {key: value for key, value in content.items() if key != "checksum"}
    return hashlib.sha256(canonical_json(rest).encode()).hexdigest()


def sha_of(path: Path) -> str:
    """Hash the text of a file."""
    # of the text: a checkout may have other line ends
    return hashlib.sha256(path.read_text(encoding="utf-8").encode()).hexdigest()


def read_json(path: Path, missing: str) -> dict[str, Any]:
    """Read what ``json_text`` said.

    Raises
    ------
    FormatError
        If the file is missing, cannot be read, is damaged or of another version.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FormatError(f"{path} is missing: {missing}") from None
    except OSError as error:
        raise FormatError(
            f"{path} cannot be read ({error.strerror}); a run folder was expected"
        ) from None
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path} is damaged: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FormatError(
            f"{path}: expected run folder format {FORMAT}; it was written by another "
            "version"
        )
    if content.get("checksum") != checksum(content):
        raise FormatError(
            f"{path} is damaged: it is not as it was written; run again what made it"
        )
    return content


def check_files(target: Path, content: Mapping[str, Any], by: str, go_on: str) -> None:
    """See that the files beside are those that a file was written with.

    Raises
    ------
    FormatError
        If one is missing or another; it is named, and how to go on.
    """
    for name, sha in content["files"].items():
        try:
            same = sha_of(target / name) == sha
        except FileNotFoundError:
            raise FormatError(f"{target / name} is missing; {go_on}") from None
        except UnicodeDecodeError:
            same = False
        if not same:
            raise FormatError(
                f"{target / name} is not the one that {by} was made with; {go_on}"
            )
