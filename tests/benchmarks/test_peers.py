"""Peers run apart, are read the right way round, and never break a run."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import benchmarks.peers as peers
from benchmarks.peers import (
    ADAPTERS,
    PEERS,
    Outcome,
    Task,
    environments,
    graph_of_edges,
    run_peer,
    start_peer,
    write_rows,
)
from benchmarks.peers.environments import PeerError, install, python_of, state
from llmcd.errors import GraphError
from llmcd.graph import Graph

NAMES = ["z", "y", "x", "w"]
TRUTH = Graph.from_edges(NAMES, directed=[("x", "z"), ("y", "z"), ("z", "w")])

FAKE = f"""
import os, sys, threading, time
sys.path.insert(0, {str(ADAPTERS)!r})
from protocol import Prepared, matrix_edges, serve

calls = []

def counting(rows, options):
    def run():
        calls.append(len(calls))
        time.sleep(options.get("sleep", 0.0))
        print("peers print")
        os.system("echo and so do their libraries")
    return Prepared(run, lambda _: [("x", "z", "-->"), ("y", "z", "-->")],
                    warm=lambda: calls.append("warm"),
                    after=lambda _: {{"calls": calls}})

def working(rows, options):
    def busy():
        while time.thread_time() < options["cpu"]:
            pass
    def run():
        thread = threading.Thread(target=busy)
        thread.start()
        thread.join()
    return Prepared(run, lambda _: [])

def raises(rows, options):
    raise ValueError("no\\nsense in /some/where/file.py")

def crashes(rows, options):
    return Prepared(lambda: os.kill(os.getpid(), 11), list)

def stuck(rows, options):
    # One call into C that never comes back to the interpreter.
    return Prepared(lambda: sum(range(10**13)), list)

def leaves(rows, options):
    return Prepared(lambda: os._exit(3), list)

def hungry(rows, options):
    held = []
    return Prepared(lambda: held.append(bytearray(b"x" * 50_000_000)), lambda _: [])

def mark(rows, options):
    return Prepared(lambda: None, lambda _: [("x", "z", "o->")])

def twice(rows, options):
    return Prepared(lambda: None, lambda _: [("x", "z", "-->"), ("z", "x", "-->")])

def told(rows, options):
    keys = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "PYTHONPATH", "PYTHONHASHSEED")
    return Prepared(lambda: None, lambda _: [], is_dag=True, extra={{
        "environment": {{key: os.environ.get(key) for key in keys}},
        "names": rows.names, "sizes": rows.sizes, "values": rows.values.tolist(),
        "options": options, "folder": os.listdir()}})

serve({{f.__name__: f for f in (counting, working, raises, crashes, stuck, leaves,
                               hungry, mark, twice, told)}}, ["numpy"])
"""


@pytest.fixture
def ask(tmp_path: Path):
    """Give the fake peer a task."""
    script = tmp_path / "fake_peer.py"
    script.write_text(FAKE)
    write_rows(tmp_path / "rows.npz", NAMES, np.arange(8.0).reshape(2, 4))

    def run(algorithm: str, timeout: float = 20.0, **more) -> Outcome:
        task = replace(Task(algorithm, tmp_path / "rows.npz"), **more)
        return start_peer("fake", [sys.executable, "-s", str(script)], task, timeout)

    return run


# --- protocol -------------------------------------------------------------------------


def test_answer_is_read(ask):
    """Seconds, graph, versions and further answers arrive, whatever is printed."""
    found = ask("counting", repeat=3)
    assert (found.status, found.reason) == ("done", "")
    assert found.graph == Graph.from_edges(
        NAMES, directed=[("x", "z"), ("y", "z")]
    )  # w, without edges, is a node too
    assert found.versions["numpy"] == np.__version__
    assert found.startup is not None
    assert found.startup > 0.0


def test_warm_up_and_median(ask):
    """A quick call is a warm-up for the median of others; a slow one counts itself."""
    quick = ask("counting", repeat=3)
    assert quick.extra["calls"] == ["warm", 1, 2, 3, 4]
    assert len(quick.runs) == 3
    assert quick.seconds == sorted(quick.runs)[1]
    slow = ask("counting", repeat=3, below=0.1, options={"sleep": 0.15})
    assert slow.extra["calls"] == ["warm", 1]
    assert slow.runs == (slow.seconds,) == (slow.first,)
    assert 0.15 <= slow.seconds < 1.0
    between = ask("counting", repeat=50, below=0.5, options={"sleep": 0.15})
    assert 1 <= len(between.runs) <= 3


def test_seconds_of_the_processor(ask):
    """Sleeping takes none of them; work does, in whichever thread it is done."""
    slept = ask("counting", repeat=3, below=0.1, options={"sleep": 0.3})
    assert slept.seconds >= 0.3
    assert slept.cpu_runs == (slept.cpu_seconds,)
    assert 0.0 <= slept.cpu_seconds < 0.1
    worked = ask("working", repeat=2, below=5.0, options={"cpu": 0.2})
    assert len(worked.cpu_runs) == len(worked.runs) == 2
    assert worked.cpu_seconds == pytest.approx(sum(worked.cpu_runs) / 2)
    assert 0.2 <= worked.cpu_seconds < 0.4
    assert worked.seconds > 0.19


def test_first_call_alone(ask):
    """Without repetition and warm-up the very first call is the measurement."""
    found = ask("counting", warm=False, repeat=0)
    assert found.extra["calls"] == [0]
    assert found.seconds == found.first


def test_timeout_of_a_call(ask):
    """A call that is over its time is ended, even one that never leaves a library."""
    for algorithm, options in (("counting", {"sleep": 30.0}), ("stuck", {})):
        found = ask(algorithm, timeout=0.3, options=options)
        assert (found.status, found.reason) == ("timeout", "more than 0.3 s")
        assert found.graph is None


def test_timeout_of_a_process(monkeypatch: pytest.MonkeyPatch):
    """A process that does not follow the protocol is ended with what it started."""
    monkeypatch.setattr(peers, "STARTUP", 0.2)
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', {!r}])"
    code = code.format("import time; time.sleep(600)")
    task = Task("any", None, below=0.1)
    found = start_peer("fake", [sys.executable, "-c", code], task, 0.1)
    assert found.status == "timeout"
    assert "no answer" in found.reason


@pytest.mark.parametrize(
    ("algorithm", "reason"),
    [
        ("raises", "ValueError: no sense in file.py"),
        ("crashes", "ended by SIGSEGV"),
        ("leaves", "exit code 3"),
        ("mark", "marks must be"),
        ("twice", "more than once"),
        ("unknown", "algorithm must be one of"),
    ],
)
def test_failures_are_outcomes(ask, algorithm: str, reason: str):
    """Whatever goes wrong at the peer is told in one line, without paths."""
    found = ask(algorithm)
    assert found.status == "failed"
    assert reason in found.reason
    assert "\n" not in found.reason
    assert str(ADAPTERS) not in found.reason
    assert found.seconds is None
    assert found.graph is None


@pytest.mark.parametrize(
    "command",
    [["no-such-program-at-all"], [sys.executable, "-c", "print('hello')"]],
)
def test_no_answer_is_a_failure(command: list[str]):
    """A program that is not there, or says something else, is a failed peer."""
    assert start_peer("fake", command, Task("any", None), 5.0).status == "failed"


def test_child_is_on_its_own(ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """One thread, a fixed hash seed, an empty folder, none of our search path."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.setenv("PYTHONHASHSEED", "5")
    told = ask("told").extra
    assert told["environment"] == {
        "OMP_NUM_THREADS": "1",
        "NUMBA_NUM_THREADS": "1",
        "PYTHONPATH": None,
        "PYTHONHASHSEED": "0",
    }
    assert told["folder"] == []


def test_rows_arrive(ask, tmp_path: Path):
    """Names, values, sizes and options reach the adapter as they were given."""
    told = ask("told", options={"alpha": 0.01}).extra
    assert told["names"] == NAMES
    assert told["values"] == [[0.0, 1.0, 2.0, 3.0], [4.0, 5.0, 6.0, 7.0]]
    assert told["sizes"] is None
    assert told["options"] == {"alpha": 0.01}
    write_rows(tmp_path / "codes.npz", ["a", "b"], [[0, 1], [1, 2]], [2, 3])
    told = ask("told", data=tmp_path / "codes.npz").extra
    assert (told["values"], told["sizes"]) == ([[0, 1], [1, 2]], [2, 3])


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_is_the_peak(ask):
    """What the call allocates is in the peak and not in what was there before."""
    found = ask("hungry", repeat=0)
    assert 50e6 < found.memory_peak - found.memory_before < 120e6


def test_rows_that_do_not_fit(tmp_path: Path):
    """Shapes that do not fit and codes out of range are refused."""
    with pytest.raises(ValueError, match=r"must have shape \(n, 2\), got \(2, 3\)"):
        write_rows(tmp_path / "x.npz", ["a", "b"], np.zeros((2, 3)))
    for codes in ([[2]], [[-1]]):
        with pytest.raises(ValueError, match="codes must be from 0"):
            write_rows(tmp_path / "x.npz", ["a"], codes, [2])


# --- marks ----------------------------------------------------------------------------


@pytest.fixture
def protocol(monkeypatch: pytest.MonkeyPatch):
    """The module that adapters share."""
    monkeypatch.syspath_prepend(str(ADAPTERS))
    import protocol

    return protocol


def test_matrix_edges(protocol):
    """A single entry points from its row to its column; two are undirected."""
    arrows = np.zeros((4, 4))
    for cause, effect in TRUTH.directed_edges():
        arrows[NAMES.index(cause), NAMES.index(effect)] = 1
    found = protocol.matrix_edges(NAMES, arrows)
    assert graph_of_edges(NAMES, found) == TRUTH
    arrows[NAMES.index("z"), NAMES.index("x")] = 2
    found = graph_of_edges(NAMES, protocol.matrix_edges(NAMES, arrows))
    assert found.undirected_edges() == (("z", "x"),)
    assert set(found.directed_edges()) == {("z", "w"), ("y", "z")}


def test_listed_edges(protocol):
    """Arcs keep their direction; lines and arcs both ways are undirected."""
    arcs = [("x", "z"), ("y", "z"), ("z", "y")]
    found = protocol.listed_edges(arcs, [("w", "z"), ("z", "w")])
    assert graph_of_edges(NAMES, found) == Graph.from_edges(
        NAMES, directed=[("x", "z")], undirected=[("y", "z"), ("w", "z")]
    )


def test_causal_learn_marks(protocol):
    """Graphs that causal-learn's own methods draw are read as drawn, nodes moved."""
    import causal_learn_peer as adapter
    from causallearn.graph.Edge import Edge
    from causallearn.graph.Endpoint import Endpoint
    from causallearn.graph.GeneralGraph import GeneralGraph
    from causallearn.graph.GraphNode import GraphNode

    nodes = {name: GraphNode(name) for name in ("x", "y", "z", "w", "u")}
    drawn = GeneralGraph(list(nodes.values()))
    drawn.add_directed_edge(nodes["x"], nodes["z"])
    drawn.add_directed_edge(nodes["y"], nodes["z"])
    drawn.add_edge(Edge(nodes["z"], nodes["w"], Endpoint.TAIL, Endpoint.TAIL))
    drawn.add_edge(Edge(nodes["w"], nodes["u"], Endpoint.ARROW, Endpoint.ARROW))
    rows = protocol.Rows(["u", *NAMES], np.zeros((1, 5)), None)
    edges = adapter._edges(rows, adapter._reorder(rows, drawn))
    assert graph_of_edges(rows.names, edges) == Graph.from_edges(
        rows.names,
        directed=[("x", "z"), ("y", "z")],
        undirected=[("z", "w"), ("w", "u")],
    )


def test_class_of_a_dag():
    """A peer's DAG is compared as its class, a partly directed graph as it is."""
    dag = Graph.from_edges("ab", directed=[("a", "b")])
    outcome = Outcome("fake", "any", "done", graph=dag, is_dag=True)
    assert outcome.class_ == dag.skeleton()
    assert replace(outcome, is_dag=False).class_ == dag
    assert replace(outcome, graph=None).class_ is None


def test_unknown_marks_and_names():
    """Another mark, a pair given twice or an unknown name is an error."""
    with pytest.raises(ValueError, match="marks must be"):
        graph_of_edges("ab", [["a", "b", "<->"]])
    for edges in ([["a", "b", "-->"], ["b", "a", "---"]], [["a", "c", "-->"]]):
        with pytest.raises(GraphError):
            graph_of_edges("ab", edges)


# --- environments ---------------------------------------------------------------------


def test_every_peer_is_pinned():
    """Each peer has an adapter, and requirements that name one version of each."""
    for name, peer in PEERS.items():
        assert (ADAPTERS / peer.adapter).exists()
        if peer.ours:
            continue
        lines = environments.requirements_of(name).read_text().splitlines()
        wanted = [line for line in lines if line and not line.startswith("#")]
        assert wanted
        assert all(line.count("==") == 1 for line in wanted)
        assert any(line.lower().startswith(f"{name}==") for line in wanted)


def test_absent_environment(tmp_path: Path):
    """A peer that is not installed fails with the command that installs it."""
    found = run_peer("ges", Task("ges", None), 1.0, home=tmp_path)
    assert found.status == "failed"
    assert "python -m benchmarks.peers install ges" in found.reason


def test_unknown_peer(tmp_path: Path):
    """A peer or algorithm that does not exist is the caller's mistake."""
    with pytest.raises(ValueError, match="peer must be one of llmcd"):
        run_peer("tetrad", Task("pc", None), 1.0)
    with pytest.raises(ValueError, match="algorithm of ges must be one of ges"):
        run_peer("ges", Task("pc", None), 1.0)
    with pytest.raises(PeerError, match=r"peer must be one of .*causal-learn"):
        state("tetrad", tmp_path)


def test_environment_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Installing makes an environment once; other requirements make it outdated."""
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("# nothing\n")
    monkeypatch.setattr(environments, "requirements_of", lambda name: wanted)
    home = tmp_path / "home"
    assert state("peer", home) == "absent"
    install("peer", home)
    assert state("peer", home) == "ready"
    kept = home / "peer" / "kept"
    kept.touch()
    install("peer", home)
    assert kept.exists()
    found = subprocess.run(
        [python_of("peer", home), "-c", "import sys; print(sys.prefix)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert Path(found.stdout.strip()).resolve() == (home / "peer").resolve()
    wanted.write_text("# something else\n")
    assert state("peer", home) == "outdated"


def test_environment_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """What pip said last is told, and the environment counts as absent."""
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("./no-such-folder-here\n")
    monkeypatch.setattr(environments, "requirements_of", lambda name: wanted)
    # The interpreter that runs the tests has pip, and saves making another.
    monkeypatch.setattr(environments, "python_of", lambda *_: Path(sys.executable))
    monkeypatch.setattr(environments, "VENV", ("-c", "pass"))
    with pytest.raises(PeerError, match=r"(?s)could not be made.*no-such-folder-here"):
        install("peer", tmp_path / "home")
    assert state("peer", tmp_path / "home") == "absent"


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Peers are listed with their state; unknown ones are refused with the known."""
    from benchmarks.peers.__main__ import main

    assert main(["list", "--home", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "flopsearch: absent" in said
    assert "llmcd" not in said.replace(str(tmp_path), "")
    with pytest.raises(SystemExit):
        main(["install", "tetrad"])
    assert "pybnesian" in capsys.readouterr().err


# --- the peers themselves -------------------------------------------------------------


# Hill climbers stop at a wrong graph when chance breaks a tie that way: the seeds are
# such that none of them does.
def gaussian_rows() -> np.ndarray:
    """Rows of the true graph, columns as in NAMES."""
    rng = np.random.default_rng(11)
    x, y = rng.normal(size=(2, 4000))
    z = 1.5 * x + y + 0.3 * rng.normal(size=4000)
    w = 0.3 * z + 1.5 * rng.normal(size=4000)
    return np.c_[z, y, x, w]


def discrete_rows() -> np.ndarray:
    """Rows of the true graph, columns as in NAMES, with 6, 2, 3 and 6 levels."""
    rng = np.random.default_rng(25)
    x, y = rng.integers(0, 3, 4000), rng.integers(0, 2, 4000)
    z = np.where(rng.random(4000) < 0.95, 2 * x + y, rng.integers(0, 6, 4000))
    w = np.where(rng.random(4000) < 0.25, z, rng.integers(0, 6, 4000))
    return np.c_[z, y, x, w]


BIC, BDEU = {"score": "bic"}, {"score": "bdeu"}
PENALTY = {"penalty": 2.0}
FISHER = {"test": "fisher_z", "alpha": 0.01}
CHI2 = {"test": "chi2", "alpha": 0.01}
G2 = {"test": "g2", "alpha": 0.01}
CASES = [
    ("llmcd", "pc", FISHER, "gaussian"),
    ("llmcd", "pc", CHI2, "discrete"),
    ("llmcd", "pc", CHI2 | {"compat": "causal-learn"}, "discrete"),
    ("llmcd", "ges", BIC, "gaussian"),
    ("llmcd", "ges", BDEU | {"turning": False}, "discrete"),
    ("llmcd", "order", BIC | PENALTY | {"restarts": 5}, "gaussian"),
    ("llmcd", "order", BDEU, "discrete"),
    ("causal-learn", "pc", FISHER | {"test": "fisherz"}, "gaussian"),
    ("causal-learn", "pc", CHI2 | {"test": "gsq"}, "discrete"),
    ("causal-learn", "pc", CHI2 | {"test": "chisq"}, "discrete"),
    ("causal-learn", "ges", BIC, "gaussian"),
    ("causal-learn", "ges", BDEU, "discrete"),
    ("causal-learn", "boss", BIC | PENALTY, "gaussian"),
    ("causal-learn", "boss", BDEU, "discrete"),
    ("causal-learn", "grasp", BIC | PENALTY, "gaussian"),
    ("pybnesian", "pc", FISHER, "gaussian"),
    ("pybnesian", "pc", CHI2, "discrete"),
    ("pybnesian", "hill_climbing", BIC, "gaussian"),
    ("pybnesian", "hill_climbing", BDEU, "discrete"),
    ("ges", "ges", {}, "gaussian"),
    ("ges", "ges", {"turning": True}, "gaussian"),
    ("pyagrum", "pc", CHI2, "discrete"),
    ("pyagrum", "pc", G2, "discrete"),
    ("pyagrum", "miic", {}, "discrete"),
    ("pyagrum", "hill_climbing", BDEU, "discrete"),
    ("pyagrum", "tabu", BDEU, "discrete"),
    ("pgmpy", "pc", FISHER, "gaussian"),
    ("pgmpy", "pc", CHI2, "discrete"),
    ("pgmpy", "hill_climbing", BIC, "gaussian"),
    ("pgmpy", "hill_climbing", BDEU, "discrete"),
    ("pgmpy", "ges", BIC, "gaussian"),
    ("pgmpy", "ges", BDEU, "discrete"),
    ("flopsearch", "order", PENALTY | {"restarts": 0}, "gaussian"),
    ("flopsearch", "order", PENALTY | {"restarts": 20}, "gaussian"),
    ("xges", "xges", PENALTY, "gaussian"),
]  # fmt: skip


def need(name: str) -> None:
    """Skip where a peer's environment is missing."""
    if not PEERS[name].ours and (is_there := state(name)) != "ready":
        pytest.skip(
            f"the environment of {name} is {is_there}: "
            f"python -m benchmarks.peers install {name}"
        )


@pytest.mark.parametrize(("name", "algorithm", "options", "kind"), CASES)
def test_direction_of_found_edges(
    name: str, algorithm: str, options: dict, kind: str, tmp_path: Path
):
    """Every adapter finds x --> z <-- y, z --> w in rows, and not its transpose."""
    need(name)
    discrete = kind == "discrete"
    values = discrete_rows() if discrete else gaussian_rows()
    sizes = [6, 2, 3, 6] if discrete else None
    write_rows(tmp_path / "rows.npz", NAMES, values, sizes)
    task = Task(algorithm, tmp_path / "rows.npz", options, repeat=1)
    found = run_peer(name, task, 60.0)
    assert (found.status, found.reason) == ("done", "")
    assert found.class_ == TRUTH
    assert json.dumps(dict(found.versions))


def test_fewer_rows_than_columns(tmp_path: Path):
    """Ours is measured there, too."""
    values = np.random.default_rng(0).normal(size=(25, 30))
    names = [f"v{k}" for k in range(30)]
    write_rows(tmp_path / "rows.npz", names, values)
    task = Task("pc", tmp_path / "rows.npz", FISHER, repeat=1)
    found = run_peer("llmcd", task, 60.0)
    assert (found.status, found.reason) == ("done", "")
    assert found.graph is not None
    assert set(found.graph.names) == set(names)


@pytest.mark.parametrize("name", [name for name in PEERS if not PEERS[name].ours])
def test_nothing_of_ours_in_a_peer(name: str):
    """In a peer's environment this project cannot be imported."""
    need(name)
    code = "import importlib.util; print(importlib.util.find_spec('llmcd'))"
    found = subprocess.run(
        [python_of(name), "-s", "-c", code], env=peers._clean({}), cwd=ADAPTERS,
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert found.stdout.strip() == "None"
