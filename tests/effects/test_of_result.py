"""The graphs that a result is averaged over, and the rows that belong to it."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
from made import answers_of, known_right, made_candidates, oracle

import llmcd
from llmcd.combiner.combined import Combined
from llmcd.combiner.reconcile import combine
from llmcd.effects.of_result import ALONE, RESAMPLED, graphs_of, rows_of_result
from llmcd.equivalence import cpdag
from llmcd.errors import DataError
from llmcd.graph import Graph
from llmcd.variables import Variables

TRUTH = Graph.from_edges("abcdef", directed=["ab", "bc", "dc", "ef"])


def combined(answers=None, replicates=None):
    """Data that say the truth's class, and perhaps an expert."""
    found = made_candidates(cpdag(TRUTH), replicates)
    said = answers or llmcd.Answers.none()
    return combine(found, said, mode="safe", audits=known_right(said))


def test_resamples_without_an_expert():
    """They are the resamples as they are; without any, it is the one graph."""
    one = combined()
    assert graphs_of(one) == (one.candidates.replicates, None, RESAMPLED)
    bare = combined(replicates=[])
    assert graphs_of(bare) == ((bare.graph,), None, ALONE)


def test_what_the_expert_decided_is_drawn():
    """Each resample directs the edge as the expert does, as often as it is sure."""
    pairs = [(a, b) for a in TRUTH.names for b in TRUTH.names if a < b]
    replicates = [cpdag(TRUTH)] * 400
    one = combined(answers_of(oracle(TRUTH), pairs), replicates)
    told = [e for e in one.edges if e.decided_by == "expert"]
    assert told
    graphs, weights, _ = graphs_of(one, seed=1)
    assert weights is None
    for edge in told:
        drawn = np.mean([edge.effect in g.children(edge.cause) for g in graphs])
        spread = np.sqrt(edge.probability * (1 - edge.probability) / 400)
        assert abs(drawn - edge.probability) < 4 * spread + 1e-9
    assert graphs == graphs_of(one, seed=1)[0]


def test_edges_that_a_resample_lacks_or_directs_stay():
    """The expert adds no edge to a resample and turns none."""
    pairs = [("a", "b"), ("e", "f")]
    other = Graph.from_edges("abcdef", directed=["ba", "bc"])
    one = combined(answers_of(oracle(TRUTH), pairs), [other] * 5)
    assert set(graphs_of(one)[0]) == {other}


@dataclass(frozen=True)
class Sampled(Combined):
    """A result that carries sampled graphs, as the posterior mode makes it."""

    sample_weights: tuple[float, ...] = ()


def test_sampled_graphs_come_first():
    """Where there are samples with weights, they are what is averaged over."""
    fields = dict(vars(combined()))
    fields.pop("class_graph", None)
    given = (TRUTH, cpdag(TRUTH))
    fields["samples"] = given
    one = Sampled(**fields, sample_weights=(3.0, 1.0))
    assert graphs_of(one) == (given, (3.0, 1.0), "")
    assert graphs_of(replace(one, sample_weights=())) == (given, None, "")


def test_rows_must_be_those_of_the_result():
    """Other rows are refused, unless they are said to be other ones."""
    rng = np.random.default_rng(0)
    df = pd.DataFrame(rng.normal(size=(100, 3)), columns=list("xyz"))
    one = combine(llmcd.candidates(df, bootstrap=2), llmcd.Answers.none())
    same = rows_of_result(one, df.sample(frac=1, random_state=0), Variables())
    assert same.natural
    held = rows_of_result(one, None, Variables())
    assert not held.natural
    assert np.array_equal(held.table.values, same.table.values)
    with pytest.raises(DataError, match=r"are not the 100 that .* new_rows=True"):
        rows_of_result(one, df + 1e-3 * df**2, Variables())
    assert rows_of_result(one, df * 2 + df**2, Variables(), new_rows=True).natural
    with pytest.raises(DataError, match=r"speaks of \['z'\]"):
        rows_of_result(one, df[["x", "y"]], Variables())
    loaded = replace(one, candidates=replace(one.candidates, table=None))
    with pytest.raises(DataError, match="holds no rows, as after loading"):
        rows_of_result(loaded, None, Variables())
