"""An audit as files: dealt so that no half tells the other, filled in, replayed."""

import json
from collections import Counter
from pathlib import Path

import pytest
from auditing.experts import perfect, written

from llmcd.auditing.audit import TASKS, audit, items_of
from llmcd.auditing.offline import Filled, sittings, write_sittings
from llmcd.auditing.own import OwnVariables
from llmcd.errors import FormatError
from llmcd.expert.recorded import Recorded
from llmcd.variables import Variables

N = {"parrot": 84, "direction": 24, "corr2cause": 24, "cladder": 24, "axioms": 24}
PARTS = [items for _, items in items_of(n=N)]
RECORDED = Path(__file__).parents[2] / "benchmarks" / "answers" / "audit"


def fill(paths, folder, verdict):
    """Somebody who answers each file by a function of the item."""
    by_id = {x.question.content_hash[:16]: x for part in PARTS for x in part}
    made = []
    for k, path in enumerate(paths):
        lines = [json.loads(x) for x in path.read_text("utf-8").splitlines()]
        said = [
            {"id": x["id"], **json.loads(written(by_id[x["id"]].question,
                                                 verdict(by_id[x["id"]])))}
            for x in lines if "id" in x
        ]  # fmt: skip
        target = folder / f"filled-{k}.jsonl"
        target.write_text("\n".join(map(json.dumps, said)), encoding="utf-8")
        made.append(target)
    return made


@pytest.mark.parametrize("number", [1, 2, 3, 5])
def test_dealt(number):
    """All once, evenly, halves apart, and neither verdict fills one sitting."""
    dealt = sittings(PARTS, number, seed=1)
    sizes = [len(one) for one in dealt]
    assert len(dealt) == number
    assert max(sizes) - min(sizes) <= 1
    place = {q.content_hash: k for k, one in enumerate(dealt) for q in one}
    assert len(place) == sum(sizes) == sum(map(len, PARTS))
    truth = {x.question.content_hash: x.truth for part in PARTS for x in part}
    for part in PARTS:
        for one, two in zip(part[::2], part[1::2], strict=True):
            apart = place[one.question.content_hash], place[two.question.content_hash]
            assert (apart[0] != apart[1]) == (number > 1)
    for asked in dealt:
        count = Counter(truth[q.content_hash] for q in asked)
        low = 0.25 * len(asked)
        assert count["yes"] + count["a->b"] > low
        assert count["no"] + count["b->a"] > low
    with pytest.raises(ValueError, match="at least one sitting"):
        sittings(PARTS, 0)


@pytest.mark.parametrize("number", [2, 3])
def test_orders_of_a_pair_are_apart(number):
    """Also where no truth is known: votes on an order, and one's own variables."""
    own = OwnVariables(Variables.of(dict.fromkeys("uvwxyz", ""))).items()
    for part in (TASKS["order"].items(120, 0), own, TASKS["parrot"].items(5000, 0)):
        place = {}
        for k, asked in enumerate(sittings([part], number)):
            for q in asked:
                place[q.kind, q.a, q.b, q.sample, q.user] = k
        for one, two in zip(part[::2], part[1::2], strict=True):
            q, r = one.question, two.question
            assert q.kind == r.kind
            if q.is_about_one_pair:
                assert (q.a, q.b) == (r.b, r.a)
            assert (
                place[q.kind, q.a, q.b, q.sample, q.user]
                != place[r.kind, r.a, r.b, r.sample, r.user]
            )


def test_files_tell_nothing(tmp_path):
    """Instructions, identifiers and texts; no truth, no task, no facet."""
    for path in write_sittings(PARTS, tmp_path / "new", 3):
        heads = 0
        for line in map(json.loads, path.read_text("utf-8").splitlines()):
            if "id" in line:
                assert set(line) == {"id", "question"}
            else:
                heads += 1
                assert set(line) == {
                    "format", "version", "prompt_version", "instructions", "schema"
                }  # fmt: skip
        assert heads == 3


def test_filled_in_and_replayed(tmp_path):
    """The same audit as of the expert itself, and again from the recording."""
    paths = write_sittings(PARTS, tmp_path, 3)
    files = fill(paths, tmp_path, lambda x: x.truth)
    mine = Filled.read(files, PARTS, label="perfect")
    every = [x for part in PARTS for x in part]
    found = audit(mine, n=N, progress=False)
    assert found == audit(perfect(every), n=N, progress=False)
    kept = mine.write(tmp_path / "kept.jsonl", PARTS, date="today")
    assert audit(Recorded(kept), n=N, progress=False) == found
    assert json.loads(kept.read_text("utf-8").splitlines()[0])["date"] == "today"
    with pytest.raises(FormatError, match="another file answers too"):
        Filled.read([files[0], files[0]], PARTS, label="x")
    few = Filled.read(files[:1], PARTS, label="perfect")
    half = audit(few, n=N, progress=False)
    assert sum(s.answered for s in half.sections) == len(few) == 60
    assert any(s.silent == {"missing": s.asked - s.answered} for s in half.sections)


def test_how_many_of_each():
    """By task; a task without a number, and an unknown one, are refused."""
    assert [len(part) for part in PARTS] == list(N.values())
    with pytest.raises(ValueError, match=r"how many questions of .'parrot'"):
        items_of(["parrot"], n={"axioms": 3})
    with pytest.raises(ValueError, match="a task is one of"):
        items_of(n={"poetry": 3})


def test_a_large_model_from_its_recorded_answers():
    """Offline, every question of today's wording is in the file; counted again here."""
    expert = Recorded(RECORDED / "claude.jsonl")
    found = audit(expert, n=N, progress=False)
    assert found.expert == "Claude (version not recorded), 2026-11-25"
    assert found.calls == 180
    lines = (RECORDED / "claude.jsonl").read_text("utf-8").splitlines()
    replies = {
        x["question"]: json.loads(x["reply"]["text"]) for x in map(json.loads, lines)
    }
    assert len(replies) == len(lines) == 180
    for task in ("corr2cause", "cladder", "axioms", "direction"):
        items = TASKS[task].items(24, 0)
        said = [replies[x.question.content_hash]["answer"] for x in items]
        true = [{"a->b": "A", "b->a": "B"}.get(x.truth, x.truth) for x in items]
        told = [(w, t) for w, t in zip(said, true, strict=True) if w != "unsure"]
        share = sum(one == two for one, two in told) / len(told)
        measure = "direction" if task == "direction" else "accuracy"
        assert found.section(task).measure(measure).value == pytest.approx(share)
    assert found.prior().right <= 21 / 4
