"""What a measurement was made on: machine, versions, commit, date; nothing personal."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["conditions"]

ROOT = Path(__file__).resolve().parent.parent
RESULTS = "benchmarks/results"
OURS = ("numpy", "scipy", "numba", "pandas", "pyarrow", "causal-learn")


def conditions(packages: Iterable[str] = OURS) -> dict[str, Any]:
    """What to store beside every result.

    Parameters
    ----------
    packages : iterable of str, optional
        Distributions whose versions are wanted; absent ones are left out.

    Returns
    -------
    dict
        For JSON, without the name of the host or a user, and without a path.

    Examples
    --------
    >>> sorted(conditions([]))
    ['commit', 'date', 'machine', 'versions']
    """
    return {
        "machine": {
            "processor": _processor(),
            "cores": len(os.sched_getaffinity(0))
            if hasattr(os, "sched_getaffinity")
            else os.cpu_count(),
            "memory_gib": _memory(),
            "system": platform.system(),
            "architecture": platform.machine(),
        },
        "versions": {"python": platform.python_version(), **_versions(packages)},
        "commit": _commit(),
        "date": datetime.now(UTC).date().isoformat(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    held = dict(
        (part.strip() for part in line.split(":", 1)) for line in lines if ":" in line
    )
    # Virtual machines hide the model's name: family and model number tell it.
    numbers = f"family {held.get('cpu family', '?')} model {held.get('model', '?')}"
    return f"{held.get('model name', platform.machine())} ({numbers})"


def _memory() -> float | None:
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
    return round(total / 2**30, 1)


def _versions(packages: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in packages:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _commit() -> str:
    """The commit, with a plus if files have changed since that decide a number."""
    follow = ("--porcelain", "--untracked-files=no", "--", ".")
    try:
        head = _git("rev-parse", "HEAD")
        changed = _git("status", *follow, f":!{RESULTS}")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head + ("+" if changed else "")


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
