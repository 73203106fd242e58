"""Tables that are accepted, and what is noted of their column c."""

from __future__ import annotations

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

ACCEPTED: dict[str, tuple[Callable[[], pd.DataFrame], str, str, str]] = {
    "bool": (lambda: with_c(noise() > 0), "binary", "", ""),
    "numpy bool objects": (
        lambda: with_c(objects(cycle(True, False))),
        "binary",
        "",
        "",
    ),
    "boolean": (
        lambda: with_c(pd.array(cycle(True, False), dtype="boolean")),
        "binary",
        "",
        "",
    ),
    "0/1": (lambda: with_c(cycle(0, 1)), "binary", "", ""),
    "two other numbers": (lambda: with_c(cycle(-1.5, 7.25)), "binary", "", ""),
    "two texts": (lambda: with_c(cycle("no", "yes")), "binary", "", ""),
    "text": (lambda: with_c(cycle("a", "b", "c")), "nominal", "", ""),
    "string dtype": (
        lambda: with_c(pd.array(cycle("a", "b", "c"), dtype="string")),
        "nominal",
        "",
        "",
    ),
    "categorical": (
        lambda: with_c(pd.Categorical(cycle("a", "b", "c"))),
        "nominal",
        "",
        "",
    ),
    "ordered categorical": (
        lambda: with_c(
            pd.Categorical(cycle("lo", "mid", "hi"), ["lo", "mid", "hi"], True)
        ),
        "ordinal",
        "",
        "",
    ),
    "unused category": (
        lambda: with_c(pd.Categorical(cycle("a", "b", "c"), list("abcd"))),
        "nominal",
        "converted",
        "1 of 4 declared levels occur in no row",
    ),
    "few whole numbers": (
        lambda: with_c(cycle(1, 2, 3, 4, 5)),
        "nominal",
        "inferred",
        "5 distinct whole numbers: read as codes",
    ),
    "few whole floats": (
        lambda: with_c(cycle(1.0, 2.0, 3.0)),
        "nominal",
        "inferred",
        "3 distinct whole numbers",
    ),
    "some whole numbers": (
        lambda: with_c(cycle(*range(8))),
        "continuous",
        "inferred",
        "8 distinct numbers: read as continuous",
    ),
    "few broken numbers": (
        lambda: with_c(cycle(0.5, 1.0, 1.5)),
        "continuous",
        "inferred",
        "3 distinct numbers: read as continuous",
    ),
    "counts": (lambda: with_c(cycle(*range(40))), "continuous", "", ""),
    "text that reads as numbers": (
        lambda: with_c(cycle("1", "2", "3")),
        "nominal",
        "warning",
        "pd.to_numeric(df['c'])",
    ),
    "levels that look missing": (
        lambda: with_c(cycle("a", "b", "?")),
        "nominal",
        "warning",
        "1 of its levels look like a missing cell",
    ),
    "levels but for capitals": (
        lambda: with_c(cycle("yes", "Yes ", "no")),
        "nominal",
        "warning",
        "differ only in capitals or spaces",
    ),
    "constant": (lambda: with_c(3.0), "", "set aside", "constant"),
    "constant text": (lambda: with_c("a"), "", "set aside", "constant"),
    "constant up to rounding": (
        lambda: with_c(cycle(0.3, 0.1 + 0.2)),
        "",
        "set aside",
        "constant",
    ),
    "nearly a copy": (
        lambda: frame().assign(c=lambda d: 2 * d["x"] + 1e-3 * noise()),
        "continuous",
        "",
        "",
    ),
    "huge integers": (
        lambda: with_c(2**60 + np.arange(N) * 2**40),
        "continuous",
        "",
        "",
    ),
    "huge integers close to each other": (
        lambda: with_c(2**60 + np.random.default_rng(0).integers(1000, size=N)),
        "continuous",
        "converted",
        "its minimum was subtracted",
    ),
    "huge unsigned integers": (
        lambda: with_c(np.uint64(2**64 - 1) - np.arange(N, dtype="uint64") ** 2),
        "continuous",
        "converted",
        "its minimum was subtracted",
    ),
    "huge negative Int64": (
        lambda: with_c(pd.array([-(2**62) + 3 * i for i in range(N)], dtype="Int64")),
        "continuous",
        "converted",
        "its minimum was subtracted",
    ),
    "two huge integers": (
        lambda: with_c(cycle(2**60, 2**60 + 1)),
        "binary",
        "converted",
        "its minimum was subtracted",
    ),
    "close integers that a float would hold": (
        lambda: with_c(cycle(2**52, 2**52 + 1, 2**52 + 2)),
        "nominal",
        "converted",
        "its minimum was subtracted",
    ),
    "huge integers that collide": (
        lambda: with_c(put(2**60 + np.arange(N) * 100, 0, -(2**62))),
        "continuous",
        "warning",
        "of 200 distinct numbers only",
    ),
    "huge Python integers close to each other": (
        lambda: with_c(objects([10**30 + 3 * i for i in range(N)])),
        "continuous",
        "converted",
        "its minimum was subtracted",
    ),
    "Python integers beyond floats close to each other": (
        lambda: with_c(objects([10**400 + i * i for i in range(N)])),
        "continuous",
        "converted",
        "its minimum was subtracted",
    ),
    "huge Decimals close to each other": (
        lambda: with_c(objects([10**20 + Decimal(i) / 8 for i in range(N)])),
        "continuous",
        "converted",
        "its minimum was subtracted",
    ),
    "numbers as text in few levels": (
        lambda: with_c(cycle("1.2%", "3.4%", "5%")),
        "nominal",
        "warning",
        "text that reads as numbers with a percent sign",
    ),
    "decimal commas in few levels": (
        lambda: with_c(cycle("1,2", "3,4", "5")),
        "nominal",
        "warning",
        '.str.replace(",", ".")',
    ),
    "Python integers": (
        lambda: with_c(objects([10**30 + int(v * 10**29) for v in noise()])),
        "continuous",
        "converted",
        "objects (int) became float64",
    ),
    "Decimal": (
        lambda: with_c(objects([Decimal(float(v)) for v in noise()])),
        "continuous",
        "converted",
        "objects (Decimal) became float64",
    ),
    "mixed numbers": (
        lambda: with_c(objects([Fraction(i, 3) if i % 2 else i / 7 for i in range(N)])),
        "continuous",
        "converted",
        "objects (Fraction, float) became float64",
    ),
    "Int64": (
        lambda: with_c(pd.array(range(0, 3 * N, 3), dtype="Int64")),
        "continuous",
        "",
        "",
    ),
    "Float64": (
        lambda: with_c(pd.array(noise(), dtype="Float64")),
        "continuous",
        "",
        "",
    ),
    "float16": (lambda: with_c(noise().astype("float16")), "continuous", "", ""),
    "float32": (lambda: with_c(noise().astype("float32")), "continuous", "", ""),
    "uint8": (lambda: with_c(np.arange(N, dtype="uint8") // 2), "continuous", "", ""),
    "sparse": (
        lambda: with_c(pd.arrays.SparseArray(np.where(noise() > 0, noise(5), 0))),
        "continuous",
        "",
        "",
    ),
    "sparse bool": (
        lambda: with_c(pd.arrays.SparseArray(noise() > 1)),
        "binary",
        "",
        "",
    ),
    "scale 1e200": (lambda: with_c(noise() * 1e200), "continuous", "", ""),
    "scale 1e-200": (lambda: with_c(noise() * 1e-200), "continuous", "", ""),
    "subnormal numbers": (
        lambda: with_c(np.round(noise() * 1e4) * 5e-324),
        "continuous",
        "",
        "",
    ),
    "largest floats": (
        lambda: with_c(np.clip(noise(), -1, 1) * np.finfo(float).max),
        "continuous",
        "",
        "",
    ),
    "offset 1e12": (
        lambda: with_c(1e12 + noise()),
        "continuous",
        "warning",
        "less than 1e-8 of its mean",
    ),
    "an outlier": (
        lambda: with_c(put(noise(), 4, 1e8)),
        "continuous",
        "warning",
        "more than 20 robust standard deviations from the median in 1 of 200 rows "
        "(df.iloc[[4]])",
    ),
    "a missing code": (
        lambda: with_c(np.where(np.arange(N) % 9 == 0, -999.0, noise())),
        "continuous",
        "warning",
        "all of them are equal",
    ),
    "an outlier that swallows the rest": (
        lambda: with_c(put(noise(), 4, 1e30)),
        "continuous",
        "warning",
        "in 1 of 200 rows (df.iloc[[4]])",
    ),
    "row numbers": (
        lambda: with_c(np.arange(N)[::-1] + 5),
        "continuous",
        "warning",
        "if it only numbers the rows, drop it",
    ),
}
