"""``llmcd audit``: whether an expert is worth listening to."""

from __future__ import annotations

import argparse
from pathlib import Path

from llmcd import folder
from llmcd.auditing.audit import TASKS, Audit, audit
from llmcd.auditing.own import self_test
from llmcd.auditing.page import render_audits
from llmcd.cli.command import Command
from llmcd.cli.inputs import budget_of, somebody, store_of, variables_of
from llmcd.cli.options import add_expert
from llmcd.cli.output import Shown
from llmcd.expert.protocol import Expert

__all__ = ["AUDIT"]


def _add_audit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--task", action="append", choices=list(TASKS), help="again for several"
    )
    parser.add_argument("--n", type=int, default=200, metavar="N", help="of each task")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    add_expert(parser, kind=False)
    parser.add_argument("--out", metavar="DIR", help="write audit.json and audit.html")
    parser.add_argument(
        "--variables", metavar="FILE", help="instead, at most 60 questions about these"
    )


def _audit(arguments: argparse.Namespace) -> Shown:
    expert = somebody(arguments)
    if arguments.variables:
        return _own_variables(arguments, expert)
    found = audit(
        expert,
        tasks=arguments.task,
        n=arguments.n,
        seed=arguments.seed,
        store=store_of(arguments),
        budget=budget_of(arguments),
        replay=arguments.replay,
    )
    lines, files = [str(found)], []
    if arguments.out:
        home = Path(arguments.out)
        home.mkdir(parents=True, exist_ok=True)
        files = [found.write(home / "audit.json"), home / "audit.html"]
        folder.write_text(files[1], render_audits([found]))
        lines += map(str, files)
    document = {
        "expert": found.expert,
        "sections": [one.to_dict() for one in found.sections],
        "words": found.words,
        "notes": found.notes,
        "files": files,
    }
    return Shown(document, ("\n".join(lines),))


def _own_variables(arguments: argparse.Namespace, expert: Expert) -> Shown:
    one = self_test(
        expert,
        variables_of(arguments.variables),
        seed=arguments.seed,
        store=store_of(arguments),
        budget=budget_of(arguments),
        replay=arguments.replay,
    )
    text = "\n".join([one.title, *map(str, one.measures), *one.words])
    document = {
        "expert": None,
        "sections": [one.to_dict()],
        "words": one.words,
        "notes": (),
        "files": (),
    }
    return Shown(document, (text,))


def _add_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", metavar="FILE", help="audit.json of each")
    parser.add_argument(
        "--out",
        dest="page",
        metavar="FILE",
        default="compare.html",
        help="default: %(default)s",
    )


def _compare(arguments: argparse.Namespace) -> Shown:
    audits = [Audit.read(path) for path in arguments.files]
    folder.write_text(Path(arguments.page), render_audits(audits))
    text = "\n".join([*(f"{one} \n" for one in audits), arguments.page])
    document = {"audits": [one.to_dict() for one in audits], "file": arguments.page}
    return Shown(document, (text,))


AUDIT = Command(
    "audit",
    "is an expert worth listening to? `audit compare` for several",
    _audit,
    _add_audit,
    example="llmcd audit --expert openai/gpt-5 --n 60 --out audit/",
    document={
        "expert": "who was audited",
        "sections": "one object a task: level, measures, words",
        "words": "what to trust it with",
        "notes": "why something is unfinished",
        "files": "what was written",
    },
    steps=(
        Command(
            "compare",
            "several audit.json side by side",
            _compare,
            _add_compare,
            example="llmcd audit compare one/audit.json two/audit.json",
            document={
                "audits": "as in their files",
                "file": "the page that was written",
            },
        ),
    ),
)
