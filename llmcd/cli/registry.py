"""All commands: a new one is a module here and a row below."""

from __future__ import annotations

from collections.abc import Mapping

from llmcd.cli.asking import ANSWERS, ASK, PLAN
from llmcd.cli.auditing import AUDIT
from llmcd.cli.combining import COMBINE
from llmcd.cli.command import Command
from llmcd.cli.completion import COMPLETION
from llmcd.cli.demo import DEMO
from llmcd.cli.discovering import DISCOVER, REFINE
from llmcd.cli.estimating import EFFECT, FALSIFY
from llmcd.cli.explaining import EXPLAIN, PATHS
from llmcd.cli.going_on import CRITICISE, UPDATE
from llmcd.cli.handing_on import EXPORT, REPORT, REVIEW, SHOW

__all__ = ["COMMANDS"]

COMMANDS: Mapping[str, tuple[Command, ...]] = {
    "from a table to a graph": (DEMO, DISCOVER, REFINE),
    "step by step": (PLAN, ASK, ANSWERS, COMBINE),
    "with a run folder": (SHOW, REPORT, REVIEW, EXPORT),
    "what follows from it": (EXPLAIN, PATHS, EFFECT, FALSIFY, UPDATE, CRITICISE),
    "about experts": (AUDIT,),
    "about this program": (COMPLETION,),
}
