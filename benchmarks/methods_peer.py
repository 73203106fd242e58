"""Other implementations, given the same rows and the same answers."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from benchmarks.cells import Cell
from benchmarks.experts import Consulted
from benchmarks.methods import Estimate, Method, TimedOutError, UnavailableError
from llmcd.errors import LlmcdError

__all__ = ["METHODS", "PeerFailedError", "as_method"]

_NOT_READY = "its environment is"


class PeerFailedError(LlmcdError):
    """A peer gave no graph; the message says why."""


def as_method(peer: Any, answered: Any) -> Method:
    """A peer as a method of this benchmark.

    Parameters
    ----------
    peer : PeerMethod
        From ``benchmarks.peer_methods``.
    answered : callable
        Its type of an answer: ``answered(a, b, verdict)``.

    Returns
    -------
    Method
        It gets the columns that our search had, in the sample's order, and those
        answers that were had; it is unavailable where its environment is not installed
        or the table is not discrete, and stopped after the cell's ``peer_seconds``. A
        graph with a cycle is measured as it is.
    """

    def run(cell: Cell, consulted: Consulted | None) -> Estimate:
        if not cell.table.is_discrete:
            raise UnavailableError("the peers are run on discrete tables only")
        searched = set(cell.columns)
        rows = cell.frame[[name for name in cell.frame.columns if name in searched]]
        answers = () if consulted is None else consulted.answers.answers
        found = peer.run(
            rows,
            [
                answered(x.a, x.b, x.verdict)
                for x in answers
                if x.reason != "missing" and {x.a, x.b} <= searched
            ],
            limit=cell.peer_seconds,
        )
        if found.status != "done":
            if _NOT_READY in found.reason:
                raise UnavailableError(found.reason)
            if found.status == "timeout":
                raise TimedOutError(found.reason)
            raise PeerFailedError(f"{found.status}: {found.reason}")
        return Estimate(found.drawn, questions=found.questions, seconds=found.seconds)

    about = "as installed; see benchmarks/peer_methods.py"
    return Method(peer.name, "peer", peer.asks, about, run)


def _all() -> tuple[Method, ...]:
    if find_spec("benchmarks.peer_methods") is None:
        return ()
    held = import_module("benchmarks.peer_methods")
    return tuple(as_method(peer, held.Answered) for peer in held.PEER_METHODS)


METHODS = _all()
