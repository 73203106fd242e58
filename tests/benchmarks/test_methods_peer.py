"""A peer becomes a method: its rows, its answers, its failures."""

from types import SimpleNamespace

import pytest
from cells_made import small_cell

from benchmarks.experts import consult
from benchmarks.methods import TimedOutError, UnavailableError
from benchmarks.methods_peer import PeerFailedError, as_method
from llmcd.graph import Graph


class Peer:
    """Keeps what it was given and answers as it was told to."""

    name, asks = "made", True

    def __init__(self, **said):
        self.said = {"status": "done", "reason": "", "questions": 3, "seconds": 0.25}
        self.said |= said

    def run(self, rows, answers=(), *, limit):
        self.rows, self.answers, self.limit = rows, answers, limit
        found = {"drawn": Graph.empty([str(v) for v in rows.columns]), **self.said}
        return SimpleNamespace(**found)


def run(peer, cell=None, expert="recorded", pairs="all"):
    """What the method of a peer gives for recorded answers."""
    cell = cell or small_cell()
    method = as_method(peer, lambda a, b, v: (a, b, v))
    assert (method.name, method.kind, method.asks) == ("made", "peer", True)
    return method.run(cell, consult(cell, expert, pairs=pairs))


def test_it_gets_the_rows_and_answers_that_ours_get():
    """Columns in the sample's order; each reply in its presentation order."""
    peer, cell = Peer(), small_cell()
    found = run(peer)
    assert list(peer.rows.columns) == list(cell.frame.columns)
    assert peer.rows.equals(cell.frame)
    asked = consult(cell, "recorded", pairs="all")
    assert tuple(peer.answers) == asked.verdicts
    assert (found.questions, found.seconds) == (3, 0.25)
    assert peer.limit == cell.peer_seconds


def test_an_answer_that_was_never_recorded_is_not_handed_on(monkeypatch):
    """Silence about a pair is another thing than not knowing."""
    from benchmarks import experts
    from llmcd.expert.recorded import Recorded

    one = Recorded({("lung", "smoke"): "b->a"}, missing="abstain", label="recorded")
    monkeypatch.setattr(experts, "expert_of", lambda *_, **__: one)
    peer = Peer()
    run(peer)
    assert peer.answers == [("lung", "smoke", "b->a")]


def test_a_cycle_is_measured_as_it_is():
    """Nothing of a peer's graph is repaired."""
    ring = Graph.from_edges(
        ["asia", "lung", "tub"],
        directed=[("asia", "tub"), ("tub", "lung"), ("lung", "asia")],
    )
    assert run(Peer(drawn=ring)).graph == ring


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"status": "timeout", "reason": "more than 9 s"}, TimedOutError),
        ({"status": "failed", "reason": "ValueError: no"}, PeerFailedError),
        (
            {"status": "failed", "reason": "its environment is absent: python -m"},
            UnavailableError,
        ),
    ],
)
def test_failures_keep_their_reason(said, error):
    """What is not installed is unavailable; the rest failed."""
    with pytest.raises(error, match=said["reason"]):
        run(Peer(**said))


def test_a_continuous_table_is_not_for_these_peers():
    """They are run on discrete tables."""
    with pytest.raises(UnavailableError, match="discrete"):
        run(Peer(), small_cell("greenhouse", 200), "coin")
