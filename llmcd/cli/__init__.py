"""The command line: one module for each group of commands, all listed in registry."""

from llmcd.cli.program import main

__all__ = ["main"]
