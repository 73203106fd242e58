"""What a provider's failure means: whether waiting helps, and what the user can do."""

from __future__ import annotations

import base64
import os
import re
import socket
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from urllib.parse import quote

__all__ = ["SECRET_NAME", "Failure", "failure_of", "redacted", "without_known_keys"]

_LONGEST_WAIT = 60.0  # seconds that a provider may ask us to wait
_TRANSIENT = {408, 409, 425, 429, 500, 502, 503, 504, 529}
_UNPAID = re.compile(
    r"insufficient[_ ]quota|exceeded your current quota|billing|credit balance"
    r"|payment required|insufficient (?:funds|credits?)",
    re.IGNORECASE,
)
_NOT_AN_API = re.compile(
    r"empty or invalid response|Expecting value|<APIResponse \[2|<html|<!doctype",
    re.IGNORECASE,
)
_ABOUT_SCHEMA = re.compile(
    r"response_?format|json_?schema|structured|output_config|guided", re.IGNORECASE
)
_TOO_LONG = re.compile(
    r"context[_ ](?:length|window|size)|maximum context|too many tokens|prompt is too "
    r"long|exceeds? the (?:available )?context",
    re.IGNORECASE,
)
_FILTERED = re.compile(
    r"content[_ ](?:filter|policy)|content management policy|safety system",
    re.IGNORECASE,
)
_NO_LOGIN = re.compile(
    r"credentials|api_base is required|missing .{0,30}\bkey\b|\bnot set\b",
    re.IGNORECASE,
)
SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_SECRET = re.compile(
    r"\b(?:sk|pk|rk|gsk|xai|hf|pplx|nvapi|ghp)[-_][\w*.-]{4,}|\bAIza[\w*-]{6,}"
    r"|\bAKIA[A-Z0-9]{8,}|(?<=Bearer )[^\s'\",}]+"
    r"|(?<=key=)[^\s&'\",}]+|(?<=token=)[^\s&'\",}]+",
    re.IGNORECASE,
)


def redacted(text: str, *secrets: str | None) -> str:
    """Take keys out of a text.

    Parameters
    ----------
    text : str
        Such as a provider's error.
    *secrets : str or None
        Keys to take out, besides what environment variables with KEY, TOKEN, SECRET,
        PASSWORD or CREDENTIAL in their names hold, and what looks like a key.

    Returns
    -------
    str

    Examples
    --------
    >>> redacted("Incorrect API key: sk-abcdefgh123", None)
    'Incorrect API key: [key]'
    """
    return _SECRET.sub("[key]", without_known_keys(text, *secrets))


def without_known_keys(text: str, *secrets: str | None) -> str:
    """Take out the keys that are known, and nothing that only looks like one.

    Parameters
    ----------
    text : str
        Such as a reply.
    *secrets : str or None
        As for ``redacted``.

    Returns
    -------
    str

    Examples
    --------
    >>> without_known_keys("Bearer correct-horse", "correct-horse")
    'Bearer [key]'
    """
    named = [v for k, v in os.environ.items() if SECRET_NAME.search(k)]
    wanted = {v for v in named if len(v) >= 12} | {v for v in secrets if v}
    # short values are words, not keys: they must not be cut out of other words
    forms = {form for v in wanted if len(v) >= 6 for form in _written(v)}
    for secret in sorted(forms, key=len, reverse=True):
        text = text.replace(secret, "[key]")
    return text


def _written(secret: str) -> set[str]:
    """A key as it is, in an address, in JSON, and as a login of the basic kind."""
    escaped = secret.replace("\\", "\\\\").replace('"', '\\"')
    encoded = base64.b64encode(secret.encode("utf-8", "replace")).decode()
    forms = {secret, escaped, escaped.replace("/", "\\/"), encoded}
    return forms | {quote(secret, safe="", errors="replace")}


@dataclass(frozen=True)
class Failure:
    """A provider's error as plain values: the exception itself may hold the key.

    Attributes
    ----------
    status : int or None
        Of HTTP, or what litellm takes for it.
    text : str
        Without keys.
    wait : float or None
        Seconds that the provider asks to wait.
    unpaid : bool
        No money or quota is left.
    not_an_api : bool
        Something else than a language model's interface answers there.
    no_login : bool
        A key, another login or the library for it is not set up on this machine.
    no_host : bool
        No host has that name, and none has answered before.
    may_be_billed : bool
        The request may have reached the model: the reply is what got lost.
    filtered : bool
        A filter of the provider refused this question.

    Examples
    --------
    >>> Failure(503, "busy").is_transient, Failure(401, "bad key").is_transient
    (True, False)
    """

    status: int | None
    text: str
    wait: float | None = None
    unpaid: bool = False
    not_an_api: bool = False
    no_login: bool = False
    no_host: bool = False
    may_be_billed: bool = False
    filtered: bool = False

    @property
    def is_transient(self) -> bool:
        """Whether the same request may succeed after at most a minute."""
        if self.unpaid or self.not_an_api or self.no_login or self.no_host:
            return False
        if self.wait is not None and self.wait > _LONGEST_WAIT:
            return False
        return self.status is None or self.status in _TRANSIENT

    @property
    def refuses_schema(self) -> bool:
        """Whether the request may succeed without the schema of a reply."""
        return self.status in (400, 422) and bool(_ABOUT_SCHEMA.search(self.text))

    @property
    def too_long(self) -> bool:
        """Whether the question does not fit into the model's context."""
        return self.status in (400, 413, 422) and bool(_TOO_LONG.search(self.text))

    def hint(self, provider: str) -> str:
        """What the user can do about it.

        Parameters
        ----------
        provider : str
            litellm's name of it.

        Returns
        -------
        str
        """
        if self.unpaid:
            return "The account has no money or quota left; nothing was retried."
        if self.no_login:
            return (
                "Set up this provider's login, as litellm's documentation of "
                f"{provider!r} says; nothing was retried."
            )
        if self.no_host:
            return (
                "There is no host of that name: check the network and api_base (in the "
                f"environment, {provider.upper()}_API_BASE); nothing was retried."
            )
        if self.status in (401, 403):
            return "Check the key; nothing was retried."
        if self.status is not None and 300 <= self.status < 400:
            return (
                "It sends to another address, which was not followed: check api_base."
            )
        if self.status == 404:
            return "Check the model's name."
        if self.too_long:
            return (
                "The question is longer than the model can read: shorten the "
                "descriptions, or use a model with a longer context."
            )
        if self.not_an_api:
            return "What answers there is not a language model's API: check api_base."
        if self.wait is not None and self.wait > _LONGEST_WAIT:
            return f"It asks to wait {self.wait:.0f} s: try again later."
        return "Try again later, or use another expert."


def failure_of(
    problem: Exception, *, key: str | None = None, has_answered: bool = False
) -> Failure:
    """Read what litellm raised.

    Parameters
    ----------
    problem : Exception
        Of litellm.
    key : str, optional
        Taken out of the text.
    has_answered : bool, optional
        Whether the host is known to exist.

    Returns
    -------
    Failure

    Examples
    --------
    >>> failure_of(OSError("Bearer abc123 was refused")).text
    'Bearer [key] was refused'
    """
    status = getattr(problem, "status_code", None)
    # real errors of a provider come with headers; litellm also calls it an error 500
    # when a library is missing or a web page was served with 200
    is_ours = getattr(problem, "litellm_response_headers", None) is None
    causes = _causes(problem)
    whole = " ".join(map(str, causes[:2]))
    codes = " ".join(str(getattr(each, "code", None)) for each in causes)
    text = redacted(str(problem), key)
    text = text.partition("Traceback (most recent call last)")[0]
    text = re.sub(r"^litellm\.\w+: |\b\w+Exception - ", "", " ".join(text.split()))
    no_library = any(isinstance(each, ImportError) for each in causes)
    unknown = any(isinstance(each, socket.gaierror) for each in causes)
    return Failure(
        status if isinstance(status, int) else None,
        text[:500],
        _retry_after(problem),
        unpaid=bool(_UNPAID.search(whole)),
        not_an_api=is_ours and bool(_NOT_AN_API.search(text)),
        no_login=is_ours and (no_library or bool(_NO_LOGIN.search(text))),
        no_host=unknown and not has_answered,
        may_be_billed=_may_be_billed(status, is_ours, causes),
        filtered=status == 400 and bool(_FILTERED.search(f"{text} {codes}")),
    )


def _may_be_billed(status: object, is_ours: bool, causes: list[BaseException]) -> bool:
    """Whether a model may have worked on a request whose reply never came."""
    if any(isinstance(x, ConnectionRefusedError | socket.gaierror) for x in causes):
        return False
    # a server that says no with a number has not answered; a gateway may have lost
    # the answer of the one behind it
    return is_ours or status in (408, 502, 504)


def _causes(problem: BaseException) -> list[BaseException]:
    """An exception and those that led to it, the last one first."""
    found: list[BaseException] = []
    at: BaseException | None = problem
    while at is not None and at not in found:
        found.append(at)
        at = at.__cause__ or at.__context__
    return found


def _retry_after(problem: Exception) -> float | None:
    for source in (
        getattr(problem, "litellm_response_headers", None),
        getattr(getattr(problem, "response", None), "headers", None),
    ):
        given = source.get("retry-after") if source else None
        if given is None:
            continue
        try:
            return max(0.0, float(given))
        except ValueError:
            pass
        try:
            return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
        except (ValueError, TypeError):
            continue
    return None
