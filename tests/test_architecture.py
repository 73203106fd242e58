"""ARCHITECTURE.md and the import contract say the same as the code."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MODULES = sorted(
    str(p.relative_to(ROOT / "llmcd"))
    for p in (ROOT / "llmcd").rglob("*.py")
    if p.name not in ("__init__.py", "__main__.py") and "examples" not in p.parts
)


def test_at_most_a_hundred_lines():
    """A page that nobody reads to the end is no map."""
    assert len(TEXT.splitlines()) <= 100


def test_layers_are_the_contract():
    """The layers drawn are the layers that import-linter holds."""
    drawn = re.search(r"## Layers.*?```\n(.*?)```", TEXT, re.DOTALL)
    assert drawn is not None
    contract = PYPROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    assert " ".join(drawn[1].split()).split(" > ") == contract


@pytest.mark.parametrize("module", MODULES)
def test_every_module_is_on_the_map(module):
    """Each module has its row, so that a stranger finds its room."""
    assert f"`{module}`" in TEXT


def test_every_row_exists():
    """No row speaks of a module that is gone."""
    cells = re.findall(r"^\| (`[\w/]+\.py`[^|]*) \|", TEXT, re.MULTILINE)
    rows = re.findall(r"`([\w/]+\.py)`", " ".join(cells))
    assert sorted(rows) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_no_print_and_no_assert(module):
    """Only the command line prints; nothing validates by assert; no bare except."""
    source = (ROOT / "llmcd" / module).read_text(encoding="utf-8")
    if not module.startswith("cli/"):
        assert not re.search(r"^\s*print\(", source, re.MULTILINE)
    assert not re.search(r"^\s*assert ", source, re.MULTILINE)
    assert not re.search(r"^\s*except:", source, re.MULTILINE)
    assert "import pickle" not in source


def test_public_names_have_docstrings_with_sections():
    """Every public function and class tells what it takes, gives and raises."""
    import inspect

    import llmcd

    for name in llmcd.__all__:
        value = getattr(llmcd, name)
        if inspect.isfunction(value):
            doc = inspect.getdoc(value) or ""
            assert "Parameters\n" in doc, name
            assert "Returns\n" in doc, name
            for parameter in inspect.signature(value).parameters:
                assert re.search(rf"^[\w, ]*\b{parameter}\b.* : ", doc, re.MULTILINE), (
                    name,
                    parameter,
                )
        elif inspect.isclass(value):
            assert inspect.getdoc(value), name
