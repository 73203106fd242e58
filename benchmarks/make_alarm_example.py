"""Make the embedded example again: rows and true edges of the ALARM network.

    python benchmarks/make_alarm_example.py --bif alarm.bif.gz

The BIF file is, for instance, the one in the wheel of pgmpy 1.1.2
(``pgmpy/utils/example_models/alarm.bif.gz``).
"""

from __future__ import annotations

import argparse
import gzip
from pathlib import Path

import numpy as np

from llmcd.networks import read_bif

ROWS, SEED = 2000, 20261124
TARGET = Path(__file__).parent.parent / "llmcd" / "examples" / "alarm"


def main() -> None:
    """Sample the rows and write both files with reproducible bytes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bif", required=True, type=Path)
    network = read_bif(parser.parse_args().bif)
    rows = network.sample(ROWS, seed=SEED)
    # The published file is in topological order, which some methods leak.
    order = np.random.default_rng(SEED).permutation(rows.shape[1])
    text = rows.iloc[:, order].to_csv(index=False, lineterminator="\n")
    packed = gzip.compress(text.encode("utf-8"), mtime=0)
    (TARGET / "rows.csv.gz").write_bytes(packed)
    edges = [f"{a},{b}" for a, b in sorted(network.graph.directed_edges())]
    (TARGET / "truth.csv").write_text("\n".join(["cause,effect", *edges]) + "\n")


if __name__ == "__main__":
    main()
