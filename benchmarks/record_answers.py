"""Have pairs of a described table answered by whoever fills in a file.

    python -m benchmarks.record_answers emit --variables V.yaml --out DIR
    python -m benchmarks.record_answers emit --network asia --arm alias --out DIR
    python -m benchmarks.record_answers apply --network asia --arm alias --out DIR \
        --expert "model, date" --to answers.jsonl

All pairs of a file of descriptions; of a known network, in one of the arms of
``benchmarks.arms``, its true edges and the pairs that were recorded under the real
names.

``emit`` writes ``questions-1.jsonl`` and ``questions-2.jsonl``, one for each of two
separate sittings: every pair stands in both, in opposite presentation orders, shuffled,
under identifiers that say nothing. Whoever answers must see nothing but one of these
files. ``apply`` reads ``filled-1.jsonl`` and ``filled-2.jsonl`` from the same folder.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np

from benchmarks.arms import ARMS, in_arm
from benchmarks.networks import known_network
from llmcd.expert.answers import Answers, read_json_lines
from llmcd.expert.package import read_filled, write_questions
from llmcd.expert.questions import Question, pairwise_question
from llmcd.variables import Variables

RECORDED = Path(__file__).parent / "answers"
SITTINGS = (1, 2)

Pair = tuple[str, str]


def pairs_of_network(name: str) -> list[Pair]:
    """True edges and the pairs recorded under the real names, so that arms compare.

    Pairs are in name order and sorted, so that nothing tells which are edges.
    """
    asked = [*known_network(name).graph.directed_edges()]
    for _, line in read_json_lines(RECORDED / "real" / f"{name}.jsonl"):
        asked.append((line["a"], line["b"]))
    return sorted({(min(pair), max(pair)) for pair in asked})


def sittings(
    variables: Variables, seed: int, pairs: Iterable[Pair] | None = None
) -> list[list[Question]]:
    """Pairs, by default all, each once a sitting, in opposite orders and shuffled."""
    rng = np.random.default_rng(seed)
    pairs = [
        pair if rng.random() < 0.5 else pair[::-1]
        for pair in (combinations(variables.names, 2) if pairs is None else pairs)
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
    about = parser.add_mutually_exclusive_group(required=True)
    about.add_argument("--variables", type=Path)
    about.add_argument("--network", help="a known network")
    parser.add_argument("--arm", choices=ARMS, default="real", help="of the network")
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--expert", default="", help="model and date, for apply")
    parser.add_argument("--to", type=Path, help="file to write, for apply")
    given = parser.parse_args()
    if given.network is None:
        asked = sittings(Variables.of(given.variables), given.seed)
    else:
        known = known_network(given.network).variables
        shown = in_arm(known, given.arm, network=given.network)
        asked = sittings(shown, given.seed, pairs_of_network(given.network))
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
