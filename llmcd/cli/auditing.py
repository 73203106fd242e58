"""``llmcd audit``: whether an expert is worth listening to."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llmcd import folder
from llmcd.auditing.audit import TASKS, Audit, audit, items_of
from llmcd.auditing.items import Item
from llmcd.auditing.offline import Filled, write_sittings
from llmcd.auditing.own import OwnVariables, self_test
from llmcd.auditing.page import render_audits
from llmcd.auditing.published import LOADERS
from llmcd.auditing.task import Task
from llmcd.cli.command import Command
from llmcd.cli.inputs import budget_of, somebody, store_of, variables_of
from llmcd.cli.options import add_expert, add_seed
from llmcd.cli.output import Grid, Shown, remark
from llmcd.expert.protocol import Expert

__all__ = ["AUDIT"]

_N = 200  # questions of each task


def _add_audit(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("what is asked")
    what.add_argument(
        "--task", action="append", choices=list(TASKS), help="again for several"
    )
    what.add_argument(
        "--n",
        action="append",
        metavar="[TASK=]N",
        help=f"questions of each task (default: {_N}), or of one; again for several",
    )
    add_seed(what)
    what.add_argument(
        "--cladder",
        metavar="FILE|NAME",
        help="ask these published items, not fresh ones",
    )
    what.add_argument("--corr2cause", metavar="FILE|NAME", help="the same")
    what.add_argument(
        "--pairs", metavar="FILE", dest="direction", help="your pairs, or published"
    )
    what.add_argument(
        "--variables", metavar="FILE", help="instead, at most 60 questions about these"
    )
    add_expert(parser, kind=False)
    away = parser.add_argument_group("answered elsewhere, such as in a chat window")
    away.add_argument("--emit", metavar="DIR", help="write the questions, ask nobody")
    away.add_argument(
        "--sittings",
        type=int,
        default=2,
        metavar="N",
        help="files of --emit, to be answered apart (default: %(default)s)",
    )
    away.add_argument(
        "--answers", action="append", metavar="FILE", help="filled in; again for each"
    )
    away.add_argument("--by", metavar="WHO", help="who filled them in, and when")
    away.add_argument(
        "--keep", metavar="FILE", help="keep these replies; recorded:FILE replays them"
    )
    parser.add_argument("--out", metavar="DIR", help="write audit.json and audit.html")


def _audit(arguments: argparse.Namespace) -> Shown:
    tasks, n = _tasks(arguments), _wanted(arguments)
    parts = _parts(arguments, tasks, n)
    if arguments.emit:
        return _emit(arguments, parts)
    expert = _filled(arguments, parts) if arguments.answers else somebody(arguments)
    if arguments.variables:
        return _own_variables(arguments, expert)
    found = audit(
        expert,
        tasks=tasks,
        n=n,
        seed=arguments.seed,
        store=store_of(arguments),
        budget=budget_of(arguments),
        replay=arguments.replay,
    )
    files: list[Path] = []
    if arguments.out:
        home = Path(arguments.out)
        home.mkdir(parents=True, exist_ok=True)
        files = [found.write(home / "audit.json"), home / "audit.html"]
        folder.write_text(files[1], render_audits([found]))
    document = {
        **_NOTHING,
        "expert": found.expert,
        "sections": [one.to_dict() for one in found.sections],
        "words": found.words,
        "notes": found.notes,
        "files": files,
    }
    return Shown(document, _audited(found), found.notes, tuple(map(str, files)))


def _audited(found: Audit) -> tuple[str | Grid, ...]:
    """Who, what came of each task, and what to trust it with."""
    rows = tuple((one.task, one.level, str(one.measures[0])) for one in found.sections)
    return (
        f"Audit of {found.expert}: {found.calls} questions",
        Grid(("task", "level", "measured"), rows),
        "\n".join(found.words),
    )


def _wanted(arguments: argparse.Namespace) -> int | dict[str, int]:
    """How many questions: of each task, or by task."""
    plain, by_task = _N, dict[str, int]()
    for text in arguments.n or ():
        task, _, number = text.rpartition("=")
        if not number.isdigit() or (task and task not in TASKS):
            raise ValueError(
                f"--n takes a number, or TASK=N with one of {list(TASKS)}; got {text!r}"
            )
        if task:
            by_task[task] = int(number)
        else:
            plain = int(number)
    if not by_task:
        return plain
    # only what is named, unless a number for the others is named too
    others = arguments.task or (TASKS if str(plain) in arguments.n else by_task)
    return {task: by_task.get(task, plain) for task in (*others, *by_task)}


def _tasks(arguments: argparse.Namespace) -> list[str | Task] | None:
    """The tasks, with published items where some are named; None for all."""
    published = {
        name: load(where)
        for name, load in LOADERS.items()
        if (where := getattr(arguments, name))
    }
    if not published and not arguments.task:
        return None
    names = arguments.task or published
    return [published.get(name, name) for name in dict.fromkeys((*names, *published))]


def _parts(
    arguments: argparse.Namespace,
    tasks: list[str | Task] | None,
    n: int | dict[str, int],
) -> list[Sequence[Item]]:
    """The items of each task, where somebody answers them elsewhere."""
    if not arguments.emit and not arguments.answers:
        return []
    if arguments.variables:
        own = OwnVariables(variables_of(arguments.variables))
        return [own.items(seed=arguments.seed)]
    return [items for _, items in items_of(tasks, n, arguments.seed)]


def _emit(arguments: argparse.Namespace, parts: list[Sequence[Item]]) -> Shown:
    files = write_sittings(
        parts, arguments.emit, arguments.sittings, seed=arguments.seed
    )
    number = sum(map(len, parts))
    remark(
        f"{number} questions; whoever answers one file must not see another, since "
        "there are the other halves of its pairs"
    )
    document = {**_NOTHING, "emitted": files, "questions": number}
    return Shown(document, ("\n".join(map(str, files)),))


def _filled(arguments: argparse.Namespace, parts: list[Sequence[Item]]) -> Filled:
    if not arguments.by:
        raise ValueError("--answers needs --by WHO: the model and the date")
    found = Filled.read(arguments.answers, parts, label=arguments.by)
    if arguments.keep:
        remark(f"{len(found)} replies in {found.write(arguments.keep, parts)}")
    return found


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
    document = {**_NOTHING, "sections": [one.to_dict()], "words": one.words}
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
    parts = tuple(part for one in audits for part in _audited(one))
    document = {"audits": [one.to_dict() for one in audits], "file": arguments.page}
    return Shown(document, parts, (), (arguments.page,))


_FOUND = {
    "expert": "who was audited, or null",
    "sections": "one object a task: level, measures, words",
    "words": "what to trust it with",
    "notes": "why something is unfinished",
    "files": "what was written",
    "emitted": "the files of questions, with --emit",
    "questions": "how many are in them, with --emit",
}
_NOTHING: dict[str, Any] = {
    "expert": None, "sections": (), "words": (), "notes": (), "files": (),
    "emitted": None, "questions": None,
}  # fmt: skip

AUDIT = Command(
    "audit",
    "is an expert worth listening to? `audit compare` for several",
    _audit,
    _add_audit,
    example="llmcd audit --expert openai/gpt-5 --n 60 --out audit/",
    document=_FOUND,
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
