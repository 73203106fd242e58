"""All independences among a few variables: as text, and the graphs they allow."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from llmcd.auditing.names import listed
from llmcd.equivalence import meek_closure, members, pattern
from llmcd.errors import FormatError, GraphError
from llmcd.graph import Graph

__all__ = [
    "HYPOTHESES",
    "Hypothesis",
    "Independence",
    "Premise",
    "holds",
    "read_hypothesis",
    "read_premise",
    "solve",
]

Independence = tuple[str, str, frozenset[str]]

HYPOTHESES: Mapping[str, tuple[str, ...]] = {
    "parent": ("{a} directly causes {b}.", "{a} directly affects {b}."),
    "ancestor": (
        "{a} causes something else which causes {b}.",
        "{a} is a cause for {b}, but not a direct one.",
        "{a} influences {b} through some mediator(s).",
    ),
    "collider": (
        "There exists at least one collider (i.e., common effect) of {a} and {b}.",
        "{a} and {b} together cause some other variable(s).",
    ),
    "confounder": (
        "There exists at least one confounder (i.e., common cause) of {a} and {b}.",
        "Some variable(s) cause(s) both {a} and {b}.",
    ),
}
"""What may be claimed of a pair, in the published wording and its paraphrase."""

_NAME = r"(\w[\w'-]*)"
_READ = {
    relation: [
        re.compile(re.escape(t).replace(r"\{a\}", _NAME).replace(r"\{b\}", _NAME))
        for t in texts
    ]
    for relation, texts in HYPOTHESES.items()
}
_SYSTEM = re.compile(r"closed system of (\d+) variables, (.+?)\. All the statistical")
_CORRELATES = re.compile(rf"^{_NAME} correlates with {_NAME}$")
_APART = re.compile(rf"^{_NAME} is independent of {_NAME}$")
_GIVEN = re.compile(rf"^{_NAME} and {_NAME} are independent given (.+)$")


@dataclass(frozen=True)
class Premise:
    """What is known of a closed system: every independence that holds in it.

    Attributes
    ----------
    names : tuple of str
        The variables.
    independences : frozenset of (str, str, frozenset of str)
        Pairs in name order, each with what they are independent given.

    Examples
    --------
    >>> chain = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c")])
    >>> Premise.of(chain).independences
    frozenset({('a', 'c', frozenset({'b'}))})
    """

    names: tuple[str, ...]
    independences: frozenset[Independence]

    @classmethod
    def of(cls, dag: Graph) -> Premise:
        """All d-separations of a DAG.

        Raises
        ------
        GraphError
            If the graph is not a DAG.
        """
        found: set[Independence] = set()
        for a, b in combinations(sorted(dag.names), 2):
            others = [name for name in dag.names if name not in (a, b)]
            for size in range(len(others) + 1):
                for given in combinations(others, size):
                    if dag.d_separated(a, b, given):
                        found.add((a, b, frozenset(given)))
        return cls(dag.names, frozenset(found))

    def text(self) -> str:
        """In the published wording, in the order of the names."""
        n = len(self.names)
        place = {name: k for k, name in enumerate(self.names)}
        apart = {(a, b) for a, b, given in self.independences if not given}
        pairs = list(combinations(self.names, 2))
        together = [
            f"{a} correlates with {b}."
            for a, b in pairs
            if tuple(sorted((a, b))) not in apart
        ]
        free: list[tuple[int, int, int, str]] = []
        for one, other, given in self.independences:
            a, b = sorted((one, other), key=place.__getitem__)
            known = listed(sorted(given, key=place.__getitem__))
            words = f"{a} and {b} are independent given {known}."
            if not given:
                words = f"{a} is independent of {b}."
            free.append((place[a], place[b], len(given), words))
        said = " ".join(together)
        if free:
            said += " However, " if said else ""
            said += " ".join(words for *_, words in sorted(free))
        return (
            f"Suppose there is a closed system of {n} variables, {listed(self.names)}. "
            f"All the statistical relations among these {n} variables are as follows: "
            f"{said}"
        )


@dataclass(frozen=True)
class Hypothesis:
    """A claim about a pair.

    Attributes
    ----------
    relation : str
        A key of ``HYPOTHESES``.
    a, b : str
        The pair; for a parent and an ancestor the cause first.
    """

    relation: str
    a: str
    b: str


def read_premise(text: str) -> Premise:
    """Read a premise in the published wording.

    Parameters
    ----------
    text : str
        With or without ``Premise:`` before it.

    Returns
    -------
    Premise

    Raises
    ------
    FormatError
        If a sentence is not understood: nothing is passed over.

    Examples
    --------
    >>> read_premise(
    ...     "Suppose there is a closed system of 2 variables, A and B. All the "
    ...     "statistical relations among these 2 variables are as follows: A is "
    ...     "independent of B."
    ... ).independences
    frozenset({('A', 'B', frozenset())})
    """
    flat = " ".join(text.split())
    head = _SYSTEM.search(flat)
    if head is None:
        raise FormatError(f"expected 'a closed system of n variables', got {flat:.80}")
    names = _names(head[2])
    body = flat.partition("as follows:")[2].strip().removesuffix(".")
    found: set[Independence] = set()
    for sentence in [s for s in re.split(r"\.\s+", body) if s]:
        plain = sentence.removeprefix("However, ").strip()
        if _CORRELATES.match(plain):
            continue
        apart, given = _APART.match(plain), _GIVEN.match(plain)
        match = apart or given
        if match is None:
            raise FormatError(f"a premise's sentence is not understood: {sentence!r}")
        a, b = sorted((match[1], match[2]))
        found.add((a, b, frozenset(() if apart else _names(match[3]))))
    unknown = {x for a, b, given in found for x in (a, b, *given)} - set(names)
    if unknown or len(names) != int(head[1]):
        raise FormatError(f"{head[1]} variables {names}, but also {sorted(unknown)}")
    return Premise(names, frozenset(found))


def _names(text: str) -> tuple[str, ...]:
    return tuple(x for x in re.split(r",\s*and\s+|,\s*|\s+and\s+", text) if x)


def read_hypothesis(text: str) -> Hypothesis:
    """Read a claim in the published wording or its paraphrase.

    Raises
    ------
    FormatError
        If it is none of these.

    Examples
    --------
    >>> read_hypothesis("A directly causes B.")
    Hypothesis(relation='parent', a='A', b='B')
    """
    flat = " ".join(text.split()).removeprefix("Hypothesis:").strip()
    for relation, forms in _READ.items():
        for form in forms:
            match = form.fullmatch(flat)
            if match:
                return Hypothesis(relation, match[1], match[2])
    raise FormatError(f"a hypothesis is not understood: {flat:.100}")


def solve(premise: Premise) -> tuple[Graph, ...]:
    """Every DAG with exactly the independences of a premise.

    Parameters
    ----------
    premise : Premise
        All independences of some DAG.

    Returns
    -------
    tuple of Graph
        The Markov equivalence class.

    Raises
    ------
    FormatError
        If no DAG has exactly these independences.

    Notes
    -----
    Two variables are adjacent when nothing separates them; an unshielded triple is a
    collider when its middle is in no separating set (Verma and Pearl 1990; Spirtes,
    Glymour and Scheines 2000, section 5.4.2). The rest is Meek's rules.

    Examples
    --------
    >>> chain = Graph.from_edges("abc", directed=[("a", "b"), ("b", "c")])
    >>> len(solve(Premise.of(chain)))
    3
    """
    names = premise.names
    separators: dict[frozenset[str], list[frozenset[str]]] = {}
    for a, b, given in premise.independences:
        separators.setdefault(frozenset((a, b)), []).append(given)
    edges = [p for p in combinations(names, 2) if frozenset(p) not in separators]
    skeleton = Graph.from_edges(names, undirected=edges)
    colliders = [
        (a, c, b)
        for c in names
        for a, b in combinations(skeleton.neighbours(c), 2)
        if frozenset((a, b)) in separators
        and not any(c in given for given in separators[frozenset((a, b))])
    ]
    try:
        found = tuple(members(meek_closure(pattern(skeleton, colliders))))
    except GraphError as problem:
        raise FormatError(f"no DAG has these independences: {problem}") from problem
    if not found or Premise.of(found[0]).independences != premise.independences:
        raise FormatError("no DAG has exactly these independences")
    return found


def holds(
    hypothesis: Hypothesis, dags: Iterable[Graph], *, strict: bool = True
) -> bool:
    """Whether a claim is true in every DAG of a class.

    Parameters
    ----------
    hypothesis : Hypothesis
        What is claimed.
    dags : iterable of Graph
        From ``solve``.
    strict : bool, optional
        Whether "through something else" excludes that there is a direct edge as well,
        as in the published labels' definition.

    Returns
    -------
    bool

    Raises
    ------
    GraphError
        If the pair is not in the graphs.
    """
    true = _TRUE[hypothesis.relation]
    return all(true(dag, hypothesis.a, hypothesis.b, strict) for dag in dags)


def _through(dag: Graph, a: str, b: str, strict: bool) -> bool:
    direct = b in dag.children(a)
    if direct and strict:
        return False
    return any(b == c or b in dag.descendants(c) for c in dag.children(a) if c != b)


_TRUE: Mapping[str, Callable[[Graph, str, str, bool], bool]] = {
    "parent": lambda dag, a, b, _: b in dag.children(a),
    "ancestor": _through,
    "collider": lambda dag, a, b, _: bool({*dag.children(a)} & {*dag.children(b)}),
    "confounder": lambda dag, a, b, _: bool({*dag.parents(a)} & {*dag.parents(b)}),
}


def hypothesis_text(hypothesis: Hypothesis, wording: int = 0) -> str:
    """A claim in one of its wordings, 0 being the published one."""
    texts: Sequence[str] = HYPOTHESES[hypothesis.relation]
    return texts[wording % len(texts)].format(a=hypothesis.a, b=hypothesis.b)
