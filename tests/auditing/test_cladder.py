"""Fresh worlds are exact, balanced and leak nothing; published files are read."""

import json
import re
import zipfile
from collections import Counter
from itertools import product

import networkx as nx
import pytest
from auditing.experts import (
    Scripted,
    always,
    binomial_limits,
    coin_flip,
    other,
    perfect,
    read_by_words,
)

from llmcd.auditing.cladder import (
    _ADJUSTED,
    _NOT_ADJUSTED,
    RUNGS,
    CLadder,
    load_items,
)
from llmcd.auditing.items import put
from llmcd.auditing.scm import GRAPHS
from llmcd.auditing.stories import ALIGNMENTS, STORIES
from llmcd.errors import FormatError

TASK = CLadder()
ITEMS = TASK.items(600, seed=4)


def score(expert, items=ITEMS):
    """The section of an expert."""
    return TASK.score(put(items, expert, progress=False))


# --- an independent reader: from the text to the answer -------------------------------


def told(item):
    """Arcs and probabilities as the text tells them."""
    text = item.messages[1]["content"]
    arcs = re.findall(r"(?:^|\. )(\w[^.]*?) acts directly on ([^.]*?)(?=\.)", text)
    lower = [(a[0].lower() + a[1:], b) for a, b in arcs]
    lines = re.findall(r"(?:Among cases (.*?)|Over all cases), the chance of (.*?) is "
                       r"(\d+)%", text)  # fmt: skip
    chances = {}
    for where, name, percent in lines:
        row = tuple(
            sorted((w.split(" ", 1)[1], w.startswith("with "))
                   for w in where.split(" and ") if w)
        )  # fmt: skip
        chances.setdefault(name, {})[row] = int(percent) / 100
    return lower, chances, text


def mechanisms(chances):
    """All response functions of every variable with their probabilities.

    Not thresholds of one noise: each row of a table has a coin of its own, which gives
    the same counterfactuals of the kinds that are asked where these are identified.
    """
    rows = [
        (name, row, p) for name, table in chances.items() for row, p in table.items()
    ]
    for coins in product((False, True), repeat=len(rows)):
        weight, rule = 1.0, {}
        for (name, row, p), coin in zip(rows, coins, strict=True):
            weight *= p if coin else 1 - p
            rule.setdefault(name, {})[row] = coin
        yield weight, rule


def run(rule, order, do):
    """One unit."""
    world = {}
    for name in order:
        if name in do:
            world[name] = do[name]
            continue
        some = next(iter(rule[name]))
        row = tuple(sorted((cause, world[cause]) for cause, _ in some))
        world[name] = rule[name][row]
    return world


def solved(item, x, y, v3):
    """The sign asked about, from the text alone; True when it is positive."""
    arcs, chances, _ = told(item)
    order = list(nx.topological_sort(nx.DiGraph(arcs)))
    kind, top, bottom = item.facets["query"], [0.0, 0.0], [0.0, 0.0]
    for weight, rule in mechanisms(chances):
        seen = run(rule, order, {})
        if kind in ("marginal", "correlation", "exp_away"):
            if kind == "exp_away" and not seen[v3]:
                continue
            k = int(seen[x]) if kind != "marginal" else 1
            pairs = [(k, seen[y])]
        else:
            with_x, without = (run(rule, order, {x: v}) for v in (True, False))
            if kind == "ett" and not seen[x]:
                continue
            rest = {n for n in order if n not in (x, y)}
            if kind == "nde":
                with_x = run(rule, order, {x: True, **{n: without[n] for n in rest}})
            if kind == "nie":
                with_x = run(rule, order, {x: False, **{n: with_x[n] for n in rest}})
            pairs = [(1, with_x[y]), (0, without[y])]
        for k, value in pairs:
            bottom[k] += weight
            top[k] += weight * value
    second = 0.5 if kind == "marginal" else top[0] / bottom[0]
    return top[1] / bottom[1] - second


def roles(item):
    """X, Y and V3 in words, from what the graph's arcs are in the text."""
    arcs, _, _ = told(item)
    places = [n for arc in GRAPHS[item.facets["graph"]] for n in arc]
    words = [w for arc in arcs for w in arc]
    found = dict(zip(places, words, strict=True))
    return found["X"], found["Y"], found.get("V3")


@pytest.mark.parametrize("kind", ["marginal", "correlation", "exp_away", "ate", "ett",
                                  "nde", "nie"])  # fmt: skip
def test_answers_again_from_the_text(kind):
    """Another model of the noises, fed with the text alone, gives every answer."""
    items = [x for x in ITEMS if x.facets["query"] == kind]
    assert len(items) == 60
    for item in items[:24]:
        if (
            item.facets["graph"] == "arrowhead"
            and item.facets["alignment"] != "nonsense"
        ):
            continue  # 2 ** 18 response functions are slow: one in three will do
        value = solved(item, *roles(item))
        assert abs(value) >= 0.0499
        more = " more likely" in item.messages[1]["content"].split("\n\n")[-2]
        assert item.truth == ("yes" if (value > 0) == more else "no")


def test_adjusting_by_the_back_door_criterion():
    """Listed sets open or close what d-separation says they do."""
    for wanted, choices in ((True, _ADJUSTED), (False, _NOT_ADJUSTED)):
        for graph, z in choices:
            drawn = nx.DiGraph(GRAPHS[graph])
            cut = drawn.copy()
            cut.remove_edges_from(list(drawn.out_edges("X")))
            open_without = not nx.is_d_separator(cut, {"X"}, {"Y"}, set())
            is_valid = z not in nx.descendants(drawn, "X") and nx.is_d_separator(
                cut, {"X"}, {"Y"}, {z}
            )
            assert (open_without and is_valid) == wanted
            if not wanted:  # and then not splitting is right
                assert not open_without


def test_imagined_cases_by_hand():
    """What would have been, followed through the sentences of the text."""
    items = [x for x in ITEMS if x.facets["query"] == "det-counterfactual"]
    for item in items:
        arcs, _, text = told(item)
        rule = {}
        for where, word, name in re.findall(
            r"Cases ((?:with|without) [^.]*?) (always|never) have ([^.]*)\.", text
        ):
            row = tuple(sorted((w.split(" ", 1)[1], w.startswith("with "))
                               for w in where.split(" and ")))  # fmt: skip
            rule.setdefault(name, {})[row] = word == "always"
        parts = re.search(r"One case is (.*?)\.", text)[1].split(" and ")
        case = {w.split(" ", 1)[1]: w.startswith("with ") for w in parts}
        x, y, _ = roles(item)
        order = list(nx.topological_sort(nx.DiGraph(arcs)))
        roots = {n: v for n, v in case.items() if n not in rule}
        assert run(rule, order, roots)[x] == case[x]
        would = run(rule, order, {**roots, x: not case[x]})[y]
        has = "would it have" in text
        assert item.truth == ("yes" if would == has else "no")


def test_collider_bias_by_the_graph():
    """Forcing one cause changes the common effect, never the other cause."""
    for item in [x for x in ITEMS if x.facets["query"] == "collider_bias"]:
        _, y, v3 = roles(item)
        text = item.messages[1]["content"]
        target = re.search(r"the chance of (.*?) (?:change|be as)", text)[1]
        assert target in (y, v3)
        assert item.truth == ("yes" if (target == v3) == ("Can" in text) else "no")


def test_balanced_and_varied():
    """As often yes as no in every facet; every query, graph and alignment occurs."""
    for facet in ("rung", "query", "graph", "alignment", "world"):
        count = Counter((x.facets[facet], x.truth) for x in ITEMS)
        assert {count[k, "yes"] - count[k, "no"] for k, _ in count} == {0}
    assert {x.facets["query"] for x in ITEMS} == set(RUNGS)
    assert {x.facets["graph"] for x in ITEMS} == set(GRAPHS)
    assert {x.facets["alignment"] for x in ITEMS} == set(ALIGNMENTS)
    first = sum(x.truth == "yes" for x in ITEMS[::2])
    low, high = binomial_limits(300)
    assert low <= first / 300 <= high


def test_nothing_leaks():
    """A bag of words does not tell the answer."""
    low, _, high = read_by_words(ITEMS, "world")
    assert low <= 0.5 <= high


def test_stories_fill_their_graphs():
    """A thing for each place, none twice."""
    things = []
    for graph, stories in STORIES.items():
        for story in stories:
            assert set(story) == {n for arc in GRAPHS[graph] for n in arc}
            things += story.values()
    assert len(things) == len(set(things))
    assert set(STORIES) == set(GRAPHS)


def test_expected_experts():
    """Perfect, coin, contrary and agreeable get the right words."""
    assert score(perfect(ITEMS)).level == "reliable"
    assert score(perfect(ITEMS)).measure("parrot gap").value == 0
    tossed = score(coin_flip(ITEMS, "yes", "no"))
    low, high = binomial_limits(600)
    assert low <= tossed.measure("accuracy").value <= high
    assert tossed.level == "no better than chance"
    assert score(Scripted(ITEMS, other)).level == "worse than chance"
    agreeable = score(always(ITEMS, "yes"))
    assert agreeable.measure("accuracy").value == 0.5
    assert agreeable.level == "no better than chance"


def test_a_parrot_has_a_gap():
    """Right where things are as expected, one word elsewhere: named in words."""
    knows = Scripted(
        ITEMS,
        lambda x: x.truth if x.facets["alignment"] == "commonsense" else "yes",
    )
    found = score(knows)
    assert found.measure("parrot gap").value == 0.5
    assert "recall" in found.words[0]


# --- files in the published form, written by us ---------------------------------------

MODELS = [{"model_id": 7, "background": "Imagine a world. Rain has an effect on mud."}]
ROWS = [
    {
        "question_id": 11,
        "given_info": "The chance of rain is 20%.",
        "question": "Is mud more likely when we see rain?",
        "answer": "yes",
        "meta": {"query_type": "correlation", "rung": 1, "story_id": "nonsense3",
                 "graph_id": "chain", "model_id": 7},
    },
    {
        "question_id": 12,
        "given_info": "",
        "question": "Would rain lessen mud?",
        "answer": "no",
        "meta": {"query_type": "ate", "rung": 2, "story_id": "field",
                 "graph_id": "chain", "model_id": 7},
    },
]  # fmt: skip


def test_published_json_and_zip(tmp_path):
    """By path, with the backgrounds beside it or in the archive."""
    path = tmp_path / "cladder-v1-q-anticommonsense.json"
    path.write_text(json.dumps(ROWS))
    with pytest.raises(FormatError, match="no background"):
        load_items(path)
    beside = tmp_path / "cladder-v1-meta-models.json"
    beside.write_text(json.dumps(MODELS))
    items = load_items(path)
    assert [x.truth for x in items] == ["yes", "no"]
    parts = items[0].messages[1]["content"].split("\n\n")
    assert parts[:2] == [MODELS[0]["background"], ROWS[0]["given_info"]]
    assert [x.facets["alignment"] for x in items] == ["nonsense", "anticommonsense"]
    archive = tmp_path / "cladder-v1.zip"
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("cladder-v1/cladder-v1-aggregate.json", json.dumps(ROWS))
        made.write(beside, "cladder-v1/cladder-v1-meta-models.json")
    assert [x.question for x in load_items(archive)] == [x.question for x in items]


def test_published_rows_with_prompts(tmp_path):
    """The other published form: prompt and label in one row."""
    path = tmp_path / "test.jsonl"
    row = {"id": 1, "prompt": "Imagine. Is it?", "label": "no", "rung": 3,
           "query_type": "nie", "graph_id": "fork", "question_property": "easy",
           }  # fmt: skip
    path.write_text(json.dumps(row))
    (item,) = load_items(path)
    assert dict(item.facets) == {
        "rung": "3", "query": "nie", "graph": "fork", "alignment": "commonsense"
    }  # fmt: skip
    path.write_text(json.dumps(row | {"label": "maybe"}))
    with pytest.raises(FormatError, match="question 1: expected"):
        load_items(path)


def test_scores_by_hand(tmp_path):
    """Two items, one right: one half, by rung one and nothing."""
    path = tmp_path / "q.json"
    path.write_text(json.dumps(ROWS))
    (tmp_path / "cladder-v1-meta-models.json").write_text(json.dumps(MODELS))
    items = load_items(path)
    found = score(always(items, "yes"), items)
    assert found.measure("accuracy").value == 0.5
    assert [(m.name, m.value) for m in found.parts["rung"]] == [("1", 1.0), ("2", 0.0)]
