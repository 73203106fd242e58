"""Run a command: arguments in, output and an exit code out."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from llmcd.cli.exits import STOPPED, USAGE, code_of
from llmcd.cli.inputs import store_of
from llmcd.cli.output import remark, show
from llmcd.cli.parser import nearest, parser_of
from llmcd.cli.registry import COMMANDS
from llmcd.errors import LlmcdError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process when None.

    Returns
    -------
    int
        The exit code; ``llmcd --help`` lists what each means.
    """
    root = parser_of(COMMANDS)
    arguments = root.parsed(sys.argv[1:] if argv is None else argv)
    if arguments.command is None:
        print(root.overview(), end="")
        return 0
    try:
        return _run(arguments)
    except BrokenPipeError:
        # whoever reads has seen enough; Python would complain again when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        _stopped(arguments)
        return STOPPED
    except Exception as error:  # said in words, with a code; --traceback shows it
        if getattr(arguments, "traceback", False):
            traceback.print_exc()
        remark(_block(error, arguments), style="red")
        return code_of(error)


def _run(arguments: argparse.Namespace) -> int:
    shown = arguments.command.run(arguments)
    if shown is None:
        return 0
    as_json = getattr(arguments, "json", False)
    show(shown, command=arguments.full_name, as_json=as_json)
    return shown.code


def _stopped(arguments: argparse.Namespace) -> None:
    store = store_of(arguments)
    kept = ""
    if store and store.exists():
        kept = f"; what was answered is in {store}, the same command goes on from there"
    remark(f"llmcd {arguments.full_name}: stopped{kept}")


def _block(error: Exception, arguments: argparse.Namespace) -> str:
    """What was expected, what came, what to do; all errors of ours say it."""
    name = f"llmcd {arguments.full_name}"
    code = code_of(error)
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{name}: {error.filename}: {error.strerror}{_nearby(error.filename)}"
    if code == USAGE:
        return f"{name}: {error}\nsee: {name} --help"
    if isinstance(error, (LlmcdError, OSError)):
        return f"{name}: {error}"
    return (
        f"{name}: unexpected {type(error).__name__}: {error}\n"
        "this is a defect of llmcd, not of your input; --traceback shows where"
    )


def _nearby(name: object) -> str:
    """What in the same folder may have been meant, when there is no such file."""
    path = Path(str(name))
    if path.exists() or not path.parent.is_dir():
        return ""
    return nearest(path.name, (one.name for one in path.parent.iterdir()))
