"""An audit, or several side by side, as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from llmcd.auditing.audit import Audit, compared
from llmcd.report.render import source

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["render_audits"]


def render_audits(audits: Sequence[Audit]) -> str:
    """Write the page.

    Parameters
    ----------
    audits : sequence of Audit
        One, or several that asked the same items.

    Returns
    -------
    str
        A page in the style of the report that loads nothing and runs nothing; all text
        is escaped.

    Raises
    ------
    ValueError
        If there are none, or they asked different items.
    """
    from markupsafe import Markup

    rows = compared(audits)
    return _template().render(
        title="Audit of " + ", ".join(one.expert for one in audits),
        style=Markup(source("style.css")),  # ours, not the user's
        audits=audits,
        heads=list(rows[0]) if rows else [],
        rows=rows,
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    page = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page.filters["number"] = _number
    text = files("llmcd.auditing").joinpath("page.html").read_text(encoding="utf-8")
    return page.from_string(text)
