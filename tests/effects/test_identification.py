"""Identification on textbook graphs, and against DoWhy's exhaustive search."""

import numpy as np
import pytest
from strategies import random_dag

from llmcd.effects.identification import identify, strategies
from llmcd.effects.strategy import Strategy, canonical_dag
from llmcd.errors import GraphError
from llmcd.formats import to_networkx
from llmcd.graph import Graph

quiet = pytest.mark.filterwarnings("ignore")


def only(graph, treatment, outcome, **more):
    """The one strategy of a graph that has one."""
    ((found, share),) = strategies(graph, treatment, outcome, **more)[0].items()
    assert share == 1
    return str(found)


def test_parents_are_adjusted_for():
    """Without hidden causes it is the parents, or a zero where no path leads on."""
    graph = Graph.from_edges("zxmyw", directed=["zx", "zy", "xm", "my", "yw"])
    assert only(graph, "x", "y") == "backdoor: z"
    assert only(graph, "z", "w") == "backdoor: nothing to adjust for"
    assert only(graph, "w", "y") == "no path"
    assert only(graph, "m", "z") == "no path"


@quiet
def test_textbook_graphs_with_hidden_causes():
    """Front door, instrument, bow and M-bias, as in the books."""
    front = Graph.from_edges("xmy", directed=["xm", "my"], bidirected=["xy"])
    assert only(front, "x", "y") == "frontdoor: m"
    tool = Graph.from_edges("zxyu", directed=["zx", "xy", "ux", "uy"])
    assert only(tool, "x", "y", unobserved="u") == "instrument: z"
    assert only(tool, "x", "y") == "backdoor: u, z"
    bow = Graph.from_edges("xyu", directed=["xy", "ux", "uy"])
    assert only(bow, "x", "y", unobserved="u") == "not identified"
    m_bias = Graph.from_edges("xymuv", directed=["xy", "ux", "um", "vm", "vy"])
    hidden = {"unobserved": ("u", "v")}
    assert only(m_bias, "x", "y", **hidden) == "backdoor: nothing to adjust for"
    both = Graph.from_edges(
        "xymuv", directed=["xy", "ux", "um", "vm", "vy", "mx", "my"]
    )
    assert only(both, "x", "y", **hidden) == "not identified"
    proxy = Graph.from_edges("xyuc", directed=["xy", "uc", "cx", "uy"])
    assert only(proxy, "x", "y", unobserved="u") == "backdoor: c"


@quiet
def test_backdoors_against_dowhy():
    """We find an adjustment set exactly when DoWhy's search of all subsets does."""
    from dowhy.graph import check_valid_backdoor_set

    rng = np.random.default_rng(5)
    kinds = {"backdoor": 0, "none": 0}
    for _ in range(60):
        dag = random_dag(rng, 7, 3)
        x, y = rng.choice(dag.names, 2, replace=False)
        hidden = {v for v in dag.names if v not in (x, y) and rng.random() < 0.4}
        if y not in dag.descendants(x):
            continue
        found = identify(dag, hidden, x, y)
        networkx = to_networkx(dag)
        open_ = [
            v for v in dag.names
            if v not in hidden | {x, y} and v not in dag.descendants(x)
        ]  # fmt: skip
        legal = [
            [v for k, v in enumerate(open_) if bits >> k & 1]
            for bits in range(2 ** len(open_))
        ]
        legal = [
            z for z in legal
            if check_valid_backdoor_set(networkx, [x], [y], z)["is_dseparated"]
        ]  # fmt: skip
        if found.kind == "backdoor":
            kinds["backdoor"] += 1
            assert list(found.variables) in [sorted(z) for z in legal]
        else:
            kinds["none"] += 1
            assert not legal
    assert min(kinds.values()) > 5


def test_a_class_has_several_ways():
    """Undirected edges at the treatment give one way each, weighted by members."""
    tree = Graph.from_edges("xyz", undirected=["xy", "xz"])
    found, how = strategies(tree, "x", "y")
    assert how == "exact"
    assert {str(s): round(w, 3) for s, w in found.items()} == {
        "backdoor: nothing to adjust for": 0.333,
        "backdoor: z": 0.333,
        "no path": 0.333,
    }


def test_hidden_nodes_in_a_class():
    """With unobserved nodes each member is looked at on its own."""
    graph = Graph.from_edges("xyu", directed=["xy"], undirected=["xu"])
    found, _ = strategies(graph, "x", "y", unobserved="u")
    assert {str(s): w for s, w in found.items()} == {
        "backdoor: nothing to adjust for": 1.0
    }


def test_bidirected_edges_become_hidden_nodes():
    """The canonical DAG has one node more for each, with both ends as children."""
    graph = Graph.from_edges("abc", directed=["ab"], bidirected=["bc"])
    dag, hidden = canonical_dag(graph)
    assert dag.is_dag
    assert hidden == {"U(b, c)"}
    assert set(dag.directed_edges()) == {("a", "b"), ("U(b, c)", "b"), ("U(b, c)", "c")}


@pytest.mark.parametrize(
    "graph, ends, error, message",
    [
        (Graph.empty("ab"), ("a", "a"), ValueError, "must differ, got 'a' for both"),
        (Graph.empty("ab"), ("a", "q"), GraphError, "outcome 'q' is not in the graph"),
        (
            Graph.empty("ab"),
            ("q", "a"),
            GraphError,
            "treatment 'q' is not in the graph",
        ),
        (Graph(("a", "b"), [[0, 2], [1, 0]]), ("a", "b"), GraphError, "circles"),
        (
            Graph.from_edges("abc", directed=["ab", "bc", "ca"]),
            ("a", "b"),
            GraphError,
            "cycle: a --> b --> c --> a",
        ),
        (
            Graph.from_edges("abc", undirected=["ab"], bidirected=["bc"]),
            ("a", "b"),
            GraphError,
            "undirected edges beside the common cause b <-> c",
        ),
    ],
)
def test_what_is_refused(graph, ends, error, message):
    """Each with its own words, before DoWhy is called."""
    with pytest.raises(error, match=message):
        strategies(graph, *ends)


def test_ends_must_be_observed():
    """An unobserved treatment has no effect that data could show."""
    with pytest.raises(ValueError, match="must be observed"):
        strategies(Graph.empty("ab"), "a", "b", unobserved="a")


def test_strategies_read_well():
    """As a row of a table."""
    assert str(Strategy("instrument", ("z", "w"))) == "instrument: z, w"
