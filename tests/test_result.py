"""What the user holds: compared by content, without rows elsewhere, and true."""

import copy
import pickle
from dataclasses import replace

import pytest
from drawing import canvas, png
from made import answers_of, made_candidates, oracle
from test_pipeline import TEXTS, TRUTH, linear_table

import llmcd


@pytest.fixture(scope="module")
def result():
    """A result from rows."""
    expert = llmcd.Simulated(TRUTH, accuracy=1.0)
    return llmcd.discover(linear_table(300), TEXTS, expert, bootstrap=3, progress=False)


def test_equal_results_are_equal(result):
    """The same run twice gives equal results, whatever objects they are made of."""
    again = llmcd.combine(result.candidates, result.answers, variables=TEXTS)
    assert again == result
    assert result == again
    assert result != result.graph


def test_different_results_differ(result):
    """Other answers, other rows or other descriptions are another result."""
    found, answers = result.candidates, result.answers
    other = replace(found, fingerprint="1" * 64)
    assert llmcd.combine(found, variables=TEXTS) != result
    assert llmcd.combine(other, answers, variables=TEXTS) != result
    assert llmcd.combine(found, answers) != result
    stopped = replace(answers, unfinished={"simulated": "stopped"})
    assert llmcd.combine(found, stopped, variables=TEXTS) != result


@pytest.mark.parametrize("travel", [lambda x: pickle.loads(pickle.dumps(x)), copy.copy])
def test_no_row_travels(result, travel):
    """A pickle or a copy equals the result and holds none of its rows."""
    table = result.candidates.table
    assert table is not None
    arrived = travel(result)
    assert arrived == result
    assert str(arrived) == str(result)
    assert arrived.candidates.table is None
    assert result.candidates.table is table


def test_a_pickle_is_smaller_than_the_rows(result):
    """Its size does not grow with the rows."""
    many = replace(result.candidates, table=llmcd.table(linear_table(20_000)))
    big = llmcd.Result(replace(result.combined, candidates=many), result.variables)
    assert len(pickle.dumps(big)) == len(pickle.dumps(result))


def test_a_run_that_got_no_answer_was_asked_all_the_same():
    """That nobody was asked is said only where it is true."""
    found = made_candidates(TRUTH)
    alone = llmcd.combine(found)
    assert "Nobody was asked." in str(alone)
    stopped = llmcd.Answers((), {"m": "0 of 9 questions answered"})
    text = str(llmcd.combine(found, stopped))
    assert "Nobody was asked" not in text
    assert "No question was answered." in text
    assert "0 of 9 questions answered" in text
    asked = llmcd.combine(found, answers_of(oracle(TRUTH), [("a", "c")]))
    assert "m: 2 questions, 0 without an answer." in str(asked)


@pytest.mark.parametrize(
    "picture, label",
    [
        ("graph", ""),
        ("evidence", "data: log-odds of the direction shown"),
        ("reliability", ""),
        ("progress", "questions answered"),
    ],
)
def test_pictures(result, picture, label):
    """Each picture is drawn where it is told to, and holds something."""
    ax = canvas()
    assert result.plot(picture, ax=ax) is ax
    assert ax.get_xlabel() == label
    assert ax.get_children()
    assert png(ax)


def test_no_such_picture(result):
    """An unknown picture is named, with those that there are."""
    with pytest.raises(ValueError, match=r"picture must be one of .*, got 'pie'"):
        result.plot("pie")


def test_what_the_other_mode_would_say(result):
    """Printed in one line: that it is the same, or where it differs."""
    assert "safe mode would say the same" in str(result)
    edges = [e for e in TRUTH.directed_edges() if e != ("d", "e")]
    other = llmcd.Graph.from_edges(
        "abcdef", directed=[*edges, ("a", "f")], undirected=[("e", "d")]
    )
    told = llmcd.Result(replace(result.combined, other_graph=other))
    assert (
        "safe mode differs on 2 pairs: a → f (here no edge); d — e (here d → e)"
        in str(told)
    )
    told = llmcd.Result(
        replace(result.combined, other_graph=llmcd.Graph.empty("abcdef"))
    )
    assert "no d → e" not in str(told)  # three are spelt out
    assert "no c → d; and 1 more" in str(told)
    told = llmcd.Result(replace(result.combined, other_graph=None))
    assert "safe mode" not in str(told)
    bare = llmcd.combine(made_candidates(TRUTH))
    assert "safe mode: the rows are not at hand" in str(bare)
    assert "(--data)" in str(bare)


def test_changes_and_proposals_are_saved_with_the_result(tmp_path):
    """They come back; those of another result are refused; without them none stay."""
    df = linear_table(200)
    before = llmcd.discover(df[:100], bootstrap=2, start=TRUTH, progress=False)
    after = before.update(df[100:], progress=False)
    assert after.refinement is not None
    assert after.refinement.n_rows == 200
    target = after.save(tmp_path / "run")
    again = llmcd.Result.load(target)
    assert (again.changes, again.refinement) == (after.changes, after.refinement)
    assert pickle.loads(pickle.dumps(after)).changes == after.changes
    assert pickle.loads(pickle.dumps(after)).data is None
    assert (target / "changes.csv").read_text(encoding="utf-8").startswith("a,b,before")
    foreign = (target / "changes.json").read_text(encoding="utf-8")
    before.save(target)
    assert not (target / "changes.json").exists()
    assert llmcd.Result.load(target).changes is None
    (target / "changes.json").write_text(foreign, encoding="utf-8")
    with pytest.raises(llmcd.FormatError, match="delete"):
        llmcd.Result.load(target)


# --- effects and files ----------------------------------------------------------------

quiet = pytest.mark.filterwarnings("ignore")


def test_an_effect_of_a_result(result):
    """Averaged over the sampled graphs, on its own rows, in the columns' units."""
    df = linear_table(300)
    cause, outcome = TRUTH.directed_edges()[0]
    found = result.effect(cause, outcome, df, refuters=())
    assert found.graphs == len(result.combined.samples)
    assert found.n_rows == 300
    assert found.low <= found.value <= found.high
    assert "no draws from a posterior" not in str(found)
    safe = llmcd.combine(result.candidates, result.answers, mode="safe")
    resampled = safe.effect(cause, outcome, df, refuters=())
    assert resampled.graphs == len(result.candidates.replicates)
    assert "no draws from a posterior" in str(resampled)
    assert sum(way.share for way in found.ways) == pytest.approx(1)
    # of lines: on a curve one standard deviation more is no multiple of one unit more
    line = {"refuters": (), "estimator": "linear"}
    unit = result.effect(cause, outcome, df, **line)
    standard = result.effect(cause, outcome, **line)
    ratio = df[outcome].std() / df[cause].std()
    assert unit.value == pytest.approx(standard.value * ratio)
    with pytest.raises(llmcd.DataError, match="are not the 300 that"):
        result.effect(cause, outcome, linear_table(200))
    other = result.effect(cause, outcome, linear_table(200), new_rows=True, refuters=())
    assert other.n_rows == 200
    with pytest.raises(ValueError, match="must differ"):
        result.effect(cause, cause, df)
    with pytest.raises(llmcd.GraphError, match="'q' is not in the graph"):
        result.effect(cause, "q", df)


def test_a_loaded_result_needs_its_rows(result, tmp_path):
    """Rows are in no run folder; given again, the effect is the same."""
    again = llmcd.Result.load(result.save(tmp_path / "run"))
    cause, outcome = TRUTH.directed_edges()[0]
    with pytest.raises(llmcd.DataError, match="give them again as data="):
        again.effect(cause, outcome)
    df = linear_table(300)
    kept = result.effect(cause, outcome, df, refuters=())
    assert again.effect(cause, outcome, df, refuters=()) == kept


@quiet
def test_falsify_and_handing_on(result):
    """The graph of good rows stands; DoWhy gets the graph's own arrows."""
    found = result.falsify(linear_table(300))
    assert not found.rejected
    cause, outcome = TRUTH.directed_edges()[0]
    assert result.graph.is_dag
    model = result.to_dowhy(linear_table(300), cause, outcome)
    assert set(model._graph._graph.edges) == set(result.graph.directed_edges())
    assert set(result.to_gcm().graph.edges) == set(result.graph.directed_edges())
    with pytest.raises(llmcd.GraphError, match="every edge directed"):
        result.to_gcm(graph=result.graph.skeleton())


def test_every_format_of_a_result(result):
    """Each text is read back as the result's graph; three carry the edge table."""
    from llmcd.formats import FORMATS, read

    for name in FORMATS:
        # an edge list does not know the nodes without edges
        again = read(result.to(name), name).with_nodes(result.graph.names)
        assert again == result.graph
    for name in ("graphml", "json"):
        assert "decided_by" in result.to(name)
    assert "decidedby" in result.to("gml")
    with pytest.raises(ValueError, match="format must be one of"):
        result.to("docx")
