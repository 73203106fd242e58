"""Statistics of data larger than memory: Parquet files, DuckDB queries, Arrow batches.

One batch of rows is in memory at a time. A first pass finds the kinds and levels that
are not declared, a second one builds the statistics; columns whose descriptions give
``kind="continuous"`` or all ``levels`` need no first pass. Continuous and mixed tables
take memory for their cross-products only, however many the rows; discrete ones for
their distinct rows.

Nothing is scaled, sorted or set aside here: names stand in the source's order, and
means and cross-products in the columns' own units. Too few rows and copies are refused
as in a table in memory; near copies and relations that hold exactly give a warning.
What needs the rows, cells far from all others and curves, is not looked for.
"""

from __future__ import annotations

import difflib
import importlib
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from llmcd.data.checks import check_rows, check_statistics
from llmcd.data.columns import Cells, label_of
from llmcd.data.findings import Findings
from llmcd.data.names import column_names
from llmcd.data.statistics import (
    CountStatistics,
    GaussianStatistics,
    MixedStatistics,
    Statistics,
)
from llmcd.data.survey import INEXACT, Plan, Survey, coded, decide, declared
from llmcd.errors import DataError
from llmcd.variables import Variables

__all__ = [
    "statistics_of_batches",
    "statistics_of_duckdb",
    "statistics_of_parquet",
]

Floats = npt.NDArray[np.float64]

PAGE = 2**16  # bytes of a column that are read from a Parquet file at a time


@dataclass(frozen=True)
class _Source:
    """All column names, and a function from some of them to batches with them."""

    names: tuple[str, ...]
    read: Callable[[Sequence[str]], Generator[Any]]


# --- public ---------------------------------------------------------------------------


def statistics_of_parquet(
    path: str | Path, variables: Any = None, *, batch_rows: int = 65536
) -> Statistics:
    """Statistics of a Parquet file, or of all those in a folder.

    Parameters
    ----------
    path : str or Path
        A Parquet file, or a folder whose ``*.parquet`` files have the same columns;
        they are read in the order of their names.
    variables : Variables, mapping or path, optional
        What the columns mean (:meth:`llmcd.Variables.of`). If given, only the columns
        that it describes are read. Declared kinds and levels are obeyed; others are
        inferred as :func:`llmcd.data.table.table` does.
    batch_rows : int, optional
        Rows that are in memory at a time.

    Returns
    -------
    GaussianStatistics, CountStatistics or MixedStatistics

    Raises
    ------
    DataError
        If there are less than 20 rows, cells are missing or infinite, or a column is
        constant, a copy of another, has too many levels, holds integers beyond 2**53
        or is of a type that cannot be read; every problem is named, with counts.
    FileNotFoundError
        If there is no such file.
    ImportError
        If pyarrow is not installed.

    Notes
    -----
    Arrow holds a page of each column, and the compressed labels of one row group,
    beside the batch of rows.

    Examples
    --------
    >>> statistics_of_parquet("visits.parquet")  # doctest: +SKIP
    <MixedStatistics: 12 variables, n = 80,000,000>
    """
    parquet = _need("pyarrow.parquet", "parquet")
    files = _files(Path(path))
    size = _positive(batch_rows)
    names: list[tuple[str, ...]] = []
    for file in files:
        with parquet.ParquetFile(file) as opened:
            names.append(tuple(opened.schema_arrow.names))
    for file, found in zip(files, names, strict=True):
        if sorted(found) != sorted(names[0]):
            raise DataError(
                f"files of one table must have the same columns; {files[0].name} has "
                f"{list(names[0])}, {file.name} has {list(found)}"
            )

    def read(columns: Sequence[str]) -> Generator[Any]:
        for file in files:
            # Without a pre-buffer: it would keep what was read until the file's end.
            with parquet.ParquetFile(
                file, pre_buffer=False, buffer_size=PAGE
            ) as opened:
                yield from opened.iter_batches(batch_size=size, columns=list(columns))

    return _statistics(_Source(names[0], read), variables)


def statistics_of_duckdb(
    connection: Any, query: str, variables: Any = None, *, batch_rows: int = 65536
) -> Statistics:
    """Statistics of the rows of a DuckDB query.

    The query is run once or twice on this connection, which must have no open result.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        An open connection.
    query : str
        One SELECT without parameters; it must give the same rows each time it is run.
    variables : Variables, mapping or path, optional
        What the columns mean. If given, only the columns that it describes are read.
    batch_rows : int, optional
        Rows that are in memory at a time.

    Returns
    -------
    GaussianStatistics, CountStatistics or MixedStatistics

    Raises
    ------
    DataError
        As :func:`statistics_of_parquet`, or if the second run gives other rows.
    ImportError
        If pyarrow, through which the rows come, is not installed.
    duckdb.Error
        If the query is not valid.

    Examples
    --------
    >>> import duckdb  # doctest: +SKIP
    >>> connection = duckdb.connect("hospital.db")  # doctest: +SKIP
    >>> statistics_of_duckdb(connection, "FROM visits")  # doctest: +SKIP
    <MixedStatistics: 12 variables, n = 80,000,000>
    """
    _need("pyarrow", "duckdb")
    size = _positive(batch_rows)
    # In brackets only a SELECT is valid, so that nothing can be changed by mistake;
    # the line break ends a comment.
    given = f"FROM (\n{query.strip().removesuffix(';')}\n) AS given"
    names = tuple(connection.sql(f"SELECT * {given}").columns)

    def read(columns: Sequence[str]) -> Generator[Any]:
        listed = ", ".join(_quoted(name) for name in columns)
        relation = connection.sql(f"SELECT {listed} {given}")
        # Called fetch_arrow_reader before DuckDB 1.5.
        start = getattr(relation, "to_arrow_reader", None)
        reader = (start or relation.fetch_arrow_reader)(size)
        try:
            yield from reader
        finally:
            reader.close()  # an open result would block the connection

    return _statistics(_Source(names, read), variables)


def statistics_of_batches(batches: Any, variables: Any = None) -> Statistics:
    """Statistics of Arrow record batches.

    Parameters
    ----------
    batches : callable, list of pyarrow.RecordBatch, or pyarrow.Table
        All rows; or a function without arguments that returns an iterator over them
        and can be called twice.
    variables : Variables, mapping or path, optional
        What the columns mean. If given, only the columns that it describes are read.

    Returns
    -------
    GaussianStatistics, CountStatistics or MixedStatistics

    Raises
    ------
    DataError
        As :func:`statistics_of_parquet`.
    TypeError
        If the batches can be read once only.

    Examples
    --------
    >>> import pyarrow  # doctest: +SKIP
    >>> table = pyarrow.table({"x": [0.5, 1.5, 4.0], "y": [1.5, 3.5, 2.0]})
    ... # doctest: +SKIP
    >>> statistics_of_batches(table)  # doctest: +SKIP
    <GaussianStatistics: 2 columns, n = 3>
    """
    _need("pyarrow", "parquet")
    if hasattr(batches, "to_batches"):  # a Table
        batches = batches.to_batches()
    if not callable(batches) and iter(batches) is batches:
        raise TypeError(
            "the batches may have to be read twice: give a list, or a function that "
            f"returns a new iterator, not {type(batches).__name__}"
        )

    start = batches

    def read(_: Sequence[str] = ()) -> Generator[Any]:
        yield from cast("Iterable[Any]", start() if callable(start) else start)

    first = next(read(), None)
    if first is None:
        raise DataError("there are no batches")
    return _statistics(_Source(tuple(first.schema.names), read), variables)


def _need(module: str, extra: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f'this needs {module.split(".")[0]}: pip install "llmcd[{extra}]"'
        ) from error


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        if not path.exists():
            raise FileNotFoundError(f"there is no file {path}")
        return [path]
    files = sorted(path.glob("*.parquet"))
    if not files:
        raise FileNotFoundError(f"there is no *.parquet file in {path}")
    return files


def _positive(batch_rows: int) -> int:
    if batch_rows < 1:
        raise ValueError(f"batch_rows must be at least 1, got {batch_rows}")
    return int(batch_rows)


def _quoted(name: str) -> str:
    """A name as SQL: in quotes, those within it doubled."""
    return '"' + name.replace('"', '""') + '"'


# --- passes ---------------------------------------------------------------------------


def _statistics(source: _Source, variables: Any) -> Statistics:
    described = Variables.of({} if variables is None else variables)
    chosen, names = _chosen(source.names, described)
    plans = [declared(name, described.get(name)) for name in names]
    ready = [plan for plan in plans if plan is not None]
    surveys = [Survey(name) for name in names]
    if len(ready) == len(plans):  # one pass does
        with closing(source.read(chosen)) as batches:
            found = _built(_rows(batches, chosen, ready, surveys), ready)
        found = _without_unused(found, ready, _decided(surveys, described))
        return _checked(found)
    with closing(source.read(chosen)) as batches:
        for batch in batches:
            for survey, cells in zip(surveys, _cells(batch, chosen), strict=True):
                _see(survey, cells, batch.num_rows)
    plans = _decided(surveys, described)
    again = [Survey(name) for name in names]
    with closing(source.read(chosen)) as batches:
        found = _built(_rows(batches, chosen, plans, again), plans)
    for one, two in zip(surveys, again, strict=True):
        if one != two or found.n != one.rows:
            raise DataError(
                f"column {one.name!r} was not the same when it was read again; store "
                "the rows first (CREATE TABLE ... AS), and read the stored ones"
            )
    return _checked(found)


def _checked(found: Statistics) -> Statistics:
    """Refuse or warn of what a table in memory is refused or noted for."""
    findings = Findings(np.arange(0))
    p = len(found.names)
    check_rows(int(found.n), p, 0, p, findings)
    check_statistics(found, findings)
    findings.raise_problems()
    for note in findings.notes:
        warnings.warn(note.detail, UserWarning, stacklevel=4)
    return found


def _chosen(
    given: Sequence[str], described: Variables
) -> tuple[list[str], tuple[str, ...]]:
    """Columns to read, as the source names them, and their names here."""
    findings = Findings(np.arange(0))
    names = column_names(pd.DataFrame(columns=pd.Index(list(given))), findings)
    lost = [name for name in described if name not in names]
    for name in lost:
        near = difflib.get_close_matches(name, names, 1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        findings.problem(
            f"{name!r} is described, but there is no such column{hint}",
            f"the columns are {', '.join(map(repr, names))}",
        )
    findings.raise_problems()
    pairs = [
        (column, name)
        for column, name in zip(given, names, strict=True)
        if not len(described) or name in described
    ]
    return [column for column, _ in pairs], tuple(name for _, name in pairs)


def _decided(surveys: Sequence[Survey], described: Variables) -> list[Plan]:
    """Plans from what a whole pass found; every problem in one error."""
    findings = Findings(np.arange(0))
    rows = surveys[0].rows if surveys else 0
    if not rows:
        raise DataError("there are no rows")
    plans = [decide(each, described.get(each.name), findings) for each in surveys]
    holes = [each for each in surveys if 0 < each.missing < each.rows]
    if holes:
        listed = "; ".join(
            f"{s.name!r}: {s.missing:,} of {s.rows:,} rows" for s in holes
        )
        kept = " AND ".join(f"{_quoted(s.name)} IS NOT NULL" for s in holes)
        findings.problem(
            f"cells are missing in {listed}",
            f"leave these rows out (in SQL: WHERE {kept}), or fill them in",
        )
    findings.raise_problems()
    return [plan for plan in plans if plan is not None]


def _see(survey: Survey, cells: Cells | str, rows: int) -> None:
    if isinstance(cells, str):
        survey.unreadable = cells
        survey.rows += rows
    else:
        survey.see(cells)


def _rows(
    batches: Iterable[Any],
    columns: Sequence[str],
    plans: Sequence[Plan],
    surveys: Sequence[Survey],
) -> Iterator[Floats]:
    """Numbers and codes of the complete rows of each batch; surveys see all rows."""
    for batch in batches:
        values = np.full((batch.num_rows, len(plans)), np.nan)
        cells = _cells(batch, columns)
        for k, (plan, survey, each) in enumerate(
            zip(plans, surveys, cells, strict=True)
        ):
            _see(survey, each, batch.num_rows)
            if isinstance(each, Cells):
                _fill(values[:, k], plan, each, too_many=survey.many)
        yield values[np.isfinite(values).all(axis=1)]


def _fill(column: Floats, plan: Plan, cells: Cells, *, too_many: bool) -> None:
    """Write numbers or codes; what cannot be used stays NaN and is reported later."""
    if not plan.levels:
        if cells.numbers is not None:
            column[:] = cells.numbers
        elif cells.source == "bool" and cells.codes is not None:
            column[:] = np.where(cells.codes < 0, np.nan, cells.codes)
    elif not too_many:
        codes, labels = coded(cells)
        place = plan.codes(labels, is_bool=cells.source == "bool")
        found = np.append(place, -1)[codes]
        column[:] = np.where(found < 0, np.nan, found)


def _built(rows: Iterable[Floats], plans: Sequence[Plan]) -> Statistics:
    names = [plan.name for plan in plans]
    levels = [plan.levels for plan in plans]
    if not any(levels):
        return GaussianStatistics.of_batches(rows, names)
    if all(levels):
        sizes = [len(each) for each in levels]
        return CountStatistics.of_batches(rows, names, sizes)
    return MixedStatistics.of_batches(rows, names, levels)


def _without_unused(
    found: Statistics, read: Sequence[Plan], decided: Sequence[Plan]
) -> Statistics:
    """Leave out declared levels that no row has, as in a table in memory."""
    if isinstance(found, GaussianStatistics):
        return found
    used = [
        [plan.levels.index(level) for level in kept.levels]
        for plan, kept in zip(read, decided, strict=True)
    ]
    if all(len(u) == len(plan.levels) for u, plan in zip(used, read, strict=True)):
        return found
    if isinstance(found, CountStatistics):
        codes = [np.searchsorted(u, c) for u, c in zip(used, found.codes, strict=True)]
        sizes = np.array([len(u) for u in used])
        return CountStatistics(found.names, sizes, np.array(codes), found.weights)
    kept: list[int] = []
    stops = [0]
    for (start, stop), u in zip(found.blocks, used, strict=True):
        # Column start + c - 1 shows level c; the first level left has no column.
        kept += [start + c - 1 for c in u[1:]] if u else range(start, stop)
        stops.append(len(kept))
    gaussian = found.gaussian.select(kept)
    return MixedStatistics(found.names, gaussian, tuple(pairwise(stops)))


# --- Arrow ----------------------------------------------------------------------------


def _cells(batch: Any, columns: Sequence[str]) -> list[Cells | str]:
    """Cells of some columns of a batch; a column that cannot be read gives its type."""
    arrow = _need("pyarrow", "parquet")
    names = list(batch.schema.names)
    found: list[Cells | str] = []
    for name in columns:
        column = batch.column(names.index(name))
        if hasattr(column, "combine_chunks"):
            column = column.combine_chunks()
        found.append(_read(column, arrow))
    return found


def _read(column: Any, arrow: Any) -> Cells | str:
    types, kind = arrow.types, column.type
    if types.is_dictionary(kind):
        return _categories(column, arrow)
    if types.is_boolean(kind):
        return Cells("bool", codes=_int64(column), labels=("False", "True"))
    if types.is_null(kind):
        return Cells("number", numbers=np.full(len(column), np.nan))
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        numbers = _float64(column, arrow)
        return INEXACT if numbers is None else Cells("number", numbers=numbers)
    if types.is_string(kind) or types.is_large_string(kind):
        return _texts(column)
    if str(kind) == "string_view":
        return _texts(column.cast(arrow.large_string()))
    return str(kind)


def _float64(column: Any, arrow: Any) -> Floats | None:
    """Numbers as float64, or None for integers that it does not hold exactly."""
    types, kind = arrow.types, column.type
    try:
        if types.is_decimal(kind) and kind.scale == 0:
            column = column.cast(arrow.int64())  # as DuckDB's HUGEINT arrives
        # Fractions may be rounded; a safe cast refuses integers beyond 2**53.
        is_integer = types.is_integer(column.type)
        numbers = column.cast(arrow.float64(), safe=is_integer)
    except arrow.ArrowInvalid:
        return None
    return numbers.to_numpy(zero_copy_only=False) + 0.0  # -0.0 becomes 0.0


def _int64(codes: Any) -> npt.NDArray[np.int64]:
    """Codes as int64, -1 where there is none."""
    return codes.cast("int64").fill_null(-1).to_numpy(zero_copy_only=False).copy()


def _texts(column: Any) -> Cells:
    encoded = column.dictionary_encode()
    labels = tuple(str(label) for label in encoded.dictionary.to_pylist())
    return Cells("text", codes=_int64(encoded.indices), labels=labels)


def _categories(column: Any, arrow: Any) -> Cells | str:
    values = _read(column.dictionary, arrow)
    if values == INEXACT:  # they are labels
        values = Cells("text")
    if isinstance(values, str):
        return values
    held = column.dictionary.to_pylist()
    codes = _int64(column.indices)
    empty = np.array([label is None for label in held] + [True])
    codes[empty[codes]] = -1
    labels = tuple(label_of(label) for label in held)
    numbers = None
    if values.numbers is not None:
        numbers = np.append(values.numbers, np.nan)[codes]
    ordered = bool(column.type.ordered)
    return Cells("category", numbers, codes, labels, ordered)
