"""The package ges: greedy equivalence search with the Gaussian BIC.

``A[i, j] != 0`` and ``A[j, i] == 0`` is i -> j, both is i --- j.
"""

from __future__ import annotations

from typing import Any

import ges
from protocol import Prepared, Rows, matrix_edges, serve


def search(rows: Rows, options: dict[str, Any]) -> Prepared:
    """Forward and backward phase, with ``turning`` also the third."""
    phases = ["forward", "backward", *(["turning"] if options.get("turning") else [])]
    return Prepared(
        lambda: ges.fit_bic(rows.values, phases=phases),
        lambda found: matrix_edges(rows.names, found[0]),
    )


if __name__ == "__main__":
    serve({"ges": search}, ["ges", "numpy"])
