"""pybnesian: PC with majority-rule colliders, and hill climbing."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pybnesian as bn
from protocol import Prepared, Rows, listed_edges, serve


def _frame(rows: Rows) -> pa.RecordBatch:
    columns = []
    for k in range(len(rows.names)):
        column = rows.values[:, k]
        if rows.sizes is None:
            columns.append(pa.array(column, pa.float64()))
        else:
            levels = pa.array([f"s{level}" for level in range(rows.sizes[k])])
            codes = pa.array(column.astype("int8"), pa.int8())
            columns.append(pa.DictionaryArray.from_arrays(codes, levels))
    return pa.RecordBatch.from_arrays(columns, names=rows.names)


def pc(rows: Rows, options: dict[str, Any]) -> Prepared:
    """PC with ``test`` fisher_z (linear correlation) or chi2 at ``alpha``."""
    frame = _frame(rows)
    kind = {"fisher_z": bn.LinearCorrelation, "chi2": bn.ChiSquare}[options["test"]]
    alpha = options["alpha"]
    return Prepared(
        # The test is built in the call: it makes the covariances.
        lambda: bn.PC().estimate(kind(frame), alpha=alpha),
        lambda found: listed_edges(found.arcs(), found.edges()),
    )


def hill_climbing(rows: Rows, options: dict[str, Any]) -> Prepared:
    """Hill climbing with ``score`` bic or bdeu."""
    frame = _frame(rows)
    discrete = rows.is_discrete

    def run() -> Any:
        kind = bn.DiscreteBN if discrete else bn.GaussianNetwork
        score = bn.BDe(frame, 1.0) if options["score"] == "bdeu" else bn.BIC(frame)
        return bn.GreedyHillClimbing().estimate(
            bn.ArcOperatorSet(), score, kind(rows.names)
        )

    return Prepared(run, lambda found: listed_edges(found.arcs()), is_dag=True)


if __name__ == "__main__":
    serve({"pc": pc, "hill_climbing": hill_climbing}, ["pybnesian", "pyarrow"])
