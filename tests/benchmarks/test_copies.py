"""Columns that say the same are found, and the truth follows."""

import numpy as np
import pandas as pd
import pytest

from benchmarks.copies import copied_columns, copies_by_table, without_copies
from benchmarks.networks import known_network

TURNED = "table 0.0, 1.0, 1.0, 0.0;"
ALIKE = "table 0.9, 0.2, 0.1, 0.8;"
BIF = """network made {{ }}
variable a {{ type discrete [ 2 ] {{ n, y }}; }}
variable b {{ type discrete [ 2 ] {{ n, y }}; }}
variable c {{ type discrete [ 2 ] {{ n, y }}; }}
variable d {{ type discrete [ 2 ] {{ n, y }}; }}
probability ( a ) {{ table 0.4, 0.6; }}
probability ( b | a ) {{ {b} }}
probability ( c | b ) {{ {c} }}
probability ( d | c ) {{ table 0.7, 0.1, 0.3, 0.9; }}
"""


def made(tmp_path, b, c):
    """The chain a, b, c, d with these tables."""
    path = tmp_path / "made.bif"
    path.write_text(BIF.format(b=b, c=c))
    return known_network("made", bif=path)


@pytest.mark.parametrize(
    ("b", "c", "copies", "edges"),
    [
        (TURNED, ALIKE, {"b": "a"}, [("a", "c"), ("c", "d")]),
        (ALIKE, TURNED, {"c": "b"}, [("a", "b"), ("b", "d")]),
        (TURNED, TURNED, {"b": "a", "c": "b"}, [("a", "d")]),
        (ALIKE, ALIKE, {}, [("a", "b"), ("b", "c"), ("c", "d")]),
    ],
)
def test_children_of_a_copy_become_its_parents(tmp_path, b, c, copies, edges):
    """Also along a chain of copies; graph, effective edges and rows agree."""
    network = made(tmp_path, b, c)
    smaller, found = without_copies(network)
    assert found == copies == copies_by_table(network.tables)
    assert sorted(smaller.graph.directed_edges()) == edges
    assert sorted(smaller.effective) == edges
    assert sorted(smaller.sample(20, 1).columns) == sorted(smaller.graph.names)
    assert smaller.variables.names == smaller.graph.names
    assert copied_columns(smaller.sample(2000, 1)) == ()


def test_a_table_that_forgets_a_level_is_no_copy(tmp_path):
    """Certain but not one to one."""
    assert (
        copies_by_table(made(tmp_path, "table 1.0, 1.0, 0.0, 0.0;", ALIKE).tables) == {}
    )


def test_copies_in_a_sample_are_found_whatever_their_codes():
    """Constants, columns with holes and different columns are none."""
    frame = pd.DataFrame(
        {
            "a": ["x", "y", "x", "z"],
            "b": [3, 1, 3, 2],
            "c": [3, 1, 3, 1],
            "d": 1,
            "e": 2,
            "f": [3, 1, 3, np.nan],
            "g": [0.3, 0.1, 0.3, 0.2],
        }
    )
    assert copied_columns(frame) == ("b", "g")
    assert copied_columns(frame[["g", "b", "a"]]) == ("b", "a")
