"""The recorder of a run: one chained file for each kind of record."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from harness.errors import EvidenceError
from harness.model.base import Record
from harness.model.evidence import RECORD_TYPES
from harness.store.chain import ChainWriter


class EvidenceWriter:
    """Writes records under a run folder's ``evidence/``; files appear with their first record.

    Args:
        folder: the ``evidence/`` folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, ChainWriter] = {}
        self._closed = False

    def append(self, stem: str, record: Record) -> None:
        """Write one record to ``<stem>.jsonl``.

        Raises:
            EvidenceError: it could not be written, or the writer is closed.
            TypeError: records of this type have no place in that file.
        """
        kind = RECORD_TYPES.get(stem)
        if kind is None or type(record) is not kind:
            raise TypeError(f"{stem}.jsonl holds {kind and kind.__name__}, not {type(record).__name__}")
        self._writer(stem).append(record)

    def close(self) -> None:
        """Close every file; nothing can be written afterwards."""
        self._closed = True
        for writer in self._writers.values():
            writer.close()

    def __enter__(self) -> EvidenceWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _writer(self, stem: str) -> ChainWriter:
        if self._closed:
            where = str(self._folder / f"{stem}.jsonl")
            raise EvidenceError("the recording has ended", where=where, cure="record before the run ends")
        if stem not in self._writers:
            self._writers[stem] = ChainWriter(self._folder / f"{stem}.jsonl")
        return self._writers[stem]
