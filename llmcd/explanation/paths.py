"""The directed paths from sensitive variables to an outcome, and who decided each step.

Which ways lead from, say, a person's sex to a decision is what path-specific notions of
fairness are about (Chiappa 2019, *Path-specific counterfactual fairness*); whether a
way is unfair is not for a program to say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

from llmcd.combiner.combined import Combined, EdgeDecision
from llmcd.equivalence import orient
from llmcd.errors import GraphError
from llmcd.graph import Graph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MOST_PATHS", "CausalPath", "Paths", "find_paths"]

MOST_PATHS = 50  # paths for each sensitive variable


@dataclass(frozen=True)
class CausalPath:
    """A way from a sensitive variable to the outcome.

    Attributes
    ----------
    nodes : tuple of str
        From the sensitive variable to the outcome.
    edges : tuple of EdgeDecision
        One for each step, with evidence, who decided, and provenance.
    undirected : tuple of (str, str)
        Steps whose direction nobody decided: the way exists only if they point so.
    share : float or None
        In what share of the sampled graphs the whole way exists; None where no graphs
        were sampled, as in safe mode.
    """

    nodes: tuple[str, ...]
    edges: tuple[EdgeDecision, ...]
    undirected: tuple[tuple[str, str], ...]
    share: float | None

    @property
    def is_directed(self) -> bool:
        """Whether every step is directed."""
        return not self.undirected

    @property
    def decided_by(self) -> tuple[str, ...]:
        """Who decided each step."""
        return tuple(edge.decided_by for edge in self.edges)

    def __str__(self) -> str:
        open_steps = {frozenset(pair) for pair in self.undirected}
        drawn = self.nodes[0]
        for a, b in pairwise(self.nodes):
            drawn += f" {'---' if frozenset((a, b)) in open_steps else '-->'} {b}"
        return drawn


@dataclass(frozen=True)
class Paths:
    """All ways from sensitive variables to an outcome.

    Attributes
    ----------
    sensitive : tuple of str
        Where the ways begin.
    outcome : str
        Where they end.
    paths : tuple of CausalPath
        By sensitive variable; directed ones first, then those that exist in more of the
        sampled graphs, then shorter ones. None goes through another one twice.
    shares : mapping of str to float
        For each sensitive variable in what share of the sampled graphs it acts on the
        outcome by any way at all; empty where no graphs were sampled.
    n_samples : int
        How many graphs were sampled.
    notes : tuple of str
        What was left out.
    """

    sensitive: tuple[str, ...]
    outcome: str
    paths: tuple[CausalPath, ...]
    shares: Mapping[str, float] = field(default_factory=dict[str, float])
    n_samples: int = 0
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[CausalPath]:
        return iter(self.paths)

    def of(self, name: str) -> tuple[CausalPath, ...]:
        """Those that begin at one of the sensitive variables."""
        return tuple(path for path in self.paths if path.nodes[0] == name)

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for name in self.sensitive:
            mine = self.of(name)
            yield self._head(name, mine)
            for path in mine:
                yield f"  {path}{_in_samples(path, self.n_samples)}"
                yield from (f"    {_step(edge)}" for edge in path.edges)
        yield from self.notes

    def _head(self, name: str, mine: Sequence[CausalPath]) -> str:
        certain = sum(path.is_directed for path in mine)
        rest = len(mine) - certain
        said = f"{certain} directed path{'' if certain == 1 else 's'}"
        if rest:
            said += f" and {rest} that need{'s' if rest == 1 else ''} undirected edges"
        share = self.shares.get(name)
        if share is not None:
            said += (
                f"; it acts on it, by these ways or others, in {share:.0%} of "
                f"{self.n_samples} sampled graphs"
            )
        return f"{name} to {self.outcome}: {said}."

    def to_frame(self) -> pd.DataFrame:
        """One row a step of a path.

        Returns
        -------
        pandas.DataFrame
            Columns ``path`` (a number), ``sensitive``, ``step`` (from 1), ``cause``,
            ``effect``, ``mark``, ``probability``, ``adjacency``, ``decided_by``,
            ``warning``, ``share`` (of the sampled graphs in which the whole path is).
        """
        import pandas as pd

        rows = [
            (
                number, path.nodes[0], k, path.nodes[k - 1], path.nodes[k],
                edge.mark, edge.probability, edge.adjacency, edge.decided_by,
                edge.warning, path.share,
            )
            for number, path in enumerate(self.paths, 1)
            for k, edge in enumerate(path.edges, 1)
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=list(_COLUMNS))


_COLUMNS = (
    "path", "sensitive", "step", "cause", "effect", "mark", "probability", "adjacency",
    "decided_by", "warning", "share",
)  # fmt: skip


def _in_samples(path: CausalPath, n: int) -> str:
    return "" if path.share is None else f": in {path.share:.0%} of {n} sampled graphs"


def _step(edge: EdgeDecision) -> str:
    who = "nobody decided it" if edge.mark == "---" else f"by {edge.decided_by}"
    numbers = f"adjacent {edge.adjacency:.2f}, direction {edge.probability:.2f}"
    beware = f"; {edge.warning}" if edge.warning else ""
    return f"{edge.cause} {edge.mark} {edge.effect}: {who}; {numbers}{beware}"


def find_paths(
    combined: Combined,
    sensitive: str | Sequence[str],
    outcome: str,
    *,
    most: int = MOST_PATHS,
) -> Paths:
    """Every way from sensitive variables to an outcome.

    Parameters
    ----------
    combined : Combined
        The result.
    sensitive : str or sequence of str
        Column names.
    outcome : str
        Column name.
    most : int, optional
        Paths kept of each sensitive variable, the shortest; a note says when there are
        more.

    Returns
    -------
    Paths
        A way with undirected edges is one that some member of the class of the graph
        has. A bidirected edge is no way: neither end acts on the other along it.

    Raises
    ------
    GraphError
        If a name is no node.
    ValueError
        If the outcome is sensitive itself, no sensitive variable is named, or ``most``
        is below 1.
    """
    names = (sensitive,) if isinstance(sensitive, str) else tuple(sensitive)
    for name in (*names, outcome):
        combined.graph.index(name)
    if not names or outcome in names or most < 1:
        raise ValueError(
            "paths lead from sensitive variables to another one, the outcome, and at "
            f"least one is kept; got {list(names)}, {outcome!r}, most={most}"
        )
    decided = {frozenset((e.cause, e.effect)): e for e in combined.edges}
    samples = combined.samples
    found: list[CausalPath] = []
    notes: list[str] = []
    for name in dict.fromkeys(names):
        mine: list[CausalPath] = []
        for nodes in _ways(combined.graph, name, outcome):
            if len(mine) == most:
                notes.append(f"{name}: only the {most} shortest paths are shown.")
                break
            mine.append(_path(nodes, combined.graph, decided, samples))
        found += sorted(mine, key=_rank)
    return Paths(
        tuple(dict.fromkeys(names)),
        outcome,
        tuple(found),
        {s: _share_of_any(samples, s, outcome) for s in names} if samples else {},
        len(samples),
        tuple(notes),
    )


def _rank(path: CausalPath) -> tuple[bool, float, int, tuple[str, ...]]:
    return (not path.is_directed, -(path.share or 0.0), len(path.nodes), path.nodes)


def _path(
    nodes: tuple[str, ...],
    graph: Graph,
    decided: Mapping[frozenset[str], EdgeDecision],
    samples: Sequence[Graph],
) -> CausalPath:
    steps = list(pairwise(nodes))
    undirected = tuple(p for p in steps if p[1] in graph.neighbours(p[0]))
    share = None
    if samples:
        there = [all(s.arcs[s.index(a), s.index(b)] for a, b in steps) for s in samples]
        share = sum(there) / len(samples)
    return CausalPath(
        nodes, tuple(decided[frozenset(p)] for p in steps), undirected, share
    )


def _share_of_any(samples: Sequence[Graph], cause: str, effect: str) -> float:
    return sum(effect in s.descendants(cause) for s in samples) / len(samples)


def _ways(graph: Graph, start: str, end: str) -> Iterator[tuple[str, ...]]:
    """Simple paths that some member of the class directs all along, shortest first."""
    plain = Graph.from_edges(
        graph.names,
        directed=graph.directed_edges(),
        undirected=graph.undirected_edges(),
    )
    leads = _leading_to(plain, end)
    # each with the graph in which its undirected steps have been directed
    level: list[tuple[tuple[str, ...], Graph]] = [((start,), plain)]
    while level:
        longer: list[tuple[tuple[str, ...], Graph]] = []
        for nodes, known in level:
            for step in _next(nodes, known, leads):
                if step[0][-1] == end:
                    yield step[0]
                else:
                    longer.append(step)
        level = longer


def _leading_to(graph: Graph, end: str) -> set[str]:
    """Names from which the end can be reached if undirected edges point so."""
    found, new = {end}, [end]
    while new:
        name = new.pop()
        more = {*graph.parents(name), *graph.neighbours(name)} - found
        found |= more
        new += more
    return found


def _next(
    nodes: tuple[str, ...], known: Graph, leads: set[str]
) -> Iterator[tuple[tuple[str, ...], Graph]]:
    last = nodes[-1]
    for name in sorted((*known.children(last), *known.neighbours(last))):
        if name in nodes or name not in leads:
            continue
        if name in known.children(last):
            yield (*nodes, name), known
            continue
        try:
            directed = orient(known, last, name)
        except GraphError:
            continue
        yield (*nodes, name), directed
