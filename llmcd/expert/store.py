"""Replies kept in a SQLite file, so that nothing is paid twice."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import sqlite3
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from llmcd.errors import ExpertError, FormatError
from llmcd.expert.answers import read_json_lines
from llmcd.expert.protocol import Reply
from llmcd.expert.questions import Question, canonical_json

__all__ = ["Store", "question_key"]

_LOG = logging.getLogger(__name__)
_Value = TypeVar("_Value")
_REPLY_FIELDS = {f.name for f in fields(Reply)}
_WAIT = 30.0  # seconds for another process to finish writing
_MAGIC = b"SQLite format 3\x00"
_MARK = 0x6C6C6D63  # "llmc": tells a store from other people's databases
_DAMAGE = {
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_ERROR,  # a damaged schema: no such table, no such column
    sqlite3.SQLITE_SCHEMA,
    sqlite3.SQLITE_FORMAT,
    sqlite3.SQLITE_MISMATCH,
    sqlite3.SQLITE_INTERNAL,
    sqlite3.SQLITE_CONSTRAINT,
}
_MOUNTS = Path("/proc/mounts")
_NETWORK = {
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "gpfs",
    "lustre", "ncpfs", "nfs", "nfs4", "smb3", "smbfs",
}  # fmt: skip
_CREATE = """
CREATE TABLE IF NOT EXISTS replies (
    key BLOB PRIMARY KEY, record BLOB NOT NULL, sha BLOB NOT NULL
) WITHOUT ROWID
"""


def question_key(question: Question, expert: Mapping[str, Any]) -> str:
    """The store's key of a question put to an expert.

    Parameters
    ----------
    question : Question
        Wording, messages, schema and sample enter the key.
    expert : mapping
        The expert's identity: model, host, parameters.

    Returns
    -------
    str
        SHA-256 of canonical JSON, in hex.

    Examples
    --------
    >>> q = Question("pairwise", "x", "y", "", "?", "mine-1")
    >>> question_key(q, {"model": "m"}) == question_key(q, {"model": "n"})
    False
    """
    content = canonical_json({"content": question.content, "expert": dict(expert)})
    return hashlib.sha256(content.encode()).hexdigest()


class Store:
    """Replies by question, in one SQLite file that several processes may use.

    Each reply is committed (WAL, ``synchronous=FULL``) before ``put`` returns. A record
    that does not match its checksum counts as absent. A damaged file is set aside under
    another name, what is readable in it is kept, and work goes on. Records are JSON;
    keys of providers never get in.

    Parameters
    ----------
    path : path
        The file; made with mode 0600, missing folders with 0700. It should lie on a
        local disk: SQLite's locks do not hold on network folders. There a warning is
        given and no write-ahead log is kept, and only one process may write.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> q = Question("pairwise", "x", "y", "", "?", "mine-1")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Store(pathlib.Path(folder) / "replies.sqlite") as store:
    ...         key = question_key(q, {"model": "m"})
    ...         _ = store.put(key, q, Reply("hello"), label="m")
    ...         store.get(key).text
    'hello'
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def __repr__(self) -> str:
        return f"Store({str(self.path)!r})"

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def get(self, key: str) -> Reply | None:
        """The reply stored under a key.

        Parameters
        ----------
        key : str
            From ``question_key``.

        Returns
        -------
        Reply or None
            None when there is none, or when it is damaged.

        Raises
        ------
        ExpertError
            If the file cannot be used, for example for want of permission.
        """
        return self._try(lambda connection: _read(connection, key))

    def put(
        self,
        key: str,
        question: Question,
        reply: Reply,
        *,
        label: str = "",
        identity: Mapping[str, Any] | None = None,
    ) -> Reply:
        """Store a reply, unless an intact one is there already.

        Parameters
        ----------
        key : str
            From ``question_key``.
        question : Question
            What was asked.
        reply : Reply
            What came back.
        label, identity : optional
            Who replied.

        Returns
        -------
        Reply
            The one that is in the store now: the first, when two processes asked the
            same.
        """
        record = canonical_json(
            {
                "key": key,
                "question": question.content_hash,
                "kind": question.kind,
                "a": question.a,
                "b": question.b,
                "sample": question.sample,
                "prompt_version": question.prompt_version,
                "messages": question.messages,
                "label": label,
                "identity": dict(identity or {}),
                "reply": asdict(reply),
                "date": datetime.now(UTC).isoformat(timespec="seconds"),
            }
        ).encode()
        return self._try(lambda connection: _write(connection, key, record, reply))

    def records(self) -> list[dict[str, Any]]:
        """Every intact record, sorted by key.

        Returns
        -------
        list of dict
        """
        return self._try(lambda connection: list(_intact(connection)))

    def __len__(self) -> int:
        return len(self.records())

    def export(self, path: str | os.PathLike[str]) -> int:
        """Write every intact record as JSON-lines: to read, compare and share.

        Sorted by the pair, in the order shown, then by sample and expert; the same
        records give the same bytes. ``Recorded`` replays the file, ``take_in`` puts it
        into another store. It holds the questions and replies, never a key.

        Parameters
        ----------
        path : path
            The file to write; replaced in one step.

        Returns
        -------
        int
            How many records were written.
        """
        records = sorted(self.records(), key=_place)
        target = Path(path)
        part = target.with_name(f"{target.name}.{os.getpid()}.part")
        try:
            with part.open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(_readable(x) + "\n" for x in records)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return len(records)

    def take_in(self, path: str | os.PathLike[str]) -> int:
        """Put what ``export`` wrote into this store.

        Parameters
        ----------
        path : path
            A JSON-lines file. All of it is read before anything is stored.

        Returns
        -------
        int
            How many records are new; those that are here already stay as they are.

        Raises
        ------
        FormatError
            If a line is no record, naming it.
        """
        records: list[dict[str, Any]] = []
        for number, line in read_json_lines(path):
            if not _is_record(line):
                raise FormatError(
                    f"{path}, line {number}: not a record of a store's export"
                )
            records.append(line)
        before = len(self)
        for record in records:
            raw, key = canonical_json(record).encode(), str(record["key"])
            self._try(lambda db, raw=raw, key=key: _write(db, key, raw, Reply(None)))
        return len(self) - before

    def _try(self, act: Callable[[sqlite3.Connection], _Value]) -> _Value:
        with self._lock:
            for attempt in (1, 2):
                try:
                    return act(self._open())
                except (sqlite3.Error, OSError, UnicodeDecodeError) as problem:
                    if attempt == 2 or not _is_damage(problem):
                        raise ExpertError(
                            f"the store {self.path} cannot be used: {problem}. Give "
                            f"another path, on a local disk, or store=None"
                        ) from problem
                    self._set_aside()
        raise AssertionError("unreachable")

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            _make_private(self.path)
            self._refuse_unless(_looks_like_sqlite(self.path))
            connection = sqlite3.connect(
                self.path, timeout=_WAIT, check_same_thread=False, isolation_level=None
            )
            self._connection = connection
            connection.text_factory = bytes
            (mark,) = connection.execute("PRAGMA application_id").fetchone()
            (tables,) = connection.execute(
                "SELECT count(*) FROM sqlite_master WHERE name != 'replies'"
            ).fetchone()
            self._refuse_unless(mark == _MARK or not tables)
            if mark != _MARK:
                connection.execute(f"PRAGMA application_id={_MARK}")
            is_shared = _is_on_network(self.path)
            if is_shared:
                warnings.warn(
                    f"the store {self.path} lies on a network disk, where two programs "
                    f"that write at once can damage it; a local path is safer",
                    UserWarning,
                    stacklevel=6,
                )
            journal = "DELETE" if is_shared else "WAL"
            connection.execute(f"PRAGMA journal_mode={journal}")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(_CREATE)
        return self._connection

    def _refuse_unless(self, is_store: bool) -> None:
        if not is_store:
            self.close()
            raise ExpertError(
                f"{self.path} is not a store of replies and is left as it is; give "
                f"the path of a store or of a new file"
            )

    def _set_aside(self) -> None:
        """Move the damaged file away and copy what is readable into a new one."""
        self.close()
        number = 1
        while (aside := self._aside(number)).exists():
            number += 1
        _LOG.warning("the store %s is damaged; kept as %s", self.path, aside)
        self.path.replace(aside)
        for ending in ("-wal", "-shm"):
            beside = self.path.with_name(self.path.name + ending)
            if beside.exists():
                beside.replace(aside.with_name(aside.name + ending))
        rescued = list(_rescued(aside))
        connection = self._open()
        for record in rescued:
            raw = canonical_json(record).encode()
            _write(connection, str(record["key"]), raw, Reply(None))

    def _aside(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.damaged-{number}")


def _is_damage(problem: Exception) -> bool:
    if isinstance(problem, UnicodeDecodeError):
        return True
    code = getattr(problem, "sqlite_errorcode", None)
    if code is None:
        return isinstance(problem, sqlite3.Error) and not isinstance(
            problem, sqlite3.ProgrammingError
        )
    return (code & 0xFF) in _DAMAGE or code == sqlite3.SQLITE_IOERR_SHORT_READ


def _is_on_network(path: Path) -> bool:
    """Whether the disk is another machine's, as far as the system tells."""
    try:
        lines = _MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    where = path.resolve()
    mounts = [(Path(x[1]), x[2]) for line in lines if len(x := line.split()) > 2]
    over = [(len(at.parts), kind) for at, kind in mounts if where.is_relative_to(at)]
    return bool(over) and max(over)[1] in _NETWORK


def _looks_like_sqlite(path: Path) -> bool:
    """Whether a file begins as SQLite's do, give or take damage; a new one is empty."""
    with path.open("rb") as file:
        start = file.read(len(_MAGIC))
    same = sum(x == y for x, y in zip(start, _MAGIC, strict=False))
    return not start or same >= len(_MAGIC) // 2


def _make_private(path: Path) -> None:
    missing = [p for p in (path.parent, *path.parent.parents) if not p.exists()]
    for folder in reversed(missing):
        folder.mkdir(mode=0o700, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _readable(record: Mapping[str, Any]) -> str:
    """One line, in the letters that people write, with what matters first."""
    first = ("a", "b", "sample", "label", "reply", "messages")
    order = [*(k for k in first if k in record), *sorted(set(record) - set(first))]
    text = json.dumps({k: record[k] for k in order}, ensure_ascii=False)
    # half a surrogate pair is no UTF-8, and JSON's escape of it is
    return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in text)


def _place(record: Mapping[str, Any]) -> tuple[str, ...]:
    sample = f"{record.get('sample', 0):09}"
    return (record["a"], record["b"], sample, record["label"], record["key"])


def _is_record(line: Mapping[str, Any]) -> bool:
    """Whether a line holds all that a record must, so that it can be read again."""
    texts = ("key", "question", "kind", "a", "b", "label", "prompt_version", "date")
    if not all(isinstance(line.get(name), str) for name in texts):
        return False
    reply = line.get("reply")
    return (
        bool(re.fullmatch("[0-9a-f]{64}", line["key"]))
        and isinstance(line.get("identity"), dict)
        and isinstance(line.get("messages"), list)
        and isinstance(reply, dict)
        and isinstance(reply.get("text", 0), str | None)
    )


def _sha(record: bytes) -> bytes:
    return hashlib.sha256(record).hexdigest().encode()


def _record(record: object, sha: object) -> dict[str, Any] | None:
    if not isinstance(record, bytes) or not isinstance(sha, bytes):
        return None
    if _sha(record) != sha:
        return None
    value = json.loads(record)
    return value if isinstance(value, dict) else None


def _reply(record: Mapping[str, Any] | None, key: str) -> Reply | None:
    if record is None or record.get("key") != key:
        return None
    return Reply(**{k: v for k, v in record["reply"].items() if k in _REPLY_FIELDS})


def _read(connection: sqlite3.Connection, key: str) -> Reply | None:
    row = connection.execute(
        "SELECT record, sha FROM replies WHERE key = ?", (key.encode(),)
    ).fetchone()
    return None if row is None else _reply(_record(*row), key)


def _write(
    connection: sqlite3.Connection, key: str, record: bytes, reply: Reply
) -> Reply:
    connection.execute("BEGIN IMMEDIATE")
    try:
        there = _read(connection, key)
        if there is None:
            connection.execute(
                "INSERT OR REPLACE INTO replies VALUES (?, ?, ?)",
                (key.encode(), record, _sha(record)),
            )
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return reply if there is None else there


def _intact(connection: sqlite3.Connection) -> Iterator[dict[str, Any]]:
    rows = connection.execute("SELECT record, sha FROM replies ORDER BY key")
    for row in rows:
        record = _record(*row)
        if record is not None:
            yield record


def _rescued(path: Path) -> Iterator[dict[str, Any]]:
    try:
        connection = sqlite3.connect(path)
        connection.text_factory = bytes
    except sqlite3.Error:
        return
    try:
        yield from _intact(connection)
    except (sqlite3.Error, UnicodeDecodeError):
        return  # what could be read has been handed over
    finally:
        connection.close()
