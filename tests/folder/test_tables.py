"""Tables of a run folder open elsewhere, and run nothing there."""

import json

import networkx as nx
import pandas as pd


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
