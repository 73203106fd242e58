"""Which pairs are chosen by sampled graphs, in which order, with which probes."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

import llmcd
from llmcd.combiner.choosing import OPEN, PROBES, choose_pairs
from llmcd.combiner.outlook import look_ahead
from llmcd.combiner.planner import has_worth, plan_questions, worthwhile_pairs
from llmcd.expert.answers import Answers

NAMES = tuple("abcdefgh")
OTHER = tuple(f"{x}{k}" for k, x in enumerate("zqxmwrkp"))


def rows(names=NAMES, order=range(8)):
    """Rows of a -> c <- b, c -> d; e -> f -> g, whose class is open; h apart."""
    rng = np.random.default_rng(5)
    made = {name: rng.normal(size=400) for name in NAMES}
    made["c"] += made["a"] + made["b"]
    made["d"] += made["c"]
    made["f"] += made["e"]
    made["g"] += made["f"]
    frame = pd.DataFrame(made).set_axis(list(names), axis=1)
    return frame.iloc[:, list(order)]


@cache
def found():
    """The data's side of it."""
    return llmcd.candidates(rows(), bootstrap=4, n_jobs=1)


def pairs_of(chosen):
    """As unordered pairs."""
    return [{p.a, p.b} for p in chosen]


def test_open_directions_come_first_and_probes_between():
    """The chain is open; the collider and pairs without an edge are probes."""
    chosen = worthwhile_pairs(found())
    assert pairs_of(chosen[:2]) in ([{"e", "f"}, {"f", "g"}], [{"f", "g"}, {"e", "f"}])
    assert chosen[0].reason == OPEN
    assert {p.reason for p in chosen} >= set(PROBES)
    of = {
        tuple(sorted(s)): p.reason
        for s, p in zip(pairs_of(chosen), chosen, strict=True)
    }
    assert of["a", "c"] == of["b", "c"] == "probe: directed by the data"
    assert "probe: related, but no edge" in (of.get(("a", "d")), of.get(("b", "d")))
    assert any(p.reason == "probe: unrelated" and "h" in (p.a, p.b) for p in chosen)
    assert len({frozenset(s) for s in pairs_of(chosen)}) == len(chosen)
    assert sorted(chosen, key=lambda p: -p.priority) == list(chosen)
    assert all(p.worth == 0.0 for p in chosen if p.reason in PROBES)


def test_names_and_columns_do_not_matter():
    """Other names in another order of columns: the same pairs in the same order."""
    new = dict(zip(NAMES, OTHER, strict=True))
    moved = llmcd.candidates(
        rows(OTHER, [6, 2, 7, 0, 4, 1, 3, 5]), bootstrap=4, n_jobs=1
    )
    one, two = worthwhile_pairs(found()), worthwhile_pairs(moved)
    assert [{new[v] for v in s} for s in pairs_of(one)] == pairs_of(two)
    assert [p.worth for p in one] == pytest.approx([p.worth for p in two])


def test_a_target_comes_first():
    """The user's variables before others."""
    plain, aimed = worthwhile_pairs(found()), worthwhile_pairs(found(), target=["g"])
    assert pairs_of(aimed)[0] == {"f", "g"}
    assert sum(p.worth for p in aimed) < sum(p.worth for p in plain)
    with pytest.raises(ValueError, match=r"target must name columns.*'nobody'"):
        worthwhile_pairs(found(), target="nobody")


def test_a_harm_budget_leaves_pairs_out_but_no_probes():
    """The plan says what it may cost and holds no more than allowed."""
    texts = {name: f"the thing {name}" for name in NAMES}
    free = llmcd.plan(found(), texts)
    assert free.harm > 0.05
    assert f"at most {free.harm:.1f}" in str(free)
    for limit in (0.0, free.harm / 2):
        tight = llmcd.plan(found(), texts, harm=limit)
        assert tight.harm <= limit + 1e-12
        assert {p.reason for p in tight.pairs} >= set(PROBES)
    assert len(llmcd.plan(found(), texts, harm=0.0)) < len(free)


def test_earlier_answers_change_the_plan():
    """What is answered is left out, and what it tells makes others worth less."""
    outlook = look_ahead(found())
    whole = choose_pairs(found(), outlook)
    rest = choose_pairs(found(), outlook, done={("e", "f")})
    assert {"e", "f"} not in pairs_of(rest)
    assert len(rest) >= len(whole) - 1
    texts = llmcd.Variables.of({name: f"the thing {name}" for name in NAMES})
    answers = Answers(
        tuple(
            llmcd.ask(
                llmcd.plan(found(), texts).questions[:4],
                llmcd.Simulated(llmcd.Graph.from_edges(NAMES, directed=["ef", "fg"])),
                progress=False,
            ).answers
        )
    )
    plan = plan_questions(found(), texts, answers=answers)
    assert not {(p.a, p.b) for p in plan.pairs} & set(answers.pairs())


def test_without_sampled_graphs_the_resamples_decide():
    """In safe mode, and without rows, no worth is stated."""
    assert has_worth(found())
    assert not has_worth(found(), "safe")
    assert {p.worth for p in worthwhile_pairs(found(), mode="safe")} == {None}
