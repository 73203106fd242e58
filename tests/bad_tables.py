"""Tables that are refused, and what the error says of each."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
from frames import (
    N,
    cycle,
    frame,
    noise,
    objects,
    put,
    with_c,
)

REFUSED: dict[str, tuple[Callable[[], pd.DataFrame], tuple[str, ...]]] = {
    "one NaN": (
        lambda: with_c(put(noise(), 3, np.nan)),
        ("'c': 1 of 200 rows (df.iloc[[3]])", 'missing="listwise" drops the 1 row'),
    ),
    "NaN in text": (
        lambda: with_c(put(cycle("a", "b", "c"), 5, None)),
        ("'c': 1 of 200 rows (df.iloc[[5]])", 'missing="category"'),
    ),
    "all NaN": (
        lambda: with_c(np.nan),
        ("column 'c' is empty: all 200 cells", "df.drop(columns=['c'])"),
    ),
    "all None": (
        lambda: with_c(objects([None] * N)),
        ("column 'c' is empty", "df.drop(columns=['c'])"),
    ),
    "inf": (
        lambda: with_c(put(noise(), 7, -np.inf)),
        ("'c' holds infinite", "df.iloc[[7]]", "replace([np.inf, -np.inf], np.nan)"),
    ),
    "all constant": (
        lambda: pd.DataFrame({"a": [1] * 50, "b": ["u"] * 50}),
        ("at least 2 usable columns", "have 0"),
    ),
    "copy": (
        lambda: frame().assign(c=lambda d: d["y"]),
        ("columns 'y' and 'c' hold the same", "df.drop(columns=['c'])"),
    ),
    "scaled copy": (
        lambda: frame().assign(c=lambda d: 7 - 3 * d["y"]),
        ("columns 'y' and 'c' hold the same", "df.drop(columns=['c'])"),
    ),
    "three copies": (
        lambda: frame().assign(c=lambda d: 7 - 3 * d["y"], d=lambda d: d["y"]),
        ("columns 'y', 'c' and 'd' hold the same", "df.drop(columns=['c', 'd'])"),
    ),
    "copy but for 1e-7": (
        lambda: frame().assign(c=lambda d: 2 * d["x"] + 1e-7 * noise()),
        ("columns 'x' and 'c' hold the same", "df.drop(columns=['c'])"),
    ),
    "recoded text": (
        lambda: with_c(cycle("a", "b", "d")).assign(
            e=lambda d: d["c"].map({"a": "2", "b": "1", "d": "0"})
        ),
        ("columns 'c' and 'e' hold the same under other codes", "columns=['e']"),
    ),
    "bool recoded": (
        lambda: with_c(noise() > 0).assign(e=lambda d: np.where(d["c"], "b", "a")),
        ("columns 'c' and 'e' hold the same under other codes", "columns=['e']"),
    ),
    "number recoded as text": (
        lambda: with_c(cycle(*range(8))).assign(e=lambda d: "s" + d["c"].astype(str)),
        ("columns 'c' and 'e' hold the same under other codes", "columns=['e']"),
    ),
    "identifiers": (
        lambda: with_c([f"id{i}" for i in range(N)]),
        ("'c' has 200 levels in 200 rows", "df.drop(columns=['c'])", "an identifier"),
    ),
    "60 levels": (
        lambda: with_c([f"k{i % 60}" for i in range(N)]),
        ("'c' has 60 levels", "at most 50", "value_counts().index[:20]", '"other"'),
    ),
    "45 levels in 200 rows": (
        lambda: with_c([f"k{i % 45}" for i in range(N)]),
        ("'c' has 45 levels", "one for every 5 rows"),
    ),
    "numbers as text": (
        lambda: with_c([str(i / 7) for i in range(N)]),
        ("'c' has 200 levels", "read as numbers", "pd.to_numeric(df['c'])"),
    ),
    "numbers as text, one oops": (
        lambda: with_c(put([str(i / 7) for i in range(N)], 4, "oops")),
        ("not 1: 'oops'", "pd.to_numeric(df['c'], errors=\"coerce\")"),
    ),
    "oops among numbers": (
        lambda: with_c(objects(put(noise(), 9, "oops"))),
        (
            "'c' holds numbers, but not in 1 of 200 rows (df.iloc[[9]]): 'oops'",
            "coerce",
        ),
    ),
    "number among text": (
        lambda: with_c(objects(put(cycle("a", "b"), 9, 3))),
        ("'c' holds text, but not in 1 of 200", "df['c'] = df['c'].map(str"),
    ),
    "bool among text": (
        lambda: with_c(objects(put(cycle("a", "b"), 9, True))),
        ("'c' holds text, but not in 1 of 200", "df['c'] = df['c'].map(str"),
    ),
    "number among text and holes": (
        lambda: with_c(objects(put(put(cycle("a", "b"), 9, 3), 8, None))),
        ("'c' holds text, but not in 1 of 200", "'c': 1 of 200 rows (df.iloc[[8]])"),
    ),
    "bool among numbers": (
        lambda: with_c(objects(cycle(True, 2.5, 3.5))),
        ("'c' holds numbers, but not in", "df['c'].map(float"),
    ),
    "bool among numbers and holes": (
        lambda: with_c(objects(put(cycle(True, 2.5, 3.5), 3, pd.NA))),
        ("'c' holds numbers, but not in", "df['c'].map(float"),
    ),
    "oops among fractions": (
        lambda: with_c(objects(put([Fraction(i, 7) for i in range(N)], 9, "oops"))),
        ("'c' holds numbers, but not in 1 of 200 rows (df.iloc[[9]]): 'oops'",),
    ),
    "decimal commas": (
        lambda: with_c([f"{v:.2f}".replace(".", ",") for v in noise()]),
        ("read as numbers with a decimal comma", '.str.replace(",", ".")'),
    ),
    "commas between thousands": (
        lambda: with_c([f"{12345 + 7 * i:,}" for i in range(N)]),
        ("with commas between thousands", '.str.replace(",", "")'),
    ),
    "points between thousands": (
        lambda: with_c(
            [f"{v:,.2f}".translate({44: ".", 46: ","}) for v in 1e4 + noise() * 9e3]
        ),
        ("with points between thousands", '.str.replace(".", "")'),
    ),
    "per cent": (
        lambda: with_c(put([f"{v:.3f} %" for v in noise()], 5, "unknown")),
        ("with a percent sign", "but not 1: 'unknown'", '.str.rstrip("% ")'),
    ),
    "numbers as text that only Python reads": (
        lambda: with_c(put([str(i / 7) for i in range(N)], 4, "1_0")),
        ("but not 1: '1_0'", "coerce"),
    ),
    "categorical of 60 levels": (
        lambda: with_c(pd.Categorical(put([f"k{i % 60}" for i in range(N)], 3, None))),
        ("'c' has 60 levels", '"other"', "missing in 'c'"),
    ),
    "categorical of 60 numbers": (
        lambda: with_c(pd.Categorical([i % 60 for i in range(N)])),
        ("'c' has 60 levels", "df['c'].astype(float)"),
    ),
    "categorical of numbers as text": (
        lambda: with_c(pd.Categorical([f"{i % 60},5" for i in range(N)])),
        ("'c' has 60 levels", "with a decimal comma", "pd.to_numeric"),
    ),
    "8 levels in 30 rows": (
        lambda: frame(30).assign(c=[f"k{i % 8}" for i in range(30)]),
        ("'c' has 8 levels in 30 rows", "value_counts().index[:5]"),
    ),
    "None among numbers": (
        lambda: with_c(objects(put(noise(), 9, None))),
        ("'c': 1 of 200 rows (df.iloc[[9]])", "listwise"),
    ),
    "Decimal NaN": (
        lambda: with_c(objects(put(map(Decimal, noise()), 2, Decimal("NaN")))),
        ("'c': 1 of 200 rows (df.iloc[[2]])",),
    ),
    "Decimal infinity": (
        lambda: with_c(objects(put(map(Decimal, noise()), 2, Decimal("Infinity")))),
        ("'c' holds infinite", "df.iloc[[2]]"),
    ),
    "integers beyond float64": (
        lambda: with_c(objects([10**400 * (i * i + 1) for i in range(N)])),
        ("'c' holds numbers beyond 1.8e308: 199 of 200", "another unit"),
    ),
    "Int64 with NA": (
        lambda: with_c(pd.array(put(range(N), 5, pd.NA), dtype="Int64")),
        ("'c': 1 of 200 rows (df.iloc[[5]])",),
    ),
    "boolean with NA": (
        lambda: with_c(pd.array(put(cycle(True, False), 5, pd.NA), dtype="boolean")),
        ("'c': 1 of 200 rows (df.iloc[[5]])", 'missing="category"'),
    ),
    "categorical with NaN": (
        lambda: with_c(pd.Categorical(put(cycle("a", "b"), 5, None))),
        ("'c': 1 of 200 rows (df.iloc[[5]])", 'missing="category"'),
    ),
    "datetime": (
        lambda: with_c(pd.date_range("2020-01-01", periods=N)),
        ("'c' holds datetime64", "dt.total_seconds()", "df.drop(columns=['c'])"),
    ),
    "datetime with zone": (
        lambda: with_c(pd.date_range("2020-01-01", periods=N, tz="UTC")),
        ("'c' holds datetime64", "dt.total_seconds()"),
    ),
    "timedelta": (
        lambda: with_c(pd.to_timedelta(np.arange(N), unit="h")),
        ("'c' holds timedelta64", "df['c'].dt.total_seconds()"),
    ),
    "period": (
        lambda: with_c(pd.period_range("2020-01", periods=N, freq="M")),
        ("'c' holds period", "start_time"),
    ),
    "period of hours": (
        lambda: with_c(pd.period_range("2020-01-01 05:00", periods=N, freq="h")),
        ("'c' holds period", "start_time"),
    ),
    "interval": (
        lambda: with_c(pd.interval_range(0, N, periods=N)),
        ("'c' holds interval", ".mid"),
    ),
    "interval of dates": (
        lambda: with_c(pd.interval_range(pd.Timestamp("2020-01-01"), periods=N)),
        ("'c' holds interval", ".mid"),
    ),
    "dates as objects": (
        lambda: with_c(objects([datetime.date(2020, 1, 1 + i % 30) for i in range(N)])),
        ("'c' holds dates or times", "pd.to_datetime(df['c'])"),
    ),
    "dates of a zone and of none": (
        lambda: with_c(
            objects(
                cycle(
                    datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC),
                    datetime.datetime(2021, 1, 2),
                    datetime.date(2022, 3, 4),
                )
            )
        ),
        ("'c' holds dates or times", "pd.to_datetime(df['c'], utc=True)"),
    ),
    "durations as objects": (
        lambda: with_c(
            objects([datetime.timedelta(hours=i) for i in range(N - 1)] + [None])
        ),
        ("'c' holds dates or times", "pd.to_timedelta(df['c']).dt.total_seconds()"),
    ),
    "numpy durations as objects": (
        lambda: with_c(objects([np.timedelta64(i, "h") for i in range(N)])),
        ("'c' holds dates or times", "pd.to_timedelta(df['c']).dt.total_seconds()"),
    ),
    "times of day": (
        lambda: with_c(
            objects(
                [datetime.time(i % 24, i % 60, 5, i) for i in range(N - 1)] + [None]
            )
        ),
        ("'c' holds dates or times", ".hour", 'na_action="ignore"'),
    ),
    "dates and durations": (
        lambda: with_c(
            objects(cycle(datetime.date(2020, 1, 1), datetime.timedelta(days=1)))
        ),
        ("'c' holds dates or times", "df = df.drop(columns=['c'])"),
    ),
    "complex": (
        lambda: with_c(noise() + 1j),
        ("'c' holds complex numbers", "df['c'] = df['c'].abs()"),
    ),
    "lists": (
        lambda: with_c(objects([[1]] * N)),
        ("'c' holds objects of type list", "df.drop(columns=['c'])"),
    ),
    "bytes": (
        lambda: with_c(objects(cycle(b"a", b"b"))),
        ("'c' holds objects of type bytes", "df['c'].map(bytes.decode"),
    ),
    "duplicate names": (
        lambda: frame().set_axis(["a", "a", "b", "c"], axis=1),
        (
            "2 columns are called 'a' (numbers [0, 1], from 0)",
            "df.columns.duplicated()",
        ),
    ),
    "names equal as text": (
        lambda: frame().set_axis([0, "0", "b", "c"], axis=1),
        ("[0, '0'] are all '0'", "*df.columns[:1], '0_2'"),
    ),
    "names equal without invisible characters": (
        lambda: frame().set_axis(["a", "a\u200b", "b", "c"], axis=1),
        ("are all 'a' when written as text", "'a_2'"),
    ),
    "three names equal as text": (
        lambda: (
            frame()
            .set_axis([0, "0", "b", 0.0], axis=1)
            .rename(columns={0.0: "0\u200b"})
        ),
        ("are all '0'", "0_2"),
    ),
    "two columns without a name": (
        lambda: frame().set_axis([None, "a", float("nan"), "c"], axis=1),
        ("column number 0", "column number 2"),
    ),
    "number as name": (
        lambda: (
            frame(N, 3)
            .set_axis([0, 1, 2], axis=1)
            .assign(**{"3": "x"})
            .rename(columns={"3": 3})
            .assign(copy=lambda d: d[1])
        ),
        ("columns '1' and 'copy'", "df = df.drop(columns=['copy'])"),
    ),
    "None as name": (
        lambda: frame().set_axis([None, "a", "b", "c"], axis=1),
        ("column number 0 (counted from 0) has no name", "df.columns = ["),
    ),
    "NaN as name": (
        lambda: frame().set_axis([1.0, float("nan"), 2.0, 3.0], axis=1),
        ("column number 1 (counted from 0) has no name", "df.columns = ["),
    ),
    "empty name": (
        lambda: frame().set_axis(["", "a", " ", "c"], axis=1),
        ("column number 0 (counted from 0) has an empty name", "column number 2"),
    ),
    "name of 300 characters": (
        lambda: frame().set_axis(["n" * 300, "a", "b", "c"], axis=1),
        ("has a name of 300 characters; at most 200", "df.columns = ["),
    ),
    "6 rows, 10 columns": (
        lambda: frame(6, 10),
        ("need at least 20 rows, have 6",),
    ),
    "16 rows, 12 columns": (
        lambda: frame(16, 12),
        ("need at least 20 rows, have 16", "collect more rows"),
    ),
    "no column": (
        lambda: pd.DataFrame(index=range(50)),
        ("need at least 2 usable columns", "have 0"),
    ),
    "one column": (
        lambda: frame(50, 1),
        ("need at least 2 usable columns", "have 1"),
    ),
}
