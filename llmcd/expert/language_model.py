"""Any hosted or local language model, through litellm."""

from __future__ import annotations

import atexit
import logging
import os
import re
import sys
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from llmcd.errors import ExpertError
from llmcd.expert.budget import Permit
from llmcd.expert.failures import (
    SECRET_NAME,
    Failure,
    failure_of,
    without_known_keys,
)
from llmcd.expert.kinds import read_reply
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question
from llmcd.expert.turns import Turns

__all__ = ["LanguageModel", "has_litellm", "is_known_model", "is_routed", "providers"]

_LOG = logging.getLogger(__name__)
_RETRIES = 3
_BACKOFF = 1.0  # seconds before the first retry, twice as long before each next one
_LONGER = 4  # times max_tokens, for a second request after a reply that was cut off
_NO_MORE = "The budget allows no further attempt"
_LOGGERS = ("LiteLLM", "LiteLLM Proxy", "LiteLLM Router")
# at DEBUG these write every prompt and every header of a reply into the log
_TALKATIVE = ("openai", "httpx", "httpcore")
# credentials of these may also lie in files, so a missing variable proves nothing
_OTHER_LOGINS = {"azure", "azure_ai", "bedrock", "sagemaker", "vertex_ai", "watsonx"}


def _litellm() -> Any:
    # otherwise the import asks a server for a list of prices, and a request to
    # Anthropic one for a list of headers
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    os.environ.setdefault("LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS", "True")
    is_first = "litellm" not in sys.modules
    if is_first:
        # pydantic about litellm's own types: nothing that a user could act on
        warnings.filterwarnings("ignore", r"Item .* on TypedDict class", UserWarning)
    try:
        import litellm
    except ImportError as problem:
        raise ExpertError(
            f"litellm cannot be imported ({problem}), and only through it a model can "
            f"be asked: pip install 'litellm>=1.106.0,<1.107'. What a store or a "
            f"recording holds needs no litellm"
        ) from None

    if is_first and "LITELLM_LOG" not in os.environ:
        # it logs the traceback of what it also raises; who imports it first, or sets
        # its variable, may want that
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        for logger in map(logging.getLogger, _TALKATIVE):
            if logger.level == logging.NOTSET:  # nobody asked for more
                logger.setLevel(logging.WARNING)
    litellm.suppress_debug_info = True
    if litellm.client_session is None:
        # its own client follows redirects, and a question would go to a host that
        # nobody named
        from httpx import Client
        from litellm.llms.custom_httpx.http_handler import get_ssl_configuration

        litellm.client_session = Client(verify=get_ssl_configuration())
        atexit.register(litellm.client_session.close)
    return litellm


def has_litellm() -> bool:
    """Whether litellm can be imported.

    Returns
    -------
    bool
    """
    try:
        _litellm()
    except ExpertError:
        return False
    return True


def is_known_model(name: str) -> bool:
    """Whether litellm lists a model under this name without a provider.

    True when there is no litellm: then only stored replies can be had.

    Parameters
    ----------
    name : str
        Such as ``"gpt-5"``.

    Returns
    -------
    bool
    """
    return not has_litellm() or name in _litellm().model_cost


def providers() -> frozenset[str]:
    """The providers of litellm's list.

    Returns
    -------
    frozenset of str
    """
    return frozenset(str(getattr(x, "value", x)) for x in _litellm().provider_list)


def is_routed(model: str) -> bool:
    """Whether litellm finds a provider for a model, be it by the user's configuration.

    Parameters
    ----------
    model : str
        Of none of ``providers``: for some of those, looking starts a login.

    Returns
    -------
    bool
    """
    litellm = _litellm()
    try:
        litellm.get_llm_provider(model)
    except litellm.exceptions.BadRequestError:
        return False
    return True


class LanguageModel:
    """A language model behind any provider that litellm knows, or any local server.

    Only the questions' texts are sent. After failures that pass (429 with its
    Retry-After, 5xx, timeouts, dropped connections) three more requests are tried, by
    all that are under way together; after a wrong key, an exhausted quota or an
    unknown model none. A reply that was cut off is asked for once more, with four
    times the room. Nothing falls back in silence.

    Parameters
    ----------
    model : str
        ``"provider/model"``, such as ``"openai/gpt-5"`` or ``"ollama/llama3.3"``.
    api_base : str, optional
        Address of another server that speaks the provider's language. https, unless it
        is this machine. Keys of the environment are never sent there.
    api_key : str, optional
        The key; by default the provider's environment variable.
    samples : int, optional
        How often each question is asked.
    temperature : float, optional
        Not sent to models that refuse it, or when None.
    max_tokens : int, optional
        The longest reply, thinking included.
    timeout : float, optional
        Seconds for one request.
    concurrency : int, optional
        Requests under way at once.
    label : str, optional
        Name in results; the model's when None.

    Raises
    ------
    ValueError
        If an argument is out of range, or ``api_base`` is another host without https
        or without its own key.

    Examples
    --------
    >>> LanguageModel("openai/mine", api_base="http://localhost:8080/v1")
    LanguageModel('openai/mine', api_base='http://localhost:8080/v1')
    """

    takes_permit = True

    def __init__(
        self,
        model: str,
        *,
        api_base: str | None = None,
        api_key: str | None = None,
        samples: int = 1,
        temperature: float | None = 0,
        max_tokens: int = 2000,
        timeout: float = 60,
        concurrency: int = 8,
        label: str | None = None,
    ) -> None:
        if not isinstance(model, str) or not model or re.search(r"\s", model):
            raise ValueError(f"model is 'provider/model' without spaces, got {model!r}")
        for name, value in (("samples", samples), ("max_tokens", max_tokens),
                            ("concurrency", concurrency)):  # fmt: skip
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} must be a whole number from 1, got {value!r}")
        if not timeout > 0:
            raise ValueError(f"timeout must be above 0 seconds, got {timeout!r}")
        if temperature is not None and not temperature >= 0:
            raise ValueError(f"temperature must be 0 or more, got {temperature!r}")
        self.model = model
        self.api_base = api_base
        self.samples, self.temperature = samples, temperature
        self.max_tokens, self.timeout = max_tokens, timeout
        self.concurrency = concurrency
        self.label = label or model
        self._key = api_key or None
        if api_base is not None:
            is_here = _check_base(api_base)
            if self._key is None and not is_here:
                raise ValueError(
                    f"{_host(api_base)} needs its own api_key=... (on the command line "
                    f"--api-key-env NAME); the keys in the environment belong to other "
                    f"hosts and are not sent there"
                )
            # a placeholder, so that the client does not take one from the environment
            self._key = self._key or "none"
        self._turns = Turns(_RETRIES, _BACKOFF)
        self._takes_schema = True
        self._is_checked = False
        self._has_answered = False

    def __repr__(self) -> str:
        base = f", api_base={self.api_base!r}" if self.api_base else ""
        return f"LanguageModel({self.model!r}{base})"

    def __getstate__(self) -> dict[str, Any]:
        raise TypeError("a LanguageModel holds a key and is not pickled or copied")

    @property
    def identity(self) -> dict[str, Any]:
        """Model, host and parameters: all that may change a reply."""
        return {
            "model": self.model,
            "host": _host(self.api_base or self._base_in_environment() or ""),
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
        }

    @property
    def _provider(self) -> str:
        return self.model.partition("/")[0]

    def _base_in_environment(self) -> str | None:
        provider = self._provider.upper()
        for name in (f"{provider}_API_BASE", f"{provider}_BASE_URL"):
            if os.environ.get(name):
                return os.environ[name]
        return None

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """Price of a request from litellm's table, without discounts.

        Parameters
        ----------
        prompt_tokens, completion_tokens : int
            Numbers of tokens.

        Returns
        -------
        float or None
            US dollars; None for another host, for models without a known price, and
            without litellm.
        """
        if self.api_base is not None or not has_litellm():
            return None
        prices = _litellm().model_cost
        provider, _, name = self.model.partition("/")
        entry = prices.get(self.model)
        if entry is None and prices.get(name, {}).get("litellm_provider") == provider:
            entry = prices[name]
        sent = (entry or {}).get("input_cost_per_token")
        received = (entry or {}).get("output_cost_per_token")
        if sent is None or received is None:
            return None
        return float(sent) * prompt_tokens + float(received) * completion_tokens

    def answer(self, question: Question, permit: Permit | None = None) -> Reply:
        """Ask the model, with retries where they can help.

        Parameters
        ----------
        question : Question
            Its messages are all that is sent.
        permit : Permit, optional
            Asked before each further request for this question.

        Returns
        -------
        Reply

        Raises
        ------
        ExpertError
            If there is no key, or the provider fails; without the key in its text.
        """
        self._check_key()
        found = self._attempts(question, self.max_tokens, permit)
        if isinstance(found, Failure):
            raise self._error(found)
        said = read_reply(found, question)
        if not all(each.parsed.reason == "truncated" for each in said):
            return found
        # thinking may have used up all that was allowed: once more, with room for it
        longer = _LONGER * self.max_tokens
        if permit is not None and not permit.again(longer=longer):
            return found
        second = self._attempts(question, longer, permit)
        if isinstance(second, Failure):
            if second.is_transient:
                raise self._error(second)
            return found  # so long a reply cannot be had here
        return _paid_for_both(found, second)

    def _error(self, problem: Failure) -> ExpertError:
        # made here, not where it was caught: no chain leads back to the provider's
        # exception, whose text and request can hold the key
        where = _host(self.api_base) if self.api_base else "its provider"
        tried = f" after {_RETRIES + 1} attempts" if problem.is_transient else ""
        return ExpertError(
            f"{self.label} at {where} failed{tried}: {problem.text.rstrip('.')}. "
            f"{problem.hint(self._provider)}"
        )

    def _attempts(
        self, question: Question, max_tokens: int, permit: Permit | None
    ) -> Reply | Failure:
        before: Failure | None = None
        while True:
            turn = self._turns.enter()
            if turn is None:
                return self._turns.problem or before or Failure(None, "given up")
            try:
                if before is not None and not _may_again(permit, before):
                    self._turns.left(turn)
                    return replace(before, text=f"{before.text}. {_NO_MORE}")
                with_schema = self._takes_schema
                response, problem = self._request(question, max_tokens, with_schema)
            except BaseException:
                self._turns.left(turn)
                raise
            if problem is None:
                self._turns.passed(turn)
                return self._reply(response)
            before = problem
            if with_schema and problem.refuses_schema:
                self._turns.passed(turn)
                _LOG.info("%s takes no schema; asking without", self.label)
                self._takes_schema = False
            elif problem.filtered:
                self._turns.passed(turn)
                return Reply(None, "content_filter", host=self._sent_to(None))
            elif not problem.is_transient:
                self._turns.left(turn)
                return problem
            elif not self._turns.failed(turn, problem):
                return self._turns.problem or problem

    def _request(
        self, question: Question, max_tokens: int, with_schema: bool
    ) -> tuple[Any, Failure | None]:
        settings: dict[str, Any] = {"max_tokens": max_tokens}
        if self.temperature is not None:
            settings["temperature"] = self.temperature
        if with_schema:
            settings["response_format"] = {
                "type": "json_schema",
                "json_schema": {
                    "name": "verdict",
                    "strict": True,
                    "schema": dict(question.schema),
                },
            }
        if self.api_base is not None:
            settings["api_base"] = self.api_base
        if self._key is not None:
            settings["api_key"] = self._key
        litellm = _litellm()
        try:
            response = litellm.completion(
                model=self.model,
                messages=question.messages,
                timeout=self.timeout,
                num_retries=0,
                max_retries=0,
                drop_params=True,
                **settings,
            )
        except Exception as problem:  # raised again as an ExpertError
            headers = getattr(problem, "litellm_response_headers", None)
            self._has_answered |= headers is not None
            return None, failure_of(
                problem, key=self._key, has_answered=self._has_answered
            )
        self._has_answered = True
        return response, None

    def _sent_to(self, response: Any) -> str:
        """Scheme, name and port of the host, as far as litellm tells."""
        base = self.api_base or self._base_in_environment()
        hidden = getattr(response, "_hidden_params", None)
        if not base and isinstance(hidden, Mapping):
            base = hidden.get("api_base")
        if isinstance(base, str) and urlsplit(base).hostname:
            return _host(base, path=False)
        return f"the usual host of {self._provider}"

    def _reply(self, response: Any) -> Reply:
        usage = getattr(response, "usage", None)
        sent = _count(getattr(usage, "prompt_tokens", None))
        received = _count(getattr(usage, "completion_tokens", None))
        usd = None
        if sent is not None and received is not None:
            usd = self.cost(sent, received)
        model = getattr(response, "model", None)
        choices = getattr(response, "choices", None) or []
        if not choices:
            return Reply(
                None, None, None, model, sent, received, usd, self._sent_to(response)
            )
        message = choices[0].message
        text, extra = (
            message.content,
            getattr(message, "provider_specific_fields", None),
        )
        refusal = (extra or {}).get("refusal") or getattr(message, "refusal", None)
        return Reply(
            without_known_keys(text, self._key) if isinstance(text, str) else None,
            choices[0].finish_reason,
            without_known_keys(str(refusal), self._key) if refusal else None,
            str(model) if model else None,
            sent,
            received,
            usd,
            self._sent_to(response),
        )

    def _check_key(self) -> None:
        if self._is_checked:
            return
        base = self._base_in_environment()
        if base is not None and self.api_base is None:
            try:
                _check_base(base, "the address in the environment")
            except ValueError as wrong:
                raise ExpertError(f"{self.model} was not asked: {wrong}") from None
        missing, problem = self._missing_keys()
        if problem is not None:
            raise ExpertError(
                f"{self.model!r} cannot be used: {problem.text}. Write "
                f"'provider/model', such as 'openai/gpt-5' or 'ollama/llama3.3'"
            )
        if missing:
            raise ExpertError(
                f"there is no key for {self.model}: set the environment variable "
                f"{' or '.join(missing)}, or give api_key=. Without a key, replay "
                f"recorded answers ('recorded:FILE') or ask nobody ('none'); nothing "
                f"falls back in silence"
            )
        self._is_checked = True

    def _missing_keys(self) -> tuple[list[str], Failure | None]:
        litellm = _litellm()
        try:
            provider = litellm.get_llm_provider(self.model, api_base=self.api_base)[1]
            if self._key is not None or provider in _OTHER_LOGINS:
                return [], None
            found = litellm.validate_environment(self.model)
        except Exception as problem:  # raised again as an ExpertError
            return [], failure_of(problem, key=self._key)
        if found.get("keys_in_environment"):
            return [], None
        missing = found.get("missing_keys") or []
        return sorted(x for x in missing if SECRET_NAME.search(x)), None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _may_again(permit: Permit | None, before: Failure) -> bool:
    return permit is None or permit.again(billed=before.may_be_billed)


def _paid_for_both(first: Reply, second: Reply) -> Reply:
    """The second reply, with the usage of both."""

    def total(name: str) -> Any:
        both = getattr(first, name), getattr(second, name)
        return None if None in both else sum(both)

    used = {n: total(n) for n in ("prompt_tokens", "completion_tokens", "usd")}
    return replace(second, **used)


def _host(base: str, *, path: bool = True) -> str:
    """Scheme, host and path; never what stands before an @ or behind a ?."""
    parts = urlsplit(base)
    port = f":{parts.port}" if parts.port else ""
    behind = parts.path if path else ""
    return f"{parts.scheme}://{parts.hostname}{port}{behind}" if base else ""


def _check_base(base: str, name: str = "api_base") -> bool:
    """Refuse unsafe addresses; True when it is this machine."""
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{name} must be an http(s) address, got {_host(base)!r}")
    if parts.username or parts.password or parts.query:
        raise ValueError(f"{name} must hold no user, password or query; give api_key=")
    host = parts.hostname
    is_here = host in ("localhost", "::1") or bool(
        re.fullmatch(r"127\.\d+\.\d+\.\d+", host)
    )
    if parts.scheme == "http" and not is_here:
        raise ValueError(
            f"{name} must be https, since key and questions would travel readable: "
            f"{_host(base)}"
        )
    return is_here
