"""What kind of variable a column is: declared, or inferred and said so."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from llmcd.data.columns import EXACT, Cells, label_of, samples
from llmcd.data.findings import Findings
from llmcd.data.texts import is_number, number_style
from llmcd.variables import Variable

__all__ = ["CONSTANT", "Column", "decide_kind", "far_cells"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

CONSTANT = "constant"
MAX_LEVELS = 50
ROWS_PER_LEVEL = 5
FEW = 5  # whole numbers with at most so many distinct values are read as codes
SOME = 10  # up to here the choice is worth a note
SAFE_OFFSET = 1e-8  # standard deviation over mean
FAR = 20.0  # robust standard deviations
MAD_TO_SD = 1.4826  # of a normal distribution
MOST_KEPT = 20  # levels, in the fix for a column that has too many
_MISSING_WORDS = frozenset({"", "?", "na", "n/a", "nan", "null", "<na>", "#n/a"})


@dataclass(frozen=True)
class Column:
    """A column of decided kind.

    Parameters
    ----------
    name : str
        The column's name.
    kind : {"continuous", "binary", "nominal", "ordinal", "constant"}
        ``"constant"`` is set aside later.
    values : array of float64, shape (n,)
        Numbers as given, or codes ``0..k-1``; NaN where a cell is missing.
    levels : tuple of str
        Labels of a discrete column.
    far : array of bool, shape (n,), optional
        Cells of a continuous column that :func:`far_cells` finds, None if there are
        none.
    """

    name: str
    kind: str
    values: Floats
    levels: tuple[str, ...] = ()
    far: Mask | None = None


def far_cells(values: Floats) -> Mask:
    """Cells more than 20 robust standard deviations from the median.

    The robust standard deviation is 1.4826 times the median distance from the median;
    where half of the cells are equal, it is that of the others.

    Parameters
    ----------
    values : array of float64, shape (n,)
        May hold NaN, which is never far.

    Returns
    -------
    array of bool, shape (n,)

    Examples
    --------
    >>> far_cells(np.array([1.0, 2.0, 3.0, 4.0, 1e3])).tolist()
    [False, False, False, False, True]
    """
    held = values[~np.isnan(values)]
    top = np.abs(held).max(initial=0.0)
    if top == 0:
        return np.zeros(len(values), dtype=bool)
    held = held / top  # no difference may overflow
    middle = np.median(held)
    distances = np.abs(held - middle)
    spread = MAD_TO_SD * np.median(distances)
    if spread == 0 and distances.any():
        spread = MAD_TO_SD * np.median(distances[distances > 0])
    with np.errstate(invalid="ignore"):
        return np.abs(values / top - middle) > FAR * spread


def decide_kind(
    name: str,
    access: str,
    cells: Cells,
    described: Variable | None,
    *,
    missing: str,
    findings: Findings,
) -> Column | None:
    """Decide a column's kind from its description, else from what it holds.

    Declared kinds are kept or refused, never bent. Otherwise: two distinct values are
    binary; text and unordered categories nominal; ordered categories ordinal; whole
    numbers with at most 5 distinct values nominal (they may be codes); all other
    numbers continuous.

    Parameters
    ----------
    name, access : str
        The column's name, and how the user reaches it.
    cells : Cells
        The column as read.
    described : Variable, optional
        Its description.
    missing : {"error", "listwise", "category"}
        The policy for missing cells.
    findings : Findings
        Takes notes and problems.

    Returns
    -------
    Column or None
        None when a problem was reported.

    Examples
    --------
    >>> found = Findings(np.arange(40))
    >>> cells = Cells("number", numbers=np.arange(40) % 2.0)
    >>> decide_kind("x", "", cells, None, missing="error", findings=found).kind
    'binary'
    """
    kind = described.kind if described else None
    levels = described.levels if described else ()
    distinct = _distinct(cells)
    two = missing == "category" and kind != "continuous" and _has_missing(cells)
    if distinct == 1 and not two:  # else: present or missing
        return Column(name, CONSTANT, np.zeros(_length(cells)))
    if kind == "continuous":
        return _declared_continuous(name, access, cells, findings)
    if kind is None and not levels and cells.source == "number" and distinct > 2:
        inferred = _infer_number(name, cells, distinct, findings)
        if inferred == "continuous":
            return _continuous(name, access, cells.numbers, findings)
        kind = inferred
    if _too_many(name, access, cells, distinct, findings):
        return None
    coded = _coded(cells)
    if levels:
        matched = _match_levels(name, access, coded, levels, findings)
        if matched is None:
            return None
        coded = matched
    return _discrete(name, access, coded, kind, missing=missing, findings=findings)


def _length(cells: Cells) -> int:
    held = cells.numbers if cells.codes is None else cells.codes
    return 0 if held is None else len(held)


def _has_missing(cells: Cells) -> bool:
    if cells.codes is not None:
        return bool((cells.codes < 0).any())
    return cells.numbers is not None and bool(np.isnan(cells.numbers).any())


def _distinct(cells: Cells) -> int:
    """Number of distinct cells; numbers equal up to rounding count as one."""
    if cells.codes is not None:
        return int(np.unique(cells.codes[cells.codes >= 0]).size)
    held = cells.numbers
    if held is None:
        return 0
    held = np.sort(held[~np.isnan(held)])
    if not held.size:
        return 0
    rounding = 4 * np.finfo(np.float64).eps * max(abs(held[0]), abs(held[-1]))
    if held[-1] / 2 - held[0] / 2 <= rounding / 2:  # halved: the range may overflow
        return 1
    return 1 + int(np.count_nonzero(held[1:] != held[:-1]))


# --- continuous -----------------------------------------------------------------------


def _infer_number(name: str, cells: Cells, distinct: int, findings: Findings) -> str:
    held = np.empty(0) if cells.numbers is None else cells.numbers
    held = held[~np.isnan(held)]
    whole = bool((held == np.rint(held)).all())
    if whole and distinct <= min(FEW, len(held) // ROWS_PER_LEVEL):
        findings.note(
            name,
            "inferred",
            f"{distinct} distinct whole numbers: read as codes (nominal); if they "
            'measure or count, declare kind="continuous", if they rank, "ordinal"',
        )
        return "nominal"
    if distinct <= SOME:
        findings.note(
            name,
            "inferred",
            f"{distinct} distinct numbers: read as continuous; if they are codes, "
            'declare kind="nominal", if they rank, "ordinal"',
        )
    return "continuous"


def _declared_continuous(
    name: str, access: str, cells: Cells, findings: Findings
) -> Column | None:
    values = cells.numbers
    if values is None and cells.source == "bool" and cells.codes is not None:
        values = np.where(cells.codes < 0, np.nan, cells.codes.astype(np.float64))
    if values is not None:
        return _continuous(name, access, values, findings)
    held, fix = f"text, such as {samples(cells.labels)}", 'declare kind="nominal"'
    style = number_style(_as_text(access, cells), cells.labels)
    if style is not None:
        held = f"numbers written as text{style.what}"
        held += f", but for {samples(style.odd)}" if style.odd else ""
        fix = f"{access} = {style.code}"
        fix += "  # what is no number becomes missing" if style.odd else ""
    findings.problem(
        f"column {name!r} is declared continuous but holds {held}",
        fix,
    )
    return None


def _as_text(access: str, cells: Cells) -> str:
    return f"{access}.astype(str)" if cells.source == "category" else access


def _continuous(
    name: str, access: str, values: Floats | None, findings: Findings
) -> Column | None:
    if values is None:
        return None
    held = np.sort(values[~np.isnan(values)])
    top = np.abs(held).max()
    held = held / top  # squares must not overflow
    mean, sd = held.mean(), held.std()
    if sd < SAFE_OFFSET * abs(mean):
        findings.note(
            name,
            "warning",
            "varies by less than 1e-8 of its mean, so that little of the variation "
            f"survives rounding; subtract a constant: {access} -= {access}.median()",
        )
    far = far_cells(values)
    if far.any():
        _note_outliers(name, access, values, far, findings)
    _note_identifier(name, access, values, findings)
    return Column(name, "continuous", values, far=far if far.any() else None)


def _note_outliers(
    name: str, access: str, values: Floats, far: Mask, findings: Findings
) -> None:
    said = (
        f"lies more than {FAR:.0f} robust standard deviations from the median in "
        f"{findings.rows(far)}; a few such cells can make or hide an edge. "
    )
    cells = values[far]
    if cells.size > 1 and (cells == cells[0]).all():
        end = "min" if cells[0] == np.nanmin(values) else "max"
        said += "As all of them are equal, they may stand for missing cells: "
        said += f"{access} = {access}.mask({access} == {access}.{end}()); otherwise c"
    else:
        said += "C"
    said += "heck them, clip the column to what is possible, or use ranks: "
    findings.note(name, "warning", f"{said}{access} = {access}.rank(pct=True)")


def _note_identifier(
    name: str, access: str, values: Floats, findings: Findings
) -> None:
    low, high = np.nanmin(values), np.nanmax(values)
    if max(-low, high) > EXACT or high - low != len(values) - 1:
        return
    if np.array_equal(np.sort(values), np.arange(low, high + 1)):  # NaN is unequal
        findings.note(
            name,
            "warning",
            "every row has its own whole number, without gaps: if it only numbers the "
            f"rows, drop it: df = df.drop(columns=[{access[3:-1]}])",
        )


# --- discrete -------------------------------------------------------------------------


def _too_many(
    name: str, access: str, cells: Cells, distinct: int, findings: Findings
) -> bool:
    n = int(_length(cells))
    scarce = n >= MAX_LEVELS / 2 and distinct > max(2, n // ROWS_PER_LEVEL)
    if distinct <= MAX_LEVELS and not scarce:
        return False
    what = f"column {name!r} has {distinct:,} levels in {n:,} rows; at most "
    what += f"{MAX_LEVELS} and one for every {ROWS_PER_LEVEL} rows can be used"
    drop = f"df = df.drop(columns=[{access[3:-1]}])"
    style = number_style(_as_text(access, cells), cells.labels)
    if cells.source == "number":
        fix = f'declare kind="continuous"; or {drop}'
    elif cells.numbers is not None:
        fix = f"{access} = {access}.astype(float); or {drop}"
    elif style is not None:
        what += f"; {'most' if style.odd else 'all'} read as numbers{style.what}"
        what += f", but not {len(style.odd):,}: " if style.odd else ""
        what += samples(style.odd)
        fix = f"{access} = {style.code}"
    elif distinct == n:
        fix = f"{drop}  # each row has its own: an identifier"
    else:
        kept = max(1, min(MOST_KEPT, n // ROWS_PER_LEVEL - 1))
        fix = f"top = {access}.value_counts().index[:{kept}]; {access} = {access}."
        fix += f"astype(object).where({access}.isin(top) | {access}.isna(), "
        fix += f'"other"); or {drop}'
    findings.problem(what, fix)
    return True


def _coded(cells: Cells) -> Cells:
    """Give numbers their codes, by size."""
    if cells.codes is not None or cells.numbers is None:
        return cells
    present = ~np.isnan(cells.numbers)
    found, inverse = np.unique(cells.numbers[present], return_inverse=True)
    codes = np.full(len(cells.numbers), -1, dtype=np.int64)
    codes[present] = inverse
    labels = tuple(_label(float(value), cells.offset) for value in found)
    return replace(cells, codes=codes, labels=labels)


def _label(number: float, offset: int) -> str:
    if offset and number.is_integer():
        return str(int(number) + offset)
    return f"{offset} + {label_of(number)}" if offset else label_of(number)


def _key(label: str, *, is_bool: bool) -> object:
    """What makes two labels the same level: "1", "1.0" and 1 are."""
    if is_bool:
        return {"false": "0", "true": "1"}.get(label.casefold(), label)
    if not is_number(label):
        return label
    try:
        return int(label)  # exact beyond 2**53; equal to the same float
    except ValueError:
        return float(label)


def _match_levels(
    name: str, access: str, cells: Cells, levels: tuple[str, ...], findings: Findings
) -> Cells | None:
    codes = np.empty(0, dtype=np.int64) if cells.codes is None else cells.codes
    is_bool = cells.source == "bool"
    place = {_key(level, is_bool=is_bool): at for at, level in enumerate(levels)}
    to = [place.get(_key(label, is_bool=is_bool), -2) for label in cells.labels]
    moved = np.array([*to, -1])[codes]
    unknown = moved == -2
    if unknown.any():
        odd = [cells.labels[code] for code in np.unique(codes[unknown])]
        findings.problem(
            f"column {name!r} holds {len(odd)} values that are not among its declared "
            f"levels {list(levels)}: {samples(odd)} in {findings.rows(unknown)}",
            f"add them to the levels of {name!r}; or {access} = {access}.where("
            f"{access}.isin([{_literals(levels, cells)}]))  # the others are missing",
        )
        return None
    return replace(cells, codes=moved, labels=levels, ordered=True)


def _literals(levels: tuple[str, ...], cells: Cells) -> str:
    """Levels as the cells hold them, in Python."""
    if cells.source == "bool":
        truth = {"0": "False", "1": "True"}
        keys = [truth.get(str(_key(level, is_bool=True))) for level in levels]
        return ", ".join(key for key in keys if key)
    if cells.numbers is not None:
        return ", ".join(level.strip() for level in levels if is_number(level))
    return ", ".join(map(repr, levels))


def _discrete(
    name: str,
    access: str,
    cells: Cells,
    kind: str | None,
    *,
    missing: str,
    findings: Findings,
) -> Column | None:
    codes = np.empty(0, dtype=np.int64) if cells.codes is None else cells.codes
    codes, labels = _used(name, codes, cells.labels, findings)
    if kind == "binary" and len(labels) > 2:
        findings.problem(
            f"column {name!r} is declared binary but has {len(labels)} distinct values",
            f'declare kind="nominal" or "ordinal" for {name!r}, or make it two-valued',
        )
        return None
    ranked = cells.ordered or cells.numbers is not None or cells.source == "bool"
    if kind == "ordinal" and not ranked:
        findings.note(
            name,
            "inferred",
            "declared ordinal, but the order of its levels is not: read as nominal; "
            f"give levels=[...] from lowest to highest, or make {access} an ordered "
            "categorical",
        )
        kind = "nominal"
    if kind is None:
        kind = "ordinal" if cells.source == "category" and cells.ordered else "nominal"
        kind = "binary" if len(labels) == 2 else kind
    if missing == "category" and (codes < 0).any():
        codes, labels, kind = _missing_level(name, codes, labels, kind, findings)
    _note_labels(name, access, cells, labels, findings)
    values = codes.astype(np.float64)
    values[codes < 0] = np.nan
    return Column(name, kind, values, labels)


def _used(
    name: str,
    codes: npt.NDArray[np.int64],
    labels: tuple[str, ...],
    findings: Findings,
) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    """Leave out levels that no row has."""
    counts = np.bincount(codes[codes >= 0], minlength=len(labels))
    seen = np.flatnonzero(counts)
    if seen.size == len(labels):
        return codes, labels
    unused = len(labels) - seen.size
    findings.note(
        name,
        "converted",
        f"{unused} of {len(labels)} declared levels occur in no row and were left out",
    )
    place = np.full(len(labels) + 1, -1, dtype=np.int64)
    place[seen] = np.arange(seen.size)
    return place[codes], tuple(labels[i] for i in seen)


def _missing_level(
    name: str,
    codes: npt.NDArray[np.int64],
    labels: tuple[str, ...],
    kind: str,
    findings: Findings,
) -> tuple[npt.NDArray[np.int64], tuple[str, ...], str]:
    label = "missing" if "missing" not in labels else "missing (empty cell)"
    was = "" if kind == "nominal" else f"; no longer {kind}, read as nominal"
    findings.note(
        name,
        "converted",
        f"missing cells became a level of their own: {findings.rows(codes < 0)}{was}",
    )
    if not labels:  # cannot happen for a column with cells, but stay total
        return np.zeros_like(codes), (label,), "nominal"
    codes = np.where(codes < 0, len(labels), codes)
    kind = "nominal" if len(labels) > 1 else "binary"
    return codes, (*labels, label), kind


def _note_labels(
    name: str, access: str, cells: Cells, labels: tuple[str, ...], findings: Findings
) -> None:
    if cells.source not in ("text", "category"):
        return
    style = number_style(access, labels)
    plain = cells.source == "text" and not cells.ordered
    if plain and style is not None and not style.odd:
        findings.note(
            name,
            "warning",
            f"text that reads as numbers{style.what}, taken as nominal; if they "
            f"measure something: {access} = {style.code}",
        )
    empty = [label for label in labels if label.strip().casefold() in _MISSING_WORDS]
    if empty:
        listed = ", ".join(map(repr, empty))
        findings.note(
            name,
            "warning",
            f"{len(empty)} of its levels look like a missing cell (empty, '?', 'NA' "
            "...) but count as a level; if they are missing: "
            f"{access} = {access}.mask({access}.isin([{listed}]))",
        )
    folded = {" ".join(label.split()).casefold() for label in labels}
    if len(folded) < len(labels):
        findings.note(
            name,
            "warning",
            "some levels differ only in capitals or spaces; if they are the same: "
            f'{access} = {access}.str.split().str.join(" ").str.casefold()',
        )
