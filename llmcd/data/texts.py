"""Numbers that are written as text: in what way, and how pandas reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["NumberStyle", "is_number", "number_style"]

_PLAIN = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_STYLES = (  # in words, how a number is written besides _PLAIN, and how to read it
    ("", _PLAIN, ""),
    (" with a percent sign", r"[+-]?\d*[.,]?\d+\s*%", '.str.rstrip("% ")'),
    (
        " with commas between thousands",
        r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?",
        '.str.replace(",", "")',
    ),
    (
        " with a decimal comma",
        r"[+-]?\d*,\d+([eE][+-]?\d+)?",
        '.str.replace(",", ".")',
    ),
    (
        " with points between thousands and a decimal comma",
        r"[+-]?(\d{1,3}(\.\d{3})+|\d+)(,\d+)?",
        '.str.replace(".", "").str.replace(",", ".")',
    ),
)


@dataclass(frozen=True)
class NumberStyle:
    """How numbers are written in text, and the code that reads them.

    Parameters
    ----------
    what : str
        In words, such as ``" with a decimal comma"``; empty for plain numbers.
    code : str
        A pandas expression.
    odd : tuple of str
        Labels that it cannot read.
    """

    what: str
    code: str
    odd: tuple[str, ...] = ()


def number_style(text: str, labels: Sequence[str]) -> NumberStyle | None:
    """The way of writing numbers that reads most of the labels, if it reads half.

    Parameters
    ----------
    text : str
        The expression for the column of text, such as ``df["price"]``.
    labels : sequence of str
        Its distinct cells.

    Returns
    -------
    NumberStyle or None

    Examples
    --------
    >>> number_style("df.x", ["1,5", "2,25", "unknown"])
    NumberStyle(what=' with a decimal comma',
        code='pd.to_numeric(df.x.str.replace(",", "."), errors="coerce")',
        odd=('unknown',))
    """
    best: NumberStyle | None = None
    for what, pattern, reads in _STYLES:
        thousands = r"|[+-]?\d+" if "points" in what else f"|{_PLAIN}"
        number = re.compile(rf"\s*({pattern}{thousands})\s*", re.ASCII)
        odd = tuple(label for label in labels if not number.fullmatch(label))
        if len(odd) * 2 > len(labels) or not labels:
            continue
        if best is None or len(odd) < len(best.odd):
            if "%" in reads and any("," in label for label in labels):
                reads += '.str.replace(",", ".")'
            coerce = ', errors="coerce"' if odd else ""
            best = NumberStyle(what, f"pd.to_numeric({text}{reads}{coerce})", odd)
    return best


def is_number(label: str) -> bool:
    """Whether a label is a plain number.

    Examples
    --------
    >>> is_number("-1.5e3"), is_number("1,5"), is_number("nan")
    (True, False, False)
    """
    return re.fullmatch(rf"\s*{_PLAIN}\s*", label, re.ASCII) is not None
