"""Everything that numba compiles, one module a topic.

Only modules in here import numba, and others import them inside functions, so that
importing the package stays light. Kernels are compiled on first use and cached beside
the code, or where ``NUMBA_CACHE_DIR`` says. They keep no state between calls: memory
that they need is made by the caller, once for each thread.
"""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["are_compiled"]


def are_compiled() -> bool:
    """Whether something of this package was compiled and kept before.

    Examples
    --------
    >>> are_compiled() in (True, False)
    True
    """
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    places = [Path(chosen)] if chosen else [Path(__file__).parent / "__pycache__"]
    return any(next(place.rglob("*.nbi"), None) is not None for place in places)
