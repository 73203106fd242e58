"""What a file that came from somebody else cannot do."""

from __future__ import annotations

import json
import logging

import numpy as np
import pandas as pd
import pytest
from expert.fault_server import CANARY, LITELLM_WARNINGS, completion, model, serving

import llmcd
from llmcd import folder
from llmcd.cli import main
from llmcd.errors import ExpertError, VariablesError
from llmcd.expert.language_model import LanguageModel
from llmcd.expert.questions import Question

pytestmark = LITELLM_WARNINGS
ASKED = Question("pairwise", "x", "y", "the system words", "which one?", "m")


def rows(*names, n=300):
    """A chain of columns with these names."""
    rng = np.random.default_rng(5)
    steps = rng.normal(size=(n, len(names)))
    return pd.DataFrame(steps.cumsum(axis=1), columns=list(names))


# --- where questions and keys go ------------------------------------------------------


@pytest.mark.parametrize("place", ["top", "domain", "variable"])
def test_a_file_of_descriptions_names_no_server(tmp_path, place):
    """An address there is a mistake that is said, wherever it stands."""
    texts = {"domain": "d", "variables": {"x": {"description": "Age."}}}
    evil = {"api_base": "https://evil.example/v1", "expert": "openai/x"}
    if place == "top":
        texts |= evil
    else:
        texts["variables"]["x"] |= evil
    (tmp_path / "v.json").write_text(json.dumps(texts))
    with pytest.raises(VariablesError, match=r"unknown (entry|field) 'api_base'"):
        llmcd.Variables.of(tmp_path / "v.json")


def with_address(value, base):
    """The same JSON with an address in every object of it."""
    if isinstance(value, list):
        return [with_address(each, base) for each in value]
    if not isinstance(value, dict):
        return value
    inside = {key: with_address(each, base) for key, each in value.items()}
    return inside | {"api_base": base, "host": base, "api_key": "stolen"}


def test_a_run_folder_names_no_server(tmp_path, monkeypatch, capsys):
    """Whatever is written into it, nothing is sent to that address."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    data, run = tmp_path / "d.csv", tmp_path / "run"
    rows("x", "y").to_csv(data, index=False)
    (tmp_path / "v.json").write_text('{"x": "Age.", "y": "Weight."}')
    assert main(["plan", str(data), f"--variables={tmp_path / 'v.json'}",
                 "--bootstrap=2", f"--out={run}"]) == 0  # fmt: skip
    with serving() as other:
        file = run / "candidates.json"
        whole = json.loads(file.read_text()) | {"api_base": other.base}
        whole["settings"] = with_address(whole["settings"], other.base)
        del whole["checksum"]
        # somebody who forges a folder also knows how its checksum is made
        whole["checksum"] = folder.files.checksum(whole)
        file.write_text(json.dumps(whole))
        assert main(["ask", str(run), "--expert=openai/served"]) == 4
        assert other.requests == []
    assert "no key for openai/served" in capsys.readouterr().err


@pytest.mark.usefixtures("no_keys")
@pytest.mark.parametrize("name", ["OPENAI_API_BASE", "OPENAI_BASE_URL"])
@pytest.mark.parametrize(
    "base",
    ["http://elsewhere.example/v1", "https://u:p@elsewhere.example/v1", "ftp://x"],
)
def test_an_address_in_the_environment_is_checked_too(monkeypatch, name, base):
    """The key there does not travel readable, whoever set the address."""
    monkeypatch.setenv(name, base)
    with pytest.raises(ExpertError, match="address in the environment must") as caught:
        LanguageModel("openai/x", api_key=CANARY).answer(ASKED)
    assert "u:p" not in str(caught.value)


@pytest.fixture
def no_keys(monkeypatch):
    """No address and no key that this machine may have."""
    for name in ("OPENAI_API_BASE", "OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("no_keys")
def test_a_local_server_in_the_environment_is_asked(monkeypatch):
    """Without encryption only this machine is."""
    with serving() as server:
        monkeypatch.setenv("OPENAI_API_BASE", server.base)
        reply = LanguageModel("openai/served", api_key="its-own-key").answer(ASKED)
        assert reply.host == server.base.removesuffix("/v1")
        assert [key for _, key in server.requests] == ["Bearer its-own-key"]


@pytest.mark.usefixtures("no_keys")
def test_no_prompt_and_no_reply_is_logged(caplog):
    """Not by us, not by litellm, not by what it asks through, not even at DEBUG."""
    with serving() as server:
        server.play(completion("the reply's words"))
        logging.getLogger().setLevel(logging.DEBUG)
        with caplog.at_level(logging.DEBUG):
            llmcd.ask([ASKED], model(server), progress=False)
        assert len(server.requests) == 2
    for words in ("the system words", "which one?", "the reply's words"):
        assert words not in caplog.text


# --- names ----------------------------------------------------------------------------

NAMES = [
    "../x",
    "/etc/passwd",
    "con",
    "a\\b",
    "n" * 200,
    ".hidden",
    "x;rm -rf y",
    "a:b",
]


def test_names_never_become_paths(tmp_path, monkeypatch):
    """A run folder and all that can be written hold the same files as ever."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(home)
    odd, plain = (
        llmcd.discover(rows(*names), bootstrap=2, progress=False)
        for names in (NAMES, [f"v{k}" for k in range(len(NAMES))])
    )
    for name, result in (("odd", odd), ("plain", plain)):
        result.save(home / name)
        result.report(home / name / "report.html")
    files = [
        sorted(x.name for x in (home / name).rglob("*")) for name in ("odd", "plain")
    ]
    assert files[0] == files[1]
    assert sorted(x.name for x in tmp_path.rglob("*") if x.is_dir()) == [
        "home", "odd", "plain"
    ]  # fmt: skip
    assert llmcd.Result.load(home / "odd").graph == odd.graph
    assert set(odd.graph.names) == set(NAMES)


def test_a_table_that_a_spreadsheet_opens_holds_no_formula(tmp_path):
    """Cells that begin like one are marked as text, in every CSV of the folder."""
    names = ["=1+1", "+x", "-y", "@sum", "\tz"]
    llmcd.discover(rows(*names), bootstrap=2, progress=False).save(tmp_path)
    files = list(tmp_path.glob("*.csv"))
    assert files
    cells = [
        cell
        for file in files
        for row in pd.read_csv(file, dtype=str).itertuples(index=False)
        for cell in row
        if isinstance(cell, str) and any(name.strip() in cell for name in names)
    ]
    assert cells
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-x", "@", "\t"))]
