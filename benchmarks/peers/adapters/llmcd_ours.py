"""Our own searches, timed by the same protocol as its peers.

The statistics are made before the clock starts, as peers' rows are read before it;
what ``llmcd.table`` and they take stands in the answer as ``statistics_seconds``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from protocol import Edges, Prepared, Rows, serve

FEW = 8  # columns that are searched to load what numba compiled


def _frame(rows: Rows) -> Any:
    import pandas as pd

    frame = pd.DataFrame(rows.values, columns=rows.names)
    if rows.sizes is not None:
        for name, size in zip(rows.names, rows.sizes, strict=True):
            levels = [f"s{level}" for level in range(size)]
            frame[name] = pd.Categorical.from_codes(frame[name].astype(int), levels)
    return frame


def _edges(graph: Any) -> Edges:
    return [tuple(edge) for edge in graph.edges()]


def _prepared(rows: Rows, make: Callable[[], Any]) -> Prepared:
    from llmcd import table

    frame, search = _frame(rows), make()
    # The first call imports what the later ones need.
    few = table(frame.iloc[:, :FEW]).statistics()
    extra: dict[str, Any] = {}
    began = time.perf_counter()
    statistics = table(frame).statistics()
    extra["statistics_seconds"] = time.perf_counter() - began
    return Prepared(
        lambda: search.search(statistics),
        _edges,
        warm=lambda: search.search(few),
        extra=extra,
    )


def _score(options: dict[str, Any]) -> Any:
    from llmcd.discovery.scores import BIC, BDeu

    if options["score"] == "bdeu":
        return BDeu()
    return BIC(penalty=options.get("penalty", 1.0))


def pc(rows: Rows, options: dict[str, Any]) -> Prepared:
    """PC with the options of its class."""
    from llmcd.discovery.pc import PC

    return _prepared(rows, lambda: PC(**options))


def ges(rows: Rows, options: dict[str, Any]) -> Prepared:
    """GES with ``score`` bic (and a ``penalty``) or bdeu, and options of its class."""
    from llmcd.discovery.ges import GES

    score = _score(options)
    rest = {k: v for k, v in options.items() if k not in ("score", "penalty")}
    return _prepared(rows, lambda: GES(score=score, **rest))


def order(rows: Rows, options: dict[str, Any]) -> Prepared:
    """Order search with a ``score`` as GES, and options of its class.

    ``restarts`` makes it go on for exactly as many further starts.
    """
    from llmcd.discovery.order import OrderSearch

    score = _score(options)
    rest = {k: v for k, v in options.items() if k not in ("score", "penalty")}
    if "restarts" in rest:
        starts = rest.pop("restarts") + 1
        rest |= {"patience": starts, "max_starts": starts}  # never settled before
    return _prepared(rows, lambda: OrderSearch(score=score, **rest))


def parquet(rows: Rows, options: dict[str, Any]) -> Prepared:
    """Statistics of the Parquet file ``path``, one batch in memory at a time."""
    from llmcd.data.sources import statistics_of_parquet
    from llmcd.discovery.pc import PC

    # Imports are done and readers warm before the memory is measured.
    statistics_of_parquet(options["few"])

    def after(statistics: Any) -> Mapping[str, Any]:
        began = time.perf_counter()
        PC().search(statistics)
        return {"search_seconds": time.perf_counter() - began, "n": statistics.n}

    return Prepared(
        lambda: statistics_of_parquet(options["path"]), lambda found: [], after=after
    )


if __name__ == "__main__":
    serve(
        {"pc": pc, "ges": ges, "order": order, "parquet": parquet},
        ["numpy", "numba", "scipy"],
    )
