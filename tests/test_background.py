"""Background knowledge: what it forbids, what contradicts itself, how it is read."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcd.background import Background
from llmcd.errors import VariablesError
from llmcd.variables import Variable, Variables

NAMES = tuple("abcdef")
PAIRS = st.lists(st.sampled_from(list(itertools.permutations(NAMES, 2))), max_size=4)


@st.composite
def knowledge(draw):
    """Any required, forbidden and tiers, contradictions included."""
    order = draw(st.permutations(NAMES))
    cuts = sorted(draw(st.sets(st.integers(0, 6), min_size=2, max_size=4)))
    tiers = [order[i:j] for i, j in itertools.pairwise(cuts)]
    return Background(draw(PAIRS), draw(PAIRS), tiers if draw(st.booleans()) else [])


@given(knowledge())
def test_matrices_are_what_is_allowed_pair_by_pair(known):
    """The matrices say of each pair what the sentence-wise definition says."""
    tier = {v: k for k, group in enumerate(known.tiers) for v in group}
    for (i, a), (j, b) in itertools.product(enumerate(NAMES), repeat=2):
        late = a in tier and b in tier and tier[a] > tier[b]
        no = a == b or (a, b) in known.forbidden or (b, a) in known.required or late
        assert known.forbidden_matrix(NAMES)[i, j] == no
        assert known.required_matrix(NAMES)[i, j] == ((a, b) in known.required)
        assert a == b or known.allowed(a, b) != no


@given(knowledge(), knowledge())
def test_merge_forbids_what_either_forbids(one, two):
    """Nothing more and nothing less, whatever the order."""
    both = one.merge(two)
    either = one.forbidden_matrix(NAMES) | two.forbidden_matrix(NAMES)
    np.testing.assert_array_equal(both.forbidden_matrix(NAMES), either)
    np.testing.assert_array_equal(two.merge(one).forbidden_matrix(NAMES), either)
    assert both.required == one.required | two.required


@given(knowledge())
def test_written_and_read_again(known):
    """to_dict and from_dict are inverse, and a mapping is as good as the object."""
    assert Background.from_dict(known.to_dict()) == known
    assert Background.of(known.to_dict()) == known
    assert known.is_empty == (
        known == Background() or not any(known.to_dict().values())
    )


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"required": [["a", "zz"]]}, "'zz' is not a column"),
        ({"required": [["a", "a"]]}, "a --> a is required: a loop"),
        (
            {"required": [["a", "b"]], "forbidden": [["a", "b"]]},
            "a --> b is both required and forbidden",
        ),
        ({"required": [["a", "b"], ["b", "a"]]}, "a --> b is required both ways"),
        (
            {"required": [["b", "a"]], "tiers": [["a"], ["b"]]},
            "b --> a is required, but a is in an earlier tier",
        ),
        ({"required": [["a", "b"], ["b", "c"], ["c", "a"]]}, "cycle: "),
        ({"tiers": [["a", "b"], ["b"]]}, "'b' is in tier 0 and in tier 1"),
    ],
)
def test_what_cannot_hold_is_refused(known, words):
    """Each contradiction is named, before any search."""
    with pytest.raises(VariablesError, match=words):
        Background.of(known).check(NAMES)


def test_everything_wrong_is_said_at_once():
    """Two contradictions and a stranger make one error with three lines."""
    known = Background([("a", "a"), ("x1", "b")], [], [["c"], ["c"]])
    with pytest.raises(VariablesError) as error:
        known.check(NAMES)
    assert str(error.value).count("\n- ") == 3


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"forbid": []}, r"unknown keys \['forbid'\]; expected required, forbidden"),
        ([("a", "b")], "must be a mapping"),
        ({"required": "ab"}, "list of"),
        ({"required": ["ab"]}, "pairs of names, got 'ab'"),
        ({"required": [["a", "b", "c"]]}, "pairs of names"),
        ({"forbidden": [[1, 2]]}, "pairs of names"),
        ({"tiers": "ab"}, "list of lists"),
        ({"tiers": [[1]]}, "list of names"),
    ],
)
def test_what_is_no_knowledge_is_refused(value, words):
    """The message says what was expected and what came."""
    with pytest.raises(VariablesError, match=words):
        Background.of(value)


def test_tiers_of_the_descriptions():
    """Variables without a tier are free; the numbers' order counts, not their size."""
    each = (Variable("x", tier=3), Variable("y", tier=10), Variable("z"))
    known = Background.from_variables(Variables(variables=each))
    assert known.tiers == (frozenset("x"), frozenset("y"))
    assert known.allowed("x", "y")
    assert not known.allowed("y", "x")
    assert known.allowed("z", "x")
    assert known.allowed("x", "z")
