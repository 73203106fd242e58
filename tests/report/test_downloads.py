"""The files inside the page hold the result, and no cell is a formula."""

import base64
import csv
import io
import json

import pytest
from made import answer, answers_of, made_candidates, oracle

from llmcd.combiner.reconcile import combine
from llmcd.expert.answers import Answers
from llmcd.formats import from_graphml
from llmcd.graph import Graph
from llmcd.report.downloads import downloads, to_csv


def files(combined):
    """The contents by name, as the links hold them."""
    found = {}
    for file in downloads(combined, {"seed": 3}):
        head, coded = file.link.split(",")
        assert head.startswith("data:")
        assert head.endswith(";base64")
        found[file.name] = base64.b64decode(coded).decode()
    return found


def made():
    """A result with an answer, a conflict and an undirected edge."""
    data = Graph.from_edges(
        "abcde", directed=[("a", "c"), ("b", "c")], undirected=[("d", "e")]
    )
    replies = (answer("a", "c", "b->a"), answer("c", "a", "a->b", reasoning="=1+1"))
    return combine(made_candidates(data), Answers(replies))


def test_graphml_is_the_graph():
    """The GraphML file reads back as the graph, marks and all."""
    combined = made()
    assert from_graphml(files(combined)["graph.graphml"]) == combined.graph


def test_json_is_everything():
    """Edges with their provenance, conflicts, answers and settings."""
    combined = made()
    whole = json.loads(files(combined)["result.json"])
    assert whole["settings"] == {"seed": 3}
    assert [len(whole[x]) for x in ("edges", "conflicts", "answers")] == [3, 1, 2]
    said = [step["statement"] for step in whole["edges"][0]["provenance"]]
    assert said == [step.statement for step in combined.edges[0].provenance]


def test_tables():
    """One row an edge, a conflict, an answer; marks as they are."""
    found = {
        name: list(csv.DictReader(io.StringIO(text)))
        for name, text in files(made()).items()
        if name.endswith(".csv")
    }
    assert {name: len(rows) for name, rows in found.items()} == {
        "edges.csv": 3, "conflicts.csv": 1, "answers.csv": 2,
    }  # fmt: skip
    assert sorted(row["mark"] for row in found["edges.csv"]) == ["---", "-->", "-->"]
    assert found["answers.csv"][1]["reasoning"] == "'=1+1"


def test_nobody_asked():
    """Without answers there is no file of answers."""
    data = Graph.from_edges("ab", undirected=[("a", "b")])
    combined = combine(made_candidates(data), answers_of(oracle(data), []))
    assert "answers.csv" not in files(combined)


@pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@x", "\tx", "\rx"])
def test_no_formula(cell):
    """A text that a spreadsheet would run gets an apostrophe; numbers do not."""
    (row,) = list(csv.reader(io.StringIO(to_csv(["x", "y"], [{"x": cell, "y": -1}]))))[
        1:
    ]
    assert row == ["'" + cell, "-1"]
