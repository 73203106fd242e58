"""Decisions are checked, kept, read back, and of two about one pair the later holds."""

import pytest

from llmcd.errors import FormatError
from llmcd.review.decisions import FILE, Decision, in_force, knowledge, read, write

WHEN = "2026-05-01T09:00:00+00:00"


def decided(action, a="a", b="b", reason="because"):
    """A decision of one author."""
    return Decision(action, a, b, "A. B.", reason, WHEN)


@pytest.mark.parametrize(
    "change, words",
    [
        ({"action": "flip"}, "action must be one of"),
        ({"author": " "}, "author must say who"),
        ({"author": "x" * 201}, "author must be a text of at most 200"),
        ({"reason": 3}, "reason must be a text"),
        ({"reason": "\ud800"}, "reason holds half a character"),
        ({"b": "a"}, "a pair has two variables"),
        ({"when": "today"}, "ISO 8601"),
        ({"action": "annotate", "reason": ""}, "a note must say something"),
    ],
)
def test_wrong_fields(change, words):
    """What is missing, too long or unknown is said."""
    fields = {"action": "require", "a": "a", "b": "b", "author": "A. B.",
              "reason": "", "when": WHEN}  # fmt: skip
    with pytest.raises(ValueError, match=words):
        Decision(**{**fields, **change})


def test_the_later_holds_and_notes_stay():
    """A second decision replaces the first; notes are kept; withdrawing takes all."""
    one, two = decided("require"), decided("forbid", "b", "a")
    note, other = decided("annotate"), decided("require", "c", "d")
    assert in_force([one, note, other, two]) == (note, other, two)
    assert in_force([one, note, other, decided("withdraw")]) == (other,)
    assert in_force([one, decided("withdraw", "b", "a"), two]) == (two,)


def test_as_knowledge():
    """A direction is required, no edge is forbidden both ways, a note says nothing."""
    assert knowledge(decided("require")).required == {("a", "b")}
    assert knowledge(decided("forbid")).forbidden == {("a", "b"), ("b", "a")}
    assert knowledge(decided("annotate")).is_empty


def test_kept_and_read(tmp_path):
    """The file gives back what was written, whatever the names and reasons hold."""
    made = (
        decided("require", "a\nb", "</script>", 'x"y\\'),
        decided("annotate", "ä", "\u2028", "数据\nnew line"),
    )
    write(tmp_path, made)
    assert read(tmp_path) == made
    assert read(tmp_path / "none") == ()


@pytest.mark.parametrize("line", ["{", "[]", '{"action": "require"}', "1", "null"])
def test_damaged(tmp_path, line):
    """A line that is no decision is named by its number."""
    write(tmp_path, [decided("require")])
    with (tmp_path / FILE).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(FormatError, match="line 2: not a decision"):
        read(tmp_path)
