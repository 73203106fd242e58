"""The comparisons find what agrees, and see what does not."""

import io
import json

import numpy as np
import pytest

from benchmarks import agreement, tables_speed
from benchmarks.agreement import METHODS, main
from llmcd.discovery.pc import PC
from llmcd.graph import Graph


def test_a_few_problems_agree(tmp_path, capsys, monkeypatch):
    """All comparisons and changes hold on two problems, and are told as in the file."""
    monkeypatch.setattr(agreement, "METHODS", {"pc": PC})
    out = tmp_path / "agreement.json"
    assert main(["--problems", "2", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    results = json.loads(out.read_text())
    counted = [r for r in results["agreement"] if "held" in r]
    assert {r["kind"] for r in counted} == set(agreement.AGAINST)
    for record in (*counted, *results["invariance"]):
        assert (record["held"], record["failed"]) == (record["problems"], [])
    changes = {r["what"] for r in results["invariance"]}
    assert changes >= {"columns permuted", "rows permuted", "scale", "shift", "sign"}
    assert len(results["arrows"]) == 2
    assert main(["--table", str(out)]) == 0
    assert capsys.readouterr().out == said
    lines = list(tables_speed._of_agreement(results))
    assert {line[-1] for line in lines if line[0] in agreement.AGAINST} == {"yes"}


class Fickle:
    """A search that directs an edge by the order of the columns."""

    def search(self, statistics):
        """From the first column to the second."""
        names = statistics.names
        return Graph.from_edges(names, directed=[(names[0], names[1])])


def test_what_changes_is_seen(monkeypatch):
    """A search that follows the order of columns fails, and it is said where."""
    monkeypatch.setattr(agreement, "METHODS", {"fickle": Fickle})
    found = list(agreement.invariance(9, io.StringIO()))
    bare = [r for r in found if r["what"] == "columns permuted, no table"]
    assert len(bare) == 3
    assert all(r["held"] < 3 and r["failed"] for r in bare)


def test_a_wrong_skeleton_is_seen(monkeypatch):
    """Without causal-learn's edges a comparison fails, with the problem's number."""
    nothing = np.zeros((5, 5), dtype=bool)
    monkeypatch.setattr(agreement, "_their_pc", lambda *_: (nothing, None))
    found = agreement.AGAINST["PC, fisher_z"](0)
    assert found["skeleton under compat"] is False


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["continuous", "mixed"])
def test_sign_and_units_change_no_graph(method, kind):
    """Numbers turned round, moved and in other units give the same graph."""
    rows = agreement.FRAMES[kind](0)
    found = METHODS[method]().search(agreement.table(rows).statistics())
    for what, other, names in agreement._changes(rows, 0):
        graph = METHODS[method]().search(agreement.table(other).statistics())
        assert agreement._equal(found, graph, names), what
