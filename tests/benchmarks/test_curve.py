"""Distance against pairs asked, in the planner's order and in a random one."""

import json

import pandas as pd
import pytest

from benchmarks.curve import ORDERS, Curve, areas, planner_gain, run_curve


def test_both_orders_begin_at_data_alone_and_end_alike(tmp_path):
    """No pair asked, and every planned pair asked, leave the order no room."""
    curve = Curve(("asia",), (300,), (1, 2), pairs=(0, 1, 99), bootstrap=3)
    content = json.loads(run_curve(curve, tmp_path).read_text())
    runs = pd.DataFrame(content["columns"])
    assert len(runs) == 2 * 2 * 3 * len(ORDERS)
    by = runs.pivot_table(
        index=["seed", "method", "pairs"], columns="order", values="shd_half"
    )
    for n in (0, 99):
        ends = by.xs(n, level="pairs")
        assert (ends["planned"] == ends["shuffled"]).all()
    assert by.xs(0, level="pairs")["planned"].nunique() <= 2  # one a seed
    again = json.loads(run_curve(curve, tmp_path / "two", jobs=2).read_text())
    assert again["columns"] == content["columns"]


def test_the_area_is_that_of_trapezoids():
    """By hand, with pairs out of order and unevenly spaced."""
    frame = pd.DataFrame(
        {
            "network": "n", "rows": 9, "seed": 1, "method": "m",
            "order": ["planned"] * 3 + ["shuffled"] * 3,
            "pairs": [4, 0, 1] * 2,
            "shd_half": [1.0, 5.0, 2.0, 1.0, 5.0, 5.0],
        }
    )  # fmt: skip
    found = areas(frame)
    assert found["planned"].tolist() == pytest.approx([(3.5 + 4.5) / 4])
    assert found["shuffled"].tolist() == pytest.approx([(5.0 + 9.0) / 4])
    assert planner_gain(found).mean == pytest.approx(-1.5)
