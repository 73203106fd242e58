"""The plan of what is to be asked: why, in which order, at what price, how long."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from llmcd.expert.protocol import is_free
from llmcd.expert.questions import Question

__all__ = ["CHARACTERS_PER_TOKEN", "Plan", "PlannedPair", "seconds_of"]

CHARACTERS_PER_TOKEN = 4  # a rule of thumb for English; only estimates use it
SECONDS_A_REPLY = 5.0  # of a hosted model that does not think long; a guess
SECONDS_A_PERSON = 20.0  # to read two descriptions and choose; a guess


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
    >>> from llmcd.expert.questions import Question
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
