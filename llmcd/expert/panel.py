"""Several experts side by side, each with a reliability of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from llmcd.expert.planned import Plan
from llmcd.expert.protocol import Expert, is_free, label
from llmcd.expert.questions import Question

__all__ = ["Panel", "members"]


class Panel:
    """Several experts who are all asked the same.

    They never become one vote: each answer keeps the label of its expert, and what an
    expert's answers are worth is learnt for each alone.

    Parameters
    ----------
    experts : iterable of Expert
        At least one; their labels must differ.
    failing : {"error", "drop"}, optional
        What to do when one of them fails: stop the run, and raise when it gave no
        answer; or go on with the others and say so in ``Answers.unfinished``.

    Raises
    ------
    ValueError
        If there is nobody, or two have the same label.

    Examples
    --------
    >>> from llmcd.expert.recorded import Recorded
    >>> one, two = Recorded({("x", "y"): "a->b"}, label="1"), Recorded({}, label="2")
    >>> Panel([one, two]).label
    '1 + 2'
    """

    def __init__(self, experts: Iterable[Expert], *, failing: str = "error") -> None:
        self.experts = tuple(experts)
        if failing not in ("error", "drop"):
            raise ValueError(f"failing is 'error' or 'drop', got {failing!r}")
        self.failing = failing
        labels = [label(expert) for expert in self.experts]
        if not labels:
            raise ValueError("a panel needs at least one expert")
        twice = sorted({x for x in labels if labels.count(x) > 1})
        if twice:
            raise ValueError(
                f"two experts of the panel are both called {twice[0]!r}, and their "
                f"answers would count as one expert's; give one another label=..."
            )

    def __repr__(self) -> str:
        return f"Panel({list(self.experts)!r})"

    @property
    def label(self) -> str:
        """The labels of all."""
        return " + ".join(label(expert) for expert in self.experts)

    @property
    def samples(self) -> int:
        """The most that one of them is asked the same."""
        return max(samples(expert) for expert in self.experts)

    def answer(self, question: Question) -> str:
        """Refused: a panel has no common answer.

        Parameters
        ----------
        question : Question
            Any.

        Returns
        -------
        str

        Raises
        ------
        TypeError
            Always.
        """
        raise TypeError("a panel has no common answer; ask its experts one by one")

    def priced(self, plan: Plan, calls: int | None = None) -> Plan:
        """A plan with the price of asking everybody.

        Parameters
        ----------
        plan : Plan
            With the questions of the one who is asked most.
        calls : int, optional
            A limit on calls; when it does not suffice, that is noted.

        Returns
        -------
        Plan
            Tokens and US dollars are sums, with a note for each expert; no price is
            known when one is unknown.
        """
        each = [
            Plan.of(pairs=(), questions=asked_of(expert, plan.questions), expert=expert)
            for expert in self.experts
        ]
        known = [one.usd for one in each if one.usd is not None]
        notes = [
            f"{label(expert)}: {len(one)} questions, {_price(expert, one.usd)}"
            for expert, one in zip(self.experts, each, strict=True)
        ]
        total = sum(len(one) for one in each)
        wide = [getattr(expert, "concurrency", 1) > 1 for expert in self.experts]
        together = list(zip(each, wide, strict=True))
        if calls is not None and calls < total:
            notes.append(
                f"together {total} calls, the budget allows {calls}: question by "
                "question everybody is asked, and what a store holds is free"
            )
        return replace(
            plan,
            expert=self.label,
            prompt_tokens=sum(one.prompt_tokens for one in each),
            completion_tokens=sum(one.completion_tokens for one in each),
            usd=sum(known) if len(known) == len(each) else None,
            # those with one question at a time follow when the others are done
            seconds=max((one.seconds or 0.0 for one, w in together if w), default=0.0)
            + sum(one.seconds or 0.0 for one, w in together if not w),
            notes=(*plan.notes, *notes),
        )


def members(expert: Expert) -> tuple[Expert, ...]:
    """Everybody who is asked when this expert is.

    Parameters
    ----------
    expert : Expert
        A panel or any other.

    Returns
    -------
    tuple of Expert

    Examples
    --------
    >>> from llmcd.expert.recorded import Recorded
    >>> len(members(Recorded({})))
    1
    """
    return expert.experts if isinstance(expert, Panel) else (expert,)


def samples(expert: object) -> int:
    """How often an expert is asked each question.

    Parameters
    ----------
    expert : Expert
        Any.

    Returns
    -------
    int
    """
    return int(getattr(expert, "samples", 1))


def asked_of(expert: Expert, questions: Iterable[Question]) -> tuple[Question, ...]:
    """Those questions of a panel's plan that this member is asked.

    Parameters
    ----------
    expert : Expert
        One of a panel.
    questions : iterable of Question
        With the samples of the one who is asked most.

    Returns
    -------
    tuple of Question
    """
    most = samples(expert)
    return tuple(q for q in questions if q.sample < most)


def _price(expert: Expert, usd: float | None) -> str:
    if is_free(expert):
        return "free"
    return "price unknown" if usd is None else f"about {usd:.2f} USD"
