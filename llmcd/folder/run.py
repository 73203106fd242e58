"""A run folder written and read, the data's side first."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from llmcd.combiner.combined import Combined
from llmcd.discovery.ensemble import Candidates
from llmcd.errors import FormatError
from llmcd.expert.answers import Answers
from llmcd.folder.answers import keep_answers, write_answers
from llmcd.folder.files import (
    ANSWERS,
    CANDIDATES,
    CONFLICTS,
    EDGES,
    FORMAT,
    GRAPH,
    RESULT,
    STORE,
    VARIABLES,
    check_files,
    holds,
    json_text,
    read_json,
    remove,
    remove_result,
    sha_of,
    write_text,
)
from llmcd.folder.tables import conflict_table, csv_text, edge_attributes, edge_table
from llmcd.folder.values import (
    candidates_in,
    candidates_out,
    combined_in,
    combined_out,
    settings_of,
)
from llmcd.formats import to_graphml
from llmcd.variables import Variables

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "load",
    "load_beside",
    "load_candidates",
    "open_folder",
    "save",
    "save_beside",
    "save_candidates",
]

_Value = TypeVar("_Value")


def open_folder(path: str | Path) -> Path:
    """Make a run folder, or see that an existing one may be written to.

    Raises
    ------
    FormatError
        If it is a file, or holds other files than a run's.
    """
    target = Path(path)
    if target.is_file():
        raise FormatError(f"{target} is a file; a run folder was expected")
    if target.is_dir() and not (target / CANDIDATES).exists():
        # a run that was broken off leaves its store
        others = [x.name for x in target.iterdir() if not x.name.startswith(STORE)]
        if others:
            raise FormatError(
                f"{target} holds other files ({min(others)}) and is no run folder; "
                "name a new or empty one"
            )
    target.mkdir(parents=True, exist_ok=True)
    return target


def save_candidates(
    path: str | Path, candidates: Candidates, variables: Variables
) -> Path:
    """Write the data's side and the descriptions into a run folder.

    When they are not those that lie there, whatever was derived from those is removed:
    a folder holds one run. Answers are paid for and depend on the descriptions only,
    so they stay with those pairs that are described as before; if some are not, all of
    them are also kept as ``earlier-answers-1.jsonl`` (2, 3, ...).
    """
    target = open_folder(path)
    descriptions = target / f"{VARIABLES}.{os.getpid()}.part"
    try:
        variables.write(descriptions)
        files = {VARIABLES: sha_of(descriptions)}
        text = json_text({**candidates_out(candidates), "files": files})
        if not holds(target / CANDIDATES, text):
            remove_result(target)
            keep_answers(target, candidates.names, variables)
        os.replace(descriptions, target / VARIABLES)
    finally:
        descriptions.unlink(missing_ok=True)
    write_text(target / CANDIDATES, text)
    return target


def load_candidates(path: str | Path) -> tuple[Candidates, Variables]:
    """Read the data's side and the descriptions from a run folder."""
    target = Path(path)
    file = target / CANDIDATES
    again = f"to go on, run `llmcd plan DATA --variables FILE --out {target}` again"
    found = _read(file, f"{target} is no run folder", again, candidates_in)
    return found, Variables.of(target / VARIABLES)


def save(path: str | Path, combined: Combined, variables: Variables) -> Path:
    """Write a whole run folder.

    Answers that lie there and are not among those of this result are set aside.
    """
    target = save_candidates(path, combined.candidates, variables)
    write_answers(target / ANSWERS, combined.answers)
    files = (CANDIDATES, VARIABLES, ANSWERS)
    text = json_text(
        {
            **combined_out(combined),
            "settings": settings_of(combined),
            "files": {name: sha_of(target / name) for name in files},
        }
    )
    if not holds(target / RESULT, text):
        remove_result(target)
    write_text(
        target / GRAPH,
        to_graphml(combined.graph, edge_attributes=edge_attributes(combined)),
    )
    for name, frame in (
        (EDGES, edge_table(combined)),
        (CONFLICTS, conflict_table(combined)),
    ):
        write_text(target / name, csv_text(frame))
    write_text(target / RESULT, text)
    return target


def load(path: str | Path) -> tuple[Combined, Variables]:
    """Read a whole run folder."""
    target = Path(path)
    go_on = f"run `llmcd combine {target}`, which makes the result anew"
    found, variables = load_candidates(target)

    def read(content: Mapping[str, Any]) -> Combined:
        return combined_in(content, found, Answers.read(target / ANSWERS))

    combined = _read(target / RESULT, go_on, go_on, read)
    return combined, variables


def save_beside(
    path: str | Path,
    name: str,
    content: Mapping[str, Any] | None,
    frame: pd.DataFrame | None,
) -> None:
    """Write what belongs to the result of a run folder, as JSON and as CSV.

    Both files are removed when there is nothing to write.
    """
    target = Path(path)
    csv = Path(name).with_suffix(".csv").name
    if content is None or frame is None:
        remove(target, name, csv)
        return
    files = {RESULT: sha_of(target / RESULT)}
    write_text(target / name, json_text({**content, "format": FORMAT, "files": files}))
    write_text(target / csv, csv_text(frame))


def load_beside(
    path: str | Path, name: str, read: Callable[[Mapping[str, Any]], _Value]
) -> _Value | None:
    """Read what ``save_beside`` wrote; None where there is nothing."""
    file = Path(path) / name
    if not file.exists():
        return None
    missing = "it was there a moment ago"
    return _read(file, missing, f"delete {file} to go on without it", read)


def _read(
    file: Path, missing: str, go_on: str, read: Callable[[Mapping[str, Any]], _Value]
) -> _Value:
    content = read_json(file, missing)
    check_files(file.parent, content, file.name, go_on)
    try:
        return read(content)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise FormatError(f"{file} is damaged: {error!r}") from None
