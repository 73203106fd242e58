"""Foreign conventions, with lopsided graphs, against the libraries they come from."""

import csv
import io
import itertools
from xml.dom import minidom

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import dags, marked_graphs, random_dag

from llmcd.errors import FormatError
from llmcd.formats import (
    from_causal_learn,
    from_edge_list,
    from_graphml,
    from_networkx,
    to_adjacency,
    to_causal_learn,
    to_dot,
    to_edge_list,
    to_graphml,
    to_networkx,
)
from llmcd.graph import Graph

# Imports of causal-learn and pydot warn about those two themselves.
quiet = pytest.mark.filterwarnings("ignore")
CIRCLE, ARROW, TAIL = 1, 2, 3
ENDS = [(one, two) for one in (1, 2, 3) for two in (1, 2, 3)]
# x -> z <- y, then z -> w: no matrix of it is symmetric, no order hides a transpose.
COLLIDER = Graph.from_edges("wyzx", directed=[("x", "z"), ("y", "z"), ("z", "w")])
# Every mark that there is, with the letter that other programs write at each end.
PAG = Graph(
    tuple("abcdefg"),
    [
        [0, 2, 0, 0, 0, 0, 0],
        [3, 0, 3, 0, 0, 0, 0],
        [0, 3, 0, 2, 0, 0, 0],
        [0, 0, 2, 0, 2, 0, 0],
        [0, 0, 0, 1, 0, 1, 0],
        [0, 0, 0, 0, 1, 0, 3],
        [0, 0, 0, 0, 0, 1, 0],
    ],
)
PAG_WRITTEN = "a --> b, b --- c, c <-> d, d o-> e, e o-o f, f o-- g"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
# What XML 1.0 allows (section 2.2, production 2).
XML_CHARACTERS = [range(0x20, 0xD800), range(0xE000, 0xFFFE), range(0x10000, 0x110000)]
HOSTILE = [
    'say "yes"',
    "it's",
    "a\\b",
    "\\",
    '\\"',
    "</script><script>alert(1)</script>",
    "<![CDATA[x]]>",
    "]]>",
    "&amp;",
    "&#10;",
    "\U0001f600",
    "数据",
    "two\nlines",
    "tab\there",
    "carriage\rreturn",
    "\r\n",
    " spaces ",
    " ",
    "line\u2028separator",
    "next\x85line",
    "a,b",
    "a;b",
    "a->b",
    "-->",
    "%s {0} $x",
    "nan",
    "NA",
    "None",
    "True",
    "1",
    "1.0",
    "0x10",
    "=1+1",
    "\ufeff",
    "mark",
]


def chain(names):
    """A path over all names whose arrows turn round now and then."""
    pairs = list(itertools.pairwise(names))
    turned = [pair[::-1] if k % 3 == 1 else pair for k, pair in enumerate(pairs)]
    return Graph.from_edges(names, directed=turned)


def legal_in_xml(text):
    """Whether XML can hold every character."""
    return all(
        c in "\t\n\r" or any(ord(c) in part for part in XML_CHARACTERS) for c in text
    )


def test_the_example_holds_every_mark():
    """The graph that most of these tests send round is what it is said to be."""
    assert str(PAG).replace("\n", ", ") == PAG_WRITTEN


# --- networkx -------------------------------------------------------------------------


def test_arcs_of_networkx_go_from_cause_to_effect():
    """An arc of networkx is an arrow in its direction; its own readings agree."""
    found = to_networkx(COLLIDER)
    assert type(found) is nx.DiGraph
    assert list(found.nodes) == list("wyzx")
    assert set(found.edges) == {("x", "z"), ("y", "z"), ("z", "w")}
    assert nx.ancestors(found, "w") == {"x", "y", "z"}
    assert list(nx.dag.colliders(found)) in ([("x", "z", "y")], [("y", "z", "x")])
    by_hand = nx.DiGraph()
    by_hand.add_nodes_from("wyzx")
    by_hand.add_edges_from([("x", "z"), ("y", "z"), ("z", "w")])
    assert from_networkx(by_hand) == COLLIDER
    assert from_networkx(by_hand).names == COLLIDER.names


@pytest.mark.parametrize("at_a, at_b", ENDS)
def test_every_mark_in_networkx(at_a, at_b):
    """The attribute of an arc is written from its source to its target."""
    graph = Graph(("a", "b"), [[0, at_b], [at_a, 0]])
    found = to_networkx(graph)
    left, right = (
        {TAIL: "-", ARROW: "<", CIRCLE: "o"},
        {TAIL: "-", ARROW: ">", CIRCLE: "o"},
    )
    expected = {}
    if (at_a, at_b) != (ARROW, TAIL):
        expected["a", "b"] = f"{left[at_a]}-{right[at_b]}"
    if (at_a, at_b) != (TAIL, ARROW):
        expected["b", "a"] = f"{left[at_b]}-{right[at_a]}"
    assert {(a, b): mark for a, b, mark in found.edges(data="mark")} == expected
    assert from_networkx(found) == graph
    for one in found.edges:  # each arc alone says all
        half = nx.DiGraph()
        half.add_nodes_from("ab")
        half.add_edge(*one, **found.edges[one])
        assert from_networkx(half) == graph


@given(marked_graphs(texts=TEXTS))
@settings(max_examples=80, deadline=None)
def test_networkx_round_trip(graph):
    """Nodes in order and every mark come back, whatever the names and the marks."""
    again = from_networkx(to_networkx(graph))
    assert again.names == graph.names
    assert np.array_equal(again.marks, graph.marks)
    turned = from_networkx(to_networkx(graph).reverse().reverse())
    assert turned == graph


def test_networkx_graphs_of_other_kinds():
    """Opposite arcs and undirected graphs are lines; nodes are named by their text."""
    found = nx.DiGraph([(1, 2), (2, 3), (3, 2)])
    assert str(from_networkx(found)) == "1 --> 2\n2 --- 3"
    assert str(from_networkx(nx.path_graph(3))) == "0 --- 1\n1 --- 2"
    assert from_networkx(nx.MultiDiGraph([("a", "b"), ("a", "b")])).parents("b") == (
        "a",
    )
    assert from_networkx(nx.DiGraph()) == Graph.empty([])
    reversed_ = from_networkx(nx.DiGraph(COLLIDER.directed_edges()).reverse())
    assert set(reversed_.directed_edges()) == {("z", "x"), ("z", "y"), ("w", "z")}


def test_an_undirected_networkx_graph_has_undirected_edges_only():
    """Arrows that are left over as attributes do not come back as arrows."""
    found = to_networkx(COLLIDER).to_undirected()
    assert from_networkx(found) == COLLIDER.skeleton()


def test_attributes_are_on_both_arcs():
    """More attributes are found by either order of the pair; the mark stays ours."""
    graph = Graph.from_edges("abc", directed=[("a", "b")], undirected=[("b", "c")])
    more = {("b", "a"): {"sure": 0.9, "mark": "?"}, ("b", "c"): {"sure": 0.5}}
    found = to_networkx(graph, edge_attributes=more)
    assert dict(found.edges) == {
        ("a", "b"): {"sure": 0.9, "mark": "-->"},
        ("b", "c"): {"sure": 0.5, "mark": "---"},
        ("c", "b"): {"sure": 0.5, "mark": "---"},
    }
    text = to_graphml(graph, edge_attributes=more)
    assert dict(nx.parse_graphml(text).edges) == dict(found.edges)


@pytest.mark.parametrize(
    "edges, message",
    [
        ([("a", "b", {"mark": "->"})], r"mark must be one of \['-->', .*, got '->'"),
        ([("a", "b", {"mark": None})], "mark must be one of .* got 'None'"),
        ([("a", "b", {"mark": "-->"}), ("b", "a", {"mark": "-->"})], "contradict"),
        ([("a", "b", {"mark": "o->"}), ("b", "a", {"mark": "o->"})], "contradict"),
        ([("a", "b", {"mark": "<->"}), ("b", "a", {"mark": "---"})], "contradict"),
        ([("a", "b", {"mark": "-->"}), ("b", "a", {})], "contradict"),
        ([("a", "a", {})], "edge to itself"),
        ([(1, "1", {})], "must be distinct"),
        ([("", "a", {})], "non-empty"),
    ],
)
def test_networkx_graphs_that_are_none_of_ours(edges, message):
    """Unknown marks, two arcs that contradict each other, loops and double names."""
    with pytest.raises(FormatError, match=message):
        from_networkx(nx.DiGraph(edges))


# --- GraphML --------------------------------------------------------------------------


def test_graphml_through_networkx(tmp_path):
    """What was written is read by networkx, from text and from a file, and back."""
    for graph in (COLLIDER, PAG, chain(HOSTILE)):
        text = to_graphml(graph)
        file = tmp_path / "graph.graphml"
        file.write_bytes(text.encode())
        for found in (nx.parse_graphml(text), nx.read_graphml(file)):
            peer = to_networkx(graph)
            assert list(found.nodes) == list(graph.names)
            assert dict(found.edges) == dict(peer.edges)
            assert from_networkx(found) == graph
        nx.write_graphml(to_networkx(graph), file)
        assert from_graphml(file.read_text(encoding="utf-8")) == graph
        minidom.parseString(text)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_in_graphml(name):
    """A name that means something to XML or to a spreadsheet comes back as it is."""
    graph = Graph.from_edges([name, "other"], directed=[("other", name)])
    again = from_graphml(to_graphml(graph))
    assert again.names == (name, "other")
    assert again.directed_edges() == (("other", name),)


@given(marked_graphs(texts=st.text(min_size=1, max_size=8)))
@example(Graph.empty(["\x00"]))
@example(Graph.empty(["\ud800"]))
@example(Graph.empty(["\ufffe"]))
@example(Graph.empty(["\ufffd\ue000\U0010ffff"]))
@settings(max_examples=120, deadline=None)
def test_graphml_round_trip(graph):
    """It is identity where XML has the characters of the names, else an error."""
    strange = [name for name in graph.names if not legal_in_xml(name)]
    if strange:
        with pytest.raises(FormatError, match=r"control character.*rename"):
            to_graphml(graph)
        return
    text = to_graphml(graph)
    assert text == to_graphml(graph)
    again = from_graphml(text)
    assert again.names == graph.names
    assert np.array_equal(again.marks, graph.marks)


def test_graphml_of_others():
    """Without marks, an arc is directed and two opposite arcs are a line."""
    found = nx.DiGraph([("x", "z"), ("y", "z"), ("z", "w"), ("w", "z")])
    graph = from_graphml("\n".join(nx.generate_graphml(found)))
    assert set(graph.directed_edges()) == {("x", "z"), ("y", "z")}
    assert set(graph.undirected_edges()) == {("z", "w")}
    lines = "\n".join(nx.generate_graphml(nx.Graph([("x", "z")])))
    assert str(from_graphml(lines)) == "x --- z"


@pytest.mark.parametrize("value", ["\x07", "\ud800", "\uffff"])
def test_attributes_that_xml_cannot_hold(value):
    """Such a text in an attribute is an error too, not a file that nobody can read."""
    with pytest.raises(FormatError, match="control character"):
        to_graphml(COLLIDER, edge_attributes={("x", "z"): {"note": value}})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "<graphml",
        "<a/>",
        "<graphml/>",
        "\ud800",
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns"><graph>'
        '<node id="a"><data key="k">1</data></node></graph></graphml>',
    ],
)
def test_no_graphml(text):
    """What is not GraphML is refused as that, not with an error of the parser."""
    with pytest.raises(FormatError, match="this is not GraphML"):
        from_graphml(text)


# --- DOT ------------------------------------------------------------------------------


def read_dot(text):
    """Nodes and edges as pydot reads them; strings by Graphviz's two rules."""
    import pydot

    def shown(quoted):
        assert quoted[0] == quoted[-1] == '"'
        inside = quoted[1:-1].replace('\\"', '"')  # the language's one escape
        out, rest = "", iter(inside)
        for char in rest:  # then the label's escapes
            out += char if char != "\\" else {"n": "\n", "\\": "\\"}[next(rest)]
        return out

    (found,) = pydot.graph_from_dot_data(text)
    assert found.get_type() == "digraph"
    nodes = [shown(n.get_name()) for n in found.get_nodes()]
    edges = {
        (shown(e.get_source()), shown(e.get_destination())): e.get_attributes()
        for e in found.get_edges()
    }
    return nodes, edges


@quiet
def test_dot_says_every_mark():
    """Nodes in order and the shape at both ends of each edge, as pydot reads them."""
    nodes, edges = read_dot(to_dot(PAG))
    assert nodes == list(PAG.names)
    shapes = {TAIL: "none", ARROW: "normal", CIRCLE: "odot"}
    expected = {("a", "b"): {}}
    for a, b in itertools.pairwise("bcdefg"):
        i, j = PAG.index(a), PAG.index(b)
        expected[a, b] = {
            "dir": "both",
            "arrowtail": shapes[int(PAG.marks[j, i])],
            "arrowhead": shapes[int(PAG.marks[i, j])],
        }
    assert edges == expected


@quiet
def test_dot_directions_and_isolated_nodes():
    """An arrow is an edge from cause to effect; nodes without edges are there."""
    graph = COLLIDER.with_nodes([*COLLIDER.names, "alone"])
    nodes, edges = read_dot(to_dot(graph))
    assert nodes == list(graph.names)
    assert edges == {("x", "z"): {}, ("y", "z"): {}, ("z", "w"): {}}


@quiet
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_in_dot(name):
    """Quotes, backslashes and line breaks neither end the string nor get lost."""
    graph = Graph.from_edges([name, "other"], directed=[(name, "other")])
    assert to_dot(graph).count("\n") == 4
    nodes, edges = read_dot(to_dot(graph))
    assert nodes == [name, "other"]
    assert list(edges) == [(name, "other")]


# --- tables ---------------------------------------------------------------------------


def test_the_edge_list_names_the_cause_first():
    """Columns cause, effect, mark; a list without marks is directed."""
    frame = to_edge_list(COLLIDER)
    assert list(frame.columns) == ["cause", "effect", "mark"]
    rows = {tuple(row) for row in frame.itertuples(index=False)}
    assert rows == {("x", "z", "-->"), ("y", "z", "-->"), ("z", "w", "-->")}
    bare = frame[["effect", "cause"]].iloc[::-1]
    assert from_edge_list(bare, names=COLLIDER.names) == COLLIDER
    peer = nx.from_pandas_edgelist(frame, "cause", "effect", create_using=nx.DiGraph)
    assert from_networkx(peer) == COLLIDER


def through_csv(frame):
    """The frame after it was written as CSV and read as text."""
    # Without quotes a carriage return alone would end the row.
    text = frame.to_csv(index=False, quoting=csv.QUOTE_ALL)
    file = io.StringIO(text, newline="")
    return pd.read_csv(file, dtype=str, keep_default_na=False)


@given(marked_graphs(texts=TEXTS))
@example(chain(HOSTILE))
@example(PAG)
@settings(max_examples=80, deadline=None)
def test_edge_list_round_trip(graph):
    """Given the names, the table holds the whole graph, also as a CSV file."""
    frame = to_edge_list(graph)
    assert len(frame) == graph.n_edges
    again = from_edge_list(frame, names=graph.names)
    assert again.names == graph.names
    assert np.array_equal(again.marks, graph.marks)
    assert from_edge_list(through_csv(frame), names=graph.names) == graph


def test_names_of_an_edge_list():
    """Without names, those of the edges in order of appearance; extra columns pass."""
    frame = pd.DataFrame(
        {
            "effect": ["b", "c"],
            "cause": ["c", "a"],
            "sure": [1, 2],
            "mark": ["-->", "o--"],
        }
    )
    graph = from_edge_list(frame)
    assert graph.names == ("c", "b", "a")
    assert str(graph) == "c --> b\na o-- c"
    assert from_edge_list(to_edge_list(Graph.empty("ab"))) == Graph.empty("")
    assert from_edge_list(frame.iloc[:0], names=["x"]) == Graph.empty("x")
    numbers = pd.DataFrame({"cause": [1], "effect": [2]})
    assert from_edge_list(numbers).directed_edges() == (("1", "2"),)


@pytest.mark.parametrize(
    "rows, message",
    [
        ({"cause": ["a"]}, r"needs the columns cause and effect, got \['cause'\]"),
        ({"from": ["a"], "to": ["b"]}, r"got \['from', 'to'\]"),
        ({"cause": ["a"], "effect": ["x"]}, "a - x: one end is not among the nodes"),
        ({"cause": ["a"], "effect": ["a"]}, "edge to itself"),
        (
            {"cause": ["a"], "effect": ["b"], "mark": ["->"]},
            r"a - b: mark must be one of \['-->', .*\], got '->'",
        ),
        ({"cause": ["a", "b"], "effect": ["b", "a"]}, "b - a: .* contradict"),
        (
            {"cause": ["a", "a"], "effect": ["b", "b"], "mark": ["-->", "---"]},
            "a - b: .* contradict",
        ),
        ({"cause": ["a", None], "effect": ["b", "c"]}, r"row 1 .* cause"),
        ({"cause": ["a"], "effect": [np.nan]}, r"row 0 .* effect"),
    ],
)
def test_no_edge_list(rows, message):
    """Missing columns and ends, unknown nodes and marks, rows that contradict."""
    with pytest.raises(FormatError, match=message):
        from_edge_list(pd.DataFrame(rows), names=["a", "b", "c"])


def test_rows_that_say_the_same_twice():
    """A repeated row, also the other way round, is one edge."""
    frame = pd.DataFrame(
        {"cause": ["a", "a", "b", "c"], "effect": ["b", "b", "c", "b"],
         "mark": ["-->", "-->", "---", "---"]}
    )  # fmt: skip
    assert str(from_edge_list(frame)) == "a --> b\nb --- c"


@given(dags(8))
@settings(max_examples=60, deadline=None)
def test_rows_of_the_adjacency_matrix_are_causes(dag):
    """networkx, which reads rows as sources, finds the same arcs by label."""
    frame = to_adjacency(dag)
    assert list(frame.index) == list(frame.columns) == list(dag.names)
    found = nx.from_pandas_adjacency(frame, create_using=nx.DiGraph)
    assert set(found.edges) == set(dag.directed_edges())
    assert Graph.from_directed_matrix(frame.index, frame.to_numpy()) == dag


def test_adjacency_of_lines():
    """Both entries are 1 for a line, as ges and pgmpy have it."""
    graph = Graph.from_edges("zyx", directed=[("x", "z")], undirected=[("y", "z")])
    assert to_adjacency(graph).to_numpy().tolist() == [[0, 1, 0], [1, 0, 0], [1, 0, 0]]
    assert to_adjacency(graph).loc["x", "z"] == 1
    assert to_adjacency(graph).loc["z", "x"] == 0


@pytest.mark.parametrize("at_a, at_b", ENDS)
def test_adjacency_holds_no_other_marks(at_a, at_b):
    """Two heads and circles are refused; they would be lost without a word."""
    graph = Graph(("a", "b"), [[0, at_b], [at_a, 0]])
    if CIRCLE in (at_a, at_b) or at_a == at_b == ARROW:
        with pytest.raises(FormatError, match="cannot hold"):
            to_adjacency(graph)
    else:
        entries = to_adjacency(graph).to_numpy()
        assert entries.tolist() == [[0, int(at_a == TAIL)], [int(at_b == TAIL), 0]]


def test_adjacency_is_what_gadjid_calls_from_row_to_column():
    """Read so, gadjid finds no mistake against edges it was given by hand."""
    gadjid = pytest.importorskip("gadjid")
    rng = np.random.default_rng(0)
    wrong = 0
    for _ in range(20):
        dag = random_dag(rng, 8, 2.5)
        by_hand = np.zeros((8, 8), dtype=np.int8)
        for a, b in dag.directed_edges():
            by_hand[dag.names.index(a), dag.names.index(b)] = 1
        ours = to_adjacency(dag).to_numpy().astype(np.int8)
        way = "from row to column"
        assert gadjid.ancestor_aid(by_hand, ours, edge_direction=way)[1] == 0
        wrong += gadjid.ancestor_aid(by_hand, ours.T.copy(), edge_direction=way)[1]
    assert wrong > 0


# --- causal-learn ---------------------------------------------------------------------


def theirs(names, edges):
    """causal-learn's graph from edges (a, end at a, end at b, b) by its own means."""
    from causallearn.graph.Edge import Edge
    from causallearn.graph.Endpoint import Endpoint
    from causallearn.graph.GeneralGraph import GeneralGraph
    from causallearn.graph.GraphNode import GraphNode

    ends = {TAIL: Endpoint.TAIL, ARROW: Endpoint.ARROW, CIRCLE: Endpoint.CIRCLE}
    nodes = {name: GraphNode(name) for name in names}
    found = GeneralGraph(list(nodes.values()))
    for a, at_a, at_b, b in edges:
        if (at_a, at_b) == (CIRCLE, TAIL):  # which it adds the other way round only
            a, at_a, at_b, b = b, at_b, at_a, a
        found.add_edge(Edge(nodes[a], nodes[b], ends[at_a], ends[at_b]))
    return found


def listed(graph):
    """Edges of ours as ``theirs`` takes them, read from the marks."""
    n = len(graph.names)
    for i, j in itertools.combinations(range(n), 2):
        if graph.marks[i, j]:
            at_i, at_j = int(graph.marks[j, i]), int(graph.marks[i, j])
            yield graph.names[i], at_i, at_j, graph.names[j]


@quiet
def test_codes_of_causal_learn():
    """For x --> z: G[x, z] = -1 and G[z, x] = 1, as add_directed_edge writes it."""
    from causallearn.graph.GeneralGraph import GeneralGraph
    from causallearn.graph.GraphNode import GraphNode

    nodes = [GraphNode(name) for name in COLLIDER.names]
    built = GeneralGraph(nodes)
    w, y, z, x = nodes
    for cause, effect in ((x, z), (y, z), (z, w)):
        built.add_directed_edge(cause, effect)
    ours = to_causal_learn(COLLIDER)
    i, j = COLLIDER.index("x"), COLLIDER.index("z")
    assert (ours.graph[i, j], ours.graph[j, i]) == (-1, 1)
    assert np.array_equal(ours.graph, built.graph)
    assert ours.get_node_names() == list(COLLIDER.names)
    assert {node.get_name() for node in ours.get_parents(ours.get_node("z"))} == {
        "x",
        "y",
    }
    assert from_causal_learn(built) == COLLIDER


@quiet
def test_every_mark_in_causal_learn():
    """Its edges, written by itself, are ours; its endpoints are our marks."""
    found = to_causal_learn(PAG)
    written = {str(edge) for edge in found.get_graph_edges()}
    assert written == set(PAG_WRITTEN.split(", "))
    codes = {"ARROW": ARROW, "TAIL": TAIL, "CIRCLE": CIRCLE}
    for a, b in itertools.permutations(PAG.names, 2):
        end = found.get_endpoint(found.get_node(a), found.get_node(b))  # at b
        mark = PAG.marks[PAG.index(a), PAG.index(b)]
        assert mark == (0 if end is None else codes[str(end)])


@quiet
@given(marked_graphs(texts=TEXTS))
@example(PAG)
@example(COLLIDER)
@settings(max_examples=60, deadline=None)
def test_causal_learn_round_trip(graph):
    """There and back is identity, and what it builds from the edges is the same."""
    found = to_causal_learn(graph)
    again = from_causal_learn(found)
    assert again.names == graph.names
    assert np.array_equal(again.marks, graph.marks)
    built = theirs(graph.names, listed(graph))
    assert np.array_equal(found.graph, built.graph)
    assert from_causal_learn(built) == graph


@quiet
def test_causal_learn_reads_our_text(tmp_path):
    """Our way of writing edges is the one of Tetrad's files, which it reads."""
    from causallearn.utils.TXT2GeneralGraph import txt2generalgraph

    # It takes o-- for an edge it cannot add, so that one is left to other tests.
    graph = Graph(PAG.names[:6], PAG.marks[:6, :6])
    edges = "\n".join(f"{k}. {edge}" for k, edge in enumerate(graph.edges(), 1))
    file = tmp_path / "graph.txt"
    file.write_text(f"Graph Nodes:\n{';'.join(graph.names)}\n\nGraph Edges:\n{edges}\n")
    assert from_causal_learn(txt2generalgraph(str(file))) == graph


@quiet
def test_ancestors_in_causal_learn():
    """What it says of ancestors in our graph is what networkx says."""
    rng = np.random.default_rng(1)
    # Here its own way of finding them from the edges misses that a leads to d.
    path = Graph.from_edges("bcad", directed=itertools.pairwise("abcd"))
    for dag in [path, *(random_dag(rng, 9, 2.0) for _ in range(15))]:
        found, peer = to_causal_learn(dag), to_networkx(dag)
        node = {name: found.get_node(name) for name in dag.names}
        for a, b in itertools.permutations(dag.names, 2):
            assert found.is_ancestor_of(node[a], node[b]) == nx.has_path(peer, a, b)
        assert all(found.is_ancestor_of(v, v) for v in node.values())


@quiet
def test_what_its_algorithms_return():
    """PC finds x --> z <-- y in columns z, x, y; FCI finds circles at x and y."""
    from causallearn.search.ConstraintBased.FCI import fci
    from causallearn.search.ConstraintBased.PC import pc

    rng = np.random.default_rng(0)
    x, y, noise = rng.normal(size=(3, 800))
    rows = np.column_stack([x + y + 0.5 * noise, x, y])
    found = pc(rows, show_progress=False, node_names=["z", "x", "y"])
    expected = Graph.from_edges("zxy", directed=[("x", "z"), ("y", "z")])
    assert from_causal_learn(found.G) == expected
    pag, _ = fci(rows, verbose=False, show_progress=False, node_names=["z", "x", "y"])
    assert str(from_causal_learn(pag)) == "x o-> z\ny o-> z"


@quiet
def test_unknown_codes_of_causal_learn():
    """Two edges on one pair, which it writes as 4 and 5, are refused."""
    found = theirs("ab", [("a", ARROW, ARROW, "b"), ("a", TAIL, ARROW, "b")])
    with pytest.raises(FormatError, match=r"unknown mark codes \[4, 5\]"):
        from_causal_learn(found)


@quiet
def test_empty_graphs_everywhere():
    """No nodes and no edges pass through every format."""
    for names in ("", "ab"):
        graph = Graph.empty(names)
        assert from_causal_learn(to_causal_learn(graph)) == graph
        assert from_networkx(to_networkx(graph)) == graph
        assert from_graphml(to_graphml(graph)) == graph
        assert from_edge_list(to_edge_list(graph), names=names) == graph
        assert to_adjacency(graph).shape == (len(names), len(names))
        assert read_dot(to_dot(graph)) == (list(names), {})
