"""Questions of an arm can be written, filled in and read back."""

import json
import sys

import pytest

from benchmarks import record_answers
from benchmarks.arms import in_arm
from benchmarks.networks import known_network
from llmcd.expert.answers import read_json_lines
from llmcd.expert.recorded import Recorded


def test_pairs_hold_every_edge_and_every_recorded_pair():
    """Each once, in name order, so that the order tells nothing."""
    pairs = record_answers.pairs_of_network("asia")
    assert all(a < b for a, b in pairs)
    assert pairs == sorted(set(pairs))
    edges = {tuple(sorted(e)) for e in known_network("asia").graph.directed_edges()}
    path = record_answers.RECORDED / "real" / "asia.jsonl"
    held = {tuple(sorted((x["a"], x["b"]))) for _, x in read_json_lines(path)}
    assert set(pairs) == edges | held


def test_sittings_ask_each_pair_in_opposite_orders():
    """What is A in one sitting is B in the other, and the orders are shuffled."""
    shown = in_arm(known_network("asia").variables, "alias", network="asia")
    pairs = record_answers.pairs_of_network("asia")
    one, two = record_answers.sittings(shown, 0, pairs)
    assert sorted(q.pair for q in one) == pairs
    assert {(q.a, q.b) for q in one} == {(q.b, q.a) for q in two}
    assert [q.pair for q in one] != pairs
    assert [q.pair for q in one] != [q.pair for q in two]


def test_what_is_filled_in_is_replayed(tmp_path, monkeypatch):
    """A reply reaches the pair and order that its question was about."""

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["record_answers", *map(str, words)])
        record_answers.main()

    common = ("--network", "cancer", "--arm", "nonsense", "--out", tmp_path)
    call("emit", *common)
    for n in (1, 2):
        lines = [x for _, x in read_json_lines(tmp_path / f"questions-{n}.jsonl")][1:]
        reply = {"reasoning": "r", "verdict": "A_causes_B", "probability": 0.6}
        text = "".join(json.dumps({"id": x["id"], **reply}) + "\n" for x in lines)
        (tmp_path / f"filled-{n}.jsonl").write_text(text)
    call("apply", *common, "--expert", "me", "--to", tmp_path / "answers.jsonl")
    expert = Recorded(tmp_path / "answers.jsonl")
    for a, b in record_answers.pairs_of_network("cancer"):
        for order in ((a, b), (b, a)):
            q = record_answers.pairwise_question(
                known_network("cancer").variables, *order
            )
            assert '"A_causes_B"' in expert.answer(q).text


def test_apply_needs_to_know_who_answered(tmp_path, monkeypatch):
    """Answers of nobody in particular are not written."""
    words = ["x", "apply", "--network", "cancer", "--out", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit):
        record_answers.main()
