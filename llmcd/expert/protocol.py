"""What an expert is: one method, ``answer(question)``, and a few optional facts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from llmcd.expert.questions import Question

__all__ = ["Expert", "Reply", "StopAsking", "identity", "is_free", "label", "untold"]

# say how an expert is asked, not what it answers
_HOW = (
    "label", "samples", "concurrency", "free", "cost", "interactive", "takes_permit"
)  # fmt: skip


@dataclass(frozen=True)
class Reply:
    """What came back for one question, before anything is read into it.

    Attributes
    ----------
    text : str or None
        The reply's text.
    finish : str or None
        Why the text ended, in the words of the OpenAI interface: ``stop``, ``length``,
        ``content_filter``; ``missing`` when a recording holds no answer.
    refusal : str or None
        The refusal's text, where the provider reports it apart from the reply.
    model : str or None
        The name of what really answered.
    prompt_tokens, completion_tokens : int or None
        Usage as reported; None when unknown.
    usd : float or None
        What it cost; None when unknown.
    host : str or None
        Scheme, name and port of where the question was sent; None when it was sent
        nowhere, or when that is not known.

    Examples
    --------
    >>> Reply('{"verdict": "unsure"}').finish is None
    True
    """

    text: str | None
    finish: str | None = None
    refusal: str | None = None
    model: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    usd: float | None = None
    host: str | None = None


@runtime_checkable
class Expert(Protocol):
    """Anything that answers questions; inherit nothing, have this one method.

    An expert may also have these attributes, all optional:

    ``label`` (str)
        The name in results; the class name when absent.
    ``identity`` (mapping of JSON values)
        All that may change a reply: it enters the store's key. When absent, class,
        label and those attributes of the object that JSON can hold; an expert with
        other settings, or that changes while it is asked, should give it.
    ``samples`` (int)
        How often each question is asked; 1 when absent.
    ``concurrency`` (int)
        How many questions may be under way at once; 1 when absent.
    ``free`` (bool)
        True when answers cost neither tokens nor money.
    ``max_tokens`` (int) and ``cost(prompt_tokens, completion_tokens)``
        The longest reply, and its price in US dollars or None: for budgets.
    ``interactive`` (bool)
        True when it talks to a person in the terminal: no progress bar is shown.
    ``look_at`` (method that takes the pairs of a plan)
        Called before asking, with what is asked about and how much the resamples say;
        only for who is to see that. Nothing of it is part of a question.
    ``takes_permit`` (bool)
        True for ``answer(question, permit)``, which asks ``permit.again(...)`` before
        each further request for the same question: see ``budget.Permit``.

    Examples
    --------
    >>> class Sceptic:
    ...     def answer(self, question):
    ...         return '{"reasoning": "", "verdict": "unsure", "probability": 1}'
    >>> isinstance(Sceptic(), Expert)
    True
    """

    def answer(self, question: Question, /) -> str | Reply | Awaitable[str | Reply]:
        """Answer one question, now or as an awaitable."""
        ...


class StopAsking(Exception):  # noqa: N818 - a request, not an error
    """Raised by an expert to end the asking; what was answered is kept.

    Examples
    --------
    >>> str(StopAsking("enough for today"))
    'enough for today'
    """


def label(expert: object) -> str:
    """The expert's name in answers and reports.

    Parameters
    ----------
    expert : Expert
        Any expert.

    Returns
    -------
    str
        Its ``label``, else the name of its class.

    Examples
    --------
    >>> class Oracle:
    ...     def answer(self, question):
    ...         return ""
    >>> label(Oracle())
    'Oracle'
    """
    given = getattr(expert, "label", None)
    return given if isinstance(given, str) and given else type(expert).__name__


def identity(expert: object) -> dict[str, Any]:
    """All that may change the expert's reply, as JSON values.

    Parameters
    ----------
    expert : Expert
        Any expert.

    Returns
    -------
    dict
        Its ``identity``, else its class, its label and a hash of its attributes (they
        may hold a key). Part of the store's key.

    Raises
    ------
    TypeError
        If the ``identity`` holds what JSON cannot, such as an array.

    Examples
    --------
    >>> class Oracle:
    ...     identity = {"truth": "asia"}
    >>> identity(Oracle())
    {'truth': 'asia'}
    """
    given = _given(expert)
    if given is not None:
        if _as_json(given) is None:
            raise TypeError(f"the identity of {label(expert)} must hold JSON values")
        return given
    kind = type(expert)
    found = {"class": f"{kind.__module__}.{kind.__qualname__}", "label": label(expert)}
    told = {name: text for name, text in _attributes(expert).items() if text}
    if told:
        found["attributes"] = hashlib.sha256(json.dumps(told).encode()).hexdigest()
    return found


def untold(expert: object) -> tuple[str, ...]:
    """Attributes by which a store cannot tell an expert from another of its class.

    Parameters
    ----------
    expert : Expert
        Any expert.

    Returns
    -------
    tuple of str
        Sorted; empty when the expert gives its ``identity``.

    Examples
    --------
    >>> class Oracle:
    ...     def __init__(self, truth):
    ...         self.truth = truth
    >>> untold(Oracle("asia")), untold(Oracle(object()))
    ((), ('truth',))
    """
    if _given(expert) is not None:
        return ()
    return tuple(name for name, text in _attributes(expert).items() if not text)


def _given(expert: object) -> dict[str, Any] | None:
    given = getattr(expert, "identity", None)
    given = given() if callable(given) else given
    return dict(given) if isinstance(given, Mapping) else None


def _attributes(expert: object) -> dict[str, str | None]:
    """Each attribute of the object itself as JSON text, or None where JSON fails."""
    names: set[str] = set(getattr(expert, "__dict__", ()))
    for kind in type(expert).__mro__:
        slots: str | Iterable[str] = kind.__dict__.get("__slots__", ())
        names.update((slots,) if isinstance(slots, str) else slots)
    wanted = sorted(names - {*_HOW, "__dict__", "__weakref__"})
    return {n: _as_json(getattr(expert, n)) for n in wanted if hasattr(expert, n)}


def _as_json(value: object) -> str | None:
    try:
        return json.dumps(value, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return None


def is_free(expert: object) -> bool:
    """Whether the expert's answers cost neither tokens nor money.

    Parameters
    ----------
    expert : Expert
        Any expert.

    Returns
    -------
    bool

    Examples
    --------
    >>> is_free(object())
    False
    """
    return getattr(expert, "free", False) is True
