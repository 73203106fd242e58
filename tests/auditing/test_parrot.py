"""Names against knowledge: experts with known faults are seen through."""

import pytest
from auditing.experts import Scripted, binomial_limits, coin, perfect, read_by_words

from llmcd.auditing.items import put
from llmcd.auditing.parrot import Confusion, Parrot, confusion_of
from llmcd.auditing.section import share
from llmcd.auditing.worlds import SKINS, WORLDS, dress
from llmcd.combiner.audited import STATES
from llmcd.expert.simulated import Simulated
from llmcd.graph import Graph

TASK = Parrot()
ITEMS = TASK.items(5000, seed=0)
PLAIN = [x for x in ITEMS if x.question.kind == "pairwise"]


def union():
    """All worlds in all skins as one graph."""
    names, arcs = [], []
    for world in WORLDS:
        for skin in SKINS:
            named = dress(world, skin).named
            names += named.values()
            arcs += [(named[a], named[b]) for a, b in world.arcs]
    return Graph.from_edges(names, directed=arcs)


def run(expert, items=ITEMS):
    """Transcript of an expert."""
    return put(items, expert, progress=False)


def score(verdict, **more):
    """The section of a scripted expert."""
    return TASK.score(run(Scripted(ITEMS, verdict, **more)))


def test_worlds_and_skins():
    """DAGs of five; names differ between skins, and permuted ones turn every arc."""
    for world in WORLDS:
        assert world.graph.is_dag
        shown = {
            s: [v.label for v in dress(world, s).variables.values()] for s in SKINS
        }
        assert all(len(set(labels)) == 5 for labels in shown.values())
        assert sorted(shown["permuted"]) == sorted(shown["real"])
        assert not set(shown["real"]) & set(shown["synonyms"])
    both = [(x.question.a, x.question.b) for x in PLAIN]
    arcs = sum(len(w.arcs) for w in WORLDS)
    assert len(set(both)) == len(both) == len(WORLDS) * 20 + 4 * 2 * arcs
    assert len(TASK.items(1, seed=0)) == 2 * arcs
    for n in (100, 200, 400):
        assert len(TASK.items(n, seed=0)) <= n
    assert {(b, a) for a, b in both} == set(both)


def test_hidden_names_are_hidden():
    """Under codes and nonsense no usual name is sent, and the subject neither."""
    for item in PLAIN:
        if item.facets["names"] in ("codes", "nonsense"):
            world = next(w for w in WORLDS if w.name == item.facets["world"])
            sent = item.messages[1]["content"]
            assert not any(name in sent for name in world.names)
            assert world.domain not in sent


@pytest.mark.parametrize("kind", ["pairwise", "a-or-b", "yes-no"])
def test_nothing_leaks(kind):
    """From one world to another words and lengths tell nothing."""
    asked = [x for x in ITEMS if x.question.kind == kind]
    arcs = [x for x in asked if x.facets["state"] == "edge"]
    low, _, high = read_by_words(arcs, "world")
    assert low <= 0.5 <= high


def test_perfect():
    """Right under all names, consistent in all ways."""
    found = TASK.score(run(perfect(ITEMS)))
    assert found.measure("direction, real names").value == 1
    assert found.measure("order consistency").value == 1
    assert found.measure("same answer in other words").value == 1
    assert found.measure("same answer to other verbs").value == 1
    assert found.measure("both ways claimed").value == 0
    assert found.level in ("useful", "reliable")


def test_a_parrot_is_called_one():
    """Right under real names and their synonyms; names in wrong places mislead it."""

    def recites(item):
        skin, truth = item.facets["names"], item.truth
        if skin in ("codes", "nonsense"):
            return None
        if skin == "permuted" and truth in ("a->b", "b->a"):
            return {"a->b": "b->a", "b->a": "a->b"}[truth]
        return truth

    found = score(recites)
    assert any("recites" in word for word in found.words)
    assert any("silent, as it should" in word for word in found.words)
    skins = {m.name: m.value for m in found.parts["direction by kind of names"]}
    assert skins["real"] == skins["synonyms"] == 1
    assert skins["permuted"] == 0


def test_coin_and_always_the_first():
    """No better than chance, and a lean towards what is shown first."""

    def tossed(item):
        words = {"pairwise": ("a->b", "b->a"), "a-or-b": ("a->b", "b->a")}
        return coin(item, *words.get(item.question.kind, ("yes", "no")))

    found = score(tossed)
    assert found.level == "no better than chance"
    right = found.measure("direction, real names")
    low, high = binomial_limits(right.n)
    assert low <= right.value <= high
    first = score(lambda x: "yes" if x.question.kind == "yes-no" else "a->b")
    assert first.level == "no better than chance"
    assert first.measure("direction, real names").value == 0.5
    assert first.measure("order consistency").value == 0
    assert first.measure("the first shown is the cause").value == 1
    assert first.measure("both ways claimed").value == 1
    assert any("shown first" in word for word in first.words)


def test_consistency_is_not_accuracy():
    """Always wrong the same way: consistent, and called worse than chance."""
    turned = {"a->b": "b->a", "b->a": "a->b", "yes": "no", "no": "yes", "none": "none"}
    found = score(lambda x: turned[x.truth])
    assert found.measure("order consistency").value == 1
    assert found.level == "worse than chance"


def test_calibration_by_hand():
    """Always right and 0.8 sure: Brier 0.04, off by 0.2."""
    found = TASK.score(run(perfect(ITEMS)))
    value = found.measure("Brier score of stated probabilities").value
    assert value == pytest.approx(0.04)
    off = found.measure("calibration error of stated probabilities").value
    assert off == pytest.approx(0.2)


@pytest.mark.parametrize("accuracy", [0.6, 0.8, 0.95])
def test_known_confusion_is_recovered(accuracy):
    """Simulated experts: the accuracy lies within the interval for most seeds."""
    real = [x for x in PLAIN if x.facets["names"] == "real"]
    hits = 0
    for seed in range(20):
        expert = Simulated(
            union(), accuracy=accuracy, mistakes="independent", seed=seed
        )
        found = TASK.score(run(expert, real)).measures[0]
        hits += found.low <= accuracy <= found.high
    assert hits >= 17  # of 20 intervals of 95 %, fewer one time in a thousand


def test_known_rows_of_the_confusion_are_recovered():
    """Chances of each pattern, by the rules of the simulated expert, in the intervals.

    Each order goes wrong for itself: ``r`` is the chance that two directions agree.
    """
    real = [x for x in PLAIN if x.facets["names"] == "real"]
    accuracy, ancestor, unrelated = 0.8, 0.6, 0.5
    r = accuracy**2 + (1 - accuracy) ** 2
    wanted = {"edge": (r, 1 - r, 0.0)}
    for state, p, same in (("ancestor", ancestor, r), ("neither", unrelated, 0.5)):
        both = p**2 + (1 - p) ** 2  # other pairs are in no pattern
        wanted[state] = (
            p**2 * same / both,
            p**2 * (1 - same) / both,
            (1 - p) ** 2 / both,
        )
    inside = []
    for seed in range(20):
        expert = Simulated(
            union(), accuracy=accuracy, ancestor=ancestor, unrelated=unrelated,
            mistakes="independent", seed=seed,
        )  # fmt: skip
        found = confusion_of(run(expert, real))
        right = share("", found.right, found.right + found.wrong)
        inside.append(right.low <= accuracy**2 / r <= right.high)
        for state, row in zip(STATES, found.counts, strict=True):
            for count, chance in zip(row, wanted[state], strict=False):
                if not sum(row):
                    continue
                one = share("", count, sum(row))
                inside.append(one.low - 1e-9 <= chance <= one.high + 1e-9)
    assert len(inside) > 170
    assert sum(inside) / len(inside) >= 0.91  # of 95 % intervals


def test_confusion_by_hand():
    """A perfect expert fills one cell of each row; the prior is discounted."""
    found = confusion_of(run(perfect(ITEMS)))
    states = [s for w in WORLDS for s in w.related().values()]
    assert found.right == states.count("edge")
    assert found.wrong == 0
    assert found.counts == (
        (states.count("edge"), 0, 0, 0),
        (0, 0, states.count("ancestor"), 0),
        (0, 0, states.count("neither"), 0),
    )
    one = Confusion(((8, 4, 0, 0), (0, 0, 100, 0), (0, 0, 0, 0)), 6, 2).prior()
    assert one.rows == ((2.0, 1.0, 0, 0), (0, 0, 8.0, 0), (0, 0, 0, 0))
    assert (one.right, one.wrong) == (1.5, 0.5)
