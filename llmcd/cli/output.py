"""What a command shows: one JSON document, or text and tables for people."""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

__all__ = ["Grid", "Shown", "remark", "show", "visible"]

_GAP = "  "
_NUMBER = re.compile(r"-?[\d,]+(\.\d+)?%?")


@dataclass(frozen=True)
class Grid:
    """A table for people.

    Attributes
    ----------
    columns : tuple of str
        The heads.
    rows : tuple of tuple
        Text, numbers (two decimals where they have some) or None for nothing.
    title : str
        A line above it.
    most : int or None
        How many rows a terminal shows; a pipe gets all.
    rest : str
        Where the others are, such as a file's name.
    styles : tuple of str
        Of rich, one a row, for a terminal that has colours; none when empty.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    title: str = ""
    most: int | None = None
    rest: str = ""
    styles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shown:
    """What a command has to say.

    Attributes
    ----------
    document : mapping
        For ``--json``: the members that the command's ``document`` lists.
    parts : tuple of str or Grid
        For people, one below the other with an empty line between.
    warnings : tuple of str
        On standard error before the output, in either form.
    remarks : tuple of str
        On standard error after it, such as what was written where.
    code : int
        The exit code.
    exact : bool
        Whether the text is for another program, and printed to the letter.
    """

    document: Mapping[str, Any] = field(default_factory=dict[str, Any])
    parts: tuple[str | Grid, ...] = ()
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    code: int = 0
    exact: bool = False


def show(shown: Shown, *, command: str, as_json: bool) -> None:
    """Print it.

    Parameters
    ----------
    shown : Shown
        What a command returned.
    command : str
        Its name, the first member of the document.
    as_json : bool
        The document instead of the text.
    """
    for text in shown.warnings:
        remark(f"warning: {text}", style="yellow")
    if shown.warnings and sys.stdout.isatty() and sys.stderr.isatty():
        remark("")
    if as_json:
        document = plain_values({"command": command, **shown.document})
        print(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))
    elif shown.exact:
        print("\n".join(map(str, shown.parts)))
    else:
        _print_parts(shown.parts)
    sys.stdout.flush()
    if shown.remarks:
        remark("\n".join(["", *shown.remarks]), style="dim")


def _print_parts(parts: Sequence[str | Grid]) -> None:
    if not sys.stdout.isatty():
        texts = [visible(p) if isinstance(p, str) else plain_text(p) for p in parts]
        print("\n\n".join(texts))
        return
    console = Console(highlight=False)
    for number, part in enumerate(parts):
        if number:
            console.print()
        if isinstance(part, str):
            _print_lines(part, console)
        else:
            _print_rich(part, console)


def _print_lines(text: str, console: Console) -> None:
    """Wrapped at words; what is indented stays indented."""
    for line in visible(text).split("\n"):
        words = line.lstrip(" ")
        console.print(
            Padding(Text(words), (0, 0, 0, len(line) - len(words)), expand=False)
        )


def remark(text: str, style: str = "") -> None:
    """Tell something on standard error that is no part of the output.

    Parameters
    ----------
    text : str
        One line or several.
    style : str, optional
        Of rich, where standard error is a terminal that has colours.
    """
    if sys.stderr.isatty():
        console = Console(stderr=True, highlight=False)
        console.print(Text(visible(text), style=style))
    else:
        print(visible(text), file=sys.stderr)


def plain_values(value: Any) -> Any:
    """The same as JSON has it: no NaN, no numpy, no tuples.

    Parameters
    ----------
    value : object
        Mappings, sequences, numbers, text, None, and what prints as text.

    Returns
    -------
    object

    Examples
    --------
    >>> import numpy as np
    >>> plain_values({"x": (np.float64(0.5), float("nan"), np.int64(3), None)})
    {'x': [0.5, None, 3, None]}
    """
    if isinstance(value, Mapping):
        return {str(k): plain_values(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain_values(v) for v in value]
    if hasattr(value, "item") and not isinstance(value, str):
        value = value.item()
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return str(value)


def visible(text: str) -> str:
    r"""The text with every control character but line ends spelled out.

    Parameters
    ----------
    text : str
        May hold names from a file, which may hold orders to a terminal.

    Returns
    -------
    str

    Examples
    --------
    >>> print(visible("a\x1b[31mb"))
    a\x1b[31mb
    """
    if text.replace("\n", "").isprintable():
        return text
    return "".join(
        c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode()
        for c in text
    )


# --- tables ---------------------------------------------------------------------------


def plain_text(grid: Grid) -> str:
    """A table as aligned text, numbers to the right.

    Parameters
    ----------
    grid : Grid
        The table.

    Returns
    -------
    str

    Examples
    --------
    >>> print(plain_text(Grid(("edge", "sure"), (("a --> b", 0.5), ("c", None)))))
    edge     sure
    a --> b  0.50
    c
    """
    cells = _cells(grid)
    widths = [
        max(map(len, column)) for column in zip(grid.columns, *cells, strict=True)
    ]
    sides: list[Callable[[str, int], str]] = [
        str.rjust if right else str.ljust for right in _to_the_right(grid)
    ]
    lines = [
        _GAP.join(
            side(cell, width)
            for side, cell, width in zip(sides, row, widths, strict=True)
        ).rstrip()
        for row in (grid.columns, *cells)
    ]
    return "\n".join([grid.title, *lines] if grid.title else lines)


def _cells(grid: Grid) -> list[tuple[str, ...]]:
    return [tuple(_cell(value) for value in row) for row in grid.rows]


def _cell(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{value:.2f}".replace("-0.00", "0.00")
    return visible(str(value)).replace("\n", " ")


def _to_the_right(grid: Grid) -> list[bool]:
    columns: Sequence[Sequence[Any]] = list(zip(*grid.rows, strict=True))
    if not columns:
        return [False] * len(grid.columns)
    return [
        all(not isinstance(x, str) or _NUMBER.fullmatch(x) for x in column)
        for column in columns
    ]


def _print_rich(grid: Grid, console: Console) -> None:
    if grid.title:
        console.print(Text(grid.title, style="bold"))
    table = RichTable(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="bold",
    )
    for name, right in zip(grid.columns, _to_the_right(grid), strict=True):
        table.add_column(
            Text(name), justify="right" if right else "left", overflow="fold"
        )
    cells = _cells(grid)
    styles = grid.styles or ("",) * len(cells)
    for row, style in list(zip(cells, styles, strict=True))[: grid.most]:
        table.add_row(*map(Text, row), style=style)
    console.print(table)
    left = 0 if grid.most is None else len(cells) - grid.most
    if left > 0:
        where = f": see {grid.rest}" if grid.rest else ""
        console.print(Text(f"... and {left} more{where}"))
