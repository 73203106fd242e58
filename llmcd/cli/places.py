"""What may stand where on a command line, read off the parser."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from llmcd.cli.parser import purposes_of, steps_of

__all__ = ["Option", "Place", "places_of"]

_FILES = frozenset(
    {"FILE", "FILE|NAME", "DATA", "RUN", "DIR"}
)  # metavars of what lies on a disk


@dataclass(frozen=True)
class Option:
    """One option of a command.

    Attributes
    ----------
    names : tuple of str
        Such as ``-h`` and ``--help``.
    words : str
        Its help.
    takes : str
        ``nothing``, ``files`` or ``words``.
    choices : tuple of str
        What it takes, where that is known.
    """

    names: tuple[str, ...]
    words: str
    takes: str
    choices: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """A command, and what may stand behind it.

    Attributes
    ----------
    path : tuple of str
        From the program's name on.
    options : tuple of Option
        Its own.
    steps : mapping of str to str
        Commands below it, with their purposes.
    choices : tuple of str
        What its first argument may be, where that is known.
    has_files : bool
        Whether an argument is a file or folder.
    """

    path: tuple[str, ...]
    options: tuple[Option, ...]
    steps: Mapping[str, str]
    choices: tuple[str, ...]
    has_files: bool


def places_of(
    parser: argparse.ArgumentParser, path: tuple[str, ...] = ("llmcd",)
) -> Iterator[Place]:
    """Every command of a parser, the program itself first.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Of the program.
    path : tuple of str, optional
        Its name.

    Yields
    ------
    Place
    """
    actions = parser._actions  # pyright: ignore[reportPrivateUsage]
    steps = steps_of(parser)
    plain = [x for x in actions if not x.option_strings and x.choices is None]
    chosen = [x for x in actions if not x.option_strings and x.choices is not None]
    yield Place(
        path,
        tuple(_option(x) for x in actions if x.option_strings),
        purposes_of(parser),
        () if steps else tuple(str(c) for x in chosen for c in x.choices or ()),
        any(x.metavar in _FILES for x in plain),
    )
    for name, step in steps.items():
        yield from places_of(step, (*path, name))


def _option(action: argparse.Action) -> Option:
    takes = "nothing" if action.nargs == 0 else "words"
    if action.metavar in _FILES:
        takes = "files"
    formatter = argparse.HelpFormatter("llmcd")
    words = formatter._expand_help(action) if action.help else ""  # pyright: ignore[reportPrivateUsage]
    choices = tuple(str(x) for x in action.choices or ())
    return Option(tuple(action.option_strings), words, takes, choices)
