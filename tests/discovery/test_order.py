"""Order search: as good as exact search, obedient, the same however data come."""

import dataclasses
import itertools

import naive
import numpy as np
import pandas as pd
import problems
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.background import Background
from llmcd.data.statistics import CountStatistics, GaussianStatistics
from llmcd.data.table import table
from llmcd.discovery.exact import exact_search
from llmcd.discovery.order import Evidence, OrderSearch, search_orders
from llmcd.discovery.scores import BIC, BDeu, BGe, graph_score
from llmcd.equivalence import consistent_extension, cpdag, is_cpdag, is_mpdag
from llmcd.errors import GraphError, VariablesError
from llmcd.graph import Graph


def population(truth: Graph, rng: np.random.Generator) -> GaussianStatistics:
    """The exact moments of a linear network, as if from a million rows."""
    p = len(truth.names)
    sign = rng.choice([-1, 1], (p, p))
    mixing = np.linalg.inv(
        np.eye(p) - truth.arcs * rng.uniform(0.5, 1.5, (p, p)) * sign
    )
    return GaussianStatistics(truth.names, 1e6, np.zeros(p), 1e6 * (mixing.T @ mixing))


# --- the objective --------------------------------------------------------------------


def test_the_best_that_there_is():
    """At least 19 of 20 random problems are solved exactly, and none better."""
    gaps = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        p, n = int(rng.integers(5, 11)), int(rng.choice([300, 1000, 3000]))
        kind = problems.SCORES[seed % 5]
        data, score = problems.problem(kind, p, n, rng)
        said = problems.evidence(p, rng) if rng.random() < 0.6 else None
        known = problems.knowledge(data.names, rng) if rng.random() < 0.5 else None
        best = exact_search(data, score, background=known, evidence=said)
        found = search_orders(data, score, background=known, evidence=said)
        gaps.append(best.objective - found.objective)
    assert min(gaps) > -1e-6
    assert np.mean(np.array(gaps) < 1e-6) >= 0.95


@pytest.mark.parametrize("kind", problems.SCORES)
def test_the_objective_is_what_it_says(kind):
    """Tempered score plus evidence of the order and of the adjacencies, written out."""
    rng = np.random.default_rng(3)
    data, score = problems.problem(kind, 8, 400, rng)
    said = problems.evidence(8, rng)
    found = search_orders(data, score, evidence=said)
    objective = problems.Objective(data, score, said)
    assert found.objective == pytest.approx(objective(found.dag, found.order))
    assert max(found.reached) == pytest.approx(found.objective, rel=1e-9)
    assert found.score == pytest.approx(graph_score(score, data, found.dag))


@pytest.mark.parametrize("seed", range(4))
def test_the_true_class_from_the_population(seed):
    """From exact moments of a network the search ends in its class."""
    rng = np.random.default_rng(seed)
    truth = strategies.random_dag(rng, 15, 3.0)
    assert OrderSearch().search(population(truth, rng)) == cpdag(truth)


@pytest.mark.parametrize("kind", ["bic", "bge", "bdeu", "mixed"])
def test_no_worse_than_the_truth(kind):
    """On 25 variables the DAG found scores at least as high as the one drawn from."""
    rng = np.random.default_rng(8)
    truth = strategies.random_dag(np.random.default_rng(8), 25, 3.0)
    data, score = problems.problem(kind, 25, 800, rng, degree=3.0)
    assert graph_score(score, data, truth) <= search_orders(data, score).score


class Sparse(BIC):
    """BIC with a prior on the number of parents."""

    def model(self, statistics):
        """That of BIC, with one parent expected."""
        plain = super().model(statistics)
        return plain._replace(parameters=np.array([self.penalty, 0.0, 0.0, 1.0]))


@pytest.mark.parametrize("score", [Sparse(), BGe(alpha_w=30.0), BIC(penalty=3.0)])
def test_gaussian_columns_are_scored_as_by_the_score(score):
    """The objective by partial moments is that of the local scores."""
    data, _ = problems.problem("bic", 10, 150, np.random.default_rng(5), degree=4.0)
    found = search_orders(data, score, max_starts=3)
    assert max(found.reached) == pytest.approx(found.objective, rel=1e-12)
    assert found.objective == pytest.approx(graph_score(score, data, found.dag))


def test_scaling_everything_changes_nothing():
    """Twice the temper and twice the evidence is twice the objective."""
    rng = np.random.default_rng(4)
    data, score = problems.problem("bge", 7, 200, rng)
    once = problems.evidence(7, rng)
    twice = Evidence(2 * once.order, 2 * once.existence, 2 * once.temper)
    first = exact_search(data, score, evidence=once)
    assert exact_search(data, score, evidence=twice).objective == pytest.approx(
        2 * first.objective
    )
    second = search_orders(data, score, evidence=twice)
    assert second.objective == pytest.approx(2 * first.objective)


# --- evidence -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", problems.SCORES)
def test_no_evidence_and_none_is_the_same(kind):
    """Zero log-odds give the identical result, to the bit."""
    data, score = problems.problem(kind, 9, 300, np.random.default_rng(6))
    zero = Evidence(np.zeros((9, 9)), np.zeros((9, 9)), 1.0)
    first, second = (
        search_orders(data, score),
        search_orders(data, score, evidence=zero),
    )
    assert first.reached == second.reached
    assert (first.order, first.score) == (second.order, second.score)
    assert (first.dag, first.graph) == (second.dag, second.graph)


@pytest.mark.parametrize("kind", problems.SCORES)
def test_strong_order_evidence_is_obeyed(kind):
    """Evidence that outweighs the data fixes the order, whatever it is."""
    rng = np.random.default_rng(7)
    data, score = problems.problem(kind, 9, 300, rng)
    wanted = rng.permutation(9)
    order = np.zeros((9, 9))
    for i, j in itertools.combinations(wanted, 2):
        order[i, j] = 1e5
    found = search_orders(data, score, evidence=Evidence(order=order))
    assert found.order == tuple(data.names[k] for k in wanted)
    at = {v: k for k, v in enumerate(found.order)}
    assert all(at[a] < at[b] for a, b in found.dag.directed_edges())


def test_strong_existence_evidence_is_obeyed():
    """It adds and removes adjacencies, and says nothing about directions."""
    rng = np.random.default_rng(9)
    data, score = problems.problem("bic", 7, 500, rng)
    wanted = np.triu(rng.choice([-1e5, 1e5], (7, 7)), 1)
    found = search_orders(data, score, evidence=Evidence(existence=wanted + wanted.T))
    assert np.array_equal(np.triu(found.dag.adjacencies), wanted > 0)


def test_evidence_by_name():
    """Named evidence may be in any order."""
    rng = np.random.default_rng(2)
    data, _ = problems.problem("bic", 6, 200, rng)
    said = problems.evidence(6, rng)
    turn = rng.permutation(6)
    block = np.ix_(turn, turn)
    named = Evidence(
        said.order[block],
        said.existence[block],
        said.temper,
        [data.names[k] for k in turn],
    )
    first, second = (search_orders(data, evidence=e) for e in (said, named))
    assert (first.objective, first.dag) == (second.objective, second.dag)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"order": [[0, 1]]}, "order must be a square matrix"),
        ({"order": [[0, np.nan], [0, 0]]}, "NaN or infinity; what is certain belongs"),
        ({"existence": [[0, 1], [0, 0]]}, "existence evidence must be symmetric"),
        ({"order": np.zeros((2, 2)), "existence": np.zeros((3, 3))}, "shapes"),
        ({"temper": 0}, "temper must be a number above 0, got 0"),
        ({"names": ["a"], "order": np.zeros((2, 2))}, "different shapes"),
    ],
)
def test_evidence_that_makes_no_sense(arguments, message):
    """What is wrong is named."""
    with pytest.raises(ValueError, match=message):
        Evidence(**arguments)


def test_evidence_about_other_variables():
    """A wrong number of variables and wrong names are refused."""
    data, _ = problems.problem("bic", 4, 100, np.random.default_rng(0))
    with pytest.raises(ValueError, match="about 3 variables, the table has 4"):
        search_orders(data, evidence=Evidence(order=np.zeros((3, 3))))
    with pytest.raises(ValueError, match=r"other variables: \['v00', 'x'\]"):
        search_orders(data, evidence=Evidence(names=["x", *data.names[1:]]))


# --- knowledge ------------------------------------------------------------------------


@given(st.data())
@settings(deadline=None, max_examples=40)
def test_knowledge_is_never_violated(draw):
    """Neither by the DAG nor by its order nor by the MPDAG."""
    rng = np.random.default_rng(draw.draw(st.integers(0, 2**32 - 1)))
    kind = draw.draw(st.sampled_from(problems.SCORES))
    p = int(rng.integers(2, 9))
    data, score = problems.problem(kind, p, 60, rng)
    known = problems.knowledge(data.names, rng)
    said = problems.evidence(p, rng, size=20.0) if rng.random() < 0.5 else None
    found = search_orders(
        data, score, background=known, evidence=said, max_starts=3, seed=1
    )
    assert problems.obeys(found.dag, found.order, known)
    assert is_mpdag(found.graph)
    assert known.required <= set(found.graph.directed_edges())
    assert all(known.allowed(a, b) for a, b in found.graph.directed_edges())


@pytest.mark.parametrize("seed", range(12))
def test_the_class_that_is_left(seed):
    """The MPDAG directs what all members that obey agree on, and nothing else."""
    rng = np.random.default_rng(seed)
    data, score = problems.problem("bic", 4, 200, rng, degree=2.5)
    names = data.names
    known = problems.knowledge(names, rng)
    known = Background(known.required, known.forbidden, [names[:2], names[2:]][:seed])
    if any(a in names[2:] and b in names[:2] for a, b in known.required):
        known = Background((), known.forbidden, known.tiers)
    found = search_orders(data, score, background=known)
    letters = dict(zip(names, "abcd", strict=True))
    same = naive.classes(4)[naive.signature(found.dag.rename(letters))]
    named = [dag.rename({new: old for old, new in letters.items()}) for dag in same]
    left = [
        dag
        for dag in named
        if known.required <= set(dag.directed_edges())
        and all(known.allowed(a, b) for a, b in dag.directed_edges())
    ]
    assert found.graph == naive.common(left)


def test_a_tier_holds_through_a_variable_without_one():
    """Nothing in a later tier comes before anything in an earlier one."""
    truth = Graph.from_edges("abc", directed=[("b", "c"), ("c", "a")])
    data = population(truth, np.random.default_rng(0))
    found = search_orders(data, background=Background(tiers=[["a"], ["b"]]))
    assert found.order.index("a") < found.order.index("b")


def test_knowledge_that_cannot_hold():
    """Tiers turned round by required edges, and more parents than allowed."""
    data, _ = problems.problem("bic", 4, 100, np.random.default_rng(0))
    a, b, c, d = data.names
    against = Background(required=[(b, c), (c, a)], tiers=[[a], [b]])
    with pytest.raises(VariablesError, match="from a later tier to an earlier one"):
        search_orders(data, background=against)
    many = Background(required=[(a, d), (b, d)])
    with pytest.raises(
        VariablesError, match=rf"more parents of {d} than max_parents=1"
    ):
        search_orders(data, background=many, max_parents=1)
    with pytest.raises(VariablesError, match="is not a column"):
        search_orders(data, background=Background(required=[("x", a)]))


@pytest.mark.parametrize("score", [BIC(), BGe()])
def test_required_parents_that_are_dependent(score):
    """They are kept, and searched around as exact search does."""
    x = np.random.default_rng(0).normal(size=(50, 5))
    x[:, 2] = x[:, 0] + x[:, 1]
    x[:, 4] += x[:, 3]
    data = GaussianStatistics.of(x, list("abcde"))
    known = Background(required=[("a", "d"), ("b", "d"), ("c", "d")])
    said = Evidence(existence=9.0 * (1 - np.eye(5)))
    for evidence in (None, said):
        found = search_orders(data, score, background=known, evidence=evidence)
        best = exact_search(data, score, background=known, evidence=evidence)
        assert set("abc") <= set(found.dag.parents("d"))
        assert found.objective == pytest.approx(best.objective)


# --- starts ---------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["bic", "bdeu", "mixed"])
def test_a_start_is_never_left_for_worse(kind):
    """One start at the best graph stays there, as DAG, CPDAG and order."""
    rng = np.random.default_rng(11)
    data, score = problems.problem(kind, 9, 300, rng, degree=3.0)
    said = problems.evidence(9, rng)
    best = exact_search(data, score, evidence=said)
    for start in (best.dag, best.order):
        found = search_orders(
            data, score, evidence=said, start=start, max_starts=1, seed=5
        )
        own = problems.Objective(data, score, said)(
            best.dag, best.dag.topological_order()
        )
        assert found.objective >= own - 1e-6
    plain = exact_search(data, score)
    found = search_orders(data, score, start=plain.graph, max_starts=1)
    assert found.objective == pytest.approx(plain.objective)


@pytest.mark.parametrize(
    "start",
    [Graph.empty("ab"), ["a", "b"], "abc", Graph.from_edges("abcd")],
)
def test_a_start_about_something_else(start):
    """A start has to be about the table's variables."""
    data, _ = problems.problem("bic", 3, 60, np.random.default_rng(0))
    with pytest.raises(GraphError):
        search_orders(data, start=start)


def test_a_start_against_the_knowledge():
    """It is put right, not refused: knowledge may be newer than the start."""
    data, _ = problems.problem("bic", 6, 200, np.random.default_rng(3))
    first = search_orders(data)
    known = Background(tiers=[[v] for v in reversed(first.order)])
    found = search_orders(data, background=known, start=first.dag, max_starts=1)
    assert found.order == tuple(reversed(first.order))


def test_when_it_stops():
    """After enough starts without a gain, or at the largest number of starts."""
    data, score = problems.problem("bdeu", 20, 300, np.random.default_rng(0), 3.0)
    found = search_orders(data, score, patience=4)
    best = found.best_after
    assert found.settled
    assert found.starts == len(found.reached) == len(best) > 4
    assert best[-1] - best[-5] < 0.1
    assert all(best[k] - best[k - 4] >= 0.1 for k in range(4, len(best) - 1))
    assert list(best) == list(np.maximum.accumulate(found.reached))
    assert found.agreement == np.mean(np.array(found.reached) >= best[-1] - 0.1)
    short = search_orders(data, score, max_starts=2)
    assert (short.starts, short.settled) == (2, False)
    assert short.reached == found.reached[:2]
    assert short.sweeps < found.sweeps


def test_few_variables_get_more_starts():
    """Where a start costs nothing patience is longer, unless it is given."""
    data, _ = problems.problem("bic", 6, 200, np.random.default_rng(1))
    assert search_orders(data).starts > 20
    assert 6 <= search_orders(data, patience=5).starts < 20


def test_a_best_that_is_not_confirmed_gets_more_starts():
    """Twenty starts without gain, unless two random orders led to the best."""
    confirmed = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        data, score = problems.problem("bdeu", 30, 300, rng, degree=4.0)
        found = search_orders(data, score)
        best = found.objective
        # every other start is from a random order
        confirmed.append(sum(r >= best - 0.1 for r in found.reached[::2]) > 1)
        further = 5 if confirmed[-1] else 20
        assert found.settled
        assert found.best_after[-1] - found.best_after[-1 - further] < 0.1
    assert len(set(confirmed)) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_parents": -1}, "max_parents must be None or an integer of at least 0"),
        ({"patience": 0}, "patience must be None or an integer of at least 1, got 0"),
        ({"max_starts": 0}, "max_starts must be an integer of at least 1, got 0"),
        ({"max_starts": True}, "max_starts must be an integer of at least 1, got True"),
    ],
)
def test_arguments_out_of_range(arguments, message):
    """They are refused when the method is made and when the function is called."""
    data, _ = problems.problem("bic", 3, 60, np.random.default_rng(0))
    with pytest.raises(ValueError, match=message):
        OrderSearch(**arguments)
    with pytest.raises(ValueError, match=message):
        search_orders(data, **arguments)


# --- the same however the data come ---------------------------------------------------


@pytest.mark.parametrize("kind", ["bic", "bge", "bdeu", "mixed"])
def test_the_same_for_the_same_seed(kind):
    """Again the same to the bit; another seed ends in the same class."""
    data, score = problems.problem(kind, 12, 500, np.random.default_rng(2))
    first, again, other = (search_orders(data, score, seed=s) for s in (3, 3, 4))
    assert dataclasses.astuple(first)[2:] == dataclasses.astuple(again)[2:]
    assert (first.graph, first.dag) == (again.graph, again.dag)
    assert other.graph == first.graph
    assert other.score == pytest.approx(first.score, abs=1e-6)


@pytest.mark.parametrize("kind", ["bic", "bge", "bdeu", "counts"])
def test_columns_in_another_order(kind):
    """Statistics with permuted columns give the same class and score."""
    rng = np.random.default_rng(5)
    data, score = problems.problem(kind, 12, 1000, rng)
    turn = rng.permutation(12)
    names = tuple(data.names[k] for k in turn)
    if isinstance(data, CountStatistics):
        turned = CountStatistics(names, data.sizes[turn], data.codes[turn])
    else:
        block = np.ix_(turn, turn)
        turned = GaussianStatistics(names, data.n, data.mean[turn], data.cross[block])
    first, second = search_orders(data, score), search_orders(turned, score)
    assert second.graph == first.graph
    assert second.score == pytest.approx(first.score, abs=1e-6)


@pytest.mark.parametrize("discrete", [False, True])
def test_a_table_with_shuffled_and_renamed_columns(discrete):
    """Through the canonical order of a table the result is the same to the bit."""
    rng = np.random.default_rng(6)
    truth = strategies.random_dag(rng, 10, 3.0)
    if discrete:
        values = problems.discrete_rows(truth, 400, rng).astype(str)
    else:
        values = problems.linear_rows(truth, 400, rng)
    df = pd.DataFrame(values, columns=list(truth.names))
    new = {v: f"x{k}" for k, v in enumerate(rng.permutation(df.columns))}
    turned = df.iloc[rng.permutation(400), rng.permutation(10)].rename(columns=new)
    first = search_orders(table(df).statistics())
    second = search_orders(table(turned).statistics())
    assert second.dag == first.dag.rename(new)
    assert second.order == tuple(new[v] for v in first.order)
    if discrete:  # sums of counts are exact, those of products are not
        assert second.score == first.score


# --- awkward tables -------------------------------------------------------------------


@pytest.mark.parametrize("p", [0, 1, 2])
def test_very_few_variables(p):
    """None, one and two variables are searched like others."""
    data = GaussianStatistics.of(
        np.random.default_rng(0).normal(size=(50, p)), "ab"[:p]
    )
    found = search_orders(data)
    assert found.graph == Graph.empty("ab"[:p])
    assert found.settled


@pytest.mark.parametrize("score", [BIC(), BGe()])
def test_copies_and_sums_of_columns(score):
    """Linear dependence breaks nothing: the score stays finite, the class legal."""
    x = np.random.default_rng(1).normal(size=(200, 6))
    x[:, 1] = x[:, 0]
    x[:, 4] = x[:, 2] - x[:, 3]
    found = search_orders(GaussianStatistics.of(x, list("abcdef")), score)
    assert np.isfinite(found.score)
    assert is_cpdag(found.graph)
    assert found.graph.adjacent("a", "b")
    assert not found.graph.adjacent("a", "f")


def test_a_column_without_variation():
    """It stays alone, whatever evidence says, but for edges that are required."""
    x = np.random.default_rng(2).normal(size=(100, 3))
    x[:, 1] = 4.0
    said = Evidence(existence=100 * (1 - np.eye(3)))
    codes = np.column_stack([np.arange(60) % 2, np.zeros(60), np.arange(60) % 3])
    for data in (
        GaussianStatistics.of(x, list("abc")),
        CountStatistics.of(codes, list("abc"), [2, 2, 3]),
    ):
        found = search_orders(data, evidence=said)
        assert [e[:2] for e in found.dag.skeleton().edges()] == [("a", "c")]
        known = Background(required=[("a", "b")])
        found = search_orders(data, background=known)
        assert found.graph.parents("b") == ("a",)


def test_more_columns_than_rows():
    """BIC cannot run away: a fifth of the rows limits the parents."""
    x = np.random.default_rng(3).normal(size=(20, 40))
    data = GaussianStatistics.of(x, [f"v{k}" for k in range(40)])
    found = search_orders(data, max_starts=2)
    assert found.dag.arcs.sum(axis=0).max() <= 4
    assert search_orders(data, max_parents=1, max_starts=1).dag.arcs.sum(0).max() == 1


def test_as_a_method():
    """OrderSearch returns the graph of search_orders, and says how it searched."""
    data, _ = problems.problem("bdeu", 7, 200, np.random.default_rng(4))
    known = problems.knowledge(data.names, np.random.default_rng(4))
    method = OrderSearch(score=BDeu(10.0), max_parents=2, patience=3, max_starts=9)
    expected = search_orders(
        data, BDeu(10.0), background=known, max_parents=2, patience=3, max_starts=9
    )
    assert method.search(data, known) == expected.graph
    assert method.settings(data) == {
        "score": "bdeu",
        "equivalent_sample_size": 10.0,
        "expected_parents": None,
        "max_parents": 2,
        "patience": 3,
        "max_starts": 9,
        "exact": False,
    }
    with pytest.raises(ValueError, match="score 'bge' needs"):
        OrderSearch(score="bge").settings(data)


@pytest.mark.parametrize("kind", ["bic", "bdeu"])
def test_small_tables_are_searched_exactly(kind):
    """Up to ten variables nothing is left to luck, unless patience is asked for."""
    data, score = problems.problem(kind, 8, 150, np.random.default_rng(11))
    known = problems.knowledge(data.names, np.random.default_rng(4))
    method = OrderSearch(score)
    assert method.settings(data)["exact"]
    for background in (None, known):
        best = exact_search(data, score, background=background)
        assert method.search(data, background) == best.graph
    wide, score = problems.problem(kind, 11, 150, np.random.default_rng(12))
    assert not OrderSearch(score).settings(wide)["exact"]
    with pytest.raises(GraphError):
        method.search(data, start=["nobody"])


def test_the_extension_is_the_search():
    """A member of the class found scores the same as its DAG."""
    data, score = problems.problem("bge", 12, 300, np.random.default_rng(12))
    found = search_orders(data, score)
    member = consistent_extension(found.graph)
    assert graph_score(score, data, member) == pytest.approx(found.score)
