"""Limits are checked when they are made and before memory is taken."""

import pytest

from llmcd.discovery.limits import Limits
from llmcd.errors import DataError


@pytest.mark.parametrize("value", [0, -1, True, "1"])
@pytest.mark.parametrize("name", ["seconds", "gigabytes"])
def test_a_limit_is_a_number_above_zero(name, value):
    """Anything else is refused, with its name and value."""
    with pytest.raises(ValueError, match=rf"{name} must be a number above 0, got"):
        Limits(**{name: value})


def test_too_much_memory_is_refused_with_the_estimate():
    """The message has what is needed, the limit and what to do."""
    with pytest.raises(DataError, match=r"a search.*3\.0 GB.*limit of 2 GB.*n_jobs"):
        Limits(gigabytes=2).check_memory(3e9, "a search")
    Limits().check_memory(1e18, "a search")
    Limits(gigabytes=4).check_memory(3e9, "a search")
