"""One small run on real rows, and the folder that it was saved in."""

import numpy as np
import pandas as pd
import pytest

import llmcd


@pytest.fixture(scope="session")
def result():
    """A small run on real rows with a recorded expert."""
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(2, 400))
    c = a + b + rng.normal(size=400)
    df = pd.DataFrame({"a": a, "b": b, "c": c, "=d": c + rng.normal(size=400)})
    df.loc[0, "a"] = 0.86753091234567  # looked for in every file
    texts = {name: f"the quantity {name}" for name in df.columns}
    truth = llmcd.Graph.from_edges(
        df.columns, directed=[("a", "c"), ("b", "c"), ("c", "=d")]
    )
    return llmcd.discover(
        df, texts, llmcd.Simulated(truth, accuracy=1.0), bootstrap=5, progress=False
    )


@pytest.fixture
def run(result, tmp_path):
    """A run folder with report and picture."""
    target = result.save(tmp_path / "run")
    result.report(target / "report.html")
    (target / "graph.png").write_bytes(b"a picture")
    return target
