"""A server on loopback that speaks the OpenAI interface and plays faults."""

import contextlib
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from llmcd.expert.language_model import LanguageModel
from llmcd.expert.recorded import wire_text

CANARY = "canary-9f8e7d6c5b4a-key"
GOOD = wire_text("a->b", stated={"a->b": 0.9})

LITELLM_WARNINGS = [
    # litellm's clients are left to the garbage collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    # pydantic about litellm's own types
    pytest.mark.filterwarnings("ignore:Item .* on TypedDict class:UserWarning"),
]


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


def error(message, **more):
    """An error of the OpenAI interface."""
    return {"error": {"message": message, "type": "x", **more}}


def model(server, **settings):
    """A language model at a server, with the canary as its key."""
    settings = {"timeout": 5, "concurrency": 1, "api_key": CANARY, **settings}
    return LanguageModel("openai/served", api_base=server.base, **settings)


class FaultServer(ThreadingHTTPServer):
    """Plays a script, then its last step for ever.

    A step is a body, (status, body, headers), "drop" or "hang"; KEY in a body becomes
    the key that was sent. What came is in ``requests`` (body, key), ``times`` and
    ``steps``.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answering)
        self.lock = threading.Lock()
        self.base = f"http://127.0.0.1:{self.server_port}/v1"
        self.delay = 0.0
        self.play(completion())

    def play(self, *script):
        with self.lock:
            self.script = [
                s if isinstance(s, tuple | str) else (200, s, {}) for s in script
            ]
            self.requests, self.times, self.steps = [], [], []

    def handle_error(self, request, client_address):
        """Clients that are gone are what is tested."""


class _Answering(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers.get("Authorization")
        with server.lock:
            server.requests.append((body, key))
            server.times.append(time.monotonic())
            step = server.script[0]
            server.steps.append(step)
            if len(server.script) > 1:
                server.script.pop(0)
        time.sleep(server.delay)
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
        kind = "text/html" if text.startswith("<") else "application/json"
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": len(sent),
                            **headers}.items():  # fmt: skip
            self.send_header(name, str(value).replace("KEY", str(key)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(sent)


@contextlib.contextmanager
def serving():
    """A server that runs in a thread of its own."""
    with FaultServer() as made:
        thread = threading.Thread(target=made.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield made
        made.shutdown()
