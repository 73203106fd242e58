"""From what a caller wrote to an expert."""

from __future__ import annotations

import os
from difflib import get_close_matches

from llmcd.expert.human import Human
from llmcd.expert.language_model import (
    LanguageModel,
    is_known_model,
    is_routed,
    providers,
)
from llmcd.expert.protocol import Expert
from llmcd.expert.recorded import Recorded

__all__ = ["resolve"]

_ACCEPTED = (
    "an expert is None or 'none' (ask nobody), 'provider/model' such as "
    "'openai/gpt-5' or 'ollama/llama3.3', 'recorded:FILE', 'human', or any object with "
    "a method answer(question)"
)


def resolve(expert: Expert | str | None) -> Expert | None:
    """The expert that a caller means.

    Parameters
    ----------
    expert : Expert or str or None
        None or ``"none"``, ``"provider/model"``, ``"recorded:FILE"`` (what is missing
        there counts as an abstention), ``"human"``, or any object with
        ``answer(question)``.

    Returns
    -------
    Expert or None
        None when nobody is to be asked.

    Raises
    ------
    ValueError
        If the string is none of these.
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
    if not isinstance(expert, str):
        if isinstance(expert, type) or not callable(getattr(expert, "answer", None)):
            raise TypeError(f"{_ACCEPTED}; got {expert!r:.100}")
        return expert
    wanted = expert.strip()
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
        return LanguageModel(wanted)
    if wanted and is_known_model(wanted):
        return LanguageModel(wanted)
    raise ValueError(f"{_ACCEPTED}; got {expert!r}")


def _check_provider(provider: str, model: str) -> None:
    known = providers()
    if provider in known or is_routed(model):
        return
    near = get_close_matches(provider, sorted(known), 1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"litellm knows no provider {provider!r}{hint} {_ACCEPTED}")
