"""``llmcd show``, ``report``, ``review``, ``export``: what becomes of a run folder."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from llmcd import folder
from llmcd.cli.command import Command
from llmcd.cli.options import add_folder
from llmcd.cli.output import Shown, remark, show
from llmcd.cli.results import DOCUMENT, shown_result
from llmcd.formats import FORMATS
from llmcd.result import Result
from llmcd.review.decisions import FILE
from llmcd.review.server import review_server

__all__ = ["EXPORT", "REPORT", "REVIEW", "SHOW"]


def _show(arguments: argparse.Namespace) -> Shown:
    result = Result.load(arguments.folder)
    shown = shown_result(result, arguments.folder)
    return replace(shown, remarks=())


def _add_report(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    parser.add_argument("--out", metavar="FILE", help="instead of RUN/report.html")


def _report(arguments: argparse.Namespace) -> Shown:
    result = Result.load(arguments.folder)
    path = result.report(arguments.out or Path(arguments.folder) / "report.html")
    return Shown({"file": path}, (str(path),))


def _add_review(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    parser.add_argument("--author", default="", metavar="WHO", help="who decides")
    parser.add_argument(
        "--port", type=int, default=0, metavar="N", help="default: a free one"
    )


def _review(arguments: argparse.Namespace) -> None:
    server = review_server(
        arguments.folder, port=arguments.port, author=arguments.author
    )
    decided = Path(arguments.folder) / FILE
    # now, not at the end: whoever started it needs the address
    show(
        Shown({"address": server.url, "decisions": decided}, (server.url,)),
        command="review",
        as_json=arguments.json,
    )
    remark("open this address in a browser on this machine; Ctrl-C ends")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    found = server.session.outcome
    kept = f" in {decided}" if found.decisions else ""
    remark(f"\n{len(found.decisions)} decisions{kept}")
    for words in found.changes:
        remark(words)


def _add_export(parser: argparse.ArgumentParser) -> None:
    add_folder(parser)
    parser.add_argument(
        "--format",
        required=True,
        choices=list(FORMATS),
        metavar="NAME",
        help="; ".join(f"{x.name} ({x.holds})" for x in FORMATS.values()),
    )
    parser.add_argument("--out", metavar="FILE", help="instead of standard output")


def _export(arguments: argparse.Namespace) -> Shown:
    text = Result.load(arguments.folder).to(arguments.format)
    document = {"format": arguments.format, "file": arguments.out, "text": text}
    if arguments.out:
        folder.write_text(Path(arguments.out), text)
        return Shown({**document, "text": None}, (arguments.out,))
    return Shown(document, (text.removesuffix("\n"),), exact=True)


SHOW = Command(
    "show",
    "print the result that a run folder holds",
    _show,
    add_folder,
    example="llmcd show run/ --json",
    document=DOCUMENT,
)
REPORT = Command(
    "report",
    "write the HTML report of a run folder",
    _report,
    _add_report,
    example="llmcd report run/ --out report.html",
    document={"file": "the page that was written"},
)
REVIEW = Command(
    "review",
    "decide about the edges of a run folder in a browser",
    _review,
    _add_review,
    example='llmcd review run/ --author "A. B."',
    document={
        "address": "of the page; printed before anybody decides",
        "decisions": "the file that will hold what was decided",
    },
)
EXPORT = Command(
    "export",
    "the graph of a run folder for another program",
    _export,
    _add_export,
    example="llmcd export run/ --format dagitty > graph.txt",
    document={
        "format": "its name",
        "file": "the file that was written, or null",
        "text": "the graph, unless it went to a file",
    },
)
