"""Hash-chained JSON lines: what was written stays readable, and a touched line is named.

A line is a JSON object with sorted keys and no spaces. ``_seq`` counts from 1. ``_chain``
is the SHA-256, in hexadecimal, of the previous line's ``_chain``, a line feed, and this
line without its ``_chain``; before the first line stands the SHA-256 of the file's stem.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Literal

from harness.errors import EvidenceError
from harness.model.base import Record
from harness.store.files import open_regular

_HEAD = re.compile(rb'\{"_chain":"([0-9a-f]{64})",')
_DISK = "free space on the disk, then run again; what was written until now stays readable"

ChainState = Literal["whole", "torn", "broken"]


class ChainWriter:
    """Appends records to one file, each by a single write, so that ``kill -9`` leaves whole
    lines and at most one cut-off last line.

    Args:
        path: the ``.jsonl`` file; an existing one is continued.

    Raises:
        EvidenceError: the file cannot be opened, is being written by another process, or
            what it holds is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()
        self._failed = False
        self._fd = _open(path)
        try:
            self._seq, self._chain = self._continue()
        except EvidenceError:
            os.close(self._fd)
            raise

    def append(self, record: Record) -> int:
        """Write one record and return its sequence number.

        Raises:
            EvidenceError: the line could not be written whole. Nothing is written after
                a failure, so a cut-off line is always the last one.
        """
        fields = record.model_dump(mode="json", by_alias=True)
        with self._lock:
            if self._failed:
                raise EvidenceError("writing stopped after a failure", where=str(self.path), cure=_DISK)
            body = _compact({"_seq": self._seq + 1, **fields})
            chain = link(self._chain, body)
            self._write(b'{"_chain":"' + chain.encode() + b'",' + body[1:] + b"\n")
            self._seq += 1
            self._chain = chain
            return self._seq

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        with self._lock:
            self._failed = True
            if self._fd >= 0:
                os.close(self._fd)
                self._fd = -1

    def __enter__(self) -> ChainWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _continue(self) -> tuple[int, str]:
        content = read_chain(self.path)
        if content.state != "whole":
            raise EvidenceError(
                f"the file is damaged after line {content.whole_lines} and cannot be continued",
                where=str(self.path),
                cure="begin a new run",
            )
        return content.whole_lines, content.last_chain

    def _write(self, line: bytes) -> None:
        try:
            written = os.write(self._fd, line)
        except OSError as error:
            self._failed = True
            what = f"evidence cannot be written: {error.strerror}"
            raise EvidenceError(what, where=str(self.path), cure=_DISK) from error
        if written != len(line):
            self._failed = True
            raise EvidenceError("evidence was cut off while writing", where=str(self.path), cure=_DISK)


@dataclass(frozen=True)
class Line:
    """One line of a chained file.

    Args:
        seq: its place in the file, from 1.
        fields: the JSON object without ``_seq`` and ``_chain``.
    """

    seq: int
    fields: dict[str, Any]


@dataclass(frozen=True)
class ChainContent:
    """What a chained file holds.

    Args:
        lines: every line that is a JSON object, those after a break included.
        state: ``torn`` when the last line was cut off, ``broken`` when a line is not what
            was written.
        whole_lines: how many lines the chain proves, counted from the first.
        last_chain: the chain's value after them.
    """

    lines: tuple[Line, ...]
    state: ChainState
    whole_lines: int
    last_chain: str


def read_chain(path: Path) -> ChainContent:
    """Read a chained file and follow its chain, byte by byte as it was written.

    Raises:
        EvidenceError: the file cannot be read.
    """
    lines: list[Line] = []
    state: ChainState = "whole"
    chain, whole = first_link(path.stem), 0
    for seq, raw in enumerate(_raw_lines(path), start=1):
        fields = _parse(raw)
        linked = _follow(chain, seq, raw, fields)
        if linked and state == "whole":
            chain, whole = linked, seq
        elif not raw.endswith(b"\n"):
            state = "torn" if state == "whole" else state
        else:
            state = "broken"
        if fields is not None:
            lines.append(Line(seq, {key: fields[key] for key in fields if key not in ("_seq", "_chain")}))
    return ChainContent(tuple(lines), state, whole, chain)


def first_link(stem: str) -> str:
    """Return what stands before the first line of ``<stem>.jsonl``."""
    return hashlib.sha256(stem.encode()).hexdigest()


def link(previous: str, body: bytes) -> str:
    """Return ``_chain`` of a line, given the previous one and the line without ``_chain``."""
    return hashlib.sha256(previous.encode() + b"\n" + body).hexdigest()


def _open(path: Path) -> int:
    try:
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        what = f"evidence cannot be written: {error.strerror}"
        raise EvidenceError(what, where=str(path), cure="name a folder that this user may write") from error
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(fd)
        what = "the file is being written by another part of the run"
        raise EvidenceError(what, where=str(path), cure="give each writer files of its own") from error
    return fd


def _raw_lines(path: Path) -> Iterator[bytes]:
    with open_regular(path) as file:
        yield from file


def _follow(chain: str, seq: int, raw: bytes, fields: dict[str, Any] | None) -> str:
    head = _HEAD.match(raw)
    if head is None or fields is None or fields.get("_seq") != seq or not raw.endswith(b"\n"):
        return ""
    expected = link(chain, b"{" + raw[head.end() : -1])
    return expected if head[1].decode() == expected else ""


def _parse(raw: bytes) -> dict[str, Any] | None:
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return fields if isinstance(fields, dict) else None


def _compact(fields: dict[str, Any]) -> bytes:
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()
