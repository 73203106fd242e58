"""Reading replies: tolerant of form, never guessing a meaning."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from llmcd.expert.protocol import Reply
from llmcd.expert.questions import WIRE
from llmcd.expert.replies import REASONS, VERDICTS, Parsed, parse_reply

GOOD = '{"reasoning": "r", "verdict": "A_causes_B", "probability": 0.8}'
OTHER = '{"reasoning": "r", "verdict": "B_causes_A", "probability": 0.8}'

READABLE = [
    (GOOD, "a->b"),
    (OTHER, "b->a"),
    ('{"verdict":"no_direct_relation"}', "none"),
    ('{"verdict":"common_cause"}', "common cause"),
    (f"  \n\t{GOOD}\n\n", "a->b"),
    (f"\ufeff{GOOD}", "a->b"),
    (f"```json\n{GOOD}\n```", "a->b"),
    (f"```\n{GOOD}\n```", "a->b"),
    (f"~~~\n{GOOD}\n~~~", "a->b"),
    (f"```json\n{GOOD}", "a->b"),
    (f"Sure! Here is my answer:\n{GOOD}", "a->b"),
    (f"{GOOD}\nI hope this helps. Let me know {{if}} you need more!", "a->b"),
    (f"In the set {{A, B}} I choose:\n{GOOD}", "a->b"),
    (f"[{GOOD}]", "a->b"),
    (f'{{"answer": {GOOD}}}', "a->b"),
    (f'{{"result": {{"data": [{GOOD}]}}}}', "a->b"),
    (json.dumps(GOOD), "a->b"),
    ("{'reasoning': 'r', 'verdict': 'A_causes_B', 'probability': 0.8}", "a->b"),
    ("{'reasoning': \"it's so\", 'verdict': 'B_causes_A', 'x': None}", "b->a"),
    ('{reasoning: "r", verdict: "A_causes_B", probability: 0.8}', "a->b"),
    ('{"reasoning": "r", "verdict": "A_causes_B",}', "a->b"),
    ('{"Verdict": "A_causes_B"}', "a->b"),
    ('{"verdict ": "A_causes_B"}', "a->b"),
    ('{"verdict": "a_causes_b"}', "a->b"),
    ('{"verdict": "A causes B"}', "a->b"),
    ('{"verdict": "A-CAUSES-B"}', "a->b"),
    ('{"verdict": " A_causes_B. "}', "a->b"),
    ('{"verdict": "**B_causes_A**"}', "b->a"),
    ('{"verdict": "No direct relation"}', "none"),
    ('{"verdict": "common-cause"}', "common cause"),
    ("{“verdict”: “A_causes_B”}", "a->b"),
    ('{"verdict": "A_causes_B", "probability": "high"}', "a->b"),
    ('{"verdict": "A_causes_B", "probability": 7}', "a->b"),
    ('{"reasoning": "line\nbreak", "verdict": "A_causes_B"}', "a->b"),
    ('{"reasoning": "a } brace { in text", "verdict": "A_causes_B"}', "a->b"),
    ('{"reasoning": "they say \\"B_causes_A\\"", "verdict": "A_causes_B"}', "a->b"),
    (f"<think>Perhaps {OTHER}?</think>{GOOD}", "a->b"),
    (f"<THINKING>\n{OTHER}\n</THINKING>\n\n{GOOD}", "a->b"),
    (f"<think>one <think>two</think> {OTHER}</think>{GOOD}", "a->b"),
    (f"{OTHER} no, wait\n</think>\n{GOOD}", "a->b"),
    ('{"reasoning": "a <think> tag", "verdict": "A_causes_B"}', "a->b"),
    (f"{GOOD}\n{GOOD}", "a->b"),
    (f'{{"verdict": "perhaps"}} then {GOOD}', "a->b"),
    ('{"reasoning": "I cannot be sure", "verdict": "A_causes_B"}', "a->b"),
    ('{"reasoning": null, "verdict": "A_causes_B"}', "a->b"),
    ('{"verdict": "A_causes_B", "verdict": "A_causes_B"}', "a->b"),
]

UNREADABLE = [
    ("", "empty"),
    ("   \n ", "empty"),
    (None, "empty"),
    ("<think>only thoughts</think>", "empty"),
    ("<think>and then it ended", "truncated"),
    (f"<think>I lean to {GOOD}", "truncated"),
    (f"{GOOD} <think>but", "truncated"),
    ('{"reasoning": "half a', "truncated"),
    ('{"reasoning": "r", "verdict": "A_causes_B"', "truncated"),
    ("{\"reasoning\": \"say {'verdict': 'A_causes_B'} but", "truncated"),
    ('{"reasoning": "say {"verdict": "A_causes_B"} but', "truncated"),
    ("I can't help with a medical question.", "refusal"),
    ("I’m sorry, but I cannot assist with that request.", "refusal"),
    ("As an AI language model, I have no opinion on A or B.", "refusal"),
    ("I am unable to answer; 1. A causes B 2. B causes A", "refusal"),
    ('{"error": "I cannot help"}', "refusal"),
    ("A", "unparsable"),
    ("1", "unparsable"),
    ("A_causes_B", "unparsable"),
    ('"A_causes_B"', "unparsable"),
    ('["A_causes_B"]', "unparsable"),
    ("Of the 2 options, 1 is right", "unparsable"),
    ("Neither. There are 2 of them.", "unparsable"),
    ("verdict: A_causes_B", "unparsable"),
    ("**Verdict:** A causes B (probability 0.9)", "unparsable"),
    ("<verdict>A_causes_B</verdict>", "unparsable"),
    ("null", "unparsable"),
    ("{}", "unparsable"),
    ("[]", "unparsable"),
    ('{"verdict": null}', "unparsable"),
    ('{"verdict": ""}', "unparsable"),
    ('{"verdict": true}', "unparsable"),
    ('{"verdict": 1}', "unparsable"),
    ('{"verdict": "A"}', "unparsable"),
    ('{"verdict": "A->B"}', "unparsable"),
    ('{"verdict": "yes"}', "unparsable"),
    ('{"reasoning": "{\\"verdict\\": \\"B_causes_A\\"}", "verdict": "none"}',
     "unparsable"),
    ('{"verdict": "not A_causes_B"}', "unparsable"),
    ('{"verdict": "A_causes_B or B_causes_A"}', "unparsable"),
    ('{"verdict": ["A_causes_B"]}', "unparsable"),
    ('{"verdict": ["A_causes_B", "B_causes_A"]}', "unparsable"),
    ('{"verdict": {"value": "A_causes_B"}}', "unparsable"),
    ('{"verdict": "smoking causes cancer"}', "unparsable"),
    ('{"answer": "A_causes_B"}', "unparsable"),
    ('{"verdict": "A_causes_B" | "B_causes_A" | "unsure"}', "unparsable"),
    ('{"verdict": "A_causes_B", "verdict": "B_causes_A"}', "unparsable"),
    (f"{GOOD}\n{OTHER}", "unparsable"),
    (f"[{GOOD}, {OTHER}]", "unparsable"),
    (f'{{"first": {GOOD}, "second": {OTHER}}}', "unparsable"),
    (f'{GOOD} or rather {{"verdict": "unsure"}}', "unparsable"),
    ('{"type": "object", "properties": {"verdict": {"enum": ["A_causes_B"]}}}',
     "unparsable"),
    ("{\"reasoning\": \"{'verdict': 'A_causes_B'}\", verdict = none}", "unparsable"),
    ("<html><body>Sign in to the network</body></html>", "unparsable"),
    ("ｖｅｒｄｉｃｔ", "unparsable"),
    ('{"a":' * 5000, "truncated"),
    ("{" * 5000 + "}" * 5000, "unparsable"),
    ("[" * 100_000, "unparsable"),
    ("x" * 300_000, "unparsable"),
    ("{&a [*a, *a]}", "unparsable"),
    ("{!!python/object/apply:os.system ['true']: 1}", "unparsable"),
    ("\x00\x01{\x02}", "unparsable"),
    ('{"verdict": "unsure"}', "unsure"),
    ('{"reasoning": "A_causes_B seems likely", "verdict": "Unsure"}', "unsure"),
]  # fmt: skip


@pytest.mark.parametrize("text, verdict", READABLE)
def test_a_verdict_is_read_through_ugly_form(text, verdict):
    """An object with a verdict of the schema is found, and only the final one."""
    parsed = parse_reply(Reply(text))
    assert (parsed.verdict, parsed.reason) == (verdict, None)


@pytest.mark.parametrize("text, reason", UNREADABLE)
def test_no_verdict_is_invented(text, reason):
    """Prose, halves, contradictions and other enums give a reason, not a verdict."""
    parsed = parse_reply(Reply(text))
    assert (parsed.verdict, parsed.reason) == (None, reason)


def test_the_table_is_long_enough():
    """At least a hundred ugly replies are tried."""
    assert len(READABLE) + len(UNREADABLE) >= 100


WRAPPED = {
    "thinking": "<think>A or B? {{'verdict': 'B_causes_A'}}</think>\n{}",
    "thinking in the reply of a chat": "<thinking>\nhm {{\n</thinking>\n\n{}\n",
    "greeting": "Certainly. Thank you for the question!\n\n{}",
    "farewell": "{}\n\nLet me know if there is anything else.",
    "space": "\ufeff\r\n\r\n  {}  \r\n\x00",
}
# a quotation, and thinking that may not have ended: no verdict among other words
ONLY_ALONE = {
    json.dumps(GOOD),
    '{"reasoning": "a <think> tag", "verdict": "A_causes_B"}',
}


@pytest.mark.parametrize("form", WRAPPED.values(), ids=WRAPPED)
def test_the_same_within_other_words(form):
    """What is around a reply neither hides its verdict nor makes one: 500 more."""
    for text, verdict in READABLE:
        expected = None if text in ONLY_ALONE else verdict
        assert parse_reply(Reply(form.format(text))).verdict == expected, text
    for text, _ in UNREADABLE:
        assert parse_reply(Reply(form.format(text or ""))).verdict is None, text


@pytest.mark.parametrize(
    "reply, reason",
    [
        (Reply(GOOD, finish="content_filter"), "filtered"),
        (Reply(None, finish="content_filter"), "filtered"),
        (Reply("", finish="length"), "truncated"),
        (Reply('{"reasoning": "and so', finish="length"), "truncated"),
        (Reply("It seems that", finish="length"), "truncated"),
        (Reply(None, refusal="I will not"), "refusal"),
        (Reply(GOOD, refusal="I will not"), "refusal"),
        (Reply(None, finish="missing"), "missing"),
        (Reply(None, finish="stop"), "empty"),
    ],
)
def test_the_providers_own_signals_count(reply, reason):
    """A refusal field or a filter overrides the text; a cut reply is truncated."""
    assert parse_reply(reply).reason == reason


def test_a_complete_object_in_a_cut_reply_counts():
    """A model that rambles on after its answer has answered."""
    assert parse_reply(Reply(GOOD + " And", finish="length")).verdict == "a->b"


@pytest.mark.parametrize(
    "value, expected",
    [
        (0.8, {"a->b": 0.8}),
        (0, {"a->b": 0.0}),
        (1, {"a->b": 1.0}),
        ("0.8", {"a->b": 0.8}),
        ("80%", {}),
        (80, {}),
        (-0.1, {}),
        (True, {}),
        (None, {}),
        ([0.8], {}),
        (10**400, {}),
    ],
)
def test_only_probabilities_are_taken_as_such(value, expected):
    """What is not a number from 0 to 1 is dropped, not rescaled."""
    text = json.dumps({"verdict": "A_causes_B", "probability": value})
    assert parse_reply(text).stated == expected


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_dropped(number):
    """Not-a-number and infinity are no probabilities."""
    text = f'{{"verdict": "A_causes_B", "probability": {number}}}'
    assert parse_reply(text) == Parsed("a->b")


def test_all_stated_probabilities_are_kept():
    """With probabilities for several verdicts, each is kept under our words."""
    text = json.dumps(
        {
            "verdict": "unsure",
            "probabilities": {"A_causes_B": 0.3, "common_cause": 0.2, "x": 1},
        }
    )
    parsed = parse_reply(text)
    assert parsed.reason == "unsure"
    assert parsed.stated == {"a->b": 0.3, "common cause": 0.2}


@settings(max_examples=400, deadline=None)
@given(st.text(alphabet=st.characters(codec=None), max_size=200))
@example('{"verdict')
def test_any_text_at_all(text):
    """Nothing raises, and text without the schema's words has no verdict."""
    parsed = parse_reply(Reply(text))
    assert (parsed.verdict is None) == (parsed.reason in REASONS)
    plain = text.casefold()
    if "verdict" not in plain or "cause" not in plain:
        assert parsed.verdict in (None, "none")


_FRAGMENTS = st.sampled_from(
    [
        "{", "}", "[", "]", '"', "'", ":", ",", "\\", "\n", "<think>", "</think>",
        "verdict", '"verdict"', "reasoning", *WIRE, *(f'"{w}"' for w in WIRE), " ",
        "```", "null", "0.5", "&a", "*a", "!", "|", "#", "- ", "? ", "%", "@",
    ]
)  # fmt: skip


@settings(max_examples=600, deadline=None)
@given(st.lists(_FRAGMENTS, max_size=25).map("".join))
def test_anything_built_from_the_schemas_own_words(text):
    """Nothing raises on near-misses; a verdict needs an object around it."""
    parsed = parse_reply(Reply(text))
    assert parsed.verdict in (None, *VERDICTS)
    if parsed.verdict is not None:
        assert "{" in text
        assert "}" in text


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60), st.sampled_from(sorted(WIRE)), st.floats(0, 1))
def test_what_json_writes_is_read_back(reasoning, word, probability):
    """Any reply of the schema is read exactly, whatever the reasoning says."""
    text = json.dumps(
        {"reasoning": reasoning, "verdict": word, "probability": probability}
    )
    verdict = WIRE[word]
    expected = Parsed(
        verdict,
        None if verdict else "unsure",
        reasoning,
        {verdict: probability} if verdict else {},
    )
    assert parse_reply(text) == expected


@settings(max_examples=100, deadline=None)
@given(st.integers(0, len(GOOD) - 1))
def test_every_beginning_of_a_reply_is_no_reply(length):
    """However a reply is cut short, it has no verdict."""
    assert parse_reply(Reply(GOOD[:length], finish="length")).verdict is None
    assert parse_reply(Reply(GOOD[:length])).verdict is None
