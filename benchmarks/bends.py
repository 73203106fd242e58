"""Every effect of a model on its true graph: what a line misses and a curve does not.

    python -m benchmarks.bends --rows 2000 --samples 25
    python -m benchmarks.bends --network asia --kind linear

The parents of the treatment are adjusted for, so nothing is wrong but the estimator.
Samples have other seeds than those of `benchmarks.effects`. Bias is the mean over the
samples less the truth, in standard errors as they are stated; spread is the standard
deviation over the samples, in the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from benchmarks.effects import Problem, curved, linear, nonlinear
from benchmarks.networks import known_network
from llmcd.effects.estimate import estimate
from llmcd.effects.mixture import quantile
from llmcd.effects.rows import contrast_of, rows_of
from llmcd.effects.strategy import Strategy

Floats = npt.NDArray[np.float64]

FIRST = 5000  # seed of the first sample
ESTIMATORS = {"line": True, "auto": False}
SHOWN = 8  # of the pairs that are held least


def problem_of(kind: str, name: str) -> Problem:
    """The model, with its first weights where they are drawn."""
    base = known_network(name)
    if kind == "nonlinear":
        return nonlinear(base)
    return linear(base, FIRST) if kind == "linear" else curved(base, FIRST)


def estimates(
    problem: Problem, rows: int, samples: int
) -> tuple[list[tuple[str, str]], Floats]:
    """Error, standard error, whether the interval holds, and whether it bends.

    Returns
    -------
    pairs : list of (treatment, outcome)
        All with a directed path.
    found : float, shape (samples, pairs, estimators, 4)
        In standard deviations.
    """
    graph = problem.network.graph
    pairs = [(x, y) for x in graph.names for y in sorted(graph.descendants(x))]
    truths = {pair: problem.truth(*pair) for pair in pairs}
    found = np.zeros((samples, len(pairs), len(ESTIMATORS), 4))
    for s in range(samples):
        checked = rows_of(problem.network.sample(rows, FIRST + s), list(graph.names))
        for p, (x, y) in enumerate(pairs):
            given = Strategy("backdoor", tuple(sorted(graph.parents(x))))
            contrast = contrast_of(checked, x, y)
            scale = checked.spread[x] / checked.spread[y]
            for k, only in enumerate(ESTIMATORS.values()):
                one = estimate(given, checked, contrast, linear=only)
                off = one.value - truths[x, y]
                inside = abs(off) <= quantile(0.975, one.df) * one.standard_error
                bends = one.method == "regression with splines"
                found[s, p, k] = off * scale, one.standard_error * scale, inside, bends
    return pairs, found


def lines(pairs: Sequence[tuple[str, str]], found: Floats) -> list[str]:
    """One line an estimator, and the pairs that the last one holds least."""
    told = [
        "| estimator | hold the truth | median bias | median spread | mean length | "
        "root mean square error | bend |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for k, name in enumerate(ESTIMATORS):
        off, error, inside, bends = np.moveaxis(found[:, :, k], -1, 0)
        stated = error.mean(axis=0)
        told.append(
            f"| {name} | {inside.mean():.1%} | "
            f"{np.median(abs(off.mean(axis=0)) / stated):.2f} | "
            f"{np.median(off.std(axis=0) / stated):.2f} | "
            f"{2 * quantile(0.975, np.inf) * error.mean():.3f} | "
            f"{np.sqrt((off**2).mean()):.3f} | {bends.mean():.0%} |"
        )
    held: Mapping[tuple[str, str], float] = dict(
        zip(pairs, found[:, :, -1, 2].mean(axis=0), strict=True)
    )
    least = sorted(pairs, key=lambda pair: held[pair])[:SHOWN]
    told.append("")
    told += [f"{x} on {y}: {held[x, y]:.0%}" for x, y in least]
    return told


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="greenhouse")
    parser.add_argument(
        "--kind", choices=("linear", "curved", "nonlinear"), default="nonlinear"
    )
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--samples", type=int, default=25)
    given = parser.parse_args()
    problem = problem_of(given.kind, given.network)
    print(*lines(*estimates(problem, given.rows, given.samples)), sep="\n")  # noqa: T201


if __name__ == "__main__":
    main()
