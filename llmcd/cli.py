"""The command line; ``llmcd --help`` lists the commands."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import llmcd
from llmcd import folder
from llmcd.auditing.audit import TASKS, Audit, audit
from llmcd.auditing.own import self_test
from llmcd.auditing.page import render_audits
from llmcd.background import Background
from llmcd.combiner.reconcile import MODES
from llmcd.data.files import read_rows
from llmcd.discovery.ensemble import Candidates
from llmcd.discovery.limits import Limits
from llmcd.errors import DataError, ExpertError, LlmcdError, VariablesError
from llmcd.expert.answers import Answers
from llmcd.expert.ask import ask, count_stored
from llmcd.expert.budget import Budget
from llmcd.expert.kinds import KINDS
from llmcd.expert.package import read_filled, write_questions
from llmcd.expert.pairs import CRITIC, SUMMARY
from llmcd.expert.protocol import Expert
from llmcd.expert.questions import Plan
from llmcd.expert.recorded import Recorded
from llmcd.expert.resolve import resolve
from llmcd.expert.store import Store
from llmcd.formats import FORMATS, from_edge_list, read
from llmcd.graph import Graph
from llmcd.metrics import arrowhead_scores, shd
from llmcd.pipeline import candidates, combine, discover, plan, table
from llmcd.plots.graph import figure_size
from llmcd.result import Result
from llmcd.review.decisions import FILE
from llmcd.review.server import review_server
from llmcd.variables import Variables

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["main"]

FAILED, USAGE, STOPPED = 1, 2, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process when None.

    Returns
    -------
    int
        0 done, 1 a clear error was printed, 2 the arguments are wrong, 130 stopped
        by the user.
    """
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        # whoever reads has seen enough; Python would complain again when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (LlmcdError, ValueError, OSError) as error:
        print(f"llmcd: {_said(error)}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        store = _store(arguments)
        kept = f"; what was answered is in {store}" if store and store.exists() else ""
        print(f"llmcd: stopped{kept}", file=sys.stderr)
        return STOPPED
    return 0


def _said(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.filename}: {error.strerror}"
    return str(error)


# --- arguments ------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="llmcd",
        description="Causal discovery from a table and what its columns mean.",
    )
    parser.add_argument("--version", action="version", version=llmcd.__version__)
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_demo(commands)
    _add_discover(commands)
    _add_refine(commands)
    _add_plan(commands)
    _add_ask(commands)
    _add_answers(commands)
    _add_combine(commands)
    _add_report(commands)
    _add_review(commands)
    _add_export(commands)
    _add_audit(commands)
    return parser


def _add_demo(commands: Any) -> None:
    demo = commands.add_parser(
        "demo", help="run the main job on the embedded example: no key, no network"
    )
    demo.add_argument("--example", default="alarm", choices=["alarm", "nhefs"])
    demo.add_argument("--out", default="llmcd-demo", metavar="DIR")
    demo.add_argument("--bootstrap", type=int, default=10, metavar="N")
    demo.set_defaults(run=_demo)


def _add_discover(commands: Any) -> None:
    one = commands.add_parser("discover", help="from a table to an explained graph")
    _data_arguments(one)
    _expert_arguments(one)
    _store_arguments(one)
    one.add_argument("--mode", default="auto", choices=list(MODES))
    one.add_argument("--out", metavar="DIR", help="write the run folder and report")
    one.add_argument("--json", action="store_true", help="print the edges as JSON")
    one.set_defaults(run=_discover)


def _add_refine(commands: Any) -> None:
    one = commands.add_parser("refine", help="score a graph of your own on the rows")
    _data_arguments(one)
    one.add_argument("--graph", required=True, metavar="FILE", help="your graph")
    one.add_argument(
        "--format",
        choices=list(FORMATS),
        metavar="NAME",
        help="of that file, when its name does not say: " + ", ".join(FORMATS),
    )
    _expert_arguments(one)
    _store_arguments(one)
    one.add_argument("--mode", default="auto", choices=list(MODES))
    one.add_argument("--out", metavar="DIR", help="write the run folder and report")
    one.add_argument("--json", action="store_true", help="print the proposals as JSON")
    one.set_defaults(run=_refine)


def _add_plan(commands: Any) -> None:
    one = commands.add_parser("plan", help="which questions, and what they would cost")
    _data_arguments(one)
    _expert_arguments(one)
    one.add_argument("--show", action="store_true", help="print the exact texts")
    one.add_argument("--out", metavar="DIR", help="keep the data's side for `ask`")
    one.set_defaults(run=_plan)


def _add_ask(commands: Any) -> None:
    one = commands.add_parser("ask", help="ask what `plan --out DIR` prepared")
    one.add_argument("folder", metavar="DIR")
    _expert_arguments(one)
    _store_arguments(one)
    one.add_argument(
        "--emit", metavar="FILE", help="write the questions for somebody to fill in"
    )
    one.set_defaults(run=_ask)


def _add_answers(commands: Any) -> None:
    answers = commands.add_parser("answers", help="work with files of answers")
    steps = answers.add_subparsers(title="steps", required=True, metavar="STEP")
    one = steps.add_parser("apply", help="take back what `ask DIR --emit` wrote")
    one.add_argument("folder", metavar="DIR")
    one.add_argument("filled", metavar="FILE", help="the questions, filled in")
    _kind_argument(one)
    one.add_argument(
        "--by", required=True, metavar="WHO", help="who answered, and when"
    )
    one.set_defaults(run=_apply)


def _add_combine(commands: Any) -> None:
    one = commands.add_parser("combine", help="reconcile what `ask` collected in DIR")
    one.add_argument("folder", metavar="DIR")
    one.add_argument("--answers", metavar="FILE", help="instead of DIR/answers.jsonl")
    one.add_argument(
        "--data", metavar="FILE", help="the rows again; posterior mode needs them"
    )
    _separator_argument(one)
    one.add_argument("--mode", default="auto", choices=list(MODES))
    one.add_argument("--json", action="store_true", help="print the edges as JSON")
    one.set_defaults(run=_combine)


def _add_report(commands: Any) -> None:
    one = commands.add_parser("report", help="write the HTML report of a run folder")
    one.add_argument("folder", metavar="DIR")
    one.add_argument("--out", metavar="FILE", help="instead of DIR/report.html")
    one.set_defaults(run=_report)


def _add_review(commands: Any) -> None:
    one = commands.add_parser("review", help="decide about the edges of a run folder")
    one.add_argument("folder", metavar="DIR")
    one.add_argument("--author", default="", metavar="WHO", help="who decides")
    one.add_argument(
        "--port", type=int, default=0, metavar="N", help="default: a free one"
    )
    one.set_defaults(run=_review)


def _add_export(commands: Any) -> None:
    one = commands.add_parser("export", help="the graph of a run folder elsewhere")
    one.add_argument("folder", metavar="DIR")
    one.add_argument(
        "--format",
        required=True,
        choices=list(FORMATS),
        metavar="NAME",
        help="; ".join(f"{x.name} ({x.holds})" for x in FORMATS.values()),
    )
    one.add_argument("--out", metavar="FILE", help="instead of standard output")
    one.set_defaults(run=_export)


def _add_audit(commands: Any) -> None:
    one = commands.add_parser(
        "audit", help="is an expert worth listening to? `audit compare` for several"
    )
    steps = one.add_subparsers(title="steps", metavar="STEP")
    one.add_argument(
        "--task", action="append", choices=list(TASKS), help="again for several"
    )
    one.add_argument("--n", type=int, default=200, metavar="N", help="of each task")
    one.add_argument("--seed", type=int, default=0, metavar="N")
    _expert_arguments(one)
    one.add_argument("--out", metavar="DIR", help="write audit.json and audit.html")
    one.add_argument(
        "--variables", metavar="FILE", help="instead, at most 60 questions about these"
    )
    one.set_defaults(run=_audit)
    two = steps.add_parser("compare", help="several audit.json side by side")
    two.add_argument("files", nargs="+", metavar="FILE")
    two.add_argument("--out", dest="page", metavar="FILE", default="compare.html")
    two.set_defaults(run=_compare)


def _data_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("data", metavar="DATA.csv", help="or .parquet, .csv.gz")
    _separator_argument(parser)
    parser.add_argument("--variables", metavar="FILE", help="descriptions (YAML, CSV)")
    parser.add_argument(
        "--method", default="auto", choices=["auto", "order", "pc", "ges", "exact"]
    )
    parser.add_argument("--bootstrap", type=int, default=50, metavar="N")
    parser.add_argument(
        "--background", metavar="FILE", help="required, forbidden, tiers"
    )
    parser.add_argument(
        "--missing", default="error", choices=["error", "listwise", "category"]
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument(
        "--seconds", type=float, metavar="S", help="begin no resample after this time"
    )
    parser.add_argument("--jobs", type=int, default=-1, metavar="N", help="processes")


def _separator_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--separator", default=",", metavar="C", help="between cells; or: tab"
    )


def _kind_argument(parser: argparse.ArgumentParser) -> None:
    # the numbers of a summary can only be handed over from Python
    kinds = {name: kind for name, kind in KINDS.items() if name != SUMMARY.name}
    costs = "; ".join(f"{name}: {kind.cost}" for name, kind in kinds.items())
    parser.add_argument(
        "--kind", default="pairwise", choices=list(kinds), help=f"how to ask ({costs})"
    )


def _expert_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--expert",
        action="append",
        metavar="WHO",
        help="provider/model, recorded:FILE, human or none; again for a panel",
    )
    parser.add_argument(
        "--api-base", metavar="URL", help="the model's server, when it is another one"
    )
    parser.add_argument(
        "--api-key-env",
        metavar="NAME",
        help="the environment variable with that server's own key",
    )
    parser.add_argument(
        "--store",
        metavar="FILE",
        help="keep replies there instead of in the run folder; pay nothing twice",
    )
    parser.add_argument(
        "--replay",
        action="store_true",
        help="take every reply from the store; ask nothing, fail if one is missing",
    )
    _kind_argument(parser)
    parser.add_argument("--budget-calls", type=int, metavar="N")
    parser.add_argument("--budget-tokens", type=int, metavar="N")
    parser.add_argument("--budget-usd", type=float, metavar="USD")


def _store_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--export", metavar="FILE", help="write the store as lines to read and share"
    )
    parser.add_argument(
        "--import", metavar="FILE", dest="taken", help="first put an --export in it"
    )


# --- reading what the arguments name --------------------------------------------------


def _rows(arguments: argparse.Namespace, variables: Variables) -> pd.DataFrame:
    separator: str = arguments.separator
    if separator in ("tab", "\\t"):
        separator = "\t"
    return read_rows(arguments.data, variables, separator=separator)


def _variables(path: str | None) -> Variables:
    return Variables.of({} if path is None else Path(path))


def _background(path: str | None) -> Background | None:
    if path is None:
        return None
    import yaml

    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise VariablesError(f"{path} is not UTF-8 text: {error.reason}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        at = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "cannot be read"
        raise VariablesError(f"{path}{at}: not valid YAML: {problem}") from None
    return Background.of(content)


def _budget(arguments: argparse.Namespace) -> Budget | None:
    limits = {
        "calls": arguments.budget_calls,
        "tokens": arguments.budget_tokens,
        "usd": arguments.budget_usd,
    }
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return Budget(**given) if given else None


def _store(arguments: argparse.Namespace) -> Path | None:
    """Where replies are kept: where the user says, else in the run folder."""
    if getattr(arguments, "store", None):
        return Path(arguments.store)
    home = getattr(arguments, "folder", None) or getattr(arguments, "out", None)
    return Path(home) / folder.STORE if home else None


def _expert(arguments: argparse.Namespace) -> Expert | None:
    whom = arguments.expert or ["none"]
    server: dict[str, str] = {}
    if arguments.api_base:
        server["api_base"] = arguments.api_base
    if arguments.api_key_env:
        server["api_key"] = os.environ.get(arguments.api_key_env, "")
        if not server["api_key"]:
            raise ValueError(f"the variable {arguments.api_key_env} holds no key")
    return resolve(whom[0] if len(whom) == 1 else whom, **server)


def _open_store(arguments: argparse.Namespace) -> Path | None:
    """The store's path, with what --import names in it."""
    store = _store(arguments)
    if store is None and (arguments.export or arguments.taken or arguments.replay):
        raise ValueError("--export, --import and --replay need --store FILE or --out")
    if store is not None and arguments.taken:
        with Store(store) as opened:
            new = opened.take_in(arguments.taken)
        print(f"{new} replies of {arguments.taken} are new in {store}", file=sys.stderr)
    return store


def _export_store(arguments: argparse.Namespace, store: Path | None) -> None:
    if store is None or not arguments.export:
        return
    with Store(store) as opened:
        n = opened.export(arguments.export)
    print(f"{n} replies in {arguments.export}", file=sys.stderr)


def _somebody(arguments: argparse.Namespace) -> Expert:
    expert = _expert(arguments)
    if expert is None:
        raise ValueError(
            "nobody to ask: give --expert provider/model, recorded:FILE or human"
        )
    return expert


# --- commands -------------------------------------------------------------------------


def _found(arguments: argparse.Namespace, start: Graph | None = None) -> Result:
    expert = _expert(arguments)
    if arguments.out:
        folder.open_folder(arguments.out)  # before anything that takes time or money
    store = _open_store(arguments)
    variables = _variables(arguments.variables)
    result = discover(
        _rows(arguments, variables),
        variables,
        expert,
        method=arguments.method,
        background=_background(arguments.background),
        bootstrap=arguments.bootstrap,
        mode=arguments.mode,
        budget=_budget(arguments),
        kind=arguments.kind,
        store=store,
        start=start,
        missing=arguments.missing,
        seed=arguments.seed,
        n_jobs=arguments.jobs,
        limits=Limits(seconds=arguments.seconds),
        replay=arguments.replay,
    )
    if arguments.out:
        # the folder is a run's from here on, so that the export may lie in it
        folder.save_candidates(arguments.out, result.candidates, result.variables)
    _export_store(arguments, store)
    return result


def _discover(arguments: argparse.Namespace) -> None:
    result = _found(arguments)
    _show(result, arguments.json)
    if arguments.out:
        _write(result, Path(arguments.out))


def _refine(arguments: argparse.Namespace) -> None:
    result = _found(arguments, _graph(Path(arguments.graph), arguments.format))
    found = result.refinement
    if arguments.json and found is not None:
        print(json.dumps(found.to_frame().to_dict("records"), indent=1))
    else:
        print(found)
    if arguments.out:
        _write(result, Path(arguments.out))


def _graph(path: Path, given: str | None) -> Graph:
    """A graph from a file of the format that is named, or that its name tells."""
    name = given
    if name is None:
        by_suffix = {".graphml": "graphml", ".gml": "gml", ".json": "json",
                     ".dot": "dot", ".csv": "edges"}  # fmt: skip
        name = by_suffix.get(path.suffix.lower())
    if name is None:
        raise ValueError(
            f"{path}: the name does not say the format; give --format, one of "
            f"{', '.join(FORMATS)}"
        )
    try:
        return read(path.read_text(encoding="utf-8"), name)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 text: {error.reason}") from None


def _plan(arguments: argparse.Namespace) -> None:
    expert = _expert(arguments)
    if arguments.out:
        folder.open_folder(arguments.out)
    variables = _variables(arguments.variables)
    known = Background.of(_background(arguments.background))
    found = candidates(
        table(_rows(arguments, variables), variables, missing=arguments.missing),
        method=arguments.method,
        background=known.merge(Background.from_variables(variables)),
        bootstrap=arguments.bootstrap,
        seed=arguments.seed,
        n_jobs=arguments.jobs,
        limits=Limits(seconds=arguments.seconds),
        progress=True,
    )
    _warn(found.warnings)
    questions = plan(
        # a folder keeps no rows: show what `ask` will ask from there
        replace(found, table=None) if arguments.out else found,
        variables,
        expert=expert,
        budget=_budget(arguments),
        kind=arguments.kind,
    )
    print(questions.show() if arguments.show else questions)
    if arguments.out:
        folder.save_candidates(arguments.out, found, variables)
        print(f"kept in {arguments.out}", file=sys.stderr)
    _tell_stored(questions, expert, arguments)


def _tell_stored(
    questions: Plan, expert: Expert | None, arguments: argparse.Namespace
) -> None:
    """How much of a plan is paid for already."""
    store = _store(arguments)
    if expert is None or store is None or not (arguments.replay or store.exists()):
        return
    stored, missing = count_stored(questions, expert, store)
    print(f"{stored} replies are in {store}, {missing} would be asked for")
    if arguments.replay and missing:
        raise ExpertError(
            f"a replay of all of it would miss {missing} of {stored + missing}"
        )


def _ask(arguments: argparse.Namespace) -> None:
    if arguments.emit:
        found, variables = folder.load_candidates(arguments.folder)
        asked = _planned(arguments, found, variables)
        asked = asked.questions[: arguments.budget_calls]
        print(write_questions(asked, arguments.emit))
        return
    expert = _somebody(arguments)
    found, variables = folder.load_candidates(arguments.folder)
    store, budget = _open_store(arguments), _budget(arguments)
    questions = _planned(arguments, found, variables, expert)
    answers = ask(
        questions, expert, store=store, budget=budget, replay=arguments.replay
    )
    _keep(answers, arguments.folder)
    _export_store(arguments, store)


def _planned(
    arguments: argparse.Namespace,
    found: Candidates,
    variables: Variables,
    expert: Expert | None = None,
) -> Plan:
    """The questions of a run folder; a critic's depend on what was answered there."""
    of_critic = arguments.kind == CRITIC.name
    return plan(
        found,
        variables,
        expert=expert,
        answers=folder.load_answers(arguments.folder) if of_critic else None,
        budget=_budget(arguments) if "budget_calls" in arguments else None,
        kind=arguments.kind,
    )


def _apply(arguments: argparse.Namespace) -> None:
    found, variables = folder.load_candidates(arguments.folder)
    asked = _planned(arguments, found, variables).questions
    earlier = folder.load_answers(arguments.folder)
    filled = read_filled(arguments.filled, asked, expert=arguments.by, earlier=earlier)
    _keep(filled, arguments.folder)


def _keep(answers: Answers, run: str) -> None:
    kept = folder.add_answers(run, answers)
    more = len(kept) - len(answers)
    also = f", and {more} from earlier" if more else ""
    print(f"{len(answers)} answers{also} in {Path(run) / folder.ANSWERS}")
    for sent in answers.sent:
        print(f"sent for {sent}")
    if answers.note:
        print(f"llmcd: {answers.note}", file=sys.stderr)


def _warn(warnings: Sequence[str]) -> None:
    for text in warnings:
        print(f"WARNING: {text}", file=sys.stderr)


def _combine(arguments: argparse.Namespace) -> None:
    found, variables = folder.load_candidates(arguments.folder)
    if arguments.answers:
        answers = Answers.read(arguments.answers)
    else:
        answers = folder.load_answers(arguments.folder)
    rows = _rows(arguments, variables) if arguments.data else None
    result = combine(
        found, answers, variables=variables, data=rows, mode=arguments.mode
    )
    _show(result, arguments.json)
    _write(result, Path(arguments.folder))


def _report(arguments: argparse.Namespace) -> None:
    result = Result.load(arguments.folder)
    target = arguments.out or Path(arguments.folder) / "report.html"
    print(result.report(target))


def _review(arguments: argparse.Namespace) -> None:
    server = review_server(
        arguments.folder, port=arguments.port, author=arguments.author
    )
    print(server.url, flush=True)
    print(
        "open this address in a browser on this machine; Ctrl-C ends", file=sys.stderr
    )
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    found = server.session.outcome
    kept = f" in {Path(arguments.folder) / FILE}" if found.decisions else ""
    print(f"\n{len(found.decisions)} decisions{kept}", file=sys.stderr)
    for words in found.changes:
        print(words)


def _export(arguments: argparse.Namespace) -> None:
    text = Result.load(arguments.folder).to(arguments.format)
    if arguments.out:
        folder.write_text(Path(arguments.out), text)
        print(arguments.out)
    else:
        print(text, end="" if text.endswith("\n") else "\n")


def _audit(arguments: argparse.Namespace) -> None:
    expert = _somebody(arguments)
    if arguments.variables:
        one = self_test(
            expert,
            _variables(arguments.variables),
            seed=arguments.seed,
            store=_store(arguments),
            budget=_budget(arguments),
            replay=arguments.replay,
        )
        print("\n".join([one.title, *map(str, one.measures), *one.words]))
        return
    found = audit(
        expert,
        tasks=arguments.task,
        n=arguments.n,
        seed=arguments.seed,
        store=_store(arguments),
        budget=_budget(arguments),
        replay=arguments.replay,
    )
    print(found)
    if arguments.out:
        home = Path(arguments.out)
        home.mkdir(parents=True, exist_ok=True)
        print(found.write(home / "audit.json"))
        folder.write_text(home / "audit.html", render_audits([found]))
        print(home / "audit.html")


def _compare(arguments: argparse.Namespace) -> None:
    audits = [Audit.read(path) for path in arguments.files]
    folder.write_text(Path(arguments.page), render_audits(audits))
    for one in audits:
        print(one, "\n")
    print(arguments.page)


def _show(result: Result, as_json: bool) -> None:
    if as_json:
        _warn(result.warnings)
        print(json.dumps(result.edges.to_dict("records"), indent=1))
    else:
        print(result)


def _write(result: Result, target: Path) -> None:
    result.save(target)
    result.report(target / "report.html")
    _picture(result, target / "graph.png")
    print(f"\nrun folder: {target}\nreport:     {target / 'report.html'}\n"
          f"picture:    {target / 'graph.png'}", file=sys.stderr)  # fmt: skip


def _picture(result: Result, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=figure_size(result.combined), layout="constrained")
    result.plot(ax=figure.subplots())
    figure.savefig(path, dpi=150)


# --- the demo -------------------------------------------------------------------------

_ALARM = """\
ALARM: {rows:,} rows sampled from a published network of {columns} variables (a patient
under anaesthesia), descriptions of the variables, and the recorded answers of a large
language model. No key, no network. One moment ...
"""
_NHEFS = """\
NHEFS: {rows:,} real people, {columns} variables (smoking cessation and weight), tiers
by time of measurement, and the recorded answers of a large language model. Nobody knows
the true graph. No key, no network. One moment ...
"""


def _demo(arguments: argparse.Namespace) -> None:
    with as_file(files("llmcd") / "examples" / arguments.example) as example:
        variables = Variables.of(example / "variables.yaml")
        alarm = arguments.example == "alarm"
        rows = read_rows(example / "rows.csv.gz") if alarm else _nhefs(variables)
        words = _ALARM if alarm else _NHEFS
        print(words.format(rows=len(rows), columns=rows.shape[1]), flush=True)
        result = discover(
            rows,
            variables,
            Recorded(
                example / "answers.jsonl", missing="abstain", label="Claude (recorded)"
            ),
            bootstrap=arguments.bootstrap,
            missing="error" if alarm else "listwise",
            n_jobs=-1,
            progress=False,
        )
        print(_asked(result.answers), "\n")
        if alarm:
            pairs = read_rows(example / "truth.csv")
            truth = from_edge_list(pairs, names=list(rows.columns))
            print(_against_truth(truth, result), "\n")
    print(result, "\n")
    if len(result.conflicts):
        print("Conflicts, the strongest first:")
        print(_conflict_lines(result))
    _write(result, Path(arguments.out))


def _nhefs(variables: Variables) -> pd.DataFrame:
    try:
        from causaldata import nhefs
    except ImportError:
        raise DataError(
            "the NHEFS rows are in the package causaldata, which is not installed; "
            "run: pip install causaldata"
        ) from None
    frame: pd.DataFrame = nhefs.load_pandas().data  # pyright: ignore[reportAssignmentType]
    return frame[list(variables)]


def _conflict_lines(result: Result, most: int = 8) -> str:
    shown = result.conflicts[["data_says", "data_support", "expert_says", "decision"]]
    return shown.head(most).to_string(index=False, float_format="%.2f")


def _asked(answers: Answers) -> str:
    asked = len(answers.answers)
    missing = sum(x.reason == "missing" for x in answers.answers)
    unsure = sum(x.verdict is None for x in answers.answers) - missing
    return (
        f"Asked: {asked} questions about {len(answers.pairs())} pairs, each in both "
        f"presentation orders,\nof {', '.join(answers.experts)}. {missing} have no "
        f"recorded answer, {unsure} were answered 'unsure': abstentions."
    )


def _against_truth(truth: Graph, result: Result) -> str:
    lines = [
        f"{'against the known truth':<26}{'edges':>6}{'undirected':>12}"
        f"{'SHD (1)':>9}{'SHD (1/2)':>11}{'arrowhead F1':>14}"
    ]
    for label, graph in (
        ("data alone", result.data_graph),
        ("data and expert", result.graph),
    ):
        whole = shd(truth=truth, estimate=graph)
        half = shd(truth=truth, estimate=graph, undirected=0.5)
        arrows = arrowhead_scores(truth=truth, estimate=graph)
        lines.append(
            f"{label:<26}{graph.n_edges:>6}{len(graph.undirected_edges()):>12}"
            f"{whole:>9.0f}{half:>11.1f}{arrows.f1:>14.2f}"
        )
    lines.append(
        f"SHD to the true DAG with {truth.n_edges} edges; an undirected edge counts 1 "
        "or 1/2, a reversal once."
    )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
