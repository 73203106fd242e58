"""A cell holds one sample and one ensemble, the same every time."""

import doctest

import numpy as np
import pytest
from cells_made import small_cell

from benchmarks import (
    arms,
    cells,
    collect,
    comparisons,
    copies,
    curve,
    experts,
    measures,
    methods,
    methods_ablation,
    methods_baseline,
    methods_expert,
    plan,
    tables_text,
)
from benchmarks.cells import make_cell
from benchmarks.memory import peak_mib, reset_peak
from benchmarks.networks import known_network

BIF = """network made { }
variable a { type discrete [ 2 ] { n, y }; }
variable b { type discrete [ 2 ] { n, y }; }
variable c { type discrete [ 2 ] { n, y }; }
variable d { type discrete [ 2 ] { n, y }; }
probability ( a ) { table 0.5, 0.5; }
probability ( b | a ) { (n) 0.9, 0.1; (y) 0.2, 0.8; }
probability ( c | b ) { (n) 1.0, 0.0; (y) 0.00001, 0.99999; }
probability ( d ) { table 1.0, 0.0; }
"""


@pytest.mark.parametrize(
    "module",
    [arms, cells, collect, comparisons, copies, curve, experts, measures, methods,
     methods_ablation, methods_baseline, methods_expert, plan, tables_text],
)  # fmt: skip
def test_examples_run(module):
    """The docstrings of the runner's modules."""
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(module, optionflags=flags).failed == 0


def test_the_same_cell_twice():
    """Rows, graph and resamples follow from network, rows and seed."""
    one, two = small_cell(), make_cell(known_network("asia"), 400, 1, bootstrap=5)
    assert one.frame.equals(two.frame)
    assert one.candidates.graph == two.candidates.graph
    assert one.candidates.replicates == two.candidates.replicates
    other = make_cell(known_network("asia"), 400, 2, bootstrap=5)
    assert not one.frame.equals(other.frame)


def test_constant_and_same_columns_are_set_aside_and_told(tmp_path):
    """A constant stays a node; a column that is another is left out of the search."""
    path = tmp_path / "made.bif"
    path.write_text(BIF)
    cell = make_cell(known_network("made", bif=path), 300, 1, bootstrap=2)
    assert len(cell.same) == 1
    assert cell.same[0] in ("b", "c")
    assert cell.facts()["constant"] == ["d"]
    assert set(cell.columns) == {"a", "b", "c"} - set(cell.same)
    assert set(cell.truth.names) == {"a", "b", "c", "d"}
    assert "d" in cell.candidates.names


def test_incomplete_rows_are_left_out_for_everybody():
    """Peers get the rows that our own search saw."""
    cell = make_cell(known_network("coffee-roasting"), 200, 1, bootstrap=1)
    assert 0 < len(cell.frame) < 200
    assert not cell.frame.isna().any().any()
    assert cell.facts()["rows_used"] == len(cell.frame) == cell.table.n_rows


@pytest.mark.skipif(not reset_peak(), reason="this system does not tell the peak")
def test_the_peak_is_that_since_the_reset():
    """Sixty megabytes show while they are held, and not after a reset."""
    reset_peak()
    before = peak_mib()
    held = np.ones(8_000_000)
    assert peak_mib() > before + 50
    del held
    reset_peak()
    assert peak_mib() < before + 30
