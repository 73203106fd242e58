"""A language model behind a real server that plays every fault."""

import dataclasses
import json
import socket
import subprocess
import sys
import threading
import time

import pytest
from expert.fault_server import (
    CANARY,
    LITELLM_WARNINGS,
    completion,
    error,
    model,
)

from llmcd.errors import ExpertError
from llmcd.expert.ask import ask
from llmcd.expert.budget import Budget
from llmcd.expert.language_model import LanguageModel
from llmcd.expert.planned import Plan
from llmcd.expert.questions import Question
from llmcd.expert.store import Store

ASKED = [Question("pairwise", f"x{i}", "y", "sys", f"which {i}?", "m") for i in (0, 1)]

pytestmark = [*LITELLM_WARNINGS, pytest.mark.usefixtures("litellm", "quick")]


def test_a_good_reply(server, tmp_path):
    """What is sent is the messages, the schema and the parameters, and no more."""
    with Store(tmp_path / "s.sqlite") as store:
        (answer,) = ask(ASKED[:1], model(server), store=store, progress=False).answers
    assert (answer.verdict, answer.stated) == ("a->b", {"a->b": 0.9})
    assert (answer.prompt_tokens, answer.completion_tokens) == (11, 7)
    assert (answer.usd, answer.expert) == (None, "openai/served")
    ((body, key),) = server.requests
    assert key == f"Bearer {CANARY}"
    assert body["messages"] == ASKED[0].messages
    assert body["response_format"]["json_schema"]["strict"] is True
    assert (body["temperature"], body["max_tokens"]) == (0, 2000)
    assert set(body) == {
        "messages", "model", "response_format", "temperature", "max_tokens"
    }  # fmt: skip


# --- what no second attempt can mend --------------------------------------------------


def no_such_host(*args, **kwargs):
    """Stands in for a name server that does not know a name."""
    no_such_host.calls += 1
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize(
    "name, settings",
    [("hosted_vllm/x", {}), ("openai/x", {"api_base": "https://h.invalid/v1"})],
)
def test_a_host_that_does_not_exist_is_looked_for_once(monkeypatch, name, settings):
    """Neither repeated, nor by eight at once; the error says what to check."""
    no_such_host.calls = 0
    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    expert = LanguageModel(name, api_key=CANARY, **settings)
    with pytest.raises(ExpertError, match=r"no host of that name.*api_base") as caught:
        ask(ASKED * 5, expert, progress=False)
    assert "attempts" not in str(caught.value)
    assert no_such_host.calls == 1


def test_a_host_that_has_answered_is_looked_for_again(server, monkeypatch):
    """A name server that fails for a moment does not end a run."""
    server.play((200, completion(), {"Connection": "close"}))
    expert = LanguageModel(
        "openai/served", api_base=server.base.replace("127.0.0.1", "localhost")
    )
    expert.answer(ASKED[0])
    no_such_host.calls = 0
    monkeypatch.setattr(socket, "getaddrinfo", no_such_host)
    with pytest.raises(ExpertError, match="after 4 attempts"):
        expert.answer(ASKED[1])
    assert no_such_host.calls == 4


@pytest.mark.parametrize("name", ["azure/x", "azure_ai/x", "snowflake/x"])
def test_a_login_that_is_not_set_up_is_not_tried_again(name):
    """Providers with logins of other kinds say that theirs is to be set up."""
    with pytest.raises(ExpertError, match=r"failed: .* Set up this provider's login"):
        LanguageModel(name).answer(ASKED[0])


WITHOUT_GOOGLE = """
import sys, time
sys.modules["google"] = None  # not installed, or installed without a login
from llmcd.errors import ExpertError
from llmcd.expert.ask import ask
from llmcd.expert.language_model import LanguageModel
from llmcd.expert.questions import Question
asked = [Question("pairwise", f"x{i}", "y", "s", f"{i}?", "m") for i in range(20)]
try:
    ask(asked, LanguageModel("vertex_ai/gemini-x"), progress=False)
except ExpertError as problem:
    print(problem)
"""


def test_a_missing_library_is_one_sentence():
    """Twenty questions to such a provider write no traceback, and one line in all."""
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_GOOGLE],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    assert "Set up this provider's login" in line
    assert "attempts" not in line


def test_retry_after_is_honoured(server):
    """The second request comes no earlier than the server asked."""
    server.play((429, error("slow down"), {"Retry-After": "1"}), completion())
    ask(ASKED[:1], model(server), progress=False)
    first, second = server.times
    assert 1.0 <= second - first < 3


def test_everybody_waits_when_one_is_told_to(server):
    """A limit is the account's: no other request goes out meanwhile."""
    server.play((429, error("slow down"), {"Retry-After": "1"}), completion())
    expert = model(server)
    first = threading.Thread(target=expert.answer, args=(ASKED[0],))
    first.start()
    deadline = time.monotonic() + 5
    while not expert._turns._in_trouble and time.monotonic() < deadline:
        time.sleep(0.005)
    expert.answer(ASKED[1])
    first.join()
    assert all(later - server.times[0] >= 1.0 for later in server.times[1:])


def test_a_server_without_schemas_is_asked_without(server):
    """The refusal of a schema is remembered; the answer is read all the same."""
    refusal = (400, error("'response_format' is not supported"), {})
    server.play(refusal, completion())
    assert ask(ASKED, model(server), progress=False).complete
    has_schema = ["response_format" in body for body, _ in server.requests]
    assert has_schema == [True, False, False]


def test_several_at_once(server):
    """Eight requests at once give eight answers in order."""
    asked = [Question("pairwise", f"x{i}", "y", "", str(i), "m") for i in range(16)]
    found = ask(asked, model(server, concurrency=8), progress=False)
    assert [x.a for x in found.answers] == [q.a for q in asked]
    assert len(server.requests) == 16


def test_environment_keys_never_go_to_another_host(server, monkeypatch):
    """A local server without its own key gets a placeholder."""
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    expert = LanguageModel("openai/served", api_base=server.base)
    expert.answer(ASKED[0])
    assert server.requests[0][1] == "Bearer none"
    with pytest.raises(ValueError, match="its own api_key"):
        LanguageModel("openai/x", api_base="https://elsewhere.example/v1")


def test_a_key_echoed_in_a_good_reply_is_not_stored(server, tmp_path):
    """Not even a server that repeats the key in its answer gets it into the store."""
    server.play(completion(json.dumps({"reasoning": "KEY", "verdict": "unsure"})))
    with Store(tmp_path / "s.sqlite") as store:
        found = ask(ASKED[:1], model(server), store=store, progress=False)
    assert found.answers[0].reasoning == "Bearer [key]"
    for file in tmp_path.iterdir():
        assert CANARY.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    "name, variable",
    [
        ("openai/gpt-5", "OPENAI_API_KEY"),
        ("anthropic/claude-x", "ANTHROPIC_API_KEY"),
        ("gemini/gemini-x", "GEMINI_API_KEY"),
    ],
)
def test_a_missing_key_is_said_before_anything_is_sent(name, variable):
    """The error names the variable and the ways to do without."""
    with pytest.raises(ExpertError, match=rf"{variable}.*recorded:FILE.*silence"):
        ask(ASKED, LanguageModel(name), progress=False)


def test_an_unknown_provider_is_said():
    """A provider that does not exist is an ExpertError with examples."""
    with pytest.raises(ExpertError, match="provider/model"):
        ask(ASKED, LanguageModel("nosuch/thing"), progress=False)


def test_nobody_listens():
    """A refused connection is tried again and then said."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    expert = LanguageModel("openai/x", api_base=f"http://127.0.0.1:{port}/v1")
    with pytest.raises(ExpertError, match="after 4 attempts"):
        expert.answer(ASKED[0])


@pytest.mark.parametrize(
    "settings, words",
    [
        ({"api_base": "http://elsewhere.example/v1"}, "https"),
        ({"api_base": "http://127.0.0.1.example.org/v1"}, "https"),
        ({"api_base": "file:///etc/passwd"}, "http"),
        ({"api_base": "https://user:pw@elsewhere.example/v1"}, "no user"),
        ({"api_base": "https://elsewhere.example/v1?key=1"}, "no user"),
        ({"samples": 0}, "samples"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"timeout": 0}, "timeout"),
        ({"temperature": -1}, "temperature"),
        ({"concurrency": True}, "concurrency"),
    ],
)
def test_wrong_settings(settings, words):
    """Unsafe addresses and impossible numbers are refused without a request."""
    with pytest.raises(ValueError, match=words):
        LanguageModel("openai/x", api_key="k", **settings)
    with pytest.raises(ValueError, match="provider/model"):
        LanguageModel("open ai")


def test_prices_come_from_the_table(litellm):
    """The price is the table's; another host and an unknown model have none."""
    entry = litellm.model_cost["gpt-5"]
    expected = (
        1000 * entry["input_cost_per_token"] + 10 * entry["output_cost_per_token"]
    )
    assert LanguageModel("openai/gpt-5").cost(1000, 10) == pytest.approx(expected)
    assert LanguageModel("groq/gpt-5").cost(1, 1) is None
    assert LanguageModel("openai/nosuch").cost(1, 1) is None
    elsewhere = LanguageModel("openai/gpt-5", api_base="http://localhost:1/v1")
    assert elsewhere.cost(1, 1) is None
    priced = Plan.of(
        pairs=(), questions=tuple(ASKED), expert=LanguageModel("openai/gpt-5")
    )
    assert priced.usd > 0
    with pytest.raises(ExpertError, match="no price is known"):
        ask(ASKED, elsewhere, budget=Budget(usd=1), progress=False)


def test_the_identity_tells_models_hosts_and_parameters_apart(monkeypatch):
    """Whatever may change a reply changes the identity; the key does not."""
    same = LanguageModel("openai/x", api_key="one")
    assert same.identity == LanguageModel("openai/x", api_key="two", label="l").identity
    others = [
        LanguageModel("openai/y"),
        LanguageModel("openai/x", temperature=1),
        LanguageModel("openai/x", max_tokens=10),
        LanguageModel("openai/x", api_base="http://localhost:1/v1"),
    ]
    assert all(x.identity != same.identity for x in others)
    before = same.identity
    monkeypatch.setenv("OPENAI_API_BASE", "http://localhost:2/v1")
    assert same.identity != before


def test_the_key_cannot_be_copied_out():
    """Neither repr nor pickle nor dataclass tools show the key."""
    expert = LanguageModel("openai/x", api_key=CANARY)
    assert CANARY not in repr(expert) + json.dumps(expert.identity)
    with pytest.raises(TypeError, match="holds a key"):
        expert.__getstate__()
    assert not dataclasses.is_dataclass(expert)
