"""Asking a language model, a person or a recording; rows never get in here."""

from llmcd.expert.answers import Answer, Answers
from llmcd.expert.budget import Budget
from llmcd.expert.common_causes import MissingVariable, missing_variables
from llmcd.expert.human import Human
from llmcd.expert.kind import Kind
from llmcd.expert.kinds import KINDS
from llmcd.expert.language_model import LanguageModel
from llmcd.expert.pairs import Dispute, PairSummary, revised
from llmcd.expert.panel import Panel
from llmcd.expert.planned import Plan, PlannedPair
from llmcd.expert.protocol import Expert, Reply, StopAsking
from llmcd.expert.questions import Question
from llmcd.expert.recorded import Recorded
from llmcd.expert.simulated import Simulated
from llmcd.expert.store import Store

__all__ = [
    "KINDS",
    "Answer",
    "Answers",
    "Budget",
    "Dispute",
    "Expert",
    "Human",
    "Kind",
    "LanguageModel",
    "MissingVariable",
    "PairSummary",
    "Panel",
    "Plan",
    "PlannedPair",
    "Question",
    "Recorded",
    "Reply",
    "Simulated",
    "Store",
    "StopAsking",
    "missing_variables",
    "revised",
]
