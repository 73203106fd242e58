"""What an expert is, and the facts it may give about itself."""

import pytest

from llmcd.expert.human import Human
from llmcd.expert.language_model import LanguageModel
from llmcd.expert.protocol import Expert, identity, is_free, label, untold
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


class Model(Bare):
    """Answers by a setting that it does not declare."""

    def __init__(self, setting, **facts):
        self.setting = setting
        self.__dict__.update(facts)


class Slotted(Bare):
    """The same without a dictionary."""

    __slots__ = ("setting",)

    def __init__(self, setting):
        self.setting = setting


@pytest.mark.parametrize("kind", [Model, Slotted])
def test_settings_tell_two_of_a_class_apart(kind):
    """Attributes that JSON can hold are part of the identity, as a hash."""
    assert identity(kind("unsure")) == identity(kind("unsure"))
    assert identity(kind("unsure")) != identity(kind("A_causes_B"))
    assert identity(kind([1, {"x": None}])) != identity(kind([1, {"x": 2}]))
    assert "sk-abcdefgh" not in str(identity(kind("sk-abcdefgh")))
    assert untold(kind("unsure")) == ()


def test_what_does_not_change_a_reply_changes_no_identity():
    """How many at once, how often and at what price are not who answers."""
    facts = {"concurrency": 4, "samples": 2, "free": True, "interactive": True}
    assert identity(Model("x", **facts)) == identity(Model("x"))
    assert identity(Model("x", max_tokens=9)) != identity(Model("x"))


def test_what_json_cannot_hold_is_named():
    """Functions, clients and arrays cannot tell two objects apart."""
    expert = Model("x", client=object(), says=len)
    assert untold(expert) == ("client", "says")
    assert identity(expert) == identity(Model("x"))
    assert untold(Bare()) == ()
    assert untold(Model("x", client=object(), identity={"mine": 1})) == ()


def test_a_person_is_who_the_label_says():
    """Streams are not the person."""
    assert identity(Human(label="ann")) == {"human": "ann"}
    assert untold(Human()) == ()
