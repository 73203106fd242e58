"""One self-contained HTML file that explains a result."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import TYPE_CHECKING, Any

from llmcd.combiner.combined import Combined, EdgeDecision
from llmcd.expert.answers import Answer
from llmcd.plot import draw_graph, figure_size
from llmcd.variables import Variables

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["render"]

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
    """
    return _template().render(
        title=title,
        one=combined,
        candidates=combined.candidates,
        picture=_picture(combined),
        alt=_alt(combined),
        who=_who(combined),
        edges=[(edge, _answers_about(combined, edge)) for edge in combined.edges],
        opened=(
            len(combined.data_graph.undirected_edges()),
            len(combined.graph.undirected_edges()),
        ),
        asked=_asked(combined),
        variables=variables or Variables(),
        settings=_flat(settings or {}),
    )


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    page = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                       lstrip_blocks=True)  # fmt: skip
    page.filters["percent"] = lambda x: f"{x:.0%}"
    page.filters["number"] = lambda x: "" if x is None else f"{x:.2f}"
    page.filters["signed"] = lambda x: "" if x is None else f"{x:+.2f}"
    source = files("llmcd.report").joinpath("template.html")
    return page.from_string(source.read_text(encoding="utf-8"))


def _picture(combined: Combined) -> str:
    """The graph as a PNG in base64, without anything that changes between runs."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=figure_size(combined), layout="constrained")
    FigureCanvasAgg(figure)
    draw_graph(combined, ax=figure.subplots())
    target = BytesIO()
    figure.savefig(target, format="png", dpi=130, metadata={"Software": None})
    return base64.b64encode(target.getvalue()).decode("ascii")


def _alt(combined: Combined) -> str:
    return (
        f"The causal graph: {len(combined.graph.names)} variables and "
        f"{combined.graph.n_edges} edges, all of which are in the table of edges."
    )


def _who(combined: Combined) -> list[tuple[str, int, str]]:
    counts = {who: 0 for who in _WHO}
    for edge in combined.edges:
        counts[edge.decided_by] += 1
    return [(who, counts[who], words) for who, words in _WHO.items() if counts[who]]


def _answers_about(combined: Combined, edge: EdgeDecision) -> list[dict[str, str]]:
    return [_told(x) for x in combined.answers.for_pair(edge.cause, edge.effect)]


def _told(answer: Answer) -> dict[str, str]:
    verdict = {
        "a->b": f"{answer.a} causes {answer.b}",
        "b->a": f"{answer.b} causes {answer.a}",
        "none": "no direct relation",
        "common cause": "a common cause of both",
        None: f"no answer ({answer.reason})",
    }[answer.verdict]
    stated = ", ".join(f"{k}: {v:.2f}" for k, v in answer.stated.items())
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
