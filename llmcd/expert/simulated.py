"""An expert made of a known graph and known mistakes, for tests and benchmarks."""

from __future__ import annotations

import hashlib
from typing import Any

from llmcd.errors import GraphError
from llmcd.expert.kinds import kind_of
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Asked, Question, canonical_json
from llmcd.expert.recorded import wire_text
from llmcd.graph import Graph

__all__ = ["Simulated"]


class Simulated:
    """Answers from a true graph, wrong in chosen ways, the same every time.

    For each question, in this order:

    1. with probability ``unsure`` it says "unsure";
    2. with probability ``first_bias`` it says that the variable shown first is the
       cause, whatever is true;
    3. a pair with a true edge gets the edge's direction with probability ``accuracy``,
       else the reverse;
    4. a pair without an edge in which one is an ancestor of the other is taken for a
       direct cause with probability ``ancestor``, in the direction of the path with
       probability ``accuracy``, else reversed; otherwise "no direct relation";
    5. any other pair is said to be directly related with probability ``unrelated``,
       either way equally often; otherwise "no direct relation".

    Parameters
    ----------
    truth : Graph
        A DAG.
    accuracy : float, optional
        1 is an oracle, 1/2 a coin, 0 is always wrong.
    first_bias, unsure, ancestor, unrelated : float, optional
        Probabilities as above.
    mistakes : {"independent", "shared"}, optional
        Whether the two presentation orders and the samples of a pair go wrong each for
        itself, or together, as a language model's mistakes mostly do.
    seed : int, optional
        Another seed, other mistakes.
    label : str, optional
        Name in results.

    Raises
    ------
    GraphError
        If the truth is not a DAG.
    ValueError
        If a probability is not one.

    Examples
    --------
    >>> from llmcd.expert.questions import Question
    >>> truth = Graph.from_edges(["x", "y"], directed=[("x", "y")])
    >>> q = Question("pairwise", "y", "x", "", "?", "mine-1")
    >>> Simulated(truth, accuracy=1.0).answer(q).text
    '{"reasoning": "simulated", "verdict": "B_causes_A"}'
    """

    free = True

    def __init__(
        self,
        truth: Graph,
        *,
        accuracy: float = 0.9,
        first_bias: float = 0.0,
        unsure: float = 0.0,
        ancestor: float = 0.0,
        unrelated: float = 0.0,
        mistakes: str = "independent",
        seed: int = 0,
        label: str = "simulated",
    ) -> None:
        if not truth.is_dag:
            raise GraphError("a simulated expert needs a DAG as the truth")
        self._chances = {
            "accuracy": accuracy,
            "first_bias": first_bias,
            "unsure": unsure,
            "ancestor": ancestor,
            "unrelated": unrelated,
        }
        for name, value in self._chances.items():
            if not 0 <= value <= 1:
                raise ValueError(f"{name} is a probability from 0 to 1, got {value!r}")
        if mistakes not in ("independent", "shared"):
            raise ValueError(f"mistakes is 'independent' or 'shared', got {mistakes!r}")
        self.truth, self.mistakes = truth, mistakes
        self._reach = truth.reach()
        self.seed, self.label = int(seed), label

    def __repr__(self) -> str:
        chances = ", ".join(f"{k}={v}" for k, v in self._chances.items())
        return f"Simulated({len(self.truth.names)} variables, {chances})"

    @property
    def identity(self) -> dict[str, Any]:
        """Truth, probabilities and seed."""
        return {
            "simulated": sorted(map(list, self.truth.directed_edges())),
            "mistakes": self.mistakes,
            "seed": self.seed,
            **self._chances,
        }

    def answer(self, question: Question) -> Reply:
        """Answer by the rules above.

        Parameters
        ----------
        question : Question
            About nodes of the truth, of any kind.

        Returns
        -------
        Reply

        Raises
        ------
        GraphError
            If a variable is not a node of the truth.
        """
        said = {asked[:2]: self._verdict(asked) for asked in question.asked}
        if question.is_about_one_pair:
            (verdict,) = said.values()
            text = wire_text(verdict, reasoning="simulated")
        else:
            text = kind_of(question.kind).write(question, said)
        return Reply(text, finish="stop")

    def _verdict(self, question: Asked) -> str | None:
        a, b = question.a, question.b
        if self._happens("unsure", question, each=True):
            return None
        if self._happens("first_bias", question, each=True):
            return "a->b"
        forward, backward = self._leads(a, b), self._leads(b, a)
        each = self.mistakes == "independent"
        if not (forward or backward):
            return self._of_unrelated(question, each)
        if not self.truth.adjacent(a, b) and not self._happens(
            "ancestor", question, each=each
        ):
            return "none"
        right = self._happens("accuracy", question, each=each)
        return "a->b" if forward == right else "b->a"

    def _of_unrelated(self, question: Asked, each: bool) -> str:
        if not self._happens("unrelated", question, each=each):
            return "none"
        upward = self._draw("either way", question, each=each) < 0.5
        return "a->b" if upward == (question.a <= question.b) else "b->a"

    def _leads(self, a: str, b: str) -> bool:
        return bool(self._reach[self.truth.index(a), self.truth.index(b)])

    def _happens(self, what: str, question: Asked, *, each: bool) -> bool:
        return self._draw(what, question, each=each) < self._chances[what]

    def _draw(self, what: str, question: Asked, *, each: bool) -> float:
        # a hash, not a generator: the order of asking must not matter
        where = (
            [question.a, question.b, question.sample]
            if each
            else sorted((question.a, question.b))
        )
        text = canonical_json([self.seed, what, list(where)])
        digest = hashlib.sha256(text.encode()).digest()
        return int.from_bytes(digest[:8]) / 2**64
