"""The graph type: marks, edges, paths and d-separation, against definitions."""

import itertools
import pickle

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import acyclic, all_dags, all_pdags
from naive import d_separated as by_paths
from strategies import dags, marked_graphs, random_dag

from llmcd.errors import GraphError
from llmcd.graph import Edge, Graph, Mark

CIRCLE, ARROW, TAIL = 1, 2, 3
# How an edge is written: the mark at the first name's end, then at the second's.
WRITTEN = {
    "-->": (TAIL, ARROW),
    "---": (TAIL, TAIL),
    "<->": (ARROW, ARROW),
    "o->": (CIRCLE, ARROW),
    "o-o": (CIRCLE, CIRCLE),
    "o--": (CIRCLE, TAIL),
}
ENDS = [(one, two) for one in (1, 2, 3) for two in (1, 2, 3)]
DIAMOND = Graph.from_edges(
    "abcd", directed=[("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")]
)
RING = Graph.from_edges("xyzw", directed=[("x", "y"), ("y", "z"), ("z", "x")])


def three_nodes():
    """All 1000 graphs on three nodes with any marks."""
    for ends in itertools.product([(0, 0), *ENDS], repeat=3):
        marks = np.zeros((3, 3), dtype=np.int8)
        for (i, j), (at_i, at_j) in zip([(0, 1), (0, 2), (1, 2)], ends, strict=True):
            marks[j, i], marks[i, j] = at_i, at_j
        yield Graph(("a", "b", "c"), marks)


def arrows(graph):
    """The directed edges for networkx, read from the marks one by one."""
    found = nx.DiGraph()
    found.add_nodes_from(graph.names)
    for i, cause in enumerate(graph.names):
        for j, effect in enumerate(graph.names):
            if graph.marks[i, j] == ARROW and graph.marks[j, i] == TAIL:
                found.add_edge(cause, effect)
    return found


def random_arcs(seed, n, chance):
    """A graph of arcs only, with cycles as they come."""
    rng = np.random.default_rng(seed)
    above = np.triu(rng.random((n, n)) < chance, 1)
    turned = np.triu(rng.random((n, n)) < 0.5, 1)
    arcs = (above & ~turned) | (above & turned).T
    return Graph.from_directed_matrix([f"v{k}" for k in range(n)], arcs)


# --- marks and edges ------------------------------------------------------------------


def test_the_mark_is_at_the_columns_end():
    """For x --> z, row x holds the arrow and row z the tail, as in pcalg's PAGs."""
    graph = Graph.from_edges("xyz", directed=[("x", "z")], bidirected=[("y", "z")])
    assert graph.marks.tolist() == [[0, 0, 2], [0, 0, 2], [3, 2, 0]]
    assert [int(mark) for mark in Mark] == [0, 1, 2, 3]
    assert [mark.name for mark in Mark] == ["NONE", "CIRCLE", "ARROW", "TAIL"]


@pytest.mark.parametrize("at_a, at_b", ENDS)
def test_every_pair_of_marks_is_written_so_that_it_can_be_read(at_a, at_b):
    """The written edge names both marks, and no arrow points to the left."""
    graph = Graph(("a", "b"), [[0, at_b], [at_a, 0]])
    (edge,) = graph.edges()
    ends = dict(zip(edge[:2], WRITTEN[edge.mark], strict=True))
    assert ends == {"a": at_a, "b": at_b}
    assert "<" not in edge.mark or edge.mark == "<->"
    assert str(graph) == str(edge) == f"{edge.a} {edge.mark} {edge.b}"


def test_edges_hold_the_whole_graph():
    """Over all graphs on three nodes: edges name every mark once and nothing else."""
    seen = set()
    for graph in three_nodes():
        marks = np.zeros((3, 3), dtype=np.int8)
        for a, b, mark in graph.edges():
            i, j = graph.names.index(a), graph.names.index(b)
            assert marks[i, j] == marks[j, i] == 0
            marks[j, i], marks[i, j] = WRITTEN[mark]
        assert np.array_equal(marks, graph.marks)
        assert graph.n_edges == len(list(graph.edges())) == np.count_nonzero(marks) / 2
        seen.add((str(graph), graph))
    assert len(seen) == len({text for text, _ in seen}) == 1000


def test_one_edge_is_the_same_from_both_ends():
    """For all graphs on three nodes: edge(a, b) is what edges() lists, or None."""
    for graph in three_nodes():
        listed = {frozenset(e[:2]): e for e in graph.edges()}
        for a, b in itertools.permutations("abc", 2):
            edge = graph.edge(a, b)
            assert graph.adjacent(a, b) == (edge is not None)
            if edge is None:
                assert frozenset((a, b)) not in listed
                continue
            known = listed[frozenset((a, b))]
            if known.mark in ("-->", "o->", "o--"):
                assert edge == known
            else:
                assert edge == Edge(a, b, known.mark)
        assert graph.edge("a", "a") is None
        assert not graph.adjacent("a", "a")


def test_matrices_and_lists_are_read_from_the_marks():
    """Arcs, lines, parents, children and neighbours, for all graphs on three nodes."""
    for graph in three_nodes():
        marks, names = graph.marks, graph.names
        arc, line = set(), set()
        for i, j in itertools.permutations(range(3), 2):
            ends = (int(marks[j, i]), int(marks[i, j]))  # at i, at j
            assert graph.arcs[i, j] == (ends == (TAIL, ARROW))
            assert graph.lines[i, j] == (ends == (TAIL, TAIL))
            assert graph.adjacencies[i, j] == (ends != (0, 0))
            if ends == (TAIL, ARROW):
                arc.add((names[i], names[j]))
            if ends == (TAIL, TAIL):
                line.add((names[i], names[j]))
        assert not np.diagonal(graph.arcs | graph.lines | graph.adjacencies).any()
        assert set(graph.directed_edges()) == arc
        assert set(graph.undirected_edges()) == {(a, b) for a, b in line if a < b}
        assert len(graph.directed_edges()) == len(arc)
        for v in names:
            assert graph.parents(v) == tuple(a for a in names if (a, v) in arc)
            assert graph.children(v) == tuple(b for b in names if (v, b) in arc)
            assert graph.neighbours(v) == tuple(b for b in names if (v, b) in line)
        skeleton = graph.skeleton()
        assert np.array_equal(skeleton.marks, TAIL * graph.adjacencies)
        assert skeleton.names == names


@given(marked_graphs())
@settings(max_examples=100, deadline=None)
def test_lists_of_edges_build_the_graph_again(graph):
    """from_edges takes what the graph lists, when no edge has a circle."""
    plain = graph.marks.copy()
    plain[(plain == CIRCLE) & (plain.T != 0)] = TAIL
    graph = Graph(graph.names, plain)
    again = Graph.from_edges(
        graph.names,
        directed=graph.directed_edges(),
        undirected=graph.undirected_edges(),
        bidirected=[e[:2] for e in graph.edges() if e.mark == "<->"],
    )
    assert np.array_equal(again.marks, graph.marks)
    assert again == graph


def test_matrix_of_arcs_and_back():
    """Over all graphs of arcs and lines on four nodes; both entries are one line."""
    for graph in all_pdags(4):
        entries = graph.arcs | graph.lines
        assert Graph.from_directed_matrix(graph.names, entries) == graph
        assert Graph.from_directed_matrix(graph.names, 0.5 * entries) == graph
    matrix = nx.to_numpy_array(arrows(DIAMOND), nodelist=DIAMOND.names)
    assert Graph.from_directed_matrix(DIAMOND.names, matrix) == DIAMOND


def test_a_graph_without_edges_and_without_nodes():
    """Nothing at all is a graph, too, and a DAG."""
    for names in ("", "a", "abc"):
        graph = Graph.empty(names)
        assert graph.names == tuple(names)
        assert graph.n_edges == 0
        assert list(graph.edges()) == []
        assert graph.topological_order() == tuple(names)
        assert graph.is_dag
        assert graph.reach().shape == (len(names), len(names))
        assert str(graph) == "(no edges)"
        assert repr(graph) == f"<Graph: {len(names)} nodes, 0 edges>"


@given(marked_graphs(texts=st.text(min_size=1)))
@settings(max_examples=60, deadline=None)
def test_any_text_is_a_name(graph):
    """Names are looked up as they are, whatever is written in them."""
    assert [graph.index(name) for name in graph.names] == list(range(len(graph.names)))
    for name in graph.names:
        assert set(graph.neighbours(name)) <= set(graph.names)
    assert {name for e in graph.edges() for name in e[:2]} <= set(graph.names)


def test_a_graph_cannot_be_changed():
    """Neither through the array that made it, nor through what it hands out."""
    marks = np.array([[0, 2], [3, 0]], dtype=np.int8)
    graph = Graph(("a", "b"), marks)
    marks[:] = 0
    assert graph.directed_edges() == (("a", "b"),)
    for held in (graph.marks, graph.arcs, graph.lines, graph.adjacencies):
        with pytest.raises(ValueError, match="read-only"):
            held[0, 1] = 0
    with pytest.raises(AttributeError):
        graph.names = ("x", "y")
    reach = graph.reach()
    reach[:] = True
    assert graph.directed_edges() == (("a", "b"),)
    assert not graph.reach().all()


# --- equality -------------------------------------------------------------------------


def test_order_of_nodes_does_not_matter_to_equality_and_hash():
    """Over all graphs on three nodes and all orders: equal, and one entry of a set."""
    for graph in three_nodes():
        orders = [graph.reorder(names) for names in itertools.permutations("abc")]
        assert all(other == graph for other in orders)
        assert len(set(orders)) == 1
        assert {graph: "found"}[orders[-1]] == "found"


@given(marked_graphs(9), st.randoms(use_true_random=False))
@settings(max_examples=80, deadline=None)
def test_larger_graphs_are_equal_in_any_order(graph, random):
    """Shuffled nodes keep equality, hash and the set of edges; pickling does, too."""
    names = list(graph.names)
    random.shuffle(names)
    other = graph.reorder(names)
    assert other.names == tuple(names)
    assert other == graph
    assert hash(other) == hash(graph)
    assert other.reorder(graph.names).marks.tolist() == graph.marks.tolist()
    again = pickle.loads(pickle.dumps(graph))
    assert again == graph
    assert hash(again) == hash(graph)


def test_different_graphs_are_not_equal():
    """All graphs on three nodes differ; so do other names, more nodes, other types."""
    assert len(set(three_nodes())) == 1000
    one = Graph.from_edges("ab", directed=[("a", "b")])
    others = [
        Graph.from_edges("ab", directed=[("b", "a")]),
        Graph.from_edges("ax", directed=[("a", "x")]),
        Graph.from_edges("abc", directed=[("a", "b")]),
        Graph.empty("ab"),
    ]
    assert one not in others
    assert one != "a --> b"
    assert one != one.marks.tolist()


# --- paths ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(25))
def test_paths_agree_with_networkx(seed):
    """Ancestors, descendants and reach on random arcs, with and without cycles."""
    graph = random_arcs(seed, 3 + seed % 12, (0.15, 0.3, 0.6)[seed % 3])
    peer = arrows(graph)
    closure = nx.transitive_closure(peer)
    for a in graph.names:
        assert set(graph.ancestors(a)) == nx.ancestors(peer, a)
        assert set(graph.descendants(a)) == nx.descendants(peer, a)
    expected = nx.to_numpy_array(closure, nodelist=graph.names).astype(bool)
    assert np.array_equal(graph.reach(), expected)
    assert graph.is_acyclic == graph.is_dag == nx.is_directed_acyclic_graph(peer)


def test_a_node_is_not_its_own_ancestor():
    """Not even on a cycle."""
    assert RING.ancestors("x") == ("y", "z")
    assert RING.descendants("x") == ("y", "z")
    assert RING.ancestors("w") == ()


@given(dags(14))
@settings(max_examples=80, deadline=None)
def test_topological_order_agrees_with_networkx(dag):
    """It is networkx's order with ties resolved by node order, and arcs go forward."""
    peer = nx.lexicographical_topological_sort(arrows(dag), key=dag.names.index)
    order = dag.topological_order()
    assert order == tuple(peer)
    assert all(order.index(a) < order.index(b) for a, b in dag.directed_edges())


def test_undirected_edges_do_not_count_in_the_order():
    """Lines and two-headed edges neither order nodes nor close a cycle."""
    graph = Graph.from_edges(
        "abcd",
        directed=[("c", "a")],
        undirected=[("a", "b"), ("b", "c")],
        bidirected=[("a", "d"), ("d", "c")],
    )
    assert graph.topological_order() == ("b", "c", "a", "d")
    assert graph.is_acyclic
    assert not graph.is_dag
    assert graph.ancestors("b") == ()


def test_acyclic_and_dag_by_definition():
    """Over all graphs of arcs and lines on four nodes, and all marks on three."""
    for graph in itertools.chain(all_pdags(4), three_nodes()):
        assert graph.is_acyclic == acyclic(graph.arcs)
        only_arcs = len(graph.directed_edges()) == graph.n_edges
        assert graph.is_dag == (only_arcs and acyclic(graph.arcs))


def test_a_cycle_is_named():
    """The error of topological_order spells a cycle that is in the graph."""
    named = 0
    for graph in [*all_pdags(4), *(random_arcs(k, 9, 0.4) for k in range(20))]:
        if acyclic(graph.arcs):
            continue
        with pytest.raises(GraphError, match="the arcs form a cycle: ") as error:
            graph.topological_order()
        cycle = str(error.value).split(": ")[1].split(" --> ")
        assert cycle[0] == cycle[-1]
        assert len(set(cycle)) == len(cycle) - 1 >= 3
        assert set(itertools.pairwise(cycle)) <= set(graph.directed_edges())
        named += 1
    assert named > 500


def test_v_structures_by_definition():
    """Over all graphs of arcs and lines on four nodes: two parents not adjacent."""
    for graph in all_pdags(4):
        arc = set(graph.directed_edges())
        near = {frozenset(e[:2]) for e in graph.edges()}
        expected = {
            (a, c, b)
            for a, b in itertools.combinations("abcd", 2)
            for c in "abcd"
            if {(a, c), (b, c)} <= arc and frozenset((a, b)) not in near
        }
        assert set(graph.v_structures()) == expected
        assert len(graph.v_structures()) == len(expected)


# --- d-separation ---------------------------------------------------------------------


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_d_separation_by_paths(n):
    """Every DAG up to 4 nodes, every pair, every conditioning set: no open path."""
    asked = 0
    for dag in all_dags(n):
        for x, y in itertools.combinations(dag.names, 2):
            rest = [v for v in dag.names if v not in (x, y)]
            for size in range(len(rest) + 1):
                for given_ in itertools.combinations(rest, size):
                    expected = by_paths(dag, x, y, set(given_))
                    assert dag.d_separated(x, y, given_) == expected
                    assert dag.d_separated(y, x, given_) == expected
                    asked += 1
    assert asked == {1: 0, 2: 3, 3: 25 * 3 * 2, 4: 543 * 6 * 4}[n]


def test_d_separation_of_sets_agrees_with_networkx():
    """Random DAGs up to 40 nodes and random disjoint sets, empty ones included."""
    rng = np.random.default_rng(0)
    answers = []
    for _ in range(400):
        n = int(rng.integers(4, 41))
        dag = random_dag(rng, n, rng.uniform(0.5, 3))
        part = rng.choice(4, size=n, p=rng.dirichlet([1, 1, n / 4, n / 4]))
        sets = [{dag.names[i] for i in np.flatnonzero(part == k)} for k in range(3)]
        xs, ys, zs = sets
        expected = nx.is_d_separator(arrows(dag), xs, ys, zs)
        assert dag.d_separated(xs, ys, zs) == expected
        pairs = itertools.product(xs, ys)
        assert expected == all(dag.d_separated(x, y, zs) for x, y in pairs)
        answers.append((expected, all(sets)))
    assert min(answers.count((yes, True)) for yes in (True, False)) > 30


def test_local_markov_property():
    """Parents separate a node from its non-descendants; nothing separates parents."""
    rng = np.random.default_rng(0)
    for _ in range(15):
        dag = random_dag(rng, 12, 2.5)
        peer = arrows(dag)
        for v in dag.names:
            parents = set(peer.predecessors(v))
            others = set(dag.names) - nx.descendants(peer, v) - parents - {v}
            assert dag.d_separated(v, others, parents)
            for w in parents:
                assert not dag.d_separated(v, w, set(dag.names) - {v, w})


def test_a_string_is_one_name():
    """A name of several letters is not taken apart, in any of the three places."""
    graph = Graph.from_edges(["ab", "cd", "a"], directed=[("ab", "cd"), ("cd", "a")])
    assert graph.d_separated("ab", "a", "cd")
    assert not graph.d_separated("ab", ["a"])
    assert graph.d_separated(iter(["ab"]), iter(["a"]), iter(["cd"]))


# --- changing -------------------------------------------------------------------------


@given(marked_graphs(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_new_names_and_more_nodes_keep_the_edges(graph, random):
    """Renaming back and adding nodes change nothing but names and nodes."""
    new = {name: f"{name}!" for name in graph.names}
    renamed = graph.rename(new)
    assert np.array_equal(renamed.marks, graph.marks)
    assert renamed.names == tuple(new[v] for v in graph.names)
    assert renamed.rename({b: a for a, b in new.items()}) == graph
    names = [*graph.names, "more", "nodes"]
    random.shuffle(names)
    wider = graph.with_nodes(names)
    assert wider.names == tuple(names)
    assert wider.n_edges == graph.n_edges
    for a, b in itertools.permutations(graph.names, 2):
        assert wider.adjacent(a, b) == graph.adjacent(a, b)
        assert wider.parents(b).count(a) == graph.parents(b).count(a)
    assert wider.neighbours("more") == ()


def test_names_can_be_exchanged():
    """Two nodes change their names at once."""
    graph = Graph.from_edges("ab", directed=[("a", "b")])
    assert graph.rename({"a": "b", "b": "a"}).directed_edges() == (("b", "a"),)
    assert graph.rename({"b": "c"}).names == ("a", "c")


# --- errors ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names, marks, message",
    [
        (
            "aa",
            np.zeros((2, 2)),
            r"must be distinct, non-empty strings, got \['a', 'a'",
        ),
        (
            ("a", ""),
            np.zeros((2, 2)),
            r"must be distinct, non-empty .* got \['a', ''\]",
        ),
        (
            (1, 2),
            np.zeros((2, 2)),
            r"must be distinct, non-empty strings, got \[1, 2\]",
        ),
        ((["a"],), [[0]], r"must be distinct, non-empty strings, got \[\['a'\]\]"),
        ("ab", np.zeros((3, 3)), r"shape \(2, 2\) for 2 names, got \(3, 3\)"),
        ("ab", np.zeros((2, 3)), r"shape \(2, 2\) for 2 names, got \(2, 3\)"),
        ("ab", [0, 1], r"shape \(2, 2\) for 2 names, got \(2,\)"),
        ("", [[0]], r"shape \(0, 0\) for 0 names, got \(1, 1\)"),
        ("ab", [[0, 4], [3, 0]], r"must be 0 none, .* or 3 tail, got \[4\]"),
        ("ab", [[0, -1], [3, 0]], r"must be 0 none, .* or 3 tail, got \[-1\]"),
        # Both are a legal mark once they are cut to eight bits or to an integer.
        ("ab", [[0, 258], [3, 0]], r"must be 0 none, .* got \[258\]"),
        ("ab", np.array([[0, 258], [3, 0]]), r"must be 0 none, .* got \[258\]"),
        ("ab", [[0, 2.5], [3, 0]], r"must be 0 none, .* got \[2\.5\]"),
        ("ab", [[0, np.nan], [3, 0]], r"must be 0 none, .* got \[nan\]"),
        ("ab", [[3, 0], [0, 0]], r"cannot have an edge to itself, got .*\['a'\]"),
        ("ab", [[0, 2], [0, 0]], r"a - b must have a mark at both ends, .* b's"),
        ("ab", [[0, 0], [1, 0]], r"b - a must have a mark at both ends, .* a's"),
    ],
)
def test_no_graph(names, marks, message):
    """What is no graph is refused, with what was expected and what came."""
    with pytest.raises(GraphError, match=message):
        Graph(names, marks)


@pytest.mark.parametrize(
    "edges, message",
    [
        ({"directed": [("a", "x")]}, r"'x', the nodes are \['a', 'b', 'c'\]"),
        ({"undirected": [("x", "a")]}, r"'x', the nodes are \['a', 'b', 'c'\]"),
        ({"directed": [("a", "b"), ("b", "a")]}, r"\(b, a\) .* once"),
        ({"directed": [("a", "b"), ("a", "b")]}, r"\(a, b\) .* once"),
        ({"directed": [("a", "b")], "bidirected": [("b", "a")]}, r"\(b, a\) .* once"),
        ({"bidirected": [("a", "a")]}, r"cannot have an edge to itself, got .*\['a'\]"),
    ],
)
def test_no_list_of_edges(edges, message):
    """An unknown node, a pair given twice and a loop are refused and named."""
    with pytest.raises(GraphError, match=message):
        Graph.from_edges("abc", **edges)


@pytest.mark.parametrize(
    "matrix, got",
    [
        (np.ones((2, 3)), r"\(2, 3\)"),
        (np.zeros((1, 2)), r"\(1, 2\)"),
        (np.zeros((3, 3)), r"\(3, 3\)"),
        ([0, 1], r"\(2,\)"),
        (1, r"\(\)"),
    ],
)
def test_no_matrix_of_arcs(matrix, got):
    """A matrix that does not fit the names is refused with both shapes."""
    with pytest.raises(GraphError, match=rf"shape \(2, 2\) for 2 names, got {got}"):
        Graph.from_directed_matrix("ab", matrix)
    with pytest.raises(GraphError, match="edge to itself"):
        Graph.from_directed_matrix("ab", [[1, 0], [0, 0]])


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda g: g.index("x"), r"no node is named 'x'; the nodes are \['a', 'b', 'c"),
        (lambda g: g.parents("x"), "no node is named 'x'"),
        (lambda g: g.ancestors("x"), "no node is named 'x'"),
        (lambda g: g.edge("a", "x"), "no node is named 'x'"),
        (lambda g: g.adjacent("x", "a"), "no node is named 'x'"),
        (lambda g: g.d_separated("a", "x"), "no node is named 'x'"),
        (lambda g: g.d_separated("a", "b", ["x"]), "no node is named 'x'"),
        (lambda g: g.d_separated("a", "a"), r"must not share a node, got \['a'\]"),
        (lambda g: g.d_separated("ab", "c"), "no node is named 'ab'"),
        (lambda g: g.d_separated("a", "d", "a"), r"must not share a node, got \['a'\]"),
        (lambda g: g.d_separated("a", ["d", "c"], "c"), r"must not share .* \['c'\]"),
        (lambda g: g.reorder("abc"), r"same nodes.*differing: \['d'\]"),
        (lambda g: g.reorder("abcx"), r"same nodes.*differing: \['d', 'x'\]"),
        (lambda g: g.reorder("abcda"), r"same nodes.*repeated: \['a'\]"),
        (lambda g: g.rename({"a": "b"}), r"distinct, .* got \['b', 'b', 'c', 'd'\]"),
        (lambda g: g.rename({"a": ""}), r"non-empty strings, got \['', 'b'"),
        (lambda g: g.with_nodes("abc"), r"not in the names: \['d'\]"),
        (lambda g: g.with_nodes("abcdd"), r"distinct, .* got \['a', 'b', 'c', 'd', 'd"),
    ],
)
def test_wrong_names(call, message):
    """A name that is unknown, missing or repeated is named in the error."""
    with pytest.raises(GraphError, match=message):
        call(DIAMOND)


@pytest.mark.parametrize(
    "graph",
    [
        RING,
        Graph.from_edges("xy", undirected=[("x", "y")]),
        Graph.from_edges("xy", bidirected=[("x", "y")]),
        Graph(("x", "y"), [[0, 2], [1, 0]]),
    ],
)
def test_d_separation_needs_a_dag(graph):
    """A cycle, a line, two heads or a circle is refused, not answered."""
    with pytest.raises(GraphError, match="is defined on a DAG; this graph"):
        graph.d_separated("x", "y")
