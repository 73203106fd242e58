"""The review page on loopback, for one browser tab of the person who started it.

Other pages in the same browser can reach loopback as well, so nothing here trusts a
request because it came: the address must be this one (a page that rebinds its own name
to loopback sends its own name), the origin must be this one, and all that reads or
changes the result needs a token, which travels in a header that no other page can set
without permission that is never given.
"""

from __future__ import annotations

import hmac
import json
import secrets
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any

from llmcd.errors import LlmcdError
from llmcd.review.session import Session

__all__ = ["ReviewServer", "review_server"]

LOOPBACK = "127.0.0.1"
MOST_BYTES = 16_384
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class ReviewServer(ThreadingHTTPServer):
    """Serves one review until it is stopped.

    Attributes
    ----------
    session : Session
        What is reviewed.
    token : str
        Who has it may read and decide.
    url : str
        Where to begin. The token stands behind ``#``, which a browser does not send.
    """

    daemon_threads = True

    def __init__(self, session: Session, port: int) -> None:
        self.session = session
        self.token = secrets.token_urlsafe(32)
        super().__init__((LOOPBACK, port), _Handler)
        port = self.server_address[1]
        self.hosts = (f"{LOOPBACK}:{port}", f"localhost:{port}")

    @property
    def url(self) -> str:
        """Where to begin."""
        return f"http://{self.hosts[0]}/#token={self.token}"


def review_server(run: str | Path, *, port: int = 0, author: str = "") -> ReviewServer:
    """Prepare a review of a run folder.

    Parameters
    ----------
    run : str or Path
        A run folder with a result.
    port : int, optional
        On the loopback address; 0 takes a free one.
    author : str, optional
        Who decides, until the page says otherwise.

    Returns
    -------
    ReviewServer
        Listening; ``serve_forever()`` serves it.

    Raises
    ------
    FormatError
        If the folder cannot be read.
    OSError
        If the port is taken.
    """
    return ReviewServer(Session(run, author=author), port)


class _Refused(Exception):  # noqa: N818 - ends a request, no error of ours
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


_STATIC = {
    "/": ("llmcd.review", "shell.html", "text/html"),
    "/review.js": ("llmcd.review", "review.js", "text/javascript"),
    "/report.js": ("llmcd.report", "report.js", "text/javascript"),
    "/style.css": ("llmcd.report", "style.css", "text/css"),
}


class _Handler(BaseHTTPRequestHandler):
    server: ReviewServer  # pyright: ignore[reportIncompatibleVariableOverride]
    server_version, sys_version = "llmcd", ""
    timeout = 20

    def do_GET(self) -> None:
        """Hand out the shell, its script and style, and to its owner the page."""
        self._answer(self._get)

    def do_POST(self) -> None:
        """Take a decision."""
        self._answer(self._post)

    def _get(self) -> tuple[str, str]:
        self._check_place()
        if self.path in _STATIC:
            package, name, kind = _STATIC[self.path]
            return kind, files(package).joinpath(name).read_text(encoding="utf-8")
        self._check_token()
        if self.path != "/page":
            raise _Refused(404, "there is no such page")
        page = self.server.session.page()
        end = "</main>"  # text of users holds no tag: it is escaped
        return "text/html", page[page.index("<main>") : page.index(end)] + end

    def _post(self) -> tuple[str, str]:
        self._check_place()
        if self.headers.get("Origin") is None:
            raise _Refused(403, "a decision must say where it comes from")
        self._check_token()
        if self.path != "/decisions":
            raise _Refused(404, "there is no such page")
        try:
            told = self.server.session.decide(self._body())
        except (TypeError, ValueError) as error:
            raise _Refused(400, str(error)) from None
        except (LlmcdError, OSError) as error:
            raise _Refused(500, f"the decision could not be kept: {error}") from None
        return "application/json", json.dumps(told)

    def _check_place(self) -> None:
        """Refuse what another page, or another name for this machine, sends."""
        host = self.headers.get_all("Host") or []
        if len(host) != 1 or host[0] not in self.server.hosts:
            raise _Refused(403, "this address is not served here")
        origin = self.headers.get_all("Origin") or []
        if origin not in ([], [f"http://{host[0]}"]):
            raise _Refused(403, "another page sent this")
        if self.headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none"):
            raise _Refused(403, "another page sent this")

    def _check_token(self) -> None:
        given = self.headers.get("X-Llmcd-Token", "")
        if not hmac.compare_digest(given.encode(), self.server.token.encode()):
            raise _Refused(
                403, "the token is missing or of an earlier review; open the address "
                "that llmcd review printed"
            )  # fmt: skip

    def _body(self) -> dict[str, Any]:
        if self.headers.get("Content-Type") != "application/json":
            raise _Refused(415, "a decision is application/json")
        if self.headers.get("Transfer-Encoding") is not None:
            raise _Refused(411, "a decision has a length")
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            raise _Refused(413, f"a decision has at most {MOST_BYTES} bytes")
        try:
            content = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError):
            raise _Refused(400, "this is no JSON") from None
        if not isinstance(content, dict):
            raise _Refused(400, "a decision is a JSON object")
        return content

    def _answer(self, work: Any) -> None:
        try:
            kind, text = work()
            status = 200
        except _Refused as refused:
            status, kind = refused.status, "application/json"
            text = json.dumps({"error": str(refused)})
        content = text.encode()
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing: the page says what happens."""
