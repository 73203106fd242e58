"""Have all pairs of a described table answered by whoever fills in a file.

    python benchmarks/record_answers.py emit --variables V.yaml --out DIR
    python benchmarks/record_answers.py apply --variables V.yaml --out DIR \
        --expert "model, date" --to answers.jsonl

``emit`` writes ``questions-1.jsonl`` and ``questions-2.jsonl``, one for each of two
separate sittings: every pair stands in both, in opposite presentation orders, shuffled,
under identifiers that say nothing. Whoever answers must see nothing but one of these
files. ``apply`` reads ``filled-1.jsonl`` and ``filled-2.jsonl`` from the same folder.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np

from llmcd.expert.answers import Answers
from llmcd.expert.package import read_filled, write_questions
from llmcd.expert.questions import Question, pairwise_question
from llmcd.variables import Variables

SITTINGS = (1, 2)


def sittings(variables: Variables, seed: int) -> list[list[Question]]:
    """All pairs, each once a sitting, in opposite orders and shuffled."""
    rng = np.random.default_rng(seed)
    pairs = [
        pair if rng.random() < 0.5 else pair[::-1]
        for pair in combinations(variables.names, 2)
    ]
    turned = [(b, a) for a, b in pairs]
    return [
        [pairwise_question(variables, *some[i]) for i in rng.permutation(len(some))]
        for some in (pairs, turned)
    ]


def main() -> None:
    """Write the questions, or gather what was filled in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=["emit", "apply"])
    parser.add_argument("--variables", required=True, type=Path)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--expert", default="", help="model and date, for apply")
    parser.add_argument("--to", type=Path, help="file to write, for apply")
    given = parser.parse_args()
    asked = sittings(Variables.of(given.variables), given.seed)
    given.out.mkdir(parents=True, exist_ok=True)
    if given.step == "emit":
        for number, questions in zip(SITTINGS, asked, strict=True):
            write_questions(questions, given.out / f"questions-{number}.jsonl")
        return
    if not given.expert or given.to is None:
        parser.error("apply needs --expert and --to")
    answers = [
        answer
        for number, questions in zip(SITTINGS, asked, strict=True)
        for answer in read_filled(
            given.out / f"filled-{number}.jsonl", questions, expert=given.expert
        ).answers
        if answer.reason != "missing"
    ]
    ordered = sorted((replace(x, raw=None) for x in answers), key=lambda x: (x.a, x.b))
    Answers(tuple(ordered)).write(given.to)


if __name__ == "__main__":
    main()
