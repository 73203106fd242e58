"""Words of DOT and dagitty texts, with their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from llmcd.errors import FormatError

__all__ = ["Token", "Tokens", "quoted"]

_WORD = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>//[^\n]*|/\*.*?\*/|\#[^\n]*)
  | (?P<arrow><->|<-@|@->|@-@|@--|--@|->|<-|--)
  | (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
  | (?P<name>-?(?:\.[0-9]+|[0-9]+\.?[0-9]*)(?![\w.])|[^\W]+(?:[.]\w+)*)
  | (?P<sign>[{}\[\]=;,:])
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A word of the text.

    Attributes
    ----------
    kind : str
        ``arrow``, ``text`` (it was in quotes), ``name``, ``sign`` or ``end``.
    value : str
        Without quotes and escapes.
    line : int
        From 1.
    """

    kind: str
    value: str
    line: int


def quoted(name: str) -> str:
    r"""A name in double quotes, as both languages read it.

    Examples
    --------
    >>> print(quoted('say "yes"'))
    "say \"yes\""
    """
    escaped = name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _unquoted(text: str) -> str:
    special = {"n": "\n"}
    return re.sub(
        r"\\(.)", lambda m: special.get(m[1], m[1]), text[1:-1], flags=re.DOTALL
    )


class Tokens:
    """The words of a text, one after the other.

    Parameters
    ----------
    text : str
        DOT or dagitty.
    what : str
        The format's name, for errors.

    Raises
    ------
    FormatError
        If a character is none of the language's, with its line.
    """

    def __init__(self, text: str, what: str) -> None:
        self.what = what
        self._all = list(self._words(text))
        self._at = 0

    def _words(self, text: str) -> Iterator[Token]:
        at, line = 0, 1
        while at < len(text):
            found = _WORD.match(text, at)
            if found is None:
                raise FormatError(
                    f"line {line}: {text[at]!r} has no meaning in {self.what}"
                )
            kind, value = found.lastgroup or "", found[0]
            if kind == "text":
                yield Token(kind, _unquoted(value), line)
            elif kind not in ("space", "comment"):
                yield Token(kind, value, line)
            line += value.count("\n")
            at = found.end()
        yield Token("end", "the end of the text", line)

    def peek(self, ahead: int = 0) -> Token:
        """The next word, or one after it."""
        return self._all[min(self._at + ahead, len(self._all) - 1)]

    def take(self) -> Token:
        """The next word, and go on."""
        found = self.peek()
        self._at += 1
        return found

    def skip(self, *signs: str) -> bool:
        """Go past the next word if it is one of these."""
        if self.peek().kind in ("sign", "name") and self.peek().value in signs:
            self._at += 1
            return True
        return False

    def expect(self, sign: str) -> None:
        """Go past a sign that must come now."""
        found = self.take()
        if (found.kind, found.value) != ("sign", sign):
            raise self.error(found, repr(sign))

    def name(self) -> Token:
        """A node's name, which must come now."""
        found = self.take()
        if found.kind not in ("name", "text"):
            raise self.error(found, "a name")
        return found

    def error(self, found: Token, wanted: str) -> FormatError:
        """What was expected and what came, with the line."""
        came = found.value if found.kind == "end" else repr(found.value)
        return FormatError(
            f"line {found.line}: expected {wanted} in {self.what}, got {came}"
        )

    def attributes(self) -> dict[str, str]:
        """What stands in square brackets, if they come now; names in small letters."""
        found: dict[str, str] = {}
        while self.skip("["):
            while not self.skip("]"):
                key = self.name().value.lower()
                found[key] = self.name().value if self.skip("=") else ""
                self.skip(",", ";")
        return found
