"""Matrices against the libraries they come from, and CSV with its lines."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from strategies import random_dag

from llmcd.errors import FormatError
from llmcd.formats import (
    from_adjacency,
    from_adjacency_csv,
    from_edge_list_csv,
    from_pcalg,
    from_pcalg_csv,
    to_adjacency,
    to_adjacency_csv,
    to_causal_learn,
    to_edge_list_csv,
    to_networkx,
    to_pcalg,
    to_pcalg_csv,
)
from llmcd.graph import Graph

quiet = pytest.mark.filterwarnings("ignore")
# x -> z <- y, then z -> w: no matrix of it is symmetric, no order hides a transpose.
NAMES = tuple("wyzx")
COLLIDER = Graph.from_edges(NAMES, directed=["xz", "yz", "zw"])
LINE = Graph.from_edges(NAMES, directed=["xz"], undirected=["yw"])


@quiet
def test_the_table_of_conventions():
    """One lopsided graph: the entry for x --> z in every library that is installed."""
    x, z = NAMES.index("x"), NAMES.index("z")
    found = {
        "ours": COLLIDER.marks,
        "adjacency": to_adjacency(COLLIDER).to_numpy(),
        "networkx": nx.to_numpy_array(to_networkx(COLLIDER), nodelist=NAMES),
        "causal-learn": to_causal_learn(COLLIDER).graph,
        "pcalg cpdag": to_pcalg(COLLIDER, amat="cpdag").to_numpy(),
        "pcalg pag": to_pcalg(COLLIDER, amat="pag").to_numpy(),
    }
    entries = {name: (int(m[x, z]), int(m[z, x])) for name, m in found.items()}
    assert entries == {
        "ours": (2, 3),
        "adjacency": (1, 0),
        "networkx": (1, 0),
        "causal-learn": (-1, 1),
        "pcalg cpdag": (0, 1),
        "pcalg pag": (2, 3),
    }
    y, w = NAMES.index("y"), NAMES.index("w")
    lines = {
        "adjacency": to_adjacency(LINE).to_numpy(),
        "causal-learn": to_causal_learn(LINE).graph,
        "pcalg cpdag": to_pcalg(LINE, amat="cpdag").to_numpy(),
        "pcalg pag": to_pcalg(LINE, amat="pag").to_numpy(),
    }
    assert {name: (int(m[y, w]), int(m[w, y])) for name, m in lines.items()} == {
        "adjacency": (1, 1),
        "causal-learn": (-1, -1),
        "pcalg cpdag": (1, 1),
        "pcalg pag": (3, 3),
    }


@quiet
def test_a_dag_of_pgmpy():
    """It is a networkx graph: rows of its matrix are causes, in its own order."""
    dag = pytest.importorskip("pgmpy.base").DAG
    theirs = dag(COLLIDER.directed_edges())
    names = list(theirs.nodes)
    values = nx.to_numpy_array(theirs, nodelist=names, weight=None)
    frame = pd.DataFrame(values, index=names, columns=names)
    assert from_adjacency(frame, rows="causes") == COLLIDER


def test_rows_that_are_effects():
    """The matrix of lingam for a linear model, simulated and solved by hand."""
    rng = np.random.default_rng(0)
    x, y, e, f = rng.uniform(-1, 1, size=(4, 4000))
    z = 2 * x - 3 * y + e
    data = {"w": z + f, "y": y, "z": z, "x": x}
    b = np.zeros((4, 4))  # row j: the coefficients of the equation for j
    for j, parents in {"z": "xy", "w": "z"}.items():
        block = np.column_stack([data[p] for p in parents])
        slopes = np.linalg.lstsq(block, data[j], rcond=None)[0]
        b[NAMES.index(j), [NAMES.index(p) for p in parents]] = slopes
    assert from_adjacency(b, NAMES, rows="effects") == COLLIDER
    assert from_adjacency(b.T, NAMES, rows="causes") == COLLIDER
    assert from_adjacency(b, NAMES, rows="causes") != COLLIDER


def test_round_trips_of_matrices():
    """Labels in another order change nothing."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        dag = random_dag(rng, 6, 2.5)
        frame = to_adjacency(dag)
        assert from_adjacency(frame, rows="causes") == dag
        shuffled = frame.iloc[rng.permutation(6)].iloc[:, rng.permutation(6)]
        assert from_adjacency(shuffled, rows="causes") == dag
        assert from_adjacency_csv(to_adjacency_csv(dag)) == dag
        assert from_adjacency_csv(to_adjacency_csv(dag), rows="causes") == dag
        for amat in ("cpdag", "pag"):
            assert from_pcalg(to_pcalg(dag, amat=amat), amat=amat) == dag
            assert from_pcalg_csv(to_pcalg_csv(dag, amat=amat), amat=amat) == dag
            values = to_pcalg(dag, amat=amat).to_numpy()
            assert from_pcalg(values, dag.names, amat=amat) == dag


def test_the_csv_says_what_a_row_is():
    """A corner that says nothing needs the word from the caller."""
    text = to_adjacency_csv(COLLIDER)
    assert text.startswith("cause,w,y,z,x\n")
    bare = text.replace("cause", "", 1)
    with pytest.raises(FormatError, match="whether a row is a cause or an effect"):
        from_adjacency_csv(bare)
    assert from_adjacency_csv(bare, rows="causes") == COLLIDER
    turned = text.replace("cause", "effect", 1)
    assert set(from_adjacency_csv(turned).directed_edges()) == {
        (b, a) for a, b in COLLIDER.directed_edges()
    }
    pandas = to_adjacency(COLLIDER).to_csv()
    assert from_adjacency_csv(pandas, rows="causes") == COLLIDER


def test_edge_list_csv():
    """Marks, extra columns, names with commas, and a list of all nodes."""
    text = to_edge_list_csv(LINE)
    assert text == "cause,effect,mark\ny,w,---\nx,z,-->\n" or "w,y,---" in text
    assert from_edge_list_csv(text, names=NAMES) == LINE
    odd = Graph.from_edges(["a, b", 'say "c"'], directed=[("a, b", 'say "c"')])
    assert from_edge_list_csv(to_edge_list_csv(odd)) == odd
    assert from_edge_list_csv("\ufeffeffect,cause\r\nb,a\r\n\r\n").parents("b") == (
        "a",
    )


@pytest.mark.parametrize(
    "text, message",
    [
        ("from,to\na,b\n", r"line 1: .* cause and effect, got \['from', 'to'\]"),
        ("", r"line 1: .* got \[\]"),
        ("cause,effect\na,b\nb\n", "line 3: expected 2 cells, as in the header, got 1"),
        ("cause,effect\na,b\n,c\n", "line 3: the edge has no cause"),
        ('cause,effect\n"a\nb",c\na,\n', "line 4: the edge has no effect"),
        ("cause,effect,mark\na,b,->\n", "line 2: edge a - b: mark must be one of"),
        ("cause,effect\na,b\nb,a\n", "line 3: edge b - a: two rows contradict"),
        ('cause,effect\n"a,b\n', "line 2: this is not CSV"),
    ],
)
def test_no_edge_list_csv(text, message):
    """The line on which the row begins."""
    with pytest.raises(FormatError, match=message):
        from_edge_list_csv(text)


@pytest.mark.parametrize(
    "text, message",
    [
        (
            "cause,a,b\na,0,1\nb,0\n",
            "line 3: expected 3 cells, as in the header, got 2",
        ),
        ("cause,a,b\na,0,x\nb,0,0\n", "line 2: could not convert .* 'x'"),
        ("cause,a,b\na,0,1\n", r"same distinct labels, got \['a'\] and \['a', 'b'\]"),
        ("cause,a\na,1\n", r"edge to itself, got one at \['a'\]"),
        ("cause,a,b\na,0,nan\nb,0,0\n", "missing or infinite"),
    ],
)
def test_no_adjacency_csv(text, message):
    """The line, and what was expected."""
    with pytest.raises(FormatError, match=message):
        from_adjacency_csv(text)


def test_wrong_matrices():
    """Shapes, codes, words and labels that do not fit."""
    with pytest.raises(ValueError, match="rows must be 'causes' or 'effects', got 'x'"):
        from_adjacency([[0]], ["a"], rows="x")
    with pytest.raises(ValueError, match="names are needed"):
        from_adjacency([[0]], rows="causes")
    with pytest.raises(FormatError, match=r"shape \(2, 2\), got \(1, 1\)"):
        from_adjacency([[0]], ["a", "b"], rows="causes")
    with pytest.raises(FormatError, match="numbers only"):
        from_adjacency([["0", "?"], ["0", "0"]], ["a", "b"], rows="causes")
    with pytest.raises(ValueError, match="amat must be 'cpdag' or 'pag', got 'dag'"):
        to_pcalg(COLLIDER, amat="dag")
    with pytest.raises(FormatError, match=r"codes \(0, 1\) only, got \[2\]"):
        from_pcalg([[0, 2], [0, 0]], ["a", "b"], amat="cpdag")
    with pytest.raises(FormatError, match=r"no amat\.pag: the edge .* both ends"):
        from_pcalg([[0, 2], [0, 0]], ["a", "b"], amat="pag")
    with pytest.raises(FormatError, match="cannot hold bidirected"):
        to_pcalg(Graph.from_edges("ab", bidirected=["ab"]), amat="cpdag")
