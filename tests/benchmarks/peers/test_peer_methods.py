"""Peers get the rows and answers that ours gets, and use them as they say."""

import json
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd
import pytest

from benchmarks import peer_methods
from benchmarks.networks import known_network
from benchmarks.peer_methods import PEER_METHODS, Answered, PeerMethod, peer_method
from benchmarks.peers import (
    ADAPTERS,
    Task,
    compare,
    environments,
    run_peer,
    write_rows,
)
from benchmarks.peers.compare import simulated_answers
from benchmarks.peers.environments import state
from llmcd.graph import Graph
from llmcd.metrics import shd

ROWS = pd.DataFrame({"x": [0, 1, 1, 0], "y": list("cabb"), "z": [2.0, 1.0, 2.0, 1.0]})

FAKE = f"""
import json, sys
sys.path.insert(0, {str(ADAPTERS)!r})
from asked import Replies
from protocol import Prepared, serve

def fake(rows, options):
    replies = Replies(options["answers"])
    replies.one_order("x", "y")
    edges = [(a, b, "-->") for a, b in options["edges"]]
    told = {{"names": rows.names, "values": rows.values.tolist(), "sizes": rows.sizes}}
    if options["edges"] == [["told", "told"]]:
        raise ValueError(json.dumps(told))
    return Prepared(lambda: None, lambda _: edges, after=lambda _: replies.told())

serve({{"fake": fake}}, ["numpy"])
"""


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A peer that returns the edges it is told to."""
    script = tmp_path / "fake_expert.py"
    script.write_text(FAKE)
    monkeypatch.setattr(peer_methods, "state", lambda *_: "ready")
    monkeypatch.setattr(peer_methods, "python_of", lambda *_: Path(sys.executable))

    def made(*edges: tuple[str, str]) -> PeerMethod:
        options = {"edges": [list(edge) for edge in edges]}
        return PeerMethod("fake", True, "fake", str(script), "fake", options)

    return made


# --- values ---------------------------------------------------------------------------


def test_graph_and_counts(fake):
    """Edges, the number of replies used and of pairs asked about come back."""
    answers = [Answered("y", "x", "b->a"), Answered("y", "z", None)]
    found = fake(("x", "y"), ("z", "y")).run(ROWS, answers, limit=20.0)
    assert (found.status, found.reason, found.cyclic) == ("done", "", False)
    assert found.graph == Graph.from_edges("xyz", directed=[("x", "y"), ("z", "y")])
    assert found.drawn == found.graph
    assert (found.questions, found.asked, found.unanswered) == (1, 1, 0)
    found = fake().run(ROWS, answers[1:], limit=20.0)
    assert (found.questions, found.asked, found.unanswered) == (0, 1, 1)
    assert found.versions["numpy"]


def test_cycle_is_told_and_not_repaired(fake):
    """A cyclic result has no graph, but all its edges."""
    found = fake(("x", "y"), ("y", "z"), ("z", "x")).run(ROWS, limit=20.0)
    assert (found.status, found.cyclic, found.graph) == ("done", True, None)
    assert set(found.edges) == {("x", "y", "-->"), ("y", "z", "-->"), ("z", "x", "-->")}
    assert found.drawn is not None
    assert found.drawn.directed_edges() == (("x", "y"), ("y", "z"), ("z", "x"))


def test_levels_arrive_in_their_order(fake):
    """Levels are codes in the order of a category, or sorted."""
    rows = ROWS.assign(
        x=pd.Categorical(["low", "high", "high", "low"], ["low", "high"])
    )
    found = fake(("told", "told")).run(rows, limit=20.0)
    assert found.status == "failed"
    assert found.drawn is None
    assert json.loads(found.reason.removeprefix("ValueError: ")) == {
        "names": ["x", "y", "z"],
        "values": [[0, 2, 1], [1, 0, 0], [1, 1, 1], [0, 1, 0]],
        "sizes": [2, 3, 2],
    }


def test_what_does_not_fit(fake):
    """Rows that are not discrete, cells that are missing, strange answers: refused."""
    ask = fake()
    with pytest.raises(ValueError, match="missing cells; 'z'"):
        ask.run(ROWS.assign(z=[1.0, None, 2.0, 1.0]), limit=1.0)
    with pytest.raises(ValueError, match="discrete table; 'x' has 101 levels"):
        ask.run(pd.DataFrame({"x": range(101), "y": 0}), limit=1.0)
    with pytest.raises(ValueError, match="distinct names"):
        ask.run(ROWS.rename(columns={"x": "y"}), limit=1.0)
    with pytest.raises(ValueError, match=r"columns of the rows, got \['w'\]"):
        ask.run(ROWS, [Answered("w", "x", None)], limit=1.0)
    with pytest.raises(ValueError, match="above 0, got 0"):
        ask.run(ROWS, limit=0)
    with pytest.raises(ValueError, match="a verdict is one of"):
        Answered("x", "y", "maybe")
    with pytest.raises(ValueError, match="two variables"):
        Answered("x", "x", "none")
    with pytest.raises(ValueError, match="a peer method is one of pgmpy Exp"):
        peer_method("Tetrad")


@pytest.mark.parametrize("method", PEER_METHODS, ids=lambda m: m.name)
def test_every_method_can_be_installed(method: PeerMethod, tmp_path: Path):
    """Adapter and pins exist; without its environment it fails and says so."""
    assert (ADAPTERS / method.adapter).exists()
    lines = environments.requirements_of(method.environment).read_text().splitlines()
    wanted = [line for line in lines if line and not line.startswith("#")]
    assert all(line.count("==") == 1 for line in wanted)
    assert any(line.startswith(f"{method.environment}==") for line in wanted)
    assert method.environment in environments.known()
    found = method.run(ROWS, limit=1.0, home=tmp_path)
    assert (found.status, found.graph, found.seconds) == ("failed", None, None)
    assert f"python -m benchmarks.peers install {method.environment}" in found.reason


# --- the peers themselves, with simulated experts -------------------------------------

ASIA = known_network("asia")
EXPERTS = {**compare.EXPERTS, "first": {"first_bias": 1.0}}
# "causalif, both orders" takes as long again and differs in one argument only.
NAMES = [m.name for m in PEER_METHODS if m.name != "causalif, both orders"]
ASKING = [name for name in NAMES if peer_method(name).asks]


@cache
def rows() -> pd.DataFrame:
    """2,000 rows of asia."""
    return ASIA.sample(2000, seed=1)


@cache
def run(name: str, expert: str | None):
    """One run of a method; skipped where its environment is missing."""
    method = peer_method(name)
    if (is_there := state(method.environment)) != "ready":
        pytest.skip(
            f"the environment of {method.environment} is {is_there}: "
            f"python -m benchmarks.peers install {method.environment}"
        )
    answers = simulated_answers(ASIA.graph, **EXPERTS[expert]) if expert else []
    found = method.run(rows(), answers, limit=120.0)
    assert (found.status, found.reason) == ("done", "")
    assert found.drawn is not None
    return found


def along(drawn: Graph) -> tuple[int, int]:
    """How many of its arcs are edges of the truth, and how many are reversed ones."""
    truth = set(ASIA.graph.directed_edges())
    arcs = set(drawn.directed_edges())
    return len(arcs & truth), len({(b, a) for a, b in arcs} & truth)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_graph_over_the_names(name: str):
    """Every method returns a graph over the rows' columns, nearer than an empty one."""
    found = run(name, "truthful" if peer_method(name).asks else None)
    assert found.names == tuple(rows().columns)
    assert found.drawn.names == found.names
    assert found.seconds > 0
    empty = Graph.empty(found.names)
    distance = shd(truth=ASIA.graph, estimate=found.drawn)
    assert distance < shd(truth=ASIA.graph, estimate=empty) == 8


@pytest.mark.slow
@pytest.mark.parametrize("name", ASKING)
def test_a_reversed_expert_is_obeyed(name: str):
    """Arcs lie along the truth with a truthful expert and against it when reversed."""
    right, wrong = along(run(name, "truthful").drawn)
    assert (right >= 3, wrong) == (True, 0)
    right, wrong = along(run(name, "reversed").drawn)
    assert wrong >= 3
    assert wrong > right


@pytest.mark.slow
@pytest.mark.parametrize("name", ["pgmpy ExpertInLoop", "causalif"])
@pytest.mark.parametrize("orders", ["", ", both orders"])
def test_abstaining_empties_the_graph(name: str, orders: str):
    """For these two "I don't know" is "no edge", whatever the rows say."""
    assert run(name + orders, "abstaining").drawn.n_edges == 0


@pytest.mark.slow
def test_abstaining_leaves_the_data(tmp_path: Path):
    """The others do with an expert that abstains as they do with rows alone."""
    alone = run("andrey-core BOSS", None).drawn
    for name in (
        "andrey-core BOSS, directions",
        "andrey-core BOSS, directions and absences",
    ):
        assert run(name, "abstaining").drawn == alone
    found = run("causal-learn PC with knowledge", "abstaining").drawn
    names, codes, sizes = peer_methods._coded(rows())
    write_rows(tmp_path / "rows.npz", names, codes, sizes)
    options = {"test": "chisq", "alpha": 0.01}
    task = Task("pc", tmp_path / "rows.npz", options, warm=False, repeat=0)
    assert found == run_peer("causal-learn", task, 60.0).graph
    assert run("StatsPAI llm_dag_constrained", "abstaining").drawn.n_edges > 0


@pytest.mark.slow
def test_orders_matter_to_who_asks_once():
    """A peer that asks once believes an expert who always takes the first shown."""
    assert run("pgmpy ExpertInLoop", "first").drawn.n_edges > 0
    assert run("pgmpy ExpertInLoop, both orders", "first").drawn.n_edges == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["pgmpy ExpertInLoop", "andrey-core BOSS, directions and absences"]
)
def test_no_edge_against_the_answer(name: str):
    """An edge that the truthful expert denies is never drawn."""
    drawn = run(name, "truthful").drawn
    assert not (drawn.adjacencies & ~ASIA.graph.reorder(drawn.names).adjacencies).any()


@pytest.mark.slow
@pytest.mark.parametrize("name", ASKING)
def test_replies_are_counted(name: str):
    """A peer that wants a list reads all; one that asks cannot ask more than all."""
    found = run(name, "truthful")
    assert 0 < found.asked <= 28
    if "ExpertInLoop" in name or name == "causalif":
        assert found.asked <= found.questions <= 2 * found.asked
    else:
        assert (found.asked, found.questions) == (28, 56)
    if name == "pgmpy ExpertInLoop":
        assert found.questions == found.asked
    if name.endswith("both orders"):
        assert found.questions == 2 * found.asked


def test_quick_look(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    """The table has the mean distance, cycles and failures of the runs it names."""
    truth = Graph.from_edges("xy", directed=[("x", "y")])
    asia = compare.PeerEstimate(None, (), ASIA.graph.names, False, "done", seconds=1.0)
    both = (("asia", "tub", "-->"), ("asia", "smoke", "-->"))
    turn = iter([replace(asia, edges=both, cyclic=True), replace(asia, seconds=4.0)])
    late = replace(asia, status="timeout", reason="more than 1 s", seconds=None)
    monkeypatch.setattr(PeerMethod, "run", lambda *_, **__: next(turn, late))
    name = "pgmpy ExpertInLoop"
    assert compare.main(["--seeds", "2", "--rows", "20", "--method", name]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    slow = "timeout: more than 1 s"
    # one edge right and one too many of 8, then none of 8
    assert last == f"| {name} | 8.0, 1 cyclic | {slow} | {slow} | {slow} | 2.50 |"
    assert simulated_answers(truth, unsure=1.0)[0].verdict is None
