"""Rows from files and databases give what the same rows give in memory."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from llmcd.data.sources import (
    statistics_of_batches,
    statistics_of_duckdb,
    statistics_of_parquet,
)
from llmcd.data.statistics import CountStatistics, GaussianStatistics, MixedStatistics
from llmcd.data.table import table
from llmcd.errors import DataError

N = 3000


@pytest.fixture(name="pa")
def _pa():
    return pytest.importorskip("pyarrow")


@pytest.fixture(name="connection")
def _connection(pa):
    duckdb = pytest.importorskip("duckdb")
    with duckdb.connect() as connection:
        yield connection


def draw(kinds, n=N, seed=0):
    """Numbers x0, x1 ..., and labels g0, g1 ... that depend on each other."""
    rng = np.random.default_rng(seed)
    base = rng.normal(size=n)
    columns = {}
    if kinds != "discrete":
        columns |= {f"x{i}": base * i + rng.normal(size=n) for i in range(3)}
    if kinds != "continuous":
        noisy = [base + rng.normal(size=n) for _ in range(3)]
        labels = np.array(["low", "mid", "top"])
        columns["g0"] = labels[np.digitize(noisy[0], [-1, 1])]
        columns["g1"] = noisy[1] > 0
        columns["g2"] = np.digitize(noisy[2], [-1, 0, 1])
    return pd.DataFrame(columns)


def parquet(pa, frame, path, **options):
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, **options)
    return path


def refused(run, *words):
    with pytest.raises(DataError) as caught:
        run()
    for word in words:
        assert word in str(caught.value)
    return str(caught.value)


def compare(found, frame, variables=None):
    """Found statistics against those of the table, whatever the order of columns."""
    data = table(frame, variables)
    expected = data.statistics()
    assert type(found) is type(expected)
    assert sorted(found.names) == sorted(expected.names)
    assert found.n == expected.n
    to = [expected.names.index(name) for name in found.names]
    if isinstance(found, CountStatistics):
        np.testing.assert_array_equal(found.sizes, expected.sizes[to])
        np.testing.assert_array_equal(found.counts(range(len(to))), expected.counts(to))
        return
    if isinstance(found, MixedStatistics):
        to = [k for v in to for k in range(*expected.blocks[v])]
        found, expected = found.gaussian, expected.gaussian
        assert found.names == tuple(expected.names[k] for k in to)
    np.testing.assert_allclose(
        found.correlation, expected.correlation[np.ix_(to, to)], rtol=0, atol=1e-12
    )


KINDS = pytest.mark.parametrize("kinds", ["continuous", "discrete", "mixed"])


@KINDS
def test_parquet_is_the_frame(pa, tmp_path, kinds):
    """A Parquet file gives the statistics of the table it was written from."""
    frame = draw(kinds)
    found = statistics_of_parquet(parquet(pa, frame, tmp_path / "t.parquet"))
    assert list(found.names) == list(frame.columns)
    compare(found, frame)


@KINDS
def test_duckdb_is_the_frame(connection, kinds):
    """A query gives the statistics of the table that it selects."""
    frame = draw(kinds)
    connection.register("given", frame)
    found = statistics_of_duckdb(connection, "SELECT * FROM given")
    compare(found, frame)


@KINDS
def test_batches_are_the_frame(pa, kinds):
    """Record batches, in a list, in a table or from a function."""
    frame = draw(kinds)
    rows = pa.Table.from_pandas(frame, preserve_index=False)
    batches = rows.to_batches(max_chunksize=700)
    for given in (
        rows,
        batches,
        lambda: iter(batches),
        [rows.slice(0, 9), rows.slice(9)],
    ):
        compare(statistics_of_batches(given), frame)


def test_numbers_keep_their_units(pa, tmp_path):
    """Means and cross-products are those of the rows, bit for bit."""
    frame = draw("continuous") * [1.0, 1e200, 1.0] + [1e12, 0, 0]
    found = statistics_of_parquet(parquet(pa, frame, tmp_path / "t.parquet"))
    expected = GaussianStatistics.of(frame.to_numpy(), list(frame))
    for name in ("mean", "low", "cross", "exponent"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


@KINDS
def test_batch_size_does_not_matter(pa, connection, tmp_path, kinds):
    """Rows at a time, row groups and files change no bit."""
    frame = draw(kinds, n=20_000)
    path = parquet(pa, frame, tmp_path / "t.parquet", row_group_size=1700)
    folder = tmp_path / "parts"
    folder.mkdir()
    for part in range(3):
        rows = frame.iloc[part * 7000 : (part + 1) * 7000]
        if part == 2:
            rows = rows[rows.columns[::-1]]  # columns may stand in another order
        parquet(pa, rows, folder / f"{part}.parquet")
    connection.register("given", frame)
    all_found = [
        statistics_of_parquet(path),
        statistics_of_parquet(path, batch_rows=333),
        statistics_of_parquet(folder, batch_rows=10**6),
        statistics_of_duckdb(connection, "FROM given", batch_rows=5000),
    ]
    for found in all_found[1:]:
        same(found, all_found[0])


def same(one, two):
    """Equal to the last bit."""
    assert one.names == two.names
    if isinstance(one, CountStatistics):
        np.testing.assert_array_equal(one.codes, two.codes)
        np.testing.assert_array_equal(one.weights, two.weights)
        return
    if isinstance(one, MixedStatistics):
        assert one.blocks == two.blocks
        one, two = one.gaussian, two.gaussian
    assert one.names == two.names
    np.testing.assert_array_equal(one.cross, two.cross)
    np.testing.assert_array_equal(one.mean, two.mean)


# --- types ----------------------------------------------------------------------------


def test_every_type_that_holds_numbers_or_labels(pa):
    """Integers, halves, decimals, large texts, categories: as the frame reads them."""
    from decimal import Decimal

    rng = np.random.default_rng(0)
    n = 200
    at = rng.integers(3, size=(n, 4))
    small = rng.normal(size=n).astype(np.float16)
    amounts = [Decimal(int(i)) / 100 for i in rng.integers(10**4, size=n)]
    labels = np.array(["b", "a", "c"])
    order = pa.DictionaryArray.from_arrays(at[:, 1], ["lo", "mid", "hi"], ordered=True)
    plain = pa.DictionaryArray.from_arrays(at[:, 2], [10, 9, 100])
    found = statistics_of_batches(
        pa.table(
            {
                "int": pa.array(rng.integers(1000, size=n), pa.uint16()),
                "half": pa.array(small),
                "amount": pa.array(amounts, pa.decimal128(12, 4)),
                "text": pa.array(labels[at[:, 0]].tolist(), pa.large_string()),
                "view": pa.array(labels[at[:, 3]].tolist(), pa.string_view()),
                "order": order,
                "plain": plain,
            }
        )
    )
    expected = ["int", "half", "amount", "text=b", "text=c", "view=b", "view=c"]
    expected += ["order=mid", "order=hi", "plain=10", "plain=100"]
    assert list(found.gaussian.names) == expected
    mean = found.gaussian.mean
    assert mean[1] == pytest.approx(small.astype(float).mean())
    assert mean[2] == pytest.approx(float(sum(amounts)) / n)
    assert mean[8] == pytest.approx((at[:, 1] == 2).mean())
    assert mean[9] == pytest.approx((at[:, 2] == 0).mean())


@pytest.mark.parametrize("kind", ["int64", "uint64", "decimal128(38, 0)"])
def test_integers_that_would_be_rounded(pa, kind):
    """Beyond 2**53 they are refused, whichever batch has them; labels are exact."""
    from decimal import Decimal

    n = 60
    large = [2**53 - 30 + i for i in range(n)]
    held = [Decimal(i) for i in large] if kind.startswith("dec") else large
    type_ = pa.decimal128(38, 0) if kind.startswith("dec") else getattr(pa, kind)()
    y = np.random.default_rng(0).normal(size=n)
    given = pa.table({"id": pa.array(held, type_), "y": y})
    for batches in (given, given.to_batches(max_chunksize=10)):
        for described in (None, {"id": {"label": "Id.", "kind": "continuous"},
                                 "y": "Y."}):  # fmt: skip
            refused(
                lambda b=batches, d=described: statistics_of_batches(b, d),
                "'id' holds integers beyond 2**53", "subtract the smallest",
            )  # fmt: skip
    exact = given.slice(0, 31)  # up to 2**53 itself
    assert statistics_of_batches(exact).mean[0] == pytest.approx(2**53 - 15, rel=1e-15)
    labels = pa.DictionaryArray.from_arrays(
        np.arange(n) % 3, pa.array([2**53 + 1, 2**53 + 2, 2**53], pa.int64())
    )
    found = statistics_of_batches(pa.table({"g": labels, "y": y}))
    assert len({name for name in found.gaussian.names if name.startswith("g=")}) == 2


def test_large_integers_of_a_database(connection):
    """HUGEINT, which sums have, is refused where it would be rounded."""
    query = "SELECT (i * i * 10**{k})::HUGEINT AS h, sin(i) AS y FROM range(99) AS t(i)"
    assert statistics_of_duckdb(connection, query.format(k=3)).n == 99
    for k in (13, 17, 25):
        refused(
            lambda k=k: statistics_of_duckdb(connection, query.format(k=k)),
            "'h' holds integers beyond 2**53",
        )


def test_what_statistics_tell_of_columns(pa):
    """Few rows and copies are refused, relations warned of, as in a table in memory."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3))
    near = x[:, 0] + 1e-3 * rng.normal(size=200)
    codes = rng.integers(3, size=200)
    text = np.array(["u", "v", "w"])

    def of(**columns):
        return lambda: statistics_of_batches(pa.table(columns))

    plain = {"a": x[:, 0], "b": x[:, 1], "c": x[:, 2]}
    assert of(**plain)().n == 200
    few = {name: column[:19] for name, column in plain.items()}
    refused(of(**few), "need at least 20 rows, have 19")
    refused(of(**plain, d=5e8 - 1e3 * x[:, 1]), "'b' and 'd' hold the same up to scale")
    grouped = plain | {"g": text[codes], "d": 7 - x[:, 1]}
    refused(of(**grouped), "'b' and 'd' hold the same up to scale")
    refused(of(g=text[codes], h=text[(codes + 1) % 3]), "'g' and 'h' hold the same")
    for columns, said in (
        (plain | {"d": x.sum(axis=1)}, "relation among 'a', 'b', 'c', 'd'"),
        (plain | {"d": near}, "'a' and 'd' are nearly the same"),
        ({"g": text[codes], "h": text[np.minimum(codes, 1)]}, "'h' follows from 'g'"),
        (plain | {"g": text[codes], "h": np.where(codes > 0, "p", "q")},
         "deterministic relation among 'g', 'h'"),
    ):  # fmt: skip
        with pytest.warns(UserWarning, match=said) as caught:
            of(**columns)()
        assert len(caught) == 1


def test_types_of_a_database(connection):
    """ENUM, DECIMAL, HUGEINT, BOOLEAN and TINYINT columns are read."""
    found = statistics_of_duckdb(
        connection,
        """
        SELECT (['lo', 'hi'])[1 + (i * 7) % 2]::ENUM ('lo', 'hi') AS e,
               ((i * 37) % 101 / 8)::DECIMAL(9, 3) AS d, (i * i)::HUGEINT AS h,
               (i % 3 = 0) AS b, (i // 2 % 4)::TINYINT AS t
        FROM range(400) AS rows(i)
        """,
    )
    assert found.blocks == ((0, 1), (1, 2), (2, 3), (3, 4), (4, 7))
    i = np.arange(400)
    assert found.gaussian.mean[1] == pytest.approx(
        ((i * 37) % 101 / 8).mean(), rel=1e-12
    )
    assert found.gaussian.mean[2] == pytest.approx((i * i).mean())
    assert found.gaussian.names[3:5] == ("b=True", "t=1")


def test_other_types_are_refused_by_name(pa):
    """Dates, lists and bytes: each named with its type, all in one error."""
    n = 30
    given = pa.table(
        {
            "x": np.arange(n) / 7,
            "when": pa.array([0] * n, pa.date32()),
            "many": pa.array([[1]] * n),
            "kind": pa.DictionaryArray.from_arrays([0] * n, pa.array([0], pa.date32())),
        }
    )
    refused(
        lambda: statistics_of_batches(given),
        "3 problems",
        "'when' holds date32",
        "'many' holds list",
        "'kind' holds date32",
    )


# --- descriptions ---------------------------------------------------------------------


def counted(batches):
    """A function that counts how often the rows are read."""
    calls = []

    def read():
        calls.append(1)
        return iter(batches)

    return read, calls


def test_declared_columns_are_read_once(pa):
    """With kind="continuous" or levels everywhere there is no first pass."""
    frame = draw("mixed")
    batches = pa.Table.from_pandas(frame, preserve_index=False).to_batches(999)
    variables = {name: {"kind": "continuous"} for name in ("x0", "x1", "x2")}
    variables["g0"] = {"levels": ["low", "mid", "top"]}
    variables["g1"] = {"levels": ["False", "True"]}
    variables["g2"] = {"levels": ["0", "1", "2", "3"]}
    once, calls = counted(batches)
    found = statistics_of_batches(once, variables)
    assert len(calls) == 2  # one look at the names, one pass
    compare(found, frame, variables)
    del variables["g2"]["levels"]
    twice, calls = counted(batches)
    same(statistics_of_batches(twice, variables), found)
    assert len(calls) == 3


@pytest.mark.parametrize("kinds", ["discrete", "mixed"])
def test_declared_levels_that_no_row_has(pa, kinds):
    """They are left out, the first one too, in one pass as in two."""
    frame = draw(kinds)
    variables = {name: {"kind": "continuous"} for name in frame if name[0] == "x"}
    variables["g0"] = {"levels": ["none", "top", "low", "extra", "mid"]}
    variables["g1"] = {"levels": ["True", "False"]}
    variables["g2"] = {"levels": ["9", "3.0", "0", "2", "1"]}
    rows = pa.Table.from_pandas(frame, preserve_index=False)
    found = statistics_of_batches(rows, variables)
    compare(found, frame, variables)
    variables["g1"] = {"kind": "binary"}
    compare(statistics_of_batches(rows, variables), frame, variables)


def test_only_described_columns_are_read(pa, connection, tmp_path):
    """A column that cannot be used is left out by not describing it."""
    frame = draw("continuous").assign(day=pd.Timestamp("2020-01-01"), one=1.0)
    path = parquet(pa, frame, tmp_path / "t.parquet")
    refused(
        lambda: statistics_of_parquet(path), "'day' holds timestamp", "'one' is con"
    )
    variables = {"x2": "Two.", "x0": "None."}
    found = statistics_of_parquet(path, variables)
    assert found.names == ("x0", "x2")
    connection.register("given", frame)
    same(statistics_of_duckdb(connection, "FROM given", variables), found)


def test_a_described_column_that_is_not_there(pa, tmp_path):
    """The nearest name is proposed."""
    path = parquet(pa, draw("continuous"), tmp_path / "t.parquet")
    refused(
        lambda: statistics_of_parquet(path, {"x00": "Zero.", "x1": "One."}),
        "'x00' is described, but there is no such column; did you mean 'x0'?",
    )


def test_declared_kinds_are_kept_or_refused(pa):
    """Text that is declared continuous, values beyond the levels, three as binary."""
    frame = draw("mixed")
    variables = {
        "g0": {"kind": "continuous"},
        "g1": {"kind": "continuous"},
        "g2": {"levels": ["0", "1"]},
        "x0": {"kind": "continuous"},
    }
    rows = pa.Table.from_pandas(frame, preserve_index=False)
    odd = int((frame["g2"] > 1).sum())
    refused(
        lambda: statistics_of_batches(rows, variables),
        "2 problems",
        "'g0' is declared continuous but holds text, such as 'low', 'mid', 'top'",
        f"holds 2 values that are not among its declared levels ['0', '1']: '2', '3' "
        f"in {odd:,} of 3,000 rows",
    )
    refused(
        lambda: statistics_of_batches(rows, {"g0": {"kind": "binary"}}),
        "'g0' is declared binary but has 3 distinct values",
    )
    found = statistics_of_batches(rows, {"g1": {"kind": "continuous"}, "x0": "Zero."})
    assert isinstance(found, GaussianStatistics)
    assert found.mean[1] == pytest.approx(frame["g1"].mean())


# --- refusals -------------------------------------------------------------------------


@pytest.mark.parametrize("described", [False, True])
@KINDS
def test_missing_cells_are_counted(pa, tmp_path, kinds, described):
    """NULL and NaN, by column, over all batches, whether one pass is made or two."""
    frame = draw(kinds)
    holes = {name: 3 + 2 * k for k, name in enumerate(frame)}
    rows = pa.Table.from_pandas(frame, preserve_index=False)
    for k, (name, count) in enumerate(holes.items()):
        cells = rows.column(k).to_pylist()
        for at in np.linspace(0, N - 1, count).astype(int):
            cells[at] = None if at % 2 or name[0] == "g" else np.nan
        rows = rows.set_column(k, name, pa.array(cells))
    variables = None
    if described:
        variables = {n: {"kind": "continuous"} for n in frame if n[0] == "x"}
        levels = {"g0": ["low", "mid", "top"], "g1": ["False", "True"], "g2": "0123"}
        variables |= {n: {"levels": list(levels[n])} for n in frame if n[0] == "g"}
    words = [f"{name!r}: {count} of 3,000 rows" for name, count in holes.items()]
    message = refused(
        lambda: statistics_of_batches(rows.to_batches(500), variables), *words
    )
    assert "1 problem" in message
    first, *_, last = holes
    assert f'WHERE "{first}" IS NOT NULL AND' in message
    assert f'AND "{last}" IS NOT NULL)' in message


@pytest.mark.parametrize("described", [False, True])
def test_infinite_and_constant_columns(pa, described):
    """Each with its count; all in one error."""
    frame = draw("continuous")
    frame.loc[[5, 7], "x1"] = [np.inf, -np.inf]
    frame["x2"] = 0.1
    variables = {name: {"kind": "continuous"} for name in frame} if described else None
    rows = pa.Table.from_pandas(frame, preserve_index=False).to_batches(100)
    refused(
        lambda: statistics_of_batches(rows, variables),
        "2 problems",
        "'x1' holds infinite numbers: 2 of 3,000 rows",
        "'x2' is constant",
    )


def test_infinite_categories(pa):
    """A category that is infinite is counted too."""
    cells = pa.DictionaryArray.from_arrays([0, 1, 2] * 20, [1.0, np.inf, 3.0])
    rows = pa.table({"c": cells, "x": np.arange(60.0)})
    variables = {"c": {"kind": "continuous"}, "x": "X."}
    refused(
        lambda: statistics_of_batches(rows, variables), "infinite numbers: 20 of 60"
    )


def test_no_rows_and_no_batches(pa, connection):
    """Both are said, and neither ends in an index error."""
    empty = pa.table({"x": pa.array([], pa.float64())})
    refused(lambda: statistics_of_batches([]), "no batches")
    refused(lambda: statistics_of_batches([empty]), "no rows")
    refused(
        lambda: statistics_of_duckdb(connection, "SELECT 1 AS x LIMIT 0"), "no rows"
    )


def test_an_iterator_is_refused_before_it_is_spent(pa):
    """What can be read once only is a TypeError."""
    batches = iter(pa.table({"x": [1.0, 2.0]}).to_batches())
    with pytest.raises(TypeError, match="a function that returns a new iterator"):
        statistics_of_batches(batches)
    assert next(batches).num_rows == 2


def test_rows_that_change_between_readings(connection, pa):
    """A query that draws at random is not believed."""
    query = "SELECT i % 3 AS g, i AS x FROM range(5000) AS t(i) WHERE random() < 0.5"
    refused(lambda: statistics_of_duckdb(connection, query), "not the same")
    one = pa.table({"g": ["a", "b"] * 20})
    two = pa.table({"g": ["a", "b"] * 19 + ["a", "c"]})
    turns = iter([one, one, two])
    refused(lambda: statistics_of_batches(lambda: iter([next(turns)])), "not the same")


# --- files and databases --------------------------------------------------------------


def test_names_are_quoted(connection):
    """Quotes, spaces, key words, dots and semicolons in names are names."""
    names = ['say "x"', "a b", "select", "t.x", "x;--", "Größe"]
    frame = pd.DataFrame(
        np.random.default_rng(0).normal(size=(80, len(names))), columns=names
    )
    connection.register("given", frame)
    found = statistics_of_duckdb(connection, "FROM given")
    assert list(found.names) == names
    np.testing.assert_allclose(found.correlation, np.corrcoef(frame.T), atol=1e-13)
    some = statistics_of_duckdb(
        connection, "FROM given", dict.fromkeys(names[:2], "Described.")
    )
    assert list(some.names) == names[:2]


@pytest.mark.parametrize("end", [";", " ; \n", " -- all of them", " /* all */ ;"])
def test_queries_end_as_they_like(connection, end):
    """A semicolon or a comment at the end does no harm."""
    query = f"SELECT i % 7 / 3 AS x, sin(i) AS y FROM range(100) AS t(i){end}"
    assert statistics_of_duckdb(connection, query).n == 100


def test_nothing_but_a_select_is_run(connection):
    """A statement that changes something is not valid here and changes nothing."""
    duckdb = pytest.importorskip("duckdb")
    connection.execute("CREATE TABLE kept AS SELECT 1 AS x")
    for query in ("DROP TABLE kept", "DELETE FROM kept", "SELECT 1; DROP TABLE kept"):
        with pytest.raises(duckdb.Error):
            statistics_of_duckdb(connection, query)
    assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)


def test_the_connection_stays_usable(connection):
    """After a result and after a refusal the next query runs."""
    good = "SELECT i / 7 AS x, sin(i) AS y FROM range(9000) AS t(i)"
    bad = "SELECT CASE WHEN i > 5 THEN i END AS x FROM range(9000) AS t(i)"
    for _ in range(2):
        assert statistics_of_duckdb(connection, good, batch_rows=2048).n == 9000
        refused(lambda: statistics_of_duckdb(connection, bad), "'x': 6 of 9,000")
    assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize("second", [False, True])
def test_a_broken_reading_leaves_no_open_result(connection, monkeypatch, second):
    """Even while the error is held, the connection takes the next query."""
    from llmcd.data import sources

    calls = []
    read = sources._cells

    def broken(batch, columns):
        calls.append(batch.num_rows)
        if len(calls) == (8 if second else 2):  # five batches of 2048 rows a pass
            raise RuntimeError("broken")
        return read(batch, columns)

    monkeypatch.setattr(sources, "_cells", broken)
    query = "SELECT i / 7 AS x FROM range(9000) AS t(i)"
    with pytest.raises(RuntimeError, match="broken") as caught:
        statistics_of_duckdb(connection, query, batch_rows=2048)
    assert connection.execute("SELECT 1").fetchone() == (1,)
    assert caught.tb is not None


def test_parquet_names_with_dots(pa, tmp_path):
    """A dot in a name is no path into a structure."""
    frame = draw("continuous").set_axis(["a", "a.b", "b"], axis=1)
    path = parquet(pa, frame, tmp_path / "t.parquet")
    found = statistics_of_parquet(path, {"a.b": "One.", "b": "Two."})
    assert found.names == ("a.b", "b")
    np.testing.assert_allclose(found.mean, frame[["a.b", "b"]].mean())


def test_files_that_cannot_be_read(pa, tmp_path):
    """No such file, an empty folder, parts of different tables, no batch size."""
    with pytest.raises(FileNotFoundError, match="there is no file"):
        statistics_of_parquet(tmp_path / "none.parquet")
    with pytest.raises(FileNotFoundError, match=r"no \*.parquet file"):
        statistics_of_parquet(tmp_path)
    parquet(pa, draw("continuous"), tmp_path / "1.parquet")
    parquet(pa, draw("continuous").rename(columns={"x0": "y"}), tmp_path / "2.parquet")
    refused(
        lambda: statistics_of_parquet(tmp_path),
        "1.parquet has ['x0', 'x1', 'x2']",
        "2.parquet has ['y', 'x1', 'x2']",
    )
    with pytest.raises(ValueError, match="batch_rows must be at least 1, got 0"):
        statistics_of_parquet(tmp_path / "1.parquet", batch_rows=0)


def test_repeated_names(pa):
    """Two columns of one name are refused."""
    given = pa.Table.from_arrays([pa.array([1.0, 2.0])] * 2, names=["x", "x"])
    refused(lambda: statistics_of_batches(given), "2 columns are called 'x'")


@pytest.mark.parametrize(
    "run, extra",
    [
        (lambda: statistics_of_parquet("t.parquet"), "parquet"),
        (lambda: statistics_of_duckdb(None, "FROM t"), "duckdb"),
        (lambda: statistics_of_batches([]), "parquet"),
    ],
)
def test_an_extra_that_is_not_installed(monkeypatch, run, extra):
    """The error says what to install."""
    for name in ("pyarrow", "pyarrow.parquet"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=rf'pip install "llmcd\[{extra}\]"'):
        run()


# --- memory ---------------------------------------------------------------------------


def write(pa, path, n, kinds):
    """Ten columns; numbers in one row group, which is the hardest to read in parts."""
    import pyarrow.parquet as pq

    rng = np.random.default_rng(0)
    columns = {}
    for k in range(10):
        if kinds == "continuous" or (kinds == "mixed" and k < 7):
            columns[f"v{k}"] = rng.normal(size=n)
        else:
            columns[f"v{k}"] = np.array(["a", "b", "c"])[rng.integers(3, size=n)]
    # Arrow keeps the labels of a row group until its end.
    group = n if kinds == "continuous" else 50_000
    pq.write_table(pa.table(columns), path, row_group_size=group)
    return path


PEAKS = """
import sys, tracemalloc
import pyarrow
from llmcd.data.sources import statistics_of_parquet
first, *paths = sys.argv[1:]
statistics_of_parquet(first)  # imports and caches
for path in paths:
    tracemalloc.start()
    found = statistics_of_parquet(path, batch_rows=16384)
    arrow = pyarrow.default_memory_pool().max_memory()  # so far
    print(found.n, tracemalloc.get_traced_memory()[1], arrow)
    tracemalloc.stop()
"""


def peaks(*paths):
    """Highest memory of Python and numpy, and of Arrow, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PEAKS, *map(str, paths)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [
        [float(number) for number in line.split()]
        for line in done.stdout.split("\n")[:-1]
    ]


@KINDS
def test_memory_does_not_grow_with_rows(pa, tmp_path, kinds):
    """Four times the rows: at most a fifth more memory, far below the data's size."""
    sizes = (1000, 200_000, 800_000)
    paths = [write(pa, tmp_path / f"{n}.parquet", n, kinds) for n in sizes]
    few, many = peaks(*paths)
    assert (few[0], many[0]) == sizes[1:]
    assert many[1] < 1.2 * few[1]
    assert many[1] + many[2] < 1.2 * (few[1] + few[2])
    assert many[1] < 800_000 * 10 * 8 / 4
