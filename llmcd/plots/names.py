"""Names as they are written in a picture, whatever the user's names hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np

from llmcd.layout import Point

__all__ = ["LINE", "has_glyph", "labels", "short", "shown"]

PAD = (0.9, 0.7)  # of a box beyond its text, em
LINE = 1.2  # distance of lines of text, em
LONGEST = 160  # characters of a name that are shown


def labels(names: Sequence[str]) -> tuple[dict[str, str], dict[str, Point]]:
    """What is written in each node, and width and height of its box, em.

    Examples
    --------
    >>> written, boxes = labels(["systolic_blood_pressure"])
    >>> written["systolic_blood_pressure"].split()
    ['systolic_blood_', 'pressure']
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=100)
    known = has_glyph()
    written = {name: _wrap(shown(name, known)) for name in names}
    boxes: dict[str, Point] = {}
    for name, label in written.items():
        lines = label.split("\n")
        wide = max(
            text_to_path.get_text_width_height_descent(x, font, False)[0] for x in lines
        )
        boxes[name] = (
            max(1.2, wide / 100) + PAD[0],
            1.0 + LINE * (len(lines) - 1) + PAD[1],
        )
    return written, boxes


def shown(text: str, known: Callable[[str], bool]) -> str:
    """One line that the font can write, cut if endless."""
    found: list[str] = []
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp"):
            found.append(" ")
        elif unicodedata.category(char) == "Cs" or not known(char):
            found.append("\N{REPLACEMENT CHARACTER}" if known("\ufffd") else "?")
        else:
            found.append(char)
    line = "".join(found)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def has_glyph() -> Callable[[str], bool]:
    """A test whether the fonts of pictures can write a character."""
    from matplotlib.font_manager import FontProperties, fontManager, get_font

    paths: list[str] = []
    for family in FontProperties().get_family():
        one = FontProperties(family=[family])
        try:
            paths.append(fontManager.findfont(one, fallback_to_default=False))
        except ValueError:
            continue
    fonts = [get_font(path) for path in paths or [fontManager.findfont("sans-serif")]]
    return lambda char: any(font.get_char_index(ord(char)) for font in fonts)


def _wrap(line: str) -> str:
    """Break a long name, after a space or a joining mark where there is one."""
    most = max(16, int(np.ceil((4 * len(line)) ** 0.5)))
    lines = [""]
    for part in re.findall(r"[^\s_.\-/]*[\s_.\-/]|[^\s_.\-/]+", line):
        piece = part
        if len(lines[-1]) + len(piece.rstrip()) > most and lines[-1]:
            lines.append("")
        while len(piece) > most:
            lines[-1], piece = piece[:most], piece[most:]
            lines.append("")
        lines[-1] += piece
    return "\n".join(x.rstrip() for x in lines if x.strip()) or line


def short(text: str, most: int = 20) -> str:
    """A text cut to a length.

    Examples
    --------
    >>> short("a long name", 6)
    'a lon…'
    """
    return text if len(text) <= most else text[: most - 1] + "…"
