"""Published rows by name, from a library that stands in for the real one."""

import sys
from types import ModuleType

import pytest

from llmcd.auditing import cladder, corr2cause
from llmcd.auditing.hub import rows_by_name, rows_of_json
from llmcd.errors import FormatError

LADDER = {
    "id": 3, "prompt": "Imagine. Is it?", "label": "yes", "reasoning": "Step 1",
    "rung": 2, "query_type": "ate", "graph_id": "fork", "story_id": "nonsense1",
    "question_property": "nonsense", "formal_form": "E[Y]",
}  # fmt: skip
CLAIM = {
    "input": "Premise: Suppose there is a closed system of 2 variables, A and B. All "
    "the statistical relations among these 2 variables are as follows: A correlates "
    "with B.\nHypothesis: A directly causes B.",
    "label": 0,
}


@pytest.fixture
def library(monkeypatch):
    """A module called ``datasets`` with one function, in the published schema."""
    held = {
        "causalnlp/CLadder": {"full_v1": [], "full_v1.5_default": [], "test_easy": [
            LADDER]},
        "causalnlp/corr2cause": {"train": [], "dev": [], "test": [CLAIM]},
        "one/list": [CLAIM],
        "odd/names": {"a": [], "b": []},
    }  # fmt: skip
    module = ModuleType("datasets")
    module.load_dataset = lambda name: held[name]
    monkeypatch.setitem(sys.modules, "datasets", module)
    return held


def test_both_sets(library):
    """Rows become items as those of a file do."""
    (item,) = cladder.load_named()
    assert item.truth == "yes"
    assert dict(item.facets) == {
        "rung": "2", "query": "ate", "graph": "fork", "alignment": "nonsense"
    }  # fmt: skip
    (claim,) = corr2cause.load_named()
    assert claim.truth == "no"
    assert corr2cause.audit_labels([claim]) == (1, ())


def test_splits(library):
    """By name, the usual one by default, and a list where there is only one."""
    assert rows_by_name("causalnlp/CLadder", split="full_v1") == []
    assert rows_by_name("one/list") == [CLAIM]
    with pytest.raises(FormatError, match=r"no split 'test', but .'a', 'b'"):
        rows_by_name("odd/names")
    with pytest.raises(FormatError, match="no split 'x'"):
        rows_by_name("causalnlp/CLadder", split="x")


def test_without_the_library(monkeypatch):
    """What to install, or what to do without it."""
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ImportError, match="pip install datasets; or give the path"):
        cladder.load_named()


@pytest.mark.parametrize(
    "text, says",
    [("{", "x.json is not JSON"), ("[1]", "list of objects"), ("1\n", "list of obj")],
)
def test_what_holds_no_rows_is_named(text, says):
    """Neither JSON nor JSON-lines, or values that are no objects."""
    with pytest.raises(FormatError, match=says):
        rows_of_json(text, "x.json")


def test_rows_of_a_list_and_of_lines_are_the_same():
    """Blank lines do not count."""
    lines = '{"label": 0}\n\n{"label": 1}\n'
    assert rows_of_json(lines, "x") == [{"label": 0}, {"label": 1}]
    assert rows_of_json(' [{"label": 0}, {"label": 1}]', "x") == rows_of_json(lines, "")
