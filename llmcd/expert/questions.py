"""Questions about pairs of variables, their exact words, and a plan of them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from llmcd.expert.protocol import is_free
from llmcd.expert.wordings import canonical_json, described, filled

if TYPE_CHECKING:
    from llmcd.variables import Variables

__all__ = [
    "CHARACTERS_PER_TOKEN",
    "COMPLETION_TOKENS",
    "PROMPT_VERSION",
    "REPLY_SCHEMA",
    "WIRE",
    "Asked",
    "Plan",
    "PlannedPair",
    "Question",
    "canonical_json",
    "pair_data",
    "pairwise_question",
    "seconds_of",
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

CHARACTERS_PER_TOKEN = 4  # a rule of thumb for English; only estimates use it
COMPLETION_TOKENS = 200  # reasoning of a few sentences and the object around it
SECONDS_A_REPLY = 5.0  # of a hosted model that does not think long; a guess
SECONDS_A_PERSON = 20.0  # to read two descriptions and choose; a guess
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


@dataclass(frozen=True)
class PlannedPair:
    """A pair that is worth a question, and why.

    Attributes
    ----------
    a, b : str
        The two names.
    reason : str
        Such as ``"undecided direction"``.
    adjacency_support : float
        Share of resamples in which the two are adjacent.
    priority : float
        Higher is asked earlier.
    worth : float or None
        By how much the answer is expected to lower the loss, in edges, beyond what
        the pairs before it tell already; None where that was not computed.
    harm : float or None
        What the worst answer is expected to cost if the expert knows nothing, times
        the probability of that.
    forward, backward : float or None
        Shares of resamples in which the edge points from ``a`` to ``b``, and back.

    Examples
    --------
    >>> PlannedPair("x", "y", "undecided direction", 0.9, 2.9).reason
    'undecided direction'
    """

    a: str
    b: str
    reason: str
    adjacency_support: float
    priority: float
    worth: float | None = None
    harm: float | None = None
    forward: float | None = None
    backward: float | None = None


@dataclass(frozen=True)
class Plan:
    """The questions that would be asked, and what they would cost.

    Attributes
    ----------
    pairs : tuple of PlannedPair
        What is asked about and why.
    questions : tuple of Question
        What is asked, in this order.
    expert : str
        Who would be asked.
    prompt_tokens, completion_tokens : int
        Estimates: four characters a token, 200 tokens a reply and 10 for every further
        pair it answers. A reasoning model may write far more; what it really used
        stands in the answers.
    usd : float or None
        Price of the estimate in US dollars; None when no price is known.
    notes : tuple of str
        What was left out, and why.
    seconds : float or None
        How long asking takes if a model needs 5 seconds a reply and a person 20, with
        as many under way at once as the expert allows; None when nobody is named.

    Examples
    --------
    >>> q = Question("pairwise", "x", "y", "", "A is x, B is y: which?", "mine-1")
    >>> print(Plan.of(pairs=(), questions=(q,)))
    1 question to nobody
    about 6 tokens sent, 200 received; price unknown
    """

    pairs: tuple[PlannedPair, ...]
    questions: tuple[Question, ...]
    expert: str = "nobody"
    prompt_tokens: int = 0
    completion_tokens: int = 0
    usd: float | None = None
    notes: tuple[str, ...] = ()
    seconds: float | None = None

    @classmethod
    def of(
        cls,
        *,
        pairs: tuple[PlannedPair, ...],
        questions: tuple[Question, ...],
        expert: object | None = None,
        label: str = "nobody",
        notes: tuple[str, ...] = (),
    ) -> Plan:
        """Price the questions for an expert.

        Parameters
        ----------
        pairs, questions, label, notes
            As the attributes.
        expert : Expert, optional
            Its ``cost`` gives the price, its ``concurrency`` the time.

        Returns
        -------
        Plan
        """
        sent = sum(
            -(-len(m["content"]) // CHARACTERS_PER_TOKEN)
            for q in questions
            for m in q.messages
        )
        received = sum(q.reply_tokens for q in questions)
        cost = getattr(expert, "cost", None)
        usd = 0.0 if is_free(expert) else cost(sent, received) if cost else None
        seconds = None if expert is None else seconds_of(expert, len(questions))
        return cls(pairs, questions, label, sent, received, usd, notes, seconds)

    def __len__(self) -> int:
        return len(self.questions)

    def __str__(self) -> str:
        n = len(self.questions)
        pairs = len(self.pairs)
        about = f" about {pairs} pair{'' if pairs == 1 else 's'}" if pairs else ""
        lines = [f"{n} question{'' if n == 1 else 's'}{about} to {self.expert}"]
        reasons = Counter(pair.reason for pair in self.pairs)
        lines += [f"  {count:>5}  {why}" for why, count in reasons.most_common()]
        price = "price unknown" if self.usd is None else f"about {self.usd:.2f} USD"
        if self.usd == 0:
            price = "free"
        time = f"; {_in_time(self.seconds)}" if self.seconds else ""
        lines.append(
            f"about {self.prompt_tokens:,} tokens sent, {self.completion_tokens:,} "
            f"received; {price}{time}"
        )
        valued = [p for p in self.pairs if p.worth is not None]
        if valued:
            best = max(p.worth or 0.0 for p in valued)
            lines.append(
                f"the answers should spare about {self.worth:.1f} wrong edges, the "
                f"best pair {best:.2f}; an expert that knows nothing would cost at "
                f"most {self.harm:.1f}"
            )
        return "\n".join([*lines, *self.notes])

    @property
    def worth(self) -> float:
        """By how much all answers should lower the expected loss, in edges.

        Pairs of which it was not computed are not counted.
        """
        return sum(p.worth or 0.0 for p in self.pairs)

    @property
    def harm(self) -> float:
        """What all answers may cost, in edges of expected loss.

        If every answer is the worst one and believed, times the probability that the
        expert knows nothing.
        """
        return sum(p.harm or 0.0 for p in self.pairs)

    def show(self) -> str:
        """The exact texts that would be sent: nothing else leaves the machine.

        Returns
        -------
        str
            The system message of each wording once, then every user message.

        Examples
        --------
        >>> q = Question("pairwise", "x", "y", "Be terse.", "A: x, B: y?", "mine-1")
        >>> print(Plan.of(pairs=(), questions=(q,)).show())
        ===== system message (mine-1)
        Be terse.
        ===== question 1 of 1 (pairwise, sample 0)
        A: x, B: y?
        """
        blocks: list[str] = []
        seen: set[tuple[str, str]] = set()
        for number, q in enumerate(self.questions, start=1):
            if (q.prompt_version, q.system) not in seen:
                seen.add((q.prompt_version, q.system))
                blocks.append(f"===== system message ({q.prompt_version})\n{q.system}")
            where = f"question {number} of {len(self.questions)}"
            blocks.append(f"===== {where} ({q.kind}, sample {q.sample})\n{q.user}")
        return "\n".join(blocks)


def seconds_of(expert: object, n: int) -> float:
    """How long an expert takes for some questions, by a guess at one reply.

    Parameters
    ----------
    expert : Expert
        Its ``free``, ``interactive`` and ``concurrency`` are used where it has them.
    n : int
        Number of questions.

    Returns
    -------
    float
        0 for what is only looked up.

    Examples
    --------
    >>> seconds_of(object(), 3)
    15.0
    """
    if getattr(expert, "interactive", False):
        return SECONDS_A_PERSON * n
    if is_free(expert) or not n:
        return 0.0
    width = max(1, int(getattr(expert, "concurrency", 1)))
    # the first one goes alone, see Run
    return SECONDS_A_REPLY * (1 + -(-(n - 1) // width))


def _in_time(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    spelt = f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
    return f"takes about {spelt} (a guess)"
