"""The whole audit: verdicts in words, its file, its page, and comparing."""

import json
import re

import pytest
from auditing.experts import Scripted, always, coin, perfect

from llmcd.auditing.audit import TASKS, Audit, audit, compared
from llmcd.auditing.items import Item, put
from llmcd.auditing.page import render_audits
from llmcd.auditing.scores import Table, measures_of
from llmcd.auditing.section import level_of, share
from llmcd.errors import ExpertError, FormatError
from llmcd.expert.budget import Budget
from llmcd.expert.choices import YES_NO
from llmcd.expert.replies import VERDICTS

N = 150
YES_NO_TASKS = ["corr2cause", "cladder", "axioms"]
ITEMS = [x for name in ("parrot", *YES_NO_TASKS) for x in TASKS[name].items(N, 0)]


def run(expert, tasks=("parrot", *YES_NO_TASKS), **more):
    """An audit of the tasks whose items all have a truth."""
    return audit(expert, tasks=tasks, n=N, progress=False, **more)


def tossed(item):
    """Never looks."""
    yes_no = item.question.kind == "yes-no"
    return coin(item, *(("yes", "no") if yes_no else ("a->b", "b->a")))


PERFECT = run(perfect(ITEMS))
COIN = run(Scripted(ITEMS, tossed, "coin <b>"))


def test_words():
    """Perfect is trusted with all, a coin with nothing."""
    assert PERFECT.words[0].startswith("Trust its directions")
    assert "reasons about causes it has never met" in PERFECT.words[1]
    assert {s.level for s in PERFECT.sections} <= {"useful", "reliable"}
    assert COIN.words[0].startswith("Uninformative")
    assert {s.level for s in COIN.sections} == {"no better than chance"}


def test_one_word_experts_are_uninformative():
    """Always A, always yes, always no, and silence."""
    for yes_no in ("yes", "no"):
        expert = Scripted(
            ITEMS, lambda x, w=yes_no: w if x.question.kind == "yes-no" else "a->b"
        )
        assert run(expert).words[0].startswith("Uninformative")
    assert run(always(ITEMS, None)).words[0].startswith("Uninformative")


def test_a_reciter_knows_but_does_not_infer():
    """Right about names, a coin about what follows."""
    expert = Scripted(
        ITEMS, lambda x: x.truth if "names" in x.facets and "world" in x.facets
        else tossed(x)
    )  # fmt: skip
    found = run(expert)
    assert any("does not infer" in word for word in found.words)


def test_file_and_back(tmp_path):
    """What is written is read again; something else is refused."""
    path = PERFECT.write(tmp_path / "audit.json")
    assert Audit.read(path) == PERFECT
    assert json.loads(path.read_text())["confusion"]["prior"]["skill"][1] == 0
    path.write_text('{"format": "another"}')
    with pytest.raises(FormatError, match="no audit's file"):
        Audit.read(path)
    path.write_text("[")
    with pytest.raises(FormatError, match="no audit's file"):
        Audit.read(path)


def test_page():
    """One file, nothing loaded, labels escaped, every section there."""
    page = render_audits([PERFECT, COIN])
    assert "coin &lt;b&gt;" in page
    assert "coin <b>" not in page
    assert not re.search(r"(src|href)=|<script|https?://", page)
    for section in PERFECT.sections:
        assert section.title in page
    assert "not ours" not in page
    assert "Jin et al." in page


def test_side_by_side():
    """One row a task; different items cannot be compared; twins are numbered."""
    rows = compared([PERFECT, COIN])
    assert [row["task"] for row in rows] == ["parrot", *YES_NO_TASKS]
    assert rows[1]["perfect"].startswith("reliable 1.00")
    assert rows[1]["coin <b>"].startswith("no better than chance 0.")
    assert list(compared([COIN, COIN])[0])[1:] == ["coin <b> (1)", "coin <b> (2)"]
    other = audit(perfect(TASKS["axioms"].items(N, 1)), tasks=["axioms"], n=N, seed=1,
                  progress=False)  # fmt: skip
    with pytest.raises(ValueError, match="different items"):
        compared([PERFECT, other])
    with pytest.raises(ValueError, match="no audits"):
        compared([])


def test_stored_replayed_and_limited(tmp_path):
    """Nothing is asked twice; a budget ends it with a note; a replay needs all."""
    items = TASKS["axioms"].items(40, 0)
    store = tmp_path / "s.sqlite"
    short = audit(perfect(items), tasks=["axioms"], n=40, store=store, progress=False,
                  budget=Budget(calls=25))  # fmt: skip
    assert short.calls == 25
    assert "25 of 40" in short.notes[0]
    assert short.sections[0].planned == 40

    class Silent:
        label, identity, free = "perfect", {"scripted": "perfect"}, True

        def answer(self, question):
            raise AssertionError("asked")

    with pytest.raises(ExpertError, match="15 of 40"):
        audit(
            Silent(), tasks=["axioms"], n=40, store=store, replay=True, progress=False
        )
    whole = audit(perfect(items), tasks=["axioms"], n=40, store=store, progress=False)
    again = audit(Silent(), tasks=["axioms"], n=40, store=store, replay=True,
                  progress=False)  # fmt: skip
    assert again == whole


def test_few_coins_pass():
    """Of 4000 coins with 120 tosses about 4 in 1000 are called better than chance."""
    import numpy as np

    heads = np.random.default_rng(2).binomial(120, 0.5, size=4000)
    levels = [level_of(share("", int(k), 120, 0.5)) for k in heads]
    better = sum(level in ("weak", "useful", "reliable") for level in levels)
    assert better / 4000 < 0.01


def test_wrong_arguments():
    """Unknown tasks, nobody, a panel, items that cannot be told apart."""
    with pytest.raises(ValueError, match="a task is one of"):
        audit(perfect([]), tasks=["poetry"])
    with pytest.raises(ValueError, match="nobody"):
        audit("none")
    with pytest.raises(ValueError, match="one expert"):
        put(ITEMS[:1], [perfect(ITEMS), perfect(ITEMS)])
    item = Item(YES_NO.question("x", "y", "?"), "yes")
    with pytest.raises(ValueError, match="of another"):
        put([item, item], perfect([item]))
    with pytest.raises(ValueError, match="no items"):
        put([], perfect([]))


def test_scores_by_hand():
    """Ten items, of which two are not answered."""
    items = [Item(YES_NO.question("t", str(k), f"{k}?"), "yes" if k < 5 else "no")
             for k in range(10)]  # fmt: skip
    said = ["yes", "yes", "yes", "no", None, "no", "no", "yes", "yes", None]
    by = dict(zip([x.id for x in items], said, strict=True))
    heard = put(items, Scripted(items, lambda x: by[x.id]), progress=False)
    found = {m.name: m.value for m in measures_of(heard)}
    assert found["accuracy"] == 5 / 8
    assert found["balanced accuracy"] == (3 / 4 + 2 / 4) / 2
    assert found["F1"] == pytest.approx(2 * 3 / (2 * 3 + 2 + 1))
    assert found["answered"] == 0.8
    assert found["accuracy, silence wrong"] == 0.5
    assert found["share of 'yes'"] == 5 / 8


def test_wilson_by_scipy():
    """The interval is that of another library."""
    from scipy.stats import binomtest

    for right, n in ((0, 9), (3, 10), (50, 50), (71, 120)):
        mine = share("", right, n)
        theirs = binomtest(right, n).proportion_ci(method="wilson")
        assert mine.low == pytest.approx(theirs.low, abs=1e-6)
        assert mine.high == pytest.approx(theirs.high, abs=1e-6)


def test_balanced_interval_covers():
    """In 95 of 100 samples or so it holds the true value."""
    import numpy as np

    rng = np.random.default_rng(1)
    hits = 0
    for _ in range(400):
        yes, no = rng.binomial(60, 0.9), rng.binomial(30, 0.4)
        low_high = Table(int(yes), 30 - int(no), 60 - int(yes), int(no)).balanced
        hits += low_high.low <= 0.65 <= low_high.high
    assert 0.91 <= hits / 400 <= 0.99


def test_levels():
    """From nothing to the best; no word without chance to compare with."""
    assert [level_of(share("", k, 100, 0.5)) for k in (20, 50, 65, 85, 99)] == [
        "worse than chance", "no better than chance", "weak", "useful", "reliable"
    ]  # fmt: skip
    assert level_of(share("", 5, 5, 0.5)) == "too few answers"
    with pytest.raises(ValueError, match="chance"):
        level_of(share("", 5, 5))
    assert set(VERDICTS) >= {"a->b", "b->a"}
