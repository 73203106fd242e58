"""Single flight: what somebody is asking already is waited for, not asked again."""

from __future__ import annotations

import itertools
import os
import threading
from pathlib import Path
from typing import Any

try:
    import fcntl
except ImportError:  # Windows: then only this process keeps to it
    fcntl: Any = None

__all__ = ["Claims"]

_lock = threading.Lock()
_RUNS = itertools.count()  # unlike an id() never used again
_HELD: set[tuple[str, str]] = set()
# closing any descriptor of a file drops the process's locks on it, so each file is
# opened once and stays open
_FILES: dict[str, int] = {}


def _start_anew() -> None:
    """A forked child holds none of its parent's locks."""
    global _lock  # another thread may have held it while forking
    _lock = threading.Lock()
    _HELD.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_anew)


class Claims:
    """Who is asking what, among all that use one store.

    In this process by a set, between processes by locks on single bytes of a file
    beside the store. The system drops them when a process ends, however it ends, so
    that nobody waits for the dead.

    Parameters
    ----------
    store : path or None
        The store's file; None when the claims are one run's own.

    Examples
    --------
    >>> claims = Claims(None)
    >>> claims.take("ab12"), claims.take("ab12")
    (True, False)
    >>> claims.give_back("ab12")
    >>> claims.take("ab12")
    True
    """

    def __init__(self, store: Path | None) -> None:
        self._path = None if store is None else str(store.resolve()) + ".lock"
        self._scope = self._path or f"run {next(_RUNS)}"

    def take(self, key: str) -> bool:
        """Claim a question, without waiting.

        Parameters
        ----------
        key : str
            Of the store, hexadecimal.

        Returns
        -------
        bool
            False when somebody else has it.
        """
        with _lock:
            if (self._scope, key) in _HELD or not self._locked(key):
                return False
            _HELD.add((self._scope, key))
            return True

    def give_back(self, key: str) -> None:
        """Let others have it.

        Parameters
        ----------
        key : str
            As for ``take``.
        """
        with _lock:
            _HELD.discard((self._scope, key))
            if fcntl is not None and self._path in _FILES:
                fcntl.lockf(_FILES[self._path], fcntl.LOCK_UN, 1, _byte(key))

    def _locked(self, key: str) -> bool:
        if self._path is None or fcntl is None:
            return True
        try:
            if self._path not in _FILES:
                flags = os.O_CREAT | os.O_RDWR | os.O_CLOEXEC
                _FILES[self._path] = os.open(self._path, flags, 0o600)
            how = fcntl.LOCK_EX | fcntl.LOCK_NB
            fcntl.lockf(_FILES[self._path], how, 1, _byte(key))
        except BlockingIOError:
            return False
        except OSError:
            return True  # a disk without locks: then only this process keeps to it
        return True


def _byte(key: str) -> int:
    return int(key[:15], 16)
