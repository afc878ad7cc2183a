"""Where a border program's records go, with the window that they belong to."""

from __future__ import annotations

import time
from typing import Protocol

from harness.errors import HarnessError
from harness.model.base import Record
from harness.model.evidence import CoverageRecord


class Sink(Protocol):
    """Takes records for the evidence files."""

    def append(self, stem: str, record: Record) -> None:
        """Write one record to ``<stem>.jsonl``."""


class Journal:
    """Writes records and remembers the first failure to do so.

    Args:
        sink: the evidence writer.

    Attributes:
        failure: why a record could not be written; from then on nothing is.
    """

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._windows = [(0.0, "start")]
        self.failure: HarnessError | None = None

    @property
    def window(self) -> str:
        """The scenario that runs, ``start``, ``between`` or ``stop``."""
        return self._windows[-1][1]

    def begin_window(self, name: str) -> None:
        """Name the window that begins now."""
        self._windows.append((self.now(), name))

    def window_at(self, ts: float) -> str:
        """Return the window that a time lies in; what is told of late belongs to it."""
        return next(name for begun, name in reversed(self._windows) if ts >= begun)

    def now(self) -> float:
        """Return the time, in seconds since the epoch."""
        return time.time()

    def write(self, stem: str, record: Record) -> None:
        """Write a record; a failure is kept for the next command's reply."""
        if self.failure is not None:
            return
        try:
            self._sink.append(stem, record)
        except HarnessError as error:
            self.failure = error

    def lost(self, border: str, name: str, count: int, *, listed: bool, **params: str) -> None:
        """Record that something was not let through, or not recorded.

        Args:
            count: how many packets, events or rows.
            listed: whether a ledger row holds each of them nevertheless.
        """
        record = CoverageRecord(
            ts=self.now(), border=border, kind="loss", name=name, listed=listed, lost=count, params=params
        )
        self.write("coverage", record)
