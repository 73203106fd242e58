"""Questions about pairs of variables, and their exact words."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from llmcd.expert.wordings import canonical_json, described, filled

if TYPE_CHECKING:
    from llmcd.variables import Variables

__all__ = [
    "COMPLETION_TOKENS",
    "PROMPT_VERSION",
    "REPLY_SCHEMA",
    "WIRE",
    "Asked",
    "Question",
    "canonical_json",
    "pair_data",
    "pairwise_question",
]

PROMPT_VERSION = "pairwise-1"

WIRE: Mapping[str, str | None] = {
    "A_causes_B": "a->b",
    "B_causes_A": "b->a",
    "no_direct_relation": "none",
    "common_cause": "common cause",
    "unsure": None,
}
"""What goes over the wire, and the verdict it stands for."""

REPLY_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "reasoning": {"type": "string"},
        "verdict": {"type": "string", "enum": list(WIRE)},
        "probability": {"type": "number", "minimum": 0, "maximum": 1},
    },
    "required": ["reasoning", "verdict", "probability"],
    "additionalProperties": False,
}
"""JSON Schema of a reply: reasoning first, verdict last."""

COMPLETION_TOKENS = 200  # reasoning of a few sentences and the object around it
TOKENS_PER_PAIR = 10  # of a reply about many pairs, most of which are not mentioned


class Asked(NamedTuple):
    """One pair that a reply answers, in the order in which the two were shown.

    Attributes
    ----------
    a, b : str
        Names in the table; ``a`` was shown before ``b``.
    sample : int
        0 for the first answer about the pair in this order, and so on.

    Examples
    --------
    >>> Asked("smoke", "lung").sample
    0
    """

    a: str
    b: str
    sample: int = 0


@dataclass(frozen=True)
class Question:
    """One request: one presentation order, one wording, one sample.

    Most questions are about one pair. A question about several variables names in
    ``asks`` every pair that its reply answers, each in the order shown.

    Attributes
    ----------
    kind : str
        Name of the kind, such as ``"pairwise"``.
    a, b : str
        The two variables' names in the table; ``a`` is shown first, as A. The names
        themselves are sent only for variables that have neither label nor alias, and
        never when they are just A or B. Of several pairs these are the first.
    system, user : str
        The exact texts that are sent.
    prompt_version : str
        Name of the wording, such as ``"pairwise-1"``.
    sample : int
        0 for the first time this is asked, 1 for the second, and so on.
    exchange : tuple of (str, str)
        Earlier replies to this question, each with what was said about it.
    asks : tuple of Asked
        What is asked about, where that is more than ``(a, b)``.
    shown : tuple of str
        All variables in the order shown, where these are more than ``(a, b)``.
    called : tuple of str
        What the variables of ``shown`` are called, where the reply may name them.
    schema : mapping
        JSON Schema of a reply; ``REPLY_SCHEMA`` for one pair.

    Examples
    --------
    >>> q = Question("pairwise", "x", "y", "Be terse.", "A: x, B: y?", "mine-1")
    >>> [m["role"] for m in q.messages]
    ['system', 'user']
    >>> q.pair
    ('x', 'y')
    >>> q.asked
    (Asked(a='x', b='y', sample=0),)
    """

    kind: str
    a: str
    b: str
    system: str
    user: str
    prompt_version: str
    sample: int = 0
    exchange: tuple[tuple[str, str], ...] = ()
    asks: tuple[Asked, ...] = ()
    shown: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    schema: Mapping[str, Any] = field(
        default_factory=lambda: REPLY_SCHEMA, hash=False, repr=False
    )

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Every pair that the reply answers."""
        return self.asks or (Asked(self.a, self.b, self.sample),)

    @property
    def is_about_one_pair(self) -> bool:
        """Whether the reply is the one object about A and B of ``REPLY_SCHEMA``."""
        return self.schema == REPLY_SCHEMA

    @property
    def reply_tokens(self) -> int:
        """Estimate of a reply's length."""
        return COMPLETION_TOKENS + TOKENS_PER_PAIR * (len(self.asked) - 1)

    @property
    def messages(self) -> list[dict[str, str]]:
        """The messages that are sent, in the form every chat interface takes."""
        found = [
            {"role": "system", "content": self.system},
            {"role": "user", "content": self.user},
        ]
        for reply, remark in self.exchange:
            found.append({"role": "assistant", "content": reply})
            found.append({"role": "user", "content": remark})
        return found

    @property
    def pair(self) -> tuple[str, str]:
        """The two names in sorted order."""
        return (self.a, self.b) if self.a <= self.b else (self.b, self.a)

    @property
    def content(self) -> dict[str, Any]:
        """All that an expert's reply may depend on, as JSON values."""
        return {
            "prompt_version": self.prompt_version,
            "messages": self.messages,
            "schema": dict(self.schema),
            "sample": self.sample,
        }

    @property
    def content_hash(self) -> str:
        """SHA-256 of the content, whoever is asked."""
        return hashlib.sha256(canonical_json(self.content).encode()).hexdigest()

    def again(self, reply: str, remark: str) -> Question:
        """The same question after a reply that could not be read.

        Parameters
        ----------
        reply : str
            What came back.
        remark : str
            What was wrong with it.

        Returns
        -------
        Question

        Examples
        --------
        >>> q = Question("pairwise", "x", "y", "", "?", "mine-1").again("hm", "JSON!")
        >>> [m["content"] for m in q.messages][2:]
        ['hm', 'JSON!']
        """
        # half a surrogate pair cannot be sent as UTF-8
        sendable = reply.encode("utf-8", "replace").decode()
        return replace(self, exchange=(*self.exchange, (sendable, remark)))


def pair_data(variables: Variables, a: str, b: str) -> dict[str, Any]:
    """What a question about two variables tells: the domain, A and B.

    Parameters
    ----------
    variables : Variables
        The descriptions.
    a, b : str
        Names of two different variables.

    Returns
    -------
    dict
        JSON values.

    Raises
    ------
    ValueError
        If the names are the same, or one is not described.

    Examples
    --------
    >>> from llmcd.variables import Variables
    >>> pair_data(Variables.of({"x": "", "y": ""}), "y", "x")
    {'A': {'name': 'y'}, 'B': {'name': 'x'}}
    """
    if a == b:
        raise ValueError(f"a question needs two different variables, got {a!r} twice")
    for name in (a, b):
        if name not in variables:
            raise ValueError(
                f"{name!r} is not described; described are {list(variables)}"
            )
    domain = variables.hide_names(variables.domain)
    found: dict[str, Any] = {"domain": domain} if domain else {}
    return found | {"A": described(variables, a), "B": described(variables, b)}


def pairwise_question(
    variables: Variables, a: str, b: str, sample: int = 0
) -> Question:
    """Ask which of two variables causes the other, with ``a`` shown first.

    The text holds what the descriptions say about these two variables and the domain,
    as JSON: the alias, else the label, else the name; description, unit and declared
    levels. Nothing else about the data can get into it, and no name or label behind an
    alias.

    Parameters
    ----------
    variables : Variables
        The descriptions.
    a, b : str
        Names of two different variables; ``a`` becomes A.
    sample : int, optional
        Number of the repetition, from 0.

    Returns
    -------
    Question

    Raises
    ------
    ValueError
        If the names are the same, or one is not described.

    Examples
    --------
    >>> from llmcd.variables import Variables
    >>> v = Variables.of({"smk": "cigarettes a day", "ca": "lung cancer"})
    >>> q = pairwise_question(v, "smk", "ca")
    >>> '"description": "lung cancer"' in q.user
    True
    """
    system, user = filled(PROMPT_VERSION, pair_data(variables, a, b))
    return Question("pairwise", a, b, system, user, PROMPT_VERSION, sample)
