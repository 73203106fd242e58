"""DOT, dagitty, Tetrad, lavaan and bnlearn: texts as other programs write them."""

import importlib.metadata

import networkx as nx
import pytest

from llmcd.background import Background
from llmcd.errors import FormatError
from llmcd.formats import (
    from_bnlearn,
    from_causal_learn,
    from_dagitty,
    from_dot,
    from_gml,
    from_lavaan,
    from_networkx,
    from_node_link,
    from_tetrad,
    from_tetrad_knowledge,
    roles_from_dagitty,
    to_bnlearn,
    to_causal_learn,
    to_dagitty,
    to_dot,
    to_gml,
    to_graphml,
    to_lavaan,
    to_networkx,
    to_node_link,
    to_tetrad,
    to_tetrad_knowledge,
)
from llmcd.graph import Graph

quiet = pytest.mark.filterwarnings("ignore")
# x -> z <- y, then z -> w: no order of the nodes hides a transpose.
COLLIDER = Graph.from_edges("wyzx", directed=["xz", "yz", "zw"])


def edges(graph):
    """All edges, as text."""
    return {str(edge) for edge in graph.edges()}


# --- GML and JSON ---------------------------------------------------------------------


def test_gml_and_json_through_networkx():
    """What was written is read by networkx as the same arcs, and back."""
    import json

    for graph in (
        COLLIDER,
        Graph.from_edges("abc", undirected=["ab"], bidirected=["bc"]),
    ):
        peer = to_networkx(graph)
        for found in (
            nx.parse_gml(to_gml(graph)),
            nx.node_link_graph(json.loads(to_node_link(graph)), edges="edges"),
        ):
            assert list(found.nodes) == list(graph.names)
            assert dict(found.edges) == dict(peer.edges)
            assert from_networkx(found) == graph
    bare = nx.DiGraph(COLLIDER.directed_edges())
    assert from_gml("\n".join(nx.generate_gml(bare))) == COLLIDER
    old = json.dumps(nx.node_link_data(bare, edges="links"))
    assert from_node_link(old) == COLLIDER
    undirected = json.dumps(nx.node_link_data(nx.path_graph(3), edges="edges"))
    assert str(from_node_link(undirected)) == "0 --- 1\n1 --- 2"


def test_attributes_in_gml_and_json():
    """More attributes of edges are kept; GML's names have no underscores."""
    import json

    more = {("x", "z"): {"data_support": 0.9, "decided_by": "data"}}
    found = nx.parse_gml(to_gml(COLLIDER, edge_attributes=more))
    assert found.edges["x", "z"] == {
        "mark": "-->", "datasupport": 0.9, "decidedby": "data"
    }  # fmt: skip
    (row,) = [
        row
        for row in json.loads(to_node_link(COLLIDER, edge_attributes=more))["edges"]
        if row["source"] == "x"
    ]
    assert row["data_support"] == 0.9
    with pytest.raises(FormatError, match="GML cannot hold"):
        to_gml(COLLIDER, edge_attributes={("x", "z"): {"odd": object()}})
    with pytest.raises(FormatError, match="JSON cannot hold"):
        to_node_link(COLLIDER, edge_attributes={("x", "z"): {"odd": float("nan")}})


@pytest.mark.parametrize(
    "text, message",
    [
        ("{", "line 1: this is not JSON"),
        ('{"nodes": [],\n"edges": [}', "line 2: this is not JSON"),
        ("[]", "an object with nodes"),
        ('{"nodes": [{"id": "a"}]}', "an object with nodes"),
        ('{"nodes": [{}], "edges": []}', "an object with nodes"),
        ('{"nodes": [], "edges": [{"source": "a"}]}', "an object with nodes"),
        (
            '{"nodes": [{"id": "a"}], "edges": [{"source": "a", "target": "b"}]}',
            r"end at \['b'\]",
        ),
    ],
)
def test_no_node_link(text, message):
    """What is missing is said, with the line where JSON breaks off."""
    with pytest.raises(FormatError, match=message):
        from_node_link(text)


def test_no_gml():
    """What is not GML is refused as that."""
    for text in ("", "graph", "graph [ node [ id 0 ] ] ]", "{}"):
        with pytest.raises(FormatError, match="not GML"):
            from_gml(text)
    assert str(from_gml("graph [ directed 1 node [ id 0 ] node [ id 7 ] "
                        "edge [ source 7 target 0 ] ]")) == "7 --> 0"  # fmt: skip


# --- DOT ------------------------------------------------------------------------------


def test_dot_of_others():
    """Chains, groups, subgraphs, comments, ports, defaults and both-way arcs."""
    text = """
    strict digraph "a graph" { // a comment
      rankdir=LR; node [shape=box, label="n"]
      # another
      x:port -> z [label="1.5"]; y -> {z v}  /* over
      lines */
      subgraph cluster_1 { label=inside; p; q; p -> q }
      z -> w -> "name with -> in it"
      a -> b; b -> a
      c -> d [dir=back] d -> e [dir=none];
      e -> f [dir=both]
      f -> g [dir=both arrowtail=odot]
      g -> h [mark="o-o"]
      1 -> -2.5
    }
    """
    found = from_dot(text)
    assert edges(found) == {
        "x --> z", "y --> z", "y --> v", "p --> q", "z --> w",
        "w --> name with -> in it", "a --- b", "d --> c", "d --- e", "e <-> f",
        "f o-> g", "g o-o h", "1 --> -2.5",
    }  # fmt: skip
    assert str(from_dot("graph { a -- b -- c }")) == "a --- b\nb --- c"
    assert from_dot("digraph G {}") == Graph.empty([])
    assert from_dot("digraph { edge [dir=none] a -> b }").undirected_edges() == (
        ("a", "b"),
    )


@quiet
def test_dot_from_pydot_and_networkx():
    """What pydot writes for networkx is read as the same graph."""
    pytest.importorskip("pydot")
    marked = Graph.from_edges("abc", directed=["ba"], undirected=["bc"])
    for graph in (COLLIDER, marked):
        text = nx.nx_pydot.to_pydot(to_networkx(graph)).to_string()
        assert from_dot(text) == graph
    bare = nx.nx_pydot.to_pydot(nx.DiGraph(COLLIDER.directed_edges())).to_string()
    assert from_dot(bare) == COLLIDER


@quiet
def test_pgmpy_reads_and_writes_dagitty_and_lavaan():
    """The same arrows in both texts, whoever wrote them."""
    dag = pytest.importorskip("pgmpy.base").DAG
    arcs = set(COLLIDER.directed_edges())
    assert set(dag.from_dagitty(to_dagitty(COLLIDER)).edges()) == arcs
    assert set(dag.from_lavaan(to_lavaan(COLLIDER)).edges()) == arcs
    theirs = dag(COLLIDER.directed_edges())
    assert set(from_dagitty(theirs.to_dagitty()).directed_edges()) == arcs
    assert set(from_lavaan(theirs.to_lavaan()).directed_edges()) == arcs


@quiet
def test_dowhy_reads_our_dot_and_gml():
    """DoWhy finds the same arrows in both texts."""
    from dowhy.causal_graph import CausalGraph

    for text in (to_dot(COLLIDER), to_gml(COLLIDER)):
        found = CausalGraph("x", "w", graph=text, observed_node_names=list("wyzx"))
        arcs = {tuple(v.strip('"') for v in edge[:2]) for edge in found._graph.edges}
        assert arcs == set(COLLIDER.directed_edges())


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "line 1: expected graph or digraph in DOT, got the end of the text"),
        ("digraph {\n a -> }", "line 2: expected a name in DOT, got '}'"),
        ("digraph {\n a ->\n b", "line 3: expected a name in DOT, got the end"),
        ("digraph {\n a -- b }", "line 2: a digraph has no edge '--'"),
        ("graph { a -> b }", "line 1: a graph has no edge '->'"),
        ("digraph { a }\n}", "line 2: expected the end of the text"),
        ("digraph {\n\n a -> b [label=<b>] }", "line 3: '<' has no meaning in DOT"),
        ('digraph {\n a -> b [mark="??"] }', "line 2: edge a - b: mark must be one of"),
        ("digraph { a -> b\n a -> b [dir=none] }", "line 2: .* contradict"),
        ("digraph {\n a -> a }", "line 2: edge a - a: .* edge to itself"),
    ],
)
def test_no_dot(text, message):
    """The line, what was expected and what came."""
    with pytest.raises(FormatError, match=message.replace("?", r"\?")):
        from_dot(text)


# --- dagitty --------------------------------------------------------------------------


def test_dagitty_as_its_manual_writes_it():
    """Chains, groups, roles, positions, quotes and the circles of PAGs."""
    text = """dag {
      bb="-3,-0.5,2,1.2"
      E [exposure,pos="-2.000,1.000"]
      D [outcome,pos="1,1"]; "my var" [latent]
      'other var' [adjusted]
      E <-> Z [pos="1.0,-1.0"]
      D <-> Z
      E -> D [beta=0.5]
      {"my var" A} -> B <- 'other var' -- C
    }"""
    found = from_dagitty(text)
    assert edges(found) == {
        "E <-> Z", "D <-> Z", "E --> D", "my var --> B", "A --> B",
        "other var --> B", "other var --- C",
    }  # fmt: skip
    assert roles_from_dagitty(text) == {
        "exposure": ("E",),
        "outcome": ("D",),
        "latent": ("my var",),
        "adjusted": ("other var",),
    }
    pag = "pag { a @-> b; b <-@ c; c @-@ d; d @-- e; e --@ f }"
    assert edges(from_dagitty(pag)) == {
        "a o-> b", "c o-> b", "c o-o d", "d o-- e", "f o-- e"
    }  # fmt: skip


def test_the_kind_follows_the_marks():
    """A dag, pdag, mag or pag; names that are words of the language are quoted."""
    assert to_dagitty(COLLIDER).startswith("dag {")
    assert to_dagitty(COLLIDER.skeleton()).startswith("pdag {")
    both = Graph.from_edges("abc", undirected=["ab"], bidirected=["bc"])
    assert to_dagitty(both).startswith("mag {")
    assert to_dagitty(Graph(("a", "b"), [[0, 2], [1, 0]])) == (
        "pag {\n  a\n  b\n  a @-> b\n}"
    )
    odd = Graph.from_edges(["dag", "1x", "a.b"], directed=[("dag", "1x")])
    text = to_dagitty(odd, roles={"latent": ["a.b"], "exposure": "dag"})
    assert '  "dag" [exposure]\n  "1x"\n  a.b [latent]\n  "dag" -> "1x"' in text
    assert roles_from_dagitty(text)["latent"] == ("a.b",)
    with pytest.raises(FormatError, match="got 'boss' for 'dag'"):
        to_dagitty(odd, roles={"boss": "dag"})
    with pytest.raises(FormatError, match="got 'latent' for 'u'"):
        to_dagitty(odd, roles={"latent": "u"})


@quiet
def test_pgmpy_reads_our_dagitty_and_lavaan():
    """In pgmpy are the same arrows in both, and we read what it writes."""
    dag = pytest.importorskip("pgmpy.base").DAG
    for found in (
        dag.from_dagitty(string=to_dagitty(COLLIDER)),
        dag.from_lavaan(string=to_lavaan(COLLIDER)),
    ):
        assert set(found.edges) == set(COLLIDER.directed_edges())
    theirs = dag(COLLIDER.directed_edges())
    assert from_dagitty(theirs.to_dagitty()) == COLLIDER
    assert from_lavaan(theirs.to_lavaan()) == COLLIDER


def test_published_dagitty_files():
    """The example files that pgmpy ships are read, with the edges that they list."""
    try:
        shipped = importlib.metadata.files("pgmpy") or []
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("pgmpy is not installed")
    seen = 0
    for file in shipped:
        if "utils/example_models" not in str(file) or file.suffix != ".txt":
            continue
        text = file.locate().read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if "->" in line]
        assert from_dagitty(text).n_edges == len(lines)
        seen += 1
    assert seen > 5


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "line 1: expected one of dag, pdag, mag, pag in dagitty, got the end"),
        ("x -> y", "line 1: expected one of dag, pdag, mag, pag in dagitty, got 'x'"),
        ("dag { x ->\n}", "line 2: expected a name in dagitty, got '}'"),
        ("dag {\n x => y }", "line 2: '>' has no meaning in dagitty"),
        ("dag {\n x % y }", "line 2: '%' has no meaning in dagitty"),
        ("dag { x -> y\n x <-> y }", "line 2: edge x - y: .* contradict"),
    ],
)
def test_no_dagitty(text, message):
    """The line, what was expected and what came."""
    with pytest.raises(FormatError, match=message):
        from_dagitty(text)


# --- Tetrad and causal-learn ----------------------------------------------------------


@quiet
def test_tetrad_text_is_what_causal_learn_prints(tmp_path):
    """Our text is str() of its graph, which we read, and it reads ours."""
    from causallearn.utils.TXT2GeneralGraph import txt2generalgraph

    marks = [[0, 2, 0, 0, 0], [3, 0, 3, 0, 0], [0, 3, 0, 2, 0], [0, 0, 2, 0, 2],
             [0, 0, 0, 1, 0]]  # fmt: skip
    for graph in (COLLIDER, Graph(tuple("abcde"), marks)):
        theirs = str(to_causal_learn(graph))
        assert from_tetrad(theirs) == graph
        ours = to_tetrad(graph)
        assert set(ours.splitlines()[:3]) == set(theirs.splitlines()[:3])
        assert {x.split(". ")[-1] for x in ours.splitlines()} == {
            x.split(". ")[-1] for x in theirs.splitlines()
        }
        file = tmp_path / "graph.txt"
        file.write_text(ours)
        assert from_causal_learn(txt2generalgraph(str(file))) == graph


def test_tetrad_as_tetrad_writes_it():
    """Commas, edge properties, attributes and sections after the edges."""
    text = (
        "Graph Nodes:\nage,income (EUR),two words\n\nGraph Edges:\n"
        "1. age --> income (EUR) dd nl\n"
        "2. two words <-o income (EUR) [x --> y]:0.9;\n\n"
        "Graph Attributes:\nBIC: 12\n"
    )
    assert edges(from_tetrad(text)) == {
        "age --> income (EUR)", "income (EUR) o-> two words"
    }  # fmt: skip


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "'Graph Nodes:' and 'Graph Edges:'"),
        ("Graph Nodes:\na;b\n", "one is missing"),
        ("Graph Nodes:\na;b\nGraph Edges:\na --> b", "line 4: expected an edge such"),
        ("Graph Nodes:\na;b\nGraph Edges:\n1. a --> c", "line 4: 'a --> c' is no edge"),
        ("Graph Nodes:\na;b\nGraph Edges:\n1. a => b", "line 4: 'a => b' is no edge"),
        (
            "Graph Nodes:\na;b\nGraph Edges:\n1. a --> b\n2. b --> a",
            "line 5: edge b - a: .* contradict",
        ),
        ("Graph Nodes:\na;a\nGraph Edges:\n", "must be distinct"),
    ],
)
def test_no_tetrad(text, message):
    """The line, and the nodes that there are."""
    with pytest.raises(FormatError, match=message):
        from_tetrad(text)


def test_knowledge_there_and_back():
    """Required, forbidden and tiers are what Background holds."""
    known = Background(
        required=[("a", "b")],
        forbidden=[("c", "a"), ("b", "d")],
        tiers=["a", "bc", "d"],
    )
    known = Background(known.required, known.forbidden, [["a"], ["b", "c"], ["d"]])
    text = to_tetrad_knowledge(known.required, known.forbidden, known.tiers)
    assert Background.of(from_tetrad_knowledge(text)) == known
    assert text == (
        "/knowledge\naddtemporal\n\n1  a\n2  b c\n3  d\n\nforbiddirect\n\nb d\nc a\n\n"
        "requiredirect\n\na b\n"
    )
    nothing = Background.of(from_tetrad_knowledge(to_tetrad_knowledge()))
    assert nothing == Background()


def test_knowledge_as_tetrad_marks_tiers():
    """``*``: none within the tier; ``-``: into the next tier only."""
    text = "/knowledge\naddtemporal\n\n1*- a b\n2  c\n3  d\n\nforbiddirect\n"
    found = from_tetrad_knowledge(text)
    assert found["tiers"] == [["a", "b"], ["c"], ["d"]]
    assert set(found["forbidden"]) == {
        ("a", "b"), ("b", "a"), ("a", "d"), ("b", "d")
    }  # fmt: skip


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "a line /knowledge; it is missing"),
        ("/knowledge\naddtemporal\nfirst a", "line 3: a tier begins with its number"),
        ("/knowledge\nforbiddirect\na b c", "line 3: expected addtemporal, .* pair"),
        ("/knowledge\na b", "line 2: expected addtemporal"),
    ],
)
def test_no_knowledge(text, message):
    """The line, and what it could have been."""
    with pytest.raises(FormatError, match=message):
        from_tetrad_knowledge(text)


def test_names_that_tetrad_cannot_hold():
    """Refused when written, not found broken when read."""
    colon = Graph.from_edges(["a", "b:"], directed=[("a", "b:")])
    assert from_tetrad(to_tetrad(colon)) == colon
    for name in ("a;b", " a", "a\nb", "a --> b", "x nl", "Graph Edges:"):
        with pytest.raises(FormatError, match="Tetrad's text cannot hold the name"):
            to_tetrad(Graph.empty([name, "other"]))
    with pytest.raises(FormatError, match="knowledge file cannot hold the name 'a b'"):
        to_tetrad_knowledge([("a b", "c")])


# --- lavaan and bnlearn ---------------------------------------------------------------


def test_lavaan_of_others():
    """Comments, coefficients, labels, fixed terms, measurements, lines that go on."""
    text = """
    # regressions
    y ~ 0.5*x + b1*z +
        w   ! more
    m ~ x; n ~ m
    f =~ i1 + i2
    x ~~ z
    x ~~ x
    y ~~ 0*m
    y ~ 1
    v ~ 0*x
    ab := b1*2
    """
    found = from_lavaan(text)
    assert edges(found) == {
        "x --> y", "z --> y", "w --> y", "x --> m", "m --> n", "f --> i1", "f --> i2",
        "x <-> z",
    }  # fmt: skip
    assert "v" in found.names
    assert "ab" not in found.names
    alone = Graph.from_edges("xyz", directed=["xy"])
    assert to_lavaan(alone) == "y ~ x\nz ~~ z\n"
    assert from_lavaan(to_lavaan(alone)) == alone


@pytest.mark.parametrize(
    "text, message",
    [
        ("y ~ x\nnonsense", "line 2: expected a formula such as y ~ x, got 'nonsense'"),
        ("y ~ x +", "line 1: expected a variable in 'x [+]', got ''"),
        ("y ~ x y", "line 1: expected a variable"),
        ("y ~ x\nx ~ y", "line 2: edge y - x: .* contradict"),
        ("y ~*~ x", "line 1: ~[*]~ is no edge"),
    ],
)
def test_no_lavaan(text, message):
    """The line, and what could not be read."""
    with pytest.raises(FormatError, match=message):
        from_lavaan(text)


def test_what_lavaan_and_bnlearn_cannot_hold():
    """Undirected edges, circles, cycles and names with signs."""
    line = Graph.from_edges("ab", undirected=["ab"])
    with pytest.raises(FormatError, match="covariances only, got a --- b"):
        to_lavaan(line)
    with pytest.raises(FormatError, match="lavaan cannot hold the name 'a b'"):
        to_lavaan(Graph.empty(["a b"]))
    with pytest.raises(FormatError, match="holds a DAG"):
        to_bnlearn(line)
    for name in ("a:b", "a\nb"):
        with pytest.raises(FormatError, match="cannot hold the name"):
            to_bnlearn(Graph.empty([name]))
    for text in ("", "a|b", "[a", "[a|]", "[a]x[b]"):
        if text:
            with pytest.raises(FormatError, match="a model string is a row of"):
                from_bnlearn(text)
    with pytest.raises(FormatError, match="not among the nodes"):
        from_bnlearn("[a|b]")
    with pytest.raises(FormatError, match="distinct"):
        from_bnlearn("[a][a]")
    assert from_bnlearn("[w|z][y][z|x:y][x]") == COLLIDER


def test_graphml_and_the_others_agree():
    """One graph through each text is the same graph."""
    for text, back in (
        (to_gml(COLLIDER), from_gml),
        (to_dot(COLLIDER), from_dot),
        (to_dagitty(COLLIDER), from_dagitty),
        (to_tetrad(COLLIDER), from_tetrad),
        (to_lavaan(COLLIDER), from_lavaan),
        (to_bnlearn(COLLIDER), from_bnlearn),
        (to_node_link(COLLIDER), from_node_link),
    ):
        assert back(text) == COLLIDER
    assert "<graphml" in to_graphml(COLLIDER)
