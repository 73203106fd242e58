"""PC and GES against causal-learn on many small problems, and what must change nothing.

    python -m benchmarks.agreement                  # 200 problems of each kind
    python -m benchmarks.agreement --problems 20
    python -m benchmarks.agreement --table benchmarks/results/agreement.json

Each problem is random rows of a random graph, and both sides search the same rows.

PC with ``compat="causal-learn"`` must have causal-learn's skeleton, and its graph
wherever that is a legal CPDAG. PC as it is by default must have the skeleton for
Gaussian rows; and for each pair that it leaves apart a set must exist that separates
them by causal-learn's own test. GES without turning must find the identical graph, GES
with turning a score at least as high.

Then, of ours alone: the order of columns and of rows, scale, shift and sign of numbers,
the codes of labels, and names must change nothing in the graph of any method.

Last, how many arrows of PC are right, on as many graphs of 100 columns as a tenth of
the problems: precision against the true CPDAG, 1,000 rows, expected degree 4.

Every comparison that fails is kept in the results by its problem's number. With
``--only``, the other parts of ``--out`` are kept; each record tells its commit.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.comparisons import mean_and_error
from benchmarks.copies import copied_columns
from benchmarks.generate import Problem, gaussian, random_dag, sampled
from benchmarks.machine import conditions
from benchmarks.tables_text import markdown
from llmcd.data.statistics import (
    CountStatistics,
    GaussianStatistics,
    MixedStatistics,
    Statistics,
)
from llmcd.data.table import table
from llmcd.discovery.ges import GES, ges_search
from llmcd.discovery.order import OrderSearch
from llmcd.discovery.pc import PC
from llmcd.discovery.scores import BIC, BDeu, graph_score
from llmcd.equivalence import consistent_extension, cpdag, is_cpdag
from llmcd.graph import Graph
from llmcd.metrics import arrowhead_scores
from llmcd.networks import DiscreteNetwork

__all__ = [
    "against",
    "agreement",
    "arrows",
    "invariance",
    "main",
    "precision",
    "shown",
    "unchanged",
]

OUT = Path(__file__).resolve().parent / "results" / "agreement.json"
PROBLEMS = 200
ALPHAS = (0.01, 0.05, 0.2)
PC_TESTS: Mapping[str, str] = {"fisher_z": "fisherz", "g2": "gsq", "chi2": "chisq"}
METHODS: Mapping[str, Callable[[], Any]] = {
    "pc": PC, "ges": GES, "order": OrderSearch,
}  # fmt: skip
PARTS = ("agreement", "invariance", "arrows")
Outcome = dict[str, bool | float]


# --- problems -------------------------------------------------------------------------


def _continuous(seed: int) -> Problem:
    return gaussian(5 + seed % 6, (150, 500, 1000)[seed % 3], seed, degree=2.5)


def _discrete(seed: int, nodes: int | None = None, rows: int | None = None) -> Problem:
    """Rows of a random network; drawn anew until no column is constant or a copy."""
    for again in range(1000):
        rng = np.random.default_rng([seed, again])
        truth = random_dag(nodes or 5 + seed % 5, 2.5, rng)
        sizes = rng.integers(2, 4, len(truth.names))
        parents = [np.flatnonzero(truth.arcs[:, j]).tolist() for j in range(len(sizes))]
        tables = [
            rng.dirichlet(np.full(sizes[j], 0.8), size=tuple(sizes[parents[j]]))
            for j in range(len(sizes))
        ]
        levels = [[f"s{k}" for k in range(size)] for size in sizes]
        network = DiscreteNetwork(truth.names, levels, parents, tables)
        problem = sampled(network, rows or (150, 500)[seed % 2], seed)
        if min(problem.sizes or (2,)) > 1 and not copied_columns(problem.frame()):
            return problem
    raise AssertionError("no usable problem in a thousand")


def _mixed(seed: int) -> pd.DataFrame:
    frame = _continuous(seed).frame()
    for k, name in enumerate(frame.columns):
        if k % 2:
            cuts = [-np.inf, -0.5, 0.7, np.inf] if k % 4 == 1 else [-np.inf, 0, np.inf]
            codes = np.digitize(frame[name], cuts[1:-1])
            levels = ["low", "mid", "high"][: len(cuts) - 1]
            frame[name] = pd.Categorical.from_codes(codes, levels)
    return frame


def _statistics(problem: Problem) -> Statistics:
    if problem.sizes is None:
        return GaussianStatistics.of(problem.values, problem.names)
    return CountStatistics.of(problem.values, problem.names, problem.sizes)


# --- against causal-learn -------------------------------------------------------------


def _their_pc(problem: Problem, test: str, alpha: float) -> tuple[Any, Graph | None]:
    """Its adjacencies, and its graph unless an edge has two arrows."""
    from causallearn.search.ConstraintBased.PC import pc

    with np.errstate(all="ignore"):
        marks = pc(problem.values, alpha, test, show_progress=False).G.graph
    arcs = (marks == -1) & (marks.T == 1)
    lines = (marks == -1) & (marks.T == -1)
    whole = np.array_equal(arcs | arcs.T | lines, marks != 0)
    graph = Graph.from_directed_matrix(problem.names, arcs | lines) if whole else None
    return marks != 0, graph


def _their_ges(problem: Problem, score: str) -> Graph:
    from causallearn.search.ScoreBased.GES import ges

    from llmcd.formats import from_causal_learn

    values, names = problem.values, list(problem.names)
    with np.errstate(all="ignore"):
        found = ges(values, score_func=f"local_score_{score}", node_names=names)
    return from_causal_learn(found["G"])


def _separable(problem: Problem, test: str, alpha: float, graph: Graph) -> bool:
    """Whether its test finds a set for each pair that a graph leaves apart."""
    from causallearn.utils.cit import CIT

    ask = CIT(problem.values, test)
    p = len(problem.names)

    def separated(i: int, j: int) -> bool:
        rest = [k for k in range(p) if k not in (i, j)]
        return any(
            ask(i, j, list(given)) > alpha
            for size in range(len(rest) + 1)
            for given in combinations(rest, size)
        )

    apart = ~graph.adjacencies
    return all(separated(i, j) for i in range(p) for j in range(i) if apart[i, j])


def _of_pc(test: str) -> Callable[[int], Outcome]:
    def one(seed: int) -> Outcome:
        problem = _continuous(seed) if test == "fisher_z" else _discrete(seed)
        alpha, statistics = ALPHAS[seed % 3], _statistics(problem)
        adjacent, theirs = _their_pc(problem, PC_TESTS[test], alpha)
        alike = PC(alpha=alpha, test=test, compat="causal-learn").search(statistics)
        found: Outcome = {
            "skeleton under compat": np.array_equal(alike.adjacencies, adjacent)
        }
        if theirs is not None and is_cpdag(theirs):
            found["graph under compat, where theirs is legal"] = alike == theirs
        if test == "fisher_z":
            ours = PC(alpha=alpha).search(statistics)
            found["skeleton by default"] = np.array_equal(ours.adjacencies, adjacent)
            found["a set separates every pair left apart"] = _separable(
                problem, PC_TESTS[test], alpha, ours
            )
        else:
            found["a set separates every pair left apart, compat"] = _separable(
                problem, PC_TESTS[test], alpha, alike
            )
        return found

    return one


def _of_ges(score: str) -> Callable[[int], Outcome]:
    def one(seed: int) -> Outcome:
        if score == "BIC":
            problem, by = gaussian(4 + seed % 6, 400, seed, degree=3.0), BIC()
        else:
            problem = _discrete(seed, nodes=3 + seed % 3, rows=300)
            by = BDeu(1, expected_parents=1)  # the prior that causal-learn's has
        statistics = _statistics(problem)
        theirs = _their_ges(problem, score)
        value = graph_score(by, statistics, consistent_extension(theirs))
        ours = ges_search(statistics, by).score
        return {
            "graph without turning": GES(by, turning=False).search(statistics)
            == theirs,
            "score at least as high": ours >= value - 1e-6,
            "gain": ours - value,
        }

    return one


AGAINST: Mapping[str, Callable[[int], Outcome]] = {
    **{f"PC, {test}": _of_pc(test) for test in PC_TESTS},
    "GES, BIC": _of_ges("BIC"),
    "GES, BDeu": _of_ges("BDeu"),
}


def agreement(problems: int, said: Any = sys.stderr) -> Iterator[dict[str, Any]]:
    """Compare with causal-learn.

    Parameters
    ----------
    problems : int
        Of each kind.
    said : stream, optional
        Where progress goes.

    Yields
    ------
    dict
        One a kind and comparison, for JSON.
    """
    for kind, one in AGAINST.items():
        yield from _counted(kind, one, problems, said)


def _counted(
    kind: str, one: Callable[[int], Outcome], problems: int, said: Any
) -> Iterator[dict[str, Any]]:
    outcomes = {seed: one(seed) for seed in range(problems)}
    for what in dict.fromkeys(what for found in outcomes.values() for what in found):
        asked = {seed: found[what] for seed, found in outcomes.items() if what in found}
        record: dict[str, Any] = {"kind": kind, "what": what, "problems": len(asked)}
        if what == "gain":
            gains = [float(gain) for gain in asked.values()]
            record |= {"least": min(gains), "mean": float(np.mean(gains))}
            record["above"] = sum(gain > 1e-6 for gain in gains)
        else:
            failed = [seed for seed, holds in asked.items() if not holds]
            record |= {"held": len(asked) - len(failed), "failed": failed}
        said.write(f"{record}\n")
        said.flush()
        yield record


# --- what changes nothing -------------------------------------------------------------


def _changes(
    frame: pd.DataFrame, seed: int
) -> Iterator[tuple[str, pd.DataFrame, dict[str, str]]]:
    """The same rows told otherwise, and what each column is called there."""
    rng = np.random.default_rng([seed, 7])
    same = {name: name for name in frame.columns}
    yield "columns permuted", frame[list(rng.permutation(frame.columns))], same
    rows = frame.iloc[rng.permutation(len(frame))].reset_index(drop=True)
    yield "rows permuted", rows, same
    new = {name: f"x{k}" for k, name in enumerate(rng.permutation(frame.columns))}
    yield "names", frame.rename(columns=new), new
    numbers = frame.select_dtypes("number").columns
    if len(numbers):
        by = pd.Series(10.0 ** rng.uniform(-6, 6, len(numbers)), numbers)
        yield "scale", frame.assign(**{c: frame[c] * by[c] for c in numbers}), same
        to = pd.Series(rng.normal(size=len(numbers)) * 1e3, numbers)
        yield "shift", frame.assign(**{c: frame[c] + to[c] for c in numbers}), same
        turn = pd.Series(rng.choice([-1.0, 1.0], len(numbers)), numbers)
        yield "sign", frame.assign(**{c: frame[c] * turn[c] for c in numbers}), same
    labels = [name for name in frame.columns if name not in set(numbers)]
    if labels:
        yield (
            "codes",
            frame.assign(**{c: _recoded(frame[c], rng) for c in labels}),
            same,
        )


def _recoded(column: pd.Series, rng: np.random.Generator) -> pd.Categorical:
    levels = list(column.cat.categories)
    new = [f"w{k}" for k in rng.permutation(len(levels))]
    return pd.Categorical(column.cat.rename_categories(new).astype(str))


FRAMES: Mapping[str, Callable[[int], pd.DataFrame]] = {
    "continuous": lambda seed: _continuous(seed).frame(),
    "discrete": lambda seed: _discrete(seed).frame(),
    "mixed": _mixed,
}


def invariance(problems: int, said: Any = sys.stderr) -> Iterator[dict[str, Any]]:
    """Search rows that say the same in other words.

    Parameters
    ----------
    problems : int
        For each method, a third of them of each kind of table.
    said : stream, optional
        Where progress goes.

    Yields
    ------
    dict
        One a method, kind of table and change, for JSON.
    """
    for method, make in METHODS.items():
        for kind, frame in FRAMES.items():

            def one(seed: int, make: Any = make, frame: Any = frame) -> Outcome:
                rows = frame(seed)
                found = make().search(table(rows).statistics())
                return {
                    what: _equal(found, make().search(table(other).statistics()), names)
                    for what, other, names in _changes(rows, seed)
                } | {"columns permuted, no table": _bare(make, rows, seed)}

            yield from _counted(f"{method}, {kind}", one, -(-problems // 3), said)


def _equal(found: Graph, other: Graph, names: Mapping[str, str]) -> bool:
    renamed = found.rename(dict(names))
    return renamed == other.reorder(renamed.names)


def _bare(make: Any, rows: pd.DataFrame, seed: int) -> bool:
    """The same without the order into which a table brings rows and columns."""
    order = np.random.default_rng([seed, 8]).permutation(rows.columns)
    found = make().search(_raw(rows))
    return found == make().search(_raw(rows[list(order)])).reorder(found.names)


def _raw(rows: pd.DataFrame) -> Statistics:
    """Statistics of columns as they come."""
    names = tuple(rows.columns)
    is_label = [isinstance(rows[name].dtype, pd.CategoricalDtype) for name in names]
    codes = [
        rows[n].cat.codes if c else rows[n]
        for n, c in zip(names, is_label, strict=True)
    ]
    values = np.column_stack(codes)
    if not any(is_label):
        return GaussianStatistics.of(values, names)
    levels = [
        tuple(rows[n].cat.categories) if c else ()
        for n, c in zip(names, is_label, strict=True)
    ]
    if all(is_label):
        return CountStatistics.of(values, names, [len(held) for held in levels])
    return MixedStatistics.of(values, names, levels)


# --- arrows ---------------------------------------------------------------------------


def arrows(problems: int) -> list[float]:
    """Share of PC's arrows that are in the true CPDAG, one a Gaussian problem.

    Parameters
    ----------
    problems : int
        How many; those of the speed benchmark's row ``pc-gaussian-100`` come first.

    Returns
    -------
    list of float
    """
    found: list[float] = []
    for seed in range(problems):
        problem = gaussian(100, 1000, seed)
        graph = PC(alpha=0.01).search(table(problem.frame()).statistics())
        truth = cpdag(problem.truth)
        graph = graph.with_nodes(truth.names)
        found.append(arrowhead_scores(truth=truth, estimate=graph).precision)
    return found


# --- command line ---------------------------------------------------------------------


def against(results: Mapping[str, Any]) -> str:
    """Comparisons with causal-learn, as Markdown."""
    rows = [[r["kind"], r["what"], _said(r)] for r in results["agreement"]]
    return markdown(["", "", "holds"], rows)


def unchanged(results: Mapping[str, Any]) -> str:
    """How many graphs stay the same under each change, as Markdown."""
    held = {(r["kind"], r["what"]): r for r in results["invariance"]}
    kinds, changes = (dict.fromkeys(pair) for pair in zip(*held, strict=True))
    rows = [
        [kind, *(_said(held[kind, c]) if (kind, c) in held else "·" for c in changes)]
        for kind in kinds
    ]
    return markdown(["", *changes], rows)


def precision(results: Mapping[str, Any]) -> tuple[str, float]:
    """Mean precision of PC's arrows with its standard error, in words and as number."""
    mean, error = mean_and_error(results["arrows"])
    said = f"{mean:.3f} ± {error:.3f} ({len(results['arrows'])} seeds)"
    return said, mean


def shown(results: Mapping[str, Any]) -> str:
    """What was counted, as Markdown.

    Parameters
    ----------
    results : mapping
        The JSON of a run.

    Returns
    -------
    str
    """
    parts = []
    if results["agreement"]:
        parts += ["### Against causal-learn", against(results)]
    if results["invariance"]:
        parts += ["### What changes nothing", unchanged(results)]
    if results["arrows"]:
        parts += ["### Arrows of PC at 100 columns", precision(results)[0]]
    return "\n\n".join(parts)


def _said(record: Mapping[str, Any]) -> str:
    if "held" in record:
        return f"{record['held']} of {record['problems']}"
    return (
        f"higher in {record['above']} of {record['problems']}, least difference "
        f"{record['least']:+.2g}"
    )


def main(arguments: list[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.agreement",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--problems", type=int, default=PROBLEMS, help="of each kind")
    parser.add_argument("--out", type=Path, default=OUT, help="(default: %(default)s)")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--table", type=Path, metavar="JSON", help="print and stop")
    given = parser.parse_args(arguments)
    if given.table is not None:
        sys.stdout.write(shown(json.loads(given.table.read_text("utf-8"))) + "\n")
        return 0
    now = conditions()
    held = json.loads(given.out.read_text("utf-8")) if given.out.exists() else {}
    results: dict[str, Any] = {part: held.get(part, []) for part in PARTS} | now
    made = {"commit": now["commit"], "date": now["date"]}
    for part in given.only:
        if part == "arrows":
            results[part] = arrows(max(2, given.problems // 10))
        else:
            found = {"agreement": agreement, "invariance": invariance}[part]
            results[part] = [record | made for record in found(given.problems)]
    given.out.write_text(json.dumps(results, indent=1, allow_nan=False) + "\n", "utf-8")
    sys.stdout.write(shown(results) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
