"""The report says what is in the result, and every text in it stays text."""

import base64
import hashlib
import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from made import answer, answers_of, made_candidates, oracle

import llmcd
from llmcd.combiner.changes import Change, Changes
from llmcd.combiner.reconcile import combine
from llmcd.combiner.refinement import PairScore, Proposal, Refinement
from llmcd.data.table import Note
from llmcd.expert.answers import Answers
from llmcd.graph import Graph
from llmcd.report.account import pairs
from llmcd.report.render import render
from llmcd.variables import Variable, Variables

HOSTILE = "</script><img src=x onerror=alert(1)>"
QUOTES = "\"><b onmouseover='x'>"
VOID = {"meta", "img", "br", "input"}


class Reader(HTMLParser):
    """Collects tags, attributes and text, and checks that tags close."""

    def __init__(self, page):
        """Read a page."""
        super().__init__()
        self.tags, self.attributes, self.words, self.open = [], set(), [], []
        self.links = set()
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        """Remember a tag and its attributes."""
        self.tags.append(tag)
        self.attributes |= {(tag, name) for name, _ in attrs}
        self.links |= {text for name, text in attrs if name in ("href", "src")}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        """The last opened tag is the one that closes."""
        assert self.open.pop() == tag

    def handle_data(self, data):
        """Remember text."""
        self.words.append(data)


def made(names=("a", "b", "c", "d"), reasoning="because", note="fine"):
    """A result with every section filled."""
    a, b, c, d = names
    data = Graph.from_edges(names, directed=[(a, c), (b, c), (c, d)])
    candidates = made_candidates(data)
    object.__setattr__(candidates, "notes", (Note(a, "warning", note),))
    object.__setattr__(candidates, "warnings", (note,))
    replies = (
        answer(a, c, "b->a", "m", reasoning=reasoning, stated={"b->a": 0.8}),
        answer(c, a, "a->b", "m", reasoning=reasoning),
        answer(b, c, "common cause", reasoning, reasoning=reasoning),
    )
    return combine(candidates, Answers(replies))


def page_of(combined, **more):
    """The report and what a browser would read."""
    page = render(combined, **more)
    return page, Reader(page)


def test_everything_is_in_it():
    """Each edge, conflict, answer, note and warning is somewhere in the text."""
    page, reader = page_of(made(), settings={"seed": 7, "versions": {"numpy": "2"}})
    text = " ".join(reader.words)
    for words in ("a → c", "b → c", "c → d", "because", "fine", "versions numpy"):
        assert words in text
    assert "Would change it" in text
    assert not reader.open
    assert "http:" not in page
    assert "https:" not in page


def test_every_answer_in_both_orders():
    """Each reply is listed with the order shown, also where there is no edge."""
    data = Graph.from_edges("abc", directed=[("a", "c"), ("b", "c")])
    replies = (
        answer("a", "b", "a->b", "m", reasoning="first telling"),
        answer("b", "a", None, "m", reason="refusal", reasoning="second telling"),
    )
    _, reader = page_of(combine(made_candidates(data), Answers(replies)))
    text = " ".join(" ".join(reader.words).split())
    assert "first telling" in text
    assert "second telling" in text
    assert "shown a, then b: a → b" in text
    assert "shown b, then a: no answer (refusal)" in text
    assert "a, b: no edge" in text


def test_counts_of_deciders():
    """The counts of who decided add up to the edges."""
    combined = made()
    _, reader = page_of(combined)
    assert "3 edges." in " ".join(reader.words)
    counts = [x for x in reader.words if x.strip().isdigit()]
    assert int(counts[0]) == sum(e.decided_by == "data" for e in combined.edges)


def test_nothing_is_loaded_and_one_script_runs():
    """The policy names the style and the script by hash and forbids all the rest."""
    page, reader = page_of(made())
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy is not None
    rules = dict(
        rule.strip().split(" ", 1) for rule in html.unescape(policy[1]).split(";")
    )
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    for tag in ("style", "script"):
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"
    assert set(rules) == {"default-src", "style-src", "script-src", "base-uri",
                          "form-action"}  # fmt: skip
    assert {"link", "iframe", "object", "form", "img"}.isdisjoint(reader.tags)
    assert all(x.startswith(("#", "data:")) for x in reader.links)
    assert "style" not in {name for _, name in reader.attributes}
    assert "url(" not in page
    assert "@import" not in page


def test_the_graph_is_drawn():
    """One shape for each edge and node, with its names, heads and conflict marks."""
    combined = made()
    page, reader = page_of(combined)
    assert page.count('<g class="node') == len(combined.graph.names)
    assert page.count('<a class="edge ') == combined.graph.n_edges
    assert reader.tags.count("polygon") == len(combined.graph.directed_edges())
    marked = {frozenset((c.a, c.b)) for c in combined.conflicts}
    drawn = {frozenset(e[:2]) for e in combined.graph.edges()}
    assert page.count('class="clash"') == len(marked & drawn) > 0


def test_every_link_has_its_place():
    """What a link in the page points at is there, once."""
    page, reader = page_of(made())
    places = re.findall(r' id="([^"]*)"', page)
    assert len(set(places)) == len(places)
    assert {x[1:] for x in reader.links if x.startswith("#")} <= set(places)


def test_order_of_columns_changes_nothing_drawn():
    """The same result with its columns in another order has the same picture."""
    one = made()
    graph = one.graph.reorder(one.graph.names[::-1])
    other = replace(one, graph=graph, edges=one.edges[::-1])
    drawn = [re.search("<svg.*?</svg>", render(x), re.DOTALL) for x in (one, other)]
    assert drawn[0] is not None
    assert drawn[0][0] == drawn[1][0]


def test_no_edges_at_all():
    """An empty graph is a result too."""
    combined = combine(made_candidates(Graph.empty("ab")), Answers.none())
    _, reader = page_of(combined)
    assert "no two variables are adjacent" in " ".join(reader.words)


def test_no_expert():
    """Without an expert the page says that nobody was asked and nothing sent."""
    data = Graph.from_edges("ab", undirected=[("a", "b")])
    _, reader = page_of(combine(made_candidates(data), Answers.none()))
    text = " ".join(reader.words)
    assert "Nobody was asked" in text
    assert "Nothing was sent" in text


@pytest.mark.parametrize("text", [HOSTILE, QUOTES, "{{ 7 * 7 }}", "<!--", "&lt;"])
def test_hostile_text_stays_text(text):
    """Names, reasoning, notes, titles and settings add no tag and no attribute."""
    same = re.sub(r"[^\s_.\-/]", "x", text)  # breaks into the same lines
    plain_names = (f"{same}1", f"{same}2", f"{same}3", f"{same}4")
    _, plain = page_of(
        made(plain_names), title="t", settings={"s": "s"},
        variables=described(plain_names[0], "t"),
    )  # fmt: skip
    names = (f"{text}1", f"{text}2", f"{text}3", f"{text}4")
    combined = made(names, reasoning=text, note=text)
    page, _ = page_of(
        combined, title=text, settings={text: text}, variables=described(names[0], text)
    )
    # the section that flags such a text is in tests/report/test_texts.py
    reader = Reader(re.sub(r'<h2 id="texts">.*?</table>', "", page, flags=re.DOTALL))
    assert sorted(reader.tags) == sorted(plain.tags)
    assert reader.attributes == plain.attributes
    assert reader.tags.count("script") == 1
    assert not any(name.startswith("on") for _, name in reader.attributes)
    assert any(text in words for words in reader.words)


def described(name, text):
    """Descriptions of one variable, past the reader's own cleaning."""
    each = (Variable(name, label=text, description=text),)
    return Variables(domain=text, variables=each)


def test_same_result_same_bytes():
    """The page does not depend on the day or on anything else outside."""
    pairs = [("a", "c"), ("b", "c")]
    data = Graph.from_edges("abc", directed=pairs)
    one = combine(made_candidates(data), answers_of(oracle(data), pairs))
    two = combine(made_candidates(data), answers_of(oracle(data), pairs))
    assert render(one) == render(two)


def test_the_other_mode():
    """A section says where the other mode differs, escaped; none without it."""
    graph = Graph.from_edges([HOSTILE, "y"], directed=[(HOSTILE, "y")])
    combined = combine(made_candidates(graph), Answers.none())
    assert "mode would have said" not in render(combined)
    same = replace(combined, other_mode="posterior", other_graph=graph)
    assert "What posterior mode would have said" in render(same)
    assert "The same graph." in render(same)
    other = replace(same, other_graph=Graph.empty(graph.names))
    page = render(other)
    words = " ".join(Reader(page).words)
    assert "It differs on 1 pair" in words
    assert f"{HOSTILE} → y" in words
    assert HOSTILE not in page


# --- posterior mode, updates and proposals --------------------------------------------


def posterior(seed=0, **more):
    """A small result in posterior mode, with answers."""
    rng = np.random.default_rng(seed)
    rows = pd.DataFrame(rng.normal(size=(200, 3)), columns=["x", "y", "z"])
    rows["y"] += 0.8 * rows["x"]
    answers = answers_of(oracle(Graph.from_edges("xyz", directed=["xy"])), [("x", "y")])
    found = llmcd.candidates(rows, bootstrap=4, **more)
    return llmcd.combine(found, answers, data=rows)


def words_of(page):
    """Its text in one line."""
    return " ".join(" ".join(Reader(page).words).split())


def cells(page, table):
    """Sort keys of the cells of one table, by label and row."""
    inside = re.search(rf'id="{table}">.*?</table>', page, re.DOTALL)
    found = {}
    for label, value in re.findall(r'data-label="([^"]*)" data-v="([^"]*)"', inside[0]):
        found.setdefault(label, []).append(float(value))
    return found


def test_posterior_columns():
    """Adjacency, existence and direction stand in the table as in the result."""
    combined = posterior().combined
    assert combined.mode == "posterior"
    found = cells(render(combined), "edge-table")
    order = sorted(combined.edges, key=lambda e: (e.cause, e.effect))
    assert found["Direction"] == [e.probability for e in order]
    assert found["Edge exists"] == [e.adjacency for e in order]
    assert found["Resamples"] == [e.data_support for e in order]
    assert found["Expert, direction"] == [e.expert_log_odds for e in order]
    assert found["Expert, edge"] == [e.existence_log_odds for e in order]
    safe = render(made())
    assert "Edge exists" not in safe
    assert "Expert, edge" not in safe


def test_shares_of_a_pair():
    """What may be between two variables adds up to one, also where there is no edge."""
    combined = posterior().combined
    for pair in pairs(combined, [("y", "z")]):
        total = sum(share for _, share in pair.shares)
        assert total == pytest.approx(1.0)
        i, j = combined.graph.index(pair.a), combined.graph.index(pair.b)
        assert pair.shares[0][1] == combined.directed_probability[i, j]
    assert pairs(made())[0].shares == ()


def test_how_far_samples_and_expert_can_be_trusted():
    """Diagnostics, sensitivity and specificity stand there in posterior mode only."""
    combined = posterior().combined
    page = words_of(render(combined))
    assert f"sampled graphs {combined.diagnostics['samples']:,.0f}" in page
    assert "gives a direction where there is an edge" in page
    assert f"{combined.reliability[0].sensitivity:.0%}" in page
    assert "gives a direction where there is an edge" not in words_of(render(made()))


def test_idle_steps_are_left_out():
    """A step is left out only where other pairs' answers moved it by nothing."""
    for pair in pairs(posterior().combined):
        left = [s.log_odds for s in pair.edge.provenance if s.log_odds is not None]
        told = [s.log_odds for s in pair.steps if s.log_odds is not None]
        gone = list(left)
        for number in told:
            gone.remove(number)
        assert all(abs(number) < 0.005 for number in gone)
        assert not any("-->" in s.statement for s in pair.steps)


def test_what_an_update_changed():
    """Pairs that changed are linked and explained; the rows before and now counted."""
    rng = np.random.default_rng(1)
    rows = pd.DataFrame(rng.normal(size=(900, 2)), columns=["x", "y"])
    rows["z"] = 0.2 * rows.x + rng.normal(size=900)
    before = llmcd.discover(rows[:100], bootstrap=5, progress=False)
    after = before.update(rows[100:], progress=False)
    (change,) = after.changes.changes
    page = after.to_html()
    words = words_of(page)
    assert "100 rows before, 900 now. 1 pair changed." in words
    assert change.why in words
    key = re.search(r'id="change-table">.*?href="#(pair-\w+)"', page, re.DOTALL)
    assert f'id="{key[1]}"' in page
    assert "What the update changed" not in words_of(before.to_html())


def test_proposals_for_a_graph_of_ones_own():
    """Each proposal stands there in order, with its numbers and its reason."""
    rng = np.random.default_rng(2)
    rows = pd.DataFrame(rng.normal(size=(400, 3)), columns=["x", "y", "z"])
    rows["y"] += rows["x"]
    start = Graph.from_edges("xyz", directed=["xz"])
    result = llmcd.discover(rows, bootstrap=4, start=start, progress=False)
    page = result.to_html()
    proposals = result.refinement.proposals
    assert {p.change for p in proposals} == {"add", "remove"}
    assert cells(page, "proposal-table")["Gain"] == [p.gain for p in proposals]
    for one in proposals:
        assert one.why in words_of(page)
    assert words_of(page).count("x → z") >= 1


def test_changes_stay_text():
    """Names, reasons and notes of changes and proposals are escaped."""
    change = Change(HOSTILE, "y", "no edge", f"{HOSTILE} --> y", HOSTILE, HOSTILE)
    changes = Changes((change,), (1, 2), ("0", "1"), (), (HOSTILE,))
    names = (HOSTILE, "y")
    pair = PairScore(HOSTILE, "y", "-->", 0.1, 0.1, 0.8, 0.1, 1.0, 0.0, None, 0)
    drop = Proposal("remove", f"{HOSTILE} --> y", "no edge", 0.8, 0.8, 1.0, 0, HOSTILE)
    mine = Graph.from_edges(names, directed=[names])
    own = Refinement(mine, Graph.empty(names), (pair,), (drop,), 9, (HOSTILE,))
    combined = combine(made_candidates(mine), Answers.none())
    page = render(combined, changes=changes, refinement=own)
    assert HOSTILE not in page
    assert words_of(page).count(HOSTILE) >= 8
    assert not Reader(page).open
