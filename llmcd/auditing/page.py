"""An audit, or several side by side, as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from llmcd.auditing.audit import Audit, compared
from llmcd.auditing.section import Section
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
    heads = [name for name in rows[0] if name != "task"] if rows else []
    return _template().render(
        title="Audit of " + "; ".join(heads or [one.expert for one in audits]),
        style=Markup(source("style.css")),  # ours, not the user's
        audits=audits,
        heads=heads or [one.expert for one in audits],
        rows=[(row["task"], [_section(one, row["task"]) for one in audits])
              for row in rows],
    )  # fmt: skip


def _section(one: Audit, task: str) -> Section | None:
    return next((s for s in one.sections if s.task == task), None)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _place(share: float) -> str:
    return f"{100 * share:.1f}"


def _mark(share: float) -> str:
    # the left end of a mark 1.6 wide, inside the picture
    return f"{min(max(100 * share - 0.8, 0.0), 98.4):.1f}"


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    page = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    page.filters |= {"number": _number, "place": _place, "mark": _mark}
    text = files("llmcd.auditing").joinpath("page.html").read_text(encoding="utf-8")
    return page.from_string(text)
