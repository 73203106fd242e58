"""A language model behind a real server that plays every fault."""

import dataclasses
import gc
import json
import os
import socket
import subprocess
import sys
import threading
import time
import traceback
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from llmcd.errors import ExpertError
from llmcd.expert import language_model as module
from llmcd.expert.ask import ask
from llmcd.expert.budget import Budget
from llmcd.expert.language_model import LanguageModel
from llmcd.expert.questions import Plan, Question
from llmcd.expert.recorded import wire_text
from llmcd.expert.store import Store

CANARY = "canary-9f8e7d6c5b4a-key"
GOOD = wire_text("a->b", stated={"a->b": 0.9})
ASKED = [Question("pairwise", f"x{i}", "y", "sys", f"which {i}?", "m") for i in (0, 1)]

pytestmark = [
    # litellm's clients are left to the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    # pydantic about litellm's own types
    pytest.mark.filterwarnings("ignore:Item .* on TypedDict class:UserWarning"),
]


@pytest.fixture(scope="module", autouse=True)
def litellm():
    """litellm, imported once and whatever it warns about on the way."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        imported = module._litellm()
    yield imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        imported.in_memory_llm_clients_cache.flush_cache()
        gc.collect()  # here, so that open connections are no warning elsewhere


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No real keys and no long pauses."""
    monkeypatch.setattr(module, "_BACKOFF", 0.01)
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_API_BASE", "_BASE_URL")):
            monkeypatch.delenv(name)


def completion(content=GOOD, finish="stop", **message):
    """A reply of the OpenAI interface."""
    message = {"role": "assistant", "content": content, **message}
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "served-model",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18},
    }


class Server(ThreadingHTTPServer):
    """Plays a script of (status, body, headers), then the last one for ever."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answering)
        self.script, self.requests, self.times = [], [], []
        self.base = f"http://127.0.0.1:{self.server_port}/v1"

    def play(self, *script):
        self.script = [
            s if isinstance(s, tuple | str) else (200, s, {}) for s in script
        ]
        self.requests, self.times = [], []


class Answering(BaseHTTPRequestHandler):
    """One connection to the server."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers.get("Authorization")
        server.requests.append((body, key))
        server.times.append(time.monotonic())
        step = server.script[0]
        if len(server.script) > 1:
            server.script.pop(0)
        if step == "drop":
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        if step == "hang":
            time.sleep(1.5)
            step = (200, completion(), {})
        status, content, headers = step
        text = content if isinstance(content, str) else json.dumps(content)
        sent = text.replace("KEY", str(key)).encode()
        self.send_response(status)
        kind = "text/html" if text.startswith("<") else "application/json"
        for name, value in {"Content-Type": kind, "Content-Length": len(sent),
                            **headers}.items():  # fmt: skip
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(sent)


@pytest.fixture(scope="module")
def running():
    """The server."""
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield made
        made.shutdown()


@pytest.fixture
def server(running):
    """The server with an empty script."""
    running.play(completion())
    return running


def model(server, **settings):
    """A language model at the server, with the canary as its key."""
    settings = {"timeout": 5, "concurrency": 1, **settings}
    return LanguageModel(
        "openai/served", api_base=server.base, api_key=CANARY, **settings
    )


def error(message, **more):
    """An error of the OpenAI interface."""
    return {"error": {"message": message, "type": "x", **more}}


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


ANSWERED = [
    ("empty", completion(""), None, "empty", 1),
    ("null", completion(None), None, "empty", 1),
    ("no choices", completion() | {"choices": []}, None, "empty", 1),
    ("refusal", completion(None, refusal="I will not"), None, "refusal", 1),
    ("refusal text", completion("I'm sorry, I can't help."), None, "refusal", 1),
    ("truncated", completion('{"reasoning": "an', "length"), None, "truncated", 1),
    ("used up", completion("", "length"), None, "truncated", 1),
    ("filter", completion(None, "content_filter"), None, "filtered", 1),
    ("thinking", completion(f"<think>hm {{</think>{GOOD}"), "a->b", None, 1),
    ("prose", completion("A causes B"), None, "unparsable", 2),
]


@pytest.mark.parametrize(
    "body, verdict, reason, requests",
    [x[1:] for x in ANSWERED],
    ids=[x[0] for x in ANSWERED],
)
def test_replies_without_a_verdict(server, body, verdict, reason, requests):
    """Each has its reason, and only an unreadable one is asked for again."""
    server.play(body)
    (answer,) = ask(ASKED[:1], model(server), progress=False).answers
    assert (answer.verdict, answer.reason) == (verdict, reason)
    assert len(server.requests) == requests


PASSING = [
    ("500", (500, error("boom"), {})),
    ("503", (503, error("busy"), {})),
    ("529", (529, error("overloaded"), {})),
    ("502 page", (502, "<html>bad gateway</html>", {})),
    ("429", (429, error("slow down"), {"Retry-After": "0"})),
    ("429 plain", (429, error("slow down"), {})),
    ("drop", "drop"),
]


@pytest.mark.parametrize("fault", [x[1] for x in PASSING], ids=[x[0] for x in PASSING])
def test_failures_that_pass_are_tried_again(server, fault):
    """One fault, then a good reply: two requests and an answer."""
    server.play(fault, completion())
    assert ask(ASKED[:1], model(server), progress=False).answers[0].verdict == "a->b"
    assert len(server.requests) == 2


LASTING = [
    ("401", (401, error("bad key KEY", code="invalid"), {}), 1, "Check the key"),
    ("403", (403, error("not you, KEY"), {}), 1, "Check the key"),
    ("404", (404, error("no such model"), {}), 1, "name"),
    ("400", (400, error("context_length_exceeded KEY"), {}), 1, "context_length"),
    ("quota", (429, error("You exceeded your current quota",
                          code="insufficient_quota"), {}), 1, "no money or quota"),
    ("billing", (429, error("Check your billing"), {}), 1, "no money or quota"),
    ("wait", (429, error("slow down"), {"Retry-After": "3600"}), 1, "wait 3600 s"),
    ("page", (200, "<html>Sign in KEY</html>", {}), 1, "check api_base"),
    ("not json", (200, "OK KEY", {}), 1, "api_base"),
    ("500", (500, error("boom KEY"), {}), 4, "after 4 attempts"),
    ("429", (429, error("slow down"), {"Retry-After": "0"}), 4, "after 4 attempts"),
    ("drop", "drop", 4, "after 4 attempts"),
]  # fmt: skip


@pytest.mark.parametrize("fault, requests, hint", [x[1:] for x in LASTING],
                         ids=[x[0] for x in LASTING])  # fmt: skip
def test_failures_that_last(server, tmp_path, fault, requests, hint):
    """An ExpertError with a hint, the right number of requests, and nowhere the key."""
    server.play(fault)
    expert = model(server)
    with Store(tmp_path / "s.sqlite") as store:
        with pytest.raises(ExpertError, match=hint) as caught:
            ask(ASKED, expert, store=store, progress=False)
        assert len(store) == 0
    assert len(server.requests) == requests
    seen = [repr(caught.value), repr(expert), "".join(traceback.format_exception(
        caught.type, caught.value, caught.tb))]  # fmt: skip
    assert CANARY not in "".join(seen)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    for file in tmp_path.iterdir():
        assert CANARY.encode() not in file.read_bytes()


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


def test_a_slow_server_times_out(server):
    """The timeout given is the one that counts, four times."""
    server.play("hang")
    with pytest.raises(ExpertError, match="after 4 attempts"):
        ask(ASKED[:1], model(server, timeout=0.2), progress=False)
    assert len(server.requests) == 4


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
    while expert._not_before == 0 and time.monotonic() < deadline:
        time.sleep(0.005)
    expert.answer(ASKED[1])
    first.join()
    assert all(later - server.times[0] >= 1.0 for later in server.times[1:])


def test_an_outage_half_way_pauses(server, tmp_path):
    """What was answered is kept; the next run asks the rest."""
    down = (500, error("boom"), {})
    server.play(completion(), down)
    with Store(tmp_path / "s.sqlite") as store:
        found = ask(ASKED, model(server), store=store, progress=False)
        assert (len(found.answers), found.complete) == (1, False)
        assert "boom" in found.note
        server.play(completion())
        assert ask(ASKED, model(server), store=store, progress=False).complete
        assert len(server.requests) == 1


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
