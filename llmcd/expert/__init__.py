"""Asking a language model, a person or a recording; rows never get in here."""

from llmcd.expert.answers import Answer, Answers
from llmcd.expert.budget import Budget
from llmcd.expert.human import Human
from llmcd.expert.language_model import LanguageModel
from llmcd.expert.panel import Panel
from llmcd.expert.protocol import Expert, Reply, StopAsking
from llmcd.expert.questions import Plan, PlannedPair, Question
from llmcd.expert.recorded import Recorded
from llmcd.expert.simulated import Simulated
from llmcd.expert.store import Store

__all__ = [
    "Answer",
    "Answers",
    "Budget",
    "Expert",
    "Human",
    "LanguageModel",
    "Panel",
    "Plan",
    "PlannedPair",
    "Question",
    "Recorded",
    "Reply",
    "Simulated",
    "Store",
    "StopAsking",
]
