"""Files are whole, belong together, and say so when they are not or do not."""

import json

import pytest

import llmcd
from llmcd import folder


@pytest.mark.parametrize("file", ["candidates.json", "result.json"])
def test_damage_is_named(result, tmp_path, file):
    """A missing, cut or foreign file is an error that names it."""
    target = result.save(tmp_path / "run")
    path = target / file
    whole = path.read_text(encoding="utf-8")
    for broken in (whole[: len(whole) // 2], "{}", '{"format": 1}', "[]", "\ud800"):
        path.write_bytes(broken.encode("utf-8", "surrogatepass"))
        with pytest.raises(llmcd.FormatError, match=file):
            llmcd.Result.load(target)
    path.unlink()
    with pytest.raises(llmcd.FormatError, match=file):
        llmcd.Result.load(target)


def replaced(content, *path, by):
    """JSON content with the value at a path replaced."""
    at = content
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = by
    return content


@pytest.mark.parametrize(
    "file, path, by",
    [
        ("result.json", ("edges", 0, "probability"), "x"),
        ("result.json", ("edges", 0, "probability"), 0.5),
        ("result.json", ("data_graph",), []),
        ("result.json", ("settings", "fingerprint"), "0"),
        ("candidates.json", ("replicates",), []),
        ("candidates.json", ("names", 0), "zz"),
        ("candidates.json", ("background",), None),
        ("candidates.json", ("fingerprint",), "0"),
    ],
)
def test_a_value_that_was_changed_is_noticed(result, tmp_path, file, path, by):
    """JSON that reads well but is not what was written is refused by name."""
    target = result.save(tmp_path / "run")
    content = json.loads((target / file).read_text(encoding="utf-8"))
    (target / file).write_text(json.dumps(replaced(content, *path, by=by)), "utf-8")
    with pytest.raises(llmcd.FormatError, match=rf"{file} is damaged"):
        llmcd.Result.load(target)


@pytest.mark.parametrize("file", ["variables.yaml", "answers.jsonl"])
@pytest.mark.parametrize("change", ["half", "{}", "gone"])
def test_files_that_do_not_belong_together_are_named(result, tmp_path, file, change):
    """Descriptions and answers are those that the result was made from."""
    target = result.save(tmp_path / "run")
    whole = (target / file).read_text(encoding="utf-8")
    if change == "gone":
        (target / file).unlink()
    else:
        text = whole[: len(whole) // 2] if change == "half" else change
        (target / file).write_text(text, encoding="utf-8")
    with pytest.raises(llmcd.FormatError, match=file):
        llmcd.Result.load(target)


def test_line_ends_may_change(result, tmp_path):
    """A checkout that writes other line ends damages nothing."""
    target = result.save(tmp_path / "run")
    for name in ("candidates.json", "variables.yaml", "answers.jsonl", "result.json"):
        path = target / name
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert llmcd.Result.load(target) == result


def test_a_folder_is_no_file(tmp_path):
    """Writing over a folder fails without leaving anything behind."""
    (tmp_path / "here").mkdir()
    with pytest.raises(IsADirectoryError, match=r"here is a folder; name a file"):
        folder.write_text(tmp_path / "here", "x")
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    """Whole or not at all, and no half-written file beside it."""
    path = tmp_path / "deep" / "report.html"
    folder.write_text(path, "one")
    with pytest.raises(UnicodeEncodeError):
        folder.write_text(path, "\ud800")
    assert path.read_text() == "one"
    assert [x.name for x in path.parent.iterdir()] == ["report.html"]
