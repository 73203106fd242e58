"""The parser, made from the registry; a slip of the finger is told what was meant."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

import llmcd
from llmcd.cli.command import Command
from llmcd.cli.exits import CODES, USAGE

__all__ = ["Parser", "parser_of", "steps_of"]

Groups = Mapping[str, Sequence[Command]]
_STEPS = argparse._SubParsersAction  # pyright: ignore[reportPrivateUsage]


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors say what was probably meant."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        kwargs.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, **kwargs)

    def parsed(self, argv: Sequence[str] | None) -> argparse.Namespace:
        """As ``parse_args``; what is unknown is the error of the command that got it.

        Parameters
        ----------
        argv : sequence of str or None
            The arguments; those of the process when None.

        Returns
        -------
        argparse.Namespace
        """
        found, unknown = self.parse_known_args(argv)
        if unknown:
            parser: Parser = getattr(found, "parser", self)
            parser.error(f"unknown: {' '.join(unknown)}{parser.meant(unknown[0])}")
        return found

    def meant(self, given: str) -> str:
        """A question with the option that is nearest to what was typed."""
        known = [x for action in self._actions for x in action.option_strings]
        return nearest(given.split("=")[0], known) if given.startswith("-") else ""

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        choices = [] if action.choices is None else [str(x) for x in action.choices]
        if action.choices is not None and value not in choices:
            if isinstance(action, _STEPS):
                word = "step" if action.dest == "step" else "command"
                text = f"no {word} {value!r}{nearest(value, choices)}"
                self.error(f"{text}\n{word}s: {', '.join(choices)}")
            text = f"invalid choice: {value!r}{nearest(value, choices)}"
            raise argparse.ArgumentError(
                action, f"{text}\none of: {', '.join(choices)}"
            )

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and where help is; exit with code 2."""
        self.exit(USAGE, f"{self.prog}: {message}\nsee: {self.prog} --help\n")


def nearest(given: str, known: Iterable[str]) -> str:
    """A question with the nearest known word, or nothing.

    Parameters
    ----------
    given : str
        What was typed.
    known : iterable of str
        What there is.

    Returns
    -------
    str

    Examples
    --------
    >>> nearest("discovr", ["discover", "demo"]), nearest("xyz", ["demo"])
    ("; did you mean 'discover'?", '')
    """
    found = difflib.get_close_matches(given, list(known), n=1, cutoff=0.6)
    return f"; did you mean {found[0]!r}?" if found else ""


def parser_of(groups: Groups) -> Parser:
    """The parser of the whole program.

    Parameters
    ----------
    groups : mapping of str to sequence of Command
        The commands below their titles.

    Returns
    -------
    Parser
        What it parses holds ``command``, the parser of it, and ``root``.
    """
    root = Parser(
        prog="llmcd",
        description="Causal discovery from a table and what its columns mean.",
        epilog=_epilog(),
    )
    root.add_argument("--version", action="version", version=llmcd.__version__)
    root.set_defaults(root=root, command=None, parser=root)
    commands = root.add_subparsers(title="commands", metavar="COMMAND")
    for some in groups.values():
        for one in some:
            _add(commands, one, one.name)
    return root


def _add(commands: Any, one: Command, full: str) -> None:
    parser = commands.add_parser(
        one.name,
        help=one.purpose,
        description=f"{one.purpose[:1].upper()}{one.purpose[1:]}.",
        epilog=_after(one),
    )
    if one.steps:
        steps = parser.add_subparsers(
            title="steps", metavar="STEP", dest="step", required=one.run is None
        )
        for step in one.steps:
            _add(steps, step, f"{full} {step.name}")
    one.add(parser)
    general = parser.add_argument_group("general")
    if one.document:
        general.add_argument(
            "--json", action="store_true", help="print one JSON document, see below"
        )
    general.add_argument(
        "--traceback",
        action="store_true",
        default=argparse.SUPPRESS,
        help="for developers: show where an error was raised",
    )
    parser.set_defaults(command=one, parser=parser, full_name=full)


def _after(one: Command) -> str:
    blocks: list[str] = []
    if one.example:
        lines = "\n".join(f"  {line}" for line in one.example.splitlines())
        blocks.append(f"example:\n{lines}")
    if one.document:
        blocks.append("\n".join(["JSON document:", *_members(one.document)]))
    return "\n\n".join(blocks)


def _members(document: Mapping[str, str]) -> list[str]:
    size = max(map(len, document))
    return [f"  {name:<{size}}  {words}" for name, words in document.items()]


def _epilog() -> str:
    lines = [f"  {code:>3}  {words}" for code, words in CODES.items()]
    return "\n".join(["exit codes:", *lines])


def steps_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of a parser's commands, by name; empty where it has none."""
    for action in parser._actions:
        if isinstance(action, _STEPS):
            return dict(action.choices)
    return {}
