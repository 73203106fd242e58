"""Small cells that several tests look at, made once."""

from functools import cache

from benchmarks.cells import Cell, make_cell
from benchmarks.networks import known_network


@cache
def small_cell(name: str = "asia", rows: int = 400, seed: int = 1) -> Cell:
    """A cell with five resamples."""
    return make_cell(known_network(name), rows, seed, bootstrap=5)
