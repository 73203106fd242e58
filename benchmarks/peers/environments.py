"""Virtual environments, one a peer, so that none becomes a dependency.

They stand in one folder: ``--home``, else the environment variable ``LLMCD_PEERS``,
else ``.peers`` in the repository. A stamp in each says from which requirements it was
made, so that a changed file makes it anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = [
    "PeerError",
    "default_home",
    "install",
    "known",
    "python_of",
    "site_packages",
    "state",
]

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
STAMP = "requirements.sha256"
VENV = ("-m", "venv")


class PeerError(Exception):
    """An environment could not be made or is not there."""


def default_home() -> Path:
    """The folder of the environments when none is given."""
    given = os.environ.get("LLMCD_PEERS")
    return Path(given) if given else ROOT / ".peers"


def known() -> tuple[str, ...]:
    """Names of all environments that can be made."""
    found = HERE.glob("requirements-*.txt")
    return tuple(sorted(p.stem.removeprefix("requirements-") for p in found))


def requirements_of(name: str) -> Path:
    """The file of pinned requirements of a peer.

    Raises
    ------
    PeerError
        If there is no such peer.
    """
    path = HERE / f"requirements-{name}.txt"
    if not path.exists():
        raise PeerError(f"peer must be one of {', '.join(known())}, got {name!r}")
    return path


def python_of(name: str, home: Path | None = None) -> Path:
    """The interpreter of a peer's environment, whether it is there or not."""
    folder = (home or default_home()) / name
    if os.name == "nt":
        return folder / "Scripts" / "python.exe"
    return folder / "bin" / "python"


def site_packages(name: str, home: Path | None = None) -> list[Path]:
    """The folders of a peer's installed packages that exist."""
    folder = (home or default_home()) / name
    return [
        *folder.glob("lib/python*/site-packages"),
        *folder.glob("Lib/site-packages"),
    ]


def state(name: str, home: Path | None = None) -> str:
    """Whether a peer can be used: ``ready``, ``absent`` or ``outdated``.

    Raises
    ------
    PeerError
        If there is no such peer.
    """
    wanted = _digest(requirements_of(name))
    stamp = (home or default_home()) / name / STAMP
    if not python_of(name, home).exists() or not stamp.exists():
        return "absent"
    return "ready" if stamp.read_text().strip() == wanted else "outdated"


def install(name: str, home: Path | None = None, *, again: bool = False) -> None:
    """Make a peer's environment from its requirements; nothing if it is ready.

    Parameters
    ----------
    name : str
        A peer.
    home : Path, optional
        Folder of the environments.
    again : bool, optional
        Make it anew even if it is ready.

    Raises
    ------
    PeerError
        If there is no such peer, or pip fails; its last lines are told.
    """
    if state(name, home) == "ready" and not again:
        return
    folder = (home or default_home()) / name
    if folder.exists():
        shutil.rmtree(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    requirements = requirements_of(name)
    python = str(python_of(name, home))
    _run([sys.executable, *VENV, str(folder)], name)
    _run([python, "-m", "pip", "install", "--quiet", "-r", str(requirements)], name)
    (folder / STAMP).write_text(_digest(requirements) + "\n")


def _run(command: list[str], name: str) -> None:
    held = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        command, env=held, capture_output=True, text=True, check=False
    )
    if done.returncode:
        last = "\n".join((done.stdout + done.stderr).strip().splitlines()[-8:])
        raise PeerError(f"the environment of {name} could not be made:\n{last}")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
