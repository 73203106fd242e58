"""Questions that end in one of a few words: yes or no, A or B."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from llmcd.expert.kind import Said, said_of_all
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question
from llmcd.expert.replies import Parsed, found_in, probability_in, word_in
from llmcd.expert.wordings import wording

__all__ = ["A_OR_B", "CHOICES", "YES_NO", "Choice"]

_KEY = "answer"
# the whole reply, or a line or tag of its own: nothing is looked for within sentences
_ALONE = re.compile(r"^\W*([A-Za-z]+)\W*$")
_MARKED = re.compile(
    r"<answer>\W*([A-Za-z]+)\W*</answer>"
    r"|^\W*(?:final\s+)?answer\W*:\W*([A-Za-z]+)\W*$",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True)
class Choice:
    """A question in words of its own, answered with one of a few words.

    Attributes
    ----------
    name : str
        Stands in questions and answers as the kind.
    version : str
        The wording's file in ``prompts/``.
    words : mapping of str to (str or None)
        What may be answered, in lower case, and the verdict it stands for.

    Examples
    --------
    >>> question = YES_NO.question("rain", "item-1", "Does rain wet the street?")
    >>> YES_NO.read("**Yes**.", question)[0].parsed.verdict
    'yes'
    >>> YES_NO.read("Yes and no, it depends.", question)[0].parsed.reason
    'unparsable'
    """

    name: str
    version: str
    words: Mapping[str, str | None]

    @property
    def schema(self) -> dict[str, Any]:
        """JSON Schema of a reply: reasoning first, answer last."""
        return {
            "type": "object",
            "properties": {
                "reasoning": {"type": "string"},
                _KEY: {"type": "string", "enum": self._shown()},
                "probability": {"type": "number", "minimum": 0, "maximum": 1},
            },
            "required": ["reasoning", _KEY, "probability"],
            "additionalProperties": False,
        }

    @property
    def remark(self) -> str:
        """What is said to a reply that could not be read."""
        listed = ", ".join(f'"{word}"' for word in self._shown())
        return (
            "This could not be read. Reply again with one JSON object and nothing "
            f'else, with the keys "reasoning", "{_KEY}" and "probability", where '
            f'"{_KEY}" is one of {listed}.'
        )

    def question(self, a: str, b: str, text: str, sample: int = 0) -> Question:
        """Ask a text.

        Parameters
        ----------
        a, b : str
            What the question is found by again; for A or B the two variables in the
            order shown.
        text : str
            The question in full.
        sample : int, optional
            Number of the repetition, from 0.

        Returns
        -------
        Question
        """
        system, user = wording(self.version)
        before, after = user.split("$data")
        return Question(
            self.name, a, b, system, before + text + after, self.version, sample,
            schema=self.schema,
        )  # fmt: skip

    def read(self, reply: Reply | str | None, question: Question) -> tuple[Said, ...]:
        """What a reply says; never raises and never guesses.

        Parameters
        ----------
        reply : Reply or str or None
            What came back.
        question : Question
            What was asked.

        Returns
        -------
        tuple of Said
            One. A word counts as the value of ``answer`` in a JSON object, as the whole
            reply, behind ``Answer:`` on a line of its own, or between answer tags; two
            different words are none.
        """
        found = found_in(reply, (_KEY,))
        if isinstance(found, Parsed):
            return said_of_all(question, found)
        objects, otherwise = found
        if any(_KEY in value.twice for value in objects):
            return said_of_all(question, Parsed(None, "unparsable"))
        said = [word_in(value[_KEY], self._known()) for value in objects]
        last: Mapping[str, Any] = objects[-1] if objects else {}
        if not objects and otherwise.reason == "unparsable":
            text = (reply.text if isinstance(reply, Reply) else reply) or ""
            said = self._in_text(text)
        if len(set(said)) != 1 or said[0] == "":
            failed = otherwise if not said else Parsed(None, "unparsable")
            return said_of_all(question, failed)
        return said_of_all(question, self._parsed(said[0], last))

    def _parsed(self, word: str, value: Mapping[str, Any]) -> Parsed:
        verdict = self.words[word]
        reasoning, stated = value.get("reasoning"), probability_in(
            value.get("probability")
        )  # fmt: skip
        return Parsed(
            verdict,
            "unsure" if verdict is None else None,
            reasoning if isinstance(reasoning, str) else "",
            {} if verdict is None or stated is None else {verdict: stated},
        )

    def _in_text(self, text: str) -> list[str]:
        alone = _ALONE.match(text.strip())
        given: Iterable[str] = [alone[1]] if alone else [
            x[1] or x[2] for x in _MARKED.finditer(text)
        ]  # fmt: skip
        return [self._known().get(word.lower(), "") for word in given]

    def _known(self) -> dict[str, str]:
        return {word: word for word in self.words}

    def _shown(self) -> list[str]:
        return [w.upper() if len(w) == 1 else w for w in self.words]


YES_NO = Choice("yes-no", "yes-no-1", {"yes": "yes", "no": "no", "unsure": None})
"""Any question with the answer yes or no."""

A_OR_B = Choice("a-or-b", "a-or-b-1", {"a": "a->b", "b": "b->a", "unsure": None})
"""Which of two variables, called A and B in the question, is the cause."""

CHOICES: Mapping[str, Choice] = {x.name: x for x in (YES_NO, A_OR_B)}
"""Every such question by its name."""
