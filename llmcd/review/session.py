"""One review of one run folder: the result, the decisions so far, and what is saved."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote
from typing import Any

from llmcd import folder
from llmcd.report.render import render
from llmcd.report.reviewed import Remark, Reviewed
from llmcd.review.apply import Outcome, apply
from llmcd.review.decisions import Decision, read, write

__all__ = ["OUTCOME", "Session"]

OUTCOME, KNOWLEDGE = "reviewed", "background.yaml"


class Session:
    """A run folder under review.

    Decisions are kept in ``review.jsonl`` of the run folder as they are made; the
    result with them is a run folder of its own, ``reviewed`` inside it.

    Parameters
    ----------
    run : str or Path
        A run folder with a result.
    author : str, optional
        Who decides, until the page says otherwise.

    Raises
    ------
    FormatError
        If the folder, or the decisions in it, cannot be read.
    """

    def __init__(self, run: str | Path, *, author: str = "") -> None:
        self.run = Path(run)
        self.author = author
        self._lock = threading.Lock()
        self.before, self.variables = folder.load(self.run)
        self._decisions = read(self.run)
        self._outcome = apply(self.before, self._decisions)

    @property
    def outcome(self) -> Outcome:
        """The result with the decisions so far."""
        return self._outcome

    def page(self, *, live: bool = True) -> str:
        """The report of the result with the decisions so far."""
        with self._lock:
            return self._page(live=live)

    def _page(self, *, live: bool) -> str:
        found = self._outcome
        return render(
            found.combined,
            variables=self.variables,
            settings=folder.settings_of(found.combined),
            title=f"Review of {self.run.name}" if live else "Causal graph, reviewed",
            reviewed=self._reviewed(found, live=live),
        )

    def _reviewed(self, outcome: Outcome, *, live: bool) -> Reviewed:
        remarks = tuple(
            Remark(
                one.a, one.b, one.words, one.author, one.reason,
                one.when.replace("T", " ").removesuffix("+00:00"),
                outcome.problems.get(one, ""),
            )
            for one in outcome.decisions
        )  # fmt: skip
        advice = (
            "A search on the rows follows every decision: llmcd discover DATA "
            f"--variables {quote(str(self.run / folder.VARIABLES))} "
            f"--background {quote(str(self.run / OUTCOME / KNOWLEDGE))} --out NEW"
        )
        return Reviewed(
            remarks,
            outcome.changes,
            advice if outcome.problems else "",
            live,
            self.author,
        )

    def decide(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Take a decision, combine again, and keep both.

        Parameters
        ----------
        given : mapping
            ``action``, ``a``, ``b``, ``author`` and ``reason``.

        Returns
        -------
        dict
            ``words``, for the person; ``changes`` against the result without any
            decision; ``problem``, empty when the decision was followed.

        Raises
        ------
        ValueError
            If a field is wrong, or a variable is not one of the table's.
        """
        expected = {"action", "a", "b", "author", "reason"}
        if set(given) != expected:
            raise ValueError(f"expected the fields {sorted(expected)}")
        now = datetime.now(UTC).isoformat(timespec="seconds")
        one = Decision(**given, when=now)
        strange = sorted(one.pair - set(self.before.graph.names))
        if strange:
            raise ValueError(f"not variables of this table: {strange}")
        with self._lock:
            before = self._outcome
            decisions = (*self._decisions, one)
            outcome = apply(self.before, decisions)
            write(self.run, decisions)
            self._decisions, self._outcome, self.author = decisions, outcome, one.author
            self._save()
        problem = outcome.problems.get(one, "")
        return {
            "words": _said(one, problem, before, outcome),
            "changes": list(outcome.changes),
            "problem": problem,
        }

    def _save(self) -> None:
        import yaml

        target = self.run / OUTCOME
        folder.save(target, self._outcome.combined, self.variables)
        known = yaml.safe_dump(self._outcome.background.to_dict(), allow_unicode=True)
        folder.write_text(target / KNOWLEDGE, known)
        folder.write_text(target / "report.html", self._page(live=False))


def _said(one: Decision, problem: str, before: Outcome, after: Outcome) -> str:
    if problem:
        return f"Kept, but not applied: {problem}."
    new = [x for x in after.changes if x not in before.changes]
    back = len([x for x in before.changes if x not in after.changes])
    told = f"Changed: {'; '.join(new)}." if new else "Nothing changed in the graph."
    if back and not new:
        told = f"{back} earlier change{'' if back == 1 else 's'} taken back."
    return f"Kept: {one.words}. {told}"
