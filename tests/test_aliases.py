"""Aliases: no name behind one is in anything that is sent."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcd.aliases import Disguise, hide
from llmcd.errors import VariablesError
from llmcd.expert.answers import Answer
from llmcd.expert.kinds import KINDS, read_reply
from llmcd.expert.pairs import Dispute, PairSummary
from llmcd.variables import Variable, Variables

MEMORISED = Variables(
    "Patients of a chest clinic; lung cancer and smoking were asked about.",
    (
        Variable("smoke", "Smoking", "Whether the patient smokes; SMOKE is yes or no.",
                 levels=("smoke", "no smoke")),
        Variable("lungCancer", "Lung cancer", "Carcinoma, also lung_cancer or LC."),
        Variable("xray", "X-ray", "Shadow on the x ray.", unit="smoke units"),
        Variable("dysp", "", "Dyspnoea at lung-cancer clinics."),
    ),
)  # fmt: skip
NAMES = [r"smoke", r"smoking", r"lung[\W_]*cancer", r"x[\W_]*ray", r"dysp"]
PAIRS = [("lungCancer", "smoke"), ("smoke", "xray"), ("dysp", "xray")]


def about_pairs(kind):
    """What the caller adds, full of the names."""
    told = "smoke makes Lung Cancer likelier, says the X-Ray"
    if kind == "pairwise-summary":
        facts = {"correlation of smoke and lung cancer": 0.4, "note": told}
        return {pair: PairSummary(facts, {"smoke": facts}) for pair in PAIRS}
    said = [Answer(a, b, "a->b", reasoning=told) for a, b in PAIRS]
    return {x.pair: Dispute(x.a, x.b, "b->a", (x,)) for x in said}


@pytest.mark.parametrize("kind", KINDS)
def test_no_hidden_name_is_in_any_message(kind):
    """Neither name nor label, in whatever spelling, in none of the kinds."""
    hidden = MEMORISED.with_aliases()
    template = " ".join(KINDS[kind].template)
    open_too = False
    for variables in (MEMORISED, hidden):
        asked = KINDS[kind].questions(variables, PAIRS, about=about_pairs(kind))
        sent = json.dumps([q.messages for q in asked], ensure_ascii=False)
        for name in NAMES:
            whole = re.compile(rf"(?<![^\W_]){name}(?![^\W_])", re.IGNORECASE)
            assert not whole.search(template)
            found = whole.search(sent)
            if variables is hidden:
                assert found is None, found
            open_too |= found is not None
    assert open_too


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "common-causes"])
def test_verdicts_come_back_about_the_columns(kind):
    """What is said about aliases is an answer about the columns behind them."""
    hidden = MEMORISED.with_aliases()
    for q in KINDS[kind].questions(hidden, PAIRS, about=about_pairs(kind)):
        reply = KINDS[kind].write(q, {x[:2]: "b->a" for x in q.asked})
        said = read_reply(reply, q)
        assert {tuple(sorted(x.asked[:2])) for x in said} <= set(PAIRS)
        assert {x.parsed.verdict for x in said} == {"b->a"}


def test_a_common_cause_named_by_its_alias_is_the_column():
    """Also when the expert writes the alias, in another case, in place of the label."""
    hidden = MEMORISED.with_aliases({"smoke": "Quantity Q"})
    (q, _) = KINDS["common-causes"].questions(hidden, PAIRS)
    label = {name: f"#{k}" for k, name in enumerate(q.shown, start=1)}
    entry = {"A": label["dysp"], "B": label["xray"], "cause": "quantity q"}
    reply = json.dumps({"common_causes": [entry], "missing_variables": []})
    causes = {x.parsed.cause for x in read_reply(reply, q)}
    assert causes == {"smoke", None}


def test_the_numbers_say_nothing_about_the_order_of_columns():
    """Published tables are in topological order; aliases do not repeat it."""
    names = [f"v{k:02}" for k in range(30)]
    found = Variables.of(dict.fromkeys(names, "")).with_aliases()
    numbers = [int(found[name].alias.split()[1]) for name in names]
    assert sorted(numbers) == list(range(1, 31))
    assert numbers != sorted(numbers)
    again = Variables.of(dict.fromkeys(reversed(names), "")).with_aliases()
    assert {n: again[n].alias for n in names} == {n: found[n].alias for n in names}


def test_an_alias_that_hides_nothing_is_refused():
    """One that holds its own name, or another hidden one."""
    for aliases in ({"smoke": "smoke_status"}, {"smoke": "Q1", "xray": "the SMOKE"}):
        with pytest.raises(VariablesError, match="holds a name that an alias hides"):
            MEMORISED.with_aliases(aliases)
    with pytest.raises(VariablesError, match="'nobody' has an alias"):
        MEMORISED.with_aliases({"nobody": "Q"})
    with pytest.raises(VariablesError, match="both be shown"):
        MEMORISED.with_aliases({"smoke": "Q", "xray": "Q"})


def test_without_aliases_nothing_is_changed():
    """The words that are sent, and what replies are stored under, stay as they were."""
    assert MEMORISED.hide_names(MEMORISED.domain) == MEMORISED.domain
    some = MEMORISED.with_aliases({"dysp": "Q"})
    assert some.hide_names("smoke and DYSP.") == "smoke and Q."
    assert some["smoke"] == MEMORISED["smoke"]
    assert some.to_dict()["variables"]["dysp"]["alias"] == "Q"


_WORDS = st.text(st.sampled_from("abcXYZ09 _-.É"), min_size=1, max_size=12)


@settings(max_examples=300, deadline=None)
@given(_WORDS, st.text(max_size=20), st.text(max_size=20))
def test_a_hidden_name_is_gone_from_any_text(name, before, after):
    """Between whatever texts it stands; a name that cannot be known is left."""
    letters = re.sub(r"[\W_]", "", name)
    text = f"{before} {name} {after}"
    found = hide(text, [Disguise((name,), "@")])
    if len(letters) < 2 or letters.isdecimal():
        assert found == text
    else:
        whole = rf"(?<![^\W_]){re.escape(name.strip(' _-.'))}(?![^\W_])"
        assert re.search(whole, found, re.IGNORECASE) is None


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_nothing_to_hide_changes_nothing(text):
    """A text without the names comes through as it is."""
    assert hide(text, []) == text
    assert hide(text, [Disguise(("zzqqzzqq", ""), "@")]) == text
