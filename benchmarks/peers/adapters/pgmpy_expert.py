"""pgmpy's ExpertInLoop, asking recorded replies."""

from __future__ import annotations

from typing import Any

from asked import DIRECTIONS, Replies
from pgmpy.causal_discovery import ExpertInLoop
from pgmpy_peer import _edges, _frame
from protocol import Prepared, Rows, serve


def expert_in_loop(rows: Rows, options: dict[str, Any]) -> Prepared:
    """ExpertInLoop as it comes; ``orders`` "one" or "both" of each pair it asks about.

    An expert that names no direction says None, which is "no edge" for it.
    """
    replies = Replies(options["answers"])

    def expert(a: str, b: str, **_: Any) -> tuple[str, str] | None:
        verdict = replies.ask(a, b, options["orders"])
        if verdict not in DIRECTIONS:
            return None
        return (a, b) if verdict == "a->b" else (b, a)

    frame = _frame(rows)
    # A new object for each fit: it keeps the answers of the expert before.
    return Prepared(
        lambda: ExpertInLoop(orientation_fn=expert, show_progress=False).fit(frame),
        lambda found: _edges(found.causal_graph_),
        is_dag=True,
        after=lambda _: replies.told(),
    )


if __name__ == "__main__":
    serve({"expert_in_loop": expert_in_loop}, ["pgmpy", "numpy", "pandas"])
