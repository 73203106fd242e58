"""From what a caller wrote to an expert."""

import json
import subprocess
import sys

import pytest

from llmcd.errors import FormatError
from llmcd.expert import resolve as module
from llmcd.expert.human import Human
from llmcd.expert.language_model import LanguageModel
from llmcd.expert.recorded import Recorded
from llmcd.expert.resolve import resolve


@pytest.mark.parametrize("nobody", [None, "none", "None", " none "])
def test_nobody(nobody):
    """None and "none" ask nobody."""
    assert resolve(nobody) is None


def test_strings(tmp_path):
    """A model, a recording that abstains, a person."""
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"a": "x", "b": "y", "verdict": "none"}))
    assert isinstance(resolve("openai/gpt-5"), LanguageModel)
    assert resolve("together_ai/meta/llama").model == "together_ai/meta/llama"
    assert isinstance(resolve("human"), Human)
    recorded = resolve(f"recorded:{path}")
    assert isinstance(recorded, Recorded)
    assert recorded.missing == "abstain"


def test_bare_model_names_must_be_known(monkeypatch):
    """A name without provider is a model only when litellm lists it."""
    monkeypatch.setattr(module, "is_known_model", lambda name: name == "gpt-5")
    assert resolve("gpt-5").model == "gpt-5"
    for wrong in ("gpt5", "", "/x", "x/", "recorded", "x" * 5000):
        with pytest.raises(ValueError, match="provider/model"):
            resolve(wrong)


def test_a_file_without_its_prefix(tmp_path, monkeypatch):
    """A recording's path alone is no model; what to write is said."""
    (tmp_path / "ans.jsonl").write_text("{}")
    monkeypatch.chdir(tmp_path)
    for wrong in ("./ans.jsonl", "ans.jsonl", str(tmp_path / "ans.jsonl")):
        with pytest.raises(ValueError, match=f"is a file.*'recorded:{wrong}'"):
            resolve(wrong)


@pytest.mark.parametrize(
    "wrong, hint", [("foo/bar", "openai/gpt-5"), ("opneai/gpt-5", "mean 'openai'")]
)
def test_providers_must_be_known(wrong, hint):
    """A provider that litellm does not know is refused before any work."""
    with pytest.raises(ValueError, match=rf"'{wrong.split('/')[0]}'.*{hint}"):
        resolve(wrong)


@pytest.mark.parametrize("name", ["openai/x", "github_copilot/x", "sarvam/x"])
def test_every_kind_of_provider_is_known(name):
    """Those of litellm's list and of its configuration; nothing is contacted."""
    assert resolve(name).model == name


def test_objects():
    """Any object with answer() is taken as it is; classes and others are not."""

    class Mine:
        def answer(self, question):
            return ""

    mine = Mine()
    assert resolve(mine) is mine
    for wrong in (Mine, 3, object(), lambda q: ""):
        with pytest.raises(TypeError, match="method answer"):
            resolve(wrong)


def test_a_recording_that_is_not_there():
    """A missing file is named."""
    with pytest.raises(FormatError, match="nowhere"):
        resolve("recorded:nowhere.jsonl")
    with pytest.raises(ValueError, match="needs a file"):
        resolve("recorded:")


def test_a_server_of_ones_own(tmp_path):
    """The address and the key go to the one model that is named, and to nobody else."""
    base = "http://localhost:8080/v1"
    assert resolve("openai/mine", api_base=base).api_base == base
    far = "https://elsewhere.example/v1"
    assert resolve("openai/mine", api_base=far, api_key="k" * 20).api_base == far
    with pytest.raises(ValueError, match="its own api_key"):
        resolve("openai/mine", api_base=far)
    for other in ("human", "none"):
        with pytest.raises(ValueError, match="is no model"):
            resolve(other, api_base=base)
    with pytest.raises(ValueError, match="given by its name"):
        resolve(Human(), api_base=base)
    with pytest.raises(ValueError, match="for a panel give"):
        resolve(["openai/a", "openai/b"], api_base=base)


WITHOUT = """
import sys
sys.modules["litellm"] = None  # an import raises ImportError
from llmcd.errors import ExpertError
from llmcd.expert.ask import ask
from llmcd.expert.questions import Question
from llmcd.expert.resolve import resolve
model = resolve("gpt-5")
assert resolve("openai/gpt-5").cost(1, 1) is None
try:
    ask([Question("pairwise", "x", "y", "s", "?", "m")], model, progress=False)
except ExpertError as problem:
    print(problem)
"""


def test_without_litellm_only_asking_fails():
    """Names are taken as they are, and the first question says what is missing."""
    run = [sys.executable, "-c", WITHOUT]
    done = subprocess.run(run, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "litellm cannot be imported" in done.stdout
    assert "pip install 'litellm>=" in done.stdout
