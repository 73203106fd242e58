"""One self-contained HTML file that explains a result."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any

from llmcd.combiner.combined import Combined, Conflict
from llmcd.expert.answers import Answer
from llmcd.plots.graph import draw_graph, figure_size
from llmcd.variables import Variables

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["render"]

_ARROWS = {"-->": "→", "---": "—", "<->": "↔"}
_WHO = {
    "data": "by the data",
    "expert": "by the expert",
    "background": "by background knowledge",
    "Meek": "by Meek's rules, from the others",
    "nobody": "undirected",
}


def render(
    combined: Combined,
    *,
    variables: Variables | None = None,
    settings: Mapping[str, Any] | None = None,
    title: str = "Causal graph",
) -> str:
    """Write the report.

    Parameters
    ----------
    combined : Combined
        Data and expert reconciled.
    variables : Variables, optional
        Descriptions, shown beside the names.
    settings : mapping, optional
        Settings and versions of the run.
    title : str, optional
        Heading of the page.

    Returns
    -------
    str
        A whole HTML page without scripts, links or anything that is loaded from
        elsewhere; the same bytes for the same result. All text is escaped.

    Examples
    --------
    >>> import llmcd, numpy as np, pandas as pd
    >>> rows = np.random.default_rng(0).normal(size=(99, 2))
    >>> rows = pd.DataFrame(rows, columns=["<b>", "y"])
    >>> result = llmcd.discover(rows, bootstrap=2, progress=False)
    >>> page = render(result.combined, title="<b> and y")
    >>> "<title>&lt;b&gt; and y</title>" in page
    True
    """
    return _template().render(
        title=title,
        one=combined,
        candidates=combined.candidates,
        picture=_picture(combined),
        alt=_alt(combined),
        who=_who(combined),
        edges=[
            (edge, _answers_about(combined, edge.cause, edge.effect))
            for edge in sorted(combined.edges, key=lambda e: (e.cause, e.effect))
        ],
        pairs=[
            (a, b, combined.graph.edge(a, b), _answers_about(combined, a, b))
            for a, b in combined.answers.pairs()
        ],
        opened=(
            len(combined.data_graph.undirected_edges()),
            len(combined.graph.undirected_edges()),
        ),
        conflicts=[(one, _conflict(one)) for one in combined.conflicts],
        asked=_asked(combined),
        arrows=_ARROWS,
        variables=variables or Variables(),
        settings=_flat(settings or {}),
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    page = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page.filters.update(percent=_percent, number=_number, signed=_signed)
    source = files("llmcd.report").joinpath("template.html")
    return page.from_string(source.read_text(encoding="utf-8"))


def _conflict(conflict: Conflict) -> dict[str, str]:
    """What each side says, with arrows in place of marks."""
    a, b = conflict.a, conflict.b
    words = {
        f"{x} {mark} {y}": f"{x} {arrow} {y}"
        for x, y in ((a, b), (b, a))
        for mark, arrow in _ARROWS.items()
    }
    words["no edge"] = f"{a}, {b}: no edge"
    return {
        "data": words.get(conflict.data_says, conflict.data_says),
        "expert": words.get(conflict.expert_says, conflict.expert_says),
        "decision": words.get(conflict.decision, conflict.decision),
    }


def _percent(x: float) -> str:
    return f"{x:.0%}"


def _number(x: float) -> str:
    return f"{x:.2f}"


def _signed(x: float) -> str:
    return f"{round(x, 2) + 0.0:+.2f}"  # a rounded zero has no sign of its own


def _picture(combined: Combined) -> str:
    """The graph as an SVG in base64, without anything that changes between runs."""
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    target = BytesIO()
    # Identifiers in the file are hashes; without a salt they are random.
    with rc_context({"svg.hashsalt": "llmcd", "svg.fonttype": "path"}):
        figure = Figure(figsize=figure_size(combined), layout="constrained")
        FigureCanvasSVG(figure)
        draw_graph(combined, ax=figure.subplots())
        still = {"Date": None, "Creator": None}
        figure.savefig(target, format="svg", metadata=still)
    return base64.b64encode(target.getvalue()).decode("ascii")


def _alt(combined: Combined) -> str:
    return (
        f"The causal graph: {len(combined.graph.names)} variables and "
        f"{combined.graph.n_edges} edges, all of which are in the table of edges."
    )


def _who(combined: Combined) -> list[tuple[str, int, str]]:
    counts = Counter(edge.decided_by for edge in combined.edges)
    return [(who, counts[who], words) for who, words in _WHO.items() if counts[who]]


def _answers_about(combined: Combined, a: str, b: str) -> list[dict[str, str]]:
    return [_told(x) for x in combined.answers.for_pair(a, b)]


def _told(answer: Answer) -> dict[str, str]:
    verdict = {
        "a->b": f"{answer.a} causes {answer.b}",
        "b->a": f"{answer.b} causes {answer.a}",
        "none": "no direct relation",
        "common cause": "a common cause of both",
        None: f"no answer ({answer.reason})",
    }[answer.verdict]
    words = {
        "a->b": f"{answer.a} → {answer.b}",
        "b->a": f"{answer.b} → {answer.a}",
    }
    stated = ", ".join(f"{words.get(k, k)} {v:.2f}" for k, v in answer.stated.items())
    return {
        "expert": answer.expert,
        "shown": f"{answer.a}, then {answer.b}",
        "verdict": verdict,
        "stated": stated,
        "reasoning": answer.reasoning,
    }


def _asked(combined: Combined) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for expert in combined.answers.experts:
        mine = [x for x in combined.answers.answers if x.expert == expert]
        tokens = [x.prompt_tokens for x in mine if x.prompt_tokens is not None]
        cost = [x.usd for x in mine if x.usd is not None]
        found.append(
            {
                "expert": expert,
                "questions": len(mine),
                "abstained": sum(x.verdict is None for x in mine),
                "prompts": ", ".join(sorted({x.prompt_version for x in mine})),
                "tokens": f"{sum(tokens):,}" if tokens else "",
                "usd": f"{sum(cost):.4f}" if cost else "",
            }
        )
    return found


def _flat(settings: Mapping[str, Any], before: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for key, value in settings.items():
        if isinstance(value, Mapping):
            found.extend(_flat(value, f"{before}{key} "))
        else:
            found.append((f"{before}{key}".replace("_", " "), str(value)))
    return found
