"""The tutorials run, offline and in time, say what is so, and are what is committed."""

import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from notebook_claims import CLAIMS

HERE = Path(__file__).parents[2] / "notebooks"
NAMES = sorted(path.stem for path in HERE.glob("[0-9]*.py"))
# of the processor, so that a busy machine does not matter: a minute each, and another
# one for whoever runs first after an installation and has to compile the kernels
SECONDS = 120

for module in ("jupytext", "nbclient", "ipykernel"):
    pytest.importorskip(
        module, reason=f'{module} is not installed: pip install "llmcd[notebooks]"'
    )


def cells(notebook):
    """Type and text of each cell."""
    return [(c["cell_type"], "".join(c["source"])) for c in notebook["cells"]]


def outputs(notebook):
    """Everything that cells have written."""
    return [out for c in notebook["cells"] for out in c.get("outputs", ())]


def committed(name):
    """The .ipynb in the repository."""
    return json.loads((HERE / f"{name}.ipynb").read_text(encoding="utf-8"))


def checked(source, claims):
    """The source with a last cell that fails where a claim is not so."""
    checks = [f"assert {claim}, {claim!r}" for claim in claims]
    return "\n".join([source, "# %%", *checks, ""])


def run(*arguments):
    """The command that builds the tutorials, without a way to the network."""
    nowhere = dict.fromkeys(("http_proxy", "https_proxy"), "http://127.0.0.1:9")
    return subprocess.run(
        [sys.executable, str(HERE / "build.py"), *arguments],
        env={**os.environ, **nowhere, "MPLBACKEND": ""},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )


def seconds():
    """Of the processor, used by all finished children."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_there_are_seven_and_an_index():
    """Every tutorial is committed, and README.md of the folder links to it."""
    index = (HERE / "README.md").read_text(encoding="utf-8")
    assert len(NAMES) == 7
    assert set(CLAIMS) == set(NAMES)
    for name in NAMES:
        assert f"({name}.ipynb)" in index
    assert {path.stem for path in HERE.glob("*.ipynb")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_committed(name):
    """It is the source, executed in order, without errors, warnings or paths."""
    import jupytext

    notebook = committed(name)
    source = jupytext.read(HERE / f"{name}.py", fmt="py:percent")
    assert cells(notebook) == cells(source), "run: make notebooks"
    code = [c for c in notebook["cells"] if c["cell_type"] == "code"]
    assert [c["execution_count"] for c in code] == list(range(1, len(code) + 1))
    for out in outputs(notebook):
        assert out["output_type"] != "error"
        assert out.get("name") != "stderr"
        text = json.dumps(out)
        assert str(HERE.parent) not in text
        assert "/tmp/" not in text
    assert any("image/png" in out.get("data", {}) for out in outputs(notebook))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_it_runs(name, tmp_path):
    """In a fresh kernel, from the source, in time, and its words are so."""
    source = (HERE / f"{name}.py").read_text(encoding="utf-8")
    (tmp_path / f"{name}.py").write_text(
        checked(source, CLAIMS[name]), encoding="utf-8"
    )
    before = seconds()
    done = run(name, "--sources", str(tmp_path), "--out", str(tmp_path))
    assert done.returncode == 0, done.stderr[-3000:]
    assert seconds() - before < SECONDS
    executed = json.loads((tmp_path / f"{name}.ipynb").read_text(encoding="utf-8"))
    for out in outputs(executed):
        assert out.get("name") != "stderr", out["text"]
    # the same kinds of output as those that are committed, cell by cell
    kinds = [[o["output_type"] for o in c.get("outputs", ())] for c in
             executed["cells"]]  # fmt: skip
    assert kinds[:-1] == [
        [o["output_type"] for o in c.get("outputs", ())]
        for c in committed(name)["cells"]
    ]


def test_a_failing_cell_fails(tmp_path):
    """An error in a cell is an error of the command, which names it."""
    (tmp_path / "1-wrong.py").write_text("# %%\n1 / 0\n", encoding="utf-8")
    done = run("--sources", str(tmp_path), "--out", str(tmp_path))
    assert done.returncode != 0
    assert "ZeroDivisionError" in done.stderr
    assert not (tmp_path / "1-wrong.ipynb").exists()


def test_a_claim_that_is_not_so_fails(tmp_path):
    """Words that no longer hold fail the test, with the claim in the message."""
    (tmp_path / "1-wrong.py").write_text(
        checked("# %%\nedges = 2\n", ["edges == 3"]), encoding="utf-8"
    )
    done = run("--sources", str(tmp_path), "--out", str(tmp_path))
    assert done.returncode != 0
    assert "edges == 3" in done.stderr


def test_the_same_twice(tmp_path):
    """Two runs of a source with a picture write the same bytes."""
    (tmp_path / "1-same.py").write_text(
        "# %% [markdown]\n# # Hello\n\n# %%\nfrom matplotlib import pyplot as plt\n\n"
        "plt.plot([1, 2, 3]);\n",
        encoding="utf-8",
    )
    found = []
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        done = run("--sources", str(tmp_path), "--out", str(tmp_path / folder))
        assert done.returncode == 0, done.stderr[-3000:]
        found.append((tmp_path / folder / "1-same.ipynb").read_bytes())
    assert found[0] == found[1]
