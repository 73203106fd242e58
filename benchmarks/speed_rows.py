"""What is measured: which problems, whose searches, and what must come out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.generate import Problem, find_bif, gaussian, sampled
from llmcd.discovery.scores import default_penalty

__all__ = ["CLAIMS", "ROWS", "Claim", "Contender", "Row", "quick"]

ALPHA = 0.01
PENALTY = 2.0  # what flopsearch and xges recommend: twice the BIC's own penalty
COMPATIBLE = "llmcd PC like causal-learn"
OF_DEFAULT = ", 20 restarts, penalty of score='auto'"
DEFAULT = f"llmcd order{OF_DEFAULT}"
PLAIN = "llmcd GES, no turning"  # the search of Chickering (2002), as causal-learn's
NODES = {"child": 20, "insurance": 27, "alarm": 37, "hailfinder": 53}  # without copies


@dataclass(frozen=True)
class Contender:
    """One way to solve a row's problem.

    Attributes
    ----------
    label : str
        What the tables call it.
    peer, algorithm : str
        Whose algorithm; ``llmcd`` is ours.
    options : mapping
        For the adapter.
    versus : str
        The label of ours that it is compared with; the row's first if empty.
    other : bool
        Whether it is another kind of search, shown but not raced against.
    """

    label: str
    peer: str
    algorithm: str
    options: Mapping[str, Any] = field(default_factory=dict)
    versus: str = ""
    other: bool = False

    @property
    def ours(self) -> bool:
        """Whether it is this project's."""
        return self.peer == "llmcd"


@dataclass(frozen=True)
class Row:
    """Problems of one size, and who solves them.

    Attributes
    ----------
    name : str
        As in ``--rows``.
    family : str
        Rows of a family grow: who ran out of time in one is left out of later ones.
    source : str
        ``gaussian`` or the name of a network.
    nodes, rows : int
        Columns and rows of the problem.
    seeds : int
        How many problems.
    contenders : tuple of Contender
        Who solves them, ours first.
    score : mapping or None
        By which results are scored: ``score`` bic or bdeu, and a ``penalty``.
    limit : float or None
        Seconds a call may take, if not the run's.
    """

    name: str
    family: str
    source: str
    nodes: int
    rows: int
    seeds: int
    contenders: tuple[Contender, ...]
    score: Mapping[str, Any] | None = None
    limit: float | None = None

    def problem(
        self, seed: int, bif_home: Path | None, site_packages: list[Path]
    ) -> Problem:
        """The problem of a seed."""
        if self.source == "gaussian":
            return gaussian(self.nodes, self.rows, seed)
        network = find_bif(self.source, bif_home, site_packages)
        return sampled(network, self.rows, seed)


def _pc_gaussian() -> Iterator[Row]:
    test = {"test": "fisher_z", "alpha": ALPHA}
    who = (
        Contender("llmcd PC", "llmcd", "pc", test),
        Contender(COMPATIBLE, "llmcd", "pc", test | {"compat": "causal-learn"}),
        Contender("causal-learn PC", "causal-learn", "pc", test | {"test": "fisherz"}),
        Contender("pybnesian PC", "pybnesian", "pc", test),
        Contender("pgmpy PC", "pgmpy", "pc", test),
    )
    for nodes, seeds in ((20, 5), (50, 5), (100, 5), (200, 3), (500, 1), (1000, 1)):
        name = f"pc-gaussian-{nodes}"
        # causal-learn's time is what this row is for
        limit = 400.0 if nodes == 100 else None
        yield Row(name, "pc-gaussian", "gaussian", nodes, 1000, seeds, who, limit=limit)


def _pc_discrete() -> Iterator[Row]:
    test = {"test": "chi2", "alpha": ALPHA}
    who = (
        Contender("llmcd PC", "llmcd", "pc", test),
        Contender(COMPATIBLE, "llmcd", "pc", test | {"compat": "causal-learn"}),
        Contender("causal-learn PC", "causal-learn", "pc", test | {"test": "chisq"}),
        Contender("pybnesian PC", "pybnesian", "pc", test),
        Contender("pyagrum PC", "pyagrum", "pc", test),
        Contender("pgmpy PC", "pgmpy", "pc", test),
        Contender("pyagrum MIIC", "pyagrum", "miic", other=True),
    )
    for source, rows, seeds in (
        ("child", 5000, 3),
        ("insurance", 5000, 3),
        ("alarm", 5000, 3),
        ("hailfinder", 5000, 1),
        ("alarm", 50000, 1),
    ):
        name = f"pc-{source}-{rows}"
        yield Row(name, f"pc-{rows}", source, NODES[source], rows, seeds, who)


def _ges_gaussian() -> Iterator[Row]:
    bic = {"score": "bic"}
    who = (
        Contender("llmcd GES", "llmcd", "ges", bic),
        Contender(PLAIN, "llmcd", "ges", bic | {"turning": False}),
        Contender("causal-learn GES", "causal-learn", "ges", bic, PLAIN),
        Contender("ges, no turning", "ges", "ges", {"turning": False}, PLAIN),
        Contender("ges", "ges", "ges", {"turning": True}),
        Contender("pgmpy GES", "pgmpy", "ges", bic, PLAIN),
        Contender("xges", "xges", "xges", {"penalty": 1.0}, other=True),
    )
    for nodes, seeds in ((20, 5), (50, 3), (100, 3), (200, 1)):
        name = f"ges-gaussian-{nodes}"
        yield Row(name, "ges-gaussian", "gaussian", nodes, 1000, seeds, who, bic)


def _ges_discrete() -> Iterator[Row]:
    bdeu = {"score": "bdeu"}
    who = (
        Contender("llmcd GES", "llmcd", "ges", bdeu),
        Contender(PLAIN, "llmcd", "ges", bdeu | {"turning": False}),
        Contender("causal-learn GES", "causal-learn", "ges", bdeu, PLAIN),
        Contender("pgmpy GES", "pgmpy", "ges", bdeu, PLAIN),
        Contender("pyagrum tabu", "pyagrum", "tabu", bdeu, other=True),
        Contender(
            "pyagrum hill climbing", "pyagrum", "hill_climbing", bdeu, other=True
        ),
        Contender(
            "pybnesian hill climbing", "pybnesian", "hill_climbing", bdeu, other=True
        ),
    )
    for source, seeds, limit in (
        ("child", 3, None),
        ("insurance", 3, 400.0),
        ("alarm", 3, None),
    ):
        yield Row(
            f"ges-{source}-5000", "ges-discrete", source, NODES[source], 5000, seeds,
            who, bdeu, limit,
        )  # fmt: skip


def _order_gaussian() -> Iterator[Row]:
    for nodes, seeds in ((20, 5), (50, 5), (100, 5), (200, 3)):
        name, bic = f"order-gaussian-{nodes}", {"score": "bic", "penalty": PENALTY}
        who = _order_contenders(bic, default_penalty(nodes, 1000))
        yield Row(name, "order-gaussian", "gaussian", nodes, 1000, seeds, who, bic)


def _order_contenders(bic: Mapping[str, Any], default: float) -> tuple[Contender, ...]:
    few, many = {"restarts": 0}, {"restarts": 20}
    first, second = "llmcd order, 0 restarts", "llmcd order, 20 restarts"
    flop = {"penalty": bic["penalty"]}
    own = {"score": "bic", "penalty": default}
    return (
        Contender(first, "llmcd", "order", bic | few),
        Contender(second, "llmcd", "order", bic | many),
        Contender("llmcd order", "llmcd", "order", bic),
        Contender("flopsearch, 0 restarts", "flopsearch", "order", flop | few, first),
        Contender(
            "flopsearch, 20 restarts", "flopsearch", "order", flop | many, second
        ),
        Contender(DEFAULT, "llmcd", "order", own | many),
        Contender(
            f"flopsearch{OF_DEFAULT}",
            "flopsearch",
            "order",
            {"penalty": default} | many,
            DEFAULT,
        ),
        Contender("causal-learn BOSS", "causal-learn", "boss", bic, first),
        Contender("causal-learn GRaSP", "causal-learn", "grasp", bic, first),
        Contender("xges", "xges", "xges", flop, first, other=True),
    )


def _order_discrete() -> Iterator[Row]:
    bdeu = {"score": "bdeu"}
    who = (
        Contender("llmcd order", "llmcd", "order", bdeu),
        Contender("llmcd GES", "llmcd", "ges", bdeu, other=True),
        Contender("causal-learn GES", "causal-learn", "ges", bdeu, other=True),
        Contender("causal-learn BOSS", "causal-learn", "boss", bdeu),
        Contender("pgmpy GES", "pgmpy", "ges", bdeu, other=True),
        Contender("pyagrum tabu", "pyagrum", "tabu", bdeu, other=True),
        Contender(
            "pyagrum hill climbing", "pyagrum", "hill_climbing", bdeu, other=True
        ),
        Contender(
            "pybnesian hill climbing", "pybnesian", "hill_climbing", bdeu, other=True
        ),
        Contender("pgmpy hill climbing", "pgmpy", "hill_climbing", bdeu, other=True),
    )
    for rows in (1000, 10000):
        for source in ("child", "insurance", "alarm", "hailfinder"):
            yield Row(
                f"order-{source}-{rows}", f"order-{rows}", source, NODES[source], rows,
                3, who, bdeu,
            )  # fmt: skip


ROWS: Mapping[str, Row] = {
    row.name: row
    for make in (
        _pc_gaussian,
        _pc_discrete,
        _ges_gaussian,
        _ges_discrete,
        _order_gaussian,
        _order_discrete,
    )
    for row in make()
}


def quick(row: Row) -> bool:
    """Whether a row belongs to the short version, which takes one seed of each."""
    if row.source == "gaussian":
        return row.nodes <= 50
    return row.source in ("child", "alarm") and row.rows <= 5000


# --- what must come out ---------------------------------------------------------------


@dataclass(frozen=True)
class Claim:
    """Something that a row must show.

    Attributes
    ----------
    row : str
        Name of the row.
    what : str
        In words.
    kind : str
        Which check of ``speed_tables`` it is.
    value : float
        The bound.
    peer, ours : str
        Labels of the contenders that it is about, where the check needs them.
    """

    row: str
    what: str
    kind: str
    value: float = 0.0
    peer: str = ""
    ours: str = ""


def _claims() -> Iterator[Claim]:
    def ratio(row: str, peer: str, value: float, ours: str) -> Claim:
        return Claim(row, f"faster than {peer}, times", "ratio", value, peer, ours)

    pc, learn = "llmcd PC", "causal-learn PC"
    yield ratio("pc-gaussian-100", learn, 1000.0, pc)
    yield Claim("pc-gaussian-100", "seconds below", "seconds", 0.05)
    yield Claim("pc-gaussian-100", "arrow precision", "arrowhead_precision", 0.85)
    yield Claim("pc-gaussian-1000", "seconds below", "seconds", 4.0)
    yield ratio("pc-alarm-5000", learn, 100.0, pc)
    yield ratio("pc-alarm-50000", learn, 40.0, pc)
    for name in ("pc-gaussian-20", "pc-child-5000", "pc-alarm-5000"):
        what = "causal-learn's skeleton under compat"
        yield Claim(name, what, "same_skeleton", 1.0, learn, COMPATIBLE)
    learn = "causal-learn GES"
    yield ratio("ges-gaussian-20", learn, 100.0, PLAIN)
    same = "causal-learn's graph without turning"
    yield Claim("ges-gaussian-20", same, "same_graph", 1.0, learn, PLAIN)
    yield Claim("ges-gaussian-100", "seconds below", "seconds", 1.0)
    yield ratio("ges-insurance-5000", learn, 300.0, PLAIN)
    yield Claim("ges-alarm-5000", "seconds below", "seconds", 1.0)
    yield Claim("ges-alarm-5000", "SHD at most", "shd", 8.0)
    for row in ROWS.values():
        if row.family == "order-gaussian":
            for restarts in (", 0 restarts", ", 20 restarts", OF_DEFAULT):
                ours, flop = f"llmcd order{restarts}", f"flopsearch{restarts}"
                what = f"SHD no worse than flopsearch's{restarts}"
                yield Claim(row.name, what, "shd_difference", 0.0, flop, ours)
                what = f"times flopsearch's seconds at most{restarts}"
                yield Claim(row.name, what, "slower", 3.0, flop, ours)
        elif row.name.startswith("order"):
            yield Claim(row.name, "mean score above the best peer's", "score", 0.0)
        else:
            yield Claim(row.name, "ahead of the fastest peer, times", "fastest", 1.0)


CLAIMS: tuple[Claim, ...] = tuple(_claims())
