"""A folder with a table, descriptions and answers, and who answers."""

import json
from types import MappingProxyType

import pytest
from test_pipeline import TEXTS, TRUTH, linear_table

import llmcd


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """A folder with data.csv, vars.yaml and answers.jsonl."""
    home = tmp_path_factory.mktemp("work")
    linear_table(400).to_csv(home / "data.csv", index=False)
    variables = llmcd.Variables.of(TEXTS)
    variables.write(home / "vars.yaml")
    found = llmcd.candidates(llmcd.table(linear_table(400), variables), bootstrap=3)
    expert = llmcd.Simulated(TRUTH, accuracy=1.0)
    plan = llmcd.plan(found, variables)
    llmcd.ask(plan, expert, progress=False).write(home / "answers.jsonl")
    return home


def arguments(work, *more):
    """The arguments that every data command takes."""
    return [
        str(work / "data.csv"),
        "--variables",
        str(work / "vars.yaml"),
        "--bootstrap=3",
        "--jobs=1",
        *more,
    ]


def recording(work, name, verdict):
    """Answers of somebody to every question of the plan, in a file of their own."""
    lines = [json.dumps({"a": a, "b": b, "verdict": verdict, "expert": name})
             for a in "abcdef" for b in "abcdef" if a != b]  # fmt: skip
    path = work / f"{name}.jsonl"
    path.write_text("\n".join(lines))
    return f"--expert=recorded:{path}"


class Paid:
    """An expert whose every reply costs something."""

    identity = MappingProxyType({"model": "paid"})
    asked = 0

    def answer(self, question):
        self.asked += 1
        return '{"reasoning": "", "verdict": "no_direct_relation"}'
