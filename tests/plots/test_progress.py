"""What each further question brought, counted on the results themselves."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from drawing import canvas, png
from made import answers_of, made_candidates, oracle

import llmcd
from llmcd.combiner.reconcile import combine
from llmcd.equivalence import cpdag
from llmcd.errors import DataError
from llmcd.expert.answers import Answers
from llmcd.graph import Graph
from llmcd.plots.progress import draw_progress, question_progress

mpl.use("Agg")

TRUTH = Graph.from_edges(
    "abcdefghij",
    directed=[("a", "b"), ("c", "d"), ("e", "f"), ("g", "i"), ("h", "i"), ("i", "j")],
)
PROBES = [("g", "i"), ("h", "i"), ("i", "j")]
OPEN = [("a", "b"), ("c", "d"), ("e", "f")]


def result(pairs):
    """Oracle data and an oracle about pairs, in this order."""
    return combine(made_candidates(cpdag(TRUTH)), answers_of(oracle(TRUTH), pairs))


def test_first_and_last():
    """It begins with the data's own graph and ends with the result."""
    found = question_progress(result([*PROBES, *OPEN]), truth=TRUTH)
    assert found[0].questions == 0
    assert (found[0].undirected, found[0].by_expert, found[0].shd) == (3, 0, 3)
    assert found[-1].questions == 12
    assert (found[-1].undirected, found[-1].by_expert, found[-1].shd) == (0, 3, 0)


def test_the_middle_is_the_result_of_these_answers():
    """After the probes and one question about an open edge, one edge is directed."""
    found = question_progress(result([*PROBES, *OPEN]), truth=TRUTH, points=6)
    assert [one.questions for one in found] == [0, 2, 4, 6, 8, 10, 12]
    assert [one.undirected for one in found] == [3, 3, 3, 3, 2, 1, 0]


def test_nobody_and_nothing():
    """Without answers there is one point; no points at all is an error."""
    alone = combine(made_candidates(cpdag(TRUTH)), Answers.none())
    assert len(question_progress(alone)) == 1
    with pytest.raises(ValueError, match="at least 1, got 0"):
        question_progress(alone, points=0)


def test_drawn():
    """Each line is named at its end, without overlap, and holds the counts."""
    combined = result([*PROBES, *OPEN])
    ax = draw_progress(combined, truth=TRUTH, ax=canvas())
    lines = {line.get_label(): list(line.get_ydata()) for line in ax.get_lines()}
    found = question_progress(combined, truth=TRUTH)
    assert lines["undirected edges"] == [one.undirected for one in found]
    assert lines["SHD to the true DAG"] == [one.shd for one in found]
    assert sorted(text.get_text() for text in ax.texts) == sorted(lines)
    assert png(ax)
    boxes = [text.get_window_extent() for text in ax.texts]
    for k, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[k + 1 :])


def test_without_a_truth_no_distance():
    """The distance is drawn only where the true DAG is given."""
    ax = draw_progress(result(PROBES), ax=canvas())
    assert "SHD to the true DAG" not in [text.get_text() for text in ax.texts]


def test_a_loaded_result_says_what_it_needs(tmp_path):
    """In posterior mode the steps between need the rows; with them it is drawn."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(rng.normal(size=(200, 3)), columns=["a", "b", "c"])
    told = answers_of(oracle(Graph.from_edges("abc", directed=["ab"])), ["ab"])
    found = llmcd.candidates(rows, bootstrap=2)
    result = llmcd.combine(found, told, data=rows)
    loaded = llmcd.Result.load(result.save(tmp_path / "run"))
    with pytest.raises(DataError, match=r"needs the rows, .* data="):
        loaded.plot("progress", ax=canvas())
    again = llmcd.combine(loaded.candidates, loaded.answers, data=rows)
    assert question_progress(again.combined)[-1].questions == 2
