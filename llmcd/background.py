"""Background knowledge: required edges, forbidden edges and tiers, obeyed exactly."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from llmcd.errors import GraphError, VariablesError
from llmcd.graph import Graph

if TYPE_CHECKING:
    from llmcd.variables import Variables

__all__ = ["Background"]

Pair = tuple[str, str]
_FIELDS = ("required", "forbidden", "tiers")


@dataclass(frozen=True)
class Background:
    """What is known before the data are looked at.

    Parameters
    ----------
    required : iterable of (cause, effect), optional
        Edges that must be in the graph.
    forbidden : iterable of (cause, effect), optional
        Edges that must not be; the opposite direction stays possible.
    tiers : sequence of iterables of str, optional
        Groups of variables, the earliest first; nothing in a later group may cause
        anything in an earlier one. Variables in no group are free.

    Raises
    ------
    VariablesError
        If an entry is no pair of names.

    Examples
    --------
    >>> known = Background(forbidden=[("b", "a")], tiers=[["age"], ["a", "b"]])
    >>> known.allowed("a", "b"), known.allowed("b", "a"), known.allowed("a", "age")
    (True, False, False)
    """

    required: frozenset[Pair] = frozenset()
    forbidden: frozenset[Pair] = frozenset()
    tiers: tuple[frozenset[str], ...] = ()

    def __init__(
        self,
        required: Iterable[Sequence[str]] = (),
        forbidden: Iterable[Sequence[str]] = (),
        tiers: Iterable[Iterable[str]] = (),
    ) -> None:
        object.__setattr__(self, "required", _pairs("required", required))
        object.__setattr__(self, "forbidden", _pairs("forbidden", forbidden))
        object.__setattr__(self, "tiers", _groups(tiers))

    @classmethod
    def of(cls, value: Background | Mapping[str, Any] | None) -> Background:
        """Background knowledge from what a user has at hand.

        Parameters
        ----------
        value : Background, mapping or None
            A mapping has the keys ``required``, ``forbidden`` and ``tiers``.

        Returns
        -------
        Background

        Raises
        ------
        VariablesError
            If a key is unknown or an entry is no pair of names.

        Examples
        --------
        >>> Background.of({"required": [["a", "b"]]}).required
        frozenset({('a', 'b')})
        """
        if value is None:
            return cls()
        if isinstance(value, Background):
            return value
        if not isinstance(value, Mapping):
            raise VariablesError(
                f"background must be a mapping with the keys {', '.join(_FIELDS)}, "
                f"got {type(value).__name__}"
            )
        unknown = sorted(set(map(str, value)) - set(_FIELDS))
        if unknown:
            raise VariablesError(
                f"background has the unknown keys {unknown}; expected "
                f"{', '.join(_FIELDS)}"
            )
        return cls(**{key: entry or () for key, entry in value.items()})

    @classmethod
    def from_variables(cls, variables: Variables) -> Background:
        """Tiers from the ``tier`` of each description.

        Examples
        --------
        >>> from llmcd.variables import Variable, Variables
        >>> each = (Variable("y", tier=1), Variable("x", tier=0), Variable("z"))
        >>> Background.from_variables(Variables(variables=each)).allowed("y", "x")
        False
        """
        by_tier: dict[int, set[str]] = {}
        for name in variables:
            tier = variables[name].tier
            if tier is not None:
                by_tier.setdefault(tier, set()).add(name)
        return cls(tiers=[by_tier[tier] for tier in sorted(by_tier)])

    def merge(self, other: Background) -> Background:
        """Both kinds of knowledge at once.

        Two lists of tiers are kept as what they forbid: an order between groups
        that no list states is not invented.

        Examples
        --------
        >>> one = Background(tiers=[["a"], ["b"]])
        >>> one.merge(Background(forbidden=[("a", "c")])).tiers == one.tiers
        True
        """
        tiers = self.tiers or other.tiers
        forbidden = self.forbidden | other.forbidden
        if self.tiers and other.tiers and self.tiers != other.tiers:
            forbidden |= _backwards(other.tiers)
        return Background(self.required | other.required, forbidden, tiers)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return not (self.required or self.forbidden or self.tiers)

    def allowed(self, cause: str, effect: str) -> bool:
        """Whether ``cause --> effect`` may be in the graph.

        Examples
        --------
        >>> Background(required=[("a", "b")]).allowed("b", "a")
        False
        """
        if (cause, effect) in self.forbidden or (effect, cause) in self.required:
            return False
        before, after = self._tier(cause), self._tier(effect)
        return before is None or after is None or before <= after

    def _tier(self, name: str) -> int | None:
        return next((k for k, group in enumerate(self.tiers) if name in group), None)

    def forbidden_matrix(self, names: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Matrix over ``names``: true at [i, j] when ``i --> j`` is not allowed.

        Examples
        --------
        >>> Background(forbidden=[("a", "b")]).forbidden_matrix("ab").tolist()
        [[True, True], [False, True]]
        """
        tiers = [self._tier(name) for name in names]
        known = np.array([tier is not None for tier in tiers], dtype=bool)
        at = np.array([tier or 0 for tier in tiers], dtype=np.int64)
        found = np.outer(known, known) & (at[:, None] > at[None, :])
        found |= _matrix(self.forbidden, names) | _matrix(self.required, names).T
        np.fill_diagonal(found, True)
        return found

    def required_matrix(self, names: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Matrix over ``names``: true at [i, j] when ``i --> j`` is required.

        Examples
        --------
        >>> Background(required=[("a", "b")]).required_matrix("ab").tolist()
        [[False, True], [False, False]]
        """
        return _matrix(self.required, names)

    def check(self, names: Iterable[str]) -> None:
        """Say everything that is wrong at once.

        Parameters
        ----------
        names : iterable of str
            The variables there are.

        Raises
        ------
        VariablesError
            Listing unknown names, edges that are required and forbidden, required
            cycles, required edges against the tiers, variables in two tiers.

        Examples
        --------
        >>> Background(required=[("a", "b")]).check(["a", "c"])
        Traceback (most recent call last):
        ...
        llmcd.errors.VariablesError: the background knowledge cannot hold:
        - 'b' is not a column; did you mean ...
        """
        known = list(names)
        problems = [*self._strangers(known), *self._contradictions()]
        if problems:
            raise VariablesError(
                "the background knowledge cannot hold:\n- " + "\n- ".join(problems)
            )

    def _strangers(self, known: list[str]) -> list[str]:
        used = {v for pair in self.required | self.forbidden for v in pair}
        used.update(*self.tiers)
        found: list[str] = []
        for name in sorted(used - set(known)):
            close = get_close_matches(name, known, n=1, cutoff=0.0)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            found.append(f"{name!r} is not a column{hint}")
        return found

    def _contradictions(self) -> list[str]:
        found: list[str] = []
        for cause, effect in sorted(self.required):
            if cause == effect:
                found.append(f"{cause} --> {effect} is required: a loop")
            elif (cause, effect) in self.forbidden:
                found.append(f"{cause} --> {effect} is both required and forbidden")
            elif (effect, cause) in self.required and cause < effect:
                found.append(f"{cause} --> {effect} is required both ways")
            before, after = self._tier(cause), self._tier(effect)
            if before is not None and after is not None and before > after:
                found.append(
                    f"{cause} --> {effect} is required, but {effect} is in an earlier "
                    "tier"
                )
        names = sorted({v for pair in self.required for v in pair})
        one_way = {(a, b) for a, b in self.required if (b, a) not in self.required}
        try:
            Graph.from_edges(
                names, directed=sorted((a, b) for a, b in one_way if a != b)
            ).topological_order()
        except GraphError as error:
            found.append(f"the required edges: {error}")
        seen: dict[str, int] = {}
        for k, group in enumerate(self.tiers):
            for name in sorted(group):
                if name in seen:
                    found.append(f"{name!r} is in tier {seen[name]} and in tier {k}")
                seen.setdefault(name, k)
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, sorted, for JSON."""
        return {
            "required": sorted(map(list, self.required)),
            "forbidden": sorted(map(list, self.forbidden)),
            "tiers": [sorted(group) for group in self.tiers],
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Background:
        """What ``to_dict`` wrote.

        Examples
        --------
        >>> known = Background(required=[("a", "b")], tiers=["a", "b"])
        >>> Background.from_dict(known.to_dict()) == known
        True
        """
        return cls.of(content)


def _pairs(what: str, entries: Iterable[Sequence[str]]) -> frozenset[Pair]:
    if isinstance(entries, (str, bytes)) or not isinstance(entries, Iterable):
        raise VariablesError(
            f"{what} must be a list of (cause, effect) pairs, got {entries!r}"
        )
    found: set[Pair] = set()
    for entry in entries:
        pair = None if isinstance(entry, str) else tuple(entry)
        if pair is None or len(pair) != 2 or not all(isinstance(v, str) for v in pair):
            raise VariablesError(
                f"{what} must hold (cause, effect) pairs of names, got {entry!r}"
            )
        found.add((pair[0], pair[1]))
    return frozenset(found)


def _groups(tiers: Iterable[Iterable[str]]) -> tuple[frozenset[str], ...]:
    if isinstance(tiers, (str, bytes)) or not isinstance(tiers, Iterable):
        raise VariablesError(f"tiers must be a list of lists of names, got {tiers!r}")
    found: list[frozenset[str]] = []
    for group in tiers:
        names = [group] if isinstance(group, str) else list(group)
        if not all(isinstance(name, str) for name in names):
            raise VariablesError(f"a tier must be a list of names, got {group!r}")
        found.append(frozenset(names))
    return tuple(found)


def _backwards(tiers: Sequence[frozenset[str]]) -> frozenset[Pair]:
    return frozenset(
        (late, early)
        for k, later in enumerate(tiers)
        for earlier in tiers[:k]
        for late in later
        for early in earlier
    )


def _matrix(
    pairs: Iterable[tuple[str, str]], names: Sequence[str]
) -> npt.NDArray[np.bool_]:
    """True at [i, j] for each of the pairs that is among the names."""
    at = {name: k for k, name in enumerate(names)}
    found = np.zeros((len(names), len(names)), dtype=bool)
    for a, b in pairs:
        if a in at and b in at:
            found[at[a], at[b]] = True
    return found
