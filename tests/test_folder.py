"""The run folder is whole, readable by others, and never holds a row."""

import json

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
    assert again.combined.edges == result.combined.edges


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


@pytest.mark.parametrize("file", ["candidates.json", "result.json"])
def test_damage_is_named(result, tmp_path, file):
    """A missing, cut or foreign file is an error that names it."""
    target = result.save(tmp_path / "run")
    path = target / file
    whole = path.read_text(encoding="utf-8")
    for broken in (whole[: len(whole) // 2], "{}", '{"format": 1}', "[]"):
        path.write_text(broken, encoding="utf-8")
        with pytest.raises(llmcd.FormatError, match=file):
            llmcd.Result.load(target)
    path.unlink()
    with pytest.raises(llmcd.FormatError, match=file):
        llmcd.Result.load(target)
