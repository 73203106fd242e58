"""Axes to draw on and the bytes of what was drawn, for tests of pictures."""

from __future__ import annotations

from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


def canvas(size: tuple[float, float] = (6, 4)) -> Axes:
    """Axes on a figure of their own."""
    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)
    return figure.subplots()


def png(ax: Axes) -> bytes:
    """The picture's bytes."""
    target = BytesIO()
    ax.figure.savefig(target, format="png", metadata={"Software": None})
    return target.getvalue()


def texts_of(ax: Axes) -> list[str]:
    """Every text in the picture, the legend's too."""
    legend = ax.get_legend()
    found = [text.get_text() for text in ax.texts]
    return found + [text.get_text() for text in legend.get_texts() if legend]
