"""Run a command: arguments in, output and an exit code out."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Sequence

from llmcd.cli.exits import STOPPED, code_of
from llmcd.cli.inputs import store_of
from llmcd.cli.output import remark, show
from llmcd.cli.parser import parser_of
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
    arguments = root.parsed(argv)
    if arguments.command is None:
        root.print_help()
        return 0
    try:
        code = _run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # whoever reads has seen enough; Python would complain again when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (LlmcdError, ValueError, OSError) as error:
        if getattr(arguments, "traceback", False):
            traceback.print_exc()
        remark(f"llmcd: {_said(error)}")
        return code_of(error)
    except KeyboardInterrupt:
        store = store_of(arguments)
        kept = f"; what was answered is in {store}" if store and store.exists() else ""
        remark(f"llmcd: stopped{kept}")
        return STOPPED
    return code


def _run(arguments: argparse.Namespace) -> int:
    shown = arguments.command.run(arguments)
    if shown is None:
        return 0
    as_json = getattr(arguments, "json", False)
    show(shown, command=arguments.full_name, as_json=as_json)
    return shown.code


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)
