"""Effects of a result, on its own rows or others, and the graph tested."""

import pytest
from test_pipeline import TRUTH, linear_table

import llmcd

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
