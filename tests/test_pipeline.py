"""From a table to an explained graph, on sampled and on real rows."""

import socket
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import llmcd

RNG = np.random.default_rng(11)


def linear_table(n=500):
    """Rows of a -> c <- b, c -> d -> e, and f apart."""
    rng = np.random.default_rng(0)
    a, b, f = rng.normal(size=(3, n))
    c = a - b + rng.normal(size=n)
    d = c + rng.normal(size=n)
    return pd.DataFrame(
        {"a": a, "b": b, "c": c, "d": d, "e": d + rng.normal(size=n), "f": f}
    )


TRUTH = llmcd.Graph.from_edges(
    "abcdef", directed=[("a", "c"), ("b", "c"), ("c", "d"), ("d", "e")]
)
TEXTS = {name: f"the quantity {name}" for name in "abcdef"}


class Watching:
    """An expert that keeps every question and always abstains."""

    def __init__(self):
        """Start with nothing seen."""
        self.seen = []

    def answer(self, question):
        """Remember the whole text, say unsure."""
        self.seen.append(question)
        return '{"reasoning": "", "verdict": "unsure", "probability": 0.5}'


def test_stages_are_discover():
    """The stages one by one give what discover gives without rounds."""
    df = linear_table(2000)
    expert = llmcd.Simulated(TRUTH, accuracy=1.0)
    whole = llmcd.discover(df, TEXTS, expert, bootstrap=4, batch=None, progress=False)
    data = llmcd.table(df, llmcd.Variables.of(TEXTS))
    found = llmcd.candidates(data, bootstrap=4)
    plan = llmcd.plan(found, TEXTS, expert=expert)
    answers = llmcd.ask(plan, expert, progress=False)
    staged = llmcd.combine(found, answers, variables=TEXTS)
    assert staged.combined.edges == whole.combined.edges
    assert whole.graph == TRUTH


def test_abstaining_is_not_asking():
    """All answers None: the same graph and the same edges as with no expert."""
    df = linear_table()
    alone = llmcd.discover(df, TEXTS, bootstrap=4, progress=False)
    mute = llmcd.discover(df, TEXTS, Watching(), bootstrap=4, progress=False)
    assert mute.graph == alone.graph
    assert mute.edges.drop(columns="warning").equals(
        alone.edges.drop(columns="warning")
    )
    assert "Nobody was asked" in str(alone)


def test_no_cell_reaches_a_question():
    """Canary cells, level labels and statistics of the table are in no question."""
    rng = np.random.default_rng(0)
    df = linear_table(300)
    df["b"] = rng.choice(["CANARYLEVEL1", "CANARYLEVEL2"], 300)
    df.loc[7, "a"] = 3.14159265
    df.index = [f"CANARYROW{i}" for i in range(300)]
    watching = Watching()
    variables = {
        **{n: {"description": f"the quantity {n}"} for n in "acdef"},
        "b": {"description": "the group", "kind": "binary"},
    }
    llmcd.discover(df, variables, watching, bootstrap=2, progress=False)
    assert watching.seen
    for question in watching.seen:
        text = question.system + question.user
        assert "CANARY" not in text
        assert "3.14159" not in text
        for value in df["d"].head(20):
            assert f"{value:.4f}" not in text


def test_declared_levels_may_be_sent():
    """Levels that the description declares are part of the question."""
    df = linear_table(300)
    df["b"] = np.where(df["b"] > 0, "yes", "no")
    watching = Watching()
    variables = {
        **{n: {"description": f"the quantity {n}"} for n in "acdef"},
        "b": {"description": "the group", "kind": "binary", "levels": ["no", "yes"]},
    }
    llmcd.discover(df, variables, watching, bootstrap=2, progress=False)
    about_b = [q for q in watching.seen if "b" in (q.a, q.b)]
    assert about_b
    assert all("yes" in q.user for q in about_b)


@given(st.permutations(range(6)), st.permutations("uvwxyz"), st.integers(0, 99))
@settings(max_examples=6, deadline=None)
def test_order_and_names_do_not_matter(columns, names, seed):
    """Permuting rows and columns and renaming changes only the order of output."""
    df = linear_table(250)
    plain = llmcd.discover(df, bootstrap=3, progress=False)
    new = dict(zip("abcdef", names, strict=True))
    moved = (
        df.sample(frac=1.0, random_state=seed)
        .iloc[:, list(columns)]
        .rename(columns=new)
    )
    again = llmcd.discover(moved, bootstrap=3, progress=False)
    assert again.graph == plain.graph.rename(new)
    assert again.graph.names == tuple(moved.columns)
    one = {
        frozenset((new[e.cause], new[e.effect])): (e.probability, e.data_support)
        for e in plain.combined.edges
    }
    two = {
        frozenset((e.cause, e.effect)): (e.probability, e.data_support)
        for e in again.combined.edges
    }
    for pair, values in one.items():
        assert two[pair][1] == values[1]
        assert two[pair][0] == pytest.approx(values[0])


def test_background_is_obeyed():
    """Tiers and forbidden edges hold in the graph and in every resample."""
    df = linear_table()
    known = {"forbidden": [("d", "e")], "tiers": [["a", "b"], ["c", "d", "e", "f"]]}
    result = llmcd.discover(df, background=known, bootstrap=4, progress=False)
    for graph in (result.graph, *result.candidates.replicates):
        assert "e" not in graph.children("d")
        for late in "cdef":
            assert not {"a", "b"} & set(graph.children(late))


def test_missing_key_is_a_clear_sentence(monkeypatch):
    """Without a key nothing is asked and the sentence says what to do."""
    for name in ("OPENAI_API_KEY", "OPENAI_KEY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(llmcd.ExpertError, match="OPENAI_API_KEY"):
        llmcd.discover(
            linear_table(), TEXTS, "openai/gpt-5", bootstrap=2, progress=False
        )


@pytest.mark.parametrize("wrong", [10, {"calls": 3}])
def test_a_budget_that_is_none_is_refused_before_any_work(wrong, monkeypatch):
    """Not after minutes of searching."""
    monkeypatch.setattr("llmcd.pipeline.candidates", None)
    with pytest.raises(TypeError, match=r"Budget\(calls=100\)"):
        llmcd.discover(linear_table(), TEXTS, Watching(), budget=wrong)


def test_a_small_budget_is_said_and_goes_on_with_a_store(tmp_path):
    """The result says how far it got; with the same store, runs get to the end."""
    settings = {
        "bootstrap": 3,
        "budget": llmcd.Budget(calls=3),
        "store": tmp_path / "s.sqlite",
        "progress": False,
    }
    expert = llmcd.Simulated(TRUTH, accuracy=1.0)
    expert.free = False
    seen = []
    while not seen or not seen[-1].answers.complete:
        assert len(seen) < 20
        seen.append(llmcd.discover(linear_table(), TEXTS, expert, **settings))
    assert len(seen) > 2
    assert [len(r.answers) for r in seen[:2]] == [3, 6]
    for partial in seen[:-1]:
        assert "answers are incomplete" in " ".join(partial.warnings)
        assert "the budget is reached (3 calls of 3" in " ".join(partial.warnings)
        assert "Nobody was asked" not in str(partial)
    whole = llmcd.discover(linear_table(), TEXTS, expert, bootstrap=3, progress=False)
    assert seen[-1] == whole


def test_no_expert_needs_no_network(monkeypatch):
    """Data alone and recorded answers open no socket."""

    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    llmcd.discover(linear_table(), bootstrap=2, progress=False)


@pytest.fixture(scope="module")
def nhefs():
    """Real people: smoking cessation and weight (from the causaldata package)."""
    causaldata = pytest.importorskip("causaldata")
    example = files("llmcd") / "examples" / "nhefs"
    variables = llmcd.Variables.of(str(example / "variables.yaml"))
    rows = causaldata.nhefs.load_pandas().data[list(variables)]
    return rows, variables, str(example / "answers.jsonl")


def test_real_rows(nhefs):
    """NHEFS, mixed kinds and missing cells, with recorded answers, end to end."""
    rows, variables, answers = nhefs
    with pytest.raises(llmcd.DataError, match=r"(?s)sbp.*listwise"):
        llmcd.discover(rows, variables, bootstrap=2, progress=False)
    result = llmcd.discover(
        rows,
        variables,
        llmcd.Recorded(answers, missing="abstain"),
        missing="listwise",
        bootstrap=4,
        progress=False,
    )
    assert set(result.graph.names) == set(rows.columns)
    assert result.graph.is_acyclic
    tier = {v: variables[v].tier for v in variables}
    for cause, effect in result.graph.directed_edges():
        assert tier[cause] <= tier[effect]
    assert "degenerate" in " ".join(result.warnings + tuple(result.data_report.detail))
    assert result.answers.pairs()
