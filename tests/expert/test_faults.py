"""Every fault: how many requests, what the user reads, what is kept."""

import re
import traceback

import pytest
from expert.fault_server import (
    CANARY,
    GOOD,
    LITELLM_WARNINGS,
    completion,
    error,
    model,
)

from llmcd.errors import ExpertError
from llmcd.expert.ask import ask
from llmcd.expert.budget import Budget
from llmcd.expert.language_model import LanguageModel
from llmcd.expert.questions import Question
from llmcd.expert.store import Store

ASKED = [
    Question("pairwise", f"x{i}", "y", "sys", f"which {i}?", "m") for i in range(30)
]

pytestmark = [*LITELLM_WARNINGS, pytest.mark.usefixtures("litellm", "quick")]

WAITS = {"Retry-After": "0"}
QUOTA = error("You exceeded your current quota", code="insufficient_quota")
CONTEXT = "This model's maximum context length is 8192 tokens. KEY"
# what is played for ever; how many requests for one question; what the user reads
LASTING = [
    ("401", (401, error("bad key KEY", code="invalid"), {}), 1, "Check the key"),
    ("403", (403, error("not you, KEY"), {}), 1, "Check the key"),
    ("404", (404, error("no such model"), {}), 1, "Check the model's name"),
    ("400", (400, error("bad request KEY"), {}), 1, "bad request"),
    ("context too long", (400, error(CONTEXT, code="context_length_exceeded"), {}), 1,
     "shorten the descriptions"),
    ("429", (429, error("slow down"), {}), 4, "after 4 attempts.*slow down"),
    ("429 Retry-After", (429, error("slow down"), WAITS), 4, "after 4 attempts"),
    ("429 too long", (429, error("no"), {"Retry-After": "3600"}), 1, "wait 3600 s"),
    ("quota", (429, QUOTA, {}), 1, "no money or quota left; nothing was retried"),
    ("billing", (429, error("Check your billing"), {}), 1, "no money or quota"),
    ("500", (500, error("boom KEY"), {}), 4, "after 4 attempts: .*boom.*later"),
    ("502 page", (502, "<html>bad gateway</html>", {}), 4, "after 4 attempts"),
    ("503", (503, error("busy"), {}), 4, "after 4 attempts: .*busy"),
    ("529", (529, error("overloaded"), {}), 4, "after 4 attempts: .*overloaded"),
    ("drop", "drop", 4, "after 4 attempts"),
    ("slow", "hang", 4, "after 4 attempts: .*[Tt]ime"),
    ("page", (200, "<html>Sign in KEY</html>", {}), 1, "check api_base"),
    ("bad JSON", (200, "OK KEY {", {}), 1, "check api_base"),
]  # fmt: skip
NAMED = {"ids": [x[0] for x in LASTING]}


def faulty(server, fault):
    """A model that waits no longer than a slow server needs to be too slow."""
    return model(server, timeout=0.3 if fault == "hang" else 5)


def assert_no_key(caught, expert, folder):
    """Nowhere in what a user may see, print or send on."""
    told = traceback.TracebackException(
        caught.type, caught.value, caught.tb, capture_locals=True
    )
    # the lines of this file hold it, the library's frames must not
    ours = [f for f in told.stack if "/llmcd/" in f.filename]
    seen = [
        repr(caught.value),
        str(caught.value),
        repr(expert),
        repr(vars(caught.value)),
    ]
    seen += [str((f.line, f.locals)) for f in ours]
    assert CANARY not in " ".join(seen)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    for file in folder.iterdir():
        assert CANARY.encode() not in file.read_bytes()


@pytest.mark.parametrize("fault, requests, hint", [x[1:] for x in LASTING], **NAMED)
def test_from_the_start(server, tmp_path, fault, requests, hint):
    """An ExpertError with a hint, exactly so many requests, nothing kept, no key."""
    server.play(fault)
    expert = faulty(server, fault)
    with Store(tmp_path / "s.sqlite") as store:
        with pytest.raises(ExpertError, match=hint) as caught:
            ask(ASKED, expert, store=store, progress=False)
        assert len(store) == 0
    assert len(server.requests) == requests
    assert_no_key(caught, expert, tmp_path)


@pytest.mark.parametrize("fault, requests, hint", [x[1:] for x in LASTING], **NAMED)
def test_half_way(server, tmp_path, fault, requests, hint):
    """What was answered is kept, the note says why, and the next run asks the rest."""
    asked = ASKED[:4]
    server.play(completion(), completion(), fault)
    with Store(tmp_path / "s.sqlite") as store:
        found = ask(asked, faulty(server, fault), store=store, progress=False)
        assert len(server.requests) == 2 + requests
        assert [x.verdict for x in found.answers] == ["a->b"] * 2
        assert len(store) == 2
        assert re.search(f"^2 of 4 .*paused because: .*{hint}.*same store", found.note)
        server.play(completion())
        assert ask(asked, model(server), store=store, progress=False).complete
        assert len(server.requests) == 2
        assert len(store) == 4


@pytest.mark.parametrize(
    "fault",
    [x[1] for x in LASTING if x[2] > 1],
    ids=[x[0] for x in LASTING if x[2] > 1],
)
def test_once(server, fault):
    """What passes is tried again: two requests and an answer."""
    server.play(fault, completion())
    found = ask(ASKED[:1], faulty(server, fault), progress=False)
    assert found.answers[0].verdict == "a->b"
    assert len(server.requests) == 2


# a reply without a verdict: its reason, and how many requests were made for it
ANSWERED = [
    ("empty", completion(""), "empty", 1),
    ("null", completion(None), "empty", 1),
    ("no choices", completion() | {"choices": []}, "empty", 1),
    ("refusal", completion(None, refusal="I will not"), "refusal", 1),
    ("refusal text", completion("I'm sorry, I can't help."), "refusal", 1),
    ("truncated", completion('{"reasoning": "an', "length"), "truncated", 2),
    ("used up", completion("", "length"), "truncated", 2),
    ("unclosed thinking", completion("<think>hm", "length"), "truncated", 2),
    ("filter", completion(None, "content_filter"), "filtered", 1),
    ("filter 400", (400, error("rejected", code="content_filter"), {}), "filtered", 1),
    ("prose", completion("A causes B"), "unparsable", 2),
    ("thinking", completion(f"<think>hm {{</think>{GOOD}"), None, 1),
]


@pytest.mark.parametrize(
    "body, reason, requests", [x[1:] for x in ANSWERED], ids=[x[0] for x in ANSWERED]
)
def test_replies_without_a_verdict(server, tmp_path, body, reason, requests):
    """Each has its reason, is stored, and is not asked for a third time."""
    server.play(body)
    with Store(tmp_path / "s.sqlite") as store:
        found = ask(ASKED[:1], model(server), store=store, progress=False)
        assert (found.answers[0].reason, found.complete) == (reason, True)
        assert found.abstentions == ({reason: 1} if reason else {})
        assert len(server.requests) == requests
        again = ask(ASKED[:1], model(server), store=store, progress=False)
        assert again == found
    assert len(server.requests) == requests


def test_a_reply_cut_off_gets_room(server):
    """Once more with four times the tokens; both are paid for."""
    server.play(completion("", "length"), completion())
    (answer,) = ask(ASKED[:1], model(server, max_tokens=50), progress=False).answers
    assert answer.verdict == "a->b"
    assert [body["max_tokens"] for body, _ in server.requests] == [50, 200]
    assert (answer.prompt_tokens, answer.completion_tokens) == (22, 14)


def test_a_server_that_gives_no_such_room(server):
    """Where so long a reply is refused, the one cut off is what there is."""
    refused = (400, error("max_tokens is too large"), {})
    server.play(completion("", "length"), refused)
    found = ask(ASKED[:1], model(server), progress=False)
    assert found.abstentions == {"truncated": 1}
    assert len(server.requests) == 2


# --- several at once ------------------------------------------------------------------


def test_an_outage_costs_what_was_under_way_and_three_more(server, tmp_path):
    """Eight at once: one alone, eight that fail together, three that try."""
    server.play(completion(), (503, error("down"), {}))
    server.delay = 0.3  # so that all eight are under way when the first one fails
    with Store(tmp_path / "s.sqlite") as store:
        found = ask(ASKED, model(server, concurrency=8), store=store, progress=False)
        assert len(server.requests) == 1 + 8 + 3
        assert (len(found), len(store)) == (1, 1)
        server.delay = 0
        server.play(completion())
        more = ask(ASKED, model(server, concurrency=8), store=store, progress=False)
        assert more.complete
    assert len(server.requests) == 29


def test_a_wrong_key_is_tried_once_by_all_together(server):
    """What fails for everybody fails once."""
    server.play((401, error("bad key"), {}))
    with pytest.raises(ExpertError, match="Check the key"):
        ask(ASKED, model(server, concurrency=8), progress=False)
    assert len(server.requests) == 1


def test_after_a_limit_one_goes_first(server):
    """Eight that are told to wait do not come back all at once, and none is lost."""
    slow = (429, error("slow down"), {"Retry-After": "1"})
    server.play(completion(), *[slow] * 8, completion())
    server.delay = 0.2
    found = ask(ASKED[:12], model(server, concurrency=8), progress=False)
    assert found.complete
    assert len(server.requests) == 12 + 8
    told, tried, then = server.times[8], server.times[9], server.times[10]
    assert tried - told >= 1.0
    assert then - tried >= 0.2  # only once the first was answered


# --- the budget counts every request --------------------------------------------------


def test_attempts_are_calls(server):
    """A limit of three calls is three requests, whatever becomes of them."""
    server.play((503, error("busy"), {}))
    with pytest.raises(ExpertError, match="budget allows no further attempt"):
        ask(ASKED, model(server), budget=Budget(calls=3), progress=False)
    assert len(server.requests) == 3


def test_a_lost_reply_stays_paid(server):
    """After a drop its worst case is not given back; after a plain refusal it is."""
    server.play(completion())
    one = ask(ASKED[:1], model(server, max_tokens=500), progress=False)
    assert one.complete
    limit = Budget(tokens=1500)  # one worst case and a bit
    for fault, sent in (("drop", 1), ((503, error("busy"), {}), 2)):
        server.play(fault, completion())
        expert = model(server, max_tokens=500)
        if sent == 1:
            with pytest.raises(ExpertError, match="no further attempt"):
                ask(ASKED[:1], expert, budget=limit, progress=False)
        else:
            assert ask(ASKED[:1], expert, budget=limit, progress=False).complete
        assert len(server.requests) == sent


def test_no_room_in_the_budget_for_a_longer_reply(server):
    """Then the reply that was cut off is what there is."""
    server.play(completion("", "length"), completion())
    found = ask(ASKED[:1], model(server), budget=Budget(calls=1), progress=False)
    assert found.abstentions == {"truncated": 1}
    assert len(server.requests) == 1


def charged_by(server):
    """What a server with these prices would have put on the bill."""
    total = 0.0
    for (body, _), step in zip(server.requests, server.steps, strict=True):
        if step == "drop":  # the model may have worked for it as long as allowed
            sent = sum(len(m["content"]) for m in body["messages"])
            total += 1e-5 * (sent + body["max_tokens"])
        elif step[0] == 200:
            total += 1e-5 * step[1]["usage"]["total_tokens"]
    return total


def used(reply, sent=200, received=280):
    """The same reply, at nearly the price that was reserved for it."""
    both = {"prompt_tokens": sent, "completion_tokens": received}
    return reply | {"usage": both | {"total_tokens": sent + received}}


def test_eight_workers_with_faults_never_overspend(server, monkeypatch):
    """Fake prices, drops, cut replies: what the server charged stays in the limit."""
    monkeypatch.setattr(
        LanguageModel, "cost", lambda self, sent, received: 1e-5 * (sent + received)
    )
    good, cut = used(completion()), used(completion("", "length"))
    server.delay = 0.01

    def run(limit):
        server.play(good, *["drop", cut, (503, error("busy"), {}), good, good] * 40)
        expert = model(server, concurrency=8, max_tokens=300)
        return ask(ASKED, expert, budget=limit, progress=False)

    assert run(None).complete
    assert charged_by(server) > 0.2  # so that every limit here is one
    for usd in (0.02, 0.05, 0.1, 0.15):
        found = run(Budget(usd=usd))
        assert not found.complete
        assert "budget" in found.note
        assert 0.4 * usd < charged_by(server) <= usd
        assert 0 < len(found) < 30
