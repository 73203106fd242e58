"""What is believed so far: the rows' own graphs, moved by the answers."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import llmcd
from llmcd.combiner.audited import Audited
from llmcd.combiner.evidence import Vote
from llmcd.combiner.outlook import look_ahead
from llmcd.combiner.posterior import reconcile_samples


@cache
def chain_candidates():
    """Rows of a -> b -> c, whose class leaves both directions open."""
    rng = np.random.default_rng(3)
    a = rng.normal(size=400)
    b = a + rng.normal(size=400)
    rows = pd.DataFrame({"a": a, "b": b, "c": b + rng.normal(size=400)})
    return llmcd.candidates(rows, bootstrap=4, n_jobs=1)


def test_answers_move_the_outlook_and_few_graphs_are_drawn_anew():
    """Reweighted while enough graphs count, sampled again when they do not."""
    found = chain_candidates()
    alone = look_ahead(found)
    assert alone.samples is found.samples
    assert alone.speaks == 1.0
    votes = [
        Vote("m", "a", "b", 1, "both", 2, ""),
        Vote("m", "b", "c", 1, "both", 2, ""),
    ]
    told = look_ahead(found, {"m": votes})
    i, j = (told.alone.names.index(v) for v in "ab")
    assert told.direction[i, j] > alone.direction[i, j]
    assert not np.allclose(told.weights, alone.weights)
    assert told.weights.sum() == pytest.approx(1.0)


def test_reweighting_agrees_with_sampling_anew(monkeypatch):
    """The same shares, to what few graphs can say."""
    found = chain_candidates()
    votes = {"m": [Vote("m", "a", "b", 1, "both", 2, "")]}
    weighed = look_ahead(found, votes)
    assert weighed.samples is found.samples
    monkeypatch.setattr("llmcd.combiner.outlook.LEAST_EFFECTIVE", 1e9)
    drawn = look_ahead(found, votes)
    assert drawn.samples is not found.samples
    assert np.abs(weighed.shares - drawn.shares).max() < 0.08


def test_a_silent_expert_is_asked_less():
    """Pairs without an answer say how likely the next answer is."""
    votes = [
        Vote("m", "a", "b", 0, "unsure", 0, ""),
        Vote("m", "b", "c", 0, "unsure", 0, ""),
    ]
    assert look_ahead(chain_candidates(), {"m": votes}).speaks == 0.5


def test_chains_are_heard_as_in_the_combiner():
    """Also of a second expert, whose draws are turned, and with a silent one first."""
    found = chain_candidates()
    votes = {
        "a": [Vote("a", "a", "c", 0, "unsure", 0, "")],
        "m": [Vote("m", "a", "c", 0, "none", 2, "")],
        "n": [Vote("n", "a", "b", 1, "both", 2, "")],
    }
    heard = look_ahead(found, votes).heard
    assert np.array_equal(heard, reconcile_samples(found, votes).heard)
    assert 1 <= heard.sum() <= 4  # the slab's part of the chains
    alone = look_ahead(found, {"n": votes["n"]}).heard
    assert not np.array_equal(heard, alone)
    assert not look_ahead(found, {"m": votes["m"]}).heard.any()


def test_an_audited_expert_is_looked_ahead_to_as_such():
    """Before it answers and after; of a panel the others stay unknown."""
    found, audit = chain_candidates(), Audited(((0.0,) * 4,) * 3, 8.0, 0.0)
    vote = Vote("m", "a", "b", 1, "both", 2, "")
    for votes in ({"m": []}, {"m": [vote]}):
        known = look_ahead(found, votes, {"m": audit})
        assert known.no_skill < 0.15 < 0.8 < look_ahead(found, votes).no_skill
    heard = look_ahead(found, {"m": [vote]}, {"m": audit}).heard
    assert np.array_equal(
        heard, reconcile_samples(found, {"m": [vote]}, {"m": audit}).heard
    )
    panel = look_ahead(found, {"m": [], "n": []}, {"m": audit})
    assert len(panel.responses) == 2
    assert panel.no_skill > 0.8
