"""Published rows: from a file's text, or by name through the library ``datasets``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from llmcd.errors import FormatError

__all__ = ["rows_by_name", "rows_of_json"]

_SPLITS = ("test", "full", "train")  # wanted in this order, by how they begin


def rows_by_name(name: str, *, split: str | None = None) -> list[dict[str, Any]]:
    """Rows of a published data set.

    Parameters
    ----------
    name : str
        Such as ``"causalnlp/CLadder"``.
    split : str, optional
        By default the one that is called ``test``, or the first whose name begins with
        ``test``, ``full`` or ``train``.

    Returns
    -------
    list of dict

    Raises
    ------
    ImportError
        If the library is not there.
    FormatError
        If there is no such split; the ones that there are are named.

    Notes
    -----
    What is loaded comes from the network or from the library's own cache; that is the
    library's business, and nothing of an audit is sent.
    """
    try:
        library: Any = import_module("datasets")
    except ImportError as error:
        raise ImportError(
            f"loading {name!r} by name needs the library datasets: pip install "
            "datasets; or give the path of a downloaded file"
        ) from error
    found: Any = library.load_dataset(name)
    splits: Mapping[str, Iterable[Any]] = (
        found if isinstance(found, Mapping) else {"all": found}
    )
    chosen = split if split is not None else _usual(tuple(splits))
    if chosen not in splits:
        raise FormatError(
            f"{name!r} has no split {split or 'test'!r}, but {sorted(splits)}; choose "
            "one with split="
        )
    return [dict(row) for row in splits[chosen]]


def _usual(names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return names[0]
    for start in _SPLITS:
        if start in names:
            return start
        for name in names:
            if name.startswith(start):
                return name
    return ""


def rows_of_json(text: str, where: str) -> list[dict[str, Any]]:
    """Rows of a list of objects, or of lines of one object each.

    Parameters
    ----------
    text : str
        JSON or JSON-lines.
    where : str
        What errors call the text.

    Returns
    -------
    list of dict

    Raises
    ------
    FormatError
        If it is neither, or holds something else than objects.

    Examples
    --------
    >>> rows_of_json('[{"label": 1}]', "a file") == rows_of_json('{"label": 1}', "")
    True
    """
    try:
        if text.lstrip().startswith("["):
            found = json.loads(text)
        else:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as problem:
        raise FormatError(f"{where} is not JSON or JSON-lines: {problem}") from None
    if not all(isinstance(row, dict) for row in found):
        raise FormatError(f"{where} must be a list of objects")
    return found
