"""Pairs of a cause and its effect: our own, and published tables by path.

The pairs in ``pairs.csv`` were written for this package, each with the reason for its
direction. The published forms are those of Mooij et al. (JMLR 2016, ``pairmeta.txt``)
and of the code of Kiciman, Ness, Sharma and Tan (TMLR 2024), arXiv 2305.00050.
"""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from llmcd.errors import FormatError

__all__ = [
    "CausePair", "load_neuropathic", "load_pairs", "load_tuebingen", "own_pairs"
]  # fmt: skip

_Path = str | os.PathLike[str]
_Row = Mapping[str, str | None]
_PAIN = "neuropathic pain"
# two claims to choose from, and one claim to be judged; a row's sentence in either
_EITHER = re.compile(
    r"\bA\.\s+(?P<a>.+?)\s+causes\s+(?P<b>.+?)\.?\s+"
    r"B\.\s+(?P=b)\s+causes\s+(?P=a)\s*(?:\.|C\.|$)",
    re.DOTALL,
)
_ONE = re.compile(r"^\s*Does\s+(?P<a>.+?)\s+cause\s+(?P<b>.+?)\s*\?", re.DOTALL)


@dataclass(frozen=True)
class CausePair:
    """A cause and its effect.

    Attributes
    ----------
    cause, effect : str
        What they are, in words.
    domain : str
        What they belong to.
    weight : float
        Pairs from one source share a weight of 1 in the Tuebingen set.
    """

    cause: str
    effect: str
    domain: str = ""
    weight: float = 1.0


def own_pairs() -> tuple[CausePair, ...]:
    """The pairs written for this package.

    Returns
    -------
    tuple of CausePair

    Examples
    --------
    >>> pairs = own_pairs()
    >>> len(pairs) >= 200, len({x.domain for x in pairs})
    (True, 10)
    """
    text = files("llmcd.auditing").joinpath("pairs.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return tuple(CausePair(r["cause"], r["effect"], r["domain"]) for r in rows)


def load_pairs(path: _Path) -> tuple[CausePair, ...]:
    """Pairs in any of the forms that are read here.

    Parameters
    ----------
    path : path
        A CSV with the columns ``cause`` and ``effect`` (and, if there are any,
        ``domain`` and ``weight``) or in the form of ``load_neuropathic``; or a folder
        with ``pairmeta.txt`` and, beside it, ``names.csv`` for ``load_tuebingen``.

    Returns
    -------
    tuple of CausePair

    Raises
    ------
    FormatError
        If it is none of these, or a row is not of the form.
    """
    source = Path(path)
    if source.is_dir():
        return load_tuebingen(source / "pairmeta.txt", source / "names.csv")
    rows = _rows(source)
    if not rows or not {"cause", "effect"} <= rows[0].keys() or "prompt" in rows[0]:
        return load_neuropathic(source)
    return tuple(_plain(row, f"{source}, row {k}") for k, row in enumerate(rows, 1))


def _plain(row: _Row, where: str) -> CausePair:
    cause, effect = _cell(row, "cause"), _cell(row, "effect")
    try:
        weight = float(_cell(row, "weight") or 1.0)
    except ValueError:
        weight = -1.0
    if not cause or not effect or cause == effect or weight <= 0:
        raise FormatError(
            f"{where}: expected a cause, another effect and, if any, a positive "
            f"weight, got {dict(row)}"
        )
    return CausePair(cause, effect, _cell(row, "domain"), weight)


def load_tuebingen(
    meta: _Path, names: Mapping[str, tuple[str, str]] | _Path
) -> tuple[CausePair, ...]:
    """The Tuebingen pairs.

    Parameters
    ----------
    meta : path
        ``pairmeta.txt``: number, first and last column of the cause, first and last
        column of the effect, weight.
    names : mapping of str to (str, str), or path
        For each number, such as ``"0001"``, what the first and the second variable of
        its file are; they stand in the descriptions in words that differ from pair to
        pair. Or a CSV with them: ``pair_id`` (``0001`` or ``pair0001``) and ``first``
        and ``second``, or ``cause1`` and ``effect1`` as in the code of Kiciman et al.
        Pairs without names are left out.

    Returns
    -------
    tuple of CausePair

    Raises
    ------
    FormatError
        If a line is not of this form.
    """
    known = names if isinstance(names, Mapping) else dict(_names(Path(names)))
    found: list[CausePair] = []
    lines = _text(Path(meta)).splitlines()
    for number, line in enumerate(lines, 1):
        parts = line.split()
        if not parts:
            continue
        try:
            name, cause, effect, weight = parts[0], int(parts[1]), int(parts[3]), float(
                parts[5]
            )  # fmt: skip
        except (ValueError, IndexError):
            raise FormatError(
                f"{meta}, line {number}: expected a number, four columns and a weight"
            ) from None
        if name in known:
            one, other = known[name]
            pair = (one, other) if cause < effect else (other, one)
            found.append(CausePair(*pair, weight=weight))
    return tuple(found)


def _names(path: Path) -> Iterator[tuple[str, tuple[str, str]]]:
    for number, row in enumerate(_rows(path), 1):
        digits = re.search(r"\d+", _cell(row, "pair_id"))
        first = _cell(row, "first") or _cell(row, "cause1")
        second = _cell(row, "second") or _cell(row, "effect1")
        if digits is None or not first or not second:
            raise FormatError(
                f"{path}, row {number}: expected pair_id, and first and second or "
                f"cause1 and effect1, got {dict(row)}"
            )
        yield digits[0].zfill(4), (first, second)


def load_neuropathic(path: _Path) -> tuple[CausePair, ...]:
    """Pairs of neuropathic pain diagnosis as Kiciman et al. published them.

    Parameters
    ----------
    path : path
        CSV with ``pair_id``, ``prompt`` and ``groundtruth``. The prompt ends in the two
        claims ``A. ... causes ...`` and ``B. ... causes ...``, and the ground truth is
        ``A`` or ``B``; or it begins with ``Does ... cause ...?``, and the ground truth
        is ``Yes`` or ``No``: then each pair stands there twice and is read once. A
        table of one's own may have ``var1`` and ``var2`` in place of the prompt.

    Returns
    -------
    tuple of CausePair
        A ``C``, no causal relation, is left out.

    Raises
    ------
    FormatError
        If a row is not of this form, or two rows contradict each other.
    """
    found: dict[frozenset[str], CausePair] = {}
    for number, row in enumerate(_rows(Path(path)), 1):
        where = f"{path}, row {number}"
        pair = _told(row, where)
        if pair is None:
            continue
        key = frozenset((pair.cause, pair.effect))
        if found.setdefault(key, pair) != pair:
            raise FormatError(f"{where}: another row says the opposite of this pair")
    return tuple(found.values())


def _told(row: _Row, where: str) -> CausePair | None:
    truth = _cell(row, "groundtruth").upper()
    one, other = _cell(row, "var1"), _cell(row, "var2")
    prompt = _cell(row, "prompt")
    if not one and (claims := _EITHER.search(prompt) or _ONE.search(prompt)):
        one, other = claims["a"].strip(), claims["b"].strip()
    forward = {"A": True, "YES": True, "B": False, "NO": False}.get(truth)
    if truth == "C":
        return None
    if forward is None or not one or not other or one == other:
        raise FormatError(
            f"{where}: expected two variables, or a prompt with two claims A and B or "
            f"with one question, and groundtruth A, B, Yes or No, got {dict(row)}"
        )
    pair = (one, other) if forward else (other, one)
    return CausePair(*pair, domain=_PAIN)


def _cell(row: _Row, name: str) -> str:
    return (row.get(name) or "").strip()


def _rows(path: Path) -> list[_Row]:
    return list(csv.DictReader(_text(path).splitlines(keepends=True)))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as problem:
        raise FormatError(f"{path} cannot be read: {problem}") from None
