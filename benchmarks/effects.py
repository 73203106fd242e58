"""Whether the interval of an effect holds the truth, on graphs learnt from the rows.

    python -m benchmarks.effects --seeds 10 --out benchmarks/results/effects.json
    python -m benchmarks.effects --table benchmarks/results/effects.json

Structural models whose effects are known: published tables, enumerated; linear Gaussian
models on the arcs of published graphs, in closed form, with weak and strong weights;
on the same arcs, models in which each arc bends in a way of its own; and one nonlinear
model of our own. The rows of the last two are drawn again with the treatment set one
unit higher. In each sample ordered pairs are drawn at random, half of them with an
effect where there are as many. Columns: how the graphs came about.
"""

from __future__ import annotations

import argparse
import json
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import llmcd
from benchmarks.cells import Cell, make_cell
from benchmarks.experts import consult
from benchmarks.machine import conditions
from benchmarks.networks import KnownNetwork, known_network
from llmcd.combiner.combined import Combined
from llmcd.combiner.reconcile import combine
from llmcd.effects import effect, graphs_of
from llmcd.effects.rows import Rows, rows_of
from llmcd.equivalence import cpdag
from llmcd.errors import DataError
from llmcd.expert.answers import Answers
from llmcd.graph import Graph
from llmcd.networks import DiscreteNetwork
from llmcd.variables import Variables

if TYPE_CHECKING:
    import pandas as pd

Floats = npt.NDArray[np.float64]
Truth = Callable[[str, str], float]

TABLES = ("cancer", "earthquake", "survey", "asia", "sachs-tables")
LINEAR = ("asia", "sachs-tables")
CURVED = ("asia", "sachs-tables")
NONLINEAR = ("greenhouse",)
ROWS = (500, 2000)
KINDS = ("tables", "linear", "curved", "nonlinear")
PAIRS = 10
RESAMPLES = 20
LEVEL = 0.95
EXPERT = "accuracy-0.85"
WEAK, STRONG = 0.1, 1.0  # sizes of a weight, noise being 1
SOME = 0.01  # an effect below is called none, in standard deviations or chances
SEEN = 200_000  # rows of a simulated intervention
ARMS = {
    "true": "class of the true graph",
    "true-line": "class of the true graph, lines only",
    "one": "the learnt graph alone",
    "resamples": "resamples (safe mode)",
    "known": "posterior, each graph as if it were known",
    "posterior": "posterior",
    "posterior-line": "posterior, lines only",
    "expert": "posterior, expert right in 85 %",
}
TAKEN_AS_KNOWN = ("true", "true-line", "known")  # no arc of theirs may have been missed


@dataclass(frozen=True, eq=False)
class Problem:
    """A model, its effects, and how one sample is read.

    Attributes
    ----------
    kind : str
        ``tables``, ``linear``, ``curved`` or ``nonlinear``.
    network : KnownNetwork
        Its rows.
    truth : callable
        Of treatment and outcome: the effect in the units of the rows.
    """

    kind: str
    network: KnownNetwork
    truth: Truth


# --- truths ---------------------------------------------------------------------------


def joint(network: DiscreteNetwork, setting: Mapping[int, int]) -> Floats:
    """Chances of every combination of levels when some variables are set."""
    shape = [len(levels) for levels in network.levels]
    axes = list(range(len(shape)))
    found: Any = np.ones(shape)
    for v, table in enumerate(network.tables):
        mine = [*network.parents[v], v]
        if v in setting:
            mine, table = [v], np.eye(shape[v])[setting[v]]
        found = np.einsum(found, axes, table, mine, axes)
    return found


def _arms_of(levels: Sequence[str]) -> tuple[str, str]:
    """First and last of the levels in the order that a table of data has them."""
    kept = sorted(levels)
    return kept[0], kept[-1]


def of_tables(network: DiscreteNetwork) -> Truth:
    """Change in the chance of the outcome's last level, first to last level."""
    at = {name: v for v, name in enumerate(network.names)}

    def truth(treatment: str, outcome: str) -> float:
        x, y = at[treatment], at[outcome]
        low, high = map(network.levels[x].index, _arms_of(network.levels[x]))
        event = network.levels[y].index(_arms_of(network.levels[y])[1])
        rest = tuple(v for v in range(len(network.names)) if v != y)
        chances = [joint(network, {x: k}).sum(axis=rest)[event] for k in (low, high)]
        return float(chances[1] - chances[0])

    return truth


def linear(base: KnownNetwork, seed: int) -> Problem:
    """A linear Gaussian model on the arcs of a network; a new one for each seed."""
    graph = base.graph
    rng = np.random.default_rng([seed, zlib.crc32(base.name.encode())])
    size = rng.uniform(WEAK, STRONG, graph.arcs.shape)
    weights = graph.arcs * size * rng.choice([-1.0, 1.0], graph.arcs.shape)
    total = np.linalg.inv(np.eye(len(weights)) - weights)

    def draw(n: int, seed: int) -> pd.DataFrame:
        import pandas as pd

        noise = np.random.default_rng([seed, 0xEFF]).normal(size=(n, len(weights)))
        return pd.DataFrame(noise @ total, columns=list(graph.names))

    def truth(treatment: str, outcome: str) -> float:
        return float(total[graph.index(treatment), graph.index(outcome)])

    network = replace(
        base,
        name=f"{base.name}, linear",
        variables=Variables.of(dict.fromkeys(graph.names, "")),
        tables=None,
        draw=draw,
    )
    return Problem("linear", network, truth)


BENDS: tuple[Callable[[Floats], Floats], ...] = (
    np.tanh,
    lambda x: np.sin(1.5 * x),
    lambda x: np.exp(-(x**2)),
    lambda x: np.log1p(np.exp(2 * x)),
)


def curved(base: KnownNetwork, seed: int) -> Problem:
    """Sums of bent arcs and normal noise; a new model for each seed."""
    graph = base.graph
    rng = np.random.default_rng([seed, zlib.crc32(base.name.encode()), 0xBE9D])
    size = rng.uniform(WEAK, STRONG, graph.arcs.shape)
    weights = graph.arcs * size * rng.choice([-1.0, 1.0], graph.arcs.shape)
    bend = rng.integers(len(BENDS), size=graph.arcs.shape)

    def drawn(n: int, seed: int, given: Mapping[str, Floats]) -> dict[str, Floats]:
        noise = np.random.default_rng([seed, 0xEFF]).normal(size=(n, len(weights)))
        values: dict[str, Floats] = {}
        for name in graph.topological_order():
            at = graph.index(name)
            values[name] = noise[:, at]
            for cause in graph.parents(name):
                k = graph.index(cause)
                moved = weights[k, at] * BENDS[bend[k, at]](values[cause])
                values[name] = values[name] + moved
            if name in given:
                values[name] = given[name]
        return values

    def draw(n: int, seed: int) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(drawn(n, seed, {}))[list(graph.names)]

    network = replace(
        base,
        name=f"{base.name}, curved",
        variables=Variables.of(dict.fromkeys(graph.names, "")),
        tables=None,
        draw=draw,
    )
    return Problem("curved", network, _one_more(lambda given: drawn(SEEN, 0, given)))


def nonlinear(base: KnownNetwork) -> Problem:
    """One of our own models."""
    from importlib import import_module

    model = import_module(f"benchmarks.known.{base.name}.model").MODEL
    truth = _one_more(lambda given: model.draw(SEEN, 0, given))
    return Problem("nonlinear", base, truth)


def _one_more(draw: Callable[[Mapping[str, Floats]], Mapping[str, Floats]]) -> Truth:
    """The effect of one unit more for everybody, the noise being the same."""
    before = draw({})

    def truth(treatment: str, outcome: str) -> float:
        more = draw({treatment: before[treatment] + 1})
        return float(np.mean(more[outcome]) - np.mean(before[outcome]))

    return truth


def problems(seed: int) -> Iterator[Problem]:
    """All models, for one seed."""
    for name in TABLES:
        network = known_network(name)
        if network.tables is not None:
            yield Problem("tables", network, of_tables(network.tables))
    for name in LINEAR:
        yield linear(known_network(name), seed)
    for name in CURVED:
        yield curved(known_network(name), seed)
    for name in NONLINEAR:
        yield nonlinear(known_network(name))


# --- one sample -----------------------------------------------------------------------


def drawn_pairs(cell: Cell, truth: Graph, seed: int) -> list[tuple[str, str]]:
    """Ordered pairs of columns, half with a directed path where there are as many."""
    names = [v for v in truth.names if v in cell.columns]
    pairs = [(a, b) for a in names for b in names if a != b]
    rng = np.random.default_rng([seed, 0xBA1])
    order = [pairs[k] for k in rng.permutation(len(pairs))]
    along = [p for p in order if p[1] in truth.descendants(p[0])]
    apart = [p for p in order if p not in set(along)]
    first = along[: PAIRS // 2]
    return first + apart[: PAIRS - len(first)]


def _graphs(cell: Cell) -> dict[str, Combined | Graph]:
    nobody = Answers.none()
    found = combine(cell.candidates, nobody, mode="posterior")
    answers = consult(cell, EXPERT).answers
    truth = cell.truth.with_nodes(found.graph.names)
    return {
        "true": cpdag(truth),
        "true-line": cpdag(truth),
        "one": found.graph,
        "resamples": combine(cell.candidates, nobody, mode="safe"),
        "known": found,
        "posterior": found,
        "posterior-line": found,
        "expert": combine(cell.candidates, answers, mode="posterior"),
    }


def _cell(problem: Problem, rows: int, seed: int) -> Cell:
    if problem.kind == "tables":
        return make_cell(problem.network, rows, seed, bootstrap=RESAMPLES)
    # no two continuous columns copy one another by their levels
    frame = problem.network.sample(rows, seed)
    checked = llmcd.table(frame, problem.network.variables)
    found = llmcd.candidates(checked, bootstrap=RESAMPLES, seed=seed, n_jobs=1)
    return Cell(problem.network, rows, seed, frame, checked, found, 0.0, None, {}, ())


def measure(problem: Problem, rows: int, seed: int) -> list[list[Any]]:
    """Intervals of all arms for the pairs of one sample, in standard deviations."""
    cell = _cell(problem, rows, seed)
    arms = _graphs(cell)
    checked = rows_of(cell.frame, cell.candidates.names)
    spread = {v: checked.spread.get(v, 1.0) for v in cell.columns}
    found: list[list[Any]] = []
    for treatment, outcome in drawn_pairs(cell, cell.truth, seed):
        wanted = problem.truth(treatment, outcome)
        scale = spread[treatment] / spread[outcome]
        for arm, graphs in arms.items():
            low, value, high = _interval(graphs, checked, treatment, outcome, seed, arm)
            numbers = (wanted, low, value, high)
            found.append([
                problem.kind, cell.network.name, rows, seed, arm, treatment, outcome,
                *(_rounded(x * scale) for x in numbers),
            ])  # fmt: skip
    return found


def _rounded(x: float) -> float | None:
    return round(float(x), 5) if np.isfinite(x) else None


def _interval(
    graphs: Combined | Graph,
    rows: Rows,
    treatment: str,
    outcome: str,
    seed: int,
    arm: str,
) -> tuple[float, float, float]:
    if isinstance(graphs, Combined):
        given, own = graphs_of(graphs, seed=seed)[0], graphs.graph
    else:
        given, own = (graphs,), graphs
    levels = rows.levels(treatment)
    labels = rows.levels(outcome)
    try:
        found = effect(
            given,
            rows,
            treatment,
            outcome,
            own=own,
            levels=_arms_of(levels) if levels else None,
            event=_arms_of(labels)[1] if labels else None,
            level=LEVEL,
            learnt=arm not in TAKEN_AS_KNOWN,
            estimator="linear" if arm.endswith("-line") else "auto",
            refuters=(),
        )
    except DataError:
        return np.nan, np.nan, np.nan
    return found.low, found.value, found.high


# --- tables ---------------------------------------------------------------------------


FIELDS = (
    "kind", "network", "rows", "seed", "arm", "treatment", "outcome", "truth", "low",
    "value", "high",
)  # fmt: skip
SLACK = 1e-5  # of rounding


def table(results: Mapping[str, Any]) -> str:
    """Markdown: coverage, length and error, by kind of model and size of the effect."""
    import pandas as pd

    records = pd.DataFrame(results["records"], columns=list(FIELDS))
    records["some"] = records["truth"].abs() > SOME
    records = records.dropna(subset=["low"])
    records["holds"] = records["truth"].between(
        records["low"] - SLACK, records["high"] + SLACK
    )
    lines = [
        "| models, effect | graphs | intervals | hold the truth | mean length | root "
        "mean square error |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for kind in dict.fromkeys(records["kind"]):
        for words, some in (("none", False), ("some", True)):
            mine = records[(records["kind"] == kind) & (records["some"] == some)]
            for arm, long in ARMS.items():
                one = mine[mine["arm"] == arm]
                if len(one):
                    lines.append(f"| {kind}, {words} | {long} | {_line(one)} |")
    every = records.groupby("arm", sort=False)["holds"].agg(["mean", "size"])
    lines.append("")
    lines += [
        f"{ARMS[str(arm)]}: {one['mean']:.1%} of all {one['size']:.0f} intervals"
        for arm, one in every.iterrows()
    ]
    return "\n".join(lines)


def _line(mine: pd.DataFrame) -> str:
    covered = float(mine["holds"].mean())
    # intervals of one sample share its rows: the error is over samples
    samples = mine.groupby(["network", "rows", "seed"])["holds"].agg(["sum", "size"])
    off = samples["sum"] - covered * samples["size"]
    error = float(np.sqrt((off**2).sum()) / len(mine))
    length = (mine["high"] - mine["low"]).mean()
    miss = float(np.sqrt(((mine["value"] - mine["truth"]) ** 2).mean()))
    return f"{len(mine)} | {covered:.1%} ± {error:.1%} | {length:.3f} | {miss:.3f}"


def main() -> None:
    """Run it, or print the table of a run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1, help="seed to begin with")
    parser.add_argument("--only", choices=KINDS)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--table", type=Path)
    given = parser.parse_args()
    if given.table:
        print(table(json.loads(given.table.read_text("utf-8"))))  # noqa: T201
        return
    records: list[list[Any]] = []
    results = {"date": date.today().isoformat(), **conditions(), "records": records}
    for seed in range(given.first, given.first + given.seeds):
        for problem in problems(seed):
            if given.only and problem.kind != given.only:
                continue
            for rows in ROWS:
                records += measure(problem, rows, seed)
        if given.out:  # as they come: a run that is broken off is one with fewer seeds
            _write(given.out, results)
    print(table(results))  # noqa: T201


def _write(path: Path, results: Mapping[str, Any]) -> None:
    """A record a line."""
    rest = {key: value for key, value in results.items() if key != "records"}
    lines = ",\n".join(json.dumps(record) for record in results["records"])
    head = json.dumps({**rest, "fields": FIELDS}, indent=1).removesuffix("\n}")
    path.write_text(f'{head},\n "records": [\n{lines}\n]\n}}\n', "utf-8")


if __name__ == "__main__":
    main()
