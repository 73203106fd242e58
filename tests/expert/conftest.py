"""litellm without its surprises, and a server that plays faults."""

import gc
import os
import warnings

import pytest
from expert.fault_server import completion, serving

from llmcd.expert import language_model


@pytest.fixture(scope="module")
def litellm():
    """litellm, imported once and whatever it warns about on the way."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        imported = language_model._litellm()
    yield imported
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        imported.in_memory_llm_clients_cache.flush_cache()
        gc.collect()  # here, so that open connections are no warning elsewhere


@pytest.fixture
def quick(monkeypatch):
    """No real keys and no long pauses."""
    monkeypatch.setattr(language_model, "_BACKOFF", 0.01)
    for name in list(os.environ):
        if name.endswith(("_API_KEY", "_API_BASE", "_BASE_URL")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def running():
    """The server."""
    with serving() as made:
        yield made


@pytest.fixture
def server(running):
    """The server with an empty script."""
    running.delay = 0.0
    running.play(completion())
    return running
