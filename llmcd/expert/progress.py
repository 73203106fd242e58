"""A line that shows how far asking is, in a terminal or a notebook."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column

__all__ = ["Bar"]

_SHORT = 12  # characters of the bar in a terminal
_WIDTH = 24  # characters of the bar in a notebook
_EVERY = 0.25  # seconds between two pictures in a notebook


class Bar:
    """Done, of how many, and a few words; silent where nobody looks.

    Parameters
    ----------
    total : int
        Number of questions.
    wanted : bool
        False for silence.

    Examples
    --------
    >>> with Bar(3, wanted=False) as bar:
    ...     bar.tell(1, "1 stored")
    """

    def __init__(self, total: int, *, wanted: bool) -> None:
        self._total = total
        self._progress: Progress | None = None
        self._notebook: Any = None
        self._lock = threading.Lock()
        self._text = self._shown = ""
        self._next_show = 0.0
        self._start = (0.0, 0)
        if not wanted or not total:
            return
        if _in_notebook():
            self._notebook = _display("asking ...")
        elif sys.stderr.isatty():
            fixed, rest = Column(no_wrap=True), Column(no_wrap=True, ratio=1)
            self._progress = Progress(
                TextColumn("asking", table_column=fixed),
                BarColumn(bar_width=_SHORT),
                MofNCompleteColumn(table_column=fixed),
                TextColumn("{task.fields[state]}", table_column=rest),
                console=Console(stderr=True),
                expand=True,  # what does not fit is cut at the end of the words only
            )

    def __enter__(self) -> Bar:
        if self._progress is not None:
            self._progress.start()
            self._task = self._progress.add_task("", total=self._total, state="")
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()
        self._next_show = 0.0
        self.show()

    @property
    def is_seen(self) -> bool:
        """Whether it is worth telling anything."""
        return self._progress is not None or self._notebook is not None

    def tell(self, done: int, state: str) -> None:
        """Say how far it is, from any thread.

        Parameters
        ----------
        done : int
            Number of questions with an answer.
        state : str
            What else is to be said.
        """
        with self._lock:
            if not self._start[0]:  # what a store held is no measure of speed
                self._start = (time.monotonic(), done)
            left = time_left(time.monotonic() - self._start[0], done - self._start[1],
                             self._total - done)  # fmt: skip
            state = ", ".join(x for x in (state, left) if x)
            if self._progress is not None:
                self._progress.update(self._task, completed=done, state=state)
            full = _WIDTH * done // max(1, self._total)
            bar = "█" * full + "░" * (_WIDTH - full)
            self._text = f"asking {bar} {done}/{self._total}  {state}"

    def show(self) -> None:
        """Draw what was told, in a notebook from the caller's own thread."""
        if self._notebook is None or time.monotonic() < self._next_show:
            return
        with self._lock:
            text = self._text
        if text and text != self._shown:
            self._notebook.update({"text/plain": text}, raw=True)
            self._shown = text
        self._next_show = time.monotonic() + _EVERY


def time_left(seconds: float, done: int, rest: int) -> str:
    """How long the rest will take at the speed so far.

    Parameters
    ----------
    seconds : float
        Since asking began.
    done, rest : int
        Questions answered in that time, and still to be answered.

    Returns
    -------
    str
        Empty when nothing is known yet, or nothing is left.

    Examples
    --------
    >>> time_left(10.0, 5, 60), time_left(1.0, 0, 60)
    ('about 2:00 left', '')
    """
    if not done or not rest:
        return ""
    left = round(seconds / done * rest)
    hours, minutes = divmod(left // 60, 60)
    if hours:
        return f"about {hours}:{minutes:02}:{left % 60:02} left"
    return f"about {minutes}:{left % 60:02} left"


def _in_notebook() -> bool:
    """Whether a notebook's kernel runs this; IPython is not imported for it."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


def _display(text: str) -> Any:
    """Put a line into the cell's output that can be replaced."""
    from IPython import display  # pyright: ignore

    return display.display({"text/plain": text}, raw=True, display_id=True)
