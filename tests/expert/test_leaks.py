"""What leaves this machine, and what must never be found anywhere: the key."""

import copy
import json
import logging
import pickle
import sqlite3
import traceback

import numpy as np
import pandas as pd
import pytest
from expert.fault_server import (
    CANARY,
    LITELLM_WARNINGS,
    completion,
    error,
    model,
    serving,
)

import llmcd
from llmcd.cli import main
from llmcd.errors import ExpertError
from llmcd.expert.ask import ask
from llmcd.expert.questions import Question
from llmcd.expert.store import Store
from llmcd.variables import Variables

pytestmark = [*LITELLM_WARNINGS, pytest.mark.usefixtures("litellm", "quick")]

ECHO = completion(json.dumps({"reasoning": "KEY", "verdict": "A_causes_B"}))
ECHO_IN_HEADERS = (401, error("bad KEY"), {"X-Seen": "KEY", "WWW-Authenticate": "KEY"})
TEXTS = {"dose": "dose of the drug", "age": "age in years", "pain": "felt pain"}


def rows(n=400):
    """Numbers that could be found again in a text."""
    rng = np.random.default_rng(1)
    dose, age = rng.normal(size=(2, n))
    return pd.DataFrame(
        {"dose": dose, "age": age, "pain": age - dose + rng.normal(size=n)}
    )


def everything(folder):
    """Every byte of every file under a folder."""
    files = [x for x in folder.rglob("*") if x.is_file()]
    assert files
    return b"".join(x.read_bytes() for x in files)


@pytest.mark.parametrize("fails", [False, True])
def test_the_key_is_nowhere(server, tmp_path, monkeypatch, capsys, caplog, fails):
    """A server that repeats the key in bodies and headers gets it into nothing."""
    monkeypatch.setenv("MY_SERVERS_KEY", CANARY)
    caplog.set_level(logging.DEBUG)
    server.play(*[ECHO] * 2, *[ECHO_IN_HEADERS if fails else ECHO])
    data, out = tmp_path / "data.csv", tmp_path / "run"
    rows().to_csv(data, index=False)
    Variables.of(TEXTS).write(tmp_path / "v.yaml")
    code = main(
        ["discover", str(data), f"--variables={tmp_path / 'v.yaml'}", "--bootstrap=3",
         "--expert=openai/served", f"--api-base={server.base}",
         "--api-key-env=MY_SERVERS_KEY", f"--out={out}", "--jobs=1",
         f"--export={out / 'shared.jsonl'}"]
    )  # fmt: skip
    assert code == 0
    assert any(key == f"Bearer {CANARY}" for _, key in server.requests)
    said = capsys.readouterr()
    found = llmcd.Result.load(out)
    assert found.answers.complete is not fails
    seen = "".join([said.out, said.err, caplog.text, str(found), repr(found),
                    repr(found.answers), found.to_html()])  # fmt: skip
    assert CANARY not in seen
    assert "[key]" in "".join(x.reasoning for x in found.answers.answers)
    assert CANARY.encode() not in everything(tmp_path)
    connection = sqlite3.connect(out / "answers.sqlite")
    assert CANARY not in "\n".join(connection.iterdump())
    connection.close()


def test_the_key_is_in_no_traceback(server, caplog):
    """Not even one that prints the local variables of every frame of the library."""
    caplog.set_level(logging.DEBUG)
    server.play(ECHO_IN_HEADERS)
    expert = model(server)
    asked = [Question("pairwise", "x", "y", "s", "?", "m")]
    with pytest.raises(ExpertError) as caught:
        ask(asked, [expert, model(server, label="two")], progress=False)
    told = traceback.TracebackException(
        caught.type, caught.value, caught.tb, capture_locals=True
    )
    frames = [x for x in told.stack if "/llmcd/" in x.filename]
    assert len(frames) >= 3
    assert CANARY not in "".join(str(x.locals) for x in frames)
    assert CANARY not in caplog.text + repr(expert) + str(caught.value)


ECHOES = [
    (401, error("bad key KEY"), {"X-Seen": "KEY"}),
    (400, error("response_format is not supported, KEY"), {}),
    (400, error("content_filter KEY", code="content_filter"), {}),
    (503, error("busy KEY"), {}),
    (200, "<html>KEY</html>", {}),
    (302, "KEY", {"Location": "/KEY"}),
]


@pytest.mark.parametrize("fault", ECHOES, ids=[str(x[0]) for x in ECHOES])
def test_the_key_is_in_nothing_that_can_be_passed_on(
    server, tmp_path, monkeypatch, fault
):
    """Pickles, copies, exports, files and words of a run that ended with that fault."""
    for name in ("MY_SERVERS_KEY", "OPENAI_API_KEY", "HF_TOKEN", "DB_PASSWORD"):
        monkeypatch.setenv(name, CANARY)
    expert = model(server)
    server.play(*[ECHO] * 3, fault)
    store = tmp_path / "s.sqlite"
    found = llmcd.discover(rows(), TEXTS, expert, bootstrap=3, progress=False,
                           store=store, n_jobs=1)  # fmt: skip
    assert len(found.answers) >= 3
    assert any(key == f"Bearer {CANARY}" for _, key in server.requests)
    found.save(tmp_path / "run")
    found.report(tmp_path / "run" / "report.html")
    with Store(store) as opened:
        opened.export(tmp_path / "shared.jsonl")
    found.answers.write(tmp_path / "answers.jsonl")
    for name in ("graphml", "dot", "json"):
        (tmp_path / f"g.{name}").write_text(found.to(name))
    whole = everything(tmp_path)
    for each in (found, found.answers, found.combined):
        whole += pickle.dumps(each) + pickle.dumps(copy.copy(each))
        whole += (repr(each) + str(each)).encode()
    assert b"[key]" in whole
    assert CANARY.encode() not in whole
    with pytest.raises(TypeError, match="holds a key"):
        pickle.dumps(expert)


def test_only_words_leave(server, tmp_path):
    """Of the table no cell, no category that is not declared, and no mean is sent."""
    table = rows()
    table["sex"] = np.where(table["dose"] > 0, "canary-category", "other-category")
    texts = {**TEXTS, "sex": "sex at birth"}
    asked = model(server, api_key=None)
    llmcd.discover(table, texts, asked, bootstrap=3, progress=False, n_jobs=1)
    assert server.requests
    sent = json.dumps([body for body, _ in server.requests])
    cells = {f"{x:.6g}" for x in table.select_dtypes("number").to_numpy().ravel()}
    means = {f"{x:.4g}" for x in table.select_dtypes("number").mean()}
    assert not [x for x in cells | means if x in sent]
    assert "canary-category" not in sent
    for body, _ in server.requests:
        assert set(body) == {
            "messages", "model", "response_format", "temperature", "max_tokens"
        }  # fmt: skip


def test_the_result_says_what_was_sent_and_where(server, tmp_path):
    """Characters, tokens, host: in result and report, and again from the folder."""
    found = llmcd.discover(rows(), TEXTS, model(server), bootstrap=3, progress=False,
                           store=tmp_path / "s.sqlite", n_jobs=1)  # fmt: skip
    (sent,) = found.answers.sent
    host = server.base.removesuffix("/v1")
    bodies = [body["messages"] for body, _ in server.requests]
    assert sent.host == host
    assert sent.questions == len(bodies) == len(found.answers)
    assert sent.characters == sum(len(m["content"]) for one in bodies for m in one)
    assert sent.tokens == 11 * len(bodies)
    line = f"openai/served: {len(bodies)} questions, {sent.characters:,} characters"
    for text in (str(found), found.to_html(), str(found.answers)):
        assert f"sent for {line}" in text.replace("Sent for", "sent for")
        assert host in text
    found.save(tmp_path / "run")
    assert llmcd.Result.load(tmp_path / "run").answers.sent == found.answers.sent
    replayed = llmcd.Recorded(tmp_path / "run" / "answers.jsonl")
    again = llmcd.discover(rows(), TEXTS, replayed, bootstrap=3, progress=False)
    assert again.answers.sent == found.answers.sent


def test_a_second_request_counts(server):
    """What a remark shows back to the model was sent too."""
    server.play(completion("hm"), completion())
    asked = Question("pairwise", "x", "y", "s", "?", "m")
    (answer,) = ask([asked], model(server), progress=False).answers
    messages = [m["content"] for body, _ in server.requests for m in body["messages"]]
    assert answer.characters == sum(map(len, messages))


def test_nothing_is_said_to_be_sent_where_nobody_was_asked():
    """A recording sends nothing."""
    recorded = llmcd.Recorded({("x", "y"): "a->b"})
    found = ask([Question("pairwise", "x", "y", "", "?", "m")], recorded)
    assert found.sent == ()
    assert found.answers[0].characters is None


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(server, status):
    """A question goes to the host that was named, and to no other."""
    with serving() as other:
        there = {"Location": f"{other.base}/chat/completions"}
        server.play((status, error("elsewhere"), there))
        with pytest.raises(ExpertError, match="not followed: check api_base"):
            ask([Question("pairwise", "x", "y", "s", "?", "m")], model(server),
                progress=False)  # fmt: skip
        assert other.requests == []
    assert len(server.requests) == 1


def test_keys_of_the_environment_stay_at_home(server, monkeypatch, tmp_path):
    """Neither by Python nor on the command line do they reach another host."""
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "LITELLM_API_KEY"):
        monkeypatch.setenv(name, CANARY)
    server.play(completion())
    ask([Question("pairwise", "x", "y", "s", "?", "m")],
        model(server, api_key=None), progress=False)  # fmt: skip
    ((_, key),) = server.requests
    assert key == "Bearer none"
    with Store(tmp_path / "s.sqlite") as store:
        assert len(store) == 0


def test_a_replay_gives_the_same_report(server, tmp_path):
    """Byte for byte, from the store alone; a store that lacks a reply is an error."""
    store = tmp_path / "s.sqlite"
    options = {"bootstrap": 3, "progress": False, "n_jobs": 1, "store": store}
    first = llmcd.discover(rows(), TEXTS, model(server), **options)
    n = len(server.requests)
    again = llmcd.discover(rows(), TEXTS, model(server), replay=True, **options)
    assert len(server.requests) == n > 2
    assert again.to_html() == first.to_html()
    for result, name in ((first, "one"), (again, "two")):
        result.save(tmp_path / name)
    for file in sorted((tmp_path / "one").iterdir()):
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
    with pytest.raises(ExpertError, match="not in the store"):
        llmcd.discover(rows(), {**TEXTS, "age": "in months"}, model(server),
                       replay=True, **options)  # fmt: skip
    assert len(server.requests) == n
