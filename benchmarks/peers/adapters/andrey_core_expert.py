"""andrey-core's BOSS with knowledge made of recorded replies."""

from __future__ import annotations

from typing import Any

import andrey
import pandas as pd
from asked import DIRECTIONS, Replies
from protocol import Edges, Prepared, Rows, serve


def _edges(found: Any) -> Edges:
    marks = {"directed": "-->", "undirected": "---"}
    return [(a, b, marks[kind]) for a, b, kind in found.structure.oriented_edges()]


def boss(rows: Rows, options: dict[str, Any]) -> Prepared:
    """BOSS with BDeu, its score for a categorical table.

    With ``answers`` the reverse of each agreed direction is forbidden, and with
    ``absences`` also both directions of each pair that the replies agree has no edge.
    """
    replies = Replies(options.get("answers", ()))
    forbidden: list[tuple[str, str]] = []
    for a, b in replies.pairs:
        verdict = replies.agreed(a, b)
        if verdict in DIRECTIONS:
            forbidden.append((b, a) if verdict == "a->b" else (a, b))
        elif verdict is not None and options["absences"]:
            forbidden += [(a, b), (b, a)]
    knowledge = andrey.Knowledge(forbidden=forbidden) if forbidden else None
    frame = pd.DataFrame(rows.values, columns=rows.names)
    return Prepared(
        lambda: andrey.boss(
            frame, score_func="local_score_BDeu", seed=0, knowledge=knowledge
        ),
        _edges,
        after=lambda _: replies.told(),
    )


if __name__ == "__main__":
    serve({"boss": boss}, ["andrey-core", "numpy", "pandas"])
