"""Any hosted or local language model, through litellm."""

from __future__ import annotations

import logging
import os
import random
import re
import sys
import threading
import time
import warnings
from typing import Any
from urllib.parse import urlsplit

from llmcd.errors import ExpertError
from llmcd.expert.failures import (
    SECRET_NAME,
    Failure,
    failure_of,
    without_known_keys,
)
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question

__all__ = ["LanguageModel", "is_known_model", "is_routed", "providers"]

_LOG = logging.getLogger(__name__)
_RETRIES = 3
_BACKOFF = 1.0  # seconds before the first retry, twice as long before each next one
_LOGGERS = ("LiteLLM", "LiteLLM Proxy", "LiteLLM Router")
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
    import litellm

    if is_first and "LITELLM_LOG" not in os.environ:
        # it logs the traceback of what it also raises; who imports it first, or sets
        # its variable, may want that
        for name in _LOGGERS:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    litellm.suppress_debug_info = True
    return litellm


def is_known_model(name: str) -> bool:
    """Whether litellm lists a model under this name without a provider.

    Parameters
    ----------
    name : str
        Such as ``"gpt-5"``.

    Returns
    -------
    bool
    """
    return name in _litellm().model_cost


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

    Only the questions' texts are sent. Failures that pass (429 with its Retry-After,
    5xx, timeouts, dropped connections) are tried again three times; a wrong key, an
    exhausted quota or an unknown model is not. Nothing falls back in silence.

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
                    f"{_host(api_base)} needs its own api_key=...; the keys in the "
                    f"environment belong to other hosts and are not sent there"
                )
            # a placeholder, so that the client does not take one from the environment
            self._key = self._key or "none"
        self._lock = threading.Lock()
        self._not_before = 0.0
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
            US dollars; None for another host and for models without a known price.
        """
        if self.api_base is not None:
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

    def answer(self, question: Question) -> Reply:
        """Ask the model, with retries where they can help.

        Parameters
        ----------
        question : Question
            Its messages are all that is sent.

        Returns
        -------
        Reply

        Raises
        ------
        ExpertError
            If there is no key, or the provider fails; without the key in its text.
        """
        self._check_key()
        attempt = 0
        while True:
            self._wait_for_turn()
            response, problem = self._request(question)
            if problem is None:
                return self._reply(response)
            if self._takes_schema and problem.refuses_schema:
                _LOG.info("%s takes no schema; asking without", self.label)
                self._takes_schema = False
                continue
            if attempt == _RETRIES or not problem.is_transient:
                break
            self._postpone(problem, attempt)
            attempt += 1
        # raised here, not where it was caught: no chain leads back to the provider's
        # exception, whose text and request can hold the key
        where = _host(self.api_base) if self.api_base else "its provider"
        tried = f" after {attempt + 1} attempts" if attempt else ""
        raise ExpertError(
            f"{self.label} at {where} failed{tried}: {problem.text.rstrip('.')}. "
            f"{problem.hint(self._provider)}"
        )

    def _wait_for_turn(self) -> None:
        with self._lock:
            wait = self._not_before - time.monotonic()
        if wait > 0:
            time.sleep(wait)

    def _postpone(self, problem: Failure, attempt: int) -> None:
        pause = _BACKOFF * 2**attempt * random.uniform(0.5, 1.0)
        if problem.wait is None:
            time.sleep(pause)
            return
        until = time.monotonic() + problem.wait + pause * 0.1
        with self._lock:  # the limit is everybody's, so all requests wait
            self._not_before = max(self._not_before, until)

    def _request(self, question: Question) -> tuple[Any, Failure | None]:
        settings: dict[str, Any] = {"max_tokens": self.max_tokens}
        if self.temperature is not None:
            settings["temperature"] = self.temperature
        if self._takes_schema:
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
            return Reply(None, None, None, model, sent, received, usd)
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
        )

    def _check_key(self) -> None:
        if self._is_checked:
            return
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


def _host(base: str) -> str:
    """Scheme, host and path; never what stands before an @ or behind a ?."""
    parts = urlsplit(base)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname}{port}{parts.path}" if base else ""


def _check_base(base: str) -> bool:
    """Refuse unsafe addresses; True when it is this machine."""
    parts = urlsplit(base)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"api_base must be an http(s) address, got {_host(base)!r}")
    if parts.username or parts.password or parts.query:
        raise ValueError("api_base must hold no user, password or query; give api_key=")
    host = parts.hostname
    is_here = host in ("localhost", "::1") or bool(
        re.fullmatch(r"127\.\d+\.\d+\.\d+", host)
    )
    if parts.scheme == "http" and not is_here:
        raise ValueError(
            f"api_base must be https, since key and questions would travel readable: "
            f"{_host(base)}"
        )
    return is_here
