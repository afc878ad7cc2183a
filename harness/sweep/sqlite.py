"""SQLite files: which words a reader of the database still gets, and which only linger in it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Collection, Iterator
from pathlib import Path

from harness.sweep.forms import find

MAGIC = b"SQLite format 3\0"
LOG_SUFFIXES = ("-wal", "-journal")
LARGEST = 1 << 30
"""Bytes up to which a database is copied and read row by row."""
_TRIES = 3
_BATCH = 1 << 20
_LONGEST_VALUE = 128 << 20
_SECONDS = 60.0
_INSTRUCTIONS = 10_000
"""How many of its own instructions SQLite carries out between two looks at the clock."""


class NotReadable(Exception):
    """The database could not be read as one: too large, damaged, or changing too fast."""


def live_words(database: Path, known: Collection[str]) -> set[str]:
    """Return the known words in the rows of a database, its write-ahead log included.

    It is read from a copy, so that nothing is written beside the original.

    Raises:
        NotReadable: see there; its text says why.
    """
    if database.stat().st_size > LARGEST:
        raise NotReadable("too large")
    with tempfile.TemporaryDirectory(prefix="fedharness-sweep-") as folder:
        copy = _copy(database, Path(folder))
        try:
            return {word for batch in _batches(copy) for word, _ in find(batch, known)}
        except sqlite3.Error as error:
            raise NotReadable(str(error)) from error


def _copy(database: Path, folder: Path) -> Path:
    """Copy a database with its log; again where somebody wrote to it meanwhile."""
    copy = folder / "copy.db"
    for _ in range(_TRIES):
        before = _state(database)
        for suffix in ("", *LOG_SUFFIXES):
            source, target = Path(f"{database}{suffix}"), Path(f"{copy}{suffix}")
            target.unlink(missing_ok=True)
            if source.is_file() and not source.is_symlink():
                shutil.copyfile(source, target, follow_symlinks=False)
        if _state(database) == before:
            return copy
    raise NotReadable("changed while it was copied")


def _state(database: Path) -> list[tuple[int, int] | None]:
    def of(path: str) -> tuple[int, int] | None:
        try:
            found = os.lstat(path)
        except FileNotFoundError:
            return None
        return found.st_size, found.st_mtime_ns

    return [of(f"{database}{suffix}") for suffix in ("", *LOG_SUFFIXES)]


def _batches(copy: Path) -> Iterator[bytes]:
    """Yield the texts and blobs of every row of every table, many at a time."""
    connection = sqlite3.connect(copy, isolation_level=None)
    # A schema can ask for work without end, and a row for all memory.
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_VALUE)
    deadline = time.monotonic() + _SECONDS
    connection.set_progress_handler(lambda: time.monotonic() > deadline, _INSTRUCTIONS)
    try:
        connection.text_factory = bytes
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        held: list[bytes] = []
        size = 0
        for value in _values(connection):
            held.append(value)
            size += len(value)
            if size > _BATCH:
                yield b"\n".join(held)
                held, size = [], 0
        yield b"\n".join(held)
    finally:
        connection.close()


def _values(connection: sqlite3.Connection) -> Iterator[bytes]:
    # A virtual table has no root page: its content lies in tables of its own.
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
    names = [row[0] for row in connection.execute(tables)]
    yield from _blobs(connection.execute("SELECT sql FROM sqlite_master"))
    for name in names:
        try:
            quoted = bytes(name).decode().replace('"', '""')
        except UnicodeDecodeError as error:
            raise NotReadable("a table's name is not text") from error
        yield from _blobs(connection.execute(f'SELECT * FROM "{quoted}"'))


def _blobs(cursor: sqlite3.Cursor) -> Iterator[bytes]:
    for row in cursor:
        yield from (value for value in row if isinstance(value, bytes))
