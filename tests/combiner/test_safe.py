"""Safe mode: what it may do, what it may not, and that it weighs exactly."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made import (
    always_first,
    answers_of,
    known_right,
    liar,
    made_candidates,
    oracle,
    silent,
)
from naive import all_dags
from scipy.stats import beta
from strategies import random_dag

from llmcd.combiner import safe
from llmcd.combiner.audited import Audited
from llmcd.combiner.evidence import Vote
from llmcd.combiner.reconcile import combine
from llmcd.combiner.reliability import learn_skill
from llmcd.combiner.response import SLAB, SPIKE
from llmcd.equivalence import cpdag, members
from llmcd.graph import Graph
from llmcd.metrics import shd


def all_pairs(graph: Graph):
    return list(itertools.combinations(graph.names, 2))


@st.composite
def runs(draw):
    """A true DAG, some data CPDAG (right or wrong), and an arbitrary expert."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(2, 7))
    truth = random_dag(rng, n, 2.0)
    data = cpdag(truth if draw(st.booleans()) else random_dag(rng, n, 2.0))
    verdicts = ["a->b", "b->a", "none", "common cause", None]
    weights = rng.dirichlet(np.ones(5))
    says = draw(
        st.sampled_from(
            [
                oracle(truth),
                liar(truth),
                always_first,
                lambda a, b: verdicts[rng.choice(5, p=weights)],
            ]
        )
    )
    return truth, data, answers_of(says, all_pairs(truth))


@given(runs())
@settings(max_examples=150, deadline=None)
def test_safe_mode_promises(run):
    """Whatever the expert says, safe mode only directs what the data leaves open."""
    truth, data, answers = run
    result = combine(made_candidates(data), answers).graph
    assert result.skeleton() == data.skeleton()
    assert set(data.directed_edges()) <= set(result.directed_edges())
    assert set(result.v_structures()) == set(data.v_structures())
    assert result.is_acyclic
    assert any(True for _ in members(result))
    assert shd(truth=truth, estimate=result) <= shd(truth=truth, estimate=data)


@given(runs())
@settings(max_examples=50, deadline=None)
def test_all_abstain_is_nobody_asked(run):
    """An expert that always abstains gives the data's own graph and edges."""
    from llmcd.expert.answers import Answers

    truth, data, _ = run
    mute = combine(made_candidates(data), answers_of(silent, all_pairs(truth)))
    alone = combine(made_candidates(data), Answers.none())
    assert mute.graph == alone.graph == data
    assert [e.decided_by for e in mute.edges] == [e.decided_by for e in alone.edges]
    assert [e.probability for e in mute.edges] == [e.probability for e in alone.edges]


def test_oracle_expert_on_oracle_data_gives_the_true_dag():
    """An oracle that is known for one restores every DAG with up to 4 nodes."""
    for n in (2, 3, 4):
        for truth in all_dags(n):
            answers = answers_of(oracle(truth), all_pairs(truth))
            result = combine(
                made_candidates(cpdag(truth)), answers, audits=known_right(answers)
            )
            assert result.graph == truth


@pytest.mark.parametrize("seed", range(25))
def test_oracle_expert_on_larger_graphs(seed):
    """The same on random DAGs with up to 14 nodes."""
    rng = np.random.default_rng(seed)
    truth = random_dag(rng, int(rng.integers(5, 15)), 2.5)
    answers = answers_of(oracle(truth), all_pairs(truth))
    found = combine(made_candidates(cpdag(truth)), answers, audits=known_right(answers))
    assert found.graph == truth


def test_nobody_known_directs_nothing_where_the_data_direct_nothing():
    """Without a probe all answers together direct nothing, however much they agree."""
    for n in range(2, 10):
        names = [f"v{k}" for k in range(n)]
        truth = Graph.from_edges(names, directed=itertools.pairwise(names))
        data = cpdag(truth)
        answers = answers_of(oracle(truth), all_pairs(truth))
        assert combine(made_candidates(data), answers).graph == data


def test_star_with_many_leaves():
    """Ten coherent votes beat nine rival roots: skill is integrated, not plugged in."""
    leaves = [f"leaf{k}" for k in range(10)]
    truth = Graph.from_edges(
        ["hub", *leaves],
        directed=[("leaf0", "hub"), *[("hub", leaf) for leaf in leaves[1:]]],
    )
    answers = answers_of(oracle(truth), all_pairs(truth))
    found = combine(made_candidates(cpdag(truth)), answers, audits=known_right(answers))
    assert found.graph == truth


def brute_shares(graph: Graph, cast, skill):
    """P(a before b) for each undirected pair: members given each skill, averaged."""
    pairs = [tuple(sorted(p)) for p in graph.undirected_edges()]
    every = list(members(graph))
    forward = np.array([[b in m.children(a) for a, b in pairs] for m in every])
    shares = np.zeros(len(pairs))
    for mass, t in zip(skill.mass, skill.target, strict=True):
        weights = np.ones(len(every))
        for k, member in enumerate(every):
            for vote in cast:
                if (vote.a, vote.b) not in pairs or not vote.direction:
                    continue
                r = 1 / (1 + np.exp(-(t if vote.pattern == "both" else t / 2)))
                right = (vote.b in member.children(vote.a)) == (vote.direction > 0)
                weights[k] *= r if right else 1 - r
        shares += mass * (weights @ forward) / weights.sum()
    return dict(zip(pairs, shares, strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_shares_are_exact(seed, monkeypatch):
    """Shares equal brute force over all members of the whole graph at once."""
    rng = np.random.default_rng(seed)
    graph = cpdag(random_dag(rng, 6, 2.0))
    patterns = ["both", "one", "split"]
    cast = []
    for pair in graph.undirected_edges():
        kind = int(rng.integers(3))
        sign = 0 if kind == 2 else int(rng.choice([-1, 1]))
        cast.append(Vote("m", *sorted(pair), sign, patterns[kind], 2, ""))
    skill = learn_skill([], {})
    expected = brute_shares(graph, cast, skill)
    exact = safe.orient_by_votes(graph, {"m": cast}, {"m": skill})
    for pair, share in exact.shares.items():
        assert share == pytest.approx(expected[pair], abs=1e-9)
    monkeypatch.setattr(safe, "MEMBER_LIMIT", 1)
    monkeypatch.setattr(safe, "DRAWS", 1500)
    drawn = safe.orient_by_votes(graph, {"m": cast}, {"m": skill})
    for pair, share in drawn.shares.items():
        assert share == pytest.approx(expected[pair], abs=0.08)


def test_components_are_independent():
    """Members of a CPDAG are the product of the members of its components."""
    for seed in range(40):
        graph = cpdag(random_dag(np.random.default_rng(seed), 7, 1.6))
        parts = safe.undirected_components(graph)
        product = 1
        for nodes in parts:
            product *= sum(1 for _ in members(safe._induced(graph, nodes)))
        assert product == sum(1 for _ in members(graph))


def test_two_experts_outweigh_one():
    """Two experts that agree are surer than one of them; a contradiction cancels."""
    graph = Graph.from_edges("ab", undirected=[("a", "b")])
    skill = learn_skill([], {})
    say = {e: [Vote(e, "a", "b", 1, "both", 2, "")] for e in "mn"}
    one = safe.orient_by_votes(graph, {"m": say["m"]}, {"m": skill})
    two = safe.orient_by_votes(graph, say, {"m": skill, "n": skill})
    assert two.shares["a", "b"] > one.shares["a", "b"]
    against = {"m": say["m"], "n": [Vote("n", "a", "b", -1, "both", 2, "")]}
    tied = safe.orient_by_votes(graph, against, {"m": skill, "n": skill})
    assert tied.shares.get(("a", "b"), 0.5) == pytest.approx(0.5)
    assert tied.graph == graph


def test_three_that_nobody_knows_direct_what_two_do_not():
    """Experts are taken as independent: odds multiply, from 0.5375 each to 0.6."""
    graph = Graph.from_edges("ab", undirected=[("a", "b")])
    for n in (1, 2, 3):
        say = {e: [Vote(e, "a", "b", 1, "both", 2, "")] for e in "mno"[:n]}
        found = safe.orient_by_votes(graph, say, {e: learn_skill([], {}) for e in say})
        odds = (0.5375 / 0.4625) ** n
        assert found.shares["a", "b"] == pytest.approx(odds / (1 + odds), abs=0.005)
        assert (found.graph != graph) == (n == 3)


def test_better_experts_do_not_hurt():
    """Mean SHD falls as accuracy rises from 0 to 1 (common random numbers)."""
    means = []
    for accuracy in (0.0, 0.5, 0.75, 1.0):
        rng = np.random.default_rng(5)
        total = 0.0
        for _ in range(60):
            truth = random_dag(rng, 8, 2.2)
            knows, lies = oracle(truth), liar(truth)
            luck = {frozenset(p): rng.random() for p in all_pairs(truth)}
            says = lambda a, b: (  # noqa: E731
                knows if luck[frozenset((a, b))] < accuracy else lies  # noqa: B023
            )(a, b)
            answers = answers_of(says, all_pairs(truth))
            result = combine(made_candidates(cpdag(truth)), answers)
            total += shd(truth=truth, estimate=result.graph, undirected=0.5)
        means.append(total / 60)
    assert all(np.diff(means) < 0.05)
    assert means[-1] < 0.4 < 1.0 < means[0]


def test_collapse_is_said_and_nothing_is_directed(monkeypatch):
    """When the draws are worth too little, the component stays undirected."""
    monkeypatch.setattr(safe, "MEMBER_LIMIT", 1)
    monkeypatch.setattr(safe, "LEAST_EFFECTIVE", 1e9)
    graph = Graph.from_edges("abc", undirected=[("a", "b"), ("b", "c")])
    vote = Vote("m", "a", "b", 1, "both", 2, "")
    oriented = safe.orient_by_votes(graph, {"m": [vote]}, {"m": learn_skill([], {})})
    assert oriented.graph == graph
    assert "too many orientations" in oriented.warnings[0]


def test_prior_is_a_distribution():
    """The slab puts the mass of Beta(4, 1) below one half, up to the grid."""
    skill = learn_skill([], {})
    assert skill.mass.sum() == pytest.approx(1.0)
    below = (1 - SPIKE) * beta(*SLAB).cdf(0.5)
    assert skill.mass[skill.values < 0].sum() == pytest.approx(below, abs=0.01)
    assert skill.chance_of_contradiction() == pytest.approx(0.5, abs=0.02)


def path(n: int) -> Graph:
    """An undirected path: its ends lean outwards in most members of the class."""
    names = [f"c{k}" for k in range(n)]
    return Graph.from_edges(names, undirected=itertools.pairwise(names))


def test_a_weightless_vote_directs_nothing():
    """Equally likely members are no evidence: an expert found wrong changes nothing."""
    wrong = [Vote("m", "a", f"b{k:02d}", 1, "both", 2, "") for k in range(20)]
    right = {("a", f"b{k:02d}"): 0.1 for k in range(20)}
    skill = learn_skill(wrong, right)
    assert skill.weight() < 0.01
    graph = path(6)
    for direction in (1, -1):
        cast = [
            Vote("m", a, b, direction * (-1) ** k, "both", 2, "")
            for k, (a, b) in enumerate(itertools.pairwise(graph.names))
        ]
        for votes in (cast, cast[:1]):
            found = safe.orient_by_votes(graph, {"m": votes}, {"m": skill})
            assert found.graph == graph


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60, deadline=None)
def test_by_expert_means_that_the_expert_said_so(seed):
    """No edge is directed by the expert against its only vote."""
    praised = Audited(((0.0,) * 4,) * 3, 40.0, 0.0)
    rng = np.random.default_rng(seed)
    graph = cpdag(random_dag(rng, 7, 2.5))
    cast = [
        Vote("m", *sorted(p), int(rng.choice([-1, 1])), "both", 2, "")
        for p in graph.undirected_edges()
        if rng.random() < 0.6
    ]
    found = safe.orient_by_votes(
        graph, {"m": cast}, {"m": learn_skill([], {}, praised)}
    )
    said = {(v.a, v.b) if v.direction > 0 else (v.b, v.a) for v in cast}
    assert set(found.by_expert) <= said


def test_names_change_nothing_where_members_are_drawn(monkeypatch):
    """With too many members to list, renamed variables still give the same result."""
    monkeypatch.setattr(safe, "MEMBER_LIMIT", 50)
    names = list("abcdef")
    graph = Graph.from_edges(names, undirected=itertools.combinations(names, 2))
    rng = np.random.default_rng(4)
    cast = [
        Vote("m", a, b, int(rng.choice([-1, 1])), "both", 2, "")
        for a, b in itertools.combinations(names, 2)
    ]
    skills = {"m": learn_skill([], {})}
    first = safe.orient_by_votes(graph, {"m": cast}, skills, order=names)
    for _ in range(3):
        new = dict(zip(names, rng.permutation(list("uvwxyz")), strict=True))
        turned = [
            Vote("m", *sorted((new[v.a], new[v.b])),
                 v.direction if new[v.a] < new[v.b] else -v.direction, "both", 2, "")
            for v in cast
        ]  # fmt: skip
        renamed = graph.rename(new).reorder(sorted(new.values()))
        second = safe.orient_by_votes(
            renamed, {"m": turned}, skills, order=[new[v] for v in names]
        )
        assert second.graph == first.graph.rename(new)
        assert second.by_expert == tuple((new[a], new[b]) for a, b in first.by_expert)
