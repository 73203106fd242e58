"""The store: what is written stays, what is damaged is missed, keys stay out."""

import contextlib
import json
import random
import sqlite3
import stat
import subprocess
import sys

import pytest

from llmcd.errors import ExpertError, FormatError
from llmcd.expert import store as module
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question
from llmcd.expert.store import Store, question_key


def question(number=0, sample=0):
    """One of many different questions."""
    return Question("pairwise", "x", "y", "system", f"number {number}", "m-1", sample)


def filled(path, n=20):
    """A closed store with n replies, and their keys."""
    with Store(path) as store:
        keys = [question_key(question(i), {"model": "m"}) for i in range(n)]
        for i, key in enumerate(keys):
            store.put(key, question(i), Reply(f"reply {i} " + "x" * 200), label="m")
    return keys


def test_replies_come_back_as_they_were(tmp_path):
    """Every field survives closing and opening, odd characters included."""
    reply = Reply('{"a": "ü\ud800\x00"}', "stop", "no", "m-1", 3, 4, 0.1)
    with Store(tmp_path / "s.sqlite") as store:
        store.put("k", question(), reply)
    with Store(tmp_path / "s.sqlite") as store:
        assert store.get("k") == reply
        assert store.get("other") is None
        assert len(store) == 1


def test_the_first_reply_stays(tmp_path):
    """A second reply under the same key gives back the first."""
    with Store(tmp_path / "s.sqlite") as store:
        assert store.put("k", question(), Reply("one")).text == "one"
        assert store.put("k", question(), Reply("two")).text == "one"


def test_the_key_covers_all_that_may_change_a_reply():
    """Words, wording's version, sample, model, host and parameters each change it."""
    base = {"model": "m", "host": "h", "temperature": 0}
    changed_questions = [
        Question("pairwise", "x", "y", "system!", "number 0", "m-1"),
        Question("pairwise", "x", "y", "system", "number 1", "m-1"),
        Question("pairwise", "x", "y", "system", "number 0", "m-2"),
        question(sample=1),
        question().again("hm", "again"),
    ]
    changed_experts = [base | {k: "other"} for k in base]
    keys = [question_key(question(), base)]
    keys += [question_key(q, base) for q in changed_questions]
    keys += [question_key(question(), e) for e in changed_experts]
    assert len(set(keys)) == len(keys)
    reordered = dict(reversed(base.items()))
    assert question_key(question(), reordered) == keys[0]


def test_only_the_owner_can_read(tmp_path):
    """The file is 0600 and folders made for it are 0700."""
    path = tmp_path / "new" / "folder" / "s.sqlite"
    filled(path, 1)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (path.parent, path.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    with Store(path) as store:
        store.put("k", question(), Reply("x"))
        for file in path.parent.iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_every_single_damaged_byte_is_survived(tmp_path):
    """A flipped byte anywhere never crashes, and never gives a wrong reply."""
    path = tmp_path / "s.sqlite"
    keys = filled(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    whole = path.read_bytes()
    rng = random.Random(1)
    places = [*range(16, 100, 3), *(rng.randrange(100, len(whole)) for _ in range(80))]
    for number, place in enumerate(places):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        file = tmp_path / f"{number}" / "s.sqlite"
        file.parent.mkdir()
        file.write_bytes(damaged)
        with Store(file) as store:
            for i, key in enumerate(keys):
                reply = store.get(key)
                assert reply is None or reply.text == f"reply {i} " + "x" * 200
            store.put(keys[0], question(0), Reply("reply 0 " + "x" * 200))
            assert store.get(keys[0]) is not None


def test_a_cut_file_is_survived_and_kept(tmp_path):
    """A file cut in half is set aside, and work goes on in a new one."""
    path = tmp_path / "s.sqlite"
    keys = filled(path, 60)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 100])
    with Store(path) as store:
        for i, key in enumerate(keys):
            assert store.get(key) in (None, Reply(f"reply {i} " + "x" * 200))
        store.put("k", question(), Reply("new"))
        assert store.get("k") == Reply("new")
    assert (tmp_path / "s.sqlite.damaged-1").exists()


def test_a_changed_record_is_missed_and_replaced(tmp_path):
    """A record that does not fit its checksum counts as absent."""
    path = tmp_path / "s.sqlite"
    (key,) = filled(path, 1)
    connection = sqlite3.connect(path)
    connection.execute("UPDATE replies SET record = replace(record, 'reply', 'REPLY')")
    connection.commit()
    connection.close()
    with Store(path) as store:
        assert store.get(key) is None
        assert store.put(key, question(), Reply("paid again")).text == "paid again"
        assert store.get(key) == Reply("paid again")


def test_a_record_under_another_key_is_missed(tmp_path):
    """Exchanging two intact records does not exchange their replies."""
    path = tmp_path / "s.sqlite"
    one, two = filled(path, 2)
    connection = sqlite3.connect(path)
    (other,) = connection.execute(
        "SELECT record FROM replies WHERE key = ?", (two.encode(),)
    ).fetchone()
    (sha,) = connection.execute(
        "SELECT sha FROM replies WHERE key = ?", (two.encode(),)
    ).fetchone()
    connection.execute(
        "UPDATE replies SET record = ?, sha = ? WHERE key = ?",
        (other, sha, one.encode()),
    )
    connection.commit()
    connection.close()
    with Store(path) as store:
        assert store.get(one) is None
        assert store.get(two) is not None


def test_what_is_no_store_is_left_alone(tmp_path):
    """A text file and somebody else's database are refused, not moved or changed."""
    text = tmp_path / "answers.jsonl"
    text.write_text('{"a": "x"}\n')
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (x)")
    connection.commit()
    connection.close()
    before = other.read_bytes()
    for path in (text, other):
        with pytest.raises(ExpertError, match="is not a store"):
            Store(path).get("k")
    assert text.read_text() == '{"a": "x"}\n'
    assert other.read_bytes() == before


def test_an_unusable_path_is_a_clear_error(tmp_path):
    """A folder in place of a file is an ExpertError that names the path."""
    with pytest.raises(ExpertError, match="cannot be used"):
        Store(tmp_path).get("k")


WRITER = """
import sys
from llmcd.expert import store as module
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question
from llmcd.expert.store import Store
with Store(sys.argv[1]) as store:
    for i in range(40):
        q = Question("pairwise", "x", "y", "", f"{i}", "")
        store.put(f"shared {i}", q, Reply(sys.argv[2]))
        store.put(f"{sys.argv[2]} {i}", q, Reply(sys.argv[2]))
        print(i, flush=True)
"""


def test_two_processes_can_write(tmp_path):
    """Two writers at once lose nothing and agree on who was first."""
    path = str(tmp_path / "s.sqlite")
    run = [sys.executable, "-c", WRITER, path]
    writers = [
        subprocess.Popen([*run, name], stdout=subprocess.DEVNULL) for name in "pq"
    ]
    assert [w.wait() for w in writers] == [0, 0]
    with Store(path) as store:
        assert len(store) == 120
        for i in range(40):
            assert store.get(f"p {i}") == Reply("p")
            assert store.get(f"shared {i}").text in ("p", "q")


def test_a_killed_writer_loses_nothing_it_had_put(tmp_path):
    """After kill -9 every reply whose put had returned is there."""
    path = str(tmp_path / "s.sqlite")
    run = [sys.executable, "-c", WRITER, path, "p"]
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as writer:
        done = [int(writer.stdout.readline()) for _ in range(15)]
        writer.kill()
    with Store(path) as store:
        for i in done:
            assert store.get(f"p {i}") == Reply("p")


ABOUT = [("y", "x", 0), ("x", "y", 0), ("x", "y", 2), ("x", "y", 10)]


def shared(path, numbers):
    """A closed store with replies about some of these, put in this order."""
    with Store(path) as store:
        for a, b, sample in (ABOUT[i] for i in numbers):
            asked = Question("pairwise", a, b, "s", f"ä {a}{b}", "m-1", sample)
            key = question_key(asked, {"model": "m"})
            reply = Reply(f"größer {a}\ud800", "stop", None, "m", 3, 4, 0.1, "http://h")
            store.put(key, asked, reply, label="m", identity={"model": "m"})


def without_dates(path):
    """The lines of an export, but for when they were made."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [{k: v for k, v in json.loads(x).items() if k != "date"} for x in lines]


def test_an_export_can_be_read_and_compared(tmp_path):
    """A line a reply, in the order of pairs and samples, with umlauts as they are."""
    for name, numbers in (("one", [0, 1, 2, 3]), ("two", [3, 1, 0])):
        shared(tmp_path / f"{name}.sqlite", numbers)
        with Store(tmp_path / f"{name}.sqlite") as store:
            assert store.export(tmp_path / f"{name}.jsonl") == len(numbers)
    one, two = (without_dates(tmp_path / f"{n}.jsonl") for n in ("one", "two"))
    asked = [(x["a"], x["b"], x["sample"]) for x in one]
    assert asked == [("x", "y", 0), ("x", "y", 2), ("x", "y", 10), ("y", "x", 0)]
    assert [x for x in one if x["sample"] != 2] == two
    text = (tmp_path / "one.jsonl").read_text(encoding="utf-8")
    assert '"role": "system"' in text
    assert "größer" in text
    assert set(one[0]) == {
        "a", "b", "sample", "label", "reply", "messages", "identity", "key", "kind",
        "prompt_version", "question",
    }  # fmt: skip


def test_an_export_can_be_taken_in(tmp_path):
    """Another store then holds the same, and exports the same bytes."""
    shared(tmp_path / "one.sqlite", [0, 1, 2])
    shared(tmp_path / "two.sqlite", [2])
    with Store(tmp_path / "one.sqlite") as one, Store(tmp_path / "two.sqlite") as two:
        one.export(tmp_path / "one.jsonl")
        assert two.take_in(tmp_path / "one.jsonl") == 2
        assert two.take_in(tmp_path / "one.jsonl") == 0
        for record in one.records():
            assert two.get(record["key"]) == one.get(record["key"])
    with Store(tmp_path / "three.sqlite") as three:
        assert three.take_in(tmp_path / "one.jsonl") == 3
        three.export(tmp_path / "three.jsonl")
    whole = (tmp_path / "one.jsonl").read_bytes()
    assert (tmp_path / "three.jsonl").read_bytes() == whole


@pytest.mark.parametrize(
    "wrong",
    ["{}", '{"a": "x", "b": "y", "verdict": "none"}', "no json", '{"key": 3}',
     '{"reply": {"text": "x"}}'],
)  # fmt: skip
def test_what_is_no_export_is_not_taken_in(tmp_path, wrong):
    """The line is named, and nothing of the file is stored."""
    shared(tmp_path / "one.sqlite", [0, 1])
    with Store(tmp_path / "one.sqlite") as one:
        one.export(tmp_path / "e.jsonl")
    with (tmp_path / "e.jsonl").open("a", encoding="utf-8") as file:
        file.write(wrong + "\n")
    with Store(tmp_path / "two.sqlite") as two:
        with pytest.raises(FormatError, match="line 3"):
            two.take_in(tmp_path / "e.jsonl")
        assert len(two) == 0


@pytest.mark.parametrize("kind, is_shared", [("nfs4", True), ("ext4", False)])
def test_a_network_disk_is_said(tmp_path, monkeypatch, kind, is_shared):
    """There no write-ahead log is used, and what may happen is said; else nothing."""
    mounts = tmp_path / "mounts"
    mounts.write_text(f"/dev/a / ext4 rw 0 0\nserver:/x {tmp_path} {kind} rw 0 0\n")
    monkeypatch.setattr(module, "_MOUNTS", mounts)
    with contextlib.ExitStack() as stack:
        if is_shared:
            stack.enter_context(pytest.warns(UserWarning, match="network disk"))
        filled(tmp_path / "s.sqlite", 2)
    connection = sqlite3.connect(tmp_path / "s.sqlite")
    (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
    connection.close()
    assert journal == ("delete" if is_shared else "wal")
    monkeypatch.setattr(module, "_MOUNTS", tmp_path / "nowhere")
    with Store(tmp_path / "s.sqlite") as store:
        assert len(store) == 2
