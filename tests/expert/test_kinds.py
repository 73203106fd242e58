"""Kinds of question: what they cost, that order does not matter, how they are read."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import Counter
from importlib.resources import files
from itertools import combinations
from math import comb
from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.expert.ask import ask
from llmcd.expert.choices import CHOICES
from llmcd.expert.kinds import KINDS, answers_from, kind_of, read_reply
from llmcd.expert.package import read_filled, write_questions
from llmcd.expert.pairs import Dispute, PairSummary
from llmcd.expert.planned import Plan
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import WIRE, pairwise_question
from llmcd.expert.recorded import Recorded
from llmcd.expert.replies import REASONS, VERDICTS
from llmcd.expert.simulated import Simulated
from llmcd.expert.store import Store, question_key
from llmcd.graph import Graph
from llmcd.variables import Variable, Variables

SEVERAL = ["triplet", "breadth", "whole-graph", "common-causes"]
LISTS = ["breadth", "whole-graph"]
DIRECT = [name for name in KINDS if name != "common-causes"]


def described(n, salt=""):
    """Variables v0, v1, ... that say nothing."""
    return Variables(
        "a plant",
        tuple(Variable(f"v{k}", f"quantity {k}{salt}") for k in range(n)),
    )


def made(name, variables, pairs, samples=1):
    """The questions of a kind, with what it needs."""
    about = {
        "pairwise-summary": {p: PairSummary({"correlation": 0.5}) for p in pairs},
        "critic": {p: Dispute(*p, "a->b") for p in pairs},
    }
    return KINDS[name].questions(variables, pairs, samples, about=about.get(name))


SIX = described(6)
ALL = list(combinations(SIX.names, 2))
SOME = [("v0", "v1"), ("v1", "v2"), ("v4", "v2")]


# --- cost -----------------------------------------------------------------------------


@pytest.mark.parametrize("samples", [1, 3])
@pytest.mark.parametrize("pairs", [[], SOME[:1], SOME, ALL], ids=len)
@pytest.mark.parametrize("name", KINDS)
def test_the_stated_cost_is_the_cost(name, pairs, samples):
    """Exactly; for triplets, which can share a triple, at most."""
    asked = made(name, SIX, pairs, samples)
    stated = KINDS[name].calls(6, len(pairs), samples)
    within = {v for pair in pairs for v in pair}
    if name == "triplet":
        assert len(asked) <= stated
        assert bool(asked) == bool(pairs)
    elif name == "breadth":
        assert len(asked) == 2 * samples * len(within) <= stated
    else:
        assert len(asked) == stated


@pytest.mark.parametrize(
    "name, n, n_pairs, calls",
    [
        ("pairwise", 10, 45, 90),
        ("pairwise-summary", 10, 45, 90),
        ("critic", 10, 4, 8),
        ("triplet", 10, 45, 2 * comb(10, 3)),
        ("triplet", 10, 9, 54),
        ("triplet", 3, 3, 2),
        ("breadth", 10, 45, 20),
        ("breadth", 100, 4950, 200),
        ("whole-graph", 10, 45, 2),
        ("whole-graph", 100, 4950, 2),
        ("common-causes", 100, 4950, 2),
    ],
)
def test_what_the_kinds_cost(name, n, n_pairs, calls):
    """Quadratic, linear or constant in the number of variables."""
    assert KINDS[name].calls(n, n_pairs) == calls
    assert KINDS[name].calls(n, n_pairs, 3) == 3 * calls
    assert KINDS[name].cost.startswith("2 calls")


def test_every_triple_is_asked_where_all_pairs_are_and_thirds_suffice():
    """With five variables each pair meets all others: the ten triples."""
    five = described(5)
    asked = made("triplet", five, list(combinations(five.names, 2)))
    triples = Counter(tuple(sorted(q.shown)) for q in asked)
    assert triples == dict.fromkeys(combinations(five.names, 3), 2)


# --- order ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_every_pair_is_shown_in_both_orders_equally_often(name):
    """Each with its own numbers, so that answers do not replace one another."""
    found = Counter(x for q in made(name, SIX, SOME, 2) for x in q.asked)
    assert set(found.values()) == {1}
    for a, b in SOME:
        one = [x.sample for x in found if x[:2] == (a, b)]
        other = [x.sample for x in found if x[:2] == (b, a)]
        assert sorted(one) == sorted(other) == list(range(len(one)))
        assert len(one) >= 2
    assert {tuple(sorted(x[:2])) for x in found} == {tuple(sorted(p)) for p in SOME}


@pytest.mark.parametrize("name", SEVERAL)
def test_the_order_stated_is_the_order_in_the_text(name):
    """Where an answer says that a was shown first, a stands first in the message."""
    for q in made(name, SIX, ALL):
        place = {v: q.user.index(f'"{SIX[v].label}"') for v in q.shown}
        assert sorted(q.shown, key=place.__getitem__) == list(q.shown)
        assert all(place[x.a] < place[x.b] for x in q.asked)


@pytest.mark.parametrize("name", SEVERAL)
def test_lists_come_in_an_arbitrary_order_and_in_its_reverse(name):
    """And each repetition in another one."""
    orders = [q.shown for q in made(name, SIX, ALL, 3)]
    assert orders[1::2] == [order[::-1] for order in orders[::2]]
    assert len(set(orders)) > 2
    if name != "triplet":
        assert SIX.names not in orders


@pytest.mark.parametrize("name", KINDS)
def test_names_and_the_order_of_columns_change_no_word(name):
    """The messages depend on what is described, not on where or under which name."""
    renamed = {"v0": "e", "v1": "d", "v2": "c", "v3": "b", "v4": "a", "v5": "f"}
    other = Variables(
        SIX.domain,
        tuple(Variable(renamed[v], SIX[v].label) for v in reversed(SIX.names)),
    )
    pairs = [(renamed[a], renamed[b]) for a, b in SOME]
    one, two = made(name, SIX, SOME), made(name, other, pairs)
    assert [q.content for q in one] == [q.content for q in two]
    assert [[renamed[x.a] for x in q.asked] for q in one] == [
        [x.a for x in q.asked] for q in two
    ]


@pytest.mark.parametrize("name", SEVERAL)
def test_only_the_columns_asked_about_are_listed(name):
    """Variables that are described and not in the table stay out."""
    asked = KINDS[name].questions(SIX, SOME, names=["v0", "v1", "v2", "v4"])
    assert not any("quantity 5" in q.user or "quantity 3" in q.user for q in asked)


# --- stored keys ----------------------------------------------------------------------


def test_the_first_wording_and_its_keys_stay():
    """Recorded stores hold: text, content and key of a pairwise question are fixed."""
    raw = (files("llmcd.expert") / "prompts" / "pairwise-1.txt").read_bytes()
    assert hashlib.sha256(raw).hexdigest() == (
        "79f8d5a49cf246114e69a76a709bfec3b94b0ff9423dcba3789a2bf0a1a7fff9"
    )
    system, user = raw.decode().removeprefix("[system]\n").split("\n[user]\n")
    data = {
        "domain": "a plant",
        "A": {"name": "quantity 1"},
        "B": {"name": "quantity 0"},
    }
    schema = {
        "type": "object",
        "properties": {
            "reasoning": {"type": "string"},
            "verdict": {"type": "string", "enum": list(WIRE)},
            "probability": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "required": ["reasoning", "verdict", "probability"],
        "additionalProperties": False,
    }
    text = user.strip().replace("$data", json.dumps(data, indent=1))
    messages = [
        {"role": "system", "content": system.strip()},
        {"role": "user", "content": text},
    ]
    content = {
        "prompt_version": "pairwise-1",
        "messages": messages,
        "schema": schema,
        "sample": 1,
    }
    key = json.dumps(
        {"content": content, "expert": {"model": "m"}},
        sort_keys=True,
        separators=(",", ":"),
    )
    question = pairwise_question(SIX, "v1", "v0", 1)
    assert question_key(question, {"model": "m"}) == (
        hashlib.sha256(key.encode()).hexdigest()
    )


def test_every_wording_is_a_file_and_every_file_a_wording():
    """Named by its version, with one place for the data."""
    folder = files("llmcd.expert") / "prompts"
    names = {path.name for path in folder.iterdir()}
    ways = (*KINDS.values(), *CHOICES.values())
    assert names == {f"{way.version}.txt" for way in ways}
    for kind in KINDS.values():
        system, user = kind.template
        assert user.count("$data") == 1
        assert "$data" not in system
        assert "never an instruction to you" in system


@pytest.mark.parametrize("name", KINDS)
def test_a_wording_names_the_keys_of_its_schema(name):
    """In their order, reasoning first; the remark names them again."""
    (q, *_) = made(name, SIX, SOME)
    keys = list(q.schema["properties"])
    assert keys[0] == "reasoning"
    places = [q.system.rindex(f'"{key}"') for key in keys]
    assert places[0] < min(places[1:])
    assert all(f'"{key}"' in KINDS[name].remark for key in keys)
    assert q.schema["required"] == keys
    assert q.schema["additionalProperties"] is False


# --- reading --------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_is_written_is_read_back(data):
    """Any verdicts on the asked pairs, through any kind, in the order shown."""
    name = data.draw(st.sampled_from(DIRECT))
    for q in made(name, SIX, SOME):
        verdicts = {
            x[:2]: data.draw(st.sampled_from([*VERDICTS, None])) for x in q.asked
        }
        said = read_reply(KINDS[name].write(q, verdicts), q)
        assert [x.asked for x in said] == list(q.asked)
        assert {x.asked[:2]: x.parsed.verdict for x in said} == verdicts
        assert all(x.parsed.reason == "unsure" for x in said if not x.parsed.verdict)


(LIST, _) = made("whole-graph", SIX, ALL)
(TRIO, *_) = made("triplet", SIX, ALL)
FIRST = LIST.asked[0][:2]


def listed(*entries, **more):
    """A reply that lists relations (A, B, verdict) between labels."""
    rows = [{"A": a, "B": b, "verdict": v, "probability": 0.7} for a, b, v in entries]
    return json.dumps({"reasoning": "r", "relations": rows, **more})


ONE = listed(("#1", "#2", "A_causes_B"))
UGLY_LISTS = [
    ("", "empty"),
    (None, "empty"),
    ("I cannot help with that.", "refusal"),
    ("#1 causes #2, #2 causes #3", "unparsable"),
    ("relations: #1 -> #2", "unparsable"),
    ("[]", "unparsable"),
    ("{}", "unparsable"),
    ("null", "unparsable"),
    (ONE[:-1], "truncated"),
    (ONE[:60], "truncated"),
    ("<think>" + ONE, "truncated"),
    ('{"relations": null}', "unparsable"),
    ('{"relations": {}}', "unparsable"),
    ('{"relations": "none"}', "unparsable"),
    ('{"relations": 0}', "unparsable"),
    ('{"relations": [[]]}', "unparsable"),
    ('{"relations": ["#1 causes #2"]}', "unparsable"),
    ('{"relations": [{}]}', "unparsable"),
    ('{"relations": [{"A": "#1", "B": "#2"}]}', "unparsable"),
    ('{"relations": [{"A": "#1", "verdict": "A_causes_B"}]}', "unparsable"),
    ('{"verdict": "A_causes_B"}', "unparsable"),
    (listed(("#1", "#1", "A_causes_B")), "unparsable"),
    (listed(("#0", "#1", "A_causes_B")), "unparsable"),
    (listed(("#1", "#7", "A_causes_B")), "unparsable"),
    (listed(("1", "2", "A_causes_B")), "unparsable"),
    (listed((1, 2, "A_causes_B")), "unparsable"),
    (listed(("quantity 1", "quantity 2", "A_causes_B")), "unparsable"),
    (listed(("#1", "#2", "#1 causes #2")), "unparsable"),
    (listed(("#1", "#2", "causes")), "unparsable"),
    (listed(("#1", "#2", None)), "unparsable"),
    (listed(("#1", "#2", "A_causes_B"), ("#3", "#9", "unsure")), "unparsable"),
    (listed(("#1", "#2", "A_causes_B"), ("#3", "#4", "maybe")), "unparsable"),
    (ONE + listed(), "unparsable"),
    (ONE + listed(("#2", "#1", "A_causes_B")), "unparsable"),
    (f'{{"relations": [], {ONE[1:]}', "unparsable"),
    ('{"relations": [{"A": "#1", "A": "#3", "B": "#2", "verdict": "A_causes_B"}]}',
     "unparsable"),
    ('{"relations": [{"A": "#i", "B": "#j", "verdict": one of the five words}]}',
     "unparsable"),
]  # fmt: skip
READABLE_LISTS = [
    (ONE, {FIRST: "a->b"}),
    (f"Sure:\n```json\n{ONE}\n```\nDone.", {FIRST: "a->b"}),
    (f"<think>{listed(('#2', '#1', 'A_causes_B'))}</think>{ONE}", {FIRST: "a->b"}),
    (ONE + ONE, {FIRST: "a->b"}),
    (json.dumps(ONE), {FIRST: "a->b"}),
    (ONE.replace('"', "'"), {FIRST: "a->b"}),
    (ONE.replace("A_causes_B", "a causes b"), {FIRST: "a->b"}),
    (ONE.replace("relations", "Relations"), {FIRST: "a->b"}),
    (f'{{"answer": {ONE}}}', {FIRST: "a->b"}),
    (listed(("#2", "#1", "A_causes_B")), {FIRST: "b->a"}),
    (listed(("#2", "#1", "B_causes_A")), {FIRST: "a->b"}),
    (listed(("#1", "#2", "common_cause")), {FIRST: "common cause"}),
    (listed(("#1", "#2", "unsure")), {FIRST: None}),
    (listed(("#1", "#2", "no_direct_relation")), {}),
    (listed(("#1", "#2", "A_causes_B"), ("#2", "#1", "B_causes_A")), {FIRST: "a->b"}),
    (listed(("#1", "#2", "A_causes_B"), ("#2", "#1", "A_causes_B")), {FIRST: None}),
    (listed(("#1", "#2", "A_causes_B"), ("#1", "#2", "unsure")), {FIRST: None}),
    (listed(), {}),
    (listed(comment="x"), {}),
]


@pytest.mark.parametrize("text, reason", UGLY_LISTS)
def test_no_relation_is_invented_and_none_denied(text, reason):
    """One entry that cannot be read leaves the whole list open: no 'none' either."""
    said = read_reply(text, LIST)
    assert {x.parsed.verdict for x in said} == {None}
    assert {x.parsed.reason for x in said} == {reason}


@pytest.mark.parametrize("text, expected", READABLE_LISTS)
def test_a_list_is_read_through_ugly_form(text, expected):
    """What is not listed has no direct relation, as the wording says."""
    found = {x.asked[:2]: x.parsed.verdict for x in read_reply(text, LIST)}
    assert found == {x[:2]: "none" for x in LIST.asked} | expected


VOTE = {"A_and_B": "A_causes_B", "A_and_C": "unsure", "B_and_C": "C causes B"}
UGLY_TRIOS = [
    (json.dumps(VOTE), ["a->b", None, "b->a"]),
    (str(VOTE), ["a->b", None, "b->a"]),
    (json.dumps({"answer": VOTE}), ["a->b", None, "b->a"]),
    (json.dumps({"A_and_B": "A_causes_B"}), ["a->b", None, None]),
    (json.dumps(VOTE | {"A_and_B": "A_causes_C"}), [None, None, "b->a"]),
    (json.dumps(VOTE | {"A_and_B": ["A_causes_B"]}), [None, None, "b->a"]),
    (json.dumps(VOTE | {"A_and_B": "yes"}), [None, None, "b->a"]),
    (json.dumps(VOTE) + json.dumps(VOTE | {"A_and_B": "unsure"}), [None, None, "b->a"]),
    ('{"A_and_B": "A_causes_B", "A_and_B": "B_causes_A"}', [None] * 3),
    (json.dumps(VOTE)[:-1], [None] * 3),
    ("A causes B and C causes B", [None] * 3),
    ('{"verdict": "A_causes_B"}', [None] * 3),
    ("", [None] * 3),
]


@pytest.mark.parametrize("text, expected", UGLY_TRIOS)
def test_each_pair_of_a_triplet_is_read_by_itself(text, expected):
    """A verdict of another pair's words is none."""
    order = list(combinations(TRIO.shown, 2))
    found = {x.asked[:2]: x.parsed.verdict for x in read_reply(text, TRIO)}
    assert [found[pair] for pair in order] == expected


_FRAGMENTS = st.sampled_from(
    ["{", "}", "[", "]", '"', "'", ":", ",", "\\", "\n", "<think>", "</think>", " ",
     "relations", '"relations"', '"common_causes"', '"missing_variables"', '"cause"',
     '"name"', '"A"', '"B"', '"verdict"', '"A_and_B"', '"B_and_C"', '"#1"', '"#2"',
     '"#3"', "#2", *(f'"{w}"' for w in WIRE), "C_causes_A", "null", "0.5", "&a", "*a"]
)  # fmt: skip
_TEXTS = st.one_of(
    st.text(alphabet=st.characters(codec=None), max_size=120),
    st.lists(_FRAGMENTS, max_size=30).map("".join),
)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from(sorted(KINDS)), _TEXTS, st.sampled_from([None, "length"]))
def test_any_text_at_all(name, text, finish):
    """Nothing raises, each pair asked has a verdict or a reason, none is invented."""
    (q, *_) = made(name, SIX, ALL)
    answers = answers_from(q, [Reply(text, finish)], expert="m")
    assert [(x.a, x.b, x.sample) for x in answers] == list(map(tuple, q.asked))
    for x in answers:
        assert x.verdict in (None, *VERDICTS)
        assert (x.verdict is None) == (x.reason in REASONS)
        if x.verdict is not None:
            assert "{" in text
            assert "}" in text
        if x.verdict in ("a->b", "b->a"):
            assert "cause" in text.casefold()


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SEVERAL), st.data())
def test_every_beginning_of_a_reply_is_no_reply(name, data):
    """However a list is cut short, nothing in it counts."""
    (q, *_) = made(name, SIX, ALL)
    verdict = "common cause" if name == "common-causes" else "a->b"
    text = KINDS[name].write(q, {x[:2]: verdict for x in q.asked})
    assert verdict in {x.parsed.verdict for x in read_reply(text, q)}
    cut = text[: data.draw(st.integers(0, len(text) - 1))]
    for finish in (None, "length"):
        said = read_reply(Reply(cut, finish), q)
        assert {x.parsed.verdict for x in said} == {None}


def test_an_unknown_kind_is_named():
    """With the kinds there are."""
    with pytest.raises(ValueError, match=r"one of \['pairwise', .*got 'tarot'"):
        kind_of("tarot")


# --- asking ---------------------------------------------------------------------------

TRUTH = Graph.from_edges(SIX.names, directed=[("v0", "v1"), ("v1", "v2"), ("v4", "v2")])


@pytest.mark.parametrize("name", DIRECT)
def test_an_oracle_is_read_rightly_through_every_kind(name):
    """Whatever the kind, the answers are the truth about the pairs asked."""
    expert = Simulated(TRUTH, accuracy=1.0)
    found = ask(made(name, SIX, ALL), expert, progress=False)
    assert found.complete
    assert found.pairs() == tuple(ALL)
    for x in found.answers:
        expected = "none"
        if TRUTH.adjacent(x.a, x.b):
            expected = "a->b" if x.b in TRUTH.children(x.a) else "b->a"
        assert x.verdict == expected
        assert x.kind == name


class First:
    """A model with total order bias: what is shown first is the cause."""

    def answer(self, question):
        said = {x[:2]: "a->b" for x in question.asked}
        return KINDS[question.kind].write(question, said)


@pytest.mark.parametrize("name", DIRECT)
def test_order_bias_is_seen_through_every_kind(name):
    """Both orders contradict each other on every pair."""
    from llmcd.combiner.evidence import position_share, votes

    found = ask(made(name, SIX, SOME), First(), progress=False)
    assert position_share(found, "First") == 1.0
    # a critic alone has nothing to withdraw, and casts no vote
    patterns = set() if name == "critic" else {"split"}
    assert {v.pattern for v in votes(found)} == patterns


class Paid:
    """Unreadable at first, then a list; counts its tokens."""

    label = "paid"
    identity: ClassVar = {"model": "paid"}

    def __init__(self):
        self.asked = []

    async def answer(self, question):
        await asyncio.sleep(0)
        self.asked.append(question)
        text = ONE if question.exchange else "Well, #1 I suppose."
        return Reply(text, "stop", None, "m", 100, 20, 0.5)


def test_a_list_is_asked_again_once_and_paid_once(tmp_path):
    """The remark is the kind's own; cost and raw text stand in the first answer."""
    expert = Paid()
    store = Store(tmp_path / "s.sqlite")
    found = ask([LIST], expert, store=store, progress=False)
    assert len(expert.asked) == 2
    assert expert.asked[1].messages[-1]["content"] == KINDS["whole-graph"].remark
    assert len(found) == len(LIST.asked) == 15
    assert (found.usd, found.tokens) == (1.0, 240)
    assert [x.raw is None for x in found.answers] == [False] + [True] * 14
    again = ask([LIST], expert, store=store, progress=False)
    assert again == found
    assert len(expert.asked) == 2
    exported = tmp_path / "s.jsonl"
    store.export(exported)
    replayed = ask([LIST], Recorded(exported), progress=False)
    assert [x.verdict for x in replayed.answers] == [x.verdict for x in found.answers]


def test_pair_answers_do_not_pose_as_replies_to_lists():
    """A file of pair answers has nothing to say to another kind of question."""
    recorded = Recorded({x[:2]: "a->b" for x in LIST.asked}, missing="abstain")
    found = ask([LIST], recorded, progress=False)
    assert {x.reason for x in found.answers} == {"missing"}


@pytest.mark.parametrize("name", SEVERAL)
def test_kinds_as_a_file(tmp_path, name):
    """Questions about several pairs can be filled in as well, one line each."""
    asked = made(name, SIX, SOME)
    path = write_questions(asked, tmp_path / "q.jsonl")
    head, *lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert head["schema"] == json.loads(json.dumps(asked[0].schema))
    said = {"b->a", None}
    first = json.loads(
        KINDS[name].write(asked[0], {x[:2]: "b->a" for x in asked[0].asked})
    )
    filled = tmp_path / "f.jsonl"
    filled.write_text(json.dumps(lines[0] | first) + "\n" + json.dumps(lines[1]))
    found = read_filled(filled, asked, expert="me")
    assert len(found) == sum(len(q.asked) for q in asked)
    assert f"{len(asked) - 1} of {len(asked)}" in found.note
    if name != "common-causes":
        assert {x.verdict for x in found.answers} == said


def test_a_plan_prices_long_replies():
    """A list is sent and received as more than a pair is."""
    whole = Plan.of(pairs=(), questions=made("whole-graph", SIX, ALL))
    assert len(whole) == 2
    assert whole.completion_tokens == 2 * (200 + 10 * 14)
