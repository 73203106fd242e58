"""flopsearch: order search for Gaussian rows, in Rust.

1 at (i, j) is i -> j; 2, at both, is i --- j.
"""

from __future__ import annotations

from typing import Any

import flopsearch
import numpy as np
from protocol import Prepared, Rows, matrix_edges, serve


def order(rows: Rows, options: dict[str, Any]) -> Prepared:
    """FLOP with a ``penalty`` of the BIC and ``restarts``."""
    values = np.ascontiguousarray(rows.values, dtype=np.float64)
    penalty, restarts = float(options["penalty"]), int(options["restarts"])
    return Prepared(
        lambda: flopsearch.flop(values, penalty, restarts=restarts),
        lambda found: matrix_edges(rows.names, found),
    )


if __name__ == "__main__":
    serve({"order": order}, ["flopsearch"])
