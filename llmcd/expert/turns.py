"""Whose request may be sent now: everybody's, or after a failure one at a time."""

from __future__ import annotations

import random
import threading
import time
from typing import NamedTuple

from llmcd.expert.failures import Failure

__all__ = ["Turn", "Turns"]


class Turn(NamedTuple):
    """Leave to send one request.

    Attributes
    ----------
    era : int
        How often the provider had been given up before.
    is_probe : bool
        It is the only one that may be sent: the others wait for what comes of it.

    Examples
    --------
    >>> Turn(0, is_probe=False).is_probe
    False
    """

    era: int
    is_probe: bool


class Turns:
    """One limiter and one circuit breaker for all requests to a provider.

    After a failure that may pass, everybody waits, as long as the provider asks or for
    a pause that doubles; then one request is sent to try. When it succeeds all go on.
    After ``tries`` of them in a row failed, the provider is given up, for everybody
    who waits. So an outage costs as many requests as were under way and ``tries`` more.

    Parameters
    ----------
    tries : int
        Attempts after a failure, of all together.
    pause : float
        Seconds before the first of them; twice as many before each next one.

    Examples
    --------
    >>> turns = Turns(tries=1, pause=0.0)
    >>> turns.failed(turns.enter(), Failure(503, "busy"))
    True
    >>> probe = turns.enter()
    >>> probe.is_probe, turns.failed(probe, Failure(503, "busy"))
    (True, False)
    """

    def __init__(self, tries: int, pause: float) -> None:
        self.tries, self.pause = tries, pause
        self.problem: Failure | None = None
        """Why the provider was given up last."""
        self._changed = threading.Condition()
        self._era = 0
        self._in_trouble = False
        self._is_probing = False
        self._failed = 0  # probes since the last success
        self._not_before = 0.0

    def enter(self) -> Turn | None:
        """Wait for a turn.

        Returns
        -------
        Turn or None
            None when the provider was given up meanwhile, for the ``problem``.
        """
        with self._changed:
            era = self._era
            while self._in_trouble:
                wait = self._not_before - time.monotonic()
                if not self._is_probing and wait <= 0:
                    self._is_probing = True
                    return Turn(era, is_probe=True)
                self._changed.wait(None if self._is_probing else wait)
                if self._era != era:
                    return None
            return Turn(era, is_probe=False)

    def passed(self, turn: Turn) -> None:
        """The provider answered: everybody may go on.

        Parameters
        ----------
        turn : Turn
            From ``enter``.
        """
        with self._changed:
            self._in_trouble = False
            self._failed = 0
            if turn.is_probe:
                self._is_probing = False
            self._changed.notify_all()

    def left(self, turn: Turn) -> None:
        """No request was sent, or its failure says nothing about the others.

        Parameters
        ----------
        turn : Turn
            From ``enter``.
        """
        if turn.is_probe:
            with self._changed:
                self._is_probing = False
                self._changed.notify_all()

    def failed(self, turn: Turn, problem: Failure) -> bool:
        """The request failed in a way that may pass.

        Parameters
        ----------
        turn : Turn
            From ``enter``.
        problem : Failure
            With the time that the provider asks to wait.

        Returns
        -------
        bool
            False when the provider is given up.
        """
        with self._changed:
            if turn.era != self._era:
                return False
            if turn.is_probe:
                self._is_probing = False
                self._failed += 1
            if self._failed >= self.tries:
                self._give_up(problem)
                return False
            self._in_trouble = True
            pause = self.pause * 2**self._failed * random.uniform(0.5, 1.0)
            if problem.wait is not None:
                # not all at the same moment as other programs that were told the same
                pause = problem.wait + pause * 0.1
            self._not_before = max(self._not_before, time.monotonic() + pause)
            self._changed.notify_all()
            return True

    def _give_up(self, problem: Failure) -> None:
        self.problem = problem
        self._era += 1
        self._in_trouble = False
        self._failed = 0
        self._not_before = 0.0
        self._changed.notify_all()
