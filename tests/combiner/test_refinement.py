"""A graph of one's own: left alone where it is right, mended where it is wrong."""

import numpy as np
import pandas as pd
import pytest
from test_pipeline import TEXTS, TRUTH, linear_table

import llmcd
from llmcd.combiner.refinement import Refinement
from llmcd.equivalence import cpdag, members
from llmcd.errors import DataError, GraphError
from llmcd.graph import Graph


def sampled(truth, n, seed):
    """Rows of a linear model of a DAG."""
    rng = np.random.default_rng(seed)
    made = {}
    for name in truth.topological_order():
        made[name] = rng.normal(size=n)
        for cause in truth.parents(name):
            made[name] = made[name] + rng.uniform(0.6, 1.2) * made[cause]
    return pd.DataFrame({name: made[name] for name in truth.names})


def random_dag(seed, p=7, share=0.35):
    """A DAG over a, b, c, ..."""
    rng = np.random.default_rng(seed)
    names, order = "abcdefghij"[:p], rng.permutation(p)
    arcs = np.zeros((p, p), dtype=bool)
    arcs[np.ix_(order, order)] = np.triu(rng.random((p, p)) < share, 1)
    return Graph.from_directed_matrix(tuple(names), arcs)


def refined(df, graph, **options):
    """Few resamples, no bar."""
    return llmcd.refine(df, graph, bootstrap=5, progress=False, **options)


@pytest.mark.parametrize("seed", range(4))
def test_a_truth_is_left_alone(seed):
    """With many rows nothing is proposed, whichever member of the class is drawn."""
    truth = random_dag(seed)
    df = sampled(truth, 8000, seed)
    for k, member in enumerate(members(cpdag(truth))):
        if k == 3:
            break
        found = refined(df, member)
        assert found.proposals == (), str(found)
        assert found.refined == found.graph == member


@pytest.mark.parametrize(
    "truth, wrong, expected",
    [
        (
            TRUTH,
            [("a", "c"), ("b", "c"), ("d", "c"), ("a", "f")],
            {
                ("reverse", "d --> c", "c --> d"),
                ("remove", "a --> f", "no edge"),
                ("add", "d and e", "d --> e"),
            },
        ),
        (
            Graph.from_edges(
                "abcde",
                directed=[("a", "b"), ("c", "b"), ("b", "d"), ("e", "d")],
            ),
            [("b", "a"), ("c", "b"), ("b", "d"), ("c", "e")],
            {
                ("reverse", "b --> a", "a --> b"),
                ("add", "d and e", "e --> d"),
                ("remove", "c --> e", "no edge"),
            },
        ),
    ],
)
def test_three_errors_are_three_proposals(truth, wrong, expected):
    """One edge reversed, one missing, one too many: just these, then the truth."""
    mine = Graph.from_edges(truth.names, directed=wrong)
    found = refined(sampled(truth, 6000, 1), mine)
    assert {(p.change, p.before, p.after) for p in found.proposals} == expected
    assert found.refined == truth
    assert all(p.probability > 0.9 for p in found.proposals)
    assert all(p.gain > 0 for p in found.proposals)


def test_discrete_rows():
    """The same on a table of labels."""
    rng = np.random.default_rng(3)
    n = 6000
    a, b = rng.random((2, n)) < 0.5
    c = rng.random(n) < np.where(a & b, 0.9, np.where(a | b, 0.5, 0.1))
    d = rng.random(n) < np.where(c, 0.85, 0.2)
    df = pd.DataFrame({"a": a, "b": b, "c": c, "d": d})
    mine = Graph.from_edges("abcd", directed=[("c", "a"), ("b", "c"), ("a", "d")])
    found = refined(df, mine)
    assert {(p.change, p.after) for p in found.proposals} == {
        ("reverse", "a --> c"),
        ("add", "c --> d"),
        ("remove", "no edge"),
    }


CHAIN = Graph.from_edges("xyz", directed=[("x", "y"), ("y", "z")])


@pytest.mark.parametrize(
    "mine, expected",
    [
        ([("x", "y"), ("z", "y")], {"reverse"}),  # a collider that is none
        ([("z", "y"), ("y", "x")], set()),  # another member of the class
        ([("x", "y")], {"add"}),
        ([], {"add"}),
    ],
)
def test_what_the_rows_leave_open(mine, expected):
    """The rest of the graph settles a direction, or it stays open; never a collider."""
    df = sampled(CHAIN, 3000, 0)
    found = refined(df, Graph.from_edges("xyz", directed=mine))
    assert {p.change for p in found.proposals} == expected
    assert not found.refined.v_structures()
    assert found.refined.skeleton() == CHAIN.skeleton()
    for edge in mine:
        if expected != {"reverse"}:
            assert edge in found.refined.directed_edges()
    if not mine:
        assert len(found.refined.undirected_edges()) == 2
        assert "nothing settles the direction" in str(found)


def test_hard_knowledge_is_never_proposed_against():
    """What is forbidden is not proposed, though the score would like it."""
    df = sampled(CHAIN, 2000, 0)
    known = {"forbidden": [("y", "z"), ("z", "y")]}
    found = refined(df, Graph.empty("xyz"), background=known)
    assert all(p.before != "y and z" for p in found.proposals)


def test_answers_count():
    """Answers about a pair are counted, and move its probability from the rows'."""
    df = sampled(CHAIN, 400, 5)
    expert = llmcd.Simulated(CHAIN, accuracy=1.0)
    texts = {name: f"the quantity {name}" for name in "xyz"}
    mine = Graph.from_edges("xyz", undirected=[("x", "y"), ("y", "z")])
    found = refined(df, mine, variables=texts, expert=expert)
    pair = found.pairs[0]
    assert pair.answers == 2
    assert pair.mark == "---"
    assert pair.forward > pair.by_rows or pair.backward > 1 - pair.by_rows - pair.apart


def test_the_tables_and_the_text():
    """Probabilities add up; each number of an edge is what it says."""
    df = linear_table(1000)
    mine = Graph.from_edges("abc", directed=[("a", "c"), ("c", "b")])
    result = llmcd.discover(df, TEXTS, start=mine, bootstrap=5, progress=False)
    found = result.refinement
    assert found is not None
    assert result.refine(mine) == found
    frame = found.edges
    total = frame["forward"] + frame["backward"] + frame["apart"]
    assert np.allclose(total, 1.0)
    edges = frame[frame["mark"] == "-->"]
    assert list(zip(edges["cause"], edges["effect"], strict=True)) == [
        ("a", "c"), ("c", "b")
    ]  # fmt: skip
    assert (edges["removal"] < 0).all()
    assert edges["addition"].isna().all()
    assert list(found.to_frame()["change"]) == [p.change for p in found.proposals]
    text = str(found)
    assert text.startswith("a graph of 2 edges against 1,000 rows: 3 changes proposed")
    assert "reverse c --> b: b --> c" in text
    assert "your graph: 3 changes proposed" in str(result)
    assert Refinement.from_dict(found.to_dict()) == found
    assert "<pre>" in found._repr_html_()


def test_columns_and_names_in_any_order():
    """The order of columns and rows changes no proposal."""
    df = linear_table(500)
    mine = Graph.from_edges("abcdef", directed=[("a", "c"), ("d", "c"), ("a", "f")])
    one = refined(df, mine)
    moved = df.sample(frac=1.0, random_state=1)[list("fedcba")]
    two = refined(moved, mine)
    assert one.proposals == two.proposals


def test_safe_mode_says_that_shares_are_of_resamples():
    """Without sampled graphs the resamples speak."""
    found = refined(linear_table(500), TRUTH, mode="safe")
    assert "shares of the resamples" in " ".join(found.notes)
    assert found.proposals == ()


def test_a_constant_column():
    """An edge at a constant column stays and is said to be beyond these rows."""
    df = linear_table(500).assign(g=1.0)
    mine = Graph.from_edges("acg", directed=[("a", "c"), ("a", "g")])
    found = refined(df, mine)
    assert any(note.startswith("a --> g: a column is constant") for note in found.notes)
    assert ("a", "g") in found.refined.directed_edges()


def test_what_cannot_be_refined(tmp_path):
    """Strange nodes and absent rows are said."""
    result = llmcd.discover(linear_table(200), TEXTS, bootstrap=2, progress=False)
    with pytest.raises(GraphError, match="no columns"):
        result.refine(Graph.empty("az"))
    loaded = llmcd.Result.load(result.save(tmp_path / "run"))
    with pytest.raises(DataError, match="data="):
        loaded.refine(TRUTH)
