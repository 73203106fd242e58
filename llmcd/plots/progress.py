"""What each further question brought."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from llmcd.combiner.combined import Combined
from llmcd.combiner.reconcile import combine
from llmcd.errors import DataError
from llmcd.expert.answers import Answers
from llmcd.graph import Graph
from llmcd.metrics.graphs import shd
from llmcd.plots.styles import CYCLE, SOFT, STYLES, new_axes, page_size, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Progress", "draw_progress", "question_progress"]


class Progress(NamedTuple):
    """The result after some of the questions.

    Attributes
    ----------
    questions : int
        Answers that were used.
    undirected : int
        Edges that are still undirected.
    by_expert : int
        Edges that the expert directed, or that follow from those.
    conflicts : int
        Pairs on which data and expert disagree.
    shd : float or None
        Structural Hamming distance to the true DAG, where it is known.
    """

    questions: int
    undirected: int
    by_expert: int
    conflicts: int
    shd: float | None


def question_progress(
    combined: Combined, *, truth: Graph | None = None, points: int = 12
) -> tuple[Progress, ...]:
    """Combine again after the first of the answers, after more, after all of them.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled; its answers stand in the order of the questions.
    truth : Graph, optional
        The true DAG, where it is known.
    points : int, optional
        How many results besides the data's own, at equal distances. Each combines
        once.

    Returns
    -------
    tuple of Progress
        From no question to all of them.

    Raises
    ------
    ValueError
        If fewer than one point is asked for.
    DataError
        If the result is of posterior mode and holds no rows, as after loading: the
        steps between could only be had in another mode.

    Examples
    --------
    >>> import llmcd, numpy as np, pandas as pd
    >>> rows = np.random.default_rng(0).normal(size=(99, 2))
    >>> rows = pd.DataFrame(rows, columns=["x", "y"])
    >>> combined = llmcd.discover(rows, bootstrap=2, progress=False).combined
    >>> [one.questions for one in question_progress(combined)]
    [0]
    """
    if points < 1:
        raise ValueError(f"points must be at least 1, got {points}")
    answers = combined.answers.answers
    if answers and combined.mode == "posterior" and combined.candidates.table is None:
        raise DataError(
            "the progress of the questions is found by combining again, which needs "
            "the rows, and this result was loaded without them: combine again with "
            "llmcd.combine(result.candidates, result.answers, data=...)"
        )
    ends = np.linspace(0, len(answers), points + 1)
    # a pair's two orders belong together
    counts = sorted({min(len(answers), int(np.ceil(x / 2)) * 2) for x in ends})
    found: list[Progress] = []
    for count in counts:
        some = Answers(answers[:count], combined.answers.unfinished)
        now = combined
        if count < len(answers):
            now = combine(
                combined.candidates, some, mode=combined.mode, audits=combined.audits
            )
        found.append(
            Progress(
                count,
                len(now.graph.undirected_edges()),
                sum(edge.decided_by in ("expert", "Meek") for edge in now.edges),
                len(now.conflicts),
                None if truth is None else shd(truth=truth, estimate=now.graph),
            )
        )
    return tuple(found)


def draw_progress(
    combined: Combined,
    *,
    truth: Graph | None = None,
    points: int = 12,
    ax: Axes | None = None,
) -> Axes:
    """Draw what each further question brought.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled.
    truth : Graph, optional
        The true DAG, where it is known, for the distance to it.
    points : int, optional
        As in ``question_progress``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        Counts of edges and conflicts against the number of questions; each line is
        named at its end.

    Examples
    --------
    >>> import llmcd, numpy as np, pandas as pd
    >>> rows = np.random.default_rng(0).normal(size=(99, 2))
    >>> rows = pd.DataFrame(rows, columns=["x", "y"])
    >>> combined = llmcd.discover(rows, bootstrap=2, progress=False).combined
    >>> from matplotlib.figure import Figure
    >>> axes = Figure().subplots()
    >>> draw_progress(combined, ax=axes) is axes
    True
    """
    found = question_progress(combined, truth=truth, points=points)
    axes = new_axes(ax, (5.6, 3.4))
    at = [one.questions for one in found]
    lines: list[tuple[str, list[float], tuple[str, str]]] = [
        ("undirected edges", [one.undirected for one in found], CYCLE[0]),
        ("directed by the expert", [one.by_expert for one in found],
         (STYLES["expert"].colour, STYLES["expert"].marker)),
        ("conflicts", [one.conflicts for one in found], ("#CC1111", "X")),
    ]  # fmt: skip
    if truth is not None:
        lines.append(("SHD to the true DAG", [one.shd or 0 for one in found], CYCLE[2]))
    for words, counts, (colour, marker) in lines:
        axes.plot(at, counts, color=colour, marker=marker, markersize=4, linewidth=1.6,
                  markeredgecolor="white", markeredgewidth=0.5, label=words,
                  gid=words)  # fmt: skip
    axes.set_xlabel("questions answered")
    axes.set_ylabel("number")
    axes.set_ylim(0, 1.08 * max(1, *(max(counts) for _, counts, _ in lines)))
    axes.margins(x=0.02)
    axes.locator_params(integer=True)
    axes.grid(axis="y", color=SOFT, alpha=0.2, linewidth=0.6)
    tidy(axes)
    _name_lines(axes, [(counts[-1], words, look[0]) for words, counts, look in lines])
    return axes


def _name_lines(axes: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Write each line's name beside its end, apart from each other."""
    low, high = axes.get_ylim()
    apart = (high - low) * 11 / max(page_size(axes)[1], 1.0)
    least = low
    for end, words, colour in sorted(ends):
        y = max(end, least)
        least = y + apart
        axes.annotate(
            words, (1.0, y), (6, 0), xycoords=("axes fraction", "data"),
            textcoords="offset points", fontsize=8, color=colour, va="center",
            annotation_clip=False,
        )  # fmt: skip
