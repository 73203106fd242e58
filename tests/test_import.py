"""Importing the package is cheap and opens nothing."""

import subprocess
import sys

import llmcd

HEAVY = (
    "litellm",
    "dowhy",
    "matplotlib",
    "causallearn",
    "scipy.stats",
    "numba",
    "joblib",
)

SCRIPT = f"""
import socket, sys
def refuse(*a, **k):
    raise SystemExit("a socket was opened")
socket.socket.connect = refuse
socket.create_connection = refuse
socket.getaddrinfo = refuse
import llmcd
for name in llmcd.__all__:
    getattr(llmcd, name)
loaded = [m for m in {HEAVY!r} if m in sys.modules]
sys.exit(f"imported: {{loaded}}" if loaded else 0)
"""


def test_no_socket_and_no_heavy_library():
    """Resolving every public name opens no socket and imports nothing heavy."""
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def cpu_seconds(code):
    """Of a new process that runs this, start included."""
    run = [sys.executable, "-c", f"{code}; import time; print(time.process_time())"]
    return float(subprocess.run(run, capture_output=True, text=True, check=True).stdout)


def test_the_import_costs_little_more_than_pandas():
    """Less than a second of the processor, at the best of three tries."""
    without = min(cpu_seconds("import numpy, pandas") for _ in range(3))
    own = min(cpu_seconds("import numpy, pandas, llmcd") for _ in range(3)) - without
    assert own < 1.0


def test_public_names_exist():
    """Everything in __all__ and dir() can be had, and nothing else."""
    for name in llmcd.__all__:
        assert getattr(llmcd, name) is not None
    assert set(dir(llmcd)) == set(llmcd.__all__)
    assert not hasattr(llmcd, "discovery_of_everything")


def test_versions_agree():
    """The version stands in one value in three places."""
    from importlib.metadata import version

    assert version("llmcd") == llmcd.__version__
