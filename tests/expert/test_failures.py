"""Failures: read for what they mean, never with a key in them."""

import socket

import pytest

from llmcd.expert.failures import Failure, failure_of, redacted

CANARY = "canary-9f8e7d6c5b4a-key"


def raised(text, cause=None, **facts):
    """An exception like litellm's, with what led to it."""
    made = RuntimeError(text)
    made.__dict__.update(facts)
    made.__cause__ = cause
    return made


NO_NAME = socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize(
    "problem, is_transient, hint",
    [
        (raised("boom", status_code=500), True, "Try again later"),
        (raised("boom"), True, "Try again later"),
        (raised("bad", status_code=400), False, "Try again later"),
        (raised("connection", OSError("refused"), status_code=500), True, "Try again"),
        (raised("x", NO_NAME, status_code=500), False, "FOO_API_BASE"),
        (raised("x", raised("y", NO_NAME), status_code=500), False, "no host"),
        (
            raised("x", ImportError("sdk"), status_code=500),
            False,
            "documentation of 'f",
        ),
        (raised("Missing credentials", status_code=500), False, "login"),
        (raised("Missing Foo JWT key", status_code=500), False, "login"),
        (raised("FOO_ID is not set", status_code=401), False, "login"),
        (
            raised(
                "lost its credentials", status_code=500, litellm_response_headers={}
            ),
            True,
            "Try again later",
        ),
        (raised("Check your billing", status_code=429), False, "no money or quota"),
        (raised("<html>", status_code=500), False, "check api_base"),
        (
            raised("<html>", status_code=502, litellm_response_headers={"a": "b"}),
            True,
            "Try again later",
        ),
    ],
)
def test_what_waiting_helps_and_what_not(problem, is_transient, hint):
    """What is wrong on this machine or with the account is not tried again."""
    found = failure_of(problem)
    assert found.is_transient is is_transient
    assert hint in found.hint("foo")


def test_a_host_that_answered_before_exists():
    """Then a name that cannot be resolved is a passing failure."""
    problem = raised("x", NO_NAME, status_code=500)
    assert failure_of(problem, has_answered=True).is_transient


@pytest.mark.parametrize("wait, helps", [("3", True), ("3600", False), ("soon", True)])
def test_a_wait_that_is_asked_for(wait, helps):
    """Up to a minute is waited, more is said, what cannot be read is ignored."""
    problem = raised(
        "slow", status_code=429, litellm_response_headers={"retry-after": wait}
    )
    found = failure_of(problem)
    assert found.is_transient is helps
    assert ("wait 3600 s" in found.hint("foo")) is not helps


def test_causes_that_go_in_a_circle_end():
    """An exception may be among its own causes."""
    one, two = raised("one"), raised("two")
    one.__context__, two.__context__ = two, one
    assert failure_of(one).text == "one"


def test_a_refused_schema_is_known_by_its_words():
    """Only of a request that was wrong."""
    assert Failure(400, "'response_format' is not supported").refuses_schema
    assert not Failure(400, "too long").refuses_schema
    assert not Failure(500, "response_format").refuses_schema


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-abcDEF123456.",
        "url https://x.example/v1?key=AIzaSyA1234567890abcdef failed",
        "Authorization: Bearer abc.def-123",
        "gsk_abcdefgh12345 is wrong",
    ],
)
def test_what_looks_like_a_key_is_taken_out(text):
    """Common forms of keys are removed even when the key is not known."""
    assert "[key]" in redacted(text)
    for part in ("abcDEF", "AIza", "abc.def", "abcdefgh"):
        assert part not in redacted(text)


def test_known_keys_are_taken_out_wherever_they_stand(monkeypatch):
    """Values of variables that hold keys, and the given key, are removed."""
    monkeypatch.setenv("MY_SECRET_TOKEN", "correct horse battery")
    assert redacted("a correct horse battery b", None) == "a [key] b"
    assert redacted(f"x{CANARY}y", CANARY) == "x[key]y"
    assert redacted("nothing here") == "nothing here"


@pytest.mark.parametrize(
    "written",
    [
        'canary/9f8e+7d6c="5b\\4a',
        "canary%2F9f8e%2B7d6c%3D%225b%5C4a",
        'canary/9f8e+7d6c=\\"5b\\\\4a',
        'canary\\/9f8e+7d6c=\\"5b\\\\4a',
        "Y2FuYXJ5LzlmOGUrN2Q2Yz0iNWJcNGE=",
    ],
)
def test_a_key_is_known_in_every_way_that_it_is_written(monkeypatch, written):
    """As it is, in an address, in JSON of both kinds, and in base 64."""
    key = 'canary/9f8e+7d6c="5b\\4a'
    assert redacted(f"<{written}>", key) == "<[key]>"
    monkeypatch.setenv("ANY_SERVICE_API_KEY", key)
    assert redacted(f"<{written}>") == "<[key]>"
