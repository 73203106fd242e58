"""A result brought up to date is the result of one run, and says what moved."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_pipeline import TEXTS, TRUTH, linear_table

import llmcd
from llmcd.combiner.changes import Changes, evidence, moved_pairs
from llmcd.errors import DataError, VariablesError
from llmcd.expert.answers import Answer, Answers
from llmcd.expert.protocol import Reply

OPTIONS = {"bootstrap": 3, "progress": False, "batch": None}


class Scripted:
    """Says what it is told about each pair, and keeps the questions."""

    label = "scripted"
    free = True

    def __init__(self, verdicts, critic=None):
        """``verdicts`` by (a, b) as shown; the critic's by the set of the two."""
        self.verdicts, self.critic, self.seen = verdicts, critic or {}, []

    def answer(self, question):
        """The verdict on the wire; unsure where nothing was told."""
        self.seen.append(question)
        pair = (question.a, question.b)
        if question.kind == "critic":
            said = self.critic.get(frozenset(pair), "unsure")
        else:
            said = self.verdicts.get(pair, "unsure")
        return Reply(f'{{"reasoning": "", "verdict": "{said}", "probability": 0.9}}')


def asked(expert):
    """The pairs that were asked about, sorted."""
    return {tuple(sorted((q.a, q.b))) for q in expert.seen}


@pytest.fixture(scope="module")
def half():
    """A result from 150 rows and a good expert."""
    expert = llmcd.Simulated(TRUTH, accuracy=0.9)
    return llmcd.discover(linear_table(300)[:150], TEXTS, expert, **OPTIONS)


def test_the_same_rows_twice_are_one_run_on_the_doubled_rows(half):
    """To the bit: graph, probabilities, sampled graphs, everything a folder says."""
    rows = linear_table(300)[:150]
    twice = half.update(rows, progress=False)
    whole = llmcd.table(pd.concat([rows, rows]), TEXTS)
    found = llmcd.candidates(whole, bootstrap=3)
    assert twice == llmcd.combine(found, half.answers, variables=TEXTS)
    assert twice.changes.rows == (150, 300)
    assert twice.changes.fingerprints == (
        half.candidates.fingerprint,
        whole.fingerprint,
    )


@pytest.mark.parametrize(
    "method", ["pc", llmcd.OrderSearch(score="bge"), ["order", "pc"]]
)
def test_new_rows_are_one_run_on_all_rows(method):
    """The same method with its settings, the same background, the same seed."""
    df = linear_table(300)
    options = {
        **OPTIONS,
        "method": method,
        "background": {"tiers": [list("ab"), list("cdef")]},
    }
    before = llmcd.discover(df[:150], seed=3, **options)
    assert before.update(df[150:], progress=False) == llmcd.discover(
        df, seed=3, **options
    )


def test_labels_and_missing_cells():
    """Discrete columns, whose levels only some rows show, and the policy for holes."""
    rng = np.random.default_rng(0)
    df = pd.DataFrame({"a": rng.integers(3, size=400).astype(str)})
    df["b"] = np.where(rng.random(400) < 0.7, df["a"], "0")
    df.loc[390, "b"] = None
    options = {**OPTIONS, "missing": "listwise"}
    before = llmcd.discover(df[:200], **options)
    after = before.update(df[200:], progress=False)
    assert after == llmcd.discover(df, **options)


def test_nothing_new_changes_nothing(half):
    """Nothing is searched or asked; the same result."""
    expert = llmcd.Simulated(TRUTH, accuracy=0.9)
    for again in (
        half.update(progress=False),
        half.update(linear_table(3)[:0], answers=Answers.none(), progress=False),
        half.update(answers=half.answers, variables=TEXTS, progress=False),
        half.update(expert=expert, progress=False),
    ):
        assert again == half
        assert again.changes.changes == ()
        assert str(again.changes) == "no pairs changed"
        assert again.combined is half.combined


def open_table(n, seed=1):
    """Edges that rows direct, x and y that they leave open, and a weak z and w."""
    rng = np.random.default_rng(seed)
    df = linear_table(n)[list("abcde")]
    df["x"] = rng.normal(size=n)
    df["y"] = df["x"] + rng.normal(size=n)
    df["z"] = rng.normal(size=n)
    df["w"] = 0.3 * df["z"] + rng.normal(size=n)
    return df


PROBES = Answers(
    tuple(
        answer
        for a, b in TRUTH.directed_edges()
        for answer in (Answer(a, b, "a->b"), Answer(b, a, "b->a"))
    )
)
MORE = Answers((Answer("x", "y", "a->b"), Answer("y", "x", "b->a")))


def test_further_answers_are_weighed():
    """The same as combining with all of them; the changes name the answers."""
    before = llmcd.combine(llmcd.candidates(open_table(400), bootstrap=3), PROBES)
    after = before.update(answers=MORE, progress=False)
    assert after == llmcd.combine(before.candidates, PROBES.updated(MORE))
    (change,) = after.changes.changes
    assert (change.before, change.after) == ("x --- y", "x --> y")
    assert change.moved_by == "answers"
    assert change.why == "2 answers about this pair changed"
    assert "x --- y is now x --> y, moved by answers" in str(after.changes)


def test_rows_and_answers_are_told_apart():
    """Each pair that changed is put down to the step that changed it."""
    df = open_table(1000)
    found = llmcd.candidates(df[:60], bootstrap=3)
    before = llmcd.combine(found, PROBES, data=df[:60])
    assert not before.graph.adjacent("z", "w")
    after = before.update(df[60:], answers=MORE, progress=False)
    moved = {(one.a, one.b): one.moved_by for one in after.changes.changes}
    assert moved == {("w", "z"): "rows", ("x", "y"): "answers"}
    assert list(after.changes.to_frame()["moved_by"]) == ["rows", "answers"]
    assert Changes.from_dict(after.changes.to_dict()) == after.changes


def test_knowledge():
    """A new search that obeys it, and the change says so; the same as one run."""
    df = linear_table(300)
    before = llmcd.discover(df, **OPTIONS)
    known = {"forbidden": [("d", "e"), ("e", "d")]}
    after = before.update(background=known, progress=False)
    assert after == llmcd.discover(df, background=known, **OPTIONS)
    change = next(c for c in after.changes.changes if (c.a, c.b) == ("d", "e"))
    assert change.moved_by == "background"
    assert change.why == "d --> e is not allowed, e --> d is not allowed"


def test_only_what_moved_is_asked_again():
    """The kept answers stay; a pair whose evidence moved is asked about once more."""
    rng = np.random.default_rng(6)
    n = 1000
    x, z = rng.normal(size=(2, n))
    df = pd.DataFrame({"x": x, "y": x + rng.normal(size=n), "z": z})
    df["w"] = 0.2 * z + rng.normal(size=n)
    texts = {name: f"the quantity {name}" for name in "xyzw"}
    first = Scripted({("x", "y"): "A_causes_B", ("y", "x"): "B_causes_A"})
    before = llmcd.discover(df[:40], texts, first, **OPTIONS)
    assert ("x", "y") in asked(first)
    again = Scripted(first.verdicts)
    after = before.update(df[40:], expert=again, progress=False)
    kept = set(before.answers.pairs())
    assert ("w", "z") in kept & asked(again)  # it moved
    assert ("x", "y") in kept - asked(again)  # it did not
    assert set(after.changes.asked) == asked(again)
    assert set(before.answers.pairs()) <= set(after.answers.pairs())
    # nothing counts as moved, so that no pair is asked about once more
    nobody = Scripted(first.verdicts)
    before.update(df[40:], expert=nobody, moved=1.0, progress=False)
    assert not kept & asked(nobody)
    # somebody new is asked about everything that is worth it
    new = Scripted({})
    new.label = "another"
    both = before.update(expert=new, progress=False)
    assert ("x", "y") in asked(new)
    assert both.answers.experts == ("another", "scripted")


def test_new_columns():
    """One run on all columns; only new pairs and those that moved are asked about."""
    df = linear_table(400)
    texts = {name: TEXTS[name] for name in "abcf"}
    first = llmcd.Simulated(TRUTH, accuracy=1.0)
    before = llmcd.discover(df[["a", "b", "c", "f"]], texts, first, **OPTIONS)
    watching = Scripted({})
    watching.label = first.label
    after = before.update(
        columns=df[["d", "e"]],
        variables={"d": TEXTS["d"], "e": TEXTS["e"]},
        expert=watching,
        progress=False,
    )
    assert asked(watching)
    assert all(set(pair) & {"d", "e"} for pair in asked(watching))
    assert after.graph.names == ("a", "b", "c", "f", "d", "e")
    assert set(after.graph.directed_edges()) == set(TRUTH.directed_edges())
    added = [c for c in after.changes.changes if (c.a, c.b) == ("c", "d")]
    assert added[0].before == "not in the table"
    assert added[0].moved_by == "columns"
    for pair in before.answers.pairs():
        assert after.answers.for_pair(*pair) == before.answers.for_pair(*pair)


def test_better_words_set_answers_aside(half):
    """What was answered about other words is not counted, and that is said."""
    after = half.update(variables={"a": "something else"}, progress=False)
    assert all("a" not in pair for pair in after.answers.pairs())
    assert "were about other descriptions" in after.changes.notes[0]
    assert after.variables["a"].description == "something else"


def test_after_loading_the_rows_are_given_again(half, tmp_path):
    """Without them rows cannot be merged; with them it is as if never saved."""
    rows = linear_table(300)
    loaded = llmcd.Result.load(half.save(tmp_path / "run"))
    with pytest.raises(DataError, match="give them: data="):
        loaded.update(rows[150:], progress=False)
    with pytest.raises(DataError, match="149 rows, not 150"):
        loaded.update(rows[150:], data=rows[:149], progress=False)
    with pytest.raises(DataError, match="needs a new search"):
        loaded.update(background={"forbidden": [("a", "f")]}, progress=False)
    after = loaded.update(rows[150:], data=rows[:150], progress=False)
    assert after == half.update(rows[150:], progress=False)
    # answers alone can be added without rows, in the mode that needs none
    more = Answers((Answer("a", "f", "none", expert="m"),))
    safe = loaded.update(answers=more, progress=False)
    assert safe.combined.mode == "safe"
    assert "posterior mode before, safe now" in safe.changes.notes[0]
    again = loaded.update(data=rows[:150], progress=False)
    assert again == half


def test_settings_that_are_in_no_run_folder(tmp_path):
    """A method of one's own cannot be guessed; a named one with its settings can."""
    df = linear_table(300)
    own = llmcd.discover(df[:200], method=llmcd.PC(alpha=0.3), **OPTIONS)
    plain = llmcd.discover(df[:200], method="pc", **OPTIONS)
    loaded = llmcd.Result.load(own.save(tmp_path / "own"))
    with pytest.raises(DataError, match="settings of its own"):
        loaded.update(df[200:], data=df[:200], progress=False)
    loaded = llmcd.Result.load(plain.save(tmp_path / "plain"))
    after = loaded.update(df[200:], data=df[:200], progress=False)
    assert after == llmcd.discover(df, method="pc", **OPTIONS)


@pytest.mark.parametrize(
    "more, says",
    [
        ({"rows": linear_table(9)[list("abc")]}, r"\['d', 'e', 'f'\] are missing"),
        ({"rows": linear_table(9).assign(g=1)}, r"\['g'\] are new \(give new columns"),
        ({"columns": pd.DataFrame({"g": [1, 2]})}, "the same 150 rows, got 2"),
        ({"columns": linear_table(150)[["a"]]}, r"in the table already: \['a'\]"),
    ],
)
def test_what_does_not_fit(half, more, says):
    """Rows with other columns and columns of other rows are refused with a fix."""
    with pytest.raises(DataError, match=says):
        half.update(progress=False, **more)


def test_more_that_is_refused(half):
    """No share, a new column without words, rows changed behind its back."""
    with pytest.raises(ValueError, match="share from 0 to 1"):
        half.update(moved=2.0)
    new = pd.DataFrame({"g": np.random.default_rng(0).normal(size=150)})
    with pytest.raises(VariablesError, match=r"\['g'\]"):
        half.update(columns=new, progress=False)
    rows = linear_table(60)
    changed = llmcd.discover(rows, bootstrap=0, progress=False)
    rows.loc[0, "a"] = 99.0
    with pytest.raises(DataError, match="some cells differ"):
        changed.update(linear_table(30), progress=False)


def test_evidence_without_rows(half):
    """The resamples speak; shares of a pair add up to one."""
    found = evidence(replace(half.candidates, table=None))
    assert len(found) == 15
    assert all(sum(shares) == pytest.approx(1) for shares in found.values())
    assert moved_pairs(found, found, 0.0) == frozenset()


# --- the critic -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def disputed():
    """Rows of x --> y <-- z, and somebody who says the opposite of x --> y."""
    rng = np.random.default_rng(8)
    x, z = rng.normal(size=(2, 800))
    df = pd.DataFrame({"x": x, "y": x + z + rng.normal(size=800), "z": z})
    texts = {name: f"the quantity {name}" for name in "xyz"}
    verdicts = {("x", "y"): "B_causes_A", ("y", "x"): "A_causes_B"}
    expert = Scripted(verdicts)
    result = llmcd.discover(df, texts, expert, **OPTIONS)
    assert list(result.conflicts["data_says"]) == ["x --> y"]
    return result, verdicts


def test_a_critic_gives_up_its_answer(disputed):
    """Both sides are shown, both orders are asked, and the conflict is gone."""
    result, verdicts = disputed
    pair = frozenset("xy")
    critic = Scripted(verdicts, {pair: "unsure"})
    stays = result.criticise(critic, progress=False)
    assert asked(critic) == {("x", "y")}
    assert {q.kind for q in critic.seen} == {"critic"}
    assert len(stays.conflicts) == 1
    gone = result.criticise(Scripted(verdicts, {pair: "no_direct_relation"}),
                            progress=False)  # fmt: skip
    assert gone.changes.asked == (("x", "y"),)
    assert not len(gone.conflicts)
    assert len(gone.answers) == len(result.answers) + 2


def test_a_critic_sees_a_hidden_common_cause(disputed):
    """The row says so, though the critic's word carries no weight in the graph."""
    result, verdicts = disputed
    critic = Scripted(verdicts, {frozenset("xy"): "common_cause"})
    after = result.criticise(critic, progress=False)
    (row,) = after.conflicts.to_dict("records")
    assert (row["a"], row["b"], row["expert_says"]) == ("x", "y", "common cause")
    assert row["rule"].startswith("hidden common cause: scripted sees one of both")
    assert row["would_change"].startswith("the common cause as a column")
    assert row["expert_log_odds"] == 0.0
    assert after.graph == result.graph


def test_nobody_to_be_the_critic(disputed):
    """Who answered nothing has nothing to reconsider; no conflict, no question."""
    result, verdicts = disputed
    stranger = Scripted(verdicts)
    stranger.label = "stranger"
    with pytest.raises(ValueError, match=r"\['stranger'\] gave none"):
        result.criticise(stranger, progress=False)
    with pytest.raises(ValueError, match="nobody to ask"):
        result.criticise("none", progress=False)
    agreed = llmcd.combine(
        result.candidates,
        Answers((Answer("x", "y", "a->b", expert="scripted"),)),
        variables=result.variables,
    )
    quiet = Scripted(verdicts)
    after = agreed.criticise(quiet, progress=False)
    assert after == agreed
    assert quiet.seen == []
    assert "no conflict to ask about" in str(after.changes)


def test_a_panel_of_critics(disputed):
    """Each is shown its own conflicts only."""
    result, verdicts = disputed
    more = tuple(replace(x, expert="other", verdict="a->b" if x.a == "x" else "b->a")
                 for x in result.answers.for_pair("x", "y"))  # fmt: skip
    both = result.update(answers=Answers(more), progress=False)
    one, two = Scripted(verdicts, {frozenset("xy"): "unsure"}), Scripted({})
    two.label = "other"
    both.criticise([one, two], progress=False)
    assert asked(one) == {("x", "y")}
    assert two.seen == []
