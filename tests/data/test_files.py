"""Rows from a file: nothing renamed, shifted or made missing in silence."""

import gzip
import sys

import numpy as np
import pandas as pd
import pytest

from llmcd.data.files import read_rows
from llmcd.data.table import table
from llmcd.errors import DataError
from llmcd.variables import Variables


@pytest.fixture
def written(tmp_path):
    """Write a text into a file and give its path."""

    def write(text, name="rows.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode("utf-8"))
        return path

    return write


# --- missing cells --------------------------------------------------------------------


@pytest.mark.parametrize("word", ["None", "NA", "null", "nan", "N/A", "?"])
def test_a_level_of_a_text_column_is_not_missing(written, word):
    """A word that others use for missing cells stays what it is among texts."""
    rows = read_rows(written(f"drug,x\n{word},1\naspirin,2\n{word},3\n"))
    assert rows["drug"].tolist() == [word, "aspirin", word]


def test_the_table_says_that_such_a_level_may_be_missing(written):
    """What stays text is noted, since it may have meant a missing cell."""
    drugs = ["NA", "aspirin", "other"]
    lines = [f"{drugs[i % 3]},{i * i % 37}.5" for i in range(60)]
    rows = read_rows(written("\n".join(["drug,x", *lines])))
    (note,) = [n for n in table(rows).notes if n.column == "drug"]
    assert note.action == "warning"
    assert "look like a missing cell" in note.detail


@pytest.mark.parametrize("word", ["NA", "NaN", "nan", "null", "None", "N/A", "?", "."])
def test_in_numbers_the_usual_words_are_missing(written, word):
    """A column that is numeric but for such a word is numeric with missing cells."""
    rows = read_rows(written(f"x,y\n1.5,1\n{word},2\n 2 ,3\n"))
    assert rows["x"].dtype == np.float64
    np.testing.assert_array_equal(rows["x"], [1.5, np.nan, 2])


def test_in_true_and_false_the_usual_words_are_missing(written):
    """A column of True and False with NA keeps two levels."""
    rows = read_rows(written("x,y\nTrue,1\nNA,2\nFalse,3\n"))
    assert rows["x"].tolist()[::2] == [True, False]
    assert pd.isna(rows["x"][1])


def test_nothing_but_such_words(written):
    """One alone is an empty column; two of them tell rows apart, so they are levels."""
    assert read_rows(written("x,y\nNA,1\nNA,2\n"))["x"].isna().all()
    rows = read_rows(written("x,y\nNA,1\nNone,2\n"))
    assert rows["x"].tolist() == ["NA", "None"]


def test_empty_cells_are_missing_everywhere(written):
    """Whatever the column holds, a cell without anything is missing."""
    rows = read_rows(written("x,y,z\n1,a,\n,,2\n"))
    assert rows.isna().to_numpy().tolist() == [
        [False, False, True],
        [True, True, False],
    ]


def test_declared_levels_decide(written):
    """A declared level is never missing; an undeclared NA beside levels is."""
    path = written("drug,dose\nNone,NA\naspirin,1\nNA,2\n")
    about = Variables.of(
        {
            "drug": {"description": "Drug.", "levels": ["None", "aspirin"]},
            "dose": {"description": "Dose.", "levels": ["NA", "1", "2"]},
        }
    )
    rows = read_rows(path, about)
    assert rows["drug"].tolist()[:2] == ["None", "aspirin"]
    assert rows["drug"].isna().tolist() == [False, False, True]
    assert rows["dose"].tolist() == ["NA", "1", "2"]


def test_a_column_declared_continuous_may_have_holes(written):
    """A word among numbers is missing there too; other text stays for the Table."""
    about = Variables.of({"x": {"description": "X.", "kind": "continuous"}})
    rows = read_rows(written("x\n1\nNA\n"), about)
    assert rows["x"].tolist()[0] == 1
    rows = read_rows(written("x\n1\nNA\nlow\n"), about)
    assert rows["x"].tolist() == ["1", "NA", "low"]


def test_a_long_column_is_of_one_type(written):
    """Pandas decides the type piece by piece: 7 and '007' must not be two levels."""
    cells = ["007"] * 300_000 + ["x"]
    rows = read_rows(written("a,b\n" + "\n".join(f"{c},1" for c in cells)))
    assert set(rows["a"]) == {"007", "x"}


def test_numbers_and_text_are_what_pandas_reads(written):
    """Without such words the columns are pandas's own."""
    path = written('i,x,b,t,q\n1,0.5,True,u,"a,b"\n-2,1e3,False,v,"say ""hi"""\n')
    rows = read_rows(path)
    pd.testing.assert_frame_equal(rows, pd.read_csv(path))


# --- headers and separators -----------------------------------------------------------


def test_a_header_that_repeats_a_name_is_refused(written):
    """Both columns are named, instead of one becoming a.1."""
    with pytest.raises(DataError, match=r"'a' \(columns 1, 3\).*'b' \(columns 2, 4\)"):
        read_rows(written("a,b,a,b,c\n1,2,3,4,5\n"))


@pytest.mark.parametrize(
    "separator, shown", [(";", "';'"), ("\t", "tab"), ("|", r"'\|'")]
)
def test_another_separator_is_named(written, separator, shown):
    """One column whose header holds a separator: said, with the option to use."""
    path = written("a,b\n1,2\n3,4\n".replace(",", separator))
    with pytest.raises(DataError, match=rf"separated by {shown}.*--separator"):
        read_rows(path)
    rows = read_rows(path, separator=separator)
    assert rows.to_dict("list") == {"a": [1, 3], "b": [2, 4]}


def test_one_column_is_a_table(written):
    """A single column without any of these is read."""
    rows = read_rows(written("age in years\n1\n2\n"))
    assert list(rows) == ["age in years"]


@pytest.mark.parametrize("wrong", ["", ", ", "ab"])
def test_a_separator_is_one_character(written, wrong):
    """Anything else is refused before the file is read."""
    with pytest.raises(ValueError, match="one character"):
        read_rows(written("a,b\n1,2\n"), separator=wrong)


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2,3\n4,5,6\n", "a,b\n0,2,3\n1,5,6\n", "a,b\n1,2,3,4\n", "a\n1,\n1,2\n"],
)
def test_rows_longer_than_the_header_are_refused(written, text):
    """Otherwise the first cells would become row names and all others move."""
    with pytest.raises(DataError, match="more cells than the header has names"):
        read_rows(written(text))


def test_a_separator_at_the_end_of_each_row_moves_nothing(written):
    """A trailing separator makes no column and shifts none."""
    rows = read_rows(written("a,b\n1,2,\n4,5,\n"))
    assert rows.to_dict("list") == {"a": [1, 4], "b": [2, 5]}


def test_a_mark_at_the_start_is_no_part_of_a_name(written):
    """Excel's byte order mark is dropped."""
    rows = read_rows(written("\ufeffa,b\n1,2\n"))
    assert list(rows) == ["a", "b"]


# --- what is no table -----------------------------------------------------------------


@pytest.mark.parametrize(
    "text, says",
    [("", "empty"), ("a,b\n1,2\n3,4,5\n", "line 3"), ('a,b\n1,"2', "not a CSV")],
)
def test_what_pandas_cannot_read_is_said(written, text, says):
    """The file is named, with what pandas found."""
    with pytest.raises(DataError, match=rf"rows\.csv.*(?s:.*){says}"):
        read_rows(written(text))


def test_other_encodings_are_named(tmp_path):
    """A file that is not UTF-8 says so, and what to do."""
    path = tmp_path / "rows.csv"
    path.write_bytes("größe,x\n1,2\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"rows\.csv is not UTF-8 text.*save it as"):
        read_rows(path)


def test_folders_and_files_that_are_not_there(tmp_path):
    """Neither is a traceback."""
    with pytest.raises(DataError, match="is a folder"):
        read_rows(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"no such file: nowhere\.csv"):
        read_rows("nowhere.csv")


def test_compressed_files(tmp_path):
    """A gzip file is read; a broken one is named."""
    path = tmp_path / "rows.csv.gz"
    whole = gzip.compress(b"a,b\n1,2\n" * 1000)
    path.write_bytes(gzip.compress(b"a,b\n1,2\n"))
    assert read_rows(path).shape == (1, 2)
    for broken in (b"a,b\n1,2\n", whole[: len(whole) // 2], whole[:10] + b"x" * 40):
        path.write_bytes(broken)
        with pytest.raises(DataError, match=r"rows\.csv\.gz"):
            read_rows(path)


def test_parquet_without_its_library(tmp_path, monkeypatch):
    """What to install is said."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.setitem(sys.modules, "fastparquet", None)
    path = tmp_path / "rows.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"pip install pyarrow"):
        read_rows(path)


def test_parquet(tmp_path):
    """A Parquet file keeps its types; a damaged one is named."""
    pytest.importorskip("pyarrow")
    path = tmp_path / "rows.parquet"
    frame = pd.DataFrame({"x": [1.5, 2.5], "drug": ["None", "NA"]})
    frame.to_parquet(path)
    rows = read_rows(path)
    assert rows.to_dict("list") == frame.to_dict("list")
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(DataError, match=r"rows\.parquet"):
        read_rows(path)


def test_the_table_counts_the_missing_cells(written):
    """What was read goes through the Table's policy for missing cells."""
    text = "x,y\n" + "\n".join(f"{i},{(i * 7) % 11}" for i in range(60)) + "\nNA,3\n"
    rows = read_rows(written(text))
    with pytest.raises(DataError, match="'x': 1 of 61 rows"):
        table(rows)
    assert table(rows, missing="listwise").n_rows == 60
