"""Probes of two axioms: what causes pass on, and what knowing something blocks.

After Vashishtha et al. (2024), *Teaching transformers causal reasoning through
axiomatic training*, arXiv 2407.07612. Generators and wordings are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, permutations

import numpy as np

from llmcd.auditing.items import Item, Transcript
from llmcd.auditing.names import STYLES, distinct, listed
from llmcd.auditing.scores import by_facet, measures_of
from llmcd.auditing.section import Section
from llmcd.expert.choices import YES_NO
from llmcd.graph import Graph

__all__ = ["AXIOMS", "SHAPES", "Axioms", "shaped"]

NAME = "axioms"
AXIOMS = ("transitivity", "d-separation")
SHAPES = ("chain", "turned", "branched")
# with three variables the number of known ones would tell the answer
_SMALLEST = {"transitivity": 3, "d-separation": 4}
_Query = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True)
class Axioms:
    """Yes-no questions about graphs that are told arc by arc.

    Attributes
    ----------
    sizes : tuple of int
        Numbers of variables; accuracy against them is the graded curve.
    axioms : tuple of str
        Which of ``AXIOMS``.

    Examples
    --------
    >>> items = Axioms().items(48, seed=0)
    >>> sum(x.truth == "yes" for x in items), items[0].facets["axiom"]
    (24, 'transitivity')
    """

    sizes: tuple[int, ...] = (3, 4, 6, 9)
    axioms: tuple[str, ...] = AXIOMS
    name: str = NAME

    def items(self, n: int, seed: int) -> tuple[Item, ...]:
        """Fresh items, two for each graph: one is answered with yes, one with no.

        Parameters
        ----------
        n : int
            How many; rounded up to an even number.
        seed : int
            Another seed, other graphs.

        Returns
        -------
        tuple of Item
            Axioms come in turn, then sizes, then shapes, then styles of names.
        """
        found: list[Item] = []
        for turn in range(-(-n // 2)):
            rng = np.random.default_rng([seed, 3, turn])
            axiom = self.axioms[turn % len(self.axioms)]
            turns = turn // len(self.axioms)
            size = max(self.sizes[turns % len(self.sizes)], _SMALLEST[axiom])
            turns //= len(self.sizes)
            shape, style = SHAPES[turns % 3], STYLES[turns % 3 - turns // 3 % 3]
            facets = {
                "axiom": axiom, "length": str(size), "shape": shape, "names": style,
                "graph": f"{seed}.{turn}",
            }  # fmt: skip
            both = _two(axiom, size, shape, style, facets, f"{seed}.{turn}", rng)
            found += both if rng.random() < 0.5 else both[::-1]
        return tuple(found)

    def score(self, transcript: Transcript) -> Section:
        """Accuracy, and how it falls with length, shape and names.

        Parameters
        ----------
        transcript : Transcript
            Of these items.

        Returns
        -------
        Section
        """
        parts = by_facet(transcript, ("axiom", "shape", "names"))
        for axiom, part in transcript.by("axiom").items():
            lengths = by_facet(part, ("length",)).get("length", ())
            curve = sorted(lengths, key=lambda m: int(m.name))
            parts[f"{axiom}, by number of variables"] = tuple(curve)
        return Section.of(
            transcript,
            task=NAME,
            title="What causes pass on, and what knowing something blocks",
            measures=measures_of(transcript),
            parts=parts,
        )


def shaped(
    size: int, shape: str, names: Sequence[str], rng: np.random.Generator
) -> Graph:
    """A connected DAG of a shape.

    Parameters
    ----------
    size : int
        Number of variables.
    shape : {"chain", "turned", "branched"}
        A line of arrows; a line in which some arrows point back; a line with arcs that
        branch off and join again.
    names : sequence of str
        One for each variable.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Graph

    Raises
    ------
    ValueError
        If the shape is unknown.
    """
    if shape not in SHAPES:
        raise ValueError(f"shape is one of {list(SHAPES)}, got {shape!r}")
    line = list(pairwise(names))
    if shape == "turned":
        turned = rng.random(size - 1) < 0.5
        turned[int(rng.integers(size - 1))] = True
        line = [(b, a) if t else (a, b) for (a, b), t in zip(line, turned, strict=True)]
    if shape == "branched":
        line = [(names[int(rng.integers(k))], names[k]) for k in range(1, size)]
        more = [p for p in combinations(names[:size], 2) if p not in line]
        extra = rng.permutation(len(more))[: size // 4]
        line += [more[int(k)] for k in extra]
    return Graph.from_edges(names[:size], directed=line)


def _two(
    axiom: str,
    size: int,
    shape: str,
    style: str,
    facets: dict[str, str],
    number: str,
    rng: np.random.Generator,
) -> list[Item]:
    while True:
        names = distinct(size, rng, style)
        dag = shaped(size, shape, names, rng)
        ask = _passed_on if axiom == "transitivity" else _blocked
        queries = ask(dag, rng)
        if queries is not None:
            break
    arcs = list(dag.directed_edges())
    mixed = [arcs[int(k)] for k in rng.permutation(len(arcs))]
    told = " ".join(f"{a} causes {b}." for a, b in mixed)
    before = f"All causal relations of a system are these: {told}"
    both: list[Item] = []
    for answer, (a, b, given) in zip(("yes", "no"), queries, strict=True):
        text = f"{before}\n\n{_claim(axiom, a, b, given)}"
        question = YES_NO.question(NAME, f"{number}{answer[0]}", text)
        both.append(Item(question, answer, facets))
    return both


def _claim(axiom: str, a: str, b: str, given: Sequence[str]) -> str:
    if axiom == "transitivity":
        return f"Is {a} a cause of {b}, directly or through others?"
    known = f"once {listed(sorted(given))} is known" if given else "with nothing known"
    if len(given) > 1:
        known = f"once {listed(sorted(given))} are known"
    return (
        f"Every cause leaves a trace. Are {a} and {b} sure to be independent, {known}?"
    )


def _passed_on(dag: Graph, rng: np.random.Generator) -> tuple[_Query, _Query] | None:
    """A pair with a directed path of two arcs or more, and one without any."""
    yes = [
        (a, b)
        for a, b in permutations(dag.names, 2)
        if b in dag.descendants(a) and b not in dag.children(a)
    ]
    no = [(a, b) for a, b in permutations(dag.names, 2) if b not in dag.descendants(a)]
    # neither answer may be about neighbours only
    no = [(a, b) for a, b in no if not dag.adjacent(a, b)]
    if not yes or not no:
        return None
    one, other = (p[int(rng.integers(len(p)))] for p in (yes, no))
    return (*one, ()), (*other, ())


def _blocked(dag: Graph, rng: np.random.Generator) -> tuple[_Query, _Query] | None:
    """Two queries with as many known variables, one separated and one not."""
    size = int(rng.integers(0, 3))
    yes: list[_Query] = []
    no: list[_Query] = []
    for a, b in permutations(dag.names, 2):
        if dag.adjacent(a, b):
            continue
        others = [name for name in dag.names if name not in (a, b)]
        given = tuple(others[int(j)] for j in rng.permutation(len(others))[:size])
        apart = dag.d_separated(a, b, given)
        (yes if apart else no).append((a, b, given))
    if not yes or not no:
        return None
    return yes[int(rng.integers(len(yes)))], no[int(rng.integers(len(no)))]
