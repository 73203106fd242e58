"""Peers that use an expert, and data-only ones, on the same rows and answers as ours.

Each runs in a child process with its own pinned environment (``benchmarks/peers``);
``python -m benchmarks.peers install all`` makes the environments.

How a peer gets the recorded replies
------------------------------------
A reply was given in one presentation order. A peer that puts its questions itself, in
one order only, gets the reply to that order, or where there is none the one to the
other order, turned. The same peer with "both orders" in its name, and every peer that
wants a list, gets what both orders say; else the direction that only one of them says;
else "I don't know". Where a direction becomes a law, every order that was recorded has
to say it. Repeats in one order count by majority, a tie as no answer. A pair without an
answer gets the peer's own form of "I don't know":

======================  ================================================================
pgmpy ExpertInLoop      None, which it takes for "no edge"; so does every verdict that
                        is no direction
causal-learn PC         nothing is put into its background knowledge
StatsPAI                the oracle does not list the pair
causalif                "(C) Unknown"
andrey-core BOSS        nothing is put into its knowledge
======================  ================================================================

Where the pairs that were recorded are not all pairs, and hold every true edge, "I don't
know" is information, and the peers that read it as "no edge" profit from it: see
``unanswered`` and compare on networks of which all pairs were recorded.

Settings are the peers' own, but for what a discrete table asks for: the chi-square test
(.01, for both PCs), the BDeu score, levels as codes 0, 1, ... in their order. causalif
runs in one thread, without which its bootstrap differs from run to run.

Left out, with the version that was tried
-----------------------------------------
pywhyllm 0.1
    A graph of the expert's answers alone: it reads no rows.
causaliq-knowledge 0.6.0
    The same, and it asks for a key even where answers were recorded.
latris 0.4.0
    Fits the tables of a graph that people have drawn; learns no graph from rows.
antecedent 2.4.1
    Takes no expert; laws only, of the form that andrey-core stands for here.
ILS-CSL, LLM-BFS, Causal-Copilot
    No package to install; code of our own would be no peer.

>>> [method.name for method in PEER_METHODS if not method.asks]
['pgmpy GES', 'pgmpy hill climbing', 'causal-learn GES', 'andrey-core BOSS']
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.peers import ADAPTERS, Outcome, Task, start_peer, write_rows
from benchmarks.peers.environments import PeerError, python_of, state
from llmcd.expert.replies import VERDICTS
from llmcd.graph import Graph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PEER_METHODS", "Answered", "PeerEstimate", "PeerMethod", "peer_method"]

MOST_LEVELS = 100


@dataclass(frozen=True)
class Answered:
    """One reply in one presentation order.

    Attributes
    ----------
    a, b : str
        The two variables; ``a`` was shown first.
    verdict : {"a->b", "b->a", "none", "common cause"} or None
        In terms of this ``a`` and ``b``; None when the expert did not say.

    Raises
    ------
    ValueError
        If the verdict is none of those, or both variables are one.

    Examples
    --------
    >>> Answered("lung", "smoke", "b->a").verdict
    'b->a'
    """

    a: str
    b: str
    verdict: str | None

    def __post_init__(self) -> None:
        if self.verdict is not None and self.verdict not in VERDICTS:
            raise ValueError(
                f"a verdict is one of {list(VERDICTS)} or None, got {self.verdict!r}"
            )
        if self.a == self.b:
            raise ValueError(f"an answer is about two variables, got {self.a!r} twice")


@dataclass(frozen=True)
class PeerEstimate:
    """What a peer made of rows and answers.

    Attributes
    ----------
    graph : Graph or None
        As the peer returned it: directed, or with undirected edges where the peer
        leaves them open. None if it is not done, or if its graph holds a directed
        cycle; nothing is repaired.
    edges : tuple of (a, b, mark)
        All that it returned, the mark ``-->`` or ``---``, also if there is a cycle.
    names : tuple of str
        The variables, in the order of the rows' columns.
    cyclic : bool
        Whether there is a directed cycle.
    status : {"done", "timeout", "failed"}
        How it ended.
    reason : str
        Why, if it is not done.
    seconds : float or None
        Of the peer's call: not of starting Python, imports and reading rows.
    questions : int
        Recorded replies that it got to see; both orders of a pair are two.
    asked : int
        Pairs that it asked about, whether or not there was a reply.
    unanswered : int
        Pairs among them without a recorded reply.
    versions : mapping
        Of its interpreter and packages.
    """

    graph: Graph | None
    edges: tuple[tuple[str, str, str], ...]
    names: tuple[str, ...]
    cyclic: bool
    status: str
    reason: str = ""
    seconds: float | None = None
    questions: int = 0
    asked: int = 0
    unanswered: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def drawn(self) -> Graph | None:
        """The graph of ``edges``, with its cycle if there is one; None if not done."""
        if self.status != "done":
            return None
        return Graph.from_edges(
            self.names,
            directed=[(a, b) for a, b, mark in self.edges if mark == "-->"],
            undirected=[(a, b) for a, b, mark in self.edges if mark == "---"],
        )


@dataclass(frozen=True)
class PeerMethod:
    """A peer's algorithm with its settings.

    Attributes
    ----------
    name : str
        For tables.
    asks : bool
        Whether it uses the expert's answers.
    environment : str
        Where it is installed: ``python -m benchmarks.peers install ENVIRONMENT``.
    adapter : str
        The script that runs it.
    algorithm : str
        Of that script.
    options : mapping
        For the algorithm.
    """

    name: str
    asks: bool
    environment: str
    adapter: str
    algorithm: str
    options: Mapping[str, Any]

    def run(
        self,
        rows: pd.DataFrame,
        answers: Sequence[Answered] = (),
        *,
        limit: float,
        home: Path | None = None,
    ) -> PeerEstimate:
        """Let the peer estimate a graph.

        Parameters
        ----------
        rows : pandas.DataFrame
            A discrete table without missing cells. The order of its columns is what
            the peer sees.
        answers : sequence of Answered, optional
            Recorded replies; a peer that does not ask ignores them.
        limit : float
            Seconds that the peer's call may take.
        home : Path, optional
            Folder of the environments.

        Returns
        -------
        PeerEstimate
            With the status ``failed`` for whatever goes wrong at the peer, its missing
            environment included.

        Raises
        ------
        ValueError
            If the rows are not such a table, an answer is about another variable, or
            the limit is not positive.
        """
        names, codes, sizes = _coded(rows)
        unknown = sorted({v for x in answers for v in (x.a, x.b)} - set(names))
        if unknown:
            raise ValueError(f"answers are about columns of the rows, got {unknown}")
        if not limit > 0:
            raise ValueError(f"the limit is a number of seconds above 0, got {limit!r}")
        options = dict(self.options)
        if self.asks:
            options["answers"] = [[x.a, x.b, x.verdict] for x in answers]
        try:
            is_there = state(self.environment, home)
        except PeerError as error:
            is_there = str(error)
        if is_there != "ready":
            reason = (
                f"its environment is {is_there}: python -m benchmarks.peers install"
            )
            return _estimate(
                names,
                Outcome(
                    self.name, self.algorithm, "failed", f"{reason} {self.environment}"
                ),
            )
        command = [
            str(python_of(self.environment, home)), "-s", str(ADAPTERS / self.adapter)
        ]  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "rows.npz"
            write_rows(data, names, codes, sizes)
            task = Task(self.algorithm, data, options, warm=False, repeat=0)
            return _estimate(names, start_peer(self.name, command, task, limit))


def _estimate(names: Sequence[str], outcome: Outcome) -> PeerEstimate:
    drawn = outcome.graph
    cyclic = drawn is not None and not drawn.is_acyclic
    return PeerEstimate(
        graph=None if cyclic else drawn,
        edges=() if drawn is None else tuple((e.a, e.b, e.mark) for e in drawn.edges()),
        names=tuple(names),
        cyclic=cyclic,
        status=outcome.status,
        reason=outcome.reason,
        seconds=outcome.seconds,
        questions=int(outcome.extra.get("questions", 0)),
        asked=int(outcome.extra.get("asked", 0)),
        unanswered=int(outcome.extra.get("unanswered", 0)),
        versions=MappingProxyType(dict(outcome.versions)),
    )


def _coded(rows: pd.DataFrame) -> tuple[list[str], np.ndarray, list[int]]:
    """Names, codes from 0 up in the order of the levels, and numbers of levels."""
    import pandas as pd

    names = [str(name) for name in rows.columns]
    if len(set(names)) != len(names):
        raise ValueError(f"columns must have distinct names, got {names}")
    columns: list[np.ndarray] = []
    sizes: list[int] = []
    for k, name in enumerate(names):
        column = rows.iloc[:, k]
        if column.isna().any():
            raise ValueError(f"these peers take no missing cells; {name!r} has some")
        levels = pd.Categorical(column)
        size = len(levels.categories)
        if size > MOST_LEVELS:
            raise ValueError(
                f"these peers are run on a discrete table; {name!r} has {size} levels, "
                f"more than {MOST_LEVELS}"
            )
        columns.append(np.asarray(levels.codes, dtype=np.int64))
        sizes.append(size)
    codes = np.column_stack(columns) if columns else np.zeros((len(rows), 0), int)
    return names, codes, sizes


def _method(
    name: str, environment: str, kind: str, algorithm: str, **options: Any
) -> PeerMethod:
    adapter = f"{environment.replace('-', '_')}_{kind}.py"
    asks = kind == "expert" and options.pop("asks", True)
    frozen = MappingProxyType(options)
    return PeerMethod(name, asks, environment, adapter, algorithm, frozen)


PEER_METHODS: tuple[PeerMethod, ...] = (
    _method("pgmpy ExpertInLoop", "pgmpy", "expert", "expert_in_loop", orders="one"),
    _method(
        "pgmpy ExpertInLoop, both orders", "pgmpy", "expert", "expert_in_loop",
        orders="both",
    ),
    _method(
        "causal-learn PC with knowledge", "causal-learn", "expert", "pc_knowledge",
        test="chisq", alpha=0.01,
    ),
    _method(
        "StatsPAI llm_dag_constrained", "statspai", "expert", "llm_dag_constrained",
        test="chi-square", alpha=0.01,
    ),
    _method("causalif", "causalif", "expert", "causalif", orders="one"),
    _method("causalif, both orders", "causalif", "expert", "causalif", orders="both"),
    _method(
        "andrey-core BOSS, directions", "andrey-core", "expert", "boss", absences=False
    ),
    _method(
        "andrey-core BOSS, directions and absences", "andrey-core", "expert", "boss",
        absences=True,
    ),
    _method("pgmpy GES", "pgmpy", "peer", "ges", score="bic"),
    _method("pgmpy hill climbing", "pgmpy", "peer", "hill_climbing", score="bic"),
    _method("causal-learn GES", "causal-learn", "peer", "ges", score="bdeu"),
    _method("andrey-core BOSS", "andrey-core", "expert", "boss", asks=False),
)  # fmt: skip


def peer_method(name: str) -> PeerMethod:
    """The method of that name.

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> peer_method("causalif").asks
    True
    """
    for method in PEER_METHODS:
        if method.name == name:
            return method
    known = ", ".join(method.name for method in PEER_METHODS)
    raise ValueError(f"a peer method is one of {known}, got {name!r}")
