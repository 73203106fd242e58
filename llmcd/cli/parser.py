"""The parser, made from the registry; a slip of the finger is told what was meant."""

from __future__ import annotations

import argparse
import difflib
import shutil
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NoReturn

import llmcd
from llmcd.cli.command import Command
from llmcd.cli.exits import CODES, USAGE

__all__ = ["Parser", "Root", "nearest", "parser_of", "purposes_of", "steps_of"]

Groups = Mapping[str, Sequence[Command]]
_STEPS = argparse._SubParsersAction  # pyright: ignore[reportPrivateUsage]


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors say what was probably meant."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("allow_abbrev", False)
        kwargs.setdefault("formatter_class", _formatter)
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
            parser.error(f"one argument too many: {unknown[0]!r}")
        return found

    def parse_known_args(  # pyright: ignore[reportIncompatibleMethodOverride]
        self, args: Any = None, namespace: Any = None
    ) -> Any:
        """As of argparse; an unknown option is told before what is missing."""
        if args is not None and not steps_of(self):
            known = [x for action in self._actions for x in action.option_strings]
            for word in args[: args.index("--") if "--" in args else None]:
                name = word.split("=")[0]
                if name.startswith("--") and name not in known:
                    self.error(f"no option {name}{nearest(name, known)}")
        return super().parse_known_args(args, namespace)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        choices = [] if action.choices is None else [str(x) for x in action.choices]
        if action.choices is None or value in choices:
            return
        guess = nearest(value, choices)
        if isinstance(action, _STEPS):
            self.error(f"no such {str(action.metavar).lower()}: {value!r}{guess}")
        text = f"invalid choice: {value!r}{guess}\none of: {', '.join(choices)}"
        raise argparse.ArgumentError(action, text)

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and where help is; exit with code 2."""
        self.exit(USAGE, f"{self.prog}: {message}\nsee: {self.prog} --help\n")


class Root(Parser):
    """The parser of the program: its help groups the commands."""

    groups: Groups = MappingProxyType({})

    def overview(self) -> str:
        """What there is, and how to begin."""
        blocks = [f"{_PURPOSE}\n\nusage: llmcd COMMAND ..."]
        size = max(len(one.name) for some in self.groups.values() for one in some)
        for title, some in self.groups.items():
            lines = [f"  {one.name:<{size}}  {one.purpose}" for one in some]
            blocks.append("\n".join([f"{title}:", *lines]))
        blocks.append(
            "to begin: llmcd demo\nmore of a command: llmcd COMMAND --help\n"
            "exit codes, options: llmcd --help"
        )
        return "\n\n".join(blocks) + "\n"

    def format_help(self) -> str:
        """The overview, then options and exit codes."""
        codes = [f"  {code:>3}  {words}" for code, words in CODES.items()]
        blocks = [
            self.overview().rpartition("\n")[0].rpartition("\n")[0],
            "options:\n  -h, --help  print this\n  --version   print the version",
            _STREAMS,
            "\n".join(["exit codes:", *codes]),
        ]
        return "\n\n".join(blocks) + "\n"


_PURPOSE = "llmcd: causal discovery from a table and what its columns mean."
_STREAMS = """\
output:
  The result goes to standard output, as tables in a terminal, as aligned text
  elsewhere, and with --json as one JSON document and nothing else. Warnings,
  progress and errors go to standard error. NO_COLOR and COLUMNS are obeyed."""


def _formatter(prog: str) -> argparse.HelpFormatter:
    width = min(shutil.get_terminal_size().columns, 100) - 2
    return argparse.RawDescriptionHelpFormatter(prog, width=width)


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


def parser_of(groups: Groups) -> Root:
    """The parser of the whole program.

    Parameters
    ----------
    groups : mapping of str to sequence of Command
        The commands below their titles.

    Returns
    -------
    Root
        What it parses holds ``command``, the parser of it, and ``root``.
    """
    root = Root(prog="llmcd")
    root.groups = groups
    root.add_argument(
        "--version",
        action="version",
        version=f"llmcd {llmcd.__version__}",
        help="print the version",
    )
    root.set_defaults(root=root, command=None, parser=root)
    commands = root.add_subparsers(
        title="commands", metavar="COMMAND", parser_class=Parser
    )
    for some in groups.values():
        for one in some:
            _add(commands, one, one.name)
    return root


def _add(commands: Any, one: Command, full: str) -> None:
    parser = commands.add_parser(
        one.name,
        help=one.purpose,
        description=f"{one.purpose[:1].upper()}{one.purpose[1:]}.".replace("?.", "?"),
        epilog=_after(one),
    )
    if one.steps:
        steps = parser.add_subparsers(
            title="steps", metavar="STEP", required=one.run is None
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
    parser.usage = _usage(parser, full)
    parser.set_defaults(command=one, parser=parser, full_name=full)


def _usage(parser: Parser, full: str) -> str:
    """What has to be given; the options stand below."""
    words = ["llmcd", full, "[options]"]
    for action in parser._actions:
        if action.option_strings and action.required:
            words.append(f"{action.option_strings[-1]} {action.metavar}")
        elif not action.option_strings and not isinstance(action, _STEPS):
            words.append(str(action.metavar))
        elif isinstance(action, _STEPS):
            words.append("STEP ..." if action.required else "[STEP ...]")
    return " ".join(words)


def _after(one: Command) -> str:
    blocks: list[str] = []
    if one.example:
        lines = "\n".join(f"  {line}" for line in one.example.splitlines())
        blocks.append(f"example:\n{lines}")
    if one.document:
        document = {"command": "the name of the command", **one.document}
        blocks.append("\n".join(["JSON document:", *_members(document)]))
    return "\n\n".join(blocks)


def _members(document: Mapping[str, str]) -> list[str]:
    size = max(map(len, document))
    return [f"  {name:<{size}}  {words}" for name, words in document.items()]


# --- what completion asks a parser ----------------------------------------------------


def steps_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """The parsers of a parser's commands, by name; empty where it has none."""
    action = _step_action(parser)
    return {} if action is None else dict(action.choices)


def purposes_of(parser: argparse.ArgumentParser) -> dict[str, str]:
    """The purposes of a parser's commands, by name."""
    action = _step_action(parser)
    some = [] if action is None else action._choices_actions
    return {one.dest: one.help or "" for one in some}


def _step_action(parser: argparse.ArgumentParser) -> Any:
    for action in parser._actions:  # pyright: ignore[reportPrivateUsage]
        if isinstance(action, _STEPS):
            return action
    return None
