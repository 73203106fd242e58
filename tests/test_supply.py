"""What is installed with us: nothing that runs by itself, no bad release."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from zipfile import ZipFile

import pytest
from startup_files import BAD, bad_releases, brought, lying_in, needed, strange_in

ROOT = Path(__file__).parents[1]
PINNED = dict(
    line.lower().split("==")
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if "==" in line and not line.startswith("#")
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
SOURCES = sorted((ROOT / "llmcd").rglob("*.py"))


def numbers(text):
    """A version as numbers that can be compared."""
    return tuple(map(int, re.findall(r"\d+", text)))


def allows(wanted, released):
    """Whether a requirement such as ``x>=1,<2`` admits a release."""
    for sign, bound in re.findall(r"(>=|<|!=|==)\s*([\d.]+)", wanted):
        mine, other = numbers(released), numbers(bound)
        holds = {">=": mine >= other, "<": mine < other, "!=": mine != other}
        if not holds.get(sign, mine == other):
            return False
    return True


def test_no_bad_release_can_be_installed():
    """Not by our requirement, not by the constraints, and none is here."""
    (wanted,) = [x for x in PROJECT["dependencies"] if x.startswith("litellm")]
    for released in BAD["litellm"]:
        assert not allows(wanted, released)
        assert PINNED["litellm"] != released
    assert allows(wanted, PINNED["litellm"])
    assert allows(wanted, version("litellm"))
    assert bad_releases() == []


def test_every_requirement_is_pinned_for_the_checks():
    """What a submission is tried with is named to the last number."""
    for wanted in PROJECT["dependencies"]:
        name = re.split(r"[^\w.-]", wanted, maxsplit=1)[0]
        assert allows(wanted, PINNED[name.lower()]), name


def test_nothing_that_we_need_runs_by_itself():
    """Of all that is installed with us no file is run when Python starts."""
    names = needed("llmcd")
    assert {"llmcd", "litellm", "aiohttp", "numpy", "dowhy"} <= names
    assert brought(names) == []


@pytest.mark.parametrize(
    "name", ["cook.pth", "litellm_init.pth", "sitecustomize.py", "usercustomize.pyc"]
)
def test_such_a_file_would_be_found(tmp_path, name):
    """Under the names of 2026's payloads, and under any other."""
    assert lying_in(tmp_path) == []
    (tmp_path / name).write_text("import os; os.getpid()\n")
    (tmp_path / "distutils-precedence.pth").write_text("")
    assert lying_in(tmp_path) == [str(tmp_path / name)]


def test_a_wheel_with_more_than_the_package_would_be_found(tmp_path):
    """``.ci/run`` looks through the built wheel in this way."""
    good = ["llmcd/cli.py", "llmcd-0.1.0.dist-info/RECORD"]
    bad = ["cook.pth", "llmcd/x.pth", "tests/a.py", "llmcd/sitecustomize.py",
           "llmcd-0.1.0.data/purelib/x.py", "llmcd/answers.sqlite"]  # fmt: skip
    with ZipFile(tmp_path / "w.whl", "w") as wheel:
        for name in [*good, *bad]:
            wheel.writestr(name, "")
    assert strange_in(tmp_path / "w.whl") == bad


@pytest.mark.parametrize(
    "what, pattern",
    [
        ("a pickle", r"\b(?:import|from) (?:c?pickle|dill|cloudpickle|shelve)\b"),
        ("a pickle of pandas", r"\b(?:read|to)_pickle\(|allow_pickle=True"),
        ("joblib's store", r"\bjoblib\.(?:load|dump|Memory)\b|\bimport Memory\b"),
        ("text that is run", r"(?<![\w.])(?:eval|exec|compile)\("),
        ("YAML of any type", r"yaml\.(?:unsafe|full)_load|yaml\.(?:Uns|F|L)\w*oader\b"),
        ("a shell", r"shell=True|os\.system\("),
        ("litellm's proxy", r"litellm\.proxy|litellm import proxy"),
        ("litellm's own repeats or stores", r"litellm\.(?:cache|Router|num_retries)\b"),
        ("an unpacked archive", r"\btarfile\b|unpack_archive|\.extract(?:all)?\("),
        ("text past the page's escaping", r"\|\s*safe\b|autoescape=False"),
    ],
)  # fmt: skip
def test_what_no_module_uses(what, pattern):
    """Nothing that turns bytes of a file into code, and no second loop of retries."""
    places = [*SOURCES, *(ROOT / "llmcd" / "report").glob("*.html")]
    assert len(places) > 100
    found = [x.name for x in places if re.search(pattern, x.read_text("utf-8"))]
    assert found == []
