"""xges: extremely greedy equivalence search for Gaussian rows.

1 at (i, j) and 0 at (j, i) is i -> j, 1 at both is i --- j.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from protocol import Prepared, Rows, matrix_edges, serve
from xges import XGES


def search(rows: Rows, options: dict[str, Any]) -> Prepared:
    """XGES with a ``penalty`` of the BIC."""
    values = np.ascontiguousarray(rows.values, dtype=np.float64)
    penalty = float(options["penalty"])
    few = values[:100, :4].copy()
    return Prepared(
        lambda: XGES(penalty).fit(values, verbose=0),
        lambda found: matrix_edges(rows.names, found.to_adjacency_matrix()),
        warm=lambda: XGES(penalty).fit(few, verbose=0),
    )


if __name__ == "__main__":
    serve({"xges": search}, ["xges", "numba", "numpy"])
