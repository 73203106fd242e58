"""What an expert is, and the facts it may give about itself."""

import pytest

from llmcd.expert.human import Human
from llmcd.expert.language_model import LanguageModel
from llmcd.expert.protocol import Expert, identity, is_free, label
from llmcd.expert.recorded import Recorded
from llmcd.expert.simulated import Simulated
from llmcd.graph import Graph


class Bare:
    """Has the one method and nothing else."""

    def answer(self, question):
        return ""


def test_one_method_is_enough():
    """An object with answer() is an expert; an object without is none."""
    assert isinstance(Bare(), Expert)
    assert not isinstance(object(), Expert)
    for expert in (
        Human(),
        LanguageModel("openai/x"),
        Recorded({}),
        Simulated(Graph.empty(["x"])),
    ):
        assert isinstance(expert, Expert)


def test_facts_have_defaults():
    """Label and identity fall back to the class; nothing is free unless it says so."""
    assert label(Bare()) == "Bare"
    assert identity(Bare())["label"] == "Bare"
    assert "test_protocol" in identity(Bare())["class"]
    assert not is_free(Bare())
    assert is_free(Recorded({}))


def test_facts_may_be_given():
    """A label, and an identity as mapping or method, are taken as they are."""

    class Named(Bare):
        label = "the oracle"

        def identity(self):
            return {"seed": 3}

    class Odd(Bare):
        identity = {"weights": {1, 2}}  # noqa: RUF012

    with pytest.raises(TypeError, match="identity of Odd"):
        identity(Odd())
    assert label(Named()) == "the oracle"
    assert identity(Named()) == {"seed": 3}
