"""A person at the terminal as the expert."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import TextIO

from llmcd.errors import ExpertError
from llmcd.expert.planned import PlannedPair
from llmcd.expert.protocol import Reply, StopAsking
from llmcd.expert.questions import Question
from llmcd.expert.recorded import wire_text

__all__ = ["Human"]

_CHOICES = {
    "1": ("a->b", "A causes B directly"),
    "2": ("b->a", "B causes A directly"),
    "3": ("none", "no direct relation"),
    "4": ("common cause", "neither, but something else causes both"),
    "5": (None, "I do not know"),
}
_SEEN = "Chosen after a look at what the rows say."


class Human:
    r"""Ask a person in the terminal or the notebook.

    They see what a language model would see and choose 1 to 5, or ``q`` to stop; what
    was answered is kept, and with a store the next run goes on from there. ``e`` shows
    what the rows say about the pair. It is not shown before it is asked for: a choice
    that follows the rows tells nothing that they do not. A choice made after it says so
    in its reasoning.

    Parameters
    ----------
    label : str, optional
        Name in results.
    reads, writes : text streams, optional
        Where to read choices and show questions; the terminal when None.

    Examples
    --------
    >>> import io
    >>> q = Question("pairwise", "x", "y", "", "A is x, B is y: which?", "mine-1")
    >>> person = Human(reads=io.StringIO("1\n"), writes=io.StringIO())
    >>> person.answer(q).text
    '{"reasoning": "", "verdict": "A_causes_B"}'
    """

    free = True
    interactive = True

    def __init__(
        self,
        *,
        label: str = "human",
        reads: TextIO | None = None,
        writes: TextIO | None = None,
    ) -> None:
        self.label = label
        self._reads = reads
        self._writes = writes
        self._pairs: dict[tuple[str, str], PlannedPair] = {}

    def __repr__(self) -> str:
        return f"Human(label={self.label!r})"

    @property
    def identity(self) -> dict[str, str]:
        """Whose answers these are."""
        return {"human": self.label}

    def look_at(self, pairs: Iterable[PlannedPair]) -> None:
        """Take what the rows say, to show it where it is asked for.

        Parameters
        ----------
        pairs : iterable of PlannedPair
            Of a plan.
        """
        self._pairs |= {(x.a, x.b): x for x in pairs}

    def answer(self, question: Question) -> Reply:
        """Show a question and wait for a choice.

        Parameters
        ----------
        question : Question
            What to ask.

        Returns
        -------
        Reply

        Raises
        ------
        StopAsking
            If the person types ``q``, or there is nothing more to read.
        ExpertError
            If the question is about several pairs.
        """
        if not question.is_about_one_pair:
            raise ExpertError(
                f"a person is asked about one pair at a time, not by questions of the "
                f"kind {question.kind!r}; use kind='pairwise'"
            )
        self._show(f"\n{_shown(question)}\n")
        for key, (_, meaning) in _CHOICES.items():
            self._show(f"  {key}  {meaning}\n")
        evidence = self._evidence(question)
        keys = "1-5, e, q" if evidence else "1-5, q"
        if evidence:
            self._show("  e  what the rows say\n")
        self._show("  q  stop here\n")
        seen = ""
        while True:
            choice = self._read(f"your choice ({keys}): ").strip().casefold()
            if choice in ("q", "quit"):
                raise StopAsking(f"{self.label} stopped")
            if choice in _CHOICES:
                text = wire_text(_CHOICES[choice][0], reasoning=seen)
                return Reply(text, finish="stop")
            if choice == "e" and evidence:
                self._show(f"{evidence}\n")
                seen = _SEEN
            else:
                self._show(f"please type one of {keys}\n")

    def _evidence(self, question: Question) -> str:
        pair = self._pairs.get(question.pair)
        if pair is None:
            return ""
        found = [
            f"adjacent in {pair.adjacency_support:.0%} of the resamples "
            f"({pair.reason.removeprefix('probe: ')})"
        ]
        a_first = (question.a, question.b) == (pair.a, pair.b)
        shares = pair.forward, pair.backward
        arrows = (
            ("A causes B", "B causes A") if a_first else ("B causes A", "A causes B")
        )
        found += [
            f"{arrow}: in {share:.0%}"
            for arrow, share in sorted(zip(arrows, shares, strict=True))
            if share is not None
        ]
        return "\n".join(f"   {line}" for line in found)

    def _show(self, text: str) -> None:
        stream = self._writes or sys.stdout
        stream.write(text)
        stream.flush()

    def _read(self, prompt: str) -> str:
        if self._reads is None and self._writes is None:
            try:
                return input(prompt)  # notebooks replace this function
            except EOFError:
                raise StopAsking("there is nobody at the terminal") from None
        self._show(prompt)
        line = (self._reads or sys.stdin).readline()
        if not line:
            raise StopAsking("there is nothing more to read")
        return line


def _shown(question: Question) -> str:
    """The two variables in plain lines; the whole text where it has another form."""
    if question.kind != "pairwise":
        return question.user  # a summary, or both sides of a conflict
    start, end = question.user.find("{"), question.user.rfind("}")
    try:
        data = json.loads(question.user[start : end + 1])
        lines = [str(data["domain"])] if data.get("domain") else []
        for letter in "AB":
            about = dict(data[letter])
            said = [", ".join(v) if isinstance(v, list) else v for v in about.values()]
            lines.append(f"{letter}: {said[0]}")
            lines += [f"   {each}" for each in said[1:]]
    except (ValueError, LookupError, TypeError, AttributeError):
        return question.user
    return "\n".join(lines)
