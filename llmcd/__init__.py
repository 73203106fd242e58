"""Causal discovery in which data and a fallible expert are reconciled edge by edge.

The public names are resolved on first use, so that importing the package is cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llmcd.auditing.audit import Audit as Audit
    from llmcd.auditing.audit import audit as audit
    from llmcd.background import Background as Background
    from llmcd.data.table import Table as Table
    from llmcd.data.table import table as table
    from llmcd.discovery.causal_learn import CausalLearn as CausalLearn
    from llmcd.discovery.ensemble import Candidates as Candidates
    from llmcd.discovery.ensemble import candidates as candidates
    from llmcd.discovery.ges import GES as GES
    from llmcd.discovery.limits import Limits as Limits
    from llmcd.discovery.order import OrderSearch as OrderSearch
    from llmcd.discovery.pc import PC as PC
    from llmcd.errors import BudgetExceeded as BudgetExceeded
    from llmcd.errors import DataError as DataError
    from llmcd.errors import ExpertError as ExpertError
    from llmcd.errors import FormatError as FormatError
    from llmcd.errors import GraphError as GraphError
    from llmcd.errors import LlmcdError as LlmcdError
    from llmcd.errors import VariablesError as VariablesError
    from llmcd.expert.answers import Answer as Answer
    from llmcd.expert.answers import Answers as Answers
    from llmcd.expert.ask import ask as ask
    from llmcd.expert.budget import Budget as Budget
    from llmcd.expert.human import Human as Human
    from llmcd.expert.language_model import LanguageModel as LanguageModel
    from llmcd.expert.panel import Panel as Panel
    from llmcd.expert.planned import Plan as Plan
    from llmcd.expert.protocol import Reply as Reply
    from llmcd.expert.questions import Question as Question
    from llmcd.expert.recorded import Recorded as Recorded
    from llmcd.expert.simulated import Simulated as Simulated
    from llmcd.expert.store import Store as Store
    from llmcd.graph import Graph as Graph
    from llmcd.pipeline import combine as combine
    from llmcd.pipeline import discover as discover
    from llmcd.pipeline import plan as plan
    from llmcd.pipeline import refine as refine
    from llmcd.result import Result as Result
    from llmcd.variables import Variable as Variable
    from llmcd.variables import Variables as Variables

__version__ = "0.1.0"

_WHERE = {
    "discover": "pipeline",
    "table": "data.table",
    "candidates": "discovery.ensemble",
    "plan": "pipeline",
    "ask": "expert.ask",
    "combine": "pipeline",
    "refine": "pipeline",
    "audit": "auditing.audit",
    "Audit": "auditing.audit",
    "Variable": "variables",
    "Variables": "variables",
    "Table": "data.table",
    "Graph": "graph",
    "Background": "background",
    "PC": "discovery.pc",
    "GES": "discovery.ges",
    "OrderSearch": "discovery.order",
    "CausalLearn": "discovery.causal_learn",
    "Limits": "discovery.limits",
    "Candidates": "discovery.ensemble",
    "Plan": "expert.planned",
    "Question": "expert.questions",
    "Answer": "expert.answers",
    "Answers": "expert.answers",
    "Reply": "expert.protocol",
    "Budget": "expert.budget",
    "LanguageModel": "expert.language_model",
    "Recorded": "expert.recorded",
    "Human": "expert.human",
    "Panel": "expert.panel",
    "Store": "expert.store",
    "Simulated": "expert.simulated",
    "Result": "result",
    "LlmcdError": "errors",
    "DataError": "errors",
    "VariablesError": "errors",
    "GraphError": "errors",
    "ExpertError": "errors",
    "BudgetExceeded": "errors",
    "FormatError": "errors",
}

__all__ = [*_WHERE, "__version__"]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'llmcd' has no attribute {name!r}")
    value = getattr(import_module(f"llmcd.{_WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
