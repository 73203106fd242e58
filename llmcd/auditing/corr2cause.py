"""From correlation to causation: published items, fresh items, an exact solver.

Jin et al. (ICLR 2024), *Can large language models infer causation from correlation?*,
arXiv 2306.05836. The code is ours; what is read is the published form of the data.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from llmcd.auditing.hub import rows_by_name, rows_of_json
from llmcd.auditing.items import Item, Transcript
from llmcd.auditing.names import STYLES, distinct
from llmcd.auditing.premises import (
    HYPOTHESES,
    Hypothesis,
    Premise,
    holds,
    hypothesis_text,
    read_hypothesis,
    read_premise,
    solve,
)
from llmcd.auditing.scores import by_facet, measures_of, trivial
from llmcd.auditing.section import Measure, Section
from llmcd.equivalence import cpdag, members
from llmcd.errors import FormatError
from llmcd.expert.choices import YES_NO
from llmcd.graph import Graph

__all__ = ["Corr2Cause", "Disagreement", "audit_labels", "load_items", "load_named"]

NAME = "corr2cause"
_YES = {"1", "true", "yes", "entailment", "valid"}
_NO = {"0", "false", "no", "contradiction", "neutral", "invalid"}
# with fewer variables a claim is true in all of a class only where it always is
_SMALLEST = {"parent": 3, "ancestor": 4, "collider": 3, "confounder": 4}
_PUBLISHED = (
    "GPT-4: F1 29.08, accuracy 64.6 on the 1,162 items of the published test set (Jin "
    "et al. 2024, arXiv 2306.05836; quoted from memory of the paper)",
    "RoBERTa-large trained on the task: F1 94.7, which falls when names or wording "
    "change (the same)",
)


@dataclass(frozen=True)
class Disagreement:
    """A published label that the exact solver does not find.

    Attributes
    ----------
    id : str
        Of the item.
    label, solved : str
        What the file says and what follows from the premise: ``"yes"`` or ``"no"``.
    premise, hypothesis : str
        The texts.
    """

    id: str
    label: str
    solved: str
    premise: str
    hypothesis: str


@dataclass(frozen=True)
class Corr2Cause:
    """Whether a claim follows from all that is known of the correlations.

    Attributes
    ----------
    sizes : tuple of int
        Numbers of variables of fresh items, at least 3; claims about something in
        between and about common causes have at least 4.
    paraphrase : bool
        Whether claims are put in other words as well.

    Examples
    --------
    >>> items = Corr2Cause(sizes=(3, 4)).items(16, seed=0)
    >>> sorted({x.truth for x in items}), len(items)
    (['no', 'yes'], 16)
    """

    sizes: tuple[int, ...] = (3, 4, 5)
    paraphrase: bool = True
    name: str = NAME

    def __post_init__(self) -> None:
        if not self.sizes or not all(3 <= size <= 8 for size in self.sizes):
            raise ValueError(f"sizes are from 3 to 8, got {self.sizes}")

    def items(self, n: int, seed: int) -> tuple[Item, ...]:
        """Fresh items, two for each premise and claim: one follows, one does not.

        Parameters
        ----------
        n : int
            How many; rounded up to an even number.
        seed : int
            Another seed, other systems and names.

        Returns
        -------
        tuple of Item
            Sizes, claims and styles of names come in turn, each as often as another
            one as far as ``n`` allows; nothing in words or length tells the answer,
            since both answers have the same premise and the same claim.
        """
        rng = np.random.default_rng([seed, 1])
        found: list[Item] = []
        relations = list(HYPOTHESES)
        for turn in range(-(-n // 2)):
            relation = relations[turn % len(relations)]
            size = self.sizes[turn // len(relations) % len(self.sizes)]
            size = max(size, _SMALLEST[relation])
            style = STYLES[turn % len(STYLES)]
            found += self._two(relation, size, style, turn, seed, rng)
        return tuple(found)

    def _two(
        self,
        relation: str,
        size: int,
        style: str,
        turn: int,
        seed: int,
        rng: np.random.Generator,
    ) -> list[Item]:
        dags, yes, no = _system(relation, size, rng)
        names = distinct(size, rng, style)
        renamed = dict(zip(dags[0].names, names, strict=True))
        order = [names[int(k)] for k in rng.permutation(size)]
        premise = Premise.of(dags[0].rename(renamed).reorder(order)).text()
        wording = int(rng.integers(len(HYPOTHESES[relation]))) if self.paraphrase else 0
        both: list[Item] = []
        for answer, choices in (("yes", yes), ("no", no)):
            a, b = choices[int(rng.integers(len(choices)))]
            claim = Hypothesis(relation, renamed[a], renamed[b])
            text = _text(premise, hypothesis_text(claim, wording))
            facets = {
                "claim": relation,
                "variables": str(size),
                "names": style,
                "wording": "paraphrased" if wording else "as published",
                "premise": f"{seed}.{turn}",
            }
            question = YES_NO.question(f"{NAME} {seed}", f"{turn}{answer[0]}", text)
            both.append(Item(question, answer, facets))
        return both if rng.random() < 0.5 else both[::-1]

    def score(self, transcript: Transcript) -> Section:
        """Balanced accuracy, F1 and accuracy, beside what trivial experts get.

        Parameters
        ----------
        transcript : Transcript
            Of fresh or published items.

        Returns
        -------
        Section
        """
        trivials = trivial([x.item.truth for x in transcript])
        parts = by_facet(transcript, ("claim", "variables", "names", "wording"))
        parts["F1 of trivial experts"] = tuple(
            Measure(who, table.f1, n=table.n) for who, table in trivials.items()
        )
        parts["accuracy of trivial experts"] = tuple(
            Measure(who, table.accuracy, n=table.n) for who, table in trivials.items()
        )
        return Section.of(
            transcript,
            task=NAME,
            title="Does a causal claim follow from what correlates with what?",
            measures=measures_of(transcript),
            parts=parts,
            published=_PUBLISHED,
        )


def _text(premise: str, hypothesis: str) -> str:
    return (
        f"Premise: {premise}\n\nHypothesis: {hypothesis}\n\nDoes the hypothesis follow "
        "from the premise, that is, is it true in every causal system without hidden "
        "variables that has exactly these relations?"
    )


def _system(
    relation: str, size: int, rng: np.random.Generator
) -> tuple[tuple[Graph, ...], list[tuple[str, str]], list[tuple[str, str]]]:
    """A class of DAGs in which a claim holds of some pairs and not of others."""
    names = [f"v{k}" for k in range(size)]
    while True:
        density = rng.uniform(0.3, 0.8)
        arcs = np.triu(rng.random((size, size)) < density, 1)
        dag = Graph.from_directed_matrix(names, arcs)
        dags = tuple(members(cpdag(dag)))
        yes: list[tuple[str, str]] = []
        no: list[tuple[str, str]] = []
        for a, b in permutations(names, 2):
            true = holds(Hypothesis(relation, a, b), dags)
            (yes if true else no).append((a, b))
        if yes and no:
            return dags, yes, no


# --- published files ------------------------------------------------------------------


def load_items(path: str | os.PathLike[str]) -> tuple[Item, ...]:
    """Read a file of the published data.

    Parameters
    ----------
    path : path
        CSV, JSON (a list) or JSON-lines with ``input`` (premise and hypothesis in one)
        or ``premise`` and ``hypothesis``, and ``label`` or ``relation``; ``template``
        and ``num_variables`` become facets.

    Returns
    -------
    tuple of Item

    Raises
    ------
    FormatError
        If the file or a row is not of this form, naming the row.
    """
    return tuple(_item(row, f"{path}, row {k}", k) for k, row in _rows(Path(path)))


def load_named(
    name: str = "causalnlp/corr2cause", *, split: str | None = None
) -> tuple[Item, ...]:
    """Published items by name, where the library ``datasets`` is there.

    Parameters
    ----------
    name : str, optional
        Rows as ``load_items`` reads them.
    split : str, optional
        As of ``llmcd.auditing.hub.rows_by_name``.

    Returns
    -------
    tuple of Item

    Raises
    ------
    ImportError
        If the library is not there.
    FormatError
        If there is no such split, or a row is not of this form.
    """
    rows = enumerate(rows_by_name(name, split=split), 1)
    return tuple(_item(row, f"{name}, row {k}", k) for k, row in rows)


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise FormatError(f"{path} is not UTF-8 text: {problem.reason}") from None
    if path.suffix.lower() == ".csv":
        yield from enumerate(csv.DictReader(text.splitlines(keepends=True)), 1)
        return
    yield from enumerate(rows_of_json(text, str(path)), 1)


def _item(row: Mapping[str, Any], where: str, number: int) -> Item:
    try:
        premise, claim = _both(row)
        label = str(row["label"] if "label" in row else row["relation"])
    except (KeyError, TypeError):
        raise FormatError(
            f"{where}: expected 'input', or 'premise' and 'hypothesis', and 'label'"
        ) from None
    word = label.strip().lower()
    if word not in _YES | _NO:
        raise FormatError(f"{where}: the label must be 0 or 1, got {label!r}")
    given = {"claim": row.get("template"), "variables": row.get("num_variables")}
    facets = {k: str(v) for k, v in given.items() if v not in (None, "")}
    question = YES_NO.question(f"{NAME} published", str(number), _text(premise, claim))
    return Item(question, "yes" if word in _YES else "no", facets)


def _both(row: Mapping[str, Any]) -> tuple[str, str]:
    if "premise" in row:
        return str(row["premise"]).strip(), str(row["hypothesis"]).strip()
    premise, between, claim = str(row["input"]).partition("Hypothesis:")
    if not between:
        raise KeyError("input")
    return premise.strip().removeprefix("Premise:").strip(), claim.strip()


def audit_labels(
    items: Iterable[Item], *, strict: bool = True
) -> tuple[int, tuple[Disagreement, ...]]:
    """Compare labels with what the exact solver finds.

    Parameters
    ----------
    items : iterable of Item
        From ``load_items``.
    strict : bool, optional
        See ``llmcd.auditing.premises.holds``.

    Returns
    -------
    tuple of (int, tuple of Disagreement)
        How many could be read and solved, and those that differ.
    """
    found: list[Disagreement] = []
    solved = 0
    known: dict[str, Sequence[Graph]] = {}
    for item in items:
        body = item.messages[1]["content"].removeprefix("Premise: ")
        premise, _, rest = body.partition("\n\nHypothesis: ")
        claim = rest.partition("\n\n")[0]
        try:
            if premise not in known:
                known[premise] = solve(read_premise(premise))
            true = holds(read_hypothesis(claim), known[premise], strict=strict)
        except FormatError:
            continue
        solved += 1
        answer = "yes" if true else "no"
        if answer != item.truth:
            found.append(Disagreement(item.id, item.truth, answer, premise, claim))
    return solved, tuple(found)
