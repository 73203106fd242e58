"""Every effect on the true graph: what is counted."""

import numpy as np
import pytest

from benchmarks.bends import estimates, lines, problem_of


def test_lines_by_hand():
    """Shares, bias and spread in stated errors, and the pairs held least first."""
    found = np.zeros((2, 2, 2, 4))
    found[..., 1] = 0.5
    found[:, :, 0, 0] = [[1.0, 0.0], [2.0, 0.0]]  # the line, off in the first pair
    found[:, :, :, 2] = 1
    found[:, 0, 0, 2] = 0
    found[0, 0, 1, 2:] = 0, 1
    told = lines([("a", "b"), ("c", "d")], found)
    assert told[2].startswith("| line | 50.0% | 1.50 | 0.50 | 1.960 | 1.118 | 0% |")
    assert told[3].startswith("| auto | 75.0% | 0.00 | 0.00 | 1.960 | 0.000 | 25% |")
    assert told[5:] == ["a on b: 50%", "c on d: 100%"]


def test_estimates_of_a_linear_model():
    """Pairs are those with a path; the line is seldom far off and never bends."""
    problem = problem_of("linear", "asia")
    pairs, found = estimates(problem, 300, 2)
    assert ("smoke", "dysp") in pairs
    assert ("dysp", "smoke") not in pairs
    assert found.shape == (2, len(pairs), 2, 4)
    assert not found[:, :, 0, 3].any()
    apart = found[:, :, 0, 0] / found[:, :, 0, 1]
    assert np.sqrt(np.mean(apart**2)) == pytest.approx(1, abs=0.5)
