"""Problems are what they say, runs alternate, and tables say what the records say."""

import doctest
import getpass
import io
import json
import platform
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pytest

from benchmarks import generate, machine, peers, scale, speed, speed_tables
from benchmarks.generate import find_bif, gaussian, random_dag, sampled
from benchmarks.machine import conditions
from benchmarks.peers import PEERS, Outcome
from benchmarks.speed import Judge, main, run_row
from benchmarks.speed_rows import CLAIMS, ROWS, Contender, Row, quick
from benchmarks.speed_tables import claims, digest, markdown
from llmcd.equivalence import cpdag
from llmcd.graph import Graph
from llmcd.networks import DiscreteNetwork, write_bif

# --- problems -------------------------------------------------------------------------


def partial_correlation(values: np.ndarray, i: int, j: int, given: list[int]) -> float:
    """By regression on the given columns."""
    z = np.c_[np.ones(len(values)), values[:, given]]
    rest = values[:, [i, j]]
    rest = rest - z @ np.linalg.lstsq(z, rest, rcond=None)[0]
    return float(np.corrcoef(rest.T)[0, 1])


def test_gaussian_rows_follow_their_graph():
    """Given its parents a column depends on its parents and on no other ancestor."""
    problem = gaussian(7, 100_000, seed=3, degree=3.0)
    names, truth = list(problem.names), problem.truth
    order = truth.topological_order()
    checked = {True: 0, False: 0}
    for k, child in enumerate(order):
        parents = truth.parents(child)
        for other in order[:k]:
            given = [names.index(p) for p in parents if p != other]
            r = partial_correlation(
                problem.values, names.index(child), names.index(other), given
            )
            checked[other in parents] += 1
            if other in parents:
                assert abs(r) > 0.1  # a weight of 0.5 at least, unit noise
            else:
                assert abs(r) < 4.5 / np.sqrt(100_000)
    assert min(checked.values()) > 3


def test_gaussian_columns_tell_nothing():
    """Means are 0, variances 1, and the order of columns is not the causal one."""
    problem = gaussian(30, 500, seed=0)
    np.testing.assert_allclose(problem.values.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(problem.values.std(axis=0), 1.0, rtol=1e-12)
    assert problem.names != problem.truth.names
    again = gaussian(30, 500, seed=0)
    assert again.names == problem.names
    assert np.array_equal(again.values, problem.values)
    assert not np.array_equal(gaussian(30, 500, seed=1).values, problem.values)


def test_expected_degree():
    """Over many graphs a node has the expected number of neighbours, within 3 sigma."""
    rng = np.random.default_rng(0)
    edges = [random_dag(20, 4.0, rng).n_edges for _ in range(300)]
    chance, pairs = 4.0 / 19, 190
    sigma = np.sqrt(pairs * chance * (1 - chance) / 300)
    assert abs(np.mean(edges) - 40.0) < 3 * sigma
    assert random_dag(3, 9.0, rng).n_edges == 3


@pytest.fixture
def network() -> DiscreteNetwork:
    """A sprinkler whose third level of the second variable never occurs."""
    return DiscreteNetwork(
        ["rain", "wet", "slip"],
        [["no", "yes"], ["dry", "wet", "flood"], ["no", "yes"]],
        [[], [0], [1]],
        [
            np.array([0.7, 0.3]),
            np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0]]),
            np.array([[0.95, 0.05], [0.4, 0.6], [0.0, 1.0]]),
        ],
    )


def test_sampled_rows(network: DiscreteNetwork):
    """Codes have the network's frequencies; levels that never occur are left out."""
    problem = sampled(network, 20_000, seed=0)
    at = {name: k for k, name in enumerate(problem.names)}
    assert problem.sizes is not None
    assert [problem.sizes[at[name]] for name in network.names] == [2, 2, 2]
    # levels in alphabetical order: dry, wet
    assert abs(np.mean(problem.values[:, at["wet"]]) - (0.7 * 0.1 + 0.3 * 0.8)) < 0.011
    assert problem.truth.directed_edges() == (("rain", "wet"), ("wet", "slip"))
    frame = problem.frame()
    assert list(frame.columns) == list(problem.names)
    assert (frame["wet"].cat.codes.to_numpy() == problem.values[:, at["wet"]]).all()


def test_copies_are_left_out(network: DiscreteNetwork):
    """A variable that copies its parent under other codes has no column and no node."""
    turned = DiscreteNetwork(
        [*network.names, "seen"],
        [*network.levels, ["n", "y"]],
        [*network.parents, [0]],
        [*network.tables, np.array([[0.0, 1.0], [1.0, 0.0]])],
    )
    problem = sampled(turned, 500, seed=0)
    assert set(problem.names) == {"rain", "wet", "slip"}
    assert problem.truth.directed_edges() == (("rain", "wet"), ("wet", "slip"))


def test_networks_are_found(network: DiscreteNetwork, tmp_path: Path):
    """A network is read from a folder or from pgmpy's files, or it is said where."""
    write_bif(network, tmp_path / "sprinkler.bif.gz")
    assert find_bif("sprinkler", tmp_path).names == network.names
    with pytest.raises(FileNotFoundError, match="--bif-home FOLDER"):
        find_bif("no-such-network", tmp_path)
    # A wheel as pip leaves it: its files are listed, and nothing is imported.
    shipped = tmp_path / "site" / "pgmpy" / "utils" / "example_models"
    shipped.mkdir(parents=True)
    write_bif(network, shipped / "lawn.bif.gz")
    info = tmp_path / "site" / "pgmpy-1.1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: pgmpy\nVersion: 1.1.2")
    (info / "RECORD").write_text("pgmpy/utils/example_models/lawn.bif.gz,,\n")
    assert find_bif("lawn", None, [tmp_path / "site"]).names == network.names


def test_conditions_are_not_personal():
    """Machine, versions, commit and date; no host, user or folder."""
    found = conditions()
    assert set(found) == {"machine", "versions", "commit", "date"}
    assert found["versions"]["numpy"] == np.__version__
    assert found["machine"]["cores"] >= 1
    said = json.dumps(found)
    assert platform.node() not in said
    assert str(Path.home()) not in said
    assert len(getpass.getuser()) < 3 or getpass.getuser() not in said


@pytest.mark.parametrize("module", [generate, machine, peers, speed_tables])
def test_examples(module):
    """Examples in docstrings run; this folder is not among pytest's."""
    flags = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    failed, tried = doctest.testmod(module, optionflags=flags)
    assert (failed, tried > 0) == (0, True)


# --- rows and claims ------------------------------------------------------------------


def test_rows_are_complete():
    """What issue B measures has a row; contenders exist and are compared with ours."""
    for kind in ("pc", "ges", "order"):
        for nodes in (20, 50, 100, 200, *((500, 1000) if kind == "pc" else ())):
            assert f"{kind}-gaussian-{nodes}" in ROWS
    for name in ("pc-hailfinder-5000", "pc-alarm-50000", "ges-insurance-5000"):
        assert name in ROWS
    for row in ROWS.values():
        labels = [c.label for c in row.contenders]
        assert len(set(labels)) == len(labels)
        ours = {c.label for c in row.contenders if c.ours}
        assert row.contenders[0].ours
        assert len(ours) < len(labels)
        for contender in row.contenders:
            assert contender.algorithm in PEERS[contender.peer].algorithms
            assert contender.versus in {"", *ours}
    assert {row.source for row in ROWS.values() if quick(row)} >= {"gaussian", "child"}


def test_claims_name_what_is_there():
    """Each claim is about a row, contenders of it and a known check."""
    for claim in CLAIMS:
        labels = {c.label: c for c in ROWS[claim.row].contenders}
        assert claim.kind in speed_tables._CHECKS
        assert not claim.peer or not labels[claim.peer].ours
        assert not claim.ours or labels[claim.ours].ours
    assert {claim.row for claim in CLAIMS} == set(ROWS)


def test_judge_of_the_truth():
    """The truth's class has distance 0, and its score is that of any of its members."""
    row = ROWS["order-gaussian-20"]
    problem = gaussian(6, 400, seed=1, degree=2.0)
    judge = Judge(row, problem)
    whole = cpdag(problem.truth)
    as_class, as_dag = judge.of(whole, False), judge.of(problem.truth, True)
    assert as_class["shd"] == as_dag["shd"] == 0.0
    assert as_class["arrowhead_precision"] == as_class["skeleton_f1"] == 1.0
    assert as_class["graph"] == as_dag["graph"]
    assert as_class["score"] == pytest.approx(as_dag["score"], abs=1e-8)
    # By hand: Gaussian log-likelihoods, twice the BIC's penalty.
    names, n = list(problem.names), problem.n_rows
    total = 0.0
    for child in names:
        parents = [names.index(p) for p in problem.truth.parents(child)]
        z = np.c_[np.ones(n), problem.values[:, parents]]
        y = problem.values[:, names.index(child)]
        left = y - z @ np.linalg.lstsq(z, y, rcond=None)[0]
        total -= n / 2 * np.log(left @ left / n) + np.log(n) * len(parents)
    nothing = judge.of(Graph.empty(names), True)
    assert nothing["shd"] == whole.n_edges
    assert as_dag["score"] - nothing["score"] == pytest.approx(total, rel=1e-6)


def test_judge_of_an_impossible_graph():
    """A graph without consistent extension has distances but no score."""
    problem = gaussian(4, 100, seed=0)
    square = Graph.from_edges(
        problem.names,
        undirected=[(problem.names[k], problem.names[(k + 1) % 4]) for k in range(4)],
    )
    found = Judge(ROWS["order-gaussian-20"], problem).of(square, False)
    assert found["score"] is None
    assert found["edges"] == 4


# --- running --------------------------------------------------------------------------


@pytest.fixture
def small() -> Row:
    """A row of three contenders on three tiny problems."""
    who = (
        Contender("ours", "llmcd", "pc", {"alpha": 0.01}),
        Contender("first", "ges", "ges"),
        Contender("second", "pybnesian", "pc"),
    )
    return Row("tiny", "tiny", "gaussian", 3, 50, 3, who)


def pretend(monkeypatch: pytest.MonkeyPatch, answer) -> list[str]:
    """Answer for all peers, and note who was asked."""
    asked: list[str] = []

    def run(name, task, timeout, *, home):
        asked.append(name)
        assert task.data.exists()
        return answer(name, timeout)

    monkeypatch.setattr(speed, "run_peer", run)
    return asked


def done(name: str, seconds: float) -> Outcome:
    """An outcome without edges."""
    graph = Graph.empty(["v000", "v001", "v002"])
    return Outcome(
        name, "pc", "done", seconds=seconds, first=seconds, startup=0.1,
        runs=(seconds,), graph=graph, memory_peak=2**20, memory_before=0,
    )  # fmt: skip


def run_small(row: Row, tmp_path: Path, earlier=()) -> list[dict]:
    return run_row(
        row, seeds=3, limit=9.0, home=tmp_path, bif_home=None, earlier=earlier,
        said=io.StringIO(),
    )  # fmt: skip


def test_ours_before_and_after(
    small: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Each problem goes to ours, to the peers in turned order, and to ours again."""
    asked = pretend(monkeypatch, lambda name, _: done(name, 0.5))
    records = run_small(small, tmp_path)
    one, two = ["ges", "pybnesian"], ["pybnesian", "ges"]
    expected = [("llmcd", *rivals, "llmcd") for rivals in (one, two, one)]
    assert asked == list(chain(*expected))
    assert [r["seed"] for r in records] == [s for s in range(3) for _ in range(4)]
    assert [r["turn"] for r in records[:4]] == [0, 0, 0, 1]
    json.dumps(records, allow_nan=False)


def test_who_runs_out_of_time(
    small: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """After a timeout a contender is left out of the row and of later ones."""
    asked = pretend(
        monkeypatch,
        lambda name, limit: (
            Outcome(name, "ges", "timeout", f"more than {limit} s")
            if name == "ges"
            else done(name, 0.5)
        ),
    )
    records = run_small(small, tmp_path)
    assert asked.count("ges") == 1
    left = [r for r in records if r["status"] == "left out"]
    assert {r["label"] for r in left} == {"first"}
    assert len(left) == 2
    later = run_small(replace(small, name="larger"), tmp_path, records)
    assert asked.count("ges") == 1
    assert {r["reason"] for r in later if r["label"] == "first"} == {
        "out of time in tiny"
    }
    run_small(replace(small, family="another"), tmp_path, records)
    assert asked.count("ges") == 2


def test_further_problems_leave_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """With --from-seed and --contenders the records of earlier problems stay."""
    out = tmp_path / "speed.json"
    held = [record("llmcd GES", seed, 1.0) | {"commit": "old"} for seed in range(3)]
    out.write_text(json.dumps(conditions() | {"records": held}))
    asked = pretend(monkeypatch, lambda name, _: Outcome(name, "ges", "failed", "no"))
    arguments = ["--rows", "ges-gaussian-20", "--out", str(out), "--seeds", "2"]
    assert (
        main([*arguments, "--from-seed", "2", "--contenders", "llmcd GES", "x*"]) == 0
    )
    assert asked == ["llmcd", "xges", "llmcd"] * 2
    kept = [(r["seed"], r["label"]) for r in json.loads(out.read_text())["records"]]
    again = [(s, w) for s in (2, 3) for w in ("llmcd GES", "xges", "llmcd GES")]
    assert kept == [(0, "llmcd GES"), (1, "llmcd GES"), *again]


def test_who_is_slow(small: Row, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A contender that takes long gets the first problem of a row only."""
    asked = pretend(
        monkeypatch, lambda name, _: done(name, 50.0 if name == "ges" else 0.5)
    )
    records = run_small(small, tmp_path)
    assert asked.count("ges") == 1
    assert asked.count("pybnesian") == 3
    left = [r for r in records if r["status"] == "left out"]
    assert len(left) == 2
    assert "one problem only, for its first call took over 20 s" in markdown(
        results_of(*records)
    )


def test_a_row_without_peers(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
):
    """Ours is measured where no peer is installed, and the table says so."""
    out = tmp_path / "results" / "speed.json"
    arguments = ["--rows", "pc-gaussian-20", "--seeds", "1", "--out", str(out)]
    assert main([*arguments, "--home", str(tmp_path)]) == 0
    results = json.loads(out.read_text())
    ours = [r for r in results["records"] if r["ours"]]
    assert [r["status"] for r in ours] == ["done"] * 4
    assert all(0 < r["seconds"] < 5 and r["statistics_seconds"] > 0 for r in ours)
    assert all(r["shd"] < 60 for r in ours)
    others = [r for r in results["records"] if not r["ours"]]
    assert {r["status"] for r in others} == {"failed"}
    said = capsys.readouterr().out
    assert "its environment is absent" in said
    assert str(tmp_path) not in out.read_text()
    assert main(["--table", str(out)]) == 0
    assert capsys.readouterr().out == said
    # What is there is kept: by --resume, and whatever else is measured.
    assert main([*arguments, "--home", str(tmp_path), "--resume"]) == 0
    assert json.loads(out.read_text()) == results
    monkeypatch.setattr(speed, "scale", lambda **_: iter([]))
    assert main(["--scale", "--out", str(out)]) == 0
    assert json.loads(out.read_text())["records"] == results["records"]
    monkeypatch.setattr(speed, "run_row", lambda *_, **__: results["records"][:1])
    assert main([*arguments, "--home", str(tmp_path)]) == 0
    kept = json.loads(out.read_text())["records"]
    assert [r["label"] for r in kept] == [results["records"][0]["label"]]


# --- tables ---------------------------------------------------------------------------


def record(label: str, seed: int, seconds: float | None, **more) -> dict:
    """A record of the row ges-gaussian-20."""
    return {
        "row": "ges-gaussian-20", "family": "ges-gaussian", "source": "gaussian",
        "nodes": 20, "rows": 1000, "seed": seed, "turn": 0, "label": label,
        "ours": label.startswith("llmcd"), "other": False, "versus": "",
        "status": "done" if seconds is not None else "timeout", "reason": "",
        "limit": 100.0, "seconds": seconds, "memory_peak": 2**20,
        "shd": 4.0, "skeleton_f1": 0.9, "arrowhead_precision": 0.8,
        "arrowhead_recall": 0.7, "score": -10.0, "graph": "a", "skeleton": "b",
        "edges": 3,
    } | more  # fmt: skip


def results_of(*records: dict) -> dict:
    """The JSON of a run."""
    return {
        "machine": {
            "processor": "Some CPU", "cores": 2, "memory_gib": 8.0, "system": "Linux"
        },
        "versions": {"python": "3.11"}, "commit": "0123456789abcdef+",
        "date": "2026-11-25", "records": list(records),
    }  # fmt: skip


PLAIN, LEARN = "llmcd GES, no turning", "causal-learn GES"


def verdicts(*records: dict) -> dict[str, tuple[str, bool | None]]:
    """What is said of each claim, by its words."""
    return {c.what: (said, holds) for c, said, holds in claims(results_of(*records))}


def test_ratio_is_of_common_problems():
    """Ratios are medians over problems that both solved, of medians over turns."""
    records = [
        record("llmcd GES", 0, 0.01),
        record(PLAIN, 0, 0.01), record(PLAIN, 0, 0.03, turn=1),
        record(PLAIN, 1, 0.01), record(PLAIN, 2, 50.0),
        record(LEARN, 0, 4.0, versus=PLAIN), record(LEARN, 1, 1.0, versus=PLAIN),
    ]  # fmt: skip
    what = f"faster than {LEARN}, times"
    # 4 / 0.02 and 1 / 0.01; the third problem has no partner
    assert verdicts(*records)[what] == ("150", True)
    assert "| causal-learn GES | 2.5 |  | 150 | 4 | 0.90 |" in markdown(
        results_of(*records)
    )
    records[-2]["seconds"] = 1.0
    assert verdicts(*records)[what] == ("75", False)


def test_ratio_is_of_the_processors_seconds():
    """Where both sides have them they count, and the table's first lines say so."""
    mine = [
        record("llmcd GES", 0, 9.0, cpu_seconds=1.0),
        record(PLAIN, 0, 9.0, cpu_seconds=0.01),
    ]
    theirs = record(LEARN, 0, 10.0, cpu_seconds=4.0, versus=PLAIN)
    what = f"faster than {LEARN}, times"
    assert verdicts(*mine, theirs)[what] == ("400", True)
    said = markdown(results_of(*mine, theirs))
    assert "| causal-learn GES | 10 | 4 | 400 |" in said
    assert "of the processor's seconds where both sides have them" in said
    # Where one side has none, or ran out of time by the clock, the clock counts.
    old = {k: v for k, v in theirs.items() if k != "cpu_seconds"}
    assert verdicts(*mine, old)[what] == ("1.11", False)
    late = record(LEARN, 0, None, versus=PLAIN, limit=90.0)
    assert verdicts(*mine, late)[what] == ("> 10", None)
    fast = record("llmcd GES", 0, 9.0, cpu_seconds=0.5, row="ges-gaussian-100")
    assert verdicts(fast)["seconds below"] == ("0.5", True)


def test_ratio_to_one_out_of_time():
    """A peer that ran out of time gives a bound, which may be enough or not."""
    mine = [record("llmcd GES", 0, 0.5), record(PLAIN, 0, 0.5)]
    late = record(LEARN, 0, None, versus=PLAIN, reason="more than 100 s")
    what = f"faster than {LEARN}, times"
    assert verdicts(*mine, late)[what] == ("> 200", True)
    late["limit"] = 10.0
    assert verdicts(*mine, late)[what] == ("> 20", None)
    assert "| > 20 |" in markdown(results_of(*mine, late))
    failed = late | {"status": "failed", "reason": "no reason"}
    assert verdicts(*mine, failed)[what] == (f"{LEARN} failed: no reason", None)


def test_fastest_peer():
    """The race is against the fastest of the same kind, each with its own of ours."""
    records = [
        record("llmcd GES", 0, 1.0), record(PLAIN, 0, 0.1),
        record(LEARN, 0, 0.4, versus=PLAIN), record("ges", 0, 2.0),
        record("xges", 0, 0.001, other=True),
    ]  # fmt: skip
    what = "ahead of the fastest peer, times"
    assert verdicts(*records)[what] == ("2 (ges)", True)
    records[3]["seconds"] = 0.5
    assert verdicts(*records)[what] == ("0.5 (ges)", False)
    assert "| xges | 0.001 |" in markdown(results_of(*records))
    left = [
        record(name, 0, None, status="left out", reason="out of time in a smaller one")
        for name in ("ges", LEARN)
    ]
    said = ("none raced: all out of time in a smaller one", None)
    assert verdicts(*records[:2], *left)[what] == said


def test_same_graph():
    """Equal graphs on every common problem, or it does not hold."""
    records = [
        record(PLAIN, 0, 1.0), record(PLAIN, 1, 1.0, graph="c"),
        record(LEARN, 0, 1.0), record(LEARN, 1, 1.0, graph="c"),
    ]  # fmt: skip
    what = "causal-learn's graph without turning"
    assert verdicts(*records)[what] == ("2 of 2", True)
    records[-1]["graph"] = "d"
    assert verdicts(*records)[what] == ("1 of 2", False)


def test_claims_of_order_search():
    """SHD is compared by means, time by ratio, and scores with the best peer."""

    def flop(name: str, **more) -> dict:
        return record(name, 0, **({"row": "order-gaussian-50"} | more))

    ours, theirs = "llmcd order, 0 restarts", "flopsearch, 0 restarts"
    found = verdicts(flop(ours, seconds=0.4, shd=3.0), flop(theirs, seconds=0.1))
    assert found["SHD no worse than flopsearch's, 0 restarts"][1] is True
    assert found["times flopsearch's seconds at most, 0 restarts"] == ("4", False)

    def net(name: str, score: float | None) -> dict:
        return record(name, 0, 1.0, row="order-child-1000", score=score)

    found = verdicts(net("llmcd order", -100.0), net("a", -101.5), net("b", -100.5))
    assert found["mean score above the best peer's"] == ("+0.50 (b)", True)
    found = verdicts(net("llmcd order", -100.0), net("a", -99.0), net("b", None))
    assert found["mean score above the best peer's"] == ("-1.00 (a)", False)


def test_digest_is_of_the_graph():
    """Equal whatever the order of nodes, different for another direction or mark."""
    one = Graph.from_edges("abc", directed=[("a", "b")], undirected=[("b", "c")])
    two = Graph.from_edges("cba", directed=[("a", "b")], undirected=[("c", "b")])
    other = Graph.from_edges("abc", directed=[("b", "a")], undirected=[("b", "c")])
    assert digest(one) == digest(two)
    assert len({digest(g) for g in (one, other, one.skeleton())}) == 3


def test_tables_of_first_calls_and_curves():
    """First calls are held to three seconds, and points of curves are listed."""
    calls = [
        {"label": "PC", "status": "done", "reason": "", "cold_seconds": 30.0,
         "cached_import": 1.5, "cached_seconds": 0.5, "warm_seconds": 0.002},
        {"label": "GES", "status": "failed", "reason": "no file"},
    ]  # fmt: skip
    points = [
        {"curve": "parquet", "nodes": 10, "rows": rows, "status": "done",
         "reason": "", "seconds": 12.0, "cpu_seconds": 9.0, "search_seconds": 0.5,
         "memory_added": 90 * 2**20, "memory_peak": peak * 2**20}
        for rows, peak in ((1_000_000, 300), (10_000_000, 330))
    ]  # fmt: skip
    said = markdown(results_of() | {"first_calls": calls, "scale": points})
    assert "| PC | 30 | 1.5 | 0.5 | 0.002 |" in said
    assert "| GES | failed: no file |" in said
    assert "| 3 | 0.5 | yes |" in said
    assert "| parquet | 10 | 10,000,000 | 12 | 9 | 0.5 | 90 | 330 |" in said
    assert "| 10,000,000 | 10,000,000 in 9 CPU s | yes |" in said
    assert "| 1.1 | 1.10 (330 against 300) | yes |" in said
    points[0]["memory_peak"] = 200 * 2**20
    grown = markdown(results_of() | {"first_calls": calls, "scale": points})
    assert "| 1.1 | 1.65 (330 against 200) | **no** |" in grown
    assert "0123456789ab+" in said


def test_columns_of_tables():
    """All lines of a table have as many cells as its head."""
    late = record(LEARN, 0, None, reason="a | in it", note="odd", other=True)
    said = markdown(results_of(record("llmcd GES", 0, 0.5), late))
    widths = {line.count("|") for line in said.splitlines() if "peak" in line} | {
        line.count("|") for line in said.splitlines() if line.startswith("| llmcd")
    }
    assert widths == {13}
    assert "another kind of search; odd; timeout: a / in it" in said


# --- command line and curves ----------------------------------------------------------


def test_rows_are_chosen(capsys: pytest.CaptureFixture[str]):
    """Patterns and --quick choose rows, --list names them."""
    assert main(["--rows", "ges-*-5000", "order-gaussian-20", "--list"]) == 0
    names = capsys.readouterr().out.split()
    assert set(names) == {
        "ges-child-5000", "ges-insurance-5000", "ges-alarm-5000", "order-gaussian-20"
    }  # fmt: skip
    assert main(["--quick", "--list"]) == 0
    short = capsys.readouterr().out.split()
    assert "pc-gaussian-20" in short
    assert "pc-gaussian-1000" not in short


@pytest.mark.parametrize("what", ["machine", "versions"])
def test_another_machine_is_not_resumed(tmp_path: Path, what: str):
    """Results of another machine or other versions are not mixed with these."""
    out = tmp_path / "speed.json"
    out.write_text(json.dumps(conditions() | {what: "another", "records": []}))
    with pytest.raises(SystemExit, match=rf"(?s){what} another.*--fresh"):
        main(["--rows", "pc-gaussian-20", "--out", str(out)])


def test_rows_tell_their_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A row that is measured anew has the new commit; who was left out only before."""
    out = tmp_path / "speed.json"
    late = record("pybnesian PC", 0, None, row="pc-gaussian-100", family="pc-gaussian")
    early = record("pgmpy PC", 0, None, row="pc-gaussian-20", family="pc-gaussian")
    held = [r | {"commit": "old", "date": "2026-01-01"} for r in (late, early)]
    out.write_text(json.dumps(conditions() | {"commit": "old", "records": held}))
    seen: list[str] = []

    def run(row: Row, *, earlier, **_) -> list[dict]:
        seen.extend(r["label"] for r in earlier)
        return [record("llmcd PC", 0, 1.0, row=row.name, family=row.family)]

    monkeypatch.setattr(speed, "run_row", run)
    assert main(["--rows", "pc-gaussian-50", "--out", str(out)]) == 0
    commits = {r["row"]: r["commit"] for r in json.loads(out.read_text())["records"]}
    now = conditions()["commit"]
    old = {"pc-gaussian-100": "old", "pc-gaussian-20": "old"}
    assert commits == old | {"pc-gaussian-50": now}
    assert seen == ["pgmpy PC"]


def test_parquet_rows(tmp_path: Path):
    """The file holds the rows and columns asked for, of the generator's graph."""
    parquet = pytest.importorskip(
        "pyarrow.parquet", reason="pyarrow is not installed: pip install pyarrow"
    )
    scale.write_parquet(tmp_path / "x.parquet", 4, 250_000, seed=2)
    held = parquet.read_table(tmp_path / "x.parquet")
    assert (held.num_rows, held.num_columns) == (250_000, 4)
    truth = random_dag(4, 4.0, np.random.default_rng(2))
    assert held.column_names == list(truth.names)
    values = np.column_stack([held[name].to_numpy() for name in truth.names])
    first = truth.topological_order()[0]
    assert abs(values[:, truth.index(first)].std() - 1.0) < 0.01
    for cause, effect in truth.directed_edges():
        i, j = truth.index(cause), truth.index(effect)
        given = [truth.index(p) for p in truth.parents(effect) if p != cause]
        assert abs(partial_correlation(values, i, j, given)) > 0.1


def test_figure(tmp_path: Path):
    """Curves are drawn from the results, or it is said that there are none."""
    points = [
        {"curve": curve, "nodes": nodes, "rows": rows, "status": "done",
         "cpu_seconds": 0.1 * nodes, "memory_peak": 2**20 * k}
        for k, (curve, nodes, rows) in enumerate(
            [("pc", 20, 1000), ("pc", 50, 1000), ("order", 20, 1000),
             ("parquet", 10, 10_000), ("parquet", 10, 100_000)])
    ]  # fmt: skip
    out = tmp_path / "curves.png"
    results = tmp_path / "speed.json"
    results.write_text(json.dumps({"scale": points}))
    assert main(["--figure", str(out), "--from", str(results)]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="--scale"):
        scale.figure({"scale": []}, out)
