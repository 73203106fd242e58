"""Consistency on one's own variables: simulated experts with known faults."""

import pytest

from llmcd.auditing.items import put
from llmcd.auditing.own import MOST, OwnVariables, self_test
from llmcd.expert.simulated import Simulated
from llmcd.graph import Graph
from llmcd.variables import Variables

NAMES = "abcdefgh"
TRUTH = Graph.from_edges(
    NAMES, directed=[(x, y) for k, x in enumerate(NAMES) for y in NAMES[k + 1 :]]
)
SOME = Graph.from_edges(NAMES, directed=[("c", "h"), ("a", "h")])
VARIABLES = Variables.of({name: f"quantity {name}" for name in NAMES})


def heard(verdict, data_graph=None):
    """A section where pairwise and A-or-B answers follow one function of (a, b)."""

    class Says:
        free, identity = True, {"says": 1}

        def answer(self, question):
            said = verdict(question.a, question.b, question.kind)
            if question.kind == "a-or-b":
                return {"a->b": "A", "b->a": "B"}[said]
            wire = {"a->b": "A_causes_B", "b->a": "B_causes_A"}[said]
            return f'{{"verdict": "{wire}"}}'

    task = OwnVariables(VARIABLES, data_graph)
    return task.score(put(task.items(), Says(), progress=False))


def by_name(a, b, _=None):
    """Earlier letters cause later ones."""
    return "a->b" if a < b else "b->a"


def test_at_most_sixty():
    """Whole sets of pairs, both orders, both wordings; the data's edges first."""
    items = OwnVariables(VARIABLES, SOME).items()
    assert len(items) == 60 == MOST
    asked = {name for x in items for name in (x.question.a, x.question.b)}
    assert {"c", "h", "a"} <= asked
    assert len(OwnVariables(VARIABLES).items(30)) == 24
    assert len(OwnVariables(Variables.of(dict.fromkeys("abc", ""))).items()) == 12
    with pytest.raises(ValueError, match="3 variables"):
        OwnVariables(Variables.of({"a": "", "b": ""})).items()


def test_of_one_mind():
    """All consistent, no circle, and in agreement with what the data direct."""
    found = heard(by_name, SOME)
    for name in ("order consistency", "same answer in other words",
                 "triples without a circle", "answered"):  # fmt: skip
        assert found.measure(name).value == 1
    assert found.measure("agrees with directions in the data").value == 1
    assert found.level == "too few answers"  # two edges prove nothing
    assert "not accuracy" in found.words[0]


def test_always_the_first():
    """No order survives the swap: nothing that could go in circles is left."""
    found = heard(lambda a, b, kind: "a->b")
    assert found.measure("order consistency").value == 0
    assert found.measure("triples without a circle").n == 0
    assert "does not know" in found.words[0]
    assert "direct nothing" in found.words[1]


def test_other_words_other_answers():
    """Half the wordings turned: none agree."""
    found = heard(lambda a, b, k: by_name(a, b) if k == "pairwise" else by_name(b, a))
    assert found.measure("order consistency").value == 1
    assert found.measure("same answer in other words").value == 0


def test_circles_are_counted():
    """One that goes round three by three is seen."""

    def around(a, b, _):
        step = (ord(b) - ord(a)) % 5
        return "a->b" if step in (1, 2) else "b->a"

    five = Variables.of(dict.fromkeys("abcde", ""))
    task = OwnVariables(five)

    class Says:
        free, identity = True, {"says": 2}

        def answer(self, question):
            if question.kind == "a-or-b":
                return "unsure"
            said = around(question.a, question.b, None)
            wire = {"a->b": "A_causes_B", "b->a": "B_causes_A"}[said]
            return f'{{"verdict": "{wire}"}}'

    found = task.score(put(task.items(), Says(), progress=False))
    # a regular tournament of five has five circles among its ten triples
    assert found.measure("triples without a circle").value == 0.5


def test_stored(tmp_path):
    """Asked once, replayed for nothing."""

    class Once:
        free, identity, count = True, {"once": 1}, 0

        def answer(self, question):
            Once.count += 1
            return '{"verdict": "unsure"}' if question.kind == "pairwise" else "unsure"

    store = tmp_path / "s.sqlite"
    first = self_test(Once(), VARIABLES, store=store, progress=False)
    again = self_test(Once(), VARIABLES, store=store, progress=False, replay=True)
    assert first == again
    assert Once.count == 60
    assert first.measure("answered").value == 0
    plain = [
        x for x in OwnVariables(VARIABLES).items() if x.question.kind == "pairwise"
    ]
    said = put(plain, Simulated(TRUTH, accuracy=1.0), progress=False)
    assert OwnVariables(VARIABLES).score(said).measure("order consistency").value == 1
