"""Files that run at every start of Python, or a release that is known to be bad.

``python tests/startup_files.py [WHEEL ...]`` looks through the environment of that
Python and through wheels, as ``.ci/run`` does with the built wheel and an environment
in which nothing else was installed.
"""

from __future__ import annotations

import re
import sys
import sysconfig
from importlib.metadata import PackageNotFoundError, distributions, requires, version
from pathlib import Path
from zipfile import ZipFile

KNOWN = {"distutils-precedence.pth", "_virtualenv.pth"}
"""Of setuptools and virtualenv; the payloads of 2026 came as files of this kind."""
BAD = {"litellm": ("1.82.7", "1.82.8", "1.107.0")}
"""Releases that somebody else had put up."""


def runs_at_start(path: str | Path) -> bool:
    """Whether Python runs a file of this name by itself."""
    name = Path(path).name
    return name.endswith((".pth", ".start")) or name.split(".")[0] in (
        "sitecustomize",
        "usercustomize",
    )


def needed(name: str, seen: set[str] | None = None) -> set[str]:
    """A distribution and all that it requires, as far as it is installed."""
    found = set() if seen is None else seen
    plain = re.sub(r"[-_.]+", "-", name).lower()
    if plain in found:
        return found
    try:
        wanted = requires(plain) or []
    except PackageNotFoundError:
        return found
    found.add(plain)
    for each in wanted:
        if "extra ==" not in each:
            needed(re.split(r"[^\w.-]", each, maxsplit=1)[0], found)
    return found


def brought(names: set[str]) -> list[str]:
    """Such files of these distributions, ours in a development install aside."""
    return sorted(
        f"{dist.name}: {file}"
        for dist in distributions()
        if re.sub(r"[-_.]+", "-", dist.name).lower() in names
        for file in dist.files or ()
        if runs_at_start(file) and not is_known(file.name)
    )


def is_known(name: str) -> bool:
    """Harmless: of an installer, or our own development install."""
    return name in KNOWN or bool(re.fullmatch(r"(_editable_impl_|__)?_?llmcd.*", name))


def lying_in(folder: str | Path) -> list[str]:
    """Such files in a folder of packages, whoever put them there."""
    return sorted(
        str(x)
        for x in Path(folder).iterdir()
        if runs_at_start(x) and not is_known(x.name)
    )


def strange_in(wheel: str | Path) -> list[str]:
    """What a wheel of ours must not hold: such files, and any outside the package."""
    with ZipFile(wheel) as opened:
        names = opened.namelist()
    ours = re.compile(r"llmcd/|llmcd-[\w.]+\.dist-info/")
    data = (".sqlite", ".pkl", ".env")
    return [
        x for x in names if runs_at_start(x) or not ours.match(x) or x.endswith(data)
    ]


def bad_releases() -> list[str]:
    """What is installed and should never have been released."""
    found = []
    for name, versions in BAD.items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue
        if installed in versions:
            found.append(f"{name} {installed}")
    return found


if __name__ == "__main__":
    wrong = bad_releases()
    for kind in ("purelib", "platlib"):
        wrong += [x for x in lying_in(sysconfig.get_path(kind)) if x not in wrong]
    for each in sys.argv[1:]:
        wrong += strange_in(each)
    sys.exit(f"these should not be here: {wrong}" if wrong else 0)
