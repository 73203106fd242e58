"""One self-contained HTML file that explains a result."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from llmcd.combiner.changes import Changes
from llmcd.combiner.combined import Combined
from llmcd.combiner.refinement import Refinement
from llmcd.report.account import (
    ARROWS,
    deciders,
    flat,
    in_words,
    other_mode,
    pairs,
    sampling,
    sent,
)
from llmcd.report.downloads import downloads
from llmcd.report.drawing import drawing
from llmcd.report.moved import moved, proposed
from llmcd.report.reviewed import Reviewed
from llmcd.report.texts import missed, remarks
from llmcd.variables import Variables

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["render", "source"]


def render(
    combined: Combined,
    *,
    variables: Variables | None = None,
    settings: Mapping[str, Any] | None = None,
    title: str = "Causal graph",
    reviewed: Reviewed | None = None,
    changes: Changes | None = None,
    refinement: Refinement | None = None,
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
    reviewed : Reviewed, optional
        What a person decided about it.
    changes : Changes, optional
        What an update or a critic changed.
    refinement : Refinement, optional
        Proposals for a graph of one's own.

    Returns
    -------
    str
        A whole HTML page that loads nothing from elsewhere: its one style sheet and
        one script are named by their hashes in its policy, and nothing else may run.
        The same bytes for the same result. All text is escaped.

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
    from markupsafe import Markup

    now, better = moved(changes), proposed(refinement)
    also = [(one.a, one.b) for one in (*now, *better) if one.a]
    about = pairs(combined, also)
    key_of = {frozenset((pair.a, pair.b)): pair.key for pair in about}
    described = variables or Variables()
    style, script = source("style.css"), source("report.js")
    return _template().render(
        title=title,
        style=Markup(style),  # ours, not the user's
        script=Markup(script),
        policy=_policy(style, script),
        one=combined,
        candidates=combined.candidates,
        picture=drawing(combined),
        who=deciders(combined),
        pairs=about,
        key_of=lambda a, b: key_of.get(frozenset((a, b)), ""),
        opened=(
            len(combined.data_graph.undirected_edges()),
            len(combined.graph.undirected_edges()),
        ),
        conflicts=[(one, in_words(one)) for one in combined.conflicts],
        weighed=combined.mode == "posterior",
        other_mode=other_mode(combined),
        sampling=sampling(combined),
        changes=changes,
        moved=now,
        refinement=refinement,
        proposed=better,
        asked=sent(combined),
        hosts=combined.answers.sent,
        remarks=remarks(described) if combined.answers.answers else (),
        missed=missed(combined),
        arrows=ARROWS,
        variables=described,
        meaning={name: _meaning(described, name) for name in combined.graph.names},
        settings=flat(settings or {}),
        files=downloads(combined, settings or {}),
        reviewed=reviewed or Reviewed(),
    )


def source(name: str) -> str:
    """The text of a style sheet or script of the page."""
    return files("llmcd.report").joinpath(name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; script-src '{_hash(script)}'; "
        f"style-src '{_hash(style)}'; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    page = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page.filters.update(percent=_percent, number=_number, signed=_signed)
    return page.from_string(source("template.html"))


def _meaning(variables: Variables, name: str) -> str:
    """Label, description, unit and levels of a variable, in one line."""
    if name not in variables:
        return ""
    one = variables[name]
    parts = [one.label, one.description]
    if one.unit:
        parts.append(f"Unit: {one.unit}")
    if one.levels:
        parts.append(f"Levels: {', '.join(map(str, one.levels))}")
    return " · ".join(part for part in parts if part)


def _percent(x: float) -> str:
    return f"{x:.0%}"


def _number(x: float) -> str:
    return f"{x:.2f}"


def _signed(x: float) -> str:
    near = round(x, 2)
    return f"{near:+.2f}".replace("-", "−") if near else "0"
