"""Numbers in text are recognised, and the code that is offered reads them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcd.data.texts import is_number, number_style

WAYS = {
    "plain": lambda v: repr(v),
    "percent": lambda v: f"{v:.4f}%",
    "percent and comma": lambda v: f"{v:.4f} %".replace(".", ","),
    "comma": lambda v: f"{v:.4f}".replace(".", ","),
    "thousands": lambda v: f"{v * 1e5:,.2f}",
    "european": lambda v: f"{v * 1e5:,.2f}".translate({44: ".", 46: ","}),
}


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30, unique=True),
    st.sampled_from(sorted(WAYS)),
)
def test_numbers_in_text_are_read_as_meant(cells: list[float], way: str) -> None:
    """The code that is offered gives the numbers that were written."""
    cells = [1.5, 2.25, *cells]
    texts = [WAYS[way](cell) for cell in cells]
    style = number_style("df['c']", sorted(set(texts)))
    assert style is not None
    assert style.odd == ()
    found = eval(style.code, {"df": pd.DataFrame({"c": texts}), "pd": pd})
    scale = 1e5 if way in ("thousands", "european") else 1
    np.testing.assert_allclose(found / scale, cells, rtol=1e-6, atol=1e-4)


@pytest.mark.parametrize("labels", [["a", "b"], ["1", "a", "b"], ["nan", "inf"], []])
def test_other_texts_are_no_numbers(labels: list[str]) -> None:
    """Unless half of them read as numbers, nothing is offered."""
    assert number_style("df['c']", labels) is None


@given(st.text(max_size=6))
def test_what_is_a_number_is_one_for_pandas(label: str) -> None:
    """A plain number is read by pandas as by Python."""
    if is_number(label):
        assert pd.to_numeric(pd.Series([label]))[0] == float(label)


@pytest.mark.parametrize("label", ["1_0", "nan", "inf", "", " ", "1e", "１２", "0x1"])
def test_what_is_no_number(label: str) -> None:
    """Python reads some of these, pandas does not."""
    assert not is_number(label)
