"""Rows from a CSV or Parquet file, without what pandas would decide in silence.

By default pandas reads a level called "None" or "NA" as a missing cell, renames the
second of two columns called alike, and takes the first cells of rows that are longer
than the header for names of rows, so that all others move. Here none of it happens
unsaid.
"""

from __future__ import annotations

import warnings
import zlib
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api import types

from llmcd.errors import DataError
from llmcd.variables import Variable, Variables, clean_text

__all__ = ["read_rows"]

_MISSING_WORDS = frozenset(
    ("na", "n/a", "nan", "-nan", "null", "none", "<na>", "#na", "#n/a", "?", ".",
     "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan")
)  # fmt: skip
_TRUTH = {"True": True, "TRUE": True, "true": True,
          "False": False, "FALSE": False, "false": False}  # fmt: skip
_OTHERS = {";": "';'", "\t": "tab", "|": "'|'"}


def read_rows(
    path: str | Path,
    variables: Variables | None = None,
    *,
    separator: str = ",",
) -> pd.DataFrame:
    r"""Read the rows of a file.

    An empty cell of a CSV file is missing. A word such as ``NA``, ``nan`` or ``null``
    is missing in a column that holds nothing else but numbers, or but true and false,
    and beside declared levels that it is not one of. Elsewhere it is text like any
    other, as the Table notes.

    Parameters
    ----------
    path : str or Path
        A CSV file in UTF-8, compressed if its name says so (``.csv.gz``), or a Parquet
        file (``.parquet``, ``.pq``).
    variables : Variables, optional
        Their levels are never read as missing.
    separator : str, optional
        The character between the cells of a CSV file.

    Returns
    -------
    pandas.DataFrame
        In the file's order, numbered from 0.

    Raises
    ------
    DataError
        If the file cannot be read, repeats a column's name, has rows longer than its
        header, or separates its cells by another character.
    FileNotFoundError
        If there is no such file.
    ValueError
        If the separator is not one character.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "visits.csv"
    >>> _ = file.write_text("drug,age\nNone,41\naspirin,NA\n")
    >>> read_rows(file)
          drug   age
    0     None  41.0
    1  aspirin   NaN
    """
    if len(separator) != 1:
        raise ValueError(f"a separator is one character, got {separator!r}")
    if not Path(path).exists():
        raise FileNotFoundError(f"no such file: {path}")
    if Path(path).is_dir():
        raise DataError(f"{path} is a folder; name the file in it that holds the rows")
    if str(path).endswith((".parquet", ".pq")):
        return _parquet(path)
    _check_header(path, separator)
    rows = _csv(path, sep=separator)
    for at, name in enumerate(map(str, rows.columns)):
        about = (variables or Variables()).get(clean_text(name))
        cells: Any = _without_words(rows.iloc[:, at], about)
        rows.isetitem(at, cells)
    return rows


def _parquet(path: str | Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except ImportError:
        raise DataError(
            f"{path} is a Parquet file, which needs pyarrow: pip install pyarrow; or "
            "store the rows as CSV"
        ) from None
    except (ValueError, OSError) as error:
        raise DataError(
            f"{path} is not a Parquet file that can be read: {error}"
        ) from None


def _csv(path: str | Path, **settings: Any) -> pd.DataFrame:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            # index_col: else the first cells of longer rows become names of rows;
            # low_memory: piece by piece a column may be numbers here and text there.
            return pd.read_csv(
                path, keep_default_na=False, na_values=[""], index_col=False,
                low_memory=False, **settings,
            )  # fmt: skip
    except pd.errors.ParserWarning:
        raise DataError(
            f"{path}: rows have more cells than the header has names; name every "
            "column in the first line"
        ) from None
    except UnicodeDecodeError:
        raise DataError(
            f"{path} is not UTF-8 text; save it as CSV in UTF-8 (Excel: 'CSV UTF-8')"
        ) from None
    except pd.errors.EmptyDataError:
        raise DataError(f"{path} is empty") from None
    except (pd.errors.ParserError, EOFError, OSError, zlib.error) as error:
        what = " ".join(str(error).split())
        raise DataError(f"{path} is not a CSV file that can be read: {what}") from None


def _check_header(path: str | Path, separator: str) -> None:
    first = _csv(path, sep=separator, header=None, nrows=1, dtype=str).iloc[0]
    places: dict[str, list[int]] = {}
    for place, name in enumerate(first, start=1):
        if not pd.isna(name):
            places.setdefault(str(name), []).append(place)
    twice = [
        f"{name!r} (columns {', '.join(map(str, at))})"
        for name, at in places.items()
        if len(at) > 1
    ]
    if twice:
        raise DataError(
            f"{path}: every column needs a name of its own; the header repeats "
            f"{', '.join(twice)}. Rename or delete them in the file"
        )
    other = [shown for c, shown in _OTHERS.items() if len(first) == 1 and c in first[0]]
    if other:
        raise DataError(
            f"{path} has one column, {first[0]!r}: its cells seem to be separated by "
            f"{other[0]}; say so with --separator {other[0]}"
        )


def _without_words(cells: pd.Series, about: Variable | None) -> pd.Series:
    """Make words for missing cells missing where they cannot be anything else."""
    if not (types.is_string_dtype(cells.dtype) or types.is_object_dtype(cells.dtype)):
        return cells
    levels = about.levels if about else ()
    found = [each for each in pd.unique(cells.dropna()) if isinstance(each, str)]
    words = [w for w in found if _is_word(w) and w.strip() not in levels]
    if not words:
        return cells
    rest = cells.astype(object).mask(cells.isin(words))
    if levels:
        return rest
    others = set(found) - set(words)
    if others and others <= set(_TRUTH):
        return rest.map(_TRUTH, na_action="ignore")
    if others or len(words) == 1:
        try:
            return pd.to_numeric(rest)
        except (ValueError, TypeError):
            pass
    return cells


def _is_word(cell: str) -> bool:
    return cell.strip().casefold() in _MISSING_WORDS
