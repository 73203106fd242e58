"""Rows and answers weighed together: promises of posterior mode."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import llmcd
from llmcd.background import Background
from llmcd.combiner import posterior
from llmcd.combiner.evidence import Vote, votes
from llmcd.combiner.posterior import reconcile_samples, states_of
from llmcd.combiner.response import Response, learn_response
from llmcd.expert.answers import Answer, Answers
from llmcd.graph import Graph
from llmcd.metrics import shd

TRUTH = Graph.from_edges(
    ["rain", "soil", "crop", "price", "sun"],
    directed=[("rain", "soil"), ("soil", "crop"), ("sun", "crop"), ("crop", "price")],
)


def rows(n, seed, names=TRUTH.names):
    """Rows of a linear-Gaussian model of the truth, its columns in a chosen order."""
    rng = np.random.default_rng(seed)
    made = {}
    for name in TRUTH.topological_order():
        made[name] = rng.normal(size=n)
        for cause in TRUTH.parents(name):
            made[name] = made[name] + 0.6 * made[cause]
    return pd.DataFrame({name: made[name] for name in names})


def says(right, graph=TRUTH, pairs=None, expert="m"):
    """Answers of both presentation orders about all pairs; ``right`` turns them."""
    found = []
    for i, a in enumerate(graph.names):
        for b in graph.names[i + 1 :]:
            if pairs is not None and (a, b) not in pairs:
                continue
            forward, backward = ("a->b", "b->a") if right else ("b->a", "a->b")
            edge = graph.edge(a, b)
            verdict = "none"
            if edge is not None:
                verdict = forward if edge.a == a else backward
            turned = {"a->b": "b->a", "b->a": "a->b"}.get(verdict, verdict)
            found.append(Answer(a, b, verdict, expert=expert))
            found.append(Answer(b, a, turned, expert=expert))
    return Answers(tuple(found))


def result(df, answers=None, **options):
    """Candidates and both sides combined."""
    found = llmcd.candidates(df, bootstrap=5, **options)
    return llmcd.combine(found, answers, mode="posterior")


def test_abstention_is_nobody():
    """All answers None: to the bit the result without an expert."""
    df = rows(300, 1)
    nobody = result(df)
    silent = Answers(
        tuple(
            Answer(a.a, a.b, None, reason="unsure", expert="m")
            for a in says(True).answers
        )
    )
    silenced = result(df, silent)
    assert silenced.graph == nobody.graph
    assert silenced.edges.equals(nobody.edges)
    assert silenced.combined.samples == nobody.combined.samples


def test_a_silent_expert_changes_nobody_else():
    """Whatever its name: the draws of those who answer are the same, to the bit."""
    df, some = rows(300, 1), says(True)
    one = result(df, some)
    for name in "az":
        silent = tuple(
            replace(x, verdict=None, reason="unsure", expert=name) for x in some.answers
        )
        two = result(df, Answers(some.answers + silent))
        assert two.combined.samples == one.combined.samples
        assert np.array_equal(
            two.combined.directed_probability, one.combined.directed_probability
        )


class Undirected(Response):
    """Heard about edges only, whatever is known of the skill."""

    def worth(self, votes, draw, seed):
        """Both ways alike."""
        found = super().worth(votes, draw, seed)
        for k in (0, 2):
            found[:, k : k + 2] = found[:, k : k + 2].mean(axis=1, keepdims=True)
        return found


def test_chains_are_heard_where_a_direction_counts(monkeypatch):
    """Not where the skill is known but no vote is worth more one way than the other."""
    found = llmcd.candidates(rows(500, 2), bootstrap=5)
    cast = {"m": votes(says(True))}
    assert reconcile_samples(found, cast).heard.any()

    def undirected(*given, **options):
        known = learn_response(*given, **options)
        return Undirected(known.skill, known.rows, known.mass, known.flat_mass)

    monkeypatch.setattr(posterior, "learn_response", undirected)
    assert not reconcile_samples(found, cast).heard.any()


def test_answers_that_change_no_graph_change_no_direction():
    """Of who only says that two unrelated columns are unrelated: not even in doubt."""
    found = llmcd.candidates(rows(2000, 2), bootstrap=5)
    weighed = reconcile_samples(
        found, {"m": [Vote("m", "rain", "sun", 0, "none", 2, "")]}
    )
    assert weighed.together is not weighed.alone
    assert np.array_equal(weighed.together.arcs, weighed.alone.arcs)
    there = weighed.alone.adjacent > 0.5
    assert there.sum() == 8
    moved = weighed.direction - weighed.data_direction
    assert np.abs(moved[there]).max() < 1e-4


def test_a_good_expert_helps():
    """Right answers bring the graph nearer to the truth than the rows alone do."""
    alone = helped = 0.0
    for seed in range(8):
        df = rows(60, seed)
        alone += shd(truth=TRUTH, estimate=result(df).graph, undirected=0.5)
        helped += shd(
            truth=TRUTH, estimate=result(df, says(True)).graph, undirected=0.5
        )
    assert helped < 0.7 * alone


def test_an_adversary_is_found_out():
    """Reversed answers about everything cost little, and the finding says so."""
    alone = harmed = 0.0
    for seed in range(6):
        df = rows(2000, seed)
        alone += shd(truth=TRUTH, estimate=result(df).graph, undirected=0.5)
        found = result(df, says(False))
        harmed += shd(truth=TRUTH, estimate=found.graph, undirected=0.5)
    assert harmed - alone <= 0.5 * 6
    assert found.reliability.accuracy[0] < 0.5


def test_order_of_columns_rows_and_questions_changes_nothing():
    """Permuted columns and rows, and pairs asked the other way round: the same."""
    df = rows(300, 3)
    one = result(df, says(True))
    mixed = df.sample(frac=1.0, random_state=1)[list(df.columns[::-1])]
    turned = Answers(says(True).answers[::-1])
    two = result(mixed, turned)
    assert one.graph == two.graph.reorder(one.graph.names)
    first = {frozenset((e.cause, e.effect)): e for e in one.combined.edges}
    for edge in two.combined.edges:
        same = first[frozenset((edge.cause, edge.effect))]
        assert edge.probability == pytest.approx(same.probability, abs=1e-12)


def test_names_change_nothing():
    """Renaming every variable renames the result."""
    df = rows(300, 4)
    new = dict(zip(TRUTH.names, ["z", "y", "x", "w", "v"], strict=True))
    one = result(df, says(True))
    two = result(df.rename(columns=new), says(True, TRUTH.rename(new)))
    assert one.graph.rename(new) == two.graph


def test_steps_add_up():
    """What the steps say adds up: about the direction, and about the edge."""
    found = result(rows(300, 5), says(True))
    moved = 0
    for edge in found.combined.edges:
        steps = [s for s in edge.provenance if s.log_odds is not None]
        order = [s for s in steps[:-1] if "before" in s.statement]
        assert len(order) == 2
        assert sum(s.log_odds for s in order) == pytest.approx(steps[-1].log_odds)
        likely = 1.0 / (1.0 + np.exp(-steps[-1].log_odds))
        assert edge.probability == pytest.approx(likely, abs=0.01)
        about = [s for s in steps[:-1] if s not in order]
        assert about[0].log_odds + about[1].log_odds == pytest.approx(about[2].log_odds)
        moved += abs(order[1].log_odds) > 0.1
    assert moved


def test_hard_knowledge_stands_above_everybody():
    """Required, forbidden and tiers hold against rows and answers."""
    known = Background(
        required=[("price", "sun")],
        forbidden=[("rain", "soil")],
        tiers=[["price"], ["rain"]],
    )
    found = result(rows(300, 6), says(True), background=known)
    assert found.graph.edge("price", "sun").a == "price"
    assert found.graph.edge("price", "sun").mark == "-->"
    edge = found.graph.edge("rain", "soil")
    assert edge is None or (edge.a, edge.mark) == ("soil", "-->")
    for graph in found.combined.samples:
        assert graph.arcs[graph.index("price"), graph.index("sun")]
        assert not graph.arcs[graph.index("rain"), graph.index("soil")]
        assert not graph.arcs[graph.index("rain"), graph.index("price")]


def test_probabilities_obey_hard_knowledge():
    """None of a direction that is forbidden, by a rule, a requirement or a tier."""
    df, graph = chain(600, 0, 4)
    for known in (
        Background(required=[("c1", "c0")]),
        Background(forbidden=[("c0", "c1")]),
        Background(tiers=[["c1"], ["c0"]]),
    ):
        found = result(df, says(True, graph), background=known).combined
        one, none = (found.graph.index(v) for v in ("c1", "c0"))
        adjacent = found.edges[0].adjacency
        assert {found.edges[0].cause, found.edges[0].effect} == {"c0", "c1"}
        assert adjacent > 0.9
        share = found.directed_probability
        assert share[one, none] == pytest.approx(adjacent, abs=1e-6)
        assert share[none, one] == 0.0
    free = result(df, says(True, graph)).combined.directed_probability
    assert free[one, none] > 0.3
    assert free[none, one] > 0.3


@pytest.mark.parametrize("seed", [3, 4, 8])
def test_tiers_hold_through_columns_without_a_tier(seed):
    """Chains start legal, whatever the extension of the search's graph does."""
    rng = np.random.default_rng(seed)
    df = pd.DataFrame()
    for k in range(3):
        df[f"w{k}"] = rng.normal(size=300)
        df[f"x{k}"] = df[f"w{k}"] + rng.normal(size=300)
        df[f"y{k}"] = df[f"x{k}"] + rng.normal(size=300)
    tiers = [[f"w{k}" for k in range(3)], [f"y{k}" for k in range(3)]]
    found = llmcd.candidates(df, background=Background(tiers=tiers), bootstrap=0)
    reach = found.samples.directed + found.samples.ancestral
    at = found.samples.names.index
    assert found.samples.accepted > 0
    for k in range(3):
        assert not any(reach[at(f"y{k}"), at(f"w{j}")] for j in range(3))


def test_many_required_parents():
    """More required parents than candidates are usual are all there."""
    rng = np.random.default_rng(0)
    df = pd.DataFrame(rng.normal(size=(300, 11)), columns=[f"c{k}" for k in range(11)])
    df["z"] = rng.normal(size=300)
    known = Background(required=[(f"c{k}", "z") for k in range(11)])
    found = result(df, background=known)
    assert len(found.graph.parents("z")) == 11


def test_what_only_knowledge_directs_is_no_probe():
    """Directions that tiers give do not vouch for an expert who repeats them."""
    df = rows(500, 11)[["rain", "soil"]]
    known = Background(tiers=[["rain"], ["soil"]])
    said = Answers((Answer("rain", "soil", "a->b", expert="m"),))
    found = result(df, said, background=known)
    assert found.reliability.probes[0] == 0
    assert found.reliability.accuracy[0] == pytest.approx(0.5, abs=0.02)
    assert found.edges.decided_by[0] == "background"


def test_graphs_that_are_no_dags_are_for_safe_mode():
    """Circles or bidirected edges: auto is safe mode and says why."""
    found = llmcd.candidates(rows(300, 12), bootstrap=2)
    marks = Graph.from_edges(found.names, bidirected=[("rain", "sun")])
    mixed = replace(found, graph=marks)
    assert "no DAG has" in llmcd.combine(mixed, None).combined.why_mode
    with pytest.raises(llmcd.DataError, match="no DAG has"):
        llmcd.combine(mixed, None, mode="posterior")


def test_panel_is_two_experts():
    """Two experts get two reliabilities, the bad one no weight."""
    both = Answers(
        says(True, expert="good").answers + says(False, expert="bad").answers
    )
    found = result(rows(2000, 7), both).reliability.set_index("expert")
    assert found.accuracy["good"] > found.accuracy["bad"]
    assert found.weight["good"] > found.weight["bad"]


def test_states_are_shares_of_the_samples():
    """The five states of a pair are exhaustive and in name order."""
    found = llmcd.candidates(rows(300, 8), bootstrap=5)
    states = states_of(found.samples)
    assert len(states) == 10
    for (a, b), shares in states.items():
        assert a < b
        assert sum(shares) == pytest.approx(1.0)
    i, j = found.samples.names.index("crop"), found.samples.names.index("price")
    assert states["crop", "price"][0] == found.samples.directed[i, j]


def test_constant_columns_stay_out():
    """A column set aside is an isolated node; votes about it are ignored."""
    df = rows(300, 9)
    df["same"] = 1.0
    found = llmcd.candidates(df, bootstrap=5)
    votes = [Vote("m", "rain", "same", 1, "both", 2, "")]
    assert reconcile_samples(found, {"m": votes}).together is found.samples


def test_saved_and_loaded_is_the_same(tmp_path):
    """Samples, diagnostics and the other mode survive the run folder."""
    one = result(rows(200, 10), says(True))
    one.save(tmp_path / "run")
    two = llmcd.Result.load(tmp_path / "run")
    assert two == one
    assert two.combined.samples == one.combined.samples
    assert two.combined.other_graph == one.combined.other_graph
    assert two.combined.other_mode == "safe"


def chain(n, seed, length=8):
    """Rows of a chain, of which no row directs anything, and its class."""
    rng = np.random.default_rng(seed)
    names = [f"c{k}" for k in range(length)]
    made = {names[0]: rng.normal(size=n)}
    for one, next_ in itertools.pairwise(names):
        made[next_] = 0.8 * made[one] + rng.normal(size=n)
    graph = Graph.from_edges(names, directed=list(itertools.pairwise(names)))
    return pd.DataFrame(made), graph


@pytest.mark.parametrize("right", [True, False])
def test_answers_do_not_vouch_for_each_other(right):
    """Where no row bears an expert out, answers that agree move no direction far."""
    for length, seed in ((2, 0), (2, 1), (2, 2), (8, 0), (8, 2), (8, 3)):
        df, graph = chain(600, seed, length)
        answers = says(right, graph, list(graph.directed_edges()))
        found = result(df, answers, seed=seed)
        weighed = reconcile_samples(
            found.candidates, {"m": votes(found.combined.answers)}
        )
        moved = weighed.direction - weighed.data_direction
        sure = weighed.alone.adjacent > 0.9
        assert np.abs(moved[sure]).max() < 0.1
        alone = result(df, seed=seed).graph
        for i, j in np.argwhere(np.abs(weighed.data_direction - 0.5) < 0.03):
            a, b = weighed.alone.names[i], weighed.alone.names[j]
            assert found.graph.edge(a, b) == alone.edge(a, b)


def test_finding_without_a_probe_claims_no_prior():
    """Answers outward from the middle of a chain fit its class: the words say so."""
    df, graph = chain(600, 0)
    turned = says(False, graph, [(f"c{k}", f"c{k + 1}") for k in range(4)])
    ahead = says(True, graph, [(f"c{k}", f"c{k + 1}") for k in range(4, 7)])
    found = result(df, Answers(turned.answers + ahead.answers)).reliability
    assert found.probes[0] == 0
    assert found.weight[0] > 2 * learn_response([], {}).weight()
    assert "prior" not in found.finding[0]
    assert "fit together" in found.finding[0]
