"""From what a caller wrote to an expert."""

from __future__ import annotations

import os
from collections.abc import Sequence
from difflib import get_close_matches

from llmcd.expert.human import Human
from llmcd.expert.language_model import (
    LanguageModel,
    has_litellm,
    is_known_model,
    is_routed,
    providers,
)
from llmcd.expert.panel import Panel
from llmcd.expert.protocol import Expert
from llmcd.expert.recorded import Recorded

__all__ = ["resolve"]

_ACCEPTED = (
    "an expert is None or 'none' (ask nobody), 'provider/model' such as "
    "'openai/gpt-5' or 'ollama/llama3.3', 'recorded:FILE', 'human', any object with "
    "a method answer(question), or a list of these"
)


def resolve(
    expert: Expert | str | Sequence[Expert | str] | None,
    *,
    api_base: str | None = None,
    api_key: str | None = None,
) -> Expert | None:
    """The expert that a caller means.

    Without litellm a model's name is not checked: what is stored can still be had.

    Parameters
    ----------
    expert : Expert or str or sequence of these, or None
        None or ``"none"``, ``"provider/model"``, ``"recorded:FILE"`` (what is missing
        there counts as an abstention), ``"human"``, any object with
        ``answer(question)``, or several of these: a panel.
    api_base, api_key : str, optional
        The server of the one model that is named, and its own key.

    Returns
    -------
    Expert or None
        None when nobody is to be asked.

    Raises
    ------
    ValueError
        If the string is none of these, or a server is given and not just one model.
    TypeError
        If the object has no method ``answer``.
    FormatError
        If the recording cannot be read.

    Examples
    --------
    >>> resolve("none") is None
    True
    >>> resolve("openai/gpt-5")
    LanguageModel('openai/gpt-5')
    """
    if expert is None:
        return None
    if isinstance(expert, Sequence) and not isinstance(expert, str):
        return _panel(expert, api_base, api_key)
    if (api_base or api_key) and not isinstance(expert, str):
        raise ValueError("api_base and api_key belong to a model given by its name")
    if not isinstance(expert, str):
        if isinstance(expert, type) or not callable(getattr(expert, "answer", None)):
            raise TypeError(f"{_ACCEPTED}; got {expert!r:.100}")
        return expert
    wanted = expert.strip()
    found = _named(wanted, expert, api_base, api_key)
    if (api_base or api_key) and not isinstance(found, LanguageModel):
        raise ValueError(f"{expert!r} is no model, so it has no api_base and api_key")
    return found


def _panel(
    experts: Sequence[Expert | str], api_base: str | None, api_key: str | None
) -> Expert | None:
    if len(experts) == 1:
        return resolve(experts[0], api_base=api_base, api_key=api_key)
    if api_base or api_key:
        raise ValueError(
            "api_base and api_key are one model's; for a panel give "
            "[LanguageModel(..., api_base=...), ...]"
        )
    found = [each for each in map(resolve, experts) if each is not None]
    if len(found) < len(experts):
        raise ValueError(f"a panel cannot contain None or 'none', got {experts!r:.200}")
    return Panel(found)


def _named(
    wanted: str, expert: str, api_base: str | None, api_key: str | None
) -> Expert | None:
    if wanted.casefold() == "none":
        return None
    if wanted.casefold() == "human":
        return Human()
    kind, colon, rest = wanted.partition(":")
    if colon and kind.casefold() == "recorded":
        if not rest:
            raise ValueError(f"'recorded:' needs a file behind it; {_ACCEPTED}")
        return Recorded(rest, missing="abstain")
    if os.path.isfile(wanted):
        raise ValueError(
            f"{wanted!r} is a file; to replay the answers recorded in it, write "
            f"'recorded:{wanted}'"
        )
    provider, _, name = wanted.partition("/")
    if provider and name:
        _check_provider(provider, wanted)
        return LanguageModel(wanted, api_base=api_base, api_key=api_key)
    if wanted and is_known_model(wanted):
        return LanguageModel(wanted, api_base=api_base, api_key=api_key)
    raise ValueError(f"{_ACCEPTED}; got {expert!r}")


def _check_provider(provider: str, model: str) -> None:
    if not has_litellm():
        return
    known = providers()
    if provider in known or is_routed(model):
        return
    near = get_close_matches(provider, sorted(known), 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"litellm knows no provider {provider!r}{hint} {_ACCEPTED}")
