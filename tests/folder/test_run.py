"""The run folder is whole, readable by others, and never holds a row."""

from dataclasses import replace

import pytest

import llmcd
from llmcd import folder

DERIVED = ("result.json", "graph.graphml", "edges.csv", "conflicts.csv",
           "report.html", "graph.png")  # fmt: skip


def test_round_trip(result, tmp_path):
    """What is loaded equals what was saved and saves the same bytes again."""
    result.save(tmp_path / "run")
    loaded = llmcd.Result.load(tmp_path / "run")
    assert loaded.graph == result.graph
    assert loaded.data_graph == result.data_graph
    assert loaded.combined.edges == result.combined.edges
    assert loaded.combined.conflicts == result.combined.conflicts
    assert loaded.combined.reliability == result.combined.reliability
    assert loaded.answers == result.answers
    assert loaded.variables == result.variables
    assert loaded.candidates.replicates == result.candidates.replicates
    assert loaded == result
    assert str(loaded) == str(result)
    loaded.save(tmp_path / "again")
    for file in (tmp_path / "run").iterdir():
        assert file.read_bytes() == (tmp_path / "again" / file.name).read_bytes()


def test_loaded_candidates_can_be_combined_again(result, tmp_path):
    """The data's side and the answers are enough to combine again, without rows."""
    result.save(tmp_path / "run")
    found, variables = folder.load_candidates(tmp_path / "run")
    assert found.table is None
    again = llmcd.combine(found, result.answers, variables=variables)
    assert again.combined.mode == "safe"
    with_rows = llmcd.combine(result.candidates, result.answers, mode="safe")
    assert again.combined.edges == with_rows.combined.edges


def test_no_row_is_written(result, tmp_path):
    """No cell of the table is in any file."""
    cell = str(result.data.loc[0, "a"])[:8]
    for file in result.save(tmp_path / "run").iterdir():
        text = file.read_text(encoding="utf-8")
        assert cell not in text, file.name


def test_other_folders_are_not_overwritten(result, tmp_path):
    """A folder with somebody else's files is refused."""
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(llmcd.FormatError, match="other files"):
        result.save(tmp_path)
    with pytest.raises(llmcd.FormatError, match="is a file"):
        result.save(tmp_path / "thesis.tex")


def test_a_store_alone_may_lie_there(result, tmp_path):
    """What a run that was broken off left behind is no obstacle to the next."""
    (tmp_path / "answers.sqlite").write_bytes(b"")
    (tmp_path / "answers.sqlite-wal").write_bytes(b"")
    assert llmcd.Result.load(result.save(tmp_path)) == result


def test_what_is_no_folder_is_said(tmp_path):
    """A file, or nothing at all, is a FormatError that names it."""
    (tmp_path / "d.csv").write_text("a\n1\n")
    for name in ("d.csv", "nowhere"):
        with pytest.raises(llmcd.FormatError, match=name):
            llmcd.Result.load(tmp_path / name)


def test_other_candidates_take_the_old_result_away(result, run):
    """New rows beside an old graph would be two runs shown as one."""
    folder.save_candidates(run, result.candidates, result.variables)
    assert all((run / name).exists() for name in DERIVED)
    assert llmcd.Result.load(run) == result
    other = replace(result.candidates, fingerprint="1" * 64, n_rows=7)
    folder.save_candidates(run, other, result.variables)
    assert not any((run / name).exists() for name in DERIVED)
    with pytest.raises(llmcd.FormatError, match=r"result\.json is missing.*combine"):
        llmcd.Result.load(run)
