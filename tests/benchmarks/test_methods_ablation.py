"""What is taken out is out, and the rest is posterior mode to the last digit."""

from dataclasses import replace
from functools import partial
from unittest.mock import patch

import numpy as np
import pytest
from cells_made import small_cell

from benchmarks import methods_ablation as module
from benchmarks.experts import consult
from benchmarks.methods import methods, registry
from benchmarks.methods_ablation import existence_part, one_order, order_part
from llmcd.combiner import posterior
from llmcd.combiner.evidence import Vote, votes
from llmcd.combiner.response import Response, learn_response

WORTH = np.log([[0.6, 0.05, 0.3, 0.02, 0.03], [0.1, 0.1, 0.3, 0.3, 0.2]])


def run(name, expert="recorded"):
    """The estimate on a small cell, all pairs asked."""
    cell = small_cell()
    return registry()[name].run(cell, consult(cell, expert, pairs="all"))


def test_all_means_what_is_whole():
    """Parts are taken out only when asked for."""
    assert "ablation" not in {m.kind for m in methods(["all"])}
    assert len(methods(["ablation"])) == len(module.METHODS)


def test_nothing_taken_out_is_posterior_mode():
    """The same graph, the same probabilities; and it is as it was afterwards."""
    plain = run("posterior")
    whole = partial(module._as, Response)
    same = module._posterior("same", "", (posterior, "learn_response", whole))
    cell = small_cell()
    found = same.run(cell, consult(cell, "recorded", pairs="all"))
    run("posterior: order only")
    again = run("posterior")
    for other in (found, again):
        assert other.graph == plain.graph
        assert np.array_equal(other.direction_probability, plain.direction_probability)
    assert posterior.learn_response is learn_response


def test_order_says_nothing_about_an_edge():
    """Odds of the two directions stay; an edge is worth what an ancestor is."""
    part = order_part(WORTH)
    for there, back in ((0, 1), (2, 3)):
        gap = WORTH[:, there] - WORTH[:, back]
        assert part[:, there] - part[:, back] == pytest.approx(gap)
        both = np.exp(part[:, there]) + np.exp(part[:, back])
        assert both == pytest.approx(2 * np.exp(part[:, 4]))
    assert part[1] == pytest.approx(np.zeros(5))


def test_existence_says_nothing_about_the_order():
    """Both directions alike; the means of each state stay."""
    part = existence_part(WORTH)
    assert part[:, 0] == pytest.approx(part[:, 1])
    assert part[:, 2] == pytest.approx(part[:, 3])
    edge = np.exp(WORTH[:, :2]).mean(axis=1)
    neither = np.exp(WORTH[:, 4])
    assert np.exp(part[:, 0] - part[:, 4]) == pytest.approx(edge / neither)


def test_one_order_hears_one_of_two():
    """Each pair once, some of each sort, and always the same."""
    cell = small_cell()
    answers = consult(cell, "always-first", pairs="all").answers
    heard = one_order(answers)
    assert len(heard.answers) == len({x.pair for x in answers.answers})
    assert {x.pair == (x.a, x.b) for x in heard.answers} == {True, False}
    assert {v.pattern for v in votes(heard)} == {"one"}
    assert one_order(answers) == heard


def test_fixed_weights_learn_nothing():
    """The same whatever was said."""
    pair = ("a", "b")
    sure = {pair: (0.9, 0.02, 0.02, 0.02, 0.04)}
    found = [
        module._fixed([Vote("m", *pair, way, "both", 2, "")], sure, draws=4, seed=0)
        for way in (1, -1)
    ]
    assert np.array_equal(found[0].skill, found[1].skill)
    assert np.array_equal(found[0].rows, found[1].rows)
    assert found[0].rows.sum(axis=2) == pytest.approx(1.0)
    assert isinstance(found[0], Response)


def test_without_resamples_all_chains_share_one_table():
    """And the graphs sampled before, on resamples, are not taken for the others."""
    cell = small_cell()
    assert cell.candidates.samples is not None
    made = partial(module.prepare_ensemble, resampled=0.0)
    with patch.object(module.ensemble, "prepare_ensemble", made):
        tables = replace(cell.candidates).ensemble.tables
    assert len(tables) == len(cell.candidates.ensemble.tables)
    assert all(np.array_equal(t, tables[0]) for t in tables)
    assert not np.array_equal(cell.candidates.ensemble.tables[0], tables[0])


def test_the_search_with_all_its_starts_is_data_alone():
    """What is taken out is starts, and nothing else."""
    cell = small_cell()
    found = module._starts(100).run(cell, None)
    assert found.graph.reorder(cell.candidates.names) == cell.candidates.graph
