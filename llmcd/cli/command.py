"""What a command is: its words, its arguments, what it does."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from llmcd.cli.output import Shown

__all__ = ["Command"]


def _nothing(parser: argparse.ArgumentParser) -> None:
    """No arguments of its own."""


@dataclass(frozen=True)
class Command:
    """One command of ``llmcd``.

    Attributes
    ----------
    name : str
        What is typed.
    purpose : str
        One line, without a full stop.
    run : callable
        Takes the parsed arguments and returns what is to be shown; it prints nothing
        itself. Errors are raised. None where only a step can be run.
    add : callable
        Adds the command's arguments to a parser.
    example : str
        A command line that a reader can change, or several lines.
    document : mapping of str to str
        The members of the JSON document that ``--json`` prints, and what each holds.
        Empty where the command prints text for another program anyhow: then it has no
        ``--json``.
    steps : tuple of Command
        Commands under this one, such as ``answers apply``.
    """

    name: str
    purpose: str
    run: Callable[[argparse.Namespace], Shown | None] | None = None
    add: Callable[[argparse.ArgumentParser], None] = _nothing
    example: str = ""
    document: Mapping[str, str] = field(default_factory=dict[str, str])
    steps: tuple[Command, ...] = ()
