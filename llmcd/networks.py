"""Discrete Bayesian networks: read and write BIF files, sample rows."""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from llmcd.errors import FormatError, GraphError
from llmcd.graph import Graph

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DiscreteNetwork", "read_bif", "write_bif"]

Floats = npt.NDArray[np.float64]
SUM_TOLERANCE = 1e-6  # published tables carry seven digits


@dataclass(frozen=True, eq=False)
class DiscreteNetwork:
    """A DAG with a conditional probability table for each variable.

    Parameters
    ----------
    names : sequence of str
        The variables.
    levels : sequence of sequences of str
        The levels of each variable.
    parents : sequence of sequences of int
        Positions of the parents of each variable.
    tables : sequence of arrays
        For each variable an array with one axis for each parent, in order, and a last
        axis for its own levels.

    Raises
    ------
    FormatError
        If a name or level is given twice, a shape does not fit, a row does not sum to
        1 within 1e-6 (within that it is normalised), or the parents form a cycle.

    Examples
    --------
    >>> coin = DiscreteNetwork(["c"], [["h", "t"]], [[]], [np.array([0.5, 0.5])])
    >>> coin.sample(3, seed=0).shape
    (3, 1)
    """

    names: tuple[str, ...]
    levels: tuple[tuple[str, ...], ...]
    parents: tuple[tuple[int, ...], ...]
    tables: tuple[Floats, ...]

    def __init__(
        self,
        names: Sequence[str],
        levels: Sequence[Sequence[str]],
        parents: Sequence[Sequence[int]],
        tables: Sequence[npt.ArrayLike],
    ) -> None:
        object.__setattr__(self, "names", tuple(names))
        object.__setattr__(self, "levels", tuple(map(tuple, levels)))
        object.__setattr__(self, "parents", tuple(map(tuple, parents)))
        self._check_names(len(tables))
        checked = [self._checked(v, np.array(t, float)) for v, t in enumerate(tables)]
        object.__setattr__(self, "tables", tuple(checked))
        try:
            self.graph.topological_order()
        except GraphError as error:
            raise FormatError(f"the parents form no DAG: {error}") from None

    def _check_names(self, n_tables: int) -> None:
        counts = (len(self.names), len(self.levels), len(self.parents), n_tables)
        if len(set(counts)) > 1:
            raise FormatError(
                "names, levels, parents and tables must be equally many, got "
                + ", ".join(map(str, counts))
            )
        twice = _repeated(self.names)
        if twice:
            raise FormatError(f"each variable must be given once, got {twice} again")
        for name, levels, parents in zip(
            self.names, self.levels, self.parents, strict=True
        ):
            if not levels or _repeated(levels):
                raise FormatError(f"{name} must have distinct levels, got {levels}")
            if _repeated(parents) or not set(parents) <= set(range(len(self.names))):
                raise FormatError(
                    f"parents of {name} must be distinct positions below "
                    f"{len(self.names)}, got {parents}"
                )

    def _checked(self, v: int, table: Floats) -> Floats:
        name = self.names[v]
        shape = tuple(len(self.levels[p]) for p in (*self.parents[v], v))
        if table.shape != shape:
            raise FormatError(
                f"the table of {name} must have shape {shape} (levels of the parents, "
                f"then its own), got {table.shape}"
            )
        total = table.sum(axis=-1, keepdims=True)
        if not np.isfinite(table).all() or (table < 0).any():
            raise FormatError(f"the table of {name} has a value that is no probability")
        if np.abs(total - 1.0).max() > SUM_TOLERANCE:
            worst = float(total.flat[int(np.abs(total - 1.0).argmax())])
            raise FormatError(
                f"a row of the table of {name} sums to {worst:.4g}, not 1"
            )
        table = table / total
        table.setflags(write=False)
        return table

    @property
    def graph(self) -> Graph:
        """The DAG.

        Examples
        --------
        >>> tables = [np.array([0.5, 0.5]), np.array([[1.0, 0.0], [0.5, 0.5]])]
        >>> net = DiscreteNetwork("ab", [["n", "y"]] * 2, [[], [0]], tables)
        >>> print(net.graph)
        a --> b
        """
        directed = [
            (self.names[p], name)
            for v, name in enumerate(self.names)
            for p in self.parents[v]
        ]
        return Graph.from_edges(self.names, directed=directed)

    def sample(self, n: int, seed: int) -> pd.DataFrame:
        """Draw rows.

        Parameters
        ----------
        n : int
            Number of rows.
        seed : int
            Of the draw.

        Returns
        -------
        pandas.DataFrame
            Columns in the order of ``names``, each an unordered categorical with all
            levels in their declared order.

        Raises
        ------
        ValueError
            If ``n`` is negative.

        Notes
        -----
        Forward sampling along a topological order (Henrion 1988, *Propagating
        uncertainty in Bayesian networks by probabilistic logic sampling*).

        Examples
        --------
        >>> coin = DiscreteNetwork(["c"], [["h", "t"]], [[]], [np.array([1.0, 0.0])])
        >>> coin.sample(2, seed=0)["c"].tolist()
        ['h', 'h']
        """
        import pandas as pd

        if n < 0:
            raise ValueError(f"n must be 0 or more rows, got {n}")
        rng = np.random.default_rng(seed)
        codes = np.zeros((n, len(self.names)), dtype=np.int64)
        at = {name: v for v, name in enumerate(self.names)}
        for name in self.graph.topological_order():
            v = at[name]
            rows = self.tables[v][tuple(codes[:, p] for p in self.parents[v])]
            rows = np.broadcast_to(rows, (n, len(self.levels[v])))
            below = rows.cumsum(axis=1)[:, :-1] <= rng.random(n)[:, None]
            codes[:, v] = below.sum(axis=1)
        columns = {
            name: pd.Categorical.from_codes(
                codes[:, v], dtype=pd.CategoricalDtype(list(self.levels[v]))
            )
            for v, name in enumerate(self.names)
        }
        return pd.DataFrame(columns)


def _repeated(values: Sequence[str] | Sequence[int]) -> list[str]:
    return [str(value) for value, times in Counter(values).items() if times > 1]


# --- BIF ------------------------------------------------------------------------------

_TOKEN = re.compile(
    r"""
    (?P<space>\s+ | //[^\n]* | /\*.*?\*/)
  | "(?P<quoted>[^"]*)"
  | (?P<punctuation>[{}()\[\];,|])
  | (?P<word>[^\s{}()\[\];,|"]+)
    """,
    re.VERBOSE | re.DOTALL,
)


class _Tokens:
    """Words and punctuation of a BIF file, with line numbers for errors."""

    def __init__(self, text: str, where: str) -> None:
        self._where = where
        self._items = list(self._split(text))
        self._next = 0

    def _split(self, text: str) -> Iterator[tuple[str, int]]:
        line, at = 1, 0
        while at < len(text):
            found = _TOKEN.match(text, at)
            if found is None:
                raise FormatError(
                    f"{self._where}, line {line}: cannot read {text[at]!r}"
                )
            kind = found.lastgroup
            if kind != "space":
                yield found[kind or 0], line
            line += found[0].count("\n")
            at = found.end()

    def wrong(self, problem: str, at: int | None = None) -> FormatError:
        """An error that names the line of the last token taken, or of another."""
        items = self._items or [("", 1)]
        line = items[min(self.taken - 1 if at is None else at, len(items) - 1)][1]
        return FormatError(f"{self._where}, line {line}: {problem}")

    @property
    def taken(self) -> int:
        """How many tokens have been taken."""
        return self._next

    @property
    def done(self) -> bool:
        return self._next >= len(self._items)

    def peek(self) -> str:
        return "" if self.done else self._items[self._next][0]

    def take(self, *expected: str) -> str:
        word = self.peek()
        if self.done or (expected and word not in expected):
            got = "the end of the file" if self.done else repr(word)
            wanted = " or ".join(expected) or "a word"
            raise self.wrong(f"expected {wanted}, got {got}", self._next)
        self._next += 1
        return word

    def until(self, end: str) -> list[str]:
        """Words up to an end mark, commas left out."""
        found: list[str] = []
        while (word := self.take()) != end:
            if word != ",":
                found.append(word)
        return found

    def skip_block(self) -> None:
        self.take("{")
        depth = 1
        while depth:
            depth += {"{": 1, "}": -1}.get(self.take(), 0)


def read_bif(path: str | Path) -> DiscreteNetwork:
    """Read a network in the Bayesian Interchange Format, version 0.15.

    Parameters
    ----------
    path : str or Path
        A ``.bif`` or ``.bif.gz`` file.

    Returns
    -------
    DiscreteNetwork
        Variables, levels and parents in the order of the file.

    Raises
    ------
    FormatError
        If the file is missing or is not such a file; the line is named.

    Notes
    -----
    ``table`` lists the variable's own first level for all configurations of the
    parents, then its second, the first parent moving slowest. Names may hold
    anything but white space and ``{}()[];,|"``. The format: Cozman (1998), *The
    Interchange Format for Bayesian Networks*.

    Examples
    --------
    >>> import tempfile
    >>> source = Path(tempfile.mkdtemp()) / "coin.bif"
    >>> _ = source.write_text(
    ...     "variable c { type discrete [ 2 ] { h, t }; }"
    ...     "probability ( c ) { table 0.5, 0.5; }"
    ... )
    >>> read_bif(source).tables
    (array([0.5, 0.5]),)
    """
    path = Path(path)
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode("utf-8")
    except FileNotFoundError:
        raise FormatError(f"no such file: {path}") from None
    except (UnicodeDecodeError, gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise FormatError(f"{path} is not a BIF file: {error}") from None
    tokens = _Tokens(text, path.name)
    levels: dict[str, list[str]] = {}
    tables: dict[str, tuple[list[str], Floats]] = {}
    while not tokens.done:
        block = tokens.take("network", "variable", "probability")
        if block == "network":
            tokens.take()
            tokens.skip_block()
        elif block == "variable":
            name = tokens.take()
            if name in levels:
                raise tokens.wrong(f"the variable {name!r} is declared twice")
            levels[name] = _read_levels(tokens)
        else:
            name, parents, table = _read_table(tokens, levels)
            if name in tables:
                raise tokens.wrong(f"a second probability block for {name!r}")
            tables[name] = (parents, table)
    missing = sorted(set(levels) - set(tables))
    if missing or not levels:
        raise FormatError(
            f"{path.name}: no probabilities for {missing or 'any variable'}"
        )
    names = list(levels)
    at = {name: k for k, name in enumerate(names)}
    return DiscreteNetwork(
        names,
        [levels[name] for name in names],
        [[at[p] for p in tables[name][0]] for name in names],
        [tables[name][1] for name in names],
    )


def _read_levels(tokens: _Tokens) -> list[str]:
    found: list[str] = []
    tokens.take("{")
    while (word := tokens.take("type", "property", "}")) != "}":
        if word == "property":
            tokens.until(";")
            continue
        tokens.take("discrete")
        tokens.take("[")
        count = tokens.until("]")
        tokens.take("{")
        found = tokens.until("}")
        if count != [str(len(found))]:
            raise tokens.wrong(f"expected {' '.join(count)} levels, got {found}")
        tokens.take(";")
    return found


def _read_table(
    tokens: _Tokens, levels: dict[str, list[str]]
) -> tuple[str, list[str], Floats]:
    tokens.take("(")
    name, parents = tokens.take(), list[str]()
    if tokens.take("|", ")") == "|":
        parents = tokens.until(")")
    for variable in (name, *parents):
        if variable not in levels:
            raise tokens.wrong(f"the variable {variable!r} is not declared")
    shape = [len(levels[p]) for p in parents]
    table = np.full([*shape, len(levels[name])], np.nan)
    tokens.take("{")
    while (word := tokens.take("table", "default", "(", "property", "}")) != "}":
        if word == "property":
            tokens.until(";")
        elif word == "table":
            values = _numbers(tokens, table.size)
            table = np.moveaxis(values.reshape(len(levels[name]), *shape), 0, -1)
        elif word == "default":
            values = _numbers(tokens, len(levels[name]))
            table = np.where(np.isnan(table), values, table)
        else:
            row = tokens.until(")")
            try:
                where = tuple(
                    levels[p].index(level)
                    for p, level in zip(parents, row, strict=True)
                )
            except ValueError:
                raise tokens.wrong(
                    f"expected a level of each parent of {name}, got {row}"
                ) from None
            table[where] = _numbers(tokens, len(levels[name]))
    if np.isnan(table).any():
        raise tokens.wrong(
            f"a configuration of the parents of {name} has no probabilities"
        )
    return name, parents, table


def _numbers(tokens: _Tokens, count: int) -> Floats:
    start = tokens.taken
    words = tokens.until(";")
    try:
        found = np.array([float(word) for word in words])
    except ValueError:
        raise tokens.wrong(f"expected numbers, got {words[:9]}", start) from None
    if len(found) != count:
        raise tokens.wrong(f"expected {count} numbers, got {len(found)}", start)
    return found


def write_bif(network: DiscreteNetwork, path: str | Path) -> None:
    """Write a network in the Bayesian Interchange Format.

    Parameters
    ----------
    network : DiscreteNetwork
        The network.
    path : str or Path
        The file to write; compressed if its name ends in ``.gz``.

    Raises
    ------
    FormatError
        If a name or level holds a character that the format cannot.

    Examples
    --------
    >>> import tempfile
    >>> coin = DiscreteNetwork(["c"], [["h", "t"]], [[]], [np.array([0.5, 0.5])])
    >>> target = Path(tempfile.mkdtemp()) / "coin.bif"
    >>> write_bif(coin, target)
    >>> read_bif(target).levels
    (('h', 't'),)
    """
    for word in (*network.names, *(level for each in network.levels for level in each)):
        if not word or re.search(r'[\s{}()\[\];,|"]|^//|^/\*', word):
            raise FormatError(f"BIF cannot hold the name {word!r}; rename it")
    lines = ["network unknown {", "}"]
    for name, levels in zip(network.names, network.levels, strict=True):
        each = ", ".join(levels)
        lines.append(f"variable {name} {{")
        lines.append(f"  type discrete [ {len(levels)} ] {{ {each} }};")
        lines.append("}")
    for v, name in enumerate(network.names):
        parents = network.parents[v]
        head = f"{name} | " + ", ".join(network.names[p] for p in parents)
        lines.append(f"probability ( {head if parents else name} ) {{")
        for where in np.ndindex(*(len(network.levels[p]) for p in parents)):
            row = ", ".join(repr(float(x)) for x in network.tables[v][where])
            of = ", ".join(
                network.levels[p][k] for p, k in zip(parents, where, strict=True)
            )
            lines.append(f"  ({of}) {row};" if parents else f"  table {row};")
        lines.append("}")
    raw = ("\n".join(lines) + "\n").encode("utf-8")
    path = Path(path)
    path.write_bytes(gzip.compress(raw, mtime=0) if path.suffix == ".gz" else raw)
