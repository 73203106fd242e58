"""What a result prints is true, whoever was asked or not."""

from dataclasses import replace

from made import answers_of, made_candidates, oracle
from test_pipeline import TRUTH

import llmcd


def test_a_run_that_got_no_answer_was_asked_all_the_same():
    """That nobody was asked is said only where it is true."""
    found = made_candidates(TRUTH)
    alone = llmcd.combine(found)
    assert "Nobody was asked." in str(alone)
    stopped = llmcd.Answers((), {"m": "0 of 9 questions answered"})
    text = str(llmcd.combine(found, stopped))
    assert "Nobody was asked" not in text
    assert "No question was answered." in text
    assert "0 of 9 questions answered" in text
    asked = llmcd.combine(found, answers_of(oracle(TRUTH), [("a", "c")]))
    assert "m: 2 questions, 0 without an answer." in str(asked)


def test_what_the_other_mode_would_say(result):
    """Printed in one line: that it is the same, or where it differs."""
    assert "safe mode would say the same" in str(result)
    edges = [e for e in TRUTH.directed_edges() if e != ("d", "e")]
    other = llmcd.Graph.from_edges(
        "abcdef", directed=[*edges, ("a", "f")], undirected=[("e", "d")]
    )
    told = llmcd.Result(replace(result.combined, other_graph=other))
    assert (
        "safe mode differs on 2 pairs: a → f (here no edge); d — e (here d → e)"
        in str(told)
    )
    told = llmcd.Result(
        replace(result.combined, other_graph=llmcd.Graph.empty("abcdef"))
    )
    assert "no d → e" not in str(told)  # three are spelt out
    assert "no c → d; and 1 more" in str(told)
    told = llmcd.Result(replace(result.combined, other_graph=None))
    assert "safe mode" not in str(told)
    bare = llmcd.combine(made_candidates(TRUTH))
    assert "safe mode: the rows are not at hand" in str(bare)
    assert "(--data)" in str(bare)
