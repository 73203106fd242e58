"""Nobody but the page that the person opened can read or decide anything."""

import http.client
import json

import pytest
import yaml
from serving import run_folder, served

from llmcd.background import Background
from llmcd.errors import FormatError
from llmcd.result import Result
from llmcd.review.decisions import FILE, read, write
from llmcd.review.server import review_server

DECISION = {"action": "require", "a": "d", "b": "e", "author": "A. B.", "reason": "so"}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run folder for all tests; each ends with no decision in it."""
    return run_folder(tmp_path_factory.mktemp("review") / "run")


@pytest.fixture
def server(run):
    """A review of a run without decisions."""
    write(run, [])
    with served(run) as found:
        yield found


def ask(server, method="GET", path="/page", body=None, **headers):
    """Status, headers and text of an answer; ``None`` takes a header away."""
    port = server.server_address[1]
    given = {"Host": f"127.0.0.1:{port}", "X-Llmcd-Token": server.token}
    if method == "POST":
        given |= {"Origin": f"http://127.0.0.1:{port}"}
        given |= {"Content-Type": "application/json"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        content = b"" if body is None else body
        content = (
            content if isinstance(content, bytes) else json.dumps(content).encode()
        )
        if method == "POST":
            given.setdefault("Content-Length", str(len(content)))
        for name, value in given.items():
            for each in value if isinstance(value, list) else [value]:
                if each is not None:
                    connection.putheader(name, each)
        connection.endheaders(content or None)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


def decide(server, **more):
    """Post a decision."""
    return ask(server, "POST", "/decisions", {**DECISION, **more})


def test_the_owner_reads_and_decides(server, run):
    """With the token the page is there, a decision is kept, and the result changes."""
    status, _, page = ask(server)
    assert status == 200
    assert page.startswith("<main>")
    status, _, told = decide(server)
    assert status == 200
    assert json.loads(told)["changes"] == ["d — e is now d → e"]
    (one,) = read(run)
    assert (one.action, one.a, one.b, one.author, one.reason) == (
        "require", "d", "e", "A. B.", "so",
    )  # fmt: skip
    reviewed = Result.load(run / "reviewed")
    assert ("d", "e") in reviewed.graph.directed_edges()
    assert ("d", "e") not in Result.load(run).graph.directed_edges()
    known = yaml.safe_load((run / "reviewed" / "background.yaml").read_text("utf-8"))
    assert Background.of(known).required == {("d", "e")}
    assert "A. B." in (run / "reviewed" / "report.html").read_text("utf-8")


def test_the_next_review_goes_on(run):
    """What was decided is there again, and can be withdrawn."""
    write(run, [])
    with served(run) as one:
        decide(one)
    with served(run) as two:
        assert two.token != one.token
        assert "d → e" in ask(two)[2]
        told = json.loads(decide(two, action="withdraw", reason="")[2])
    assert told["changes"] == []
    assert "taken back" in told["words"]
    reviewed = Result.load(run / "reviewed")
    assert reviewed.graph == Result.load(run).graph


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "evil.example:80"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1.evil.example"},
        {"Host": None},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": "https://127.0.0.1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"X_Llmcd_Token": None},
        {"X_Llmcd_Token": ""},
        {"X_Llmcd_Token": "x" * 43},
        {"X_Llmcd_Token": "é"},
    ],
)
def test_others_are_refused(server, run, headers):
    """Another host, origin or site, a missing or wrong token: no word, no change."""
    for method, path, body in (
        ("GET", "/page", None),
        ("POST", "/decisions", DECISION),
    ):
        status, _, text = ask(server, method, path, body, **headers)
        assert status == 403
        assert "<main>" not in text
        assert server.token not in text
    assert read(run) == ()


def test_a_host_given_twice(server):
    """Two Host headers are refused, though one of them is right."""
    port = server.server_address[1]
    assert ask(server, Host=[f"127.0.0.1:{port}", "evil.example"])[0] == 403


def test_a_decision_says_where_it_comes_from(server, run):
    """Without an Origin header nothing is taken, token or not."""
    status, _, _ = ask(server, "POST", "/decisions", DECISION, Origin=None)
    assert status == 403
    assert read(run) == ()


def test_localhost_is_this_machine_too(server):
    """The other name of loopback serves as well, with its own origin only."""
    port = server.server_address[1]
    own, other = f"localhost:{port}", f"127.0.0.1:{port}"
    assert ask(server, Host=own)[0] == 200
    assert ask(server, Host=own, Origin=f"http://{own}")[0] == 200
    assert ask(server, Host=own, Origin=f"http://{other}")[0] == 403


def test_reading_changes_nothing(server, run):
    """No GET decides, whatever its address says, and other methods do nothing."""
    query = "action=forbid&a=a&b=c&author=x&reason=y"
    for path in (f"/decisions?{query}", "/decisions", f"/page?{query}", f"/?{query}"):
        assert ask(server, path=path)[0] == 404
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"):
        assert ask(server, method, "/decisions")[0] in (405, 501)
    assert read(run) == ()
    assert not list(run.glob("*.part"))


def test_the_token_is_in_no_address_but_the_first(server):
    """A token in the query opens nothing; in the first address it is behind #."""
    assert ask(server, path=f"/page?token={server.token}", X_Llmcd_Token=None)[0] == 403
    assert server.url.partition("#")[0].endswith("/")
    for path in ("/", "/review.js", "/report.js", "/style.css"):
        status, _, text = ask(server, path=path, X_Llmcd_Token=None)
        assert status == 200
        assert server.token not in text


def test_no_permission_for_other_pages(server):
    """No answer carries a CORS header; all forbid framing, sniffing and caching."""
    origin = "http://evil.example"
    answers = [
        ask(server), ask(server, path="/"), ask(server, Origin=origin),
        ask(server, "OPTIONS", "/decisions", Origin=origin), decide(server, a=1),
    ]  # fmt: skip
    for status, headers, _ in answers:
        assert not [x for x in headers if x.lower().startswith("access-control")]
        if status != 501:
            policy = headers["Content-Security-Policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'")
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Cache-Control"] == "no-store"
            assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "body, headers, status",
    [
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b"[" * 10_000, {}, 400),
        (b"\xff", {}, 400),
        ({**DECISION, "more": 1}, {}, 400),
        ({"action": "require"}, {}, 400),
        ({**DECISION, "action": "delete"}, {}, 400),
        ({**DECISION, "a": "nobody"}, {}, 400),
        ({**DECISION, "a": ["d"]}, {}, 400),
        ({**DECISION, "author": ""}, {}, 400),
        ({**DECISION, "reason": "\ud800"}, {}, 400),
        ({**DECISION, "reason": "x" * 20_000}, {}, 413),
        (DECISION, {"Content_Type": "text/plain"}, 415),
        (DECISION, {"Content_Type": "application/x-www-form-urlencoded"}, 415),
        (DECISION, {"Content_Type": None}, 415),
        (DECISION, {"Content_Length": "-1"}, 413),
        (DECISION, {"Transfer_Encoding": "chunked"}, 411),
    ],
)
def test_bodies_that_are_no_decision(server, run, body, headers, status):
    """What is too long, of another kind or wrong is refused in words, and not kept."""
    found, _, text = ask(server, "POST", "/decisions", body, **headers)
    assert found == status
    assert json.loads(text)["error"]
    assert read(run) == ()
    assert ask(server)[0] == 200  # and the server goes on


def test_loopback_only(server):
    """It listens on the loopback address and on no other."""
    assert server.server_address[0] == "127.0.0.1"


def test_no_run_folder(tmp_path):
    """A folder without a result, or with damaged decisions, is a clear error."""
    with pytest.raises(FormatError, match="no run folder"):
        review_server(tmp_path)
    run = run_folder(tmp_path / "run")
    (run / FILE).write_text("?\n", encoding="utf-8")
    with pytest.raises(FormatError, match="line 1: not a decision"):
        review_server(run)
