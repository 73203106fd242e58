"""What an audit found is what the combiner starts from: discounted, kept, and told."""

import numpy as np
import pandas as pd
import pytest
from auditing.experts import Scripted, other, perfect
from made import answer

import llmcd
from llmcd.auditing.audit import TASKS, Audit, audit
from llmcd.auditing.prior import audits_of, priors
from llmcd.errors import FormatError
from llmcd.expert.answers import Answers
from llmcd.expert.recorded import Recorded
from llmcd.result import Result

ITEMS = TASKS["parrot"].items(200, 0)
SAID = Answers((answer("x", "y", "a->b"), answer("y", "x", "b->a")))


def audited(expert, label="m", tasks=("parrot",)):
    """An audit of somebody who is called so."""
    expert.label = label
    return audit(expert, tasks=tasks, n=200, progress=False)


def turned(item):
    """Wrong about every arrow."""
    return "none" if item.truth == "none" else other(item)


GOOD, BAD = audited(perfect(ITEMS)), audited(Scripted(ITEMS, turned))


@pytest.fixture(scope="module")
def found():
    """Two columns that go together; rows cannot tell the direction."""
    rng = np.random.default_rng(5)
    df = pd.DataFrame({"x": rng.normal(size=500)})
    df["y"] = df.x + rng.normal(size=500)
    return llmcd.candidates(df, bootstrap=10, progress=False)


def weight(result):
    """Log-odds that a direction of the expert is worth."""
    return result.combined.reliability[0].weight


@pytest.mark.parametrize("mode", ["safe", "posterior"])
def test_it_decides_how_much_an_answer_weighs(found, mode):
    """Praised more than unknown, caught in errors nothing; and the edge follows."""
    plain, good, bad = (
        llmcd.combine(found, SAID, mode=mode, audit=one) for one in (None, GOOD, BAD)
    )
    assert weight(bad) < 0.1 < weight(plain) < weight(good)
    row = good.edges.iloc[0]
    assert (row.cause, row.effect, row.decided_by) == ("x", "y", "expert")
    assert row.probability > max(0.7, plain.edges.iloc[0].probability)
    assert row.expert_log_odds > plain.edges.iloc[0].expert_log_odds
    assert bad.edges.iloc[0]["mark"] == "---"
    assert "An audit counts before these answers as" in str(good)
    assert "An audit counts" not in str(plain)


def test_discounted(found):
    """A quarter of each pair, and no more than eight; by hand from the worlds."""
    arcs = sum(x.truth == "a->b" and x.facets["names"] == "real" for x in ITEMS)
    one = GOOD.prior()
    assert GOOD.confusion.right == arcs
    assert one.right == pytest.approx(min(arcs / 4, 8))
    assert one.right / arcs >= 0.1
    assert one.wrong == 0
    weight_of_all = sum(one.rows[0])
    assert weight_of_all == pytest.approx(min(arcs / 4, 8))
    # that is what reaches the draws of posterior mode: more rights, more weight
    whole = llmcd.combine(found, SAID, mode="posterior", audit=GOOD)
    assert whole.combined.audits == {"m": one}


def test_kept_in_the_run_folder(found, tmp_path):
    """Saved, loaded, and used again when the result is updated."""
    good = llmcd.combine(found, SAID, audit=GOOD)
    again = Result.load(good.save(tmp_path / "run"))
    assert again.combined.audits == good.combined.audits
    assert again == good
    assert again != llmcd.combine(found, SAID)
    assert "audits m" in good.to_html()
    rng = np.random.default_rng(5)
    df = pd.DataFrame({"x": rng.normal(size=500)})
    df["y"] = df.x + rng.normal(size=500)
    grown = good.update(answers=SAID, data=df, progress=False)
    assert grown.combined.audits == good.combined.audits


def test_in_one_call(tmp_path):
    """From a file; one that is none is refused before anybody is asked."""
    rng = np.random.default_rng(5)
    df = pd.DataFrame({"x": rng.normal(size=300)})
    df["y"] = df.x + rng.normal(size=300)
    file = GOOD.write(tmp_path / "audit.json")
    expert = Recorded({("x", "y"): "a->b", ("y", "x"): "b->a"}, label="m")
    settings = {"bootstrap": 5, "progress": False, "batch": None}
    result = llmcd.discover(
        df, {"x": "one", "y": "two"}, expert, audit=file, **settings
    )
    assert result.combined.audits == {"m": GOOD.prior()}

    class Never:
        free = True

        def answer(self, question):
            raise AssertionError("asked")

    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    with pytest.raises(FormatError, match="no audit's file"):
        llmcd.discover(df, {"x": "one", "y": "two"}, Never(), audit=bad, **settings)
    with pytest.raises(ValueError, match="says nothing of another expert"):
        llmcd.discover(df, {"x": "one", "y": "two"}, Never(), audit=file, **settings)


def test_whose_audit(found):
    """Another expert's, two of one, or one without the names: all refused."""
    with pytest.raises(ValueError, match="says nothing of another expert"):
        llmcd.combine(found, SAID, audit=audited(perfect(ITEMS), "somebody"))
    with pytest.raises(ValueError, match="several audits"):
        audits_of([GOOD, GOOD])
    short = Audit("m", (), ())
    with pytest.raises(ValueError, match="no confusion matrix"):
        llmcd.combine(found, SAID, audit=short)
    assert priors([GOOD], ()) == {}
    assert llmcd.combine(found, audit=GOOD).combined.audits == {}
