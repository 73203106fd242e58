"""A result from rows."""

import pytest
from test_pipeline import TEXTS, TRUTH, linear_table

import llmcd


@pytest.fixture(scope="session")
def result():
    """A result from rows."""
    expert = llmcd.Simulated(TRUTH, accuracy=1.0)
    return llmcd.discover(linear_table(300), TEXTS, expert, bootstrap=3, progress=False)
