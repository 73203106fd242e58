"""The run folder: everything needed to audit or continue a run, and never a row."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from llmcd.background import Background
from llmcd.combiner.audited import Audited
from llmcd.combiner.combined import Combined, Conflict, EdgeDecision, Reliability, Step
from llmcd.data.table import Note
from llmcd.discovery.ensemble import Candidates
from llmcd.errors import FormatError, VariablesError
from llmcd.expert.answers import Answer, Answers
from llmcd.expert.questions import canonical_json, pairwise_question
from llmcd.formats import to_graphml
from llmcd.graph import Graph, Mark
from llmcd.variables import Variables

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "ANSWERS",
    "CHANGES",
    "REFINEMENT",
    "STORE",
    "add_answers",
    "conflict_table",
    "content_of",
    "edge_attributes",
    "edge_table",
    "load",
    "load_answers",
    "load_beside",
    "load_candidates",
    "note_table",
    "open_folder",
    "reliability_table",
    "save",
    "save_beside",
    "save_candidates",
    "settings_of",
    "write_text",
]

_Value = TypeVar("_Value")

FORMAT = 2
CANDIDATES, VARIABLES = "candidates.json", "variables.yaml"
ANSWERS, RESULT = "answers.jsonl", "result.json"
CHANGES, REFINEMENT = "changes.json", "refinement.json"
STORE = "answers.sqlite"
_DERIVED = (
    "graph.graphml", "edges.csv", "conflicts.csv", "report.html", "graph.png",
    CHANGES, "changes.csv", REFINEMENT, "refinement.csv",
)  # fmt: skip
_EDGE_COLUMNS = (
    "cause", "effect", "mark", "probability", "adjacency", "data_support",
    "expert_log_odds", "existence_log_odds", "answers", "decided_by", "warning",
)  # fmt: skip
_LIBRARIES = ("llmcd", "causal-learn", "numpy", "scipy", "pandas", "networkx")


# --- tables ---------------------------------------------------------------------------


def edge_table(combined: Combined) -> pd.DataFrame:
    """The edges as a DataFrame, one row each."""
    return _frame([_row(edge) for edge in combined.edges], _EDGE_COLUMNS)


def _row(edge: EdgeDecision) -> dict[str, Any]:
    return {column: getattr(edge, column) for column in _EDGE_COLUMNS}


def conflict_table(combined: Combined) -> pd.DataFrame:
    """The conflicts as a DataFrame, one row each."""
    return _frame(list(map(asdict, combined.conflicts)), _fields(Conflict))


def reliability_table(combined: Combined) -> pd.DataFrame:
    """What was learnt about each expert as a DataFrame, one row each."""
    return _frame(list(map(asdict, combined.reliability)), _fields(Reliability))


def note_table(notes: Sequence[Note]) -> pd.DataFrame:
    """What was done to the table as a DataFrame, one row a note."""
    return _frame(list(map(asdict, notes)), _fields(Note))


def _fields(kind: type) -> tuple[str, ...]:
    return tuple(kind.__dataclass_fields__)  # type: ignore[attr-defined]


def _frame(rows: list[dict[str, Any]], columns: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(rows, columns=list(columns))


def edge_attributes(combined: Combined) -> dict[tuple[str, str], dict[str, Any]]:
    """For each (cause, effect) the rest of its row in the edge table."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for edge in combined.edges:
        row = _row(edge)
        found[row.pop("cause"), row.pop("effect")] = row
    return found


def settings_of(combined: Combined) -> dict[str, Any]:
    """Settings, versions and fingerprint of a run."""
    found = combined.candidates
    audits = {who: one.to_dict() for who, one in combined.audits.items()}
    return {
        "mode": combined.mode,
        "why_mode": combined.why_mode,
        "method": found.method,
        "why_method": found.why_method,
        **found.settings,
        **({"audits": audits} if audits else {}),
        "rows": found.n_rows,
        "fingerprint": found.fingerprint,
        "versions": {
            **{library: version(library) for library in _LIBRARIES},
            "python": platform.python_version(),
        },
    }


# --- writing --------------------------------------------------------------------------


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all; folders that are missing are made.

    Raises
    ------
    IsADirectoryError
        If the path is a folder.
    """
    if path.is_dir():
        raise IsADirectoryError(
            f"{path} is a folder; name a file, such as {path / 'report.html'}"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8", newline="\n")
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _json_text(content: Mapping[str, Any]) -> str:
    whole = {**content, "checksum": _checksum(content)}
    return json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _checksum(content: Mapping[str, Any]) -> str:
    rest = {key: value for key, value in content.items() if key != "checksum"}
    return hashlib.sha256(canonical_json(rest).encode()).hexdigest()


def _sha(path: Path) -> str:
    # of the text: a checkout may have other line ends
    return hashlib.sha256(path.read_text(encoding="utf-8").encode()).hexdigest()


def _graph_out(graph: Graph) -> list[list[str]]:
    return [list(edge) for edge in graph.edges()]


def open_folder(path: str | Path) -> Path:
    """Make a run folder, or see that an existing one may be written to.

    Raises
    ------
    FormatError
        If it is a file, or holds other files than a run's.
    """
    target = Path(path)
    if target.is_file():
        raise FormatError(f"{target} is a file; a run folder was expected")
    if target.is_dir() and not (target / CANDIDATES).exists():
        # a run that was broken off leaves its store
        others = [x.name for x in target.iterdir() if not x.name.startswith(STORE)]
        if others:
            raise FormatError(
                f"{target} holds other files ({min(others)}) and is no run folder; "
                "name a new or empty one"
            )
    target.mkdir(parents=True, exist_ok=True)
    return target


def save_candidates(
    path: str | Path, candidates: Candidates, variables: Variables
) -> Path:
    """Write the data's side and the descriptions into a run folder.

    When they are not those that lie there, whatever was derived from those is removed:
    a folder holds one run. Answers are paid for and depend on the descriptions only,
    so they stay with those pairs that are described as before; if some are not, all of
    them are also kept as ``earlier-answers-1.jsonl`` (2, 3, ...).
    """
    target = open_folder(path)
    descriptions = target / f"{VARIABLES}.{os.getpid()}.part"
    try:
        variables.write(descriptions)
        files = {VARIABLES: _sha(descriptions)}
        text = _json_text({**_candidates_out(candidates), "files": files})
        if not _holds(target / CANDIDATES, text):
            _remove(target, RESULT, *_DERIVED)
            _keep_answers(target, candidates.names, variables)
        os.replace(descriptions, target / VARIABLES)
    finally:
        descriptions.unlink(missing_ok=True)
    write_text(target / CANDIDATES, text)
    return target


def _candidates_out(candidates: Candidates) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "names": list(candidates.names),
        "kinds": dict(candidates.kinds),
        "graph": _graph_out(candidates.graph),
        "replicates": [_graph_out(g) for g in candidates.replicates],
        "method": candidates.method,
        "why_method": candidates.why_method,
        "settings": dict(candidates.settings),
        "background": candidates.background.to_dict(),
        "rows": candidates.n_rows,
        "fingerprint": candidates.fingerprint,
        "notes": [asdict(note) for note in candidates.notes],
        "failures": list(candidates.failures),
        "warnings": list(candidates.warnings),
        "complete": candidates.complete,
        "order": list(candidates.order),
    }


def _holds(path: Path, text: str) -> bool:
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def _remove(target: Path, *names: str) -> None:
    for name in names:
        (target / name).unlink(missing_ok=True)


def _keep_answers(target: Path, names: Sequence[str], variables: Variables) -> None:
    """Leave those answers that are about what is described now."""
    file = target / ANSWERS
    if not file.exists():
        return
    try:
        before = Variables.of(target / VARIABLES)
        answers = Answers.read(file)
    except (VariablesError, FormatError):
        _set_aside(file)
        return
    still = tuple(
        x
        for x in answers.answers
        if {x.a, x.b} <= set(names)
        and _words_about(x, before) == _words_about(x, variables)
    )
    if len(still) == len(answers.answers):
        return
    aside = _set_aside(file)
    if still:
        lost = [x for x in answers.answers if x not in still]
        why = f"some answers were about other descriptions and are in {aside.name}"
        unfinished = dict.fromkeys(sorted({x.expert for x in lost}), why)
        Answers(still, {**answers.unfinished, **unfinished}).write(file)


def _words_about(answer: Answer, variables: Variables) -> str | None:
    """What the expert was shown of a pair, in short; None when it is not described."""
    if answer.a not in variables or answer.b not in variables:
        return None
    return pairwise_question(variables, answer.a, answer.b).content_hash


def _set_aside(file: Path) -> Path:
    content = file.read_bytes()
    number = 1
    while (aside := file.with_name(f"earlier-{file.stem}-{number}.jsonl")).exists():
        if aside.read_bytes() == content:
            break
        number += 1
    os.replace(file, aside)
    return aside


def add_answers(path: str | Path, answers: Answers) -> Answers:
    """Add answers to those of a run folder; of two to one question the newer stays.

    Raises
    ------
    FormatError
        If the file of answers that is there cannot be read.
    """
    found = load_answers(path).updated(answers)
    found.write(Path(path) / ANSWERS)
    return found


def save(path: str | Path, combined: Combined, variables: Variables) -> Path:
    """Write a whole run folder.

    Answers that lie there and are not among those of this result are set aside.
    """
    target = save_candidates(path, combined.candidates, variables)
    _write_answers(target / ANSWERS, combined.answers)
    files = (CANDIDATES, VARIABLES, ANSWERS)
    text = _json_text(
        {
            **_combined_out(combined),
            "settings": settings_of(combined),
            "files": {name: _sha(target / name) for name in files},
        }
    )
    if not _holds(target / RESULT, text):
        _remove(target, RESULT, *_DERIVED)
    write_text(
        target / "graph.graphml",
        to_graphml(combined.graph, edge_attributes=edge_attributes(combined)),
    )
    for name, frame in (
        ("edges.csv", edge_table(combined)),
        ("conflicts.csv", conflict_table(combined)),
    ):
        write_text(target / name, frame.map(_no_formula).to_csv(index=False))
    write_text(target / RESULT, text)
    return target


def save_beside(
    path: str | Path,
    name: str,
    content: Mapping[str, Any] | None,
    frame: pd.DataFrame | None,
) -> None:
    """Write what belongs to the result of a run folder, as JSON and as CSV.

    Both files are removed when there is nothing to write.
    """
    target = Path(path)
    csv = Path(name).with_suffix(".csv").name
    if content is None or frame is None:
        _remove(target, name, csv)
        return
    files = {RESULT: _sha(target / RESULT)}
    write_text(target / name, _json_text({**content, "format": FORMAT, "files": files}))
    write_text(target / csv, frame.map(_no_formula).to_csv(index=False))


def _combined_out(combined: Combined) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "graph": _graph_out(combined.graph),
        "data_graph": _graph_out(combined.data_graph),
        "edges": [asdict(edge) for edge in combined.edges],
        "conflicts": [asdict(conflict) for conflict in combined.conflicts],
        "reliability": [asdict(one) for one in combined.reliability],
        "warnings": list(combined.warnings),
        "other_mode": combined.other_mode,
        "other_graph": (
            None if combined.other_graph is None else _graph_out(combined.other_graph)
        ),
        "samples": _samples_out(combined),
        "directed_probability": _matrix_out(combined.directed_probability),
        "diagnostics": dict(combined.diagnostics),
    }


def _samples_out(combined: Combined) -> list[str]:
    """Each sampled DAG as the numbers of its arcs, ``cause * n + effect``."""
    n = len(combined.graph.names)
    return [
        " ".join(str(i * n + j) for i, j in np.argwhere(graph.arcs))
        for graph in combined.samples
    ]


def _matrix_out(matrix: npt.NDArray[np.float64] | None) -> list[list[float]] | None:
    """What is not zero, as (row, column, value)."""
    if matrix is None:
        return None
    return [[int(i), int(j), float(matrix[i, j])] for i, j in np.argwhere(matrix)]


def _matrix_in(
    n: int, entries: Sequence[Sequence[float]] | None
) -> npt.NDArray[np.float64] | None:
    if entries is None:
        return None
    matrix = np.zeros((n, n))
    for i, j, value in entries:
        matrix[int(i), int(j)] = value
    matrix.setflags(write=False)
    return matrix


def _samples_in(names: Sequence[str], samples: Sequence[str]) -> tuple[Graph, ...]:
    n = len(names)
    found: list[Graph] = []
    for text in samples:
        arcs = np.zeros((n, n), dtype=bool)
        for number in map(int, text.split()):
            arcs[divmod(number, n)] = True
        found.append(Graph.from_directed_matrix(tuple(names), arcs))
    return tuple(found)


def _write_answers(file: Path, answers: Answers) -> None:
    if file.exists():
        try:
            there = Answers.read(file).answers
            here = {canonical_json(x.to_dict()) for x in answers.answers}
            kept = all(
                x.reason == "missing" or canonical_json(x.to_dict()) in here
                for x in there
            )
        except FormatError:
            kept = False
        if not kept:
            _set_aside(file)
    answers.write(file)


def content_of(combined: Combined, variables: Variables) -> str:
    """What a run folder says of a result, as one text; the same for equal results."""
    return canonical_json(
        {
            "candidates": _candidates_out(combined.candidates),
            "combined": _combined_out(combined),
            "mode": [combined.mode, combined.why_mode],
            "audits": {who: one.to_dict() for who, one in combined.audits.items()},
            "answers": [x.to_dict() for x in combined.answers.answers],
            "unfinished": dict(combined.answers.unfinished),
            "variables": variables.to_dict(),
        }
    )


def _no_formula(cell: Any) -> Any:
    # A spreadsheet runs a text cell that starts like a formula.
    risky = isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r")
    return "'" + cell if risky and cell not in ("-->", "---") else cell


# --- reading --------------------------------------------------------------------------


def _read_json(path: Path, missing: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise FormatError(f"{path} is missing: {missing}") from None
    except OSError as error:
        raise FormatError(
            f"{path} cannot be read ({error.strerror}); a run folder was expected"
        ) from None
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path} is damaged: {error}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise FormatError(
            f"{path}: expected run folder format {FORMAT}; it was written by another "
            "version"
        )
    if content.get("checksum") != _checksum(content):
        raise FormatError(
            f"{path} is damaged: it is not as it was written; run again what made it"
        )
    return content


def _check_files(target: Path, content: Mapping[str, Any], by: str, go_on: str) -> None:
    """See that the files beside are those that a file was written with."""
    for name, sha in content["files"].items():
        try:
            same = _sha(target / name) == sha
        except FileNotFoundError:
            raise FormatError(f"{target / name} is missing; {go_on}") from None
        except UnicodeDecodeError:
            same = False
        if not same:
            raise FormatError(
                f"{target / name} is not the one that {by} was made with; {go_on}"
            )


_MARKS = {
    "-->": (Mark.TAIL, Mark.ARROW),
    "---": (Mark.TAIL, Mark.TAIL),
    "<->": (Mark.ARROW, Mark.ARROW),
}


def _graph_in(names: Sequence[str], edges: Sequence[Sequence[str]]) -> Graph:
    by_mark: dict[str, list[tuple[str, str]]] = {mark: [] for mark in _MARKS}
    for a, b, mark in edges:
        by_mark[mark].append((a, b))
    return Graph.from_edges(
        names,
        directed=by_mark["-->"],
        undirected=by_mark["---"],
        bidirected=by_mark["<->"],
    )


def load_candidates(path: str | Path) -> tuple[Candidates, Variables]:
    """Read the data's side and the descriptions from a run folder."""
    target = Path(path)
    file = target / CANDIDATES
    content = _read_json(file, f"{target} is no run folder")
    _check_files(
        target,
        content,
        file.name,
        f"to go on, run `llmcd plan DATA --variables FILE --out {target}` again",
    )
    try:
        names = tuple(content["names"])
        found = Candidates(
            names=names,
            graph=_graph_in(names, content["graph"]),
            replicates=tuple(_graph_in(names, g) for g in content["replicates"]),
            method=content["method"],
            why_method=content["why_method"],
            settings=content["settings"],
            background=Background.from_dict(content["background"]),
            n_rows=content["rows"],
            kinds=content["kinds"],
            fingerprint=content["fingerprint"],
            notes=tuple(Note(**note) for note in content["notes"]),
            failures=tuple(content["failures"]),
            warnings=tuple(content["warnings"]),
            complete=bool(content["complete"]),
            order=tuple(content["order"]),
            table=None,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{file} is damaged: {error!r}") from None
    return found, Variables.of(target / VARIABLES)


def load_answers(path: str | Path) -> Answers:
    """Read the answers of a run folder; none, when nobody was asked yet."""
    file = Path(path) / ANSWERS
    return Answers.read(file) if file.exists() else Answers.none()


def load_beside(
    path: str | Path, name: str, read: Callable[[Mapping[str, Any]], _Value]
) -> _Value | None:
    """Read what ``save_beside`` wrote; None where there is nothing."""
    target = Path(path)
    file = target / name
    if not file.exists():
        return None
    content = _read_json(file, "it was there a moment ago")
    _check_files(target, content, name, f"delete {file} to go on without it")
    try:
        return read(content)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise FormatError(f"{file} is damaged: {error!r}") from None


def load(path: str | Path) -> tuple[Combined, Variables]:
    """Read a whole run folder."""
    target = Path(path)
    go_on = f"run `llmcd combine {target}`, which makes the result anew"
    found, variables = load_candidates(target)
    file = target / RESULT
    content = _read_json(file, go_on)
    _check_files(target, content, file.name, go_on)
    try:
        combined = Combined(
            mode=content["settings"]["mode"],
            why_mode=content["settings"]["why_mode"],
            graph=_graph_in(found.names, content["graph"]),
            data_graph=_graph_in(found.names, content["data_graph"]),
            edges=tuple(map(_edge_in, content["edges"])),
            conflicts=tuple(Conflict(**c) for c in content["conflicts"]),
            reliability=tuple(Reliability(**r) for r in content["reliability"]),
            candidates=found,
            answers=Answers.read(target / ANSWERS),
            warnings=tuple(content["warnings"]),
            other_mode=content["other_mode"],
            other_graph=(
                None
                if content["other_graph"] is None
                else _graph_in(found.names, content["other_graph"])
            ),
            samples=_samples_in(found.names, content["samples"]),
            directed_probability=_matrix_in(
                len(found.names), content["directed_probability"]
            ),
            diagnostics=content["diagnostics"],
            audits={
                who: Audited.from_dict(one)
                for who, one in content["settings"].get("audits", {}).items()
            },
        )
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise FormatError(f"{file} is damaged: {error!r}") from None
    return combined, variables


def _edge_in(content: Mapping[str, Any]) -> EdgeDecision:
    steps = tuple(Step(**step) for step in content["provenance"])
    rest: dict[str, Any] = {k: v for k, v in content.items() if k != "provenance"}
    return EdgeDecision(**rest, provenance=steps)
