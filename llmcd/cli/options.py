"""Arguments that several commands share."""

from __future__ import annotations

import argparse

from llmcd.combiner.reconcile import MODES
from llmcd.expert.kinds import KINDS
from llmcd.expert.pairs import SUMMARY

__all__ = [
    "add_audit",
    "add_data",
    "add_expert",
    "add_folder",
    "add_kind",
    "add_mode",
    "add_out",
    "add_seed",
    "add_separator",
    "add_store",
]


def add_folder(parser: argparse.ArgumentParser, what: str = "a run folder") -> None:
    """The run folder that a command works on."""
    parser.add_argument("folder", metavar="RUN", help=what)


def add_data(parser: argparse.ArgumentParser) -> None:
    """A table, what is known about it, and how it is searched."""
    parser.add_argument("data", metavar="DATA", help="a .csv, .csv.gz or .parquet file")
    known = parser.add_argument_group("the table")
    add_separator(known)
    known.add_argument("--variables", metavar="FILE", help="descriptions (YAML, CSV)")
    known.add_argument(
        "--background", metavar="FILE", help="required, forbidden, tiers (YAML)"
    )
    known.add_argument(
        "--missing",
        default="error",
        choices=["error", "listwise", "category"],
        help="what to do about empty cells (default: %(default)s)",
    )
    search = parser.add_argument_group("the search")
    search.add_argument(
        "--method",
        default="auto",
        choices=["auto", "order", "pc", "ges", "exact"],
        help="default: %(default)s",
    )
    search.add_argument(
        "--bootstrap",
        type=int,
        default=50,
        metavar="N",
        help="resamples (default: %(default)s)",
    )
    add_seed(search)
    search.add_argument(
        "--seconds", type=float, metavar="S", help="begin no resample after this time"
    )
    search.add_argument(
        "--jobs", type=int, default=-1, metavar="N", help="processes (default: all)"
    )


def add_seed(parser: argparse._ActionsContainer) -> None:  # pyright: ignore[reportPrivateUsage]
    """Where chance begins."""
    parser.add_argument(
        "--seed",
        type=int,
        default=0,
        metavar="N",
        help="of everything random (default: %(default)s)",
    )


def add_separator(parser: argparse._ActionsContainer) -> None:  # pyright: ignore[reportPrivateUsage]
    """What stands between the cells of a table."""
    parser.add_argument(
        "--separator", default=",", metavar="C", help="between cells; or: tab"
    )


def add_mode(parser: argparse.ArgumentParser) -> None:
    """How data and expert are reconciled."""
    parser.add_argument(
        "--mode", default="auto", choices=list(MODES), help="default: %(default)s"
    )


def add_audit(parser: argparse.ArgumentParser) -> None:
    """What is known of the expert from an audit."""
    parser.add_argument(
        "--audit",
        action="append",
        metavar="FILE",
        help="audit.json of the expert, to start from; again for a panel",
    )


def add_out(parser: argparse.ArgumentParser) -> None:
    """Where the run folder goes."""
    parser.add_argument("--out", metavar="RUN", help="write the run folder and report")


def add_kind(parser: argparse._ActionsContainer) -> None:  # pyright: ignore[reportPrivateUsage]
    """In which way an expert is asked."""
    # the numbers of a summary can only be handed over from Python
    kinds = {name: kind for name, kind in KINDS.items() if name != SUMMARY.name}
    costs = "; ".join(f"{name}: {kind.cost}" for name, kind in kinds.items())
    parser.add_argument(
        "--kind",
        default="pairwise",
        choices=list(kinds),
        metavar="KIND",
        help=f"how to ask (default: %(default)s). {costs}",
    )


def add_expert(parser: argparse.ArgumentParser, *, kind: bool = True) -> None:
    """Whom to ask, how, and what it may cost."""
    who = parser.add_argument_group("the expert")
    who.add_argument(
        "--expert",
        action="append",
        metavar="WHO",
        help="provider/model, recorded:FILE, human or none; again for a panel",
    )
    if kind:
        add_kind(who)
    who.add_argument(
        "--api-base", metavar="URL", help="the model's server, when it is another one"
    )
    who.add_argument(
        "--api-key-env",
        metavar="NAME",
        help="the environment variable with that server's own key",
    )
    who.add_argument(
        "--store",
        metavar="FILE",
        help="keep replies there instead of in the run folder; pay nothing twice",
    )
    who.add_argument(
        "--replay",
        action="store_true",
        help="take every reply from the store; ask nothing, fail if one is missing",
    )
    limits = parser.add_argument_group("the budget, never overrun")
    limits.add_argument(
        "--budget-calls", type=int, metavar="N", help="at most N requests"
    )
    limits.add_argument(
        "--budget-tokens", type=int, metavar="N", help="sent and received together"
    )
    limits.add_argument("--budget-usd", type=float, metavar="USD", help="at most this")


def add_store(parser: argparse.ArgumentParser) -> None:
    """A store handed on to others, or taken from them."""
    group = parser.add_argument_group("replies to share")
    group.add_argument(
        "--export", metavar="FILE", help="write the store as lines to read and share"
    )
    group.add_argument(
        "--import", metavar="FILE", dest="taken", help="first put an --export in it"
    )
