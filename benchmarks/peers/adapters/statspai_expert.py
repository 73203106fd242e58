"""StatsPAI's llm_dag_constrained with recorded replies as its oracle."""

from __future__ import annotations

from typing import Any

import pandas as pd
from asked import DIRECTIONS, Replies
from protocol import Edges, Prepared, Rows, matrix_edges, serve
from statspai.causal_llm.llm_dag_loop import llm_dag_constrained as search


def llm_dag_constrained(rows: Rows, options: dict[str, Any]) -> Prepared:
    """The closed loop with ``test`` at ``alpha``; the oracle lists directed edges.

    They come without a confidence, which counts as 1. Its graph is ``cpdag``:
    ``final_edges`` leaves out what it did not direct.
    """
    replies = Replies(options["answers"])

    def oracle(variables: list[str], descriptions: Any) -> list[tuple[str, str]]:
        proposed: list[tuple[str, str]] = []
        for a, b in replies.pairs:
            verdict = replies.both_orders(a, b)
            if verdict in DIRECTIONS:
                proposed.append((a, b) if verdict == "a->b" else (b, a))
        return proposed

    def edges(found: Any) -> Edges:
        if found.provenance["oracle_error"] is not None:
            raise RuntimeError(f"its oracle failed: {found.provenance['oracle_error']}")
        return matrix_edges(list(found.variables), found.cpdag.to_numpy())

    frame = pd.DataFrame(rows.values, columns=rows.names)
    return Prepared(
        lambda: search(
            frame, rows.names, oracle=oracle, alpha=options["alpha"],
            ci_test=options["test"],
        ),
        edges,
        after=lambda _: replies.told(),
    )  # fmt: skip


if __name__ == "__main__":
    serve({"llm_dag_constrained": llm_dag_constrained}, ["statspai", "numpy", "pandas"])
