"""The run folder is whole, readable by others, and never holds a row."""

import json
import re
from dataclasses import replace

import networkx as nx
import numpy as np
import pandas as pd
import pytest

import llmcd
from llmcd import folder

CANARY = 8675309.1234567


@pytest.fixture(scope="module")
def result():
    """A small run on real rows with a recorded expert."""
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 400))
    c = a + b + rng.normal(size=400)
    df = pd.DataFrame({"a": a, "b": b, "c": c, "=d": c + rng.normal(size=400)})
    df.loc[0, "a"] = CANARY / 1e7
    texts = {name: f"the quantity {name}" for name in df.columns}
    truth = llmcd.Graph.from_edges(
        df.columns, directed=[("a", "c"), ("b", "c"), ("c", "=d")]
    )
    return llmcd.discover(
        df, texts, llmcd.Simulated(truth, accuracy=1.0), bootstrap=5, progress=False
    )


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
    for file in result.save(tmp_path / "run").iterdir():
        text = file.read_text(encoding="utf-8")
        assert str(CANARY / 1e7)[:8] not in text, file.name


def test_others_can_read_it(result, tmp_path):
    """Networkx reads the GraphML, pandas the CSV, any reader the JSON."""
    target = result.save(tmp_path / "run")
    graph = nx.read_graphml(target / "graph.graphml")
    assert set(graph.nodes) == set(result.graph.names)
    edges = pd.read_csv(target / "edges.csv")
    assert list(edges.columns) == list(result.edges.columns)
    json.loads((target / "result.json").read_text(encoding="utf-8"))


def test_csv_cells_are_no_formulas(result, tmp_path):
    """A column named like a formula is quoted in the CSV."""
    text = (result.save(tmp_path / "run") / "edges.csv").read_text(encoding="utf-8")
    assert "'=d" in text
    assert ",=d" not in text


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


@pytest.mark.parametrize("file", ["candidates.json", "result.json"])
def test_damage_is_named(result, tmp_path, file):
    """A missing, cut or foreign file is an error that names it."""
    target = result.save(tmp_path / "run")
    path = target / file
    whole = path.read_text(encoding="utf-8")
    for broken in (whole[: len(whole) // 2], "{}", '{"format": 1}', "[]", "\ud800"):
        path.write_bytes(broken.encode("utf-8", "surrogatepass"))
        with pytest.raises(llmcd.FormatError, match=file):
            llmcd.Result.load(target)
    path.unlink()
    with pytest.raises(llmcd.FormatError, match=file):
        llmcd.Result.load(target)


def replaced(content, *path, by):
    """JSON content with the value at a path replaced."""
    at = content
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = by
    return content


@pytest.mark.parametrize(
    "file, path, by",
    [
        ("result.json", ("edges", 0, "probability"), "x"),
        ("result.json", ("edges", 0, "probability"), 0.5),
        ("result.json", ("data_graph",), []),
        ("result.json", ("settings", "fingerprint"), "0"),
        ("candidates.json", ("replicates",), []),
        ("candidates.json", ("names", 0), "zz"),
        ("candidates.json", ("background",), None),
        ("candidates.json", ("fingerprint",), "0"),
    ],
)
def test_a_value_that_was_changed_is_noticed(result, tmp_path, file, path, by):
    """JSON that reads well but is not what was written is refused by name."""
    target = result.save(tmp_path / "run")
    content = json.loads((target / file).read_text(encoding="utf-8"))
    (target / file).write_text(json.dumps(replaced(content, *path, by=by)), "utf-8")
    with pytest.raises(llmcd.FormatError, match=rf"{file} is damaged"):
        llmcd.Result.load(target)


@pytest.mark.parametrize("file", ["variables.yaml", "answers.jsonl"])
@pytest.mark.parametrize("change", ["half", "{}", "gone"])
def test_files_that_do_not_belong_together_are_named(result, tmp_path, file, change):
    """Descriptions and answers are those that the result was made from."""
    target = result.save(tmp_path / "run")
    whole = (target / file).read_text(encoding="utf-8")
    if change == "gone":
        (target / file).unlink()
    else:
        text = whole[: len(whole) // 2] if change == "half" else change
        (target / file).write_text(text, encoding="utf-8")
    with pytest.raises(llmcd.FormatError, match=file):
        llmcd.Result.load(target)


def test_line_ends_may_change(result, tmp_path):
    """A checkout that writes other line ends damages nothing."""
    target = result.save(tmp_path / "run")
    for name in ("candidates.json", "variables.yaml", "answers.jsonl", "result.json"):
        path = target / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert llmcd.Result.load(target) == result


def test_what_is_no_folder_is_said(tmp_path):
    """A file, or nothing at all, is a FormatError that names it."""
    (tmp_path / "d.csv").write_text("a\n1\n")
    for name in ("d.csv", "nowhere"):
        with pytest.raises(llmcd.FormatError, match=name):
            llmcd.Result.load(tmp_path / name)


# --- a second run in the same folder --------------------------------------------------

DERIVED = ("result.json", "graph.graphml", "edges.csv", "conflicts.csv",
           "report.html", "graph.png")  # fmt: skip


@pytest.fixture
def run(result, tmp_path):
    """A run folder with report and picture."""
    target = result.save(tmp_path / "run")
    result.report(target / "report.html")
    (target / "graph.png").write_bytes(b"a picture")
    return target


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


def test_paid_answers_outlive_the_rows(result, run):
    """Answers are about descriptions: with other rows they hold as they did."""
    other = replace(result.candidates, fingerprint="1" * 64)
    folder.save_candidates(run, other, result.variables)
    assert llmcd.Answers.read(run / "answers.jsonl") == result.answers
    assert not list(run.glob("earlier-answers*"))


def test_answers_about_other_descriptions_are_set_aside(result, run):
    """What was asked in other words is kept, but not taken for an answer to these."""
    texts = {**{n: f"the quantity {n}" for n in result.variables}, "c": "another thing"}
    tiers = {n: {"description": t, "tier": 0} for n, t in texts.items()}
    folder.save_candidates(run, result.candidates, llmcd.Variables.of(tiers))
    left = llmcd.Answers.read(run / "answers.jsonl")
    assert left.answers == tuple(
        x for x in result.answers.answers if "c" not in (x.a, x.b)
    )
    assert not left.complete
    assert "earlier-answers-1.jsonl" in left.note
    aside = llmcd.Answers.read(run / "earlier-answers-1.jsonl")
    assert aside == result.answers


def test_answers_about_other_columns_are_set_aside(result, run):
    """A folder that is used for another table keeps the answers, out of the way."""
    names = {n: f"{n}2" for n in result.candidates.names}
    found = result.candidates
    other = replace(
        found,
        names=tuple(names.values()),
        graph=found.graph.rename(names),
        replicates=tuple(g.rename(names) for g in found.replicates),
        kinds={names[n]: kind for n, kind in found.kinds.items()},
    )
    texts = llmcd.Variables.of(dict.fromkeys(names.values(), "a thing"))
    folder.save_candidates(run, other, texts)
    assert not (run / "answers.jsonl").exists()
    assert llmcd.Answers.read(run / "earlier-answers-1.jsonl") == result.answers


def test_another_result_keeps_the_answers_it_does_not_rest_on(result, run):
    """answers.jsonl is what the result rests on; what others said is set aside once."""
    alone = llmcd.combine(result.candidates, variables=result.variables)
    for _ in range(2):
        alone.save(run)
        assert llmcd.Result.load(run) == alone
        assert not (run / "report.html").exists()
        result.save(run)
        assert llmcd.Result.load(run) == result
    aside = sorted(path.name for path in run.glob("earlier-answers*"))
    assert aside == ["earlier-answers-1.jsonl"]
    assert llmcd.Answers.read(run / aside[0]) == result.answers


def test_answers_are_added(result, run):
    """More answers join those that are there; the old result says it is old."""
    one = result.answers.answers[0]
    more = llmcd.Answers((replace(one, expert="another"),))
    found = folder.add_answers(run, more)
    assert found.experts == tuple(sorted({"another", *result.answers.experts}))
    assert llmcd.Answers.read(run / "answers.jsonl") == found
    with pytest.raises(llmcd.FormatError, match=r"answers\.jsonl.*combine"):
        llmcd.Result.load(run)


def test_a_damaged_file_of_answers_is_not_overwritten(result, run):
    """What cannot be read may still be worth money."""
    (run / "answers.jsonl").write_text("{", encoding="utf-8")
    with pytest.raises(llmcd.FormatError, match=r"answers\.jsonl"):
        folder.add_answers(run, result.answers)
    result.save(run)
    assert (run / "earlier-answers-1.jsonl").read_text() == "{"


# --- one file -------------------------------------------------------------------------


def test_a_folder_is_no_file(tmp_path):
    """Writing over a folder fails without leaving anything behind."""
    (tmp_path / "here").mkdir()
    with pytest.raises(IsADirectoryError, match=r"here is a folder; name a file"):
        folder.write_text(tmp_path / "here", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    """Whole or not at all, and no half-written file beside it."""
    path = tmp_path / "deep" / "report.html"
    folder.write_text(path, "one")
    with pytest.raises(UnicodeEncodeError):
        folder.write_text(path, "\ud800")
    assert path.read_text() == "one"
    assert [x.name for x in path.parent.iterdir()] == ["report.html"]


def test_report_names_a_file(result, tmp_path):
    """The report makes the folders that are missing and refuses to be one."""
    path = result.report(tmp_path / "a" / "b" / "report.html")
    assert re.search("<html", path.read_text(encoding="utf-8"))
    with pytest.raises(IsADirectoryError, match="is a folder"):
        result.report(tmp_path)
