"""The ladder of causation: published items and fresh ones with exact answers.

Jin et al. (NeurIPS 2023), *CLadder: assessing causal reasoning in language models*,
arXiv 2312.04350. Code, stories and wordings are ours; what is read is the
published form.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from llmcd.auditing.hub import rows_by_name, rows_of_json
from llmcd.auditing.items import Item, Transcript
from llmcd.auditing.scm import GRAPHS, Model, draw_model
from llmcd.auditing.scores import by_facet, measures_of, right
from llmcd.auditing.section import Measure, Section
from llmcd.auditing.stories import ALIGNMENTS, background, chances, dressed, rules, seen
from llmcd.errors import FormatError
from llmcd.expert.choices import YES_NO

__all__ = ["QUERIES", "CLadder", "load_items", "load_named", "parrot_gap"]

NAME = "cladder"
_MARGIN = 0.05  # effects smaller than this are not asked about
_PUBLISHED = (
    "GPT-4: accuracy 62.03, and 70.40 when led through the steps (Jin et al. 2023, "
    "arXiv 2312.04350; quoted from memory of the paper)",
)
_ALL = tuple(GRAPHS)
_EFFECT = tuple(name for name in GRAPHS if name != "collision")


@dataclass(frozen=True)
class _World:
    """A model and the words for it."""

    model: Model
    skin: Mapping[str, str]


@dataclass(frozen=True)
class Query:
    """A kind of query.

    Attributes
    ----------
    rung : int
        1 seeing, 2 doing, 3 imagining.
    graphs : tuple of str
        Where it makes sense.
    value : callable
        ``(model)``, positive when the first of the two questions is to be answered with
        yes, negative when the second; near 0 it is not asked.
    ask : tuple of (str, str)
        Two questions of which exactly one is answered with yes.
    """

    rung: int
    graphs: tuple[str, ...]
    value: Callable[[Model], float]
    ask: tuple[str, str]


def _both(text: str) -> tuple[str, str]:
    return text.replace("MORE", "more"), text.replace("MORE", "less")


def _difference(model: Model, given: Mapping[str, int]) -> float:
    with_x = model.probability({"Y": 1}, {"X": 1, **given})
    return with_x - model.probability({"Y": 1}, {"X": 0, **given})


QUERIES: Mapping[str, Query] = {
    "marginal": Query(
        1, _ALL, lambda m: m.probability({"Y": 1}) - 0.5,
        _both("Over all cases, is {Y} MORE likely to be there than not?"),
    ),
    "correlation": Query(
        1, _EFFECT, lambda m: _difference(m, {}),
        _both("Is {Y} MORE likely among cases with {X} than among cases without it?"),
    ),
    "exp_away": Query(
        1, ("collision",), lambda m: _difference(m, {"V3": 1}),
        _both("Looking only at cases with {V3}: is {Y} MORE likely in those with {X} "
              "than in those without?"),
    ),
    "ate": Query(
        2, _EFFECT, lambda m: m.effect("X", "Y"),
        _both("If somebody brought about {X} in every case instead of preventing it, "
              "would {Y} become MORE likely?"),
    ),
    "ett": Query(
        3, _EFFECT, lambda m: m.effect_on_treated("X", "Y"),
        _both("Think of the cases that have {X} of themselves. Is {Y} MORE likely in "
              "them than it would have been had {X} been prevented?"),
    ),
    "nde": Query(
        3, ("mediation", "arrowhead"), lambda m: m.natural_effects("X", "Y")[0],
        _both("Suppose {X} were brought about, but all that lies between {X} and {Y} "
              "stayed as it would be without {X}. Would {Y} be MORE likely than when "
              "{X} is prevented?"),
    ),
    "nie": Query(
        3, ("mediation", "arrowhead", "chain", "diamond", "frontdoor"),
        lambda m: m.natural_effects("X", "Y")[1],
        _both("Suppose {X} were prevented, but all that lies between {X} and {Y} "
              "became as it would be with {X}. Would {Y} be MORE likely than when {X} "
              "is just prevented?"),
    ),
}  # fmt: skip
"""Queries about a sign, from the probabilities of the model."""

_COLLIDER = (
    "Somebody now brings about {X} in every case. Can the chance of {Z} change?",
    "Somebody now brings about {X} in every case. Must the chance of {Z} be as it was?",
)
_ADJUST = (
    "To learn how far {X} changes {Y}, should cases with and without {X} be compared "
    "within those with {Z} and within those without it, rather than over all cases?",
    "To learn how far {X} changes {Y}, should cases with and without {X} be compared "
    "over all cases, rather than within those with {Z} and within those without it?",
)
_WOULD = (
    "Had this case been {other} {X} instead, would it have {Y}?",
    "Had this case been {other} {X} instead, would it lack {Y}?",
)
# what must be adjusted for, or must not be: the back-door criterion (Pearl 1993)
_ADJUSTED = (("confounding", "V1"), ("diamondcut", "V1"), ("diamondcut", "V3"))
_NOT_ADJUSTED = (
    ("mediation", "V3"), ("chain", "V3"), ("diamond", "V2"), ("diamond", "V3"),
    ("collision", "V3"), ("arrowhead", "V3"),
)  # fmt: skip
RUNGS: Mapping[str, int] = {
    **{name: query.rung for name, query in QUERIES.items()},
    "collider_bias": 2, "backadj": 2, "det-counterfactual": 3,
}  # fmt: skip
_TEN = ("marginal", "ate", "ett", "correlation", "backadj", "nde", "exp_away",
        "collider_bias", "nie", "det-counterfactual")  # fmt: skip


@dataclass(frozen=True)
class CLadder:
    """Seeing, doing and imagining in small invented worlds.

    Attributes
    ----------
    queries : tuple of str
        Which of the ten kinds of query.

    Examples
    --------
    >>> items = CLadder().items(60, seed=0)
    >>> sum(x.truth == "yes" for x in items), items[0].facets["query"]
    (30, 'marginal')
    """

    queries: tuple[str, ...] = _TEN
    name: str = NAME

    def items(self, n: int, seed: int) -> tuple[Item, ...]:
        """Fresh items: for each world two opposite questions, of which one is true.

        Parameters
        ----------
        n : int
            How many; rounded up to an even number.
        seed : int
            Another seed, other worlds.

        Returns
        -------
        tuple of Item
            Queries come in turn, then alignments, then graphs. Which of the two
            questions is true alternates, so that neither words nor length tell it.
        """
        found: list[Item] = []
        for turn in range(-(-n // 2)):
            rng = np.random.default_rng([seed, 2, turn])
            kind = self.queries[turn % len(self.queries)]
            round_ = turn // len(self.queries)
            alignment = ALIGNMENTS[round_ % len(ALIGNMENTS)]
            first = round_ % 2 == 0
            graph, texts = _asked(kind, round_, first, alignment, rng)
            answers = ("yes", "no") if first else ("no", "yes")
            facets = {
                "rung": str(RUNGS[kind]), "query": kind, "graph": graph,
                "alignment": alignment, "world": f"{seed}.{turn}",
            }  # fmt: skip
            both = [
                Item(
                    YES_NO.question(f"{NAME} {seed}", f"{turn}.{k}", text), yes, facets
                )
                for k, (text, yes) in enumerate(zip(texts, answers, strict=True))
            ]
            found += both if rng.random() < 0.5 else both[::-1]
        return tuple(found)

    def score(self, transcript: Transcript) -> Section:
        """Accuracy by rung, query, graph and alignment, and the parrot gap.

        Parameters
        ----------
        transcript : Transcript
            Of fresh or published items.

        Returns
        -------
        Section
        """
        gap = parrot_gap(transcript)
        words: list[str] = []
        if gap.low is not None and gap.low > 0:
            words.append(
                f"It is better where things are as people expect than with nonsense "
                f"words, by {gap.value:.0%}: part of what looks like reasoning is "
                "recall."
            )
        return Section.of(
            transcript,
            task=NAME,
            title="Seeing, doing and imagining in small invented worlds",
            measures=(*measures_of(transcript), gap),
            words=words,
            parts=by_facet(transcript, ("rung", "query", "graph", "alignment")),
            published=_PUBLISHED,
        )


def parrot_gap(transcript: Transcript) -> Measure:
    """Accuracy where things are as expected, minus accuracy with nonsense words.

    Parameters
    ----------
    transcript : Transcript
        With the facet ``alignment``.

    Returns
    -------
    Measure
        With the interval of Newcombe (1998), method 10.
    """
    name = "parrot gap"
    parts = transcript.by("alignment")
    if not {"commonsense", "nonsense"} <= parts.keys():
        return Measure(name, None)
    known, unknown = right(parts["commonsense"]), right(parts["nonsense"])
    return _minus(known, unknown, name)


def _minus(one: Measure, other: Measure, name: str) -> Measure:
    if one.value is None or other.value is None:
        return Measure(name, None)
    gap = one.value - other.value
    low_1, high_1 = one.low or 0.0, one.high or 0.0
    low_2, high_2 = other.low or 0.0, other.high or 0.0
    down = ((one.value - low_1) ** 2 + (high_2 - other.value) ** 2) ** 0.5
    up = ((high_1 - one.value) ** 2 + (other.value - low_2) ** 2) ** 0.5
    return Measure(name, gap, gap - down, gap + up, one.n + other.n, 0.0)


# --- fresh questions ------------------------------------------------------------------


def _asked(
    kind: str, round_: int, first: bool, alignment: str, rng: np.random.Generator
) -> tuple[str, tuple[str, str]]:
    """A graph and two opposite questions, the first true or the second."""
    if kind == "backadj":
        choices = _ADJUSTED if first else _NOT_ADJUSTED
        graph, z = choices[round_ // 2 % len(choices)]
        world = _World(draw_model(graph, rng), dressed(graph, alignment, rng))
        return graph, _texts(world, "", _ADJUST, Z=world.skin[z])
    if kind == "collider_bias":
        world = _World(
            draw_model("collision", rng), dressed("collision", alignment, rng)
        )
        target = world.skin["V3" if first else "Y"]
        given = (
            "Looking only at cases with {V3}, cases with {X} have {Y} more or less "
            "often than those without."
        ).format(**world.skin)
        return "collision", _texts(world, given, _COLLIDER, Z=target)
    if kind == "det-counterfactual":
        return _imagined(round_, first, alignment, rng)
    query = QUERIES[kind]
    graph = query.graphs[round_ // 2 % len(query.graphs)]
    model = _wanted(lambda: draw_model(graph, rng), query.value, first)
    world = _World(model, dressed(graph, alignment, rng))
    return graph, _texts(world, chances(model, world.skin), query.ask)


def _imagined(
    round_: int, first: bool, alignment: str, rng: np.random.Generator
) -> tuple[str, tuple[str, str]]:
    graph = _EFFECT[round_ // 2 % len(_EFFECT)]
    while True:
        model = draw_model(graph, rng, certain=True)
        roots = [n for n in model.names if not model.parents(n)]
        # X may follow from others; it is set all the same
        case = {n: int(rng.integers(2)) for n in roots}
        noise = {n: 0.5 if p else 1 - case[n] + 1e-9 for n, p in _causes(model)}
        world = model.outcome(noise)
        if any(world[n] != v for n, v in case.items()):
            continue
        other = 1 - world["X"]
        would = model.would_be("Y", case, {"X": other})
        if (would == 1) == first and would in (0.0, 1.0):
            break
    skin = dressed(graph, alignment, rng)
    given = f"{rules(model, skin)} {seen(case | {'X': world['X']}, skin)}"
    told = _World(model, skin)
    turned = "with" if other else "without"
    return graph, _texts(told, given, _WOULD, other=turned)


def _causes(model: Model) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in model.names:
        yield name, model.parents(name)


def _wanted(
    draw: Callable[[], Model], value: Callable[[Model], float], positive: bool
) -> Model:
    while True:
        model = draw()
        found = value(model)
        if abs(found) >= _MARGIN and (found > 0) == positive:
            return model


def _texts(
    world: _World, given: str, ask: tuple[str, str], **more: str
) -> tuple[str, str]:
    before = background(world.model, world.skin)
    told = f"{before}\n\n{given}\n\n" if given else f"{before}\n\n"
    words = {**world.skin, **more}
    return told + ask[0].format(**words), told + ask[1].format(**words)


# --- published files ------------------------------------------------------------------


def load_items(
    path: str | os.PathLike[str], *, models: str | os.PathLike[str] | None = None
) -> tuple[Item, ...]:
    """Read a published file.

    Parameters
    ----------
    path : path
        ``cladder-v1-*.json``, the zip that holds it (the aggregate is taken, else the
        first file of questions in it), or a JSON or JSON-lines file of rows with
        ``prompt`` and ``label``.
    models : path, optional
        ``cladder-v1-meta-models.json``, which holds the backgrounds; taken from the
        zip, or from the same folder, when not given.

    Returns
    -------
    tuple of Item

    Raises
    ------
    FormatError
        If it is not of this form, naming the question.
    """
    source = Path(path)
    if zipfile.is_zipfile(source):
        rows, known = _from_zip(source)
    else:
        rows = rows_of_json(source.read_text(encoding="utf-8"), str(source))
        beside = Path(models) if models else source.parent / _MODELS
        known = []
        if beside.exists():
            known = rows_of_json(beside.read_text(encoding="utf-8"), str(beside))
    backgrounds = {str(m.get("model_id")): str(m.get("background", "")) for m in known}
    name = source.name
    return tuple(_item(row, backgrounds, k, name) for k, row in enumerate(rows, 1))


def load_named(
    name: str = "causalnlp/CLadder", *, split: str | None = None
) -> tuple[Item, ...]:
    """Published items by name, where the library ``datasets`` is there.

    Parameters
    ----------
    name : str, optional
        Rows with ``prompt`` and ``label``, as ``load_items`` reads them.
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
    rows = rows_by_name(name, split=split)
    return tuple(_item(row, {}, k, name) for k, row in enumerate(rows, 1))


_MODELS = "cladder-v1-meta-models.json"
_Rows = list[dict[str, Any]]


def _from_zip(path: Path) -> tuple[_Rows, _Rows]:
    with zipfile.ZipFile(path) as archive:
        names = sorted(n for n in archive.namelist() if n.endswith(".json"))
        asked = [n for n in names if "meta-models" not in n]
        best = [n for n in asked if "aggregate" in n] or asked
        if not best:
            raise FormatError(f"{path} holds no JSON file of questions, but {names}")
        models = [n for n in names if "meta-models" in n]
        rows = rows_of_json(archive.read(best[0]).decode("utf-8"), f"{path}, {best[0]}")
        known: _Rows = []
        if models:
            known = rows_of_json(
                archive.read(models[0]).decode("utf-8"), f"{path}, {models[0]}"
            )
    return rows, known


def _item(
    row: Mapping[str, Any], backgrounds: Mapping[str, str], number: int, file: str
) -> Item:
    meta: Mapping[str, Any] = {**row, **(row.get("meta") or {})}
    if isinstance(row.get("prompt"), str):
        text, answer = str(row["prompt"]), row.get("label")
    else:
        model = str(meta.get("model_id"))
        before = str(row.get("background") or backgrounds.get(model, ""))
        if not before:
            raise FormatError(
                f"{file}, question {number}: no background for the model {model!r}; "
                f"give models= the file {_MODELS}"
            )
        parts = (before, str(row.get("given_info") or ""), str(row.get("question")))
        text, answer = "\n\n".join(p for p in parts if p), row.get("answer")
    word = str(answer).strip().lower()
    if word not in ("yes", "no") or not text:
        raise FormatError(
            f"{file}, question {number}: expected a question and the answer yes or no, "
            f"got {answer!r}"
        )
    facets = {
        "rung": meta.get("rung"), "query": meta.get("query_type"),
        "graph": meta.get("graph_id"), "alignment": _alignment(meta, file),
    }  # fmt: skip
    told = {k: str(v) for k, v in facets.items() if v not in (None, "")}
    name = str(row.get("question_id", row.get("id", number)))
    return Item(YES_NO.question(f"{NAME} published", name, text), word, told)


def _alignment(meta: Mapping[str, Any], file: str) -> str | None:
    story = str(meta.get("story_id", ""))
    if story.startswith("nonsense"):
        return "nonsense"
    given = str(meta.get("question_property") or "")
    if given in ALIGNMENTS:
        return given
    if given in ("easy", "hard"):
        return "commonsense"
    for name in sorted(ALIGNMENTS, key=len, reverse=True):
        if f"-{name}" in file:
            return name
    return None
