"""Arms change what an expert is shown, and nothing else."""

import re

import numpy as np
import pytest

from benchmarks.arms import ARMS, in_arm, nonsense_words
from benchmarks.networks import known_network
from llmcd.expert.questions import pairwise_question
from llmcd.variables import Variables

NETWORKS = ("asia", "cancer", "greenhouse")


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("name", NETWORKS)
def test_names_and_their_order_stay(name, arm):
    """Data and truth fit the descriptions of every arm; twice gives the same."""
    known = known_network(name).variables
    shown = in_arm(known, arm, network=name)
    assert shown.names == known.names
    assert shown == in_arm(known, arm, network=name)
    assert len({v.shown.casefold() for v in shown.variables}) == len(known)


def test_the_real_arm_is_the_network_itself():
    """Nothing is changed."""
    known = known_network("asia").variables
    assert in_arm(known, "real", network="asia") is known


@pytest.mark.parametrize("name", NETWORKS)
def test_an_alias_hides_name_and_label_and_keeps_the_meaning(name):
    """A question holds the description, and neither the label nor the name as name."""
    known = known_network(name).variables
    shown = in_arm(known, "alias", network=name)
    first, second = known.names[:2]
    text = pairwise_question(shown, first, second).user
    for v in (known[first], known[second]):
        assert shown.hide_names(v.description) in text
        assert f'"name": "{v.label}"' not in text
        assert f'"name": "{v.name}"' not in text
    assert shown.domain == known.domain


@pytest.mark.parametrize("name", NETWORKS)
def test_nonsense_keeps_no_word(name):
    """No word of domain, label, description or unit is left in a question."""
    known = known_network(name).variables
    shown = in_arm(known, "nonsense", network=name)
    for v in shown.variables:
        assert (v.description, v.unit, v.levels) == ("", None, ())
    texts = [known.domain] + [f"{v.label} {v.description}" for v in known.variables]
    real = {w.casefold() for text in texts for w in re.findall(r"[^\W\d_]{3,}", text)}
    assert not real & {v.shown.casefold() for v in shown.variables}
    assert shown.domain == ""


@pytest.mark.parametrize("name", NETWORKS)
def test_permuted_descriptions_all_leave_their_place(name):
    """Every description is somebody else's, and none is lost."""
    known = known_network(name).variables
    shown = in_arm(known, "permuted", network=name)
    pairs = list(zip(known.variables, shown.variables, strict=True))
    assert all(a.label != b.label for a, b in pairs)
    before, after = (
        {(v.label, v.description) for v in side} for side in zip(*pairs, strict=True)
    )
    assert before == after


def test_another_network_gets_other_words():
    """The words are not a list that could be learnt by heart."""
    about = Variables.of({"a1": "x", "b1": "y"})
    one, two = (
        {v.shown for v in in_arm(about, "nonsense", network=n).variables}
        for n in ("one", "two")
    )
    assert not one & two


def test_words_are_pronounceable_and_different():
    """Consonant and vowel take turns."""
    words = nonsense_words(300, np.random.default_rng(1))
    assert len(set(words)) == 300
    assert all(re.fullmatch("([^aeiou][aeiou]){3}[^aeiou]", w) for w in words)


def test_wrong_arguments():
    """An unknown arm is refused; one variable cannot change places."""
    with pytest.raises(ValueError, match="real, alias"):
        in_arm(Variables.of({"a1": "x"}), "secret", network="n")
    with pytest.raises(ValueError, match="at least 2"):
        in_arm(Variables.of({"a1": "x"}), "permuted", network="n")
