"""Candidates: the same for any order and any number of processes; nothing lost."""

import time
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
import strategies
from joblib import parallel_config

from llmcd.background import Background
from llmcd.data.table import table
from llmcd.discovery.causal_learn import CausalLearn
from llmcd.discovery.ensemble import Candidates, candidates
from llmcd.discovery.ges import GES
from llmcd.discovery.limits import Limits
from llmcd.discovery.pc import PC
from llmcd.equivalence import cpdag, is_cpdag, is_mpdag
from llmcd.errors import DataError, VariablesError
from llmcd.graph import Graph


def rows(kind: str, n: int = 200, seed: int = 0) -> pd.DataFrame:
    """Six columns of a random network, continuous, discrete or of both kinds."""
    rng = np.random.default_rng(seed)
    truth = strategies.random_dag(rng, 6, 2.0)
    x = rng.normal(size=(n, 6))
    for v in truth.topological_order():
        j = truth.index(v)
        x[:, j] += x[:, [truth.index(w) for w in truth.parents(v)]].sum(axis=1)
    df = pd.DataFrame(x, columns=list(truth.names))
    cut = {"continuous": 0, "mixed": 3, "discrete": 6}[kind]
    for k, v in enumerate(truth.names[:cut]):
        levels = [-np.inf, 0.0, np.inf] if k % 2 else [-np.inf, -0.5, 0.7, np.inf]
        df[v] = pd.cut(df[v], levels, labels=["low", "mid", "high"][: len(levels) - 1])
        df[v] = pd.Categorical(df[v].astype(str))
    return df


def content(found: Candidates) -> tuple:
    """What must not depend on the order of rows and columns."""
    names = sorted(found.names)
    return (
        found.graph.reorder(names),
        [g.reorder(names) for g in found.replicates],
        found.fingerprint,
        dict(found.kinds),
        dict(found.settings),
        found.failures,
        found.warnings,
    )


# --- the same however the data come ---------------------------------------------------


@pytest.mark.parametrize("kind", ["continuous", "discrete", "mixed"])
@pytest.mark.parametrize("seed", range(3))
def test_order_of_rows_and_columns_changes_nothing(kind, seed):
    """Shuffled rows and columns give identical candidates."""
    df = rows(kind, seed=seed)
    rng = np.random.default_rng(seed)
    shuffled = df.iloc[rng.permutation(len(df)), rng.permutation(df.shape[1])]
    first, second = candidates(df, bootstrap=4), candidates(shuffled, bootstrap=4)
    assert content(first) == content(second)
    assert second.names == tuple(shuffled.columns)
    first_support = pd.DataFrame(first.direction_support, first.names, first.names)
    second_support = pd.DataFrame(second.direction_support, second.names, second.names)
    assert first_support.equals(second_support.loc[df.columns, df.columns])


@pytest.mark.parametrize("kind", ["continuous", "discrete", "mixed"])
def test_names_change_nothing_but_the_names(kind):
    """Renamed columns give the renamed graphs."""
    df = rows(kind, seed=3)
    new = dict(zip(df.columns, ["zz", "a b", "µ", "x", "q", "0"], strict=True))
    first = candidates(df, bootstrap=4)
    second = candidates(df.rename(columns=new), bootstrap=4)
    assert second.graph == first.graph.rename(new)
    assert list(second.replicates) == [g.rename(new) for g in first.replicates]


def test_units_change_nothing():
    """Shifted and scaled columns give the same graphs."""
    df = rows("continuous", seed=4)
    other = df * [1e3, 1e-3, 7, 1, 1, 2.5] + [0, 5, -100, 0, 1e3, 0]
    first, second = candidates(df, bootstrap=4), candidates(other, bootstrap=4)
    assert first.graph == second.graph


def test_processes_and_threads_change_nothing():
    """One process, two processes and two threads give identical candidates."""
    df = rows("mixed", seed=5)
    alone = content(candidates(df, bootstrap=6, n_jobs=1))
    assert content(candidates(df, bootstrap=6, n_jobs=2)) == alone
    with parallel_config(backend="threading", n_jobs=2):
        assert content(candidates(df, bootstrap=6)) == alone


def test_each_resample_has_its_own_seed():
    """Replicate i is the search of the i-th spawned draw, however many follow."""
    data = table(rows("continuous", seed=6))
    found = candidates(data, method="pc", bootstrap=5, seed=9)
    for k, seed in enumerate(np.random.SeedSequence(9).spawn(5)):
        n = data.n_rows
        draws = np.random.default_rng(seed).multinomial(n, np.full(n, 1 / n))
        graph = PC().search(data.statistics(draws))
        assert found.replicates[k] == graph.reorder(found.names)
    again = {"method": "pc", "bootstrap": 5}
    third = candidates(data, method="pc", bootstrap=3, seed=9)
    assert third.replicates == found.replicates[:3]
    assert candidates(data, **again, seed=8).replicates != found.replicates


# --- what is in it --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["continuous", "discrete", "mixed"])
def test_every_graph_is_legal(kind):
    """All graphs are CPDAGs over the user's columns."""
    df = rows(kind, seed=7)
    found = candidates(df, bootstrap=5)
    assert found.names == tuple(df.columns)
    assert len(found.replicates) == 5
    for graph in (found.graph, *found.replicates):
        assert is_cpdag(graph)
        assert graph.names == found.names


def test_background_holds_in_every_graph():
    """Required, forbidden and tiers are obeyed by the table and every resample."""
    df = rows("continuous", seed=8)
    a, b, c, d, e, f = df.columns
    known = Background([(a, b)], [(c, d), (d, c)], [[a, c], [b, d, e, f]])
    found = candidates(df, background=known, bootstrap=8)
    assert found.background == known
    for graph in (found.graph, *found.replicates):
        assert is_mpdag(graph)
        assert (a, b) in graph.directed_edges()
        assert not graph.adjacent(c, d)
        for late in (b, d, e, f):
            assert not set(graph.children(late)) & {a, c}
            assert not set(graph.neighbours(late)) & {a, c}


def test_knowledge_about_a_constant_column_does_no_harm():
    """Tiers and prohibitions may name a column that was set aside."""
    df = rows("continuous", seed=8).assign(one=1)
    a, b = df.columns[:2]
    known = Background(forbidden=[("one", a), (b, a)], tiers=[["one", a], [b]])
    plain = Background(forbidden=[(b, a)])
    found = candidates(df, background=known, bootstrap=0)
    bare = candidates(df, background=plain, bootstrap=0)
    assert found.graph == bare.graph


def test_a_constant_column_is_an_isolated_node():
    """It stays in the graph, without edges, at its place."""
    df = rows("continuous", seed=9)
    df.insert(2, "one", "always")
    found = candidates(df, bootstrap=3)
    assert found.names == tuple(df.columns)
    assert found.kinds["one"] == "constant"
    at = found.names.index("one")
    assert not found.adjacency_support[at].any()
    assert not any(g.adjacencies[at].any() for g in (found.graph, *found.replicates))


@pytest.mark.parametrize("kind", ["continuous", "discrete"])
def test_a_rare_level_may_be_lost_in_a_resample(kind):
    """A column that a resample makes constant is isolated there; none fails."""
    df = rows(kind, n=60, seed=10)
    df["rare"] = ["yes"] + ["no"] * 59
    found = candidates(df, bootstrap=12)
    assert found.failures == ()
    assert len(found.replicates) == 12


def made(replicates: list[Graph]) -> Candidates:
    return Candidates(
        names=replicates[0].names,
        graph=replicates[0],
        replicates=tuple(replicates),
        method="pc",
        why_method="a test",
        settings={},
        background=Background(),
        n_rows=10,
        kinds={},
        fingerprint="",
    )


def test_support_counts_resamples_and_their_members():
    """An arc counts 1, an undirected edge the share of its class's members."""
    chain = Graph.from_edges("abc", undirected=[("a", "b"), ("b", "c")])
    collider = Graph.from_edges("abc", directed=[("a", "b"), ("c", "b")])
    found = made([chain, collider, collider, Graph.empty("abc")])
    assert found.adjacency_support[0, 1] == found.adjacency_support[1, 0] == 0.75
    assert found.adjacency_support[0, 2] == 0.0
    # Of the chain's three members a is before b in one: a-b-c from a; not b, not c.
    assert found.direction_support[0, 1] == pytest.approx((1 / 3 + 2) / 4)
    assert found.direction_support[1, 0] == pytest.approx((2 / 3) / 4)


def test_without_resamples_support_is_the_graphs():
    """bootstrap=0 gives support 0 or 1, from the table's own graph."""
    df = rows("continuous", seed=11)
    found = candidates(df, bootstrap=0)
    assert found.replicates == ()
    np.testing.assert_array_equal(found.adjacency_support, found.graph.adjacencies)


def test_support_cannot_be_changed():
    """The matrices are kept, so nobody may write into them."""
    found = made([Graph.empty("ab")])
    with pytest.raises(ValueError, match="read-only"):
        found.adjacency_support[0, 1] = 1.0


@pytest.mark.parametrize(
    ("method", "kind", "expected"),
    [
        ("pc", "continuous", {"alpha": 0.01, "test": "fisher_z"}),
        ("auto", "discrete", {"score": "bdeu"}),
        (PC(alpha=0.05), "discrete", {"alpha": 0.05, "test": "chi2"}),
        ("pc", "mixed", {"max_conditioning": None, "test": "degenerate_gaussian"}),
        ("ges", "continuous", {"score": "bic"}),
    ],
)
def test_settings_say_how_to_run_it_again(method, kind, expected):
    """Method, what was chosen for the kinds, resamples and seed are written down."""
    found = candidates(rows(kind, seed=12), method=method, bootstrap=1, seed=3)
    more = {"bootstrap": 1, "seed": 3, "missing": "error"}
    assert {**expected, **more}.items() <= dict(found.settings).items()
    names = {"ges": "ges", "auto": "order"}
    assert found.method == names.get(method if isinstance(method, str) else "", "pc")
    assert ("auto" in found.why_method) == (method == "auto")


def test_a_mixed_table_is_told_how_it_is_tested():
    """Only there the warning about linear dependence appears."""
    warned = candidates(rows("mixed", seed=13), bootstrap=0).warnings
    assert any("degenerate-Gaussian" in line for line in warned)
    assert candidates(rows("continuous", seed=13), bootstrap=0).warnings == ()


def test_no_cell_is_shown():
    """Neither its text nor its representation tells a value of the table."""
    df = rows("discrete", seed=14).astype(str).replace("low", "topsecret")
    found = candidates(df, bootstrap=2)
    assert "topsecret" not in str(found) + repr(found)


# --- what goes wrong ------------------------------------------------------------------


@dataclass(frozen=True)
class Failing(PC):
    """PC that fails on every, or about every other, resample (not on the table)."""

    always: bool = False

    def search(self, statistics, background=None):
        resample = abs(statistics.mean).max() > 1e-9
        if resample and (self.always or statistics.mean[0] > 0):
            raise DataError("nothing works")
        return super().search(statistics, background)


def test_a_failed_resample_is_counted_and_told():
    """The others stay; the failed ones are in failures and in warnings."""
    found = candidates(rows("continuous", seed=15), method=Failing(), bootstrap=12)
    assert 0 < len(found.failures) < 12
    assert len(found.failures) + len(found.replicates) == 12
    assert set(found.failures) == {"DataError: nothing works"}
    assert f"{len(found.failures)} of 12 resamples failed" in found.warnings[-1]


def test_when_every_resample_fails_there_is_no_result():
    """An error with the first failure in it."""
    df = rows("continuous", seed=16)
    with pytest.raises(DataError, match=r"all 4 resamples.*nothing works.*bootstrap=0"):
        candidates(df, method=Failing(always=True), bootstrap=4)


@dataclass(frozen=True)
class Deaf(PC):
    """PC that obeys no knowledge."""

    name = "deaf"
    honours = frozenset({"tiers"})


def test_knowledge_that_cannot_be_honoured_is_refused():
    """Before any work, with what it cannot honour and the way out."""
    df = rows("continuous", seed=17)
    a, b = df.columns[:2]
    with pytest.raises(VariablesError, match=r"'deaf'.*\(forbidden\).*method='auto'"):
        candidates(df, method=Deaf(), background={"forbidden": [[a, b]]})


@pytest.mark.parametrize("method", ["order", "pc", "ges"])
def test_every_own_method_obeys_knowledge(method):
    """Required, forbidden and tiers hold whatever searches."""
    df = rows("continuous", seed=17)
    a, b, c, d, *rest = df.columns
    known = Background([(b, a)], [(c, d)], [[b, c], [a, d, *rest]])
    for graph in candidates(
        df, method=method, background=known, bootstrap=2
    ).replicates:
        assert (b, a) in graph.directed_edges()
        assert (c, d) not in [*graph.directed_edges(), *graph.undirected_edges()]
        assert not {(x, y) for x, y in graph.directed_edges() if y in (b, c)} - {
            (b, c), (c, b),
        }  # fmt: skip


def test_several_methods_make_one_ensemble():
    """The first gives the graph; each resample counts once for each method."""
    df = rows("continuous", seed=20)
    both = candidates(df, method=["pc", "ges"], bootstrap=3)
    assert both.method == "pc+ges"
    assert both.graph == candidates(df, method="pc", bootstrap=0).graph
    assert len(both.replicates) == 6
    assert both.settings["pc: alpha"] == 0.01
    with pytest.raises(ValueError, match=r"at least one method"):
        candidates(df, method=[])


def test_what_the_table_warns_of_reaches_the_reader():
    """Copies, too few rows and columns set aside are among the warnings."""
    df = rows("continuous", seed=21).assign(one=1)
    df["copy"] = 2 * df[df.columns[0]] + 1e-3 * np.random.default_rng(0).normal(
        size=200
    )
    said = " ".join(candidates(df, bootstrap=0).warnings)
    assert "one: " in said
    assert "copy" in said


@dataclass(frozen=True)
class Slow(PC):
    """PC that takes its time."""

    def search(self, statistics, background=None):
        time.sleep(0.1)
        return super().search(statistics, background)


def test_time_limit_gives_a_partial_result():
    """What is finished is returned, and the result says that it is partial."""
    found = candidates(
        rows("continuous", seed=22), method=Slow(), bootstrap=60,
        limits=Limits(seconds=3.0),
    )  # fmt: skip
    assert not found.complete
    assert 0 < len(found.replicates) < 60
    assert "partial: the limit of 3 seconds" in found.warnings[0]


def test_memory_is_refused_before_it_is_taken():
    """The estimate stands in the error."""
    with pytest.raises(DataError, match=r"more than the limit of 1e-06 GB"):
        candidates(rows("continuous"), limits=Limits(gigabytes=1e-6))


def test_knowledge_is_not_the_datas_voice():
    """Directions that only background knowledge gives are in no support."""
    rng = np.random.default_rng(23)
    x = rng.normal(size=400)
    df = pd.DataFrame({"x": x, "y": x + rng.normal(size=400)})
    found = candidates(df, background={"required": [["x", "y"]]}, bootstrap=4)
    assert found.graph.directed_edges() == (("x", "y"),)
    assert found.class_graph.undirected_edges() == (("x", "y"),)
    assert found.direction_support[0, 1] == found.direction_support[1, 0] == 0.5


def test_required_edges_at_a_constant_column_are_refused():
    """A column without variation cannot have the edge that is asked for."""
    df = rows("continuous", seed=18).assign(one=1)
    a = df.columns[0]
    with pytest.raises(VariablesError, match=f"{a} --> one"):
        candidates(df, background={"required": [[a, "one"]]})


def test_knowledge_about_strangers_is_refused():
    """A name that is no column is a mistake."""
    with pytest.raises(VariablesError, match="'smoke' is not a column"):
        candidates(rows("continuous"), background={"tiers": [["smoke"]]})


@pytest.mark.parametrize(
    ("argument", "value", "words"),
    [
        ("method", "lingam", "'auto', 'order', 'pc', 'ges'"),
        ("method", object(), "method must have name, honours, settings and search"),
        ("method", PC(test="chi2"), "chi2"),
        ("bootstrap", -1, "bootstrap must be an integer of at least 0"),
        ("bootstrap", 2.5, "bootstrap must be an integer"),
        ("seed", -3, "seed must be an integer of at least 0"),
    ],
)
def test_arguments_are_checked_before_any_work(argument, value, words):
    """Each wrong argument is named with what it may be."""
    with pytest.raises(ValueError, match=words):
        candidates(rows("continuous"), **{argument: value})


def test_ges_over_resamples():
    """GES runs through the same door."""
    truth = Graph.from_edges("abc", directed=[("a", "c"), ("b", "c")])
    x = np.random.default_rng(19).normal(size=(500, 3))
    x[:, 2] += x[:, 0] + x[:, 1]
    found = candidates(pd.DataFrame(x, columns=list("abc")), method=GES(), bootstrap=3)
    assert [found.graph, *found.replicates] == [cpdag(truth)] * 4


def test_numpy_integers_are_integers():
    """A count from an array is as good as a literal."""
    df = rows("continuous")
    found = candidates(df, bootstrap=np.int64(2), seed=np.uint8(3))
    assert found.replicates == candidates(df, bootstrap=2, seed=3).replicates


def test_more_columns_than_rows():
    """PC and the scored searches take such a table, causal-learn refuses it."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 150))
    x[:, 1::3] += 1.5 * x[:, ::3]  # 50 pairs, and 50 columns alone
    names = [f"v{k:03d}" for k in range(150)]
    wide = table(pd.DataFrame(x, columns=names))
    assert any("too few to look at all" in note.detail for note in wide.notes)
    truth = {(names[k], names[k + 1]) for k in range(0, 150, 3)}
    for method in ("pc", "ges", "order"):
        found = candidates(wide, method=method, bootstrap=1, n_jobs=1)
        assert not found.failures
        pairs = {tuple(sorted((e.a, e.b))) for e in found.graph.edges()}
        assert truth <= pairs
        assert len(pairs) < 150
    with pytest.raises(DataError, match="needs at least 5 more rows than columns"):
        CausalLearn("pc").search_rows(wide)


def test_rows_given_again():
    """The same rows in any order are taken back; of others it is said what differs."""
    df = rows("continuous")
    found = candidates(df, bootstrap=2)
    bare = replace(found, table=None)
    again = bare.with_rows(df.sample(frac=1.0, random_state=0)[df.columns[::-1]])
    assert again.table is not None
    assert np.array_equal(again.table.values, found.table.values)
    assert np.array_equal(again.samples.arcs, found.samples.arcs)
    assert bare.with_rows(found.table).table is found.table
    last = df.columns[-1]
    other = df.copy()
    other.iloc[0, 0] += 1.0
    for wrong, says in [
        (df.iloc[:-1], f"{len(df) - 1:,} rows, not {len(df):,}"),
        (df.drop(columns=[last]), rf"columns \['{last}'\] are missing"),
        (df.rename(columns={last: "q"}), r"columns \['q'\] are new"),
        (df.assign(**{last: 1.0}), f"'{last}' is constant, not continuous"),
        (other, "some cells differ"),
    ]:
        with pytest.raises(DataError, match=says):
            bare.with_rows(wrong)
