"""Execute the tutorials from their sources and write the .ipynb beside them.

    python notebooks/build.py                 # all of them
    python notebooks/build.py 1-first-graph --out /tmp/there

A source is a .py of jupytext's percent format. Each is run in a fresh kernel of this
Python, in this folder; what is written holds nothing that a clock or a machine decides.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
# most that one cell may take; the first search after an installation compiles
SECONDS = 600
METADATA = {
    "jupytext": {"formats": "ipynb,py:percent"},
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
# crisp on a page as wide as GitHub's, and the same file every time
KERNEL = ["--InlineBackend.rc={'figure.dpi': 120}", "--IPKernelApp.log_level=ERROR"]


def sources(folder: Path = HERE) -> dict[str, Path]:
    """The tutorials' sources by name, in the order of reading."""
    return {path.stem: path for path in sorted(folder.glob("[0-9]*.py"))}


def read_source(path: Path) -> Any:
    """A source as a notebook without outputs.

    Parameters
    ----------
    path : Path
        A .py of jupytext's percent format.

    Returns
    -------
    nbformat.NotebookNode
        Cells are numbered, metadata are the same for all.
    """
    import jupytext
    from nbformat import from_dict

    notebook = jupytext.read(path, fmt="py:percent")
    for k, cell in enumerate(notebook.cells, start=1):
        cell.id = f"cell-{k:02d}"
        cell.metadata = from_dict({})
    notebook.metadata = from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def execute(notebook: Any) -> Any:
    """Run all cells in a fresh kernel.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Its outputs are replaced.

    Returns
    -------
    nbformat.NotebookNode
        The same.

    Raises
    ------
    nbclient.exceptions.CellExecutionError
        If a cell fails.
    nbclient.exceptions.CellTimeoutError
        If a cell takes longer than ``SECONDS``.
    """
    from nbclient import NotebookClient

    client = NotebookClient(
        notebook,
        kernel_name="python3",
        timeout=SECONDS,
        record_timing=False,
        coalesce_streams=True,
        extra_arguments=KERNEL,
        resources={"metadata": {"path": str(HERE)}},
    )
    client.execute()
    notebook.metadata = type(notebook.metadata)(METADATA)
    return notebook


def main(argv: list[str] | None = None) -> None:
    """Execute some or all tutorials.

    Parameters
    ----------
    argv : list of str, optional
        The arguments; those of the process when None.
    """
    import nbformat

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="all when none is given")
    parser.add_argument("--sources", type=Path, default=HERE, metavar="DIR")
    parser.add_argument("--out", type=Path, default=HERE, metavar="DIR")
    given = parser.parse_args(argv)
    known = sources(given.sources)
    for name in given.names or known:
        if name not in known:
            parser.error(f"there is no {name!r}; there are: {', '.join(known)}")
    # a kernel asks no network for prices and no terminal for its size
    os.environ.update(LITELLM_LOCAL_MODEL_COST_MAP="True", COLUMNS="88")
    # tutorials read the benchmarks' files, which are in the repository only
    paths = [str(HERE.parent), os.environ.get("PYTHONPATH", "")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    for name in given.names or known:
        print(name, file=sys.stderr)
        done = execute(read_source(known[name]))
        nbformat.write(done, given.out / f"{name}.ipynb")


if __name__ == "__main__":
    main()
