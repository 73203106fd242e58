"""What a result says of itself when it is printed."""

from __future__ import annotations

from llmcd.combiner.combined import Combined
from llmcd.report.account import other_mode_in_words
from llmcd.result.value import Value

__all__ = ["Printing"]

_SHOWN = 12
_DECIDERS = {
    "data": "the data",
    "background": "background knowledge",
    "expert": "the expert",
    "Meek": "Meek's rules",
    "nobody": "nobody (undirected)",
}


class Printing(Value):
    """A result in a few lines."""

    @property
    def summary(self) -> tuple[str, ...]:
        """What was found and whom it rests on, a few lines without the edges."""
        return tuple(_summary(self.combined))

    def __str__(self) -> str:
        one = self.combined
        lines = [f"WARNING: {text}" for text in one.warnings]
        if lines:
            lines.append("")
        lines.extend(self.summary)
        if one.edges:
            shown = self.edges.drop(columns="warning").head(_SHOWN)
            lines += ["", shown.to_string(index=False, float_format="%.2f")]
        if len(one.edges) > _SHOWN:
            more = len(one.edges) - _SHOWN
            lines.append(f"... and {more} more edges: see result.edges")
        if one.conflicts:
            lines += ["", f"{len(one.conflicts)} conflicts: see result.conflicts"]
        if self.refinement is not None:
            lines += ["", f"your graph: {len(self.refinement.proposals)} changes "
                      "proposed: see result.refinement"]  # fmt: skip
        if self.changes is not None:
            lines += ["", f"update: {len(self.changes)} pairs changed: see "
                      "result.changes"]  # fmt: skip
        return "\n".join(lines)

    def __repr__(self) -> str:
        return (
            f"<Result: {len(self.graph.names)} variables, {self.graph.n_edges} edges, "
            f"{len(self.combined.conflicts)} conflicts, mode {self.combined.mode}>"
        )

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(str(self))}</pre>"


def _summary(one: Combined) -> list[str]:
    graph, found = one.graph, one.candidates
    open_before = len(one.data_graph.undirected_edges())
    open_now = len(graph.undirected_edges())
    by = {who: sum(e.decided_by == who for e in one.edges) for who in _DECIDERS}
    said = ", ".join(f"{n} by {_DECIDERS[w]}" for w, n in by.items() if n)
    lines = [
        f"{len(graph.names)} variables, {found.n_rows:,} rows, method {found.method}, "
        f"{len(found.replicates)} resamples, mode {one.mode}",
        f"{graph.n_edges} edges: {said or 'none'}",
        f"undirected: {open_before} from data alone, {open_now} now",
    ]
    if one.other_graph is not None:
        lines.append(other_mode_in_words(one))
    elif one.why_mode != "asked for":
        lines.append(f"{one.mode} mode: {one.why_mode}")
    if not one.reliability:
        asked = "No question was answered." if one.answers.note else "Nobody was asked."
        lines.append(asked)
    for trust in one.reliability:
        abstained = sum(
            x.verdict is None for x in one.answers.answers if x.expert == trust.expert
        )
        total = sum(x.expert == trust.expert for x in one.answers.answers)
        lines.append(
            f"{trust.expert}: {total} questions, {abstained} without an answer. "
            f"{trust.finding}"
        )
    lines += [f"sent for {sent}" for sent in one.answers.sent]
    return lines
